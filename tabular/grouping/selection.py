r"""Choosing groups from similarity alone, and what each way of choosing guarantees.

| method | cost | guarantee |
|---|---|---|
| :func:`smallest_diameter` | all partitions, up to 12 actions | the smallest diameter |
| :func:`farthest_first` | A m rows of every state | diameter at most twice the smallest (Gonzalez 1985) |
| :func:`complete_linkage` | all pairs of actions | nested partitions: the approximation loss falls with m |
| :func:`k_means` | A m rows per round | none for the diameter |
| :func:`~tabular.grouping.surrogate_groups` | a curve, whatever A is | the optimum of a bound |

Diameters are in the metric of :func:`~tabular.grouping.action_distances`. :func:`exhaustive` minimises any score over all
partitions. With the exact loss as score it shows the optimum of an oracle: that partition isolates the best actions and dumps
the rest, because the loss knows the answer. A selection that is to be used must not know values.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.cluster.hierarchy
import scipy.cluster.vq
from numpy.typing import NDArray
from scipy.spatial.distance import squareform

from tabular._parameters import count
from tabular.errors import ModelError
from tabular.grouping.partitions import canonical, partitions
from tabular.grouping.similarity import action_distances, action_features, distances_to, metric_diameter
from tabular.mdp import MDP

__all__ = [
    "Selection",
    "complete_linkage",
    "exhaustive",
    "farthest_first",
    "k_means",
    "nested_partitions",
    "smallest_diameter",
]


@dataclass(frozen=True, eq=False)
class Selection:
    """A partition and what is known of it.

    Attributes
    ----------
    groups : (A,) integers
        In the order of first use.
    score : float
        What was minimised: the diameter, or the score of :func:`exhaustive`.
    factor : float
        The score is at most this multiple of the smallest with as many groups; infinite if nothing is known.
    guarantee : str
        The same in words.
    """

    groups: NDArray[np.intp]
    score: float
    factor: float
    guarantee: str

    @property
    def n_groups(self) -> int:
        """Number of groups m."""
        return int(self.groups.max()) + 1


def exhaustive(score: Callable[[NDArray[np.intp]], float], n_actions: int, n_groups: int | None = None) -> Selection:
    """The first partition with the smallest score, among all of up to 12 actions.

    Parameters
    ----------
    score : function of (A,) labels
        Partitions whose score is NaN are left out.
    n_actions : int
    n_groups : int, optional
        Exactly so many groups; any number by default.

    Examples
    --------
    >>> from tabular.grouping import grouped_bernoulli_loss
    >>> p = (.744, .726, .388, .177, .063)
    >>> exhaustive(lambda groups: grouped_bernoulli_loss(p, groups, 6).total, 5).groups
    array([0, 1, 2, 2, 2])
    """
    best, lowest = None, math.inf
    for labels in partitions(n_actions, n_groups).astype(np.intp):
        value = float(score(labels))
        if value < lowest or (best is None and value == math.inf):
            best, lowest = labels, value
    if best is None:
        raise ModelError("the score of every partition is NaN")
    return Selection(best, lowest, 1.0, "optimal: all partitions were tried")


def smallest_diameter(mdp: MDP, n_groups: int) -> Selection:
    """The first partition into m groups with the smallest diameter, among all of up to 12 actions.

    >>> mdp = MDP(np.ones((1, 4, 1)), [[0, .36, .64, 1]], 0.0)
    >>> smallest_diameter(mdp, 2).groups, round(smallest_diameter(mdp, 2).score, 12)
    (array([0, 0, 1, 1]), 0.36)
    """
    strings = partitions(mdp.n_actions, _groups(mdp, n_groups))
    distances, widest = action_distances(mdp), np.zeros(len(strings))
    for a in range(mdp.n_actions):
        for b in range(a):
            np.maximum(widest, np.where(strings[:, a] == strings[:, b], distances[a, b], 0.0), out=widest)
    best = int(widest.argmin())
    return Selection(strings[best].astype(np.intp), float(widest[best]), 1.0, "the smallest diameter: all partitions were tried")


def farthest_first(mdp: MDP, n_groups: int, first: int = 0) -> Selection:
    """Farthest-first traversal: each centre is the action farthest from those before, every action joins the nearest centre.

    The diameter is at most twice the smallest with as many groups (Gonzalez 1985), if all actions are allowed everywhere: among
    m + 1 actions whose mutual distances are at least the covering radius r two share a group, and no diameter here exceeds 2r.

    >>> mdp = MDP(np.ones((1, 4, 1)), [[0, .36, .64, 1]], 0.0)
    >>> farthest_first(mdp, 2).groups, round(farthest_first(mdp, 2).score, 12)
    (array([0, 0, 1, 1]), 0.36)
    """
    m, centre = _groups(mdp, n_groups), count(first, "first", least=0, most=mdp.n_actions - 1)
    labels, nearest = np.zeros(mdp.n_actions, dtype=np.intp), np.full(mdp.n_actions, math.inf)
    for g in range(m):
        distances = distances_to(mdp, centre)
        labels[distances < nearest] = g
        nearest = np.minimum(nearest, distances)
        labels[centre], nearest[centre] = g, -1.0  # a copy of an earlier centre must not empty its own group
        centre = int(nearest.argmax())
    groups = canonical(labels)
    if mdp.allowed is not None:
        return Selection(groups, metric_diameter(mdp, groups), math.inf, "none: distances of masked actions are no metric")
    return Selection(groups, metric_diameter(mdp, groups), 2.0, "diameter at most twice the smallest")


def nested_partitions(mdp: MDP) -> NDArray[np.intp]:
    """(A, A) partitions by complete linkage; row m - 1 has m groups, and each refines the rows before it."""
    if mdp.n_actions == 1:
        return np.zeros((1, 1), dtype=np.intp)
    tree = scipy.cluster.hierarchy.linkage(squareform(action_distances(mdp), checks=False), "complete")
    cuts = scipy.cluster.hierarchy.cut_tree(tree)
    return np.stack([canonical(column) for column in cuts.T[::-1]])


def complete_linkage(mdp: MDP, n_groups: int) -> Selection:
    """Complete linkage, cut at m groups: merge the two groups whose union has the smallest diameter, again and again.

    Partitions are nested, so that more groups never lose more by approximation (with uniform weights); the diameter may be larger
    than the smallest.

    >>> mdp = MDP(np.ones((1, 4, 1)), [[0, .36, .64, 1]], 0.0)
    >>> complete_linkage(mdp, 2).groups, round(complete_linkage(mdp, 2).score, 12)
    (array([0, 0, 0, 1]), 0.64)
    """
    groups = nested_partitions(mdp)[_groups(mdp, n_groups) - 1]
    words = "nested partitions: the approximation loss falls with the number of groups; no factor for the diameter"
    return Selection(groups, metric_diameter(mdp, groups), math.inf, words)


def k_means(mdp: MDP, n_groups: int, *, rng: int | np.random.Generator, restarts: int = 10) -> Selection:
    """k-means on rewards and weighted transitions of all states, the best of several starts.

    Squared Euclidean distances to means are minimised, not the diameter. Groups that a start leaves empty take the action
    farthest from its mean.
    """
    m, starts = _groups(mdp, n_groups), count(restarts, "restarts")
    points = np.concatenate([np.where(allowed[:, None], x, 0.0) for x, allowed in action_features(mdp)], axis=1)
    generator, best, least = np.random.default_rng(rng), None, math.inf
    for _ in range(starts):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # empty groups are filled below
            means, labels = scipy.cluster.vq.kmeans2(points, m, minit="++", seed=generator)
        apart = ((points - means[labels]) ** 2).sum(axis=1)
        for g in np.setdiff1d(np.arange(m), labels):
            movable = np.bincount(labels, minlength=m)[labels] > 1
            moved = int(np.where(movable, apart, -1.0).argmax())
            labels[moved], apart[moved] = g, 0.0
        if apart.sum() < least:
            best, least = labels, float(apart.sum())
    assert best is not None
    groups = canonical(best)
    return Selection(groups, metric_diameter(mdp, groups), math.inf, "none for the diameter")


def _groups(mdp: Any, n_groups: Any) -> int:
    if not isinstance(mdp, MDP):
        raise ModelError(f"mdp is {type(mdp).__name__} (expected an MDP)")
    return count(n_groups, "n_groups", most=mdp.n_actions)
