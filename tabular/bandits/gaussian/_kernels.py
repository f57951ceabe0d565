"""Compiled filters and policies of Gaussian bandits: one path each, all random numbers given.

Arrays: ``arms`` (T, k) means of one path, ``noise`` (T,) of the reward at each step whichever arm is played, ``draws`` (T, k)
standard normal numbers for the policy. Actions are written to ``actions`` (T,). The first of equal scores is played.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tabular.divergences.generators import compiled

__all__ = ["autoregression", "discounted_ucb_run", "filter_run", "kalman_run", "observe", "start", "window_run"]


@compiled
def autoregression(phi: float, first: float, later: float, z: Any) -> Any:
    """Paths of the same shape (T, n) from standard normal numbers, with deviations of the first value and of innovations."""
    paths = first * z
    for t in range(1, len(z)):
        for i in range(z.shape[1]):
            paths[t, i] = phi * paths[t - 1, i] + later * z[t, i]
    return paths


@compiled
def start(common: Any, own: Any, means: Any, covariances: Any) -> None:
    """The prior: means (T, k) and covariances (T, k, k) of the arms at each step."""
    steps, arms = means.shape
    for t in range(steps):
        for a in range(arms):
            means[t, a] = 0.0
            for b in range(arms):
                covariances[t, a, b] = common[t, t] + (own[t, t] if a == b else 0.0)


@compiled
def observe(
    t: int, arm: int, reward: float, common: Any, own: Any, noise_variance: float, columns: Any, means: Any, covariances: Any
) -> None:
    """Condition the arms of all later steps on the reward of step t, the steps before t having been observed.

    ``columns[i, a, s]`` is the covariance of arm a at step s with the standardised innovation i: the growing Cholesky factor of
    rewards seen, continued over arms to come. A new one costs 2 k t (T - t) operations.
    """
    steps, arms = means.shape
    deviation = math.sqrt(covariances[t, arm, arm] + noise_variance)
    innovation = (reward - means[t, arm]) / deviation
    for a in range(arms):
        new = columns[t, a]
        for s in range(t + 1, steps):
            new[s] = common[t, s]
        if a == arm:
            for s in range(t + 1, steps):
                new[s] += own[t, s]
        i = 0
        while i + 4 <= t:  # four at once: a quarter of the loads and stores of ``new``, which are what takes the time
            c0, c1, c2, c3 = columns[i, arm, t], columns[i + 1, arm, t], columns[i + 2, arm, t], columns[i + 3, arm, t]
            x0, x1, x2, x3 = columns[i, a], columns[i + 1, a], columns[i + 2, a], columns[i + 3, a]
            for s in range(t + 1, steps):
                new[s] -= (c0 * x0[s] + c1 * x1[s]) + (c2 * x2[s] + c3 * x3[s])
            i += 4
        while i < t:
            c0, x0 = columns[i, arm, t], columns[i, a]
            for s in range(t + 1, steps):
                new[s] -= c0 * x0[s]
            i += 1
        for s in range(t + 1, steps):
            new[s] /= deviation
            means[s, a] += new[s] * innovation
    for s in range(t + 1, steps):
        for a in range(arms):
            for b in range(arms):
                covariances[s, a, b] -= columns[t, a, s] * columns[t, b, s]


@compiled
def _first_largest(scores: Any) -> int:
    best = 0
    for a in range(1, scores.size):
        if scores[a] > scores[best]:
            best = a
    return best


@compiled
def filter_run(
    arms: Any,
    noise: Any,
    draws: Any,
    greedy: bool,
    common: Any,
    own: Any,
    noise_variance: float,
    columns: Any,
    means: Any,
    covariances: Any,
    actions: Any,
) -> None:
    """Thompson sampling or greedy play under the exact posterior of any Gaussian arms."""
    steps, k = arms.shape
    scores, factor = np.empty(k), np.empty((k, k))
    start(common, own, means, covariances)
    for t in range(steps):
        scores[:] = means[t]
        if not greedy:
            _factorise(covariances[t], factor)
            for a in range(k):
                for b in range(a + 1):
                    scores[a] += factor[a, b] * draws[t, b]
        arm = _first_largest(scores)
        actions[t] = arm
        observe(t, arm, arms[t, arm] + noise[t], common, own, noise_variance, columns, means, covariances)


@compiled
def _factorise(covariance: Any, factor: Any) -> None:
    """Lower Cholesky factor of a semidefinite matrix: an arm that others determine adds nothing of its own."""
    for a in range(len(covariance)):
        for b in range(a + 1):
            x = covariance[a, b]
            for c in range(b):
                x -= factor[a, c] * factor[b, c]
            if a == b:
                factor[a, a] = math.sqrt(max(x, 0.0))
            else:
                factor[a, b] = x / factor[b, b] if factor[b, b] > 0.0 else 0.0


@compiled
def kalman_run(
    arms: Any,
    noise: Any,
    draws: Any,
    future_precision: float,
    phi: float,
    variance: float,
    innovation_variance: float,
    noise_variance: float,
    actions: Any,
) -> None:
    """Predictive sampling of independent autoregressive arms: precision 0 is greedy play, infinity Thompson sampling."""
    steps, k = arms.shape
    mean, v, scores = np.zeros(k), np.full(k, variance), np.empty(k)
    for t in range(steps):
        for a in range(k):
            deviation = v[a] / math.sqrt(v[a] + 1.0 / future_precision) if v[a] > 0.0 else 0.0
            scores[a] = mean[a] + deviation * draws[t, a]
        arm = _first_largest(scores)
        actions[t] = arm
        gain = v[arm] / (v[arm] + noise_variance)
        mean[arm] += gain * (arms[t, arm] + noise[t] - mean[arm])
        v[arm] *= 1.0 - gain
        for a in range(k):
            mean[a] *= phi
            v[a] = phi * phi * v[a] + innovation_variance


@compiled
def window_run(arms: Any, noise: Any, draws: Any, window: int, variances: Any, noise_variance: float, actions: Any) -> None:
    """Thompson sampling that takes arms for constant during the last ``window`` steps and forgets what was before."""
    steps, k = arms.shape
    scores, pulls, sums = np.empty(k), np.empty(k), np.empty(k)
    for t in range(steps):
        pulls[:] = 0.0
        sums[:] = 0.0
        for s in range(max(0, t - window), t):  # afresh: a running sum would keep roundings of what it forgot
            pulls[actions[s]] += 1.0
            sums[actions[s]] += arms[s, actions[s]] + noise[s]
        for a in range(k):
            precision = 1.0 / variances[t] + pulls[a] / noise_variance
            scores[a] = sums[a] / noise_variance / precision + draws[t, a] / math.sqrt(precision)
        actions[t] = _first_largest(scores)


@compiled
def discounted_ucb_run(arms: Any, noise: Any, draws: Any, discount: float, bonus: float, actions: Any) -> None:
    """Discounted upper confidence bounds; arms without pulls first."""
    steps, k = arms.shape
    scores, pulls, sums = np.empty(k), np.zeros(k), np.zeros(k)
    for t in range(steps):
        total = pulls.sum()  # at least 1 from the second step on
        for a in range(k):
            if pulls[a] > 0.0:
                scores[a] = sums[a] / pulls[a] + bonus * math.sqrt(math.log(max(total, 1.0)) / pulls[a])
            else:
                scores[a] = math.inf
        arm = _first_largest(scores)
        actions[t] = arm
        for a in range(k):
            pulls[a] *= discount
            sums[a] *= discount
        pulls[arm] += 1.0
        sums[arm] += arms[t, arm] + noise[t]
