"""Fractions in, fractions out: against linear programs in fractions that know nothing but the definitions."""

from fractions import Fraction as F

import numpy as np
import pytest

import tabular
from tabular.divergences import L2, Contamination, CVaR, LInfinity, TotalVariation, Wasserstein

from .set_references import exact_linear_program, exact_optimum


def fractions(x):
    return np.array([F(y) for y in x], dtype=object)


def rational_metric(n, rng):
    cost = [[F(0)] * n for _ in range(n)]
    for i in range(n):
        for j in range(i):
            cost[i][j] = cost[j][i] = F(int(rng.integers(1, 9)), int(rng.integers(1, 5)))
    for k in range(n):
        for i in range(n):
            for j in range(n):
                cost[i][j] = min(cost[i][j], cost[i][k] + cost[k][j])
    return np.array(cost, dtype=object)


def rational_row(n, rng):
    """A law with zeros and values with ties, all with small denominators."""
    weights = rng.integers(0, 5, size=n)
    weights[rng.integers(n)] += 1
    total = int(weights.sum())
    p = [F(int(x), total) for x in weights]
    v = [F(int(a), int(b)) for a, b in zip(rng.integers(-6, 7, size=n), rng.integers(1, 4, size=n), strict=True)]
    return v, p


def cases(seed, count, sizes=(1, 2, 3, 4)):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        n = int(rng.choice(sizes))
        v, p = rational_row(n, rng)
        yield n, v, p, F(int(rng.integers(0, 13)), 12), rng


def test_linear_programs_of_the_oracle():
    """``min -x - y`` over ``x + 2y + s = 4, 3x + y + t = 6``: the corner (8/5, 6/5)."""
    assert exact_linear_program([-1, -1, 0, 0], [[1, 2, 1, 0], [3, 1, 0, 1]], [4, 6]) == F(-14, 5)
    with pytest.raises(AssertionError, match="infeasible"):
        exact_linear_program([1], [[1], [1]], [1, 2])


def check(divergence, v, p, radius=None, penalty=None):
    optimum = exact_optimum(divergence, v, p, radius=radius, penalty=penalty)
    v, p = fractions(v), fractions(p)
    if penalty is not None:
        value, law = divergence.penalised_min(v, p, penalty)
        near, _ = divergence.penalised_min(v.astype(float), p.astype(float), float(penalty))
    elif isinstance(divergence, CVaR):
        value, law = divergence.worst_case(v, p)
        near, _ = divergence.worst_case(v.astype(float), p.astype(float))
    else:
        value, law = divergence.worst_case(v, p, radius)
        near, _ = divergence.worst_case(v.astype(float), p.astype(float), float(radius))
    assert isinstance(value, F)
    assert all(isinstance(x, F) and x >= 0 for x in law)
    assert law.sum() == 1
    assert value == optimum
    if penalty is None:
        assert (law * v).sum() == value
    assert abs(near - float(value)) <= 1e-12 * max(1.0, float(abs(v).max()))


@pytest.mark.parametrize("inside", [False, True])
def test_total_variation(inside):
    for _, v, p, radius, _ in cases(11, 120):
        check(TotalVariation(inside), v, p, radius=radius)
        check(TotalVariation(inside), v, p, penalty=8 * radius)


def test_contamination_box_and_tail():
    for _, v, p, radius, _ in cases(12, 120):
        check(Contamination(), v, p, radius=radius)
        check(LInfinity(), v, p, radius=radius)
        if radius > 0:
            check(CVaR(radius), v, p)


def test_transport():
    for n, v, p, radius, rng in cases(13, 120):
        divergence = Wasserstein(rational_metric(n, rng))
        check(divergence, v, p, radius=3 * radius)
        check(divergence, v, p, penalty=3 * radius)


def test_lowest_tail_is_the_smallest_value_on_the_support():
    value, law = CVaR(F(0)).worst_case(fractions([-1, 0, 0, 3]), [F(0), F(1, 4), F(1, 4), F(1, 2)])
    assert value == 0
    assert list(law) == [0, F(1, 2), F(1, 2), 0]


