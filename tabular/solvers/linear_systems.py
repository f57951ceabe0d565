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
from tabular.bellman import Bellman
from tabular.errors import ModelError

__all__ = ["Evaluator", "evaluate", "fixed_point"]

Evaluator = Literal["auto", "direct", "krylov", "sweeps"]

EPSILON = float(np.finfo(float).eps)

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
    goal = 8 * EPSILON * (1.0 + float(np.abs(best).max()))
    if best_residual > goal:
        best = _sweep(matrix, right, best, goal, b)
    return np.ldexp(best, -exponent)


def fixed_point(operator: Bellman, v: Float, how: Evaluator = "auto") -> Float:
    r"""The value of a policy, starting from a guess: one linear system, or one for each kernel that an adversary tries.

    Where an adversary answers, the operator is a minimum of affine ones, :math:`Tw = \min_k c_k + M_k w`. Solving the system of
    the minimiser at the last value is policy iteration of the adversary: values fall from the second on, and contract at least
    as fast as under sweeps. It ends when they do not fall by more than rounding.

    Raises
    ------
    ModelError
        If the operator is neither affine nor a minimum of affine ones.
    """
    b = operator.moduli[1]
    affine = operator.affine()
    if affine is not None:
        return evaluate(*affine, v, b, how)
    first, best, least = True, v, np.inf
    while True:
        tangent = operator.tangent(v)
        if tangent is None:
            raise ModelError(f"{type(operator).__name__} has no linear system to solve; use ModifiedPolicyIteration()")
        new = evaluate(*tangent, v, b, how)
        residual = float(np.abs(operator.backup(new) - new).max())
        if residual < least:
            best, least = new, residual
        size = 1.0 + float(np.abs(new).max())
        if residual <= 8 * EPSILON * size or not (first or float((v - new).max()) > 8 * EPSILON * size / (1.0 - b)):
            return best
        first, v = False, new


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
