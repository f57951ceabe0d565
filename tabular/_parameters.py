"""Checks of scalar parameters: each returns the plain number, or says what is wrong with which parameter."""

from __future__ import annotations

import math
import operator
from typing import Any

from tabular.errors import ModelError

__all__ = ["count", "number", "probability"]


def count(value: Any, name: str, least: int = 1, most: int | None = None) -> int:
    """An integer in [least, most]."""
    expected = f"an integer >= {least}" if most is None else f"an integer in [{least}, {most}]"
    try:
        whole = operator.index(value)
    except TypeError:
        raise ModelError(f"{name} is {value!r} (expected {expected})") from None
    if isinstance(value, bool) or whole < least or (most is not None and whole > most):
        raise ModelError(f"{name} is {value!r} (expected {expected})")
    return whole


def number(value: Any, name: str, least: float = -math.inf) -> float:
    """A finite real number, not below ``least``."""
    expected = "a finite number" if least == -math.inf else f"a finite number >= {least:g}"
    try:
        real = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ModelError(f"{name} is {value!r} (expected {expected})") from None
    if not math.isfinite(real) or real < least:
        raise ModelError(f"{name} is {value!r} (expected {expected})")
    return real


def probability(value: Any, name: str) -> float:
    """A number in [0, 1]."""
    try:
        real = float(value)
    except (TypeError, ValueError, OverflowError):
        real = math.nan
    if not 0.0 <= real <= 1.0:
        raise ModelError(f"{name} is {value!r} (expected a probability in [0, 1])")
    return real
