"""Dynamical linear bandits and linear-bandit learners."""

from tabular.linear_bandits.arm_learners import AR2, Exp3, ExploreThenCommit
from tabular.linear_bandits.confidence import SystemBounds, determinant_width, ellipsoid_width
from tabular.linear_bandits.environments import Contexts, DriftingLinearBandit, LinearBandit
from tabular.linear_bandits.forgetting import DLinUCB, SWLinUCB
from tabular.linear_bandits.instances import (
    abrupt_circle,
    advertising_bandit,
    budget_actions,
    proportional_budget,
    slow_circle,
    synthetic_bandit,
)
from tabular.linear_bandits.learners import Learner, LinearThompson, LinUCB
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
from tabular.linear_bandits.simulation import Simulation, Trace, compare, log_checkpoints, simulate, trace
from tabular.linear_bandits.waiting import DynLinUCB, epoch_lengths

__all__ = [
    "AR2",
    "BEST_POTENTIAL_CONSTANT",
    "BiasStep",
    "Contexts",
    "DLinUCB",
    "DriftingLinearBandit",
    "DynLinUCB",
    "DynamicalLinearBandit",
    "EllipticalPotential",
    "Exp3",
    "ExploreThenCommit",
    "FiniteHorizonOptimum",
    "Learner",
    "LinUCB",
    "LinearBandit",
    "LinearThompson",
    "SWLinUCB",
    "Simulation",
    "SystemBounds",
    "Trace",
    "abrupt_circle",
    "advertising_bandit",
    "bias_step",
    "budget_actions",
    "compare",
    "determinant_width",
    "ellipsoid_width",
    "elliptical_potential",
    "epoch_lengths",
    "gaussian_identity",
    "log_checkpoints",
    "mixture_martingale",
    "proportional_budget",
    "simulate",
    "slow_circle",
    "synthetic_bandit",
    "trace",
    "worst_bias_norm",
]
