"""The claims about our solvers hold, and injected faults do not get past them."""

import numpy as np
import pytest

import tabular
import tabular.solvers.solution
from proofs_check import claims
from proofs_check.verification import verify_claim
from tabular.bellman import Optimality
from tabular.bellman.rounding import up


def verdict(slug):
    return verify_claim(claims([slug])[0]).verdict


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("claim", claims(["solvers"]), ids=lambda c: c.slug)
def test_claims_hold(claim, seed):
    result = verify_claim(claim, seed=seed)
    assert result.ok, (result.summary, result.witness)


def test_one_modulus_for_both_directions_is_noticed(monkeypatch):
    """gamma times the largest row sum claims too much where rows sum to less."""
    monkeypatch.setattr(Optimality, "moduli", property(lambda self: (up(self.mdp.gamma * self.row_sums[1]),) * 2))
    assert verdict("solvers.certificate") == "refuted"


def test_a_modulus_that_is_too_small_is_noticed(monkeypatch):
    monkeypatch.setattr(Optimality, "moduli", property(lambda self: (0.0, 0.9 * self.mdp.gamma)))
    assert verdict("solvers.certificate") == "refuted"
    assert verdict("solvers.bracket") != "holds"


def test_a_horizon_off_by_one_is_noticed(monkeypatch):
    original = tabular.solve

    def faulty(problem, *args, **kwargs):
        if isinstance(problem, tabular.FiniteHorizon):
            problem = tabular.FiniteHorizon(problem.mdp, problem.horizon + 1, problem.terminal)
        return original(problem, *args, **kwargs)

    monkeypatch.setattr(tabular, "solve", faulty)
    assert verdict("solvers.finite_horizon") == "refuted"


def test_a_minimum_for_a_maximum_is_noticed(monkeypatch):
    original = Optimality.q_values
    monkeypatch.setattr(Optimality, "q_values", lambda self, v: -original(self, -np.asarray(v)))
    assert verdict("solvers.finite_horizon") == "refuted"


def test_stopping_too_early_is_noticed(monkeypatch):
    """Values moved by a thousandth, still called converged."""
    original = tabular.solve

    def faulty(*args, **kwargs):
        solution = original(*args, **kwargs)
        object.__setattr__(solution, "values", solution.values * 1.001)
        return solution

    monkeypatch.setattr(tabular, "solve", faulty)
    assert verdict("solvers.tolerance") == "refuted"