def test_multipliers_are_slopes_of_the_exact_value():
    """Between the slopes to the left and to the right, in fractions."""
    step = F(1, 10**9)
    for n, v, p, radius, rng in cases(14, 120, sizes=(2, 3, 4)):
        v, p = fractions(v), fractions(p)
        # no slope to the right of a full contamination, and at radius 0 the slope to the right is finite
        radius = min(radius, F(11, 12))
        for divergence in (
            TotalVariation(),
            TotalVariation(True),
            Contamination(),
            LInfinity(),
            Wasserstein(rational_metric(n, rng)),
        ):
            here = divergence.worst_case(v, p, radius).value
            right = (here - divergence.worst_case(v, p, radius + step).value) / step
            slope = divergence.multiplier(v.astype(float), p.astype(float), float(radius))
            assert slope >= float(right) - 1e-6  # the exact radius rounds to a double, perhaps across a kink
            if radius == 0:
                assert slope == pytest.approx(float(right), abs=1e-6)
            if radius >= step:
                left = (divergence.worst_case(v, p, radius - step).value - here) / step
                assert slope <= float(left) + 1e-6


def test_batches():
    v = np.array([[F(1), F(3), F(-1, 2), F(2)], [F(0), F(1), F(2), F(0)]], dtype=object)
    p = fractions([F(2, 5), F(3, 10), F(1, 5), F(1, 10)])
    value, law = TotalVariation().worst_case(v, p, F(1, 5))
    assert value.shape == (2,)
    assert law.shape == (2, 4)
    assert list(value) == [TotalVariation().worst_case(row, p, F(1, 5)).value for row in v] == [F(7, 10), F(3, 10)]
    both = TotalVariation().worst_case(v[0], p, [F(1, 5), F(1, 2)])
    assert list(both.value) == [F(7, 10), F(-1, 20)]


def test_reference_values_are_exact():
    v, p = fractions([1, 3, F(-1, 2), 2]), fractions([F(2, 5), F(3, 10), F(1, 5), F(1, 10)])
    line = np.array([[F(abs(i - j)) for j in range(4)] for i in range(4)], dtype=object)
    assert TotalVariation().worst_case(v, p, F(1, 20)).value == F(49, 40)
    assert LInfinity().worst_case(v, p, F(1, 20)).value == F(47, 40)
    assert Wasserstein(line).worst_case(v, p, F(1, 2)).value == F(1, 40)
    assert Wasserstein(line).penalised_min(v, p, F(1, 4)).value == F(-1, 5)
    assert TotalVariation().penalised_min(v, p, F(1, 4)).value == F(-3, 10)
    assert CVaR(F(1, 2)).worst_case(v, p).value == F(2, 5)
    assert isinstance(CVaR(0.5).worst_case(v, p).value, float)  # a double in the level: doubles out
    assert isinstance(L2().worst_case(v, p, F(1, 5)).value, float)  # a square root


def test_bad_fractions():
    with pytest.raises(tabular.ModelError, match=r"reference sums to 5/6 \(fractions: not negative, sum exactly 1\)"):
        TotalVariation().worst_case([F(0), F(1)], [F(1, 2), F(1, 3)], F(0))
    with pytest.raises(tabular.ModelError, match=r"radius is -1/2 \(expected a number >= 0\)"):
        TotalVariation().worst_case([F(0), F(1)], [F(1, 2), F(1, 2)], F(-1, 2))
    with pytest.raises(tabular.ModelError, match="do not fit"):
        TotalVariation().worst_case([F(0), F(1), F(2)], [F(1, 2), F(1, 2)], F(1, 2))
    with pytest.raises(tabular.ModelError, match="a contamination is at most 1"):
        Contamination().worst_case([F(0), F(1)], [F(1, 2), F(1, 2)], F(3, 2))
