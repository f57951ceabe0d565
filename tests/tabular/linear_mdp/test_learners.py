"""Data sets and learners, against the loops that the papers write, and against bad input."""

import linear_references as references
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tabular
from tabular.linear_mdp import (
    DRPVI,
    DRVIL,
    PEVI,
    R2PVI,
    VADRPVI,
    LinearMDP,
    LinearProblem,
    Trajectories,
    coverage_term,
    d_rectangular,
    one_step_errors,
    pessimism_gap,
    sample,
    suboptimality,
    worst_coverage,
)
from tabular.linear_mdp.moments import Moments, best_level, best_variance_level

TV, KL, CHI = tabular.TotalVariation(), tabular.KL(), tabular.ChiSquare()


def model_of(seed, n_states=4, n_actions=2, d=3, horizon=3):
    rng = np.random.default_rng(seed)
    phi = rng.dirichlet(np.full(d, 0.6), (n_states, n_actions))
    return LinearMDP(phi, rng.dirichlet(np.full(n_states, 0.7), (horizon, d)), rng.random((horizon, d)), initial=0)


# --- learners against their papers ---------------------------------------------------------------------------------------------

CASES = [
    (R2PVI(TV, 0.4, beta=0.1, ridge=0.5), references.total_variation(0.4), 1e-12),
    (R2PVI(KL, 0.4, beta=0.1, ridge=0.5), references.entropic(0.4, 3), 1e-12),
    (R2PVI(CHI, 0.4, beta=0.1, ridge=0.5), references.chi_square(0.4), 1e-6),
    (DRPVI(0.2, beta=0.1, ridge=0.5), references.within_total_variation(0.2, 3), 1e-12),
    (DRVIL(0.2, beta=0.1, ridge=0.5), references.within_entropy(0.2, 3), 1e-6),
]


@pytest.mark.parametrize(("learner", "weights", "error"), CASES, ids=lambda x: type(x).__name__)
def test_learners_are_those_of_the_papers(learner, weights, error):
    model = model_of(3)
    data = sample(model, 12, rng=4)
    learned = learner.learn(model, data)
    if isinstance(learner, R2PVI) and learner.divergence is CHI:
        v, q = references.learn(model, data, 0.5, 0.1, references.chi_square(0.4, 401))
        assert (learned.values >= v - 1e-12).all()  # the grid misses maxima, it never exceeds them
        assert learned.values == pytest.approx(v, abs=1e-4)
        return
    v, q = references.learn(model, data, 0.5, 0.1, weights)
    assert learned.values == pytest.approx(v, abs=error)
    assert learned.q_values == pytest.approx(q, abs=error)


def test_pevi_regresses_the_rewards_of_the_data():
    model = model_of(5)
    data = sample(model, 15, rng=6, reward_noise=0.1)
    learned = PEVI(beta=0.2, ridge=0.3).learn(model, data)
    v = np.zeros(4)
    for h in (2, 1, 0):
        pairs = data.states[:, h] * 2 + data.actions[:, h]
        phi = model.rows(pairs)
        gram = phi.T @ phi + 0.3 * np.eye(3)
        w = np.linalg.solve(gram, phi.T @ (data.rewards[:, h] + v[data.states[:, h + 1]]))
        norms = np.sqrt(np.einsum("sai,ij,saj->sa", model.features, np.linalg.inv(gram), model.features))
        v = np.clip(model.features @ w - 0.2 * norms, 0, 3 - h).max(axis=1)
    assert learned.values[0] == pytest.approx(v, abs=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 6))
@settings(max_examples=60)
def test_the_scan_over_levels_is_the_maximum(seed, n):
    rng = np.random.default_rng(seed)
    weights, values = rng.normal(size=(3, n)), np.round(rng.random(n) * 2, 1)
    least, radius = float(rng.choice([0.0, values.min(), 0.05])), rng.random(3)
    found, where = best_level(weights, values, least, 2.0, radius)

    def objective(a):
        return weights @ np.minimum(values, a) - radius * (a - min(least, a))

    grid = np.max([objective(a) for a in np.linspace(0, 2, 801)], axis=0)
    assert (found >= grid - 1e-12).all()
    assert [objective(a)[i] for i, a in enumerate(where)] == pytest.approx(found, abs=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 6))
