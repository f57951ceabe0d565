r"""Claims about discounted models: contraction, residuals, improvement, duality, differences.

The Bellman operator, policies' values and occupancies come from :mod:`tabular` in doubles, and from their definitions in rational
arithmetic. Notation: :math:`T` optimality, :math:`T_\pi` evaluation, :math:`\|\cdot\|` the sup norm, :math:`\mu` the initial law.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import absolute, largest
from proofs_check.claim import claim
from proofs_check.spaces import Interval, Kernel, Model, Policy, Vector
from proofs_check.strategies import discounts, mdps, policies, stochastic_matrices, value_functions
from proofs_check.topics.mdp.formulas import (
    backup,
    greedy,
    norm,
    occupancy,
    optimal_policy,
    optimum,
    policy_value,
    q_values,
    size,
    span,
)
from tabular import MDP

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]

PUTERMAN = "Puterman (1994), Markov Decision Processes"
MODERATE = discounts(0.99)
SMALL = Model(2, 2)
HALF = Fraction(1, 2)


def rounding(mdp: MDP, **instance: Any) -> float:
    """1e-13 of the largest value, divided by ``1 - gamma``.

    A backup of at most five states loses fewer than 32 units of 1.1e-16, and a linear solve or a bracket midpoint multiplies
    that by at most ``1 / (1 - gamma)``.
    """
    vectors = [x for x in instance.values() if isinstance(x, np.ndarray) and x.dtype == np.float64]
    return 1e-13 * size(mdp, *vectors) / (1 - mdp.gamma)


@st.composite
def with_vectors(draw: st.DrawFn, *names: str, gammas: st.SearchStrategy[float] = MODERATE) -> dict[str, Any]:
    """A model and value functions."""
    mdp = draw(mdps(gammas=gammas))
    return {"mdp": mdp, **{name: draw(value_functions(mdp.n_states)) for name in names}}


@st.composite
def with_policies(draw: st.DrawFn, *names: str) -> dict[str, Any]:
    """A model and policies."""
    mdp = draw(mdps(gammas=MODERATE))
    return {"mdp": mdp, **{name: draw(policies(mdp)) for name in names}}


def one_state(reward: Any = 1, gamma: Any = HALF) -> MDP:
    """One state, one action: value ``reward / (1 - gamma)``."""
    return MDP(np.array([[[Fraction(1)]]]), np.array([[Fraction(reward)]]), Fraction(gamma), initial=np.array([Fraction(1)]))


@claim(
    "mdp.contraction",
    "<=",
    paper=PUTERMAN,
    theorem="Proposition 6.2.4",
    instances=with_vectors("v", "w"),
    search={"mdp": SMALL, "v": Vector(2), "w": Vector(2)},
    allowance=rounding,
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
)
def monotonicity(mdp: MDP, v: Array, w: Array) -> Sides:
    r"""$v \le v + |w|$ implies $Tv \le T(v + |w|)$."""
    return backup(mdp, v), backup(mdp, v + absolute(w))


@monotonicity.false_sibling("w may be negative")
def _(mdp: MDP, v: Array, w: Array) -> Sides:
    return backup(mdp, v), backup(mdp, v + w)


@claim(
    "mdp.residual_bound",
    "<=",
    paper=PUTERMAN,
    theorem="Theorem 6.3.1 (its proof)",
    instances=with_vectors("v"),
    search={"mdp": SMALL, "v": Vector(2, -20, 20)},
    allowance=rounding,
)
def residual_bound(mdp: MDP, v: Array) -> Sides:
    r"""$\|v - v^*\| \le \|Tv - v\| / (1 - \gamma)$."""
    return norm(v - optimum(mdp)), norm(backup(mdp, v) - v) / (1 - mdp.gamma)


@residual_bound.false_sibling("gamma / (1 - gamma), which bounds Tv - v*")
def _(mdp: MDP, v: Array) -> Sides:
    return norm(v - optimum(mdp)), mdp.gamma * norm(backup(mdp, v) - v) / (1 - mdp.gamma)


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


@span_bound.known("a constant added to the optimum, where it is an equality")
def _() -> dict[str, Any]:
    return {"mdp": one_state(), "v": [5]}


@claim(
    "mdp.policy_improvement",
    ">=",
    paper="Howard (1960)",
    instances=with_policies("policy"),
    search={"mdp": SMALL, "policy": Policy(2, 2)},
    allowance=rounding,
)
def policy_improvement(mdp: MDP, policy: Array) -> Sides:
    r"""The policy greedy for $v^\pi$ is at least as good as $\pi$ in every state."""
    v = policy_value(mdp, policy)
    return policy_value(mdp, greedy(mdp, v)), v


@policy_improvement.false_sibling("greedy for the reward alone")
def _(mdp: MDP, policy: Array) -> Sides:
    v = policy_value(mdp, policy)
    return policy_value(mdp, greedy(mdp, 0 * v)), v


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


@greedy_loss.known("a toll paid for ever, where it is an equality")
def _() -> dict[str, Any]:
    """Staying costs 2 gamma e, leaving is free; errors +e here and -e there make staying look as good, and it has index 0."""
    gamma = Fraction(9, 10)
    P = np.array([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], dtype=object) * Fraction(1)
    r = np.array([[-2 * gamma, 0], [0, 0]], dtype=object) * Fraction(1)
    return {"mdp": MDP(P, r, gamma, initial=np.array([Fraction(1), Fraction(0)])), "error": [1, -1]}


@claim(
    "mdp.linear_programming_duality",
    "==",
    paper="d'Epenoux (1963)",
    instances=with_vectors(),
    search={"mdp": Model(3, 2)},
    allowance=rounding,
)
def duality(mdp: MDP) -> Sides:
    r"""$\mu \cdot v^* = \langle d^{\pi^*}, r \rangle$: the two linear programs have the same value."""
    return (mdp.initial * optimum(mdp)).sum(), (occupancy(mdp, optimal_policy(mdp)) * mdp.r).sum()


@duality.false_sibling("occupancies from the first state")
def _(mdp: MDP) -> Sides:
    assert mdp.initial is not None
    first = 0 * mdp.initial
    first[0] = first[0] + 1
    return (mdp.initial * optimum(mdp)).sum(), (occupancy(mdp, optimal_policy(mdp), first) * mdp.r).sum()


@duality.false_sibling("occupancies normalised to one")
def _(mdp: MDP) -> Sides:
    visits = (1 - mdp.gamma) * occupancy(mdp, optimal_policy(mdp))
    return (mdp.initial * optimum(mdp)).sum(), (visits * mdp.r).sum()


@claim(
    "mdp.weak_duality",
    "<=",
    paper="d'Epenoux (1963)",
    instances=with_policies("policy"),
    search={"mdp": SMALL, "policy": Policy(2, 2)},
    allowance=rounding,
)
def weak_duality(mdp: MDP, policy: Array) -> Sides:
    r"""$\langle d^\pi, r \rangle \le \mu \cdot v^*$ for every policy."""
    return (occupancy(mdp, policy) * mdp.r).sum(), (mdp.initial * optimum(mdp)).sum()


@weak_duality.false_sibling("values of a fixed policy in place of the optimum")
def _(mdp: MDP, policy: Array) -> Sides:
    first = policy_value(mdp, np.zeros(mdp.n_states, dtype=int))
    return (occupancy(mdp, policy) * mdp.r).sum(), (mdp.initial * first).sum()


def advantage(mdp: MDP, visits: Array, baseline: Array) -> Any:
    """Expected advantage over the baseline under the given visits."""
    v = policy_value(mdp, baseline)
    return (visits * (q_values(mdp, v) - v[:, None])).sum()


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
