r"""River-swim: swimming against the current to a far larger reward.

States :math:`0, \dots, n-1` along a river that flows to the left. *Left* always succeeds, :math:`s \to \max(s-1, 0)`,
and pays the small reward :math:`\rho` in state 0. *Right* is a struggle with advance probability :math:`\alpha` and
drift probability :math:`\beta`:

=====================  ============================  ==========================  ==================
state                  one to the right              stays                       one to the left
=====================  ============================  ==========================  ==================
:math:`0`              :math:`\alpha`                :math:`1-\alpha`            --
:math:`0 < s < n-1`    :math:`\alpha`                :math:`1-\alpha-\beta`      :math:`\beta`
:math:`n-1`            --                            :math:`\alpha`, pays R      :math:`1-\alpha`
=====================  ============================  ==========================  ==================

Source: A. L. Strehl and M. L. Littman, "An analysis of model-based interval estimation for Markov decision processes",
Journal of Computer and System Sciences 74 (2008): six states, :math:`\alpha = 0.3`, :math:`\beta = 0.1`, and
:math:`\rho = 5`, :math:`R = 10000`, start in state 1 or 2 with equal probability. (Later papers use other numbers.)
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from tabular._parameters import count, number, probability
from tabular.errors import ModelError
from tabular.mdp import MDP

__all__ = ["river_swim"]


def river_swim(
    n_states: int = 6,
    gamma: float = 0.99,
    *,
    advance: float = 0.3,
    drift: float = 0.1,
    left_reward: float = 5.0,
    right_reward: float = 10000.0,
) -> MDP:
    r"""River-swim with any number of states; table of probabilities in the module docstring.

    Parameters
    ----------
    n_states : int >= 2
        Number of states n.
    gamma : float in [0, 1]
        Discount factor.
    advance, drift : float in [0, 1], sum at most 1
        Probabilities :math:`\alpha` of moving and :math:`\beta` of being swept back when swimming right.
    left_reward, right_reward : float
        :math:`\rho`, paid per step for *left* in state 0, and :math:`R`, paid when *right* keeps the swimmer in state
        n-1, so that :math:`r(n-1, \text{right}) = \alpha R` in expectation.

    Returns
    -------
    MDP
        CSR; action 0 is *left*, action 1 is *right*. Starts in state 1 or 2 (in state 1 when there are only two).

    Raises
    ------
    ModelError
        If a parameter is out of its range.

    Examples
    --------
    >>> model = river_swim(4)
    >>> print(model.P[1::2].toarray())
    [[0.7 0.3 0.  0. ]
     [0.1 0.6 0.3 0. ]
     [0.  0.1 0.6 0.3]
     [0.  0.  0.7 0.3]]
    >>> print(model.r)
    [[   5.    0.]
     [   0.    0.]
     [   0.    0.]
     [   0. 3000.]]
    """
    n = count(n_states, "n_states", least=2)
    advance, drift = probability(advance, "advance"), probability(drift, "drift")
    left_reward, right_reward = number(left_reward, "left_reward"), number(right_reward, "right_reward")
    stay = 1.0 - advance - drift
    if stay < -1e-15:  # one rounding of 1 - advance - drift, when the two are meant to sum to one
        raise ModelError(f"advance + drift is {advance + drift:.12g} (expected at most 1)")

    states = np.arange(n)
    # Columns: left by "left", then left, stay and right by "right"; what leaves the line is folded in below.
    targets = np.stack([states - 1, states - 1, states, states + 1], axis=1).clip(0, n - 1)
    data = np.tile([1.0, drift, max(stay, 0.0), advance], (n, 1))
    data[0] = [1.0, 0.0, 1.0 - advance, advance]
    data[-1] = [1.0, 1.0 - advance, advance, 0.0]
    starts = np.append(np.add.outer(4 * states, [0, 1]).reshape(-1), 4 * n)
    P = sp.csr_array((data.reshape(-1), targets.reshape(-1), starts), shape=(2 * n, n))
    P.sum_duplicates()
    P.eliminate_zeros()

    r = np.zeros((n, 2))
    r[0, 0] = left_reward
    r[-1, 1] = advance * right_reward
    initial = np.zeros(n)
    initial[1:3] = 0.5 if n > 2 else 1.0
    return MDP(P, r, gamma, initial=initial)
