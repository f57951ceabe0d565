"""Hidden Markov chains with arms: what is known about the state after actions and outcomes, as trees of beliefs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import connected_components

from tabular import _arrays
from tabular._arrays import ROW_TOLERANCE, Float, frozen
from tabular._parameters import count
from tabular.bandits.beliefs import Nodes, merge, merged
from tabular.errors import ModelError

__all__ = ["TIE", "HiddenChain", "Policy", "check_laws", "closed_classes", "stationary_law"]

Policy = Callable[[Float, int], ArrayLike]
"""``policy(beliefs, t)``: (M, n) beliefs about the state of step t (0-based) to (M, k) laws on actions."""

TIE = 1e-12
"""Means that differ by no more are equal: they may be sums of products."""

MOST_NODES = 2_000_000
"""Beliefs that a tree may hold at one step."""

MOST_NUMBERS = 40_000_000
"""Probabilities that may be expanded at once, before equal beliefs are merged: 320 megabytes, three times over."""


class HiddenChain:
    """A hidden chain whose state decides what arms pay, and beliefs about it; see :class:`tabular.bandits.LatentBandit`."""

    __slots__ = ("initial", "likelihood", "means", "outcome_rewards", "transition")

    transition: Float
    means: Float
    initial: Float
    likelihood: Float
    outcome_rewards: Float

    def __init__(
        self, transition: ArrayLike, means: ArrayLike | None, initial: Any = None, *, outcomes: tuple[Any, Any] | None = None
    ) -> None:
        P = _arrays.as_float(transition, "transition")
        if P.ndim != 2 or P.shape[0] != P.shape[1] or P.size == 0:
            raise ModelError(f"transition has shape {P.shape} (expected (n, n))")
        check_laws(P, "transition", "row")
        n = len(P)
        if (means is None) == (outcomes is None):
            raise ModelError("give means of Bernoulli rewards, or outcomes, and not both")
        if outcomes is None:
            mu = _arrays.as_float(means, "means")
            if mu.ndim != 2 or mu.shape[0] != n or mu.shape[1] == 0:
                raise ModelError(f"means have shape {mu.shape} (expected ({n}, k): states, arms)")
            bad = np.argwhere(~((mu >= 0.0) & (mu <= 1.0)))
            if bad.size:
                s, a = bad[0]
                raise ModelError(
                    f"the mean of arm {a} in state {s} is {float(mu[s, a])!r} (expected a probability: rewards are 0 or 1)"
                )
            likelihood, rewards = np.stack([1.0 - mu, mu], axis=2), np.array([0.0, 1.0])
        else:
            try:
                given, paid = outcomes
            except (TypeError, ValueError):
                raise ModelError("outcomes are a pair: probabilities (n, k, m) and rewards (m,)") from None
            likelihood, rewards = _arrays.as_float(given, "outcomes"), _arrays.as_float(paid, "rewards")
            if likelihood.ndim != 3 or 0 in likelihood.shape or len(likelihood) != n or rewards.shape != likelihood.shape[2:]:
                raise ModelError(f"outcomes have shapes {likelihood.shape} and {rewards.shape} (expected ({n}, k, m) and (m,))")
            check_laws(likelihood.reshape(-1, rewards.size), "outcomes", "state and arm")
            if not np.isfinite(rewards).all():
                raise ModelError("a reward is not finite")
            mu = likelihood @ rewards
        law = stationary_law(P) if initial is None else _arrays.as_distribution(initial, n, "initial")
        for name, value in (
            ("transition", P),
            ("means", mu),
            ("initial", law),
            ("likelihood", likelihood),
            ("outcome_rewards", rewards),
        ):
            setattr(self, name, frozen(value))

    @property
    def n_states(self) -> int:
        """Number of states n."""
        return int(self.means.shape[0])

    @property
    def n_actions(self) -> int:
        """Number of arms k."""
        return int(self.means.shape[1])

    @property
    def best_actions(self) -> NDArray[np.intp]:
        """(n,) best arm of each state, the lowest index among ties within 1e-12."""
        return np.asarray((self.means >= self.means.max(axis=1, keepdims=True) - TIE).argmax(axis=1))

    def __repr__(self) -> str:
        kind = "Bernoulli rewards" if self.outcome_rewards.tolist() == [0.0, 1.0] else f"{self.outcome_rewards.size} outcomes"
        return f"{type(self).__name__}({self.n_states} states, {self.n_actions} arms, {kind})"

    # --- beliefs ---------------------------------------------------------------------------------------------------------------

    def best_action_law(self, beliefs: Float) -> Float:
        """(M, k) probabilities of each arm to be the best, under (M, n) beliefs: what Thompson sampling plays."""
        return np.asarray(beliefs @ self._best)

    @property
    def _best(self) -> Float:
        """(n, k) the best action as a target: one in its column."""
        return np.eye(self.n_actions)[self.best_actions]

    def regret_of(self, beliefs: Float, laws: Float) -> Float:
        """(M,) expected regret of playing ``laws`` under ``beliefs``."""
        return np.asarray((laws * self.regrets_of(beliefs)).sum(axis=1))

    def regrets_of(self, beliefs: Float) -> Float:
        """(M, k) expected regret of each action."""
        best = beliefs @ self.means.max(axis=1)
        return np.asarray(best[:, None] - beliefs @ self.means)

    def step(self, nodes: Nodes, laws: Float) -> Nodes:
        """Beliefs about the next state after every action and outcome that have probability, equal ones merged.

        Raises
        ------
        ModelError
            If more than ``MOST_NODES`` would be held, with their number.
        """
        self._check_size(nodes.weights.size)
        joint, chances = self.outcomes_of(nodes.beliefs)
        weights = nodes.weights[:, None, None] * laws[:, :, None] * chances
        kept = weights > 0.0
        return self._checked(merged(Nodes(self._after(joint, chances, kept), weights[kept])))

    def children_of(self, beliefs: Float) -> tuple[Float, Float, NDArray[np.intp]]:
        """Beliefs about the next state after all actions and outcomes, the (M, k, m) probabilities of outcomes, and which of the
        beliefs each leads to (0 where an outcome cannot be)."""
        self._check_size(len(beliefs))
        joint, chances = self.outcomes_of(beliefs)
        possible = chances > 0.0
        found, which = merge(Nodes(self._after(joint, chances, possible), chances[possible]))
        self._checked(found)
        children = np.zeros(chances.shape, dtype=np.intp)
        children[possible] = which
        return found.beliefs, chances, children

    def _check_size(self, beliefs: int) -> None:
        nodes = beliefs * self.n_actions * self.outcome_rewards.size
        if nodes > 4 * MOST_NODES or nodes * self.n_states > MOST_NUMBERS:
            raise ModelError(
                f"the next step of the belief tree has up to {nodes} nodes of {self.n_states} numbers (at most {4 * MOST_NODES} "
                f"nodes and {MOST_NUMBERS} numbers are expanded at once); shorten the horizon, or take long-run averages: "
                "stationary_values()"
            )

    def _checked(self, found: Nodes) -> Nodes:
        if found.weights.size > MOST_NODES:
            raise ModelError(
                f"the belief tree has {found.weights.size} nodes at one step (at most {MOST_NODES}); "
                "shorten the horizon, or take long-run averages: stationary_values()"
            )
        return found

    def outcomes_of(self, beliefs: Float) -> tuple[Float, Float]:
        """(M, k, m, n) probabilities of each outcome of each action together with the state, and (M, k, m) sums over it."""
        joint = np.einsum("ms,sao->maos", beliefs, self.likelihood)
        return joint, joint.sum(axis=3)

    def _after(self, joint: Float, chances: Float, kept: NDArray[np.bool_]) -> Float:
        """Beliefs about the next state after the outcomes that are kept."""
        return np.asarray(joint[kept] / chances[kept][:, None] @ self.transition)

    def _walk(self, policy: Policy, horizon: int) -> Iterator[tuple[Nodes, Float]]:
        """The layers of the belief tree, and what the policy plays there."""
        steps = count(horizon, "horizon")
        nodes = Nodes(self.initial[None], np.ones(1))
        for t in range(steps):
            laws = self.laws_of(policy, nodes.beliefs, t)
            yield nodes, laws
            if t + 1 < steps:
                nodes = self.step(nodes, laws)

    def laws_of(self, policy: Policy, beliefs: Float, t: int) -> Float:
        """(M, k) what a policy plays under (M, n) beliefs; a :class:`ModelError` says for which belief it returned no law."""
        laws = np.asarray(policy(beliefs, t), dtype=np.float64)
        if laws.shape != (len(beliefs), self.n_actions):
            raise ModelError(f"the policy returned shape {laws.shape} at step {t} (expected {(len(beliefs), self.n_actions)})")
        good = (laws >= 0.0).all(axis=1) & (np.abs(laws.sum(axis=1) - 1.0) <= ROW_TOLERANCE)
        if not good.all():
            m = int(np.argmin(good))
            raise ModelError(f"the policy returned no law at step {t} for belief {beliefs[m].round(6)}: {laws[m]}")
        return laws


def closed_classes(transition: Float) -> int:
    """How many sets of states the chain may end in."""
    count_, labels = connected_components(transition > 0.0, directed=True, connection="strong")
    leaves = {int(labels[i]) for i, j in np.argwhere(transition > 0.0) if labels[i] != labels[j]}
    return int(count_) - len(leaves)


def stationary_law(transition: Float) -> Float:
    """The unique stationary law of a chain, or an error that says that there are several."""
    n = len(transition)
    system = np.vstack([(transition.T - np.eye(n)), np.ones((1, n))])
    if np.linalg.matrix_rank(system, tol=1e-10) < n or np.linalg.matrix_rank(transition.T - np.eye(n), tol=1e-10) < n - 1:
        raise ModelError("the chain has several stationary laws: pass initial=...")
    law = np.linalg.lstsq(system, np.append(np.zeros(n), 1.0), rcond=None)[0]
    law = np.maximum(law, 0.0)
    return np.asarray(law / law.sum())


def check_laws(rows: Float, name: str, what: str) -> None:
    """Raise a :class:`ModelError` that names the first row that is no law."""
    bad = np.argwhere(~(np.isfinite(rows) & (rows >= 0.0)))
    if bad.size:
        raise ModelError(f"{name}: {what} {bad[0][0]} has the entry {float(rows[tuple(bad[0])])!r} (expected a probability)")
    sums = rows.sum(axis=1)
    off = np.flatnonzero(np.abs(sums - 1.0) > ROW_TOLERANCE)
    if off.size:
        raise ModelError(f"{name}: {what} {off[0]} sums to {sums[off[0]]:.12g} (expected 1 within {ROW_TOLERANCE:g})")
