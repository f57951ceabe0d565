r"""The adversary: global search over the unit cube, then local polishing, with a budget counted in evaluations.

Differential evolution explores a slightly larger cube that is clipped to the unit cube, so that faces and corners, where
extremes live, have positive measure. Then each coordinate is tried at 0 and 1, and Nelder-Mead and Powell take turns from the
record.

Doubles near a limit report mirages: values that rounding made up. A record therefore counts only if ``truth``, an exact
evaluation of the same cube point, agrees; otherwise the search continues with the true value, and the mirage is listed.

>>> found = climb(lambda u: -(u[0] - 0.3) ** 2 - abs(u[1] - 1), 2, 2000, seed=0)
>>> [round(x, 4) for x in found.cube], found.evaluations
([0.3, 1.0], 2000)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import differential_evolution, minimize

__all__ = ["Found", "Mirage", "climb"]

Objective = Callable[[list[float]], float]
Truth = Callable[[list[float]], float | None]

OVERHANG = 0.06
"""How far the searched cube sticks out of the unit cube on each side."""
AGREEMENT = 1e-6
"""Relative difference of the value in doubles from the truth beyond which a record is a mirage."""
IMPROVEMENT = 1e-13
"""Relative gain below which a value is no new record: on a set of equality, rounding alone would set one at every point."""
_WORST = 1e100


@dataclass(frozen=True)
class Mirage:
    """A record in doubles that exact evaluation denied (``true`` is ``None`` where no precision settled it)."""

    value: float
    true: float | None
    cube: tuple[float, ...]


@dataclass
class Found:
    """The record of a search."""

    value: float = -math.inf
    cube: tuple[float, ...] = ()
    evaluations: int = 0
    mirages: list[Mirage] = field(default_factory=list)
    stopped: bool = False


class _Done(Exception):
    """The budget is spent, or the search was told to stop."""


def climb(
    objective: Objective,
    dimension: int,
    evaluations: int,
    seed: int | np.random.SeedSequence,
    truth: Truth | None = None,
    stop: Callable[[list[float], float], bool] | None = None,
) -> Found:
    """Maximise ``objective`` over the unit cube of a dimension.

    Parameters
    ----------
    evaluations : int
        Budget; the same seed and budget give the same record on every machine with the same libraries.
    truth : function, optional
        Exact value at a cube point, or ``None`` if it cannot be had.
    stop : function, optional
        ``stop(cube, value)`` is asked at every record and ends the search.
    """
    rng = np.random.default_rng(seed)
    found = Found()
    failure: Exception | None = None

    def evaluate(x: np.ndarray) -> float:
        nonlocal failure
        if found.evaluations >= evaluations:
            raise _Done
        found.evaluations += 1
        try:
            return judge(np.clip(x, 0.0, 1.0).tolist())
        except _Done:
            raise
        except Exception as error:  # scipy would report some of these as its own
            failure = error
            raise _Done from error

    def judge(u: list[float]) -> float:
        value = objective(u)
        if math.isnan(value):
            raise ValueError(f"the objective is not a number at {u}")
        if value > found.value + IMPROVEMENT * abs(found.value) or not found.cube:
            if truth is not None:
                true = truth(u)
                if true is None or not (abs(true - value) <= AGREEMENT * max(1.0, abs(true)) or true == value):
                    found.mirages.append(Mirage(value, true, tuple(u)))
                    value = -math.inf if true is None else true
                else:
                    value = true
            if value > found.value:
                found.value, found.cube = value, tuple(u)
                if stop is not None and stop(u, value):
                    found.stopped = True
                    raise _Done
        return -value if math.isfinite(value) else math.copysign(_WORST, -value)

    try:
        if dimension == 0:
            evaluate(np.empty(0))
            return found
        _explore(evaluate, dimension, evaluations, rng)
        _snap(evaluate, found, dimension)
        while True:
            before = found.value
            _polish(evaluate, found, dimension, rng, "Nelder-Mead")
            _polish(evaluate, found, dimension, rng, "Powell")
            if found.evaluations < evaluations and not found.value > before + IMPROVEMENT * abs(before):
                _explore(evaluate, dimension, evaluations - found.evaluations, rng)
    except _Done:
        pass
    if failure is not None:
        raise failure
    return found


def _explore(evaluate: Callable[[np.ndarray], float], dimension: int, budget: int, rng: np.random.Generator) -> None:
    population = int(np.clip(budget // 12, 5, 8 * dimension + 8))
    generations = int(0.6 * budget / population)
    if generations < 1:
        for x in rng.uniform(-OVERHANG, 1 + OVERHANG, size=(budget, dimension)):
            evaluate(x)
        return
    differential_evolution(
        evaluate,
        [(-OVERHANG, 1 + OVERHANG)] * dimension,
        maxiter=generations,
        init=rng.uniform(-OVERHANG, 1 + OVERHANG, size=(population, dimension)),
        strategy="currenttobest1bin" if rng.random() < 0.5 else "best1bin",
        tol=0.0,
        atol=0.0,
        polish=False,
        rng=rng,
    )


def _snap(evaluate: Callable[[np.ndarray], float], found: Found, dimension: int) -> None:
    for i in range(dimension):
        for end in (0.0, 1.0):
            if found.cube:
                x = np.array(found.cube)
                x[i] = end
                evaluate(x)


def _polish(evaluate: Callable[[np.ndarray], float], found: Found, dimension: int, rng: np.random.Generator, method: str) -> None:
    start = np.array(found.cube) if found.cube else rng.random(dimension)
    bounds = [(0.0, 1.0)] * dimension
    options: dict[str, object] = {"maxfev": 200 * dimension}
    if method == "Nelder-Mead":
        size = 10.0 ** rng.uniform(-5, -1)
        steps = np.where(start + size > 1, -size, size)
        options |= {"initial_simplex": np.vstack([start, start + np.diag(steps)]), "xatol": 1e-14, "fatol": 1e-16}
        options["adaptive"] = dimension > 5
    else:
        options |= {"xtol": 1e-12, "ftol": 1e-15}
    minimize(evaluate, start, method=method, bounds=bounds, options=options)
