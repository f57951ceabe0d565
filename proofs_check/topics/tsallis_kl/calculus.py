r"""The calculus of q-logarithms and q-exponentials, for every real order unless said otherwise."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import absolute, largest, log, power, rational
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Interval, LogInterval
from proofs_check.topics.tsallis_kl.formulas import q_exp, q_log, row
from proofs_check.topics.tsallis_kl.instances import DERIVED, ORDERS, TSALLIS, ZHU, numbers

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]

ALL_ORDERS = (-1.0, 0.0, 1.0, *ORDERS)
ONE: dict[str, Any] = {"x": LogInterval(Fraction(1, 8), 8), "order": Choice(ALL_ORDERS)}
TWO: dict[str, Any] = {"x": LogInterval(Fraction(1, 8), 8), "y": LogInterval(Fraction(1, 8), 8), "order": Choice(ALL_ORDERS)}
one_number: st.SearchStrategy[dict[str, Any]] = st.builds(dict, x=numbers(), order=st.sampled_from(ALL_ORDERS))
two_numbers: st.SearchStrategy[dict[str, Any]] = st.builds(dict, x=numbers(), y=numbers(), order=st.sampled_from(ALL_ORDERS))


def of_powers(x: float, order: float, y: float = 1.0) -> float:
    """All terms are products of x^(1-q), y^(1-q), x, y or their inverses, each right to 20 units."""
    return 5e-15 * (max(x, 1 / x) * max(y, 1 / y)) ** (1 + abs(1 - order))


def symbols() -> tuple[Any, Any, Any]:
    """x, y > 0 and a real order."""
    return (*sp.symbols("x y", positive=True), sp.Symbol("q", real=True))


def sym_log(x: Any, q: Any) -> Any:
    return (x ** (1 - q) - 1) / (1 - q)


def two_and_three(order: int) -> dict[str, Any]:
    return {"x": Fraction(2), "y": Fraction(3), "order": Fraction(order)}


# --- inverses, slopes, limits ---


@claim(
    "tsallis_kl.inverse",
    "==",
    paper=TSALLIS,
    assumptions="x > 0",
    instances=one_number,
    search=ONE,
    allowance=of_powers,
    argument="The bracket of exp_q at ln_q x is x^(1-q) by the first step, and its power 1/(1-q) is x by the second; ln_q is "
    "strictly monotone, so that the inverse is one from both sides. At q = 1 it is the definition of log.",
)
def inverse(x: Any, order: Any) -> Sides:
    r"""$\exp_q(\ln_q x) = x$ and $\ln_q(\exp_q(\ln_q x)) = \ln_q x$."""
    y = q_log(x, order)
    return row([q_exp(y, order), q_log(q_exp(y, order), order)]), row([x, y])


@inverse.false_sibling("with the exponential of the other convention, of order 2 - q")
def _(x: Any, order: Any) -> Sides:
    y = q_log(x, order)
    bracket = 1 - (1 - order) * y
    return row([bracket, bracket]), row([power(x, order - 1), power(x, order - 1)])


@inverse.known("x = 4 at order one half, where it is an equality")
def _() -> dict[str, Any]:
    return {"x": Fraction(4), "order": Fraction(1, 2)}


@inverse.step("the bracket", method="cancel")
def _() -> tuple[Any, Any]:
    u, _, q = symbols()  # u = x^(1-q)
    return 1 + (1 - q) * (u - 1) / (1 - q), u


@inverse.step("its power", method="logarithms")
def _() -> tuple[Any, Any]:
    x, _, q = symbols()
    return (x ** (1 - q)) ** (1 / (1 - q)), x


@claim(
    "tsallis_kl.log_concave",
    "<=",
    paper=TSALLIS,
    assumptions="x, y > 0, q >= 0",
    instances=st.builds(dict, x=numbers(), y=numbers(), order=st.sampled_from([q for q in ALL_ORDERS if q >= 0])),
    search={**TWO, "order": Choice(tuple(q for q in ALL_ORDERS if q >= 0))},
    allowance=of_powers,
    argument="By the steps the slope of ln_q is x^(-q), and that does not increase for q >= 0: ln_q is concave and lies below "
    "its tangents.",
)
def log_concave(x: Any, y: Any, order: Any) -> Sides:
    r"""$\ln_q y \le \ln_q x + x^{-q} (y - x)$: the slope of $\ln_q$ is $x^{-q}$."""
    return q_log(y, order), q_log(x, order) + power(x, -order) * (y - x)


@log_concave.false_sibling("with the slope x^(q-2) of the other convention")
def _(x: Any, y: Any, order: Any) -> Sides:
    return q_log(y, order), q_log(x, order) + power(x, order - 2) * (y - x)


@log_concave.known("2 and 3 at order 2")
def _() -> dict[str, Any]:
    return two_and_three(2)


@log_concave.step("slope", method="logarithms")
def _() -> tuple[Any, Any]:
    x, _, q = symbols()
    return sp.diff(sym_log(x, q), x), x**-q


@log_concave.step("the slope falls", method="logarithms", relation="==")
def _() -> tuple[Any, Any]:
    x, _, q = symbols()
    return sp.diff(x**-q, x), -q * x ** (-q - 1)


@claim(
    "tsallis_kl.exp_convex",
    ">=",
    paper=TSALLIS,
    assumptions="x = ln_q u, y = ln_q v with u, v > 0, q >= 0",
    instances=st.builds(dict, x=numbers(), y=numbers(), order=st.sampled_from([q for q in ALL_ORDERS if q >= 0])),
    search={**TWO, "order": Choice(tuple(q for q in ALL_ORDERS if q >= 0))},
    allowance=of_powers,
    uses=("tsallis_kl.inverse",),
    argument="With u = exp_q x the slope at x is u^q (first step), and its slope is q u^(2q-1) by the chain rule (second "
    "step), not negative: exp_q is convex and lies above its tangents.",
)
def exp_convex(x: Any, y: Any, order: Any) -> Sides:
    r"""$\exp_q y \ge \exp_q x + (\exp_q x)^q (y - x)$, here with $\exp_q x = u$, $\exp_q y = v$: the slope is $(\exp_q)^q$."""
    u, v = x, y
    return v, u + power(u, order) * (q_log(v, order) - q_log(u, order))


@exp_convex.false_sibling("with slope exp_q itself, as for q = 1")
def _(x: Any, y: Any, order: Any) -> Sides:
    u, v = x, y
    return v, u + u * (q_log(v, order) - q_log(u, order))


@exp_convex.known("2 and 3 at order 2")
def _() -> dict[str, Any]:
    return two_and_three(2)


@exp_convex.step("slope, as the inverse of the slope of ln_q", method="logarithms")
def _() -> tuple[Any, Any]:
    u, _, q = symbols()
    return 1 / sp.diff(sym_log(u, q), u), u**q


@exp_convex.step("second derivative: d(u^q)/du times the slope", method="logarithms")
def _() -> tuple[Any, Any]:
    u, _, q = symbols()
    return sp.diff(u**q, u) * u**q, q * u ** (2 * q - 1)


@claim(
    "tsallis_kl.order_one",
    "<=",
    paper=DERIVED,
    assumptions="x > 0",
    instances=one_number,
    search=ONE,
    allowance=of_powers,
    argument="With y = (1 - q) log x, the difference is (e^y - 1 - y) / (1 - q) (step), and the remainder of Taylor's formula "
    "is at most y^2 / 2 times the largest value of e^t between 0 and y.",
)
def order_one(x: Any, order: Any) -> Sides:
    r"""$|\ln_q x - \log x| \le \frac{|q - 1|}{2} \log^2 x \cdot \max(1, x^{1-q})$: the limit $q \to 1$, with its rate."""
    biggest = largest(row([rational(1) + 0 * x, power(x, 1 - order)]))
    return absolute(q_log(x, order) - log(x)), absolute(order - 1) * log(x) * log(x) / 2 * biggest


@order_one.false_sibling("a third in place of a half")
def _(x: Any, order: Any) -> Sides:
    biggest = largest(row([rational(1) + 0 * x, power(x, 1 - order)]))
    return absolute(q_log(x, order) - log(x)), absolute(order - 1) * log(x) * log(x) / 3 * biggest


@order_one.known("close to order one, where the constant shows")
def _() -> dict[str, Any]:
    return {"x": Fraction(11, 10), "order": Fraction(9, 10)}


@order_one.step("difference", method="logarithms")
def _() -> tuple[Any, Any]:
    x, _, q = symbols()
    y = (1 - q) * sp.log(x)
    return sym_log(x, q) - sp.log(x), (sp.exp(y) - 1 - y) / (1 - q)


def of_orders(x: float) -> float:
    """Powers x^(q-1) of order at most four, each right to 40 units."""
    return 1e-14 * max(x, 1 / x) ** 4


def orders() -> list[Any]:
    """Increasing orders in the surrounding arithmetic."""
    return [rational(k, 4) for k in (1, 2, 3, 4, 5, 6, 8, 12, 20)]


@claim(
    "tsallis_kl.order_monotone",
    "monotone",
    paper=DERIVED,
    assumptions="x > 0",
    instances=st.builds(dict, x=numbers(0.05, 8.0)),
    search={"x": LogInterval(Fraction(1, 20), 8)},
    allowance=of_orders,
    argument="With k = q - 1 and w = x^k, the derivative of (x^k - 1)/k in k is (w log w - w + 1) / k^2 (first step), and w "
    "log w - w + 1 = w (1/w - 1 - log(1/w)) is not negative (second step). At k = 0 the function is continuous.",
)
def order_monotone(x: Any) -> Sides:
    r"""$\ln_{2-q} x$ does not decrease in $q$."""
    return row([q_log(x, 2 - q) for q in orders()]), row(orders())


@order_monotone.false_sibling("of order q in place of 2 - q")
def _(x: Any) -> Sides:
    return row([q_log(x, q) for q in orders()]), row(orders())


@order_monotone.known("x = 2")
def _() -> dict[str, Any]:
    return {"x": Fraction(2)}


@order_monotone.step("derivative in the order", method="logarithms")
def _() -> tuple[Any, Any]:
    x, k = sp.Symbol("x", positive=True), sp.Symbol("k", real=True)
    return k**2 * sp.diff((x**k - 1) / k, k), x**k * sp.log(x**k) - x**k + 1


@order_monotone.step("its sign", method="none", relation=">=")
def _() -> tuple[Any, Any]:
    w = sp.Symbol("w", positive=True)
    inverse_w = 1 / w
    return w * (inverse_w - 1 - sp.log(inverse_w, evaluate=False)), sp.Integer(0)


# --- products ---


@claim(
    "tsallis_kl.q_identities",
    "==",
    paper=TSALLIS,
    theorem="pseudo-additivity",
    assumptions="x, y > 0",
    instances=two_numbers,
    search=TWO,
    allowance=of_powers,
    argument="With u = x^(1-q) and v = y^(1-q) it is the step; at q = 1 it is the logarithm of a product.",
)
def q_identities(x: Any, y: Any, order: Any) -> Sides:
    r"""$\ln_q(x y) = \ln_q x + \ln_q y + (1 - q) \ln_q x \ln_q y$."""
    a, b = q_log(x, order), q_log(y, order)
    return q_log(x * y, order), a + b + (1 - order) * a * b


@q_identities.false_sibling("additivity, as for q = 1")
def _(x: Any, y: Any, order: Any) -> Sides:
    return q_log(x * y, order), q_log(x, order) + q_log(y, order)


@q_identities.false_sibling("the other sign")
def _(x: Any, y: Any, order: Any) -> Sides:
    a, b = q_log(x, order), q_log(y, order)
    return q_log(x * y, order), a + b - (1 - order) * a * b


@q_identities.known("2 times 3 at order 2, where it is an equality")
def _() -> dict[str, Any]:
    return two_and_three(2)


@q_identities.step("with u = x^(1-q), v = y^(1-q)", method="cancel")
def _() -> tuple[Any, Any]:
    u, v, q = symbols()
    a, b = (u - 1) / (1 - q), (v - 1) / (1 - q)
    return (u * v - 1) / (1 - q), a + b + (1 - q) * a * b


@claim(
    "tsallis_kl.quotient",
    "==",
    paper=TSALLIS,
    assumptions="x, y > 0",
    instances=two_numbers,
    search=TWO,
    allowance=of_powers,
    argument="With u = x^(1-q) and v = y^(1-q) both are the steps; 1 + (1-q) ln_q y = v > 0.",
)
def quotient(x: Any, y: Any, order: Any) -> Sides:
    r"""$\ln_q(x / y) = \frac{\ln_q x - \ln_q y}{1 + (1 - q) \ln_q y} = y^{q-1} (\ln_q x - \ln_q y)$."""
    a, b = q_log(x, order), q_log(y, order)
    left = q_log(x / y, order)
    return row([left, left]), row([(a - b) / (1 + (1 - order) * b), power(y, order - 1) * (a - b)])


@quotient.false_sibling("the difference alone")
def _(x: Any, y: Any, order: Any) -> Sides:
    return q_log(x / y, order), q_log(x, order) - q_log(y, order)


@quotient.known("2 over 3 at order 3, where it is an equality")
def _() -> dict[str, Any]:
    return two_and_three(3)


@quotient.step("with u = x^(1-q), v = y^(1-q)", method="cancel")
def _() -> tuple[Any, Any]:
    u, v, q = symbols()
    a, b = (u - 1) / (1 - q), (v - 1) / (1 - q)
    return (u / v - 1) / (1 - q), (a - b) / (1 + (1 - q) * b)


@quotient.step("the same with v^(-1) = y^(q-1) in front", method="cancel")
def _() -> tuple[Any, Any]:
    u, v, q = symbols()
    a, b = (u - 1) / (1 - q), (v - 1) / (1 - q)
    return (u / v - 1) / (1 - q), (a - b) / v


@claim(
    "tsallis_kl.duality",
    "==",
    paper=TSALLIS,
    assumptions="x > 0, in exp_q(-z) with z = ln_{2-q} x",
    instances=one_number,
    search=ONE,
    allowance=of_powers,
    uses=("tsallis_kl.inverse",),
    argument="The first is the step with x^(q-1) in place of x^(1-q). For the second, z = ln_{2-q} x gives -z = ln_q(1/x) by "
    "the first, so that exp_q(-z) = 1/x, and exp_{2-q} z = x.",
)
def duality(x: Any, order: Any) -> Sides:
    r"""$\ln_q(1/x) = -\ln_{2-q} x$ and $\exp_q(-z) = 1 / \exp_{2-q}(z)$."""
    z = q_log(x, 2 - order)
    return row([q_log(1 / x, order), q_exp(-z, order)]), row([-z, 1 / q_exp(z, 2 - order)])


@duality.false_sibling("the same order on both sides, as for q = 1")
def _(x: Any, order: Any) -> Sides:
    return q_log(1 / x, order), -q_log(x, order)


@duality.known("x = 4 at order one half, where it is an equality")
def _() -> dict[str, Any]:
    return {"x": Fraction(4), "order": Fraction(1, 2)}


@duality.step("both are (x^(q-1) - 1) / (1 - q)", method="logarithms")
def _() -> tuple[Any, Any]:
    x, _, q = symbols()
    return sym_log(1 / x, q), -sym_log(x, 2 - q)


@claim(
    "tsallis_kl.exp_product",
    "==",
    paper=TSALLIS,
    assumptions="positive brackets: x = ln_q u, y = ln_q v with u, v > 0",
    instances=two_numbers,
    search=TWO,
    allowance=of_powers,
    uses=("tsallis_kl.inverse",),
    argument="By the step the brackets multiply; powers 1/(1-q) of positive numbers do too.",
)
def exp_product(x: Any, y: Any, order: Any) -> Sides:
    r"""$\exp_q x \exp_q y = \exp_q(x + y + (1 - q) x y)$."""
    a, b = q_log(x, order), q_log(y, order)
    return q_exp(a, order) * q_exp(b, order), q_exp(a + b + (1 - order) * a * b, order)


@exp_product.false_sibling("exp_q(x + y), as for q = 1, where that is finite")
def _(x: Any, y: Any, order: Any) -> Sides:
    a, b = q_log(x, order), q_log(y, order)
    joint = q_exp(a + b, order) if order <= 1 or (order - 1) * (a + b) < 1 else 0 * a
    return q_exp(a, order) * q_exp(b, order), joint


@exp_product.known("2 and 3 at order 2, where it is an equality")
def _() -> dict[str, Any]:
    return two_and_three(2)


@exp_product.step("brackets multiply", method="expand")
def brackets_multiply() -> tuple[Any, Any]:
    """The bracket of the q-sum."""
    a, b, q = sp.symbols("a b q")
    return (1 + (1 - q) * a) * (1 + (1 - q) * b), 1 + (1 - q) * (a + b + (1 - q) * a * b)


BRACKETS: dict[str, Any] = {"x": Interval(-4, 2), "y": Interval(-4, 2), "order": Choice((0.0, 0.25, 0.5))}


def of_brackets(x: float, y: float, order: float) -> float:
    """Brackets are at most 40 and their powers at most four, right to 100 units."""
    return 1e-9


@claim(
    "tsallis_kl.exp_product_truncated",
    "<=",
    paper=DERIVED,
    assumptions="any real x, y; q < 1",
    instances=st.builds(dict, x=st.floats(-4, 2), y=st.floats(-4, 2), order=st.sampled_from([0.0, 0.25, 0.5])),
    search=BRACKETS,
    allowance=of_brackets,
    uses=("tsallis_kl.exp_product",),
    argument="If both brackets are positive it is an equality. Otherwise the left side is 0. (With both negative the bracket "
    "on the right is their product, which is positive: truncated factors lose what the sum remembers.)",
    correction="Published products over steps hold only while no factor is truncated.",
)
def exp_product_truncated(x: Any, y: Any, order: Any) -> Sides:
    r"""$\exp_q x \exp_q y \le \exp_q(x + y + (1 - q) x y)$, also where brackets are negative."""
    return q_exp(x, order) * q_exp(y, order), q_exp(x + y + (1 - order) * x * y, order)


@exp_product_truncated.false_sibling("with equality, that is, the other way round")
def _(x: Any, y: Any, order: Any) -> Sides:
    return q_exp(x + y + (1 - order) * x * y, order), q_exp(x, order) * q_exp(y, order)


@exp_product_truncated.known("two negative brackets: 0 against 1/2")
def _() -> dict[str, Any]:
    return {"x": Fraction(-3, 2), "y": Fraction(-2), "order": Fraction(0)}


exp_product_truncated.step("brackets multiply", method="expand")(brackets_multiply)


SMALL = Interval(Fraction(-1, 10), Fraction(1, 10))


@claim(
    "tsallis_kl.two_point",
    "==",
    paper=ZHU,
    theorem="the expansion behind its policy theorem, two steps",
    assumptions="|x|, |y| <= 1/10 and |1 - q| <= 4, so that all brackets are positive",
    instances=st.builds(dict, x=st.floats(-0.1, 0.1), y=st.floats(-0.1, 0.1), order=st.sampled_from(ORDERS)),
    search={"x": SMALL, "y": SMALL, "order": Choice(ORDERS)},
    allowance=of_brackets,
    argument="Powers 1 - q of positive q-exponentials are their brackets, and the step is the identity between those.",
)
def two_point(x: Any, y: Any, order: Any) -> Sides:
    r"""$(\exp_q x \exp_q y)^{1-q} = \exp_q(x + y)^{1-q} + (1 - q)^2 x y$."""
    product = q_exp(x, order) * q_exp(y, order)
    return power(product, 1 - order), power(q_exp(x + y, order), 1 - order) + (1 - order) ** 2 * x * y


@two_point.false_sibling("without the cross term")
def _(x: Any, y: Any, order: Any) -> Sides:
    product = q_exp(x, order) * q_exp(y, order)
    return power(product, 1 - order), power(q_exp(x + y, order), 1 - order)


@two_point.known("order one half")
def _() -> dict[str, Any]:
    return {"x": Fraction(1, 10), "y": Fraction(-1, 20), "order": Fraction(1, 2)}


@two_point.step("brackets", method="expand")
def _() -> tuple[Any, Any]:
    a, b, q = sp.symbols("a b q")
    return (1 + (1 - q) * a) * (1 + (1 - q) * b), 1 + (1 - q) * (a + b) + (1 - q) ** 2 * a * b
