"""Compiled learners against plain loops with matrix inverses, round by round, and the drift of their factors."""

import math

import numpy as np
import plain_linear_bandits as plain
import pytest

from tabular.linear_bandits import (
    AR2,
    Contexts,
    DLinUCB,
    DriftingLinearBandit,
    DynamicalLinearBandit,
    DynLinUCB,
    Exp3,
    ExploreThenCommit,
    LinearBandit,
    LinearThompson,
    LinUCB,
    SWLinUCB,
    SystemBounds,
    advertising_bandit,
    budget_actions,
    simulate,
    synthetic_bandit,
    trace,
)
from tabular.linear_bandits import _linear_algebra as algebra

SYNTHETIC, ADVERTISING, BUDGETS = synthetic_bandit(0.1), advertising_bandit(0.05), budget_actions()
RNG = np.random.default_rng(0)
CONTEXTS = Contexts(RNG.uniform(-0.5, 0.5, (7, 4, 3)), RNG.dirichlet(np.ones(7)))
ORDINARY = LinearBandit([0.5, -0.2, 0.7], reward_noise=0.3)
DRIFTING = DriftingLinearBandit(RNG.uniform(-1, 1, (5, 3)), [0, 40, 41, 90, 200], reward_noise=0.3)
BANDITS = [(SYNTHETIC, BUDGETS), (ADVERTISING, BUDGETS), (ORDINARY, BUDGETS), (ORDINARY, CONTEXTS), (DRIFTING, CONTEXTS)]
KNOWN = {"dimension": 3, "noise": 0.3, "norm_bound": 1.0, "action_bound": 1.2, "regularization": 0.7, "delta": 0.05}


def agree(found, arms, estimate):
    assert found.arms.tolist() == arms
    assert found.estimates[-1] == pytest.approx(estimate, abs=1e-11)


@pytest.mark.parametrize(("bandit", "actions"), BANDITS)
@pytest.mark.parametrize("determinant", [False, True])
def test_linucb(bandit, actions, determinant):
    learner = LinUCB(**KNOWN, determinant=determinant)

    def width(t, V):
        return learner.determinant_width(np.linalg.slogdet(V / 0.7)[1]) if determinant else learner.confidence_width(t)

    found = trace(bandit, actions, learner, 300, seed=3)
    agree(found, *plain.ridge(plain.Environment(bandit, actions, 3), 300, 3, width, regularization=0.7))


@pytest.mark.parametrize(("bandit", "actions"), BANDITS)
@pytest.mark.parametrize("window", [1, 20, 500])
def test_swlinucb(bandit, actions, window):
    learner = SWLinUCB(**KNOWN, window=window)
    found = trace(bandit, actions, learner, 300, seed=4)
    environment = plain.Environment(bandit, actions, 4)
    width = lambda t, V: learner.confidence_width(t)  # noqa: E731
    agree(found, *plain.ridge(environment, 300, 3, width, regularization=0.7, window=window))


@pytest.mark.parametrize(("bandit", "actions"), BANDITS)
@pytest.mark.parametrize("inflated", [False, True])
def test_thompson(bandit, actions, inflated):
    learner = LinearThompson(**KNOWN, inflated=inflated)
    found = trace(bandit, actions, learner, 200, seed=5)
    environment = plain.Environment(bandit, actions, 5)
    spread = lambda t, V: learner.confidence_width(t) if inflated else 0.3  # noqa: E731
    agree(found, *plain.ridge(environment, 200, 3, spread, regularization=0.7, spread=spread, seed=5))


@pytest.mark.parametrize(("bandit", "actions"), BANDITS)
@pytest.mark.parametrize("discount", [1.0, 0.95])
def test_dlinucb(bandit, actions, discount):
    learner = DLinUCB(**KNOWN, discount=discount)
    found = trace(bandit, actions, learner, 200, seed=6)
    environment = plain.Environment(bandit, actions, 6)
    agree(found, *plain.discounted(environment, 200, 3, learner.confidence_width, regularization=0.7, discount=discount))


