r"""Worst laws of optimal transport of order 1, by the lower envelopes of each source.

The mass of source i goes to :math:`\arg\min_j V_j + \lambda c_{ij}`: as the price lambda falls, it walks down the lower convex
hull of the points :math:`(c_{ij}, V_j)`. Hulls depend on values and costs alone, so that all rows of a model share them; a row of
given radius takes the steepest edges of its sources first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tabular.divergences.generators import compiled

__all__ = [
    "broken_triangle",
    "edges_of",
    "hulls",
    "nearest_first",
    "transport_duals",
    "transport_plans",
    "transport_priced_rows",
    "transport_rows",
]


def nearest_first(cost: Any) -> Any:
    """(n, n) destinations of each source by rising cost."""
    return np.argsort(cost, axis=1, kind="stable").astype(np.int32)


@compiled
def broken_triangle(cost: Any, slack: float) -> tuple[int, int, int]:
    """The first i, j, k with ``cost[i, j] > cost[i, k] + cost[k, j] + slack``, or -1, -1, -1."""
    n = cost.shape[0]
    for i in range(n):
        for k in range(n):
            if k != i:
                for j in range(n):
                    if cost[i, j] > cost[i, k] + cost[k, j] + slack:
                        return i, j, k
    return -1, -1, -1


@compiled
def hulls(values: Any, cost: Any, near: Any, first: Any, place: Any, slope: Any) -> tuple[Any, Any]:
    """Hull of each source i: places ``first[i]`` to ``first[i + 1]``, and the steepness of the edge that leads to each.

    The first place is the source itself, its steepness infinite; along a hull values and steepness fall. Fills ``first`` and
    returns the filled parts of ``place`` and ``slope``.
    """
    n = values.size
    size = 0
    first[0] = 0
    for i in range(n):
        begin = size
        place[size], slope[size] = i, np.inf
        size += 1
        for k in range(n):
            j = near[i, k]
            if values[j] >= values[place[size - 1]]:
                continue
            while True:
                last = place[size - 1]
                if size - 1 == begin:
                    steep = (values[last] - values[j]) / cost[i, j]
                    break
                rise = cost[i, j] - cost[i, last]
                steep = (values[last] - values[j]) / rise if rise > 0.0 else np.inf
                if steep < slope[size - 1]:
                    break
                size -= 1
            place[size], slope[size] = j, steep
            size += 1
        first[i + 1] = size
    return place[:size].copy(), slope[:size].copy()


@compiled
def edges_of(first: Any) -> tuple[Any, Any]:
    """Hull positions of all edges, and the source of each."""
    n = first.size - 1
    edges, source = np.empty(first[n] - n, dtype=np.intp), np.empty(first[n] - n, dtype=np.intp)
    size = 0
    for i in range(n):
        for k in range(first[i] + 1, first[i + 1]):
            edges[size], source[size] = k, i
            size += 1
    return edges, source


@compiled
def transport_rows(
    values: Any,
    cost: Any,
    first: Any,
    place: Any,
    slope: Any,
    steepest: Any,
    source: Any,
    starts: Any,
    columns: Any,
    data: Any,
    strength: Any,
    at: Any,
    split: Any,
    out: Any,
) -> None:
    """``out`` (R, 2): value and multiplier.

    ``at`` (nnz,) is the hull position where the mass of each entry ends; ``split`` (R, 2) the entry that is divided between that
    position and the one before (-1 if none), and the share that goes the whole way. ``steepest`` lists the hull positions of all
    edges by falling steepness, ``source`` their sources.
    """
    n = values.size
    p, where, entry = np.zeros(n), np.empty(n, dtype=np.intp), np.empty(n, dtype=np.intp)
    sparse = columns.size > 0
    floor = values.min()
    own, owner, ranked, key = np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0)
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        total, edges = 0.0, 0
        for k in range(begin, end):
            total += data[k]
        for k in range(begin, end):
            i = columns[k] if sparse else k - begin
            p[i], entry[i], where[i] = data[k] / total, k, first[i]
            edges += first[i + 1] - first[i] - 1 if data[k] > 0.0 else 0
        split[r, 0], split[r, 1] = -1, 1.0
        left, price = strength[r], 0.0
        walk_all = edges * 12 > steepest.size  # sorting a row's own edges costs about twelve times as much as passing by
        if not walk_all:
            if own.size < edges:
                own, owner, key = np.empty(2 * edges, np.intp), np.empty(2 * edges, np.intp), np.empty(2 * edges)
            m = 0
            for k in range(begin, end):
                i = columns[k] if sparse else k - begin
                if data[k] > 0.0:
                    for e in range(first[i] + 1, first[i + 1]):
                        own[m], key[m], owner[m] = e, -slope[e], i
                        m += 1
            ranked = np.argsort(key[:m], kind="mergesort")
        size = steepest.size if walk_all else edges
        finished = False
        for s in range(size):
            if walk_all:
                e, i = steepest[s], source[s]
            else:
                e, i = own[ranked[s]], owner[ranked[s]]
            if p[i] == 0.0:
                continue
            price = slope[e]
            if left <= 0.0:
                finished = True
                break
            spend = p[i] * (cost[i, place[e]] - cost[i, place[e - 1]])
            where[i] = e
            if spend > left:
                split[r, 0], split[r, 1] = entry[i], left / spend
                finished = True
                break
            left -= spend
        out[r, 1] = price if finished else 0.0
        mean = 0.0
        for k in range(begin, end):
            i = columns[k] if sparse else k - begin
            at[k] = where[i]
            gap = values[place[where[i]]] - floor
            if split[r, 0] == k:
                gap = split[r, 1] * gap + (1.0 - split[r, 1]) * (values[place[where[i] - 1]] - floor)
            mean += p[i] * gap
            p[i] = 0.0
        out[r, 0] = floor + mean


@compiled
def transport_priced_rows(
    values: Any,
    cost: Any,
    first: Any,
    place: Any,
    slope: Any,
    starts: Any,
    columns: Any,
    data: Any,
    strength: Any,
    at: Any,
    out: Any,
) -> None:
    """``out`` (R, 2): value and penalty; ``at`` (nnz,) the hull position of each entry, the nearest among ties."""
    floor = values.min()
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        total, mean = 0.0, 0.0
        for k in range(begin, end):
            total += data[k]
        for k in range(begin, end):
            i = columns[k] if columns.size > 0 else k - begin
            low, high = first[i], first[i + 1] - 1
            while low < high:  # the last edge steeper than the price
                middle = (low + high + 1) // 2
                if slope[middle] > strength[r]:
                    low = middle
                else:
                    high = middle - 1
            at[k] = low
            paid = strength[r] * cost[i, place[low]] if place[low] != i else 0.0
            mean += data[k] / total * (values[place[low]] - floor + paid)
        out[r, 0], out[r, 1] = floor + mean, strength[r]


@compiled
def transport_plans(
    place: Any, starts: Any, columns: Any, data: Any, at: Any, split: Any, new_columns: Any, new_data: Any
) -> None:
    """Where mass ends: two entries of ``new_columns`` and ``new_data`` for each entry of the rows."""
    for r in range(starts.size - 1):
        begin, end = starts[r], starts[r + 1]
        total = 0.0
        for k in range(begin, end):
            total += data[k]
        for k in range(begin, end):
            share = data[k] / total
            far = split[r, 1] if split[r, 0] == k else 1.0
            new_columns[2 * k], new_data[2 * k] = place[at[k]], share * far
            new_columns[2 * k + 1] = place[at[k] - 1] if far < 1.0 else place[at[k]]
            new_data[2 * k + 1] = share * (1.0 - far)


@compiled
def transport_duals(
    values: Any, cost: Any, starts: Any, columns: Any, data: Any, strength: Any, priced: bool, price: Any, out: Any
) -> None:
    r""":math:`\sum_i p_i \min_j (V_j + \lambda c_{ij}) - \lambda \rho` at the price of each row (no last term if ``priced``)."""
    for r in range(starts.size - 1):
        begin, end, v = starts[r], starts[r + 1], values[min(r, values.shape[0] - 1)]
        floor = v.min()
        total, mean = 0.0, 0.0
        for k in range(begin, end):
            total += data[k]
        for k in range(begin, end):
            i = columns[k] if columns.size > 0 else k - begin
            if data[k] > 0.0:
                least = v[i] - floor
                for j in range(v.size):
                    if j != i:
                        least = min(least, v[j] - floor + price[r] * cost[i, j])
                mean += data[k] / total * least
        out[r] = floor + (mean if priced or price[r] == 0.0 else mean - strength[r] * price[r])
