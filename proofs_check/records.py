"""Records of verifications: stored as JSON, so that a later run can say what moved.

One record per claim, budget and seed; a file is replaced in one step, so an interrupted run loses only the claim in progress.
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


class RecordError(ValueError):
    """A file that holds no records."""


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
        self._claims: dict[str, dict[str, Record]] = {}
        if not path.exists():
            return
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["format"] != FORMAT:
                raise RecordError(
                    f"{path} has format {data['format']!r} (expected {FORMAT}); move it away or choose another file"
                )
            self._claims = data["claims"]
        except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
            if isinstance(error, RecordError):
                raise
            raise RecordError(f"{path} is no file of records ({error}); move it away or choose another file") from None

    def previous(self, result: Verification) -> Record | None:
        """The record to compare a result with: the same budget and seed if there is one, else the latest."""
        known = self._claims.get(result.slug, {})
        same = known.get(f"{result.budget}, seed {result.seed}")
        return same or max(known.values(), key=lambda r: str(r["date"]), default=None)

    def strongest(self, slug: str) -> Record | None:
        """The record of a claim that says most: the latest with a problem if there is one, else the largest budget."""
        known = self._claims.get(slug, {}).values()
        sizes = list(BUDGETS)
        return max(
            known, key=lambda r: (r["verdict"] in ("refuted", "failed"), sizes.index(r["budget"]), r["date"]), default=None
        )

    def add(self, result: Verification) -> None:
        """Add or replace the record of a result, and write the file."""
        self._claims.setdefault(result.slug, {})[f"{result.budget}, seed {result.seed}"] = record(result)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name, suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"format": FORMAT, "claims": self._claims}, file, indent=1, sort_keys=True, allow_nan=False)
            os.replace(name, self.path)
        except BaseException:
            os.unlink(name)
            raise


def changes(previous: Record, result: Verification) -> list[str]:
    """What moved since an earlier record, in words; empty if nothing did."""
    now = record(result)
    same = previous["budget"] == now["budget"] and previous["seed"] == now["seed"]
    since = "" if same else f" (before: {previous['budget']}, seed {previous['seed']})"
    said = []
    if previous["verdict"] != now["verdict"]:
        said.append(f"verdict: {previous['verdict']} became {now['verdict']}{since}")
    before, after = previous["tightest"], now["tightest"]
    if isinstance(before, float) and isinstance(after, float) and abs(after - before) > 1e-12 * max(abs(before), abs(after)):
        said.append(f"tightest moved from {before:.6g} to {after:.6g}{since}")
    steps = [sum(step["outcome"] == "done" for step in r["steps"]) for r in (previous, now)]
    if steps[0] != steps[1]:
        said.append(f"symbolic steps done: {steps[0]} became {steps[1]}{since}")
    return said
