r"""Claims about discounted models.

The Bellman operator, policies' values and occupancies come from :mod:`tabular` in doubles, and from their definitions in rational
arithmetic. Notation: :math:`T` optimality, :math:`T_\pi` evaluation, :math:`\|\cdot\|` the sup norm, :math:`\mu` the initial law.

============ =======================================================================================
operators    contraction in norm and span, monotonicity, shifts, the optimality equation
bounds       what a residual proves about values
greedy       what policies greedy for inexact values lose; actions that cannot be optimal
iteration    value iteration, policy iteration, modified policy iteration: rates and comparisons
policies     improvement, advantages, performance differences, conservative steps
occupancies  visits: flow, mass, and the duality of linear programming
models       changed rewards and transitions: shaping, simulation lemmas
============ =======================================================================================
"""

from proofs_check.topics.mdp import bounds, greedy, iteration, models, occupancies, operators, policies

__all__ = ["bounds", "greedy", "iteration", "models", "occupancies", "operators", "policies"]
