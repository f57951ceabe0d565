r"""Logarithmic and ordinary Q-learning on any model, a table, many runs, compiled.

A sweep updates every pair once in random order from one sampled transition. Ordinary: :math:`Q \mathrel{+}= \alpha (r + \gamma
\max Q(s', \cdot) - Q)`. Logarithmic: two heads, one greedy action of their difference for both, steps :math:`\beta_{reg}` and
:math:`\beta_{log}` (:mod:`tabular.log_mapping.updates`); the table holds :math:`\ln(Q + \gamma^k)`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tabular._arrays import Float
from tabular.divergences.generators import compiled
from tabular.errors import ModelError
from tabular.log_mapping.chain_learning import checked_steps
from tabular.log_mapping.fixed_points import transitions
from tabular.log_mapping.mapping import LogMapping
from tabular.mdp import MDP

__all__ = ["TableLearning"]


@compiled
def _table_run(
    starts: Any,
    columns: Any,
    cumulative: Any,
    rewards: Any,
    gamma: float,
    n_actions: int,
    floor: float,
    ordinary: bool,
    reg: Any,
    log: Any,
    rng: Any,
    table: Any,
) -> None:
    pairs = starts.size - 1
    order = np.arange(pairs)
    heads = 1 if ordinary else 2
    for sweep in range(reg.size):
        for i in range(pairs - 1, 0, -1):
            j = int(rng.random() * (i + 1))
            order[i], order[j] = order[j], order[i]
        for pair in order:
            first, last = starts[pair], starts[pair + 1]
            u = rng.random() * cumulative[last - 1]
            e = first
            while e < last - 1 and cumulative[e] <= u:
                e += 1
            to, r = columns[e], rewards[e]
            best, most = 0, -math.inf
            for a in range(n_actions):
                x = table[0, to * n_actions + a]
                if not ordinary:
                    x = math.exp(x) - math.exp(table[1, to * n_actions + a])
                if x > most:
                    best, most = a, x
            for h in range(heads):
                follow = table[h, to * n_actions + best]
                if ordinary:
                    table[h, pair] += reg[sweep] * (r + gamma * follow - table[h, pair])
                else:
                    paid = max(r, 0.0) if h == 0 else max(-r, 0.0)
                    target = paid + gamma * (math.exp(follow) - floor) + floor
                    y = math.exp(table[h, pair])
                    table[h, pair] += log[sweep] * (math.log((1.0 - reg[sweep]) * y + reg[sweep] * target) - table[h, pair])


@dataclass(frozen=True, eq=False)
class TableLearning:
    """A learner on a model.

    Parameters
    ----------
    mdp : MDP
        gamma below 1; rewards per transition are used as such.
    mapping : LogMapping or None
        None is ordinary Q-learning. Both heads start at ``mapping.initial`` (ordinary values at 0).

    Examples
    --------
    >>> import tabular
    >>> coin = tabular.MDP([[[0, .5, .5]], [[0, 1, 0]], [[0, 0, 1]]], [[[0, 1, 0]], [[0] * 3], [[0] * 3]], 0.5)
    >>> learner = TableLearning(coin, LogMapping(0.5, 10))
    >>> learner.run([0.5] * 4000, [0.01] * 4000, seeds=range(20))[:, 0, 0].mean().round(2)
    np.float64(0.33)
    """

    mdp: MDP
    mapping: LogMapping | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.mdp, MDP):
            raise ModelError(f"mdp is {type(self.mdp).__name__} (expected an MDP)")
        if not self.mdp.gamma < 1.0:
            raise ModelError("gamma = 1 has no discounted values to learn")
        if self.mdp.allowed is not None:
            raise ModelError("learners need every action in every state")
        if self.mapping is not None and not isinstance(self.mapping, LogMapping):
            raise ModelError(f"mapping is {self.mapping!r} (compiled learners know LogMapping)")

    def run(self, reg_steps: Any, log_steps: Any = None, *, seeds: Sequence[int]) -> Float:
        """(len(seeds), S, A) action values at the end, in regular space; the same seed gives the same run.

        Parameters
        ----------
        reg_steps, log_steps : (sweeps,) arrays in (0, 1]
            ``log_steps`` with a mapping only.
        seeds : integers
        """
        runs = np.array([self.heads(reg_steps, log_steps, seed=seed) for seed in seeds])
        return np.asarray(runs[:, 0] if self.mapping is None else runs[:, 0] - runs[:, 1])

    def heads(self, reg_steps: Any, log_steps: Any = None, *, seed: int) -> Float:
        """(heads, S, A) action values at the end of one run."""
        reg, log = checked_steps(reg_steps, log_steps, self.mapping)
        mdp = self.mdp
        P, rewards = transitions(mdp)
        rows = np.repeat(np.arange(P.shape[0]), np.diff(P.indptr))
        running = np.cumsum(P.data)
        before = np.concatenate([[0.0], running])[P.indptr[:-1]]
        cumulative = running - before[rows]
        floor, start = 0.0, 0.0
        if self.mapping is not None:
            floor = self.mapping.floor
            start = math.log(self.mapping.initial + floor)
        table = np.full((1 if self.mapping is None else 2, P.shape[0]), start)
        _table_run(
            P.indptr.astype(np.int64),
            P.indices.astype(np.int64),
            cumulative,
            rewards,
            mdp.gamma,
            mdp.n_actions,
            floor,
            self.mapping is None,
            reg,
            log,
            np.random.default_rng(seed),
            table,
        )
        values = table if self.mapping is None else np.exp(table) - floor
        return np.asarray(values.reshape(-1, mdp.n_states, mdp.n_actions))
