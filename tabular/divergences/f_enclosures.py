r"""Rigorous bounds on worst cases under f-divergences: from below by a feasible dual point, from above by a feasible law.

Arithmetic is that of :mod:`tabular.divergences.intervals`. Whatever law or multiplier a solver hands over, the bounds hold: a
wrong one makes them wide. A row of stored probabilities p with sum sigma (one, up to rounding) stands for the law p / sigma.
"""

from __future__ import annotations

import math

import numpy as np

from tabular._arrays import Float
from tabular.divergences import kernels
from tabular.divergences.generator_bounds import conjugate_above, generator_above, power_above
from tabular.divergences.generators import (
    CRESSIE_READ,
    compiled,
    limit_at_infinity,
    slope,
)
from tabular.divergences.intervals import (
    down,
    log,
    mean_bounds,
    product,
    quotient,
    smallest,
    total_bounds,
    up,
)
from tabular.divergences.reference_rows import ReferenceRows
from tabular.divergences.segments import local_values
from tabular.divergences.worst_laws import kernel_view

__all__ = [
    "batch_below",
    "batch_of_laws",
    "enclose_batch",
    "enclose_rows",
    "f_above",
    "f_below",
    "law_bounds",
    "segment_bounds",
]


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
    m, away = smallest(values, p), limit_at_infinity(kind, k)
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
        value = down(value - up(penalty * strength))
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
        limit = down(down(away) - up(up(m - lowest) / penalty))
        y = limit if leak > 0.0 else min(y, limit)
    if not y > -math.inf:
        return -math.inf
    by_base = kind == CRESSIE_READ and abs(k - 1.0) > 1e-2 and abs((k - 1.0) * y) > 0.5
    base, y0 = 0.0, y
    if by_base:
        base = ratio ** (k - 1.0) if ratio > 0.0 else 0.0
        if edge:
            least = up(up(up(1.0 - k) * up(up(m - lowest) / penalty)))
            base = least if leak > 0.0 else max(base, least)
        e0, e1 = down(k - 1.0), up(k - 1.0)
        y0 = quotient(down(base - 1.0), 0.0, e0, e1)[0] if k > 1.0 else quotient(down(1.0 - base), 0.0, -e1, -e0)[0]
    total = 0.0
    for i in range(p.size):
        if p[i] == 0.0:
            continue
        g0, g1 = quotient(max(0.0, down(values[i] - m)), up(values[i] - m), penalty, penalty)
        if values[i] == m:
            g0 = g1 = 0.0
        if by_base:
            a0, a1 = product(down(k - 1.0), up(k - 1.0), max(g0, 0.0), g1)
            b0, b1 = (base, base) if g1 == 0.0 else (down(base - a1), up(base - a0))
            f = -log(b0, b1)[0] if k == 0.0 else power_above(k, *log(b0, b1))
        else:
            f = conjugate_above(kind, k, y if g1 == 0.0 else up(y - g0))
        if f == math.inf:
            return -math.inf
        w0, w1 = quotient(p[i], p[i], s0, s1)
        total = up(total + product(w0, w1, f, f)[1])
    return down(m + down(penalty * down(y0 - total)))


@compiled
def law_bounds(
    kind: int, k: float, values: np.ndarray, p: np.ndarray, s0: float, s1: float, lowest: float, law: np.ndarray, leak: float
) -> tuple[float, float]:
    """At least the mean of the law, and at least its distance from ``p / sigma``; the law is divided by its sum."""
    m = smallest(values, p)
    z0 = z1 = leak
    for i in range(p.size):
        z0, z1 = down(z0 + law[i]), up(z1 + law[i])
    mean = up(leak * up(lowest - m)) if leak > 0.0 else 0.0
    distance = 0.0
    for i in range(p.size):
        if p[i] == 0.0:
            if law[i] > 0.0:
                mean = up(mean + up(law[i] * up(values[i] - m)))
                distance = up(distance + up(up(law[i] / z0) * up(limit_at_infinity(kind, k))))
            continue
        if law[i] > 0.0:
            mean = up(mean + up(law[i] * up(values[i] - m)))
        w0, w1 = quotient(p[i], p[i], s0, s1)
        q0, q1 = quotient(law[i], law[i], z0, z1)
        t0, t1 = quotient(max(q0, 0.0), q1, w0, w1)
        f = generator_above(kind, k, t1 if law[i] > 0.0 else 0.0)
        if law[i] > 0.0:
            f = max(f, generator_above(kind, k, max(t0, 0.0)))
        distance = up(distance + up(w1 * f))
    if leak > 0.0:
        distance = up(distance + up(up(leak / z0) * up(limit_at_infinity(kind, k))))
    mean = quotient(mean, mean, z0, z1)[1] if z0 > 0.0 else math.inf
    return up(m + mean), distance


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
        share = up(1.0 - down(strength / distance))  # the distance is convex in the mixture and 0 at the reference
        value = up(mean + up(share * up(reference - mean)))
    else:
        value = mean if strength == 0.0 else up(mean + up(strength * distance))
    return value if value <= reference else reference


