"""Gaps, their deviation and the chain's closed forms, against published values, solvers and rationals."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tabular
from tabular.log_mapping import (
    LogMapping,
    action_gaps,
    chain_gaps,
    chain_task,
    chain_values,
    gap_analysis,
    gap_deviation,
    mapped_gaps,
    undiscounted_performance,
)

DEVIATIONS = {
    0.1: (9.52574084, 16.22197645, 14.43072149, 14.39769797),
    0.2: (7.24918902, 11.84183516, 10.08614336, 10.06403885),
    0.4: (4.83916645, 7.34698701, 5.74005853, 5.73184653),
    0.5: (3.98950420, 5.82762254, 4.33991552, 4.33821139),
    0.6: (3.23517487, 4.52653042, 3.19499769, 3.20052095),
    0.8: (1.80493525, 2.24887404, 1.38474195, 1.41105755),
    0.85: (1.42596903, 1.70168098, 1.00249812, 1.03716412),
    0.9: (1.02000047, 1.14605737, 0.64333233, 0.68951700),
    0.96: (0.48726843, 0.45212295, 0.26496461, 0.33305259),
    0.98: (0.33424937, 0.23810053, 0.20619505, 0.27408167),
    0.99: (0.32274106, 0.21486328, 0.23110877, 0.28837290),
}


@pytest.mark.parametrize(("gamma", "row"), DEVIATIONS.items())
def test_published_deviations(gamma, row):
    tasks = ((0.25, -1), (0.25, 0), (0.0, 0), (0.0, -1))
    assert [gap_deviation(chain_gaps(50, gamma, p, 1, r)) for p, r in tasks] == pytest.approx(row, abs=6e-9)


@pytest.mark.parametrize(
    ("gamma", "first", "last", "least", "where"),
    [
        (0.5, 0.4222051, 0.4913561, 2.3563e-14, 33),
        (0.9, 0.1555467, 0.4617787, 9.0695e-5, 41),
        (0.96, 0.07160486, 0.4628104, 2.9109e-3, 42),
        (0.99, 0.0194211, 0.6165845, 8.6946e-3, 42),
    ],
)
def test_published_gaps(gamma, first, last, least, where):
    gaps = chain_gaps(50, gamma, 0.25, 1, -1)
    assert [gaps[0], gaps[49]] == pytest.approx([first, last], rel=2e-7)
    assert gaps.min() == pytest.approx(least, rel=1e-4)
    assert gaps.argmin() == where


@given(st.integers(1, 12), st.fractions(Fraction(1, 20), Fraction(19, 20), max_denominator=20), st.sampled_from([0, 1, 2, 4]))
def test_closed_forms_against_rationals(n, gamma, quarters):
    """Elimination in fractions, to a relative error of 1e-12."""
    p = Fraction(quarters, 10)
    down, up = gamma * (1 - p), gamma * p
    rows, a, b = [], 1 / gamma, Fraction(0)
    for _ in range(n):
        scale = 1 - down * b
        a, b = down * a / scale, up / scale
        rows.append((a, b))
    v = [-1 / gamma]
    for a, b in reversed(rows):
        v.insert(0, a + b * v[0])
    around = [1 / gamma, *v]
    gaps = [(1 - 2 * p) * gamma * (around[s] - around[s + 2]) for s in range(n)]
    found = chain_gaps(n, float(gamma), float(p), 1, -1)
    assert all(abs(float(x / y) - 1) < 1e-12 for x, y in zip(map(Fraction, found), gaps, strict=True))
    values = chain_values(n, float(gamma), float(p), 1, -1)
    assert values == pytest.approx([float(x) for x in v[:-1]], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("gamma", [0.1, 0.5, 0.96, 0.99])
def test_always_left_is_optimal_on_the_chain(gamma):
    task = chain_task(50, gamma)
    solution = tabular.solve(task, tabular.PolicyIteration(), tol=1e-13)
    assert (solution.actions[:50] == 0).all()
    if gamma >= 0.5:
        q = solution.q_values[:50]
        assert q[:, 0] - q[:, 1] == pytest.approx(chain_gaps(50, gamma, 0.25, 1, -1), rel=1e-9, abs=1e-16)


def test_mapped_deviations():
    """Of the positive head: lower than plain ones at low discounts, higher at .99."""
    for gamma, mapped, plain in ((0.1, 0.000831, 16.2), (0.5, 0.021921, 5.83), (0.9, 0.111950, 1.15), (0.99, 0.258079, 0.215)):
        v = np.concatenate([[1 / gamma], chain_values(50, gamma, 0.25, 1, 0), [0.0]])
        q = np.stack([gamma * (0.75 * v[:-2] + 0.25 * v[2:]), gamma * (0.25 * v[:-2] + 0.75 * v[2:])], axis=1)
        assert gap_deviation(mapped_gaps(q, LogMapping(gamma, 200))) == pytest.approx(mapped, abs=2e-5)
        assert gap_deviation(chain_gaps(50, gamma, 0.25, 1, 0)) == pytest.approx(plain, rel=5e-3)


def test_the_last_state_alone_sets_the_mapped_deviation_without_slips():
    values = np.concatenate([0.5 ** np.arange(50), [0.0]])
    q = np.stack([values[:50], np.concatenate([0.5 ** np.arange(2, 51), [0.0]])], axis=1)
    assert gap_deviation(mapped_gaps(q, LogMapping(0.5, 200))) == pytest.approx(0.2629125732, abs=1e-9)


def test_gaps_of_any_model():
    mdp = tabular.MDP([[[1.0], [1.0], [1.0]]], [[3.0, 1.0, 2.5]], 0.5)
    assert action_gaps(tabular.solve(mdp, tol=1e-13).q_values) == pytest.approx([0.5])
    assert action_gaps([[1.0, 1.0, 0.0], [2.0, -np.inf, -np.inf]]).tolist() == [0.0, 0.0]
    assert action_gaps([[1.0, 1.0 - 1e-12]], optimal_within=1e-9).tolist() == [0.0]
    assert action_gaps([[4.0]]).tolist() == [0.0]


def test_analysis_of_any_model():
    task = chain_task(12, 0.9, 0.25, 1.0, 0.0)
    found = gap_analysis(task, [0.6, 0.9])
    for i, gamma in enumerate((0.6, 0.9)):
        assert found.gaps[i, :12] == pytest.approx(chain_gaps(12, gamma, 0.25, 1, 0), rel=1e-6)
        assert found.deviations[i] == pytest.approx(gap_deviation(chain_gaps(12, gamma, 0.25, 1, 0)), rel=1e-6)
    mapped = gap_analysis(task, [0.6], mapping=lambda gamma: LogMapping(gamma, 60))
    assert mapped.deviations[0] < 0.1 * found.deviations[0]
    short = gap_analysis(task, [1.0], horizon=3)
    assert (short.gaps[0, 3:9] == 0).all()  # no end is within three steps
    assert short.gaps[0, 0] > 0
    nothing = tabular.MDP([[[1.0], [1.0]]], [[1.0, 1.0]], 0.5)
    assert np.isnan(gap_analysis(nothing, [0.5]).deviations[0])
    with pytest.raises(tabular.ModelError, match="gammas are"):
        gap_analysis(task, [0.0])


def test_two_metrics():
    chain = tabular.MDP([[[0, 1, 0]], [[0, 0, 1]], [[0, 0, 1]]], [[1], [5], [0]], 0.9)
    assert undiscounted_performance(chain, 0.5, 2) == pytest.approx(6)
    assert undiscounted_performance(chain, 0.5, 1) == pytest.approx(1)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: chain_gaps(0, 0.5, 0.25, 1, -1), "n is 0"),
        (lambda: chain_gaps(5, 0.0, 0.25, 1, -1), "gamma is 0"),
        (lambda: chain_gaps(5, 1.1, 0.25, 1, -1), "gamma is 1.1"),
        (lambda: chain_gaps(5, 0.5, 0.6, 1, -1), "at most 1/2"),
        (lambda: chain_gaps(5, 1.0, 0.5, 1, -1), "fair walk"),
        (lambda: chain_gaps(5, 0.5, 0.25, np.nan, -1), "left_reward"),
        (lambda: gap_deviation([0.0, 0.0]), "no state has a positive gap"),
        (lambda: gap_deviation([-1.0]), "a gap is -1"),
        (lambda: action_gaps([1.0, 2.0]), "expected \\(S, A\\)"),
        (lambda: action_gaps([[1.0, np.nan]]), "state 0, action 1 are nan"),
        (lambda: action_gaps([[1.0, 0.0], [-np.inf, -np.inf]]), "state 1 has no action"),
        (lambda: mapped_gaps([[1.0, -0.5]], LogMapping(0.5, 3)), "-0.5 is outside the domain"),
    ],
)
def test_bad_input(act, message):
    with pytest.raises(tabular.ModelError, match=message):
        act()
