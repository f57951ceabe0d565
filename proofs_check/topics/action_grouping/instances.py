"""Instances that claims about grouping share: models with groups and weights, and the ones that attain bounds."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from proofs_check.arithmetic import lift
from proofs_check.spaces import Choice, Model, Space, Vector
from proofs_check.strategies import discounts, mdps
from proofs_check.topics.mdp.formulas import size
from tabular import MDP

__all__ = [
    "DERIVED",
    "LI",
    "PARTITIONS",
    "SEARCH",
    "Array",
    "Sides",
    "attaining",
    "bandit",
    "even",
    "grouped_models",
    "model",
    "partitions",
    "rounding",
    "units",
]

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]

LI = "Li, Ju and Shroff (2023), Achieving sample and computational efficient RL by action space reduction via grouping"
DERIVED = "derived here, in the setting of Li, Ju and Shroff (2023)"

PARTITIONS = ((0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1))
"""Of three actions, but for the one that merges nothing."""

SEARCH: dict[str, Space] = {"mdp": Model(2, 3), "groups": Choice(PARTITIONS), "shares": Vector((2, 3), 0, 1)}


@st.composite
def partitions(draw: st.DrawFn, n_actions: int) -> tuple[int, ...]:
    """Labels in the order of first use: often one group or none merged."""
    kind = draw(st.integers(0, 4))
    if kind == 0:
        return (0,) * n_actions
    if kind == 1:
        return tuple(range(n_actions))
    out: list[int] = []
    for _ in range(n_actions):
        out.append(draw(st.integers(0, max(out, default=-1) + 1)))
    return tuple(out)


@st.composite
def grouped_models(draw: st.DrawFn, /, max_states: int = 3, max_actions: int = 3, **others: Any) -> dict[str, Any]:
    """A model whose actions are often alike, its groups, shares (often even, some zero), and draws of other strategies."""
    mdp = draw(mdps(max_states=max_states, max_actions=max_actions, gammas=discounts(0.99)))
    likeness = draw(st.sampled_from([0.0, 0.0, 0.5, 0.9, 1.0]))
    P = likeness * mdp.P[:, :1] + (1 - likeness) * mdp.P
    r = likeness * mdp.r[:, :1] + (1 - likeness) * mdp.r
    if draw(st.booleans()):
        shares = np.ones(r.shape)
    else:
        shares = np.array(draw(st.lists(st.integers(0, 3), min_size=r.size, max_size=r.size)), dtype=float).reshape(r.shape)
    instance = {"mdp": mdp.replace(P=P, r=r), "groups": draw(partitions(mdp.n_actions)), "shares": shares}
    return instance | {name: draw(strategy) for name, strategy in others.items()}


def rounding(mdp: MDP, **_: Any) -> float:
    """1e-12 of the largest value, divided by ``1 - gamma``: two solutions to 1e-12 of their size, a merged row that loses a few
    units of 1.1e-16, and bounds that divide by ``1 - gamma`` once more."""
    return 1e-12 * size(mdp) / (1 - mdp.gamma)


def units(**_: Any) -> float:
    """A few thousand units of 1.1e-16, for sums of numbers of size one."""
    return 1e-12


# --- exact models ------------------------------------------------------------------------------------------------------------


def fractions(table: Any) -> Array:
    """Nested lists of numbers as fractions."""
    return np.vectorize(Fraction, otypes=[object])(np.array(table, dtype=object))


def model(P: Any, r: Any, gamma: Any) -> MDP:
    """A rational model."""
    start = [1] + [0] * (len(r) - 1)
    return MDP(fractions(P), fractions(r), Fraction(gamma), initial=fractions(start))


def attaining(transition: Any, reward: Any, gamma: Any, size: int) -> MDP:
    """State 0 pays 1 and stays; all actions but the first pay less and may fall into a state that pays nothing."""
    y, x = Fraction(transition), Fraction(reward)
    good, worse = [[1, 0]] + [[1 - y, y]] * (size - 1), [[0, 1]] * size
    return model([good, worse], [[1] + [1 - x] * (size - 1), [0] * size], gamma)


def bandit(p: list[Any]) -> MDP:
    """One state without a future."""
    return model([[[1]] * len(p)], [p], 0)


def even(mdp: MDP) -> Array:
    """Shares that are all alike."""
    return np.array(lift(np.ones(mdp.r.shape)))
