r"""Worst laws of one row in fractions, each by a loop that can be checked by eye.

Every function returns the law, the multiplier, and the distance spent.
"""

from __future__ import annotations

from fractions import Fraction

__all__ = ["box", "contamination", "lowest_mass", "total_variation", "total_variation_penalised", "transport"]

Law = list[Fraction]
Exact = tuple[Law, Fraction, Fraction]
ZERO, ONE = Fraction(0), Fraction(1)


def _rising(values: Law) -> list[int]:
    return sorted(range(len(values)), key=lambda i: values[i])


def _sink(values: Law, p: Law, inside: bool) -> int:
    """The first smallest value, of the support if mass stays ``inside``."""
    return min((i for i in range(len(p)) if p[i] > 0 or not inside), key=lambda i: values[i])


def total_variation(values: Law, p: Law, radius: Fraction, inside: bool) -> Exact:
    """Move mass ``radius`` from the largest values to the smallest."""
    law, sink = list(p), _sink(values, p, inside)
    left, drop = radius, ZERO
    for i in reversed(_rising(values)):
        gap = values[i] - values[sink]
        if p[i] > 0 and gap > 0 and (left > 0 or radius == 0 == drop):
            step, drop = min(p[i], left), gap
            law[i] -= step
            law[sink] += step
            left -= step
    return law, drop if left == 0 else ZERO, radius - left


def total_variation_penalised(values: Law, p: Law, penalty: Fraction, inside: bool) -> Exact:
    """Move everything more than ``penalty`` above the smallest value."""
    law, sink = list(p), _sink(values, p, inside)
    for i in range(len(p)):
        if p[i] > 0 and values[i] - values[sink] > penalty:
            law[sink] += law[i]
            law[i] = ZERO
    return law, penalty, sum(max(x - q, ZERO) for x, q in zip(p, law, strict=True)) + ZERO


def contamination(values: Law, p: Law, radius: Fraction) -> Exact:
    """``(1 - radius) p + radius`` at the smallest value."""
    law, sink = [(1 - radius) * x for x in p], _sink(values, p, False)
    law[sink] += radius
    return law, sum((x * (v - values[sink]) for x, v in zip(p, values, strict=True)), ZERO), radius


def box(values: Law, p: Law, radius: Fraction) -> Exact:
    """Lowest values first, between ``max(p - radius, 0)`` and ``min(p + radius, 1)``."""
    law = [max(x - radius, ZERO) for x in p]
    left, marginal = ONE - sum(law), min(values)
    for i in _rising(values):
        step = min(min(p[i] + radius, ONE) - law[i], left)
        if left > 0:
            marginal = values[i]
        law[i] += step
        left -= step
    lost = sum((v - marginal for v, x in zip(values, p, strict=True) if v > marginal and x > radius), ZERO)
    gained = sum((marginal - v for v, x in zip(values, p, strict=True) if v < marginal and x + radius < 1), ZERO)
    return law, lost + gained, radius


def lowest_mass(values: Law, p: Law, level: Fraction) -> Exact:
    """The part of the law below its ``level`` quantile, scaled up to one; the multiplier is the quantile."""
    sink = _sink(values, p, True)
    if level == 0:
        mass = sum((x for x, v in zip(p, values, strict=True) if v == values[sink]), ZERO)
        return [x / mass if v == values[sink] else ZERO for x, v in zip(p, values, strict=True)], values[sink], ZERO
    law, left, quantile = [ZERO] * len(p), level, values[sink]
    for i in _rising(values):
        if p[i] > 0 and left > 0:
            step, quantile = min(p[i], left), values[i]
            law[i] = step / level
            left -= step
    return law, quantile, ZERO


def transport(values: Law, p: Law, cost: list[Law], strength: Fraction, priced: bool) -> Exact:
    """Walk down the steepest edges of the hulls of (cost, value): all steeper than a price, or until the budget is spent."""
    law, spent = list(p), ZERO
    where = list(range(len(p)))
    while True:
        best, steepest = None, ZERO
        for i in (i for i in range(len(p)) if p[i] > 0):
            here = where[i]
            for j in (j for j in range(len(p)) if values[j] < values[here] and cost[i][j] > cost[i][here]):
                slope = (values[here] - values[j]) / (cost[i][j] - cost[i][here])
                if best is None or slope > steepest or (slope == steepest and i == best[0] and values[j] < values[best[1]]):
                    best, steepest = (i, j), slope
        if best is None or (priced and steepest <= strength):
            return law, strength if priced else ZERO, spent
        if not priced and spent == strength:
            return law, steepest, spent
        i, j = best
        price = cost[i][j] - cost[i][where[i]]
        share = p[i] if priced else min(p[i], (strength - spent) / price)
        law[where[i]] -= share
        law[j] += share
        spent += share * price
        if share < p[i]:
            return law, steepest, spent
        where[i] = j
