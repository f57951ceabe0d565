r"""Claims about value iteration, policy iteration and what lies between."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import largest
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Policy, Vector
from proofs_check.topics.mdp.formulas import backup, backup_of, backups, greedy, norm, optimum, policy_value
from proofs_check.topics.mdp.instances import (
    PUTERMAN,
    SMALL,
    Array,
    Sides,
    islands,
    one_state,
    rounding,
    with_policies,
    with_vectors,
)
from tabular import MDP


@claim(
    "mdp.value_iteration_rate",
    "<=",
    paper=PUTERMAN,
    theorem="Theorem 6.3.3",
    instances=with_vectors("v", count=st.integers(0, 6)),
    search={"mdp": SMALL, "v": Vector(2, -20, 20), "count": Integers(1, 4)},
    allowance=rounding,
    uses=("mdp.contraction", "mdp.optimality_equation"),
    argument="By induction: |T^(k+1) v - v*| = |T T^k v - T v*| <= gamma |T^k v - v*|, and the step multiplies the rates.",
)
def value_iteration_rate(mdp: MDP, v: Array, count: int) -> Sides:
    r"""$\|T^k v - v^*\| \le \gamma^k \|v - v^*\|$."""
    best = optimum(mdp)
    return norm(backups(mdp, v, count) - best), mdp.gamma**count * norm(v - best)


@value_iteration_rate.false_sibling("one factor gamma more")
def _(mdp: MDP, v: Array, count: int) -> Sides:
    best = optimum(mdp)
    return norm(backups(mdp, v, count) - best), mdp.gamma ** (count + 1) * norm(v - best)


@value_iteration_rate.false_sibling("the last step in place of the first error")
def _(mdp: MDP, v: Array, count: int) -> Sides:
    before = backups(mdp, v, count)
    return norm(before - optimum(mdp)), norm(backup(mdp, before) - before)


@value_iteration_rate.step("gamma gamma^k = gamma^(k+1)", method="expand")
def _() -> tuple[Any, Any]:
    gamma, k = sp.symbols("gamma k", positive=True)
    return gamma * gamma**k, gamma ** (k + 1)


@value_iteration_rate.known("one state, where it is an equality")
def _() -> dict[str, Any]:
    return {"mdp": one_state(), "v": [5], "count": 3}


@claim(
    "mdp.policy_iteration_dominates",
    ">=",
    paper=PUTERMAN,
    theorem="Proposition 6.4.1 and Theorem 6.4.6",
    instances=with_policies("policy"),
    search={"mdp": SMALL, "policy": Policy(2, 2)},
    allowance=rounding,
    uses=("mdp.span_bound_below", "mdp.advantages"),
    argument="T v^pi >= T_pi v^pi = v^pi, because the mean advantage vanishes, so the smallest residual of v^pi is not negative. "
    "The bound from below at v^pi is then T v^pi plus something that is not negative, which is the step.",
)
def policy_iteration_dominates(mdp: MDP, policy: Array) -> Sides:
    r"""$v^{\pi'} \ge T v^\pi$ for $\pi'$ greedy for $v^\pi$: policy iteration stays ahead of value iteration."""
    v = policy_value(mdp, policy)
    return policy_value(mdp, greedy(mdp, v)), backup(mdp, v)


@policy_iteration_dominates.false_sibling("ahead of two steps of value iteration")
def _(mdp: MDP, policy: Array) -> Sides:
    v = policy_value(mdp, policy)
    return policy_value(mdp, greedy(mdp, v)), backups(mdp, v, 2)


@policy_iteration_dominates.false_sibling("optimal after one step")
def _(mdp: MDP, policy: Array) -> Sides:
    return policy_value(mdp, greedy(mdp, policy_value(mdp, policy))), optimum(mdp)


@policy_iteration_dominates.step("gamma / (1 - gamma) m >= 0", method="cancel", relation=">=")
def _() -> tuple[Any, Any]:
    # gamma = 1 / (1 + c) with c > 0 stands for 0 < gamma < 1; at gamma = 0 it is an equality
    c, m = sp.Symbol("c", positive=True), sp.Symbol("m", nonnegative=True)
    gamma = 1 / (1 + c)
    return gamma / (1 - gamma) * m, sp.Integer(0)


@policy_iteration_dominates.known("nothing to improve, where it is an equality")
def _() -> dict[str, Any]:
    return {"mdp": islands(1, -2), "policy": np.array([[1], [1]])}


@claim(
    "mdp.policy_iteration_rate",
    "<=",
    paper=PUTERMAN,
    theorem="Section 6.4.4",
    instances=with_policies("policy"),
    search={"mdp": SMALL, "policy": Policy(2, 2)},
    allowance=rounding,
    uses=("mdp.policy_iteration_dominates", "mdp.contraction", "mdp.optimality_equation"),
    argument="0 <= v* - v^pi' <= T v* - T v^pi, as in the step, and the norm of that is at most gamma |v* - v^pi|.",
)
def policy_iteration_rate(mdp: MDP, policy: Array) -> Sides:
    r"""$\|v^* - v^{\pi'}\| \le \gamma \|v^* - v^\pi\|$ for $\pi'$ greedy for $v^\pi$."""
    best, v = optimum(mdp), policy_value(mdp, policy)
    return norm(best - policy_value(mdp, greedy(mdp, v))), mdp.gamma * norm(best - v)


@policy_iteration_rate.false_sibling("gamma squared")
def _(mdp: MDP, policy: Array) -> Sides:
    best, v = optimum(mdp), policy_value(mdp, policy)
    return norm(best - policy_value(mdp, greedy(mdp, v))), mdp.gamma**2 * norm(best - v)


@policy_iteration_rate.step("v* - v^pi' = (T v* - T v^pi) - (v^pi' - T v^pi)", method="expand")
def _() -> tuple[Any, Any]:
    best, new, backed_up = sp.symbols("w u Tv")
    return best - new, (best - backed_up) - (new - backed_up)


def lowered(mdp: MDP, v: Array) -> Array:
    """``v`` minus the smallest constant that makes it one with ``Tv >= v``."""
    return v - largest(v - backup(mdp, v)) / (1 - mdp.gamma)


def ladder(*rungs: Array) -> Sides:
    """Sides of a monotone claim: the rungs along the last axis, and their numbers."""
    return np.stack(rungs, axis=-1), [list(range(len(rungs)))] * len(rungs[0])


def sweeps(mdp: MDP, policy: Array, v: Array, count: int) -> Array:
    """``T_pi^count v``."""
    for _ in range(int(count)):
        v = backup_of(mdp, policy, v)
    return v


@claim(
    "mdp.modified_policy_iteration",
    "monotone",
    paper=PUTERMAN,
    theorem="Lemma 6.5.2 and Theorem 6.5.5",
    assumptions="Tv >= v; any v is lowered by a constant until it is so",
    instances=with_vectors("v", count=st.integers(1, 6)),
    search={"mdp": SMALL, "v": Vector(2, -20, 20), "count": Integers(2, 4)},
    allowance=rounding,
    objective="difference",
    uses=("mdp.constant_shift",),
    argument="By the first step the lowered v has Tv >= v. T_pi v = Tv >= v, and T_pi keeps order (second step, P without "
    "negative entries), so T_pi^m v increases with m, and it converges to v^pi, which is at most v*.",
)
def modified_policy_iteration(mdp: MDP, v: Array, count: int) -> Sides:
    r"""If $Tv \ge v$ and $\pi$ is greedy for $v$: $v \le Tv \le T_\pi^m v \le v^\pi \le v^*$ for $m \ge 1$; $m$ sweeps lie
    between value iteration and policy iteration.
    """
    low = lowered(mdp, v)
    best = greedy(mdp, low)
    return ladder(low, backup(mdp, low), sweeps(mdp, best, low, count), policy_value(mdp, best), optimum(mdp))


@modified_policy_iteration.false_sibling("from any v")
def _(mdp: MDP, v: Array, count: int) -> Sides:
    best = greedy(mdp, v)
    return ladder(v, backup(mdp, v), sweeps(mdp, best, v, count), policy_value(mdp, best), optimum(mdp))


@modified_policy_iteration.false_sibling("ahead of value iteration with as many steps")
def _(mdp: MDP, v: Array, count: int) -> Sides:
    low = lowered(mdp, v)
    return ladder(low, backups(mdp, low, count), sweeps(mdp, greedy(mdp, low), low, count))


@modified_policy_iteration.false_sibling("the sweeps reach the value of the policy")
def _(mdp: MDP, v: Array, count: int) -> Sides:
    low = lowered(mdp, v)
    best = greedy(mdp, low)
    return ladder(low, backup(mdp, low), policy_value(mdp, best), sweeps(mdp, best, low, count))


@modified_policy_iteration.step("T(v - c) - (v - c) = (Tv - v) + (1 - gamma) c", method="expand")
def _() -> tuple[Any, Any]:
    gamma, c, v, new = sp.symbols("gamma c v Tv")
    return (new - gamma * c) - (v - c), (new - v) + (1 - gamma) * c


@modified_policy_iteration.step("T_pi u - T_pi v = gamma P (u - v)", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, r, u, v = sp.symbols("P r u v", commutative=False)
    return (r + gamma * kernel * u) - (r + gamma * kernel * v), gamma * kernel * (u - v)


@modified_policy_iteration.known("two absorbing states, where the first is an equality")
def _() -> dict[str, Any]:
    return {"mdp": islands(1, -2), "v": [0, 0], "count": 2}
