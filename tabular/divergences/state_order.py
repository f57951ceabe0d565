r"""What rows of a model share in a backup: values, and the states in the order of their values.

Kernels take ``values`` (V, S) with V = 1 if all rows see the same values and V = R otherwise, and rows by ``starts``, ``columns``
and ``data`` as in :class:`~tabular.divergences.reference_rows.ReferenceRows`. A row of sum sigma stands for the law p / sigma.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular.divergences.generators import compiled
from tabular.divergences.reference_rows import ReferenceRows

__all__ = ["gathered", "longest", "ordered", "shared_order", "take_sorted"]

SHORT = 48
"""Rows up to this length are sorted by insertion: faster than a general sort, and without memory of its own."""


@compiled
def ordered(values: Any, order: Any) -> None:
    """Fill ``order`` with the stable increasing order of ``values``."""
    n = values.size
    if n > SHORT:
        order[:] = np.argsort(values, kind="mergesort")
        return
    for i in range(n):
        x, j = values[i], i
        while j > 0 and values[order[j - 1]] > x:
            order[j] = order[j - 1]
            j -= 1
        order[j] = i


@compiled
def longest(starts: Any) -> int:
    """Length of the longest row."""
    size = 0
    for r in range(starts.size - 1):
        size = max(size, starts[r + 1] - starts[r])
    return size


@compiled
def gathered(values: Any, columns: Any, out: Any) -> Any:
    """``values[columns]`` in the memory of ``out``."""
    for k in range(columns.size):
        out[k] = values[columns[k]]
    return out[: columns.size]


@compiled
def take_sorted(values: Any, order: Any) -> Any:
    """``values[order]``, row by row."""
    out = np.empty(order.shape)
    for r in range(order.shape[0]):
        for k in range(order.shape[1]):
            out[r, k] = values[r, order[r, k]]
    return out


def shared_order(rows: ReferenceRows, values: Float, *, whole: bool) -> NDArray[np.intp]:
    """(V, S) states by increasing value; empty for sparse rows unless the ``whole`` state space is needed.

    Sparse rows sort their own few entries.
    """
    if rows.columns.size and not whole:
        return np.empty((values.shape[0], 0), dtype=np.intp)
    return np.argsort(values, axis=1, kind="stable")
