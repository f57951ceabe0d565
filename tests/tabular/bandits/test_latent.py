"""Latent bandits against trees without merging, published values, closed forms, and bad input."""

import itertools

import numpy as np
import pytest
from bandit_references import NB1, NB2, NB3, NB4, NB5, entropy, histories, random_bandit
from hypothesis import given, settings
from hypothesis import strategies as st

import tabular
from tabular.bandits import LatentBandit, beliefs, hidden


@given(st.integers(0, 10_000), st.integers(1, 3), st.sampled_from([None, 3]), st.sampled_from(["thompson", "greedy", "uniform"]))
@settings(max_examples=40)
def test_regret_is_that_of_the_tree(seed, horizon, m, name):
    bandit = random_bandit(seed, m=m)
    policy = getattr(bandit, name)
    best = bandit.means[np.arange(3), bandit.best_actions]
    expected = np.zeros(horizon)
    for weight, _, seen, taken in histories(bandit, policy, horizon):
        for t, (belief, (a, _)) in enumerate(zip(seen, taken, strict=True)):
            expected[t] += weight * (belief @ best - belief @ bandit.means[:, a])
    assert bandit.policy_regret(policy, horizon) == pytest.approx(expected, abs=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 3))
@settings(max_examples=30)
def test_no_policy_of_beliefs_beats_the_bayes_optimum(seed, horizon):
    bandit = random_bandit(seed)
    optimum = bandit.bayes_optimal_regret(horizon).sum()

    def value(belief, left):
        if left == 0:
            return 0.0
        best = belief @ bandit.means[np.arange(3), bandit.best_actions]
        options = []
        for a in range(2):
            total = best - belief @ bandit.means[:, a]
            for o in range(2):
                joint = belief * bandit.likelihood[:, a, o]
                if joint.sum() > 0:
                    total += joint.sum() * value(joint / joint.sum() @ bandit.transition, left - 1)
            options.append(total)
        return min(options)

    assert optimum == pytest.approx(value(bandit.initial, horizon), abs=1e-12)
    assert bandit.policy_regret(bandit.greedy, horizon).sum() >= optimum - 1e-12


@given(st.integers(0, 10_000), st.integers(1, 3))
@settings(max_examples=30)
def test_information_from_the_joint_law(seed, horizon):
    """I(A*_{1:T}; F_T) and the one-step gains from the joint law of states, actions and outcomes."""
    bandit = random_bandit(seed)
    best = bandit.best_actions
    joint = {}
    for states in itertools.product(range(3), repeat=horizon):
        path = bandit.initial[states[0]] * np.prod([bandit.transition[a, b] for a, b in itertools.pairwise(states)])
        joint[states] = path
    table = {}
    for weight, _, _, taken in histories(bandit, bandit.thompson, horizon):
        del weight
        for states, path in joint.items():
            chance, belief = path, bandit.initial
            for t, (a, o) in enumerate(taken):
                law = bandit.thompson(belief[None], t)[0]
                chance *= law[a] * bandit.likelihood[states[t], a, o]
                after = belief * bandit.likelihood[:, a, o]
                belief = after / after.sum() @ bandit.transition
            key = (tuple(best[list(states)]), tuple(taken))
            table[key] = table.get(key, 0.0) + chance
    stars, seen = {}, {}
    for (star, history), mass in table.items():
        stars[star] = stars.get(star, 0.0) + mass
        seen[history] = seen.get(history, 0.0) + mass
    information = entropy(list(stars.values())) + entropy(list(seen.values())) - entropy(list(table.values()))
    assert bandit.optimal_action_entropy(horizon) == pytest.approx(entropy(list(stars.values())), abs=1e-12)
    assert bandit.information_gain(horizon) == pytest.approx(information, abs=1e-11)
    assert bandit.one_step_information(horizon).sum() <= information + 1e-11


