"""One robust Bellman backup (the worst case of every row) against what one writes without this library, on the same inputs.

Rivals: a parametrised cvxpy problem per row, scipy's scalar optimiser on the one-dimensional dual per row, and plain numpy over
all rows at once. The first two are timed on some of the rows. Times of rivals are ratios to ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp
from timing import median_seconds

import tabular
from tabular.divergences.reference_rows import ReferenceRows

RADIUS = 0.1
Array = np.ndarray
SETS: dict[str, Any] = {"TV": tabular.TotalVariation(), "KL": tabular.KL(), "chi-square": tabular.ChiSquare()}


# --- plain numpy, vectorised over rows -----------------------------------------------------------------------------------------


def numpy_tv(v: Array, p: Array) -> Array:
    """Move mass from the largest values to the smallest, all rows at once; the columns of (R, n) are sorted per row."""
    order = np.argsort(v, axis=-1)
    v, p = np.take_along_axis(np.broadcast_to(v, p.shape), order, -1), np.take_along_axis(p, order, -1)
    tail = np.cumsum(p[:, ::-1], axis=1)[:, ::-1] - p
    taken = np.clip(RADIUS - tail, 0, p)
    return ((p - taken) * v).sum(axis=1) + taken.sum(axis=1) * v[:, 0]


def numpy_kl(v: Array, p: Array) -> Array:
    """Sixty halvings of log t for the tilt p exp(-t V)."""
    v = np.broadcast_to(v, p.shape)
    shifted = v - v.min(axis=1, keepdims=True)
    low, high = np.full(p.shape[0], -20.0), np.full(p.shape[0], 20.0)
    for _ in range(60):
        t = np.exp((low + high) / 2)
        w = p * np.exp(-t[:, None] * shifted)
        z = w.sum(axis=1)
        far = -t * (w * shifted).sum(axis=1) / z - np.log(z) > RADIUS
        low, high = np.where(far, low, np.log(t)), np.where(far, np.log(t), high)
    return (w * v).sum(axis=1) / z


def numpy_chi_square(v: Array, p: Array) -> Array:
    """Sixty halvings of c for the law p (c - V)_+."""
    v = np.broadcast_to(v, p.shape)
    low, high = v.min(axis=1) + 1e-12, v.max(axis=1) + 1e6
    for _ in range(60):
        c = (low + high) / 2
        w = p * np.maximum(c[:, None] - v, 0)
        w = w / w.sum(axis=1, keepdims=True)
        far = ((w - p) ** 2 / p).sum(axis=1) > RADIUS
        low, high = np.where(far, c, low), np.where(far, high, c)
    return (w * v).sum(axis=1)


NUMPY: dict[str, Callable[[Array, Array], Array]] = {"TV": numpy_tv, "KL": numpy_kl, "chi-square": numpy_chi_square}


# --- scipy on the dual of one row ----------------------------------------------------------------------------------------------


def scipy_dual(name: str, v: Array, p: Array) -> float:
    """The dual of one row, maximised over its one variable."""
    low, high = float(v.min()), float(v.max())
    if name == "TV":
        dual = lambda a: -(p @ np.minimum(v, a) - RADIUS * (a - low))  # noqa: E731
        return -float(minimize_scalar(dual, bounds=(low, high), method="bounded", options={"xatol": 1e-10}).fun)
    if name == "KL":
        shifted = v - low
        dual = lambda b: b * logsumexp(-shifted / b, b=p) + b * RADIUS - low  # noqa: E731
        return -float(minimize_scalar(dual, bounds=(1e-6, 1e4), method="bounded", options={"xatol": 1e-10}).fun)
    dual = lambda e: -(e - np.sqrt((1 + RADIUS) * (p @ np.maximum(e - v, 0) ** 2)))  # noqa: E731
    return -float(minimize_scalar(dual, bounds=(low, high + 1e3), method="bounded", options={"xatol": 1e-10}).fun)


# --- cvxpy -------------------------------------------------------------------------------------------------------------------


def cvxpy_rows(name: str, size: int) -> Callable[[Array, Array], float] | None:
    """A problem compiled once, with the row as a parameter; ``None`` if cvxpy is not installed."""
    try:
        import cvxpy as cp
    except ImportError:
        return None
    q, p, v = cp.Variable(size, nonneg=True), cp.Parameter(size, nonneg=True), cp.Parameter(size)
    root, shift = cp.Parameter(size, nonneg=True), cp.Parameter(size)
    distance = {
        "TV": lambda: cp.norm1(q - p) / 2,
        "KL": lambda: cp.sum(cp.rel_entr(q, p)),
        "chi-square": lambda: cp.sum_squares(cp.multiply(root, q) - shift),
    }[name]()
    problem = cp.Problem(cp.Minimize(v @ q), [cp.sum(q) == 1, distance <= RADIUS])

    def solve(values: Array, row: Array) -> float:
        v.value, p.value, root.value, shift.value = values, row, 1 / np.sqrt(row), np.sqrt(row)
        try:
            return float(problem.solve(solver=cp.CLARABEL))
        except cp.error.SolverError:
            return np.nan

    solve(np.arange(size) / size, np.full(size, 1 / size))  # compiles
    return solve


# --- the comparison ------------------------------------------------------------------------------------------------------------


def report(rival: str, seconds: float, ours: float, ours_values: Array, theirs: Array) -> None:
    error, failures = float(np.nanmax(np.abs(theirs - ours_values[: theirs.size]))), int(np.isnan(theirs).sum())
    failed = f", failed on {failures} of {theirs.size} rows" if failures else ""
    print(f"    {rival:28} {seconds / ours:10.1f} times ours, largest difference {error:.1e}{failed}")


def backup(divergence: Any, v: Array, P: Any, strength: float, priced: bool) -> Callable[[], Array]:
    """What a robust Bellman operator calls: the worst value of each row."""
    reference, strengths = ReferenceRows.of(P), np.full(P.shape[0], strength)
    divergence.row_values(reference, v, strengths, priced)  # compiles
    return lambda: divergence.row_values(reference, v, strengths, priced)


def compare(title: str, v: Array, P: Any) -> None:
    """Every rival on the rows of P, dense (R, n) or CSR with equally many successors in each row."""
    sparse = sp.issparse(P)
    rows = P.data.reshape(P.shape[0], -1) if sparse else P
    seen = v[P.indices.reshape(rows.shape)] if sparse else np.broadcast_to(v, P.shape)
    count, size = rows.shape
    read, _ = median_seconds(lambda: P @ v, 9)
    print(f"{title}: {count} rows of {size}; one nominal product {1e3 * read:.2f} ms")
    for name, divergence in SETS.items():
        ours, values = median_seconds(backup(divergence, v, P, RADIUS, False), 9)
        print(f"  {name}: {1e3 * ours:.2f} ms, {1e9 * ours / rows.size:.1f} ns an entry, {ours / read:.1f} nominal products")
        divergence.worst_case(v, P, RADIUS)
        laws, _ = median_seconds(lambda d=divergence: d.worst_case(v, P, RADIUS))
        print(f"    with laws and multipliers   {laws / ours:10.1f} times ours")
        inside = tabular.TotalVariation(absolutely_continuous=True).worst_case(v, P, RADIUS).value if name == "TV" else values
        seconds, theirs = median_seconds(lambda n=name: NUMPY[n](seen, rows), 1)
        report("numpy, all rows at once", seconds, ours, inside, theirs)
        few = min(count, 200)
        seconds, theirs = median_seconds(lambda n=name, k=few: np.array([scipy_dual(n, seen[i], rows[i]) for i in range(k)]), 1)
        report(f"scipy on the dual, {few} rows", seconds * count / few, ours, inside, theirs)
        solve = cvxpy_rows(name, size)
        if solve is not None:
            few = 20
            seconds, theirs = median_seconds(lambda s=solve, k=few: np.array([s(seen[i], rows[i]) for i in range(k)]), 1)
            report(f"cvxpy (Clarabel), {few} rows", seconds * count / few, ours, inside, theirs)


def growth(rng: np.random.Generator) -> None:
    """Nanoseconds an entry as the support grows: n log n for a sort, n times its steps for a root."""
    print("growth with the support (ns an entry; constrained, then penalised by 1)")
    for size in (10, 100, 1_000, 10_000, 100_000):
        count = max(1, 200_000 // size)
        P, v = rng.dirichlet(np.ones(size), count), rng.normal(size=size)
        line = []
        for divergence in SETS.values():
            a, _ = median_seconds(backup(divergence, v, P, RADIUS, False))
            b, _ = median_seconds(backup(divergence, v, P, 1.0, True))
            line.append(f"{1e9 * a / P.size:7.1f} {1e9 * b / P.size:7.1f}")
        print(f"    n = {size:6}: " + "   ".join(f"{name} {text}" for name, text in zip(SETS, line, strict=True)))


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    compare("dense, S = 200, A = 10", rng.normal(size=200), rng.dirichlet(np.ones(200), 2000))
    states, rows = 10_000, 100_000
    columns = np.sort(rng.integers(0, states // 8, size=(rows, 8)) + np.arange(8) * (states // 8), axis=1)
    csr = sp.csr_array(
        (rng.dirichlet(np.ones(8), rows).reshape(-1), columns.reshape(-1), np.arange(0, 8 * rows + 1, 8)), shape=(rows, states)
    )
    compare("CSR, 10,000 states", rng.normal(size=states), csr)
    growth(rng)
