r"""Value iteration and modified policy iteration, stopped by span bounds.

With :math:`m \le Tv - v \le M` and modulus :math:`b`, :math:`v^* - Tv` lies in :math:`[b m, b M] / (1 - b)` (MacQueen
1966), so the
midpoint shift halves the error, and only the *span* :math:`M - m` has to become small: often tens of sweeps where the
norm needs thousands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tabular._arrays import Float
from tabular.bellman import Bellman, Choice
from tabular.solvers.iteration import Step, check_limit

__all__ = ["ModifiedPolicyIteration", "ValueIteration"]

LONGEST_EVALUATION = 200
"""Sweeps between two improvements never exceed this, so that a limit or an interrupt is answered soon."""


@dataclass(frozen=True)
class ValueIteration:
    """Sweeps ``v <- Tv``; the shifted midpoint is returned. Puterman (1994), sections 6.3 and 6.6.

    Parameters
    ----------
    max_iterations : int, optional
        Limit on sweeps. By default there is none: the iteration ends at the tolerance or at the rounding floor.
    """

    max_iterations: int | None = None

    def __post_init__(self) -> None:
        check_limit(self.max_iterations)

    def steps(self, operator: Bellman, v: Float) -> Iterator[Step]:
        """One sweep after the other."""
        while True:
            new = operator.backup(v)
            step = _midpoint(new, new - v, operator.moduli)
            yield step
            v = new + step.shift


@dataclass(frozen=True)
class ModifiedPolicyIteration:
    """A greedy improvement, then a few sweeps with that policy (Puterman and Shin 1978), stopped by span bounds.

    Parameters
    ----------
    sweeps : int, optional
        Policy sweeps after each improvement. By default it adapts: more while the policy stands still, few while it moves,
        because evaluating a policy that is about to change is wasted.
    max_iterations : int, optional
        Limit on improvements.
    """

    sweeps: int | None = None
    max_iterations: int | None = None

    def __post_init__(self) -> None:
        check_limit(self.max_iterations)
        check_limit(self.sweeps)

    def steps(self, operator: Bellman, v: Float) -> Iterator[Step]:
        """One improvement after the other."""
        choice: Choice = operator.choose(v)
        sweeps, done = 5, 0
        affine: tuple[Any, Float] | None = None
        while True:
            new = operator.backup(v)
            step = replace(_midpoint(new, new - v, operator.moduli), sweeps=1 + done)
            yield step
            candidate = operator.choose(v, choice)
            moved = float(operator.changed(choice, candidate).mean())
            if affine is None or moved > 0:
                choice, fixed = candidate, operator.fix(candidate)
                affine = fixed.affine()
            sweeps = min(2 * sweeps, LONGEST_EVALUATION) if moved < 1e-3 else max(5, sweeps // 2)
            v = new + step.shift
            done = self.sweeps or sweeps
            for _ in range(done):
                if affine is None:
                    v = fixed.backup(v)
                else:
                    matrix, c = affine
                    v = matrix @ v
                    v += c


def _midpoint(new: Float, residual: Float, moduli: tuple[float, float]) -> Step:
    """The midpoint of the span bounds; the iteration goes on from there, which changes no greedy choice.

    Rows that do not sum to the same number turn a shift ``c`` into a residual of up to ``(b_hi - b_lo) |c|``. Where that is no
    small part of ``(1 - b_hi) |c|`` there is no shift, and the norm decides.
    """
    b_lo, b_hi = moduli
    low, high = float(residual.min()), float(residual.max())
    with np.errstate(over="ignore"):
        if b_hi - b_lo > 0.1 * (1.0 - b_hi):
            return Step(new, 0.0, float(2.0 * np.float64(b_hi) / (1.0 - b_hi) * max(abs(low), abs(high))))
        factor = np.float64(b_hi) / (1.0 - b_hi)
        shift = factor * (low / 2 + high / 2)
        return Step(new, float(shift), float(factor * (high - low) + (b_hi - b_lo) / (1.0 - b_hi) * abs(shift)))
