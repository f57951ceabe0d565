r"""Rigorous bounds on worst cases over the Euclidean ball.

From below the dual at the time t and the water level that the solver found; from above its law, mixed with the reference by as much
as rounding took it out of the ball. The states outside a sparse row hold exactly :math:`t (\ell - V_j)_+` at the level, a double;
their sums are bounded by interval prefix sums over the sorted state space. Values are scaled by a power of two where that is exact.
"""

from __future__ import annotations

import math

import numpy as np

from tabular.divergences.ball_rows import scale_of
from tabular.divergences.generators import compiled
from tabular.divergences.intervals import down, mean_bounds, quotient, up
from tabular.divergences.segments import local_values
from tabular.divergences.set_enclosures import mixed

__all__ = ["ball_segment_bounds"]


@compiled
def _volumes(values: np.ndarray, order: np.ndarray, h: np.ndarray, q: np.ndarray) -> None:
    """(2, S) bounds of the running volumes of ``V_j - V_i`` and of its square."""
    h[:, 0] = q[:, 0] = 0.0
    for j in range(1, order.size):
        d = values[order[j]] - values[order[j - 1]]
        if d == 0.0:
            h[:, j], q[:, j] = h[:, j - 1], q[:, j - 1]
            continue
        d0, d1 = max(down(d), 0.0), up(d)
        h[0, j] = down(h[0, j - 1] + down(j * d0))
        h[1, j] = up(h[1, j - 1] + up(j * d1))
        q[0, j] = down(q[0, j - 1] + down(d0 * down(2.0 * h[0, j - 1] + down(j * d0))))
        q[1, j] = up(q[1, j - 1] + up(d1 * up(2.0 * h[1, j - 1] + up(j * d1))))
        h[0, j], q[0, j] = max(h[0, j], 0.0), max(q[0, j], 0.0)


@compiled
def _outside(
    values: np.ndarray, order: np.ndarray, h: np.ndarray, q: np.ndarray, local: np.ndarray, level: float
) -> tuple[float, float, float, float]:
    """Bounds on the sums of ``(level - V)_+`` and of its square over the states that are not ``local``."""
    low, high = 0, order.size
    while low < high:  # the states below the level come first
        middle = (low + high) // 2
        if values[order[middle]] < level:
            low = middle + 1
        else:
            high = middle
    if low == 0:
        return 0.0, 0.0, 0.0, 0.0
    j, d = low - 1, level - values[order[low - 1]]
    d0, d1 = max(down(d), 0.0), up(d)
    h0 = down(h[0, j] + down(low * d0))
    h1 = up(h[1, j] + up(low * d1))
    q0 = down(q[0, j] + down(d0 * down(2.0 * h[0, j] + down(low * d0))))
    q1 = up(q[1, j] + up(d1 * up(2.0 * h[1, j] + up(low * d1))))
    own = 0
    for x in local:
        if x < level:
            own += 1
            d0, d1 = max(down(level - x), 0.0), up(level - x)
            h0, h1 = down(h0 - d1), up(h1 - d0)
            q0, q1 = down(q0 - up(d1 * d1)), up(q1 - down(d0 * d0))
    if own == low:
        return 0.0, 0.0, 0.0, 0.0
    return max(h0, 0.0), max(h1, 0.0), max(q0, 0.0), max(q1, 0.0)


