r"""Lost-sales inventory control.

State :math:`s`: units on hand at the start of a period, 0 to the capacity C. Action :math:`a`: units ordered, delivered
at once, so that :math:`y = s + a \le C` units are available. Demand :math:`D` with law :math:`d(k)` arrives, what is on
hand is sold, the rest of the demand is lost:

.. math::
    s' &= (y - D)^+, \qquad P(s, a, j) = d(y - j) \text{ for } 1 \le j \le y, \qquad P(s, a, 0) = \Pr(D \ge y), \\
    r(s, a) &= p\,\mathbb{E}\min(y, D) - c\,a - K\,[a > 0] - h\,\mathbb{E}(y - D)^+ - b\,\mathbb{E}(D - y)^+,

with :math:`\mathbb{E}\min(y, D) = \sum_{k<y} \Pr(D > k)`. Nothing is truncated: the whole tail of the demand is folded
into the empty shelf, and the expectations are those of the whole law.

Source: M. L. Puterman, *Markov Decision Processes* (Wiley, 1994), section 3.2 (stochastic inventory control, sales
lost), whose example has the default prices. Puterman charges the holding cost for the :math:`y` units at the start of a
period, here it is charged for those left at its end.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.linalg
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from tabular import _arrays
from tabular._parameters import count, number
from tabular.errors import ModelError
from tabular.mdp import MDP

__all__ = ["inventory"]

Float = NDArray[np.float64]


def inventory(
    capacity: int,
    gamma: float = 0.95,
    *,
    demand: float | ArrayLike = 5.0,
    max_order: int | None = None,
    price: float = 8.0,
    unit_cost: float = 2.0,
    fixed_cost: float = 4.0,
    holding_cost: float = 1.0,
    lost_sale_cost: float = 0.0,
) -> MDP:
    """Lost-sales inventory with immediate delivery; formulas in the module docstring.

    Parameters
    ----------
    capacity : int >= 1
        Largest stock C, in units; the model has C + 1 states.
    gamma : float in [0, 1]
        Discount factor per period.
    demand : float > 0 or (K,) array
        Demand per period, in units: the mean of a Poisson law, or the probabilities of 0, ..., K-1 units (used as
        given, sum within 1e-9 of one).
    max_order : int in [1, capacity], optional
        Largest order, in units (default: the capacity); the model has ``max_order + 1`` actions.
    price : float
        p, money per unit sold.
    unit_cost : float
        c, money per unit ordered.
    fixed_cost : float
        K, money per order that is not empty.
    holding_cost : float
        h, money per unit left at the end of a period.
    lost_sale_cost : float
        b, money per unit of demand lost, on top of the missed price.

    Returns
    -------
    MDP
        CSR; ``allowed`` masks the orders that do not fit, s + a > C.

    Raises
    ------
    ModelError
        If a parameter is out of its range.

    Examples
    --------
    >>> model = inventory(2, demand=[0.25, 0.5, 0.25])
    >>> print(model.P[0:3].toarray())       # order 0, 1 or 2 for the empty shelf
    [[1.   0.   0.  ]
     [0.75 0.25 0.  ]
     [0.25 0.5  0.25]]
    >>> print(model.r)
    [[ 0.   -0.25 -1.  ]
     [ 5.75  1.    0.  ]
     [ 7.    0.    0.  ]]
    >>> print(model.allowed)
    [[ True  True  True]
     [ True  True False]
     [ True False False]]
    """
    size = count(capacity, "capacity") + 1
    orders = size if max_order is None else count(max_order, "max_order", most=capacity) + 1
    price, unit_cost, fixed_cost = (
        number(price, "price"),
        number(unit_cost, "unit_cost"),
        number(fixed_cost, "fixed_cost"),
    )
    holding_cost, lost_sale_cost = number(holding_cost, "holding_cost"), number(lost_sale_cost, "lost_sale_cost")
    law = _demand_law(demand)

    # tail[k] = Pr(D >= k), added up from its small end.
    tail = np.concatenate([np.cumsum(law[::-1])[::-1], np.zeros(size)])
    mean = float(tail[1:].sum())
    law = np.concatenate([law, np.zeros(size)])
    available = np.arange(size)
    sold = np.concatenate([[0.0], np.cumsum(tail[1:size])])
    left, lost = available * tail[0] - sold, np.maximum(mean - sold, 0.0)
    margin = price * sold - holding_cost * left - lost_sale_cost * lost

    stock, order = np.divmod(np.arange(size * orders), orders)
    level = stock + order
    allowed = level < size
    # Row y is the law of the stock after starting a period with y units; one empty row for the orders that do not fit.
    by_level = scipy.linalg.toeplitz(law[:size], np.zeros(size))
    by_level[:, 0] = tail[:size]
    rows = sp.csr_array(np.vstack([by_level, np.zeros(size)]))
    P = rows[np.where(allowed, level, size)]
    r = np.where(allowed, margin[np.where(allowed, level, 0)] - unit_cost * order - fixed_cost * (order > 0), 0.0)
    return MDP(P, r.reshape(size, orders), gamma, allowed=allowed.reshape(size, orders))


def _demand_law(demand: float | ArrayLike) -> Float:
    """(K,) probabilities of 0, 1, ... units."""
    if np.ndim(demand) == 0:
        mean = number(demand, "demand")
        if not 0.0 < mean <= 1e7:
            raise ModelError(f"demand is {mean:g} (expected a mean in (0, 1e7], or the probabilities of 0, 1, ... units)")
        return _poisson(mean)
    law = _arrays.as_float(demand, "demand")
    if law.ndim != 1:
        raise ModelError(f"demand has shape {law.shape} (expected the probabilities of 0, 1, ... units)")
    return _arrays.as_distribution(law, law.size, "demand")


def _poisson(mean: float) -> Float:
    r"""Poisson probabilities up to the point where the rest is below :math:`10^{-300}` or so.

    The ratios :math:`d(k)/d(k-1) = m/k` are multiplied up outward from the mode, one rounding each, and the whole is
    normalised; :math:`e^{-m} m^k / k!` by logarithms would lose :math:`\log k!` units in the last place.
    """
    mode = int(mean)
    last = mode + 50 * (int(math.sqrt(mean)) + 20)
    up = np.cumprod(mean / np.arange(mode + 1, last + 1))
    down = np.cumprod(np.arange(mode, 0, -1) / mean)
    weights = np.concatenate([down[::-1], [1.0], up])
    return np.asarray(weights / weights.sum())
