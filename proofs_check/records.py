"""Records of verifications: stored as JSON, so that a later run can say what moved.

The file is an object with two entries: ``format``, the number 1, and ``claims``, which maps a slug to its records. A record
belongs to one budget, seed and choice of evidence and is called after them (``"quick, seed 0, sampled+exact"``); a later run of
the same replaces it. It holds the fields of :class:`~proofs_check.verification.Verification`, with the evidence of each kind as
an object or a list of objects, and ``tightest`` and ``date``. Instances are Python to be pasted, numbers that JSON has not are
strings (``"inf"``), what was not gathered is null.

A file is replaced in one step, so an interrupted run loses only the claim in progress; records that another run has written
meanwhile are kept.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from proofs_check.verification import BUDGETS, Verification

__all__ = ["RecordError", "Records", "changes", "record"]

FORMAT = 1
Record = dict[str, Any]


NEEDED = frozenset({"verdict", "strength", "summary", "budget", "seed", "evidence", "date", "tightest", "steps", "siblings"})
"""What every record has, and what is relied on when records are compared and shown."""


class RecordError(ValueError):
    """A file that holds no records, or that cannot be written."""


def record(result: Verification) -> Record:
    """A verification as plain data; infinities become strings, because JSON has none."""
    data = _plain(dataclasses.asdict(result))
    return {**data, "tightest": _plain(result.tightest), "date": datetime.now(UTC).isoformat(timespec="seconds")}


def _plain(x: Any) -> Any:
    if isinstance(x, dict):
        return {key: _plain(value) for key, value in x.items()}
    if isinstance(x, (list, tuple)):
        return [_plain(value) for value in x]
    return str(x) if isinstance(x, float) and not math.isfinite(x) else x


class Records:
    """The records in a file; a missing file holds none.

    Raises
    ------
    RecordError
        If the file is no such file; it is left as it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._claims = _read(path)

    def check_writable(self) -> None:
        """Make sure, before any work is done, that records can be written.

        Raises
        ------
        RecordError
            If they cannot.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.path.parent, prefix=self.path.name):
                pass
        except OSError as error:
            raise RecordError(f"records cannot be written to {self.path} ({error.strerror}); choose another file") from None

    def previous(self, result: Verification) -> Record | None:
        """The record to compare a result with: of the same budget, seed and evidence if there is one, else the latest."""
        known = self._claims.get(result.slug, {})
        return known.get(_name(result)) or max(known.values(), key=lambda r: str(r["date"]), default=None)

    def strongest(self, slug: str) -> Record | None:
        """The record of a claim that says most.

        The latest with a problem if there is one (it stands until the same budget, seed and evidence find none), else the one
        with most kinds of evidence, with the largest budget, the latest.
        """
        sizes = list(BUDGETS)

        def says(r: Record) -> tuple[Any, ...]:
            bad = r["verdict"] in ("refuted", "failed")
            return (bad, r["date"]) if bad else (bad, len(r["evidence"]), sizes.index(r["budget"]), r["date"])

        return max(self._claims.get(slug, {}).values(), key=says, default=None)

    def add(self, result: Verification) -> None:
        """Add or replace the record of a result, and write the file.

        Raises
        ------
        RecordError
            If the file cannot be written, or has become something else.
        """
        self._claims = _read(self.path)
        self._claims.setdefault(result.slug, {})[_name(result)] = record(result)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name, suffix=".part")
        except OSError as error:
            raise RecordError(f"records cannot be written to {self.path} ({error.strerror})") from None
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"format": FORMAT, "claims": self._claims}, file, indent=1, sort_keys=True, allow_nan=False)
            os.replace(name, self.path)
        except BaseException:
            os.unlink(name)
            raise


def _name(result: Verification) -> str:
    return f"{result.budget}, seed {result.seed}, {'+'.join(result.evidence)}"


def _read(path: Path) -> dict[str, dict[str, Record]]:
    if not path.exists():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise RecordError(f"{path} has format {data['format']!r} (expected {FORMAT}); move it away or choose another file")
        for slug, records in data["claims"].items():
            for name, found in records.items():
                if not isinstance(found, dict) or NEEDED - set(found) or found["budget"] not in BUDGETS:
                    raise ValueError(f"the record {name!r} of {slug} is damaged")
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        if isinstance(error, RecordError):
            raise
        raise RecordError(f"{path} is no file of records ({error}); move it away or choose another file") from None
    claims: dict[str, dict[str, Record]] = data["claims"]
    return claims


def changes(previous: Record, result: Verification) -> list[str]:
    """What moved since an earlier record, in words; empty if nothing did."""
    now = record(result)
    same = previous["budget"] == now["budget"] and previous["seed"] == now["seed"]
    since = "" if same else f" (before: {previous['budget']}, seed {previous['seed']})"
    said = []
    if previous["verdict"] != now["verdict"]:
        said.append(f"verdict: {previous['verdict']} became {now['verdict']}{since}")
    before, after = previous["tightest"], now["tightest"]
    comparable = previous["evidence"] == now["evidence"] and isinstance(before, float) and isinstance(after, float)
    if comparable and abs(after - before) > 1e-12 * max(abs(before), abs(after)):
        said.append(f"tightest moved from {_digits(before, after)} to {_digits(after, before)}{since}")
    symbolic = [[s for s in r["steps"] if not s["method"].startswith("coverage")] for r in (previous, now)]
    steps = [sum(step["outcome"] == "done" for step in found) for found in symbolic]
    if "symbolic" in previous["evidence"] and "symbolic" in now["evidence"] and steps[0] != steps[1]:
        said.append(f"symbolic steps done: {steps[0]} became {steps[1]}{since}")
    return said


def _digits(x: float, other: float) -> str:
    """Six digits, or as many as it takes to tell it from the other number."""
    return next((text for n in range(6, 17) if float(text := f"{x:.{n}g}") != float(f"{other:.{n}g}")), repr(x))
