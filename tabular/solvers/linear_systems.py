r"""Solving :math:`v = c + M v` for a policy: the evaluation step of policy iteration.

No answer is trusted: whatever a factorisation or a Krylov method returns is kept only if its residual beats that of the best
vector so far, and sweeps, which cannot fail, take over otherwise.
"""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
import scipy.linalg
import scipy.sparse as sp
import scipy.sparse.linalg as spla

from tabular._arrays import Float

__all__ = ["Evaluator", "evaluate"]

Evaluator = Literal["auto", "direct", "krylov", "sweeps"]

SMALL = 3000
"""Below this many states a sparse factorisation fits in memory even if it fills in completely."""
BAND_ENTRIES = 5 * 10**7
"""A factorisation of a banded matrix is accepted up to this many entries inside its reordered band."""


def evaluate(matrix: Any, c: Float, v: Float, b: float, how: Evaluator = "auto", *, transposed: bool = False) -> Float:
    """The solution of ``v = c + M v``, improved until its residual is at rounding level, starting from ``v``.

    ``b`` bounds the row sums of ``M``. With ``transposed=True``, ``v = c + M.T v``.
    """
    if transposed:
        matrix = matrix.T.tocsr() if sp.issparse(matrix) else matrix.T
    size = float(np.abs(c).max())
    if size == 0.0:
        return np.zeros_like(c)
    # Rewards of any magnitude become numbers near one: Krylov methods square them.
    exponent = -int(np.frexp(size)[1])
    right, best = np.ldexp(c, exponent), np.ldexp(v, exponent)
    best_residual = _residual(matrix, right, best)
    if not np.isfinite(best_residual):
        best, best_residual = np.zeros_like(c), _residual(matrix, right, np.zeros_like(c))
    solve = _solver(matrix, how)
    for _ in range(4):
        correction = None if solve is None else solve(right + matrix @ best - best)
        if correction is None or not np.isfinite(correction).all():
            break
        residual = _residual(matrix, right, best + correction)
        if not residual < best_residual:
            break
        best, improved, best_residual = best + correction, residual / best_residual, residual
        if improved > 0.1:
            break
    goal = 8 * np.finfo(float).eps * (1.0 + float(np.abs(best).max()))
    if best_residual > goal:
        best = _sweep(matrix, right, best, goal, b)
    return np.ldexp(best, -exponent)


def _residual(matrix: Any, c: Float, v: Float) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.abs(c + matrix @ v - v).max())


def _sweep(matrix: Any, c: Float, v: Float, goal: float, b: float) -> Float:
    """Plain sweeps; the residual falls by ``b`` each time, so their number is known beforehand."""
    start = _residual(matrix, c, v)
    for _ in range(min(10**5, int(np.log(max(start / goal, 2.0)) / max(1e-16, -np.log(b))) + 1) if 0 < b < 1 else 1):
        v = c + matrix @ v
    return v


def _solver(matrix: Any, how: Evaluator) -> Any:
    n = matrix.shape[0]
    if how == "sweeps":
        return None
    if not sp.issparse(matrix):
        factors = scipy.linalg.lu_factor(np.eye(n) - matrix, check_finite=False)
        return lambda right: scipy.linalg.lu_solve(factors, right, check_finite=False)
    system = sp.csc_array(sp.eye_array(n, format="csr") - matrix)
    if how == "direct" or (how == "auto" and (n <= SMALL or _band(matrix) * n <= BAND_ENTRIES)):
        try:
            return spla.splu(system).solve
        except (RuntimeError, MemoryError):  # singular to working precision, or too much fill
            return None
    operator = sp.csr_array(system)

    def krylov(right: Float) -> Float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer, _ = spla.bicgstab(operator, right, rtol=1e-12, atol=0.0, maxiter=1000)
        return np.asarray(answer)

    return krylov


def _band(matrix: Any) -> int:
    """Bandwidth after the reverse Cuthill-McKee reordering: small for chains and grids, about n for random graphs."""
    pattern = sp.csr_array(matrix)
    order = sp.csgraph.reverse_cuthill_mckee(sp.csr_matrix(pattern), symmetric_mode=False)
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    rows = np.repeat(place, np.diff(pattern.indptr))
    return int(np.abs(rows - place[pattern.indices]).max(initial=0)) * 2 + 1
