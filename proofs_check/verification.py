"""Verification: evidence gathered for claims, on as many workers as there are, and the verdict that it supports.

Budgets count instances and evaluations, never seconds, and every part of the work has its own seed, so results do not depend on
the number of workers. What the evidence amounts to is decided in :mod:`proofs_check.verdict`.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proofs_check.arguments import GOOD, Standing, in_order, problem_with
from proofs_check.budgets import BUDGETS, Budget
from proofs_check.claim import _STATUS, Claim, ClaimError
from proofs_check.evidence import KINDS
from proofs_check.evidence.covered import cover
from proofs_check.evidence.exact import Decided, decide_known
from proofs_check.evidence.sampled import Sampled, sample
from proofs_check.evidence.searched import Searched, merge, restart, searchable
from proofs_check.evidence.sibling import SiblingEvidence, try_sibling
from proofs_check.evidence.symbolic import Reduced, reduce_steps
from proofs_check.lookup import claims, home, known
from proofs_check.verdict import strength_of, verdict_on
from proofs_check.workers import run

__all__ = ["BUDGETS", "Budget", "SiblingEvidence", "Verification", "verify", "verify_claim"]


@dataclass(frozen=True)
class Verification:
    """The evidence for one claim, and what it amounts to."""

    slug: str
    verdict: str
    strength: str
    summary: str
    seconds: float
    budget: str
    seed: int
    evidence: tuple[str, ...]
    sampled: Sampled | None
    searched: Searched | None
    decided: tuple[Decided, ...]
    steps: tuple[Reduced, ...]
    siblings: tuple[SiblingEvidence, ...]
    proved: bool = False
    """Whether the claim is proved for every instance: by its steps, its argument, and claims that are themselves proved."""

    @property
    def ok(self) -> bool:
        """Whether nothing needs attention."""
        return self.verdict in GOOD

    @property
    def witness(self) -> str | None:
        """The violating instance as pasteable Python, if there is one."""
        found = [e.witness for e in (self.sampled, self.searched) if e is not None and e.witness is not None]
        return next(iter(found + [d.instance for d in self.decided if d.outcome == "violated"]), None)

    @property
    def tightest(self) -> float | None:
        """The largest ratio (or difference) of the sides that counts: exactly decided, or searched and sampled in doubles."""
        values = [e.tightness for e in (self.sampled, self.searched) if e is not None and e.tightness > -math.inf]
        exact = [d.tightness for d in self.decided if d.tightness is not None and d.tightness > -math.inf]
        return max(exact or values, default=None)


Task = tuple[str, str, int]
"""Slug, kind of work, part."""


def verify_claim(claim: Claim, budget: str = "quick", seed: int = 0, evidence: Sequence[str] = KINDS) -> Verification:
    """All requested evidence for one claim, in this process; claims that its argument uses are not verified along with it."""
    kinds = _checked(budget, evidence)
    parts = {task: _perform(claim, task, budget, seed, kinds) for task in _tasks(claim, budget, kinds)}
    return _conclude(claim, parts, budget, seed, kinds)


def verify(
    slugs: Iterable[str] | None = None,
    budget: str = "quick",
    seed: int = 0,
    jobs: int = 1,
    on_result: Callable[[Verification], None] | None = None,
    *,
    evidence: Sequence[str] = KINDS,
    cluster: str | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> list[Verification]:
    """Verify claims on ``jobs`` processes, or on the dask cluster at an address.

    ``on_result`` is called as soon as a claim is finished, and those of the chosen ones that its argument uses; ``on_progress``
    after each part of the work with the parts done, their number and a description. The results come in the order of the slugs
    and do not depend on the number of workers.

    Raises
    ------
    ClaimError
        For an unknown slug, budget or kind of evidence, a cluster that does not answer, or a claim that was not defined in a file
        and is to be verified by other processes.
    """
    kinds = _checked(budget, evidence)
    chosen = {c.slug: c for c in claims(slugs)}
    alone = jobs == 1 and cluster is None
    homes = {slug: None if alone else home(c) for slug, c in chosen.items()}
    pending = {slug: set(_tasks(c, budget, kinds)) for slug, c in chosen.items()}
    waiting = in_order(chosen.values())  # so that claims are finished one by one, and few are lost when the run is stopped
    tasks = [task for c in waiting for task in _tasks(c, budget, kinds)]
    parts: dict[str, dict[Task, Any]] = {slug: {} for slug in chosen}
    results: dict[str, Verification] = {}
    needs = {c.slug: set() if problem_with(c, known()) else set(c.uses) & set(chosen) for c in waiting}
    work = run(_perform_by_slug, [(task, homes[task[0]], budget, seed, kinds) for task in tasks], jobs=jobs, cluster=cluster)
    for done, (task, part) in enumerate(work, start=1):
        slug = task[0]
        parts[slug][task] = part
        pending[slug].discard(task)
        if on_progress is not None:
            on_progress(done, len(tasks), f"{slug}: {task[1]}")
        # Claims are concluded after those that they use, whatever the order in which their parts come in.
        for c in list(waiting):
            if pending[c.slug] or needs[c.slug] - set(results):
                continue
            waiting.remove(c)
            used = {name: (r.verdict, r.proved) for name in c.uses if (r := results.get(name)) is not None}
            results[c.slug] = _conclude(c, parts.pop(c.slug), budget, seed, kinds, used)
            if on_result is not None:
                on_result(results[c.slug])
    return [results[slug] for slug in chosen]


def _checked(budget: str, evidence: Sequence[str]) -> tuple[str, ...]:
    if budget not in BUDGETS:
        raise ClaimError(f"budget is {budget!r} (expected {', '.join(BUDGETS)})")
    unknown = [kind for kind in evidence if kind not in KINDS]
    if unknown or not evidence:
        raise ClaimError(f"evidence is {', '.join(map(repr, evidence)) or 'empty'} (expected some of {', '.join(KINDS)})")
    return tuple(kind for kind in KINDS if kind in evidence)


def _tasks(claim: Claim, budget: str, kinds: tuple[str, ...]) -> list[Task]:
    """The independent parts of the work for a claim."""
    tasks: list[Task] = []
    if "sampled" in kinds:
        tasks.append((claim.slug, "sampled", 0))
    if "searched" in kinds and searchable(claim):
        tasks += [(claim.slug, "searched", r) for r in range(BUDGETS[budget].restarts)]
    if "exact" in kinds and "exact" in claim.arithmetics and claim.known_instances:
        tasks.append((claim.slug, "exact", 0))
    if "covered" in kinds and claim.covers:
        tasks.append((claim.slug, "covered", 0))
    if "symbolic" in kinds and claim.steps:
        tasks.append((claim.slug, "symbolic", 0))
    tasks += [(claim.slug, "sibling", i) for i in range(len(claim.false_siblings))]
    return tasks or [(claim.slug, "nothing", 0)]


@dataclass(frozen=True)
class _Part:
    result: Any
    seconds: float
    error: str | None = None


def _perform_by_slug(task: Task, file: str | None, budget: str, seed: int, kinds: tuple[str, ...]) -> tuple[Task, _Part]:
    if file is not None and task[0] not in known():
        claims([file])
    return task, _perform(claims([task[0]])[0], task, budget, seed, kinds)


_ONE_AT_A_TIME = threading.Lock()
"""Workers of a cluster may be threads of one process, but the precision of balls and hypothesis' state belong to the process."""


