r"""Rows of a model under a worst case: :math:`r + \gamma\, \sigma F(v)`, its bounds, and the kernel that attains it.

F is the worst case around the law :math:`P(s, a) / \sigma`, sigma the stored sum of the row. It is a minimum of affine functions,
so that the law found at one v bounds it from above everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular.bellman.nominal import mixed_rows
from tabular.bellman.rounding import down, up
from tabular.bellman.slots import Penalised, WorstCase
from tabular.divergences.reference_rows import ReferenceRows
from tabular.divergences.result import RowLaws
from tabular.errors import ModelError
from tabular.mdp import MDP

__all__ = ["WorstRows"]


@dataclass(frozen=True, eq=False)
class WorstRows:
    """Some rows of a model, each with its radius or penalty and its reward."""

    rows: ReferenceRows
    strength: Float
    rewards: Float
    errors: Float | None
    gamma: float
    divergence: Any
    priced: bool

    @classmethod
    def of(cls, mdp: MDP, inner: WorstCase | Penalised) -> WorstRows:
        """All rows, state by state."""
        priced = isinstance(inner, Penalised)
        name = "penalty" if priced else "radius"
        given = inner.penalty if isinstance(inner, Penalised) else 0.0 if inner.radius is None else inner.radius
        try:
            table = np.broadcast_to(np.asarray(given, dtype=np.float64), mdp.r.shape)
        except ValueError:
            raise ModelError(f"{name} has shape {np.shape(given)} (expected a number or {mdp.r.shape})") from None
        strength = np.ascontiguousarray(table).reshape(-1)
        if hasattr(inner.divergence, "_check"):
            inner.divergence._check(strength, mdp.n_states, name)
        errors = None if mdp.reward_error is None else mdp.reward_error.reshape(-1)
        return cls(ReferenceRows.of(_filled(mdp)), strength, mdp.r.reshape(-1), errors, mdp.gamma, inner.divergence, priced)

    def take(self, picked: NDArray[Any]) -> WorstRows:
        """Some of the rows."""
        errors = None if self.errors is None else self.errors[picked]
        rest = self.gamma, self.divergence, self.priced
        return WorstRows(self.rows.take(picked), self.strength[picked], self.rewards[picked], errors, *rest)

    def values(self, v: Float) -> Float:
        """(R,) worst cases."""
        worst: Float = self.divergence.row_values(self.rows, v, self.strength, self.priced)
        worst *= self._weights
        worst += self.rewards
        return worst

    @cached_property
    def _weights(self) -> Float:
        """(R,) discounted row sums."""
        return np.asarray(self.gamma * self.rows.sums)

    def bounds(self, v: Float) -> tuple[Float, Float]:
        """(R,) each: rigorous bounds of :meth:`values`."""
        low, high = self.divergence.row_bounds(self.rows, v, self.strength, self.priced)
        s0, s1 = self.rows.totals
        with np.errstate(invalid="ignore"):
            low = down(self.gamma * down(np.minimum(low * s0, low * s1)))
            high = up(self.gamma * up(np.maximum(high * s0, high * s1)))
        low, high = down(self.rewards + low), up(self.rewards + high)
        if self.errors is not None:
            low, high = down(low - self.errors), up(high + self.errors)
        return low, high

    def laws(self, v: Float) -> RowLaws:
        """The worst law of each row, with its value and multiplier."""
        return self.divergence.row_laws(self.rows, v, self.strength, self.priced)

    def charges(self, v: Float, found: RowLaws) -> Float:
        """(R,) what the adversary paid for its laws; 0 within a radius."""
        if not self.priced:
            return np.zeros(len(self.rows))
        base = float(v.min())
        return np.maximum((found.value - base) - found.laws @ (v - base), 0.0)

    def tangent(self, v: Float) -> tuple[Any, Float]:
        """``(M, c)`` with ``values(w) <= c + M w`` for every w, equal at ``v`` (up to rounding)."""
        found = self.laws(v)
        weights = self._weights
        matrix = sp.csr_array(found.laws.multiply(weights[:, None])) if sp.issparse(found.laws) else found.laws * weights[:, None]
        return matrix, self.rewards + weights * self.charges(v, found)

    def mixed_tangent(self, v: Float, policy: Float) -> tuple[Any, Float]:
        """The same for the rows of all (S, A) pairs, mixed by a policy."""
        matrix, c = self.tangent(v)
        return mixed_rows(matrix, policy), (policy * c.reshape(policy.shape)).sum(axis=1)


def _filled(mdp: MDP) -> Any:
    """Transitions in which actions that are not allowed lead to state 0: empty rows are no laws. Readers mask them."""
    if mdp.allowed is None:
        return mdp.P
    absent = np.flatnonzero(~mdp.allowed.reshape(-1))
    if not mdp.is_sparse:
        filled = np.array(mdp.P).reshape(-1, mdp.n_states)
        filled[absent, 0] = 1.0
        return filled
    ones = sp.coo_array((np.ones(absent.size), (absent, np.zeros(absent.size, dtype=np.intp))), shape=mdp.P.shape)
    return sp.csr_array(mdp.P + ones)
