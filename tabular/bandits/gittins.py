r"""Gittins indices of Bernoulli arms with Beta priors, between two bounds.

The index of an arm is the constant payment at which it is as good to retire: with :math:`V_\lambda(a, b) = \max\{\lambda / (1 -
g),\; m + g [m V_\lambda(a + 1, b) + (1 - m) V_\lambda(a, b + 1)]\}`, :math:`m = a / (a + b)`, the least :math:`\lambda` at which
retiring at once is optimal (Gittins and Jones 1974). The recursion is cut off at a depth N, where the value lies between that of
staying or retiring for good, :math:`\max(\lambda, m) / (1 - g)`, and that of an arm whose mean is about to be told, :math:`E
\max(\lambda, \theta) / (1 - g)`: both give bounds, and their distance falls like :math:`g^N / \sqrt N`.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from scipy.special import betainc

from tabular._arrays import Float
from tabular._parameters import count
from tabular.errors import ModelError

__all__ = ["gittins_bounds", "gittins_index"]

MOST_PULLS = 10_000
"""Of a recursion, which takes half its square steps, sixty times over."""

HALVINGS = 60
"""Of the unit interval: beyond the last bit of an index."""


def gittins_bounds(a: float, b: float, discount: float, depth: int | None = None) -> tuple[float, float]:
    """Lower and upper bound of the index, up to rounding of the recursion.

    Parameters
    ----------
    a, b : float > 0
        Of the Beta law: successes and failures so far, plus those of the prior.
    discount : float in (0, 1)
    depth : int, optional
        Pulls after which the recursion is cut off; by default enough that the bounds agree to 1e-12 or better.

    Raises
    ------
    ModelError
        If an argument is out of its range.

    Examples
    --------
    >>> low, high = gittins_bounds(1, 1, 0.9)
    >>> f"{low:.10f}", high - low < 1e-11
    ('0.7028891938', True)
    """
    for name, value in (("a", a), ("b", b)):
        if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)) or not 0.0 < value < math.inf:
            raise ModelError(f"{name} is {value!r} (expected a positive number)")
    if not isinstance(discount, (int, float, np.floating)) or not 0.0 < discount < 1.0:
        raise ModelError(f"discount is {discount!r} (expected a number in (0, 1))")
    steps = max(2, math.ceil(math.log(1e-13) / math.log(discount))) if depth is None else count(depth, "depth")
    if steps > MOST_PULLS:
        raise ModelError(
            f"the recursion would go {steps} pulls deep (at most {MOST_PULLS}): the discount {discount!r} is too close to 1; "
            "pass a smaller depth for wider bounds"
        )
    ends = _tail_ends(float(a), float(b), steps)
    low = _bisect(float(a), float(b), float(discount), steps, ends, optimistic=False)
    high = _bisect(float(a), float(b), float(discount), steps, ends, optimistic=True)
    return low, max(low, high)


def gittins_index(a: float, b: float, discount: float) -> float:
    """The index: the middle of :func:`gittins_bounds`.

    >>> round(gittins_index(1, 1, 0.5), 10)
    0.5590188346
    """
    low, high = gittins_bounds(a, b, discount)
    return (low + high) / 2.0


def _tail_ends(a: float, b: float, steps: int) -> tuple[Float, Float]:
    """Parameters of the Beta laws after that many pulls, by the number of successes."""
    wins = np.arange(steps + 1, dtype=np.float64)
    return np.asarray(a + wins), np.asarray(b + steps - wins)


def _bisect(a: float, b: float, g: float, steps: int, ends: tuple[Float, Float], optimistic: bool) -> float:
    low, high = a / (a + b), 1.0  # an index is at least the mean
    for _ in range(HALVINGS):
        level = (low + high) / 2.0
        if _worth_pulling(a, b, g, steps, ends, level, optimistic):
            low = level
        else:
            high = level
        if not low < (low + high) / 2.0 < high:
            break
    return high if optimistic else low


def _worth_pulling(a: float, b: float, g: float, steps: int, ends: tuple[Float, Float], level: float, optimistic: bool) -> bool:
    """Whether a first pull is worth more than retiring with ``level`` for good; values are in units of 1 / (1 - g)."""
    wins, losses = ends
    mean = wins / (wins + losses)
    if optimistic:  # E max(level, theta) = level F(level) + mean (1 - F_{a + 1}(level))
        below = betainc(wins, losses, level)
        value: Any = level * below + mean * (1.0 - betainc(wins + 1.0, losses, level))
    else:
        value = np.maximum(level, mean)
    return bool(_first_pull(a, b, g, level, value) > level)


@numba.njit(cache=True)
def _first_pull(a: float, b: float, g: float, level: float, value: Float) -> Any:
    """Worth of a first pull from the values after the last one, which are overwritten."""
    for n in range(len(value) - 2, 0, -1):
        for wins in range(n + 1):
            m = (a + wins) / (a + b + n)
            value[wins] = max(level, (1.0 - g) * m + g * (m * value[wins + 1] + (1.0 - m) * value[wins]))
    m = a / (a + b)
    return (1.0 - g) * m + g * (m * value[1] + (1.0 - m) * value[0])
