r"""Grid worlds with a compass: any number of headings, neighbours nearly the same.

Cells are numbered row by row as in :mod:`tabular.domains.grid_world`. Action a of A heads for :math:`\theta_a = 2 \pi a / A`,
clockwise from east: from the centre of cell (i, j) the agent moves to the point :math:`(i + \ell \sin \theta_a, j + \ell \cos
\theta_a)`, which is split among the four cells around it (bilinear weights, so that the mean position is the point itself). The
share of a cell that is off the grid or a wall stays where it was. With probability :math:`\varepsilon` the heading is drawn
uniformly from all A instead. With :math:`g` the goals, :math:`h` the traps and :math:`c` the cost of a step,

.. math:: r(s, a) = -c + R_g \sum_{s' \in g} P(s, a, s') + R_h \sum_{s' \in h} P(s, a, s').

Each coordinate's law moves by at most its own distance, so that neighbouring headings are alike,

.. math:: TV(P(s, a), P(s, b)) \le (1 - \varepsilon)\, \ell\, (|\sin \theta_a - \sin \theta_b| + |\cos \theta_a - \cos \theta_b|):

a discretised continuous action, with diameters that fall like 1/m when it is merged into m sectors. Splitting a point among
grid points is the Markov chain approximation of H. Kushner and P. Dupuis, *Numerical Methods for Stochastic Control Problems in
Continuous Time* (Springer, 2001).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import scipy.sparse as sp

from tabular._parameters import count, number, probability
from tabular.domains.grid_world import Cell, cell_mask, check_disjoint, start_cell
from tabular.errors import ModelError
from tabular.mdp import MDP

__all__ = ["compass_world"]


def compass_world(
    height: int,
    width: int,
    n_headings: int = 360,
    gamma: float = 0.95,
    *,
    stride: float = 1.0,
    slip: float = 0.1,
    walls: Iterable[Cell] = (),
    goals: Iterable[Cell] | None = None,
    traps: Iterable[Cell] = (),
    start: Cell | None = (0, 0),
    goal_reward: float = 1.0,
    trap_reward: float = 0.0,
    step_cost: float = 0.0,
) -> MDP:
    r"""A grid world with many headings; layout and formulas in the module docstring.

    Parameters
    ----------
    height, width : int >= 1
        Numbers of rows and columns.
    n_headings : int >= 1
        A.
    gamma : float in [0, 1]
        Discount factor per step.
    stride : float > 0
        :math:`\ell`, length of a step in cells.
    slip : float in [0, 1]
        Probability :math:`\varepsilon` of a random heading.
    walls, goals, traps, start, goal_reward, trap_reward, step_cost
        As in :func:`~tabular.domains.grid_world`: the default goal is the lower right corner; goals and traps are absorbing.

    Returns
    -------
    MDP
        CSR.

    Raises
    ------
    ModelError
        If a parameter is out of its range, a cell is outside the grid, or a cell has two roles.

    Examples
    --------
    >>> model = compass_world(2, 2, 8, slip=0.0)
    >>> print(model.P[0:3].toarray().round(4))      # from the upper left corner: east, south-east, south
    [[0.     1.     0.     0.    ]
     [0.0858 0.2071 0.2071 0.5   ]
     [0.     0.     1.     0.    ]]
    """
    h, w, headings = count(height, "height"), count(width, "width"), count(n_headings, "n_headings")
    length, chance = number(stride, "stride", 0), probability(slip, "slip")
    if length == 0.0:
        raise ModelError("stride is 0 (expected a positive number)")
    is_wall, is_trap = cell_mask(walls, "walls", h, w), cell_mask(traps, "traps", h, w)
    is_goal = cell_mask([(h - 1, w - 1)] if goals is None else goals, "goals", h, w)
    check_disjoint({"walls": is_wall, "goals": is_goal, "traps": is_trap}, w)

    # rounding keeps headings along the axes on the axes, where sin(pi) is not quite zero
    angles = 2.0 * np.pi * np.arange(headings) / headings
    moves = np.round(length * np.stack([np.sin(angles), np.cos(angles)]), 14)
    whole = np.floor(moves)
    part = moves - whole
    n, closed = h * w, is_wall | is_goal | is_trap
    row, column = (x[:, None, None] for x in np.divmod(np.arange(n), w))
    own, corner = row * w + column, np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
    i, j = row + (whole[0][:, None] + corner[0]), column + (whole[1][:, None] + corner[1])
    inside = (i >= 0) & (i < h) & (j >= 0) & (j < w)
    target = np.where(inside, i * w + j, own).astype(np.int32)
    target = np.where(is_wall[target], own, target)
    share = np.abs(1 - corner[0] - part[0][:, None]) * np.abs(1 - corner[1] - part[1][:, None])
    size = (n * headings, n)
    P: Any = sp.csr_array((np.tile(share.reshape(-1), n), target.reshape(-1), np.arange(0, target.size + 1, 4)), shape=size)
    pairs = np.arange(n * headings)
    here = sp.csr_array((np.ones(pairs.size), pairs // headings, np.arange(pairs.size + 1)), shape=size)
    if chance > 0.0:
        P = (1.0 - chance) * P + here @ (here.T @ P * (chance / headings))
    # absorbing cells stay with probability exactly one, which the parts might miss by a rounding
    kept = np.repeat(~closed, headings).astype(np.float64)
    P = sp.csr_array(sp.diags_array(kept) @ P + sp.diags_array(1.0 - kept) @ here)
    P.eliminate_zeros()

    paid = number(goal_reward, "goal_reward") * is_goal + number(trap_reward, "trap_reward") * is_trap
    r = (P @ paid).reshape(n, headings) - number(step_cost, "step_cost")
    r[closed] = 0.0
    return MDP(P, r, gamma, initial=None if start is None else start_cell(start, closed, h, w))
