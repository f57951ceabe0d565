r"""Rigorous bounds on worst cases over sets of one pass: total variation, contamination, boxes, averages of the lowest mass.

Arithmetic is that of :mod:`tabular.divergences.intervals`. Any point of a concave dual function is a bound from below. From above
comes either a point of the dual with what its slopes could still gain, or a law that is feasible for certain: the one the solver
found, divided by its exact sum and mixed with the reference by as much as rounding may have taken it out of the set. A row of
stored probabilities p with sum sigma (one, up to rounding) stands for the law p / sigma.
"""

from __future__ import annotations

import math

import numpy as np

from tabular.divergences.generators import compiled
from tabular.divergences.intervals import down, mean_bounds, quotient, smallest, up
from tabular.divergences.segments import local_values

__all__ = [
    "box_segment_bounds",
    "contamination_segment_bounds",
    "lowest_mass_segment_bounds",
    "mixed",
    "total_variation_bounds",
    "total_variation_segment_bounds",
]


@compiled
def total_variation_bounds(
    values: np.ndarray, p: np.ndarray, s0: float, s1: float, lowest: float, low: float, high: float, priced: bool, drop: float
) -> tuple[float, float]:
    r"""Bounds for every strength between ``low`` and ``high``.

    Priced: :math:`E \min(V, V_{\min} + \lambda)`. Constrained: the dual :math:`g(\alpha) = E\min(V, \alpha) - \rho (\alpha -
    V_{\min})` is concave, so that it lies below ``g(alpha)`` plus what its one-sided slopes at alpha could still gain.
    """
    m, top = smallest(values, p), -math.inf
    for i in range(p.size):
        if p[i] > 0.0:
            top = max(top, values[i])
    floor = min(m, lowest)
    if priced:
        a0 = _clipped_mean(values, p, s0, s1, floor, down(floor + low) if low < math.inf else math.inf)[0]
        a1 = _clipped_mean(values, p, s0, s1, floor, up(floor + high) if high < math.inf else math.inf)[1]
        return max(a0, floor), a1
    alpha = floor
    if drop > 0.0:  # the value that the drop was computed from: its one-sided slopes are those of the solution
        alpha = top
        for i in range(p.size):
            if p[i] > 0.0 and abs(values[i] - floor - drop) < abs(alpha - floor - drop):
                alpha = values[i]
    a0, a1 = _clipped_mean(values, p, s0, s1, floor, alpha)
    least = down(a0 - up(high * up(alpha - floor)))
    most = up(a1 - max(0.0, down(low * down(alpha - floor)))) if alpha > floor else floor
    u0 = b1 = 0.0
    for i in range(p.size):
        if p[i] > 0.0 and values[i] > alpha:
            b1 = up(b1 + up(p[i] / s0))
        if p[i] > 0.0 and values[i] >= alpha:
            u0 = down(u0 + down(p[i] / s1))
    gain = max(up(max(0.0, up(high - u0)) * up(alpha - floor)), up(max(0.0, up(b1 - low)) * up(top - alpha)))
    return max(least, floor), min(up(most + gain), mean_bounds(values, p)[1])


@compiled
def _clipped_mean(values: np.ndarray, p: np.ndarray, s0: float, s1: float, floor: float, alpha: float) -> tuple[float, float]:
    low = high = 0.0
    for i in range(p.size):
        if p[i] > 0.0:
            x = min(values[i], alpha)
            low = down(low + down(p[i] * max(0.0, down(x - floor))))
            high = up(high + up(p[i] * up(x - floor)))
    low, high = quotient(max(low, 0.0), high, s0, s1)
    return down(floor + low), up(floor + high)


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
    drop: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
) -> None:
    """Bounds for each row, around the multiplier ``drop``."""
    for r in range(starts.size - 1):
        p = data[starts[r] : starts[r + 1]]
        local = local_values(values, starts, columns, r)
        local = np.where(p > 0, local, np.inf) if inside else local
        low[r], high[r] = total_variation_bounds(local, p, s0[r], s1[r], lowest, strength[r], strength[r], priced, drop[r])


@compiled
def mixed(mean: float, reference: float, distance: float, radius: float) -> float:
    """Upper bound from a law of this mean, at most ``distance`` away, mixed with the reference until it is within the radius.

    ``mean`` and ``reference`` are upper bounds of the two means; distances along a segment are proportional.
    """
    if distance <= radius:
        return min(mean, reference)
    if not mean < reference or not distance < math.inf:
        return reference
    return min(reference, up(mean + up(up(1.0 - down(radius / distance)) * up(reference - mean))))


@compiled
def contamination_segment_bounds(
    values: np.ndarray,
    starts: np.ndarray,
    columns: np.ndarray,
    data: np.ndarray,
    lowest: float,
    strength: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
) -> None:
    """Bounds on ``(1 - rho) E V + rho lowest``."""
    for r in range(starts.size - 1):
        mean0, mean1 = mean_bounds(local_values(values, starts, columns, r), data[starts[r] : starts[r + 1]])
        least = down(max(down(mean0 - lowest), 0.0) * max(down(1.0 - strength[r]), 0.0))
        most = up(up(mean1 - lowest) * up(1.0 - strength[r]))
        low[r], high[r] = max(lowest, down(lowest + least)), min(mean1, up(lowest + most))


