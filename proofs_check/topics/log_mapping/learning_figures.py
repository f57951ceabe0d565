"""Pictures of learners: the paper's early and late performance, with predictions and published values."""

from __future__ import annotations

from typing import Any

import numpy as np
from joblib import Parallel, delayed

from proofs_check.figures import COLOURS, Figure, new_figure
from proofs_check.topics.log_mapping.gap_figures import GAMMAS, RELIABLE, WIDTHS
from tabular.log_mapping import ChainLearning, LogMapping, chain_noise, geometric_decay

K = 200
EARLY = 10_000
"""Sweeps of the early phase, and over which steps fall: as published."""

REDUCED = {False: 25_000, True: 12_000}
"""Sweeps of an ordinary and of a logarithmic run here; the latter has settled by then."""

FULL = 110_000
"""Sweeps of a run in the paper."""

PUBLISHED: dict[str, dict[int, tuple[float, ...]]] = {
    "late, ordinary": {
        1: (1.0,) * 14,
        2: (0.0,) * 10 + (1.0, 1.0, 1.0, 1.0),
        3: (0.0,) * 10 + (0.77, 1.0, 1.0, 1.0),
        5: (0.0,) * 10 + (0.55, 0.98, 1.0, 1.0),
    },
    "early, ordinary": {
        2: (0.0,) * 10 + (0.13, 0.57, 0.68, 0.67),
        3: (0.0,) * 10 + (0.03, 0.26, 0.53, 0.42),
        5: (0.0,) * 10 + (0.0, 0.09, 0.36, 0.31),
    },
    "late, logarithmic": dict.fromkeys(WIDTHS, (1.0,) * 14),
}
"""Single runs of the authors, from the arrays in their repository; cells that it gives only as ranges are left out."""


def _curve(gamma: float, width: int, logarithmic: bool, sweeps: int, seed: int) -> Any:
    mapping = LogMapping(gamma, K) if logarithmic else None
    task = ChainLearning(gamma=gamma, width=width, mapping=mapping)
    if mapping is None:
        return task.run(geometric_decay(1.0, 0.001, EARLY, sweeps), seeds=[seed])[0]
    return task.run(geometric_decay(1.0, 0.1, EARLY, sweeps), geometric_decay(1.0, 0.01, EARLY, sweeps), seeds=[seed])[0]


def performance(full: bool = False) -> dict[str, Any]:
    """Early and late success of both methods, all discounts and widths; late is the last 10,000 sweeps, of the reduced
    logarithmic runs the last 2000."""
    cells = [(g, w, m) for m in (False, True) for w in WIDTHS for g in GAMMAS]
    curves = Parallel(n_jobs=2, prefer="threads")(delayed(_curve)(*cell, FULL if full else REDUCED[cell[2]], 0) for cell in cells)
    found = dict(zip(cells, curves, strict=True))
    columns: dict[str, Any] = {"gamma": np.array(GAMMAS)}
    for name, method in (("ordinary", False), ("logarithmic", True)):
        late = 2_000 if method and not full else 10_000
        for w in WIDTHS:
            columns[f"early, {name}, {w}"] = np.array([found[g, w, method][: EARLY // 100].mean() for g in GAMMAS])
            columns[f"late, {name}, {w}"] = np.array([found[g, w, method][-late // 100 :].mean() for g in GAMMAS])
    for w in WIDTHS:
        chances = [chain_noise(g, w).success(20_000) if w == 1 or g >= RELIABLE else (np.nan, np.nan) for g in GAMMAS]
        columns[f"predicted, {w}"] = np.array([x for x, _ in chances])
        columns[f"predicted, {w}_error"] = np.array([4 * e for _, e in chances])
        for name, table in PUBLISHED.items():
            if w in table:
                columns[f"published, {name}, {w}"] = np.array(table[w])
    return columns


def draw_performance(data: dict[str, Any]) -> Any:
    """Two methods, two phases; the prediction over the late phase of the ordinary one."""
    canvas, panels = new_figure(height=5.4, width=8.6, nrows=2, ncols=2, sharex=True, sharey=True)
    x = np.arange(len(GAMMAS))
    for row, phase in enumerate(("early", "late")):
        for column, name in enumerate(("ordinary", "logarithmic")):
            axes = panels[row, column]
            for colour, w in zip(COLOURS, WIDTHS, strict=False):
                axes.plot(x, data[f"{phase}, {name}, {w}"], color=colour, label=f"width {w}")
                if f"published, {phase}, {name}, {w}" in data:
                    axes.plot(
                        x, data[f"published, {phase}, {name}, {w}"], "o", color=colour, markersize=4, markerfacecolor="none"
                    )
                if (phase, name) == ("late", "ordinary"):
                    axes.plot(x, data[f"predicted, {w}"], "x", color=colour, markersize=5)
            axes.set_title(f"{name}, {phase}")
    for axes in panels[1]:
        axes.set_xticks(x[::2], [f"{g:g}" for g in GAMMAS[::2]])
        axes.set(xlabel=r"$\gamma$")
    panels[0, 0].set(ylabel="success")
    panels[1, 0].set(ylabel="success (rings: published, x: predicted)")
    panels[0, 0].legend(frameon=False, fontsize=8)
    return canvas


def cell(data: dict[str, Any], name: str, gamma: float) -> float:
    """One number of the figure."""
    return float(data[name][GAMMAS.index(gamma)])


FIGURES = (
    Figure(
        slug="log_mapping",
        name="performance",
        caption="Early and late success of ordinary and logarithmic Q-learning on the chain",
        kind="simulated",
        compute=performance,
        draw=draw_performance,
        observations=(
            (
                "the logarithm succeeds late in all 56 cells",
                lambda d: all(bool((d[f"late, logarithmic, {w}"] > 0.99).all()) for w in WIDTHS),
            ),
            (
                "ordinary learning with tiles fails up to .9, and a table never does",
                lambda d: (
                    all(bool((d[f"late, ordinary, {w}"][:10] < 0.01).all()) for w in WIDTHS[1:])
                    and bool((d["late, ordinary, 1"] > 0.99).all())
                ),
            ),
            (
                "the noise alone predicts success from .98 on, and failure at .9 for widths 3 and 5",
                lambda d: (
                    all(cell(d, f"predicted, {w}", 0.98) > 0.99 for w in WIDTHS)
                    and all(cell(d, f"predicted, {w}", 0.9) < 0.1 for w in (3, 5))
                ),
            ),
            (
                "at .9 and width 2 it predicts .57, where the published run, too short for the slowest mode, has 0",
                lambda d: 0.5 < cell(d, "predicted, 2", 0.9) < 0.65,
            ),
        ),
    ),
)
"""The figure of the paper's linear experiments."""
