"""Dynamical linear bandits and linear-bandit learners: exact values, confidence widths that can be checked, compiled simulation.

>>> from tabular.linear_bandits import DynLinUCB, LinUCB, budget_actions, compare, synthetic_bandit
>>> bandit, actions = synthetic_bandit(), budget_actions()
>>> bandit.best_action(actions)
array([1. , 0.5, 0. ])
>>> learners = {"waits": DynLinUCB.for_bandit(bandit, actions, 5000), "does not": LinUCB.for_bandit(bandit, actions, 5000)}
>>> found = compare(bandit, actions, learners, 5000, seeds=range(4))
>>> bool(found["waits"].ratios.max() < 1 < found["does not"].ratios.max())
True
"""

from tabular.linear_bandits.arm_learners import AR2, Exp3, ExploreThenCommit
from tabular.linear_bandits.confidence import SystemBounds, determinant_width, ellipsoid_width
from tabular.linear_bandits.enumeration import RademacherPaths, Rule, optimistic_rule, rademacher_paths, sign_histories
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
from tabular.linear_bandits.lower_bounds import (
    HYPERCUBE_CONSTANT,
    LargestBayesRegret,
    bretagnolle_huber,
    dynamical_lower_bound,
    hidden_direction,
    hypercube_actions,
    hypercube_lower_bound,
    largest_bayes_regret,
    two_action_bayes_regret,
    unit_ball_lower_bound,
)
from tabular.linear_bandits.model import DynamicalLinearBandit, FiniteHorizonOptimum
from tabular.linear_bandits.output_laws import OutputLaw, output_divergence, output_law
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
from tabular.linear_bandits.regret_bounds import (
    discounted_regret_bound,
    dynamical_regret_bound,
    optimistic_regret_bound,
    thompson_bayes_bound,
)
from tabular.linear_bandits.simulation import Simulation, Trace, compare, log_checkpoints, simulate, trace
from tabular.linear_bandits.waiting import DynLinUCB, epoch_lengths

__all__ = [
    "AR2",
    "BEST_POTENTIAL_CONSTANT",
    "HYPERCUBE_CONSTANT",
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
    "LargestBayesRegret",
    "Learner",
    "LinUCB",
    "LinearBandit",
    "LinearThompson",
    "OutputLaw",
    "RademacherPaths",
    "Rule",
    "SWLinUCB",
    "Simulation",
    "SystemBounds",
    "Trace",
    "abrupt_circle",
    "advertising_bandit",
    "bias_step",
    "bretagnolle_huber",
    "budget_actions",
    "compare",
    "determinant_width",
    "discounted_regret_bound",
    "dynamical_lower_bound",
    "dynamical_regret_bound",
    "ellipsoid_width",
    "elliptical_potential",
    "epoch_lengths",
    "gaussian_identity",
    "hidden_direction",
    "hypercube_actions",
    "hypercube_lower_bound",
    "largest_bayes_regret",
    "log_checkpoints",
    "mixture_martingale",
    "optimistic_regret_bound",
    "optimistic_rule",
    "output_divergence",
    "output_law",
    "proportional_budget",
    "rademacher_paths",
    "sign_histories",
    "simulate",
    "slow_circle",
    "synthetic_bandit",
    "thompson_bayes_bound",
    "trace",
    "two_action_bayes_regret",
    "unit_ball_lower_bound",
    "worst_bias_norm",
]
