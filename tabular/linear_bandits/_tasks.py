"""What compiled learners are given and what they keep: environments and records as tuples of arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular.errors import ModelError
from tabular.linear_bandits.environments import Contexts, DriftingLinearBandit
from tabular.linear_bandits.model import DynamicalLinearBandit, rows_of_actions

__all__ = ["Bandit", "Record", "Task", "Trial", "task_of"]

Bandit = DynamicalLinearBandit | DriftingLinearBandit


class Task(NamedTuple):
    """A bandit and its actions. Without memory n = 0; a fixed action set is the only one of M = 1."""

    A: Float  # (n, n)
    B: Float  # (n, d)
    omega: Float  # (n,)
    theta: Float  # (P, d), what an action pays at once
    parameters: Float  # (P, d), what it pays in all
    starts: NDArray[np.int64]  # (P,)
    state_noise: float
    reward_noise: float
    rademacher: bool
    initial: Float  # (n,)
    sets: Float  # (M, K, d)
    law: Float  # (M,), cumulative


class Record(NamedTuple):
    """What is kept of one trial; few arrays, because each costs time in every compiled call."""

    checkpoints: NDArray[np.int64]  # (C,), rounds, the last one is the horizon
    curves: Float  # (3, C), regret, rewards, and the largest error of an estimate in units of its confidence width
    pulls: NDArray[np.int64]  # (K,)
    totals: Float  # (3,), what the curves hold, so far
    rounds: Float  # (T, 2), arm and reward; (0, 2) if they are not kept
    updates: Float  # (T + 1, d + 2), estimate, error and width, nan beyond the last; (0, d + 2) if they are not kept

    @classmethod
    def blank(cls, checkpoints: NDArray[np.int64], task: Task, *, everything: bool = False) -> Record:
        """An empty record, of all rounds or of checkpoints only."""
        kept = int(checkpoints[-1]) if everything else 0
        _, k, d = task.sets.shape
        return cls(
            checkpoints=np.array(checkpoints),
            curves=np.full((3, len(checkpoints)), np.nan),
            pulls=np.zeros(k, dtype=np.int64),
            totals=np.array([0.0, 0.0, np.nan]),
            rounds=np.zeros((kept, 2)),
            updates=np.full((kept + everything, d + 2), np.nan),
        )


Trial = Callable[[Any, Any, Record], None]
"""Fills a record, with the noise of the bandit from one generator and the learner's own randomness from another."""


def task_of(bandit: Any, actions: Any, *, rademacher: bool = False) -> Task:
    """A bandit with a (K, d) array of actions or with :class:`Contexts`, in own writable arrays."""
    if not isinstance(bandit, Bandit):
        raise ModelError(f"bandit is {type(bandit).__name__} (expected a DynamicalLinearBandit or a LinearBandit)")
    d = bandit.dimension
    if isinstance(actions, Contexts):
        sets, law = np.array(actions.sets), np.cumsum(actions.law)
        if sets.shape[2] != d:
            raise ModelError(f"contexts have actions in dimension {sets.shape[2]}, the bandit in dimension {d}")
    else:
        sets, law = rows_of_actions(actions, d)[None], np.ones(1)
    if isinstance(bandit, DynamicalLinearBandit):
        A, B, omega, initial = (np.array(x) for x in (bandit.A, bandit.B, bandit.omega, bandit.initial_state))
        theta, parameters = np.array(bandit.theta[None]), np.array(bandit.cumulative_parameter[None])
        starts, state_noise = np.zeros(1, dtype=np.int64), bandit.state_noise
    else:
        A, B, omega, initial = np.zeros((0, 0)), np.zeros((0, d)), np.zeros(0), np.zeros(0)
        theta, parameters = np.array(bandit.parameters), np.array(bandit.parameters)
        starts, state_noise = np.array(bandit.starts), 0.0
    return Task(
        A,
        B,
        omega,
        theta,
        parameters,
        starts,
        state_noise,
        bandit.reward_noise,
        rademacher,
        initial,
        np.ascontiguousarray(sets),
        law,
    )
