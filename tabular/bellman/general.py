r"""The operator of robust and regularised problems, for any pair of slots but the ordinary one.

.. math:: (Tv)(s) = \operatorname{outer}_a \Bigl[ r(s, a) + \gamma\, \sigma_{sa} F_{sa}(v) \Bigr],

with F the worst case around the law :math:`P(s, a) / \sigma_{sa}` and sigma the stored sum of the row: at radius 0 this is the
ordinary model. F is monotone and moves with constants, so that the moduli are those of the model. Enclosures come from
:mod:`tabular.divergences.f_enclosures` and :mod:`tabular.divergences.set_enclosures`: from below by a feasible dual point, from
above by a feasible law. They hold for the stored doubles; of a rational model, for its nearest doubles.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular.bellman import kernels
from tabular.bellman.nominal import Evaluation, FixedPolicy, Maximum, Optimality
from tabular.bellman.rounding import down, up
from tabular.bellman.slots import Expectation, Max, Penalised, SmoothMax, WorstCase
from tabular.bellman.smoothing import Smoothing
from tabular.bellman.worst_rows import WorstRows
from tabular.divergences.intervals import row_mean_bounds
from tabular.divergences.worst_laws import kernel_view
from tabular.mdp import MDP

__all__ = ["General", "weighted_mean"]


class General(Maximum):
    """Optimality operator of ``outer`` and ``inner`` on a model."""

    def __init__(self, mdp: MDP, outer: Max | SmoothMax, inner: Expectation | WorstCase | Penalised) -> None:
        self.mdp = mdp
        self.nominal = Optimality(mdp)
        self.n_states, self.n_actions = mdp.n_states, mdp.n_actions
        self.smoothing = Smoothing(outer, mdp) if isinstance(outer, SmoothMax) else None
        self.inner = inner
        self.worst = None if isinstance(inner, Expectation) else WorstRows.of(mdp, inner)
        self.reward_size = self.nominal.reward_size + (self.smoothing.bonus if self.smoothing else 0.0)

    @property
    def moduli(self) -> tuple[float, float]:
        """Those of the model."""
        return self.nominal.moduli

    def q_values(self, v: Float) -> Float:
        """(S, A) action values under the worst case of each row; minus infinity where an action is not allowed."""
        if self.worst is None:
            return self.nominal.q_values(v)
        q = self.worst.values(v).reshape(self.n_states, self.n_actions)
        return q if self.mdp.allowed is None else np.where(self.mdp.allowed, q, -np.inf)

    def backup(self, v: Float, out: Float | None = None) -> Float:
        """``Tv``, (S,)."""
        q = self.q_values(v)
        if self.smoothing is None:
            out = np.empty(self.n_states) if out is None else out
            kernels.largest(q, out)
            return out
        value = self.smoothing.value(q)
        if out is None:
            return np.asarray(value)
        out[:] = value
        return out

    def choose(self, v: Float, incumbent: Any = None) -> NDArray[Any]:
        """(S,) greedy actions, or the (S, A) regularised greedy policy."""
        q = self.q_values(v)
        if self.smoothing is not None:
            return self.smoothing.policy(q)
        old = np.full(self.n_states, -1, dtype=np.intp) if incumbent is None else incumbent
        actions = np.empty(self.n_states, dtype=np.intp)
        unit = (self.nominal.longest_row + 64) * 2.0**-50
        kernels.select(q, self.nominal.rewards, old, 2 * float(np.abs(v).max()), unit, actions)
        return actions

    def settle(self, v: Float, slack: float) -> NDArray[Any]:
        """The lowest-numbered action within ``slack`` of the best; a regularised policy is unique."""
        q = self.q_values(v)
        if self.smoothing is not None:
            return self.smoothing.policy(q)
        return np.argmax(q >= q.max(axis=1, keepdims=True) - slack, axis=1)

    def changed(self, old: NDArray[Any], new: NDArray[Any]) -> NDArray[np.bool_]:
        """(S,) where two choices differ; stochastic ones by more than 1e-12."""
        return old != new if old.ndim == 1 else np.asarray(np.abs(old - new).max(axis=1) > 1e-12)

    def fix(self, choice: Any) -> GeneralEvaluation:
        """The operator in which the policy is fixed; the adversary still chooses."""
        return GeneralEvaluation(self, choice if self.smoothing is None else self.lift(choice))

    def lift(self, choice: NDArray[Any]) -> Float:
        """(S, A) policy."""
        return self.nominal.lift(choice) if choice.ndim == 1 else np.asarray(choice)

    def enclosed_q_values(self, v: Float) -> tuple[Float, Float]:
        """(S, A) lower and upper bounds of action values."""
        if self.worst is None:
            q, radius = self.nominal.enclosed_q_values(v)
            return down(q - radius), up(q + radius)
        low, high = (x.reshape(self.n_states, self.n_actions) for x in self.worst.bounds(v))
        if self.mdp.allowed is None:
            return low, high
        return np.where(self.mdp.allowed, low, -np.inf), np.where(self.mdp.allowed, high, -np.inf)

    def enclosed_backup(self, v: Float, choice: Any = None) -> tuple[Float, Float]:
        """Bounds of ``T_choice v`` from below and of ``Tv`` from above, (S,) each."""
        low, high = self.enclosed_q_values(v)
        if self.smoothing is not None:
            policy = self.smoothing.policy(low / 2 + high / 2) if choice is None else choice
            return self.smoothing.below(low, policy), self.smoothing.above(high)
        return low.max(axis=1) if choice is None else low[np.arange(self.n_states), choice], high.max(axis=1)


class GeneralEvaluation(FixedPolicy):
    """The operator of a fixed policy, (S,) actions or (S, A): regularised by what the policy pays, robust if the slot is."""

    def __init__(self, general: General, policy: NDArray[Any]) -> None:
        self.general = general
        self.policy = policy
        self.n_states = general.n_states
        self.reward_size = general.reward_size

    @property
    def moduli(self) -> tuple[float, float]:
        """Those of the model: policies are divided by their sums."""
        return self.general.moduli

    @cached_property
    def _paid(self) -> Float:
        smoothing = self.general.smoothing
        return np.zeros(self.n_states) if smoothing is None else smoothing.paid(self.policy)

    @cached_property
    def _picked(self) -> WorstRows | None:
        """The rows of deterministic choices, which only a worst case leaves as they are: the others need not be solved."""
        if self.policy.ndim != 1 or self.general.worst is None:
            return None
        return self.general.worst.take(np.arange(self.n_states) * self.general.n_actions + self.policy)

    def affine(self) -> tuple[Any, Float] | None:
        """``(M, c)`` where the inner slot is the expectation, else ``None``."""
        if self.general.worst is not None:
            return None
        matrix, c = Evaluation(self.general.nominal, self.policy).affine()
        return matrix, c - self._paid

    def tangent(self, v: Float) -> tuple[Any, Float]:
        """``(M, c)`` of the worst kernel at ``v``: ``T w <= c + M w`` for every w, with equality at ``v``."""
        affine = self.affine()
        if affine is not None:
            return affine
        if self._picked is not None:
            return self._picked.tangent(v)
        assert self.general.worst is not None
        matrix, c = self.general.worst.mixed_tangent(v, self.policy)
        return matrix, c - self._paid

    def backup(self, v: Float, out: Float | None = None) -> Float:
        """``T v``, (S,)."""
        if self._picked is not None:
            value = self._picked.values(v)
        else:
            q = self.general.q_values(v)
            value = (self.policy * np.where(self.policy > 0, q, 0.0)).sum(axis=1) - self._paid
        if out is None:
            return np.asarray(value)
        out[:] = value
        return out

    def q_values(self, v: Float) -> Float:
        """(S, A) action values at ``v``."""
        return self.general.q_values(v)

    def lift(self, choice: NDArray[Any]) -> Float:
        """(S, A) policy."""
        return self.general.lift(choice)

    def enclosed_backup(self, v: Float, choice: Any = None) -> tuple[Float, Float]:
        """Outward bounds of ``T v``, (S,) each."""
        if self._picked is not None:
            return self._picked.bounds(v)
        low, high = self.general.enclosed_q_values(v)
        smoothing = self.general.smoothing
        weights = self.policy
        if smoothing is not None:
            return smoothing.below(low, weights), smoothing.at(high, weights)
        return weighted_mean(low, weights)[0], weighted_mean(high, weights)[1]


def weighted_mean(q: Float, weights: Float) -> tuple[Float, Float]:
    """Bounds on the mean of each row of ``q`` under weights divided by their sum."""
    low, high = np.empty(len(q)), np.empty(len(q))
    row_mean_bounds(kernel_view(q), kernel_view(weights), low, high)
    return low, high
