"""The nonstationary_bandits claims hold, their formulas give the published numbers, and they notice wrong formulas."""

from fractions import Fraction

import numpy as np
import pytest
from bandit_references import NB1, NB2, NB3, NB4, NB5

from proofs_check import claims
from proofs_check.topics.nonstationary_bandits import classics, entropy_rates, formulas, gaussian_arms, ratio, targets
from proofs_check.verification import verify_claim
from tabular.bandits import LatentBandit, examples, latent

VERIFIED = ["nonstationary_bandits"]

RECALLED = {f"nonstationary_bandits.{name}" for name in ("ucb1_regret", "index_policy", "index_bounds", "exp3_regret")}
"""Classic theorems that are checked on instances and not derived; all others are proved."""


@pytest.mark.parametrize("claim", claims(["nonstationary_bandits"]), ids=lambda c: c.slug)
def test_claims_hold(claim, verified):
    result = verified[claim.slug]
    assert result.verdict == "holds", (result.summary, result.witness)
    assert all(step.done for step in result.steps)


def test_what_is_proved(verified):
    assert {r.slug for r in verified.values() if not r.proved} == RECALLED


@pytest.mark.slow
@pytest.mark.parametrize("claim", claims(["nonstationary_bandits"]), ids=lambda c: c.slug)
def test_claims_hold_at_the_normal_budget(claim):
    result = verify_claim(claim, "normal", seed=1)
    assert result.verdict == "holds", (result.summary, result.witness)


# --- formulas, against published values ----------------------------------------------------------------------------------------


def test_named_instances():
    pairs = (
        (examples.swapping_arms(), NB1),
        (examples.one_good_arm(), NB2),
        (examples.four_states(), NB3),
        (examples.informative_bad_arm(), NB4),
        (examples.hidden_regime(), NB5),
    )
    for ours, given in pairs:
        for name in ("transition", "means", "initial"):
            assert getattr(ours, name) == pytest.approx(getattr(given, name), abs=1e-14)


def test_published_chain_of_bounds():
    """Regret, then the bounds by one-step gains, by information and by entropy, with (k - 1) / 2."""
    expected = {
        (NB1, 6): (1.345119, None, 1.621215, 2.637363),
        (NB3, 6): (1.092381, 1.194799, 1.208144, 3.155356),
        (NB5, 8): (2.065267, 2.312606, None, 4.147704),
    }
    for (bandit, T), (regret, gains, whole, rate) in expected.items():
        assert bandit.thompson_regret(T).sum() == pytest.approx(regret, abs=1e-6)
        assert np.sqrt(T / 2 * bandit.optimal_action_entropy(T)) == pytest.approx(rate, abs=1e-6)
        if gains:
            assert np.sqrt(T / 2 * bandit.one_step_information(T).sum()) == pytest.approx(gains, abs=1e-6)
        if whole:
            assert np.sqrt(T / 2 * bandit.information_gain(T)) == pytest.approx(whole, abs=1e-6)


def test_renewal_rates():
    for lengths, k, expected in (
        ([0, 0, 0, 0, 1], 4, 0.2197224577),
        ([1 / 9] * 9, 2, 0.4394449155),
        ([1 / 9] * 9, 4, 0.6591673732),
    ):
        by_chain, closed = entropy_rates.renewal_rate.sides(np.array(lengths, dtype=float), k)
        assert by_chain == pytest.approx(expected, abs=6e-11)
        assert closed == pytest.approx(expected, abs=6e-11)


@pytest.mark.parametrize(
    ("given", "expected"),
    [((100, 1, 2), 0.6931471806), ((100, 5, 2), 15.8763236627), ((100, 5, 10), 26.2372108885), ((1000, 10, 5), 63.4111864499)],
)
def test_sequences_with_switches(given, expected):
    assert entropy_rates.switching_paths.sides(*given)[0] == pytest.approx(expected, abs=6e-11)


def test_rivals_of_beta_laws():
    """P(Beta > Beta) as fractions."""
    for given, expected in (((1, 1, 1, 1), 1 / 2), ((2, 1, 1, 1), 2 / 3), ((3, 2, 2, 4), 5 / 6)):
        assert classics.first_is_better(*given) == pytest.approx(expected, abs=1e-15)


def test_bayesian_regrets_as_fractions():
    left, right = classics.bayesian_regret.exactly(horizon=5)
    assert [str(left[0]), str(left[1])] == ["4/9", "66631/108000"]
    assert float(right[1]) == pytest.approx(np.sqrt(5 * np.log(2) / 2))


