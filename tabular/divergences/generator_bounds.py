"""Generators and conjugates from above, in the arithmetic of :mod:`tabular.divergences.intervals`."""

from __future__ import annotations

import math

from tabular.divergences.generators import CRESSIE_READ, JEFFREYS, JENSEN_SHANNON, compiled, inverse_slope
from tabular.divergences.intervals import down, expm1, log, log1p, product, quotient, up, wide

__all__ = ["conjugate_above", "generator_above", "power_above"]

SERIES = 2.0**-47
"""Relative error of the series of generators near 1: rounding grows by at most four units per term, terms shrink by 0.3."""


@compiled
def generator_above(kind: int, k: float, t: float) -> float:
    """At least ``f(t)`` for a double t >= 0."""
    if t == 1.0:
        return 0.0
    if not t < math.inf:
        return math.inf
    d = t - 1.0  # exact between 1/2 and 2
    d0, d1 = (d, d) if 0.5 <= t <= 2.0 else (down(d), up(d))
    if t == 0.0:
        if kind == CRESSIE_READ:
            return up(1.0 / k) if k > 0.0 else math.inf
        if kind == JENSEN_SHANNON:
            return 0.5 * wide(0.0, math.log(2.0))[1]
        return math.inf if kind == JEFFREYS else 1.0
    if kind == CRESSIE_READ and abs(d) * (1.0 + abs(k - 2.0)) < 0.3:
        term, total = 0.5 * d * d, 0.0
        for m in range(60):
            total += term
            term *= (k - 2.0 - m) * d / (m + 3.0)
            if abs(term) <= 1e-18 * abs(total):
                break
        return up(total * (1.0 + SERIES))
    if kind == JENSEN_SHANNON and abs(d / (2.0 + d)) < 0.1:
        z = d / (2.0 + d)
        power, total = z * z, 0.0
        for j in range(1, 30):
            total += power / (2.0 * j * (2.0 * j - 1.0))
            power *= z * z
        return up(total / (1.0 - z) * (1.0 + SERIES))
    l0, l1 = log1p(d, d) if 0.5 <= t <= 2.0 else log(t, t)
    if kind == JEFFREYS:
        return product(d0, d1, l0, l1)[1]
    if kind == JENSEN_SHANNON:
        x0, x1 = quotient(2.0 * t, 2.0 * t, down(1.0 + t), up(1.0 + t))
        a0, a1 = log(x0, x1)
        y0, y1 = quotient(2.0, 2.0, down(1.0 + t), up(1.0 + t))
        return 0.5 * up(product(t, t, a0, a1)[1] + log(y0, y1)[1])
    if kind != CRESSIE_READ:
        return quotient(0.0, product(d0, d1, d0, d1)[1], down(2.0 + d0), up(2.0 + d1))[1]
    if k == 1.0:
        return up(product(t, t, l0, l1)[1] - d0)
    if k == 0.0:
        return up(d1 - l0)
    if k >= 0.5:  # (t expm1((k - 1) log t) / (k - 1) - (t - 1)) / k
        e = k - 1.0
        e0, e1 = down(e), up(e)
        a0, a1 = product(e0, e1, l0, l1)
        a0, a1 = expm1(a0, a1)
        a0, a1 = product(t, t, a0, a1)
        a0, a1 = quotient(a0, a1, e0, e1) if e > 0.0 else quotient(-a1, -a0, -e1, -e0)
        return quotient(0.0, up(a1 - d0), k, k)[1]
    e = 1.0 - k  # ((t - 1) - expm1(k log t) / k) / (1 - k)
    a0, a1 = product(k, k, l0, l1)
    a0, a1 = expm1(a0, a1)
    a0, a1 = quotient(a0, a1, k, k) if k > 0.0 else quotient(-a1, -a0, -k, -k)
    return quotient(0.0, up(d1 - a0), down(e), up(e))[1]


@compiled
def conjugate_above(kind: int, k: float, y: float) -> float:
    """At least ``f*(y)`` for a double y."""
    if kind == CRESSIE_READ:
        if k == 1.0:
            return expm1(y, y)[1]
        if k == 0.0:
            return -log1p(-y, -y)[0]
        b0, b1 = product(down(k - 1.0), up(k - 1.0), y, y)
        return power_above(k, *log1p(b0, b1))
    if kind == JENSEN_SHANNON:
        a0, a1 = expm1(2.0 * y, 2.0 * y)
        return -0.5 * log1p(-a1, -a0)[0]
    if kind == JEFFREYS:
        # f*(y) <= f*(f'(t)) = log t + t - 1 once f'(t) = log t + (t - 1) / t >= y
        t = inverse_slope(kind, k, y)
        d = t - 1.0
        near = abs(d) < 0.5
        for _ in range(3 if near else 0):  # t has lost the digits of a small d
            d -= (math.log1p(d) + d / (1.0 + d) - y) / ((2.0 + d) / (1.0 + d) / (1.0 + d))
        for j in range(60):
            l0, l1 = log1p(d, d) if near else log(t, t)
            q0, _ = quotient(d, d, down(1.0 + d), up(1.0 + d)) if near else quotient(down(t - 1.0), 0.0, t, t)
            if down(l0 + q0) >= y:
                return up(l1 + (d if near else up(t - 1.0)))
            t += t * 1e-15 * (j + 1.0)
            d += abs(d) * 1e-15 * (j + 1.0) + 1e-300
        return math.inf
    if y >= 1.0:
        return math.inf
    if y <= -3.0:
        return -1.0
    s0, s1 = down(math.sqrt(down(1.0 - y))), up(math.sqrt(up(1.0 - y)))
    a0, a1 = quotient(y, y, down(1.0 + s0), up(1.0 + s1))
    return product(a0, a1, down(3.0 - s1), up(3.0 - s0))[1]  # (1 - s)(3 - s)


@compiled
def power_above(k: float, l0: float, l1: float) -> float:
    """At least ``expm1(k / (k - 1) * l) / k`` for l in an interval, which is ``f*`` where l is the log of its base."""
    if l0 == -math.inf and l1 == -math.inf:
        return up(-1.0 / k) if k > 1.0 else math.inf
    e = k - 1.0
    c0, c1 = quotient(k, k, down(e), up(e)) if e > 0.0 else quotient(-k, -k, down(-e), up(-e))
    if l0 == -math.inf and k < 1.0:
        return math.inf
    a0, a1 = product(c0, c1, max(l0, -1e300), l1)
    a0, a1 = expm1(a0, a1)
    return quotient(a0, a1, k, k)[1] if k > 0.0 else quotient(-a1, -a0, -k, -k)[1]
