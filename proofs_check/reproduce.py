"""One command for everything: notebooks executed, figures rewritten, claims verified, one table at the end."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from proofs_check.figures import Figure, FigureError, load
from proofs_check.lookup import claims
from proofs_check.notebooks import NotebookError, execute
from proofs_check.verification import Verification, verify

__all__ = ["ReproduceError", "find_root", "reproduce"]


class ReproduceError(RuntimeError):
    """There is nothing here to reproduce, or nothing by that name."""


def find_root(start: Path | None = None) -> Path:
    """The checkout that contains ``start`` (the current directory by default)."""
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        project = folder / "pyproject.toml"
        if (
            project.exists()
            and tomllib.loads(project.read_text(encoding="utf-8")).get("project", {}).get("name") == "tabular-theory"
        ):
            return folder
    raise ReproduceError(f"{here} is not inside a checkout of tabular-theory; clone the repository and run this there")


def notebooks(root: Path) -> dict[str, Path]:
    """Notebook of each topic: ``00_tour.ipynb`` belongs to ``tour``, the others carry their topic's name."""
    return {path.stem.lstrip("0123456789_"): path for path in sorted((root / "notebooks").glob("*.ipynb"))}


def reproduce(
    slugs: Iterable[str] | None = None,
    full: bool = False,
    console: Console | None = None,
    root: Path | None = None,
    jobs: int = 1,
) -> bool:
    """Run everything (or some topics), print a table, and say whether all of it worked.

    Raises
    ------
    ReproduceError
        Outside a checkout, or if a topic is unknown.
    """
    console = console or Console()
    root = root or find_root()
    wanted = None if not slugs else list(slugs)
    books = notebooks(root)
    try:
        figures = load() if wanted is None else load([slug for slug in wanted if slug not in books or _is_topic(slug)])
    except FigureError as error:
        raise ReproduceError(str(error)) from None
    chosen_books = {slug: path for slug, path in books.items() if wanted is None or slug in wanted}
    statements = [c.slug for c in claims() if wanted is None or c.slug.split(".")[0] in wanted]
    rows: list[tuple[str, str, str, float, bool]] = []
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("starting", total=len(chosen_books) + len(figures) + len(statements))

        def attempt(name: str, kind: str, action: Callable[[], str]) -> None:
            progress.update(task, description=f"{kind} {name}")
            began = time.perf_counter()
            try:
                outcome, ok = action(), True
            except (NotebookError, FigureError) as error:
                outcome, ok = str(error), False
            rows.append((name, kind, outcome, time.perf_counter() - began, ok))
            progress.advance(task)

        for slug, path in chosen_books.items():

            def run(path: Path = path, slug: str = slug) -> str:
                cell = lambda i, n: progress.update(task, description=f"notebook {slug}: cell {i} of {n}")  # noqa: E731
                return "rewritten" if execute(path, on_cell=cell) else "unchanged"

            attempt(slug, "notebook", run)
        for figure in figures:

            def redraw(figure: Figure = figure) -> str:
                return "rewritten" if figure.reproduce(root, full).changed else "unchanged"

            attempt(f"{figure.slug}/{figure.name}", f"figure, {figure.kind}", redraw)
        if statements:
            progress.update(task, description=f"{len(statements)} claims")
            done = 0

            def note(result: Verification) -> None:
                nonlocal done
                done += 1
                rows.append((result.slug, "claim", f"{result.verdict} ({result.summary})", result.seconds, result.ok))
                progress.update(task, advance=1, description=f"claims: {result.slug} {result.verdict}")

            verify(statements, jobs=jobs, on_result=note)
            rows[-done:] = sorted(rows[-done:])
    table = Table("what", "kind", "result", "seconds")
    for name, kind, outcome, seconds, ok in rows:
        table.add_row(name, kind, escape(outcome) if ok else f"[bold red]{escape(outcome)}[/]", f"{seconds:.1f}")
    console.print(table)
    failures = sum(not row[-1] for row in rows)
    console.print(f"{len(rows) - failures} of {len(rows)} reproduced" + (f", [bold red]{failures} failed[/]" if failures else ""))
    return failures == 0


def _is_topic(slug: str) -> bool:
    try:
        load([slug])
    except FigureError:
        return False
    return True
