"""The best_of_n claims hold, their formulas give the published numbers, and they notice wrong formulas."""

from fractions import Fraction

import numpy as np
import pytest

import proofs_check.topics.best_of_n.claims as room
from proofs_check import claims
from proofs_check.arithmetic import exact, kl, lift
from proofs_check.topics.best_of_n.formulas import cap, gap_of_cell, gap_sum, law, law_with_ties, win_rate
from proofs_check.verification import verify, verify_claim

P = np.array([0.4, 0.3, 0.2, 0.1])


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("claim", claims(["best_of_n"]), ids=lambda c: c.slug)
def test_claims_hold(claim, seed):
    result = verify_claim(claim, seed=seed)
    assert result.verdict == "holds", (result.summary, result.witness)
    assert all(step.done for step in result.steps)


def test_caps_are_proved_for_every_alphabet():
    results = verify(["best_of_n"], evidence=["symbolic"])
    assert {r.slug for r in results if r.proved} >= {
        f"best_of_n.{name}" for name in ("kl_cap", "winrate_cap", "gap_identity", "pmf")
    }


@pytest.mark.slow
@pytest.mark.parametrize("claim", claims(["best_of_n"]), ids=lambda c: c.slug)
def test_claims_hold_at_the_normal_budget(claim):
    assert verify_claim(claim, "normal").verdict == "holds"


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


def test_a_wrong_cap_is_noticed(monkeypatch):
    monkeypatch.setattr(room, "cap", lambda n: cap(n) - (1 / n if n > 1 else 0))
    assert verify_claim(claims(["best_of_n.kl_cap"])[0]).verdict == "refuted"
    assert verify_claim(claims(["best_of_n.gap_identity"])[0]).verdict == "refuted"


def test_a_law_with_one_draw_too_many_is_noticed(monkeypatch):
    monkeypatch.setattr(room, "law", lambda p, n: law(p, n + 1))
    assert verify_claim(claims(["best_of_n.kl_cap"])[0]).verdict == "refuted"


def test_a_law_in_the_wrong_order_is_noticed(monkeypatch):
    monkeypatch.setattr(room, "law_with_ties", lambda p, rewards, n: law_with_ties(p, -rewards, n))
    assert verify_claim(claims(["best_of_n.pmf"])[0]).verdict == "refuted"
