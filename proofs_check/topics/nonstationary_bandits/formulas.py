r"""What claims about hidden-chain bandits speak of, in both arithmetics.

In doubles the numbers come from :mod:`tabular.bandits`, which merges beliefs; in exact arithmetic from the definitions, history
by history. ``P`` is the (n, n) chain, ``mu`` the (n, k) chances of a reward, ``nu`` the law of the first state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from proofs_check.arithmetic import floats_only, is_exact, kl, rational, xlogx
from tabular.bandits import LatentBandit

__all__ = [
    "Node",
    "Run",
    "arms",
    "best_arms",
    "binary_kl",
    "entropy",
    "entropy_of_bit",
    "gaps",
    "greedy_play",
    "histories",
    "information",
    "mixed",
    "one_hot",
    "played",
    "sequence_entropy",
    "total",
    "whole_steps",
]

Array = np.ndarray[Any, Any]
Play = Callable[[Array], Array]


def total(values: Any) -> Any:
    """Sum from zero, in the arithmetic at hand."""
    out = rational(0)
    for x in values:
        out = out + x
    return out


def entropy(masses: Array) -> Any:
    r""":math:`-\sum p \log p` in nats."""
    return -total(xlogx(np.asarray(masses).ravel()))


def entropy_of_bit(x: Any) -> Any:
    """Of a coin."""
    return -xlogx(x) - xlogx(1 - x)


def binary_kl(p: Any, q: Any) -> Any:
    """Divergence of two coins."""
    return kl(np.array([p, 1 - p]), np.array([q, 1 - q]))


def arms(mu: Array) -> int:
    """How many there are."""
    return int(mu.shape[1])


def best_arms(mu: Array) -> Array:
    """(n,) the arm with the largest mean in each state, the first among equals."""
    return np.array([max(range(len(row)), key=lambda a: (row[a], -a)) for row in mu])


def one_hot(chosen: Array, k: int) -> Array:
    """(n, k) ones in the chosen columns."""
    return np.array([[rational(int(a == x)) for x in range(k)] for a in chosen])


def gaps(mu: Array) -> Array:
    """(n, k) regret of each arm in each state."""
    return np.array([[max(row) - x for x in row] for row in mu])


class Node(NamedTuple):
    """A history: its probability, the (sequences, n) posterior of target sequences and the state, and what is played."""

    weight: Any
    table: Array
    law: Array


def extended(table: Array, target: Array) -> Array:
    """Every sequence of targets, longer by one: the last one runs fastest."""
    return np.array([row * column for row in table for column in target.T])


def histories(P: Array, mu: Array, nu: Array, horizon: int, target: Array, play: Play) -> Iterator[list[Node]]:
    """All histories of each step, before the action; ``play`` maps a belief to a law on arms."""
    nodes: list[tuple[Any, Array]] = [(rational(1), nu[None])]
    for t in range(int(horizon)):
        layer = []
        for weight, table in nodes:
            longer = extended(table @ P if t else table, target)
            layer.append(Node(weight, longer, play(longer.sum(axis=0))))
        yield layer
        nodes = []
        for node in layer:
            for a, share in enumerate(node.law):
                for chances in (mu[:, a], 1 - mu[:, a]):
                    joint = node.table * chances
                    mass = joint.sum()
                    if share > 0 and mass > 0:
                        nodes.append((node.weight * share * mass, joint / mass))


def greedy_play(mu: Array) -> Play:
    """The arm with the largest mean under the belief, the first among equals."""
    k = arms(mu)

    def play(belief: Array) -> Array:
        means = belief @ mu
        return one_hot(np.array([max(range(k), key=lambda a: (means[a], -a))]), k)[0]

    return play


def information(rows: Array, chances: Array) -> Any:
    """Between which row it is and a coin whose chance depends on the state; ``rows`` are joint probabilities, (rows, n)."""
    sides = np.array([chances, 1 - chances]).T  # not one less the other: rounding would make what is impossible possible
    overall = (rows @ sides).sum(axis=0) / rows.sum()
    out = rational(0)
    for row in rows:
        mass = row.sum()
        if mass > 0:
            out = out + mass * kl(row @ sides / mass, overall)
    return out


def _last(table: Array, k: int) -> Array:
    """(k, n) joint law of the last target and the state."""
    return table.reshape(-1, k, table.shape[1]).sum(axis=0)


class Run(NamedTuple):
    """Exact performance over a horizon: regret and one-step information per step, the information about the whole sequence of
    targets, and its entropy."""

    regret: Array
    gains: Array
    whole: Any
    entropy: Any


def mixed(explore: Any, target: Array) -> Play:
    """Thompson sampling for a target, with a share of uniform play."""

    def play(belief: Array) -> Array:
        return (1 - explore) * (belief @ target) + explore * rational(1, target.shape[1])

    return play


def played(P: Array, mu: Array, nu: Array, horizon: int, target: Array | None = None, explore: Any = 0) -> Run:
    """What Thompson sampling for a target achieves and learns; the target is the best action unless one is given."""
    if not is_exact():
        return _by_tree(P, mu, nu, horizon, target, float(explore))
    k = arms(mu)
    kernel = one_hot(best_arms(mu), k) if target is None else target
    lost = gaps(mu)
    regret, gains, whole = [], [], rational(0)
    for layer in histories(P, mu, nu, horizon, kernel, mixed(explore, kernel)):
        regret.append(total(n.weight * (n.law * (n.table.sum(axis=0) @ lost)).sum() for n in layer))
        gains.append(
            total(n.weight * share * information(_last(n.table, k), mu[:, a]) for n in layer for a, share in enumerate(n.law))
        )
        whole = whole + total(n.weight * share * information(n.table, mu[:, a]) for n in layer for a, share in enumerate(n.law))
    return Run(np.array(regret), np.array(gains), whole, sequence_entropy(P, nu, horizon, kernel))


@floats_only
def _by_tree(P: Array, mu: Array, nu: Array, horizon: int, target: Array | None, explore: float) -> Run:
    bandit, steps = LatentBandit(P, mu, nu), int(horizon)
    thompson = bandit.thompson if target is None else bandit.satisficing(target)

    def policy(beliefs: Array, t: int) -> Array:
        return (1.0 - explore) * np.asarray(thompson(beliefs, t)) + explore / bandit.n_actions

    whole = bandit.information_gain(steps, policy, target)
    gains = bandit.one_step_information(steps, policy, target)
    kernel = one_hot(best_arms(mu), bandit.n_actions) if target is None else target
    return Run(bandit.policy_regret(policy, steps), gains, whole, sequence_entropy(P, nu, steps, kernel))


def whole_steps(P: Array, mu: Array, nu: Array, horizon: int, explore: Any) -> Array:
    r"""(T,) :math:`I(A^*_{1:T}; (A_t, O_t) | F_{t - 1})`: what each step tells about the whole sequence, the future included."""
    k, steps = arms(mu), int(horizon)
    target = one_hot(best_arms(mu), k)
    out = []
    for t, layer in enumerate(histories(P, mu, nu, steps, target, mixed(explore, target))):
        here = rational(0)
        for node in layer:
            ahead = _futures(P, target, steps - t - 1)
            for a, share in enumerate(node.law):
                here = here + node.weight * share * _about_paths(node.table, ahead, mu[:, a])
        out.append(here)
    return np.array(out)


def _futures(P: Array, target: Array, steps: int) -> Array:
    """(sequences, n) probability of each sequence of later targets, by the state now."""
    futures = np.array([[rational(1)] * len(P)])
    for _ in range(steps):
        futures = np.array([P @ (column * future) for column in target.T for future in futures])
    return futures


def _about_paths(table: Array, futures: Array, chances: Array) -> Any:
    return information(np.array([row * future for row in table for future in futures]), chances)


def sequence_entropy(P: Array, nu: Array, horizon: Any, target: Array) -> Any:
    """Entropy of the sequence of targets: in doubles that of :mod:`tabular.bandits`."""
    steps = int(horizon)
    if steps == 0:
        return rational(0)
    if not is_exact():
        return _entropy_by_vectors(P, nu, steps, target)
    table = extended(nu[None], target)
    for _ in range(steps - 1):
        table = extended(table @ P, target)
    return entropy(table.sum(axis=1))


@floats_only
def _entropy_by_vectors(P: Array, nu: Array, steps: int, target: Array) -> float:
    if set(np.unique(target)) <= {0.0, 1.0}:  # means that make these the best actions
        return LatentBandit(P, target.astype(np.float64), nu).optimal_action_entropy(steps)
    bandit = LatentBandit(P, np.full(target.shape, 0.5), nu)
    noise, law = -(xlogx(target)).sum(axis=1), nu
    out = bandit.target_information(steps, target)
    for _ in range(steps):
        out += float(law @ noise)
        law = law @ P
    return float(out)
