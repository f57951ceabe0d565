r"""Upper bounds on the gap in terms of the masses: the paper's, and sharper ones, proved for every alphabet and every integer n.

All go through the cells: ``gap = sum_i F_i^n gamma_n(p_i / F_i)``. Notation of :mod:`proofs_check.topics.best_of_n.gap`: with
x = 1 - epsilon and k = n - 1, M is the mean of u^k over (x, 1), m = x^k its minimum, and gamma_n' = n (M - m - m log(M / m)).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import kl, log, power, rational
from proofs_check.boxes import BoxProof, all_of, rising
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Simplex
from proofs_check.strategies import distributions
from proofs_check.topics.best_of_n.formulas import cap, gap_of_cell, law, positive, shares
from proofs_check.topics.best_of_n.instances import (
    ALPHABET,
    BEIRAMI,
    DERIVED,
    alphabets,
    four_draws_of_four,
    of_two_draws,
    rounding,
)
from proofs_check.topics.best_of_n.symbols import ratio_of_means

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]
THREE_OR_MORE: dict[str, Any] = {"p": Simplex(4), "n": Integers(3, 20)}


def gap_of(p: Array, n: Any) -> Any:
    """The cap minus the divergence."""
    return cap(n) - kl(law(p, n), p)


def half_gap(one: Any) -> Any:
    """``(log 2 - 1/2) / 2 = 0.0965...``; the argument, 1 or a power of masses, carries the arithmetic."""
    return one * (log(rational(2)) - rational(1, 2)) / 2


def one_outcome() -> dict[str, Any]:
    """A single outcome and two draws."""
    return {"p": [1], "n": 2}


@claim(
    "best_of_n.gap_cubic",
    "<=",
    paper=DERIVED,
    assumptions="integers n >= 3",
    instances=alphabets(least_draws=3),
    search=THREE_OR_MORE,
    allowance=rounding,
    uses=("best_of_n.gap_identity", "best_of_n.gap_grows"),
    argument="Enough is gamma_n' <= n k^2 epsilon^2 / 8, integrated and inserted into the sum over cells; then F <= 1. For n "
    ">= 4: log(1 + z) >= 2 z / (2 + z), whose difference has a derivative of the sign of z (step 1), gives gamma_n' <= n (M - "
    "m)^2 / (M + m) (step 2). M - m is k epsilon / 2 times the mean D of t^(k-1) under the density 2 (1 - t) / epsilon^2 on "
    "(x, 1) (step 3), and D^2 is at most the mean of t^(2k-2), so it remains to see that this is at most (M + m) / 2. Expand "
    "both in x and epsilon, the right side multiplied by (x + epsilon)^(k-2) = 1. The coefficients of x^(2k-2-j) epsilon^j "
    "are 2 C(2k-1, j+1) / ((j+2)(2k-1)) and [C(2k-1, j+1) / (k+1) - C(k-2, j+1) / (k+1) + C(k-2, j)] / 2 (Vandermonde): they "
    "are 1 and 1 for j = 0; in order for j = 1 and k >= 3 (step 4); and for j >= 2 because 4 (k+1) <= (j+2)(2k-1) (step 5) "
    "and C(k-2, j+1) <= (k+1) C(k-2, j), since (k-2-j) / (j+1) <= k + 1 (step 6). For n = 3: the Pade approximant 3 z (2 + z) "
    "/ (z^2 + 6 z + 6) <= log(1 + z) (step 7) leaves a rational function that is not negative (step 8).",
)
def gap_cubic(p: Array, n: int) -> Sides:
    r"""$\tilde K_n - \mathrm{KL} \le \frac{n (n-1)^2}{24} \sum_i F_i^{n-3} p_i^3 \le \frac{n (n-1)^2}{24} \sum_i p_i^3$: the
    gap is of third order in the masses.
    """
    p = positive(p)
    factor = n * (n - 1) ** 2 / (24 + 0 * p[0])
    weighted, plain = factor * (power(np.cumsum(p), n - 3) * power(p, 3)).sum(), factor * power(p, 3).sum()
    return np.array([gap_of(p, n), weighted]), np.array([weighted, plain])


@gap_cubic.false_sibling("1/25 in place of 1/24")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return gap_of(p, n), n * (n - 1) ** 2 * (power(np.cumsum(p), n - 3) * power(p, 3)).sum() / 25


@gap_cubic.false_sibling("for n = 2 as well")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return gap_of(p, rational(2)), power(p, 3).sum() / 12


@gap_cubic.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@gap_cubic.step("1: the difference of log(1 + z) and 2 z / (2 + z) rises", method="cancel", relation=">=")
def _() -> tuple[Any, Any]:
    z = sp.Symbol("z", positive=True)
    return sp.diff(sp.log(1 + z) - 2 * z / (2 + z), z), sp.Integer(0)


@gap_cubic.step("2: the derivative after that bound", method="cancel")
def _() -> tuple[Any, Any]:
    M, m = sp.symbols("M m", positive=True)
    z = (M - m) / m
    return M - m - m * 2 * z / (2 + z), (M - m) ** 2 / (M + m)


@gap_cubic.step("3: M - m as an integral of (1 - t) t^(k-1)", method="expand")
def _() -> tuple[Any, Any]:
    k, x, X = sp.symbols("k x X", positive=True)  # X = x^k
    M = (1 - x * X) / ((k + 1) * (1 - x))
    integral = (1 - X) / k - (1 - x * X) / (k + 1)
    return sp.together(sp.cancel(M - X - k / (1 - x) * integral)), sp.Integer(0)


@gap_cubic.step("4: the coefficients for j = 1, with k = 3 + i", method="expand", relation=">=")
def _() -> tuple[Any, Any]:
    i = sp.Symbol("i", nonnegative=True)
    k = 3 + i
    return ((k - 2) * 2 + k / 2) / 2, (2 * k - 2) / 3


@gap_cubic.step("5: (j + 2)(2 k - 1) >= 4 (k + 1) with j = 2 + a, k = 3 + b", method="expand", relation=">=")
def _() -> tuple[Any, Any]:
    a, b = sp.symbols("a b", nonnegative=True)
    return (4 + a) * (5 + 2 * b), 4 * (4 + b)


@gap_cubic.step("6: (k + 1)(j + 1) >= k - 2 - j", method="expand", relation=">=")
def _() -> tuple[Any, Any]:
    j, k = sp.symbols("j k", nonnegative=True)
    return (k + 1) * (j + 1), k - 2 - j


@gap_cubic.step("7: the difference of log(1 + z) and its Pade approximant rises", method="cancel", relation=">=")
def _() -> tuple[Any, Any]:
    z = sp.Symbol("z", positive=True)
    return sp.diff(sp.log(1 + z) - 3 * z * (2 + z) / (z**2 + 6 * z + 6), z), sp.Integer(0)


@gap_cubic.step("8: epsilon^2 / 2 against M - m - m log(M / m) for n = 3, with x = w / (1 + w)", method="cancel", relation=">=")
def _() -> tuple[Any, Any]:
    w = sp.Symbol("w", positive=True)
    x = w / (1 + w)
    M, m = (1 + x + x**2) / 3, x**2
    z = (M - m) / m
    return (1 - x) ** 2 / 2, M - m - m * 3 * z * (2 + z) / (z**2 + 6 * z + 6)


@claim(
    "best_of_n.gap_cubic_two",
    "<=",
    paper=DERIVED,
    assumptions="n = 2",
    instances=st.builds(dict, p=st.integers(1, 12).flatmap(distributions)),
    search={"p": Simplex(4)},
    allowance=of_two_draws,
    uses=("best_of_n.gap_identity",),
    argument="gamma_2 is the first form, with log((1 + x)/2) = log(1 - epsilon/2), whose Taylor coefficient of epsilon^j is "
    "the second for j >= 3 and 0 before; it is not negative, because 2^(j-1) >= j. So gamma_2(epsilon) / epsilon^3 rises to "
    "its value at 1, log 2 - 1/2.",
)
def gap_cubic_two(p: Array) -> Sides:
    r"""For two draws $\tilde K_2 - \mathrm{KL} \le (\log 2 - \frac12) \sum_i p_i^3 / F_i$, with equality for one outcome."""
    p = positive(p)
    return gap_of(p, rational(2)), 2 * half_gap((power(p, 3) / np.cumsum(p)).sum())


@gap_cubic_two.false_sibling("three draws")
def _(p: Array) -> Sides:
    p = positive(p)
    return gap_of(p, rational(3)), 2 * half_gap((power(p, 3) / np.cumsum(p)).sum())


@gap_cubic_two.known("one outcome, where the sides meet")
def _() -> dict[str, Any]:
    return {"p": [1]}


@gap_cubic_two.known("four outcomes")
def _() -> dict[str, Any]:
    return {"p": [Fraction(k, 10) for k in (4, 3, 2, 1)]}


@gap_cubic_two.step("gamma_2 in epsilon, with B = epsilon (1 + x)", method="logarithms")
def _() -> tuple[Any, ...]:
    x = sp.Symbol("x", positive=True)
    e = 1 - x
    mass, quotient = e * (1 + x), (1 + x) / 2
    left = -mass * (sp.Rational(1, 2) + sp.log(quotient)) - x**2 * sp.log(x)
    return left, (2 * e - e**2) * (-sp.log(quotient) - sp.Rational(1, 2)) - (1 - e) ** 2 * sp.log(x)


@gap_cubic_two.step("the coefficient of epsilon^j, with t = 2^-j", method="cancel")
def _() -> tuple[Any, Any]:
    j, t = sp.symbols("j t", positive=True)
    first = 2 * 2 * t / (j - 1) - 4 * t / (j - 2)  # of (2 epsilon - epsilon^2) times the sum of epsilon^j / (j 2^j)
    second = 1 / j - 2 / (j - 1) + 1 / (j - 2)  # of (1 - epsilon)^2 times the sum of epsilon^j / j
    return first + second, (2 / j - 4 * t) / ((j - 1) * (j - 2))


@claim(
    "best_of_n.gap_quadratic",
    "<=",
    paper=DERIVED,
    theorem="sharpens Theorem 3.4 of Beirami et al. (2024) by a factor of 20.7",
    assumptions="integers n >= 2",
    instances=alphabets(least_draws=2),
    search=ALPHABET,
    allowance=rounding,
    uses=("best_of_n.gap_identity", "best_of_n.gap_grows", "best_of_n.gap_cubic", "best_of_n.gap_cubic_two"),
    argument="As F^(n-2) <= 1, gamma_n(epsilon) <= c n k epsilon^2 with c = (log 2 - 1/2) / 2 is enough. For n = 2 it follows "
    "from the cubic bound with epsilon <= 1. For n >= 3 so it does where z = k epsilon <= 24 c, in particular for n = 3. For "
    "n = 4, ..., 9 the rest is covered: both sides rise. For n >= 10 and z >= z0 = 24 c > 2.3: gamma_n is the mass B = 1 - "
    "x^n of the cell times the divergence of a density from the even one, which is at most the logarithm of its second "
    "moment, log(n^2 epsilon / ((2n-1) B^2)). With epsilon = z / k, B log(1/B^2) <= b(z) = -2 (1 - e^-z) log(1 - e^-z), since "
    "B >= 1 - e^-z >= 1/e, and n^2 / ((n-1)(2n-1)) < 1 falling in n, this is at most log(100 z / 171) + b(z), the logarithm "
    "being positive; c n k epsilon^2 = c z^2 n / k >= c z^2. At z0 it holds by the second cover, and from there on b falls "
    "while log z grows no faster than c z^2, as 1/z <= 2 c z.",
)
def gap_quadratic(p: Array, n: int) -> Sides:
    r"""$\tilde K_n - \mathrm{KL} \le \frac12 (\log 2 - \frac12)\, n (n - 1) \sum_i p_i^2$, with equality for one outcome and n
    = 2.
    """
    p = positive(p)
    return gap_of(p, n), half_gap(n * (n - 1) * power(p, 2).sum())


@gap_quadratic.false_sibling("the constant .09")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return gap_of(p, n), 9 * n * (n - 1) * power(p, 2).sum() / 100


@gap_quadratic.known("one outcome, where the sides meet")
def _() -> dict[str, Any]:
    return one_outcome()


@gap_quadratic.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@gap_quadratic.step("where the cubic bound is enough", method="cancel")
def _() -> tuple[Any, Any]:
    n, epsilon, c = sp.symbols("n epsilon c", positive=True)
    k = n - 1
    return c * n * k * epsilon**2 - n * k**2 * epsilon**3 / 24, n * k * epsilon**2 / 24 * (24 * c - k * epsilon)


@gap_quadratic.step("second moment of n u^(n-1)", method="logarithms")
def _() -> tuple[Any, Any]:
    n, u = sp.symbols("n u", positive=True)
    return sp.diff(n**2 * u ** (2 * n - 1) / (2 * n - 1), u), (n * u ** (n - 1)) ** 2


@gap_quadratic.step("n^2 / ((n-1)(2n-1)) falls, with n = 10 + i", method="cancel", relation=">=")
def _() -> tuple[Any, Any]:
    i = sp.Symbol("i", nonnegative=True)
    n = 10 + i
    return -sp.diff(n**2 / ((n - 1) * (2 * n - 1)), i), sp.Integer(0)


@gap_quadratic.cover("n = 4, ..., 9 from (n - 1) epsilon = 2.3 on")
def _() -> BoxProof:
    return all_of("gap_quadratic", [_from(n, Fraction(23, 10 * (n - 1)), _square(n)) for n in range(4, 10)])


def _square(n: int) -> Callable[[Any], Any]:
    return lambda e: half_gap(n * (n - 1) * e * e)


def _from(n: int, start: Fraction, right: Callable[[Any], Any]) -> BoxProof:
    """``gamma_n <= right`` from ``start`` to 1."""
    return rising(f"n = {n}", lambda e: gap_of_cell(rational(n), e), right, min(start, Fraction(1)), Fraction(1))


@gap_quadratic.cover("n >= 10 at z = 2.3, with 1/z <= 2 c z")
def _() -> BoxProof:
    def left(z: Any) -> Any:
        small = power(rational(271828, 100000), -z)  # more than e^-z, as 2.71828 < e
        return log(z) + log(rational(100, 171)) - 2 * (1 - small) * log(1 - small)

    at = Fraction(23, 10)
    return all_of(
        "large n",
        [
            rising("the bound at z", left, lambda z: half_gap(z * z), at, at),
            rising("slopes", lambda z: 1 / z, lambda z: 2 * half_gap(z), at, at),
        ],
    )


@claim(
    "best_of_n.gap_upper",
    "<=",
    paper=BEIRAMI,
    theorem="Theorem 3.4",
    assumptions="masses of classes of equal reward",
    instances=alphabets(),
    search=ALPHABET,
    allowance=rounding,
    uses=("best_of_n.gap_quadratic",),
    argument="The sharper bound has a constant below .1 in place of 2; for n = 1 both sides are 0.",
)
def gap_upper(p: Array, n: int) -> Sides:
    r"""$\tilde K_n - \mathrm{KL} \le 2 n (n - 1) e^{-H_2}$ with $e^{-H_2} = \sum_i p_i^2$; true, and twenty times larger than
    needed.
    """
    p = positive(p)
    return gap_of(p, n), 2 * n * (n - 1) * power(p, 2).sum()


@gap_upper.false_sibling("masses of outcomes, of which each class has a thousand")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return gap_of(p, n), 2 * n * (n - 1) * power(p, 2).sum() / 1000


@gap_upper.step("2 is more than (log 2 - 1/2) / 2 < (1 - 1/2) / 2", method="none", relation=">=")
def _() -> tuple[Any, Any]:
    return sp.Integer(2), sp.Rational(1, 4)


@gap_upper.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@claim(
    "best_of_n.gap_self_normalised",
    "<=",
    paper=DERIVED,
    assumptions="integers n >= 2",
    instances=alphabets(least_draws=2),
    search=ALPHABET,
    allowance=rounding,
    uses=("best_of_n.gap_identity", "best_of_n.gap_grows", "best_of_n.gap_cubic_two"),
    argument="The mean is that of F^n B(p/F) (p/F)^2 over cells with B(epsilon) = 1 - x^n, so gamma_n <= C k^2 B epsilon^2 "
    "with C = log 2 - 1/2 is enough. n = 2: gamma_2 <= C epsilon^3 and B = epsilon (2 - epsilon) >= epsilon. n >= 3 and "
    "epsilon <= .36: gamma_n is B times the divergence of a density whose logarithm has the range R = -k log x, which is at "
    "most R^2 / 8, because along the tilts e^(t h) its derivative is t times a variance of at most R^2 / 4; and log^2(1 - "
    "epsilon) <= 8 C epsilon^2 there, as the quotient of -log(1 - epsilon) and epsilon rises (first cover). n = 3, ..., 6 "
    "from .36 on: second cover, both sides rise. n >= 7 from .36 on: the divergence is at most log(n^2 epsilon / ((2n-1) "
    "B^2)) as in the quadratic bound; with B >= 1 - .64^7 and n / (2n-1) <= 7/13 this is at most log(.5892 n epsilon), "
    "against C k^2 epsilon^2: third cover at n = 7, .36, and the slopes 1/epsilon <= 2 C k^2 epsilon in epsilon, 1/n <= 2 C k "
    "epsilon^2 in n hold there and from there on.",
)
def gap_self_normalised(p: Array, n: int) -> Sides:
    r"""$\tilde K_n - \mathrm{KL} \le (\log 2 - \frac12) (n - 1)^2 E_{y \sim \pi^{(n)}} (p_y / F_y)^2$."""
    p = positive(p)
    return gap_of(p, n), 2 * half_gap((n - 1) ** 2 * (law(p, n) * power(shares(p), 2)).sum())


@gap_self_normalised.false_sibling("the expectation over the reference")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return gap_of(p, n), 2 * half_gap((n - 1) ** 2 * (p * power(p, 2)).sum())


@gap_self_normalised.known("one outcome, where the sides meet")
def _() -> dict[str, Any]:
    return one_outcome()


@gap_self_normalised.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@gap_self_normalised.step("the divergence along a tilt: derivative t K'' of t K' - K", method="expand")
def _() -> tuple[Any, Any]:
    t = sp.Symbol("t")
    K = sp.Function("K")
    return sp.diff(t * sp.diff(K(t), t) - K(t), t), t * sp.diff(K(t), t, 2)


@gap_self_normalised.cover("log^2(1 - epsilon) <= 8 C epsilon^2 at .36")
def _() -> BoxProof:
    return rising("range", lambda e: log(1 - e) ** 2 / (e * e), lambda e: 16 * half_gap(e / e), Fraction(9, 25), Fraction(9, 25))


@gap_self_normalised.cover("n = 3, ..., 6 from .36 on")
def _() -> BoxProof:
    def right(n: int) -> Callable[[Any], Any]:
        return lambda e: 2 * half_gap((n - 1) ** 2 * (1 - (1 - e) ** n) * e * e)

    return all_of("gap_self_normalised", [_from(n, Fraction(9, 25), right(n)) for n in range(3, 7)])


@gap_self_normalised.cover("n = 7 at .36, and slopes")
def _() -> BoxProof:
    at = Fraction(9, 25)
    return all_of(
        "large n",
        [
            rising(
                "constant",
                lambda e: rational(7, 13) / (1 - (1 - e) ** 7) ** 2,
                lambda e: rational(5892, 10000) + 0 * e,
                at,
                at,
            ),
            rising("value", lambda e: log(rational(5892, 10000) * 7 * e), lambda e: 72 * half_gap(e * e), at, at),
            rising("slope in epsilon", lambda e: 1 / e, lambda e: 144 * half_gap(e), at, at),
            rising("slope in n", lambda e: rational(1, 7) + 0 * e, lambda e: 24 * half_gap(e * e), at, at),
        ],
    )


@claim(
    "best_of_n.gap_any_order",
    "<=",
    paper=DERIVED,
    assumptions="integers n >= 3",
    instances=alphabets(least_draws=3),
    search=THREE_OR_MORE,
    allowance=rounding,
    uses=("best_of_n.gap_identity", "best_of_n.gap_grows"),
    argument="F^n gamma_n(p/F) <= gamma_n(p) if gamma_n(epsilon) / epsilon^n falls, that is if epsilon J <= n times the "
    "integral of J with J = M - m - m log(M / m), for which epsilon J' <= k J is enough (both vanish at 0). With rho = M / m "
    "this is log rho <= x (rho - 1) (1 + (rho - 1) / (k rho)) (step 1). n = 3 and 4: both sides are 0 at x = 1, and the "
    "derivative of their difference in x has one sign (steps 2 and 3). n >= 5: log rho <= (rho - 1) / sqrt(rho), as the "
    "derivative of s - 1/s - 2 log s is (1 - 1/s)^2 (step 4), and 1 / sqrt(rho) <= x: by convexity M >= (1 - epsilon/2)^k, so "
    "1/sqrt(rho) is at most (x / (1 - epsilon/2))^(k/2) <= (x / (1 - epsilon/2))^2 <= x, as x <= (1 - epsilon/2)^2 (step 5).",
)
def gap_any_order(p: Array, n: int) -> Sides:
    r"""$\tilde K_n - \mathrm{KL} \le \sum_y \gamma_n(p_y)$: masses alone bound the gap, whatever the order of the rewards."""
    p = positive(p)
    if len(p) == 1:
        p = np.array([1 + 0 * p[0]])
    return gap_of(p, n), sum((gap_of_cell(n, x) for x in p), 0 * p[0])


@gap_any_order.false_sibling("for n = 2 as well")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return gap_of(p, rational(2)), sum((gap_of_cell(rational(2), x) for x in p), 0 * p[0])


@gap_any_order.known("one outcome, where the sides meet")
def _() -> dict[str, Any]:
    return {"p": [1], "n": 3}


@gap_any_order.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@gap_any_order.step("1: k J - epsilon J', with M' = (m - M) / epsilon and m' = -k m / x", method="logarithms")
def _() -> tuple[Any, ...]:
    k, x, m, rho = sp.symbols("k x m rho", positive=True)
    e, M = 1 - x, rho * m
    down, low = (m - M) / e, -k * m / x  # derivatives of M and of m in epsilon
    J = M - m - m * sp.log(rho)
    slope = down - low - low * sp.log(rho) - m * (down / M - low / m)
    bracket = x * (rho - 1) * (1 + (rho - 1) / (k * rho)) - sp.log(rho)
    return k * J - e * slope, k * m / x * bracket, [1 - x]


def _falls(n: int) -> tuple[Any, Any]:
    w, x = sp.symbols("w x", positive=True)
    k, rho = n - 1, ratio_of_means(n, x)
    difference = x * (rho - 1) * (1 + (rho - 1) / (k * rho)) - sp.log(rho)
    return -sp.diff(difference, x).subs(x, w / (1 + w)), sp.Integer(0)


@gap_any_order.step("2: n = 3, with x = w / (1 + w)", method="cancel", relation=">=")
def _() -> tuple[Any, Any]:
    return _falls(3)


@gap_any_order.step("3: n = 4, with x = w / (1 + w)", method="cancel", relation=">=")
def _() -> tuple[Any, Any]:
    return _falls(4)


@gap_any_order.step("4: s - 1/s - 2 log s rises", method="expand")
def _() -> tuple[Any, Any]:
    s = sp.Symbol("s", positive=True)
    return sp.diff(s - 1 / s - 2 * sp.log(s), s), (1 - 1 / s) ** 2


@gap_any_order.step("5: (1 - epsilon/2)^2 >= 1 - epsilon", method="expand", relation=">=")
def _() -> tuple[Any, Any]:
    epsilon = sp.Symbol("epsilon", positive=True)
    return (1 - epsilon / 2) ** 2, 1 - epsilon
