"""Pictures of bounds: sharp against classic, what sweeps can afford, how many groups balance the errors."""

from __future__ import annotations

from typing import Any

import numpy as np

import tabular
from proofs_check.figures import COLOURS, Figure, new_figure
from proofs_check.figures.style import label
from tabular.grouping import (
    affordable_sweeps,
    attaining_instance,
    classic_bound,
    computation_bound,
    power_law_optimum,
    sharp_bound,
    surrogate_groups,
)

# --- sharp and classic -------------------------------------------------------------------------------------------------------

GAMMAS = (0.5, 0.9, 0.99)
FACTOR = 0.5
"""Pairs of actions, played evenly."""


def sharp_against_classic(full: bool = False) -> dict[str, Any]:
    """Bounds in units of the trivial one, and the loss of the model that attains the sharp one."""
    transitions = np.linspace(0, 1, 101 if full else 51)
    columns: dict[str, Any] = {"diameter": transitions}
    for gamma in GAMMAS:
        trivial = 1 / (1 - gamma)
        columns[f"sharp, {gamma}"] = np.array([sharp_bound(y, 0, gamma, factor=FACTOR) for y in transitions]) / trivial
        columns[f"classic, {gamma}"] = np.array([classic_bound(y, 0, gamma, factor=FACTOR) for y in transitions]) / trivial
        columns[f"attained, {gamma}"] = np.array([_attained(y, gamma) for y in transitions]) / trivial
    return columns


def _attained(transition: float, gamma: float) -> float:
    model = attaining_instance(transition, 0, gamma, 2)
    solutions = [tabular.solve(problem, tol=1e-12).values[0] for problem in (model, tabular.Grouped(model, [0, 0]))]
    return float(solutions[0] - solutions[1])


def draw_sharp_against_classic(data: dict[str, Any]) -> Any:
    """One panel for each discount."""
    canvas, panels = new_figure(height=3.1, width=8.4, ncols=3, sharey=True)
    for axes, gamma in zip(panels, GAMMAS, strict=True):
        axes.axhline(1, color="0.6", linewidth=1, linestyle=":")
        axes.plot(data["diameter"], data[f"classic, {gamma}"], "--", color=COLOURS[1], label="classic")
        axes.plot(data["diameter"], data[f"sharp, {gamma}"], color=COLOURS[0], label="sharp")
        axes.plot(
            data["diameter"][::5], data[f"attained, {gamma}"][::5], "o", color="black", markersize=3, label="a model's loss"
        )
        axes.set(xlabel=r"diameter $\bar\beta_P$", title=rf"$\gamma$ = {gamma}", ylim=(0, 1.6))
    panels[0].set(ylabel=r"loss $\times (1 - \gamma)$")
    panels[0].annotate("all there is to lose", (0.3, 1.03), fontsize=8, color="0.4")
    panels[0].legend(frameon=False, fontsize=8, loc="upper left")
    return canvas


def attains(data: dict[str, Any]) -> bool:
    """Whether the model's loss is the bound."""
    return all(np.allclose(data[f"sharp, {g}"], data[f"attained, {g}"], atol=1e-9) for g in GAMMAS)


# --- sweeps ------------------------------------------------------------------------------------------------------------------

STATES, GAMMA, DELTA = 2, 0.9, 0.1
DIAMETER = 0.05
"""Of one group; m groups have an m-th of it."""
FLOPS = (1000, 4000, 16000)


def sweeps(full: bool = False) -> dict[str, Any]:
    """Approximation and computation for budgets of multiply-adds, against the number of groups."""
    numbers = np.arange(1, 65)
    columns: dict[str, Any] = {
        "groups": numbers,
        "approximation": np.array([sharp_bound(DIAMETER / m, 0, GAMMA) for m in numbers]),
    }
    for flops in FLOPS:
        spent = np.array([computation_bound(affordable_sweeps(flops, STATES, int(m)), GAMMA) for m in numbers])
        columns[f"C = {flops}"] = columns["approximation"] + spent
    return columns


def draw_sweeps(data: dict[str, Any]) -> Any:
    """One line for each budget."""
    canvas, axes = new_figure(height=3.5)
    axes.plot(data["groups"], data["approximation"], ":", color="0.4", label="approximation alone")
    for colour, flops in zip(COLOURS, FLOPS, strict=False):
        bound = data[f"C = {flops}"]
        axes.plot(data["groups"], bound, color=colour, label=f"C = {flops} multiply-adds")
        axes.plot(data["groups"][bound.argmin()], bound.min(), "o", color=colour)
    axes.set(xscale="log", yscale="log", xlabel="number of groups m", ylabel="bound on the loss", ylim=(0.05, 15))
    axes.set_title("Fewer groups leave more sweeps")
    axes.legend(frameon=False, fontsize=8, loc="lower left")
    return canvas


