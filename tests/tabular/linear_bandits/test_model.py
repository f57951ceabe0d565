"""Dynamical linear bandits against definitions, rationals, enumeration of action sequences, and published values."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tabular
from tabular.linear_bandits import (
    DriftingLinearBandit,
    DynamicalLinearBandit,
    LinearBandit,
    abrupt_circle,
    advertising_bandit,
    budget_actions,
    proportional_budget,
    slow_circle,
    synthetic_bandit,
)
from tabular.linear_bandits.stability import spectral_radius, transient_constant

BUDGETS = budget_actions()
SYNTHETIC, ADVERTISING = synthetic_bandit(), advertising_bandit()


@st.composite
def systems(draw):
    """Random stable systems, corners included: no memory, nilpotent, negative or complex dominant eigenvalues."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n, d = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    kind = draw(st.sampled_from(["general", "negative", "rotation", "nilpotent", "zero"]))
    A = rng.normal(size=(n, n))
    if kind == "negative":
        A = -np.abs(A)
    if kind == "rotation":
        A = A - A.T
    if kind == "nilpotent":
        A = np.triu(A, 1)
    if kind == "zero":
        A = np.zeros((n, n))
    if (rho := np.abs(np.linalg.eigvals(A)).max()) > 1e-6:
        A = A * rng.uniform(0.05, 0.95) / rho
    return DynamicalLinearBandit(
        A, rng.normal(size=(n, d)), rng.normal(size=n), rng.normal(size=d), initial_state=rng.normal(size=n)
    )


def rewards_by_definition(bandit, actions):
    x, rewards = bandit.initial_state, []
    for u in actions:
        rewards.append(bandit.omega @ x + bandit.theta @ u)
        x = bandit.A @ x + bandit.B @ u
    return np.array(rewards), x


@given(systems(), st.integers(1, 12), st.integers(0, 1000))
def test_expected_rewards(bandit, T, seed):
    actions = np.random.default_rng(seed).normal(size=(T, bandit.dimension))
    rewards, last = rewards_by_definition(bandit, actions)
    assert bandit.expected_rewards(actions) == pytest.approx(rewards, rel=1e-10, abs=1e-10)
    assert bandit.expected_states(actions)[-1] == pytest.approx(last, rel=1e-10, abs=1e-10)
    # by partial sums, each action with what it still pays within the horizon
    sums = bandit.partial_sums(T)[::-1]
    start = sum(bandit.omega @ np.linalg.matrix_power(bandit.A, k) @ bandit.initial_state for k in range(T))
    assert rewards.sum() == pytest.approx((sums * actions).sum() + start, rel=1e-10, abs=1e-9)
    # telescoping
    difference = (actions @ bandit.cumulative_parameter).sum() - rewards.sum()
    stored = bandit.stored_reward(last) - bandit.stored_reward(bandit.initial_state)
    assert difference == pytest.approx(stored, rel=1e-10, abs=1e-9)


@given(systems(), st.integers(0, 8))
def test_parameters(bandit, m):
    powers = [np.linalg.matrix_power(bandit.A, s) for s in range(m + 1)]
    expected = [bandit.theta, *(bandit.B.T @ power.T @ bandit.omega for power in powers)]
    assert bandit.markov_parameters(m + 2) == pytest.approx(np.array(expected), abs=1e-12)
    h, n = bandit.cumulative_parameter, bandit.state_dimension
    assert h == pytest.approx(bandit.theta + bandit.B.T @ np.linalg.inv(np.eye(n) - bandit.A).T @ bandit.omega, abs=1e-9)
    assert bandit.tail(m) == pytest.approx(h - bandit.partial_sums(m + 1)[m], abs=1e-9)
    assert bandit.partial_sums(1)[0] == pytest.approx(bandit.theta)
    u = np.ones(bandit.dimension)
    assert bandit.expected_rewards([u] * 800)[-1] == pytest.approx(bandit.values([u])[0], abs=1e-9)


