"""Satisficing, predictive sampling, contexts, rate-distortion and long-run averages, against enumeration and closed forms."""

import itertools

import numpy as np
import pytest
from bandit_references import NB1, NB2, NB3, NB5, entropy, histories, random_bandit
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import rel_entr

import tabular
from tabular.bandits import (
    ContextualBandit,
    LatentBandit,
    blahut_arimoto,
    critical_distortion,
    hidden,
    rate_distortion_bound,
    stationary,
    symmetric_chain_bound,
    symmetric_chain_rate,
)


def symmetric(switch, gap):
    return LatentBandit(
        [[1 - switch, switch], [switch, 1 - switch]], [[0.5 + gap, 0.5 - gap], [0.5 - gap, 0.5 + gap]], [0.5, 0.5]
    )


# --- satisficing -------------------------------------------------------------------------------------------------------------


def joint_of(bandit, policy, horizon, target):
    """Law of (targets, history), state path by state path."""
    table = {}
    for _, _, _, taken in histories(bandit, policy, horizon):
        for states in itertools.product(range(bandit.n_states), repeat=horizon):
            chance, belief = bandit.initial[states[0]], bandit.initial
            chance *= np.prod([bandit.transition[a, b] for a, b in itertools.pairwise(states)])
            for t, (a, o) in enumerate(taken):
                chance *= policy(belief[None], t)[0][a] * bandit.likelihood[states[t], a, o]
                after = belief * bandit.likelihood[:, a, o]
                belief = after / after.sum() @ bandit.transition
            for targets in itertools.product(range(bandit.n_actions), repeat=horizon):
                mass = chance * np.prod([target[s, a] for s, a in zip(states, targets, strict=True)])
                key = (targets, tuple(taken))
                table[key] = table.get(key, 0.0) + mass
    return table


def information(table):
    first, second = {}, {}
    for (x, y), mass in table.items():
        first[x] = first.get(x, 0.0) + mass
        second[y] = second.get(y, 0.0) + mass
    return entropy(list(first.values())) + entropy(list(second.values())) - entropy(list(table.values()))


@given(st.integers(0, 10_000), st.integers(1, 3))
@settings(max_examples=20)
def test_information_about_targets(seed, horizon):
    bandit = random_bandit(seed)
    target = np.random.default_rng(seed).dirichlet([0.5, 0.5], 3)
    table = joint_of(bandit, bandit.satisficing(target), horizon, target)
    assert sum(table.values()) == pytest.approx(1.0)
    assert bandit.information_gain(horizon, target=target) == pytest.approx(information(table), abs=1e-11)
    about_states = {}
    for states in itertools.product(range(3), repeat=horizon):
        path = bandit.initial[states[0]] * np.prod([bandit.transition[a, b] for a, b in itertools.pairwise(states)])
        for targets in itertools.product(range(2), repeat=horizon):
            about_states[targets, states] = path * np.prod([target[s, a] for s, a in zip(states, targets, strict=True)])
    assert bandit.target_information(horizon, target) == pytest.approx(information(about_states), abs=1e-11)
    gains = bandit.one_step_information(horizon, target=target)
    assert gains.sum() <= bandit.information_gain(horizon, target=target) + 1e-10
    assert gains[0] == pytest.approx(bandit.information_gain(1, target=target), abs=1e-12)


def test_the_best_action_is_a_target():
    best = np.eye(2)[NB3.best_actions]
    assert NB3.policy_regret(NB3.satisficing(best), 4) == pytest.approx(NB3.thompson_regret(4))
    assert NB3.information_gain(4, target=best) == pytest.approx(NB3.information_gain(4))
    assert NB3.target_information(4, best) == pytest.approx(NB3.optimal_action_entropy(4))


def test_where_the_best_action_is_the_wrong_target():
    bandit = LatentBandit(np.full((2, 2), 0.5), [[0.55, 1, 0], [0.55, 0, 1]])
    safe = [[1, 0, 0], [1, 0, 0]]
    assert bandit.thompson_regret(5) == pytest.approx(np.full(5, 0.5))
    assert bandit.policy_regret(bandit.satisficing(safe), 5) == pytest.approx(np.full(5, 0.45))
    assert bandit.bayes_optimal_regret(5) == pytest.approx(np.full(5, 0.45))
    assert bandit.target_information(5, safe) == pytest.approx(0.0, abs=1e-12)


# --- predictive sampling -----------------------------------------------------------------------------------------------------


