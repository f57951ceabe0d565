r"""The gap between the cap and the divergence: an exact sum over cells, what it is at most and at least.

``gamma_n(epsilon)`` is what a top cell of mass epsilon takes from the cap. With x = 1 - epsilon and k = n - 1 let M be the mean
of u^k over (x, 1) and m = x^k its minimum; the derivative of gamma_n is n (M - m - m log(M / m)).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import kl, log, power
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Interval
from proofs_check.topics.best_of_n.formulas import cap, gap_of_cell, gap_sum, law, positive, shares
from proofs_check.topics.best_of_n.instances import ALPHABET, BEIRAMI, DERIVED, alphabets, four_draws_of_four, rounding
from proofs_check.topics.best_of_n.symbols import antiderivative, cell, gap

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]


def of_cells(a: Any, b: Any, n: int) -> float:
    """Powers of order n, and logarithms up to log n; masses are at least 1e-6."""
    return 1e-15 * (n + 4) * (1 + float(np.log(n)))


def second_order(c: int) -> float:
    """The approach is of second order in 1/L, and L = 1000 at the end."""
    return 1e-5 * c * c


@claim(
    "best_of_n.gap_identity",
    "==",
    paper="derived here; the paper bounds the gap (Theorem 3.4)",
    assumptions="any number of outcomes; here n is an integer, the steps hold for every real n > 0",
    instances=alphabets(most_draws=100),
    search=ALPHABET,
    allowance=rounding,
    argument="With g the cell functional G(b) - G(a) - (b^n - a^n) log((b^n - a^n) / (b - a)), the sum of g over the cells is "
    "the gap, because G telescopes to G(1) - G(0+) = log n - (n-1)/n. Homogeneity turns each cell into F^n times g at (1 - "
    "p/F, 1), which is gamma_n(p/F); the first cell, where 1 - p/F = 0, by continuity.",
)
def gap_identity(p: Array, n: int) -> Sides:
    r"""$\log n - \frac{n-1}{n} - \mathrm{KL}(\pi^{(n)} \| \pi) = \sum_i F_i^n\, \gamma_n(p_i / F_i)$ with
    $\gamma_n(\varepsilon) = (1 - A) [ -\frac{n-1}{n} - \log \frac{1 - A}{n \varepsilon} ] - A (n - 1) \log(1 - \varepsilon)$
    and $A = (1 - \varepsilon)^n$.
    """
    p = positive(p)
    return cap(n) - kl(law(p, n), p), gap_sum(p, n)


@gap_identity.false_sibling("F^(n-1) in place of F^n")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    cells = [gap_of_cell(n, share) for share in shares(p)]
    return cap(n) - kl(law(p, n), p), (power(np.cumsum(p), n - 1) * np.array(cells, dtype=p.dtype)).sum()


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


@gap_identity.step("G is an antiderivative", method="logarithms")
def _() -> tuple[Any, Any]:
    n, u = sp.symbols("n u", positive=True)
    return sp.diff(antiderivative(n, u), u), n * u ** (n - 1) * sp.log(n * u ** (n - 1))


@gap_identity.step("G(1) is the cap", method="expand")
def _() -> tuple[Any, Any]:
    n = sp.Symbol("n", positive=True)
    return antiderivative(n, sp.Integer(1)), sp.log(n) - (n - 1) / n


@gap_identity.step("G vanishes at 0", method="limit")
def _() -> tuple[Any, Any]:
    n, u = sp.symbols("n u", positive=True)
    return sp.Limit(antiderivative(n, u), u, 0, "+"), sp.Integer(0)


@gap_identity.step("homogeneity: g(t a, t b) = t^n g(a, b)", method="logarithms")
def _() -> tuple[Any, ...]:
    n, x, top, t = sp.symbols("n x b t", positive=True)
    return cell(n, x, t * top), t**n * cell(n, x, top), [1 - x, 1 - x**n]


@gap_identity.step("gamma_n(1) is the cap: the cell from 0", method="limit")
def _() -> tuple[Any, Any]:
    n, x = sp.symbols("n x", positive=True)
    return sp.Limit(gap(n, x), x, 0, "+"), sp.log(n) - (n - 1) / n


@gap_identity.step("g(1 - epsilon, 1) is gamma_n(epsilon)", method="logarithms")
def _() -> tuple[Any, ...]:
    n, x = sp.symbols("n x", positive=True)
    return cell(n, x, sp.Integer(1)), gap(n, x), [1 - x, 1 - x**n]


@claim(
    "best_of_n.gap_grows",
    "<=",
    paper=DERIVED,
    assumptions="0 < a <= b <= 1; here n is an integer, the steps hold for every real n > 0",
    instances=st.builds(
        lambda a, b, n: {"a": min(a, b), "b": max(a, b), "n": n}, st.floats(1e-6, 1), st.floats(1e-6, 1), st.integers(1, 1000)
    ),
    search={"a": Interval(Fraction(1, 100), Fraction(1, 2)), "b": Interval(Fraction(1, 2), 1), "n": Integers(2, 20)},
    allowance=of_cells,
    argument="By the first step gamma_n starts at 0; by the second its derivative is n x^(n-1) (rho - 1 - log rho), by the "
    "third that is not negative.",
)
def gap_grows(a: Any, b: Any, n: int) -> Sides:
    r"""$0 \le \gamma_n(a) \le \gamma_n(b)$ for $a \le b$."""
    return np.array([0 * a, gap_of_cell(n, a)]), np.array([gap_of_cell(n, a), gap_of_cell(n, b)])


@gap_grows.false_sibling("gamma_n(epsilon) / epsilon^3 grows as well")
def _(a: Any, b: Any, n: int) -> Sides:
    return gap_of_cell(n, a) * b * b * b, gap_of_cell(n, b) * a * a * a


@gap_grows.known("a tenth and a half, ten draws")
def _() -> dict[str, Any]:
    return {"a": Fraction(1, 10), "b": Fraction(1, 2), "n": 10}


@gap_grows.step("a cell without mass takes nothing away", method="limit")
def _() -> tuple[Any, Any]:
    n, x = sp.symbols("n x", positive=True)
    return sp.Limit(gap(n, x), x, 1, "-"), sp.Integer(0)


@gap_grows.step("the derivative of gamma_n in epsilon = 1 - x", method="logarithms")
def _() -> tuple[Any, ...]:
    n, x = sp.symbols("n x", positive=True)
    rho = (1 - x**n) / (n * (1 - x) * x ** (n - 1))
    return -sp.diff(gap(n, x), x), n * x ** (n - 1) * (rho - 1 - sp.log(rho)), [1 - x, 1 - x**n]


@gap_grows.step("which is not negative", method="none", relation=">=")
def _() -> tuple[Any, Any]:
    n, x, rho = sp.symbols("n x rho", positive=True)
    return n * x ** (n - 1) * (rho - 1 - sp.log(rho)), sp.Integer(0)


@claim(
    "best_of_n.kl_cap",
    "<=",
    paper=BEIRAMI,
    theorem="Theorem 3.1",
    assumptions="any number of outcomes; here n is an integer, the steps hold for every real n > 0",
    instances=alphabets(),
    search=ALPHABET,
    allowance=rounding,
    uses=("best_of_n.gap_identity", "best_of_n.gap_grows"),
    argument="The gap is the sum of F_i^n gamma_n(p_i / F_i), and by the second claim no term is negative.",
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


@kl_cap.step("the gap of the whole range is the cap, so one outcome attains 0", method="limit")
def _() -> tuple[Any, Any]:
    n, x = sp.symbols("n x", positive=True)
    return sp.Limit(gap(n, x), x, 0, "+"), sp.log(n) - (n - 1) / n


@claim(
    "best_of_n.gap_lower",
    ">=",
    paper=BEIRAMI,
    theorem="Theorem 3.6, not asymptotic here",
    assumptions="p_L is the mass of the best outcome",
    instances=alphabets(),
    search=ALPHABET,
    allowance=rounding,
    uses=("best_of_n.gap_identity", "best_of_n.gap_grows", "best_of_n.kl_estimator"),
    argument="The last term of the sum over cells is gamma_n(p_L), and no term is negative. gamma_n is the cap minus d_n, and "
    "d_n(epsilon) <= log(1 / epsilon).",
)
def gap_lower(p: Array, n: int) -> Sides:
    r"""$\tilde K_n - \mathrm{KL} \ge \gamma_n(p_L) \ge \log(n p_L) - \frac{n-1}{n}$: the formula is off by as much as the best
    outcome has mass.
    """
    p = positive(p)
    best = p[-1] if len(p) > 1 else 1 + 0 * p[-1]
    top = gap_of_cell(n, best)
    return np.array([cap(n) - kl(law(p, n), p), top]), np.array([top, log(n * best) - (n - 1) / n])


@gap_lower.false_sibling("without (n - 1) / n")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return cap(n) - kl(law(p, n), p), log(n * p[-1])


@gap_lower.step("log(n epsilon) - (n-1)/n is the cap minus log(1 / epsilon)", method="logarithms")
def _() -> tuple[Any, Any]:
    n, epsilon = sp.symbols("n epsilon", positive=True)
    return sp.log(n) - (n - 1) / n - sp.log(1 / epsilon), sp.log(n * epsilon) - (n - 1) / n


@gap_lower.known("two even outcomes, ten draws")
def _() -> dict[str, Any]:
    return {"p": [Fraction(1, 2)] * 2, "n": 10}


@claim(
    "best_of_n.gap_of_even_alphabets",
    "limit",
    paper=DERIVED,
    assumptions="L even outcomes and n = c L draws, L to infinity",
    instances=st.builds(dict, c=st.integers(1, 6)),
    search=None,
    allowance=second_order,
    arithmetics=("float",),
    argument="The j-th cell from the top has F^n = (1 - j/L)^n, which tends to e^(-c j) from below, and gamma_n(1/(L - j)), "
    "which tends to the gap of the first step. For j <= L/2 the latter are bounded (gamma_n grows, and 1/(L - j) <= 2c/n), so "
    "the sums converge as e^(-c j) do; the other cells contribute at most L e^(-c L/2) log n, which tends to 0. The weights "
    "sum to 1 / (1 - e^-c), which gives the limit by the second step.",
)
def gap_of_even_alphabets(c: int) -> Sides:
    r"""$\tilde K_n - \mathrm{KL} \to \log c - 1 - \log(1 - e^{-c}) + \frac{c}{e^c - 1}$ for $n = c L$: the formula is fine as
    long as $n \ll L$, and saturates at $n \approx L$.
    """
    gaps = [gap_sum(np.full(size, 1 / size), c * size) for size in (10, 100, 1000)]
    return np.array(gaps), np.log(c) - 1 - np.log1p(-np.exp(-c)) + c / np.expm1(c)


@gap_of_even_alphabets.false_sibling("without the last term")
def _(c: int) -> Sides:
    gaps = [gap_sum(np.full(size, 1 / size), c * size) for size in (10, 100, 1000)]
    return np.array(gaps), np.log(c) - 1 - np.log1p(-np.exp(-c))


@gap_of_even_alphabets.step("gamma_n(c / n) for large n", method="limit")
def _() -> tuple[Any, Any]:
    c, w = sp.symbols("c w", positive=True)
    x = (1 - c * w) ** (1 / w)  # (1 - epsilon)^n with w = 1/n
    full = (1 - x) * (-(1 - w) - sp.log((1 - x) / c)) - x * (1 - w) / w * sp.log(1 - c * w)
    there = (1 - sp.exp(-c)) * (sp.log(c) - sp.log(1 - sp.exp(-c)) - 1) + c * sp.exp(-c)
    return sp.Limit(full, w, 0, "+"), there


@gap_of_even_alphabets.step("summed over cells of weights e^(-c j)", method="logarithms")
def _() -> tuple[Any, ...]:
    c, e = sp.symbols("c e", positive=True)  # e = exp(-c)
    one = (1 - e) * (sp.log(c / (1 - e)) - 1) + c * e
    return one / (1 - e), sp.log(c) - 1 - sp.log(1 - e) + c / (1 / e - 1), [1 - e, 1 / e - 1]
