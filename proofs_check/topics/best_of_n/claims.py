r"""Claims about best-of-n sampling: its law, the caps on its divergence and win rate, and the exact size of the gap.

Outcomes are listed in increasing order of reward; outcomes without mass change nothing. All formulas make sense for real n; here
n is an integer. Notation of :mod:`proofs_check.topics.best_of_n.formulas`.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import kl, log, power
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Integers, Simplex
from proofs_check.strategies import distributions
from proofs_check.topics.best_of_n.formulas import (
    cap,
    enumerated,
    gap_of_cell,
    gap_sum,
    law,
    law_with_ties,
    positive,
    win_rate,
)

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]

BEIRAMI = "Beirami et al. (2024), Theoretical guarantees on the best-of-n alignment policy"


@st.composite
def alphabets(draw: st.DrawFn, most_draws: int = 1000) -> dict[str, Any]:
    """A distribution on up to twelve outcomes and a number of draws."""
    p = draw(distributions(draw(st.integers(1, 12))))
    n = draw(st.sampled_from([m for m in (1, 2, 3, 5, 10, 100, 1000) if m <= most_draws]))
    return {"p": p, "n": n}


@st.composite
def small_alphabets_with_ties(draw: st.DrawFn) -> dict[str, Any]:
    """Few enough outcomes and draws for all sequences to be listed; rewards in any order, many of them equal."""
    size = draw(st.integers(1, 4))
    rewards = draw(st.lists(st.integers(0, 2), min_size=size, max_size=size))
    return {"p": draw(distributions(size)), "rewards": np.array(rewards), "n": draw(st.integers(1, 4))}


def rounding(p: Array, n: int, **_: Any) -> float:
    """``F^n`` carries a relative error of about n units of 1.1e-16 per cumulated outcome; logarithms multiply it by 1 + log n."""
    return 1e-15 * (len(p) + 4) * (n + 4) * (1 + float(np.log(n)))


def four_draws_of_four() -> dict[str, Any]:
    """Masses .4, .3, .2, .1 in increasing order of reward, four draws."""
    return {"p": [Fraction(k, 10) for k in (4, 3, 2, 1)], "n": 4}


@claim(
    "best_of_n.pmf",
    "==",
    paper=BEIRAMI,
    theorem="Lemma 2.2 and its extension to ties",
    assumptions="ties go to the first of the tied draws, or to any of them by draw positions only",
    instances=small_alphabets_with_ties(),
    search={"p": Simplex(3), "rewards": Choice(tuple(np.array(r) for r in product(range(3), repeat=3))), "n": Integers(1, 4)},
    allowance=rounding,
    argument="y wins as the first tied draw, at position k + 1, if k draws lie below its class, the next is y, and the other "
    "n - 1 - k are in its class or below: that has probability B^k p_y F^(n-1-k). The sum S_n of B^k F^(n-1-k) over k obeys "
    "S_1 = 1 and S_(n+1) = F S_n + B^n, as does (F^n - B^n) / (F - B) by the steps, and F - B is the mass of the class. Any "
    "other rule that looks at positions only gives the same: given the positions of the class, its draws have the law p_y / P_c.",
)
def pmf(p: Array, rewards: Array, n: int) -> Sides:
    r"""The best of $n$ draws is $y$ with probability $\frac{p_y}{P_c} (\mathcal F_c^n - (\mathcal F_c^-)^n)$, where $c$ is the
    class of outcomes with the reward of $y$, $P_c$ its mass, $\mathcal F_c$ and $\mathcal F_c^-$ the masses of rewards up to and
    below it. The left side lists all sequences of draws.
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
    "best_of_n.kl_cap",
    "<=",
    paper=BEIRAMI,
    theorem="Theorem 3.1",
    assumptions="any number of outcomes; here n is an integer, the steps hold for every real n > 0",
    instances=alphabets(),
    search={"p": Simplex(4), "n": Integers(2, 20)},
    allowance=rounding,
    uses=("best_of_n.gap_identity",),
    argument="The gap is the sum of F_i^n gamma_n(p_i / F_i); gamma_n starts at 0 and its derivative is n x^(n-1) times "
    "rho - 1 - log rho with rho > 0, so no term is negative.",
)
def kl_cap(p: Array, n: int) -> Sides:
    r"""$\mathrm{KL}(\pi^{(n)} \| \pi) \le \log n - \frac{n - 1}{n}$."""
    p = positive(p)
    return kl(law(p, n), p), cap(n)


