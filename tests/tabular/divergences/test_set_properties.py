"""Ambiguity sets in doubles: thousands of instances with corners, formulas in numpy, shapes, sparse rows of large models."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from tabular.divergences import L2, Contamination, CVaR, LInfinity, TotalVariation, Wasserstein
from tabular.divergences.reference_rows import ReferenceRows

from .set_references import (
    LAW,
    corner_law,
    corner_radius,
    corner_values,
    distance,
    every_set,
    metric,
    reference_value,
    sets,
    sparse_rows,
    tolerance,
)

# --- one check for everything -----------------------------------------------------------------------------------------


def check_rows(divergence, v, p, strength, rng, priced=False):
    """Dense batch, its rows, CSR: gaps, laws, agreement. Returns the value."""
    fixed = isinstance(divergence, CVaR)
    given = () if fixed else (strength,)
    solve = divergence.penalised_min if priced else divergence.worst_case
    slack = tolerance(v)
    keyword = {} if fixed else {"penalty" if priced else "radius": strength}
    value, law = solve(v, p, *given)
    dual, primal = divergence.bounds(v, p, **keyword)
    assert np.array_equal(primal, value)
    assert np.abs(primal - dual).max() <= slack
    matrix = sparse_rows(p, rng)
    sparse_value, sparse_law = solve(v, matrix, *given)
    sparse_dual, _ = divergence.bounds(v, matrix, **keyword)
    assert np.abs(sparse_value - sparse_dual).max() <= slack
    assert np.abs(sparse_value - value).max() <= slack
    for stored in (matrix, p):
        alone = divergence.row_values(ReferenceRows.of(stored), v, np.array(strength), priced)
        assert np.abs(alone - value).max() <= slack
    for q in (law, sparse_law.toarray()):
        assert (q >= 0).all()
        assert np.abs(q.sum(axis=1) - 1).max() <= LAW
        mean = v.min() + (q * (v - v.min())).sum(axis=1)
        if priced:
            assert (mean <= value + slack).all()
        else:
            assert np.abs(mean - value).max() <= slack
            for r in range(len(p)):
                if fixed:
                    assert (divergence.level * q[r] <= p[r] + LAW).all()
                elif not isinstance(divergence, Wasserstein):
                    assert distance(divergence, q[r], p[r]) <= strength[r] + LAW
                if isinstance(divergence, CVaR) or divergence == TotalVariation(True):
                    assert (q[r][p[r] == 0] == 0).all()
    alone = [solve(v, p[r], *(() if fixed else (strength[r],))).value for r in range(len(p))]
    assert np.array_equal(alone, value)
    several = solve(np.tile(v, (len(p), 1)), p, *given).value
    assert np.abs(several - value).max() <= slack
    return value


def corner_batch(rng, largest=80):
    n = int(rng.integers(1, 9)) if rng.random() < 0.8 else int(rng.integers(9, largest))
    p = np.array([corner_law(n, rng) for _ in range(4)])
    return n, corner_values(n, rng), p, np.array([corner_radius(rng) for _ in range(4)])


def penalties(v, rng, size=4):
    return rng.choice([0.0, 0.1, 0.5, 1.0, 2.0, np.inf], size=size) * float(v.max() - v.min() or 1.0)


def check_corners(rng, count):
    for _ in range(count):
        n, v, p, radius = corner_batch(rng)
        for divergence in every_set(n, rng):
            check_rows(divergence, v, p, radius, rng)
        for divergence in (TotalVariation(), TotalVariation(True), Wasserstein(metric(n, rng))):
            check_rows(divergence, v, p, penalties(v, rng), rng, priced=True)


def test_corners():
    """300 batches of 4 rows for 13 problems: 15,600 instances."""
    check_corners(np.random.default_rng(20), 300)


@pytest.mark.slow
def test_many_corners():
    check_corners(np.random.default_rng(21), 5000)


@st.composite
def rows_of_weights(draw):
    """A small row that shrinks: integer weights (zeros on purpose), integer values (ties), a radius."""
    n = draw(st.integers(1, 6))
    weights = draw(st.lists(st.integers(0, 5), min_size=n, max_size=n).filter(any))
    values = draw(st.lists(st.integers(-3, 3), min_size=n, max_size=n))
    return np.array(weights) / sum(weights), np.array(values, dtype=float), draw(st.integers(0, 20)) / 20


@seed(31)
@settings(max_examples=200, deadline=None)
@given(rows_of_weights(), st.integers(0, 2**32))
def test_small_rows_against_formulas(row, number):
    p, v, radius = row
    rng = np.random.default_rng(number)
    for divergence in every_set(p.size, rng):
        value = check_rows(divergence, v, p[None], np.array([radius]), rng)
        assert value[0] == pytest.approx(reference_value(divergence, v, p, radius), abs=1e-11 if divergence == L2() else 1e-13)
    for divergence in (TotalVariation(), TotalVariation(True), Wasserstein(metric(p.size, rng))):
        value = check_rows(divergence, v, p[None], np.array([2 * radius]), rng, priced=True)
        assert value[0] == pytest.approx(reference_value(divergence, v, p, penalty=2 * radius), abs=1e-13)


def test_larger_rows_against_formulas():
    rng = np.random.default_rng(32)
    for n in (10, 47, 48, 49, 100, 300):  # around the length at which the sort changes
        for _ in range(4):
            v, p, radius = rng.normal(size=n).round(1), corner_law(n, rng), float(rng.choice([0.01, 0.1, 0.4]))
            for divergence in [*sets(min(n, 100), rng)[:5], CVaR(0.2)]:
                value = divergence.worst_case(v, p, *(() if isinstance(divergence, CVaR) else (radius,))).value
                assert value == pytest.approx(reference_value(divergence, v, p, radius), abs=1e-12)
    for n in (10, 30):
        v, p, cost = rng.normal(size=n), rng.dirichlet(np.ones(n)), metric(n, rng)
        value = Wasserstein(cost).worst_case(v, p, 0.7).value
        assert value == pytest.approx(reference_value(Wasserstein(cost), v, p, 0.7), abs=1e-13)


@seed(33)
@settings(max_examples=100, deadline=None)
@given(rows_of_weights(), rows_of_weights(), st.integers(0, 2**32))
def test_order_and_shape(row, other, number):
    """Decreasing and convex in the radius, monotone in the values, moves with constants, scales, does not expand."""
    p, v, radius = row
    rng = np.random.default_rng(number)
    step, shift = rng.random(2)
    higher = v + rng.random(v.size)
    near = 1e-12 * (1 + np.abs(v).max())
    for divergence in sets(p.size, rng):
        near_one = isinstance(divergence, Contamination)
        a, b, c = radius, min(radius + step, 1.0), min(radius + 2 * step, 1.0) if near_one else radius + 2 * step
        b = (a + c) / 2
        x, y, z = (divergence.worst_case(v, p, r).value for r in (a, b, c))
        assert z <= y + near
        assert y <= x + near
        assert x <= p @ v + near
        assert y <= (x + z) / 2 + near
        up = divergence.worst_case(higher, p, radius).value
        assert x <= up + near
        assert up - x <= (higher - v).max() + near
        assert divergence.worst_case(v + shift, p, radius).value == pytest.approx(x + shift, abs=near)
        assert divergence.worst_case(4 * v, p, radius).value == pytest.approx(4 * x, abs=4 * near)
    for divergence in (TotalVariation(), TotalVariation(True), Wasserstein(metric(p.size, rng))):
        x, y, z = (divergence.penalised_min(v, p, r).value for r in (radius, radius + step, radius + 2 * step))
        assert x <= y + near
        assert y <= z + near
        assert z <= p @ v + near
        assert y >= (x + z) / 2 - near
        assert divergence.penalised_min(4 * v, p, 4 * radius).value == pytest.approx(4 * x, abs=4 * near)


def test_multipliers_make_the_penalised_problem_the_same():
    """``C_rho = R_lambda - lambda rho`` at the multiplier, where both exist."""
    rng = np.random.default_rng(34)
    for _ in range(200):
        n = int(rng.integers(2, 8))
        v, p, radius = corner_values(n, rng, extreme=False), corner_law(n, rng), corner_radius(rng)
        for divergence in (TotalVariation(), TotalVariation(True), Wasserstein(metric(n, rng))):
            price = divergence.multiplier(v, p, radius)
            both = divergence.penalised_min(v, p, price).value - price * radius
            assert divergence.worst_case(v, p, radius).value == pytest.approx(both, abs=4 * tolerance(v))


def test_multiplier_of_the_ball_is_a_slope():
    rng = np.random.default_rng(35)
    for _ in range(50):
        v, p = rng.normal(size=5), rng.dirichlet(np.ones(5)) * (rng.random(5) < 0.8) + 1e-3
        p /= p.sum()
        for radius in (0.0, 0.1, 0.3):
            h = 1e-6
            before, after = L2().worst_case(v, p, max(radius - h, 0.0)).value, L2().worst_case(v, p, radius + h).value
            slope = (before - after) / (h if radius == 0 else 2 * h)
            assert L2().multiplier(v, p, radius) == pytest.approx(slope, rel=1e-3, abs=1e-4)


def test_transport_plan_is_within_the_radius():
    """The law's distance by an independent linear program over plans (float simplex)."""
    from scipy.optimize import linprog

    rng = np.random.default_rng(36)
    for _ in range(40):
        n = int(rng.integers(2, 7))
        cost, v, p = metric(n, rng), rng.integers(-3, 4, size=n).astype(float), corner_law(n, rng)
        radius = float(rng.random() * 3)
        law = Wasserstein(cost).worst_case(v, p, radius).distribution
        equal = np.vstack([np.kron(np.eye(n), np.ones(n)), np.kron(np.ones(n), np.eye(n))])
        plan = linprog(cost.reshape(-1), A_eq=equal, b_eq=np.concatenate([p, law]))
        assert plan.fun <= radius + 1e-9  # the tolerance of the linear program


