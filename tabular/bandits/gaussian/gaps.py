r"""How unpredictable the best of two Gaussian arms is, and what a best arm is worth.

If the *gap* :math:`g_t = \mu_{t,1} - \mu_{t,2}` of two arms is a centred stationary Gaussian process with autocorrelation r, then
the best arm :math:`A^*_t` is its sign, and laws of best arms are orthant probabilities of :math:`(r(s - t))_{st}`. What both arms
share cancels. Everything is in nats.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.integrate import quad
from scipy.linalg import toeplitz
from scipy.special import log_ndtr, ndtr, xlogy

from tabular._arrays import Float
from tabular._parameters import count, number
from tabular.bandits.entropies import entropy
from tabular.bandits.gaussian.covariances import AR1, PSD_TOLERANCE
from tabular.errors import ModelError

__all__ = ["GaussianGap", "expected_maximum", "orthant_probability"]

MOST_STEPS = 5
"""Of a general autocorrelation: orthants of more dimensions take integrals over more than one variable."""

MOST_NODES = 3_000
"""Of the quadrature on the line of an autoregressive gap."""

MOST_NUMBERS = 50_000_000
"""In the table of sequences of best arms and nodes."""


@dataclass(frozen=True, eq=False)
class GaussianGap:
    r"""The gap of two arms, a centred stationary Gaussian process.

    Parameters
    ----------
    autocovariance : function of the lag
        :class:`RBF`, :class:`AR1`, or your own; only :math:`r(d) = c(d) / c(0)` matters.

    Raises
    ------
    ModelError
        If c(0) is not positive, some |r(d)| exceeds 1, or no process has these autocorrelations.

    Examples
    --------
    >>> from tabular.bandits import RBF
    >>> gap = GaussianGap(RBF(10.0))
    >>> round(gap.switch_probability, 10), round(gap.conditional_entropy(1), 10), round(gap.conditional_entropy(2), 10)
    (0.0318044694, 0.1409597906, 0.1402015187)
    """

    autocovariance: Callable[[Any], Any]

    def __post_init__(self) -> None:
        _ = self.autocorrelations

    @cached_property
    def autocorrelations(self) -> Float:
        """(5,) r(0), ..., r(4)."""
        if not callable(self.autocovariance):
            raise ModelError(f"autocovariance is {self.autocovariance!r} (expected a function of the lag, such as RBF(10.0))")
        c = [number(self.autocovariance(lag), f"the autocovariance at lag {lag}") for lag in range(MOST_STEPS)]
        if not c[0] > 0.0:
            raise ModelError(f"the autocovariance at lag 0 is {c[0]!r} (expected a positive variance)")
        r = np.array(c) / c[0]
        for lag in np.flatnonzero(np.abs(r) > 1.0 + PSD_TOLERANCE):
            raise ModelError(f"the autocorrelation at lag {lag} is {r[lag]:.12g} (expected a number in [-1, 1])")
        if (least := float(np.linalg.eigvalsh(toeplitz(r))[0])) < -PSD_TOLERANCE:
            raise ModelError(f"no process has the autocorrelations {r.round(6)}: their matrix has the eigenvalue {least:.6g}")
        return np.clip(r, -1.0, 1.0)

    @property
    def switch_probability(self) -> float:
        r""":math:`P(A^*_{t+1} \ne A^*_t) = \arccos(r(1)) / \pi`."""
        return math.acos(self.autocorrelations[1]) / math.pi

    @property
    def effective_horizon(self) -> float:
        """Mean number of steps from one change of the best arm to the next; infinite if it never changes."""
        return 1.0 / self.switch_probability if self.switch_probability > 0.0 else math.inf

    def entropy(self, steps: int) -> float:
        r""":math:`H(A^*_{1:T})` for T up to 5: closed forms up to 3, one-dimensional quadrature (to about 1e-12) beyond."""
        T = count(steps, "steps", most=MOST_STEPS)
        if abs(self.autocorrelations[1]) == 1.0:  # constant, or alternating: one sign says all
            return math.log(2.0)
        R = toeplitz(self.autocorrelations[:T])
        halves = (np.array([1, *signs]) for signs in itertools.product((1, -1), repeat=T - 1))
        masses = np.array([orthant_probability(R * np.outer(signs, signs)) for signs in halves])
        return 2.0 * entropy(masses)  # each sequence and its mirror image

    def conditional_entropy(self, past: int) -> float:
        r""":math:`H(A^*_{k+1} | A^*_{1:k})` for k = ``past`` up to 4, an upper bound of the entropy rate that falls with k."""
        k = count(past, "past", 0, MOST_STEPS - 1)
        return max(0.0, self.entropy(k + 1) - (self.entropy(k) if k else 0.0))

    def entropy_rate_bounds(self, depth: int) -> tuple[float, float]:
        r"""Bounds of :math:`\lim_T H(A^*_{1:T}) / T` of an :class:`AR1` gap, by quadrature on the line.

        :math:`H(A^*_k | A^*_{1:k-1}, g_0) \le \bar H \le H(A^*_{k+1} | A^*_{1:k})` with k the depth: the lower one rises, the
        upper one falls (Cover and Thomas, section 4.5), up to quadrature (to about 1e-12).

        Raises
        ------
        ModelError
            If the gap is not autoregressive (it is then not Markov, and g_0 does not screen off what was before), so close to a
            constant that the quadrature would need more than ``MOST_NODES`` nodes, or if there are too many sequences.

        >>> from tabular.bandits import AR1
        >>> [round(x, 8) for x in GaussianGap(AR1(0.9)).entropy_rate_bounds(8)]
        [0.38951675, 0.39013546]
        """
        k = count(depth, "depth")
        if not isinstance(self.autocovariance, AR1):
            raise ModelError("two-sided bounds need a Markov gap: AR1; conditional_entropy bounds others from above")
        if abs(phi := self.autocovariance.phi) == 1.0:
            return 0.0, 0.0
        nodes, weights, step, sign = _line(phi)
        count(k, "depth", most=int(math.log2(MOST_NUMBERS / nodes.size)) - 1)  # 2^(k + 1) sequences
        given = [np.zeros(nodes.size)]  # H(A_{1:n} | g_0 = x) at the nodes, for n = 0, 1, ...
        whole = [0.0]  # H(A_{1:n})
        table = np.ones((1, nodes.size))  # P(A_{1:n} | g_0 = x): one row for each sequence
        for _ in range(k + 1):
            table = np.concatenate([(table * (sign == s)) @ step.T for s in (1, -1)])
            given.append(-xlogy(table, table).sum(axis=0))
            whole.append(entropy(table @ weights))
        upper = whole[k + 1] - whole[k]
        return min(float(weights @ (given[k] - given[k - 1])), upper), upper


def _line(phi: float) -> tuple[Float, Float, Float, Float]:
    """Nodes on both half-lines, weights of the stationary law, (n, n) weights of the law one step ahead, and signs."""
    width = math.sqrt((1.0 - phi) * (1.0 + phi))
    panels = math.ceil(9.0 / min(1.0, 1.5 * width))  # beyond nine deviations there is nothing
    x, w = np.polynomial.legendre.leggauss(12)
    if 24 * panels > MOST_NODES:
        raise ModelError(
            f"phi is {phi!r}: quadrature would need {24 * panels} nodes (at most {MOST_NODES}); gaps move too slowly"
        )
    edges = np.linspace(0.0, 9.0, panels + 1)
    half = (edges[:-1, None] + (x + 1.0) / 2.0 * edges[1]).reshape(-1)
    nodes, lengths = np.concatenate([-half[::-1], half]), np.tile(w / 2.0 * edges[1], 2 * panels)
    step = np.exp(-0.5 * np.square((nodes - phi * nodes[:, None]) / width)) * lengths / (math.sqrt(2.0 * math.pi) * width)
    weights = np.exp(-0.5 * nodes**2) * lengths / math.sqrt(2.0 * math.pi)
    return nodes, weights, step, np.sign(nodes)


def orthant_probability(correlation: Any) -> float:
    r"""Probability that all of up to five jointly Gaussian variables with mean zero are positive.

    .. math:: P_2 = \tfrac14 + \tfrac{\arcsin r_{12}}{2 \pi}, \qquad
              P_3 = \tfrac18 + \tfrac1{4 \pi} \sum_{i<j} \arcsin r_{ij}, \qquad
              P_4 = \tfrac1{16} + \frac1{2 \pi} \int_0^1 \sum_{i<j} \frac{r_{ij}}{\sqrt{1 - t^2 r_{ij}^2}}\,
              P_2\bigl(\rho_{kl | ij}(t)\bigr)\, dt,

    where :math:`\rho_{kl|ij}(t)` is the partial correlation of the other two under :math:`t R + (1 - t) I` (Plackett 1954), and
    :math:`P_5` follows from the others by inclusion and exclusion.

    Parameters
    ----------
    correlation : (d, d) array
        Positive semidefinite with unit diagonal, 1 <= d <= 5.

    Examples
    --------
    >>> round(orthant_probability(np.full((4, 4), 0.5) + 0.5 * np.eye(4)), 12), round(1 / 5, 12)
    (0.2, 0.2)
    """
    R = np.asarray(correlation, dtype=np.float64)
    d = len(R) if R.ndim == 2 and R.shape[0] == R.shape[1] else 0
    if not 1 <= d <= MOST_STEPS:
        raise ModelError(f"correlation has shape {R.shape} (expected (d, d) with 1 <= d <= {MOST_STEPS})")
    pairs = list(itertools.combinations(range(d), 2))
    angles = math.fsum(math.asin(R[i, j]) for i, j in pairs)
    if d <= 3:
        return max(0.0, 0.5**d + angles / (2.0 ** (d - 1) * math.pi))
    if d == 4:
        return max(0.0, 1.0 / 16.0 + math.fsum(_plackett(R, i, j) for i, j in pairs) / (2.0 * math.pi))
    # P(all > 0) = P(all < 0) = sum over subsets S of (-1)^|S| P(S > 0)
    total = 1.0
    for size in range(1, d):
        for chosen in itertools.combinations(range(d), size):
            total += (-1) ** size * orthant_probability(R[np.ix_(chosen, chosen)])
    return max(0.0, total / 2.0)


_X, _W = np.polynomial.legendre.leggauss(24)
# t = 1 - e^-s: near a singular matrix the integrand varies on all scales of 1 - t, evenly in s
_AWAY = np.exp(-(np.arange(45.0)[:, None] + (_X + 1.0) / 2.0)).reshape(-1)
_LENGTHS = np.tile(_W / 2.0, 45) * _AWAY


def _plackett(R: Float, i: int, j: int) -> float:
    """Of the integral of a four-dimensional orthant, the term of one pair."""
    k, m = (x for x in range(4) if x not in (i, j))
    signs = np.where(R[0] < 0.0, -1.0, 1.0)  # mirrored so that correlations near -1 of slow processes come near 1
    Q = R * np.outer(signs, signs)

    def below_one(a: int, b: int) -> Float:
        """1 - t r, of which little is left where the process is slow."""
        return np.asarray((1.0 - Q[a, b]) + _AWAY * Q[a, b])

    e = below_one(i, j)

    def partial(a: int, b: int) -> Any:
        """Covariance of a and b given i and j, from those with their sum and their difference."""
        ai, aj, bi, bj = below_one(a, i), below_one(a, j), below_one(b, i), below_one(b, j)
        from_sum = (2.0 * (ai + aj + bi + bj - e) - (ai + aj) * (bi + bj)) / (2.0 * (2.0 - e))
        return from_sum - (aj - ai) * (bj - bi) / (2.0 * e) - (0.0 if a == b else below_one(a, b))

    scale = np.sqrt(np.maximum(partial(k, k), 0.0) * np.maximum(partial(m, m), 0.0))
    rho = np.divide(partial(k, m), scale, out=np.zeros_like(scale), where=scale > 0.0)
    quadrant = 0.25 + signs[k] * signs[m] * np.arcsin(np.clip(rho, -1.0, 1.0)) / (2.0 * math.pi)
    return float(_LENGTHS @ (R[i, j] / np.sqrt(e * (2.0 - e)) * quadrant))


def expected_maximum(arms: int) -> float:
    r""":math:`E \max_a z_a` of independent standard normal :math:`z_1, ..., z_k`: the gain of the best of k exchangeable arms.

    .. math:: \int_0^\infty 1 - \Phi(x)^k - \Phi(-x)^k \, dx, \qquad k = 2: \tfrac1{\sqrt\pi}.

    Uniform play has it as regret at each step, times the deviation of an arm's own part.

    >>> round(expected_maximum(2), 12), round(1 / math.sqrt(math.pi), 12)
    (0.564189583548, 0.564189583548)
    """
    k = count(arms, "arms")
    if k == 1:
        return 0.0
    value, _ = quad(lambda x: -math.expm1(k * log_ndtr(x)) - ndtr(-x) ** k, 0.0, math.inf, epsabs=0.0, epsrel=1e-12, limit=200)
    return float(value)
