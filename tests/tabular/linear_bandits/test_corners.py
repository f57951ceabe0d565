"""Corners that a critical reader tried: what is refused, and what is not."""

import numpy as np
import pytest

import tabular
from tabular.linear_bandits import (
    DLinUCB,
    DynamicalLinearBandit,
    DynLinUCB,
    LinearBandit,
    SystemBounds,
    advertising_bandit,
    bretagnolle_huber,
    budget_actions,
    optimistic_regret_bound,
    optimistic_rule,
    proportional_budget,
    simulate,
    synthetic_bandit,
)

AXES = [[1, 0], [0, 1]]


def dyn():
    return DynLinUCB.for_bandit(synthetic_bandit(), budget_actions(), 100)


def forgetting():
    return DLinUCB(dimension=2, noise=0.1, norm_bound=1, action_bound=1, discount=0.9)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: DynLinUCB.for_bandit(LinearBandit([1, 0]), AXES, 100), "need a DynamicalLinearBandit, not LinearBandit"),
        (lambda: simulate(synthetic_bandit(), budget_actions(), None, 10, seeds=[0]), "None is no learner"),
        (lambda: simulate(synthetic_bandit(), budget_actions(), dyn(), 10, seeds=5), "one for each trial"),
        (lambda: dyn().hold([1, 0]), "epoch 0 does not exist"),
        (lambda: dyn().confidence_width(-5), "t is -5"),
        (lambda: bretagnolle_huber([0.1], [0.001]), "p sums to 0.1"),
        (lambda: DynamicalLinearBandit([[0, 1], [0, 0]], np.eye(2), [1, 1], [0, 0]).transient_constant(0.0), "nilpotent"),
        (lambda: optimistic_regret_bound(forgetting(), 100), "about LinUCB, not DLinUCB"),
        (lambda: optimistic_rule(forgetting(), AXES), "that of LinUCB, not of DLinUCB"),
    ],
)
def test_refused(act, message):
    with pytest.raises(tabular.ModelError, match=message):
        act()


def test_a_radius_next_to_the_spectral_one():
    """Its constant is at most that of the spectral radius, and is not refused."""
    bandit = advertising_bandit()
    told = SystemBounds.of(bandit, budget_actions(), spectral_radius=0.6668913423)
    assert told.transient_constant <= bandit.transient_constant() + 1e-12


def test_a_budget_that_only_one_wants():
    assert proportional_budget([1, 0, 0]).tolist() == [1.0, 0.0, 0.0]
