"""Regret bounds above and below, and laws of hidden-state rewards, against quadrature, filters, enumeration and simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr

import tabular
from tabular.linear_bandits import (
    HYPERCUBE_CONSTANT,
    DLinUCB,
    DynamicalLinearBandit,
    DynLinUCB,
    LinearBandit,
    LinUCB,
    bretagnolle_huber,
    budget_actions,
    discounted_regret_bound,
    dynamical_lower_bound,
    dynamical_regret_bound,
    hidden_direction,
    hypercube_actions,
    hypercube_lower_bound,
    largest_bayes_regret,
    optimistic_regret_bound,
    optimistic_rule,
    output_divergence,
    output_law,
    sign_histories,
    simulate,
    synthetic_bandit,
    thompson_bayes_bound,
    two_action_bayes_regret,
    unit_ball_lower_bound,
)

BUDGETS = budget_actions()


# --- upper bounds --------------------------------------------------------------------------------------------------------------


def test_regret_stays_below_its_bounds():
    bandit = LinearBandit([0.6, -0.3], reward_noise=0.2)
    arms = [[1, 0], [0, 1], [0.6, 0.8], [-0.6, 0.8]]
    learner = LinUCB(dimension=2, noise=0.2, norm_bound=1.0, action_bound=1.0, delta=0.01)
    for T in (10, 2000):
        assert simulate(bandit, arms, learner, T, seeds=range(10)).regret[:, -1].max() <= optimistic_regret_bound(learner, T)
    dynamical = synthetic_bandit()
    for options in ({}, {"by_round": True}, {"floor": True, "bias_scale": 5.0}):
        waiting = DynLinUCB.for_bandit(dynamical, BUDGETS, 2000, **options)
        found = simulate(dynamical, BUDGETS, waiting, 2000, seeds=range(5))
        assert found.regret[:, -1].max() <= dynamical_regret_bound(waiting, 2000)
        online = 2000 * dynamical.values(BUDGETS).max() - found.rewards[:, -1]
        assert online.max() <= dynamical_regret_bound(waiting, 2000, online=True)


def test_bounds_by_their_formulas():
    waiting = DynLinUCB.for_bandit(synthetic_bandit(), BUDGETS, 1000)
    M, H, used = 0, [], 0
    while used < 1000:
        M += 1
        H.append(math.ceil(math.log(M) / math.log(5) - 1e-12))
        used += 1 + H[-1]
    width, U2, lam = float(waiting.confidence_width(M)), 1.25, math.log(1000)
    spent = math.sqrt(sum((1 + h) ** 2 for h in H))
    expected = 2 * max(1, width) * spent * math.sqrt(2 * 3 * math.log(1 + M * U2 / (3 * lam)))
    assert dynamical_regret_bound(waiting, 1000) == pytest.approx(expected, rel=1e-12)
    offset = dynamical_regret_bound(waiting, 1000, online=True) - expected
    assert offset == pytest.approx(2 * 1.01**0.5 * waiting.bounds.state / 0.8)
    discounted = DLinUCB(dimension=2, noise=0.1, norm_bound=1.0, action_bound=2.0, regularization=0.5, delta=0.1, discount=0.9)
    D = math.log(100) / 0.1
    last = 2 * math.sqrt(2) * float(discounted.confidence_width(100)) * math.sqrt(200)
    last *= math.sqrt(100 * math.log(1 / 0.9) + math.log(1 + 4 / (2 * 0.5 * 0.1)))
    expected = 2 * 2 * D * 0.3 + 4 * 8 / 0.5 * 0.9**D / 0.1 * 100 + last
    assert discounted_regret_bound(discounted, 100, 0.3) == pytest.approx(expected, rel=1e-12)
    assert thompson_bayes_bound(50, dimension=3, arms=3, entropy=1.2, noise=0.5) == pytest.approx(0.5 * math.sqrt(4 * 50 * 1.2))


# --- lower bounds --------------------------------------------------------------------------------------------------------------


def test_published_constants():
    assert pytest.approx(0.0169169104, abs=6e-11) == HYPERCUBE_CONSTANT
    found = largest_bayes_regret()
    assert found == pytest.approx((0.5297885595, 1.2468586746), abs=1e-10)
    by_quadrature = 2 * found.scale * quad(lambda s: ndtr(-found.scale * math.sqrt(s)), 0, 1)[0]
    assert found.constant == pytest.approx(by_quadrature, rel=1e-9)
    for c in (0.5, 1.2, 1.3, 3.0):
        assert 2 * c * quad(lambda s, c=c: ndtr(-c * math.sqrt(s)), 0, 1)[0] < found.constant


@pytest.mark.parametrize(("rho", "value"), [(0.0, 5.2983791537), (0.5, 10.5967583), (0.9, 52.9837914), (0.99, 529.8379154)])
def test_published_bayes_regret(rho, value):
    scale = largest_bayes_regret().scale
    found = two_action_bayes_regret(10**4, scale=scale, spectral_radius=rho, noise=0.1)
    assert found == pytest.approx(value, rel=6e-9 if rho else 2e-11)
    assert found >= dynamical_lower_bound(1, 10**4, spectral_radius=rho, noise=0.1)


def test_the_likelier_sign_earns_the_bayes_regret():
    """Playing the sign of the observed sum, by simulation."""
    T, c, rng = 50, 1.2, np.random.default_rng(0)
    b = 0.1 * c / math.sqrt(T) * rng.choice([-1, 1], size=40_000)
    total, regret = np.zeros(b.size), np.zeros(b.size)
    for _ in range(T):
        u = np.where(total >= 0, 1, -1)
        regret += 2 * np.abs(b) * (u != np.sign(b)) / (1 - 0.5)
        total += b + 0.1 * rng.normal(size=b.size)  # u times what u reveals
    expected = two_action_bayes_regret(T, scale=c, spectral_radius=0.5, noise=0.1)
    assert regret.mean() == pytest.approx(expected, abs=4 * regret.std() / b.size**0.5)


def test_constructions():
    bandit = hidden_direction([1, -1, 1], 400, spectral_radius=0.9, omega=2.0, noise=0.1)
    assert bandit.cumulative_parameter == pytest.approx(2 / 0.1 * 0.1 / 20 * np.array([1, -1, 1]))
    assert bandit.best_action(hypercube_actions(3)).tolist() == [1, -1, 1]
    assert hypercube_actions(2).tolist() == [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    assert hypercube_lower_bound(2, 100) == pytest.approx(math.exp(-2) / 8 * 20)
    assert unit_ball_lower_bound(2, 100) == pytest.approx(20 / (16 * 3**0.5))
    first = HYPERCUBE_CONSTANT * 0.1 * 2 * 100 / 0.1
    assert dynamical_lower_bound(2, 10**4, spectral_radius=0.9, noise=0.1) == pytest.approx(first - 0.2 / (0.01 * 100))
    sign_changes = 8 * math.e**2 / (1 - 0.9)
    assert dynamical_lower_bound(1, math.floor(sign_changes), spectral_radius=0.9) < 0
    assert dynamical_lower_bound(1, math.ceil(sign_changes), spectral_radius=0.9) > 0


def test_bretagnolle_huber_on_histories():
    """The ingredient of the lower bounds, on the laws of all histories of an optimistic rule, against the best event."""
    actions = hypercube_actions(2) / 2
    learner = LinUCB(dimension=2, noise=1.0, norm_bound=1.0, action_bound=1.0)
    laws, _ = sign_histories(optimistic_rule(learner, actions), actions, 8, thetas=[[0.3, 0.3], [0.3, -0.3], [0.9, 0.9]])
    for q in laws[1:]:
        least, bound = bretagnolle_huber(laws[0], q)
        event = laws[0] < q
        assert least == pytest.approx(laws[0][event].sum() + q[~event].sum())
        assert bound <= least <= 1
    assert bretagnolle_huber([1, 0], [0, 1]) == (0.0, 0.0)


# --- laws of rewards -----------------------------------------------------------------------------------------------------------


def random_bandit(rng, n, d):
    A = rng.normal(size=(n, n))
    A *= rng.uniform(0.05, 0.9) / np.abs(np.linalg.eigvals(A)).max()
    noise = {"state_noise": rng.uniform(0, 1), "reward_noise": rng.uniform(0.2, 1)}
    return DynamicalLinearBandit(A, rng.normal(size=(n, d)), rng.normal(size=n), rng.normal(size=d), **noise)


def log_density(bandit, actions, y):
    """By the Kalman filter."""
    x, P, total = bandit.initial_state, np.zeros((bandit.state_dimension,) * 2), 0.0
    for u, reward in zip(actions, y, strict=True):
        w = bandit.omega
        S = w @ P @ w + bandit.reward_noise**2
        e = reward - w @ x - bandit.theta @ u
        total -= 0.5 * (math.log(2 * math.pi * S) + e * e / S)
        gain = P @ w / S
        x, P = x + gain * e, P - np.outer(gain, w @ P)
        x, P = bandit.A @ x + bandit.B @ u, bandit.A @ P @ bandit.A.T + bandit.state_noise**2 * np.eye(len(x))
    return total


@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(1, 2), st.integers(1, 6))
@settings(max_examples=40)
def test_laws_are_those_of_the_filter(seed, n, d, T):
    rng = np.random.default_rng(seed)
    bandit, actions, y = random_bandit(rng, n, d), rng.normal(size=(T, d)), rng.normal(size=T)
    law = output_law(bandit, actions)
    off = y - law.mean
    exponent = off @ np.linalg.solve(law.covariance, off)
    density = -0.5 * (T * math.log(2 * math.pi) + np.linalg.slogdet(law.covariance)[1] + exponent)
    assert density == pytest.approx(log_density(bandit, actions, y), rel=1e-9, abs=1e-9)


def test_divergence_of_different_systems():
    """The mean of the filters' log ratio over draws."""
    rng = np.random.default_rng(3)
    one, two, actions = random_bandit(rng, 2, 1), random_bandit(rng, 1, 1), rng.normal(size=(4, 1))
    law = output_law(one, actions)
    draws = rng.multivariate_normal(law.mean, law.covariance, size=2000)
    ratios = np.array([log_density(one, actions, y) - log_density(two, actions, y) for y in draws])
    assert output_divergence(one, two, actions) == pytest.approx(ratios.mean(), abs=4 * ratios.std() / 2000**0.5)
    assert output_divergence(one, one, actions) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("rho", "constant", "alternating"),
    [(0.5, 0.7940813227, 0.3069424747), (0.9, 0.9819181409, 0.2169369095), (0.99, 0.9917840862, 0.2017647211)],
)
def test_published_divergences(rho, constant, alternating):
    pair = [DynamicalLinearBandit([[rho]], [[b]], [1], [0], state_noise=0.1, reward_noise=0.1) for b in (0.0, 0.01)]
    ones = np.ones((200, 1))
    signs = ones * (-1.0) ** np.arange(200)[:, None]
    found = [output_divergence(*pair, actions) for actions in (ones, signs)]
    assert found == pytest.approx([constant, alternating], abs=6e-11)
    assert max(found) <= 200 * 0.01**2 / (2 * 0.1**2) + 1e-12  # if the state were seen


