r"""What grouping loses before anything is estimated: :math:`V^* - V^*_G`, itself and bounds on it.

With diameters :math:`\bar\beta_P, \bar\beta_R` (:mod:`tabular.grouping.similarity`), the weight factor f, and rewards in an
interval of length :math:`\Delta`,

.. math:: 0 \le V^* - V^*_G \le \frac{f [\bar\beta_R + \gamma \bar\beta_P\, sp(V^*)]}{1 - \gamma} \quad \text{(classic)}, \qquad
    V^* - V^*_G \le B(f \bar\beta_R, f \bar\beta_P), \quad
    B(x, y) = \frac{x + \gamma y \Delta / (1 - \gamma)}{1 - \gamma (1 - y)} \quad \text{(sharp)}.

*Sharp bound.* Let :math:`\mu(s)` be the group of an optimal action and :math:`e = \max_s (V^* - V^\mu)`. The laws of the optimal
action and of its group share the mass :math:`1 - y`; on it the two values differ by at most e, elsewhere by at most
:math:`\Delta / (1 - \gamma)`: :math:`e \le x + \gamma (1 - y) e + \gamma y \Delta / (1 - \gamma)`. ∎ It is attained
(:func:`tabular.grouping.attaining_instance`), never exceeds :math:`\Delta / (1 - \gamma)` for :math:`x \le \Delta`, and never the
classic bound at the largest span. These bounds are derived here; they are not those printed in the paper.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tabular._arrays import Float
from tabular._parameters import number, probability
from tabular.bellman.rounding import down, up
from tabular.errors import ModelError
from tabular.grouping.similarity import deviations, diameters, weight_factor
from tabular.mdp import MDP
from tabular.problem import Grouped
from tabular.solvers import solve

__all__ = [
    "ApproximationBounds",
    "action_value_bound",
    "approximation_bounds",
    "approximation_loss",
    "classic_bound",
    "metric_bound",
    "sharp_bound",
]


def discounted(gamma: Any) -> float:
    """A discount below one."""
    value = probability(gamma, "gamma")
    if value == 1.0:
        raise ModelError("gamma is 1.0 (expected a discount below 1)")
    return value


def classic_bound(
    transition: float, reward: float, gamma: float, *, factor: float = 1.0, span: float | None = None, reward_range: float = 1.0
) -> float:
    r"""The classic bound :math:`f [\bar\beta_R + \gamma \bar\beta_P\, sp(V^*)] / (1 - \gamma)`, by performance differences.

    Parameters
    ----------
    transition, reward : float
        Diameters: total variation in [0, 1], and difference of rewards.
    gamma : float in [0, 1)
    factor : float in [0, 1]
        f of :func:`~tabular.grouping.weight_factor`.
    span : float, optional
        Of the optimal values; its largest, ``reward_range / (1 - gamma)``, by default.
    reward_range : float
        Length of an interval that holds all rewards.

    Examples
    --------
    >>> round(classic_bound(.2, .1, .9, factor=.5), 12)
    9.5
    """
    b, g, f, x = (
        probability(transition, "transition"),
        discounted(gamma),
        probability(factor, "factor"),
        number(reward, "reward", 0),
    )
    widest = number(reward_range, "reward_range", 0) / (1.0 - g) if span is None else number(span, "span", 0)
    return f * (x + g * b * widest) / (1.0 - g)


def sharp_bound(transition: float, reward: float, gamma: float, *, factor: float = 1.0, reward_range: float = 1.0) -> float:
    r"""The sharp bound :math:`B(f \bar\beta_R, f \bar\beta_P)`; argument in the module docstring, parameters of
    :func:`classic_bound`.

    It also holds with the deviations from the group's own mean (:func:`~tabular.grouping.deviations`) and f = 1.

    >>> round(sharp_bound(.2, .1, .9, factor=.5), 12), round(sharp_bound(1.0, .5, .9, factor=.75), 10)
    (5.0, 9.1935483871)
    """
    b, g, f, x = (
        probability(transition, "transition"),
        discounted(gamma),
        probability(factor, "factor"),
        number(reward, "reward", 0),
    )
    largest = number(reward_range, "reward_range", 0) / (1.0 - g)
    return (f * x + g * f * b * largest) / ((1.0 - g) + g * f * b)


def action_value_bound(
    transition: float, reward: float, gamma: float, *, span: float | None = None, reward_range: float = 1.0
) -> float:
    r""":math:`|Q^*(s, a) - Q^*_G(s, G(a))| \le (x + \gamma y\, sp(V^*)) / (1 - \gamma)` with the deviations x of rewards and y of
    transitions (:func:`~tabular.grouping.deviations`): the simulation lemma. Parameters of :func:`classic_bound`."""
    return classic_bound(transition, reward, gamma, span=span, reward_range=reward_range)


def metric_bound(diameter: float, gamma: float, *, factor: float = 1.0) -> float:
    r""":math:`V^* - V^*_G \le f d / (1 - \gamma)`, d the largest distance within a group in the metric of
    :func:`~tabular.grouping.action_distances`.

    d may be smaller than the bracket of the classic bound, whose two maxima are taken separately.
    """
    return probability(factor, "factor") * number(diameter, "diameter", 0) / (1.0 - discounted(gamma))


class ApproximationBounds(NamedTuple):
    """Bounds on :math:`V^* - V^*_G`, and on the distance of action values."""

    classic: float
    sharp: float
    intrinsic: float
    action_values: float


def approximation_bounds(mdp: MDP, groups: Any, weights: Any = None, *, span: float | None = None) -> ApproximationBounds:
    """All bounds for a model: classic and sharp with its diameters, sharp with its deviations (``intrinsic``), simulation lemma.

    ``span`` is that of the optimal values; its largest possible by default. The range of rewards is that of the model.

    >>> mdp = MDP([[[1, 0], [.8, .2]], [[0, 1], [0, 1]]], [[1, .9], [0, 0]], 0.9)
    >>> [round(x, 10) for x in approximation_bounds(mdp, [0, 0])]
    [9.5, 5.0, 5.0, 9.5]
    """
    transition, reward = diameters(mdp, groups)
    factor, gamma = weight_factor(mdp, groups, weights), mdp.gamma
    y, x = deviations(mdp, groups, weights)
    size = float(np.ptp(mdp.r if mdp.allowed is None else mdp.r[mdp.allowed]))
    return ApproximationBounds(
        classic_bound(transition, reward, gamma, factor=factor, span=span, reward_range=size),
        sharp_bound(transition, reward, gamma, factor=factor, reward_range=size),
        sharp_bound(y, x, gamma, reward_range=size),
        action_value_bound(y, x, gamma, span=span, reward_range=size),
    )


def approximation_loss(mdp: MDP, groups: Any, weights: Any = None, *, tol: float = 1e-10) -> tuple[Float, Float]:
    """(S,) lower and upper bounds on what grouping loses, from the brackets of two solutions, rounding included.

    Parameters
    ----------
    mdp, groups, weights
        As for :func:`tabular.Grouped`.
    tol : float
        Of the two solutions.

    Examples
    --------
    >>> mdp = MDP([[[1, 0], [.8, .2]], [[0, 1], [0, 1]]], [[1, .9], [0, 0]], 0.9)
    >>> lower, upper = approximation_loss(mdp, [0, 0])
    >>> bool(lower[0] <= 5 <= upper[0]), bool(upper[0] - lower[0] < 1e-9)
    (True, True)
    """
    fine, merged = solve(mdp, tol=tol), solve(Grouped(mdp, groups, weights), tol=tol)
    # the grouped optimum is the value of a policy of the model, so that the loss is never negative
    return np.maximum(down(fine.lower - merged.upper), 0.0), up(fine.upper - merged.lower)
