r"""Garnets whose actions are alike within groups, by as much as one wants.

.. math:: P(s, a) = (1 - \beta_P)\, P_1(s, G(a)) + \beta_P\, P_2(s, a), \qquad
          r(s, a) = (1 - \beta_R)\, R_1(s, G(a)) + \beta_R\, R_2(s, a),

with :math:`P_1, P_2` the transitions and :math:`R_1, R_2` the uniform rewards of two independent Garnets
(:func:`~tabular.domains.garnet`), one of groups and one of actions. Two actions of a group differ by at most :math:`\beta_P` in
total variation and by at most :math:`\beta_R` in reward; at 0 they are copies, at 1 the model is a Garnet without groups.

Source: the linear decomposition of Y. Li, P. Ju and N. Shroff, "Achieving sample and computational efficient reinforcement
learning by action space reduction via grouping" (ICLR 2024, arXiv 2306.12981); the Garnets in it are our choice.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from tabular._parameters import count, probability
from tabular.domains.garnet import garnet
from tabular.mdp import MDP

__all__ = ["SimilarGarnet", "similar_garnet"]


class SimilarGarnet(NamedTuple):
    """The model, and the (A,) labels of the groups it was made with."""

    mdp: MDP
    groups: NDArray[np.intp]


def similar_garnet(
    n_states: int,
    n_groups: int,
    group_size: int,
    branching: int,
    gamma: float = 0.95,
    *,
    transition_deviation: float,
    reward_deviation: float,
    rng: int | np.random.Generator,
    sparse: bool | None = None,
) -> SimilarGarnet:
    r"""A Garnet of groups with deviations of single actions; law in the module docstring.

    Parameters
    ----------
    n_states, n_groups, group_size : int >= 1
        S, m, and the number of actions of each group; action a is in group ``a // group_size``.
    branching : int in [1, n_states]
        Successors of each group, and as many of each action's own part.
    gamma : float in [0, 1]
    transition_deviation, reward_deviation : float in [0, 1]
        :math:`\beta_P` and :math:`\beta_R`.
    rng : int or numpy.random.Generator
    sparse : bool, optional
        Store as CSR. Default: when fewer than a quarter of the entries may be positive.

    Raises
    ------
    ModelError
        If a parameter is out of its range.

    Examples
    --------
    >>> model = similar_garnet(30, 4, 25, 3, transition_deviation=0.1, reward_deviation=0.05, rng=0)
    >>> model.mdp.n_actions, model.groups[[0, 24, 25, 99]]
    (100, array([0, 0, 1, 3]))
    """
    n, m, size = count(n_states, "n_states"), count(n_groups, "n_groups"), count(group_size, "group_size")
    beta_p, beta_r = probability(transition_deviation, "transition_deviation"), probability(reward_deviation, "reward_deviation")
    generator = np.random.default_rng(rng)
    common = garnet(n, m, branching, gamma, rng=generator, sparse=True, reward_law="uniform")
    own = garnet(n, m * size, branching, gamma, rng=generator, sparse=True, reward_law="uniform")
    groups = np.repeat(np.arange(m), size)
    rows = (np.arange(n)[:, None] * m + groups).reshape(-1)
    P: Any = sp.csr_array((1.0 - beta_p) * common.P[rows] + beta_p * own.P)
    P.eliminate_zeros()
    if not (8 * branching < n if sparse is None else sparse):
        P = P.toarray().reshape(n, m * size, n)
    return SimilarGarnet(MDP(P, (1.0 - beta_r) * common.r[:, groups] + beta_r * own.r, gamma), groups)
