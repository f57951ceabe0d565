"""Linear bandits as plain Python loops with matrix inverses: benchmarks and tests compare with them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np


class Environment:
    """Rounds of a bandit, its noise drawn in the order of the compiled rounds."""

    def __init__(self, bandit: Any, actions: Any, seed: int, rademacher: bool = False) -> None:
        self.rng, self.bandit, self.rademacher = np.random.default_rng([seed, 0]), bandit, rademacher
        self.sets = np.asarray(actions.sets if hasattr(actions, "sets") else [actions], dtype=float)
        self.law = np.cumsum(actions.law) if hasattr(actions, "sets") else np.ones(1)
        self.x = np.array(getattr(bandit, "initial_state", np.zeros(0)))
        self.t = 0

    def actions(self) -> Any:
        """The actions of this round; to be asked once a round."""
        if len(self.sets) == 1:
            return self.sets[0]
        return self.sets[np.searchsorted(self.law, self.rng.random() * self.law[-1], side="right")]

    def _shock(self) -> float:
        if self.rademacher:
            return 1.0 if self.rng.random() < 0.5 else -1.0
        return self.rng.standard_normal()

    def pay(self, u: Any) -> float:
        """Reward of an action; the state moves on."""
        bandit, x = self.bandit, self.x
        theta = bandit.theta if hasattr(bandit, "theta") else bandit.parameter(self.t)
        self.t += 1
        reward = (bandit.omega @ x if len(x) else 0.0) + theta @ u + bandit.reward_noise * self._shock()
        if len(x):
            self.x = bandit.A @ x + bandit.B @ u
            if bandit.state_noise > 0:
                self.x = self.x + bandit.state_noise * np.array([self._shock() for _ in x])
        return float(reward)


def first_largest(scores: Any) -> int:
    """Scores within 1e-12 of the largest are equal."""
    best = 0
    for k in range(1, len(scores)):
        if scores[k] > scores[best] + 1e-12 * abs(scores[best]):
            best = k
    return best


def ridge(
    environment: Environment,
    horizon: int,
    d: int,
    width: Callable[[int, Any], float],
    *,
    regularization: float,
    hold: Callable[[int], int] = lambda m: 0,
    window: int | None = None,
    spread: Callable[[int, Any], float] | None = None,
    seed: int = 0,
) -> tuple[list[int], Any]:
    """LinUCB and its relatives: (arms, last estimate); the Gram is inverted before every decision."""
    own = np.random.default_rng([seed, 1])
    arms: list[int] = []
    pairs: list[tuple[Any, float]] = []
    m, V, b = 0, regularization * np.eye(d), np.zeros(d)
    while True:
        inverse = np.linalg.inv(V)
        estimate = inverse @ b
        if len(arms) == horizon:
            return arms, estimate
        actions = environment.actions()
        if spread is None:
            scores = [a @ estimate + width(m, V) * math.sqrt(a @ inverse @ a) for a in actions]
        else:
            z = np.array([own.standard_normal() for _ in range(d)])
            scores = actions @ (estimate + spread(m, V) * np.linalg.solve(np.linalg.cholesky(V).T, z))
        arm = first_largest(scores)
        length, reward = 1 + hold(m + 1), 0.0
        for held in range(length):
            if len(arms) == horizon:
                return arms, estimate
            if held:
                environment.actions()
            reward = environment.pay(actions[arm])
            arms.append(arm)
        m += 1
        pairs.append((actions[arm], reward))
        V, b = V + np.outer(actions[arm], actions[arm]), b + actions[arm] * reward
        if window is not None and m > window:
            old, paid = pairs[m - 1 - window]
            V, b = V - np.outer(old, old), b - old * paid


def discounted(
    environment: Environment, horizon: int, d: int, width: Callable[[int], float], *, regularization: float, discount: float
) -> tuple[list[int], Any]:
    """D-LinUCB: (arms, last estimate)."""
    V, W, b = regularization * np.eye(d), regularization * np.eye(d), np.zeros(d)
    arms: list[int] = []
    for t in range(horizon):
        inverse = np.linalg.inv(V)
        estimate, norm = inverse @ b, inverse @ W @ inverse
        actions = environment.actions()
        arm = first_largest([a @ estimate + width(t) * math.sqrt(a @ norm @ a) for a in actions])
        reward = environment.pay(actions[arm])
        arms.append(arm)
        square = np.outer(actions[arm], actions[arm])
        V = discount * V + square + (1 - discount) * regularization * np.eye(d)
        W = discount**2 * W + square + (1 - discount**2) * regularization * np.eye(d)
        b = discount * b + actions[arm] * reward
    return arms, np.linalg.solve(V, b)


def exponential(
    environment: Environment, horizon: int, *, mixing: float, scale: float, batch: int = 1, seed: int = 0
) -> list[int]:
    """Exp3 in batches: arms."""
    own = np.random.default_rng([seed, 1])
    actions = environment.actions()
    K = len(actions)
    gains, arms = np.zeros(K), []
    while len(arms) < horizon:
        weights = np.exp(mixing / K * (gains - gains.max()))
        law = (1 - mixing) * weights / weights.sum() + mixing / K
        arm = min(int(np.searchsorted(np.cumsum(law), own.random(), side="right")), K - 1)
        paid = [environment.pay(actions[arm]) for _ in range(min(batch, horizon - len(arms)))]
        arms += [arm] * len(paid)
        gains[arm] += (np.mean(paid) + 2 * scale) / (4 * scale) / law[arm]
    return arms


def alternating(environment: Environment, horizon: int, *, alpha: float, width: Callable[[int], float], epoch: int) -> list[int]:
    """AR2: arms."""
    actions = environment.actions()
    arms: list[int] = []
    for t in range(horizon):
        K, since = len(actions), t % epoch
        if since == 0:
            estimates, triggered, seen = [0.0] * K, [], {}
        if since < K:
            arm = since
        else:
            superior = arms[-1] if estimates[arms[-1]] >= estimates[arms[-2]] else arms[-2]
            for k in range(K):
                if k not in (superior, *triggered) and estimates[superior] - estimates[k] <= width(t - seen[k]):
                    triggered.append(k)
            waiting = [k for k in triggered if k != superior]
            arm = waiting[0] if since % 2 and waiting else superior
        reward = environment.pay(actions[arm])
        estimates = [alpha * (reward if k == arm else estimates[k]) for k in range(K)]
        seen[arm] = t
        if arm in triggered:
            triggered.remove(arm)
        arms.append(arm)
    return arms


def committed(environment: Environment, horizon: int, *, wait: int, pulls: int) -> list[int]:
    """Explore, then commit: arms."""
    actions = environment.actions()
    means, arms = [], []
    for k, u in enumerate(actions):
        paid = [environment.pay(u) for _ in range(min(wait + pulls, horizon - len(arms)))]
        arms += [k] * len(paid)
        means.append(np.mean(paid[wait:]) if len(paid) > wait else -math.inf)
    return arms + [int(np.argmax(means))] * (horizon - len(arms))
