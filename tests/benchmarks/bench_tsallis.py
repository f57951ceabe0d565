"""Regularised greedy steps for a million states, against a conic solver and a generic root finder; full runs of MVI(q).

The conic solver (cvxpy with Clarabel, a parametrised problem per order) and the root finder (scipy's brentq on the level, between
the bracket that is proved) solve a few states, and their time is extrapolated. The worst distance of their policies from ours is
printed beside.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from scipy.optimize import brentq
from timing import median_seconds

import tabular
from tabular.schemes import MunchausenValueIteration

STATES, ACTIONS, STRENGTH = 10**6, 10, 0.5


def regularizer(q: float) -> tabular.divergences.Entropy:
    """The entropy of order q."""
    return tabular.ShannonEntropy() if q == 1 else tabular.TsallisEntropy(q)


def by_root(values: Any, q: float) -> Any:
    """One state: the level by brentq, policy ``[(Q - level) / kappa]_+^(1/(q-1))``."""
    if q == 1:
        level = brentq(lambda x: np.exp((values - x) / STRENGTH).sum() - 1, values.max(), values.max() + STRENGTH * 3)
        return np.exp((values - level) / STRENGTH)
    kappa, power = STRENGTH * q / (q - 1), 1 / (q - 1)
    top = values.max()
    level = brentq(
        lambda x: ((np.maximum(values - x, 0) / kappa) ** power).sum() - 1,
        top - kappa,
        top - kappa * values.size ** (1 - q),
        xtol=1e-15,
    )
    return (np.maximum(values - level, 0) / kappa) ** power


def conic(q: float) -> Any:
    """A parametrised problem: values in, policy out; None without cvxpy."""
    try:
        import cvxpy as cp
    except ImportError:
        return None
    law, values = cp.Variable(ACTIONS, nonneg=True), cp.Parameter(ACTIONS)
    entropy = cp.sum(cp.entr(law)) if q == 1 else (1 - cp.sum(cp.power(law, q))) / (q - 1)
    problem = cp.Problem(cp.Maximize(values @ law + STRENGTH * entropy), [cp.sum(law) == 1])

    def solved(row: Any) -> Any:
        values.value = row
        problem.solve(solver="CLARABEL")
        return law.value

    return solved


def extrapolated(solve_one: Any, rows: Any, ours: Any) -> tuple[float, float]:
    """Seconds for all states, and the worst distance from our policies."""
    solve_one(rows[0])
    began = time.perf_counter()
    answers = [solve_one(row) for row in rows]
    seconds = (time.perf_counter() - began) / len(rows) * STATES
    return seconds, max(float(np.abs(a - b).max()) for a, b in zip(answers, ours, strict=True))


def greedy_steps() -> None:
    """One table."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(STATES, ACTIONS))
    print(f"greedy step of {STATES} states, {ACTIONS} actions; the others in multiples of ours")
    print(f"{'q':>4} {'seconds':>8} {'ns a state':>10} {'root finder':>12} {'error':>8} {'conic':>9} {'error':>8}")
    for q in (1, 1.5, 2, 5):
        entropy = regularizer(q)
        entropy.smooth_max(values[:10], STRENGTH)
        seconds, optimum = median_seconds(lambda entropy=entropy: entropy.smooth_max(values, STRENGTH))
        root, root_error = extrapolated(lambda row, q=q: by_root(row, q), values[:2000], optimum.distribution[:2000])
        solver, text = conic(q), "not installed"
        if solver is not None:
            slow, error = extrapolated(solver, values[:50], optimum.distribution[:50])
            text = f"{slow / seconds:9.0f} {error:8.0e}"
        print(f"{q:4} {seconds:8.2f} {1e9 * seconds / STATES:10.0f} {root / seconds:12.0f} {root_error:8.0e} {text}")


def runs() -> None:
    """MVI(q) from zero to a certified bracket, against value iteration on the same model.

    The sparse model has action gaps far below the temperature, which take as many updates as they are smaller; its tolerance is
    therefore coarse.
    """
    lake = tabular.MDP.from_gymnasium("FrozenLake8x8-v1", gamma=0.99)
    sparse = tabular.domains.garnet(10**5, 5, 5, gamma=0.95, rng=0)
    print(f"{'model':>20} {'q':>4} {'updates':>8} {'seconds':>8} {'ms each':>8} {'of value iteration':>19} {'width':>8}")
    for name, mdp, tol in (("FrozenLake8x8", lake, 1e-6), ("sparse, 10^5 states", sparse, 1e-3)):
        plain = tabular.solve(mdp, tabular.ValueIteration(), tol=tol)
        for q in (1, 1.5, 2, 5):
            scheme = MunchausenValueIteration(0.03, order=q)
            tabular.solve(lake, scheme, tol=1e-2)
            solution = tabular.solve(mdp, scheme, tol=tol)
            each, ratio = 1e3 * solution.seconds / solution.iterations, solution.seconds / plain.seconds
            numbers = f"{solution.iterations:8} {solution.seconds:8.2f} {each:8.2f} {ratio:19.1f} {solution.width:8.0e}"
            print(f"{name:>20} {q:4} {numbers}", flush=True)


if __name__ == "__main__":
    greedy_steps()
    runs()
