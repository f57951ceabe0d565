"""Gymnasium's tables: the model has the values of the table, and behaves as the environment does."""

import sys

import gymnasium
import numpy as np
import pytest

from tabular import MDP, ModelError

LAKE = "FrozenLake-v1"
ENVIRONMENTS = [
    (LAKE, {"map_name": "4x4", "is_slippery": True}, 16),
    (LAKE, {"map_name": "4x4", "is_slippery": False}, 16),
    (LAKE, {"map_name": "8x8", "is_slippery": True}, 64),
    (LAKE, {"map_name": "8x8", "is_slippery": False}, 64),
    ("CliffWalking-v1", {}, 48),
    ("CliffWalking-v1", {"is_slippery": True}, 48),
    ("Taxi-v4", {}, 504),
    ("Taxi-v4", {"is_rainy": True}, 504),
]


class TableEnvironment:
    """The least that is read: a table, perhaps an initial law."""

    def __init__(self, table, initial=None):
        self.unwrapped = self
        self.P = table
        self.closed = False
        if initial is not None:
            self.initial_state_distrib = np.array(initial)

    def close(self):
        self.closed = True


def table_values(table, gamma):
    """Value iteration on the table itself: no state, terminal or not, is treated specially; only the flag counts."""
    v = [0.0] * len(table)
    for _ in range(300):
        v = [
            max(sum(p * (r + gamma * v[t] * (not done)) for p, t, r, done in entries) for entries in actions.values())
            for actions in table.values()
        ]
    return np.array(v)


def q_values(model, v):
    return model.r + model.gamma * (model.P @ v).reshape(model.r.shape)


def model_values(model):
    v = np.zeros(model.n_states)
    for _ in range(300):
        v = q_values(model, v).max(axis=1)
    return v


def absorbing(model):
    own = np.repeat(np.arange(model.n_states), model.n_actions)
    return (model.P[np.arange(own.size), own].reshape(model.r.shape) == 1).all(axis=1) & (model.r == 0).all(axis=1)


@pytest.mark.parametrize(("name", "arguments", "n_states"), ENVIRONMENTS)
def test_values_are_those_of_the_table(name, arguments, n_states):
    model = MDP.from_gymnasium(name, 0.9, **arguments)
    table = gymnasium.make(name, **arguments).unwrapped.P
    alive = ~absorbing(model)[: len(table)]  # the table may list rewards after the end, which nobody receives
    assert (model.n_states, model.is_sparse) == (n_states, True)
    assert alive.sum() == {16: 11, 64: 53, 48: 47, 504: 500}[n_states]
    np.testing.assert_allclose(model_values(model)[: len(table)][alive], table_values(table, 0.9)[alive], atol=1e-11)


@pytest.mark.parametrize(("name", "arguments"), [row[:2] for row in ENVIRONMENTS])
def test_every_step_of_the_environment_is_one_of_the_model(name, arguments):
    env = gymnasium.make(name, **arguments)
    model = MDP.from_gymnasium(env, 0.9)
    P, ended = model.P.toarray().reshape(model.n_states, model.n_actions, -1), absorbing(model)
    policy = q_values(model, model_values(model)).argmax(axis=1)
    rng = np.random.default_rng(0)
    terminations = 0
    for seed in range(20):
        state, _ = env.reset(seed=seed)
        assert model.initial[state] > 0
        for _ in range(100):
            action = rng.integers(model.n_actions) if rng.random() < 0.3 else policy[state]
            row = P[state, action]
            state, _, done, _, _ = env.unwrapped.step(int(action))
            if done:
                terminations += 1
                assert row[ended].sum() > 0
                break
            assert row[state] > 0
            assert not ended[state]
    assert terminations > 0


@pytest.mark.parametrize("name", ["Taxi-v4", "CliffWalking-v1"])
def test_the_greedy_return_in_a_deterministic_environment_is_the_value(name):
    env = gymnasium.make(name)
    model = MDP.from_gymnasium(env, 0.9)
    values = model_values(model)
    policy = q_values(model, values).argmax(axis=1)
    for seed in range(20):
        start, _ = env.reset(seed=seed)
        state, total, discount, done = start, 0.0, 1.0, False
        while not done:
            state, reward, done, _, _ = env.step(int(policy[state]))
            total, discount = total + discount * reward, discount * 0.9
        assert total == pytest.approx(values[start], abs=1e-9)


def test_a_random_environment_pays_the_value_on_average():
    env = gymnasium.make(LAKE, map_name="4x4", is_slippery=True)
    model = MDP.from_gymnasium(env, 0.95)
    values = model_values(model)
    policy = q_values(model, values).argmax(axis=1)
    env.reset(seed=1)
    returns = []
    for _ in range(1500):
        (state, _), total, discount, done = env.reset(), 0.0, 1.0, False
        while discount > 1e-8 and not done:  # the time limit is no part of the model: stop only where it cannot matter
            state, reward, done, _, _ = env.unwrapped.step(int(policy[state]))
            total, discount = total + discount * reward, discount * 0.95
        returns.append(total)
    error = np.std(returns) / np.sqrt(len(returns))
    assert abs(np.mean(returns) - values[0]) < 5 * error
    assert error < 0.1 * values[0]


