r"""Claims about what grouping loses before anything is estimated: classic and sharp bounds, action values, the metric.

Rewards lie in an interval of length :math:`\Delta`; f is one minus the smallest weight of an action in its group, zeros
included. :math:`B(x, y) = (x + \gamma y \Delta / (1 - \gamma)) / (1 - \gamma (1 - y))`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

import tabular
from proofs_check.arithmetic import absolute, is_exact, largest, rational
from proofs_check.claim import claim
from proofs_check.topics.action_grouping.formulas import (
    best,
    bounds,
    classic,
    deviations,
    diameters,
    distances,
    factor,
    grouped_q_values,
    labels,
    loss,
    members,
    reward_range,
    sharp,
    weights,
)
from proofs_check.topics.action_grouping.instances import (
    DERIVED,
    SEARCH,
    Array,
    Sides,
    attaining,
    even,
    grouped_models,
    model,
    rounding,
)
from proofs_check.topics.mdp.formulas import q_values, span
from tabular import MDP


def everywhere(values: Array, bound: Any) -> Sides:
    """One bound for all states."""
    return values, 0 * values + bound


def positive_factor(shares: Array, groups: tuple[int, ...]) -> Any:
    """One minus the smallest weight that is not zero."""
    return 1 - min(x for x in weights(shares, groups).reshape(-1) if x > 0)


def smaller_factor(groups: tuple[int, ...]) -> Any:
    """1 - 1 / (k - 1) for groups of up to k actions."""
    return 1 - rational(1, max(max(len(part) for part in members(groups)) - 1, 1))


def attained(transition: Any, reward: Any, gamma: Any, size: int) -> dict[str, Any]:
    """The attaining model as an instance: all actions in one group, played evenly."""
    mdp = attaining(transition, reward, gamma, size)
    return {"mdp": mdp, "groups": (0,) * size, "shares": even(mdp)}


def without_best() -> dict[str, Any]:
    """Three actions in a group that never plays the best one."""
    return attained("1/5", "1/10", "9/10", 3) | {"shares": [[0, 1, 1], [0, 1, 1]]}


# --- classic -----------------------------------------------------------------------------------------------------------------


@claim(
    "action_grouping.approx_classic",
    "<=",
    paper=DERIVED,
    instances=grouped_models(),
    allowance=rounding,
    uses=("action_grouping.loss_parts",),
    argument="Play in each state the group mu(s) of an optimal action a*: V_G* is at least V^mu. V* - V^mu is Q*(s, a*) - sum_a "
    "w(a) Q*(s, a) plus gamma times a mean of V* - V^mu. By the first step the former is the sum over the other actions of the "
    "group of w(a) (Q*(s, a*) - Q*(s, a)), whose weights add up to at most f; each difference is one of rewards plus gamma times "
    "one of two laws on V*, at most their total variation times its span. So e = max (V* - V^mu) <= c + gamma e; the second step "
    "solves that.",
)
def approx_classic(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Sides:
    r"""$V^* - V^*_G \le f\, [\bar\beta_R + \gamma \bar\beta_P\, \mathrm{sp}(V^*)] / (1 - \gamma)$."""
    return everywhere(loss(mdp, groups, shares), bounds(mdp, groups, shares, span(best(mdp)))[0])


@approx_classic.false_sibling("half of the span, as if total variation were the L1 distance")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Sides:
    return everywhere(loss(mdp, groups, shares), bounds(mdp, groups, shares, span(best(mdp)) / 2)[0])


@approx_classic.false_sibling("f from the smallest weight that is not zero")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Sides:
    f, far = positive_factor(shares, groups), diameters(mdp, groups)
    bound = classic(f * far.transition, f * far.reward, mdp.gamma, span(best(mdp)))
    return everywhere(loss(mdp, groups, shares), bound)


@approx_classic.false_sibling("without accumulation over time")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Sides:
    bound = bounds(mdp, groups, shares, span(best(mdp)))[0]
    return everywhere(loss(mdp, groups, shares), bound * (1 - mdp.gamma))


@approx_classic.step("q - [(1 - u - v) q + u q_b + v q_c] = u (q - q_b) + v (q - q_c)", method="expand")
def _() -> tuple[Any, Any]:
    u, v, q, first, second = sp.symbols("u v q q_b q_c")
    return q - ((1 - u - v) * q + u * first + v * second), u * (q - first) + v * (q - second)


@approx_classic.step("c + gamma c / (1 - gamma) = c / (1 - gamma)", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, c = sp.symbols("gamma c")
    return c + gamma * c / (1 - gamma), c / (1 - gamma)


@approx_classic.known("rewards alone, where it is an equality")
def _() -> dict[str, Any]:
    return attained(0, "1/10", "9/10", 2)


@approx_classic.known("a small difference of transitions, where the bound is nearly attained")
def _() -> dict[str, Any]:
    return attained("1/100000", 0, "9/10", 2)


@approx_classic.known("a small difference of transitions in a group of three whose best action is never played")
def _() -> dict[str, Any]:
    return attained("1/100000", 0, "9/10", 3) | {"shares": [[0, 1, 1], [0, 1, 1]]}


# --- sharp -------------------------------------------------------------------------------------------------------------------


@claim(
    "action_grouping.approx_sharp",
    "<=",
    paper=DERIVED,
    instances=grouped_models(),
    search=SEARCH,
    allowance=rounding,
    uses=("action_grouping.loss_parts",),
    argument="Let mu(s) be the group of an optimal action a*, and e = max_s (V* - V^mu) >= V* - V_G*. The law of a* and that "
    "of its group differ by at most y = f beta_P in total variation, and their rewards by at most x = f beta_R: by the first "
    "step the differences are sums over the other actions of the group, whose weights add up to at most f. So both laws hold "
    "a common part of mass 1 - y. There V* - V^mu is at most e; on the rest the largest V* minus the smallest V^mu is at most "
    "Delta / (1 - gamma). Hence e <= x + gamma (1 - y) e + gamma y Delta / (1 - gamma), and B solves this with equality "
    "(second step), where gamma (1 - y) < 1.",
)
def approx_sharp(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Sides:
    r"""$V^* - V^*_G \le B(f \bar\beta_R, f \bar\beta_P)$."""
    return everywhere(loss(mdp, groups, shares), bounds(mdp, groups, shares, reward_range(mdp))[1])


@approx_sharp.false_sibling("f = 1 - 1 / (k - 1) for groups of k")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Sides:
    f, far = smaller_factor(groups), diameters(mdp, groups)
    return everywhere(loss(mdp, groups, shares), sharp(f * far.transition, f * far.reward, mdp.gamma, reward_range(mdp)))


@approx_sharp.false_sibling("f from the smallest weight that is not zero")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Sides:
    f, far = positive_factor(shares, groups), diameters(mdp, groups)
    return everywhere(loss(mdp, groups, shares), sharp(f * far.transition, f * far.reward, mdp.gamma, reward_range(mdp)))


@approx_sharp.false_sibling("gamma y in place of gamma y / (1 - gamma)")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Sides:
    f, far, gamma = factor(mdp, groups, shares), diameters(mdp, groups), mdp.gamma
    x, y = f * far.reward, f * far.transition
    return everywhere(loss(mdp, groups, shares), (x + gamma * y * reward_range(mdp)) / (1 - gamma * (1 - y)))


@approx_sharp.false_sibling("one power of 1 / (1 - gamma) suffices: x / (1 - gamma) + 10 gamma y / (1 - gamma)")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Sides:
    f, far, gamma = factor(mdp, groups, shares), diameters(mdp, groups), mdp.gamma
    bound = (f * far.reward + 10 * gamma * f * far.transition * reward_range(mdp)) / (1 - gamma)
    return everywhere(loss(mdp, groups, shares), bound)


@approx_sharp.step("p - [(1 - u - v) p + u q + v h] = u (p - q) + v (p - h)", method="expand")
def _() -> tuple[Any, Any]:
    u, v, p, q, h = sp.symbols("u v p q h")
    return p - ((1 - u - v) * p + u * q + v * h), u * (p - q) + v * (p - h)


def sharp_symbols() -> tuple[Any, ...]:
    """x, y, gamma, Delta and B(x, y)."""
    x, y, gamma, size = sp.symbols("x y gamma Delta")
    return x, y, gamma, size, (x + gamma * y * size / (1 - gamma)) / (1 - gamma * (1 - y))


@approx_sharp.step("x + gamma (1 - y) B + gamma y Delta / (1 - gamma) = B", method="cancel")
def _() -> tuple[Any, Any]:
    x, y, gamma, size, bound = sharp_symbols()
    return x + gamma * (1 - y) * bound + gamma * y * size / (1 - gamma), bound


@approx_sharp.known("a pair of actions: a loss of 5, where it is an equality")
def _() -> dict[str, Any]:
    return attained("1/5", "1/10", "9/10", 2)


@approx_sharp.known("a discount of .99: a loss of 71.22 where the classic bound says 247.5; an equality")
def _() -> dict[str, Any]:
    return attained("1/20", 0, "99/100", 2)


@approx_sharp.known("four actions and laws without anything in common, where it is an equality")
def _() -> dict[str, Any]:
    return attained(1, "1/2", "9/10", 4)


approx_sharp.known("the best action is never played")(without_best)


@claim(
    "action_grouping.approx_intrinsic",
    "monotone",
    paper=DERIVED,
    instances=grouped_models(),
    allowance=rounding,
    uses=("action_grouping.approx_sharp", "action_grouping.sharp_shape"),
    argument="The proof of the sharp bound uses nothing but the distances of an action from its own group, which are averages "
    "over the other actions, so at most f times the diameters (the step); B increases in both (with x <= Delta and y <= 1), "
    "and is below the classic bound at the largest span and below Delta / (1 - gamma).",
)
def approx_intrinsic(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Sides:
    r"""$\|V^* - V^*_G\| \le B(\max |r - r_w|, \max \mathrm{TV}(P, P_w)) \le B(f \bar\beta_R, f \bar\beta_P)$, and that is at most
    $\Delta / (1 - \gamma)$ and the classic bound at the span $\Delta / (1 - \gamma)$.
    """
    widest = reward_range(mdp) / (1 - mdp.gamma)
    least, far, own, _ = bounds(mdp, groups, shares, widest)
    return _ladder(largest(loss(mdp, groups, shares)), own, far, min(least, widest))


def _ladder(*rungs: Any) -> Sides:
    return np.array(rungs), list(range(len(rungs)))


@approx_intrinsic.false_sibling("below the classic bound at the actual span")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Sides:
    least, far, _, _ = bounds(mdp, groups, shares, span(best(mdp)))
    return _ladder(far, least)


@approx_intrinsic.false_sibling("deviations from the group say less than diameters")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Sides:
    _, far, own, _ = bounds(mdp, groups, shares, reward_range(mdp))
    return _ladder(far, own)


@approx_intrinsic.step("r_a - (u r_a + v r_b + (1 - u - v) r_c) = v (r_a - r_b) + (1 - u - v) (r_a - r_c)", method="expand")
def _() -> tuple[Any, Any]:
    u, v, a, b, c = sp.symbols("u v r_a r_b r_c")
    return a - (u * a + v * b + (1 - u - v) * c), v * (a - b) + (1 - u - v) * (a - c)


@approx_intrinsic.known("a pair of actions, where three are equalities")
def _() -> dict[str, Any]:
    return attained("1/5", "1/10", "9/10", 2)


# --- action values, and the metric -------------------------------------------------------------------------------------------


@claim(
    "action_grouping.q_simulation",
    "<=",
    paper=DERIVED,
    theorem="the simulation lemma",
    instances=grouped_models(),
    allowance=rounding,
    argument="Let D be the largest distance. Q*(s, a) - Q_G*(s, G(a)) is a difference of rewards, at most x, plus gamma times "
    "(P - P_w) V*, at most y sp(V*), plus gamma P_w (V* - V_G*). The largest Q* of a state is that of an action whose group "
    "is at most D worse, and every group is a mean of its actions and at most D better than their largest: |V* - V_G*| <= D. "
    "So D <= x + gamma y sp(V*) + gamma D; solve for D.",
)
def q_simulation(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Sides:
    r"""$|Q^*(s, a) - Q^*_G(s, G(a))| \le (x + \gamma y\, \mathrm{sp}(V^*)) / (1 - \gamma)$ with $x = \max |r - r_w|$ and
    $y = \max \mathrm{TV}(P, P_w)$.
    """
    return everywhere(q_distances(mdp, groups, shares), bounds(mdp, groups, shares, span(best(mdp)))[3])


def q_distances(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Array:
    """(S A,) distances of action values from those of the groups."""
    apart = q_values(mdp, best(mdp)) - grouped_q_values(mdp, groups, shares)[:, labels(groups)]
    return np.array(absolute(apart).reshape(-1))


@q_simulation.false_sibling("half of the span")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Sides:
    return everywhere(q_distances(mdp, groups, shares), bounds(mdp, groups, shares, span(best(mdp)) / 2)[3])


@q_simulation.false_sibling("f times the deviations")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Sides:
    f, own = factor(mdp, groups, shares), deviations(mdp, groups, shares)
    bound = classic(f * own.transition, f * own.reward, mdp.gamma, span(best(mdp)))
    return everywhere(q_distances(mdp, groups, shares), bound)


@q_simulation.step("D = c + gamma D at D = c / (1 - gamma)", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, c = sp.symbols("gamma c")
    return c + gamma * c / (1 - gamma), c / (1 - gamma)


@q_simulation.step("(r + gamma P v) - (s + gamma Q u) = (r - s) + gamma (P - Q) v + gamma Q (v - u)", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    r, s, v, u, first, second = sp.symbols("r s v u P Q", commutative=False)
    return (r + gamma * first * v) - (s + gamma * second * u), (r - s) + gamma * (first - second) * v + gamma * second * (v - u)


@q_simulation.known("rewards alone, where it is an equality")
def _() -> dict[str, Any]:
    return attained(0, 1, "9/10", 2)


@q_simulation.known("a small difference of transitions, where it is nearly attained")
def _() -> dict[str, Any]:
    return attained("1/100000", 0, "9/10", 2)


@claim(
    "action_grouping.metric_bound",
    "monotone",
    paper=DERIVED,
    instances=grouped_models(),
    allowance=rounding,
    uses=("action_grouping.approx_classic",),
    argument="In the proof of the classic bound Q*(s, a*) - Q*(s, a) is at most |r - r'| + gamma TV Delta / (1 - gamma) of "
    "the same state and pair, hence d; the loss is at most f d / (1 - gamma). The largest of a sum is at most the sum of the "
    "largest, and each of the two largest is at most d, so that their sum is at most 2d, as in the step.",
)
def metric_bound(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Sides:
    r"""$\|V^* - V^*_G\| \le \frac{f d}{1 - \gamma}$ with $d$ the largest distance within a group, which is at most the classic
    bound at the largest span, and that at most $\frac{2 f d}{1 - \gamma}$.
    """
    near = by_metric(mdp, groups, shares)
    least = bounds(mdp, groups, shares, reward_range(mdp) / (1 - mdp.gamma))[0]
    return _ladder(largest(loss(mdp, groups, shares)), near, least, 2 * near)


def by_metric(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Any:
    """f d / (1 - gamma)."""
    f = factor(mdp, groups, shares)
    if not is_exact():
        return tabular.grouping.metric_bound(tabular.grouping.metric_diameter(mdp, labels(groups)), mdp.gamma, factor=f)
    d = distances(mdp)
    return f * max(d[a, b] for part in members(groups) for a in part for b in part) / (1 - mdp.gamma)


@metric_bound.false_sibling("the metric bounds the classic bound, too")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Sides:
    least = bounds(mdp, groups, shares, reward_range(mdp) / (1 - mdp.gamma))[0]
    return _ladder(least, by_metric(mdp, groups, shares))


@metric_bound.false_sibling("the classic bound is at most 19/10 of it")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array) -> Sides:
    least = bounds(mdp, groups, shares, reward_range(mdp) / (1 - mdp.gamma))[0]
    return _ladder(least, by_metric(mdp, groups, shares) * rational(19, 10))


@metric_bound.step("f (u + v) / (1 - gamma) + f ((d - u) + (d - v)) / (1 - gamma) = 2 f d / (1 - gamma)", method="cancel")
def _() -> tuple[Any, Any]:
    f, u, v, d, gamma = sp.symbols("f u v d gamma")
    return f * (u + v) / (1 - gamma) + f * ((d - u) + (d - v)) / (1 - gamma), 2 * f * d / (1 - gamma)


@metric_bound.known("rewards differ in one state and transitions in the other, so that the last is an equality")
def _() -> dict[str, Any]:
    mdp = model([[[1, 0], [1, 0]], [[1, 0], [0, 1]]], [[1, 0], [0, 0]], "1/2")
    return {"mdp": mdp, "groups": (0, 0), "shares": even(mdp)}


@metric_bound.known("rewards alone, where three are equalities")
def _() -> dict[str, Any]:
    return attained(0, "1/10", "9/10", 2)
