r"""Backward induction for staged problems, with an enclosing sweep at every stage.

Monotonicity is all that the bracket needs here, so :math:`\gamma = 1` is fine: with :math:`\underline v_{t+1} \le
v^\pi_{t+1}` and :math:`v^*_{t+1} \le \overline v_{t+1}`,
one outward-rounded backup of each gives the same at stage :math:`t`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tabular._arrays import Float
from tabular.bellman import Bellman
from tabular.bellman.rounding import float_above
from tabular.errors import ModelError, SolverInterrupted
from tabular.problem import Staged
from tabular.progress import Progress
from tabular.solvers.solution import Solution, q_values_of

__all__ = ["BackwardInduction"]


@dataclass(frozen=True)
class BackwardInduction:
    """Dynamic programming from the last stage to the first. Puterman (1994), section 4.5."""

    def solve(self, problem: Staged, *, tol: float, progress: bool, why: str) -> Solution:
        """Values (H+1, S), policy (H, S, A), and a bracket of each stage."""
        if not isinstance(problem, Staged):
            raise ModelError("BackwardInduction solves FiniteHorizon(mdp, horizon), not discounted problems")
        began = time.perf_counter()
        stages, horizon, n_states = problem.stages(), problem.horizon, problem.n_states
        terminal = np.asarray(problem.terminal, dtype=np.float64)
        crude = _crude(stages, problem.largest_reward_error, terminal)
        values = np.repeat(np.clip(0.0, -crude, crude)[:, None], n_states, axis=1)
        lower, upper = np.repeat(-crude[:, None], n_states, axis=1), np.repeat(crude[:, None], n_states, axis=1)
        values[horizon] = lower[horizon] = upper[horizon] = terminal
        nothing = np.zeros(n_states)
        first = q_values_of(stages[0], nothing)
        q = None if first is None else np.repeat(np.where(np.isneginf(first), first, 0.0)[None], horizon, axis=0)
        policy = np.repeat(stages[0].lift(stages[0].choose(nothing))[None], horizon, axis=0)
        done = horizon
        try:
            with Progress(progress, "backward induction: stages") as bar:
                for t in reversed(range(horizon)):
                    operator = stages[t]
                    stage = q_values_of(operator, values[t + 1])
                    if q is not None:
                        q[t] = stage
                    least, above = operator.enclosed_backup(upper[t + 1])
                    chosen = operator.settle(values[t + 1], float((above - least).max()))
                    below = operator.enclosed_backup(lower[t + 1], chosen)[0]
                    policy[t], lower[t], upper[t] = operator.lift(chosen), below, above
                    values[t] = np.clip(operator.backup(values[t + 1]), below, above)
                    done = t
                    bar.update(float((above - below).max()), tol)
        except KeyboardInterrupt:
            solution = _solution(self, values, q, policy, lower, upper, horizon - done, False, "interrupted", began)
            raise SolverInterrupted(f"interrupted; stages {done}..{horizon} are solved in error.solution", solution) from None
        width = float((upper - lower).max())
        converged = width <= tol * max(1.0, float(np.abs(values).max()))
        reason = f"bracket {width:.2g} wide" if converged else f"rounding over {horizon} stages: bracket {width:.2g} wide"
        return _solution(self, values, q, policy, lower, upper, horizon, converged, reason + why, began)


def _crude(stages: Sequence[Bellman], reward_error: float, terminal: Float) -> Float:
    """Bounds on the size of every stage's values that hold before anything is computed."""
    bounds = [Fraction(float(np.abs(terminal).max()))]
    for stage in reversed(stages):
        reward = Fraction(stage.reward_size) + Fraction(reward_error)
        bounds.append(Fraction(float_above(reward + Fraction(stage.moduli[1]) * bounds[-1])))
    return np.array([float_above(x) for x in reversed(bounds)])


def _solution(
    method: BackwardInduction,
    values: Float,
    q: Float | None,
    policy: Float,
    lower: Float,
    upper: Float,
    iterations: int,
    converged: bool,
    reason: str,
    began: float,
) -> Solution:
    return Solution(values, q, policy, lower, upper, iterations, method, converged, reason, time.perf_counter() - began)
