r"""The estimate of the divergence from one winner's mass: an upper bound in expectation, how loose, and for which divergences.

``d_n(epsilon)`` is the cap minus ``gamma_n(epsilon)``. Notation of :mod:`proofs_check.topics.best_of_n.gap`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import kl, log, power, rational, smallest
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Integers, Interval, Simplex
from proofs_check.strategies import distributions
from proofs_check.topics.best_of_n.bias import bounded
from proofs_check.topics.best_of_n.formulas import (
    alpha_divergence,
    cap,
    expected_alpha_estimate,
    expected_estimate,
    gap_of_cell,
    law,
    one_atom,
    positive,
)
from proofs_check.topics.best_of_n.instances import ALPHABET, BEIRAMI, DERIVED, alphabets, four_draws_of_four, rounding, tiny
from proofs_check.topics.best_of_n.symbols import gap

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]


def of_one_atom(epsilon: Any, n: int) -> float:
    """``gamma_n`` is formed from logarithms of numbers of relative error 1e-16 / epsilon, and from powers of order n."""
    return 1e-15 * (n + 4) * (1 + float(np.log(n)) - float(np.log(epsilon))) + 1e-15 / epsilon


def squared(p: Array, n: int) -> float:
    """Squares of estimates that are at most the cap."""
    return rounding(p, n) * (1 + float(cap(n)))


def of_powers(top: Any, n: int, alpha: Any) -> float:
    """Both sides are at most ``n^alpha`` times a mass; differences of numbers near 1 lose 1e-12 of it."""
    return 1e-12 * float(n) ** float(alpha)


def next_order(n: int) -> float:
    """At a mass of 1e-7 the next order is n times the mass times its logarithm, below 2e-6 n."""
    return 1e-5 * n


@claim(
    "best_of_n.kl_estimator",
    "<=",
    paper=BEIRAMI,
    theorem="Eq. (25) and its range",
    assumptions="0 < epsilon <= 1",
    instances=st.builds(dict, epsilon=st.floats(1e-9, 1), n=st.integers(1, 1000)),
    search={"epsilon": Interval(Fraction(1, 1000), 1), "n": Integers(1, 20)},
    allowance=of_one_atom,
    uses=("best_of_n.gap_grows",),
    argument="By the step d_n is the cap minus gamma_n, so it falls from the cap at 0 to 0 at 1. It is at most "
    "log(1/epsilon): it is the integral of v log v over (0, x) for v = n u^(n-1), plus B log(B / epsilon) with B = 1 - x^n. "
    "There v <= n x^(n-1), which is at most B / epsilon, the mean of v over (x, 1), because v rises; and B / epsilon <= 1 / "
    "epsilon. The two weights, the mass of (0, x) under v and B, add up to 1.",
)
def kl_estimator(epsilon: Any, n: int) -> Sides:
    r"""$0 \le d_n(\varepsilon) \le \min\{\log n - \frac{n-1}{n}, \log\frac{1}{\varepsilon}\}$."""
    d = one_atom(n, epsilon)
    return np.array([0 * epsilon, d, d]), np.array([d, cap(n) + 0 * epsilon, -log(epsilon)])


@kl_estimator.false_sibling("log(1 / epsilon) - 1/n")
def _(epsilon: Any, n: int) -> Sides:
    return one_atom(n, epsilon), -log(epsilon) - (1 + 0 * epsilon) / n


@kl_estimator.known("a tenth, ten draws")
def _() -> dict[str, Any]:
    return {"epsilon": Fraction(1, 10), "n": 10}


@kl_estimator.step("d_n is the cap minus gamma_n", method="logarithms")
def _() -> tuple[Any, ...]:
    n, x = sp.symbols("n x", positive=True)
    A, share = x**n, (n - 1) / n
    d = A * (sp.log(n) + (n - 1) * sp.log(x) - share) + (1 - A) * sp.log((1 - A) / (1 - x))
    return d, sp.log(n) - share - gap(n, x), [1 - x, 1 - x**n]


@claim(
    "best_of_n.estimator_conjecture",
    "<=",
    paper=BEIRAMI,
    theorem="Conjecture 4.4, read as: the expected estimate is at least the divergence",
    assumptions="masses of outcomes with distinct rewards, or of classes; here n is an integer, the proof holds for real n >= 1",
    instances=alphabets(),
    search=ALPHABET,
    allowance=rounding,
    uses=("best_of_n.gap_identity", "best_of_n.gap_grows"),
    argument="The gap is the sum of F_i^n gamma_n(p_i / F_i), homogeneity of the cells being one of the steps of that "
    "identity. As p_i / F_i >= p_i and gamma_n grows, it is at least the sum of F_i^n gamma_n(p_i), hence the middle bound; "
    "as gamma_n >= 0 and F_i^n >= q_i (step 1), that is at least the sum of q_i gamma_n(p_i), which is the cap minus the "
    "expected estimate (step 2). Two elementary inequalities, and no assumption on the alphabet.",
)
def estimator_conjecture(p: Array, n: int) -> Sides:
    r"""$\mathrm{KL}(\pi^{(n)} \| \pi) \le \tilde K_n - \sum_i F_i^n \gamma_n(p_i) \le E_{y \sim \pi^{(n)}} d_n(p_y)$."""
    p = positive(p)
    between = sum((w * gap_of_cell(n, x) for w, x in zip(power(np.cumsum(p), n), p, strict=True)), 0 * p[0])
    middle = cap(n) - between
    return np.array([kl(law(p, n), p), middle]), np.array([middle, expected_estimate(p, n)])


@estimator_conjecture.false_sibling("every single estimate is an upper bound")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return kl(law(p, n), p), smallest(np.array([one_atom(n, x) for x in p]))


@estimator_conjecture.false_sibling("for chi-square as well")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return alpha_divergence(law(p, n), p, 2), expected_alpha_estimate(p, n, 2)


@estimator_conjecture.false_sibling("for total variation as well")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    q = law(p, n)
    distance = sum((abs(a - b) for a, b in zip(q, p, strict=True)), 0 * p[0]) / 2
    return distance, sum((w * _variation_of_one_atom(n, x) for w, x in zip(q, p, strict=True)), 0 * p[0])


def _variation_of_one_atom(n: int, epsilon: Any) -> Any:
    """Total variation if the best outcome has mass epsilon and everything below is a continuum."""
    if n == 1:
        return 0 * epsilon
    rest = 1 - epsilon
    crossing = power(rational(1) * n, (-rational(1)) / (n - 1))  # where n u^(n-1) = 1
    if crossing < rest:
        return crossing - power(crossing, n)
    return rest - power(rest, n)  # below the atom the density stays under 1


@estimator_conjecture.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@estimator_conjecture.known("four outcomes, the common one best")
def _() -> dict[str, Any]:
    return {"p": [Fraction(k, 10) for k in (1, 2, 3, 4)], "n": 8}


@estimator_conjecture.known("one rare outcome")
def _() -> dict[str, Any]:
    return {"p": [Fraction(9999, 10000), Fraction(1, 10000)], "n": 100}


@estimator_conjecture.step("1: F^n - q = (F - p)^n >= 0", method="none", relation=">=")
def _() -> tuple[Any, Any]:
    below, n = sp.symbols("B n", nonnegative=True)
    return below**n, sp.Integer(0)


@estimator_conjecture.step("2: the q_i add up to one, so gamma turns into d", method="expand")
def _() -> tuple[Any, Any]:
    q, c, g, h = sp.symbols("q c g h")
    return c - q * g - (1 - q) * h, q * (c - g) + (1 - q) * (c - h)


@claim(
    "best_of_n.estimator_of_the_best",
    "<=",
    paper=DERIVED,
    assumptions="p_L is the mass of the best outcome",
    instances=alphabets(),
    search=ALPHABET,
    allowance=rounding,
    uses=("best_of_n.gap_lower",),
    argument="The gap is at least gamma_n(p_L), and d_n is the cap minus gamma_n.",
)
def estimator_of_the_best(p: Array, n: int) -> Sides:
    r"""$\mathrm{KL}(\pi^{(n)} \| \pi) \le d_n(p_L) \le \log(1 / p_L)$: an upper bound without chance."""
    p = positive(p)
    best = p[-1] if len(p) > 1 else 1 + 0 * p[-1]
    return np.array([kl(law(p, n), p), one_atom(n, best)]), np.array([one_atom(n, best), -log(best)])


@estimator_of_the_best.false_sibling("the mass of the worst outcome")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return kl(law(p, n), p), one_atom(n, p[0])


@estimator_of_the_best.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@estimator_of_the_best.step("the cap minus the gap", method="expand")
def _() -> tuple[Any, Any]:
    c, g, K = sp.symbols("c gamma K")
    return (c - g) - K, (c - K) - g


@claim(
    "best_of_n.estimator_variance",
    "<=",
    paper=DERIVED,
    theorem="the inequality of Bhatia and Davis",
    assumptions="one estimate",
    instances=alphabets(),
    search=ALPHABET,
    allowance=squared,
    uses=("best_of_n.kl_estimator",),
    argument="0 <= d_n <= c, the cap, so d_n (c - d_n) >= 0; in expectation this is c E - E d^2 (step).",
)
def estimator_variance(p: Array, n: int) -> Sides:
    r"""$\mathrm{Var}\, d_n \le E (\tilde K_n - E)$ with $E = E d_n$: the average of $M$ estimates is off by about $\sqrt{E
    (\tilde K_n - E) / M}$ at most.
    """
    p = positive(p)
    q, d = law(p, n), np.array([one_atom(n, x) for x in p])
    mean = (q * d).sum()
    return (q * (d - mean) * (d - mean)).sum(), mean * (cap(n) - mean)


@estimator_variance.false_sibling("a quarter of that")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    q, d = law(p, n), np.array([one_atom(n, x) for x in p])
    mean = (q * d).sum()
    return 4 * (q * (d - mean) * (d - mean)).sum(), mean * (cap(n) - mean)


@estimator_variance.known("one rare outcome")
def _() -> dict[str, Any]:
    return {"p": [Fraction(9999, 10000), Fraction(1, 10000)], "n": 100}


@estimator_variance.step("E d (c - d) is E (c - E) minus the variance", method="expand")
def _() -> tuple[Any, Any]:
    mean, square, c = sp.symbols("E S c")
    return c * mean - square, mean * (c - mean) - (square - mean**2)


@claim(
    "best_of_n.estimator_grows",
    "<=",
    paper=DERIVED,
    assumptions="here from n to n + 1; the argument holds for real n >= 1",
    instances=st.builds(dict, epsilon=st.floats(1e-6, 1), n=st.integers(1, 1000)),
    search={"epsilon": Interval(Fraction(1, 1000), 1), "n": Integers(1, 20)},
    allowance=of_one_atom,
    uses=("best_of_n.gap_identity", "best_of_n.kl_grows", "best_of_n.gap_quadratic"),
    argument="d_n(epsilon) is the limit of the divergence of alphabets whose best outcome has mass epsilon and whose other "
    "outcomes are made ever smaller: by the identity the gap tends to gamma_n(epsilon), since the other cells contribute at "
    "most a constant times the sum of their squared masses (step). Each of these divergences grows with n.",
)
def estimator_grows(epsilon: Any, n: int) -> Sides:
    r"""$d_n(\varepsilon) \le d_{n+1}(\varepsilon)$."""
    return one_atom(n, epsilon), one_atom(n + 1, epsilon)


@estimator_grows.false_sibling("by a tenth of what the cap grows")
def _(epsilon: Any, n: int) -> Sides:
    return one_atom(n, epsilon) + (cap(n + 1) - cap(n)) / 10, one_atom(n + 1, epsilon)


@estimator_grows.known("a tenth, ten draws")
def _() -> dict[str, Any]:
    return {"epsilon": Fraction(1, 10), "n": 10}


@estimator_grows.step(
    "squares of masses of at most h add up to at most h times their sum: h p - p^2 with p = h / (1 + y)",
    method="cancel",
    relation=">=",
)
def _() -> tuple[Any, Any]:
    h, y = sp.symbols("h y", positive=True)
    p = h / (1 + y)
    return h * p, p**2


# --- other divergences ---------------------------------------------------------------------------------------------------------


@st.composite
def alpha_alphabets(draw: st.DrawFn) -> dict[str, Any]:
    """Alphabets with an order at most one."""
    p = draw(distributions(draw(st.integers(1, 8))))
    return {"p": p, "n": draw(st.sampled_from([1, 2, 3, 5, 10])), "alpha": draw(st.sampled_from(BELOW))}


BELOW = (Fraction(0), Fraction(1, 10), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(9, 10), Fraction(99, 100))


def alpha_rounding(p: Array, n: int, alpha: Any) -> float:
    """As for KL; powers of order alpha of the smallest masses and the division by alpha (1 - alpha) magnify it."""
    order = max(float(alpha) * (1 - float(alpha)), 0.01) if alpha != 0 else 1.0
    least = float(positive(law(p, n)).min()) if len(p) else 1.0
    return rounding(p, n) * (1 + abs(float(np.log(least)))) / order + 1e-12


@claim(
    "best_of_n.estimator_alpha",
    ">=",
    paper=DERIVED,
    assumptions="orders 0 <= alpha < 1 with KL as the limit at 1; the argument holds for alpha <= 1 with (n - 1) alpha > -1",
    instances=alpha_alphabets(),
    search={"p": Simplex(3), "n": Integers(2, 10), "alpha": Choice(BELOW)},
    allowance=alpha_rounding,
    argument="The integral of v^alpha over a cell minus its value at the mean of v, up to the factor 1 / (alpha (alpha - 1)), "
    "is a cell functional g(a, b) >= 0 (Jensen), which is homogeneous of degree d = 1 + (n - 1) alpha (step 1) and, for the "
    "top cell, grows with its mass, as merging cells never decreases a sum of such terms. As d <= n for alpha <= 1 (step 2), "
    "F^d >= F^n, and F^d g(1 - p/F, 1) >= F^n g(1 - p, 1) >= q g(1 - p, 1), as for KL.",
)
def estimator_alpha(p: Array, n: int, alpha: Any) -> Sides:
    r"""With $D_\alpha = \frac{1}{\alpha (\alpha - 1)} (\sum q^\alpha p^{1-\alpha} - 1)$ and the estimate $c_{n,\alpha}$ from
    one atom, $E_{y \sim \pi^{(n)}} c_{n,\alpha}(p_y) \ge D_\alpha(\pi^{(n)} \| \pi)$.
    """
    p = positive(p)
    return expected_alpha_estimate(p, n, alpha), alpha_divergence(law(p, n), p, alpha)


@estimator_alpha.false_sibling("orders larger by one")
def _(p: Array, n: int, alpha: Any) -> Sides:
    p = positive(p)
    return expected_alpha_estimate(p, n, alpha + 2), alpha_divergence(law(p, n), p, alpha + 2)


@estimator_alpha.known("reverse KL")
def _() -> dict[str, Any]:
    return {**four_draws_of_four(), "alpha": Fraction(0)}


@estimator_alpha.known("Hellinger")
def _() -> dict[str, Any]:
    return {**four_draws_of_four(), "alpha": Fraction(1, 2)}


@estimator_alpha.step("1: homogeneity of the part of a cell", method="logarithms")
def _() -> tuple[Any, ...]:
    n, x, b, t, a = sp.symbols("n x b t alpha", positive=True)
    d = 1 + (n - 1) * a

    def cell(top: Any) -> Any:
        mass = top**n * (1 - x**n)
        return n**a * top**d * (1 - x**d) / d - (top * (1 - x)) ** (1 - a) * mass**a

    return cell(t * b), t**d * cell(b), [1 - x, 1 - x**n]


@estimator_alpha.step("2: n - (1 + (n - 1) alpha) = (n - 1)(1 - alpha)", method="expand")
def _() -> tuple[Any, Any]:
    n, a = sp.symbols("n alpha")
    return n - (1 + (n - 1) * a), (n - 1) * (1 - a)


ABOVE = (Fraction(11, 10), Fraction(5, 4), Fraction(3, 2), Fraction(2), Fraction(3), Fraction(5))


@claim(
    "best_of_n.estimator_alpha_fails",
    "<=",
    paper=DERIVED,
    assumptions="two outcomes, the better one of mass at most 1/10000; 100 draws or more",
    instances=st.builds(
        dict, top=st.sampled_from([1e-8, 1e-6, 1e-5, 1e-4]), n=st.sampled_from([100, 200, 1000]), alpha=st.sampled_from(ABOVE)
    ),
    search={"top": Interval(Fraction(1, 10**8), Fraction(1, 10**4)), "n": Integers(100, 200), "alpha": Choice(ABOVE)},
    allowance=of_powers,
)
def estimator_alpha_fails(top: Any, n: int, alpha: Any) -> Sides:
    r"""For every $\alpha > 1$ it fails: with two outcomes the estimate is at most $\frac{2 + \alpha}{3 \alpha}$ of $D_\alpha$,
    and the ratio tends to $1/\alpha$. KL is the borderline case.
    """
    p = np.array([1 - top, top])
    return expected_alpha_estimate(p, n, alpha), (2 + alpha) / (3 * alpha) * alpha_divergence(law(p, n), p, alpha)


@estimator_alpha_fails.false_sibling("at most 4/5 of 1/alpha")
def _(top: Any, n: int, alpha: Any) -> Sides:
    p = np.array([1 - top, top])
    return expected_alpha_estimate(p, n, alpha), 4 / (5 * alpha) * alpha_divergence(law(p, n), p, alpha)


@estimator_alpha_fails.known("chi-square")
def _() -> dict[str, Any]:
    return {"top": Fraction(1, 10**5), "n": 100, "alpha": Fraction(2)}


@estimator_alpha_fails.step("the limit of the ratio, n to infinity after the mass to 0, for alpha = 2", method="limit")
def _() -> tuple[Any, Any]:
    n = sp.Symbol("n", positive=True)
    return _ratio_limit(n, sp.Integer(2)), sp.Rational(1, 2)


@estimator_alpha_fails.step("and for alpha = 3/2", method="limit")
def _() -> tuple[Any, Any]:
    n = sp.Symbol("n", positive=True)
    return _ratio_limit(n, sp.Rational(3, 2)), sp.Rational(2, 3)


def _ratio_limit(n: Any, a: Any) -> Any:
    """Estimate over divergence, both divided by the mass, as the mass tends to 0; then its limit in n."""
    estimate = n * (n**a / ((n - 1) * a + 1) - 1) / (a * (a - 1)) + 1 / a
    divergence = (n**a - a * n + a - 1) / (a * (a - 1))
    return sp.Limit(estimate / divergence, n, sp.oo)


@claim(
    "best_of_n.estimator_alpha_at_two",
    "<=",
    paper=DERIVED,
    assumptions="the better of two outcomes has mass 1/10; three draws; alpha = 2, twice chi-square's half",
    instances=st.builds(dict, k=st.integers(1, 20)),
    search=None,
    allowance=tiny,
    argument="Both sides are rational numbers: 295460064 and 324900000 over 2 * 10^9 at k = 1 (steps).",
)
def estimator_alpha_at_two(k: int) -> Sides:
    r"""The expected chi-square estimate on $(1 - \frac{1}{9 + k}, \frac{1}{9 + k})$ with three draws is below the chi-square
    divergence: $\frac{9233127}{31250000} < \frac{3249}{10000}$ at $k = 1$.
    """
    top = rational(1) / (9 + k)
    p = np.array([1 - top, top])
    return expected_alpha_estimate(p, 3, 2), alpha_divergence(law(p, 3), p, 2)


@estimator_alpha_at_two.false_sibling("with two draws")
def _(k: int) -> Sides:
    top = rational(1) / (9 + k)
    p = np.array([1 - top, top])
    return expected_alpha_estimate(p, 2, 2), alpha_divergence(law(p, 2), p, 2)


@estimator_alpha_at_two.known("the rational counterexample")
def _() -> dict[str, Any]:
    return {"k": 1}


@estimator_alpha_at_two.step("the difference on top mass 1 / (9 + k), in k = 1 + j", method="cancel", relation=">=")
def _() -> tuple[Any, Any]:
    j = sp.Symbol("j", nonnegative=True)
    e = 1 / (10 + j)

    def estimate(mass: Any) -> Any:
        x = 1 - mass
        return (9 * x**5 / 5 + (1 - x**3) ** 2 / mass - 1) / 2

    q = 1 - (1 - e) ** 3
    divergence = (q**2 / e + (1 - q) ** 2 / (1 - e) - 1) / 2
    return divergence, q * estimate(e) + (1 - q) * estimate(1 - e)


# --- how loose -----------------------------------------------------------------------------------------------------------------


@claim(
    "best_of_n.estimator_bias",
    "<=",
    paper=DERIVED,
    assumptions="integers n >= 1, any number of outcomes; for n >= 6 the proof covers all real n",
    instances=alphabets(),
    search={"p": Simplex(3), "n": Integers(2, 10)},
    objective="difference",
    allowance=rounding,
    uses=("best_of_n.gap_identity", "best_of_n.gap_grows", "best_of_n.kl_grows", "best_of_n.kl_estimator"),
    argument="The bias is the sum of h(F_(i-1), F_i) = g - q gamma_n(p) over cells, with the cell functional g of the gap: a "
    "path from 0 to 1. It is bounded by a longest path through intervals (see proofs_check.topics.best_of_n.bias). Steps "
    "inside an interval add up to at most g of the interval, and g of a step to that of any longer one, because merging cells "
    "increases g. n = 2, ..., 5: on a step between two intervals h is at most g of the longest such step minus the mass of "
    "the shortest times gamma_n of its length, which grows. All n with w = 1/n in a range, in s = F^n: the step has g = (1-w) "
    "(integral of log s) + B log(c/B), whose derivative in w is B times the mean of log s under the weights s^(w-1) minus "
    "that under even weights, not positive; so g is at most its value at w = 0. gamma_n(c w) is g from (1 - c w)^n <= e^-c to "
    "1, hence at least g from e^-c to 1, at the largest w and the smallest c. The other form of h (step 1) has e = log(1/p) - "
    "d_n(p) >= 0, which falls in p for fixed n, since -d_n' = gamma_n' <= (1 - x^n)/p - n x^(n-1) <= 1/p (rho - 1 - log rho "
    "<= rho - 1), and in w for fixed c: its derivative in A (step 2) is at least 1, as (1 - A)/c >= x^(n-1) = e^(-(1-w) a) "
    "with a = -log A, A falls in w, and so does e for fixed A. As c falls in w, e is at least its value at the largest w and "
    "at c for the smallest w. Below a lowest s0: cells up to a cumulative mass F are an alphabet of their own with masses "
    "p/F, and d_n(p) <= d_n(p/F) + log(1/F), as -p d_n' <= 1; so they contribute at most F^n (bound + log(1/F)), and the "
    "bound is solved for itself. The step that leaves this range has h at most the first two terms.",
)
def estimator_bias(p: Array, n: int) -> Sides:
    r"""$E_{y \sim \pi^{(n)}} d_n(p_y) - \mathrm{KL}(\pi^{(n)} \| \pi) \le .102$ on every alphabet; $.1011951529$ is reached, by
    three draws from $(.7685, .2315)$.
    """
    p = positive(p)
    return expected_estimate(p, n) - kl(law(p, n), p), rational(102, 1000) + 0 * p[0]


@estimator_bias.false_sibling("a tenth")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return expected_estimate(p, n) - kl(law(p, n), p), rational(1, 10) + 0 * p[0]


@estimator_bias.known("the largest bias that is known")
def _() -> dict[str, Any]:
    return {"p": [Fraction(7685324585, 10**10), Fraction(2314675415, 10**10)], "n": 3}


@estimator_bias.step("1: h in terms of e, with the integral of log s and mass B", method="expand")
def _() -> tuple[Any, Any]:
    w, integral, B, log_B, log_p, log_n, d = sp.symbols("w I B lB lp ln d")
    g = (1 - w) * integral + B * (log_n + log_p - log_B)
    gamma = log_n - (1 - w) - d
    return g - B * gamma, (1 - w) * (integral + B) - B * log_B - B * (-log_p - d)


@estimator_bias.step("2: the derivative of e in A", method="logarithms")
def _() -> tuple[Any, ...]:
    w, A, c = sp.symbols("w A c", positive=True)
    e = A * ((1 - w) * (1 - sp.log(A)) - sp.log(c)) - (1 - A) * sp.log(1 - A)
    return sp.diff(e, A), -(1 - w) * sp.log(A) - sp.log(c) + sp.log(1 - A) + 1, [1 - A]


@estimator_bias.step("3: e is log(1/p) - d_n(p), with A = x^n, c = n p and k log x = (1 - w) log A", method="logarithms")
def _() -> tuple[Any, ...]:
    w, A, n, p = sp.symbols("w A n p", positive=True)
    d = A * (sp.log(n) + (1 - w) * sp.log(A) - (1 - w)) + (1 - A) * (sp.log(1 - A) - sp.log(p))
    return -sp.log(p) - d, A * ((1 - w) * (1 - sp.log(A)) - sp.log(n * p)) - (1 - A) * sp.log(1 - A), [1 - A]


@estimator_bias.cover("longest paths for n = 2, ..., 5 and for seven ranges of 1/n")
def _() -> Any:
    return bounded()


@claim(
    "best_of_n.estimator_relative",
    "limit",
    paper=DERIVED,
    assumptions="two outcomes, the better one of mass 10^-2, 10^-3, ..., 10^-7",
    instances=st.builds(dict, n=st.integers(2, 60)),
    search=None,
    arithmetics=("float",),
    allowance=next_order,
)
def estimator_relative(n: int) -> Sides:
    r"""No constant bounds the relative bias: for $p = (1 - \varepsilon, \varepsilon)$, $E d_n / \mathrm{KL} \to \frac{n \tilde
    K_n + 1}{n \log n - n + 1}$, which is 3.589 for two draws.
    """
    ratios = []
    for j in range(2, 8):
        top = 10.0**-j
        q = -np.expm1(n * np.log1p(-top))
        divergence = q * np.log(q / top) + n * (1 - q) * np.log1p(-top) - (1 - q) * np.log1p(-top)
        ratios.append((q * one_atom(n, top) + (1 - q) * _estimate_near_one(n, top)) / divergence)
    return np.array(ratios), (n * np.log(n) - n + 2) / (n * np.log(n) - n + 1)


def _estimate_near_one(n: int, rest: float) -> float:
    """``d_n(1 - rest)`` for small rest."""
    A = rest**n
    return float(A * (np.log(n) + (n - 1) * np.log(rest) - (n - 1) / n) + (1 - A) * (np.log1p(-A) - np.log1p(-rest)))


@estimator_relative.false_sibling("without the 1 in the numerator")
def _(n: int) -> Sides:
    return estimator_relative.sides(n)[0], n * cap(n) / (n * np.log(n) - n + 1)


@estimator_relative.step("n times the cap plus 1, for the top outcome and for the rest", method="expand")
def _() -> tuple[Any, Any]:
    n = sp.Symbol("n", positive=True)
    return n * (sp.log(n) - (n - 1) / n) + 1, n * sp.log(n) - n + 2
