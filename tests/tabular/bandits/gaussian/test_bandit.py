"""Gaussian bandits against joint Gaussian conditioning, plain policies, published Monte Carlo values, and bad input."""

import math

import numpy as np
import pytest
from scipy.linalg import toeplitz
from scipy.stats import norm

import tabular
from tabular.bandits import (
    AR1,
    RBF,
    GaussianDiscountedUCB,
    GaussianGap,
    GaussianGreedy,
    GaussianProcessBandit,
    GaussianThompson,
    GaussianUniform,
    GaussianWindowThompson,
    GivenCovariance,
    PredictiveSampling,
    regret_by_scale,
)

SMOOTH = GaussianProcessBandit(RBF(6.0, 0.7), common=AR1(0.8, 2.0), n_actions=3, noise_variance=0.3)


# --- covariances and the filter -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "covariance", [RBF(2.0, 3.0), AR1(-0.7, 2.0), AR1(1.0), GivenCovariance([[2, 1, 0], [1, 2, 1], [0, 1, 2]])]
)
def test_paths_have_their_covariance(covariance):
    root = covariance.sampler(3)(np.eye(3))
    assert root @ root.T == pytest.approx(covariance.matrix(3), abs=1e-12)
    assert covariance.matrix(3).diagonal() == pytest.approx(covariance.variances(3), abs=0)
    if callable(covariance):
        assert covariance.matrix(3) == pytest.approx(toeplitz(covariance(np.arange(3))), abs=0)


def conditioned(bandit, horizon, actions, rewards):
    """Means (T, k) and covariances (T, k, k) given the rewards of the first steps, by one dense solve."""
    common, own = bandit.matrices(horizon)
    k, n = bandit.n_actions, len(actions)
    prior = np.kron(common, np.ones((k, k))) + np.kron(own, np.eye(k))
    seen = np.arange(n) * k + np.asarray(actions, dtype=int)
    gain = np.linalg.solve(prior[np.ix_(seen, seen)] + bandit.noise_variance * np.eye(n), prior[seen]).T
    after = (prior - gain @ prior[seen]).reshape(horizon, k, horizon, k)
    return (gain @ np.asarray(rewards)).reshape(horizon, k), np.array([after[t, :, t] for t in range(horizon)])


@pytest.mark.parametrize(
    "bandit", [SMOOTH, GaussianProcessBandit(AR1(0.9)), GaussianProcessBandit(RBF(9.0).matrix(12), RBF(2.0))]
)
def test_filter_is_joint_conditioning(bandit):
    rng = np.random.default_rng(1)
    posterior, T = bandit.filter(12), 12
    actions, rewards = rng.integers(bandit.n_actions, size=T), rng.normal(size=T)
    for n in range(T):
        means, covariances = conditioned(bandit, T, actions[:n], rewards[:n])
        assert posterior.mean == pytest.approx(means[n], abs=1e-12)
        assert posterior.covariance == pytest.approx(covariances[n], abs=1e-12)
        assert posterior.means[n:] == pytest.approx(means[n:], abs=1e-12)  # forecasts
        assert posterior.covariances[n:] == pytest.approx(covariances[n:], abs=1e-12)
        posterior.observe(actions[n], rewards[n])
    assert repr(posterior) == f"GaussianFilter({bandit.n_actions} arms, step 12 of 12)"
    for late in (lambda: posterior.observe(0, 1.0), lambda: posterior.mean):
        with pytest.raises(tabular.ModelError, match="all 12 steps have been observed"):
            late()


# --- policies against plain loops on the same random numbers --------------------------------------------------------------------


def plain_thompson(bandit, spread, t, actions, rewards, draws):
    means, covariances = conditioned(bandit, t + 1, actions, rewards)
    return means[t] + spread * np.linalg.cholesky(covariances[t]) @ draws[t]


def plain_predictive(bandit, current, t, actions, rewards, draws):
    """The law of the mean given the past and a sampled future of 60 steps, by joint conditioning."""
    scores = np.empty(bandit.n_actions)
    for a in range(bandit.n_actions):
        seen = np.flatnonzero(np.asarray(actions, dtype=int) == a)
        times = np.concatenate([seen, np.arange(t + 1 - current, t + 61)])
        C = bandit.idiosyncratic(np.subtract.outer(times, times)) + bandit.noise_variance * np.eye(times.size)
        c, s = bandit.idiosyncratic(times - t), slice(seen.size)
        mean = c[s] @ np.linalg.solve(C[s, s], np.asarray(rewards)[seen])
        known = c[s] @ np.linalg.solve(C[s, s], c[s])
        scores[a] = mean + math.sqrt(max(c @ np.linalg.solve(C, c) - known, 0.0)) * draws[t, a]
    return scores