@settings(max_examples=60)
def test_the_scan_over_variances_is_the_maximum(seed, n):
    rng = np.random.default_rng(seed)
    weights, values = rng.normal(size=(3, n)), np.round(rng.random(n) * 2, 1)
    ends, penalty = (float(values.min()), float(values.max()) + 0.1), np.array([0.1, 1.0, 3.0])
    found, where = best_variance_level(weights, values, ends, penalty)

    def objective(a):
        cut = np.minimum(values, a)
        return weights @ cut + ((weights @ cut) ** 2 - weights @ cut**2) / (4 * penalty)

    grid = np.max([objective(a) for a in np.linspace(*ends, 801)], axis=0)
    assert (found >= grid - 1e-12).all()
    assert [objective(a)[i] for i, a in enumerate(where)] == pytest.approx(found, abs=1e-10)


def test_moments_are_those_of_single_episodes():
    model = model_of(8)
    data = sample(model, 9, rng=1)
    moments = Moments.of(model, data, 1, 0.7)
    inverse, mean = references.ridge_moment(model, data, 1, 0.7, lambda s: s**2 - 1.0)
    assert moments.inverse == pytest.approx(inverse, abs=1e-12)
    assert moments.weights @ (moments.reached**2 - 1.0) == pytest.approx(mean, abs=1e-12)


def test_more_data_find_the_population_values():
    """Without a bonus every robust learner goes to its problem's values."""
    model = model_of(11)
    model = LinearMDP(model.features, np.stack(model.factors), model.theta, initial=[0.25] * 4)
    data = sample(model, 200_000, rng=0)
    for learner, problem in (
        (R2PVI(TV, 0.4, beta=0, ridge=1e-3), d_rectangular(model, TV, penalty=0.4)),
        (R2PVI(KL, 0.4, beta=0, ridge=1e-3), d_rectangular(model, KL, penalty=0.4)),
        (R2PVI(CHI, 0.4, beta=0, ridge=1e-3), d_rectangular(model, CHI, penalty=0.4)),
        (DRPVI(0.2, beta=0, ridge=1e-3), d_rectangular(model, TV, radius=0.2)),
        (DRVIL(0.2, beta=0, ridge=1e-3), d_rectangular(model, KL, radius=0.2)),
        (VADRPVI(0.2, beta=0, ridge=1e-3), d_rectangular(model, TV, radius=0.2)),
        (PEVI(beta=0, ridge=1e-3), LinearProblem(model)),
    ):
        assert learner.learn(model, data).values == pytest.approx(tabular.solve(problem).values, abs=0.03), learner


def test_variances_below_one_are_one():
    """Values in a range of 2 have variances of at most 1: there the variance-aware learner is DRPVI on the first half."""
    model = tabular.domains.simulated_linear_mdp()
    data = sample(model, 200, rng=0)
    aware = VADRPVI(0.1, ridge=0.1).learn(model, data)
    assert aware.values == pytest.approx(DRPVI(0.1, ridge=0.1).learn(model, data[:100]).values, abs=1e-12)


def test_variances_count_where_values_are_large():
    model = model_of(12)
    big = LinearMDP(model.features, np.stack(model.factors), 20 * model.theta, initial=0)
    data = sample(big, 400, rng=0)
    options = {"beta": 0.1, "ridge": 0.1, "ceiling": 60.0}
    aware, plain = VADRPVI(0.1, **options).learn(big, data), DRPVI(0.1, **options).learn(big, data[:200])
    assert (aware.bonus[0] > plain.bonus[0]).all()
    truth = tabular.solve(d_rectangular(big, TV, radius=0.1)).values[0]
    assert aware.values[0] == pytest.approx(truth, rel=0.2)
    released = VADRPVI(0.1, released=True, **options).learn(big, data)
    assert released.values[0] == pytest.approx(truth, rel=0.2)


def test_infinite_penalties_are_means():
    model = model_of(13)
    data = sample(model, 30, rng=0)
    learned = [R2PVI(d, np.inf, beta=0.1).learn(model, data).weights for d in (TV, KL, CHI)]
    assert learned[1] == pytest.approx(learned[0], abs=1e-12)
    assert learned[2] == pytest.approx(learned[0], abs=1e-12)


def test_released_programs_differ_where_they_say():
    model = model_of(14)
    data = sample(model, 10, rng=0)
    ours, theirs = (R2PVI(TV, 0.2, released=flag).learn(model, data) for flag in (False, True))
    assert (theirs.bonus <= ours.bonus + 1e-15).all()
    assert theirs.q_values.min() < 0 <= ours.q_values.min()
    squares = model.features**2 @ theirs.inverses[0].diagonal()
    assert theirs.bonus[0] == pytest.approx(np.sqrt(squares), abs=1e-12)


