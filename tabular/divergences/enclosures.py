r"""Rigorous bounds on worst cases of one row: from below by a feasible dual point, from above by a feasible law.

Intervals are pairs of doubles. Each arithmetic operation is followed by one outward step; each call of ``log``, ``expm1`` or
``log1p`` by :data:`LIBRARY`, four units in the last place, the error we grant the C library. Whatever law or multiplier a solver
hands over, the bounds hold: a wrong one makes them wide.

A row of stored probabilities p with sum sigma (one, up to rounding) stands for the law p / sigma.
"""

from __future__ import annotations

import math

import numpy as np

from tabular.divergences import kernels, rows
from tabular.divergences.generators import (
    CRESSIE_READ,
    JEFFREYS,
    JENSEN_SHANNON,
    compiled,
    inverse_slope,
    limit_at_infinity,
    slope,
)

__all__ = [
    "LIBRARY",
    "ball_above",
    "ball_below",
    "batch_below",
    "batch_of_laws",
    "box_bounds",
    "conjugate_above",
    "f_above",
    "f_below",
    "generator_above",
    "law_bounds",
    "mean_bounds",
    "segment_bounds",
    "segment_means",
    "segment_totals",
    "total_bounds",
    "total_variation_bounds",
    "total_variation_segment_bounds",
    "transport_bounds",
]

LIBRARY = 2.0**-50
"""Relative error granted to ``log``, ``expm1`` and ``log1p``: four units in the last place."""

SERIES = 2.0**-47
"""Relative error of the series of generators near 1: rounding grows by at most four units per term, terms shrink by 0.3."""


# --- intervals -----------------------------------------------------------------------------------------------------------------


@compiled
def _down(x: float) -> float:
    return np.nextafter(x, -math.inf)


@compiled
def _up(x: float) -> float:
    return np.nextafter(x, math.inf)


@compiled
def _wide(low: float, high: float) -> tuple[float, float]:
    """After a library function."""
    return (
        _down(low - abs(low) * LIBRARY) if math.isfinite(low) else low,
        _up(high + abs(high) * LIBRARY) if math.isfinite(high) else high,
    )


@compiled
def _product(a0: float, a1: float, b0: float, b1: float) -> tuple[float, float]:
    w, x, y, z = a0 * b0, a0 * b1, a1 * b0, a1 * b1
    if math.isnan(w) or math.isnan(x) or math.isnan(y) or math.isnan(z):
        return -math.inf, math.inf
    return _down(min(min(w, x), min(y, z))), _up(max(max(w, x), max(y, z)))


@compiled
def _quotient(a0: float, a1: float, b0: float, b1: float) -> tuple[float, float]:
    """For ``0 < b0``."""
    low = a0 / b1 if a0 >= 0.0 else a0 / b0
    high = a1 / b0 if a1 >= 0.0 else a1 / b1
    return _down(low), _up(high)


@compiled
def _log(x0: float, x1: float) -> tuple[float, float]:
    low = math.log(x0) if x0 > 0.0 else -math.inf
    high = math.log(x1) if x1 > 0.0 else -math.inf
    return _wide(low, high)


@compiled
def _log1p(x0: float, x1: float) -> tuple[float, float]:
    low = math.log1p(x0) if x0 > -1.0 else -math.inf
    high = math.log1p(x1) if x1 > -1.0 else -math.inf
    return _wide(low, high)


@compiled
def _expm1(x0: float, x1: float) -> tuple[float, float]:
    low = math.expm1(x0) if x0 < 709.0 else 8e307
    high = math.expm1(x1) if x1 < 709.0 else math.inf
    low, high = _wide(low, high)
    return max(low, -1.0), max(high, -1.0)


# --- generators and conjugates from above --------------------------------------------------------------------------------------


