r"""Regret by simulation, where the tree of beliefs or counts is too large.

The regret of step t is :math:`\mu_t(A^*_t) - \mu_t(A_t)` in means, not in noisy rewards, and *dynamic*: the best arm is that of
the step. Its mean over replications has a standard error, and so has that of the running sum. The result depends on the bandit,
the policy, the horizon and the seed, and not on the number of workers: replications come in blocks of a fixed size, each with
random numbers of its own, ``numpy.random.SFC64(numpy.random.SeedSequence(seed, spawn_key=(block,)))``, and blocks are added up in
order.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tabular import _arrays
from tabular._arrays import Float, frozen
from tabular._parameters import count
from tabular.bandits.latent import LatentBandit
from tabular.bandits.simulation import _kernels
from tabular.bandits.simulation._kernels import Environment, Record
from tabular.bandits.simulation._policy import SimulatedPolicy
from tabular.errors import ModelError, SolverInterrupted
from tabular.progress import Progress

__all__ = ["RewardTable", "Simulation", "simulate"]

BLOCK_STEPS = 65_536
"""Steps of a block of replications: long enough to outweigh what a block costs besides."""

SMALLEST_BLOCK = 16
"""Replications of a block at least, however long they are."""


class RewardTable:
    """Rewards fixed in advance and paid as they are, without noise: an oblivious adversary.

    Parameters
    ----------
    rewards : (T, k) array
        What each arm pays at each step.

    Raises
    ------
    ModelError
        If the shape does not fit or an entry is not finite.

    Examples
    --------
    >>> RewardTable([[1, 0], [0, .5]])
    RewardTable(2 steps, 2 arms)
    """

    __slots__ = ("rewards",)

    rewards: Float

    def __init__(self, rewards: ArrayLike) -> None:
        self.rewards = frozen(_table(rewards, "rewards"))
        if not np.isfinite(self.rewards).all():
            t, a = np.argwhere(~np.isfinite(self.rewards))[0]
            raise ModelError(f"the reward of arm {a} at step {t} is {float(self.rewards[t, a])!r} (expected a finite number)")

    def __repr__(self) -> str:
        return f"RewardTable({self.rewards.shape[0]} steps, {self.rewards.shape[1]} arms)"


@dataclass(frozen=True, eq=False)
class Simulation:
    """Mean regret over replications, and how far it may be off.

    Against the best fixed arm of a (T, k) table the regret is ``cumulative_regret[-1] - table.max(axis=1).sum() +
    table.sum(axis=0).max()``, with the same standard error.

    Attributes
    ----------
    policy : SimulatedPolicy
    replications : int
    regret, standard_error : (T,) arrays
        Mean regret of each step, and the standard error of that mean (NaN for one replication).
    cumulative_regret, cumulative_standard_error : (T,) arrays
        Of the regret up to each step, that step included.
    frequencies : (T, k) array
        Share of the replications that pulled each arm at each step.
    """

    policy: SimulatedPolicy
    replications: int
    regret: Float
    standard_error: Float
    cumulative_regret: Float
    cumulative_standard_error: Float
    frequencies: Float

    def confidence_band(self, level: float = 0.95) -> tuple[Float, Float]:
        """(T,) lower and upper ends for the expected cumulative regret, each step at this level by the normal approximation.

        Raises
        ------
        ModelError
            If the level is not inside (0, 1).
        """
        if not 0.0 < level < 1.0:
            raise ModelError(f"level is {level!r} (expected a number in (0, 1))")
        width = NormalDist().inv_cdf(0.5 + level / 2.0) * self.cumulative_standard_error
        return self.cumulative_regret - width, self.cumulative_regret + width

    def __repr__(self) -> str:
        total, error = self.cumulative_regret[-1], self.cumulative_standard_error[-1]
        return (
            f"Simulation({self.policy!r}, {self.regret.size} steps, {self.replications} replications: "
            f"cumulative regret {total:.4g} ± {error:.2g})"
        )


def simulate(
    bandit: LatentBandit | RewardTable | ArrayLike,
    policy: SimulatedPolicy,
    horizon: int,
    replications: int,
    *,
    seed: int,
    workers: int = 1,
    progress: bool = False,
) -> Simulation:
    """Play a policy many times, compiled.

    Parameters
    ----------
    bandit : LatentBandit, (k,) or (T, k) array of means in [0, 1], or RewardTable
        Means are those of Bernoulli rewards, the same at every step or given for each one.
    policy : SimulatedPolicy
        One of :mod:`tabular.bandits.simulation.policies` and :mod:`tabular.bandits.simulation.posterior_sampling`.
    horizon, replications : int >= 1
        A table needs as many rows as the horizon has steps, and may have more.
    seed : int >= 0
        The same seed gives the same result to the last digit, whatever the number of workers.
    workers : int >= 1
        Threads.
    progress : bool
        Show how many replications are done (needs ``rich``).

    Raises
    ------
    ModelError
        If a parameter is out of its range, or the policy is not made for such rewards.
    SolverInterrupted
        On Ctrl-C; ``solution`` is the :class:`Simulation` of the replications that were done, or None.

    Examples
    --------
    >>> from tabular.bandits import Thompson
    >>> found = simulate([.6, .4], Thompson(), horizon=50, replications=10_000, seed=0)
    >>> bool(abs(found.cumulative_regret[-1] - 2.7486412697) < 3 * found.cumulative_standard_error[-1])
    True
    """
    if not isinstance(policy, SimulatedPolicy):
        raise ModelError(f"policy is {policy!r} (expected a policy of tabular.bandits, such as UCB1())")
    steps, runs = count(horizon, "horizon"), count(replications, "replications")
    entropy, threads = count(seed, "seed", least=0), count(workers, "workers")
    environment = _environment(bandit, steps)
    policy.check(environment)
    arms, size = environment.means.shape[1], max(SMALLEST_BLOCK, math.ceil(BLOCK_STEPS / steps))

    def play(block: int) -> tuple[int, Record]:
        record = _empty(steps, arms)
        played = min(size, runs - block * size)
        stream = np.random.SFC64(np.random.SeedSequence(entropy, spawn_key=(block,)))
        policy.play(environment, record, played, np.random.Generator(stream))
        return played, record

    done, total = 0, _empty(steps, arms)
    with Progress(progress, "simulation: replications") as bar:
        try:
            for played, record in _in_order(play, math.ceil(runs / size), threads):
                done, total = done + played, _merged(total, done, record, played)  # an interrupt finds both or neither
                bar.count(done, runs)
        except KeyboardInterrupt:
            raise SolverInterrupted(
                f"interrupted; {done} of {runs} replications are in error.solution",
                _simulation(policy, total, done) if done else None,
            ) from None
    return _simulation(policy, total, done)


def _in_order(play: Callable[[int], tuple[int, Record]], blocks: int, threads: int) -> Iterator[tuple[int, Record]]:
    """Results of the blocks in their order, with at most one more than the threads in memory."""
    if threads == 1:
        yield from map(play, range(blocks))
        return
    waiting: deque[Future[tuple[int, Record]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for block in range(blocks):
            waiting.append(pool.submit(play, block))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _empty(steps: int, arms: int) -> Record:
    return Record(np.zeros((2, steps)), np.zeros((2, steps)), np.zeros((steps, arms), dtype=np.int64))


def _merged(total: Record, done: int, block: Record, played: int) -> Record:
    """Moments of two groups make those of both (Chan, Golub and LeVeque 1979)."""
    change, share = block.mean - total.mean, played / (done + played)
    return Record(
        total.mean + change * share,
        total.spread + block.spread + change**2 * (done * share),
        total.pulls + block.pulls,
    )


def _simulation(policy: SimulatedPolicy, total: Record, done: int) -> Simulation:
    with np.errstate(invalid="ignore"):
        errors = np.sqrt(total.spread / (np.float64(done - 1) * done))
    return Simulation(
        policy,
        done,
        frozen(total.mean[0]),
        frozen(errors[0]),
        frozen(total.mean[1]),
        frozen(errors[1]),
        frozen(total.pulls / done),
    )


# --- what a bandit is to the compiled loops -------------------------------------------------------------------------------------


def _environment(bandit: Any, horizon: int) -> Environment:
    if isinstance(bandit, LatentBandit):
        return _arranged(
            _kernels.CHAIN,
            bandit.means,
            bandit.likelihood,
            bandit.outcome_rewards,
            (bandit.initial, bandit.transition, bandit.best_actions),
        )
    if isinstance(bandit, RewardTable):
        rewards = _rows(bandit.rewards, "the table has", horizon)
        return _arranged(_kernels.SEQUENCE, rewards, np.ones((*rewards.shape, 1)), rewards[..., None])
    means = _arrays.as_float(bandit, "means")
    if means.ndim == 1:
        motion, means = _kernels.FIXED, _table(means[None], "means")
    else:
        motion, means = _kernels.SEQUENCE, _rows(_table(means, "means"), "means have", horizon)
    bad = np.argwhere(~((means >= 0.0) & (means <= 1.0)))
    if bad.size:
        t, a = bad[0]
        where = f" at step {t}" if motion == _kernels.SEQUENCE else ""
        raise ModelError(f"the mean of arm {a}{where} is {float(means[t, a])!r} (expected a probability: rewards are 0 or 1)")
    return _arranged(motion, means, np.stack([1.0 - means, means], axis=2), np.array([0.0, 1.0]))


def _table(values: Any, name: str) -> Float:
    table = _arrays.as_float(values, name)
    if table.ndim != 2 or table.size == 0:
        raise ModelError(f"{name} have shape {table.shape} (expected (T, k): steps, arms)")
    return table


def _rows(table: Float, what: str, horizon: int) -> Float:
    if len(table) < horizon:
        raise ModelError(f"{what} {len(table)} rows (expected one for each of the {horizon} steps)")
    return table[:horizon]


def _arranged(
    motion: int, means: Float, likelihood: Float, rewards: Float, chain: tuple[Float, Float, NDArray[np.intp]] | None = None
) -> Environment:
    """Everything writable and contiguous, so that the loops are compiled once."""
    initial, transition, best = chain or (np.zeros(0), np.zeros((0, 0)), np.zeros(0, dtype=np.intp))
    outcomes = likelihood.shape[2]
    return Environment(
        motion,
        _thresholds(initial[None]),
        _thresholds(transition),
        _thresholds(likelihood).reshape(-1, outcomes),
        np.array(np.broadcast_to(rewards, likelihood.shape)).reshape(-1, outcomes),
        (means.max(axis=1, keepdims=True) - means).reshape(-1),
        initial.copy(),
        transition.copy(),
        means.copy(),
        likelihood.reshape(-1, outcomes).copy(),
        best.astype(np.int64),
    )


def _thresholds(laws: Float) -> Float:
    """Running sums along the last axis, and 1 from the last possible entry on: a variable in [0, 1) draws nothing else."""
    sums = np.cumsum(laws, axis=-1)
    possible = laws > 0.0
    after: NDArray[np.int64] = np.flip(np.cumsum(np.flip(possible, -1), axis=-1), -1) - possible
    return np.where(after > 0, sums, 1.0)
