r"""The American put as a problem for learners with linear features.

Prices are interpolated between anchors :math:`s_i = 80 + i \Delta`, i = 0 .. d - 1, :math:`\Delta = 100 / d`:

.. math:: \phi_i(s, \text{continue}) = \max(0, 1 - |s - s_i| / \Delta), \qquad \phi(s, \text{exercise}) = 0,

so that features vanish below :math:`80 - \Delta`, and exercising pays :math:`(K - s)_+` and ends the episode. The data are
episodes that never exercise.

Source: the option experiment of C. Tang, Z. Liu and P. Xu (ICML 2025).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from tabular._parameters import count, number, probability
from tabular.domains.american_put import AmericanPut
from tabular.errors import ModelError
from tabular.linear_mdp.model import LinearFeatures
from tabular.linear_mdp.trajectories import Trajectories

__all__ = ["put_episodes", "put_features"]


def put_features(put: AmericanPut, dimension: int = 30, *, first: float = 80.0, width: float = 100.0) -> LinearFeatures:
    r"""Triangular features on the nodes of a lattice; exercise has none, its payoff is known.

    Parameters
    ----------
    put : AmericanPut
    dimension : int
        d; the paper has 30, 60 and 120.
    first, width : float
        The first anchor, and d times the distance between two.

    Returns
    -------
    LinearFeatures
        (S, 2) pairs, CSR; rewards are those of the model at all H times.

    Examples
    --------
    >>> from tabular.domains import american_put
    >>> put = american_put(100.0)
    >>> put_features(put)
    LinearFeatures(211 states, 2 actions, 30 features, horizon 20)
    """
    d, gap = count(dimension, "dimension"), number(width, "width") / dimension
    if gap <= 0.0:
        raise ModelError(f"width is {width!r} (expected a positive number)")
    anchors = number(first, "first") + gap * np.arange(d)
    hats = np.maximum(0.0, 1.0 - np.abs(put.prices[:, None] - anchors) / gap)
    table = np.zeros((put.mdp.n_states, 2, d))
    table[:-1, 0] = hats / np.maximum(1.0, hats.sum(axis=1, keepdims=True))  # sums may exceed one by rounding
    return LinearFeatures(sp.csr_array(table.reshape(-1, d)), put.mdp.r, put.horizon)


def put_episodes(put: AmericanPut, episodes: int, *, probability_up: float = 0.5, rng: np.random.Generator | int) -> Trajectories:
    """Episodes that never exercise: paths through the lattice, and the exit at the end.

    Parameters
    ----------
    put : AmericanPut
    episodes : int >= 1
    probability_up : float in [0, 1]
        Of the coin that makes the data.
    rng : Generator or seed
    """
    number_of, p = count(episodes, "episodes"), probability(probability_up, "probability_up")
    moves = np.random.default_rng(rng).random((number_of, put.horizon - 1)) < p
    ups = np.concatenate([np.zeros((number_of, 1), dtype=np.intp), np.cumsum(moves, axis=1)], axis=1)
    times = np.arange(put.horizon)
    nodes: NDArray[Any] = times * (times + 1) // 2 + ups
    states = np.concatenate([nodes, np.full((number_of, 1), put.mdp.n_states - 1)], axis=1)
    nothing = np.zeros((number_of, put.horizon))
    return Trajectories(states, nothing.astype(np.intp), nothing)
