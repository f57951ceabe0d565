"""Values of rows by closed forms that need no law and no search: KL and chi-square at a penalty, chi-square within a radius."""

from __future__ import annotations

import math

import numpy as np

from tabular.divergences.generators import compiled

__all__ = ["chi_square_radius_values", "chi_square_values", "entropic_values"]


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
    work, sparse = np.empty((starts[1:] - starts[:-1]).max()), columns.size > 0
    for r in range(out.size):
        begin, size = starts[r], starts[r + 1] - starts[r]
        base = values[columns[begin]] if sparse else values[0]
        top, total, first, second = -math.inf, 0.0, 0.0, 0.0
        for i in range(size):  # one pass over the row; in differences, so that nothing is lost to large values
            x, p = (values[columns[begin + i]] if sparse else values[i]) - base, data[begin + i]
            work[i] = x
            total += p
            first += p * x
            if x > top and p > 0.0:
                top = x
        mean = first / total
        if penalty[r] + mean >= top:
            for i in range(size):
                deviation = work[i] - mean
                second += data[begin + i] * (deviation * deviation)
            out[r] = base + (mean - 0.5 * (second / total) / penalty[r])
            continue
        share, alpha, before = penalty[r] * total, penalty[r] + mean, math.inf
        while alpha < before:
            before, mass, moment = alpha, 0.0, 0.0
            for i in range(size):
                p = data[begin + i] if work[i] < before else 0.0
                mass += p
                moment += p * work[i]
            alpha = (share + moment) / mass
        for i in range(size):
            room = max(alpha - work[i], 0.0)
            second += data[begin + i] * (room * room)
        out[r] = base + (alpha - 0.5 * (penalty[r] + second / total / penalty[r]))


@compiled
def _keep(x: np.ndarray, p: np.ndarray, n: int, cut: float) -> int:
    """Puts states below the cut first; their number."""
    kept = 0
    for i in range(n):
        if x[i] < cut:
            x[kept], x[i] = x[i], x[kept]
            p[kept], p[i] = p[i], p[kept]
            kept += 1
    return kept


@compiled
def chi_square_radius_values(
    values: np.ndarray,
    starts: np.ndarray,
    columns: np.ndarray,
    data: np.ndarray,
    radius: np.ndarray,
    out: np.ndarray,
) -> None:
    r"""Values within a radius of half of chi-square, without a sort: :math:`E_A V - \sqrt{(2 \rho\, p_A - p_{A^c})\, Var_A V}`.

    A are the states that keep mass, :math:`E_A` and :math:`Var_A` conditional on them. Starting from all states, those to which
    the signed solution gives no mass are left out, each once: the worst law is a projection, and projections onto nested sets
    compose.
    """
    size = (starts[1:] - starts[:-1]).max()
    work, x, p = np.empty(size), np.empty(size), np.empty(size)
    for r in range(out.size):
        begin, end = starts[r], starts[r + 1]
        local = _look(values, columns, begin, end, work)
        n, m, top, total, base, heaviest = 0, math.inf, -math.inf, 0.0, 0.0, 0.0
        for i in range(local.size):
            if data[begin + i] > 0.0:
                x[n], p[n] = local[i], data[begin + i]
                m, top, total = min(m, x[n]), max(top, x[n]), total + p[n]
                if p[n] > heaviest:
                    base, heaviest = x[n], p[n]
                n += 1
        best = 0.0
        for i in range(n):
            if x[i] == m:
                best += p[i]
        unit = top - m
        if unit == 0.0 or 2.0 * radius[r] * best >= total - best:
            out[r] = m
            continue
        # from the heaviest state's value, in units of the spread: nearly all mass there must not hide that it deviates
        moment = 0.0
        for i in range(n):
            x[i] = (x[i] - base) / unit
            moment += p[i] * x[i]
        mass, mean, far, lost, worst = total, moment / total, (top - base) / unit, 0.0, 0.0
        while True:
            variance = 0.0
            for i in range(n):
                variance += p[i] * (x[i] - mean) ** 2
            variance /= mass
            excess = max(0.0, (2.0 * radius[r] * mass - lost) / total)
            worst = mean - math.sqrt(excess * variance)
            kept = n
            if (far - mean) * math.sqrt(excess) >= math.sqrt(variance):
                kept = _keep(x, p, n, mean + math.sqrt(variance) / math.sqrt(excess))
            if kept == 0 or kept == n:
                break
            for i in range(kept, n):
                lost += p[i]
            n, shift, heaviest = kept, 0.0, 0.0
            for i in range(n):
                if p[i] > heaviest:
                    shift, heaviest = x[i], p[i]
            base += unit * shift
            mass, moment, far = 0.0, 0.0, -math.inf
            for i in range(n):
                x[i] -= shift
                mass += p[i]
                moment += p[i] * x[i]
                far = max(far, x[i])
            mean = moment / mass
        out[r] = max(m, base + unit * worst)
