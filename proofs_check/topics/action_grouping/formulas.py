r"""What claims about merged models speak of, in both arithmetics.

In doubles numbers come from :mod:`tabular`; in exact arithmetic from the definitions. A model is a :class:`tabular.MDP` or its
exact counterpart, groups are a tuple of labels, and *shares* are an (S, A) array that is not negative: a group plays its actions
in proportion to them (alike where all are zero).
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

import tabular
from proofs_check.arithmetic import absolute, floats_only, is_exact, largest, rational, smallest
from proofs_check.exact_mdp import ExactMDP
from proofs_check.topics.mdp.formulas import optimum, q_values
from tabular import MDP
from tabular.grouping import approximation_bounds, classic_bound, sharp_bound

__all__ = [
    "Parts",
    "best",
    "bounds",
    "classic",
    "deviations",
    "diameters",
    "distances",
    "factor",
    "grouped_optimum",
    "grouped_q_values",
    "kernel_error",
    "labels",
    "lifted",
    "loss",
    "members",
    "merged",
    "reward_range",
    "sharp",
    "variation",
    "weights",
]

Array = np.ndarray[Any, Any]
Model = MDP | ExactMDP


class Parts(NamedTuple):
    """Of transitions (total variation) and of rewards."""

    transition: Any
    reward: Any


# --- groups and weights ------------------------------------------------------------------------------------------------------


def labels(groups: tuple[int, ...]) -> Array:
    """(A,) labels as an array of integers."""
    return np.array([int(g) for g in groups])


def members(groups: tuple[int, ...]) -> list[Array]:
    """The actions of each group."""
    return [np.flatnonzero(labels(groups) == g) for g in range(labels(groups).max() + 1)]


def weights(shares: Array, groups: tuple[int, ...]) -> Array:
    """(S, A) weight of each action in its own group."""
    out = shares + 0 * shares
    for s in range(len(shares)):
        for part in members(groups):
            whole = sum(shares[s, part], 0 * shares[s, 0])
            out[s, part] = shares[s, part] / whole if whole > 0 else rational(1, len(part))
    return out


# --- merged models -----------------------------------------------------------------------------------------------------------


def merged(mdp: Model, groups: tuple[int, ...], shares: Array) -> Model:
    """The model whose actions are the groups."""
    if not isinstance(mdp, ExactMDP):
        operator: Any = tabular.Grouped(mdp, labels(groups), weights(shares, groups)).operator()
        return operator.mdp
    w, parts = weights(shares, groups), members(groups)
    P = np.stack([(w[:, part, None] * mdp.P[:, part]).sum(axis=1) for part in parts], axis=1)
    r = np.stack([(w[:, part] * mdp.r[:, part]).sum(axis=1) for part in parts], axis=1)
    return mdp.replace(P=P, r=r, allowed=np.ones(r.shape, dtype=bool))


def grouped_optimum(mdp: Model, groups: tuple[int, ...], shares: Array) -> Array:
    """(S,) optimal values of the merged model."""
    return optimum(merged(mdp, groups, shares)) if isinstance(mdp, ExactMDP) else _solved(mdp, groups, shares).values


def grouped_q_values(mdp: Model, groups: tuple[int, ...], shares: Array) -> Array:
    """(S, m) optimal action values of the merged model."""
    if not isinstance(mdp, ExactMDP):
        return np.asarray(_solved(mdp, groups, shares).q_values)
    whole = merged(mdp, groups, shares)
    return q_values(whole, optimum(whole))


def best(mdp: Model) -> Array:
    """(S,) ``V*``."""
    return optimum(mdp) if isinstance(mdp, ExactMDP) else _optimum(mdp)


@functools.lru_cache(maxsize=8)  # a claim and its false siblings ask for the same values
def _optimum(mdp: MDP) -> Array:
    return optimum(mdp)


def _solved(mdp: MDP, groups: tuple[int, ...], shares: Array) -> tabular.Solution:
    return _solved_with(mdp, groups, shares.tobytes())


@functools.lru_cache(maxsize=8)
@floats_only
def _solved_with(mdp: MDP, groups: tuple[int, ...], shares: bytes) -> tabular.Solution:
    table = weights(np.frombuffer(shares).reshape(mdp.r.shape), groups)
    return tabular.solve(tabular.Grouped(mdp, labels(groups), table), tabular.PolicyIteration(), tol=1e-12)


def lifted(mdp: Model, groups: tuple[int, ...], shares: Array, law: Array) -> Array:
    """(S, A) policy that draws a group by ``law`` (S, m), then an action by the weights."""
    if isinstance(mdp, ExactMDP):
        return np.array(law[:, labels(groups)] * weights(shares, groups))
    return tabular.grouping.Groups(labels(groups), weights(shares, groups)).lift(law, mdp)


def loss(mdp: Model, groups: tuple[int, ...], shares: Array) -> Array:
    """(S,) what grouping loses before anything is estimated."""
    return best(mdp) - grouped_optimum(mdp, groups, shares)


# --- how alike actions are ---------------------------------------------------------------------------------------------------


def variation(p: Array, q: Array) -> Any:
    """Total variation: half of the L1 distance."""
    return absolute(p - q).sum() / 2


def reward_range(mdp: Model) -> Any:
    """Largest minus smallest reward."""
    return largest(mdp.r) - smallest(mdp.r)


def diameters(mdp: Model, groups: tuple[int, ...]) -> Parts:
    """Largest differences within a group."""
    if not isinstance(mdp, ExactMDP):
        return Parts(*tabular.grouping.diameters(mdp, labels(groups)))
    zero = 0 * mdp.gamma
    pairs = [(s, a, b) for s in range(mdp.n_states) for part in members(groups) for a in part for b in part if a < b]
    return Parts(
        max([zero, *(variation(mdp.P[s, a], mdp.P[s, b]) for s, a, b in pairs)]),
        max([zero, *(abs(mdp.r[s, a] - mdp.r[s, b]) for s, a, b in pairs)]),
    )


def deviations(mdp: Model, groups: tuple[int, ...], shares: Array) -> Parts:
    """Largest differences of an action from its own group."""
    if not isinstance(mdp, ExactMDP):
        return Parts(*tabular.grouping.deviations(mdp, labels(groups), weights(shares, groups)))
    whole, own = merged(mdp, groups, shares), labels(groups)
    pairs = [(s, a) for s in range(mdp.n_states) for a in range(mdp.n_actions)]
    return Parts(
        max(variation(mdp.P[s, a], whole.P[s, own[a]]) for s, a in pairs),
        max(abs(mdp.r[s, a] - whole.r[s, own[a]]) for s, a in pairs),
    )


def factor(mdp: Model, groups: tuple[int, ...], shares: Array) -> Any:
    """One minus the smallest weight, zeros included."""
    if not isinstance(mdp, ExactMDP):
        return tabular.grouping.weight_factor(mdp, labels(groups), weights(shares, groups))
    return 1 - smallest(weights(shares, groups))


def distances(mdp: Model) -> Array:
    """(A, A) distances of actions: rewards, and transitions at the most that a value can differ by; in states that allow both."""
    if not isinstance(mdp, ExactMDP):
        return tabular.grouping.action_distances(mdp)
    legal = mdp.r[mdp.allowed]
    weight = mdp.gamma * (max(legal) - min(legal)) / (1 - mdp.gamma)
    out = np.full((mdp.n_actions, mdp.n_actions), 0 * weight, dtype=object)
    for s, a, b in np.argwhere(mdp.allowed[:, :, None] & mdp.allowed[:, None, :]):
        here = abs(mdp.r[s, a] - mdp.r[s, b]) + weight * variation(mdp.P[s, a], mdp.P[s, b])
        out[a, b] = max(out[a, b], here)
    return out


# --- bounds ------------------------------------------------------------------------------------------------------------------


def classic(y: Any, x: Any, gamma: Any, span: Any) -> Any:
    """The classic bound, from differences of transitions y and of rewards x."""
    return (x + gamma * y * span) / (1 - gamma) if is_exact() else classic_bound(min(y, 1), x, gamma, span=span)


def sharp(y: Any, x: Any, gamma: Any, size: Any) -> Any:
    """The sharp bound B(x, y) for rewards in an interval of length ``size``."""
    if not is_exact():
        return sharp_bound(min(y, 1), x, gamma, reward_range=size)
    return (x + gamma * y * size / (1 - gamma)) / (1 - gamma * (1 - y))


def bounds(mdp: Model, groups: tuple[int, ...], shares: Array, span: Any) -> tuple[Any, ...]:
    """Classic, sharp, sharp from deviations, and the bound on action values."""
    if not isinstance(mdp, ExactMDP):
        return tuple(approximation_bounds(mdp, labels(groups), weights(shares, groups), span=span))
    f, gamma, size = factor(mdp, groups, shares), mdp.gamma, reward_range(mdp)
    far, own = diameters(mdp, groups), deviations(mdp, groups, shares)
    return (
        classic(f * far.transition, f * far.reward, gamma, span),
        sharp(f * far.transition, f * far.reward, gamma, size),
        sharp(own.transition, own.reward, gamma, size),
        classic(own.transition, own.reward, gamma, span),
    )


def kernel_error(epsilon: Any, gamma: Any, size: Any) -> Any:
    """E2: what a plan may lose that is best for a kernel at distance epsilon."""
    if not is_exact():
        return tabular.grouping.kernel_error_bound(min(epsilon, 1), gamma, reward_range=size)
    return 2 * gamma * epsilon * size / ((1 - gamma) * (1 - gamma * (1 - epsilon)))
