r"""Action gaps, how much they differ between states, and what a mapping does to them.

The gap of a state is the value of its best action minus that of the second best; their *deviation* is the standard deviation of
their decimal logarithms over the states where they are positive (van Seijen, Fatemi and Tavakoli 2019). Closed forms belong to
the chain:

states 0 .. n - 1, *left* and *right*, of which the other is executed with probability p; left of state 0 the episode ends with
:math:`r_L`, right of state n - 1 with :math:`r_R`. If always left is optimal,

.. math:: v(s) = A \lambda_1^{s + 1} + B \lambda_2^{-(n - s)}, \qquad \lambda_{1, 2} = \frac{1 \mp \sqrt{1 - 4 \gamma^2 p (1 -
p)}}{2
          \gamma p}, \qquad \text{gap}(s) = (1 - 2 p)\, \gamma\, [v(s - 1) - v(s + 1)].
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from tabular import _arrays
from tabular._arrays import Float
from tabular._parameters import count, number, probability
from tabular.errors import ModelError
from tabular.evaluation import policy_value
from tabular.log_mapping.mapping import Mapping
from tabular.mdp import MDP
from tabular.problem import FiniteHorizon
from tabular.solvers import solve

__all__ = [
    "GapAnalysis",
    "action_gaps",
    "chain_gaps",
    "chain_task",
    "chain_values",
    "gap_analysis",
    "gap_deviation",
    "mapped_gaps",
    "undiscounted_performance",
]


def action_gaps(q_values: Any, optimal_within: float = 0.0) -> Float:
    """(S,) best minus second-best action value of each state.

    Parameters
    ----------
    q_values : (S, A) array
        Minus infinity where an action is not allowed; a state with one action has gap 0.
    optimal_within : float >= 0
        Gaps up to this are 0: ties that rounding broke.

    Raises
    ------
    ModelError
        If an entry is NaN or plus infinity, or a state has no action.
    """
    q = _arrays.as_float(q_values, "q_values")
    if q.ndim != 2 or q.size == 0:
        raise ModelError(f"q_values have shape {q.shape} (expected (S, A))")
    bad = np.argwhere(np.isnan(q) | (q == np.inf))
    if bad.size:
        raise ModelError(f"q_values of state {bad[0][0]}, action {bad[0][1]} are {float(q[tuple(bad[0])])!r}")
    if q.shape[1] == 1:
        return np.zeros(len(q))
    top = np.partition(q, -2, axis=1)[:, -2:]
    if not np.isfinite(top[:, 1]).all():
        raise ModelError(f"state {int(np.argmin(np.isfinite(top[:, 1])))} has no action")
    gaps = np.where(np.isfinite(top[:, 0]), top[:, 1] - top[:, 0], 0.0)
    return np.where(gaps <= optimal_within, 0.0, gaps)


def gap_deviation(gaps: Any) -> float:
    r""":math:`\sigma(\log_{10} \text{gap})` over the states with a positive gap, sigma the population standard deviation.

    >>> gap_deviation([0.1, 0.001, 0.0])
    1.0
    """
    values = _arrays.as_float(gaps, "gaps").reshape(-1)
    if not (values >= 0).all():
        raise ModelError(f"a gap is {float(values[~(values >= 0)][0])!r} (expected numbers >= 0)")
    positive = values[values > 0]
    if positive.size == 0:
        raise ModelError("no state has a positive gap: every action is as good as every other")
    return float(np.std(np.log10(positive)))


def mapped_gaps(q_values: Any, mapping: Mapping) -> Float:
    """(S,) gaps of mapped action values, f(best) - f(second best); action values must be in the domain of the mapping.

    A mapping that is increasing changes no greedy action, only by how much it is best.
    """
    q = _arrays.as_float(q_values, "q_values")
    mapped = np.full(q.shape, -np.inf)
    allowed = np.isfinite(q)
    mapped[allowed] = mapping.forward(q[allowed])
    return action_gaps(mapped)


@dataclass(frozen=True, eq=False)
class GapAnalysis:
    """Gaps of a model for several discounts.

    Attributes
    ----------
    gammas : (G,) array
    gaps : (G, S) array
        Of every state, at the first step if there is a horizon; in the mapped space if there is a mapping.
    deviations : (G,) array
        Of their decimal logarithms; NaN where no state has a positive gap.
    """

    gammas: Float
    gaps: Float
    deviations: Float


def gap_analysis(
    mdp: MDP,
    gammas: Any,
    *,
    horizon: int | None = None,
    mapping: Callable[[float], Mapping] | None = None,
    tol: float = 1e-12,
) -> GapAnalysis:
    """Action gaps of any model as functions of the discount, for the discounted problem or over a horizon.

    Parameters
    ----------
    mdp : MDP
        Its own discount is not used.
    gammas : (G,) numbers in (0, 1), or in (0, 1] with a horizon
    horizon : int, optional
        Number of decisions; by default there is no end.
    mapping : function of the discount, optional
        For example ``lambda gamma: LogMapping(gamma, 200)``; action values must be in its domain.
    tol : float
        Relative accuracy of the values; gaps of the size of the bracket around them are ties.

    Examples
    --------
    >>> found = gap_analysis(chain_task(10, 0.9, 0.0, 1, 0), [0.5, 0.9])
    >>> found.deviations.round(4)
    array([0.8457, 0.1854])
    """
    values = _arrays.as_float(gammas, "gammas").reshape(-1)
    if values.size == 0 or not ((values > 0.0) & (values <= 1.0)).all():
        raise ModelError(f"gammas are {gammas!r} (expected numbers in (0, 1])")
    gaps = np.empty((values.size, mdp.n_states))
    deviations = np.full(values.size, np.nan)
    for i, gamma in enumerate(float(g) for g in values):
        model = mdp.replace(gamma=gamma)
        if horizon is None:
            solution = solve(model, tol=tol)
            q, width = solution.q_values, solution.width
        else:
            solution = solve(FiniteHorizon(model, horizon), tol=tol)
            q, width = solution.q_values[0], solution.width
        plain = action_gaps(q, 2.0 * width)
        gaps[i] = plain if mapping is None else np.where(plain > 0.0, mapped_gaps(q, mapping(gamma)), 0.0)
        if (gaps[i] > 0.0).any():
            deviations[i] = gap_deviation(gaps[i])
    return GapAnalysis(values, gaps, deviations)


# --- the chain -----------------------------------------------------------------------------------------------------------------

LEFT, RIGHT = 0, 1


def chain_task(n: int = 50, gamma: float = 0.96, slip: float = 0.25, left_reward: float = 1.0, right_reward: float = -1.0) -> MDP:
    """The chain as a model: states 0 .. n - 1, then the left end and the right end, absorbing; action 0 is left, action 1 right.

    Rewards are stored per transition, as they are paid. Rules in the module docstring. Source: the linear experiments of van
    Seijen, Fatemi and Tavakoli (2019), n = 50, slip .25.

    >>> import tabular
    >>> solution = tabular.solve(chain_task(gamma=0.9))
    >>> f"{solution.values[0]:.10f}", bool((solution.actions[:-2] == 0).all())
    ('0.9222266560', True)
    """
    size, p = count(n, "n"), probability(slip, "slip")
    paid = {size: number(left_reward, "left_reward"), size + 1: number(right_reward, "right_reward")}
    s = np.arange(size)
    left, right = np.where(s > 0, s - 1, size), np.where(s < size - 1, s + 1, size + 1)
    ends = np.array([size, size + 1])
    rows = np.concatenate([2 * s, 2 * s, 2 * s + 1, 2 * s + 1, 2 * ends, 2 * ends + 1])
    columns = np.concatenate([left, right, left, right, ends, ends])
    chances = np.repeat([1.0 - p, p, p, 1.0 - p, 1.0], [size, size, size, size, 4])
    shape = (2 * size + 4, size + 2)
    kept = chances > 0.0
    P = sp.csr_array(sp.coo_array((chances[kept], (rows[kept], columns[kept])), shape=shape))
    P.sort_indices()
    pays = np.array([paid.get(int(c), 0.0) for c in P.indices])
    pays[P.indptr[2 * size] :] = 0.0  # the ends themselves
    return MDP(P, sp.csr_array((pays, P.indices, P.indptr), shape=shape), gamma, initial=0)


def _modes(n: int, gamma: float, p: float, left: float, right: float) -> tuple[float, float, float, float]:
    r"""A, B, :math:`\lambda_1` and :math:`1 / \lambda_2` of always left; the ends are :math:`v(-1) = r_L / \gamma` and
    :math:`v(n) = r_R / \gamma`, as they pay on the way out."""
    start, end = left / gamma, right / gamma
    root = math.sqrt(1.0 - 4.0 * gamma * gamma * p * (1.0 - p))
    small = 2.0 * gamma * (1.0 - p) / (1.0 + root)  # (1 - root) / (2 gamma p) without the difference
    back = 2.0 * gamma * p / (1.0 + root)
    across, through = small ** (n + 1), back ** (n + 1)
    scale = 1.0 - across * through
    return (start - end * through) / scale, (end - start * across) / scale, small, back


def chain_values(
    n: int = 50, gamma: float = 0.96, slip: float = 0.25, left_reward: float = 1.0, right_reward: float = -1.0
) -> Float:
    """(n,) values of always left, in closed form: relative errors near 1e-12 down to values of 1e-50 and less."""
    size, g, p, left, right = _chain_parameters(n, gamma, slip, left_reward, right_reward)
    a, b, small, back = _modes(size, g, p, left, right)
    s = np.arange(size)
    return np.asarray(a * small ** (s + 1) + b * back ** (size - s))


def chain_gaps(n: int, gamma: float, slip: float, left_reward: float, right_reward: float) -> Float:
    r"""(n,) :math:`Q(s, \text{left}) - Q(s, \text{right})` on the chain when always left follows, in closed form.

    Parameters
    ----------
    n : int >= 1
    gamma : float in (0, 1]
    slip : float in [0, 1/2]
        Probability that the other action is executed.
    left_reward, right_reward : float
        Paid when the episode ends on that side.

    Returns
    -------
    (n,) array
        The action gaps, if always left is optimal (as for :math:`r_L > 0 \ge r_R`); negative where it is not.

    Raises
    ------
    ModelError
        If a parameter is out of its range.

    Examples
    --------
    >>> gaps = chain_gaps(50, 0.9, 0.25, 1, -1)
    >>> f"{gaps[0]:.7f} {gaps[49]:.7f} {gap_deviation(gaps):.8f}"
    '0.1555467 0.4617787 1.02000047'
    """
    size, g, p, left, right = _chain_parameters(n, gamma, slip, left_reward, right_reward)
    a, b, small, back = _modes(size, g, p, left, right)
    s = np.arange(size)
    # v(s - 1) - v(s + 1), mode by mode: no difference of values that are nearly equal
    falls = a * small**s * (1.0 - small * small) - b * back ** (size - 1 - s) * (1.0 - back * back)
    return np.asarray((1.0 - 2.0 * p) * g * falls)


def _chain_parameters(n: int, gamma: float, slip: float, left: float, right: float) -> tuple[int, float, float, float, float]:
    size, g, p = count(n, "n"), probability(gamma, "gamma"), probability(slip, "slip")
    if g == 0.0:
        raise ModelError("gamma is 0.0 (expected a number in (0, 1])")
    if p > 0.5:
        raise ModelError(f"slip is {p!r} (expected at most 1/2: beyond it the names of the actions are swapped)")
    if g == 1.0 and p == 0.5:
        raise ModelError("gamma = 1 with slip 1/2 is a fair walk; use a discount or another slip")
    return size, g, p, number(left, "left_reward"), number(right, "right_reward")


# --- optimal for one metric, judged by another ---------------------------------------------------------------------------------


def undiscounted_performance(mdp: MDP, gamma: float, horizon: int, start: int = 0) -> float:
    """Expected undiscounted return over a horizon of the policy that is optimal for a discount: the paper's metric F.

    The learner optimises one metric, the discounted value, and is judged by another.
    """
    policy = solve(mdp.replace(gamma=gamma)).policy

    return float(policy_value(FiniteHorizon(mdp.replace(gamma=1.0), horizon), policy)[0, start])