@given(systems(), st.integers(1, 4), st.integers(0, 1000))
def test_finite_horizon_optimum(bandit, T, seed):
    """No sequence of actions earns more, by trying all of them."""
    actions = np.random.default_rng(seed).normal(size=(3, bandit.dimension))
    found = bandit.finite_horizon_optimum(actions, T)
    best = max(bandit.expected_rewards(actions[list(arms)]).sum() for arms in itertools.product(range(3), repeat=T))
    assert found.value == pytest.approx(best, rel=1e-12, abs=1e-10)
    assert (actions[found.arms] == found.actions).all()


@pytest.mark.parametrize(
    ("A", "B", "omega", "theta"),
    [
        ([[Fraction(1, 2), 0], [0, Fraction(-1, 3)]], [[1, Fraction(1, 7)], [2, -1]], [1, Fraction(3, 5)], [0, Fraction(1, 9)]),
        ([[0, Fraction(5, 2), 1], [0, 0, -3], [0, 0, 0]], [[1, 2], [0, 1], [1, 1]], [1, -2, Fraction(1, 3)], [1, 1]),
    ],
)
def test_telescoping_in_rationals(A, B, omega, theta):
    """Diagonal and nilpotent systems: the identity holds exactly, and doubles agree with it."""
    n, d, T = len(B), len(B[0]), 7
    actions = [[Fraction((t * 5 + j * 3) % 7 - 3, 4) for j in range(d)] for t in range(T)]
    start = [Fraction(i - 1, 3) for i in range(n)]
    state, rewards = list(start), []
    for u in actions:
        rewards.append(sum(w * x for w, x in zip(omega, state, strict=True)) + sum(p * q for p, q in zip(theta, u, strict=True)))
        state = [sum(A[i][j] * state[j] for j in range(n)) + sum(B[i][j] * u[j] for j in range(d)) for i in range(n)]
    # rest = omega^T (I - A)^-1 by back substitution of the upper triangular system
    rest = []
    for j in range(n):
        rest.append((omega[j] + sum(rest[i] * A[i][j] for i in range(j))) / Fraction(1 - A[j][j]))
    h = [theta[j] + sum(rest[i] * B[i][j] for i in range(n)) for j in range(d)]
    worth = sum(sum(p * q for p, q in zip(h, u, strict=True)) for u in actions)
    stored = sum(r * (x - y) for r, x, y in zip(rest, state, start, strict=True))
    assert isinstance(stored, Fraction)
    assert worth - sum(rewards) == stored
    bandit = DynamicalLinearBandit(
        *(np.array(x, dtype=float) for x in (A, B, omega, theta)), initial_state=np.array(start, dtype=float)
    )
    assert bandit.cumulative_parameter == pytest.approx([float(x) for x in h], rel=1e-14)
    assert bandit.expected_rewards(np.array(actions, dtype=float)) == pytest.approx([float(y) for y in rewards], abs=1e-13)


# --- published instances -------------------------------------------------------------------------------------------------------


def test_synthetic():
    assert SYNTHETIC.omega.tolist() == [1.0, 0.0, 0.1]
    assert SYNTHETIC.theta.tolist() == [0.0, 0.5, 0.1]
    assert SYNTHETIC.spectral_radius == 0.2
    assert SYNTHETIC.transient_constant() == 1.0
    assert SYNTHETIC.cumulative_parameter == pytest.approx([0.5625, 0.5, 0.1111111111], abs=6e-11)
    assert SYNTHETIC.best_action(BUDGETS).tolist() == [1, 0.5, 0]
    assert SYNTHETIC.values(BUDGETS).max() == pytest.approx(0.8125)
    gaps = [0.4513888889, 0.2569444444, 0.4201388889, 0.03125, 0.1944444444, 0]
    assert SYNTHETIC.gaps(BUDGETS) == pytest.approx(gaps, abs=6e-11)
    assert BUDGETS.tolist() == [[0, 0.5, 1], [0, 1, 0.5], [0.5, 0, 1], [0.5, 1, 0], [1, 0, 0.5], [1, 0.5, 0]]
    assert SYNTHETIC.reward_noise == pytest.approx(0.01 * 3**0.5)
    assert synthetic_bandit(0.1, reward_noise=0.1).reward_noise == pytest.approx(0.1)
    misprint = DynamicalLinearBandit(SYNTHETIC.A, np.diag([0.25, 0, 0.1]), SYNTHETIC.omega, SYNTHETIC.theta)
    assert misprint.cumulative_parameter[0] == pytest.approx(0.3125)
    assert misprint.best_action(BUDGETS).tolist() == [0.5, 1, 0]
    assert misprint.values(BUDGETS).max() == pytest.approx(0.65625)


