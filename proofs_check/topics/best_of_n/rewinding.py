"""Rewind and repeat: drawing until the reward is good enough, against a fixed number of draws."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import exp, kl, log, power
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Interval, LogInterval, Simplex
from proofs_check.strategies import distributions
from proofs_check.topics.best_of_n.formulas import cap, law, positive, win_rate
from proofs_check.topics.best_of_n.instances import BEIRAMI, DERIVED, rounding, tiny

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]


@st.composite
def thresholds(draw: st.DrawFn, most: int = 10) -> dict[str, Any]:
    """An alphabet and how many of its best outcomes are accepted."""
    p = draw(distributions(draw(st.integers(1, most))))
    return {"p": p, "accepted": draw(st.integers(1, len(p)))}


def accepted_law(p: Array, accepted: int) -> tuple[Array, Any]:
    """The reference restricted to its best outcomes that have mass, and their mass."""
    best = min(int(accepted), len(p))
    law = 0 * p
    mass = p[-best:].sum()
    law[-best:] = p[-best:] / mass
    return law, mass


def over_accepted(p: Array, accepted: int, n: int = 1) -> float:
    """Masses are divided by what is accepted, and so are their errors."""
    p = positive(p)
    return 10 * rounding(p, n) / float(p[-min(int(accepted), len(p)) :].sum())


@claim(
    "best_of_n.rewind_and_repeat",
    "==",
    paper=BEIRAMI,
    theorem="Section 6",
    assumptions="the best outcomes, of mass delta > 0, are accepted",
    instances=thresholds(),
    search={"p": Simplex(4), "accepted": Integers(1, 4)},
    allowance=over_accepted,
    argument="Every accepted ratio is 1/delta, so the divergence is log(1/delta). A draw of the restricted law wins against "
    "the 1 - delta below, and half of the time against another accepted one: 1 - delta + delta/2 (step).",
)
def rewind_and_repeat(p: Array, accepted: int) -> Sides:
    r"""Drawing until a reward is accepted: $\mathrm{KL} = \log\frac{1}{\delta}$ and $W = 1 - \frac{\delta}{2}$, hence $W = 1 -
    \frac12 e^{-\mathrm{KL}}$.
    """
    p = positive(p)
    q, mass = accepted_law(p, accepted)
    rate = (q * (np.cumsum(p) - p / 2)).sum()
    return np.array([kl(q, p), rate]), np.array([-log(mass), 1 - mass / 2])


@rewind_and_repeat.false_sibling("every accepted draw wins")
def _(p: Array, accepted: int) -> Sides:
    p = positive(p)
    q, mass = accepted_law(p, accepted)
    return (q * (np.cumsum(p) - p / 2)).sum(), 1 - mass + 0 * p[0]


@rewind_and_repeat.known("the top two of four")
def _() -> dict[str, Any]:
    return {"p": [Fraction(k, 10) for k in (4, 3, 2, 1)], "accepted": 2}


@rewind_and_repeat.step("wins and ties", method="expand")
def _() -> tuple[Any, Any]:
    delta = sp.Symbol("delta", positive=True)
    return (1 - delta) + delta / 2, 1 - delta / 2


@st.composite
def budgeted_thresholds(draw: st.DrawFn) -> dict[str, Any]:
    """Few enough outcomes and draws for all sequences to be listed."""
    return {**draw(thresholds(4)), "n": draw(st.integers(1, 4))}


def played(p: Array, accepted: int, n: int) -> Array:
    """Law of rewind-and-repeat with at most n draws, by listing all sequences; last, the expected number of draws."""
    out, expected, first = 0 * p, 0 * p[0], len(p) - min(int(accepted), len(p))
    for draws in product(range(len(p)), repeat=int(n)):
        weight = 1 + 0 * p[0]
        for y in draws:
            weight = weight * p[y]
        stop = next((i for i, y in enumerate(draws) if y >= first), None)
        kept = max(draws) if stop is None else draws[stop]
        out[kept] = out[kept] + weight
        expected = expected + weight * (int(n) if stop is None else stop + 1)
    return np.append(out, expected)


@claim(
    "best_of_n.rewind_with_a_budget",
    "==",
    paper=DERIVED,
    assumptions="at most n draws, the best one is kept if none is accepted; distinct rewards",
    instances=budgeted_thresholds(),
    search={"p": Simplex(3), "accepted": Integers(1, 3), "n": Integers(1, 4)},
    allowance=over_accepted,
    argument="The first accepted draw is at position i with probability (1 - delta)^(i-1) delta, and its law is p/delta "
    "there; the geometric sums are those of the steps. If none is accepted, all draws lie below, and the best is y with "
    "probability F_y^n - F_(y-1)^n.",
)
def rewind_with_a_budget(p: Array, accepted: int, n: int) -> Sides:
    r"""$\pi(y) = \frac{p_y}{\delta} (1 - (1 - \delta)^n)$ if accepted, else $F_y^n - F_{y-1}^n$; $\frac{1 - (1 -
    \delta)^n}{\delta}$ draws are expected.
    """
    p = positive(p)
    best = min(int(accepted), len(p))
    mass = p[-best:].sum()
    expected = (1 - power(1 - mass, n)) / mass if best < len(p) else 1 + 0 * p[0]
    out = law(p, n)
    out[-best:] = p[-best:] * expected
    return played(p, accepted, n), np.append(out, expected)


@rewind_with_a_budget.false_sibling("the last draw is kept if none is accepted")
def _(p: Array, accepted: int, n: int) -> Sides:
    p = positive(p)
    best = min(int(accepted), len(p))
    mass = p[-best:].sum()
    below = power(1 - mass, n - 1) if best < len(p) else 0 * mass
    out = p * below
    out[-best:] = p[-best:] * (1 - power(1 - mass, n)) / mass
    return played(p, accepted, n)[:-1], out


@rewind_with_a_budget.known("the top two of four, three draws")
def _() -> dict[str, Any]:
    return {"p": [Fraction(k, 10) for k in (4, 3, 2, 1)], "accepted": 2, "n": 3}


@rewind_with_a_budget.step("one more draw, for the law", method="expand")
def _() -> tuple[Any, Any]:
    d, r = sp.symbols("delta R", positive=True)  # R = (1 - delta)^n
    return (1 - r) / d + r, (1 - r * (1 - d)) / d


@rewind_with_a_budget.step("expected draws: the n-th is needed with probability (1 - delta)^(n-1)", method="cancel")
def _() -> tuple[Any, Any]:
    d, r = sp.symbols("delta R", positive=True)
    return (1 - r * (1 - d)) / d - (1 - r) / d, r


@claim(
    "best_of_n.rewind_in_the_continuum",
    ">=",
    paper=DERIVED,
    assumptions="outcomes without mass (the limit of small ones), real n >= 1",
    instances=st.builds(dict, n=st.floats(1, 1e6)),
    search={"n": LogInterval(1, 1000)},
    allowance=tiny,
    argument="With x = 1/n and D the cap, 1 - e^-D / 2 <= n / (n + 1) says log((1 + x)/2) + 1 - x >= 0, after logarithms "
    "(first step). It is 0 at x = 1, and falls in x (second step).",
)
def rewind_in_the_continuum(n: Any) -> Sides:
    r"""At equal divergence the best of $n$ wins more often than drawing until accepted: $\frac{n}{n+1} \ge 1 - \frac12 e^{-D}$
    for $D = \log n - \frac{n-1}{n}$.
    """
    return n / (n + 1), 1 - _exp_of_minus_cap(n) / 2


def _exp_of_minus_cap(n: Any) -> Any:
    """``e^(1 - 1/n) / n``."""
    return exp((n - 1) / n) / n


@rewind_in_the_continuum.false_sibling("at equally many expected draws, 1 - 1/(2n)")
def _(n: Any) -> Sides:
    return n / (n + 1), 1 - 1 / (2 * n)


@rewind_in_the_continuum.known("four draws")
def _() -> dict[str, Any]:
    return {"n": Fraction(4)}


@rewind_in_the_continuum.step("in x = 1/n", method="logarithms")
def _() -> tuple[Any, ...]:
    x = sp.Symbol("x", positive=True)
    n = 1 / x
    # 1/(n + 1) <= e^-D / 2, in logarithms
    return -(sp.log(n) - (n - 1) / n) - sp.log(2) + sp.log(n + 1), 1 - x + sp.log((1 + x) / 2), [1 + x, 1 + 1 / x]


@rewind_in_the_continuum.step("it falls", method="cancel", relation=">=")
def _() -> tuple[Any, Any]:
    x = sp.Symbol("x", positive=True)
    return -sp.diff(1 - x + sp.log((1 + x) / 2), x), sp.Integer(0)


@claim(
    "best_of_n.rewind_at_equal_draws",
    ">=",
    paper=DERIVED,
    assumptions="outcomes without mass, real n >= 1, acceptance 1/n",
    instances=st.builds(dict, n=st.floats(1, 1e6)),
    search={"n": LogInterval(1, 1000)},
    allowance=tiny,
    argument="The difference is that of the step; the divergence is log n, more than the cap.",
)
def rewind_at_equal_draws(n: Any) -> Sides:
    r"""At equally many expected draws the order turns: $1 - \frac{1}{2n} \ge \frac{n}{n+1}$, at a larger divergence, $\log n$."""
    return np.array([1 - 1 / (2 * n), log(n)]), np.array([n / (n + 1), cap(n)])


@rewind_at_equal_draws.false_sibling("1 - 1/(2n) - 1/(8 n^2)")
def _(n: Any) -> Sides:
    return 1 - 1 / (2 * n) - 1 / (8 * n * n), n / (n + 1) + 1 / (4 * n * n)


@rewind_at_equal_draws.known("four draws")
def _() -> dict[str, Any]:
    return {"n": Fraction(4)}


@rewind_at_equal_draws.step("the difference, n = 1 + i", method="cancel", relation=">=")
def _() -> tuple[Any, Any]:
    i = sp.Symbol("i", nonnegative=True)
    n = 1 + i
    return 1 - 1 / (2 * n), n / (n + 1)


def near_saturation(t: Any) -> float:
    """``F^n`` with at most two thousand draws, over masses of at least a thousandth."""
    return 1e-10


@claim(
    "best_of_n.rewind_not_dominated",
    "<=",
    paper=DERIVED,
    assumptions="p = (1 - 2t, t, t) with 1/1000 <= t <= 1/100; the top two are accepted; n = 2/t",
    instances=st.builds(dict, t=st.floats(1e-3, 1e-2)),
    search={"t": Interval(Fraction(1, 1000), Fraction(1, 100))},
    allowance=near_saturation,
)
def rewind_not_dominated(t: Any) -> Sides:
    r"""On $p = (1 - 2t, t, t)$ drawing until one of the top two comes beats the best of any number of draws at equal
    divergence: with $n = 2/t$ (real) best-of-$n$ has more divergence than $\log\frac{1}{2t}$ and wins less often than $1 - t$,
    and both grow with n.
    """
    p, n = np.array([1 - 2 * t, t, t]), 2 / t
    return np.array([-log(2 * t), win_rate(p, n)]), np.array([kl(law(p, n), p), 1 - t])


@rewind_not_dominated.false_sibling("best-of-n beats it at equal divergence on every alphabet")
def _(t: Any) -> Sides:
    p, n = np.array([1 - 2 * t, t, t]), 2 / t  # more draws than for equal divergence
    return 1 - t, win_rate(p, n)


@rewind_not_dominated.known("p = (.98, .01, .01)")
def _() -> dict[str, Any]:
    return {"t": Fraction(1, 100)}
