r"""Worst laws of f-divergences for one row: compiled, one sort or one safeguarded scalar root.

A row is ``values`` V and a reference measure p >= 0 on the same states; ``lowest`` is the smallest value outside the support of
p (infinite if mass may not go there or there is no such state). Every function fills ``law`` on the support and returns the mass
that leaks to the lowest outside state.

With m the smallest value on the support, every minimiser of <q, V> + penalty D_k(q, p) of the Cressie-Read family is a member of

.. math:: q_t \propto p\, w(t (V - m)), \qquad w(u) = [1 - (k - 1) u]_+^{1 / (k - 1)}, \quad w(u) = e^{-u} \text{ at } k = 1,

whose best weight is exactly 1. Its multiplier is :math:`Z^{k-1} / t` with :math:`Z = \sum p\, w`, and divergence grows with t, so
both the penalised and the constrained problem are one monotone root in log t. For k > 1.05 small weights near the truncation
would lose their digits (and for k > 2 their slope there is infinite); there the root is in the logarithm of the smallest positive
weight, after a finite test of the support. k = 2 has closed forms after one sort. The other divergences are parametrised by the
ratio q / p of the best state.
"""

from __future__ import annotations

import math

import numpy as np

from tabular.divergences.generators import (
    CRESSIE_READ,
    JEFFREYS,
    NEAR_ONE,
    cell,
    compiled,
    conjugate,
    divergence,
    generator,
    inverse_slope,
    limit_at_infinity,
    slope,
)
from tabular.divergences.segments import local_values

__all__ = [
    "batch",
    "dual_value",
    "multiplier",
    "penalised",
    "primal_value",
    "segment_values",
    "segments",
    "solve_row",
    "worst_case",
]

ROUNDS = 200
TRUNCATING = 1.05
"""Orders from which weights near the truncation lose digits in t, so that the smallest weight is the variable."""
NONE = np.empty(0, dtype=np.int64)


@compiled
def penalised(kind: int, k: float, values: np.ndarray, p: np.ndarray, lowest: float, penalty: float, law: np.ndarray) -> float:
    """Minimiser of ``<q, V> + penalty D(q, p)``; penalty may be 0 or infinite."""
    m, mass, total = _best(values, p)
    outside = lowest < m and limit_at_infinity(kind, k) < math.inf
    if penalty == math.inf or (m == _worst(values, p) and not outside):
        _scale(p, 1.0 / total, law)
        return 0.0
    if penalty == 0.0:
        return _nowhere(law) if outside else _settle(values, p, m, mass, law)
    if outside:
        leak = _leaking(kind, k, values, p, lowest, penalty, law)
        if leak >= 0.0:
            return leak
    if kind != CRESSIE_READ:
        _by_ratio(kind, k, values, p, m, mass, penalty, law)
    elif k > TRUNCATING:
        _truncated_penalised(k, values, p, penalty, law)
    elif abs(k - 1.0) < NEAR_ONE:
        _tilt(k, values, p, m, 1.0 / penalty, law)
    else:
        _tilt_penalised(k, values, p, m, mass, total, penalty, law)
    return 0.0


@compiled
def worst_case(kind: int, k: float, values: np.ndarray, p: np.ndarray, lowest: float, radius: float, law: np.ndarray) -> float:
    """Minimiser of ``<q, V>`` over ``D(q, p) <= radius``; of all minimisers, the one that saturates as little as it can."""
    m, mass, total = _best(values, p)
    away = limit_at_infinity(kind, k)
    outside = lowest < m and away < math.inf
    if radius == 0.0 or (m == _worst(values, p) and not outside):
        _scale(p, 1.0 / total, law)
        return 0.0
    if outside:
        if radius >= cell(kind, k, 0.0, 1.0) + away:
            return _nowhere(law)
        if _edge_divergence(kind, k, values, p, lowest, law) < radius:
            return _leak_to_radius(kind, k, values, p, lowest, radius, law)
    elif radius >= _saturation(kind, k, p, values, m, mass):
        return _settle(values, p, m, mass, law)
    if kind != CRESSIE_READ:
        _ratio_to_radius(kind, k, values, p, m, mass, radius, law)
    elif k > TRUNCATING:
        _truncated_to_radius(k, values, p, radius, law)
    else:
        _tilt_to_radius(k, values, p, m, radius, law)
    return 0.0


@compiled
def _best(values: np.ndarray, p: np.ndarray) -> tuple[float, float, float]:
    """Smallest value on the support, the mass that has it, the whole mass."""
    m, mass, total = math.inf, 0.0, 0.0
    for i in range(values.size):
        if p[i] > 0.0:
            total += p[i]
            if values[i] < m:
                m, mass = values[i], p[i]
            elif values[i] == m:
                mass += p[i]
    return m, mass, total


