"""Worst laws for divergences with an inverse slope: Jensen-Shannon, Jeffreys, triangular.

A row is ``gaps`` g above its smallest value, scaled to [0, 1], and a law p > 0. The minimiser of <q, g> + penalty D(q, p) is
``q_i = p_i h(f'(r) - g_i / penalty)`` with h the inverse of f' and r the ratio q / p of the best state, which makes it a law.
"""

from __future__ import annotations

import math

import numpy as np

from tabular.divergences.generators import JEFFREYS, compiled, divergence, edge_gap, edge_ratio, inverse_slope, slope
from tabular.divergences.roots import best_point, open_bracket, proposal, settled
from tabular.divergences.unit_rows import OPEN, PART, keep_support, mean_of

__all__ = ["ratio_rows"]


@compiled
def _ratio_law(kind: int, k: float, gaps: np.ndarray, p: np.ndarray, x: float, penalty: float, law: np.ndarray) -> float:
    """The law whose best ratio is ``e^x``, exactly so at the best states, divided by its sum; the logarithm of that sum."""
    best, total = math.exp(x), 0.0
    edge = kind != JEFFREYS
    y = edge_gap(kind, k, x) if edge else slope(kind, k, best, math.expm1(x))
    for i in range(p.size):
        if gaps[i] == 0.0:
            ratio = best
        else:
            u = gaps[i] / penalty
            ratio = edge_ratio(kind, k, y + u) if edge else inverse_slope(kind, k, y - u)
        law[i] = p[i] * ratio
        total += law[i]
    for i in range(p.size):
        law[i] /= total
    return math.log(total)


@compiled
def ratio_at_penalty(
    kind: int, k: float, gaps: np.ndarray, p: np.ndarray, bound: float, penalty: float, law: np.ndarray, point: np.ndarray
) -> None:
    """Root in x between 0 and the bound, minus the logarithm of the best states' mass."""
    low, high = 0.0, bound * (1.0 + 1e-15) + 1e-15
    f_low = _ratio_law(kind, k, gaps, p, low, penalty, law)
    f_high = _ratio_law(kind, k, gaps, p, high, penalty, law)
    x = low if abs(f_low) < abs(f_high) else high
    if f_low < 0.0 < f_high:
        root = np.empty(8)
        open_bracket(root, low, f_low, high, f_high)
        while True:
            x = proposal(root)
            if settled(root, x, _ratio_law(kind, k, gaps, p, x, penalty, law)):
                break
        x = best_point(root)
    _ratio_law(kind, k, gaps, p, x, penalty, law)
    point[0], point[1] = penalty, x


@compiled
def _price(kind: int, k: float, gaps: np.ndarray, p: np.ndarray, x: float, law: np.ndarray) -> float:
    """The penalty at which the best ratio is ``e^x``; ``law`` is left there. The sum grows with the penalty."""
    low = high = 0.0
    f_low = f_high = _ratio_law(kind, k, gaps, p, x, 1.0, law)
    step = 1.0
    while f_low > 0.0 and low > -740.0:
        high, f_high = low, f_low
        low = max(low - step, -740.0)
        f_low = _ratio_law(kind, k, gaps, p, x, math.exp(low), law)
        step *= 2.0
    step = 1.0
    while f_high < 0.0 and high < 700.0:
        low, f_low = high, f_high
        high = min(high + step, 700.0)
        f_high = _ratio_law(kind, k, gaps, p, x, math.exp(high), law)
        step *= 2.0
    price = low if f_low >= 0.0 else high
    if f_low < 0.0 < f_high:
        root = np.empty(8)
        open_bracket(root, low, f_low, high, f_high)
        while True:
            price = proposal(root)
            if settled(root, price, _ratio_law(kind, k, gaps, p, x, math.exp(price), law)):
                break
        price = best_point(root)
    _ratio_law(kind, k, gaps, p, x, math.exp(price), law)
    return math.exp(price)


@compiled
def _excess(
    kind: int,
    k: float,
    gaps: np.ndarray,
    p: np.ndarray,
    bound: float,
    radius: float,
    x: float,
    law: np.ndarray,
    point: np.ndarray,
) -> float:
    """``log(D / radius)``, increasing in x.

    For Jeffreys, whose cost explodes as mass vanishes, x is minus the log of the penalty and the best ratio the root inside.
    For the others, whose cost is linear at infinity, x is the logarithm of the best ratio and the penalty the root inside: where
    the best states have hardly any mass, the penalty would say next to nothing about the law.
    """
    if kind == JEFFREYS:
        ratio_at_penalty(kind, k, gaps, p, bound, math.exp(-x), law, point)
    else:
        point[0], point[1] = _price(kind, k, gaps, p, x, law), x
    distance = divergence(kind, k, law, p)
    return math.log(distance / radius) if distance > 1e-300 * radius else -700.0


@compiled
def ratio_to_radius(
    kind: int, k: float, gaps: np.ndarray, p: np.ndarray, bound: float, radius: float, law: np.ndarray, point: np.ndarray
) -> None:
    """Root of ``log D = log radius`` in the variable of :func:`_excess`."""
    low, high = 0.0, bound
    if kind == JEFFREYS:
        low = high = 0.5 * math.log(radius)
        f_low = f_high = _excess(kind, k, gaps, p, bound, radius, low, law, point)
        step = 1.0
        while f_low > 0.0 and low > -690.0:
            high, f_high = low, f_low
            low = max(low - step, -690.0)
            f_low = _excess(kind, k, gaps, p, bound, radius, low, law, point)
            step *= 2.0
        step = 1.0
        while f_high < 0.0 and high < 690.0:
            low, f_low = high, f_high
            high = min(high + step, 690.0)
            f_high = _excess(kind, k, gaps, p, bound, radius, high, law, point)
            step *= 2.0
    else:
        f_low, f_high = -700.0, 700.0  # where the penalty is infinite or zero, neither of which is a number to try
    x = high
    if f_low < 0.0 < f_high:
        root = np.empty(8)
        open_bracket(root, low, f_low, high, f_high)
        while True:
            x = proposal(root)
            if settled(root, x, _excess(kind, k, gaps, p, bound, radius, x, law, point)):
                break
        x = best_point(root)
    _excess(kind, k, gaps, p, bound, radius, x, law, point)


@compiled
def ratio_rows(
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
    """The rows that are still open."""
    for r in range(leak.size):
        if leak[r] == OPEN:
            leak[r] = 0.0
            g, w, q = gaps[ends[r] : ends[r + 1]], p[ends[r] : ends[r + 1]], law[ends[r] : ends[r + 1]]
            if constrained:
                ratio_to_radius(kind, k, g, w, -math.log(point[r, 1]), facts[r, PART], q, point[r])
                point[r, 2] = mean_of(q, g)
            else:
                ratio_at_penalty(kind, k, g, w, -math.log(point[r, 1]), facts[r, PART], q, point[r])
                point[r, 2] = mean_of(q, g) + facts[r, PART] * divergence(kind, k, q, w)
            if kind == JEFFREYS:
                keep_support(q)
