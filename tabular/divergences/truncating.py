r"""Worst laws for Cressie-Read divergences of order k > 1, which leave states without mass: chi-square, Tsallis, sparse-max.

A row is ``gaps`` g above its smallest value, scaled to [0, 1], and a law p > 0. Every minimiser is

.. math:: q_i \propto p_i\, (c - g_i)_+^{1/(k-1)} .

For k = 2 the active states are found without sorting, by dropping those to which the signed solution gives no mass (Michelot's
argument: the worst law is a projection, and projections onto nested sets compose), and the rest is a closed form. Otherwise small
weights near the truncation would lose their digits in c (and for k > 2 their slope there is infinite): after one sort and a
finite test of the support, the root is in the logarithm of the smallest positive weight.
"""

from __future__ import annotations

import math

import numpy as np

from tabular.divergences.generators import CRESSIE_READ, compiled, divergence
from tabular.divergences.roots import best_point, open_bracket, proposal, settled
from tabular.divergences.unit_rows import OPEN, PART, mean_of

__all__ = ["chi_square_rows", "truncated_rows"]


# --- chi-square: no sort, no search ----------------------------------------------------------------------------------------


@compiled
def _active(gaps: np.ndarray, p: np.ndarray, near: float, cut: float) -> tuple[int, float, float, float, float]:
    """Of the states with ``g - near < cut``: number, mass that they leave out, mass, a base b, and the mean of ``g - b``.

    The base is the gap of the heaviest: the deviation of a state with nearly all mass must not be lost.
    """
    count, lost, mass, moment, base, heaviest = 0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(p.size):
        if gaps[i] - near < cut and p[i] > heaviest:
            base, heaviest = gaps[i], p[i]
    for i in range(p.size):
        if gaps[i] - near < cut:
            count += 1
            mass += p[i]
            moment += p[i] * (gaps[i] - base)
        else:
            lost += p[i]
    return count, lost, mass, base, moment / mass


@compiled
def chi_square_at_penalty(gaps: np.ndarray, p: np.ndarray, penalty: float, law: np.ndarray, point: np.ndarray) -> None:
    """``q = p (c - g)_+ / penalty`` with ``E (c - g)_+ = penalty``; c is kept as its distance ``cut`` from a base."""
    cut, base, count = math.inf, 0.0, p.size + 1
    lost, mass, mean = 0.0, 1.0, 0.0
    while True:
        now, new_lost, new_mass, near, new_mean = _active(gaps, p, base, cut)
        if now >= count:  # by rounding a state at the cut may be counted again: the sums of the smaller set belong to it
            break
        lost, mass, mean = new_lost, new_mass, new_mean
        count, base, cut = now, near, mean + penalty / mass
    spread = 0.0
    for i in range(p.size):
        law[i] = 0.0
        if gaps[i] - base < cut:
            deviation = gaps[i] - base - mean
            law[i] = p[i] * max(0.0, 1.0 + (lost / mass - deviation / penalty))
            spread += p[i] * deviation * deviation
    point[0], point[1] = penalty, math.log1p(lost / mass + (base + mean) / penalty)
    # eta - penalty E f*((eta - g) / penalty) at eta = c - penalty
    point[2] = base + (mean + 0.5 * (penalty * (lost / mass) - spread / penalty))


@compiled
def chi_square_to_radius(gaps: np.ndarray, p: np.ndarray, radius: float, law: np.ndarray, point: np.ndarray) -> None:
    """``c = mean + sqrt(variance / ((1 + 2 radius) mass - 1))`` on the active states; radius is half of chi-square."""
    cut, base, count, slope = math.inf, 0.0, p.size + 1, 0.0
    lost, mass, mean = 0.0, 1.0, 0.0
    while True:
        now, new_lost, new_mass, near, new_mean = _active(gaps, p, base, cut)
        if now >= count:
            break
        lost, mass, mean = new_lost, new_mass, new_mean
        variance, far = 0.0, 0.0
        for i in range(p.size):
            if gaps[i] - base < cut:
                far = max(far, abs(gaps[i] - near - mean))
        for i in range(p.size):  # in units of the largest deviation, whose square may underflow
            if gaps[i] - base < cut and far > 0.0:
                variance += p[i] * ((gaps[i] - near - mean) / far) ** 2
        variance /= mass
        excess = 2.0 * radius * mass - lost
        if not excess > 0.0 or variance == 0.0:  # by rounding: the law in proportion has exactly this distance
            slope = 0.0
            break
        slope = math.sqrt(excess) / math.sqrt(variance) / far  # whose quotient may overflow
        count, base, cut = now, near, mean + 1.0 / slope
    for i in range(p.size):
        law[i] = p[i] / mass * max(0.0, 1.0 + (mean - (gaps[i] - base)) * slope) if gaps[i] - base < cut else 0.0
    # q / p = (c - g) / (mass (c - mean)), whose slope in g is minus one over the multiplier
    point[0] = mass / slope if slope > 0.0 else 0.0
    point[1] = math.log1p(lost / mass + (base + mean) * slope / mass)
    point[2] = mean_of(law, gaps)


