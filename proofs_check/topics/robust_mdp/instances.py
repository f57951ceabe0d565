"""Instances that claims about robust models share."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from proofs_check.spaces import Choice, Interval, Model, Space
from proofs_check.strategies import mdps, policies, value_functions
from proofs_check.topics.mdp.formulas import size as magnitude
from proofs_check.topics.mdp.instances import MODERATE, islands
from proofs_check.topics.robust_mdp.formulas import SETS
from tabular import MDP

__all__ = [
    "IYENGAR",
    "NAMES",
    "SIZE",
    "SMALL",
    "Array",
    "Sides",
    "paid_in_unit",
    "reference",
    "rounding",
    "two_islands",
    "with_sets",
]

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]

IYENGAR = "Iyengar (2005), Robust dynamic programming"

SMALL = Model(2, 2, Interval(0, Fraction(9, 10)))
NAMES = Choice(SETS)
SIZE: Space = Interval(0, 1)

SIZES = st.sampled_from([0.0, 0.05, 0.2, 0.5, 1.0])


def rounding(mdp: MDP, **instance: Any) -> float:
    """1e-12 of the largest value, divided by ``1 - gamma``.

    A backup of at most five states under a worst law loses fewer than 100 units of 1.1e-16; a linear solve multiplies that by at
    most ``1 / (1 - gamma)``, and so does the residual at which a sequence of kernels or policies ends.
    """
    vectors = [np.asarray(x) for x in instance.values() if isinstance(x, np.ndarray) and x.dtype == float]
    return 1e-12 * magnitude(mdp, *vectors) / (1 - mdp.gamma)


@st.composite
def with_sets(
    draw: st.DrawFn, /, *names: str, sets: tuple[str, ...] | None = SETS, policy: bool = False, **others: Any
) -> dict[str, Any]:
    """A model, the name of a set, its size, value functions, and draws of other strategies."""
    mdp = draw(mdps(gammas=MODERATE))
    instance: dict[str, Any] = {"mdp": mdp, "size": draw(SIZES)}
    if sets is not None:
        instance["name"] = draw(st.sampled_from(sets))
    if policy:
        instance["policy"] = draw(policies(mdp))
    instance |= {name: draw(value_functions(mdp.n_states)) for name in names}
    return instance | {name: draw(strategy) for name, strategy in others.items()}


def paid_in_unit(mdp: Any) -> Any:
    """The same model with rewards moved and scaled into [0, 1]."""
    low, high = min(mdp.r.reshape(-1)), max(mdp.r.reshape(-1))
    unit = high - low if high > low else 1
    return mdp.replace(r=(mdp.r - low) / unit)


def two_islands() -> MDP:
    """Two absorbing states that pay 1 and 0, discount 9/10."""
    return islands(1, 0, Fraction(9, 10))


def reference() -> MDP:
    """Three states, two actions, rational data, discount 9/10."""
    P = [[[5, 3, 2], [1, 6, 3]], [[2, 5, 3], [7, 1, 2]], [[3, 3, 4], [0, 2, 8]]]
    r = [[10, 0], [5, 2], [0, 8]]
    tenth = Fraction(1, 10)
    return MDP(np.array(P, dtype=object) * tenth, np.array(r, dtype=object) * tenth, Fraction(9, 10))
