r"""Worst laws of piecewise linear sets, one row at a time: total variation, box, average of the lowest mass, transport.

The functions take doubles and are compiled; on object arrays of fractions the same lines run interpreted (``.py_func``), and the
result is exact. ``lowest`` is the smallest value outside the row; each function fills ``law`` and returns the mass that leaks
there, the multiplier, and nothing else: the value is the caller's inner product.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tabular.divergences.generators import compiled
from tabular.divergences.segments import local_values

__all__ = [
    "box",
    "lowest_mass",
    "total_variation",
    "total_variation_batch",
    "total_variation_penalised",
    "total_variation_row",
    "total_variation_segments",
    "total_variation_values",
    "transport",
    "transport_penalised",
]


@compiled
def total_variation(values: Any, p: Any, lowest: Any, radius: Any, law: Any) -> Any:
    """Move mass ``radius`` from the largest values to the smallest. Multiplier: the last value moved, minus the smallest."""
    order = np.argsort(values)
    floor, target = values[order[0]], order[0]
    if lowest < floor:
        floor, target = lowest, -1
    left, drop = radius, p[0] - p[0]
    moved = p[0] - p[0]
    for i in range(len(p)):
        law[i] = p[i]
    for j in range(len(p) - 1, -1, -1):
        i = order[j]
        if left <= 0 or values[i] <= floor:
            break
        if p[i] > 0:
            step = min(p[i], left)
            law[i] = p[i] - step
            left = left - step
            moved = moved + step
            drop = values[i] - floor
    if left > 0:
        drop = p[0] - p[0]
    if target >= 0:
        law[target] = law[target] + moved
        moved = p[0] - p[0]
    return moved, drop


@compiled
def total_variation_penalised(values: Any, p: Any, lowest: Any, penalty: Any, law: Any) -> Any:
    """Move everything that lies more than ``penalty`` above the smallest value. Returns leak and mass moved."""
    target = np.argmin(values)
    floor = values[target]
    leaks = lowest < floor
    if leaks:
        floor = lowest
    moved = p[0] - p[0]
    for i in range(len(p)):
        law[i] = p[i]
        if p[i] > 0 and values[i] - floor > penalty:
            moved = moved + p[i]
            law[i] = p[0] - p[0]
    if leaks:
        return moved, moved
    law[target] = law[target] + moved
    return p[0] - p[0], moved


@compiled
def total_variation_batch(values: Any, p: Any, strength: Any, priced: bool, inside: bool, law: Any, out: Any) -> None:
    """Rows of (R, n) doubles; ``inside`` keeps mass on the support. ``out`` (R, 2): value, multiplier."""
    for r in range(p.shape[0]):
        v = np.where(p[r] > 0, values[r], np.inf) if inside else values[r]
        total_variation_row(v, p[r], np.inf, strength[r], priced, law[r], out[r])


@compiled
def total_variation_segments(
    values: Any,
    starts: Any,
    columns: Any,
    data: Any,
    lowest: float,
    strength: Any,
    priced: bool,
    inside: bool,
    law: Any,
    leak: Any,
    out: Any,
) -> None:
    """Rows of a CSR matrix against one vector of values; mass outside a row's entries goes to ``leak``."""
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        local = local_values(values, starts, columns, r)
        local = np.where(data[begin:end] > 0, local, np.inf) if inside else local
        leak[r] = total_variation_row(local, data[begin:end], lowest, strength[r], priced, law[begin:end], out[r])


@compiled
def total_variation_values(
    values: Any, starts: Any, columns: Any, data: Any, lowest: float, strength: Any, priced: bool, inside: bool, out: Any
) -> None:
    """The optimal values alone, (R,)."""
    pair = np.empty(2)
    for r in range(starts.size - 1):
        p = data[starts[r] : starts[r + 1]]
        local = local_values(values, starts, columns, r)
        local = np.where(p > 0, local, np.inf) if inside else local
        total_variation_row(local, p, lowest, strength[r], priced, np.empty(p.size), pair)
        out[r] = pair[0]