@compiled
def generator_above(kind: int, k: float, t: float) -> float:
    """At least ``f(t)`` for a double t >= 0."""
    if t == 1.0:
        return 0.0
    if not t < math.inf:
        return math.inf
    d = t - 1.0  # exact between 1/2 and 2
    d0, d1 = (d, d) if 0.5 <= t <= 2.0 else (_down(d), _up(d))
    if t == 0.0:
        if kind == CRESSIE_READ:
            return _up(1.0 / k) if k > 0.0 else math.inf
        if kind == JENSEN_SHANNON:
            return 0.5 * _wide(0.0, math.log(2.0))[1]
        return math.inf if kind == JEFFREYS else 1.0
    if kind == CRESSIE_READ and abs(d) * (1.0 + abs(k - 2.0)) < 0.3:
        term, total = 0.5 * d * d, 0.0
        for m in range(60):
            total += term
            term *= (k - 2.0 - m) * d / (m + 3.0)
            if abs(term) <= 1e-18 * abs(total):
                break
        return _up(total * (1.0 + SERIES))
    if kind == JENSEN_SHANNON and abs(d / (2.0 + d)) < 0.1:
        z = d / (2.0 + d)
        power, total = z * z, 0.0
        for j in range(1, 30):
            total += power / (2.0 * j * (2.0 * j - 1.0))
            power *= z * z
        return _up(total / (1.0 - z) * (1.0 + SERIES))
    l0, l1 = _log1p(d, d) if 0.5 <= t <= 2.0 else _log(t, t)
    if kind == JEFFREYS:
        return _product(d0, d1, l0, l1)[1]
    if kind == JENSEN_SHANNON:
        x0, x1 = _quotient(2.0 * t, 2.0 * t, _down(1.0 + t), _up(1.0 + t))
        a0, a1 = _log(x0, x1)
        y0, y1 = _quotient(2.0, 2.0, _down(1.0 + t), _up(1.0 + t))
        return 0.5 * _up(_product(t, t, a0, a1)[1] + _log(y0, y1)[1])
    if kind != CRESSIE_READ:
        return _quotient(0.0, _product(d0, d1, d0, d1)[1], _down(2.0 + d0), _up(2.0 + d1))[1]
    if k == 1.0:
        return _up(_product(t, t, l0, l1)[1] - d0)
    if k == 0.0:
        return _up(d1 - l0)
    if k >= 0.5:  # (t expm1((k - 1) log t) / (k - 1) - (t - 1)) / k
        e = k - 1.0
        e0, e1 = _down(e), _up(e)
        a0, a1 = _product(e0, e1, l0, l1)
        a0, a1 = _expm1(a0, a1)
        a0, a1 = _product(t, t, a0, a1)
        a0, a1 = _quotient(a0, a1, e0, e1) if e > 0.0 else _quotient(-a1, -a0, -e1, -e0)
        return _quotient(0.0, _up(a1 - d0), k, k)[1]
    e = 1.0 - k  # ((t - 1) - expm1(k log t) / k) / (1 - k)
    a0, a1 = _product(k, k, l0, l1)
    a0, a1 = _expm1(a0, a1)
    a0, a1 = _quotient(a0, a1, k, k) if k > 0.0 else _quotient(-a1, -a0, -k, -k)
    return _quotient(0.0, _up(d1 - a0), _down(e), _up(e))[1]


@compiled
def conjugate_above(kind: int, k: float, y: float) -> float:
    """At least ``f*(y)`` for a double y."""
    if kind == CRESSIE_READ:
        if k == 1.0:
            return _expm1(y, y)[1]
        if k == 0.0:
            return -_log1p(-y, -y)[0]
        b0, b1 = _product(_down(k - 1.0), _up(k - 1.0), y, y)
        return _power_above(k, *_log1p(b0, b1))
    if kind == JENSEN_SHANNON:
        a0, a1 = _expm1(2.0 * y, 2.0 * y)
        return -0.5 * _log1p(-a1, -a0)[0]
    if kind == JEFFREYS:
        # f*(y) <= f*(f'(t)) = log t + t - 1 once f'(t) = log t + (t - 1) / t >= y
        t = inverse_slope(kind, k, y)
        d = t - 1.0
        near = abs(d) < 0.5
        for _ in range(3 if near else 0):  # t has lost the digits of a small d
            d -= (math.log1p(d) + d / (1.0 + d) - y) / ((2.0 + d) / (1.0 + d) / (1.0 + d))
        for j in range(60):
            l0, l1 = _log1p(d, d) if near else _log(t, t)
            q0, _ = _quotient(d, d, _down(1.0 + d), _up(1.0 + d)) if near else _quotient(_down(t - 1.0), 0.0, t, t)
            if _down(l0 + q0) >= y:
                return _up(l1 + (d if near else _up(t - 1.0)))
            t += t * 1e-15 * (j + 1.0)
            d += abs(d) * 1e-15 * (j + 1.0) + 1e-300
        return math.inf
    if y >= 1.0:
        return math.inf
    if y <= -3.0:
        return -1.0
    s0, s1 = _down(math.sqrt(_down(1.0 - y))), _up(math.sqrt(_up(1.0 - y)))
    a0, a1 = _quotient(y, y, _down(1.0 + s0), _up(1.0 + s1))
    return _product(a0, a1, _down(3.0 - s1), _up(3.0 - s0))[1]  # (1 - s)(3 - s)


