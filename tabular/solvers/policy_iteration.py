"""Policy iteration (Howard 1960): evaluate exactly, improve, until nothing improves by more than rounding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tabular._arrays import Float
from tabular.bellman import Bellman, Choice
from tabular.errors import ModelError
from tabular.solvers.iteration import Step, check_limit
from tabular.solvers.linear_systems import Evaluator, fixed_point

__all__ = ["PolicyIteration"]


@dataclass(frozen=True)
class PolicyIteration:
    """Policy iteration with a direct or a guarded iterative evaluation. It cannot cycle.

    A few sweeps first find a policy worth evaluating. The incumbent keeps every state in which it is not beaten by more than
    rounding, and a policy that comes back ends the search, so equal or nearly equal actions cannot make it go round.

    In a robust problem the evaluation is a policy iteration of the adversary (Iyengar 2005, section 4): each policy is met by its
    own worst kernel before it is improved. Answering a kernel with a policy and a policy with a kernel in turn could cycle.

    Parameters
    ----------
    evaluation : "auto", "direct", "krylov" or "sweeps"
        How ``v = c + M v`` is solved. ``"auto"``: a factorisation for dense, small or banded models, BiCGSTAB
        otherwise. An answer
        is kept only if its residual is better; sweeps take over if not.
    warm_sweeps : int
        Sweeps before the first evaluation.
    max_iterations : int, optional
        Limit on improvement rounds.
    """

    evaluation: Evaluator = "auto"
    warm_sweeps: int = 20
    max_iterations: int | None = None

    def __post_init__(self) -> None:
        check_limit(self.max_iterations)
        if self.evaluation not in ("auto", "direct", "krylov", "sweeps"):
            raise ModelError(f"evaluation is {self.evaluation!r} (expected 'auto', 'direct', 'krylov' or 'sweeps')")

    def steps(self, operator: Bellman, v: Float) -> Iterator[Step]:
        """One improvement after the other."""
        b = operator.moduli[1]
        for _ in range(self.warm_sweeps):
            v = operator.backup(v)
        choice: Choice = operator.choose(v)
        seen: set[bytes] = set()
        while True:
            v = fixed_point(operator.fix(choice), v, self.evaluation)
            residual = operator.backup(v) - v
            improved = operator.choose(v, choice)
            seen.add(_key(choice))
            done = not operator.changed(choice, improved).any() or _key(improved) in seen
            spread = max(0.0, float(residual.max())) - min(0.0, float(residual.min()))
            with np.errstate(over="ignore"):
                estimate = float(np.float64(spread) / (1.0 - b))
            yield Step(v, 0.0, estimate, done, "no action improves on the policy" if done else "")
            choice = improved


def _key(choice: Choice) -> bytes:
    return np.ascontiguousarray(choice).tobytes()
