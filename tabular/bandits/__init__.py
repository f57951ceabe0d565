"""Bandits, exactly: regret, information and entropy without simulation; and simulation of what is too large for that.

>>> bandit = LatentBandit([[.9, .1], [.1, .9]], [[.8, .2], [.2, .8]])
>>> regret, entropy = bandit.thompson_regret(6).sum(), bandit.optimal_action_entropy(6)
>>> bool(regret <= (0.5 * 6 * bandit.information_gain(6)) ** 0.5 <= (0.5 * 6 * entropy) ** 0.5)
True
"""

from tabular.bandits._policy import SimulatedPolicy
from tabular.bandits.counts import (
    CountPolicy,
    CountRegret,
    bayes_regret,
    count_regret,
    kl_ucb,
    optimal_bayes_regret,
    thompson,
    ucb1,
)
from tabular.bandits.gittins import gittins_bounds, gittins_index
from tabular.bandits.latent import LatentBandit, Policy
from tabular.bandits.policies import KLUCB, UCB1, DiscountedUCB, EpsilonGreedy, Exp3, Exp3S, SlidingWindowUCB
from tabular.bandits.posterior_sampling import BeliefGreedy, BeliefThompson, DiscountedThompson, SlidingWindowThompson, Thompson
from tabular.bandits.simulation import RewardTable, Simulation, simulate

__all__ = [
    "KLUCB",
    "UCB1",
    "BeliefGreedy",
    "BeliefThompson",
    "CountPolicy",
    "CountRegret",
    "DiscountedThompson",
    "DiscountedUCB",
    "EpsilonGreedy",
    "Exp3",
    "Exp3S",
    "LatentBandit",
    "Policy",
    "RewardTable",
    "SimulatedPolicy",
    "Simulation",
    "SlidingWindowThompson",
    "SlidingWindowUCB",
    "Thompson",
    "bayes_regret",
    "count_regret",
    "gittins_bounds",
    "gittins_index",
    "kl_ucb",
    "optimal_bayes_regret",
    "simulate",
    "thompson",
    "ucb1",
]
