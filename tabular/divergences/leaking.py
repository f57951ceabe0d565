r"""Mass outside the support: where :math:`f'(\infty)` is finite, the adversary may put mass on states that the row does not have.

A row is ``gaps`` g above its smallest value, scaled, and a law p > 0; the lowest outside state lies ``depth`` > 0 below. At
penalty :math:`\lambda` a law with a leak has :math:`q_i = p_i\, h(f'(\infty) - (g_i + depth) / \lambda)`, h the inverse of f',
and leaks what is missing to one. For Cressie-Read, :math:`h(f'(\infty) - u) = ((1 - k) u)^{-1/(1-k)}`, so these laws are
multiples of one law.
"""

from __future__ import annotations

import math

import numpy as np

from tabular.divergences.generators import CRESSIE_READ, cell, compiled, divergence, edge_ratio, limit_at_infinity
from tabular.divergences.roots import best_point, open_bracket, proposal, settled
from tabular.divergences.unit_rows import DEPTH, OPEN, PART, mean_of

__all__ = ["leak_rows"]


@compiled
def leak_at_penalty(kind: int, k: float, gaps: np.ndarray, p: np.ndarray, depth: float, penalty: float, law: np.ndarray) -> float:
    """The law whose multiplier is that of the outside state; its leak, negative if the mass inside already exceeds one."""
    total = 0.0
    for i in range(p.size):
        law[i] = p[i] * edge_ratio(kind, k, (gaps[i] + depth) / penalty)
        total += law[i]
    return 1.0 - total


@compiled
def edge_law(kind: int, k: float, gaps: np.ndarray, p: np.ndarray, depth: float, law: np.ndarray) -> float:
    """The law at which leaking begins, and its penalty."""
    if kind == CRESSIE_READ:  # the total is proportional to penalty^(1 / (1 - k))
        total = 0.0
        for i in range(p.size):
            law[i] = p[i] * ((gaps[i] + depth) / depth) ** (-1.0 / (1.0 - k))
            total += law[i]
        for i in range(p.size):
            law[i] /= total
        return (1.0 - k) * depth * total ** (k - 1.0)
    low, high = _around_edge(kind, k, gaps, p, depth, law)
    for _ in range(200):
        x = 0.5 * (low + high)
        if high - low <= 4e-16 * max(1.0, abs(x)):
            break
        if leak_at_penalty(kind, k, gaps, p, depth, math.exp(x), law) >= 0.0:
            low = x
        else:
            high = x
    leak_at_penalty(kind, k, gaps, p, depth, math.exp(low), law)
    return math.exp(low)


@compiled
def _around_edge(kind: int, k: float, gaps: np.ndarray, p: np.ndarray, depth: float, law: np.ndarray) -> tuple[float, float]:
    """log penalties with and without a leak: the leak shrinks as the penalty grows."""
    low = high = math.log(depth)
    step = 1.0
    while leak_at_penalty(kind, k, gaps, p, depth, math.exp(low), law) < 0.0 and low > -700.0:
        low -= step
        step *= 2.0
    step = 1.0
    while leak_at_penalty(kind, k, gaps, p, depth, math.exp(high), law) >= 0.0 and high < 700.0:
        high += step
        step *= 2.0
    return low, high


@compiled
def leak_to_radius(
    kind: int,
    k: float,
    gaps: np.ndarray,
    p: np.ndarray,
    depth: float,
    edge: float,
    radius: float,
    law: np.ndarray,
    point: np.ndarray,
) -> float:
    """Root of ``D(law, p) + f'(inf) leak = radius`` among leaking laws; ``law`` and ``edge`` come from :func:`edge_law`.

    The variable is the leak's log-odds for Cressie-Read, so that both ends keep their digits, and the log of the penalty
    otherwise.
    """
    away = limit_at_infinity(kind, k)
    root = np.empty(8)
    if kind == CRESSIE_READ:
        open_bracket(root, -745.0, -700.0, 745.0, 700.0)
        while True:
            x = proposal(root)
            inside = 1.0 / (1.0 + math.exp(x))
            distance = away * (1.0 / (1.0 + math.exp(-x)))
            for i in range(p.size):
                distance += cell(kind, k, inside * law[i], p[i])
            if settled(root, x, math.log(distance / radius)):
                break
        x = best_point(root)
        inside = 1.0 / (1.0 + math.exp(x))
        for i in range(p.size):
            law[i] *= inside
        point[0] = edge * inside ** (1.0 - k)
        return 1.0 / (1.0 + math.exp(-x))
    high = math.log(edge)
    low = high - 1.0
    f_high, f_low, step = 700.0, 0.0, 1.0
    while True:  # the residual is log(radius / distance), which grows with the penalty
        f_low = _shortage(kind, k, gaps, p, depth, away, radius, low, law)
        if f_low <= 0.0 or low < -700.0:
            break
        high, f_high = low, f_low
        low -= step
        step *= 2.0
    x = low
    if f_low < 0.0 < f_high:
        open_bracket(root, low, f_low, high, f_high)
        while True:
            x = proposal(root)
            if settled(root, x, _shortage(kind, k, gaps, p, depth, away, radius, x, law)):
                break
        x = best_point(root)
    point[0] = math.exp(x)
    return max(0.0, leak_at_penalty(kind, k, gaps, p, depth, point[0], law))


@compiled
def _shortage(
    kind: int,
    k: float,
    gaps: np.ndarray,
    p: np.ndarray,
    depth: float,
    away: float,
    radius: float,
    x: float,
    law: np.ndarray,
) -> float:
    leak = leak_at_penalty(kind, k, gaps, p, depth, math.exp(x), law)
    distance = divergence(kind, k, law, p) + away * max(leak, 0.0)
    return -math.log(distance / radius) if distance > 1e-300 * radius else 700.0


@compiled
def leak_rows(
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
) -> None:
    """The open rows whose worst law leaks; the others stay open."""
    away = limit_at_infinity(kind, k)
    for r in range(leak.size):
        depth, part = facts[r, DEPTH], facts[r, PART]
        if leak[r] != OPEN or depth == 0.0:
            continue
        g, w, q = gaps[ends[r] : ends[r + 1]], p[ends[r] : ends[r + 1]], law[ends[r] : ends[r + 1]]
        if constrained:
            edge = edge_law(kind, k, g, w, depth, q)
            if divergence(kind, k, q, w) < part:
                leak[r] = leak_to_radius(kind, k, g, w, depth, edge, part, q, point[r])
                point[r, 2] = mean_of(q, g) - leak[r] * depth
        else:
            escaped = leak_at_penalty(kind, k, g, w, depth, part, q)
            if escaped >= 0.0:
                leak[r], point[r, 0] = escaped, part
                point[r, 2] = mean_of(q, g) - escaped * depth + part * (divergence(kind, k, q, w) + away * escaped)
        if leak[r] == 0.0:  # just on the edge: the dual point is that of a law without a leak
            point[r, 1] = math.log(edge_ratio(kind, k, depth / point[r, 0]))
