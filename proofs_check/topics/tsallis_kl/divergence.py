r"""Tsallis divergences and entropies: range, growth with the order, products, the uniform reference, nearby and Gaussian laws."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st
from scipy.integrate import quad

from proofs_check.arithmetic import floats_only, largest, power
from proofs_check.claim import claim
from proofs_check.spaces import Choice, LogInterval, Simplex, Vector
from proofs_check.strategies import distributions
from proofs_check.topics.tsallis_kl.calculus import orders
from proofs_check.topics.tsallis_kl.formulas import divergence, entropy, outer, q_log, row, total
from proofs_check.topics.tsallis_kl.instances import (
    DERIVED,
    GEIST,
    ORDERS,
    TSALLIS,
    Positive,
    mirror_pair,
    of_divergences,
    pairs_of_laws,
    positive_laws,
    third,
)

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]

LAWS: dict[str, Any] = {"p": Simplex(3), "reference": Positive(3), "order": Choice(ORDERS)}


@claim(
    "tsallis_kl.tsallis_divergence",
    ">=",
    paper=TSALLIS,
    assumptions="a reference without zeros, q > 0",
    instances=pairs_of_laws(),
    search=LAWS,
    allowance=of_divergences,
    argument="D_q is the mean of f(u) = (u^q - 1)/(q - 1) under the reference, u = p/r, whose mean is 1. The slope of f is "
    "that of the first step and its second derivative that of the second, positive for q > 0: f lies above its tangent at 1, "
    "strictly elsewhere, and f(1) = 0. Zero therefore needs p = r.",
)
def tsallis_divergence(p: Array, reference: Array, order: Any) -> Sides:
    r"""$D_q(p \| r) = \frac{\sum p^q r^{1-q} - 1}{q - 1} \ge 0$, with equality only at $p = r$."""
    return divergence(p, reference, order), 0 * reference[0]


@tsallis_divergence.false_sibling("the escort form, without the weight of the reference, is at least the divergence")
def _(p: Array, reference: Array, order: Any) -> Sides:
    inside = [(a, b) for a, b in zip(p, reference, strict=True) if a != 0]
    return total(power(a, order) * q_log(a / b, order) for a, b in inside), divergence(p, reference, order)


@tsallis_divergence.false_sibling("it is symmetric")
def _(p: Array, reference: Array, order: Any) -> Sides:
    other = (p + reference) / 2
    return divergence(other, reference, order), divergence(reference, other, order)


@tsallis_divergence.known("(.6, .4) against (.3, .7), of order 2: 3/7, and 3/8 the other way round")
def _() -> dict[str, Any]:
    return {
        "p": [Fraction(3, 5), Fraction(2, 5)],
        "reference": [Fraction(3, 10), Fraction(7, 10)],
        "order": Fraction(2),
    }


@tsallis_divergence.step("slope of f", method="logarithms")
def _() -> tuple[Any, Any]:
    u, q = sp.symbols("u q", positive=True)
    return sp.diff((u**q - 1) / (q - 1), u), q * u ** (q - 1) / (q - 1)


@tsallis_divergence.step("its second derivative", method="logarithms")
def _() -> tuple[Any, Any]:
    u, q = sp.symbols("u q", positive=True)
    return sp.diff(q * u ** (q - 1) / (q - 1), u), q * u ** (q - 2)


@claim(
    "tsallis_kl.bounded_below_one",
    "<=",
    paper=DERIVED,
    assumptions="q < 1; references with zeros allowed",
    instances=pairs_of_laws(tuple(q for q in ORDERS if q < 1)),
    search={**LAWS, "order": Choice(tuple(q for q in ORDERS if q < 1))},
    allowance=of_divergences,
    argument="By the step the difference is sum p^q r^(1-q) / (1 - q), a sum of non-negative terms.",
)
def bounded_below_one(p: Array, reference: Array, order: Any) -> Sides:
    r"""$D_q \le \frac{1}{1 - q}$ for $q < 1$: mass outside the reference's support costs a finite amount."""
    return divergence(p, reference, order), 1 / (1 - order) + 0 * reference[0]


@bounded_below_one.false_sibling("half of it")
def _(p: Array, reference: Array, order: Any) -> Sides:
    return divergence(p, reference, order), 1 / (1 - order) / 2 + 0 * reference[0]


@bounded_below_one.known("nearly disjoint laws")
def _() -> dict[str, Any]:
    return {"p": [Fraction(1), Fraction(0)], "reference": [Fraction(1, 10**8), 1 - Fraction(1, 10**8)], "order": Fraction(1, 2)}


