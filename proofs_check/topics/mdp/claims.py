r"""Claims about discounted models: contraction, residuals, improvement, duality, differences.

The Bellman operator, policies' values and occupancies come from :mod:`tabular`, so that a wrong solver is noticed here.
Notation: :math:`T` optimality, :math:`T_\pi` evaluation, :math:`\|\cdot\|` the sup norm, :math:`\mu` the initial law.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

import tabular
from proofs_check.claim import claim
from proofs_check.strategies import discounts, mdps, policies, stochastic_matrices, value_functions
from tabular import MDP

Float = NDArray[np.float64]

PUTERMAN = "Puterman (1994), Markov Decision Processes"
MODERATE = discounts(0.99)


def backup(mdp: MDP, v: Float) -> Float:
    """``Tv``."""
    return tabular.q_values(mdp, v).max(axis=1)


def size(mdp: MDP, *vectors: Float) -> float:
    """Largest number that enters a computation on this instance."""
    return float(max(np.abs(mdp.r).max() / (1 - mdp.gamma), *(np.abs(v).max() for v in vectors), 1e-300))


def rounding(mdp: MDP, **instance: Any) -> float:
    """1e-13 of the largest value, divided by ``1 - gamma``.

    A backup of at most five states loses fewer than 32 units of 1.1e-16, and a linear solve or a bracket midpoint multiplies
    that by at most ``1 / (1 - gamma)``.
    """
    vectors = [x for x in instance.values() if isinstance(x, np.ndarray) and x.dtype == np.float64]
    return 1e-13 * size(mdp, *vectors) / (1 - mdp.gamma)


def optimum(mdp: MDP) -> Float:
    """``v*`` to the accuracy that :func:`rounding` allows, or an error."""
    solution = tabular.solve(mdp, tabular.PolicyIteration(), tol=1e-12)
    if solution.width > 1e-13 * size(mdp) / (1 - mdp.gamma):
        raise RuntimeError(f"v* is known only within {solution.width:.2g}")
    return solution.values


def norm(x: Float) -> float:
    """Sup norm."""
    return float(np.abs(x).max())


@st.composite
def with_vectors(draw: st.DrawFn, count: int, gammas: st.SearchStrategy[float] = MODERATE) -> dict[str, Any]:
    """A model and value functions v, w, ..."""
    mdp = draw(mdps(gammas=gammas))
    return {"mdp": mdp, **{name: draw(value_functions(mdp.n_states)) for name in "vw"[:count]}}


@st.composite
def with_policies(draw: st.DrawFn, count: int) -> dict[str, Any]:
    """A model and policies."""
    mdp = draw(mdps(gammas=MODERATE))
    return {"mdp": mdp, **{name: draw(policies(mdp)) for name in ("policy", "other")[:count]}}


@st.composite
def with_neighbour(draw: st.DrawFn) -> dict[str, Any]:
    """A model, a policy, and a second model on the same states."""
    mdp = draw(mdps(gammas=MODERATE))
    shape = mdp.P.shape
    weight = draw(st.sampled_from([1.0, 0.5, 1e-3, 0.0]))
    other = draw(stochastic_matrices(shape[0] * shape[1], shape[2])).reshape(shape)
    shift = draw(value_functions(shape[0])) * weight / 10
    neighbour = mdp.replace(P=(1 - weight) * mdp.P + weight * other, r=mdp.r + shift[:, None])
    return {"mdp": mdp, "neighbour": neighbour, "policy": draw(policies(mdp))}


@claim("mdp.contraction", "<=", paper=PUTERMAN, theorem="Proposition 6.2.4", instances=with_vectors(2), allowance=rounding)
def contraction(mdp: MDP, v: Float, w: Float) -> tuple[float, float]:
    r"""$\|Tv - Tw\| \le \gamma \|v - w\|$."""
    return norm(backup(mdp, v) - backup(mdp, w)), mdp.gamma * norm(v - w)


@contraction.false_sibling("gamma squared")
def _(mdp: MDP, v: Float, w: Float) -> tuple[float, float]:
    return norm(backup(mdp, v) - backup(mdp, w)), mdp.gamma**2 * norm(v - w)


@contraction.false_sibling("the span in place of the norm on the right")
def _(mdp: MDP, v: Float, w: Float) -> tuple[float, float]:
    return norm(backup(mdp, v) - backup(mdp, w)), mdp.gamma * float(np.ptp(v - w))


@claim("mdp.monotonicity", "<=", paper=PUTERMAN, theorem="Lemma 6.1.2", instances=with_vectors(2), allowance=rounding)
def monotonicity(mdp: MDP, v: Float, w: Float) -> tuple[Float, Float]:
    r"""$v \le v + |w|$ implies $Tv \le T(v + |w|)$."""
    return backup(mdp, v), backup(mdp, v + np.abs(w))


@monotonicity.false_sibling("w may be negative")
def _(mdp: MDP, v: Float, w: Float) -> tuple[Float, Float]:
    return backup(mdp, v), backup(mdp, v + w)


@claim(
    "mdp.residual_bound", "<=", paper=PUTERMAN, theorem="Theorem 6.3.1 (its proof)", instances=with_vectors(1), allowance=rounding
)
def residual_bound(mdp: MDP, v: Float) -> tuple[float, float]:
    r"""$\|v - v^*\| \le \|Tv - v\| / (1 - \gamma)$."""
    return norm(v - optimum(mdp)), norm(backup(mdp, v) - v) / (1 - mdp.gamma)


@residual_bound.false_sibling("gamma / (1 - gamma), which bounds Tv - v*")
def _(mdp: MDP, v: Float) -> tuple[float, float]:
    return norm(v - optimum(mdp)), mdp.gamma * norm(backup(mdp, v) - v) / (1 - mdp.gamma)


@claim("mdp.span_bound", "<=", paper="MacQueen (1966)", instances=with_vectors(1), allowance=rounding)
def span_bound(mdp: MDP, v: Float) -> tuple[Float, Float]:
    r"""$v^* \le Tv + \frac{\gamma}{1 - \gamma} \max_s (Tv - v)(s)$."""
    new = backup(mdp, v)
    return optimum(mdp), new + mdp.gamma / (1 - mdp.gamma) * (new - v).max()


@span_bound.false_sibling("the smallest residual in place of the largest")
def _(mdp: MDP, v: Float) -> tuple[Float, Float]:
    new = backup(mdp, v)
    return optimum(mdp), new + mdp.gamma / (1 - mdp.gamma) * (new - v).min()


@claim("mdp.policy_improvement", ">=", paper="Howard (1960)", instances=with_policies(1), allowance=rounding)
def policy_improvement(mdp: MDP, policy: Float) -> tuple[Float, Float]:
    r"""The policy greedy for $v^\pi$ is at least as good as $\pi$ in every state."""
    v = tabular.policy_value(mdp, policy)
    return tabular.policy_value(mdp, tabular.greedy(mdp, v)), v


@policy_improvement.false_sibling("greedy for the reward alone")
def _(mdp: MDP, policy: Float) -> tuple[Float, Float]:
    return tabular.policy_value(mdp, tabular.greedy(mdp, np.zeros(mdp.n_states))), tabular.policy_value(mdp, policy)


@st.composite
def near_optimal(draw: st.DrawFn) -> dict[str, Any]:
    """A model and values close enough to optimal for the greedy policy to be almost right."""
    instance = draw(with_vectors(1, st.sampled_from([0.0, 0.5, 0.9, 0.95, 0.99])))
    instance["v"] = optimum(instance["mdp"]) + draw(st.sampled_from([1.0, 0.1, 0.01])) * np.sign(instance["v"])
    return instance


@claim("mdp.greedy_loss", "<=", paper="Singh and Yee (1994)", theorem="main bound", instances=near_optimal(), allowance=rounding)
def greedy_loss(mdp: MDP, v: Float) -> tuple[float, float]:
    r"""The policy $\pi$ greedy for $v$ loses at most $\|v^* - v^\pi\| \le \frac{2\gamma}{1 - \gamma} \|v - v^*\|$."""
    best = optimum(mdp)
    value = tabular.policy_value(mdp, tabular.greedy(mdp, v))
    return norm(best - value), 2 * mdp.gamma / (1 - mdp.gamma) * norm(v - best)


@greedy_loss.false_sibling("without the factor 1 / (1 - gamma)")
def _(mdp: MDP, v: Float) -> tuple[float, float]:
    best = optimum(mdp)
    value = tabular.policy_value(mdp, tabular.greedy(mdp, v))
    return norm(best - value), 2 * mdp.gamma * norm(v - best)


@claim("mdp.linear_programming_duality", "==", paper="d'Epenoux (1963)", instances=with_vectors(0), allowance=rounding)
def duality(mdp: MDP) -> tuple[float, float]:
    r"""$\mu \cdot v^* = \langle d^{\pi^*}, r \rangle$: the two linear programs have the same value."""
    solution = tabular.solve(mdp, tabular.PolicyIteration(), tol=1e-12)
    assert mdp.initial is not None
    return float(mdp.initial @ solution.values), float((tabular.occupancy(mdp, solution.policy) * mdp.r).sum())


@duality.false_sibling("occupancies from the uniform law")
def _(mdp: MDP) -> tuple[float, float]:
    solution = tabular.solve(mdp, tabular.PolicyIteration(), tol=1e-12)
    assert mdp.initial is not None
    uniform = np.full(mdp.n_states, 1 / mdp.n_states)
    return float(mdp.initial @ solution.values), float((tabular.occupancy(mdp, solution.policy, uniform) * mdp.r).sum())


@duality.false_sibling("occupancies normalised to one")
def _(mdp: MDP) -> tuple[float, float]:
    solution = tabular.solve(mdp, tabular.PolicyIteration(), tol=1e-12)
    assert mdp.initial is not None
    visits = (1 - mdp.gamma) * tabular.occupancy(mdp, solution.policy)
    return float(mdp.initial @ solution.values), float((visits * mdp.r).sum())


@claim("mdp.weak_duality", "<=", paper="d'Epenoux (1963)", instances=with_policies(1), allowance=rounding)
def weak_duality(mdp: MDP, policy: Float) -> tuple[float, float]:
    r"""$\langle d^\pi, r \rangle \le \mu \cdot v^*$ for every policy."""
    assert mdp.initial is not None
    return float((tabular.occupancy(mdp, policy) * mdp.r).sum()), float(mdp.initial @ optimum(mdp))


@weak_duality.false_sibling("values of a fixed policy in place of the optimum")
def _(mdp: MDP, policy: Float) -> tuple[float, float]:
    assert mdp.initial is not None
    first = tabular.policy_value(mdp, np.zeros(mdp.n_states, dtype=int))
    return float((tabular.occupancy(mdp, policy) * mdp.r).sum()), float(mdp.initial @ first)


def _advantage(mdp: MDP, visits: Float, baseline: Float) -> float:
    v = tabular.policy_value(mdp, baseline)
    return float((visits * (tabular.q_values(mdp, v) - v[:, None])).sum())


@claim(
    "mdp.performance_difference",
    "==",
    paper="Kakade and Langford (2002)",
    theorem="Lemma 6.1",
    instances=with_policies(2),
    allowance=rounding,
)
def performance_difference(mdp: MDP, policy: Float, other: Float) -> tuple[float, float]:
    r"""$\mu \cdot (v^{\pi} - v^{\bar\pi}) = \sum_{s,a} d^{\pi}(s, a) A^{\bar\pi}(s, a)$."""
    assert mdp.initial is not None
    difference = tabular.policy_value(mdp, policy) - tabular.policy_value(mdp, other)
    return float(mdp.initial @ difference), _advantage(mdp, tabular.occupancy(mdp, policy), other)


@performance_difference.false_sibling("states visited by the baseline")
def _(mdp: MDP, policy: Float, other: Float) -> tuple[float, float]:
    assert mdp.initial is not None
    difference = tabular.policy_value(mdp, policy) - tabular.policy_value(mdp, other)
    visits = tabular.occupancy(mdp, other).sum(axis=1)[:, None] * policy
    return float(mdp.initial @ difference), _advantage(mdp, visits, other)


@claim(
    "mdp.simulation",
    "<=",
    paper="Kearns and Singh (2002)",
    theorem="simulation lemma",
    instances=with_neighbour(),
    allowance=rounding,
)
def simulation(mdp: MDP, neighbour: MDP, policy: Float) -> tuple[float, float]:
    r"""Values in two models differ by at most
    $\|v^\pi - \hat v^\pi\| \le \frac{1}{1 - \gamma} \bigl( \|r - \hat r\| + \frac{\gamma}{2} \max_{s,a} \|P - \hat
    P\|_1\, \mathrm{span}(\hat v^\pi) \bigr)$.

    Derivation: $v - \hat v = (I - \gamma P_\pi)^{-1} [ r_\pi - \hat r_\pi + \gamma (P_\pi - \hat P_\pi) \hat v ]$, and
    a difference of two laws
    acting on $\hat v$ is at most half its total mass times the span.
    """
    other = tabular.policy_value(neighbour, policy)
    reward, mass = norm(mdp.r - neighbour.r), float(np.abs(mdp.P - neighbour.P).sum(axis=2).max())
    bound = (reward + mdp.gamma / 2 * mass * np.ptp(other)) / (1 - mdp.gamma)
    return norm(tabular.policy_value(mdp, policy) - other), float(bound)


@simulation.false_sibling("the reward error is not accumulated over time")
def _(mdp: MDP, neighbour: MDP, policy: Float) -> tuple[float, float]:
    other = tabular.policy_value(neighbour, policy)
    reward, mass = norm(mdp.r - neighbour.r), float(np.abs(mdp.P - neighbour.P).sum(axis=2).max())
    bound = reward + mdp.gamma / 2 * mass * np.ptp(other) / (1 - mdp.gamma)
    return norm(tabular.policy_value(mdp, policy) - other), float(bound)


@simulation.false_sibling("the transition error is dropped")
def _(mdp: MDP, neighbour: MDP, policy: Float) -> tuple[float, float]:
    other = tabular.policy_value(neighbour, policy)
    return norm(tabular.policy_value(mdp, policy) - other), norm(mdp.r - neighbour.r) / (1 - mdp.gamma)
