"""What the solvers of divergences and ambiguity sets return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

__all__ = ["Optimum", "RowLaws", "SparseLaw"]


class Optimum(NamedTuple):
    """An optimal value and the distribution that attains it.

    ``value`` is a float, or an array over the leading axes; ``distribution`` has the shape of the reference. Where the reference
    is a CSR matrix it is a :class:`SparseLaw` if at most one state takes mass from outside the entries, and else a CSR array
    (L2, L-infinity, transport; CVaR, which moves none). Both have ``toarray()``.
    """

    value: Any
    distribution: Any


@dataclass(frozen=True)
class SparseLaw:
    """Rows of laws on the entries of a CSR matrix, and the mass of each row that left them for ``state``."""

    matrix: sp.csr_array
    leak: np.ndarray
    state: int

    def toarray(self) -> np.ndarray:
        """(R, S) with the leaked mass in its place."""
        dense = np.asarray(self.matrix.toarray())
        dense[:, self.state] += self.leak
        return dense

    def tocsr(self) -> sp.csr_array:
        """(R, S) with the leaked mass in its place."""
        if not self.leak.any():
            return self.matrix
        moved = np.flatnonzero(self.leak)
        places = np.full(moved.size, self.state), np.searchsorted(moved, np.arange(self.leak.size + 1))
        return sp.csr_array(self.matrix + sp.csr_array((self.leak[moved], *places), shape=self.matrix.shape))


class RowLaws(NamedTuple):
    """Worst laws of the rows of a model.

    ``laws`` is (R, S), dense or CSR as the rows are; ``value`` (R,) includes the price if there is one; ``multiplier`` (R,) is
    the dual variable of a radius, or the penalty.
    """

    laws: Any
    value: np.ndarray
    multiplier: np.ndarray
