"""Optimal transport of order 1 between laws over a metric space of states."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from tabular._arrays import Float
from tabular.divergences import exact_rows, transport_enclosures, transport_rows
from tabular.divergences.exact_rows import Exact
from tabular.divergences.reference_rows import ReferenceRows
from tabular.divergences.sets import PricedSet, Solved
from tabular.errors import ModelError

__all__ = ["Wasserstein"]

ROUNDING = 1e-12
"""What the triangle inequality may miss, relative to the largest cost: distances computed in doubles are rounded."""


@dataclass(frozen=True, eq=False)
class Wasserstein(PricedSet):
    r"""Optimal transport of order 1 for a ground cost (n, n) that is a metric.

    .. math:: \min_{W(q, p) \le \rho} \langle q, V\rangle
              = \max_{\lambda \ge 0} \sum_i p_i \min_j (V_j + \lambda c_{ij}) - \lambda \rho

    The lower envelopes in lambda are found once for all rows, in O(n^2); laws of sparse rows are CSR matrices.

    >>> cost = abs(np.subtract.outer(range(4), range(4)))
    >>> f"{Wasserstein(cost).worst_case([1, 3, -.5, 2], [.4, .3, .2, .1], .2).value:.10f}"
    '0.7000000000'

    Raises
    ------
    ModelError
        If the cost is no metric: not square, not zero exactly on the diagonal, negative, not symmetric, or against the triangle
        inequality (the triple is named).
    """

    cost: Any

    def __post_init__(self) -> None:
        try:
            cost = np.asarray(self.cost)
            exact = cost.dtype == object
            cost = np.vectorize(Fraction, otypes=[object])(cost) if exact else np.ascontiguousarray(cost, dtype=np.float64)
        except (TypeError, ValueError):
            raise ModelError("the cost cannot be read as a matrix of numbers") from None
        if cost.ndim != 2 or cost.shape[0] != cost.shape[1] or cost.shape[0] == 0:
            raise ModelError(f"the cost has shape {cost.shape} (expected a square matrix)")
        plain = np.ascontiguousarray(cost, dtype=np.float64)
        diagonal = np.eye(plain.shape[0], dtype=bool)
        for bad, what in (
            (~np.isfinite(plain), "expected a finite number"),
            (diagonal & (plain != 0), "expected 0 on the diagonal"),
            (~diagonal & ~(plain > 0), "expected a positive number off the diagonal"),
            (cost != cost.T, "it is not symmetric"),
        ):
            if bad.any():
                i, j = (int(x) for x in np.argwhere(bad)[0])
                there = f", and cost[{j}, {i}] is {cost[j, i]}" if "symmetric" in what else ""
                raise ModelError(f"cost[{i}, {j}] is {cost[i, j]}{there} ({what})")
        broken = transport_rows.broken_triangle.py_func(cost, 0) if exact else None
        i, j, k = broken or transport_rows.broken_triangle(plain, ROUNDING * float(plain.max()))
        if k >= 0:
            raise ModelError(
                f"the cost breaks the triangle inequality: cost[{i}, {j}] = {cost[i, j]} is more than "
                f"cost[{i}, {k}] + cost[{k}, {j}] = {cost[i, k] + cost[k, j]}"
            )
        object.__setattr__(self, "cost", cost)

    @cached_property
    def _plain(self) -> Float:
        """The cost in doubles."""
        return np.ascontiguousarray(self.cost, dtype=np.float64)

    @cached_property
    def _near(self) -> Any:
        return transport_rows.nearest_first(self._plain)

    def _check(self, strengths: Float, size: int, name: str) -> None:
        if size != self.cost.shape[0]:
            raise ModelError(f"laws over {size} states for a cost between {self.cost.shape[0]}")

    def _solve(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool) -> Solved:
        if not np.isfinite(values).all():
            r, s = (int(i) for i in np.argwhere(~np.isfinite(values))[0])
            where = f"[{s}]" if values.shape[0] == 1 else f"[{r}, {s}]"
            raise ModelError(f"values{where} is {values[r, s]!r}: transport needs finite values; leave the state out of the cost")
        if values.shape[0] > 1:
            return self._row_by_row(rows_, values, strength, priced)
        hull = self._hulls(values[0])
        first, place, slope = hull
        at, out = np.empty(rows_.data.size, dtype=np.intp), np.empty((len(rows_), 2))
        split = np.column_stack([np.full(len(rows_), -1.0), np.ones(len(rows_))])
        matrix = rows_.starts, rows_.columns, rows_.data
        if priced:
            transport_rows.transport_priced_rows(values[0], self._plain, *hull, *matrix, strength, at, out)
        else:
            edges, source = transport_rows.edges_of(first)
            ranked = np.argsort(-slope[edges], kind="stable")
            falling = edges[ranked], source[ranked]
            transport_rows.transport_rows(values[0], self._plain, *hull, *falling, *matrix, strength, at, split, out)
        return Solved.of(out, np.empty(0), np.zeros(len(rows_)), (place, at, split, None))

    def _hulls(self, v: Float) -> tuple[Any, Any, Float]:
        """Positions, places and slopes of all hulls."""
        n = v.size
        first = np.empty(n + 1, dtype=np.intp)
        size = transport_rows.hulls(v, self._plain, self._near, first, np.empty(n * n, np.int32), np.empty(n * n))
        return first, *size

    def _row_by_row(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool) -> Solved:
        """Dense rows, each with values of its own."""
        parts, n = [], rows_.n_states
        for r in range(len(rows_)):
            row = ReferenceRows(rows_.starts[:2], rows_.columns, rows_.data[r * n : (r + 1) * n], n)
            part = self._solve(row, values[r : r + 1], strength[r : r + 1], priced)
            part.law = self._dense_law(row, part)
            parts.append(part)
        value, multiplier, law = (np.concatenate([getattr(s, x) for s in parts]) for x in ("value", "multiplier", "law"))
        return Solved(value, multiplier, law, np.zeros(len(rows_)))

    def _plan(self, rows_: ReferenceRows, solved: Solved) -> sp.csr_array:
        place, at, split, _ = solved.details
        columns, data = np.empty(2 * at.size, dtype=np.int32), np.empty(2 * at.size)
        transport_rows.transport_plans(place, rows_.starts, rows_.columns, rows_.data, at, split, columns, data)
        law = sp.csr_array((data, columns, 2 * rows_.starts), shape=(len(rows_), rows_.n_states))
        law.sum_duplicates()
        law.eliminate_zeros()
        return law

    def _dense_law(self, rows_: ReferenceRows, solved: Solved) -> Float:
        return solved.law if solved.details is None else np.asarray(self._plan(rows_, solved).toarray()).reshape(-1)

    def _sparse_law(self, rows_: ReferenceRows, values: Float, strength: Float, solved: Solved) -> sp.csr_array:
        return self._plan(rows_, solved)

    def _duals(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool, solved: Solved) -> Float:
        out = np.empty(len(rows_))
        matrix = rows_.starts, rows_.columns, rows_.data
        transport_rows.transport_duals(values, self._plain, *matrix, strength, priced, solved.multiplier, out)
        return out

    def _enclose(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool, low: Float, high: Float) -> None:
        solved = self._solve(rows_, values, strength, priced)
        place, at, split, _ = solved.details
        matrix = rows_.starts, rows_.columns, rows_.data
        transport_enclosures.transport_segment_bounds(
            values[0], self._plain, *matrix, *rows_.totals, strength, priced, solved.multiplier, place, at, split, low, high
        )

    def _exact(self, values: list[Fraction], p: list[Fraction], strength: Fraction, priced: bool) -> Exact:
        cost = [[Fraction(x) for x in row] for row in self.cost]
        return exact_rows.transport(values, p, cost, strength, priced)