@compiled
def chi_square_rows(
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
                chi_square_to_radius(g, w, facts[r, PART], q, point[r])
            else:
                chi_square_at_penalty(g, w, facts[r, PART], q, point[r])


# --- any order: one sort, one root -----------------------------------------------------------------------------------------


@compiled
def _root(z: float, e: float) -> float:
    """``z ** e``, fast at the orders 3/2 and 3."""
    if e == 2.0:
        return z * z
    return math.sqrt(z) if e == 0.5 else z**e


@compiled
def _group(gaps: np.ndarray, order: np.ndarray, place: int) -> tuple[int, int]:
    """Where the ties of ``order[place]`` begin and end."""
    start, end = place, place + 1
    while start > 0 and gaps[order[start - 1]] == gaps[order[place]]:
        start -= 1
    while end < order.size and gaps[order[end]] == gaps[order[place]]:
        end += 1
    return start, end


@compiled
def _scale_to_one(law: np.ndarray) -> float:
    z = 0.0
    for i in range(law.size):
        z += law[i]
    for i in range(law.size):
        law[i] /= z
    return z


@compiled
def truncated_at_penalty(k: float, gaps: np.ndarray, p: np.ndarray, penalty: float, law: np.ndarray, point: np.ndarray) -> None:
    """``q_i = p_i [a (c - g_i)]_+^(1/(k-1))`` with ``a = (k - 1) / penalty``; an exact test finds the active states."""
    order = np.argsort(gaps)
    a = (k - 1.0) / penalty
    e = 1.0 / (k - 1.0)
    least, most = 1, order.size  # the first end from which the states before it reach 1 on their own
    while least < most:
        middle = (least + most) // 2
        reached, level = 0.0, gaps[order[middle]]
        for j in range(middle):
            if gaps[order[j]] < level:
                reached += p[order[j]] * _root(a * (level - gaps[order[j]]), e)
        if reached >= 1.0:
            most = middle
        else:
            least = middle + 1
    start, end = _group(gaps, order, least - 1)
    active = order[:end]
    marginal = 0.0
    for j in range(start, end):
        marginal += p[order[j]]
    top = gaps[order[start]]
    low, high = _ends(k, gaps, p, active, top, a, marginal)
    root = np.empty(8)
    if _cut(k, gaps, p, active, top, a, low, law) > 0.0 or _cut(k, gaps, p, active, top, a, high, law) < 0.0:
        low, high = -800.0, max(0.0, -math.log(marginal)) + 1e-15
    while _cut(k, gaps, p, active, top, a, low, law) > 0.0 and low > -1e9:
        low *= 8.0
    f_low = _cut(k, gaps, p, active, top, a, low, law)
    f_high = _cut(k, gaps, p, active, top, a, high, law)
    x = high
    if f_low < 0.0 < f_high:
        open_bracket(root, low, f_low, high, f_high)
        while True:
            x = proposal(root)
            if settled(root, x, _cut(k, gaps, p, active, top, a, x, law)):
                break
        x = best_point(root)
    elif abs(f_low) < abs(f_high):
        x = low
    # the search ends at two units of the sum: small weights beside a large one need one Newton step more
    residual = _cut(k, gaps, p, active, top, a, x, law)
    y, slope = math.exp((k - 1.0) * x), 0.0
    for i in active:
        gap = a * (top - gaps[i])
        slope += law[i] if gap == 0.0 else law[i] * (y / (gap + y))
    better = x - residual / slope if slope > 0.0 else x
    if abs(_cut(k, gaps, p, active, top, a, better, law)) <= abs(residual):
        x = better
    else:
        _cut(k, gaps, p, active, top, a, x, law)
    _scale_to_one(law)
    base = a * top + math.exp((k - 1.0) * x)
    point[0], point[1] = penalty, x if top == 0.0 else e * math.log(base)
    point[2] = mean_of(law, gaps) + penalty * divergence(CRESSIE_READ, k, law, p)


@compiled
def _ends(
    k: float, gaps: np.ndarray, p: np.ndarray, active: np.ndarray, top: float, a: float, marginal: float
) -> tuple[float, float]:
    """Bounds on the logarithm of the smallest weight, from what the better states leave of one at the top level.

    Above: they only gain. Below: with e = 1/(k-1), ``(g + y)^e <= g^e + y^e`` for e <= 1, and Minkowski's inequality for e >= 1.
    """
    reached, mass, e = 0.0, 0.0, 1.0 / (k - 1.0)
    for i in active:
        mass += p[i]
        if gaps[i] < top:
            reached += p[i] * _root(a * (top - gaps[i]), e)
    left = 1.0 - reached
    if not left > 1e-6:
        return 0.0, 0.0
    high = math.log(left / marginal)
    if e <= 1.0:
        low = math.log(left / mass)
    else:
        low = e * math.log(-math.expm1(math.log(reached) / e)) - math.log(mass) if reached > 0.0 else -math.log(mass)
    return low - 1e-6, high + 1e-6


@compiled
def _cut(k: float, gaps: np.ndarray, p: np.ndarray, active: np.ndarray, top: float, a: float, x: float, law: np.ndarray) -> float:
    """Weights ``(a (top - g) + e^((k-1) x))^(1/(k-1))`` on some states, exactly ``e^x`` at the top; log of their sum against p.

    The sum is near one: the largest term is taken less one, so that small weights beside it keep their digits.
    """
    law[:] = 0.0
    rest, heaviest, best = 0.0, -1.0, 0
    y, w, e = math.exp((k - 1.0) * x), math.exp(x), 1.0 / (k - 1.0)
    for i in active:
        gap = a * (top - gaps[i])
        law[i] = p[i] * (w if gap == 0.0 else _root(gap + y, e))
        if law[i] > heaviest:
            rest += max(heaviest, 0.0)
            heaviest, best = law[i], i
        else:
            rest += law[i]
    gap, share = a * (top - gaps[best]), p[best] ** (k - 1.0)
    if gap == 0.0:
        less_one = math.expm1(x + math.log(p[best]))
    elif 1e-300 < share * (gap + y) < 1e300:  # near one, which a difference of two logarithms would not resolve
        less_one = math.expm1(e * math.log(share * (gap + y)))
    else:
        less_one = heaviest - 1.0
    return math.log1p(max(rest + less_one, -1.0 + 1e-300))


@compiled
def truncated_to_radius(k: float, gaps: np.ndarray, p: np.ndarray, radius: float, law: np.ndarray, point: np.ndarray) -> None:
    """The member ``q ~ p (c - g)_+^(1/(k-1))`` with divergence ``radius``: the active states first, then the smallest weight."""
    order = np.argsort(gaps)
    least, most = 1, order.size  # divergence falls as c grows: the first c = g[end] that is close enough
    while least < most:
        middle = (least + most) // 2
        first, _ = _group(gaps, order, middle)
        close = False
        if first > 0:
            _weights(k, gaps, p, order[:first], gaps[order[first]], -math.inf, law)
            close = divergence(CRESSIE_READ, k, law, p) <= radius
        if close:
            most = middle
        else:
            least = middle + 1
    start, end = _group(gaps, order, least - 1)
    active, top, e = order[:end], gaps[order[start]], 1.0 / (k - 1.0)
    if top == 0.0:  # one group of ties with mass: any c up to the next group gives it
        _weights(k, gaps, p, active, top, 0.0, law)
        point[0], point[1] = 0.0, math.log(law[order[0]] / p[order[0]])
        return
    # x = e log((c - top) / top): the weight of the top state where the best one has about 1
    high = e * math.log((gaps[order[end]] - top) / top) if end < order.size else 1.0
    low = min(-745.0, 2.0 * high)
    f_low = _excess(k, gaps, p, active, top, radius, low, law)
    f_high = _excess(k, gaps, p, active, top, radius, high, law)
    while end == order.size and f_high < 0.0 and high < 700.0:
        high *= 2.0
        f_high = _excess(k, gaps, p, active, top, radius, high, law)
    root = np.empty(8)
    x = high
    if f_low < 0.0 < f_high:
        open_bracket(root, low, f_low, high, f_high)
        while True:
            x = proposal(root)
            if settled(root, x, _excess(k, gaps, p, active, top, radius, x, law)):
                break
        x = best_point(root)
    elif abs(f_low) < abs(f_high):
        x = low
    z = _weights(k, gaps, p, active, top, x, law)
    # q / p = (a (c - g))^e with a = (k - 1) / multiplier, and here ((c - g) / top)^e / z
    point[0] = (k - 1.0) * top * math.exp((k - 1.0) * math.log(z))
    point[1] = e * math.log1p(math.exp(min((k - 1.0) * x, 700.0))) - math.log(z)
    point[2] = mean_of(law, gaps)


@compiled
def _excess(
    k: float,
    gaps: np.ndarray,
    p: np.ndarray,
    active: np.ndarray,
    top: float,
    radius: float,
    x: float,
    law: np.ndarray,
) -> float:
    """``log(radius / D)``, increasing in x, finite."""
    _weights(k, gaps, p, active, top, x, law)
    distance = divergence(CRESSIE_READ, k, law, p)
    return -math.log(distance / radius) if distance > 1e-300 * radius else 700.0


@compiled
def _weights(k: float, gaps: np.ndarray, p: np.ndarray, active: np.ndarray, top: float, x: float, law: np.ndarray) -> float:
    """``q ~ p (top - g + y)^(1/(k-1))`` on some states, normalised, where ``y = top e^((k-1) x)``; the norm in units of top."""
    law[:] = 0.0
    e = 1.0 / (k - 1.0)
    scale = top if top > 0.0 else 1.0  # one group of ties: the law does not depend on y
    y, w = math.exp(min((k - 1.0) * x, 700.0)), math.exp(min(x, 700.0 * e))
    for i in active:
        gap = (top - gaps[i]) / scale
        law[i] = p[i] * (w if gap == 0.0 else (gap + y) ** e)
    return _scale_to_one(law)


@compiled
def truncated_rows(
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
                truncated_to_radius(k, g, w, facts[r, PART], q, point[r])
            else:
                truncated_at_penalty(k, g, w, facts[r, PART], q, point[r])
