"""Worst-case failure in closed form against searches, and the recourse against grids."""

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

import tabular
from tabular.recourse import FAMILIES, Classifiers, failure_gradients, failure_probabilities, gelbrich_distance, recourse

ONE = Classifiers([1, 2], [[0.5, 0.1], [0.1, 0.3]], 0.6)


def random_classifiers(seed, count=2, size=3, radius=0.3):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(count, size, size)) * 0.4
    return Classifiers(rng.normal(size=(count, size)) + 1.5, root @ root.transpose(0, 2, 1), radius * rng.random(count))


def test_published_values():
    assert failure_probabilities([1, 1], ONE) == pytest.approx([0.3126927464], abs=6e-11)
    assert failure_probabilities([1, 1], ONE, "gaussian") == pytest.approx([0.0690937327], abs=6e-11)
    known = Classifiers([1, 2], [[0.5, 0.1], [0.1, 0.3]], 0.0)
    assert failure_probabilities([1, 1], known) == pytest.approx([0.1], abs=1e-14)
    assert failure_probabilities([1, 1], known, "gaussian") == pytest.approx([0.0013498980], abs=6e-11)


@given(st.integers(0, 10_000), st.integers(2, 5))
@settings(max_examples=40)
def test_closed_form_against_a_search_of_the_disc(seed, size):
    rng = np.random.default_rng(seed)
    c = random_classifiers(seed, 1, size)
    x = rng.normal(size=size) + 1.0
    mean, spread, radius = (float(z[0]) for z in c.discs(x))
    turns = np.linspace(0, 2 * np.pi, 20_001)
    m, s = mean + radius * np.cos(turns), spread + radius * np.sin(turns)
    m, s = m[s >= 0], s[s >= 0]
    cantelli = np.where(m > 0, s**2 / (s**2 + m**2), 1.0)
    gaussian = scipy.stats.norm.cdf(-m / np.maximum(s, 1e-300))
    for family, values in zip(FAMILIES, (cantelli, gaussian), strict=True):
        found = failure_probabilities(x, c, family)[0]
        assert values.max() <= found + 1e-12
        assert values.max() == pytest.approx(found, abs=1e-6) or mean**2 + spread**2 <= radius**2 or spread < radius


@given(st.integers(0, 10_000))
@settings(max_examples=30)
def test_laws_within_the_distance_stay_in_the_disc(seed):
    """Moments within the Gelbrich distance, projected on x; and some law attains each point of the disc."""
    rng = np.random.default_rng(seed)
    c = random_classifiers(seed, 1)
    x = rng.normal(size=3)
    root = rng.normal(size=(3, 3)) * 0.4
    mean, cov = c.means[0] + 0.2 * rng.normal(size=3), root @ root.T
    rho = gelbrich_distance(c.means[0], c.covariances[0], mean, cov)
    m, s, _ = c.discs(x)
    assert np.hypot(mean @ x - m[0], np.sqrt(x @ cov @ x) - s[0]) <= rho * np.linalg.norm(x) + 1e-9


@given(st.integers(0, 10_000))
@settings(max_examples=30)
def test_gelbrich_distance(seed):
    rng = np.random.default_rng(seed)
    a, b = (r @ r.T + 0.01 * np.eye(3) for r in rng.normal(size=(2, 3, 3)))
    mu, nu = rng.normal(size=(2, 3))
    root = scipy.linalg.sqrtm(a)
    square = ((mu - nu) ** 2).sum() + np.trace(a + b - 2 * scipy.linalg.sqrtm(root @ b @ root).real)
    assert gelbrich_distance(mu, a, nu, b) == pytest.approx(np.sqrt(max(square, 0)), abs=1e-6)
    assert gelbrich_distance(nu, b, mu, a) == pytest.approx(gelbrich_distance(mu, a, nu, b), abs=1e-7)
    assert gelbrich_distance(mu, a, mu, a) == pytest.approx(0, abs=1e-6)


