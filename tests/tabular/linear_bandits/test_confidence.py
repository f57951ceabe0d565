"""Widths, potentials, identities and enumerated paths: published values, definitions in loops, rationals, and exact coverage."""

import dataclasses
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tabular
from tabular.linear_bandits import (
    BEST_POTENTIAL_CONSTANT,
    DLinUCB,
    DynamicalLinearBandit,
    DynLinUCB,
    LinearBandit,
    LinUCB,
    SWLinUCB,
    SystemBounds,
    advertising_bandit,
    bias_step,
    budget_actions,
    determinant_width,
    ellipsoid_width,
    elliptical_potential,
    gaussian_identity,
    mixture_martingale,
    optimistic_rule,
    rademacher_paths,
    sign_histories,
    synthetic_bandit,
    trace,
    worst_bias_norm,
)

BUDGETS = budget_actions()
KNOWN = {"noise": 0.1, "norm_bound": 1.0, "regularization": 1.0, "delta": 0.01}


# --- widths --------------------------------------------------------------------------------------------------------------------


def test_published_width():
    assert ellipsoid_width(1000, dimension=3, action_bound=1, **KNOWN) == pytest.approx(1.5162049580, abs=6e-11)


@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 40), st.floats(0.01, 10))
def test_the_determinant_width_is_the_smaller(seed, d, T, regularization):
    rows = np.random.default_rng(seed).normal(size=(T, d))
    found, known = elliptical_potential(rows, regularization), {**KNOWN, "regularization": regularization}
    L = np.linalg.norm(rows, axis=1).max()
    narrow = determinant_width(found.log_determinant_ratio, **known)
    assert narrow <= ellipsoid_width(T, dimension=d, action_bound=L, **known) + 1e-12


def test_forgetting_widths():
    ridge = {"dimension": 2, "action_bound": 1.0, **KNOWN}
    plain = LinUCB(**ridge)
    t = np.array([0, 1, 5, 1000])
    assert DLinUCB(**ridge, discount=1.0).confidence_width(t) == pytest.approx(plain.confidence_width(t))
    assert DLinUCB(**ridge, discount=1 - 1e-10).confidence_width(t) == pytest.approx(plain.confidence_width(t), rel=1e-7)
    inside = 1 + (1 - 0.9**10) / (2 * (1 - 0.9**2))
    expected = 1 + 0.1 * math.sqrt(2 * math.log(100) + 2 * math.log(inside))
    assert DLinUCB(**ridge, discount=0.9).confidence_width(5) == pytest.approx(expected, rel=1e-14)
    window = SWLinUCB(**ridge, window=5)
    assert window.confidence_width(t) == pytest.approx(plain.confidence_width([0, 1, 5, 5]))
    assert window.confidence_width(10) <= 1 + 0.1 * math.sqrt(2 * math.log((1 + 5) / 0.01))  # as published


# --- what is known about a system ----------------------------------------------------------------------------------------------


def test_published_constants():
    """With the state bound of the published program, U / (1 - rho), and one noise scale for states and rewards."""
    for bandit, c1, c2, widths in (
        (synthetic_bandit, 2.2769249454, 1.0752074550, {1: 5.1090778920, 10**3: 8.9294803762, 10**6: 13.1818344020}),
        (advertising_bandit, 9.0378394390, 2.4427237634, {10**6: 45.2981421208}),
    ):
        system = bandit(0.01, reward_noise=0.01)
        state = math.sqrt(1.25) / (1 - system.spectral_radius)
        bounds = SystemBounds.of(system, BUDGETS, state=state)
        assert [bounds.bias_constant, bounds.norm_bound] == pytest.approx([c1, c2], abs=6e-11)
        learner = DynLinUCB.for_bandit(system, BUDGETS, 10**6, bounds=bounds)
        assert learner.regularization == math.log(10**6)
        assert learner.confidence_width(list(widths)) == pytest.approx(list(widths.values()), abs=6e-10)
    bounds = SystemBounds.of(synthetic_bandit(0.01, reward_noise=0.01), BUDGETS)
    expected = [1.0049875621, 0.5099019514, 0.45, 1.1180339887]
    assert [bounds.omega, bounds.theta, bounds.control, bounds.action] == pytest.approx(expected, abs=6e-11)
    assert bounds.variance_proxy == pytest.approx(2.0520833333e-4, abs=6e-15)
    assert bounds.state == pytest.approx(0.45 * math.sqrt(1.25) / 0.8)


