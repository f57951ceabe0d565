r"""Win rates against the reference: the cap, the exact distance from it, and what that is at most."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import power, rational
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Simplex
from proofs_check.strategies import distributions
from proofs_check.topics.best_of_n.formulas import law, positive, shares, win_rate, win_rate_gap_of_cell
from proofs_check.topics.best_of_n.instances import (
    ALPHABET,
    BEIRAMI,
    DERIVED,
    alphabets,
    four_draws_of_four,
    of_two_draws,
    rounding,
)

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]


def shortfall(p: Array, n: int) -> Any:
    """``n / (n + 1)`` minus the win rate."""
    return n / (n + 1) - win_rate(p, n)


def of_more_draws(p: Array, m: int, more: int) -> float:
    """As for ``m + more`` draws."""
    return rounding(p, m + more)


@claim(
    "best_of_n.winrate_cap",
    "<=",
    paper=BEIRAMI,
    theorem="Theorem 5.3",
    assumptions="ties count one half; n >= 1",
    instances=alphabets(),
    search=ALPHABET,
    allowance=rounding,
    argument="n/(n+1) is the integral of n u^(n-1) u over (0, 1); over a cell with middle m it exceeds the cell's share of "
    "the win rate by the integral of n u^(n-1) (u - m), in which the points m + s and m - s together contribute the second "
    "step.",
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


@claim(
    "best_of_n.winrate_gap",
    "==",
    paper=DERIVED,
    theorem="the paper bounds the distance (Theorem 5.4)",
    assumptions="any number of outcomes; the steps hold for every real n > 0",
    instances=alphabets(most_draws=100),
    search=ALPHABET,
    allowance=rounding,
    argument="Over a cell from a to b, n/(n+1) has the integral of n u^n and the win rate (b^n - a^n)(a + b)/2; their "
    "difference is homogeneous of degree n + 1 (step), so it is F^(n+1) times that of the top cell of mass p/F.",
)
def winrate_gap(p: Array, n: int) -> Sides:
    r"""$\frac{n}{n+1} - W = \sum_i F_i^{n+1} \omega_n(p_i / F_i)$ with $\omega_n(\varepsilon) = \frac{n}{n+1} (1 - (1 -
    \varepsilon)^{n+1}) - (1 - (1 - \varepsilon)^n) (1 - \frac{\varepsilon}{2})$.
    """
    p = positive(p)
    cells = np.array([win_rate_gap_of_cell(n, x) for x in shares(p)])
    return shortfall(p, n), (power(np.cumsum(p), n + 1) * cells).sum()


@winrate_gap.false_sibling("F^n in place of F^(n+1)")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    cells = np.array([win_rate_gap_of_cell(n, x) for x in shares(p)])
    return shortfall(p, n), (power(np.cumsum(p), n) * cells).sum()


@winrate_gap.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@winrate_gap.step("homogeneity of a cell from x t to t", method="logarithms")
def _() -> tuple[Any, ...]:
    n, x, t = sp.symbols("n x t", positive=True)

    def cell(top: Any) -> Any:
        low = x * top
        return n / (n + 1) * (top ** (n + 1) - low ** (n + 1)) - (top**n - low**n) * (top + low) / 2

    return cell(t), t ** (n + 1) * cell(sp.Integer(1))


@winrate_gap.step("the top cell is omega_n(1 - x)", method="expand")
def _() -> tuple[Any, Any]:
    n, x = sp.symbols("n x", positive=True)
    e = 1 - x
    omega = n / (n + 1) * (1 - x ** (n + 1)) - (1 - x**n) * (1 - e / 2)
    return n / (n + 1) * (1 - x ** (n + 1)) - (1 - x**n) * (1 + x) / 2, omega


@claim(
    "best_of_n.winrate_cubic",
    "<=",
    paper=DERIVED,
    assumptions="n >= 2",
    instances=alphabets(least_draws=2),
    search=ALPHABET,
    allowance=rounding,
    uses=("best_of_n.winrate_gap",),
    argument="omega_n(epsilon) is half the integral of (u - x)(1 - u) against the derivative n (n-1) u^(n-2) (first step: by "
    "parts, the boundary terms vanish), and u <= 1 leaves epsilon^3 / 6 (second step). Then F^(n-2) <= 1.",
)
def winrate_cubic(p: Array, n: int) -> Sides:
    r"""$\frac{n}{n+1} - W \le \frac{n (n-1)}{12} \sum_i p_i^3$."""
    p = positive(p)
    return shortfall(p, n), n * (n - 1) * power(p, 3).sum() / 12


@winrate_cubic.false_sibling("1/13 in place of 1/12")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return shortfall(p, n), n * (n - 1) * power(p, 3).sum() / 13


@winrate_cubic.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@winrate_cubic.step("integration by parts over (x, 1)", method="expand")
def _() -> tuple[Any, Any]:
    n, x, X = sp.symbols("n x X", positive=True)  # X = x^(n-1)
    # n (n-1) u^(n-2) (u - x)(1 - u) / 2, integrated
    half = n * (n - 1) / 2
    integral = half * ((1 + x) * (1 - x * X) / n - (1 - x**2 * X) / (n + 1) - x * (1 - X) / (n - 1))
    omega = n / (n + 1) * (1 - x**2 * X) - (1 - x * X) * (1 + x) / 2
    return sp.cancel(integral - omega), sp.Integer(0)


@winrate_cubic.step("the integral of (u - x)(1 - u)", method="integrate")
def _() -> tuple[Any, Any]:
    u, x = sp.symbols("u x", positive=True)
    return sp.Integral((u - x) * (1 - u), (u, x, 1)), (1 - x) ** 3 / 6


@claim(
    "best_of_n.winrate_quadratic",
    "<=",
    paper=DERIVED,
    theorem="sharpens Theorem 5.4 of Beirami et al. (2024) by a factor of three",
    assumptions="integers n >= 2",
    instances=alphabets(least_draws=2),
    search=ALPHABET,
    allowance=rounding,
    uses=("best_of_n.winrate_gap", "best_of_n.winrate_cubic"),
    argument="With u = 1 - epsilon t the integral by parts makes omega_n(epsilon) = (n-1) epsilon^2 / 2 times h = n epsilon "
    "times the integral of t (1 - t)(1 - epsilon t)^(n-2) over (0, 1); h <= 1/3 is enough. For n = 2, ..., 7 it is a "
    "polynomial (steps). For n >= 8: 1 - z <= e^-z <= (1 + z m/2)^(-2/m) with m = n - 2, so (1 - epsilon t)^m <= (1 + epsilon "
    "t m/2)^-2, and t / (1 + c t/2)^2 <= 1 / (2 c), since (1 + c t/2)^2 >= 2 c t (step): h <= n / (4 (n - 2)) <= 1/3 (step).",
)
def winrate_quadratic(p: Array, n: int) -> Sides:
    r"""$\frac{n}{n+1} - W \le \frac{n-1}{6} \sum_i p_i^2$, with equality for one outcome and n = 2."""
    p = positive(p)
    return shortfall(p, n), (n - 1) * power(p, 2).sum() / 6


@winrate_quadratic.false_sibling("1/7 in place of 1/6")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return shortfall(p, n), (n - 1) * power(p, 2).sum() / 7


@winrate_quadratic.known("one outcome, where it is an equality")
def _() -> dict[str, Any]:
    return {"p": [1], "n": 2}


@winrate_quadratic.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


def _third_minus_h(n: int) -> tuple[Any, Any]:
    w, e, t = sp.symbols("w e t", positive=True)
    h = sp.integrate(sp.expand(n * e * t * (1 - t) * (1 - e * t) ** (n - 2)), (t, 0, 1))
    return (sp.Rational(1, 3) - h).subs(e, 1 / (1 + w)), sp.Integer(0)


for _n in range(2, 8):
    winrate_quadratic.step(f"h <= 1/3 for n = {_n}, with epsilon = 1 / (1 + w)", method="cancel", relation=">=")(
        lambda n=_n: _third_minus_h(n)
    )


@winrate_quadratic.step("(1 + c t/2)^2 >= 2 c t", method="none", relation=">=")
def _() -> tuple[Any, Any]:
    c, t = sp.symbols("c t", real=True)
    return sp.factor((1 + c * t / 2) ** 2 - 2 * c * t), sp.Integer(0)


@winrate_quadratic.step("n / (4 (n - 2)) <= 1/3 with n = 8 + i", method="cancel", relation=">=")
def _() -> tuple[Any, Any]:
    i = sp.Symbol("i", nonnegative=True)
    return sp.Rational(1, 3), (8 + i) / (4 * (6 + i))


@claim(
    "best_of_n.winrate_upper",
    "<=",
    paper=BEIRAMI,
    theorem="Theorem 5.4",
    assumptions="masses of classes of equal reward",
    instances=alphabets(),
    search=ALPHABET,
    allowance=rounding,
    uses=("best_of_n.winrate_quadratic",),
    argument="The sharper bound has 1/6 in place of 1/2; for n = 1 both sides are 0.",
)
def winrate_upper(p: Array, n: int) -> Sides:
    r"""$\frac{n}{n+1} - W \le \frac{n-1}{2} e^{-H_2}$ with $e^{-H_2} = \sum_i p_i^2$."""
    p = positive(p)
    return shortfall(p, n), (n - 1) * power(p, 2).sum() / 2


@winrate_upper.false_sibling("masses of outcomes, of which each class has a hundred")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return shortfall(p, n), (n - 1) * power(p, 2).sum() / 200


@winrate_upper.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@winrate_upper.step("1/2 is more than 1/6", method="none", relation=">=")
def _() -> tuple[Any, Any]:
    return sp.Rational(1, 2), sp.Rational(1, 6)


@claim(
    "best_of_n.winrate_two",
    "==",
    paper=DERIVED,
    assumptions="two draws",
    instances=st.builds(dict, p=st.integers(1, 12).flatmap(distributions)),
    search={"p": Simplex(4)},
    allowance=of_two_draws,
    uses=("best_of_n.winrate_gap",),
    argument="omega_2(epsilon) = epsilon^3 / 6 (step), and F^3 (p/F)^3 = p^3: the order of the rewards does not matter.",
)
def winrate_two(p: Array) -> Sides:
    r"""The best of two wins with probability $\frac23 - \frac16 \sum_i p_i^3$."""
    p = positive(p)
    return win_rate(p, 2), rational(2, 3) - power(p, 3).sum() / 6


@winrate_two.false_sibling("squares in place of cubes")
def _(p: Array) -> Sides:
    p = positive(p)
    return win_rate(p, 2), rational(2, 3) - power(p, 2).sum() / 6


@winrate_two.known("four outcomes")
def _() -> dict[str, Any]:
    return {"p": [Fraction(k, 10) for k in (4, 3, 2, 1)]}


@winrate_two.step("omega_2", method="expand")
def _() -> tuple[Any, Any]:
    e = sp.Symbol("epsilon", positive=True)
    return sp.Rational(2, 3) * (1 - (1 - e) ** 3) - (1 - (1 - e) ** 2) * (1 - e / 2), e**3 / 6


@claim(
    "best_of_n.winrate_against",
    "<=",
    paper=DERIVED,
    assumptions="n >= m; here integers",
    instances=st.integers(1, 8).flatmap(
        lambda size: st.builds(dict, p=distributions(size), m=st.integers(1, 6), more=st.integers(0, 20))
    ),
    search={"p": Simplex(4), "m": Integers(1, 5), "more": Integers(0, 10)},
    allowance=of_more_draws,
    uses=("best_of_n.winrate_cap",),
    argument="Best-of-n is best-of-(n/m) of best-of-m, as cumulative masses show (first step), and the cap, whose proof holds "
    "for real exponents, gives (n/m) / (n/m + 1) (second step).",
)
def winrate_against(p: Array, m: int, more: int) -> Sides:
    r"""The best of $n$ beats the best of $m \le n$ with probability at most $\frac{n}{n + m}$, ties counting one half."""
    p = positive(p)
    n = m + more
    q, other = law(p, n), law(p, m)
    return (q * (np.cumsum(other) - other / 2)).sum(), 0 * p[0] + n / (n + m)


@winrate_against.false_sibling("(n - 1) / (n + m - 1)")
def _(p: Array, m: int, more: int) -> Sides:
    p = positive(p)
    n = m + more
    q, other = law(p, n), law(p, m)
    return (q * (np.cumsum(other) - other / 2)).sum(), 0 * p[0] + (n - 1) / (n + m - 1)


@winrate_against.known("four against two, four outcomes")
def _() -> dict[str, Any]:
    return {"p": [Fraction(k, 10) for k in (4, 3, 2, 1)], "m": 2, "more": 2}


@winrate_against.step("(F^m)^(n/m) = F^n", method="logarithms")
def _() -> tuple[Any, Any]:
    F, n, m = sp.symbols("F n m", positive=True)
    return (F**m) ** (n / m), F**n


@winrate_against.step("the cap at n/m", method="cancel")
def _() -> tuple[Any, Any]:
    n, m = sp.symbols("n m", positive=True)
    return (n / m) / (n / m + 1), n / (n + m)
