r"""Claims about discounted visits, and about the two linear programs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from proofs_check.claim import claim
from proofs_check.spaces import Model, Policy
from proofs_check.topics.mdp.formulas import occupancy, optimal_policy, optimum, policy_value
from proofs_check.topics.mdp.instances import HALF, PUTERMAN, SMALL, Array, Sides, rounding, with_policies, with_vectors
from tabular import MDP


@claim(
    "mdp.linear_programming_duality",
    "==",
    paper="d'Epenoux (1963)",
    instances=with_vectors(),
    search={"mdp": Model(3, 2)},
    allowance=rounding,
    argument="The visits satisfy d = mu + gamma d P of the policy; the step is both sides of the claim, for the optimal policy.",
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


@duality.step("d r = mu v with mu = d - gamma d P and r = v - gamma P v", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, visits, v = sp.symbols("P d v", commutative=False)
    return visits * (v - gamma * kernel * v), (visits - gamma * visits * kernel) * v


@claim(
    "mdp.weak_duality",
    "<=",
    paper="d'Epenoux (1963)",
    instances=with_policies("policy"),
    search={"mdp": SMALL, "policy": Policy(2, 2)},
    allowance=rounding,
    uses=("mdp.optimality_equation",),
    argument="v* = T v*, so under any policy r = v* - gamma P v* - g with g >= 0; the visits d >= 0 satisfy d = mu + gamma d P. "
    "By the step d r is mu v* minus d g.",
)
def weak_duality(mdp: MDP, policy: Array) -> Sides:
    r"""$\langle d^\pi, r \rangle \le \mu \cdot v^*$ for every policy."""
    return (occupancy(mdp, policy) * mdp.r).sum(), (mdp.initial * optimum(mdp)).sum()


@weak_duality.false_sibling("values of a fixed policy in place of the optimum")
def _(mdp: MDP, policy: Array) -> Sides:
    first = policy_value(mdp, np.zeros(mdp.n_states, dtype=int))
    return (occupancy(mdp, policy) * mdp.r).sum(), (mdp.initial * first).sum()


@weak_duality.step("d r = mu v* - d g", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, visits, best, gap = sp.symbols("P d w g", commutative=False)
    reward = best - gamma * kernel * best - gap
    return visits * reward, (visits - gamma * visits * kernel) * best - visits * gap


@weak_duality.known("the best of two actions in one state, where it is an equality")
def _() -> dict[str, Any]:
    P, r = np.full((1, 2, 1), Fraction(1)), np.array([[Fraction(1), Fraction(2)]])
    return {"mdp": MDP(P, r, HALF, initial=np.array([Fraction(1)])), "policy": np.array([[0, 1]])}


@claim(
    "mdp.occupancy_mass",
    "==",
    paper=PUTERMAN,
    theorem="Section 6.9",
    instances=with_policies("policy"),
    search={"mdp": SMALL, "policy": Policy(2, 2)},
    allowance=rounding,
    argument="Multiply d = mu + gamma d P by the ones e: P e = e and mu e = 1, so the step says (1 - gamma) d e = 1.",
)
def occupancy_mass(mdp: MDP, policy: Array) -> Sides:
    r"""$\sum_{s,a} d^\pi(s, a) = \frac{1}{1 - \gamma}$: visits are counted, not normalised."""
    return occupancy(mdp, policy).sum(), 1 / (1 - mdp.gamma)


@occupancy_mass.false_sibling("a distribution")
def _(mdp: MDP, policy: Array) -> Sides:
    return occupancy(mdp, policy).sum(), 1 + 0 * mdp.gamma


@occupancy_mass.false_sibling("visits counted from the second step on")
def _(mdp: MDP, policy: Array) -> Sides:
    return occupancy(mdp, policy).sum(), mdp.gamma / (1 - mdp.gamma)


@occupancy_mass.step("mu e = (1 - gamma) d e with mu = d - gamma d P and P e = e", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, visits, ones = sp.symbols("P d e", commutative=False)
    start = sp.expand((visits - gamma * visits * kernel) * ones)
    return start.subs(visits * kernel * ones, visits * ones), (1 - gamma) * visits * ones


@claim(
    "mdp.occupancy_flow",
    "==",
    paper="d'Epenoux (1963)",
    instances=with_policies("policy"),
    search={"mdp": SMALL, "policy": Policy(2, 2)},
    allowance=rounding,
    argument="d = mu (I - gamma P)^-1, the row of all discounted visits; multiply by I - gamma P, as in the step.",
)
def occupancy_flow(mdp: MDP, policy: Array) -> Sides:
    r"""$\sum_a d^\pi(t, a) = \mu(t) + \gamma \sum_{s,a} d^\pi(s, a) P(t | s, a)$."""
    visits = occupancy(mdp, policy)
    return visits.sum(axis=1), mdp.initial + mdp.gamma * (visits[:, :, None] * mdp.P).sum(axis=(0, 1))


@occupancy_flow.false_sibling("the inflow is not discounted")
def _(mdp: MDP, policy: Array) -> Sides:
    visits = occupancy(mdp, policy)
    return visits.sum(axis=1), mdp.initial + (visits[:, :, None] * mdp.P).sum(axis=(0, 1))


@occupancy_flow.false_sibling("the outflow of a state in place of its inflow")
def _(mdp: MDP, policy: Array) -> Sides:
    visits = occupancy(mdp, policy)
    return visits.sum(axis=1), mdp.initial + mdp.gamma * visits.sum(axis=1)


@occupancy_flow.step("d (I - gamma P) = mu means d = mu + gamma d P", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, visits = sp.symbols("P d", commutative=False)
    start = visits * (1 - gamma * kernel)
    return visits, start + gamma * visits * kernel
