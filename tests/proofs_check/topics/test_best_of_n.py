"""The best_of_n claims hold, their formulas give the published numbers, and they notice wrong formulas."""

from fractions import Fraction

import numpy as np
import pytest

from proofs_check import claims
from proofs_check.arithmetic import exact, kl, lift
from proofs_check.topics.best_of_n import estimator, gap, gap_bounds, rewinding, solver, tradeoff
from proofs_check.topics.best_of_n import law as law_room
from proofs_check.topics.best_of_n.bias import CAP, RANGES, bias_between, bias_of_draws
from proofs_check.topics.best_of_n.formulas import (
    alpha_divergence,
    cap,
    expected_alpha_estimate,
    expected_estimate,
    gap_of_cell,
    gap_sum,
    law,
    law_with_ties,
    one_atom,
    win_rate,
)
from proofs_check.topics.best_of_n.language_model import HIGH_ENTROPY, LOW_ENTROPY, texts
from proofs_check.verification import verify_claim
from tabular.alignment import best_of_n

P = np.array([0.4, 0.3, 0.2, 0.1])


VERDICTS = {"best_of_n.tradeoff_caps": "holds as corrected", "best_of_n.tradeoff_loss": "open"}
SUPPORTED = {
    "best_of_n.estimator_alpha_fails",
    "best_of_n.estimator_relative",
    "best_of_n.rewind_not_dominated",
    "best_of_n.solver",
    "best_of_n.tradeoff_above_the_curve",
    "best_of_n.tradeoff_loss",
}
"""Claims without a complete argument; all others are proved."""


VERIFIED = ["best_of_n"]
BUDGET = "smoke"  # at which every sibling is still refuted


@pytest.mark.parametrize("claim", claims(["best_of_n"]), ids=lambda c: c.slug)
def test_claims_hold(claim, verified):
    result = verified[claim.slug]
    assert result.verdict == VERDICTS.get(claim.slug, "holds"), (result.summary, result.witness)
    assert all(step.done for step in result.steps)


def test_what_is_proved(verified):
    assert {r.slug for r in verified.values() if not r.proved} == SUPPORTED


@pytest.mark.slow
@pytest.mark.parametrize("claim", claims(["best_of_n"]), ids=lambda c: c.slug)
def test_claims_hold_at_the_normal_budget(claim):
    result = verify_claim(claim, "normal", seed=1)
    assert result.verdict == VERDICTS.get(claim.slug, "holds"), (result.summary, result.witness)


def test_law_as_fractions():
    with exact():
        p, n = lift([Fraction(k, 10) for k in (4, 3, 2, 1)]), lift(4)
        assert list(law(p, n)) == list(lift([Fraction(16, 625), Fraction(429, 2000), Fraction(52, 125), Fraction(3439, 10000)]))
        tied = [Fraction(16, 625), Fraction(3783, 10000), Fraction(1261, 5000), Fraction(3439, 10000)]
        assert list(law_with_ties(p, lift([0, 1, 1, 2]), n)) == list(lift(tied))


@pytest.mark.parametrize(
    ("n", "divergence", "rate"), [(2, 0.157199241967, 0.65), (4, 0.587113667189, 0.7826), (8, 1.12410814502, 0.87078854)]
)
def test_divergence_and_win_rate(n, divergence, rate):
    assert kl(law(P, n), P) == pytest.approx(divergence, abs=5e-12)
    assert win_rate(P, n) == pytest.approx(rate, abs=1e-12)
    assert cap(n) - kl(law(P, n), P) == pytest.approx(gap_sum(P, n), abs=1e-12)


@pytest.mark.parametrize(
    ("n", "epsilon", "value"),
    [(2, 0.5, 0.0140483494788), (10, 0.1, 0.0236983567392), (100, 0.01, 0.0255034782884), (1000, 1e-4, 3.95677530971e-5)],
)
def test_gap_function(n, epsilon, value):
    assert gap_of_cell(n, epsilon) == pytest.approx(value, abs=1e-13)


@pytest.mark.parametrize(
    ("n", "estimate", "kl_value"),
    [(2, 0.190943448707, 0.157199241967), (4, 0.622055086913, 0.587113667189), (8, 1.15655259583, 1.12410814502)],
)
def test_estimates(n, estimate, kl_value):
    assert expected_estimate(P, n) == pytest.approx(estimate, abs=5e-12)
    assert estimate > kl_value
    middle = {2: 0.190084103472, 4: 0.617660118294, 8: 1.14648237228}[n]
    left, right = estimator.estimator_conjecture.sides(p=P, n=n)
    assert (left[1], right[0]) == pytest.approx((middle, middle), abs=5e-12)


def test_the_chi_square_counterexample_is_rational():
    with exact():
        p, n = lift([Fraction(9, 10), Fraction(1, 10)]), lift(3)
        # the usual chi-square is twice the divergence of order two
        assert 2 * alpha_divergence(law(p, n), p, 2) == lift(Fraction(3249, 10000))
        assert 2 * expected_alpha_estimate(p, n, 2) == lift(Fraction(9233127, 31250000))


