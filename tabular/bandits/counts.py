r"""Classic Bernoulli bandits, exactly: policies that look at counts only.

What UCB1, KL-UCB and Thompson sampling do at step t depends on the successes and failures of each arm alone, so that their
regret is a sum over counts, polynomially many, with equal ones merged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, rel_entr

from tabular import _arrays
from tabular._arrays import ROW_TOLERANCE, Float
from tabular._parameters import count
from tabular.errors import ModelError

__all__ = [
    "CountPolicy",
    "CountRegret",
    "Divergences",
    "bayes_regret",
    "count_regret",
    "divergences",
    "kl_ucb",
    "optimal_bayes_regret",
    "thompson",
    "ucb1",
]

Counts = NDArray[np.int64]
CountPolicy = Callable[[Counts, Counts, int], Float]
"""``policy(successes, failures, t)``: (M, k) counts after t pulls to (M, k) laws on arms."""


def _best(scores: Float, pulled: Counts) -> Float:
    """The first arm that was never pulled, else equal shares for the scores within 1e-12 of the largest."""
    new = pulled == 0
    top = scores >= scores.max(axis=1, keepdims=True) - 1e-12
    laws = top / top.sum(axis=1, keepdims=True)
    waiting = new.any(axis=1)
    laws[waiting] = np.eye(scores.shape[1])[new[waiting].argmax(axis=1)]
    return np.asarray(laws)


def ucb1(successes: Counts, failures: Counts, t: int) -> Float:
    r"""Auer, Cesa-Bianchi and Fischer (2002): each arm once, then the largest :math:`\hat\mu + \sqrt{2 \ln t / n}`, t pulls so
    far; ties are shared."""
    n = successes + failures
    pulls = np.maximum(n, 1)
    return _best(successes / pulls + np.sqrt(2.0 * np.log(max(t, 1)) / pulls), n)


def kl_ucb(successes: Counts, failures: Counts, t: int) -> Float:
    r"""Garivier and Cappé (2011): the largest q with :math:`n\, kl(\hat\mu, q) \le \ln(t + 1)`, by bisection; each arm once
    first, ties are shared."""
    n = successes + failures
    pulls = np.maximum(n, 1)
    mean = successes / pulls
    low, high = mean.copy(), np.ones_like(mean)
    for _ in range(60):
        q = (low + high) / 2.0
        inside = pulls * (rel_entr(mean, q) + rel_entr(1.0 - mean, 1.0 - q)) <= np.log(t + 1.0)
        low, high = np.where(inside, q, low), np.where(inside, high, q)
    return _best(low, n)


def thompson(successes: Counts, failures: Counts, t: int) -> Float:
    """Thompson sampling with uniform priors, two arms: the probability that one Beta variable exceeds another, in closed form."""
    if successes.shape[1] != 2:
        raise ModelError(f"Thompson sampling by counts knows two arms, not {successes.shape[1]}")
    a, b = successes + 1.0, failures + 1.0
    terms = int(a[:, 0].max())
    i = np.arange(terms)
    # P(theta_1 > theta_2) = sum_{i < a_1} B(a_2 + i, b_1 + b_2) / ((b_1 + i) B(1 + i, b_1) B(a_2, b_2))
    logs = (
        betaln(a[:, 1:2] + i, b[:, 0:1] + b[:, 1:2])
        - np.log(b[:, 0:1] + i)
        - betaln(1.0 + i, b[:, 0:1])
        - betaln(a[:, 1:2], b[:, 1:2])
    )
    first = np.where(i < a[:, 0:1], np.exp(logs), 0.0).sum(axis=1)
    first = np.clip(first, 0.0, 1.0)
    return np.stack([first, 1.0 - first], axis=1)


@dataclass(frozen=True, eq=False)
class CountRegret:
    """Exact performance of a policy.

    Attributes
    ----------
    regret : (T,) array
        Expected regret of each step.
    pulls : (k,) array
        Expected number of pulls of each arm.
    successes, failures : (M, k) integers, weights : (M,) array
        The law of the final counts.
    """

    regret: Float
    pulls: Float
    successes: Counts
    failures: Counts
    weights: Float


def count_regret(means: ArrayLike, policy: CountPolicy, horizon: int) -> CountRegret:
    """Regret of a policy of counts on Bernoulli arms with known means, without simulation.

    Parameters
    ----------
    means : (k,) array in [0, 1]
    policy : function of successes, failures and the number of pulls
        :func:`ucb1`, :func:`kl_ucb`, :func:`thompson`, or your own.
    horizon : int >= 1

    Examples
    --------
    >>> found = count_regret([.6, .4], ucb1, 10)
    >>> round(float(found.regret.sum()), 10)
    0.8350511104
    """
    mu = _arrays.as_float(means, "means")
    if mu.ndim != 1 or mu.size == 0 or not ((mu >= 0.0) & (mu <= 1.0)).all():
        raise ModelError(f"means are {means!r} (expected probabilities)")
    return _forward(mu.size, lambda s, f: np.broadcast_to(mu, s.shape), policy, horizon, float(mu.max()))


class Divergences(NamedTuple):
    r"""Divergences between the laws of a run on two bandits, in nats.

    ``counts``: of the laws of the final counts, which are sufficient; ``decomposition``: :math:`\sum_a E N_a\, kl(\nu_a,
    \nu'_a)`, equal to it; ``event``: the largest binary divergence of an event :math:`\{N_k \le c\}`, k the last arm.
    """

    counts: float
    decomposition: float
    event: float


def divergences(means: ArrayLike, other: ArrayLike, policy: CountPolicy, horizon: int) -> Divergences:
    """How well a run of a policy tells a bandit from another one, both sides of the divergence decomposition.

    Parameters
    ----------
    means, other : (k,) arrays in (0, 1)
        The bandit that is played, and the one it is told from.

    Examples
    --------
    >>> found = divergences([.6, .4], [.6, .8], ucb1, 20)
    >>> round(found.counts, 10), round(found.decomposition, 10)
    (2.96425159, 2.96425159)
    """
    here, there = count_regret(means, policy, horizon), count_regret(other, policy, horizon)
    mu, nu = np.asarray(means, dtype=np.float64), np.asarray(other, dtype=np.float64)
    if not all(((x > 0.0) & (x < 1.0)).all() for x in (mu, nu)) or mu.shape != nu.shape:
        raise ModelError("divergences need two bandits with as many arms and means inside (0, 1)")
    # the same policy visits the same counts, which are sorted
    each = rel_entr(mu, nu) + rel_entr(1.0 - mu, 1.0 - nu)
    event = 0.0
    pulled = (here.successes + here.failures)[:, -1]
    for most in range(horizon):
        sides = [[float(law.weights[side].sum()) for side in (pulled <= most, pulled > most)] for law in (here, there)]
        event = max(event, float(rel_entr(*sides).sum()))
    return Divergences(float(rel_entr(here.weights, there.weights).sum()), float(here.pulls @ each), event)


def bayes_regret(policy: CountPolicy, horizon: int, arms: int = 2) -> Float:
    r"""(T,) Bayesian regret of each step under independent uniform priors: :math:`E \max_a \theta_a = k / (k + 1)` minus the
    mean reward.

    >>> bayes_regret(thompson, 2).sum().round(10)
    np.float64(0.3055555556)
    """
    return _forward(arms, _predictive, policy, horizon, arms / (arms + 1.0)).regret


def optimal_bayes_regret(horizon: int, arms: int = 2) -> float:
    """Least total Bayesian regret under uniform priors, by dynamic programming on counts."""
    layers = [_start(arms)]
    for _ in range(count(horizon, "horizon") - 1):
        layers.append(_merged(*_successors(*layers[-1])))
    value: dict[bytes, float] = {}
    for successes, failures in reversed(layers):
        mean = _predictive(successes, failures)
        best = np.full(len(successes), -np.inf)
        for a in range(arms):
            worth = mean[:, a].copy()
            if value:
                for outcome, chance in ((1, mean[:, a]), (0, 1.0 - mean[:, a])):
                    s, f = successes.copy(), failures.copy()
                    (s if outcome else f)[:, a] += 1
                    worth += chance * np.array([value[key] for key in _keys(s, f)])
            best = np.maximum(best, worth)
        value = dict(zip(_keys(successes, failures), best.tolist(), strict=True))
    return horizon * arms / (arms + 1.0) - next(iter(value.values()))


def _predictive(successes: Counts, failures: Counts) -> Float:
    return np.asarray((successes + 1.0) / (successes + failures + 2.0))


def _start(arms: int) -> tuple[Counts, Counts]:
    k = count(arms, "arms")
    return np.zeros((1, k), dtype=np.int64), np.zeros((1, k), dtype=np.int64)


def _forward(
    arms: int, chances: Callable[[Counts, Counts], Float], policy: CountPolicy, horizon: int, best: float
) -> CountRegret:
    successes, failures = _start(arms)
    weights, steps = np.ones(1), count(horizon, "horizon")
    regret, pulls = np.empty(steps), np.zeros(arms)
    for t in range(steps):
        laws = np.asarray(policy(successes, failures, t), dtype=np.float64)
        if laws.shape != successes.shape or not ((laws >= 0.0).all() and (np.abs(laws.sum(axis=1) - 1.0) <= ROW_TOLERANCE).all()):
            raise ModelError(f"the policy returned no laws at step {t} (expected {successes.shape}, rows that sum to one)")
        p = chances(successes, failures)
        regret[t] = weights @ (best - (laws * p).sum(axis=1))
        pulls += weights @ laws
        parts = []
        for a in range(arms):
            for outcome, chance in ((1, p[:, a]), (0, 1.0 - p[:, a])):
                mass = weights * laws[:, a] * chance
                kept = mass > 0.0
                s, f = successes[kept].copy(), failures[kept].copy()
                (s if outcome else f)[:, a] += 1
                parts.append((s, f, mass[kept]))
        merged = np.concatenate([np.concatenate([s, f], axis=1) for s, f, _ in parts])
        rows, which = np.unique(merged, axis=0, return_inverse=True)
        weights = np.bincount(which.reshape(-1), weights=np.concatenate([m for _, _, m in parts])).astype(np.float64)
        successes, failures = rows[:, :arms], rows[:, arms:]
    return CountRegret(regret, pulls, successes, failures, weights)


def _successors(successes: Counts, failures: Counts) -> tuple[Counts, Counts]:
    parts_s, parts_f = [], []
    for a in range(successes.shape[1]):
        for outcome in (0, 1):
            s, f = successes.copy(), failures.copy()
            (s if outcome else f)[:, a] += 1
            parts_s.append(s)
            parts_f.append(f)
    return np.concatenate(parts_s), np.concatenate(parts_f)


def _merged(successes: Counts, failures: Counts) -> tuple[Counts, Counts]:
    rows = np.unique(np.concatenate([successes, failures], axis=1), axis=0)
    return rows[:, : successes.shape[1]], rows[:, successes.shape[1] :]


def _keys(successes: Counts, failures: Counts) -> list[bytes]:
    return [row.tobytes() for row in np.concatenate([successes, failures], axis=1)]