@pytest.mark.parametrize(("bandit", "actions"), BANDITS[:3])
@pytest.mark.parametrize("floor", [False, True])
@pytest.mark.parametrize("horizon", [300, 301, 302, 303])
def test_dynlinucb(bandit, actions, floor, horizon):
    """Horizons that cut the last epoch off at several places."""
    system = bandit if isinstance(bandit, DynamicalLinearBandit) else SYNTHETIC
    learner = DynLinUCB(dimension=3, bounds=SystemBounds.of(system, actions), regularization=2.0, floor=floor)
    found = trace(bandit, actions, learner, horizon, seed=7)
    environment, width = plain.Environment(bandit, actions, 7), lambda m, V: learner.confidence_width(m)
    agree(found, *plain.ridge(environment, horizon, 3, width, regularization=2.0, hold=lambda m: int(learner.hold(m))))


@pytest.mark.parametrize("batch", [1, 7])
def test_exp3(batch):
    learner = Exp3(horizon=2000, scale=1.3, batch=batch)
    found = trace(SYNTHETIC, BUDGETS, learner, 2000, seed=8)
    mixing = min(1, math.sqrt(6 * math.log(6) / ((math.e - 1) * 2 / 3 * 2000 / batch)))
    environment = plain.Environment(SYNTHETIC, BUDGETS, 8)
    assert found.arms.tolist() == plain.exponential(environment, 2000, mixing=mixing, scale=1.3, batch=batch, seed=8)
    assert found.estimates.shape == (0, 3)


@pytest.mark.parametrize(("epoch", "alpha", "noise"), [(None, 0.2, 0.01), (50, 0.6, 0.01), (33, 0.9, 1e-4)])
def test_ar2(epoch, alpha, noise):
    learner = AR2(alpha=alpha, noise=noise, epoch=epoch)
    found = trace(SYNTHETIC, BUDGETS, learner, 500, seed=9)
    environment = plain.Environment(SYNTHETIC, BUDGETS, 9)
    width = lambda age: learner.confidence_width(age, 6)  # noqa: E731
    assert found.arms.tolist() == plain.alternating(environment, 500, alpha=alpha, width=width, epoch=learner.epoch_length(6))


@pytest.mark.parametrize("horizon", [25, 61, 400])
def test_explore_then_commit(horizon):
    found = trace(SYNTHETIC, BUDGETS, ExploreThenCommit(pulls=6, wait=4), horizon, seed=10)
    assert found.arms.tolist() == plain.committed(plain.Environment(SYNTHETIC, BUDGETS, 10), horizon, wait=4, pulls=6)


@pytest.mark.parametrize("rademacher", [False, True])
def test_rewards_are_those_of_the_system(rademacher):
    found = trace(ADVERTISING, BUDGETS, LinUCB(**KNOWN), 50, seed=11, rademacher=rademacher)
    environment = plain.Environment(ADVERTISING, BUDGETS, 11, rademacher)
    assert found.rewards == pytest.approx([environment.pay(BUDGETS[arm]) for arm in found.arms], abs=1e-13)


# --- numerical drift -----------------------------------------------------------------------------------------------------------


def test_cholesky_factors():
    rows = RNG.normal(size=(8, 5))
    V, L = rows.T @ rows, np.zeros((5, 5))
    algebra.cholesky(V, L)
    assert pytest.approx(np.linalg.cholesky(V), abs=1e-13) == L
    x, out = RNG.normal(size=5), np.zeros(5)
    algebra.forward(L, x, out)
    assert pytest.approx(x, abs=1e-12) == L @ out
    algebra.backward(L, x, out)
    assert pytest.approx(x, abs=1e-12) == L.T @ out
    assert algebra.transposed_norm(L, x) == pytest.approx(math.sqrt(x @ V @ x))
    algebra.rank_one_update(L, x.copy())
    assert pytest.approx(V + np.outer(x, x), abs=1e-12) == L @ L.T


