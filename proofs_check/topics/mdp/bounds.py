r"""Claims about what a residual proves of values."""

from __future__ import annotations

from typing import Any

import sympy as sp

from proofs_check.arithmetic import largest, smallest
from proofs_check.claim import claim
from proofs_check.spaces import Vector
from proofs_check.topics.mdp.formulas import backup, greedy, norm, optimum, policy_value
from proofs_check.topics.mdp.instances import PUTERMAN, SMALL, Array, Sides, one_state, rounding, with_vectors
from tabular import MDP


@claim(
    "mdp.residual_bound",
    "<=",
    paper=PUTERMAN,
    theorem="Theorem 6.3.1 (its proof)",
    instances=with_vectors("v"),
    search={"mdp": SMALL, "v": Vector(2, -20, 20)},
    allowance=rounding,
    uses=("mdp.span_bound", "mdp.span_bound_below"),
    argument="v* - v lies between (Tv - v) + gamma / (1 - gamma) times the smallest and the largest residual; both ends are at "
    "most the step times the largest absolute residual.",
)
def residual_bound(mdp: MDP, v: Array) -> Sides:
    r"""$\|v - v^*\| \le \|Tv - v\| / (1 - \gamma)$."""
    return norm(v - optimum(mdp)), norm(backup(mdp, v) - v) / (1 - mdp.gamma)


@residual_bound.false_sibling("gamma / (1 - gamma), which bounds Tv - v*")
def _(mdp: MDP, v: Array) -> Sides:
    return norm(v - optimum(mdp)), mdp.gamma * norm(backup(mdp, v) - v) / (1 - mdp.gamma)


@residual_bound.step("1 + gamma / (1 - gamma) = 1 / (1 - gamma)", method="cancel")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    return 1 + gamma / (1 - gamma), 1 / (1 - gamma)


@residual_bound.known("a constant added to the optimum, where it is an equality")
def _() -> dict[str, Any]:
    return {"mdp": one_state(), "v": [5]}


@claim(
    "mdp.span_bound",
    "<=",
    paper="MacQueen (1966)",
    instances=with_vectors("v"),
    search={"mdp": SMALL, "v": Vector(2, -20, 20)},
    allowance=rounding,
    argument="Let P belong to an optimal policy and g = Tv - T_pi* v, which is not negative. (I - gamma P)^-1 gamma P has no "
    "negative entry and rows that sum to gamma / (1 - gamma); multiply the step by (I - gamma P)^-1 and drop g.",
)
def span_bound(mdp: MDP, v: Array) -> Sides:
    r"""$v^* \le Tv + \frac{\gamma}{1 - \gamma} \max_s (Tv - v)(s)$."""
    new = backup(mdp, v)
    return optimum(mdp), new + mdp.gamma / (1 - mdp.gamma) * largest(new - v)


@span_bound.false_sibling("the mean residual in place of the largest")
def _(mdp: MDP, v: Array) -> Sides:
    new = backup(mdp, v)
    return optimum(mdp), new + mdp.gamma / (1 - mdp.gamma) * (new - v).sum() / mdp.n_states


@span_bound.false_sibling("v in place of Tv")
def _(mdp: MDP, v: Array) -> Sides:
    return optimum(mdp), v + mdp.gamma / (1 - mdp.gamma) * largest(backup(mdp, v) - v)


