"""Dynamical linear bandits and linear-bandit learners."""

from tabular.linear_bandits.confidence import SystemBounds, determinant_width, ellipsoid_width
from tabular.linear_bandits.environments import Contexts, DriftingLinearBandit, LinearBandit
from tabular.linear_bandits.instances import (
    abrupt_circle,
    advertising_bandit,
    budget_actions,
    proportional_budget,
    slow_circle,
    synthetic_bandit,
)
from tabular.linear_bandits.model import DynamicalLinearBandit, FiniteHorizonOptimum
from tabular.linear_bandits.potentials import (
    BEST_POTENTIAL_CONSTANT,
    BiasStep,
    EllipticalPotential,
    bias_step,
    elliptical_potential,
    gaussian_identity,
    mixture_martingale,
    worst_bias_norm,
)

__all__ = [
    "BEST_POTENTIAL_CONSTANT",
    "BiasStep",
    "Contexts",
    "DriftingLinearBandit",
    "DynamicalLinearBandit",
    "EllipticalPotential",
    "FiniteHorizonOptimum",
    "LinearBandit",
    "SystemBounds",
    "abrupt_circle",
    "advertising_bandit",
    "bias_step",
    "budget_actions",
    "determinant_width",
    "ellipsoid_width",
    "elliptical_potential",
    "gaussian_identity",
    "mixture_martingale",
    "proportional_budget",
    "slow_circle",
    "synthetic_bandit",
    "worst_bias_norm",
]