@compiled
def _worst(values: np.ndarray, p: np.ndarray) -> float:
    top = -math.inf
    for i in range(values.size):
        if p[i] > 0.0 and values[i] > top:
            top = values[i]
    return top


@compiled
def _scale(p: np.ndarray, factor: float, law: np.ndarray) -> None:
    for i in range(p.size):
        law[i] = p[i] * factor


@compiled
def _nowhere(law: np.ndarray) -> float:
    law[:] = 0.0
    return 1.0


@compiled
def _settle(values: np.ndarray, p: np.ndarray, m: float, mass: float, law: np.ndarray) -> float:
    """All mass on the best states of the support, in proportion."""
    for i in range(p.size):
        law[i] = p[i] / mass if p[i] > 0.0 and values[i] == m else 0.0
    return 0.0


@compiled
def _saturation(kind: int, k: float, p: np.ndarray, values: np.ndarray, m: float, mass: float) -> float:
    """Divergence of the settled law."""
    total = 0.0
    for i in range(p.size):
        if p[i] > 0.0:
            total += cell(kind, k, p[i] / mass if values[i] == m else 0.0, p[i])
    return total


# --- one safeguarded root finder --------------------------------------------------------------------------------------------

TILT_PENALTY, TILT_RADIUS, CUT_PENALTY, CUT_RADIUS, RATIO, PENALTY = 0, 1, 2, 3, 4, 5


@compiled
def _next(low: float, high: float, f_low: float, f_high: float, step: int) -> float:
    """The secant's point, or every third time (and where the secant is of no use) the middle."""
    middle = 0.5 * (low + high)
    if step % 3 == 2 or not (math.isfinite(f_low) and math.isfinite(f_high)) or f_high == f_low:
        return middle
    x = low - f_low * (high - low) / (f_high - f_low)
    return x if low < x < high else middle


@compiled
def _root(
    mode: int,
    low: float,
    high: float,
    k: float,
    kind: int,
    values: np.ndarray,
    p: np.ndarray,
    base: float,
    target: float,
    order: np.ndarray,
    law: np.ndarray,
) -> float:
    """The zero of an increasing residual between two points of opposite sign; ``law`` is left there. See :func:`_residual`."""
    f_low = _residual(mode, low, k, kind, values, p, base, target, order, law)
    f_high = _residual(mode, high, k, kind, values, p, base, target, order, law)
    best, f_best, last = (low, f_low, 0) if abs(f_low) < abs(f_high) else (high, f_high, 0)
    if f_low < 0.0 < f_high:
        for step in range(ROUNDS):
            x = _next(low, high, f_low, f_high, step)
            f = _residual(mode, x, k, kind, values, p, base, target, order, law)
            if abs(f) < abs(f_best):
                best, f_best = x, f
            if abs(f) <= 1e-16 or high - low <= 2.3e-16 * max(1e-2, abs(x)):
                break
            if f < 0.0:
                low, f_low, f_high = x, f, (0.5 * f_high if last == -1 else f_high)
                last = -1
            else:
                high, f_high, f_low = x, f, (0.5 * f_low if last == 1 else f_low)
                last = 1
    _residual(mode, best, k, kind, values, p, base, target, order, law)
    return best


@compiled
def _residual(
    mode: int,
    x: float,
    k: float,
    kind: int,
    values: np.ndarray,
    p: np.ndarray,
    base: float,
    target: float,
    order: np.ndarray,
    law: np.ndarray,
) -> float:
    """Increasing functions of x, which also set ``law``; ``base`` is the value that the family is anchored at.

    In the first two x is log t and target the penalty or the radius; in the next two x is the logarithm of the smallest weight
    on the states ``order`` and target the slope of the weights or the radius; in the last two x is the logarithm of the best
    ratio and target the penalty, or the other way round.
    """
    if mode == TILT_PENALTY:
        return x + math.log(target) - (k - 1.0) * _tilt(k, values, p, base, math.exp(x), law)
    if mode == TILT_RADIUS:
        return _log_ratio(_tilt_divergence(k, values, p, base, math.exp(min(x, 700.0)), law), target)
    if mode == CUT_PENALTY:
        return math.log(_cut(k, values, p, order, base, target, x, law))
    if mode == CUT_RADIUS:
        _weights(k, values, p, order, base, x, law)
        return -_log_ratio(divergence(CRESSIE_READ, k, law, p), target)
    if mode == PENALTY:
        return math.log(_ratio_law(kind, k, values, p, base, target, math.exp(x), law))
    return math.log(_ratio_law(kind, k, values, p, base, x, target, law))


@compiled
def _log_ratio(x: float, y: float) -> float:
    """``log(x / y)``, finite."""
    return math.log(x / y) if x > 1e-300 * y else -700.0


