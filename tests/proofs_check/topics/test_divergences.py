"""The claims of divergences hold, their formulas give the published numbers, and they notice wrong solvers."""

from fractions import Fraction

import numpy as np
import pytest

import tabular
from proofs_check import claims
from proofs_check.topics.divergences import formulas, general, shapes, worst_cases
from proofs_check.verification import verify_claim
from tabular.divergences import Optimum

P, Q = np.array([0.4, 0.6]), np.array([0.2, 0.8])


@pytest.mark.parametrize("claim", claims(["divergences"]), ids=lambda c: c.slug)
def test_claims_hold(claim):
    result = verify_claim(claim, "smoke")
    assert result.verdict == "holds", (result.summary, result.witness)
    assert all(step.done for step in result.steps)


@pytest.mark.slow
@pytest.mark.parametrize("claim", claims(["divergences"]), ids=lambda c: c.slug)
def test_claims_hold_at_the_normal_budget(claim):
    result = verify_claim(claim, "normal", seed=1)
    assert result.verdict == "holds", (result.summary, result.witness)


def test_comparisons_are_proved_for_every_space():
    for claim in claims(["divergences"]):
        if claim.covers:
            result = verify_claim(claim, evidence=["covered"])
            assert result.proved, claim.slug
            assert "coverage" in result.strength


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        (formulas.kl, 0.1046496288),
        (formulas.reverse_kl, 0.0915162218),
        (formulas.chi_square, 0.25),
        (formulas.neyman, 0.1666666667),
        (formulas.total_variation, 0.2),
        (formulas.hellinger, 0.0486739290),
        (formulas.jensen_shannon, 0.0241572568),
        (formulas.jeffreys, 0.1961658506),
    ],
)
def test_formulas(formula, value):
    assert formula(P, Q) == pytest.approx(value, abs=5e-11)


def noticed(slug):
    return verify_claim(claims([f"divergences.{slug}"])[0]).verdict not in ("holds", "holds as corrected")


def replace(monkeypatch, kind, method, change):
    """A solver whose answers are changed."""
    true = getattr(kind, method)
    monkeypatch.setattr(kind, method, lambda self, *args: change(lambda *new: true(self, *new), *args))


def test_a_swapped_sign_is_noticed(monkeypatch):
    replace(
        monkeypatch,
        tabular.TotalVariation,
        "worst_case",
        lambda true, v, p, r: Optimum(-true([-x for x in v], p, r).value, true(v, p, r).distribution),
    )
    assert noticed("total_variation_duality")
    assert noticed("radius_monotone")


def test_a_forgotten_half_is_noticed(monkeypatch):
    replace(monkeypatch, tabular.TotalVariation, "worst_case", lambda true, v, p, r: true(v, p, r / 2))
    assert noticed("total_variation_duality")


def test_the_wrong_support_is_noticed(monkeypatch):
    inside = tabular.TotalVariation(absolutely_continuous=True)
    true = tabular.TotalVariation.penalised_min
    monkeypatch.setattr(tabular.TotalVariation, "penalised_min", lambda self, v, p, x: true(inside, v, p, x))
    assert noticed("total_variation_penalty")


def test_a_divergence_of_twice_the_size_is_noticed(monkeypatch):
    replace(monkeypatch, tabular.ChiSquare, "penalised_min", lambda true, v, p, x: true(v, p, x / 2))
    assert noticed("chi_square_penalty")


def test_a_law_beyond_its_radius_is_noticed(monkeypatch):
    def far(true, v, p, r):
        return true(v, p, 1.001 * r)

    replace(monkeypatch, tabular.KL, "worst_case", far)
    assert noticed("feasible_and_attained")
    assert noticed("kl_duality")


def test_exchanged_arguments_are_noticed(monkeypatch):
    monkeypatch.setattr(general, "implemented", lambda p, q, true=general.implemented: true(q, p))
    assert noticed("values")


def test_a_multiplier_of_the_wrong_scale_is_noticed(monkeypatch):
    replace(monkeypatch, tabular.ChiSquare, "multiplier", lambda true, v, p, r: 2 * true(v, p, r))
    assert noticed("conjugate_attained")
    assert noticed("action_equivalence")


def test_no_single_penalty_stands_for_a_radius():
    """Two contexts: a fair coin that pays 1 against .27, and one that pays .1 against .029; radius .1."""
    kl, coin = tabular.KL(), [0.5, 0.5]
    robust = [kl.worst_case([0, pays], coin, 0.1).value for pays in (1, 0.1)]
    assert robust[0] == pytest.approx(0.2802053738, abs=5e-11)
    assert robust[0] > 0.27  # risky
    assert robust[1] < 0.029  # safe
    penalties = np.geomspace(1e-3, 1e3, 4001)
    risky = [np.array([kl.penalised_min([0, pays], coin, x).value for x in penalties]) for pays in (1, 0.1)]
    first, second = risky[0] > 0.27, risky[1] < 0.029
    assert not (first & second).any()
    assert penalties[first].min() == pytest.approx(0.4619358176, rel=5e-3)
    assert penalties[second].max() == pytest.approx(0.0521604722, rel=5e-3)


def test_duals_by_hand():
    v, p = np.array([1.0, 3.0, -0.5, 2.0]), np.array([0.4, 0.3, 0.2, 0.1])
    assert worst_cases.tv_dual(v, p, 0.2, v.min()) == pytest.approx(0.7, abs=1e-12)
    assert worst_cases.box_dual(v, p, 0.2) == pytest.approx(0.6, abs=1e-12)
    assert worst_cases.transport_dual(v, p, 0.5) == pytest.approx(0.025, abs=1e-12)
    assert worst_cases._clipped_variance(
        [1, 3, Fraction(-1, 2), 2], [Fraction(k, 10) for k in (4, 3, 2, 1)], Fraction(1, 4), 4
    ) == (Fraction(11, 30))
    assert shapes.moments(v, p)[:2] == (pytest.approx(1.4), pytest.approx(1.59))
