r"""Ambiguity sets: what they have in common.

A set has ``worst_case(values, reference, radius) -> (value, distribution)``, and where its distance can be priced
``penalised_min(values, reference, penalty)``. Fractions in give fractions out where the answer is rational. With a CSR reference,
values are (S,) and each row is solved against the whole state space, at a cost that depends on its own entries alone.

A row of probabilities whose stored sum is sigma (one, up to 1e-9) stands for the law p / sigma.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular.divergences.arguments import as_batch, as_rows, is_rational, uniform
from tabular.divergences.exact_rows import Exact
from tabular.divergences.reference_rows import ReferenceRows
from tabular.divergences.result import Optimum, RowLaws, SparseLaw
from tabular.errors import ModelError

__all__ = ["AmbiguitySet", "PricedSet", "Solved", "with_outside"]


@dataclass
class Solved:
    """What a kernel found for R rows: values, multipliers, laws on the entries, and whatever else the set needs to go on."""

    value: Float
    multiplier: Float
    law: Float
    leak: Float
    details: Any = None

    @classmethod
    def of(cls, out: Float, law: Float, leak: Float, details: Any = None) -> Solved:
        """Columns of ``out`` are values and multipliers; contiguous copies, so that kernels are compiled once."""
        return cls(out[:, 0].copy(), out[:, 1].copy(), law, leak, details)


class AmbiguitySet:
    """A set of laws around a reference, of a given radius."""

    rational: ClassVar[bool] = True
    """Whether fractions in give fractions out."""

    polyhedral: ClassVar[bool] = True
    """Whether the worst laws are corners of polyhedra: then values of whole models are rational."""

    # --- for users -----------------------------------------------------------------------------------------------------------

    def worst_case(self, values: Any, reference: Any, radius: Any) -> Optimum:
        r""":math:`\min_q \langle q, V\rangle` over the laws q within ``radius`` of the reference.

        Parameters
        ----------
        values : (..., n) array
            V; plus infinity only where a dense reference has no mass (a state that mass may not reach).
        reference : (..., n) array or CSR matrix (R, S)
            With CSR, ``values`` is (S,), the value (R,), and the distribution sparse (it has ``.toarray()``).
        radius : float or (...) array
            0 gives the mean; beyond saturation the value is the smallest that the set can reach.

        Returns
        -------
        Optimum
            ``(value, distribution)``, fractions if the arguments are fractions and the set allows it.

        Raises
        ------
        ModelError
            Naming the entry that is no probability, no finite value or no radius, or the shapes that do not fit.
        """
        return self._optimum(values, reference, radius, "radius")

    def multiplier(self, values: Any, reference: Any, radius: Any) -> Any:
        """The dual variable of :meth:`worst_case`: the price at which its law is optimal, a slope ``-d value / d radius``.

        At a kink one of the slopes on its two sides, at radius 0 that on its right (finite for every set here); 0 beyond
        saturation.
        """
        return self._everything(values, reference, radius, "radius")[1]

    def bounds(self, values: Any, reference: Any, *, radius: Any = None, penalty: Any = None) -> tuple[Any, Any]:
        """(dual, primal) values of the constrained or of the penalised problem: up to rounding they enclose its optimum.

        The dual value is that of the dual function at :meth:`multiplier`, the primal one that of the distribution. See
        ``row_bounds`` for bounds in which rounding is counted.

        Raises
        ------
        ModelError
            Unless exactly one of radius and penalty is given, or if the set has no penalised form.
        """
        if (radius is None) == (penalty is None):
            raise ModelError("give either a radius or a penalty")
        strength, name = (penalty, "penalty") if radius is None else (radius, "radius")
        value, _, dual = self._everything(values, reference, strength, name)
        return dual, value

    # --- one way through for all sets ----------------------------------------------------------------------------------------

    def _optimum(self, values: Any, reference: Any, strength: Any, name: str) -> Optimum:
        if self.rational and not sp.issparse(reference) and is_rational(values, reference, strength):
            value, law, _ = self._in_fractions(values, reference, strength, name)
            return Optimum(value, law)
        rows, v, s, lead = self._read(values, reference, strength, name)
        solved = self._solve(rows, v, s, name == "penalty")
        if sp.issparse(reference):
            return Optimum(solved.value, self._sparse_law(rows, v[0], s, solved))
        law = self._dense_law(rows, solved).reshape(*lead, rows.n_states)
        return Optimum(_shaped(solved.value, lead), law)

    def _everything(self, values: Any, reference: Any, strength: Any, name: str) -> tuple[Any, Any, Any]:
        """Value, multiplier, dual value."""
        rows, v, s, lead = self._read(values, reference, strength, name)
        solved = self._solve(rows, v, s, name == "penalty")
        dual = self._duals(rows, v, s, name == "penalty", solved)
        lead = (s.size,) if sp.issparse(reference) else lead
        return _shaped(solved.value, lead), _shaped(solved.multiplier, lead), _shaped(dual, lead)

    def _read(self, values: Any, reference: Any, strength: Any, name: str) -> tuple[ReferenceRows, Float, Float, Any]:
        """Rows, values (V, S), strengths (R,), and the leading axes of the result."""
        self._admit(name)
        if sp.issparse(reference):
            matrix, v, s = as_rows(values, reference, strength, name)
            if not matrix.has_canonical_format:
                matrix = matrix.copy()
                matrix.sum_duplicates()
            self._check(s, v.size, name)
            return ReferenceRows.of(matrix), _own(v)[None, :], s, None
        v, p, s, lead = as_batch(values, reference, strength, name)
        self._check(s, p.shape[1], name)
        rows = ReferenceRows.of(_own(p))
        return rows, _own(v[:1] if np.ndim(values) == 1 else v), s, lead

    def _in_fractions(self, values: Any, reference: Any, strength: Any, name: str) -> tuple[Any, Any, Any]:
        """Value, law and multiplier of fractions, batched over leading axes."""
        self._admit(name)
        p, v, s = (_fractions(x, what) for x, what in ((reference, "reference"), (values, "values"), (strength, name)))
        try:
            shape = np.broadcast_shapes(p.shape, v.shape, (*s.shape, 1))
        except ValueError:
            raise ModelError(f"values of shape {v.shape} do not fit a reference of shape {p.shape}") from None
        if p.ndim == 0 or shape[-1] != p.shape[-1] or p.size == 0:
            raise ModelError(f"values of shape {v.shape} do not fit a reference of shape {p.shape}")
        p, v, s = np.broadcast_to(p, shape), np.broadcast_to(v, shape), np.broadcast_to(s, shape[:-1])
        value, multiplier, law = np.empty(s.shape, object), np.empty(s.shape, object), np.empty(shape, object)
        for index in np.ndindex(s.shape):
            where = "".join(f"[{i}]" for i in index)
            if min(p[index]) < 0 or sum(p[index]) != 1:
                raise ModelError(f"reference{where} sums to {sum(p[index])} (fractions: not negative, sum exactly 1)")
            if s[index] < 0:
                raise ModelError(f"{name}{where} is {s[index]} (expected a number >= 0)")
            self._check(np.array([float(s[index])]), shape[-1], name)
            q, multiplier[index], spent = self._exact(list(v[index]), list(p[index]), s.item(index), name == "penalty")
            law[index] = q
            value[index] = sum((a * b for a, b in zip(q, v[index], strict=True)), Fraction(0))
            if name == "penalty":
                value[index] += s[index] * spent
        return (value, law, multiplier) if s.ndim else (value[()], law, multiplier[()])

    # --- what a set implements -------------------------------------------------------------------------------------------------

    def _admit(self, name: str) -> None:
        """Refuse a penalty where there is none."""
        if name == "penalty":
            raise ModelError(f"{self!r} has no penalised form; give a radius")

    def _check(self, strengths: Float, size: int, name: str) -> None:
        """Extra conditions on radii or sizes."""

    def _exact(self, values: list[Fraction], p: list[Fraction], strength: Fraction, priced: bool) -> Exact:
        """Law, multiplier and distance of one row of fractions."""
        raise NotImplementedError

    def _solve(self, rows: ReferenceRows, values: Float, strength: Float, priced: bool) -> Solved:
        """All rows in doubles; ``values`` is (1, S), or (R, S) for dense rows."""
        raise NotImplementedError

    def _duals(self, rows: ReferenceRows, values: Float, strength: Float, priced: bool, solved: Solved) -> Float:
        """(R,) dual values at what ``_solve`` found."""
        raise NotImplementedError

    def _dense_law(self, rows: ReferenceRows, solved: Solved) -> Float:
        """Laws of dense rows."""
        return solved.law

    def _sparse_law(self, rows: ReferenceRows, values: Float, strength: Float, solved: Solved) -> Any:
        """Laws of sparse rows: here the entries, and one state that takes what leaks."""
        matrix = sp.csr_array((solved.law, rows.columns, rows.starts), shape=(len(rows), rows.n_states))
        return SparseLaw(matrix, solved.leak, int(np.argmin(values)))

    # --- rows of a model, for Bellman operators --------------------------------------------------------------------------------

    def row_values(self, reference: ReferenceRows, values: Float, strength: Float, priced: bool) -> Float:
        """(R,) worst case of each row within its radius, or at its penalty if ``priced``."""
        self._admit("penalty" if priced else "radius")
        return self._solve(reference, values[None, :], strength, priced).value

    def row_laws(self, reference: ReferenceRows, values: Float, strength: Float, priced: bool) -> RowLaws:
        """The worst law of each row within its radius, or at its penalty if ``priced``."""
        self._admit("penalty" if priced else "radius")
        solved = self._solve(reference, values[None, :], strength, priced)
        if reference.columns.size == 0:
            laws: Any = self._dense_law(reference, solved).reshape(len(reference), reference.n_states)
        else:
            laws = self._sparse_law(reference, values, strength, solved)
            laws = laws.tocsr() if isinstance(laws, SparseLaw) else laws
        return RowLaws(laws, solved.value, solved.multiplier)

    def row_bounds(self, reference: ReferenceRows, values: Float, strength: Float, priced: bool) -> tuple[Float, Float]:
        """Rigorous (R,) bounds of :meth:`row_values`, rounding included."""
        self._admit("penalty" if priced else "radius")
        low, high = np.empty(len(reference)), np.empty(len(reference))
        self._enclose(reference, values[None, :], strength, priced, low, high)
        return low, high

    def _enclose(self, rows: ReferenceRows, values: Float, strength: Float, priced: bool, low: Float, high: Float) -> None:
        """Fill the bounds."""
        raise NotImplementedError


class PricedSet(AmbiguitySet):
    """A set whose distance can also be priced."""

    def _admit(self, name: str) -> None:
        pass

    def penalised_min(self, values: Any, reference: Any, penalty: Any) -> Optimum:
        r""":math:`\min_q \langle q, V\rangle + \text{penalty} \cdot D(q, \text{reference})`; shapes as in :meth:`worst_case`.

        Penalty 0 gives the smallest value that the set can reach, infinity the mean.
        """
        return self._optimum(values, reference, penalty, "penalty")

    def smooth_max(self, values: Any, reference: Any = None, strength: Any = 1.0) -> Optimum:
        r""":math:`\max_p \langle p, x\rangle - \text{strength} \cdot D(p, \text{reference})`; ``None`` is the uniform law."""
        x = np.asarray(values)
        reference = uniform(x, -np.inf) if reference is None else reference
        value, law = self.penalised_min(-x, reference, strength)
        return Optimum(-value, law)


def with_outside(rows: ReferenceRows, law: Float, count: NDArray[Any], write: Callable[..., None]) -> sp.csr_array:
    """Laws on the entries of CSR rows and on ``count`` states outside each; ``write(where, columns, data)`` fills the latter."""
    where = np.concatenate(([0], np.cumsum(count)))
    columns, data = np.empty(where[-1], dtype=rows.columns.dtype), np.empty(where[-1])
    write(where[:-1], columns, data)
    inside = sp.csr_array((law, rows.columns, rows.starts), shape=(len(rows), rows.n_states))
    return sp.csr_array(inside + sp.csr_array((data, columns, where), shape=inside.shape))


def _own(x: Float) -> Float:
    """Contiguous and writable: what differs in either is another type to the compiler."""
    x = np.ascontiguousarray(x)
    return x if x.flags.writeable else x.copy()


def _shaped(x: Float, lead: tuple[int, ...]) -> Any:
    return x.reshape(lead) if lead else float(x[0])


def _fractions(x: Any, name: str) -> Any:
    array = np.asarray(x, dtype=object)
    try:
        return np.array([Fraction(y) for y in array.reshape(-1)] + [None], dtype=object)[:-1].reshape(array.shape)
    except (TypeError, ValueError):
        raise ModelError(f"{name} cannot be read as fractions") from None
