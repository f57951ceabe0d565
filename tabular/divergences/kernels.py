"""Batches of rows: dense arrays, or a transition matrix against one vector of values (:mod:`tabular.divergences.worst_laws`)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tabular._arrays import Float
from tabular.divergences.worst_laws import solve_rows

__all__ = ["batch", "segment_values", "segments"]

NO_COLUMNS = np.empty(0, dtype=np.int64)


def batch(kind: int, k: float, values: Float, p: Float, strength: Float, constrained: bool, law: Float, out: Float) -> None:
    """Rows of (R, n) arrays. ``out`` (R, 3): value, multiplier (or penalty), dual value."""
    rows, n = p.shape
    starts = np.arange(0, rows * n + 1, n)
    flat, leak = law.reshape(-1), np.empty(rows)
    solve_rows(
        kind, k, values.reshape(-1), n, starts, NO_COLUMNS, p.reshape(-1), math.inf, strength, constrained, flat, leak, out
    )


def segments(
    kind: int,
    k: float,
    values: Float,
    starts: Any,
    columns: Any,
    data: Float,
    lowest: float,
    strength: Float,
    constrained: bool,
    law: Float,
    leak: Float,
    out: Float,
) -> None:
    """Rows against one vector of values, CSR or dense (no columns); mass outside a row's entries goes to ``leak``."""
    solve_rows(kind, k, values, 0, starts, columns, data, lowest, strength, constrained, law, leak, out)


def segment_values(
    kind: int,
    k: float,
    values: Float,
    starts: Any,
    columns: Any,
    data: Float,
    lowest: float,
    strength: Float,
    constrained: bool,
    out: Float,
) -> None:
    """The optimal values alone, (R,)."""
    leak = np.empty(out.size)
    solve_rows(kind, k, values, 0, starts, columns, data, lowest, strength, constrained, None, leak, out.reshape(-1, 1))
