r"""Rigorous bounds on worst cases over the Euclidean ball.

From below the dual at the time t and the water level that the solver found; from above its law, mixed with the reference by as
much as rounding took it out of the ball. Values count from the smallest one, x = V - min V, in intervals that are points wherever
the subtraction is exact, and scaled by a power of two where that is exact. The states outside a sparse row hold exactly
:math:`t (\ell - x_j)_+` at the level, a double; their sums are bounded by interval prefix sums over the sorted state space.
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
def _from_smallest(values: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """Bounds on ``values - floor``, points where the difference is a double."""
    x0, x1 = np.empty(values.size), np.empty(values.size)
    for i in range(values.size):
        d = values[i] - floor
        back = d - values[i]  # of a sum of two doubles the rounding error is a double
        lost = (values[i] - (d - back)) + (-floor - back)
        x0[i], x1[i] = (d, d) if lost == 0.0 else (max(down(d), 0.0), up(d))
    return x0, x1


@compiled
def _volumes(x0: np.ndarray, x1: np.ndarray, order: np.ndarray, h: np.ndarray, q: np.ndarray) -> None:
    """(2, S) bounds of the running volumes of ``x_j - x_i`` and of its square."""
    h[:, 0] = q[:, 0] = 0.0
    for j in range(1, order.size):
        a, b = order[j - 1], order[j]
        if x0[b] == x1[b] == x0[a] == x1[a]:
            h[:, j], q[:, j] = h[:, j - 1], q[:, j - 1]
            continue
        d0, d1 = max(down(x0[b] - x1[a]), 0.0), up(x1[b] - x0[a])
        h[0, j] = max(down(h[0, j - 1] + down(j * d0)), 0.0)
        h[1, j] = up(h[1, j - 1] + up(j * d1))
        q[0, j] = max(down(q[0, j - 1] + down(d0 * down(2.0 * h[0, j - 1] + down(j * d0)))), 0.0)
        q[1, j] = up(q[1, j - 1] + up(d1 * up(2.0 * h[1, j - 1] + up(j * d1))))


@compiled
def _states_below(x0: np.ndarray, order: np.ndarray, level: float) -> int:
    low, high = 0, order.size
    while low < high:
        middle = (low + high) // 2
        if x0[order[middle]] < level:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _clear_level(x0: np.ndarray, x1: np.ndarray, order: np.ndarray, level: float) -> float:
    """The level, raised until every state is certainly below it or certainly not."""
    while True:
        j = _states_below(x0, order, level)
        raised = level
        while j > 0 and x1[order[j - 1]] > level:
            raised = max(raised, x1[order[j - 1]])
            j -= 1
        if raised == level:
            return level
        level = raised


@compiled
def _outside(
    x0: np.ndarray, x1: np.ndarray, order: np.ndarray, h: np.ndarray, q: np.ndarray, own: np.ndarray, level: float
) -> tuple[float, float, float, float]:
    """Bounds on the sums of ``(level - x)_+`` and of its square over the states that are not ``own``."""
    count = _states_below(x0, order, level)
    if count == 0:
        return 0.0, 0.0, 0.0, 0.0
    j = count - 1
    last = order[j]
    d0, d1 = max(down(level - x1[last]), 0.0), up(level - x0[last])
    h0 = down(h[0, j] + down(count * d0))
    h1 = up(h[1, j] + up(count * d1))
    q0 = down(q[0, j] + down(d0 * down(2.0 * h[0, j] + down(count * d0))))
    q1 = up(q[1, j] + up(d1 * up(2.0 * h[1, j] + up(count * d1))))
    inside = 0
    for i in own:
        if x0[i] < level:
            inside += 1
            d0, d1 = max(down(level - x1[i]), 0.0), up(level - x0[i])
            h0, h1 = down(h0 - d1), up(h1 - d0)
            q0, q1 = down(q0 - up(d1 * d1)), up(q1 - max(down(d0 * d0), 0.0))
    if inside == count:
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
    scaled = values * unit
    if not (scaled / unit == values).all():
        unit, scaled = 1.0, values.copy()
    times = scale_of(values) / unit  # from the solver's scale to this one
    floor = scaled.min()
    x0, x1 = _from_smallest(scaled, floor)
    h, q = np.zeros((2, max(order.size, 1))), np.zeros((2, max(order.size, 1)))
    if order.size > 0:
        _volumes(x0, x1, order, h, q)
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        p, radius = data[begin:end], strength[r]
        below, above = mean_bounds(local_values(scaled, starts, columns, r), p)
        t, level = solved[r, 2] * times, solved[r, 3] / times
        if t > 0.0:
            own0, own1 = local_values(x0, starts, columns, r), local_values(x1, starts, columns, r)
            out = (0.0, 0.0, 0.0, 0.0)
            if order.size > 0 and t < math.inf:
                level = _clear_level(x0, x1, order, level)
                out = _outside(x0, x1, order, h, q, columns[begin:end], level)
            gap = up(above - floor)
            dual = 0.0 if t == math.inf else _below(own0, own1, p, s0[r], s1[r], radius, t, level, out[3])
            primal = _above(own0, own1, p, s0[r], s1[r], radius, t, level, out, law[begin:end], leak[r], count[r], gap)
            below, above = max(floor, down(floor + dual)), min(above, up(floor + primal))
        low[r], high[r] = below / unit, above / unit
        if unit != 1.0 and (low[r] * unit != below or high[r] * unit != above):
            low[r], high[r] = down(low[r]), up(high[r])


@compiled
def _below(
    own0: np.ndarray, own1: np.ndarray, p: np.ndarray, s0: float, s1: float, radius: float, t: float, level: float, square: float
) -> float:
    r""":math:`\ell - \rho^2/2t + \sum_i \min_{q \ge 0} [q (x_i - \ell) + (q - p_i)^2 / 2t]`; outside ``-t/2 square``."""
    total = -up(up(0.5 * t) * square) if square > 0.0 else 0.0
    for i in range(p.size):
        w0, w1 = quotient(p[i], p[i], s0, s1) if p[i] > 0.0 else (0.0, 0.0)
        d0, d1 = down(own0[i] - level), up(own1[i] - level)
        if p[i] - t * d0 > 0.0:  # the minimum over all q, hence below that over q >= 0
            far = max(abs(d0), abs(d1))
            total = down(total + down(down(min(w0 * d0, w1 * d0)) - up(up(0.5 * t) * up(far * far))))
        elif p[i] > 0.0:  # at q = 0, up to rounding
            excess = max(0.0, up(w1 - down(t * d0)))
            total = down(total + down(down(down(w0 * w0) / up(2.0 * t)) - up(up(excess * excess) / down(2.0 * t))))
    value = down(down(level + total) - up(up(radius * radius) / down(2.0 * t)))
    return value if value > 0.0 else 0.0


@compiled
def _above(
    own0: np.ndarray,
    own1: np.ndarray,
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
    """From the solver's law; ``out`` bounds the sums outside, ``reference`` is an upper bound of the mean of x."""
    mass0 = mass1 = mean = square = 0.0
    if t == math.inf:  # the same on each of ``count`` states outside, all of the smallest value
        if leak > 0.0:
            mass0 = mass1 = leak
            square = up(up(leak * leak) / count)
    elif out[1] > 0.0:
        mass0, mass1 = max(down(t * out[0]), 0.0), up(t * out[1])
        # sum of (level - x) x, from x = level - (level - x)
        mean = max(up(t * up(up(level * out[1]) - out[2])), 0.0)
        square = up(up(up(t * t) * out[3]))
    for i in range(p.size):
        if law[i] > 0.0:
            mass0, mass1 = down(mass0 + law[i]), up(mass1 + law[i])
            mean = up(mean + up(law[i] * own1[i]))
    square = up(square / down(mass0 * mass0))
    for i in range(p.size):
        if p[i] > 0.0 or law[i] > 0.0:
            w0, w1 = quotient(p[i], p[i], s0, s1) if p[i] > 0.0 else (0.0, 0.0)
            q0, q1 = quotient(law[i], law[i], mass0, mass1) if law[i] > 0.0 else (0.0, 0.0)
            d = max(max(up(q1 - w0), up(w1 - q0)), 0.0)
            square = up(square + up(d * d))
    distance, value = up(math.sqrt(square)), up(mean / mass0)
    if not (value == value and distance == distance):
        return reference
    return mixed(value, reference, distance, radius)