def test_advertising():
    assert ADVERTISING.omega == pytest.approx([-0.61, -0.04, -0.13])
    assert ADVERTISING.theta == pytest.approx([0.13, 0.41, 0.02])
    eigenvalues = sorted(np.linalg.eigvals(ADVERTISING.A), key=lambda z: (z.real, z.imag))
    expected = [-0.0378262498, 0.6139131249 - 0.2604894192j, 0.6139131249 + 0.2604894192j]
    assert eigenvalues == pytest.approx(expected, abs=6e-11)
    assert ADVERTISING.spectral_radius == pytest.approx(0.6668913423, abs=6e-11)
    assert ADVERTISING.transient_constant() == pytest.approx(2.7812152038, abs=6e-11)
    assert ADVERTISING.cumulative_parameter == pytest.approx([0.2515254328, -0.0362978905, 0.1061214536], abs=6e-11)
    assert ADVERTISING.best_action(BUDGETS).tolist() == [1, 0, 0.5]
    assert ADVERTISING.values(BUDGETS).max() == pytest.approx(0.3045861596, abs=6e-11)
    gaps = [0.2166136512, 0.2878233233, 0.0727019896, 0.2151213337, 0, 0.0712096720]
    assert ADVERTISING.gaps(BUDGETS) == pytest.approx(gaps, abs=6e-11)


def test_transposing_the_resolvent_picks_a_wrong_arm():
    wrong = ADVERTISING.theta + ADVERTISING.B.T @ np.linalg.inv(np.eye(3) - ADVERTISING.A) @ ADVERTISING.omega
    assert wrong == pytest.approx([-0.0766898096, 0.0384521795, 0.0263421330], abs=6e-11)
    assert BUDGETS[np.argmax(BUDGETS @ wrong)].tolist() != ADVERTISING.best_action(BUDGETS).tolist()


def test_published_horizons():
    for T, optimum, best, constant in ((5, 3.6846, 3.5548, 3.3596), (100, 80.871875, 80.546875, 80.546875)):
        found = SYNTHETIC.finite_horizon_optimum(BUDGETS, T)
        earned = [SYNTHETIC.expected_rewards([u] * T).sum() for u in BUDGETS]
        assert found.value == pytest.approx(optimum, abs=1e-9)
        assert [max(earned), earned[5]] == pytest.approx([best, constant], abs=1e-9)
    found = SYNTHETIC.finite_horizon_optimum(BUDGETS, 5)
    assert found.actions[-1].tolist() == [0, 1, 0.5]
    regret = [5 * 0.8125 - found.value, SYNTHETIC.gaps(BUDGETS)[found.arms].sum(), 5 * 0.8125 - 3.3596]
    assert regret == pytest.approx([0.3779, 0.2882, 0.7029], abs=6e-5)
    assert BUDGETS[np.argmax(BUDGETS @ SYNTHETIC.theta)].tolist() == [0, 1, 0.5]


def test_proportional_budget():
    assert proportional_budget([1, 1, 2], 1.0) == pytest.approx([0.25, 0.25, 0.5])
    expert = proportional_budget([1641952, 259591273, 716354611])
    assert expert.sum() == pytest.approx(1.5)
    assert expert[1] / expert[0] == pytest.approx(259591273 / 1641952)


def test_drifting():
    bandit = DriftingLinearBandit([[1, 0], [0, 1], [0, 2]], [0, 5, 7])
    assert [bandit.parameter(t).tolist() for t in (0, 4, 5, 6, 7, 100)] == [[1, 0]] * 2 + [[0, 1]] * 2 + [[0, 2]] * 2
    assert [bandit.variation(T) for T in (5, 6, 8)] == pytest.approx([0, 2**0.5, 1 + 2**0.5])
    assert bandit.best_action([[1, 0], [0, 1]], 6).tolist() == [0, 1]
    assert abrupt_circle().parameter(1000).tolist() == [-1, 0]
    assert slow_circle().parameter(3000) == pytest.approx([0, 1], abs=1e-15)
    assert repr(LinearBandit([1, 2])) == "LinearBandit(dimension 2, noise 0)"
    assert repr(bandit) == "DriftingLinearBandit(3 parameters in dimension 2, noise 0)"


