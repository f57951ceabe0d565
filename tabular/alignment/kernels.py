r"""Compiled kernels of best-of-n sampling, right to about 1e-14 of each result whatever the masses and n.

Where n is within 1/2 of 1, cells that fill more than half of their range lose about
1e-15 / (n - 1)^2 of the gap and the estimator.

A cell is the interval of quantiles :math:`(1 - \varepsilon, 1]` at the top of what lies below and in it; best-of-n puts the
density :math:`n u^{n-1}` on quantiles. With :math:`\ell = \log(1 - \varepsilon)` the ratio of its mass to the reference's is

.. math:: \frac{1 - (1 - \varepsilon)^n}{\varepsilon}
          = 1 + (1 - \varepsilon) \frac{1 - e^{(n - 1) \ell}}{\varepsilon},

which keeps its digits for n near 1, for masses far below one ulp, and for cells that fill their range.
"""

from __future__ import annotations

import math

import numpy as np

from tabular._arrays import Float
from tabular.divergences.generators import CRESSIE_READ, compiled, generator

__all__ = ["estimator", "estimators", "gap_of_cell", "moments", "ratios", "total_gap", "weighted"]

FEW, MANY = (np.array(np.polynomial.legendre.leggauss(size)) for size in (6, 16))
"""Nodes and weights of Gauss and Legendre on (-1, 1)."""
FINE = 3e-3
"""Below this product of n and the cell's mass the power series of the gap is exact to rounding."""
MIDDLE, COARSE = 0.1, 1.5
"""Below these products, and for cells of at most half their range, the integral of the gap is exact with few and many nodes."""
SHORT = 1.5
"""Below this n the closed form of the estimator loses digits."""
NEGLIGIBLE = -60.0
"""Cells whose weight F^n is below e to this power may lose digits."""


@compiled
def _log_ratio(n: float, epsilon: float, rest: float) -> float:
    """``log((1 - (1 - epsilon)^n) / epsilon)`` where ``rest = 1 - epsilon``."""
    if rest <= 0.0:
        return 0.0
    logarithm = math.log1p(-epsilon) if epsilon < 0.5 else math.log(rest)
    return math.log1p(rest * (-math.expm1((n - 1.0) * logarithm) / epsilon))


@compiled
def ratios(n: float, masses: Float, below: Float, log_cumulative: Float, out: Float) -> None:
    """``log(q_c / P_c)``: density of the top cell of F_c, times F_c^(n-1)."""
    for c in range(masses.size):
        if c == 0:
            out[c] = (n - 1.0) * log_cumulative[c]
            continue
        cumulative = below[c] + masses[c]
        out[c] = (n - 1.0) * log_cumulative[c] + _log_ratio(n, masses[c] / cumulative, below[c] / cumulative)


@compiled
def moments(log_ratio: Float, masses: Float, above: Float) -> tuple[float, float]:
    """Divergence from the reference, and the probability of losing: mass above the winner, half the ties."""
    divergence, lost, loss, lost_too = 0.0, 0.0, 0.0, 0.0
    for c in range(masses.size):
        x = log_ratio[c]
        delta = math.expm1(x)
        if abs(delta) < 0.02:  # below, t log t - (t - 1) would lose more than seven bits
            cost = generator(CRESSIE_READ, 1.0, 1.0 + delta, delta)
        elif delta > -0.5:
            cost = x + delta * x - delta
        else:
            t = math.exp(x)
            cost = (t * x if t > 0.0 else 0.0) - delta
        term = masses[c] * cost - lost
        new = divergence + term
        lost = (new - divergence) - term
        divergence = new
        term = masses[c] * math.exp(x) * (above[c] + 0.5 * masses[c]) - lost_too
        new = loss + term
        lost_too = (new - loss) - term
        loss = new
    return divergence, loss


@compiled
def _fine_gap(n: float, epsilon: float, rule: Float) -> float:
    """The integral of the gap, from deviations of the density, so that nothing cancels."""
    nodes, weights, mean, total = rule[0], rule[1], 0.0, 0.0
    for j in range(nodes.size):
        mean += 0.5 * weights[j] * math.expm1((n - 1.0) * math.log1p(-0.5 * epsilon * (1.0 + nodes[j])))
    for j in range(nodes.size):
        deviation = math.expm1((n - 1.0) * math.log1p(-0.5 * epsilon * (1.0 + nodes[j]))) - mean
        delta = deviation / (1.0 + mean)
        total += 0.5 * weights[j] * generator(CRESSIE_READ, 1.0, 1.0 + delta, delta)
    return n * epsilon * (1.0 + mean) * total


