"""The linear_bandits claims hold, their formulas give the published numbers, and they notice wrong formulas."""

from fractions import Fraction

import numpy as np
import pytest

from proofs_check import claims
from proofs_check.arithmetic import exact, lift
from proofs_check.topics.linear_bandits import dynamics, ellipsoids, forgetting, lower_bounds, optimal, paths, waiting
from proofs_check.topics.linear_bandits.formulas import cumulative, spectral_norm, transient_constant, waits
from proofs_check.topics.linear_bandits.instances import BUDGETS, advertising, synthetic
from proofs_check.verification import verify_claim
from tabular.linear_bandits import (
    DynamicalLinearBandit,
    SystemBounds,
    advertising_bandit,
    enumeration,
    model,
    synthetic_bandit,
)
from tabular.linear_bandits import waiting as waiting_room

VERIFIED = ["linear_bandits"]

CORRECTED = {
    f"linear_bandits.{name}" for name in ("waits", "dynlin_ucb", "waiting_regret", "lower_bound", "d_linucb", "sw_linucb")
}
"""Where the source's constant, schedule or step fails, or is weaker than it need be."""


@pytest.mark.parametrize("claim", claims(["linear_bandits"]), ids=lambda c: c.slug)
def test_claims_hold(claim, verified):
    result = verified[claim.slug]
    assert result.verdict == ("holds as corrected" if claim.slug in CORRECTED else "holds"), (result.summary, result.witness)
    assert all(step.done for step in result.steps)


def test_everything_is_proved(verified):
    assert {r.slug for r in verified.values() if not r.proved} == set()


@pytest.mark.slow
@pytest.mark.parametrize("claim", claims(["linear_bandits"]), ids=lambda c: c.slug)
def test_claims_hold_at_the_normal_budget(claim):
    result = verify_claim(claim, "normal", seed=1)
    assert result.verdict.startswith("holds"), (result.summary, result.witness)


# --- formulas, against published values ----------------------------------------------------------------------------------------


def sibling_exactly(claim, why, **instance):
    """Both sides of a false sibling, exactly."""
    (sibling,) = [s for s in claim.false_siblings if why in s.why]
    with exact():
        return sibling.sides(**lift(instance))


def parameter(given, transposed=False):
    A = given["A"].T if transposed else given["A"]
    with exact():
        return [float(x) for x in cumulative(*(lift(x) for x in (A, given["B"], given["omega"], given["theta"])))]


@pytest.mark.parametrize(
    ("given", "transposed", "expected"),
    [
        (synthetic(), False, (0.5625, 0.5, 0.1111111111)),
        (synthetic(), True, (0.5625, 0.5, 0.1111111111)),
        (advertising(), False, (0.2515254328, -0.0362978905, 0.1061214536)),
        (advertising(), True, (-0.0766898096, 0.0384521795, 0.0263421330)),
    ],
)
def test_published_parameters(given, transposed, expected):
    """A diagonal system does not see the transpose."""
    assert parameter(given, transposed) == pytest.approx(expected, abs=6e-11)


def test_rational_instances_are_the_published_ones():
    for given, bandit in ((synthetic(), synthetic_bandit()), (advertising(), advertising_bandit())):
        for name in ("A", "B", "omega", "theta"):
            assert given[name].astype(float) == pytest.approx(getattr(bandit, name), abs=1e-15)


def test_the_transpose_picks_a_wrong_arm():
    right, wrong = (BUDGETS.astype(float) @ parameter(advertising(), transposed) for transposed in (False, True))
    assert right.argmax() == 4
    assert wrong.argmax() != 4


def test_five_rounds():
    given = optimal.five_rounds()
    with exact():
        lifted = lift(given)
        values = [optimal.optimum(**lifted), max(optimal.totals(**(lifted | {"actions": lifted["actions"][[5]]})))]
    assert [float(x) for x in values] == pytest.approx([3.6846, 3.3596], abs=1e-12)


