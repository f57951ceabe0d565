r"""An American put on a recombining lattice: sell at the strike at any of H times, or let it expire.

The price starts at :math:`s_0` and moves by a factor up or down at every time, :math:`s_{h, i} = s_0 u^i d^{h - i}` after h
moves of which i were up. *Exercise* pays :math:`(K - s)_+` and ends the episode; *continue* moves on, and pays nothing at the
last time. There is no discount.

Source: the option experiment of C. Tang, Z. Liu and P. Xu, "Robust offline reinforcement learning with linearly structured
f-divergence regularization" (ICML 2025): K = 100, u = 1.02, d = .98, p = 1/2, H = 20, :math:`s_0` uniform on [95, 105].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from tabular._arrays import Float
from tabular._parameters import count, number, probability
from tabular.errors import ModelError
from tabular.mdp import MDP
from tabular.problem import FiniteHorizon

__all__ = ["AmericanPut", "american_put"]

CONTINUE, EXERCISE = 0, 1


@dataclass(frozen=True, eq=False)
class AmericanPut:
    """The lattice and its model.

    Attributes
    ----------
    mdp : MDP
        CSR, gamma = 1; action 0 continues, action 1 exercises; the last state is the exit. Starts at node 0.
    prices : (S - 1,) array
        Price at each node; ``node(h, i)`` is the state after h moves, i of them up.
    times : (S - 1,) integers
        h of each node.
    horizon : int
        H, the number of decision times.
    """

    mdp: MDP
    prices: Float
    times: np.ndarray
    horizon: int

    def node(self, time: int, ups: int) -> int:
        """The state after ``time`` moves, ``ups`` of them up."""
        if not 0 <= ups <= time < self.horizon:
            raise ModelError(f"no node has {ups} ups among {time} moves (times are 0..{self.horizon - 1})")
        return time * (time + 1) // 2 + ups

    def problem(self) -> FiniteHorizon:
        """The staged problem of the nominal model; for others, ``FiniteHorizon(Robust(put.mdp, ...), put.horizon)``."""
        return FiniteHorizon(self.mdp, self.horizon)

    def exercised(self, policy: Float) -> np.ndarray:
        """(S - 1,) whether a staged (H, S, A) policy exercises at each node, at its own time."""
        return np.asarray(policy[self.times, np.arange(self.times.size), EXERCISE] > 0.5)


def american_put(
    start: float = 100.0,
    *,
    strike: float = 100.0,
    up: float = 1.02,
    down: float = 0.98,
    probability_up: float = 0.5,
    horizon: int = 20,
) -> AmericanPut:
    """The American put; rules in the module docstring.

    Parameters
    ----------
    start, strike : float > 0
        Price at time 0, and the price at which the option sells.
    up, down : float > 0
        Factors of a move, down below up.
    probability_up : float in [0, 1]
        Of a move up.
    horizon : int >= 1
        Number of times at which the holder may exercise.

    Returns
    -------
    AmericanPut
        An adversary with ``TotalVariation(absolutely_continuous=True)`` may change the probability of a move up; one with
        ``TotalVariation()`` may also end the episode without payment, because the exit is a state like any other.

    Raises
    ------
    ModelError
        If a parameter is out of its range.

    Examples
    --------
    >>> import tabular
    >>> put = american_put()
    >>> f"{tabular.solve(put.problem()).values[0, 0]:.10f}"
    '3.5197163677'
    >>> coin = tabular.TotalVariation(absolutely_continuous=True)
    >>> robust = tabular.FiniteHorizon(tabular.Robust(put.mdp, coin, radius=.1), put.horizon)
    >>> f"{tabular.solve(robust).values[0, 0]:.10f}"
    '1.5929452429'
    """
    stages, p = count(horizon, "horizon"), probability(probability_up, "probability_up")
    start, strike = number(start, "start", least=0.0), number(strike, "strike", least=0.0)
    up, down = number(up, "up", least=0.0), number(down, "down", least=0.0)
    for name, x in (("start", start), ("strike", strike), ("down", down)):
        if x == 0.0:
            raise ModelError(f"{name} is 0 (expected a positive number)")
    if not down < up:
        raise ModelError(f"down is {down!r} and up is {up!r} (expected down < up)")
    times = np.repeat(np.arange(stages), np.arange(1, stages + 1))
    ups = np.arange(times.size) - times * (times + 1) // 2
    prices = start * up**ups * down ** (times - ups)
    end, nodes = times.size, np.arange(times.size)
    first = (times + 1) * (times + 2) // 2 + ups  # the node after a move down
    inner = nodes[times < stages - 1]
    last = nodes[times == stages - 1]
    rows = np.concatenate([2 * inner, 2 * inner, 2 * last, 2 * nodes + 1, [2 * end, 2 * end + 1]])
    columns = np.concatenate([first[inner], first[inner] + 1, np.full(last.size + nodes.size + 2, end)])
    data = np.concatenate([np.full(inner.size, 1.0 - p), np.full(inner.size, p), np.ones(last.size + nodes.size + 2)])
    P = sp.coo_array((data, (rows, columns)), shape=(2 * end + 2, end + 1)).tocsr()
    P.eliminate_zeros()
    r = np.zeros((end + 1, 2))
    r[:end, EXERCISE] = np.maximum(strike - prices, 0.0)
    return AmericanPut(MDP(sp.csr_array(P), r, 1.0, initial=0), prices, times, stages)
