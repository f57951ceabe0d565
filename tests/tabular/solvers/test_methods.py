"""Every method against independent answers; limits, interrupts, rounding floors, the choice of a method."""

import functools

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse as sp
from oracles import corner_model, exact_optimum, fraction

import tabular
from tabular.solvers.linear_systems import evaluate

METHODS = [
    tabular.ValueIteration(),
    tabular.ModifiedPolicyIteration(),
    tabular.ModifiedPolicyIteration(sweeps=1),
    tabular.PolicyIteration(),
    tabular.PolicyIteration(evaluation="krylov"),
    tabular.PolicyIteration(evaluation="sweeps", warm_sweeps=0),
    tabular.LinearProgram(),
    tabular.ExactPolicyIteration(),
]
LAKE = tabular.MDP.from_gymnasium("FrozenLake8x8-v1", gamma=0.99)


@functools.cache
def plain_value_iteration(mdp: tabular.MDP, sweeps: int) -> np.ndarray:
    """The textbook, on dense arrays; the same for all methods."""
    P = mdp.P.toarray().reshape(mdp.n_states, mdp.n_actions, mdp.n_states) if mdp.is_sparse else mdp.P
    v = np.zeros(mdp.n_states)
    for _ in range(sweeps):
        v = (mdp.r + mdp.gamma * P @ v).max(axis=1)
    return v


@pytest.mark.parametrize("method", METHODS, ids=repr)
@pytest.mark.parametrize(
    "mdp",
    [
        LAKE,
        tabular.MDP.from_gymnasium("Taxi-v4", gamma=0.9),
        tabular.MDP.from_gymnasium("CliffWalking-v1", gamma=0.9),
        tabular.domains.garnet(30, 3, 30, gamma=0.9, rng=1, sparse=False),
        tabular.domains.river_swim(20, gamma=0.95),
    ],
    ids=["lake", "taxi", "cliff", "garnet", "river"],
)
def test_methods_agree_with_the_textbook(method, mdp):
    solution = tabular.solve(mdp, method)
    truth = plain_value_iteration(mdp, 4000)
    assert solution.converged
    np.testing.assert_allclose(solution.values, truth, atol=1e-8 * max(1, np.abs(truth).max()))
    np.testing.assert_allclose(tabular.policy_value(mdp, solution.policy), truth, atol=1e-8 * max(1, np.abs(truth).max()))
    assert (tabular.greedy(mdp, solution.values) == solution.q_values.argmax(axis=1)).all()


def test_known_lake_value():
    """0.4146403618 at the start of the slippery 8x8 lake, gamma = .99; the number is the same from four methods."""
    exact = tabular.solve(LAKE.rationalized(), tabular.ExactPolicyIteration())
    assert float(exact.exact_values[0]) == pytest.approx(0.4146403618, abs=5e-11)


def test_linear_program_occupancies_are_feasible_and_dual_optimal():
    solution = tabular.solve(LAKE, tabular.LinearProgram())
    d = solution.occupancy
    flow = d.sum(axis=1) - LAKE.initial - LAKE.gamma * (LAKE.P.T @ d.reshape(-1))
    assert d.min() >= 0
    np.testing.assert_allclose(flow, 0, atol=1e-9)
    assert (d * LAKE.r).sum() == pytest.approx(LAKE.initial @ solution.values, abs=1e-9)


def test_occupancy_is_the_sum_of_discounted_laws():
    rng = np.random.default_rng(3)
    mdp = tabular.domains.garnet(6, 2, 3, gamma=0.8, rng=3, sparse=False).replace(initial=2)
    policy = rng.dirichlet([1, 1], size=6)
    P = np.einsum("sa,sat->st", policy, mdp.P)
    law, total = np.eye(6)[2], np.zeros(6)
    for t in range(300):
        total += 0.8**t * law
        law = law @ P
    d = tabular.occupancy(mdp, policy)
    np.testing.assert_allclose(d, total[:, None] * policy, atol=1e-12)
    assert d.sum() == pytest.approx(5.0)
    assert (d * mdp.r).sum() == pytest.approx(tabular.policy_value(mdp, policy)[2])


