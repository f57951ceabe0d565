"""Entropies beside a linear reward: the tables of the specification, sparse-max, the surface of bad input."""

import math

import mpmath as mp
import numpy as np
import pytest

import tabular

X = np.array([1.0, 0.5, 0.0, -1.0])
TABLE = {
    0.5: (2.3504420214, (0.482000191502, 0.265599615533, 0.167913609652, 0.084486583313)),
    1: (1.7465672692, (0.473990846254, 0.287489980676, 0.17437148764, 0.064147685429)),
    1.5: (1.440397332482, (0.528063005425, 0.313614303912, 0.154721157955, 0.003601532708)),
    2: (1.2916666666667, (7 / 12, 1 / 3, 1 / 12, 0)),
    3: (1.1666666666667, (2 / 3, 1 / 3, 0, 0)),
    50: (1.003326338634, (0.985547296672, 0.014452703328, 0, 0)),
}


@pytest.mark.parametrize("q", TABLE)
def test_the_table(q):
    value, law = tabular.TsallisEntropy(q).smooth_max(X, 1.0)
    assert abs(value - TABLE[q][0]) <= 5.1e-11
    np.testing.assert_allclose(law, TABLE[q][1], atol=1e-12)


def test_the_regression_of_high_orders():
    """q = 50: the second weight is the 49th root of something near 1e-166; 200 digits of bisection agree."""
    value, law = tabular.TsallisEntropy(50).smooth_max(X, 0.5)
    assert law[1] == pytest.approx(4.1221516531060e-4, rel=2e-14, abs=0)
    assert abs(value - 1.000002096202) <= 5.1e-13
    with mp.workdps(250):
        q, tau = mp.mpf(50), mp.mpf("0.5")
        kappa = tau * q / (q - 1)
        low, high = mp.mpf("0.5") - 1, mp.mpf("0.5")  # of the level, below the second action
        root = 1 / (q - 1)
        for _ in range(800):
            level = (low + high) / 2
            total = sum(((mp.mpf(x) - level) / kappa) ** root for x in (1.0, 0.5) if mp.mpf(x) > level)
            low, high = (level, high) if total > 1 else (low, level)
        assert law[1] == pytest.approx(float(((mp.mpf("0.5") - low) / kappa) ** root), rel=2e-14, abs=0)


def test_values_at_half_temperature():
    value, law = tabular.TsallisEntropy(2).smooth_max(X, 0.5)
    assert value == pytest.approx(1.0625, rel=1e-15)
    np.testing.assert_allclose(law, (0.75, 0.25, 0, 0), atol=1e-15)


def test_shannon_is_log_sum_exp():
    value, law = tabular.ShannonEntropy().smooth_max([1000.0, 1001.0], 0.01)
    assert value == pytest.approx(1001.0, rel=1e-15)
    value, law = tabular.ShannonEntropy().smooth_max(X, 0.7)
    assert value == pytest.approx(0.7 * math.log(np.exp(X / 0.7).sum()), rel=1e-15)
    np.testing.assert_allclose(law, np.exp(X / 0.7) / np.exp(X / 0.7).sum(), rtol=1e-14)


def naive_sparse_max(x, tau):
    """Sort, find the support, subtract: sparse-max for the entropy ``1 - sum p^2``."""
    z = np.sort(x / (2 * tau))[::-1]
    k = max(i for i in range(1, z.size + 1) if 1 + i * z[i - 1] > z[:i].sum())
    return np.maximum(x / (2 * tau) - (z[:k].sum() - 1) / k, 0)


def test_sparse_max():
    rng = np.random.default_rng(2)
    for _ in range(200):
        x = np.round(rng.normal(size=int(rng.integers(1, 8))), 1)
        tau = float(10.0 ** rng.uniform(-3, 2))
        value, law = tabular.TsallisEntropy(2).smooth_max(x, tau)
        np.testing.assert_allclose(law, naive_sparse_max(x, tau), atol=2e-15 * (1 + np.abs(x).max() / tau))
        assert value == pytest.approx(law @ x + tau * (1 - (law**2).sum()), rel=1e-13, abs=1e-13)


