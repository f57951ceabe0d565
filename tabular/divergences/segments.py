"""Rows of CSR or dense matrices in compiled code: the values that a row sees, bounds on its sum and mean."""

from __future__ import annotations

import numpy as np

from tabular.divergences.generators import compiled
from tabular.divergences.intervals import mean_bounds, total_bounds

__all__ = ["local_values", "segment_means", "segment_totals"]


@compiled
def local_values(values: np.ndarray, starts: np.ndarray, columns: np.ndarray, row: int) -> np.ndarray:
    """The values that a row sees; rows without columns list all states in order."""
    return values if columns.size == 0 else values[columns[starts[row] : starts[row + 1]]]


@compiled
def segment_totals(starts: np.ndarray, data: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """Bounds on row sums."""
    for r in range(starts.size - 1):
        low[r], high[r] = total_bounds(data[starts[r] : starts[r + 1]])


@compiled
def segment_means(
    values: np.ndarray, starts: np.ndarray, columns: np.ndarray, data: np.ndarray, low: np.ndarray, high: np.ndarray
) -> None:
    """Bounds on the mean of each row."""
    for r in range(starts.size - 1):
        local = local_values(values, starts, columns, r)
        low[r], high[r] = mean_bounds(local, data[starts[r] : starts[r + 1]])
