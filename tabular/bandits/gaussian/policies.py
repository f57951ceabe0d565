r"""Policies for Gaussian bandits.

A policy is a small frozen value. Its ``player`` prepares for a bandit and a horizon, and then plays one path after another with
the random numbers it is given, so that a replication can be repeated alone. The first of equal scores is played.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular._parameters import count, number
from tabular.bandits.gaussian import _kernels as kernels
from tabular.bandits.gaussian.covariances import AR1
from tabular.bandits.gaussian.predictive import future_precision
from tabular.errors import ModelError

if TYPE_CHECKING:
    from tabular.bandits.gaussian.bandit import GaussianProcessBandit

__all__ = [
    "GaussianDiscountedUCB",
    "GaussianGreedy",
    "GaussianPolicy",
    "GaussianThompson",
    "GaussianUniform",
    "GaussianWindowThompson",
    "PredictiveSampling",
    "workspace",
]

MOST_NUMBERS = 100_000_000
"""In a growing Cholesky factor: T^2 k."""

Player = Callable[[Float, Float, Float], NDArray[np.int64]]
"""(T, k) means, (T,) noise of the rewards and (T, k) standard normal numbers to (T,) actions. The reward of step t is
``means[t, a] + noise[t]``, and actions may depend on rewards of earlier steps only."""


class GaussianPolicy(Protocol):
    """What :meth:`GaussianProcessBandit.simulate` asks of a policy."""

    def player(self, bandit: GaussianProcessBandit, horizon: int) -> Player:
        """The policy on this bandit."""


@dataclass(frozen=True)
class GaussianThompson:
    """Thompson sampling: the largest of one draw of all arms from their exact posterior.

    Independent :class:`AR1` arms have scalar Kalman filters, others a growing Cholesky factor (:class:`GaussianFilter`).
    """

    def player(self, bandit: GaussianProcessBandit, horizon: int) -> Player:
        """The policy on this bandit."""
        return _exact_player(bandit, horizon, greedy=False)


@dataclass(frozen=True)
class GaussianGreedy:
    """The arm with the largest exact posterior mean."""

    def player(self, bandit: GaussianProcessBandit, horizon: int) -> Player:
        """The policy on this bandit."""
        return _exact_player(bandit, horizon, greedy=True)


@dataclass(frozen=True)
class GaussianUniform:
    """Every arm alike."""

    def player(self, bandit: GaussianProcessBandit, horizon: int) -> Player:
        """The policy on this bandit."""
        return lambda means, noise, draws: draws.argmax(axis=1)


@dataclass(frozen=True)
class GaussianWindowThompson:
    r"""Thompson sampling with a sliding window: arms are taken for independent and constant during the last L steps.

    The draw of an arm with n pulls and rewards that sum to S within the window is :math:`N(S / (s^2 p), 1 / p)`,
    :math:`p = 1 / v + n / s^2`, where v is the arm's prior variance at the present step. Source: Trovò, Paladino, Restelli and
    Gatti (2020), for Gaussian rewards.

    Parameters
    ----------
    window : int >= 1
        L.
    """

    window: int

    def __post_init__(self) -> None:
        count(self.window, "window")

    def player(self, bandit: GaussianProcessBandit, horizon: int) -> Player:
        """The policy on this bandit."""
        variances = bandit.idiosyncratic.variances(horizon)
        if bandit.common is not None:
            variances = variances + bandit.common.variances(horizon)
        return _player(horizon, kernels.window_run, self.window, variances, bandit.noise_variance)


@dataclass(frozen=True)
class GaussianDiscountedUCB:
    r"""The largest :math:`\hat\mu_a + 2 B \sqrt{\xi \ln n / N_a}` of discounted counts; arms without pulls come first.

    With :math:`N_a = \sum_{s<t} \gamma^{t-1-s} 1\{A_s = a\}`, :math:`\hat\mu_a` the mean with these weights and
    :math:`n = \sum_a N_a`. Source: Garivier and Moulines (2011), section 2.1, for rewards in an interval of length B; Gaussian
    rewards have none, and B is the scale of exploration.

    Parameters
    ----------
    discount : float in (0, 1)
        :math:`\gamma`.
    bound : float >= 0
        B.
    exploration : float >= 0
        :math:`\xi`.
    """

    discount: float
    bound: float = 1.0
    exploration: float = 0.6

    def __post_init__(self) -> None:
        if not 0.0 < number(self.discount, "discount") < 1.0:
            raise ModelError(f"discount is {self.discount!r} (expected a number in (0, 1))")
        number(self.bound, "bound", 0.0)
        number(self.exploration, "exploration", 0.0)

    def player(self, bandit: GaussianProcessBandit, horizon: int) -> Player:
        """The policy on this bandit."""
        bonus = 2.0 * float(self.bound) * math.sqrt(self.exploration)
        return _player(horizon, kernels.discounted_ucb_run, float(self.discount), bonus)


@dataclass(frozen=True)
class PredictiveSampling:
    r"""Predictive sampling of independent :class:`AR1` arms: greedy given a sampled future.

    At each step the rewards to come are sampled from their posterior law, and the arm with the largest mean given the past and
    that sample is played. Where the posterior of an arm is :math:`N(m, v)`, this mean is a draw from

    .. math:: N\Bigl(m, \frac{v^2}{v + 1 / J}\Bigr),

    J the precision of future rewards about the present mean (:func:`future_precision`). Nothing is explored that will not last:
    :math:`\phi = 0` is greedy play, a constant arm Thompson sampling.

    Parameters
    ----------
    include_current : bool
        Whether the reward of the present step belongs to the sampled future. It does not by default: it tells nothing that can
        be used later, and with it independent steps (:math:`\phi = 0`), where nothing can be learned, would still be explored.

    Source: Liu, Van Roy and Xu (2023).
    """

    include_current: bool = False

    def player(self, bandit: GaussianProcessBandit, horizon: int) -> Player:
        """The policy on this bandit."""
        arms = _independent_autoregressions(bandit)
        if arms is None:
            raise ModelError(
                "predictive sampling has a closed form for independent AR1 arms "
                f"(here idiosyncratic={bandit.idiosyncratic!r}, common={bandit.common!r})"
            )
        precision = future_precision(
            arms.phi, arms.innovation_variance, bandit.noise_variance, include_current=self.include_current
        )
        return _kalman_player(bandit, arms, horizon, precision)


def workspace(horizon: int, arms: int) -> tuple[Float, Float, Float]:
    """Arrays of a growing Cholesky factor: columns (T, k, T), means (T, k), covariances (T, k, k)."""
    T = count(horizon, "horizon")
    if T * T * arms > MOST_NUMBERS:
        raise ModelError(
            f"a horizon of {T} steps with {arms} arms takes {T * T * arms:.3g} numbers (at most {MOST_NUMBERS:.0e}); shorten it"
        )
    return np.zeros((T, arms, T)), np.zeros((T, arms)), np.zeros((T, arms, arms))


def _independent_autoregressions(bandit: GaussianProcessBandit) -> AR1 | None:
    return bandit.idiosyncratic if isinstance(bandit.idiosyncratic, AR1) and bandit.common is None else None


def _player(horizon: int, run: Callable[..., None], *parameters: Any) -> Player:
    """A compiled policy with its parameters."""
    T = count(horizon, "horizon")

    def play(means: Float, noise: Float, draws: Float) -> NDArray[np.int64]:
        actions = np.zeros(T, dtype=np.int64)
        run(means, noise, draws, *parameters, actions)
        return actions

    return play


def _kalman_player(bandit: GaussianProcessBandit, arms: AR1, horizon: int, precision: float) -> Player:
    given = (float(arms.phi), float(arms.variance), arms.innovation_variance, bandit.noise_variance)
    return _player(horizon, kernels.kalman_run, float(precision), *given)


def _exact_player(bandit: GaussianProcessBandit, horizon: int, *, greedy: bool) -> Player:
    arms = _independent_autoregressions(bandit)
    if arms is not None:
        return _kalman_player(bandit, arms, horizon, 0.0 if greedy else math.inf)
    arrays = workspace(horizon, bandit.n_actions)
    return _player(horizon, kernels.filter_run, greedy, *bandit.matrices(horizon), bandit.noise_variance, *arrays)
