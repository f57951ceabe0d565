"""Grouped problems: the bracket by inclusion against rationals, lifting, every method, weights in every form, bad input."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from grouping_oracles import (
    exact_choice_value,
    exact_grouped,
    exact_grouped_optimum,
    merged,
    numpy_optimum,
    random_weights,
    similar_model,
)
from oracles import corner_model, rational

import tabular
from tabular import Grouped, Groups
from tabular.bellman import certify

METHODS = [
    tabular.ValueIteration(),
    tabular.ModifiedPolicyIteration(),
    tabular.PolicyIteration(),
    tabular.LinearProgram(),
    tabular.ExactPolicyIteration(),
]


def sparse(mdp):
    n = mdp.n_states * mdp.n_actions
    r = mdp.r if mdp.transition_reward is None else sp.csr_array(mdp.transition_reward.reshape(n, -1))
    return tabular.MDP(sp.csr_array(mdp.P.reshape(n, -1)), r, mdp.gamma, allowed=mdp.allowed)


def assert_contract(mdp, problem, solution):
    """lower <= value of the lifted policy in the original model <= grouped optimum <= upper, in rationals."""
    labels = problem.groups.labels
    P, r = exact_grouped(mdp, labels, problem.groups.weights_in(mdp))
    gamma, choice = rational(mdp.gamma), labels[solution.actions]
    policy = exact_choice_value(P, r, gamma, choice)
    optimum = exact_grouped_optimum(P, r, gamma, problem.groups.available(mdp), choice)
    low, high = tabular.policy_bracket(mdp, solution.policy)
    for s in range(mdp.n_states):
        assert rational(solution.lower[s]) <= policy[s] <= optimum[s] <= rational(solution.upper[s])
        assert rational(low[s]) <= policy[s] <= rational(high[s])
    assert solution.policy.shape == mdp.r.shape
    assert solution.q_values.shape == (mdp.n_states, problem.groups.n_groups)
    assert solution.converged


@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
def test_brackets_speak_of_the_original_model(method):
    rng = np.random.default_rng(2024)
    for i in range(60):
        mdp = corner_model(rng)
        if mdp.gamma == 0.9999:
            mdp = mdp.replace(gamma=0.99)
        labels = np.unique(rng.integers(0, mdp.n_actions, mdp.n_actions), return_inverse=True)[1]
        weights = random_weights(rng, labels, mdp.n_states) if mdp.allowed is None and i % 3 == 0 else None
        problem = Grouped(sparse(mdp) if i % 2 else mdp, labels, weights)
        assert_contract(mdp, problem, tabular.solve(problem, method))


def test_any_values_give_a_true_bracket():
    rng = np.random.default_rng(7)
    for _ in range(100):
        mdp = corner_model(rng)
        labels = np.zeros(mdp.n_actions, dtype=int)
        problem = Grouped(mdp, labels)
        v = rng.normal(size=mdp.n_states) * 10.0 ** rng.integers(-3, 4)
        choice = np.zeros(mdp.n_states, dtype=np.intp)
        bracket = certify(problem.operator(), v, choice)
        exact = exact_choice_value(*exact_grouped(mdp, labels, problem.groups.weights_in(mdp)), rational(mdp.gamma), choice)
        for s in range(mdp.n_states):
            assert rational(bracket.lower[s]) <= exact[s] <= rational(bracket.upper[s])


def test_the_inclusion_test_notices_merging_without_its_rounding():
    """Fault injection: the bracket of the merged model as stored misses the original one."""
    rng, missed = np.random.default_rng(3), 0
    for _ in range(40):
        mdp = tabular.MDP(rng.dirichlet(np.ones(3), (3, 7)), rng.random((3, 7)), 0.999)
        problem = Grouped(mdp, np.zeros(7, dtype=int))
        P, r = exact_grouped(mdp, problem.groups.labels, problem.groups.weights_in(mdp))
        exact = exact_choice_value(P, r, rational(mdp.gamma), [0, 0, 0])
        naive = tabular.solve(problem.operator().mdp, tabular.ExactPolicyIteration())
        missed += not all(rational(naive.lower[s]) <= exact[s] <= rational(naive.upper[s]) for s in range(3))
        right = tabular.solve(problem, tabular.ExactPolicyIteration())
        assert all(rational(right.lower[s]) <= exact[s] <= rational(right.upper[s]) for s in range(3))
    assert missed > 10


@pytest.mark.parametrize("block", range(3))
def test_values_are_those_of_plain_numpy(block):
    rng = np.random.default_rng([block, 5])
    for _ in range(40):
        mdp, labels = similar_model(rng, gammas=(0.0, 0.3, 0.9))
        weights = random_weights(rng, labels, mdp.n_states) if rng.random() < 0.5 else None
        solution = tabular.solve(Grouped(mdp, labels, weights))
        P, r = merged(mdp, labels, weights)
        best = numpy_optimum(P, r, mdp.gamma, 400)
        np.testing.assert_allclose(solution.values, best, atol=1e-9)
        np.testing.assert_allclose(solution.q_values, r + mdp.gamma * P @ best, atol=1e-9)
        # lift identity, and the loss in its two parts
        for where in (mdp, Grouped(mdp, labels, weights)):
            np.testing.assert_allclose(tabular.policy_value(where, solution.policy), solution.values, atol=1e-10)
        law = rng.dirichlet(np.ones(r.shape[1]), mdp.n_states)
        value = np.linalg.solve(np.eye(mdp.n_states) - mdp.gamma * np.einsum("sg,sgt->st", law, P), np.einsum("sg,sg->s", law, r))
        lifted = Groups(labels, weights).lift(law, mdp)
        np.testing.assert_allclose(tabular.policy_value(mdp, lifted), value, atol=1e-10)
        assert (tabular.solve(mdp).values >= solution.values - 1e-9).all()
        assert (solution.values >= value - 1e-9).all()


def test_weights_may_be_given_in_three_forms():
    rng = np.random.default_rng(0)
    mdp, labels = tabular.MDP(rng.dirichlet(np.ones(3), (3, 4)), rng.random((3, 4)), 0.9), [0, 1, 0, 1]
    short = np.array([0.25, 0.5, 0.75, 0.5])
    long = np.zeros((3, 2, 4))
    long[:, 0, [0, 2]], long[:, 1, [1, 3]] = [0.25, 0.75], 0.5
    answers = [tabular.solve(Grouped(mdp, labels, w)).values for w in (short, np.tile(short, (3, 1)), long)]
    answers.append(tabular.solve(Grouped(mdp, Groups(labels, short))).values)
    answers.append(tabular.solve(tabular.Problem(mdp, groups=Groups(labels, short))).values)
    assert np.ptp(np.array(answers), axis=0).max() == 0
    assert np.array_equal(tabular.solve(tabular.Problem(mdp, groups=labels)).values, tabular.solve(Grouped(mdp, labels)).values)
    assert "2 groups of 2 to 2 of 4 actions" in repr(Grouped(mdp, labels))


def test_masked_actions_leave_their_group():
    allowed = np.array([[True, False, True], [False, False, True]])
    mdp = tabular.MDP(np.full((2, 3, 2), 0.5), [[1.0, 9.0, 0.5], [9.0, 9.0, 0.25]], 0.5, allowed=allowed)
    solution = tabular.solve(Grouped(mdp, [0, 0, 1]))
    assert solution.policy.tolist() == [[1, 0, 0], [0, 0, 1]]
    assert solution.q_values[1, 0] == -np.inf
    with pytest.raises(tabular.ModelError, match="group 0 in state 1, where none"):
        Groups([0, 0, 1]).lift([0, 0], mdp)


def test_singletons_and_copies_change_nothing():
    mdp = tabular.domains.garnet(20, 4, 3, gamma=0.9, rng=0)
    plain = tabular.solve(mdp)
    np.testing.assert_allclose(tabular.solve(Grouped(mdp, [0, 1, 2, 3])).values, plain.values, atol=1e-9)
    assert np.array_equal(tabular.solve(Grouped(mdp, [3, 1, 0, 2])).policy, plain.policy)
    P = mdp.P.toarray().reshape(20, 4, 20)
    twice = tabular.MDP(np.repeat(P, 2, axis=1), np.repeat(mdp.r, 2, axis=1), 0.9)
    solution = tabular.solve(Grouped(twice, np.repeat(np.arange(4), 2)))
    np.testing.assert_allclose(solution.values, plain.values, atol=1e-9)
    assert set(solution.policy.ravel()) == {0.0, 0.5}


def test_refinement_never_lowers_values():
    rng = np.random.default_rng(11)
    for _ in range(60):
        mdp, coarse = similar_model(rng, gammas=(0.0, 0.9))
        weights = random_weights(rng, coarse, mdp.n_states).sum(axis=1)
        # a finer partition with the conditional weights: the coarse group is a mixture of the fine ones
        fine = np.unique(coarse * 2 + rng.integers(0, 2, coarse.size), return_inverse=True)[1]
        share = np.stack([weights[:, fine == g].sum(axis=1) for g in range(fine.max() + 1)], axis=1)[:, fine]
        if (share == 0).any():
            continue
        finer = tabular.solve(Grouped(mdp, fine, weights / share)).values
        assert (finer >= tabular.solve(Grouped(mdp, coarse, weights)).values - 1e-9).all()


def test_finite_horizons():
    rng = np.random.default_rng(1)
    mdp, labels = tabular.MDP(rng.dirichlet(np.ones(3), (3, 4)), rng.random((3, 4)), 1.0), [0, 0, 1, 1]
    problem = tabular.FiniteHorizon(Grouped(mdp, labels), 4, terminal=[0.0, 1.0, 2.0])
    solution = tabular.solve(problem)
    P, r = merged(mdp, labels)
    v = np.array([0.0, 1.0, 2.0])
    for t in reversed(range(4)):
        np.testing.assert_allclose(solution.q_values[t], r + P @ v, atol=1e-12)
        v = (r + P @ v).max(axis=1)
        assert (solution.lower[t] <= v + 1e-12).all()
        assert (v <= solution.upper[t] + 1e-12).all()
    assert solution.policy.shape == (4, 3, 4)
    np.testing.assert_allclose(tabular.policy_value(problem, solution.policy), solution.values, atol=1e-12)
    low, high = tabular.policy_bracket(problem, solution.policy)
    assert (low <= solution.values).all()
    assert (solution.values <= high).all()


def test_rational_models_have_rational_groups():
    third = Fraction(1, 3)
    mdp = tabular.MDP([[[third, 1 - third], [1, 0], [0, 1]], [[0, 1]] * 3], [[1, 0, third], [0, 0, 0]], Fraction(9, 10))
    exact = tabular.solve(Grouped(mdp, [0, 0, 0]), tabular.ExactPolicyIteration())
    stays = (third + 1) / 3
    assert exact.exact_values == (Fraction(4, 9) / (1 - Fraction(9, 10) * stays), Fraction(0))
    given = tabular.solve(
        Grouped(mdp, [0, 0, 0], [Fraction(1, 7), Fraction(2, 7), Fraction(4, 7)]), tabular.ExactPolicyIteration()
    )
    assert given.exact_values[0] == (Fraction(1, 7) + third * Fraction(4, 7)) / (1 - Fraction(9, 10) * (third + 2) / 7)
    for problem, truth in (
        (Grouped(mdp, [0, 0, 0]), exact),
        (Grouped(mdp, [0, 0, 0], [Fraction(1, 7), Fraction(2, 7), Fraction(4, 7)]), given),
    ):
        for method in METHODS[:4]:
            solution = tabular.solve(problem, method)
            assert Fraction(solution.lower[0]) <= truth.exact_values[0] <= Fraction(solution.upper[0])


def test_occupancies_are_lifted():
    mdp = tabular.domains.garnet(12, 6, 4, gamma=0.9, rng=3, sparse=False)
    solution = tabular.solve(Grouped(mdp, [0, 0, 1, 1, 2, 2]), tabular.LinearProgram())
    np.testing.assert_allclose(solution.occupancy, tabular.occupancy(mdp, solution.policy), atol=1e-7)
    fixed = tabular.solve(Grouped(mdp.replace(initial=2), [0, 0, 1, 1, 2, 2]), tabular.LinearProgram())
    np.testing.assert_allclose(fixed.occupancy, tabular.occupancy(mdp, fixed.policy, 2), atol=1e-9)


def test_schemes_solve_grouped_problems_too():
    mdp = tabular.domains.garnet(12, 6, 4, gamma=0.9, rng=3)
    problem = Grouped(mdp, [0, 0, 1, 1, 2, 2])
    solution = tabular.solve(problem, tabular.schemes.MunchausenValueIteration(0.01))
    np.testing.assert_allclose(solution.values, tabular.solve(problem).values, atol=1e-6)
    assert solution.policy.shape == (12, 6)


MODEL = tabular.MDP(np.full((2, 3, 2), 0.5), np.zeros((2, 3)), 0.9)
MASKED = MODEL.replace(allowed=[[True, True, False], [True, True, True]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Grouped(MODEL, [0, 2, 2]), r"no action has label 1 \(labels are 0 to m - 1\)"),
        (lambda: Grouped(MODEL, [1, 1, 1]), "no action has label 0"),
        (lambda: Grouped(MODEL, [0, 1, 10**12]), "no action has label 2"),
        (lambda: Grouped(MODEL, [0, -1, 0]), "label of action 1 is -1"),
        (lambda: Grouped(MODEL, [0, 1]), "groups label 2 actions, but there are 3"),
        (lambda: Grouped(MODEL, [0, 1, 0, 1]), "groups label 4 actions"),
        (lambda: Grouped(MODEL, [0.0, 1.0, 0.0]), "expected the integer label of each action"),
        (lambda: Grouped(MODEL, [True, False, True]), "expected the integer label"),
        (lambda: Grouped(MODEL, []), "expected the integer label"),
        (lambda: Grouped(MODEL, [[0, 1, 1]]), "expected the integer label"),
        (lambda: Grouped("model", [0, 1, 1]), "Grouped takes an MDP, not str"),
        (lambda: Grouped(Grouped(MODEL, [0, 1, 1]), [0, 0]), "Grouped takes a model, not a problem"),
        (lambda: Grouped(MODEL, Groups([0, 0, 1]), [1, 1, 1]), "weights are given twice"),
        (lambda: Grouped(MODEL, [0, 0, 1], [0.5, 0.4, 1]), r"weights of state 0, group 0 sum to 0\.9"),
        (lambda: Grouped(MODEL, [0, 0, 1], [1.5, -0.5, 1]), r"weight of state 0, action 1 is -0\.5"),
        (lambda: Grouped(MODEL, [0, 0, 1], [np.nan, 0.5, 1]), "weight of state 0, action 0 is nan"),
        (
            lambda: Grouped(MODEL, [0, 0, 1], [0.5, 0.5]),
            r"weights have shape \(2,\) \(expected \(2, 2, 3\), \(2, 3\) or \(3,\)\)",
        ),
        (lambda: Grouped(MODEL, [0, 0, 1], np.full((2, 2, 3), 0.5)), r"weights\[0, 0, 2\] is 0\.5, but action 2 is in group 1"),
        (lambda: Grouped(MASKED, [0, 0, 1], [0.5, 0.5, 1]), "state 0, action 2 is positive, but the action is not allowed"),
        (lambda: tabular.Problem(MODEL, groups=[0, 0, 1], inner=tabular.WorstCase(tabular.KL(), 0.1)), "groups take Max"),
        (lambda: tabular.Problem(MODEL, groups=[0, 0, 1], outer=tabular.SmoothMax(tabular.KL(), 0.1)), "groups take Max"),
        (lambda: tabular.solve(Grouped(MODEL.replace(gamma=1.0), [0, 0, 1])), "FiniteHorizon"),
        (lambda: Groups([0, 0, 1]).lift([0, 2], MODEL), "takes groups 0 to 2"),
        (lambda: Groups([0, 0, 1]).lift([[1.0, 0.0], [0.5, 0.4]], MODEL), r"no laws on groups \(rows sum to 0\.9"),
        (lambda: Groups([0, 0, 1]).lift([[1.0, 0.0], [1.5, -0.5]], MODEL), "no laws on groups"),
        (lambda: Groups([0, 0, 1]).lift([[1.0, 0.0], [np.nan, 0.5]], MODEL), "no laws on groups"),
        (lambda: Groups([0, 0, 1]).lift([[1.0, 0.0]], MODEL), r"choice has shape \(1, 2\)"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(tabular.ModelError, match=message):
        call()
