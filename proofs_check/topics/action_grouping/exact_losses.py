r"""Claims about expected losses without Monte Carlo: formulas against all tables of counts, and what bounds say of them."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import floats_only, is_exact, log, rational, sqrt
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Integers, Interval, Vector
from proofs_check.topics.action_grouping.formulas import kernel_error, labels, members
from proofs_check.topics.action_grouping.instances import DERIVED, PARTITIONS, Array, Sides, partitions

# --- one state ---------------------------------------------------------------------------------------------------------------


def means(p: Array, groups: tuple[int, ...]) -> list[Any]:
    """Mean of each group."""
    return [p[part].sum() / len(part) for part in members(groups)]


def binomial(p: Any, samples: int) -> list[Any]:
    """Probabilities of 0 to K successes."""
    return [comb(samples, k) * p**k * (1 - p) ** (samples - k) for k in range(samples + 1)]


def by_keys(chances: list[Any], samples: int) -> list[Any]:
    """Chance of each group to have most successes, as the integral of a polynomial in the key of the group."""
    laws = [binomial(p, samples) for p in chances]
    zero = 0 * chances[0]
    out = []
    for g, law in enumerate(laws):
        whole = zero
        for k in range(samples + 1):
            polynomial = [zero + 1]
            for h, other in enumerate(laws):
                if h != g:
                    below = sum(other[:k], zero)
                    grown = [x * below for x in polynomial] + [zero]
                    polynomial = [x + y for x, y in zip(grown, [zero] + [x * other[k] for x in polynomial], strict=True)]
            whole = whole + law[k] * sum((x / (i + 1) for i, x in enumerate(polynomial)), zero)
        out.append(whole)
    return out


def by_tables(chances: list[Any], samples: int, first: bool = False) -> list[Any]:
    """The same from every table of counts; ties are shared, or go to the first group."""
    laws = [binomial(p, samples) for p in chances]
    out = [0 * chances[0] for _ in chances]
    for counts in product(range(samples + 1), repeat=len(chances)):
        chance = 0 * chances[0] + 1
        for law, k in zip(laws, counts, strict=True):
            chance = chance * law[k]
        winners = [g for g, k in enumerate(counts) if k == max(counts)]
        for g in winners[:1] if first else winners:
            out[g] = out[g] + chance / (1 if first else len(winners))
    return out


def expected(p: Array, groups: tuple[int, ...], chosen: list[Any]) -> Any:
    """Expected loss of a choice of groups."""
    return max(p) - sum((c * x for c, x in zip(chosen, means(p, groups), strict=True)), 0 * p[0])


@st.composite
def bandits(draw: st.DrawFn) -> dict[str, Any]:
    """Up to four probabilities with ties, groups, and samples in all, at most four of each group."""
    p = np.array(draw(st.lists(st.integers(0, 8), min_size=1, max_size=4))) / 8
    groups = draw(partitions(p.size))
    m = max(groups) + 1
    return {"p": p, "groups": groups, "samples": draw(st.integers(m, (4 if m < 4 else 3) * m))}


def loss_rounding(**_: Any) -> float:
    """The stated accuracy of the fast formula, 1e-13, ten times."""
    return 1e-12


@claim(
    "action_grouping.bernoulli_loss",
    "==",
    paper=DERIVED,
    instances=bandits(),
    search={"p": Vector(3, 0, 1), "groups": Choice((*PARTITIONS, (0, 1, 2))), "samples": Integers(3, 9)},
    allowance=loss_rounding,
    argument="Give every group an independent uniform key u and let the larger key win a tie: with j others at the same "
    "number the chance is 1 / (j + 1), by the step, which is a uniform choice. Given its own k successes and key u, the group "
    "wins over h with probability F_h(k - 1) + u b_h(k), independently over h.",
)
def bernoulli_loss(p: Array, groups: tuple[int, ...], samples: Any) -> Sides:
    r"""With one decision the expected loss is $\max p - \sum_g \Pr(g)\, \bar p_g$, $\Pr(g) = \sum_k b_g(k) \int_0^1 \prod_{h
    \ne g} [F_h(k - 1) + u\, b_h(k)]\, du$, for $K = \lfloor N / m \rfloor$ samples of each of m groups.
    """
    each, chances = int(samples) // len(members(groups)), means(p, groups)
    right = expected(p, groups, by_tables(chances, each))
    if is_exact():
        return expected(p, groups, by_keys(chances, each)), right
    return tabular.grouping.grouped_bernoulli_loss(p, labels(groups), samples).total, right


@bernoulli_loss.false_sibling("ties go to the first group")
def _(p: Array, groups: tuple[int, ...], samples: Any) -> Sides:
    each, chances = int(samples) // len(members(groups)), means(p, groups)
    return expected(p, groups, by_keys(chances, each)), expected(p, groups, by_tables(chances, each, first=True))


@bernoulli_loss.false_sibling("every group gets the samples of one group less")
def _(p: Array, groups: tuple[int, ...], samples: Any) -> Sides:
    m, chances = len(members(groups)), means(p, groups)
    more = int(samples) // max(m - 1, 1)
    return expected(p, groups, by_keys(chances, int(samples) // m)), expected(p, groups, by_keys(chances, more))


@bernoulli_loss.step("the integral of u^j from 0 to 1 is 1 / (j + 1)", method="integrate")
def _() -> tuple[Any, Any]:
    u, j = sp.Symbol("u", positive=True), sp.Symbol("j", nonnegative=True)
    return sp.Integral(u**j, (u, 0, 1)), 1 / (j + 1)


@bernoulli_loss.known("twelve samples: 8102194/170859375 with the best action alone, an equality")
def _() -> dict[str, Any]:
    p = [Fraction(1, 5), Fraction(3, 10), Fraction(1, 2), Fraction(3, 5)]
    return {"p": p, "groups": (0, 0, 0, 1), "samples": 12}


# --- two states --------------------------------------------------------------------------------------------------------------


def two_values(first: Any, second: Any, gamma: Any) -> tuple[Any, Any]:
    """Values of the two states, of which the first pays 1, by Cramer's rule."""
    a, b, c, d = 1 - gamma * first, gamma * (1 - first), gamma * second, 1 - gamma * (1 - second)
    whole = a * d - b * c
    return d / whole, c / whole


