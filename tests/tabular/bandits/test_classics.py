"""Policies of counts and Gittins indices, against enumeration, published values and bad input."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

import tabular
from tabular.bandits import (
    bayes_regret,
    count_regret,
    divergences,
    exp3_regret,
    gittins_bounds,
    gittins_index,
    kl_ucb,
    optimal_bayes_regret,
    thompson,
    two_arm_values,
    ucb1,
)


@pytest.mark.parametrize(
    ("means", "policy", "totals", "second"),
    [
        ((0.6, 0.4), ucb1, (0.8350511104, 1.5523360085, 3.4297886178), 17.1489430888),
        ((0.6, 0.4), kl_ucb, (0.7437300456, 1.3054666619, 2.5143152816), 12.5715764081),
        ((0.6, 0.4), thompson, (0.8163729772, 1.4322552823, 2.7486412697), 13.7432063483),
        ((0.9, 0.8), ucb1, (0.4618746202, 0.8845496607, 2.0720927069), 20.7209270691),
    ],
)
def test_published_regrets(means, policy, totals, second):
    found = count_regret(means, policy, 50)
    assert [found.regret[:t].sum() for t in (10, 20, 50)] == pytest.approx(totals, abs=6e-11)
    assert found.pulls[1] == pytest.approx(second, abs=6e-11)
    assert found.weights.sum() == pytest.approx(1, abs=1e-12)
    assert (found.successes + found.failures).sum(axis=1).tolist() == [50] * len(found.weights)


@pytest.mark.parametrize(
    ("horizon", "optimum", "sampled", "optimistic"),
    [
        (1, 1 / 6, 1 / 6, 1 / 6),
        (2, 0.25, 0.3055555556, 0.3333333333),
        (5, 0.4444444444, 0.6169537037, 0.6055555556),
        (10, 0.6448809524, 0.9621224832, 1.0644775132),
        (30, 1.0801320180, 1.7017243629, 2.4444512333),
    ],
)
def test_published_bayes_regrets(horizon, optimum, sampled, optimistic):
    assert optimal_bayes_regret(horizon) == pytest.approx(optimum, abs=6e-11)
    assert bayes_regret(thompson, horizon).sum() == pytest.approx(sampled, abs=6e-11)
    assert bayes_regret(ucb1, horizon).sum() == pytest.approx(optimistic, abs=6e-11)


@pytest.mark.parametrize("policy", [ucb1, kl_ucb, thompson])
def test_counts_against_every_history(policy):
    means, horizon = np.array([0.7, 0.45]), 5
    regret = np.zeros(horizon)
    for actions in itertools.product((0, 1), repeat=horizon):
        for outcomes in itertools.product((0, 1), repeat=horizon):
            wins, losses, chance = np.zeros((1, 2), dtype=int), np.zeros((1, 2), dtype=int), 1.0
            for t, (a, o) in enumerate(zip(actions, outcomes, strict=True)):
                chance *= policy(wins, losses, t)[0, a]
                chance *= means[a] if o else 1 - means[a]
                (wins if o else losses)[0, a] += 1
            regret += chance * (0.7 - means[list(actions)])
    assert count_regret(means, policy, horizon).regret == pytest.approx(regret, abs=1e-12)


def test_thompson_probabilities():
    rng = np.random.default_rng(0)
    s, f = rng.integers(0, 9, (20, 2)), rng.integers(0, 9, (20, 2))
    x = np.linspace(0, 1, 20_001)
    for row, (w, lost) in enumerate(zip(s, f, strict=True)):
        density = scipy.stats.beta.pdf(x, w[0] + 1, lost[0] + 1) * scipy.stats.beta.cdf(x, w[1] + 1, lost[1] + 1)
        assert thompson(s, f, 0)[row, 0] == pytest.approx(np.trapezoid(density, x), abs=1e-5)


@pytest.mark.parametrize(
    ("discount", "indices"),
    [
        (0.5, (0.5590188346, 0.7059667820, 0.3758218280, 0.5257658120)),
        (0.9, (0.7028891938, 0.8000562828, 0.5001287850, 0.6009986684)),
        (0.95, (0.7614336343, 0.8381412551, 0.5601106559, 0.6391689352)),
    ],
)
def test_published_indices(discount, indices):
    assert [gittins_index(a, b, discount) for a, b in ((1, 1), (2, 1), (1, 2), (3, 3))] == pytest.approx(indices, abs=6e-11)


def test_bounds_hold_at_every_depth():
    inner = gittins_index(1, 2, 0.8)
    before = (0.0, 1.0)
    for depth in (1, 2, 5, 20):
        low, high = gittins_bounds(1, 2, 0.8, depth)
        assert before[0] <= low <= inner + 1e-12
        assert inner - 1e-12 <= high <= before[1]
        before = (low, high)
    assert gittins_index(5, 5, 1e-6) == pytest.approx(0.5, abs=1e-5)


@pytest.mark.slow
def test_the_index_policy_is_optimal():
    """Two discounted arms, by dynamic programming to a depth beyond which nothing counts."""
    discount, depth = 0.7, 26
    optimum, by_index, best = {}, {}, {}
    for n in range(depth, -1, -1):
        for state in itertools.product(range(n + 1), repeat=3):
            a, b, c = state
            d = n - a - b - c
            if d < 0:
                continue
            arms = ((1 + a, 1 + b), (1 + c, 1 + d))
            means = [x / (x + y) for x, y in arms]
            if n == depth:
                optimum[a, b, c, d] = by_index[a, b, c, d] = max(means) / (1 - discount)
                continue
            for arm in arms:
                if arm not in best:
                    best[arm] = gittins_bounds(*arm, discount, 40)[0]
            nexts = (((a + 1, b, c, d), (a, b + 1, c, d)), ((a, b, c + 1, d), (a, b, c, d + 1)))
            worth = [m + discount * (m * optimum[w] + (1 - m) * optimum[v]) for m, (w, v) in zip(means, nexts, strict=True)]
            optimum[a, b, c, d] = max(worth)
            k = int(best[arms[1]] > best[arms[0]])
            m, (w, v) = means[k], nexts[k]
            by_index[a, b, c, d] = m + discount * (m * by_index[w] + (1 - m) * by_index[v])
    assert optimum[0, 0, 0, 0] == pytest.approx(1.9012833377, abs=6e-11)
    assert by_index[0, 0, 0, 0] == pytest.approx(1.9012833377, abs=1e-6)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: count_regret([0.5, 1.5], ucb1, 3), "means are"),
        (lambda: count_regret([], ucb1, 3), "means are"),
        (lambda: count_regret([0.5], ucb1, 0), "horizon is 0"),
        (lambda: count_regret([0.5, 0.4], lambda s, f, t: s * 1.0, 3), "no laws at step 0"),
        (lambda: count_regret([0.5] * 3, thompson, 3), "two arms, not 3"),
        (lambda: bayes_regret(ucb1, 3, arms=0), "arms is 0"),
        (lambda: gittins_index(0, 1, 0.9), "a is 0"),
        (lambda: gittins_index(1, np.nan, 0.9), "b is nan"),
        (lambda: gittins_index(1, 1, 1.0), "discount is 1.0"),
        (lambda: gittins_bounds(1, 1, 0.9, 0), "depth is 0"),
    ],
)
def test_bad_input(act, message):
    with pytest.raises(tabular.ModelError, match=message):
        act()


# --- telling bandits apart ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "both", "event"), [(ucb1, 2.9642515900, 1.2390939657), (thompson, 2.7349523393, 0.5719260170)]
)
def test_published_divergences(policy, both, event):
    found = divergences([0.6, 0.4], [0.6, 0.8], policy, 20)
    assert found.counts == pytest.approx(both, abs=1e-10)
    assert found.decomposition == pytest.approx(both, abs=1e-10)
    assert found.event == pytest.approx(event, abs=1e-10)


def test_divergence_of_whole_histories():
    """Counts are sufficient: the divergence of the laws of all histories is the same."""
    mu, nu, T = (0.3, 0.6), (0.5, 0.2), 4
    total = 0.0
    for actions in itertools.product((0, 1), repeat=T):
        for rewards in itertools.product((0, 1), repeat=T):
            s, f, here, there = np.zeros((1, 2), dtype=int), np.zeros((1, 2), dtype=int), 1.0, 1.0
            for t, (a, x) in enumerate(zip(actions, rewards, strict=True)):
                law = thompson(s, f, t)[0, a]
                here *= law * (mu[a] if x else 1 - mu[a])
                there *= law * (nu[a] if x else 1 - nu[a])
                (s if x else f)[0, a] += 1
            total += here * np.log(here / there)
    assert divergences(mu, nu, thompson, T).counts == pytest.approx(total, abs=1e-12)


# --- discounted arms ---------------------------------------------------------------------------------------------------------


def test_published_index_policies():
    same = two_arm_values((1, 1), (1, 1), 0.7, 26)
    assert same == pytest.approx((1.9012833377, 1.9012833179), abs=6e-11)
    other = two_arm_values((1, 1), (2, 2), 0.7, 26)
    assert other == pytest.approx((1.8827479606, 1.8827479510), abs=6e-11)


def test_two_arms_against_a_plain_recursion():
    def value(arms, left, choose):
        means = [Fraction(a, a + b) for a, b in arms]
        if left == 0:
            return max(means) / (1 - Fraction(3, 5))
        options = []
        for i, m in enumerate(means):
            a, b = arms[i]
            won, lost = ([*arms[:i], pair, *arms[i + 1 :]] for pair in ((a + 1, b), (a, b + 1)))
            ahead = m * value(won, left - 1, choose) + (1 - m) * value(lost, left - 1, choose)
            options.append(m + Fraction(3, 5) * ahead)
        return max(options) if choose is None else options[choose(arms)]

    index = lambda a, b: gittins_index(a, b, 0.6)  # noqa: E731
    chosen = lambda arms: int(index(*arms[1]) > index(*arms[0]))  # noqa: E731
    found = two_arm_values((1, 2), (2, 3), 0.6, 5)
    assert found.optimal == pytest.approx(float(value([(1, 2), (2, 3)], 5, None)), abs=1e-12)
    assert found.index_policy == pytest.approx(float(value([(1, 2), (2, 3)], 5, chosen)), abs=1e-12)


def test_the_myopic_policy_loses():
    myopic = two_arm_values((1, 1), (5, 4), 0.9, 20, index=lambda a, b: a / (a + b))
    assert myopic.index_policy < myopic.optimal - 0.05


# --- Exp3 --------------------------------------------------------------------------------------------------------------------


def test_exp3_path_by_path():
    rewards, gamma = np.random.default_rng(0).random((4, 3)), 0.3
    gained = 0.0
    for path in itertools.product(range(3), repeat=4):
        w, chance, sum_ = np.ones(3), 1.0, 0.0
        for t, a in enumerate(path):
            p = 0.7 * w / w.sum() + 0.1
            chance *= p[a]
            sum_ += rewards[t, a]
            w[a] *= np.exp(gamma * rewards[t, a] / p[a] / 3)
        gained += chance * sum_
    assert exp3_regret(rewards, gamma) == pytest.approx(rewards.sum(axis=0).max() - gained, abs=1e-12)


@given(st.integers(0, 10_000), st.integers(2, 3), st.integers(2, 7))
def test_exp3_bound(seed, k, T):
    rewards = np.random.default_rng(seed).integers(0, 2, (T, k))
    assert exp3_regret(rewards) <= 2 * np.sqrt((np.e - 1) * k * T * np.log(k))


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: divergences([0.6, 0.4], [0.6, 1.0], ucb1, 5), "means inside"),
        (lambda: two_arm_values((1, 1), (0, 1), 0.5, 3), "expected pairs of positive numbers"),
        (lambda: two_arm_values(1, (1, 1), 0.5, 3), "expected pairs of positive numbers"),
        (lambda: two_arm_values((1, 1), (1, 1), 0.5, 3, index=lambda a, b: float("nan")), "is NaN"),
        (lambda: gittins_index(1, 1, 0.9999), "pulls deep"),
        (lambda: count_regret([0.5, 0.4], lambda s, f, t: np.full(s.shape, 0.500001), 3), "returned no laws"),
        (lambda: two_arm_values((1, 1), (1, 1), 1.0, 3), "discount is 1.0"),
        (lambda: two_arm_values((1, 1), (1, 1), 0.5, 0), "depth is 0"),
        (lambda: exp3_regret([[0.5, 1.5]]), "entries in \\[0, 1\\]"),
        (lambda: exp3_regret(np.ones((30, 2))), "2\\^30 sequences"),
        (lambda: exp3_regret([[0.5, 0.5]], 0), "mixing is 0"),
    ],
)
def test_bad_input_of_classics(act, message):
    with pytest.raises(tabular.ModelError, match=message):
        act()
