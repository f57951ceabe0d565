"""Decisions on instances, and witnesses that can be pasted."""

from fractions import Fraction

import numpy as np

import tabular
from proofs_check import claims
from proofs_check.arithmetic import lift, log, nearby_rational
from proofs_check.evidence.exact import decide_instance, decide_known
from proofs_check.evidence.witness import PRELUDE, pasteable

BOTH = ("float", "exact")


def test_equality_is_told_from_strict_inequality(plant):
    made = plant(lambda x: (x * x, x), arithmetics=BOTH)
    outcomes = {
        x: decide_instance(made, made.sides, "planted", lambda x=x: {"x": x}) for x in (Fraction(1, 2), 1, Fraction(3, 2))
    }
    assert [d.outcome for d in outcomes.values()] == ["holds", "holds", "violated"]
    assert [d.equal for d in outcomes.values()] == [False, True, False]
    assert [d.tightness for d in outcomes.values()] == [0.5, 1.0, 1.5]


def test_a_side_that_raises_is_a_failure(plant):
    made = plant(lambda x: (log(x), x), arithmetics=BOTH)
    made.known("no logarithm")(lambda: {"x": "zero"})
    (decided,) = decide_known(made)
    assert decided.outcome == "failed"
    assert not decided.proved
    assert decided.error is not None


def test_known_extremes_are_equalities():
    names = {c.slug: [d for d in decide_known(c) if "equality" in d.name] for c in claims()}
    assert sum(map(len, names.values())) >= 6
    for slug, extremes in names.items():
        assert all(d.outcome == "holds" and d.equal for d in extremes), slug


def test_witnesses_can_be_pasted():
    mdp = tabular.MDP(
        [[[0.5, 0.5], [0, 0]], [[1, 0], [0, 1]]], [[1, 0], [0.25, 2]], 0.9, allowed=[[True, False], [True, True]], initial=1
    )
    scope = {}
    exec(f"{PRELUDE}\n" + pasteable({"mdp": mdp, "v": np.array([1.5, -0.0]), "n": np.int64(3), "name": "text"}), scope)
    np.testing.assert_array_equal(scope["mdp"].P, mdp.P)
    np.testing.assert_array_equal(scope["mdp"].r, mdp.r)
    np.testing.assert_array_equal(scope["mdp"].allowed, mdp.allowed)
    np.testing.assert_array_equal(scope["v"], [1.5, -0.0])
    assert (scope["n"], scope["name"]) == (3, "text")


def test_exact_witnesses_come_back_exactly():
    mdp = tabular.MDP(np.full((3, 2, 3), 1 / 3), np.zeros((3, 2)), 0.9, initial=np.full(3, 1 / 3))
    instance = nearby_rational({"mdp": mdp, "p": np.array([0.1, 0.9]), "n": 3})
    scope = {}
    exec(f"{PRELUDE}\n" + pasteable(instance), scope)
    again = lift({name: scope[name] for name in instance})
    assert (again["mdp"].P == instance["mdp"].P).all()
    assert again["mdp"].gamma == instance["mdp"].gamma
    assert (again["p"] == instance["p"]).all()
    assert again["n"] == 3
