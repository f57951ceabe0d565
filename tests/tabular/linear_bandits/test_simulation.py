"""Trials, seeds, workers, checkpoints, environments and bad input."""

import numpy as np
import pytest

import tabular
from tabular.linear_bandits import (
    AR2,
    Contexts,
    DLinUCB,
    DynLinUCB,
    Exp3,
    ExploreThenCommit,
    LinearBandit,
    LinearThompson,
    LinUCB,
    SWLinUCB,
    abrupt_circle,
    advertising_bandit,
    budget_actions,
    compare,
    log_checkpoints,
    simulate,
    synthetic_bandit,
    trace,
)

BANDIT, BUDGETS = synthetic_bandit(), budget_actions()


def learners(horizon):
    return {
        "DynLinUCB": DynLinUCB.for_bandit(BANDIT, BUDGETS, horizon),
        "LinUCB": LinUCB.for_bandit(BANDIT, BUDGETS, horizon),
        "Thompson": LinearThompson.for_bandit(BANDIT, BUDGETS, horizon),
        "DLinUCB": DLinUCB.for_bandit(BANDIT, BUDGETS, horizon, discount=0.999),
        "SWLinUCB": SWLinUCB.for_bandit(BANDIT, BUDGETS, horizon, window=100),
        "Exp3": Exp3.for_bandit(BANDIT, BUDGETS, horizon),
        "batched": Exp3.for_bandit(BANDIT, BUDGETS, horizon, batched=True),
        "AR2": AR2(alpha=0.2, noise=0.01),
        "commit": ExploreThenCommit(pulls=20, wait=8),
    }


def test_seeds_and_workers():
    """A trial is that of its seed, whatever else runs and wherever."""
    together = compare(BANDIT, BUDGETS, learners(500), 500, seeds=[3, 1, 2])
    threads = compare(BANDIT, BUDGETS, learners(500), 500, seeds=[3, 1, 2], workers=3)
    for name, learner in learners(500).items():
        alone = simulate(BANDIT, BUDGETS, learner, 500, seeds=[1])
        for field in ("regret", "rewards", "ratios", "pulls"):
            values = getattr(together[name], field)
            assert np.array_equal(values, getattr(threads[name], field), equal_nan=True)
            assert np.array_equal(values[1:2], getattr(alone, field), equal_nan=True)
        assert together[name].pulls.sum(axis=1).tolist() == [500] * 3
        assert repr(alone).startswith(f"Simulation({type(learner).__name__}, 1 trials of 500 rounds, regret ")
        assert np.isnan(alone.standard_error).all()
    assert not np.array_equal(together["LinUCB"].rewards[0], together["LinUCB"].rewards[1])


def test_learners_meet_the_same_noise():
    """Constant arms by given decisions: rewards of two learners agree exactly."""
    ridge = LinUCB.for_bandit(BANDIT, BUDGETS, 100)
    other = LinearThompson.for_bandit(BANDIT, BUDGETS, 100)
    given = np.full(100, 2)
    assert np.array_equal(*(trace(BANDIT, BUDGETS, x, 100, seed=5, given=given).rewards for x in (ridge, other)))


def test_mean_and_standard_error():
    found = simulate(BANDIT, BUDGETS, learners(200)["Exp3"], 200, seeds=range(6), checkpoints=[10, 100])
    assert found.checkpoints.tolist() == [10, 100, 200]
    assert found.mean == pytest.approx(found.regret.mean(axis=0))
    assert found.standard_error == pytest.approx(np.std(found.regret, axis=0, ddof=1) / 6**0.5)
    assert (np.diff(found.regret, axis=1) >= 0).all()
    assert found.regret[:, -1] == pytest.approx(found.pulls @ BANDIT.gaps(BUDGETS))


def test_log_checkpoints():
    assert log_checkpoints(5).tolist() == [1, 2, 3, 4, 5]
    looks = log_checkpoints(10**6, 50)
    assert (looks[0], looks[-1]) == (1, 10**6)
    assert (np.diff(looks) > 0).all()


def test_noise_has_the_stated_size():
    """State and reward noise of a long trial with a constant arm: mean and variance of the reward, by its exact law."""
    bandit = synthetic_bandit(0.1)
    for rademacher in (False, True):
        arm = np.full(100_000, 4)
        found = trace(
            bandit, BUDGETS, LinUCB.for_bandit(bandit, BUDGETS, 100_000), 100_000, seed=1, given=arm, rademacher=rademacher
        )
        variance = 0.03 + 0.01 / (1 - 0.04) + 0.01 * 0.01 / (1 - 0.01)
        assert found.rewards[100:].mean() == pytest.approx(bandit.values(BUDGETS)[4], abs=0.003)
        assert found.rewards[100:].var() == pytest.approx(variance, rel=0.02)


def test_forgetting_follows_a_drift():
    """After jumps, windows and discounts find the new parameter; ordinary least squares is still averaging."""
    bandit = abrupt_circle(0.1, stay=200)
    rng = np.random.default_rng(0)
    sets = rng.normal(size=(40, 8, 2))
    contexts = Contexts(sets / np.linalg.norm(sets, axis=2, keepdims=True))
    discounted = DLinUCB.for_bandit(bandit, contexts, 1000, discount=0.97, regularization=0.1)
    assert [discounted.noise, discounted.norm_bound, discounted.action_bound] == pytest.approx([0.1, 1.0, 1.0])
    found = compare(
        bandit,
        contexts,
        {
            "all": LinUCB.for_bandit(bandit, contexts, 1000),
            "window": SWLinUCB.for_bandit(bandit, contexts, 1000, window=50),
            "discount": discounted,
        },
        1000,
        seeds=range(4),
    )
    assert found["window"].mean[-1] < 0.5 * found["all"].mean[-1]
    assert found["discount"].mean[-1] < 0.5 * found["all"].mean[-1]
    last = trace(bandit, contexts, discounted, 1000, seed=0).estimates[-1]
    assert last == pytest.approx([0, -1], abs=0.1)


