"""Selection of groups: guarantees against brute force over partitions, nested families, bad input."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from grouping_oracles import similar_model

import tabular
from tabular import Grouped
from tabular.grouping import (
    action_distances,
    bell_number,
    canonical,
    complete_linkage,
    contiguous_groups,
    distances_to,
    exhaustive,
    farthest_first,
    grouped_two_state_loss,
    k_means,
    metric_bound,
    metric_diameter,
    nested_partitions,
    partitions,
    refines,
    smallest_diameter,
)

LINE = tabular.MDP(np.ones((1, 4, 1)), [[0, 0.36, 0.64, 1]], 0.0)


def growth_strings(n):
    """By recursion, as one writes it first."""
    strings = [[0]]
    for _ in range(n - 1):
        strings = [[*s, x] for s in strings for x in range(max(s) + 2)]
    return strings


def test_partitions():
    for n in range(1, 8):
        assert partitions(n).tolist() == growth_strings(n)
    assert [len(partitions(n)) for n in range(1, 11)] == [bell_number(n) for n in range(1, 11)]
    assert [len(partitions(6, m)) for m in range(1, 7)] == [1, 31, 90, 65, 15, 1]
    for string in partitions(5):
        assert np.array_equal(canonical(string), string)
    assert canonical([5, 2, 5, 9]).tolist() == [0, 1, 0, 2]
    assert contiguous_groups(7, 3).tolist() == [0, 0, 0, 1, 1, 2, 2]
    assert refines([0, 1, 2], [0, 0, 0])
    assert not refines([0, 0, 1], [0, 1, 1])


def test_distances():
    rng = np.random.default_rng(0)
    for _ in range(30):
        mdp, _ = similar_model(rng)
        weight = np.ptp(mdp.r) * mdp.gamma / (1 - mdp.gamma)
        apart = np.abs(mdp.r[:, :, None] - mdp.r[:, None]) + weight * np.abs(mdp.P[:, :, None] - mdp.P[:, None]).sum(axis=3) / 2
        distances = action_distances(mdp)
        np.testing.assert_allclose(distances, apart.max(axis=0), atol=1e-9)
        np.testing.assert_allclose(distances_to(mdp, 0), distances[0], atol=1e-9)
        # a pseudometric
        assert (distances[:, :, None] <= distances[:, None] + distances.T[None] + 1e-9).all()
        unit = (
            np.abs(mdp.r[:, :, None] - mdp.r[:, None])
            + mdp.gamma / (1 - mdp.gamma) * np.abs(mdp.P[:, :, None] - mdp.P[:, None]).sum(axis=3) / 2
        )
        np.testing.assert_allclose(action_distances(mdp, reward_range=1.0), unit.max(axis=0), atol=1e-9)


def test_complete_linkage_is_not_optimal():
    assert smallest_diameter(LINE, 2).score == pytest.approx(0.36)
    assert complete_linkage(LINE, 2).score == pytest.approx(0.64)


def test_guarantees():
    rng = np.random.default_rng(1)
    for seed in range(40):
        mdp = tabular.MDP(rng.dirichlet(np.ones(2), (2, 6)), rng.random((2, 6)), 0.9)
        distances = action_distances(mdp)
        for m in (2, 3, 4):
            brute = min(
                max((distances[a, b] for a, b in combinations(range(6), 2) if s[a] == s[b]), default=0.0)
                for s in growth_strings(6)
                if max(s) + 1 == m
            )
            found = [smallest_diameter(mdp, m), farthest_first(mdp, m), complete_linkage(mdp, m), k_means(mdp, m, rng=seed)]
            assert found[0].score == pytest.approx(brute)
            assert [x.factor for x in found] == [1.0, 2.0, np.inf, np.inf]
            for x in found:
                assert x.n_groups == m
                assert x.score == pytest.approx(metric_diameter(mdp, x.groups))
                assert brute - 1e-9 <= x.score <= x.factor * brute + 1e-9
                loss = tabular.solve(mdp).values - tabular.solve(Grouped(mdp, x.groups)).values
                assert loss.max() <= metric_bound(x.score, 0.9) + 1e-9


def test_nested_families_lose_less_with_more_groups():
    rng = np.random.default_rng(2)
    for _ in range(20):
        mdp, _ = similar_model(rng, gammas=(0.3, 0.9))
        family = nested_partitions(mdp)
        assert [row.max() + 1 for row in family] == list(range(1, mdp.n_actions + 1))
        before = np.full(mdp.n_states, -np.inf)
        for coarse, fine in pairwise(family):
            assert refines(fine, coarse)
        for row in family:
            values = tabular.solve(Grouped(mdp, row)).values
            assert (values >= before - 1e-9).all()
            before = values
        np.testing.assert_allclose(before, tabular.solve(mdp).values, atol=1e-8)


def test_groups_that_exist_are_found():
    model = tabular.domains.similar_garnet(10, 4, 6, 3, gamma=0.9, transition_deviation=0.02, reward_deviation=0.02, rng=3)
    for found in (farthest_first(model.mdp, 4), complete_linkage(model.mdp, 4), k_means(model.mdp, 4, rng=0)):
        assert np.array_equal(found.groups, model.groups)


def test_copies_are_no_obstacle():
    mdp = tabular.MDP(np.ones((1, 5, 1)), [[0.5, 0.5, 0.5, 0.5, 0.7]], 0.0)
    for found in (smallest_diameter(mdp, 4), farthest_first(mdp, 4), complete_linkage(mdp, 4), k_means(mdp, 4, rng=0)):
        assert found.n_groups == 4
        assert found.score == 0
    for m in range(1, 6):
        assert farthest_first(mdp, m, first=2).n_groups == m
    assert nested_partitions(tabular.MDP([[[1.0]]], [[0.0]], 0.5)).tolist() == [[0]]


def test_masked_actions_lose_the_guarantee():
    allowed = np.ones((1, 4), dtype=bool)
    mdp = tabular.MDP(np.ones((2, 4, 2)) / 2, np.zeros((2, 4)), 0.5, allowed=np.vstack([allowed, [[True, True, False, True]]]))
    found = farthest_first(mdp, 2)
    assert found.factor == np.inf
    assert "no metric" in found.guarantee


def test_the_oracle_knows_the_answer():
    p = [[0.85, 0.80, 0.75, 0.35, 0.30, 0.25], [0.3, 0.25, 0.2, 0.9, 0.85, 0.8]]
    best = exhaustive(lambda groups: grouped_two_state_loss(p, groups, 48, 0.9).total.mean(), 6)
    assert best.groups.tolist() == [0, 1, 1, 2, 1, 1]
    similar = smallest_diameter(tabular.grouping.two_state_family(p, 0.9), 2)
    assert similar.groups.tolist() == [0, 0, 0, 1, 1, 1]
    assert exhaustive(lambda groups: float(groups.max() != 1), 4, 2).groups.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: partitions(13), r"n_actions is 13 \(expected an integer in \[1, 12\]\)"),
        (lambda: partitions(4, 5), "n_groups is 5"),
        (lambda: bell_number(0), "n is 0"),
        (lambda: refines([0, 0], [0, 0, 0]), "have 2 and 3 actions"),
        (lambda: refines([0, 2], [0, 0]), "no action has label 1"),
        (lambda: contiguous_groups(3, 4), "n_groups is 4"),
        (lambda: smallest_diameter(LINE, 0), "n_groups is 0"),
        (lambda: farthest_first(LINE, 5), "n_groups is 5"),
        (lambda: farthest_first(LINE, 2, first=4), "first is 4"),
        (lambda: farthest_first("model", 2), "mdp is str"),
        (lambda: complete_linkage(LINE, 9), "n_groups is 9"),
        (lambda: k_means(LINE, 2, rng=0, restarts=0), "restarts is 0"),
        (lambda: exhaustive(lambda groups: np.nan, 3), "score of every partition is NaN"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(tabular.ModelError, match=message):
        call()
