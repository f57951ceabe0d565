"""Sums whose error does not grow with their length."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular.divergences.generators import compiled

__all__ = ["of_segments", "total"]


@compiled
def _add(high: float, low: float, x: float) -> tuple[float, float]:
    """Add to a sum kept as an unevaluated pair (Knuth's two-sum)."""
    new = high + x
    part = new - high
    return new, low + ((high - (new - part)) + (x - part))


@compiled
def _total(x: Float) -> float:
    high, low = 0.0, 0.0
    for i in range(x.size):
        high, low = _add(high, low, x[i])
    return high + low


@compiled
def _of_segments(x: Float, starts: NDArray[Any], inside: Float, below: Float, above: Float) -> None:
    last = starts.size - 1
    high, low = 0.0, 0.0
    for c in range(last + 1):
        below[c] = high + low
        part, lost = 0.0, 0.0
        for i in range(starts[c], starts[c + 1] if c < last else x.size):
            part, lost = _add(part, lost, x[i])
        inside[c] = part + lost
        high, low = _add(high, low, part)
        low += lost
    high, low = 0.0, 0.0
    for c in range(last, -1, -1):
        above[c] = min(1.0, high + low)
        high, low = _add(high, low, inside[c])


def total(x: Float) -> float:
    """The sum of an array, right to the last digit or two."""
    return float(_total(x))


def of_segments(x: Float, starts: NDArray[Any]) -> tuple[Float, Float, Float]:
    """Sums of consecutive segments that begin at ``starts``, and of all segments before and after each."""
    out = tuple(np.empty(starts.size) for _ in range(3))
    _of_segments(x, starts, *out)
    return out[0], out[1], out[2]
