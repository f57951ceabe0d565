"""Dynamical linear bandits and linear-bandit learners."""

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

__all__ = [
    "Contexts",
    "DriftingLinearBandit",
    "DynamicalLinearBandit",
    "FiniteHorizonOptimum",
    "LinearBandit",
    "abrupt_circle",
    "advertising_bandit",
    "budget_actions",
    "proportional_budget",
    "slow_circle",
    "synthetic_bandit",
]
