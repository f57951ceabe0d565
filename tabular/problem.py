r"""Problems: a model and two slots.

.. math:: v(s) = \operatorname{outer}_a \bigl[ r(s, a) + \gamma \operatorname{inner}_{s'} v(s') \bigr]

Today the slots take :class:`Max` and :class:`Expectation`. A new slot brings its own Bellman operator
(:mod:`tabular.bellman.protocol`); solvers and certificates do not change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tabular import _arrays
from tabular._arrays import Float, frozen
from tabular._rows import row_sums
from tabular.bellman import Bellman, Optimality
from tabular.errors import ModelError
from tabular.mdp import MDP

__all__ = ["Expectation", "FiniteHorizon", "Max", "Problem"]

LARGEST_VALUE = 2.0**1000
"""Values beyond this are refused: residuals and their quotients by 1 - gamma must stay finite."""


@dataclass(frozen=True)
class Max:
    """The outer slot of an ordinary problem: the best action."""


@dataclass(frozen=True)
class Expectation:
    """The inner slot of an ordinary problem: the mean over next states."""


@dataclass(frozen=True, eq=False)
class Problem:
    """The discounted problem of a model, ``v = outer_a [r + gamma * inner v]``.

    Raises
    ------
    ModelError
        If the discount is 1 (use :class:`FiniteHorizon`), if ``gamma`` times a row sum reaches 1, or if ``|r| / (1 - gamma)``
        leaves the range of doubles.
    """

    mdp: MDP
    outer: Max = field(default_factory=Max, kw_only=True)
    inner: Expectation = field(default_factory=Expectation, kw_only=True)
    groups: None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        for name, slot, kind in (("outer", self.outer, Max), ("inner", self.inner, Expectation)):
            if not isinstance(slot, kind):
                raise ModelError(f"{name}={slot!r} is not supported (expected {kind.__name__}())")
        if self.groups is not None:
            raise ModelError("groups are not supported yet; merge the actions in P and r")

    def operator(self) -> Bellman:
        """The Bellman operator, after the checks that need the objective."""
        mdp = self.mdp
        if mdp.gamma == 1.0:
            raise ModelError("gamma = 1 has no discounted value; state a horizon: FiniteHorizon(mdp, horizon)")
        operator = Optimality(mdp)
        contraction = operator.moduli[1]
        if contraction >= 1.0:
            sums = row_sums(mdp.P)
            s, a = divmod(int(np.argmax(sums)), mdp.n_actions)
            raise ModelError(
                f"gamma times the row sum of state {s}, action {a} is {mdp.gamma * sums.max():.17g}, not below 1: "
                "values may be infinite; normalise the row or lower gamma"
            )
        size = Fraction(operator.reward_size) / (1 - Fraction(contraction))
        if size > LARGEST_VALUE:
            raise ModelError(
                f"rewards up to {operator.reward_size:.3g} with gamma = {mdp.gamma} give values up to "
                f"|r|/(1-gamma), beyond {LARGEST_VALUE:.3g}; rescale the rewards"
            )
        return operator


@dataclass(frozen=True, eq=False)
class FiniteHorizon:
    r"""The staged problem :math:`v_H = \text{terminal}`, :math:`v_t(s) = \max_a r(s, a) + \gamma \sum_{s'} P(s, a, s')
    v_{t+1}(s')`.

    Parameters
    ----------
    mdp : MDP
        The model; ``gamma = 1`` is welcome here.
    horizon : int
        Number of decisions H, at least 1.
    terminal : (S,) array, optional
        Value after the last decision; zero by default.
    """

    mdp: MDP
    horizon: int
    terminal: ArrayLike | None = None

    def __post_init__(self) -> None:
        if isinstance(self.horizon, bool) or not isinstance(self.horizon, (int, np.integer)) or self.horizon < 1:
            raise ModelError(f"horizon is {self.horizon!r} (expected an integer of at least 1)")
        terminal = as_values(0.0 if self.terminal is None else self.terminal, self.mdp.n_states, "terminal")
        object.__setattr__(self, "terminal", frozen(terminal))
        growth = max(1.0, float(row_sums(self.mdp.P).max()) * self.mdp.gamma) ** int(self.horizon)
        largest = float(np.abs(self.mdp.r).max()) / LARGEST_VALUE * int(self.horizon)
        if not (largest + float(np.abs(terminal).max()) / LARGEST_VALUE) * growth < 1.0:
            raise ModelError(f"rewards or terminal values give sums beyond {LARGEST_VALUE:.3g}; rescale them")


def as_values(values: Any, n_states: int, where: str) -> Float:
    """A finite (S,) array; a scalar means the same value everywhere."""
    vector = _arrays.as_float(values, where)
    if vector.ndim == 0:
        vector = np.full(n_states, float(vector))
    if vector.shape != (n_states,):
        raise ModelError(f"{where} has shape {vector.shape} (expected ({n_states},))")
    bad = np.flatnonzero(~(np.abs(vector) <= LARGEST_VALUE))
    if bad.size:
        raise ModelError(f"{where}[{bad[0]}] is {float(vector[bad[0]])!r} (expected a finite number up to {LARGEST_VALUE:.3g})")
    return vector