@bounded_below_one.step("difference, with s the sum", method="cancel")
def _() -> tuple[Any, Any]:
    s, q = sp.symbols("s q")
    return 1 / (1 - q) - (s - 1) / (q - 1), s / (1 - q)


@claim(
    "tsallis_kl.largest_divergence",
    "<=",
    paper=GEIST,
    theorem="its bounds on regularisers, for Tsallis KL",
    assumptions="a reference without zeros, q > 0",
    instances=pairs_of_laws(),
    search=LAWS,
    allowance=of_divergences,
    uses=("tsallis_kl.tsallis_divergence",),
    argument="By the step each term p^q r^(1-q) / (q - 1) is convex in p, so that the largest value on the simplex is at a "
    "vertex, where it is (r^(1-q) - 1)/(q - 1).",
)
def largest_divergence(p: Array, reference: Array, order: Any) -> Sides:
    r"""$D_q(p \| r) \le \max_a \frac{r_a^{1-q} - 1}{q - 1}$."""
    return divergence(p, reference, order), largest(row([q_log(1 / b, 2 - order) for b in reference]))


@largest_divergence.false_sibling("of the entropy, ln_q n")
def _(p: Array, reference: Array, order: Any) -> Sides:
    return divergence(p, reference, order), q_log(len(p) + 0 * reference[0], order)


@largest_divergence.known("(.5, .3, .2) against its mirror image")
def _() -> dict[str, Any]:
    return mirror_pair()


@largest_divergence.step("second derivative of a term", method="logarithms")
def _() -> tuple[Any, Any]:
    p, r, q = sp.symbols("p r q", positive=True)
    return sp.diff(p**q * r ** (1 - q) / (q - 1), p, 2), q * p ** (q - 2) * r ** (1 - q)


# --- growth, products, the uniform reference ---


@st.composite
def two_laws(draw: st.DrawFn) -> dict[str, Any]:
    size = draw(st.integers(1, 5))
    return {"p": draw(distributions(size)), "reference": draw(positive_laws(size))}


def of_all_orders(p: Array, reference: Array) -> float:
    """As for the largest order."""
    return of_divergences(p, reference, 5.0)


@claim(
    "tsallis_kl.grows_with_order",
    "monotone",
    paper=DERIVED,
    assumptions="a reference without zeros",
    instances=two_laws(),
    search={"p": Simplex(3), "reference": Positive(3)},
    allowance=of_all_orders,
    uses=("tsallis_kl.order_monotone",),
    argument="D_q is the mean of ln_{2-q}(p/r) under p (step), and each ln_{2-q} does not decrease in q.",
)
def grows_with_order(p: Array, reference: Array) -> Sides:
    r"""$D_q(p \| r)$ does not decrease in $q$."""
    return row([divergence(p, reference, q) for q in orders()]), row(orders())


@grows_with_order.false_sibling("the same after division by the order")
def _(p: Array, reference: Array) -> Sides:
    return row([divergence(p, reference, q) / q for q in orders()]), row(orders())


@grows_with_order.known("(.5, .3, .2) against its mirror image")
def _() -> dict[str, Any]:
    return {name: x for name, x in mirror_pair().items() if name != "order"}


@grows_with_order.step("one term, with u = p/r", method="logarithms")
def _() -> tuple[Any, Any]:
    p, u, q = sp.symbols("p u q", positive=True)
    return p * (u ** (q - 1) - 1) / (q - 1), (p * u ** (q - 1) - p) / (q - 1)


@st.composite
def two_pairs(draw: st.DrawFn) -> dict[str, Any]:
    sizes = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    return {
        "p": draw(distributions(sizes[0])),
        "reference": draw(positive_laws(sizes[0])),
        "other": draw(distributions(sizes[1])),
        "other_reference": draw(positive_laws(sizes[1])),
        "order": draw(st.sampled_from(ORDERS)),
    }


def of_products(p: Array, reference: Array, other: Array, other_reference: Array, order: float) -> float:
    """As for one divergence, of the product laws."""
    return of_divergences(np.outer(p, other).ravel(), np.outer(reference, other_reference).ravel(), order)