def test_tight_ratios():
    for k in (2, 3, 4):
        left, right = ratio.information_ratio.exactly(**ratio.one_state_each(k))
        assert 0.99999 < float(left) / float(right) < 1
    left, right = ratio.ratio_is_tight.exactly(
        alpha=np.array([Fraction(9, 10), Fraction(1, 20), Fraction(3, 100), Fraction(1, 50)], dtype=object), r=Fraction(1, 1000)
    )
    assert float(right) / float(left) == pytest.approx(1, abs=1e-6)


def test_noise_alone_is_no_proxy():
    lost, gained, variance = gaussian_arms._gaussian_step([0.0, 0.0], [1.0, 1.0], 1e-12)
    assert lost**2 / gained == pytest.approx(1.6480172543, abs=1e-5)
    assert variance == pytest.approx(1.0)


def test_grays_formula_fails_beyond_the_critical_distortion():
    """At 1.05 times the critical distortion a block of 13 has a negative mass, as published."""
    critical = (1 - np.sqrt(1 - (3 / 7) ** 2)) / 2
    assert targets._least_mass(0.3, 1.05 * critical, 13) / 2**13 == pytest.approx(-1.357e-11, rel=0.02)
    assert targets._least_mass(0.3, critical, 10) > 0


def test_both_sides_of_the_formulas_agree():
    """Doubles from belief trees, fractions from histories."""
    given = {"P": NB3.transition, "mu": NB3.means, "nu": NB3.initial, "horizon": 3}
    trees = formulas.played(**given, explore=0.25)
    step = formulas.whole_steps(**given, explore=0.25)
    assert step.sum() == pytest.approx(trees.whole, abs=1e-12)
    assert (trees.gains <= step + 1e-12).all()


# --- injected faults -----------------------------------------------------------------------------------------------------------


def noticed(slug):
    return verify_claim(claims([f"nonstationary_bandits.{slug}"])[0]).verdict != "holds"


def test_a_filter_that_forgets_to_propagate_is_noticed(monkeypatch):
    monkeypatch.setattr(LatentBandit, "_after", lambda self, joint, chances, kept: joint[kept] / chances[kept][:, None])
    assert noticed("step_below_whole")


def test_information_in_bits_is_noticed(monkeypatch):
    true = latent.information_of_outcomes
    monkeypatch.setattr(latent, "information_of_outcomes", lambda *given: true(*given) * np.log(2))
    assert noticed("determined_state")
    assert noticed("information_ratio")


def test_another_tie_rule_is_noticed(monkeypatch):
    last = property(lambda self: self.n_actions - 1 - self.means[:, ::-1].argmax(axis=1))
    monkeypatch.setattr(LatentBandit, "best_actions", last)
    assert noticed("step_below_whole")


def test_a_depth_too_many_is_noticed(monkeypatch):
    true = LatentBandit.entropy_rate_bounds
    monkeypatch.setattr(LatentBandit, "entropy_rate_bounds", lambda self, depth: true(self, depth)[::-1])
    assert noticed("hidden_markov_sandwich")


def test_half_of_the_information_of_a_target_is_noticed(monkeypatch):
    true = LatentBandit.target_information
    monkeypatch.setattr(LatentBandit, "target_information", lambda self, T, target: true(self, T, target) / 2)
    assert noticed("shannon_lower_bound")


def test_a_bound_that_rises_is_noticed(monkeypatch):
    monkeypatch.setattr(targets, "symmetric_chain_bound", lambda q, gap, d: 2 * gap * d + np.sqrt(d + 0.1))
    assert noticed("distortion_pays")


def test_wrong_counts_are_noticed(monkeypatch):
    true = classics.divergences
    monkeypatch.setattr(
        classics, "divergences", lambda mu, other, *rest: true(other, mu, *rest)._replace(counts=true(mu, other, *rest).counts)
    )
    assert noticed("divergence_decomposition")
    monkeypatch.setattr(classics, "optimal_bayes_regret", lambda T: 0.7 * T)
    assert noticed("bayesian_regret")


def test_a_ratio_of_regrets_is_noticed(monkeypatch):
    true = LatentBandit.information_ratio
    monkeypatch.setattr(LatentBandit, "information_ratio", lambda self, T, policy=None: true(self, T, policy) / 2)
    assert noticed("regret_from_information")


def test_a_stationary_law_of_something_else_is_noticed(monkeypatch):
    monkeypatch.setattr(entropy_rates, "stationary_law", lambda P: np.full(len(P), 1 / len(P)))
    assert noticed("renewal_rate")


def test_a_mean_in_place_of_the_index_is_noticed(monkeypatch):
    monkeypatch.setattr(classics, "_index", lambda a, b, discount: a / (a + b))
    assert noticed("index_policy")


def test_a_wrong_root_is_noticed(monkeypatch):
    monkeypatch.setattr(gaussian_arms, "future_precision", lambda phi, q, noise, include_current: 1 / noise)
    assert noticed("future_precision")
