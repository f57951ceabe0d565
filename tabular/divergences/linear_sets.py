"""Sets whose worst law takes one pass over sorted values: contamination, the L-infinity box, the average of the lowest mass."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp

from tabular._arrays import Float
from tabular.divergences import box_rows, exact_rows, rows, set_enclosures, value_rows
from tabular.divergences.arguments import is_rational
from tabular.divergences.exact_rows import Exact
from tabular.divergences.reference_rows import ReferenceRows
from tabular.divergences.result import Optimum
from tabular.divergences.sets import AmbiguitySet, Solved, with_outside
from tabular.divergences.state_order import shared_order
from tabular.errors import ModelError

__all__ = ["CVaR", "Contamination", "LInfinity"]


@dataclass(frozen=True)
class Contamination(AmbiguitySet):
    r"""All laws :math:`(1 - \rho) p + \rho\, q` with any q, for a radius rho up to 1.

    The worst case is :math:`(1 - \rho) E V + \rho V_{\min}`, with the smallest value of the whole state space. Sparse rows
    return a :class:`~tabular.divergences.SparseLaw`.

    >>> f"{Contamination().worst_case([1, 3, -.5, 2], [.4, .3, .2, .1], .2).value:.10f}"
    '1.0200000000'
    """

    def _check(self, strengths: Float, size: int, name: str) -> None:
        if (strengths > 1).any():
            worst = int(np.argmax(strengths))
            where = f"[{worst}]" if strengths.size > 1 else ""
            raise ModelError(f"{name}{where} is {float(strengths[worst])!r} (a contamination is at most 1)")

    def _lowest(self, rows_: ReferenceRows, values: Float) -> float:
        return float(values.min()) if rows_.columns.size else math.inf

    def _solve(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool) -> Solved:
        law, leak, out = np.empty_like(rows_.data), np.empty(len(rows_)), np.empty((len(rows_), 2))
        matrix = rows_.starts, rows_.columns, rows_.data
        rows.contamination_rows(values, *matrix, self._lowest(rows_, values), strength, law, leak, out)
        return Solved.of(out, law, leak)

    def row_values(self, reference: ReferenceRows, values: Float, strength: Float, priced: bool) -> Float:
        """(R,) worst case of each row within its radius."""
        self._admit("penalty" if priced else "radius")
        base = float(values.min())
        mean = value_rows.means(reference, values - base) / reference.sums
        return np.asarray(base + (1.0 - strength) * mean)

    def _duals(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool, solved: Solved) -> Float:
        """The multipliers of ``q >= (1 - rho) p`` are ``V - V_min``: the dual value is the formula, here about the mean."""
        r = np.repeat(np.arange(len(rows_)), np.diff(rows_.starts))
        s = rows_.columns if rows_.columns.size else np.tile(np.arange(rows_.n_states), len(rows_))
        v = np.where(rows_.data > 0, np.broadcast_to(values, (len(rows_), rows_.n_states))[r, s], 0.0)
        mean = np.bincount(r, rows_.data * v, len(rows_)) / np.bincount(r, rows_.data, len(rows_))
        return np.asarray(mean - strength * (mean - values.min(axis=1)))

    def _enclose(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool, low: Float, high: Float) -> None:
        set_enclosures.contamination_segment_bounds(
            values[0], rows_.starts, rows_.columns, rows_.data, float(values.min()), strength, low, high
        )

    def _exact(self, values: list[Fraction], p: list[Fraction], strength: Fraction, priced: bool) -> Exact:
        return exact_rows.contamination(values, p, strength)


@dataclass(frozen=True)
class LInfinity(AmbiguitySet):
    r"""No probability differs from the reference by more than the radius.

    The mass that leaves the entries of a sparse row cannot all go to one state: each state outside takes at most the radius.
    Laws of sparse rows are CSR matrices with at most twice the entries.

    >>> f"{LInfinity().worst_case([1, 3, -.5, 2], [.4, .3, .2, .1], .2).value:.10f}"
    '0.6000000000'
    """

    def _solve(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool) -> Solved:
        order = shared_order(rows_, values, whole=True)
        law, leak = np.empty_like(rows_.data), np.empty(len(rows_))
        count, out = np.empty(len(rows_), dtype=np.intp), np.empty((len(rows_), 3))
        box_rows.box_rows(values, order, rows_.starts, rows_.columns, rows_.data, strength, law, leak, count, out)
        return Solved.of(out, law, leak, (order, count, out[:, 2].copy()))

    def _duals(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool, solved: Solved) -> Float:
        out = np.empty(len(rows_))
        order, _, marginal = solved.details
        box_rows.box_duals(values, order, rows_.starts, rows_.columns, rows_.data, strength, marginal, out)
        return out

    def _sparse_law(self, rows_: ReferenceRows, values: Float, strength: Float, solved: Solved) -> sp.csr_array:
        order, count, _ = solved.details
        given = order[0], rows_.starts, rows_.columns, strength, solved.leak, count
        return with_outside(rows_, solved.law, count, lambda *rest: box_rows.box_spread(*given, *rest))

    def _enclose(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool, low: Float, high: Float) -> None:
        solved = self._solve(rows_, values, strength, priced)
        order, count, marginal = solved.details
        matrix, found = (rows_.starts, rows_.columns, rows_.data), (marginal, solved.law, solved.leak, count)
        set_enclosures.box_segment_bounds(values[0], order[0], *matrix, *rows_.totals, strength, *found, low, high)

    def _exact(self, values: list[Fraction], p: list[Fraction], strength: Fraction, priced: bool) -> Exact:
        return exact_rows.box(values, p, strength)


@dataclass(frozen=True)
class CVaR(AmbiguitySet):
    r"""Conditional value at risk: the mean of the lowest ``level`` of the law, from all laws :math:`q \le p / \text{level}`.

    .. math:: \max_\eta\; \eta - E(\eta - V)_+ / \text{level}

    Level 1 is the mean, level 0 the smallest value on the support. It has no radius: ``worst_case(values, reference)``.

    >>> f"{CVaR(.5).worst_case([1, 3, -.5, 2], [.4, .3, .2, .1]).value:.10f}"
    '0.4000000000'
    """

    level: float | Fraction

    def __post_init__(self) -> None:
        if isinstance(self.level, bool) or not isinstance(self.level, (int, float, Fraction, np.integer, np.floating)):
            raise ModelError(f"the level is {self.level!r} (expected a number in [0, 1])")
        if not 0 <= self.level <= 1:
            raise ModelError(f"the level is {self.level!r} (expected a number in [0, 1])")

    def worst_case(self, values: Any, reference: Any, radius: None = None) -> Optimum:
        """Mean of the lowest ``level`` of mass, and the law that gives it; shapes as for every set."""
        self._no_radius(radius)
        exact = is_rational(values, reference) and not isinstance(self.level, float)
        return self._optimum(values, reference, Fraction(0) if exact else 0.0, "radius")

    def multiplier(self, values: Any, reference: Any, radius: None = None) -> Any:
        """The quantile at the level (value at risk), where the dual function is largest: the dual variable of the total mass."""
        self._no_radius(radius)
        return self._everything(values, reference, 0.0, "radius")[1]

    def bounds(self, values: Any, reference: Any, *, radius: None = None, penalty: None = None) -> tuple[Any, Any]:
        """(dual, primal) values, which up to rounding enclose the optimum."""
        self._no_radius(radius)
        if penalty is not None:
            self._admit("penalty")
        value, _, dual = self._everything(values, reference, 0.0, "radius")
        return dual, value

    @staticmethod
    def _no_radius(radius: Any) -> None:
        if radius is not None:
            raise ModelError("CVaR takes no radius: its level is set in the constructor")

    def _solve(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool) -> Solved:
        order = shared_order(rows_, values, whole=False)
        law, out = np.empty_like(rows_.data), np.empty((len(rows_), 2))
        rows.lowest_mass_rows(values, order, rows_.starts, rows_.columns, rows_.data, float(self.level), law, out)
        return Solved.of(out, law, np.zeros(len(rows_)))

    def _duals(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool, solved: Solved) -> Float:
        out = np.empty(len(rows_))
        matrix = rows_.starts, rows_.columns, rows_.data
        rows.lowest_mass_duals(values, *matrix, float(self.level), solved.multiplier, out)
        return out

    def _sparse_law(self, rows_: ReferenceRows, values: Float, strength: Float, solved: Solved) -> sp.csr_array:
        return sp.csr_array((solved.law, rows_.columns, rows_.starts), shape=(len(rows_), rows_.n_states))

    def _enclose(self, rows_: ReferenceRows, values: Float, strength: Float, priced: bool, low: Float, high: Float) -> None:
        quantile = self._solve(rows_, values, strength, priced).multiplier
        matrix = rows_.starts, rows_.columns, rows_.data
        level = float(self.level)
        exact = Fraction(level) == Fraction(self.level)
        below, above = (level, level) if exact else (math.nextafter(level, 0.0), math.nextafter(level, 1.0))
        set_enclosures.lowest_mass_segment_bounds(values[0], *matrix, *rows_.totals, below, above, quantile, low, high)

    def _exact(self, values: list[Fraction], p: list[Fraction], strength: Fraction, priced: bool) -> Exact:
        return exact_rows.lowest_mass(values, p, Fraction(self.level))
