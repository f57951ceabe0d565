r"""Divergences from their definitions, in both arithmetics and without :mod:`tabular`.

Distributions p and q (the reference) are arrays over the same outcomes. In doubles each term is :math:`q f(p/q)` in a form whose
rounding is of the order of the masses, not of their logarithms, so that an absolute allowance of a few units suffices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from proofs_check.arithmetic import absolute, exp, kl, log, power, sqrt

__all__ = [
    "affinity",
    "alpha",
    "chi_square",
    "hellinger",
    "jeffreys",
    "jensen_shannon",
    "kl",
    "mean",
    "neyman",
    "order_sum",
    "renyi",
    "reverse_kl",
    "spread",
    "total_variation",
    "triangular",
    "tsallis",
    "variance",
]

Array = np.ndarray[Any, Any]


def total(terms: Sequence[Any], like: Array) -> Any:
    """Sum of terms in the arithmetic of an array."""
    out = 0 * like[0]
    for term in terms:
        out = out + term
    return out


def total_variation(p: Array, q: Array) -> Any:
    r""":math:`\frac12 \sum |p - q|`."""
    return total([absolute(a - b) for a, b in zip(p, q, strict=True)], p) / 2


def chi_square(p: Array, q: Array) -> Any:
    r""":math:`\sum (p - q)^2 / q`; outcomes without mass under both add nothing."""
    return total([(a - b) * (a - b) / b for a, b in zip(p, q, strict=True) if a != b], p)


def neyman(p: Array, q: Array) -> Any:
    r""":math:`\sum (p - q)^2 / p`."""
    return chi_square(q, p)


def reverse_kl(p: Array, q: Array) -> Any:
    r""":math:`\sum q \log (q / p)`."""
    return kl(q, p)


def jeffreys(p: Array, q: Array) -> Any:
    r""":math:`\sum (p - q) \log (p / q)`."""
    return total([(a - b) * log(a / b) for a, b in zip(p, q, strict=True) if a != b], p)


def hellinger(p: Array, q: Array) -> Any:
    r""":math:`\sum (\sqrt p - \sqrt q)^2`."""
    roots = [sqrt(a) - sqrt(b) for a, b in zip(p, q, strict=True)]
    return total([x * x for x in roots], p)


def affinity(p: Array, q: Array) -> Any:
    r""":math:`\sum \sqrt{p q} = 1 - H^2 / 2`."""
    return total([sqrt(a * b) for a, b in zip(p, q, strict=True)], p)


def jensen_shannon(p: Array, q: Array) -> Any:
    r""":math:`\frac12 KL(p, m) + \frac12 KL(q, m)` with m the mean."""
    m = (p + q) / 2
    return (kl(p, m) + kl(q, m)) / 2


def triangular(p: Array, q: Array) -> Any:
    r""":math:`\sum (p - q)^2 / (p + q)`."""
    return total([(a - b) * (a - b) / (a + b) for a, b in zip(p, q, strict=True) if a != b], p)


def order_sum(p: Array, q: Array, order: Any) -> Any:
    r""":math:`\sum p^a q^{1-a}`; outcomes with p = 0 add nothing (a > 0)."""
    return total([b * power(a / b, order) for a, b in zip(p, q, strict=True) if a != 0], p)


def renyi(p: Array, q: Array, order: Any) -> Any:
    r""":math:`\frac{1}{a - 1} \log \sum p^a q^{1-a}`; KL at a = 1."""
    return kl(p, q) if order == 1 else log(order_sum(p, q, order)) / (order - 1)


def tsallis(p: Array, q: Array, order: Any) -> Any:
    r""":math:`(\sum p^a q^{1-a} - 1) / (a - 1)`; KL at a = 1."""
    return kl(p, q) if order == 1 else (order_sum(p, q, order) - 1) / (order - 1)


def alpha(p: Array, q: Array, order: Any) -> Any:
    r""":math:`(\sum p^a q^{1-a} - 1) / (a (a - 1))`; KL at a = 1."""
    return tsallis(p, q, order) / order


def mean(p: Array, values: Array) -> Any:
    """Expectation of the values."""
    return total([a * v for a, v in zip(p, values, strict=True)], p)


def variance(p: Array, values: Array) -> Any:
    """Variance of the values, from deviations."""
    m = mean(p, values)
    return total([a * (v - m) * (v - m) for a, v in zip(p, values, strict=True)], p)


def spread(p: Array, values: Array) -> Any:
    """Range of the values on the support."""
    inside = [v for a, v in zip(p, values, strict=True) if a != 0]
    return max(inside) - min(inside)


Generator = tuple[Callable[[Any], Any], Callable[[Any], Any], Callable[[Any], Any]]

GENERATORS: dict[str, Generator] = {
    "KL": (lambda t: t * log(t) - t + 1, log, lambda y: exp(y) - 1),
    "reverse KL": (lambda t: t - 1 - log(t), lambda t: 1 - 1 / t, lambda y: -log(1 - y)),
    "chi-square": (lambda t: (t - 1) * (t - 1), lambda t: 2 * (t - 1), lambda y: y + y * y / 4),
    "Neyman": (lambda t: (t - 1) * (t - 1) / t, lambda t: 1 - 1 / (t * t), lambda y: 2 - 2 * sqrt(1 - y)),
    "squared Hellinger": (lambda t: 1 + t - 2 * sqrt(t), lambda t: 1 - 1 / sqrt(t), lambda y: y / (1 - y)),
    "Jensen-Shannon": (
        lambda t: (t * log(2 * t / (1 + t)) + log(2 / (1 + t))) / 2,
        lambda t: log(2 * t / (1 + t)) / 2,
        lambda y: -log(2 - exp(2 * y)) / 2,
    ),
    "triangular": (
        lambda t: (t - 1) * (t - 1) / (t + 1),
        lambda t: (t - 1) * (t + 3) / ((t + 1) * (t + 1)),
        lambda y: (1 - sqrt(1 - y)) * (3 - sqrt(1 - y)),
    ),
}
"""Generator, derivative and conjugate (on the range of the derivative) of each name, for t > 0."""
