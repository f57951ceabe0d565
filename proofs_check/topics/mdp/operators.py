r"""Claims about the Bellman operator."""

from __future__ import annotations

from typing import Any

import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import absolute
from proofs_check.claim import claim
from proofs_check.spaces import Interval, Model, Vector
from proofs_check.topics.mdp.formulas import backup, greedy, norm, optimum, policy_value, q_values, span
from proofs_check.topics.mdp.instances import PUTERMAN, SMALL, Array, Sides, islands, one_state, rounding, with_vectors
from tabular import MDP


@claim(
    "mdp.contraction",
    "<=",
    paper=PUTERMAN,
    theorem="Proposition 6.2.4",
    instances=with_vectors("v", "w"),
    search={"mdp": SMALL, "v": Vector(2), "w": Vector(2)},
    allowance=rounding,
    uses=("mdp.monotonicity", "mdp.constant_shift"),
    argument="Let c = |v - w|. Then v <= w + c, so Tv <= T(w + c) = Tw + gamma c, which is the step; exchange v and w.",
)
def contraction(mdp: MDP, v: Array, w: Array) -> Sides:
    r"""$\|Tv - Tw\| \le \gamma \|v - w\|$."""
    return norm(backup(mdp, v) - backup(mdp, w)), mdp.gamma * norm(v - w)


@contraction.false_sibling("gamma squared")
def _(mdp: MDP, v: Array, w: Array) -> Sides:
    return norm(backup(mdp, v) - backup(mdp, w)), mdp.gamma**2 * norm(v - w)


@contraction.false_sibling("the span in place of the norm on the right")
def _(mdp: MDP, v: Array, w: Array) -> Sides:
    return norm(backup(mdp, v) - backup(mdp, w)), mdp.gamma * span(v - w)


@contraction.step("T(w + c) = Tw + gamma c turns v <= w + c into Tv - Tw <= gamma c", method="expand")
def _() -> tuple[Any, Any]:
    gamma, c, w = sp.symbols("gamma c Tw")
    return (w + gamma * c) - w, gamma * c


@contraction.known("one state, where it is an equality")
def _() -> dict[str, Any]:
    return {"mdp": one_state(), "v": [1], "w": [0]}


@claim(
    "mdp.monotonicity",
    "<=",
    paper=PUTERMAN,
    theorem="Lemma 6.1.2",
    instances=with_vectors("v", "w"),
    search={"mdp": SMALL, "v": Vector(2), "w": Vector(2)},
    allowance=rounding,
    argument="gamma P has no negative entry, so the step gives T_pi v <= T_pi (v + |w|) for every policy, and the maximum over "
    "policies keeps the order.",
)
def monotonicity(mdp: MDP, v: Array, w: Array) -> Sides:
    r"""$v \le v + |w|$ implies $Tv \le T(v + |w|)$."""
    return backup(mdp, v), backup(mdp, v + absolute(w))


@monotonicity.false_sibling("w may be negative")
def _(mdp: MDP, v: Array, w: Array) -> Sides:
    return backup(mdp, v), backup(mdp, v + w)