def test_exercise_needs_no_features():
    put = tabular.domains.american_put(99.17022004702574)
    features, data = tabular.domains.put_features(put), tabular.domains.put_episodes(put, 100, rng=0)
    for learner in (PEVI(beta=0.1), R2PVI(TV, 1.0, beta=0.1), DRPVI(0.1, beta=0.1), R2PVI(KL, 5.0, beta=0.1, released=True)):
        learned = learner.learn(features, data)
        assert learned.q_values[:, :-1, 1] == pytest.approx(
            np.minimum(np.maximum(100 - put.prices, 0), np.arange(20, 0, -1)[:, None]), abs=1e-12
        )


# --- the theorem's parts -------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10_000), st.sampled_from([TV, KL, CHI]))
@settings(max_examples=30)
def test_small_errors_imply_pessimism_and_a_bound(seed, divergence):
    model = model_of(seed)
    data = sample(model, 60, rng=seed)
    problem = d_rectangular(model, divergence, penalty=0.5)
    optimum = tabular.solve(problem)
    learned = R2PVI(divergence, 0.5, beta=1.0, ridge=0.1).learn(model, data)
    errors = one_step_errors(problem, learned)
    gap = pessimism_gap(problem, learned)
    assert gap[:, 0] == pytest.approx(tabular.policy_value(problem, learned.policy)[:, 0] - learned.values[:, 0])
    if (np.abs(errors) <= learned.bonus).all():
        assert (gap >= -1e-12).all()
        loss = suboptimality(problem, learned, optimum.values)
        assert (loss >= -1e-12).all()
        assert loss[0, 0] <= 2 * coverage_term(problem, learned, optimum.actions) + 1e-12


@pytest.mark.parametrize("divergence", [TV, KL, CHI], ids=str)
def test_worst_coverage(divergence):
    model = model_of(21)
    problem = d_rectangular(model, divergence, penalty=0.5)
    optimum = tabular.solve(problem)
    learned = R2PVI(divergence, 0.5, ridge=0.1).learn(model, sample(model, 60, rng=0))
    policy = np.eye(2)[optimum.actions]
    covered = coverage_term(problem, learned, policy)
    spans = np.ptp(learned.values[1:], axis=1)[:, None]
    assert worst_coverage(problem, learned, policy, spans / 0.5) >= covered - 1e-12  # the kernel of the core is admissible
    nominal = coverage_term(LinearProblem(model), learned, policy)
    assert worst_coverage(problem, learned, policy, 0.0) == pytest.approx(nominal, abs=1e-9)
    with pytest.raises(tabular.ModelError, match="no adversary"):
        worst_coverage(LinearProblem(model), learned, policy, 0.1)
    with pytest.raises(tabular.ModelError, match="not linear"):
        worst_coverage(problem, PEVI().learn(model, sample(model, 60, rng=0)), policy, 0.1)


def test_errors_need_known_rewards():
    model = model_of(0)
    learned = PEVI().learn(model, sample(model, 5, rng=0))
    with pytest.raises(tabular.ModelError, match="hold rewards"):
        one_step_errors(LinearProblem(model), learned)
    with pytest.raises(tabular.ModelError, match="of shape"):
        pessimism_gap(LinearProblem(model_of(0, horizon=2)), learned)


# --- data ----------------------------------------------------------------------------------------------------------------------


def test_frequencies_are_those_of_the_model():
    model = model_of(2)
    behaviour = np.random.default_rng(0).dirichlet(np.full(2, 9), (3, 4))
    data = sample(model, 100_000, behaviour=behaviour, rng=1)
    data.check(model)
    counts = np.zeros((4, 2, 4))
    np.add.at(counts, (data.states[:, 1], data.actions[:, 1], data.states[:, 2]), 1)
    visits = counts.sum(axis=2)
    assert counts / visits[:, :, None] == pytest.approx(model.kernel(1), abs=0.02)
    assert visits / visits.sum(axis=1, keepdims=True) == pytest.approx(behaviour[1], abs=0.02)
    assert data.rewards[:, 2] == pytest.approx(model.rewards[2, data.states[:, 2], data.actions[:, 2]])
    again = sample(model, 100_000, behaviour=behaviour, rng=1)
    assert np.array_equal(again.states, data.states)


def test_impossible_transitions_are_never_drawn():
    model = tabular.domains.simulated_linear_mdp(leak=0.0)
    sample(model, 50_000, rng=3).check(model)