@claim(
    "tsallis_kl.product_rule",
    "==",
    paper=TSALLIS,
    theorem="pseudo-additivity",
    assumptions="references without zeros",
    instances=two_pairs(),
    search={
        "p": Simplex(2),
        "reference": Positive(2),
        "other": Simplex(2),
        "other_reference": Positive(2),
        "order": Choice(ORDERS),
    },
    allowance=of_products,
    argument="Sums of p^q r^(1-q) multiply, s = s1 s2; with D = (s - 1)/(q - 1) that is the step.",
)
def product_rule(p: Array, reference: Array, other: Array, other_reference: Array, order: Any) -> Sides:
    r"""$D_q(p \otimes p' \| r \otimes r') = D + D' + (q - 1) D D'$."""
    one, two = divergence(p, reference, order), divergence(other, other_reference, order)
    return divergence(outer(p, other), outer(reference, other_reference), order), one + two + (order - 1) * one * two


@product_rule.false_sibling("additivity, as for KL")
def _(p: Array, reference: Array, other: Array, other_reference: Array, order: Any) -> Sides:
    one, two = divergence(p, reference, order), divergence(other, other_reference, order)
    return divergence(outer(p, other), outer(reference, other_reference), order), one + two


@product_rule.known("(.5, .3, .2) against its mirror image, times (.6, .4) against (.3, .7), where it is an equality")
def _() -> dict[str, Any]:
    return {
        **mirror_pair(),
        "other": [Fraction(3, 5), Fraction(2, 5)],
        "other_reference": [Fraction(3, 10), Fraction(7, 10)],
    }


@product_rule.step("with the sums s1, s2", method="cancel")
def _() -> tuple[Any, Any]:
    s1, s2, q = sp.symbols("s1 s2 q")
    one, two = (s1 - 1) / (q - 1), (s2 - 1) / (q - 1)
    return (s1 * s2 - 1) / (q - 1), one + two + (q - 1) * one * two


@claim(
    "tsallis_kl.weighted_form",
    "==",
    paper=DERIVED,
    assumptions="a reference without zeros",
    instances=pairs_of_laws(),
    search=LAWS,
    allowance=of_divergences,
    argument="Term by term, with u = p/r: p^q r^(1-q) ln_q u = p u^(q-1) (u^(1-q) - 1)/(1 - q), which is the step.",
)
def weighted_form(p: Array, reference: Array, order: Any) -> Sides:
    r"""$D_q(p \| r) = \sum p^q r^{1-q} \ln_q(p / r)$."""
    inside = [(a, b) for a, b in zip(p, reference, strict=True) if a != 0]
    weighted = total(power(a, order) * power(b, 1 - order) * q_log(a / b, order) for a, b in inside)
    return divergence(p, reference, order), weighted


@weighted_form.false_sibling("the escort form, without the weight of the reference")
def _(p: Array, reference: Array, order: Any) -> Sides:
    inside = [(a, b) for a, b in zip(p, reference, strict=True) if a != 0]
    return divergence(p, reference, order), total(power(a, order) * q_log(a / b, order) for a, b in inside)


@weighted_form.known("(.5, .3, .2) against its mirror image, where it is an equality: .63, and .09 in the escort form")
def _() -> dict[str, Any]:
    return mirror_pair()


@weighted_form.step("one term", method="logarithms")
def _() -> tuple[Any, Any]:
    p, u, q = sp.symbols("p u q", positive=True)
    return p * u ** (q - 1) * (u ** (1 - q) - 1) / (1 - q), p * (u ** (q - 1) - 1) / (q - 1)


@st.composite
def one_law(draw: st.DrawFn, least: int = 1) -> dict[str, Any]:
    return {"p": draw(distributions(draw(st.integers(least, 5)))), "order": draw(st.sampled_from(ORDERS))}


def of_entropies(p: Array, order: float) -> float:
    """As for the divergence from the uniform law, and entropies times ``n^(q-1)``."""
    n = len(p)
    return of_divergences(p, np.full(n, 1 / n), order) + 1e-14 * n ** max(order, 1.0) / abs(order - 1)


@claim(
    "tsallis_kl.uniform_reference",
    "==",
    paper=DERIVED,
    assumptions="n outcomes",
    instances=one_law(),
    search={"p": Simplex(3), "order": Choice(ORDERS)},
    allowance=of_entropies,
    argument="Against 1/n the sum is n^(q-1) sum p^q; with m = n^(q-1) and s = sum p^q that is the step.",
)
def uniform_reference(p: Array, order: Any) -> Sides:
    r"""$D_q(p \| u) = -n^{q-1} S_q(p) + \frac{n^{q-1} - 1}{q - 1}$: the entropy to another temperature."""
    n = len(p) + 0 * p[0]
    return divergence(p, 0 * p + 1 / n, order), -power(n, order - 1) * entropy(p, order) + q_log(n, 2 - order)


