"""Total variation: an f-divergence with a kink, and the simplest of the ambiguity sets."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from tabular._arrays import Float
from tabular.divergences import exact_rows, rows, set_enclosures, value_rows
from tabular.divergences.arguments import as_distribution
from tabular.divergences.exact_rows import Exact
from tabular.divergences.reference_rows import ReferenceRows
from tabular.divergences.sets import PricedSet, Solved
from tabular.divergences.state_order import shared_order
from tabular.errors import ModelError

__all__ = ["TotalVariation"]


@dataclass(frozen=True)
class TotalVariation(PricedSet):
    r"""Half the L1 norm, from 0 to 1. An L1 radius of kappa is a radius of kappa / 2 here.

    The worst law moves mass from the largest values to the smallest of the whole state space; with
    ``absolutely_continuous=True`` it stays on the support of the reference. Sparse rows return a
    :class:`~tabular.divergences.SparseLaw`.

    .. math:: \min_{D(q, p) \le \rho} \langle q, V\rangle = \max_\alpha E\min(V, \alpha) - \rho (\alpha - V_{\min}), \qquad
              \min_q \langle q, V\rangle + \lambda D(q, p) = E \min(V, V_{\min} + \lambda).

    >>> f"{TotalVariation()([.4, .6], [.2, .8]):.10f}"
    '0.2000000000'
    >>> value, law = TotalVariation().worst_case([1, 3, -.5, 2], [.4, .3, .2, .1], .2)
    >>> f"{value:.10f}", law.round(10)
    ('0.7000000000', array([0.4, 0.1, 0.4, 0.1]))
    """

    absolutely_continuous: bool = False

    def __call__(self, p: Any, reference: Any) -> Any:
        """Half the L1 distance over the last axis; infinite where mass left the support although it may not."""
        a, b = as_distribution(p, "p"), as_distribution(reference)
        try:
            if a.shape[-1] != b.shape[-1]:
                raise ValueError
            out = np.abs(a - b).sum(axis=-1) / 2
        except ValueError:
            raise ModelError(f"p has shape {a.shape} and reference {b.shape}: they do not fit") from None
        if self.absolutely_continuous:
            out = np.where(((a > 0) & (b == 0)).any(axis=-1), np.inf, out)
        return float(out) if out.ndim == 0 else out

    def generator(self, t: Any) -> Any:
        """``|t - 1| / 2``."""
        return np.abs(np.asarray(t, dtype=np.float64) - 1) / 2

    def derivative(self, t: Any) -> Any:
        """``sign(t - 1) / 2``, a subgradient at 1."""
        return np.sign(np.asarray(t, dtype=np.float64) - 1) / 2

    def second_derivative(self, t: Any) -> Any:
        """0 away from 1, infinite at 1."""
        return np.where(np.asarray(t, dtype=np.float64) == 1, np.inf, 0.0)

    def conjugate(self, y: Any) -> Any:
        """``max(y, -1/2)`` up to 1/2, infinite beyond."""
        y = np.asarray(y, dtype=np.float64)
        return np.where(y <= 0.5, np.maximum(y, -0.5), np.inf)

    @property
    def limit_at_infinity(self) -> float:
        """1/2, or infinite where mass may not leave the support."""
        return math.inf if self.absolutely_continuous else 0.5

    def _lowest(self, reference: ReferenceRows, values: Float) -> float:
        """The value of states outside a row."""
        dense = reference.columns.size == 0
        return math.inf if self.absolutely_continuous or dense else float(values.min())

    def _solve(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool) -> Solved:
        order = np.empty((values.shape[0], 0), dtype=np.intp) if priced else shared_order(rows_, values, whole=False)
        law, leak, out = np.empty_like(rows_.data), np.empty(len(rows_)), np.empty((len(rows_), 2))
        inside, lowest = self.absolutely_continuous, self._lowest(rows_, values)
        rows.total_variation_rows(
            values, order, rows_.starts, rows_.columns, rows_.data, lowest, strength, priced, inside, law, leak, out
        )
        return Solved.of(out, law, leak)

    def _duals(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool, solved: Solved) -> Float:
        out, inside, lowest = np.empty(len(rows_)), self.absolutely_continuous, self._lowest(rows_, values)
        matrix = rows_.starts, rows_.columns, rows_.data
        rows.total_variation_duals(values, *matrix, lowest, strength, priced, inside, solved.multiplier, out)
        return out

    def row_values(self, reference: ReferenceRows, values: Float, strength: Float, priced: bool) -> Float:
        """(R,) worst case of each row within its radius, or at its penalty if ``priced``."""
        out, inside, base = np.empty(len(reference)), self.absolutely_continuous, float(values.min())
        gaps, matrix = values - base, (reference.starts, reference.columns, reference.data, reference.sums)
        if priced:
            value_rows.clipped_means(gaps, *matrix, strength, inside, out)
        else:
            order = shared_order(reference, gaps[None, :], whole=False)[0]
            value_rows.trimmed_means(gaps, order, value_rows.means(reference, gaps), *matrix, strength, inside, out)
        return base + out

    def _enclose(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool, low: Float, high: Float) -> None:
        drop = strength if priced else self._solve(rows_, values, strength, priced).multiplier
        inside, matrix = self.absolutely_continuous, (rows_.starts, rows_.columns, rows_.data)
        lowest = math.inf if inside else float(values.min())
        set_enclosures.total_variation_segment_bounds(
            values[0], *matrix, *rows_.totals, lowest, strength, priced, inside, drop, low, high
        )

    def _exact(self, values: list[Fraction], p: list[Fraction], strength: Fraction, priced: bool) -> Exact:
        function = exact_rows.total_variation_penalised if priced else exact_rows.total_variation
        return function(values, p, strength, self.absolutely_continuous)
