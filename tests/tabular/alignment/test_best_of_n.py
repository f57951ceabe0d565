"""Best-of-n laws against rationals, sixty digits and enumeration, at every scale of masses and draws."""

from fractions import Fraction

import alignment_oracles as oracles
import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tabular
from proofs_check.strategies import distributions
from tabular.alignment import best_of_n, kernels, kl_cap

GENERIC = [0.4, 0.3, 0.2, 0.1]


def close(value, truth, relative=2e-13, absolute=0.0):
    error = abs(mp.mpf(float(value)) - truth)
    assert error <= relative * abs(truth) + absolute, (float(value), float(truth), float(error))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_exact_law_is_that_of_all_sequences(data):
    weights = data.draw(st.lists(st.integers(0, 20), min_size=1, max_size=4).filter(any))
    p = [Fraction(w, sum(weights)) for w in weights]
    rewards = data.draw(st.lists(st.integers(-1, 1), min_size=len(p), max_size=len(p)))
    n = data.draw(st.integers(1, 4))
    best = best_of_n(p, rewards, n)
    listed = oracles.listed(p, rewards, n)
    assert list(best.pmf) == listed
    beats = sum(
        q * x * (Fraction(int(r > s)) + Fraction(int(r == s), 2))
        for q, r in zip(listed, rewards, strict=True)
        for x, s in zip(p, rewards, strict=True)
    )
    assert best.win_rate == beats
    doubles = best_of_n([float(x) for x in p], rewards, n)
    np.testing.assert_allclose(doubles.pmf, [float(x) for x in listed], rtol=1e-13, atol=1e-16)


def masses(family, size, rng):
    if family == "heavy bottom":
        return np.array([0.9, *np.full(size - 1, 0.1 / (size - 1))])
    if family == "tiny top":
        return np.array([*np.full(size - 1, (1 - 1e-8) / (size - 1)), 1e-8])
    if family == "geometric":
        x = 0.5 ** np.arange(size)
    elif family == "rising":
        x = 2.0 ** np.arange(size)
    elif family == "zipf":
        x = 1 / np.arange(1, size + 1)
    elif family == "uniform":
        x = np.ones(size)
    else:
        x = np.maximum(rng.dirichlet(np.full(size, family)), 1e-12)
    return x / x.sum()


FAMILIES = ["heavy bottom", "tiny top", "geometric", "rising", "zipf", "uniform", 0.05, 0.3, 1.0, 5.0]


