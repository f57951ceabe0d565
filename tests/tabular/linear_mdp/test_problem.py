"""Linear MDPs and their d-rectangular problems, against tabular problems, published values and bad input."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

import tabular
from tabular.linear_mdp import LinearFeatures, LinearMDP, LinearProblem, d_rectangular, sample, staged_occupancy

TV, KL, CHI = tabular.TotalVariation(), tabular.KL(), tabular.ChiSquare()
SETS = [
    (TV, {"radius": 0.2}),
    (TV, {"penalty": 0.4}),
    (KL, {"radius": 0.2}),
    (KL, {"penalty": 0.4}),
    (CHI, {"radius": 0.2}),
    (CHI, {"penalty": 0.4}),
    (tabular.Contamination(), {"radius": 0.2}),
    (tabular.Wasserstein(np.abs(np.subtract.outer(range(4), range(4)))), {"radius": 0.3}),
    (tabular.ReverseKL(), {"radius": 0.1}),
]


def random_model(seed, n_states=4, n_actions=3, d=3, horizon=4, sparse=False):
    rng = np.random.default_rng(seed)
    phi = rng.dirichlet(np.full(d, 0.5), (n_states, n_actions))
    mu = rng.dirichlet(np.full(n_states, 0.7), (horizon, d))
    if sparse:
        return LinearMDP(sp.csr_array(phi.reshape(-1, d)), [sp.csr_array(x) for x in mu], rng.random((horizon, d)), initial=0)
    return LinearMDP(phi, mu, rng.random((horizon, d)), initial=0)


def unrolled(model):
    """The same as a tabular model of (step, state), and an end."""
    steps, n_states, n_actions = model.rewards.shape
    size = steps * n_states + 1
    P, r = np.zeros((size, n_actions, size)), np.zeros((size, n_actions))
    for h in range(steps):
        here = slice(h * n_states, (h + 1) * n_states)
        r[here] = model.rewards[h]
        if h + 1 < steps:
            P[here, :, (h + 1) * n_states : (h + 2) * n_states] = model.kernel(h)
        else:
            P[here, :, -1] = 1.0
    P[-1, :, -1] = 1.0
    return tabular.MDP(P, r, 1.0)


@pytest.mark.parametrize(("divergence", "size"), SETS, ids=str)
def test_one_hot_features_are_the_tabular_problem(divergence, size):
    rng = np.random.default_rng(1)
    mdp = tabular.MDP(rng.dirichlet(np.ones(4), (4, 2)), rng.random((4, 2)), 1.0)
    linear = d_rectangular(LinearMDP.one_hot(mdp, 3), divergence, **size)
    staged = tabular.FiniteHorizon(tabular.Robust(mdp, divergence, **size), 3)
    a, b = tabular.solve(linear), tabular.solve(staged)
    assert a.values == pytest.approx(b.values, abs=1e-12)
    assert (a.actions == b.actions).all()
    policy = rng.dirichlet(np.ones(2), (3, 4))
    assert tabular.policy_value(linear, policy) == pytest.approx(tabular.policy_value(staged, policy), abs=1e-12)


@pytest.mark.parametrize(("divergence", "size"), SETS, ids=str)
@pytest.mark.parametrize("sparse", [False, True])
def test_solution_is_bracketed_and_attained(divergence, size, sparse):
    model = random_model(2, sparse=sparse)
    problem = d_rectangular(model, divergence, **size)
    solution = tabular.solve(problem)
    assert solution.converged
    assert (solution.lower <= solution.values).all()
    assert (solution.values <= solution.upper).all()
    assert solution.width < 1e-9
    assert tabular.policy_value(problem, solution.policy) == pytest.approx(solution.values, abs=1e-12)
    low, high = tabular.policy_bracket(problem, solution.policy)
    assert (low <= solution.values).all()
    assert (solution.values <= high).all()
    if "radius" in size:  # the adversary's factors are a model in which the same policy is worth the same
        worst = model.with_factors([_dense(problem.worst_factors(h, solution.values[h + 1])) for h in range(4)])
        assert tabular.policy_value(LinearProblem(worst), solution.policy) == pytest.approx(solution.values, abs=1e-9)


def _dense(x):
    return x.toarray() if sp.issparse(x) else x


def test_a_list_of_dense_factors_is_stacked():
    model = random_model(3)
    assert np.array_equal(model.with_factors(list(model.factors)).kernel(1), model.kernel(1))


@given(st.integers(0, 10_000), st.integers(1, 4), st.sampled_from([False, True]))
def test_nominal_values_are_those_of_the_unrolled_model(seed, horizon, sparse):
    model = random_model(seed, horizon=horizon, sparse=sparse)
    dense = random_model(seed, horizon=horizon)
    truth = tabular.solve(tabular.FiniteHorizon(unrolled(dense), horizon)).values[0]
    solution = tabular.solve(LinearProblem(model))
    assert solution.values[:-1].reshape(-1) == pytest.approx(truth[:-1], abs=1e-12)


@given(st.integers(0, 10_000), st.sampled_from(SETS[:6]))
def test_moving_factors_is_less_conservative_than_moving_rows(seed, case):
    divergence, size = case
    model = random_model(seed, horizon=1)
    v = np.random.default_rng(seed).random(4)
    linear = model.mixed(d_rectangular(model, divergence, **size).factor_values(0, v))
    rows = model.kernel(0)
    one = tabular.MDP(rows, np.zeros((4, 3)), 1.0)
    tabled = tabular.Robust(one, divergence, **size).staged_operator().q_values(v)
    assert (linear >= tabled - 1e-12).all()


@pytest.mark.parametrize("divergence", [TV, KL, CHI], ids=str)
def test_heterogeneous_sizes(divergence):
    model = random_model(5)
    nominal = tabular.solve(LinearProblem(model)).values
    radii = np.zeros((4, 3))
    assert tabular.solve(d_rectangular(model, divergence, radius=radii)).values == pytest.approx(nominal, abs=1e-12)
    prices = np.full((4, 3), np.inf)
    assert tabular.solve(d_rectangular(model, divergence, penalty=prices)).values == pytest.approx(nominal, abs=1e-12)
    radii[2, 1] = 0.3
    moved = tabular.solve(d_rectangular(model, divergence, radius=radii)).values
    assert moved[3] == pytest.approx(nominal[3], abs=1e-12)
    assert (moved[2] < nominal[2]).all()
    assert tabular.solve(d_rectangular(model, divergence, radius=radii[2])).values[3] == pytest.approx(
        tabular.solve(d_rectangular(model, divergence, radius=np.tile(radii[2], (4, 1)))).values[3]
    )


def test_bounds_hold_in_rationals():
    """Total variation at a radius is a sort, so that fractions can say what the stored doubles mean."""
    from fractions import Fraction

    model = random_model(6, horizon=2)
    problem = d_rectangular(model, TV, radius=0.25)
    solution = tabular.solve(problem)
    v = [Fraction(0)] * 4
    for h in (1, 0):
        worst = [
            TV.worst_case(v, [Fraction(x) / sum(map(Fraction, row)) for x in row], Fraction(1, 4)).value * sum(map(Fraction, row))
            for row in model.factors[h]
        ]
        q = [
            [
                Fraction(model.rewards[h, s, a]) + sum(Fraction(x) * w for x, w in zip(model.features[s, a], worst, strict=True))
                for a in range(3)
            ]
            for s in range(4)
        ]
        v = [max(row) for row in q]
        assert all(Fraction(lo) <= x <= Fraction(hi) for lo, x, hi in zip(solution.lower[h], v, solution.upper[h], strict=True))


def test_occupancy_adds_up_to_the_value():
    model = random_model(7)
    solution = tabular.solve(LinearProblem(model))
    visits = staged_occupancy(LinearProblem(model), solution.actions)
    assert visits.sum(axis=(1, 2)) == pytest.approx(np.ones(4))
    assert float((visits * model.rewards).sum()) == pytest.approx(solution.values[0, 0], abs=1e-12)


# --- domains, against published values -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strength", "first", "second"), [(0.1, 1.4232321440, 1.03976), (0.2, 1.6242501250, 1.24975), (0.3, 1.7753280960, 1.43976)]
)
def test_simulated_linear_mdp(strength, first, second):
    values = tabular.solve(LinearProblem(tabular.domains.simulated_linear_mdp(strength))).values
    assert values[0, 0] == pytest.approx(first, abs=6e-11)
    assert values[1, 1] == pytest.approx(second, abs=6e-11)


SIMULATED = [
    (TV, "penalty", (0.1, 0.5, 1, 2), (0.09995, 0.49975, 0.9995, 1.6242501250)),
    (KL, "penalty", (0.1, 0.5, 1, 2), (1.3451887654, 1.6220078754, 1.6235948131, 1.6239904032)),
    (CHI, "penalty", (0.1, 0.5, 1, 2), (1.6221447702, 1.6238288981, 1.6240395018, 1.6241448110)),
    (
        TV,
        "radius",
        (0.1, 0.2, 0.3, 0.4, 0.5, 0.6),
        (1.3830501250, 1.1593501250, 0.9531501250, 0.7644501250, 0.593250125, 0.439550125),
    ),
    (KL, "radius", (0.01, 0.1, 0.5, 1, 5), (1.6188867440, 1.5970685522, 1.5314077817, 1.4652594878, 1.1067277276)),
    (CHI, "radius", (0.01, 0.1, 0.5, 1, 5), (1.6218816418, 1.6167688622, 1.6075560274, 1.6006776808, 1.5718856834)),
]


@pytest.mark.parametrize(("divergence", "kind", "sizes", "values"), SIMULATED, ids=lambda x: str(x)[:20])
def test_simulated_robust_values(divergence, kind, sizes, values):
    model = tabular.domains.simulated_linear_mdp()
    found = [tabular.solve(d_rectangular(model, divergence, **{kind: size})).values[0, 0] for size in sizes]
    assert found == pytest.approx(values, abs=6e-11)


def test_doubt_about_one_factor_flips_the_policy():
    model = tabular.domains.simulated_linear_mdp()
    values, actions = [], []
    for rho in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6):
        solution = tabular.solve(d_rectangular(model, TV, radius=[[0, 0, 0, rho], [0] * 4, [0] * 4]))
        values.append(solution.values[0, 0])
        actions.append(solution.actions[0, 0])
    assert values == pytest.approx([1.524250125, 1.424250125, 1.324250125, 1.243650225, 1.223650225, 1.203650225], abs=6e-11)
    assert actions == [15, 15, 15, 0, 0, 0]


def test_perturbed_environment():
    wanted = tabular.solve(LinearProblem(tabular.domains.simulated_linear_mdp())).actions
    values = [
        tabular.policy_value(LinearProblem(tabular.domains.simulated_linear_mdp(perturbation=q)), wanted)[0, 0]
        for q in (0.0, 1.0)
    ]
    assert values == pytest.approx([1.624875, 0.624875], abs=1e-12)


@given(st.integers(1, 4), st.integers(1, 3), st.floats(0, 0.75), st.integers(0, 10_000))
def test_lower_bound_instance(d, horizon, rho, seed):
    rng = np.random.default_rng(seed)
    xi = rng.choice([-1, 1], (horizon, d))
    model = tabular.domains.liu_xu_instance(xi, 0.5)
    radii = np.zeros((horizon, 1))
    radii[0] = rho
    solution = tabular.solve(d_rectangular(model, TV, radius=radii))
    gains = d + ((1 + xi) / 2).sum(axis=1)
    assert solution.values[0, 0] == pytest.approx(0.5 / (2 * d) * (gains[0] + (1 - rho) * gains[1:].sum()), abs=1e-12)
    bits = np.array([[int(b) for b in f"{a:0{d}b}"] for a in solution.actions[:, 0]])
    assert (bits == (1 + xi) // 2).all()


def test_put_features():
    put = tabular.domains.american_put(100.0)
    features = tabular.domains.put_features(put, 60)
    node = put.node(3, 1)
    phi = features.rows(np.array([2 * node, 2 * node + 1]))
    gap = 100 / 60
    assert phi[0] == pytest.approx(np.maximum(0, 1 - abs(put.prices[node] - (80 + gap * np.arange(60))) / gap), abs=1e-12)
    assert (phi[1] == 0).all()
    data = tabular.domains.put_episodes(put, 200, rng=0)
    data.check(features)
    assert (put.times[data.states[:, :-1]] == np.arange(20)).all()
    moves = np.diff(data.states[:, :-1], axis=1) - np.arange(1, 20)
    assert set(np.unique(moves)) == {0, 1}
    assert moves.mean() == pytest.approx(0.5, abs=0.03)


# --- bad input -----------------------------------------------------------------------------------------------------------------

EYE = np.eye(2)[None].repeat(3, axis=0)
LAWS = [[0, 1, 0], [0.5, 0, 0.5]]


def off_simplex(total):
    phi = EYE.copy()
    phi[1, 0, 0] = total
    return phi


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: LinearMDP(off_simplex(0.9), LAWS, [0, 0], 2), r"features of state 1, action 0 sum to 0\.9 .*linear MDP mixes"),
        (lambda: LinearMDP(off_simplex(1.1), LAWS, [0, 0], 2), r"features of state 1, action 0 sum to 1\.1"),
        (lambda: LinearMDP(off_simplex(-0.1), LAWS, [0, 0], 2), r"feature 0 of state 1, action 0 is -0\.1"),
        (lambda: LinearMDP(off_simplex(np.nan), LAWS, [0, 0], 2), r"feature 0 of state 1, action 0 is nan"),
        (lambda: LinearMDP(EYE, [[0, 1, 0], [0.5, 0, 0.4]], [0, 0], 2), r"factor 1 sums to 0\.9"),
        (lambda: LinearMDP(EYE, [[0, 1, 0], [0.5, 1, -0.5]], [0, 0], 2), r"factors\[1, 2\] is -0\.5"),
        (lambda: LinearMDP(EYE, [LAWS, LAWS], [[0, 0]] * 3), "theta has 3, factors has 2"),
        (lambda: LinearMDP(EYE, LAWS, [0, 0]), "say the horizon"),
        (lambda: LinearMDP(EYE, [sp.csr_array(LAWS), sp.csr_array(np.eye(2))], [0, 0]), "all steps have the same states"),
        (lambda: LinearMDP(EYE, np.zeros((1, 1, 2, 3)), [0, 0], 2), "factors have shape"),
        (lambda: LinearMDP(sp.csr_array(np.eye(7, 2)), LAWS, [0, 0], 2), "features have shape"),
        (lambda: LinearMDP(EYE, LAWS, [0, np.inf], 2), r"theta\[0, 1\] is inf"),
        (lambda: LinearMDP(EYE, LAWS, [0, 0, 0], 2), "expected \\(3, S\\)"),
        (lambda: LinearMDP(EYE[:2], LAWS, [0, 0], 2), r"features have shape \(2, 2, 2\)"),
        (lambda: LinearMDP(EYE, LAWS, [0, 0], 2, initial=3), "initial is 3"),
        (lambda: LinearMDP(EYE, LAWS, [0, 0], 0), "horizon is 0"),
        (lambda: LinearFeatures(EYE, np.zeros((3, 2))), "say the horizon"),
        (lambda: LinearFeatures(EYE, np.full((2, 3, 2), np.nan)), "step 0, state 0, action 0 are nan"),
        (lambda: LinearFeatures(np.zeros((3, 2, 0)), np.zeros((2, 3, 2))), "no features"),
        (lambda: LinearProblem(EYE), "takes a LinearMDP"),
        (lambda: d_rectangular(LinearMDP(EYE, LAWS, [0, 0], 2), TV), "radius or a penalty"),
        (lambda: d_rectangular(LinearMDP(EYE, LAWS, [0, 0], 2), TV, radius=0.1, penalty=1), "radius or a penalty"),
        (lambda: d_rectangular(LinearMDP(EYE, LAWS, [0, 0], 2), TV, radius=[0.1] * 3), r"radius has shape \(3,\)"),
        (lambda: d_rectangular(LinearMDP(EYE, LAWS, [0, 0], 2), TV, radius=-0.1), "radius is -0.1"),
        (lambda: d_rectangular(LinearMDP(EYE, LAWS, [0, 0], 2), tabular.L2(), penalty=1), "no penalised form"),
        (lambda: tabular.domains.simulated_linear_mdp(0.4), "leaves"),
        (lambda: tabular.domains.simulated_linear_mdp(perturbation=1.5), "perturbation is 1.5"),
        (lambda: tabular.domains.liu_xu_instance([[0.5]]), "signs"),
        (lambda: tabular.domains.liu_xu_instance(np.ones((1, 20))), "at most 16"),
        (lambda: tabular.domains.liu_xu_instance([[1]], 2.0), "at most 1"),
        (lambda: tabular.domains.put_features(tabular.domains.american_put(), 0), "dimension is 0"),
        (lambda: sample(LinearMDP(EYE, LAWS, [0, 0], 2), 0, rng=0), "episodes is 0"),
        (lambda: sample(LinearMDP(EYE, LAWS, [0, 0], 2), 2, rng=0, behaviour=[0, 0, 2]), "takes action 2 in state 2"),
        (lambda: sample(LinearMDP(EYE, LAWS, [0, 0], 2), 2, rng=0, reward_noise=-1.0), "reward_noise"),
    ],
)
def test_bad_models(build, message):
    with pytest.raises(tabular.ModelError, match=message):
        build()


def test_actions_that_are_not_allowed_have_no_one_hot_features():
    mdp = tabular.MDP([[[1.0], [0.0]]], [[0, 0]], 1.0, allowed=[[True, False]])
    with pytest.raises(tabular.ModelError, match="every action"):
        LinearMDP.one_hot(mdp, 2)


def test_integers_that_may_be_actions_or_weights():
    mdp = tabular.MDP(np.full((2, 2, 2), 0.5), [[0, 1], [2, 3]], 1.0)
    problem = tabular.FiniteHorizon(mdp, 2)
    with pytest.raises(tabular.ModelError, match="may be actions of 2 stages or weights of 2 actions"):
        tabular.policy_value(problem, [[0, 1], [1, 0]])
    both = tabular.policy_value(problem, [[1, 1], [1, 1]])
    assert both == pytest.approx(tabular.policy_value(problem, np.eye(2)[np.ones((2, 2), dtype=int)]))
    assert tabular.policy_value(problem, [[0.0, 1.0], [1.0, 0.0]])[1] == pytest.approx([1, 2])