def test_summed_outputs_have_more_noise():
    bounds = SystemBounds.of(synthetic_bandit(0.01), BUDGETS)
    assert bounds.variance_proxy == pytest.approx(3e-4 + 1e-4 * 1.01 / 0.96)


@given(st.integers(0, 10**6))
@settings(max_examples=40)
def test_transients_and_offsets(seed):
    """Constant actions approach their value as fast as promised; online and offline regret stay as close as promised."""
    rng = np.random.default_rng(seed)
    n, d = rng.integers(1, 4, 2)
    A = rng.normal(size=(n, n))
    A *= rng.uniform(0.05, 0.9) / np.abs(np.linalg.eigvals(A)).max()
    bandit = DynamicalLinearBandit(A, rng.normal(size=(n, d)), rng.normal(size=n), rng.normal(size=d))
    actions, start = rng.normal(size=(4, d)), rng.normal(size=n)
    bounds = SystemBounds.of(bandit, actions, state=np.linalg.norm(start))
    t = np.arange(1, 31)
    for u in actions:
        off = np.abs(bandit.expected_rewards([u] * 30, start) - bandit.values([u])[0])
        assert (off <= bounds.transient(t) * (1 + 1e-9) + 1e-9).all()
    sequence = actions[rng.integers(4, size=30)]
    states = np.linalg.norm(bandit.expected_states(sequence, start), axis=1).max()
    offset = (sequence @ bandit.cumulative_parameter).sum() - bandit.expected_rewards(sequence, start).sum()
    assert abs(offset) <= SystemBounds.of(bandit, actions, state=states).online_offset + 1e-9
    assert np.linalg.norm(bandit.cumulative_parameter) <= bounds.norm_bound + 1e-9


def test_too_small_a_radius_is_a_warning():
    with pytest.warns(UserWarning, match=r"assumed spectral radius 0\.1 is below the true one, 0\.2"):
        bounds = SystemBounds.of(synthetic_bandit(), BUDGETS, spectral_radius=0.1)
    assert bounds.transient_constant == 1.0
    larger = SystemBounds.of(advertising_bandit(), BUDGETS, spectral_radius=0.8)
    assert larger.transient_constant == pytest.approx(advertising_bandit().transient_constant(0.8))
    assert larger.transient_constant < 2.2


# --- potentials ----------------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 30), st.floats(0.01, 10))
def test_elliptical_potential(seed, d, T, regularization):
    rows = np.random.default_rng(seed).normal(size=(T, d))
    found, V = elliptical_potential(rows, regularization), regularization * np.eye(d)
    for t, a in enumerate(rows):
        assert found.weights[t] == pytest.approx(a @ np.linalg.inv(V) @ a, rel=1e-9)
        V = V + np.outer(a, a)
    assert found.log_determinant_ratio == pytest.approx(np.log1p(found.weights).sum(), rel=1e-9, abs=1e-12)
    assert found.clipped_sum <= BEST_POTENTIAL_CONSTANT * found.log_determinant_ratio + 1e-12
    assert found.log_determinant_ratio <= found.volume_bound + 1e-9


def test_potentials_that_are_too_good_to_be_true():
    unclipped = elliptical_potential([[1, 0]] * 5, 0.01)
    assert unclipped.weights.sum() == pytest.approx(102.0692139199, abs=6e-11)
    assert 2 * unclipped.log_determinant_ratio == pytest.approx(12.4332122022, abs=6e-11)
    tight = elliptical_potential([[1.0]], 1.0)
    assert tight.clipped_sum == pytest.approx(BEST_POTENTIAL_CONSTANT * tight.log_determinant_ratio, rel=1e-15)
    assert 1.44 * tight.log_determinant_ratio == pytest.approx(0.99813, abs=6e-6)
    ones = elliptical_potential([[1, 0]] * 5, 1.0)
    assert [ones.clipped_sum, ones.log_determinant_ratio] == pytest.approx([2.2833, 1.7918], abs=6e-5)
    assert pytest.approx(1.4426950409, abs=6e-11) == BEST_POTENTIAL_CONSTANT


