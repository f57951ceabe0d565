"""The Euclidean ball around a law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from tabular._arrays import Float
from tabular.divergences import ball_enclosures, ball_rows
from tabular.divergences.reference_rows import ReferenceRows
from tabular.divergences.sets import AmbiguitySet, Solved, with_outside
from tabular.divergences.state_order import shared_order, take_sorted

__all__ = ["L2"]


@dataclass(frozen=True)
class L2(AmbiguitySet):
    r"""Euclidean ball: :math:`\|q - p\|_2 \le \rho`.

    The worst law is the projection of :math:`p - t V` on the simplex, :math:`q = \max(p - t (V - \eta), 0)`. States outside a
    sparse row take :math:`t (\eta - V)_+`, which may be many: laws of sparse rows are CSR matrices with as many entries as the
    worst law has; values, multipliers and bounds cost no more for that.

    >>> f"{L2().worst_case([1, 3, -.5, 2], [.4, .3, .2, .1], .2).value:.10f}"
    '0.8827959784'
    """

    rational = False
    polyhedral = False

    @staticmethod
    def _levels(rows_: ReferenceRows, values: Float) -> tuple[Any, Float, Float, Float]:
        """Order of the state space, its sorted scaled values and their volumes; empty for dense rows."""
        if rows_.columns.size == 0:
            nothing = np.empty((values.shape[0], 0))
            return None, nothing, nothing, nothing
        order = shared_order(rows_, values, whole=True)
        x = (take_sorted(values, order) - values.min()) * ball_rows.scale_of(values[0])
        h, q = np.empty_like(x), np.empty_like(x)
        ball_rows.volumes(x[0], h[0], q[0])
        return order, x, h, q

    def _solve(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool) -> Solved:
        order, x, h, q = self._levels(rows_, values)
        levels = x, h, q
        law, leak = np.empty_like(rows_.data), np.empty(len(rows_))
        count, out = np.zeros(len(rows_), dtype=np.intp), np.empty((len(rows_), 4))
        matrix = rows_.starts, rows_.columns, rows_.data
        ball_rows.ball_rows(values, x, h, q, *matrix, strength, law, leak, count, out)
        return Solved.of(out, law, leak, (order, levels, count, out))

    def _duals(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool, solved: Solved) -> Float:
        dual = np.empty(len(rows_))
        _, (x, h, q), _, out = solved.details
        ball_rows.ball_duals(values, x, h, q, rows_.starts, rows_.columns, rows_.data, strength, out, dual)
        return dual

    def _sparse_law(self, rows_: ReferenceRows, values: Float, strength: Float, solved: Solved) -> sp.csr_array:
        order, levels, count, out = solved.details
        given = levels[0][0], order[0], rows_.starts, rows_.columns, count, solved.leak, out
        return with_outside(rows_, solved.law, count, lambda *rest: ball_rows.ball_spread(*given, *rest))

    def _enclose(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool, low: Float, high: Float) -> None:
        solved = self._solve(rows_, values, strength, priced)
        order, _, count, out = solved.details
        states = np.empty(0, dtype=np.intp) if order is None else order[0]
        matrix, found = (rows_.starts, rows_.columns, rows_.data), (out, solved.law, solved.leak, count)
        ball_enclosures.ball_segment_bounds(values[0], states, *matrix, *rows_.totals, strength, *found, low, high)
