"""Layers of a belief tree, with equal beliefs merged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float

__all__ = ["Nodes", "merged"]

DIGITS = 12
"""Beliefs that agree to so many decimal places are one: far below any tolerance, far above rounding."""


@dataclass(frozen=True, eq=False)
class Nodes:
    """M beliefs over n states with their probabilities."""

    beliefs: Float
    weights: Float

    @cached_property
    def _index(self) -> dict[bytes, int]:
        return {key.tobytes(): i for i, key in enumerate(_keys(self.beliefs))}

    def find(self, beliefs: Float) -> NDArray[np.intp]:
        """Which of the nodes some beliefs are."""
        index = self._index
        return np.array([index[key.tobytes()] for key in _keys(beliefs)], dtype=np.intp)


def _keys(beliefs: Float) -> NDArray[Any]:
    return np.ascontiguousarray(np.rint(beliefs * 10.0**DIGITS).astype(np.int64))


def merged(nodes: Nodes) -> Nodes:
    """One node for all beliefs that round to the same; the first of them stands for it."""
    keys = _keys(nodes.beliefs)
    hashes = (keys.view(np.uint64) * _multipliers(keys.shape[1])).sum(axis=1, dtype=np.uint64)  # sorts five times as fast as rows
    _, first, which = np.unique(hashes, return_index=True, return_inverse=True)
    if (keys[first][which] != keys).any():  # two rows with one hash
        rows = keys.view(np.dtype((np.void, keys.dtype.itemsize * keys.shape[1]))).reshape(-1)
        _, first, which = np.unique(rows, return_index=True, return_inverse=True)
    return Nodes(nodes.beliefs[first], np.bincount(which, weights=nodes.weights, minlength=first.size).astype(np.float64))


def _multipliers(n: int) -> NDArray[np.uint64]:
    """Odd numbers, the same in every run."""
    return np.random.default_rng(0).integers(0, 2**63, n, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
