r"""Formulas of best-of-n sampling, in both arithmetics.

Notation: outcomes in increasing order of reward with reference masses :math:`p_i`, cumulative masses :math:`F_i`, :math:`n`
draws, :math:`q_i = F_i^n - F_{i-1}^n` the law of the best draw, :math:`\tilde K_n = \log n - (n - 1) / n`.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from proofs_check.arithmetic import log, power, xlogx

__all__ = [
    "alpha_divergence",
    "alpha_of_one_atom",
    "cap",
    "class_masses",
    "enumerated",
    "expected_alpha_estimate",
    "expected_estimate",
    "gap_of_cell",
    "gap_sum",
    "law",
    "law_with_ties",
    "one_atom",
    "positive",
    "shares",
    "win_rate",
    "win_rate_gap_of_cell",
]

Array = np.ndarray[Any, Any]


def positive(p: Array) -> Array:
    """The masses that are not zero; an outcome without mass changes nothing."""
    return p[[bool(x > 0) for x in p]]


def shares(p: Array) -> Array:
    """``p_i / F_i``: exactly 1 for the first outcome, also in doubles."""
    out = p / np.cumsum(p)
    out[0] = 1 + 0 * p[0]
    return out


def class_masses(p: Array, rewards: Array) -> Array:
    """Masses of the classes of equal reward that have mass, in increasing order."""
    masses = [p[np.array([bool(r == level) for r in rewards])].sum() for level in sorted(set(rewards))]
    return positive(np.array([*masses, None], dtype=object)[:-1] if p.dtype == object else np.array(masses))


def law(p: Array, n: Any) -> Array:
    """``q_i``, for distinct rewards in increasing order."""
    inclusive, strict = np.cumsum(p), np.cumsum(p) - p
    if p.dtype != object:
        strict = np.concatenate([[0], inclusive[:-1]])
    return power(inclusive, n) - power(strict, n)


def law_with_ties(p: Array, rewards: Array, n: Any) -> Array:
    """Law of the best draw if ties go to the first of the tied draws: a class of equal rewards shares its mass in proportion."""
    out = 0 * p
    for reward in sorted(set(rewards)):
        members = np.array([bool(r == reward) for r in rewards])
        below = np.array([bool(r < reward) for r in rewards])
        mass, strict = p[members].sum(), p[below].sum() + 0 * p[0]
        if mass > 0:
            out[members] = p[members] / mass * (power(strict + mass, n) - power(strict, n))
    return out


def enumerated(p: Array, rewards: Array, n: int) -> Array:
    """The same law by listing all sequences of ``n`` draws."""
    out = 0 * p
    for draws in product(range(len(p)), repeat=int(n)):
        winner = max(draws, key=lambda y: rewards[y])  # max returns the first of the tied draws
        probability = 1
        for y in draws:
            probability = probability * p[y]
        out[winner] = out[winner] + probability
    return out


def cap(n: Any) -> Any:
    r""":math:`\tilde K_n = \log n - (n - 1) / n`."""
    return log(n) - (n - 1) / n


def gap_of_cell(n: Any, epsilon: Any) -> Any:
    r""":math:`\gamma_n(\varepsilon)`: what a top cell of mass epsilon takes away from the cap; :math:`\tilde K_n` at 1."""
    if epsilon == 1:
        return cap(n)
    rest = power(1 - epsilon, n)
    mass = 1 - rest  # 0 in doubles for a cell below one ulp
    return mass * (log(n * epsilon) - (n - 1) / n) - xlogx(mass) - rest * (n - 1) * log(1 - epsilon)


def gap_sum(p: Array, n: Any) -> Any:
    r""":math:`\sum_i F_i^n \gamma_n(p_i / F_i)`."""
    weights = power(np.cumsum(p), n)
    return sum((w * gap_of_cell(n, share) for w, share in zip(weights, shares(p), strict=True)), 0 * p[0])


def one_atom(n: Any, epsilon: Any) -> Any:
    r""":math:`d_n(\varepsilon) = \tilde K_n - \gamma_n(\varepsilon)`: the estimate from a winner of mass epsilon."""
    return cap(n) - gap_of_cell(n, epsilon)


def expected_estimate(p: Array, n: Any) -> Any:
    r""":math:`\sum_i q_i d_n(p_i)`."""
    return sum((q * one_atom(n, x) for q, x in zip(law(p, n), p, strict=True)), 0 * p[0])


def win_rate(p: Array, n: Any) -> Any:
    """Probability that the best of n draws beats one draw, ties counting one half."""
    inclusive = np.cumsum(p)
    return (law(p, n) * (inclusive - p / 2)).sum()


def win_rate_gap_of_cell(n: Any, epsilon: Any) -> Any:
    r""":math:`\omega_n(\varepsilon)`: what a top cell of mass epsilon takes away from ``n / (n + 1)``."""
    rest = 1 - epsilon
    return n / (n + 1) * (1 - power(rest, n + 1)) - (1 - power(rest, n)) * (1 - epsilon / 2)


def alpha_divergence(q: Array, p: Array, alpha: Any) -> Any:
    r""":math:`\frac{1}{\alpha(\alpha - 1)} (\sum q^\alpha p^{1-\alpha} - 1)`; reverse KL at 0. Masses of p are positive."""
    if alpha == 0:
        return (p * (log(p) - log(q))).sum()
    ratios = q / p
    return ((p * power(ratios, alpha)).sum() - 1) / (alpha * (alpha - 1))


def alpha_of_one_atom(n: Any, epsilon: Any, alpha: Any) -> Any:
    r""":math:`c_{n,\alpha}(\varepsilon)`: the divergence if the best outcome has mass epsilon and all below is a continuum."""
    rest = 1 - epsilon
    mass = 1 - power(rest, n)
    if alpha == 0:
        below = 0 * epsilon if rest == 0 else (n - 1) * (rest - xlogx(rest)) - rest * log(n)
        return below - epsilon * log(mass / epsilon)
    degree = (n - 1) * alpha + 1
    below = power(n + 0 * epsilon, alpha) * power(rest, degree) / degree
    return (below + epsilon * power(mass / epsilon, alpha) - 1) / (alpha * (alpha - 1))


def expected_alpha_estimate(p: Array, n: Any, alpha: Any) -> Any:
    r""":math:`\sum_i q_i c_{n,\alpha}(p_i)`."""
    return sum((q * alpha_of_one_atom(n, x, alpha) for q, x in zip(law(p, n), p, strict=True)), 0 * p[0])
