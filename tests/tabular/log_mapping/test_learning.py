"""Mappings, updates, fixed points, learners and noise, against definitions, loops and published values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tabular
from tabular.log_mapping import (
    ChainLearning,
    ClippedLogMapping,
    GivenMapping,
    LogMapping,
    TableLearning,
    biased_fixed_point,
    biased_q_values,
    biased_value,
    chain_noise,
    chain_task,
    chain_values,
    curvature,
    expected_sweep,
    geometric_decay,
    mapped_update,
    split_rewards,
    thompson_distance,
    thompson_modulus,
    tile_features,
    tile_kernel,
)

THOUSANDTH = LogMapping(0.5, math.log(1e-3) / math.log(0.5))


# --- mappings ------------------------------------------------------------------------------------------------------------------


@given(st.floats(0, 100), st.sampled_from([(0.5, 10), (0.96, 200), (0.1, 200)]), st.sampled_from([0.5, 1.0, 7.0]))
def test_forward_and_inverse(x, parameters, c):
    mapping = LogMapping(*parameters, c=c)
    assert mapping.forward(0.0) == 0.0
    assert mapping.forward(x) == pytest.approx(c * math.log(x + mapping.floor) + mapping.d, rel=1e-12, abs=1e-9)
    assert mapping.inverse(mapping.forward(x)) == pytest.approx(x, rel=1e-12)


def test_values_far_below_the_initial_one():
    """Their difference from it cancels: a logarithm of 1 + (x - 1) would be -inf, and its inverse 0."""
    mapping = LogMapping(0.1, 200, initial=1.0)
    for x in (0.0, 1e-150, 1e-100, 1e-12):
        assert mapping.forward(x) == pytest.approx(math.log(x + mapping.floor), rel=1e-14)
        assert mapping.inverse(mapping.forward(x)) == pytest.approx(x, rel=1e-12, abs=1e-12 * mapping.floor)


def test_initial_values_are_mapped_to_zero():
    mapping = LogMapping(0.9, 50, 2.0, 0.25)
    assert mapping.forward(0.25) == 0.0
    assert mapping.inverse(0.0) == 0.25
    assert mapping.inverse(mapping.forward([0.0, 3.0])) == pytest.approx([0.0, 3.0], abs=1e-14)


def test_the_clipped_variant_is_another_map():
    clipped = ClippedLogMapping(0.96, 100)
    assert clipped.forward([0.0, clipped.floor, 1.0]) == pytest.approx([0, 0, -50 * math.log(0.96)])
    assert clipped.inverse(clipped.forward(0.3)) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: LogMapping(1.0, 10), "gamma is 1.0"),
        (lambda: LogMapping(0.5, -1), "k is -1"),
        (lambda: LogMapping(0.1, 400), "cannot hold to full precision.*use k up to 306"),
        (lambda: LogMapping(0.5, 10, 0.0), "c is 0.0"),
        (lambda: LogMapping(0.5, 10, initial=-1.0), "initial is -1.0"),
        (lambda: LogMapping(0.5, 10).forward(-0.1), "-0.1 is outside the domain"),
        (lambda: LogMapping(0.5, 10).forward(np.nan), "nan is outside"),
        (lambda: ClippedLogMapping(0.1, 400), "full precision"),
        (lambda: ClippedLogMapping(0.5, 10).forward(np.nan), "nan"),
        (lambda: GivenMapping(np.negative, np.negative, 0, 1), "not increasing: from 0 "),
        (lambda: GivenMapping(np.square, np.sqrt, -1, 1), "not increasing"),
        (lambda: GivenMapping(np.log, np.exp, 0, 1), "not finite at 0"),
        (lambda: GivenMapping(np.sqrt, np.exp, 0, 1), "does not undo"),
        (lambda: GivenMapping(np.sqrt, np.square, 1, 1), "empty"),
        (lambda: curvature(LogMapping(0.5, 3), 1, 1), "empty"),
        (lambda: split_rewards([1.0, np.inf]), "a reward is inf"),
        (lambda: mapped_update(0.5, 1.0, 0.0, 0.5, THOUSANDTH), "reg_step is 0.0"),
        (lambda: mapped_update(0.5, 1.0, 0.5, 1.5, THOUSANDTH), "log_step is 1.5"),
        (lambda: mapped_update(-0.5, 1.0, 0.5, 0.5, THOUSANDTH), "outside the domain"),
        (lambda: biased_value([1, 0], [0.5, 0.4], 0.5, THOUSANDTH), "law is no law"),
        (lambda: biased_value([1, 0], [0.5, 0.5], 0.0, THOUSANDTH), "reg_step is 0.0"),
        (lambda: biased_value([1, -1], [0.5, 0.5], 0.5, THOUSANDTH), "outside the domain"),
        (lambda: biased_fixed_point(chain_task(3, 1.0), 0.5, THOUSANDTH), "gamma = 1"),
        (lambda: biased_q_values(chain_task(3, 0.5), [0.0], 0.5, THOUSANDTH), "values have shape"),
        (lambda: expected_sweep(chain_task(3, 0.5), [[0.0]], [[0.0]], 0.5, 0.5, THOUSANDTH), "heads have shapes"),
        (lambda: geometric_decay(1.5, 0.1, 10, 10), "first is 1.5"),
        (lambda: ChainLearning(gamma=1.0), "gamma is 1.0"),
        (lambda: ChainLearning(gamma=0.5, width=0), "width is 0"),
        (lambda: ChainLearning(gamma=0.5, mapping=LogMapping(0.5, 10, initial=0.1)), "initial is 0.1"),
        (lambda: ChainLearning(gamma=0.5, mapping=ClippedLogMapping(0.5, 10)), "know LogMapping"),
        (lambda: ChainLearning(gamma=0.5).run([0.5, 0.0], seeds=[0]), r"reg_steps\[1\] is 0.0"),
        (lambda: ChainLearning(gamma=0.5).run([0.5], [0.5], seeds=[0]), "belong to a mapping"),
        (lambda: ChainLearning(gamma=0.5, mapping=LogMapping(0.5, 9)).run([0.5], [0.5, 0.5], seeds=[0]), "1 and 2 entries"),
        (lambda: TableLearning(chain_task(3, 1.0)), "gamma = 1"),
        (lambda: TableLearning("chain"), "expected an MDP"),
        (lambda: chain_noise(0.5, 1, slip=0.0), "no noise"),
        (lambda: chain_noise(0.9, 1, left_reward=-1.0, right_reward=1.0), "not optimal: the gap of state 49"),
    ],
)
def test_bad_input(act, message):
    with pytest.raises(tabular.ModelError, match=message):
        act()


# --- updates -------------------------------------------------------------------------------------------------------------------


@given(st.floats(0, 5), st.floats(0, 5), st.floats(0.01, 1), st.floats(0.01, 1), st.sampled_from([1.0, 3.0]))
def test_update_is_what_its_definition_says(q, u, reg, log, c):
    mapping = LogMapping(0.5, 10, c=c)
    start = mapping.forward(q)
    by_definition = mapping.inverse(start + log * (mapping.forward(q + reg * (u - q)) - start))
    new = mapped_update(q, u, reg, log, mapping)
    assert new == pytest.approx(by_definition, rel=1e-9, abs=1e-12)
    assert new - q <= log * reg * (u - q) + 1e-12
    assert min(q, u) - 1e-12 <= new <= max(q, u) + 1e-12
    assert mapped_update(q, u, reg, 1.0, mapping) == pytest.approx(q + reg * (u - q), abs=1e-12)
    general = GivenMapping(mapping.forward, mapping.inverse, 0.0, 5.0)
    assert mapped_update(q, u, reg, log, general) == pytest.approx(new, abs=1e-10)


@pytest.mark.parametrize("reg", [0.5, 1.0])
@pytest.mark.parametrize("log", [1 / 6, 1.0])
def test_updates_towards_values_far_below(reg, log):
    """By powers, y^(1 - log) (y + reg (target - y))^log, which holds digits when the value falls by many orders."""
    for q, u in ((2.0, 1e-6), (1.0, 1e-100)):
        new = mapped_update(q, u, reg, log, LogMapping(0.1, 200))
        assert new == pytest.approx(q ** (1 - log) * ((1 - reg) * q + reg * u) ** log, rel=1e-13)


def test_published_update():
    assert mapped_update(0.5, 1.0, 0.1, 0.01, THOUSANDTH) == pytest.approx(0.500476821588571, abs=1e-14)


def test_curvature():
    assert curvature(LogMapping(0.5, 10), 0.0, 1.0) == pytest.approx(1024)
    assert curvature(GivenMapping(np.sqrt, np.square, 0.1, 1.0), 0.25, 1.0) == pytest.approx(2.0, rel=1e-2)


# --- fixed points --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "b", "value"),
    [
        (0.5, 0.01, 0.4974874372),
        (0.5, 0.1, 0.4736842105),
        (0.5, 1 / 3, 0.4),
        (0.5, 0.9, 0.0909090909),
        (0.3, 0.1, 0.2640636996),
        (0.3, 0.5, 0.1101398199),
    ],
)
def test_published_bias(p, b, value):
    assert biased_value([1, 0], [p, 1 - p], b, LogMapping(0.5, 900)) == pytest.approx(value, abs=6e-11)
    if b < 1:
        assert value == pytest.approx(b / ((1 - b) ** (-(1 - p) / p) - (1 - b)), abs=6e-11)


def test_bias_with_a_floor():
    assert biased_value([1, 0], [0.5, 0.5], 1.0, THOUSANDTH) == pytest.approx(0.0306385840, abs=6e-11)
    assert biased_value([1, 0], [0.5, 0.5], 0.5, THOUSANDTH) == pytest.approx(0.333996, abs=6e-7)
    assert biased_value([[0.7, 0.7], [1, 0]], [0.5, 0.5], 0.5, THOUSANDTH)[0] == pytest.approx(0.7, rel=1e-12)


def test_bias_of_other_mappings():
    """Roots: q = (E sqrt U)^2 at b = 1; squares overestimate."""
    root = GivenMapping(np.sqrt, np.square, 0.0, 1.0)
    assert biased_value([1, 0], [0.5, 0.5], 1.0, root) == pytest.approx(0.25, abs=1e-9)
    square = GivenMapping(np.square, np.sqrt, 0.0, 1.0)
    assert biased_value([1, 0], [0.5, 0.5], 1.0, square) == pytest.approx(math.sqrt(0.5), abs=1e-9)


@pytest.mark.parametrize(
    ("gamma", "b", "first", "ratio"),
    [
        (0.5, 0.1, 0.7789378005, 0.869570),
        (0.5, 0.5, 0.7224540625, 0.379915),
        (0.5, 1.0, 0.5, 0.006629),
        (0.9, 0.5, 0.9130818801, 0.896175),
        (0.96, 1.0, 0.9600015274, 0.953167),
    ],
)
def test_biased_values_of_the_chain(gamma, b, first, ratio):
    found = biased_fixed_point(chain_task(50, gamma), b, LogMapping(gamma, 200), policy=np.zeros(52, dtype=int))
    v = found.q_values[:50, 0]
    assert v[0] == pytest.approx(first, abs=6e-11)
    assert v[10] / chain_values(50, gamma)[10] == pytest.approx(ratio, abs=6e-7)
    assert (found.actions[:50] == 0).all()


def test_certain_targets_are_not_biased():
    task = chain_task(6, 0.9, 0.0, 1.0, 0.0)
    found = biased_fixed_point(task, 1.0, LogMapping(0.9, 100))
    assert found.q_values[:6, 0] == pytest.approx(0.9 ** np.arange(6), rel=1e-9)


def test_expected_sweeps_go_to_the_fixed_point():
    mdp = tabular.domains.garnet(3, 2, 2, gamma=0.6, rng=3)
    mapping = LogMapping(0.6, 10)
    fixed = biased_fixed_point(mdp, 0.5, mapping)
    plus, minus = np.zeros((3, 2)), np.zeros((3, 2))
    for _ in range(400):
        plus, minus = expected_sweep(mdp, plus, minus, 0.5, 0.5, mapping)
    assert plus - minus == pytest.approx(fixed.q_values, abs=1e-9)
    again = expected_sweep(mdp, fixed.plus, fixed.minus, 0.5, 0.3, mapping)
    assert again[0] - again[1] == pytest.approx(fixed.q_values, abs=1e-9)
    ordinary = expected_sweep(mdp, plus, minus, 0.7, 1.0, LogMapping(0.6, 0, initial=0.0))
    assert ordinary[0].shape == (3, 2)


@given(st.integers(0, 1000), st.sampled_from([0.1, 0.5, 1.0]))
def test_thompson_contraction(seed, b):
    rng = np.random.default_rng(seed)
    mdp = tabular.MDP(rng.dirichlet(np.ones(3), (3, 2)), rng.random((3, 2)) * rng.integers(0, 2), 0.9)
    mapping = LogMapping(0.9, 50)
    v, w = rng.random(3) * 10 ** rng.uniform(-3, 0, 3), rng.random(3)
    moved = [biased_q_values(mdp, x, b, mapping).max(axis=1) for x in (v, w)]
    modulus = thompson_modulus(0.9, max(v.max(), w.max()), mapping)
    assert thompson_distance(*moved, mapping) <= modulus * thompson_distance(v, w, mapping) + 1e-12


def test_the_largest_norm_expands():
    mdp = tabular.MDP([[[0.5, 0.5]], [[0.5, 0.5]]], [[0], [0]], 0.9)
    mapping = LogMapping(0.9, math.log(1e-6) / math.log(0.9))
    v, w = np.array([1e-4, 0.5]), np.array([2e-4, 0.5])
    moved = [biased_q_values(mdp, x, 1.0, mapping)[:, 0] for x in (v, w)]
    assert np.abs(moved[0] - moved[1]).max() / 1e-4 == pytest.approx(26.257496, abs=1e-5)
    assert thompson_modulus(0.9, 10, LogMapping(0.9, 50)) == pytest.approx(0.9999427686, abs=6e-11)


# --- learners ------------------------------------------------------------------------------------------------------------------


def reference_chain(task, reg, log, seed):
    """The same run in plain Python, weights and all."""
    rng = np.random.default_rng(seed)
    n, w = task.n, task.width
    floor = 0.0 if task.mapping is None else task.mapping.floor
    heads = 1 if task.mapping is None else 2
    theta = np.zeros((heads, 2, w, (n + w - 1) // w + 1))

    def stored(h, a, s):
        return sum(theta[h, a, t, (s + t) // w] for t in range(w)) / math.sqrt(w)

    def regular(h, a, s):
        x = stored(h, a, s)
        return x if task.mapping is None else math.exp(x) * floor - floor

    order = np.arange(2 * n)
    for sweep in range(len(reg)):
        for i in range(2 * n - 1, 0, -1):
            j = int(rng.random() * (i + 1))
            order[i], order[j] = order[j], order[i]
        for pair in order:
            s, a = pair // 2, pair % 2
            moves_left = (a == 0) == (rng.random() >= task.slip)
            to = s - 1 if moves_left else s + 1
            r = task.left_reward if to < 0 else task.right_reward if to == n else 0.0
            best = 0
            if 0 <= to < n:
                q = [regular(0, b, to) - (regular(1, b, to) if heads == 2 else 0.0) for b in range(2)]
                best = 0 if q[0] >= q[1] else 1
            targets = []
            for h in range(heads):
                paid = r if heads == 1 else max(r, 0.0) if h == 0 else max(-r, 0.0)
                targets.append(min(paid + (task.gamma * regular(h, best, to) if 0 <= to < n else 0.0), task.cap))
            for h in range(heads):
                if heads == 1:
                    change = reg[sweep] * (targets[h] - stored(h, a, s))
                else:
                    moved = (1 - reg[sweep]) * regular(h, a, s) + reg[sweep] * targets[h]
                    change = log[sweep] * (math.log((moved + floor) / floor) - stored(h, a, s))
                for t in range(w):
                    theta[h, a, t, (s + t) // w] += change / math.sqrt(w)
    return np.array([[[regular(h, a, s) for s in range(n)] for a in range(2)] for h in range(heads)])


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("mapping", [None, LogMapping(0.8, 20)])
def test_chain_learning_is_what_it_says(width, mapping):
    task = ChainLearning(gamma=0.8, width=width, mapping=mapping, n=4, every=10)
    reg, log = geometric_decay(0.9, 0.3, 20, 40), geometric_decay(0.9, 0.2, 20, 40)
    _, found = task.replay(reg, None if mapping is None else log, seed=3)
    assert found == pytest.approx(reference_chain(task, reg, log, 3), rel=1e-7, abs=1e-9)


def test_runs_are_repeatable_one_by_one():
    task = ChainLearning(gamma=0.9, width=2, mapping=LogMapping(0.9, 200), n=10)
    reg, log = geometric_decay(1, 0.1, 200, 500), geometric_decay(1, 0.01, 200, 500)
    curves = task.run(reg, log, seeds=[4, 5])
    assert np.array_equal(task.run(reg, log, seeds=[5])[0], curves[1])
    assert np.array_equal(task.replay(reg, log, seed=4)[0], curves[0])


def test_published_performance():
    """Late success of the published figure, in single cells: tiles fail at .9 and succeed at .96, the logarithm succeeds at
    both."""
    for gamma, late in ((0.9, 0.0), (0.96, 1.0)):
        curve = ChainLearning(gamma=gamma, width=2).run(geometric_decay(1, 0.001, 10_000, 12_000), seeds=[0])[0]
        assert curve[-10:].mean() == late
        task = ChainLearning(gamma=gamma, width=2, mapping=LogMapping(gamma, 200))
        curve = task.run(geometric_decay(1, 0.1, 6_000, 8_000), geometric_decay(1, 0.01, 6_000, 8_000), seeds=[0])[0]
        assert curve[-10:].mean() == 1.0


def test_k_must_exceed_the_horizon():
    for k, late in ((20, 0.0), (200, 1.0)):
        task = ChainLearning(gamma=0.8, width=3, mapping=LogMapping(0.8, k))
        curve = task.run(geometric_decay(1, 0.1, 6_000, 8_000), geometric_decay(1, 0.01, 6_000, 8_000), seeds=[0])[0]
        assert curve[-10:].mean() == late


def test_tables_learn_the_values_of_a_model():
    mdp = tabular.domains.garnet(4, 2, 3, gamma=0.6, rng=1)
    truth = tabular.solve(mdp, tol=1e-12).q_values
    sweeps = 4000
    ordinary = TableLearning(mdp).run(geometric_decay(1, 0.005, 1000, sweeps), seeds=range(4))
    assert ordinary.mean(axis=0) == pytest.approx(truth, abs=0.03)
    log = TableLearning(mdp, LogMapping(0.6, 20))
    mapped = log.run(geometric_decay(1, 0.1, 1000, sweeps), geometric_decay(1, 0.05, 1000, sweeps), seeds=range(4))
    assert mapped.mean(axis=0) == pytest.approx(truth, abs=0.05)
    assert np.array_equal(
        log.run([0.5] * 10, [0.5] * 10, seeds=[2, 3])[1], np.subtract(*log.heads([0.5] * 10, [0.5] * 10, seed=3))
    )


def test_constant_regular_steps_end_at_the_biased_value():
    coin = tabular.MDP([[[0, 0.5, 0.5]], [[0, 1, 0]], [[0, 0, 1]]], [[[0, 1, 0]], [[0] * 3], [[0] * 3]], 0.5)
    sweeps = np.arange(1, 20_001)
    for b, value in ((1.0, 0.030639), (0.5, 0.333996), (0.1, 0.473743)):
        runs = TableLearning(coin, THOUSANDTH).run(np.full(sweeps.size, b), np.minimum(1.0, 2 / (sweeps * b)), seeds=range(60))
        error = runs[:, 0, 0].std(ddof=1) / math.sqrt(60)
        assert abs(runs[:, 0, 0].mean() - value) < 5 * error + 1e-3


# --- tiles and noise -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "least"), [(1, 1.0), (2, 1.896671e-3), (3, 3.509478e-3), (5, 4.477081e-3)])
def test_tiles(width, least):
    phi, K = tile_features(50, width), tile_kernel(50, width)
    assert phi @ phi.T == pytest.approx(K, abs=1e-12)
    assert np.linalg.matrix_rank(phi) == 50
    assert np.linalg.eigvalsh(K)[0] == pytest.approx(least, rel=1e-6)


@pytest.mark.parametrize(
    ("width", "gamma", "ratio", "state", "chance"),
    [
        (2, 0.9, 0.882660, 42, 0.568),
        (2, 0.94, 4.976764, 43, 1.0),
        (3, 0.9, 0.247108, 42, 0.037),
        (3, 0.94, 1.584670, 43, 0.893),
        (3, 0.96, 3.842914, 45, 1.0),
        (5, 0.94, 0.580878, 43, 0.382),
        (5, 0.96, 1.462118, 44, 0.868),
        (5, 0.98, 2.902908, 44, 0.998),
    ],
)
def test_published_noise(width, gamma, ratio, state, chance):
    found = chain_noise(gamma, width)
    assert found.ratios.min() == pytest.approx(ratio, abs=6e-7)
    assert found.ratios.argmin() == state
    share, error = found.success(40_000)
    assert share == pytest.approx(chance, abs=5 * error + 0.003)


def test_a_table_is_never_drowned_and_tiles_are_beyond_doubles():
    for gamma, least in ((0.1, 12.169), (0.5, 13.680), (0.96, 23.568)):
        assert chain_noise(gamma, 1).ratios.min() == pytest.approx(least, abs=6e-4)
    lost = chain_noise(0.2, 3)
    assert np.isnan(lost.ratios).any()
    assert np.isnan(lost.success()[0])


def test_noise_is_that_of_long_runs():
    """Stationary deviations of a small chain, from runs with a constant step, against the Lyapunov equation."""
    step, n = 0.01, 4
    predicted = chain_noise(0.8, 2, step, n=n)
    task = ChainLearning(gamma=0.8, width=2, n=n)
    runs = [task.replay(np.full(6000, step), seed=seed)[1][0] for seed in range(300)]
    errors = np.std([q[0] - q[1] for q in runs], axis=0, ddof=1)
    assert errors == pytest.approx(predicted.deviations, rel=0.25)
