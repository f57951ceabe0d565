"""Records: a round trip, what moved, and files that are none."""

import json
from dataclasses import replace

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


@pytest.mark.parametrize("content", ["", "[]", "{}", "not json", '{"format": 99, "claims": {}}', "\xff"])
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