@given(st.integers(0, 10_000), st.integers(2, 4), st.integers(2, 3))
@settings(max_examples=30)
def test_the_main_inequality(seed, n, k):
    bandit, horizon = random_bandit(seed, n, k), 3
    regret, gains = bandit.thompson_regret(horizon).sum(), bandit.one_step_information(horizon).sum()
    whole, rate = bandit.information_gain(horizon), bandit.optimal_action_entropy(horizon)
    assert gains <= whole + 1e-10
    assert whole <= rate + 1e-10
    assert regret <= np.sqrt((k - 1) / 2 * horizon * max(gains, 0.0)) + 1e-10
    assert (bandit.information_ratio(horizon) <= (k - 1) / 2 + 1e-9).all()


# --- published values --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bandit", "horizon", "thompson", "bayes", "greedy"),
    [
        (NB1, 8, 1.7432112557, 1.3229275108, 1.3229275108),
        (NB2, 6, 1.1556816518, 1.0203909949, 1.0203909949),
        (NB3, 6, 1.0923807437, None, 0.8738813609),
        (NB4, 6, 0.5770758562, 0.5089277440, 0.5089277440),
        (NB5, 8, 2.0652666488, None, None),
    ],
    ids=["NB1", "NB2", "NB3", "NB4", "NB5"],
)
def test_published_regrets(bandit, horizon, thompson, bayes, greedy):
    assert bandit.thompson_regret(horizon).sum() == pytest.approx(thompson, abs=1e-10)
    if bayes is not None:
        assert bandit.bayes_optimal_regret(horizon).sum() == pytest.approx(bayes, abs=1e-10)
    if greedy is not None:
        assert bandit.policy_regret(bandit.greedy, horizon).sum() == pytest.approx(greedy, abs=1e-10)


def test_published_steps():
    expected = [0.3, 0.23088, 0.211121781004, 0.203172269392, 0.200477237643, 0.199467504308, 0.199111360524, 0.198981102844]
    assert NB1.thompson_regret(8) == pytest.approx(expected, abs=1e-12)
    assert NB1.policy_regret(NB1.uniform, 8).sum() == pytest.approx(2.4, abs=1e-12)


@pytest.mark.parametrize(
    ("bandit", "horizon", "gains", "entropy_of_best"),
    [(NB1, 6, 0.8761126452, 2.3185620475), (NB2, 6, 0.2441113871, 3.7320181131), (NB3, 6, 0.4758481016, 3.3187577405)],
    ids=["NB1", "NB2", "NB3"],
)
def test_published_information(bandit, horizon, gains, entropy_of_best):
    assert bandit.one_step_information(horizon).sum() == pytest.approx(gains, abs=6e-11)
    assert bandit.optimal_action_entropy(horizon) == pytest.approx(entropy_of_best, abs=6e-11)


def test_published_information_of_sequences():
    assert NB1.information_gain(6) == pytest.approx(0.8761126452, abs=6e-11)
    assert NB3.information_gain(6) == pytest.approx(0.4865373072, abs=6e-11)


@pytest.mark.parametrize(
    ("bandit", "depth", "lower", "upper"),
    [
        (NB3, 1, 0.5054543281, 0.5257131633),
        (NB3, 3, 0.5231149169, 0.5256921103),
        (NB5, 1, 0.3955931469, 0.5730569171),
        (NB5, 4, 0.4733519660, 0.5018077684),
        (NB5, 8, 0.4888284242, 0.4903076847),
        (NB1, 2, 0.3250829734, 0.3250829734),
        (NB2, 2, 0.5266811649, 0.5266811649),
    ],
)
def test_published_sandwich(bandit, depth, lower, upper):
    assert bandit.entropy_rate_bounds(depth) == pytest.approx((lower, upper), abs=6e-11)


