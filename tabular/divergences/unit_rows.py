"""Rows in unit form and back: gaps above the smallest value in units of the spread, on the support alone."""

from __future__ import annotations

import math

import numpy as np

from tabular.divergences.generators import cell, compiled, limit_at_infinity, second

__all__ = [
    "DEPTH",
    "LEAST",
    "OPEN",
    "OUTSIDE",
    "PART",
    "SMALLEST",
    "TINY",
    "TOTAL",
    "UNIT",
    "keep_support",
    "limits",
    "mean_of",
    "scatter",
    "unit_rows",
]

SMALLEST, UNIT, DEPTH, TOTAL, PART, LEAST, OUTSIDE = 0, 1, 2, 3, 4, 5, 6
"""Facts of a row: smallest value, unit (the spread), depth of the lowest outside state, sum; the radius, or the penalty in that
unit; what a measure adds to the value; the place of the lowest outside state if it is in the row."""

OPEN = -1.0
"""A leak that is not decided yet."""

TINY = 1e-290
"""A penalty of this share of the spread, or a radius, changes no double: the limits are taken, which are exact. Gaps of this
share are none: laws would be searched for at ratios that no double holds."""

SMALL = 1e-12
"""Radii from here on move some ratio by more than a part in a million."""

STILL = 1e16
"""A penalty of so many spreads moves no probability by its last place: the law is p, the value its mean, to 1e-16."""


@compiled
def unit_rows(
    values: np.ndarray,
    stride: int,
    starts: np.ndarray,
    columns: np.ndarray,
    data: np.ndarray,
    lowest: float,
    leaks: bool,
    first: int,
    ends: np.ndarray,
    gaps: np.ndarray,
    p: np.ndarray,
    places: np.ndarray,
    facts: np.ndarray,
) -> None:
    """Rows from ``first`` on: row r is at ``ends[r] : ends[r + 1]`` of gaps, p and places."""
    n = 0
    ends[0] = 0
    for r in range(facts.shape[0]):
        begin, end = starts[first + r], starts[first + r + 1]
        shift = (first + r) * stride - begin
        m, top, total, outside, where = math.inf, -math.inf, 0.0, math.inf, -1.0
        for j in range(begin, end):
            v = values[columns[j]] if columns.size > 0 else values[j + shift]
            if data[j] > 0.0:
                gaps[n], p[n], places[n] = v, data[j], j
                m, top, total = min(m, v), max(top, v), total + data[j]
                n += 1
            elif v < outside:
                outside, where = v, float(j)
        ends[r + 1] = n
        if stride == 0:
            outside = lowest
        spread = top - m
        depth = m - outside if leaks and outside < m else 0.0
        if spread < 1e-15 * depth:
            spread = 0.0  # beside such a depth the row is constant: it moves no answer by more than rounding of the depth does
        unit = spread if spread > 0.0 else depth
        if unit > 1e-290:
            scale = 1.0 / unit
            for i in range(ends[r], n):
                gap = (gaps[i] - m) * scale
                gaps[i] = gap if gap > TINY else 0.0
        else:
            for i in range(ends[r], n):
                gaps[i] = (gaps[i] - m) / unit if unit > 0.0 else 0.0
        if spread == 0.0:
            for i in range(ends[r], n):
                gaps[i] = 0.0
        if total != 1.0:
            scale = 1.0 / total
            for i in range(ends[r], n):
                p[i] *= scale
        facts[r, SMALLEST], facts[r, UNIT], facts[r, TOTAL] = m, unit, total
        facts[r, DEPTH], facts[r, LEAST], facts[r, OUTSIDE] = depth / unit if unit > 0.0 else 0.0, 0.0, where


