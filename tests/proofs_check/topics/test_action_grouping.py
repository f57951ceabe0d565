"""The action_grouping claims hold, their formulas give the published numbers, and they notice wrong formulas."""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

import tabular
from proofs_check import claims
from proofs_check.arithmetic import as_fraction, exact, lift
from proofs_check.budgets import BUDGETS
from proofs_check.evidence.sampled import sample
from proofs_check.evidence.sibling import try_sibling
from proofs_check.topics.action_grouping import approximation, budgets, estimation, exact_losses, formulas, selection
from proofs_check.topics.action_grouping import loss_figures as pictures
from proofs_check.verification import verify_claim
from tabular.grouping import affordable_sweeps, computation_bound, estimation_bound, exhaustive, grouped_bernoulli_loss

VERIFIED = ["action_grouping"]


@pytest.mark.parametrize("claim", claims(["action_grouping"]), ids=lambda c: c.slug)
def test_claims_hold(claim, verified):
    result = verified[claim.slug]
    assert result.verdict == "holds", (result.summary, result.witness)
    assert all(step.done for step in result.steps)


def test_everything_is_proved(verified):
    assert all(result.proved for result in verified.values())


@pytest.mark.slow
@pytest.mark.parametrize("claim", claims(["action_grouping"]), ids=lambda c: c.slug)
def test_claims_hold_at_the_normal_budget(claim):
    result = verify_claim(claim, "normal", seed=1)
    assert result.verdict == "holds", (result.summary, result.witness)


def test_the_adversary_refutes_the_conjecture_unaided():
    """A bound that is plausible, and true for small deviations: no refuting instance is given, samples do not find one."""
    claim = estimation.one_choice
    assert not claim.known_instances
    for seed in (0, 1, 2):
        found = try_sibling(claim, 0, BUDGETS["quick"], seed, ("sampled", "searched"))
        assert found.refuted_by == "searched"
        assert found.confirmed


# --- formulas, against published values ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "loss", "classic"),
    [
        (("1/5", "1/10", "9/10", 2), "5", "19/2"),
        (("1/20", "0", "99/100", 2), 71.2230215827, "495/2"),
        (("1", "1/2", "9/10", 4), 9.1935483871, "285/4"),
    ],
)
def test_attained_losses(given, loss, classic):
    transition, reward, gamma = (Fraction(x) for x in given[:3])
    instance = approximation.attained(*given)
    left, right = approximation.approx_sharp.exactly(**instance)
    assert left[0] == right[0]
    assert float(left[0]) == pytest.approx(float(Fraction(loss)), abs=5e-11)
    f, trivial = 1 - Fraction(1, given[3]), 1 / (1 - gamma)
    assert (f * (reward + gamma * transition * trivial)) / (1 - gamma) == Fraction(classic)


def test_a_weight_of_zero_counts():
    left, _ = approximation.approx_sharp.exactly(**approximation.without_best())
    assert float(left[0]) == pytest.approx(6.7857, abs=5e-5)


def test_losses_of_misled_plans():
    for epsilon, expected in (("1/10", Fraction(180, 19)), ("1/100", Fraction(180, 109)), ("1/2", Fraction(10))):
        left, _ = estimation.kernel_error_attained.exactly(epsilon=Fraction(epsilon), gamma=Fraction(9, 10))
        assert as_fraction(left[0]) == expected


def test_two_states_suffice_against_the_conjecture():
    """7.2299 against 6.4286."""
    e, gamma = Fraction(1, 10), Fraction(9, 10)
    given = {
        "reward": (1 - gamma) / (1 - gamma * (1 - e)),
        "true": [Fraction(1), 1 - e],
        "estimated": [1 - e, Fraction(1)],
        "plan": Fraction(1),
        "gamma": gamma,
    }
    with exact():
        left, right = estimation.one_choice.false_siblings[0].sides(**lift(given))
    assert float(left) == pytest.approx(7.2299, abs=5e-5)
    assert float(right) == pytest.approx(6.4286, abs=5e-5)


@pytest.mark.parametrize(
    ("groups", "approximation", "total"),
    [
        ((0, 0, 0, 0), Fraction(1, 5), Fraction(1, 5)),
        ((0, 0, 0, 1), Fraction(0), Fraction(8102194, 170859375)),
        ((0, 1, 1, 2), Fraction(0), 0.08048953344),
        ((0, 0, 1, 2), Fraction(0), 0.063512314453125),
        ((0, 1, 2, 3), Fraction(0), 0.0931390688),
    ],
)
def test_exact_losses_of_four_actions(groups, approximation, total):
    p = [Fraction(1, 5), Fraction(3, 10), Fraction(1, 2), Fraction(3, 5)]
    left, right = exact_losses.bernoulli_loss.exactly(p=p, groups=groups, samples=12)
    assert left == right
    assert float(left) == pytest.approx(float(total), abs=1e-14)
    assert grouped_bernoulli_loss([float(x) for x in p], groups, 12).approximation == pytest.approx(
        float(approximation), abs=1e-15
    )


