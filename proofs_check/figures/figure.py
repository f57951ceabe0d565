"""What a figure is, and how its files are kept true.

A figure is written only if its numbers changed, so that running everything again leaves the tree untouched.
"""

from __future__ import annotations

import csv
import importlib
import importlib.util
import io
import math
import os
import pkgutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import numpy as np

from proofs_check.figures.style import STYLE
from proofs_check.lookup import did_you_mean

__all__ = ["Figure", "FigureError", "Picture", "Written", "load"]

Data = dict[str, np.ndarray[Any, Any]]
CAPS = {".png": 100_000, ".svg": 300_000, ".csv": 200_000}
"""Largest file sizes in bytes."""


class FigureError(RuntimeError):
    """An observation that does not hold, columns that do not fit, a file above its cap, an unknown topic."""


@dataclass(frozen=True)
class Written:
    """What reproducing a figure did."""

    slug: str
    name: str
    kind: str
    changed: bool
    seconds: float


@dataclass(frozen=True, repr=False)
class Picture:
    """A drawn figure that notebooks display."""

    caption: str
    png: bytes

    def __repr__(self) -> str:
        return self.caption

    def _repr_png_(self) -> bytes:
        return self.png


@dataclass(frozen=True, eq=False)
class Figure:
    """Numbers, a drawing of them, and what a reader should see.

    Attributes
    ----------
    slug, name : str
        The files are ``figures/<slug>/<name>.csv``, ``.svg`` and ``.png``.
    kind : "exact", "simulated" or "timed"
        Exact numbers reproduce to 1e-9; of simulated ones, a column ``x`` reproduces within the column ``x_error`` if
        there is one; of
        timed ones only the names of the columns are compared.
    compute : function of ``full``
        Columns of equal length; ``full`` asks for the longer sweep.
    draw : function of the columns
        A matplotlib figure.
    observations : pairs of a sentence and a predicate on the columns
        What the figure shows, checked whenever it is made.
    """

    slug: str
    name: str
    caption: str
    kind: Literal["exact", "simulated", "timed"]
    compute: Callable[[bool], Mapping[str, Any]]
    draw: Callable[[Data], Any]
    observations: Sequence[tuple[str, Callable[[Data], bool]]]

    def data(self, full: bool = False) -> Data:
        """The columns, after every observation has been checked on them."""
        columns = {name: np.asarray(column) for name, column in self.compute(full).items()}
        lengths = {name: column.shape for name, column in columns.items()}
        if not columns or any(len(shape) != 1 for shape in lengths.values()) or len(set(lengths.values())) > 1:
            raise FigureError(f"{self.slug}/{self.name}: columns must be 1-d and of one length, not {lengths}")
        for sentence, predicate in self.observations:
            if not predicate(columns):
                raise FigureError(f"{self.slug}/{self.name} does not show what it should: {sentence}")
        return columns

    def show(self, root: Path | None = None) -> Picture:
        """The picture, for a notebook: the committed one if its numbers are still these, else a new one. Nothing is written.

        With ``PROOFS_CHECK_FIGURES=committed`` in the environment a committed picture is shown without a look at its numbers; the
        test suite does so in notebooks, because it checks the numbers of figures itself.
        """
        from proofs_check.reproduce import find_root

        base = (root or find_root()) / "figures" / self.slug / self.name
        png, numbers = base.with_name(base.name + ".png"), base.with_name(base.name + ".csv")
        if os.environ.get("PROOFS_CHECK_FIGURES") == "committed" and png.exists():
            return Picture(f"{self.slug}/{self.name}: {self.caption}", png.read_bytes())
        columns = self.data()
        current = png.exists() and numbers.exists() and self._same(columns, numbers)
        return Picture(f"{self.slug}/{self.name}: {self.caption}", png.read_bytes() if current else self._render(columns)[".png"])

    def reproduce(self, root: Path, full: bool = False) -> Written:
        """Compute, check, and write the files if the numbers changed or a file is missing."""
        began = time.perf_counter()
        columns = self.data(full)
        base = root / "figures" / self.slug / self.name
        paths = {suffix: base.with_name(base.name + suffix) for suffix in CAPS}
        changed = not all(path.exists() for path in paths.values()) or not self._same(columns, paths[".csv"])
        if changed:
            base.parent.mkdir(parents=True, exist_ok=True)
            contents = {".csv": _csv(columns).encode(), **self._render(columns)}
            for suffix, content in contents.items():
                if len(content) > CAPS[suffix]:
                    raise FigureError(f"{paths[suffix].name} would take {len(content)} bytes (cap {CAPS[suffix]})")
            for suffix, content in contents.items():
                temporary = paths[suffix].with_suffix(suffix + ".part")
                temporary.write_bytes(content)
                os.replace(temporary, paths[suffix])
        return Written(self.slug, self.name, self.kind, changed, time.perf_counter() - began)

    def _render(self, columns: Data) -> dict[str, bytes]:
        rendered = {}
        with mpl.rc_context(STYLE):
            canvas = self.draw(columns)
            for suffix, metadata in ((".svg", {"Date": None, "Creator": None}), (".png", {"Software": None})):
                buffer = io.BytesIO()
                canvas.savefig(buffer, format=suffix[1:], metadata=metadata)
                rendered[suffix] = buffer.getvalue()
        return rendered

    def _same(self, columns: Data, path: Path) -> bool:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        if not rows or rows[0] != list(columns):
            return False
        if self.kind == "timed":
            return True
        new = list(csv.reader(io.StringIO(_csv(columns))))
        if len(new) != len(rows):
            return False
        errors = {i: rows[0].index(f"{name}_error") for i, name in enumerate(rows[0]) if f"{name}_error" in rows[0]}
        for old_row, new_row in zip(rows[1:], new[1:], strict=True):
            for i, (old, fresh) in enumerate(zip(old_row, new_row, strict=True)):
                margin = _number(old_row[errors[i]]) if self.kind == "simulated" and i in errors else 0.0
                if self.kind == "simulated" and i in errors.values():
                    margin = 0.5 * _number(old)  # errors are estimates too
                if old != fresh and not _close(_number(old), _number(fresh), margin):
                    return False
        return True


def _csv(columns: Data) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow([f"{x:.12g}" if isinstance(x, (float, np.floating)) else str(x) for x in row])
    return out.getvalue()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _close(old: float, new: float, margin: float) -> bool:
    return abs(old - new) <= max(1e-9 * max(abs(old), abs(new)), 1e-12, margin)


def load(slugs: Iterable[str] | None = None) -> tuple[Figure, ...]:
    """The figures of every topic, or of some; :class:`FigureError` for an unknown topic."""
    topics = importlib.import_module("proofs_check.topics")
    names = sorted(module.name for module in pkgutil.iter_modules(topics.__path__))
    wanted = names if slugs is None else list(slugs)
    for slug in wanted:
        if slug not in names:
            raise FigureError(f"no topic is called {slug!r}; " + (did_you_mean(slug, names) or f"known: {', '.join(names)}"))
    found: list[Figure] = []
    for slug in wanted:
        module = f"proofs_check.topics.{slug}.figures"
        if importlib.util.find_spec(module) is not None:
            found.extend(importlib.import_module(module).FIGURES)
    return tuple(found)
