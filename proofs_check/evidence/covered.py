"""Covered evidence: a statement proved on a whole parameter range in ball arithmetic, usually a lemma that the claim reduces to.

A cover is a function without arguments that does the work and returns a :class:`Coverage`, for example a
:class:`proofs_check.generator_ratios.RatioProof`. Its outcome stands beside the symbolic steps: an argument is complete when all
its steps are done and all its covers proved.
"""

from __future__ import annotations

from typing import Protocol

from proofs_check.claim import Claim
from proofs_check.evidence.symbolic import Reduced

__all__ = ["Coverage", "cover"]


class Coverage(Protocol):
    """What a cover returns; its string says what was left, or where it fails."""

    @property
    def outcome(self) -> str:
        """``proved``, ``refuted`` or ``undecided``."""

    @property
    def boxes(self) -> int:
        """How many boxes it took."""


OUTCOMES = {"proved": "done", "refuted": "contradicted", "undecided": "not done"}


def cover(claim: Claim) -> tuple[Reduced, ...]:
    """Every cover of a claim."""
    found = []
    for attached in claim.covers:
        try:
            coverage: Coverage = attached.run()
            outcome, boxes, rest = OUTCOMES[coverage.outcome], coverage.boxes, str(coverage)
        except Exception as error:
            outcome, boxes, rest = "failed", 0, f"{type(error).__name__}: {error}"
        found.append(Reduced(attached.name, f"coverage, {boxes} boxes", outcome, "" if outcome == "done" else rest))
    return tuple(found)
