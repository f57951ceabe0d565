r"""Robust values in both arithmetics.

In doubles they come from :mod:`tabular`; in exact arithmetic from the definitions: the adversary moves mass from the largest
    values
to the smallest, policies and kernels improve in turn in rationals. Sets are called by name, each with one size:

==================  ===============================================================
TV                  total variation up to the size, mass may go to any state
TV on the support   the same, on states that the row reaches
TV at a price       any law, at the size times its total variation
contamination       (1 - size) p + size q
==================  ===============================================================
"""

from __future__ import annotations

from typing import Any

import numpy as np

import tabular
from proofs_check.arithmetic import floats_only, lift
from proofs_check.exact_mdp import ExactMDP
from proofs_check.topics.mdp.formulas import size as magnitude
from tabular import MDP

__all__ = [
    "SETS",
    "Model",
    "backup",
    "greedy",
    "optimum",
    "policy_value",
    "q_values",
    "worst_case",
    "worst_kernel",
    "worst_law",
]

Array = np.ndarray[Any, Any]
Model = MDP | ExactMDP

SETS = ("TV", "TV on the support", "TV at a price", "contamination")

ROBUST: dict[str, Any] = {
    "TV": lambda mdp, size: tabular.Robust(mdp, tabular.TotalVariation(), radius=size),
    "TV on the support": lambda mdp, size: tabular.Robust(mdp, tabular.TotalVariation(True), radius=size),
    "TV at a price": lambda mdp, size: tabular.Robust(mdp, tabular.TotalVariation(), penalty=size),
    "contamination": lambda mdp, size: tabular.Robust(mdp, tabular.Contamination(), radius=size),
    "KL": lambda mdp, size: tabular.Robust(mdp, tabular.KL(), radius=size),
    "chi-square": lambda mdp, size: tabular.Robust(mdp, tabular.ChiSquare(), radius=size),
}
"""Robust problems by name, in doubles; the last two have no rational solutions."""


# --- one row -------------------------------------------------------------------------------------------------------------------


def worst_law(name: str, values: Array, p: Array, size: Any) -> tuple[Array, Any]:
    """The worst law of a row, and what the adversary pays for it."""
    states = range(len(p))
    reached = [s for s in states if name != "TV on the support" or p[s] > 0]
    low = min(reached, key=lambda s: values[s])
    law = p.copy()
    if name == "contamination":
        law = (1 - size) * law
        law[low] = law[low] + size
        return law, 0 * size
    left, moved = size, 0 * size
    for s in sorted(states, key=lambda s: values[s], reverse=True):
        gap = values[s] - values[low]
        if gap <= 0 or (name == "TV at a price" and gap <= size):
            break
        step = law[s] if name == "TV at a price" else min(law[s], left)
        law[s], law[low] = law[s] - step, law[low] + step
        left, moved = left - step, moved + step
    return law, size * moved if name == "TV at a price" else 0 * size


def worst_case(name: str, values: Array, p: Array, size: Any) -> Any:
    """Its mean, and what it costs."""
    law, paid = worst_law(name, values, p, size)
    return (law * values).sum() + paid


# --- models --------------------------------------------------------------------------------------------------------------------


def _answer(mdp: ExactMDP, name: str, v: Array, size: Any) -> ExactMDP:
    """The model in which the adversary's answer to v is fixed; ``size`` is one number or (S, A)."""
    P, r = mdp.P.copy(), mdp.r.copy()
    for s in range(mdp.n_states):
        for a in range(mdp.n_actions):
            each = size[s, a] if isinstance(size, np.ndarray) else size
            P[s, a], paid = worst_law(name, v, mdp.P[s, a], each)
            r[s, a] = r[s, a] + mdp.gamma * paid
    return mdp.replace(P=P, r=r)


def worst_kernel(mdp: Model, name: str, v: Array, size: Any) -> Array:
    """(S, A, S) worst laws at v."""
    if isinstance(mdp, ExactMDP):
        return _answer(mdp, name, v, size).P
    return np.asarray(tabular.robust.worst_kernel(ROBUST[name](mdp, size), v))


def q_values(mdp: Model, name: str, v: Array, size: Any) -> Array:
    """(S, A) action values under worst laws."""
    if isinstance(mdp, ExactMDP):
        return _answer(mdp, name, v, size).q_values(v)
    return np.asarray(ROBUST[name](mdp, size).staged_operator().q_values(v))


def backup(mdp: Model, name: str, v: Array, size: Any) -> Array:
    """The robust Bellman operator."""
    if isinstance(mdp, ExactMDP):
        return _answer(mdp, name, v, size).backup(v)
    return q_values(mdp, name, v, size).max(axis=1)


def greedy(mdp: Model, name: str, v: Array, size: Any) -> Array:
    """(S,) actions that attain it, the lowest index among ties."""
    if isinstance(mdp, ExactMDP):
        return _answer(mdp, name, v, size).greedy(v)
    return q_values(mdp, name, v, size).argmax(axis=1)


def policy_value(mdp: Model, name: str, policy: Array, size: Any) -> Array:
    """The value of a policy against the adversary."""
    if not isinstance(mdp, ExactMDP):
        return tabular.policy_value(ROBUST[name](mdp, size), policy)
    v = mdp.policy_value(policy)
    while True:  # each kernel is at least as bad as the last, and there are finitely many corners
        worse = _answer(mdp, name, v, size).policy_value(policy)
        if (worse == v).all():
            return v
        v = worse


def optimum(mdp: Model, name: str, size: Any) -> Array:
    """The robust optimum; in doubles to the accuracy that allowances assume, or an error."""
    if not isinstance(mdp, ExactMDP):
        return _solved(mdp, name, size)
    actions = mdp.greedy(lift(np.zeros(mdp.n_states)))
    while True:
        v = policy_value(mdp, name, actions, size)
        q = q_values(mdp, name, v, size)
        rows = np.arange(mdp.n_states)
        better = np.array([max(range(mdp.n_actions), key=lambda a: q[s, a]) for s in rows])
        gains = q[rows, better] > q[rows, actions]
        if not gains.any():
            return v
        actions = np.where(gains, better, actions)


@floats_only
def _solved(mdp: MDP, name: str, size: Any) -> Array:
    solution = tabular.solve(ROBUST[name](mdp, size), tabular.PolicyIteration(), tol=1e-12)
    if solution.width > 1e-12 * magnitude(mdp) / (1 - mdp.gamma):
        raise RuntimeError(f"the robust optimum is known only within {solution.width:.2g}")
    return solution.values
