r"""The one loop behind the iterative methods.

A method only proposes: it is a generator of :class:`Step` objects. The loop here decides. When a step believes that it is
close enough, one enclosing backup certifies it; what is returned is the certificate, never the method's belief. The
bracket of a step consists of two parts: what is left to iterate (the step's estimate, which the next steps shrink) and what
rounding alone leaves (the bracket's ``floor``). The loop ends when the bracket is narrow enough, or when the estimate has
fallen below the floor, because then no further step can help.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from tabular._arrays import Float
from tabular.bellman import Bellman, Bracket, Choice, certify
from tabular.errors import ModelError, SolverError, SolverInterrupted
from tabular.progress import Progress
from tabular.solvers.solution import Solution, q_values_of

__all__ = ["IterativeMethod", "Step", "certified", "solve_iteratively"]


@dataclass(frozen=True)
class Step:
    """A proposal: values ``v + shift``, thought to be bracketed within ``estimate``.

    ``final`` says that the method cannot do better; ``note`` says why, for people.
    ``sweeps`` counts the backups behind the step. ``stuck`` says, if not empty, why the method will not come closer than this
    although rounding is not the reason.
    """

    v: Float
    shift: float
    estimate: float
    final: bool = False
    note: str = ""
    sweeps: int = 1
    stuck: str = ""


class IterativeMethod(Protocol):
    """A method that proposes."""

    @property
    def max_iterations(self) -> int | None:
        """Limit on steps, ``None`` for no limit (all methods end by themselves)."""
        ...

    def steps(self, operator: Bellman, v: Float) -> Iterator[Step]:
        """Proposals, starting from ``v`` (which belongs to the method)."""
        ...


@dataclass(frozen=True)
class _Candidate:
    values: Float
    choice: Choice
    bracket: Bracket


def certified(operator: Bellman, v: Float, width: float) -> _Candidate:
    """The bracket at ``v`` for a greedy choice; among choices that ``width`` cannot tell apart, the lowest indices."""
    with np.errstate(over="ignore", invalid="ignore"):
        low, high = operator.enclose(v)
        spread = float((high - low).max() + high.max() - low.min())
    best: _Candidate | None = None
    for slack in (2 * spread, 0.0):
        if not math.isfinite(slack):
            continue
        choice = operator.settle(v, slack)
        bracket = certify(operator, v, choice)
        if best is None or bracket.width < best.bracket.width:
            best = _Candidate(np.clip(v, bracket.lower, bracket.upper), choice, bracket)
        if bracket.width <= width:
            break
    if best is None:
        choice = operator.choose(v)
        best = _Candidate(v, choice, certify(operator, v, choice))
    return best


def solve_iteratively(
    operator: Bellman, method: IterativeMethod, *, tol: float, start: Float, progress: bool, why: str
) -> Solution:
    """Run the proposals of ``method`` until the bracket is narrow enough or rounding forbids more.

    Raises
    ------
    SolverError, SolverInterrupted
        At the method's limit, at non-finite values, at Ctrl-C; with the best certified solution so far.
    """
    began = time.perf_counter()
    current = Step(start, 0.0, math.inf)
    best: _Candidate | None = None
    iterations = 0
    patience = _patience(operator.moduli[1]) if getattr(method, "contracts", True) else math.inf
    lowest, since, look = math.inf, 0, 64
    target = tol / 2

    def consider(step: Step) -> _Candidate:
        nonlocal best
        candidate = certified(operator, step.v + step.shift, tol * scale(step.v + step.shift))
        if best is None or candidate.bracket.width < best.bracket.width:
            best = candidate
        return candidate

    def finish(converged: bool, reason: str) -> Solution:
        assert best is not None
        values = best.values
        return Solution(
            values=values,
            _q_values=q_values_of(operator, values),
            policy=operator.lift(best.choice),
            lower=best.bracket.lower,
            upper=best.bracket.upper,
            iterations=iterations,
            method=method,
            converged=converged,
            reason=reason + why,
            seconds=time.perf_counter() - began,
        )

    try:
        with Progress(progress, f"{type(method).__name__}: width of the bracket") as bar:
            for current in method.steps(operator, start.copy()):
                iterations += 1
                size = scale(current.v)
                if not math.isfinite(size):
                    raise SolverError(
                        f"values became infinite or NaN in step {iterations}", None if best is None else finish(False, "diverged")
                    )
                if current.estimate < 0.9 * lowest:
                    lowest, since, look = current.estimate, 0, 64
                since += current.sweeps
                final = current.final or since > patience
                bar.update(current.estimate, tol * size)
                stalled = since > look
                look = 2 * since if stalled else look
                if final or stalled or current.estimate <= target * size:
                    candidate = consider(current)
                    width, floor = candidate.bracket.width, candidate.bracket.floor
                    if width <= tol * scale(candidate.values):
                        return finish(True, f"bracket {width:.2g} wide")
                    if final or current.estimate <= (2 * floor if stalled else floor):
                        assert best is not None
                        note = current.note or "sweeps stand still at the accuracy of doubles; PolicyIteration() may get closer"
                        return finish(
                            False,
                            f"rounding floor: bracket {best.bracket.width:.2g} wide, "
                            f"of which rounding alone explains {floor:.2g} ({note})",
                        )
                    if current.estimate <= target * size:
                        target = max(target / 4, 0.5 * floor / size)
                if current.stuck:
                    consider(current)
                    raise SolverError(
                        f"{method!r}: {current.stuck}; the bracket so far is in error.solution ({best.bracket.width:.3g} wide)",  # type: ignore[union-attr]
                        finish(False, current.stuck),
                    )
                if method.max_iterations is not None and iterations >= method.max_iterations:
                    consider(current)
                    raise SolverError(
                        f"{method!r} stopped at its limit of {iterations} iterations; "
                        f"the bracket so far is in error.solution ({best.bracket.width:.3g} wide)",  # type: ignore[union-attr]
                        finish(False, f"limit of {iterations} iterations"),
                    )
    except KeyboardInterrupt:
        consider(current)
        solution = finish(False, f"interrupted after {iterations} iterations")
        raise SolverInterrupted(
            f"interrupted; the bracket so far is in error.solution ({solution.width:.3g} wide)", solution
        ) from None
    raise AssertionError("a method must not run out of steps")


def scale(v: Float) -> float:
    """What the tolerance is relative to: ``max(1, max|v|)``."""
    return float(np.maximum(1.0, np.abs(v).max()))


def _patience(contraction: float) -> int:
    """Steps without a tenth of progress after which only rounding can be at work.

    The distance to the solution falls by the contraction factor in every step, and the estimate is within a factor
    ``(2 / (1 - b))**2`` of it, so more than ``log((2 / (1 - b))**2 / .9) / (1 - b)`` steps without progress contradict
    exact arithmetic.
    """
    gap = max(1.0 - contraction, 1e-16)
    return 20 + math.ceil(2 * math.log(4 / gap) / gap)


def check_limit(limit: Any) -> None:
    """Refuse limits that are not positive integers."""
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, (int, np.integer)) or limit < 1):
        raise ModelError(f"max_iterations is {limit!r} (expected a positive integer, or None for no limit)")
