"""Exact evidence: a claim decided on single instances, in rationals and balls. A proof for that instance, and for no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proofs_check.arithmetic import lift
from proofs_check.claim import Claim, Sides
from proofs_check.evidence.witness import pasteable
from proofs_check.relation import decide, exact_tightness

__all__ = ["Decided", "decide_instance", "decide_known"]


@dataclass(frozen=True)
class Decided:
    """The outcome on one named instance.

    ``outcome`` is ``holds`` or ``violated`` (both proofs), ``undecided`` (balls still overlap at the highest precision, or the
    relation is a limit) or ``failed``. ``digits`` says how far undecided sides agree, ``tightness`` is the exact ratio (or
    difference) rounded to a double.
    """

    name: str
    outcome: str
    equal: bool = False
    bits: int = 0
    digits: int | None = None
    tightness: float | None = None
    instance: str = ""
    error: str | None = None

    @property
    def proved(self) -> bool:
        """Whether the claim is proved on this instance."""
        return self.outcome == "holds"


def decide_instance(claim: Claim, sides: Sides, name: str, instance: Callable[[], dict[str, Any]]) -> Decided:
    """Decide on the instance that ``instance()`` builds (inside exact arithmetic), already exact or to be lifted literally."""

    def both() -> tuple[Any, Any]:
        return sides(**lift(instance()))

    text = ""
    try:
        built = instance()
        text = pasteable(built)
        decision = decide(claim.relation, both)
        tightness = exact_tightness(claim.relation, both, claim.objective)
    except Exception as error:
        return Decided(name, "failed", instance=text, error=f"{type(error).__name__}: {error}")
    return Decided(name, decision.outcome, decision.equal, decision.bits, decision.digits, tightness, text)


def decide_known(claim: Claim, sides: Sides | None = None) -> tuple[Decided, ...]:
    """Decide on every named instance of the claim."""
    return tuple(decide_instance(claim, sides or claim.sides, known.name, known.instance) for known in claim.known_instances)
