"""Both sides of a worst case: the value of a law, and the dual function at the point that a family leaves."""

from __future__ import annotations

import math

import numpy as np

from tabular.divergences.generators import (
    CRESSIE_READ,
    compiled,
    conjugate,
    conjugate_of_base,
    divergence,
    edge_conjugate,
    edge_gap,
    limit_at_infinity,
    slope,
)
from tabular.divergences.unit_rows import DEPTH, LEAST, PART, SMALLEST, TINY, UNIT

__all__ = ["dual_value", "finish", "primal_value"]


@compiled
def primal_value(
    kind: int, k: float, gaps: np.ndarray, p: np.ndarray, depth: float, law: np.ndarray, leak: float, penalty: float
) -> float:
    """``<q, g> + penalty D(q, p)``; a penalty of 0 or infinity adds nothing."""
    total = -leak * depth
    for i in range(p.size):
        total += law[i] * gaps[i]
    if 0.0 < penalty < math.inf:
        total += penalty * divergence(kind, k, law, p)
        if leak > 0.0:
            total += penalty * leak * limit_at_infinity(kind, k)
    return total


@compiled
def dual_value(
    kind: int,
    k: float,
    gaps: np.ndarray,
    p: np.ndarray,
    depth: float,
    leak: float,
    penalty: float,
    best: float,
    anchor: float,
) -> float:
    """``eta - penalty sum p f*((eta - g) / penalty)``, at most the penalised optimum for every eta.

    Here eta is the one at which the states with gap ``anchor``, which is 0 unless k > 1, have the ratio ``e^best``, or at which
    the outside state just gets mass.
    """
    if penalty < TINY:
        return -depth
    if penalty == math.inf:
        mean = 0.0
        for i in range(p.size):
            mean += p[i] * gaps[i]
        return mean
    total, y = 0.0, 0.0
    away = limit_at_infinity(kind, k)
    if leak > 0.0 or (away < math.inf and best > 0.7 and (kind != CRESSIE_READ or k < 0.99)):
        u = depth / penalty if leak > 0.0 else max(edge_gap(kind, k, best), depth / penalty)
        y = away - u
        for i in range(p.size):
            total += p[i] * edge_conjugate(kind, k, u + gaps[i] / penalty)
    elif kind == CRESSIE_READ and k > 1.01 and best * (k - 1.0) > 0.5:
        base = math.exp((k - 1.0) * best)
        y = (base - 1.0) / (k - 1.0)
        for i in range(p.size):
            total += p[i] * conjugate_of_base(k, base - (k - 1.0) * (gaps[i] - anchor) / penalty)
    else:
        y = slope(kind, k, math.exp(best), math.expm1(best))
        if depth > 0.0:
            y = min(y, away - depth / penalty)
        for i in range(p.size):
            total += p[i] * conjugate(kind, k, y - (gaps[i] - anchor) / penalty)
    return anchor + penalty * (y - total) if total < math.inf else -math.inf


@compiled
def finish(
    kind: int,
    k: float,
    ends: np.ndarray,
    gaps: np.ndarray,
    p: np.ndarray,
    facts: np.ndarray,
    constrained: bool,
    law: np.ndarray,
    point: np.ndarray,
    leak: np.ndarray,
    out: np.ndarray,
) -> None:
    """Value of the law, multiplier, dual value, in the units of the caller."""
    for r in range(leak.size):
        m, unit, depth, part, least = facts[r, SMALLEST], facts[r, UNIT], facts[r, DEPTH], facts[r, PART], facts[r, LEAST]
        g, w, q = gaps[ends[r] : ends[r + 1]], p[ends[r] : ends[r + 1]], law[ends[r] : ends[r + 1]]
        value = primal_value(kind, k, g, w, depth, q, leak[r], 0.0 if constrained else part)
        dual = 0.0
        if unit > 0.0:
            dual = dual_value(kind, k, g, w, depth, leak[r], point[r, 0], point[r, 1], 0.0)
            if kind == CRESSIE_READ and k > 1.01 and point[r, 1] > 0.7 and point[r, 0] > TINY:
                # next to a best state of hardly any mass, the heaviest one knows eta better
                i = np.argmax(q)
                ratio = math.log1p((q[i] - w[i]) / w[i]) if abs(q[i] - w[i]) < 0.5 * w[i] else math.log(q[i] / w[i])
                dual = max(dual, dual_value(kind, k, g, w, depth, leak[r], point[r, 0], ratio, g[i]))
            if constrained and 0.0 < point[r, 0] < math.inf:
                dual -= point[r, 0] * part
        out[r, 0], out[r, 1], out[r, 2] = m + (unit * value + least), unit * point[r, 0], m + (unit * dual + least)
