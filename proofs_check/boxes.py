"""Coverage of a range by boxes on which two rising sides are compared at the ends.

If neither side of ``left <= right`` decreases, a box from a to b is settled by ``left(b) <= right(a)``; it is halved until it is.
Nothing but values at rational points is evaluated, in balls, so that no formula has to be robust on wide boxes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb

from proofs_check.arithmetic import exact, lift

__all__ = ["BoxProof", "all_of", "rising"]

BITS = 128
MOST_BOXES = 20_000


@dataclass(frozen=True)
class BoxProof:
    """An outcome, ``proved``, ``refuted`` (then at ``witness``) or ``undecided``, and the number of boxes that it took."""

    name: str
    outcome: str
    boxes: int
    witness: Fraction | None = None

    def __str__(self) -> str:
        return f"{self.name}: {self.outcome}" + (f" at {self.witness}" if self.witness is not None else "")


def rising(
    name: str, left: Callable[[Any], Any], right: Callable[[Any], Any], low: Fraction, high: Fraction, most: int = MOST_BOXES
) -> BoxProof:
    """Prove ``left(x) <= right(x)`` for low <= x <= high, where both sides are known not to decrease.

    >>> rising("squares", lambda x: x * x, lambda x: x, Fraction(1, 4), Fraction(3, 4)).outcome
    'proved'
    >>> print(rising("squares", lambda x: x * x, lambda x: x, Fraction(3, 4), Fraction(5, 4)))
    squares: refuted at 9/8
    """
    pending, boxes = deque([(low, high)]), 0
    with exact(BITS):
        while pending:
            a, b = pending.popleft()
            boxes += 1
            if boxes > most:
                return BoxProof(name, "undecided", most)
            if _at_most(left, b, right, a):
                continue
            middle = (a + b) / 2
            if _at_most(right, middle, left, middle, strictly=True):
                return BoxProof(name, "refuted", boxes, middle)
            pending += [(middle, b), (a, middle)]
    return BoxProof(name, "proved", boxes)


def _at_most(f: Callable[[Any], Any], x: Fraction, g: Callable[[Any], Any], y: Fraction, strictly: bool = False) -> bool:
    difference = arb(0) + g(lift(y)) - f(lift(x))
    return bool(difference > 0) if strictly else bool(difference >= 0)


def all_of(name: str, proofs: list[BoxProof]) -> BoxProof:
    """Several proofs as one: proved if all are, refuted if one is."""
    worst = next((p for p in proofs if p.outcome == "refuted"), next((p for p in proofs if p.outcome != "proved"), None))
    boxes = sum(p.boxes for p in proofs)
    if worst is None:
        return BoxProof(name, "proved", boxes)
    return BoxProof(f"{name}, {worst.name}", worst.outcome, boxes, worst.witness)
