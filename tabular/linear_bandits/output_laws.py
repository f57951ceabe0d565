r"""The exact law of rewards when the state is hidden and noise is Gaussian, and divergences between such laws.

:math:`y_{1:T}` is Gaussian with the expected rewards as its mean and covariance :math:`\sigma_\eta^2 I + \sum` of what state
noise adds to all later rewards. A learner who saw the state would learn more: revealing it bounds the divergence from above.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import cho_factor, cho_solve, solve_triangular

from tabular._arrays import Float
from tabular.errors import ModelError
from tabular.linear_bandits._linear_algebra import linear_recursion
from tabular.linear_bandits.model import DynamicalLinearBandit, rows_of_actions

__all__ = ["OutputLaw", "output_divergence", "output_law"]


class OutputLaw(NamedTuple):
    """A Gaussian law of T rewards: ``mean`` (T,) and ``covariance`` (T, T)."""

    mean: Float
    covariance: Float


def output_law(bandit: DynamicalLinearBandit, actions: ArrayLike) -> OutputLaw:
    r"""The law of the rewards of a fixed sequence of actions (T, d).

    State noise of round t reaches reward s > t with weight :math:`A^{T(s - t - 1)} \omega`.

    >>> bandit = DynamicalLinearBandit([[.5]], [[1]], [1], [0], state_noise=1, reward_noise=.5)
    >>> output_law(bandit, [[1], [1]])
    OutputLaw(mean=array([0., 1.]), covariance=array([[0.25, 0.  ],
           [0.  , 1.25]]))
    """
    mean = bandit.expected_rewards(actions)
    T, n = mean.size, bandit.state_dimension
    reach = linear_recursion(bandit.A.T, np.zeros((T, n)), bandit.omega)[: T - 1]  # row k: weight of noise k + 1 rounds ago
    weights = np.zeros((T, T - 1, n))
    for t in range(T - 1):
        weights[t + 1 :, t] = reach[: T - 1 - t]
    flat = weights.reshape(T, -1)
    covariance = bandit.state_noise**2 * (flat @ flat.T) + bandit.reward_noise**2 * np.eye(T)
    return OutputLaw(mean, covariance)


def output_divergence(first: DynamicalLinearBandit, second: DynamicalLinearBandit, actions: ArrayLike) -> float:
    r"""KL divergence of the reward law of one bandit from that of another, for the same actions (T, d), in nats.

    :math:`\frac12 [\operatorname{tr}(\Sigma_2^{-1} \Sigma_1) - T + \log\frac{\det \Sigma_2}{\det \Sigma_1} + \Delta^T
    \Sigma_2^{-1} \Delta]`, :math:`\Delta` the difference of means.

    Raises
    ------
    ModelError
        If a bandit has no reward noise, so that its law has no density, or if dimensions of actions differ.

    Examples
    --------
    >>> pair = [DynamicalLinearBandit([[.5]], [[b]], [1], [0], state_noise=.1, reward_noise=.1) for b in (0, .01)]
    >>> round(output_divergence(*pair, np.ones((200, 1))), 10)
    0.7940813227
    """
    for bandit in (first, second):
        if not bandit.reward_noise > 0.0:
            raise ModelError("without reward noise the first reward is certain, and laws of rewards have no density")
    if first.dimension != second.dimension:
        raise ModelError(f"bandits have actions in dimensions {first.dimension} and {second.dimension} (expected the same)")
    rows = rows_of_actions(actions, first.dimension)
    one, two = output_law(first, rows), output_law(second, rows)
    lower, root = np.linalg.cholesky(one.covariance), cho_factor(two.covariance, lower=True)
    shift = one.mean - two.mean
    spread = solve_triangular(root[0], lower, lower=True)
    logs = 2.0 * float((np.log(np.diag(root[0])) - np.log(np.diag(lower))).sum())
    return 0.5 * float((spread**2).sum() - shift.size + logs + shift @ cho_solve(root, shift))
