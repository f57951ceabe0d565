"""Oracles and instances for ambiguity sets: exact linear programs, exact quadratic programs, corners on purpose."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import combinations

import numpy as np
import scipy.sparse as sp

from tabular.divergences import L2, Contamination, CVaR, LInfinity, TotalVariation, Wasserstein

GAP = 1e-12
"""Between dual and primal value, relative to the range of the values."""

SHIFT = 2e-14
"""Of the size of the values beside their range: a few units in the last place, of dot products of up to 80 terms."""

LAW = 4e-15
"""What a law may miss of its constraints: probabilities are at most 1, and their sums of up to 80 terms are rounded."""


def line(n):
    """Distances between n points of a line."""
    return np.abs(np.subtract.outer(np.arange(n), np.arange(n))).astype(float)


def sets(n, rng=None):
    """One of each kind over n states."""
    cost = line(n) if rng is None else metric(n, rng)
    return [TotalVariation(), TotalVariation(absolutely_continuous=True), Contamination(), LInfinity(), L2(), Wasserstein(cost)]


def every_set(n, rng):
    return [*sets(n, rng), CVaR(0.0), CVaR(1e-9), CVaR(0.3), CVaR(1.0)]


def metric(n, rng):
    """Shortest paths between n points: integer lengths, hence many ties."""
    cost = rng.integers(1, 6, size=(n, n)).astype(float)
    cost = np.minimum(cost, cost.T)
    np.fill_diagonal(cost, 0.0)
    for k in range(n):
        cost = np.minimum(cost, cost[:, [k]] + cost[[k], :])
    return cost


# --- instances ---------------------------------------------------------------------------------------------------------------


def corner_law(n, rng):
    """A law with zeros, with equal entries, on a single point, or with entries near the smallest doubles."""
    kind = rng.integers(7)
    if kind == 0:
        p = np.zeros(n)
        p[rng.integers(n)] = 1.0
        return p
    if kind == 1:
        p = rng.integers(0, 4, size=n) / 4.0
        p[rng.integers(n)] += 0.25
    elif kind == 2:
        p = rng.dirichlet(np.full(n, 0.1))
    elif kind == 3:
        p = np.exp(-rng.uniform(0, 300, size=n)) * (rng.random(n) < 0.8)
        p[rng.integers(n)] += 1.0
    else:
        p = rng.dirichlet(np.ones(n)) * (rng.random(n) < 0.7)
        p[rng.integers(n)] += 0.1
    return p / p.sum()


def corner_values(n, rng, extreme=True):
    """Values with ties, near ties, shifts and scales."""
    v = rng.normal(size=n) if rng.random() < 0.5 else rng.integers(-2, 3, size=n).astype(float)
    if rng.random() < 0.2:
        v += 1e-13 * rng.normal(size=n)
    if extreme and rng.random() < 0.3:
        v = v * 10.0 ** rng.integers(-100, 100)
    if rng.random() < 0.2:
        v = v + 100.0 * np.abs(v).max()
    return v


def corner_radius(rng):
    """Radii from nothing to beyond saturation."""
    return float(rng.choice([0.0, 1e-12, 1e-6, 0.01, 0.1, 0.25, 0.5, 0.75, 0.99, 1.0]) if rng.random() < 0.6 else rng.random())


def sparse_rows(p, rng):
    """CSR rows with the positive entries of p, and some of its zeros stored."""
    mask = (p > 0) | (rng.random(p.shape) < 0.1)
    r, c = np.nonzero(mask)
    return sp.csr_array((p[r, c], c, np.concatenate(([0], np.cumsum(mask.sum(axis=1))))), shape=p.shape)


def span_of(values):
    finite = values[np.isfinite(values)]
    return float(finite.max() - finite.min())


def tolerance(v):
    v = np.asarray(v, dtype=float)
    return GAP * (v.max() - v.min()) + SHIFT * np.abs(v).max()


# --- distances, by definition --------------------------------------------------------------------------------------------------


def distance(divergence, q, p):
    """Distance of two laws as the set means it (transport: of its plan, by an exact linear program elsewhere)."""
    if isinstance(divergence, TotalVariation):
        return 0.5 * np.abs(q - p).sum()
    if isinstance(divergence, LInfinity):
        return np.abs(q - p).max()
    if isinstance(divergence, L2):
        return np.sqrt(((q - p) ** 2).sum())
    if isinstance(divergence, Contamination):
        return 1.0 - min(a / b for a, b in zip(q, p, strict=True) if b > 0)
    raise NotImplementedError


# --- linear programs in fractions -----------------------------------------------------------------------------------------------


def exact_linear_program(cost, matrix, target):
    """``min <cost, x>`` over ``matrix x = target``, ``x >= 0``, by the simplex method with Bland's rule in fractions."""
    m, n = len(matrix), len(cost)
    rows = []
    for i, (row, b) in enumerate(zip(matrix, target, strict=True)):
        sign = -1 if b < 0 else 1
        rows.append([sign * Fraction(x) for x in row] + [Fraction(int(i == k)) for k in range(m)] + [sign * Fraction(b)])
    basis = list(range(n, n + m))
    _pivot_to_optimum(rows, basis, [Fraction(0)] * n + [Fraction(1)] * m, n + m)
    assert all(row[-1] == 0 for row, k in zip(rows, basis, strict=True) if k >= n), "infeasible"
    for i in range(m):  # drive artificial variables out where that is possible
        if basis[i] >= n:
            j = next((j for j in range(n) if rows[i][j] != 0), None)
            if j is not None:
                _pivot(rows, basis, i, j)
    _pivot_to_optimum(rows, basis, [Fraction(x) for x in cost] + [Fraction(0)] * m, n)
    return sum((Fraction(cost[k]) * row[-1] for row, k in zip(rows, basis, strict=True) if k < n), Fraction(0))


