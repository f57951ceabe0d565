r"""Exp3 without simulation: all sequences of its actions, on rewards that were fixed in advance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from tabular import _arrays
from tabular._parameters import probability
from tabular.bandits import hidden
from tabular.bandits.simulation import Exp3
from tabular.errors import ModelError

__all__ = ["exp3_regret"]


def exp3_regret(rewards: ArrayLike, mixing: float | None = None) -> float:
    r"""Expected regret of Exp3 against the best fixed arm.

    Arm a is played with :math:`p_a = (1 - \gamma) w_a / \sum w + \gamma / k`, and its weight multiplied by
    :math:`e^{\gamma x / (k p_a)}`, x its reward. All :math:`k^T` sequences of actions are followed.

    Parameters
    ----------
    rewards : (T, k) array in [0, 1]
        Fixed in advance.
    mixing : float in (0, 1], optional
        :math:`\gamma`, by default that of :meth:`Exp3.tuned <tabular.bandits.Exp3.tuned>`.

    Raises
    ------
    ModelError
        If rewards are outside [0, 1], or there are too many sequences.

    Examples
    --------
    >>> round(exp3_regret([[1.0, 0.0]] * 2, mixing=1.0), 10)
    1.0
    """
    x = _arrays.as_float(rewards, "rewards")
    if x.ndim != 2 or x.size == 0 or not ((x >= 0.0) & (x <= 1.0)).all():
        raise ModelError(f"rewards have shape {x.shape} (expected (T, k) with entries in [0, 1])")
    steps, k = x.shape
    if k**steps > hidden.MOST_NODES:
        raise ModelError(f"there are {k}^{steps} sequences of actions (at most {hidden.MOST_NODES}); shorten the horizon")
    gamma = Exp3.tuned(steps, k).mixing if mixing is None else probability(mixing, "mixing")
    if gamma == 0.0:
        raise ModelError("mixing is 0 (expected a number in (0, 1])")
    chances, exponents, gained = np.ones(1), np.zeros((1, k)), 0.0
    for now in x:
        weights = np.exp(exponents - exponents.max(axis=1, keepdims=True))
        laws = (1.0 - gamma) * weights / weights.sum(axis=1, keepdims=True) + gamma / k
        gained += float(chances @ (laws @ now))
        longer = np.repeat(exponents[:, None, :], k, axis=1)
        arms = np.arange(k)
        longer[:, arms, arms] += gamma * now / (k * laws)
        chances, exponents = (chances[:, None] * laws).ravel(), longer.reshape(-1, k)
    return float(x.sum(axis=0).max()) - gained