def plain_window(bandit, window, t, actions, rewards, draws):
    prior = sum(matrix[t, t] for matrix in bandit.matrices(t + 1))
    scores = np.empty(bandit.n_actions)
    for a in range(bandit.n_actions):
        kept = [r for s, (b, r) in enumerate(zip(actions, rewards, strict=True)) if b == a and s >= t - window]
        precision = 1 / prior + len(kept) / bandit.noise_variance
        scores[a] = sum(kept) / bandit.noise_variance / precision + draws[t, a] / math.sqrt(precision)
    return scores


def plain_ucb(bandit, policy, t, actions, rewards, draws):
    weights = policy.discount ** np.arange(t - 1, -1, -1.0)
    N = np.array([sum(w for w, b in zip(weights, actions, strict=True) if b == a) for a in range(bandit.n_actions)])
    S = np.array(
        [sum(w * r for w, r, b in zip(weights, rewards, actions, strict=True) if b == a) for a in range(bandit.n_actions)]
    )
    if (N == 0).any():
        return N == 0
    return S / N + 2 * policy.bound * np.sqrt(policy.exploration * np.log(max(N.sum(), 1)) / N)


AUTOREGRESSIVE = GaussianProcessBandit(AR1(0.9, 1.3), n_actions=3, noise_variance=0.4)
UCB = GaussianDiscountedUCB(0.8, bound=0.4)


@pytest.mark.parametrize(
    ("bandit", "policy", "plain", "parameter"),
    [
        (SMOOTH, GaussianThompson(), plain_thompson, 1.0),
        (SMOOTH, GaussianGreedy(), plain_thompson, 0.0),
        (AUTOREGRESSIVE, GaussianThompson(), plain_thompson, 1.0),
        (AUTOREGRESSIVE, GaussianGreedy(), plain_thompson, 0.0),
        (AUTOREGRESSIVE, PredictiveSampling(), plain_predictive, 0),
        (AUTOREGRESSIVE, PredictiveSampling(include_current=True), plain_predictive, 1),
        (SMOOTH, GaussianWindowThompson(7), plain_window, 7),
        (SMOOTH, UCB, plain_ucb, UCB),
    ],
)
def test_compiled_policies_are_the_plain_ones(bandit, policy, plain, parameter):
    T, rng = 40, np.random.default_rng(2)
    means, noise, draws = (
        bandit.sample(T, rng),
        math.sqrt(bandit.noise_variance) * rng.standard_normal(T),
        rng.standard_normal((T, 3)),
    )
    actions, rewards = [], []
    for t in range(T):
        actions.append(int(np.argmax(plain(bandit, parameter, t, actions, rewards, draws))))
        rewards.append(means[t, actions[t]] + noise[t])
    assert policy.player(bandit, T)(means, noise, draws).tolist() == actions
    assert len(set(actions)) > 1


def test_scalar_filters_and_cholesky_play_alike():
    scalar, dense = GaussianProcessBandit(AR1(0.95)), GaussianProcessBandit(AR1(0.95).matrix(150))
    rng = np.random.default_rng(3)
    means, noise, draws = scalar.sample(150, rng), rng.standard_normal(150), rng.standard_normal((150, 2))
    for policy in (GaussianThompson(), GaussianGreedy()):
        assert (policy.player(scalar, 150)(means, noise, draws) == policy.player(dense, 150)(means, noise, draws)).all()


# --- simulation -----------------------------------------------------------------------------------------------------------------


def test_replications_stand_alone():
    many = SMOOTH.simulate(GaussianThompson(), 30, 12, seed=5)
    few = SMOOTH.simulate(GaussianThompson(), 30, 5, seed=5)
    assert (many.regrets[:5] == few.regrets).all()
    assert (SMOOTH.simulate(GaussianThompson(), 30, 5, seed=6).regrets != few.regrets).any()
    blind = SMOOTH.simulate(GaussianUniform(), 30, 12, seed=5)
    every = np.array([SMOOTH.simulate(always(arm), 30, 12, seed=5).regrets for arm in range(3)])
    assert (every == many.regrets).any(axis=0).all()  # all policies meet the same arms
    assert many.average()[0] < blind.average()[0]
    assert many.frequencies.sum(axis=1) == pytest.approx(np.ones(30), abs=1e-12)
    low, high = many.confidence_band(0.9)
    assert (high - low) / 2 == pytest.approx(norm.ppf(0.95) * many.standard_error, rel=1e-12)
    assert many.average(10)[1] == pytest.approx(many.regrets[:, 10:].mean(axis=1).std(ddof=1) / math.sqrt(12), rel=1e-12)
    assert np.isnan(SMOOTH.simulate(GaussianGreedy(), 3, 1, seed=0).standard_error).all()
    assert repr(many).startswith("GaussianSimulation(GaussianThompson(), 30 steps, 12 replications: regret per step ")


