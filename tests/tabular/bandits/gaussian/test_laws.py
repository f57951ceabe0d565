"""Laws of Gaussian arms that need no simulation, against quadrature, joint solves, published values, and bad input."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import entr
from scipy.stats import norm

import tabular
from tabular.bandits import (
    AR1,
    RBF,
    GaussianGap,
    GaussianInformationRatio,
    expected_maximum,
    future_precision,
    orthant_probability,
    predictive_sampling_variance,
)

# --- the best of two arms -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("covariance", "switch", "first", "second"),
    [
        (RBF(5.0), 0.0634499844, 0.2363565991, 0.2339387332),
        (RBF(10.0, 3.0), 0.0318044694, 0.1409597906, 0.1402015187),
        (RBF(100.0), 0.0031830723, 0.0214803754, 0.0214706768),
        (AR1(0.9), 0.1435662931, 0.4113848943, 0.3964776968),
        (lambda lag: 2.0 * 0.99**lag, 0.0450534136, 0.1836842849, 0.1667599938),
    ],
)
def test_published_entropies(covariance, switch, first, second):
    gap = GaussianGap(covariance)
    found = gap.switch_probability, gap.conditional_entropy(1), gap.conditional_entropy(2)
    assert found == pytest.approx((switch, first, second), abs=6e-11)
    assert gap.conditional_entropy(0) == pytest.approx(math.log(2), abs=1e-15)
    assert gap.effective_horizon == pytest.approx(1 / switch, rel=1e-7)


def panels(f, edges):
    """Gauss-Legendre quadrature, forty nodes between two edges."""
    x, w = np.polynomial.legendre.leggauss(40)
    return sum((b - a) / 2 * w @ f((a + b) / 2 + (b - a) / 2 * x) for a, b in itertools.pairwise(edges))


@pytest.mark.parametrize("shared", [0.0, 0.3, 0.5, 0.99])
@pytest.mark.parametrize(
    "signs", [(1,), (1, 1), (1, -1, 1), (1, 1, 1, 1), (1, -1, -1, -1), (-1, 1, 1, -1), (1,) * 5, (1, 1, -1, 1, -1)]
)
def test_orthants_of_a_common_factor(shared, signs):
    slope = math.sqrt(shared / (1 - shared))
    given = lambda x: norm.pdf(x) * np.prod([norm.cdf(s * slope * x) for s in signs], axis=0)  # noqa: E731
    matrix = (shared + (1 - shared) * np.eye(len(signs))) * np.outer(signs, signs)
    assert orthant_probability(matrix) == pytest.approx(panels(given, np.linspace(-12, 12, 41)), abs=1e-12)


@pytest.mark.parametrize("phi", [-0.9, 0.0, 0.5, 0.99])
def test_orthants_and_the_line_agree(phi):
    gap = GaussianGap(AR1(phi))
    bounds = [gap.entropy_rate_bounds(k) for k in (1, 2, 3, 4)]
    assert [gap.conditional_entropy(k) for k in (1, 2, 3, 4)] == pytest.approx([high for _, high in bounds], abs=1e-12)
    lows, highs = np.array([*bounds, gap.entropy_rate_bounds(8)]).T
    assert (np.diff(lows) >= -1e-12).all()
    assert (np.diff(highs) <= 1e-12).all()
    assert (lows <= highs).all()


def test_slow_and_degenerate_gaps():
    for scale in (300.0, 1e3, 1e4):  # nearly singular: sum and difference keep the digits
        gap = GaussianGap(RBF(scale))
        assert gap.effective_horizon == pytest.approx(math.pi * scale, rel=1e-5)  # Rice
        entropies = [gap.conditional_entropy(k) for k in range(5)]
        assert (np.diff(entropies) < 0).all()
        assert entropies[4] == pytest.approx(entropies[2], rel=1e-3)
    for still in (AR1(1.0), AR1(-1.0), lambda lag: 1.0):
        assert GaussianGap(still).conditional_entropy(3) == 0.0
        assert GaussianGap(still).entropy(4) == math.log(2)
    assert GaussianGap(AR1(1.0)).effective_horizon == math.inf
    assert GaussianGap(AR1(-1.0)).entropy_rate_bounds(3) == (0.0, 0.0)


def test_expected_maximum():
    closed = [0.0, 1 / math.sqrt(math.pi), 1.5 / math.sqrt(math.pi)]
    assert [expected_maximum(k) for k in (1, 2, 3)] == pytest.approx(closed, abs=1e-13)
    mean = lambda x: 50 * x * norm.pdf(x) * norm.cdf(x) ** 49  # noqa: E731
    assert expected_maximum(50) == pytest.approx(panels(mean, np.linspace(-12, 12, 41)), abs=1e-12)


# --- predictive sampling --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phi", "precision", "included", "excluded"),
    [
        (0.5, 1.1547005384, 0.3128940302, 0.0683965731),
        (0.9, 2.2941573387, 0.4313798392, 0.3327214036),
        (0.99, 7.0888120501, 0.5825930519, 0.5669749917),
    ],
)
def test_published_precisions(phi, precision, included, excluded):
    q = 1 - phi**2
    J0, J = future_precision(phi, q, 1.0, include_current=True), future_precision(phi, q, 1.0)
    assert J0 == pytest.approx(precision, abs=6e-11)
    assert [predictive_sampling_variance(0.7, x) for x in (J0, J)] == pytest.approx([included, excluded], abs=6e-11)
    assert J0 == pytest.approx(1 + phi**2 * J0 / (1 + q * J0), rel=1e-14)
    # 200 future steps: rewards 1, ..., 200 steps ahead, given x: phi^d x + N(0, V)
    d = np.arange(201)
    V = phi ** np.abs(np.subtract.outer(d, d)) - phi ** np.add.outer(d, d) + np.eye(201)
    assert phi**d @ np.linalg.solve(V, phi**d) == pytest.approx(J0, abs=1e-12)
    assert phi ** d[1:] @ np.linalg.solve(V[1:, 1:], phi ** d[1:]) == pytest.approx(J, abs=1e-12)


def test_limits_of_precision():
    assert future_precision(0.0, 1.0, 1.0) == 0.0
    assert future_precision(1.0, 0.0, 1.0) == future_precision(-1.0, 0.0, 2.0, include_current=True) == math.inf
    assert future_precision(0.6, 0.0, 2.0) == pytest.approx(0.36 / 0.64 / 2, rel=1e-14)
    assert future_precision(0.5, 1e9, 1.0, include_current=True) == pytest.approx(1, abs=1e-9)
    assert predictive_sampling_variance(0.7, math.inf) == 0.7


# --- the information ratio ------------------------------------------------------------------------------------------------------


def test_published_information_ratio():
    limit = GaussianInformationRatio([0, 0], np.eye(2), 0)
    found = limit.regret, limit.information, limit.ratio
    assert found == pytest.approx((1 / math.sqrt(math.pi), math.log(2) - 0.5, 1.6480172543), abs=6e-11)
    steps = [GaussianInformationRatio([0, 0], [1, 1], noise) for noise in (1e-2, 1e-4, 1e-6)]
    assert [step.ratio - limit.ratio for step in steps] == pytest.approx([2.05e-2, 2.05e-4, 2.05e-6], rel=1e-2)
    for step in steps:
        assert 2 * step.noise_variance < step.ratio <= step.bound  # the noise alone is no proxy
    assert limit.bound == 2


@pytest.mark.parametrize(
    ("means", "covariance", "noise"), [((0.3, 0), (1, 2), 0.5), ((0, 1), ((1, 0.9), (0.9, 1.5)), 1), ((2, 0), (1, 0), 0.1)]
)
def test_information_by_definition(means, covariance, noise):
    """Densities of a reward under either best arm, from the law of the gap given the reward."""
    step = GaussianInformationRatio(means, covariance, noise)
    C, (m1, m2) = step.covariance, step.means
    tau, alpha = math.sqrt(C[0, 0] + C[1, 1] - 2 * C[0, 1]), norm.cdf((m1 - m2) / math.sqrt(C[0, 0] + C[1, 1] - 2 * C[0, 1]))
    assert step.law == pytest.approx([alpha, 1 - alpha], abs=1e-15)
    for a, sign in ((0, 1), (1, -1)):
        spread, shared = math.sqrt(C[a, a] + noise), sign * (C[a, a] - C[0, 1])
        left = math.sqrt(tau**2 - shared**2 / spread**2)

        def gain(r, a=a, spread=spread, shared=shared, left=left):
            w = (m1 - m2 + shared / spread**2 * (r - step.means[a])) / left
            return norm.pdf(r, step.means[a], spread) * (entr(norm.cdf(w)) + entr(norm.sf(w)))

        after = panels(gain, step.means[a] + spread * np.linspace(-7, 7, 61))
        assert step.arm_information[a] == pytest.approx(entr(alpha) + entr(1 - alpha) - after, abs=1e-12)
    below = panels(lambda g: -g * norm.pdf(g, m1 - m2, tau), np.linspace(-20, 0, 41))
    assert step.regret == pytest.approx(alpha * below + (1 - alpha) * (below + m1 - m2), abs=1e-12)


@given(
    st.floats(-3, 3), st.floats(-3, 3), st.floats(-0.999, 0.999), st.floats(-4, 4), st.sampled_from([0.0, 1e-8, 0.1, 1.0, 1e6])
)
@settings(max_examples=60)
def test_ratio_is_below_its_bound(first, second, correlation, z, noise):
    a, b = math.exp(first), math.exp(second)
    C = np.array([[a * a, correlation * a * b], [correlation * a * b, b * b]])
    step = GaussianInformationRatio([z * math.sqrt(max(C[0, 0] + C[1, 1] - 2 * C[0, 1], 0)), 0], C, noise)
    assert step.ratio <= step.bound * (1 + 1e-9)


def test_corners_of_the_information_ratio():
    assert GaussianInformationRatio([0, 0], [[1, 1], [1, 1]], 1).ratio == 0.0  # the arms are one
    assert GaussianInformationRatio([1, 0], [0, 0], 1).law.tolist() == [1, 0]
    assert GaussianInformationRatio([1e6, 0], [1, 1], 1).ratio == 0.0
    told = GaussianInformationRatio([1, 0], [1, 0], 0)
    assert told.arm_information == pytest.approx([-(told.law * np.log(told.law)).sum(), 0], abs=1e-12)
    noisy = GaussianInformationRatio([0, 0], [1, 1], 1e8)
    assert noisy.ratio / noisy.bound == pytest.approx(1, abs=1e-7)  # the bound is attained


# --- bad input ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (lambda: GaussianGap(5.0), "expected a function of the lag"),
        (lambda: GaussianGap(lambda lag: 1.0 if lag == 0 else 1.2), "autocorrelation at lag 1 is 1.2"),
        (lambda: GaussianGap(lambda lag: 0.0), "autocovariance at lag 0 is 0.0"),
        (lambda: GaussianGap(lambda lag: math.nan), "the autocovariance at lag 0 is nan"),
        (lambda: GaussianGap(lambda lag: [1, 0.9, 0, 0, 0][lag]), "no process has the autocorrelations"),
        (lambda: GaussianGap(RBF(5.0)).conditional_entropy(5), r"past is 5 \(expected an integer in \[0, 4\]\)"),
        (lambda: GaussianGap(RBF(5.0)).entropy(0), "steps is 0"),
        (lambda: GaussianGap(RBF(5.0)).entropy_rate_bounds(2), "need a Markov gap"),
        (lambda: GaussianGap(AR1(0.99999)).entropy_rate_bounds(2), "quadrature would need"),
        (lambda: GaussianGap(AR1(0.9)).entropy_rate_bounds(30), r"depth is 30 \(expected an integer in \[1, 16\]\)"),
        (lambda: orthant_probability(np.eye(6)), r"shape \(6, 6\)"),
        (lambda: expected_maximum(0), "arms is 0"),
        (lambda: future_precision(2.0, 1.0, 1.0), "phi is 2.0"),
        (lambda: future_precision(0.5, -1.0, 1.0), "innovation_variance is -1.0"),
        (lambda: future_precision(0.5, 1.0, 0.0), "noise_variance is 0.0"),
        (lambda: predictive_sampling_variance(-1.0, 1.0), "variance is -1.0"),
        (lambda: predictive_sampling_variance(1.0, math.nan), "precision is nan"),
        (lambda: GaussianInformationRatio([0], [1, 1], 1), "two finite numbers"),
        (lambda: GaussianInformationRatio([0, 0], [1, -1], 1), "eigenvalue -1 "),
        (lambda: GaussianInformationRatio([0, 0], [1, 1, 1], 1), r"shape \(3,\)"),
        (lambda: GaussianInformationRatio([0, 0], [1, 1], -1), "noise_variance is -1"),
    ],
)
def test_bad_input(bad, message):
    with pytest.raises(tabular.ModelError, match=message):
        bad()
