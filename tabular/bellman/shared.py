r"""The operator of s-rectangular robust problems.

Both sides of its enclosure are weak duality, with bounds of single rows that are there already. For any policy and any prices
:math:`\lambda_a` with :math:`\pi_a w_a \lambda_a \le \xi`, w the discounted row sum,

.. math:: \min_{\sum_a D(q_a, p_a) \le \kappa} \sum_a \pi_a (r_a + w_a \langle q_a, v\rangle)
          \ge \sum_a \pi_a \bigl( r_a + w_a \min_q [\langle q, v\rangle + \lambda_a D(q, p_a)] \bigr) - \xi \kappa,

and for any split of the budget, :math:`\sum_a \rho_a \le \kappa`, the value of every policy is at most
:math:`\max_a r_a + w_a \min_{D(q, p_a) \le \rho_a} \langle q, v\rangle`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular.bellman.general import weighted_mean
from tabular.bellman.nominal import FixedPolicy, Maximum, Optimality
from tabular.bellman.rounding import down, up
from tabular.bellman.slots import FAMILIES, SharedWorstCase, WorstCase
from tabular.bellman.worst_rows import WorstRows
from tabular.divergences import TotalVariation
from tabular.divergences.projections import BURG, VARIATION
from tabular.divergences.shared_budgets import against_mixture, against_optimum
from tabular.divergences.worst_laws import kernel_view
from tabular.errors import ModelError
from tabular.mdp import MDP

__all__ = ["Shared", "SharedEvaluation"]

Split = tuple[Float, Float]
"""(S, A) divergences spent, and prices."""


class Shared(Maximum):
    """Optimality operator against an adversary with one budget for all actions of a state."""

    def __init__(self, mdp: MDP, inner: SharedWorstCase) -> None:
        self.mdp = mdp
        self.nominal = Optimality(mdp)
        self.n_states, self.n_actions = mdp.n_states, mdp.n_actions
        self.reward_size = self.nominal.reward_size
        self.divergence = inner.divergence
        self.worst = WorstRows.of(mdp, WorstCase(inner.divergence, 0.0))
        given = np.asarray(inner.radius, dtype=np.float64)
        if given.ndim and given.shape != (mdp.n_states,):
            raise ModelError(f"radius has shape {given.shape} (expected a number or ({mdp.n_states},): actions share it)")
        self.budget = np.ascontiguousarray(np.broadcast_to(given, (mdp.n_states,)))
        self._family = FAMILIES[type(inner.divergence)]
        inside = isinstance(inner.divergence, TotalVariation) and inner.divergence.absolutely_continuous
        self._leaks = not inside and self._family in (VARIATION, BURG)
        rows = self.worst.rows
        self._matrix: tuple[Any, ...] = tuple(kernel_view(x) for x in (rows.starts, rows.columns, rows.data, rows.sums))
        self._allowed = np.ones(mdp.r.shape, dtype=bool) if mdp.allowed is None else np.array(mdp.allowed)

    @property
    def moduli(self) -> tuple[float, float]:
        """Those of the model."""
        return self.nominal.moduli

    def q_values(self, v: Float) -> Float:
        """There are none: what an action is worth depends on how often the others are taken.

        Raises
        ------
        ModelError
            Always.
        """
        raise ModelError("an s-rectangular problem has no action values: the actions of a state share the adversary's budget")

    def optimum(self, v: Float) -> tuple[Float, Float, Split]:
        """(S,) values, (S, A) policy, and the adversary's split."""
        value, policy = np.empty(self.n_states), np.empty((self.n_states, self.n_actions))
        spent, price = np.empty_like(policy), np.empty_like(policy)
        rewards, budget = kernel_view(self.mdp.r), kernel_view(self.budget)
        rest = rewards, kernel_view(self._allowed), self.mdp.gamma, budget, value, policy, spent, price
        given: Any = (self._family, self._leaks, kernel_view(v), *self._matrix, *rest)
        against_optimum(*given)
        return value, policy, (spent, price)

    def split(self, v: Float, policy: Float) -> Split:
        """The adversary's split against a policy."""
        spent, price = np.empty_like(policy), np.empty_like(policy)
        rest = self.mdp.gamma, kernel_view(self.budget), kernel_view(policy), spent, price
        given: Any = (self._family, self._leaks, kernel_view(v), *self._matrix, *rest)
        against_mixture(*given)
        return spent, price

    def backup(self, v: Float, out: Float | None = None) -> Float:
        """``Tv``, (S,)."""
        value = self.optimum(v)[0]
        if out is None:
            return value
        out[:] = value
        return out

    def choose(self, v: Float, incumbent: Any = None) -> Float:
        """(S, A) optimal policy at ``v``."""
        return self.optimum(v)[1]

    def settle(self, v: Float, slack: float) -> Float:
        """The same: a mixture cannot be rounded to one action."""
        return self.optimum(v)[1]

    def changed(self, old: Float, new: Float) -> NDArray[np.bool_]:
        """(S,) where two policies differ by more than 1e-12."""
        return np.asarray(np.abs(old - new).max(axis=1) > 1e-12)

    def fix(self, choice: Any) -> SharedEvaluation:
        """The operator of a policy; the adversary still splits its budget."""
        return SharedEvaluation(self, self.lift(choice))

    def lift(self, choice: NDArray[Any]) -> Float:
        """(S, A) policy."""
        return self.nominal.lift(choice) if choice.ndim == 1 else np.asarray(choice, dtype=np.float64)

    def below(self, v: Float, policy: Float, price: Float) -> Float:
        """(S,) at most what the policy gets, by weak duality at these prices."""
        taken = (policy > 0) & self._allowed
        priced = np.where(taken, price, math.inf)
        low = replace(self.worst, strength=priced.reshape(-1), priced=True).bounds(v)[0].reshape(policy.shape)
        mean = weighted_mean(np.where(taken, low, math.inf), policy)[0]
        weight = up(self.mdp.gamma * self.worst.rows.totals[1]).reshape(policy.shape)
        with np.errstate(invalid="ignore"):
            share = np.where(taken & (self.mdp.gamma > 0), up(up(policy * weight) * priced), 0.0).max(axis=1)
            total = down(policy.sum(axis=1) * (1 - policy.shape[1] * 2.0**-52))
            paid = np.where(self.budget > 0, up(up(share / total) * self.budget), 0.0)
        return down(mean - paid)

    def budgets(self, spent: Float) -> Float:
        """(S, A) radii whose sum does not exceed the budget."""
        total = spent.sum(axis=1) * (1 + spent.shape[1] * 2.0**-52)
        factor = np.minimum(1.0, down(self.budget / np.where(total > 0, total, 1.0)))
        return np.where(total[:, None] <= self.budget[:, None], spent, np.maximum(down(spent * factor[:, None]), 0.0))

    def within(self, v: Float, spent: Float) -> WorstRows:
        """The rows with the radii that a split gives them."""
        return replace(self.worst, strength=self.budgets(spent).reshape(-1))

    def enclosed_backup(self, v: Float, choice: Any = None) -> tuple[Float, Float]:
        """Bounds of ``T_choice v`` from below and of ``Tv`` from above, (S,) each."""
        _, policy, (spent, price) = self.optimum(v)
        high = np.where(self._allowed, self.within(v, spent).bounds(v)[1].reshape(spent.shape), -math.inf).max(axis=1)
        if choice is not None:
            policy = self.lift(choice)
            price = self.split(v, policy)[1]
        return self.below(v, policy, price), high


