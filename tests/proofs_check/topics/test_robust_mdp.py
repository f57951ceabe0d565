"""The robust_mdp claims hold, their formulas give the published numbers, and they notice wrong formulas."""

from fractions import Fraction

import numpy as np
import pytest

import tabular
from proofs_check import claims
from proofs_check.arithmetic import exact, lift
from proofs_check.exact_mdp import ExactMDP
from proofs_check.topics.robust_mdp import example_figures, formulas, gambling, noise, option, penalties, risk, shared, structure
from proofs_check.topics.robust_mdp.instances import reference, two_islands
from proofs_check.verification import verify_claim

SUPPORTED = {"robust_mdp.multiplier_field_smooth", "robust_mdp.gambler_bold"}
"""Claims without a complete argument; all others are proved."""


VERIFIED = ["robust_mdp"]
BUDGET = "smoke"  # at which every sibling is still refuted


@pytest.mark.parametrize("claim", claims(["robust_mdp"]), ids=lambda c: c.slug)
def test_claims_hold(claim, verified):
    result = verified[claim.slug]
    assert result.verdict == "holds", (result.summary, result.witness)
    assert all(step.done for step in result.steps)


def test_what_is_proved(verified):
    assert {r.slug for r in verified.values() if not r.proved} == SUPPORTED


@pytest.mark.slow
@pytest.mark.parametrize("claim", claims(["robust_mdp"]), ids=lambda c: c.slug)
def test_claims_hold_at_the_normal_budget(claim):
    result = verify_claim(claim, "normal", seed=1)
    assert result.verdict == "holds", (result.summary, result.witness)


# --- formulas in rationals, against published values ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "size", "values"),
    [
        ("TV", Fraction(1, 20), (7.4744789199, 6.8337873046, 7.1926219801)),
        ("TV", Fraction(1, 5), (6.7438543817, 6.1095890411, 6.5205479452)),
        ("TV at a price", Fraction(1, 2), (7.5315454545, 6.9309090909, 7.3127272727)),
        ("TV at a price", Fraction(2), (7.7062029587, 7.0625486634, 7.3973527122)),
        ("contamination", Fraction(0), (7.7062029587, 7.0625486634, 7.3973527122)),
    ],
)
def test_exact_optima(name, size, values):
    with exact():
        found = formulas.optimum(ExactMDP.of(reference()), name, lift(size))
    assert [float(x) for x in found] == pytest.approx(values, abs=6e-11)


def test_contamination_shift():
    with exact():
        mdp, size = ExactMDP.of(reference()), lift(Fraction(1, 5))
        left, right = structure.contamination_is_discount.sides(mdp, size)
        short = formulas.optimum(mdp.replace(gamma=mdp.gamma * (1 - size)), "contamination", 0 * size)
    assert (left == right).all()
    assert [float(x) for x in left - short] == pytest.approx([4.237599077141] * 3, abs=6e-13)


def test_ranges_of_two_islands():
    left, right = structure.range_shrinkage.exactly(mdp=two_islands(), size=Fraction(3, 10), policy=[[1], [1]])
    assert float(left) == float(right) == pytest.approx(2.7027027027, abs=6e-11)
    left, right = structure.range_shrinkage_staged.exactly(mdp=two_islands(), size=Fraction(3, 10), policy=[[1], [1]], horizon=6)
    assert float(left) == float(right) == pytest.approx(2.94117, abs=1e-12)


def test_the_coin_within_a_radius_and_at_prices():
    within = tabular.KL().worst_case([0, 1], [0.5, 0.5], 0.1).value
    assert within == pytest.approx(0.2802053738, abs=6e-11)
    assert within > 0.27  # context A: the coin
    assert within < 0.29  # context B: the safe payment
    assert penalties.coin(0.4619358176) == pytest.approx(0.27, abs=1e-10)
    assert 0.1 * penalties.coin(0.521604722) == pytest.approx(0.029, abs=1e-10)


def test_shared_backups_in_rationals():
    """The fixed point of an L1 budget of .4, by sweeps in fractions of the exact operator."""
    mdp = reference()
    values = tabular.solve(tabular.Robust(mdp, tabular.TotalVariation(), radius=0.2, rectangular="s"), tol=1e-12).values
    with exact():
        backed, policy = shared.shared_backup(ExactMDP.of(mdp), lift(values), lift(Fraction(1, 5)))
    assert [float(x) for x in backed] == pytest.approx([6.8651036842, 6.2593885840, 6.6377823701], abs=6e-11)
    assert [float(x) for x in policy[1]] == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize(("goal", "h", "at"), [(20, 0.6, 0.8685739623), (20, 0.55, 0.6450085003), (20, 0.5, 0.25)])
def test_timid_play(goal, h, at):
    assert gambling.timid(goal, h)[5] == pytest.approx(at, abs=6e-11)


def test_bold_play():
    assert gambling.bold(20, 0.45)[[5, 10, 15]] == pytest.approx([0.2025, 0.45, 0.6975], abs=1e-12)