def optimum(p: Array, gamma: Any) -> tuple[Any, Any]:
    """Largest values of the two states, over all pairs of actions."""
    found = [two_values(x, y, gamma) for x in p[0] for y in p[1]]
    return max(v[0] for v in found), max(v[1] for v in found)


def independently(p: Array, groups: tuple[int, ...], each: int, gamma: Any, opposite: bool = False) -> Array:
    """(2,) expected losses if each state chooses the group with most successes (with least, in the second, if ``opposite``)."""
    rows = [means(row, groups) for row in p]
    chosen = [by_keys(rows[0], each), by_keys([1 - x for x in rows[1]] if opposite else rows[1], each)]
    best = optimum(p, gamma)
    lost = [best[0] - best[0], best[1] - best[1]]
    for (i, x), (j, y) in product(enumerate(rows[0]), enumerate(rows[1])):
        values = two_values(x, y, gamma)
        lost = [lost[s] + chosen[0][i] * chosen[1][j] * (best[s] - values[s]) for s in (0, 1)]
    return np.array(lost)


def by_planning(p: Array, groups: tuple[int, ...], each: int, gamma: Any) -> Array:
    """(2,) the same from every table of both states, every estimated model solved by trying all plans."""
    rows = [means(row, groups) for row in p]
    laws = [binomial(x, each) for row in rows for x in row]
    m, best = len(rows[0]), optimum(p, gamma)
    pairs = list(product(range(m), repeat=2))
    lost = [[best[s] - two_values(rows[0][i], rows[1][j], gamma)[s] for s in (0, 1)] for i, j in pairs]
    slip = rational(1, 10**9) if not is_exact() else 0
    whole = [0 * best[0], 0 * best[0]]
    for counts in product(range(each + 1), repeat=2 * m):
        chance = best[0] / best[0]
        for law, k in zip(laws, counts, strict=True):
            chance = chance * law[k]
        found = [two_values(rational(counts[i], each), rational(counts[m + j], each), gamma) for i, j in pairs]
        top = [max(v[s] for v in found) for s in (0, 1)]
        optimal = [n for n, v in enumerate(found) if v[0] >= top[0] - slip and v[1] >= top[1] - slip]
        whole = [whole[s] + chance * sum((lost[n][s] for n in optimal), 0 * chance) / len(optimal) for s in (0, 1)]
    return np.array(whole)


