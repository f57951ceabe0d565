"""Ambiguity sets in doubles: numbers of the specification and limits."""

import math

import numpy as np
import pytest

from tabular.divergences import L2, Contamination, CVaR, LInfinity, TotalVariation, Wasserstein

from .set_references import LAW, corner_law, corner_values, line, metric, sets, tolerance

I1 = [0.4, 0.3, 0.2, 0.1], [1, 3, -0.5, 2]
I2 = [0.6, 0.4, 0, 0], [2, 1, 0, 5]
I3 = [1 / 2, 1 / 3, 1 / 6], [0, 1, 2]

CONSTRAINED = {  # (instance, radius): TV, TV a.c., L-infinity, L2, W1, contamination
    ("I1", 0.05): (1.225, 1.225, 1.175, 1.2706989946, 1.225, 1.305),
    ("I1", 0.2): (0.7, 0.7, 0.6, 0.8827959784, 0.7, 1.02),
    ("I1", 0.5): (-0.05, -0.05, -0.05, 0.1193756960, 0.025, 0.45),
    ("I3", 0.05): (0.5666666667, 0.5666666667, 0.5666666667, 0.5959559885, 0.6166666667, 0.6333333333),
    ("I3", 0.2): (0.3, 0.3, 0.3, 0.3838239542, 0.4666666667, 0.5333333333),
    ("I3", 0.5): (0.0, 0.0, 0.0, 0.0939180545, 0.1666666667, 0.3333333333),
}
PENALISED = {  # (instance, penalty): TV, TV a.c., W1
    ("I1", 0.25): (-0.3, -0.3, -0.2),
    ("I1", 1): (0.3, 0.3, 0.5),
    ("I1", 4): (1.4, 1.4, 1.4),
    ("I3", 0.25): (1 / 8, 1 / 8, 1 / 6),
    ("I3", 1): (1 / 2, 1 / 2, 2 / 3),
    ("I3", 4): (2 / 3, 2 / 3, 2 / 3),
}


def order_of_the_table(n):
    return [TotalVariation(), TotalVariation(True), LInfinity(), L2(), Wasserstein(line(n)), Contamination()]


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "expected"), CONSTRAINED.items())
def test_constrained_values_of_the_specification(key, expected):
    p, v = {"I1": I1, "I3": I3}[key[0]]
    for divergence, number in zip(order_of_the_table(len(p)), expected, strict=True):
        assert divergence.worst_case(v, p, key[1]).value == pytest.approx(number, abs=6e-11)


@pytest.mark.parametrize(("key", "expected"), PENALISED.items())
def test_penalised_values_of_the_specification(key, expected):
    p, v = {"I1": I1, "I3": I3}[key[0]]
    for divergence, number in zip((TotalVariation(), TotalVariation(True), Wasserstein(line(len(p)))), expected, strict=True):
        assert divergence.penalised_min(v, p, key[1]).value == pytest.approx(number, abs=1e-14)


def test_tails_of_the_specification():
    p, v = I1
    for level, value in ((0.1, -0.5), (0.3, 0.0), (0.5, 0.4)):
        assert CVaR(level).worst_case(v, p).value == pytest.approx(value, abs=1e-15)


def test_saturation_radii_and_multipliers_of_the_specification():
    p, v = I1
    tv = TotalVariation()
    assert tv.multiplier(v, p, 0.2) == 3.5
    assert tv.worst_case(v, p, 0.8).value == pytest.approx(-0.5, abs=1e-15)
    assert tv.worst_case(v, p, 0.8000001).value == -0.5
    assert tv.worst_case(v, p, 0.799999).value > -0.5
    assert tv.multiplier(v, p, 0.81) == 0.0
    assert L2().multiplier(v, p, 0.2) == pytest.approx(2.5860201081971503, rel=1e-12)  # by finite differences below
    away = math.sqrt(0.4**2 + 0.3**2 + 0.1**2 + 0.8**2)
    assert L2().worst_case(v, p, away * (1 + 1e-12)).value == -0.5
    assert L2().multiplier(v, p, away * (1 + 1e-12)) == 0.0
    assert L2().worst_case(v, p, away * (1 - 1e-9)).value > -0.5


def test_numbers_of_the_conventions():
    assert TotalVariation()([0.4, 0.6], [0.2, 0.8]) == pytest.approx(0.2, abs=1e-16)
    assert TotalVariation()([[0, 1], [1, 0]], [0.2, 0.8]).tolist() == pytest.approx([0.2, 0.8])
    assert TotalVariation(True)([0.5, 0.5], [1, 0]) == math.inf
    assert TotalVariation().limit_at_infinity == 0.5
    assert TotalVariation(True).limit_at_infinity == math.inf