def predictive_law(bandit, belief, lookahead):
    """By enumeration of states and rewards of all arms in the future."""
    law = np.zeros(bandit.n_actions)
    arms = [range(bandit.outcome_rewards.size)] * bandit.n_actions
    for future in itertools.product(itertools.product(*arms), repeat=lookahead):
        likelihood = np.ones(bandit.n_states)
        for outcomes in reversed(future):
            now = np.prod([bandit.likelihood[:, a, o] for a, o in enumerate(outcomes)], axis=0)
            likelihood = bandit.transition @ (now * likelihood)
        joint = belief * likelihood
        q = joint / joint.sum() @ bandit.means
        law[np.argmax(q >= q.max() - 1e-12)] += joint.sum()
    return law


@given(st.integers(0, 10_000), st.integers(1, 3), st.sampled_from([None, 3]))
@settings(max_examples=15)
def test_predictive_sampling_by_enumeration(seed, lookahead, m):
    bandit = random_bandit(seed, m=m)
    if m == 3:
        lookahead = min(lookahead, 2)
    policy = bandit.predictive(lookahead)
    assert policy(bandit.initial[None], 0)[0] == pytest.approx(predictive_law(bandit, bandit.initial, lookahead), abs=1e-9)


def test_limits_of_predictive_sampling():
    independent = LatentBandit(np.full((2, 2), 0.5), [[0.8, 0.2], [0.3, 0.7]], [0.6, 0.4])
    beliefs = np.random.default_rng(0).dirichlet([1, 1], 20)
    assert independent.predictive(3)(beliefs, 0) == pytest.approx(independent.greedy(beliefs, 0))
    still = LatentBandit(np.eye(2), [[0.9, 0.1], [0.1, 0.9]], [0.5, 0.5])
    assert still.predictive(60)(beliefs, 0) == pytest.approx(still.thompson(beliefs, 0), abs=1e-9)


def test_predictive_sampling_lies_between():
    regrets = [NB1.policy_regret(p, 8).sum() for p in (NB1.greedy, NB1.predictive(6), NB1.thompson)]
    assert regrets == sorted(regrets)


# --- contexts ----------------------------------------------------------------------------------------------------------------


MEANS = np.array([[[0.9, 0.1], [0.2, 0.7]], [[0.3, 0.6], [0.8, 0.4]], [[0.5, 0.2], [0.6, 0.3]]])
THREE = ContextualBandit([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]], MEANS, [0.5, 0.5], [1 / 3] * 3)


def test_published_contexts():
    assert THREE.thompson_regret(4).sum() == pytest.approx(0.7415915526, abs=6e-11)
    assert THREE.one_step_information(4).sum() == pytest.approx(0.3678393195, abs=6e-11)
    assert THREE.optimal_arm_entropy(4) == pytest.approx(2.1141262703, abs=6e-11)
    assert THREE.optimal_rule_entropy(4) == pytest.approx(3.2750734339, abs=6e-11)


def test_one_context_is_none():
    bandit = ContextualBandit(NB3.transition, NB3.means[:, None], [1.0])
    assert bandit.thompson_regret(4) == pytest.approx(NB3.thompson_regret(4))
    assert bandit.policy_regret(bandit.greedy, 4) == pytest.approx(NB3.policy_regret(NB3.greedy, 4))
    assert bandit.one_step_information(4) == pytest.approx(NB3.one_step_information(4))
    assert bandit.optimal_arm_entropy(4) == pytest.approx(NB3.optimal_action_entropy(4))
    assert bandit.optimal_rule_entropy(4) == pytest.approx(NB3.optimal_action_entropy(4))


def test_contexts_against_a_larger_chain():
    """Contexts are states that are told: the first step, by hand."""
    q = np.tensordot(THREE.each[0].initial, MEANS, 1)
    best = np.tensordot(THREE.each[0].initial, MEANS.max(axis=2), 1)
    alpha = np.stack([bandit.best_action_law(bandit.initial[None])[0] for bandit in THREE.each])
    assert THREE.thompson_regret(1)[0] == pytest.approx(0.5 * (best - (alpha * q).sum(axis=1)).sum())


# --- rate distortion ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("switch", "gap", "at_critical", "by_entropy"),
    [(0.1, 0.3, 0.3917961592, 0.4031643420), (0.02, 0.3, 0.2202670357, 0.2214036058), (0.3, 0.2, 0.4762153755, 0.5526591635)],
)
def test_published_bounds(switch, gap, at_critical, by_entropy):
    assert symmetric_chain_bound(switch, gap) == pytest.approx(at_critical, abs=6e-11)
    assert symmetric_chain_bound(switch, gap, 0.0) == pytest.approx(by_entropy, abs=6e-11)
    grid = np.linspace(0, critical_distortion(switch), 50)
    assert min(symmetric_chain_bound(switch, gap, d) for d in grid) == pytest.approx(at_critical, abs=6e-11)


