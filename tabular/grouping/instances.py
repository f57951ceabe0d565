"""Families and instances that the theory of grouping speaks of, as models."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tabular._parameters import count, probability
from tabular.errors import ModelError
from tabular.grouping.approximation import discounted
from tabular.grouping.exact_losses import as_probabilities
from tabular.mdp import MDP

__all__ = ["attaining_instance", "bernoulli_family", "estimation_instance", "two_state_family"]


def bernoulli_family(p: ArrayLike, gamma: float) -> MDP:
    r"""One decision: from state 0 action a leads to state 1, absorbing and worth 1 each step, with probability :math:`p_a`,
    else to state 2, absorbing and worth nothing. :math:`V(0) = p \gamma / (1 - \gamma)`.

    >>> import tabular
    >>> tabular.solve(bernoulli_family([.25, .75], .5)).values
    array([0.75, 2.  , 0.  ])
    """
    chances = as_probabilities(p, "p")
    if chances.ndim != 1:
        raise ModelError(f"p has shape {chances.shape} (expected (A,))")
    P = np.zeros((3, chances.size, 3))
    P[0, :, 1], P[0, :, 2], P[1, :, 1], P[2, :, 2] = chances, 1.0 - chances, 1.0, 1.0
    r = np.zeros((3, chances.size))
    r[1] = 1.0
    return MDP(P, r, gamma, initial=0)


def two_state_family(p: ArrayLike, gamma: float) -> MDP:
    """Decisions in both of two states: state 0 pays 1, state 1 nothing; ``p[s, a]`` is the probability to be in state 0 next."""
    chances = as_probabilities(p, "p")
    if chances.ndim != 2 or len(chances) != 2:
        raise ModelError(f"p has shape {chances.shape} (expected (2, A))")
    r = np.zeros(chances.shape)
    r[0] = 1.0
    return MDP(np.stack([chances, 1.0 - chances], axis=2), r, gamma)


def attaining_instance(transition: float, reward: float, gamma: float, group_size: int) -> MDP:
    r"""The model in which one group of all k actions loses exactly the sharp bound with :math:`f = 1 - 1/k`, in state 0.

    State 0 is good, state 1 absorbing without reward. In state 0 action 0 pays 1 and stays; the others pay
    :math:`1 - \bar\beta_R` and stay with probability :math:`1 - \bar\beta_P`.

    Parameters
    ----------
    transition, reward : float in [0, 1]
        The diameters.
    gamma : float in [0, 1)
    group_size : int >= 2
        k.

    Examples
    --------
    >>> import tabular
    >>> model = attaining_instance(.2, .1, .9, 2)
    >>> loss = tabular.solve(model).values - tabular.solve(tabular.Grouped(model, [0, 0])).values
    >>> float(loss[0].round(10)), round(tabular.grouping.sharp_bound(.2, .1, .9, factor=.5), 10)
    (5.0, 5.0)
    """
    y, x, k = probability(transition, "transition"), probability(reward, "reward"), count(group_size, "group_size", least=2)
    P, r = np.zeros((2, k, 2)), np.zeros((2, k))
    P[0, 0, 0], P[0, 1:, 0], P[0, 1:, 1], P[1, :, 1] = 1.0, 1.0 - y, y, 1.0
    r[0, 0], r[0, 1:] = 1.0, 1.0 - x
    return MDP(P, r, discounted(gamma), initial=0)


def estimation_instance(epsilon: float, gamma: float) -> tuple[MDP, MDP]:
    r"""A true and an estimated model at distance :math:`\varepsilon` whose plan loses exactly E2, or all there is.

    States G, J (absorbing, worth 1) and Z (absorbing, worth nothing). In G action 0 pays 1 and truly stays, action 1 pays
    :math:`\max(0, 1 - \gamma \varepsilon / (1 - \gamma))` and truly falls to Z with probability :math:`\varepsilon`. In the
    estimate action 0 falls to Z instead, and action 1 reaches J; the two tie there (as long as action 1 pays anything), and the
    plan that takes action 1 loses :math:`\min \{E2, 1 / (1 - \gamma)\}` in state G.

    Returns
    -------
    (MDP, MDP)
        True, estimated; actions 0 and 1, states G, J, Z.

    Examples
    --------
    >>> import tabular
    >>> true, estimated = estimation_instance(.1, .9)
    >>> float((tabular.solve(true).values - tabular.policy_value(true, [1, 0, 0]))[0].round(10))
    9.4736842105
    """
    e, g = probability(epsilon, "epsilon"), discounted(gamma)
    stay, fall, rise = np.array([1.0, 0, 0]), np.array([1 - e, 0, e]), np.array([1 - e, e, 0])
    rest: Any = [[[0, 1, 0]] * 2, [[0, 0, 1]] * 2]
    r = [[1.0, max(0.0, 1.0 - g * e / (1.0 - g))], [1.0, 1.0], [0.0, 0.0]]
    return MDP([[stay, fall], *rest], r, g, initial=0), MDP([[fall, rise], *rest], r, g, initial=0)
