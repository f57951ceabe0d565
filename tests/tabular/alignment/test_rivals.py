"""Tilted policies, win-rate frontiers, rewinding, and the continuum."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize

import tabular
from proofs_check.strategies import distributions
from tabular.alignment import (
    best_of_n,
    draws_for_kl,
    kl_cap,
    mid_quantiles,
    rewind_and_repeat,
    tilt_kl,
    tilt_win_rate,
    tilted_policy,
    universal_win_rate,
    win_rate,
    win_rate_cap,
    win_rate_frontier,
)

P, R = np.array([0.4, 0.3, 0.2, 0.1]), np.arange(4)


def test_win_rate_by_pairs():
    rng = np.random.default_rng(0)
    for _ in range(50):
        p, q, r = rng.dirichlet(np.ones(5)), rng.dirichlet(np.ones(5)), rng.integers(0, 3, 5)
        p = np.where(rng.random(5) < 0.2, 0, p)
        p /= p.sum()
        pairs = sum(q[i] * p[j] * ((r[i] > r[j]) + 0.5 * (r[i] == r[j])) for i in range(5) for j in range(5))
        assert win_rate(q, p, r) == pytest.approx(pairs, abs=1e-14)
        best = best_of_n(p, r, 3)
        assert best.win_rate == pytest.approx(win_rate(best.pmf, p, r), abs=1e-14)


def test_tilted_policy():
    tilted = tilted_policy(P, R, strength=1.0)
    weights = P * np.exp(R)
    np.testing.assert_allclose(tilted.pmf, weights / weights.sum(), rtol=1e-14)
    by_budget = tilted_policy(P, R, budget=tilted.kl)
    np.testing.assert_allclose(by_budget.pmf, tilted.pmf, rtol=1e-10)
    assert by_budget.strength == pytest.approx(1.0, rel=1e-9)
    saturated = tilted_policy(P, R, budget=50.0)
    assert saturated.pmf.tolist() == [0, 0, 0, 1]
    assert saturated.kl == pytest.approx(np.log(10))
    np.testing.assert_allclose(tilted_policy(P, R, budget=0.0).pmf, P, rtol=1e-15)


def test_tilted_policy_against_a_general_optimiser():
    constraint = {"type": "ineq", "fun": lambda q: 0.3 - tabular.KL()(np.abs(q) / np.abs(q).sum(), P)}
    found = minimize(lambda q: -(np.abs(q) @ R) / np.abs(q).sum(), P, constraints=[constraint], bounds=[(1e-9, 1)] * 4, tol=1e-12)
    assert tilted_policy(P, R, budget=0.3).expected_reward == pytest.approx(-found.fun, abs=1e-6)


def test_frontier():
    kl = best_of_n(P, R, 4).kl
    (rate,) = win_rate_frontier(P, R, [kl])
    assert rate == pytest.approx(0.7853199719, abs=5e-11)
    tilted = tilted_policy(P, mid_quantiles(P, R), budget=kl)
    assert tilted.expected_reward == pytest.approx(rate, abs=1e-14)
    assert 1 / tilted.strength == pytest.approx(4.6731247603, rel=1e-9)
    assert win_rate_frontier(P, R, 0.5).shape == ()
    tied = win_rate_frontier(P, [0, 1, 1, 2], [0.0, 0.2])
    np.testing.assert_allclose(tied, win_rate_frontier([0.4, 0.5, 0.1], range(3), [0.0, 0.2]), rtol=1e-14)


@settings(max_examples=60, deadline=None)
@given(distributions(5), st.floats(1, 1e3), st.floats(0, 1))
def test_nothing_beats_the_frontier_nor_the_universal_curve(p, n, mix):
    best = best_of_n(p, range(5), n)
    policy = mix * best.pmf + (1 - mix) * p
    kl, rate = tabular.KL()(policy, p), win_rate(policy, p, range(5))
    frontier = float(win_rate_frontier(p, range(5), kl))
    assert rate <= frontier + 1e-9
    assert frontier <= universal_win_rate(kl) + 1e-9


@pytest.mark.parametrize("beta", [1e-8, 0.05, 0.0999999, 0.1, 0.3, 1, 5, 40, 800])
def test_continuum_tilt(beta):
    top = lambda u: np.exp(beta * (u - 1))  # noqa: E731
    points = [1 - 40 / beta] if beta > 40 else None
    z = quad(top, 0, 1, points=points, epsabs=0, epsrel=1e-12)[0]
    mean = quad(lambda u: u * top(u) / z, 0, 1, points=points, epsabs=0, epsrel=1e-12)[0]
    assert tilt_win_rate(beta) == pytest.approx(mean, rel=1e-11)
    assert tilt_kl(beta) == pytest.approx(beta * (mean - 1) - np.log(z), rel=1e-8, abs=1e-12)


def test_series_and_closed_form_meet():
    for f in (tilt_kl, tilt_win_rate):
        below, above = f(np.nextafter(0.1, 0)), f(0.1)
        assert below == pytest.approx(above, rel=1e-12)
    assert tilt_kl(1e-6) == pytest.approx(1e-12 / 24, rel=1e-11)


@pytest.mark.parametrize(
    ("n", "rate"),
    [(2, 0.6759068193), (4, 0.8039958879), (8, 0.8896750565), (16, 0.9412866812), (64, 0.9846172432), (256, 0.9961089790)],
)
def test_universal_curve(n, rate):
    assert universal_win_rate(kl_cap(n)) == pytest.approx(rate, abs=5e-11)
    assert win_rate_cap(n) < rate


def test_draws_for_kl():
    for n in (1, 1 + 1e-9, 1.0001, 1.5, 2, 171.8, 1e6, 1e200):
        assert draws_for_kl(kl_cap(n)) == pytest.approx(n, rel=1e-13)


def test_rewinding():
    for threshold, kl, rate in ((1, 0.5108256238, 0.7), (2, 1.2039728043, 0.85), (3, 2.3025850930, 0.95)):
        policy = rewind_and_repeat(P, R, threshold)
        assert (policy.kl, policy.win_rate) == pytest.approx((kl, rate), abs=5e-11)
        assert policy.expected_draws == pytest.approx(1 / policy.acceptance)


def test_rewinding_in_fractions():
    p = [Fraction(k, 10) for k in (4, 3, 2, 1)]
    policy = rewind_and_repeat(p, R, 2, max_draws=3)
    assert list(policy.pmf) == [Fraction(8, 125), Fraction(279, 1000), Fraction(219, 500), Fraction(219, 1000)]
    assert (policy.expected_draws, policy.win_rate) == (Fraction(219, 100), Fraction(7247, 10000))
    endless = rewind_and_repeat(p, R, 2)
    assert list(endless.pmf) == [0, 0, Fraction(2, 3), Fraction(1, 3)]
    assert endless.win_rate == Fraction(17, 20)


def test_rewinding_by_play():
    rng, size = np.random.default_rng(0), 100_000
    for threshold, budget in ((2, 3), (9, 2), (0, 4)):
        draws = rng.choice(4, size=(size, budget), p=P)
        stop = np.where((draws >= threshold).any(axis=1), (draws >= threshold).argmax(axis=1), -1)
        kept = np.where(stop >= 0, draws[np.arange(size), stop], draws.max(axis=1))
        policy = rewind_and_repeat(P, R, threshold, max_draws=budget)
        np.testing.assert_allclose(np.bincount(kept, minlength=4) / size, policy.pmf, atol=0.008)
        assert np.where(stop >= 0, stop + 1, budget).mean() == pytest.approx(policy.expected_draws, abs=0.02)


def test_rewinding_never_beats_the_frontier():
    p = np.array([0.98, 0.01, 0.01])
    policy = rewind_and_repeat(p, range(3), 1)
    assert policy.kl == pytest.approx(3.9120230054)
    assert policy.win_rate == pytest.approx(0.99)
    assert best_of_n(p, range(3), 171.8).kl > policy.kl
    assert best_of_n(p, range(3), 171.8).win_rate < 0.97784
    assert policy.win_rate <= float(win_rate_frontier(p, range(3), policy.kl)) + 1e-12


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tilted_policy(P, R), "either a strength"),
        (lambda: tilted_policy(P, R, strength=1, budget=1), "either a strength"),
        (lambda: tilted_policy(P, R, strength=-1.0), "strength is -1.0"),
        (lambda: tilted_policy(P, R, budget=np.nan), "budget is nan"),
        (lambda: tilted_policy(P, [0, 1, np.inf, 2], strength=1.0), r"rewards\[2\] is inf"),
        (lambda: win_rate_frontier(P, R, [-0.1]), r"budgets\[0\] is -0.1"),
        (lambda: tilted_policy(P, R, strength="much"), "strength"),
        (lambda: tilt_win_rate("much"), "beta"),
        (lambda: universal_win_rate(700.0), "kl is 700.0"),
        (lambda: win_rate([0.5, 0.5], P, R), "do not fit"),
        (lambda: rewind_and_repeat(P, R, 4), "no outcome with mass"),
        (lambda: rewind_and_repeat(P, R, np.nan), "threshold is nan"),
        (lambda: rewind_and_repeat(P, R, "high"), "threshold is 'high'"),
        (lambda: rewind_and_repeat(P, R, 1, max_draws=0), "max_draws is 0"),
        (lambda: rewind_and_repeat(P, R, 1, max_draws=2.5), "max_draws is 2.5"),
        (lambda: tilt_kl(-1.0), "beta is -1.0"),
        (lambda: universal_win_rate(-0.5), "kl is -0.5"),
        (lambda: draws_for_kl(np.nan), "kl is nan"),
        (lambda: kl_cap(0), "n is 0"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(tabular.ModelError, match=message):
        call()