@pytest.mark.parametrize("regularization", [1e-8, 1.0])
def test_rotations_do_not_drift(regularization):
    """Ten thousand updates without refresh, of actions that nearly agree: the factor is that of the sum within a few units."""
    d = 6
    V, L = regularization * np.eye(d), math.sqrt(regularization) * np.eye(d)
    rows = np.ones(d) + 1e-3 * RNG.normal(size=(10_000, d))
    for a in rows:
        algebra.rank_one_update(L, a.copy())
    exact = V + rows.T @ rows
    assert np.abs(L @ L.T / exact - 1.0).max() < 1e-11


def test_long_windows_do_not_drift():
    """After 1e5 rounds a window's estimate is least squares on its own rewards."""
    learner = SWLinUCB(**KNOWN, window=777)
    found = trace(SYNTHETIC, BUDGETS, learner, 100_000, seed=12)
    rows, rewards = BUDGETS[found.arms[-777:]], found.rewards[-777:]
    expected = np.linalg.solve(rows.T @ rows + 0.7 * np.eye(3), rows.T @ rewards)
    assert found.estimates[-1] == pytest.approx(expected, abs=1e-12)


def test_long_discounts_do_not_drift():
    """After 2e4 rounds the estimate is least squares with weights, and errors are in the norm of V W^-1 V."""
    learner = DLinUCB(**KNOWN, discount=0.999)
    found = trace(SYNTHETIC, BUDGETS, learner, 20_000, seed=15)
    rows, weights = BUDGETS[found.arms], 0.999 ** np.arange(19_999.0, -1.0, -1.0)
    V, W = ((rows.T * w) @ rows + 0.7 * np.eye(3) for w in (weights, weights**2))
    expected = np.linalg.solve(V, (rows.T * weights) @ found.rewards)
    off = V @ (expected - SYNTHETIC.cumulative_parameter)
    assert found.estimates[-1] == pytest.approx(expected, abs=1e-11)
    assert found.errors[-1] == pytest.approx(math.sqrt(off @ np.linalg.solve(W, off)), rel=1e-10)


def test_long_runs_do_not_drift():
    """After 1e5 rounds the estimate is least squares on all rewards, and errors are in the norm of the true Gram."""
    learner = LinUCB(**{**KNOWN, "regularization": 1e-6})
    found = trace(SYNTHETIC, BUDGETS, learner, 100_000, seed=13)
    rows = BUDGETS[found.arms]
    gram = rows.T @ rows + 1e-6 * np.eye(3)
    expected = np.linalg.solve(gram, rows.T @ found.rewards)
    off = expected - SYNTHETIC.cumulative_parameter
    assert found.estimates[-1] == pytest.approx(expected, abs=1e-11)
    assert found.errors[-1] == pytest.approx(math.sqrt(off @ gram @ off), rel=1e-10)
    assert found.widths == pytest.approx(learner.confidence_width(np.arange(100_001)))


def test_regret_is_that_of_the_arms():
    looks = [1, 7, 150, 400]
    for bandit, learner in (
        (SYNTHETIC, LinUCB(**KNOWN)),
        (SYNTHETIC, DLinUCB(**KNOWN, discount=0.9)),
        (DRIFTING, LinUCB(**KNOWN)),
    ):
        found = simulate(bandit, BUDGETS, learner, 400, seeds=[14], checkpoints=looks)
        every = trace(bandit, BUDGETS, learner, 400, seed=14)
        h = [bandit.cumulative_parameter if bandit is SYNTHETIC else bandit.parameter(t) for t in range(400)]
        regret = np.cumsum([(BUDGETS @ h[t]).max() - BUDGETS[arm] @ h[t] for t, arm in enumerate(every.arms)])
        assert found.regret[0] == pytest.approx(regret[np.array(looks) - 1], abs=1e-12)
        assert found.rewards[0] == pytest.approx(np.cumsum(every.rewards)[np.array(looks) - 1], abs=1e-12)
        assert found.pulls[0].tolist() == np.bincount(every.arms, minlength=6).tolist()
        ratios = np.maximum.accumulate(every.errors / every.widths)
        assert found.ratios[0] == pytest.approx(ratios[np.array(looks) - 1])
