r"""What a regulariser costs: bounds between a regularised problem and its model.

With :math:`L(s) \le \Omega_s(\pi) \le U(s)` for all policies (Geist, Scherrer and Pietquin 2019, theorem 2 and its proof),

.. math:: v^*_\Omega + \frac{\min L}{1 - \gamma} \le v^* \le v^*_\Omega + \frac{\max U}{1 - \gamma}, \qquad
    v^* - v^{\pi_\Omega} \le \frac{\max_s (U - L)}{1 - \gamma}.
"""

from __future__ import annotations

import numpy as np

from tabular._arrays import Float
from tabular.bellman import Expectation, SmoothMax
from tabular.bellman.rounding import down, up
from tabular.bellman.smoothing import Smoothing
from tabular.divergences import Entropy
from tabular.errors import ModelError
from tabular.evaluation import policy_bracket
from tabular.mdp import MDP
from tabular.problem import Problem
from tabular.solvers import Solution

__all__ = ["regularizer_bounds", "unregularized_bracket"]


def regularizer_bounds(problem: Problem) -> tuple[Float, Float]:
    r"""(S,) smallest and largest values of the regulariser :math:`\Omega` over the policies of each state.

    :math:`\Omega = \text{strength} \cdot D(\pi, \mu)`, from 0 to its largest value at a deterministic policy (infinite where the
    reference leaves out an allowed action and D forbids that); or minus strength times an entropy, from that of the uniform
    policy to 0.

    Raises
    ------
    ModelError
        If the problem has no regulariser.

    Examples
    --------
    >>> import tabular
    >>> mdp = tabular.MDP([[[1.0], [1.0]]], [[1.0, 0.0]], gamma=0.5)
    >>> regularizer_bounds(tabular.Regularized(mdp, tabular.TsallisKL(2), 0.1))
    (array([0.]), array([0.1]))
    """
    if not isinstance(problem, Problem) or not isinstance(problem.outer, SmoothMax):
        raise ModelError("the problem has no regulariser: write Regularized(mdp, divergence_or_entropy, strength)")
    smoothing, mdp = Smoothing(problem.outer, problem.mdp), problem.mdp
    allowed = np.ones((mdp.n_states, mdp.n_actions), dtype=bool) if mdp.allowed is None else mdp.allowed
    if isinstance(problem.outer.divergence, Entropy):
        return smoothing.paid(allowed / allowed.sum(axis=1, keepdims=True)), np.zeros(mdp.n_states)
    paid = [smoothing.paid(np.tile(vertex, (mdp.n_states, 1))) for vertex in np.eye(mdp.n_actions)]
    return np.zeros(mdp.n_states), np.where(allowed, np.stack(paid, axis=1), -np.inf).max(axis=1)


def unregularized_bracket(problem: Problem, solution: Solution) -> tuple[Float, Float]:
    r"""(S,) lower and upper bounds on the optimal values of the model itself, from the solution of a regularised problem.

    From below by the value of the regularised policy in the model, or by :math:`v^*_\Omega + \min L / (1 - \gamma)` where that is
    larger; from above by :math:`v^*_\Omega + \max U / (1 - \gamma)`, as far as rows sum to one. ``upper - lower`` bounds what the
    policy loses in the model.

    Raises
    ------
    ModelError
        If the problem has no regulariser, or a worst case beside it.

    Examples
    --------
    >>> import tabular
    >>> mdp = tabular.domains.garnet(20, 3, 4, gamma=0.9, rng=0)
    >>> problem = tabular.Regularized(mdp, tabular.TsallisEntropy(2), 0.1)
    >>> lower, upper = unregularized_bracket(problem, tabular.solve(problem))
    >>> best = tabular.solve(mdp).values
    >>> bool((lower <= best).all() and (best <= upper).all()), f"{(upper - lower).max():.4f}"
    (True, '0.1207')
    """
    low, high = regularizer_bounds(problem)
    if not isinstance(problem.inner, Expectation):
        raise ModelError("a worst case beside the regulariser: compare with Problem(mdp, inner=...) instead")
    mdp: MDP = problem.mdp
    _, b = problem.operator().moduli
    # a few units for the regulariser's own rounding; both bounds have a sign, so that one modulus serves
    least = down(np.array([low.min() * (1 + 1e-14) / (1 - b)]))
    most = up(np.array([high.max() * (1 + 1e-14) / (1 - b)]))
    return np.maximum(policy_bracket(mdp, solution.policy)[0], down(solution.lower + least)), up(solution.upper + most)
