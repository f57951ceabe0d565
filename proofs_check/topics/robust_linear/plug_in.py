r"""Claims about worst cases of estimated laws: how steep KL's is, how much it varies, and that all are too high on average."""

from __future__ import annotations

from fractions import Fraction
from math import comb
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import absolute, log, rational
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Integers, Interval, Near, Simplex, Space, Vector
from proofs_check.strategies import distributions
from proofs_check.topics.divergences.formulas import mean, variance
from proofs_check.topics.robust_linear.formulas import EXACT_SETS, SETS, worst
from proofs_check.topics.robust_linear.instances import SIZES, TANG, Array, Sides, unit_vectors, units

LOW = Fraction(1, 1000)
SHARE: dict[str, Space] = {"z": Interval(LOW, 1)}


@st.composite
def pairs_above(draw: st.DrawFn) -> dict[str, Any]:
    """z and two places between z and 1."""
    return {
        "z": draw(st.sampled_from([1e-3, 0.1, 0.5, 0.9])),
        "a": draw(st.floats(0, 1)),
        "b": draw(st.floats(0, 1)),
    }


def logarithms(z: float, **_: Any) -> float:
    """Logarithms of numbers from z to 1, and a difference divided by z."""
    return 1e-14 / z


@claim(
    "robust_linear.kl_slope",
    "<=",
    paper=TANG,
    theorem="where the factor e^(H / lambda) of KL's bonus comes from",
    instances=pairs_above(),
    search={**SHARE, "a": Near(Interval(0, 1), 0), "b": Near(Interval(0, 1), 0)},
    allowance=logarithms,
    argument="The derivative of log is 1 / x, at most 1 / z on [z, 1]; with z = e^(-H / lambda) and a factor lambda this is "
    "the statement. By the step the chord of log from x to y > x is at most (y - x) / x.",
)
def kl_slope(z: Any, a: Any, b: Any) -> Sides:
    r"""$|{-\lambda \log x} + \lambda \log y| \le \lambda e^{H / \lambda} |x - y|$ for x, y in $[e^{-H / \lambda}, 1]$; here
    $z = e^{-H / \lambda}$, both sides divided by $\lambda$."""
    x, y = z + a * (1 - z), z + b * (1 - z)
    return absolute(log(x / y)), absolute(x - y) / z


@kl_slope.false_sibling("a tenth less")
def _(z: Any, a: Any, b: Any) -> Sides:
    left, right = kl_slope.sides(z, a, b)
    return left, right * rational(9, 10)


@kl_slope.false_sibling("e^(H / (2 lambda)), which is right for standard deviations")
def _(z: Any, a: Any, b: Any) -> Sides:
    left, right = kl_slope.sides(z, a, b)
    return left * left, right * right * z


@kl_slope.step("log(1 + t) <= t from its derivative: 1 - 1 / (1 + t) = t / (1 + t)", method="cancel")
def _() -> tuple[Any, Any]:
    t = sp.Symbol("t", nonnegative=True)
    return sp.diff(t - sp.log(1 + t), t), t / (1 + t)


@kl_slope.known("at the lower end")
def _() -> dict[str, Any]:
    return {"z": Fraction(1, 100), "a": 0, "b": Fraction(1, 10**6)}


@st.composite
def bounded_laws(draw: st.DrawFn) -> dict[str, Any]:
    """A law and places between z and 1."""
    n = draw(st.integers(1, 4))
    z = draw(st.sampled_from([1e-3, 0.1, 0.5, 0.9]))
    return {"z": z, "p": draw(distributions(n)), "places": draw(unit_vectors(n))}


@claim(
    "robust_linear.kl_deviation",
    "<=",
    paper="derived here",
    instances=bounded_laws(),
    search={**SHARE, "p": Simplex(2), "places": Vector(2, 0, 1)},
    allowance=units,
    argument="X = e^(-V / lambda) lies in [z, 1] with z = e^(-H / lambda). (1 - X)(X - z) >= 0 gives Var X <= (1 - m)(m - z), "
    "m = E X, and by the step 4 z (1 - m)(m - z) is (1 - z)^2 m^2 minus a square. By the delta method sqrt(K) times the error "
    "of -lambda log of a sample mean has standard deviation lambda sqrt(Var X) / m <= lambda (1 - z) / (2 sqrt z) = lambda "
    "sinh(H / (2 lambda)).",
)
def kl_deviation(z: Any, p: Array, places: Array) -> Sides:
    r"""The asymptotic standard deviation of the estimate $-\lambda \log \frac1K \sum e^{-V / \lambda}$ is at most
    $\lambda \sinh(H / (2 \lambda)) / \sqrt K$: half of the exponent of the bonus. Checked as
    $4 z \operatorname{Var} X \le (1 - z)^2 (E X)^2$ for X in [z, 1]; equality at $P(X = 1) = z / (1 + z)$."""
    x = np.array([z + place * (1 - z) for place in places])
    m = mean(p, x)
    return 4 * z * variance(p, x), (1 - z) * (1 - z) * m * m


