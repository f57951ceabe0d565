"""Every row of the table of conventions: names, halves, argument order."""

import numpy as np
import pytest

import tabular

P, Q = [0.4, 0.6], [0.2, 0.8]

TABLE = [
    (tabular.KL(), 0.1046496288),
    (tabular.ReverseKL(), 0.0915162218),
    (tabular.ChiSquare(), 0.25),
    (tabular.Neyman(), 0.1666666667),
    (tabular.SquaredHellinger(), 0.0486739290),
    (tabular.JensenShannon(), 0.0241572568),
    (tabular.Jeffreys(), 0.1961658506),
    (tabular.CressieRead(2), 0.125),
    (tabular.Alpha(2), 0.125),
    (tabular.TsallisKL(2), 0.25),
]
HALF_UNIT = 5e-11
"""The table gives ten decimals."""


@pytest.mark.parametrize(("D", "value"), TABLE, ids=lambda x: repr(x))
def test_the_table(D, value):
    assert abs(D(P, Q) - value) <= HALF_UNIT


def test_alpha_is_another_name_of_cressie_read():
    assert tabular.Alpha is tabular.CressieRead


@pytest.mark.parametrize(
    ("D", "same"),
    [
        (tabular.CressieRead(1), tabular.KL()),
        (tabular.CressieRead(0), tabular.ReverseKL()),
        (tabular.TsallisKL(1), tabular.KL()),
        (tabular.TsallisKL(2), tabular.ChiSquare()),
        (tabular.TsallisKL(0.5), tabular.SquaredHellinger()),
    ],
    ids=repr,
)
def test_members_of_families(D, same):
    rng = np.random.default_rng(3)
    p, q = rng.dirichlet(np.ones(5), size=(2, 50))
    np.testing.assert_allclose(D(p, q), same(p, q), rtol=1e-13)


def test_sums_and_duals():
    """Jeffreys is a sum; reverse KL and Neyman swap the arguments of KL and chi-square; the second is the reference."""
    rng = np.random.default_rng(4)
    p, q = rng.dirichlet(np.ones(4), size=(2, 50))
    np.testing.assert_allclose(tabular.Jeffreys()(p, q), tabular.KL()(p, q) + tabular.ReverseKL()(p, q), rtol=1e-12)
    np.testing.assert_allclose(tabular.ReverseKL()(p, q), tabular.KL()(q, p), rtol=1e-12)
    np.testing.assert_allclose(tabular.Neyman()(p, q), tabular.ChiSquare()(q, p), rtol=1e-12)
    np.testing.assert_allclose(tabular.ChiSquare()(p, q), ((p - q) ** 2 / q).sum(-1), rtol=1e-12)


def test_ranges_are_reached_by_disjoint_laws():
    one, other = [1.0, 0.0], [0.0, 1.0]
    assert tabular.SquaredHellinger()(one, other) == pytest.approx(2, rel=1e-15)
    assert tabular.JensenShannon()(one, other) == pytest.approx(np.log(2), rel=1e-15)
    assert tabular.Triangular()(one, other) == pytest.approx(2, rel=1e-15)
    for D in (tabular.KL(), tabular.ReverseKL(), tabular.ChiSquare(), tabular.Neyman(), tabular.Jeffreys()):
        assert D(one, other) == np.inf


def test_tsallis_of_the_specification():
    p, m = [0.5, 0.3, 0.2], [0.2, 0.3, 0.5]
    values = {
        0.25: 0.067837266240,
        0.5: 0.135088935933,
        1: 0.274887219562,
        1.5: 0.434121042898,
        2: 0.63,
        3: 1.2285,
        5: 4.7090925,
    }
    for q, value in values.items():
        assert abs(tabular.TsallisKL(q)(p, m) - value) <= 5e-13 * max(1, value)
    entropies = {0.25: 1.666292699630, 0.5: 1.404085868383, 1: 1.029653014065, 1.5: 0.785374246110, 2: 0.62, 3: 0.42}
    for q, value in entropies.items():
        assert abs(tabular.TsallisEntropy(q)(p) - value) <= 5e-13
    assert tabular.ShannonEntropy()(p) == tabular.TsallisEntropy(1)(p)
    assert tabular.TsallisKL(2)([0.6, 0.4], [0.3, 0.7]) == pytest.approx(3 / 7, rel=1e-14)
    assert tabular.TsallisKL(2)([0.3, 0.7], [0.6, 0.4]) == pytest.approx(3 / 8, rel=1e-14)


@pytest.mark.parametrize("q", [0.5, 1.0, 1.5, 2.0, 3.0])
def test_entropy_and_divergence_from_the_uniform_law_differ_by_a_temperature(q):
    """Tsallis entropy to strength s is Tsallis divergence from the uniform law to strength s n^(1 - q), up to a constant."""
    x, n, s = np.array([1.0, 0.5, 0.0, -1.0]), 4, 0.7
    value, law = tabular.TsallisEntropy(q).smooth_max(x, s)
    other, same = tabular.TsallisKL(q).smooth_max(x, None, s * n ** (1 - q))
    np.testing.assert_allclose(law, same, atol=1e-15)
    constant = s * (n ** (1 - q) - 1) / (1 - q) if q != 1 else s * np.log(n)
    assert value == pytest.approx(other + constant, rel=1e-14)
    if q != 1:  # the false sibling: the factor dropped
        assert np.abs(tabular.TsallisKL(q).smooth_max(x, None, s).distribution - law).max() > 1e-3


def test_no_reference_is_the_uniform_law_over_what_is_allowed():
    x = np.array([1.0, -np.inf, 0.0])
    value, law = tabular.KL().smooth_max(x, None, 0.5)
    assert value == pytest.approx(0.5 * np.log(0.5 * np.exp(2) + 0.5), rel=1e-15)
    assert law[1] == 0.0
