"""The three problems on rows full of corners: primal and dual bound each other, laws are feasible and stationary, naive answers.

All errors are measured against the range of the values that the adversary can reach: a duality gap is a difference of values, and
adding a constant to the values changes nothing but the last place of the result, which is allowed for beside it.
"""

import math

import mpmath as mp
import numpy as np
import pytest
from f_instances import corner_row, penalty, radius
from f_references import EVERY, NAMED
from hypothesis import given, settings
from hypothesis import strategies as st

import tabular

each = pytest.mark.parametrize("D", EVERY, ids=repr)
GAP = 1e-12
"""Duality gap relative to the range of reachable values."""
FEASIBLE = 1e-11
"""A radius is met to this share of it: near the truncation of orders just above one, D turns on the last place of the root."""
LAST_PLACE = 2.0**-52


def tolerance(D, values, p):
    reach = values if math.isfinite(D.limit_at_infinity) else values[p > 0]
    underflow = 1e-320  # what is smaller than any normal number has no digits to lose
    return GAP * float(np.ptp(reach)) + 4 * LAST_PLACE * float(np.abs(values).max()) + underflow


def distance_slack(D, law, p):
    """How far D moves if every stored probability moves by a few last places: ``sum |f'(q/p)| dq``, plus that of D itself."""
    inside = (p > 0) & (law > 1e-90 * p)
    vanishing = float(p[(p > 0) & ~inside].sum())  # where a logarithm of the ratio has few digits behind the point
    slopes = np.abs(D.derivative(law[inside] / p[inside]))
    most = 0.0 if math.isinf(D.limit_at_infinity) or D.limit_at_infinity > 1e3 else D.limit_at_infinity
    curved = D.second_derivative(law[inside] / p[inside]) * (LAST_PLACE * (law[inside] / p[inside])) ** 2 * p[inside]
    # the laws of truncating orders are powers 1 / (k - 1): a rounding of their base counts as often
    power = 1 + (1 / (D.exponent - 1) if D.exponent > 1.05 else 0)
    return 32 * power * (LAST_PLACE * (float((slopes * law[inside]).sum()) + most + 400 * vanishing) + float(curved.sum()))


def check(D, values, p, strength, name):
    lower, upper = D.bounds(values, p, **{name: strength})
    value, law = D.worst_case(values, p, strength) if name == "radius" else D.penalised_min(values, p, strength)
    allowed = tolerance(D, values, p)
    assert value == upper
    assert abs(upper - lower) <= allowed, (upper - lower, allowed, values.tolist(), p.tolist(), strength, name)
    assert law.min() >= 0.0
    assert abs(law.sum() - 1) <= 1e-14 * law.size
    if math.isinf(D.limit_at_infinity):
        assert (law[p == 0] == 0).all()
    mean, distance = float(law @ (values - values.min())) + values.min(), D(law / law.sum(), p / p.sum())
    if name == "radius":
        assert abs(mean - value) <= allowed
        assert distance <= strength * (1 + FEASIBLE) + distance_slack(D, law, p), (distance, strength)
        assert D.multiplier(values, p, strength) >= 0
    elif 0 < strength < math.inf and strength * distance < 1e3 * max(allowed, 1e-300) / GAP:
        assert abs(mean + strength * distance - value) <= allowed + strength * distance_slack(D, law, p)


@each
def test_primal_and_dual_bound_each_other(D):
    rng = np.random.default_rng(21)
    for _ in range(60):
        values, p = corner_row(rng)
        span = max(float(np.ptp(values)), 1e-300)
        check(D, values, p, radius(rng), "radius")
        check(D, values, p, penalty(rng), "penalty")
        check(D, values, p, penalty(rng) * span, "penalty")


@pytest.mark.slow
@each
def test_primal_and_dual_bound_each_other_on_thousands_of_rows(D):
    rng = np.random.default_rng(22)
    for _ in range(3000):
        values, p = corner_row(rng)
        span = max(float(np.ptp(values)), 1e-300)
        check(D, values, p, radius(rng), "radius")
        check(D, values, p, penalty(rng) * span, "penalty")


@settings(max_examples=150)
@given(
    order=st.one_of(st.sampled_from([0.0, 1.0, 2.0]), st.floats(-5, 20)),
    weights=st.lists(st.one_of(st.just(0.0), st.floats(1e-12, 1.0)), min_size=1, max_size=6).filter(lambda w: max(w) > 1e-3),
    data=st.data(),
    exponent=st.floats(-11, 2),
)
def test_every_order(order, weights, data, exponent):
    p = np.array(weights) / sum(weights)
    values = np.array(data.draw(st.lists(st.floats(-10, 10), min_size=p.size, max_size=p.size)))
    D = tabular.CressieRead(order)
    check(D, values, p, 10.0**exponent, "radius")
    check(D, values, p, 10.0**exponent * max(np.ptp(values), 1e-3), "penalty")


