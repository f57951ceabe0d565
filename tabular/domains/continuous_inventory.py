r"""Lost-sales inventory of a divisible good: thousands of order quantities.

Stock is known on :math:`L` levels :math:`t_j = j h` from 0 to the capacity :math:`C = (L - 1) h`. Action a orders :math:`x_a =
a h / q`, q quantities for each level; what does not fit is not delivered, :math:`y = \min(s + x_a, C)`. Demand D is gamma
distributed; the rest :math:`(y - D)^+` is split between the two levels around it, in proportion, so that its mean is right.
With :math:`H(z) = E(z - D)^+ = z F_k(z) - \bar d\, F_{k + 1}(z)` for :math:`z > 0` (F the gamma distribution functions of
shapes k and k + 1, :math:`\bar d` the mean),

.. math::
    P(s, a, j) &= [H(y - t_{j - 1}) - 2 H(y - t_j) + H(y - t_{j + 1})] / h \quad (j \ge 1), \\
    P(s, a, 0) &= 1 - \textstyle\sum_{j \ge 1} P(s, a, j), \\
    r(s, a) &= p\,(y - H(y)) - c\,(y - s) - K\,[a > 0] - h_c H(y) - b\,(\bar d - y + H(y)).

Rows change smoothly with y: neighbouring quantities are near copies, so that merging them costs little and saves much. The
model is the Markov chain approximation (H. Kushner and P. Dupuis, 2001) of the textbook problem that
:func:`~tabular.domains.inventory` states in whole units; its prices are the same (M. L. Puterman, *Markov Decision Processes*,
section 3.2).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.special import gammainc

from tabular._arrays import Float
from tabular._parameters import count, number
from tabular.errors import ModelError
from tabular.mdp import MDP

__all__ = ["continuous_inventory"]


def continuous_inventory(
    n_levels: int = 41,
    orders_per_level: int = 50,
    gamma: float = 0.95,
    *,
    capacity: float = 40.0,
    demand: float = 10.0,
    variation: float = 0.5,
    price: float = 8.0,
    unit_cost: float = 2.0,
    fixed_cost: float = 4.0,
    holding_cost: float = 1.0,
    lost_sale_cost: float = 0.0,
) -> MDP:
    """Lost-sales inventory of a divisible good; formulas in the module docstring.

    Parameters
    ----------
    n_levels : int >= 2
        L, the number of states.
    orders_per_level : int >= 1
        q; the model has (L - 1) q + 1 actions, 2001 by default.
    gamma : float in [0, 1]
    capacity, demand : float > 0
        C, and the mean demand per period.
    variation : float > 0
        Standard deviation of the demand divided by its mean; 1 is the exponential law.
    price, unit_cost, fixed_cost, holding_cost, lost_sale_cost : float
        p, c per unit, K per order, h_c per unit left over, b per unit of demand lost.

    Returns
    -------
    MDP
        CSR; every order is allowed everywhere.

    Raises
    ------
    ModelError
        If a parameter is out of its range.

    Examples
    --------
    >>> model = continuous_inventory()
    >>> model.n_states, model.n_actions
    (41, 2001)
    """
    levels, q = count(n_levels, "n_levels", least=2), count(orders_per_level, "orders_per_level")
    positive = [(name, number(x, name, 0)) for name, x in (("capacity", capacity), ("demand", demand), ("variation", variation))]
    for name, x in positive:
        if x == 0.0:
            raise ModelError(f"{name} is 0 (expected a positive number)")
    (_, top), (_, mean), (_, spread) = positive
    money = (price, unit_cost, fixed_cost, holding_cost, lost_sale_cost)
    names = ("price", "unit_cost", "fixed_cost", "holding_cost", "lost_sale_cost")
    p, c, fixed, holding, lost = (number(x, name) for name, x in zip(names, money, strict=True))

    step, orders = top / (levels - 1), (levels - 1) * q + 1
    shape = 1.0 / spread**2

    def rest(z: Any) -> Float:
        """E(z - D)^+."""
        z = np.maximum(z, 0.0)
        return np.asarray(z * gammainc(shape, z * shape / mean) - mean * gammainc(shape + 1.0, z * shape / mean))

    # row i is for y = i h / q, whatever stock and order led there
    available = np.arange(orders) / q * step
    left = rest(available[:, None] - step * np.arange(levels + 1))
    law = np.zeros((orders, levels))
    law[:, 1:] = np.maximum((left[:, :-2] - 2.0 * left[:, 1:-1] + left[:, 2:]) / step, 0.0)
    law[:, 0] = np.maximum(1.0 - law[:, 1:].sum(axis=1), 0.0)

    unsold = left[:, 0]
    margin = p * (available - unsold) - holding * unsold - lost * (mean - available + unsold)
    stock, order = np.arange(levels)[:, None] * q, np.arange(orders)
    reached = np.minimum(stock + order, orders - 1)
    r = margin[reached] - c * (reached - stock) * (step / q) - fixed * (order > 0)
    return MDP(sp.csr_array(law)[reached.reshape(-1)], r, gamma)