@compiled
def _power_above(k: float, l0: float, l1: float) -> float:
    """At least ``expm1(k / (k - 1) * l) / k`` for l in an interval, which is ``f*`` where l is the log of its base."""
    if l0 == -math.inf and l1 == -math.inf:
        return _up(-1.0 / k) if k > 1.0 else math.inf
    e = k - 1.0
    c0, c1 = _quotient(k, k, _down(e), _up(e)) if e > 0.0 else _quotient(-k, -k, _down(-e), _up(-e))
    if l0 == -math.inf and k < 1.0:
        return math.inf
    a0, a1 = _product(c0, c1, max(l0, -1e300), l1)
    a0, a1 = _expm1(a0, a1)
    return _quotient(a0, a1, k, k)[1] if k > 0.0 else _quotient(-a1, -a0, -k, -k)[1]


# --- a row ---------------------------------------------------------------------------------------------------------------------


@compiled
def _smallest(values: np.ndarray, p: np.ndarray) -> float:
    m = math.inf
    for i in range(p.size):
        if p[i] > 0.0 and values[i] < m:
            m = values[i]
    return m


@compiled
def mean_bounds(values: np.ndarray, p: np.ndarray) -> tuple[float, float]:
    """``sum p V / sum p``."""
    m, low, high, s0, s1 = _smallest(values, p), 0.0, 0.0, 0.0, 0.0
    for i in range(p.size):
        if p[i] > 0.0:
            low = _down(low + _down(p[i] * _down(values[i] - m)))
            high = _up(high + _up(p[i] * _up(values[i] - m)))
            s0, s1 = _down(s0 + p[i]), _up(s1 + p[i])
    low, high = _quotient(max(low, 0.0), high, s0, s1)
    return _down(m + low), _up(m + high)


@compiled
def total_bounds(p: np.ndarray) -> tuple[float, float]:
    """``sum p``, exactly 1 where it is."""
    s0 = s1 = 0.0
    for i in range(p.size):
        if p[i] > 0.0:
            s0, s1 = _down(s0 + p[i]), _up(s1 + p[i])
    return s0, s1


@compiled
def f_below(
    kind: int,
    k: float,
    values: np.ndarray,
    p: np.ndarray,
    s0: float,
    s1: float,
    lowest: float,
    strength: float,
    constrained: bool,
    law: np.ndarray,
    leak: float,
    multiplier: float,
) -> float:
    """At most the optimum: the dual function at the point that the given law suggests, for any law.

    The reference is ``p / sigma`` with sigma between s0 and s1; ``strength`` is a radius not below the one that is meant, or a
    penalty not above it.
    """
    m, away = _smallest(values, p), limit_at_infinity(kind, k)
    floor = min(m, lowest) if away < math.inf else m
    if strength == (0.0 if constrained else math.inf):
        return max(floor, mean_bounds(values, p)[0])
    penalty = multiplier if constrained else strength
    if constrained and penalty == math.inf:
        top = m
        for i in range(p.size):
            top = max(top, values[i]) if p[i] > 0.0 else top
        penalty = (top - m) / math.sqrt(2.0 * strength)
    if not 0.0 < penalty < math.inf:
        return floor
    value = _dual_below(kind, k, values, p, s0, s1, m, lowest, away, penalty, law, leak)
    if constrained:
        value = _down(value - _up(penalty * strength))
    return value if value > floor else floor


