"""Domains with similar actions: laws by hand, similarity as promised, rows that sum to one, bad input."""

import itertools
import math

import numpy as np
import pytest
import scipy.integrate
import scipy.stats

import tabular
from tabular import ModelError
from tabular.domains import compass_world, continuous_inventory, similar_garnet
from tabular.grouping import contiguous_groups, decomposition, diameters


def table(model):
    P = model.P.toarray() if model.is_sparse else model.P
    return P.reshape(model.n_states, model.n_actions, model.n_states)


# Garnets of groups ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("transition", "reward"), [(0.0, 0.0), (0.1, 0.3), (1.0, 0.5)])
def test_deviations_are_what_was_asked_for(transition, reward):
    model = similar_garnet(15, 3, 6, 4, transition_deviation=transition, reward_deviation=reward, rng=0)
    assert model.groups.tolist() == sorted(list(range(3)) * 6)
    found = diameters(model.mdp, model.groups)
    assert found.transition <= transition + 1e-12
    assert found.reward <= reward + 1e-12
    parts = decomposition(model.mdp, model.groups)
    assert parts.transition_coefficient <= transition + 1e-12
    assert parts.reward_coefficient <= reward + 1e-12
    assert transition == 0 or found.transition >= 0.7 * transition
    np.testing.assert_allclose(table(model.mdp).sum(axis=2), 1, atol=1e-14)


def test_storage_and_seeds():
    keywords = {"transition_deviation": 0.2, "reward_deviation": 0.1}
    dense, sparse = (similar_garnet(20, 2, 3, 4, rng=1, sparse=x, **keywords).mdp for x in (False, True))
    assert np.array_equal(table(dense), table(sparse))
    assert similar_garnet(100, 2, 3, 4, rng=1, **keywords).mdp.is_sparse
    assert not np.array_equal(dense.r, similar_garnet(20, 2, 3, 4, rng=2, **keywords).mdp.r)


# Compass world --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("headings", "stride", "slip"), [(7, 1.0, 0.0), (12, 0.6, 0.25), (5, 2.3, 1.0)])
def test_compass_world_by_hand(headings, stride, slip):
    height, width, walls, goal, trap = 3, 4, {(1, 1)}, (2, 3), (0, 2)
    model = compass_world(
        height, width, headings, stride=stride, slip=slip, walls=walls, traps=[trap], trap_reward=-2, step_cost=0.1
    )
    P = np.zeros((12, headings, 12))
    for i, j, a in itertools.product(range(height), range(width), range(headings)):
        s = i * width + j
        if (i, j) in walls | {goal, trap}:
            P[s, a, s] = 1
            continue
        y, x = i + stride * math.sin(2 * math.pi * a / headings), j + stride * math.cos(2 * math.pi * a / headings)
        for k, m in itertools.product(range(-4, 8), repeat=2):
            share = max(0.0, 1 - abs(y - k)) * max(0.0, 1 - abs(x - m))
            inside = 0 <= k < height and 0 <= m < width and (k, m) not in walls
            P[s, a, k * width + m if inside else s] += share
    P = (1 - slip) * P + slip * P.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(table(model), P, atol=1e-12)
    r = P[:, :, 11] - 2 * P[:, :, 2] - 0.1
    r[[5, 11, 2]] = 0
    np.testing.assert_allclose(model.r, r, atol=1e-12)
    assert table(model)[11, :, 11].tolist() == [1] * headings


def test_four_headings_without_slip_are_a_grid_world():
    compass = compass_world(3, 4, 4, slip=0.0, gamma=0.9, walls=[(1, 1)])
    grid = tabular.domains.grid_world(3, 4, 0.0, 0.9, walls=[(1, 1)])
    order = [2, 1, 0, 3]  # east, south, west, north among left, down, right, up
    np.testing.assert_allclose(table(compass), table(grid)[:, order], atol=1e-12)
    np.testing.assert_allclose(tabular.solve(compass).values, tabular.solve(grid).values, atol=1e-9)
    assert np.array_equal(compass.initial, grid.initial)


def test_neighbouring_headings_are_alike():
    n, slip, stride = 60, 0.2, 1.3
    model = compass_world(4, 5, n, slip=slip, stride=stride, walls=[(1, 2)], traps=[(3, 0)])
    P, angles = table(model), 2 * np.pi * np.arange(n) / n
    apart = np.abs(P[:, :, None] - P[:, None]).sum(axis=3).max(axis=0) / 2
    sines, cosines = (np.abs(f(angles)[:, None] - f(angles)) for f in (np.sin, np.cos))
    assert (apart <= (1 - slip) * stride * (sines + cosines) + 1e-12).all()
    curve = [diameters(model, contiguous_groups(n, m)).transition for m in (6, 12, 30)]
    assert curve[0] > 1.7 * curve[1] > 3 * curve[2] > 0