# --- the family q_t, for Cressie-Read with k < 2 ---------------------------------------------------------------------------


@compiled
def _log_weight(k: float, u: float) -> float:
    if abs(k - 1.0) < NEAR_ONE:
        return -u
    x = (1.0 - k) * u
    return math.log1p(x) / (k - 1.0) if x > -1.0 else -math.inf


@compiled
def _tilt(k: float, values: np.ndarray, p: np.ndarray, m: float, t: float, law: np.ndarray) -> float:
    """``q_t`` and ``log Z``."""
    z = 0.0
    for i in range(p.size):
        law[i] = p[i] * math.exp(_log_weight(k, t * (values[i] - m))) if p[i] > 0.0 else 0.0
        z += law[i]
    for i in range(p.size):
        law[i] /= z
    return math.log(z)


@compiled
def _tilt_penalised(
    k: float, values: np.ndarray, p: np.ndarray, m: float, mass: float, total: float, penalty: float, law: np.ndarray
) -> None:
    """Root of ``log t + log penalty = (k - 1) log Z``, where Z is between the best states' mass and the whole."""
    a, b = (k - 1.0) * math.log(mass), (k - 1.0) * math.log(total)
    low, high = min(a, b) - math.log(penalty), max(a, b) - math.log(penalty)
    room = 1e-14 * (1.0 + abs(low) + abs(high))
    _root(TILT_PENALTY, low - room, high + room, k, CRESSIE_READ, values, p, m, penalty, NONE, law)


@compiled
def _tilt_divergence(k: float, values: np.ndarray, p: np.ndarray, m: float, t: float, law: np.ndarray) -> float:
    """``q_t`` and ``D_k(q_t, p)``, from deviations so that small divergences keep their digits."""
    shift, z, total = 0.0, 0.0, 0.0
    for i in range(p.size):
        if p[i] > 0.0:
            e = math.expm1(_log_weight(k, t * (values[i] - m)))
            law[i] = e
            shift += p[i] * e
            total += p[i]
    out = 0.0
    if shift > -0.5 * total:
        z = total + shift
        for i in range(p.size):
            if p[i] > 0.0:
                delta = (law[i] - shift / total) * total / z
                weight = 1.0 + law[i] if law[i] > -0.5 else math.exp(_log_weight(k, t * (values[i] - m)))
                law[i] = p[i] * weight / z
                out += p[i] * _near_one(k, delta) if abs(delta) < 0.1 else cell(CRESSIE_READ, k, law[i], p[i])
            else:
                law[i] = 0.0
        return out
    for i in range(p.size):  # most weight is gone: 1 + expm1 would cancel
        law[i] = p[i] * math.exp(_log_weight(k, t * (values[i] - m))) if p[i] > 0.0 else 0.0
        z += law[i]
    for i in range(p.size):
        law[i] /= z
        out += cell(CRESSIE_READ, k, law[i], p[i])
    return out


@compiled
def _near_one(k: float, delta: float) -> float:
    return generator(CRESSIE_READ, k, 1.0 + delta, delta)


@compiled
def _tilt_to_radius(k: float, values: np.ndarray, p: np.ndarray, m: float, radius: float, law: np.ndarray) -> None:
    """Root of ``log D(q_t) = log radius`` in log t, nearly straight for small radii."""
    x = 0.5 * math.log(2.0 * radius / _variance(values, p))
    low, high = x - 0.1, x + 0.1
    step = 0.2
    while _residual(TILT_RADIUS, low, k, CRESSIE_READ, values, p, m, radius, NONE, law) > 0.0 and low > -1400.0:
        low, high = low - step, low
        step *= 2.0
    step = 0.2
    while _residual(TILT_RADIUS, high, k, CRESSIE_READ, values, p, m, radius, NONE, law) < 0.0 and high < 700.0:
        low, high = high, high + step
        step *= 2.0
    _root(TILT_RADIUS, low, high, k, CRESSIE_READ, values, p, m, radius, NONE, law)


@compiled
def _variance(values: np.ndarray, p: np.ndarray) -> float:
    base, mean, total, spread = _worst(values, p), 0.0, 0.0, 0.0
    for i in range(p.size):
        if p[i] > 0.0:
            total += p[i]
            mean += p[i] * (values[i] - base)
    mean /= total
    for i in range(p.size):
        if p[i] > 0.0:
            spread += p[i] * (values[i] - base - mean) ** 2
    return max(spread / total, 1e-300)


# --- truncated weights, for Cressie-Read with k >= 2 ----------------------------------------------------------------------


@compiled
def _sorted_support(values: np.ndarray, p: np.ndarray) -> np.ndarray:
    order = np.argsort(values, kind="mergesort")
    keep = np.empty(order.size, dtype=np.int64)
    n = 0
    for i in order:
        if p[i] > 0.0:
            keep[n] = i
            n += 1
    return keep[:n]


