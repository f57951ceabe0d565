"""The mdp claims hold, and they notice when a solver is broken."""

import numpy as np
import pytest

import tabular
from proofs_check import claims
from proofs_check.verification import verify_claim
from tabular.bellman import Evaluation, Optimality

CLAIMS = claims(["mdp"])


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c.slug)
def test_claims_hold_and_siblings_are_refuted(claim, seed):
    result = verify_claim(claim, seed=seed)
    assert result.verdict == "holds", (result.summary, result.witness)
    assert all(sibling.witness is not None for _, sibling in result.siblings)


def verdicts(*slugs):
    return {claim.slug: verify_claim(claim).verdict for claim in claims(slugs)}


def test_a_forgotten_discount_is_noticed(monkeypatch):
    monkeypatch.setattr(Optimality, "q_values", lambda self, v: self.rewards + self.mdp.P @ v)
    assert "holds" not in verdicts("mdp.contraction", "mdp.span_bound").values()


def test_a_flipped_sign_is_noticed(monkeypatch):
    monkeypatch.setattr(Optimality, "q_values", lambda self, v: self.rewards - self.mdp.gamma * self.mdp.P @ v)
    assert verdicts("mdp.monotonicity") == {"mdp.monotonicity": "refuted"}


def test_a_transposed_matrix_is_noticed(monkeypatch):
    original = Evaluation.affine
    monkeypatch.setattr(Evaluation, "affine", lambda self: (np.ascontiguousarray(original(self)[0].T), original(self)[1]))
    assert "holds" not in verdicts("mdp.policy_improvement", "mdp.performance_difference").values()


def test_a_wrong_evaluation_is_noticed(monkeypatch):
    original = tabular.evaluation.evaluate
    monkeypatch.setattr(tabular.evaluation, "evaluate", lambda *args, **kwargs: 0.999 * original(*args, **kwargs))
    assert "holds" not in verdicts("mdp.linear_programming_duality").values()
