"""Compiled learners that see arms, not vectors: exponential weights, alternation with restarts, explore then commit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tabular.divergences.generators import compiled
from tabular.linear_bandits._kernels import ROUND, begin, hold, largest

__all__ = ["alternating_run", "committed_run", "exponential_run"]


@compiled
def exponential_run(
    task: Any, batch: int, rate: float, mixing: float, low: float, range_: float, noise: Any, own: Any, record: Any
) -> None:
    """Exp3 on batches: the mean reward of a batch, mapped to [0, 1], divided by the probability of its arm."""
    K = task.sets.shape[1]
    gains, law, gaps = np.zeros(K), np.zeros(K), np.zeros(K)
    place, x, horizon = np.zeros(4, dtype=np.int64), task.initial.copy(), record.checkpoints[-1]
    begin(task, place, gaps, noise)
    while place[ROUND] < horizon:
        top, total = -math.inf, 0.0
        for k in range(K):
            top = max(top, gains[k])
        for k in range(K):
            law[k] = math.exp(rate * (gains[k] - top))
            total += law[k]
        u, arm, below = own.random(), K - 1, 0.0
        for k in range(K):
            law[k] = (1.0 - mixing) * law[k] / total + mixing / K
            below += law[k]
            if u < below:
                arm = k
                u = math.inf
        held = min(batch, horizon - place[ROUND])
        _, paid = hold(task, record, place, gaps, x, arm, held, noise)
        gains[arm] += (paid / held - low) / range_ / law[arm]


@compiled
def alternating_run(task: Any, alpha: float, scale: float, epoch: int, noise: Any, record: Any) -> None:
    """AR2: every other round the arm that is expected to be best, between them arms that may have become so.

    ``scale`` times the root of a geometric sum of alpha^2 is how far an arm may have moved since it was seen.
    """
    K = task.sets.shape[1]
    estimates, gaps = np.zeros(K), np.zeros(K)
    seen, waiting = np.zeros(K, dtype=np.int64), np.zeros(K, dtype=np.int64)
    place, x = np.zeros(4, dtype=np.int64), task.initial.copy()
    begin(task, place, gaps, noise)
    last, before = 0, 0
    for t in range(record.checkpoints[-1]):
        since = t % epoch
        if since == 0:
            for k in range(K):
                estimates[k], waiting[k] = 0.0, -1
        if since < K:
            arm = since
        else:
            superior = last if estimates[last] >= estimates[before] else before
            earliest = -1
            for k in range(K):
                if k == superior:
                    continue
                if waiting[k] < 0:
                    moved = math.sqrt((alpha**2 - alpha ** (2 * (t - seen[k] + 1))) / (1.0 - alpha**2))
                    if estimates[superior] - estimates[k] <= scale * moved:
                        waiting[k] = t
                if waiting[k] >= 0 and (earliest < 0 or waiting[k] < waiting[earliest]):
                    earliest = k
            arm = earliest if since % 2 == 1 and earliest >= 0 else superior
        reward, _ = hold(task, record, place, gaps, x, arm, 1, noise)
        for k in range(K):
            estimates[k] = alpha * (reward if k == arm else estimates[k])
        seen[arm], waiting[arm] = t, -1
        before, last = last, arm


@compiled
def committed_run(task: Any, wait: int, pulls: int, noise: Any, record: Any) -> None:
    """Each arm for ``wait + pulls`` rounds, then for good the one whose last ``pulls`` rewards were best on average."""
    K, horizon = task.sets.shape[1], record.checkpoints[-1]
    means, gaps = np.zeros(K), np.zeros(K)
    place, x = np.zeros(4, dtype=np.int64), task.initial.copy()
    begin(task, place, gaps, noise)
    for k in range(K):
        hold(task, record, place, gaps, x, k, wait, noise)
        _, paid = hold(task, record, place, gaps, x, k, pulls, noise)
        means[k] = paid / pulls
    hold(task, record, place, gaps, x, largest(means), horizon, noise)
