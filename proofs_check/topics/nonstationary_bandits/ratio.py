r"""Claims about the information ratio of Thompson sampling, at one belief.

With :math:`\alpha` the law of the best action and :math:`d_{a x} = E[R_a | A^* = x] - E R_a`, the regret is :math:`\sum_a
\alpha(a) d_{aa}`, and what one step tells is at least :math:`2 \sum_{a, x} \alpha(a) \alpha(x) d_{a x}^2`.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import floats_only, is_exact, kl, largest, rational
from proofs_check.claim import claim
from proofs_check.spaces import Interval, Simplex, Vector
from proofs_check.strategies import distributions
from proofs_check.topics.nonstationary_bandits.formulas import arms, best_arms, gaps, one_hot, played, total
from proofs_check.topics.nonstationary_bandits.instances import (
    DERIVED,
    MIN,
    RUSSO,
    Array,
    Sides,
    bandits,
    fractions,
    small_gaps,
    unit_vectors,
    units,
)
from tabular.bandits import LatentBandit

ONE_BELIEF = bandits().map(lambda given: {"mu": given["mu"], "nu": given["nu"]})


def one_step(mu: Array, nu: Array) -> tuple[Any, Any]:
    """Regret and information of one step of Thompson sampling."""
    run = played(np.array([nu] * len(nu)), mu, nu, 1)
    return run.regret[0], run.gains[0]


def candidates(mu: Array, nu: Array) -> int:
    """How many arms may be the best."""
    return len({int(a) for a, mass in zip(best_arms(mu), nu, strict=True) if mass > 0})


def one_state_each(k: int = 2, gap: str = "1/1000") -> dict[str, Any]:
    """As many states as arms, all alike, that differ by little."""
    given = small_gaps(k, gap)
    return {"mu": given["mu"], "nu": given["nu"]}


# --- k - 1 -------------------------------------------------------------------------------------------------------------------


@claim(
    "nonstationary_bandits.information_ratio",
    "<=",
    paper=RUSSO,
    theorem="Proposition 3 (k in place of k - 1); sharpened here",
    assumptions="Bernoulli rewards; in general 2 sigma^2 in place of 1/2, sigma^2 the proxy of the reward given the past",
    instances=ONE_BELIEF,
    search={"mu": Vector((3, 3), 0, 1), "nu": Simplex(3)},
    allowance=units,
    argument="The divergence of two coins is at least twice the squared difference (first step: 1 / (q (1 - q)) >= 4 is the "
    "ratio of the derivatives in q), so that I >= 2 sum alpha(a) alpha(x) d_ax^2. As sum_x alpha(x) d_ax = 0, the entries x "
    "other than a carry at least alpha(a)^2 d_aa^2 / (1 - alpha(a)) by Cauchy (second step, two of them), which with that of "
    "a makes alpha(a) d_aa^2 / (1 - alpha(a)) (third step). By Cauchy again (sum alpha d_aa)^2 <= sum (1 - alpha(a)) sum "
    "alpha^2 d_aa^2 / (1 - alpha), and sum (1 - alpha(a)) over the arms that may be best is their number less one.",
)
def information_ratio(mu: Array, nu: Array) -> Sides:
    r"""$\text{regret}^2 \le \frac{k - 1}{2} I(A^*; (A, O))$ for Thompson sampling, with $k$ the number of arms that may be
    best."""
    lost, gained = one_step(mu, nu)
    return lost * lost, rational(candidates(mu, nu) - 1, 2) * gained


@information_ratio.false_sibling("the constant less a thousandth")
def _(mu: Array, nu: Array) -> Sides:
    lost, gained = one_step(mu, nu)
    return lost * lost, (rational(candidates(mu, nu) - 1, 2) - rational(1, 1000)) * gained


@information_ratio.false_sibling("the constant of full information, 1 / 2, whatever k")
def _(mu: Array, nu: Array) -> Sides:
    lost, gained = one_step(mu, nu)
    return lost * lost, gained / 2


@information_ratio.step("1 / (q (1 - q)) - 4 = (1 - 2 q)^2 / (q (1 - q))", method="cancel")
def _() -> tuple[Any, Any]:
    q = sp.symbols("q", positive=True)
    return 1 / (q * (1 - q)) - 4, (1 - 2 * q) ** 2 / (q * (1 - q))


@information_ratio.step("(w1 + w2) (w1 x^2 + w2 y^2) - (w1 x + w2 y)^2 = w1 w2 (x - y)^2", method="expand")
def _() -> tuple[Any, Any]:
    w1, w2, x, y = sp.symbols("w1 w2 x y", real=True)
    return (w1 + w2) * (w1 * x**2 + w2 * y**2) - (w1 * x + w2 * y) ** 2, w1 * w2 * (x - y) ** 2


@information_ratio.step("a d^2 + (a d)^2 / (1 - a) = a d^2 / (1 - a)", method="cancel")
def _() -> tuple[Any, Any]:
    a, d = sp.symbols("a d", positive=True)
    return a * d**2 + (a * d) ** 2 / (1 - a), a * d**2 / (1 - a)


information_ratio.known("two arms, small gaps: .4999998 of 1/2")(one_state_each)
information_ratio.known("three arms, small gaps: almost 1")(lambda: one_state_each(3))


@claim(
    "nonstationary_bandits.ratio_is_tight",
    "<=",
    paper=DERIVED,
    theorem="the constant k - 1 is attained for every law of the best action",
    assumptions="every arm may be the best; 0 < r < 1",
    instances=st.integers(2, 4).flatmap(
        lambda k: st.builds(
            dict,
            alpha=distributions(k).map(lambda p: (p + 0.05) / (1 + 0.05 * len(p))),
            r=st.sampled_from([0.01, 0.1, 0.5, 0.9]),
        )
    ),
    search={"alpha": Simplex(3), "r": Interval(Fraction(1, 1000), Fraction(99, 100))},
    allowance=units,
    argument="One state for each arm x, with the law alpha; arm x pays 1/2 + c (1 - alpha_x) / alpha_x in its state and 1/2 - "
    "c in the others, c such that no mean is further than r / 2 from 1/2. Every arm pays 1/2 on average, the regret is c (k - "
    "1), and sum alpha(a) alpha(x) d_ax^2 = c^2 (k - 1) (first step, for one arm). The divergence of 1/2 + x from 1/2 has the "
    "second derivative 4 / (1 - 4 x^2) (second step), hence the terms (2 x)^(2 j) / (2 j (2 j - 1)), of which those from the "
    "second on have coefficients of at most 1/12 (third step): it is at most 2 x^2 (1 + r^2 / (6 (1 - r^2))).",
)
def ratio_is_tight(alpha: Array, r: Any) -> Sides:
    r"""For every $\alpha$ there are means with $\frac{k - 1}{2} I \le \text{regret}^2 (1 + \frac{r^2}{6 (1 - r^2)})$, where $r
    \to 0$ is possible."""
    lost, gained = _spread(alpha, r)
    return rational(len(alpha) - 1, 2) * gained, lost * lost * (1 + r * r / (6 * (1 - r * r)))


def _spread(alpha: Array, r: Any) -> Sides:
    if not all(x > 0 for x in alpha):
        return rational(0), rational(0)
    half, c = rational(1, 2), r / (2 * largest(np.array([(1 - x) / x for x in alpha] + [rational(1)])))
    mu = np.array([[half + c * (1 - x) / x if a == i else half - c for a in range(len(alpha))] for i, x in enumerate(alpha)])
    return one_step(mu, alpha)


@ratio_is_tight.false_sibling("at a positive r already")
def _(alpha: Array, r: Any) -> Sides:
    lost, gained = _spread(alpha, r)
    return rational(len(alpha) - 1, 2) * gained, lost * lost


@ratio_is_tight.step("a (c (1 - a) / a)^2 + (1 - a) c^2 = c^2 (1 - a) / a", method="cancel")
def _() -> tuple[Any, Any]:
    a, c = sp.symbols("a c", positive=True)
    return a * (c * (1 - a) / a) ** 2 + (1 - a) * c**2, c**2 * (1 - a) / a


@ratio_is_tight.step("the second derivative of the divergence of 1/2 + x from 1/2 is 4 / (1 - 4 x^2)", method="cancel")
def _() -> tuple[Any, Any]:
    x = sp.symbols("x", positive=True)
    half = sp.Rational(1, 2)
    divergence = (half + x) * sp.log(1 + 2 * x) + (half - x) * sp.log(1 - 2 * x)
    return sp.diff(divergence, x, 2), 4 / (1 - 4 * x**2)


@ratio_is_tight.step("2 j (2 j - 1) - 12 = 2 (j - 2) (2 j + 3)", method="expand")
def _() -> tuple[Any, Any]:
    j = sp.symbols("j", positive=True)
    return 2 * j * (2 * j - 1) - 12, 2 * (j - 2) * (2 * j + 3)


@ratio_is_tight.known("a law of (.9, .05, .03, .02), r = 1/100")
def _() -> dict[str, Any]:
    return {"alpha": fractions("9/10 1/20 3/100 1/50")[0], "r": Fraction(1, 100)}


# --- dimensions --------------------------------------------------------------------------------------------------------------


@st.composite
def linear_rewards(draw: st.DrawFn) -> dict[str, Any]:
    """Features of up to four arms and parameters of up to three states, in one or two dimensions."""
    n, k, d = draw(st.integers(1, 3)), draw(st.integers(2, 4)), draw(st.integers(1, 2))
    return {
        "phi": 2 * draw(unit_vectors(k * d)).reshape(k, d) - 1,
        "theta": 2 * draw(unit_vectors(n * d)).reshape(n, d) - 1,
        "nu": draw(distributions(n)),
    }


def linear_means(phi: Array, theta: Array) -> Array:
    """Means 1/2 + <phi, theta> / (2 d), in [0, 1] for entries in [-1, 1]."""
    return np.array((theta @ phi.T) / (2 * phi.shape[1]) + rational(1, 2))


@claim(
    "nonstationary_bandits.linear_ratio",
    "<=",
    paper=RUSSO,
    theorem="Proposition 5",
    assumptions="mean rewards linear in d features; Bernoulli rewards",
    instances=linear_rewards(),
    search={"phi": Vector((3, 1), -1, 1), "theta": Vector((3, 1), -1, 1), "nu": Simplex(3)},
    allowance=units,
    uses=("nonstationary_bandits.information_ratio",),
    argument="M_ax = sqrt(alpha(a) alpha(x)) d_ax has the trace sum alpha(a) d_aa, the regret, and a squared norm of at most "
    "I / 2, as in information_ratio. d_ax = <phi_a, E[theta | x] - E theta> gives it a range of at most d dimensions. With "
    "the projection Q on it, of squared norm at most d, the trace is the inner product of Q and M, as Q M = M, and by Cauchy "
    "(the step, for two entries) its square is at most d |M|^2.",
)
def linear_ratio(phi: Array, theta: Array, nu: Array) -> Sides:
    r"""$\text{regret}^2 \le \frac d2 I(A^*; (A, O))$ for Thompson sampling with rewards that are linear in $d$ dimensions."""
    lost, gained = one_step(linear_means(phi, theta), nu)
    return lost * lost, rational(phi.shape[1], 2) * gained


@linear_ratio.false_sibling("the constant less a hundredth")
def _(phi: Array, theta: Array, nu: Array) -> Sides:
    lost, gained = one_step(linear_means(phi, theta), nu)
    return lost * lost, (rational(phi.shape[1], 2) - rational(1, 100)) * gained


@linear_ratio.step("(q1^2 + q2^2) (m1^2 + m2^2) - (q1 m1 + q2 m2)^2 = (q1 m2 - q2 m1)^2", method="expand")
def _() -> tuple[Any, Any]:
    q1, q2, m1, m2 = sp.symbols("q1 q2 m1 m2", real=True)
    return (q1**2 + q2**2) * (m1**2 + m2**2) - (q1 * m1 + q2 * m2) ** 2, (q1 * m2 - q2 * m1) ** 2


@linear_ratio.known("four arms on a cross in two dimensions, small parameters: almost 1, where k - 1 would give 3/2")
def _() -> dict[str, Any]:
    cross = [[1, 0], [-1, 0], [0, 1], [0, -1]]
    return {
        "phi": np.array([[Fraction(x) for x in row] for row in cross], dtype=object),
        "theta": np.array([[Fraction(x, 100) for x in row] for row in cross], dtype=object),
        "nu": np.array([Fraction(1, 4)] * 4, dtype=object),
    }


# --- feedback about other arms -----------------------------------------------------------------------------------------------

PAIRS = ((0, 1), (2, 3))
ALL = ((0, 1, 2, 3),)


def observed(mu: Array, nu: Array, cliques: tuple[tuple[int, ...], ...]) -> tuple[Any, Any]:
    """Regret and information of one step of Thompson sampling if the rewards of the whole clique are seen."""
    if not is_exact():
        return _by_outcomes(mu, nu, cliques)
    target = one_hot(best_arms(mu), arms(mu))
    alpha = nu @ target
    gained = rational(0)
    for clique in cliques:
        told = rational(0)
        joint = np.array([nu * column for column in target.T])  # (arms, n)
        laws = np.array([clique_law(row, clique) for row in mu])  # (n, outcomes)
        overall = nu @ laws
        for row in joint:
            if row.sum() > 0:
                told = told + row.sum() * kl(row @ laws / row.sum(), overall)
        gained = gained + total(alpha[a] for a in clique) * told
    return (alpha * (nu @ gaps(mu))).sum(), gained


def clique_law(means: Array, clique: tuple[int, ...]) -> Array:
    """Law of the independent rewards of the arms of a clique."""
    out = []
    for bits in product((0, 1), repeat=len(clique)):
        chance = rational(1)
        for bit, a in zip(bits, clique, strict=True):
            chance = chance * (means[a] if bit else 1 - means[a])
        out.append(chance)
    return np.array(out)


@floats_only
def _by_outcomes(mu: Array, nu: Array, cliques: tuple[tuple[int, ...], ...]) -> Sides:
    k, size = arms(mu), max(len(c) for c in cliques)
    likelihood = np.zeros((len(mu), k, 2**size))
    for clique in cliques:
        for a in clique:
            order = (a, *(b for b in clique if b != a))  # the own reward first: it is what the outcome pays
            likelihood[:, a, : 2 ** len(clique)] = [clique_law(row, order) for row in mu]
    pays = np.arange(2**size) >= 2 ** (size - 1)
    bandit = LatentBandit(np.tile(nu, (len(nu), 1)), None, nu, outcomes=(likelihood, pays.astype(float)))
    best = np.eye(k)[best_arms(mu)]
    gained = bandit.one_step_information(1, bandit.satisficing(best), target=best)[0]
    lost = bandit.policy_regret(bandit.satisficing(best), 1)[0]
    return lost, gained


FOUR_ARMS = st.builds(
    lambda mu, nu: {"mu": mu.reshape(3, 4), "nu": nu},
    unit_vectors(12),
    distributions(3),
)


@claim(
    "nonstationary_bandits.clique_ratio",
    "<=",
    paper=MIN,
    theorem="graph feedback, constant 2 sigma^2 times the clique cover number",
    assumptions="four arms with independent Bernoulli rewards; playing one shows both of its pair",
    instances=FOUR_ARMS,
    search={"mu": Vector((3, 4), 0, 1), "nu": Simplex(3)},
    allowance=units,
    uses=("nonstationary_bandits.information_ratio",),
    argument="What the rewards of a clique C tell is sum_x alpha(x) KL(law given x, law), and for each x in C that divergence "
    "is at least that of the reward of arm x alone (data processing), hence at least 2 d_xx^2. With the chance alpha(C) of "
    "the clique that is 2 alpha(C) sum over C of alpha(x) d_xx^2 >= 2 (sum over C of alpha(x) d_xx)^2 by the first step, and "
    "by the second the sum over cliques is at least twice the squared regret over their number.",
)
def clique_ratio(mu: Array, nu: Array) -> Sides:
    r"""$\text{regret}^2 \le \frac \chi 2 I(A^*; (A, O))$ if the arms are covered by $\chi$ cliques within which all rewards are
    seen."""
    lost, gained = observed(mu, nu, PAIRS)
    return lost * lost, gained  # chi = 2


@clique_ratio.false_sibling("half of the constant")
def _(mu: Array, nu: Array) -> Sides:
    lost, gained = observed(mu, nu, PAIRS)
    return lost * lost, gained / 2


@clique_ratio.false_sibling("half of the constant of full information")
def _(mu: Array, nu: Array) -> Sides:
    lost, gained = observed(mu, nu, ALL)
    return lost * lost, gained / 4


@clique_ratio.step("(w1 + w2) (w1 x^2 + w2 y^2) - (w1 x + w2 y)^2 = w1 w2 (x - y)^2", method="expand")
def _() -> tuple[Any, Any]:
    w1, w2, x, y = sp.symbols("w1 w2 x y", real=True)
    return (w1 + w2) * (w1 * x**2 + w2 * y**2) - (w1 * x + w2 * y) ** 2, w1 * w2 * (x - y) ** 2


@clique_ratio.step("2 (x^2 + y^2) - (x + y)^2 = (x - y)^2", method="expand")
def _() -> tuple[Any, Any]:
    x, y = sp.symbols("x y", real=True)
    return 2 * (x**2 + y**2) - (x + y) ** 2, (x - y) ** 2


@clique_ratio.known("two states, arms in pairs that pay alike")
def _() -> dict[str, Any]:
    e = "101/200 101/200 99/200 99/200"
    return {"mu": fractions(e, "99/200 99/200 101/200 101/200"), "nu": fractions("1/2 1/2")[0]}