def test_published_critical_distortions():
    assert critical_distortion(0.1) == pytest.approx(0.0030960050, abs=6e-11)
    assert critical_distortion(0.3) == pytest.approx(0.0482460485, abs=6e-11)
    assert critical_distortion(3 / 8) == pytest.approx(0.1, abs=1e-15)
    assert critical_distortion(1e-9) == pytest.approx(2.5e-19, rel=1e-6)


@given(st.integers(0, 10_000), st.floats(0.1, 20))
@settings(max_examples=25)
def test_blahut_arimoto_against_other_channels(seed, slope):
    """No channel is below the lower bound, and the best one found by descent is no better than ours."""
    rng = np.random.default_rng(seed)
    p, d = rng.dirichlet([1, 1, 1]), rng.random((3, 2))
    point = blahut_arimoto(p, d, slope)
    assert point.lower <= point.rate <= point.lower + 1e-9

    def objective(first):
        channel = np.stack([first, 1 - first], axis=1)
        return rel_entr(p[:, None] * channel, p[:, None] * (p @ channel)).sum() + slope * (p[:, None] * channel * d).sum()

    starts = [rng.random(3) for _ in range(4)]
    best = min(minimize(objective, start, bounds=[(0, 1)] * 3).fun for start in starts)
    assert point.lower + slope * point.distortion <= best + 1e-9
    assert point.rate + slope * point.distortion <= best + 1e-8


def test_blocks_approach_the_closed_form():
    """Shannon's lower bound per block: rate >= (H of the block) / T - h(D), attained below the critical distortion."""
    bandit = symmetric(0.3, 0.5)
    point = bandit.rate_distortion(4, 4.0)
    assert 0 < point.distortion < critical_distortion(0.3)
    per_step = bandit.optimal_action_entropy(4) / 4
    noise = entropy([point.distortion, 1 - point.distortion])
    assert point.rate == pytest.approx(per_step - noise, abs=1e-7)
    assert symmetric_chain_rate(0.3, point.distortion) < point.rate
    channel = bandit.rate_distortion(1, 2.0)
    target = channel.channel
    assert bandit.target_information(1, target) == pytest.approx(channel.rate, abs=1e-9)


def test_bounds_from_blocks_hold():
    for slope in (0.5, 2.0, 8.0):
        point = NB3.rate_distortion(4, slope)
        assert NB3.bayes_optimal_regret(4).mean() <= rate_distortion_bound(point.distortion, point.rate, 2)


# --- in the long run ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tau", "thompson", "bayes", "information"),
    [
        (2, 0.300000, 0.300000, 0.192745),
        (5, 0.253717, 0.192000, 0.164603),
        (10, 0.198908, 0.140948, 0.130244),
        (20, 0.144890, 0.096588, 0.095608),
        (100, 0.054232, 0.033571, 0.036268),
        (200, 0.032751, 0.019694, 0.021995),
    ],
)
def test_published_averages(tau, thompson, bayes, information):
    bandit = symmetric(1 / tau, 0.3)
    found = bandit.stationary_values()
    assert (found.regret, found.information) == pytest.approx((thompson, information), abs=1e-6)
    assert max(found.regret_error, found.information_error) < 2e-6
    optimum = bandit.stationary_optimum()
    assert optimum.regret == pytest.approx(bayes, abs=1e-6)
    assert bandit.stationary_values(bandit.greedy).regret == pytest.approx(bayes, abs=1e-6)


def test_slow_chains():
    """Against a finer grid: the default resolution follows the chain."""
    found = symmetric(1e-4, 0.3).stationary_values()
    assert found.regret == pytest.approx(symmetric(1e-4, 0.3).stationary_values(resolution=199_000).regret, abs=1e-6)


def test_averages_of_long_runs():
    """Three and four states: late steps of the tree."""
    assert NB2.stationary_values(resolution=120).regret == pytest.approx(NB2.thompson_regret(8)[-1], abs=4e-4)
    found = NB3.stationary_values(resolution=40)
    assert found.regret == pytest.approx(NB3.thompson_regret(8)[-1], abs=2e-4)
    assert found.information == pytest.approx(NB3.one_step_information(8)[-1], abs=1e-4)
    assert NB5.stationary_optimum(20).regret < NB5.stationary_values(resolution=20).regret


