"""Claims about confidence ellipsoids, by enumeration of all paths of arbitrary policies, and Gaussian identities."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import floats_only, is_exact, log, power, rational, sqrt
from proofs_check.claim import claim
from proofs_check.spaces import Interval, LogInterval, Vector
from proofs_check.topics.linear_bandits.formulas import (
    Array,
    Sides,
    arms_of,
    determinant,
    gram,
    inner,
    mixture,
    norm,
    solve,
    total,
)
from proofs_check.topics.linear_bandits.instances import ABBASI, RUSSAC, fractions, grid
from tabular.linear_bandits import RademacherPaths, gaussian_identity, rademacher_paths

POLICIES: dict[str, Any] = {
    "instances": st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(1, 4)).flatmap(
        lambda n: st.builds(
            dict,
            actions=grid(n[0], n[1], steps=2, most=2.0),
            policy=st.lists(st.integers(0, 5), min_size=2 ** n[2] - 1, max_size=2 ** n[2] - 1).map(lambda x: np.array(x) / 6),
            lam=st.sampled_from([0.25, 1.0, 4.0]),
            theta=grid(n[1]),
            delta=st.sampled_from([0.05, 0.25, 0.5, 0.875]),
        )
    ),
    "search": {
        "actions": Vector((2, 2)),
        "policy": Vector(7, 0, 1),
        "lam": LogInterval(Fraction(1, 16), 4),
        "theta": Vector(2),
        "delta": Interval(Fraction(1, 20), Fraction(9, 10)),
    },
}
"""A policy says for each history, in the order of :mod:`tabular.linear_bandits.enumeration`, which share of the actions comes
before the one that it plays."""


def exponentials(**_: Any) -> float:
    """Exponentials of at most a few dozen, averaged; below 1e3 where Grams are regularised by 1/16 or more."""
    return 1e-9


def exact_probabilities(**_: Any) -> float:
    """Counts of paths over powers of two are exact; a path within rounding of the edge would be decided exactly."""
    return 0.0


def tree(actions: Array, policy: Array, factor: Any = 1) -> list[list[tuple[Array, list[Array]]]]:
    """For each time the noise sum and the actions of every path; noise is +-factor, minus first."""
    levels: list[list[tuple[Array, list[Array]]]] = [[(actions[0] * 0, [])]]
    at = 0
    while at < len(policy):
        grown = []
        for noise_sum, played in levels[-1]:
            a = actions[arms_of(policy[at], len(actions))]
            at += 1
            grown += [(noise_sum - a * factor, [*played, a]), (noise_sum + a * factor, [*played, a])]
        levels.append(grown)
    return levels


@floats_only
def enumerated(actions: Array, policy: Array, lam: float, theta: Array) -> RademacherPaths:
    """All paths, by our enumeration."""
    chosen = np.array([arms_of(p, len(actions)) for p in policy])
    rounds = int(np.log2(len(policy) + 1))
    return rademacher_paths(
        lambda grams, moments, t: chosen[2**t - 1 : 2 ** (t + 1) - 1], actions, rounds, theta=theta, regularization=lam
    )


def means(actions: Array, policy: Array, lam: Any, theta: Array) -> Array:
    """E M_t for each t."""
    if not is_exact():
        return enumerated(actions, policy, lam, theta).expected_martingale
    return _integrated(actions, policy, lam, 1)


def _integrated(actions: Array, policy: Array, lam: Any, noise: Any) -> Array:
    """E M_t if the noise is taken for so large."""
    out = []
    for level in tree(actions, policy):
        values = [mixture(_gram(played, lam, s), s, lam, noise) for s, played in level]
        out.append(total(values) / len(level))
    return np.array(out)


def _gram(played: list[Array], lam: Any, like: Array) -> Array:
    return gram(np.array([*played, like * 0]), lam)


@claim(
    "linear_bandits.self_normalised",
    "<=",
    paper=ABBASI,
    theorem="Lemma 9",
    assumptions="any adaptive policy; noise that is conditionally R-sub-Gaussian, here +-1 with equal chances",
    allowance=exponentials,
    argument="For a fixed x the factor exp(eta <x, a> / R - <x, a>^2 / 2) has a conditional mean of at most 1: for eta = +-R "
    "because cosh z <= exp(z^2 / 2), whose coefficients of z^(2 k), 1 / (2 k)! and 1 / (2^k k!), have the quotient of the "
    "first step, at most 1, from one k to the next. Their products are supermartingales, and so is their mean over x ~ N(0, I "
    "/ lambda), which is M by completing the square: the second step in one dimension, and coordinates in which V is diagonal "
    "make d of them.",
    **POLICIES,
)
def self_normalised(actions: Array, policy: Array, lam: Any, theta: Array, delta: Any) -> Sides:
    r"""$E M_{t+1} \le E M_t \le 1$ for $M_t = \sqrt{\lambda^d / \det V_t} \exp(\|S_t\|^2_{V_t^{-1}} / (2 R^2))$, $S_t =
    \sum_{s \le t} \eta_s a_s$."""
    found = means(actions, policy, lam, theta)
    return found[1:], found[:-1]


@self_normalised.false_sibling("without the determinant")
def _(actions: Array, policy: Array, lam: Any, theta: Array, delta: Any) -> Sides:
    found = []
    for level in tree(actions, policy):
        values = []
        for s, played in level:
            V = _gram(played, lam, s)
            values.append(mixture(V, s, lam) * sqrt(determinant(V) / power(lam, len(s))))
        found.append(total(values) / len(level))
    return np.array(found[1:]), np.array(found[:-1])


@self_normalised.false_sibling("noise taken for R = 7/10 of what it is")
def _(actions: Array, policy: Array, lam: Any, theta: Array, delta: Any) -> Sides:
    found = _integrated(actions, policy, lam, rational(7, 10))
    return found[1:], found[:-1]


@self_normalised.step(
    "(1 / (2 k + 2)!) / (1 / (2 k)!) over (1 / (2^(k+1) (k+1)!)) / (1 / (2^k k!)) is 1 / (2 k + 1)", method="cancel"
)
def _() -> tuple[Any, Any]:
    k = sp.Symbol("k", integer=True, nonnegative=True)
    return (1 / ((2 * k + 1) * (2 * k + 2))) / (1 / (2 * (k + 1))), 1 / (2 * k + 1)


@self_normalised.step(
    "the Gaussian mean of exp(s x - g x^2 / 2) is sqrt(lambda / (lambda + g)) exp(s^2 / (2 (lambda + g)))", method="integrate"
)
def _() -> tuple[Any, Any]:
    s, x = sp.symbols("s x", real=True)
    g, lam = sp.symbols("g lambda", positive=True)
    density = sp.sqrt(lam / (2 * sp.pi)) * sp.exp(-lam * x**2 / 2)
    whole = sp.Integral(density * sp.exp(s * x - g * x**2 / 2), (x, -sp.oo, sp.oo))
    return whole, sp.sqrt(lam / (lam + g)) * sp.exp(s**2 / (2 * (lam + g)))


def coin() -> dict[str, Any]:
    """One action, three rounds."""
    return {
        "actions": fractions("1"),
        "policy": fractions("0 0 0 0 0 0 0")[0],
        "lam": Fraction(1),
        "theta": fractions("0")[0],
        "delta": Fraction(1, 4),
    }


self_normalised.known("one action, three rounds")(coin)


# --- the ellipsoid -----------------------------------------------------------------------------------------------------------


def _ever(levels: list[list[bool]]) -> Any:
    """Share of the paths on which the event happens at some time."""
    happened = [False]
    for level in levels:
        happened = [event or happened[p // 2] for p, event in enumerate(level)]
    return rational(sum(happened), len(happened))


def _above(x: Any, y: Any) -> bool:
    """Whether x >= y, or might be."""
    return not bool(x < y)


def _misses(actions: Array, policy: Array, lam: Any, theta: Array, delta: Any, volume: bool = True) -> Array:
    """Chances that M reaches 1 / delta, and that the ellipsoid misses the parameter, at some time."""
    reaches, misses = [], []
    for level in tree(actions, policy):
        large, missed = [], []
        for s, played in level:
            V = _gram(played, lam, s)
            grown = log(determinant(V) / power(lam, len(s))) if volume else rational(0)
            inside, off = 2 * log(1 / delta) + grown, s - theta * lam
            large.append(_above(inner(s, solve(V, s)), inside))
            missed.append(bool(sqrt(inner(off, solve(V, off))) > sqrt(lam) * norm(theta) + sqrt(inside)))
        reaches.append(large)
        misses.append(missed)
    return np.array([_ever(reaches), _ever(misses)])


@claim(
    "linear_bandits.oful_self_normalised",
    "<=",
    paper=ABBASI,
    theorem="Theorems 1 and 2",
    assumptions="any adaptive policy; noise that is conditionally R-sub-Gaussian, here +-1 with equal chances; |theta| <= S",
    allowance=exact_probabilities,
    uses=("linear_bandits.self_normalised",),
    argument="By self_normalised M is a nonnegative supermartingale with mean at most 1, so that it ever reaches 1 / delta "
    "with probability at most delta: stop it at the first such time, or at T; its mean is then at least 1 / delta times that "
    "probability. M >= 1 / delta says |S|^2 >= 2 R^2 log(1 / delta) + R^2 log(det V / lambda^d). The step, for numbers, is V "
    "(theta_hat - theta) = S - lambda theta, and lambda |theta| in the norm of V^(-1) is at most sqrt(lambda) |theta|, so "
    "that a miss is such an event.",
    **POLICIES,
)
def ellipsoid(actions: Array, policy: Array, lam: Any, theta: Array, delta: Any) -> Sides:
    r"""$P(\max_t M_t \ge 1/\delta) \le \delta$, and $P(\exists t: \|\hat\theta_t - \theta\|_{V_t} > \sqrt\lambda S + R \sqrt{2
    \log\frac1\delta + \log\frac{\det V_t}{\lambda^d}}) \le \delta$."""
    most = np.array([delta, delta])
    if not is_exact():
        found = enumerated(actions, policy, lam, theta)
        return np.array([found.exceedance(delta), found.miss_probability(delta)]), most
    return _misses(actions, policy, lam, theta, delta), most


@ellipsoid.false_sibling("without the determinant")
def _(actions: Array, policy: Array, lam: Any, theta: Array, delta: Any) -> Sides:
    return _misses(actions, policy, lam, theta, delta, volume=False), np.array([delta, delta])


@ellipsoid.false_sibling("with probability delta / 2")
def _(actions: Array, policy: Array, lam: Any, theta: Array, delta: Any) -> Sides:
    return _misses(actions, policy, lam, theta, delta), np.array([delta, delta]) / 2


@ellipsoid.step("(lambda + g) ((g theta + s) / (lambda + g) - theta) = s - lambda theta", method="cancel")
def _() -> tuple[Any, Any]:
    lam, g = sp.symbols("lambda g", positive=True)
    theta, s = sp.symbols("theta s", real=True)
    return (lam + g) * ((g * theta + s) / (lam + g) - theta), s - lam * theta


@ellipsoid.known("one action, two rounds: M_2 = 1.1245 on half of the paths")
def _() -> dict[str, Any]:
    return coin() | {"policy": fractions("0 0 0")[0], "delta": Fraction(89, 100)}


@ellipsoid.known("three orthogonal actions: |S|^2 is almost 3 for sure")
def _() -> dict[str, Any]:
    return {
        "actions": fractions("10 0 0", "0 10 0", "0 0 10"),
        "policy": fractions("0 1/3 1/3 2/3 2/3 2/3 2/3")[0],
        "lam": Fraction(1),
        "theta": fractions("0 0 0")[0],
        "delta": Fraction(1, 4),
    }


# --- Gaussian noise ----------------------------------------------------------------------------------------------------------


@claim(
    "linear_bandits.gaussian_identity",
    "==",
    paper=RUSSAC,
    theorem="proof of Theorem 1: the matrix that norms a discounted noise sum has squared discounts",
    assumptions="fixed actions, Gaussian noise of variance R^2 = 1; gamma = 1 is the ordinary case",
    instances=st.tuples(st.integers(1, 5), st.integers(1, 3)).flatmap(
        lambda shape: st.builds(
            dict,
            actions=grid(*shape),
            lam=st.sampled_from([0.25, 1.0, 4.0]),
            gamma=st.sampled_from([1.0, 0.9, 0.5, 0.25]),
        )
    ),
    search={
        "actions": Vector((3, 2)),
        "lam": LogInterval(Fraction(1, 10), 4),
        "gamma": Interval(Fraction(1, 10), 1),
    },
    allowance=exponentials,
    argument="S is Gaussian with the covariance G, and E exp(|S|^2 / 2) in the norm of W^(-1) is det(I - W^(-1) G)^(-1/2): in "
    "coordinates in which W is the identity and G is diagonal a product of the integrals of the step. With W = G + lambda I "
    "the matrix I - W^(-1) G is lambda W^(-1).",
)
def gaussian(actions: Array, lam: Any, gamma: Any) -> Sides:
    r"""$E \exp(\|S\|^2_{W^{-1}} / 2)^{-2} = \det(I - W^{-1} G) = \lambda^d / \det W$ for $S = \sum_s \gamma^{T-s} \eta_s a_s$, $W
    = \lambda I + G$ and $G = \sum_s \gamma^{2 (T - s)} a_s a_s^T$: the mean of the mixture martingale is 1."""
    if not is_exact():
        left, right = gaussian_identity(actions, regularization=lam, discount=gamma)
        return left**-2, right**-2
    return _both(actions, lam, gamma, gamma * gamma)


def _both(actions: Array, lam: Any, gamma: Any, of_gram: Any) -> Sides:
    """With a Gram of the given discount."""
    d = actions.shape[1]
    G, W = gram(actions, lam * 0, gamma * gamma), gram(actions, lam, of_gram)
    return determinant(np.array(W - G)) / determinant(W), power(lam, d) / determinant(W)


@gaussian.false_sibling("with V, of plain discounts, in place of W")
def _(actions: Array, lam: Any, gamma: Any) -> Sides:
    return _both(actions, lam, gamma, gamma)


@gaussian.false_sibling("without regularisation in the limit: the determinant of W alone")
def _(actions: Array, lam: Any, gamma: Any) -> Sides:
    left, right = _both(actions, lam, gamma, gamma * gamma)
    return left, right / power(lam, actions.shape[1])


@gaussian.step("the mean of exp(g x^2 / 2) under N(0, 1) is (1 - g)^(-1/2), here with 1 - g = 1 / (1 + u)", method="integrate")
def _() -> tuple[Any, Any]:
    x = sp.symbols("x", real=True)
    u = sp.symbols("u", positive=True)
    inside = sp.exp(-(x**2) / (2 * (1 + u))) / sp.sqrt(2 * sp.pi)
    return sp.Integral(inside, (x, -sp.oo, sp.oo)), sp.sqrt(1 + u)


@gaussian.known("four actions in three dimensions, an equality: 13.3601164430 to the power -2")
def _() -> dict[str, Any]:
    rows = fractions("1 0 1", "0 2 1", "1 1 0", "1 -1 1")
    return {"actions": rows, "lam": Fraction(7, 10), "gamma": Fraction(1)}


@gaussian.known("discounts of 9/10, an equality: 5.7937546203 to the power -2")
def _() -> dict[str, Any]:
    rows = fractions("1 0", "0 1", "1 1", "1 -1")
    return {"actions": rows, "lam": Fraction(1, 2), "gamma": Fraction(9, 10)}