@compiled
def limits(
    kind: int,
    k: float,
    ends: np.ndarray,
    gaps: np.ndarray,
    p: np.ndarray,
    facts: np.ndarray,
    constrained: bool,
    near: float,
    law: np.ndarray,
    point: np.ndarray,
    leak: np.ndarray,
) -> None:
    """Laws of rows without a choice, with no or endless room. For the others ``point`` holds the mass of the best states."""
    for r in range(leak.size):
        begin, end = ends[r], ends[r + 1]
        strength, depth = facts[r, PART], facts[r, DEPTH]
        leak[r] = OPEN
        still = strength == 0.0 if constrained else strength > STILL
        if still and not constrained and depth > 0.0:
            still = strength * limit_at_infinity(kind, k) > 2.0 * (1.0 + depth)  # else mass goes outside, whatever the price
        if facts[r, UNIT] == 0.0 or still:
            mean = 0.0
            for i in range(begin, end):
                law[i] = p[i]
                mean += p[i] * gaps[i]
            leak[r] = 0.0
            point[r, 0] = (0.0 if constrained else strength) if facts[r, UNIT] == 0.0 else math.inf
            point[r, 1], point[r, 2] = 0.0, mean
            continue
        if (
            constrained
            and strength < SMALL
            and _second_order(kind, k, gaps[begin:end], p[begin:end], depth, strength, near, law[begin:end], point[r])
        ):
            leak[r] = 0.0
            continue
        mass, rest = 0.0, 0.0
        for i in range(begin, end):
            if gaps[i] == 0.0:
                mass += p[i]
            else:
                rest += p[i]
        point[r, 0], point[r, 1], point[r, 2] = 0.0, mass, 0.0
        if depth > 0.0:
            if (constrained and strength >= cell(kind, k, 0.0, 1.0) + cell(kind, k, 1.0, 0.0)) or (
                not constrained and strength < TINY
            ):
                for i in range(begin, end):
                    law[i] = 0.0
                leak[r], point[r, 2] = 1.0, -depth
        elif (constrained and strength >= cell(kind, k, 1.0, mass) + cell(kind, k, 0.0, rest)) or (
            not constrained and strength < TINY
        ):
            leak[r] = 0.0
            # where a lost state is infinitely far, a price above 0 keeps a trace of it: what that costs changes no double
            trace = 1e-150 if not constrained and strength > 0.0 and cell(kind, k, 0.0, 1.0) == math.inf else 0.0
            for i in range(begin, end):
                law[i] = p[i] / mass if gaps[i] == 0.0 else trace * p[i]


@compiled
def _second_order(
    kind: int,
    k: float,
    gaps: np.ndarray,
    p: np.ndarray,
    depth: float,
    radius: float,
    near: float,
    law: np.ndarray,
    point: np.ndarray,
) -> bool:
    """The law within a radius so small that no ratio q / p moves by ``near``: there all divergences are half f''(1) chi-square.

    A divergence recomputed from a stored law loses all its digits there, and the radius with it.
    """
    mean, spread, curvature = mean_of(p, gaps), 0.0, second(kind, k, 1.0)
    for i in range(p.size):
        spread += p[i] * (gaps[i] - mean) ** 2
    deviation = math.sqrt(spread)
    slope = math.sqrt(2.0 * radius / curvature) / deviation if deviation > 0.0 else math.inf
    if not slope < near or (depth > 0.0 and slope * curvature * (1.0 + depth) > 0.1 * limit_at_infinity(kind, k)):
        return False
    for i in range(p.size):
        law[i] = p[i] * (1.0 - slope * (gaps[i] - mean))
    point[0], point[1], point[2] = 1.0 / (slope * curvature), math.log1p(slope * mean), mean - slope * spread
    return True


@compiled
def scatter(
    starts: np.ndarray,
    first: int,
    ends: np.ndarray,
    places: np.ndarray,
    law: np.ndarray,
    facts: np.ndarray,
    leak: np.ndarray,
    inside: bool,
    out: np.ndarray,
) -> None:
    """Laws to the places of their states; a leak to its place in the row if it has one."""
    for r in range(leak.size):
        for j in range(starts[first + r], starts[first + r + 1]):
            out[j] = 0.0
        for i in range(ends[r], ends[r + 1]):
            out[places[i]] = law[i]
        if inside and leak[r] > 0.0:
            out[int(facts[r, OUTSIDE])] = leak[r]


@compiled
def mean_of(law: np.ndarray, gaps: np.ndarray) -> float:
    total = 0.0
    for i in range(law.size):
        total += law[i] * gaps[i]
    return total


@compiled
def keep_support(law: np.ndarray) -> None:
    """For laws that leave no state of the support: a probability that underflows would be too far, even infinitely.

    Far above the smallest double, so that rigorous bounds on its ratio to the reference do not reach 0.
    """
    for i in range(law.size):
        law[i] = max(law[i], 1e-290)