def test_gaussian_identities():
    design = [[1, 0, 1], [0, 2, 1], [1, 1, 0], [1, -1, 1]]
    assert gaussian_identity(design, regularization=0.7) == pytest.approx((13.3601164430,) * 2, abs=6e-10)
    design = [[1, 0], [0, 1], [1, 1], [1, -1]]
    discounted = {"regularization": 0.5, "discount": 0.9}
    assert gaussian_identity(design, **discounted) == pytest.approx((5.7937546203,) * 2, abs=6e-10)
    plain = gaussian_identity(design, **discounted, squared=False)
    assert plain == pytest.approx((4.1673821638, 6.3353263531), abs=6e-10)


def test_gaussian_identity_by_quadrature():
    """E M_T = 1 for a fixed design and Gaussian noise, by Gauss-Hermite quadrature over the noise."""
    design, scale = np.array([[1.0, 0.0], [0.5, 1.0]]), 2.0
    x, w = np.polynomial.hermite_e.hermegauss(60)
    gram = design.T @ design + scale * np.eye(2)
    noise = np.stack(np.meshgrid(x, x, indexing="ij"), axis=-1).reshape(-1, 2)
    values = mixture_martingale(np.broadcast_to(gram, (3600, 2, 2)), 0.3 * noise @ design, noise=0.3, regularization=scale)
    assert values @ np.outer(w, w).reshape(-1) / w.sum() ** 2 == pytest.approx(1.0, abs=1e-9)


def test_without_the_determinant_the_bound_fails():
    """E |S|^2 tends to d R^2, far beyond 2 R^2 log(1/delta)."""
    rows = np.tile(np.eye(12), (200, 1))
    gram = rows.T @ rows + np.eye(12)
    expected = np.trace(np.linalg.solve(gram, rows.T @ rows))
    assert expected > 11.9 > 2 * math.log(1 / 0.01)


def test_the_false_step_in_rationals():
    found = bias_step([1, 0], [[Fraction(4, 5), Fraction(3, 5)]], Fraction(1, 100))
    assert found.matrix == [[Fraction(3700, 3801), 0], [Fraction(-1600, 1267), 0]]
    assert found.squared_norm == Fraction(36730000, 14447601)
    assert math.sqrt(found.squared_norm) == pytest.approx(1.5944562036, abs=6e-11)
    assert found.matrix[0][0] + found.matrix[1][1] < 1  # the nonzero eigenvalue is no problem
    assert bias_step([1, 0], [[0, 1], [0, 2]], Fraction(1, 7)).squared_norm <= 1  # orthogonal actions neither


@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(0, 5), st.floats(0.01, 10))
def test_bias_step(seed, d, count, regularization):
    rows = np.random.default_rng(seed).normal(size=(count + 1, d))
    found = bias_step(rows[0].tolist(), rows[1:].tolist(), regularization)
    V = rows.T @ rows + regularization * np.eye(d)
    expected = np.linalg.inv(V) @ np.outer(rows[0], rows[0])
    assert np.array(found.matrix) == pytest.approx(expected, abs=1e-8)
    assert found.squared_norm == pytest.approx(np.linalg.norm(expected, 2) ** 2, rel=1e-6, abs=1e-10)


@pytest.mark.parametrize("regularization", [1e-4, 0.01, 0.2, 0.5])
def test_worst_bias_norm(regularization):
    angles = np.linspace(0.0, np.pi / 2, 20_001)
    cosine = math.sqrt((1 + regularization) ** 2 * (1 - 2 * regularization) / (1 + 2 * regularization))
    a, b = np.array([1.0, 0.0]), [math.cos(x) for x in angles]
    norms = [bias_step(a, [[c, math.sqrt(1 - c * c)]], regularization).squared_norm ** 0.5 for c in [*b[::200], cosine]]
    assert worst_bias_norm(regularization) == pytest.approx(norms[-1], rel=1e-9)
    assert worst_bias_norm(regularization) >= max(norms) - 1e-12
    if regularization == 1e-4:
        assert worst_bias_norm(regularization) == pytest.approx(35.3589, abs=6e-5)
        assert worst_bias_norm(regularization) == pytest.approx(1 / (2 * math.sqrt(2e-4)), rel=2e-4)


# --- all paths -----------------------------------------------------------------------------------------------------------------

ARMS, THETA = np.array([[1.0, 0.0], [0.6, 0.8], [-0.5, 0.5]]), np.array([0.3, -0.2])
RIDGE = LinUCB(dimension=2, noise=0.5, norm_bound=0.4, action_bound=1.0, regularization=0.8, delta=0.1)


