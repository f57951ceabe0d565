r"""Ambiguity sets that are piecewise linear or quadratic: total variation, contamination, boxes, balls, transport, tails.

Each has ``worst_case(values, reference, radius) -> (value, distribution)``; fractions in give fractions out where the answer is
rational. With a CSR reference, values are (S,) and rows are solved against the whole state space.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp

from tabular._arrays import Float
from tabular.divergences import intervals, rows, segments, set_enclosures
from tabular.divergences.arguments import as_batch, as_distribution, as_rows, is_rational, uniform
from tabular.divergences.reference_rows import ReferenceRows
from tabular.divergences.result import Optimum, SparseLaw
from tabular.errors import ModelError

__all__ = ["L2", "AmbiguitySet", "CVaR", "Contamination", "LInfinity", "TotalVariation", "Wasserstein"]


class AmbiguitySet:
    """A set of laws around a reference, of a given radius."""

    def worst_case(self, values: Any, reference: Any, radius: Any) -> Optimum:
        r""":math:`\min_q \langle q, V\rangle` over the laws q within ``radius`` of the reference.

        Parameters
        ----------
        values : (..., n) array
            V; plus infinity only where the reference has no mass (a state that mass may not reach).
        reference : (..., n) array or CSR matrix (R, S)
            With CSR, ``values`` is (S,), the value (R,) and the distribution CSR.
        radius : float or (...) array

        Returns
        -------
        Optimum
            ``(value, distribution)``, fractions if the arguments are fractions and the set allows it.
        """
        return self._over_rows(values, reference, radius, "radius", self._worst_row)

    def _worst_row(self, v: Any, p: Any, radius: Any, law: Any) -> Any:
        """Fill the worst law of one row; whatever is returned is for multipliers."""
        raise NotImplementedError

    def _over_rows(self, values: Any, reference: Any, strength: Any, name: str, solve: Any) -> Optimum:
        if sp.issparse(reference):
            return self._over_sparse_rows(values, reference, strength, name, solve)
        if self.rational and is_rational(values, reference, strength):
            return self._rational(values, reference, strength, name, solve)
        v, p, s, lead = as_batch(values, reference, strength, name)
        n = p.shape[1]
        self._check(s, n, name)
        law, value = np.empty_like(p), np.empty(s.size)
        for r, (x, q, t) in enumerate(zip(v, p, s, strict=True)):
            value[r] = self._one(x, q, t, law[r], solve)
        return Optimum(value.reshape(lead) if lead else float(value[0]), law.reshape(*lead, n))

    rational = True
    """Whether fractions in give fractions out."""

    def _one(self, v: Float, p: Float, strength: float, law: Float, solve: Any) -> float:
        """One row in doubles; states out of reach (infinite values) are left out."""
        reach = np.isfinite(v)
        if reach.all():
            extra = solve(v, p, strength, law)
        else:
            part = np.empty(int(reach.sum()))
            extra = solve(np.ascontiguousarray(v[reach]), np.ascontiguousarray(p[reach]), strength, part)
            law[:] = 0.0
            law[reach] = part
        base = float(v[reach].min())
        return base + float(law[reach] @ (v[reach] - base)) + float(self._paid(extra, strength))

    def _paid(self, extra: Any, strength: Any) -> Any:
        """What a penalised problem adds to the mean."""
        return 0 * strength

    def _over_sparse_rows(self, values: Any, reference: Any, strength: Any, name: str, solve: Any) -> Optimum:
        matrix, v, s = as_rows(values, reference, strength, name)
        self._check(s, v.size, name)
        value, laws = np.empty(s.size), []
        for r in range(s.size):
            law = np.empty(v.size)
            value[r] = self._one(v, matrix[[r]].toarray()[0], float(s[r]), law, solve)
            laws.append(sp.csr_array(law[None, :]))
        return Optimum(value, sp.vstack(laws, format="csr"))

    def _rational(self, values: Any, reference: Any, strength: Any, name: str, solve: Any) -> Optimum:
        p = np.array([Fraction(x) for x in reference] + [None], dtype=object)[:-1]
        v = np.array([Fraction(x) for x in values] + [None], dtype=object)[:-1]
        s = Fraction(strength)
        if p.size == 0 or any(x < 0 for x in p) or sum(p) != 1:
            raise ModelError(f"reference sums to {sum(p)} (fractions must sum to exactly 1 and not be negative)")
        if v.shape != p.shape:
            raise ModelError(f"values of shape {v.shape} do not fit a reference of shape {p.shape}")
        if s < 0:
            raise ModelError(f"{name} is {s} (expected a number >= 0)")
        self._check(np.array([float(s)]), p.size, name)
        law = p.copy()
        extra = solve(v, p, s, law)
        return Optimum(sum(law * v, Fraction(0)) + self._paid(extra, s), law)

    def _check(self, strengths: Float, size: int, name: str) -> None:
        """Extra conditions on radii or sizes."""

    # --- rows of a model, for Bellman operators ------------------------------------------------------------------------------

    def row_values(self, reference: ReferenceRows, values: Float, strength: Float, priced: bool) -> Float:
        """(R,) worst case of each row within its radius, or at its penalty if ``priced``."""
        solve = self._row_solver(priced)
        out, p, law = np.empty(len(reference)), np.empty(reference.n_states), np.empty(reference.n_states)
        for r in range(len(reference)):
            extra = solve(values, reference.full(r, p), strength[r], law)
            base = float(values.min())
            paid = float(extra * strength[r]) if priced and extra > 0 else 0.0
            out[r] = base + float(law @ (values - base)) + paid
        return out

    def row_bounds(self, reference: ReferenceRows, values: Float, strength: Float, priced: bool) -> tuple[Float, Float]:
        """Rigorous (R,) bounds of :meth:`row_values`, from feasible dual points and what their slopes could still gain."""
        low, high, p = np.empty(len(reference)), np.empty(len(reference)), np.empty(reference.n_states)
        s0, s1 = reference.totals
        for r in range(len(reference)):
            low[r], high[r] = self._bounds_row(values, reference.full(r, p), s0[r], s1[r], float(strength[r]), priced)
        return low, high

    def _row_solver(self, priced: bool) -> Any:
        if priced:
            raise ModelError(f"{self!r} has no penalised form; give a radius")
        return self._worst_row

    def _bounds_row(self, v: Float, p: Float, s0: float, s1: float, strength: float, priced: bool) -> tuple[float, float]:
        raise NotImplementedError


def _box_bounds(v: Float, p: Float, outer: tuple[Float, Float], inner: tuple[Float, Float]) -> tuple[float, float]:
    """Bounds from a box that is too large and one that is too small."""
    order = np.argsort(v, kind="stable")
    mean = intervals.mean_bounds(v, p)
    low = set_enclosures.box_bounds(v, order, *outer, True)[0]
    bottom, ceiling = inner
    high = math.inf
    if (bottom <= ceiling).all() and math.fsum(bottom) < 1 - 1e-12 and math.fsum(ceiling) > 1 + 1e-12:
        high = set_enclosures.box_bounds(v, order, bottom, ceiling, False)[1]
    return min(low, mean[1]), min(high, mean[1])


def _below(x: Any) -> Any:
    return np.nextafter(x, -np.inf)


def _above(x: Any) -> Any:
    return np.nextafter(x, np.inf)


def _plain(function: Any, *arrays: Any) -> Any:
    """The compiled function for doubles, the same lines interpreted for fractions."""
    return function if arrays[0].dtype == np.float64 else function.py_func


class _Penalised(AmbiguitySet):
    """A set whose distance can also be priced."""

    def penalised_min(self, values: Any, reference: Any, penalty: Any) -> Optimum:
        r""":math:`\min_q \langle q, V\rangle + \text{penalty} \cdot D(q, \text{reference})`; shapes as in :meth:`worst_case`."""
        return _WithPenalty(self)._over_rows(values, reference, penalty, "penalty", self._penalised_row)

    def smooth_max(self, values: Any, reference: Any = None, strength: Any = 1.0) -> Optimum:
        r""":math:`\max_p \langle p, x\rangle - \text{strength} \cdot D(p, \text{reference})`; ``None`` is the uniform law."""
        x = np.asarray(values)
        reference = uniform(x, -np.inf) if reference is None else reference
        value, law = self.penalised_min(-x, reference, strength)
        return Optimum(-value, law)

    def _penalised_row(self, v: Any, p: Any, penalty: Any, law: Any) -> Any:
        """Fill the law and return the distance."""
        raise NotImplementedError

    def _row_solver(self, priced: bool) -> Any:
        return self._penalised_row if priced else self._worst_row


@dataclass(frozen=True)
class _WithPenalty(AmbiguitySet):
    """Adds penalty times distance to the mean."""

    owner: _Penalised

    def _paid(self, extra: Any, strength: Any) -> Any:
        return extra * strength if extra > 0 else 0 * extra

    def _check(self, strengths: Float, size: int, name: str) -> None:
        self.owner._check(strengths, size, name)


@dataclass(frozen=True)
class TotalVariation(_Penalised):
    r"""Half the L1 norm, from 0 to 1. An L1 radius of kappa is a radius of kappa / 2 here.

    With ``absolutely_continuous=True`` mass stays on the support of the reference.

    >>> TotalVariation()([.4, .6], [.2, .8])
    0.2
    >>> TotalVariation().worst_case([1, 3, -.5, 2], [.4, .3, .2, .1], .2).value
    0.7
    """

    absolutely_continuous: bool = False

    def __call__(self, p: Any, reference: Any) -> Any:
        """Half the L1 distance over the last axis; infinite where mass left the support although it may not."""
        a, b = as_distribution(p, "p"), as_distribution(reference)
        try:
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

    def multiplier(self, values: Any, reference: Any, radius: Any) -> Any:
        """Value of the last state that loses mass, minus the smallest value; 0 beyond saturation."""
        return self._batched(values, reference, radius, "radius", priced=False)[2]

    def worst_case(self, values: Any, reference: Any, radius: Any) -> Optimum:
        """As for every set; with a CSR reference the distribution is a :class:`~tabular.divergences.SparseLaw`."""
        if is_rational(values, reference, radius):
            return self._rational(values, reference, radius, "radius", self._worst_row)
        return Optimum(*self._batched(values, reference, radius, "radius", priced=False)[:2])

    def penalised_min(self, values: Any, reference: Any, penalty: Any) -> Optimum:
        """Everything more than ``penalty`` above the smallest value moves there; shapes as in :meth:`worst_case`."""
        if is_rational(values, reference, penalty):
            return _WithPenalty(self)._rational(values, reference, penalty, "penalty", self._penalised_row)
        return Optimum(*self._batched(values, reference, penalty, "penalty", priced=True)[:2])

    def _batched(self, values: Any, reference: Any, strength: Any, name: str, priced: bool) -> tuple[Any, Any, Any]:
        """Value, law, multiplier."""
        if sp.issparse(reference):
            matrix, v, s = as_rows(values, reference, strength, name)
            lowest = np.inf if self.absolutely_continuous else float(v.min())
            law, leak, out = np.empty(matrix.nnz), np.empty(s.size), np.empty((s.size, 2))
            inside = self.absolutely_continuous
            rows.total_variation_segments(
                v, matrix.indptr, matrix.indices, matrix.data, lowest, s, priced, inside, law, leak, out
            )
            sparse = sp.csr_array((law, matrix.indices, matrix.indptr), shape=matrix.shape)
            return out[:, 0], SparseLaw(sparse, leak, int(np.argmin(v))), out[:, 1]
        v, p, s, lead = as_batch(values, reference, strength, name)
        law, out = np.empty_like(p), np.empty((s.size, 2))
        rows.total_variation_batch(v, p, s, priced, self.absolutely_continuous, law, out)
        parts = [out[:, c].reshape(lead) if lead else float(out[0, c]) for c in (0, 1)]
        return parts[0], law.reshape(*lead, p.shape[1]), parts[1]

    def row_values(self, reference: ReferenceRows, values: Float, strength: Float, priced: bool) -> Float:
        """(R,) worst case of each row within its radius, or at its penalty if ``priced``."""
        out, inside = np.empty(len(reference)), self.absolutely_continuous
        lowest = np.inf if inside else float(values.min())
        rows.total_variation_values(
            values, reference.starts, reference.columns, reference.data, lowest, strength, priced, inside, out
        )
        return out

    def row_bounds(self, reference: ReferenceRows, values: Float, strength: Float, priced: bool) -> tuple[Float, Float]:
        """Rigorous (R,) bounds of :meth:`row_values`."""
        low, high, inside = np.empty(len(reference)), np.empty(len(reference)), self.absolutely_continuous
        lowest = np.inf if inside else float(values.min())
        matrix = reference.starts, reference.columns, reference.data
        set_enclosures.total_variation_segment_bounds(
            values, *matrix, *reference.totals, lowest, strength, priced, inside, low, high
        )
        return low, high

    def _worst_row(self, v: Any, p: Any, radius: Any, law: Any) -> Any:
        keep = p > 0 if self.absolutely_continuous else np.ones(len(p), dtype=bool)
        part = p[keep].copy()
        _, drop = _plain(rows.total_variation, v)(v[keep], p[keep], _infinite(v), radius, part)
        law[:] = 0 * part[0]
        law[keep] = part
        return drop

    def _penalised_row(self, v: Any, p: Any, penalty: Any, law: Any) -> Any:
        keep = p > 0 if self.absolutely_continuous else np.ones(len(p), dtype=bool)
        part = p[keep].copy()
        _, moved = _plain(rows.total_variation_penalised, v)(v[keep], p[keep], _infinite(v), penalty, part)
        law[:] = 0 * part[0]
        law[keep] = part
        return moved


def _infinite(v: Any) -> Any:
    """A value that no state has: there is nothing outside the row."""
    return math.inf if v.dtype == np.float64 else max(v) + 1


@dataclass(frozen=True)
class Contamination(AmbiguitySet):
    """``(1 - radius) reference + radius * anything``, for a radius up to 1."""

    def _worst_row(self, v: Any, p: Any, radius: Any, law: Any) -> Any:
        law[:] = (1 - radius) * p
        law[np.argmin(v)] += radius

    def row_values(self, reference: ReferenceRows, values: Float, strength: Float, priced: bool) -> Float:
        """``(1 - radius) E V + radius min V`` of each row."""
        self._row_solver(priced)
        low, high = self._means(reference, values)
        base = float(values.min())
        return np.asarray(base + (1 - strength) * ((low + high) / 2 - base))

    def row_bounds(self, reference: ReferenceRows, values: Float, strength: Float, priced: bool) -> tuple[Float, Float]:
        """Rigorous (R,) bounds of :meth:`row_values`."""
        low, high = self._means(reference, values)
        base = float(values.min())
        least = _below(np.maximum(_below(low - base), 0) * np.maximum(_below(1 - strength), 0))
        most = _above(_above(high - base) * _above(1 - strength))
        return np.maximum(base, _below(base + least)), np.minimum(high, _above(base + most))

    @staticmethod
    def _means(reference: ReferenceRows, values: Float) -> tuple[Float, Float]:
        low, high = np.empty(len(reference)), np.empty(len(reference))
        segments.segment_means(values, reference.starts, reference.columns, reference.data, low, high)
        return low, high

    def _check(self, strengths: Float, size: int, name: str) -> None:
        if (strengths > 1).any():
            raise ModelError(f"{name} is {strengths.max()!r} (a contamination is at most 1)")


@dataclass(frozen=True)
class LInfinity(AmbiguitySet):
    """No probability differs from the reference by more than the radius."""

    def _worst_row(self, v: Any, p: Any, radius: Any, law: Any) -> Any:
        return _plain(rows.box, v)(v, p, radius, law)

    def _bounds_row(self, v: Float, p: Float, s0: float, s1: float, strength: float, priced: bool) -> tuple[float, float]:
        low, high = np.where(p > 0, _below(p / s1), 0.0), np.where(p > 0, _above(p / s0), 0.0)
        outer = np.maximum(_below(low - strength), 0.0), np.minimum(_above(high + strength), 1.0)
        inner = np.maximum(_above(high - strength), 0.0), np.minimum(_below(low + strength), 1.0)
        return _box_bounds(v, p, outer, inner)


@dataclass(frozen=True)
class CVaR(AmbiguitySet):
    """Average of the lowest ``level`` of the law: level 1 is the mean, level 0 the smallest value on the support.

    It has no radius: ``worst_case(values, reference)``.
    """

    level: float | Fraction

    def __post_init__(self) -> None:
        if not 0 <= self.level <= 1:
            raise ModelError(f"the level is {self.level!r} (expected a number in [0, 1])")

    def worst_case(self, values: Any, reference: Any, radius: None = None) -> Optimum:
        """Mean of the lowest ``level`` of mass, and the law that gives it."""
        if radius is not None:
            raise ModelError("CVaR takes no radius: its level is set in the constructor")
        exact = is_rational(values, reference) and not isinstance(self.level, float)
        return self._over_rows(values, reference, Fraction(0) if exact else 0.0, "radius", self._worst_row)

    def _worst_row(self, v: Any, p: Any, radius: Any, law: Any) -> Any:
        level = float(self.level) if v.dtype == np.float64 else Fraction(self.level)
        return _plain(rows.lowest_mass, v)(v, p, level, law)

    def _bounds_row(self, v: Float, p: Float, s0: float, s1: float, strength: float, priced: bool) -> tuple[float, float]:
        if self.level == 0:
            return float(v[p > 0].min()), float(v[p > 0].min())
        if self.level == 1:
            return intervals.mean_bounds(v, p)
        level = float(self.level)
        v, p = v[p > 0], p[p > 0]
        nothing = np.zeros(p.size)
        outer = np.minimum(_above(_above(p / s0) / _below(level)), 1.0)
        inner = np.minimum(_below(_below(p / s1) / _above(level)), 1.0)
        return _box_bounds(v, p, (nothing, outer), (nothing, inner))


@dataclass(frozen=True, eq=False)
class Wasserstein(_Penalised):
    """Optimal transport of order 1 for a ground cost (n, n).

    Raises
    ------
    ModelError
        If the cost is no metric: not square, not zero exactly on the diagonal, negative, not symmetric, or against the triangle
        inequality (the triple is named).
    """

    cost: Any

    def __post_init__(self) -> None:
        cost = np.asarray(self.cost)
        exact = cost.dtype == object
        cost = np.vectorize(Fraction, otypes=[object])(cost) if exact else np.ascontiguousarray(cost, dtype=np.float64)
        if cost.ndim != 2 or cost.shape[0] != cost.shape[1] or cost.shape[0] == 0:
            raise ModelError(f"the cost has shape {cost.shape} (expected a square matrix)")
        plain = cost.astype(np.float64)
        n = plain.shape[0]
        off = ~np.eye(n, dtype=bool)
        for bad, what in (
            (~np.isfinite(plain), "expected a finite number"),
            (np.eye(n, dtype=bool) & (plain != 0), "expected 0 on the diagonal"),
            (off & ~(plain > 0), "expected a positive number off the diagonal"),
            (plain != plain.T, "it is not symmetric"),
        ):
            if bad.any():
                i, j = (int(x) for x in np.argwhere(bad)[0])
                raise ModelError(f"cost[{i}, {j}] is {cost[i, j]} ({what})")
        for k in range(n):
            excess = plain - (plain[:, [k]] + plain[[k], :])
            if (excess > 1e-12 * plain.max()).any():
                i, j = (int(x) for x in np.argwhere(excess > 1e-12 * plain.max())[0])
                raise ModelError(
                    f"the cost breaks the triangle inequality: cost[{i}, {j}] = {cost[i, j]} is more than "
                    f"cost[{i}, {k}] + cost[{k}, {j}] = {cost[i, k] + cost[k, j]}"
                )
        object.__setattr__(self, "cost", cost)

    def _check(self, strengths: Float, size: int, name: str) -> None:
        if size != self.cost.shape[0]:
            raise ModelError(f"laws over {size} states for a cost between {self.cost.shape[0]}")

    def _costs(self, v: Any) -> Any:
        if v.dtype == np.float64:
            return self.cost.astype(np.float64)
        return self.cost if self.cost.dtype == object else np.vectorize(Fraction, otypes=[object])(self.cost)

    def _one(self, v: Float, p: Float, strength: float, law: Float, solve: Any) -> float:
        return super()._one(self._within_reach(v), p, strength, law, solve)

    def _within_reach(self, v: Float) -> Float:
        if not np.isfinite(v).all():
            raise ModelError("transport needs finite values everywhere; leave states out of the cost instead")
        return v

    def _worst_row(self, v: Any, p: Any, radius: Any, law: Any) -> Any:
        return _plain(rows.transport, v)(v, p, self._costs(v), radius, law)

    def _penalised_row(self, v: Any, p: Any, penalty: Any, law: Any) -> Any:
        return _plain(rows.transport_penalised, v)(v, p, self._costs(v), penalty, law)

    def _bounds_row(self, v: Float, p: Float, s0: float, s1: float, strength: float, priced: bool) -> tuple[float, float]:
        price = 0.0 if priced else float(self._worst_row(v, p, strength, np.empty_like(p)))
        return set_enclosures.transport_bounds(v, p, s0, s1, self._costs(v), strength, strength, priced, price)


@dataclass(frozen=True)
class L2(AmbiguitySet):
    """Euclidean ball around the reference."""

    rational = False

    def _worst_row(self, v: Any, p: Any, radius: Any, law: Any) -> Any:
        face = v == v.min()
        law[:] = 0.0
        law[face] = p[face] + (1 - p[face].sum()) / face.sum()
        if np.linalg.norm(law - p) <= radius:
            return 0.0
        if radius == 0:
            law[:] = p
            return math.inf
        low, high = 0.0, radius / (v.max() - v.min())
        while np.linalg.norm(_projected(p - high * v) - p) < radius:
            low, high = high, 2 * high
        for _ in range(200):
            t = 0.5 * (low + high)
            if high - low <= 2.3e-16 * high:
                break
            if np.linalg.norm(_projected(p - t * v) - p) < radius:
                low = t
            else:
                high = t
        law[:] = _projected(p - low * v)
        return 1 / low if low > 0 else math.inf

    def _bounds_row(self, v: Float, p: Float, s0: float, s1: float, strength: float, priced: bool) -> tuple[float, float]:
        law = np.empty_like(p)
        multiplier = self._worst_row(v, p, strength, law)
        t = 1 / multiplier if 0 < multiplier < math.inf else 0.0
        return (
            set_enclosures.ball_below(v, p, s0, s1, strength, t),
            set_enclosures.ball_above(v, p, s0, s1, strength, law),
        )


def _projected(x: Float) -> Float:
    """Euclidean projection on the simplex."""
    ordered = np.sort(x)[::-1]
    excess = (np.cumsum(ordered) - 1) / np.arange(1, x.size + 1)
    shift = excess[np.flatnonzero(ordered > excess)[-1]]
    return np.asarray(np.maximum(x - shift, 0.0))
