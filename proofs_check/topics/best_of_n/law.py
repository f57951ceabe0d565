r"""The law of the best of n draws: ties, likelihood ratios, growth with n, composition."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import kl, log, power, rational
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Integers, Simplex
from proofs_check.strategies import distributions
from proofs_check.topics.best_of_n.formulas import cap, class_masses, enumerated, law, law_with_ties, positive, win_rate
from proofs_check.topics.best_of_n.instances import (
    ALPHABET,
    BEIRAMI,
    DERIVED,
    alphabets,
    four_draws_of_four,
    rounding,
    small_alphabets_with_ties,
    tiny,
)

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]
TIED: dict[str, Any] = {
    "p": Simplex(3),
    "rewards": Choice(tuple(np.array(r) for r in product(range(3), repeat=3))),
    "n": Integers(1, 4),
}


def of_ratios(p: Array, n: int) -> float:
    """Masses are divided by the smallest one."""
    return rounding(p, n) / float(positive(p).min())


def of_products(p: Array, n: int, m: int) -> float:
    """As for n m draws."""
    return rounding(p, n * m)


@claim(
    "best_of_n.pmf",
    "==",
    paper=BEIRAMI,
    theorem="Lemma 2.2 and its extension to ties",
    assumptions="ties go to the first of the tied draws, or to any of them by draw positions only",
    instances=small_alphabets_with_ties(),
    search=TIED,
    allowance=rounding,
    argument="y wins as the first tied draw, at position k + 1, if k draws lie below its class, the next is y, and the other "
    "n - 1 - k are in its class or below: that has probability B^k p_y F^(n-1-k). The sum S_n of B^k F^(n-1-k) over k obeys "
    "S_1 = 1 and S_(n+1) = F S_n + B^n, as does (F^n - B^n) / (F - B) by the steps, and F - B is the mass of the class. Any "
    "other rule that looks at positions only gives the same: given the positions of the class, its draws have the law p_y / "
    "P_c.",
)
def pmf(p: Array, rewards: Array, n: int) -> Sides:
    r"""The best of $n$ draws is $y$ with probability $\frac{p_y}{P_c} (\mathcal F_c^n - (\mathcal F_c^-)^n)$, where $c$ is the
    class of outcomes with the reward of $y$, $P_c$ its mass, $\mathcal F_c$ and $\mathcal F_c^-$ the masses of rewards up to
    and below it. The left side lists all sequences of draws.
    """
    return enumerated(p, rewards, n), law_with_ties(p, rewards, n)


@pmf.false_sibling("the log-quantile tilt, proportional to p F^(n-1)")
def _(p: Array, rewards: Array, n: int) -> Sides:
    tilt = p * [power(p[[bool(r <= reward) for r in rewards]].sum(), n - 1) for reward in rewards]
    return enumerated(p, rewards, n), tilt / tilt.sum()


@pmf.false_sibling("ties go to the outcome that is listed last")
def _(p: Array, rewards: Array, n: int) -> Sides:
    size = len(p)
    priority = np.array([int(r) * size + i for i, r in enumerate(rewards)])
    return enumerated(p, rewards, n), law_with_ties(p, priority, n)


@pmf.step("S_1 = 1", method="cancel")
def _() -> tuple[Any, Any]:
    upper, below = sp.symbols("F B")
    return (upper - below) / (upper - below), sp.Integer(1)


@pmf.step("F (F^n - B^n) / (F - B) + B^n = (F^(n+1) - B^(n+1)) / (F - B)", method="cancel")
def _() -> tuple[Any, Any]:
    upper, below, n = sp.symbols("F B n", positive=True)
    old, new = upper**n - below**n, upper * upper**n - below * below**n
    return upper * old / (upper - below) + below**n, new / (upper - below)


@pmf.known("four outcomes, two of them tied")
def _() -> dict[str, Any]:
    return {**four_draws_of_four(), "rewards": [0, 1, 1, 2]}


@claim(
    "best_of_n.setting",
    "==",
    paper=DERIVED,
    theorem="extends the paper's Assumption 2.1 (distinct rewards)",
    assumptions="ties go to the first of the tied draws, or to any of them by draw positions only",
    instances=small_alphabets_with_ties(),
    search=TIED,
    allowance=rounding,
    argument="Inside a class of mass P the ratio of the law to the reference is that of the class, Q / P. By the step, two "
    "outcomes of a class contribute to the divergence and to the win rate what they would as one; so do any number, one by "
    "one.",
)
def setting(p: Array, rewards: Array, n: int) -> Sides:
    r"""With ties, divergence and win rate are those of the classes of equal reward, taken as outcomes."""
    q, masses = law_with_ties(p, rewards, n), class_masses(p, rewards)
    middle = [sum(x for x, s in zip(p, rewards, strict=True) if s < r) for r in rewards]
    tied = [sum(x for x, s in zip(p, rewards, strict=True) if s == r) for r in rewards]
    rate = sum((a * (b + c / 2) for a, b, c in zip(q, middle, tied, strict=True)), 0 * p[0])
    return np.array([kl(q, p), rate]), np.array([kl(law(masses, n), masses), win_rate(masses, n)])


@setting.false_sibling("outcomes in the place of classes")
def _(p: Array, rewards: Array, n: int) -> Sides:
    q, each = law_with_ties(p, rewards, n), positive(p)
    return kl(q, p), kl(law(each, n), each)


@setting.step("two outcomes of a class contribute as one", method="logarithms")
def _() -> tuple[Any, Any]:
    a, b, ratio = sp.symbols("a b rho", positive=True)
    return a * ratio * sp.log(ratio) + b * ratio * sp.log(ratio), (a + b) * ratio * sp.log(ratio)


@setting.known("four outcomes, two of them tied")
def _() -> dict[str, Any]:
    return {**four_draws_of_four(), "rewards": [0, 1, 1, 2]}


@claim(
    "best_of_n.priority",
    ">=",
    paper=DERIVED,
    assumptions="the tied outcome that is listed last has priority",
    instances=small_alphabets_with_ties(),
    search=TIED,
    allowance=rounding,
    uses=("best_of_n.setting",),
    argument="With fixed priorities the law is that of distinct rewards. Merging the outcomes of a class gives, by the first "
    "claim, the divergence of the rule by positions; and merging two outcomes never increases a divergence: with ratios x and "
    "y to the reference and weights a and b, a f(x) + b f(y) - (a + b) f(mean) has, in terms of the mean m and of x = m + b "
    "d, y = m - a d, the derivative a b (f'(x) - f'(y)) in d, which has the sign of d because f' = 1 + log rises.",
)
def priority(p: Array, rewards: Array, n: int) -> Sides:
    r"""A fixed priority among tied outcomes has at least the divergence of the rule by draw positions."""
    size = len(p)
    ranks = np.array([int(r) * size + i for i, r in enumerate(rewards)])
    return kl(law_with_ties(p, ranks, n), p), kl(law_with_ties(p, rewards, n), p)


@priority.false_sibling("the other way round")
def _(p: Array, rewards: Array, n: int) -> Sides:
    size = len(p)
    ranks = np.array([int(r) * size + i for i, r in enumerate(rewards)])
    return kl(law_with_ties(p, rewards, n), p), kl(law_with_ties(p, ranks, n), p)


@priority.step("the derivative in d", method="expand")
def _() -> tuple[Any, Any]:
    a, b, m, d = sp.symbols("a b m d", positive=True)
    x, y = sp.symbols("x y", positive=True)
    inside = a * m * sp.log(m) + b * m * sp.log(m)
    merged = (a * x * sp.log(x) + b * y * sp.log(y)).subs({x: m + b * d, y: m - a * d}) - inside
    slope = a * b * (sp.log(m + b * d) - sp.log(m - a * d))
    return sp.diff(merged, d), slope


@priority.known("four outcomes, two of them tied")
def _() -> dict[str, Any]:
    return {**four_draws_of_four(), "rewards": [0, 1, 1, 2]}


@claim(
    "best_of_n.likelihood_ratio",
    "<=",
    paper=DERIVED,
    assumptions="n >= 1",
    instances=alphabets(),
    search=ALPHABET,
    allowance=of_ratios,
    argument="q_i / p_i is the mean of n u^(n-1) over the cell from F_(i-1) to F_i, because F^n is its integral (first step), "
    "and the density rises (second step); the last ratio is 1 - F_(L-1)^n over p_L.",
)
def likelihood_ratio(p: Array, n: int) -> Sides:
    r"""$q_i / p_i \le q_{i+1} / p_{i+1}$, and $q_L / p_L \le 1 / p_L$."""
    p = positive(p)
    ratios = law(p, n) / p
    return ratios, np.append(ratios[1:], 1 / p[-1])


@likelihood_ratio.false_sibling("the mass at the bottom in place of that at the top")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    ratios = law(p, n) / p
    return ratios, np.append(ratios[1:], 1 / p[0])


@likelihood_ratio.step("the density of quantiles", method="cancel")
def _() -> tuple[Any, Any]:
    n, u = sp.symbols("n u", positive=True)
    return sp.diff(u**n, u), n * u**n / u


@likelihood_ratio.step("it rises", method="none", relation=">=")
def _() -> tuple[Any, Any]:
    k, y, s = sp.symbols("k y s", nonnegative=True)
    return (k + 1) * (y + s) ** k, (k + 1) * y**k


@likelihood_ratio.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@claim(
    "best_of_n.kl_grows",
    "<=",
    paper=DERIVED,
    assumptions="here from n to n + 1; the argument holds for real n >= 1",
    instances=alphabets(),
    search=ALPHABET,
    allowance=rounding,
    uses=("best_of_n.likelihood_ratio",),
    argument="The derivative of the divergence in n is the sum of q'_i log(q_i / p_i), since the q'_i add up to 0. The sums "
    "of q'_1 + ... + q'_i are derivatives of F_i^n, not positive by the step, and log(q_i / p_i) rises with i by the "
    "likelihood ratio: summed by parts, no term is negative. The win rate is the sum of q_i m_i with middles m_i that rise as "
    "well.",
)
def kl_grows(p: Array, n: int) -> Sides:
    r"""Divergence and win rate do not decrease with the number of draws."""
    p = positive(p)
    return np.array([kl(law(p, n), p), win_rate(p, n)]), np.array([kl(law(p, n + 1), p), win_rate(p, n + 1)])


@kl_grows.false_sibling("the divergence grows by log((n + 1) / n) / 2 at least")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return kl(law(p, n), p) + log(1 + 0 * p[0] + 1 / n) / 2, kl(law(p, n + 1), p)


@kl_grows.step("-d/dn F^n = -F^n log F, with F = 1 / (1 + y)", method="logarithms")
def _() -> tuple[Any, Any]:
    n, y = sp.symbols("n y", positive=True)
    return -sp.diff((1 + y) ** (-n), n), (1 + y) ** (-n) * sp.log(1 + y)


@kl_grows.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@claim(
    "best_of_n.composition",
    "==",
    paper=DERIVED,
    assumptions="the outer draws come from the exact inner law",
    instances=st.integers(1, 8).flatmap(
        lambda size: st.builds(dict, p=distributions(size), n=st.integers(1, 6), m=st.integers(1, 6))
    ),
    search={"p": Simplex(4), "n": Integers(1, 5), "m": Integers(1, 5)},
    allowance=of_products,
    argument="Cumulative masses of the inner law are F^m; the outer law has their n-th powers, and by the step these are F^(n "
    "m).",
)
def composition(p: Array, n: int, m: int) -> Sides:
    r"""The best of $n$ draws from best-of-$m$ is best-of-$nm$."""
    return law(law(p, m), n), law(p, n * m)


@composition.false_sibling("n + m draws")
def _(p: Array, n: int, m: int) -> Sides:
    return law(law(p, m), n), law(p, n + m)


@composition.step("powers multiply", method="logarithms")
def _() -> tuple[Any, Any]:
    F, n, m = sp.symbols("F n m", positive=True)
    return (F**m) ** n, F ** (n * m)


@composition.known("four outcomes")
def _() -> dict[str, Any]:
    return {"p": [Fraction(k, 10) for k in (4, 3, 2, 1)], "n": 2, "m": 3}


@claim(
    "best_of_n.two_outcomes",
    "==",
    paper=BEIRAMI,
    theorem="the example of two equiprobable outcomes",
    assumptions="two outcomes of mass 1/2",
    instances=st.builds(dict, n=st.integers(1, 500)),
    search={"n": Integers(1, 60)},
    allowance=tiny,
    argument="The lower outcome has 2^-n, and the divergence from the uniform law on two outcomes is log 2 minus the entropy "
    "(step).",
)
def two_outcomes(n: int) -> Sides:
    r"""$\mathrm{KL} = \log 2 - h(2^{-n})$ with the binary entropy $h$: bounded, while $\log n - (n-1)/n$ is not."""
    low, half = power(rational(1, 2), n), np.array([rational(1, 2)] * 2)
    p = np.array([low, 1 - low])
    return kl(law(half, n), half), log(rational(2)) + (p * [log(x) if x > 0 else 0 * x for x in p]).sum()


@two_outcomes.false_sibling("the cap")
def _(n: int) -> Sides:
    half = np.array([rational(1, 2)] * 2)
    return kl(law(half, n), half), cap(n)


@two_outcomes.step("divergence from a fair coin", method="logarithms")
def _() -> tuple[Any, ...]:
    x = sp.Symbol("x", positive=True)
    left = x * sp.log(2 * x) + (1 - x) * sp.log(2 * (1 - x))
    return left, sp.log(2) + x * sp.log(x) + (1 - x) * sp.log(1 - x), [1 - x, 2 - 2 * x]


@two_outcomes.known("ten draws")
def _() -> dict[str, Any]:
    return {"n": 10}
