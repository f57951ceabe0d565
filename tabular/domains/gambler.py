r"""The gambler's problem: stakes on a coin until a goal is reached or everything is lost.

With capital :math:`s \in \{1, \dots, N-1\}` the gambler stakes :math:`a \in \{1, \dots, \min(s, N-s)\}`; heads, of probability p,
win the stake, tails lose it. State N pays 1 and leads to state 0, which is the end. Without a discount the value is the
probability of reaching the goal.

Betting 1 at a time is best if p > 1/2, everything that makes sense (*bold play*) if p < 1/2, and at p = 1/2 every stake is as
good. Source: L. E. Dubins and L. J. Savage, "How to gamble if you must" (1965); R. S. Sutton and A. G. Barto, "Reinforcement
learning" (2018), example 4.3.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from tabular._parameters import count, probability
from tabular.mdp import MDP

__all__ = ["gambler"]


def gambler(goal: int = 100, heads: float = 0.4, gamma: float = 1.0) -> MDP:
    """The gambler's problem; rules in the module docstring.

    Parameters
    ----------
    goal : int >= 2
        N, the capital at which the game is won.
    heads : float in [0, 1]
        Probability p of winning a stake.
    gamma : float in [0, 1]
        Discount factor; 1 for the probability of winning, with a finite horizon.

    Returns
    -------
    MDP
        CSR with N + 1 states; action a is a stake of a + 1. An adversary who may turn the coin but not the rules is
        ``TotalVariation(absolutely_continuous=True)``; the prize is paid in state N, so that it cannot be had without arriving.

    Raises
    ------
    ModelError
        If a parameter is out of its range.

    Examples
    --------
    >>> import tabular
    >>> solution = tabular.solve(tabular.FiniteHorizon(gambler(4, .4), 100))
    >>> solution.values[0].round(6)
    array([0.  , 0.16, 0.4 , 0.64, 1.  ])
    """
    n, p = count(goal, "goal", least=2), probability(heads, "heads")
    stakes = n // 2
    s, a = (x.reshape(-1) for x in np.meshgrid(np.arange(n + 1), np.arange(stakes), indexing="ij"))
    allowed = a + 1 <= np.minimum(s, n - s)
    allowed[(a == 0) & ((s == 0) | (s == n))] = True
    rows = np.flatnonzero(allowed)
    moves = allowed & (s > 0) & (s < n)
    win, lose = np.where(moves, s + a + 1, 0)[rows], np.where(moves, s - a - 1, 0)[rows]
    chance = np.where(moves[rows], p, 1.0)
    P = sp.coo_array(
        (np.concatenate([chance, 1.0 - chance]), (np.concatenate([rows, rows]), np.concatenate([win, lose]))),
        shape=((n + 1) * stakes, n + 1),
    ).tocsr()
    P.sum_duplicates()
    P.eliminate_zeros()
    r = np.zeros((n + 1, stakes))
    r[n, 0] = 1.0
    return MDP(sp.csr_array(P), r, gamma, allowed=allowed.reshape(n + 1, stakes))
