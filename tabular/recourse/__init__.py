"""Recourse that survives retraining: worst-case failure of a recommended change, and the change where it is smallest.

>>> now = Classifiers([[1, 1, -1], [1, .5, -1]], [[[.1, 0, 0], [0, .2, 0], [0, 0, .1]]] * 2, .1)
>>> found = recourse([.2, .3, 1], 2.0, now, immutable=[2])
>>> bool(found.failure < found.start_failure), bool((now.margins(found.point) >= 0).all())
(True, True)
"""

from tabular.recourse.failure import FAMILIES, Classifiers, failure_gradients, failure_probabilities, gelbrich_distance
from tabular.recourse.projected_gradient import Recourse, recourse

__all__ = [
    "FAMILIES",
    "Classifiers",
    "Recourse",
    "failure_gradients",
    "failure_probabilities",
    "gelbrich_distance",
    "recourse",
]
