"""Instances that claims about linear models share."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from proofs_check.spaces import Choice, Integers, Interval, Kernel, Space, Vector
from proofs_check.strategies import distributions
from proofs_check.topics.robust_linear.formulas import EXACT_SETS, SETS

__all__ = ["LIU", "MA", "MODEL", "SIZES", "TANG", "Array", "Sides", "laws", "models", "rounding", "unit_vectors", "units"]

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]

TANG = "Tang, Liu and Xu (2025), Robust offline RL with linearly structured f-divergence regularization"
LIU = "Liu and Xu (2024), Minimax optimal and computationally efficient algorithms for distributionally robust offline RL"
MA = "Ma, Liang, Blanchet et al. (2022), Distributionally robust offline RL with linear function approximation"

SIZES = st.sampled_from([0.05, 0.2, 0.5, 0.9])
"""Of sets; positive, so that prices are prices."""

MODEL: dict[str, Space] = {
    "phi": Kernel((2, 2), 2),
    "mu": Kernel((2,), 2),
    "theta": Vector(2, 0, 1),
    "name": Choice(EXACT_SETS),
    "size": Interval(Fraction(1, 100), 1),
    "horizon": Integers(1, 3),
}


@st.composite
def unit_vectors(draw: st.DrawFn, size: int) -> Array:
    """Numbers in [0, 1], with ties."""
    return np.array(draw(st.lists(st.integers(0, 8), min_size=size, max_size=size))) / 8


@st.composite
def laws(draw: st.DrawFn, count: int, size: int) -> Array:
    """(count, size) laws."""
    return np.array([draw(distributions(size)) for _ in range(count)])


@st.composite
def models(draw: st.DrawFn, /, sets: tuple[str, ...] | None = SETS, **others: Any) -> dict[str, Any]:
    """A linear model of up to three states, actions and factors, a set and its size, a horizon, and draws of other strategies."""
    n_states, n_actions, d = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    instance: dict[str, Any] = {
        "phi": draw(laws(n_states * n_actions, d)).reshape(n_states, n_actions, d),
        "mu": draw(laws(d, n_states)),
        "theta": draw(unit_vectors(d)),
        "size": draw(SIZES),
        "horizon": draw(st.integers(1, 3)),
    }
    if sets is not None:
        instance["name"] = draw(st.sampled_from(sets))
    return instance | {name: draw(strategy) for name, strategy in others.items()}


def rounding(horizon: int, **_: Any) -> float:
    """Rewards are in [0, 1], so that values are at most H; each of at most three steps loses a few hundred units of 1.1e-16, and
    the scalar searches behind radii of KL and chi-square stop at 1e-13 of the values."""
    return 1e-11 * float(horizon)


def units(**_: Any) -> float:
    """A few hundred units of 1.1e-16 of numbers of size one."""
    return 1e-12
