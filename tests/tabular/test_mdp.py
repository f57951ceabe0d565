"""What a model accepts, what it refuses, and what it says."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp

import tabular
from tabular import MDP, ModelError

GOOD = np.array([[[0.5, 0.5], [1.0, 0.0]], [[0.0, 1.0], [0.25, 0.75]]])
R = np.array([[1.0, 0.0], [0.0, 2.0]])


def edited(array, index, value):
    out = np.array(array)
    out[index] = value
    return out


def test_layouts_mean_the_same():
    dense = MDP(GOOD, R, 0.9)
    stacked = MDP(sp.csr_array(GOOD.reshape(4, 2)), R, 0.9)
    listed = MDP([sp.csr_array(GOOD[:, a]) for a in range(2)], R, 0.9)
    np.testing.assert_array_equal(stacked.P.toarray().reshape(2, 2, 2), dense.P)
    np.testing.assert_array_equal(listed.P.toarray().reshape(2, 2, 2), dense.P)


def test_reward_layouts():
    per_transition = np.arange(8.0).reshape(2, 2, 2)
    expected = (GOOD * per_transition).sum(axis=2)
    csr = sp.csr_array(GOOD.reshape(4, 2))
    for mdp in (
        MDP(GOOD, per_transition, 0.9),
        MDP(csr, per_transition, 0.9),
        MDP(csr, sp.csr_array(per_transition.reshape(4, 2)), 0.9),
        MDP(GOOD, sp.csr_array(per_transition.reshape(4, 2)), 0.9),
    ):
        np.testing.assert_allclose(mdp.r, expected, rtol=1e-15)
        assert (mdp.reward_error > 0).any()
    np.testing.assert_array_equal(MDP(GOOD, [1.0, 2.0], 0.9).r, [[1, 1], [2, 2]])


def test_models_are_immutable_and_own_their_data():
    source = GOOD.copy()
    mdp = MDP(source, R, 0.9)
    source[0, 0] = 7
    assert mdp.P[0, 0, 0] == 0.5
    with pytest.raises(ValueError, match="read-only"):
        mdp.P[0, 0, 0] = 1
    with pytest.raises(AttributeError, match="immutable"):
        mdp.gamma = 0.5
    sparse = MDP(sp.csr_array(GOOD.reshape(4, 2)), R, 0.9)
    with pytest.raises(ValueError, match="read-only"):
        sparse.P.data[0] = 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"P": edited(GOOD, (1, 0, 1), np.nan)}, r"from state 1, action 0 to state 1 is nan"),
        ({"P": edited(GOOD, (1, 0, 1), np.inf)}, r"from state 1, action 0 to state 1 is inf"),
        ({"P": edited(GOOD, (0, 1), [1.5, -0.5])}, r"from state 0, action 1 to state 1 is -0\.5"),
        ({"P": edited(GOOD, (0, 1), [0.5, 0.48])}, r"state 0, action 1 sum to 0\.98 \(expected 1 within 1e-09\); normalise"),
        ({"P": edited(GOOD, (0, 1), [0.5, 0.5 + 2e-9])}, r"state 0, action 1 sum to 1\.000000002"),
        ({"P": sp.csr_array(edited(GOOD, (1, 1), [0.5, 0.48]).reshape(4, 2))}, r"state 1, action 1 sum to 0\.98"),
        ({"P": sp.csr_array(edited(GOOD, (1, 1), [1.5, -0.5]).reshape(4, 2))}, r"state 1, action 1 to state 1 is -0\.5"),
        ({"P": GOOD[0]}, r"P has shape \(2, 2\) \(expected \(S, A, S\)"),
        ({"P": GOOD[:, :, :1]}, r"P has shape \(2, 2, 1\)"),
        ({"P": np.zeros((0, 2, 0))}, r"at least one state"),
        ({"P": np.zeros((2, 0, 2))}, r"at least one state and one action"),
        ({"P": sp.csr_array((5, 2))}, r"P has shape \(5, 2\) \(expected \(S\*A, S\)"),
        ({"P": GOOD.astype(complex)}, r"dtype complex128"),
        ({"P": "transition.csv"}, r"dtype <U"),
        ({"r": R[:1]}, r"r has shape \(1, 2\) \(expected \(S, A\) = \(2, 2\)"),
        ({"r": edited(R, (1, 0), np.nan)}, r"reward of state 1, action 0 is nan"),
        ({"r": edited(R, (1, 0), -np.inf)}, r"use allowed=\.\.\. instead of infinite rewards"),
        ({"gamma": 1.5}, r"gamma is 1\.5 \(expected a number in \[0, 1\]\)"),
        ({"gamma": -0.1}, r"gamma is -0\.1"),
        ({"gamma": np.nan}, r"gamma is nan"),
        ({"gamma": "high"}, r"gamma is 'high'"),
        ({"allowed": [[True, True], [False, False]]}, r"state 1 has no allowed action"),
        ({"allowed": [True, True]}, r"allowed has shape \(2,\)"),
        ({"allowed": [[1, 1], [1, 0]]}, r"allowed has dtype int64"),
        ({"initial": [0.5, 0.4]}, r"initial sums to 0\.9"),
        ({"initial": [1.5, -0.5]}, r"initial\[1\] is -0\.5"),
        ({"initial": 2}, r"initial is 2, outside 0\.\.1"),
        ({"initial": [1.0]}, r"initial has shape \(1,\)"),
    ],
)
def test_bad_models_are_named(arguments, message):
    with pytest.raises(ModelError, match=message):
        MDP(**{"P": GOOD, "r": R, "gamma": 0.9, **arguments})


def test_column_indices_out_of_range_are_refused():
    broken = sp.csr_array(GOOD.reshape(4, 2))
    broken.indices[0] = 9
    with pytest.raises(ModelError, match="consistent sparse matrix"):
        MDP(broken, R, 0.9)


def test_disallowed_rows_are_ignored():
    allowed = np.array([[True, False], [True, True]])
    P = edited(GOOD, (0, 1), np.nan)
    mdp = MDP(P, edited(R, (0, 1), -np.inf), 0.9, allowed=allowed)
    assert mdp.r[0, 1] == 0
    assert (mdp.P[0, 1] == 0).all()
    assert tabular.q_values(mdp, [0, 0])[0, 1] == -np.inf
    sparse = MDP(sp.csr_array(P.reshape(4, 2)), edited(R, (0, 1), np.nan), 0.9, allowed=allowed)
    np.testing.assert_allclose(tabular.solve(sparse).values, tabular.solve(mdp).values, rtol=1e-12)


@pytest.mark.parametrize(
    ("mdp", "message"),
    [
        (MDP(GOOD, R, 1.0), "FiniteHorizon"),
        (MDP(GOOD * (1 + 9e-10), R, 1 - 1e-10), r"row sum of state \d, action \d is 1\.0"),
        (MDP(GOOD, R * 1e305, 0.9999), "rescale the rewards"),
    ],
)
def test_problems_without_a_finite_answer(mdp, message):
    with pytest.raises(ModelError, match=message):
        tabular.solve(mdp)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: tabular.solve(m, tol=0), "tol is 0"),
        (lambda m: tabular.solve(m, tol=np.nan), "tol is nan"),
        (lambda m: tabular.solve(m, "policy_iteration"), "expected a method such as"),
        (lambda m: tabular.solve(m, tabular.PolicyIteration), r"pass a value: PolicyIteration\(\)"),
        (lambda m: tabular.solve(m, tabular.BackwardInduction()), "FiniteHorizon"),
        (lambda m: tabular.solve(m, initial_values=[1.0]), r"initial_values has shape \(1,\)"),
        (lambda m: tabular.solve(m, initial_values=[1.0, np.nan]), r"initial_values\[1\] is nan"),
        (lambda m: tabular.solve(tabular.FiniteHorizon(m, 3), tabular.PolicyIteration()), "does not solve finite horizons"),
        (lambda m: tabular.solve(42), "cannot solve int"),
        (lambda m: tabular.FiniteHorizon(m, 0), "horizon is 0"),
        (lambda m: tabular.FiniteHorizon(m, 2, terminal=[1.0]), r"terminal has shape \(1,\)"),
        (lambda m: tabular.ValueIteration(max_iterations=0), "max_iterations is 0"),
        (lambda m: tabular.PolicyIteration(evaluation="magic"), "evaluation is 'magic'"),
        (lambda m: tabular.policy_value(m, [0, 2]), "takes action 2 in state 1"),
        (lambda m: tabular.policy_value(m, [[0.5, 0.4], [1, 0]]), "policy of state 0 sums to 0.9"),
        (lambda m: tabular.policy_value(m, [[1.5, -0.5], [1, 0]]), r"policy\[0, 1\] is -0\.5"),
        (lambda m: tabular.policy_value(m, [0.0, 1.0]), r"policy has shape \(2,\)"),
        (lambda m: tabular.occupancy(m, [0, 0], initial=[0.2, 0.2]), "initial sums to 0.4"),
        (lambda m: tabular.Problem(m, groups=[0, 2]), "no action has label 1"),
        (lambda m: tabular.Problem(m, outer=None), "outer=None"),
    ],
)
def test_bad_calls_are_named(call, message):
    with pytest.raises(ModelError, match=message):
        call(MDP(GOOD, R, 0.9))


def test_rational_models():
    third = Fraction(1, 3)
    mdp = MDP([[[third, 1 - third]], [[0, 1]]], [[third], [0]], Fraction(9, 10), initial=[third, 1 - third])
    assert mdp.exact.P[0, 0, 0] == third
    assert mdp.gamma == 0.9
    assert "rational" in repr(mdp)
    assert mdp.replace(gamma=Fraction(1, 2)).exact.gamma == Fraction(1, 2)
    with pytest.raises(ModelError, match="below 2"):
        MDP([[[Fraction(1, 10**400), 1 - Fraction(1, 10**400)]], [[0, 1]]], [[0], [0]], 0.5)
    with pytest.raises(ModelError, match="nearest fractions of state 0, action 0 sum to"):
        MDP(np.tile([[0.41, 0.3, 0.29]], (3, 1, 1)), [0, 0, 0], 0.5).rationalized(max_denominator=4)


def test_sparse_models_are_rationalised_too():
    lake = MDP.from_gymnasium("FrozenLake-v1", gamma=0.9).rationalized()
    assert Fraction(1, 3) in set(lake.exact.P)
    assert lake.exact.gamma == Fraction(9, 10)
    with pytest.raises(ModelError, match="sparse rational model cannot be changed"):
        lake.replace(gamma=0.5)


def test_repr_shows_the_contents():
    text = repr(MDP(sp.csr_array(GOOD.reshape(4, 2)), R, 0.9, initial=1, allowed=[[True, False], [True, True]]))
    assert "MDP(2 states, 2 actions, gamma=0.9)" in text
    assert "CSR (4, 2)" in text
    assert "state 1" in text
    assert "3 of 4 pairs" in text
