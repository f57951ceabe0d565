r"""Interval arithmetic in doubles for compiled code, and sums along rows.

Intervals are pairs of doubles. Each arithmetic operation is followed by one outward step; each call of ``log``, ``expm1`` or
``log1p`` by :data:`LIBRARY`, four units in the last place, the error we grant the C library.
"""

from __future__ import annotations

import math

import numpy as np

from tabular.divergences.generators import compiled

__all__ = [
    "LIBRARY",
    "down",
    "expm1",
    "log",
    "log1p",
    "mean_bounds",
    "product",
    "quotient",
    "row_mean_bounds",
    "smallest",
    "total_bounds",
    "up",
    "wide",
]

LIBRARY = 2.0**-50
"""Relative error granted to ``log``, ``expm1`` and ``log1p``: four units in the last place."""


HALF_STEP = 2.0**-53 * (1.0 + 2.0**-20)
"""A little more than half of the largest relative distance to a neighbour: its subtraction rounds to the neighbour."""


@compiled
def down(x: float) -> float:
    """The next double below; whatever the arithmetic above, the result is smaller than x, hence at most that."""
    y = x - (abs(x) * HALF_STEP + 5e-324)
    return y if y < x else np.nextafter(x, -math.inf)  # infinities: nextafter alone would cost four times as much


@compiled
def up(x: float) -> float:
    """The next double above."""
    y = x + (abs(x) * HALF_STEP + 5e-324)
    return y if y > x else np.nextafter(x, math.inf)


@compiled
def wide(low: float, high: float) -> tuple[float, float]:
    """After a library function."""
    return (
        down(low - abs(low) * LIBRARY) if math.isfinite(low) else low,
        up(high + abs(high) * LIBRARY) if math.isfinite(high) else high,
    )


@compiled
def product(a0: float, a1: float, b0: float, b1: float) -> tuple[float, float]:
    w, x, y, z = a0 * b0, a0 * b1, a1 * b0, a1 * b1
    if math.isnan(w) or math.isnan(x) or math.isnan(y) or math.isnan(z):
        return -math.inf, math.inf
    return down(min(min(w, x), min(y, z))), up(max(max(w, x), max(y, z)))


@compiled
def quotient(a0: float, a1: float, b0: float, b1: float) -> tuple[float, float]:
    """For ``0 < b0``."""
    low = a0 / b1 if a0 >= 0.0 else a0 / b0
    high = a1 / b0 if a1 >= 0.0 else a1 / b1
    return down(low), up(high)


@compiled
def log(x0: float, x1: float) -> tuple[float, float]:
    low = math.log(x0) if x0 > 0.0 else -math.inf
    high = math.log(x1) if x1 > 0.0 else -math.inf
    return wide(low, high)


@compiled
def log1p(x0: float, x1: float) -> tuple[float, float]:
    low = math.log1p(x0) if x0 > -1.0 else -math.inf
    high = math.log1p(x1) if x1 > -1.0 else -math.inf
    return wide(low, high)


@compiled
def expm1(x0: float, x1: float) -> tuple[float, float]:
    low = math.expm1(x0) if x0 < 709.0 else 8e307
    high = math.expm1(x1) if x1 < 709.0 else math.inf
    low, high = wide(low, high)
    return max(low, -1.0), max(high, -1.0)


# --- sums along rows ---


@compiled
def smallest(values: np.ndarray, p: np.ndarray) -> float:
    m = math.inf
    for i in range(p.size):
        if p[i] > 0.0 and values[i] < m:
            m = values[i]
    return m


@compiled
def mean_bounds(values: np.ndarray, p: np.ndarray) -> tuple[float, float]:
    """``sum p V / sum p``."""
    m, low, high, s0, s1 = smallest(values, p), 0.0, 0.0, 0.0, 0.0
    for i in range(p.size):
        if p[i] > 0.0:
            low = down(low + down(p[i] * down(values[i] - m)))
            high = up(high + up(p[i] * up(values[i] - m)))
            s0, s1 = down(s0 + p[i]), up(s1 + p[i])
    low, high = quotient(max(low, 0.0), high, s0, s1)
    return down(m + low), up(m + high)


@compiled
def row_mean_bounds(values: np.ndarray, p: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """The same for each row; values without weight may be anything."""
    x, w = np.empty(p.shape[1]), np.empty(p.shape[1])
    for r in range(p.shape[0]):
        n = 0
        for i in range(p.shape[1]):
            if p[r, i] > 0.0:
                x[n], w[n] = values[r, i], p[r, i]
                n += 1
        low[r], high[r] = mean_bounds(x[:n], w[:n])


@compiled
def total_bounds(p: np.ndarray) -> tuple[float, float]:
    """``sum p``, exactly 1 where it is."""
    s0 = s1 = 0.0
    for i in range(p.size):
        if p[i] > 0.0:
            s0, s1 = down(s0 + p[i]), up(s1 + p[i])
    return s0, s1