def test_false_sibling_smallest_value_on_the_support():
    """The unrestricted set moves mass to a state that the reference never visits."""
    p, v = I2
    assert TotalVariation().penalised_min(v, p, 0.25).value == pytest.approx(0.25)
    assert TotalVariation(True).penalised_min(v, p, 0.25).value == pytest.approx(1.15)
    base = TotalVariation(True).worst_case(v[:2], p[:2], 0.3).value
    assert TotalVariation(True).worst_case([*v[:2], -9], [*p[:2], 0], 0.3).value == base
    assert TotalVariation().worst_case([*v[:2], -9], [*p[:2], 0], 0.3).value < base


def test_ties_saturate_with_the_total_mass_of_the_smallest_states():
    v, p = [0.0, 1.0, 0.0], [0.25, 0.5, 0.25]
    assert TotalVariation().worst_case(v, p, 0.5).value == 0.0
    assert TotalVariation().worst_case(v, p, 0.49).value == pytest.approx(0.01)
    assert L2().worst_case(v, p, math.sqrt(0.5**2 + 2 * 0.25**2) * (1 + 1e-12)).value == 0.0


# --- limits -----------------------------------------------------------------------------------------------------------


def test_radius_zero_is_the_mean_and_saturation_the_smallest_value():
    rng = np.random.default_rng(5)
    for _ in range(100):
        n = int(rng.integers(1, 7))
        v, p = corner_values(n, rng, extreme=False), corner_law(n, rng)
        for divergence in sets(n, rng):
            value, law = divergence.worst_case(v, p, 0.0)
            assert value == pytest.approx(p @ v, abs=tolerance(v))
            assert law == pytest.approx(p, abs=LAW)
            low = v[p > 0].min() if divergence == TotalVariation(True) else v.min()
            enough = 1.0 if isinstance(divergence, Contamination) else math.inf
            assert divergence.worst_case(v, p, enough).value == low
            if not isinstance(divergence, Contamination):
                assert divergence.multiplier(v, p, enough) == 0.0


def test_penalty_zero_and_infinity():
    rng = np.random.default_rng(6)
    for _ in range(100):
        n = int(rng.integers(1, 7))
        v, p = corner_values(n, rng, extreme=False), corner_law(n, rng)
        for divergence in (TotalVariation(), TotalVariation(True), Wasserstein(metric(n, rng))):
            low = v[p > 0].min() if divergence == TotalVariation(True) else v.min()
            assert divergence.penalised_min(v, p, 0.0).value == low
            value, law = divergence.penalised_min(v, p, math.inf)
            assert value == pytest.approx(p @ v, abs=tolerance(v))
            assert law == pytest.approx(p, abs=LAW)


def test_levels_one_and_zero():
    rng = np.random.default_rng(7)
    for _ in range(100):
        n = int(rng.integers(1, 7))
        v, p = corner_values(n, rng), corner_law(n, rng)
        assert CVaR(1).worst_case(v, p).value == pytest.approx(p @ v, abs=tolerance(v))
        assert CVaR(0).worst_case(v, p).value == v[p > 0].min()
        assert CVaR(1e-300).worst_case(v, p).value == pytest.approx(v[p > 1e-290].min(), abs=tolerance(v)) or p.min() < 1e-290


def test_smooth_max_mirrors_the_penalised_minimum():
    x, mu = np.array([1.0, 0.2, -np.inf]), np.array([0.5, 0.5, 0.0])
    value, law = TotalVariation().smooth_max(x, mu, 0.3)
    assert value == pytest.approx(0.5 * 1.0 + 0.5 * 0.7)
    assert law.tolist() == [1.0, 0.0, 0.0]
    assert TotalVariation().smooth_max(x, strength=0.3).value == pytest.approx(value)  # uniform over what is allowed
    assert TotalVariation().smooth_max(x, mu, 0.0).value == 1.0


def test_states_out_of_reach_get_no_mass():
    v, p = np.array([1.0, np.inf, 0.0]), np.array([1.0, 0.0, 0.0])
    for divergence in (TotalVariation(), Contamination(), LInfinity(), L2()):
        value, law = divergence.worst_case(v, p, 0.5)
        inner, part = divergence.worst_case(v[[0, 2]], p[[0, 2]], 0.5)
        assert value == inner
        assert law[1] == 0
        assert law[[0, 2]] == pytest.approx(part)
    assert CVaR(0.5).worst_case(v, p).value == 1.0
