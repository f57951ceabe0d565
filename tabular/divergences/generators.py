r"""Generators of f-divergences as compiled scalar functions, exact to a few units in the last place near t = 1.

A generator f is convex on [0, inf) with f(1) = f'(1) = 0 and f''(1) = 1 for the Cressie-Read family

.. math:: f_k(t) = \frac{t^k - k t + k - 1}{k (k - 1)}, \qquad f_k''(t) = t^{k - 2},

which contains KL (k = 1), reverse KL (k = 0), half of chi-square (k = 2), half of Neyman's (k = -1), twice squared Hellinger
(k = 1/2) and, up to a factor q, the Tsallis divergence of order q (k = q). Jensen-Shannon, Jeffreys and triangular divergences
have kinds of their own. Functions take the kind, the parameter k, and t or :math:`\delta = t - 1`: t loses the digits that matter
when two distributions are close, and delta those of small ratios.
"""

from __future__ import annotations

import math

import numba
import numpy as np

compiled = numba.njit(cache=True, error_model="numpy")
"""Division by zero gives infinities, as in numpy."""

__all__ = [
    "CRESSIE_READ",
    "JEFFREYS",
    "JENSEN_SHANNON",
    "TRIANGULAR",
    "cell",
    "compiled",
    "conjugate",
    "divergence",
    "generator",
    "inverse_slope",
    "limit_at_infinity",
    "second",
    "slope",
]

CRESSIE_READ, JENSEN_SHANNON, JEFFREYS, TRIANGULAR = 0, 1, 2, 3

NEAR_ONE = 1e-300
"""Only k = 1 and k = 0 themselves are KL and reverse KL: ``expm1(e x) / e`` keeps its digits for every other e."""


@compiled
def _cressie_read(k: float, t: float, delta: float) -> float:
    if abs(delta) * (1.0 + abs(k - 2.0)) < 0.3:
        # f(1 + d) = sum_m C(k - 2, m) d^(m + 2) / ((m + 1)(m + 2)), because f'' = t^(k - 2)
        term, total = 0.5 * delta * delta, 0.0
        for m in range(60):
            total += term
            term *= (k - 2.0 - m) * delta / (m + 3.0)
            if abs(term) <= 1e-18 * abs(total):
                break
        return total
    if k < 0.5:
        return t * _cressie_read_upper(1.0 - k, 1.0 / t) if t > 0.0 else _at_zero(k)
    return _cressie_read_upper(k, t)


@compiled
def _at_zero(k: float) -> float:
    return 1.0 / k if k > 0.0 else math.inf


@compiled
def _cressie_read_upper(k: float, t: float) -> float:
    """For k >= 1/2 and t away from 1."""
    if t == 0.0:
        return 1.0 / k
    if abs(k - 1.0) < NEAR_ONE:
        return t * math.log(t) - t + 1.0
    return (t * math.expm1((k - 1.0) * math.log(t)) / (k - 1.0) - (t - 1.0)) / k


@compiled
def generator(kind: int, k: float, t: float, delta: float) -> float:
    """``f(t)``, given ``delta = t - 1`` beside t: near 1 the digits are in delta, near 0 in t."""
    if kind == CRESSIE_READ:
        return _cressie_read(k, t, delta)
    if kind == JEFFREYS:
        return delta * (math.log1p(delta) if delta > -0.5 else math.log(t))
    if kind == TRIANGULAR:
        return delta * delta / (2.0 + delta)
    z = delta / (2.0 + delta)  # t = (1 + z) / (1 - z)
    if abs(z) < 0.1:
        power, total = z * z, 0.0
        for j in range(1, 30):
            total += power / (2.0 * j * (2.0 * j - 1.0))
            power *= z * z
            if power <= 1e-18 * total:
                break
        return total / (1.0 - z)
    if t == 0.0:
        return 0.5 * math.log(2.0)
    # log(2t / (1 + t)) and log(2 / (1 + t)), each from the side on which it keeps its digits
    return 0.5 * (t * (math.log1p(z) if delta > -0.5 else math.log(2.0 * t / (1.0 + t))) + math.log(2.0 / (1.0 + t)))


@compiled
def cell(kind: int, k: float, p: float, q: float) -> float:
    """``q f(p / q)`` with ``0 f(0 / 0) = 0`` and ``0 f(p / 0) = p f'(inf)``."""
    if q == 0.0:
        return 0.0 if p == 0.0 else p * limit_at_infinity(kind, k)
    delta = (p - q) / q
    if kind == CRESSIE_READ and p > 0.0 and not 1e-8 < p / q < 1e8 and abs(k) > 0.5 and abs(k - 1.0) > 0.5:
        # t^k may overflow where q t^k does not
        return (math.exp(k * math.log(p) + (1.0 - k) * math.log(q)) - k * p + (k - 1.0) * q) / (k * (k - 1.0))
    if not delta < 1e300:
        return p * limit_at_infinity(kind, k)
    return q * generator(kind, k, p / q, delta)


