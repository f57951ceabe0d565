"""The README is true: its example prints what it says, its map and its commands exist."""

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_example_prints_its_output():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.S)
    (expected,) = re.findall(r"```text\n(.*?)```", README, re.S)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {})
    assert out.getvalue() == expected


def test_map_names_what_exists():
    paths = re.findall(r"^\| `([^`]+)` \|", README.split("## Map")[1], re.M)
    assert len(paths) > 10
    for path in paths:
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("package", ["tabular", "proofs_check"])
def test_every_room_is_on_the_map(package):
    rooms = [p for p in (ROOT / package).iterdir() if p.is_dir() and (p / "__init__.py").exists()]
    for room in rooms:
        assert f"`{package}/{room.name}/`" in README, room


def test_commands_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`?make ([a-z-]+)", README)):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_image_exists():
    for path in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README):
        assert (ROOT / path).exists()
