r"""Claims about the (s,a)-rectangular robust Bellman operator :math:`(Tv)(s) = \max_a r(s, a) + \gamma F_{sa}(v)`.

Each F is an infimum over laws of :math:`\langle q, v\rangle` plus a price that does not depend on v; all arguments use only that.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from proofs_check.arithmetic import rational
from proofs_check.claim import claim
from proofs_check.spaces import Kernel, Policy, Space, Vector
from proofs_check.strategies import stochastic_matrices
from proofs_check.topics.mdp.formulas import greedy as nominally_greedy
from proofs_check.topics.mdp.formulas import norm
from proofs_check.topics.mdp.formulas import optimum as nominal_optimum
from proofs_check.topics.mdp.formulas import policy_value as value_in
from proofs_check.topics.robust_mdp.formulas import Model, backup, greedy, optimum, policy_value, worst_kernel
from proofs_check.topics.robust_mdp.instances import (
    IYENGAR,
    NAMES,
    SIZE,
    SMALL,
    Array,
    Sides,
    reference,
    rounding,
    two_islands,
    with_sets,
)

SEARCH: dict[str, Space] = {"mdp": SMALL, "name": NAMES, "size": SIZE}


@claim(
    "robust_mdp.contraction",
    "<=",
    paper=IYENGAR,
    theorem="Theorem 3.2 (recalled)",
    assumptions="total variation, its penalised form, contamination; the argument covers every set and price",
    instances=with_sets("v", "w"),
    search={**SEARCH, "v": Vector(2, -10, 10), "w": Vector(2, -10, 10)},
    allowance=rounding,
    argument="With c = ||v - w||, every law q has <q, v> + price <= <q, w> + price + c, because its masses sum to one; this "
    "passes to infima, then, times gamma, to maxima over actions, and the same holds with v and w exchanged.",
)
def contraction(mdp: Model, name: str, size: Any, v: Array, w: Array) -> Sides:
    r"""$\|Tv - Tw\| \le \gamma \|v - w\|$ for the robust operator of every set."""
    return norm(backup(mdp, name, v, size) - backup(mdp, name, w, size)), mdp.gamma * norm(v - w)


@contraction.false_sibling("gamma (1 - size / 2): as if all of the size were a discount")
def _(mdp: Model, name: str, size: Any, v: Array, w: Array) -> Sides:
    left, right = contraction.sides(mdp, name, size, v, w)
    return left, right * (1 - size / 2)


@contraction.step("masses that sum to one pass a constant through: <q, w + c> = <q, w> + c", method="expand")
def _() -> tuple[Any, Any]:
    q, w1, w2, c = sp.symbols("q w1 w2 c")
    return q * (w1 + c) + (1 - q) * (w2 + c), q * w1 + (1 - q) * w2 + c


@contraction.known("values that differ by a constant, where it is an equality")
def _() -> dict[str, Any]:
    v = [Fraction(1), Fraction(-2), Fraction(5, 2)]
    return {"mdp": reference(), "name": "TV", "size": Fraction(1, 5), "v": v, "w": [x + 3 for x in v]}


@claim(
    "robust_mdp.stopping_rule",
    "<=",
    paper=IYENGAR,
    theorem="section 3",
    instances=with_sets("v"),
    search={**SEARCH, "v": Vector(2, -20, 20)},
    allowance=rounding,
    uses=("robust_mdp.contraction",),
    argument="||Tv - v*|| <= gamma ||v - v*|| by contraction, and ||v - v*|| <= ||v - Tv|| + ||Tv - v*||; the step solves the "
    "two for ||Tv - v*||.",
)
def stopping_rule(mdp: Model, name: str, size: Any, v: Array) -> Sides:
    r"""$\|Tv - v^*\| \le \frac{\gamma}{1 - \gamma} \|Tv - v\|$: what robust value iteration knows when it stops."""
    new = backup(mdp, name, v, size)
    return norm(new - optimum(mdp, name, size)), mdp.gamma / (1 - mdp.gamma) * norm(new - v)


@stopping_rule.false_sibling("the residual is the error")
def _(mdp: Model, name: str, size: Any, v: Array) -> Sides:
    new = backup(mdp, name, v, size)
    return norm(new - optimum(mdp, name, size)), norm(new - v)


@stopping_rule.step("x = gamma (d + x) at x = gamma / (1 - gamma) d", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, d = sp.symbols("gamma d")
    x = gamma / (1 - gamma) * d
    return x, gamma * (d + x)


@stopping_rule.known("a constant added to the optimum, where it is an equality")
def _() -> dict[str, Any]:
    return {"mdp": two_islands(), "name": "contamination", "size": 0, "v": [15, 5]}


@claim(
    "robust_mdp.monotone_in_radius",
    "monotone",
    paper="derived here",
    instances=with_sets(sets=("TV", "TV on the support", "contamination")),
    search={"mdp": SMALL, "name": NAMES, "size": SIZE},
    allowance=rounding,
    argument="A larger radius or a lower price lowers each F at every v, hence T, hence every T^k v by monotonicity of T, and "
    "the fixed point is their limit.",
)
def monotone_in_radius(mdp: Model, name: str, size: Any) -> Sides:
    r"""Robust values do not rise in the radius, and do not fall in the price."""
    sizes = [(size + k) * rational(1, 4) for k in range(4)]
    sign = 1 if name == "TV at a price" else -1
    values = np.array([sign * optimum(mdp, name, x) for x in sizes]).T
    return values, np.array([sizes] * mdp.n_states)


@monotone_in_radius.false_sibling("the other way round")
def _(mdp: Model, name: str, size: Any) -> Sides:
    left, right = monotone_in_radius.sides(mdp, name, size)
    return -left, right


@monotone_in_radius.step("Tw - Tv = gamma <q, w - v> for one law: not negative if w >= v", method="expand", relation=">=")
def _() -> tuple[Any, Any]:
    q, gamma, d1, d2, v1, v2 = sp.symbols("q gamma d1 d2 v1 v2", nonnegative=True)
    rest = sp.Symbol("q2", nonnegative=True)
    return gamma * (q * (v1 + d1) + rest * (v2 + d2)), gamma * (q * v1 + rest * v2)


@monotone_in_radius.known("the reference model under contamination")
def _() -> dict[str, Any]:
    return {"mdp": reference(), "name": "contamination", "size": Fraction(1, 2)}


@claim(
    "robust_mdp.deterministic_suffices",
    "<=",
    paper=IYENGAR,
    theorem="Theorem 3.1 (recalled)",
    assumptions="an adversary who chooses for each state and action, after the action",
    instances=with_sets(policy=True),
    search={**SEARCH, "policy": Policy(2, 2)},
    allowance=rounding,
    argument="T_pi v = sum_a pi(a) q(a) <= max_a q(a) = Tv for every v, by the step; so T_pi^k v* <= T^k v* = v*, and the "
    "limit of the left side is the value of pi. A greedy deterministic policy attains v*.",
)
def deterministic_suffices(mdp: Model, name: str, size: Any, policy: Array) -> Sides:
    r"""No policy, randomised or not, is worth more against the adversary than $v^* = T v^*$."""
    return policy_value(mdp, name, policy, size), optimum(mdp, name, size)


@deterministic_suffices.false_sibling("nor more than the policy that is optimal without an adversary")
def _(mdp: Model, name: str, size: Any, policy: Array) -> Sides:
    plain = nominally_greedy(mdp, nominal_optimum(mdp))
    return policy_value(mdp, name, policy, size), policy_value(mdp, name, plain, size)


@deterministic_suffices.step("q + g - (w (q + g) + (1 - w) q) = (1 - w) g >= 0", method="expand", relation=">=")
def _() -> tuple[Any, Any]:
    w, rest, g = sp.symbols("w rest g", nonnegative=True)  # weights w and rest of two actions, g what the first is ahead
    q = sp.Symbol("q", real=True)
    return (w + rest) * (q + g), w * (q + g) + rest * q


@deterministic_suffices.known("the reference model, half of each action")
def _() -> dict[str, Any]:
    half = Fraction(1, 2)
    return {"mdp": reference(), "name": "TV", "size": Fraction(1, 5), "policy": [[half, half]] * 3}


@claim(
    "robust_mdp.worst_kernel",
    "==",
    paper="Nilim and El Ghaoui (2005), Robust control of Markov decision processes with uncertain transition matrices",
    theorem="Theorem 1 (recalled)",
    assumptions="sets with a radius, for each state and action",
    instances=with_sets(sets=("TV", "TV on the support", "contamination"), policy=True),
    search={"mdp": SMALL, "name": NAMES, "size": SIZE, "policy": Policy(2, 2)},
    allowance=rounding,
    argument="The laws that are worst at v = v^pi give T_pi v = r_pi + gamma Q v, and v = T_pi v: so v solves the linear "
    "system of Q, by the step the only solution it has. One kernel is thus worst at all states and times at once.",
)
def worst_kernel_attains(mdp: Model, name: str, size: Any, policy: Array) -> Sides:
    r"""The robust value of a policy is its ordinary value under one kernel of the set: the worst one at that value."""
    name = "TV" if name == "TV at a price" else name
    v = policy_value(mdp, name, policy, size)
    return v, value_in(mdp.replace(P=worst_kernel(mdp, name, v, size)), policy)


@worst_kernel_attains.false_sibling("the kernel that is worst at the nominal value")
def _(mdp: Model, name: str, size: Any, policy: Array) -> Sides:
    name = "TV" if name == "TV at a price" else name
    kernel = worst_kernel(mdp, name, value_in(mdp, policy), size)
    return policy_value(mdp, name, policy, size), value_in(mdp.replace(P=kernel), policy)


@worst_kernel_attains.step("v = r + gamma Q v gives (I - gamma Q) v = r", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, v = sp.symbols("Q v", commutative=False)
    reward = v - gamma * kernel * v
    return v - gamma * kernel * v, reward


@worst_kernel_attains.known("the reference model, an equality of fractions")
def _() -> dict[str, Any]:
    third = Fraction(1, 3)
    return {"mdp": reference(), "name": "TV", "size": Fraction(1, 5), "policy": [[third, 1 - third]] * 3}


@claim(
    "robust_mdp.saddle_point",
    ">=",
    paper=IYENGAR,
    theorem="Theorem 3.2 (recalled)",
    assumptions="total variation; kernels that are mixed towards any other by the size",
    instances=with_sets(sets=None, other=stochastic_matrices(15, 5)),
    search={"mdp": SMALL, "size": SIZE, "other": Kernel((4,), 2)},
    allowance=rounding,
    uses=("robust_mdp.worst_kernel",),
    argument="(1 - size) P + size K is within the radius, because half the L1 norm of a difference of two laws is at most "
    "one. For a kernel Q of the set, T_Q v* >= T_pi v* = v* with the robust policy pi, hence T_Q^k v* >= v*, and the limit is "
    "its value.",
)
def saddle_point(mdp: Model, size: Any, other: Array) -> Sides:
    r"""The robust policy gets at least $v^*$ under every kernel of the set: no order of play matters."""
    return _under(mdp, size, other, size), optimum(mdp, "TV", size)


@saddle_point.false_sibling("a kernel twice as far")
def _(mdp: Model, size: Any, other: Array) -> Sides:
    return _under(mdp, size, other, 2 * size if 2 * size < 1 else 1 + 0 * size), optimum(mdp, "TV", size)


@saddle_point.step("P - ((1 - rho) P + rho K) = rho (P - K)", method="expand")
def _() -> tuple[Any, Any]:
    p, rho, k = sp.symbols("p rho k")
    return p - ((1 - rho) * p + rho * k), rho * (p - k)


def _under(mdp: Model, radius: Any, other: Array, weight: Any) -> Array:
    """The value of the robust policy under a kernel that is mixed towards another."""
    v = optimum(mdp, "TV", radius)
    rows = mdp.n_states * mdp.n_actions
    if other.shape != (
        rows,
        mdp.n_states,
    ):  # samples come in one shape; the masses of the states that are missing go to the first
        other = other[:rows].copy()
        other[:, 0] = other[:, 0] + other[:, mdp.n_states :].sum(axis=1)
        other = other[:, : mdp.n_states]
    kernel = (1 - weight) * mdp.P + weight * other.reshape(mdp.P.shape)
    return value_in(mdp.replace(P=kernel), greedy(mdp, "TV", v, radius))


@saddle_point.known("two islands, everything drawn to the poorer one")
def _() -> dict[str, Any]:
    return {"mdp": two_islands(), "size": Fraction(1, 5), "other": [[Fraction(0), Fraction(1)]] * 2}
