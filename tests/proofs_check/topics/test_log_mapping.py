"""The log_mapping claims hold, their formulas give the published numbers, and they notice wrong formulas."""

from fractions import Fraction

import numpy as np
import pytest

import tabular
from proofs_check import claims
from proofs_check.topics.log_mapping import gap_figures, gaps, learning, updates
from proofs_check.verification import verify_claim

SAMPLED = {"log_mapping.convergence_on_a_coin", "log_mapping.noise_of_long_runs"}
"""The stochastic statements, which are reported as sampled; all others are proved."""


VERIFIED = ["log_mapping"]
BUDGET = "smoke"  # at which every sibling is still refuted


@pytest.mark.parametrize("claim", claims(["log_mapping"]), ids=lambda c: c.slug)
def test_claims_hold(claim, verified):
    result = verified[claim.slug]
    assert result.verdict == "holds", (result.summary, result.witness)
    assert all(step.done for step in result.steps)


def test_what_is_proved(verified):
    assert {r.slug for r in verified.values() if not r.proved} == SAMPLED


@pytest.mark.slow
@pytest.mark.parametrize("claim", claims(["log_mapping"]), ids=lambda c: c.slug)
def test_claims_hold_at_the_normal_budget(claim):
    result = verify_claim(claim, "normal", seed=1)
    assert result.verdict == "holds", (result.summary, result.witness)


# --- formulas, against published values ----------------------------------------------------------------------------------------


def test_roots_and_discounts():
    """The discount that a root belongs to has that root."""
    for root, slip in ((0.3, 0.25), (0.9, 0.1), (0.5, 0.0)):
        gamma = gaps.discount(root, slip)
        assert gamma * slip * root**2 - root + gamma * (1 - slip) == pytest.approx(0, abs=1e-15)


def test_the_coin_in_fractions():
    left, right = updates.coin_bias.exactly(b=Fraction(1, 2))
    assert left == right
    assert float(left) == pytest.approx(1 / 3)


def test_the_largest_norm_expands():
    (known,) = [k for k in updates.thompson_contraction.known_instances if "26-fold" in k.name]
    sibling = next(s for s in updates.thompson_contraction.false_siblings if "largest norm" in s.why)
    from proofs_check.arithmetic import exact, lift

    with exact():
        left, right = sibling.sides(**lift(known.instance()))
    assert float(left) / float(right) * 0.9 == pytest.approx(26.257496, abs=1e-5)


def test_threshold_of_the_two_metrics():
    data = gap_figures.two_metrics()
    assert data["threshold"][0] == pytest.approx(0.8858667904100826, abs=1e-16)


def test_determinants_are_integers():
    left, _ = learning.tile_rank.exactly(n=5, width=4)
    assert left.q == 1
    assert left > 0


# --- injected faults -----------------------------------------------------------------------------------------------------------


def noticed(slug):
    return verify_claim(claims([f"log_mapping.{slug}"])[0]).verdict != "holds"


def test_another_slip_is_noticed(monkeypatch):
    true = tabular.log_mapping.chain_task
    monkeypatch.setattr(tabular.log_mapping, "chain_task", lambda n, gamma, slip, *ends: true(n, gamma, slip + 1e-6, *ends))
    assert noticed("chain_values")
    assert noticed("chain_gaps")


def test_gaps_of_the_wrong_size_are_noticed(monkeypatch):
    true = tabular.log_mapping.chain_gaps
    monkeypatch.setattr(tabular.log_mapping, "chain_gaps", lambda *given: true(*given) * (1 + 1e-8))
    assert noticed("gaps_scale")
    assert noticed("deterministic_gaps")


def test_another_floor_is_noticed(monkeypatch):
    monkeypatch.setattr(tabular.log_mapping.LogMapping, "floor", property(lambda self: 2 * self.gamma**self.k))
    assert noticed("mapped_gaps")
    assert noticed("regular_form")


def test_a_wrong_order_of_the_steps_is_noticed(monkeypatch):
    true = updates.mapped_update
    monkeypatch.setattr(updates, "mapped_update", lambda q, u, reg, log, mapping: true(q, u, log, reg, mapping))
    assert noticed("regular_form")


def test_a_biased_value_that_is_the_mean_is_noticed(monkeypatch):
    monkeypatch.setattr(updates, "biased_value", lambda u, p, b, mapping: float(np.dot(u, p)))
    assert noticed("biased_value")
    assert noticed("coin_bias")


def test_tiles_that_do_not_shift_are_noticed(monkeypatch):
    true = tabular.log_mapping.tile_features
    monkeypatch.setattr(tabular.log_mapping, "tile_features", lambda n, w: np.roll(true(n, w), 1, axis=0))
    assert noticed("tile_kernel")


def test_a_reward_that_is_clipped_is_noticed(monkeypatch):
    true = learning.ChainLearning
    monkeypatch.setattr(
        learning, "ChainLearning", lambda **given: true(**{**given, "left_reward": min(given["left_reward"], 600.0)})
    )
    assert noticed("scale_free_learning")
