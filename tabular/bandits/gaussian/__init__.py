"""Bandits whose arms follow Gaussian processes: exact filters, predictive sampling, how unpredictable the best arm is.

>>> bandit = GaussianProcessBandit(RBF(50.0), common=RBF(10.0))
>>> round(bandit.gap.switch_probability, 6), round(bandit.thompson_bound(), 6)
(0.006366, 0.480622)
"""

from tabular.bandits.gaussian.bandit import GaussianFilter, GaussianProcessBandit
from tabular.bandits.gaussian.covariances import AR1, RBF, Covariance, GivenCovariance
from tabular.bandits.gaussian.gaps import GaussianGap, expected_maximum, orthant_probability
from tabular.bandits.gaussian.information import GaussianInformationRatio
from tabular.bandits.gaussian.policies import (
    GaussianDiscountedUCB,
    GaussianGreedy,
    GaussianPolicy,
    GaussianThompson,
    GaussianUniform,
    GaussianWindowThompson,
    PredictiveSampling,
)
from tabular.bandits.gaussian.predictive import future_precision, predictive_sampling_variance
from tabular.bandits.gaussian.scales import ScaleRegret, policies_for_scale, regret_by_scale
from tabular.bandits.gaussian.simulation import GaussianSimulation

__all__ = [
    "AR1",
    "RBF",
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
    "PredictiveSampling",
    "ScaleRegret",
    "expected_maximum",
    "future_precision",
    "orthant_probability",
    "policies_for_scale",
    "predictive_sampling_variance",
    "regret_by_scale",
]