# --- stability -----------------------------------------------------------------------------------------------------------------


def test_spectral_radius_is_a_modulus():
    assert spectral_radius(np.array([[-0.9, 0], [0, 0.5]])) == 0.9
    assert spectral_radius(np.array([[0.0, -0.8], [0.8, 0.0]])) == pytest.approx(0.8)
    with pytest.raises(tabular.ModelError, match=r"unstable: A has spectral radius 1\.1"):
        DynamicalLinearBandit([[-1.1]], [[1]], [1], [0])


def test_jordan_block():
    block = np.array([[0.5, 1.0], [0.0, 0.5]])
    ratios = [np.linalg.norm(np.linalg.matrix_power(2 * block, k), 2) for k in (1, 2, 5, 10, 20)]
    assert ratios == pytest.approx([2.414, 4.236, 10.10, 20.05, 40.02], abs=6e-3)
    with pytest.raises(tabular.ModelError, match=r"still grow, .* Jordan block, or nearly; assume a radius above"):
        transient_constant(block)
    for radius in (0.51, 0.6, 0.9):
        by_powers = max(np.linalg.norm(np.linalg.matrix_power(block / radius, k), 2) for k in range(1000))
        assert transient_constant(block, radius) == pytest.approx(by_powers, rel=1e-12)


def test_jordan_blocks_in_disguise():
    rng = np.random.default_rng(0)
    for size in (2, 3):
        block = 0.5 * np.eye(size + 1) + np.diag(np.r_[np.ones(size - 1), 0.0], 1)
        block[-1, -1] = 0.1
        S = rng.normal(size=(size + 1, size + 1))
        with pytest.raises(tabular.ModelError, match="still grow"):
            transient_constant(S @ block @ np.linalg.inv(S))
    with pytest.raises(tabular.ModelError, match="still grow"):
        transient_constant(np.array([[0.5, 1e-7], [0.0, 0.5]]))
    assert transient_constant(np.diag([0.5, 0.5, -0.5])) == 1.0  # repeated, without a block


@settings(max_examples=50)
@given(systems(), st.floats(1.05, 1.3))
def test_transient_constant_bounds_all_powers(bandit, factor):
    """Of any assumed radius above the true one, exactly; powers are normalised, for plain ones underflow."""
    radius = max(bandit.spectral_radius * factor, 0.05)
    phi, power, best = bandit.transient_constant(radius), np.eye(bandit.state_dimension), 1.0
    for _ in range(400):
        power = power @ bandit.A / radius
        best = max(best, np.linalg.norm(power, 2))
    assert phi == pytest.approx(best, rel=1e-12)


def test_long_powers_do_not_underflow():
    assert transient_constant(np.diag([0.2, 0.1]), powers=5000) == 1.0
    assert 0.2**1000 == 0.0


def test_systems_without_memory():
    zero = DynamicalLinearBandit([[0.0]], [[2.0]], [3.0], [1.0])
    assert zero.cumulative_parameter.tolist() == [7.0]
    assert zero.transient_constant() == 1.0
    nilpotent = DynamicalLinearBandit([[0, 1], [0, 0]], [[1], [1]], [1, 1], [0])
    assert nilpotent.cumulative_parameter.tolist() == [3.0]
    with pytest.raises(tabular.ModelError, match="nilpotent"):
        nilpotent.transient_constant()
    assert nilpotent.transient_constant(0.5) == 2.0


