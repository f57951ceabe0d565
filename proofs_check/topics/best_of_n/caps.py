r"""Caps on other divergences of best-of-n from its reference, by the same argument for each.

The reference puts the uniform law on quantiles and best-of-n the density v = n u^(n-1); an outcome merges the quantiles of its
cell, and merging never increases an f-divergence (Jensen on the cell). So the integral over (0, 1) is a cap.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import absolute, log, power, rational, sqrt
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Integers, Simplex
from proofs_check.strategies import distributions
from proofs_check.topics.best_of_n.formulas import alpha_divergence, law, positive
from proofs_check.topics.best_of_n.instances import ALPHABET, DERIVED, alphabets, four_draws_of_four, rounding

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]


def divided(p: Array, n: int, **_: Any) -> float:
    """Quotients by the smallest masses magnify the rounding of ``F^n``."""
    p = positive(p)
    q = law(p, n)
    return rounding(p, n) * (1 + 1 / float(p.min()) + abs(float(np.log(max(float(q.min()), 1e-300)))) + n * n) + 1e-12


@claim(
    "best_of_n.reverse_kl_cap",
    "<=",
    paper=DERIVED,
    assumptions="n >= 1",
    instances=alphabets(most_draws=10),
    search=ALPHABET,
    allowance=divided,
    argument="The step gives an antiderivative of -log v; it goes from 0 to n - 1 - log n.",
)
def reverse_kl_cap(p: Array, n: int) -> Sides:
    r"""$\mathrm{KL}(\pi \| \pi^{(n)}) \le n - 1 - \log n$."""
    p = positive(p)
    return alpha_divergence(law(p, n), p, 0), 0 * p[0] + (n - 1) - log(n)


@reverse_kl_cap.false_sibling("n - 1 - 3 log n / 2")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return alpha_divergence(law(p, n), p, 0), 0 * p[0] + (n - 1) - 3 * log(n) / 2


@reverse_kl_cap.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@reverse_kl_cap.step("antiderivative of -log v", method="logarithms")
def _() -> tuple[Any, Any]:
    n, u = sp.symbols("n u", positive=True)
    return sp.diff(-u * sp.log(n) - (n - 1) * (u * sp.log(u) - u), u), -sp.log(n * u ** (n - 1))


@claim(
    "best_of_n.chi_square_cap",
    "<=",
    paper=DERIVED,
    assumptions="n >= 1",
    instances=alphabets(most_draws=100),
    search=ALPHABET,
    allowance=divided,
    argument="The integral of v^2 is n^2 / (2n - 1) (first step); less 1 it is the cap (second step).",
)
def chi_square_cap(p: Array, n: int) -> Sides:
    r"""$\chi^2(\pi^{(n)} \| \pi) \le \frac{(n-1)^2}{2n - 1}$."""
    p = positive(p)
    return 2 * alpha_divergence(law(p, n), p, 2), (n - 1) ** 2 / (2 * n - 1 + 0 * p[0])


@chi_square_cap.false_sibling("2n in place of 2n - 1")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return 2 * alpha_divergence(law(p, n), p, 2), (n - 1) ** 2 / (2 * n + 0 * p[0])


@chi_square_cap.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@chi_square_cap.step("antiderivative of v^2", method="logarithms")
def _() -> tuple[Any, Any]:
    n, u = sp.symbols("n u", positive=True)
    return sp.diff(n**2 * u ** (2 * n - 1) / (2 * n - 1), u), (n * u ** (n - 1)) ** 2


@chi_square_cap.step("less one", method="cancel")
def _() -> tuple[Any, Any]:
    n = sp.Symbol("n", positive=True)
    return n**2 / (2 * n - 1) - 1, (n - 1) ** 2 / (2 * n - 1)


@claim(
    "best_of_n.total_variation_cap",
    "<=",
    paper=DERIVED,
    assumptions="n >= 2",
    instances=alphabets(least_draws=2),
    search=ALPHABET,
    allowance=rounding,
    argument="v is below 1 up to u* = n^(-1/(n-1)) (first step), and the integral of 1 - v up to there is u* - u*^n, which by "
    "the same step is u* (1 - 1/n) (second step).",
)
def total_variation_cap(p: Array, n: int) -> Sides:
    r"""$\mathrm{TV}(\pi^{(n)}, \pi) \le n^{-1/(n-1)} (1 - \frac1n)$."""
    p = positive(p)
    return absolute(law(p, n) - p).sum() / 2, _crossing(n) * (n - 1) / n


def _crossing(n: int) -> Any:
    """``n^(-1/(n-1))``."""
    return power(n * rational(1), rational(-1) / (n - 1))


@total_variation_cap.false_sibling("n^(-1/(n - 3/2))")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    return absolute(law(p, n) - p).sum() / 2, power(n * rational(1), -1 / (n - rational(3, 2))) * (n - 1) / n


@total_variation_cap.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@total_variation_cap.step("v = 1 at u*", method="logarithms")
def _() -> tuple[Any, Any]:
    n, k = sp.symbols("n k", positive=True)
    return n * (n ** (-1 / k)) ** k, sp.Integer(1)


@total_variation_cap.step("u* - u*^n = u* (1 - u*^(n-1))", method="logarithms")
def _() -> tuple[Any, Any]:
    n, u = sp.symbols("n u", positive=True)
    return u - u**n, u * (1 - u ** (n - 1))


@claim(
    "best_of_n.hellinger_cap",
    "<=",
    paper=DERIVED,
    assumptions="n >= 1",
    instances=alphabets(),
    search=ALPHABET,
    allowance=divided,
    argument="The divergence is 2 minus twice the sum of roots of q p; the integral of sqrt(v) is 2 sqrt(n) / (n + 1) (step).",
)
def hellinger_cap(p: Array, n: int) -> Sides:
    r"""$\sum_i (\sqrt{q_i} - \sqrt{p_i})^2 \le 2 - \frac{4 \sqrt n}{n + 1}$."""
    p = positive(p)
    roots = sqrt(law(p, n)) - sqrt(p)
    return (roots * roots).sum(), 2 - 4 * sqrt(n * rational(1)) / (n + 1)


@hellinger_cap.false_sibling("n + 1/2 in place of n + 1")
def _(p: Array, n: int) -> Sides:
    p = positive(p)
    roots = sqrt(law(p, n)) - sqrt(p)
    return (roots * roots).sum(), 2 - 4 * sqrt(n * rational(1)) / (n + rational(1, 2))


@hellinger_cap.known("four outcomes")
def _() -> dict[str, Any]:
    return four_draws_of_four()


@hellinger_cap.step("antiderivative of the root of v", method="logarithms")
def _() -> tuple[Any, Any]:
    n, u = sp.symbols("n u", positive=True)
    return sp.diff(2 * sp.sqrt(n) / (n + 1) * u ** ((n + 1) / 2), u), sp.sqrt(n) * u ** ((n - 1) / 2)


ORDERS = (0.5, 0.75, 1.5, 2.0, 3.0)


@claim(
    "best_of_n.renyi_cap",
    "<=",
    paper=DERIVED,
    assumptions="orders a > 0 other than 1",
    instances=st.integers(1, 8).flatmap(
        lambda size: st.builds(dict, p=distributions(size), n=st.sampled_from([1, 2, 3, 5, 10]), order=st.sampled_from(ORDERS))
    ),
    search={"p": Simplex(3), "n": Integers(2, 10), "order": Choice(ORDERS)},
    allowance=divided,
    argument="Merging does not increase the integral of v^a for a > 1, nor decrease it for a < 1, where the factor 1/(a - 1) "
    "turns the sign; the step gives the integral.",
)
def renyi_cap(p: Array, n: int, order: Any) -> Sides:
    r"""The Renyi divergence of order $a$ is at most $\frac{1}{a-1} \log \frac{n^a}{(n-1) a + 1}$."""
    p = positive(p)
    total = (p * power(law(p, n) / p, order)).sum()
    return log(total) / (order - 1), (order * log(n) - log((n - 1) * order + 1)) / (order - 1)


@renyi_cap.false_sibling("n a + 1")
def _(p: Array, n: int, order: Any) -> Sides:
    p = positive(p)
    total = (p * power(law(p, n) / p, order)).sum()
    return log(total) / (order - 1), (order * log(n) - log(n * order + 1)) / (order - 1)


@renyi_cap.known("four outcomes, order two")
def _() -> dict[str, Any]:
    return {**four_draws_of_four(), "order": Fraction(2)}


@renyi_cap.step("antiderivative of v^a", method="logarithms")
def _() -> tuple[Any, Any]:
    n, u, a = sp.symbols("n u a", positive=True)
    degree = (n - 1) * a + 1
    return sp.diff(n**a * u**degree / degree, u), (n * u ** (n - 1)) ** a
