r"""Claims about two models: other rewards, other transitions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import absolute
from proofs_check.claim import claim
from proofs_check.spaces import Interval, Kernel, Policy, Vector
from proofs_check.strategies import mdps, policies, stochastic_matrices, value_functions
from proofs_check.topics.mdp.formulas import norm, optimum, policy_value, span
from proofs_check.topics.mdp.instances import MODERATE, PUTERMAN, SMALL, Array, Sides, islands, one_state, rounding, with_vectors
from tabular import MDP


@st.composite
def with_neighbour(draw: st.DrawFn) -> dict[str, Any]:
    """A model, a policy, and other transitions and rewards on the same states, far or near."""
    mdp = draw(mdps(gammas=MODERATE))
    shape = mdp.P.shape
    weight = draw(st.sampled_from([1.0, 0.5, 1e-3, 0.0]))
    other = draw(stochastic_matrices(shape[0] * shape[1], shape[2])).reshape(shape)
    shift = draw(value_functions(shape[0])) * weight / 10
    return {
        "mdp": mdp,
        "P": (1 - weight) * mdp.P + weight * other,
        "r": mdp.r + shift[:, None],
        "policy": draw(policies(mdp)),
    }


@claim(
    "mdp.simulation",
    "<=",
    paper="Kearns and Singh (2002)",
    theorem="simulation lemma",
    instances=with_neighbour(),
    search={"mdp": SMALL, "P": Kernel((2, 2), 2), "r": Vector((2, 2)), "policy": Policy(2, 2)},
    allowance=rounding,
    argument="(I - gamma P_pi)^-1 has norm 1 / (1 - gamma), and a difference of two laws acting on w is at most half its mass "
    "times the span of w.",
)
def simulation(mdp: MDP, P: Array, r: Array, policy: Array) -> Sides:
    r"""Values in the models $(P, r)$ and $(\hat P, \hat r)$ differ by at most
    $\|v^\pi - \hat v^\pi\| \le \frac{1}{1 - \gamma} \bigl( \|r - \hat r\| + \frac{\gamma}{2} \max_{s,a} \|P - \hat P\|_1\,
    \mathrm{span}(\hat v^\pi) \bigr)$.
    """
    other = policy_value(mdp.replace(P=P, r=r), policy)
    bound = norm(mdp.r - r) + mdp.gamma / 2 * norm(absolute(mdp.P - P).sum(axis=2)) * span(other)
    return norm(policy_value(mdp, policy) - other), bound / (1 - mdp.gamma)


@simulation.false_sibling("the reward error is not accumulated over time")
def _(mdp: MDP, P: Array, r: Array, policy: Array) -> Sides:
    other = policy_value(mdp.replace(P=P, r=r), policy)
    bound = norm(mdp.r - r) + mdp.gamma / 2 * norm(absolute(mdp.P - P).sum(axis=2)) * span(other) / (1 - mdp.gamma)
    return norm(policy_value(mdp, policy) - other), bound


@simulation.false_sibling("the transition error is dropped")
def _(mdp: MDP, P: Array, r: Array, policy: Array) -> Sides:
    other = policy_value(mdp.replace(P=P, r=r), policy)
    return norm(policy_value(mdp, policy) - other), norm(mdp.r - r) / (1 - mdp.gamma)


@simulation.step("(I - gamma P)(v - w) = r - r' + gamma (P - P') w", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    first, second, v, w = sp.symbols("P Q v w", commutative=False)
    rewards = (v - gamma * first * v) - (w - gamma * second * w)  # v and w are the values of the policy in the two models
    return (v - w) - gamma * first * (v - w), rewards + gamma * (first - second) * w


@simulation.known("a reward that is one too high, where it is an equality")
def _() -> dict[str, Any]:
    return {"mdp": one_state(), "P": np.array([[[Fraction(1)]]]), "r": np.array([[Fraction(0)]]), "policy": np.array([[1]])}


@simulation.known("every state is sent to the other one, where it is an equality")
def _() -> dict[str, Any]:
    here, there = np.array([[[0, 1]], [[0, 1]]], dtype=object), np.array([[[1, 0]], [[1, 0]]], dtype=object)
    r = np.array([[0], [1]], dtype=object) * Fraction(1)
    mdp = MDP(here * Fraction(1), r, Fraction(9, 10), initial=np.array([Fraction(1), Fraction(0)]))
    return {"mdp": mdp, "P": there * Fraction(1), "r": r, "policy": np.array([[1], [1]])}


@st.composite
def with_other_model(draw: st.DrawFn) -> dict[str, Any]:
    """A model, and other transitions and rewards on the same states."""
    instance = draw(with_neighbour())
    del instance["policy"]
    return instance


@claim(
    "mdp.simulation_of_the_optimum",
    "<=",
    paper="Kearns and Singh (2002)",
    theorem="simulation lemma, for the optimum",
    instances=with_other_model(),
    search={"mdp": SMALL, "P": Kernel((2, 2), 2), "r": Vector((2, 2))},
    allowance=rounding,
    uses=("mdp.residual_bound", "mdp.optimality_equation"),
    argument="The other optimum w solves w = T'w, so its residual in this model is Tw - T'w, at most the largest of the "
    "differences in the step; a difference of two laws acting on w is at most half its mass times the span of w.",
)
def simulation_of_the_optimum(mdp: MDP, P: Array, r: Array) -> Sides:
    r"""$\|v^* - \hat v^*\| \le \frac{1}{1 - \gamma} \bigl( \|r - \hat r\| + \frac{\gamma}{2} \max_{s,a} \|P - \hat P\|_1\,
    \mathrm{span}(\hat v^*) \bigr)$.
    """
    other = optimum(mdp.replace(P=P, r=r))
    bound = norm(mdp.r - r) + mdp.gamma / 2 * norm(absolute(mdp.P - P).sum(axis=2)) * span(other)
    return norm(optimum(mdp) - other), bound / (1 - mdp.gamma)


@simulation_of_the_optimum.false_sibling("half the error of the rewards")
def _(mdp: MDP, P: Array, r: Array) -> Sides:
    other = optimum(mdp.replace(P=P, r=r))
    bound = norm(mdp.r - r) / 2 + mdp.gamma / 2 * norm(absolute(mdp.P - P).sum(axis=2)) * span(other)
    return norm(optimum(mdp) - other), bound / (1 - mdp.gamma)


@simulation_of_the_optimum.false_sibling("the transition error is dropped")
def _(mdp: MDP, P: Array, r: Array) -> Sides:
    other = optimum(mdp.replace(P=P, r=r))
    return norm(optimum(mdp) - other), norm(mdp.r - r) / (1 - mdp.gamma)


@simulation_of_the_optimum.step("(r + gamma P w) - (r' + gamma P' w) = r - r' + gamma (P - P') w", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    first, second, r, other, w = sp.symbols("P Q r s w", commutative=False)
    return (r + gamma * first * w) - (other + gamma * second * w), r - other + gamma * (first - second) * w


@simulation_of_the_optimum.known("a reward that is one too high, where it is an equality")
def _() -> dict[str, Any]:
    return {"mdp": one_state(), "P": np.array([[[Fraction(1)]]]), "r": np.array([[Fraction(0)]])}


@claim(
    "mdp.reward_shift",
    "==",
    paper=PUTERMAN,
    instances=with_vectors(c=st.integers(-30, 30).map(float)),
    search={"mdp": SMALL, "c": Interval(-20, 20)},
    allowance=rounding,
    uses=("mdp.constant_shift", "mdp.contraction", "mdp.optimality_equation"),
    argument="By the step v* + c / (1 - gamma) solves the optimality equation with the rewards r + c, whose solution is unique "
    "because the operator contracts.",
)
def reward_shift(mdp: MDP, c: Any) -> Sides:
    r"""The optimum with rewards $r + c$ is $v^* + \frac{c}{1 - \gamma}$."""
    return optimum(mdp.replace(r=mdp.r + c)), optimum(mdp) + c / (1 - mdp.gamma)


@reward_shift.false_sibling("the shift is received once")
def _(mdp: MDP, c: Any) -> Sides:
    return optimum(mdp.replace(r=mdp.r + c)), optimum(mdp) + c


@reward_shift.false_sibling("from the second step on")
def _(mdp: MDP, c: Any) -> Sides:
    return optimum(mdp.replace(r=mdp.r + c)), optimum(mdp) + mdp.gamma * c / (1 - mdp.gamma)


@reward_shift.step("c + gamma c / (1 - gamma) = c / (1 - gamma)", method="cancel")
def _() -> tuple[Any, Any]:
    gamma, c = sp.symbols("gamma c")
    return c + gamma * c / (1 - gamma), c / (1 - gamma)


def shaping_allowance(mdp: MDP, potential: Array) -> float:
    """As for every claim here, but the shaped rewards carry twice the potential, and values divide them by ``1 - gamma``."""
    return rounding(mdp, potential=2 * np.abs(potential) / (1 - mdp.gamma))


def shaped(mdp: MDP, potential: Array, discount: Any) -> Array:
    """``r + discount P potential - potential``."""
    return mdp.r + discount * (mdp.P * potential).sum(axis=2) - potential[:, None]


@claim(
    "mdp.potential_shaping",
    "==",
    paper="Ng, Harada and Russell (1999)",
    theorem="Theorem 1 and its Corollary 2",
    instances=with_vectors("potential"),
    search={"mdp": SMALL, "potential": Vector(2, -5, 5)},
    allowance=shaping_allowance,
    argument="The step holds for every policy, so all values are shifted by the potential, and with them their maximum.",
)
def potential_shaping(mdp: MDP, potential: Array) -> Sides:
    r"""With rewards $r(s, a) + \gamma \sum_t P(t | s, a) \Phi(t) - \Phi(s)$ the optimum is $v^* - \Phi$."""
    return optimum(mdp.replace(r=shaped(mdp, potential, mdp.gamma))), optimum(mdp) - potential


@potential_shaping.false_sibling("the potential is not discounted")
def _(mdp: MDP, potential: Array) -> Sides:
    return optimum(mdp.replace(r=shaped(mdp, potential, 1))), optimum(mdp) - potential


@potential_shaping.false_sibling("the values stay the same")
def _(mdp: MDP, potential: Array) -> Sides:
    return optimum(mdp.replace(r=shaped(mdp, potential, mdp.gamma))), optimum(mdp)


@potential_shaping.step("(I - gamma P)(v - f) = r + gamma P f - f", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, v, potential = sp.symbols("P v f", commutative=False)
    reward = v - gamma * kernel * v
    return (v - potential) - gamma * kernel * (v - potential), reward + gamma * kernel * potential - potential


@potential_shaping.known("two absorbing states")
def _() -> dict[str, Any]:
    return {"mdp": islands(1, -2), "potential": [3, -1]}
