r"""Gymnasium's tabular environments as models.

FrozenLake, Taxi and CliffWalking carry their model as a table: ``env.unwrapped.P[s][a]`` lists tuples
:math:`(p_i, s_i, r_i, d_i)` of probability, next state, reward and whether the episode terminates there. After
termination nothing more is paid, so a terminated transition must end in a state of value zero. With

.. math::
    T = \{s_i : p_i > 0,\; d_i\}, \qquad
    U = \{s_i : p_i > 0,\; \lnot d_i\} \cup \{s : \text{initial}(s) > 0\},

- a state of :math:`T \setminus U` is only ever met after the end: it becomes absorbing, with reward zero, whatever the
  table lists for it;
- a state of :math:`T \cap U` is also met alive: it stays as listed, and gets an absorbing *copy* with reward zero to
  which its terminated transitions lead instead. Copies follow the listed states, in their order.

Then :math:`P(s, a, s') = \sum_i p_i\,[\text{target}_i = s']` and :math:`r(s, a) = \sum_i p_i r_i`, each sum
rounded once (``math.fsum``). Truncation (time limits) is no part of the model.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from tabular import _arrays
from tabular.errors import ModelError
from tabular.mdp import MDP

__all__ = ["from_gymnasium"]


class _Transition(NamedTuple):
    probability: float
    target: int
    reward: float
    terminated: bool


_Table = list[list[list[_Transition]]]


def from_gymnasium(id_or_env: Any, gamma: Any, **make_arguments: Any) -> MDP:
    """The model behind a Gymnasium environment that carries its transition table.

    Parameters
    ----------
    id_or_env : str, gymnasium.envs.registration.EnvSpec, or an environment
        What to read. An environment made here from an id is closed again; one passed in is left open.
    gamma : float in [0, 1]
        Discount factor.
    **make_arguments
        Passed to ``gymnasium.make``, for example ``map_name="8x8"`` or ``is_slippery=False``.

    Returns
    -------
    MDP
        CSR. The listed states keep their numbers; absorbing copies of terminal states that are also met alive follow
        them (rule in the module docstring): 16 or 64 states for FrozenLake, 48 for CliffWalking, 500 + 4 for Taxi.
        ``initial`` is ``env.unwrapped.initial_state_distrib``, extended by zeros, if the environment has one.

    Raises
    ------
    ImportError
        If an id is given and Gymnasium is not installed.
    ModelError
        If the environment has no table, its table does not describe what ``step`` does, or an entry of it is malformed
        (which state and action).

    Examples
    --------
    >>> from_gymnasium("Taxi-v4", gamma=0.99)
    MDP(504 states, 6 actions, gamma=0.99)
    ├─ transitions: CSR (3024, 504), 3024 stored, rows sum to 1
    ├─ rewards: per state and action, in [-10, 20]
    ├─ initial: a law on 300 states
    └─ allowed: every action
    """
    if hasattr(id_or_env, "unwrapped"):
        if make_arguments:
            raise ModelError(
                f"{min(make_arguments)}=... is an argument of gymnasium.make, but an environment was given, not its id"
            )
        return _read(id_or_env, gamma)
    try:
        import gymnasium
    except ImportError as error:
        raise ImportError("reading an environment by its id needs Gymnasium: pip install 'tabular-theory[gymnasium]'") from error
    env = gymnasium.make(id_or_env, **make_arguments)
    try:
        return _read(env, gamma)
    finally:
        env.close()


def _read(env: Any, gamma: Any) -> MDP:
    name = getattr(getattr(env, "spec", None), "id", None) or type(env.unwrapped).__name__
    listed = getattr(env.unwrapped, "P", None)
    if not isinstance(listed, (Mapping, list, tuple)) or not listed:
        raise ModelError(
            f"{name} has no transition table env.unwrapped.P[s][a] = [(probability, next state, reward, terminated), "
            "...]; only environments that carry their model can be read (FrozenLake, Taxi, CliffWalking)"
        )
    if getattr(env.unwrapped, "fickle_passenger", False):
        raise ModelError(
            f"{name} with fickle_passenger=True changes the destination outside of its table P, which therefore is not "
            "its model; make it with fickle_passenger=False"
        )
    table = _parse(listed, name)
    n = len(table)
    initial = getattr(env.unwrapped, "initial_state_distrib", None)
    if initial is not None:
        initial = _arrays.as_distribution(initial, n, f"initial_state_distrib of {name}")

    ends = {t.target for entries in _pairs(table) for t in entries if t.probability > 0 and t.terminated}
    alive = {t.target for entries in _pairs(table) for t in entries if t.probability > 0 and not t.terminated}
    if initial is not None:
        alive.update(np.flatnonzero(initial).tolist())
    copy_of = {state: n + i for i, state in enumerate(sorted(ends & alive))}
    table = _absorb(table, ends - alive, copy_of)
    if initial is not None:
        initial = np.concatenate([initial, np.zeros(len(copy_of))])
    return _assemble(table, gamma, initial)


def _pairs(table: _Table) -> Iterator[list[_Transition]]:
    for actions in table:
        yield from actions


def _absorb(table: _Table, absorbing: set[int], copy_of: dict[int, int]) -> _Table:
    """The table after the rule: absorbing states, redirected terminated transitions, and the copies at the end."""

    def stay(state: int) -> list[list[_Transition]]:
        return [[_Transition(1.0, state, 0.0, False)]] * len(table[0])

    def redirect(t: _Transition) -> _Transition:
        return t._replace(target=copy_of.get(t.target, t.target)) if t.terminated else t

    kept = [
        stay(s) if s in absorbing else [[redirect(t) for t in entries] for entries in actions] for s, actions in enumerate(table)
    ]
    return kept + [stay(copy) for copy in copy_of.values()]


def _assemble(table: _Table, gamma: Any, initial: Any) -> MDP:
    data: list[float] = []
    columns: list[int] = []
    starts = [0]
    for entries in _pairs(table):
        parts: dict[int, list[float]] = {}
        for t in entries:
            if t.probability > 0:
                parts.setdefault(t.target, []).append(t.probability)
        columns += sorted(parts)
        data += [math.fsum(parts[target]) for target in sorted(parts)]
        starts.append(len(data))
    shape = (len(starts) - 1, len(table))
    P = sp.csr_array((np.array(data, dtype=np.float64), np.array(columns, dtype=np.int64), np.array(starts)), shape=shape)
    rewards = [math.fsum(t.probability * t.reward for t in entries) for entries in _pairs(table)]
    return MDP(P, np.reshape(rewards, (len(table), -1)), gamma, initial=initial)


def _parse(listed: Any, name: str) -> _Table:
    """The table as nested lists, every entry checked."""
    states = _listed(listed, f"the table of {name}", "states")
    table = [
        [
            [_entry(e, len(states), f"entry {e!r} of state {s}, action {a}") for e in _entries(entries, s, a)]
            for a, entries in enumerate(_listed(actions, f"state {s}", "actions"))
        ]
        for s, actions in enumerate(states)
    ]
    for s, actions in enumerate(table):
        if len(actions) != len(table[0]) or not actions:
            raise ModelError(f"state {s} of {name} lists {len(actions)} actions, state 0 lists {len(table[0])}")
    return table


def _listed(items: Any, owner: str, kind: str) -> list[Any]:
    """The values of a mapping with keys 0, 1, ..., or of a sequence."""
    if isinstance(items, Mapping):
        missing = [key for key in range(len(items)) if key not in items]
        if missing:
            raise ModelError(f"{owner} has {len(items)} {kind} but none numbered {missing[0]} (expected 0..{len(items) - 1})")
        return [items[key] for key in range(len(items))]
    if isinstance(items, (list, tuple)):
        return list(items)
    raise ModelError(f"{owner} is a {type(items).__name__} (expected a dict or list of {kind})")


def _entries(entries: Any, s: int, a: int) -> list[Any]:
    if not isinstance(entries, (list, tuple)) or not entries:
        raise ModelError(f"state {s}, action {a} lists no transitions (expected a list of tuples)")
    return list(entries)


def _entry(entry: Any, n_states: int, where: str) -> _Transition:
    try:
        probability, target, reward, terminated = entry
        probability, target, reward = float(probability), operator.index(target), float(reward)
    except (TypeError, ValueError):
        raise ModelError(f"{where} is not a tuple (probability, next state, reward, terminated)") from None
    if not 0 <= target < n_states:
        raise ModelError(f"{where} leads to state {target}, outside 0..{n_states - 1}")
    if not (math.isfinite(probability) and probability >= 0):
        raise ModelError(f"{where} has the probability {probability!r} (expected a finite non-negative number)")
    if not math.isfinite(reward):
        raise ModelError(f"{where} has the reward {reward!r} (expected a finite number)")
    if terminated not in (True, False):
        raise ModelError(f"{where} has {terminated!r} where a boolean (terminated) is expected")
    return _Transition(probability, target, reward, bool(terminated))
