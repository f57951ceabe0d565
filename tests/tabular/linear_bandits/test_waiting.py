"""DynLinUCB: its schedule, the width that holds when it rounds up and fails when it rounds down, and published runs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tabular
from tabular.linear_bandits import (
    Contexts,
    DynamicalLinearBandit,
    DynLinUCB,
    LinearBandit,
    LinUCB,
    SystemBounds,
    advertising_bandit,
    budget_actions,
    epoch_lengths,
    simulate,
    synthetic_bandit,
    trace,
)

BUDGETS = budget_actions()


def scalar(rho, theta=0.0, control=1.0):
    """One state, no noise; the state is at most control / (1 - rho)."""
    bandit = DynamicalLinearBandit([[rho]], [[control]], [1], [theta])
    return bandit, SystemBounds.of(bandit, [[-1], [1]], transient_constant=1.0)


# --- schedule ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rho", "floor", "ceil"),
    [(0.01, 148.01, 2.48), (0.1, 31.001, 4.1), (0.3, 17.1547, 5.8464), (0.5, 12.2209, 7.1104), (0.9, 9.5306, 8.6776)],
)
def test_published_sums(rho, floor, ceil):
    """Of rho^H over 5000 epochs: at most 1 + log 5000 is needed."""
    bounds, m = scalar(rho)[1], np.arange(1, 5001)
    sums = [(rho ** DynLinUCB(dimension=1, bounds=bounds, floor=down).hold(m)).sum() for down in (True, False)]
    assert sums == pytest.approx([floor, ceil], abs=6e-3 if rho < 0.1 else 6e-4 if rho < 0.3 else 6e-5)
    assert sums[1] <= 1 + math.log(5000) <= sums[0]


@given(st.floats(0.005, 0.99), st.integers(1, 10**6))
def test_waits_are_long_enough(rho, m):
    bounds = scalar(rho)[1]
    up, down = (int(DynLinUCB(dimension=1, bounds=bounds, floor=floor).hold(m)) for floor in (False, True))
    assert rho**up <= (1 + 1e-9) / m
    assert up == 0 or rho ** (up - 1) > (1 - 1e-9) / m
    assert up - 1 <= down <= up


@pytest.mark.parametrize("base", [2, 3, 5, 10])
def test_exact_powers(base):
    """m = (1/rho)^k waits k rounds, whichever way logarithms round."""
    bounds = scalar(1.0 / base)[1]
    for k in range(int(math.log(10**6, base))):
        for floor in (False, True):
            learner = DynLinUCB(dimension=1, bounds=bounds, floor=floor)
            assert learner.hold(base**k) == k
        assert DynLinUCB(dimension=1, bounds=bounds).hold(base**k + 1) == k + 1


def test_published_epochs():
    for bandit, epochs, last in (
        (synthetic_bandit(), (137206, 121962), (7, 8)),
        (advertising_bandit(), (41212, 39740), (26, 27)),
    ):
        for floor, M, H in zip((True, False), epochs, last, strict=True):
            learner = DynLinUCB.for_bandit(bandit, BUDGETS, 10**6, floor=floor)
            assert [learner.epochs(10**6), learner.hold(M)] == [M, H]
            lengths = epoch_lengths(bandit.spectral_radius, 10**6, floor=floor)
            assert lengths[:-1].sum() < 10**6 <= lengths.sum()
    assert epoch_lengths(0.0, 5, floor=True).tolist() == [1] * 5
    assert epoch_lengths(0.0, 5).tolist() == [1, 2, 2]
    assert epoch_lengths(0.5, 1).tolist() == [1]


# --- rounding down -------------------------------------------------------------------------------------------------------------


def ratios(rho, epochs, **options):
    """Errors over widths along alternating actions."""
    bandit, bounds = scalar(rho)
    learner = DynLinUCB(dimension=1, bounds=bounds, by_round=True, **options)
    horizon = int((1 + learner.hold(np.arange(1, epochs + 1))).sum())
    found = trace(bandit, [[1], [-1]], learner, horizon, seed=0, given=np.arange(epochs) % 2)
    return horizon, found


@pytest.mark.parametrize(
    ("rho", "epochs", "error", "width"), [(0.01, 100, 19.7086627147, 12.3736824511), (0.001, 1000, 63.1509612927, 16.8363429062)]
)
def test_the_stated_width_fails(rho, epochs, error, width):
    horizon, found = ratios(rho, epochs, floor=True)
    assert horizon == epochs + 1
    assert [found.errors[-1], found.widths[-1]] == pytest.approx([error, width], abs=6e-10)
    if rho == 0.01:
        assert (found.errors / found.widths).max() == pytest.approx(1.60576, abs=6e-6)
    _, sound = ratios(rho, epochs, floor=True, bias_scale=1 / rho)
    assert (sound.errors / sound.widths).max() < 1


@pytest.mark.parametrize("rho", [0.001, 0.01, 0.1, 0.5, 0.9])
def test_rounding_up_is_sound(rho):
    found = ratios(rho, 100)[1]
    assert (found.errors / found.widths)[1:].max() == pytest.approx(0.32242, abs=6e-6)
    assert (found.errors / found.widths).max() <= 1 / 3 + 1e-12


def test_without_memory_beyond_one_round_an_action_is_still_held_twice():
    """A = 0: the reward of a round pays for the action before, so that looking at once sees alternating actions mixed up."""
    bandit, bounds = scalar(0.0)
    ratios = []
    for floor in (True, False):
        learner = DynLinUCB(dimension=1, bounds=bounds, floor=floor)
        found = trace(bandit, [[1.0], [-1.0]], learner, 400, seed=0, given=np.arange(400) % 2)
        ratios.append((found.errors / found.widths).max())
    assert ratios[0] > 1 > ratios[1]


def test_scaled_inputs_fail_as_well():
    """With B = 1 - rho values are at most 1."""
    bandit, bounds = scalar(0.01, control=0.99)
    learner = DynLinUCB(dimension=1, bounds=bounds, floor=True, by_round=True)
    found = trace(bandit, [[1], [-1]], learner, 101, seed=0, given=np.arange(100) % 2)
    assert [found.errors[-1], found.widths[-1]] == pytest.approx([19.5115761, 12.2499456], abs=6e-8)


@pytest.mark.parametrize(("T", "down", "up"), [(10**3, 876.7518, 3.0060), (10**4, 8751.7502, 3.0006)])
def test_published_regret_of_rounding_down(T, down, up):
    bandit, bounds = scalar(1 / T, theta=-0.5)
    for floor, regret in ((True, down), (False, up)):
        learner = DynLinUCB(dimension=1, bounds=bounds, floor=floor, by_round=True)
        assert simulate(bandit, [[-1], [1]], learner, T, seeds=[0]).regret[0, -1] == pytest.approx(regret, abs=6e-5)


# --- coverage ------------------------------------------------------------------------------------------------------------------


def random_systems(count):
    rng = np.random.default_rng(1)
    while count:
        n, d = rng.integers(1, 4, 2)
        A = rng.normal(size=(n, n))
        A *= rng.uniform(0.05, 0.9) / np.abs(np.linalg.eigvals(A)).max()
        noise = 0.1 * (count % 2)
        bandit = DynamicalLinearBandit(
            A, rng.normal(size=(n, d)), rng.normal(size=n), rng.normal(size=d), state_noise=noise, reward_noise=noise
        )
        if bandit.transient_constant(powers=300) <= 30:
            count -= 1
            yield bandit, rng.normal(size=(4, d)), rng


def coverage(systems, horizon):
    """Largest error over width, without and with noise, on alternating, random and chosen actions."""
    worst = [0.0, 0.0]
    for bandit, actions, rng in random_systems(systems):
        phi = bandit.transient_constant(powers=300)
        action_bound = np.linalg.norm(actions, axis=1).max()
        bounds = SystemBounds.of(bandit, actions, transient_constant=phi, state=0.0)
        learner = DynLinUCB(dimension=bandit.dimension, bounds=bounds, regularization=10 ** rng.uniform(-1, 1), delta=0.01)
        epochs = learner.epochs(horizon)
        for arms in (np.arange(epochs) % 4, rng.integers(4, size=epochs), None):
            if bandit.state_noise:
                state = bandit.state_bound(action_bound, horizon=horizon, delta=1e-3)
            else:
                held = np.repeat(np.arange(epochs) % 4 if arms is None else arms, 1 + learner.hold(np.arange(1, epochs + 1)))
                state = np.linalg.norm(bandit.expected_states(actions[held]), axis=1).max()
                state = bandit.state_bound(action_bound) if arms is None else state
            tight = DynLinUCB(
                dimension=bandit.dimension,
                bounds=SystemBounds.of(bandit, actions, transient_constant=phi, state=state),
                regularization=learner.regularization,
                delta=0.01,
            )
            found = trace(bandit, actions, tight, horizon, seed=int(rng.integers(10**6)), given=arms)
            noisy = int(bandit.state_noise > 0)
            worst[noisy] = max(worst[noisy], (found.errors / found.widths)[1:].max())
    return worst


def test_coverage():
    without, noisy = coverage(16, 1000)
    assert 0.3 < without <= 1
    assert 0.1 < noisy <= 1


@pytest.mark.slow
def test_coverage_at_length():
    without, noisy = coverage(150, 3000)
    assert 0.5 < without <= 1
    assert 0.1 < noisy <= 1


# --- published runs ------------------------------------------------------------------------------------------------------------


def reference(bandit, learner):
    return simulate(bandit, BUDGETS, learner, 20_000, seeds=range(8), checkpoints=[2_000, 10_000, 20_000])


def test_published_runs_of_the_synthetic_instance():
    """Within what eight seeds show; ordinary LinUCB locks on one of two wrong arms, as the seed has it."""
    bandit = synthetic_bandit(0.01, reward_noise=0.01)
    waiting = reference(bandit, DynLinUCB.for_bandit(bandit, BUDGETS, 20_000))
    assert waiting.mean == pytest.approx([177.1, 464.0, 673.3], rel=0.01)
    assert waiting.regret[:, -1].min() > 665
    assert waiting.regret[:, -1].max() < 680
    assert waiting.ratios.max() < 1
    ordinary = reference(bandit, LinUCB.for_bandit(bandit, BUDGETS, 20_000))
    high = ordinary.regret[:, -1] > 2_000
    assert 0 < high.sum() < 8
    assert ordinary.regret[high, -1] == pytest.approx(4890, rel=0.01)
    assert ((ordinary.regret[~high, -1] > 780) & (ordinary.regret[~high, -1] < 980)).all()
    assert (ordinary.pulls.argmax(axis=1) == np.where(high, 1, 3)).all()
    assert ordinary.ratios.max() > 2


def test_published_runs_of_the_advertising_instance():
    bandit = advertising_bandit(0.01, reward_noise=0.01)
    waiting = reference(bandit, DynLinUCB.for_bandit(bandit, BUDGETS, 20_000))
    assert waiting.mean == pytest.approx([269.2, 1283.0, 2482.0], rel=0.002)
    ordinary = reference(bandit, LinUCB.for_bandit(bandit, BUDGETS, 20_000))
    assert ordinary.mean == pytest.approx([413.8, 2199.1, 4417.1], rel=0.004)
    assert ordinary.pulls[:, 3] / 20_000 == pytest.approx(0.74, abs=0.005)


# --- what does not fit ---------------------------------------------------------------------------------------------------------


def test_bad_input():
    bandit, bounds = scalar(0.5)
    learner = DynLinUCB(dimension=1, bounds=bounds)
    with pytest.raises(tabular.ModelError, match="contexts that change have none to hold"):
        simulate(LinearBandit([1.0]), Contexts([[[1.0]], [[0.5]]]), learner, 10, seeds=[0])
    with pytest.raises(tabular.ModelError, match="action 1 has norm 2, beyond the bound 1"):
        simulate(bandit, [[1], [2]], learner, 10, seeds=[0])
    with pytest.raises(tabular.ModelError, match="dimension 1, the bandit has 3"):
        simulate(synthetic_bandit(), BUDGETS, learner, 10, seeds=[0])
    with pytest.raises(tabular.ModelError, match=r"expected 5 or more integers in 0\.\.1, one per decision"):
        trace(bandit, [[1], [-1]], learner, 10, seed=0, given=[0, 1, 0, 1])
    with pytest.raises(tabular.ModelError, match=r"in 0\.\.1"):
        trace(bandit, [[1], [-1]], learner, 3, seed=0, given=[0, 2, 0])
    low = scalar(0.4)[1]
    with pytest.warns(UserWarning, match=r"radius 0\.4 is below the true one, 0\.5") as caught:
        simulate(bandit, [[1], [-1]], DynLinUCB(dimension=1, bounds=low), 10, seeds=[0])
    assert caught[0].filename == __file__