def test_stationary_bandits():
    two = LatentBandit(np.eye(2), [[0.7, 0.3], [0.3, 0.7]], [0.5, 0.5])
    assert [two.thompson_regret(t).sum() for t in (5, 10, 20)] == pytest.approx(
        [0.7489750678, 1.1354264983, 1.4794414623], abs=6e-11
    )
    assert [two.one_step_information(t).sum() for t in (5, 20)] == pytest.approx([0.3095135496, 0.6130798547], abs=6e-11)
    assert [two.bayes_optimal_regret(t).sum() for t in (5, 20)] == pytest.approx([0.6128, 1.1208726538], abs=6e-11)
    grid = np.array(list(itertools.product((0.2, 0.5, 0.8), repeat=2)))
    prior = LatentBandit(np.eye(9), grid, [1 / 9] * 9)
    assert prior.thompson_regret(10).sum() == pytest.approx(0.8752472053, abs=6e-11)
    assert prior.bayes_optimal_regret(10).sum() == pytest.approx(0.5510273755, abs=6e-11)
    assert prior.optimal_action_entropy(4) == pytest.approx(0.6365141683, abs=6e-11)


def test_independent_states():
    bandit = LatentBandit(np.full((2, 2), 0.5), np.eye(2))
    assert bandit.thompson_regret(8) == pytest.approx(np.full(8, 0.5))
    assert bandit.optimal_action_entropy(8) == pytest.approx(8 * np.log(2))


def test_a_greedy_policy_without_information():
    bandit = LatentBandit(np.eye(2), [[0.5, 0.1], [0.5, 0.8]], [0.5, 0.5])
    assert bandit.policy_regret(bandit.greedy, 20) == pytest.approx(np.full(20, 0.15))
    assert np.isinf(bandit.information_ratio(3, bandit.greedy)).all()
    certain = LatentBandit([[1.0]], [[0.5, 0.4]])
    assert certain.information_ratio(2).tolist() == [0.0, 0.0]


def test_beliefs_merge():
    """Symmetric instances have few beliefs: a hundred steps are nothing."""
    two = LatentBandit(np.eye(2), [[0.7, 0.3], [0.3, 0.7]], [0.5, 0.5])
    assert two.thompson_regret(100).shape == (100,)
    assert two.bayes_optimal_regret(40)[-1] < two.bayes_optimal_regret(40)[0]


@pytest.mark.parametrize(("means", "horizon"), [([[0.2, 0.2], [0.3, 0.8]], 23), ([[0.1, 0.7], [0.6, 0.4]], 25)])
def test_optimum_of_beliefs_at_the_edge_of_rounding(means, horizon):
    """A belief that is reached on two ways, and rounds to either side, is still found."""
    bandit = LatentBandit(np.eye(2), means, [0.5, 0.5])
    optimum = bandit.bayes_optimal_regret(horizon)
    assert optimum.sum() <= bandit.policy_regret(bandit.greedy, horizon).sum() + 1e-12


@pytest.mark.parametrize("start", [[0.6, 0.4], [0.7, 0.3]])
def test_no_information_is_none(start):
    """A known arm tells nothing, in doubles too."""
    bandit = LatentBandit(np.eye(2), [[0.1, 0.05], [0.1, 0.95]], start)
    ratio = bandit.information_ratio(1, lambda beliefs, t: np.tile([1.0, 0.0], (len(beliefs), 1)))
    assert np.isinf(ratio).all()


def test_ties_up_to_rounding():
    bandit = LatentBandit(np.eye(2), [[0.3, 0.1 + 0.2], [0.1, 0.9]], [0.5, 0.5])
    assert bandit.best_actions.tolist() == [0, 1]
    assert bandit.optimal_action_entropy(1) == pytest.approx(np.log(2))


def test_repr():
    assert "Bernoulli rewards" in repr(NB1)
    paid = LatentBandit([[1.0]], None, outcomes=([[[0.5, 0.5]]], [0.0, 10.0]))
    assert "2 outcomes" in repr(paid)


