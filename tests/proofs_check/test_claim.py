"""What a claim is: registration, lookup, the slack of a relation."""

import numpy as np
import pytest
from hypothesis import strategies as st

import proofs_check.claim as module
from proofs_check import ClaimError, claims
from proofs_check.claim import claim, slack


@pytest.fixture(autouse=True)
def _separate_registry(monkeypatch):
    claims()
    monkeypatch.setattr(module, "_REGISTRY", dict(module._REGISTRY))


def make(slug="test.square", relation="<=", doc="a statement"):
    def sides(x):
        return x, x * x

    sides.__doc__ = doc
    return claim(slug, relation, paper="nobody", instances=st.builds(dict, x=st.floats(1, 2)), allowance=lambda x: 0.0)(sides)


def test_a_claim_knows_its_theorem():
    made = make()
    assert made in claims(["test"])
    assert made.sides(x=2.0) == (2.0, 4.0)
    assert made.statement == "a statement"
    assert made.status == "unchecked"


def test_a_sibling_must_differ():
    made = make()

    def same(x):
        return x, x * x

    with pytest.raises(ClaimError, match="computes the same"):
        made.false_sibling("nothing changed")(same)


@pytest.mark.parametrize(("arguments", "message"), [({"relation": "<"}, "relation '<'"), ({"doc": ""}, "no docstring")])
def test_bad_claims(arguments, message):
    with pytest.raises(ClaimError, match=message):
        make(**arguments)


def test_duplicate_slugs_are_refused(monkeypatch):
    made = make()
    monkeypatch.setattr(made.sides, "__module__", "elsewhere")
    with pytest.raises(ClaimError, match=r"two claims are called test\.square"):
        make()


def test_unknown_slug_suggests_the_nearest():
    with pytest.raises(ClaimError, match=r"did you mean 'mdp.contraction'"):
        claims(["mdp.contracton"])


def test_every_slug_starts_with_its_topic():
    for c in claims():
        if not c.slug.startswith("test."):
            assert f".topics.{c.slug.split('.')[0]}." in c.sides.__module__


def test_slack():
    assert slack("<=", 1.0, 2.0, 0.0) == 0.5
    assert slack("<=", 2.0, 1.0, 0.0) == -0.5
    assert slack(">=", 2.0, 1.0, 0.0) == 0.5
    assert slack("==", [1.0, 1.0], [1.0, 1.1], 0.0) < 0
    assert slack("==", 1.0, 1.0 + 1e-15, 1e-14) > 0


@pytest.mark.parametrize(
    ("left", "right", "message"), [([1.0], [1.0, 2.0], "shapes"), (np.nan, 1.0, "not a number"), ([], [], "empty")]
)
def test_sides_that_cannot_be_compared(left, right, message):
    with pytest.raises(ClaimError, match=message):
        slack("<=", left, right, 0.0)