def test_signed_noise_levels():
    b = lift([Fraction(1), Fraction(4, 5), Fraction(3, 10), Fraction(-1, 2)])
    with exact():
        assert noise.level(b, lift(Fraction(3, 5)), "1")[0] == lift(Fraction(3, 5))
        root, policy = noise.level(b, lift(Fraction(3, 5)), "2")
        weights = [float(x) for x in policy]
    assert float(root) == pytest.approx(0.4876894374, abs=6e-11)
    assert weights == pytest.approx([0.62126781, 0.37873219, 0, 0], abs=6e-9)


def test_the_put_in_rationals():
    """Three stages by hand: an up-probability of .6 is a radius of .1."""
    left, right = option.put_worst_is_up.exactly(start=100, horizon=20, size=Fraction(1, 10))
    assert left == right
    assert float(left) == pytest.approx(1.5929452429, abs=6e-11)


def test_nested_tail_means_are_neither_bound():
    """The two siblings of nested_tail_mean have witnesses: nested CVaR is below and above that of the return."""
    result = verify_claim(risk.nested_tail_mean)
    assert all(s.refuted_by is not None for s in result.siblings)


def test_how_far_published_averages_exceed_the_optimum():
    data = example_figures.put_curves()
    assert example_figures.excess(data) == pytest.approx(2.211 - 1.9256512342, abs=1e-9)


# --- injected faults -----------------------------------------------------------------------------------------------------------


def noticed(slug):
    return verify_claim(claims([f"robust_mdp.{slug}"])[0]).verdict != "holds"


def test_a_smaller_radius_is_noticed(monkeypatch):
    """Values that take nine tenths of the radius, laws that take all of it."""
    true = tabular.TotalVariation.row_values
    monkeypatch.setattr(
        tabular.TotalVariation, "row_values", lambda self, rows, v, s, priced: true(self, rows, v, s * 0.9, priced)
    )
    assert noticed("worst_kernel")
    assert noticed("shared_sandwich")


def test_a_worst_law_of_other_values_is_noticed(monkeypatch):
    true = tabular.Contamination.row_laws
    monkeypatch.setattr(
        tabular.Contamination, "row_laws", lambda self, rows, v, s, priced: true(self, rows, v[::-1].copy(), s, priced)
    )
    assert noticed("worst_kernel")


def test_wrong_multipliers_are_noticed(monkeypatch):
    true = tabular.robust.multipliers
    monkeypatch.setattr(tabular.robust, "multipliers", lambda problem, v: true(problem, v) * 1.01)
    assert noticed("multiplier_field")


def test_a_shared_budget_of_another_size_is_noticed(monkeypatch):
    from tabular.bellman.shared import Shared

    true = Shared.optimum
    monkeypatch.setattr(Shared, "optimum", lambda self, v: (true(self, v)[0] + 1e-7, *true(self, v)[1:]))
    assert noticed("shared_minimax")
    assert noticed("worth_of_mixing")


def test_a_policy_that_does_not_mix_is_noticed(monkeypatch):
    from tabular.bellman.shared import Shared

    true = Shared.optimum

    def single(self, v):
        value, policy, split = true(self, v)
        return value, np.eye(policy.shape[1])[policy.argmax(axis=1)], split

    monkeypatch.setattr(Shared, "optimum", single)
    assert noticed("shared_minimax")


def test_the_wrong_norm_of_noise_is_noticed(monkeypatch):
    true = tabular.robust.noise_spread
    monkeypatch.setattr(tabular.robust, "noise_spread", lambda v, p: true(v, p) * 0.99)
    assert noticed("noise_spread")
    step = tabular.robust.shared_noise_step
    monkeypatch.setattr(tabular.robust, "shared_noise_step", lambda b, s, p: step(b, 1.01 * s, p))
    assert noticed("noise_shared_attained")


def test_an_aversion_of_another_size_is_noticed(monkeypatch):
    true = tabular.robust.entropic_risk
    monkeypatch.setattr(tabular.robust, "entropic_risk", lambda v, p, aversion: true(v, p, aversion / 2))
    assert noticed("entropic_is_penalised_kl")
    nested = tabular.robust.nested_entropic
    monkeypatch.setattr(tabular.robust, "nested_entropic", lambda mdp, aversion: nested(mdp, aversion / 2))
    assert noticed("entropic_is_consistent")


def test_a_loaded_coin_is_noticed(monkeypatch):
    true = tabular.domains.gambler
    monkeypatch.setattr(tabular.domains, "gambler", lambda goal, heads: true(goal, heads - 1e-6))
    assert noticed("gambler_timid")
    assert noticed("gambler_bold")


def test_another_strike_is_noticed(monkeypatch):
    monkeypatch.setattr(option, "STRIKE", 101)
    true = tabular.domains.american_put
    monkeypatch.setattr(tabular.domains, "american_put", lambda start, **given: true(start, **{**given, "strike": 100}))
    assert noticed("put_waits_on_falling_prices")