class SharedEvaluation(FixedPolicy):
    """The operator of a fixed (S, A) policy."""

    def __init__(self, shared: Shared, policy: Float) -> None:
        self.shared = shared
        self.policy = policy
        self.n_states, self.reward_size = shared.n_states, shared.reward_size

    @property
    def moduli(self) -> tuple[float, float]:
        """Those of the model: policies are divided by their sums."""
        return self.shared.moduli

    def affine(self) -> None:
        """A worst case is not affine."""
        return None

    def _within(self, v: Float) -> WorstRows:
        return self.shared.within(v, self.shared.split(v, self.policy)[0])

    def tangent(self, v: Float) -> tuple[Any, Float]:
        """``(M, c)`` of the worst kernel at ``v``: ``T w <= c + M w`` for every w, with equality at ``v``."""
        return self._within(v).mixed_tangent(v, self.policy)

    def backup(self, v: Float, out: Float | None = None) -> Float:
        """``T v``, (S,)."""
        value = (self.policy * self._within(v).values(v).reshape(self.policy.shape)).sum(axis=1)
        if out is None:
            return np.asarray(value)
        out[:] = value
        return out

    def q_values(self, v: Float) -> Float:
        """There are none, as for :class:`Shared`."""
        return self.shared.q_values(v)

    def lift(self, choice: NDArray[Any]) -> Float:
        """(S, A) policy."""
        return self.shared.lift(choice)

    def enclosed_backup(self, v: Float, choice: Any = None) -> tuple[Float, Float]:
        """Outward bounds of ``T v``, (S,) each."""
        spent, price = self.shared.split(v, self.policy)
        high = self.shared.within(v, spent).bounds(v)[1].reshape(spent.shape)
        return self.shared.below(v, self.policy, price), weighted_mean(high, self.policy)[1]