def always(arm):
    """A policy of one's own."""
    return type("Always", (), {"player": lambda self, bandit, horizon: lambda means, noise, draws: np.full(horizon, arm)})()


def test_uniform_play_has_its_closed_form():
    for bandit in (GaussianProcessBandit(AR1(0.5)), GaussianProcessBandit(RBF(4.0, 2.0), common=RBF(9.0), n_actions=4)):
        value, error = bandit.simulate(GaussianUniform(), 50, 2000, seed=1).average()
        assert value == pytest.approx(bandit.uniform_regret(50).mean(), abs=4 * error)
        assert error < 0.02


def test_interrupted():
    class Stopped:
        def player(self, bandit, horizon):
            left = [3]

            def play(means, noise, draws):
                left[0] -= 1
                if left[0] < 0:
                    raise KeyboardInterrupt
                return np.zeros(horizon, dtype=np.int64)

            return play

    with pytest.raises(tabular.SolverInterrupted, match="3 of 9 replications") as caught:
        SMOOTH.simulate(Stopped(), 4, 9, seed=0)
    assert caught.value.solution.regrets.shape == (3, 4)
    assert caught.value.solution.frequencies[:, 0].tolist() == [1] * 4


def test_limits_of_predictive_sampling():
    for phi, limit in ((0.0, GaussianGreedy()), (1.0, GaussianThompson())):
        bandit = GaussianProcessBandit(AR1(phi))
        runs = [bandit.simulate(policy, 60, 30, seed=0).regrets for policy in (PredictiveSampling(), limit)]
        assert (runs[0] == runs[1]).all()


MONTE_CARLO = [  # phi, then value and standard error: Thompson, predictive, greedy
    (0.5, (0.5220, 7e-4), (0.4693, 7e-4), (0.4134, 7e-4)),
    (0.9, (0.3282, 6e-4), (0.2824, 6e-4), (0.2214, 8e-4)),
    (0.99, (0.1333, 6e-4), (0.1159, 6e-4), (0.1143, 16e-4)),
]


def check_monte_carlo(row, replications):
    bandit, policies = GaussianProcessBandit(AR1(row[0])), (GaussianThompson(), PredictiveSampling(), GaussianGreedy())
    for policy, (value, error) in zip(policies, row[1:], strict=True):
        found, own = bandit.simulate(policy, 400, replications, seed=0).average(100)
        assert found == pytest.approx(value, abs=4 * math.hypot(own, error))
        assert own == pytest.approx(error * math.sqrt(4000 / replications), rel=0.2)


@pytest.mark.parametrize("row", MONTE_CARLO)
def test_published_monte_carlo(row):
    check_monte_carlo(row, 1000)


@pytest.mark.slow
@pytest.mark.parametrize("row", MONTE_CARLO)
def test_published_monte_carlo_in_full(row):
    check_monte_carlo(row, 4000)


# --- scales ---------------------------------------------------------------------------------------------------------------------


def test_regret_falls_with_the_idiosyncratic_scale_alone():
    falling = regret_by_scale([10, 50, 250], 10, horizon=150, first=50, replications=60)
    flat = regret_by_scale(50, [5, 50], horizon=150, first=50, replications=60, progress=True)
    assert falling.policies == ("Thompson", "sliding-window Thompson", "discounted UCB", "uniform")
    assert (np.diff(falling.regret[:3], axis=1) < 0).all()
    assert (falling.regret[0] < falling.finite_bound).all()
    assert (falling.regret[:3] < falling.regret[3]).all()
    assert falling.regret[3] == pytest.approx(np.full(3, 1 / math.sqrt(math.pi)), abs=4 * falling.standard_error[3].max())
    assert abs(flat.regret[0, 1] - flat.regret[0, 0]) < 0.03 < falling.regret[0, 0] - falling.regret[0, 1]
    assert falling.switch_probability == pytest.approx(np.arccos(np.exp(-0.5 / np.array([10, 50, 250]) ** 2)) / np.pi, rel=1e-9)
    assert falling.bound == pytest.approx(np.sqrt(6 * falling.entropy_rate), rel=1e-14)
    gap = GaussianGap(RBF(50.0))
    assert flat.bound == pytest.approx(np.full(2, math.sqrt(6 * gap.conditional_entropy(2))), rel=1e-14)
    assert flat.finite_bound[0] == pytest.approx(
        math.sqrt(6 * (gap.entropy(2) + 98 * gap.conditional_entropy(2)) / 100), rel=1e-14
    )
    assert repr(flat) == "ScaleRegret(Thompson, sliding-window Thompson, discounted UCB, uniform; 2 pairs of scales)"


# --- bad input ------------------------------------------------------------------------------------------------------------------

