"""Independent answers for f-divergences: the formulas of the tables at 60 digits and more, laws by bisection, corners on purpose.

The formulas are those of the literature, written one by one; nothing here knows how the library organises its families.
"""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp
import numpy as np

import tabular
from tabular.divergences import FDivergence

DIGITS = 80
"""Working precision of the references: t - 1 may be 1e-16 and a generator its square, and k - 1 another 1e-13."""

Number = mp.mpf


def cressie_read(k: float) -> Callable[[Number], Number]:
    k = mp.mpf(k)
    if k == 1:
        return lambda t: t * mp.log(t) - t + 1 if t > 0 else mp.mpf(1)
    if k == 0:
        return lambda t: -mp.log(t) + t - 1 if t > 0 else mp.inf
    return lambda t: (t**k - k * t + k - 1) / (k * (k - 1)) if t > 0 else 1 / k if k > 0 else mp.inf


def jensen_shannon(t: Number) -> Number:
    return ((t * mp.log(2 * t / (1 + t)) if t > 0 else 0) + mp.log(2 / (1 + t))) / 2


def reference_generator(D: FDivergence) -> Callable[[Number], Number]:
    """f of the tables, by the name of the divergence."""
    match D:
        case tabular.KL():
            return cressie_read(1)
        case tabular.ReverseKL():
            return cressie_read(0)
        case tabular.ChiSquare():
            return lambda t: (t - 1) ** 2
        case tabular.Neyman():
            return lambda t: (1 - t) ** 2 / t if t > 0 else mp.inf
        case tabular.SquaredHellinger():
            return lambda t: (mp.sqrt(t) - 1) ** 2
        case tabular.JensenShannon():
            return jensen_shannon
        case tabular.Jeffreys():
            return lambda t: (t - 1) * mp.log(t) if t > 0 else mp.inf
        case tabular.Triangular():
            return lambda t: (t - 1) ** 2 / (t + 1)
        case tabular.TsallisKL(q):
            return lambda t: mp.mpf(q) * cressie_read(q)(t)
        case tabular.CressieRead(k):
            return cressie_read(k)
    raise NotImplementedError(D)


def reference_derivatives(D: FDivergence) -> tuple[Callable[[Number], Number], Callable[[Number], Number]]:
    """f' and f'' for t > 0, differentiated by hand."""

    def power(k: float, scale: float = 1) -> tuple[Callable[[Number], Number], Callable[[Number], Number]]:
        k, scale = mp.mpf(k), mp.mpf(scale)
        first = mp.log if k == 1 else lambda t: (t ** (k - 1) - 1) / (k - 1)
        return lambda t: scale * first(t), lambda t: scale * t ** (k - 2)

    match D:
        case tabular.KL():
            return power(1)
        case tabular.ReverseKL():
            return lambda t: 1 - 1 / t, lambda t: 1 / t**2
        case tabular.ChiSquare():
            return lambda t: 2 * (t - 1), lambda t: mp.mpf(2)
        case tabular.Neyman():
            return lambda t: 1 - 1 / t**2, lambda t: 2 / t**3
        case tabular.SquaredHellinger():
            return lambda t: 1 - 1 / mp.sqrt(t), lambda t: 1 / (2 * t * mp.sqrt(t))
        case tabular.JensenShannon():
            return lambda t: mp.log(2 * t / (1 + t)) / 2, lambda t: 1 / (2 * t * (1 + t))
        case tabular.Jeffreys():
            return lambda t: mp.log(t) + 1 - 1 / t, lambda t: 1 / t + 1 / t**2
        case tabular.Triangular():
            return lambda t: 1 - 4 / (1 + t) ** 2, lambda t: 8 / (1 + t) ** 3
        case tabular.TsallisKL(q):
            return power(q, q)
        case tabular.CressieRead(k):
            return power(k)
    raise NotImplementedError(D)


def reference_conjugate(D: FDivergence, y: Number) -> Number:
    """f*(y) of the tables, infinite outside its domain."""

    def family(k: float, y: Number) -> Number:
        k = mp.mpf(k)
        if k == 1:
            return mp.expm1(y)
        if k == 0:
            return -mp.log(1 - y) if y < 1 else mp.inf
        base = 1 + (k - 1) * y
        if base > 0:
            return (base ** (k / (k - 1)) - 1) / k
        if k > 1:
            return -1 / k
        return mp.inf if base < 0 or k > 0 else -1 / k

    match D:
        case tabular.ChiSquare():
            return y + y * y / 4 if y >= -2 else mp.mpf(-1)
        case tabular.Neyman():
            return 2 - 2 * mp.sqrt(1 - y) if y <= 1 else mp.inf
        case tabular.SquaredHellinger():
            return y / (1 - y) if y < 1 else mp.inf
        case tabular.JensenShannon():
            return -mp.log(2 - mp.exp(2 * y)) / 2 if y < mp.log(2) / 2 else mp.inf
        case tabular.Jeffreys():
            w = mp.lambertw(mp.exp(1 - y)).real
            return y - 2 + w + 1 / w
        case tabular.Triangular():
            s = mp.sqrt(1 - y) if y <= 1 else mp.mpf(0)
            return mp.inf if y > 1 else mp.mpf(-1) if y < -3 else (1 - s) * (3 - s)
        case tabular.TsallisKL(q):
            return mp.mpf(q) * family(q, y / mp.mpf(q))
        case _:
            return family(D.exponent, y)


def reference_divergence(D: FDivergence, p: np.ndarray, q: np.ndarray) -> Number:
    """``sum q f(p / q)`` on the doubles as stored, whether or not they sum to one."""
    f, total = reference_generator(D), mp.mpf(0)
    for a, b in zip(p.tolist(), q.tolist(), strict=True):
        a, b = mp.mpf(a), mp.mpf(b)
        if b > 0:
            total += b * f(a / b)
        elif a > 0:
            total += a * mp.mpf(D.limit_at_infinity)
    return total


ORDERS = [-7.0, -2.0, -1.0, -0.5, -1e-3, -1e-9, 1e-13, 1e-6, 0.3, 0.5, 0.9, 1 - 1e-6, 1 - 1e-12, 1 + 1e-12, 1 + 1e-7, 1.001]
ORDERS += [1.04, 1.06, 1.5, 2 - 1e-10, 2.0, 2 + 1e-6, 3.0, 7.5, 50.0]

NAMED = [
    tabular.KL(),
    tabular.ReverseKL(),
    tabular.ChiSquare(),
    tabular.Neyman(),
    tabular.SquaredHellinger(),
    tabular.JensenShannon(),
    tabular.Jeffreys(),
    tabular.Triangular(),
]
"""The divergences that have names."""

EVERY = [
    *NAMED,
    *(tabular.CressieRead(k) for k in ORDERS),
    *(tabular.TsallisKL(q) for q in (0.5, 0.999, 1.0, 1.5, 2.0, 3.0, 50.0)),
]
