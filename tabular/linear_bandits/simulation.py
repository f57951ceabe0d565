r"""Simulation of linear bandits over many trials, compiled: regret at checkpoints, and everything of one trial.

*Offline regret* of T rounds is :math:`\sum_t \max_u \langle h, u \rangle - \langle h, u_t \rangle`, with the cumulative parameter
h of a dynamical bandit, and each round's own parameter and actions where these change. Trial s draws the noise of the bandit and
the learner's own randomness from generators seeded (s, 0) and (s, 1): a trial depends on its seed alone, and all learners meet
the same noise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tabular._arrays import Float
from tabular._parameters import count
from tabular.errors import ModelError
from tabular.linear_bandits._tasks import Bandit, Record, Task, Trial, task_of
from tabular.linear_bandits.confidence import warn_of_radius
from tabular.linear_bandits.learners import Learner
from tabular.linear_bandits.model import DynamicalLinearBandit
from tabular.linear_bandits.waiting import DynLinUCB
from tabular.progress import Progress

__all__ = ["Simulation", "Trace", "compare", "log_checkpoints", "simulate", "trace"]


@dataclass(frozen=True, eq=False)
class Simulation:
    """Trials of one learner.

    Attributes
    ----------
    checkpoints : (C,) integers
        Rounds after which the columns below were recorded; the last one is the horizon.
    regret : (trials, C) array
        Offline regret so far.
    rewards : (trials, C) array
        Sum of rewards so far.
    ratios : (trials, C) array
        Largest error of an estimate in units of its confidence width, of those that rounds so far were played with: above 1 the
        ellipsoid has missed the parameter. Nan for learners without one.
    pulls : (trials, K) integers
        How often each action was played, by index.
    """

    learner: Learner
    checkpoints: NDArray[np.int64]
    regret: Float
    rewards: Float
    ratios: Float
    pulls: NDArray[np.int64]

    @property
    def mean(self) -> Float:
        """(C,) mean regret over trials."""
        return np.asarray(self.regret.mean(axis=0))

    @property
    def standard_error(self) -> Float:
        """(C,) its standard error, nan for one trial."""
        n = len(self.regret)
        return np.asarray(self.regret.std(axis=0, ddof=1) / n**0.5) if n > 1 else np.full(self.checkpoints.size, np.nan)

    def __repr__(self) -> str:
        error = f" +- {self.standard_error[-1]:.2g}" if len(self.regret) > 1 else ""
        return (
            f"Simulation({type(self.learner).__name__}, {len(self.regret)} trials of {self.checkpoints[-1]} rounds, "
            f"regret {self.mean[-1]:.6g}{error})"
        )


@dataclass(frozen=True, eq=False)
class Trace:
    """Everything of one trial.

    Attributes
    ----------
    arms : (T,) integers, rewards : (T,) array
    estimates : (updates + 1, d) array
        Before the first update and after each; empty for learners without.
    errors : (updates + 1,) array
        Distance of the estimate from the true parameter in the norm of the ellipsoid.
    widths : (updates + 1,) array
        The confidence widths that the learner used.
    """

    arms: NDArray[np.int64]
    rewards: Float
    estimates: Float
    errors: Float
    widths: Float

    def __repr__(self) -> str:
        return f"Trace({len(self.arms)} rounds, {max(len(self.estimates) - 1, 0)} updates)"


def log_checkpoints(horizon: int, number: int = 200) -> NDArray[np.int64]:
    """At most so many rounds, evenly spaced in logarithm, from 1 to the horizon.

    >>> log_checkpoints(1000, 4)
    array([   1,   10,  100, 1000])
    """
    last = count(horizon, "horizon")
    return np.unique(np.rint(np.geomspace(1.0, last, count(number, "number", 2))).astype(np.int64))


def simulate(
    bandit: Bandit,
    actions: Any,
    learner: Learner,
    horizon: int,
    *,
    seeds: Sequence[int],
    checkpoints: ArrayLike | None = None,
    rademacher: bool = False,
    workers: int = 1,
    progress: bool = False,
) -> Simulation:
    """Trials of a learner.

    Parameters
    ----------
    bandit : DynamicalLinearBandit, LinearBandit or DriftingLinearBandit
    actions : (K, d) array or Contexts
    learner : Learner
    horizon : int >= 1
        T.
    seeds : integers >= 0
        One trial each; the same seed gives the same trial, whatever else is run, and whatever the number of workers.
    checkpoints : (C,) increasing integers in 1..T, optional
        By default :func:`log_checkpoints`; T is added.
    rademacher : bool
        Noise of two values, plus or minus its standard deviation, instead of Gaussian noise.
    workers : int
        Threads that run trials side by side.
    progress : bool
        Show how many trials are done (needs ``rich``).

    Raises
    ------
    ModelError
        If an argument is out of its range, or if bandit, actions and learner do not fit each other.

    Warns
    -----
    UserWarning
        If the learner assumes a spectral radius below that of the bandit.

    Examples
    --------
    >>> from tabular.linear_bandits import LinearBandit, LinUCB
    >>> bandit, arms = LinearBandit([.5, .4], reward_noise=.1), [[1, 0], [0, 1]]
    >>> simulate(bandit, arms, LinUCB.for_bandit(bandit, arms, 1000), 1000, seeds=range(5))
    Simulation(LinUCB, 5 trials of 1000 rounds, regret 12.48 +- 0.62)
    """
    _warn(bandit, [learner])
    return _simulations(bandit, actions, [learner], horizon, seeds, checkpoints, rademacher, workers, progress)[0]


def compare(
    bandit: Bandit, actions: Any, learners: Mapping[str, Learner], horizon: int, *, seeds: Sequence[int], **options: Any
) -> dict[str, Simulation]:
    """:func:`simulate` with its options for several learners by name, all trials in one pool of workers."""
    _warn(bandit, list(learners.values()))
    found = _simulations(bandit, actions, list(learners.values()), horizon, seeds, **options)
    return dict(zip(learners, found, strict=True))


def trace(
    bandit: Bandit,
    actions: Any,
    learner: Learner,
    horizon: int,
    *,
    seed: int,
    given: ArrayLike | None = None,
    rademacher: bool = False,
) -> Trace:
    """One trial of :func:`simulate`, with every round and every estimate.

    Parameters
    ----------
    given : integers, optional
        Arms to play instead of the learner's decisions, one for each of them (for DynLinUCB: one for each epoch it starts).
    """
    _warn(bandit, [learner])
    task, rounds = task_of(bandit, actions, rademacher=rademacher), count(horizon, "horizon")
    if given is not None and not learner.follows:
        raise ModelError(f"{type(learner).__name__} plays its own arms only")
    record = Record.blank(np.array([rounds]), task, everything=True)
    _run(learner.plan(task, rounds, given), record, seed)
    updates = record.updates[~np.isnan(record.updates[:, -1])]
    return Trace(record.rounds[:, 0].astype(np.int64), record.rounds[:, 1], updates[:, :-2], updates[:, -2], updates[:, -1])


def _warn(bandit: Any, learners: Sequence[Learner]) -> None:
    for learner in learners:
        if isinstance(learner, DynLinUCB) and isinstance(bandit, DynamicalLinearBandit):
            warn_of_radius(learner.bounds.spectral_radius, bandit, stacklevel=4)


def _run(trial: Trial, record: Record, seed: int) -> Record:
    trial(np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1]), record)
    return record


def _simulations(
    bandit: Any,
    actions: Any,
    learners: Sequence[Learner],
    horizon: int,
    seeds: Sequence[int],
    checkpoints: Any = None,
    rademacher: bool = False,
    workers: int = 1,
    progress: bool = False,
) -> list[Simulation]:
    for learner in learners:
        if not isinstance(learner, Learner):
            raise ModelError(f"{learner!r} is no learner (expected one of tabular.linear_bandits, such as DynLinUCB)")
    if isinstance(seeds, int):
        raise ModelError(f"seeds is {seeds!r} (expected one for each trial, such as range(10))")
    rounds, trials = count(horizon, "horizon"), [count(seed, f"seeds[{i}]", 0) for i, seed in enumerate(seeds)]
    if not trials:
        raise ModelError("seeds are empty (expected one or more)")
    looks = _checkpoints(checkpoints, rounds)
    task = task_of(bandit, actions, rademacher=rademacher)
    plans = [learner.plan(task, rounds) for learner in learners]
    records = _records(task, plans, looks, trials, count(workers, "workers"), progress)
    found = []
    for learner, kept in zip(learners, records, strict=True):
        regret, rewards, ratios = np.stack([record.curves for record in kept], axis=1)
        found.append(Simulation(learner, looks, regret, rewards, ratios, np.array([record.pulls for record in kept])))
    return found


def _records(
    task: Task, plans: Sequence[Trial], looks: NDArray[np.int64], seeds: Sequence[int], workers: int, progress: bool
) -> list[list[Record]]:
    """For each plan, a record for each seed."""
    jobs = [(plan, seed) for plan in plans for seed in seeds]
    with Progress(progress, "linear bandits: trials") as bar:
        if workers == 1:
            done = []
            for plan, seed in jobs:
                done.append(_run(plan, Record.blank(looks, task), seed))
                bar.count(len(done), len(jobs))
        else:
            pool = ThreadPoolExecutor(workers)  # compiled trials hold no lock
            try:
                futures = [pool.submit(_run, plan, Record.blank(looks, task), seed) for plan, seed in jobs]
                for finished, _ in enumerate(as_completed(futures)):
                    bar.count(finished + 1, len(jobs))
                done = [future.result() for future in futures]
            finally:
                pool.shutdown(cancel_futures=True)  # an interrupt waits for the trials that run, not for all
    return [done[i : i + len(seeds)] for i in range(0, len(jobs), len(seeds))]


def _checkpoints(given: Any, horizon: int) -> NDArray[np.int64]:
    if given is None:
        return log_checkpoints(horizon)
    looks = np.asarray(given)
    if (
        looks.ndim != 1
        or looks.dtype.kind not in "iu"
        or not ((looks >= 1) & (looks <= horizon)).all()
        or (np.diff(looks) <= 0).any()
    ):
        raise ModelError(f"checkpoints are {given!r} (expected increasing integers in 1..{horizon})")
    return np.union1d(looks, [horizon]).astype(np.int64)
