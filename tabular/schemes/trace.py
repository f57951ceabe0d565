"""The record of a run of a scheme."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tabular._arrays import Float
from tabular.bellman import Optimality
from tabular.mdp import MDP
from tabular.solvers import solve
from tabular.solvers.linear_systems import fixed_point

if TYPE_CHECKING:
    from tabular.schemes.scheme import Scheme, State

__all__ = ["Recorder", "Trace"]


@dataclass(frozen=True, eq=False)
class Trace:
    r"""What a run of K updates went through; entry k - 1 of each (K,) array belongs to :math:`\pi_k` and :math:`q_k`.

    Attributes
    ----------
    scheme : Scheme
    mdp : MDP
    losses : (K,)
        :math:`\max_s v^*(s) - v^{\pi_k}(s)`, exact up to the tolerance of :func:`tabular.solve`; NaN if not evaluated.
    policy_values : (K, S)
        :math:`v^{\pi_k}`; NaN if not evaluated.
    truncated : (K,) integers
        How many allowed actions, over all states, have probability zero.
    error_averages : (K,)
        :math:`\|\frac1k \sum_{j \le k} \epsilon_j\|_\infty`.
    error_spans : (K,)
        Span of :math:`\sum_{j \le k} \epsilon_j`, its largest less its smallest entry.
    drift_spans : (K,)
        Span of :math:`q_k - q_0 - \sum_{j \le k} \epsilon_j`.
    policy, q, action_values : (S, A)
        The last ones.
    average_q : (S, A)
        :math:`\frac1K \sum_{j < K} q_j`: all that the last policy saw.
    policies, qs : (K + 1, S, A), or None
        All of them, from k = 0 on, if they were kept.
    errors : (K, S, A), or None
        Likewise.
    """

    scheme: Scheme
    mdp: MDP
    losses: Float
    policy_values: Float
    truncated: np.ndarray[Any, Any]
    error_averages: Float
    error_spans: Float
    drift_spans: Float
    policy: Float
    q: Float
    action_values: Float
    average_q: Float
    policies: Float | None
    qs: Float | None
    errors: Float | None

    @property
    def iterations(self) -> int:
        """K."""
        return int(self.losses.size)

    def __repr__(self) -> str:
        if not self.iterations:
            return f"Trace of {self.scheme!r}: no update yet"
        return "\n".join(
            [
                f"Trace of {self.scheme!r}",
                f"├─ updates: {self.iterations}",
                f"├─ loss: {self.losses[0]:.6g} at first, {self.losses[-1]:.6g} at last",
                f"└─ actions without mass: {self.truncated[-1]}",
            ]
        )


class Recorder:
    """Collects a :class:`Trace`."""

    def __init__(self, scheme: Scheme, mdp: MDP, first: State, iterations: int, evaluated: bool, keep: bool) -> None:
        self.scheme, self.mdp, self.evaluated, self.keep = scheme, mdp, evaluated, keep
        self.operator, self.value = Optimality(mdp), np.zeros(mdp.n_states)
        self.allowed = np.ones(first.q.shape, dtype=bool) if mdp.allowed is None else mdp.allowed
        self.best = solve(mdp).values if evaluated else None
        self.first, self.last, self.count, self.loss = first, first, 0, math.nan
        self.sum_q, self.sum_errors = np.zeros(first.q.shape), np.zeros(first.q.shape)
        self.numbers = np.full((iterations, 5), np.nan)
        self.values = np.full((iterations if evaluated else 0, mdp.n_states), np.nan)
        self.policies, self.qs = [first.policy], [first.q]
        self.errors: list[Float] = []

    def add(self, state: State) -> None:
        """One more state."""
        k, inside = self.count, self.allowed
        self.sum_q += np.where(inside, self.last.q, 0.0)
        error = np.zeros(state.q.shape) if state.error is None else state.error
        self.sum_errors += error
        average, drift = self.sum_errors[inside], state.q[inside] - self.first.q[inside] - self.sum_errors[inside]
        if self.best is not None:
            self.values[k] = self.value = fixed_point(self.operator.fix(state.policy), self.value)
            self.loss = float((self.best - self.value).max())
        self.numbers[k] = (
            self.loss,
            np.count_nonzero(inside & (state.policy == 0)),
            np.abs(average).max() / (k + 1),
            np.ptp(average),
            np.ptp(drift),
        )
        self.last, self.count = state, k + 1
        if self.keep:
            self.policies.append(state.policy)
            self.qs.append(state.q)
            self.errors.append(error)

    def trace(self) -> Trace:
        """What was recorded so far."""
        n, state = self.count, self.last
        numbers = self.numbers[:n]
        return Trace(
            scheme=self.scheme,
            mdp=self.mdp,
            losses=numbers[:, 0],
            policy_values=self.values[:n] if self.evaluated else np.full((n, self.mdp.n_states), np.nan),
            truncated=numbers[:, 1].astype(np.int64),
            error_averages=numbers[:, 2],
            error_spans=numbers[:, 3],
            drift_spans=numbers[:, 4],
            policy=state.policy,
            q=state.q,
            action_values=state.action_values,
            average_q=np.where(self.allowed, self.sum_q / max(n, 1), -np.inf),
            policies=np.array(self.policies) if self.keep else None,
            qs=np.array(self.qs) if self.keep else None,
            errors=np.array(self.errors).reshape(-1, *state.q.shape) if self.keep else None,
        )
