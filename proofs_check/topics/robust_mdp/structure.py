r"""Claims about what a set of laws does to values: contamination is a discount, total variation shrinks their range."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import floats_only, lift, rational
from proofs_check.claim import claim
from proofs_check.exact_mdp import ExactMDP
from proofs_check.spaces import Integers, Interval, Policy, Space
from proofs_check.topics.mdp.formulas import greedy, span
from proofs_check.topics.mdp.formulas import optimum as nominal_optimum
from proofs_check.topics.mdp.formulas import policy_value as value_in
from proofs_check.topics.robust_mdp.formulas import Model, optimum, policy_value, q_values
from proofs_check.topics.robust_mdp.instances import (
    SIZE,
    SMALL,
    Array,
    Sides,
    paid_in_unit,
    reference,
    rounding,
    two_islands,
    with_sets,
)

WANG = "Wang and Zou (2022), Policy gradient method for robust reinforcement learning (recalled)"
LIU = "Liu and Xu (2024), Minimax optimal and computationally efficient algorithms for distributionally robust offline RL"

RADIUS: dict[str, Space] = {"mdp": SMALL, "size": SIZE}


# --- contamination is a discount -----------------------------------------------------------------------------------------------


def _shifted(mdp: Model, size: Any, factor: Any) -> Array:
    """Values at discount gamma (1 - size), plus ``factor`` times their minimum."""
    short = nominal_optimum(mdp.replace(gamma=mdp.gamma * (1 - size)))
    return short + factor * min(short)


@claim(
    "robust_mdp.contamination_is_discount",
    "==",
    paper=WANG,
    instances=with_sets(sets=None),
    search=RADIUS,
    allowance=rounding,
    argument="Let u solve the problem at discount gamma (1 - rho), and w = u + c with c = gamma rho / (1 - gamma) min u, so "
    "that min w = min u + c. By the step T w = w, because the constant is the same for all actions; T has one fixed point, "
    "and the greedy actions of w under T are those of u.",
)
def contamination_is_discount(mdp: Model, size: Any) -> Sides:
    r"""Under contamination, $v^\rho = u + \frac{\gamma \rho}{1 - \gamma} \min u$ with u the optimum at discount
    $\gamma (1 - \rho)$."""
    return optimum(mdp, "contamination", size), _shifted(mdp, size, mdp.gamma * size / (1 - mdp.gamma))


@contamination_is_discount.false_sibling("total variation with the same radius")
def _(mdp: Model, size: Any) -> Sides:
    return optimum(mdp, "TV", size), contamination_is_discount.sides(mdp, size)[1]


@contamination_is_discount.false_sibling("the shift with the shorter horizon")
def _(mdp: Model, size: Any) -> Sides:
    shift = mdp.gamma * size / (1 - mdp.gamma * (1 - size))
    return optimum(mdp, "contamination", size), _shifted(mdp, size, shift)


@contamination_is_discount.step("gamma (1 - rho) c + gamma rho (m + c) = c at c = gamma rho m / (1 - gamma)", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, rho, m = sp.symbols("gamma rho m")
    c = gamma * rho * m / (1 - gamma)
    return gamma * (1 - rho) * c + gamma * rho * (m + c), c


@contamination_is_discount.known("the reference model at 1/5, an equality of fractions")
def _() -> dict[str, Any]:
    return {"mdp": reference(), "size": Fraction(1, 5)}


@claim(
    "robust_mdp.contamination_policy",
    "==",
    paper=WANG,
    instances=with_sets(sets=None),
    search=RADIUS,
    allowance=rounding,
    uses=("robust_mdp.contamination_is_discount",),
    argument="At w = u + c the action values under T are those of u at the shorter discount plus c, by the step of "
    "contamination_is_discount with the minimum over actions left out: the same actions are best, and a greedy policy at the "
    "fixed point is optimal.",
)
def contamination_policy(mdp: Model, size: Any) -> Sides:
    r"""The policy that is optimal at discount $\gamma (1 - \rho)$ is optimal under contamination."""
    return _robust_value_of_short(mdp, "contamination", size), optimum(mdp, "contamination", size)


@contamination_policy.false_sibling("under total variation")
def _(mdp: Model, size: Any) -> Sides:
    return _robust_value_of_short(mdp, "TV", size), optimum(mdp, "TV", size)


def _robust_value_of_short(mdp: Model, name: str, size: Any) -> Array:
    short = mdp.replace(gamma=mdp.gamma * (1 - size))
    return policy_value(mdp, name, greedy(short, nominal_optimum(short)), size)


@contamination_policy.step("gamma ((1 - rho) (x + c) + rho (m + c)) = gamma (1 - rho) x + c", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, rho, m, x = sp.symbols("gamma rho m x")
    c = gamma * rho * m / (1 - gamma)
    return gamma * ((1 - rho) * (x + c) + rho * (m + c)), gamma * (1 - rho) * x + c


@contamination_policy.known("the reference model at 1/2")
def _() -> dict[str, Any]:
    return {"mdp": reference(), "size": Fraction(1, 2)}


# --- ranges --------------------------------------------------------------------------------------------------------------------


@claim(
    "robust_mdp.range_shrinkage",
    "<=",
    paper=LIU,
    theorem="Lemma 5.1, its discounted form (derived here)",
    assumptions="rewards in [0, 1], mass may go to any state",
    instances=with_sets(sets=None, policy=True),
    search={**RADIUS, "policy": Policy(2, 2)},
    allowance=rounding,
    argument="(1 - rho) p plus rho at a state where v is smallest is within the radius, so that max v <= 1 + gamma (1 - rho) "
    "max v + gamma rho min v. No law has a mean below min v and no reward is negative, so that min v >= gamma min v. By the "
    "step the range x has x <= 1 + gamma (1 - rho) x.",
)
def range_shrinkage(mdp: Model, size: Any, policy: Array) -> Sides:
    r"""$\max v^{\pi, \rho} - \min v^{\pi, \rho} \le \frac{1}{1 - \gamma (1 - \rho)}$ for total variation: the horizon of the
    adversary, not of the discount."""
    mdp = paid_in_unit(mdp)
    return span(policy_value(mdp, "TV", policy, size)), 1 / (1 - mdp.gamma * (1 - size))


@range_shrinkage.false_sibling("on the support: where rows are point masses, nothing moves (nor for KL and chi-square)")
def _(mdp: Model, size: Any, policy: Array) -> Sides:
    mdp = paid_in_unit(mdp)
    return span(policy_value(mdp, "TV on the support", policy, size)), 1 / (1 - mdp.gamma * (1 - size))


@range_shrinkage.false_sibling("a tenth more of the radius")
def _(mdp: Model, size: Any, policy: Array) -> Sides:
    mdp = paid_in_unit(mdp)
    return span(policy_value(mdp, "TV", policy, size)), 1 / (1 - mdp.gamma * (1 - size * rational(11, 10)))


def ranges_subtracted() -> tuple[Any, Any]:
    gamma, rho, top, low = sp.symbols("gamma rho M m")
    return 1 + gamma * (1 - rho) * top + gamma * rho * low - gamma * low, 1 + gamma * (1 - rho) * (top - low)


SUBTRACTED = "1 + gamma (1 - rho) M + gamma rho m - gamma m = 1 + gamma (1 - rho) (M - m)"

range_shrinkage.step(SUBTRACTED, method="expand")(ranges_subtracted)


@range_shrinkage.known("two islands that pay 1 and 0, where it is an equality")
def _() -> dict[str, Any]:
    return {"mdp": two_islands(), "size": Fraction(3, 10), "policy": [[1], [1]]}


def staged_value(mdp: Model, name: str, policy: Array, size: Any, horizon: int) -> Array:
    """The undiscounted value of a policy over a horizon, adversary included."""
    v = lift(np.zeros(mdp.n_states)) if isinstance(mdp, ExactMDP) else np.zeros(mdp.n_states)
    one = mdp.replace(gamma=1) if not isinstance(mdp, ExactMDP) else mdp.replace(gamma=lift(1))
    for _ in range(int(horizon)):
        v = (policy * q_values(one, name, v, size)).sum(axis=1)
    return v


@claim(
    "robust_mdp.range_shrinkage_staged",
    "<=",
    paper=LIU,
    theorem="Lemma 5.1",
    assumptions="rewards in [0, 1], no discount, mass may go to any state, rho > 0",
    instances=with_sets(sets=None, policy=True, horizon=st.integers(1, 5)),
    search={**RADIUS, "policy": Policy(2, 2), "horizon": Integers(1, 4)},
    allowance=rounding,
    argument="As in range_shrinkage, the range x_h with h steps to go has x_{h+1} <= 1 + (1 - rho) x_h and x_0 = 0; by the "
    "step the bound satisfies this with equality, so that it follows by induction.",
)
def range_shrinkage_staged(mdp: Model, size: Any, policy: Array, horizon: Any) -> Sides:
    r"""$\max v - \min v \le \frac{1 - (1 - \rho)^H}{\rho}$ with H steps to go."""
    left, right = _staged_ranges(mdp, size, policy, horizon, "TV")
    return left, right


def _staged_ranges(mdp: Model, size: Any, policy: Array, horizon: Any, name: str) -> Sides:
    mdp = paid_in_unit(mdp)
    right = 0 * size
    for _ in range(int(horizon)):
        right = 1 + (1 - size) * right  # the bound without its quotient, so that a radius of 0 is the limit H
    return span(staged_value(mdp, name, policy, size, horizon)), right


@range_shrinkage_staged.false_sibling("on the support, nor for KL and chi-square: point masses do not move")
def _(mdp: Model, size: Any, policy: Array, horizon: Any) -> Sides:
    return _staged_ranges(mdp, size, policy, horizon, "TV on the support")


@range_shrinkage_staged.false_sibling("one step fewer")
def _(mdp: Model, size: Any, policy: Array, horizon: Any) -> Sides:
    left, right = _staged_ranges(mdp, size, policy, horizon, "TV")
    return left, (right - 1) / (1 - size / 2)


@range_shrinkage_staged.step("1 + (1 - rho) (1 - (1 - rho)^h) / rho = (1 - (1 - rho)^(h + 1)) / rho", method="cancel")
def _() -> tuple[Any, Any]:
    rho, power = sp.symbols("rho P")  # P stands for (1 - rho)^h
    return 1 + (1 - rho) * (1 - power) / rho, (1 - (1 - rho) * power) / rho


@range_shrinkage_staged.known("two islands, six steps, radius 3/10: 2.94117, an equality")
def _() -> dict[str, Any]:
    return {"mdp": two_islands(), "size": Fraction(3, 10), "policy": [[1], [1]], "horizon": 6}


FLOORS: dict[str, Space] = {**RADIUS, "policy": Policy(2, 2), "floor": Interval(Fraction(1, 100), 1)}


def with_floors() -> Any:
    """Models, policies, and the share of every row that is uniform."""
    return with_sets(sets=None, policy=True, floor=st.sampled_from([0.01, 0.1, 0.5, 1.0]))


@floats_only
def _floored(mdp: Any, size: float, policy: Array, floor: float, name: str, reach: float) -> Sides:
    """Range and bound of a model in which every row gives every state at least floor / n."""
    n = mdp.n_states
    mdp = paid_in_unit(mdp.replace(P=(1 - floor) * mdp.P + floor / n))
    return span(policy_value(mdp, name, policy, size)), 1 / (1 - mdp.gamma * (1 - min(reach, 1.0)))


@floats_only
def _entropy_reach(mdp: Any, size: float, floor: float) -> float:
    least = floor / mdp.n_states
    return size / np.log(1 / least) if least < 1 else 1.0


@claim(
    "robust_mdp.range_shrinkage_kl",
    "<=",
    paper="derived here",
    assumptions="rewards in [0, 1]; every row gives every state at least p0",
    instances=with_floors(),
    search=FLOORS,
    allowance=rounding,
    arithmetics=("float",),
    argument="KL is convex in its first argument, so that with q = (1 - e) p + e delta_s KL(q, p) <= e KL(delta_s, p) = e "
    "log(1 / p(s)) <= e log(1 / p0): at e = rho / log(1 / p0) the law of range_shrinkage is within the radius, and the rest "
    "is the same.",
)
def range_shrinkage_kl(mdp: Model, size: Any, policy: Array, floor: Any) -> Sides:
    r"""Where no probability is below $p_0$, KL shrinks ranges too: to $\frac{1}{1 - \gamma (1 - e)}$ with $e = \rho / \log(1 /
    p_0)$."""
    return _floored(mdp, size, policy, floor, "KL", _entropy_reach(mdp, size, floor))


@range_shrinkage_kl.false_sibling("three times the reach")
def _(mdp: Model, size: Any, policy: Array, floor: Any) -> Sides:
    return _floored(mdp, size, policy, floor, "KL", 3 * _entropy_reach(mdp, size, floor))


range_shrinkage_kl.step(SUBTRACTED, method="expand")(ranges_subtracted)


@claim(
    "robust_mdp.range_shrinkage_chi_square",
    "<=",
    paper="derived here",
    assumptions="rewards in [0, 1]; every row gives every state at least p0",
    instances=with_floors(),
    search=FLOORS,
    allowance=rounding,
    arithmetics=("float",),
    argument="By the first step q = (1 - e) p + e delta_s is at distance e^2 (1 / p(s) - 1) <= e^2 (1 / p0 - 1): at e = "
    "sqrt(rho p0 / (1 - p0)) the law of range_shrinkage is within the radius, and the rest is the same.",
)
def range_shrinkage_chi_square(mdp: Model, size: Any, policy: Array, floor: Any) -> Sides:
    r"""Where no probability is below $p_0$, so does chi-square: with $e = \sqrt{\rho\, p_0 / (1 - p_0)}$."""
    return _floored(mdp, size, policy, floor, "chi-square", _square_reach(mdp, size, floor))


@floats_only
def _square_reach(mdp: Any, size: float, floor: float) -> float:
    least = floor / mdp.n_states
    return float(np.sqrt(size * least / (1 - least))) if least < 1 else 1.0


@range_shrinkage_chi_square.false_sibling("a reach half as large again")
def _(mdp: Model, size: Any, policy: Array, floor: Any) -> Sides:
    return _floored(mdp, size, policy, floor, "chi-square", 1.5 * _square_reach(mdp, size, floor))


@range_shrinkage_chi_square.step("((1 - e) p + e - p)^2 / p + e^2 (1 - p) = e^2 (1 / p - 1)", method="cancel")
def _() -> tuple[Any, Any]:
    p, e = sp.symbols("p e")  # the other states together lose e (1 - p), in proportion to what they have
    return ((1 - e) * p + e - p) ** 2 / p + e**2 * (1 - p), e**2 * (1 / p - 1)


range_shrinkage_chi_square.step(SUBTRACTED, method="expand")(ranges_subtracted)


# --- what a radius costs -------------------------------------------------------------------------------------------------------


@claim(
    "robust_mdp.value_drop",
    "<=",
    paper="derived here",
    assumptions="total variation",
    instances=with_sets(sets=None, policy=True),
    search={**RADIUS, "policy": Policy(2, 2)},
    allowance=rounding,
    argument="<p, v> - C_rho(v) <= rho span(v), as no more than rho is moved by no more than the range. For the largest drop "
    "d of the policy, C_rho(v^rho) >= C_rho(v^0 - d) = C_rho(v^0) - d gives d <= gamma (rho span(v^0) + d), and the step "
    "solves it.",
)
def value_drop(mdp: Model, size: Any, policy: Array) -> Sides:
    r"""$v^{\pi} - v^{\pi, \rho} \le \frac{\gamma \rho}{1 - \gamma}\, \mathrm{span}(v^\pi)$."""
    return _drop(mdp, size, policy, sharp=False)


def _drop(mdp: Model, size: Any, policy: Array, sharp: bool) -> Sides:
    """What a radius takes from a policy, against the range of its robust (``sharp``) or of its nominal values."""
    plain, robust = value_in(mdp, policy), policy_value(mdp, "TV", policy, size)
    drop = plain - robust
    return drop, 0 * drop + mdp.gamma * size / (1 - mdp.gamma) * span(robust if sharp else plain)


@value_drop.false_sibling("half of it")
def _(mdp: Model, size: Any, policy: Array) -> Sides:
    left, right = value_drop.sides(mdp, size, policy)
    return left, right / 2


@value_drop.false_sibling("gamma squared")
def _(mdp: Model, size: Any, policy: Array) -> Sides:
    left, right = value_drop.sides(mdp, size, policy)
    return left, right * mdp.gamma


def drop_solved() -> tuple[Any, Any]:
    gamma, s = sp.symbols("gamma s")
    d = gamma * s / (1 - gamma)
    return d, gamma * (s + d)


value_drop.step("d = gamma (s + d) at d = gamma s / (1 - gamma)", method="cancel")(drop_solved)


@value_drop.known("two islands, radius 1/5")
def _() -> dict[str, Any]:
    return {"mdp": two_islands(), "size": Fraction(1, 5), "policy": [[1], [1]]}


@claim(
    "robust_mdp.value_drop_sharp",
    "<=",
    paper="derived here",
    assumptions="total variation; the range is that of the robust values, which robust_mdp.range_shrinkage bounds",
    instances=with_sets(sets=None, policy=True),
    search={**RADIUS, "policy": Policy(2, 2)},
    allowance=rounding,
    argument="v^rho >= T_0 v^rho - gamma rho span(v^rho) with T_0 the ordinary operator of the policy; subtract from v^0 = "
    "T_0 v^0: the largest drop d has d <= gamma d + gamma rho span(v^rho), which the step solves.",
)
def value_drop_sharp(mdp: Model, size: Any, policy: Array) -> Sides:
    r"""$v^{\pi} - v^{\pi, \rho} \le \frac{\gamma \rho}{1 - \gamma}\, \mathrm{span}(v^{\pi, \rho})$, attained by two islands."""
    return _drop(mdp, size, policy, sharp=True)


@value_drop_sharp.false_sibling("a hundredth less")
def _(mdp: Model, size: Any, policy: Array) -> Sides:
    left, right = value_drop_sharp.sides(mdp, size, policy)
    return left, right * rational(99, 100)


value_drop_sharp.step("d = gamma (s + d) at d = gamma s / (1 - gamma)", method="cancel")(drop_solved)


@value_drop_sharp.known("two islands, radius 1/5, where it is an equality")
def _() -> dict[str, Any]:
    return {"mdp": two_islands(), "size": Fraction(1, 5), "policy": [[1], [1]]}


@claim(
    "robust_mdp.price_of_ignoring",
    "<=",
    paper="derived here",
    assumptions="total variation; the policy is optimal without an adversary",
    instances=with_sets(sets=None),
    search=RADIUS,
    allowance=rounding,
    uses=("robust_mdp.value_drop",),
    argument="v^rho <= v^0, the nominal optimum; the robust value of its policy is at least v^0 less the drop. Subtract.",
)
def price_of_ignoring(mdp: Model, size: Any) -> Sides:
    r"""The nominally optimal policy loses at most $\frac{\gamma \rho}{1 - \gamma}\, \mathrm{span}(v^0)$ of the robust optimum."""
    plain = nominal_optimum(mdp)
    loss = optimum(mdp, "TV", size) - policy_value(mdp, "TV", greedy(mdp, plain), size)
    return loss, 0 * plain + mdp.gamma * size / (1 - mdp.gamma) * span(plain)


@price_of_ignoring.false_sibling("a twentieth of it")
def _(mdp: Model, size: Any) -> Sides:
    left, right = price_of_ignoring.sides(mdp, size)
    return left, right / 20


@price_of_ignoring.false_sibling("nothing")
def _(mdp: Model, size: Any) -> Sides:
    left, right = price_of_ignoring.sides(mdp, size)
    return left, 0 * right


@price_of_ignoring.step("(v0 + x) - (v0 - b) = b + x: nothing above the bound if x <= 0", method="expand", relation=">=")
def _() -> tuple[Any, Any]:
    v0, b = sp.symbols("v0 b", real=True)
    below = sp.Symbol("y", nonnegative=True)  # v^rho = v0 - y
    return b, (v0 - below) - (v0 - b)


@price_of_ignoring.known("the reference model at radius 1/5")
def _() -> dict[str, Any]:
    return {"mdp": reference(), "size": Fraction(1, 5)}
