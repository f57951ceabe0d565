r"""Claims about classic Bernoulli bandits: telling two of them apart, Bayesian regret, index policies, fixed rewards."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import exp, floats_only, is_exact, log, rational, sqrt
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Vector
from proofs_check.topics.nonstationary_bandits.formulas import binary_kl, total
from proofs_check.topics.nonstationary_bandits.instances import RUSSO, Array, Sides, fractions, unit_vectors, units
from tabular.bandits import (
    bayes_regret,
    count_regret,
    divergences,
    exp3_regret,
    gittins_bounds,
    gittins_index,
    optimal_bayes_regret,
    thompson,
    two_arm_values,
    ucb1,
)

AUER = "Auer, Cesa-Bianchi and Fischer (2002), Finite-time analysis of the multiarmed bandit problem"
EXP3 = "Auer, Cesa-Bianchi, Freund and Schapire (2002), The nonstochastic multiarmed bandit problem"
GARIVIER = "Garivier, Menard and Stoltz (2019), Explore first, exploit next"
GITTINS = "Gittins and Jones (1974), A dynamic allocation index for the sequential design of experiments"

Counts = tuple[int, int, int, int]
"""Successes and failures of the first arm, then of the second."""


# --- counts, exactly ---------------------------------------------------------------------------------------------------------


def first_is_better(a: int, b: int, c: int, d: int) -> Any:
    """P(Beta(a, b) > Beta(c, d)) for integers, a rational number: a negative hypergeometric law."""
    out, whole = 0, math.comb(a + b + c + d - 2, a + b - 1)
    # the first is the larger if its a-th order statistic among all a + b - 1 + c + d - 1 points comes after the c-th of the other
    for j in range(c, c + d):
        out += math.comb(a - 1 + j, j) * math.comb(b - 1 + c + d - 1 - j, c + d - 1 - j)
    return rational(out, whole)


def sampling(counts: Counts) -> Any:
    """Chance of the first arm under Thompson sampling with uniform priors."""
    s, f, u, v = counts
    return first_is_better(s + 1, f + 1, u + 1, v + 1)


def final_counts(chances: Callable[[Counts], tuple[Any, Any]], horizon: int) -> tuple[dict[Counts, Any], Any]:
    """Law of the final counts under Thompson sampling, and the mean number of successes."""
    laws: dict[Counts, Any] = {(0, 0, 0, 0): rational(1)}
    gained = rational(0)
    for _ in range(horizon):
        after: dict[Counts, Any] = {}
        for counts, weight in laws.items():
            first = sampling(counts)
            for arm, share in ((0, first), (1, 1 - first)):
                p = chances(counts)[arm]
                gained = gained + weight * share * p
                for lost, chance in ((0, p), (1, 1 - p)):
                    key = list(counts)
                    key[2 * arm + lost] += 1
                    into = (key[0], key[1], key[2], key[3])
                    after[into] = after.get(into, rational(0)) + weight * share * chance
        laws = after
    return laws, gained


# --- telling two bandits apart -----------------------------------------------------------------------------------------------

INSIDE = st.integers(1, 9).map(lambda i: i / 10)
TWO: dict[str, Any] = {
    "instances": st.builds(
        lambda a, b, c, d, horizon: {"mu": np.array([a, b]), "other": np.array([c, d]), "horizon": horizon},
        INSIDE,
        INSIDE,
        INSIDE,
        INSIDE,
        st.integers(1, 12),
    ),
    "search": {
        "mu": Vector(2, Fraction(1, 20), Fraction(19, 20)),
        "other": Vector(2, Fraction(1, 20), Fraction(19, 20)),
        "horizon": Integers(1, 4),
    },
}


def both_divergences(mu: Array, other: Array, horizon: int) -> tuple[Any, Any, Any]:
    """Of the laws of the final counts; by the decomposition; of the best event {N_2 <= c}."""
    if not is_exact():
        return _our_divergences(mu, other, int(horizon))
    here, _ = final_counts(lambda counts: (mu[0], mu[1]), int(horizon))
    there, _ = final_counts(lambda counts: (other[0], other[1]), int(horizon))
    of_counts = total(p * log(p / there[key]) for key, p in here.items() if p > 0)
    pulls = [total(p * (key[2 * a] + key[2 * a + 1]) for key, p in here.items()) for a in (0, 1)]
    parts = total(pulls[a] * binary_kl(mu[a], other[a]) for a in (0, 1))
    events = []
    for most in range(int(horizon)):
        p, q = (total(x for key, x in law.items() if key[2] + key[3] <= most) for law in (here, there))
        if 0 < p < 1 and 0 < q < 1:
            events.append(binary_kl(p, q))
    return of_counts, parts, events


@floats_only
def _our_divergences(mu: Array, other: Array, horizon: int) -> tuple[float, float, list[float]]:
    found = divergences(mu, other, thompson, horizon)
    return found.counts, found.decomposition, [found.event]


@claim(
    "nonstationary_bandits.divergence_decomposition",
    "==",
    paper="Auer, Cesa-Bianchi, Freund and Schapire (1995); Lattimore and Szepesvari (2020), Lemma 15.1",
    assumptions="two Bernoulli bandits with means inside (0, 1); Thompson sampling (the argument holds for every policy)",
    allowance=units,
    argument="The likelihood ratio of a history is a product over pulls, as the policy's chances cancel; its mean logarithm "
    "given the arm is kl. Counts are sufficient: histories with the same counts have the same ratio (the step, for one arm).",
    **TWO,
)
def divergence_decomposition(mu: Array, other: Array, horizon: int) -> Sides:
    r"""$KL(P_\nu, P_{\nu'}) = \sum_a E_\nu[N_a]\, kl(\nu_a, \nu'_a)$ over $T$ steps."""
    of_counts, parts, _ = both_divergences(mu, other, horizon)
    return of_counts, parts


@divergence_decomposition.false_sibling("with the pulls under the other bandit")
def _(mu: Array, other: Array, horizon: int) -> Sides:
    _, parts, _ = both_divergences(mu, other, horizon)
    return parts, _with_other_pulls(mu, other, int(horizon))


def _with_other_pulls(mu: Array, other: Array, horizon: int) -> Any:
    if not is_exact():
        return _our_pulls(other, horizon) @ np.array([binary_kl(p, q) for p, q in zip(mu, other, strict=True)])
    there, _ = final_counts(lambda counts: (other[0], other[1]), horizon)
    pulls = [total(p * (key[2 * a] + key[2 * a + 1]) for key, p in there.items()) for a in (0, 1)]
    return total(pulls[a] * binary_kl(mu[a], other[a]) for a in (0, 1))


@floats_only
def _our_pulls(mu: Array, horizon: int) -> Array:
    return count_regret(mu, thompson, horizon).pulls


@divergence_decomposition.false_sibling("the divergences the other way round")
def _(mu: Array, other: Array, horizon: int) -> Sides:
    of_counts, _, _ = both_divergences(mu, other, horizon)
    _, parts, _ = both_divergences(other, mu, horizon)
    return of_counts, parts


@divergence_decomposition.step(
    "s log(p / q) + f log((1 - p) / (1 - q)) is the logarithm of p^s (1 - p)^f / (q^s ...)", method="logarithms"
)
def _() -> tuple[Any, Any, Any]:
    p, q, s, f = sp.symbols("p q s f", positive=True)
    left = s * sp.log(p / q) + f * sp.log((1 - p) / (1 - q))
    return left, sp.log(p**s * (1 - p) ** f / (q**s * (1 - q) ** f)), [p, q, 1 - p, 1 - q]


divergence_decomposition.known("(.6, .4) against (.6, .8), four steps")(
    lambda: {"mu": fractions("3/5 2/5")[0], "other": fractions("3/5 4/5")[0], "horizon": 4}
)


@claim(
    "nonstationary_bandits.event_lower_bound",
    "<=",
    paper=GARIVIER,
    theorem="the fundamental inequality, for events",
    assumptions="as divergence_decomposition",
    allowance=units,
    uses=("nonstationary_bandits.divergence_decomposition",),
    argument="An event is a function of the history; by the step merging outcomes lowers a divergence.",
    **TWO,
)
def event_lower_bound(mu: Array, other: Array, horizon: int) -> Sides:
    r"""$kl(P_\nu(E), P_{\nu'}(E)) \le \sum_a E_\nu[N_a]\, kl(\nu_a, \nu'_a)$ for every event; here $\{N_2 \le c\}$ for each
    $c$."""
    _, parts, events = both_divergences(mu, other, horizon)
    return (np.array(events), np.array([parts] * len(events))) if events else (rational(0), rational(0))


@event_lower_bound.false_sibling("Lai and Robbins at a finite horizon: log T in place of the divergence of an event")
def _(mu: Array, other: Array, horizon: int) -> Sides:
    _, parts, _ = both_divergences(mu, other, horizon)
    return log(rational(int(horizon))), parts


@event_lower_bound.step(
    "x log(x / X) + y log(y / Y) = z log(z / Z) + x log(x Z / (X z)) + y log(y Z / (Y z))", method="logarithms"
)
def _() -> tuple[Any, Any, Any]:
    x, y, big_x, big_y = sp.symbols("x y X Y", positive=True)
    z, big_z = x + y, big_x + big_y
    left = x * sp.log(x / big_x) + y * sp.log(y / big_y)
    rest = x * sp.log(x * big_z / (big_x * z)) + y * sp.log(y * big_z / (big_y * z))  # z times a divergence
    return left, z * sp.log(z / big_z) + rest, [z, big_z]


event_lower_bound.known("(.6, .4) against (.6, .8), four steps")(
    lambda: {"mu": fractions("3/5 2/5")[0], "other": fractions("3/5 4/5")[0], "horizon": 4}
)


@claim(
    "nonstationary_bandits.ucb1_regret",
    "<=",
    paper=AUER,
    theorem="Theorem 1",
    assumptions="two Bernoulli arms with different means",
    instances=st.builds(
        lambda low, gap, horizon: {"mu": np.array([low + gap, low]), "horizon": horizon},
        st.sampled_from([0.0, 0.2, 0.4]),
        st.sampled_from([0.1, 0.3, 0.6]),
        st.integers(2, 30),
    ),
    allowance=units,
    arithmetics=("float",),
)
def ucb1_regret(mu: Array, horizon: int) -> Sides:
    r"""The regret of UCB1 is at most $8 \ln T / \Delta + (1 + \pi^2 / 3) \Delta$."""
    gap = mu[0] - mu[1]
    return _ucb1(mu, horizon), 8 * math.log(horizon) / gap + (1 + math.pi**2 / 3) * gap


@floats_only
def _ucb1(mu: Array, horizon: int) -> float:
    return float(count_regret(mu, ucb1, horizon).regret.sum())


@ucb1_regret.false_sibling("an eightieth of the first term, without the second")
def _(mu: Array, horizon: int) -> Sides:
    return _ucb1(mu, horizon), math.log(horizon) / (10 * (mu[0] - mu[1]))


# --- Bayesian regret ---------------------------------------------------------------------------------------------------------


def bayesian(horizon: int) -> tuple[Any, Any]:
    """Least regret, and that of Thompson sampling, under independent uniform priors on two arms."""
    if not is_exact():
        return _our_bayesian(int(horizon))
    T = int(horizon)

    @cache
    def value(counts: Counts, left: int) -> Any:
        if left == 0:
            return rational(0)
        options = []
        for arm in (0, 1):
            s, f = counts[2 * arm], counts[2 * arm + 1]
            p = rational(s + 1, s + f + 2)
            after = []
            for lost in (0, 1):
                key = list(counts)
                key[2 * arm + lost] += 1
                after.append(value((key[0], key[1], key[2], key[3]), left - 1))
            options.append(p * (1 + after[0]) + (1 - p) * after[1])
        return max(options)

    def predictive(counts: Counts) -> tuple[Any, Any]:
        s, f, u, v = counts
        return rational(s + 1, s + f + 2), rational(u + 1, u + v + 2)

    _, gained = final_counts(predictive, T)
    return rational(2 * T, 3) - value((0, 0, 0, 0), T), rational(2 * T, 3) - gained


@floats_only
def _our_bayesian(horizon: int) -> tuple[float, float]:
    return optimal_bayes_regret(horizon), float(bayes_regret(thompson, horizon).sum())


@claim(
    "nonstationary_bandits.bayesian_regret",
    "<=",
    paper=RUSSO,
    theorem="Proposition 1 for independent uniform priors; k - 1 in place of k derived here",
    assumptions="two Bernoulli arms with independent uniform priors",
    instances=st.builds(dict, horizon=st.integers(1, 12)),
    search={"horizon": Integers(1, 8)},
    allowance=units,
    uses=("nonstationary_bandits.stationary_regret",),
    argument="Nothing in information_ratio and chain_rule uses that there are finitely many states, only that there are "
    "finitely many arms and outcomes; so stationary_regret holds for a prior on a continuum. The best arm is either of the "
    "two with equal chance. An entropy of two values is at most log 2: log 2 - h(p) has the derivative log(p / (1 - p)) (the "
    "step), negative up to 1/2 and positive beyond.",
)
def bayesian_regret(horizon: int) -> Sides:
    r"""The least Bayesian regret is at most that of Thompson sampling, which is at most $\sqrt{T \log 2 / 2}$."""
    least, thompsons = bayesian(horizon)
    return np.array([least, thompsons]), np.array([thompsons, sqrt(int(horizon) * log(rational(2)) / 2)])


@bayesian_regret.false_sibling("Thompson sampling is optimal")
def _(horizon: int) -> Sides:
    least, thompsons = bayesian(horizon)
    return thompsons, least


@bayesian_regret.false_sibling("a fifth of the bound")
def _(horizon: int) -> Sides:
    return bayesian(horizon)[1], sqrt(int(horizon) * log(rational(2)) / 2) / 5


@bayesian_regret.step("the derivative of log 2 - h(p) is log(p / (1 - p))", method="logarithms")
def _() -> tuple[Any, Any, Any]:
    p = sp.symbols("p", positive=True)
    entropy = -p * sp.log(p) - (1 - p) * sp.log(1 - p)
    return sp.diff(sp.log(2) - entropy, p), sp.log(p / (1 - p)), [p, 1 - p]


bayesian_regret.known("two steps: 1 / 4, 11 / 36")(lambda: {"horizon": 2})
bayesian_regret.known("five steps")(lambda: {"horizon": 5})


# --- indices -----------------------------------------------------------------------------------------------------------------

PRIORS = st.tuples(st.integers(1, 4), st.integers(1, 4))


@claim(
    "nonstationary_bandits.index_policy",
    "<=",
    paper=GITTINS,
    theorem="optimality of the index policy",
    assumptions="two arms with integer Beta priors; the game stops after N pulls, which costs either side at most 2 g^N / (1 "
    "- g)",
    instances=st.builds(
        lambda first, second, discount, depth: {"first": first, "second": second, "discount": discount, "depth": depth},
        PRIORS,
        PRIORS,
        st.sampled_from([0.5, 0.6]),
        st.integers(16, 20),
    ),
    allowance=units,
    arithmetics=("float",),
)
def index_policy(first: Any, second: Any, discount: float, depth: int) -> Sides:
    r"""The policy that pulls the arm with the larger Gittins index is worth the optimum, up to $g^N / (1 - g)$."""
    optimal, by_index = _values(first, second, discount, depth, lambda a, b: _index(a, b, discount))
    return optimal - by_index, discount**depth / (1 - discount)


@floats_only
def _values(first: Any, second: Any, discount: float, depth: int, index: Callable[[float, float], float]) -> tuple[float, float]:
    found = two_arm_values(first, second, discount, depth, index)
    return found.optimal, found.index_policy


@cache
def _index(a: float, b: float, discount: float) -> float:
    """The Gittins index; the instances ask for few."""
    return gittins_index(a, b, discount)


@index_policy.false_sibling("also with the mean as the index")
def _(first: Any, second: Any, discount: float, depth: int) -> Sides:
    optimal, by_mean = _values(first, second, discount, depth, lambda a, b: a / (a + b))
    return optimal - by_mean, discount**depth / (1 - discount)


@claim(
    "nonstationary_bandits.index_bounds",
    "<=",
    paper=GITTINS,
    theorem="the index between its mean and two truncated recursions",
    instances=st.builds(
        dict, a=st.integers(1, 5), b=st.integers(1, 5), discount=st.sampled_from([0.3, 0.6, 0.9]), depth=st.integers(2, 12)
    ),
    allowance=units,
    arithmetics=("float",),
)
def index_bounds(a: int, b: int, discount: float, depth: int) -> Sides:
    r"""The mean is at most the index, which is between the bounds at every depth; bounds of larger depths are inside of those."""
    low, high = gittins_bounds(a, b, discount, depth)
    inner_low, inner_high = gittins_bounds(a, b, discount, depth + 1)
    return np.array([a / (a + b), low, inner_high]), np.array([low, inner_low, high])


@index_bounds.false_sibling("the index is the mean")
def _(a: int, b: int, discount: float, depth: int) -> Sides:
    return gittins_bounds(a, b, discount, depth)[0], a / (a + b)


@index_bounds.false_sibling("the bounds close by half the discount with each pull")
def _(a: int, b: int, discount: float, depth: int) -> Sides:
    low, high = gittins_bounds(a, b, discount, depth)
    return high - low, (discount / 2) ** depth


# --- rewards that were fixed in advance --------------------------------------------------------------------------------------


@claim(
    "nonstationary_bandits.exp3_regret",
    "<=",
    paper=EXP3,
    theorem="Corollary 3.2",
    assumptions="rewards in [0, 1], fixed in advance; the mixing is that of the corollary for the horizon",
    instances=st.integers(1, 6).flatmap(lambda T: unit_vectors(2 * T)).map(lambda x: {"rewards": x.reshape(-1, 2)}),
    search={"rewards": Vector((3, 2), 0, 1)},
    allowance=units,
)
def exp3_bound(rewards: Array) -> Sides:
    r"""$\max_a \sum_t x_t(a) - E \sum_t x_t(A_t) \le 2 \sqrt{e - 1} \sqrt{k T \ln k}$."""
    return against_best(rewards), 2 * sqrt((exp(rational(1)) - 1) * rewards.size * log(rational(rewards.shape[1])))


def against_best(rewards: Array) -> Any:
    """Regret against the best fixed arm, over all sequences of actions."""
    if not is_exact():
        return _our_exp3(rewards)
    T, k = rewards.shape
    mixing = sqrt(k * log(rational(k)) / ((exp(rational(1)) - 1) * T))
    mixing = rational(1) if mixing >= 1 else mixing

    def gained(t: int, weights: list[Any]) -> Any:
        if t == T:
            return rational(0)
        whole, out = total(weights), rational(0)
        for a in range(k):
            p = (1 - mixing) * weights[a] / whole + mixing / k
            heavier = [w * exp(mixing * rewards[t, a] / (k * p)) if i == a else w for i, w in enumerate(weights)]
            out = out + p * (rewards[t, a] + gained(t + 1, heavier))
        return out

    return max(rewards.sum(axis=0)) - gained(0, [rational(1)] * k)


@floats_only
def _our_exp3(rewards: Array) -> float:
    return exp3_regret(rewards)


@exp3_bound.false_sibling("a sixth of it")
def _(rewards: Array) -> Sides:
    left, right = exp3_bound.sides(rewards)
    return left, right / 6


exp3_bound.known("the second arm always pays, three steps")(lambda: {"rewards": fractions("0 1", "0 1", "0 1")})
