"""Pictures of the frozen lake."""

from __future__ import annotations

from typing import Any

import numpy as np

import tabular
from proofs_check.figures import COLOURS, Figure, new_figure
from proofs_check.figures.style import label

MAP = ("SFFFFFFF", "FFFFFFFF", "FFFHFFFF", "FFFFFHFF", "FFFHFFFF", "FHHFFFHF", "FHFFHFHF", "FFFHFFFG")
"""Gymnasium's 8x8 lake: start, frozen, hole, goal."""

ARROWS = ((-1, 0), (0, 1), (1, 0), (0, -1))
"""Left, down, right, up, in picture coordinates (the vertical axis points down)."""


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
            "", (column + 0.3 * dx, row + 0.3 * dy), (column - 0.3 * dx, row - 0.3 * dy), arrowprops={"arrowstyle": "->", "color": "white"}
        )
    axes.set(xticks=range(8), yticks=range(8), xlabel="column", ylabel="row", title="Optimal policy on the slippery lake, discount 0.99")
    axes.spines[:].set_visible(False)
    canvas.colorbar(image, ax=axes, shrink=0.85, label="optimal value (expected discounted reward)")
    return canvas


def bracket_widths(full: bool = False) -> dict[str, Any]:
    """Width of the proven bracket after each sweep: span bounds, and the textbook bound from the norm."""
    mdp, sweeps = lake(), 2000 if full else 800
    operator = tabular.Problem(mdp).operator()
    v = np.zeros(mdp.n_states)
    span, sup = np.empty(sweeps), np.empty(sweeps)
    for k in range(sweeps):
        new = operator.backup(v)
        d = new - v
        span[k] = mdp.gamma / (1 - mdp.gamma) * np.ptp(d)
        sup[k] = 2 * mdp.gamma / (1 - mdp.gamma) * np.abs(d).max()
        v = new
    return {"sweep": np.arange(1, sweeps + 1), "span_bounds": span, "norm_bound": sup}


def draw_widths(data: dict[str, Any]) -> Any:
    """Both widths against the sweep."""
    canvas, axes = new_figure()
    for colour, (name, text) in zip(COLOURS, {"norm_bound": "norm", "span_bounds": "span"}.items(), strict=False):
        axes.semilogy(data["sweep"], data[name], color=colour)
        label(axes, data["sweep"][-1], data[name][-1], text, colour)
    axes.set(xlabel="sweep of value iteration", ylabel="width of the bracket of $v^*$", title="FrozenLake 8x8, discount 0.99")
    axes.margins(x=0.08)
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
            ("holes and the goal are worth nothing, because the episode is over", lambda d: bool((np.abs(d["value"][np.isin(d["kind"], ["H", "G"])]) < 1e-12).all())),
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
            ("span bounds are never wider than the norm's", lambda d: bool((d["span_bounds"] <= d["norm_bound"] * (1 + 1e-12)).all())),
            ("both fall by at least the discount per sweep in the long run", lambda d: bool(d["norm_bound"][-1] <= 0.99 ** (len(d["sweep"]) / 2) * d["norm_bound"][0])),
        ),
    ),
)