@st.composite
def two_state_models(draw: st.DrawFn) -> dict[str, Any]:
    """Probabilities to be in the first state next, groups, samples of each state and group, a discount."""
    n_actions = draw(st.integers(1, 3))
    p = np.array(draw(st.lists(st.integers(0, 8), min_size=2 * n_actions, max_size=2 * n_actions))).reshape(2, -1) / 8
    groups = draw(partitions(n_actions))
    most = (4, 2, 1)[max(groups)]
    return {"p": p, "groups": groups, "each": draw(st.integers(1, most)), "gamma": draw(st.sampled_from([0.0, 0.3, 0.9]))}


def two_state_rounding(gamma: float, **_: Any) -> float:
    """The accuracy of the chances, 1e-13, times values of up to 1 / (1 - gamma), ten times."""
    return 1e-12 / (1 - gamma)


@claim(
    "action_grouping.two_state_loss",
    "==",
    paper=DERIVED,
    instances=two_state_models(),
    search={
        "p": Vector((2, 2), 0, 1),
        "groups": Choice(((0, 0), (0, 1))),
        "each": Integers(1, 2),
        "gamma": Interval(0, Fraction(9, 10)),
    },
    allowance=two_state_rounding,
    uses=("action_grouping.bernoulli_loss",),
    argument="The first state pays 1 and the second nothing. Whatever the policy, the difference of values is 1 / (1 - gamma "
    "(p_0 - p_1)) > 0, by the step, so that for gamma > 0 an action is better the likelier it leads to the first state: in "
    "each state the optimal actions are those with the largest p, in the estimated model as well. Samples of the two states "
    "are independent, and with them the choices. Without a future nothing is lost either way.",
)
def two_state_loss(p: Array, groups: tuple[int, ...], each: Any, gamma: Any) -> Sides:
    r"""$E[V^* - V^{\hat\mu}] = \sum_{i,j} \Pr_0(i) \Pr_1(j)\, [V^* - V(\bar p_{0i}, \bar p_{1j})]$, in both states, for a planner
    that solves the estimated model, ties at random.
    """
    right = by_planning(p, groups, int(each), gamma)
    if is_exact():
        return independently(p, groups, int(each), gamma), right
    samples = 2 * each * len(members(groups))
    return tabular.grouping.grouped_two_state_loss(p, labels(groups), samples, gamma).total, right


@two_state_loss.false_sibling("the second state avoids the first")
def _(p: Array, groups: tuple[int, ...], each: Any, gamma: Any) -> Sides:
    return independently(p, groups, int(each), gamma, opposite=True), by_planning(p, groups, int(each), gamma)


@two_state_loss.false_sibling("the value of the mean choice is the mean value")
def _(p: Array, groups: tuple[int, ...], each: Any, gamma: Any) -> Sides:
    rows = [means(row, groups) for row in p]
    mean = [sum((c * x for c, x in zip(by_keys(row, int(each)), row, strict=True)), 0 * row[0]) for row in rows]
    best, values = optimum(p, gamma), two_values(mean[0], mean[1], gamma)
    lost = np.array([best[0] - values[0], best[1] - values[1]])
    return lost, by_planning(p, groups, int(each), gamma)


@two_state_loss.step("V(0) - V(1) = 1 / (1 - gamma (p_0 - p_1))", method="cancel")
def _() -> tuple[Any, Any]:
    first, second, gamma = sp.symbols("p_0 p_1 gamma")
    high, low = two_values(first, second, gamma)
    return high - low, 1 / (1 - gamma * (first - second))


