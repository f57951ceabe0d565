r"""Claims about policies: improvement, advantages, differences of performance."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.claim import claim
from proofs_check.spaces import Interval, Policy
from proofs_check.topics.mdp.formulas import advantages, backup, greedy, norm, occupancy, policy_value
from proofs_check.topics.mdp.instances import HALF, SMALL, Array, Sides, rounding, with_policies
from tabular import MDP


@claim(
    "mdp.policy_improvement",
    ">=",
    paper="Howard (1960)",
    instances=with_policies("policy"),
    search={"mdp": SMALL, "policy": Policy(2, 2)},
    allowance=rounding,
    uses=("mdp.policy_iteration_dominates",),
    argument="The new value is at least T v^pi, and T v^pi - v^pi is the largest advantage of each state, which is at least the "
    "mean advantage under pi, which is zero by the step.",
)
def policy_improvement(mdp: MDP, policy: Array) -> Sides:
    r"""The policy greedy for $v^\pi$ is at least as good as $\pi$ in every state."""
    v = policy_value(mdp, policy)
    return policy_value(mdp, greedy(mdp, v)), v


@policy_improvement.false_sibling("greedy for the reward alone")
def _(mdp: MDP, policy: Array) -> Sides:
    v = policy_value(mdp, policy)
    return policy_value(mdp, greedy(mdp, 0 * v)), v


@policy_improvement.step("the mean advantage under pi: T_pi v - v = 0", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, v = sp.symbols("P v", commutative=False)
    reward = v - gamma * kernel * v  # v is the value of pi
    return reward + gamma * kernel * v - v, sp.Integer(0)


@claim(
    "mdp.advantages",
    "==",
    paper="Baird (1993), Advantage updating",
    instances=with_policies("policy"),
    search={"mdp": SMALL, "policy": Policy(2, 2)},
    allowance=rounding,
    argument="The sum over actions is T_pi v - v, which the step reduces to zero.",
)
def mean_advantage(mdp: MDP, policy: Array) -> Sides:
    r"""$\sum_a \pi(a | s) A^\pi(s, a) = 0$ in every state."""
    mean = (policy * advantages(mdp, policy)).sum(axis=1)
    return mean, 0 * mean


@mean_advantage.false_sibling("no advantage is positive")
def _(mdp: MDP, policy: Array) -> Sides:
    values = advantages(mdp, policy)
    top = backup(mdp, policy_value(mdp, policy)) - policy_value(mdp, policy)
    return top, 0 * values[:, 0]


@mean_advantage.false_sibling("the mean over actions, whatever the policy")
def _(mdp: MDP, policy: Array) -> Sides:
    values = advantages(mdp, policy)
    return values.sum(axis=1), 0 * values[:, 0]


@mean_advantage.step("T_pi v - v = 0", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, v = sp.symbols("P v", commutative=False)
    reward = v - gamma * kernel * v  # v is the value of pi
    return reward + gamma * kernel * v - v, sp.Integer(0)


@mean_advantage.known("an even policy in two absorbing states with two actions each")
def _() -> dict[str, Any]:
    P = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]]], dtype=object) * Fraction(1)
    r = np.array([[1, 0], [2, -1]], dtype=object) * Fraction(1)
    policy = np.array([[HALF, HALF], [Fraction(1, 3), Fraction(2, 3)]])
    return {"mdp": MDP(P, r, Fraction(9, 10)), "policy": policy}


def advantage(mdp: MDP, visits: Array, baseline: Array) -> Any:
    """Expected advantage over the baseline under the given visits."""
    return (visits * advantages(mdp, baseline)).sum()


@claim(
    "mdp.performance_difference",
    "==",
    paper="Kakade and Langford (2002)",
    theorem="Lemma 6.1",
    instances=with_policies("policy", "other"),
    search={"mdp": SMALL, "policy": Policy(2, 2), "other": Policy(2, 2)},
    allowance=rounding,
    argument="Multiply the step by the row vector of discounted visits of pi, which is mu (I - gamma P_pi)^-1.",
)
def performance_difference(mdp: MDP, policy: Array, other: Array) -> Sides:
    r"""$\mu \cdot (v^{\pi} - v^{\bar\pi}) = \sum_{s,a} d^{\pi}(s, a) A^{\bar\pi}(s, a)$."""
    difference = policy_value(mdp, policy) - policy_value(mdp, other)
    return (mdp.initial * difference).sum(), advantage(mdp, occupancy(mdp, policy), other)


@performance_difference.false_sibling("states visited by the baseline")
def _(mdp: MDP, policy: Array, other: Array) -> Sides:
    difference = policy_value(mdp, policy) - policy_value(mdp, other)
    visits = occupancy(mdp, other).sum(axis=1)[:, None] * policy
    return (mdp.initial * difference).sum(), advantage(mdp, visits, other)


@performance_difference.step("(I - gamma P_pi)(v - w) = T_pi w - w", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, v, w = sp.symbols("P v w", commutative=False)
    reward = v - gamma * kernel * v  # v is the value of pi
    return (v - w) - gamma * kernel * (v - w), reward + gamma * kernel * w - w


def penalty(mdp: MDP, worst: Any, weight: Any) -> Any:
    """``2 weight^2 gamma worst / ((1 - gamma) (1 - gamma + gamma weight))``."""
    return 2 * weight**2 * mdp.gamma * worst / ((1 - mdp.gamma) * (1 - mdp.gamma + mdp.gamma * weight))


def shortfall(mdp: MDP, policy: Array, other: Array, weight: Any) -> tuple[Any, Any]:
    """How much less the mixture gains than to first order, and the largest mean advantage of the other policy."""
    mixture = (1 - weight) * policy + weight * other
    mean = (other * advantages(mdp, policy)).sum(axis=1)
    gain = (mdp.initial * (policy_value(mdp, mixture) - policy_value(mdp, policy))).sum()
    return weight * (occupancy(mdp, policy).sum(axis=1) * mean).sum() - gain, norm(mean)


@claim(
    "mdp.conservative_improvement",
    "<=",
    paper="Kakade and Langford (2002)",
    theorem="Theorem 4.1",
    instances=with_policies("policy", "other", weight=st.sampled_from([0.0, 0.01, 0.1, 0.5, 0.9, 1.0])),
    search={"mdp": SMALL, "policy": Policy(2, 2), "other": Policy(2, 2), "weight": Interval(0, 1)},
    allowance=rounding,
    uses=("mdp.performance_difference", "mdp.advantages"),
    argument="The gain is weight times the sum over the visits of the mixture of the mean advantages; those of pi itself vanish. "
    "With probability (1 - weight)^t only pi has been followed for t steps, so the visits of the two differ by at most the sum "
    "of the step, in L1; the mean advantages are at most epsilon.",
)
def conservative_improvement(mdp: MDP, policy: Array, other: Array, weight: Any) -> Sides:
    r"""With $\pi_\alpha = (1 - \alpha) \pi + \alpha \pi'$, $\bar A(s) = \sum_a \pi'(a | s) A^\pi(s, a)$ and
    $\varepsilon = \|\bar A\|$:
    $\alpha \sum_s d^\pi(s) \bar A(s) - \mu \cdot (v^{\pi_\alpha} - v^\pi)
    \le \frac{2 \alpha^2 \gamma \varepsilon}{(1 - \gamma)(1 - \gamma + \gamma \alpha)}$.
    """
    short, worst = shortfall(mdp, policy, other, weight)
    return short, penalty(mdp, worst, weight)


@conservative_improvement.false_sibling("no penalty: the gain is at least the first order")
def _(mdp: MDP, policy: Array, other: Array, weight: Any) -> Sides:
    short, worst = shortfall(mdp, policy, other, weight)
    return short, 0 * worst


@conservative_improvement.false_sibling("the factor 2 is dropped")
def _(mdp: MDP, policy: Array, other: Array, weight: Any) -> Sides:
    short, worst = shortfall(mdp, policy, other, weight)
    return short, penalty(mdp, worst, weight) / 2


@conservative_improvement.step("sum over t of 2 gamma^t (1 - (1 - a)^t), from two geometric series", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, a = sp.symbols("gamma a", positive=True)
    return 2 * (1 / (1 - gamma) - 1 / (1 - gamma * (1 - a))), 2 * a * gamma / ((1 - gamma) * (1 - gamma + gamma * a))