def segment_bounds(
    kind: int,
    k: float,
    values: Float,
    reference: ReferenceRows,
    strength0: Float,
    strength1: Float,
    constrained: bool,
    low: Float,
    high: Float,
) -> None:
    """Bounds for each row, for every strength between the two given ones."""
    lowest = float(values.min())
    matrix = reference.starts, reference.columns, reference.data
    law, leak, out = np.empty(reference.data.size), np.empty(len(reference)), np.empty((len(reference), 3))
    kernels.segments(kind, k, values, *matrix, lowest, strength0, constrained, law, leak, out)
    weak, strong = (strength0, strength1) if constrained else (strength1, strength0)
    starts, columns, data, s0, s1 = (kernel_view(x) for x in (*matrix, *reference.totals))
    v, w, x, multiplier = kernel_view(values), kernel_view(weak), kernel_view(strong), kernel_view(out[:, 1])
    enclose_rows(kind, k, v, starts, columns, data, s0, s1, lowest, w, x, constrained, law, leak, multiplier, low, high)


@compiled
def enclose_rows(
    kind: int,
    k: float,
    values: np.ndarray,
    starts: np.ndarray,
    columns: np.ndarray,
    data: np.ndarray,
    s0: np.ndarray,
    s1: np.ndarray,
    lowest: float,
    weak: np.ndarray,
    strong: np.ndarray,
    constrained: bool,
    law: np.ndarray,
    leak: np.ndarray,
    multiplier: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
) -> None:
    """Bounds for each row from given laws and multipliers, whatever they are."""
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        p, q = data[begin:end], law[begin:end]
        local = local_values(values, starts, columns, r)
        low[r] = f_below(kind, k, local, p, s0[r], s1[r], lowest, strong[r], constrained, q, leak[r], multiplier[r])
        high[r] = f_above(kind, k, local, p, s0[r], s1[r], lowest, weak[r], constrained, q, leak[r])


def batch_below(kind: int, k: float, values: Float, p: Float, s0: Float, s1: Float, penalty: float, low: Float) -> None:
    """At most the penalised optimum of each row of (R, n) arrays; ``p / sigma`` may be any measure."""
    law, out = np.empty(p.shape), np.empty((p.shape[0], 3))
    kernels.batch(kind, k, values, p, np.full(p.shape[0], penalty), False, law, out)
    enclose_batch(kind, k, kernel_view(values), kernel_view(p), kernel_view(s0), kernel_view(s1), penalty, law, low)


@compiled
def enclose_batch(
    kind: int,
    k: float,
    values: np.ndarray,
    p: np.ndarray,
    s0: np.ndarray,
    s1: np.ndarray,
    penalty: float,
    law: np.ndarray,
    low: np.ndarray,
) -> None:
    for r in range(p.shape[0]):
        lowest, leak = math.inf, 0.0
        for i in range(p.shape[1]):
            if p[r, i] == 0.0:
                lowest, leak = min(lowest, values[r, i]), leak + law[r, i]
        low[r] = f_below(kind, k, values[r], p[r], s0[r], s1[r], lowest, penalty, False, law[r], leak, penalty)


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
            low[r] = down(low[r] + (down(penalty0 * d0) if d0 > 0.0 else 0.0))
            high[r] = up(high[r] + up(penalty1 * d1)) if d1 > 0.0 else high[r]


@compiled
def _distance_bounds(
    kind: int, k: float, away: float, p: np.ndarray, s0: float, s1: float, law: np.ndarray
) -> tuple[float, float]:
    r"""Bounds on the divergence: generators from above, :math:`\sum q y - \sum p f^*(y)` at y near the slopes from below."""
    z0, z1 = total_bounds(law)
    low = high = 0.0
    away = limit_at_infinity(kind, k) if kind >= 0 else away
    for i in range(p.size):
        q0, q1 = quotient(law[i], law[i], z0, z1) if law[i] > 0.0 else (0.0, 0.0)
        if p[i] == 0.0:
            if law[i] > 0.0:
                low, high = down(low + down(q0 * down(away))), up(high + up(q1 * up(away)))
            continue
        w0, w1 = quotient(p[i], p[i], s0, s1)
        if kind < 0:
            low = down(low + 0.5 * max(0.0, max(down(q0 - w1), down(w0 - q1))))
            high = up(high + 0.5 * max(0.0, max(up(q1 - w0), up(w1 - q0))))
            continue
        t0, t1 = quotient(q0, q1, w0, w1) if law[i] > 0.0 else (0.0, 0.0)
        f = max(generator_above(kind, k, max(t0, 0.0)), generator_above(kind, k, t1))
        high = up(high + up(w1 * f))
        y = max(-1e300, slope(kind, k, law[i] / p[i], (law[i] - p[i]) / p[i]))
        c = conjugate_above(kind, k, y)
        a = product(w0, w1, c, c)[1]
        b = product(q0, q1, y, y)[0] if law[i] > 0.0 else 0.0
        low = down(low + down(b - a))
    return max(low, 0.0), high
