"""What every simulated policy is, and how its parameters and the rewards it needs are checked."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, NamedTuple

from tabular._parameters import number, probability
from tabular.bandits.simulation import _kernels
from tabular.bandits.simulation._kernels import Environment, Record
from tabular.errors import ModelError

__all__ = ["CountsPolicy", "Loop", "SimulatedPolicy", "check_rewards", "inside", "positive"]


class SimulatedPolicy(ABC):
    """What :func:`tabular.bandits.simulate` plays; by default for rewards in [0, 1]."""

    def check(self, bandit: Environment) -> None:
        """Refuse a bandit that the policy is not made for."""
        check_rewards(self, bandit, 1.0)

    @abstractmethod
    def play(self, bandit: Environment, record: Record, replications: int, rng: Any) -> None:
        """Play so many times from the start, and add what happened to the record."""


class Loop(NamedTuple):
    """The parameters of :func:`tabular.bandits.simulation._kernels.play_counts`."""

    rule: int
    x: float = 0.0
    y: float = 0.0
    window: int = 0
    discount: float = 1.0


class CountsPolicy(SimulatedPolicy):
    """Looks at the pulls and rewards of each arm."""

    @abstractmethod
    def loop(self) -> Loop:
        """What the compiled loop has to know."""

    def play(self, bandit: Environment, record: Record, replications: int, rng: Any) -> None:
        rule, x, y, window, discount = self.loop()
        steps = min(window, len(record.pulls))
        _kernels.play_counts(bandit, record, replications, rng, rule, float(x), float(y), steps, float(discount))


def check_rewards(policy: SimulatedPolicy, bandit: Environment, bound: float, *, binary: bool = False) -> None:
    """Rewards in [0, bound], or 0 and 1 only."""
    rewards = bandit.rewards
    good = (rewards == 0.0) | (rewards == 1.0) if binary else (rewards >= 0.0) & (rewards <= bound)
    if not good.all():
        expected = "rewards 0 or 1" if binary else f"rewards in [0, {bound:g}]"
        raise ModelError(f"{policy!r} needs {expected}; this bandit pays {float(rewards[~good][0])!r}")


def inside(value: Any, name: str) -> float:
    """A number in (0, 1)."""
    if not 0.0 < (real := probability(value, name)) < 1.0:
        raise ModelError(f"{name} is {value!r} (expected a number in (0, 1))")
    return real


def positive(value: Any, name: str, most: float = math.inf) -> float:
    """A number in (0, most]."""
    if not 0.0 < (real := number(value, name)) <= most:
        expected = "a positive number" if most == math.inf else f"a number in (0, {most:g}]"
        raise ModelError(f"{name} is {value!r} (expected {expected})")
    return real
