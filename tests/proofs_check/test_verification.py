"""Verdicts: planted truths hold, planted falsehoods are refuted, blind checks are unchecked, broken ones failed."""

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check import ClaimError, claims
from proofs_check.arithmetic import log
from proofs_check.claim import claim
from proofs_check.evidence import KINDS
from proofs_check.spaces import Interval
from proofs_check.verification import verify, verify_claim

UNIT = {"x": Interval(0, 2)}


def test_a_truth_with_a_refuted_sibling_holds(plant):
    result = verify_claim(plant(lambda x: (x, x + 1), lambda x: (x, 1.0)))
    assert result.verdict == "holds"
    assert result.ok
    assert "supported" in result.summary
    assert "proved" not in result.summary


def test_a_falsehood_is_refuted_with_its_witness(plant):
    result = verify_claim(plant(lambda x: (x, 1.0), lambda x: (x, 0.5)))
    assert result.verdict == "refuted"
    scope = {}
    exec(result.witness, scope)
    assert scope["x"] > 1


def test_what_only_the_adversary_finds_is_refuted(plant):
    """A spike of width 2e-4 that 200 samples of round numbers miss: the search climbs it and exact arithmetic confirms it."""

    def spike(x):
        return 1 - (x - 1234567 * one(x) / 10**6) ** 2, 1 - one(x) / 10**8

    def one(x):
        return 1 + 0 * x

    result = verify_claim(
        plant(spike, lambda x: (x, one(x)), arithmetics=("float", "exact"), search=UNIT, allowance=lambda x: 1e-15)
    )
    assert result.sampled.witness is None
    assert result.verdict == "refuted"
    assert result.searched.confirmed
    assert result.summary == "refuted exactly on: tightest found by the adversary"


def test_a_falsehood_on_a_known_instance_is_refuted_exactly(plant):
    made = plant(lambda x: (x * x, 3 * x / 2), lambda x: (x, x / 2), arithmetics=("float", "exact"))
    made.known("the end")(lambda: {"x": 2})
    result = verify_claim(made, evidence=["exact"])
    assert result.verdict == "refuted"
    assert "refuted exactly on: the end" in result.summary


def test_a_blind_check_is_unchecked(plant):
    assert verify_claim(plant(lambda x: (x, x + 1), lambda x: (x, x + 2))).verdict == "unchecked"
    assert verify_claim(plant(lambda x: (x, x + 1))).verdict == "unchecked"
    both = verify_claim(plant(lambda x: (x, x + 1), lambda x: (x, 1.0), lambda x: (x, x + 2)))
    assert both.verdict == "unchecked"
    assert "planted 1" in both.summary


def test_a_sibling_equal_to_its_claim_is_said_to_be(plant):
    result = verify_claim(plant(lambda x: (x, x + 1), lambda x: (x + 0.0, 1 + x)))
    assert result.verdict == "unchecked"
    assert "computes the same" in result.summary


def test_a_surviving_sibling_outranks_every_proof(plant):
    made = plant(
        lambda x: (x, x + 1), lambda x: (x, x + 2), arithmetics=("float", "exact"), search=UNIT, argument="it is obvious"
    )
    made.step("zero is zero", method="expand")(lambda: (0, 0))
    result = verify_claim(made)
    assert all(step.done for step in result.steps)
    assert result.verdict == "unchecked"
    assert not result.ok


def test_a_broken_side_is_a_failure_not_a_pass(plant):
    def raises(x):
        raise tabular.SolverError("planted")

    for broken in (raises, lambda x: (np.nan, x), lambda x: ([x], [x, x])):
        result = verify_claim(plant(broken, lambda x: (x, 0.0), search=UNIT))
        assert result.verdict == "failed"
        assert result.searched.error is not None


def test_a_strategy_that_generates_nothing_is_a_failure(plant):
    empty = st.builds(dict, x=st.floats(0, 1).filter(lambda x: x > 2))
    assert verify_claim(plant(lambda x: (x, x + 1), lambda x: (x, 0.0), instances=empty)).verdict == "failed"
    assert verify_claim(plant(lambda x: (x, x + 1), lambda x: (x, 0.0), instances=st.nothing())).verdict == "failed"


def test_doubles_that_contradict_exact_arithmetic_are_a_failure(plant):
    """A wrong solver must be noticed even though the theorem is right."""

    def sides(x):
        return (x * 1.25 if isinstance(x, float) else x), x + 0 * x

    for kinds in (["sampled"], ["searched"]):
        made = plant(sides, lambda x: (x, x / 2), arithmetics=("float",), search=UNIT)
        object.__setattr__(made, "arithmetics", ("float", "exact"))  # float literals are refused otherwise
        result = verify_claim(made, evidence=kinds)
        assert result.verdict == "failed"
        assert "a solver or the allowance is wrong" in result.summary
        assert "x = " in result.summary


