"""The command line: ``proofs-check list | verify | reproduce | report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from proofs_check.claim import Claim, ClaimError
from proofs_check.display import claim_table, explain, pasted, report_table, show_record, verdict_table
from proofs_check.evidence import KINDS
from proofs_check.lookup import claims
from proofs_check.records import RecordError, Records, changes
from proofs_check.verification import BUDGETS, Verification, verify

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Theorems as objects: list them, verify them, redraw their figures."
)
console = Console()
errors = Console(stderr=True)

Slugs = Annotated[list[str] | None, typer.Argument(help="Topics, claims or Python files with claims; all topics by default.")]
Results = Annotated[Path | None, typer.Option(help="File of records; .proofs-check/results.json of the checkout by default.")]


@app.command("list")
def list_claims(slugs: Slugs = None) -> None:
    """Every claim with its statement, its source and what evidence can be gathered for it."""
    console.print(claim_table(_chosen(slugs)))


@app.command("verify")
def verify_command(
    slugs: Slugs = None,
    evidence: Annotated[str, typer.Option(help="Kinds of evidence, separated by commas.")] = ",".join(KINDS),
    budget: Annotated[str, typer.Option(help=f"How hard to look: {', '.join(BUDGETS)}.")] = "quick",
    jobs: Annotated[int, typer.Option(help="Processes; results do not depend on it.", min=1)] = 1,
    seed: Annotated[int, typer.Option(help="Seed of every search.", min=0)] = 0,
    cluster: Annotated[str | None, typer.Option(help="Address of a dask scheduler to work on, such as tcp://host:8786.")] = None,
    results: Results = None,
) -> None:
    """Gather evidence for claims, store it, and say what moved; exit with 1, and a witness, if a claim does not hold."""
    if budget not in BUDGETS:
        raise typer.BadParameter(f"{budget!r} (expected {', '.join(BUDGETS)})", param_hint="--budget")
    kinds = [kind.strip() for kind in evidence.split(",") if kind.strip()]
    if not kinds or set(kinds) - set(KINDS):
        raise typer.BadParameter(f"{evidence!r} (expected some of {', '.join(KINDS)})", param_hint="--evidence")
    chosen = {c.slug: c for c in _chosen(slugs)}
    records = _records(results)
    finished: list[Verification] = []
    moved: dict[str, list[str]] = {}
    interrupted = False
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        records.check_writable()
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("starting", total=None)

            def note(result: Verification) -> None:
                previous = records.previous(result)
                moved[result.slug] = [] if previous is None else changes(previous, result)
                records.add(result)
                finished.append(result)

            def advance(done: int, count: int, what: str) -> None:
                progress.update(task, completed=done, total=count, description=what)

            verify(slugs or None, budget, seed, jobs, note, evidence=kinds, cluster=cluster, on_progress=advance)
    except KeyboardInterrupt:
        interrupted = True
    except (ClaimError, RecordError) as error:
        _refuse(error)
    finished.sort(key=lambda result: result.slug)
    console.print(verdict_table(finished))
    for result in finished:
        for change in moved[result.slug]:
            console.print(f"{result.slug}: {change}", highlight=False)
        explain(console, result)
        if not result.ok and (code := pasted(chosen[result.slug], result)):
            console.print(code, markup=False, highlight=False, soft_wrap=True)
    console.print(f"records: {records.path}", highlight=False, soft_wrap=True)
    if interrupted:
        console.print(f"interrupted: {len(finished)} of {len(chosen)} claims are finished, and recorded")
        raise typer.Exit(130)
    if not all(result.ok for result in finished):
        raise typer.Exit(1)


@app.command("reproduce")
def reproduce_command(
    slugs: Annotated[list[str] | None, typer.Argument(help="Topics; all by default.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Longer sweeps where a figure has them.")] = False,
    jobs: Annotated[int, typer.Option(help="Processes for the claims.", min=1)] = 1,
) -> None:
    """Execute the notebooks, rewrite the figures whose data changed, verify the claims."""
    from proofs_check.reproduce import ReproduceError, reproduce

    try:
        ok = reproduce(slugs, full=full, console=console, jobs=jobs)
    except ReproduceError as error:
        _refuse(error)
    except KeyboardInterrupt:
        errors.print("interrupted: what was rewritten stays; run it again for the rest")
        raise typer.Exit(130) from None
    if not ok:
        raise typer.Exit(1)


@app.command("report")
def report_command(slugs: Slugs = None, results: Results = None) -> None:
    """The strongest recorded evidence for every claim; for claims that are named in full, with instances and witnesses."""
    records = _records(results)
    found = [(claim, records.strongest(claim.slug)) for claim in _chosen(slugs)]
    console.print(report_table(found))
    for claim, record in found:
        if record is not None and claim.slug in (slugs or ()):
            show_record(console, claim, record)
    missing = sum(record is None for _, record in found)
    if missing:
        console.print(f"{missing} without a record; run: proofs-check verify")


def _records(path: Path | None) -> Records:
    from proofs_check.reproduce import ReproduceError, find_root

    if path is None:
        try:
            root = find_root()
        except ReproduceError:
            root = Path.cwd()
        path = root / ".proofs-check" / "results.json"
    try:
        return Records(path)
    except RecordError as error:
        _refuse(error)


def _chosen(slugs: list[str] | None) -> list[Claim]:
    try:
        return claims(slugs or None)
    except ClaimError as error:
        _refuse(error)


def _refuse(error: Exception) -> NoReturn:
    errors.print(f"[red]{escape(str(error))}[/red]", highlight=False, soft_wrap=True)
    raise typer.Exit(2) from None


if __name__ == "__main__":
    app()
