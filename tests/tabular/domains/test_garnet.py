"""Garnets: the branching that was asked for, and the laws of successors, probabilities and rewards."""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from tabular.domains import garnet


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 3), st.data(), st.integers(0, 2**32))
def test_garnet_has_the_branching_it_is_asked_for(n, m, data, seed):
    b = data.draw(st.integers(1, n))
    dense, csr = (garnet(n, m, b, rng=seed, sparse=sparse) for sparse in (False, True))
    assert (dense.is_sparse, csr.is_sparse) == (False, True)
    assert np.array_equal(dense.P.reshape(n * m, n), csr.P.toarray())
    assert np.array_equal(dense.r, csr.r)
    assert (np.diff(csr.P.indptr) == b).all()
    assert all(len(set(row)) == b for row in csr.P.indices.reshape(-1, b).tolist())
    assert max(abs(math.fsum(row) - 1) for row in dense.P.reshape(n * m, n)) <= b * 2.0**-52


def test_garnet_draws_every_subset_alike_and_cuts_uniformly():
    model = garnet(5, 12_000, 3, rng=0, sparse=True)
    subsets, counts = np.unique(model.P.indices.reshape(-1, 3), axis=0, return_counts=True)
    assert len(subsets) == math.comb(5, 3)
    assert scipy.stats.chisquare(counts).pvalue > 1e-3
    # A piece of the unit interval between 2 uniform cuts has the law Beta(1, 2), whichever piece it is.
    for piece in model.P.data.reshape(-1, 3)[:5000].T:
        assert scipy.stats.kstest(piece, scipy.stats.beta(1, 2).cdf).pvalue > 1e-3


def test_garnet_rewards_have_the_law_that_was_named():
    def rewards(**law):
        return garnet(50, 100, 1, rng=3, **law).r.reshape(-1)

    assert scipy.stats.kstest(rewards(), "norm").pvalue > 1e-3
    assert scipy.stats.kstest(rewards(reward_law="uniform"), "uniform").pvalue > 1e-3
    assert np.mean(rewards(reward_sparsity=0.7) == 0) == pytest.approx(0.7, abs=0.03)
    assert not rewards(reward_sparsity=1).any()


def test_garnet_takes_a_seed_or_a_generator():
    generator = np.random.default_rng(5)
    first, second = garnet(6, 2, 3, rng=generator), garnet(6, 2, 3, rng=generator)
    assert np.array_equal(first.r, garnet(6, 2, 3, rng=5).r)
    assert not np.array_equal(first.r, second.r)
    assert garnet(100, 2, 3, rng=0).is_sparse
    assert not garnet(10, 2, 5, rng=0).is_sparse
