r"""Monotone mappings of values, among them the logarithm of van Seijen, Fatemi and Tavakoli (2019).

A learner that keeps :math:`f(Q)` in place of :math:`Q` sees its action gaps through the slope of f. With

.. math:: f(x) = c \ln(x + \gamma^k) + d, \qquad d = -c \ln(q_0 + \gamma^k), \text{ so that } f(q_0) = 0,

gaps that shrink by a factor gamma at each step become equal, as long as values are well above :math:`\gamma^k`: k must exceed the
number of steps over which gaps are to stay visible. Everything is kept in logarithms, because :math:`\gamma^k` may underflow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from tabular.errors import ModelError

__all__ = ["ClippedLogMapping", "GivenMapping", "LogMapping", "Mapping"]

SMALLEST_LOG = -745.0
"""Natural logarithm of the smallest positive double, rounded up: below it exp gives zero."""


class Mapping(Protocol):
    """A strictly increasing map of values."""

    def forward(self, x: Any) -> Any:
        """f(x)."""

    def inverse(self, y: Any) -> Any:
        """The x with f(x) = y."""


def _gamma_k(gamma: Any, k: Any) -> float:
    """Logarithm of gamma^k, after both were checked."""
    for name, value, low, high in (("gamma", gamma, 0.0, 1.0), ("k", k, 0.0, math.inf)):
        if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)) or not low <= value <= high:
            raise ModelError(f"{name} is {value!r} (expected a number in [{low:g}, {high:g}])")
    if not (0.0 < gamma < 1.0 and math.isfinite(k)):
        raise ModelError(f"gamma is {gamma!r} and k is {k!r} (expected 0 < gamma < 1 and a finite k)")
    return float(k) * math.log(gamma)


def log_ratio(new: Any, old: Any, change: Any) -> Any:
    """log(new / old) of positive numbers with new - old = change: precise where the change is small, and where new is."""
    relative = np.asarray(change / old)
    small = relative > -0.5
    return np.where(small, np.log1p(np.maximum(relative, -0.5)), np.log(np.where(small, 1.0, new / old)))[()]


def grown(value: Any, base: Any, exponent: Any, floor: float) -> Any:
    """base e^exponent - floor, where base = value + floor: precise near the value, and near -floor."""
    return np.where(exponent > -0.5, value + base * np.expm1(exponent), base * np.exp(np.minimum(exponent, 0.0)) - floor)[()]


@dataclass(frozen=True)
class LogMapping:
    r""":math:`f(x) = c \ln(x + \gamma^k) + d` with :math:`f(\text{initial}) = 0`, for :math:`x > -\gamma^k`.

    Parameters
    ----------
    gamma : float in (0, 1)
    k : float >= 0
        At least the horizon of the task; the paper's experiments have 200.
    c : float > 0
        Scale; it cancels in tabular and in linear learners.
    initial : float >= 0
        :math:`q_0`, the value that is mapped to 0.

    Raises
    ------
    ModelError
        If a parameter is out of its range, or if :math:`\gamma^k` underflows: it is then zero in doubles, and f has no finite
        value at 0.

    Examples
    --------
    >>> f = LogMapping(0.5, 10)
    >>> f.forward([0.0, 0.25, 1.0]).round(6)
    array([0.      , 5.549076, 6.932448])
    >>> f.inverse(f.forward(0.3)).round(12)
    np.float64(0.3)
    """

    gamma: float
    k: float
    c: float = 1.0
    initial: float = 0.0

    def __post_init__(self) -> None:
        log_floor = _gamma_k(self.gamma, self.k)
        if not 0.0 < self.c < math.inf:
            raise ModelError(f"c is {self.c!r} (expected a positive number)")
        if not 0.0 <= self.initial < math.inf:
            raise ModelError(f"initial is {self.initial!r} (expected a number >= 0)")
        if log_floor < SMALLEST_LOG + 40.0:
            raise ModelError(
                f"gamma^k = {self.gamma!r}^{self.k!r} is e^{log_floor:.1f}, which doubles cannot hold to full precision "
                f"(smallest about e^{SMALLEST_LOG + 40:.0f}); use k up to {int((SMALLEST_LOG + 40.0) / math.log(self.gamma))}"
            )

    @property
    def floor(self) -> float:
        """:math:`\\gamma^k`."""
        return math.exp(self.k * math.log(self.gamma))

    @property
    def d(self) -> float:
        """The constant that sends ``initial`` to 0."""
        return -self.c * math.log(self.initial + self.floor)

    def forward(self, x: Any) -> Any:
        """f(x); :class:`ModelError` where x is not above :math:`-\\gamma^k`."""
        values = np.asarray(x, dtype=np.float64)
        if not (values > -self.floor).all():
            bad = values.reshape(-1)[~(values.reshape(-1) > -self.floor)][0]
            raise ModelError(f"{float(bad)!r} is outside the domain of the mapping (above -gamma^k = {-self.floor:.3g})")
        base = self.initial + self.floor
        return self.c * log_ratio(values + self.floor, base, values - self.initial)

    def inverse(self, y: Any) -> Any:
        """:math:`e^{(y - d) / c} - \\gamma^k`."""
        return grown(self.initial, self.initial + self.floor, np.asarray(y, dtype=np.float64) / self.c, self.floor)


@dataclass(frozen=True)
class ClippedLogMapping:
    r""":math:`f(x) = c \ln \max(x, \gamma^k) + d` with :math:`f(\gamma^k) = 0`: the variant of the deep experiments.

    It is constant below :math:`\gamma^k`, so that ``inverse`` gives :math:`\gamma^k` there. Parameters as of :class:`LogMapping`;
    the paper has c = 1/2, k = 100.
    """

    gamma: float
    k: float
    c: float = 0.5

    def __post_init__(self) -> None:
        LogMapping(self.gamma, self.k, self.c)

    @property
    def floor(self) -> float:
        """:math:`\\gamma^k`."""
        return math.exp(self.k * math.log(self.gamma))

    def forward(self, x: Any) -> Any:
        """f(x)."""
        values = np.asarray(x, dtype=np.float64)
        if np.isnan(values).any():
            raise ModelError("a value is nan (expected numbers)")
        return self.c * (np.log(np.maximum(values, self.floor)) - self.k * math.log(self.gamma))

    def inverse(self, y: Any) -> Any:
        """The smallest x with f(x) = y, for y >= 0."""
        return self.floor * np.exp(np.maximum(np.asarray(y, dtype=np.float64), 0.0) / self.c)


@dataclass(frozen=True)
class GivenMapping:
    """A mapping of the user's own, checked on a range.

    Parameters
    ----------
    f, f_inverse : functions of arrays
    low, high : float
        Values that learners may meet; f is checked on a grid of them.

    Raises
    ------
    ModelError
        If f is not finite, not strictly increasing, or not undone by ``f_inverse`` on the range, with the place.

    Examples
    --------
    >>> import numpy as np
    >>> root = GivenMapping(np.sqrt, np.square, 0.0, 1.0)
    >>> root.forward(0.25)
    np.float64(0.5)
    """

    f: Callable[[Any], Any]
    f_inverse: Callable[[Any], Any]
    low: float
    high: float

    GRID = 2001

    def __post_init__(self) -> None:
        if not -math.inf < self.low < self.high < math.inf:
            raise ModelError(f"the range from {self.low!r} to {self.high!r} is empty or infinite")
        x = np.linspace(self.low, self.high, self.GRID)
        with np.errstate(all="ignore"):
            y = np.asarray(self.f(x), dtype=np.float64)
        if y.shape != x.shape or not np.isfinite(y).all():
            where = x[0] if y.shape != x.shape else x[~np.isfinite(y)][0]
            raise ModelError(f"the mapping is not finite at {float(where)!r} (or does not take arrays)")
        steps = np.diff(y)
        if not (steps > 0).all():
            i = int(np.argmax(~(steps > 0)))
            raise ModelError(
                f"the mapping is not increasing: from {x[i]:.6g} to {x[i + 1]:.6g} it goes from {y[i]:.6g} to {y[i + 1]:.6g}"
            )
        with np.errstate(all="ignore"):
            back = np.asarray(self.f_inverse(y), dtype=np.float64)
        error = np.abs(back - x)
        if back.shape != x.shape or not (error <= 1e-8 * max(1.0, self.high - self.low)).all():
            i = int(np.argmax(error)) if back.shape == x.shape else 0
            raise ModelError(f"the inverse does not undo the mapping: it takes f({x[i]:.6g}) to {float(back.reshape(-1)[i]):.6g}")

    def forward(self, x: Any) -> Any:
        """f(x)."""
        return self.f(np.asarray(x, dtype=np.float64))

    def inverse(self, y: Any) -> Any:
        """The x with f(x) = y."""
        return self.f_inverse(np.asarray(y, dtype=np.float64))
