"""The robust_linear claims hold, their formulas give the published numbers, and they notice wrong formulas."""

from fractions import Fraction

import numpy as np
import pytest

import tabular
from proofs_check import claims
from proofs_check.arithmetic import exact, lift
from proofs_check.topics.robust_linear import (
    benchmarks,
    formulas,
    learner_figures,
    pessimism,
    plug_in,
    retraining,
    separation,
    separation_search,
    structure,
)
from proofs_check.verification import verify_claim
from tabular.domains import separations
from tabular.linear_mdp import d_rectangular

ON_INSTANCES = {"robust_linear.suite"}
"""A claim about stored models, each of which is decided; all others are proved for every instance."""


VERIFIED = ["robust_linear"]


@pytest.mark.parametrize("claim", claims(["robust_linear"]), ids=lambda c: c.slug)
def test_claims_hold(claim, verified):
    result = verified[claim.slug]
    assert result.verdict == "holds", (result.summary, result.witness)
    assert all(step.done for step in result.steps)


def test_what_is_proved(verified):
    assert {r.slug for r in verified.values() if not r.proved} == ON_INSTANCES


@pytest.mark.slow
@pytest.mark.parametrize("claim", claims(["robust_linear"]), ids=lambda c: c.slug)
def test_claims_hold_at_the_normal_budget(claim):
    result = verify_claim(claim, "normal", seed=1)
    assert result.verdict == "holds", (result.summary, result.witness)


# --- formulas, against published values and against our solvers ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "size", "mixed", "row"),
    [
        ("TV within", Fraction(1, 5), 0.35, 0.30),
        ("TV at a price", Fraction(1, 2), 0.25, 0.25),
        ("KL at a price", Fraction(1, 2), 0.3991016232, 0.2831095848),
        ("chi-square at a price", Fraction(1, 2), 0.455, 0.375),
        ("KL within", 0.2, 0.3337509015, 0.1948271628),
        ("chi-square within", 0.3, 0.3678416164, 0.2261387212),
    ],
)
def test_two_opposite_factors(name, size, mixed, row):
    if isinstance(size, Fraction):
        instance = structure._halves(name, size)
        left, right = structure.less_conservative.exactly(**instance)
    else:
        mu = np.array([[0.9, 0.1], [0.1, 0.9]])
        left, right = structure.less_conservative.sides(np.array([0.5, 0.5]), mu, np.array([0.0, 1.0]), name, size)
    assert [float(left), float(right)] == pytest.approx([mixed, row], abs=6e-11)


@pytest.mark.parametrize("name", formulas.EXACT_SETS)
def test_exact_worst_cases_are_those_of_the_solvers(name):
    rng = np.random.default_rng(0)
    for _ in range(50):
        n = int(rng.integers(1, 5))
        p = rng.multinomial(12, np.full(n, 1 / n))
        values, size = rng.integers(0, 5, n), Fraction(int(rng.integers(1, 8)), 8)
        with exact():
            law = lift(np.array([Fraction(int(x), 12) for x in p], dtype=object))
            found = formulas.worst(name, lift(np.array([Fraction(int(v), 4) for v in values], dtype=object)), law, lift(size))
        assert float(found) == pytest.approx(formulas.worst(name, values / 4, p / 12, float(size)), abs=1e-12)


@pytest.mark.parametrize(
    ("name", "size", "value"),
    [
        ("TV at a price", Fraction(1, 10), 0.09995),
        ("TV at a price", Fraction(1), 0.9995),
        ("chi-square at a price", Fraction(1, 10), 1.6221447702),
        ("chi-square at a price", Fraction(2), 1.6241448110),
        ("KL at a price", Fraction(1, 10), 1.3451887654),
        ("TV within", Fraction(1, 10), 1.3830501250),
        ("TV within", Fraction(3, 5), 0.4395501250),
    ],
)
def test_simulated_values_in_exact_arithmetic(name, size, value):
    left, right = benchmarks.homogeneous_is_blind.exactly(**benchmarks.ordinary(name=name, size=size))
    assert float(left) == pytest.approx(value, abs=6e-11)
    assert float(right) == pytest.approx(value, abs=6e-11)


def test_transport_is_not_blind():
    """With the cost |i - j| the state x_5 is nearer to the failed one than x_2 is: one price for all flips the policy."""
    model = tabular.domains.simulated_linear_mdp()
    cost = np.abs(np.subtract.outer(np.arange(5), np.arange(5))).astype(float)
    solution = tabular.solve(d_rectangular(model, tabular.Wasserstein(cost), penalty=0.5))
    assert solution.values[0, 0] == pytest.approx(0.9488752250, abs=6e-11)
    assert solution.actions[0, 0] == 0
    assert tabular.solve(d_rectangular(model, tabular.Wasserstein(cost), radius=0.8)).actions[0, 0] == 0


def test_two_arms_are_at_the_constant():
    left, right = pessimism.suboptimality.exactly(**pessimism.two_arms())
    assert left[0] == lift(Fraction(2, 5) - Fraction(1, 10**9))
    assert right[0] == lift(Fraction(2, 5))


def test_bonus_norms_are_not_ordered():
    """About one in 25 random cases has the Mahalanobis norm above the released form."""
    rng = np.random.default_rng(0)
    above = 0
    for _ in range(2000):
        whole, squares, bonus = pessimism._norms(rng.dirichlet(np.ones(3)), rng.normal(size=(3, 3)))
        above += whole > squares
        assert max(whole, squares) <= bonus + 1e-12
    assert 0 < above < 2000


