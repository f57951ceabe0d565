"""Hypothesis strategies for the objects of the theory, with the corners on purpose.

They are public: use them to test solvers of your own. Models come as :class:`tabular.MDP` with dense transitions.

>>> from hypothesis import find
>>> mdp = find(mdps(), lambda m: m.n_states == 2 and m.gamma > 0.99)
>>> mdp.n_states
2
"""

from proofs_check.strategies.models import discounts, distributions, mdps, policies, rewards, stochastic_matrices, value_functions

__all__ = ["discounts", "distributions", "mdps", "policies", "rewards", "stochastic_matrices", "value_functions"]