@compiled
def _group_end(values: np.ndarray, order: np.ndarray, start: int) -> int:
    """Where the ties of ``order[start]`` end."""
    end = start + 1
    while end < order.size and values[order[end]] == values[order[start]]:
        end += 1
    return end


@compiled
def _truncated_penalised(k: float, values: np.ndarray, p: np.ndarray, penalty: float, law: np.ndarray) -> None:
    """``q_i = p_i [a (c - V_i)]_+^(1/(k-1))`` with ``a = (k - 1) / penalty``; an exact test finds the active states."""
    order = _sorted_support(values, p)
    a = (k - 1.0) / penalty
    e = 1.0 / (k - 1.0)
    start = 0
    while True:  # the last group of ties that is active
        following = _group_end(values, order, start)
        if following >= order.size:
            break
        reached = 0.0
        for j in range(following):
            reached += p[order[j]] * (a * (values[order[following]] - values[order[j]])) ** e
        if reached >= 1.0:
            break
        start = following
    end = _group_end(values, order, start)
    top = values[order[start]]
    marginal = 0.0
    for j in range(start, end):
        marginal += p[order[j]]
    if abs(k - 2.0) < NEAR_ONE:
        mass, moment = 0.0, 0.0
        for j in range(end):
            mass += p[order[j]]
            moment += p[order[j]] * (top - values[order[j]])
        y = (1.0 / a - moment) / mass  # c - top
        law[:] = 0.0
        for j in range(end):
            law[order[j]] = p[order[j]] * a * ((top - values[order[j]]) + y)
    else:
        _root(CUT_PENALTY, -800.0, max(1e-300, -math.log(marginal)), k, CRESSIE_READ, values, p, top, a, order[:end], law)
    z = law.sum()
    for i in range(p.size):
        law[i] /= z


@compiled
def _cut(
    k: float, values: np.ndarray, p: np.ndarray, order: np.ndarray, top: float, a: float, x: float, law: np.ndarray
) -> float:
    """Weights ``(a (top - V) + e^((k-1) x))^(1/(k-1))`` on some states, exactly ``e^x`` at the top, and their sum against p."""
    law[:] = 0.0
    total = 0.0
    y = math.exp((k - 1.0) * x)
    for i in order:
        gap = a * (top - values[i])
        law[i] = p[i] * (math.exp(x) if gap == 0.0 else (gap + y) ** (1.0 / (k - 1.0)))
        total += law[i]
    return total


@compiled
def _truncated_to_radius(k: float, values: np.ndarray, p: np.ndarray, radius: float, law: np.ndarray) -> None:
    """The member ``q ~ p (c - V)_+^(1/(k-1))`` with divergence ``radius``: the active states first, then the smallest weight."""
    order = _sorted_support(values, p)
    start, end = 0, _group_end(values, order, 0)
    while end < order.size:  # divergence falls as c grows: stop at the first c = V[end] that is close enough
        _weights(k, values, p, order[:end], values[order[end]], -math.inf, law)
        if divergence(CRESSIE_READ, k, law, p) <= radius:
            break
        start, end = end, _group_end(values, order, end)
    if abs(k - 2.0) < NEAR_ONE:
        _chi_square_segment(values, p, order, end, radius, law)
        return
    top, e = values[order[start]], 1.0 / (k - 1.0)
    spread = top - values[order[0]]
    # x = e log((c - top) / spread): the weight of the top state where the best one has about 1
    if spread == 0.0:
        _weights(k, values, p, order[:end], top, 0.0, law)
        return
    if end < order.size:
        high = e * math.log((values[order[end]] - top) / spread)
    else:
        high = 1.0
        while _residual(CUT_RADIUS, high, k, CRESSIE_READ, values, p, top, radius, order[:end], law) < 0.0 and high < 700.0:
            high *= 2.0
    _root(CUT_RADIUS, -745.0, high, k, CRESSIE_READ, values, p, top, radius, order[:end], law)


@compiled
def _weights(k: float, values: np.ndarray, p: np.ndarray, order: np.ndarray, top: float, x: float, law: np.ndarray) -> None:
    """``q ~ p (top - V + y)^(1/(k-1))`` on some states, normalised, where ``y = spread e^((k-1) x)``."""
    law[:] = 0.0
    e = 1.0 / (k - 1.0)
    spread = top - values[order[0]]
    if spread == 0.0:  # one group of ties: the law does not depend on y
        spread = 1.0
    z = 0.0
    y = math.exp(min((k - 1.0) * x, 700.0)) if x > -math.inf else 0.0
    for i in order:
        gap = (top - values[i]) / spread
        law[i] = p[i] * ((math.exp(min(x, 700.0 * e)) if x > -math.inf else 0.0) if gap == 0.0 else (gap + y) ** e)
        z += law[i]
    for i in order:
        law[i] /= z


