"""The gambler's problem and the American put: tables by loops, published values, closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tabular
from tabular import ModelError
from tabular.domains import american_put, gambler

COIN = tabular.TotalVariation(absolutely_continuous=True)
ANYWHERE = tabular.TotalVariation()


@settings(deadline=None)
@given(st.integers(2, 12), st.floats(0, 1))
def test_gambler(goal, heads):
    model = gambler(goal, heads)
    P = model.P.toarray().reshape(goal + 1, goal // 2, goal + 1)
    allowed = np.ones(model.r.shape, dtype=bool) if model.allowed is None else model.allowed
    for s in range(goal + 1):
        for a in range(goal // 2):
            stake = a + 1
            playing = 0 < s < goal
            assert allowed[s, a] == (stake <= min(s, goal - s) if playing else a == 0)
            if not allowed[s, a]:
                continue
            row = np.zeros(goal + 1)
            if playing:
                row[s + stake] += heads
                row[s - stake] += 1 - heads
            else:
                row[0] = 1
            assert P[s, a] == pytest.approx(row)
            assert model.r[s, a] == (1.0 if s == goal else 0.0)


@pytest.mark.parametrize(
    ("radius", "expected"),
    [
        (0.0, (0.8685739623, 0.9829540725, 0.9980164739)),
        (0.05, (0.6450085003, 0.8814994686, 0.9682083695)),
        (0.1, (0.25, 0.5, 0.75)),
        (0.15, (0.2025, 0.45, 0.6975)),
    ],
)
def test_published_chances_of_the_gambler(radius, expected):
    robust = tabular.Robust(gambler(20, 0.6), COIN, radius=radius)
    values = tabular.solve(tabular.FiniteHorizon(robust, 3000)).values[0]
    assert values[[5, 10, 15]] == pytest.approx(expected, abs=1e-9)


def test_the_lattice_of_the_put():
    put = american_put(50.0, strike=52.0, up=1.1, down=0.8, probability_up=0.3, horizon=3)
    model = put.mdp
    P = model.P.toarray().reshape(7, 2, 7)
    for h in range(3):
        for i in range(h + 1):
            s = put.node(h, i)
            price = 50.0 * 1.1**i * 0.8 ** (h - i)
            assert put.times[s] == h
            assert put.prices[s] == pytest.approx(price)
            assert model.r[s].tolist() == pytest.approx([0.0, max(52.0 - price, 0.0)])
            assert P[s, 1, 6] == 1
            if h == 2:
                assert P[s, 0, 6] == 1
            else:
                assert P[s, 0, put.node(h + 1, i)] == pytest.approx(0.7)
                assert P[s, 0, put.node(h + 1, i + 1)] == pytest.approx(0.3)
    assert P[6, :, 6].tolist() == [1, 1]


START, ROUND = 99.17022004702574, 100.0
PUBLISHED = [
    (None, {}, 3.9054004433, 3.5197163677),
    (COIN, {"radius": 0.05}, 2.6507398996, 2.3042685076),
    (COIN, {"radius": 0.1}, 1.9256512342, 1.5929452429),
    (COIN, {"radius": 0.2}, 1.2076979982, 0.8611362686),
    (COIN, {"radius": 0.3}, 0.8297799530, 0.5030572208),
    (ANYWHERE, {"radius": 0.025}, 2.7331889906, 2.3912519545),
    (ANYWHERE, {"radius": 0.03}, 2.5832358741, 2.2558854381),
    (ANYWHERE, {"radius": 0.05}, 2.1571695670, 1.8036598395),
    (ANYWHERE, {"radius": 0.1}, 1.5603834049, 1.2122408606),
    (ANYWHERE, {"radius": 0.2}, 1.0379759443, 0.7391234140),
    (tabular.KL(), {"radius": 0.01}, 2.2991556687, 1.9668774568),
    (tabular.KL(), {"radius": 0.05}, 1.4571171515, 1.0642307761),
    (tabular.KL(), {"radius": 0.1}, 1.0994746329, 0.7835861539),
    (tabular.KL(), {"radius": 0.2}, 0.8297799530, 0.4868033792),
    (COIN, {"penalty": 1}, 1.8835110625, 1.6787815094),
    (COIN, {"penalty": 2}, 3.0677497191, 2.7684132487),
    (COIN, {"penalty": 3}, 3.7252771642, 3.3760406568),
    (COIN, {"penalty": 5}, 3.9054004433, 3.5197163677),
    (ANYWHERE, {"penalty": 1}, 0.8686333346, 0.8238029480),
    (ANYWHERE, {"penalty": 2}, 1.6510597673, 1.6476058960),
    (ANYWHERE, {"penalty": 3}, 2.3490882532, 2.0286516361),
    (ANYWHERE, {"penalty": 5}, 3.2270566437, 2.7764836728),
    (ANYWHERE, {"penalty": 8}, 3.6773090028, 3.4165769007),
    (tabular.ChiSquare(), {"penalty": 0.5}, 1.4017295214, 1.2292396797),
    (tabular.ChiSquare(), {"penalty": 1}, 1.9778815406, 1.7440871697),
    (tabular.ChiSquare(), {"penalty": 2}, 2.5603681917, 2.2631212242),
    (tabular.ChiSquare(), {"penalty": 3}, 2.8537085254, 2.5438710961),
    (tabular.ChiSquare(), {"penalty": 5}, 3.1612746986, 2.8359549242),
]


@pytest.mark.parametrize(("divergence", "strength", "first", "second"), PUBLISHED)
def test_published_values_of_the_put(divergence, strength, first, second):
    for start, value in ((START, first), (ROUND, second)):
        put = american_put(start)
        problem = put.mdp if divergence is None else tabular.Robust(put.mdp, divergence, **strength)
        solution = tabular.solve(tabular.FiniteHorizon(problem, put.horizon))
        assert solution.values[0, 0] == pytest.approx(value, abs=6e-11)
        assert solution.width < 1e-11


def test_published_values_from_other_prices():
    for start, value in ((95.0, 6.4513077385), (105.0, 1.6415075362)):
        assert tabular.solve(american_put(start).problem()).values[0, 0] == pytest.approx(value, abs=6e-11)


CURVES = [
    (None, {}, (21.1597513184, 8.8326997199, 1.1063251193, 0.0063762067, 0)),
    (COIN, {"radius": 0.05}, (6.620254, 5.304225, 1.778923, 0.113092, 0)),
    (COIN, {"radius": 0.1}, (4.760526, 4.160150, 1.925651, 0.302984, 0)),
    (COIN, {"radius": 0.3}, (0.829780, 0.829780, 0.829780, 0.829780, 0.829780)),
    (tabular.ChiSquare(), {"penalty": 2}, (4.769402, 4.207015, 1.924198, 0.300897, 0)),
    (ANYWHERE, {"penalty": 5}, (4.776444, 4.262470, 1.913141, 0.299075, 0)),
]


@pytest.mark.parametrize(("divergence", "strength", "expected"), CURVES)
def test_published_robustness_curves(divergence, strength, expected):
    put = american_put(START)
    problem = put.mdp if divergence is None else tabular.Robust(put.mdp, divergence, **strength)
    policy = tabular.solve(tabular.FiniteHorizon(problem, put.horizon)).policy
    for chance, value in zip((0.2, 0.4, 0.6, 0.8, 1.0), expected, strict=True):
        world = american_put(START, probability_up=chance).problem()
        assert tabular.policy_value(world, policy)[0, 0] == pytest.approx(value, abs=6e-7)


def test_exercise_at_once_or_wait():
    """From 99.17 the radius .3 exercises immediately; from 100 that pays nothing, and the same radius waits."""
    for start, at_once in ((START, True), (ROUND, False)):
        put = american_put(start)
        policy = tabular.solve(tabular.FiniteHorizon(tabular.Robust(put.mdp, COIN, radius=0.3), put.horizon)).policy
        assert put.exercised(policy)[0] == at_once


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: gambler(1), "goal is 1"),
        (lambda: gambler(10, 1.5), "heads is 1.5"),
        (lambda: american_put(-1), "start is -1"),
        (lambda: american_put(0), "start is 0"),
        (lambda: american_put(np.nan), "start is nan"),
        (lambda: american_put(up=0.9), "down < up"),
        (lambda: american_put(down=0.0), "down is 0"),
        (lambda: american_put(probability_up=-0.1), "probability_up is -0.1"),
        (lambda: american_put(horizon=0), "horizon is 0"),
        (lambda: american_put().node(3, 4), "no node has 4 ups among 3 moves"),
        (lambda: american_put().node(20, 4), "times are 0..19"),
    ],
)
def test_refused(make, message):
    with pytest.raises(ModelError, match=message):
        make()