@compiled
def lowest_mass_segment_bounds(
    values: np.ndarray,
    starts: np.ndarray,
    columns: np.ndarray,
    data: np.ndarray,
    s0: np.ndarray,
    s1: np.ndarray,
    level0: float,
    level1: float,
    quantile: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
) -> None:
    r"""Bounds on the mean of the lowest mass, for every level between two.

    From below the dual :math:`\eta - E(\eta - V)_+ / \tau`. It is concave of slope :math:`1 - P(V < \eta) / \tau`, so that from
    above it is at most its value at the quantile plus what the slopes there could still gain.
    """
    for r in range(starts.size - 1):
        p, local, eta = data[starts[r] : starts[r + 1]], local_values(values, starts, columns, r), quantile[r]
        floor, top = smallest(local, p), -math.inf
        if level1 == 0.0:
            low[r] = high[r] = floor
            continue
        mean0, mean1 = mean_bounds(local, p)
        if level0 == 1.0:
            low[r], high[r] = mean0, mean1
            continue
        short0 = short1 = below = until = 0.0
        for i in range(p.size):
            if p[i] > 0.0:
                top = max(top, local[i])
                if local[i] < eta:
                    short0 = down(short0 + down(p[i] * down(eta - local[i])))
                    short1 = up(short1 + up(p[i] * up(eta - local[i])))
                    below = up(below + p[i])
                if local[i] <= eta:
                    until = down(until + p[i])
        short0, short1 = quotient(max(short0, 0.0), short1, s0[r], s1[r])
        least = down(eta - up(short1 / level0)) if short1 > 0.0 and level0 > 0.0 else -math.inf
        if below == 0.0:
            least = eta
        most = up(eta - down(max(short0, 0.0) / level1))
        back = up(up(max(0.0, up(up(up(below / s0[r]) / level0) - 1.0)) if below > 0.0 else 0.0) * up(eta - floor))
        ahead = up(up(max(0.0, up(1.0 - down(down(max(until, 0.0) / s1[r]) / level1)))) * up(top - eta))
        low[r] = max(floor, least)
        high[r] = min(mean1, up(most + max(back, ahead)))


@compiled
def box_segment_bounds(
    values: np.ndarray,
    order: np.ndarray,
    starts: np.ndarray,
    columns: np.ndarray,
    data: np.ndarray,
    s0: np.ndarray,
    s1: np.ndarray,
    strength: np.ndarray,
    marginal: np.ndarray,
    law: np.ndarray,
    leak: np.ndarray,
    count: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
) -> None:
    r"""Bounds for each row, around what the solver found.

    From below :math:`\eta + \sum_i \min_{b_i \le q \le c_i} q (V_i - \eta)` at the marginal value, over a box that is too large.
    """
    owner = np.full(values.size, -1, dtype=np.intp)
    sparse = columns.size > 0
    floor = values[order[0]]
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        p, local, radius, eta = data[begin:end], local_values(values, starts, columns, r), strength[r], marginal[r]
        _, reference = mean_bounds(local, p)
        change = away = mass0 = mass1 = mean = 0.0
        for i in range(p.size):
            w0, w1 = quotient(p[i], p[i], s0[r], s1[r]) if p[i] > 0.0 else (0.0, 0.0)
            if local[i] < eta:
                change = down(change - up(min(up(w1 + radius), 1.0) * up(eta - local[i])))
            elif local[i] > eta and w0 > radius:
                change = down(change + down(max(down(w0 - radius), 0.0) * down(local[i] - eta)))
            q = law[begin + i]
            if q > 0.0:
                mass0, mass1 = down(mass0 + q), up(mass1 + q)
                mean = up(mean + up(q * up(local[i] - floor)))
        if sparse:
            for k in range(begin, end):
                owner[columns[k]] = r
            left, filled = leak[r], 0
            for j in order:
                if owner[j] == r:
                    continue
                if not values[j] < eta and filled == count[r]:
                    break
                if values[j] < eta:
                    change = down(change - up(min(radius, 1.0) * up(eta - values[j])))
                if filled < count[r]:
                    filled += 1
                    q = left if filled == count[r] else min(min(radius, 1.0), left)
                    left -= q
                    if q > 0.0:
                        mass0, mass1 = down(mass0 + q), up(mass1 + q)
                        mean = up(mean + up(q * up(values[j] - floor)))
                        away = max(away, q)
        away = up(away / mass0) if away > 0.0 else 0.0
        low[r] = max(floor, down(eta + change))
        for i in range(p.size):
            w0, w1 = quotient(p[i], p[i], s0[r], s1[r]) if p[i] > 0.0 else (0.0, 0.0)
            q0, q1 = quotient(law[begin + i], law[begin + i], mass0, mass1) if law[begin + i] > 0.0 else (0.0, 0.0)
            if p[i] > 0.0 or law[begin + i] > 0.0:
                away = max(away, max(up(q1 - w0), up(w1 - q0)))
        high[r] = mixed(up(floor + up(mean / mass0)), reference, away, radius)