@compiled
def _chi_square_segment(values: np.ndarray, p: np.ndarray, order: np.ndarray, end: int, radius: float, law: np.ndarray) -> None:
    """``c = mean + sqrt(variance / ((1 + chi2) mass - 1))`` on the active states; radius is half of chi-square."""
    mass, mean = 0.0, 0.0
    heaviest = order[0]
    for j in range(end):
        if p[order[j]] > p[heaviest]:
            heaviest = order[j]
    base = values[heaviest]  # so that the deviation of a state with nearly all mass is not lost
    for j in range(end):
        mass += p[order[j]]
        mean += p[order[j]] * (values[order[j]] - base)
    mean /= mass
    variance = 0.0
    for j in range(end):
        variance += p[order[j]] * (values[order[j]] - base - mean) ** 2
    variance /= mass
    total = p.sum()
    excess = 2.0 * radius * mass + (mass * (2.0 - total) - 1.0)
    law[:] = 0.0
    c = mean + math.sqrt(variance / excess) if excess > 0.0 else math.inf
    for j in range(end):
        i = order[j]
        gap = (mean - (values[i] - base)) / (c - mean) if c < math.inf else 0.0
        law[i] = p[i] / mass * max(0.0, 1.0 + gap)
    z = law.sum()
    for i in range(p.size):
        law[i] /= z


# --- divergences with an inverse slope: Jensen-Shannon, Jeffreys, triangular ----------------------------------------------


@compiled
def _ratio_law(
    kind: int, k: float, values: np.ndarray, p: np.ndarray, m: float, x: float, penalty: float, law: np.ndarray
) -> float:
    """``q_i = p_i g(f'(e^x) - (V_i - m) / penalty)``, g the inverse of f', and its sum; exactly ``e^x`` at the best states."""
    y = slope(kind, k, math.exp(x), math.expm1(x))
    total = 0.0
    for i in range(p.size):
        if p[i] == 0.0:
            law[i] = 0.0
            continue
        law[i] = p[i] * (math.exp(x) if values[i] == m else inverse_slope(kind, k, y - (values[i] - m) / penalty))
        total += law[i]
    return total


@compiled
def _by_ratio(
    kind: int, k: float, values: np.ndarray, p: np.ndarray, m: float, mass: float, penalty: float, law: np.ndarray
) -> None:
    """Root in x = log of the best ratio, between 0 and -log mass."""
    high = -math.log(mass)
    _root(RATIO, 0.0, high + 1e-15 * (1.0 + high), k, kind, values, p, m, penalty, NONE, law)
    z = law.sum()
    for i in range(p.size):
        law[i] /= z


@compiled
def _ratio_gap(
    kind: int, k: float, values: np.ndarray, p: np.ndarray, m: float, mass: float, radius: float, x: float, law: np.ndarray
) -> float:
    """``log(D / radius)``, increasing in x.

    For Jeffreys, whose cost explodes as mass vanishes, x is minus the log of the penalty and the best ratio the root inside.
    For the others, whose cost is linear at infinity, x is the logarithm of the best ratio and the penalty the root inside: where
    the best states have hardly any mass, the penalty would say next to nothing about the law.
    """
    if kind == JEFFREYS:
        _by_ratio(kind, k, values, p, m, mass, math.exp(-x), law)
        return _log_ratio(divergence(kind, k, law, p), radius)
    low = high = math.log(_worst(values, p) - m)
    step = 1.0
    while _residual(PENALTY, low, k, kind, values, p, m, x, NONE, law) > 0.0 and low > -740.0:
        low -= step
        step *= 2.0
    step = 1.0
    while _residual(PENALTY, high, k, kind, values, p, m, x, NONE, law) < 0.0 and high < 700.0:
        high += step
        step *= 2.0
    _root(PENALTY, max(low, -744.0), min(high, 709.0), k, kind, values, p, m, x, NONE, law)
    z = law.sum()
    for i in range(p.size):
        law[i] /= z
    return _log_ratio(divergence(kind, k, law, p), radius)


