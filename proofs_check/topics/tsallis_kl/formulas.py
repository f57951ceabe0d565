r"""q-logarithms, Tsallis divergences and entropies from their definitions, in both arithmetics and without :mod:`tabular`.

Notation: :math:`\ln_q x = (x^{1-q} - 1)/(1-q)`, :math:`\exp_q` its inverse, truncated to 0 where its bracket is negative;
:math:`L = \ln_{2-q}`; :math:`\kappa = \tau q / (q - 1)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from proofs_check.arithmetic import exp, is_exact, kl, largest, log, power, rational, xlogx

__all__ = [
    "divergence",
    "dot",
    "entropy",
    "kappa",
    "outer",
    "q_exp",
    "q_log",
    "row",
    "sparse_max",
    "total",
]

Array = np.ndarray[Any, Any]


def row(values: Sequence[Any]) -> Array:
    """An array of the surrounding arithmetic: of doubles, or of objects that stay what they are."""
    values = list(values)
    out = np.empty(len(values), dtype=object if is_exact() else np.float64)
    out[:] = values
    return out


def total(values: Any) -> Any:
    """Sum, in the surrounding arithmetic also if it is empty."""
    out = rational(0)
    for x in values:
        out = out + x
    return out


def dot(p: Array, x: Array) -> Any:
    """Mean of x, where actions without mass do not count."""
    return total(a * b for a, b in zip(p, x, strict=True) if a != 0)


def q_log(x: Any, q: Any) -> Any:
    r""":math:`\ln_q x` for x > 0, or x = 0 and q < 1; elementwise.

    In doubles as ``expm1((1 - q) log x) / (1 - q)``, the same number without the cancellation.
    """
    if isinstance(x, np.ndarray):
        return row([q_log(y, q) for y in x])
    if q == 1:
        return log(x)
    if is_exact():
        return (power(x, 1 - q) - 1) / (1 - q)
    return -1 / (1 - q) if x == 0 and q < 1 else float(np.expm1((1 - q) * np.log(x)) / (1 - q))


def q_exp(x: Any, q: Any) -> Any:
    r""":math:`\exp_q x`, 0 where the bracket is not positive and q < 1; elementwise.

    Raises
    ------
    ZeroDivisionError
        At and beyond the pole, for q > 1.
    """
    if isinstance(x, np.ndarray):
        return row([q_exp(y, q) for y in x])
    if q == 1:
        return exp(x)
    bracket = 1 + (1 - q) * x
    if bracket <= 0:
        if q > 1:
            raise ZeroDivisionError(f"exp_q of order {q} has its pole at {1 / (q - 1)}")
        return rational(0)
    return power(bracket, 1 / (1 - q)) if is_exact() else float(np.exp(np.log1p((1 - q) * x) / (1 - q)))


def divergence(p: Array, reference: Array, q: Any) -> Any:
    r""":math:`D_q(p, r) = (\sum p^q r^{1-q} - 1) / (q - 1) = \sum p L(p / r)`; KL at q = 1. Terms with p = 0 are 0."""
    if q == 1:
        return kl(p, reference)
    return total(a * q_log(a / b, 2 - q) for a, b in zip(p, reference, strict=True) if a != 0)


def entropy(p: Array, q: Any) -> Any:
    r""":math:`S_q(p) = (1 - \sum p^q) / (q - 1) = -\sum p L(p)`; Shannon's at q = 1."""
    if q == 1:
        return -total(xlogx(a) for a in p)
    return -total(a * q_log(a, 2 - q) for a in p if a != 0)


def outer(p: Array, q: Array) -> Array:
    """Product of two distributions, flat."""
    return row([a * b for a in p for b in q])


def kappa(order: Any, strength: Any) -> Any:
    r""":math:`\kappa = \tau q / (q - 1)`."""
    return strength * order / (order - 1)


def sparse_max(z: Array) -> tuple[Array, Any]:
    r"""The projection of z on the simplex, :math:`[z - \nu]_+`, and :math:`\nu`: the support is found in the sorted order."""
    ordered = sorted(z, reverse=True)
    level, mass = None, rational(0)
    for i, x in enumerate(ordered, start=1):
        mass = mass + x
        if i * x > mass - 1:
            level = (mass - 1) / rational(i)
    return row([largest(row([x - level, rational(0)])) for x in z]), level
