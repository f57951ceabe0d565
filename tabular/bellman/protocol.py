r"""What a solver may know of a problem: one monotone operator.

A problem is an equation :math:`v = Tv`. Algorithms and certificates see only the methods below; they never touch
probabilities, so a new kind of problem (robust, regularised, grouped) is a new operator and nothing else.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float

__all__ = ["Bellman", "Choice"]

Choice = Any
"""A selection of actions, opaque to algorithms: they get it from :meth:`Bellman.choose` and hand it back."""


class Bellman(Protocol):
    r"""A monotone operator :math:`T` on :math:`\mathbb R^S` with :math:`b_{lo} c \le T(v + c) - Tv \le b_{hi} c` for
    constants :math:`c \ge 0`."""

    @property
    def n_states(self) -> int:
        """Number of states S."""
        ...

    @property
    def moduli(self) -> tuple[float, float]:
        """``(b_lo, b_hi)``, rounded outward."""
        ...

    @property
    def reward_size(self) -> float:
        """Largest absolute one-step reward."""
        ...

    def backup(self, v: Float, out: Float | None = None) -> Float:
        """``Tv``, (S,)."""
        ...

    def q_values(self, v: Float) -> Float:
        """``(S, A)`` action values of ``v``; minus infinity where an action is not allowed."""
        ...

    def choose(self, v: Float, incumbent: Choice | None = None) -> Choice:
        """A greedy choice at ``v``. The incumbent keeps every state where it is not beaten by more than rounding."""
        ...

    def fix(self, choice: Choice) -> Bellman:
        """The operator in which this choice is made for good."""
        ...

    def affine(self) -> tuple[Any, Float] | None:
        """``(M, c)`` with ``Tv = c + M v`` up to rounding (the discount is inside ``M``), or ``None``."""
        ...

    def tangent(self, v: Float) -> tuple[Any, Float] | None:
        """``(M, c)`` with ``Tw <= c + Mw`` for every ``w`` and equality at ``v`` (an adversary's answer), or ``None``."""
        ...

    def enclosed_backup(self, v: Float, choice: Choice | None = None) -> tuple[Float, Float]:
        """``(lo, hi)``: ``lo <= T_choice v`` and ``Tv <= hi`` hold exactly; no choice means the best one."""
        ...

    def enclose(self, v: Float, choice: Choice | None = None) -> tuple[Float, Float]:
        """Outward ``(lo, hi)``: ``lo <= T_choice v - v`` and ``Tv - v <= hi`` hold exactly; no choice means the best one."""
        ...

    def lift(self, choice: Choice) -> Float:
        """The choice as an (S, A) row-stochastic policy of the original model."""
        ...

    def settle(self, v: Float, slack: float) -> Choice:
        """The choice with the lowest indices among actions within ``slack`` of the best at ``v``."""
        ...

    def changed(self, old: Choice, new: Choice) -> NDArray[np.bool_]:
        """(S,) where two choices differ."""
        ...
