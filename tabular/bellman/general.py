r"""The operator of robust and regularised problems, for any pair of slots but the ordinary one.

.. math:: (Tv)(s) = \operatorname{outer}_a \Bigl[ r(s, a) + \gamma\, \sigma_{sa} F_{sa}(v) \Bigr],

with F the worst case around the law :math:`P(s, a) / \sigma_{sa}` and sigma the stored sum of the row: at radius 0 this is the
ordinary model. F is monotone and moves with constants, so that the moduli are those of the model. Enclosures come from
:mod:`tabular.divergences.f_enclosures` and :mod:`tabular.divergences.set_enclosures`: from below by a feasible dual point, from
above by a feasible law. They hold for the stored doubles; of a rational model, for its nearest doubles.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular.bellman import kernels
from tabular.bellman.nominal import Evaluation, FixedPolicy, Optimality
from tabular.bellman.rounding import down, up
from tabular.bellman.slots import Expectation, Max, Penalised, SmoothMax, WorstCase
from tabular.bellman.smoothing import Smoothing
from tabular.divergences.intervals import mean_bounds
from tabular.divergences.reference_rows import ReferenceRows
from tabular.errors import ModelError
from tabular.mdp import MDP

__all__ = ["General"]


class General:
    """Optimality operator of ``outer`` and ``inner`` on a model."""

    def __init__(self, mdp: MDP, outer: Max | SmoothMax, inner: Expectation | WorstCase | Penalised) -> None:
        self.mdp = mdp
        self.nominal = Optimality(mdp)
        self.n_states, self.n_actions = mdp.n_states, mdp.n_actions
        self.smoothing = Smoothing(outer, mdp) if isinstance(outer, SmoothMax) else None
        self.inner = inner
        self.rows = ReferenceRows.of(mdp.P)
        self.priced = isinstance(inner, Penalised)
        self._strength = None if isinstance(inner, Expectation) else self._strengths(inner)
        self.reward_size = self.nominal.reward_size + (self.smoothing.bonus if self.smoothing else 0.0)

    def _strengths(self, inner: WorstCase | Penalised) -> Float:
        """One radius or penalty per row."""
        name = "penalty" if isinstance(inner, Penalised) else "radius"
        given = inner.penalty if isinstance(inner, Penalised) else 0.0 if inner.radius is None else inner.radius
        try:
            table = np.broadcast_to(np.asarray(given, dtype=np.float64), (self.n_states, self.n_actions))
        except ValueError:
            raise ModelError(f"{name} has shape {np.shape(given)} (expected a number or {self.mdp.r.shape})") from None
        strengths = np.ascontiguousarray(table).reshape(-1)
        if hasattr(inner.divergence, "_check"):
            inner.divergence._check(strengths, self.n_states, name)
        return strengths

    @property
    def moduli(self) -> tuple[float, float]:
        """Those of the model."""
        return self.nominal.moduli

    def q_values(self, v: Float) -> Float:
        """(S, A) action values under the worst case of each row; minus infinity where an action is not allowed."""
        if isinstance(self.inner, Expectation):
            return self.nominal.q_values(v)
        assert self._strength is not None
        worst = self.inner.divergence.row_values(self.rows, v, self._strength, self.priced) * self.rows.sums
        return np.asarray(self.nominal.rewards + self.mdp.gamma * worst.reshape(self.n_states, self.n_actions))

    def backup(self, v: Float, out: Float | None = None) -> Float:
        """``Tv``, (S,)."""
        q = self.q_values(v)
        value = q.max(axis=1) if self.smoothing is None else self.smoothing.value(q)
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
        return GeneralEvaluation(self, choice)

    def affine(self) -> None:
        """Neither a worst case nor a maximum is affine."""
        return None

    def lift(self, choice: NDArray[Any]) -> Float:
        """(S, A) policy."""
        return self.nominal.lift(choice) if choice.ndim == 1 else np.asarray(choice)

    def enclosed_q_values(self, v: Float) -> tuple[Float, Float]:
        """(S, A) lower and upper bounds of action values."""
        if isinstance(self.inner, Expectation):
            q, radius = self.nominal.enclosed_q_values(v)
            return down(q - radius), up(q + radius)
        assert self._strength is not None
        low, high = self.inner.divergence.row_bounds(self.rows, v, self._strength, self.priced)
        s0, s1 = self.rows.totals
        gamma, shape = self.mdp.gamma, (self.n_states, self.n_actions)
        with np.errstate(invalid="ignore"):
            low = down(gamma * down(np.minimum(low * s0, low * s1))).reshape(shape)
            high = up(gamma * up(np.maximum(high * s0, high * s1))).reshape(shape)
        low, high = down(self.nominal.rewards + low), up(self.nominal.rewards + high)
        if self.mdp.reward_error is not None:
            low, high = down(low - self.mdp.reward_error), up(high + self.mdp.reward_error)
        return low, high

    def enclose(self, v: Float, choice: Any = None) -> tuple[Float, Float]:
        """Outward bounds of ``T_choice v - v`` from below and of ``Tv - v`` from above, (S,) each."""
        low, high = self.enclosed_q_values(v)
        if self.smoothing is not None:
            policy = self.smoothing.policy(low / 2 + high / 2) if choice is None else choice
            return down(self.smoothing.below(low, policy) - v), up(self.smoothing.above(high) - v)
        least = low.max(axis=1) if choice is None else low[np.arange(self.n_states), choice]
        return down(least - v), up(high.max(axis=1) - v)


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

    def affine(self) -> tuple[Any, Float] | None:
        """``(M, c)`` where the inner slot is the expectation, else ``None``."""
        if not isinstance(self.general.inner, Expectation):
            return None
        matrix, c = Evaluation(self.general.nominal, self.policy).affine()
        return matrix, c - self._paid

    def backup(self, v: Float, out: Float | None = None) -> Float:
        """``T v``, (S,)."""
        q = self.general.q_values(v)
        if self.policy.ndim == 1:
            value = q[np.arange(self.n_states), self.policy]
        else:
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

    def enclose(self, v: Float, choice: Any = None) -> tuple[Float, Float]:
        """Outward bounds of ``T v - v``, (S,) each."""
        low, high = self.general.enclosed_q_values(v)
        if self.policy.ndim == 1:
            states = np.arange(self.n_states)
            return down(low[states, self.policy] - v), up(high[states, self.policy] - v)
        smoothing = self.general.smoothing
        weights = self.policy
        if smoothing is not None:
            return down(smoothing.below(low, weights) - v), up(smoothing.at(high, weights) - v)
        return down(_mean(low, weights)[0] - v), up(_mean(high, weights)[1] - v)


def _mean(q: Float, weights: Float) -> tuple[Float, Float]:
    """Bounds on the mean of each row of ``q`` under weights divided by their sum."""
    pairs = [mean_bounds(np.where(w > 0, x, math.inf), w) for x, w in zip(q, weights, strict=True)]
    return np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