@compiled
def slope(kind: int, k: float, t: float, delta: float) -> float:
    """``f'(t)``, given ``delta = t - 1`` beside t."""
    if kind == TRIANGULAR:
        s = 2.0 / (2.0 + delta)
        return delta / (2.0 + delta) * (1.0 + s)
    if t == 0.0:
        return -1.0 / (k - 1.0) if kind == CRESSIE_READ and k > 1.0 + NEAR_ONE else -math.inf
    log = math.log1p(delta) if abs(delta) < 0.5 else math.log(t)
    if kind == CRESSIE_READ:
        return log if abs(k - 1.0) < NEAR_ONE else math.expm1((k - 1.0) * log) / (k - 1.0)
    if kind == JENSEN_SHANNON:
        return 0.5 * (math.log1p(delta / (2.0 + delta)) if delta > -0.5 else math.log(2.0 * t / (1.0 + t)))
    return log + delta / t


@compiled
def second(kind: int, k: float, t: float) -> float:
    """``f''(t)`` for ``t > 0``."""
    if kind == CRESSIE_READ:
        return t ** (k - 2.0)
    if kind == JENSEN_SHANNON:
        return 0.5 / (t * (1.0 + t))
    if kind == JEFFREYS:
        return 1.0 / t + 1.0 / (t * t)
    return 8.0 / (1.0 + t) ** 3


@compiled
def limit_at_infinity(kind: int, k: float) -> float:
    """``f'(inf)``: what a unit of mass outside the reference's support costs."""
    if kind == CRESSIE_READ:
        return 1.0 / (1.0 - k) if k < 1.0 - NEAR_ONE else math.inf
    if kind == JENSEN_SHANNON:
        return 0.5 * math.log(2.0)
    return 1.0 if kind == TRIANGULAR else math.inf


@compiled
def inverse_slope(kind: int, k: float, y: float) -> float:
    """The ``t >= 0`` at which ``f'(t) = y``: 0 below ``f'(0)``, infinite from ``f'(inf)`` on."""
    if kind == CRESSIE_READ:
        if abs(k - 1.0) < NEAR_ONE:
            return math.exp(min(y, 709.0))
        base = (k - 1.0) * y
        if base <= -1.0:
            return 0.0 if k > 1.0 else math.inf
        return math.exp(min(math.log1p(base) / (k - 1.0), 709.0))
    if kind == JENSEN_SHANNON:
        twice = 2.0 * y
        return math.inf if twice >= math.log(2.0) else math.exp(twice) / (2.0 - math.exp(twice))
    if kind == JEFFREYS:
        return 1.0 / _lambert_of_exp(1.0 - y)
    return math.inf if y >= 1.0 else 0.0 if y <= -3.0 else 2.0 / math.sqrt(1.0 - y) - 1.0


@compiled
def _lambert_of_exp(x: float) -> float:
    """``w > 0`` with ``w + log w = x``, without forming ``exp(x)``."""
    if x < -700.0:
        return math.exp(max(x, -740.0))
    w = math.exp(x) / (1.0 + math.exp(x)) if x < 1.0 else x - math.log(x) if x > 2.0 else 0.5 + 0.5 * x / (1 + x)
    for _ in range(40):
        step = (w + math.log(w) - x) * w / (1.0 + w)
        new = w - step
        new = new if new > 0.0 else 0.5 * w
        if abs(new - w) <= 2e-16 * w:
            return new
        w = new
    return w


@compiled
def conjugate(kind: int, k: float, y: float) -> float:
    """``f*(y) = sup_t (y t - f(t))``; infinite outside its domain."""
    if kind == CRESSIE_READ:
        if abs(k - 1.0) < NEAR_ONE:
            return math.expm1(y) if y < 709.0 else math.inf
        if abs(k) < NEAR_ONE:
            return -math.log1p(-y) if y < 1.0 else math.inf
        base = (k - 1.0) * y
        if base <= -1.0:
            if k > 1.0:
                return -1.0 / k
            return math.inf if base < -1.0 or k > 0.0 else -1.0 / k
        exponent = k / (k - 1.0) * math.log1p(base)
        return math.expm1(exponent) / k if exponent < 709.0 else math.inf if k > 0.0 else -math.inf
    if kind == JENSEN_SHANNON:
        return -0.5 * math.log1p(-math.expm1(2.0 * y)) if 2.0 * y < math.log(2.0) else math.inf
    if kind == JEFFREYS:
        w = _lambert_of_exp(1.0 - y)
        return (w - 1.0) * (w - 1.0) / w + y if y > -1.0 else 1.0 / w - 1.0 - math.log(w)
    if y > 1.0:
        return math.inf
    s = math.sqrt(1.0 - y)
    return -1.0 if s >= 2.0 else y / (1.0 + s) * (3.0 - s)


@compiled
def divergence(kind: int, k: float, p: np.ndarray, q: np.ndarray) -> float:
    """``sum_i q_i f(p_i / q_i)``."""
    total, lost = 0.0, 0.0
    for i in range(p.size):
        term = cell(kind, k, p[i], q[i]) - lost
        new = total + term
        lost = (new - total) - term if math.isfinite(new) else 0.0
        total = new
    return total