@uniform_reference.false_sibling("without the factor n^(q-1)")
def _(p: Array, order: Any) -> Sides:
    n = len(p) + 0 * p[0]
    return divergence(p, 0 * p + 1 / n, order), -entropy(p, order) + q_log(n, 2 - order)


@uniform_reference.known("(.5, .3, .2) at order 2, where it is an equality")
def _() -> dict[str, Any]:
    return {"p": mirror_pair()["p"], "order": Fraction(2)}


@uniform_reference.step("with m = n^(q-1), s = sum p^q", method="cancel")
def _() -> tuple[Any, Any]:
    m, s, q = sp.symbols("m s q")
    return (m * s - 1) / (q - 1), -m * (1 - s) / (q - 1) + (m - 1) / (q - 1)


@claim(
    "tsallis_kl.entropy_range",
    "<=",
    paper=TSALLIS,
    assumptions="n outcomes, q > 0",
    instances=one_law(),
    search={"p": Simplex(3), "order": Choice(ORDERS)},
    allowance=of_entropies,
    uses=("tsallis_kl.uniform_reference", "tsallis_kl.tsallis_divergence"),
    argument="Above: the divergence from uniform is not negative, so S_q <= (n^(q-1) - 1) / ((q - 1) n^(q-1)), which is ln_q "
    "n by the step, with equality at uniform. Below: each term -p L(p) of S_q is not negative, since L increases and L(1) = 0.",
)
def entropy_range(p: Array, order: Any) -> Sides:
    r"""$0 \le S_q(p) \le \ln_q n$."""
    n = len(p) + 0 * p[0]
    s = entropy(p, order)
    return row([0 * s, s]), row([s, q_log(n, order)])


@entropy_range.false_sibling("at most ln_{2-q} n, as in the other convention")
def _(p: Array, order: Any) -> Sides:
    n = len(p) + 0 * p[0]
    return entropy(p, order), q_log(n, 2 - order)


@entropy_range.false_sibling("with the entropy as -sum p ln_q p")
def _(p: Array, order: Any) -> Sides:
    n = len(p) + 0 * p[0]
    return -total(a * q_log(a, order) for a in p if a != 0), q_log(n, order)


@entropy_range.known("the uniform law")
def _() -> dict[str, Any]:
    return {"p": third(), "order": Fraction(2)}


@entropy_range.step("with m = n^(q-1): ln_q n = (1/m - 1) / (1 - q)", method="cancel")
def _() -> tuple[Any, Any]:
    m, q = sp.symbols("m q")
    return (m - 1) / ((q - 1) * m), (1 / m - 1) / (1 - q)


# --- nearby and Gaussian laws ---


@st.composite
def nearby(draw: st.DrawFn) -> dict[str, Any]:
    size = draw(st.integers(2, 5))
    return {
        "reference": draw(positive_laws(size)),
        "direction": np.array(draw(st.lists(st.integers(-4, 4), min_size=size, max_size=size))) / 4,
        "distance": 2.0 ** -draw(st.integers(1, 6)),
        "order": draw(st.sampled_from([q for q in ORDERS if q <= 3])),
    }


def of_nearby(reference: Array, direction: Array, distance: float, order: float) -> float:
    """As for divergences with ratios between 1/2 and 3/2."""
    return 1e-13 * len(reference) / abs(order - 1)


@claim(
    "tsallis_kl.second_order",
    "<=",
    paper=DERIVED,
    assumptions="0 < q <= 3 and |p/r - 1| <= d <= 1/2",
    instances=nearby(),
    search={
        "reference": Positive(3),
        "direction": Vector(3),
        "distance": LogInterval(Fraction(1, 64), Fraction(1, 2)),
        "order": Choice(tuple(q for q in ORDERS if q <= 3)),
    },
    allowance=of_nearby,
    argument="With p = r (1 + t), sum r t = 0, the divergence is sum r (f(1 + t) - f'(1) t), f(u) = (u^q - 1)/(q - 1). By "
    "Taylor with the third derivative of the step, |f(1 + t) - f'(1) t - q t^2 / 2| <= q |q - 2| |t|^3 / 6 times the largest "
    "u^(q-3) between 1 and 1 + t, which is at most (1 - d)^(q-3), since q <= 3.",
)
def second_order(reference: Array, direction: Array, distance: Any, order: Any) -> Sides:
    r"""$\bigl|D_q(r + \delta \| r) - \frac q2 \sum \delta^2 / r\bigr| \le \frac{q |q - 2|}{6} (1 - d)^{q-3} \sum |\delta|^3 /
    r^2$:
    all orders are $\frac q2 \chi^2$ nearby."""
    p = _moved(reference, direction, distance)
    quadratic = order / 2 * total((a - b) * (a - b) / b for a, b in zip(p, reference, strict=True))
    cubic = total(abs(a - b) ** 3 / (b * b) for a, b in zip(p, reference, strict=True))
    bound = order * abs(order - 2) / 6 * power(1 - distance, order - 3) * cubic
    return abs(divergence(p, reference, order) - quadratic), bound


