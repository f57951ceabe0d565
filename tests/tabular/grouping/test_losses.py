"""Exact expected losses: reference values to their digits, enumeration in fractions, the sampler, bad input."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from grouping_oracles import bernoulli_loss, most_successes, similar_model, two_state_loss

import tabular
from tabular import Groups
from tabular.grouping import (
    bernoulli_family,
    contiguous_groups,
    enumerated_loss,
    exhaustive,
    grouped_bernoulli_loss,
    grouped_two_state_loss,
    partitions,
    sampled_loss,
    selection_probabilities,
    two_state_family,
)
from tabular.grouping.enumeration import count_tables

P4 = [Fraction(1, 5), Fraction(3, 10), Fraction(1, 2), Fraction(3, 5)]
TWO = [[0.85, 0.75, 0.35, 0.25], [0.3, 0.2, 0.9, 0.8]]
SIX = [[0.85, 0.80, 0.75, 0.35, 0.30, 0.25], [0.3, 0.25, 0.2, 0.9, 0.85, 0.8]]


def labels(text):
    return [int(x) for x in text]


# --- one state ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "k", "approximation", "estimation"),
    [
        ("0000", 12, 0.2, 0.0),
        ("0001", 6, 0.0, 8102194 / 170859375),
        ("0112", 4, 0.0, 0.08048953344),
        ("0012", 4, 0.0, 0.063512314453125),
        ("0123", 3, 0.0, 0.0931390688),
        ("0011", 6, 0.05, None),
    ],
)
def test_published_bernoulli_losses(groups, k, approximation, estimation):
    loss = grouped_bernoulli_loss([float(x) for x in P4], labels(groups), 12)
    exact = bernoulli_loss(P4, labels(groups), 12)
    assert loss.samples_per_pair == k
    assert grouped_bernoulli_loss(P4, labels(groups), 12).total == loss.total  # fractions are welcome
    assert loss.approximation == pytest.approx(float(exact[0]), abs=1e-15)
    assert loss.estimation == pytest.approx(float(exact[1]), abs=1e-14)
    assert loss.approximation == pytest.approx(approximation, abs=1e-15)
    assert estimation is None or loss.estimation == pytest.approx(estimation, abs=1e-14)
    assert loss.total == loss.approximation + loss.estimation
    assert loss.probabilities.sum() == pytest.approx(1, abs=1e-13)


def test_the_similarity_groups_beat_full_resolution():
    similar, full = (grouped_bernoulli_loss([0.2, 0.3, 0.5, 0.6], labels(x), 12).total for x in ("0011", "0123"))
    assert round(similar, 5) == 0.09305 < round(full, 4) == 0.0931


def test_finer_groups_may_estimate_better():
    """Merging can shrink the gaps that identification relies on."""
    p = [Fraction(0), Fraction(1), Fraction(2, 5), Fraction(2, 5)]
    for groups, estimation in (("0011", Fraction(146513, 4000000)), ("0122", Fraction(24, 3125))):
        assert bernoulli_loss(p, labels(groups), 12)[1] == estimation
        assert grouped_bernoulli_loss([0, 1, 0.4, 0.4], labels(groups), 12).estimation == pytest.approx(
            float(estimation), abs=1e-15
        )


def test_more_groups_are_not_finer_groups():
    p = [1, 1, 1, 0, 0, 0]
    assert grouped_bernoulli_loss(p, labels("000111"), 12).approximation == 0
    assert grouped_bernoulli_loss(p, labels("012012"), 12).approximation == 0.5


@pytest.mark.parametrize(
    ("samples", "best", "loss"),
    [
        (24, 4, 0.1368384947),
        (48, 4, 0.1073705659),
        (96, 6, 0.0813486775),
        (192, 8, 0.0611605422),
        (384, 8, 0.0455574244),
        (768, 12, 0.0325519140),
        (1536, 12, 0.0234956374),
        (6144, 24, 0.0092746318),
    ],
)
def test_published_best_numbers_of_groups(samples, best, loss):
    p = 0.2 + 0.6 * (np.arange(24) + 0.5) / 24
    found = {m: grouped_bernoulli_loss(p, contiguous_groups(24, m), samples) for m in (1, 2, 3, 4, 6, 8, 12, 24)}
    assert min(found, key=lambda m: found[m].total) == best
    assert found[best].total == pytest.approx(loss, abs=6e-11)
    for m, x in found.items():
        assert x.approximation == pytest.approx(0.3 * (1 / m - 1 / 24), abs=1e-14)


@pytest.mark.parametrize(
    ("samples", "row"),
    [
        (96, {4: 0.0857404602, 6: 0.0813486775, 8: 0.0835273009, 12: 0.0916116578, 24: 0.1192437084}),
        (768, {4: 0.0626440946, 6: 0.0415384715, 8: 0.0351522185, 12: 0.0325519140, 24: 0.0368031271}),
    ],
)
def test_published_rows(samples, row):
    p = 0.2 + 0.6 * (np.arange(24) + 0.5) / 24
    for m, loss in row.items():
        assert grouped_bernoulli_loss(p, contiguous_groups(24, m), samples).total == pytest.approx(loss, abs=6e-11)


def test_published_optimal_partitions():
    p = (0.20, 0.24, 0.28, 0.44, 0.48, 0.52, 0.72, 0.76)
    alone = labels("00000001")
    for samples, loss in ((8, 0.0550807941), (16, 0.0260227487), (32, 0.0069273406), (64, 0.0006094931)):
        assert grouped_bernoulli_loss(p, alone, samples).total == pytest.approx(loss, abs=6e-11)
    few = (0.744, 0.726, 0.388, 0.177, 0.063)
    best = exhaustive(lambda groups: grouped_bernoulli_loss(few, groups, 6).total, 5)
    assert best.groups.tolist() == labels("01222")


@pytest.mark.slow
def test_the_optimal_partition_of_eight_actions_isolates_the_best():
    p = (0.20, 0.24, 0.28, 0.44, 0.48, 0.52, 0.72, 0.76)
    for samples in (8, 64, 1024):
        best = exhaustive(lambda groups, n=samples: grouped_bernoulli_loss(p, groups, n).total, 8)
        assert best.groups.tolist() == labels("00000001")


@pytest.mark.parametrize("block", range(2))
def test_chances_against_every_table_of_counts(block):
    rng = np.random.default_rng([block, 8])
    for _ in range(25):
        m, k = int(rng.integers(1, 5)), int(rng.integers(1, 6))
        means = [Fraction(int(x), 10) for x in rng.integers(0, 11, m)]
        exact = [float(x) for x in most_successes(means, k)]
        np.testing.assert_allclose(selection_probabilities([float(x) for x in means], k), exact, atol=1e-14)


def test_chances_of_many_groups():
    for means, k in (([0.5] * 400, 20), ([0.0] * 300, 7), ([1.0] * 301, 3), ([0.3] * 50 + [0.31] * 50, 10**6)):
        found = selection_probabilities(means, k)
        assert found.sum() == pytest.approx(1, abs=1e-11)
        same = np.asarray(means) == means[0]
        assert np.ptp(found[same]) <= 1e-15
    # two groups have a difference of binomials
    a, b, k = 0.45, 0.55, 60
    first, second = ([comb(k, i) * p**i * (1 - p) ** (k - i) for i in range(k + 1)] for p in (a, b))
    wins = sum(first[i] * (sum(second[:i]) + second[i] / 2) for i in range(k + 1))
    assert selection_probabilities([a, b], k)[0] == pytest.approx(wins, abs=1e-14)


def test_a_thousand_groups_against_simulation():
    rng = np.random.default_rng(0)
    p = 0.3 + 0.4 * rng.random(1000)
    found = grouped_bernoulli_loss(p, np.arange(1000), 10**5)
    counts = rng.binomial(100, p, size=(3000, 1000)) + rng.random((3000, 1000)) / 2
    losses = p.max() - p[counts.argmax(axis=1)]
    assert found.total == pytest.approx(losses.mean(), abs=4 * losses.std() / np.sqrt(3000))


def test_weights_are_samples_and_policy():
    weighted = grouped_bernoulli_loss([0.2, 0.6, 0.5], [0, 0, 1], 8, weights=[0.25, 0.75, 1])
    merged = grouped_bernoulli_loss([0.5, 0.5], [0, 1], 8)
    assert weighted.approximation == pytest.approx(0.1)
    assert weighted.estimation == pytest.approx(merged.estimation, abs=1e-15)
    assert grouped_bernoulli_loss([0.2, 0.6, 0.5], Groups([0, 0, 1], [0.25, 0.75, 1]), 8).total == weighted.total
    assert "samples_per_pair=4" in repr(weighted)


# --- two states --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "approximation", "first", "second"),
    [
        ("0000", 2.80119617, 2.7581339713, 2.8011961722),
        ("0011", 0.43062201, 0.5342441483, 0.5356925986),
        ("0121", 0.0, 0.5072706922, 0.5290530427),
        ("0123", 0.0, 0.5468789425, 0.5615086424917),
    ],
)
def test_published_two_state_losses(groups, approximation, first, second):
    loss = grouped_two_state_loss(TWO, labels(groups), 24, 0.9)
    assert loss.approximation.max() == pytest.approx(approximation, abs=6e-9)
    assert loss.total == pytest.approx([first, second], abs=6e-11)
    whole = enumerated_loss(two_state_family(TWO, 0.9), labels(groups), 24 // (2 * (int(max(groups)) + 1)))
    for name in ("approximation", "estimation", "total"):
        np.testing.assert_allclose(getattr(whole, name), getattr(loss, name), atol=1e-10)


def test_two_states_in_fractions():
    p = [
        [Fraction(17, 20), Fraction(3, 4), Fraction(7, 20), Fraction(1, 4)],
        [Fraction(3, 10), Fraction(1, 5), Fraction(9, 10), Fraction(4, 5)],
    ]
    for groups, samples, gamma in (
        ([0, 0, 1, 1], 12, Fraction(9, 10)),
        ([0, 1, 1, 0], 8, Fraction(1, 2)),
        ([0, 1, 2, 1], 12, Fraction(9, 10)),
    ):
        exact = [float(x) for x in two_state_loss(p, groups, samples, gamma)]
        loss = grouped_two_state_loss([[float(x) for x in row] for row in p], groups, samples, float(gamma))
        assert loss.total == pytest.approx(exact, abs=1e-13)


@pytest.mark.parametrize(
    ("samples", "values"),
    [(24, (2.77967, 0.53497, 0.47040, 0.49408, 0.76954, 0.78995)), (48, (2.77967, None, 0.2010091005, None, None, None))],
)
def test_published_best_partitions_of_six_actions(samples, values):
    best = {}
    for text in partitions(6):
        loss = grouped_two_state_loss(SIX, text, samples, 0.9).total.mean()
        best[text.max() + 1] = min(best.get(text.max() + 1, (np.inf, "")), (loss, "".join(map(str, text))))
    for m, value in enumerate(values, 1):
        assert value is None or best[m][0] == pytest.approx(value, abs=6e-6)
    loss, text = min(best.values())
    assert (text, loss) == {
        24: ("011222", pytest.approx(0.4703991318, abs=6e-11)),
        48: ("011211", pytest.approx(0.2010091005, abs=6e-11)),
    }[samples]


def test_no_discount_no_loss():
    assert not grouped_two_state_loss(TWO, [0, 0, 1, 1], 24, 0.0).total.any()


# --- any small model ---------------------------------------------------------------------------------------------------------


def test_tables_of_counts():
    for k, n in ((0, 3), (4, 1), (3, 3), (5, 4)):
        tables = count_tables(k, n)
        assert len(tables) == comb(k + n - 1, n - 1) == len({tuple(x) for x in tables.tolist()})
        assert (tables.sum(axis=1) == k).all()
        assert (tables >= 0).all()


@pytest.mark.parametrize("groups", ["0011", "0123", "0000"])
def test_enumeration_of_the_one_state_family(groups):
    p, m = [0.2, 0.3, 0.5, 0.6], int(max(groups)) + 1
    found = enumerated_loss(bernoulli_family(p, 0.8), labels(groups), 12 // m)
    loss = grouped_bernoulli_loss(p, labels(groups), 12)
    assert found.total == pytest.approx([loss.total * 4, 0, 0], abs=1e-10)


def plug_in_by_hand(mdp, groups, k):
    """Every table of a model with two states, every deterministic policy, by nested loops."""
    m, states = max(groups) + 1, (0, 1)
    groups = np.asarray(groups)
    p = [[mdp.P[s, groups == g, 0].mean() for g in range(m)] for s in states]
    r = np.array([[mdp.r[s, groups == g].mean() for g in range(m)] for s in states])

    def value(rows, choice):
        P = np.array([[rows[s][choice[s]], 1 - rows[s][choice[s]]] for s in states])
        return np.linalg.solve(np.eye(2) - mdp.gamma * P, [r[s, choice[s]] for s in states])

    choices = [(i, j) for i in range(m) for j in range(m)]
    true = {c: value(p, c) for c in choices}
    mean = np.zeros(2)
    for counts in np.ndindex(*(k + 1,) * (2 * m)):
        chance = np.prod([comb(k, n) * x**n * (1 - x) ** (k - n) for n, x in zip(counts, p[0] + p[1], strict=True)])
        rows = np.reshape(counts, (2, m)) / k
        found = {c: value(rows, c) for c in choices}
        top = np.max(list(found.values()), axis=0)
        best = [c for c, v in found.items() if (v >= top - 1e-9).all()]
        mean += chance * np.mean([true[c] for c in best], axis=0)
    return np.max(list(true.values()), axis=0) - mean


def test_enumeration_against_loops():
    rng = np.random.default_rng(4)
    for groups, k in (([0, 0, 1], 3), ([0, 1, 1], 4), ([0, 1, 0, 1], 2)):
        mdp = tabular.MDP(rng.dirichlet([1, 1], (2, len(groups))), np.round(rng.random((2, len(groups))), 1), 0.8)
        np.testing.assert_allclose(enumerated_loss(mdp, groups, k).estimation, plug_in_by_hand(mdp, groups, k), atol=1e-10)


def test_enumeration_and_sampler_agree_with_masks_and_weights():
    rng = np.random.default_rng(5)
    allowed = np.array([[True, True, True], [True, True, False], [True, True, True]])
    mdp = tabular.MDP(rng.dirichlet([1, 1, 1], (3, 3)), rng.random((3, 3)), 0.7, allowed=allowed)
    for groups, weights in (([0, 0, 1], None), ([0, 1, 1], None), ([0, 0, 1], [[0.2, 0.8, 1], [0.2, 0.8, 0], [0.5, 0.5, 1]])):
        exact = enumerated_loss(mdp, groups, 2, weights=weights)
        found = sampled_loss(mdp, groups, 2, 20_000, rng=1, weights=weights)
        assert (found.lower <= exact.total).all()
        assert (exact.total <= found.upper).all()
        assert np.abs(found.total - exact.total).max() <= 5 * found.standard_error.max() + 1e-12
        np.testing.assert_allclose(found.approximation, exact.approximation, atol=1e-9)


def test_intervals_cover_and_repeat():
    exact = grouped_two_state_loss(TWO, [0, 0, 1, 1], 24, 0.9).total
    model, covered = two_state_family(TWO, 0.9), 0
    for seed in range(40):
        found = sampled_loss(model, [0, 0, 1, 1], 6, 200, rng=seed, confidence=0.8)
        covered += int(((found.lower <= exact) & (exact <= found.upper)).all())
        assert (found.lower >= found.approximation - 1e-12).all()
    assert covered >= 36
    assert np.array_equal(found.total, sampled_loss(model, [0, 0, 1, 1], 6, 200, rng=39, confidence=0.8).total)


def test_more_samples_lose_less_in_a_large_model():
    model = tabular.domains.similar_garnet(30, 4, 5, 4, gamma=0.9, transition_deviation=0.1, reward_deviation=0.05, rng=0)
    few, many = (sampled_loss(model.mdp, model.groups, k, 60, rng=0) for k in (2, 200))
    assert many.estimation.mean() < few.estimation.mean() / 4
    assert (many.estimation >= -1e-9).all()


def test_losses_are_never_negative():
    rng = np.random.default_rng(9)
    for _ in range(15):
        mdp, groups = similar_model(rng, gammas=(0.0, 0.5, 0.9))
        found = sampled_loss(mdp, groups, 3, 50, rng=rng)
        assert (found.estimation >= -1e-9).all()
        assert (found.approximation >= -1e-9).all()


# --- bad input ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: grouped_bernoulli_loss([0.1, 0.2], [0, 2], 12), "no action has label 1"),
        (lambda: grouped_bernoulli_loss([0.1, 0.2], [0, 1, 1], 12), "groups label 3 actions, but there are 2"),
        (lambda: grouped_bernoulli_loss([0.1, 1.2], [0, 1], 12), r"p\[1\] is 1\.2"),
        (lambda: grouped_bernoulli_loss([0.1, np.nan], [0, 1], 12), r"p\[1\] is nan"),
        (lambda: grouped_bernoulli_loss([], [0], 12), "p is empty"),
        (lambda: grouped_bernoulli_loss([[0.1, 0.2]], [0, 1], 12), r"p has shape \(1, 2\)"),
        (lambda: grouped_bernoulli_loss([0.1, 0.2], [0, 1], 0), "samples is 0"),
        (lambda: grouped_bernoulli_loss([0.1, 0.2], [0, 1], 1), "1 samples for 2 pairs of state and group: fewer than one each"),
        (lambda: grouped_bernoulli_loss([0.1, 0.2], [0, 1], 2.5), "samples is 2.5"),
        (lambda: grouped_bernoulli_loss([0.1, 0.2], [0, 0], 4, weights=[0.5, 0.6]), "sum to 1.1"),
        (lambda: grouped_bernoulli_loss([0.1, 0.2], Groups([0, 0]), 4, weights=[0.5, 0.5]), "weights are given twice"),
        (lambda: grouped_two_state_loss(TWO, [0, 0, 1, 1], 3, 0.9), "3 samples for 4 pairs"),
        (lambda: grouped_two_state_loss(TWO, [0, 0, 1, 1], 24, 1.0), "gamma is 1.0"),
        (lambda: grouped_two_state_loss(TWO[0], [0, 0, 1, 1], 24, 0.9), r"p has shape \(4,\) \(expected \(2, A\)\)"),
        (lambda: selection_probabilities([0.5], 0), "samples is 0"),
        (lambda: enumerated_loss(two_state_family(TWO, 0.9), [0, 1, 2, 3], 0), "samples_per_pair is 0"),
        (
            lambda: enumerated_loss(two_state_family(TWO, 0.9), [0, 1, 2, 3], 50),
            r"tables of counts, more than max_tables = 1000000",
        ),
        (lambda: enumerated_loss(two_state_family(TWO, 0.9), [0, 1, 2], 5), "groups label 3 actions"),
        (lambda: sampled_loss(two_state_family(TWO, 0.9), [0, 0, 1, 1], 0, 10, rng=0), "samples_per_pair is 0"),
        (lambda: sampled_loss(two_state_family(TWO, 0.9), [0, 0, 1, 1], 5, 1, rng=0), "repetitions is 1"),
        (lambda: sampled_loss(two_state_family(TWO, 0.9), [0, 0, 1, 1], 5, 10, rng=0, confidence=1.0), "confidence is 1.0"),
        (lambda: bernoulli_family([[0.5]], 0.9), r"p has shape \(1, 1\)"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(tabular.ModelError, match=message):
        call()


# --- scales and sizes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-6, 1e-10, 1e-14, 1e6])
def test_losses_scale_with_rewards(scale):
    """Ties of estimated models are relative to their values."""
    model = tabular.grouping.two_state_family([[0.85, 0.75, 0.35, 0.25], [0.3, 0.2, 0.9, 0.8]], 0.9)
    small = tabular.MDP(model.P, scale * model.r, model.gamma)
    expected = tabular.grouping.enumerated_loss(model, [0, 1, 2, 3], 2).estimation
    assert tabular.grouping.enumerated_loss(small, [0, 1, 2, 3], 2).estimation / scale == pytest.approx(expected, rel=1e-6)


def test_too_many_plans():
    kernel = np.tile(np.eye(20)[:, None, :], (1, 3, 1))
    with pytest.raises(tabular.ModelError, match="plans of groups"):
        tabular.grouping.enumerated_loss(tabular.MDP(kernel, np.random.default_rng(0).random((20, 3)), 0.5), [0, 1, 2], 1)


def test_a_price_of_sweeps_without_a_limit():
    with pytest.raises(tabular.ModelError, match="needs finite flops"):
        tabular.grouping.surrogate_groups([0.1, 0.05], n_states=2, samples=1e4, gamma=0.9, delta=0.1, flop_price=1e-3)


def test_weights_and_rows_that_are_both_a_little_off():
    P = np.full((1, 2, 1), 1.0 + 9e-10)
    with pytest.raises(tabular.ModelError, match="the merged model, whose actions are groups"):
        tabular.Grouped(tabular.MDP(P, [[0.0, 1.0]], 0.5), [0, 0], [0.5, 0.5 + 9e-10]).operator()
