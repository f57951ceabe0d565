"""Signed noise: closed forms against linear and conic programs, thresholds, and where a backup contracts."""

import math

import cvxpy as cp
import numpy as np
import pytest

import tabular
from tabular.robust import SignedNoise, noise_spread, shared_noise_step

P = np.array([[[0.5, 0.3, 0.2], [0.1, 0.6, 0.3]], [[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]], [[0.3, 0.3, 0.4], [0.3, 0.2, 0.5]]])
R = np.array([[1, 0], [0.5, 0.2], [0, 0.8]])
MDP = tabular.MDP(P, R, 0.9)


@pytest.mark.parametrize("norm", [1, 1.5, 2, 3, math.inf])
def test_spread_by_a_conic_program(norm):
    rng = np.random.default_rng(3)
    for _ in range(6):
        v = np.round(rng.normal(size=int(rng.integers(1, 6))), 2)
        c = cp.Variable(v.size)
        problem = cp.Problem(cp.Minimize(v @ c), [cp.sum(c) == 0, cp.pnorm(c, norm) <= 1])
        problem.solve(solver=cp.CLARABEL)
        assert noise_spread(v, norm) == pytest.approx(-problem.value, abs=2e-6)


@pytest.mark.parametrize("norm", [1, 1.5, 2, 3, math.inf])
def test_shared_step_is_a_saddle_point(norm):
    """max over policies of <pi, b> - sigma |pi|_q, by a conic program; and the policy gets the value."""
    rng = np.random.default_rng(4)
    q = 1.0 if norm == math.inf else math.inf if norm == 1 else norm / (norm - 1)
    b = np.round(rng.normal(size=(6, 4)), 2)
    sigma = rng.choice([0.05, 0.6, 3.0], size=6)
    value, policy = shared_noise_step(b, sigma, norm)
    for x, w, row, s in zip(value, policy, b, sigma, strict=True):
        pi = cp.Variable(4, nonneg=True)
        problem = cp.Problem(cp.Maximize(row @ pi - s * cp.pnorm(pi, q)), [cp.sum(pi) == 1])
        problem.solve(solver=cp.CLARABEL)
        assert x == pytest.approx(problem.value, abs=2e-6)
        assert row @ w - s * np.linalg.norm(w, q) == pytest.approx(x, abs=1e-12)


def test_published_steps():
    b = [1, 0.8, 0.3, -0.5]
    value, policy = shared_noise_step(b, 0.6, 2)
    assert f"{value:.10f}" == "0.4876894374"
    assert policy == pytest.approx([0.62126781, 0.37873219, 0, 0], abs=5e-9)
    assert shared_noise_step(b, 0.6, 1)[0] == pytest.approx(0.6, abs=1e-15)


def test_general_norms_approach_the_closed_forms():
    b = np.array([1, 0.8, 0.3, -0.5])
    for near, norm in ((1 + 1e-9, 1), (2 + 1e-9, 2), (1e6, math.inf)):
        assert shared_noise_step(b, 0.6, near)[0] == pytest.approx(shared_noise_step(b, 0.6, norm)[0], abs=1e-5)


def test_no_noise_and_absent_actions():
    value, policy = shared_noise_step([[1.0, 2.0, -np.inf], [3.0, 3.0, 0.0]], 0.0, 2)
    assert value.tolist() == [2.0, 3.0]
    assert policy.tolist() == [[0, 1, 0], [1, 0, 0]]
    value, policy = shared_noise_step([1.0, 2.0, -np.inf], 5.0, 1)
    assert value == pytest.approx(-1.0)
    assert policy.tolist() == [0.5, 0.5, 0]


@pytest.mark.parametrize(
    ("norm", "divergence"), [(1, tabular.TotalVariation()), (2, tabular.L2()), (math.inf, tabular.LInfinity())]
)
def test_inside_the_simplex_it_is_the_set_of_laws(norm, divergence):
    radius = 0.05
    noise = SignedNoise(norm, radius)
    assert noise.stays_inside(MDP)
    assert noise.contraction(MDP) == 0.9
    laws = tabular.solve(tabular.Robust(MDP, divergence, radius=radius / 2 if norm == 1 else radius), tol=1e-12).values
    assert noise.solve(MDP, tol=1e-13).values == pytest.approx(laws, abs=1e-9)


def test_outside_it_is_lower():
    mdp = MDP.replace(gamma=0.5)
    noise = SignedNoise(1, 0.7)
    assert not noise.stays_inside(mdp)
    solution = noise.solve(mdp, tol=1e-12)
    laws = tabular.solve(tabular.Robust(mdp, tabular.TotalVariation(), radius=0.35), tol=1e-12).values
    assert (solution.values < laws - 1e-3).all()
    assert solution.error < 1e-11


def test_shared_noise_mixes_and_is_less_conservative():
    alone = SignedNoise(2, 0.1, 0.05).solve(MDP, tol=1e-12)
    shared = SignedNoise(2, 0.1, 0.05, rectangular="s").solve(MDP, tol=1e-12)
    assert (shared.values >= alone.values - 1e-12).all()
    assert ((shared.policy > 0).sum(axis=1) > 1).any()
    again, _ = SignedNoise(2, 0.1, 0.05, rectangular="s").backup(MDP, shared.values)
    assert again == pytest.approx(shared.values, abs=1e-11)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SignedNoise(0.5, 0.1), "norm is 0.5"),
        (lambda: SignedNoise("2", 0.1), "norm is '2'"),
        (lambda: SignedNoise(2, -0.1), "radius is -0.1"),
        (lambda: SignedNoise(2, math.nan), "radius is nan"),
        (lambda: SignedNoise(2, 0.1, math.inf), "reward_radius is inf"),
        (lambda: SignedNoise(2, 0.1, rectangular="d"), "rectangular is 'd'"),
        (lambda: SignedNoise(2, 5.0).solve(MDP), "not known to contract"),
        (lambda: SignedNoise(2, 0.1).backup(P, np.zeros(3)), "takes an MDP"),
        (lambda: noise_spread([], 2), "finite numbers on one axis"),
        (lambda: noise_spread([1, np.nan], 2), "finite numbers on one axis"),
        (lambda: shared_noise_step([np.nan, 1], 0.1, 2), "finite largest one"),
        (lambda: shared_noise_step([1, 2], -1, 2), "noise is -1"),
    ],
)
def test_refused(make, message):
    with pytest.raises(tabular.ModelError, match=message):
        make()


def test_a_limit_keeps_what_was_found():
    with pytest.raises(tabular.SolverError) as caught:
        SignedNoise(2, 0.05).solve(MDP, max_iterations=3)
    assert caught.value.solution.iterations == 3


def test_an_interrupt_keeps_what_was_found(monkeypatch):
    true, calls = SignedNoise.backup, []

    def interrupted(self, mdp, values):
        calls.append(0)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return true(self, mdp, values)

    monkeypatch.setattr(SignedNoise, "backup", interrupted)
    with pytest.raises(tabular.SolverInterrupted) as caught:
        SignedNoise(2, 0.05).solve(MDP)
    assert caught.value.solution.iterations == 4
    assert np.isfinite(caught.value.solution.error)
