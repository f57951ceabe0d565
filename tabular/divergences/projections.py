r"""Budgets: the least divergence at which a law's mean falls to a target, and what a price makes an adversary spend.

A row is ``gaps`` g >= 0 in increasing order, above a floor that no mean can pass, and a law p > 0 on them; the floor itself may
have no mass. For a target t between 0 and the mean,

.. math:: d(t) = \min \{ D(q, p) : \langle q, g\rangle \le t \}, \qquad -d'(t) = 1 / \lambda,

is convex and falls to 0 at the mean; lambda is the penalty with the same law. All four families have one parameter x with
explicit laws:

==========  ===================================  ==========================================================
family      law                                  mean
==========  ===================================  ==========================================================
total var.  p, less mass at the largest gaps     :math:`\mu` less what that saves
KL          :math:`\propto p\, e^{-x g}`         decreasing in :math:`x = 1 / \lambda`
chi-square  :math:`\propto p\, (x - g)_+`        a ratio of prefix sums in x; :math:`2\lambda = E(x - g)_+`
Burg        :math:`\lambda p / (g + x)`          :math:`\lambda - x`, :math:`\lambda = 1 / E (g + x)^{-1}`
==========  ===================================  ==========================================================

Burg's law leaks to a floor without mass: from x = 0 on lambda falls by itself, with the rest of the mass at the floor.
Sums of divergences are taken over ratios minus one, so that small budgets keep their digits.
"""

from __future__ import annotations

import math

import numpy as np

from tabular.divergences.generators import CRESSIE_READ, compiled, generator

__all__ = ["BURG", "CHI_SQUARE", "ENTROPIC", "VARIATION", "project", "spend"]

VARIATION, ENTROPIC, CHI_SQUARE, BURG = 0, 1, 2, 3
"""Total variation (half the L1 norm), KL, Pearson's chi-square, reverse KL."""

ROUNDS = 200

LAST = 4e-16
"""A step of this share of the parameter is its last place: it must be seen before the bracket, at whose end the root may lie."""


@compiled
def project(family: int, gaps: np.ndarray, p: np.ndarray, mean: float, target: float) -> tuple[float, float]:
    """``(d(t), 1 / lambda)`` at ``t = target``; infinite below the floor."""
    if target >= mean:
        return 0.0, 0.0
    if target < 0.0:
        return math.inf, math.inf
    if family == VARIATION:
        return _variation(gaps, p, mean, target)
    if target == 0.0:
        return _at_floor(family, gaps, p)
    if family == ENTROPIC:
        return _entropic(gaps, p, mean, target)
    if family == CHI_SQUARE:
        return _chi_square(gaps, p, target)
    return _burg(gaps, p, mean, target)


@compiled
def _at_floor(family: int, gaps: np.ndarray, p: np.ndarray) -> tuple[float, float]:
    mass = 0.0
    for i in range(p.size):
        if gaps[i] > 0.0:
            break
        mass += p[i]
    if mass == 0.0 or (family == BURG and mass < 1.0):
        return math.inf, math.inf
    if family == ENTROPIC:
        return -math.log(min(mass, 1.0)), math.inf
    return max(1.0 / mass - 1.0, 0.0), math.inf


@compiled
def _variation(gaps: np.ndarray, p: np.ndarray, mean: float, target: float) -> tuple[float, float]:
    """Mass leaves the largest gaps first, and each unit of it saves its gap."""
    need, moved = mean - target, 0.0
    for i in range(p.size - 1, -1, -1):
        if gaps[i] <= 0.0:
            break
        step = min(p[i], need / gaps[i])
        moved += step
        need -= step * gaps[i]
        if need <= 0.0 or step < p[i]:
            return moved, 1.0 / gaps[i]
    return moved, math.inf if target <= 0.0 else 1.0 / gaps[p.size - 1]


@compiled
def _tilted(gaps: np.ndarray, p: np.ndarray, x: float) -> tuple[float, float, float]:
    """Mass, mean and variance of ``p exp(-x (g - g_min))``."""
    z, first, second = 0.0, 0.0, 0.0
    for i in range(p.size):
        h = gaps[i] - gaps[0]
        w = p[i] * math.exp(-x * h)
        z += w
        first += w * h
        second += w * h * h
    first /= z
    return z, gaps[0] + first, max(second / z - first * first, 0.0)


@compiled
def _tilted_cost(gaps: np.ndarray, p: np.ndarray, x: float, z: float) -> float:
    total, log = 0.0, math.log(z)
    for i in range(p.size):
        delta = math.expm1(-x * (gaps[i] - gaps[0]) - log)
        total += p[i] * generator(CRESSIE_READ, 1.0, 1.0 + delta, delta)
    return total


@compiled
def _entropic(gaps: np.ndarray, p: np.ndarray, mean: float, target: float) -> tuple[float, float]:
    """Newton's method on the logarithm of the mean, which is nearly linear in x at both ends."""
    low, high = 0.0, math.inf
    x = 0.0
    z, at, spread = _tilted(gaps, p, x)
    for _ in range(ROUNDS):
        if at > target:
            low = x
        else:
            high = x
        new = x + at * math.log(at / target) / spread if spread > 0.0 else math.inf
        if abs(new - x) <= LAST * x:
            break
        if not low < new < high:
            new = (low + high) / 2 if high < math.inf else (2.0 * x if x > 0.0 else 1.0 / mean)
            if not low < new < high:
                break
        done = abs(new - x) <= 1e-9 * new  # the next error is of the order of its square
        x = new
        z, at, spread = _tilted(gaps, p, x)
        if done:
            break
    return _tilted_cost(gaps, p, x, z), x