@span_bound.step("(I - gamma P)(v* - Tv) = gamma P (Tv - v) - g", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, best, v, new = sp.symbols("P w v Tv", commutative=False)
    reward = best - gamma * kernel * best  # v* is the value of the optimal policy
    loss = new - (reward + gamma * kernel * v)
    return (best - new) - gamma * kernel * (best - new), gamma * kernel * (new - v) - loss


@span_bound.known("a constant added to the optimum, where it is an equality")
def _() -> dict[str, Any]:
    return {"mdp": one_state(), "v": [5]}


@claim(
    "mdp.span_bound_below",
    ">=",
    paper="MacQueen (1966)",
    theorem="with Porteus (1971) for the greedy policy",
    instances=with_vectors("v"),
    search={"mdp": SMALL, "v": Vector(2, -20, 20)},
    allowance=rounding,
    argument="Let P belong to the greedy policy, so that Tv = T_pi v. (I - gamma P)^-1 gamma P has no negative entry and rows "
    "that sum to gamma / (1 - gamma); multiply the step by (I - gamma P)^-1. The optimum is no smaller.",
)
def span_bound_below(mdp: MDP, v: Array) -> Sides:
    r"""$v^\pi \ge Tv + \frac{\gamma}{1 - \gamma} \min_s (Tv - v)(s)$ for $\pi$ greedy for $v$; hence so is $v^*$."""
    new = backup(mdp, v)
    return policy_value(mdp, greedy(mdp, v)), new + mdp.gamma / (1 - mdp.gamma) * smallest(new - v)


@span_bound_below.false_sibling("the mean residual in place of the smallest")
def _(mdp: MDP, v: Array) -> Sides:
    new = backup(mdp, v)
    bound = new + mdp.gamma / (1 - mdp.gamma) * (new - v).sum() / mdp.n_states
    return policy_value(mdp, greedy(mdp, v)), bound


@span_bound_below.false_sibling("without the future: Tv")
def _(mdp: MDP, v: Array) -> Sides:
    return policy_value(mdp, greedy(mdp, v)), backup(mdp, v)


@span_bound_below.step("(I - gamma P_pi)(v^pi - Tv) = gamma P_pi (Tv - v)", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, value, v = sp.symbols("P u v", commutative=False)
    reward = value - gamma * kernel * value
    new = reward + gamma * kernel * v
    return (value - new) - gamma * kernel * (value - new), gamma * kernel * (new - v)


@span_bound_below.known("a constant added to the optimum, where it is an equality")
def _() -> dict[str, Any]:
    return {"mdp": one_state(), "v": [5]}


@claim(
    "mdp.residual_bound_after",
    "<=",
    paper=PUTERMAN,
    theorem="Theorem 6.3.1 (its proof)",
    instances=with_vectors("v"),
    search={"mdp": SMALL, "v": Vector(2, -20, 20)},
    allowance=rounding,
    uses=("mdp.span_bound", "mdp.span_bound_below"),
    argument="Subtract Tv from the two bounds, as in the step: v* - Tv lies between gamma / (1 - gamma) times the smallest and "
    "the largest residual.",
)
def residual_bound_after(mdp: MDP, v: Array) -> Sides:
    r"""$\|Tv - v^*\| \le \frac{\gamma}{1 - \gamma} \|Tv - v\|$: what value iteration knows when it stops."""
    new = backup(mdp, v)
    return norm(new - optimum(mdp)), mdp.gamma / (1 - mdp.gamma) * norm(new - v)


@residual_bound_after.false_sibling("gamma alone: the residual is the error")
def _(mdp: MDP, v: Array) -> Sides:
    new = backup(mdp, v)
    return norm(new - optimum(mdp)), mdp.gamma * norm(new - v)


@residual_bound_after.false_sibling("gamma squared")
def _(mdp: MDP, v: Array) -> Sides:
    new = backup(mdp, v)
    return norm(new - optimum(mdp)), mdp.gamma**2 / (1 - mdp.gamma) * norm(new - v)


@residual_bound_after.step("Tv + gamma / (1 - gamma) m - Tv", method="expand")
def _() -> tuple[Any, Any]:
    gamma, new, m = sp.symbols("gamma Tv m")
    return (new + gamma / (1 - gamma) * m) - new, gamma / (1 - gamma) * m


@residual_bound_after.known("a constant added to the optimum, where it is an equality")
def _() -> dict[str, Any]:
    return {"mdp": one_state(), "v": [5]}
