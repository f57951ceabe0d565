r"""Rigorous bounds on worst cases over sets: total variation, boxes, balls, transport.

Arithmetic is that of :mod:`tabular.divergences.intervals`. Each dual function is concave: any point of it is a bound from below,
and a point with what its slopes could still gain a bound from above. A row of stored probabilities p with sum sigma (one, up to
rounding) stands for the law p / sigma.
"""

from __future__ import annotations

import math

import numpy as np

from tabular.divergences import rows
from tabular.divergences.generators import compiled
from tabular.divergences.intervals import down, mean_bounds, product, quotient, smallest, total_bounds, up
from tabular.divergences.segments import local_values

__all__ = [
    "ball_above",
    "ball_below",
    "box_bounds",
    "total_variation_bounds",
    "total_variation_segment_bounds",
    "transport_bounds",
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
    alpha = min(floor + drop, top)
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
        d0, d1 = down(values[i] - eta), up(values[i] - eta)
        share = ceiling[i] if values[i] < eta else bottom[i]
        if values[i] == eta:
            d0 = d1 = 0.0
        a0, a1 = product(share, share, d0, d1)
        g0, g1 = down(g0 + a0), up(g1 + a1)
        below = up(below + share)
        above = down(above + (ceiling[i] if values[i] <= eta else bottom[i]))
    # slope just below eta is 1 - below, just above it 1 - above
    gain = max(
        up(max(0.0, up(below - 1.0)) * up(eta - floor)),
        up(max(0.0, up(1.0 - above)) * up(top - eta)),
    )
    if outer:
        return max(floor, down(eta + g0)), math.inf
    return -math.inf, up(up(eta + g1) + gain)


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
        w0, w1 = quotient(p[i], p[i], s0, s1) if p[i] > 0.0 else (0.0, 0.0)
        d0, d1 = down(values[i] - eta), up(values[i] - eta)
        if p[i] - t * (values[i] - eta) > 0.0:  # d (w - t d / 2) is the minimum over all q, hence below that over q >= 0
            a0, a1 = product(t, t, d0, d1)
            a0, a1 = product(0.5, 0.5, a0, a1)
            total = down(total + product(d0, d1, down(w0 - a1), up(w1 - a0))[0])
        else:  # at q = 0 the slope is d - w / t >= 0, up to rounding: the tangent there, or its least value
            slope = down(d0 - up(w1 / t))
            least = down(w0 * w0) / up(2.0 * t)
            if slope < 0.0:
                least = down(least - up(up(slope * slope) * t))
            total = down(total + down(max(least, -math.inf)))
    value = down(down(eta - up(up(radius * radius) / down(2.0 * t))) + total)
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
        w0, w1 = quotient(p[i], p[i], s0, s1) if p[i] > 0.0 else (0.0, 0.0)
        q0, q1 = quotient(law[i], law[i], z0, z1) if law[i] > 0.0 else (0.0, 0.0)
        d = max(abs(up(q1 - w0)), abs(down(q0 - w1))) if p[i] > 0.0 or law[i] > 0.0 else 0.0
        square = up(square + up(d * d))
    distance = up(math.sqrt(square))
    if distance <= radius:
        return min(mean, reference)
    value = up(mean + up(up(1.0 - down(radius / distance)) * up(reference - mean)))
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
        w0, w1 = quotient(p[i], p[i], s0, s1)
        a0 = a1 = math.inf
        for j in range(values.size):
            a0 = min(a0, down(down(values[j] - floor) + down(price * cost[i, j])))
            a1 = min(a1, up(up(values[j] - floor) + up(price * cost[i, j])))
        near, far = math.inf, 0.0  # costs of the places that rounding cannot tell from the cheapest
        for j in range(values.size):
            if down(down(values[j] - floor) + down(price * cost[i, j])) <= a1:
                near, far = min(near, cost[i, j]), max(far, cost[i, j])
        least, most = down(least + down(w0 * max(a0, 0.0))), up(most + up(w1 * a1))
        spent0, spent1 = down(spent0 + down(w0 * near)), up(spent1 + up(w1 * far))
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
        a0 = mean0 if low == math.inf else down(floor + _transport_at(values, p, s0, s1, cost, low)[0])
        a1 = mean1 if high == math.inf else up(floor + _transport_at(values, p, s0, s1, cost, high)[1])
        return max(a0, floor), min(a1, mean1)
    if high == 0.0:
        return mean0, mean1
    steepest = 0.0
    for i in range(values.size):
        for j in range(values.size):
            for h in range(values.size):
                if p[i] > 0.0 and cost[i, j] > cost[i, h]:
                    steepest = max(steepest, up(up(values[h] - values[j]) / down(cost[i, j] - cost[i, h])))
    least = down(_transport_at(values, p, s0, s1, cost, price)[0] - up(price * high))
    before, after = price * (1.0 - 1e-13), price * (1.0 + 1e-13)
    _, g, slope0, slope1 = _transport_at(values, p, s0, s1, cost, before)
    g = up(g - max(0.0, down(before * low)))
    left = up(g + up(max(0.0, up(high - slope0)) * before))
    between = up(g + up(max(0.0, up(slope1 - low)) * up(after - before)))
    _, g, _, slope1 = _transport_at(values, p, s0, s1, cost, after)
    right = up(up(g - max(0.0, down(after * low))) + up(max(0.0, up(slope1 - low)) * max(0.0, up(steepest - after))))
    return max(floor, down(floor + least)), min(up(floor + max(left, max(between, right))), mean1)


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
        local = local_values(values, starts, columns, r)
        local = np.where(p > 0, local, np.inf) if inside else local
        rows.total_variation_row(local, p, lowest, strength[r], priced, np.empty(p.size), out)
        low[r], high[r] = total_variation_bounds(local, p, s0[r], s1[r], lowest, strength[r], strength[r], priced, out[1])
