"""Verdicts: what the evidence for a claim amounts to, and in what words.

========================= ==============================================================================================
``holds``                 nothing contradicts the claim and every false sibling is refuted; the strength says what is proved
``holds as corrected``    so, for a claim that corrects its source
``open``                  so, for a conjecture
``refuted``               a counterexample was found; the witness is given
``unchecked``             a false sibling survived (or there is none): the check has not shown that it can fail; or none of the
                          evidence that was asked for could be gathered
``failed``                a solver or a side raised, a side is no number, a step of the derivation is contradicted or raises, the
                          argument uses a claim that does not exist or goes round in a circle
========================= ==============================================================================================

Sampling and searching prove nothing: ``supported`` is the most they earn. A claim is called proved only if all its steps are
done, its argument is written down, and the claims that it uses are proved in the same run.
"""

from __future__ import annotations

from collections.abc import Mapping

from proofs_check.arguments import Standing, why_not_proved
from proofs_check.claim import Claim
from proofs_check.evidence.exact import Decided
from proofs_check.evidence.sampled import Sampled
from proofs_check.evidence.searched import Searched
from proofs_check.evidence.sibling import SiblingEvidence
from proofs_check.evidence.symbolic import Reduced

__all__ = ["strength_of", "verdict_on"]


def verdict_on(
    claim: Claim,
    sampled: Sampled | None,
    searched: Searched | None,
    decided: tuple[Decided, ...],
    steps: tuple[Reduced, ...],
    siblings: tuple[SiblingEvidence, ...],
    problems: list[str],
) -> tuple[str, str]:
    """The verdict, and its reason where it is not the strength."""
    violations = [d for d in decided if d.outcome == "violated"]
    if violations:
        return "refuted", f"refuted exactly on: {violations[0].name}"
    for evidence in (sampled, searched):
        if evidence is not None and evidence.witness is not None:
            return "refuted", "a counterexample was found" + (", confirmed exactly" if evidence.confirmed else " in doubles")
    errors = problems + [e.error for e in (sampled, searched, *decided) if e is not None and e.error is not None]
    if errors:
        return "failed", errors[0]
    broken = [s for s in steps if s.outcome in ("contradicted", "failed")]
    if broken:
        return "failed", f"step {broken[0].outcome}: {broken[0].name}: {broken[0].rest}"
    if not siblings:
        return "unchecked", "has no false sibling"
    for sibling in siblings:
        if sibling.same_as_claim:
            return "unchecked", f"false sibling computes the same as the claim: {sibling.why}"
        if sibling.refuted_by is None:
            return "unchecked", f"false sibling not refuted: {sibling.why}" + (f" ({sibling.error})" if sibling.error else "")
    settled = any(d.proved or d.digits is not None for d in decided) or any(s.done for s in steps)
    if sampled is None and searched is None and not settled:
        return "unchecked", "no evidence was gathered"
    if claim.conjecture:
        return "open", ""
    return ("holds as corrected" if claim.correction else "holds"), ""


def strength_of(
    claim: Claim,
    sampled: Sampled | None,
    searched: Searched | None,
    decided: tuple[Decided, ...],
    steps: tuple[Reduced, ...],
    used: Mapping[str, Standing],
) -> tuple[str, bool]:
    """What the evidence amounts to, in words, never more than it says; and whether it is a proof for every instance."""
    said, proved = [], False
    done = [s for s in steps if s.done]
    covered = [s for s in done if s.method.startswith("coverage")]
    symbolic = len(done) - len(covered)
    parts = "steps and covers" if claim.covers else "symbolic steps"
    if steps and claim.argument and len(done) == len(claim.steps) + len(claim.covers):
        means = [f"{symbolic} symbolic step{'s' if symbolic > 1 else ''}"] if symbolic else []
        means += [f"{s.method} ({s.name})" for s in covered]
        how = f"by {', '.join(means)} and the written argument"
        weak = why_not_proved(claim, used)
        proved = weak is None
        if weak is None:
            said.append(f"proved {how}" + (f", with {', '.join(claim.uses)}" if claim.uses else ""))
        elif weak[1]:
            said.append(f"all {parts} done, but the argument uses {weak[0]}")
        else:
            said.append(f"follows from {weak[0]} {how}")
    elif steps:
        said.append(f"{len(done)} of {len(claim.steps) + len(claim.covers)} {parts} done")
    said += _decisions(decided)
    tried = []
    if sampled is not None and sampled.error is None:
        count = f"{sampled.instances} sample{'s' if sampled.instances != 1 else ''}"
        # Of an identity the slack is but the allowance.
        equal = f"{count} equal up to rounding"
        tried.append(equal if claim.relation == "==" else f"{count}, smallest relative slack {sampled.slack:.2g}")
    if searched is not None and searched.error is None:
        reached = _number(searched.tightness)
        what = f"deviation {reached}" if claim.relation == "==" else f"{claim.objective} {reached}"
        mirages = f", {searched.mirages} mirages" if searched.mirages else ""
        tried.append(f"adversary reached {what}{mirages}")
    if tried:
        said.append("supported: " + ", ".join(tried))
    return "; ".join(said) or "no evidence was gathered", proved


def _decisions(decided: tuple[Decided, ...]) -> list[str]:
    """What exact arithmetic settled."""
    said = []
    groups = {
        "proved on": [d for d in decided if d.proved],
        "sides overlap to": [d for d in decided if d.outcome == "undecided" and d.digits is not None],
        "undecided on": [d for d in decided if d.outcome == "undecided" and d.digits is None],
    }
    for words, members in groups.items():
        if members:
            instances = f"{len(members)} instance{'s' if len(members) > 1 else ''}"
            fewest = min((d.digits for d in members if d.digits is not None), default=None)
            said.append(f"{words} {instances}" if fewest is None else f"{words} {fewest} digits on {instances}")
    return said


def _number(x: float) -> str:
    """Enough digits to see how far from 1 a ratio is."""
    return f"{x:.3g}" if not 0.9 < x < 1 else f"1 - {1 - x:.2g}" if 1 - x < 1e-3 else f"{x:.4f}"
