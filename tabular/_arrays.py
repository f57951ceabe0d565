"""Reading what users pass in: real arrays, rational arrays, sparse matrices, distributions."""

from __future__ import annotations

import numbers
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from tabular.errors import ModelError

__all__ = ["ROW_TOLERANCE", "Float", "as_distribution", "as_float", "as_fractions", "frozen", "is_rational", "rounded"]

Float = NDArray[np.float64]

ROW_TOLERANCE = 1e-9
"""How far a row of probabilities may be from one: rounding of user data, not a licence to renormalise."""


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """The same array, read-only."""
    array.flags.writeable = False
    return array


def is_rational(value: object) -> bool:
    """Whether a scalar or array is meant exactly: fractions, python-flint rationals, or an object array of them.

    Plain integers and integer arrays are exact as doubles already, so they do not make a model rational.
    """
    if isinstance(value, np.ndarray):
        return value.dtype == object
    if isinstance(value, (list, tuple)):
        return any(is_rational(item) for item in value)
    return type(value).__name__ in {"fmpq", "fmpz"} or (isinstance(value, Fraction) and not isinstance(value, int))


def _fraction(value: Any, where: str) -> Fraction:
    try:
        if type(value).__name__ in {"fmpq", "fmpz"}:
            return (
                Fraction(int(value.numerator), int(value.denominator)) if hasattr(value, "denominator") else Fraction(int(value))
            )
        if isinstance(value, (numbers.Rational, np.integer)):
            return Fraction(int(value.numerator), int(value.denominator))
        return Fraction(float(value))
    except (TypeError, ValueError, OverflowError) as error:
        raise ModelError(f"{where} has the entry {value!r}, which is not a finite number") from error


def as_fractions(values: Any, where: str) -> NDArray[Any]:
    """An object array of :class:`fractions.Fraction`; floats are taken at their exact binary value."""
    source = np.asarray(values, dtype=object)
    out = np.empty(source.shape, dtype=object)
    flat = out.reshape(-1)
    for i, value in enumerate(source.reshape(-1)):
        flat[i] = _fraction(value, where)
    return out


def rounded(values: NDArray[Any], where: str) -> Float:
    """The nearest doubles of an array of fractions."""
    try:
        return np.array([float(x) for x in values.reshape(-1)], dtype=np.float64).reshape(values.shape)
    except OverflowError as error:
        raise ModelError(f"{where} has an entry beyond the range of a double (about 1.8e308); rescale the model") from error


def as_float(values: Any, where: str) -> Float:
    """A float64 array; integers and lower precisions are widened exactly, anything else is refused."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ModelError(f"{where} is ragged: {error}") from error
    if array.dtype.kind not in "fiub":
        raise ModelError(f"{where} has dtype {array.dtype} (expected real numbers)")
    if array.dtype.itemsize > 8 and array.dtype.kind == "f":
        raise ModelError(f"{where} has dtype {array.dtype}, wider than float64; round it yourself or pass fractions")
    return np.array(array, dtype=np.float64, order="C")


def as_distribution(values: Any, size: int, where: str) -> Float:
    """A probability vector of the given length, taken as given (never renormalised), or the index of a point mass."""
    if isinstance(values, (int, np.integer)) and not isinstance(values, bool):
        if not 0 <= values < size:
            raise ModelError(f"{where} is {values}, outside 0..{size - 1}")
        point = np.zeros(size)
        point[values] = 1.0
        return point
    vector = as_float(values, where)
    if vector.shape != (size,):
        raise ModelError(f"{where} has shape {vector.shape} (expected ({size},))")
    bad = np.flatnonzero(~(np.isfinite(vector) & (vector >= 0)))
    if bad.size:
        raise ModelError(f"{where}[{bad[0]}] is {float(vector[bad[0]])!r} (expected a probability)")
    if abs(total := float(vector.sum()) - 1.0) > ROW_TOLERANCE:
        raise ModelError(f"{where} sums to {1.0 + total:.12g} (expected 1 within {ROW_TOLERANCE:g})")
    return vector


def as_csr(matrix: Any, shape: tuple[int, int], where: str) -> sp.csr_array:
    """An own canonical CSR copy (sorted, duplicates added up, smallest index type)."""
    if matrix.shape != shape:
        raise ModelError(f"{where} has shape {matrix.shape} (expected {shape})")
    if matrix.dtype.kind not in "fiub":
        raise ModelError(f"{where} has dtype {matrix.dtype} (expected real numbers)")
    try:
        csr = sp.csr_array(matrix, dtype=np.float64, copy=True)
        csr.check_format(full_check=True)
    except ValueError as error:
        raise ModelError(f"{where} is not a consistent sparse matrix: {error}") from error
    csr.sum_duplicates()
    if csr.indices.dtype != np.int32 and max(csr.nnz, *csr.shape) < 2**31:
        csr = sp.csr_array((csr.data, csr.indices.astype(np.int32), csr.indptr.astype(np.int32)), shape=csr.shape)
    return csr
