"""Sampled evidence: instances drawn by hypothesis from an explicit seed. Finds counterexamples; proves nothing."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import ctx
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisException

from proofs_check.arithmetic import exact, lift, nearby_rational
from proofs_check.claim import Claim, Sides
from proofs_check.evidence.exact import Decided, decide_instance
from proofs_check.evidence.witness import pasteable
from proofs_check.relation import FIRST_BITS, decide, slack, tightness
from proofs_check.repeatable import only_the_seed_decides

__all__ = ["Sampled", "sample"]


DISAGREEMENT = "doubles violate the claim beyond its allowance, exact arithmetic does not: a solver or the allowance is wrong"


@dataclass(frozen=True)
class Sampled:
    """What sampling found.

    ``slack`` is the smallest relative slack, on the instance ``tightest``, and ``tightness`` the largest ratio of the sides.
    ``witness`` is a violating instance, ``confirmed`` whether exact arithmetic confirms it. Where doubles violate the claim by
    more than its allowance and exact arithmetic denies it, a solver or the allowance is wrong: that is an ``error`` (for a
    sibling, which need not be computed well, such instances only do not count). ``decided`` is the exact verdict on the tightest
    instance, made rational. ``same_as_claim`` says that a sibling had the sides of its claim on every instance.
    """

    instances: int
    slack: float
    tightness: float = -math.inf
    tightest: str = ""
    witness: str | None = None
    confirmed: bool = False
    decided: Decided | None = None
    same_as_claim: bool = False
    error: str | None = None


class _Violation(Exception):
    """The relation fails on an instance."""


class _Disagreement(Exception):
    """It fails in doubles, beyond the allowance, and not exactly."""


def sample(
    claim: Claim,
    count: int,
    number: int,
    *,
    sides: Sides | None = None,
    decide_tightest: bool = False,
    shrink: bool = True,
) -> Sampled:
    """Evaluate the claim (or a sibling's ``sides``) on ``count`` instances drawn with seed ``number``.

    ``shrink`` looks for a smaller witness once there is one, which can cost hundreds of evaluations.
    """
    checked = sides or claim.sides
    tried, smallest, tightest = 0, math.inf, -math.inf
    last: dict[str, Any] = {}
    where: dict[str, Any] = {}
    differs = sides is None

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(claim.instances)
    def check(instance: dict[str, Any]) -> None:
        nonlocal tried, smallest, tightest, where, last, differs
        distance, ratio, violated = _examine(claim, checked, instance)
        tried += 1
        differs = differs or not _same(claim, checked, instance)
        if distance < smallest:
            smallest, where = distance, instance
        tightest = max(tightest, ratio)
        if violated:
            last = instance
            raise _Violation
        if distance < 0 and sides is None:
            last = instance
            raise _Disagreement

    try:
        with only_the_seed_decides(), warnings.catch_warnings():
            # Other threads of a cluster's worker use random while hypothesis draws; strategies here never do.
            warnings.filterwarnings("ignore", message="Do not use the `random` module inside strategies")
            check()
    except _Violation:
        confirmed = "exact" in claim.arithmetics and claim.relation != "limit"
        witness = nearby_rational(last) if confirmed and "float" in claim.arithmetics else last  # the instance that was decided
        return Sampled(tried, smallest, tightest, pasteable(where), pasteable(witness), confirmed)
    except _Disagreement:
        return Sampled(tried, smallest, tightest, pasteable(where), error=f"{DISAGREEMENT}, on\n{pasteable(last)}")
    except HypothesisException as error:
        return Sampled(tried, smallest, error=f"no instances: {error}")
    except Exception as error:
        return Sampled(tried, smallest, error=f"{type(error).__name__}: {error}")
    if tried == 0:
        return Sampled(0, smallest, error="the strategy generated no instances")
    decided = None
    if decide_tightest and "exact" in claim.arithmetics:
        near = lift if claim.arithmetics == ("exact",) else nearby_rational
        decided = decide_instance(claim, checked, "tightest sample", lambda: near(where))
    return Sampled(tried, smallest, tightest, pasteable(where), None, False, decided, not differs)


def _examine(claim: Claim, sides: Sides, instance: dict[str, Any]) -> tuple[float, float, bool]:
    """Relative slack, tightness, and whether the instance is a violation that counts."""
    if "float" not in claim.arithmetics:
        lifted = lift(instance)
        with exact(FIRST_BITS):
            first = sides(**lifted)
        outcome = decide(claim.relation, lambda: first if ctx.prec == FIRST_BITS else sides(**lifted)).outcome
        left, right = (_rounded(side) for side in first)
        return (
            slack(claim.relation, left, right, 0.0),
            tightness(claim.relation, left, right, claim.objective),
            outcome == "violated",
        )
    left, right = sides(**instance)
    allowance = claim.allowance(**instance)
    distance = slack(claim.relation, left, right, allowance)
    violated = distance < 0
    if violated and "exact" in claim.arithmetics and claim.relation != "limit":
        near = nearby_rational(instance)
        violated = decide(claim.relation, lambda: sides(**near)).outcome == "violated"
    return distance, tightness(claim.relation, left, right, claim.objective, allowance), violated


def _rounded(side: Any) -> Any:
    return np.vectorize(float, otypes=[np.float64])(np.asarray(side, dtype=object))


def _same(claim: Claim, sides: Sides, instance: dict[str, Any]) -> bool:
    """Whether a sibling has exactly the sides of the claim on an instance."""
    if "float" in claim.arithmetics:
        pairs = zip(sides(**instance), claim.sides(**instance), strict=True)
    else:
        with exact():
            lifted = lift(instance)
            pairs = zip(map(_rounded, sides(**lifted)), map(_rounded, claim.sides(**lifted)), strict=True)
    return all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in pairs)
