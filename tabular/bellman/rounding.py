"""Outward rounding: one step towards infinity after a rounded operation gives a bound on the exact one."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from tabular._arrays import Float

__all__ = ["down", "float_above", "float_below", "scaled_interval", "up"]


def up(x: Float) -> Float:
    """The next double above each entry: an upper bound of the exact result that was rounded to ``x``."""
    return np.nextafter(x, np.inf)


def down(x: Float) -> Float:
    """The next double below each entry."""
    return np.nextafter(x, -np.inf)


def float_above(x: Fraction) -> float:
    """The smallest double that is at least ``x`` (infinity if there is none)."""
    try:
        nearest = float(x)
    except OverflowError:
        return math.inf if x > 0 else -1.7976931348623157e308
    return nearest if Fraction(nearest) >= x else math.nextafter(nearest, math.inf)


def float_below(x: Fraction) -> float:
    """The largest double that is at most ``x``."""
    return -float_above(-x)


def scaled_interval(factor: float, interval: tuple[float, float], unit: float) -> tuple[float, float]:
    """Outward bounds of ``factor * x`` for positive ``x`` known to lie in ``interval`` up to a relative error of ``unit``.

    >>> scaled_interval(0.5, (1.0, 1.0), 0.0)
    (0.5, 0.5)
    """
    low, high, slack = Fraction(interval[0]), Fraction(interval[1]), Fraction(unit)
    return float_below(Fraction(factor) * low * (1 - slack)), float_above(Fraction(factor) * high * (1 + slack))