@kl_cap.false_sibling("it is an equality")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return cap(n), kl(law(p, n), p)


@kl_cap.false_sibling("the 1/n is dropped")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return kl(law(p, n), p), log(n) - 1


@kl_cap.false_sibling("n - 1 draws")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return kl(law(p, n), p), cap(n - 1) if n > 1 else 0 * p[0]


@kl_cap.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@kl_cap.known("a hundred even outcomes, three draws")
def _() -> dict[str, Any]:
    return {"p": [Fraction(1, 100)] * 100, "n": 3}


@kl_cap.known("one draw, where it is an equality")
def _() -> dict[str, Any]:
    return {"p": [Fraction(1, 3), Fraction(2, 3)], "n": 1}


@kl_cap.step("a cell without mass takes nothing away", method="limit")
def _() -> tuple[Any, Any]:
    n, x = sp.symbols("n x", positive=True)
    return sp.Limit(_gap(n, x), x, 1, "-"), sp.Integer(0)


@kl_cap.step("the derivative of gamma_n in epsilon = 1 - x", method="logarithms")
def _() -> tuple[Any, ...]:
    n, x = sp.symbols("n x", positive=True)
    rho = (1 - x**n) / (n * (1 - x) * x ** (n - 1))
    return -sp.diff(_gap(n, x), x), n * x ** (n - 1) * (rho - 1 - sp.log(rho)), [1 - x, 1 - x**n]


@kl_cap.step("which is not negative", method="none", relation=">=")
def _() -> tuple[Any, Any]:
    n, x, rho = sp.symbols("n x rho", positive=True)
    return n * x ** (n - 1) * (rho - 1 - sp.log(rho)), sp.Integer(0)


def _gap(n: Any, x: Any) -> Any:
    """``gamma_n(1 - x)`` for computer algebra."""
    mass = 1 - x**n
    return mass * (-(n - 1) / n - sp.log(mass / (n * (1 - x)))) - x**n * (n - 1) * sp.log(x)


@claim(
    "best_of_n.gap_identity",
    "==",
    paper="derived here; the paper bounds the gap (Theorem 3.4)",
    assumptions="any number of outcomes; here n is an integer, the steps hold for every real n > 0",
    instances=alphabets(most_draws=100),
    search={"p": Simplex(4), "n": Integers(2, 20)},
    allowance=rounding,
    argument="With g the cell functional G(b) - G(a) - (b^n - a^n) log((b^n - a^n) / (b - a)), the sum of g over the cells is "
    "the gap, because G telescopes to G(1) - G(0+) = log n - (n-1)/n. Homogeneity turns each cell into F^n times g at "
    "(1 - p/F, 1), which is gamma_n(p/F); the first cell, where 1 - p/F = 0, by continuity.",
)
def gap_identity(p: Array, n: int) -> Sides:
    r"""$\log n - \frac{n-1}{n} - \mathrm{KL}(\pi^{(n)} \| \pi) = \sum_i F_i^n\, \gamma_n(p_i / F_i)$ with
    $\gamma_n(\varepsilon) = (1 - A) [ -\frac{n-1}{n} - \log \frac{1 - A}{n \varepsilon} ] - A (n - 1) \log(1 - \varepsilon)$ and
    $A = (1 - \varepsilon)^n$.
    """
    p = positive(p)
    return cap(n) - kl(law(p, n), p), gap_sum(p, n)


@gap_identity.false_sibling("F^(n-1) in place of F^n")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    inclusive = np.cumsum(p)
    cells = [gap_of_cell(n, 1 if i == 0 else p[i] / inclusive[i]) for i in range(len(p))]
    return cap(n) - kl(law(p, n), p), (power(inclusive, n - 1) * np.array(cells, dtype=p.dtype)).sum()


@gap_identity.false_sibling("masses in place of conditional masses")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    cells = [gap_of_cell(n, x if len(p) > 1 else 1) for x in p]
    return cap(n) - kl(law(p, n), p), (power(np.cumsum(p), n) * np.array(cells, dtype=p.dtype)).sum()


@gap_identity.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@gap_identity.known("one outcome, where it is the whole cap")
def _() -> dict[str, Any]:
    return {"p": [1], "n": 2}