@given(st.integers(0, 10_000), st.sampled_from(FAMILIES))
@settings(max_examples=40)
def test_gradients(seed, family):
    rng = np.random.default_rng(seed)
    c = random_classifiers(seed)
    x = rng.normal(size=3) + 1.0
    step = 1e-6
    numeric = [
        (failure_probabilities(x + step * e, c, family) - failure_probabilities(x - step * e, c, family)) / (2 * step)
        for e in np.eye(3)
    ]
    kink = np.abs(c.margins(x)) < 1e-4
    assert failure_gradients(x, c, family)[~kink] == pytest.approx(np.transpose(numeric)[~kink], abs=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", range(6))
def test_recourse_against_a_grid(seed, family):
    """Two free coordinates and a bias: no point of a fine grid does better."""
    c = random_classifiers(seed, count=2, radius=0.2)
    start = np.array([0.2, -0.1, 1.0])
    try:
        found = recourse(start, 1.5, c, family=family, immutable=[2])
    except tabular.ModelError:
        grid = _disc(start, 1.5)
        assert not any((c.margins(x) >= 0).all() for x in grid)
        return
    assert found.point[2] == 1.0
    assert np.linalg.norm(found.point - start) <= 1.5 + 1e-9
    assert (c.margins(found.point) >= -1e-6).all()
    best = min(float(failure_probabilities(x, c, family) @ c.weights) for x in _disc(start, 1.5) if (c.margins(x) >= 0).all())
    assert found.failure <= best + 1e-6
    assert found.failure <= found.start_failure
    assert found.failure == pytest.approx(float(found.probabilities @ c.weights), abs=1e-12)


def _disc(start, budget):
    for a in np.linspace(0, 1, 25):
        for t in np.linspace(0, 2 * np.pi, 60):
            yield start + budget * a * np.array([np.cos(t), np.sin(t), 0.0])


def test_doubt_about_the_weights():
    c = random_classifiers(4, radius=0.2)
    start = np.array([0.2, -0.1, 1.0])
    plain = recourse(start, 1.5, c, immutable=[2])
    worst = recourse(start, 1.5, c, immutable=[2], divergence=tabular.TotalVariation(), radius=1.0)
    assert worst.failure == pytest.approx(worst.probabilities.max(), abs=1e-12)
    assert worst.failure <= plain.probabilities.max() + 1e-9
    some = recourse(start, 1.5, c, immutable=[2], divergence=tabular.KL(), radius=0.05)
    assert plain.failure - 1e-9 <= some.failure <= worst.failure + 1e-9


def test_a_budget_of_zero_is_the_start():
    found = recourse([1.0, 1.0], 0.0, ONE)
    assert found.point == pytest.approx([1, 1])
    assert found.failure == pytest.approx(0.3126927464, abs=6e-11)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: recourse([-5.0, -5.0], 1.0, ONE), "no point within 1 .* misses component 0 by"),
        (lambda: recourse([1.0, 1.0], 1.0, Classifiers([1, 2], np.eye(2), 3.0)), "near the origin|no point"),
        (lambda: recourse([1.0, 1.0], -1.0, ONE), "budget is -1.0"),
        (lambda: recourse([1.0, 1.0], 1.0, ONE, immutable=[2]), "immutable"),
        (lambda: recourse([1.0, 1.0], 1.0, ONE, radius=0.1), "divergence and a radius"),
        (lambda: recourse([1.0, 1.0], 1.0, ONE, family="normal"), "family"),
        (lambda: recourse([1.0], 1.0, ONE), "vector of length 2"),
        (lambda: failure_probabilities([1.0, np.nan], ONE), "finite vector"),
        (lambda: Classifiers([1, 2], [[1, 2], [0, 1]], 0.1), "not symmetric"),
        (lambda: Classifiers([1, 2], [[1, 2], [2, 1]], 0.1), "negative eigenvalue -1"),
        (lambda: Classifiers([1, 2], np.eye(3), 0.1), "covariances have shape"),
        (lambda: Classifiers([1, 2], np.eye(2), -0.1), "radii"),
        (lambda: Classifiers([1, 2], np.eye(2), [0.1, 0.2]), "radii have shape"),
        (lambda: Classifiers([1, np.inf], np.eye(2), 0.1), "means"),
        (lambda: Classifiers([1, 2], np.eye(2), 0.1, [0.5]), "weights sums to 0.5"),
        (lambda: gelbrich_distance([0], [[1]], [0, 0], np.eye(2)), "one length"),
    ],
)
def test_bad_input(act, message):
    with pytest.raises(tabular.ModelError, match=message):
        act()
