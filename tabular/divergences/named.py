r"""The f-divergences by name, and Renyi divergences. Each is one of our generators with a factor."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp

from tabular.divergences import generators
from tabular.divergences.arguments import as_pair, is_rational
from tabular.divergences.f_divergences import FDivergence
from tabular.divergences.result import Optimum
from tabular.errors import ModelError

__all__ = [
    "KL",
    "Alpha",
    "ChiSquare",
    "CressieRead",
    "Jeffreys",
    "JensenShannon",
    "Neyman",
    "ReverseKL",
    "SquaredHellinger",
    "Triangular",
    "TsallisKL",
    "renyi",
]


@dataclass(frozen=True)
class CressieRead(FDivergence):
    """:math:`f_k(t) = (t^k - k t + k - 1) / (k (k - 1))`: KL at k = 1, reverse KL at 0, half of chi-square at 2."""

    k: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.k):
            raise ModelError(f"the order k is {self.k!r} (expected a finite number)")

    @property
    def exponent(self) -> float:
        return float(self.k)


Alpha = CressieRead
"""Another name of the same class."""


@dataclass(frozen=True)
class KL(FDivergence):
    r"""Kullback-Leibler, :math:`\sum p \log(p / q)`.

    >>> f"{KL()([.4, .6], [.2, .8]):.10f}"
    '0.1046496288'
    """

    @property
    def exponent(self) -> float:
        return 1.0


@dataclass(frozen=True)
class ReverseKL(FDivergence):
    r"""Burg, :math:`\sum q \log(q / p)`; mass may leave the reference's support.

    >>> f"{ReverseKL()([.4, .6], [.2, .8]):.10f}"
    '0.0915162218'
    """

    @property
    def exponent(self) -> float:
        return 0.0


@dataclass(frozen=True)
class ChiSquare(FDivergence):
    r"""Pearson, :math:`\sum (p - q)^2 / q`.

    >>> f"{ChiSquare()([.4, .6], [.2, .8]):.10f}"
    '0.2500000000'
    """

    @property
    def exponent(self) -> float:
        return 2.0

    @property
    def scale(self) -> float:
        return 2.0

    def penalised_min(self, values: Any, reference: Any, penalty: Any) -> Optimum:
        r"""As for every divergence; fractions in give fractions out.

        The worst law is :math:`q = p\, (\alpha - V)_+ / (2\lambda)` with alpha the root of :math:`E(\alpha - V)_+ = 2\lambda`.
        """
        if sp.issparse(reference) or not is_rational(values, reference, penalty):
            return super().penalised_min(values, reference, penalty)
        p, v, twice = [Fraction(x) for x in reference], [Fraction(x) for x in values], 2 * Fraction(penalty)
        if sum(p) != 1 or min(p) < 0 or len(p) != len(v) or twice < 0:
            raise ModelError("fractions: the reference must sum to exactly 1, values fit it, and the penalty not be negative")
        support = sorted((i for i in range(len(p)) if p[i] > 0), key=lambda i: v[i])
        if twice == 0:
            best = [i for i in support if v[i] == v[support[0]]]
            law = [p[i] / sum(p[j] for j in best) if i in best else Fraction(0) for i in range(len(p))]
            return Optimum(v[support[0]], np.array([*law, None], dtype=object)[:-1])
        mass = moment = Fraction(0)
        for i in support:
            if v[i] * mass - moment > twice:
                break
            mass, moment = mass + p[i], moment + p[i] * v[i]
        alpha = (twice + moment) / mass
        law = [p[i] * max(alpha - v[i], Fraction(0)) / twice for i in range(len(p))]
        distance = sum((q - x) ** 2 / x for q, x in zip(law, p, strict=True) if x > 0)
        value = sum(q * x for q, x in zip(law, v, strict=True)) + twice / 2 * distance
        return Optimum(value, np.array([*law, None], dtype=object)[:-1])


@dataclass(frozen=True)
class Neyman(FDivergence):
    r"""Neyman, :math:`\sum (p - q)^2 / p`.

    >>> f"{Neyman()([.4, .6], [.2, .8]):.10f}"
    '0.1666666667'
    """

    @property
    def exponent(self) -> float:
        return -1.0

    @property
    def scale(self) -> float:
        return 2.0


@dataclass(frozen=True)
class SquaredHellinger(FDivergence):
    r""":math:`\sum (\sqrt p - \sqrt q)^2`, from 0 to 2; mass may leave the reference's support.

    >>> f"{SquaredHellinger()([.4, .6], [.2, .8]):.10f}"
    '0.0486739290'
    """

    @property
    def exponent(self) -> float:
        return 0.5

    @property
    def scale(self) -> float:
        return 0.5


@dataclass(frozen=True)
class TsallisKL(FDivergence):
    r""":math:`(\sum p^q r^{1-q} - 1) / (q - 1)` for a reference r and q > 0; q times the Cressie-Read divergence of order q.

    >>> f"{TsallisKL(2)([.4, .6], [.2, .8]):.10f}"
    '0.2500000000'
    """

    q: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.q) and self.q > 0):
            raise ModelError(f"the order q is {self.q!r} (expected a finite number > 0)")

    @property
    def exponent(self) -> float:
        return float(self.q)

    @property
    def scale(self) -> float:
        return float(self.q)


@dataclass(frozen=True)
class JensenShannon(FDivergence):
    r"""Half-sum, :math:`\frac12 KL(p, m) + \frac12 KL(q, m)` with m the mean; at most log 2.

    >>> f"{JensenShannon()([.4, .6], [.2, .8]):.10f}"
    '0.0241572568'
    """

    kind = generators.JENSEN_SHANNON


@dataclass(frozen=True)
class Jeffreys(FDivergence):
    r"""KL plus reverse KL.

    >>> f"{Jeffreys()([.4, .6], [.2, .8]):.10f}"
    '0.1961658506'
    """

    kind = generators.JEFFREYS


@dataclass(frozen=True)
class Triangular(FDivergence):
    r"""Le Cam, :math:`\sum (p - q)^2 / (p + q)`; at most 2.

    >>> f"{Triangular()([.4, .6], [.2, .8]):.10f}"
    '0.0952380952'
    """

    kind = generators.TRIANGULAR


def renyi(p: Any, reference: Any, order: float) -> Any:
    r"""Renyi divergence :math:`\frac{1}{a - 1} \log \sum p^a q^{1-a}` of order a > 0 over the last axis; KL at order 1.

    Raises
    ------
    ModelError
        If the order is not a positive number or an argument is no distribution.
    """
    if not order > 0:
        raise ModelError(f"the order is {order!r} (expected a number > 0)")
    if order == math.inf:
        a, b = as_pair(p, reference)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(a > 0, a / b, 0.0)
        out = np.log(ratio.max(axis=-1))
        return float(out) if out.ndim == 0 else out
    d = CressieRead(float(order))(p, reference)
    if abs(order - 1) < generators.NEAR_ONE:
        return d
    with np.errstate(divide="ignore"):
        out = np.log1p(order * (order - 1) * np.asarray(d)) / (order - 1)
    return float(out) if out.ndim == 0 else out
