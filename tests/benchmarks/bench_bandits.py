"""Bandits: simulated steps per second against numpy with replications side by side and plain Python; how far belief trees reach.

``--quick`` for smaller runs, ``--seconds 60`` for the horizons that trees reach within a minute.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
from timing import median_seconds

import tabular
from tabular.bandits import (
    KLUCB,
    UCB1,
    BeliefGreedy,
    BeliefThompson,
    DiscountedThompson,
    DiscountedUCB,
    EpsilonGreedy,
    Exp3,
    Exp3S,
    LatentBandit,
    SlidingWindowThompson,
    SlidingWindowUCB,
    Thompson,
    examples,
    simulate,
)
from tabular.bandits import hidden as belief_trees
from tabular.bandits.beliefs import Nodes

NB1, NB3 = examples.swapping_arms(), examples.four_states()


def hidden(arms: int) -> LatentBandit:
    """As many states as arms, each the best in one."""
    return LatentBandit(np.full((arms, arms), 0.1 / arms) + 0.9 * np.eye(arms), 0.4 + 0.3 * np.eye(arms))


def means(arms: int) -> list[float]:
    return np.linspace(0.4, 0.6, arms).tolist()


# --- the same policies, plainly: (arms, steps) in Python, (arms, steps, replications) in numpy ---------------------------------


def plain_ucb1(k: int, steps: int) -> None:
    mu, pulls, sums = means(k), [0] * k, [0.0] * k
    for t in range(steps):
        a = t if t < k else max(range(k), key=lambda i: sums[i] / pulls[i] + math.sqrt(2 * math.log(t) / pulls[i]))
        pulls[a] += 1
        sums[a] += random.random() < mu[a]


def side_ucb1(k: int, steps: int, runs: int) -> None:
    mu, rng, rows = np.array(means(k)), np.random.default_rng(0), np.arange(runs)
    pulls, sums = np.zeros((runs, k)), np.zeros((runs, k))
    for t in range(steps):
        a = np.full(runs, t) if t < k else (sums / pulls + np.sqrt(2 * np.log(t) / pulls)).argmax(axis=1)
        pulls[rows, a] += 1
        sums[rows, a] += rng.random(runs) < mu[a]


def plain_thompson(k: int, steps: int) -> None:
    mu, wins, losses = means(k), [1] * k, [1] * k
    for _ in range(steps):
        a = max(range(k), key=lambda i: random.betavariate(wins[i], losses[i]))
        if random.random() < mu[a]:
            wins[a] += 1
        else:
            losses[a] += 1


def side_thompson(k: int, steps: int, runs: int) -> None:
    mu, rng, rows = np.array(means(k)), np.random.default_rng(0), np.arange(runs)
    shapes = np.ones((2, runs, k))
    for _ in range(steps):
        a = rng.beta(shapes[1], shapes[0]).argmax(axis=1)
        shapes[(rng.random(runs) < mu[a]).astype(int), rows, a] += 1


def plain_exp3(k: int, steps: int, mixing: float = 0.1) -> None:
    mu, weights = means(k), [1.0] * k
    for _ in range(steps):
        total = sum(weights)
        law = [(1 - mixing) * w / total + mixing / k for w in weights]
        a = random.choices(range(k), law)[0]
        weights[a] *= math.exp(mixing * (random.random() < mu[a]) / law[a] / k)


def side_exp3(k: int, steps: int, runs: int, mixing: float = 0.1) -> None:
    mu, rng, rows, weights = np.array(means(k)), np.random.default_rng(0), np.arange(runs), np.ones((runs, k))
    for _ in range(steps):
        law = (1 - mixing) * weights / weights.sum(axis=1, keepdims=True) + mixing / k
        a = np.minimum((law.cumsum(axis=1) <= rng.random((runs, 1))).sum(axis=1), k - 1)
        weights[rows, a] *= np.exp(mixing * (rng.random(runs) < mu[a]) / law[rows, a] / k)


def plain_beliefs(k: int, steps: int) -> None:
    bandit = hidden(k)
    P, mu, belief, state = bandit.transition.tolist(), bandit.means.tolist(), [1 / k] * k, 0
    for _ in range(steps):
        a = random.choices(range(k), belief)[0]
        paid = random.random() < mu[state][a]
        joint = [b * (mu[s][a] if paid else 1 - mu[s][a]) for s, b in enumerate(belief)]
        total = sum(joint)
        belief = [sum(joint[s] * P[s][to] for s in range(k)) / total for to in range(k)]
        state = random.choices(range(k), P[state])[0]


def side_beliefs(k: int, steps: int, runs: int) -> None:
    bandit, rng = hidden(k), np.random.default_rng(0)
    beliefs, state, running = np.tile(bandit.initial, (runs, 1)), np.zeros(runs, dtype=int), bandit.transition.cumsum(axis=1)
    for _ in range(steps):
        a = np.minimum((beliefs.cumsum(axis=1) <= rng.random((runs, 1))).sum(axis=1), k - 1)
        paid = (rng.random(runs) < bandit.means[state, a]).astype(int)
        joint = beliefs * bandit.likelihood[:, a, paid].T
        beliefs = joint / joint.sum(axis=1, keepdims=True) @ bandit.transition
        state = np.minimum((running[state] <= rng.random((runs, 1))).sum(axis=1), k - 1)


PEERS: dict[str, tuple[Callable[..., None], Callable[..., None]]] = {
    "UCB1": (plain_ucb1, side_ucb1),
    "Thompson": (plain_thompson, side_thompson),
    "Exp3": (plain_exp3, side_exp3),
    "BeliefThompson": (plain_beliefs, side_beliefs),
}

POLICIES: list[Any] = [
    UCB1(),
    KLUCB(),
    DiscountedUCB(0.99),
    SlidingWindowUCB(100),
    EpsilonGreedy(0.1),
    Exp3(0.1),
    Exp3S(0.1, 0.001),
    Thompson(),
    SlidingWindowThompson(100),
    DiscountedThompson(0.99),
    BeliefThompson(),
    BeliefGreedy(),
]


def speeds(policy: Any, k: int, runs: int) -> str:
    """Steps per second, and how many times those of the plain versions, timed next to it."""
    bandit: Any = hidden(k) if isinstance(policy, BeliefThompson | BeliefGreedy) else means(k)
    simulate(bandit, policy, 10, 10, seed=0)
    seconds, _ = median_seconds(lambda: simulate(bandit, policy, 1000, runs, seed=0))
    rate = 1000 * runs / seconds
    line = f"{type(policy).__name__:22} {k:2} arms {rate / 1e6:6.2f} million steps per second"
    if type(policy).__name__ in PEERS:
        plain, side = PEERS[type(policy).__name__]
        slow, _ = median_seconds(lambda: plain(k, 5_000))
        wide, _ = median_seconds(lambda: side(k, 200, 1000))
        line += f" = {rate / (200_000 / wide):5.1f} x numpy with 1000 side by side = {rate / (5_000 / slow):6.0f} x plain Python"
    return line


def tree(bandit: LatentBandit, seconds: float) -> str:
    """How far Thompson sampling can be followed down the tree in so much time."""
    nodes, total, horizon, began = Nodes(bandit.initial[None], np.ones(1)), 1, 1, time.perf_counter()
    reason = f"{seconds:g} s"
    while time.perf_counter() - began < seconds:
        try:
            nodes = bandit.step(nodes, bandit.thompson(nodes.beliefs, 0))
        except tabular.ModelError:
            reason = "the limit of nodes"
            break
        total, horizon = total + nodes.weights.size, horizon + 1
    spent = time.perf_counter() - began
    return f"T = {horizon} after {spent:.1f} s, ended by {reason}; {total / spent / 1e3:.0f} thousand nodes per second"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    for arms in (2, 10):
        for policy in POLICIES:
            print(speeds(policy, arms, 200 if options.quick else 1000))
    for name, bandit in (("NB1", NB1), ("NB3", NB3)):
        budget = 1.0 if options.quick else options.seconds
        print(f"{name}, beliefs merged:     {tree(bandit, budget)}")
        with mock.patch.object(belief_trees, "merged", lambda nodes: nodes):
            print(f"{name}, beliefs not merged: {tree(bandit, budget)}")
