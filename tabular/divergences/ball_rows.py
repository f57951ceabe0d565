r"""Worst laws of the Euclidean ball: :math:`q = \max(p - t (V - \eta), 0)` at the water level eta and the time t of the radius.

Values are shifted to a smallest of 0 and scaled by a power of two to about 1. States outside a sparse row (p = 0) take
:math:`t (\eta - V)_+`; their sums come from the running volumes

.. math:: H_j = \sum_{i \le j} (x_j - x_i), \qquad Q_j = \sum_{i \le j} (x_j - x_i)^2

over the sorted state space, which are sums of positive terms. Both unknowns are found by Newton steps on piecewise linear and
piecewise quadratic functions, which end exactly when the set of states with mass is the right one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tabular.divergences.generators import compiled
from tabular.divergences.state_order import gathered, longest

__all__ = ["ball_duals", "ball_rows", "ball_spread", "scale_of", "volume_at", "volumes"]

NEAR = 1e-12
"""Relative size below which the excess of a squared distance may be rounding, and its sign with it."""

STEPS = 200
"""More than the Newton and bisection steps of any row; they usually number fewer than ten."""


@compiled
def scale_of(values: Any) -> float:
    """A power of two that brings the finite range of ``values`` to about one."""
    low, high = math.inf, -math.inf
    for x in values:
        if x < math.inf:
            low, high = min(low, x), max(high, x)
    _, exponent = math.frexp(high - low)
    return math.ldexp(1.0, -max(min(exponent, 1000), -1000)) if high > low else 1.0


@compiled
def volumes(x: Any, h: Any, q: Any) -> None:
    """H and Q of sorted values, with compensated sums."""
    h[0] = q[0] = lost_h = lost_q = 0.0
    for j in range(1, x.size):
        d = x[j] - x[j - 1]
        if d == math.inf or d != d:
            h[j] = q[j] = math.inf
            continue
        a = j * d - lost_h
        b = d * (2.0 * h[j - 1] + j * d) - lost_q
        h[j] = h[j - 1] + a
        q[j] = q[j - 1] + b
        lost_h, lost_q = (h[j] - h[j - 1]) - a, (q[j] - q[j - 1]) - b


@compiled
def volume_at(x: Any, h: Any, q: Any, eta: float) -> Any:
    """Sums of ``(eta - x)_+`` and its square over sorted x, and how many values are at most eta."""
    j = np.searchsorted(x, eta, side="right")
    if j == 0:
        return 0.0, 0.0, 0
    d = eta - x[j - 1]
    return h[j - 1] + j * d, q[j - 1] + d * (2.0 * h[j - 1] + j * d), j


@compiled
def _level(x: Any, h: Any, q: Any, local: Any, p: Any, inverse: float, start: float) -> float:
    r"""The root eta of :math:`\sum_{out} (\eta - x)_+ + \sum_{own} \max(\eta - x, -p / t)`, convex and increasing.

    ``x`` is empty for dense rows. ``inverse`` is 1 / t, infinite for the limit t -> 0.
    """
    eta = start
    for step in range(STEPS):
        total, slope = 0.0, 0
        if x.size > 0:  # the volumes contain the row's own states below eta
            total, _, slope = volume_at(x, h, q, eta)
        for i in range(local.size):
            d = eta - local[i]
            if x.size > 0 and d >= 0.0:
                continue
            least = -p[i] * inverse if p[i] > 0.0 else 0.0
            if d >= least:
                total += d
                slope += 1
            else:
                total += least
        if total == -math.inf:
            return eta
        following = eta - total / slope
        if step > 0 and following >= eta:  # from above the steps only fall, up to rounding
            return following
        eta = following
    return eta


@compiled
def _distance(x: Any, h: Any, q: Any, local: Any, p: Any, t: float, eta: float) -> tuple[float, float]:
    """Square of the distance of the law at (t, eta), and its derivative in t squared."""
    square, emptied, lost, count = 0.0, 0.0, 0.0, 0
    if x.size > 0:
        _, square, count = volume_at(x, h, q, eta)
    for i in range(local.size):
        d = eta - local[i]
        if x.size > 0 and d >= 0.0:
            continue
        if p[i] + t * d > 0.0 or d >= 0.0:
            square += d * d
            count += 1
        elif p[i] > 0.0:
            emptied += p[i] * p[i]
            lost += p[i]
    pull = lost / t
    return t * t * square + emptied, max(square - pull * pull / count, 0.0)


@compiled
def _solve(x: Any, h: Any, q: Any, local: Any, p: Any, radius: float) -> tuple[float, float, float]:
    """t, eta, and the multiplier ``radius / t`` in scaled values; t is infinite at saturation and 0 at radius 0."""
    emptied, face, lost = 0.0, 0, 0.0
    if x.size > 0:
        face = int(np.searchsorted(x, 0.0, side="right"))
    for i in range(local.size):
        if local[i] > 0.0:
            emptied += p[i] * p[i]
            lost += p[i]
        elif x.size == 0:
            face += 1
    away = math.sqrt(emptied + lost * lost / face)
    if away <= radius:
        return math.inf, 0.0, 0.0
    eta = _level(x, h, q, local, p, math.inf, 0.0)
    _, slope = _distance(x, h, q, local, p, 1e-300, eta)
    slope = math.sqrt(slope)
    if radius == 0.0:
        return 0.0, eta, slope
    low, high = 0.0, math.inf
    t = radius / slope  # the multiplier radius / t falls with the radius: a lower bound
    best, time, level = math.inf, t, eta
    for _ in range(STEPS):
        eta = _level(x, h, q, local, p, 1.0 / t, eta)
        square, slope = _distance(x, h, q, local, p, t, eta)
        excess = (radius - math.sqrt(square)) * (radius + math.sqrt(square))
        if abs(excess) >= best and best <= NEAR * radius * radius:
            break  # the last steps are of the size of rounding
        if abs(excess) < best:
            best, time, level = abs(excess), t, eta
        if excess == 0.0:
            break
        if excess > 0.0:
            low = max(low, t)
        else:
            high = min(high, t)
        following = math.sqrt(max(t * t + excess / slope, 0.0)) if slope > 0.0 else math.inf
        if following == t:
            break
        # signs of the excess near the root are rounding: a step just across the bracket is no reason to halve it
        if not low * (1.0 - NEAR) <= following <= high * (1.0 + NEAR) or following == math.inf:
            following = 2.0 * t if high == math.inf else 0.5 * (low + high)
            if following == t:
                break
        t = following
    return time, level, radius / time


@compiled
def ball_rows(
    values: Any,
    x: Any,
    h: Any,
    q: Any,
    starts: Any,
    columns: Any,
    data: Any,
    strength: Any,
    law: Any,
    leak: Any,
    count: Any,
    out: Any,
) -> None:
    """``out`` (R, 4): value, multiplier, t and eta in scaled values; ``leak`` goes to the ``count`` lowest states outside.

    ``x``, ``h``, ``q`` (V, S): sorted shifted scaled values and their volumes; (V, 0) if rows are dense.
    """
    size = longest(starts)
    work, own, share = np.empty(size), np.empty(size), np.empty(size)
    sparse = columns.size > 0
    floor = scale = 0.0
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        w = min(r, values.shape[0] - 1)
        v = values[w]
        if r == 0 or values.shape[0] > 1:
            floor, scale = v.min(), scale_of(v)
        local = gathered(v, columns[begin:end], work) if sparse else v
        n = end - begin
        total = 0.0
        for i in range(n):
            total += data[begin + i]
            own[i] = (local[i] - floor) * scale
        for i in range(n):
            share[i] = data[begin + i] / total
        t, eta, slope = _solve(x[w], h[w], q[w], own[:n], share[:n], strength[r])
        mean, kept = 0.0, 0.0
        if t == math.inf:
            lost, inner = 0.0, 0
            for i in range(n):
                lost += share[i] if own[i] > 0.0 else 0.0
                inner += 1 if own[i] == 0.0 else 0
            face = int(np.searchsorted(x[w], 0.0, side="right")) if sparse else inner
            for i in range(n):
                law[begin + i] = share[i] + lost / face if own[i] == 0.0 else 0.0
            count[r] = face - inner
            leak[r] = lost * (count[r] / face)
            out[r, 0], out[r, 1], out[r, 2], out[r, 3] = floor, 0.0, t, 0.0
            continue
        moment = outside = 0.0
        below = 0
        if sparse and t > 0.0:
            hh, qq, below = volume_at(x[w], h[w], q[w], eta)
            moment, outside = t * max(eta * hh - qq, 0.0), t * hh
        for i in range(n):
            d = eta - own[i]
            law[begin + i] = share[i] if t == 0.0 else max(share[i] + t * d, 0.0)
            if law[begin + i] > 0.0:
                # the volumes hold the addition to states below eta
                kept = share[i] if sparse and t > 0.0 and d >= 0.0 else law[begin + i]
                mean += kept * own[i]
            if sparse and t > 0.0 and d >= 0.0:
                outside -= t * d
                below -= 1
        count[r] = below
        leak[r] = max(outside, 0.0) if below > 0 else 0.0
        out[r, 0], out[r, 1] = floor + (mean + moment) / scale, slope / scale
        out[r, 2], out[r, 3] = t, eta


@compiled
def ball_duals(
    values: Any, x: Any, h: Any, q: Any, starts: Any, columns: Any, data: Any, strength: Any, solved: Any, out: Any
) -> None:
    r""":math:`\eta - \rho^2/2t + \sum_i \min_{q \ge 0} [q (x_i - \eta) + (q - p_i)^2 / 2t]` at t and eta of each row."""
    work = np.empty(longest(starts))
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        w = min(r, values.shape[0] - 1)
        v, radius, t, eta = values[w], strength[r], solved[r, 2], solved[r, 3]
        local = gathered(v, columns[begin:end], work) if columns.size > 0 else v
        floor, scale = v.min(), scale_of(v)
        if t == math.inf or t == 0.0:
            out[r] = solved[r, 0]
            continue
        total = 0.0
        for i in range(begin, end):
            total += data[i]
        square = volume_at(x[w], h[w], q[w], eta)[1] if columns.size > 0 else 0.0
        change, emptied = 0.0, 0.0
        for i in range(local.size):
            share, d = data[begin + i] / total, eta - (local[i] - floor) * scale
            if d >= 0.0 or share + t * d > 0.0:
                change -= share * d if share > 0.0 else 0.0
                square += d * d if columns.size == 0 or d < 0.0 else 0.0
            elif share > 0.0:
                emptied += share * share
        out[r] = floor + (eta + change - 0.5 * t * square - (radius * radius - emptied) / (2.0 * t)) / scale


@compiled
def ball_spread(
    x: Any, order: Any, starts: Any, columns: Any, count: Any, leak: Any, solved: Any, where: Any, new_columns: Any, new_data: Any
) -> None:
    """Write the mass outside each row: ``t (eta - x)``, or equal parts at saturation."""
    owner = np.full(order.size, -1, dtype=np.intp)
    for r in range(starts.size - 1):
        for k in range(starts[r], starts[r + 1]):
            owner[columns[k]] = r
        j, t, eta = 0, solved[r, 2], solved[r, 3]
        for m in range(count[r]):
            while owner[order[j]] == r:
                j += 1
            new_columns[where[r] + m] = order[j]
            new_data[where[r] + m] = leak[r] / count[r] if t == math.inf else t * (eta - x[j])
            j += 1
