r"""Slippery grid worlds with walls, goals and traps.

Cells are numbered row by row, :math:`s = \text{row} \cdot \text{width} + \text{column}`, row 0 on top, walls included
(so that ``values.reshape(height, width)`` is a picture). Actions are 0 left, 1 down, 2 right, 3 up. An action goes its
way with probability :math:`1 - \varepsilon` and to either side of it with :math:`\varepsilon/2`; a step off the grid or
into a wall stays. With :math:`g` the goals, :math:`h` the traps and :math:`c` the cost of a step,

.. math:: r(s, a) = -c + R_g \sum_{s' \in g} P(s, a, s') + R_h \sum_{s' \in h} P(s, a, s').

Goals and traps end the episode: they are absorbing and pay nothing more. Walls are unreachable and pay nothing.

Source: the grid world of S. Russell and P. Norvig, *Artificial Intelligence: A Modern Approach*, section "Sequential
decision problems" (slip 0.2); with slip 2/3 the moves are those of Gymnasium's slippery FrozenLake.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from tabular._parameters import count, number, probability
from tabular.errors import ModelError
from tabular.mdp import MDP

__all__ = ["grid_world", "grid_world_from_map"]

Cell = tuple[int, int]

MOVES = ((0, -1), (1, 0), (0, 1), (-1, 0))
"""(row, column) steps of left, down, right, up; neighbours in this cycle are at right angles."""


def grid_world(
    height: int,
    width: int,
    slip: float = 0.2,
    gamma: float = 0.99,
    *,
    walls: Iterable[Cell] = (),
    goals: Iterable[Cell] | None = None,
    traps: Iterable[Cell] = (),
    start: Cell | None = (0, 0),
    goal_reward: float = 1.0,
    trap_reward: float = 0.0,
    step_cost: float = 0.0,
) -> MDP:
    r"""A slippery grid world; layout and formulas in the module docstring.

    Parameters
    ----------
    height, width : int >= 1
        Numbers of rows and columns.
    slip : float in [0, 1]
        Probability :math:`\varepsilon` of moving at a right angle to the action, half to each side.
    gamma : float in [0, 1]
        Discount factor per step.
    walls, goals, traps : iterables of (row, column), disjoint
        Special cells. Default goal: the lower right corner. ``np.argwhere(mask)`` gives them from a boolean picture.
    start : (row, column) or None
        Where the episode starts: an open cell. None leaves ``initial`` unset.
    goal_reward, trap_reward : float
        :math:`R_g`, :math:`R_h`: paid once, on entering.
    step_cost : float
        :math:`c`: paid for every action outside goals and traps, also the one that enters them.

    Returns
    -------
    MDP
        CSR, at most three successors per row.

    Raises
    ------
    ModelError
        If a parameter is out of its range, a cell is outside the grid, or a cell has two roles.

    Examples
    --------
    >>> model = grid_world(1, 3, slip=0.2, step_cost=0.1)
    >>> print(model.P[2:3].toarray(), model.P[6:7].toarray())     # right, from the first and from the middle cell
    [[0.2 0.8 0. ]] [[0.  0.2 0.8]]
    >>> print(model.r.round(12))
    [[-0.1 -0.1 -0.1 -0.1]
     [-0.1  0.   0.7  0. ]
     [ 0.   0.   0.   0. ]]
    """
    h, w = count(height, "height"), count(width, "width")
    slip = probability(slip, "slip")
    goal_reward, trap_reward = number(goal_reward, "goal_reward"), number(trap_reward, "trap_reward")
    cost = number(step_cost, "step_cost")
    is_wall, is_trap = cell_mask(walls, "walls", h, w), cell_mask(traps, "traps", h, w)
    is_goal = cell_mask([(h - 1, w - 1)] if goals is None else goals, "goals", h, w)
    check_disjoint({"walls": is_wall, "goals": is_goal, "traps": is_trap}, w)

    n = h * w
    closed = is_wall | is_goal | is_trap
    onward = np.where(closed[:, None], np.arange(n)[:, None], _neighbours(is_wall, h, w))
    targets = np.stack([onward, np.roll(onward, 1, axis=1), np.roll(onward, -1, axis=1)], axis=2)
    data = np.tile([1.0 - slip, slip / 2, slip / 2], (n, 4, 1))
    data[closed] = [1.0, 0.0, 0.0]  # exactly one, where adding the three parts might round

    r = ((goal_reward * is_goal + trap_reward * is_trap)[targets] * data).sum(axis=2) - cost
    r[closed] = 0.0
    P = sp.csr_array((data.reshape(-1), targets.reshape(-1), np.arange(0, 12 * n + 1, 3, dtype=np.int32)), shape=(4 * n, n))
    P.sum_duplicates()
    P.eliminate_zeros()
    return MDP(P, r, gamma, initial=None if start is None else start_cell(start, closed, h, w))


def grid_world_from_map(
    text: str,
    slip: float = 0.2,
    gamma: float = 0.99,
    *,
    goal_reward: float = 1.0,
    trap_reward: float = 0.0,
    step_cost: float = 0.0,
) -> MDP:
    """A slippery grid world drawn as text, one character per cell.

    ``.`` (or ``F``) open, ``#`` wall, ``G`` goal, ``H`` trap, ``S`` start: open, and where the episode starts; with
    several of them, in each with equal probability; with none ``initial`` is unset. Indentation is free.

    Parameters
    ----------
    text : str
        The map, rows of equal length.
    slip, gamma, goal_reward, trap_reward, step_cost : float
        As in :func:`grid_world`.

    Raises
    ------
    ModelError
        If the map is empty, ragged, or holds another character (which, and where).

    Examples
    --------
    >>> grid_world_from_map('''
    ...     S.#G
    ...     ...H
    ... ''', trap_reward=-1)
    MDP(8 states, 4 actions, gamma=0.99)
    ├─ transitions: CSR (32, 8), 64 stored, rows sum to 1
    ├─ rewards: per state and action, in [-0.8, 0]
    ├─ initial: state 0
    └─ allowed: every action
    """
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if not lines:
        raise ModelError("the map is empty (expected rows of the characters . # G H S)")
    for row, line in enumerate(lines):
        if len(line) != len(lines[0]):
            raise ModelError(f"row {row} of the map has {len(line)} cells, row 0 has {len(lines[0])}")
        for column, character in enumerate(line):
            if character not in ".F#GHS":
                raise ModelError(f"the map holds {character!r} in row {row}, column {column} (expected one of . # G H S)")
    cells = np.array([list(line) for line in lines])
    height, width = cells.shape

    def find(character: str) -> list[Cell]:
        return [(int(row), int(column)) for row, column in np.argwhere(cells == character)]

    model = grid_world(
        height,
        width,
        slip,
        gamma,
        walls=find("#"),
        goals=find("G"),
        traps=find("H"),
        start=None,
        goal_reward=goal_reward,
        trap_reward=trap_reward,
        step_cost=step_cost,
    )
    starts = (cells == "S").reshape(-1)
    return model.replace(initial=starts / starts.sum()) if starts.any() else model


def cell_mask(cells: Iterable[Cell], name: str, height: int, width: int) -> NDArray[np.bool_]:
    """(S,) booleans of a list of cells."""
    mask = np.zeros((height, width), dtype=bool)
    try:
        listed = np.array([tuple(cell) for cell in cells])
    except (TypeError, ValueError):
        listed = np.array([np.nan])
    if listed.size == 0:
        return mask.reshape(-1)
    if listed.ndim != 2 or listed.shape[1] != 2 or listed.dtype.kind not in "iu":
        raise ModelError(f"{name} holds something else than (row, column) pairs of integers")
    outside = ((listed < 0) | (listed >= [height, width])).any(axis=1)
    if outside.any():
        cell = tuple(int(x) for x in listed[outside][0])
        raise ModelError(f"{name} holds the cell {cell}, outside the {height} x {width} grid")
    mask[listed[:, 0], listed[:, 1]] = True
    return mask.reshape(-1)


def check_disjoint(masks: dict[str, NDArray[np.bool_]], width: int) -> None:
    names = list(masks)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            both = np.flatnonzero(masks[first] & masks[second])
            if both.size:
                raise ModelError(f"cell {divmod(int(both[0]), width)} is in both {first} and {second}")


def _neighbours(is_wall: NDArray[np.bool_], height: int, width: int) -> NDArray[np.int32]:
    """(S, 4) cells that the four moves lead to; the cell itself at the border and before a wall."""
    cells = np.arange(height * width, dtype=np.int32)
    rows, columns = np.divmod(cells, width)
    reached = [np.clip(rows + down, 0, height - 1) * width + np.clip(columns + right, 0, width - 1) for down, right in MOVES]
    return np.stack([np.where(is_wall[target], cells, target) for target in reached], axis=1).astype(np.int32)


def start_cell(start: Cell, closed: NDArray[np.bool_], height: int, width: int) -> int:
    cell = int(np.flatnonzero(cell_mask([start], "start", height, width))[0])
    if closed[cell] and not closed.all():
        raise ModelError(f"start {divmod(cell, width)} is a wall, goal or trap; choose an open cell or start=None")
    return cell