@each
def test_shift_and_scale(D):
    """Translation and, for the constrained problem, positive homogeneity; powers of two exactly."""
    rng = np.random.default_rng(23)
    for _ in range(20):
        values, p = corner_row(rng)
        rho, x = radius(rng), penalty(rng)
        value, law = D.worst_case(values, p, rho)
        double, same = D.worst_case(4 * values, p, rho)
        assert double == 4 * value
        np.testing.assert_array_equal(law, same)
        assert D.penalised_min(4 * values, p, 4 * x).value == 4 * D.penalised_min(values, p, x).value
        assert abs(D.worst_case(values + 1, p, rho).value - value - 1) <= tolerance(D, values + 1, p) + 4 * LAST_PLACE * (
            1 + np.abs(values).max()
        )


@each
def test_stationarity(D):
    """``V_i + multiplier f'(q_i / p_i)`` is one number on the states with mass, and not below it on the others."""
    rng = np.random.default_rng(24)
    for _ in range(40):
        p = rng.dirichlet(np.full(4, 2.0))
        values = rng.normal(size=4)
        rho = float(10.0 ** rng.uniform(-3, 0))
        law, price = D.worst_case(values, p, rho).distribution, D.multiplier(values, p, rho)
        if price == 0.0:
            continue
        marginal = values + price * D.derivative(law / p)
        active = law > 1e-9
        level = marginal[active].mean()
        lost = price * 1e-14 * np.abs(D.derivative(law[active] / p[active])).max() + 1e-13 * price
        lost += price * float((D.second_derivative(law[active] / p[active]) * law[active] / p[active]).max()) * 1e-14
        assert np.ptp(marginal[active]) <= 1e-12 + lost * 10
        assert (marginal[law == 0.0] >= level - 1e-12 - lost * 10).all()
        # and the constrained problem is the penalised one at its multiplier
        assert D.penalised_min(values, p, price).value - price * rho == pytest.approx(
            D.worst_case(values, p, rho).value, abs=1e-13 * max(1, price)
        )


def naive_worst_case(D, values, p, rho):
    """Bisection in the penalty, inside it bisection in eta, by the textbook: 30 digits, ten lines, slow."""
    v, w = [mp.mpf(x) for x in values.tolist()], [mp.mpf(x) for x in (p / p.sum()).tolist()]

    def ratio(y):  # the maximiser of y t - f(t), by bisection on the slope
        if D == tabular.KL():
            return mp.exp(y)
        if D == tabular.ChiSquare():
            return max(mp.mpf(0), 1 + y / 2)
        if D == tabular.SquaredHellinger():
            return 1 / (1 - y) ** 2 if y < 1 else mp.inf
        return 1 / (1 - y) if y < 1 else mp.inf  # reverse KL

    def law_at(penalty):
        low, high = min(v) - 100 * (1 + penalty), max(v) + 100 * (1 + penalty)
        for _ in range(130):
            eta = (low + high) / 2
            total = sum(x * ratio((eta - y) / penalty) for x, y in zip(w, v, strict=True))
            low, high = (eta, high) if total < 1 else (low, eta)
        return [x * ratio((low - y) / penalty) for x, y in zip(w, v, strict=True)]

    def distance(law):
        from f_references import reference_generator

        f = reference_generator(D)
        return sum(x * f(q / x) for q, x in zip(law, w, strict=True))

    low, high = mp.mpf(10) ** -3, mp.mpf(10) ** 4
    for _ in range(90):
        middle = mp.sqrt(low * high)
        low, high = (middle, high) if distance(law_at(middle)) > rho else (low, middle)
    return sum(q * x for q, x in zip(law_at(high), v, strict=True)), high


@pytest.mark.parametrize("D", [tabular.KL(), tabular.ChiSquare(), tabular.SquaredHellinger(), tabular.ReverseKL()], ids=repr)
def test_naive_answers(D):
    rng = np.random.default_rng(25)
    with mp.workdps(30):
        for rho in (0.01, 0.15):
            p, values = rng.dirichlet(np.full(3, 3.0)), rng.normal(size=3)
            value, price = naive_worst_case(D, values, p, rho)
            assert abs(D.worst_case(values, p, rho).value - value) <= 1e-14
            assert abs(D.multiplier(values, p, rho) - price) <= 1e-12 * price


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e200, 1e300])
@pytest.mark.parametrize("D", NAMED, ids=repr)
def test_huge_and_tiny_values(D, scale):
    p, v = np.array([0.2, 0.3, 0.5]), np.array([1.0, -0.5, 0.25])
    for solve, strength, factor in ((D.worst_case, 0.1, 1.0), (D.penalised_min, 0.4, scale)):
        value, law = solve(v * scale, p, strength * factor)
        plain = solve(v, p, strength)
        assert value == pytest.approx(plain.value * scale, rel=1e-13)
        np.testing.assert_allclose(law, plain.distribution, rtol=1e-12)
    lower, upper = D.bounds(v * scale, p, radius=0.1)
    assert abs(upper - lower) <= GAP * 1.5 * scale


