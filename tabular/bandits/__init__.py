"""Bandits: regret, information and entropy without simulation where that is possible, and simulated where it is not.

>>> bandit = LatentBandit([[.9, .1], [.1, .9]], [[.8, .2], [.2, .8]])
>>> regret, entropy = bandit.thompson_regret(6).sum(), bandit.optimal_action_entropy(6)
>>> bool(regret <= (0.5 * 6 * bandit.information_gain(6)) ** 0.5 <= (0.5 * 6 * entropy) ** 0.5)
True
"""

from tabular.bandits import examples
from tabular.bandits.contextual import ContextualBandit, ContextualPolicy
from tabular.bandits.counts import (
    CountPolicy,
    CountRegret,
    Divergences,
    bayes_regret,
    count_regret,
    divergences,
    kl_ucb,
    optimal_bayes_regret,
    thompson,
    ucb1,
)
from tabular.bandits.discounted import TwoArmValues, two_arm_values
from tabular.bandits.exp3 import exp3_mixing, exp3_regret
from tabular.bandits.gaussian import (
    AR1,
    RBF,
    Covariance,
    GaussianDiscountedUCB,
    GaussianFilter,
    GaussianGap,
    GaussianGreedy,
    GaussianInformationRatio,
    GaussianPolicy,
    GaussianProcessBandit,
    GaussianSimulation,
    GaussianThompson,
    GaussianUniform,
    GaussianWindowThompson,
    GivenCovariance,
    PredictiveSampling,
    ScaleRegret,
    expected_maximum,
    future_precision,
    orthant_probability,
    policies_for_scale,
    predictive_sampling_variance,
    regret_by_scale,
)
from tabular.bandits.gittins import gittins_bounds, gittins_index
from tabular.bandits.hidden import Policy
from tabular.bandits.latent import LatentBandit
from tabular.bandits.rate_distortion import (
    RatePoint,
    blahut_arimoto,
    critical_distortion,
    rate_distortion_bound,
    symmetric_chain_bound,
    symmetric_chain_rate,
)
from tabular.bandits.stationary import StationaryOptimum, StationaryValues
from tabular.bandits._policy import SimulatedPolicy
from tabular.bandits.policies import KLUCB, UCB1, DiscountedUCB, EpsilonGreedy, Exp3, Exp3S, SlidingWindowUCB
from tabular.bandits.posterior_sampling import BeliefGreedy, BeliefThompson, DiscountedThompson, SlidingWindowThompson, Thompson
from tabular.bandits.simulation import RewardTable, Simulation, simulate

__all__ = [
    "AR1",
    "BeliefGreedy",
    "BeliefThompson",
    "ContextualBandit",
    "ContextualPolicy",
    "CountPolicy",
    "CountRegret",
    "Covariance",
    "DiscountedThompson",
    "DiscountedUCB",
    "Divergences",
    "EpsilonGreedy",
    "Exp3",
    "Exp3S",
    "GaussianDiscountedUCB",
    "GaussianFilter",
    "GaussianGap",
    "GaussianGreedy",
    "GaussianInformationRatio",
    "GaussianPolicy",
    "GaussianProcessBandit",
    "GaussianSimulation",
    "GaussianThompson",
    "GaussianUniform",
    "GaussianWindowThompson",
    "GivenCovariance",
    "KLUCB",
    "LatentBandit",
    "Policy",
    "PredictiveSampling",
    "RBF",
    "RatePoint",
    "RewardTable",
    "ScaleRegret",
    "SimulatedPolicy",
    "Simulation",
    "SlidingWindowThompson",
    "SlidingWindowUCB",
    "StationaryOptimum",
    "StationaryValues",
    "Thompson",
    "TwoArmValues",
    "UCB1",
    "bayes_regret",
    "blahut_arimoto",
    "count_regret",
    "critical_distortion",
    "divergences",
    "examples",
    "exp3_mixing",
    "exp3_regret",
    "expected_maximum",
    "future_precision",
    "gittins_bounds",
    "gittins_index",
    "kl_ucb",
    "optimal_bayes_regret",
    "orthant_probability",
    "policies_for_scale",
    "predictive_sampling_variance",
    "rate_distortion_bound",
    "regret_by_scale",
    "simulate",
    "symmetric_chain_bound",
    "symmetric_chain_rate",
    "thompson",
    "two_arm_values",
    "ucb1",
]