@compiled
def total_variation_row(values: Any, p: Any, lowest: float, strength: float, priced: bool, law: Any, out: Any) -> float:
    if priced:
        leak, moved = total_variation_penalised(values, p, lowest, strength, law)
        out[1] = strength
    else:
        leak, out[1] = total_variation(values, p, lowest, strength, law)
        moved = 0.0
    base = min(values.min(), lowest)
    total = leak * (lowest - base) if leak > 0.0 else 0.0
    for i in range(p.size):
        if law[i] > 0.0:
            total += law[i] * (values[i] - base)
    out[0] = base + total + (strength * moved if moved > 0.0 else 0.0)
    return leak


@compiled
def box(values: Any, p: Any, radius: Any, law: Any) -> Any:
    """Between ``max(p - radius, 0)`` and ``min(p + radius, 1)``, lowest values first. Multiplier by the two marginal states."""
    order = np.argsort(values)
    left = 0 * values[0] + 1
    for i in range(len(p)):
        law[i] = max(p[i] - radius, 0 * radius)
        left = left - law[i]
    for i in order:
        room = min(p[i] + radius, 0 * radius + 1) - law[i]
        step = min(room, left)
        if step > 0:
            law[i] = law[i] + step
            left = left - step
    return left


@compiled
def lowest_mass(values: Any, p: Any, level: Any, law: Any) -> Any:
    """The part of the law below its ``level`` quantile, scaled up to one; for level 0, the smallest values on the support."""
    order = np.argsort(values)
    left = 0 * values[0] + level
    for i in range(len(p)):
        law[i] = 0 * left
    if level > 0:
        for i in order:
            step = min(p[i], left)
            if step > 0:
                law[i] = step / level
                left = left - step
        return left
    total, least = 0 * left, values[0]
    for i in order:
        if p[i] > 0:
            if total > 0 and values[i] > least:
                break
            least = values[i]
            law[i] = p[i]
            total = total + p[i]
    for i in range(len(p)):
        law[i] = law[i] / total
    return left


@compiled
def transport_penalised(values: Any, p: Any, cost: Any, penalty: Any, law: Any) -> Any:
    """Each state's mass goes where value plus penalised cost is least, to the cheapest such place. Returns the cost spent."""
    spent = p[0] - p[0]
    for i in range(len(p)):
        law[i] = p[0] - p[0]
    for i in range(len(p)):
        if p[i] > 0:
            best, least = i, values[i]
            for j in range(len(p)):
                offer = values[j] + penalty * cost[i, j]
                if offer < least or (offer == least and cost[i, j] < cost[i, best]):
                    best, least = j, offer
            law[best] = law[best] + p[i]
            spent = spent + p[i] * cost[i, best]
    return spent


@compiled
def transport(values: Any, p: Any, cost: Any, radius: Any, law: Any) -> Any:
    """Spend ``radius`` on the steepest descents first. Returns the slope of the last one, the multiplier.

    For each state the descents are the edges of the lower convex hull of (cost, value) over destinations, so a state's edges come
    in falling steepness, and spending greedily over all states is optimal.
    """
    n = len(p)
    place = np.arange(n)  # where the mass of each state stands
    following = np.full(n, -2)  # where it would go next: -1 nowhere, -2 not yet known
    gain = values * 0  # and how steeply
    for i in range(n):
        law[i] = p[i]
        if p[i] == 0:
            following[i] = -1
    left = radius
    while True:
        start = -1
        for i in range(n):
            if following[i] == -2:  # the steepest way down from where it stands, the farthest among ties
                here = place[i]
                following[i] = -1
                for j in range(n):
                    if values[j] < values[here] and cost[i, j] > cost[i, here]:
                        slope = (values[here] - values[j]) / (cost[i, j] - cost[i, here])
                        best = following[i]
                        if best < 0 or slope > gain[i] or (slope == gain[i] and values[j] < values[best]):
                            following[i], gain[i] = j, slope
            if following[i] >= 0 and (start < 0 or gain[i] > gain[start]):
                start = i
        if start < 0:
            return 0 * left
        here, end = place[start], following[start]
        price = cost[start, end] - cost[start, here]
        share = min(p[start], left / price)
        law[here] = law[here] - share
        law[end] = law[end] + share
        left = left - share * price
        if share < p[start] or left <= 0:
            return gain[start]
        place[start], following[start] = end, -2
