"""Risk measures of one step, nested ones, and the law of the return."""

import itertools

import numpy as np
import pytest

import tabular
from tabular.robust import entropic_risk, nested_cvar, nested_entropic, return_law

WALK = np.array([[0.5, 0.5, 0], [0, 0.5, 0.5], [0.5, 0, 0.5]])
CHAIN = tabular.MDP(WALK[:, None], [[0.0], [1.0], [-1.0]], 1.0)


def test_stable_entropic_risk():
    assert f"{entropic_risk([1000, 1001], [0.5, 0.5], 100):.10f}" == "1000.0069314718"
    v, p = np.array([0.0, 1.0, 3.0]), np.array([0.2, 0.3, 0.5])
    for aversion in (0.1, 1.0, 5.0):
        assert entropic_risk(v, p, aversion) == pytest.approx(-np.log(p @ np.exp(-aversion * v)) / aversion, abs=1e-12)


def test_the_law_of_the_return_is_that_of_all_paths():
    horizon = tabular.FiniteHorizon(CHAIN, 4, terminal=[0.0, 0.0, 5.0])
    values, masses = return_law(horizon, [0, 0, 0], 0)
    table = {}
    for path in itertools.product(range(3), repeat=4):
        states = (0, *path)
        mass = np.prod([WALK[a, b] for a, b in itertools.pairwise(states)])
        total = sum(CHAIN.r[s, 0] for s in states[:-1]) + (5.0 if states[-1] == 2 else 0.0)
        if mass:
            table[total] = table.get(total, 0) + mass
    assert values.tolist() == sorted(table)
    assert masses == pytest.approx([table[x] for x in values])
    assert values @ masses == pytest.approx(tabular.policy_value(horizon, [0, 0, 0])[0, 0])


def test_entropic_risk_is_that_of_the_return_and_tail_means_are_not():
    horizon = 4
    values, masses = return_law(tabular.FiniteHorizon(CHAIN, horizon), [0, 0, 0], 0)
    nested = tabular.solve(tabular.FiniteHorizon(nested_entropic(CHAIN, 2.0), horizon)).values[0, 0]
    assert nested == pytest.approx(entropic_risk(values, masses, 2.0), abs=1e-12)
    tail = tabular.solve(tabular.FiniteHorizon(nested_cvar(CHAIN, 0.5), horizon)).values[0, 0]
    assert tail < tabular.CVaR(0.5).worst_case(values, masses).value - 0.1


def test_mixed_policies_and_sparse_models():
    mdp = tabular.domains.garnet(4, 2, 2, gamma=0.9, rng=1)
    policy = np.full((4, 2), 0.5)
    values, masses = return_law(tabular.FiniteHorizon(mdp, 3), policy, 2)
    assert masses.sum() == pytest.approx(1)
    assert values @ masses == pytest.approx(tabular.policy_value(tabular.FiniteHorizon(mdp, 3), policy)[0, 2])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: entropic_risk([0, 1], [0.5, 0.5], 0), "aversion is 0"),
        (lambda: nested_entropic(CHAIN, -1), "aversion is -1"),
        (lambda: nested_cvar(CHAIN, 2), "level is 2"),
        (lambda: return_law(tabular.FiniteHorizon(CHAIN, 2), [0, 0, 0], 3), "start is 3"),
        (lambda: return_law(CHAIN, [0, 0, 0], 0), "takes a FiniteHorizon, not MDP"),
        (lambda: return_law(tabular.FiniteHorizon(nested_cvar(CHAIN, 0.5), 2), [0, 0, 0], 0), "no one law"),
        (lambda: return_law(tabular.FiniteHorizon(CHAIN, 8), [0, 0, 0], 0, most=5), "different returns"),
    ],
)
def test_refused(make, message):
    with pytest.raises(tabular.ModelError, match=message):
        make()