@compiled
def gap_of_cell(n: float, epsilon: float) -> float:
    r""":math:`\gamma_n(\varepsilon)`, what a top cell of mass epsilon takes from the cap: :math:`\int v \log(v / \bar v)` of the
    density :math:`v = n u^{n-1}` over the cell, with mean :math:`\bar v`.
    """
    k = n - 1.0
    if epsilon <= 0.0 or k == 0.0:
        return 0.0
    if epsilon >= 1.0:
        return generator(CRESSIE_READ, 0.0, 1.0 / n, -k / n)
    z = n * epsilon
    if z < FINE and epsilon < FINE:
        c4 = (73.0 * n**4 - 1357.0 * n**3 + 9288.0 * n * n - 27317.0 * n + 28709.0) / 15120.0
        c3 = -(n - 5.0) * (7.0 * n * n - 52.0 * n + 89.0) / 240.0
        c2 = (17.0 * n * n - 122.0 * n + 209.0) / 120.0
        series = 1.0 + epsilon * (-(n - 3.0) / 2.0 + epsilon * (c2 + epsilon * (c3 + epsilon * c4)))
        return z * (k * epsilon) * (k * epsilon) / 24.0 * series
    if z < COARSE and epsilon <= 0.5:
        return _fine_gap(n, epsilon, FEW if z < MIDDLE else MANY)
    return _coarse_gap(n, epsilon)


@compiled
def _coarse_gap(n: float, epsilon: float) -> float:
    """The closed form, for cells in which no digits cancel."""
    x = -n * math.log1p(-epsilon)
    rest, mass = math.exp(-x), -math.expm1(-x)
    share = (n - 1.0) / n
    value = -mass * (share + _log_ratio(n, epsilon, 1.0 - epsilon) - math.log(n)) + rest * share * x
    return max(0.0, value)


@compiled
def total_gap(n: float, masses: Float, below: Float, log_cumulative: Float) -> float:
    """``sum_c F_c^n gamma_n(P_c / F_c)``."""
    total, lost = 0.0, 0.0
    for c in range(masses.size):
        weight = n * log_cumulative[c]
        share = masses[c] / (below[c] + masses[c]) if c > 0 else 1.0
        if share >= 1.0 or weight > NEGLIGIBLE:
            gap = gap_of_cell(n, share)
        else:
            gap = _coarse_gap(n, share)
        term = math.exp(weight) * gap - lost
        new = total + term
        lost = (new - total) - term
        total = new
    return total


@compiled
def estimator(n: float, epsilon: float, rest: float) -> float:
    """``d_n(epsilon)``: the divergence if the best outcome has mass epsilon and everything below is a continuum.

    ``rest = 1 - epsilon`` carries the digits of masses near one.
    """
    cap = generator(CRESSIE_READ, 0.0, 1.0 / n, (1.0 - n) / n)
    if epsilon <= 0.0:
        return cap
    if rest <= 0.0:
        return 0.0
    if n < SHORT and epsilon <= 0.5:
        return cap - gap_of_cell(n, epsilon)  # the gap is small here, and right
    logarithm = math.log1p(-epsilon) if epsilon < 0.5 else math.log(rest)
    lower, upper = math.exp(n * logarithm), -math.expm1(n * logarithm)
    inner = cap + (n - 1.0) * logarithm if lower > 0.0 else 0.0
    return max(0.0, lower * inner + upper * _log_ratio(n, epsilon, rest))


@compiled
def estimators(n: float, epsilon: Float, rest: Float, out: Float) -> None:
    """``d_n`` of an array."""
    for i in range(epsilon.size):
        out[i] = estimator(n, epsilon[i], rest[i])


@compiled
def weighted(weights: Float, x: Float) -> tuple[float, float]:
    """Mean and variance of x under weights that sum to one."""
    mean, lost = 0.0, 0.0
    for i in range(x.size):
        term = weights[i] * x[i] - lost
        new = mean + term
        lost = (new - mean) - term
        mean = new
    variance, lost = 0.0, 0.0
    for i in range(x.size):
        term = weights[i] * (x[i] - mean) * (x[i] - mean) - lost
        new = variance + term
        lost = (new - variance) - term
        variance = new
    return mean, variance
