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

compiled = numba.njit(cache=True, error_model="numpy", nogil=True)
"""Division by zero gives infinities, as in numpy; threads may run kernels side by side."""

__all__ = [
    "CRESSIE_READ",
    "JEFFREYS",
    "JENSEN_SHANNON",
    "TRIANGULAR",
    "cell",
    "compiled",
    "conjugate",
    "conjugate_of_base",
    "divergence",
    "divergences",
    "edge_conjugate",
    "edge_gap",
    "edge_ratio",
    "generator",
    "inverse_slope",
    "limit_at_infinity",
    "power_log",
    "second",
    "slope",
]

CRESSIE_READ, JENSEN_SHANNON, JEFFREYS, TRIANGULAR = 0, 1, 2, 3

NEAR_ONE = 1e-300
"""Only k = 1 and k = 0 themselves are KL and reverse KL: ``expm1(e x) / e`` keeps its digits for every other e."""


@compiled
def power_log(e: float, t: float, log: float) -> float:
    """``(t^e - 1) / e``, the logarithm at e = 0, for t > 0 with logarithm ``log``."""
    if abs(e) < NEAR_ONE:
        return log
    x = e * log
    # expm1 keeps the digits of small powers; a large one would lose those that x has not
    return math.expm1(x) / e if abs(x) < 1.0 else (t**e - 1.0) / e


@compiled
def _log(t: float, delta: float) -> float:
    return math.log1p(delta) if abs(delta) < 0.5 else math.log(t)


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
    if t == 0.0:
        return 1.0 / k if k > 0.0 else math.inf
    if k >= 0.5:
        value = (t * power_log(k - 1.0, t, _log(t, delta)) - delta) / k
    else:
        value = (delta - power_log(k, t, _log(t, delta))) / (1.0 - k)
    return value if value == value else math.inf


@compiled
def generator(kind: int, k: float, t: float, delta: float) -> float:
    """``f(t)``, given ``delta = t - 1`` beside t: near 1 the digits are in delta, near 0 in t."""
    if kind == CRESSIE_READ:
        return _cressie_read(k, t, delta)
    if kind == JEFFREYS:
        return delta * _log(t, delta)
    z = delta / (2.0 + delta)  # t = (1 + z) / (1 - z)
    if kind == TRIANGULAR:
        return delta * z
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
    ratio = p / q
    if p == 0.0 or 1e-3 < ratio < 1e3:
        return q * generator(kind, k, ratio, (p - q) / q)
    if kind == TRIANGULAR:
        return (p - q) / (p + q) * (p - q)
    if kind == JENSEN_SHANNON:
        return 0.5 * (p * math.log(2.0 * (p / (p + q))) + q * math.log(2.0 * (q / (p + q))))
    # powers of a far ratio may overflow where their product with p or q does not: they enter by halves
    log = math.log(ratio) if 1e-300 < ratio < 1e300 else math.log(p) - math.log(q)
    if kind == JEFFREYS:
        return (p - q) * log
    e, base = (k - 1.0, p) if k >= 0.5 else (k, q)
    if abs(e * log) < 1.0:
        power = base * (math.expm1(e * log) / e if abs(e) >= NEAR_ONE else log)
    else:
        root = ratio ** (0.5 * e) if 1e-300 < ratio < 1e300 else math.exp(0.5 * e * log)
        power = (base * root * root - base) / e
    value = (power - (p - q)) / k if k >= 0.5 else ((p - q) - power) / (1.0 - k)
    return value if value == value else math.inf


@compiled
def slope(kind: int, k: float, t: float, delta: float) -> float:
    """``f'(t)``, given ``delta = t - 1`` beside t."""
    if kind == TRIANGULAR:
        s = 2.0 / (2.0 + delta)
        return delta / (2.0 + delta) * (1.0 + s)
    if t == 0.0:
        return -1.0 / (k - 1.0) if kind == CRESSIE_READ and k > 1.0 + NEAR_ONE else -math.inf
    log = _log(t, delta)
    if kind == CRESSIE_READ:
        return power_log(k - 1.0, t, log)
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


# --- near f'(inf), where y = f'(inf) - u has lost the digits of u -------------------------------------------------------------


@compiled
def edge_gap(kind: int, k: float, x: float) -> float:
    """``f'(inf) - f'(e^x)``; this and the next two are for divergences with finite f'(inf)."""
    if kind == CRESSIE_READ:
        return math.exp((k - 1.0) * x) / (1.0 - k)
    if kind == JENSEN_SHANNON:
        return 0.5 * math.log1p(math.exp(-x))
    return 4.0 / (1.0 + math.exp(x)) / (1.0 + math.exp(x))


@compiled
def edge_ratio(kind: int, k: float, u: float) -> float:
    """The t at which ``f'(t) = f'(inf) - u``, for u > 0."""
    if kind == CRESSIE_READ:
        return ((1.0 - k) * u) ** (-1.0 / (1.0 - k))
    if kind == JENSEN_SHANNON:
        return 1.0 / math.expm1(2.0 * u) if u < 350.0 else 0.0
    return max(0.0, 2.0 / math.sqrt(u) - 1.0)


@compiled
def edge_conjugate(kind: int, k: float, u: float) -> float:
    """``f*(f'(inf) - u)``."""
    if kind == CRESSIE_READ:
        return conjugate_of_base(k, (1.0 - k) * u)
    if kind == JENSEN_SHANNON:
        return -0.5 * math.log(-2.0 * math.expm1(-2.0 * u)) if u > 0.0 else math.inf
    s = math.sqrt(u)
    return (1.0 - s) * (3.0 - s) if s < 2.0 else -1.0


@compiled
def conjugate_of_base(k: float, base: float) -> float:
    """``f*(y)`` of the Cressie-Read family from ``1 + (k - 1) y``, which keeps its digits where it is far from 1."""
    if base <= 0.0:
        return -1.0 / k if k > 1.0 or (base == 0.0 and k < 0.0) else math.inf
    return power_log(k / (k - 1.0), base, math.log(base)) / (k - 1.0)


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


@compiled
def divergences(kind: int, k: float, p: np.ndarray, q: np.ndarray, out: np.ndarray) -> None:
    """Row by row for (R, n) arrays."""
    for r in range(p.shape[0]):
        out[r] = divergence(kind, k, p[r], q[r])