# --- bad input ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: LatentBandit([[0.9, 0.2], [0.1, 0.9]], [[1, 0], [0, 1]]), "transition: row 0 sums to 1.1"),
        (lambda: LatentBandit([[1.1, -0.1], [0.1, 0.9]], [[1, 0], [0, 1]]), "row 0 has the entry -0.1"),
        (lambda: LatentBandit([[0.9, 0.1]], [[1, 0]]), "expected \\(n, n\\)"),
        (lambda: LatentBandit([[1.0]], [[1.2, 0.0]]), "mean of arm 0 in state 0 is 1.2"),
        (lambda: LatentBandit([[1.0]], [[np.nan, 0.0]]), "is nan"),
        (lambda: LatentBandit([[1.0]], [[1, 0], [0, 1]]), "means have shape"),
        (lambda: LatentBandit(np.eye(2), [[1, 0], [0, 1]]), "several stationary laws"),
        (lambda: LatentBandit(np.eye(2), [[1, 0], [0, 1]], [0.5, 0.4]), "initial sums to 0.9"),
        (lambda: LatentBandit([[1.0]], None), "means of Bernoulli rewards, or outcomes"),
        (lambda: LatentBandit([[1.0]], None, outcomes=([[[0.5, 0.4]]], [0, 1])), "outcomes: state and arm 0 sums to 0.9"),
        (lambda: LatentBandit([[1.0]], None, outcomes=([[[0.5, 0.5]]], [0, 1, 2])), "outcomes have shapes"),
        (lambda: LatentBandit([[1.0]], None, outcomes=([[[0.5, 0.5]]], [0, np.inf])), "a reward is not finite"),
        (lambda: LatentBandit([[1.0]], None, outcomes=3), "outcomes are a pair"),
        (lambda: LatentBandit([[1.0]], None, outcomes=([[[1.0]]],)), "outcomes are a pair"),
        (lambda: LatentBandit([[1.0]], None, outcomes=(np.zeros((1, 0, 2)), [0, 1])), "outcomes have shapes"),
        (lambda: LatentBandit(np.eye(2), np.eye(2), [0.5, 0.5]).entropy_rate_bounds(1), "an entropy rate for each"),
        (lambda: NB1.thompson_regret(0), "horizon is 0"),
        (lambda: NB1.entropy_rate_bounds(0), "depth is 0"),
        (lambda: NB1.policy_regret(lambda b, t: b[:, 0], 2), "the policy returned shape"),
        (lambda: NB1.policy_regret(lambda b, t: np.full((len(b), 2), 0.6), 2), "no law at step 0"),
    ],
)
def test_bad_input(act, message):
    with pytest.raises(tabular.ModelError, match=message):
        act()


def test_trees_that_are_too_large(monkeypatch):
    monkeypatch.setattr(hidden, "MOST_NODES", 100)
    bandit = random_bandit(0, 4, 3)
    with pytest.raises(tabular.ModelError, match=r"up to .* nodes|tree has .* nodes"):
        bandit.thompson_regret(8)
    monkeypatch.setattr(hidden, "MOST_NODES", 10**6)
    with pytest.raises(tabular.ModelError, match=r"nodes of 200 numbers"):
        random_bandit(0, 200, 2).bayes_optimal_regret(12)
    monkeypatch.setattr(hidden, "MOST_NODES", 100)
    with pytest.raises(tabular.ModelError, match="posteriors of sequences take"):
        bandit.information_gain(8)
    with pytest.raises(tabular.ModelError, match="up to 128 sequences of best actions"):
        NB5.optimal_action_entropy(30)


def test_hashes_that_collide(monkeypatch):
    """Rows with one hash are told apart all the same."""
    rng = np.random.default_rng(0)
    several = beliefs.Nodes(rng.dirichlet([1, 1, 1], 20)[rng.integers(0, 20, 200)], rng.random(200))
    expected = beliefs.merged(several)
    monkeypatch.setattr(beliefs, "_multipliers", lambda n: np.zeros(n, dtype=np.uint64))
    found = beliefs.merged(several)
    order, other = (np.lexsort(x.beliefs.T) for x in (expected, found))
    assert found.weights[other] == pytest.approx(expected.weights[order])
    assert (found.beliefs[other] == expected.beliefs[order]).all()