def test_a_state_met_alive_and_at_the_end_gets_a_copy():
    table = {
        0: {0: [(0.5, 1, 1.0, False), (0.5, 1, 4.0, True)]},
        1: {0: [(1.0, 0, 2.0, False)]},
    }
    model = MDP.from_gymnasium(TableEnvironment(table, [1.0, 0.0]), 0.9)
    assert model.P.toarray().tolist() == [[0, 0.5, 0.5], [1, 0, 0], [0, 0, 1]]
    assert model.r.tolist() == [[2.5], [2.0], [0.0]]
    assert model.initial.tolist() == [1, 0, 0]


def test_a_state_met_only_at_the_end_becomes_absorbing():
    table = {0: {0: [(1.0, 1, 3.0, True)]}, 1: {0: [(1.0, 0, 7.0, False)]}}
    model = MDP.from_gymnasium(TableEnvironment(table), 0.9)
    assert model.P.toarray().tolist() == [[0, 1], [0, 1]]
    assert model.r.tolist() == [[3.0], [0.0]]
    assert model.initial is None


def test_an_initial_state_is_met_alive():
    table = {0: {0: [(1.0, 1, 3.0, True)]}, 1: {0: [(1.0, 0, 7.0, False)]}}
    model = MDP.from_gymnasium(TableEnvironment(table, [0.5, 0.5]), 0.9)
    assert model.P.toarray().tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 1]]
    assert model.initial.tolist() == [0.5, 0.5, 0]


def test_transitions_of_probability_zero_do_not_count():
    table = {
        0: {0: [(1.0, 1, 3.0, True), (0.0, 1, 5.0, False)]},
        1: {0: [(1.0, 1, 7.0, True), (0.0, 0, 0.0, True)]},
    }
    model = MDP.from_gymnasium(TableEnvironment(table), 0.9)
    assert model.P.toarray().tolist() == [[0, 1], [0, 1]]
    assert model.r.tolist() == [[3.0], [0.0]]


def test_duplicates_are_summed_exactly():
    table = {0: {0: [(0.1, 0, 1e16, False), *[(0.1, 0, 1.0, False)] * 8, (0.1, 0, -1e16, False)]}}
    model = MDP.from_gymnasium(TableEnvironment(table), 0.9)
    assert model.P.toarray().tolist() == [[1.0]]  # adding 0.1 ten times from the left gives 0.9999999999999999
    assert model.r[0, 0] == pytest.approx(0.8, abs=1e-15)  # from the left: 0.0


def test_environments_are_closed_by_whoever_made_them(monkeypatch):
    env = TableEnvironment({0: {0: [(1.0, 0, 0.0, False)]}})
    MDP.from_gymnasium(env, 0.9)
    assert not env.closed
    monkeypatch.setattr(gymnasium, "make", lambda name: env)
    MDP.from_gymnasium("anything", 0.9)
    assert env.closed


def test_missing_gymnasium_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with pytest.raises(ImportError, match=r"tabular-theory\[gymnasium\]"):
        MDP.from_gymnasium(LAKE, 0.9)


OK = [(1.0, 0, 0.0, False)]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (None, "no transition table"),
        ({}, "no transition table"),
        ({0: {0: OK, 1: []}}, "state 0, action 1 lists no transitions"),
        ({0: {0: OK}, 1: {0: OK, 1: OK}}, r"state 1 .* lists 2 actions, state 0 lists 1"),
        ({0: {0: OK}, 2: {0: OK}}, "none numbered 1"),
        ({0: {1: OK}}, "state 0 has 1 actions but none numbered 0"),
        ({0: {0: [(1.0, 0, 0.0)]}}, "state 0, action 0 is not a tuple"),
        ({0: {0: [(1.0, 0.5, 0.0, False)]}}, "state 0, action 0 is not a tuple"),
        ({0: {0: [(1.0, 3, 0.0, False)]}}, r"state 0, action 0 leads to state 3, outside 0\.\.0"),
        ({0: {0: [(1.0, -1, 0.0, False)]}}, "leads to state -1"),
        ({0: {0: [(-0.5, 0, 0.0, False)]}}, "probability -0.5"),
        ({0: {0: [(1.0, 0, float("nan"), False)]}}, "reward nan"),
        ({0: {0: [(1.0, 0, 0.0, "no")]}}, "'no' where a boolean"),
        ({0: {0: [(0.9, 0, 0.0, False)]}}, "state 0, action 0 sum to 0.9"),
    ],
)
def test_malformed_tables_are_refused(table, message):
    with pytest.raises(ModelError, match=message):
        MDP.from_gymnasium(TableEnvironment(table), 0.9)


def test_environments_without_their_model_in_a_table_are_refused():
    with pytest.raises(ModelError, match=r"CartPole-v1 has no transition table"):
        MDP.from_gymnasium("CartPole-v1", 0.9)
    with pytest.raises(ModelError, match="make it with fickle_passenger"):
        MDP.from_gymnasium("Taxi-v4", 0.9, fickle_passenger=True)
    with pytest.raises(ModelError, match=r"is_rainy=\.\.\. is an argument of gymnasium.make"):
        MDP.from_gymnasium(gymnasium.make("Taxi-v4"), 0.9, is_rainy=True)
