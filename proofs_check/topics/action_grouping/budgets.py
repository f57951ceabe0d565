"""Claims about budgets: sweeps of value iteration, the total of all three errors, the number of groups that balances them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import absolute, is_exact, largest, power, rational
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Interval, LogInterval
from proofs_check.strategies import discounts, mdps, stochastic_matrices
from proofs_check.topics.action_grouping.formulas import (
    best,
    bounds,
    kernel_error,
    lifted,
    merged,
    reward_range,
)
from proofs_check.topics.action_grouping.instances import (
    DERIVED,
    Array,
    Sides,
    attaining,
    even,
    fractions,
    grouped_models,
    model,
    rounding,
)
from proofs_check.topics.mdp.formulas import backups, greedy, norm, policy_value, span
from tabular import MDP


def swept(mdp: MDP, sweeps: Any) -> Array:
    """(S,) the plan that is greedy for action values after some sweeps from zero."""
    return greedy(mdp, backups(mdp, 0 * mdp.r[:, 0], sweeps - 1))


def one_sided(mdp: MDP, sweeps: Any, width: Any) -> Any:
    """gamma^L width / (1 - gamma), at most all there is."""
    return min(mdp.gamma ** int(sweeps) * width, reward_range(mdp)) / (1 - mdp.gamma)


def two_sided(mdp: MDP, sweeps: Any) -> Any:
    """min {2 gamma^L Delta / (1 - gamma)^2, Delta / (1 - gamma)}."""
    if not is_exact():
        return tabular.grouping.computation_bound(sweeps, mdp.gamma, reward_range=reward_range(mdp))
    return one_sided(mdp, sweeps, 2 * reward_range(mdp) / (1 - mdp.gamma))


def _ladder(*rungs: Any) -> Sides:
    return np.array(rungs), list(range(len(rungs)))


def short_sighted() -> dict[str, Any]:
    """A reward that is one step away: the first sweep does not see it."""
    return {"mdp": model([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[0, 0], [1, 1]], "9/10"), "sweeps": 1}


@claim(
    "action_grouping.computation",
    "monotone",
    paper=DERIVED,
    assumptions="at least one sweep, from zero",
    instances=st.builds(dict, mdp=mdps(max_states=4, gammas=discounts(0.99)), sweeps=st.integers(1, 6)),
    allowance=rounding,
    argument="T keeps order and scales constants by gamma, so that V* - T^k 0 lies between gamma^k min V* and gamma^k max V*, "
    "and Q* - Q_L = gamma P (V* - T^(L-1) 0) between gamma^L min V* and gamma^L max V*. The plan takes b with Q_L(b) >= "
    "Q_L(a*), and the first step leaves the difference of two such errors: at most gamma^L sp(V*). The largest loss e is at "
    "most that plus gamma e, which the second step solves. sp(V*) <= Delta / (1 - gamma). Bounds on absolute errors count "
    "both, and are twice this.",
)
def computation(mdp: MDP, sweeps: Any) -> Sides:
    r"""The plan after $L \ge 1$ sweeps loses at most $\gamma^L \mathrm{sp}(V^*) / (1 - \gamma)$, hence at most $\min \{\gamma^L
    \Delta / (1 - \gamma)^2, \Delta / (1 - \gamma)\}$; usually stated with $2 \gamma^L$.
    """
    lost = largest(best(mdp) - policy_value(mdp, swept(mdp, sweeps)))
    most = one_sided(mdp, sweeps, reward_range(mdp) / (1 - mdp.gamma))
    return _ladder(lost, one_sided(mdp, sweeps, span(best(mdp))), most, two_sided(mdp, sweeps))


@computation.false_sibling("one sweep more than there was")
def _(mdp: MDP, sweeps: Any) -> Sides:
    lost = largest(best(mdp) - policy_value(mdp, swept(mdp, sweeps)))
    return _ladder(lost, one_sided(mdp, sweeps + 1, span(best(mdp))))


@computation.false_sibling("errors do not accumulate")
def _(mdp: MDP, sweeps: Any) -> Sides:
    lost = largest(best(mdp) - policy_value(mdp, swept(mdp, sweeps)))
    return _ladder(lost, one_sided(mdp, sweeps, span(best(mdp)) * (1 - mdp.gamma)))


@computation.step("Q(a) - Q(b) = [Q - Q_L](a) - [Q - Q_L](b) - [Q_L(b) - Q_L(a)]", method="expand")
def _() -> tuple[Any, Any]:
    a, b, x, y = sp.symbols("Q_a Q_b x_a x_b")
    return a - b, (a - x) - (b - y) - (y - x)


@computation.step("c + gamma c / (1 - gamma) = c / (1 - gamma)", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, c = sp.symbols("gamma c")
    return c + gamma * c / (1 - gamma), c / (1 - gamma)


computation.known("a reward one step away, unseen by one sweep, where the first is an equality")(short_sighted)


# --- all three ---------------------------------------------------------------------------------------------------------------


@st.composite
def estimated_groups(draw: st.DrawFn) -> dict[str, Any]:
    """A grouped model, a kernel of groups to mix with the true one, the share of it, and sweeps."""
    instance = draw(grouped_models())
    n_states, n_actions = instance["mdp"].r.shape
    other = draw(stochastic_matrices(n_states * n_actions, n_states)).reshape(n_states, n_actions, n_states)
    share = draw(st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0]))
    return instance | {"other": other, "share": share, "sweeps": draw(st.integers(1, 6))}


def learned(mdp: MDP, groups: tuple[int, ...], shares: Array, other: Array, share: Any, sweeps: Any) -> tuple[Any, ...]:
    """What the lifted plan loses at most, and the bounds on approximation, estimation and computation (this one-sided)."""
    true: Any = merged(mdp, groups, shares)
    kernel = (1 - share) * true.P + share * other[:, : len(true.r[0])]
    plan = swept(true.replace(P=kernel), sweeps)
    law = np.array([[rational(int(g == chosen)) for g in range(len(true.r[0]))] for chosen in plan])
    lost = largest(best(mdp) - policy_value(mdp, lifted(mdp, groups, shares, law)))
    gamma, size = mdp.gamma, reward_range(mdp)
    eta = norm(((true.P - kernel) * best(true)).sum(axis=2))
    epsilon = largest(absolute(true.P - kernel).sum(axis=2)) / 2
    by_values = 2 * gamma * eta / (1 - gamma) ** 2 if is_exact() else tabular.grouping.value_error_bound(eta, gamma)
    estimated = min(by_values, kernel_error(epsilon, gamma, size), size / (1 - gamma))
    approximation = bounds(mdp, groups, shares, size / (1 - gamma))[1]
    return lost, approximation, estimated, one_sided(mdp, sweeps, size / (1 - gamma)), two_sided(mdp, sweeps)


@claim(
    "action_grouping.total",
    "monotone",
    paper=DERIVED,
    theorem="approximation + estimation + computation, for any estimate",
    instances=estimated_groups(),
    allowance=rounding,
    uses=(
        "action_grouping.loss_parts",
        "action_grouping.approx_sharp",
        "action_grouping.value_error",
        "action_grouping.kernel_error",
        "action_grouping.computation",
    ),
    argument="The loss of the lifted plan is V* - V_G*, at most B, plus what mu loses in the merged model. Merged rewards are "
    "means, in the same interval. By the claim on sweeps mu loses at most c = gamma^L Delta / (1 - gamma)^2 in the estimate, "
    "and (1 - gamma) c at one step for the optimal values there: with E2, and with E1 where kappa / (1 - gamma) = c by the "
    "step, it loses at most the smaller of the two plus c; and nothing loses more than Delta / (1 - gamma).",
)
def total(mdp: MDP, groups: tuple[int, ...], shares: Array, other: Array, share: Any, sweeps: Any) -> Sides:
    r"""Estimate the merged kernel, make $L$ sweeps, lift the greedy plan: $\|V^* - V^{\pi}\| \le B(f \bar\beta_R, f
    \bar\beta_P) + \min \{E1, E2, \tfrac{\Delta}{1 - \gamma}\} + \min \{\tfrac{\gamma^L \Delta}{(1 - \gamma)^2},
    \tfrac{\Delta}{1 - \gamma}\}$, with the errors $\eta$ and $\varepsilon$ of the estimate; usually stated with $2 \gamma^L$.
    """
    lost, approximation, estimated, once, twice = learned(mdp, groups, shares, other, share, sweeps)
    return _ladder(lost, approximation + estimated + once, approximation + estimated + twice)


@total.false_sibling("without approximation")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array, other: Array, share: Any, sweeps: Any) -> Sides:
    lost, _, estimated, once, _ = learned(mdp, groups, shares, other, share, sweeps)
    return _ladder(lost, estimated + once)


@total.false_sibling("without estimation")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array, other: Array, share: Any, sweeps: Any) -> Sides:
    lost, approximation, _, once, _ = learned(mdp, groups, shares, other, share, sweeps)
    return _ladder(lost, approximation + once)


@total.false_sibling("without computation")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array, other: Array, share: Any, sweeps: Any) -> Sides:
    lost, approximation, estimated, _, _ = learned(mdp, groups, shares, other, share, sweeps)
    return _ladder(lost, approximation + estimated)


@total.step("[gamma^L Delta / (1 - gamma)] / (1 - gamma) = gamma^L Delta / (1 - gamma)^2", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, size, kept = sp.symbols("gamma Delta gamma_L")
    return (kept * size / (1 - gamma)) / (1 - gamma), kept * size / (1 - gamma) ** 2


def planned(mdp: MDP, groups: tuple[int, ...], sweeps: int, other: Any = None, share: int = 0) -> dict[str, Any]:
    """Even weights, and no error of the estimate unless another kernel is given."""
    kernel = mdp.exact if mdp.exact is None else np.reshape(mdp.exact.P, mdp.P.shape)
    rest = {"other": kernel if other is None else fractions(other), "share": share, "sweeps": sweeps}
    return {"mdp": mdp, "groups": groups, "shares": even(mdp), **rest}


total.known("the attaining model after six sweeps: approximation alone")(
    lambda: planned(attaining("1/5", "1/10", "1/10", 2), (0, 0), 6)
)
total.known("a reward one step away: computation alone")(lambda: planned(short_sighted()["mdp"], (0, 1), 1))


@total.known("an estimate that exchanges two actions: estimation alone")
def _() -> dict[str, Any]:
    mdp = model([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[0, 0], [1, 1]], "1/10")
    return planned(mdp, (0, 1), 6, [[[0, 1], [1, 0]], [[0, 1], [0, 1]]], 1)


# --- how many groups ---------------------------------------------------------------------------------------------------------


def power_law(a: Any, b: Any, p: Any, samples: Any, m: Any) -> Any:
    """a m^-p + b sqrt(m / N)."""
    return a * power(m, -p) + b * power(m / samples, rational(1, 2))


def best_number(a: Any, b: Any, p: Any, samples: Any) -> Any:
    """The minimiser over positive m."""
    if not is_exact():
        return tabular.grouping.power_law_optimum(a, b, p, samples)
    return power(2 * p * a / b, 2 / (2 * p + 1)) * power(samples, 1 / (2 * p + 1))


EXPONENTS = (Fraction(1, 3), Fraction(1, 2), Fraction(1))
POSITIVE = st.floats(0.25, 4)


def power_rounding(a: float, b: float, p: float, samples: float, m: float | None = None) -> float:
    """A few thousand units of 1.1e-16 of the sums that are compared: powers lose some tens, at exponents of at most 2."""
    smallest = power_law(a, b, p, samples, best_number(a, b, p, samples))
    return 1e-12 * float(smallest + (0.0 if m is None else power_law(a, b, p, samples, m)))


@claim(
    "action_grouping.power_law",
    "<=",
    paper=DERIVED,
    theorem="diameters that fall like m^-p: p = 1/d for actions on a d-dimensional grid and Lipschitz laws",
    instances=st.builds(
        dict, a=POSITIVE, b=POSITIVE, p=st.sampled_from([0.25, 0.5, 1.0, 2.0]), samples=st.floats(1, 1e6), m=st.floats(0.1, 1e3)
    ),
    search={
        "a": Interval(Fraction(1, 4), 4),
        "b": Interval(Fraction(1, 4), 4),
        "p": Choice(EXPONENTS),
        "samples": LogInterval(1, 10**6),
        "m": LogInterval(Fraction(1, 10), 1000),
    },
    allowance=power_rounding,
    argument="At m* the two terms satisfy 2 p a m*^-p = b sqrt(m* / N), the first step, so that the sum at m = m* e^u is a "
    "m*^-p times e^(-p u) + 2 p e^(u / 2), whose derivative is p (e^(u / 2) - e^(-p u)), the second: negative for u < 0 and "
    "positive for u > 0.",
)
def power_law_minimum(a: Any, b: Any, p: Any, samples: Any, m: Any) -> Sides:
    r"""$a m^{-p} + b \sqrt{m / N}$ is smallest at $m^* = (2 p a / b)^{2 / (2p + 1)} N^{1 / (2p + 1)}$."""
    return power_law(a, b, p, samples, best_number(a, b, p, samples)), power_law(a, b, p, samples, m)


@power_law_minimum.false_sibling("p a / b in place of 2 p a / b")
def _(a: Any, b: Any, p: Any, samples: Any, m: Any) -> Sides:
    return power_law(a, b, p, samples, best_number(a / 2, b, p, samples)), power_law(a, b, p, samples, m)


@power_law_minimum.false_sibling("both terms alike: a m^-p = b sqrt(m / N)")
def _(a: Any, b: Any, p: Any, samples: Any, m: Any) -> Sides:
    return power_law(a, b, p, samples, best_number(a / (2 * p), b, p, samples)), power_law(a, b, p, samples, m)


def _best_symbols() -> tuple[Any, ...]:
    a, b, p, n = sp.symbols("a b p N", positive=True)
    return a, b, p, n, (2 * p * a / b) ** (2 / (2 * p + 1)) * n ** (1 / (2 * p + 1))


@power_law_minimum.step("log(2 p a m*^-p) = log(b sqrt(m* / N))", method="logarithms")
def _() -> tuple[Any, Any]:
    a, b, p, n, m = _best_symbols()
    return sp.log(2 * p * a) - p * sp.log(m), sp.log(b) + (sp.log(m) - sp.log(n)) / 2


@power_law_minimum.step("the derivative in u", method="expand")
def _() -> tuple[Any, Any]:
    p, u = sp.symbols("p u", real=True)
    return sp.diff(sp.exp(-p * u) + 2 * p * sp.exp(u / 2), u), p * (sp.exp(u / 2) - sp.exp(-p * u))


@power_law_minimum.known("a hundred groups for p = 1/2, where it is an equality")
def _() -> dict[str, Any]:
    return {"a": 10, "b": 1, "p": Fraction(1, 2), "samples": 100, "m": 100}


@power_law_minimum.known("a quarter of the optimal number for p = 1")
def _() -> dict[str, Any]:
    return {"a": 4, "b": 1, "p": Fraction(1), "samples": 64, "m": 16}


@claim(
    "action_grouping.power_law_rate",
    "==",
    paper=DERIVED,
    theorem="the rate of nonparametric regression",
    instances=st.builds(dict, a=POSITIVE, b=POSITIVE, p=st.sampled_from([0.25, 0.5, 1.0, 2.0]), samples=st.floats(1, 1e4)),
    search={
        "a": Interval(Fraction(1, 4), 4),
        "b": Interval(Fraction(1, 4), 4),
        "p": Choice(EXPONENTS),
        "samples": LogInterval(1, 10**4),
    },
    allowance=power_rounding,
    uses=("action_grouping.power_law",),
    argument="By the first step of the claim on the minimum, the smallest sum is a m*^-p (1 + 2p), and m* grows like N^(1 / "
    "(2p + 1)): the step.",
)
def power_law_rate(a: Any, b: Any, p: Any, samples: Any) -> Sides:
    r"""With 16 times the samples the smallest sum is $16^{-p / (2p + 1)}$ of what it was."""
    first, second = (power_law(a, b, p, n, best_number(a, b, p, n)) for n in (samples, 16 * samples))
    return second, first * power(rational(16), -p / (2 * p + 1))


@power_law_rate.false_sibling("the parametric rate, a half")
def _(a: Any, b: Any, p: Any, samples: Any) -> Sides:
    first, second = (power_law(a, b, p, n, best_number(a, b, p, n)) for n in (samples, 16 * samples))
    return second, first * rational(1, 4)


@power_law_rate.step("log(m*^-p) falls by p log(c) / (2p + 1) for c N", method="logarithms")
def _() -> tuple[Any, Any]:
    _, _, p, n, m = _best_symbols()
    c = sp.Symbol("c", positive=True)
    return -p * sp.log(m.subs(n, c * n)) + p * sp.log(m), -p * sp.log(c) / (2 * p + 1)


@power_law_rate.known("p = 1/2")
def _() -> dict[str, Any]:
    return {"a": 10, "b": 1, "p": Fraction(1, 2), "samples": 100}
