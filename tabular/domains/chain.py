r"""The chain: a small reward at hand, a large one at the far end.

States :math:`0, \dots, n-1` in a line. *Forward* goes one state to the right, or stays at the last state and pays
:math:`R` there; *back* returns to state 0 and pays :math:`\rho`. With probability :math:`\varepsilon` the agent slips
and the other action is executed (and paid):

.. math::
    P(s, \text{forward}, \cdot) &= (1-\varepsilon)\,\delta_{\min(s+1,\,n-1)} + \varepsilon\,\delta_0, &
    r(s, \text{forward}) &= (1-\varepsilon) R\,[s = n-1] + \varepsilon \rho, \\
    P(s, \text{back}, \cdot) &= \varepsilon\,\delta_{\min(s+1,\,n-1)} + (1-\varepsilon)\,\delta_0, &
    r(s, \text{back}) &= \varepsilon R\,[s = n-1] + (1-\varepsilon) \rho.

Source: M. Strens, "A Bayesian framework for reinforcement learning", ICML 2000: five states, slip 0.2, rewards
2 and 10.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from tabular._parameters import count, number, probability
from tabular.mdp import MDP

__all__ = ["chain"]


def chain(
    n_states: int = 5,
    gamma: float = 0.95,
    *,
    slip: float = 0.2,
    far_reward: float = 10.0,
    near_reward: float = 2.0,
) -> MDP:
    r"""The chain of Strens, with any number of states; formulas in the module docstring.

    Parameters
    ----------
    n_states : int >= 1
        Number of states n; the episode starts in state 0.
    gamma : float in [0, 1]
        Discount factor.
    slip : float in [0, 1]
        Probability :math:`\varepsilon` that the other action is executed.
    far_reward, near_reward : float
        :math:`R` of going forward in the last state and :math:`\rho` of going back, per step.

    Returns
    -------
    MDP
        CSR; action 0 is *forward*, action 1 is *back*.

    Raises
    ------
    ModelError
        If a parameter is out of its range.

    Examples
    --------
    >>> model = chain(3, slip=0.25)
    >>> print(model.P.toarray())
    [[0.25 0.75 0.  ]
     [0.75 0.25 0.  ]
     [0.25 0.   0.75]
     [0.75 0.   0.25]
     [0.25 0.   0.75]
     [0.75 0.   0.25]]
    >>> print(model.r)
    [[0.5 1.5]
     [0.5 1.5]
     [8.  4. ]]
    """
    n = count(n_states, "n_states")
    slip = probability(slip, "slip")
    far_reward, near_reward = number(far_reward, "far_reward"), number(near_reward, "near_reward")
    executed = np.array([[1.0 - slip, slip], [slip, 1.0 - slip]])  # [chosen, executed], forward first

    onward = np.minimum(np.arange(n) + 1, n - 1)
    targets = np.repeat(np.stack([onward, np.zeros_like(onward)], axis=1), 2, axis=0)
    data = np.tile(executed, (n, 1))
    P = sp.csr_array((data.reshape(-1), targets.reshape(-1), np.arange(0, 4 * n + 1, 2)), shape=(2 * n, n))
    P.sum_duplicates()
    P.eliminate_zeros()

    paid = np.tile([0.0, near_reward], (n, 1))
    paid[-1, 0] = far_reward
    return MDP(P, paid @ executed.T, gamma, initial=0)
