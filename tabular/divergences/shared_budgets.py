r"""One budget for all actions of a state: the value, the mixture of actions, and how the adversary splits its budget.

For rows b_a = r_a + w_a V and a budget kappa,

.. math:: \max_\pi \min_{\sum_a D(q_a, p_a) \le \kappa} \sum_a \pi_a \langle q_a, b_a\rangle
          = \min \Bigl\{ u : \sum_a d_a(u) \le \kappa \Bigr\}, \qquad d_a(u) = \min \{ D(q, p_a) : \langle q, b_a\rangle \le u \}.

The sum is convex and falls, so that Newton's method finds u from the left without ever passing it; a bracket guards it. Weights
are the multipliers of :math:`\langle q_a, b_a\rangle \le u`: proportional to :math:`-d_a'(u)`. Sources: Wiesemann, Kuhn and
Rustem (2013), section 4; Ho, Petrik and Wiesemann (2018, 2022), whose bisection this replaces.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tabular.divergences.generators import compiled
from tabular.divergences.projections import VARIATION, project, spend
from tabular.divergences.roots import best_point, open_bracket, proposal, settled
from tabular.divergences.state_order import longest, ordered

__all__ = ["against_mixture", "against_optimum"]

ROUNDS = 200


@compiled
def _load(
    values: Any, starts: Any, columns: Any, data: Any, row: int, floor: float, raw: Any, mass: Any, order: Any, gaps: Any, p: Any
) -> tuple[int, float, float]:
    """Entries of one row with mass, by increasing gap over the floor (its own smallest value if that is infinite): how many, the
    floor, the mean gap."""
    n, total, least = 0, 0.0, math.inf
    begin, sparse = starts[row], columns.size > 0
    for j in range(begin, starts[row + 1]):
        if data[j] > 0.0:
            raw[n], mass[n] = values[columns[j] if sparse else j - begin], data[j]
            least, total = min(least, raw[n]), total + data[j]
            n += 1
    floor = min(floor, least)
    ordered(raw[:n], order[:n])
    mean = 0.0
    for i in range(n):
        gaps[i], p[i] = raw[order[i]] - floor, mass[order[i]] / total
        mean += p[i] * gaps[i]
    return n, floor, mean


@compiled
def _spending(
    family: int,
    u: float,
    at_floor: bool,
    allowed: Any,
    rewards: Any,
    floors: Any,
    means: Any,
    weight: Any,
    ends: Any,
    gaps: Any,
    p: Any,
    cost: Any,
    slope: Any,
) -> tuple[float, float]:
    """What it costs to bring the mean outcomes of all actions down to u, and how fast that grows as u falls."""
    total, fall = 0.0, 0.0
    for a in range(cost.size):
        cost[a], slope[a] = 0.0, 0.0
        if allowed[a] and weight[a] > 0.0 and rewards[a] + weight[a] * (floors[a] + means[a]) > u:
            target = (u - rewards[a]) / weight[a] - floors[a]
            if at_floor:  # u is the floor of the best action: rounding must not put it below
                target = max(target, 0.0)
            cost[a], slope[a] = project(family, gaps[ends[a] : ends[a + 1]], p[ends[a] : ends[a + 1]], means[a], target)
            slope[a] /= weight[a]
        total += cost[a]
        fall += slope[a]
    return total, fall


@compiled
def against_optimum(
    family: int,
    leaks: bool,
    values: Any,
    starts: Any,
    columns: Any,
    data: Any,
    sums: Any,
    rewards: Any,
    allowed: Any,
    gamma: float,
    budget: Any,
    value: Any,
    policy: Any,
    spent: Any,
    price: Any,
) -> None:
    """Fill (S,) ``value``, (S, A) ``policy``, ``spent`` and ``price``: divergences and penalties of the worst laws."""
    n_states, n_actions = policy.shape
    size = longest(starts[::n_actions])
    raw, mass, order = np.empty(size), np.empty(size), np.empty(size, dtype=np.intp)
    gaps, p = np.empty(size), np.empty(size)
    ends, floors, means = np.empty(n_actions + 1, dtype=np.intp), np.empty(n_actions), np.empty(n_actions)
    cost, slope, weight = np.zeros(n_actions), np.zeros(n_actions), np.empty(n_actions)
    lowest = values.min() if leaks else math.inf
    for s in range(n_states):
        ends[0] = 0
        low, high = -math.inf, -math.inf
        for a in range(n_actions):
            first, row = ends[a], s * n_actions + a
            n, floors[a], means[a], weight[a] = 0, 0.0, 0.0, 0.0
            if allowed[s, a]:
                n, floors[a], means[a] = _load(
                    values, starts, columns, data, row, lowest, raw, mass, order, gaps[first:], p[first:]
                )
                weight[a] = gamma * sums[row]
                low = max(low, rewards[s, a] + weight[a] * floors[a])
                high = max(high, rewards[s, a] + weight[a] * (floors[a] + means[a]))
            ends[a + 1] = first + n
            policy[s, a], spent[s, a], price[s, a] = 0.0, 0.0, math.inf
        kappa = budget[s]
        left, right, u = low, high, low
        total, fall = 0.0, 0.0
        cost[:] = 0.0
        if kappa > 0.0 and high > low:
            total, fall = _spending(family, u, True, allowed[s], rewards[s], floors, means, weight, ends, gaps, p, cost, slope)
        saturated = total <= kappa
        for _ in range(0 if saturated else ROUNDS):
            # far to the left of the root the sum may rise so fast that Newton's steps stand still
            near = total <= 4.0 * kappa and 0.0 < fall < math.inf
            new = u + (total - kappa) / fall if near else math.nan
            if abs(new - u) <= 2e-16 * abs(u):
                break
            if not left < new < right:
                new = left + (right - left) / 2
                if new == left or new == right:
                    break
            u = new
            total, fall = _spending(family, u, False, allowed[s], rewards[s], floors, means, weight, ends, gaps, p, cost, slope)
            if abs(total - kappa) <= 1e-15 * kappa:
                break
            if total > kappa:
                left = u
            else:
                right = u
        if not saturated and not (total <= 1.001 * kappa and fall < math.inf) and right < high:
            u = right  # no double in between: the one within the budget
            total, fall = _spending(family, u, False, allowed[s], rewards[s], floors, means, weight, ends, gaps, p, cost, slope)
        value[s] = u
        if kappa == 0.0 or saturated:  # no budget, or more than the adversary can use
            value[s] = high if kappa == 0.0 else low
            best = -1
            for a in range(n_actions):
                reach = means[a] if kappa == 0.0 else 0.0
                if best < 0 and allowed[s, a] and rewards[s, a] + weight[a] * (floors[a] + reach) == value[s]:
                    best = a
            policy[s, best] = 1.0
            if kappa > 0.0:
                price[s, best] = 0.0
                spent[s] = cost
            continue
        spent[s] = cost
        for a in range(n_actions):
            if slope[a] > 0.0:
                policy[s, a] = slope[a] / fall if fall < math.inf else (1.0 if slope[a] == math.inf else 0.0)
                price[s, a] = 1.0 / (slope[a] * weight[a])
        norm = policy[s].sum()
        for a in range(n_actions):
            policy[s, a] /= norm


@compiled
def _excess(family: int, level: float, kappa: float, weight: Any, ends: Any, gaps: Any, p: Any) -> float:
    """The logarithm of what a common price makes the adversary spend, over the budget; within the range of doubles."""
    total = 0.0
    for a in range(weight.size):
        if weight[a] > 0.0:
            total += spend(family, gaps[ends[a] : ends[a + 1]], p[ends[a] : ends[a + 1]], level / weight[a])
    return min(max(math.log(total / kappa), -700.0), 700.0) if total > 0.0 else -700.0


@compiled
def against_mixture(
    family: int,
    leaks: bool,
    values: Any,
    starts: Any,
    columns: Any,
    data: Any,
    sums: Any,
    gamma: float,
    budget: Any,
    policy: Any,
    spent: Any,
    price: Any,
) -> None:
    """Fill (S, A) ``spent`` and ``price`` of the worst split of the budget against a given policy."""
    n_states, n_actions = policy.shape
    size = longest(starts[::n_actions])
    raw, mass, order = np.empty(size), np.empty(size), np.empty(size, dtype=np.intp)
    gaps, p, gains, owner = np.empty(size), np.empty(size), np.empty(size), np.empty(size, dtype=np.intp)
    ends, weight, root = np.empty(n_actions + 1, dtype=np.intp), np.empty(n_actions), np.empty(8)
    lowest = values.min() if leaks else math.inf
    for s in range(n_states):
        ends[0] = 0
        top = 0.0
        for a in range(n_actions):
            first, row = ends[a], s * n_actions + a
            n = 0
            weight[a] = policy[s, a] * gamma * sums[row]
            if weight[a] > 0.0:
                n, _, _ = _load(values, starts, columns, data, row, lowest, raw, mass, order, gaps[first:], p[first:])
                top = max(top, weight[a] * gaps[first + n - 1])
            ends[a + 1] = first + n
            spent[s, a], price[s, a] = 0.0, math.inf
        kappa = budget[s]
        if kappa == 0.0 or top == 0.0:
            for a in range(n_actions):
                if weight[a] > 0.0 and kappa > 0.0:
                    price[s, a] = 0.0
            continue
        if family == VARIATION:
            m = ends[n_actions]
            for a in range(n_actions):
                for i in range(ends[a], ends[a + 1]):
                    gains[i], owner[i] = weight[a] * gaps[i], a
            ordered(gains[:m], order[:m])
            left, level = kappa, 0.0
            for j in range(m - 1, -1, -1):
                i = order[j]
                if gains[i] <= 0.0:
                    break
                step = min(p[i], left)
                spent[s, owner[i]] += step
                left -= step
                if left <= 0.0:
                    level = gains[i]
                    break
        else:
            least = 0.0
            for a in range(n_actions):
                if weight[a] > 0.0:
                    least += spend(family, gaps[ends[a] : ends[a + 1]], p[ends[a] : ends[a + 1]], 0.0)
            level = 0.0
            if least > kappa:  # the spending of all actions falls in the common price: bracket it, then find it
                x = math.log(top)
                f = _excess(family, math.exp(x), kappa, weight, ends, gaps, p)
                step, far, f_far = 4.0, x, f
                while (f > 0.0) == (f_far > 0.0) and abs(far) < 700.0:
                    x, f = far, f_far
                    far += step if f > 0.0 else -step
                    step *= 2.0
                    f_far = _excess(family, math.exp(far), kappa, weight, ends, gaps, p)
                open_bracket(root, x, f, far, f_far)
                while True:
                    x = proposal(root)
                    if settled(root, x, _excess(family, math.exp(x), kappa, weight, ends, gaps, p)):
                        break
                level = math.exp(best_point(root))
            for a in range(n_actions):
                if weight[a] > 0.0:
                    spent[s, a] = spend(family, gaps[ends[a] : ends[a + 1]], p[ends[a] : ends[a + 1]], level / weight[a])
        for a in range(n_actions):
            if weight[a] > 0.0:
                price[s, a] = level / weight[a]
