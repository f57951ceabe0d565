r"""One formula, two arithmetics.

A side of a claim is written once, with plain operators and the functions below, and evaluates

* in *float*: doubles and numpy arrays of them;
* in *exact* arithmetic: python-flint rationals (``fmpq``) and, from the first logarithm or root on, balls (``arb``: a midpoint
  and a radius that contains the truth). Arrays are then object arrays.

The functions follow the type of their argument, so a formula never says in which arithmetic it is evaluated:

>>> bool(abs(log(2) - 0.6931471805599453) < 1e-15)
True
>>> with exact(bits=64):
...     log(2), rational(1, 3), log(1)
([0.69314718055994530... +/- ...], 1/3, 0)

Integers are lifted to :class:`Integer`, whose quotients are rational, because ``2 / 3`` would otherwise be a double. Doubles
may not appear in exact arithmetic: every function here raises on one, and claims refuse formulas with float literals.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from typing import Any, TypeVar, cast

import numpy as np
from flint import arb, ctx, fmpq, fmpz
from scipy.special import kl_div, xlogy

__all__ = [
    "Integer",
    "absolute",
    "as_fraction",
    "exact",
    "exp",
    "floats_only",
    "is_exact",
    "kl",
    "largest",
    "lift",
    "lifts",
    "log",
    "nearby_rational",
    "power",
    "rational",
    "smallest",
    "sqrt",
    "xlogx",
]

F = TypeVar("F", bound=Callable[..., Any])

_EXACT: ContextVar[bool] = ContextVar("exact", default=False)


@contextmanager
def exact(bits: int = 64) -> Iterator[None]:
    """Inside, formulas are evaluated exactly; balls carry ``bits`` bits."""
    before, token = ctx.prec, _EXACT.set(True)
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before
        _EXACT.reset(token)


def is_exact() -> bool:
    """Whether the surrounding evaluation is exact."""
    return _EXACT.get()


class Integer(int):
    """An integer whose quotients are rational and whose sums, products and powers are Integers again.

    >>> Integer(3) / 2, (Integer(3) - 1) / Integer(4), 1 / Integer(7)
    (3/2, 1/2, 1/7)
    """

    def __truediv__(self, other: Any) -> Any:
        return _quotient(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return _quotient(other, self)

    def __pow__(self, other: Any, modulus: Any = None) -> Any:
        if isinstance(other, int):
            return Integer(int(self) ** int(other)) if other >= 0 else fmpq(int(self)) ** int(other)
        return NotImplemented if isinstance(other, (fmpq, arb)) else _no_float(other)

    def __neg__(self) -> Integer:
        return Integer(-int(self))

    def __abs__(self) -> Integer:
        return Integer(abs(int(self)))


def _integer_operation(name: str) -> Callable[[Integer, Any], Any]:
    plain = getattr(int, name)

    def operation(self: Integer, other: Any) -> Any:
        if isinstance(other, int):
            return Integer(plain(int(self), int(other)))
        return NotImplemented if isinstance(other, (fmpq, arb, fmpz, np.ndarray)) else _no_float(other)

    return operation


for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "floordiv", "rfloordiv", "mod", "rmod"):
    setattr(Integer, f"__{_name}__", _integer_operation(f"__{_name}__"))


def _quotient(x: Any, y: Any) -> Any:
    if isinstance(x, int) and isinstance(y, int):
        return fmpq(int(x), int(y))
    return NotImplemented if isinstance(x if isinstance(y, int) else y, (fmpq, arb, fmpz, np.ndarray)) else _no_float(y)


def _no_float(x: Any) -> Any:
    raise TypeError(f"{x!r} ({type(x).__name__}) in exact arithmetic: use rational(a, b), or integers")


def floats_only(function: F) -> F:
    """Mark a helper that computes in doubles, such as a call of a solver: in exact arithmetic it raises."""

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if is_exact():
            raise TypeError(f"{function.__name__} computes in doubles and cannot serve an exact evaluation")
        return function(*args, **kwargs)

    return cast(F, guarded)


def rational(numerator: int, denominator: int = 1) -> Any:
    """The number ``numerator / denominator`` in the arithmetic of the surrounding evaluation."""
    return fmpq(int(numerator), int(denominator)) if is_exact() else numerator / denominator


def lift(x: Any) -> Any:
    """The same value in exact arithmetic: a double becomes the rational that it stands for, an array an object array.

    Lists become object arrays. Strings, booleans, ``None`` and what is exact already stay; tuples and dicts are lifted inside.

    >>> lift(0.5), lift(Fraction(1, 3)), lift(np.array([0.25, 1.0]))
    (1/2, 1/3, array([1/4, 1], dtype=object))
    """
    if x is None or isinstance(x, (bool, np.bool_, str, fmpq, arb, Integer)):
        return x
    if isinstance(x, (int, np.integer)):
        return Integer(int(x))
    if isinstance(x, Fraction):
        return fmpq(x.numerator, x.denominator)
    if isinstance(x, (float, np.floating)):
        if not math.isfinite(x):
            raise ValueError(f"{x} has no exact value")
        return fmpq(*float(x).as_integer_ratio())
    if isinstance(x, np.ndarray):
        return x if x.dtype == bool else _each(lift, x)
    if isinstance(x, dict):
        return {key: lift(value) for key, value in x.items()}
    if isinstance(x, list):
        return (
            lift(np.array([*x, None], dtype=object)[:-1])
            if not any(isinstance(y, list) for y in x)
            else np.stack([lift(y) for y in x])
        )
    if isinstance(x, tuple):
        return tuple(lift(value) for value in x)
    for kind, (literally, _) in _LIFTS.items():
        if isinstance(x, kind):
            return literally(x)
    if type(x) in _EXACT_KINDS:
        return x
    raise TypeError(f"{type(x).__name__} has no exact counterpart: register one with lifts({type(x).__name__}, ...)")


_LIFTS: dict[type, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {}
_EXACT_KINDS: set[type] = set()


def lifts(kind: type, into: type, *, literally: Callable[[Any], Any], nearby: Callable[[Any], Any]) -> None:
    """Register what :func:`lift` and :func:`nearby_rational` do with objects of a class, and the class they become."""
    _LIFTS[kind] = literally, nearby
    _EXACT_KINDS.add(into)


def nearby_rational(x: Any, largest_denominator: int = 10**6) -> Any:
    """A nearby instance that is exact by construction: arrays of probabilities sum to one exactly, other values are lifted.

    An exactly lifted distribution does not sum to one, and a claim that is tight there would be violated by 1e-17. Non-negative
    arrays whose last axis sums to one within 1e-9 are therefore replaced by nearby fractions, the largest of each row taking
    what is left.
    """
    if isinstance(x, np.ndarray) and x.dtype == np.float64 and x.ndim and x.size and (x >= 0).all():
        if (np.abs(x.sum(axis=-1) - 1) < 1e-9).all():
            rows = [_nearby_distribution(row, largest_denominator) for row in x.reshape(-1, x.shape[-1])]
            return np.concatenate(rows).reshape(x.shape)
    if isinstance(x, dict):
        return {key: nearby_rational(value, largest_denominator) for key, value in x.items()}
    for kind, (_, nearby) in _LIFTS.items():
        if isinstance(x, kind):
            return nearby(x)
    return lift(x)


def _nearby_distribution(row: np.ndarray, largest_denominator: int) -> np.ndarray:
    # Small masses need large denominators, or they would be rounded away.
    near = [Fraction(float(p)).limit_denominator(max(largest_denominator, math.ceil(1e3 / p) if p > 0 else 1)) for p in row]
    top = int(np.argmax(row))
    near[top] += 1 - sum(near)
    return _each(lift, np.array([*near, None], dtype=object)[:-1])


def _each(function: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    out = np.empty(x.shape, dtype=object)
    for index in np.ndindex(x.shape):
        out[index] = function(x[index])
    return out


def _elementwise(in_floats: Callable[[Any], Any], in_exact: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def function(x: Any) -> Any:
        if isinstance(x, np.ndarray):
            return _each(function, x) if x.dtype == object else in_floats(x)
        if isinstance(x, (fmpq, arb, Integer)) or (is_exact() and isinstance(x, int)):
            return in_exact(x)
        return _no_float(x) if is_exact() else in_floats(x)

    return function


def _ball(x: Any) -> arb:
    return x if isinstance(x, arb) else arb(int(x)) if isinstance(x, int) else arb(x)


def _exact_log(x: Any) -> Any:
    return fmpq(0) if not isinstance(x, arb) and x == 1 else _ball(x).log()


def _exact_exp(x: Any) -> Any:
    return fmpq(1) if not isinstance(x, arb) and x == 0 else _ball(x).exp()


def _exact_sqrt(x: Any) -> Any:
    if isinstance(x, arb):
        return x.sqrt()
    x = fmpq(int(x)) if isinstance(x, int) else x
    if x < 0:
        raise ValueError(f"square root of {x}")
    top, bottom = math.isqrt(int(x.p)), math.isqrt(int(x.q))
    return fmpq(top, bottom) if top * top == x.p and bottom * bottom == x.q else arb(x).sqrt()


def _exact_xlogx(x: Any) -> Any:
    return fmpq(0) if not isinstance(x, arb) and x == 0 else x * _exact_log(x)


log = _elementwise(np.log, _exact_log)
"""Natural logarithm; exact at 1."""
exp = _elementwise(np.exp, _exact_exp)
"""Exponential; exact at 0."""
sqrt = _elementwise(np.sqrt, _exact_sqrt)
"""Square root; exact at squares of rationals."""
xlogx = _elementwise(lambda x: xlogy(x, x), _exact_xlogx)
"""``x log x``, and 0 at 0."""
absolute = _elementwise(np.abs, abs)
"""Absolute value."""


def power(x: Any, exponent: Any) -> Any:
    """``x ** exponent`` for a non-negative ``x`` and any real exponent; exact where the exponent is an integer.

    >>> with exact():
    ...     power(rational(2, 3), 3), power(rational(4, 9), rational(1, 2)), power(lift(0), rational(1, 2))
    (8/27, 2/3, 0)
    """
    if isinstance(x, np.ndarray) and x.dtype == object:
        return _each(lambda y: power(y, exponent), x)
    if not isinstance(x, (fmpq, arb, Integer)) and not is_exact():
        return np.power(x, float(exponent))
    if isinstance(exponent, fmpq) and exponent.q == 1:
        exponent = int(exponent.p)
    if isinstance(exponent, int):
        return (fmpq(int(x)) if isinstance(x, int) else x) ** int(exponent)
    if not isinstance(x, arb) and x == 0:
        if not exponent > 0:
            raise ZeroDivisionError(f"0 to the power {exponent}")
        return fmpq(0)
    if isinstance(exponent, fmpq) and exponent.q == 2:
        return _exact_sqrt(x) ** int(exponent.p)
    return _ball(x) ** _ball(exponent)


def kl(p: Any, q: Any) -> Any:
    r"""Kullback-Leibler divergence :math:`\sum_i p_i \log(p_i / q_i)` of distributions; ``q`` is the reference.

    In float it is summed as :math:`\sum p \log(p/q) - p + q`, whose terms do not cancel.
    """
    if p.dtype != object and q.dtype != object:
        return float(kl_div(p, q).sum())
    total: Any = fmpq(0)
    for a, b in zip(p, q, strict=True):
        if a == 0:
            continue
        if b == 0:
            raise ZeroDivisionError("infinite divergence: the reference has no mass where the law has some")
        total += a * log(a / b)
    return total


def largest(x: Any) -> Any:
    """Largest entry; for balls, a ball that contains the largest of the true entries."""
    return _fold(x, operator.gt, arb.max)


def smallest(x: Any) -> Any:
    """Smallest entry; for balls, a ball that contains the smallest of the true entries."""
    return _fold(x, operator.lt, arb.min)


def _fold(x: Any, better: Callable[[Any, Any], bool], of_balls: Callable[[arb, arb], arb]) -> Any:
    if x.dtype != object:
        return float(x.max() if better is operator.gt else x.min())
    entries = list(x.reshape(-1))
    best = entries[0]
    for entry in entries[1:]:
        if isinstance(best, arb) or isinstance(entry, arb):
            best = of_balls(_ball(best), _ball(entry))  # Python's max would decide overlapping balls by their midpoints
        elif better(entry, best):
            best = entry
    return best


def as_fraction(x: Any) -> Fraction:
    """A rational number as :class:`fractions.Fraction`."""
    return Fraction(int(x.p), int(x.q)) if isinstance(x, fmpq) else Fraction(int(x))
