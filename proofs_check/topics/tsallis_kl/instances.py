"""Where claims of this topic are looked for, named instances, and what rounding may do there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from proofs_check.arithmetic import rational
from proofs_check.spaces import Simplex
from proofs_check.strategies import distributions

__all__ = [
    "ABOVE",
    "DERIVED",
    "GEIST",
    "LEE",
    "MUNCHAUSEN",
    "ORDERS",
    "TSALLIS",
    "VIEILLARD",
    "ZHU",
    "Positive",
    "mirror_pair",
    "numbers",
    "of_divergences",
    "pairs_of_laws",
    "positive_laws",
    "third",
]

Array = np.ndarray[Any, Any]

TSALLIS = "Tsallis (1988), Possible generalization of Boltzmann-Gibbs statistics"
ZHU = "Zhu et al. (2023), General Munchausen reinforcement learning with Tsallis KL divergence"
GEIST = "Geist, Scherrer and Pietquin (2019), A theory of regularized Markov decision processes"
VIEILLARD = "Vieillard et al. (2020), Leverage the average: an analysis of KL regularization in RL"
MUNCHAUSEN = "Vieillard, Pietquin and Geist (2020), Munchausen reinforcement learning"
LEE = "Lee, Choi and Oh (2018), Sparse Markov decision processes with causal sparse Tsallis entropy regularization"
DERIVED = "derived here"

ORDERS = (0.25, 0.5, 0.75, 1.25, 1.5, 2.0, 3.0, 5.0)
"""Orders other than one, binary fractions, so that they are the same in both arithmetics."""
ABOVE = tuple(q for q in ORDERS if q > 1)
"""Those that drop actions."""


@dataclass(frozen=True)
class Positive:
    """Distributions with at least 1/64 of the uniform one."""

    size: int

    @property
    def dimension(self) -> int:
        return self.size - 1

    def point(self, u: Sequence[Any]) -> Array:
        floor = rational(1, 64)
        return Simplex(self.size).point(u) * (1 - floor) + floor / self.size


def numbers(low: float = 0.125, high: float = 8.0) -> st.SearchStrategy[float]:
    """Positive numbers of several sizes."""
    return st.sampled_from([low, 0.5, 1.0, 2.0, high]) | st.floats(low, high)


@st.composite
def positive_laws(draw: st.DrawFn, size: int) -> Array:
    """Distributions without zeros, at least 1e-4 / n each."""
    floor = draw(st.sampled_from([1e-4, 1e-2, 0.5]))
    return draw(distributions(size)) * (1 - floor) + floor / size


@st.composite
def pairs_of_laws(draw: st.DrawFn, orders: tuple[float, ...] = ORDERS) -> dict[str, Any]:
    """A distribution, a reference without zeros, and an order."""
    size = draw(st.integers(1, 5))
    return {
        "p": draw(distributions(size)),
        "reference": draw(positive_laws(size)),
        "order": draw(st.sampled_from(orders)),
    }


def of_divergences(p: Array, reference: Array, order: float, **_: Any) -> float:
    """Each term p (p/r)^(q-1) is right to a few units of itself and of q log(p/r), at most 60; they are at most the largest
    ratio to the power q - 1, or the number of outcomes for q < 1, over |q - 1|."""
    ratio = max(1.0, float((np.asarray(p) / np.asarray(reference)).max()))
    return 1e-14 * len(p) * (ratio ** max(order - 1, 0.0) + 1) ** 2 / abs(order - 1)


def third(n: int = 3) -> Array:
    """The uniform law, as fractions."""
    return np.array([Fraction(1, n)] * n, dtype=object)


def mirror_pair() -> dict[str, Any]:
    """(.5, .3, .2) against (.2, .3, .5), of order 2."""
    p = [Fraction(5, 10), Fraction(3, 10), Fraction(2, 10)]
    return {"p": p, "reference": p[::-1], "order": Fraction(2)}
