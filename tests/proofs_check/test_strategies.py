"""Strategies give valid objects and reach their corners."""

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from proofs_check import strategies

SEARCH = settings(max_examples=5000, deadline=None, database=None, phases=[Phase.generate])  # shrinking would take longest


@given(st.data())
def test_objects_are_valid(data):
    mdp = data.draw(strategies.mdps(masks=True, uneven=True, scales="wide"))
    policy = data.draw(strategies.policies(mdp))
    np.testing.assert_allclose(policy.sum(axis=1), 1, atol=1e-12)
    if mdp.allowed is not None:
        assert (policy[~mdp.allowed] == 0).all()
    assert data.draw(strategies.value_functions(3)).shape == (3,)


@pytest.mark.parametrize(
    "corner",
    [
        lambda m: m.n_states == 1,
        lambda m: m.n_actions == 1 and m.n_states > 1,
        lambda m: m.gamma == 0,
        lambda m: m.gamma == 0.9999,
        lambda m: m.allowed is not None,
        lambda m: m.n_actions > 1 and (m.P[:, 0] == m.P[:, 1]).all() and (m.r[:, 0] == m.r[:, 1]).all(),
        lambda m: m.n_states > 1 and any((m.P[s, :, s] == 1).all() for s in range(m.n_states)),
        lambda m: ((m.P > 0) & (m.P < 1e-8)).any(),
        lambda m: (np.abs(m.P.sum(axis=2) - 1) > 1e-10).any(),
        lambda m: np.abs(m.r).max() > 1e200,
        lambda m: 0 < np.abs(m.r).max() < 1e-200,
    ],
)
def test_corners_are_reached(corner):
    find(strategies.mdps(masks=True, uneven=True, scales="wide"), corner, settings=SEARCH)


@settings(max_examples=150, database=None, derandomize=True, deadline=None)
@given(strategies.worst_case_problems(), st.data())
def test_divergences_and_sets_can_test_a_solver(problem, data):
    """As another package would: any worst case lies between the minimum and the mean, and its law has that mean."""
    values, reference, size = problem
    kind = strategies.divergences() | strategies.ambiguity_sets(values.size)
    value, law = data.draw(kind).worst_case(values, reference, size)
    assert values.min() - 1e-9 <= value <= reference @ values + 1e-9
    assert law @ values == pytest.approx(value, abs=1e-9)
    assert law.sum() == pytest.approx(1)