def test_paths_one_by_one():
    """Martingale, errors, misses and regret by walking every path by itself."""
    T = 5
    found = rademacher_paths(optimistic_rule(RIDGE, ARMS), ARMS, T, theta=THETA, noise=0.5, regularization=0.8)
    exceeded, missed, regret = 0, 0, np.zeros(T)
    for p, signs in enumerate(itertools.product((-1, 1), repeat=T)):
        V, b, S, over, miss = 0.8 * np.eye(2), np.zeros(2), np.zeros(2), False, False
        for t, sign in enumerate(signs):
            inverse = np.linalg.inv(V)
            arm = np.argmax([a @ inverse @ b + RIDGE.confidence_width(t) * math.sqrt(a @ inverse @ a) for a in ARMS])
            assert found.arms[t][p >> (T - t)] == arm
            a = ARMS[arm]
            regret[t] += ((ARMS @ THETA).max() - a @ THETA) / 2**T
            V, b, S = V + np.outer(a, a), b + a * (a @ THETA + 0.5 * sign), S + 0.5 * sign * a
            ratio = np.linalg.det(V) / 0.8**2
            M = math.exp(S @ np.linalg.solve(V, S) / (2 * 0.25)) / math.sqrt(ratio)
            off = np.linalg.solve(V, b) - THETA
            error = math.sqrt(off @ V @ off)
            assert found.martingale[t + 1][p >> (T - t - 1)] == pytest.approx(M, rel=1e-12)
            assert found.errors[t + 1][p >> (T - t - 1)] == pytest.approx(error, rel=1e-9)
            over |= M >= 1 / 0.6
            miss |= error > math.sqrt(0.8) * np.linalg.norm(THETA) + 0.5 * math.sqrt(2 * math.log(1 / 0.6) + math.log(ratio))
        exceeded, missed = exceeded + over, missed + miss
    assert [found.exceedance(0.6), found.miss_probability(0.6)] == [exceeded / 2**T, missed / 2**T]
    assert found.regret == pytest.approx(regret, abs=1e-13)
    assert repr(found) == "RademacherPaths(5 rounds, 32 paths)"


@given(st.integers(0, 10**6), st.integers(1, 3), st.floats(0.05, 3))
@settings(max_examples=25)
def test_supermartingale(seed, d, regularization):
    """For any adaptive rule, here random functions of what was seen."""
    rng = np.random.default_rng(seed)
    actions, weights = rng.normal(size=(4, d)), rng.normal(size=(d, 4))
    found = rademacher_paths(
        lambda grams, moments, t: (moments @ weights + np.cos(t)).argmax(axis=1),
        actions,
        10,
        theta=rng.normal(size=d),
        noise=0.7,
        regularization=regularization,
    )
    means = found.expected_martingale
    assert means[0] == pytest.approx(1.0, rel=1e-12)
    assert (np.diff(means) <= 1e-12).all()
    for delta in (0.5, 0.2, 0.05):
        assert found.exceedance(delta) <= delta
        assert found.miss_probability(delta) <= found.exceedance(delta) + 1e-15 <= delta + 1e-15


@pytest.mark.parametrize("determinant", [False, True])
def test_compiled_trials_follow_the_tree(determinant):
    """With noise of two values every compiled trial is one of the enumerated paths."""
    T, bandit, learner = 12, LinearBandit(THETA, reward_noise=0.5), dataclasses.replace(RIDGE, determinant=determinant)
    tree = rademacher_paths(optimistic_rule(learner, ARMS), ARMS, T, theta=THETA, noise=0.5, regularization=0.8)
    for seed in range(20):
        found, p = trace(bandit, ARMS, learner, T, seed=seed, rademacher=True), 0
        for t in range(T):
            assert found.arms[t] == tree.arms[t][p]
            assert found.errors[t] == pytest.approx(tree.errors[t][p], rel=1e-9)
            p = 2 * p + int(found.rewards[t] > ARMS[found.arms[t]] @ THETA)


def test_sign_histories():
    """Laws sum to one, and their divergence decomposes over pulls."""
    thetas = np.array([[0.3, -0.2], [0.1, 0.4]])
    laws, arms = sign_histories(optimistic_rule(RIDGE, ARMS), ARMS, 8, thetas=thetas)
    assert laws.sum(axis=1) == pytest.approx([1, 1], abs=1e-14)
    assert arms.shape == (8, 256)
    divergence = (laws[0] * np.log(laws[0] / laws[1])).sum()
    p, q = (1 + ARMS @ thetas.T).T / 2
    single = p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
    pulls = np.array([(laws[0] * (arms == k).sum(axis=0)).sum() for k in range(3)])
    assert divergence == pytest.approx(pulls @ single, rel=1e-12)