def _moved(reference: Array, direction: Array, distance: Any) -> Array:
    """``r (1 + t)`` with |t| <= distance and mean of t zero."""
    mean = total(a * b for a, b in zip(reference, direction, strict=True))
    return row([a * (1 + distance / 2 * (b - mean)) for a, b in zip(reference, direction, strict=True)])


@second_order.false_sibling("with the factor 1/2 of KL for every order, to third order")
def _(reference: Array, direction: Array, distance: Any, order: Any) -> Sides:
    p = _moved(reference, direction, distance)
    quadratic = total((a - b) * (a - b) / b for a, b in zip(p, reference, strict=True)) / 2
    cubic = total(abs(a - b) ** 3 / (b * b) for a, b in zip(p, reference, strict=True))
    return abs(divergence(p, reference, order) - quadratic), order * abs(order - 2) * power(1 - distance, order - 3) * cubic


@second_order.known("a fair coin, moved by a quarter")
def _() -> dict[str, Any]:
    return {
        "reference": [Fraction(1, 2), Fraction(1, 2)],
        "direction": [Fraction(1), Fraction(-1)],
        "distance": Fraction(1, 2),
        "order": Fraction(3),
    }


@second_order.step("third derivative of f", method="logarithms")
def _() -> tuple[Any, Any]:
    u, q = sp.symbols("u q", positive=True)
    return sp.diff((u**q - 1) / (q - 1), u, 3), q * (q - 2) * u ** (q - 3)


def of_quadrature(shift: float, order: float) -> float:
    """Adaptive quadrature to 1e-11 of an integral of size exp(q (q-1) shift^2 / 2)."""
    return 1e-9 * float(np.exp(order * abs(order - 1) * shift**2 / 2)) / abs(order - 1)


@claim(
    "tsallis_kl.gaussians",
    "==",
    paper=DERIVED,
    assumptions="normal laws with equal variance, means apart by delta standard deviations",
    instances=st.builds(dict, shift=st.floats(0, 2), order=st.sampled_from(ORDERS)),
    search=None,
    arithmetics=("float",),
    allowance=of_quadrature,
    argument="With the reference standard normal and p shifted by d, p^q r^(1-q) has the exponent of the step: a normal "
    "density shifted by q d, times exp(q (q-1) d^2 / 2); its integral is that factor.",
)
def gaussians(shift: float, order: float) -> Sides:
    r"""$D_q = \frac{e^{q (q-1) \delta^2 / 2} - 1}{q - 1}$, and $\delta^2 / 2$ at $q = 1$."""
    return gaussian_divergence(shift, order), np.expm1(order * (order - 1) * shift**2 / 2) / (order - 1)


@gaussians.false_sibling("without the q in the exponent")
def _(shift: float, order: float) -> Sides:
    return gaussian_divergence(shift, order), np.expm1((order - 1) * shift**2 / 2) / (order - 1)


@gaussians.step("exponent", method="expand")
def _() -> tuple[Any, Any]:
    x, d, q = sp.symbols("x d q", real=True)
    return -q * (x - d) ** 2 / 2 - (1 - q) * x**2 / 2, -((x - q * d) ** 2) / 2 + q * (q - 1) * d**2 / 2


@floats_only
def gaussian_divergence(shift: float, order: float) -> float:
    """By quadrature of ``(p^q r^(1-q) - p) / (q - 1)``."""

    def integrand(x: float) -> float:
        log_p, log_r = -((x - shift) ** 2) / 2, -(x**2) / 2
        return float((np.exp(order * log_p + (1 - order) * log_r) - np.exp(log_p)) / (order - 1) / np.sqrt(2 * np.pi))

    centres = sorted({0.0, shift, order * shift})
    value, _ = quad(integrand, centres[0] - 12, centres[-1] + 12, points=centres, epsabs=1e-12, epsrel=1e-11, limit=400)
    return float(value)
