"""The rows of a transition matrix as references: what sets and divergences need for a Bellman backup and for its bracket."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular._rows import pointers
from tabular.divergences.segments import segment_totals

__all__ = ["ReferenceRows", "read_only"]


def read_only(x: NDArray[Any]) -> NDArray[Any]:
    """A view that cannot be written to."""
    y = x.view()
    y.flags.writeable = False
    return y


@dataclass(frozen=True, eq=False)
class ReferenceRows:
    """R rows of probabilities over S states, all dense or all sparse; a row of sum sigma stands for the law p / sigma.

    Attributes
    ----------
    starts : (R+1,) row pointers
    columns : (nnz,) states; empty if every row lists all states in order
    data : (nnz,) probabilities
    """

    starts: NDArray[Any]
    columns: NDArray[Any]
    data: Float
    n_states: int

    @classmethod
    def of(cls, P: Any) -> ReferenceRows:
        """From CSR (R, S) or from an array (..., S)."""
        # indices of one size wherever they fit: kernels are compiled once for dense and for sparse rows
        index = np.int32 if (P.nnz if sp.issparse(P) else P.size) < 2**31 - 1 else np.int64
        starts = read_only(pointers(P).astype(index, copy=False))
        if sp.issparse(P):
            return cls(starts, read_only(P.indices.astype(index, copy=False)), P.data, P.shape[1])
        return cls(starts, read_only(np.empty(0, dtype=index)), np.ascontiguousarray(P).reshape(-1), P.shape[-1])

    def __len__(self) -> int:
        return self.starts.size - 1

    def take(self, picked: NDArray[Any]) -> ReferenceRows:
        """Some of the rows, in the order given."""
        counts = np.diff(self.starts)[picked]
        starts = np.concatenate(([0], np.cumsum(counts))).astype(self.starts.dtype)
        where = np.arange(starts[-1]) + np.repeat(self.starts[picked] - starts[:-1], counts)
        columns = self.columns if self.columns.size == 0 else read_only(self.columns[where])
        return ReferenceRows(read_only(starts), columns, self.data[where], self.n_states)

    def matrix(self, entries: Float) -> Any:
        """Numbers on the stored entries as a matrix: (R, S), dense or CSR as the rows are."""
        if self.columns.size == 0:
            return entries.reshape(len(self), self.n_states)
        return sp.csr_array((entries, self.columns, self.starts), shape=(len(self), self.n_states))

    @cached_property
    def sums(self) -> Float:
        """(R,) row sums, rounded."""
        low, high = self.totals
        return low + (high - low) / 2

    @cached_property
    def totals(self) -> tuple[Float, Float]:
        """(R,) bounds on the row sums."""
        low, high = np.empty(len(self)), np.empty(len(self))
        segment_totals(self.starts, self.data, low, high)
        return low, high
