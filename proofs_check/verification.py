"""Evidence for claims. For now one kind: instances drawn by hypothesis, and false siblings that the same check must refute.

A verdict is ``holds`` (nothing was found; the strength says how much was tried), ``refuted`` (with a witness),
``unchecked`` (a false
sibling survived, so the check cannot be trusted) or ``failed`` (a side raised, or is no number). Sampling proves nothing, and the
summary never says so.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisException
from joblib import Parallel, delayed

import tabular
from proofs_check.claim import _STATUS, Claim, ClaimError, Sides, claims, slack
from proofs_check.repeatable import only_the_seed_decides

__all__ = ["BUDGETS", "Verification", "verify", "verify_claim"]

BUDGETS = {"quick": 200, "normal": 2_000, "thorough": 20_000}
"""Instances drawn per claim."""

SIBLING_FACTOR = 10
"""A false sibling may take this many times as many: the search ends at its first witness, which is usually soon."""


class _Violation(Exception):
    """The relation fails on an instance."""


@dataclass(frozen=True)
class Sampled:
    """What sampling found: how many instances, the smallest relative slack, a violating instance if there was one."""

    instances: int
    slack: float
    witness: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class Verification:
    """The evidence for one claim."""

    slug: str
    verdict: str
    summary: str
    seconds: float
    sampled: Sampled
    siblings: tuple[tuple[str, Sampled], ...]

    @property
    def ok(self) -> bool:
        """Whether nothing needs attention."""
        return self.verdict == "holds"

    @property
    def witness(self) -> str | None:
        """The violating instance as pasteable Python, if there is one."""
        return self.sampled.witness


def verify_claim(claim: Claim, budget: str = "quick", seed: int = 0) -> Verification:
    """Sample the claim, then every false sibling of it with the same strategy, check and seed."""
    if budget not in BUDGETS:
        raise ClaimError(f"budget is {budget!r} (expected {', '.join(BUDGETS)})")
    began = time.perf_counter()
    own = _sample(claim, claim.sides, BUDGETS[budget], seed)
    siblings = tuple((s.why, _sample(claim, s.sides, SIBLING_FACTOR * BUDGETS[budget], seed)) for s in claim.false_siblings)
    survivors = [why for why, result in siblings if result.witness is None]
    if own.error is not None:
        verdict, summary = "failed", own.error
    elif own.witness is not None:
        verdict, summary = "refuted", "a counterexample was found"
    elif survivors or not siblings:
        verdict = "unchecked"
        summary = f"false sibling not refuted: {survivors[0]}" if survivors else "has no false sibling"
    else:
        verdict = "holds"
        summary = f"supported: {own.instances} samples, smallest slack {own.slack:.1e}; {len(siblings)} false siblings refuted"
    _STATUS[claim.slug] = verdict
    return Verification(claim.slug, verdict, summary, time.perf_counter() - began, own, siblings)


def verify(
    slugs: Iterable[str] | None = None,
    budget: str = "quick",
    seed: int = 0,
    jobs: int = 1,
    on_result: Callable[[Verification], None] | None = None,
) -> list[Verification]:
    """Verify claims in parallel; results come in the order of the slugs and do not depend on the number of ``jobs``."""
    chosen = claims(slugs)
    work = Parallel(n_jobs=jobs, return_as="generator")(delayed(_by_slug)(c.slug, budget, seed) for c in chosen)
    results = []
    for result in work:
        results.append(result)
        _STATUS[result.slug] = result.verdict
        if on_result is not None:
            on_result(result)
    return results


def _by_slug(slug: str, budget: str, seed: int) -> Verification:
    return verify_claim(claims([slug])[0], budget, seed)


def _sample(claim: Claim, sides: Sides, count: int, number: int) -> Sampled:
    tried, smallest, last = 0, math.inf, {}

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(claim.instances)
    def check(instance: dict[str, Any]) -> None:
        nonlocal tried, smallest, last
        left, right = sides(**instance)
        distance = slack(claim.relation, left, right, claim.allowance(**instance))
        tried += 1
        smallest = min(smallest, distance)
        if distance < 0:
            last = instance
            raise _Violation

    try:
        with only_the_seed_decides():
            check()
    except _Violation:
        return Sampled(tried, smallest, pasteable(last))
    except HypothesisException as error:
        return Sampled(tried, smallest, error=f"no instances: {error}")
    except Exception as error:
        return Sampled(tried, smallest, error=f"{type(error).__name__}: {error}")
    if tried == 0:
        return Sampled(0, smallest, error="the strategy generated no instances")
    return Sampled(tried, smallest)


def pasteable(instance: dict[str, Any]) -> str:
    """An instance as Python that can be pasted after ``from numpy import array`` and ``from tabular import MDP``."""
    return "\n".join(f"{name} = {_literal(value)}" for name, value in instance.items())


def _literal(value: Any) -> str:
    if isinstance(value, tabular.MDP):
        P = value.P.toarray().reshape(value.n_states, value.n_actions, -1) if value.is_sparse else value.P
        extras = "".join(
            f", {name}={_literal(part)}"
            for name, part in (("initial", value.initial), ("allowed", value.allowed))
            if part is not None
        )
        return f"MDP({P.tolist()}, {value.r.tolist()}, {value.gamma!r}{extras})"
    return f"array({value.tolist()})" if isinstance(value, np.ndarray) else repr(value)
