r"""Compiled rounds of a linear bandit, and learners that keep an ellipsoid.

Grams are kept as sums, and as Cholesky factors, which are updated by rotations when an action is added and computed anew every
:data:`REFRESH` updates: the factor then never strays from its sum by more than the rounding of so many rotations. Where terms are
removed (windows) or scaled (discounts) it is computed anew each time, and a window's sum is added up afresh once per window.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tabular.divergences.generators import compiled
from tabular.linear_bandits._linear_algebra import (
    backward,
    cholesky,
    copy,
    forward,
    identity,
    inner,
    rank_one_update,
    transposed_norm,
)

__all__ = ["ROUND", "begin", "discounted_run", "hold", "largest", "ridge_run"]

SEGMENT, CONTEXT, ROUND, LOOK = range(4)
"""What a place says: where the bandit is, and how many rounds and checkpoints lie behind."""

REFRESH = 512
TIE = 1e-12
"""Scores that agree so far, relatively, are equal: the first wins."""


@compiled
def begin(task: Any, place: Any, gaps: Any, noise: Any) -> None:
    """Segment and action set of the round at hand, and the regret of each of its actions if either is new."""
    changed = place[ROUND] == 0
    if place[SEGMENT] + 1 < task.starts.size and task.starts[place[SEGMENT] + 1] <= place[ROUND]:
        place[SEGMENT] += 1
        changed = True
    if task.law.size > 1:
        u, context = noise.random() * task.law[-1], 0
        while context < task.law.size - 1 and task.law[context] <= u:
            context += 1
        place[CONTEXT] = context
        changed = True
    if changed:
        best = -math.inf
        for k in range(gaps.size):
            gaps[k] = inner(task.sets[place[CONTEXT], k], task.parameters[place[SEGMENT]])
            best = max(best, gaps[k])
        for k in range(gaps.size):
            gaps[k] = best - gaps[k]


@compiled
def _shock(rademacher: bool, noise: Any) -> float:
    if rademacher:
        return 1.0 if noise.random() < 0.5 else -1.0
    return noise.standard_normal()


@compiled
def hold(task: Any, record: Any, place: Any, gaps: Any, x: Any, arm: int, rounds: int, noise: Any) -> tuple[float, float]:
    """Play an arm for so many rounds, fewer at the horizon: its last reward, and their sum.

    Rounds are played in here because arrays are counted in and out of every call: a call per round costs more than the round.
    """
    n, d, t, context = x.size, task.B.shape[1], place[ROUND], place[CONTEXT]
    horizon = record.checkpoints[-1]
    changing = task.starts.size > 1 or task.law.size > 1
    fresh = np.empty(n)
    reward, total = 0.0, 0.0
    for _ in range(min(rounds, horizon - t)):
        if changing:
            context = place[CONTEXT]
        reward = task.reward_noise * _shock(task.rademacher, noise)
        for j in range(d):
            reward += task.theta[place[SEGMENT], j] * task.sets[context, arm, j]
        for i in range(n):
            reward += task.omega[i] * x[i]
            fresh[i] = task.state_noise * _shock(task.rademacher, noise) if task.state_noise > 0.0 else 0.0
            for j in range(n):
                fresh[i] += task.A[i, j] * x[j]
            for j in range(d):
                fresh[i] += task.B[i, j] * task.sets[context, arm, j]
        copy(fresh, x)
        total += reward
        record.totals[0] += gaps[arm]
        record.totals[1] += reward
        record.pulls[arm] += 1
        if record.rounds.size > 0:
            record.rounds[t, 0], record.rounds[t, 1] = arm, reward
        t += 1
        place[ROUND] = t
        if t == record.checkpoints[place[LOOK]]:
            for i in range(3):
                record.curves[i, place[LOOK]] = record.totals[i]
            place[LOOK] += 1
        if changing and t < horizon:
            begin(task, place, gaps, noise)
    return reward, total


@compiled
def _note(updates: Any, m: int, estimate: Any, error: float, width: float) -> None:
    """Enter the m-th estimate and its error."""
    d = estimate.size
    copy(estimate, updates[m])
    updates[m, d], updates[m, d + 1] = error, width


@compiled
def _worse(worst: float, error: float, width: float) -> float:
    """The larger of a ratio (nan at first) and that of an error to its width."""
    ratio = 0.0 if error == 0.0 else error / width
    return worst if ratio <= worst else ratio


@compiled
def largest(scores: Any) -> int:
    """The first of the largest scores."""
    best = 0
    for k in range(1, scores.size):
        if scores[k] > scores[best] + TIE * abs(scores[best]):
            best = k
    return best


@compiled
def _log_determinant(L: Any) -> float:
    total = 0.0
    for i in range(L.shape[0]):
        total += 2.0 * math.log(L[i, i])
    return total


@compiled
def ridge_run(
    task: Any,
    lengths: Any,
    widths: Any,
    spread: Any,
    determinant: Any,
    regularization: float,
    window: int,
    given: Any,
    noise: Any,
    own: Any,
    record: Any,
) -> None:
    """Least squares on the last reward of each epoch of ``lengths``, optimistic, or sampled if there is a ``spread``.

    ``determinant`` is empty, or the noise scale, the constant part of the width and 2 log(1/delta). ``given`` arms, if any, are
    played instead of the learner's.
    """
    K, d = task.sets.shape[1], task.sets.shape[2]
    V, L = identity(d, regularization), identity(d, math.sqrt(regularization))
    moment, estimate, work, off = np.zeros(d), np.zeros(d), np.zeros(d), np.zeros(d)
    scores, gaps, place, x = np.zeros(K), np.zeros(K), np.zeros(4, dtype=np.int64), task.initial.copy()
    past, paid = np.zeros((window, d)), np.zeros(window)
    horizon = record.checkpoints[-1]
    begin(task, place, gaps, noise)
    for m in range(lengths.size + 1):
        width = widths[m]
        if determinant.size > 0:
            growth = max(_log_determinant(L) - d * math.log(regularization), 0.0)
            width = determinant[1] + determinant[0] * math.sqrt(determinant[2] + growth)
        for i in range(d):
            off[i] = estimate[i] - task.parameters[place[SEGMENT], i]
        error = transposed_norm(L, off)
        record.totals[2] = _worse(record.totals[2], error, width)
        if record.updates.size > 0:
            _note(record.updates, m, estimate, error, width)
        if place[ROUND] == horizon:
            return
        actions = task.sets[place[CONTEXT]]
        if given.size > 0:
            arm = given[m]
        elif spread.size > 0:
            for i in range(d):
                work[i] = own.standard_normal()
            backward(L, work, off)
            for i in range(d):
                off[i] = estimate[i] + spread[m] * off[i]
            for k in range(K):
                scores[k] = inner(actions[k], off)
            arm = largest(scores)
        else:
            for k in range(K):
                forward(L, actions[k], work)
                scores[k] = inner(actions[k], estimate) + width * math.sqrt(inner(work, work))
            arm = largest(scores)
        if place[ROUND] + lengths[m] > horizon:  # the epoch is cut off: its last reward is not one that estimates may use
            hold(task, record, place, gaps, x, arm, lengths[m], noise)
            return
        reward, _ = hold(task, record, place, gaps, x, arm, lengths[m], noise)
        copy(actions[arm], work)
        for i in range(d):
            moment[i] += work[i] * reward
            for j in range(d):
                V[i, j] += work[i] * work[j]
        if window > 0:
            _slide(V, moment, past, paid, m, work, reward, regularization)
            cholesky(V, L)
        elif (m + 1) % REFRESH == 0:
            cholesky(V, L)
        else:
            rank_one_update(L, work)
        forward(L, moment, work)
        backward(L, work, estimate)


@compiled
def _slide(V: Any, moment: Any, past: Any, paid: Any, m: int, action: Any, reward: float, regularization: float) -> None:
    """Take out what the newest action, already added, pushes out of the window."""
    window, d = past.shape
    slot = m % window
    if m >= window:
        for i in range(d):
            moment[i] -= past[slot, i] * paid[slot]
            for j in range(d):
                V[i, j] -= past[slot, i] * past[slot, j]
    copy(action, past[slot])
    paid[slot] = reward
    if slot == window - 1:  # differences of sums gather rounding: once per window the sums are formed anew
        for i in range(d):
            moment[i] = 0.0
            for s in range(window):
                moment[i] += past[s, i] * paid[s]
            for j in range(d):
                V[i, j] = regularization if i == j else 0.0
                for s in range(window):
                    V[i, j] += past[s, i] * past[s, j]


@compiled
def discounted_run(task: Any, widths: Any, discount: float, regularization: float, noise: Any, record: Any) -> None:
    """Discounted least squares, optimistic in the norm of V^-1 W V^-1, W with squared discounts."""
    K, d = task.sets.shape[1], task.sets.shape[2]
    V, W = identity(d, regularization), identity(d, regularization)
    L, M = identity(d, math.sqrt(regularization)), identity(d, math.sqrt(regularization))
    moment, estimate, work, off = np.zeros(d), np.zeros(d), np.zeros(d), np.zeros(d)
    scores, gaps, place, x = np.zeros(K), np.zeros(K), np.zeros(4, dtype=np.int64), task.initial.copy()
    begin(task, place, gaps, noise)
    for t in range(record.checkpoints[-1] + 1):
        for i in range(d):
            work[i] = 0.0
            for j in range(d):
                work[i] += V[i, j] * (estimate[j] - task.parameters[place[SEGMENT], j])
        forward(M, work, off)
        error = math.sqrt(inner(off, off))
        record.totals[2] = _worse(record.totals[2], error, widths[t])
        if record.updates.size > 0:
            _note(record.updates, t, estimate, error, widths[t])
        if t == record.checkpoints[-1]:
            return
        actions = task.sets[place[CONTEXT]]
        for k in range(K):
            forward(L, actions[k], work)
            backward(L, work, off)
            scores[k] = inner(actions[k], estimate) + widths[t] * transposed_norm(M, off)
        arm = largest(scores)
        reward, _ = hold(task, record, place, gaps, x, arm, 1, noise)
        for i in range(d):
            moment[i] = discount * moment[i] + actions[arm, i] * reward
            for j in range(d):
                square = actions[arm, i] * actions[arm, j]
                V[i, j] = discount * V[i, j] + square
                W[i, j] = discount * discount * W[i, j] + square
            V[i, i] += (1.0 - discount) * regularization
            W[i, i] += (1.0 - discount * discount) * regularization
        cholesky(V, L)
        cholesky(W, M)
        forward(L, moment, work)
        backward(L, work, estimate)
