r"""Sums and inner products along the rows of a transition matrix, with error bounds that hold.

A row with :math:`b` entries is added up in blocks of about :math:`\sqrt b`, so that each term passes through at most
:math:`k = m + \lceil b/m \rceil` roundings (product, inside its block, across blocks). With :math:`u = 2^{-53}` the
classical analysis gives

.. math:: |\mathrm{fl}(\langle p, x\rangle) - \langle p, x\rangle| \le \gamma_k \langle |p|, |x|\rangle + b\,2^{-1075},
          \qquad \gamma_k = \frac{k u}{1 - k u},

where the last term is the underflow of the products (sums do not underflow). The computed :math:`\langle |p|,
|x|\rangle` is itself
short by a factor of at most :math:`1 - \gamma_k`. Both second-order effects, and the rounding of the bound, disappear in the
factor :func:`error_unit` :math:`= (k + 8)\,u\,(1 + 2^{-9})`, valid for every :math:`k < 2^{40}`.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["TINY", "block_length", "dot_error", "error_unit", "pointers", "row_sums", "row_values"]

TINY = 2.0**-1074
"""The smallest positive double; half of it bounds the error of one underflowing product."""

Float = NDArray[np.float64]


@numba.njit(cache=True, inline="always")
def block_length(length: int) -> int:
    """Block length near the square root of the row length (at least 8)."""
    return max(8, int(np.sqrt(length)))


@numba.njit(cache=True)
def error_unit(length: int) -> float:
    """Relative error bound of a blocked inner product over ``length`` terms, with room for a few roundings after it."""
    block = block_length(length)
    roundings = min(length, block) + (length + block - 1) // block + 8
    return roundings * 2.0**-53 * (1.0 + 2.0**-9)


@numba.njit(cache=True)
def _row_sums(pointers: NDArray[Any], data: Float, out: Float) -> None:
    for row in range(out.size):
        start, stop = pointers[row], pointers[row + 1]
        block = block_length(stop - start)
        total = 0.0
        while start < stop:
            end = min(start + block, stop)
            part = 0.0
            for k in range(start, end):
                part += data[k]
            total += part
            start = end
        out[row] = total


@numba.njit(cache=True)
def _paired_dots(pointers: NDArray[Any], data: Float, x: Float, out: Float, error: Float) -> None:
    """Row-wise inner products of two aligned arrays, and bounds on their rounding."""
    for row in range(out.size):
        start, stop = pointers[row], pointers[row + 1]
        length = stop - start
        block = block_length(length)
        total = 0.0
        size = 0.0
        while start < stop:
            end = min(start + block, stop)
            part = 0.0
            part_size = 0.0
            for k in range(start, end):
                term = data[k] * x[k]
                part += term
                part_size += abs(term)
            total += part
            size += part_size
            start = end
        out[row] = total
        error[row] = error_unit(length) * size + 2 * length * TINY


def pointers(P: Any) -> NDArray[Any]:
    """Row pointers of CSR transitions, or those that a dense (S, A, S) array would have."""
    if sp.issparse(P):
        return np.asarray(P.indptr)
    return np.arange(0, P.size + 1, P.shape[-1])


def row_sums(P: Any) -> Float:
    """(S*A,) row sums, each within ``error_unit`` (relative) of the exact sum of the stored numbers."""
    starts = pointers(P)
    out = np.empty(starts.size - 1)
    _row_sums(starts, P.data if sp.issparse(P) else P.reshape(-1), out)
    return out


def dot_error(P: Any, x: Float) -> tuple[Float, Float]:
    """Row-wise inner products of ``P`` with an aligned array, (S*A,), and bounds on their rounding, (S*A,)."""
    starts = pointers(P)
    out, error = np.empty(starts.size - 1), np.empty(starts.size - 1)
    _paired_dots(starts, P.data if sp.issparse(P) else P.reshape(-1), np.ascontiguousarray(x).reshape(-1), out, error)
    return out, error


def row_values(P: sp.csr_array, table: Any) -> Float:
    """The entries of ``table`` (CSR (S*A, S) or array (S, A, S)) at the positions that ``P`` stores."""
    rows = np.repeat(np.arange(P.shape[0]), np.diff(P.indptr))
    values = table[rows, P.indices] if sp.issparse(table) else table.reshape(P.shape)[rows, P.indices]
    return np.asarray(values, dtype=np.float64).reshape(-1)