def test_merging_can_shrink_gaps():
    known = exact_losses.finer_bounds_worse.known_instances[0].instance()
    with exact():
        coarse, fine = exact_losses.finer_bounds_worse.false_siblings[0].sides(**lift(known))
    assert (as_fraction(coarse), as_fraction(fine)) == (Fraction(146513, 4000000), Fraction(24, 3125))


@pytest.mark.parametrize(
    ("groups", "losses"),
    [
        ((0, 0, 0, 0), (2.7581339713, 2.8011961722)),
        ((0, 0, 1, 1), (0.5342441483, 0.5356925986)),
        ((0, 1, 2, 1), (0.5072706922, 0.5290530427)),
        ((0, 1, 2, 3), (0.5468789425, 0.5615086424917)),
    ],
)
def test_two_state_losses(groups, losses):
    p = lift([[Fraction(x, 20) for x in row] for row in ([17, 15, 7, 5], [6, 4, 18, 16])])
    with exact():
        found = exact_losses.independently(p, groups, 24 // (2 * (max(groups) + 1)), lift(Fraction(9, 10)))
    assert [float(x) for x in found] == pytest.approx(losses, abs=6e-11)


@pytest.mark.slow
def test_the_best_partition_knows_the_answer():
    """The oracle isolates the best of eight actions, whatever the budget."""
    p = (0.20, 0.24, 0.28, 0.44, 0.48, 0.52, 0.72, 0.76)
    for samples, expected in ((8, 0.0550807941), (16, 0.0260227487), (32, 0.0069273406), (64, 0.0006094931)):
        found = exhaustive(lambda groups, n=samples: grouped_bernoulli_loss(p, groups, max(n, groups.max() + 1)).total, 8)
        assert found.groups.tolist() == [0] * 7 + [1]
        assert found.score == pytest.approx(expected, abs=6e-11)


def test_the_oracle_of_two_states():
    found = [exhaustive(lambda g, n=n: pictures.mean_loss(g, n), 6) for n in (24, 48)]
    assert [f.groups.tolist() for f in found] == [[0, 1, 1, 2, 2, 2], [0, 1, 1, 2, 1, 1]]
    assert [f.score for f in found] == pytest.approx([0.4703991318, 0.2010091005], abs=6e-11)


def test_sweeps_that_a_budget_affords():
    bounds = [computation_bound(affordable_sweeps(4000, 2, m), 0.9) for m in (1, 4, 16, 64)]
    assert bounds == pytest.approx([3.495742503e-44, 7.272058359e-10, 0.29111566859, 10.0], rel=1e-9)


def test_bounds_of_both_arithmetics_agree():
    for states, m, samples, gamma in ((2, 1, 5, 0.9), (2, 3, 1000, 0.9), (3, 2, 7, 0.5), (2, 4, 10**6, 0.99)):
        with exact():
            right = exact_losses.estimation_bound(states, m, lift(samples), lift(Fraction(gamma)), lift(Fraction(1, 10)))
        assert estimation_bound(states, m, samples, gamma, 0.1) == pytest.approx(float(right), rel=1e-12)


def test_line_of_four_rewards():
    given = selection.farthest_first.known_instances[1].instance()
    with exact():
        linkage, least = selection.farthest_first.false_siblings[1].sides(**lift(given))
    assert (as_fraction(linkage), as_fraction(least)) == (Fraction(64, 100), Fraction(36, 100))


# --- injected faults -----------------------------------------------------------------------------------------------------------


def noticed(slug):
    """By samples, which are not shrunk, or else by all evidence."""
    (claim,) = claims([f"action_grouping.{slug}"])
    found = sample(claim, 200, 0, shrink=False)
    return found.witness or found.error or verify_claim(claim).verdict != "holds"


def test_weights_that_are_ignored_are_noticed(monkeypatch):
    true = tabular.Grouped
    monkeypatch.setattr(tabular, "Grouped", lambda mdp, groups, weights=None: true(mdp, groups))
    assert noticed("lift_identity")


def test_bounds_that_are_too_small_are_noticed(monkeypatch):
    true = formulas.approximation_bounds
    monkeypatch.setattr(formulas, "approximation_bounds", lambda *given, **more: tuple(0.95 * x for x in true(*given, **more)))
    assert noticed("approx_sharp")
    assert noticed("approx_classic")
    assert noticed("q_simulation")


def test_a_factor_without_zeros_is_noticed(monkeypatch):
    monkeypatch.setattr(tabular.grouping, "weight_factor", lambda mdp, groups, weights=None: 0.5)
    assert noticed("metric_bound")


def test_another_attaining_model_is_noticed(monkeypatch):
    true = tabular.grouping.attaining_instance
    monkeypatch.setattr(tabular.grouping, "attaining_instance", lambda y, x, gamma, k: true(y, x, gamma, k + 1))
    assert noticed("sharp_attained")


def test_an_l1_distance_is_noticed(monkeypatch):
    true = tabular.grouping.diameters
    monkeypatch.setattr(
        tabular.grouping, "diameters", lambda *given: true(*given)._replace(transition=2 * true(*given).transition)
    )
    assert noticed("diameter_below_coefficient")


def test_a_wrong_decomposition_is_noticed(monkeypatch):
    true = tabular.grouping.decomposition

    def swapped(mdp, groups):
        found = true(mdp, groups)
        names = ("common_transition", "own_transition", "common_reward", "own_reward", "transition_coefficient")
        return SimpleNamespace(**{name: getattr(found, name) for name in names}, reward_coefficient=found.transition_coefficient)

    monkeypatch.setattr(tabular.grouping, "decomposition", swapped)
    assert noticed("decomposition")


def test_half_of_the_estimation_bounds_is_noticed(monkeypatch):
    for name in ("kernel_error_bound", "value_error_bound"):
        true = getattr(tabular.grouping, name)
        monkeypatch.setattr(tabular.grouping, name, lambda *given, true=true, **more: true(*given, **more) / 4)
    assert noticed("kernel_error")
    assert noticed("kernel_error_attained")
    assert noticed("value_error")


@pytest.mark.parametrize("name", ["hoeffding", "weissman", "bernstein"])
def test_radii_that_are_too_small_are_noticed(monkeypatch, name):
    true = getattr(tabular.grouping, f"{name}_radius")
    monkeypatch.setattr(tabular.grouping, f"{name}_radius", lambda *given: true(*given) / 2)
    assert noticed(name)


def test_sweeps_that_count_twice_are_noticed(monkeypatch):
    true = tabular.grouping.computation_bound
    monkeypatch.setattr(tabular.grouping, "computation_bound", lambda sweeps, *given, **more: true(2 * sweeps, *given, **more))
    assert noticed("computation")


def test_another_number_of_groups_is_noticed(monkeypatch):
    true = tabular.grouping.power_law_optimum
    monkeypatch.setattr(tabular.grouping, "power_law_optimum", lambda a, b, p, n: true(a / 2, b, p, n))
    assert noticed("power_law")


def test_losses_of_other_samples_are_noticed(monkeypatch):
    one, two = tabular.grouping.grouped_bernoulli_loss, tabular.grouping.grouped_two_state_loss
    monkeypatch.setattr(tabular.grouping, "grouped_bernoulli_loss", lambda p, groups, n: one(p, groups, 2 * n))
    monkeypatch.setattr(tabular.grouping, "grouped_two_state_loss", lambda p, groups, n, gamma: two(p, groups, 2 * n, gamma))
    assert noticed("bernoulli_loss")
    assert noticed("two_state_loss")


def test_a_traversal_that_does_not_look_is_noticed(monkeypatch):
    def blind(mdp, m):
        groups = tabular.grouping.contiguous_groups(mdp.n_actions, m)
        return SimpleNamespace(groups=groups, score=tabular.grouping.metric_diameter(mdp, groups))

    monkeypatch.setitem(selection.SOLVERS, "traversal", blind)
    assert noticed("farthest_first")


def test_partitions_that_are_not_nested_are_noticed(monkeypatch):
    def unrelated(mdp):
        return np.array([[(a * m) % mdp.n_actions % m for a in range(mdp.n_actions)] for m in range(1, mdp.n_actions + 1)])

    monkeypatch.setattr(tabular.grouping, "nested_partitions", unrelated)
    assert noticed("nested_family")


def test_the_total_needs_every_part(monkeypatch):
    monkeypatch.setattr(budgets, "bounds", lambda *given: (0.0, 0.0, 0.0, 0.0))
    assert noticed("total")
