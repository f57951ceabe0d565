r"""What must be learned about the state to act almost as well as the best action.

With :math:`\bar R(D)` the least information per step :math:`\frac1T I(A^\dagger_{1:T}; \theta_{1:T})` of a target whose regret is
at most D per step, every hidden-chain bandit with rewards in [0, 1] has a policy with

.. math:: \bar\Delta \le D + \sqrt{\tfrac12 (k - 1)\, \bar R(D)}

(Min and Russo 2023, section on rate distortion; the constant k - 1 is derived here). D = 0 is the bound by the entropy of the
best action. On the symmetric chain it is never the smallest: the slope of R at 0 is infinite.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import entr, logsumexp

from tabular import _arrays
from tabular._arrays import Float
from tabular._parameters import count, number
from tabular.errors import ModelError, SolverError

__all__ = [
    "RatePoint",
    "blahut_arimoto",
    "critical_distortion",
    "rate_distortion_bound",
    "symmetric_chain_bound",
    "symmetric_chain_rate",
]

ITERATIONS = 100_000


class RatePoint(NamedTuple):
    """A point of a rate-distortion curve: ``distortion``, the ``rate`` of a channel that has it (nats; an upper bound), the
    ``lower`` bound of the rate of any channel with that distortion, and the (x, y) ``channel``."""

    distortion: float
    rate: float
    lower: float
    channel: Float


def blahut_arimoto(source: ArrayLike, distortion: ArrayLike, slope: float, tol: float = 1e-9) -> RatePoint:
    r"""The point of the rate-distortion curve of a finite source at which the curve has slope ``-slope``.

    Alternating minimisation (Blahut 1972, Arimoto 1972) of :math:`I(X; Y) + s\, E d(X, Y)` over channels. It stops when the
    rate is between bounds that differ by at most ``tol``: the mutual information of the channel, and
    :math:`-s D - \sum_x p_x \log Z_x - \max_y \log c_y` (Csiszár 1974).

    Parameters
    ----------
    source : (x,) array
        A law.
    distortion : (x, y) array
        Finite.
    slope : float >= 0
        Nats per unit of distortion.

    Raises
    ------
    ModelError
        If the source is no law, shapes do not fit or the slope is negative.
    SolverError
        If the bounds do not meet.

    Examples
    --------
    A fair coin, Hamming distortion 0.1: :math:`\log 2 - h(0.1)`.

    >>> point = blahut_arimoto([.5, .5], [[0, 1], [1, 0]], np.log(9))
    >>> round(point.distortion, 9), round(point.rate, 6)
    (0.1, 0.368064)
    """
    d = _arrays.as_float(distortion, "distortion")
    if d.ndim != 2 or d.shape[1] == 0 or not np.isfinite(d).all():
        raise ModelError(f"distortion has shape {d.shape} (expected finite numbers, (x, y))")
    p = _arrays.as_distribution(source, len(d), "source")
    s = number(slope, "slope", least=0.0)
    log_kernel = -s * d
    log_q = np.full(d.shape[1], -math.log(d.shape[1]))
    held = p > 0.0
    log_p = np.log(p[held])
    for _ in range(ITERATIONS):
        log_z = logsumexp(log_kernel + log_q, axis=1)
        log_c = logsumexp(log_kernel[held] + (log_p - log_z[held])[:, None], axis=0)
        channel = np.exp(log_kernel + log_q - log_z[:, None])
        mean = float(p @ (channel * d).sum(axis=1))
        out = p @ channel
        rate = float(entr(out).sum() - p @ entr(channel).sum(axis=1))
        lower = -s * mean - float(p[held] @ log_z[held]) - float(log_c.max())
        if rate - lower <= tol:
            return RatePoint(mean, max(rate, 0.0), max(lower, 0.0), channel)
        log_q = log_q + log_c
    raise SolverError(
        f"the rate is only known to be in [{lower:.9g}, {rate:.9g}] after {ITERATIONS} iterations (tolerance {tol:g})"
    )


def rate_distortion_bound(distortion: float, rate: float, arms: int, proxy: float = 0.25) -> float:
    r""":math:`D + \sqrt{2 \sigma^2 (k - 1) R}` with the variance proxy :math:`\sigma^2` (1/4 for rewards in [0, 1])."""
    k, variance = count(arms, "arms"), number(proxy, "proxy", least=0.0)
    least = number(distortion, "distortion", least=0.0)
    return least + math.sqrt(2.0 * variance * (k - 1) * max(number(rate, "rate"), 0.0))


# --- two arms that swap --------------------------------------------------------------------------------------------------------


def _binary_entropy(x: float) -> float:
    return float(entr(x) + entr(1.0 - x))


def _switch(value: float) -> float:
    q = number(value, "switch", least=0.0)
    if q > 0.5:
        raise ModelError(f"switch is {value!r} (expected a probability of at most 1/2)")
    return q


def critical_distortion(switch: float) -> float:
    r""":math:`D_c = \frac12 (1 - \sqrt{1 - (q / (1 - q))^2})`: up to here Gray's formula holds.

    >>> round(critical_distortion(.1), 10)
    0.003096005
    """
    q = _switch(switch)
    x = (q / (1.0 - q)) ** 2
    return x / (2.0 * (1.0 + math.sqrt(max(0.0, 1.0 - x))))  # the difference from 1, without its cancellation


def symmetric_chain_rate(switch: float, errors: float) -> float:
    r"""Rate of the symmetric two-state chain under Hamming distortion: :math:`h(q) - h(D)` for :math:`D \le D_c` (Gray 1970).

    Parameters
    ----------
    switch : float in [0, 1/2]
        Probability q of a switch in one step.
    errors : float in [0, D_c]
        Share D of steps with the wrong arm.

    Raises
    ------
    ModelError
        Beyond the critical distortion, where no closed form is known.
    """
    q, most = _switch(switch), critical_distortion(switch)
    d = number(errors, "errors", least=0.0)
    if d > most:
        raise ModelError(f"errors is {d!r}: Gray's formula holds up to the critical distortion {most!r}")
    return _binary_entropy(q) - _binary_entropy(d)


def symmetric_chain_bound(switch: float, gap: float, errors: float | None = None) -> float:
    r""":math:`2 \Delta D + \sqrt{\frac12 (h(q) - h(D))}`: regret per step that is possible on the symmetric chain.

    The two arms pay :math:`\frac12 \pm \Delta` and swap with the probability q.

    ``errors`` is D, by default the critical one; 0 gives the bound by the entropy of the best action.

    >>> round(symmetric_chain_bound(.1, .3), 10), round(symmetric_chain_bound(.1, .3, 0.0), 10)
    (0.3917961592, 0.403164342)
    """
    width = number(gap, "gap", least=0.0)
    if width > 0.5:
        raise ModelError(f"gap is {gap!r} (expected at most 1/2: arms pay 1/2 plus or minus it)")
    d = critical_distortion(switch) if errors is None else errors
    return rate_distortion_bound(2.0 * width * d, symmetric_chain_rate(switch, d), 2)