@two_state_loss.known("two samples each of two pairs of actions, an equality")
def _() -> dict[str, Any]:
    p = [[Fraction(x, 20) for x in row] for row in ([17, 15, 7, 5], [6, 4, 18, 16])]
    return {"p": p, "groups": (0, 0, 1, 1), "each": 2, "gamma": Fraction(9, 10)}


# --- bounds on it ------------------------------------------------------------------------------------------------------------

GAMMA, DELTA = Fraction(1, 10), Fraction(1, 10)


def estimation_bound(states: int, m: int, samples: Any, gamma: Any, delta: Any, cap: Any = None) -> Any:
    """The smallest of E1 with Hoeffding's radius, E2 with Weissman's, and all there is."""
    zero = 0 * gamma
    if m == 1:
        return zero
    if not is_exact() and cap is None:
        return tabular.grouping.estimation_bound(states, m, samples, gamma, delta)
    most = 1 / (1 - gamma)
    eta = most * sqrt(log(rational(2 * states * m) / delta) / (2 * samples))
    epsilon = sqrt(log(rational((2**states - 2) * states * m) / delta) / (2 * samples))
    values = 2 * gamma * eta / (1 - gamma) ** 2
    kernels = kernel_error(min(epsilon, zero + 1), gamma, zero + 1)
    return min(values, kernels, most if cap is None else cap)


@claim(
    "action_grouping.expected_estimation",
    "<=",
    paper=DERIVED,
    theorem="E1, E2 and the radii of Hoeffding and Weissman, in expectation",
    instances=two_state_models().map(lambda given: given | {"gamma": min(given["gamma"] + 0.05, 0.9), "delta": 0.01}),
    search={
        "p": Vector((2, 2), 0, 1),
        "groups": Choice(((0, 0), (0, 1))),
        "each": Integers(1, 2),
        "gamma": Interval(Fraction(1, 10), Fraction(99, 100)),
        "delta": Interval(Fraction(1, 1000), Fraction(1, 2)),
    },
    allowance=two_state_rounding,
    uses=(
        "action_grouping.value_error",
        "action_grouping.kernel_error",
        "action_grouping.hoeffding",
        "action_grouping.weissman",
    ),
    argument="Which of the bounds is smallest does not depend on the samples, and each holds with probability 1 - delta for all "
    "states and groups; otherwise at most 1 / (1 - gamma) is lost: the step. With one group nothing is chosen.",
)
def expected_estimation(p: Array, groups: tuple[int, ...], each: Any, gamma: Any, delta: Any) -> Sides:
    r"""$E[V^*_G - V^{\hat\mu}_G] \le \mathrm{est}(m, K, \delta) + \delta / (1 - \gamma)$ with $\mathrm{est} = \min \{E1, E2, 1
    / (1 - \gamma)\}$ for the radii of Hoeffding and Weissman.
    """
    m = len(members(groups))
    bound = estimation_bound(2, m, each, gamma, delta) + delta / (1 - gamma)
    lost = estimation(p, groups, each, gamma)
    return lost, np.array([bound, bound])


def estimation(p: Array, groups: tuple[int, ...], each: Any, gamma: Any) -> Array:
    """(2,) expected loss against the best of the groups."""
    if not is_exact():
        samples = 2 * each * len(members(groups))
        return np.asarray(tabular.grouping.grouped_two_state_loss(p, labels(groups), samples, gamma).estimation)
    merged = np.array([means(row, groups) for row in p])
    return independently(merged, tuple(range(len(merged[0]))), int(each), gamma)


@expected_estimation.false_sibling("never more than the range of the rewards")
def _(p: Array, groups: tuple[int, ...], each: Any, gamma: Any, delta: Any) -> Sides:
    bound = estimation_bound(2, len(members(groups)), each, gamma, delta, cap=1 + 0 * gamma) + delta / (1 - gamma)
    return estimation(p, groups, each, gamma), np.array([bound, bound])


@expected_estimation.step("(1 - q) est + q / (1 - gamma) <= est + delta / (1 - gamma), q = delta - d", method="expand")
def _() -> tuple[Any, Any]:
    est, delta, d, most = sp.symbols("est delta d M")
    q = delta - d
    return (est + delta * most) - ((1 - q) * est + q * most), q * est + d * most


