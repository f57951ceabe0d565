r"""Claims about linear bandits.

============ ===============================================================================================================
dynamics     the hidden state: totals, the telescoping identity, tails, transients, online against offline regret
optimal      optimal policies, over a finite horizon and in the long run
waiting      DynLinUCB: waits rounded up and down, its confidence width, its regret
ellipsoids   volumes of Grams with the best constant, optimism, the regret that follows
paths        the self-normalised supermartingale on all paths, confidence ellipsoids, Gaussian identities with discounts
forgetting   the step by which analyses of forgetting learners went wrong, and what is true
lower_bounds what rewards of a hidden state tell, lower bounds with their constants, enumerated histories
============ ===============================================================================================================
"""

from proofs_check.topics.linear_bandits import dynamics, ellipsoids, forgetting, lower_bounds, optimal, paths, waiting

__all__ = ["dynamics", "ellipsoids", "forgetting", "lower_bounds", "optimal", "paths", "waiting"]