def test_monotone_claims_and_limits_go_through_the_same_machinery(plant):
    times = np.arange(1, 40)

    def monotone(x):
        return [x * t / (1 + t) for t in range(1, 5)], [1, 2, 3, 4]

    made = plant(
        monotone,
        lambda x: (monotone(x)[0][::-1], [1, 2, 3, 4]),
        relation="monotone",
        arithmetics=("float", "exact"),
        search=UNIT,
        allowance=lambda x: 1e-15,
    )
    made.known("one")(lambda: {"x": 1})
    result = verify_claim(made)
    assert result.verdict == "holds", result.summary
    assert any(d.name == "one" and d.proved for d in result.decided)
    limit = plant(
        lambda x: (x + 2.0**-times, x),
        lambda x: (x + 1 / times, x),
        relation="limit",
        search=UNIT,
        allowance=lambda x: 1e-9,
    )
    result = verify_claim(limit)
    assert result.verdict == "holds", result.summary
    assert result.searched.error is None


def test_conjectures_and_corrections_are_called_so(plant):
    arguments = {"arithmetics": ("float",)}
    assert verify_claim(plant(lambda x: (x, x + 1), lambda x: (x, 1.0), conjecture=True, **arguments)).verdict == "open"
    corrected = verify_claim(plant(lambda x: (x, x + 1), lambda x: (x, 1.0), correction="the 1 was missing", **arguments))
    assert corrected.verdict == "holds as corrected"
    assert corrected.ok


def test_a_contradicted_step_fails_the_claim(plant):
    made = plant(lambda x: (x, x + 1), lambda x: (x, 1.0))
    made.step("wrong", method="expand")(lambda: (1, 2))
    assert verify_claim(made).verdict == "failed"


def test_strength_says_what_is_proved_and_given(plant):
    made = plant(
        lambda x: (log(1 + x), x),
        lambda x: (x, log(1 + x)),
        arithmetics=("float", "exact"),
        argument="words",
        allowance=lambda x: 1e-15,
    )
    made.known("one")(lambda: {"x": 1})
    made.step("zero", method="expand")(lambda: (0, 0))
    result = verify_claim(made)
    assert result.verdict == "holds"
    assert result.proved
    assert "proved by 1 symbolic step and the written argument; proved on 2 instances" in result.strength


@pytest.fixture
def chain(registry):
    """``chain(slug, *uses, ...)`` registers a true claim with a step, an argument, and claims that it uses."""

    def make(slug, *uses, sibling=lambda x: (x, x / 2), statement=lambda x: (x, x + 1), step=(0, 0), **arguments):
        def sides(x):
            """planted"""
            return statement(x)

        arguments = {"argument": "words", "arithmetics": ("float",), "uses": uses, **arguments}
        made = claim(
            slug, "<=", paper="nobody", instances=st.builds(dict, x=st.floats(0.1, 2)), allowance=no_rounding, **arguments
        )(sides)
        made.false_sibling("planted")(sibling)
        made.step("zero", method="expand")(lambda: step)
        return made

    return make


def no_rounding(x):
    """There is none."""
    return 0.0


def strengths(*slugs, **options):
    return {r.slug: (r.verdict, r.strength.partition(";")[0], r.proved) for r in verify(slugs, **options)}


def test_a_claim_is_proved_only_with_the_claims_that_it_uses(chain):
    chain("test.a", "test.b")
    chain("test.b", "test.c")
    chain("test.c")
    how = "by 1 symbolic step and the written argument"
    assert strengths("test") == {
        "test.a": ("holds", f"proved {how}, with test.b", True),
        "test.b": ("holds", f"proved {how}, with test.c", True),
        "test.c": ("holds", f"proved {how}", True),
    }
    assert strengths("test.a") == {"test.a": ("holds", f"follows from test.b (not verified in this run) {how}", False)}
    assert verify_claim(claims(["test.b"])[0]).proved is False


def test_a_stopped_run_has_finished_the_claims_that_are_used_first(chain):
    """Whatever their names: else nearly all would be waiting for the last one."""
    chain("test.a", "test.z")
    chain("test.b", "test.z")
    chain("test.z")
    finished = []

    def stop(result):
        finished.append(result.slug)
        if len(finished) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verify(["test"], on_result=stop)
    assert finished == ["test.z", "test.a"]


