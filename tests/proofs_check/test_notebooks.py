"""Notebooks run in place, change only if their outputs do, and fail by name."""

import base64
from pathlib import Path

import nbformat
import pytest
from rich.console import Console

from proofs_check.notebooks import VOLATILE, NotebookError, execute
from proofs_check.reproduce import ReproduceError, find_root, reproduce

ROOT = Path(__file__).parents[2]


def write(path, *cells, volatile=()):
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_code_cell(source) for source in cells]
    for i in volatile:
        book.cells[i].metadata["tags"] = [VOLATILE]
    nbformat.write(book, path)
    return path


def test_second_run_changes_nothing(tmp_path):
    path = write(tmp_path / "a.ipynb", "print(1 + 1)", "import time; print(time.time_ns())", volatile=[1])
    assert execute(path)
    once = path.read_bytes()
    assert not execute(path)
    assert path.read_bytes() == once
    assert '"2\\n"' in path.read_text()


def test_errors_name_notebook_and_cell(tmp_path):
    path = write(tmp_path / "broken.ipynb", "x = 1", "x / 0")
    before = path.read_bytes()
    with pytest.raises(NotebookError, match=r"broken\.ipynb, code cell 2 of 2: ZeroDivisionError"):
        execute(path)
    assert path.read_bytes() == before


def test_a_cell_that_takes_too_long_is_an_error(tmp_path):
    path = write(tmp_path / "slow.ipynb", "import time; time.sleep(60)")
    with pytest.raises(NotebookError, match=r"slow\.ipynb"):
        execute(path, timeout=1)


def test_reproduce_goes_on_after_a_failure_and_says_so(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    write(tmp_path / "notebooks" / "00_tour.ipynb", "1 / 0")
    console = Console(record=True, width=200)
    assert not reproduce(["tour"], console=console, root=tmp_path)
    text = console.export_text()
    assert "ZeroDivisionError" in text
    assert "tour/frozen_lake" in text
    assert "1 failed" in text


def test_unknown_topic_is_named(tmp_path):
    with pytest.raises(ReproduceError, match="did you mean 'tour'"):
        reproduce(["toor"], console=Console(record=True), root=tmp_path)


def test_root(tmp_path, request):
    assert find_root(request.config.rootpath / "tabular") == request.config.rootpath
    with pytest.raises(ReproduceError, match="clone the repository"):
        find_root(tmp_path)


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_pictures_are_those_of_the_figures_folder(path):
    drawn = {p.read_bytes() for p in (ROOT / "figures").glob("*/*.png")}
    for cell in nbformat.read(path, 4).cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                assert base64.b64decode(output["data"]["image/png"]) in drawn, cell.source