@compiled
def _dual_below(
    kind: int,
    k: float,
    values: np.ndarray,
    p: np.ndarray,
    s0: float,
    s1: float,
    m: float,
    lowest: float,
    away: float,
    penalty: float,
    law: np.ndarray,
    leak: float,
) -> float:
    best = -1
    for i in range(p.size):
        if p[i] > 0.0 and (best < 0 or values[i] < values[best]):
            best = i
    edge = lowest < m and away < math.inf
    ratio = law[best] / p[best]
    y = slope(kind, k, ratio, (law[best] - p[best]) / p[best])
    if away < math.inf:
        y = min(y, away * (1.0 - 1e-14))
    if edge:  # no outside state may pay: y <= f'(inf) - (m - lowest) / penalty
        limit = _down(_down(away) - _up(_up(m - lowest) / penalty))
        y = limit if leak > 0.0 else min(y, limit)
    if not y > -math.inf:
        return -math.inf
    by_base = kind == CRESSIE_READ and abs(k - 1.0) > 1e-2 and abs((k - 1.0) * y) > 0.5
    base, y0 = 0.0, y
    if by_base:
        base = ratio ** (k - 1.0) if ratio > 0.0 else 0.0
        if edge:
            least = _up(_up(_up(1.0 - k) * _up(_up(m - lowest) / penalty)))
            base = least if leak > 0.0 else max(base, least)
        e0, e1 = _down(k - 1.0), _up(k - 1.0)
        y0 = _quotient(_down(base - 1.0), 0.0, e0, e1)[0] if k > 1.0 else _quotient(_down(1.0 - base), 0.0, -e1, -e0)[0]
    total = 0.0
    for i in range(p.size):
        if p[i] == 0.0:
            continue
        g0, g1 = _quotient(max(0.0, _down(values[i] - m)), _up(values[i] - m), penalty, penalty)
        if values[i] == m:
            g0 = g1 = 0.0
        if by_base:
            a0, a1 = _product(_down(k - 1.0), _up(k - 1.0), max(g0, 0.0), g1)
            b0, b1 = (base, base) if g1 == 0.0 else (_down(base - a1), _up(base - a0))
            f = -_log(b0, b1)[0] if k == 0.0 else _power_above(k, *_log(b0, b1))
        else:
            f = conjugate_above(kind, k, y if g1 == 0.0 else _up(y - g0))
        if f == math.inf:
            return -math.inf
        w0, w1 = _quotient(p[i], p[i], s0, s1)
        total = _up(total + _product(w0, w1, f, f)[1])
    return _down(m + _down(penalty * _down(y0 - total)))


@compiled
def law_bounds(
    kind: int, k: float, values: np.ndarray, p: np.ndarray, s0: float, s1: float, lowest: float, law: np.ndarray, leak: float
) -> tuple[float, float]:
    """At least the mean of the law, and at least its distance from ``p / sigma``; the law is divided by its sum."""
    m = _smallest(values, p)
    z0 = z1 = leak
    for i in range(p.size):
        z0, z1 = _down(z0 + law[i]), _up(z1 + law[i])
    mean = _up(leak * _up(lowest - m)) if leak > 0.0 else 0.0
    distance = 0.0
    for i in range(p.size):
        if p[i] == 0.0:
            if law[i] > 0.0:
                mean = _up(mean + _up(law[i] * _up(values[i] - m)))
                distance = _up(distance + _up(_up(law[i] / z0) * _up(limit_at_infinity(kind, k))))
            continue
        if law[i] > 0.0:
            mean = _up(mean + _up(law[i] * _up(values[i] - m)))
        w0, w1 = _quotient(p[i], p[i], s0, s1)
        q0, q1 = _quotient(law[i], law[i], z0, z1)
        t0, t1 = _quotient(max(q0, 0.0), q1, w0, w1)
        f = generator_above(kind, k, t1 if law[i] > 0.0 else 0.0)
        if law[i] > 0.0:
            f = max(f, generator_above(kind, k, max(t0, 0.0)))
        distance = _up(distance + _up(w1 * f))
    if leak > 0.0:
        distance = _up(distance + _up(_up(leak / z0) * _up(limit_at_infinity(kind, k))))
    mean = _quotient(mean, mean, z0, z1)[1] if z0 > 0.0 else math.inf
    return _up(m + mean), distance


@compiled
def f_above(
    kind: int,
    k: float,
    values: np.ndarray,
    p: np.ndarray,
    s0: float,
    s1: float,
    lowest: float,
    strength: float,
    constrained: bool,
    law: np.ndarray,
    leak: float,
) -> float:
    """At least the optimum: the objective of the given law, mixed with the reference until it is feasible.

    ``strength`` is a radius not above the one that is meant, or a penalty not below it.
    """
    reference = mean_bounds(values, p)[1]
    if strength == (0.0 if constrained else math.inf):
        return reference
    mean, distance = law_bounds(kind, k, values, p, s0, s1, lowest, law, leak)
    if constrained:
        if distance <= strength:
            return min(mean, reference)
        share = _up(1.0 - _down(strength / distance))  # the distance is convex in the mixture and 0 at the reference
        value = _up(mean + _up(share * _up(reference - mean)))
    else:
        value = mean if strength == 0.0 else _up(mean + _up(strength * distance))
    return value if value <= reference else reference


