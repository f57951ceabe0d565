"""The policy that a penalty or a budget on the divergence makes optimal: the exponential tilt of the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tabular._arrays import Float
from tabular.alignment.reward_classes import reward_classes
from tabular.divergences import KL
from tabular.divergences.arguments import as_strength
from tabular.errors import ModelError

__all__ = ["TiltedPolicy", "tilted_policy", "win_rate_frontier"]


@dataclass(frozen=True, eq=False)
class TiltedPolicy:
    r"""The law :math:`\pi_y \propto p_y e^{r_y / \tau}`.

    Attributes
    ----------
    pmf : (L,) array
    strength : float
        The temperature :math:`\tau` of the penalty :math:`\tau\, \mathrm{KL}`; 0 if the law is the reference restricted to the
        largest rewards.
    expected_reward, kl : float
        Mean reward, and divergence from the reference in nats.
    """

    pmf: Float
    strength: float
    expected_reward: float
    kl: float


def tilted_policy(probabilities: Any, rewards: Any, *, strength: Any = None, budget: Any = None) -> TiltedPolicy:
    r"""The policy of largest expected reward, with divergence priced or budgeted.

    .. math:: \max_\pi\; E_\pi r - \tau\, \mathrm{KL}(\pi \| p) \qquad\text{or}\qquad
              \max_\pi\; E_\pi r \;\text{ subject to }\; \mathrm{KL}(\pi \| p) \le \text{budget}.

    With :func:`~tabular.alignment.mid_quantiles` in place of rewards, the expected reward is the win rate.

    Parameters
    ----------
    probabilities, rewards : (L,) arrays
    strength : number >= 0
        The price :math:`\tau` of a nat.
    budget : number >= 0
        The nats to spend. From :math:`-\log` of the mass of the best rewards on, nothing more can be gained.

    Raises
    ------
    ModelError
        Unless exactly one of strength and budget is given, and for arguments as in :func:`~tabular.alignment.best_of_n`.

    >>> tilted = tilted_policy([0.4, 0.3, 0.2, 0.1], [0, 1, 2, 3], strength=1.0)
    >>> tilted.pmf.round(10)
    array([0.08507291, 0.1734391 , 0.31430424, 0.42718375])
    >>> same = tilted_policy([0.4, 0.3, 0.2, 0.1], [0, 1, 2, 3], budget=tilted.kl)
    >>> f"{same.strength:.9f}"
    '1.000000000'
    """
    if (strength is None) == (budget is None):
        raise ModelError("give either a strength (the price of a nat) or a budget (in nats)")
    classes = reward_classes(probabilities, rewards)
    p = classes.probabilities
    r = np.asarray(rewards, dtype=np.float64)
    divergence = KL()
    if strength is not None:
        tau = float(as_strength(strength, (), "strength"))
        pmf = divergence.smooth_max(r, p, tau).distribution
    else:
        nats = float(as_strength(budget, (), "budget"))
        pmf = divergence.worst_case(-r, p, nats).distribution
        tau = float(divergence.multiplier(-r, p, nats))
    return TiltedPolicy(pmf, tau, float(pmf @ r), float(divergence(pmf, p)))


def win_rate_frontier(probabilities: Any, rewards: Any, budgets: Any, *, tie_tolerance: Any = 0.0) -> Float:
    """The largest win rate against the reference that any policy has within each budget of nats.

    Parameters
    ----------
    probabilities, rewards : (L,) arrays
    budgets : array of numbers >= 0

    Returns
    -------
    array of the shape of ``budgets``
        They never exceed :func:`~tabular.alignment.universal_win_rate` of the budgets.

    Raises
    ------
    ModelError
        As :func:`~tabular.alignment.best_of_n`, and for negative budgets.

    >>> frontier = win_rate_frontier([0.4, 0.3, 0.2, 0.1], [0, 1, 2, 3], [0.0, 0.5871136672, 10.0])
    >>> frontier.round(10)
    array([0.5       , 0.78531997, 0.95      ])
    """
    classes = reward_classes(probabilities, rewards, tie_tolerance)
    amounts = as_strength(budgets, np.shape(budgets), "budgets")
    middle = classes.middles
    reference = classes.masses / classes.masses.sum()
    values = np.broadcast_to(-middle, (amounts.size, middle.size))
    found = KL().worst_case(values, np.broadcast_to(reference, values.shape), amounts.reshape(-1)).value
    return -np.asarray(found).reshape(amounts.shape)
