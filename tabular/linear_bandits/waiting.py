r"""Waiting for effects to come in: the learner of dynamical linear bandits, and its schedule."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tabular._arrays import Float
from tabular._parameters import count, number
from tabular.errors import ModelError
from tabular.linear_bandits._tasks import Task, Trial
from tabular.linear_bandits.confidence import SystemBounds, stable_radius
from tabular.linear_bandits.learners import Learner, LinUCB, check_actions, horizon_defaults, ridge_trial
from tabular.linear_bandits.model import DynamicalLinearBandit

__all__ = ["DynLinUCB", "epoch_lengths"]

ROUNDING = 1e-12
"""Logarithms of exact powers may come out this far from the integer they are."""


@dataclass(frozen=True, kw_only=True)
class DynLinUCB(Learner):
    r"""Optimism that holds each action until its effects have come in (Mussi, Metelli and Restelli 2023, Algorithm 1).

    Epoch m = 1, 2, ... holds one action for :math:`1 + H_m` rounds and uses its last reward only. That reward is off by at most
    :math:`\Omega \Phi \rho^{H_m} (X + B U / (1 - \rho))`, and

    .. math:: \beta_t = \frac{c_1}{\sqrt\lambda} \log(e (t + 1)) + c_2 \sqrt\lambda + \bar\sigma \sqrt{2 \log\tfrac1\delta +
              d \log\bigl(1 + \tfrac{t U^2}{d \lambda}\bigr)}

    needs :math:`\rho^{H_m} \le 1/m`, which :math:`H_m = \lceil \log m / \log(1/\rho) \rceil` gives (for :math:`\rho = 0` one
    round, from the second epoch on). The paper and its program round down, which gives only :math:`1/(\rho m)`: the width then
    fails for small :math:`\rho`, where regret can be linear up to :math:`1/\rho`.

    Parameters
    ----------
    dimension : int
        d.
    bounds : SystemBounds
    regularization : float > 0
        :math:`\lambda`.
    delta : float in (0, 1)
    floor : bool
        Round :math:`H_m` down, as stated; sound only with a ``bias_scale`` of :math:`1/\rho`.
    by_round : bool
        Let t count rounds, as stated, and not completed epochs, which suffice.
    bias_scale : float >= 0
        Multiplies :math:`c_1`.

    Examples
    --------
    >>> from tabular.linear_bandits import budget_actions, synthetic_bandit
    >>> learner = DynLinUCB.for_bandit(synthetic_bandit(), budget_actions(), 10**6)
    >>> learner.hold([1, 2, 5, 6, 25, 26]), learner.epochs(10**6)
    (array([0, 1, 1, 2, 2, 3]), 121962)
    """

    dimension: int
    bounds: SystemBounds
    regularization: float = 1.0
    delta: float = 0.01
    floor: bool = False
    by_round: bool = False
    bias_scale: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.bounds, SystemBounds):
            raise ModelError(f"bounds are {type(self.bounds).__name__} (expected SystemBounds)")
        number(self.bias_scale, "bias_scale", 0.0)
        _ = self.without_bias

    @classmethod
    def for_bandit(cls, bandit: DynamicalLinearBandit, actions: ArrayLike, horizon: int, **options: Any) -> Self:
        r"""With the tightest bounds on a known bandit and its actions (K, d), delta = 1/T and :math:`\lambda = \max(1, \log T)`;
        ``options`` replace fields."""
        known = {"dimension": bandit.dimension, **horizon_defaults(horizon)}
        if "bounds" not in options:
            known["bounds"] = SystemBounds.of(bandit, actions)
        return cls(**{**known, **options})

    def hold(self, m: ArrayLike) -> NDArray[np.int64]:
        """H_m, the rounds for which epoch m = 1, 2, ... waits before it looks."""
        if (np.asarray(m) < 1).any():
            raise ModelError(f"epoch {int(np.min(m))} does not exist (epochs are 1, 2, ...)")
        return _waits(m, self.bounds.spectral_radius, self.floor)

    def epochs(self, horizon: int) -> int:
        """Number of epochs started within so many rounds."""
        return len(epoch_lengths(self.bounds.spectral_radius, horizon, floor=self.floor))

    def confidence_width(self, t: ArrayLike) -> Float:
        r""":math:`\beta_t` after t completed epochs, or t rounds if ``by_round``, of any shape."""
        bias = self.bias_scale * self.bounds.bias_constant / math.sqrt(self.regularization)
        return np.asarray(self.without_bias.confidence_width(t) + bias * (1.0 + np.log1p(t)))[()]

    @property
    def without_bias(self) -> LinUCB:
        """Takes h for the parameter of an ordinary linear bandit: the same width but for the bias, and no waiting."""
        return LinUCB(
            dimension=self.dimension,
            noise=math.sqrt(self.bounds.variance_proxy),
            norm_bound=self.bounds.norm_bound,
            action_bound=self.bounds.action,
            regularization=self.regularization,
            delta=self.delta,
        )

    @property
    def follows(self) -> bool:
        """Whether arms can be prescribed."""
        return True

    def plan(self, task: Task, horizon: int, given: Any = None) -> Trial:
        """Least squares on the last reward of each epoch."""
        check_actions(task, self.dimension, self.bounds.action)
        if task.law.size > 1:
            raise ModelError("DynLinUCB holds an action for several rounds: contexts that change have none to hold")
        lengths = epoch_lengths(self.bounds.spectral_radius, horizon, floor=self.floor)
        done = np.concatenate([[0], np.cumsum(lengths) if self.by_round else np.arange(1, len(lengths) + 1)])
        return ridge_trial(task, lengths, self.confidence_width(done), self.regularization, given)


def epoch_lengths(spectral_radius: float, horizon: int, *, floor: bool = False) -> NDArray[np.int64]:
    r"""(M,) rounds :math:`1 + H_m` of the epochs that start within a horizon; the last one may reach beyond it.

    >>> epoch_lengths(.5, 10)
    array([1, 2, 3, 3, 4])
    """
    rounds = count(horizon, "horizon")
    lengths = 1 + _waits(np.arange(1, rounds + 1), stable_radius(spectral_radius), floor)
    return np.asarray(lengths[: int(np.searchsorted(np.cumsum(lengths), rounds)) + 1])


def _waits(m: ArrayLike, spectral_radius: float, floor: bool) -> NDArray[np.int64]:
    index = np.asarray(m, dtype=np.float64)
    if spectral_radius == 0.0:  # 0^H <= 1 / m from H = 1 on: what is left of the action before is still looked at with H = 0
        return np.zeros(index.shape, dtype=np.int64) if floor else np.asarray(index > 1.0, dtype=np.int64)
    exact = np.log(index) / -math.log(spectral_radius)
    return np.asarray(np.floor(exact + ROUNDING) if floor else np.ceil(exact - ROUNDING), dtype=np.int64)