# --- total variation -----------------------------------------------------------------------------------------------------------


@compiled
def total_variation_bounds(
    values: np.ndarray, p: np.ndarray, s0: float, s1: float, lowest: float, low: float, high: float, priced: bool, drop: float
) -> tuple[float, float]:
    r"""Bounds for every strength between ``low`` and ``high``.

    Priced: :math:`E \min(V, V_{\min} + \lambda)`. Constrained: the dual :math:`g(\alpha) = E\min(V, \alpha) - \rho (\alpha -
    V_{\min})` is concave, so that it lies below ``g(alpha)`` plus what its one-sided slopes at alpha could still gain.
    """
    m, top = _smallest(values, p), -math.inf
    for i in range(p.size):
        if p[i] > 0.0:
            top = max(top, values[i])
    floor = min(m, lowest)
    if priced:
        a0 = _clipped_mean(values, p, s0, s1, floor, _down(floor + low) if low < math.inf else math.inf)[0]
        a1 = _clipped_mean(values, p, s0, s1, floor, _up(floor + high) if high < math.inf else math.inf)[1]
        return max(a0, floor), a1
    alpha = min(floor + drop, top)
    a0, a1 = _clipped_mean(values, p, s0, s1, floor, alpha)
    least = _down(a0 - _up(high * _up(alpha - floor)))
    most = _up(a1 - max(0.0, _down(low * _down(alpha - floor)))) if alpha > floor else floor
    u0 = b1 = 0.0
    for i in range(p.size):
        if p[i] > 0.0 and values[i] > alpha:
            b1 = _up(b1 + _up(p[i] / s0))
        if p[i] > 0.0 and values[i] >= alpha:
            u0 = _down(u0 + _down(p[i] / s1))
    gain = max(_up(max(0.0, _up(high - u0)) * _up(alpha - floor)), _up(max(0.0, _up(b1 - low)) * _up(top - alpha)))
    return max(least, floor), min(_up(most + gain), mean_bounds(values, p)[1])


@compiled
def _clipped_mean(values: np.ndarray, p: np.ndarray, s0: float, s1: float, floor: float, alpha: float) -> tuple[float, float]:
    low = high = 0.0
    for i in range(p.size):
        if p[i] > 0.0:
            x = min(values[i], alpha)
            low = _down(low + _down(p[i] * max(0.0, _down(x - floor))))
            high = _up(high + _up(p[i] * _up(x - floor)))
    low, high = _quotient(max(low, 0.0), high, s0, s1)
    return _down(floor + low), _up(floor + high)


# --- sets --------------------------------------------------------------------------------------------------------------------


@compiled
def box_bounds(
    values: np.ndarray, order: np.ndarray, bottom: np.ndarray, ceiling: np.ndarray, outer: bool
) -> tuple[float, float]:
    r"""Bounds on ``min <q, V>`` over laws between two vectors; a value of +-infinity says nothing.

    With :math:`g(\eta) = \eta + \sum_i \min_{b_i \le q \le c_i} q (V_i - \eta)`, concave of slope :math:`1 - \sum_i q_i(\eta)`,
    every eta gives a lower bound, and an upper bound after adding what the slopes could still gain.
    """
    n = values.size
    left = 1.0
    for i in range(n):
        left -= bottom[i]
    floor, top, eta = values[order[0]], values[order[n - 1]], values[order[n - 1]]
    for i in order:
        left -= ceiling[i] - bottom[i]
        if left <= 0.0:
            eta = values[i]
            break
    g0 = g1 = 0.0
    below = above = 0.0  # mass just left of eta, from above, and just right of it, from below
    for i in range(n):
        d0, d1 = _down(values[i] - eta), _up(values[i] - eta)
        share = ceiling[i] if values[i] < eta else bottom[i]
        if values[i] == eta:
            d0 = d1 = 0.0
        a0, a1 = _product(share, share, d0, d1)
        g0, g1 = _down(g0 + a0), _up(g1 + a1)
        below = _up(below + share)
        above = _down(above + (ceiling[i] if values[i] <= eta else bottom[i]))
    # slope just below eta is 1 - below, just above it 1 - above
    gain = max(
        _up(max(0.0, _up(below - 1.0)) * _up(eta - floor)),
        _up(max(0.0, _up(1.0 - above)) * _up(top - eta)),
    )
    if outer:
        return max(floor, _down(eta + g0)), math.inf
    return -math.inf, _up(_up(eta + g1) + gain)


