"""Instances that claims about linear bandits share: systems with complex, negative and no eigenvalues, published ones."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from proofs_check.spaces import Space, Vector
from proofs_check.topics.linear_bandits.formulas import Array

__all__ = [
    "ABBASI",
    "DERIVED",
    "LATTIMORE",
    "MUSSI",
    "RUSSAC",
    "SYSTEM",
    "advertising",
    "fractions",
    "grid",
    "scalar",
    "scaled",
    "synthetic",
    "systems",
]

MUSSI = "Mussi, Metelli and Restelli (2023), Dynamical linear bandits"
ABBASI = "Abbasi-Yadkori, Pal and Szepesvari (2011), Improved algorithms for linear stochastic bandits"
RUSSAC = "Russac, Vernade and Cappe (2019), Weighted linear bandits for non-stationary environments"
LATTIMORE = "Lattimore and Szepesvari (2020), Bandit algorithms"
DERIVED = "derived here"

SYSTEM: dict[str, Space] = {
    "A": Vector((2, 2), Fraction(-2, 5), Fraction(2, 5)),
    "B": Vector((2, 2)),
    "omega": Vector(2),
    "theta": Vector(2),
    "x": Vector(2),
}
"""Entries of A up to 2/5 keep its eigenvalues within 4/5."""


@st.composite
def grid(draw: st.DrawFn, *shape: int, steps: int = 4, most: float = 1.0) -> Array:
    """Arrays of multiples of most / steps, with ties and zeros."""
    size = int(np.prod(shape))
    numbers = draw(st.lists(st.integers(-steps, steps), min_size=size, max_size=size))
    return np.array(numbers, dtype=np.float64).reshape(shape) * most / steps


def radius_of(A: Array) -> float:
    """Spectral radius."""
    return float(np.abs(np.linalg.eigvals(A)).max())


@st.composite
def systems(draw: st.DrawFn, /, states: int = 3, rounds: int = 5, assumed: bool = False, **others: Any) -> dict[str, Any]:
    """Stable systems with a sequence of actions: any, diagonal, triangular, nilpotent, rotations.

    ``assumed`` adds a radius above the spectral radius, as a learner would assume it.
    """
    n, d = draw(st.integers(1, states)), draw(st.integers(1, 2))
    kind = draw(st.sampled_from(["any", "any", "diagonal", "triangular", "nilpotent", "rotation"]))
    A = draw(grid(n, n))
    if kind == "diagonal":
        A = np.diag(np.diag(A))
    elif kind in ("triangular", "nilpotent"):
        A = np.triu(A, int(kind == "nilpotent"))
    elif kind == "rotation" and n == 2:
        A = np.array([[A[0, 0], -A[0, 1]], [A[0, 1], A[0, 0]]])
    if (rho := radius_of(A)) > 0.125:  # otherwise nilpotent up to rounding, or stable as it is
        A = A * (draw(st.sampled_from([0.125, 0.5, 0.875])) / rho)
    instance = {
        "A": A,
        "B": draw(grid(n, d)),
        "omega": draw(grid(n)),
        "theta": draw(grid(d)),
        "x": draw(grid(n)),
        "actions": draw(grid(draw(st.integers(1, rounds)), d)),
    }
    if assumed:
        instance["radius"] = draw(st.sampled_from([(1 + 3 * radius_of(A)) / 4, 0.9375]))
    return instance | {name: draw(strategy) for name, strategy in others.items()}


def fractions(*rows: str) -> Array:
    """A matrix of fractions from rows of strings."""
    return np.array([[Fraction(x) for x in row.split()] for row in rows], dtype=object)


def synthetic() -> dict[str, Any]:
    """The published synthetic instance, without noise and from rest."""
    return {
        "A": fractions("1/5 0 0", "0 0 0", "0 0 1/10"),
        "B": fractions("9/20 0 0", "0 0 0", "0 0 1/10"),
        "omega": fractions("1 0 1/10")[0],
        "theta": fractions("0 1/2 1/10")[0],
        "x": fractions("0 0 0")[0],
    }


def advertising() -> dict[str, Any]:
    """The published instance from advertising data, without noise and from rest."""
    return {
        "A": fractions("38/100 33/100 60/100", "7/100 76/100 -54/100", "18/100 34/100 5/100"),
        "B": fractions("14/100 34/100 -5/100", "-17/100 3/100 -1/100", "4/100 -9/100 17/100"),
        "omega": fractions("-61/100 -4/100 -13/100")[0],
        "theta": fractions("13/100 41/100 2/100")[0],
        "x": fractions("0 0 0")[0],
    }


BUDGETS = fractions("0 1/2 1", "0 1 1/2", "1/2 0 1", "1/2 1 0", "1 0 1/2", "1 1/2 0")
"""Permutations of 1, 1/2 and 0."""


def scalar(rho: str, control: str = "1", theta: str = "0", x: str = "0") -> dict[str, Any]:
    """One state, one action coordinate, omega = 1."""
    return {
        "A": fractions(rho),
        "B": fractions(control),
        "omega": fractions("1")[0],
        "theta": fractions(theta)[0],
        "x": fractions(x)[0],
    }


def scaled(A: Array, **_: Any) -> float:
    """Rounding of a few dozen products of entries up to 3, and of solutions with I - A, whose conditions multiply it: twice."""
    reach = 1.0 + float(np.linalg.norm(np.linalg.inv(np.eye(len(A)) - np.asarray(A, dtype=np.float64)), 2))
    return 1e-13 * reach**2 * (1.0 + float(np.linalg.norm(np.asarray(A, dtype=np.float64), 2))) ** 3
