"""Instances that claims about nonstationary bandits share."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from proofs_check.spaces import Integers, Kernel, Simplex, Space, Vector
from proofs_check.strategies import distributions

__all__ = [
    "BANDIT",
    "DERIVED",
    "MIN",
    "RUSSO",
    "Array",
    "Sides",
    "bandits",
    "coin_flips",
    "four_states",
    "fractions",
    "small_gaps",
    "squares",
    "swapping",
    "unit_vectors",
    "units",
]

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]

MIN = "Min and Russo (2023), An information-theoretic analysis of nonstationary bandit learning"
RUSSO = "Russo and Van Roy (2016), An information-theoretic analysis of Thompson sampling"
DERIVED = "derived here"

BANDIT: dict[str, Space] = {
    "P": Kernel((3,), 3),
    "mu": Vector((3, 2), 0, 1),
    "nu": Simplex(3),
    "horizon": Integers(1, 3),
}


@st.composite
def unit_vectors(draw: st.DrawFn, size: int) -> Array:
    """Numbers in [0, 1], with ties, zeros and ones."""
    return np.array(draw(st.lists(st.integers(0, 8), min_size=size, max_size=size))) / 8


@st.composite
def bandits(draw: st.DrawFn, /, longest: int = 3, **others: Any) -> dict[str, Any]:
    """Up to three states and arms, with corners: states that never change, that are independent, that hold no mass."""
    n, k = draw(st.integers(1, 3)), draw(st.integers(2, 3))
    kind = draw(st.sampled_from(["any", "any", "any", "still", "independent"]))
    row = draw(distributions(n))
    P = {"still": np.eye(n), "independent": np.tile(row, (n, 1))}.get(kind)
    instance = {
        "P": np.array([draw(distributions(n)) for _ in range(n)]) if P is None else P,
        "mu": draw(unit_vectors(n * k)).reshape(n, k),
        "nu": draw(distributions(n)),
        "horizon": draw(st.integers(1, longest if k == 2 else 2)),
    }
    return instance | {name: draw(strategy) for name, strategy in others.items()}


def units(**_: Any) -> float:
    """Probabilities and their logarithms times probabilities, of size one; sums of a few thousand of them lose at most a few
    thousand units of 1.1e-16, and beliefs are merged that agree to twelve decimals."""
    return 1e-10


def squares(horizon: int, **_: Any) -> float:
    """Regrets are at most T, so that their squares lose T^2 times what they lose."""
    return 1e-10 * float(horizon) ** 2


def fractions(*rows: Any) -> Array:
    """A matrix of fractions from rows of strings."""
    return np.array([[Fraction(x) for x in row.split()] for row in rows], dtype=object)


def swapping(horizon: int = 3, switch: str = "1/10", best: str = "4/5") -> dict[str, Any]:
    """Two arms that swap: the better one pays ``best``, the other one what is left to one."""
    q, high = Fraction(switch), Fraction(best)
    return {
        "P": np.array([[1 - q, q], [q, 1 - q]], dtype=object),
        "mu": np.array([[high, 1 - high], [1 - high, high]], dtype=object),
        "nu": np.array([Fraction(1, 2)] * 2, dtype=object),
        "horizon": horizon,
    }


def coin_flips(horizon: int = 2) -> dict[str, Any]:
    """Independent fair states, one arm for each, which pays one."""
    return {
        "P": fractions("1/2 1/2", "1/2 1/2"),
        "mu": fractions("1 0", "0 1"),
        "nu": fractions("1/2 1/2")[0],
        "horizon": horizon,
    }


def small_gaps(k: int = 2, gap: str = "1/1000") -> dict[str, Any]:
    """As many states as arms, all alike, that differ by little: the information ratio is almost (k - 1) / 2."""
    e = Fraction(gap)
    mu = [[Fraction(1, 2) + (e if a == s else -e / (k - 1)) for a in range(k)] for s in range(k)]
    eye = [[Fraction(int(a == s)) for a in range(k)] for s in range(k)]
    return {
        "P": np.array(eye, dtype=object),
        "mu": np.array(mu, dtype=object),
        "nu": np.array([Fraction(1, k)] * k, dtype=object),
        "horizon": 1,
    }


def four_states(horizon: int = 2) -> dict[str, Any]:
    """Four states and two arms whose best action is no Markov chain."""
    return {
        "P": fractions("7/10 1/5 1/20 1/20", "1/10 3/5 1/5 1/10", "1/20 3/20 7/10 1/10", "1/5 1/10 1/10 3/5"),
        "mu": fractions("9/10 3/10", "3/5 1/2", "1/5 7/10", "2/5 4/5"),
        "nu": fractions("17/66 37/132 19/66 23/132")[0],
        "horizon": horizon,
    }
