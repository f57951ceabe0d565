"""False siblings: the evidence of a claim, turned on a statement that is slightly too strong."""

from __future__ import annotations

from dataclasses import dataclass

from proofs_check.budgets import SIBLING_FACTOR, Budget
from proofs_check.claim import Claim
from proofs_check.evidence.exact import decide_known
from proofs_check.evidence.sampled import sample
from proofs_check.evidence.searched import merge, restart, searchable

__all__ = ["SiblingEvidence", "try_sibling"]


@dataclass(frozen=True)
class SiblingEvidence:
    """How a false sibling fared: refuted by which kind of evidence, with which witness; or surviving."""

    why: str
    refuted_by: str | None
    witness: str | None
    confirmed: bool = False
    same_as_claim: bool = False
    error: str | None = None


def try_sibling(claim: Claim, number: int, size: Budget, seed: int, kinds: tuple[str, ...]) -> SiblingEvidence:
    """The same eyes on a false sibling: sampling always (it shows that the check can fail), what else was asked for, and at last
    more samples."""
    sibling = claim.false_siblings[number]

    def by_sampling(count: int) -> tuple[SiblingEvidence | None, str | None]:
        sampled = sample(claim, count, seed, sides=sibling.sides, shrink=size.shrink_siblings)
        if sampled.witness is None and not sampled.same_as_claim:
            return None, sampled.error
        by = "sampled" if sampled.witness is not None else None
        return SiblingEvidence(sibling.why, by, sampled.witness, sampled.confirmed, sampled.same_as_claim), None

    found, error = by_sampling(size.samples)
    if found is not None:
        return found
    if "exact" in kinds and "exact" in claim.arithmetics:
        for decided in decide_known(claim, sibling.sides):
            if decided.outcome == "violated":
                return SiblingEvidence(sibling.why, "exact", decided.instance, True)
    if "searched" in kinds and searchable(claim):
        restarts = []
        for r in range(size.restarts):
            restarts.append(restart(claim, size.evaluations // size.restarts, seed, r, sides=sibling.sides))
            if restarts[-1].violated:
                break
        searched = merge(claim, restarts, sides=sibling.sides)
        if searched.witness is not None:
            return SiblingEvidence(sibling.why, "searched", searched.witness, searched.confirmed)
        error = error or searched.error
    found, late = by_sampling(SIBLING_FACTOR * size.samples)
    return found or SiblingEvidence(sibling.why, None, None, error=error or late)