@compiled
def ball_below(values: np.ndarray, p: np.ndarray, s0: float, s1: float, radius: float, t: float) -> float:
    r"""At most :math:`\min \langle q, V\rangle` over ``|q - p| <= radius``.

    For every t > 0 and eta: :math:`\eta - \rho^2/2t + \sum_i \min_{q \ge 0} [q (V_i - \eta) + (q - p_i)^2 / 2t]`.
    """
    n = values.size
    floor = values.min()
    if not 0.0 < t < math.inf:
        return mean_bounds(values, p)[0] if radius == 0.0 else floor
    eta = _water_level(values, p, t)
    total = 0.0
    for i in range(n):
        w0, w1 = _quotient(p[i], p[i], s0, s1) if p[i] > 0.0 else (0.0, 0.0)
        d0, d1 = _down(values[i] - eta), _up(values[i] - eta)
        if p[i] - t * (values[i] - eta) > 0.0:  # d (w - t d / 2) is the minimum over all q, hence below that over q >= 0
            a0, a1 = _product(t, t, d0, d1)
            a0, a1 = _product(0.5, 0.5, a0, a1)
            total = _down(total + _product(d0, d1, _down(w0 - a1), _up(w1 - a0))[0])
        else:  # at q = 0 the slope is d - w / t >= 0, up to rounding: the tangent there, or its least value
            slope = _down(d0 - _up(w1 / t))
            least = _down(w0 * w0) / _up(2.0 * t)
            if slope < 0.0:
                least = _down(least - _up(_up(slope * slope) * t))
            total = _down(total + _down(max(least, -math.inf)))
    value = _down(_down(eta - _up(_up(radius * radius) / _down(2.0 * t))) + total)
    return value if value > floor else floor


@compiled
def _water_level(values: np.ndarray, p: np.ndarray, t: float) -> float:
    """The eta at which ``sum max(p - t (V - eta), 0) = 1``."""
    order = np.argsort(values - p / t)
    mass = weight = 0.0
    eta = 0.0
    for j in range(values.size):
        i = order[j]
        mass += p[i]
        weight += values[i]
        eta = ((1.0 - mass) / t + weight) / (j + 1)
        if j + 1 == values.size or p[order[j + 1]] - t * (values[order[j + 1]] - eta) <= 0.0:
            break
    return eta


@compiled
def ball_above(values: np.ndarray, p: np.ndarray, s0: float, s1: float, radius: float, law: np.ndarray) -> float:
    """At least the minimum over the ball: the mean of a law, mixed with the reference until it is within the radius."""
    reference = mean_bounds(values, p)[1]
    mean = mean_bounds(values, law)[1]
    z0, z1 = total_bounds(law)
    square = 0.0
    for i in range(p.size):
        w0, w1 = _quotient(p[i], p[i], s0, s1) if p[i] > 0.0 else (0.0, 0.0)
        q0, q1 = _quotient(law[i], law[i], z0, z1) if law[i] > 0.0 else (0.0, 0.0)
        d = max(abs(_up(q1 - w0)), abs(_down(q0 - w1))) if p[i] > 0.0 or law[i] > 0.0 else 0.0
        square = _up(square + _up(d * d))
    distance = _up(math.sqrt(square))
    if distance <= radius:
        return min(mean, reference)
    value = _up(mean + _up(_up(1.0 - _down(radius / distance)) * _up(reference - mean)))
    return value if value <= reference else reference


@compiled
def _transport_at(
    values: np.ndarray, p: np.ndarray, s0: float, s1: float, cost: np.ndarray, price: float
) -> tuple[float, float, float, float]:
    r"""Bounds on :math:`\sum_i p_i \min_j (V_j - \min V + \text{price}\, c_{ij})`, and on its slopes in the price."""
    floor = values.min()
    least = most = spent0 = spent1 = 0.0
    for i in range(values.size):
        if p[i] == 0.0:
            continue
        w0, w1 = _quotient(p[i], p[i], s0, s1)
        a0 = a1 = math.inf
        for j in range(values.size):
            a0 = min(a0, _down(_down(values[j] - floor) + _down(price * cost[i, j])))
            a1 = min(a1, _up(_up(values[j] - floor) + _up(price * cost[i, j])))
        near, far = math.inf, 0.0  # costs of the places that rounding cannot tell from the cheapest
        for j in range(values.size):
            if _down(_down(values[j] - floor) + _down(price * cost[i, j])) <= a1:
                near, far = min(near, cost[i, j]), max(far, cost[i, j])
        least, most = _down(least + _down(w0 * max(a0, 0.0))), _up(most + _up(w1 * a1))
        spent0, spent1 = _down(spent0 + _down(w0 * near)), _up(spent1 + _up(w1 * far))
    return least, most, spent0, spent1


