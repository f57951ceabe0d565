"""What a solver returns."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular.bellman import Bellman, Shared, SharedEvaluation
from tabular.errors import ModelError

__all__ = ["Solution", "q_values_of"]


def q_values_of(operator: Bellman, v: Float) -> Float | None:
    """(S, A) action values at ``v``, or ``None`` where actions have no values of their own."""
    return None if isinstance(operator, (Shared, SharedEvaluation)) else operator.q_values(v)


@dataclass(frozen=True, eq=False)
class Solution:
    """Values, a policy, and a bracket: ``lower <= value of the policy <= v* <= upper``, rounding included.

    Attributes
    ----------
    values : (S,), or (H+1, S) for a finite horizon
        Approximate optimal values, inside the bracket.
    q_values : (S, A), or (H, S, A)
        Action values of ``values``; minus infinity where an action is not allowed. In a grouped problem those of groups, (S, m)
        or (H, S, m), beside the lifted policy. Asking for those of an s-rectangular problem
        raises: there are none.
    policy : (S, A), or (H, S, A)
        Row-stochastic. ``actions`` gives the same as integers.
    lower, upper : like ``values``
        The bracket. ``converged`` says whether ``max(upper - lower) <= tol * max(1, max|values|)``.
    iterations : int
        Sweeps, improvement rounds or stages, as the method counts.
    method : object
        The method that ran, with its options; ``reason`` says why it stopped (and why it was chosen, if it was).
    seconds : float
        Wall time.
    exact_values : tuple of fractions, or None
        Set by ``ExactPolicyIteration``: the optimal values themselves.
    occupancy : (S, A), or None
        Set by ``LinearProgram``: dual variables, the expected discounted visits from the model's initial law
        (uniform if it has none).
    """

    values: Float
    _q_values: Float | None
    policy: Float
    lower: Float
    upper: Float
    iterations: int
    method: Any
    converged: bool
    reason: str
    seconds: float
    exact_values: tuple[Fraction, ...] | None = None
    occupancy: Float | None = None

    @property
    def q_values(self) -> Float:
        """Action values."""
        if self._q_values is None:
            raise ModelError("an s-rectangular problem has no action values: the actions of a state share the adversary's budget")
        return self._q_values

    @property
    def actions(self) -> NDArray[np.intp]:
        """(S,) or (H, S): the most probable action, lowest index first."""
        return np.asarray(self.policy.argmax(axis=-1))

    @property
    def width(self) -> float:
        """Largest distance between the two bounds."""
        return float((self.upper - self.lower).max())

    def __repr__(self) -> str:
        shape = "x".join(str(n) for n in self.values.shape)
        return "\n".join(
            [
                f"Solution by {self.method!r} ({'converged' if self.converged else 'NOT converged'}: {self.reason})",
                f"├─ values: {shape}, in [{self.values.min():.6g}, {self.values.max():.6g}]",
                f"├─ bracket: at most {self.width:.1e} wide",
                f"└─ work: {self.iterations} iterations, {self.seconds:.3g} s",
            ]
        )