@compiled
def _ratio_to_radius(
    kind: int, k: float, values: np.ndarray, p: np.ndarray, m: float, mass: float, radius: float, law: np.ndarray
) -> None:
    """Root of ``log D = log radius`` in the variable of :func:`_ratio_gap`."""
    low, high = 0.0, -math.log(mass)
    if kind == JEFFREYS:
        low = high = -math.log(_worst(values, p) - m)
        step = 1.0
        while _ratio_gap(kind, k, values, p, m, mass, radius, low, law) > 0.0 and low > -740.0:
            low -= step
            step *= 2.0
        step = 1.0
        while _ratio_gap(kind, k, values, p, m, mass, radius, high, law) < 0.0 and high < 740.0:
            high += step
            step *= 2.0
    f_low, f_high = -700.0, _ratio_gap(kind, k, values, p, m, mass, radius, high, law)
    best, f_best, last = high, f_high, 0
    for step in range(ROUNDS):
        x = _next(low, high, f_low, f_high, step)
        f = _ratio_gap(kind, k, values, p, m, mass, radius, x, law)
        if abs(f) < abs(f_best):
            best, f_best = x, f
        if abs(f) <= 1e-15 or high - low <= 2.3e-16 * max(1e-300, abs(x)):
            break
        if f < 0.0:
            low, f_low, f_high = x, f, (0.5 * f_high if last == -1 else f_high)
            last = -1
        else:
            high, f_high, f_low = x, f, (0.5 * f_low if last == 1 else f_low)
            last = 1
    _ratio_gap(kind, k, values, p, m, mass, radius, best, law)


# --- mass outside the support ----------------------------------------------------------------------------------------------


@compiled
def _leaking(kind: int, k: float, values: np.ndarray, p: np.ndarray, lowest: float, penalty: float, law: np.ndarray) -> float:
    """The law whose multiplier is that of the lowest outside state; its leak, or -1 if the mass inside already exceeds one."""
    total = 0.0
    for i in range(p.size):
        law[i] = p[i] * _edge_ratio(kind, k, (values[i] - lowest) / penalty) if p[i] > 0.0 else 0.0
        total += law[i]
        if total > 1.0:
            return -1.0
    return 1.0 - total


@compiled
def _edge_ratio(kind: int, k: float, u: float) -> float:
    """``g(f'(inf) - u)``."""
    if kind == CRESSIE_READ:
        return ((1.0 - k) * u) ** (-1.0 / (1.0 - k))
    return inverse_slope(kind, k, limit_at_infinity(kind, k) - u)


@compiled
def _edge_divergence(kind: int, k: float, values: np.ndarray, p: np.ndarray, lowest: float, law: np.ndarray) -> float:
    """Divergence of the member of the family at which leaking begins."""
    if kind == CRESSIE_READ:
        z = 0.0
        least = math.inf
        for i in range(p.size):
            if p[i] > 0.0:
                least = min(least, values[i] - lowest)
        for i in range(p.size):
            law[i] = p[i] * ((values[i] - lowest) / least) ** (-1.0 / (1.0 - k)) if p[i] > 0.0 else 0.0
            z += law[i]
        for i in range(p.size):
            law[i] /= z
        return divergence(kind, k, law, p)
    low, high = _leak_bracket(kind, k, values, p, lowest, law)
    for _ in range(ROUNDS):
        x = 0.5 * (low + high)
        if high - low <= 4e-16 * max(1.0, abs(x)):
            break
        if _leaking(kind, k, values, p, lowest, math.exp(x), law) >= 0.0:
            low = x
        else:
            high = x
    _leaking(kind, k, values, p, lowest, math.exp(low), law)
    return divergence(kind, k, law, p)


@compiled
def _leak_bracket(kind: int, k: float, values: np.ndarray, p: np.ndarray, lowest: float, law: np.ndarray) -> tuple[float, float]:
    """log penalties with and without a leak: the leak shrinks as the penalty grows."""
    low = high = math.log(_worst(values, p) - lowest)
    step = 1.0
    while _leaking(kind, k, values, p, lowest, math.exp(low), law) < 0.0 and low > -700.0:
        low -= step
        step *= 2.0
    step = 1.0
    while _leaking(kind, k, values, p, lowest, math.exp(high), law) >= 0.0 and high < 700.0:
        high += step
        step *= 2.0
    return low, high


@compiled
def _leak_to_radius(
    kind: int, k: float, values: np.ndarray, p: np.ndarray, lowest: float, radius: float, law: np.ndarray
) -> float:
    """Root in log penalty of ``D(law, p) + f'(inf) leak = radius`` among leaking laws: divergence falls as the penalty grows."""
    away = limit_at_infinity(kind, k)
    if kind == CRESSIE_READ:
        return _edge_to_radius(k, away, p, radius, law)
    low, high = _leak_bracket(kind, k, values, p, lowest, law)
    step = 1.0
    leak = _leaking(kind, k, values, p, lowest, math.exp(low), law)
    while divergence(kind, k, law, p) + away * leak < radius and low > -700.0:
        low -= step
        step *= 2.0
        leak = _leaking(kind, k, values, p, lowest, math.exp(low), law)
    for _ in range(ROUNDS):
        x = 0.5 * (low + high)
        if high - low <= 4e-16 * max(1.0, abs(x)):
            break
        leak = _leaking(kind, k, values, p, lowest, math.exp(x), law)
        if leak >= 0.0 and divergence(kind, k, law, p) + away * leak > radius:
            low = x
        else:
            high = x
    # high may sit on the non-leaking side by one rounding; the leak is then 0
    leak = _leaking(kind, k, values, p, lowest, math.exp(high), law)
    if leak < 0.0:
        leak = max(0.0, _leaking(kind, k, values, p, lowest, math.exp(low), law))
    return leak