@pytest.mark.parametrize("q", [0.2, 0.999999, 1.0, 1.04, 1.5, 2.0, 7.0])
def test_stationarity_and_batches(q):
    """Stationarity: ``x + s S'(p)`` is one number on the support, the level."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(4, 3, 5))
    x[0, 0, 1] = -np.inf
    strength = rng.uniform(0.1, 3, size=(4, 3))
    S = tabular.TsallisEntropy(q)
    value, law = S.smooth_max(x, strength)
    assert value.shape == (4, 3)
    assert law[0, 0, 1] == 0.0
    for i in np.ndindex(4, 3):
        one, row = S.smooth_max(x[i], strength[i])
        assert one == value[i]
        np.testing.assert_array_equal(row, law[i])
        active = row > 1e-6
        log = np.log(row[active])
        slope = log + 1 if q == 1 else q * np.expm1((q - 1) * log) / (q - 1)  # of -S, up to a constant
        level = x[i][active] - strength[i] * slope
        assert np.ptp(level) <= 1e-11


def test_limits():
    for S in (tabular.ShannonEntropy(), tabular.TsallisEntropy(0.5), tabular.TsallisEntropy(2), tabular.TsallisEntropy(5)):
        value, law = S.smooth_max([1.0, 3.0, 3.0], 0.0)
        assert value == 3.0
        np.testing.assert_allclose(law, [0, 0.5, 0.5])
        value, law = S.smooth_max([1.0, 3.0, 3.0], 1e12)
        np.testing.assert_allclose(law, 1 / 3, rtol=1e-10)
        assert value == pytest.approx(1e12 * S([1 / 3] * 3) + 7 / 3, rel=1e-15)


def test_bad_input():
    S = tabular.ShannonEntropy()
    with pytest.raises(tabular.ModelError, match="every action is forbidden"):
        S.smooth_max([-np.inf, -np.inf], 1.0)
    with pytest.raises(tabular.ModelError, match="must be finite"):
        S.smooth_max([0.0, np.nan], 1.0)
    with pytest.raises(tabular.ModelError, match="strength is inf"):
        S.smooth_max([0.0, 1.0], np.inf)
    with pytest.raises(tabular.ModelError, match=r"strength is -1\.0"):
        S.smooth_max([0.0, 1.0], -1)
    with pytest.raises(tabular.ModelError, match="at least one action"):
        S.smooth_max([], 1.0)
    with pytest.raises(tabular.ModelError, match=r"p sums to 0\.9"):
        S([0.5, 0.4])
    with pytest.raises(tabular.ModelError, match="does not fit"):
        S.smooth_max([[0.0, 1.0]] * 2, [1.0, 2.0, 3.0])


@pytest.mark.parametrize("q", [1.06, 3, 500, 1000, 2000, 1e4, 1e6])
def test_orders_without_end(q):
    """Two or three actions at any order, against bisection in 60 digits; a mass near log(2)/q must not vanish."""
    values = [0.5, 0.0, -0.2]
    law = tabular.TsallisEntropy(q).smooth_max(values, 1.0).distribution
    with mp.workdps(60):
        order = mp.mpf(q)
        kappa = order / (order - 1)

        def mass(x, active):
            y, top = mp.exp((order - 1) * x), mp.mpf(values[active - 1])
            return mp.exp(x) + sum(((mp.mpf(v) - top) / kappa + y) ** (1 / (order - 1)) for v in values[: active - 1])

        low, high = mp.mpf(-(10**6)), mp.mpf(0)
        active = max(k for k in (1, 2, 3) if k == 1 or mass(low, k) < 1)
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (low, middle) if mass(middle, active) > 1 else (middle, high)
        assert law[active - 1] == pytest.approx(float(mp.exp(low)), rel=1e-15, abs=0)
    assert (law[active:] == 0).all()