def _pivot(rows, basis, i, j):
    pivot = rows[i][j]
    rows[i] = [x / pivot for x in rows[i]]
    for k in range(len(rows)):
        if k != i and rows[k][j] != 0:
            factor = rows[k][j]
            rows[k] = [x - factor * y for x, y in zip(rows[k], rows[i], strict=True)]
    basis[i] = j


def _pivot_to_optimum(rows, basis, cost, allowed):
    while True:
        prices = [cost[k] for k in basis]
        for j in range(allowed):
            if cost[j] - sum((c * row[j] for c, row in zip(prices, rows, strict=True) if row[j] != 0), Fraction(0)) < 0:
                break
        else:
            return
        ratios = [(row[-1] / row[j], basis[i], i) for i, row in enumerate(rows) if row[j] > 0]
        _pivot(rows, basis, min(ratios)[2], j)


def exact_optimum(divergence, values, p, radius=None, penalty=None):
    """Worst case of one row of fractions from the definition of the set, as a linear program."""
    n = len(p)
    unit = [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]
    zero = [Fraction(0)] * n
    one = [Fraction(1)] * n
    if isinstance(divergence, TotalVariation):  # q - up + down = p, sum q = 1, sum up (+ slack) = radius
        keep = [i for i in range(n) if p[i] > 0 or not divergence.absolutely_continuous]
        values, p, n = [values[i] for i in keep], [p[i] for i in keep], len(keep)
        rows = [[*(int(i == j) for j in range(n)), *(-int(i == j) for j in range(n)), *(int(i == j) for j in range(n)), 0]
                for i in range(n)]  # fmt: skip
        rows.append([*one[:n], *zero[:n], *zero[:n], 0])
        rows.append([*zero[:n], *one[:n], *zero[:n], 1 if penalty is None else 0])
        if penalty is None:
            return exact_linear_program([*values, *zero[:n], *zero[:n], 0], rows, [*p, 1, radius])
        return exact_linear_program([*values, *([penalty] * n), *zero[:n], 0], rows[:-1], [*p, 1])
    if isinstance(divergence, Contamination):
        mean = sum(a * b for a, b in zip(p, values, strict=True))
        return (1 - radius) * mean + exact_linear_program(values, [one], [radius])
    if isinstance(divergence, LInfinity):  # q + s = p + radius, q - s' = p - radius
        rows = [[*one, *zero, *zero]]
        rows += [[*unit[i], *unit[i], *zero] for i in range(n)]
        rows += [[*unit[i], *zero, *(-x for x in unit[i])] for i in range(n)]
        return exact_linear_program([*values, *zero, *zero], rows, [1, *(x + radius for x in p), *(x - radius for x in p)])
    if isinstance(divergence, CVaR):  # level q + s = p
        level = Fraction(divergence.level)
        rows = [[*one, *zero]] + [[*(level * x for x in unit[i]), *unit[i]] for i in range(n)]
        return exact_linear_program([*values, *zero], rows, [1, *p])
    if isinstance(divergence, Wasserstein):
        cost = [[Fraction(x) for x in row] for row in divergence.cost]
        pairs = [(i, j) for i in range(n) for j in range(n)]
        rows = [[*(int(i == k) for i, _ in pairs), 0] for k in range(n)]
        if penalty is not None:
            return exact_linear_program([*(values[j] + penalty * cost[i][j] for i, j in pairs), 0], rows, p)
        rows.append([*(cost[i][j] for i, j in pairs), 1])
        return exact_linear_program([*(values[j] for _, j in pairs), 0], rows, [*p, radius])
    raise NotImplementedError


