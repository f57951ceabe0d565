"""Figures keep their files true: observations, unchanged data, caps, reproducible bytes."""

import dataclasses

import numpy as np
import pytest

from proofs_check.figures import Figure, FigureError, load, new_figure


def draw(data):
    canvas, axes = new_figure()
    axes.plot(data["x"], data["y"])
    return canvas


def make(scale=1.0, kind="exact", observations=(), compute=None, **columns):
    def default(full):
        x = np.linspace(0, 1, 11)
        return {"x": x, "y": scale * x, **columns}

    return Figure("planted", "line", "a line", kind, compute or default, draw, observations)


def stamps(root):
    return {path.name: path.stat().st_mtime_ns for path in (root / "figures" / "planted").iterdir()}


def test_files_are_written_once_and_bytes_reproduce(tmp_path):
    assert make().reproduce(tmp_path).changed
    first, before = {p.name: p.read_bytes() for p in (tmp_path / "figures/planted").iterdir()}, stamps(tmp_path)
    assert set(first) == {"line.csv", "line.svg", "line.png"}
    assert not make().reproduce(tmp_path).changed
    assert stamps(tmp_path) == before
    (tmp_path / "figures/planted/line.svg").unlink()
    assert make().reproduce(tmp_path).changed
    assert {p.name: p.read_bytes() for p in (tmp_path / "figures/planted").iterdir()} == first
    assert b"dc:date" not in first["line.svg"]


def test_changed_numbers_are_rewritten_and_rounding_is_not(tmp_path):
    make().reproduce(tmp_path)
    assert not make(1 + 1e-11).reproduce(tmp_path).changed
    assert make(1 + 1e-6).reproduce(tmp_path).changed


def test_kinds_compare_differently(tmp_path):
    make(kind="timed").reproduce(tmp_path)
    assert not make(5.0, kind="timed").reproduce(tmp_path).changed
    error = np.full(11, 0.1)
    make(kind="simulated", y_error=error).reproduce(tmp_path)
    assert not make(1.05, kind="simulated", y_error=error).reproduce(tmp_path).changed
    assert make(1.5, kind="simulated", y_error=error).reproduce(tmp_path).changed


def test_an_observation_that_fails_is_named_and_nothing_is_written(tmp_path):
    with pytest.raises(FigureError, match="planted/line does not show what it should: it falls"):
        make(observations=(("it falls", lambda d: bool(d["y"][-1] < d["y"][0])),)).reproduce(tmp_path)
    assert not (tmp_path / "figures").exists()


def test_caps_and_columns(tmp_path):
    with pytest.raises(FigureError, match=r"line\.csv would take"):
        make(compute=lambda full: {"x": np.linspace(0, 1, 20_000), "y": np.random.default_rng(0).random(20_000)}).reproduce(
            tmp_path
        )
    with pytest.raises(FigureError, match="of one length"):
        make(compute=lambda full: {"x": [0.0, 1.0], "y": [0.0]}).reproduce(tmp_path)


def test_unknown_topic():
    with pytest.raises(FigureError, match="did you mean 'tour'"):
        load(["toor"])


LONG = {
    "linear_bandits/advertising",
    "linear_bandits/synthetic",
    "log_mapping/performance",
    "nonstationary_bandits/gaussian_scales",
    "robust_linear/work",
}
"""More than ten seconds each: checked by the slow tests, and by ``make reproduce``."""


def committed():
    """Every figure, long ones marked."""
    for figure in load():
        name = f"{figure.slug}/{figure.name}"
        yield pytest.param(figure, id=name, marks=[pytest.mark.slow] if name in LONG else [])


@pytest.mark.parametrize("figure", list(committed()))
def test_committed_figures_are_current(figure, request):
    root = request.config.rootpath
    columns = figure.data()
    assert figure._same(columns, root / "figures" / figure.slug / f"{figure.name}.csv")


def test_long_figures_exist():
    assert {f"{figure.slug}/{figure.name}" for figure in load()} >= LONG


def test_pictures_without_numbers(monkeypatch, request):
    """What notebooks show in the test suite: nothing is computed."""
    monkeypatch.setenv("PROOFS_CHECK_FIGURES", "committed")
    figure = next(f for f in load(["tour"]) if f.name == "frozen_lake")
    lazy = dataclasses.replace(figure, compute=lambda full: pytest.fail("computed"))
    assert lazy.show(request.config.rootpath)._repr_png_()[:4] == b"\x89PNG"


def test_notebooks_show_the_committed_picture(tmp_path, request, monkeypatch):
    """The committed file where the numbers are the same, so that notebooks are the same on every machine; else a new one."""
    monkeypatch.delenv("PROOFS_CHECK_FIGURES", raising=False)
    figure = next(f for f in load(["tour"]) if f.name == "frozen_lake")
    root = request.config.rootpath
    picture = figure.show(root)
    assert picture._repr_png_() == (root / "figures" / "tour" / "frozen_lake.png").read_bytes()
    assert repr(picture).startswith("tour/frozen_lake: ")
    fresh = figure.show(tmp_path)
    assert fresh._repr_png_()[:4] == b"\x89PNG"
    assert not any(tmp_path.iterdir())
