r"""f-divergences: values, generators, conjugates, and the three problems that need them.

.. math:: D_f(p, q) = \sum_i q_i\, f(p_i / q_i), \qquad f \text{ convex}, \; f(1) = f'(1) = 0,

with :math:`0 f(0/0) = 0` and :math:`0 f(a/0) = a f'(\infty)`. The second argument is the reference: nominal law, previous policy,
base model. Solvers are batched over leading axes, or over the rows of a CSR reference.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp

from tabular._arrays import Float
from tabular.divergences import closed_values, f_enclosures, generators, kernels
from tabular.divergences.arguments import as_batch, as_pair, as_rows, uniform
from tabular.divergences.reference_rows import ReferenceRows, read_only
from tabular.divergences.result import Optimum, RowLaws, SparseLaw
from tabular.divergences.worst_laws import kernel_view
from tabular.errors import ModelError

__all__ = ["FDivergence"]


PENALISED: dict[float, Any] = {1.0: closed_values.entropic_values, 2.0: closed_values.chi_square_values}
WITHIN: dict[float, Any] = {2.0: closed_values.chi_square_radius_values}
"""Orders whose values, penalised or within a radius, have a closed form."""

Solved = tuple[Any, Any, Any, Any]
"""Value, law, multiplier, dual value."""


class FDivergence:
    """A divergence ``scale * D_f`` with f a compiled generator (:mod:`tabular.divergences.generators`)."""

    kind: ClassVar[int] = generators.CRESSIE_READ

    @property
    def exponent(self) -> float:
        """The k of the Cressie-Read family; meaningless for other kinds."""
        return 0.0

    @property
    def scale(self) -> float:
        """Factor in front of the generator of the family."""
        return 1.0

    # --- the generator -----------------------------------------------------------------------------------------------------

    def generator(self, t: Any) -> Any:
        """``f(t)`` for t >= 0, of the normalisation ``f(1) = f'(1) = 0``; accurate near 1 only as far as t itself is."""
        return self.scale * _each(lambda x: generators.generator(self.kind, self.exponent, x, x - 1.0), t, "t", 0.0)

    def derivative(self, t: Any) -> Any:
        """``f'(t)``."""
        return self.scale * _each(lambda x: generators.slope(self.kind, self.exponent, x, x - 1.0), t, "t", 0.0)

    def second_derivative(self, t: Any) -> Any:
        """``f''(t)`` for t > 0."""
        return self.scale * _each(lambda x: generators.second(self.kind, self.exponent, x) if x > 0 else math.inf, t, "t", 0.0)

    def conjugate(self, y: Any) -> Any:
        """``f*(y) = sup_{t >= 0} (y t - f(t))``; infinite outside its domain."""
        c = self.scale
        return c * _each(lambda x: generators.conjugate(self.kind, self.exponent, x / c), y, "y", -math.inf)

    @property
    def limit_at_infinity(self) -> float:
        """``f'(inf)``: the price of a unit of mass where the reference has none."""
        return self.scale * generators.limit_at_infinity(self.kind, self.exponent)

    # --- the divergence ----------------------------------------------------------------------------------------------------

    def __call__(self, p: Any, reference: Any) -> Any:
        r"""``D(p, reference)`` over the last axis, (...) from (..., n); infinite where it is.

        The sum is :math:`\sum q f(p / q)` over the numbers as they are stored, to a relative accuracy of 1e-13, also where p and
        the reference are so close that the divergence is far below 1e-16. (Stored numbers that sum to one only up to rounding
        therefore give, for instance, :math:`\sum p \log(p / q) - \sum p + \sum q` for KL.)

        Raises
        ------
        ModelError
            If an argument is no distribution, or the shapes do not fit.
        """
        a, b = as_pair(p, reference)
        out = np.empty(a.shape[:-1])
        rows = a.reshape(-1, a.shape[-1]), b.reshape(-1, a.shape[-1])
        generators.divergences(self.kind, self.exponent, *rows, out.reshape(-1))
        return self.scale * (float(out) if out.ndim == 0 else out)

    # --- the three problems --------------------------------------------------------------------------------------------------

    def smooth_max(self, values: Any, reference: Any = None, strength: Any = 1.0) -> Optimum:
        r"""Regularised greedy step :math:`\max_p \langle p, x\rangle - \text{strength} \cdot D(p, \text{reference})`.

        Parameters
        ----------
        values : (..., n) array
            x; minus infinity only where the reference has no mass (a forbidden action).
        reference : (..., n) array, CSR matrix, or None
            ``None`` is the uniform law over the entries of ``values`` that are not minus infinity.
        strength : float or (...) array
            0 gives the maximum, infinity the mean under the reference.

        Returns
        -------
        Optimum
            ``(value, distribution)``; among ties at strength 0, in proportion to the reference.
        """
        x = np.asarray(values, dtype=np.float64)
        reference = uniform(x, -np.inf) if reference is None else reference
        if not sp.issparse(reference):
            as_batch(x, reference, strength, "strength", worst=-np.inf)  # errors name the caller's values, not their negatives
        value, law, _, _ = self._solve(-x, reference, strength, "strength", constrained=False)
        return Optimum(-value, law)

    def penalised_min(self, values: Any, reference: Any, penalty: Any) -> Optimum:
        r"""Adversary's penalised choice :math:`\min_q \langle q, V\rangle + \text{penalty} \cdot D(q, \text{reference})`.

        ``values`` may be plus infinity where the reference has no mass: that state is out of reach. Shapes as in
        :meth:`smooth_max`; with a CSR reference of R rows, ``values`` is (S,), the value (R,), the law a :class:`SparseLaw`.
        """
        value, law, _, _ = self._solve(values, reference, penalty, "penalty", constrained=False)
        return Optimum(value, law)

    def worst_case(self, values: Any, reference: Any, radius: Any) -> Optimum:
        r"""Adversary's constrained choice :math:`\min_q \langle q, V\rangle` over :math:`D(q, \text{reference}) \le` radius.

        Radius 0 gives the mean; beyond saturation, the smallest value that the adversary can reach.
        """
        value, law, _, _ = self._solve(values, reference, radius, "radius", constrained=True)
        return Optimum(value, law)

    def multiplier(self, values: Any, reference: Any, radius: Any) -> Any:
        """The dual variable of :meth:`worst_case`: the penalty with the same worst law, ``-d value / d radius``.

        Infinite at radius 0 (unless all values are equal), 0 beyond saturation.
        """
        return self._solve(values, reference, radius, "radius", constrained=True)[2]

    def bounds(self, values: Any, reference: Any, *, radius: Any = None, penalty: Any = None) -> tuple[Any, Any]:
        """(dual, primal) values of the constrained or of the penalised problem: up to rounding they enclose its optimum.

        Raises
        ------
        ModelError
            Unless exactly one of radius and penalty is given.
        """
        if (radius is None) == (penalty is None):
            raise ModelError("give either a radius or a penalty")
        strength, name = (penalty, "penalty") if radius is None else (radius, "radius")
        value, _, _, dual = self._solve(values, reference, strength, name, constrained=penalty is None)
        return dual, value

    def _solve(self, values: Any, reference: Any, strength: Any, name: str, constrained: bool) -> Solved:
        """Value, law, multiplier, dual value."""
        factor = 1.0 / self.scale if constrained else self.scale
        if sp.issparse(reference):
            return self._solve_segments(values, reference, strength, name, constrained, factor)
        v, p, s, lead = as_batch(values, reference, strength, name)
        law, out = np.empty_like(p), np.empty((s.size, 3))
        kernels.batch(self.kind, self.exponent, v, p, s * factor, constrained, law, out)
        parts = [out[:, j].reshape(lead) if lead else float(out[0, j]) for j in range(3)]
        return parts[0], law.reshape(*lead, p.shape[1]), parts[1] / self.scale, parts[2]

    def _solve_segments(self, values: Any, reference: Any, strength: Any, name: str, constrained: bool, factor: float) -> Solved:
        matrix, v, s = as_rows(values, reference, strength, name)
        s, rows = s * factor, s.size
        state = int(np.argmin(v))
        law, leak, out = np.empty(matrix.nnz), np.empty(rows), np.empty((rows, 3))
        kernels.segments(
            self.kind, self.exponent, v, matrix.indptr, matrix.indices, matrix.data, v[state], s, constrained, law, leak, out
        )
        sparse = SparseLaw(
            sp.csr_array((law, read_only(matrix.indices), read_only(matrix.indptr)), shape=matrix.shape), leak, state
        )
        return out[:, 0], sparse, out[:, 1] / self.scale, out[:, 2]

    # --- rows of a model, for Bellman operators ------------------------------------------------------------------------------

    def row_values(self, reference: ReferenceRows, values: Float, strength: Float, priced: bool) -> Float:
        """(R,) worst case of each row within its radius, or at its penalty if ``priced``."""
        out = np.empty(len(reference))
        s = strength * self.scale if priced else strength / self.scale
        closed = (PENALISED if priced else WITHIN).get(self.exponent) if self.kind == generators.CRESSIE_READ else None
        if closed is not None and (not priced or bool((np.isfinite(s) & (s > 0)).all())):
            closed(kernel_view(values), reference.starts, reference.columns, read_only(reference.data), kernel_view(s), out)
            return out
        kernels.segment_values(
            self.kind,
            self.exponent,
            values,
            reference.starts,
            reference.columns,
            reference.data,
            float(values.min()),
            s,
            not priced,
            out,
        )
        return out

    def row_laws(self, reference: ReferenceRows, values: Float, strength: Float, priced: bool) -> RowLaws:
        """The worst law of each row within its radius, or at its penalty if ``priced``."""
        s, state = (strength * self.scale if priced else strength / self.scale), int(np.argmin(values))
        law, leak, out = np.empty(reference.data.size), np.empty(len(reference)), np.empty((len(reference), 3))
        matrix = reference.starts, reference.columns, reference.data
        kernels.segments(self.kind, self.exponent, values, *matrix, float(values[state]), s, not priced, law, leak, out)
        laws: Any = reference.matrix(law)
        if sp.issparse(laws):
            laws = SparseLaw(laws, leak, state).tocsr()
        else:
            laws[:, state] += leak
        return RowLaws(laws, out[:, 0], out[:, 1] / self.scale)

    def row_bounds(self, reference: ReferenceRows, values: Float, strength: Float, priced: bool) -> tuple[Float, Float]:
        """Rigorous (R,) bounds of :meth:`row_values`, from feasible dual and primal points."""
        low, high = np.empty(len(reference)), np.empty(len(reference))
        s = strength * self.scale if priced else strength / self.scale
        exact = math.frexp(self.scale)[0] == 0.5
        s0, s1 = (s, s) if exact else (np.where(s > 0, np.nextafter(s, 0), 0), np.where(s > 0, np.nextafter(s, np.inf), 0))
        f_enclosures.segment_bounds(self.kind, self.exponent, values, reference, s0, s1, not priced, low, high)
        return low, high


def _each(function: Callable[[float], float], x: Any, name: str, least: float) -> Any:
    array = np.asarray(x, dtype=np.float64)
    if np.isnan(array).any() or (array < least).any():
        raise ModelError(f"{name} is {float(array[~(array >= least)].reshape(-1)[0])!r} (expected a number >= {least})")
    out = np.array([function(float(y)) for y in array.reshape(-1)]).reshape(array.shape)
    return float(out) if array.ndim == 0 else out