@compiled
def _edge_to_radius(k: float, away: float, p: np.ndarray, radius: float, law: np.ndarray) -> float:
    """The leak e with ``D((1 - e) law, p) + f'(inf) e = radius``; ``law`` comes from :func:`_edge_divergence`."""
    low, high = -745.0, 745.0  # of the log-odds of e, for both ends of the unit interval
    for _ in range(ROUNDS):
        x = 0.5 * (low + high)
        if high - low <= 2.3e-16 * max(1e-2, abs(x)):
            break
        inside = 1.0 / (1.0 + math.exp(x))
        d = away * (1.0 / (1.0 + math.exp(-x)))
        for i in range(p.size):
            d += cell(CRESSIE_READ, k, inside * law[i], p[i])
        if d <= radius:
            low = x
        else:
            high = x
    inside = 1.0 / (1.0 + math.exp(low))
    for i in range(p.size):
        law[i] *= inside
    return 1.0 / (1.0 + math.exp(-low))


# --- values, multipliers, duals, batches -----------------------------------------------------------------------------------


@compiled
def primal_value(
    kind: int, k: float, values: np.ndarray, p: np.ndarray, lowest: float, law: np.ndarray, leak: float, penalty: float
) -> float:
    """``<q, V> + penalty D(q, p)``; a penalty of 0 or infinity adds nothing."""
    base = _best(values, p)[0]
    total = leak * (lowest - base) if leak > 0.0 else 0.0
    for i in range(p.size):
        if law[i] > 0.0:
            total += law[i] * (values[i] - base)
    if 0.0 < penalty < math.inf:
        total += penalty * divergence(kind, k, law, p)
        if leak > 0.0:
            total += penalty * leak * limit_at_infinity(kind, k)
    return base + total


@compiled
def multiplier(kind: int, k: float, values: np.ndarray, p: np.ndarray, lowest: float, law: np.ndarray, leak: float) -> float:
    """The penalty at which ``law`` is optimal: ``(V_j - V_i) / (f'(r_i) - f'(r_j))`` for the two extreme states with mass."""
    low, high = -1, -1
    for i in range(p.size):
        if p[i] > 0.0 and law[i] > 0.0:
            if low < 0 or values[i] < values[low]:
                low = i
            if high < 0 or values[i] > values[high]:
                high = i
    if low < 0:
        return 0.0
    v, top = values[low], 0.0
    if leak > 0.0:
        v, top = lowest, limit_at_infinity(kind, k)
    else:
        top = _slope_at(kind, k, law[low], p[low])
    if values[high] == v:  # saturated, or nothing to choose: the first state without mass decides how far
        return 0.0
    drop = top - _slope_at(kind, k, law[high], p[high])
    return (values[high] - v) / drop if drop > 0.0 else math.inf


@compiled
def dual_value(
    kind: int, k: float, values: np.ndarray, p: np.ndarray, lowest: float, law: np.ndarray, leak: float, penalty: float
) -> float:
    """``eta - penalty sum p f*((eta - V) / penalty)`` at the eta of ``law``: a lower bound whatever ``law`` is."""
    m = _best(values, p)[0]
    away = limit_at_infinity(kind, k)
    floor = min(m, lowest) if away < math.inf else m
    if penalty == 0.0:
        return floor
    if penalty == math.inf:
        return primal_value(kind, k, values, p, lowest, law, leak, penalty)
    best = -1
    for i in range(p.size):
        if p[i] > 0.0 and (best < 0 or values[i] < values[best]):
            best = i
    edge = lowest < m and away < math.inf
    y = _slope_at(kind, k, law[best], p[best])
    if edge:
        y = away - (m - lowest) / penalty if leak > 0.0 else min(y, away - (m - lowest) / penalty)
    # For ratios far from 1 the base 1 + (k - 1) y of the conjugate has digits that y has lost.
    by_base = kind == CRESSIE_READ and abs(k - 1.0) > 1e-2 and abs((k - 1.0) * y) > 0.5
    base = 0.0
    if by_base:
        base = (law[best] / p[best]) ** (k - 1.0) if law[best] > 0.0 else 0.0
        if edge:
            least = (1.0 - k) * (m - lowest) / penalty
            base = least if leak > 0.0 else max(base, least)
        y = (base - 1.0) / (k - 1.0)
    total = 0.0
    for i in range(p.size):
        if p[i] > 0.0:
            gap = (values[i] - m) / penalty
            if by_base:
                total += p[i] * _conjugate_of_base(k, base + (1.0 - k) * gap)
            elif gap == 0.0 and not edge:
                total += law[i] * y - cell(kind, k, law[i], p[i])  # y f*' - f, without the rounding of y
            else:
                total += p[i] * conjugate(kind, k, y - gap)
    return m + penalty * (y - total) if total < math.inf else -math.inf