def test_performance_difference_matches_and_keeps_small_differences():
    mdp = tabular.domains.garnet(8, 3, 4, gamma=0.95, rng=5, sparse=False)
    first, second = np.zeros(8, dtype=int), np.ones(8, dtype=int)
    direct = tabular.policy_value(mdp, second) - tabular.policy_value(mdp, first)
    np.testing.assert_allclose(tabular.performance_difference(mdp, second, first), direct, rtol=1e-10, atol=1e-12)
    assert (np.abs(tabular.performance_difference(mdp, first, first)) < 1e-13).all()


def test_finite_horizon_by_hand_and_bracket():
    mdp = tabular.MDP([[[0.5, 0.5], [1, 0]], [[0, 1], [1, 0]]], [[1, 0], [2, 0]], 1.0)
    solution = tabular.solve(tabular.FiniteHorizon(mdp, 2, terminal=[0.0, 4.0]))
    v = np.array([0.0, 4.0])
    for t in (1, 0):
        v = (mdp.r + mdp.P @ v).max(axis=1)
        np.testing.assert_allclose(solution.values[t], v, rtol=1e-15)
        assert (solution.lower[t] <= v).all()
        assert (v <= solution.upper[t]).all()
    assert solution.values.shape == (3, 2)
    assert solution.policy.shape == (2, 2, 2)
    assert solution.converged


def test_finite_horizon_brackets_against_rationals():
    from oracles import exact_q, rational

    rng = np.random.default_rng(17)
    for _ in range(60):
        mdp = corner_model(rng)
        horizon = int(rng.integers(1, 5))
        solution = tabular.solve(tabular.FiniteHorizon(mdp, horizon))
        allowed = np.ones(mdp.r.shape, dtype=bool) if mdp.allowed is None else mdp.allowed
        best = policy = [rational(0.0)] * mdp.n_states
        for t in reversed(range(horizon)):
            q, q_policy = exact_q(mdp, best), exact_q(mdp, policy)
            best = [max(q[s][a] for a in np.flatnonzero(allowed[s])) for s in range(mdp.n_states)]
            policy = [q_policy[s][int(solution.actions[t, s])] for s in range(mdp.n_states)]
            for s in range(mdp.n_states):
                assert rational(solution.lower[t, s]) <= policy[s] <= best[s] <= rational(solution.upper[t, s])


@pytest.mark.parametrize("how", ["direct", "krylov", "sweeps", "auto"])
def test_evaluation_never_trusts_its_solver(how):
    rng = np.random.default_rng(0)
    for scale in (1e-300, 1.0, 1e290):
        M = sp.random_array((50, 50), density=0.1, rng=rng, format="csr")
        M = sp.csr_array(0.99 * M / np.maximum(M.sum(axis=1), 1e-9)[:, None])
        c = rng.normal(size=50) * scale
        v = evaluate(M, c, np.zeros(50), 0.99, how)
        np.testing.assert_allclose(v, np.linalg.solve(np.eye(50) - M.toarray(), c / scale) * scale, rtol=1e-8, atol=1e-10 * scale)


def test_a_lying_krylov_solver_is_overruled(monkeypatch):
    import scipy.sparse.linalg as spla

    monkeypatch.setattr(spla, "bicgstab", lambda A, b, **_: (np.full_like(b, np.nan), 0))
    mdp = tabular.domains.garnet(40, 2, 3, gamma=0.9, rng=0, sparse=True)
    assert tabular.solve(mdp, tabular.PolicyIteration(evaluation="krylov")).converged


@pytest.mark.parametrize(
    "method", [tabular.ValueIteration(max_iterations=3), tabular.ModifiedPolicyIteration(max_iterations=2, sweeps=2)]
)
def test_limit_keeps_a_true_bracket(method):
    mdp = tabular.domains.garnet(5, 2, 5, gamma=0.999, rng=2, sparse=False)
    with pytest.raises(tabular.SolverError, match="limit of") as caught:
        tabular.solve(mdp, method, tol=1e-13)
    solution = caught.value.solution
    assert not solution.converged
    truth = exact_optimum(mdp, solution.actions)
    for s in range(5):
        assert solution.lower[s] <= fraction(truth[s]) <= solution.upper[s]


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("method", METHODS[:5], ids=repr)
def test_interrupt_keeps_a_true_bracket(method, at, monkeypatch):
    mdp = tabular.domains.garnet(5, 2, 5, gamma=0.99, rng=2, sparse=False)
    calls = 0
    original = tabular.bellman.Optimality.backup

    def interrupted(self, v, out=None):
        nonlocal calls
        calls += 1
        if calls == at:
            raise KeyboardInterrupt
        return original(self, v, out)

    monkeypatch.setattr(tabular.bellman.Optimality, "backup", interrupted)
    with pytest.raises(tabular.SolverInterrupted) as caught:
        tabular.solve(mdp, method, tol=1e-15)
    solution = caught.value.solution
    assert isinstance(caught.value, KeyboardInterrupt)
    truth = exact_optimum(mdp, solution.actions)
    for s in range(5):
        assert solution.lower[s] <= fraction(truth[s]) <= solution.upper[s]


