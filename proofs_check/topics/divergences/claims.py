"""Claims about divergences, their conjugates, and worst cases; one file per subject."""

from __future__ import annotations

from proofs_check.topics.divergences import comparisons, general, inequalities, shapes, worst_cases

__all__ = ["comparisons", "general", "inequalities", "shapes", "worst_cases"]
