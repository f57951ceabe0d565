"""Bandits, exactly: regret, information and entropy without simulation.

>>> bandit = LatentBandit([[.9, .1], [.1, .9]], [[.8, .2], [.2, .8]])
>>> regret, entropy = bandit.thompson_regret(6).sum(), bandit.optimal_action_entropy(6)
>>> bool(regret <= (0.5 * 6 * bandit.information_gain(6)) ** 0.5 <= (0.5 * 6 * entropy) ** 0.5)
True
"""

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
from tabular.bandits.gaussian import GaussianFilter, GaussianProcessBandit
from tabular.bandits.gaussian_covariances import AR1, RBF, Covariance, GivenCovariance
from tabular.bandits.gaussian_gaps import GaussianGap, expected_maximum, orthant_probability
from tabular.bandits.gaussian_information import GaussianInformationRatio
from tabular.bandits.gaussian_policies import (
    GaussianDiscountedUCB,
    GaussianGreedy,
    GaussianPolicy,
    GaussianThompson,
    GaussianUniform,
    GaussianWindowThompson,
    PredictiveSampling,
)
from tabular.bandits.gaussian_predictive import future_precision, predictive_sampling_variance
from tabular.bandits.gaussian_scales import ScaleRegret, policies_for_scale, regret_by_scale
from tabular.bandits.gaussian_simulation import GaussianSimulation
from tabular.bandits.gittins import gittins_bounds, gittins_index
from tabular.bandits.latent import LatentBandit, Policy

__all__ = [
    "AR1",
    "RBF",
    "CountPolicy",
    "CountRegret",
    "Covariance",
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
    "LatentBandit",
    "Policy",
    "PredictiveSampling",
    "ScaleRegret",
    "bayes_regret",
    "count_regret",
    "expected_maximum",
    "future_precision",
    "gittins_bounds",
    "gittins_index",
    "kl_ucb",
    "optimal_bayes_regret",
    "orthant_probability",
    "policies_for_scale",
    "predictive_sampling_variance",
    "regret_by_scale",
    "thompson",
    "ucb1",
]