@kl_deviation.false_sibling("a tenth less")
def _(z: Any, p: Array, places: Array) -> Sides:
    left, right = kl_deviation.sides(z, p, places)
    return left, right * rational(9, 10)


@kl_deviation.false_sibling("no exponential growth: lambda times (H / lambda) / 2")
def _(z: Any, p: Array, places: Array) -> Sides:
    left, right = kl_deviation.sides(z, p, places)
    half = -log(z) / 2  # H / (2 lambda); sinh of it is (1 - z) / (2 sqrt z)
    return left * (1 - z) * (1 - z), right * 4 * z * half * half


@kl_deviation.step("(1 - z)^2 m^2 - 4 z (1 - m)(m - z) = ((1 + z) m - 2 z)^2", method="expand")
def _() -> tuple[Any, Any]:
    z, m = sp.symbols("z m")
    return (1 - z) ** 2 * m**2 - 4 * z * (1 - m) * (m - z), ((1 + z) * m - 2 * z) ** 2


@kl_deviation.step("(1 - m)(m - z) = E (1 - X)(X - z) + E X^2 - m^2 with E X^2 written Q", method="expand")
def _() -> tuple[Any, Any]:
    z, m, q = sp.symbols("z m Q")
    return (1 - m) * (m - z), ((1 + z) * m - q - z) + (q - m**2)


@kl_deviation.known("z = 1/4, mass 1/5 on one: an equality of fractions")
def _() -> dict[str, Any]:
    return {"z": Fraction(1, 4), "p": [Fraction(4, 5), Fraction(1, 5)], "places": [0, 1]}


# --- estimated laws are optimistic ---------------------------------------------------------------------------------------------


@st.composite
def samples(draw: st.DrawFn) -> dict[str, Any]:
    """A coin, its worth, a number of draws, a set."""
    return {
        "heads": draw(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0])),
        "worth": draw(st.sampled_from([0.25, 1.0])),
        "draws": draw(st.integers(1, 6)),
        "name": draw(st.sampled_from(SETS)),
        "size": draw(SIZES),
    }


SAMPLES: dict[str, Space] = {
    "heads": Interval(0, 1),
    "worth": Interval(0, 1),
    "draws": Integers(1, 5),
    "name": Choice(EXACT_SETS),
    "size": Interval(Fraction(1, 100), 1),
}


def _expected_plug_in(heads: Any, worth: Any, draws: Any, name: str, size: Any) -> Any:
    """Mean over samples of the worst case of the empirical law of a coin that pays ``worth``."""
    k = int(draws)
    values = np.array([0 * worth, worth])
    total = 0 * heads
    for n in range(k + 1):
        share = (heads * 0 + n) / k
        chance = comb(k, n) * heads**n * (1 - heads) ** (k - n)
        total = total + chance * worst(name, values, np.array([1 - share, share]), size)
    return total


@claim(
    "robust_linear.plug_in_is_optimistic",
    ">=",
    paper="derived here",
    assumptions="independent draws",
    instances=samples(),
    search=SAMPLES,
    allowance=units,
    uses=("robust_linear.less_conservative",),
    argument="By less_conservative F(mu, V) is convex in mu, the empirical law has mean mu, and Jensen's inequality does the "
    "rest (for any number of states; checked on coins). Hence robust learners without a bonus overestimate on average, in "
    "every step: pessimism has more to make up for than noise.",
)
def plug_in_is_optimistic(heads: Any, worth: Any, draws: Any, name: str, size: Any) -> Sides:
    r"""$E\, F(\hat\mu_K, V) \ge F(\mu, V)$ for the empirical law $\hat\mu_K$ of K draws, F any worst case within a radius or at a
    price."""
    left = _expected_plug_in(heads, worth, draws, name, size)
    return left, worst(name, np.array([0 * worth, worth]), np.array([1 - heads, heads]), size)


@plug_in_is_optimistic.false_sibling("the opposite: robust estimates are cautious on average")
def _(heads: Any, worth: Any, draws: Any, name: str, size: Any) -> Sides:
    left, right = plug_in_is_optimistic.sides(heads, worth, draws, name, size)
    return right, left


@plug_in_is_optimistic.false_sibling("by at least the tenth part of what the adversary takes")
def _(heads: Any, worth: Any, draws: Any, name: str, size: Any) -> Sides:
    left, right = plug_in_is_optimistic.sides(heads, worth, draws, name, size)
    return left, right + (heads * worth - right) / 10


@plug_in_is_optimistic.step("two draws: the chances p^2, 2 p (1 - p), (1 - p)^2 have the mean p", method="expand")
def _() -> tuple[Any, Any]:
    p = sp.Symbol("p")
    return p**2 + 2 * p * (1 - p) / 2, p


@plug_in_is_optimistic.known("a fair coin, two draws, total variation 1/4: 5/16 against 1/4")
def _() -> dict[str, Any]:
    return {"heads": Fraction(1, 2), "worth": 1, "draws": 2, "name": "TV within", "size": Fraction(1, 4)}