@compiled
def ball_segment_bounds(
    values: np.ndarray,
    order: np.ndarray,
    starts: np.ndarray,
    columns: np.ndarray,
    data: np.ndarray,
    s0: np.ndarray,
    s1: np.ndarray,
    strength: np.ndarray,
    solved: np.ndarray,
    law: np.ndarray,
    leak: np.ndarray,
    count: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
) -> None:
    """Bounds for each row; ``solved`` (R, 4) is what :func:`~tabular.divergences.ball_rows.ball_rows` found."""
    unit = scale_of(values)
    x = values * unit
    if not (x / unit == values).all():
        unit, x = 1.0, values.copy()
    times = scale_of(values) / unit  # from the solver's scale to this one
    floor = x.min()
    h, q = np.zeros((2, max(order.size, 1))), np.zeros((2, max(order.size, 1)))
    if order.size > 0:
        _volumes(x, order, h, q)
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        p, local, radius = data[begin:end], local_values(x, starts, columns, r), strength[r]
        mean0, mean1 = mean_bounds(local, p)
        t, level = solved[r, 2] * times, floor + solved[r, 3] / times
        if t == 0.0:
            below, above = mean0, mean1
        else:
            out = (0.0, 0.0, 0.0, 0.0)
            if order.size > 0 and t < math.inf:
                out = _outside(x, order, h, q, local, level)
            below = floor if t == math.inf else _below(local, p, s0[r], s1[r], radius, t, level, out[3])
            above = _above(floor, local, p, s0[r], s1[r], radius, t, level, out, law[begin:end], leak[r], count[r], mean1)
            below = below if below > floor else floor
        low[r], high[r] = below / unit, above / unit
        if unit != 1.0 and (low[r] * unit != below or high[r] * unit != above):
            low[r], high[r] = down(low[r]), up(high[r])


@compiled
def _below(
    local: np.ndarray, p: np.ndarray, s0: float, s1: float, radius: float, t: float, level: float, square: float
) -> float:
    r""":math:`\ell - \rho^2/2t + \sum_i \min_{q \ge 0} [q (V_i - \ell) + (q - p_i)^2 / 2t]`; those outside give ``-t/2 square``."""
    total = -up(up(0.5 * t) * square) if square > 0.0 else 0.0
    for i in range(p.size):
        w0, w1 = quotient(p[i], p[i], s0, s1) if p[i] > 0.0 else (0.0, 0.0)
        d = local[i] - level
        d0, d1 = down(d), up(d)
        if p[i] - t * d > 0.0:  # the minimum over all q, hence below that over q >= 0
            linear = min(w0 * d0, w1 * d0)
            far = max(abs(d0), abs(d1))
            total = down(total + down(down(linear) - up(up(0.5 * t) * up(far * far))))
        elif p[i] > 0.0:  # at q = 0, up to rounding
            excess = max(0.0, up(w1 - down(t * d0)))
            total = down(total + down(down(down(w0 * w0) / up(2.0 * t)) - up(up(excess * excess) / down(2.0 * t))))
    value = down(down(level + total) - up(up(radius * radius) / down(2.0 * t)))
    return value if value == value else -math.inf


@compiled
def _above(
    floor: float,
    local: np.ndarray,
    p: np.ndarray,
    s0: float,
    s1: float,
    radius: float,
    t: float,
    level: float,
    out: tuple[float, float, float, float],
    law: np.ndarray,
    leak: float,
    count: int,
    reference: float,
) -> float:
    mass0 = mass1 = mean = square = 0.0
    if t == math.inf:  # the same on each of ``count`` states outside, all of the smallest value
        if leak > 0.0:
            mass0 = mass1 = leak
            square = up(up(leak * leak) / count)
    elif out[1] > 0.0:
        mass0, mass1 = max(down(t * out[0]), 0.0), up(t * out[1])
        # sum of (level - V)(V - floor): from (V - floor) = (level - floor) - (level - V)
        mean = max(up(t * up(up(up(level - floor) * out[1]) - out[2])), 0.0)
        square = up(up(up(t * t) * out[3]))
    for i in range(p.size):
        if law[i] > 0.0:
            mass0, mass1 = down(mass0 + law[i]), up(mass1 + law[i])
            mean = up(mean + up(law[i] * up(local[i] - floor)))
    square = up(square / down(mass0 * mass0))
    for i in range(p.size):
        if p[i] > 0.0 or law[i] > 0.0:
            w0, w1 = quotient(p[i], p[i], s0, s1) if p[i] > 0.0 else (0.0, 0.0)
            q0, q1 = quotient(law[i], law[i], mass0, mass1) if law[i] > 0.0 else (0.0, 0.0)
            d = max(max(up(q1 - w0), up(w1 - q0)), 0.0)
            square = up(square + up(d * d))
    distance = up(math.sqrt(square))
    value = up(floor + up(mean / mass0))
    if not value == value or not distance == distance:
        return reference
    return mixed(value, reference, distance, radius)
