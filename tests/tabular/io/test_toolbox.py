"""The (A, S, S) layout: every form of the same model reads as the same model, every other order is named."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp

from tabular import MDP, ModelError

A, S = 2, 3


@pytest.fixture
def P():
    p = np.random.default_rng(0).random((A, S, S))
    p[0, 1, 2] = 0.0
    return p / p.sum(axis=2, keepdims=True)


@pytest.fixture
def R():
    return np.random.default_rng(1).normal(size=(A, S, S))


def dense(model):
    return model.P.toarray().reshape(S, A, S) if model.is_sparse else model.P


def by_hand(P, R):
    """(S, A, S) transitions and (S, A) rewards, entry by entry."""
    p = np.array([[[P[a][s, t] for t in range(S)] for a in range(A)] for s in range(S)])
    r = np.array([[sum(P[a][s, t] * R[a][s, t] for t in range(S)) for a in range(A)] for s in range(S)])
    return p, r


def as_objects(matrices):
    out = np.empty(len(matrices), dtype=object)
    out[:] = matrices
    return out


FORMS = {
    "array": lambda X: X,
    "nested lists": lambda X: X.tolist(),
    "list of arrays": list,
    "tuple of csr": lambda X: tuple(sp.csr_array(x) for x in X),
    "list of old csc matrices": lambda X: [sp.csc_matrix(x) for x in X],
    "object array": lambda X: as_objects([sp.csr_matrix(x) for x in X]),
    "mixed": lambda X: [sp.csr_array(X[0]), X[1]],
}


@pytest.mark.parametrize("form_P", FORMS)
@pytest.mark.parametrize("form_R", FORMS)
def test_all_forms_read_alike(P, R, form_P, form_R):
    model = MDP.from_mdptoolbox(FORMS[form_P](P), FORMS[form_R](R), 0.9)
    p, r = by_hand(P, R)
    assert np.array_equal(dense(model), p)
    np.testing.assert_allclose(model.r, r, rtol=1e-14, atol=1e-15)
    assert model.is_sparse == (form_P not in {"array", "nested lists", "list of arrays"})
    assert model.transition_reward is not None


@pytest.mark.parametrize("form_P", ["array", "tuple of csr"])
def test_rewards_per_state_and_per_pair(P, form_P):
    per_state, per_pair = np.arange(S), np.arange(S * A).reshape(S, A)

    def read(R):
        return MDP.from_mdptoolbox(FORMS[form_P](P), R, 0.9).r.tolist()

    assert read(per_state) == [[0, 0], [1, 1], [2, 2]]
    assert read(per_pair) == per_pair.tolist()
    assert read(sp.csr_array(per_pair)) == per_pair.tolist()


def test_rewards_where_a_sparse_model_has_no_transition_are_never_paid(P):
    R = [sp.csr_array(np.full((S, S), 1.0)) for _ in range(A)]
    R[0][1, 2] = 1e300  # P[0, 1, 2] is zero
    assert MDP.from_mdptoolbox([sp.csr_array(p) for p in P], R, 0.9).r == pytest.approx(np.ones((S, A)))


def test_as_many_actions_as_states_reads_as_actions_first():
    P = np.zeros((2, 2, 2))
    P[0, :, 0] = P[1, :, 1] = 1  # action a leads to state a
    model = MDP.from_mdptoolbox(P, [[1, 2], [3, 4]], 0.9)
    assert model.P.tolist() == [[[1, 0], [0, 1]], [[1, 0], [0, 1]]]
    assert model.r.tolist() == [[1, 2], [3, 4]]


def test_fractions_stay_fractions():
    third = Fraction(1, 3)
    model = MDP.from_mdptoolbox([[[third, 2 * third], [0, 1]]], [[third], [1]], Fraction(1, 2))
    assert model.exact.P.tolist() == [[[third, 2 * third]], [[0, 1]]]
    assert model.exact.r.tolist() == [[third], [1]]


@pytest.mark.parametrize(
    ("order", "name", "advice"),
    [
        ((1, 0, 2), "(S, A, S)", "P.transpose(1, 0, 2)"),
        ((0, 2, 1), "(A, S', S)", "P.transpose(0, 2, 1)"),
        ((1, 2, 0), "(S, S', A)", "P.transpose(2, 0, 1)"),
        ((2, 0, 1), "(S', A, S)", "P.transpose(1, 2, 0)"),
        ((2, 1, 0), "(S', S, A)", "P.transpose(2, 1, 0)"),
    ],
)
def test_another_order_is_named_with_advice_that_works(P, R, order, name, advice):
    wrong = P.transpose(order)
    with pytest.raises(ModelError) as caught:
        MDP.from_mdptoolbox(wrong, R, 0.9)
    assert name in str(caught.value)
    assert advice in str(caught.value)
    permutation = tuple(int(axis) for axis in advice if axis.isdigit())
    assert np.array_equal(wrong.transpose(permutation), P)


def test_transposed_sparse_matrices_are_named(P, R):
    with pytest.raises(ModelError, match=r"columns of P\[0\] sum to one.*\(S', S\)"):
        MDP.from_mdptoolbox([sp.csr_array(p.T) for p in P], R, 0.9)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda P, R: (P[0], R), r"P has shape \(3, 3\) \(expected \(A, S, S\)"),
        (lambda P, R: (sp.csr_array(P[0]), R), "one sparse matrix"),
        (lambda P, R: ([sp.csr_array(P[0]), sp.csr_array(P[1][:2, :2])], R), r"P\[1\] has shape \(2, 2\)"),
        (lambda P, R: ([P[0], P[1][:2]], R), "ragged"),
        (lambda P, R: (P[:, :2], R), r"P has shape \(2, 2, 3\)"),
        (lambda P, R: (P, R[0][:2]), r"looks like \(A, S\): pass R.T"),
        (lambda P, R: (P, R.transpose(1, 0, 2)), r"looks like \(S, A, S\)"),
        (lambda P, R: (P, [sp.csr_array(R[0])]), r"R has shape \(1, 3, 3\)"),
        (lambda P, R: (P, R[:, 0, 0]), r"R has shape \(2,\)"),
        (lambda P, R: (P * 0.9, R), "state 0, action 0 sum to 0.9"),
        (lambda P, R: ([sp.csr_array(p * 0.9) for p in P], R), "state 0, action 0 sum to 0.9"),
        (lambda P, R: (P, R * np.nan), "transition reward is nan"),
    ],
)
def test_what_does_not_fit_is_refused(P, R, wrong, message):
    with pytest.raises(ModelError, match=message):
        MDP.from_mdptoolbox(*wrong(P, R), 0.9)
