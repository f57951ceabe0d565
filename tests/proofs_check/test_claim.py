"""What a claim is: registration, lookup, what may be attached."""

import textwrap
from fractions import Fraction

import flint
import pytest
from hypothesis import strategies as st

import proofs_check.claim as module
from proofs_check import ClaimError, claims
from proofs_check.arithmetic import rational
from proofs_check.lookup import home
from proofs_check.spaces import Interval
from proofs_check.verification import verify


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


def test_a_known_instance_needs_exact_arithmetic(plant):
    with pytest.raises(ClaimError, match="known instance 'two' could not be decided"):
        plant(square).known("two")(lambda: {"x": 2})


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
        ({"conjecture": True, "argument": "it is obvious"}, "conjecture, but has an argument"),
        ({"arithmetics": ("exact",), "search": {"x": Interval(0, 1)}}, "needs sides in doubles"),
        ({"search": {"y": Interval(0, 1)}}, r"takes \['x'\] but is searched over \['y'\]"),
    ],
)
def test_bad_claims(plant, arguments, message):
    with pytest.raises(ClaimError, match=message):
        plant(square, **arguments)


def test_a_claim_needs_a_statement(registry):
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


def test_duplicate_slugs_are_refused(registry, monkeypatch):
    """In two modules, and in one, where a copied decorator keeps its slug; the same function again is a cell run again."""
    register = module.claim("test.planted", "<=", paper="nobody", instances=st.nothing(), allowance=lambda x: 0.0)

    def other(x):
        """a statement"""
        return x, x + 1

    register(square)
    assert register(square).sides is square
    with pytest.raises(ClaimError, match=r"two claims are called test\.planted: .*test_claim\.square and .*other"):
        register(other)
    monkeypatch.setattr(square, "__module__", "elsewhere")
    with pytest.raises(ClaimError, match=r"two claims are called test\.planted: elsewhere\.square and"):
        register(other)


FILE = """
from hypothesis import strategies as st
from proofs_check.claim import claim
from proofs_check.spaces import Interval

@claim("mine.square", "<=", paper="me", instances=st.builds(dict, x=st.floats(0, 1)), search={"x": Interval(0, 1)},
       allowance=lambda x: 1e-15)
def square(x):
    r"$x^2 \\le x$ for $0 \\le x \\le 1$."
    return x * x, x

@square.false_sibling("half")
def _(x):
    return x * x, x / 2
"""


@pytest.fixture
def file(tmp_path, registry):
    """A scratch file with a claim of a dozen lines."""
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    return path


def test_the_example_in_the_documentation_is_proved(tmp_path, registry):
    example = module.__doc__.partition("does the rest:\n")[2].partition("The same formula")[0]
    path = tmp_path / "mine.py"
    path.write_text(textwrap.dedent(example))
    (result,) = verify([str(path)])
    assert result.verdict == "holds"
    assert result.proved
    assert any(d.equal for d in result.decided)


def test_any_file_may_hold_claims(file):
    (found,) = claims([str(file)])
    assert found.slug == "mine.square"
    assert claims([str(file), "mine"]) == [found]
    assert claims(["mdp.contraction", str(file)])[1] is found
    assert home(found) == str(file.resolve())
    assert home(claims(["mdp.contraction"])[0]) is None


def test_a_file_of_claims_is_verified_by_other_processes_too(file):
    alone, together = (verify([str(file), "best_of_n.pmf"], jobs=jobs) for jobs in (1, 2))
    assert [r.verdict for r in alone] == ["holds", "holds"]
    assert [(r.slug, r.summary) for r in alone] == [(r.slug, r.summary) for r in together]


def test_claims_without_a_file_stay_in_their_process(registry):
    scope = {"__name__": "__main__"}
    exec(compile(FILE, "<stdin>", "exec"), scope)
    assert verify(["mine"])[0].verdict == "holds"
    with pytest.raises(ClaimError, match=r"mine\.square was defined in <stdin>: other processes need a file"):
        verify(["mine"], jobs=2)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "there is no file"), ("1 / 0", r"does not run: ZeroDivisionError"), ("x = 1", "registers no claims")],
)
def test_files_without_claims(tmp_path, registry, content, message):
    path = tmp_path / "mine.py"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ClaimError, match=message):
        claims([str(path)])


@pytest.mark.parametrize("slug", ["", "planted", "test.", "test planted.x", ".planted"])
def test_bad_slugs(registry, slug):
    with pytest.raises(ClaimError, match=r"expected topic\.name"):
        module.claim(slug, "<=", paper="nobody", instances=st.nothing(), allowance=lambda x: 0.0)(square)


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
