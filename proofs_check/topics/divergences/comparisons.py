r"""Claims: pairs of divergences whose generators are within a constant of each other everywhere.

Each is proved on all finite spaces by coverage of the ratio of the generators (:mod:`proofs_check.generator_ratios`):
:math:`f \le c\,g` for all ratios t = p / q gives :math:`D_f = \sum q f(p/q) \le c \sum q g(p/q) = c D_g`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from proofs_check.arithmetic import log, rational
from proofs_check.claim import Claim
from proofs_check.generator_ratios import ONE, Constant, prove_ratio
from proofs_check.topics.divergences.formulas import hellinger, jeffreys, jensen_shannon, triangular
from proofs_check.topics.divergences.inequalities import SASON, TOPSOE, apart, inequality, table

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]

ARGUMENT = "Outcome by outcome: f(t) <= c g(t) for every ratio t = p / q, and at the ends, where mass lies under one law only."
HALF_LOG_2 = Constant(logarithmic=Fraction(1, 2))


def comparison(
    name: str,
    paper: str,
    f: str,
    g: str,
    constant: Fraction | Constant,
    support: str = "any",
    share: Fraction | Constant = ONE,
) -> Callable[[Any], Claim]:
    """An inequality ``share D_f <= constant D_g`` with its cover."""

    def register(sides: Any) -> Claim:
        made = inequality(name, paper, support, argument=ARGUMENT)(sides)
        made.cover(f"generators of {f} and {g}")(lambda: prove_ratio(f, g, constant, share))
        made.known("(.4, .6) against (.2, .8)")(table)
        if support == "any":
            made.known("disjoint supports")(apart)
        return made

    return register


@comparison("hellinger_jeffreys", SASON, "squared Hellinger", "Jeffreys", Fraction(1, 4), "both")
def hellinger_jeffreys(pair: Array) -> Sides:
    r"""$4 H^2(p, q) \le J(p, q)$."""
    return 4 * hellinger(*pair), jeffreys(*pair)


@hellinger_jeffreys.false_sibling("4.1 in place of 4")
def _(pair: Array) -> Sides:
    return rational(41, 10) * hellinger(*pair), jeffreys(*pair)


@comparison("jensen_shannon_jeffreys", SASON, "Jensen-Shannon", "Jeffreys", Fraction(1, 8), "both")
def jensen_shannon_jeffreys(pair: Array) -> Sides:
    r"""$\mathrm{JS}(p, q) \le J(p, q) / 8$."""
    return jensen_shannon(*pair), jeffreys(*pair) / 8


@jensen_shannon_jeffreys.false_sibling("a ninth")
def _(pair: Array) -> Sides:
    return jensen_shannon(*pair), jeffreys(*pair) / 9


@comparison("jensen_shannon_hellinger_lower", SASON, "squared Hellinger", "Jensen-Shannon", Fraction(1), share=HALF_LOG_2)
def jensen_shannon_hellinger_lower(pair: Array) -> Sides:
    r"""$\frac{\log 2}2 H^2(p, q) \le \mathrm{JS}(p, q)$."""
    return log(2) / 2 * hellinger(*pair), jensen_shannon(*pair)


@jensen_shannon_hellinger_lower.false_sibling("0.35 in place of half of log 2")
def _(pair: Array) -> Sides:
    return rational(35, 100) * hellinger(*pair), jensen_shannon(*pair)


@comparison("jensen_shannon_hellinger_upper", SASON, "Jensen-Shannon", "squared Hellinger", Fraction(1, 2))
def jensen_shannon_hellinger_upper(pair: Array) -> Sides:
    r"""$\mathrm{JS}(p, q) \le \frac12 H^2(p, q)$."""
    return jensen_shannon(*pair), hellinger(*pair) / 2


@jensen_shannon_hellinger_upper.false_sibling("half of log 2, the constant of the lower bound")
def _(pair: Array) -> Sides:
    return jensen_shannon(*pair), log(2) / 2 * hellinger(*pair)


@comparison("jensen_shannon_triangular_lower", TOPSOE, "triangular", "Jensen-Shannon", Fraction(4))
def jensen_shannon_triangular_lower(pair: Array) -> Sides:
    r"""$\frac14 \Delta(p, q) \le \mathrm{JS}(p, q)$."""
    return triangular(*pair) / 4, jensen_shannon(*pair)


@jensen_shannon_triangular_lower.false_sibling("0.26 in place of a quarter")
def _(pair: Array) -> Sides:
    return rational(26, 100) * triangular(*pair), jensen_shannon(*pair)


@comparison("jensen_shannon_triangular_upper", TOPSOE, "Jensen-Shannon", "triangular", HALF_LOG_2)
def jensen_shannon_triangular_upper(pair: Array) -> Sides:
    r"""$\mathrm{JS}(p, q) \le \frac{\log 2}2 \Delta(p, q)$."""
    return jensen_shannon(*pair), log(2) / 2 * triangular(*pair)


@jensen_shannon_triangular_upper.false_sibling("0.34 in place of half of log 2")
def _(pair: Array) -> Sides:
    return jensen_shannon(*pair), rational(34, 100) * triangular(*pair)


@comparison("hellinger_triangular_lower", TOPSOE, "triangular", "squared Hellinger", Fraction(2))
def hellinger_triangular_lower(pair: Array) -> Sides:
    r"""$\frac12 \Delta(p, q) \le H^2(p, q)$."""
    return triangular(*pair) / 2, hellinger(*pair)


@hellinger_triangular_lower.false_sibling("0.51 in place of one half")
def _(pair: Array) -> Sides:
    return rational(51, 100) * triangular(*pair), hellinger(*pair)


@comparison("hellinger_triangular_upper", TOPSOE, "squared Hellinger", "triangular", Fraction(1))
def hellinger_triangular_upper(pair: Array) -> Sides:
    r"""$H^2(p, q) \le \Delta(p, q)$."""
    return hellinger(*pair), triangular(*pair)


@hellinger_triangular_upper.false_sibling("0.99 in place of 1")
def _(pair: Array) -> Sides:
    return hellinger(*pair), rational(99, 100) * triangular(*pair)