# --- bad input -----------------------------------------------------------------------------------------------------------------

SILENT = DynamicalLinearBandit([[0.5]], [[1]], [1], [0], state_noise=0.1)
NOISY = DynamicalLinearBandit([[0.5]], [[1, 0]], [1], [0, 0], reward_noise=0.1)
ONE = DynamicalLinearBandit([[0.5]], [[1]], [1], [0], reward_noise=0.1)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: hypercube_lower_bound(0, 10), "dimension is 0"),
        (lambda: hypercube_lower_bound(1, 0), "horizon is 0"),
        (lambda: unit_ball_lower_bound(21, 10), "needs d <= 2 T: dimension is 21"),
        (lambda: hypercube_actions(17), "dimension is 17"),
        (lambda: hidden_direction([0.5], 10, spectral_radius=0.5), "expected \\+1 and -1"),
        (lambda: hidden_direction([1], 10, spectral_radius=1.0), "unstable"),
        (lambda: dynamical_lower_bound(1, 10, spectral_radius=1.0), "spectral_radius is 1.0"),
        (lambda: two_action_bayes_regret(10, scale=-1), "scale is -1"),
        (lambda: two_action_bayes_regret(10, scale=1, spectral_radius=np.nan), "spectral_radius is nan"),
        (lambda: bretagnolle_huber([1.0], [0.5, 0.5]), "p and q have shapes"),
        (lambda: bretagnolle_huber([1.0], [-1.0]), "two laws"),
        (lambda: output_divergence(SILENT, SILENT, [[1]]), "without reward noise"),
        (lambda: output_divergence(NOISY, ONE, [[1]]), "dimensions 2 and 1"),
        (lambda: dynamical_regret_bound(DynLinUCB.for_bandit(SILENT, [[1]], 10), 0), "horizon is 0"),
        (
            lambda: discounted_regret_bound(DLinUCB(dimension=1, noise=1, norm_bound=1, action_bound=1, discount=1.0), 10, 0.0),
            "forgets nothing",
        ),
        (lambda: thompson_bayes_bound(10, dimension=1, arms=2, entropy=-1, noise=1), "entropy is -1"),
    ],
)
def test_bad_input(act, message):
    with pytest.raises(tabular.ModelError, match=message):
        act()
