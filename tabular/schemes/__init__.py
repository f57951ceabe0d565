r"""Iterative schemes whose policies remember: mirror descent, Munchausen and soft value iteration.

They solve the same models as :func:`tabular.solve`, and may be passed to it as a method; but what makes them worth studying is
how they go on when every evaluation is wrong. ``scheme.run(mdp, iterations, noise=...)`` returns a :class:`Trace` of all that the
theory speaks of: losses, averages of errors, actions without mass, weights of past action values. ``scheme.iterate(mdp)`` yields
one state after the other.

>>> import tabular
>>> mdp = tabular.domains.garnet(20, 3, 4, gamma=0.9, rng=0)
>>> scheme = tabular.schemes.MunchausenValueIteration(0.03, order=2)
>>> trace = scheme.run(mdp, 300)
>>> bool(trace.losses[-1] < 1e-8), tabular.solve(mdp, scheme).converged
(True, True)
"""

from tabular.schemes.mirror_descent import MirrorDescentPolicyIteration, MirrorDescentValueIteration, averaging_bound
from tabular.schemes.munchausen import MunchausenValueIteration
from tabular.schemes.scheme import Scheme, State
from tabular.schemes.soft import SoftValueIteration
from tabular.schemes.trace import Trace

__all__ = [
    "MirrorDescentPolicyIteration",
    "MirrorDescentValueIteration",
    "MunchausenValueIteration",
    "Scheme",
    "SoftValueIteration",
    "State",
    "Trace",
    "averaging_bound",
]
