"""Baselines that see arms, not vectors: Exp3 and its batches, AR2, explore then commit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from tabular._arrays import Float
from tabular._parameters import count, number
from tabular.errors import ModelError
from tabular.linear_bandits._arm_kernels import alternating_run, committed_run, exponential_run
from tabular.linear_bandits._tasks import Task, Trial
from tabular.linear_bandits.confidence import SystemBounds, failure, positive
from tabular.linear_bandits.learners import Learner
from tabular.linear_bandits.model import DynamicalLinearBandit
from tabular.linear_bandits.waiting import epoch_lengths

__all__ = ["AR2", "Exp3", "ExploreThenCommit"]


def _arms(task: Task, learner: Any) -> int:
    if task.law.size > 1:
        raise ModelError(f"{type(learner).__name__} knows arms by their index: contexts that change have no such arms")
    return int(task.sets.shape[1])


@dataclass(frozen=True, kw_only=True)
class Exp3(Learner):
    r"""Exponential weights for adversarial bandits (Auer, Cesa-Bianchi, Freund and Schapire 2002); it has no estimate of a
    parameter, and so no width.

    Arm k is played with probability :math:`(1 - \gamma) w_k / \sum w + \gamma / K` for ``batch`` rounds; the mean of its rewards,
    mapped from :math:`[-2M, 2M]` to [0, 1] and divided by that probability, is added to its gain, and :math:`w = e^{\gamma
    \text{gain} / K}` with :math:`\gamma = \min\{1, \sqrt{K \log K / ((e - 1) \frac23 N)}\}` for N batches.

    Parameters
    ----------
    horizon : int >= 1
        T, for which :math:`\gamma` is tuned; N = T / batch.
    scale : float > 0
        M.
    batch : int >= 1

    Examples
    --------
    >>> from tabular.linear_bandits import budget_actions, synthetic_bandit
    >>> Exp3.for_bandit(synthetic_bandit(), budget_actions(), 10**6, batched=True)
    Exp3(horizon=1000000, scale=1.2021..., batch=8)
    """

    horizon: int
    scale: float
    batch: int = 1

    def __post_init__(self) -> None:
        count(self.horizon, "horizon")
        positive(self.scale, "scale")
        count(self.batch, "batch")

    @classmethod
    def for_bandit(cls, bandit: DynamicalLinearBandit, actions: ArrayLike, horizon: int, *, batched: bool = False) -> Self:
        r"""As in the experiments on dynamical bandits: :math:`M = U (\Theta + \Omega B / (1 - \rho))`, and batches of
        :math:`\lceil \log N / \log(1/\rho) \rceil` rounds, N the epochs that DynLinUCB starts in T rounds."""
        bounds = SystemBounds.of(bandit, actions, transient_constant=1.0)
        rho, batch = bounds.spectral_radius, 1
        if batched and rho > 0.0:
            batch = max(1, math.ceil(math.log(len(epoch_lengths(rho, horizon))) / -math.log(rho)))
        return cls(horizon=horizon, scale=bounds.action * bounds.norm_bound, batch=batch)

    def mixing(self, arms: int) -> float:
        r""":math:`\gamma` for K arms."""
        k = count(arms, "arms")
        return min(1.0, math.sqrt(k * math.log(k) * self.batch / ((math.e - 1.0) * 2.0 / 3.0 * self.horizon)))

    def plan(self, task: Task, horizon: int, given: Any = None) -> Trial:
        """Exponential weights on the arms of the task."""
        arms = _arms(task, self)
        mixing, scale, batch = self.mixing(arms), float(self.scale), self.batch
        return lambda noise, own, record: exponential_run(
            task, batch, mixing / arms, mixing, -2.0 * scale, 4.0 * scale, noise, own, record
        )


@dataclass(frozen=True, kw_only=True)
class AR2(Learner):
    r"""Alternation with restarts, for arms whose means are autoregressive (Chen, Golrezaei and Bouneffouf 2023).

    The estimate of an arm is :math:`\alpha^{\text{age}}` times its last reward. Each epoch plays every arm once, then in turn the
    superior of the last two arms, and the arm that was triggered first, until it is played: an arm is triggered when its estimate
    comes within :math:`c_1 \sigma \sqrt{(\alpha^2 - \alpha^{2 (\text{age} + 1)}) / (1 - \alpha^2)}` of the superior one's.
    Rewards are not projected to an interval.

    Parameters
    ----------
    alpha : float in (0, 1)
    noise : float > 0
        :math:`\sigma`, by which means change from round to round.
    epoch : int, optional
        By default :math:`\lceil K \alpha^{-3} \sigma^{-3} \rceil`.

    Examples
    --------
    >>> AR2(alpha=.2, noise=.01).epoch_length(6)
    750000000
    """

    alpha: float
    noise: float
    epoch: int | None = None

    def __post_init__(self) -> None:
        if not 0.0 < number(self.alpha, "alpha") < 1.0:
            raise ModelError(f"alpha is {self.alpha!r} (expected a number in (0, 1))")
        positive(self.noise, "noise")
        if self.epoch is not None:
            count(self.epoch, "epoch")

    def epoch_length(self, arms: int) -> int:
        """Rounds between two restarts, for K arms."""
        if self.epoch is not None:
            return self.epoch
        return math.ceil(min(count(arms, "arms") / (self.alpha * self.noise) ** 3 - 1e-6, 2.0**62))

    def constant(self, arms: int) -> float:
        r""":math:`c_1 = 24 \sqrt{4 \log(1 / (\alpha \sigma)) + 4 \log \text{epoch} + 2 \log(4 K)}`."""
        inside = -4.0 * math.log(self.alpha * self.noise) + 4.0 * math.log(self.epoch_length(arms)) + 2.0 * math.log(4.0 * arms)
        return 24.0 * math.sqrt(max(inside, 0.0))

    def confidence_width(self, age: ArrayLike, arms: int) -> Float:
        """How far an arm that was last played ``age`` rounds ago may be above its estimate, for K arms."""
        a2 = self.alpha**2
        grown = (a2 - a2 ** (np.asarray(age, dtype=np.float64) + 1.0)) / (1.0 - a2)
        return np.asarray(self.constant(arms) * self.noise * np.sqrt(grown))[()]

    def plan(self, task: Task, horizon: int, given: Any = None) -> Trial:
        """Alternation on the arms of the task."""
        arms = _arms(task, self)
        scale, epoch = self.constant(arms) * self.noise, self.epoch_length(arms)
        if epoch < arms:
            raise ModelError(f"an epoch of {epoch} rounds cannot play each of {arms} arms")
        return lambda noise, own, record: alternating_run(task, float(self.alpha), scale, epoch, noise, record)


@dataclass(frozen=True, kw_only=True)
class ExploreThenCommit(Learner):
    r"""Each arm in turn, then the one with the best mean for good.

    Parameters
    ----------
    pulls : int >= 1
        Rewards of each arm that count.
    wait : int >= 0
        Rounds for which an arm is held before its rewards count: what memory needs to forget the arm before it.
    noise : float >= 0
        R.
    delta : float in (0, 1)

    Examples
    --------
    >>> round(ExploreThenCommit(pulls=100, noise=.1).confidence_width(6), 6)
    0.037657
    """

    pulls: int
    wait: int = 0
    noise: float = 1.0
    delta: float = 0.01

    def __post_init__(self) -> None:
        count(self.pulls, "pulls")
        count(self.wait, "wait", 0)
        number(self.noise, "noise", 0.0)
        failure(self.delta)

    def confidence_width(self, arms: int) -> float:
        r""":math:`R \sqrt{2 \log(2 K / \delta) / \text{pulls}}`, within which all K means are of their expectations with
        probability at least :math:`1 - \delta`, if rewards are independent: the hidden state of a dynamical bandit correlates
        them, and R must then count what its noise still does, :math:`\sigma_\eta + \sigma_\epsilon \Omega \Phi / (1 - \rho)`."""
        return self.noise * math.sqrt(2.0 * math.log(2.0 * count(arms, "arms") / self.delta) / self.pulls)

    def plan(self, task: Task, horizon: int, given: Any = None) -> Trial:
        """Exploration of the arms of the task."""
        _arms(task, self)
        return lambda noise, own, record: committed_run(task, self.wait, self.pulls, noise, record)
