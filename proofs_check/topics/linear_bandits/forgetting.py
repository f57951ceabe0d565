r"""Claims about learners that forget: how much of an old action remains in the estimate.

An estimate of discounted or windowed least squares is biased by :math:`V^{-1} \sum_{s \le p} a_s a_s^T (\theta_s - \theta_t)`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import is_exact, rational
from proofs_check.claim import claim
from proofs_check.spaces import Interval, LogInterval, Vector
from proofs_check.topics.linear_bandits.formulas import Array, Sides, gram, inner, solve
from proofs_check.topics.linear_bandits.instances import RUSSAC, fractions, grid
from tabular.linear_bandits import bias_step, worst_bias_norm

CHEUNG = "Cheung, Simchi-Levi and Zhu (2019), Learning to optimize under non-stationarity"

FALSE_STEP = (
    "The original analyses of D-LinUCB and SW-LinUCB bound this norm by 1. That is true of the eigenvalues, but V^(-1) a a^T is "
    "not symmetric: with lambda = 1/100, a = (1, 0) and then (4/5, 3/5) the squared norm is 36730000/14447601 = 2.54, and no "
    "bound is free of lambda. For actions any two of which are parallel or orthogonal the step is right. The rates T^(2/3) were "
    "derived with it; later analyses that do without it have T^(3/4)."
)


def conditions(**_: Any) -> float:
    """Squared norms up to 1 / (4 lambda), from Grams whose condition is at most a few hundred."""
    return 1e-8


def squared(first: Array, later: Array, lam: Any) -> Any:
    """Squared norm of V^-1 a a^T."""
    if not is_exact():
        return bias_step(first.tolist(), later.tolist(), lam).squared_norm
    left = solve(gram(np.concatenate([first[None], later]), lam), first)
    return inner(left, left) * inner(first, first)


@claim(
    "linear_bandits.d_linucb",
    "<=",
    paper=RUSSAC,
    theorem="the bias step of the proof of Theorem 2 (also of Cheung, Simchi-Levi and Zhu 2019), for one old action; "
    "corrected here",
    assumptions="an old action a; any later ones, their discounts taken into them",
    instances=st.integers(1, 3).flatmap(
        lambda d: st.builds(
            dict,
            first=grid(d),
            later=st.integers(1, 4).flatmap(lambda n: grid(n, d)),
            lam=st.sampled_from([0.0625, 0.25, 1.0, 4.0]),
        )
    ),
    search={"first": Vector(2), "later": Vector((2, 2)), "lam": LogInterval(Fraction(1, 100), 1)},
    allowance=conditions,
    correction=FALSE_STEP,
    argument="With N = lambda I plus the later actions and w = a^T N^(-1) a, V^(-1) a = N^(-1) a / (1 + w). As N >= lambda I, "
    "|N^(-1) a|^2 <= w / lambda, so that |V^(-1) a|^2 <= w / (lambda (1 + w)^2), and by the step that is at most 1 / (4 "
    "lambda).",
)
def d_linucb(first: Array, later: Array, lam: Any) -> Sides:
    r"""$\|V^{-1} a a^T\|^2 \le \frac{\|a\|^2}{4 \lambda}$, with $V = \lambda I + a a^T + \sum_{\text{later}} b b^T$."""
    return squared(first, later, lam), inner(first, first) / (4 * lam)


@d_linucb.false_sibling("at most 1, as published")
def _(first: Array, later: Array, lam: Any) -> Sides:
    return squared(first, later, lam), rational(1)


@d_linucb.false_sibling("99/100 of it")
def _(first: Array, later: Array, lam: Any) -> Sides:
    return squared(first, later, lam), rational(99, 100) * inner(first, first) / (4 * lam)


@d_linucb.step("1/4 - w / (1 + w)^2 = (1 - w)^2 / (4 (1 + w)^2)", method="cancel")
def _() -> tuple[Any, Any]:
    w = sp.symbols("w", positive=True)
    return sp.Rational(1, 4) - w / (1 + w) ** 2, (1 - w) ** 2 / (4 * (1 + w) ** 2)


@d_linucb.known("lambda = 1/100, a = (1, 0), then (4/5, 3/5)")
def _() -> dict[str, Any]:
    return {"first": fractions("1 0")[0], "later": fractions("4/5 3/5"), "lam": Fraction(1, 100)}


@d_linucb.known("|a|^2 = lambda and nothing but orthogonal actions later, an equality")
def _() -> dict[str, Any]:
    return {"first": fractions("1 0")[0], "later": fractions("0 1"), "lam": Fraction(1)}


@d_linucb.known("lambda = 1/100, a = (1, 0), then a hundred times a direction close to it")
def _() -> dict[str, Any]:
    c, s = (Fraction(x, 1 + 400) for x in (400 - 1, 40))
    return {"first": fractions("1 0")[0], "later": np.array([[100 * c, 100 * s]], dtype=object), "lam": Fraction(1, 100)}


@claim(
    "linear_bandits.sw_linucb",
    "<=",
    paper=CHEUNG,
    theorem="the bias step of the proof of Theorem 2, for one old and one later action; corrected here",
    assumptions="unit actions a = (1, 0), then b = (1 - t^2, 2 t) / (1 + t^2); lambda <= 1/2",
    instances=st.builds(dict, t=st.integers(-20, 20).map(lambda i: i / 10), lam=st.sampled_from([0.01, 0.0625, 0.25, 0.5])),
    search={"t": Interval(-2, 2), "lam": LogInterval(Fraction(1, 1000), Fraction(1, 2))},
    allowance=conditions,
    correction=FALSE_STEP,
    argument="With x = <a, b>^2 the squared norm is, by the first step, ((1 + lambda)^2 - (1 + 2 lambda) x) / ((1 + lambda)^2 "
    "- x)^2. With z = (1 + lambda)^2 - x that is (1 + 2 lambda) / z - 2 lambda (1 + lambda)^2 / z^2, a parabola in 1 / z, "
    "which is the bound less a square (second step).",
)
def sw_linucb(t: Any, lam: Any) -> Sides:
    r"""$\|V^{-1} a a^T\|^2 \le \frac{(1 + 2 \lambda)^2}{8 \lambda (1 + \lambda)^2}$ for unit actions in the plane, attained where
    $\langle a, b \rangle^2 = \frac{(1 + \lambda)^2 (1 - 2 \lambda)}{1 + 2 \lambda}$."""
    most = worst_bias_norm(lam) ** 2 if not is_exact() else (1 + 2 * lam) ** 2 / (8 * lam * (1 + lam) ** 2)
    return _pair(t, lam), most


def _pair(t: Any, lam: Any) -> Any:
    """a = (1, 0), b on the circle."""
    one = t * 0 + 1
    b = np.array([(1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)])
    return squared(np.array([one, t * 0]), b[None], lam)


@sw_linucb.false_sibling("at most 1, as published")
def _(t: Any, lam: Any) -> Sides:
    return _pair(t, lam), rational(1)


@sw_linucb.false_sibling("99/100 of it")
def _(t: Any, lam: Any) -> Sides:
    return _pair(t, lam), rational(99, 100) * (1 + 2 * lam) ** 2 / (8 * lam * (1 + lam) ** 2)


@sw_linucb.step("the squared norm of the first column of V^(-1), with b = (c, s) and x = c^2", method="cancel")
def _() -> tuple[Any, Any]:
    lam, x = sp.symbols("lambda x", positive=True)
    c, s = sp.sqrt(x), sp.sqrt(1 - x)
    det = (1 + lam + c**2) * (lam + s**2) - c**2 * s**2
    column = ((lam + s**2) ** 2 + c**2 * s**2) / sp.expand(det) ** 2
    return sp.expand(sp.numer(column)) / sp.denom(column), ((1 + lam) ** 2 - (1 + 2 * lam) * x) / ((1 + lam) ** 2 - x) ** 2


@sw_linucb.step("the parabola is the bound less a square", method="cancel")
def _() -> tuple[Any, Any]:
    lam, z = sp.symbols("lambda z", positive=True)
    q = (1 + lam) ** 2
    parabola = (1 + 2 * lam) / z - 2 * lam * q / z**2
    return parabola, (1 + 2 * lam) ** 2 / (8 * lam * q) - 2 * lam * q * (1 / z - (1 + 2 * lam) / (4 * lam * q)) ** 2


@sw_linucb.known("lambda = 1/100, b = (4/5, 3/5)")
def _() -> dict[str, Any]:
    return {"t": Fraction(1, 3), "lam": Fraction(1, 100)}