@pytest.mark.parametrize("n", [1, 1.001, 1.7, 2, 3, 5.5, 10, 100, 10**4, 10**6, 10**9])
@pytest.mark.parametrize("family", FAMILIES)
def test_sixty_digits(family, n):
    rng = np.random.default_rng(7)
    for size in (2, 7, 40):
        p = masses(family, size, rng)
        best, truth = best_of_n(p, np.arange(size), n), oracles.quantities(p, range(size), n)
        # of cells that fill half their range, n near 1 leaves about (n - 1) of a quantity of second order
        loose = 2e-13 if n >= 1.5 or n == 1 else 1e-15 / (n - 1) ** 2
        close(best.kl, truth["kl"], loose, 1e-50)
        close(best.gap, truth["gap"], loose, 1e-45)
        close(best.win_rate, truth["win_rate"])
        close(best.expected_estimator, truth["expected_estimator"], loose, 1e-50)
        close(best.estimator_variance, truth["estimator_variance"], 1e-9 if n >= 1.5 else 1e-2, 1e-28)
        assert abs(best.pmf.sum() - 1) < 1e-14 * size
        np.testing.assert_allclose(np.exp(best.log_pmf), best.pmf, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("n", [2, 3.3, 1000, 1e9])
def test_cells_of_every_size(n):
    for epsilon in (1e-300, 1e-20, 1e-12, 1e-7, 1e-4, 0.003, 0.1, 0.4999, 0.5, 0.501, 0.9, 1 - 1e-9, 1 - 2**-53):
        with mp.workdps(700 if epsilon < 1e-100 else 80):
            gap, d = oracles.gap_of_cell(n, epsilon), oracles.estimator(n, epsilon)
            close(kernels.gap_of_cell(float(n), epsilon), gap, 1e-13, 1e-300)
            close(kernels.estimator(float(n), epsilon, 1 - epsilon), d, 1e-14)
    assert kernels.gap_of_cell(float(n), 0.0) == 0 == kernels.estimator(float(n), 1.0, 0.0)
    assert kernels.gap_of_cell(float(n), 1.0) == kl_cap(n) == kernels.estimator(float(n), 0.0, 1.0)


@pytest.mark.parametrize(
    ("n", "epsilon", "value"),
    [(2, 0.5, 0.179098831081), (10, 0.1, 1.37888673625), (100, 0.01, 3.5896667077), (1000, 1e-4, 5.90871571123)],
)
def test_published_estimates(n, epsilon, value):
    assert best_of_n(GENERIC, range(4), n).estimator(epsilon) == pytest.approx(value, rel=1e-11)


@pytest.mark.parametrize(
    ("n", "epsilon", "value"),
    [(100, 1e-6, 4.0835519435e-14), (10**9, 1e-12, 4.16458391517e-11), (10**9, 1e-8, 1.3030253549)],
)
def test_published_gaps(n, epsilon, value):
    assert kernels.gap_of_cell(float(n), epsilon) == pytest.approx(value, rel=2e-11)


@pytest.mark.parametrize(
    ("size", "n", "kl", "expected", "gap", "rate"),
    [
        (2, 2, 0.130812035941, 0.179098831081, 0.0623351446188, 0.625),
        (2, 10, 0.685402079617, 0.686771791622, 0.717183013377, 0.74951171875),
        (10, 100, 2.30227867708, 2.3023163423, 1.31289150891, 0.94999734384),
        (10**4, 2, 0.193147170975, 0.19314718056, 9.58520576343e-9, 0.666666665),
        (10**4, 1000, 5.90833871562, 5.90871571123, 0.000416563360625, 0.999000165806),
        (10**4, 10**4, 8.1697881341, 8.18474542745, 0.0406522378733, 0.99989181229),
    ],
)
def test_uniform_alphabets(size, n, kl, expected, gap, rate):
    best = best_of_n(np.full(size, 1 / size), np.arange(size), n)
    found = (best.kl, best.expected_estimator, best.gap, best.win_rate)
    assert found == pytest.approx((kl, expected, gap, rate), rel=1e-11)


@pytest.mark.parametrize(
    ("p", "n", "kl", "expected", "rate"),
    [
        ((1 - 1e-4, 1e-4), 2, 3.86275045568e-5, 1.38512352075e-4, 0.500049995),
        ((1 - 1e-4, 1e-4), 10**5, 9.20942326551, 9.20948239818, 0.999927311383),
        ((0.9899, 0.01, 1e-4), 100, 2.27994455653, 2.29287067148, 0.813791633249),
        ((0.5, 0.5), 4, 0.459355521853, 0.499123919423, 0.71875),
        (tuple(GENERIC), 8, 1.12410814502, 1.15655259583, 0.87078854),
    ],
)
def test_cherry_picked(p, n, kl, expected, rate):
    best = best_of_n(p, range(len(p)), n)
    assert (best.kl, best.expected_estimator, best.win_rate) == pytest.approx((kl, expected, rate), rel=1e-11)


def test_variance():
    for n, variance in ((2, 4.84980328e-6), (4, 2.43514084e-4), (8, 2.42956371e-3)):
        assert best_of_n(GENERIC, range(4), n).estimator_variance == pytest.approx(variance, rel=1e-8)


@pytest.mark.parametrize(
    ("n", "by_class", "by_outcome"), [(2, 0.182925626528, 0.190828625621), (8, 0.968269586223, 1.13194766693)]
)
def test_ties(n, by_class, by_outcome):
    best = best_of_n(GENERIC, [0, 1, 1, 2], n)
    assert best.expected_estimator == pytest.approx(by_class, rel=1e-11)
    assert best.expected_estimator_by_outcome == pytest.approx(by_outcome, rel=1e-11)
    assert best.expected_estimator_by_outcome >= best.expected_estimator >= best.kl
    assert best.estimator_variance_by_outcome > 0
    merged = best_of_n([0.4, 0.5, 0.1], range(3), n)
    assert best.kl == pytest.approx(merged.kl, rel=1e-14)
    assert best.win_rate == pytest.approx(merged.win_rate, rel=1e-14)
    assert best.pmf[1] / best.pmf[2] == pytest.approx(1.5)


def test_all_tied():
    best = best_of_n(np.full(1000, 1e-3), np.zeros(1000), 10)
    assert best.kl == 0
    assert best.gap == best.kl_cap
    assert best.win_rate == 0.5
    np.testing.assert_allclose(best.pmf, 1e-3, rtol=1e-12)


def test_ties_within_a_tolerance():
    p, rewards = np.full(4, 0.25), [0.0, 0.1 + 0.2, 0.3, 1.0]
    assert len(best_of_n(p, rewards, 2).classes) == 4
    tied = best_of_n(p, rewards, 2, tie_tolerance=1e-12)
    assert len(tied.classes) == 3
    assert 0 < tied.classes.spread < 1e-15
    assert tied.pmf[1] == tied.pmf[2]
    chain = best_of_n(p, [0.0, 0.1, 0.2, 5.0], 2, tie_tolerance=0.11)
    assert len(chain.classes) == 2
    assert chain.classes.spread == pytest.approx(0.2)


def test_rewards_are_compared_exactly():
    big = 2**60
    assert len(best_of_n([0.5, 0.5], [big, big + 1], 2).classes) == 2
    assert len(best_of_n([0.5, 0.5], [Fraction(1, 3), Fraction(1, 3) + Fraction(1, 10**30)], 2).classes) == 2
    assert len(best_of_n([0.5, 0.5], np.array([-(2**63), 2**63 - 1]), 2, tie_tolerance=1).classes) == 2
    assert len(best_of_n([0.5, 0.5], [3, 4], 2, tie_tolerance=1).classes) == 1


def test_outcomes_without_mass_change_nothing():
    best = best_of_n([0.0, 0.5, 0.0, 0.5], [9, 0, 0, 1], 3)
    assert best.pmf.tolist() == [0.0, 0.125, 0.0, 0.875]
    assert best.log_pmf[0] == -np.inf
    assert best.kl == pytest.approx(best_of_n([0.5, 0.5], [0, 1], 3).kl, rel=1e-15)


def test_small_laws_keep_their_digits_in_logarithms():
    best = best_of_n([1e-20, 0.5, 0.5], range(3), 100)
    assert best.pmf[0] == 0
    close(best.log_pmf[0], 100 * mp.log(mp.mpf(1e-20)), 1e-15)


def test_whole_numbers_are_integers():
    assert list(best_of_n([Fraction(1, 2)] * 2, [0, 1], 2.0).pmf) == [Fraction(1, 4), Fraction(3, 4)]
    assert best_of_n([Fraction(1, 2)] * 2, [0, 1], 2.5).pmf.dtype == float


@pytest.mark.parametrize("p", [[5e-324, 1.0], [1.0, 5e-324], [5e-324, 1e-310, 1.0], [0.5, 5e-324, 0.5]])
def test_masses_at_the_edge_of_doubles(p):
    for n in (1, 1.5, 2, 1000, 10**9):
        best = best_of_n(p, range(len(p)), n)
        values = [best.kl, best.gap, best.win_rate, best.expected_estimator, best.estimator_variance]
        values += [best.expected_estimator_by_outcome, *best.pmf]
        assert np.isfinite(values).all()
        assert 0 <= best.kl <= best.kl_cap + 1e-15
        assert abs(best.pmf.sum() - 1) < 1e-14


def test_more_draws_without_sorting():
    best = best_of_n(GENERIC, [3, 1, 2, 0], 2)
    assert best.with_draws(9).kl == best_of_n(GENERIC, [3, 1, 2, 0], 9).kl
    with pytest.raises(tabular.ModelError, match=r"n is 0 "):
        best.with_draws(0)


@settings(max_examples=100, deadline=None)
@given(distributions(6), st.floats(1, 1e6))
def test_the_gap_is_the_difference(p, n):
    best = best_of_n(p, range(6), n)
    assert best.gap == pytest.approx(best.kl_cap - best.kl, abs=1e-13 * max(1, best.kl_cap))
    assert best.kl <= best.expected_estimator + 1e-13 * max(1, best.kl_cap)


def test_sampling():
    rng = np.random.default_rng(0)
    p, rewards, n, size = np.array([0.1, 0.0, 0.35, 0.25, 0.3]), [2, 5, 0, 1, 1], 3, 200_000
    best = best_of_n(p, rewards, n)
    for draws in (best.sample(rng, size), played(rng, p, rewards, n, size)):
        counts = np.bincount(draws, minlength=5) / size
        np.testing.assert_allclose(counts, best.pmf, atol=5 * np.sqrt(0.25 / size))
    for by_outcome, mean, variance in (
        (False, best.expected_estimator, best.estimator_variance),
        (True, best.expected_estimator_by_outcome, best.estimator_variance_by_outcome),
    ):
        values = best.sample_estimator(rng, size, by_outcome=by_outcome)
        assert abs(values.mean() - mean) < 5 * np.sqrt(variance / size)
        assert values.var() == pytest.approx(variance, rel=0.02)


def played(rng, p, rewards, n, size):
    """Draw n outcomes and keep the first of the best."""
    draws = rng.choice(len(p), size=(size, n), p=p)
    winners = np.asarray(rewards)[draws].argmax(axis=1)
    return draws[np.arange(size), winners]


def test_sampling_a_billion_draws():
    best = best_of_n(np.full(10**5, 1e-5), np.arange(10**5), 1e9)
    assert (best.sample(np.random.default_rng(1), 50) == 10**5 - 1).all()


@pytest.mark.parametrize(("size", "kl", "naive_kl"), [(10**4, 9.210340371976, 9.20938), (10**6, 13.815510557964, 13.9333)])
def test_where_the_naive_formula_fails(size, kl, naive_kl):
    p = np.full(size, 1 / size)
    best, naive = best_of_n(p, np.arange(size), 10**9), oracles.naive(p, 10**9)
    assert best.kl == pytest.approx(kl, abs=2e-12)
    assert abs(naive["kl"] - kl) > 9e-4
    assert naive["kl"] == pytest.approx(naive_kl, rel=1e-2)
    if size == 10**6:
        assert naive["win_rate"] > 1
    assert best.win_rate <= 1 - 0.5 / size + 1e-16


def test_zipf():
    p = 1 / np.arange(1, 10**6 + 1)
    p /= p.sum()
    assert best_of_n(p, np.arange(10**6), 10**4).kl == pytest.approx(8.2104403518, rel=1e-10)
    assert best_of_n(p, -np.arange(10**6), 10**4).kl == pytest.approx(2.6667229903, rel=1e-10)


@pytest.mark.slow
def test_ten_million_outcomes():
    size = 10**7
    best = best_of_n(np.full(size, 1 / size), np.random.default_rng(0).permutation(size), 10**9)
    assert best.kl == pytest.approx(16.1180956510, rel=1e-11)
    assert best.win_rate == pytest.approx(0.99999995, abs=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.5, np.nan], [0, 1], 2), r"probabilities\[1\] is nan"),
        (([0.5, -0.5], [0, 1], 2), r"probabilities\[1\] is -0.5"),
        (([np.inf, 0.5], [0, 1], 2), r"probabilities\[0\] is inf"),
        (([0.5, 0.4], [0, 1], 2), "sum to 0.9 "),
        (([0.0, 0.0], [0, 1], 2), "all zero"),
        (([], [], 2), "at least one outcome"),
        (([[0.5, 0.5]], [0, 1], 2), r"shape \(1, 2\)"),
        (([0.5, 0.5], [0, 1, 2], 2), r"rewards have shape \(3,\)"),
        (([0.5, 0.5], [0, np.nan], 2), r"rewards\[1\] is nan"),
        (([0.5, 0.5], [np.inf, 0], 2), r"rewards\[0\] is inf"),
        (([0.5, 0.5], ["a", "b"], 2), "dtype"),
        (([0.5, 0.5], [0, 1], 0.5), r"n is 0.5 "),
        (([0.5, 0.5], [0, 1], np.inf), r"n is inf"),
        (([0.5, 0.5], [0, 1], np.nan), r"n is nan"),
        (([0.5, 0.5], [0, 1], True), r"n is True"),
        (([0.5, 0.5], [0, 1], "two"), r"n is 'two'"),
        (([Fraction(1, 2), Fraction(1, 3)], [0, 1], 2), "sum to 5/6"),
        (([Fraction(1, 10**400), 1 - Fraction(1, 10**400)], [0, 1], 2), r"probabilities\[0\] is below"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(tabular.ModelError, match=message):
        best_of_n(*arguments)


def test_bad_tolerances_and_masses():
    for tolerance in (-1, np.nan, np.inf, "wide"):
        with pytest.raises(tabular.ModelError, match="tie_tolerance is"):
            best_of_n([0.5, 0.5], [0, 1], 2, tie_tolerance=tolerance)
    for epsilon in (-0.1, 1.1, np.nan):
        with pytest.raises(tabular.ModelError, match="epsilon is"):
            best_of_n([0.5, 0.5], [0, 1], 2).estimator([0.5, epsilon])
    huge = best_of_n([Fraction(1, 3), Fraction(2, 3)], [0, 1], 10**9)
    assert huge.kl == pytest.approx(np.log(1.5))
    with pytest.raises(tabular.ModelError, match="pass doubles"):
        _ = huge.pmf
