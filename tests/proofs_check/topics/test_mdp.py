"""The mdp claims hold, and they notice when a solver is broken."""

from fractions import Fraction

import numpy as np
import pytest

import tabular
from proofs_check import claims
from proofs_check.arithmetic import exact, lift
from proofs_check.evidence.sampled import sample
from proofs_check.verification import BUDGETS, verify, verify_claim
from tabular.bellman import Evaluation, Optimality

CLAIMS = claims(["mdp"])


def test_claims_hold_and_are_proved():
    """Every claim by steps and an argument, resting on claims that are proved in the same run."""
    for result in verify(["mdp"], budget="smoke"):
        check(result)
        assert result.proved, result.strength


@pytest.mark.slow
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c.slug)
def test_claims_hold_with_another_seed(claim):
    check(verify_claim(claim, seed=1))


def check(result):
    assert result.verdict == "holds", (result.slug, result.summary, result.witness)
    assert all(sibling.refuted_by is not None for sibling in result.siblings)
    assert all(step.done for step in result.steps)
    assert all(decided.proved for decided in result.decided)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c.slug)
def test_both_arithmetics_agree(claim):
    """Solvers in doubles against definitions in rationals, at the same cube points."""
    rng = np.random.default_rng(0)
    for _ in range(10):
        u = rng.random(claim.search.dimension)
        instance = claim.search.point(u)
        with exact():
            there = claim.sides(**claim.search.point(u))
        allowance = claim.allowance(**instance)
        for x, y in zip(claim.sides(**instance), there, strict=True):
            np.testing.assert_allclose(x, np.asarray(y, dtype=object).astype(float), rtol=1e-12, atol=10 * allowance)


def noticed(*slugs):
    """Whether sampling alone, which is the quickest evidence, refutes or fails each claim."""
    results = {claim.slug: sample(claim, BUDGETS["quick"].samples, 0, shrink=False) for claim in claims(slugs)}
    return all(r.witness is not None or r.error is not None for r in results.values())


def test_a_forgotten_discount_is_noticed(monkeypatch):
    monkeypatch.setattr(Optimality, "q_values", lambda self, v: self.rewards + self.mdp.P @ v)
    assert noticed("mdp.contraction", "mdp.span_bound")


def test_a_flipped_sign_is_noticed(monkeypatch):
    monkeypatch.setattr(Optimality, "q_values", lambda self, v: self.rewards - self.mdp.gamma * self.mdp.P @ v)
    assert noticed("mdp.monotonicity")


def test_a_transposed_matrix_is_noticed(monkeypatch):
    original = Evaluation.affine
    monkeypatch.setattr(Evaluation, "affine", lambda self: (np.ascontiguousarray(original(self)[0].T), original(self)[1]))
    assert noticed("mdp.policy_improvement", "mdp.performance_difference")


def test_a_dropped_factor_is_noticed(monkeypatch):
    original = tabular.evaluation.evaluate
    monkeypatch.setattr(tabular.evaluation, "evaluate", lambda *args, **kwargs: 0.999 * original(*args, **kwargs))
    assert noticed("mdp.linear_programming_duality")


def test_occupancies_of_the_transposed_flow_are_noticed(monkeypatch):
    original = tabular.evaluation.evaluate

    def faulty(*args, transposed=False, **kwargs):
        return original(*args, **kwargs)

    monkeypatch.setattr(tabular.evaluation, "evaluate", faulty)
    assert noticed("mdp.performance_difference", "mdp.weak_duality")


def test_a_greedy_policy_that_minimises_is_noticed(monkeypatch):
    monkeypatch.setattr(tabular, "greedy", lambda mdp, v: tabular.q_values(mdp, v).argmin(axis=1))
    assert noticed("mdp.policy_improvement")


def test_the_known_extreme_of_the_greedy_loss_is_attained():
    (claim,) = claims(["mdp.greedy_loss"])
    (toll,) = [known for known in claim.known_instances if "toll" in known.name]
    left, right = claim.exactly(**lift(toll.instance()))
    assert left == right == 18


def test_known_extremes_are_attained():
    """Bounds whose constants are sharp, on instances worked out by hand: 18 = 2 * 9, and a stopping rule with gamma squared."""
    extremes = {"mdp.greedy_loss_from_span": 18, "mdp.stopping_rule": Fraction(81, 5), "mdp.simulation": 9}
    for slug, value in extremes.items():
        (claim,) = claims([slug])
        left, right = claim.exactly(**lift(claim.known_instances[-1].instance()))
        assert left == right == lift(value), slug


@pytest.mark.parametrize(
    ("fault", "noticed_by"),
    [
        (lambda q: lambda mdp, v: mdp.r - mdp.gamma * (mdp.P @ v), "mdp.value_iteration_rate"),
        (lambda q: lambda mdp, v: mdp.r + mdp.P @ v, "mdp.constant_shift"),
        (lambda q: lambda mdp, v: mdp.r + mdp.gamma * (mdp.P.transpose(2, 1, 0) @ v), "mdp.optimality_equation"),
        (lambda q: lambda mdp, v: q(mdp, v[::-1].copy()), "mdp.optimality_equation"),
        (lambda q: lambda mdp, v: q(mdp, v) - 1e-9 * mdp.gamma * abs(v).max(), "mdp.optimality_equation"),
    ],
    ids=["a swapped sign", "a dropped factor", "a transposed matrix", "states in reverse", "a relative error of 1e-9"],
)
def test_faulty_action_values_are_noticed(monkeypatch, fault, noticed_by):
    monkeypatch.setattr(tabular, "q_values", fault(tabular.q_values))
    assert noticed(noticed_by)