@compiled
def transport_bounds(
    values: np.ndarray, p: np.ndarray, s0: float, s1: float, cost: np.ndarray, low: float, high: float, priced: bool, price: float
) -> tuple[float, float]:
    r"""Bounds for every strength between ``low`` and ``high``.

    Priced, :math:`g(\lambda) = \sum_i p_i \min_j (V_j + \lambda c_{ij})`. Constrained, :math:`g(\lambda) - \lambda\rho` at any
    price from below; it is concave, so that from above it is at most what slopes at two prices around the given one allow.
    """
    floor = values.min()
    mean0, mean1 = mean_bounds(values, p)
    if priced:
        a0 = mean0 if low == math.inf else _down(floor + _transport_at(values, p, s0, s1, cost, low)[0])
        a1 = mean1 if high == math.inf else _up(floor + _transport_at(values, p, s0, s1, cost, high)[1])
        return max(a0, floor), min(a1, mean1)
    if high == 0.0:
        return mean0, mean1
    steepest = 0.0
    for i in range(values.size):
        for j in range(values.size):
            for h in range(values.size):
                if p[i] > 0.0 and cost[i, j] > cost[i, h]:
                    steepest = max(steepest, _up(_up(values[h] - values[j]) / _down(cost[i, j] - cost[i, h])))
    least = _down(_transport_at(values, p, s0, s1, cost, price)[0] - _up(price * high))
    before, after = price * (1.0 - 1e-13), price * (1.0 + 1e-13)
    _, g, slope0, slope1 = _transport_at(values, p, s0, s1, cost, before)
    g = _up(g - max(0.0, _down(before * low)))
    left = _up(g + _up(max(0.0, _up(high - slope0)) * before))
    between = _up(g + _up(max(0.0, _up(slope1 - low)) * _up(after - before)))
    _, g, _, slope1 = _transport_at(values, p, s0, s1, cost, after)
    right = _up(_up(g - max(0.0, _down(after * low))) + _up(max(0.0, _up(slope1 - low)) * max(0.0, _up(steepest - after))))
    return max(floor, _down(floor + least)), min(_up(floor + max(left, max(between, right))), mean1)


# --- all rows of a matrix ------------------------------------------------------------------------------------------------------


