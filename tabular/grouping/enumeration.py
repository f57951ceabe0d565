"""Expected loss of a grouped learner in a small model, by enumeration of all tables of counts."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
from scipy.special import gammaln, xlogy

from tabular._arrays import Float
from tabular._parameters import count
from tabular.errors import ModelError
from tabular.grouping.exact_losses import GroupedLoss
from tabular.grouping.plug_in import PlugIn
from tabular.mdp import MDP

__all__ = ["count_tables", "enumerated_loss"]

CHUNK = 20_000
"""Tables at once, or fewer if there are many plans."""

MOST_PLANS = 100_000
MOST_NUMBERS = 20_000_000


def enumerated_loss(mdp: MDP, groups: Any, samples_per_pair: int, *, weights: Any = None, max_tables: int = 10**6) -> GroupedLoss:
    r"""Exact expected loss, (S,), of "estimate the merged kernel, plan, lift".

    Every pair of state and group is sampled K times: an action by the weights, then its next state. The rewards :math:`r_w` are
    known. All tables of counts are enumerated with their multinomial probabilities, each estimated model is solved, and its plan
    is evaluated in the true merged model, which is the value of the lifted policy. Ties between groups are broken at random,
    independently in each state.

    Parameters
    ----------
    mdp, groups, weights
        As for :func:`tabular.Grouped`.
    samples_per_pair : int >= 1
        K.
    max_tables : int
        Refuse larger enumerations.

    Raises
    ------
    ModelError
        If there are more tables than that or more than 100,000 plans (use :func:`~tabular.grouping.sampled_loss`), or no samples.

    Examples
    --------
    >>> from tabular.grouping import two_state_family
    >>> model = two_state_family([[.85, .75, .35, .25], [.3, .2, .9, .8]], .9)
    >>> enumerated_loss(model, [0, 0, 1, 1], 6).total.round(6)
    array([0.534244, 0.535693])
    """
    k, most = count(samples_per_pair, "samples_per_pair"), count(max_tables, "max_tables")
    model = PlugIn.of(mdp, groups, weights)
    pairs = model.uncertain
    supports = [np.flatnonzero(model.kernel[s, g]) for s, g in pairs]
    sizes = [math.comb(k + support.size - 1, support.size - 1) for support in supports]
    if (total := math.prod(sizes)) > most:
        raise ModelError(f"{total:.3g} tables of counts, more than max_tables = {most}; use sampled_loss")
    plans = math.prod(int(np.isfinite(row).sum()) for row in model.rewards)
    if plans > MOST_PLANS:
        raise ModelError(f"{plans:.3g} plans of groups, more than {MOST_PLANS}; use sampled_loss")
    chunk = max(1, min(CHUNK, MOST_NUMBERS // (plans * model.n_states)))
    laws = [_outcomes(model.kernel[s, g, support], k) for (s, g), support in zip(pairs, supports, strict=True)]
    policies = np.stack(np.meshgrid(*[np.flatnonzero(np.isfinite(row)) for row in model.rewards], indexing="ij"), -1)
    policies = policies.reshape(-1, model.n_states)
    worth = model.values(policies)
    states = np.arange(model.n_states)
    played = np.zeros(len(policies))
    for start in range(0, total, chunk):
        index = np.arange(start, min(start + chunk, total))
        kernels = np.repeat(model.kernel[None], index.size, axis=0)
        chance = np.ones(index.size)
        for (s, g), support, size, (frequencies, masses) in zip(pairs, supports, sizes, laws, strict=True):
            index, row = np.divmod(index, size)
            kernels[:, s, g, support] = frequencies[row]
            chance *= masses[row]
        ties = model.ties(kernels)
        optimal = ties[:, states, policies].all(axis=2)
        played += (chance / optimal.sum(axis=1)) @ optimal
    estimation = played @ (model.best - worth)
    approximation = model.optimum - model.best
    return GroupedLoss(approximation, estimation, approximation + estimation, None, k)


def count_tables(samples: int, outcomes: int) -> Any:
    """(B, n) all ways to put ``samples`` draws into ``outcomes`` boxes.

    >>> count_tables(2, 2).tolist()
    [[0, 2], [1, 1], [2, 0]]
    """
    k, n = count(samples, "samples", least=0), count(outcomes, "outcomes")
    bars = np.array([(-1, *inner, k + n - 1) for inner in combinations(range(k + n - 1), n - 1)], dtype=np.intp)
    return np.diff(bars, axis=1) - 1


def _outcomes(law: Float, samples: int) -> tuple[Float, Float]:
    """(B, n) frequencies and (B,) multinomial probabilities."""
    tables = count_tables(samples, law.size)
    logs = gammaln(samples + 1.0) - gammaln(tables + 1.0).sum(axis=1) + xlogy(tables, law).sum(axis=1)
    return tables / samples, np.exp(logs)
