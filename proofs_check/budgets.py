"""How hard to look: budgets count instances and evaluations, never seconds, so that results do not depend on the machine."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BUDGETS", "SIBLING_FACTOR", "Budget"]


@dataclass(frozen=True)
class Budget:
    """Instances drawn, evaluations of the adversary, restarts that share them, and whether witnesses of siblings are shrunk."""

    samples: int
    evaluations: int
    restarts: int
    shrink_siblings: bool = True


BUDGETS = {
    "smoke": Budget(100, 300, 1, shrink_siblings=False),  # for topics of the test suite, which has ten minutes
    "quick": Budget(200, 800, 2, shrink_siblings=False),
    "normal": Budget(2_000, 12_000, 4),
    "thorough": Budget(20_000, 64_000, 8),
}

SIBLING_FACTOR = 10
"""A false sibling may take this many times as many samples: the search ends at its first witness, which is usually soon."""
