"""The command line: ``proofs-check list | verify | reproduce``."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from proofs_check.claim import Claim, ClaimError, claims
from proofs_check.verification import BUDGETS, Verification, verify

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Theorems as objects: list them, verify them, redraw their figures."
)
console = Console()
COLOURS = {"holds": "green", "refuted": "bold red", "unchecked": "red", "failed": "bold red"}


@app.command("list")
def list_claims(slugs: Annotated[list[str] | None, typer.Argument(help="Topics or claims; all by default.")] = None) -> None:
    """Every claim with its source and statement."""
    table = Table("claim", "source", "statement", "siblings")
    for claim in _chosen(slugs):
        source = f"{claim.paper}, {claim.theorem}" if claim.theorem else claim.paper
        table.add_row(claim.slug, source, claim.statement.split("\n\n")[0], str(len(claim.false_siblings)))
    console.print(table)


@app.command("verify")
def verify_command(
    slugs: Annotated[list[str] | None, typer.Argument(help="Topics or claims; all by default.")] = None,
    budget: Annotated[str, typer.Option(help=f"How hard to look: {', '.join(BUDGETS)}.")] = "quick",
    jobs: Annotated[int, typer.Option(help="Processes; results do not depend on it.", min=1)] = 1,
    seed: Annotated[int, typer.Option(help="Seed of every search.", min=0)] = 0,
) -> None:
    """Gather evidence for claims; exit with 1 if any does not hold, with a witness that can be pasted into Python."""
    if budget not in BUDGETS:
        raise typer.BadParameter(f"{budget!r} (expected {', '.join(BUDGETS)})", param_hint="--budget")
    total = len(_chosen(slugs))
    finished: list[Verification] = []
    interrupted = False
    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("verifying", total=total)

        def note(result: Verification) -> None:
            finished.append(result)
            progress.update(task, advance=1, description=f"{result.slug}: {result.verdict}")

        try:
            verify(slugs or None, budget, seed, jobs, note)
        except KeyboardInterrupt:
            interrupted = True
    console.print(verdict_table(finished))
    for result in finished:
        if not result.ok:
            console.print(f"[bold]{result.slug}[/bold] {result.verdict}: {result.summary}")
            if result.witness:
                console.print(
                    "from numpy import array\nfrom tabular import MDP\n" + result.witness,
                    markup=False,
                    highlight=False,
                    soft_wrap=True,
                )
    if interrupted:
        console.print(f"interrupted: {len(finished)} of {total} claims are finished")
        raise typer.Exit(130)
    if not all(result.ok for result in finished):
        raise typer.Exit(1)


@app.command("reproduce")
def reproduce_command(
    slugs: Annotated[list[str] | None, typer.Argument(help="Topics; all by default.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Longer sweeps where a figure has them.")] = False,
) -> None:
    """Execute the notebooks, rewrite the figures whose data changed, verify the claims."""
    from proofs_check.reproduce import ReproduceError, reproduce

    try:
        ok = reproduce(slugs, full=full, console=console)
    except ReproduceError as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(2) from None
    if not ok:
        raise typer.Exit(1)


def verdict_table(results: list[Verification]) -> Table:
    """One row per claim."""
    table = Table("claim", "verdict", "evidence", "seconds")
    for r in results:
        table.add_row(r.slug, f"[{COLOURS[r.verdict]}]{r.verdict}[/]", r.summary, f"{r.seconds:.1f}")
    return table


def _chosen(slugs: list[str] | None) -> list[Claim]:
    try:
        return claims(slugs or None)
    except ClaimError as error:
        console.print(f"[red]{error}[/red]")
        raise typer.Exit(2) from None


if __name__ == "__main__":
    app()
