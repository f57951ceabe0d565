r"""Worst laws of the L-infinity ball: no probability moves by more than the radius.

Each state lies between :math:`\max(p - \rho, 0)` and :math:`\min(p + \rho, 1)`; mass fills the lowest values first. A sparse row
gives up at most rho times its length, and each state outside takes rho, so that no more outside states than entries are filled.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tabular.divergences.generators import compiled
from tabular.divergences.state_order import gathered, longest, ordered

__all__ = ["box_duals", "box_rows", "box_spread"]


@compiled
def box_rows(
    values: Any,
    order: Any,
    starts: Any,
    columns: Any,
    data: Any,
    strength: Any,
    law: Any,
    leak: Any,
    count: Any,
    out: Any,
) -> None:
    """``out`` (R, 3): value, multiplier, marginal value; ``leak`` goes to the ``count`` lowest states outside the row."""
    size = longest(starts)
    x, o = np.empty(size), np.empty(size, dtype=np.intp)
    owner = np.full(values.shape[1], -1, dtype=np.intp)
    sparse = columns.size > 0
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        w = min(r, values.shape[0] - 1)
        p, q = data[begin:end], law[begin:end]
        by_value = order[w]
        local = values[w]
        if sparse:
            local = gathered(values[w], columns[begin:end], x)
            by_value = o[: end - begin]
            ordered(local, by_value)
            for k in range(begin, end):
                owner[columns[k]] = r
        total = 0.0
        for y in p:
            total += y
        state = values[w], order[w], owner, r, sparse, local, by_value
        _fill(state, p, 1.0 / total, strength[r], q, leak[r : r + 1], count[r : r + 1], out[r])
        if strength[r] == 0.0:  # the slope just right of radius 0: all that matters is which entries can lose or gain
            inner = np.empty(p.size)
            for i in range(p.size):
                inner[i] = 0.0 if p[i] == 0.0 else 1.0 if p[i] == total else 0.5
            value, keep = out[r, 0], q.copy()
            _fill(state, inner, 1.0, 0.25, q, leak[r : r + 1], count[r : r + 1], out[r])
            q[:] = keep
            out[r, 0], leak[r], count[r] = value, 0.0, 0


@compiled
def _fill(state: Any, p: Any, scale: float, radius: float, law: Any, leak: Any, count: Any, out: Any) -> None:
    """One row, of law ``p * scale``."""
    values, order, owner, row, sparse, local, by_value = state
    floor = values[order[0]]
    left = 0.0  # to be placed: what the states gave up, a sum of positive terms
    for i in range(p.size):
        share = p[i] * scale
        law[i] = max(share - radius, 0.0)
        left += min(share, radius)
    marginal, filled, slope, mean = floor, 0, 0.0, 0.0
    leak[0], count[0] = 0.0, 0
    inside, outside = 0, 0
    while left > 0.0:
        if sparse:
            while outside < order.size and owner[order[outside]] == row:
                outside += 1
        here = local[by_value[inside]] if inside < p.size else math.inf
        there = values[order[outside]] if sparse and outside < order.size else math.inf
        if here == math.inf and there == math.inf:
            break  # nothing but rounding is left
        lowest = min(here, there)
        slope += filled * (lowest - marginal)
        marginal = lowest
        if here <= there:
            i = by_value[inside]
            share = p[i] * scale
            # a state that may hold everything takes what is left, rounding included
            step = min(min(share, radius) + radius, left) if radius < 1.0 - share else left
            law[i] += step
            filled += 1 if radius < 1.0 - share else 0
            inside += 1
        else:
            step = min(radius, left) if radius < 1.0 else left
            leak[0] += step
            count[0] += 1
            mean += step * (there - floor)
            filled += 1 if radius < 1.0 else 0
            outside += 1
        left -= step
    for i in range(p.size):
        if law[i] > 0.0:
            mean += law[i] * (local[i] - floor)
        if local[i] > marginal and p[i] * scale > radius:
            slope += local[i] - marginal
    out[0], out[1], out[2] = floor + mean, slope, marginal


@compiled
def box_duals(values: Any, order: Any, starts: Any, columns: Any, data: Any, strength: Any, marginal: Any, out: Any) -> None:
    r""":math:`\eta + \sum_i \min_{b_i \le q \le c_i} q (V_i - \eta)` at the marginal value eta of each row."""
    size = longest(starts)
    x = np.empty(size)
    owner = np.full(values.shape[1], -1, dtype=np.intp)
    sparse = columns.size > 0
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        w = min(r, values.shape[0] - 1)
        p, v, radius, eta = data[begin:end], values[w], strength[r], marginal[r]
        local = gathered(v, columns[begin:end], x) if sparse else v
        total = 0.0
        for y in p:
            total += y
        scale = 1.0 / total
        change = 0.0
        for i in range(p.size):
            share = p[i] * scale
            edge = min(share + radius, 1.0) if local[i] < eta else max(share - radius, 0.0)
            if edge > 0.0:
                change += edge * (local[i] - eta)
        if sparse:
            for k in range(begin, end):
                owner[columns[k]] = r
            for j in order[w]:
                if not v[j] < eta:
                    break
                if owner[j] != r:
                    change += min(radius, 1.0) * (v[j] - eta)
        out[r] = eta + change


@compiled
def box_spread(
    order: Any, starts: Any, columns: Any, strength: Any, leak: Any, count: Any, where: Any, new_columns: Any, new_data: Any
) -> None:
    """Write the mass outside each row: ``radius`` on each of the lowest states there, the rest on the last."""
    owner = np.full(order.size, -1, dtype=np.intp)
    for r in range(starts.size - 1):
        for k in range(starts[r], starts[r + 1]):
            owner[columns[k]] = r
        left, j, cap = leak[r], 0, min(strength[r], 1.0)
        for m in range(count[r]):
            while owner[order[j]] == r:
                j += 1
            new_columns[where[r] + m] = order[j]
            new_data[where[r] + m] = min(cap, left) if m < count[r] - 1 else max(left, 0.0)
            left -= cap
            j += 1
