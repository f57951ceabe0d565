r"""Two Bernoulli arms with Beta priors and discounted rewards: what the index policy is worth, and what is best.

Values are those of a game that stops after a number of pulls, after which the better arm is paid its mean for good; both are off
by at most :math:`g^N / (1 - g)` from those of the endless game.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tabular._arrays import Float
from tabular._parameters import count, number
from tabular.bandits.gittins import gittins_index
from tabular.errors import ModelError

__all__ = ["TwoArmValues", "two_arm_values"]

Prior = tuple[float, float]


class TwoArmValues(NamedTuple):
    """Expected discounted reward: ``optimal`` over all policies, and of the ``index_policy``."""

    optimal: float
    index_policy: float


def two_arm_values(
    first: Prior, second: Prior, discount: float, depth: int, index: Callable[[float, float], float] | None = None
) -> TwoArmValues:
    """Value of pulling the arm with the larger index, next to the optimum, by dynamic programming on counts.

    Parameters
    ----------
    first, second : pairs of positive numbers
        Beta priors of the arms.
    discount : float in (0, 1)
    depth : int >= 1
        Pulls before the game stops.
    index : function of a and b, optional
        By default the Gittins index for this discount; ``lambda a, b: a / (a + b)`` is the myopic policy. Ties go to the first
        arm.

    Examples
    --------
    >>> values = two_arm_values((1, 1), (1, 1), 0.7, 26)
    >>> round(values.optimal, 10), round(values.index_policy, 10)
    (1.9012833377, 1.9012833179)
    """
    g = number(discount, "discount", least=0.0)
    if not 0.0 < g < 1.0:
        raise ModelError(f"discount is {discount!r} (expected a number in (0, 1))")
    steps = count(depth, "depth")
    priors = [_prior(prior) for prior in (first, second)]
    if not all(priors):
        raise ModelError(f"priors are {first!r} and {second!r} (expected pairs of positive numbers)")
    score = partial(gittins_index, discount=g) if index is None else index
    indices = [_table(prior, steps, score) for prior in priors]
    means = [_table(prior, steps, lambda a, b: a / (a + b)) for prior in priors]
    # axes: pulls of the first arm, its successes, successes of the second arm, which had the other pulls
    ahead: list[Float] = []
    for n in range(steps, -1, -1):
        shape = (n + 1, n + 1, n + 1)
        one, two = (np.zeros(shape), np.zeros(shape))
        chosen = np.zeros(shape, dtype=bool)
        for pulls in range(n + 1):
            one[pulls] = means[0][pulls][: n + 1, None]
            two[pulls] = means[1][n - pulls][None, : n + 1]
            chosen[pulls] = indices[0][pulls][: n + 1, None] >= indices[1][n - pulls][None, : n + 1]
        if n == steps:
            ahead = [np.maximum(one, two) / (1.0 - g)] * 2
            continue
        layers = []
        for optimal, after in zip((True, False), ahead, strict=True):
            pull_one = one + g * (one * after[1:, 1:, :-1] + (1.0 - one) * after[1:, :-1, :-1])
            pull_two = two + g * (two * after[:-1, :-1, 1:] + (1.0 - two) * after[:-1, :-1, :-1])
            layers.append(np.maximum(pull_one, pull_two) if optimal else np.where(chosen, pull_one, pull_two))
        ahead = layers
    return TwoArmValues(float(ahead[0][0, 0, 0]), float(ahead[1][0, 0, 0]))


def _prior(given: Any) -> tuple[float, ...]:
    """Two positive numbers, or nothing."""
    try:
        a, b = (number(x, "prior", least=0.0) for x in given)
    except (TypeError, ValueError):
        return ()
    return (a, b) if a > 0.0 and b > 0.0 else ()


def _table(prior: tuple[float, ...], steps: int, function: Callable[[float, float], float]) -> Float:
    """(N + 1, N + 1) values by pulls and successes; more successes than pulls do not occur, and are 0."""
    a, b = prior
    out = np.zeros((steps + 1, steps + 1))
    for pulls in range(steps + 1):
        for wins in range(pulls + 1):
            out[pulls, wins] = function(a + wins, b + pulls - wins)
            if math.isnan(out[pulls, wins]):
                raise ModelError(f"the index of an arm with {a + wins:g} and {b + pulls - wins:g} is NaN")
    return out