def _perform(claim: Claim, task: Task, budget: str, seed: int, kinds: tuple[str, ...]) -> _Part:
    with _ONE_AT_A_TIME:
        began = time.perf_counter()
        try:
            result, error = _evidence(claim, task, BUDGETS[budget], seed, kinds), None
        except Exception as raised:  # a broken claim fails, and the others go on
            result, error = None, f"{task[1]}: {type(raised).__name__}: {raised}"
        return _Part(result, time.perf_counter() - began, error)


def _evidence(claim: Claim, task: Task, size: Budget, seed: int, kinds: tuple[str, ...]) -> Any:
    _, kind, number = task
    result: Any = None
    if kind == "sampled":
        result = sample(claim, size.samples, seed, decide_tightest="exact" in kinds)
    elif kind == "searched":
        result = restart(claim, size.evaluations // size.restarts, seed, number)
    elif kind == "exact":
        result = decide_known(claim)
    elif kind == "covered":
        result = cover(claim)
    elif kind == "symbolic":
        result = reduce_steps(claim)
    elif kind == "sibling":
        result = try_sibling(claim, number, size, seed, kinds)
    return result


def _conclude(
    claim: Claim,
    parts: dict[Task, _Part],
    budget: str,
    seed: int,
    kinds: tuple[str, ...],
    used: Mapping[str, Standing] | None = None,
) -> Verification:
    began = time.perf_counter()
    problems = [part.error for _, part in sorted(parts.items()) if part.error is not None]
    problems += [problem] if (problem := problem_with(claim, {**known(), claim.slug: claim})) else []

    def results(kind: str) -> list[Any]:
        return [parts[task].result for task in sorted(parts) if task[1] == kind and parts[task].error is None]

    sampled: Sampled | None = next(iter(results("sampled")), None)
    restarts = results("searched")
    searched = merge(claim, restarts, decide_tightest="exact" in kinds) if restarts else None
    decided = tuple(d for e in (sampled, searched) if e is not None and (d := e.decided) is not None)
    decided += tuple(d for known in results("exact") for d in known)
    steps: tuple[Reduced, ...] = tuple(step for kind in ("symbolic", "covered") for reduced in results(kind) for step in reduced)
    siblings: tuple[SiblingEvidence, ...] = tuple(results("sibling"))
    verdict, reason = verdict_on(claim, sampled, searched, decided, steps, siblings, problems)
    strength, proved = strength_of(claim, sampled, searched, decided, steps, {} if used is None else used)
    count = len(siblings)
    summary = reason or f"{strength}; {count} false sibling{'s' if count != 1 else ''} refuted"
    _STATUS[claim.slug] = verdict
    seconds = sum(part.seconds for part in parts.values()) + time.perf_counter() - began
    return Verification(
        slug=claim.slug,
        verdict=verdict,
        strength=strength,
        summary=summary,
        seconds=seconds,
        budget=budget,
        seed=seed,
        evidence=kinds,
        sampled=sampled,
        searched=searched,
        decided=decided,
        steps=steps,
        siblings=siblings,
        proved=proved and verdict in GOOD,
    )