@compiled
def _slope_at(kind: int, k: float, q: float, p: float) -> float:
    """``f'(q / p)``."""
    return slope(kind, k, q / p, (q - p) / p)


@compiled
def _conjugate_of_base(k: float, base: float) -> float:
    """``f*(y)`` from ``1 + (k - 1) y``."""
    if base <= 0.0:
        return -1.0 / k if k > 1.0 or base == 0.0 else math.inf
    if abs(k) < NEAR_ONE:
        return -math.log(base)
    return math.expm1(k / (k - 1.0) * math.log(base)) / k


@compiled
def _outside(values: np.ndarray, p: np.ndarray) -> int:
    """The lowest state without mass, or -1."""
    best = -1
    for i in range(p.size):
        if p[i] == 0.0 and values[i] < math.inf and (best < 0 or values[i] < values[best]):
            best = i
    return best


@compiled
def batch(
    kind: int,
    k: float,
    values: np.ndarray,
    p: np.ndarray,
    strength: np.ndarray,
    constrained: bool,
    law: np.ndarray,
    out: np.ndarray,
) -> None:
    """Rows of (R, n) arrays. ``out`` (R, 3): value, multiplier (or penalty), dual value."""
    for r in range(p.shape[0]):
        state = _outside(values[r], p[r])
        lowest = values[r, state] if state >= 0 else math.inf
        leak = solve_row(kind, k, values[r], p[r], lowest, strength[r], constrained, law[r], out[r])
        if leak > 0.0:
            law[r, state] = leak


@compiled
def segments(
    kind: int,
    k: float,
    values: np.ndarray,
    starts: np.ndarray,
    columns: np.ndarray,
    data: np.ndarray,
    lowest: float,
    strength: np.ndarray,
    constrained: bool,
    law: np.ndarray,
    leak: np.ndarray,
    out: np.ndarray,
) -> None:
    """Rows of a CSR matrix against one vector of values; mass outside a row's entries goes to ``leak``."""
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        local = local_values(values, starts, columns, r)
        leak[r] = max(0.0, solve_row(kind, k, local, data[begin:end], lowest, strength[r], constrained, law[begin:end], out[r]))


@compiled
def segment_values(
    kind: int,
    k: float,
    values: np.ndarray,
    starts: np.ndarray,
    columns: np.ndarray,
    data: np.ndarray,
    lowest: float,
    strength: np.ndarray,
    constrained: bool,
    out: np.ndarray,
) -> None:
    """The optimal values alone, (R,)."""
    for r in range(starts.size - 1):
        p = data[starts[r] : starts[r + 1]]
        local = local_values(values, starts, columns, r)
        law = np.empty(p.size)
        if constrained:
            leak = max(0.0, worst_case(kind, k, local, p, lowest, strength[r], law))
            out[r] = primal_value(kind, k, local, p, lowest, law, leak, 0.0)
        else:
            leak = max(0.0, penalised(kind, k, local, p, lowest, strength[r], law))
            out[r] = primal_value(kind, k, local, p, lowest, law, leak, strength[r])


@compiled
def solve_row(
    kind: int,
    k: float,
    values: np.ndarray,
    p: np.ndarray,
    lowest: float,
    strength: float,
    constrained: bool,
    law: np.ndarray,
    out: np.ndarray,
) -> float:
    if not constrained:
        leak = penalised(kind, k, values, p, lowest, strength, law)
        out[0] = primal_value(kind, k, values, p, lowest, law, leak, strength)
        out[1] = strength
        out[2] = dual_value(kind, k, values, p, lowest, law, leak, strength)
        return leak
    leak = worst_case(kind, k, values, p, lowest, strength, law)
    out[0] = primal_value(kind, k, values, p, lowest, law, leak, 0.0)
    m = _best(values, p)[0]
    floor = min(m, lowest) if limit_at_infinity(kind, k) < math.inf else m
    if out[0] <= floor:  # saturated
        out[1], out[2] = 0.0, floor
    elif strength == 0.0:
        out[1], out[2] = math.inf, out[0]
    else:
        out[1] = multiplier(kind, k, values, p, lowest, law, leak)
        out[2] = dual_value(kind, k, values, p, lowest, law, leak, out[1]) - out[1] * strength
    return leak
