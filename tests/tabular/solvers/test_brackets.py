"""The bracket contract, by inclusion against rational arithmetic: lower <= value of the policy <= v* <= upper."""

import numpy as np
import pytest
import scipy.sparse as sp
from oracles import corner_model, exact_optimum, exact_value, fraction, rational

import tabular
from tabular.bellman import Bracket, certify

METHODS = [tabular.ValueIteration(), tabular.ModifiedPolicyIteration(), tabular.PolicyIteration(), tabular.LinearProgram()]


def assert_contract(mdp: tabular.MDP, solution: tabular.Solution) -> None:
    policy, optimum = exact_value(mdp, solution.actions), exact_optimum(mdp, solution.actions)
    for s in range(mdp.n_states):
        lower, upper = rational(solution.lower[s]), rational(solution.upper[s])
        assert lower <= policy[s] <= optimum[s] <= upper, (s, solution, mdp)
        assert lower <= rational(solution.values[s]) <= upper
    if solution.converged:
        assert solution.width <= 1e-8 * max(1.0, np.abs(solution.values).max())


@pytest.mark.parametrize("method", METHODS, ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("block", range(3))
def test_brackets_hold_on_models_full_of_corners(method, block):
    rng = np.random.default_rng([block, 2024])
    for _ in range(150):
        mdp = corner_model(rng)
        if mdp.gamma == 0.9999 and isinstance(method, tabular.ValueIteration):
            mdp = mdp.replace(gamma=0.99)  # hundreds of thousands of sweeps on periodic chains; one is kept below
        assert_contract(mdp, tabular.solve(mdp, method))


@pytest.mark.slow
@pytest.mark.parametrize("block", range(40))
def test_brackets_hold_on_thousands_of_models(block):
    rng = np.random.default_rng([block, 2025])
    for i in range(250):
        mdp = corner_model(rng)
        assert_contract(mdp, tabular.solve(mdp, METHODS[i % 4]))


def test_any_values_give_a_true_bracket():
    """The certificate does not depend on who proposed the values: random ones give a wide bracket, never a wrong one."""
    rng = np.random.default_rng(7)
    for _ in range(300):
        mdp = corner_model(rng)
        operator = tabular.Problem(mdp).operator()
        v = rng.normal(size=mdp.n_states) * 10.0 ** rng.integers(-3, 4)
        choice = operator.choose(rng.normal(size=mdp.n_states))
        bracket = certify(operator, v, choice)
        policy, optimum = exact_value(mdp, choice), exact_optimum(mdp, choice)
        for s in range(mdp.n_states):
            assert rational(bracket.lower[s]) <= policy[s]
            assert optimum[s] <= rational(bracket.upper[s])


def naive(operator, v, choice):
    """The textbook bracket with one modulus and no rounding: what the certificate must not be."""
    low, high = operator.enclose(v, choice)
    b = operator.moduli[1]
    return Bracket(v + low.min() / (1 - b), v + high.max() / (1 - b), 0.0)


def test_the_inclusion_test_notices_the_naive_bracket():
    rng = np.random.default_rng(7)
    wrong = 0
    for _ in range(300):
        mdp = corner_model(rng)
        operator = tabular.Problem(mdp).operator()
        v = np.zeros(mdp.n_states)
        choice = operator.choose(v)
        bracket = naive(operator, v, choice)
        policy, optimum = exact_value(mdp, choice), exact_optimum(mdp, choice)
        wrong += any(
            rational(bracket.lower[s]) > policy[s] or optimum[s] > rational(bracket.upper[s]) for s in range(mdp.n_states)
        )
    assert wrong > 30


def test_two_moduli_are_needed():
    mdp = tabular.MDP([[[1 - 1e-10, 0]], [[0, 1]]], [[1.0], [1.0]], 0.9999)
    operator = tabular.Problem(mdp).operator()
    v = np.zeros(2)
    assert naive(operator, v, np.zeros(2, dtype=int)).lower[0] > 9999.9999
    assert certify(operator, v, np.zeros(2, dtype=int)).lower[0] < 9999.9901
    assert fraction(exact_value(mdp, np.zeros(2, dtype=int))[0]) < 9999.9901


@pytest.mark.parametrize("broken", [lambda q, radius: (q, 0.0 * radius), lambda q, radius: (q, -radius)])
def test_the_inclusion_test_notices_a_missing_radius(monkeypatch, broken):
    """Fault injection: without the rounding radius some bracket fails, so the tests above can fail."""
    original = tabular.bellman.Optimality.enclosed_q_values
    monkeypatch.setattr(tabular.bellman.Optimality, "enclosed_q_values", lambda self, v: broken(*original(self, v)))
    monkeypatch.setattr("tabular.bellman.nominal.up", lambda x: x)
    monkeypatch.setattr("tabular.bellman.nominal.down", lambda x: x)
    monkeypatch.setattr("tabular.bellman.certificate.up", lambda x: x)
    monkeypatch.setattr("tabular.bellman.certificate.down", lambda x: x)
    rng = np.random.default_rng([0, 2024])
    noticed = 0
    for _ in range(150):
        mdp = corner_model(rng)
        try:
            assert_contract(mdp, tabular.solve(mdp, tabular.PolicyIteration()))
        except (AssertionError, ArithmeticError):
            noticed += 1
    assert noticed > 0


def test_sparse_and_dense_agree_and_are_both_bracketed():
    rng = np.random.default_rng(11)
    for _ in range(100):
        dense = corner_model(rng)
        n, k = dense.n_states, dense.n_actions
        r = dense.r if dense.transition_reward is None else sp.csr_array(dense.transition_reward.reshape(n * k, n))
        sparse = tabular.MDP(sp.csr_array(dense.P.reshape(n * k, n)), r, dense.gamma, allowed=dense.allowed)
        solution = tabular.solve(sparse, tabular.PolicyIteration())
        assert_contract(dense, solution)
        exact = tabular.solve(sparse, tabular.ExactPolicyIteration())
        assert [rational(0) + x for x in exact_optimum(dense, exact.actions)] == [
            rational(0) + type(rational(0))(x.numerator, x.denominator) for x in exact.exact_values
        ]


def test_policy_brackets_hold_for_random_policies():
    import flint

    rng = np.random.default_rng(13)
    for _ in range(150):
        mdp = corner_model(rng)
        if mdp.transition_reward is not None or mdp.allowed is not None:
            continue
        policy = rng.dirichlet(np.ones(mdp.n_actions), size=mdp.n_states)
        lower, upper = tabular.policy_bracket(mdp, policy)
        n, gamma = mdp.n_states, rational(mdp.gamma)
        weights = [[rational(x) for x in row] for row in policy]
        P = [
            [sum((weights[s][a] * rational(mdp.P[s, a, t]) for a in range(mdp.n_actions)), flint.fmpq(0)) for t in range(n)]
            for s in range(n)
        ]
        r = [[sum((weights[s][a] * rational(mdp.r[s, a]) for a in range(mdp.n_actions)), flint.fmpq(0))] for s in range(n)]
        system = flint.fmpq_mat([[flint.fmpq(int(s == t)) - gamma * P[s][t] for t in range(n)] for s in range(n)])
        value = system.solve(flint.fmpq_mat(r))
        for s in range(n):
            assert rational(lower[s]) <= value[s, 0] <= rational(upper[s])


def test_rational_models_are_bracketed_as_rationals():
    from fractions import Fraction

    third = Fraction(1, 3)
    mdp = tabular.MDP(
        [[[third, third, third], [1, 0, 0]], [[0, third, 2 * third], [third, 2 * third, 0]], [[0, 0, 1], [third, third, third]]],
        [[Fraction(1, 10), 0], [Fraction(7, 10), Fraction(1, 7)], [0, Fraction(1, 3)]],
        Fraction(99, 100),
    )
    exact = tabular.solve(mdp, tabular.ExactPolicyIteration())
    assert all(x.denominator < 10**12 for x in exact.exact_values)
    for method in METHODS:
        solution = tabular.solve(mdp, method)
        for s in range(3):
            assert Fraction(solution.lower[s]) <= exact.exact_values[s] <= Fraction(solution.upper[s])