def test_contexts_are_drawn_by_their_law():
    contexts = Contexts([[[1.0], [0.0]], [[0.0], [1.0]]], [0.8, 0.2])
    bandit = LinearBandit([1.0])
    learner = LinUCB(dimension=1, noise=0.1, norm_bound=1.0, action_bound=1.0)
    found = simulate(bandit, contexts, learner, 20_000, seeds=[0])
    assert found.pulls[0, 0] / 20_000 == pytest.approx(0.8, abs=0.01)
    assert found.regret[0, -1] == pytest.approx(0.0, abs=3)


def test_progress_and_one_action():
    found = simulate(BANDIT, BUDGETS[5:], Exp3(horizon=10, scale=1.0), 10, seeds=[0], progress=True)
    assert found.regret[0, -1] == 0.0
    assert simulate(BANDIT, BUDGETS[:1], AR2(alpha=0.5, noise=0.1), 9, seeds=[0]).pulls.tolist() == [[9]]


CONTEXTS = Contexts(np.ones((2, 6, 3)) / 2)
RIDGE = LinUCB.for_bandit(BANDIT, BUDGETS, 100)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: simulate(BANDIT, BUDGETS, RIDGE, 0, seeds=[0]), "horizon is 0"),
        (lambda: simulate(BANDIT, BUDGETS, RIDGE, 10, seeds=[]), "seeds are empty"),
        (lambda: simulate(BANDIT, BUDGETS, RIDGE, 10, seeds=[0, -1]), r"seeds\[1\] is -1"),
        (lambda: simulate(BANDIT, BUDGETS, RIDGE, 10, seeds=[0], workers=0), "workers is 0"),
        (lambda: simulate(BANDIT, BUDGETS, RIDGE, 10, seeds=[0], checkpoints=[5, 5]), "checkpoints are"),
        (lambda: simulate(BANDIT, BUDGETS, RIDGE, 10, seeds=[0], checkpoints=[11]), r"in 1\.\.10"),
        (lambda: simulate(BANDIT, np.zeros((0, 3)), RIDGE, 10, seeds=[0]), "actions have shape"),
        (lambda: simulate(BANDIT, [[1, np.nan, 0]], RIDGE, 10, seeds=[0]), r"actions\[0, 1\] is nan"),
        (lambda: simulate(BANDIT, Contexts([[[1.0]]]), RIDGE, 10, seeds=[0]), "contexts have actions in dimension 1"),
        (lambda: simulate("bandit", BUDGETS, RIDGE, 10, seeds=[0]), "bandit is str"),
        (lambda: simulate(BANDIT, 2 * BUDGETS, RIDGE, 10, seeds=[0]), r"action 0 has norm 2\.236"),
        (lambda: simulate(BANDIT, CONTEXTS, Exp3(horizon=10, scale=1.0), 10, seeds=[0]), "Exp3 knows arms by their index"),
        (lambda: simulate(BANDIT, BUDGETS, AR2(alpha=0.5, noise=0.1, epoch=5), 10, seeds=[0]), "5 rounds cannot play each of 6"),
        (lambda: trace(BANDIT, BUDGETS, AR2(alpha=0.5, noise=0.1), 5, seed=0, given=[0] * 5), "AR2 plays its own arms"),
        (lambda: Exp3(horizon=0, scale=1.0), "horizon is 0"),
        (lambda: Exp3(horizon=1, scale=0.0), "scale is 0.0"),
        (lambda: Exp3(horizon=1, scale=1.0, batch=0), "batch is 0"),
        (lambda: AR2(alpha=1.0, noise=0.1), "alpha is 1.0"),
        (lambda: AR2(alpha=0.5, noise=0.0), "noise is 0.0"),
        (lambda: ExploreThenCommit(pulls=0), "pulls is 0"),
        (lambda: ExploreThenCommit(pulls=1, wait=-1), "wait is -1"),
        (lambda: ExploreThenCommit(pulls=1, delta=0.0), "delta is 0.0"),
    ],
)
def test_bad_input(act, message):
    with pytest.raises(tabular.ModelError, match=message):
        act()


def test_published_settings_of_baselines():
    exp3 = Exp3.for_bandit(BANDIT, BUDGETS, 10**6)
    assert exp3.scale == pytest.approx(1.25**0.5 * (0.26**0.5 + 1.01**0.5 * 0.45 / 0.8))
    assert exp3.mixing(6) == pytest.approx(np.sqrt(6 * np.log(6) / ((np.e - 1) * 2 / 3 * 10**6)))
    assert Exp3.for_bandit(BANDIT, BUDGETS, 10**6, batched=True).batch == 8
    assert Exp3.for_bandit(advertising_bandit(), BUDGETS, 10**6, batched=True).batch == 27
    ar2 = AR2(alpha=0.2, noise=0.01)
    assert ar2.epoch_length(6) == 6 * 5**3 * 10**6
    c0 = np.sqrt(4 * np.log(500) + 4 * np.log(ar2.epoch_length(6)) + 2 * np.log(24))
    assert ar2.constant(6) == pytest.approx(24 * c0)
    assert ar2.confidence_width([0, 1, 2], 6) == pytest.approx(24 * c0 * 0.01 * np.sqrt([0, 0.04, 0.0416]))