@each
@pytest.mark.parametrize("rho", [1e-300, 1e-100, 1e-30, 1e-16, 1e-8])
def test_small_radii_follow_the_second_order(D, rho):
    """``mean - sqrt(2 rho Var / f''(1))`` and its derivative, whatever the divergence."""
    p, v = np.array([0.2, 0.3, 0.5]), np.array([1.0, -0.5, 0.25])
    mean, deviation = float(p @ v), math.sqrt(float(p @ (v - p @ v) ** 2))
    curvature = D.second_derivative(1.0)
    drop = deviation * math.sqrt(2 * rho / curvature)
    third = 100 * (1 + abs(D.exponent)) * rho / curvature
    assert abs(D.worst_case(v, p, rho).value - (mean - drop)) <= third + 1e-15
    # families that recompute the divergence from a law know the multiplier to the digits of the law's deviations from p
    digits = 1e-7 * (1 + (1 / (D.exponent - 1) if D.exponent > 1.05 else 0))
    digits += 10 * (1 + abs(D.exponent)) * math.sqrt(rho / curvature)
    assert D.multiplier(v, p, rho) == pytest.approx(deviation / math.sqrt(2 * rho * curvature), rel=digits)


@pytest.mark.parametrize("divergence", [tabular.ReverseKL(), tabular.Neyman(), tabular.Jeffreys()])
@pytest.mark.parametrize("penalty", [5e-301, 1e-308, 5e-324])
def test_a_vanishing_price_for_states_that_are_infinitely_far(divergence, penalty):
    """The settled law would cost infinitely much; the value is still next to the lowest one."""
    value, law = divergence.penalised_min([0.0, 0.25], [0.9999, 0.0001], penalty)
    assert 0.0 <= value < 1e-130
    assert law == pytest.approx([1.0, 0.0])
    assert np.isfinite(divergence(law, [0.9999, 0.0001]))
    assert divergence.penalised_min([0.0, 0.25], [0.9999, 0.0001], 0.0).value == 0.0


def test_chi_square_at_a_breakpoint():
    """At radius 3 the law is just about to leave the states in the middle; rounding must not count them twice."""
    values, p = [2, 1, 1.5, 1.5, 2, -0.5], [0.25, 0.25, 0.125, 0.125, 0.125, 0.125]
    value, law = tabular.ChiSquare().worst_case(values, p, 3.0)
    assert value == pytest.approx(0.0, abs=1e-15)
    assert law == pytest.approx([0, 1 / 3, 0, 0, 0, 2 / 3], abs=1e-15)


def test_chi_square_at_radii_and_prices_of_small_fractions():
    rng = np.random.default_rng(0)
    for _ in range(300):
        size = int(rng.integers(2, 7))
        p = rng.integers(1, 5, size=size).astype(float)
        values = rng.integers(-3, 4, size=size) / 2
        for strength in (0.25, 1 / 3, 0.5, 0.6, 1.0, 1.5, 2.0, 3.0):
            for kind in ("radius", "penalty"):
                dual, primal = tabular.ChiSquare().bounds(values, p / p.sum(), **{kind: strength})
                assert primal - dual <= 1e-13


@pytest.mark.parametrize("order", [-1.0, 0.0, 0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("tiny", [5e-324, 1e-310, 1e-300])
def test_gaps_far_below_the_spread(order, tiny):
    """Values that differ by less than any ratio of doubles can hold count as one."""
    D = tabular.CressieRead(order)
    for values in ([0.0, 1.0, tiny], [-tiny, 0.0, 0.0, 1.0], [-tiny, 0.0, 0.0]):
        p = np.array([0.5, 0.0, 0.25, 0.25][: len(values)])
        for reference in (p / p.sum(), np.full(len(values), 1 / len(values))):
            for strength, name in ((1.0, "radius"), (0.01, "radius"), (0.3, "penalty"), (1e-6, "penalty")):
                check(D, np.array(values), reference, strength, name)


@pytest.mark.parametrize("order", [-1.0, 0.0])
@pytest.mark.parametrize("tiny", [5e-324, 1e-310, 1e-101, 1e-50, 1e-20, 1e-17])
def test_ranges_far_below_the_depth(order, tiny):
    """Mass may go to a state far below values that are nearly equal: their range divided into that depth is no double."""
    values, p = np.array([0.0, -1.0, tiny]), np.array([0.5, 0.0, 0.5])
    D = tabular.CressieRead(order)
    equal = np.array([0.0, -1.0, 0.0])
    for strength, name in ((1.0, "radius"), (0.3, "penalty"), (1e-6, "penalty"), (100.0, "penalty")):
        check(D, values, p, strength, name)
        solve = D.worst_case if name == "radius" else D.penalised_min
        assert solve(values, p, strength).value == pytest.approx(solve(equal, p, strength).value, rel=1e-12)
