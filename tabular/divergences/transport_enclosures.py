r"""Rigorous bounds on worst cases by optimal transport, for the costs as stored in doubles.

From below the dual :math:`\sum_i p_i \min_j (V_j + \lambda c_{ij}) - \lambda \rho` at the price that the solver found; from above
its plan, mixed with staying put by as much as rounding may have overspent the radius.
"""

from __future__ import annotations

import numpy as np

from tabular.divergences.generators import compiled
from tabular.divergences.intervals import down, mean_bounds, quotient, up
from tabular.divergences.segments import local_values
from tabular.divergences.set_enclosures import mixed

__all__ = ["transport_segment_bounds"]

SHORT = 1.0 - 2.0**-51
"""Of a rounded ``(V_j - V_min) + price * c``, all terms positive, the part that it exceeds the exact one for certain not."""


@compiled
def _least(gaps: np.ndarray, cost: np.ndarray, i: int, price: float) -> float:
    """At most ``min_j gaps[j] + price * cost[i, j]``, all exact."""
    least = gaps[i]
    for j in range(gaps.size):
        offer = gaps[j] + price * cost[i, j]
        if offer < least:
            least = offer
    return max(down(down(least * SHORT)), 0.0)


@compiled
def transport_segment_bounds(
    values: np.ndarray,
    cost: np.ndarray,
    starts: np.ndarray,
    columns: np.ndarray,
    data: np.ndarray,
    s0: np.ndarray,
    s1: np.ndarray,
    strength: np.ndarray,
    priced: bool,
    price: np.ndarray,
    place: np.ndarray,
    at: np.ndarray,
    split: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
) -> None:
    """Bounds for each row, around the price and the plan of :mod:`~tabular.divergences.transport_rows`."""
    floor = values.min()
    gaps = values - floor
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        _, reference = mean_bounds(local_values(values, starts, columns, r), data[begin:end])
        dual = mean = spent = 0.0
        rate = strength[r] if priced else price[r]
        for k in range(begin, end):
            if data[k] == 0.0:
                continue
            i = columns[k] if columns.size > 0 else k - begin
            w0, w1 = quotient(data[k], data[k], s0[r], s1[r])
            dual = down(dual + down(w0 * _least(gaps, cost, i, rate)))
            j = place[at[k]]
            gap, paid = up(gaps[j]) if j != i or gaps[i] > 0.0 else 0.0, cost[i, j]
            if split[r, 0] == k:  # a part stays one place back
                before = place[at[k] - 1]
                back = up(1.0 - split[r, 1])
                gap = up(up(split[r, 1] * gap) + up(back * up(gaps[before])))
                paid = up(up(split[r, 1] * paid) + up(back * cost[i, before]))
            mean, spent = up(mean + up(w1 * gap)), up(spent + up(w1 * paid)) if paid > 0.0 else spent
        if priced:
            low[r] = max(floor, down(floor + dual))
            fee = up(strength[r] * spent) if spent > 0.0 else 0.0
            high[r] = min(reference, up(floor + up(mean + fee)))
        else:
            fee = up(rate * strength[r]) if rate > 0.0 else 0.0
            low[r] = max(floor, down(floor + down(dual - fee)))
            high[r] = mixed(up(floor + mean), reference, spent, strength[r])