def test_initial_law_and_noise():
    model = tabular.domains.liu_xu_instance([[1, -1], [1, 1]])
    data = sample(model, 20_000, rng=0, reward_noise=1.0)
    assert np.mean(data.states[:, 0] == 0) == pytest.approx(0.75, abs=0.02)
    noise = data.rewards[:, 0] - model.rewards[0, data.states[:, 0], data.actions[:, 0]]
    assert [noise.mean(), noise.std()] == pytest.approx([0, 1], abs=0.03)


def test_saving_and_loading(tmp_path):
    data = sample(model_of(1), 7, rng=0, reward_noise=0.3)
    data.save(tmp_path / "episodes")
    back = Trajectories.load(tmp_path / "episodes")
    for name in ("states", "actions", "rewards"):
        assert np.array_equal(getattr(back, name), getattr(data, name))
    assert [p.name for p in tmp_path.iterdir()] == ["episodes"]


def test_files_that_hold_no_trajectories(tmp_path):
    with pytest.raises(FileNotFoundError):
        Trajectories.load(tmp_path / "absent")
    tabular.domains.chain(3, 0.9).save(tmp_path / "model")
    with pytest.raises(tabular.ModelError, match="holds no trajectories"):
        Trajectories.load(tmp_path / "model")
    (tmp_path / "text").write_text("episodes")
    with pytest.raises(tabular.ModelError, match="cannot be read"):
        Trajectories.load(tmp_path / "text")
    data = sample(model_of(1), 7, rng=0)
    data.save(tmp_path / "cut")
    whole = (tmp_path / "cut").read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(tabular.ModelError, match="cannot be read"):
        Trajectories.load(tmp_path / "cut")


MODEL = tabular.domains.simulated_linear_mdp()
FINE = sample(MODEL, 5, rng=0)


def moved(name, index, value):
    parts = {n: getattr(FINE, n).copy() for n in ("states", "actions", "rewards")}
    parts[name][index] = value
    return Trajectories(**parts)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: Trajectories(np.empty((0, 4), int), np.empty((0, 3), int), np.empty((0, 3))), "data set is empty"),
        (lambda: Trajectories(FINE.states[:, :3], FINE.actions, FINE.rewards), "the state after the last action"),
        (lambda: Trajectories(FINE.states, FINE.actions, FINE.rewards[:, :2]), "rewards have shape"),
        (lambda: Trajectories(FINE.states + 0.5, FINE.actions, FINE.rewards), "expected integers"),
        (lambda: moved("states", (2, 1), -1), "episode 2, step 1 has state -1"),
        (lambda: moved("rewards", (3, 0), np.nan), "episode 3, step 0 is nan"),
        (lambda: moved("states", (4, 3), 7).check(MODEL), "episode 4, step 3 has state 7"),
        (lambda: moved("actions", (4, 2), 16).check(MODEL), "episode 4, step 2 has action 16"),
        (lambda: moved("states", (1, 1), 2).check(MODEL), "episode 1 goes from state 0 with action .* to state 2 at step 0"),
        (lambda: PEVI().learn(MODEL, moved("states", (1, 1), 2)), "no probability"),
        (lambda: PEVI().learn(model_of(0, horizon=2), FINE), "episodes have 3 steps, but the horizon of the model is 2"),
        (lambda: PEVI().learn(MODEL, FINE.states), "expected Trajectories"),
        (lambda: PEVI(ridge=0).learn(MODEL, FINE[:1]), "step 2 span 1 of 4 features.*use ridge > 0"),
        (lambda: PEVI(beta=-1), "beta is -1"),
        (lambda: PEVI(ridge=np.nan), "ridge is nan"),
        (lambda: PEVI(ceiling=[1, 2]).learn(MODEL, FINE), "ceiling"),
        (lambda: R2PVI(tabular.ReverseKL(), 1.0), "no formula"),
        (lambda: R2PVI(KL, 0.0), "expected positive"),
        (lambda: R2PVI(tabular.TotalVariation(True), 1.0), "any state"),
        (lambda: R2PVI(TV, [1, 2]).learn(MODEL, FINE), "penalty is"),
        (lambda: DRPVI(-0.1).learn(MODEL, FINE), r"radius\[0, 0\] is -0.1"),
        (lambda: VADRPVI(0.1).learn(MODEL, FINE[:1]), "single episode"),
    ],
)
def test_bad_data(act, message):
    with pytest.raises(tabular.ModelError, match=message):
        act()
