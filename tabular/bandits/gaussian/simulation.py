"""Simulation of Gaussian bandits: each replication has its own random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular._parameters import count
from tabular.errors import ModelError, SolverInterrupted
from tabular.progress import Progress

if TYPE_CHECKING:
    from tabular.bandits.gaussian.bandit import GaussianProcessBandit
    from tabular.bandits.gaussian.policies import GaussianPolicy

__all__ = ["GaussianSimulation", "sampler", "simulate"]


@dataclass(frozen=True, eq=False)
class GaussianSimulation:
    """What happened.

    Attributes
    ----------
    policy : GaussianPolicy
    regrets : (n, T) array
        Regret of each step of each replication.
    frequencies : (T, k) array
        Share of the replications that pulled each arm at each step.
    """

    policy: GaussianPolicy
    regrets: Float
    frequencies: Float

    @property
    def regret(self) -> Float:
        """(T,) mean regret of each step."""
        return np.asarray(self.regrets.mean(axis=0))

    @property
    def standard_error(self) -> Float:
        """(T,) of :attr:`regret`; NaN for one replication."""
        return _standard_error(self.regrets)

    def confidence_band(self, level: float = 0.95) -> tuple[Float, Float]:
        """(T,) lower and upper ends for the expected regret, each step at this level by the normal approximation."""
        if not 0.0 < level < 1.0:
            raise ModelError(f"level is {level!r} (expected a number in (0, 1))")
        width = NormalDist().inv_cdf(0.5 + level / 2.0) * self.standard_error
        return self.regret - width, self.regret + width

    def average(self, first: int = 0) -> tuple[float, float]:
        """Mean regret per step from step ``first`` (0-based) on, and its standard error over replications."""
        averages = self.regrets[:, count(first, "first", 0, self.regrets.shape[1] - 1) :].mean(axis=1)
        return float(averages.mean()), float(_standard_error(averages))

    def __repr__(self) -> str:
        (value, error), (n, T) = self.average(), self.regrets.shape
        return f"GaussianSimulation({self.policy!r}, {T} steps, {n} replications: regret per step {value:.4g} ± {error:.2g})"


def _standard_error(samples: Float) -> Float:
    n = len(samples)
    return np.asarray(samples.std(axis=0, ddof=1) / math.sqrt(n)) if n > 1 else np.full(samples.shape[1:], np.nan)


def sampler(bandit: GaussianProcessBandit, horizon: int) -> Callable[[np.random.Generator], tuple[Float, Float]]:
    """Draws of (T, k) means and (T,) noise of rewards."""
    T = count(horizon, "horizon")
    own = bandit.idiosyncratic.sampler(T)
    common = None if bandit.common is None else bandit.common.sampler(T)
    deviation = math.sqrt(bandit.noise_variance)

    def draw(rng: np.random.Generator) -> tuple[Float, Float]:
        noise = deviation * rng.standard_normal(T)
        means = own(rng.standard_normal((T, bandit.n_actions)))
        return (means if common is None else means + common(rng.standard_normal((T, 1)))), noise

    return draw


def simulate(
    bandit: GaussianProcessBandit, policy: GaussianPolicy, horizon: int, replications: int, *, seed: int, progress: bool = False
) -> GaussianSimulation:
    """:meth:`GaussianProcessBandit.simulate`."""
    T, n, entropy = count(horizon, "horizon"), count(replications, "replications"), count(seed, "seed", 0)
    if not hasattr(policy, "player"):
        raise ModelError(f"policy is {policy!r} (expected a policy of Gaussian bandits, such as GaussianThompson())")
    draw, play = sampler(bandit, T), policy.player(bandit, T)
    regrets, pulls, steps, done = np.empty((n, T)), np.zeros((T, bandit.n_actions)), np.arange(T), 0
    with Progress(progress, "Gaussian bandit: replications") as bar:
        try:
            for i in range(n):
                arms, chance = (np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(i, use))) for use in (0, 1))
                means, noise = draw(arms)
                actions = play(means, noise, chance.standard_normal(means.shape))
                _check_actions(actions, means.shape, f"replication {i} of {policy!r}")
                regrets[i] = means.max(axis=1) - means[steps, actions]
                pulls[steps, actions] += 1.0
                done = i + 1
                bar.count(done, n)
        except KeyboardInterrupt:
            found = GaussianSimulation(policy, regrets[:done], pulls / done) if done else None
            raise SolverInterrupted(f"interrupted; {done} of {n} replications are in error.solution", found) from None
    return GaussianSimulation(policy, regrets, pulls / n)


def _check_actions(actions: NDArray[np.int64], shape: tuple[int, ...], where: str) -> None:
    T, k = shape
    found = np.asarray(actions)
    if found.shape != (T,) or found.dtype.kind not in "iu" or found.min() < 0 or found.max() >= k:
        raise ModelError(f"the actions in {where} are not ({T},) integers in 0..{k - 1}")
