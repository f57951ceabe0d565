r"""Claims about grouped actions.

============= ===================================================================================================
values        lifted policies, the parts of the loss, refinement
similarity    the linear decomposition and its smallest coefficients, diameters, a metric of actions
approximation what grouping loses before anything is estimated: classic and sharp bounds, action values, the metric
sharpness     the sharp bound: its shape, and models that attain it
estimation    plans that are best for an estimated kernel
concentration how far estimated kernels stray: Hoeffding, Weissman, Bernstein
budgets       sweeps, the total of the three errors, the number of groups that balances them
exact_losses  expected losses of one and two states, and what bounds say of them
selection     farthest-first traversal and complete linkage: what they guarantee
============= ===================================================================================================
"""

from proofs_check.topics.action_grouping import (
    approximation,
    budgets,
    concentration,
    estimation,
    exact_losses,
    selection,
    sharpness,
    similarity,
    values,
)

__all__ = [
    "approximation",
    "budgets",
    "concentration",
    "estimation",
    "exact_losses",
    "selection",
    "sharpness",
    "similarity",
    "values",
]