def test_the_published_schedule_is_refuted_by_rationals():
    """Scaled so that every assumption of the paper holds."""
    errors, widths = sibling_exactly(waiting.dynlin_ucb, "rounded down", **waiting.alternating())
    assert float(errors[-1]) == pytest.approx(19.5115760875, abs=1e-9)
    assert float(widths[-1]) == pytest.approx(12.2499456266, abs=1e-9)
    errors, widths = waiting.dynlin_ucb.exactly(**waiting.alternating())
    assert max(float(e / w) for e, w in zip(errors, widths, strict=True)) < 0.35


def test_waits_in_both_arithmetics():
    for radius in (Fraction(1, 10), Fraction(1, 2), Fraction(3, 10)):
        for floor in (False, True):
            with exact():
                expected = waits(lift(radius), 50, floor)
            assert waits(float(radius), 50, floor) == expected


def test_published_volumes():
    known = {k.name: k.instance() for k in ellipsoids.potential.known_instances}
    five = next(given for name, given in known.items() if "102.07" in name)
    left, right = sibling_exactly(ellipsoids.potential, "without the minimum", **five)
    assert [float(left), float(right)] == pytest.approx([102.0692139199, 12.4332122022], abs=6e-11)
    one = next(given for name, given in known.items() if "w = 1" in name)
    left, right = sibling_exactly(ellipsoids.potential, "1.44", **one)
    assert [float(left), float(right)] == pytest.approx([1, 0.99813], abs=6e-6)


def test_published_identities():
    for known, expected in zip(paths.gaussian.known_instances, (13.3601164430, 5.7937546203), strict=True):
        left, right = paths.gaussian.exactly(**known.instance())
        assert left == right
        assert float(left) ** -0.5 == pytest.approx(expected, abs=6e-11)
    left, right = sibling_exactly(paths.gaussian, "plain discounts", **paths.gaussian.known_instances[1].instance())
    assert [float(left) ** -0.5, float(right) ** -0.5] == pytest.approx([4.1673821638, 6.3353263531], abs=6e-11)


def test_the_false_step_in_fractions():
    left, _ = forgetting.d_linucb.exactly(**forgetting.d_linucb.known_instances[0].instance())
    assert str(left) == "36730000/14447601"
    pair, _ = forgetting.sw_linucb.exactly(**forgetting.sw_linucb.known_instances[0].instance())
    assert pair == left


def test_published_constants_of_the_lower_bound():
    c = lower_bounds.BEST[0] / lower_bounds.BEST[1]
    assert lower_bounds.limit(c) == pytest.approx(0.5297885595, abs=1e-10)
    assert 0.1 * lower_bounds.bayes(10**4, c) == pytest.approx(5.2983791537, abs=1e-9)
    left, right = lower_bounds.hidden_state_information.exactly(
        rho=Fraction(1, 2),
        b=np.array([Fraction(1, 100)]),
        other=np.array([Fraction(0)]),
        noise=Fraction(1, 10),
        reward_noise=Fraction(1, 10),
        actions=np.array([[Fraction(1)]] * 30),
    )
    assert 0.7 < float(left) / float(right) < 0.83


def test_norms_in_both_arithmetics():
    A = np.array([[0.5, 1.0], [0.0, 0.5]])
    with exact():
        assert float(spectral_norm(lift(A))) == pytest.approx(np.linalg.norm(A, 2), abs=1e-12)
        found = transient_constant(lift(A), lift(Fraction(3, 5)))
    assert float(found) == pytest.approx(DynamicalLinearBandit(A, [[1], [0]], [1, 0], [0]).transient_constant(0.6), abs=1e-12)


# --- injected faults -----------------------------------------------------------------------------------------------------------


def noticed(slug):
    return not verify_claim(claims([f"linear_bandits.{slug}"])[0]).verdict.startswith("holds")


