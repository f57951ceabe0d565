r"""The family of worst laws for Cressie-Read divergences of order k up to :data:`TRUNCATING`: KL, Burg, Hellinger, Neyman.

A row is ``gaps`` g above its smallest value, scaled to [0, 1], and a law p > 0 on the same states. The minimisers of
<q, g> + penalty D_k(q, p) are

.. math:: q_t \propto p\, w(t g), \qquad w(u) = [1 - (k - 1) u]_+^{1 / (k - 1)}, \quad w(u) = e^{-u} \text{ at } k = 1,

whose best weight is exactly 1. The multiplier of :math:`q_t` is :math:`Z^{k-1} / t` with :math:`Z = \sum p\, w`, and divergence
grows with t, so both the penalised and the constrained problem are a monotone root in x = log t, found by Newton's method inside
a bracket. Solvers fill ``law`` and leave in ``point`` the multiplier and the logarithm of the best state's ratio q / p.
"""

from __future__ import annotations

import math

import numpy as np

from tabular.divergences.generators import CRESSIE_READ, NEAR_ONE, compiled, generator
from tabular.divergences.roots import RESIDUAL
from tabular.divergences.unit_rows import OPEN, PART, keep_support

__all__ = ["TRUNCATING", "tilt_rows"]

TRUNCATING = 1.05
"""Orders from which weights near the truncation lose digits in t, so that the smallest weight is the variable."""

ROUNDS = 100

PLAIN = 1e-3
"""Radii from which KL is right to 1e-13 of itself as ``-t <q, g> - log Z``; below, the multiplier would lose its digits."""


@compiled
def _base(k: float, x: float, t: float, g: float) -> tuple[float, float]:
    """Logarithm and inverse of ``b = 1 - (k - 1) t g`` for k < 1 or small t; t = e^x may overflow."""
    if x > 600.0 and g > 0.0:
        log = max(x + math.log((1.0 - k) * g), 0.0)
        return log, math.exp(-log)
    y = (1.0 - k) * t * g
    return (math.log1p(y), 1.0 / (1.0 + y)) if y > -1.0 else (-math.inf, 0.0)


@compiled
def _tilt(k: float, gaps: np.ndarray, p: np.ndarray, x: float, law: np.ndarray, moments: np.ndarray) -> None:
    """``q_t`` at t = e^x; moments: log Z, <q, g>, and the sums of q g / b and q g^2 / b with b = 1 - (k - 1) t g."""
    shift, z, s1, s2, mean = 0.0, 0.0, 0.0, 0.0, 0.0
    t = math.exp(min(x, 700.0))
    for i in range(p.size):
        g = gaps[i]
        inverse = 1.0
        if abs(k - 1.0) < NEAR_ONE:
            log = -t * g
        else:
            log, inverse = _base(k, x, t, g)
            log /= k - 1.0
        e = math.expm1(log)
        w = p[i] * (1.0 + e if e > -0.5 else math.exp(log))
        law[i] = w
        shift += p[i] * e
        z += w
        mean += w * g
        if w > 0.0:
            s1 += w * g * inverse
            s2 += w * g * g * inverse
    moments[0] = math.log1p(shift) if shift > -0.5 else math.log(z)
    moments[1], moments[2], moments[3] = mean / z, s1 / z, s2 / z
    for i in range(p.size):
        law[i] /= z


@compiled
def _divergence(k: float, gaps: np.ndarray, p: np.ndarray, x: float, log_z: float) -> float:
    """``D(q_t, p)`` from the exact deviations of the family: those of the stored law are lost where it is close to p."""
    total, t = 0.0, math.exp(min(x, 700.0))
    if abs(k - 1.0) < NEAR_ONE:
        for i in range(p.size):
            log = -log_z - t * gaps[i]
            delta = math.expm1(log)
            if abs(delta) < 0.02:  # below, t log t - (t - 1) would lose more than seven bits
                total += p[i] * generator(CRESSIE_READ, k, 1.0 + delta, delta)
            else:
                total += p[i] * (log + delta * log - delta if delta > -0.5 else math.exp(log) * log - delta)
        return total
    for i in range(p.size):
        log = -log_z + _base(k, x, t, gaps[i])[0] / (k - 1.0)
        delta = math.expm1(log)
        total += p[i] * generator(CRESSIE_READ, k, 1.0 + delta if delta > -0.5 else math.exp(log), delta)
    return total


@compiled
def tilt_at_penalty(k: float, gaps: np.ndarray, p: np.ndarray, penalty: float, law: np.ndarray, point: np.ndarray) -> None:
    """Root of ``x + log penalty = (k - 1) log Z``; no search at k = 1.

    Z is between the mass of the best states, which comes in ``point``, and 1.
    """
    moments = np.empty(4)
    x = -math.log(penalty)
    if abs(k - 1.0) < NEAR_ONE:
        _tilt(k, gaps, p, x, law, moments)
        point[0], point[1], point[2] = penalty, -moments[0], -penalty * moments[0]
        return
    end = x + (k - 1.0) * math.log(point[1])
    low, high = min(x, end), max(x, end)
    for _ in range(ROUNDS):
        _tilt(k, gaps, p, x, law, moments)
        f = x + math.log(penalty) - (k - 1.0) * moments[0]
        slope = 1.0 + (k - 1.0) * math.exp(x) * moments[2]
        low, high, following = _narrow(low, high, x, f, slope, 0.0)
        if abs(f) <= RESIDUAL or following == x:
            break
        x = following
    point[0], point[1] = penalty, -moments[0]
    point[2] = moments[1] + penalty * _divergence(k, gaps, p, x, moments[0])


