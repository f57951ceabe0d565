"""The command line: exit codes, witnesses, suggestions."""

from hypothesis import strategies as st
from typer.testing import CliRunner

import proofs_check.claim as module
import proofs_check.cli as cli
from proofs_check import claims
from proofs_check.claim import claim

runner = CliRunner()


def test_list():
    result = runner.invoke(cli.app, ["list", "mdp"])
    assert result.exit_code == 0
    assert "mdp.contraction" in result.output


def test_verify_holds():
    result = runner.invoke(cli.app, ["verify", "mdp.contraction"])
    assert result.exit_code == 0
    assert "holds" in result.output


def test_unknown_slug_and_budget():
    result = runner.invoke(cli.app, ["verify", "mdq"])
    assert result.exit_code == 2
    assert "did you mean 'mdp'" in result.output
    assert runner.invoke(cli.app, ["verify", "--budget", "huge"]).exit_code == 2


def test_refuted_claim_fails_with_a_witness(monkeypatch):
    claims()
    monkeypatch.setattr(module, "_REGISTRY", {})

    def false(x):
        """x is at most one"""
        return x, 1.0

    claim("test.false", "<=", paper="nobody", instances=st.builds(dict, x=st.floats(0, 3)), allowance=lambda x: 0.0)(false)
    result = runner.invoke(cli.app, ["verify", "test.false"])
    assert result.exit_code == 1
    assert "x = " in result.output


def test_ctrl_c_keeps_what_is_finished(monkeypatch):
    original = cli.verify

    def interrupted(slugs, budget, seed, jobs, note):
        original(["mdp.contraction"], budget, seed, jobs, note)
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "verify", interrupted)
    result = runner.invoke(cli.app, ["verify", "mdp"])
    assert result.exit_code == 130
    assert "mdp.contraction" in result.output
    assert "interrupted: 1 of" in result.output


def test_reproduce_outside_a_checkout(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = runner.invoke(cli.app, ["reproduce"])
    assert result.exit_code == 2
    assert "clone the repository" in result.output.replace("\n", " ")
