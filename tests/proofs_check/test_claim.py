"""What a claim is: registration, lookup, what may be attached."""

from fractions import Fraction

import flint
import pytest

import proofs_check.claim as module
from proofs_check import ClaimError, claims
from proofs_check.arithmetic import rational
from proofs_check.spaces import Interval


def square(x):
    """a statement"""
    return x, x * x


def test_a_claim_knows_its_theorem(plant):
    made = plant(square, arithmetics=("float", "exact"), theorem="Theorem 1")
    assert made in claims(["test"])
    assert made.sides(x=2.0) == (2.0, 4.0)
    assert made.exactly(x=Fraction(1, 3)) == (flint.fmpq(1, 3), flint.fmpq(1, 9))
    assert made.statement == "a statement"
    assert made.source == "nobody, Theorem 1"
    assert made.status == "unchecked"


def test_a_claim_in_doubles_says_so(plant):
    with pytest.raises(ClaimError, match="in doubles only"):
        plant(square).exactly(x=1)


def test_a_sibling_must_differ(plant):
    made = plant(square)

    def same(x):
        """another docstring"""
        return x, x * x

    with pytest.raises(ClaimError, match="computes the same"):
        made.false_sibling("nothing changed")(same)
    made.false_sibling("a constant changed")(lambda x: (x, x * x + 1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"relation": "<"}, "relation '<'"),
        ({"objective": "distance"}, "objective 'distance'"),
        ({"arithmetics": ("decimal",)}, "arithmetics"),
        ({"arithmetics": ()}, "arithmetics"),
        ({"search": {"y": Interval(0, 1)}}, r"takes \['x'\] but is searched over \['y'\]"),
    ],
)
def test_bad_claims(plant, arguments, message):
    with pytest.raises(ClaimError, match=message):
        plant(square, **arguments)


def test_a_claim_needs_a_statement(registry):
    from hypothesis import strategies as st

    with pytest.raises(ClaimError, match="no docstring"):
        module.claim("test.mute", "<=", paper="nobody", instances=st.nothing(), allowance=lambda x: 0.0)(lambda x: (x, x))


def half(x):
    return x / 2 + 0.5


def test_exact_formulas_contain_no_floats(plant, monkeypatch):
    def direct(x):
        return x, x + 0.5

    def folded(x):
        return x, x + 1 / 2

    def nested(x):
        return x, sum(y + 0.5 for y in [x])

    def clean(x):
        return x, x + rational(1, 2)

    for sides in (direct, folded, nested):
        with pytest.raises(ClaimError, match=r"contains the float 0\.5"):
            plant(sides, arithmetics=("float", "exact"))
        plant(sides, arithmetics=("float",))
    made = plant(clean, arithmetics=("float", "exact"))
    with pytest.raises(ClaimError, match=r"contains the float 0\.5"):
        made.false_sibling("in a sibling")(direct)


def test_duplicate_slugs_are_refused(plant, monkeypatch):
    made = plant(square)
    monkeypatch.setattr(made.sides, "__module__", "elsewhere")
    with pytest.raises(ClaimError, match=r"two claims are called test\.planted"):
        plant(lambda x: (x, x + 1))


def test_unknown_slug_suggests_the_nearest():
    with pytest.raises(ClaimError, match=r"did you mean 'mdp.contraction'"):
        claims(["mdp.contracton"])


def test_every_slug_starts_with_its_topic():
    for c in claims():
        if not c.slug.startswith("test."):
            assert f".topics.{c.slug.split('.')[0]}." in c.sides.__module__


def test_every_claim_can_be_followed_up():
    for c in claims():
        assert c.false_siblings, c.slug
        assert c.paper, c.slug
        assert (c.allowance.__doc__ or "").strip(), c.slug
        assert set(c.uses) <= {other.slug for other in claims()}, c.slug