def test_what_rests_on_an_unproved_claim_is_not_proved(chain):
    chain("test.a", "test.b")
    chain("test.b", "test.c")
    chain("test.c", argument="")
    found = strengths("test")
    assert found["test.c"][1:] == ("1 of 1 symbolic steps done", False)
    assert found["test.b"][1].startswith("follows from test.c (not proved)")
    assert found["test.a"][1].startswith("follows from test.b (not proved)")


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        ({"statement": lambda x: (x, x / 2), "sibling": lambda x: (x, x / 4)}, "refuted"),
        ({"sibling": lambda x: (x, x + 2)}, "unchecked"),
        ({"step": (1, 2)}, "failed"),
    ],
)
def test_what_rests_on_a_claim_that_fails_is_not_even_derived(chain, fault, verdict):
    chain("test.a", "test.b")
    chain("test.b", **fault)
    found = strengths("test")
    assert found["test.b"][0] == verdict
    assert found["test.a"] == ("holds", f"all symbolic steps done, but the argument uses test.b ({verdict})", False)


def test_arguments_that_go_in_circles_fail(chain):
    chain("test.a", "test.b")
    chain("test.b", "test.c")
    chain("test.c", "test.b")
    found = {r.slug: r for r in verify(["test"])}
    assert found["test.b"].verdict == found["test.c"].verdict == "failed"
    assert found["test.b"].summary == "the argument goes round in a circle: test.b uses test.c uses test.b"
    assert not found["test.a"].proved
    chain("test.d", "test.d")
    assert "test.d uses test.d" in verify_claim(claims(["test.d"])[0]).summary


def test_an_argument_that_uses_an_unknown_claim_fails(chain):
    result = verify_claim(chain("test.a", "mdp.contracton"))
    assert result.verdict == "failed"
    assert "no claim is called so; did you mean 'mdp.contraction'" in result.summary


def test_nothing_gathered_is_nothing_said(plant):
    made = plant(lambda x: (x, x + 1), lambda x: (x, 0.0))
    for kinds in (["symbolic"], ["exact"], ["searched"]):
        result = verify_claim(made, evidence=kinds)
        assert result.verdict == "unchecked"
        assert result.summary == "no evidence was gathered"
    made.step("cannot be done", method="none")(lambda: (sp.Symbol("a") ** 2, sp.Symbol("a") * sp.Symbol("a") * sp.Symbol("b")))
    made.steps[0] = replace(made.steps[0], method="none", relation=">=", expressions=lambda: (sp.Symbol("a"), sp.Integer(0)))
    assert verify_claim(made, evidence=["symbolic"]).verdict != "holds"


def test_whatever_raises_fails_its_own_claim_and_no_other(chain, monkeypatch):
    chain("test.a")
    broken = chain("test.b")
    broken.step("of an unknown method", method="magic")(lambda: (0, 0))
    found = {r.slug: r.verdict for r in verify(["test"])}
    assert found == {"test.a": "holds", "test.b": "failed"}


def test_evidence_can_be_chosen():
    result = verify_claim(claims(["best_of_n.kl_cap"])[0], evidence=["symbolic"])
    assert result.verdict == "holds"
    assert result.sampled is None
    assert result.searched is None
    assert len(result.steps) == 1
    assert all(s.refuted_by == "sampled" for s in result.siblings)
    with pytest.raises(ClaimError, match="'guessed'"):
        verify_claim(claims(["best_of_n.kl_cap"])[0], evidence=["guessed"])
    with pytest.raises(ClaimError, match="budget is 'huge'"):
        verify(["mdp"], budget="huge")


def without_times(results):
    return [(r.slug, r.verdict, r.summary, r.sampled, r.searched, r.decided, r.steps, r.siblings) for r in results]


SOME = ["best_of_n.kl_cap", "best_of_n.pmf", "mdp.contraction", "solvers.finite_horizon"]


def test_a_seed_gives_the_same_evidence():
    chosen = claims(["best_of_n.kl_cap"])
    first, second, other = (without_times([verify_claim(chosen[0], seed=s)]) for s in (3, 3, 4))
    assert first == second
    assert first != other


def test_results_do_not_depend_on_the_number_of_jobs():
    seen = []
    alone = verify(SOME, jobs=1, evidence=KINDS)
    together = verify(SOME, jobs=2, evidence=KINDS, on_result=seen.append)
    assert without_times(alone) == without_times(together)
    assert sorted(r.slug for r in seen) == [r.slug for r in together] == sorted(SOME)


def test_results_do_not_depend_on_a_cluster():
    distributed = pytest.importorskip("distributed")
    alone = verify(SOME[:2], jobs=1)
    # Threads of one worker share the precision of balls and the state of hypothesis: they must take turns.
    with distributed.LocalCluster(n_workers=1, threads_per_worker=4, dashboard_address=None) as cluster:
        spread = verify(SOME[:2], cluster=cluster.scheduler_address)
    assert without_times(alone) == without_times(spread)


def test_an_unreachable_cluster_is_an_error(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("proofs_check.workers.PATIENCE", 1)
    with pytest.raises(ClaimError, match=r"no dask cluster with workers answers at 'tcp://127.0.0.1:1'"):
        verify(["best_of_n.pmf"], cluster="tcp://127.0.0.1:1")
