r"""The hard instances behind a lower bound for robust offline learning in linear MDPs.

States :math:`x_1, x_2`, actions :math:`a \in \{0, 1\}^d`, dimension d + 2:

.. math:: \phi(x_1, a) = \bigl(\tfrac{a_1}d, ..., \tfrac{a_d}d, 1 - \tfrac1d \sum_i a_i, 0\bigr), \qquad \phi(x_2, a) = e_{d + 2},
          \qquad \theta_h = \delta \bigl(\tfrac{\xi_{h1} + 1}2, ..., \tfrac{\xi_{hd} + 1}2, \tfrac12, 0\bigr).

All factors stay where they are: the first d + 1 lead to :math:`x_1`, the last to :math:`x_2`, which pays nothing. Whoever takes a
wrong bit of :math:`a_h = (1 + \xi_h) / 2` loses :math:`\delta / (2 d)`.

Source: Z. Liu and P. Xu, "Minimax optimal and computationally efficient algorithms for distributionally robust offline
reinforcement learning" (NeurIPS 2024), Theorem 6.1. Only the first step is in doubt there: radii (rho, 0, ..., 0).
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from tabular._arrays import as_float
from tabular._parameters import number
from tabular.errors import ModelError
from tabular.linear_mdp.model import LinearMDP

__all__ = ["liu_xu_instance"]


def liu_xu_instance(signs: Any, scale: float = 1.0) -> LinearMDP:
    r"""A hard instance; rules in the module docstring.

    Parameters
    ----------
    signs : (H, d) array of -1 and 1
        :math:`\xi`.
    scale : float in [0, 1]
        :math:`\delta`.

    Returns
    -------
    LinearMDP
        2 states, ``2**d`` actions in lexicographic order, d + 2 features; starts in :math:`x_1` with probability (d + 1) / (d +
        2).

    Raises
    ------
    ModelError
        If a sign is neither -1 nor 1, d exceeds 16, or the scale is out of its range.

    Examples
    --------
    >>> import tabular
    >>> model = liu_xu_instance([[1, -1], [1, 1]])
    >>> radii = [[.5], [0]]
    >>> problem = tabular.linear_mdp.d_rectangular(model, tabular.TotalVariation(), radius=radii)
    >>> tabular.solve(problem).values[0]
    array([1.25, 0.  ])
    """
    xi = as_float(signs, "signs")
    if xi.ndim != 2 or xi.size == 0 or not np.isin(xi, (-1.0, 1.0)).all():
        raise ModelError("signs are no (H, d) array of -1 and 1")
    steps, d = xi.shape
    if d > 16:
        raise ModelError(f"d is {d}: the instance has 2**{d} actions (at most 16 are built)")
    delta = number(scale, "scale", least=0.0)
    if delta > 1.0:
        raise ModelError(f"scale is {delta!r} (expected at most 1: rewards are in [0, 1])")
    actions = np.array(list(product((0, 1), repeat=d)), dtype=np.float64)
    phi = np.zeros((2, 2**d, d + 2))
    phi[0, :, :d] = actions / d
    phi[0, :, d] = (d - actions.sum(axis=1)) / d
    phi[1, :, d + 1] = 1.0
    theta = np.concatenate([(xi + 1.0) / 2.0, np.full((steps, 1), 0.5), np.zeros((steps, 1))], axis=1)
    factors = np.zeros((d + 2, 2))
    factors[: d + 1, 0] = factors[d + 1, 1] = 1.0
    return LinearMDP(phi, factors, delta * theta, initial=[(d + 1) / (d + 2), 1 / (d + 2)])
