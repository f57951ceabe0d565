"""Win rates of arbitrary policies."""

from __future__ import annotations

from typing import Any

import numpy as np

from tabular._arrays import Float
from tabular.alignment.reward_classes import reward_classes
from tabular.divergences.arguments import as_pair

__all__ = ["mid_quantiles", "win_rate"]


def mid_quantiles(probabilities: Any, rewards: Any, *, tie_tolerance: Any = 0.0) -> Float:
    r"""(L,) :math:`m_y = P(r(Y) < r_y) + \frac12 P(r(Y) = r_y)` for a draw Y of the reference.

    The win rate of a policy against the reference is its mean: it is linear in the policy.

    Raises
    ------
    ModelError
        As :func:`~tabular.alignment.best_of_n`.

    >>> mid_quantiles([0.4, 0.3, 0.2, 0.1], [0, 1, 2, 3]).round(10)
    array([0.2 , 0.55, 0.8 , 0.95])
    """
    classes = reward_classes(probabilities, rewards, tie_tolerance)
    r = np.asarray(rewards)
    if (classes.index >= 0).all():
        return classes.middles[classes.index]
    # an outcome without mass beats what lies below it
    first = np.searchsorted(classes.rewards, r, side="left")
    last = np.searchsorted(classes.rewards, r, side="right")
    edges = np.append(classes.below, 1.0)
    return np.where(classes.index >= 0, classes.middles[classes.index], (edges[first] + edges[last]) / 2)


def win_rate(policy: Any, opponent: Any, rewards: Any, *, tie_tolerance: Any = 0.0) -> float:
    """Probability that a draw of the policy has a larger reward than one of the opponent, ties counting one half.

    Raises
    ------
    ModelError
        As :func:`~tabular.alignment.best_of_n`, and if the policy is no distribution over the same outcomes.

    >>> win_rate([0, 0, 0.5, 0.5], [0.4, 0.3, 0.2, 0.1], [0, 1, 2, 3])
    0.875
    """
    q, p = as_pair(policy, opponent)
    return float(q @ mid_quantiles(p, rewards, tie_tolerance=tie_tolerance))