@monotonicity.step("T_pi (v + w) - T_pi v = gamma P_pi w", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, r, v, w = sp.symbols("P r v w", commutative=False)
    return (r + gamma * kernel * (v + w)) - (r + gamma * kernel * v), gamma * kernel * w


@monotonicity.known("one state, discounted by one half")
def _() -> dict[str, Any]:
    return {"mdp": one_state(), "v": [1], "w": [-2]}


@claim(
    "mdp.constant_shift",
    "==",
    paper=PUTERMAN,
    instances=with_vectors("v", c=st.integers(-30, 30).map(float)),
    search={"mdp": SMALL, "v": Vector(2), "c": Interval(-20, 20)},
    allowance=rounding,
    argument="The step holds for every policy, because its rows sum to one; the maximum over policies is shifted by the same.",
)
def constant_shift(mdp: MDP, v: Array, c: Any) -> Sides:
    r"""$T(v + c) = Tv + \gamma c$ for a constant $c$."""
    return backup(mdp, v + c), backup(mdp, v) + mdp.gamma * c


@constant_shift.false_sibling("the shift is not discounted")
def _(mdp: MDP, v: Array, c: Any) -> Sides:
    return backup(mdp, v + c), backup(mdp, v) + c


@constant_shift.false_sibling("only the first state is shifted")
def _(mdp: MDP, v: Array, c: Any) -> Sides:
    first = 0 * v
    first[0] = first[0] + c
    return backup(mdp, v + first), backup(mdp, v) + mdp.gamma * c


@constant_shift.step("T_pi (v + c e) = T_pi v + gamma c e, with e the ones and P e = e", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma, c = sp.symbols("gamma c")
    kernel, r, v, ones = sp.symbols("P r v e", commutative=False)
    shifted = sp.expand(r + gamma * kernel * (v + c * ones)).subs(kernel * ones, ones)
    return shifted, r + gamma * kernel * v + gamma * c * ones


@constant_shift.known("one state")
def _() -> dict[str, Any]:
    return {"mdp": one_state(), "v": [3], "c": 7}


@claim(
    "mdp.span_contraction",
    "<=",
    paper=PUTERMAN,
    theorem="Section 6.6.1",
    instances=with_vectors("v", "w"),
    search={"mdp": SMALL, "v": Vector(2), "w": Vector(2)},
    allowance=rounding,
    argument="With pi greedy for v, Tv - Tw <= T_pi v - T_pi w, which by the step is at most gamma max(v - w) in every state; "
    "with pi greedy for w it is at least gamma min(v - w). Subtract.",
)
def span_contraction(mdp: MDP, v: Array, w: Array) -> Sides:
    r"""$\mathrm{span}(Tv - Tw) \le \gamma\, \mathrm{span}(v - w)$."""
    return span(backup(mdp, v) - backup(mdp, w)), mdp.gamma * span(v - w)


@span_contraction.false_sibling("gamma squared")
def _(mdp: MDP, v: Array, w: Array) -> Sides:
    return span(backup(mdp, v) - backup(mdp, w)), mdp.gamma**2 * span(v - w)


@span_contraction.false_sibling("the norm on the right, which is as little as half the span")
def _(mdp: MDP, v: Array, w: Array) -> Sides:
    return span(backup(mdp, v) - backup(mdp, w)), mdp.gamma * norm(v - w)


@span_contraction.step("T_pi v - T_pi w = gamma P_pi (v - w)", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, r, v, w = sp.symbols("P r v w", commutative=False)
    return (r + gamma * kernel * v) - (r + gamma * kernel * w), gamma * kernel * (v - w)


@span_contraction.known("two absorbing states, where it is an equality")
def _() -> dict[str, Any]:
    return {"mdp": islands(), "v": [1, -1], "w": [0, 0]}


@claim(
    "mdp.optimality_equation",
    "==",
    paper="Bellman (1957), Dynamic Programming",
    instances=with_vectors(),
    search={"mdp": Model(3, 2)},
    allowance=rounding,
    uses=("mdp.policy_iteration_dominates",),
    argument="There are finitely many deterministic policies, so one of them, pi, is not improved by the policy greedy for its "
    "value v. That one has value v too, and at least Tv, which is at least v: so Tv = v. For the value u of any policy, "
    "v - T_pi' v >= 0; multiply the step by (I - gamma P)^-1, which has no negative entry: v >= u, so v is the optimum.",
)
def optimality_equation(mdp: MDP) -> Sides:
    r"""$v^* = T v^*$."""
    best = optimum(mdp)
    return best, backup(mdp, best)


@optimality_equation.false_sibling("the worst action in place of the best")
def _(mdp: MDP) -> Sides:
    best = optimum(mdp)
    return best, q_values(mdp, best).min(axis=1)


@optimality_equation.false_sibling("the policy greedy for the reward is optimal")
def _(mdp: MDP) -> Sides:
    v = policy_value(mdp, greedy(mdp, 0 * mdp.r[:, 0]))
    return v, backup(mdp, v)


@optimality_equation.step("(I - gamma P)(v - u) = v - T_pi' v for the value u of pi'", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, v, u = sp.symbols("P v u", commutative=False)
    reward = u - gamma * kernel * u
    return (v - u) - gamma * kernel * (v - u), v - (reward + gamma * kernel * v)


@optimality_equation.known("two absorbing states")
def _() -> dict[str, Any]:
    return {"mdp": islands(1, -3)}