# --- bad input -----------------------------------------------------------------------------------------------------------------

BOUNDS = SystemBounds.of(synthetic_bandit(), BUDGETS)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: LinUCB(dimension=0, action_bound=1, **KNOWN), "dimension is 0"),
        (lambda: LinUCB(dimension=2, action_bound=1, **{**KNOWN, "regularization": 0.0}), "regularization is 0.0"),
        (
            lambda: LinUCB(dimension=2, action_bound=1, **{**KNOWN, "regularization": -1.0}),
            r"regularization is -1.0 \(expected a n",
        ),
        (lambda: LinUCB(dimension=2, action_bound=1, **{**KNOWN, "delta": 1.0}), "delta is 1.0"),
        (lambda: ellipsoid_width(1, dimension=2, action_bound=1, **{**KNOWN, "regularization": 0}), "regularization is 0"),
        (lambda: determinant_width(1, **{**KNOWN, "delta": 0}), "delta is 0"),
        (lambda: LinUCB(dimension=2, action_bound=np.nan, **KNOWN), "action_bound is nan"),
        (lambda: LinUCB(dimension=2, action_bound=1, **{**KNOWN, "noise": -0.1}), "noise is -0.1"),
        (lambda: DLinUCB(dimension=2, action_bound=1, discount=1.1, **KNOWN), "discount is 1.1"),
        (lambda: SWLinUCB(dimension=2, action_bound=1, window=0, **KNOWN), "window is 0"),
        (lambda: DynLinUCB(dimension=3, bounds=1), "bounds are int"),
        (lambda: DynLinUCB(dimension=3, bounds=BOUNDS, regularization=0), "regularization is 0"),
        (lambda: DynLinUCB(dimension=3, bounds=BOUNDS, bias_scale=-1), "bias_scale is -1"),
        (lambda: DynLinUCB.for_bandit(synthetic_bandit(), BUDGETS, 1), "horizon is 1"),
        (lambda: SystemBounds.of(synthetic_bandit(), BUDGETS, spectral_radius=1.0), "spectral_radius is 1.0"),
        (lambda: SystemBounds.of(synthetic_bandit(), BUDGETS, transient_constant=0.5), "transient_constant is 0.5"),
        (lambda: SystemBounds.of(synthetic_bandit(), np.zeros((0, 3))), "actions have shape"),
        (lambda: SystemBounds.of(DynamicalLinearBandit([[0.5, 1], [0, 0.5]], [[1], [1]], [1, 1], [0]), [[1]]), "still grow"),
        (lambda: elliptical_potential(np.zeros((0, 2)), 1.0), "actions have shape"),
        (lambda: elliptical_potential([[1.0]], 0.0), "regularization is 0.0"),
        (lambda: gaussian_identity([[1.0]], regularization=-1), "regularization is -1"),
        (lambda: bias_step([1, 0], [[1]], 1), "differ in dimension"),
        (lambda: bias_step([1, 0], [[1, 0]], 0), "regularization is 0"),
        (lambda: worst_bias_norm(0.6), "up to 1/2"),
        (lambda: rademacher_paths(lambda V, b, t: [0], ARMS, 2, theta=THETA), r"no actions in round 1 \(expected 2 integers"),
        (lambda: rademacher_paths(lambda V, b, t: [3], ARMS, 2, theta=THETA), "no actions in round 0"),
        (lambda: rademacher_paths(lambda V, b, t: [0], ARMS, 21, theta=THETA), "horizon is 21"),
        (lambda: rademacher_paths(lambda V, b, t: [0], ARMS, 1, theta=THETA, noise=0), "noise is 0"),
        (lambda: rademacher_paths(lambda V, b, t: [0], ARMS, 1, theta=[1]), "actions have shape"),
        (lambda: rademacher_paths(lambda V, b, t: [0], ARMS, 1, theta=THETA).exceedance(1.5), "delta is 1.5"),
        (lambda: sign_histories(lambda V, b, t: [0], ARMS, 1, thetas=[[2, 0]]), "parameter 0 gives action 0 the mean 2"),
    ],
)
def test_bad_input(act, message):
    with pytest.raises(tabular.ModelError, match=message):
        act()
