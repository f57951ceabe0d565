r"""Claims about single updates in a mapped space, and where learning with a constant regular step ends.

Notation: y = Q + gamma^k, moved regular value :math:`\hat y = y + b \delta`. With :math:`\beta_{log} = m / n` and :math:`\hat
    y / y =
t^n` the update of the logarithm is :math:`y\, t^m`, a rational number.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import absolute, exp, floats_only, is_exact, largest, log, rational
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Interval, Near, Simplex, Space, Vector
from proofs_check.strategies import distributions
from proofs_check.topics.divergences.formulas import mean
from proofs_check.topics.log_mapping.gaps import DERIVED, Array, Sides, units
from tabular.log_mapping import LogMapping, biased_value, mapped_update

# --- one update ----------------------------------------------------------------------------------------------------------------

FLOOR = 2.0**-10
"""gamma^k of the updates in doubles: gamma = 1/2, k = 10."""


@st.composite
def steps(draw: st.DrawFn) -> dict[str, Any]:
    """A value, the root of its relative change, and the logarithmic step m / n."""
    n = draw(st.integers(1, 6))
    return {
        "y": draw(st.sampled_from([0.01, 0.5, 3.0])),
        "t": draw(st.sampled_from([0.2, 0.7, 0.99, 1.0, 1.01, 1.5])),
        "m": draw(st.integers(1, n)),
        "n": n,
    }


STEP: dict[str, Space] = {
    "y": Interval(Fraction(1, 100), 3),
    "t": Near(Interval(Fraction(1, 10), 3), 1),
    "m": Integers(1, 6),
    "n": Integers(1, 6),
}


def _parts(m: Any, n: Any) -> tuple[int, int]:
    """m at most n."""
    return min(int(m), int(n)), int(n)


def updated(y: Any, t: Any, m: Any, n: Any) -> Any:
    """The new y: in doubles by our update (with a regular step of one half), exactly y t^m."""
    i, j = _parts(m, n)
    if not is_exact():
        return _ours(y, t, i, j)
    return y * t**i


@floats_only
def _ours(y: float, t: float, m: int, n: int) -> float:
    target = y + 2.0 * y * (t**n - 1.0)  # so that half of the way is y t^n
    mapping = LogMapping(0.5, 10)
    if target <= 0.0:  # a full regular step instead
        return float(mapped_update(y - FLOOR, y * t**n - FLOOR, 1.0, m / n, mapping) + FLOOR)
    return float(mapped_update(y - FLOOR, target - FLOOR, 0.5, m / n, mapping) + FLOOR)


def step_rounding(y: float, t: float, m: int, n: int) -> float:
    """Powers of numbers up to 3^6, with relative errors of a few units, and differences of such numbers."""
    j = _parts(m, n)[1]
    return 1e-13 * (1.0 + y) * (1.0 + t**j)


@claim(
    "log_mapping.regular_form",
    "==",
    paper=DERIVED,
    instances=steps(),
    search=STEP,
    allowance=step_rounding,
    argument="f(Q) + beta (f(Q-hat) - f(Q)) = c ((1 - beta) ln y + beta ln y-hat) + d, and the inverse of f takes it to y^(1 "
    "- beta) y-hat^beta - gamma^k: by the step c and d are gone. For beta = 1 this is Q-learning with step beta_reg.",
)
def regular_form(y: Any, t: Any, m: Any, n: Any) -> Sides:
    r"""In regular space $y_{new} = y^{1 - \beta_{log}} (y + \beta_{reg} \delta)^{\beta_{log}}$, whatever c and d; with
    $\beta_{log} = m /
    n$ and $y + \beta_{reg} \delta = y t^n$ it is $y\, t^m$."""
    return updated(y, t, m, n), y * t ** _parts(m, n)[0]


@regular_form.false_sibling("the steps multiply: y + (m / n) (y t^n - y)")
def _(y: Any, t: Any, m: Any, n: Any) -> Sides:
    i, j = _parts(m, n)
    return updated(y, t, m, n), y + (0 * y + i) / j * (y * t**j - y)


@regular_form.step("exp(((1 - b) c log y + b c log z + d - d) / c) = y^(1 - b) z^b", method="logarithms")
def _() -> tuple[Any, Any]:
    y, z, b, c = sp.symbols("y z b c", positive=True)
    return ((1 - b) * c * sp.log(y) + b * c * sp.log(z)) / c, (1 - b) * sp.log(y) + b * sp.log(z)


@regular_form.known("y = 1/2, t = 2, a third of the way: an equality of fractions")
def _() -> dict[str, Any]:
    return {"y": Fraction(1, 2), "t": 2, "m": 1, "n": 3}


@claim(
    "log_mapping.update_is_pessimistic",
    "<=",
    paper=DERIVED,
    instances=steps(),
    search=STEP,
    allowance=step_rounding,
    uses=("log_mapping.regular_form",),
    argument="With regular_form this is (1 + x)^beta <= 1 + beta x, Bernoulli's inequality for beta in [0, 1]; by the step "
    "with x = t^n - 1 the derivative of the difference in t is m t^(m - 1) (t^(n - m) - 1), negative below t = 1 and positive "
    "above, where it is zero.",
)
def update_is_pessimistic(y: Any, t: Any, m: Any, n: Any) -> Sides:
    r"""$Q_{new} - Q \le \beta_{log} \beta_{reg}\, \delta$: each head moves no higher than Q-learning with the same effective
    step.
    """
    i, j = _parts(m, n)
    return updated(y, t, m, n) - y, y * (t**j - 1) * i / j


@update_is_pessimistic.false_sibling("so is the difference of the heads: here only the head of negative rewards moves")
def _(y: Any, t: Any, m: Any, n: Any) -> Sides:
    left, right = update_is_pessimistic.sides(y, t, m, n)
    return -left, -right


@update_is_pessimistic.false_sibling("by a tenth")
def _(y: Any, t: Any, m: Any, n: Any) -> Sides:
    left, right = update_is_pessimistic.sides(y, t, m, n)
    return left, right * rational(9, 10)


@update_is_pessimistic.step("d/dt [(m / n) (t^n - 1) - (t^m - 1)] = m t^(m - 1) (t^(n - m) - 1)", method="expand")
def _() -> tuple[Any, Any]:
    t, m, n = sp.symbols("t m n", positive=True)
    f = m / n * (t**n - 1) - (t**m - 1)
    return sp.powsimp(sp.expand(sp.diff(f, t))), sp.powsimp(sp.expand(m * t ** (n - 1) - m * t ** (m - 1)))


@update_is_pessimistic.known("t = 2, a third of the way")
def _() -> dict[str, Any]:
    return {"y": 1, "t": 2, "m": 1, "n": 3}


def bias_rounding(y: float, t: float, m: int, n: int) -> float:
    """That of the update, and of the last factor where values fall."""
    return 10 * step_rounding(y, t, m, n) / min(1.0, t ** _parts(m, n)[1]) ** 2


@claim(
    "log_mapping.update_bias",
    "<=",
    paper=DERIVED,
    instances=steps(),
    search=STEP,
    allowance=bias_rounding,
    uses=("log_mapping.regular_form",),
    argument="Taylor's formula for x -> (1 + x)^beta: the remainder is beta (1 - beta) / 2 x^2 (1 + xi)^(beta - 2) with xi "
    "between 0 and x, and (1 + xi)^(beta - 2) <= min(1, 1 + x)^-2. The second derivative is the step.",
)
def update_bias(y: Any, t: Any, m: Any, n: Any) -> Sides:
    r"""The update falls short of $\beta_{log} \beta_{reg} \delta$ by at most $\frac{\beta_{log} (1 - \beta_{log})}{2}
    \frac{(\beta_{reg} \delta)^2}{y} \min\bigl(1, \tfrac{\hat y}{y}\bigr)^{-2}$."""
    i, j = _parts(m, n)
    beta, change = (0 * y + i) / j, t**j - 1
    short = y * beta * change - (updated(y, t, m, n) - y)
    least = min(1 + 0 * t, t**j)
    return short, y * beta * (1 - beta) / 2 * change * change / (least * least)


@update_bias.false_sibling("half of it")
def _(y: Any, t: Any, m: Any, n: Any) -> Sides:
    left, right = update_bias.sides(y, t, m, n)
    return left, right / 2


@update_bias.false_sibling("without the last factor, for falling values too")
def _(y: Any, t: Any, m: Any, n: Any) -> Sides:
    left, right = update_bias.sides(y, t, m, n)
    least = min(1 + 0 * t, t ** _parts(m, n)[1])
    return left, right * least * least


@update_bias.step("the second derivative of (1 + x)^b is -b (1 - b) (1 + x)^(b - 2)", method="cancel")
def _() -> tuple[Any, Any]:
    x, b = sp.symbols("x b", positive=True)
    return sp.diff((1 + x) ** b, x, 2) / (1 + x) ** (b - 2), -b * (1 - b)


@update_bias.known("t = 101/100, half of the way")
def _() -> dict[str, Any]:
    return {"y": 1, "t": Fraction(101, 100), "m": 1, "n": 2}


# --- other mappings ------------------------------------------------------------------------------------------------------------


@st.composite
def roots(draw: st.DrawFn) -> dict[str, Any]:
    """Roots of a value and of where it moves, and a step."""
    return {
        "a": draw(st.sampled_from([0.1, 0.5, 1.0, 2.0])),
        "e": draw(st.sampled_from([0.1, 0.5, 1.0, 2.0])),
        "beta": draw(st.sampled_from([0.1, 0.5, 0.9, 1.0])),
    }


ROOTS: dict[str, Space] = {
    "a": Interval(Fraction(1, 10), 2),
    "e": Interval(Fraction(1, 10), 2),
    "beta": Interval(Fraction(1, 100), 1),
}


def _by_root(a: Any, e: Any, beta: Any) -> Any:
    """The update of a^2 towards e^2 in the space of roots: in doubles by our general update."""
    if not is_exact():
        return _our_root(a, e, beta)
    x = (1 - beta) * a + beta * e
    return x * x


@floats_only
def _our_root(a: float, e: float, beta: float) -> float:
    mapping = tabular.log_mapping.GivenMapping(np.sqrt, np.square, 0.0, 10.0)
    return float(mapped_update(a * a, e * e, 1.0, beta, mapping))


@claim(
    "log_mapping.general_bias",
    "<=",
    paper="derived here; Fatemi and Tavakoli (2022) for convergence with general maps",
    instances=roots(),
    search=ROOTS,
    allowance=units,
    argument="As a function of beta the update is g(f(Q) + beta (f(Q-hat) - f(Q))), g the inverse of f: its ends are those of "
    "the chord, and its second derivative is -f'' / f'^3 (f(Q-hat) - f(Q))^2 (the step), at most |f''| / f' (sup f' / inf "
    "f')^2 (Q-hat - Q)^2. A function differs from its chord by at most beta (1 - beta) / 2 times that; concave f stay below "
    "it. Checked for the root.",
)
def general_bias(a: Any, e: Any, beta: Any) -> Sides:
    r"""$0 \le Q + \beta (\hat Q - Q) - Q_{new} \le \frac{\beta (1 - \beta)}{2} (\hat Q - Q)^2 \sup \frac{|f''|}{f'} \bigl(
    \frac{\sup
    f'}{\inf f'} \bigr)^2$ for a concave increasing f; here $f(x) = \sqrt x$, whose suprema between $a^2$ and $e^2$ are
    $\frac{1}{2
    \min}$ and $\frac{\max}{\min}$."""
    low, high = min(a * a, e * e), max(a * a, e * e)
    short = (1 - beta) * a * a + beta * e * e - _by_root(a, e, beta)
    bound = beta * (1 - beta) / 2 * (high - low) * (high - low) / (2 * low) * (high / low)
    return np.array([0 * short, short]), np.array([short, bound])


@general_bias.false_sibling("a tenth of the bound")
def _(a: Any, e: Any, beta: Any) -> Sides:
    left, right = general_bias.sides(a, e, beta)
    return left[1], right[1] / 10


@general_bias.false_sibling("convex f stay below the chord too: squares, both sides squared")
def _(a: Any, e: Any, beta: Any) -> Sides:
    chord = (1 - beta) * a + beta * e
    return (1 - beta) * a * a + beta * e * e, chord * chord


@general_bias.step("the second derivative of the inverse of the root is 2 = -f'' / f'^3", method="cancel")
def _() -> tuple[Any, Any]:
    x = sp.Symbol("x", positive=True)
    f = sp.sqrt(x)
    return -sp.diff(f, x, 2) / sp.diff(f, x) ** 3, sp.Integer(2)


@general_bias.known("from 1 to 4, half of the way")
def _() -> dict[str, Any]:
    return {"a": 1, "e": 2, "beta": Fraction(1, 2)}


# --- the biased fixed point ----------------------------------------------------------------------------------------------------

TINY = LogMapping(0.5, 900)
"""A floor of 2^-900: none, for values of size one."""


@claim(
    "log_mapping.coin_bias",
    "==",
    paper=DERIVED,
    assumptions="gamma^k = 0",
    instances=st.builds(dict, b=st.sampled_from([0.01, 0.1, 1 / 3, 0.5, 0.9])),
    search={"b": Interval(Fraction(1, 100), Fraction(99, 100))},
    allowance=units,
    argument="The mean drift of the logarithm is zero where the product ((1 - b) q + b)((1 - b) q) is q^2; by the step q = (1 "
    "- b) / (2 - b).",
)
def coin_bias(b: Any) -> Sides:
    r"""A fair coin that pays 1 or 0 is learned as $\frac{1 - b}{2 - b}$ with a constant regular step b and a vanishing
    logarithmic one.
    """
    q = (1 - b) / (2 - b)
    if not is_exact():
        return _our_coin(b), q
    return ((1 - b) * q + b) * (1 - b), q


@floats_only
def _our_coin(b: float) -> float:
    return float(biased_value([1.0, 0.0], [0.5, 0.5], b, TINY))


@coin_bias.false_sibling("no bias: a half")
def _(b: Any) -> Sides:
    return coin_bias.sides(b)[0], rational(1, 2) * (1 + 0 * b)


@coin_bias.false_sibling("the first order, (1 - b / 2) / 2")
def _(b: Any) -> Sides:
    q = (1 - b / 2) / 2
    return (((1 - b) * q + b) * (1 - b) if is_exact() else _our_coin(b)), q


@coin_bias.step("((1 - b) q + b)(1 - b) = q at q = (1 - b) / (2 - b)", method="cancel")
def _() -> tuple[Any, Any]:
    b = sp.Symbol("b")
    q = (1 - b) / (2 - b)
    return ((1 - b) * q + b) * (1 - b), q


@coin_bias.known("b = 1/3: two fifths, an equality of fractions")
def _() -> dict[str, Any]:
    return {"b": Fraction(1, 3)}


@claim(
    "log_mapping.policy_flip",
    "==",
    paper=DERIVED,
    assumptions="gamma^k = 0, v < 1/2",
    instances=st.builds(dict, v=st.sampled_from([0.1, 0.25, 0.4, 0.49])),
    search={"v": Interval(Fraction(1, 100), Fraction(49, 100))},
    allowance=units,
    uses=("log_mapping.coin_bias",),
    argument="The learned value of the coin falls in b (the first step: its derivative is -1 / (2 - b)^2) and is v at the "
    "threshold (the second).",
)
def policy_flip(v: Any) -> Sides:
    r"""Against a safe payment v the fair coin, worth 1/2, is taken only up to $b = \frac{1 - 2 v}{1 - v}$: there its learned
    value is v.
    """
    b = (1 - 2 * v) / (1 - v)
    return (_our_coin(b) if not is_exact() else (1 - b) / (2 - b)), v


@policy_flip.false_sibling("up to b = 1 - 2 v")
def _(v: Any) -> Sides:
    b = 1 - 2 * v
    return (_our_coin(b) if not is_exact() else (1 - b) / (2 - b)), v


@policy_flip.step("the derivative of (1 - b) / (2 - b) is -1 / (2 - b)^2", method="cancel")
def _() -> tuple[Any, Any]:
    b = sp.Symbol("b")
    return sp.diff((1 - b) / (2 - b), b), -1 / (2 - b) ** 2


@policy_flip.step("(1 - b) / (2 - b) = v at b = (1 - 2 v) / (1 - v)", method="cancel")
def _() -> tuple[Any, Any]:
    v = sp.Symbol("v")
    b = (1 - 2 * v) / (1 - v)
    return (1 - b) / (2 - b), v


@policy_flip.known("two fifths: b = 1/3, an equality of fractions")
def _() -> dict[str, Any]:
    return {"v": Fraction(2, 5)}


@st.composite
def targets(draw: st.DrawFn) -> dict[str, Any]:
    """A law and targets above zero, a step."""
    n = draw(st.integers(1, 4))
    values = draw(st.lists(st.sampled_from([0.0, 0.1, 0.5, 1.0]), min_size=n, max_size=n))
    return {"p": draw(distributions(n)), "u": np.array(values) + 0.01, "b": draw(st.sampled_from([0.1, 0.5, 1.0]))}


TARGETS: dict[str, Space] = {"p": Simplex(3), "u": Vector(3, Fraction(1, 100), 1), "b": Interval(Fraction(1, 100), 1)}


def _drift(p: Array, u: Array, b: Any, q: Any) -> Any:
    """E log((1 - b) q + b U) - log q."""
    return sum((a * log(((1 - b) * q + b * x) / q) for a, x in zip(p, u, strict=True)), 0 * q)


@claim(
    "log_mapping.bias_is_down",
    "<=",
    paper=DERIVED,
    theorem="Jensen's inequality",
    instances=targets(),
    search=TARGETS,
    allowance=units,
    argument="The drift falls in q (it is E log((1 - b) + b U / q)), and at q = E U it is at most the logarithm of the mean "
    "of (1 - b) + b U / E U, which is 0 (Jensen; log x <= x - 1, the step). So its zero is at most E U.",
)
def bias_is_down(p: Array, u: Array, b: Any) -> Sides:
    r"""The learned value is at most $E\,U$: at $m = E\,U$ the drift $E \ln \frac{(1 - b) m + b U}{m}$ is not positive."""
    m = mean(p, u)
    return _drift(p, u, b, m), 0 * m


@bias_is_down.false_sibling("the bias is at most the first order, b Var / (2 E U), whatever b")
def _(p: Array, u: Array, b: Any) -> Sides:
    m = mean(p, u)
    spread = mean(p, (u - m) * (u - m))
    return 0 * m, _drift(p, u, b, m - b * spread / (2 * m))


@bias_is_down.false_sibling("up instead")
def _(p: Array, u: Array, b: Any) -> Sides:
    left, right = bias_is_down.sides(p, u, b)
    return right, left


@bias_is_down.step("x - 1 - log x has the derivative (x - 1) / x", method="cancel")
def _() -> tuple[Any, Any]:
    x = sp.Symbol("x", positive=True)
    return sp.diff(x - 1 - sp.log(x), x), (x - 1) / x


@bias_is_down.known("a coin of 1 and 1/100, b = 1/2")
def _() -> dict[str, Any]:
    half = Fraction(1, 2)
    return {"p": [half, half], "u": [1, Fraction(1, 100)], "b": half}


def solved_rounding(**_: Any) -> float:
    """A root by bisection to the last bit, and logarithms of numbers near it."""
    return 1e-12


@claim(
    "log_mapping.biased_value",
    "==",
    paper=DERIVED,
    instances=targets(),
    search=TARGETS,
    allowance=solved_rounding,
    arithmetics=("float",),
    argument="The drift is positive at the smallest and negative at the largest target, and falls in between: bisection finds "
    "its only zero. What is checked is our solver.",
)
def solved_value(p: Array, u: Array, b: Any) -> Sides:
    r"""The value that :func:`tabular.log_mapping.biased_value` returns has mean drift zero."""
    q = _our_value(p, u, b)
    return _drift(p, u, b, q), 0.0 * q


@floats_only
def _our_value(p: Array, u: Array, b: float) -> float:
    return float(biased_value(u, p, b, TINY))


@solved_value.false_sibling("so has the mean")
def _(p: Array, u: Array, b: Any) -> Sides:
    return _drift(p, u, b, float(p @ u)), 0.0


@solved_value.step("the drift falls: the derivative of log((1 - b) + b u / q) is -b u / (q ((1 - b) q + b u))", method="cancel")
def _() -> tuple[Any, Any]:
    q, u, b = sp.symbols("q u b", positive=True)
    return sp.diff(sp.log((1 - b) + b * u / q), q), -b * u / (q * ((1 - b) * q + b * u))


# --- contraction ---------------------------------------------------------------------------------------------------------------


@st.composite
def two_values(draw: st.DrawFn) -> dict[str, Any]:
    """A law on two states, two value functions, a reward, a discount and a floor."""
    places = st.sampled_from([0.0, 1e-4, 0.1, 0.5, 1.0])
    return {
        "p": draw(distributions(2)),
        "v": np.array([draw(places), draw(places)]),
        "w": np.array([draw(places), draw(places)]),
        "r": draw(st.sampled_from([0.0, 0.3])),
        "gamma": draw(st.sampled_from([0.5, 0.9])),
        "floor": draw(st.sampled_from([1e-6, 1e-2])),
    }


THOMPSON: dict[str, Space] = {
    "p": Simplex(2),
    "v": Vector(2, 0, 1),
    "w": Vector(2, 0, 1),
    "r": Interval(0, 1),
    "gamma": Interval(Fraction(1, 10), Fraction(99, 100)),
    "floor": Interval(Fraction(1, 10**6), Fraction(1, 10)),
}


def _logs(p: Array, v: Array, r: Any, gamma: Any, floor: Any) -> Any:
    """ln(T v + gamma^k) for b = 1: the mean logarithm of the targets."""
    return sum((a * log(r + gamma * x + floor) for a, x in zip(p, v, strict=True)), 0 * gamma)


def logs_rounding(floor: float, **_: Any) -> float:
    """A few logarithms of numbers down to the floor."""
    return 1e-13


@claim(
    "log_mapping.thompson_contraction",
    "<=",
    paper=DERIVED,
    assumptions="one head, b = 1 (the geometric mean); the argument covers every b and a maximum over actions",
    instances=two_values(),
    search=THOMPSON,
    allowance=logs_rounding,
    argument="The generalised mean of targets is monotone and homogeneous in u = U + gamma^k for every b, so that it does not "
    "expand ratios; nor does a maximum. From x + gamma^k to r + gamma x + gamma^k the logarithmic slope is gamma (x + "
    "gamma^k) / (r + gamma x + gamma^k), which rises in x (the step) and is largest at r = 0: integrated along the path from "
    "v to w it gives the modulus.",
)
def thompson_contraction(p: Array, v: Array, w: Array, r: Any, gamma: Any, floor: Any) -> Sides:
    r"""$|\ln \frac{T v + \epsilon}{T w + \epsilon}| \le \frac{\gamma (V + \epsilon)}{\gamma V + \epsilon} \max |\ln \frac{v +
    \epsilon}{w + \epsilon}|$ with $\epsilon = \gamma^k$ and V the largest value."""
    top = max(*v, *w)
    modulus = gamma * (top + floor) / (gamma * top + floor)
    ratios = [absolute(log((x + floor) / (y + floor))) for x, y in zip(v, w, strict=True)]
    moved = absolute(_logs(p, v, r, gamma, floor) - _logs(p, w, r, gamma, floor))
    return moved + np.array([0 * gamma]), modulus * _most(ratios) + np.array([0 * gamma])


def _most(values: list[Any]) -> Any:
    return largest(np.array(values, dtype=object if is_exact() else float))


@thompson_contraction.false_sibling("the modulus is the discount")
def _(p: Array, v: Array, w: Array, r: Any, gamma: Any, floor: Any) -> Sides:
    left, right = thompson_contraction.sides(p, v, w, r, gamma, floor)
    top = max(*v, *w)
    return left, right * (gamma * top + floor) / (top + floor)


@thompson_contraction.false_sibling("a contraction in the largest norm: |T v - T w| <= gamma max |v - w|")
def _(p: Array, v: Array, w: Array, r: Any, gamma: Any, floor: Any) -> Sides:
    moved = absolute(exp(_logs(p, v, r, gamma, floor)) - exp(_logs(p, w, r, gamma, floor)))
    return moved, gamma * _most([absolute(x - y) for x, y in zip(v, w, strict=True)])


@thompson_contraction.step("the derivative of g (x + e) / (r + g x + e) in x is g (r + e (1 - g)) / (...)^2", method="cancel")
def _() -> tuple[Any, Any]:
    x, e, r, g = sp.symbols("x e r g", positive=True)
    return sp.diff(g * (x + e) / (r + g * x + e), x), g * (r + e * (1 - g)) / (r + g * x + e) ** 2


@thompson_contraction.known("values of 1e-4 and 2e-4 beside 1/2: the largest norm expands 26-fold")
def _() -> dict[str, Any]:
    half = Fraction(1, 2)
    return {
        "p": [half, half],
        "v": [Fraction(1, 10**4), half],
        "w": [Fraction(2, 10**4), half],
        "r": 0,
        "gamma": Fraction(9, 10),
        "floor": Fraction(1, 10**6),
    }