BANDIT = GaussianProcessBandit(RBF(5.0))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (lambda: RBF(0.0), r"scale is 0.0 \(expected a positive number of steps\)"),
        (lambda: RBF(math.nan), "scale is nan"),
        (lambda: RBF(1.0, -1.0), r"variance is -1.0 \(expected a finite number >= 0\)"),
        (lambda: RBF(1.0).matrix(0), "horizon is 0"),
        (lambda: AR1(1.5), r"phi is 1.5 \(expected a number in \[-1, 1\]"),
        (lambda: AR1(0.5, -2.0), "variance is -2.0"),
        (lambda: AR1(0.5).sampler(0), "horizon is 0"),
        (lambda: GivenCovariance([1.0, 2.0]), r"shape \(2,\)"),
        (lambda: GivenCovariance(np.zeros((0, 0))), r"shape \(0, 0\)"),
        (lambda: GivenCovariance([[1.0, math.inf], [math.inf, 1.0]]), r"covariances\[0, 1\] is inf"),
        (lambda: GivenCovariance([[1.0, 0.5], [0.4, 1.0]]), r"covariances\[0, 1\] is 0.5 but \[1, 0\] is 0.4"),
        (lambda: GivenCovariance([[1.0, 2.0], [2.0, 1.0]]), "eigenvalue -1 "),
        (lambda: GivenCovariance(np.eye(3)).matrix(4), r"horizon is 4 \(expected an integer in \[1, 3\]\)"),
        (lambda: GaussianProcessBandit(RBF(5.0), n_actions=0), "n_actions is 0"),
        (lambda: GaussianProcessBandit(RBF(5.0), noise_variance=0.0), "noise_variance is 0.0"),
        (lambda: GaussianProcessBandit([[1.0, 2.0], [2.0, 1.0]]), "eigenvalue"),
        (lambda: GaussianProcessBandit(np.eye(4)).gap, "not known to be stationary"),
        (lambda: GaussianProcessBandit(RBF(5.0), np.eye(4)).thompson_bound(), "not known to be stationary"),
        (lambda: GaussianProcessBandit(RBF(5.0), n_actions=3).thompson_bound(), "two arms, not 3"),
        (lambda: BANDIT.filter(0), "horizon is 0"),
        (lambda: BANDIT.filter(100_000), r"takes 2e\+10 numbers"),
        (lambda: RBF(1.0).sampler(100_000), r"horizon is 100000 \(expected an integer in \[1, 5000\]\)"),
        (lambda: BANDIT.filter(2).observe(2, 1.0), r"arm is 2 \(expected an integer in \[0, 1\]\)"),
        (lambda: BANDIT.filter(2).observe(0, math.nan), "reward is nan"),
        (lambda: BANDIT.simulate(GaussianUniform(), 0, 5, seed=0), "horizon is 0"),
        (lambda: BANDIT.simulate(GaussianUniform(), 5, 0, seed=0), "replications is 0"),
        (lambda: BANDIT.simulate(GaussianUniform(), 5, 5, seed=-1), "seed is -1"),
        (lambda: BANDIT.simulate("Thompson", 5, 5, seed=0), "policy is 'Thompson'"),
        (lambda: BANDIT.simulate(PredictiveSampling(), 5, 5, seed=0), "independent AR1 arms"),
        (lambda: BANDIT.simulate(always(2), 5, 5, seed=0), r"replication 0 of .* are not \(5,\) integers in 0\.\.1"),
        (lambda: BANDIT.simulate(always(0.0), 5, 5, seed=0), "are not"),
        (lambda: GaussianWindowThompson(0), "window is 0"),
        (lambda: GaussianDiscountedUCB(1.0), "discount is 1.0"),
        (lambda: GaussianDiscountedUCB(0.9, bound=-1.0), "bound is -1.0"),
        (lambda: GaussianDiscountedUCB(0.9, exploration=math.nan), "exploration is nan"),
        (lambda: BANDIT.simulate(GaussianUniform(), 5, 5, seed=0).confidence_band(1.0), "level is 1.0"),
        (lambda: BANDIT.simulate(GaussianUniform(), 5, 5, seed=0).average(5), "first is 5"),
        (lambda: regret_by_scale([1, 2], [1, 2, 3]), "2 idiosyncratic_scales and 3 common_scales"),
        (lambda: regret_by_scale([], 1), r"shape \(0,\)"),
        (lambda: regret_by_scale([0.0], 1), "scale is 0.0"),
        (lambda: regret_by_scale(5, 5, horizon=10, first=10), r"first is 10 \(expected an integer in \[0, 9\]\)"),
    ],
)
def test_bad_input(bad, message):
    with pytest.raises(tabular.ModelError, match=message):
        bad()
