r"""Claims about grouped actions.

============= ================================================================================================
values        lifted policies, the parts of the loss, refinement
similarity    the linear decomposition and its smallest coefficients, diameters, a metric of actions
approximation what grouping loses before anything is estimated: classic and sharp bounds, and what attains them
============= ================================================================================================
"""

from proofs_check.topics.action_grouping import approximation, similarity, values

__all__ = ["approximation", "similarity", "values"]
