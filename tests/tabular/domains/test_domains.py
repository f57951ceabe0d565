"""Domains: every formula against a loop that reads like the docstring, and against published numbers."""

import itertools
import math

import gymnasium
import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from tabular import MDP, ModelError
from tabular.domains import chain, forest, garnet, grid_world, grid_world_from_map, inventory, river_swim

ULP = 2.0**-52
probabilities = st.floats(0, 1)


def table(model):
    """(S, A, S) transitions."""
    P = model.P.toarray() if model.is_sparse else model.P
    return P.reshape(model.n_states, model.n_actions, model.n_states)


def assert_model(model, P, r):
    np.testing.assert_allclose(table(model), P, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(model.r, r, rtol=1e-12, atol=1e-12)
    assert not model.is_sparse or np.all(model.P.data > 0)


def row_errors(model):
    allowed = np.ones((model.n_states, model.n_actions), bool) if model.allowed is None else model.allowed
    return np.array([abs(math.fsum(row) - 1) for row in table(model)[allowed]])


def optimal_values(model):
    v = np.zeros(model.n_states)
    for _ in range(3000):
        v = (model.r + model.gamma * table(model) @ v).max(axis=1)
    return v


# Chain ----------------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(1, 6), probabilities, st.floats(-10, 10), st.floats(-10, 10))
def test_chain(n, slip, far, near):
    P, r = np.zeros((n, 2, n)), np.zeros((n, 2))
    for s, chosen, executed in itertools.product(range(n), (0, 1), (0, 1)):
        p = 1 - slip if executed == chosen else slip
        P[s, chosen, min(s + 1, n - 1) if executed == 0 else 0] += p
        r[s, chosen] += p * (far * (s == n - 1) if executed == 0 else near)
    assert_model(chain(n, slip=slip, far_reward=far, near_reward=near), P, r)


def test_chain_is_worth_swimming_to_the_end():
    values, model = optimal_values(chain(5, gamma=0.95)), chain(5, gamma=0.95)
    assert ((model.r + 0.95 * table(model) @ values).argmax(axis=1) == 0).all()
    impatient = chain(5, gamma=0.1)
    assert (impatient.r + 0.1 * table(impatient) @ optimal_values(impatient)).argmax(axis=1)[0] == 1


# River-swim -----------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(2, 7), probabilities, probabilities)
def test_river_swim(n, advance, share):
    drift = (1 - advance) * share
    P, r = np.zeros((n, 2, n)), np.zeros((n, 2))
    r[0, 0], r[n - 1, 1] = 5, advance * 10000
    for s in range(n):
        P[s, 0, max(s - 1, 0)] = 1
        if s == 0:
            P[s, 1, 1], P[s, 1, 0] = advance, 1 - advance
        elif s == n - 1:
            P[s, 1, s], P[s, 1, s - 1] = advance, 1 - advance
        else:
            P[s, 1, s + 1], P[s, 1, s], P[s, 1, s - 1] = advance, 1 - advance - drift, drift
    assert_model_near(river_swim(n, advance=advance, drift=drift), P, r)


def assert_model_near(model, P, r):
    np.testing.assert_allclose(table(model), P, atol=2 * ULP)
    np.testing.assert_allclose(model.r, r, rtol=1e-12)


def test_river_swim_is_that_of_strehl_and_littman():
    model = river_swim()
    assert (model.n_states, model.gamma) == (6, 0.99)
    assert model.initial.tolist() == [0, 0.5, 0.5, 0, 0, 0]
    assert table(model)[2, 1].tolist() == pytest.approx([0, 0.1, 0.6, 0.3, 0, 0])
    assert table(model)[5, 1].tolist() == pytest.approx([0, 0, 0, 0, 0.7, 0.3])
    assert river_swim(2).initial.tolist() == [0, 1]


# Grid world -----------------------------------------------------------------------------------------------------------

MAP = """
    S..#G
    .#..H
    ....S
"""


def test_grid_world_from_map():
    rows = MAP.split()
    slip, goal, trap, cost = 0.3, 5.0, -2.0, 0.25
    model = grid_world_from_map(MAP, slip, goal_reward=goal, trap_reward=trap, step_cost=cost)
    P, r = np.zeros((15, 4, 15)), np.zeros((15, 4))
    moves = [(0, -1), (1, 0), (0, 1), (-1, 0)]  # left, down, right, up
    for row, column, a in itertools.product(range(3), range(5), range(4)):
        s = 5 * row + column
        if rows[row][column] in "#GH":
            P[s, a, s] = 1
            continue
        r[s, a] = -cost
        for turn, p in ((0, 1 - slip), (1, slip / 2), (-1, slip / 2)):
            down, right = moves[(a + turn) % 4]
            i, j = row + down, column + right
            if not (0 <= i < 3 and 0 <= j < 5) or rows[i][j] == "#":
                i, j = row, column
            P[s, a, 5 * i + j] += p
            r[s, a] += p * (goal * (rows[i][j] == "G") + trap * (rows[i][j] == "H"))
    assert_model(model, P, r)
    assert np.flatnonzero(model.initial).tolist() == [0, 14]


@pytest.mark.parametrize(("name", "slippery"), [("4x4", True), ("4x4", False), ("8x8", True), ("8x8", False)])
def test_grid_world_contains_the_frozen_lake(name, slippery):
    lake = gymnasium.make("FrozenLake-v1", map_name=name, is_slippery=slippery)
    text = "\n".join(row.tobytes().decode() for row in lake.unwrapped.desc)
    model, other = grid_world_from_map(text, 2 / 3 if slippery else 0.0), MDP.from_gymnasium(lake, 0.99)
    np.testing.assert_allclose(table(model), table(other), atol=4 * ULP)
    np.testing.assert_allclose(model.r, other.r, atol=4 * ULP)
    assert np.array_equal(model.initial, other.initial)


def test_grid_world_arguments_mean_the_same_as_a_map():
    walls, traps = [(0, 3), (1, 1)], [(1, 4)]
    model = grid_world(3, 5, 0.3, walls=walls, goals=[(0, 4)], traps=traps, start=(2, 4), trap_reward=-1)
    drawn = grid_world_from_map(MAP, 0.3, trap_reward=-1)
    assert np.array_equal(table(model), table(drawn))
    assert np.array_equal(model.r, drawn.r)
    assert np.flatnonzero(model.initial).tolist() == [14]
    assert grid_world(2, 2, start=None).initial is None


def test_grid_world_stays_at_its_goal_with_probability_one():
    slip = 0.001
    assert (1 - slip) + slip / 2 + slip / 2 < 1
    assert table(grid_world(2, 2, slip))[3, :, 3].tolist() == [1, 1, 1, 1]


# Inventory ------------------------------------------------------------------------------------------------------------


def inventory_by_hand(capacity, law, orders, price, unit, fixed, holding, lost):
    P, r = np.zeros((capacity + 1, orders, capacity + 1)), np.zeros((capacity + 1, orders))
    for s, a, d in itertools.product(range(capacity + 1), range(orders), range(len(law))):
        if s + a <= capacity:
            sold = min(s + a, d)
            P[s, a, s + a - sold] += law[d]
            r[s, a] += law[d] * (price * sold - holding * (s + a - sold) - lost * (d - sold))
    for s, a in itertools.product(range(capacity + 1), range(orders)):
        if s + a <= capacity:
            r[s, a] -= unit * a + fixed * (a > 0)
    return P, r


costs = st.floats(0, 10)


@settings(deadline=None)
@given(
    st.integers(1, 6),
    st.lists(st.integers(0, 5), min_size=1, max_size=9).filter(any),
    st.data(),
    st.tuples(costs, costs, costs, costs, costs),
)
def test_inventory_with_a_given_demand(capacity, weights, data, money):
    law = np.array(weights) / sum(weights)
    most = data.draw(st.integers(1, capacity))
    names = ("price", "unit_cost", "fixed_cost", "holding_cost", "lost_sale_cost")
    model = inventory(capacity, demand=law, max_order=most, **dict(zip(names, money, strict=True)))
    P, r = inventory_by_hand(capacity, law, most + 1, *money)
    np.testing.assert_allclose(table(model), P, atol=4 * ULP)
    np.testing.assert_allclose(model.r, r, atol=1e-12)
    fits = np.add.outer(np.arange(capacity + 1), np.arange(most + 1)) <= capacity
    assert np.array_equal(model.allowed if model.allowed is not None else np.ones_like(fits), fits)


@pytest.mark.parametrize("mean", [1e-3, 0.7, 5.0, 40.0])
def test_inventory_with_poisson_demand(mean):
    law = scipy.stats.poisson.pmf(np.arange(200), mean)
    model = inventory(12, demand=mean, lost_sale_cost=3.0)
    P, r = inventory_by_hand(12, law, 13, 8.0, 2.0, 4.0, 1.0, 3.0)
    np.testing.assert_allclose(table(model), P, rtol=1e-12, atol=1e-290)
    np.testing.assert_allclose(model.r, r, rtol=1e-11, atol=1e-12)


def test_inventory_is_the_example_of_puterman():
    """His table of r(s, a), which charges 1 for each unit at the start of the period instead of at its end."""
    model = inventory(3, demand=[0.25, 0.5, 0.25], holding_cost=0.0)
    at_start = np.add.outer(np.arange(4), np.arange(4)) * model.allowed
    assert (model.r - at_start).tolist() == [[0, -1, -2, -5], [5, 0, -3, 0], [6, -1, 0, 0], [5, 0, 0, 0]]


# Forest ---------------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(2, 6), probabilities, st.floats(-5, 5), st.floats(-5, 5))
def test_forest(n, fire, wait, cut):
    P, r = np.zeros((n, 2, n)), np.zeros((n, 2))
    for s in range(n):
        P[s, 0, 0] += fire
        P[s, 0, min(s + 1, n - 1)] += 1 - fire
        P[s, 1, 0] = 1
        r[s] = (wait, cut) if s == n - 1 else (0, min(s, 1))
    assert_model(forest(n, 0.9, wait, cut, fire), P, r)


def test_forest_has_the_published_values():
    np.testing.assert_allclose(optimal_values(forest()), [26.244, 29.484, 33.484], atol=1e-10)


# All ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        chain(50, slip=0.1),
        river_swim(50, advance=0.35, drift=0.05),
        grid_world(9, 7, slip=0.1, walls=[(1, 1), (2, 1)]),
        inventory(60, demand=17.3),
        inventory(500, demand=200.0, max_order=2),
        forest(50, fire_probability=0.3),
        garnet(200, 3, 150, rng=1),
        garnet(200, 3, 1, rng=1),
    ],
    ids=lambda model: f"{model.n_states} states",
)
def test_rows_sum_to_one_within_a_few_roundings(model):
    assert row_errors(model).max() <= 8 * ULP


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: chain(0), r"n_states is 0 \(expected an integer >= 1\)"),
        (lambda: chain(2.5), r"n_states is 2.5"),
        (lambda: chain(3, slip=1.1), r"slip is 1.1 \(expected a probability"),
        (lambda: chain(3, far_reward=math.inf), r"far_reward is inf \(expected a finite number\)"),
        (lambda: chain(3, gamma=1.5), r"gamma is 1.5"),
        (lambda: river_swim(1), r"n_states is 1 \(expected an integer >= 2\)"),
        (lambda: river_swim(advance=0.7, drift=0.4), r"advance \+ drift is 1.1"),
        (lambda: forest(1), "n_states is 1"),
        (lambda: forest(3, fire_probability=math.nan), "fire_probability is nan"),
        (lambda: grid_world(0, 3), "height is 0"),
        (lambda: grid_world(3, 3, walls=[(3, 0)]), r"walls holds the cell \(3, 0\), outside the 3 x 3 grid"),
        (lambda: grid_world(3, 3, walls=[(0, -1)]), r"walls holds the cell \(0, -1\)"),
        (lambda: grid_world(3, 3, walls=[4]), r"\(row, column\)"),
        (lambda: grid_world(3, 3, walls=[(0.5, 1)]), r"\(row, column\)"),
        (lambda: grid_world(3, 3, traps=[(2, 2)]), r"cell \(2, 2\) is in both goals and traps"),
        (lambda: grid_world(3, 3, walls=[(0, 0)]), r"start \(0, 0\) is a wall"),
        (lambda: grid_world(3, 3, start=(5, 5)), r"start holds the cell \(5, 5\)"),
        (lambda: grid_world_from_map("\n \n"), "the map is empty"),
        (lambda: grid_world_from_map("S..\n.."), "row 1 of the map has 2 cells, row 0 has 3"),
        (lambda: grid_world_from_map("S.x"), "'x' in row 0, column 2"),
        (lambda: inventory(0), "capacity is 0"),
        (lambda: inventory(5, max_order=6), r"max_order is 6 \(expected an integer in \[1, 5\]\)"),
        (lambda: inventory(5, demand=-1.0), "demand is -1"),
        (lambda: inventory(5, demand=[0.5, 0.4]), "demand sums to 0.9"),
        (lambda: inventory(5, demand=[[1.0]]), r"demand has shape \(1, 1\)"),
        (lambda: inventory(5, price=math.nan), "price is nan"),
        (lambda: garnet(5, 2, 6, rng=0), r"branching is 6 \(expected an integer in \[1, 5\]\)"),
        (lambda: garnet(5, 2, 2, rng=0, reward_law="cauchy"), "reward_law is 'cauchy'"),
        (lambda: garnet(5, 2, 2, rng=0, reward_sparsity=2), "reward_sparsity is 2"),
    ],
)
def test_bad_parameters_are_named(build, message):
    with pytest.raises(ModelError, match=message):
        build()
