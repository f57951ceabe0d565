r"""The one-step information ratio of Thompson sampling on two Gaussian arms, exactly.

Arms :math:`\theta \sim N(m, \Sigma)` at the present history, rewards :math:`R_a = \theta_a + N(0, s^2)`, gap
:math:`g = \theta_1 - \theta_2` with variance :math:`\tau^2`, :math:`z = (m_1 - m_2) / \tau`. Thompson sampling plays arm 1 with
probability :math:`\Phi(z)`, its regret is :math:`\tau \varphi(z)`, and

.. math:: I(A^*; R_a) = E_x\, kl\Bigl(\Phi\Bigl(\frac{z + \rho_a x}{\sqrt{1 - \rho_a^2}}\Bigr), \Phi(z)\Bigr), \qquad
          \rho_a = \mathrm{corr}(g, R_a), \quad x \sim N(0, 1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import ndtr

from tabular import _arrays
from tabular._arrays import Float, frozen
from tabular._parameters import number
from tabular.bandits.gaussian.covariances import GivenCovariance
from tabular.divergences import KL
from tabular.errors import ModelError

__all__ = ["GaussianInformationRatio"]

FARTHEST = 37.0
"""Deviations beyond which the lesser arm is never played: what a normal law has there is below 1e-298."""


@dataclass(frozen=True, eq=False)
class GaussianInformationRatio:
    r"""Regret and information of one step of Thompson sampling; formulas in the module docstring.

    Parameters
    ----------
    means : (2,) array
        Of the arms under the posterior.
    covariance : (2, 2) array, or (2,) variances of independent arms
    noise_variance : float >= 0
        :math:`s^2`; 0 is the limit in which a pull tells the arm.

    Raises
    ------
    ModelError
        If shapes do not fit, a number is not finite, or the covariance is none.

    Examples
    --------
    >>> step = GaussianInformationRatio([0, 0], [1, 1], noise_variance=0)
    >>> round(step.regret, 10), round(step.information, 10), round(step.ratio, 10), step.bound
    (0.5641895835, 0.1931471806, 1.6480172543, 2.0)
    """

    means: Float
    covariance: Float
    noise_variance: float

    def __post_init__(self) -> None:
        means, covariance = _arrays.as_float(self.means, "means"), _arrays.as_float(self.covariance, "covariance")
        if means.shape != (2,) or not np.isfinite(means).all():
            raise ModelError(f"means are {self.means!r} (expected two finite numbers)")
        if covariance.shape not in ((2,), (2, 2)):
            raise ModelError(f"covariance has shape {covariance.shape} (expected (2, 2), or (2,) variances)")
        matrix = GivenCovariance(np.diag(covariance) if covariance.ndim == 1 else covariance).matrix(2)
        object.__setattr__(self, "means", frozen(means))
        object.__setattr__(self, "covariance", frozen(matrix))
        number(self.noise_variance, "noise_variance", 0.0)

    @property
    def _deviation(self) -> float:
        """Of the gap."""
        C = self.covariance
        return math.sqrt(max(C[0, 0] + C[1, 1] - 2.0 * C[0, 1], 0.0))

    @property
    def _z(self) -> float:
        difference = float(self.means[0] - self.means[1])
        if self._deviation > 0.0:
            return difference / self._deviation
        return math.copysign(math.inf, difference) if difference else math.inf  # equal arms: the first is best

    @property
    def law(self) -> Float:
        """(2,) probabilities of each arm to be the best, with which Thompson sampling plays it."""
        return np.array([ndtr(self._z), ndtr(-self._z)])

    @property
    def regret(self) -> float:
        """Expected regret of the step; 0 where arms are more than 37 deviations of the gap apart, as is the information."""
        if abs(self._z) > FARTHEST:
            return 0.0
        return self._deviation * math.exp(-0.5 * self._z**2) / math.sqrt(2.0 * math.pi)

    @cached_property
    def arm_information(self) -> Float:
        """(2,) :math:`I(A^*; R_a)` of each arm, by quadrature (to about 1e-12 of its value)."""
        return np.array([self._information(a) for a in (0, 1)])

    @property
    def information(self) -> float:
        """:math:`I(A^*; (A, R_A))`."""
        return float(self.law @ self.arm_information)

    @property
    def ratio(self) -> float:
        """Squared regret over information; 0 / 0 is 0."""
        if self.regret == 0.0:
            return 0.0
        return self.regret / (self.information / self.regret) if self.information > 0.0 else math.inf

    @property
    def bound(self) -> float:
        r""":math:`2 \sigma^2 (k - 1)` with k = 2 and :math:`\sigma^2` the larger predictive variance of a reward,
        :math:`\max_a \Sigma_{aa} + s^2`."""
        return 2.0 * (float(self.covariance.diagonal().max()) + self.noise_variance)

    def _information(self, arm: int) -> float:
        C, s2, tau, z = self.covariance, self.noise_variance, self._deviation, self._z
        paid = C[arm, arm] + s2
        if abs(z) > FARTHEST or paid == 0.0:  # nothing to learn, or nothing that tells it
            return 0.0
        rho = (C[arm, arm] - C[0, 1]) / (tau * math.sqrt(paid))
        determinant = max(C[0, 0] * C[1, 1] - C[0, 1] ** 2, 0.0)
        left = math.sqrt(min((determinant / tau**2 + s2) / paid, 1.0))  # sqrt(1 - rho^2)
        x, weights = _nodes(z, rho, left)
        gap = z + rho * x
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            w = np.where(gap == 0.0, 0.0, gap / left)
        after = np.stack([ndtr(w), ndtr(-w)], axis=1)
        return float(weights @ KL()(after, np.broadcast_to(self.law, after.shape)))


def _nodes(z: float, rho: float, left: float) -> tuple[Float, Float]:
    """Quadrature for the normal law, finer where the posterior probability of an arm goes from 0 to 1."""
    edges = np.arange(-FARTHEST, FARTHEST + 0.5, 0.5)
    if rho != 0.0 and abs(centre := -z / rho) < FARTHEST:
        width = left / abs(rho)
        halvings = 0.5 * 2.0 ** -np.arange(60.0)
        near = np.concatenate([[0.0], halvings[halvings > width / 4.0]])
        edges = np.unique(np.concatenate([edges, centre - near, centre + near]).clip(-FARTHEST, FARTHEST))
    u, w = np.polynomial.legendre.leggauss(16)
    middle, half = (edges[1:] + edges[:-1])[:, None] / 2.0, (edges[1:] - edges[:-1])[:, None] / 2.0
    x = (middle + half * u).reshape(-1)
    weights: Any = (half * w).reshape(-1) * np.exp(-0.5 * x**2) / math.sqrt(2.0 * math.pi)
    return x, weights
