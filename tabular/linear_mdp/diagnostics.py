r"""What can be said of a learner once the truth is known.

The theorem of R2PVI has a deterministic core: if the one-step errors of the estimates are within the bonus, then the learned
values are below those of the learned policy, and that policy loses at most twice the *coverage term*, the bonus that the optimal
policy collects under an adversary's kernel. Each part is computed here without sampling.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from tabular._arrays import Float
from tabular.bellman import Expectation, WorstCase
from tabular.errors import ModelError
from tabular.evaluation import as_staged_policy, policy_value
from tabular.linear_mdp.learners import Learned
from tabular.linear_mdp.model import LinearMDP
from tabular.linear_mdp.problem import LinearProblem

__all__ = ["coverage_term", "one_step_errors", "pessimism_gap", "staged_occupancy", "suboptimality", "worst_coverage"]


def one_step_errors(problem: LinearProblem, learned: Learned) -> Float:
    r"""(H, S, A) errors :math:`\langle \phi, \hat w_h - F_h(\hat V_{h + 1}) \rangle` of what a robust learner estimated.

    The learner was *pessimistic* where they are at most its ``bonus``, and the theorem assumes that their size is.
    """
    _fits(problem, learned)
    if learned.learner.regresses_rewards:
        raise ModelError(f"the weights of {learned.learner!r} hold rewards; its errors are not those of the factors alone")
    mixed = problem.model.mixed
    factors = (problem.factor_values(h, learned.values[h + 1]) for h in range(problem.horizon))
    return np.stack([mixed(weights - w) for weights, w in zip(learned.weights, factors, strict=True)])


def pessimism_gap(problem: LinearProblem, learned: Learned) -> Float:
    """(H+1, S) value of the learned policy in the problem, minus the learned value; not negative if the learner was
    pessimistic."""
    _fits(problem, learned)
    return policy_value(problem, learned.policy) - learned.values


def suboptimality(problem: LinearProblem, learned: Learned, optimum: Float) -> Float:
    """(H+1, S) what the learned policy loses against the ``optimum`` (values of ``tabular.solve(problem)``)."""
    _fits(problem, learned)
    return np.asarray(optimum - policy_value(problem, learned.policy))


def coverage_term(problem: LinearProblem, learned: Learned, policy: ArrayLike, start: int = 0) -> float:
    r"""Expected sum of bonuses, :math:`E^{\pi, \hat P} \sum_h \Gamma_h(s_h, a_h)` from ``start``.

    Parameters
    ----------
    problem : LinearProblem
    learned : Learned
        Its bonus, and its values: the kernel :math:`\hat P` is the adversary's answer to :math:`\hat V_{h + 1}`.
    policy : (H, S) integers or (H, S, A)
        In the theorem the optimal policy of the problem.
    start : int
        First state.
    """
    _fits(problem, learned)
    kernels = [_kernel(problem, h, learned.values[h + 1]) for h in range(problem.horizon)]
    return float((staged_occupancy(problem, policy, start, kernels) * learned.bonus).sum())


def worst_coverage(problem: LinearProblem, learned: Learned, policy: ArrayLike, radius: Any, start: int = 0) -> float:
    r"""The coverage term of the published theorems, :math:`\sup_P E^{\pi, P} \sum_h \Gamma_h(s_h, a_h)` over all kernels whose
    factors are within ``radius`` of the nominal ones, in the divergence of the problem.

    For a problem within a radius that radius; for one at a price :math:`\lambda` the largest robust value divided by lambda
    gives the published set of admissible kernels. At least :func:`coverage_term`, if its kernel is within the radius.

    Parameters
    ----------
    problem, learned, policy, start
        As of :func:`coverage_term`.
    radius : number, (d,) or (H, d) array
    """
    _fits(problem, learned)
    if isinstance(problem.inner, Expectation):
        raise ModelError("the problem has no adversary; coverage_term is what its learners' theorem asks for")
    if learned.learner.regresses_rewards or learned.learner.released:
        raise ModelError(f"the bonus of {learned.learner!r} is not linear in the features")
    model = problem.model
    features = model.matrix if sp.issparse(model.matrix) else model.features
    collected = LinearMDP(
        features, list(model.factors) if _sparse(model) else np.stack(model.factors), -learned.learner.beta * learned.roots
    )
    doubt = LinearProblem(collected, WorstCase(problem.inner.divergence, radius))
    return -float(policy_value(doubt, policy)[0, start])


def _sparse(model: LinearMDP) -> bool:
    return bool(sp.issparse(model.factors[0]))


def staged_occupancy(problem: LinearProblem, policy: ArrayLike, start: int = 0, kernels: Any = None) -> Float:
    """(H, S, A) chance of being in a state and taking an action at each step; under the nominal kernels, or under given (S*A, S)
    ones."""
    model = problem.model
    rules = as_staged_policy(problem, policy)
    here = np.zeros(model.n_states)
    here[start] = 1.0
    out = np.empty((model.horizon, model.n_states, model.n_actions))
    for h, rule in enumerate(rules):
        weights = np.eye(model.n_actions)[rule] if rule.ndim == 1 else rule
        out[h] = here[:, None] * weights
        kernel = model.matrix @ model.factors[h] if kernels is None else kernels[h]
        here = np.asarray(out[h].reshape(-1) @ kernel).reshape(-1)
    return out


def _kernel(problem: LinearProblem, step: int, values: Float) -> Any:
    factors = problem.worst_factors(step, values)
    product = problem.model.matrix @ factors
    return sp.csr_array(product) if sp.issparse(product) else product


def _fits(problem: LinearProblem, learned: Learned) -> None:
    shape = (problem.horizon, problem.n_states, problem.n_actions)
    if learned.q_values.shape != shape:
        raise ModelError(f"learned values are of shape {learned.q_values.shape}, those of the problem {shape}")
