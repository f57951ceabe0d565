"""Named hidden-chain bandits, small enough to be solved exactly."""

from __future__ import annotations

import itertools

import numpy as np

from tabular._parameters import count, probability
from tabular.bandits.latent import LatentBandit
from tabular.errors import ModelError

__all__ = ["four_states", "hidden_regime", "informative_bad_arm", "one_good_arm", "swapping_arms"]


def swapping_arms(switch: float = 0.1, gap: float = 0.3) -> LatentBandit:
    """Two arms that pay 1/2 plus and minus the gap and swap with a probability: either says the same about the state, so that
    the greedy policy is optimal.

    >>> swapping_arms().thompson_regret(2).round(5)
    array([0.3    , 0.23088])
    """
    q, d = probability(switch, "switch"), probability(gap, "gap")
    if d > 0.5:
        raise ModelError(f"gap is {gap!r} (expected at most 1/2: arms pay 1/2 plus or minus it)")
    return LatentBandit([[1.0 - q, q], [q, 1.0 - q]], [[0.5 + d, 0.5 - d], [0.5 - d, 0.5 + d]], [0.5, 0.5])


def one_good_arm(arms: int = 3, switch: float = 0.15, low: float = 0.4, high: float = 0.7) -> LatentBandit:
    """One of k arms is better than the others, and moves to any other one with the probability ``switch``.

    >>> one_good_arm().bayes_optimal_regret(2).round(6)
    array([0.2    , 0.17675])
    """
    k, q = count(arms, "arms", least=2), probability(switch, "switch")
    chain = np.full((k, k), q / (k - 1)) + np.eye(k) * (1.0 - q - q / (k - 1))
    bad, good = probability(low, "low"), probability(high, "high")
    return LatentBandit(chain, bad + (good - bad) * np.eye(k), np.full(k, 1.0 / k))


def four_states() -> LatentBandit:
    """Two arms and four states, two for each: the best action is no Markov chain, and the greedy policy is not optimal."""
    chain = [[0.7, 0.2, 0.05, 0.05], [0.1, 0.6, 0.2, 0.1], [0.05, 0.15, 0.7, 0.1], [0.2, 0.1, 0.1, 0.6]]
    return LatentBandit(chain, [[0.9, 0.3], [0.6, 0.5], [0.2, 0.7], [0.4, 0.8]])


def informative_bad_arm() -> LatentBandit:
    """Two arms that swap, and a third that is never the best but tells the state apart."""
    return LatentBandit([[0.9, 0.1], [0.1, 0.9]], [[0.6, 0.4, 0.0], [0.4, 0.6, 0.3]], [0.5, 0.5])


def hidden_regime() -> LatentBandit:
    """Two arms that swap with probability .02 in a slow mode and .5 in a fast one; the mode, hidden too, flips once in 20 steps.

    States are (better arm, mode), slow first.
    """
    chain = np.zeros((4, 4))
    for arm, mode, other, after in itertools.product((0, 1), repeat=4):
        flip = (0.02, 0.5)[mode]
        chain[2 * arm + mode, 2 * other + after] = (flip if other != arm else 1.0 - flip) * (0.05 if after != mode else 0.95)
    return LatentBandit(chain, [[0.8, 0.2], [0.8, 0.2], [0.2, 0.8], [0.2, 0.8]], np.full(4, 0.25))
