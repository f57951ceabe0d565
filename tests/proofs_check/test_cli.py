"""The command line: exit codes, witnesses, records, suggestions."""

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
    path.write_text(path.read_text().replace('"tightest": 0.98', '"tightest": 0.18'))
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


def test_an_unreachable_cluster(run, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("proofs_check.workers.PATIENCE", 1)
    result = run("verify", "best_of_n.kl_cap", "--cluster", "tcp://127.0.0.1:1")
    assert result.exit_code == 2
    assert "no dask cluster" in words(result)


def test_a_refuted_claim_fails_with_a_witness_that_can_be_pasted(run, plant):
    plant(lambda x: (x, 0 * x + 1), lambda x: (x, 0 * x), arithmetics=("float", "exact"))
    result = run("verify", "test.planted")
    assert result.exit_code == 1
    code = result.output[result.output.index("from fractions") : result.output.index("records:")]
    printed = []
    exec(code, {"print": printed.append})
    ((left, right),) = printed
    assert left > right


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
