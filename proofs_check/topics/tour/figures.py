"""Pictures of the frozen lake."""

from __future__ import annotations

from typing import Any

import numpy as np

import tabular
from proofs_check.figures import COLOURS, Figure, new_figure

MAP = ("SFFFFFFF", "FFFFFFFF", "FFFHFFFF", "FFFFFHFF", "FFFHFFFF", "FHHFFFHF", "FHFFHFHF", "FFFHFFFG")
"""Gymnasium's 8x8 lake: start, frozen, hole, goal."""

ARROWS = ((-1, 0), (0, 1), (1, 0), (0, -1))
"""Left, down, right, up, in picture coordinates (the vertical axis points down)."""

MODELS = ("lake", "garnet")
FLOOR = 1e-10
"""Widths below this are rounding, and drawn at this height."""


def lake(gamma: float = 0.99) -> tabular.MDP:
    """The slippery 8x8 lake."""
    return tabular.MDP.from_gymnasium("FrozenLake8x8-v1", gamma=gamma)


def solve_lake(full: bool = False) -> dict[str, Any]:
    """Optimal values, bracket and policy, one row per cell."""
    solution = tabular.solve(lake(), tabular.PolicyIteration())
    cells = np.arange(64)
    return {
        "state": cells,
        "row": cells // 8,
        "column": cells % 8,
        "kind": np.array(list("".join(MAP))),
        "value": solution.values,
        "width": solution.upper - solution.lower,
        "action": solution.actions,
    }


def draw_lake(data: dict[str, Any]) -> Any:
    """Values as colours, the policy as arrows."""
    canvas, axes = new_figure(height=5.2)
    image = axes.imshow(data["value"].reshape(8, 8), cmap="cividis", vmin=0, vmax=1)
    for kind, row, column, action in zip(data["kind"], data["row"], data["column"], data["action"], strict=True):
        if kind in "HG":
            axes.text(column, row, "hole" if kind == "H" else "goal", ha="center", va="center", color="white", fontsize=8)
            continue
        dx, dy = ARROWS[action]
        axes.annotate(
            "",
            (column + 0.3 * dx, row + 0.3 * dy),
            (column - 0.3 * dx, row - 0.3 * dy),
            arrowprops={"arrowstyle": "->", "color": "white"},
        )
    axes.set(
        xticks=range(8),
        yticks=range(8),
        xlabel="column",
        ylabel="row",
        title="Optimal policy on the slippery lake, discount 0.99",
    )
    axes.spines[:].set_visible(False)
    canvas.colorbar(image, ax=axes, shrink=0.85, label="optimal value (expected discounted reward)")
    return canvas


def bracket_widths(full: bool = False) -> dict[str, Any]:
    """Width of the bracket of v* after each sweep, from the norm of the residual and from its span, on two models.

    Norm: ``2 gamma / (1 - gamma) max|Tv - v|``; span: ``gamma / (1 - gamma) (max - min)(Tv - v)``.
    """
    sweeps = 2000 if full else 800
    columns: dict[str, Any] = {"sweep": np.arange(1, sweeps + 1)}
    for name, mdp in (("lake", lake()), ("garnet", tabular.domains.garnet(200, 4, 5, gamma=0.99, rng=0))):
        factor = mdp.gamma / (1 - mdp.gamma)
        v = np.zeros(mdp.n_states)
        norm, span = np.empty(sweeps), np.empty(sweeps)
        for k in range(sweeps):
            new = tabular.q_values(mdp, v).max(axis=1)
            norm[k], span[k] = 2 * factor * np.abs(new - v).max(), factor * np.ptp(new - v)
            v = new
        columns[f"{name}_norm"], columns[f"{name}_span"] = norm, np.maximum(span, FLOOR)
    return columns


def draw_widths(data: dict[str, Any]) -> Any:
    """Two panels: the lake, where both fall alike, and a Garnet model, where the span falls far faster."""
    canvas, panels = new_figure(height=3.2, width=7.0, ncols=2, sharey=True)
    titles = ("FrozenLake 8x8", "Garnet: 200 states, 5 successors")
    for axes, name, title, at in zip(panels, MODELS, titles, (400, 15), strict=True):
        for colour, kind, place in zip(
            COLOURS, ("norm", "span"), ((300, 10, 4, "left"), (at, -10 if name == "lake" else 8, -12, "right")), strict=False
        ):
            x, dx, dy, side = place
            y = data[f"{name}_{kind}"]
            axes.semilogy(data["sweep"], y, color=colour)
            side = "left" if name == "garnet" else side
            axes.annotate(f"from the {kind}", (x, y[x]), xytext=(dx, dy), textcoords="offset points", color=colour, ha=side)
        axes.set(xlabel="sweep of value iteration, discount 0.99", title=title)
    panels[0].set_ylabel("width of the bracket of $v^*$")
    return canvas


FIGURES = (
    Figure(
        "tour",
        "frozen_lake",
        "Optimal values (colour) and policy (arrows) of the slippery 8x8 lake.",
        "exact",
        solve_lake,
        draw_lake,
        (
            (
                "holes and the goal are worth nothing, because the episode is over",
                lambda d: bool((np.abs(d["value"][np.isin(d["kind"], ["H", "G"])]) < 1e-12).all()),
            ),
            ("every value is known to better than 1e-11", lambda d: bool((d["width"] < 1e-11).all())),
            ("the start is worth 0.41464036 or so", lambda d: bool(abs(d["value"][0] - 0.41464036) < 1e-8)),
            ("the cell above the goal is the best one", lambda d: int(d["value"].argmax()) == 55),
        ),
    ),
    Figure(
        "tour",
        "bracket_width",
        "How fast the bracket of the optimal value closes.",
        "exact",
        bracket_widths,
        draw_widths,
        (
            (
                "the span is never wider than the norm",
                lambda d: all((d[f"{m}_span"] <= d[f"{m}_norm"] + FLOOR).all() for m in MODELS),
            ),
            ("on the lake both fall at the same rate", lambda d: bool(0.4 < d["lake_span"][-1] / d["lake_norm"][-1] < 0.6)),
            (
                "on the Garnet model the span needs 50 sweeps where the norm has hardly moved",
                lambda d: bool(d["garnet_span"][50] < 1e-6 < 10 < d["garnet_norm"][50]),
            ),
        ),
    ),
)
