"""Parametrisations: valid objects everywhere, corners on the faces, and the same point in both arithmetics."""

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import Integer, exact, lift
from proofs_check.exact_mdp import ExactMDP
from proofs_check.spaces import Choice, Integers, Interval, Kernel, LogInterval, Model, Near, Policy, Product, Simplex, Vector

SPACE = Product.of(
    p=Simplex(4),
    one=Simplex(1),
    n=Integers(-2, 7),
    x=Interval(Fraction(-1, 3), 2),
    scale=LogInterval(Fraction(1, 1000), 7),
    kernel=Kernel((2, 3), 3),
    policy=Policy(2, 2),
    v=Vector((2, 2), -5, 5),
    mdp=Model(2, 3),
    close=Near(Simplex(3), np.array([0.5, 0.25, 0.25]), decades=4),
    kind=Choice((1, 2, 3)),
)
coordinates = st.floats(0, 1) | st.sampled_from([0.0, 1.0, 0.5])
cubes = st.lists(coordinates, min_size=SPACE.dimension, max_size=SPACE.dimension)


@given(cubes)
def test_points_are_valid_and_agree_in_both_arithmetics(u):
    here = SPACE.point(u)
    with exact():
        there = SPACE.point(u)
    assert here["p"].sum() == pytest.approx(1)
    assert sum(there["p"]) == 1
    assert all(x >= 0 for x in there["p"])
    assert list(there["one"]) == [1]
    assert here["n"] == there["n"]
    assert isinstance(there["n"], Integer)
    assert -2 <= here["n"] <= 7
    assert -1 / 3 - 1e-15 <= here["x"] <= 2
    assert 1e-3 <= here["scale"] <= 7
    assert all(total == 1 for total in there["kernel"].sum(axis=2).reshape(-1))
    assert here["kernel"].shape == there["kernel"].shape == (2, 3, 3)
    assert here["policy"].shape == (2, 2)
    assert isinstance(here["mdp"], tabular.MDP)
    assert isinstance(there["mdp"], ExactMDP)
    assert sum(there["close"]) == 1
    for name in ("p", "x", "scale", "kernel", "policy", "v", "close"):
        np.testing.assert_allclose(np.asarray(there[name]).astype(float), here[name], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(there["mdp"].P.astype(float), here["mdp"].P, atol=1e-12)


def test_faces_are_corners():
    assert Simplex(3).point([1.0, 0.3]).tolist() == [1, 0, 0]
    assert Simplex(3).point([0.0, 0.0]).tolist() == [0, 0, 1]
    assert [Integers(2, 4).point([x]) for x in (0.0, 0.34, 0.999, 1.0)] == [2, 3, 4, 4]
    assert [LogInterval(1, 8).point([x]) for x in (0.0, 1 / 3, 2 / 3, 1.0)] == [1, 2, 4, 8]
    assert Choice(("a", "b")).point([1.0]) == "b"


def test_points_near_a_centre_reach_every_scale():
    space = Near(Interval(0, 1), 0, decades=6)
    assert [space.point([s, 1.0]) for s in (0.0, 0.5, 1.0)] == pytest.approx([1, 1e-3, 1e-6])
    with exact():
        assert space.point(lift([1, 1])) == fmpq(1, 10**6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Interval(1, 0), "empty"),
        (lambda: LogInterval(0, 1), "0 < low"),
        (lambda: Integers(3, 2), "no integer"),
        (lambda: Simplex(0), "at least one"),
        (lambda: Product.of(x=Interval(0, 1)).point([0.1, 0.2]), "2 coordinates for a space of dimension 1"),
    ],
)
def test_bad_spaces(make, message):
    with pytest.raises(ValueError, match=message):
        make()
