r"""Bandits whose arms follow Gaussian processes: exact filtering and simulation.

Arm a has mean :math:`\mu_{t,a} = x_t + y_{t,a}` at step t, with a *common* process x and *idiosyncratic* processes
:math:`y_{\cdot,a}`, all independent, those of the arms with one law; a pull pays :math:`\mu_{t,a} + \epsilon`,
:math:`\epsilon \sim N(0, s^2)`. Given what was paid before, the arms of a step are jointly Gaussian, with a covariance that
depends on which arms were pulled. Regret of step t is :math:`\max_a \mu_{t,a} - \mu_{t,A_t}`. Source: the Gaussian experiments
of Min and Russo (2023).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tabular._arrays import Float
from tabular._parameters import count, number
from tabular.bandits.gaussian import _kernels as kernels
from tabular.bandits.gaussian.covariances import Covariance, as_covariance
from tabular.bandits.gaussian.gaps import GaussianGap, expected_maximum
from tabular.bandits.gaussian.policies import GaussianPolicy, workspace
from tabular.bandits.gaussian.simulation import GaussianSimulation, sampler, simulate
from tabular.errors import ModelError

__all__ = ["GaussianFilter", "GaussianProcessBandit"]


@dataclass(frozen=True, eq=False)
class GaussianProcessBandit:
    """A bandit with Gaussian arms; formulas in the module docstring.

    Parameters
    ----------
    idiosyncratic : covariance of y
        :class:`RBF`, :class:`AR1`, or a (T, T) array of covariances over time.
    common : covariance of x, optional
        Without it arms are independent.
    n_actions : int >= 1
        Number of arms k.
    noise_variance : float > 0
        Of a reward.

    Raises
    ------
    ModelError
        If a parameter is out of its range or a matrix is no covariance.

    Examples
    --------
    >>> from tabular.bandits import RBF, GaussianThompson, GaussianUniform
    >>> bandit = GaussianProcessBandit(RBF(50.0), common=RBF(10.0))
    >>> posterior = bandit.filter(horizon=2)
    >>> posterior.observe(arm=0, reward=1.0)
    >>> posterior.mean.round(6)
    array([0.664937, 0.331671])
    >>> learned, blind = (bandit.simulate(policy, 100, 20, seed=0) for policy in (GaussianThompson(), GaussianUniform()))
    >>> bool(learned.average(20)[0] < 0.5 * blind.average(20)[0])
    True
    """

    idiosyncratic: Covariance
    common: Covariance | None = None
    n_actions: int = 2
    noise_variance: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "idiosyncratic", as_covariance(self.idiosyncratic))
        if self.common is not None:
            object.__setattr__(self, "common", as_covariance(self.common))
        count(self.n_actions, "n_actions")
        object.__setattr__(self, "noise_variance", number(self.noise_variance, "noise_variance"))
        if not self.noise_variance > 0.0:
            raise ModelError(f"noise_variance is {self.noise_variance!r} (expected a positive number)")

    def matrices(self, horizon: int) -> tuple[Float, Float]:
        """(T, T) covariances over time of the common and of an idiosyncratic process."""
        own = self.idiosyncratic.matrix(horizon)
        return np.zeros_like(own) if self.common is None else self.common.matrix(horizon), own

    @property
    def gap(self) -> GaussianGap:
        """The difference of two arms, whose sign is the best of them; idiosyncratic processes must be known as stationary."""
        if not callable(self.idiosyncratic):
            raise ModelError(
                f"{self.idiosyncratic!r} is not known to be stationary (expected a function of the lag, such as RBF)"
            )
        return GaussianGap(self.idiosyncratic)

    def thompson_bound(self, steps: int | None = None) -> float:
        r"""Bound of the regret per step of Thompson sampling on two arms, in the limit or over a number n of consecutive steps.

        .. math:: \sigma \sqrt{2 (k - 1) H}, \qquad \sigma^2 = c_x(0) + c_y(0) + s^2,

        with :math:`H = H(A^*_3 | A^*_1, A^*_2)` above the entropy rate of the best arm, or above :math:`H(A^*_{1:n}) / n`. The
        variance :math:`\sigma^2` of a reward contains that of the arm: with the noise alone it is no bound (Min and Russo 2023,
        with k - 1 in place of k).

        >>> from tabular.bandits import RBF
        >>> bandit = GaussianProcessBandit(RBF(50.0), common=RBF(10.0))
        >>> round(bandit.thompson_bound(), 6), round(bandit.thompson_bound(200), 6)
        (0.480622, 0.500638)
        """
        if self.n_actions != 2:
            raise ModelError(f"the law of the best arm is known for two arms, not {self.n_actions}")
        gap, variance = self.gap, float(self.idiosyncratic.variances(1)[0]) + self.noise_variance
        if self.common is not None:
            if not callable(self.common):
                raise ModelError(f"{self.common!r} is not known to be stationary (expected a function of the lag, such as RBF)")
            variance += float(self.common.variances(1)[0])
        rate = gap.conditional_entropy(2)
        if steps is not None:
            n = count(steps, "steps")
            rate = (gap.entropy(min(n, 2)) + max(n - 2, 0) * rate) / n
        return math.sqrt(2.0 * variance * rate)

    def uniform_regret(self, horizon: int) -> Float:
        """(T,) expected regret of each step of uniform play: :func:`expected_maximum` times the deviation of y.

        >>> from tabular.bandits import AR1
        >>> GaussianProcessBandit(AR1(0.9)).uniform_regret(2).round(6)
        array([0.56419, 0.56419])
        """
        return np.asarray(np.sqrt(self.idiosyncratic.variances(horizon)) * expected_maximum(self.n_actions))

    def sample(self, horizon: int, rng: np.random.Generator | int) -> Float:
        """(T, k) means of the arms, one draw."""
        return sampler(self, horizon)(np.random.default_rng(rng))[0]

    def filter(self, horizon: int) -> GaussianFilter:
        """The exact posterior, to be told one reward after another."""
        return GaussianFilter(self, horizon)

    def simulate(
        self, policy: GaussianPolicy, horizon: int, replications: int, *, seed: int, progress: bool = False
    ) -> GaussianSimulation:
        """Play a policy on many draws of the arms.

        Parameters
        ----------
        policy : GaussianPolicy
            One of :mod:`tabular.bandits.gaussian.policies`, or your own with a method ``player``.
        horizon, replications : int >= 1
        seed : int >= 0
            Replication i has random numbers of its own, those of the arms and their rewards apart from those of the policy: it
            does not depend on how many replications there are, and all policies meet the same arms.
        progress : bool
            Show how many replications are done (needs ``rich``).

        Raises
        ------
        ModelError
            If a parameter is out of its range, or the policy is not made for these arms.
        SolverInterrupted
            On Ctrl-C; ``solution`` is the :class:`GaussianSimulation` of the replications that were done, or None.
        """
        return simulate(self, policy, horizon, replications, seed=seed, progress=progress)


class GaussianFilter:
    """The exact posterior of Gaussian arms as rewards come in, one at each step.

    A Cholesky factor grows by one column with each reward, continued over the arms to come, at a cost of 2 k t (T - t)
    operations; a horizon takes k T^3 / 3.

    Attributes
    ----------
    means : (T, k) array
        Of the arms at each step, given the rewards so far of the steps before it.
    covariances : (T, k, k) array

    Examples
    --------
    >>> from tabular.bandits import AR1
    >>> posterior = GaussianProcessBandit(AR1(0.5)).filter(3)
    >>> posterior.observe(0, 1.0)
    >>> posterior.means[1:, 0], posterior.covariances[1, 0, 0]
    (array([0.25 , 0.125]), np.float64(0.875))
    """

    __slots__ = ("_bandit", "_columns", "_common", "_own", "covariances", "means", "step")

    def __init__(self, bandit: GaussianProcessBandit, horizon: int) -> None:
        self._columns, self.means, self.covariances = workspace(horizon, bandit.n_actions)
        self._common, self._own = bandit.matrices(horizon)
        kernels.start(self._common, self._own, self.means, self.covariances)
        self._bandit, self.step = bandit, 0

    def observe(self, arm: int, reward: float) -> None:
        """Take in the reward of an arm at the present step, and go on to the next."""
        a = count(arm, "arm", 0, self._bandit.n_actions - 1)
        paid = number(reward, "reward")
        if self.step == len(self.means):
            raise ModelError(f"all {self.step} steps have been observed; ask for a longer horizon")
        kernels.observe(
            self.step,
            a,
            paid,
            self._common,
            self._own,
            self._bandit.noise_variance,
            self._columns,
            self.means,
            self.covariances,
        )
        self.step += 1

    @property
    def mean(self) -> Float:
        """(k,) posterior mean of the arms at the present step."""
        return np.array(self.means[self._present])

    @property
    def covariance(self) -> Float:
        """(k, k) posterior covariance of the arms at the present step."""
        return np.array(self.covariances[self._present])

    @property
    def _present(self) -> int:
        if self.step == len(self.means):
            raise ModelError(f"all {self.step} steps have been observed; ask for a longer horizon")
        return self.step

    def __repr__(self) -> str:
        return f"GaussianFilter({self._bandit.n_actions} arms, step {self.step} of {len(self.means)})"
