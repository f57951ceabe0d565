"""Exact tabular solvers that say how far to trust them.

>>> import tabular
>>> sorted(name for name in tabular.__all__ if name.endswith("Iteration"))
['ExactPolicyIteration', 'ModifiedPolicyIteration', 'PolicyIteration', 'ValueIteration']
"""

from tabular import (
    alignment,
    bandits,
    divergences,
    domains,
    grouping,
    linear_bandits,
    linear_mdp,
    log_mapping,
    recourse,
    robust,
    schemes,
    tsallis,
)
from tabular.bellman import Expectation, Groups, Max, Penalised, SharedWorstCase, SmoothMax, WorstCase
from tabular.divergences import *  # noqa: F403
from tabular.errors import ModelError, SolverError, SolverInterrupted
from tabular.evaluation import greedy, occupancy, performance_difference, policy_bracket, policy_value, q_values
from tabular.mdp import MDP
from tabular.problem import FiniteHorizon, Grouped, Problem, Regularized, Robust
from tabular.regularization import regularizer_bounds, unregularized_bracket
from tabular.solvers import (
    BackwardInduction,
    ExactPolicyIteration,
    LinearProgram,
    ModifiedPolicyIteration,
    PolicyIteration,
    Solution,
    ValueIteration,
    solve,
)

__version__ = "0.1.0"

__all__ = [
    *divergences.__all__,
    "alignment",
    "bandits",
    "divergences",
    "WorstCase",
    "SharedWorstCase",
    "SmoothMax",
    "Robust",
    "Regularized",
    "Penalised",
    "MDP",
    "BackwardInduction",
    "ExactPolicyIteration",
    "Expectation",
    "FiniteHorizon",
    "Grouped",
    "Groups",
    "LinearProgram",
    "Max",
    "ModelError",
    "ModifiedPolicyIteration",
    "PolicyIteration",
    "Problem",
    "Solution",
    "SolverError",
    "SolverInterrupted",
    "ValueIteration",
    "domains",
    "greedy",
    "grouping",
    "linear_bandits",
    "linear_mdp",
    "log_mapping",
    "occupancy",
    "performance_difference",
    "policy_bracket",
    "policy_value",
    "q_values",
    "recourse",
    "regularizer_bounds",
    "robust",
    "schemes",
    "solve",
    "tsallis",
    "unregularized_bracket",
]
