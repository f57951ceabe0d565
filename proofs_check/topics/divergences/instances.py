"""Pairs of distributions for sampling and for the adversary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from proofs_check.arithmetic import is_exact, lift
from proofs_check.spaces import Near, Simplex
from proofs_check.strategies import distributions

__all__ = ["Pairs", "constant", "pairs", "rounding"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Pairs:
    """Pairs (p, q) as (2, n) arrays: any two, or p drawn towards q by up to ``decades`` powers of ten.

    With ``floor`` each mass of the reference (and, if ``both``, of p) is at least floor / n.
    """

    size: int
    floor: Fraction = Fraction(0)
    both: bool = False
    decades: int = 3

    @property
    def dimension(self) -> int:
        return 2 * self.size - 1

    def point(self, u: Sequence[Any]) -> Array:
        q = self._lifted(Simplex(self.size).point(u[: self.size - 1]), True)
        p = Near(Simplex(self.size), q, self.decades).point(u[self.size - 1 :])
        return np.stack([self._lifted(p, self.both), q])

    def _lifted(self, p: Array, wanted: bool) -> Array:
        floor = constant(self.floor if wanted else Fraction(0))
        return p * (1 - floor) + floor / self.size


def constant(x: Fraction) -> Any:
    """A number in the surrounding arithmetic."""
    return lift(x) if is_exact() else float(x)


@st.composite
def pairs(draw: st.DrawFn, reference: bool = False, both: bool = False) -> dict[str, Any]:
    """Pairs with zeros, equal and nearly equal ones; positive references, or both positive, on request."""
    size = draw(st.integers(1, 6))
    q = draw(distributions(size))
    if reference or both:
        q = _positive(q, draw(st.sampled_from([1e-6, 1e-2, 0.5])))
    p = draw(distributions(size))
    kind = draw(st.integers(0, 4))
    if kind == 0:
        p = q.copy()
    elif kind == 1:
        epsilon = 10.0 ** -draw(st.integers(1, 6))
        p = (1 - epsilon) * q + epsilon * p
    if both:
        p = _positive(p, draw(st.sampled_from([1e-6, 1e-2, 0.5])))
    return {"pair": np.stack([p, q])}


def _positive(p: Array, floor: float) -> Array:
    return p * (1 - floor) + floor / p.size


def rounding(pair: Array, **_: Any) -> float:
    """Terms of n outcomes are right to a few units of 1.1e-16 of a mass, of its root, or of its logarithm's share (at most 14).

    Where ratios p / q are large, up to 1e6, so are the terms of the divergence, and the largest ratio bounds their rounding.
    """
    p, q = pair
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(q > 0, p / q, 0.0).max() + np.where(p > 0, q / p, 0.0).max()
    return 4e-16 * (len(p) + 4) * (8 + float(ratio))
