"""The evidence can fail: planted truths hold, planted falsehoods are refuted, blind checks are unchecked, broken ones failed."""

import numpy as np
import pytest
from hypothesis import strategies as st

import proofs_check.claim as module
import tabular
from proofs_check import claims
from proofs_check.claim import claim
from proofs_check.verification import pasteable, verify, verify_claim


@pytest.fixture(autouse=True)
def _separate_registry(monkeypatch):
    claims()
    monkeypatch.setattr(module, "_REGISTRY", dict(module._REGISTRY))


def planted(sides, sibling=None, instances=None):
    sides.__doc__ = "planted"
    instances = st.builds(dict, x=st.floats(0, 2)) if instances is None else instances
    made = claim("test.planted", "<=", paper="nobody", instances=instances, allowance=lambda **_: 0.0)(sides)
    if sibling is not None:
        made.false_sibling("planted")(sibling)
    return verify_claim(made)


def test_a_truth_with_a_refuted_sibling_holds():
    result = planted(lambda x: (x, x + 1), lambda x: (x, 1.0))
    assert result.verdict == "holds"
    assert result.ok
    assert "supported" in result.summary
    assert "proved" not in result.summary


def test_a_falsehood_is_refuted_with_its_witness():
    result = planted(lambda x: (x, 1.0), lambda x: (x, 0.5))
    assert result.verdict == "refuted"
    scope = {}
    exec(result.witness, scope)
    assert scope["x"] > 1


def test_a_blind_check_is_unchecked():
    assert planted(lambda x: (x, x + 1), lambda x: (x, x + 2)).verdict == "unchecked"
    assert planted(lambda x: (x, x + 1)).verdict == "unchecked"


def test_a_broken_side_is_a_failure_not_a_pass():
    def raises(x):
        raise tabular.SolverError("planted")

    assert planted(raises, lambda x: (x, 0.0)).verdict == "failed"
    assert planted(lambda x: (np.nan, x), lambda x: (x, 0.0)).verdict == "failed"
    assert planted(lambda x: ([x], [x, x]), lambda x: (x, 0.0)).verdict == "failed"


def test_a_strategy_that_generates_nothing_is_a_failure():
    empty = st.builds(dict, x=st.floats(0, 1).filter(lambda x: x > 2))
    assert planted(lambda x: (x, x + 1), lambda x: (x, 0.0), empty).verdict == "failed"
    assert planted(lambda x: (x, x + 1), lambda x: (x, 0.0), st.nothing()).verdict == "failed"


def test_a_seed_gives_the_same_evidence():
    chosen = claims(["mdp.contraction"])[0]
    first, second, other = (verify_claim(chosen, seed=s) for s in (3, 3, 4))
    assert first.sampled == second.sampled
    assert first.siblings == second.siblings
    assert first.sampled.slack != other.sampled.slack or first.siblings != other.siblings


def test_results_do_not_depend_on_the_number_of_jobs():
    slugs = ["mdp.contraction", "mdp.monotonicity"]
    alone, together = verify(slugs, jobs=1), verify(slugs, jobs=2)
    assert [r.sampled for r in alone] == [r.sampled for r in together]


def test_witnesses_can_be_pasted():
    mdp = tabular.MDP(
        [[[0.5, 0.5], [0, 0]], [[1, 0], [0, 1]]], [[1, 0], [0.25, 2]], 0.9, allowed=[[True, False], [True, True]], initial=1
    )
    scope = {"array": np.array, "MDP": tabular.MDP}
    exec(pasteable({"mdp": mdp, "v": np.array([1.5, -0.0])}), scope)
    np.testing.assert_array_equal(scope["mdp"].P, mdp.P)
    np.testing.assert_array_equal(scope["mdp"].r, mdp.r)
    np.testing.assert_array_equal(scope["mdp"].allowed, mdp.allowed)
    np.testing.assert_array_equal(scope["v"], [1.5, -0.0])
