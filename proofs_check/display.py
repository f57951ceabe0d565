"""What the command line prints: claims, verdicts, records and what is needed to follow up a problem."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from proofs_check.claim import Claim, ClaimError
from proofs_check.evidence.witness import PRELUDE
from proofs_check.lookup import home
from proofs_check.records import Record
from proofs_check.verification import Verification

__all__ = ["claim_table", "explain", "pasted", "report_table", "show_record", "verdict_table"]

COLOURS = {
    "holds": "green",
    "holds as corrected": "green",
    "open": "yellow",
    "refuted": "bold red",
    "unchecked": "red",
    "failed": "bold red",
}


def claim_table(claims: list[Claim]) -> Table:
    """Every claim with its source, its statement and what is attached to it."""
    table = _table("claim", "statement and source")
    for claim in claims:
        statement = " ".join(claim.statement.split("\n\n")[0].split())
        table.add_row(claim.slug, f"{escape(statement)}\n[dim]{escape(claim.source)}; {_attachments(claim)}[/]")
    return table


def verdict_table(results: list[Verification]) -> Table:
    """One row per claim that was verified."""
    table = _table("claim", "evidence")
    for r in results:
        verdict = f"[{COLOURS[r.verdict]}]{r.verdict}[/] [dim]{r.seconds:.1f} s[/]"
        table.add_row(f"{r.slug}\n{verdict}", escape(r.summary.partition("\n")[0]))
    return table


def report_table(found: list[tuple[Claim, Record | None]]) -> Table:
    """One row per claim, from records."""
    table = _table("claim", "evidence")
    for claim, record in found:
        if record is None:
            table.add_row(f"{claim.slug}\n[red]not verified[/]", escape(claim.source))
            continue
        refuted = sum(s["refuted_by"] is not None for s in record["siblings"])
        tightest = record["tightest"]
        good = record["verdict"] in ("holds", "holds as corrected", "open")
        details = [
            record["strength"] if good else record["summary"].partition("\n")[0],
            f"tightest {tightest:.6g}" if isinstance(tightest, float) else "",
            f"{refuted} of {len(record['siblings'])} false siblings refuted",
            f"{record['budget']}, seed {record['seed']}, {record['date'][:10]}",
        ]
        verdict = f"[{COLOURS[record['verdict']]}]{record['verdict']}[/]"
        table.add_row(f"{claim.slug}\n{verdict}", escape(claim.source + "\n" + "; ".join(d for d in details if d)))
    return table


def show_record(console: Console, claim: Claim, record: Record) -> None:
    """Everything that is known about one claim: what it says, and each piece of evidence with its instance."""
    for line in _claim_lines(claim):
        console.print(line, markup=False, highlight=False)
    for line in _record_lines(record):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _claim_lines(claim: Claim) -> Iterator[str]:
    yield f"\n{claim.slug} ({claim.source})"
    yield f"  {' '.join(claim.statement.split())}"
    for name, text in (("assumes", claim.assumptions), ("argument", claim.argument), ("correction", claim.correction)):
        if text:
            yield f"  {name}: {text}"
    if claim.uses:
        yield f"  uses: {', '.join(claim.uses)}"
    if allowance := inspect.getdoc(claim.allowance):
        yield f"  rounding: {' '.join(allowance.split())}"


def _record_lines(record: Record) -> Iterator[str]:
    sampled, searched = record.get("sampled"), record.get("searched")
    if sampled:
        slack = _short(sampled["slack"])
        yield f"  sampled: {sampled['instances']} instances; smallest relative slack, rounding allowed for, {slack}, on"
        yield from _indented(sampled["tightest"])
    if searched:
        yield f"  searched: {searched['evaluations']} evaluations reached {_short(searched['tightness'])}, on"
        yield from _indented(searched["tightest"])
        if searched["mirages"]:
            examples = ", ".join(f"{_short(value)} for {_short(true)}" for value, true in searched["mirage_examples"])
            yield f"  mirages in doubles, which do not count: {searched['mirages']}, such as {examples}"
    for d in record.get("decided", ()):
        agree = f", the sides agree to {d['digits']} digits" if d["digits"] is not None else ""
        yield f"  exact: {d['outcome']}{', with equality' if d['equal'] else ''}{agree} on: {d['name']}"
    for step in record["steps"]:
        where = f" where {step['where']}" if step.get("where") else ""
        yield f"  step {step['outcome']} ({step['method']}): {step['name']}{where}" + (
            f": {step['rest']}" if step["rest"] else ""
        )
    for sibling in record["siblings"]:
        fate = f"refuted ({sibling['refuted_by']})" if sibling["refuted_by"] else "NOT refuted"
        yield f"  false sibling {fate}: {sibling['why']}" + (", on" if sibling["witness"] else "")
        yield from _indented(sibling["witness"] or "")


def _indented(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield f"      {line}"


def _short(x: object) -> str:
    return f"{x:.6g}" if isinstance(x, float) else "undecided" if x is None else str(x)


def explain(console: Console, result: Verification) -> None:
    """What a reader needs to follow up a problem; also what is no problem but should be seen: mirages, and steps not done."""
    for value, true in result.searched.mirage_examples if result.searched is not None else ():
        console.print(f"{result.slug}: a mirage: {value:.6g} in doubles, {true if true is None else format(true, '.6g')} exactly")
    for step in result.steps:
        if step.outcome == "not done":
            console.print(f"{result.slug}: step not done: {step.name}: {step.rest}", markup=False, highlight=False)
    if result.ok:
        return
    console.print(f"[bold]{result.slug}[/bold] {result.verdict}: {escape(result.summary)}", highlight=False)


def pasted(claim: Claim, result: Verification) -> str | None:
    """Python that evaluates both sides on the witness of a result, if there is one."""
    if result.witness is None:
        return None
    try:
        where = home(claim)
    except ClaimError:  # defined in an interactive session, where the claim is at hand
        where = None
    load = f"claims([{claim.slug!r}])[0]" if where is None else f"{{c.slug: c for c in claims([{where!r}])}}[{claim.slug!r}]"
    lines = [PRELUDE, "from proofs_check import claims", f"claim = {load}", result.witness]
    names = ", ".join(f"{line.partition(' = ')[0]}={line.partition(' = ')[0]}" for line in result.witness.splitlines())
    evaluate = "claim.exactly" if "exact" in claim.arithmetics else "claim.sides"
    return "\n".join([*lines, f'print(*{evaluate}({names}), sep="   {claim.relation} fails for   ")'])


def _attachments(claim: Claim) -> str:
    count = len(claim.false_siblings)
    parts = [f"{count} false sibling{'s' if count != 1 else ''}", " and ".join(claim.arithmetics)]
    parts += ["searched"] if claim.search is not None else []
    parts += [f"{len(claim.known_instances)} known"] if claim.known_instances else []
    parts += [f"{len(claim.covers)} cover{'s' if len(claim.covers) != 1 else ''}"] if claim.covers else []
    parts += [f"{len(claim.steps)} step{'s' if len(claim.steps) != 1 else ''}"] if claim.steps else []
    return ", ".join(parts)


def _table(*columns: str) -> Table:
    """A table whose slugs stay whole in narrow terminals."""
    table = Table()
    for column in columns:
        table.add_column(column, no_wrap=column == "claim", overflow="fold")
    return table
