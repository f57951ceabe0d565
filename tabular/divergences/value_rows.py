r"""Values alone for total variation and contamination, in about the time that reading the rows takes.

Worst cases of these sets are the mean and a correction: what the few states at the top lose. Dense means are one matrix product.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tabular._arrays import Float
from tabular.divergences.generators import compiled
from tabular.divergences.reference_rows import ReferenceRows
from tabular.divergences.state_order import SHORT, longest, ordered

__all__ = ["clipped_means", "means", "trimmed_means"]


def means(rows: ReferenceRows, gaps: Float) -> Float:
    """(R,) sums of ``p * gaps``, in stored probabilities."""
    if rows.columns.size == 0:
        return np.asarray(rows.data.reshape(len(rows), rows.n_states) @ gaps)
    out = np.empty(len(rows))
    _sparse_means(gaps, rows.starts, rows.columns, rows.data, out)
    return out


@compiled
def _sparse_means(gaps: Any, starts: Any, columns: Any, data: Any, out: Any) -> None:
    for r in range(starts.size - 1):
        total = 0.0
        for k in range(starts[r], starts[r + 1]):
            total += data[k] * gaps[columns[k]]
        out[r] = total


@compiled
def trimmed_means(
    gaps: Any, order: Any, mean: Any, starts: Any, columns: Any, data: Any, sums: Any, strength: Any, inside: bool, out: Any
) -> None:
    """Means after mass ``strength`` moved from the largest gaps to the smallest, of the support if ``inside``.

    ``mean`` as from :func:`means`; ``order`` of the state space is read where rows are dense.
    """
    size = longest(starts)
    x, q, o = np.empty(size), np.empty(size), np.empty(size, dtype=np.intp)
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        n, left, lost, floor = end - begin, strength[r] * sums[r], 0.0, 0.0
        if columns.size == 0:
            if inside:
                for i in order:
                    if data[begin + i] > 0.0:
                        floor = gaps[i]
                        break
            for j in range(n - 1, -1, -1):
                i = order[j]
                if left <= 0.0 or gaps[i] <= floor:
                    break
                step = min(data[begin + i], left)
                if step > 0.0:
                    lost += step * (gaps[i] - floor)
                    left -= step
        else:
            least = math.inf
            for k in range(n):
                x[k], q[k] = gaps[columns[begin + k]], data[begin + k]
                if q[k] > 0.0 and x[k] < least:
                    least = x[k]
            floor = least if inside else 0.0
            if n > SHORT:
                ordered(x[:n], o[:n])
            step_by_step = n <= SHORT
            j = n
            while left > 0.0:
                if step_by_step:  # rarely more than a few states: no sort
                    i, top = -1, floor
                    for k in range(n):
                        if q[k] > 0.0 and x[k] > top:
                            i, top = k, x[k]
                    if i < 0:
                        break
                else:
                    j -= 1
                    if j < 0 or x[o[j]] <= floor:
                        break
                    i = o[j]
                step = min(q[i], left)
                lost += step * (x[i] - floor)
                left -= step
                q[i] = 0.0
        out[r] = floor if left > 0.0 else max((mean[r] - lost) / sums[r], floor)


@compiled
def clipped_means(gaps: Any, starts: Any, columns: Any, data: Any, sums: Any, penalty: Any, inside: bool, out: Any) -> None:
    """Means of gaps clipped at the smallest plus ``penalty``, of the support if ``inside``."""
    sparse = columns.size > 0
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        floor = 0.0
        if inside:
            floor = math.inf
            for k in range(begin, end):
                if data[k] > 0.0:
                    floor = min(floor, gaps[columns[k] if sparse else k - begin])
        cut = floor + penalty[r]
        total = 0.0
        if sparse:
            for k in range(begin, end):
                total += data[k] * min(gaps[columns[k]], cut)
        else:  # four sums, so that additions need not wait for each other
            a = b = c = d = 0.0
            stop = begin + (end - begin) // 4 * 4
            for k in range(begin, stop, 4):
                i = k - begin
                a += data[k] * min(gaps[i], cut)
                b += data[k + 1] * min(gaps[i + 1], cut)
                c += data[k + 2] * min(gaps[i + 2], cut)
                d += data[k + 3] * min(gaps[i + 3], cut)
            for k in range(stop, end):
                a += data[k] * min(gaps[k - begin], cut)
            total = (a + b) + (c + d)
        out[r] = max(total / sums[r], floor)
