r"""Formulas of best-of-n sampling, in both arithmetics.

Notation: outcomes in increasing order of reward with reference masses :math:`p_i`, cumulative masses :math:`F_i`, :math:`n`
draws, :math:`q_i = F_i^n - F_{i-1}^n` the law of the best draw, :math:`\tilde K_n = \log n - (n - 1) / n`.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from proofs_check.arithmetic import log, power, xlogx

__all__ = ["cap", "enumerated", "gap_of_cell", "gap_sum", "law", "law_with_ties", "positive", "win_rate"]

Array = np.ndarray[Any, Any]


def positive(p: Array) -> Array:
    """The masses that are not zero; an outcome without mass changes nothing."""
    return p[[bool(x > 0) for x in p]]


def cumulative(p: Array) -> tuple[Array, Array]:
    """Inclusive and strict cumulative masses."""
    inclusive = np.cumsum(p)
    return inclusive, inclusive - p


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
    total = 0 * p[0]
    for i in range(len(p)):
        inclusive = p[: i + 1].sum()
        # The first cell fills its range; in doubles p / F may miss 1 there.
        total = total + power(inclusive, n) * gap_of_cell(n, 1 if i == 0 else p[i] / inclusive)
    return total


def win_rate(p: Array, n: Any) -> Any:
    """Probability that the best of n draws beats one draw, ties counting one half."""
    inclusive = np.cumsum(p)
    return (law(p, n) * (inclusive - p / 2)).sum()
