r"""Dynamical linear bandits: actions that pay later, through a hidden linear state.

.. math:: y_t = \langle \omega, x_t \rangle + \langle \theta, u_t \rangle + \eta_t, \qquad
          x_{t+1} = A x_t + B u_t + \epsilon_t,

with x in :math:`R^n` hidden, actions u in :math:`R^d`; the reward looks at the state *before* the action moves it. *Markov
parameters* :math:`h^{\{0\}} = \theta`, :math:`h^{\{s\}} = B^T (A^{s-1})^T \omega` say what an action adds s rounds later, their
partial sums :math:`h^{[0, m]}` what it adds within m rounds, and the *cumulative parameter* what it adds in all:

.. math:: h = \theta + B^T (I - A)^{-T} \omega, \qquad h - h^{[0, m]} = B^T (A^m)^T (I - A)^{-T} \omega.

A constant action earns :math:`\langle h, u \rangle` per round in the long run, and no policy has a larger average (Mussi, Metelli
and Restelli 2023, Theorem 2.1). Online and offline regret differ by what is still stored in the state:

.. math:: \sum_{t \le T} \langle h, u_t \rangle - \sum_{t \le T} E y_t = \omega^T (I - A)^{-1} (E x_{T+1} - x_1).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tabular._arrays import Float, as_float, frozen
from tabular._parameters import count, number
from tabular.errors import ModelError
from tabular.linear_bandits import stability
from tabular.linear_bandits._linear_algebra import linear_recursion

__all__ = ["DynamicalLinearBandit", "FiniteHorizonOptimum", "finite_array", "rows_of_actions"]


class FiniteHorizonOptimum(NamedTuple):
    """The best that any policy can do in T rounds: ``value``, and the ``actions`` (T, d) that do it, with their ``arms`` (T,)."""

    value: float
    actions: Float
    arms: NDArray[np.intp]


class DynamicalLinearBandit:
    r"""A stable system with known matrices; formulas in the module docstring.

    Parameters
    ----------
    A : (n, n) array
        Spectral radius below 1.
    B : (n, d) array
    omega : (n,) array
    theta : (d,) array
    state_noise, reward_noise : float >= 0
        Standard deviations, or sub-Gaussian scales, of each coordinate of :math:`\epsilon_t` and of :math:`\eta_t`.
    initial_state : (n,) array, optional
        :math:`x_1`, by default 0.

    Raises
    ------
    ModelError
        If the system is unstable, an entry is not finite, or shapes do not fit.

    Examples
    --------
    >>> bandit = DynamicalLinearBandit([[.5]], [[1, 0]], [1], [0, 1.5], state_noise=.1, reward_noise=.1)
    >>> bandit
    DynamicalLinearBandit(1 states, actions in dimension 2, spectral radius 0.5, noise 0.1 and 0.1)
    >>> bandit.cumulative_parameter
    array([2. , 1.5])
    >>> bandit.best_action([[1, 0], [0, 1]])
    array([1., 0.])
    >>> bandit.expected_rewards([[1, 0]] * 4)
    array([0.  , 1.  , 1.5 , 1.75])
    """

    __slots__ = ("A", "B", "_cumulative", "_radius", "initial_state", "omega", "reward_noise", "state_noise", "theta")

    A: Float
    B: Float
    omega: Float
    theta: Float
    state_noise: float
    reward_noise: float
    initial_state: Float

    def __init__(
        self,
        A: ArrayLike,
        B: ArrayLike,
        omega: ArrayLike,
        theta: ArrayLike,
        *,
        state_noise: float = 0.0,
        reward_noise: float = 0.0,
        initial_state: ArrayLike | None = None,
    ) -> None:
        a, b = finite_array(A, "A", 2), finite_array(B, "B", 2)
        n, d = b.shape
        w, direct = finite_array(omega, "omega", 1), finite_array(theta, "theta", 1)
        start = np.zeros(n) if initial_state is None else finite_array(initial_state, "initial_state", 1)
        if n == 0 or d == 0:
            raise ModelError(f"B has shape {b.shape} (expected at least one state and one action coordinate)")
        for name, array, shape in (("A", a, (n, n)), ("omega", w, (n,)), ("theta", direct, (d,)), ("initial_state", start, (n,))):
            if array.shape != shape:
                raise ModelError(f"{name} has shape {array.shape} (expected {shape}, because B has shape {b.shape})")
        self._radius = stability.spectral_radius(a)
        if not self._radius < 1.0:
            raise ModelError(
                f"the system is unstable: A has spectral radius {self._radius:.6g} (expected less than 1: effects must die out)"
            )
        self.A, self.B, self.omega, self.theta, self.initial_state = (frozen(x) for x in (a, b, w, direct, start))
        self.state_noise = number(state_noise, "state_noise", 0.0)
        self.reward_noise = number(reward_noise, "reward_noise", 0.0)
        self._cumulative = frozen(direct + b.T @ np.linalg.solve(np.eye(n) - a.T, w))

    @classmethod
    def from_outputs(
        cls, A: ArrayLike, B: ArrayLike, C: ArrayLike, D: ArrayLike, *, state_noise: float = 0.0, output_noise: float = 0.0
    ) -> DynamicalLinearBandit:
        r"""The reward is the sum of m outputs :math:`C x + D u`, (m, n) and (m, d), each with noise of its own: noises add up to
        :math:`\sqrt m` times ``output_noise``."""
        c, direct = finite_array(C, "C", 2), finite_array(D, "D", 2)
        if len(c) != len(direct) or len(c) == 0:
            raise ModelError(f"C and D have {len(c)} and {len(direct)} rows (expected one for each output)")
        noise = math.sqrt(len(c)) * number(output_noise, "output_noise", 0.0)
        return cls(A, B, c.sum(axis=0), direct.sum(axis=0), state_noise=state_noise, reward_noise=noise)

    def __repr__(self) -> str:
        return (
            f"DynamicalLinearBandit({self.state_dimension} states, actions in dimension {self.dimension}, "
            f"spectral radius {self.spectral_radius:.4g}, noise {self.state_noise:.4g} and {self.reward_noise:.4g})"
        )

    # --- the system ------------------------------------------------------------------------------------------------------------

    @property
    def state_dimension(self) -> int:
        """n, the dimension of the hidden state."""
        return int(self.B.shape[0])

    @property
    def dimension(self) -> int:
        """d, the dimension of actions."""
        return int(self.B.shape[1])

    @property
    def spectral_radius(self) -> float:
        r""":math:`\rho(A) = \max |\lambda|`."""
        return self._radius

    @property
    def cumulative_parameter(self) -> Float:
        r"""(d,) :math:`h = \theta + B^T (I - A)^{-T} \omega`."""
        return self._cumulative

    def transient_constant(self, radius: float | None = None, *, powers: int = 3000) -> float:
        r""":math:`\sup_k \|A^k\|_2 / r^k`, r the spectral radius or an assumed larger one; see
        :func:`~tabular.linear_bandits.stability.transient_constant`, also for what is refused."""
        r = None if radius is None else number(radius, "radius", 0.0)
        return stability.transient_constant(self.A, r, powers=count(powers, "powers"))

    def markov_parameters(self, rounds: int) -> Float:
        r"""(rounds, d): row s is :math:`h^{\{s\}}`, what an action adds to the reward s rounds later."""
        later = linear_recursion(self.A.T, np.zeros((max(count(rounds, "rounds") - 2, 0), self.state_dimension)), self.omega)
        return np.vstack([self.theta, later @ self.B])[:rounds]

    def partial_sums(self, rounds: int) -> Float:
        """(rounds, d): row m is :math:`h^{[0, m]}`, what an action adds to the rewards of its own round and the m after it."""
        return np.asarray(self.markov_parameters(rounds).cumsum(axis=0))

    def tail(self, m: int) -> Float:
        r"""(d,) :math:`h - h^{[0, m]} = B^T (A^m)^T (I - A)^{-T} \omega`, what an action adds after its m-th following round."""
        rest = np.linalg.solve(np.eye(self.state_dimension) - self.A.T, self.omega)
        return np.asarray(self.B.T @ np.linalg.matrix_power(self.A.T, count(m, "m", 0)) @ rest)

    # --- values ----------------------------------------------------------------------------------------------------------------

    def values(self, actions: ArrayLike) -> Float:
        r"""(K,) steady-state values :math:`\langle h, u \rangle` of the rows of ``actions`` (K, d)."""
        return np.asarray(rows_of_actions(actions, self.dimension) @ self.cumulative_parameter)

    def gaps(self, actions: ArrayLike) -> Float:
        """(K,) by how much each action's value falls short of the best one's."""
        values = self.values(actions)
        return np.asarray(values.max() - values)

    def best_action(self, actions: ArrayLike) -> Float:
        """(d,) the row of ``actions`` with the largest steady-state value, the first among equals."""
        rows = rows_of_actions(actions, self.dimension)
        return np.array(rows[int(np.argmax(rows @ self.cumulative_parameter))])

    def expected_states(self, actions: ArrayLike, initial_state: ArrayLike | None = None) -> Float:
        """(T + 1, n) expected states :math:`x_1, ..., x_{T+1}` along a sequence of actions (T, d)."""
        start = self.initial_state if initial_state is None else self._state(initial_state)
        return linear_recursion(self.A, rows_of_actions(actions, self.dimension) @ self.B.T, start)

    def expected_rewards(self, actions: ArrayLike, initial_state: ArrayLike | None = None) -> Float:
        """(T,) exact expected rewards of a sequence of actions (T, d)."""
        rows = rows_of_actions(actions, self.dimension)
        return np.asarray(self.expected_states(rows, initial_state)[:-1] @ self.omega + rows @ self.theta)

    def stored_reward(self, state: ArrayLike) -> float:
        r""":math:`\omega^T (I - A)^{-1} x`, what a state still pays if nothing is added to it any more.

        Over any rounds :math:`\sum \langle h, u_t \rangle - \sum E y_t` is the stored reward at their end minus that at the
        start.
        """
        return float(self.omega @ np.linalg.solve(np.eye(self.state_dimension) - self.A, self._state(state)))

    def _state(self, state: ArrayLike) -> Float:
        x = finite_array(state, "state", 1)
        if x.shape != (self.state_dimension,):
            raise ModelError(f"state has shape {x.shape} (expected ({self.state_dimension},))")
        return x

    def finite_horizon_optimum(self, actions: ArrayLike, horizon: int) -> FiniteHorizonOptimum:
        r"""The best total expected reward over T rounds among all policies, history-dependent ones included.

        It is open loop and separable: round s maximises :math:`\langle h^{[0, T-s]}, u \rangle`, for the total is the sum of
        these and of what the initial state pays.

        Parameters
        ----------
        actions : (K, d) array
        horizon : int >= 1

        Examples
        --------
        >>> bandit = DynamicalLinearBandit([[.5]], [[1, 0]], [1], [0, 1.6])
        >>> bandit.finite_horizon_optimum([[1, 0], [0, 1]], 6).arms
        array([0, 0, 0, 1, 1, 1])
        """
        rows, rounds = rows_of_actions(actions, self.dimension), count(horizon, "horizon")
        arms = np.argmax(self.partial_sums(rounds)[::-1] @ rows.T, axis=1)
        return FiniteHorizonOptimum(float(self.expected_rewards(rows[arms]).sum()), rows[arms], arms)

    def state_bound(
        self, action_bound: float, radius: float | None = None, *, horizon: int | None = None, delta: float | None = None
    ) -> float:
        r"""X with :math:`\|x_t\| \le X`: :math:`\Phi \|x_1\| + \Phi \|B\| U / (1 - r)`, with noise ignored unless a horizon is
        given.

        With a horizon and delta, X holds for :math:`t \le T + 1` with probability at least :math:`1 - \delta` under Gaussian
        noise: the noise part of a state has a covariance below :math:`\sigma^2 \Phi^2 / (1 - r^2)`, hence a norm below
        :math:`\sigma \Phi (\sqrt n + \sqrt{2 \log(T / \delta)}) / \sqrt{1 - r^2}` by Gaussian concentration.
        """
        r = self.spectral_radius if radius is None else number(radius, "radius", 0.0)
        phi = self.transient_constant(radius)
        if not r < 1.0:
            raise ModelError(f"radius is {r!r} (expected less than 1)")
        reach = number(action_bound, "action_bound", 0.0) * float(np.linalg.norm(self.B, 2)) / (1.0 - r)
        bound = phi * (float(np.linalg.norm(self.initial_state)) + reach)
        if horizon is None:
            return bound
        if delta is None or not 0.0 < delta < 1.0:
            raise ModelError(f"delta is {delta!r} (expected a number in (0, 1), as there is a horizon)")
        spread = math.sqrt(self.state_dimension) + math.sqrt(2.0 * math.log(count(horizon, "horizon") / delta))
        return bound + self.state_noise * phi * spread / math.sqrt(1.0 - r * r)


def finite_array(values: Any, name: str, axes: int) -> Float:
    """An array with so many axes and finite entries."""
    array = as_float(values, name)
    if array.ndim != axes:
        raise ModelError(f"{name} has shape {array.shape} (expected {axes} {'axis' if axes == 1 else 'axes'})")
    bad = np.argwhere(~np.isfinite(array))
    if bad.size:
        where = ", ".join(map(str, bad[0]))
        raise ModelError(f"{name}[{where}] is {float(array[tuple(bad[0])])!r} (expected a finite number)")
    return array


def rows_of_actions(actions: Any, dimension: int) -> Float:
    """(K, d) actions, one or more."""
    rows = finite_array(actions, "actions", 2)
    if len(rows) == 0 or rows.shape[1] != dimension:
        raise ModelError(f"actions have shape {rows.shape} (expected (K, {dimension}) with K >= 1)")
    return rows