# --- sparse rows in large state spaces --------------------------------------------------------------------------------


def large_rows(rng, rows, states, length):
    columns = np.sort(np.array([rng.choice(states, size=length, replace=False) for _ in range(rows)]), axis=1)
    data = rng.dirichlet(np.ones(length), size=rows)
    return sp.csr_array((data.ravel(), columns.ravel(), np.arange(0, data.size + 1, length)), shape=(rows, states))


@pytest.mark.parametrize("kind", ["normal", "ties", "constant but one", "low inside"])
def test_sparse_rows_against_dense_rows(kind):
    rng = np.random.default_rng(40)
    matrix = large_rows(rng, 30, 400, 6)
    v = rng.normal(size=400)
    if kind == "ties":
        v = np.round(v)
    elif kind == "constant but one":
        v = np.ones(400)
        v[7] = 0.0
    elif kind == "low inside":
        v[matrix.indices[:6]] -= 10.0
    dense = matrix.toarray()
    for radius in (0.0, 1e-9, 1e-3, 0.05, 0.3, 0.9):
        for divergence in every_set(400, rng):
            given = () if isinstance(divergence, CVaR) else (radius,)
            value, law = divergence.worst_case(v, matrix, *given)
            expected, _ = divergence.worst_case(v, dense, *given)
            assert value == pytest.approx(expected, abs=1e-12)
            assert divergence.multiplier(v, matrix, *given) == pytest.approx(divergence.multiplier(v, dense, *given), abs=1e-9)
            table = law.toarray()
            assert (table >= 0).all()
            assert table.sum(axis=1) == pytest.approx(1.0, abs=1e-13)
            assert (table * v).sum(axis=1) == pytest.approx(expected, abs=1e-12)
            if isinstance(divergence, (LInfinity, L2, TotalVariation, Contamination)):
                assert all(distance(divergence, q, p) <= radius + 1e-14 for q, p in zip(table, dense, strict=True))