@compiled
def _chi_square(gaps: np.ndarray, p: np.ndarray, target: float) -> tuple[float, float]:
    """The first breakpoint whose mean reaches the target ends the segment of the level; sums are of differences to the target."""
    first, second, level = 0.0, 0.0, math.inf
    for i in range(p.size):
        part = p[i] * (gaps[i] - target)
        first += part
        second += part * gaps[i]
        level = second / first
        if i + 1 < p.size and gaps[i + 1] * first >= second and first > 0.0:
            break
    total = 0.0
    for i in range(p.size):
        total += p[i] * max(level - gaps[i], 0.0)
    return _level_cost(gaps, p, level, total), 2.0 / total


@compiled
def _level_cost(gaps: np.ndarray, p: np.ndarray, level: float, total: float) -> float:
    cost = 0.0
    for i in range(p.size):
        delta = (level - gaps[i] - total) / total if gaps[i] < level else -1.0
        cost += p[i] * delta * delta
    return cost


@compiled
def _harmonic(gaps: np.ndarray, p: np.ndarray, mean: float, x: float) -> tuple[float, float, float]:
    """lambda, what the mean lambda - x lacks to that of p, and the derivative of that mean in log x, without cancellation."""
    inverse, lack, first, second = 0.0, 0.0, 0.0, 0.0
    for i in range(p.size):
        w, part = p[i] / (gaps[i] + x), (mean - gaps[i]) / (mean + x)
        inverse += w
        lack += w * (mean - gaps[i]) * part
        first += w * part  # 1 / (g + x) less 1 / (mean + x)
        second += w * part * (part / (gaps[i] + x))
    return 1.0 / inverse, lack / inverse, x * (second - first * first) / (inverse * inverse)


@compiled
def _harmonic_cost(gaps: np.ndarray, p: np.ndarray, x: float, price: float) -> float:
    """``sum p log(p / q)`` with ``q = price p / (g + x)`` and the rest of the mass at the floor."""
    total, kept = 0.0, 0.0
    for i in range(p.size):
        ratio = price / (gaps[i] + x)
        delta = (price - gaps[i] - x) / (gaps[i] + x)
        total += p[i] * generator(CRESSIE_READ, 0.0, ratio, delta)
        kept += p[i] * delta
    return total - kept if x == 0.0 else total


@compiled
def _burg(gaps: np.ndarray, p: np.ndarray, mean: float, target: float) -> tuple[float, float]:
    if gaps[0] > 0.0:
        price = _harmonic(gaps, p, mean, 0.0)[0]
        if target <= price:
            return _harmonic_cost(gaps, p, 0.0, target), 1.0 / target
    need = mean - target
    low, high, x = 0.0, math.inf, mean
    price, lack, slope = _harmonic(gaps, p, mean, x)
    for _ in range(ROUNDS):
        if lack > need:
            low = x
        else:
            high = x
        # near the mean, the distance to it falls like 1 / x; near the floor the mean rises like x
        step = math.log(lack / need) * lack / slope if slope > 0.0 and lack > 0.0 else math.nan
        new = x * math.exp(min(max(step, -4.0), 4.0))
        if abs(new - x) <= LAST * x:
            break
        if not low < new < high:
            new = math.sqrt(low * high) if low > 0.0 and high < math.inf else (16.0 * x if high == math.inf else x / 16.0)
        if not low < new < high or not 1e-290 < new < 1e290 * (mean + 1.0):
            break
        done = abs(new - x) <= 1e-9 * x
        x = new
        price, lack, slope = _harmonic(gaps, p, mean, x)
        if done:
            break
    return _harmonic_cost(gaps, p, x, price), 1.0 / price


@compiled
def spend(family: int, gaps: np.ndarray, p: np.ndarray, price: float) -> float:
    """The divergence of the worst law at a penalty of ``price``, for the smooth families."""
    if price == math.inf:
        return 0.0
    if family == ENTROPIC:
        if price <= 0.0:
            return _at_floor(family, gaps, p)[0]
        return _tilted_cost(gaps, p, 1.0 / price, _tilted(gaps, p, 1.0 / price)[0])
    if family == CHI_SQUARE:
        mass, first, level = 0.0, 0.0, math.inf
        for i in range(p.size):
            mass += p[i]
            first += p[i] * gaps[i]
            level = (2.0 * price + first) / mass
            if i + 1 == p.size or gaps[i + 1] >= level:
                break
        return _level_cost(gaps, p, level, 2.0 * price) if price > 0.0 else _at_floor(family, gaps, p)[0]
    if gaps[0] == gaps[p.size - 1] == 0.0:
        return 0.0
    if price <= 0.0:
        return math.inf
    mean = 0.0
    for i in range(p.size):
        mean += p[i] * gaps[i]
    if gaps[0] > 0.0 and price <= _harmonic(gaps, p, mean, 0.0)[0]:
        return _harmonic_cost(gaps, p, 0.0, price)
    low, high, x = 0.0, price, price / 2  # lambda(x) - x lies between 0 and the mean
    for _ in range(ROUNDS):
        at, __, slope = _harmonic(gaps, p, mean, x)
        if at < price:
            low = x
        else:
            high = x
        new = x * (1.0 - (at - price) / (slope + x))
        if abs(new - x) <= LAST * x:
            break
        if not low < new < high:
            new = math.sqrt(low * high) if low > 0.0 else x / 16.0
        if not low < new < high or new < 1e-290:
            break
        done = abs(new - x) <= 1e-9 * x
        x = new
        if done:
            break
    return _harmonic_cost(gaps, p, x, _harmonic(gaps, p, mean, x)[0])
