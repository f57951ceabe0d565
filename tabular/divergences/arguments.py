"""Checked arguments of divergences: values, references, radii, each error naming the entry."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp

from tabular._arrays import Float
from tabular.errors import ModelError

__all__ = ["as_batch", "as_distribution", "as_pair", "as_rows", "as_strength", "as_values", "is_rational", "uniform"]

TOLERANCE = 1e-9
LARGEST = 2.0**1000
"""Values beyond this are refused: their differences, and sums of those, must stay finite."""


def is_rational(*arrays: Any) -> bool:
    """Whether the arguments are exact: object arrays (or lists) that hold fractions, with integers beside them."""
    found = False
    for array in arrays:
        x = np.asarray(array, dtype=object) if not sp.issparse(array) else np.empty(0)
        kinds = {type(y) for y in x.reshape(-1)}
        if any(issubclass(kind, float) or issubclass(kind, np.floating) for kind in kinds):
            return False
        found = found or Fraction in kinds
    return found


def _first(bad: np.ndarray) -> str:
    """The first bad index, as it would be written."""
    index = np.argwhere(bad)[0]
    return "[" + ", ".join(str(int(i)) for i in index) + "]" if index.size else ""


def as_distribution(p: Any, name: str = "reference") -> Float:
    """Rows of probabilities on the last axis: finite, non-negative, within 1e-9 of one.

    Raises
    ------
    ModelError
        Naming the entry or the row.
    """
    try:
        x = np.asarray(p, dtype=np.float64, order="C")
    except (TypeError, ValueError):
        raise ModelError(f"{name} cannot be read as an array of numbers") from None
    if x.ndim == 0 or x.shape[-1] == 0:
        raise ModelError(f"{name} has shape {x.shape} (expected at least one state on the last axis)")
    bad = ~(x >= 0) | np.isinf(x)
    if bad.any():
        raise ModelError(f"{name}{_first(bad)} is {float(x[bad][0])!r} (expected a probability)")
    sums = x.sum(axis=-1)
    off = ~(np.abs(sums - 1) <= TOLERANCE)
    if off.any():
        raise ModelError(f"{name}{_first(off)} sums to {np.asarray(sums)[off][0]:.12g} (expected 1 within 1e-9); normalise it")
    return x


def as_pair(p: Any, reference: Any) -> tuple[Float, Float]:
    """Two distributions of one shape, broadcast over leading axes.

    Raises
    ------
    ModelError
        If one is no distribution, or the shapes do not fit.
    """
    a, b = as_distribution(p, "p"), as_distribution(reference)
    try:
        if a.shape[-1] != b.shape[-1]:
            raise ValueError
        a, b = np.broadcast_arrays(a, b)
    except ValueError:
        raise ModelError(f"p has shape {np.shape(p)} and reference {np.shape(reference)}: they do not fit") from None
    return np.ascontiguousarray(a), np.ascontiguousarray(b)


def as_values(values: Any, shape: tuple[int, ...], reference: Float, worst: float) -> Float:
    """Values broadcast against the reference; ``worst`` (an infinity) only where the reference has no mass."""
    try:
        x = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ModelError("values cannot be read as an array of numbers") from None
    try:
        if x.shape[-1:] != shape[-1:]:  # a last axis of length one would be repeated
            raise ValueError
        x = np.ascontiguousarray(np.broadcast_to(x, shape))
    except ValueError:
        raise ModelError(f"values of shape {x.shape} do not fit a reference of shape {shape}") from None
    bad = ~np.isfinite(x) & ~((x == worst) & (reference == 0))
    if bad.any():
        raise ModelError(
            f"values{_first(bad)} is {float(x[bad][0])!r} (expected a finite number, "
            f"or {worst!r} where the reference has no mass)"
        )
    if x.size and np.abs(x, where=np.isfinite(x), out=np.zeros_like(x)).max() > LARGEST:
        raise ModelError(
            f"values are as large as {float(np.abs(x[np.isfinite(x)]).max()):.3g}: differences would overflow; rescale"
        )
    return x


def as_strength(x: Any, shape: tuple[int, ...], name: str, infinite: bool = True) -> Float:
    """Radii, penalties or temperatures, not negative, one per row."""
    try:
        out = np.broadcast_to(np.asarray(x, dtype=np.float64), shape).copy()
    except (TypeError, ValueError):
        raise ModelError(f"{name} of shape {np.shape(x)} does not fit {shape} rows") from None
    bad = ~(out >= 0) | (np.isinf(out) & (not infinite))
    if bad.any():
        raise ModelError(f"{name}{_first(bad)} is {float(out[bad][0])!r} (expected a number >= 0)")
    return out


def uniform(values: Any, worst: float) -> Float:
    """The uniform law over the entries of the last axis that are not ``worst`` (forbidden)."""
    x = np.asarray(values, dtype=np.float64)
    allowed = x != worst
    counts = allowed.sum(axis=-1, keepdims=True)
    if (counts == 0).any():
        raise ModelError(f"every entry of values{_first(counts[..., 0] == 0)} is {worst!r}: nothing is allowed there")
    return np.asarray(allowed / counts)


def as_batch(
    values: Any, reference: Any, strength: Any, name: str, worst: float = np.inf
) -> tuple[Float, Float, Float, tuple[int, ...]]:
    """Dense rows: values and reference as (R, n), strengths as (R,), and the leading axes."""
    p = as_distribution(reference)
    try:
        shape = (*np.broadcast_shapes(p.shape[:-1], np.shape(values)[:-1]), p.shape[-1])
    except ValueError:
        shape = p.shape  # the error comes from the values
    p = np.ascontiguousarray(np.broadcast_to(p, shape))
    v = as_values(values, shape, p, worst)
    n, lead = shape[-1], shape[:-1]
    return v.reshape(-1, n), p.reshape(-1, n), as_strength(strength, lead, name).reshape(-1), lead


def as_rows(values: Any, reference: Any, strength: Any, name: str) -> tuple[sp.csr_array, Float, Float]:
    """A CSR reference, its values (S,) and strengths (R,)."""
    matrix = sp.csr_array(reference)
    data = matrix.data
    bad = ~(data >= 0) | np.isinf(data)
    if bad.any():
        k = int(np.argmax(bad))
        row = int(np.searchsorted(matrix.indptr, k, side="right")) - 1
        raise ModelError(f"reference[{row}, {matrix.indices[k]}] is {float(data[k])!r} (expected a probability)")
    sums = np.asarray(matrix.sum(axis=1)).reshape(-1)
    off = ~(np.abs(sums - 1) <= TOLERANCE)
    if off.any():
        raise ModelError(f"reference row {int(np.argmax(off))} sums to {sums[off][0]:.12g} (expected 1 within 1e-9)")
    v = as_values(values, (matrix.shape[1],), np.ones(matrix.shape[1]), np.inf)
    return matrix, v, as_strength(strength, (matrix.shape[0],), name)
