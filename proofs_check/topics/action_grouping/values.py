r"""Claims about lifted policies: values of merged models are values of policies, and refining helps."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.claim import claim
from proofs_check.strategies import distributions
from proofs_check.topics.action_grouping.formulas import best, grouped_optimum, labels, lifted, members, merged
from proofs_check.topics.action_grouping.instances import (
    DERIVED,
    LI,
    Array,
    Sides,
    attaining,
    bandit,
    even,
    grouped_models,
    partitions,
    rounding,
)
from proofs_check.topics.mdp.formulas import policy_value
from tabular import MDP


def on_groups(law: Array, groups: tuple[int, ...]) -> Array:
    """(S, m) the law of the group of an action drawn by ``law`` (S, A)."""
    return np.stack([law[:, part].sum(axis=1) for part in members(groups)], axis=1)


@st.composite
def with_laws(draw: st.DrawFn) -> dict[str, Any]:
    """A grouped model and a policy, which says how likely each group is."""
    instance = draw(grouped_models())
    n_states, n_actions = instance["mdp"].r.shape
    return instance | {"law": np.array([draw(distributions(n_actions)) for _ in range(n_states)])}


@claim(
    "action_grouping.lift_identity",
    "==",
    paper=LI,
    theorem="lifted policies; proof given here",
    instances=with_laws(),
    allowance=rounding,
    argument="By the step both policies have the same rewards and the same transitions in every state, here with a group of two "
    "and one of one action; a larger group adds terms of the same form. Values solve v = r + gamma P v, whose solution is "
    "unique.",
)
def lift_identity(mdp: MDP, groups: tuple[int, ...], shares: Array, law: Array) -> Sides:
    r"""$V^\pi_M = V^\mu_{M_G}$ for $\pi(a | s) = \mu(G(a) | s)\, w(a | s)$."""
    mu = on_groups(law, groups)
    return policy_value(mdp, lifted(mdp, groups, shares, mu)), policy_value(merged(mdp, groups, shares), mu)


@lift_identity.false_sibling("a group stands for its first action")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array, law: Array) -> Sides:
    mu, alone = on_groups(law, groups), 0 * shares
    for part in members(groups):
        alone[:, part[0]] = alone[:, part[0]] + 1
    return policy_value(mdp, lifted(mdp, groups, alone, mu)), policy_value(merged(mdp, groups, shares), mu)


@lift_identity.false_sibling("weights do not matter: uniform in one model, as given in the other")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array, law: Array) -> Sides:
    mu = on_groups(law, groups)
    return policy_value(mdp, lifted(mdp, groups, 0 * shares, mu)), policy_value(merged(mdp, groups, shares), mu)


@lift_identity.step("sum_a pi(a) (r_a + gamma P_a v) = sum_g mu(g) (r_w(g) + gamma P_w(g) v)", method="expand")
def _() -> tuple[Any, Any]:
    mu, nu, w, gamma = sp.symbols("mu nu w gamma")
    a, b, c = sp.symbols("r_a r_b r_c")
    x, y, z = sp.symbols("Pv_a Pv_b Pv_c")
    single = mu * w * (a + gamma * x) + mu * (1 - w) * (b + gamma * y) + nu * (c + gamma * z)
    return single, mu * ((w * a + (1 - w) * b) + gamma * (w * x + (1 - w) * y)) + nu * (c + gamma * z)


@lift_identity.known("the attaining model, where it is an equality")
def _() -> dict[str, Any]:
    mdp = attaining("1/5", "1/10", "9/10", 2)
    return {"mdp": mdp, "groups": (0, 0), "shares": even(mdp), "law": [[1, 0], [1, 0]]}


@claim(
    "action_grouping.loss_parts",
    "monotone",
    paper=LI,
    theorem="decomposition of the loss; proof given here",
    instances=with_laws(),
    allowance=rounding,
    uses=("action_grouping.lift_identity",),
    argument="The value of the lifted policy is that of mu in the merged model, hence at most the optimum there; that optimum is "
    "the value of a lifted policy of the model, hence at most V*. Their differences add up to the loss, by the step.",
)
def loss_parts(mdp: MDP, groups: tuple[int, ...], shares: Array, law: Array) -> Sides:
    r"""$V^{\pi} \le V^*_G \le V^*$ for every lifted policy: the loss is approximation, $V^* - V^*_G \ge 0$, plus estimation and
    computation, $V^*_G - V^{\mu}_G \ge 0$, in every state.
    """
    mu = on_groups(law, groups)
    return _ladder(policy_value(mdp, lifted(mdp, groups, shares, mu)), grouped_optimum(mdp, groups, shares), best(mdp))


def _ladder(*rungs: Array) -> Sides:
    return np.stack(rungs, axis=-1), [list(range(len(rungs)))] * len(rungs[0])


@loss_parts.false_sibling("merging costs nothing")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array, law: Array) -> Sides:
    return _ladder(best(mdp), grouped_optimum(mdp, groups, shares))


@loss_parts.false_sibling("the merged optimum bounds every policy of the model")
def _(mdp: MDP, groups: tuple[int, ...], shares: Array, law: Array) -> Sides:
    return _ladder(policy_value(mdp, law), grouped_optimum(mdp, groups, shares), best(mdp))


@loss_parts.step("V* - V = (V* - V_G*) + (V_G* - V)", method="expand")
def _() -> tuple[Any, Any]:
    best, merged_best, v = sp.symbols("w u v")
    return best - v, (best - merged_best) + (merged_best - v)


@loss_parts.known("the attaining model: a loss of 5, all of it approximation")
def _() -> dict[str, Any]:
    mdp = attaining("1/5", "1/10", "9/10", 2)
    return {"mdp": mdp, "groups": (0, 0), "shares": even(mdp), "law": [[1, 0], [1, 0]]}


# --- refinement --------------------------------------------------------------------------------------------------------------


def both(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...]:
    """The common refinement of two partitions, labelled in the order of first use."""
    pairs = list(zip(labels(first).tolist(), labels(second).tolist(), strict=True))
    order = list(dict.fromkeys(pairs))
    return tuple(order.index(pair) for pair in pairs)


@st.composite
def two_partitions(draw: st.DrawFn) -> dict[str, Any]:
    """A model, two partitions of its actions, and shares that are positive."""
    instance = draw(grouped_models())
    first = instance.pop("groups")
    shares = instance.pop("shares")
    return instance | {"first": first, "second": draw(partitions(len(first))), "shares": shares + 1.0}


@claim(
    "action_grouping.refinement_monotone",
    "<=",
    paper=DERIVED,
    assumptions="weights of the coarse groups are mixtures of those of the fine ones, as uniform weights are: all are in "
    "proportion to the same positive shares",
    instances=two_partitions(),
    allowance=rounding,
    uses=("action_grouping.lift_identity",),
    argument="If every fine group g lies in a coarse one h, the policy lifted from a law mu on coarse groups is lifted from the "
    "law mu(h) W(g) / W(h) on fine ones, W the sums of shares: that is the step. So every value of the coarse model is one of "
    "the fine model. Any pair of nested partitions occurs: the common refinement of a partition with one that it refines is "
    "itself.",
)
def refinement_monotone(mdp: MDP, first: tuple[int, ...], second: tuple[int, ...], shares: Array) -> Sides:
    r"""$V^*_{G'} \ge V^*_G$ in every state if $G'$ refines $G$; here $G'$ is the common refinement of two partitions."""
    fine = grouped_optimum(mdp, both(first, second), shares)
    coarse = [grouped_optimum(mdp, groups, shares) for groups in (first, second)]
    return np.stack(coarse), np.stack([fine, fine])


@refinement_monotone.false_sibling("more groups, nested or not")
def _(mdp: MDP, first: tuple[int, ...], second: tuple[int, ...], shares: Array) -> Sides:
    few, many = sorted((first, second), key=lambda groups: labels(groups).max())
    if labels(few).max() == labels(many).max():
        many = both(first, second)
    return grouped_optimum(mdp, few, shares), grouped_optimum(mdp, many, shares)


@refinement_monotone.false_sibling(
    "whatever the weights: uniform in the fine groups, in proportion to the shares in the coarse ones"
)
def _(mdp: MDP, first: tuple[int, ...], second: tuple[int, ...], shares: Array) -> Sides:
    return grouped_optimum(mdp, first, shares), grouped_optimum(mdp, both(first, second), 0 * shares)


@refinement_monotone.step("mu(h) w_h(a) = [mu(h) W(g) / W(h)] w_g(a)", method="cancel")
def _() -> tuple[Any, Any]:
    mu, share, inner, outer = sp.symbols("mu w W_g W_h", positive=True)
    return mu * share / outer, (mu * inner / outer) * (share / inner)


@refinement_monotone.known("two groups without loss, three that are not nested in them with a loss of 1/2")
def _() -> dict[str, Any]:
    mdp = bandit([1, 1, 1, 0, 0, 0])
    return {"mdp": mdp, "first": (0, 0, 0, 1, 1, 1), "second": (0, 1, 2, 0, 1, 2), "shares": even(mdp)}


@refinement_monotone.known("one group that plays the better action most, and two, refined and then played evenly")
def _() -> dict[str, Any]:
    mdp = bandit([1, 0, 0])
    return {"mdp": mdp, "first": (0, 0, 0), "second": (0, 0, 1), "shares": [[8, 1, 1]]}
