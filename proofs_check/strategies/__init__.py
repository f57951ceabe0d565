"""Hypothesis strategies for the objects of the theory, with the corners on purpose.

They are public: use them to test solvers of your own. Models come as :class:`tabular.MDP` with dense transitions; ``mdp.P`` and
``mdp.r`` are (S, A, S) and (S, A) arrays for any other library. A property test of a solver, here of our own:

>>> from hypothesis import given, settings
>>> import numpy, tabular
>>> @settings(max_examples=20, database=None, derandomize=True, deadline=None)
... @given(mdps(max_states=3, gammas=discounts(0.99)))
... def is_a_fixed_point(mdp):
...     v = tabular.solve(mdp).values
...     assert numpy.allclose(tabular.q_values(mdp, v).max(axis=1), v, rtol=1e-6, atol=1e-6)
>>> is_a_fixed_point()

Corners can be asked for with ``hypothesis.find``:

>>> from hypothesis import find
>>> mdp = find(mdps(), lambda m: m.n_states == 2 and m.gamma > 0.99)
>>> mdp.n_states
2
"""

from proofs_check.strategies.adversaries import ambiguity_sets, divergences, worst_case_problems
from proofs_check.strategies.models import discounts, distributions, mdps, policies, rewards, stochastic_matrices, value_functions

__all__ = [
    "ambiguity_sets",
    "discounts",
    "distributions",
    "divergences",
    "mdps",
    "policies",
    "rewards",
    "stochastic_matrices",
    "value_functions",
    "worst_case_problems",
]