@compiled
def _narrow(low: float, high: float, x: float, f: float, slope: float, reach: float) -> tuple[float, float, float]:
    """The bracket with x taken in, and the next point: Newton's, or the middle if that leaves the bracket.

    While one end is infinite, the step is at most ``reach``. No progress is returned as x itself.
    """
    if f < 0.0:
        low = x
    else:
        high = x
    following = x - f / slope if 0.0 < slope < math.inf else math.nan
    if low > -math.inf and high < math.inf:
        if not low < following < high:
            following = 0.5 * (low + high)
    elif not abs(following - x) <= reach:
        following = x - math.copysign(reach, f)
    return low, high, x if abs(following - x) <= 2.3e-16 * max(1e-2, abs(x)) else following


@compiled
def _entropic_to_radius(gaps: np.ndarray, p: np.ndarray, radius: float, law: np.ndarray, point: np.ndarray) -> bool:
    """KL, radii from :data:`PLAIN` on: Halley's iteration in log t on ``log(D / radius)``, one exponential a state and round.

    A last step of a ten-millionth of t goes into the law by its series. Whether it came that far.
    """
    t, low, high = math.sqrt(2.0 * radius / _variance(gaps, p)), 0.0, math.inf
    for _ in range(ROUNDS):
        z = s1 = s2 = s3 = 0.0
        for i in range(p.size):
            g = gaps[i]
            w = p[i] * math.exp(-t * g)
            law[i] = w
            z += w
            w *= g
            s1 += w
            w *= g
            s2 += w
            s3 += w * g
        mean = s1 / z
        spread = s2 / z - mean * mean
        skew = s3 / z - mean * (3.0 * spread + mean * mean)
        distance = -t * mean - math.log(z)
        if not (distance > 0.0 and spread > 0.0):
            return False
        f = math.log(distance / radius)
        if f < 0.0:
            low = t
        else:
            high = t
        slope = t * t * spread / distance
        bend = slope * (2.0 - t * skew / spread - slope)
        bottom = 2.0 * slope * slope - f * bend
        following = t * math.exp(-2.0 * f * slope / bottom) if bottom > slope * slope else math.nan
        if abs(following - t) <= 1e-7 * t:
            step, z, mean = following - t, 0.0, 0.0
            for i in range(p.size):
                x = step * gaps[i]
                law[i] *= 1.0 - x + 0.5 * x * x
                z += law[i]
                mean += law[i] * gaps[i]
            for i in range(p.size):
                law[i] /= z
            point[0], point[1], point[2] = 1.0 / following, -math.log(z), mean / z
            return True
        if not low < following < high:
            following = 4.0 * t if high == math.inf else math.sqrt(low * high) if low > 0.0 else 0.25 * t
        t = following
    return False


@compiled
def tilt_to_radius(k: float, gaps: np.ndarray, p: np.ndarray, radius: float, law: np.ndarray, point: np.ndarray) -> None:
    """Root of ``log D(q_t) = log radius`` in x = log t, from where the second-order expansion puts it."""
    if k == 1.0 and radius >= PLAIN and _entropic_to_radius(gaps, p, radius, law, point):
        return
    moments = np.empty(4)
    x = 0.5 * math.log(2.0 * radius / _variance(gaps, p))
    low, high = -math.inf, math.inf
    reach, best, f_best = 1.0, x, math.inf
    for step in range(ROUNDS):
        _tilt(k, gaps, p, x, law, moments)
        distance = _divergence(k, gaps, p, x, moments[0])
        f = math.log(distance / radius) if distance > 1e-300 * radius else -700.0
        if abs(f) < abs(f_best):
            best, f_best = x, f
        # dD = -multiplier^-1 d<q, g>, so d log D / dx = t^2 Z^(1 - k) (sum q g^2 / b - <q, g> sum q g / b) / D
        spread = moments[3] - moments[1] * moments[2]
        slope = math.exp(2.0 * x + (1.0 - k) * moments[0]) * spread / distance if distance > 0.0 else 2.0
        # D grows at most like t^2; where best states have hardly any mass the slope is noise, and halving has to help
        slope = min(slope, 3.0) if step % 8 < 7 else math.nan
        low, high, following = _narrow(low, high, x, f, slope, reach)
        if abs(f) <= RESIDUAL or following == x:
            break
        x, reach = following, 2.0 * reach
    if best != x:
        _tilt(k, gaps, p, best, law, moments)
    point[0], point[1], point[2] = math.exp((k - 1.0) * moments[0] - best), -moments[0], moments[1]


@compiled
def _variance(gaps: np.ndarray, p: np.ndarray) -> float:
    mean, spread = 0.0, 0.0
    for i in range(p.size):
        mean += p[i] * gaps[i]
    for i in range(p.size):
        spread += p[i] * (gaps[i] - mean) ** 2
    return max(spread, 1e-300)


@compiled
def tilt_rows(
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
                tilt_to_radius(k, g, w, facts[r, PART], q, point[r])
            else:
                tilt_at_penalty(k, g, w, facts[r, PART], q, point[r])
            if k < 1.0:
                keep_support(q)