def test_sparse_laws_keep_their_size():
    """20,000 states, rows of 8: the box fills no more outside states than entries, and no dense row is ever made."""
    rng = np.random.default_rng(41)
    matrix = large_rows(rng, 50, 20_000, 8)
    v = rng.normal(size=20_000)
    law = LInfinity().worst_case(v, matrix, 0.01).distribution
    assert law.shape == (50, 20_000)
    assert law.nnz <= 2 * matrix.nnz + len(law.indptr)
    assert L2().worst_case(v, matrix, 0.01).distribution.nnz < 50 * 2000
    leak = TotalVariation().worst_case(v, matrix, 0.01).distribution
    assert leak.state == v.argmin()
    assert leak.matrix.nnz == matrix.nnz
    assert leak.leak == pytest.approx(np.full(50, 0.01))


def test_unsorted_and_duplicate_entries_are_added_up():
    matrix = sp.csr_array((np.array([0.25, 0.5, 0.25]), np.array([2, 0, 2]), np.array([0, 3])), shape=(1, 4))
    v = np.array([3.0, -1.0, 2.0, 0.5])
    for divergence in every_set(4, np.random.default_rng(0)):
        given = () if isinstance(divergence, CVaR) else (0.2,)
        value = divergence.worst_case(v, matrix, *given).value
        assert value == pytest.approx(divergence.worst_case(v, matrix.toarray(), *given).value, abs=1e-15)
    assert matrix.nnz == 3  # the caller's matrix is not touched


def test_rows_off_by_their_rounding_stand_for_laws():
    """A stored sum of 1 + 1e-10 is divided out."""
    rng = np.random.default_rng(42)
    v, p = rng.normal(size=6), rng.dirichlet(np.ones(6), size=3)
    for divergence in every_set(6, rng):
        given = () if isinstance(divergence, CVaR) else (0.2,)
        value, law = divergence.worst_case(v, p * (1 + 1e-10), *given)
        assert value == pytest.approx(divergence.worst_case(v, p, *given).value, abs=1e-14)
        assert law.sum(axis=1) == pytest.approx(1.0, abs=LAW)