@compiled
def segment_totals(starts: np.ndarray, data: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """Bounds on row sums."""
    for r in range(starts.size - 1):
        low[r], high[r] = total_bounds(data[starts[r] : starts[r + 1]])


@compiled
def segment_means(
    values: np.ndarray, starts: np.ndarray, columns: np.ndarray, data: np.ndarray, low: np.ndarray, high: np.ndarray
) -> None:
    """Bounds on the mean of each row."""
    for r in range(starts.size - 1):
        local = kernels.local_values(values, starts, columns, r)
        low[r], high[r] = mean_bounds(local, data[starts[r] : starts[r + 1]])


@compiled
def segment_bounds(
    kind: int,
    k: float,
    values: np.ndarray,
    starts: np.ndarray,
    columns: np.ndarray,
    data: np.ndarray,
    s0: np.ndarray,
    s1: np.ndarray,
    lowest: float,
    strength0: np.ndarray,
    strength1: np.ndarray,
    constrained: bool,
    low: np.ndarray,
    high: np.ndarray,
) -> None:
    """Bounds for each row, for every strength between the two given ones."""
    out = np.empty(3)
    for r in range(starts.size - 1):
        p = data[starts[r] : starts[r + 1]]
        local = kernels.local_values(values, starts, columns, r)
        law = np.empty(p.size)
        leak = max(0.0, kernels.solve_row(kind, k, local, p, lowest, strength0[r], constrained, law, out))
        weak, strong = (strength0[r], strength1[r]) if constrained else (strength1[r], strength0[r])
        low[r] = f_below(kind, k, local, p, s0[r], s1[r], lowest, strong, constrained, law, leak, out[1])
        high[r] = f_above(kind, k, local, p, s0[r], s1[r], lowest, weak, constrained, law, leak)


@compiled
def total_variation_segment_bounds(
    values: np.ndarray,
    starts: np.ndarray,
    columns: np.ndarray,
    data: np.ndarray,
    s0: np.ndarray,
    s1: np.ndarray,
    lowest: float,
    strength: np.ndarray,
    priced: bool,
    inside: bool,
    low: np.ndarray,
    high: np.ndarray,
) -> None:
    """Bounds for each row."""
    out = np.empty(2)
    for r in range(starts.size - 1):
        p = data[starts[r] : starts[r + 1]]
        local = kernels.local_values(values, starts, columns, r)
        local = np.where(p > 0, local, np.inf) if inside else local
        rows.total_variation_row(local, p, lowest, strength[r], priced, np.empty(p.size), out)
        low[r], high[r] = total_variation_bounds(local, p, s0[r], s1[r], lowest, strength[r], strength[r], priced, out[1])


# --- all rows of an array, each with its own values ----------------------------------------------------------------------------


@compiled
def batch_below(
    kind: int,
    k: float,
    values: np.ndarray,
    p: np.ndarray,
    s0: np.ndarray,
    s1: np.ndarray,
    penalty: float,
    low: np.ndarray,
) -> None:
    """At most the penalised optimum of each row of (R, n) arrays; ``p / sigma`` may be any measure."""
    out = np.empty(3)
    for r in range(p.shape[0]):
        lowest = math.inf
        for i in range(p.shape[1]):
            if p[r, i] == 0.0:
                lowest = min(lowest, values[r, i])
        law = np.empty(p.shape[1])
        leak = max(0.0, kernels.solve_row(kind, k, values[r], p[r], lowest, penalty, False, law, out))
        low[r] = f_below(kind, k, values[r], p[r], s0[r], s1[r], lowest, penalty, False, law, leak, penalty)


@compiled
def batch_of_laws(
    kind: int,
    k: float,
    away: float,
    values: np.ndarray,
    p: np.ndarray,
    s0: np.ndarray,
    s1: np.ndarray,
    laws: np.ndarray,
    penalty0: float,
    penalty1: float,
    low: np.ndarray,
    high: np.ndarray,
) -> None:
    """Bounds on ``<q, V> + penalty D(q, p / sigma)`` of given laws q, divided by their sums; kind -1 is total variation."""
    for r in range(p.shape[0]):
        low[r], high[r] = mean_bounds(values[r], laws[r])
        d0, d1 = _distance_bounds(kind, k, away, p[r], s0[r], s1[r], laws[r])
        if penalty1 > 0.0:
            low[r] = _down(low[r] + (_down(penalty0 * d0) if d0 > 0.0 else 0.0))
            high[r] = _up(high[r] + _up(penalty1 * d1)) if d1 > 0.0 else high[r]


@compiled
def _distance_bounds(
    kind: int, k: float, away: float, p: np.ndarray, s0: float, s1: float, law: np.ndarray
) -> tuple[float, float]:
    r"""Bounds on the divergence: generators from above, :math:`\sum q y - \sum p f^*(y)` at y near the slopes from below."""
    z0, z1 = total_bounds(law)
    low = high = 0.0
    away = limit_at_infinity(kind, k) if kind >= 0 else away
    for i in range(p.size):
        q0, q1 = _quotient(law[i], law[i], z0, z1) if law[i] > 0.0 else (0.0, 0.0)
        if p[i] == 0.0:
            if law[i] > 0.0:
                low, high = _down(low + _down(q0 * _down(away))), _up(high + _up(q1 * _up(away)))
            continue
        w0, w1 = _quotient(p[i], p[i], s0, s1)
        if kind < 0:
            low = _down(low + 0.5 * max(0.0, max(_down(q0 - w1), _down(w0 - q1))))
            high = _up(high + 0.5 * max(0.0, max(_up(q1 - w0), _up(w1 - q0))))
            continue
        t0, t1 = _quotient(q0, q1, w0, w1) if law[i] > 0.0 else (0.0, 0.0)
        f = max(generator_above(kind, k, max(t0, 0.0)), generator_above(kind, k, t1))
        high = _up(high + _up(w1 * f))
        y = max(-1e300, slope(kind, k, law[i] / p[i], (law[i] - p[i]) / p[i]))
        c = conjugate_above(kind, k, y)
        a = _product(w0, w1, c, c)[1]
        b = _product(q0, q1, y, y)[0] if law[i] > 0.0 else 0.0
        low = _down(low + _down(b - a))
    return max(low, 0.0), high
