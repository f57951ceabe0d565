r"""Worst laws of many rows: each row is reduced to unit form, solved by the family that its divergence belongs to, and put back.

In unit form a row is ``gaps`` g of its values above the smallest one, scaled so that the largest is 1, and a law p > 0 on the
same states, its support. The lowest state outside lies ``depth`` below, which is 0 if no mass may go there. A family fills
``law``, and leaves in ``point`` the multiplier, the logarithm of the best state's ratio q / p, and the value; the first two
determine a dual point, so that each value carries its own duality gap. Only the family that is asked for gets compiled.

A row of stored probabilities within 1e-9 of one stands for the law p / sigma, sigma its sum; a row further away is a measure (the
counting measure of an entropy), meant as it is. Only Cressie-Read divergences are asked for measures: there

.. math:: \sum p f_k(q / p) = \sigma^{1-k} D_k(q, p / \sigma) + \sigma f_k(1 / \sigma) \quad\text{for laws } q ,

except that truncating orders, for which sigma^(1-k) may underflow, are solved with the measure itself.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tabular._arrays import Float
from tabular.divergences.duality import finish
from tabular.divergences.generators import CRESSIE_READ, NEAR_ONE, cell, compiled, limit_at_infinity
from tabular.divergences.leaking import leak_rows
from tabular.divergences.ratios import ratio_rows
from tabular.divergences.reference_rows import read_only
from tabular.divergences.tilting import TRUNCATING, tilt_rows
from tabular.divergences.truncating import chi_square_rows, truncated_rows
from tabular.divergences.unit_rows import DEPTH, LEAST, OPEN, PART, TOTAL, UNIT, limits, scatter, unit_rows

__all__ = ["kernel_view", "solve_rows"]

LAW = 1e-9
"""How far from one the sum of a law may be: the tolerance of models and of arguments."""

CHUNK = 1 << 14
"""States solved together: their work arrays stay in the cache, and calls from Python cost little."""


def kernel_view(x: Any) -> Any:
    """A read-only contiguous view, with indices of 64 bits: machine code is made for one type of each argument."""
    return read_only(np.ascontiguousarray(x, dtype=np.int64 if x.dtype.kind == "i" else None))


def _family(kind: int, k: float, *args: Any) -> None:
    if kind != CRESSIE_READ:
        ratio_rows(kind, k, *args)
    elif abs(k - 2.0) < NEAR_ONE:
        chi_square_rows(*args)
    elif k > TRUNCATING:
        truncated_rows(k, *args)
    else:
        tilt_rows(k, *args)


def solve_rows(
    kind: int,
    k: float,
    values: Float,
    stride: int,
    starts: Any,
    columns: Any,
    data: Float,
    lowest: float,
    strength: Float,
    constrained: bool,
    law: Float | None,
    leak: Float,
    out: Float,
) -> None:
    """Row r sees the values from ``r * stride`` on; with a stride, rows list every state there is, and a leak stays in the row.

    ``out`` (R, 3): value, multiplier or penalty, dual value; (R, 1): the value alone, without laws.
    """
    rows = starts.size - 1
    v, s, c, d = (kernel_view(x) for x in (values, starts, columns, data))
    widest = int(np.diff(s).max(initial=1))
    size = max(widest, min(CHUNK, int(s[-1])))
    gaps, p, q, places = np.empty(size), np.empty(size), np.empty(size), np.empty(size, dtype=np.int64)
    leaks = limit_at_infinity(kind, k) < math.inf
    # chi-square and tilts know their deviations from p exactly; the others recompute them from the law
    near = 1e-17 if kind == CRESSIE_READ and (k <= TRUNCATING or abs(k - 2.0) < NEAR_ONE) else 1e-8
    kept = kind == CRESSIE_READ and k > TRUNCATING and abs(k - 2.0) >= NEAR_ONE
    first = 0
    while first < rows:
        last = rows if s[-1] - s[first] <= size else max(first + 1, int(np.searchsorted(s, s[first] + size, side="right")) - 1)
        count = last - first
        ends, facts, point, escaped = (
            np.empty(count + 1, dtype=np.int64),
            np.empty((count, 7)),
            np.empty((count, 3)),
            leak[first:last],
        )
        part = strength[first:last]
        unit_rows(v, stride, s, c, d, lowest, leaks, first, ends, gaps, p, places, facts)
        measures = bool((np.abs(facts[:, TOTAL] - 1.0) > LAW).any())
        if measures:
            part = part.copy()
            _of_measures(k, kept, part, facts)
        if constrained:
            facts[:, PART] = part
        else:
            with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
                facts[:, PART] = part / facts[:, UNIT]
        limits(kind, k, ends, gaps, p, facts, constrained, near, q, point, escaped)
        if leaks and (facts[:, DEPTH] > 0.0).any():
            leak_rows(kind, k, ends, gaps, p, facts, constrained, q, point, escaped)
        if measures and kept:
            _restore(ends, p, facts, escaped)
        _family(kind, k, ends, gaps, p, facts, constrained, q, point, escaped)
        block = out[first:last]
        if law is None:
            unit, least = facts[:, UNIT], facts[:, LEAST]
            block[:, 0] = facts[:, 0] + (unit * point[:, 2] + least)
        else:
            finish(kind, k, ends, gaps, p, facts, constrained, q, point, escaped, block)
            scatter(s, first, ends, places, q, facts, escaped, stride > 0, law)
            if not constrained:
                block[:, 1] = strength[first:last]
        first = last


@compiled
def _of_measures(k: float, kept: bool, part: np.ndarray, facts: np.ndarray) -> None:
    """What measures add to the value, and the penalties of the laws in place of them, unless they are kept as they are."""
    for r in range(part.size):
        total = facts[r, TOTAL]
        if abs(total - 1.0) > LAW:
            if 0.0 < part[r] < math.inf:
                facts[r, LEAST] = part[r] * cell(CRESSIE_READ, k, 1.0, total)
            if not kept:
                part[r] *= total ** (1.0 - k)


@compiled
def _restore(ends: np.ndarray, p: np.ndarray, facts: np.ndarray, leak: np.ndarray) -> None:
    """Measures again in the rows that are still open; their values are then complete."""
    for r in range(leak.size):
        if leak[r] == OPEN and abs(facts[r, TOTAL] - 1.0) > LAW:
            facts[r, LEAST] = 0.0
            for i in range(ends[r], ends[r + 1]):
                p[i] *= facts[r, TOTAL]
