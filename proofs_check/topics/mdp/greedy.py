r"""Claims about policies greedy for values that are not exact, and about single actions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.claim import claim
from proofs_check.spaces import Interval, Model, Vector
from proofs_check.strategies import mdps
from proofs_check.topics.mdp.formulas import backup, greedy, norm, optimum, policy_value, q_values, span
from proofs_check.topics.mdp.instances import PUTERMAN, SMALL, Array, Sides, rounding, with_vectors
from tabular import MDP


def loss(mdp: MDP, v: Array) -> Any:
    """What the policy greedy for ``v`` loses at worst."""
    return norm(optimum(mdp) - policy_value(mdp, greedy(mdp, v)))


def regret(mdp: MDP, v: Array) -> Array:
    """How much worse than the best each action is, judged by ``v``, shape (S, A)."""
    return backup(mdp, v)[:, None] - q_values(mdp, v)


def uncertainty(mdp: MDP, v: Array) -> Any:
    """``gamma / (1 - gamma) span(Tv - v)``: how far apart the two bounds on ``v*`` are."""
    return mdp.gamma / (1 - mdp.gamma) * span(backup(mdp, v) - v)


def toll_road() -> MDP:
    """Staying costs 2 gamma, leaving is free. An error of +1 here and -1 there makes staying look as good, and it has index 0."""
    gamma = Fraction(9, 10)
    P = np.array([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], dtype=object) * Fraction(1)
    r = np.array([[-2 * gamma, 0], [0, 0]], dtype=object) * Fraction(1)
    return MDP(P, r, gamma, initial=np.array([Fraction(1), Fraction(0)]))


@claim(
    "mdp.greedy_loss_from_span",
    "<=",
    paper=PUTERMAN,
    theorem="Section 6.6.3",
    instances=with_vectors("v"),
    search={"mdp": SMALL, "v": Vector(2, -5, 5)},
    allowance=rounding,
    uses=("mdp.span_bound", "mdp.span_bound_below"),
    argument="Subtract the two bounds.",
)
def greedy_loss_from_span(mdp: MDP, v: Array) -> Sides:
    r"""$\|v^* - v^\pi\| \le \frac{\gamma}{1 - \gamma}\, \mathrm{span}(Tv - v)$ for $\pi$ greedy for $v$."""
    return loss(mdp, v), uncertainty(mdp, v)


@greedy_loss_from_span.false_sibling("the norm in place of the span, which is up to twice as large")
def _(mdp: MDP, v: Array) -> Sides:
    return loss(mdp, v), mdp.gamma / (1 - mdp.gamma) * norm(backup(mdp, v) - v)


@greedy_loss_from_span.false_sibling("gamma alone")
def _(mdp: MDP, v: Array) -> Sides:
    return loss(mdp, v), mdp.gamma * span(backup(mdp, v) - v)


@greedy_loss_from_span.step("the difference of the bounds", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, new, high, low = sp.symbols("gamma Tv M m")
    factor = gamma / (1 - gamma)
    return (new + factor * high) - (new + factor * low), factor * (high - low)


@greedy_loss_from_span.known("a toll paid for ever, where it is an equality")
def _() -> dict[str, Any]:
    toll = toll_road()
    return {"mdp": toll, "v": [1, -1]}


@claim(
    "mdp.stopping_rule",
    "<=",
    paper="derived here",
    theorem="Puterman (1994), Theorem 6.3.1 has 2 gamma / (1 - gamma)",
    instances=with_vectors("v"),
    search={"mdp": Model(2, 2, Interval(0, Fraction(9, 10))), "v": Vector(2, -20, 20)},
    allowance=rounding,
    uses=("mdp.greedy_loss_from_span", "mdp.span_contraction"),
    argument="With t = Tv the loss is at most gamma / (1 - gamma) span(Tt - t); span(Tt - Tv) <= gamma span(t - v); and a span "
    "is at most twice a norm. The step multiplies the three.",
)
def stopping_rule(mdp: MDP, v: Array) -> Sides:
    r"""$\|v^* - v^\pi\| \le \frac{2\gamma^2}{1 - \gamma} \|Tv - v\|$ for $\pi$ greedy for $Tv$: when value iteration may stop."""
    new = backup(mdp, v)
    return loss(mdp, new), 2 * mdp.gamma**2 / (1 - mdp.gamma) * norm(new - v)


@stopping_rule.false_sibling("gamma cubed")
def _(mdp: MDP, v: Array) -> Sides:
    new = backup(mdp, v)
    return loss(mdp, new), 2 * mdp.gamma**3 / (1 - mdp.gamma) * norm(new - v)


@stopping_rule.false_sibling("the factor 2 is dropped")
def _(mdp: MDP, v: Array) -> Sides:
    new = backup(mdp, v)
    return loss(mdp, new), mdp.gamma**2 / (1 - mdp.gamma) * norm(new - v)


@stopping_rule.step("gamma / (1 - gamma) times gamma times 2", method="cancel")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    return gamma / (1 - gamma) * gamma * 2, 2 * gamma**2 / (1 - gamma)


@stopping_rule.known("a toll paid for ever, where it is an equality")
def _() -> dict[str, Any]:
    """The values rise by one on the free side and fall by one on the other, and the toll is just low enough to be paid again."""
    toll = toll_road()
    rise, fall = -1 / (1 - Fraction(9, 10)), (1 - 2 * Fraction(9, 10) ** 2) / (1 - Fraction(9, 10))
    r = np.array([[-2 * Fraction(9, 10) ** 2, 0], [0, 0]], dtype=object) * Fraction(1)
    return {"mdp": toll.replace(r=r), "v": [fall, rise]}


@claim(
    "mdp.action_elimination",
    "<=",
    paper="MacQueen (1967)",
    instances=with_vectors("v"),
    search={"mdp": SMALL, "v": Vector(2, -20, 20)},
    allowance=rounding,
    uses=("mdp.span_bound", "mdp.span_bound_below"),
    argument="v* >= Tv + gamma m / (1 - gamma), and v* <= v + M / (1 - gamma) turns the first step into q* <= q + gamma M / "
    "(1 - gamma); subtract.",
)
def action_elimination(mdp: MDP, v: Array) -> Sides:
    r"""With $q = r + \gamma P v$:
    $(Tv(s) - q(s, a)) - (v^*(s) - q^*(s, a)) \le \frac{\gamma}{1 - \gamma}\, \mathrm{span}(Tv - v)$.
    An action that is worse than the best by more than the right side is not optimal.
    """
    return regret(mdp, v) - regret(mdp, optimum(mdp)), 0 * mdp.r + uncertainty(mdp, v)


@action_elimination.false_sibling("half the span")
def _(mdp: MDP, v: Array) -> Sides:
    return regret(mdp, v) - regret(mdp, optimum(mdp)), 0 * mdp.r + uncertainty(mdp, v) / 2


@action_elimination.false_sibling("what is worse for v is worse for v*")
def _(mdp: MDP, v: Array) -> Sides:
    return regret(mdp, v) - regret(mdp, optimum(mdp)), 0 * mdp.r


@action_elimination.step("q* - q = gamma P (v* - v)", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, r, best, v = sp.symbols("P r w v", commutative=False)
    return (r + gamma * kernel * best) - (r + gamma * kernel * v), gamma * kernel * (best - v)


@action_elimination.step("v + M + gamma M / (1 - gamma) is v + M / (1 - gamma)", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, v, high = sp.symbols("gamma v M")
    return v + high + gamma / (1 - gamma) * high, v + high / (1 - gamma)


@st.composite
def with_errors(draw: st.DrawFn) -> dict[str, Any]:
    """A model and an error of one size in every state, small enough for the greedy policy to be almost right."""
    mdp = draw(mdps(gammas=st.sampled_from([0.0, 0.5, 0.9, 0.95, 0.99])))
    signs = st.lists(st.sampled_from([-1.0, 1.0, 0.0]), min_size=mdp.n_states, max_size=mdp.n_states)
    return {"mdp": mdp, "error": draw(st.sampled_from([1.0, 0.1, 0.01])) * np.array(draw(signs))}


@claim(
    "mdp.greedy_loss",
    "<=",
    paper="Singh and Yee (1994)",
    theorem="main bound",
    instances=with_errors(),
    search={"mdp": Model(2, 2, Interval(0, Fraction(9, 10))), "error": Vector(2)},
    allowance=rounding,
    argument="Let P and Q belong to the greedy and to an optimal policy, and g = T_pi v - T_pi* v, which is not negative. "
    "Multiply the step by (I - gamma P)^-1, whose rows sum to 1 / (1 - gamma), drop g, and bound (P - Q) e by 2 |e|.",
)
def greedy_loss(mdp: MDP, error: Array) -> Sides:
    r"""The policy $\pi$ greedy for $v = v^* + e$ loses at most $\|v^* - v^\pi\| \le \frac{2\gamma}{1 - \gamma} \|e\|$."""
    best = optimum(mdp)
    return norm(best - policy_value(mdp, greedy(mdp, best + error))), 2 * mdp.gamma / (1 - mdp.gamma) * norm(error)


@greedy_loss.false_sibling("the factor 2 is dropped")
def _(mdp: MDP, error: Array) -> Sides:
    best = optimum(mdp)
    return norm(best - policy_value(mdp, greedy(mdp, best + error))), mdp.gamma / (1 - mdp.gamma) * norm(error)


@greedy_loss.false_sibling("without the factor 1 / (1 - gamma)")
def _(mdp: MDP, error: Array) -> Sides:
    best = optimum(mdp)
    return norm(best - policy_value(mdp, greedy(mdp, best + error))), 2 * mdp.gamma * norm(error)


@greedy_loss.step("(I - gamma P)(v* - v^pi) = gamma (P - Q) e - g", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, other, best, value, error = sp.symbols("P Q w u e", commutative=False)
    v = best + error
    reward, best_reward = value - gamma * kernel * value, best - gamma * other * best
    gain = (reward + gamma * kernel * v) - (best_reward + gamma * other * v)
    return (best - value) - gamma * kernel * (best - value), gamma * (kernel - other) * error - gain


@greedy_loss.known("a toll paid for ever, where it is an equality")
def _() -> dict[str, Any]:
    return {"mdp": toll_road(), "error": [1, -1]}
