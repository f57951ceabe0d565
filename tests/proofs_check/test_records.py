"""Records: a round trip, what moved, and files that are none."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from proofs_check import claims
from proofs_check.records import RecordError, Records, changes, record
from proofs_check.verification import verify_claim


@pytest.fixture(scope="module")
def result():
    return verify_claim(claims(["best_of_n.winrate_cap"])[0])


def test_round_trip(tmp_path, result):
    path = tmp_path / "new" / "results.json"
    records = Records(path)
    assert records.previous(result) is None
    assert records.strongest(result.slug) is None
    records.add(result)
    again = Records(path).previous(result)
    assert {**again, "date": ""} == {**record(result), "date": ""}
    assert Records(path).strongest(result.slug)["verdict"] == "holds"
    assert [p.name for p in path.parent.iterdir()] == ["results.json"]


def test_nothing_moved(result):
    assert changes(record(result), result) == []


def test_what_moved(result):
    moved = replace(result, verdict="refuted", decided=())
    before = {**record(result), "tightest": 0.98}
    said = changes(before, moved)
    assert said[0] == "verdict: holds became refuted"
    assert said[1] == "tightest moved from 0.98 to 1"
    other = changes({**before, "budget": "thorough"}, result)
    assert other == ["tightest moved from 0.98 to 1 (before: thorough, seed 0)"]
    fewer = {**record(result), "steps": []}
    assert changes(fewer, result) == ["symbolic steps done: 0 became 2"]


def test_the_same_budget_is_compared_first(tmp_path, result):
    records = Records(tmp_path / "results.json")
    records.add(replace(result, budget="thorough"))
    assert records.previous(result)["budget"] == "thorough"
    records.add(result)
    assert records.previous(result)["budget"] == "quick"
    assert records.strongest(result.slug)["budget"] == "thorough"
    records.add(replace(result, verdict="refuted"))
    assert records.strongest(result.slug)["verdict"] == "refuted"


def test_other_evidence_neither_replaces_a_record_nor_looks_like_a_change(tmp_path, result):
    """A quick look with one kind of evidence must not hide what a full run found, nor report its steps as lost."""
    records = Records(tmp_path / "results.json")
    records.add(result)
    part = verify_claim(claims([result.slug])[0], evidence=["sampled"])
    assert changes(records.previous(part), part) == []
    records.add(part)
    assert records.previous(result)["evidence"] == list(result.evidence)
    assert records.strongest(result.slug)["evidence"] == list(result.evidence)
    records.add(replace(part, budget="thorough"))
    assert records.strongest(result.slug)["evidence"] == list(result.evidence)


def test_records_that_another_run_has_written_meanwhile_are_kept(tmp_path, result):
    path = tmp_path / "results.json"
    here, there = Records(path), Records(path)
    here.add(result)
    there.add(replace(result, slug="other.claim"))
    assert Records(path).strongest(result.slug) is not None
    assert Records(path).strongest("other.claim") is not None


def test_small_moves_are_told_apart(result):
    before = {**record(result), "tightest": 0.99999989}
    (said,) = changes(before, replace(result, decided=(replace(result.decided[0], tightness=0.99999991),)))
    assert said == "tightest moved from 0.99999989 to 0.99999991"


@pytest.mark.parametrize("where", ["/proc/results.json", "file/results.json"])
def test_places_that_cannot_be_written_are_named(tmp_path, monkeypatch, where, result):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    for action in (lambda r: r.check_writable(), lambda r: r.add(result)):
        with pytest.raises(RecordError, match=r"cannot be written to .*results\.json"):
            action(Records(Path(where)))


DAMAGED = '{"format": 1, "claims": {"mdp.contraction": %s}}'


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", "not json", '{"format": 99, "claims": {}}', "\xff", '{"format": 1, "claims": []}']
    + [DAMAGED % part for part in ("5", '{"quick, seed 0": null}', '{"quick, seed 0": {"verdict": "holds"}}')],
)
def test_foreign_files_are_left_alone(tmp_path, content):
    path = tmp_path / "results.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(RecordError, match=r"results\.json"):
        Records(path)
    assert path.read_bytes() == content.encode("latin-1")


def test_an_interrupted_write_loses_nothing(tmp_path, result, monkeypatch):
    path = tmp_path / "results.json"
    records = Records(path)
    records.add(result)
    before = path.read_bytes()

    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(json, "dump", interrupted)
    with pytest.raises(KeyboardInterrupt):
        records.add(replace(result, verdict="failed"))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["results.json"]


def test_files_are_strict_json(tmp_path, result):
    records = Records(tmp_path / "results.json")
    records.add(result)
    json.loads((tmp_path / "results.json").read_text(), parse_constant=lambda name: pytest.fail(name))
