"""Penalised values of rows by closed forms that need no law and no search: KL and chi-square."""

from __future__ import annotations

import math

import numpy as np

from tabular.divergences.generators import compiled

__all__ = ["chi_square_values", "entropic_values"]


@compiled
def _look(values: np.ndarray, columns: np.ndarray, begin: int, end: int, work: np.ndarray) -> np.ndarray:
    """The values that a row sees, in a work array that is long enough; rows without columns list all states in order."""
    size = end - begin
    for j in range(size):
        work[j] = values[columns[begin + j]] if columns.size > 0 else values[j]
    return work[:size]


@compiled
def entropic_values(
    values: np.ndarray,
    starts: np.ndarray,
    columns: np.ndarray,
    data: np.ndarray,
    penalty: np.ndarray,
    out: np.ndarray,
) -> None:
    r"""Penalised values alone, for finite positive penalties: :math:`m - \lambda \log E e^{-(V - m) / \lambda}`."""
    work = np.empty((starts[1:] - starts[:-1]).max())
    for r in range(out.size):
        begin, end = starts[r], starts[r + 1]
        local = _look(values, columns, begin, end, work)
        p = data[begin:end]
        m, top, total, z = math.inf, -math.inf, 0.0, 0.0
        for i in range(p.size):
            if p[i] > 0.0:
                total += p[i]
                m, top = min(m, local[i]), max(top, local[i])
        if top - m > 0.5 * penalty[r]:
            t = 1.0 / penalty[r]
            for i in range(p.size):
                if p[i] > 0.0:
                    z += p[i] * math.exp((m - local[i]) * t)
            out[r] = m - penalty[r] * math.log(z / total)
        else:  # Z is near 1, and the digits are in 1 - Z
            for i in range(p.size):
                if p[i] > 0.0:
                    z += p[i] * math.expm1((m - local[i]) / penalty[r])
            out[r] = m - penalty[r] * math.log1p(z / total)


@compiled
def chi_square_values(
    values: np.ndarray,
    starts: np.ndarray,
    columns: np.ndarray,
    data: np.ndarray,
    penalty: np.ndarray,
    out: np.ndarray,
) -> None:
    r"""Penalised values alone, without a sort, for finite positive penalties: :math:`\min E_q V + \lambda \chi^2(q, p) / 2`.

    :math:`\alpha` with :math:`E(\alpha - V)_+ = \lambda` falls from the mean plus lambda as states from it on are left out, each
    once; the value is :math:`\alpha - (\lambda + E(\alpha - V)_+^2 / \lambda) / 2`.
    """
    work = np.empty((starts[1:] - starts[:-1]).max())
    for r in range(out.size):
        begin, end = starts[r], starts[r + 1]
        local = _look(values, columns, begin, end, work)
        p = data[begin:end]
        m, top, total, first = math.inf, -math.inf, 0.0, 0.0
        for i in range(p.size):
            if p[i] > 0.0:
                m, top = min(m, local[i]), max(top, local[i])
        for i in range(p.size):
            if p[i] > 0.0:
                total += p[i]
                first += p[i] * (local[i] - m)
        mean = first / total
        if penalty[r] + mean >= top - m:
            second = 0.0
            for i in range(p.size):
                if p[i] > 0.0:
                    second += p[i] * (local[i] - m - mean) ** 2
            out[r] = m + (mean - 0.5 * (second / total) / penalty[r])
            continue
        share, alpha, before = penalty[r] * total, penalty[r] + mean, math.inf
        while alpha < before:
            before, mass, moment = alpha, 0.0, 0.0
            for i in range(p.size):
                if p[i] > 0.0 and local[i] - m < before:
                    mass += p[i]
                    moment += p[i] * (local[i] - m)
            alpha = (share + moment) / mass
        second = 0.0
        for i in range(p.size):
            if p[i] > 0.0 and local[i] - m < alpha:
                second += p[i] * (alpha - (local[i] - m)) ** 2
        out[r] = m + (alpha - 0.5 * (penalty[r] + second / total / penalty[r]))
