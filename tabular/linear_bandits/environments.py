r"""Linear bandits without memory: ordinary ones, drifting parameters, and action sets that change from round to round.

.. math:: y_t = \langle \theta_t, u_t \rangle + \eta_t, \qquad u_t \in \mathcal U_t.

Regret compares each round with its own best action (for drifting parameters: dynamic regret).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tabular._arrays import Float, as_distribution, frozen
from tabular._parameters import count, number
from tabular.errors import ModelError
from tabular.linear_bandits.model import finite_array, rows_of_actions

__all__ = ["Contexts", "DriftingLinearBandit", "LinearBandit"]


class DriftingLinearBandit:
    r"""A linear bandit whose parameter is :math:`\theta^{(p)}` from round ``starts[p]`` on, rounds counted from 0.

    Parameters
    ----------
    parameters : (P, d) array
    starts : (P,) increasing integers, optional
        The first is 0; by default 0, 1, 2, ..., a new parameter each round. The last one stays for good.
    reward_noise : float >= 0
        Standard deviation, or sub-Gaussian scale, of the reward.

    Raises
    ------
    ModelError
        If shapes do not fit, an entry is not finite, or ``starts`` do not start at 0 and increase.

    Examples
    --------
    >>> bandit = DriftingLinearBandit([[1, 0], [0, 1]], [0, 10], reward_noise=.1)
    >>> bandit.parameter(9), bandit.parameter(10)
    (array([1., 0.]), array([0., 1.]))
    """

    __slots__ = ("parameters", "reward_noise", "starts")

    parameters: Float
    starts: NDArray[np.int64]
    reward_noise: float

    def __init__(self, parameters: ArrayLike, starts: Any = None, *, reward_noise: float = 0.0) -> None:
        table = finite_array(parameters, "parameters", 2)
        if table.size == 0:
            raise ModelError(f"parameters have shape {table.shape} (expected (P, d), P and d at least 1)")
        first = np.arange(len(table)) if starts is None else np.asarray(starts)
        if first.dtype.kind not in "iu" or first.shape != (len(table),) or first[0] != 0 or (np.diff(first) <= 0).any():
            raise ModelError(f"starts are {starts!r} (expected {len(table)} increasing integers, the first 0)")
        self.parameters, self.starts = frozen(table), frozen(first.astype(np.int64))
        self.reward_noise = number(reward_noise, "reward_noise", 0.0)

    def __repr__(self) -> str:
        several = "" if len(self.starts) == 1 else f"{len(self.starts)} parameters in "
        return f"{type(self).__name__}({several}dimension {self.dimension}, noise {self.reward_noise:.4g})"

    @property
    def dimension(self) -> int:
        """d, the dimension of actions."""
        return int(self.parameters.shape[1])

    def parameter(self, t: int) -> Float:
        """(d,) parameter of round t, counted from 0."""
        return np.asarray(self.parameters[np.searchsorted(self.starts, count(t, "t", 0), side="right") - 1])

    def best_action(self, actions: ArrayLike, t: int = 0) -> Float:
        """(d,) the row of ``actions`` (K, d) that is best in round t, the first among equals."""
        rows = rows_of_actions(actions, self.dimension)
        return np.array(rows[int(np.argmax(rows @ self.parameter(t)))])

    def variation(self, horizon: int) -> float:
        r""":math:`B_T = \sum_{t < T - 1} \|\theta_{t+1} - \theta_t\|_2` over T rounds."""
        within = self.starts[1:] < count(horizon, "horizon")
        return float(np.linalg.norm(np.diff(self.parameters, axis=0), axis=1)[within].sum())


class LinearBandit(DriftingLinearBandit):
    """An ordinary linear bandit, with one parameter (d,) for all rounds.

    >>> LinearBandit([1, 2], reward_noise=.1).best_action([[1, 0], [0, 1]])
    array([0., 1.])
    """

    __slots__ = ()

    def __init__(self, theta: ArrayLike, *, reward_noise: float = 0.0) -> None:
        super().__init__(finite_array(theta, "theta", 1)[None], reward_noise=reward_noise)


class Contexts:
    """Action sets of which one is drawn anew, independently, each round: what makes a linear bandit contextual.

    Parameters
    ----------
    sets : (M, K, d) array
    law : (M,) probabilities, optional
        By default uniform.

    Examples
    --------
    >>> Contexts([[[1, 0], [0, 1]], [[1, 1], [-1, 1]]])
    Contexts(2 sets of 2 actions in dimension 2)
    """

    __slots__ = ("law", "sets")

    sets: Float
    law: Float

    def __init__(self, sets: ArrayLike, law: Any = None) -> None:
        table = finite_array(sets, "sets", 3)
        if table.size == 0:
            raise ModelError(f"sets have shape {table.shape} (expected (M, K, d), each at least 1)")
        self.sets = frozen(table)
        self.law = frozen(np.full(len(table), 1.0 / len(table)) if law is None else as_distribution(law, len(table), "law"))

    def __repr__(self) -> str:
        m, k, d = self.sets.shape
        return f"Contexts({m} sets of {k} actions in dimension {d})"
