"""The command line: ``proofs-check list | verify | reproduce | report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from proofs_check.claim import Claim, ClaimError, claims
from proofs_check.evidence import KINDS
from proofs_check.evidence.witness import PRELUDE
from proofs_check.records import RecordError, Records, changes
from proofs_check.verification import BUDGETS, Verification, verify

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Theorems as objects: list them, verify them, redraw their figures."
)
console = Console()
COLOURS = {
    "holds": "green",
    "holds as corrected": "green",
    "open": "yellow",
    "refuted": "bold red",
    "unchecked": "red",
    "failed": "bold red",
}

Slugs = Annotated[list[str] | None, typer.Argument(help="Topics or claims; all by default.")]
Results = Annotated[Path | None, typer.Option(help="File of records; .proofs-check/results.json of the checkout by default.")]


@app.command("list")
def list_claims(slugs: Slugs = None) -> None:
    """Every claim with its source, its statement and what evidence can be gathered for it."""
    table = _table("claim", "source", "statement", "evidence")
    for claim in _chosen(slugs):
        table.add_row(claim.slug, escape(claim.source), escape(claim.statement.split("\n\n")[0]), _attachments(claim))
    console.print(table)


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
    total = len(_chosen(slugs))
    records = _records(results)
    finished: list[Verification] = []
    moved: dict[str, list[str]] = {}
    interrupted = False
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("starting", total=None)

        def note(result: Verification) -> None:
            previous = records.previous(result)
            moved[result.slug] = [] if previous is None else changes(previous, result)
            records.add(result)
            finished.append(result)

        def advance(done: int, count: int, what: str) -> None:
            progress.update(task, completed=done, total=count, description=what)

        try:
            verify(slugs or None, budget, seed, jobs, note, evidence=kinds, cluster=cluster, on_progress=advance)
        except KeyboardInterrupt:
            interrupted = True
        except ClaimError as error:
            progress.stop()
            console.print(f"[red]{escape(str(error))}[/red]")
            raise typer.Exit(2) from None
    finished.sort(key=lambda result: result.slug)
    console.print(verdict_table(finished))
    for result in finished:
        for change in moved[result.slug]:
            console.print(f"{result.slug}: {change}", highlight=False)
        _explain(result)
    console.print(f"records: {records.path}", highlight=False, soft_wrap=True)
    if interrupted:
        console.print(f"interrupted: {len(finished)} of {total} claims are finished, and recorded")
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
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(2) from None
    if not ok:
        raise typer.Exit(1)


@app.command("report")
def report_command(slugs: Slugs = None, results: Results = None) -> None:
    """The strongest recorded evidence for every claim."""
    records = _records(results)
    table = _table("claim", "evidence")
    missing = 0
    for claim in _chosen(slugs):
        found = records.strongest(claim.slug)
        if found is None:
            missing += 1
            table.add_row(f"{claim.slug}\n[red]not verified[/]", escape(claim.source))
            continue
        refuted = sum(s["refuted_by"] is not None for s in found["siblings"])
        tightest = found["tightest"]
        details = [
            found["strength"],
            f"tightest {tightest:.6g}" if isinstance(tightest, float) else "",
            f"{refuted} of {len(found['siblings'])} false siblings refuted",
            f"{found['budget']}, seed {found['seed']}, {found['date'][:10]}",
        ]
        verdict = f"[{COLOURS[found['verdict']]}]{found['verdict']}[/]"
        table.add_row(f"{claim.slug}\n{verdict}", escape(claim.source + "\n" + "; ".join(d for d in details if d)))
    console.print(table)
    if missing:
        console.print(f"{missing} without a record; run: proofs-check verify")


def verdict_table(results: list[Verification]) -> Table:
    """One row per claim."""
    table = _table("claim", "evidence")
    for r in results:
        verdict = f"[{COLOURS[r.verdict]}]{r.verdict}[/] [dim]{r.seconds:.1f} s[/]"
        table.add_row(f"{r.slug}\n{verdict}", escape(r.summary.partition("\n")[0]))
    return table


def _table(*columns: str) -> Table:
    """A table whose slugs stay whole in narrow terminals."""
    table = Table()
    for column in columns:
        table.add_column(column, no_wrap=column == "claim", overflow="fold")
    return table


def _explain(result: Verification) -> None:
    """What a reader needs to follow up a problem, and mirages, which are no problem but should be seen."""
    for value, true in result.searched.mirage_examples if result.searched is not None else ():
        console.print(f"{result.slug}: a mirage: {value:.6g} in doubles, {true if true is None else format(true, '.6g')} exactly")
    if result.ok:
        return
    console.print(f"[bold]{result.slug}[/bold] {result.verdict}: {escape(result.summary)}")
    if result.witness:
        check = f"from proofs_check import claims\nclaim = claims(['{result.slug}'])[0]"
        names = ", ".join(f"{line.partition(' = ')[0]}={line.partition(' = ')[0]}" for line in result.witness.splitlines())
        text = f"{PRELUDE}\n{check}\n{result.witness}\nprint({'claim.exactly' if _is_exact(result) else 'claim.sides'}({names}))"
        console.print(text, markup=False, highlight=False, soft_wrap=True)


def _is_exact(result: Verification) -> bool:
    return "exact" in claims([result.slug])[0].arithmetics


def _attachments(claim: Claim) -> str:
    parts = [f"{len(claim.false_siblings)} siblings", " and ".join(claim.arithmetics)]
    parts += ["searched"] if claim.search is not None else []
    parts += [f"{len(claim.known_instances)} known"] if claim.known_instances else []
    parts += [f"{len(claim.steps)} steps"] if claim.steps else []
    return ", ".join(parts)


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
    except (RecordError, OSError) as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        raise typer.Exit(2) from None


def _chosen(slugs: list[str] | None) -> list[Claim]:
    try:
        return claims(slugs or None)
    except ClaimError as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(2) from None


if __name__ == "__main__":
    app()
