"""The command line: exit codes, witnesses, records, suggestions."""

import subprocess
import sys
from fractions import Fraction

import pytest
from typer.testing import CliRunner

import proofs_check.cli as cli

runner = CliRunner()


@pytest.fixture
def run(tmp_path):
    """Run a command with records in a folder of its own."""

    def invoke(*arguments):
        options = ["--results", str(tmp_path / "results.json")] if arguments[0] in ("verify", "report") else []
        return runner.invoke(cli.app, [*arguments, *options])

    return invoke


def words(result):
    """The output without its line breaks and table borders."""
    return " ".join(result.output.replace("│", " ").split())


def test_list(run):
    result = run("list", "mdp")
    assert result.exit_code == 0
    assert "mdp.contraction" in result.output


def test_verify_holds_and_is_reported(run):
    result = run("verify", "best_of_n.kl_cap")
    assert result.exit_code == 0
    assert "holds" in result.output
    report = run("report", "best_of_n")
    assert report.exit_code == 0
    assert "3 of 3 false siblings refuted" in words(report)
    assert "not verified" in report.output  # the others


def test_a_second_run_says_what_moved(run, tmp_path):
    path = tmp_path / "results.json"
    assert "moved" not in run("verify", "best_of_n.kl_cap", "--evidence", "sampled").output
    assert "moved" not in run("verify", "best_of_n.kl_cap", "--evidence", "sampled").output
    path.write_text(path.read_text().replace('"tightest": 0.99', '"tightest": 0.18'))
    assert "best_of_n.kl_cap: tightest moved from 0.18" in words(run("verify", "best_of_n.kl_cap", "--evidence", "sampled"))


def test_kinds_of_evidence(run):
    result = run("verify", "best_of_n.kl_cap", "--evidence", "symbolic,exact")
    assert result.exit_code == 0
    assert "samples" not in result.output
    assert run("verify", "--evidence", "sampled,guessed").exit_code == 2
    assert run("verify", "--evidence", ",").exit_code == 2


def test_unknown_slug_and_budget(run):
    result = run("verify", "mdq")
    assert result.exit_code == 2
    assert "did you mean 'mdp'" in result.output
    assert run("verify", "--budget", "huge").exit_code == 2


def test_foreign_records_stop_before_the_work(run, tmp_path):
    (tmp_path / "results.json").write_text("a letter")
    result = run("verify", "best_of_n.kl_cap")
    assert result.exit_code == 2
    assert "no file of records" in words(result)
    assert (tmp_path / "results.json").read_text() == "a letter"


def test_a_place_that_cannot_be_written_stops_before_the_work(monkeypatch):
    monkeypatch.setattr(cli, "verify", None)
    result = runner.invoke(cli.app, ["verify", "best_of_n.kl_cap", "--results", "/proc/results.json"])
    assert result.exit_code == 2
    assert "records cannot be written to /proc/results.json" in words(result)


def test_damaged_records_are_named(run, tmp_path):
    (tmp_path / "results.json").write_text('{"format": 1, "claims": {"best_of_n.kl_cap": {"quick, seed 0": {}}}}')
    for command in ("report", "verify"):
        result = run(command, "best_of_n.kl_cap")
        assert result.exit_code == 2
        assert "the record 'quick, seed 0' of best_of_n.kl_cap is damaged" in words(result)


def test_errors_go_to_the_error_stream_and_pipes_get_plain_text(tmp_path):
    command = [sys.executable, "-m", "proofs_check.cli", "verify", "--results", str(tmp_path / "r.json"), "--evidence", "exact"]
    done = subprocess.run([*command, "best_of_n.kl_cap"], capture_output=True, check=True)
    text = done.stdout.decode()
    assert text.lstrip()[0] == "┏"  # no progress bar
    assert all(c == "\n" or c.isprintable() for c in text)
    assert done.stderr == b""
    refused = subprocess.run([*command, "mdq"], capture_output=True, text=True)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "did you mean 'mdp'" in refused.stderr


def test_a_claim_named_in_full_is_reported_with_its_evidence(run):
    run("verify", "best_of_n.kl_cap", "best_of_n.gap_identity")
    text = words(run("report", "best_of_n.kl_cap"))
    for part in (
        "argument: The gap is",
        "uses: best_of_n.gap_identity",
        "smallest relative slack",
        "p = array([Fraction(",
        "exact: holds, with equality on: one draw",
        "step done (limit)",
        "false sibling refuted (sampled)",
    ):
        assert part in text


def test_an_unreachable_cluster(run, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("proofs_check.workers.PATIENCE", 1)
    result = run("verify", "best_of_n.kl_cap", "--cluster", "tcp://127.0.0.1:1")
    assert result.exit_code == 2
    assert "no dask cluster" in words(result)


WRONG = """
from proofs_check.claim import claim
from proofs_check.topics.mdp.instances import rounding, with_vectors
from proofs_check.topics.mdp.formulas import backup, norm

for name, kinds in (("both", ("float", "exact")), ("doubles", ("float",))):
    @claim(f"mine.{name}", "<=", paper="me", instances=with_vectors("v", "w"), allowance=rounding, arithmetics=kinds)
    def wrong(mdp, v, w):
        "The discount is squared."
        return norm(backup(mdp, v) - backup(mdp, w)), mdp.gamma**2 * norm(v - w)

    @wrong.false_sibling("no discount at all")
    def _(mdp, v, w):
        return norm(backup(mdp, v) - backup(mdp, w)), 0 * norm(v - w)
"""


def test_a_refuted_claim_fails_with_a_witness_that_runs_when_pasted(run, tmp_path, registry):
    """In a fresh interpreter, for a witness in fractions and one in doubles."""
    (tmp_path / "mine.py").write_text(WRONG)
    result = run("verify", str(tmp_path / "mine.py"))
    assert result.exit_code == 1
    _, first, second = result.output[: result.output.index("records:")].split("from fractions")
    for text in (first, second):
        code = "from fractions" + text.partition("\nmine.")[0]
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        left, right = done.stdout.split("   <= fails for   ")
        assert Fraction(left) > Fraction(right)


def test_files_of_claims_are_listed_and_reported(run, tmp_path, registry):
    path = tmp_path / "mine.py"
    path.write_text(WRONG)
    assert "The discount is squared" in words(run("list", str(path)))
    run("verify", str(path), "--evidence", "sampled")
    assert "a counterexample was found" in words(run("report", str(path)))


def test_ctrl_c_keeps_what_is_finished(run, monkeypatch):
    original = cli.verify

    def interrupted(slugs, budget, seed, jobs, note, **options):
        original(["mdp.contraction"], budget, seed, jobs, note, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "verify", interrupted)
    result = run("verify", "mdp")
    assert result.exit_code == 130
    assert "mdp.contraction" in result.output
    assert "interrupted: 1 of" in result.output
    assert "holds" in run("report", "mdp.contraction").output


def test_reproduce_outside_a_checkout(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = runner.invoke(cli.app, ["reproduce"])
    assert result.exit_code == 2
    assert "clone the repository" in words(result)
