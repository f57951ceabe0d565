"""Arguments that rest on other claims: those must exist, must not rest on this one, and must be proved themselves.

A claim whose steps are all done is *proved* only if every claim that its argument uses is proved in the same run; otherwise it
*follows from* them. If one of them does not hold, its steps prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from proofs_check.claim import Claim
from proofs_check.lookup import did_you_mean

__all__ = ["Standing", "in_order", "problem_with", "why_not_proved"]

Standing = tuple[str, bool]
"""Verdict of a claim that was verified in this run, and whether it is proved for every instance."""

GOOD = ("holds", "holds as corrected", "open")


def problem_with(claim: Claim, known: Mapping[str, Claim]) -> str | None:
    """What is wrong with the claims that an argument uses: one that does not exist, or a circle."""
    trail = [claim.slug]
    for slug in claim.uses:
        if slug not in known:
            near = did_you_mean(slug, known)
            return f"the argument uses {slug!r}, but no claim is called so" + (f"; {near}" if near else "")
    circle = _circle(trail, known)
    return f"the argument goes round in a circle: {' uses '.join(circle)}" if circle else None


def _circle(trail: list[str], known: Mapping[str, Claim]) -> list[str] | None:
    for slug in known[trail[-1]].uses if trail[-1] in known else ():
        if slug == trail[0]:
            return [*trail, slug]
        if slug not in trail and (found := _circle([*trail, slug], known)):
            return found
    return None


def in_order(claims: Iterable[Claim]) -> list[Claim]:
    """The claims, each after those that it uses as far as they are among them; circles are left as they are."""
    waiting, done = {c.slug: c for c in claims}, list[Claim]()
    while waiting:
        free = [c for c in waiting.values() if not any(slug in waiting for slug in c.uses)] or list(waiting.values())
        done += free
        for c in free:
            del waiting[c.slug]
    return done


def why_not_proved(claim: Claim, used: Mapping[str, Standing]) -> tuple[str, bool] | None:
    """Which used claims are not proved, in words, and whether one of them even fails; ``None`` if all are proved."""
    said, fails = [], False
    for slug in claim.uses:
        if slug not in used:
            said.append(f"{slug} (not verified in this run)")
            continue
        verdict, proved = used[slug]
        if verdict not in GOOD:
            fails = True
            said.append(f"{slug} ({verdict})")
        elif not proved:
            said.append(f"{slug} (not proved)")
    return (", ".join(said), fails) if said else None
