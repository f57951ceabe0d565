"""The mdp claims hold, and they notice when a solver is broken."""

import numpy as np
import pytest

import tabular
from proofs_check import claims
from proofs_check.arithmetic import exact, lift
from proofs_check.verification import verify_claim
from tabular.bellman import Evaluation, Optimality

CLAIMS = claims(["mdp"])


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c.slug)
def test_claims_hold_and_siblings_are_refuted(claim, seed):
    result = verify_claim(claim, seed=seed)
    assert result.verdict == "holds", (result.summary, result.witness)
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


def verdicts(*slugs):
    return {claim.slug: verify_claim(claim).verdict for claim in claims(slugs)}


def test_a_forgotten_discount_is_noticed(monkeypatch):
    monkeypatch.setattr(Optimality, "q_values", lambda self, v: self.rewards + self.mdp.P @ v)
    assert "holds" not in verdicts("mdp.contraction", "mdp.span_bound").values()


def test_a_flipped_sign_is_noticed(monkeypatch):
    monkeypatch.setattr(Optimality, "q_values", lambda self, v: self.rewards - self.mdp.gamma * self.mdp.P @ v)
    assert "holds" not in verdicts("mdp.monotonicity").values()


def test_a_transposed_matrix_is_noticed(monkeypatch):
    original = Evaluation.affine
    monkeypatch.setattr(Evaluation, "affine", lambda self: (np.ascontiguousarray(original(self)[0].T), original(self)[1]))
    assert "holds" not in verdicts("mdp.policy_improvement", "mdp.performance_difference").values()


def test_a_dropped_factor_is_noticed(monkeypatch):
    original = tabular.evaluation.evaluate
    monkeypatch.setattr(tabular.evaluation, "evaluate", lambda *args, **kwargs: 0.999 * original(*args, **kwargs))
    assert "holds" not in verdicts("mdp.linear_programming_duality").values()


def test_occupancies_of_the_transposed_flow_are_noticed(monkeypatch):
    original = tabular.evaluation.evaluate

    def faulty(*args, transposed=False, **kwargs):
        return original(*args, **kwargs)

    monkeypatch.setattr(tabular.evaluation, "evaluate", faulty)
    assert "holds" not in verdicts("mdp.performance_difference", "mdp.weak_duality").values()


def test_a_greedy_policy_that_minimises_is_noticed(monkeypatch):
    monkeypatch.setattr(tabular, "greedy", lambda mdp, v: tabular.q_values(mdp, v).argmin(axis=1))
    assert "holds" not in verdicts("mdp.policy_improvement").values()


def test_the_known_extreme_of_the_greedy_loss_is_attained():
    (claim,) = claims(["mdp.greedy_loss"])
    (toll,) = [known for known in claim.known_instances if "toll" in known.name]
    left, right = claim.exactly(**lift(toll.instance()))
    assert left == right == 18