# --- how many groups ---------------------------------------------------------------------------------------------------------

EXPONENTS = (1.0, 0.5, 0.25)


def best_number(full: bool = False) -> dict[str, Any]:
    """The optimum of the power law, and the number of groups that minimises the bound with diameters .05 / m."""
    samples = np.geomspace(1e4, 1e9, 11)
    columns: dict[str, Any] = {"samples": samples}
    for p in EXPONENTS:
        columns[f"p = {p:g}"] = np.array([power_law_optimum(3, 2, p, n) for n in samples])
    curve = DIAMETER / np.arange(1, 201)
    given: Any = {"n_states": STATES, "gamma": GAMMA, "delta": DELTA, "fractional": True}
    columns["bound"] = np.array([surrogate_groups(curve, samples=n, **given).n_groups for n in samples])
    return columns


def draw_best_number(data: dict[str, Any]) -> Any:
    """Straight lines with the slopes of the rates."""
    canvas, axes = new_figure(height=3.7)
    for colour, p in zip(COLOURS, EXPONENTS, strict=False):
        axes.plot(data["samples"], data[f"p = {p:g}"], color=colour)
        label(axes, data["samples"][-1], data[f"p = {p:g}"][-1], f"p = {p:g}, slope {1 / (2 * p + 1):.3f}", colour)
    axes.plot(data["samples"], data["bound"], "ko-", markersize=4, linewidth=0.8)
    label(axes, data["samples"][-1], data["bound"][-1], "bound for .05 / m", "black")
    axes.set(xscale="log", yscale="log", xlabel="samples N", ylabel=r"best number of groups $m^*$", xlim=(7e3, 6e10))
    axes.set_title(r"$m^* \propto N^{1 / (2p + 1)}$ for diameters that fall like $m^{-p}$")
    return canvas


def slopes(data: dict[str, Any]) -> bool:
    """Whether all lines have the slope of the rate."""
    steps = np.diff(np.log(data["samples"]))
    return all(np.allclose(np.diff(np.log(data[f"p = {p:g}"])) / steps, 1 / (2 * p + 1)) for p in EXPONENTS)


FIGURES = (
    Figure(
        slug="action_grouping",
        name="sharp_against_classic",
        caption="The sharp bound, the classic one, and a model that attains the former",
        kind="exact",
        compute=sharp_against_classic,
        draw=draw_sharp_against_classic,
        observations=(
            ("a model loses exactly the sharp bound, for every diameter", attains),
            ("the sharp bound never exceeds what there is to lose", lambda d: all(d[f"sharp, {g}"].max() < 1 for g in GAMMAS)),
            (
                "the classic bound says more than that from a diameter of .03 on at a discount of .99",
                lambda d: bool((d["classic, 0.99"][d["diameter"] > 0.03] > 1).all()),
            ),
        ),
    ),
    Figure(
        slug="action_grouping",
        name="sweeps",
        caption="Bounds on approximation and computation for budgets of multiply-adds",
        kind="exact",
        compute=sweeps,
        draw=draw_sweeps,
        observations=(
            (
                "the best number of groups rises with the budget",
                lambda d: bool((np.diff([d["groups"][d[f"C = {c}"].argmin()] for c in FLOPS]) > 0).all()),
            ),
            (
                "with 4000 multiply-adds 16 groups leave 62 sweeps, an error of .291",
                lambda d: abs(d["C = 4000"][15] - d["approximation"][15] - 0.29111566859) < 1e-10,
            ),
        ),
    ),
    Figure(
        slug="action_grouping",
        name="best_number",
        caption="The number of groups that balances approximation and estimation, against samples",
        kind="exact",
        compute=best_number,
        draw=draw_best_number,
        observations=(
            ("slopes are 1 / (2p + 1)", slopes),
            (
                "the bound merges everything up to 1e5 samples, then chooses 7 groups at 1e6 and 14 at 1e7",
                lambda d: d["bound"][[0, 2, 4, 6]].tolist() == [1, 1, 7, 14],
            ),
        ),
    ),
)