def test_independent_states_and_periods():
    bandit = LatentBandit(np.full((2, 2), 0.5), np.eye(2))
    assert bandit.stationary_values().regret == pytest.approx(0.5)
    alternating = LatentBandit([[0, 1], [1, 0]], np.eye(2), [1.0, 0.0])
    assert alternating.stationary_values().regret == pytest.approx(0.0, abs=1e-12)
    known = LatentBandit([[1.0]], [[0.5, 0.4]])
    assert known.stationary_values(known.uniform).regret == pytest.approx(0.05)
    assert known.stationary_optimum().regret == pytest.approx(0.0, abs=1e-9)


@given(st.integers(0, 10_000), st.integers(2, 4))
@settings(max_examples=30)
def test_grid_points_keep_the_mean(seed, n):
    grid = stationary.BeliefGrid.regular(n, 7)
    beliefs = np.random.default_rng(seed).dirichlet(np.full(n, 0.4), 30)
    beliefs[0] = np.eye(n)[seed % n]
    found, weights = grid.corners(beliefs)
    assert weights.min() >= -1e-15
    assert weights.sum(axis=1) == pytest.approx(np.ones(30))
    assert np.einsum("mj,mjs->ms", weights, grid.points[found]) == pytest.approx(beliefs, abs=1e-12)
    held = weights > 1e-12
    distance = np.abs(grid.points[found] - beliefs[:, None]).max(axis=2)
    assert distance[held].max() <= 1 / 7 + 1e-12


# --- bad input ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: NB1.satisficing([[0.5, 0.4], [0.5, 0.5]]), "target: row 0 sums to 0.9"),
        (lambda: NB1.satisficing([[1.0, 0.0]]), r"target has shape \(1, 2\)"),
        (lambda: NB1.target_information(0, np.eye(2)), "horizon is 0"),
        (lambda: NB1.predictive(0), "lookahead is 0"),
        (lambda: NB1.rate_distortion(2, -1.0), "slope is -"),
        (lambda: NB1.rate_distortion(20, 1.0), "blocks of 20 states and actions take"),
        (lambda: NB1.stationary_values(resolution=1), "resolution is 1"),
        (lambda: NB1.stationary_values(lambda b, t: b * 2), "no law at step 0"),
        (lambda: random_bandit(0, 6).stationary_values(resolution=100), "resolution 100 over 6 states has 96560646 beliefs"),
        (lambda: symmetric(1e-6, 0.3).stationary_values(), "a state lasts for 1000000 steps"),
        (lambda: symmetric(0.01, 0.3).stationary_optimum(50), "a state lasts for 100 steps"),
        (lambda: symmetric(0.1, 0.3).stationary_values(tol=np.nan), "tol is nan"),
        (lambda: LatentBandit(np.eye(2), np.eye(2), [0.5, 0.5]).stationary_optimum(), "several closed classes"),
        (lambda: rate_distortion_bound(0.1, 0.1, 0), "arms is 0"),
        (lambda: rate_distortion_bound(0.1, np.nan, 2), "rate is nan"),
        (lambda: ContextualBandit(np.eye(2), np.ones((2, 2)), [1.0]), "expected \\(n, X, k\\)"),
        (lambda: ContextualBandit(np.eye(2), np.ones((2, 1, 2)), [0.5]), "contexts sums to 0.5"),
        (lambda: THREE.optimal_arm_entropy(20), "sequences of contexts and best arms take"),
        (lambda: THREE.thompson_regret(0), "horizon is 0"),
        (lambda: THREE.policy_regret(lambda b, x, t: b, 2), "the policy returned shape"),
        (lambda: blahut_arimoto([0.5, 0.5], [[0, np.inf], [1, 0]], 1.0), "distortion"),
        (lambda: blahut_arimoto([0.5, 0.6], [[0, 1], [1, 0]], 1.0), "source sums to 1.1"),
        (lambda: symmetric_chain_rate(0.3, 0.2), "Gray's formula holds up to"),
        (lambda: symmetric_chain_rate(0.6, 0.0), "switch is 0.6"),
        (lambda: symmetric_chain_bound(0.3, 0.7), "gap is 0.7"),
    ],
)
def test_bad_input(act, message):
    with pytest.raises(tabular.ModelError, match=message):
        act()


def test_what_does_not_settle(monkeypatch):
    monkeypatch.setattr(stationary, "ITERATIONS", 10)
    with pytest.raises(tabular.SolverError, match="still moves by"):
        symmetric(0.01, 0.3).stationary_values()
    with pytest.raises(tabular.SolverError, match="only known within"):
        symmetric(0.01, 0.3).stationary_optimum()
    monkeypatch.setattr(hidden, "MOST_NODES", 1000)
    with pytest.raises(tabular.ModelError, match="futures"):
        random_bandit(0).predictive(9)
