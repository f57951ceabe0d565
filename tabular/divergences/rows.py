r"""Worst laws of total variation and of the average of the lowest mass, for all rows of a model at once.

One sort of the state space serves all dense rows; sparse rows sort their own entries. Sums are of differences to the smallest
value, so that a common shift of the values costs no digits.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tabular.divergences.generators import compiled
from tabular.divergences.state_order import gathered, longest, ordered

__all__ = [
    "contamination_rows",
    "lowest_mass_duals",
    "lowest_mass_rows",
    "total_variation_batch",
    "total_variation_duals",
    "total_variation_rows",
]


@compiled
def _total(p: Any) -> float:
    total = 0.0
    for x in p:
        total += x
    return total


@compiled
def _smallest(values: Any, p: Any, inside: bool) -> int:
    """Where mass goes: the first smallest value, of the support if mass stays ``inside``."""
    best = -1
    for i in range(p.size):
        if (p[i] > 0.0 or not inside) and (best < 0 or values[i] < values[best]):
            best = i
    return best


@compiled
def _moved(values: Any, order: Any, p: Any, lowest: float, radius: float, inside: bool, law: Any) -> tuple[float, float, float]:
    """Take mass ``radius`` from the largest values. Returns value, multiplier, and the mass that leaks to ``lowest``."""
    target = _smallest(values, p, inside)
    floor = min(values[target], lowest)
    scale = 1.0 / _total(p)
    left, moved, mean, drop = radius, 0.0, 0.0, 0.0
    started = False
    for j in range(p.size - 1, -1, -1):
        i = order[j]
        share = p[i] * scale
        gap = values[i] - floor
        if share > 0.0 and gap > 0.0:
            if left > 0.0:
                step = min(share, left)
                share -= step
                left -= step
                moved += step
                drop = gap
            elif not started and radius == 0.0:
                drop = gap  # the slope just right of radius 0
            started = True
            mean += share * gap
        law[i] = share
    if left > 0.0:
        drop = 0.0
    if lowest < values[target]:
        return floor + mean, drop, moved
    law[target] += moved
    return floor + mean, drop, 0.0


@compiled
def _cut(values: Any, p: Any, lowest: float, penalty: float, inside: bool, law: Any) -> tuple[float, float, float]:
    """Take all mass more than ``penalty`` above the smallest value. Returns value, multiplier, leak."""
    target = _smallest(values, p, inside)
    floor = min(values[target], lowest)
    scale = 1.0 / _total(p)
    moved = mean = 0.0
    for i in range(p.size):
        share = p[i] * scale
        law[i] = share
        if share > 0.0:
            gap = values[i] - floor
            if gap > penalty:
                moved += share
                law[i] = 0.0
            else:
                mean += share * gap
    paid = penalty * moved if moved > 0.0 else 0.0
    if lowest < values[target]:
        return floor + (mean + paid), penalty, moved
    law[target] += moved
    return floor + (mean + paid), penalty, 0.0


@compiled
def total_variation_rows(
    values: Any,
    order: Any,
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
    """``out`` (R, 2): value and multiplier. ``lowest`` is the smallest value outside a row, infinite if there is none.

    ``order`` is read only where rows are dense and not priced.
    """
    size = longest(starts)
    x, o = np.empty(size), np.empty(size, dtype=np.intp)
    sparse = columns.size > 0
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        w = min(r, values.shape[0] - 1)
        p, q = data[begin:end], law[begin:end]
        local = gathered(values[w], columns[begin:end], x) if sparse else values[w]
        if priced:
            out[r, 0], out[r, 1], leak[r] = _cut(local, p, lowest, strength[r], inside, q)
        elif sparse:
            by_value = o[: end - begin]
            ordered(local, by_value)
            out[r, 0], out[r, 1], leak[r] = _moved(local, by_value, p, lowest, strength[r], inside, q)
        else:
            out[r, 0], out[r, 1], leak[r] = _moved(local, order[w], p, lowest, strength[r], inside, q)


@compiled
def total_variation_batch(values: Any, p: Any, strength: Any, priced: bool, inside: bool, law: Any, out: Any) -> None:
    """Rows of (R, n) doubles, each with values of its own. ``out`` (R, 2): value, multiplier."""
    o = np.empty(p.shape[1], dtype=np.intp)
    for r in range(p.shape[0]):
        if priced:
            out[r, 0], out[r, 1], _ = _cut(values[r], p[r], math.inf, strength[r], inside, law[r])
        else:
            ordered(values[r], o)
            out[r, 0], out[r, 1], _ = _moved(values[r], o, p[r], math.inf, strength[r], inside, law[r])


@compiled
def total_variation_duals(
    values: Any,
    starts: Any,
    columns: Any,
    data: Any,
    lowest: float,
    strength: Any,
    priced: bool,
    inside: bool,
    drop: Any,
    out: Any,
) -> None:
    r""":math:`E\min(V, V_{\min} + d) - \rho d` at the multiplier d of each row (no last term if ``priced``)."""
    x = np.empty(longest(starts))
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        p, v = data[begin:end], values[min(r, values.shape[0] - 1)]
        local = gathered(v, columns[begin:end], x) if columns.size > 0 else v
        floor = min(local[_smallest(local, p, inside)], lowest)
        scale = 1.0 / _total(p)
        total = 0.0
        for i in range(p.size):
            if p[i] > 0.0:
                total += p[i] * scale * min(local[i] - floor, drop[r])
        out[r] = floor + (total if priced or drop[r] == 0.0 else total - strength[r] * drop[r])


@compiled
def contamination_rows(
    values: Any, starts: Any, columns: Any, data: Any, lowest: float, strength: Any, law: Any, leak: Any, out: Any
) -> None:
    """A share ``strength`` of the mass goes to the smallest value. ``out`` (R, 2): value and multiplier."""
    x = np.empty(longest(starts))
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        p, v = data[begin:end], values[min(r, values.shape[0] - 1)]
        local = gathered(v, columns[begin:end], x) if columns.size > 0 else v
        target = _smallest(local, p, False)
        floor = min(local[target], lowest)
        scale = 1.0 / _total(p)
        mean = 0.0
        for i in range(p.size):
            law[begin + i] = (1.0 - strength[r]) * (p[i] * scale)
            if p[i] > 0.0:
                mean += p[i] * scale * (local[i] - floor)
        leak[r] = 0.0
        if lowest < local[target]:
            leak[r] = strength[r]
        else:
            law[begin + target] += strength[r]
        out[r, 0], out[r, 1] = floor + (1.0 - strength[r]) * mean, mean


@compiled
def _tail(values: Any, order: Any, p: Any, level: float, law: Any) -> tuple[float, float]:
    """Value and quantile: the mean of the lowest ``level`` of mass, and where it ends."""
    scale = 1.0 / _total(p)
    base = values[_smallest(values, p, True)]
    law[:] = 0.0
    left, mean, quantile = level, 0.0, base
    if level == 0.0:
        mass = 0.0
        for i in range(p.size):
            if values[i] == base:
                mass += p[i]
        for i in range(p.size):
            if values[i] == base:
                law[i] = p[i] / mass
        return base, base
    for i in order:
        if p[i] > 0.0:
            step = min(p[i] * scale, left)
            law[i] = step / level
            left -= step
            mean += law[i] * (values[i] - base)
            quantile = values[i]
            if left <= 0.0:
                break
    return base + mean, quantile


@compiled
def lowest_mass_rows(values: Any, order: Any, starts: Any, columns: Any, data: Any, level: float, law: Any, out: Any) -> None:
    """The part of each law below its ``level`` quantile, scaled up to one. ``out`` (R, 2): value and quantile."""
    size = longest(starts)
    x, o = np.empty(size), np.empty(size, dtype=np.intp)
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        w = min(r, values.shape[0] - 1)
        if columns.size > 0:
            local = gathered(values[w], columns[begin:end], x)
            by_value = o[: end - begin]
            ordered(local, by_value)
            out[r, 0], out[r, 1] = _tail(local, by_value, data[begin:end], level, law[begin:end])
        else:
            out[r, 0], out[r, 1] = _tail(values[w], order[w], data[begin:end], level, law[begin:end])


@compiled
def lowest_mass_duals(values: Any, starts: Any, columns: Any, data: Any, level: float, quantile: Any, out: Any) -> None:
    r""":math:`\eta - E(\eta - V)_+ / \text{level}` at the quantile eta of each row."""
    x = np.empty(longest(starts))
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        p, v = data[begin:end], values[min(r, values.shape[0] - 1)]
        local = gathered(v, columns[begin:end], x) if columns.size > 0 else v
        scale = 1.0 / _total(p)
        short = 0.0
        for i in range(p.size):
            if p[i] > 0.0 and local[i] < quantile[r]:
                short += p[i] * scale * (quantile[r] - local[i])
        out[r] = quantile[r] - (short / level if short > 0.0 else 0.0)
