"""Rows of CSR or dense matrices in compiled code: the values that a row sees, bounds on its sum."""

from __future__ import annotations

import numpy as np

from tabular.divergences.generators import compiled
from tabular.divergences.intervals import total_bounds

__all__ = ["local_values", "segment_totals"]


@compiled
def local_values(values: np.ndarray, starts: np.ndarray, columns: np.ndarray, row: int) -> np.ndarray:
    """The values that a row sees; rows without columns list all states in order."""
    return values if columns.size == 0 else values[columns[starts[row] : starts[row + 1]]]


@compiled
def segment_totals(starts: np.ndarray, data: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """Bounds on row sums."""
    for r in range(starts.size - 1):
        low[r], high[r] = total_bounds(data[starts[r] : starts[r + 1]])
