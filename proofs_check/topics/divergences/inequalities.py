"""Claims: divergences bound one another. Most constants are the best possible; the false siblings are a little better."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from proofs_check.arithmetic import exp, log, rational
from proofs_check.claim import Claim, claim
from proofs_check.topics.divergences.formulas import (
    affinity,
    alpha,
    chi_square,
    hellinger,
    jensen_shannon,
    kl,
    renyi,
    total_variation,
    triangular,
)
from proofs_check.topics.divergences.instances import Pairs, pairs, rounding

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]

FLOOR = Fraction(1, 10**6)
ANY, INSIDE, BOTH = Pairs(3), Pairs(3, FLOOR), Pairs(3, FLOOR, both=True)
SASON = "Sason and Verdu (2016), f-divergence inequalities"
TOPSOE = "Topsoe (2000), Some inequalities for information divergence"
SURVEY = "Gibbs and Su (2002), On choosing and bounding probability metrics"


def inequality(
    name: str, paper: str, support: str = "any", relation: Any = "<=", allowance: Any = rounding, **more: Any
) -> Callable[[Any], Claim]:
    """A claim about a pair of distributions; ``support`` says what must be positive: nothing, the reference, or both."""
    search = {"any": ANY, "reference": INSIDE, "both": BOTH}[support]
    words = {
        "any": "any two distributions on finitely many outcomes",
        "reference": "p is absolutely continuous with respect to q",
        "both": "p and q have the same support",
    }[support]
    return claim(
        f"divergences.{name}",
        relation,
        paper=paper,
        assumptions=words,
        instances=pairs(reference=support == "reference", both=support == "both"),
        search={"pair": search},
        allowance=allowance,
        **more,
    )


def apart() -> dict[str, Any]:
    """Disjoint supports."""
    return {"pair": np.array([[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]], dtype=object)}


def inside() -> dict[str, Any]:
    """A point mass inside a fair coin."""
    return {"pair": np.array([[Fraction(1), Fraction(0)], [Fraction(1, 2), Fraction(1, 2)]], dtype=object)}


def table() -> dict[str, Any]:
    """(.4, .6) against (.2, .8)."""
    return {"pair": np.array([[Fraction(2, 5), Fraction(3, 5)], [Fraction(1, 5), Fraction(4, 5)]], dtype=object)}


# --- total variation and KL ----------------------------------------------------------------------------------------------------


@inequality("pinsker", "Pinsker (1964), with the constant of Csiszar (1967) and Kullback (1967)", "reference")
def pinsker(pair: Array) -> Sides:
    r"""$2\, \mathrm{TV}(p, q)^2 \le \mathrm{KL}(p, q)$."""
    p, q = pair
    return 2 * total_variation(p, q) ** 2, kl(p, q)


@pinsker.false_sibling("2.1 in place of 2")
def _(pair: Array) -> Sides:
    p, q = pair
    return rational(21, 10) * total_variation(p, q) ** 2, kl(p, q)


pinsker.known("(.4, .6) against (.2, .8)")(table)


@inequality("bretagnolle_huber", "Bretagnolle and Huber (1979)", "reference")
def bretagnolle_huber(pair: Array) -> Sides:
    r"""$\mathrm{TV}(p, q)^2 \le 1 - e^{-\mathrm{KL}(p, q)}$."""
    p, q = pair
    return total_variation(p, q) ** 2, 1 - exp(-kl(p, q))


@bretagnolle_huber.false_sibling("nine tenths of KL in the exponent")
def _(pair: Array) -> Sides:
    p, q = pair
    return total_variation(p, q) ** 2, 1 - exp(-rational(9, 10) * kl(p, q))


bretagnolle_huber.known("a point mass inside a fair coin")(inside)


@inequality(
    "bretagnolle_huber_weak",
    "Tsybakov (2009), Introduction to nonparametric estimation, Lemma 2.6 (recalled)",
    "reference",
    argument="With y = exp(-KL) in (0, 1] the square of the right side exceeds that of the left by y^2 / 4.",
)
def bretagnolle_huber_weak(pair: Array) -> Sides:
    r"""$\sqrt{1 - e^{-\mathrm{KL}(p, q)}} \le 1 - \frac12 e^{-\mathrm{KL}(p, q)}$."""
    p, q = pair
    y = exp(-kl(p, q))
    return (1 - y) * (1 - y / 2), (1 - y / 2) * (1 - y / 2) * (1 - y / 2)


@bretagnolle_huber_weak.false_sibling("0.6 in place of one half")
def _(pair: Array) -> Sides:
    p, q = pair
    y = exp(-kl(p, q))
    right = 1 - rational(3, 5) * y
    return (1 - y) * right, right * right * right


@bretagnolle_huber_weak.step("squares: (1 - y/2)^2 - (1 - y) = y^2 / 4", method="expand")
def _() -> tuple[Any, Any]:
    y = sp.Symbol("y", positive=True)
    return (1 - y / 2) ** 2 - (1 - y), y**2 / 4


# --- chi-square ----------------------------------------------------------------------------------------------------------------


@inequality(
    "kl_chi_square",
    SASON,
    "reference",
    argument="Jensen: KL is the p-mean of log(p/q), at most the logarithm of the p-mean of p/q, which is 1 + chi-square.",
)
def kl_chi_square(pair: Array) -> Sides:
    r"""$\mathrm{KL}(p, q) \le \log(1 + \chi^2(p, q))$."""
    p, q = pair
    return kl(p, q), log(1 + chi_square(p, q))


@kl_chi_square.false_sibling("nine tenths of chi-square")
def _(pair: Array) -> Sides:
    p, q = pair
    return kl(p, q), log(1 + rational(9, 10) * chi_square(p, q))


@kl_chi_square.false_sibling("half of chi-square is a lower bound of KL, as its expansion suggests")
def _(pair: Array) -> Sides:
    p, q = pair
    return chi_square(p, q) / 2, kl(p, q)


@kl_chi_square.step("the p-mean of p/q is 1 + chi-square, outcome by outcome", method="cancel")
def _() -> tuple[Any, Any]:
    p, q = sp.symbols("p q", positive=True)
    return p**2 / q, (p - q) ** 2 / q + 2 * p - q


kl_chi_square.known("a point mass inside a fair coin")(inside)


@inequality("chi_square_total_variation", SURVEY, "reference")
def chi_square_total_variation(pair: Array) -> Sides:
    r"""$4\, \mathrm{TV}(p, q)^2 \le \chi^2(p, q)$."""
    p, q = pair
    return 4 * total_variation(p, q) ** 2, chi_square(p, q)


@chi_square_total_variation.false_sibling("4.1 in place of 4")
def _(pair: Array) -> Sides:
    p, q = pair
    return rational(41, 10) * total_variation(p, q) ** 2, chi_square(p, q)


chi_square_total_variation.known("a point mass inside a fair coin, where it is an equality")(inside)


@inequality("reverse_pinsker", SASON, "reference")
def reverse_pinsker(pair: Array) -> Sides:
    r"""$q_{\min}\, \chi^2(p, q) \le 2\, \mathrm{TV}(p, q)^2$."""
    p, q = pair
    return min(q) * chi_square(p, q), 2 * total_variation(p, q) ** 2


@reverse_pinsker.false_sibling("1.9 in place of 2")
def _(pair: Array) -> Sides:
    p, q = pair
    return min(q) * chi_square(p, q), rational(19, 10) * total_variation(p, q) ** 2


reverse_pinsker.known("a point mass inside a fair coin, where it is an equality")(inside)


@inequality("reverse_pinsker_kl", SASON, "reference", uses=("divergences.kl_chi_square", "divergences.reverse_pinsker"))
def reverse_pinsker_kl(pair: Array) -> Sides:
    r"""$\mathrm{KL}(p, q) \le \log(1 + 2\, \mathrm{TV}(p, q)^2 / q_{\min})$."""
    p, q = pair
    return kl(p, q), log(1 + 2 * total_variation(p, q) ** 2 / min(q))


@reverse_pinsker_kl.false_sibling("1.9 in place of 2")
def _(pair: Array) -> Sides:
    p, q = pair
    return kl(p, q), log(1 + rational(19, 10) * total_variation(p, q) ** 2 / min(q))


reverse_pinsker_kl.known("a point mass inside a fair coin")(inside)


# --- Hellinger -----------------------------------------------------------------------------------------------------------------


@inequality("le_cam_lower", "Le Cam (1986)")
def le_cam_lower(pair: Array) -> Sides:
    r"""$\frac12 H^2(p, q) \le \mathrm{TV}(p, q)$."""
    p, q = pair
    return hellinger(p, q) / 2, total_variation(p, q)


@le_cam_lower.false_sibling("the other way round")
def _(pair: Array) -> Sides:
    p, q = pair
    return total_variation(p, q), hellinger(p, q) / 2


le_cam_lower.known("disjoint supports, where it is an equality")(apart)


@inequality("le_cam_upper", "Le Cam (1986)")
def le_cam_upper(pair: Array) -> Sides:
    r"""$\mathrm{TV}(p, q)^2 \le H^2(p, q) (1 - H^2(p, q) / 4)$."""
    p, q = pair
    h = hellinger(p, q)
    return total_variation(p, q) ** 2, h * (1 - h / 4)


@le_cam_upper.false_sibling("nine tenths of it")
def _(pair: Array) -> Sides:
    p, q = pair
    h = hellinger(p, q)
    return total_variation(p, q) ** 2, rational(9, 10) * h * (1 - h / 4)


le_cam_upper.known("disjoint supports, where it is an equality")(apart)


@inequality(
    "kl_hellinger",
    SASON,
    "reference",
    argument="Jensen: log of the affinity, the p-mean of sqrt(q/p), is at least the p-mean of log sqrt(q/p), which is -KL/2.",
)
def kl_hellinger(pair: Array) -> Sides:
    r"""$-2 \log(1 - \frac12 H^2(p, q)) \le \mathrm{KL}(p, q)$."""
    p, q = pair
    return -2 * log(affinity(p, q)), kl(p, q)


@kl_hellinger.false_sibling("2.1 in place of 2")
def _(pair: Array) -> Sides:
    p, q = pair
    return -rational(21, 10) * log(affinity(p, q)), kl(p, q)


@kl_hellinger.step("the affinity is 1 - H^2 / 2, outcome by outcome", method="expand")
def _() -> tuple[Any, Any]:
    p, q = sp.symbols("p q", positive=True)
    return sp.sqrt(p) * sp.sqrt(q), (p + q) / 2 - (sp.sqrt(p) - sp.sqrt(q)) ** 2 / 2


kl_hellinger.known("a point mass inside a fair coin")(inside)


@inequality("jensen_shannon_total_variation_lower", TOPSOE)
def jensen_shannon_total_variation_lower(pair: Array) -> Sides:
    r"""$\frac12 \mathrm{TV}(p, q)^2 \le \mathrm{JS}(p, q)$."""
    p, q = pair
    return total_variation(p, q) ** 2 / 2, jensen_shannon(p, q)


@jensen_shannon_total_variation_lower.false_sibling("0.51 in place of one half")
def _(pair: Array) -> Sides:
    p, q = pair
    return rational(51, 100) * total_variation(p, q) ** 2, jensen_shannon(p, q)


@inequality("jensen_shannon_total_variation_upper", TOPSOE)
def jensen_shannon_total_variation_upper(pair: Array) -> Sides:
    r"""$\mathrm{JS}(p, q) \le \log 2 \cdot \mathrm{TV}(p, q)$."""
    p, q = pair
    return jensen_shannon(p, q), log(2) * total_variation(p, q)


@jensen_shannon_total_variation_upper.false_sibling("0.69 in place of log 2")
def _(pair: Array) -> Sides:
    p, q = pair
    return jensen_shannon(p, q), rational(69, 100) * total_variation(p, q)


@inequality("triangular_total_variation_lower", TOPSOE)
def triangular_total_variation_lower(pair: Array) -> Sides:
    r"""$2\, \mathrm{TV}(p, q)^2 \le \Delta(p, q)$."""
    p, q = pair
    return 2 * total_variation(p, q) ** 2, triangular(p, q)


@triangular_total_variation_lower.false_sibling("2.1 in place of 2")
def _(pair: Array) -> Sides:
    p, q = pair
    return rational(21, 10) * total_variation(p, q) ** 2, triangular(p, q)


triangular_total_variation_lower.known("disjoint supports, where it is an equality")(apart)


@inequality(
    "triangular_total_variation_upper",
    TOPSOE,
    argument="Outcome by outcome: |p - q| <= p + q.",
)
def triangular_total_variation_upper(pair: Array) -> Sides:
    r"""$\Delta(p, q) \le 2\, \mathrm{TV}(p, q)$."""
    p, q = pair
    return triangular(p, q), 2 * total_variation(p, q)


@triangular_total_variation_upper.false_sibling("1.9 in place of 2")
def _(pair: Array) -> Sides:
    p, q = pair
    return triangular(p, q), rational(19, 10) * total_variation(p, q)


@triangular_total_variation_upper.step(
    "|p - q| - (p - q)^2 / (p + q) = |p - q| 2 min(p, q) / (p + q), where p is larger", method="cancel"
)
def _() -> tuple[Any, Any]:
    q, d = sp.symbols("q d", positive=True)
    return d - d**2 / (2 * q + d), d * 2 * q / (2 * q + d)


triangular_total_variation_upper.known("disjoint supports, where it is an equality")(apart)


# --- orders --------------------------------------------------------------------------------------------------------------------

ORDERS = (Fraction(1, 2), Fraction(1), Fraction(3, 2), Fraction(2), Fraction(3))


def orders() -> list[Any]:
    """Orders in the surrounding arithmetic."""
    return [rational(a.numerator, a.denominator) for a in ORDERS]


def _of_orders(divergence: Any, pair: Array) -> Sides:
    p, q = pair
    return np.array([divergence(p, q, a) for a in orders()]), np.array(orders())


@inequality(
    "renyi_monotone",
    "van Erven and Harremoes (2014), Renyi divergence and Kullback-Leibler divergence, Theorem 3",
    "reference",
    "monotone",
)
def renyi_monotone(pair: Array) -> Sides:
    r"""Renyi's divergence $\frac{1}{a - 1} \log \sum p^a q^{1-a}$ does not decrease in its order."""
    return _of_orders(renyi, pair)


@renyi_monotone.false_sibling("the same of the alpha divergences, which divide by a (a - 1)")
def _(pair: Array) -> Sides:
    return _of_orders(alpha, pair)


@inequality("renyi_special", "van Erven and Harremoes (2014)", "reference", "==")
def renyi_special(pair: Array) -> Sides:
    r"""$R_2 = \log(1 + \chi^2)$ and $R_{1/2} = -2 \log(1 - \frac12 H^2)$."""
    p, q = pair
    half = rational(1, 2)
    return np.array([renyi(p, q, 2), renyi(p, q, half)]), np.array([log(1 + chi_square(p, q)), -2 * log(1 - hellinger(p, q) / 2)])


@renyi_special.false_sibling("without the halves")
def _(pair: Array) -> Sides:
    p, q = pair
    half = rational(1, 2)
    return np.array([renyi(p, q, 2), renyi(p, q, half)]), np.array([log(1 + chi_square(p, q)), -log(1 - hellinger(p, q))])
