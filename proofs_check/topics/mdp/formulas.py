r"""The quantities that claims about discounted models speak of, in both arithmetics.

In doubles they come from :mod:`tabular`, so that a wrong solver is noticed; in exact arithmetic from the definitions
(:class:`proofs_check.exact_mdp.ExactMDP`), so that a decided instance is about the theorem.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import tabular
from proofs_check.arithmetic import absolute, floats_only, largest, smallest
from proofs_check.exact_mdp import ExactMDP
from tabular import MDP

__all__ = [
    "advantages",
    "backup",
    "backup_of",
    "backups",
    "greedy",
    "norm",
    "occupancy",
    "optimal_policy",
    "optimum",
    "policy_value",
    "q_values",
    "size",
    "span",
]

Array = np.ndarray[Any, Any]
Model = MDP | ExactMDP


def norm(x: Array) -> Any:
    """Sup norm."""
    return largest(absolute(x))


def span(x: Array) -> Any:
    """Largest minus smallest entry."""
    return largest(x) - smallest(x)


def q_values(mdp: Model, v: Array) -> Array:
    """``r + gamma P v``."""
    return mdp.q_values(v) if isinstance(mdp, ExactMDP) else tabular.q_values(mdp, v)


def backup(mdp: Model, v: Array) -> Array:
    """``Tv``."""
    return mdp.backup(v) if isinstance(mdp, ExactMDP) else tabular.q_values(mdp, v).max(axis=1)


def backups(mdp: Model, v: Array, count: int) -> Array:
    """``T^count v``."""
    for _ in range(int(count)):
        v = backup(mdp, v)
    return v


def backup_of(mdp: Model, policy: Array, v: Array) -> Array:
    """``T_pi v`` of a policy given as probabilities (S, A) or as actions (S,)."""
    q = q_values(mdp, v)
    return q[np.arange(mdp.n_states), policy] if policy.ndim == 1 else (policy * q).sum(axis=1)


def advantages(mdp: Model, policy: Array) -> Array:
    """``q - v`` of a policy, shape (S, A)."""
    v = policy_value(mdp, policy)
    return q_values(mdp, v) - v[:, None]


def greedy(mdp: Model, v: Array) -> Array:
    """(S,) actions greedy for ``v``, the lowest index among ties."""
    return mdp.greedy(v) if isinstance(mdp, ExactMDP) else tabular.greedy(mdp, v)


def policy_value(mdp: Model, policy: Array) -> Array:
    """Value of a policy."""
    return mdp.policy_value(policy) if isinstance(mdp, ExactMDP) else tabular.policy_value(mdp, policy)


def occupancy(mdp: Model, policy: Array, initial: Array | None = None) -> Array:
    """Discounted visits (S, A), from the initial law unless another is given."""
    if isinstance(mdp, ExactMDP):
        return mdp.occupancy(policy, initial)
    return tabular.occupancy(mdp, policy) if initial is None else tabular.occupancy(mdp, policy, initial)


def optimum(mdp: Model) -> Array:
    """``v*``; in doubles to the accuracy that the claims' allowance assumes, or an error."""
    return mdp.optimum() if isinstance(mdp, ExactMDP) else _solved(mdp).values


def optimal_policy(mdp: Model) -> Array:
    """An optimal policy."""
    return mdp.optimal_actions() if isinstance(mdp, ExactMDP) else _solved(mdp).policy


@floats_only
def _solved(mdp: MDP) -> tabular.Solution:
    solution = tabular.solve(mdp, tabular.PolicyIteration(), tol=1e-12)
    if solution.width > 1e-13 * size(mdp) / (1 - mdp.gamma):
        raise RuntimeError(f"v* is known only within {solution.width:.2g}")
    return solution


@floats_only
def size(mdp: MDP, *vectors: Array) -> float:
    """Largest number that enters a computation on this instance."""
    return float(max(np.abs(mdp.r).max() / (1 - mdp.gamma), *(np.abs(v).max() for v in vectors), 1e-300))
