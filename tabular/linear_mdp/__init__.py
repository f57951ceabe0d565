"""Linear MDPs with simplex features: exact d-rectangular problems, trajectories, offline learners and what to say of them.

>>> import tabular
>>> from tabular.linear_mdp import R2PVI, d_rectangular, sample
>>> model = tabular.domains.simulated_linear_mdp()
>>> problem = d_rectangular(model, tabular.TotalVariation(), penalty=0.5)
>>> f"{tabular.solve(problem).values[0, 0]:.10f}"
'0.4997500000'
>>> learned = R2PVI(tabular.TotalVariation(), 0.5, beta=0.1).learn(model, sample(model, 2000, rng=0))
>>> bool(tabular.linear_mdp.suboptimality(problem, learned, tabular.solve(problem).values)[0, 0] < 1e-3)
True
"""

from tabular.linear_mdp.diagnostics import (
    coverage_term,
    one_step_errors,
    pessimism_gap,
    staged_occupancy,
    suboptimality,
    worst_coverage,
)
from tabular.linear_mdp.learners import DRPVI, DRVIL, PEVI, R2PVI, VADRPVI, Learned, Learner
from tabular.linear_mdp.model import LinearFeatures, LinearMDP
from tabular.linear_mdp.problem import LinearProblem, d_rectangular
from tabular.linear_mdp.trajectories import Trajectories, sample

__all__ = [
    "DRPVI",
    "DRVIL",
    "PEVI",
    "R2PVI",
    "VADRPVI",
    "Learned",
    "Learner",
    "LinearFeatures",
    "LinearMDP",
    "LinearProblem",
    "Trajectories",
    "coverage_term",
    "d_rectangular",
    "one_step_errors",
    "pessimism_gap",
    "sample",
    "staged_occupancy",
    "suboptimality",
    "worst_coverage",
]
