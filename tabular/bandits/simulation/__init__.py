"""Simulation of what cannot be computed exactly: many replications side by side, compiled, the same for any number of workers.

>>> found = simulate([0.6, 0.4], UCB1(), horizon=100, replications=1000, seed=0)
>>> bool(abs(found.cumulative_regret[9] - 0.8350511104) < 4 * found.cumulative_standard_error[9])
True
"""

from tabular.bandits.simulation._policy import SimulatedPolicy
from tabular.bandits.simulation.engine import RewardTable, Simulation, simulate
from tabular.bandits.simulation.policies import (
    KLUCB,
    UCB1,
    DiscountedUCB,
    EpsilonGreedy,
    Exp3,
    Exp3S,
    SlidingWindowUCB,
)
from tabular.bandits.simulation.posterior_sampling import (
    BeliefGreedy,
    BeliefThompson,
    DiscountedThompson,
    SlidingWindowThompson,
    Thompson,
)

__all__ = [
    "KLUCB",
    "UCB1",
    "BeliefGreedy",
    "BeliefThompson",
    "DiscountedThompson",
    "DiscountedUCB",
    "EpsilonGreedy",
    "Exp3",
    "Exp3S",
    "RewardTable",
    "SimulatedPolicy",
    "Simulation",
    "SlidingWindowThompson",
    "SlidingWindowUCB",
    "Thompson",
    "simulate",
]