def test_merged_sectors_lose_little():
    model = compass_world(8, 8, 240, gamma=0.95)
    best = tabular.solve(model).values
    losses = [(best - tabular.solve(tabular.Grouped(model, contiguous_groups(240, m))).values).max() for m in (4, 8, 24, 240)]
    assert losses[0] > losses[1] > losses[2] > losses[3] - 1e-9
    assert losses[2] < 0.05 * best.max()
    assert losses[3] < 1e-8


# Continuous inventory -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variation", [0.3, 1.0, 1.4])
def test_continuous_inventory_by_quadrature(variation):
    levels, q, top, mean = 6, 3, 10.0, 4.0
    model = continuous_inventory(
        levels,
        q,
        capacity=top,
        demand=mean,
        variation=variation,
        price=7,
        unit_cost=1.5,
        fixed_cost=2,
        holding_cost=0.5,
        lost_sale_cost=3,
    )
    law = scipy.stats.gamma(1 / variation**2, scale=mean * variation**2)
    h = top / (levels - 1)
    assert (model.n_states, model.n_actions) == (6, 16)

    def average(f, y):
        inner = scipy.integrate.quad(
            lambda d: f(y - d) * law.pdf(d), 0, y, points=[y - k * h for k in range(6) if 0 < y - k * h < y] or None, limit=400
        )[0]
        return inner + f(0.0) * law.sf(y)

    for s, a in itertools.product((0, 2, 5), (0, 1, 7, 15)):
        y = min(s * h + a * h / q, top)
        for j in range(levels):
            hat = average(lambda z, j=j: max(0.0, 1 - abs(z / h - j)), y)
            assert table(model)[s, a, j] == pytest.approx(hat, abs=2e-7)
        left = average(lambda z: z, y)
        sold, lost = y - left, mean - y + left
        reward = 7 * sold - 1.5 * (y - s * h) - 2 * (a > 0) - 0.5 * left - 3 * lost
        assert model.r[s, a] == pytest.approx(reward, abs=2e-6)


def test_continuous_inventory_keeps_the_mean_stock():
    model = continuous_inventory(21, 10)
    P = table(model)
    assert np.abs(P.sum(axis=2) - 1).max() <= 4e-16 * 21
    law = scipy.stats.gamma(4, scale=2.5)
    y = 40.0
    left = y * law.cdf(y) - 10 * scipy.stats.gamma(5, scale=2.5).cdf(y)
    assert P[20, 0] @ np.arange(21) * 2 == pytest.approx(left, abs=1e-9)
    assert (P >= 0).all()


def test_thousands_of_order_quantities_are_grouped():
    model = continuous_inventory(21, 100)
    assert model.n_actions == 2001
    best = tabular.solve(model).values
    losses = []
    for m in (10, 40):
        groups = np.concatenate([[0], 1 + contiguous_groups(2000, m)])  # no order has no fixed cost: it is like no other
        losses.append((best - tabular.solve(tabular.Grouped(model, groups)).values).max())
    assert losses[0] > 4 * losses[1]
    assert losses[1] < 1e-3 * best.max()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: similar_garnet(5, 0, 2, 2, transition_deviation=0, reward_deviation=0, rng=0), "n_groups is 0"),
        (lambda: similar_garnet(5, 2, 0, 2, transition_deviation=0, reward_deviation=0, rng=0), "group_size is 0"),
        (lambda: similar_garnet(5, 2, 2, 6, transition_deviation=0, reward_deviation=0, rng=0), "branching is 6"),
        (lambda: similar_garnet(5, 2, 2, 2, transition_deviation=1.5, reward_deviation=0, rng=0), "transition_deviation is 1.5"),
        (lambda: similar_garnet(5, 2, 2, 2, transition_deviation=0, reward_deviation=-1, rng=0), "reward_deviation is -1"),
        (lambda: compass_world(3, 3, 0), "n_headings is 0"),
        (lambda: compass_world(3, 3, stride=0), "stride is 0"),
        (lambda: compass_world(3, 3, stride=math.inf), "stride is inf"),
        (lambda: compass_world(3, 3, slip=2), "slip is 2"),
        (lambda: compass_world(3, 3, walls=[(3, 3)]), "outside the 3 x 3 grid"),
        (lambda: compass_world(3, 3, walls=[(2, 2)]), "in both walls and goals"),
        (lambda: compass_world(3, 3, start=(2, 2)), "is a wall, goal or trap"),
        (lambda: continuous_inventory(1), "n_levels is 1"),
        (lambda: continuous_inventory(5, 0), "orders_per_level is 0"),
        (lambda: continuous_inventory(5, capacity=0), "capacity is 0"),
        (lambda: continuous_inventory(5, demand=-1), "demand is -1"),
        (lambda: continuous_inventory(5, variation=math.nan), "variation is nan"),
        (lambda: continuous_inventory(5, price=math.inf), "price is inf"),
        (lambda: continuous_inventory(5, gamma=1.5), "gamma is 1.5"),
    ],
)
def test_parameters_out_of_range(build, message):
    with pytest.raises(ModelError, match=message):
        build()
