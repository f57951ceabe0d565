"""Compiled sweeps over CSR transitions. Rows are ``s * A + a``; an action that is not allowed has reward minus infinity.

``fastmath`` stays off: the error analysis of :mod:`tabular._rows` needs the additions in the order in which they are written.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from tabular._rows import TINY, block_length, error_unit

Float = NDArray[np.float64]


@numba.njit(cache=True)
def backup(starts: Any, columns: Any, data: Float, r: Float, gamma: float, v: Float, out: Float) -> None:
    """``out[s] = max_a r[s, a] + gamma * sum_k P[s, a, k] v[k]``."""
    n_states, n_actions = r.shape
    for s in range(n_states):
        best = -np.inf
        for a in range(n_actions):
            row = s * n_actions + a
            total = 0.0
            for k in range(starts[row], starts[row + 1]):
                total += data[k] * v[columns[k]]
            best = max(best, r[s, a] + gamma * total)
        out[s] = best


@numba.njit(cache=True)
def q_values(starts: Any, columns: Any, data: Float, r: Float, gamma: float, v: Float, out: Float) -> None:
    """``out[s, a] = r[s, a] + gamma * sum_k P[s, a, k] v[k]``."""
    n_states, n_actions = r.shape
    for s in range(n_states):
        for a in range(n_actions):
            row = s * n_actions + a
            total = 0.0
            for k in range(starts[row], starts[row + 1]):
                total += data[k] * v[columns[k]]
            out[s, a] = r[s, a] + gamma * total


@numba.njit(cache=True)
def largest(q: Float, out: Float) -> None:
    """``out[s] = max_a q[s, a]``: numpy takes several times as long for a few actions."""
    for s in range(q.shape[0]):
        best = q[s, 0]
        for a in range(1, q.shape[1]):
            best = max(best, q[s, a])
        out[s] = best


@numba.njit(cache=True)
def select(q: Float, r: Float, incumbent: Any, size: float, unit: float, out: Any) -> None:
    """The best action of each row of ``q``; the incumbent stays unless beaten by more than rounding, ``unit * (|r| +
    size)`` each."""
    n_states, n_actions = q.shape
    for s in range(n_states):
        best = 0
        for a in range(1, n_actions):
            if q[s, a] > q[s, best]:
                best = a
        old = incumbent[s]
        if old >= 0:
            margin = unit * (abs(r[s, best]) + abs(r[s, old]) + 2 * size)
            out[s] = best if q[s, best] > q[s, old] + margin else old
        else:
            out[s] = best


@numba.njit(cache=True)
def policy_rows(starts: Any, columns: Any, data: Float, actions: Any, n_actions: int, gamma: float) -> Any:
    """CSR of ``gamma`` times the rows that a deterministic policy picks."""
    n_states = actions.size
    pointers = np.zeros(n_states + 1, dtype=starts.dtype)
    for s in range(n_states):
        row = s * n_actions + actions[s]
        pointers[s + 1] = pointers[s] + starts[row + 1] - starts[row]
    picked = np.empty(pointers[n_states], dtype=columns.dtype)
    values = np.empty(pointers[n_states], dtype=np.float64)
    for s in range(n_states):
        position = pointers[s]
        row = s * n_actions + actions[s]
        for k in range(starts[row], starts[row + 1]):
            picked[position] = columns[k]
            values[position] = gamma * data[k]
            position += 1
    return pointers, picked, values


@numba.njit(cache=True)
def enclosed_q_values(starts: Any, columns: Any, data: Float, r: Float, gamma: float, v: Float, q: Float, radius: Float) -> None:
    """Action values and radii: the exact value of the stored model lies within ``radius`` of ``q``.

    ``columns`` may be ``None``, for dense rows. The bound is that of :mod:`tabular._rows`, whose eight spare units cover the
    product with ``gamma``, the sum with ``r``, and one unit each for ``P`` and ``gamma`` that round rationals.
    """
    n_states, n_actions = r.shape
    for s in range(n_states):
        for a in range(n_actions):
            if r[s, a] == -np.inf:
                q[s, a] = -np.inf
                radius[s, a] = 0.0
                continue
            start, stop = starts[s * n_actions + a], starts[s * n_actions + a + 1]
            offset = start
            length = stop - start
            block = block_length(length)
            total = 0.0
            size = 0.0
            while start < stop:
                end = min(start + block, stop)
                part = 0.0
                part_size = 0.0
                for k in range(start, end):
                    if columns is None:
                        term = data[k] * v[k - offset]
                    else:
                        term = data[k] * v[columns[k]]
                    part += term
                    part_size += abs(term)
                total += part
                size += part_size
                start = end
            q[s, a] = r[s, a] + gamma * total
            radius[s, a] = error_unit(length) * (abs(r[s, a]) + gamma * size) + 2 * (length + 2) * TINY
