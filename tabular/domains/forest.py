r"""Forest management: wait for old wood, or cut before a fire takes it.

Age classes :math:`0, \dots, n-1`, youngest first. Waiting ages the forest by one class unless a fire (probability p per
period) resets it; cutting resets it for certain:

.. math::
    P(s, \text{wait}, \cdot) &= p\,\delta_0 + (1-p)\,\delta_{\min(s+1,\,n-1)}, &
    r(s, \text{wait}) &= r_{\text{wait}}\,[s = n-1], \\
    P(s, \text{cut}, \cdot) &= \delta_0, &
    r(s, \text{cut}) &= 0 \text{ if } s = 0,\; r_{\text{cut}} \text{ if } s = n-1,\; 1 \text{ otherwise}.

Source: the example of the MDP toolboxes; I. Chadès et al., "MDPtoolbox: a multi-platform toolbox to solve stochastic
dynamic programming problems", Ecography 37 (2014).
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from tabular._parameters import count, number, probability
from tabular.mdp import MDP

__all__ = ["forest"]


def forest(
    n_states: int = 3,
    gamma: float = 0.9,
    reward_wait: float = 4.0,
    reward_cut: float = 2.0,
    fire_probability: float = 0.1,
) -> MDP:
    """The forest-management example of the MDP toolboxes; formulas in the module docstring.

    Parameters
    ----------
    n_states : int >= 2
        Number of age classes n.
    gamma : float in [0, 1]
        Discount factor per period.
    reward_wait, reward_cut : float
        Reward of waiting, and of cutting, in the oldest class; per period, in the toolboxes' arbitrary unit in which
        cutting a forest of middle age pays 1.
    fire_probability : float in [0, 1]
        Probability p of a fire in a period of waiting.

    Returns
    -------
    MDP
        CSR; action 0 is *wait*, action 1 is *cut*. With the defaults the optimal policy always waits and its values are
        (26.244, 29.484, 33.484).

    Raises
    ------
    ModelError
        If a parameter is out of its range.

    Examples
    --------
    >>> model = forest()
    >>> print(model.P.toarray())
    [[0.1 0.9 0. ]
     [1.  0.  0. ]
     [0.1 0.  0.9]
     [1.  0.  0. ]
     [0.1 0.  0.9]
     [1.  0.  0. ]]
    >>> print(model.r)
    [[0. 0.]
     [0. 1.]
     [4. 2.]]
    """
    n = count(n_states, "n_states", least=2)
    fire = probability(fire_probability, "fire_probability")
    reward_wait, reward_cut = number(reward_wait, "reward_wait"), number(reward_cut, "reward_cut")

    older = np.minimum(np.arange(n) + 1, n - 1)
    zeros = np.zeros_like(older)
    targets = np.stack([zeros, older, zeros], axis=1)  # fire, growth, cut
    data = np.tile([fire, 1.0 - fire, 1.0], (n, 1))
    starts = np.append(np.add.outer(3 * np.arange(n), [0, 2]).reshape(-1), 3 * n)
    P = sp.csr_array((data.reshape(-1), targets.reshape(-1), starts), shape=(2 * n, n))
    P.eliminate_zeros()

    r = np.zeros((n, 2))
    r[1:, 1] = 1.0
    r[-1] = reward_wait, reward_cut
    return MDP(P, r, gamma)