def test_largest_separation_of_one_choice():
    radius = 2 - np.sqrt(2)
    assert radius * (1 - radius) / (2 - radius) == pytest.approx(3 - 2 * np.sqrt(2))


def test_known_recourse_values():
    one = tabular.recourse.Classifiers([1, 2], [[0.5, 0.1], [0.1, 0.3]], 0.6)
    assert tabular.recourse.failure_probabilities([1, 1], one)[0] == pytest.approx(0.3126927464, abs=6e-11)
    left, right = retraining.worst_of_disc.exactly(t=Fraction(1, 3), share=Fraction(1, 2), reach=1, turn=Fraction(9, 2))
    assert left == right


# --- the suite -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(separations.COUNT))
def test_policies_of_the_suite_are_unique(number):
    """In exact arithmetic, at every step and state: so no other best policy could do better."""
    data = separations.separation_data(number)
    with exact():
        model, size = separation._stored(number)
        under_doubt, without, gap = separation_search.separation_of(model, data["set"], size, data["horizon"])
        stated = lift(data["separation"])
        assert gap > lift(separation_search.UNIQUE)
        assert under_doubt >= stated
        assert without >= stated
    assert float(stated) == pytest.approx(min(float(under_doubt), float(without)), abs=2e-6)


@pytest.mark.slow
def test_the_suite_is_what_the_search_finds():
    """A search half as long, from as many seeds, comes within a tenth of what is stored."""
    runs = (separation_search.find("TV within", 2, None, seed, 30_000) for seed in range(separation_search.SEEDS))
    found = max(runs, key=lambda d: d["separation"])
    stored = max(separations.separation_data(n)["separation"] for n in range(2) if separations.separation_data(n)["horizon"] == 2)
    assert found["separation"] > Fraction(9, 10) * stored


# --- injected faults -----------------------------------------------------------------------------------------------------------


def noticed(slug):
    return verify_claim(claims([f"robust_linear.{slug}"])[0]).verdict != "holds"


def test_a_smaller_radius_is_noticed(monkeypatch):
    true = tabular.TotalVariation.row_values
    monkeypatch.setattr(
        tabular.TotalVariation, "row_values", lambda self, rows, v, s, priced: true(self, rows, v, s * 0.9, priced)
    )
    assert noticed("hard_value")  # values of optima are clipped into their brackets, which would repair this


def test_features_of_another_action_are_noticed(monkeypatch):
    from tabular.linear_mdp import LinearMDP

    true = LinearMDP.mixed
    monkeypatch.setattr(LinearMDP, "mixed", lambda self, w: true(self, w)[:, ::-1])
    assert noticed("pivot")


def test_policies_that_meet_no_adversary_are_noticed(monkeypatch):
    from tabular.linear_mdp.problem import LinearEvaluation

    def nominal(self, v, out=None):
        model, step = self.stage.model, self.stage.step
        return (self.policy * (model.rewards[step] + model.mixed(model.factors[step] @ v))).sum(axis=1)

    monkeypatch.setattr(LinearEvaluation, "backup", nominal)
    assert noticed("hamming")


def test_another_leak_is_noticed(monkeypatch):
    true = tabular.domains.simulated_linear_mdp
    monkeypatch.setattr(
        tabular.domains,
        "simulated_linear_mdp",
        lambda strength, **given: true(strength + 1e-6, **given) if strength < 0.2 else true(strength, **given),
    )
    assert noticed("one_factor_in_doubt")


def test_another_reward_is_noticed(monkeypatch):
    true = tabular.domains.liu_xu_instance
    monkeypatch.setattr(tabular.domains, "liu_xu_instance", lambda signs, scale: true(signs, scale * (1 - 1e-6)))
    assert noticed("hard_value")
    assert noticed("hamming")


def test_a_smaller_distance_is_noticed(monkeypatch):
    true = tabular.recourse.gelbrich_distance
    monkeypatch.setattr(tabular.recourse, "gelbrich_distance", lambda *given: 0.99 * true(*given))
    assert noticed("gelbrich_disc")


def test_a_smaller_failure_is_noticed(monkeypatch):
    true = tabular.recourse.failure_probabilities
    monkeypatch.setattr(tabular.recourse, "failure_probabilities", lambda x, c, f="moments": 0.999 * true(x, c, f))
    assert noticed("worst_of_disc")
    assert noticed("gaussian_same_angle")


def test_a_suite_that_claims_too_much_is_noticed(monkeypatch):
    true = separation.separation_data
    monkeypatch.setattr(
        separation, "separation_data", lambda n: {**true(n), "separation": true(n)["separation"] + Fraction(1, 10**5)}
    )
    assert noticed("suite")


def test_a_plug_in_of_one_draw_less_is_noticed(monkeypatch):
    true = plug_in.worst
    monkeypatch.setattr(plug_in, "worst", lambda name, v, p, s: true(name, v, p, s) - 1e-6 * (len(v) == 2 and p[0] in (0.0, 1.0)))
    assert noticed("plug_in_is_optimistic")


# --- figures -------------------------------------------------------------------------------------------------------------------


def test_local_searches_miss_maxima():
    put = tabular.domains.american_put(learner_figures.START)
    features, data = tabular.domains.put_features(put, 30), tabular.domains.put_episodes(put, 200, rng=0)
    from tabular.linear_mdp.moments import Moments

    values = learner_figures.WORK["DRPVI"].learn(features, data).values
    trials, missed = learner_figures.trials_of_a_local_search(Moments.of(features, data, 9, 1.0), values[10], 0.03, 20.0)
    assert trials > 30 * 20
    assert 0 <= missed < 1
