r"""How alike the actions of a group are.

Diameters are what approximation bounds need,

.. math:: \bar\beta_P = \max_s \max_{G(a) = G(b)} TV(P(s, a), P(s, b)), \qquad
          \bar\beta_R = \max_s \max_{G(a) = G(b)} |r(s, a) - r(s, b)|,

with TV half of the L1 distance. The *linear decomposition* of Li, Ju and Shroff (2023) writes

.. math:: P(s, a) = (1 - \beta_P) P_1(s, G(a)) + \beta_P P_2(s, a), \qquad
          r(s, a) = (1 - \beta_R) R_1(s, G(a)) + \beta_R R_2(s, a);

its smallest coefficients have a closed form, derived here. Always :math:`\bar\beta_P \le \beta_P`, with equality for groups of
up to two actions; three may be far apart as a whole and near in pairs. Only pairs of actions that are allowed in a state count
there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist, squareform

from tabular._arrays import Float
from tabular.bellman import Groups
from tabular.bellman.grouped import as_groups
from tabular.errors import ModelError
from tabular.mdp import MDP
from tabular.problem import Grouped, as_model

__all__ = [
    "Decomposition",
    "Similarity",
    "action_distances",
    "action_features",
    "decomposition",
    "deviations",
    "diameters",
    "distances_to",
    "metric_diameter",
    "weight_factor",
]


class Similarity(NamedTuple):
    """Largest differences of transition laws (total variation, in [0, 1]) and of rewards."""

    transition: float
    reward: float


def state_rows(mdp: MDP) -> Iterator[tuple[Float, Float, NDArray[np.bool_]]]:
    """State by state: (A, S) transitions, (A,) rewards, (A,) whether allowed."""
    everything = np.ones(mdp.n_actions, dtype=bool)
    for s in range(mdp.n_states):
        block = slice(s * mdp.n_actions, (s + 1) * mdp.n_actions)
        P = mdp.P[block].toarray() if mdp.is_sparse else np.asarray(mdp.P[s])
        yield P, mdp.r[s], everything if mdp.allowed is None else mdp.allowed[s]


def used_groups(mdp: MDP, groups: Any) -> Groups:
    """Groups that fit the model."""
    used = as_groups(groups)
    used.available(as_model(mdp, "grouping"))
    return used


def members(groups: Groups) -> list[NDArray[np.intp]]:
    """The actions of each group."""
    return [np.flatnonzero(groups.labels == g) for g in range(groups.n_groups)]


def diameters(mdp: MDP, groups: Any) -> Similarity:
    r"""In-group diameters :math:`\bar\beta_P` and :math:`\bar\beta_R`; formulas in the module docstring.

    Cost: all pairs of actions of a group, in every state.

    >>> mdp = MDP([[[1, 0], [.75, .25], [.5, .5]], [[0, 1]] * 3], [[1, .9, 0], [0, 0, 0]], 0.9)
    >>> diameters(mdp, [0, 0, 1])
    Similarity(transition=0.25, reward=0.09999999999999998)
    """
    parts = members(used_groups(mdp, groups))
    transition = reward = 0.0
    for P, r, allowed in state_rows(mdp):
        for part in parts:
            kept = part[allowed[part]]
            if kept.size > 1:
                transition = max(transition, float(pdist(P[kept], "cityblock").max()) / 2)
                reward = max(reward, float(np.ptp(r[kept])))
    return Similarity(transition, reward)


def deviations(mdp: MDP, groups: Any, weights: Any = None) -> Similarity:
    r"""Distances of actions from their own group: :math:`\max TV(P, P_w)` and :math:`\max |r - r_w|`.

    At most :func:`weight_factor` times the diameters, and linear in the number of actions.
    """
    merged: Any = Grouped(mdp, groups, weights).operator()
    labels, transition, reward = merged.groups.labels, 0.0, 0.0
    for (P, r, allowed), (mean_P, mean_r, _) in zip(state_rows(mdp), state_rows(merged.mdp), strict=True):
        own = labels[allowed]
        transition = max(transition, float(np.abs(P[allowed] - mean_P[own]).sum(axis=1).max()) / 2)
        reward = max(reward, float(np.abs(r[allowed] - mean_r[own]).max()))
    return Similarity(transition, reward)


def weight_factor(mdp: MDP, groups: Any, weights: Any = None) -> float:
    r""":math:`f = 1 - \min_{s, a} w(s, a)` over allowed actions, zeros included: how little a group may play its best action.

    Uniform weights: :math:`1 - 1/k`, k the size of the largest group; 0 if every group has one action.

    >>> weight_factor(MDP([[[1.0]] * 3], [[0, 1, 1]], 0.9), [0, 0, 0], [0, .5, .5])
    1.0
    """
    table = as_groups(groups, weights).weights_in(as_model(mdp, "weight_factor"))
    return 1.0 - float(table.min() if mdp.allowed is None else table[mdp.allowed].min())


# --- linear decomposition ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Decomposition:
    """A linear decomposition with the smallest coefficients.

    Attributes
    ----------
    transition_coefficients, reward_coefficients : (S, m) arrays
        Smallest coefficients of each state and group alone.
    transition_coefficient, reward_coefficient : float
        Their maxima, which serve everywhere; the parts below belong to them.
    common_transition : (S, m, S), own_transition : (S, A, S) arrays
        Kernels :math:`P_1` and :math:`P_2`; rows of actions or groups that are not allowed are zero.
    common_reward : (S, m), own_reward : (S, A) arrays
        :math:`R_1` and :math:`R_2`, in [0, 1].
    """

    transition_coefficients: Float
    reward_coefficients: Float
    common_transition: Float
    own_transition: Float
    common_reward: Float
    own_reward: Float

    @property
    def transition_coefficient(self) -> float:
        r""":math:`\beta_P`."""
        return float(self.transition_coefficients.max())

    @property
    def reward_coefficient(self) -> float:
        r""":math:`\beta_R`."""
        return float(self.reward_coefficients.max())


def decomposition(mdp: MDP, groups: Any) -> Decomposition:
    r"""The linear decomposition with the smallest coefficients, in closed form.

    .. math:: \beta_P(s, g) = 1 - \sum_{s'} \min_{a \in g} P(s, a, s'), \qquad
              \beta_R(s, g) = \max_{a \in g} r(s, a) - \min_{a \in g} r(s, a).

    A common part can take no more than the smallest entry of its group, and takes all of it: :math:`P_1 \propto \min_a P`,
    :math:`R_1 = \min_a r / (1 - \beta_R)`, which is at most 1 because rewards are.

    Raises
    ------
    ModelError
        If rewards leave [0, 1].

    Examples
    --------
    >>> three = MDP([[[.5, .5, 0], [.5, 0, .5], [0, .5, .5]]] + [[[0, 1, 0]] * 3] * 2, np.zeros((3, 3)), 0.9)
    >>> decomposition(three, [0, 0, 0]).transition_coefficient, diameters(three, [0, 0, 0]).transition
    (1.0, 0.5)
    """
    used = used_groups(mdp, groups)
    if mdp.r.min() < 0.0 or mdp.r.max() > 1.0:
        raise ModelError(f"rewards are in [{mdp.r.min():g}, {mdp.r.max():g}]; the decomposition is of rewards in [0, 1]: rescale")
    shape = (mdp.n_states, used.n_groups)
    least, common_P, beta_p = np.zeros((*shape, mdp.n_states)), np.zeros((*shape, mdp.n_states)), np.zeros(shape)
    low, common_r, beta_r = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    parts = members(used)
    rows = list(state_rows(mdp))
    for s, (P, r, allowed) in enumerate(rows):
        for g, part in enumerate(parts):
            kept = part[allowed[part]]
            if kept.size:
                least[s, g], low[s, g] = P[kept].min(axis=0), r[kept].min()
                # 1 - sum of the minimum, without the cancellation
                beta_p[s, g] = min(1.0, (P[kept] - least[s, g]).sum(axis=1).max())
                beta_r[s, g] = np.ptp(r[kept])
                # without common mass the common part is arbitrary: the mean of the group
                common_P[s, g] = least[s, g] / least[s, g].sum() if beta_p[s, g] < 1 else P[kept].mean(axis=0)
                common_r[s, g] = low[s, g] / (1 - beta_r[s, g]) if beta_r[s, g] < 1 else 0.0
    own_P, own_r = np.zeros((mdp.n_states, mdp.n_actions, mdp.n_states)), np.zeros(mdp.r.shape)
    b, c = float(beta_p.max()), float(beta_r.max())
    labels = used.labels
    for s, (P, r, allowed) in enumerate(rows):
        spare_P, spare_r = (b - beta_p[s, labels])[:, None] * common_P[s, labels], (c - beta_r[s, labels]) * common_r[s, labels]
        own_P[s] = ((P - least[s, labels] + spare_P) / b if b > 0 else P) * allowed[:, None]
        own_r[s] = ((r - low[s, labels] + spare_r) / c if c > 0 else r) * allowed
    return Decomposition(beta_p, beta_r, common_P, own_P, common_r, own_r)


# --- a metric on actions -------------------------------------------------------------------------------------------------------


def action_features(mdp: MDP, reward_range: float | None = None) -> Iterator[tuple[Float, NDArray[np.bool_]]]:
    """State by state: (A, S + 1) coordinates whose L1 distances are those of the metric, and whether allowed."""
    if mdp.gamma == 1.0:
        raise ModelError("gamma = 1: the metric weighs transitions by gamma / (1 - gamma)")
    legal = mdp.r if mdp.allowed is None else mdp.r[mdp.allowed]
    size = float(np.ptp(legal)) if reward_range is None else reward_range
    weight = 0.5 * size * mdp.gamma / (1.0 - mdp.gamma)
    for P, r, allowed in state_rows(mdp):
        yield np.column_stack([r, weight * P]), allowed


def distances_to(mdp: MDP, action: int, reward_range: float | None = None) -> Float:
    """(A,) distances of all actions from one, in the metric of :func:`action_distances`; linear in their number."""
    far = np.zeros(mdp.n_actions)
    for x, allowed in action_features(mdp, reward_range):
        if allowed[action]:
            np.maximum(far, np.where(allowed, cdist(x, x[action : action + 1], "cityblock")[:, 0], 0.0), out=far)
    return far


def action_distances(mdp: MDP, reward_range: float | None = None) -> Float:
    r"""(A, A) distances :math:`d(a, b) = \max_s \bigl[ |r(s, a) - r(s, b)| + \tfrac{\gamma \Delta}{1 - \gamma} TV(P(s, a), P(s,
    b)) \bigr]`, :math:`\Delta` the range of rewards.

    A pseudometric if all actions are allowed everywhere; otherwise states where one of the two is not are left out, and the
    triangle inequality may fail. f times the largest distance within a group, divided by :math:`1 - \gamma`, bounds what grouping
    loses (:func:`tabular.grouping.metric_bound`).

    Parameters
    ----------
    mdp : MDP
    reward_range : float, optional
        :math:`\Delta`; that of the model by default (1 for all rewards in [0, 1]).
    """
    return np.asarray(squareform(_pairs(mdp, np.arange(mdp.n_actions), reward_range)))


def metric_diameter(mdp: MDP, groups: Any, reward_range: float | None = None) -> float:
    """Largest distance between two actions of one group, in the metric of :func:`action_distances`."""
    parts = members(used_groups(mdp, groups))
    return max(float(_pairs(mdp, part, reward_range).max(initial=0.0)) for part in parts)


def _pairs(mdp: MDP, part: NDArray[np.intp], reward_range: float | None) -> Float:
    """Distances among some actions, pair after pair as :func:`scipy.spatial.distance.pdist` has them."""
    far = np.zeros(part.size * (part.size - 1) // 2)
    for x, allowed in action_features(mdp, reward_range):
        apart = pdist(x[part], "cityblock")
        if not allowed.all():
            first, second = np.triu_indices(part.size, 1)
            apart[~(allowed[part[first]] & allowed[part[second]])] = 0.0
        np.maximum(far, apart, out=far)
    return far