def test_a_parameter_without_its_transpose_is_noticed(monkeypatch):
    monkeypatch.setattr(
        DynamicalLinearBandit,
        "cumulative_parameter",
        property(lambda self: self.theta + self.B.T @ np.linalg.solve(np.eye(len(self.A)) - self.A, self.omega)),
    )
    assert noticed("identities")
    assert noticed("steady_state")


def test_rewards_after_the_action_are_noticed(monkeypatch):
    monkeypatch.setattr(
        DynamicalLinearBandit,
        "expected_rewards",
        lambda self, actions, initial_state=None: (
            self.expected_states(actions, initial_state)[1:] @ self.omega + np.asarray(actions) @ self.theta
        ),
    )
    assert noticed("expected_total")


def test_a_tail_that_starts_late_is_noticed(monkeypatch):
    true = DynamicalLinearBandit.tail
    monkeypatch.setattr(DynamicalLinearBandit, "tail", lambda self, m: true(self, m + 1))
    assert noticed("tail")


def test_an_optimum_in_the_wrong_order_is_noticed(monkeypatch):
    true = DynamicalLinearBandit.partial_sums
    monkeypatch.setattr(DynamicalLinearBandit, "partial_sums", lambda self, rounds: true(self, rounds)[::-1])
    assert noticed("finite_horizon")


def test_waits_rounded_down_are_noticed(monkeypatch):
    true = waiting_room._waits
    monkeypatch.setattr(waiting_room, "_waits", lambda m, rho, floor: true(m, rho, True))
    assert noticed("waits")
    assert noticed("waiting_regret")


def test_a_width_without_bias_is_noticed(monkeypatch):
    monkeypatch.setattr(SystemBounds, "bias_constant", property(lambda self: 0.1 * self.omega))
    assert noticed("dynlin_ucb")


def test_powers_taken_for_those_of_the_radius_are_noticed(monkeypatch):
    monkeypatch.setattr(model.stability, "transient_constant", lambda A, radius=None, *, powers=3000: 1.0)
    assert noticed("transient")


def test_a_martingale_without_its_determinant_is_noticed(monkeypatch):
    true = enumeration.mixture_martingale
    monkeypatch.setattr(
        enumeration,
        "mixture_martingale",
        lambda gram, noise_sum, **known: true(gram, noise_sum, **known) * np.sqrt(np.linalg.det(gram)),
    )
    assert noticed("self_normalised")


def test_potentials_with_late_grams_are_noticed(monkeypatch):
    true = ellipsoids.elliptical_potential
    monkeypatch.setattr(ellipsoids, "elliptical_potential", lambda actions, lam: true(actions, 2 * lam))
    assert noticed("elliptical_growth")


def test_a_divergence_that_sees_the_state_twice_is_noticed(monkeypatch):
    true = lower_bounds.output_divergence
    monkeypatch.setattr(lower_bounds, "output_divergence", lambda one, two, actions: 2 * true(one, two, actions))
    assert noticed("hidden_state_information")


def test_half_of_the_mistakes_is_noticed(monkeypatch):
    true = lower_bounds.two_action_bayes_regret
    monkeypatch.setattr(lower_bounds, "two_action_bayes_regret", lambda T, **given: true(T, **given) / 2)
    assert noticed("lower_bound")


def test_actions_of_another_rule_are_noticed(monkeypatch):
    monkeypatch.setattr(
        ellipsoids, "optimistic_rule", lambda learner, actions: lambda grams, moments, t: np.array([len(actions) - 1])
    )
    assert noticed("optimism")


def test_dynamics_know_their_instances():
    """The instance that most identities are decided on has complex eigenvalues and is not at rest."""
    given = dynamics.generic()
    assert np.abs(np.linalg.eigvals(given["A"].astype(float)).imag).max() == pytest.approx(0.2604894192, abs=1e-10)
    assert all(x != 0 for x in given["x"])
