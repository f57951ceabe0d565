r"""The two operators of an ordinary model.

Optimality, :math:`(Tv)(s) = \max_a r(s, a) + \gamma \sum_{s'} P(s, a, s') v(s')`, and evaluation of a policy,
:math:`(T_\pi v)(s) = \sum_a \pi(s, a) \bigl[ r(s, a) + \gamma \sum_{s'} P(s, a, s') v(s') \bigr]`.
Dense models go through BLAS, sparse ones through compiled CSR sweeps; enclosures always through the one compiled
routine whose error bound is stated in :mod:`tabular._rows`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular._rows import error_unit, pointers, row_sums
from tabular.bellman import kernels
from tabular.bellman.rounding import down, scaled_interval, up
from tabular.mdp import MDP

__all__ = ["Evaluation", "FixedPolicy", "Maximum", "Optimality", "mixed_rows"]


class Enclosing:
    """Bounds of residuals, for operators that bound their backups."""

    def enclosed_backup(self, v: Float, choice: Any = None) -> tuple[Float, Float]:
        """Bounds of ``T_choice v`` from below and of ``Tv`` from above, (S,) each."""
        raise NotImplementedError

    def enclose(self, v: Float, choice: Any = None) -> tuple[Float, Float]:
        """Outward bounds of ``T_choice v - v`` from below and of ``Tv - v`` from above, (S,) each."""
        low, high = self.enclosed_backup(v, choice)
        return down(low - v), up(high - v)


class Maximum(Enclosing):
    """What operators that choose have in common: no linear system is theirs."""

    def affine(self) -> None:
        """The maximum is not affine."""
        return None

    def tangent(self, v: Float) -> None:
        """The maximum has no affine function above it that touches it."""
        return None


def mixed_rows(matrix: Any, policy: Float) -> Any:
    """(S, S) rows of (S, A, S) or CSR (S*A, S), mixed by an (S, A) policy."""
    n_states, n_actions = policy.shape
    if not sp.issparse(matrix):
        return np.einsum("sa,sat->st", policy, matrix.reshape(n_states, n_actions, -1))
    starts = np.arange(0, policy.size + 1, n_actions)
    return sp.csr_array(sp.csr_array((policy.reshape(-1), np.arange(policy.size), starts)) @ matrix)


class Optimality(Maximum):
    """The optimality operator of a discounted model: ``Max`` outside, ``Expectation`` inside."""

    def __init__(self, mdp: MDP) -> None:
        self.mdp = mdp
        self.rewards = mdp.r if mdp.allowed is None else np.where(mdp.allowed, mdp.r, -np.inf)
        self.n_states, self.n_actions = mdp.n_states, mdp.n_actions
        self.reward_size = float(np.abs(mdp.r).max())
        self._starts = pointers(mdp.P)
        self.longest_row = int(np.diff(self._starts).max())
        self._columns = mdp.P.indices if mdp.is_sparse else None
        self._data = mdp.P.data if mdp.is_sparse else mdp.P.reshape(-1)

    @cached_property
    def row_sums(self) -> tuple[float, float]:
        """Smallest and largest computed row sum over allowed actions."""
        sums = row_sums(self.mdp.P)
        if self.mdp.allowed is not None:
            sums = sums[self.mdp.allowed.reshape(-1)]
        return float(sums.min()), float(sums.max())

    @cached_property
    def moduli(self) -> tuple[float, float]:
        """``gamma`` times the smallest and the largest row sum, outward."""
        return scaled_interval(self.mdp.gamma, self.row_sums, error_unit(self.longest_row))

    def backup(self, v: Float, out: Float | None = None) -> Float:
        """``Tv``, (S,)."""
        out = np.empty(self.n_states) if out is None else out
        if self.mdp.is_sparse:
            kernels.backup(self._starts, self._columns, self._data, self.rewards, self.mdp.gamma, v, out)
        else:
            self.q_values(v).max(axis=1, out=out)
        return out

    def q_values(self, v: Float) -> Float:
        """``(S, A)`` action values; minus infinity where an action is not allowed."""
        if not self.mdp.is_sparse:
            q = self.mdp.gamma * (self.mdp.P.reshape(-1, self.n_states) @ v).reshape(self.n_states, self.n_actions)
            q += self.rewards
            return np.asarray(q)
        q = np.empty((self.n_states, self.n_actions))
        kernels.q_values(self._starts, self._columns, self._data, self.rewards, self.mdp.gamma, v, q)
        return q

    def choose(self, v: Float, incumbent: NDArray[np.intp] | None = None) -> NDArray[np.intp]:
        """(S,) greedy actions; the incumbent stays unless beaten by more than rounding can explain."""
        q = self.q_values(v)
        old = np.full(self.n_states, -1, dtype=np.intp) if incumbent is None else incumbent
        actions = np.empty(self.n_states, dtype=np.intp)
        unit = (self.longest_row + 8) * 2.0**-53  # a bound whatever the order of the additions, so that it covers BLAS
        kernels.select(q, self.rewards, old, 2 * float(np.abs(v).max()), unit, actions)
        return actions

    def settle(self, v: Float, slack: float) -> NDArray[np.intp]:
        """(S,) the lowest-numbered action within ``slack`` of the best one at ``v``."""
        q = self.q_values(v)
        return np.argmax(q >= q.max(axis=1, keepdims=True) - slack, axis=1)

    def changed(self, old: NDArray[np.intp], new: NDArray[np.intp]) -> NDArray[np.bool_]:
        """(S,) where two choices differ."""
        return old != new

    def fix(self, choice: Any) -> Evaluation:
        """The evaluation operator of (S,) actions or of an (S, A) policy."""
        return Evaluation(self, choice)

    def lift(self, choice: NDArray[Any]) -> Float:
        """(S, A) indicator of the chosen actions; a table over actions stays what it is."""
        if choice.ndim == 2:
            return choice
        policy = np.zeros((self.n_states, self.n_actions))
        policy[np.arange(self.n_states), choice] = 1.0
        return policy

    def lowered(self, policy: Float) -> NDArray[np.intp]:
        """(S,) the choice that :meth:`lift` made a policy of."""
        return np.asarray(policy.argmax(axis=1))

    def enclosed_q_values(self, v: Float) -> tuple[Float, Float]:
        """(S, A) action values and their radii; see :func:`tabular.bellman.kernels.enclosed_q_values`."""
        q = np.empty((self.n_states, self.n_actions))
        radius = np.empty_like(q)
        kernels.enclosed_q_values(self._starts, self._columns, self._data, self.rewards, self.mdp.gamma, v, q, radius)
        if self.mdp.reward_error is not None:
            radius += self.mdp.reward_error
        return q, radius

    def enclosed_backup(self, v: Float, choice: NDArray[np.intp] | None = None) -> tuple[Float, Float]:
        """Bounds of ``T_choice v`` from below and of ``Tv`` from above, (S,) each."""
        q, radius = self.enclosed_q_values(v)
        high = up(q + radius).max(axis=1)
        if choice is None:
            return down(q - radius).max(axis=1), high
        states = np.arange(self.n_states)
        return down(q[states, choice] - radius[states, choice]), high


class FixedPolicy(Enclosing):
    """What operators of one policy have in common: nothing is left to choose."""

    policy: NDArray[Any]
    n_states: int

    def choose(self, v: Float, incumbent: Any = None) -> NDArray[Any]:
        """The policy."""
        return self.policy

    def settle(self, v: Float, slack: float) -> NDArray[Any]:
        """The policy."""
        return self.policy

    def changed(self, old: NDArray[Any], new: NDArray[Any]) -> NDArray[np.bool_]:
        """Nowhere."""
        return np.zeros(self.n_states, dtype=bool)

    def fix(self, choice: Any) -> Self:
        """Itself."""
        return self


class Evaluation(FixedPolicy):
    """The evaluation operator of one policy, (S,) actions or (S, A) weights; weights are taken as given."""

    def __init__(self, nominal: Optimality, policy: NDArray[Any]) -> None:
        self.nominal = nominal
        self.policy = policy
        self.n_states = nominal.n_states
        self.reward_size = nominal.reward_size

    @property
    def deterministic(self) -> bool:
        """Whether the policy is given as actions."""
        return self.policy.ndim == 1

    @cached_property
    def moduli(self) -> tuple[float, float]:
        """Those of the model, times the smallest and largest sum of weights."""
        if self.deterministic:
            return self.nominal.moduli
        sums = self.policy.sum(axis=1)
        low, high = self.nominal.moduli
        unit = error_unit(self.policy.shape[1]) * 4
        weights = (float(sums.min()), float(sums.max()))
        return scaled_interval(low, weights, unit)[0], scaled_interval(high, weights, unit)[1]

    @cached_property
    def _affine(self) -> tuple[Any, Float]:
        mdp = self.nominal.mdp
        n_states, n_actions = self.n_states, self.nominal.n_actions
        if self.deterministic:
            states = np.arange(n_states)
            c = mdp.r[states, self.policy]
            if not mdp.is_sparse:
                return mdp.gamma * mdp.P[states, self.policy], c
            starts, columns, data = kernels.policy_rows(
                mdp.P.indptr, mdp.P.indices, mdp.P.data, self.policy, n_actions, mdp.gamma
            )
            return sp.csr_array((data, columns, starts), shape=(n_states, n_states)), c
        c = np.einsum("sa,sa->s", self.policy, mdp.r)
        return mdp.gamma * mixed_rows(mdp.P, self.policy), c

    def affine(self) -> tuple[Any, Float]:
        """``(M, c)`` with ``T v = c + M v``; the discount is inside ``M``."""
        return self._affine

    def tangent(self, v: Float) -> tuple[Any, Float]:
        """The same at every ``v``."""
        return self._affine

    def backup(self, v: Float, out: Float | None = None) -> Float:
        """``T v``, (S,)."""
        matrix, c = self._affine
        value = matrix @ v
        value += c
        if out is None:
            return np.asarray(value)
        out[:] = value
        return out

    def q_values(self, v: Float) -> Float:
        """``(S, A)`` action values of the model at ``v``."""
        return self.nominal.q_values(v)

    def lift(self, choice: NDArray[Any]) -> Float:
        """(S, A) policy."""
        return self.nominal.lift(choice) if choice.ndim == 1 else np.asarray(choice)

    def enclosed_backup(self, v: Float, choice: Any = None) -> tuple[Float, Float]:
        """Outward bounds of ``T v``, (S,) each."""
        q, radius = self.nominal.enclosed_q_values(v)
        states = np.arange(self.n_states)
        if self.deterministic:
            q, radius = q[states, self.policy], radius[states, self.policy]
            return down(q - radius), up(q + radius)
        q = np.where(self.policy > 0, q, 0.0)
        radius = np.where(self.policy > 0, radius, 0.0)
        n_actions = self.policy.shape[1]
        mean = (self.policy * q).sum(axis=1)
        spread = (self.policy * radius).sum(axis=1)
        size = (self.policy * np.abs(q)).sum(axis=1)
        # The unit covers any order of the additions: its count is that of the plain sum, not of the blocked one.
        unit = (n_actions + 8) * 2.0**-53 * (1 + 2.0**-9)
        spread = spread * (1 + unit) + unit * size + 4 * (n_actions + 2) * 2.0**-1074
        return down(mean - spread), up(mean + spread)