def test_interrupted_backward_induction_keeps_its_stages(monkeypatch):
    mdp = tabular.domains.garnet(5, 2, 5, gamma=0.9, rng=2, sparse=False)
    full = tabular.solve(tabular.FiniteHorizon(mdp, 6))
    calls = 0
    original = tabular.bellman.Optimality.enclosed_backup

    def interrupted(self, v, choice=None):
        nonlocal calls
        calls += 1
        if calls == 5:  # two for each stage
            raise KeyboardInterrupt
        return original(self, v, choice)

    monkeypatch.setattr(tabular.bellman.Optimality, "enclosed_backup", interrupted)
    with pytest.raises(tabular.SolverInterrupted) as caught:
        tabular.solve(tabular.FiniteHorizon(mdp, 6))
    partial = caught.value.solution
    np.testing.assert_array_equal(partial.values[4:], full.values[4:])
    assert (partial.lower <= full.lower).all()
    assert (full.upper <= partial.upper).all()


def test_rounding_floor_is_reported_not_looped():
    mdp = tabular.domains.river_swim(30, gamma=0.9999)
    for method in (tabular.ValueIteration(), tabular.ModifiedPolicyIteration(), tabular.PolicyIteration()):
        solution = tabular.solve(mdp, method, tol=1e-16)
        assert not solution.converged
        assert "rounding floor" in solution.reason
        assert solution.width < 1e-4 * max(1.0, np.abs(solution.values).max())


def test_policy_iteration_does_not_cycle_between_copies():
    """Copied and nearly copied actions: rounding would prefer one and then the other."""
    rng = np.random.default_rng(0)
    P = rng.dirichlet(np.ones(40), size=40)
    P = np.stack([P, P, P * (1 + 1e-16), P[:, ::-1][:, ::-1]], axis=1)
    mdp = tabular.MDP(P, np.repeat(rng.random((40, 1)), 4, axis=1), 0.999)
    solution = tabular.solve(mdp, tabular.PolicyIteration())
    assert solution.converged
    assert solution.iterations < 5
    assert (solution.actions == 0).all()


def test_ties_end_at_the_lowest_index_for_every_method():
    mdp = tabular.MDP(np.full((2, 3, 2), 0.5), [[0, 1, 1], [1, 1, 1]], 0.9)
    for method in METHODS:
        assert tabular.solve(mdp, method).actions.tolist() == [1, 0]


def test_the_chosen_method_is_named():
    small = tabular.solve(LAKE)
    assert "chosen because" in small.reason
    assert isinstance(small.method, tabular.PolicyIteration)
    large = tabular.solve(tabular.domains.garnet(3000, 2, 3, gamma=0.9, rng=0))
    assert isinstance(large.method, tabular.ModifiedPolicyIteration)


def test_linear_program_that_fails_says_so(monkeypatch):
    class Answer:
        x = None
        message = "planted"

    monkeypatch.setattr(scipy.optimize, "linprog", lambda *_, **__: Answer())
    with pytest.raises(tabular.SolverError, match="planted"):
        tabular.solve(LAKE, tabular.LinearProgram())


def test_non_finite_values_are_an_error():
    class Broken(tabular.ValueIteration):
        def steps(self, operator, v):
            from tabular.solvers.iteration import Step

            yield Step(v + np.nan, 0.0, 1.0)

    with pytest.raises(tabular.SolverError, match="infinite or NaN"):
        tabular.solve(LAKE, Broken())


@pytest.mark.parametrize("gamma", [0.0, 0.5])
def test_one_state_one_action(gamma):
    mdp = tabular.MDP([[[1.0]]], [[3.0]], gamma)
    for method in METHODS:
        assert tabular.solve(mdp, method).values == pytest.approx([3 / (1 - gamma)])