@expected_estimation.known("two actions in two states, one sample each")
def _() -> dict[str, Any]:
    p = [[Fraction(9, 10), Fraction(2, 5)]] * 2
    return {"p": p, "groups": (0, 1), "each": 1, "gamma": Fraction(99, 100), "delta": Fraction(1, 1000)}


@st.composite
def nested_bandits(draw: st.DrawFn) -> dict[str, Any]:
    """Probabilities, a partition, a coarser one, and samples."""
    instance = draw(bandits())
    merge = draw(partitions(max(instance["groups"]) + 1))
    coarse = tuple(merge[g] for g in instance["groups"])
    return {"p": instance["p"], "fine": instance["groups"], "coarse": coarse, "samples": instance["samples"]}


@claim(
    "action_grouping.finer_bounds_worse",
    "<=",
    paper=DERIVED,
    assumptions="the same number of samples of each state, shared by the groups; gamma = delta = 1/10 and two states",
    instances=nested_bandits(),
    search={
        "p": Vector(4, 0, 1),
        "fine": Choice(((0, 1, 2, 2), (0, 1, 2, 3))),
        "coarse": Choice(((0, 0, 1, 1), (0, 0, 0, 0), (0, 0, 2, 2))),
        "samples": Integers(12, 16),
    },
    allowance=loss_rounding,
    argument="K = floor(N / m) does not grow with m and the union bound does not shrink, so that both radii do not fall, "
    "capped at 1 or not; E1 is a multiple of its radius and E2 increases in it, by the step; the smallest of both and of all "
    "there is to lose does not fall either. With one group there is no error.",
)
def finer_bounds_worse(p: Array, fine: tuple[int, ...], coarse: tuple[int, ...], samples: Any) -> Sides:
    r"""The *bound* on the estimation error, which looks at the number of groups alone, does not fall as groups are split. The
    false sibling says the same of the exact expected error: merging can shrink the gaps that identification relies on.
    """
    return _bound_on(coarse, samples), _bound_on(fine, samples)


def _bound_on(groups: tuple[int, ...], samples: Any) -> Any:
    m = len({int(g) for g in groups})
    gamma, delta = rational(GAMMA.numerator, GAMMA.denominator), rational(DELTA.numerator, DELTA.denominator)
    return estimation_bound(2, m, samples // m, gamma, delta)


@finer_bounds_worse.false_sibling("the finer one has the larger expected error")
def _(p: Array, fine: tuple[int, ...], coarse: tuple[int, ...], samples: Any) -> Sides:
    return error_of(p, coarse, samples), error_of(p, fine, samples)


def error_of(p: Array, groups: tuple[int, ...], samples: Any) -> Any:
    """Expected loss against the best of the groups."""
    used = tuple(dict.fromkeys(int(g) for g in groups))
    groups = tuple(used.index(int(g)) for g in groups)
    if not is_exact():
        return _error_of(p, groups, samples)
    chances = means(p, groups)
    return expected(np.array(chances), tuple(range(len(chances))), by_keys(chances, int(samples) // len(chances)))


@floats_only
def _error_of(p: Array, groups: tuple[int, ...], samples: int) -> float:
    return float(tabular.grouping.grouped_bernoulli_loss(p, labels(groups), samples).estimation)


@finer_bounds_worse.step("the derivative of E2 in epsilon is 2 gamma / (1 - gamma (1 - epsilon))^2", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, epsilon = sp.symbols("gamma epsilon")
    bound = 2 * gamma * epsilon / ((1 - gamma) * (1 - gamma * (1 - epsilon)))
    return sp.diff(bound, epsilon), 2 * gamma / (1 - gamma * (1 - epsilon)) ** 2


@finer_bounds_worse.known("expected errors of 146513/4000000 with two groups and of 24/3125 with three")
def _() -> dict[str, Any]:
    p = [Fraction(0), Fraction(1), Fraction(2, 5), Fraction(2, 5)]
    return {"p": p, "fine": (0, 1, 2, 2), "coarse": (0, 0, 1, 1), "samples": 12}
