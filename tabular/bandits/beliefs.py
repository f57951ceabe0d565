"""Layers of a belief tree, with equal beliefs merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float

__all__ = ["Nodes", "merge", "merged"]

DIGITS = 12
"""Beliefs that agree to so many decimal places are one: far below any tolerance, far above rounding."""


@dataclass(frozen=True, eq=False)
class Nodes:
    """M beliefs over n states with their probabilities."""

    beliefs: Float
    weights: Float


def _keys(beliefs: Float) -> NDArray[Any]:
    return np.ascontiguousarray(np.rint(beliefs * 10.0**DIGITS).astype(np.int64))


def merge(nodes: Nodes) -> tuple[Nodes, NDArray[np.intp]]:
    """One node for all beliefs that round to the same, the first of them, and which one each belief became."""
    keys = _keys(nodes.beliefs)
    hashes = (keys.view(np.uint64) * _multipliers(keys.shape[1])).sum(axis=1, dtype=np.uint64)  # sorts five times as fast as rows
    _, first, which = np.unique(hashes, return_index=True, return_inverse=True)
    if (keys[first][which] != keys).any():  # two rows with one hash
        rows = keys.view(np.dtype((np.void, keys.dtype.itemsize * keys.shape[1]))).reshape(-1)
        _, first, which = np.unique(rows, return_index=True, return_inverse=True)
    weights = np.bincount(which, weights=nodes.weights, minlength=first.size).astype(np.float64)
    return Nodes(nodes.beliefs[first], weights), which


def merged(nodes: Nodes) -> Nodes:
    """The nodes of :func:`merge` alone."""
    return merge(nodes)[0]


def _multipliers(n: int) -> NDArray[np.uint64]:
    """Odd numbers, the same in every run."""
    return np.random.default_rng(0).integers(0, 2**63, n, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