def test_where_the_bias_is_largest():
    p = np.array([0.7685324585, 0.2314675415])
    assert expected_estimate(p, 3) - kl(law(p, 3), p) == pytest.approx(0.1011951529, abs=5e-11)


@pytest.mark.parametrize(("n", "intervals"), [(2, 60), (3, 60), (3, 120), (5, 80)])
def test_paths_bound_every_bias(n, intervals):
    rng = np.random.default_rng(0)
    bound = bias_of_draws(n, intervals)
    found = [expected_estimate(p, n) - kl(law(p, n), p) for size in (2, 3, 8, 40) for p in rng.dirichlet(np.ones(size), 50)]
    assert max(found) < bound
    assert bias_of_draws(n, 2 * intervals) < bound


def test_paths_bound_every_bias_for_ranges_of_draws():
    for least, most, _ in RANGES:
        bound = bias_between(least, most, 40)
        ns = [1 / float(most), 1 / float(least) if least else 1e6]
        tops = np.geomspace(1e-6, 0.9, 60)
        found = [best_of_n([1 - t, t], [0, 1], n) for n in ns for t in tops]
        found += [best_of_n(np.full(size, 1 / size), range(size), n) for n in ns for size in (3, 10, 100, 1000)]
        assert max(b.expected_estimator - b.kl for b in found) < bound
        assert bias_between(least, most, 160) < bound
    assert bias_of_draws(3, 250) > 0.1011951529
    assert bias_of_draws(3, 2000) < CAP


def test_the_point_above_the_curve():
    with exact():
        p = lift([Fraction(2, 5), Fraction(1, 5), Fraction(1, 5), Fraction(1, 5)])
        assert win_rate(p, lift(2)) == lift(Fraction(163, 250))
    curve, truth = tradeoff.tradeoff_caps.false_siblings[0].sides(np.array([0.4, 0.2, 0.2, 0.2]), 2)
    assert curve > truth
    assert truth == pytest.approx(0.1592089085, abs=5e-11)


def test_finite_alphabets_lose_more_than_the_continuum():
    p = np.array([0.06895, 0.09746, 0.71117, 0.01952, 0.0187, 0.01798, 0.01735, 0.01678, 0.01627, 0.01582])
    assert tradeoff.loss(p / p.sum(), 2.3296) == pytest.approx(0.011329, abs=1e-6)


def test_texts_have_all_the_mass():
    for table in (LOW_ENTROPY, HIGH_ENTROPY):
        p, likelihood, length = texts(table)
        assert p.size == sum(3**k for k in range(9))
        assert p.sum() == pytest.approx(1, abs=1e-12)
        assert length.max() == 8
        np.testing.assert_allclose(table.sum(axis=1), 1)
        assert likelihood.max() == pytest.approx(np.log(p.max()))


def noticed(slug):
    return verify_claim(claims([f"best_of_n.{slug}"])[0]).verdict not in ("holds", "holds as corrected")


def test_a_wrong_cap_is_noticed(monkeypatch):
    monkeypatch.setattr(gap, "cap", lambda n: cap(n) - (1 / n if n > 1 else 0))
    assert noticed("kl_cap")
    assert noticed("gap_identity")


def test_a_law_with_one_draw_too_many_is_noticed(monkeypatch):
    monkeypatch.setattr(gap, "law", lambda p, n: law(p, n + 1))
    assert noticed("kl_cap")


def test_a_law_in_the_wrong_order_is_noticed(monkeypatch):
    monkeypatch.setattr(law_room, "law_with_ties", lambda p, rewards, n: law_with_ties(p, -rewards, n))
    assert noticed("pmf")


def test_an_estimate_with_one_draw_less_is_noticed(monkeypatch):
    monkeypatch.setattr(estimator, "expected_estimate", lambda p, n: expected_estimate(p, max(n - 1, 1)))
    assert noticed("estimator_conjecture")


def test_an_estimate_without_its_atom_is_noticed(monkeypatch):
    monkeypatch.setattr(estimator, "one_atom", lambda n, epsilon: cap(n) - 2 * gap_of_cell(n, epsilon))
    assert noticed("kl_estimator")


def test_a_forgotten_square_is_noticed(monkeypatch):
    monkeypatch.setattr(gap_bounds, "half_gap", lambda one: one * (np.log(2) - 0.5) / 2.1)
    assert noticed("gap_quadratic")
    assert noticed("gap_self_normalised")


def test_a_solver_that_forgets_ties_is_noticed(monkeypatch):
    true = solver.best_of_n
    monkeypatch.setattr(solver, "best_of_n", lambda p, rewards, n: true(p, np.arange(len(p)), n))
    assert noticed("solver")


def test_a_lost_fallback_is_noticed(monkeypatch):
    monkeypatch.setattr(rewinding, "law", lambda p, n: law(p, n - 1) if n > 1 else law(p, n))
    assert noticed("rewind_with_a_budget")


def test_one_atom_is_the_published_estimate():
    for n, epsilon, value in ((2, 0.1, 0.193059436943), (10, 0.1, 1.37888673625)):
        assert one_atom(n, epsilon) == pytest.approx(value, abs=5e-12)
