"""Searched evidence: an adversary maximises the tightness of a claim over its parametrisation.

A search is a number of independent restarts with their own seeds, so that they can run anywhere and give the same record.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from proofs_check.adversary import Found, climb
from proofs_check.arithmetic import exact
from proofs_check.claim import Claim, ClaimError, Sides
from proofs_check.evidence.exact import Decided, decide_instance
from proofs_check.evidence.sampled import DISAGREEMENT
from proofs_check.evidence.witness import pasteable
from proofs_check.relation import decide, exact_tightness, slack, tightness

__all__ = ["Restart", "Searched", "merge", "restart"]

LISTED = 3
"""Mirages that a report lists; all are counted."""


@dataclass(frozen=True)
class Restart:
    """One search from one seed."""

    found: Found
    violated: bool = False
    error: str | None = None


@dataclass(frozen=True)
class Searched:
    """What the adversary found.

    ``tightness`` is the record (ratio of the sides, or their difference) at the cube point ``cube``, whose instance is
    ``tightest``: exactly evaluated and simplified where the claim has exact sides. ``witness`` is a violating instance.
    """

    evaluations: int
    restarts: int
    tightness: float
    cube: tuple[str, ...]
    tightest: str
    witness: str | None = None
    confirmed: bool = False
    mirages: int = 0
    mirage_examples: tuple[tuple[float, float | None], ...] = ()
    decided: Decided | None = None
    error: str | None = None


def searchable(claim: Claim) -> bool:
    """Whether the claim has a parametrisation and sides in doubles to search with."""
    return claim.search is not None and "float" in claim.arithmetics


def restart(claim: Claim, evaluations: int, seed: int, number: int, *, sides: Sides | None = None) -> Restart:
    """Restart ``number`` of a search, ending early at a violation that counts."""
    checked = sides or claim.sides
    space = claim.search
    assert space is not None
    exactly = "exact" in claim.arithmetics and claim.relation != "limit"
    violated = False
    here: dict[str, Any] = {}

    def objective(u: list[float]) -> float:
        nonlocal here
        here = space.point(u)
        left, right = checked(**here)
        allowance = claim.allowance(**here)
        if claim.relation in ("==", "limit"):
            return max(0.0, -slack(claim.relation, left, right, allowance))  # deviations beyond rounding
        return tightness(claim.relation, left, right, claim.objective, allowance)

    def truth(u: list[float]) -> float | None:
        if sides is None and slack(claim.relation, *checked(**here), claim.allowance(**here)) < 0:
            if decide(claim.relation, lambda: checked(**space.point(u)), most_bits=1024).outcome != "violated":
                raise ClaimError(DISAGREEMENT)
        return exact_tightness(claim.relation, lambda: checked(**space.point(u)), claim.objective, most_bits=1024)

    def stop(u: list[float], value: float) -> bool:
        nonlocal violated
        instance = space.point(u)
        if exactly:
            violated = decide(claim.relation, lambda: checked(**space.point(u)), most_bits=1024).outcome == "violated"
        else:
            violated = slack(claim.relation, *checked(**instance), claim.allowance(**instance)) < 0
        return violated

    sequence = np.random.SeedSequence([seed, zlib.crc32(claim.slug.encode()), number])
    try:
        found = climb(objective, space.dimension, evaluations, sequence, truth if exactly else None, stop)
    except Exception as error:
        return Restart(Found(), error=f"{type(error).__name__}: {error}, on\n{pasteable(here)}")
    return Restart(found, violated)


def merge(claim: Claim, restarts: list[Restart], *, sides: Sides | None = None, decide_tightest: bool = False) -> Searched:
    """The record of all restarts, its instance simplified and decided exactly."""
    checked = sides or claim.sides
    spent = sum(r.found.evaluations for r in restarts)
    errors = [r.error for r in restarts if r.error is not None]
    if errors:
        return Searched(spent, len(restarts), -math.inf, (), "", error=errors[0])
    mirages = [m for r in restarts for m in r.found.mirages]
    listed = tuple((m.value, m.true) for m in sorted(mirages, key=lambda m: -m.value)[:LISTED])
    best = max(restarts, key=lambda r: (r.violated, r.found.value))
    if not best.found.cube:
        return Searched(
            spent, len(restarts), -math.inf, (), "", mirages=len(mirages), mirage_examples=listed, error="no point counted"
        )
    space = claim.search
    assert space is not None
    exactly = "exact" in claim.arithmetics and claim.relation != "limit"
    value, cube, decided = best.found.value, tuple(Fraction(x) for x in best.found.cube), None
    if exactly:
        value, cube = _simplest(claim, checked, value, cube, best.violated)

        def instance() -> dict[str, Any]:
            return space.point(cube)

        with exact():
            text = pasteable(instance())
        if decide_tightest:
            with exact():
                decided = decide_instance(claim, checked, "tightest found by the adversary", instance)
    else:
        text = pasteable(space.point([float(x) for x in cube]))
    return Searched(
        evaluations=spent,
        restarts=len(restarts),
        tightness=value,
        cube=tuple(str(x) for x in cube),
        tightest=text,
        witness=text if best.violated else None,
        confirmed=best.violated and exactly,
        mirages=len(mirages),
        mirage_examples=listed,
        decided=decided,
    )


def _simplest(
    claim: Claim, sides: Sides, value: float, cube: tuple[Fraction, ...], violated: bool
) -> tuple[float, tuple[Fraction, ...]]:
    """The cube point with the smallest denominators that is as tight to nine digits (and still a violation)."""
    space = claim.search
    assert space is not None
    for denominator in (1, 2, 4, 10, 100, 10**3, 10**4, 10**6, 10**9):
        candidate = tuple(x.limit_denominator(denominator) for x in cube)

        def both(point: tuple[Fraction, ...] = candidate) -> tuple[Any, Any]:
            return sides(**space.point(point))

        try:
            true = exact_tightness(claim.relation, both, claim.objective, most_bits=1024)
            if true is not None and true >= value - 1e-9 * abs(value):
                if not violated or decide(claim.relation, both, most_bits=1024).outcome == "violated":
                    return true, candidate
        except Exception:
            continue
    return value, cube
