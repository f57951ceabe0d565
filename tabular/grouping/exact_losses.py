r"""Expected losses without Monte Carlo: one and two states in which something is decided.

**One state** (:func:`grouped_bernoulli_loss`). Action a leads to a state worth 1 with probability :math:`p_a`. Each of m groups
is sampled :math:`K = \lfloor N / m \rfloor` times, an action of the group at random each time, so that successes are binomial
with the mean :math:`\bar p_g`; the group with most successes is chosen, ties at random:

.. math:: \Pr(g) = \sum_k b_g(k) \int_0^1 \prod_{h \ne g} [F_h(k - 1) + u\, b_h(k)]\, du,

b and F the masses and distribution functions. The integral gives each group an independent uniform key for ties. Its integrand
is :math:`\prod_h F_h(k)` times :math:`E[u^X]`, X the number of other groups that tie at k given that all are at most k.
Gauss-Legendre nodes are exact up to a degree; X beyond it has a probability bounded by Chernoff, so that few nodes suffice for
:math:`10^{-18}`. Counts farther from every mean than :math:`\sqrt{K \ln(10^{30}) / 2}` are left out (Hoeffding: mass
:math:`10^{-30}`). Cost :math:`O(m \sqrt K)` times a few nodes, against :math:`(K + 1)^m` tables.

**Two states** (:func:`grouped_two_state_loss`). State 0 pays 1, state 1 nothing, and :math:`p_{sa}` is the probability to be in
state 0 next. Whatever the policy, :math:`V(0) - V(1) = 1 / (1 - \gamma (p_0 - p_1)) > 0`: greedy policies maximise p in each
state alone, also in the estimated model, so that choices in the two states are independent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.stats
from numpy.typing import ArrayLike

from tabular import _arrays
from tabular._arrays import Float
from tabular._parameters import count
from tabular.bellman.grouped import as_groups
from tabular.divergences.generators import compiled
from tabular.errors import ModelError
from tabular.grouping.approximation import discounted

__all__ = ["GroupedLoss", "grouped_bernoulli_loss", "grouped_two_state_loss", "selection_probabilities"]

OMITTED = 1e-30
"""Mass of counts that are left out, and of counts at which nothing can be decided."""
NODE_ERROR = 1e-18
"""What the choice of nodes may cost at one count."""


@dataclass(frozen=True, eq=False)
class GroupedLoss:
    """What a grouped learner loses on average against the best policy of the model.

    Attributes
    ----------
    approximation : float, or (S,) array
        :math:`V^* - V^*_G`: what the groups cannot do.
    estimation : float, or (S,) array
        :math:`E[V^*_G - V^{\\hat\\mu}_G]`: what samples do not tell.
    total : float, or (S,) array
        Their sum.
    probabilities : (m,) or (S, m) array, or None
        Chance of each group to be chosen (where choices in states are independent).
    samples_per_pair : int
        K.
    """

    approximation: Any
    estimation: Any
    total: Any
    probabilities: Float | None
    samples_per_pair: int

    def __repr__(self) -> str:
        parts = (("approximation", self.approximation), ("estimation", self.estimation), ("total", self.total))
        shown = ", ".join(f"{name}={np.array2string(np.asarray(x), precision=10)}" for name, x in parts)
        return f"GroupedLoss({shown}, samples_per_pair={self.samples_per_pair})"


def grouped_bernoulli_loss(p: ArrayLike, groups: Any, samples: int, *, weights: ArrayLike | None = None) -> GroupedLoss:
    r"""Exact expected loss with one decision, in units of :math:`\gamma / (1 - \gamma)`; method in the module docstring.

    Parameters
    ----------
    p : (A,) array in [0, 1]
        Probability of the good outcome of each action.
    groups : (A,) integers or Groups
        Labels 0 to m - 1, every label used.
    samples : int >= m
        N in all, :math:`\lfloor N / m \rfloor` of each group.
    weights : (A,) array, optional
        Law inside each group, of samples and of the policy; uniform by default.

    Returns
    -------
    GroupedLoss
        Accurate to about 1e-13, to 1e-11 where hundreds of groups are sure to tie.

    Raises
    ------
    ModelError
        If a group gets no sample, the labels are no partition of the actions, or p is no probability.

    Examples
    --------
    >>> loss = grouped_bernoulli_loss([1/5, 3/10, 1/2, 3/5], [0, 0, 0, 1], 12)
    >>> loss.approximation, round(loss.estimation, 12)
    (0.0, 0.047420248377)
    """
    chances = as_probabilities(p, "p")
    if chances.ndim != 1:
        raise ModelError(f"p has shape {chances.shape} (expected (A,))")
    means = _means(chances[None], groups, weights)
    each = _share(samples, means.shape[1], 1)
    chosen = selection_probabilities(means[0], each)
    best = float(means.max())
    approximation, estimation = float(chances.max()) - best, float(chosen @ (best - means[0]))
    return GroupedLoss(approximation, estimation, approximation + estimation, chosen, each)


def grouped_two_state_loss(
    p: ArrayLike, groups: Any, samples: int, gamma: float, *, weights: ArrayLike | None = None
) -> GroupedLoss:
    r"""Exact expected loss, (2,), with decisions in two states; method in the module docstring.

    Parameters
    ----------
    p : (2, A) array in [0, 1]
        Probability that state 0 is next.
    groups : (A,) integers or Groups
        The same in both states.
    samples : int >= 2m
        N in all, :math:`\lfloor N / (2m) \rfloor` of each state and group.
    gamma : float in [0, 1)
    weights : (A,) or (2, A) array, optional
        Law inside each group; uniform by default.

    Raises
    ------
    ModelError
        If a pair gets no sample, the labels are no partition of the actions, or p is no probability.

    Examples
    --------
    >>> loss = grouped_two_state_loss([[.85, .75, .35, .25], [.3, .2, .9, .8]], [0, 0, 1, 1], 24, .9)
    >>> loss.total.round(6)
    array([0.534244, 0.535693])
    """
    chances, g = as_probabilities(p, "p"), discounted(gamma)
    if chances.ndim != 2 or len(chances) != 2:
        raise ModelError(f"p has shape {chances.shape} (expected (2, A))")
    means = _means(chances, groups, weights)
    each = _share(samples, means.shape[1], 2)
    chosen = np.stack([selection_probabilities(row, each) for row in means])
    best = _two_values(means[0].max(), means[1].max(), g)
    lost = best[:, None, None] - _two_values(means[0][:, None], means[1][None, :], g)
    estimation = np.einsum("i,j,sij->s", chosen[0], chosen[1], lost)
    approximation = _two_values(chances[0].max(), chances[1].max(), g) - best
    return GroupedLoss(approximation, estimation, approximation + estimation, chosen, each)


def _two_values(first: Any, second: Any, gamma: float) -> Float:
    """(2, ...) values of playing probabilities ``first`` in state 0 and ``second`` in state 1."""
    apart = 1.0 / (1.0 - gamma * (first - second))
    low = gamma * second * apart / (1.0 - gamma)
    return np.stack([low + apart, low])


def as_probabilities(p: Any, name: str) -> Float:
    """An array of probabilities; fractions are rounded."""
    table = _arrays.rounded(_arrays.as_fractions(p, name), name) if _arrays.is_rational(p) else _arrays.as_float(p, name)
    bad = np.argwhere(~((table >= 0.0) & (table <= 1.0)))
    if table.size == 0 or bad.size:
        where = f"{name}{bad[0].tolist()} is {float(table[tuple(bad[0])])!r}" if bad.size else f"{name} is empty"
        raise ModelError(f"{where} (expected probabilities)")
    return table


def _means(p: Float, groups: Any, weights: Any) -> Float:
    """(S, m) means of the groups."""
    used = as_groups(groups, weights)
    return np.asarray(np.minimum((used.weights_for(*p.shape) * p) @ used.membership, 1.0))


def _share(samples: Any, n_groups: int, n_states: int) -> int:
    """K, at least 1."""
    total, pairs = count(samples, "samples"), n_states * n_groups
    if total < pairs:
        raise ModelError(f"{total} samples for {pairs} pairs of state and group: fewer than one each; merge more or sample more")
    return total // pairs


# --- which group has most successes --------------------------------------------------------------------------------------------


def selection_probabilities(means: ArrayLike, samples: int) -> Float:
    """(m,) chance of each group to have most successes among ``samples`` of each, ties at random; they sum to 1 up to rounding.

    Parameters
    ----------
    means : (m,) array in [0, 1]
    samples : int >= 1
        K, of each group.

    Examples
    --------
    >>> selection_probabilities([0.5, 0.5, 0.0], 1)
    array([0.45833333, 0.45833333, 0.08333333])
    """
    p, k = as_probabilities(means, "means"), count(samples, "samples")
    reach = math.sqrt(-0.5 * k * math.log(OMITTED))
    first, last = max(0, math.floor(k * p.max() - reach)), min(k, math.ceil(k * p.max() + reach))
    counts = np.arange(first, last + 1)
    masses = scipy.stats.binom.pmf(counts, k, p[:, None])
    before = scipy.stats.binom.cdf(first - 1, k, p) if first else np.zeros(p.size)
    needed = np.empty(counts.size, dtype=np.int64)
    _needed_nodes(masses, before, OMITTED, NODE_ERROR, needed)
    chosen = np.zeros(p.size)
    for nodes in np.unique(needed[needed > 0]):
        x, w = np.polynomial.legendre.leggauss(int(nodes))
        _add_selections(masses, before, needed, int(nodes), (x + 1.0) / 2.0, w / 2.0, chosen)
    return chosen


@compiled
def _needed_nodes(masses: Any, before: Any, omitted: float, error: float, out: Any) -> None:
    """Nodes for each count: none where all groups are hardly ever below; sizes of the form 2^i and 3 2^i, at most all."""
    m, n = masses.shape
    below = before.copy()
    exact = (m + 1) // 2
    for j in range(n):
        together, expected = 1.0, 0.0
        for h in range(m):
            at = below[h] + masses[h, j]
            together *= at
            if at > 0.0:
                expected += masses[h, j] / at
            below[h] = at
        if together < omitted:
            out[j] = 0
            continue
        size = 1
        while size < exact:
            degree = 2.0 * size
            if degree > expected and expected > 0.0:
                tail = math.exp(-expected + degree * (1.0 + math.log(expected / degree)))
                if together * expected * tail < error:
                    break
            elif expected == 0.0:
                break
            size = max(size + 1, size * 3 // 2 if size & (size - 1) == 0 else size * 4 // 3)
        out[j] = min(size, exact)


@compiled
def _add_selections(masses: Any, before: Any, needed: Any, nodes: int, points: Any, weights: Any, out: Any) -> None:
    """Add the chances of being chosen at the counts that need this number of nodes."""
    m, n = masses.shape
    below = before.copy()
    after = np.empty(m + 1)
    after[m] = 1.0
    for j in range(n):
        if needed[j] == nodes:
            for i in range(nodes):
                for h in range(m - 1, -1, -1):
                    after[h] = after[h + 1] * (below[h] + points[i] * masses[h, j])
                ahead = weights[i]
                for h in range(m):
                    out[h] += masses[h, j] * ahead * after[h + 1]
                    ahead *= below[h] + points[i] * masses[h, j]
        for h in range(m):
            below[h] += masses[h, j]
