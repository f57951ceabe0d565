"""Regularised policy evaluation and what a regulariser costs in the model itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tabular
from proofs_check.strategies import divergences, mdps, policies

REGULARIZERS = divergences() | st.sampled_from(
    [tabular.ShannonEntropy(), tabular.TsallisEntropy(0.5), tabular.TsallisEntropy(2), tabular.TsallisEntropy(5)]
)


def omega(problem, policy):
    D, strength = problem.outer.divergence, problem.outer.strength
    if hasattr(D, "order"):
        return -strength * D(policy)
    return strength * D(policy, np.full(policy.shape, 1 / policy.shape[1]))


@given(st.data())
@settings(max_examples=60)
def test_policy_value_of_a_regularised_problem(data):
    mdp = data.draw(mdps(gammas=st.sampled_from([0.0, 0.5, 0.9])))
    policy = data.draw(policies(mdp))
    problem = tabular.Regularized(mdp, data.draw(REGULARIZERS), 0.3)
    paid = omega(problem, policy)
    if not np.isfinite(paid).all():
        return
    kernel, reward = np.einsum("sa,sat->st", policy, mdp.P), (policy * mdp.r).sum(axis=1) - paid
    expected = np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * kernel, reward)
    np.testing.assert_allclose(tabular.policy_value(problem, policy), expected, atol=1e-9 * (1 + np.abs(expected).max()))
    lower, upper = tabular.policy_bracket(problem, policy)
    assert (lower <= expected + 1e-9 * (1 + np.abs(expected))).all()
    assert (expected <= upper + 1e-9 * (1 + np.abs(expected))).all()


def test_the_solution_has_the_value_of_its_policy():
    mdp = tabular.domains.garnet(30, 4, 3, gamma=0.9, rng=0)
    for regularizer in (tabular.KL(), tabular.TsallisKL(3), tabular.TsallisEntropy(2), tabular.TotalVariation()):
        problem = tabular.Regularized(mdp, regularizer, 0.2)
        for method in (tabular.ValueIteration(), tabular.ModifiedPolicyIteration(), tabular.PolicyIteration()):
            solution = tabular.solve(problem, method, tol=1e-10)
            assert solution.converged
            np.testing.assert_allclose(tabular.policy_value(problem, solution.policy), solution.values, atol=1e-8)


def test_robust_policies_are_evaluated_too():
    mdp = tabular.domains.garnet(12, 3, 3, gamma=0.9, rng=0)
    problem = tabular.Robust(mdp, tabular.KL(), radius=0.1)
    solution = tabular.solve(problem)
    np.testing.assert_allclose(tabular.policy_value(problem, solution.actions), solution.values, atol=1e-6)
    lower, upper = tabular.policy_bracket(problem, np.full((12, 3), 1 / 3))
    assert (lower <= upper).all()
    assert (upper < solution.upper).all()


@given(st.data())
@settings(max_examples=60)
def test_bounds_hold_and_bracket_the_optimum(data):
    mdp = data.draw(mdps(gammas=st.sampled_from([0.0, 0.5, 0.9])))
    problem = tabular.Regularized(mdp, data.draw(REGULARIZERS), 0.1)
    low, high = tabular.regularizer_bounds(problem)
    paid = omega(problem, data.draw(policies(mdp)))
    assert (low - 1e-12 <= paid).all()
    assert (paid <= high * (1 + 1e-12) + 1e-12).all()
    solution = tabular.solve(problem)
    lower, upper = tabular.unregularized_bracket(problem, solution)
    best = tabular.solve(mdp)
    assert (lower <= best.upper).all()
    assert (best.lower <= upper).all()


def test_bounds_in_closed_form():
    mdp = tabular.MDP([[[1.0], [1.0], [1.0]]], [[1.0, 0.0, 0.0]], 0.5)
    low, high = tabular.regularizer_bounds(tabular.Regularized(mdp, tabular.TsallisEntropy(2), 0.3))
    assert (low[0], high[0]) == (pytest.approx(-0.3 * 2 / 3), 0.0)
    low, high = tabular.regularizer_bounds(tabular.Regularized(mdp, tabular.TsallisKL(2), 0.3, [0.5, 0.25, 0.25]))
    assert (low[0], high[0]) == (0.0, pytest.approx(0.3 * (1 / 0.25 - 1)))
    low, high = tabular.regularizer_bounds(tabular.Regularized(mdp, tabular.KL(), 0.3, [0.5, 0.5, 0.0]))
    assert high[0] == np.inf
    low, high = tabular.regularizer_bounds(tabular.Regularized(mdp, tabular.TotalVariation(), 0.3))
    assert high[0] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: tabular.regularizer_bounds(tabular.Problem(m)), "no regulariser"),
        (lambda m: tabular.regularizer_bounds(m), "no regulariser"),
        (
            lambda m: tabular.unregularized_bracket(
                tabular.Problem(m, outer=tabular.SmoothMax(tabular.KL(), 0.1), inner=tabular.WorstCase(tabular.KL(), 0.1)), None
            ),
            "worst case beside",
        ),
        (lambda m: tabular.policy_value(tabular.FiniteHorizon(m, 2), [5]), "takes action 5"),
        (lambda m: tabular.policy_value("model", [0]), "cannot evaluate policies of str"),
        (lambda m: tabular.policy_value(tabular.Regularized(m, tabular.KL(), 0.1), [[0.5, 0.6, 0]]), "sums to"),
    ],
)
def test_bad_input(call, message):
    mdp = tabular.MDP([[[1.0], [1.0], [1.0]]], [[1.0, 0.0, 0.0]], 0.5)
    with pytest.raises(tabular.ModelError, match=message):
        call(mdp)
