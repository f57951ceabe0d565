r"""How much a sampled future tells about an autoregressive arm: the law of what predictive sampling draws.

An arm :math:`x_{t+1} = \phi x_t + w_t`, :math:`w_t \sim N(0, q)`, with rewards :math:`x_t + N(0, s^2)` and posterior
:math:`x_t \sim N(m, v)`. The mean of :math:`x_t` given the past and a future drawn from its posterior law is itself a draw from
:math:`N(m, v^2 / (v + 1 / J))`, J the precision of that future about :math:`x_t`.
"""

from __future__ import annotations

import math

from tabular._parameters import number
from tabular.bandits.gaussian.covariances import AR1
from tabular.errors import ModelError

__all__ = ["future_precision", "predictive_sampling_variance"]


def future_precision(phi: float, innovation_variance: float, noise_variance: float, *, include_current: bool = False) -> float:
    r"""Precision J of all rewards after a step about the mean of an autoregressive arm at that step.

    With the present reward it is the fixed point :math:`J_0 = 1 / s^2 + \phi^2 J_0 / (1 + q J_0)`, the positive root of

    .. math:: q J_0^2 + (1 - q / s^2 - \phi^2) J_0 - 1 / s^2 = 0;

    without it, :math:`J = \phi^2 J_0 / (1 + q J_0) = J_0 - 1 / s^2`. Infinite for a constant arm.

    Parameters
    ----------
    phi : float in [-1, 1]
    innovation_variance : float >= 0
        q; that of a stationary arm of variance v is :math:`v (1 - \phi^2)`.
    noise_variance : float > 0
        :math:`s^2`.
    include_current : bool
        Whether the reward of the step itself counts.

    Examples
    --------
    >>> round(future_precision(0.9, 0.19, 1.0, include_current=True), 10), round(future_precision(0.9, 0.19, 1.0), 10)
    (2.2941573387, 1.2941573387)
    """
    AR1(phi)
    q, s2 = number(innovation_variance, "innovation_variance", 0.0), number(noise_variance, "noise_variance")
    if not s2 > 0.0:
        raise ModelError(f"noise_variance is {noise_variance!r} (expected a positive number)")
    b = (1.0 - phi) * (1.0 + phi) - q / s2
    root = math.sqrt(b * b + 4.0 * q / s2)
    if b >= 0.0:  # the form of the root that does not cancel
        J = 2.0 / s2 / (b + root) if b + root > 0.0 else math.inf
    else:
        J = (root - b) / (2.0 * q)
    if include_current or math.isinf(J):
        return J
    return phi * phi * J / (1.0 + q * J)


def predictive_sampling_variance(variance: float, precision: float) -> float:
    r""":math:`v^2 / (v + 1 / J)`: the variance of what predictive sampling draws for an arm of posterior variance v.

    >>> J = future_precision(0.9, 0.19, 1.0)
    >>> round(predictive_sampling_variance(0.7, J), 10), predictive_sampling_variance(0.7, 0.0)
    (0.3327214036, 0.0)
    """
    v = number(variance, "variance", 0.0)
    if not precision >= 0.0:
        raise ModelError(f"precision is {precision!r} (expected a number >= 0, or infinity)")
    return v * (v * precision / (1.0 + v * precision)) if precision < math.inf else v
