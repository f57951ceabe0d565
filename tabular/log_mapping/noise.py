r"""Why low discount factors fail: noise that leaks from large gaps to small ones, without sampling.

With tile coding of width w a table entry is updated through the kernel :math:`K_{ss'} = \phi(s) \cdot \phi(s') = \max(0, 1 - |s
- s'| / w)`. Near the solution, at a constant small step alpha, the errors of (q_left, q_right) are a linear system driven by the
noise of the sampled transitions; their covariance solves a Lyapunov equation,

.. math:: A \Sigma + \Sigma A^\top = \alpha N, \qquad
          A = \begin{pmatrix} K (I - \gamma P_L) & 0 \\ -\gamma K P_R & K \end{pmatrix}, \qquad
          N = \operatorname{diag}\bigl( K \Xi K,\; K \Xi K \bigr), \quad \Xi_s = p (1 - p) (t_L(s) - t_R(s))^2,

with t the two possible targets of a state. The greedy policy is right where the gap exceeds the error of the difference: a
Gaussian orthant. Everything is scaled by the gaps before solving, or rounding of the large ones would drown the small ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from tabular._arrays import Float
from tabular._parameters import count, number
from tabular.errors import ModelError
from tabular.log_mapping.gaps import chain_gaps, chain_values

__all__ = ["ChainNoise", "chain_noise", "tile_features", "tile_kernel"]


def tile_features(n: int, width: int) -> Float:
    r"""(n, w (\lceil n / w \rceil + 1)) features: tile :math:`\lfloor (s + t) / w \rfloor` of tiling t, of size :math:`1 / \sqrt
    w`."""
    size, w = count(n, "n"), count(width, "width")
    tiles = -(-size // w) + 1
    phi = np.zeros((size, w * tiles))
    s = np.arange(size)
    for t in range(w):
        phi[s, t * tiles + (s + t) // w] = 1.0 / np.sqrt(w)
    return phi


def tile_kernel(n: int, width: int) -> Float:
    """(n, n) ``max(0, 1 - |s - s'| / width)``: the Gram matrix of :func:`tile_features`, of full rank.

    >>> np.linalg.eigvalsh(tile_kernel(50, 2))[0].round(9)
    np.float64(0.001896671)
    """
    s = np.arange(count(n, "n"))
    return np.maximum(0.0, 1.0 - np.abs(s[:, None] - s) / count(width, "width"))


@dataclass(frozen=True, eq=False)
class ChainNoise:
    """What noise does to the gaps of a chain.

    Attributes
    ----------
    gaps, deviations : (n,) arrays
        Action gaps, and standard deviations of the error of ``q_left - q_right`` at the stationary state; NaN where double
        precision does not give one digit of them (gaps that differ by twenty orders of magnitude and more).
    covariance : (n, n) array
        Of these errors divided by the gaps.
    uncertainty : (n,) array
        Relative change of the variances when every entry of the system moves by a rounding error.
    """

    gaps: Float
    deviations: Float
    covariance: Float
    uncertainty: Float

    @property
    def ratios(self) -> Float:
        """(n,) gap divided by deviation: the signal-to-noise ratio."""
        return np.asarray(self.gaps / self.deviations)

    def success(self, draws: int = 200_000, rng: np.random.Generator | int = 0) -> tuple[float, float]:
        """Chance that the greedy action is right in all states, and its standard error: a Gaussian orthant, by Monte Carlo; NaN
        if a deviation is not known."""
        if np.isnan(self.deviations).any():
            return np.nan, np.nan
        values, vectors = np.linalg.eigh(self.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        generator = np.random.default_rng(rng)
        good = 0
        for start in range(0, count(draws, "draws"), 20_000):
            z = generator.standard_normal((min(20_000, draws - start), values.size))
            good += int(((z @ root.T) > -1.0).all(axis=1).sum())
        share = good / draws
        return share, float(np.sqrt(share * (1.0 - share) / draws))


def chain_noise(
    gamma: float,
    width: int,
    step: float = 0.001,
    *,
    n: int = 50,
    slip: float = 0.25,
    left_reward: float = 1.0,
    right_reward: float = -1.0,
) -> ChainNoise:
    """The stationary errors of ordinary Q-learning on the chain around the values of always left, to first order in the step.

    Raises
    ------
    ModelError
        If slip is 0 (there is no noise), or always left is not optimal.
    """
    alpha = number(step, "step", least=0.0)
    if not 0.0 < slip <= 0.5:
        raise ModelError(f"slip is {slip!r} (expected a number in (0, 1/2]; without slips there is no noise)")
    gaps = chain_gaps(n, gamma, slip, left_reward, right_reward)
    if not (gaps > 0.0).all():
        raise ModelError(f"always left is not optimal: the gap of state {int(np.argmin(gaps))} is {float(gaps.min()):.3g}")
    v = chain_values(n, gamma, slip, left_reward, right_reward)
    left = np.concatenate([[left_reward], gamma * v[:-1]])  # the target after a move to the left
    right = np.concatenate([gamma * v[1:], [right_reward]])
    spread = slip * (1.0 - slip) * (left - right) ** 2
    down, up = np.eye(n, k=-1), np.eye(n, k=1)
    P_left, P_right = (1.0 - slip) * down + slip * up, slip * down + (1.0 - slip) * up
    K = tile_kernel(n, width)
    drift = np.block([[K @ (np.eye(n) - gamma * P_left), np.zeros((n, n))], [-gamma * K @ P_right, K]])
    forced = K @ (spread[:, None] * K)
    noise = scipy.linalg.block_diag(forced, forced)
    scale = np.concatenate([gaps, gaps])
    drift, noise = drift * scale / scale[:, None], noise / scale / scale[:, None]
    covariance = _difference(drift, alpha * noise)
    # the same with every entry moved by a rounding error: what changes with it is not known
    rng = np.random.default_rng(0)
    moved = _difference(drift * (1.0 + 2.0**-50 * rng.standard_normal(drift.shape)), alpha * noise)
    with np.errstate(invalid="ignore", divide="ignore"):
        change = np.abs(moved.diagonal() / covariance.diagonal() - 1.0)
    known = (change < 0.1) & (covariance.diagonal() > 0.0)
    deviations = gaps * np.sqrt(np.where(known, covariance.diagonal(), np.nan))
    return ChainNoise(gaps, deviations, covariance, change)


def _difference(drift: Float, noise: Float) -> Float:
    """(n, n) covariance of the differences of the two halves of a linear system."""
    n = len(drift) // 2
    sigma = scipy.linalg.solve_continuous_lyapunov(drift, noise)
    covariance = sigma[:n, :n] + sigma[n:, n:] - sigma[:n, n:] - sigma[n:, :n]
    return np.asarray((covariance + covariance.T) / 2.0)
