"""The model that an adversary would choose."""

from __future__ import annotations

from typing import Any

import scipy.sparse as sp
from numpy.typing import ArrayLike

from tabular._arrays import Float
from tabular.bellman import Expectation, Shared
from tabular.bellman.worst_rows import WorstRows
from tabular.errors import ModelError
from tabular.mdp import MDP
from tabular.problem import Problem, as_values

__all__ = ["worst_kernel", "worst_model", "worst_rows"]


def worst_rows(problem: Problem, values: Float) -> WorstRows:
    """The rows of a robust problem; of an s-rectangular one with the radii that its adversary gives them at ``values``."""
    if not isinstance(problem, Problem) or isinstance(problem.inner, Expectation):
        raise ModelError("this problem has no adversary; write Robust(mdp, divergence, radius=...)")
    operator: Any = problem.staged_operator()
    if isinstance(operator, Shared):
        return operator.within(values, operator.optimum(values)[2][0])
    rows: WorstRows = operator.worst
    return rows


def worst_kernel(problem: Problem, values: ArrayLike) -> Any:
    r"""The transitions that minimise :math:`\langle q, v\rangle`, plus the price if there is one, in every row of a problem.

    Parameters
    ----------
    problem : Problem
        Robust, of any kind.
    values : (S,) array
        What the next states are worth. At the values of a solution, this is the kernel against which its policy was chosen; at
        those of a policy (:func:`tabular.policy_value`) the kernel that gives the policy this value.

    Returns
    -------
    (S, A, S) array, or CSR (S*A, S)
        As the model is stored.

    Examples
    --------
    >>> import tabular
    >>> coin = tabular.MDP([[[.5, .5]], [[0, 1]]], [[1.0], [0.0]], gamma=.5)
    >>> worst_kernel(tabular.Robust(coin, tabular.TotalVariation(), radius=.25), [1.0, 0.0])
    array([[[0.25, 0.75]],
    <BLANKLINE>
           [[0.  , 1.  ]]])
    """
    v = as_values(values, problem.mdp.n_states, "values")
    rows = worst_rows(problem, v)
    return _kernel(rows, rows.laws(v).laws, problem.mdp.n_actions)


def _kernel(rows: WorstRows, laws: Any, n_actions: int) -> Any:
    """Laws times the stored sums of their rows, in the shape of a model."""
    if sp.issparse(laws):
        return sp.csr_array(laws.multiply(rows.rows.sums[:, None]))
    return (laws * rows.rows.sums[:, None]).reshape(-1, n_actions, rows.rows.n_states)


def worst_model(problem: Problem, values: ArrayLike) -> MDP:
    """The ordinary model with the :func:`worst_kernel`; what the adversary pays for its laws is added to the rewards.

    Its Bellman operator is nowhere below that of the problem, and touches it at ``values``.
    """
    v = as_values(values, problem.mdp.n_states, "values")
    rows = worst_rows(problem, v)
    found = rows.laws(v)
    paid = (problem.mdp.gamma * rows.rows.sums * rows.charges(v, found)).reshape(problem.mdp.r.shape)
    return MDP(
        _kernel(rows, found.laws, problem.mdp.n_actions),
        problem.mdp.r + paid,
        problem.mdp.gamma,
        initial=problem.mdp.initial,
        allowed=problem.mdp.allowed,
    )