def _antiderivative(n: Any, u: Any) -> Any:
    """``G(u)``, whose derivative is ``n u^(n-1) log(n u^(n-1))``."""
    return u**n * (sp.log(n) + (n - 1) * sp.log(u) - (n - 1) / n)


def _cell(n: Any, x: Any, top: Any) -> Any:
    """``g(x top, top)``."""
    mass = top**n * (1 - x**n)
    return _antiderivative(n, top) - _antiderivative(n, x * top) - mass * sp.log(mass / (top * (1 - x)))


@gap_identity.step("G is an antiderivative", method="logarithms")
def _() -> tuple[Any, Any]:
    n, u = sp.symbols("n u", positive=True)
    return sp.diff(_antiderivative(n, u), u), n * u ** (n - 1) * sp.log(n * u ** (n - 1))


@gap_identity.step("G(1) is the cap", method="expand")
def _() -> tuple[Any, Any]:
    n = sp.Symbol("n", positive=True)
    return _antiderivative(n, sp.Integer(1)), sp.log(n) - (n - 1) / n


@gap_identity.step("G vanishes at 0", method="limit")
def _() -> tuple[Any, Any]:
    n, u = sp.symbols("n u", positive=True)
    return sp.Limit(_antiderivative(n, u), u, 0, "+"), sp.Integer(0)


@gap_identity.step("homogeneity: g(t a, t b) = t^n g(a, b)", method="logarithms")
def _() -> tuple[Any, ...]:
    n, x, top, t = sp.symbols("n x b t", positive=True)
    return _cell(n, x, t * top), t**n * _cell(n, x, top), [1 - x, 1 - x**n]


@gap_identity.step("gamma_n(1) is the cap: the cell from 0", method="limit")
def _() -> tuple[Any, Any]:
    n, x = sp.symbols("n x", positive=True)
    return sp.Limit(_gap(n, x), x, 0, "+"), sp.log(n) - (n - 1) / n


@gap_identity.step("g(1 - epsilon, 1) is gamma_n(epsilon)", method="logarithms")
def _() -> tuple[Any, ...]:
    n, x = sp.symbols("n x", positive=True)
    return _cell(n, x, sp.Integer(1)), _gap(n, x), [1 - x, 1 - x**n]


@claim(
    "best_of_n.winrate_cap",
    "<=",
    paper=BEIRAMI,
    theorem="Theorem 5.3",
    assumptions="ties count one half; n >= 1",
    instances=alphabets(),
    search={"p": Simplex(4), "n": Integers(2, 20)},
    allowance=rounding,
    argument="n/(n+1) is the integral of n u^(n-1) u over (0, 1); over a cell with middle m it exceeds the cell's share of the "
    "win rate by the integral of n u^(n-1) (u - m), in which the points m + s and m - s together contribute the second step.",
)
def winrate_cap(p: Array, n: int) -> Sides:
    r"""$P(r(Y) > r(Y')) + \frac12 P(r(Y) = r(Y')) \le \frac{n}{n + 1}$ for $Y \sim \pi^{(n)}$ and $Y' \sim \pi$."""
    return win_rate(positive(p), n), 0 * p[0] + n / (n + 1)


@winrate_cap.false_sibling("ties count as wins")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return (law(p, n) * np.cumsum(p)).sum(), 0 * p[0] + n / (n + 1)


@winrate_cap.false_sibling("n - 1 draws")
def _(p: Array, n: int) -> Sides:
    return win_rate(positive(p), n), 0 * p[0] + (n - 1) / n


@winrate_cap.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@winrate_cap.known("one draw, where it is an equality")
def _() -> dict[str, Any]:
    return {"p": [Fraction(1, 3), Fraction(2, 3)], "n": 1}


@winrate_cap.step("the excess over a cell is the integral of n u^(n-1) (u - m)", method="expand")
def _() -> tuple[Any, Any]:
    n, u, m = sp.symbols("n u m", positive=True)
    return sp.diff(n / (n + 1) * u ** (n + 1) - m * u**n, u), n * u ** (n - 1) * (u - m)


@winrate_cap.step("mirrored points: n s ((m + s)^k - (m - s)^k) >= 0 with k = n - 1, y = m - s", method="none", relation=">=")
def _() -> tuple[Any, Any]:
    k, y, s = sp.symbols("k y s", nonnegative=True)
    return (k + 1) * s * (y + 2 * s) ** k, (k + 1) * s * y**k
