r"""Published instances: budgets over three advertising channels, as dynamical linear bandits.

Both have three outputs, each with noise, whose sum is the reward; actions are the six ways to give one channel a budget of 1 and
another 1/2. Source: Mussi, Metelli and Restelli (2023), Section 6 and the configuration of their program. Drifting parameters on
the circle are those of Russac, Vernade and Cappé (2019), Section 5.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from tabular._arrays import Float
from tabular._parameters import count, number
from tabular.errors import ModelError
from tabular.linear_bandits.environments import DriftingLinearBandit
from tabular.linear_bandits.model import DynamicalLinearBandit, finite_array

__all__ = [
    "abrupt_circle",
    "advertising_bandit",
    "budget_actions",
    "proportional_budget",
    "slow_circle",
    "synthetic_bandit",
]


def _summed(A: Any, B: Any, C: Any, D: Any, noise: float, reward_noise: float | None) -> DynamicalLinearBandit:
    outputs = noise if reward_noise is None else number(reward_noise, "reward_noise", 0.0) / math.sqrt(3.0)
    return DynamicalLinearBandit.from_outputs(A, B, C, D, state_noise=noise, output_noise=outputs)


def synthetic_bandit(noise: float = 0.01, *, reward_noise: float | None = None) -> DynamicalLinearBandit:
    r"""The synthetic instance: what is best for the next reward is not what is best in the long run.

    Parameters
    ----------
    noise : float >= 0
        Standard deviation of each state and of each of the three outputs; .001, .01 and .1 in the paper.
    reward_noise : float >= 0, optional
        Standard deviation of the reward; by default :math:`\sqrt 3` times ``noise``, that of the sum of three outputs.

    Examples
    --------
    >>> bandit = synthetic_bandit()
    >>> bandit.best_action(budget_actions()), budget_actions()[np.argmax(budget_actions() @ bandit.theta)]
    (array([1. , 0.5, 0. ]), array([0. , 1. , 0.5]))
    >>> bandit.gaps(budget_actions()).round(6)
    array([0.451389, 0.256944, 0.420139, 0.03125 , 0.194444, 0.      ])
    """
    return _summed(
        np.diag([0.2, 0.0, 0.1]),
        np.diag([0.45, 0.0, 0.1]),
        np.diag([1.0, 0.0, 0.1]),
        np.diag([0.0, 0.5, 0.1]),
        noise,
        reward_noise,
    )


def advertising_bandit(noise: float = 0.01, *, reward_noise: float | None = None) -> DynamicalLinearBandit:
    """The instance identified from advertising data: complex eigenvalues, states that act on each other.

    Parameters
    ----------
    noise : float >= 0
        Standard deviation of each state and of each of the three outputs.
    reward_noise : float >= 0, optional
        Standard deviation of the reward; by default that of the sum of three outputs.

    Examples
    --------
    >>> bandit = advertising_bandit()
    >>> bandit.best_action(budget_actions()), round(bandit.spectral_radius, 10)
    (array([1. , 0. , 0.5]), 0.6668913423)
    """
    return _summed(
        [[0.38, 0.33, 0.6], [0.07, 0.76, -0.54], [0.18, 0.34, 0.05]],
        [[0.14, 0.34, -0.05], [-0.17, 0.03, -0.01], [0.04, -0.09, 0.17]],
        [[0.25, -0.14, 0.01], [-0.55, 0.2, -0.13], [-0.31, -0.1, -0.01]],
        [[0.11, 0.1, 0.01], [0.01, 0.36, 0.01], [0.01, -0.05, 0.0]],
        noise,
        reward_noise,
    )


def budget_actions() -> Float:
    """(6, 3) budgets of both instances: permutations of 1, 1/2 and 0, in lexicographic order."""
    return np.array(sorted(itertools.permutations([1.0, 0.5, 0.0])))


def proportional_budget(weights: Any, budget: float = 1.5, most: float = 1.0) -> Float:
    """A budget in proportion to weights, none above ``most``; the channels below it share what is left in proportion.

    One round of capping, as in the experiments of the paper, where it plays the expert with the weights below.

    >>> proportional_budget([1641952, 259591273, 716354611]).round(6)
    array([0.003143, 0.496857, 1.      ])
    """
    given = finite_array(weights, "weights", 1)
    if not ((given >= 0.0).all() and given.sum() > 0.0):
        raise ModelError(f"weights are {weights!r} (expected numbers >= 0, not all 0)")
    number(budget, "budget", 0.0)
    shares = budget * given / given.sum()
    capped = shares > most
    if capped.all():
        raise ModelError(f"a budget of {budget!r} does not fit under {given.size} caps of {most!r}")
    left, open_ = budget - most * capped.sum(), float(shares[~capped].sum())
    if open_ == 0.0:  # nobody else has a weight: what is over stays unspent
        return np.asarray(np.where(capped, most, 0.0))
    return np.asarray(np.where(capped, most, shares * left / open_))


def abrupt_circle(reward_noise: float = 1.0, *, stay: int = 1000) -> DriftingLinearBandit:
    """Parameters on the unit circle that jump: (1, 0), (-1, 0), (0, 1), each for ``stay`` rounds, then (0, -1).

    >>> round(abrupt_circle().variation(6000), 4)
    5.4142
    """
    starts = count(stay, "stay") * np.arange(4)
    return DriftingLinearBandit([[1, 0], [-1, 0], [0, 1], [0, -1]], starts, reward_noise=reward_noise)


def slow_circle(reward_noise: float = 1.0, *, rounds: int = 3000) -> DriftingLinearBandit:
    """Parameters that go from (1, 0) to (0, 1) along the unit circle in so many rounds, and stay there.

    >>> round(slow_circle().variation(6000), 4)
    1.5708
    """
    angle = np.linspace(0.0, np.pi / 2.0, count(rounds, "rounds", 2))
    return DriftingLinearBandit(np.stack([np.cos(angle), np.sin(angle)], axis=1), reward_noise=reward_noise)
