"""Compiled loops of the simulator: a bandit that pays, statistics that are kept, and three families of policies.

All replications of a block take a step together: they wait for nothing of each other, so that the processor works on several at a
time. In a step all choose, then each is paid and moves on. Policies of counts share one loop: a *memory* (everything, the last
steps, discounted) gives each arm a number of pulls and a sum of rewards, a *rule* chooses.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular.bandits.simulation._rules import TIE, confidence_bounds, kl_bounds, largest, means, negative_entropy, samples
from tabular.divergences.generators import compiled

__all__ = ["Environment", "Record", "play_beliefs", "play_counts", "play_weights"]

FIXED, SEQUENCE, CHAIN = range(3)
"""How the state moves: by 0 or 1 at every step, or at random."""

CONFIDENCE, KL_CONFIDENCE, EPSILON_GREEDY, BETA = range(4)
"""Rules of policies of counts."""

HEADROOM = 30.0
"""Exponential weights are kept relative to a reference that they may exceed by this much in the exponent."""


class Environment(NamedTuple):
    """A bandit as the loops see it: row s k + a belongs to arm a in state s; the laws of the chain are empty if there is none.

    Thresholds are running sums of laws, 1 from the last possible entry on.
    """

    motion: int
    start: Float  # (1, n) thresholds of the first state
    moves: Float  # (n, n) thresholds of the next state
    outcomes: Float  # (n k, m) thresholds of the outcome
    rewards: Float  # (n k, m)
    regrets: Float  # (n k,)
    initial: Float  # (n,)
    transition: Float  # (n, n)
    means: Float  # (n, k)
    likelihood: Float  # (n k, m)
    best: NDArray[np.int64]  # (n,)


class Record(NamedTuple):
    """Moments over replications of regret (row 0) and cumulative regret (row 1), and how often each arm was pulled."""

    mean: Float  # (2, T)
    spread: Float  # (2, T) sums of squared deviations from the mean
    pulls: NDArray[np.int64]  # (T, k)


class Players(NamedTuple):
    """What every replication of a block has done and got."""

    arms: NDArray[np.int64]
    outcomes: NDArray[np.int64]
    rewards: Float
    states: NDArray[np.int64]
    regrets: Float  # (2, replications), at this step and so far


@compiled
def _drawn(thresholds: Any, row: int, u: float) -> int:
    j = 0
    while thresholds[row, j] <= u:  # the last threshold is 1
        j += 1
    return j


@compiled
def _players(bandit: Any, replications: int, rng: Any) -> Any:
    states = np.zeros(replications, dtype=np.int64)
    if bandit.motion == CHAIN:
        for r in range(replications):
            states[r] = _drawn(bandit.start, 0, rng.random())
    arms, outcomes = np.zeros(replications, dtype=np.int64), np.zeros(replications, dtype=np.int64)
    return Players(arms, outcomes, np.zeros(replications), states, np.zeros((2, replications)))


@compiled
def _pull(bandit: Any, players: Any, record: Any, t: int, rng: Any) -> None:
    """Pay everyone for their arms, write regrets down, and move on."""
    k = record.pulls.shape[1]
    arms, outcomes, rewards, states, regrets = players
    for r in range(arms.size):
        row = states[r] * k + arms[r]
        outcomes[r] = _drawn(bandit.outcomes, row, rng.random())
        rewards[r] = bandit.rewards[row, outcomes[r]]
        regrets[0, r] = bandit.regrets[row]
        regrets[1, r] += regrets[0, r]
        record.pulls[t, arms[r]] += 1
        if bandit.motion == CHAIN:
            states[r] = _drawn(bandit.moves, states[r], rng.random())
        else:
            states[r] += bandit.motion
    for row in range(2):
        mean, spread = 0.0, 0.0
        for r in range(arms.size):
            mean += regrets[row, r]
        mean /= arms.size
        for r in range(arms.size):
            spread += (regrets[row, r] - mean) ** 2
        record.mean[row, t], record.spread[row, t] = mean, spread


@compiled
def play_counts(
    bandit: Any, record: Any, replications: int, rng: Any, rule: int, x: float, y: float, window: int, discount: float
) -> None:
    """The meaning of x and y depends on the rule; window 0 and discount 1 remember everything."""
    horizon, k = record.pulls.shape
    players = _players(bandit, replications, rng)
    arms, rewards = players.arms, players.rewards
    pulls, sums = np.zeros(replications * k), np.zeros(replications * k)
    scores, entropies = np.zeros(replications * k), np.zeros(replications * k)
    last_arms, last_rewards = np.zeros((window, replications), dtype=np.int64), np.zeros((window, replications))
    total = 0.0  # of the pulls of all arms
    for t in range(horizon):
        if rule == BETA:
            samples(pulls, sums, x, y, scores, rng)
            largest(scores, arms, rng)
        elif t < k:
            arms[:] = t
        elif rule == CONFIDENCE:
            confidence_bounds(pulls, sums, x * math.log(total), scores)
            largest(scores, arms, rng)
        elif rule == KL_CONFIDENCE:
            kl_bounds(pulls, sums, entropies, math.log(t + 1.0), arms, scores)
            largest(scores, arms, rng)
        else:
            means(pulls, sums, scores)
            largest(scores, arms, rng)
            for r in range(replications):
                if rng.random() < min(x, y / (t + 1.0)):
                    arms[r] = int(rng.random() * k)
        _pull(bandit, players, record, t, rng)
        if discount < 1.0:
            for i in range(pulls.size):
                pulls[i] *= discount
                sums[i] *= discount
        place = t % window if window else 0
        for r in range(replications):
            if window:
                if t >= window:
                    old = r * k + last_arms[place, r]
                    pulls[old] -= 1.0
                    # an arm that left the window leaves no rounding behind
                    sums[old] = sums[old] - last_rewards[place, r] if pulls[old] > 0.0 else 0.0
                last_arms[place, r], last_rewards[place, r] = arms[r], rewards[r]
            i = r * k + arms[r]
            pulls[i] += 1.0
            sums[i] += rewards[r]
            if rule == KL_CONFIDENCE:
                entropies[i] = negative_entropy(sums[i] / pulls[i])
        total = total * discount + 1.0
        if window:
            total = min(total, window)


@compiled
def play_weights(bandit: Any, record: Any, replications: int, rng: Any, mixing: float, sharing: float) -> None:
    horizon, k = record.pulls.shape
    players = _players(bandit, replications, rng)
    arms, rewards = players.arms, players.rewards
    weights, logs = np.ones((replications, k)), np.zeros((replications, k))
    references, totals, chances = np.zeros(replications), np.zeros(replications), np.zeros(replications)
    for t in range(horizon):
        for r in range(replications):
            totals[r] = 0.0
            for a in range(k):
                totals[r] += weights[r, a]
            left, arm = rng.random(), -1
            while arm < k - 1 and left >= 0.0:
                arm += 1
                chances[r] = (1.0 - mixing) * weights[r, arm] / totals[r] + mixing / k
                left -= chances[r]
            arms[r] = arm
        _pull(bandit, players, record, t, rng)
        for r in range(replications):
            arm, gain = arms[r], mixing * rewards[r] / (chances[r] * k)
            if sharing > 0.0:
                weights[r, arm] *= math.exp(gain)
                for a in range(k):
                    weights[r, a] = weights[r, a] / totals[r] + math.e * sharing / k
            else:  # weights may fall below the smallest double and come back: their logarithms do not forget
                logs[r, arm] += gain
                if logs[r, arm] > references[r] + HEADROOM:
                    references[r] = logs[r, arm]
                    for a in range(k):
                        weights[r, a] = math.exp(logs[r, a] - references[r])
                else:
                    weights[r, arm] = math.exp(logs[r, arm] - references[r])


@compiled
def play_beliefs(bandit: Any, record: Any, replications: int, rng: Any, greedy: bool) -> None:
    horizon, k = record.pulls.shape
    n = bandit.initial.size
    players = _players(bandit, replications, rng)
    arms, outcomes = players.arms, players.outcomes
    beliefs, joint, values = np.zeros((replications, n)), np.zeros(n), np.zeros(k)
    for r in range(replications):
        for s in range(n):
            beliefs[r, s] = bandit.initial[s]
    for t in range(horizon):
        for r in range(replications):
            if greedy:
                arm, top = 0, -math.inf
                for a in range(k):
                    values[a] = 0.0
                    for s in range(n):
                        values[a] += beliefs[r, s] * bandit.means[s, a]
                    top = max(top, values[a])
                while values[arm] < top - TIE:
                    arm += 1
            else:
                guess, left = 0, rng.random() - beliefs[r, 0]
                while guess < n - 1 and left >= 0.0:
                    guess += 1
                    left -= beliefs[r, guess]
                arm = bandit.best[guess]
            arms[r] = arm
        _pull(bandit, players, record, t, rng)
        for r in range(replications):
            chance = 0.0
            for s in range(n):
                joint[s] = beliefs[r, s] * bandit.likelihood[s * k + arms[r], outcomes[r]]
                chance += joint[s]
                beliefs[r, s] = 0.0
            for s in range(n):
                posterior = joint[s] / chance  # above 0: the belief in the true state is, up to events rarer than 1e-300
                for s_next in range(n):
                    beliefs[r, s_next] += posterior * bandit.transition[s, s_next]