def exact_ball(values, p, radius, digits=60):
    """Worst case over the Euclidean ball: the best feasible stationary point over all supports, to ``digits`` digits.

    On a support A the law is ``p - t (V - mean_A V) + (1 - p(A)) / |A|`` with t from the radius, a quadratic surd. The optimum is
    one of these points, and every feasible one is an upper bound.
    """
    n = len(p)
    values, p, radius = [Fraction(x) for x in values], [Fraction(x) for x in p], Fraction(radius)
    best = None
    with localcontext() as context:
        context.prec = digits + 20
        context.Emin, context.Emax = -999999, 999999

        def decimal(x):
            return Decimal(x.numerator) / Decimal(x.denominator)

        tiny = Decimal(10) ** -digits
        for size in range(1, n + 1):
            for A in combinations(range(n), size):
                inside = sum(p[i] for i in A)
                mean = sum(values[i] for i in A) / size
                spread = sum((values[i] - mean) ** 2 for i in A)
                room = radius**2 - (1 - inside) ** 2 / size - sum(p[i] ** 2 for i in range(n) if i not in A)
                if room < 0:
                    continue
                base = {i: p[i] + (1 - inside) / size for i in A}
                t = decimal(room / spread).sqrt() if spread > 0 else Decimal(0)
                if any(decimal(base[i]) - t * decimal(values[i] - mean) < -tiny for i in A):
                    continue
                value = decimal(sum(base[i] * values[i] for i in A)) - t * decimal(spread)
                best = value if best is None else min(best, value)
        assert best is not None
        return best


# --- the same in a few lines of numpy, for one dense row ------------------------------------------------------------------------


def reference_value(divergence, v, p, radius=None, penalty=None):
    """Worst case of one row by the formulas of the specification."""
    v, p = np.asarray(v, dtype=float), np.asarray(p, dtype=float)
    if isinstance(divergence, TotalVariation):
        low = v[p > 0].min() if divergence.absolutely_continuous else v.min()
        if penalty is not None:
            return p @ np.minimum(v, low + penalty)
        return max(p @ np.minimum(v, a) - radius * (a - low) for a in [low, *v[p > 0]])
    if isinstance(divergence, Contamination):
        return (1 - radius) * (p @ v) + radius * v.min()
    if isinstance(divergence, CVaR):
        if divergence.level == 0:
            return v[p > 0].min()
        return max(a - p @ np.maximum(a - v, 0) / divergence.level for a in v[p > 0])
    if isinstance(divergence, LInfinity):
        bottom, ceiling = np.maximum(p - radius, 0), np.minimum(p + radius, 1)
        return max(a + np.where(v < a, ceiling, bottom) @ (v - a) for a in v)
    if isinstance(divergence, Wasserstein):
        cost = np.asarray(divergence.cost, dtype=float)
        if penalty is not None:
            return p @ (v + penalty * cost).min(axis=1)
        i, j, k = np.ix_(*[range(v.size)] * 3)
        with np.errstate(divide="ignore", invalid="ignore"):
            prices = ((v[k] - v[j]) / (cost[i, j] - cost[i, k])).reshape(-1)
        prices = np.append(prices[np.isfinite(prices) & (prices > 0)], 0.0)
        return max(p @ (v + price * cost).min(axis=1) - price * radius for price in np.unique(prices))
    face = v == v.min()
    if radius == 0:
        return p @ v
    if np.linalg.norm(np.where(face, (1 - p[face].sum()) / face.sum(), -p)) <= radius:
        return v.min()
    low, high = 0.0, 1.0 / (v.max() - v.min())
    while np.linalg.norm(projected(p - high * v) - p) < radius:
        high *= 2
    for _ in range(200):
        t = 0.5 * (low + high)
        low, high = (t, high) if np.linalg.norm(projected(p - t * v) - p) < radius else (low, t)
    return projected(p - low * v) @ v


def projected(x):
    """Euclidean projection on the simplex."""
    ordered = np.sort(x)[::-1]
    excess = (np.cumsum(ordered) - 1) / np.arange(1, x.size + 1)
    return np.maximum(x - excess[np.flatnonzero(ordered > excess)[-1]], 0.0)