def test_state_bound():
    """Noise-free states stay within it; with noise they do so with the probability promised."""
    rng = np.random.default_rng(1)
    bandit = DynamicalLinearBandit(
        ADVERTISING.A, ADVERTISING.B, ADVERTISING.omega, ADVERTISING.theta, state_noise=0.1, initial_state=[0.5, 0, 0]
    )
    bound = bandit.state_bound(np.sqrt(1.25))
    for _ in range(20):
        states = bandit.expected_states(BUDGETS[rng.integers(6, size=50)])
        assert np.linalg.norm(states, axis=1).max() <= bound
    wide, outside = bandit.state_bound(np.sqrt(1.25), horizon=30, delta=0.2), 0
    for _ in range(200):
        x, worst = bandit.initial_state, 0.0
        for _ in range(30):
            x = bandit.A @ x + bandit.B @ BUDGETS[rng.integers(6)] + 0.1 * rng.normal(size=3)
            worst = max(worst, np.linalg.norm(x))
        outside += worst > wide
    assert outside <= 40


# --- bad input -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: DynamicalLinearBandit([[1.0]], [[1]], [1], [0]), "unstable: A has spectral radius 1 "),
        (lambda: DynamicalLinearBandit([[np.nan]], [[1]], [1], [0]), r"A\[0, 0\] is nan"),
        (lambda: DynamicalLinearBandit([[0.5, 0]], [[1]], [1], [0]), r"A has shape \(1, 2\) \(expected \(1, 1\)"),
        (lambda: DynamicalLinearBandit([[0.5]], [[1]], [1, 2], [0]), r"omega has shape \(2,\)"),
        (lambda: DynamicalLinearBandit([[0.5]], [[1]], [1], [0, 1]), r"theta has shape \(2,\)"),
        (lambda: DynamicalLinearBandit([[0.5]], [1], [1], [0]), "B has shape .* 2 axes"),
        (lambda: DynamicalLinearBandit(np.zeros((0, 0)), np.zeros((0, 2)), [], [0, 1]), "at least one state"),
        (lambda: DynamicalLinearBandit([[0.5]], [[1]], [1], [0], state_noise=-1), "state_noise is -1"),
        (lambda: DynamicalLinearBandit([[0.5]], [[1]], [1], [0], reward_noise=np.inf), "reward_noise is inf"),
        (lambda: DynamicalLinearBandit([[0.5]], [[1]], [1], [0], initial_state=[1, 2]), "initial_state has shape"),
        (lambda: DynamicalLinearBandit.from_outputs([[0.5]], [[1]], [[1]], [[1], [2]]), "C and D have 1 and 2 rows"),
        (lambda: SYNTHETIC.best_action(np.zeros((0, 3))), r"actions have shape \(0, 3\)"),
        (lambda: SYNTHETIC.best_action([[1, 2]]), r"actions have shape \(1, 2\) \(expected \(K, 3\)"),
        (lambda: SYNTHETIC.best_action([[1, 2, np.inf]]), r"actions\[0, 2\] is inf"),
        (lambda: SYNTHETIC.finite_horizon_optimum(BUDGETS, 0), "horizon is 0"),
        (lambda: SYNTHETIC.expected_rewards(BUDGETS, [1]), r"state has shape \(1,\)"),
        (lambda: SYNTHETIC.transient_constant(0.1), "radius 0.1 is below the spectral radius 0.2"),
        (lambda: SYNTHETIC.transient_constant(0.2 * (1 + 1e-15)), None),
        (lambda: SYNTHETIC.tail(-1), "m is -1"),
        (lambda: SYNTHETIC.markov_parameters(0), "rounds is 0"),
        (lambda: SYNTHETIC.state_bound(1.0, 1.0), "radius is 1.0"),
        (lambda: SYNTHETIC.state_bound(1.0, horizon=5), "delta is None"),
        (lambda: proportional_budget([0, 0]), "not all 0"),
        (lambda: proportional_budget([1, 1], 3.0), "does not fit"),
        (lambda: DriftingLinearBandit([[1.0]], [1]), "starts are"),
        (lambda: DriftingLinearBandit([[1.0], [2.0]], [0, 0]), "increasing"),
        (lambda: LinearBandit([np.nan]), r"theta\[0\] is nan"),
        (lambda: tabular.linear_bandits.Contexts(np.zeros((0, 1, 1))), "sets have shape"),
        (lambda: tabular.linear_bandits.Contexts([[[1.0]]], [0.5]), "law sums to 0.5"),
    ],
)
def test_bad_input(act, message):
    if message is None:
        assert act() == pytest.approx(1.0)
        return
    with pytest.raises(tabular.ModelError, match=message):
        act()
