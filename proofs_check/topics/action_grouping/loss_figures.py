"""Pictures of exact expected losses: how many groups, what the loss is made of, which partition, who chooses it."""

from __future__ import annotations

from typing import Any

import numpy as np

from proofs_check.figures import COLOURS, Figure, new_figure
from tabular.grouping import (
    contiguous_groups,
    diameters,
    grouped_bernoulli_loss,
    grouped_two_state_loss,
    partitions,
    smallest_diameter,
    surrogate_groups,
    two_state_family,
    weight_factor,
)

# --- a line of actions -------------------------------------------------------------------------------------------------------

ACTIONS = 24
LINE = 0.2 + 0.6 * (np.arange(ACTIONS) + 0.5) / ACTIONS
GROUPS = (1, 2, 3, 4, 6, 8, 12, 24)
BUDGETS = (24, 48, 96, 192, 384, 768, 1536, 6144, 24576, 98304)


def loss_against_groups(full: bool = False) -> dict[str, Any]:
    """Expected loss of 24 actions in m equal contiguous groups, for each budget of samples."""
    columns: dict[str, Any] = {"groups": np.array(GROUPS)}
    for budget in BUDGETS:
        columns[f"N = {budget}"] = np.array(
            [grouped_bernoulli_loss(LINE, contiguous_groups(ACTIONS, m), budget).total for m in GROUPS]
        )
    return columns


def best(data: dict[str, Any], budget: int) -> int:
    """Best number of groups."""
    return int(data["groups"][data[f"N = {budget}"].argmin()])


def draw_loss_against_groups(data: dict[str, Any]) -> Any:
    """One line for each budget, minima marked."""
    canvas, axes = new_figure(height=4.2)
    shades = np.linspace(0.15, 0.95, len(BUDGETS))
    for shade, budget in zip(shades, BUDGETS, strict=True):
        loss = data[f"N = {budget}"]
        colour = (0.0, 0.75 * (1 - shade) + 0.1, 0.35 + 0.5 * (1 - shade))
        axes.plot(data["groups"], loss, color=colour, linewidth=1.2)
        axes.plot(data["groups"][loss.argmin()], loss.min(), "o", color=COLOURS[1], markersize=5, zorder=3)
        if loss[-1] > 3e-5:
            axes.annotate(f"{budget}", (24, loss[-1]), xytext=(5, 0), textcoords="offset points", fontsize=8, va="center")
    axes.set(xscale="log", yscale="log", xlabel="number of groups m", ylabel="expected loss", ylim=(5e-5, 0.5), xlim=(0.95, 38))
    axes.set_xticks(GROUPS, [str(m) for m in GROUPS])
    axes.minorticks_off()
    axes.set_title("With more samples (at the lines) finer groups are best (dots)")
    return canvas


# --- what it is made of ------------------------------------------------------------------------------------------------------

SAMPLES = 96


def loss_parts(full: bool = False) -> dict[str, Any]:
    """Approximation and estimation with 96 samples."""
    found = [grouped_bernoulli_loss(LINE, contiguous_groups(ACTIONS, m), SAMPLES) for m in GROUPS]
    return {
        "groups": np.array(GROUPS),
        "approximation": np.array([loss.approximation for loss in found]),
        "estimation": np.array([loss.estimation for loss in found]),
        "total": np.array([loss.total for loss in found]),
    }


def draw_loss_parts(data: dict[str, Any]) -> Any:
    """Stacked bars."""
    canvas, axes = new_figure(height=3.3)
    x = np.arange(len(GROUPS))
    axes.bar(x, data["approximation"], 0.65, color=COLOURS[0], label="approximation: the groups cannot do better")
    axes.bar(x, data["estimation"], 0.65, bottom=data["approximation"], color=COLOURS[1], label="estimation: samples do not tell")
    for i, total in enumerate(data["total"]):
        axes.text(i, total + 0.004, f"{total:.3f}", ha="center", fontsize=8)
    axes.set_xticks(x, [str(m) for m in GROUPS])
    axes.set(xlabel="number of groups m", ylabel="expected loss", ylim=(0, 0.32))
    axes.set_title(f"{ACTIONS} actions, {SAMPLES} samples in all")
    axes.legend(frameon=False, fontsize=8)
    return canvas


# --- two states, all partitions ----------------------------------------------------------------------------------------------

GAMMA, DELTA = 0.9, 0.1
SIX = np.array([[0.85, 0.80, 0.75, 0.35, 0.30, 0.25], [0.3, 0.25, 0.2, 0.9, 0.85, 0.8]])


def mean_loss(groups: Any, budget: int) -> float:
    """Mean over the two states."""
    return float(grouped_two_state_loss(SIX, groups, budget, GAMMA).total.mean())


def narrowest() -> list[Any]:
    """Partitions of smallest diameter into 1, ..., 6 groups: chosen without any value."""
    model = two_state_family(SIX, GAMMA)
    return [smallest_diameter(model, m).groups for m in range(1, SIX.shape[1] + 1)]


def all_partitions(full: bool = False) -> dict[str, Any]:
    """Exact losses of all 203 partitions with 24 samples."""
    strings = partitions(SIX.shape[1]).astype(int)
    chosen = {tuple(groups) for groups in narrowest()}
    return {
        "partition": np.array(["".join(map(str, row)) for row in strings]),
        "groups": strings.max(axis=1) + 1,
        "loss": np.array([mean_loss(row, 24) for row in strings]),
        "smallest diameter": np.array([int(tuple(row) in chosen) for row in strings]),
    }


def draw_all_partitions(data: dict[str, Any]) -> Any:
    """Points, those chosen by similarity in colour."""
    canvas, axes = new_figure(height=3.7)
    jitter = (np.arange(data["groups"].size) * 0.618) % 1 * 0.4 - 0.2
    axes.plot(data["groups"] + jitter, data["loss"], ".", color="0.65", markersize=4, label="partitions")
    some = data["smallest diameter"] == 1
    order = np.argsort(data["groups"][some])
    axes.plot(
        data["groups"][some][order], data["loss"][some][order], "o-", color=COLOURS[1], label="of smallest diameter", linewidth=1
    )
    top = int(data["loss"].argmin())
    axes.annotate(
        f"best: {data['partition'][top]}",
        (data["groups"][top], data["loss"][top]),
        xytext=(10, -14),
        textcoords="offset points",
        fontsize=8,
    )
    axes.set(xlabel="number of groups m", ylabel="expected loss (mean of two states)", ylim=(0, 3.2))
    axes.set_title("All 203 partitions of six actions, 24 samples")
    axes.legend(frameon=False, fontsize=8)
    return canvas


def by_similarity(data: dict[str, Any]) -> Any:
    """Losses of the narrowest partitions into 1, ..., 6 groups."""
    some = data["smallest diameter"] == 1
    return data["loss"][some][np.argsort(data["groups"][some])]


# --- who chooses -------------------------------------------------------------------------------------------------------------

ACCURACY = 1e-12
"""Smaller losses are called 0."""
CHOICES = (24, 48, 96, 192, 384, 768, 1536, 3072, 6144, 12288)


def who_chooses(full: bool = False) -> dict[str, Any]:
    """Losses of the best partition of all, of the narrowest with its best m, with the m of the bound, and of no grouping."""
    strings, narrow = partitions(SIX.shape[1]).astype(int), narrowest()
    model = two_state_family(SIX, GAMMA)
    curve = [diameters(model, groups).transition for groups in narrow]
    factors = [weight_factor(model, groups) for groups in narrow]
    columns: dict[str, list[Any]] = {
        name: [] for name in ("oracle", "oracle partition", "narrow", "m", "bound", "bound m", "none")
    }
    for budget in CHOICES:
        losses = [mean_loss(row, budget) for row in strings]
        by_number = [mean_loss(groups, budget) for groups in narrow]
        found = surrogate_groups(curve, n_states=2, samples=budget, gamma=GAMMA, delta=DELTA, factor=factors)
        top = int(np.argmin(losses))
        columns["oracle"].append(losses[top])
        columns["oracle partition"].append("".join(map(str, strings[top])))
        columns["narrow"].append(min(by_number))
        columns["m"].append(int(np.argmin(by_number)) + 1)
        columns["bound"].append(by_number[found.n_groups - 1])
        columns["bound m"].append(found.n_groups)
        columns["none"].append(by_number[-1])
    columns["oracle"] = [loss if loss > ACCURACY else 0.0 for loss in columns["oracle"]]
    return {"samples": np.array(CHOICES), **{name: np.array(column) for name, column in columns.items()}}


def draw_who_chooses(data: dict[str, Any]) -> Any:
    """Losses against samples."""
    canvas, axes = new_figure(height=3.9)
    axes.plot(data["samples"], data["bound"], "s-", color=COLOURS[1], label="similarity, m by the bound")
    axes.plot(data["samples"], data["none"], "-", color="0.6", label="no grouping")
    axes.plot(data["samples"], data["narrow"], "o-", color=COLOURS[0], label="similarity, best m")
    axes.plot(data["samples"], data["oracle"], "^--", color=COLOURS[2], label="oracle: best of 203, knows the values")
    for n, m, loss in zip(data["samples"], data["bound m"], data["bound"], strict=True):
        if loss > 1e-4:
            axes.annotate(f"m = {m}", (n, loss), xytext=(0, 6), textcoords="offset points", fontsize=7, ha="center")
    axes.set(xscale="log", yscale="log", ylim=(1e-5, 12), xlabel="samples N", ylabel="expected loss (mean of two states)")
    axes.set_title("The bound does not know the best number of groups")
    canvas.legend(frameon=False, fontsize=8, loc="outside lower center", ncols=2)
    return canvas


FIGURES = (
    Figure(
        slug="action_grouping",
        name="loss_against_groups",
        caption="Expected loss against the number of groups, exactly",
        kind="exact",
        compute=loss_against_groups,
        draw=draw_loss_against_groups,
        observations=(
            (
                "the best number of groups rises from 4 with 24 samples to 24 with 6144",
                lambda d: [best(d, n) for n in (24, 48, 96, 192, 384, 768, 1536, 6144)] == [4, 4, 6, 8, 8, 12, 12, 24],
            ),
            (
                "with 96 samples six groups lose .0813, all actions .1192",
                lambda d: np.allclose(d["N = 96"][[4, 7]], [0.0813486775, 0.1192437084], atol=1e-9),
            ),
            ("one group loses the same whatever the budget", lambda d: np.ptp([d[f"N = {n}"][0] for n in BUDGETS]) < 1e-12),
        ),
    ),
    Figure(
        slug="action_grouping",
        name="loss_parts",
        caption="Approximation and estimation of 24 actions in m groups",
        kind="exact",
        compute=loss_parts,
        draw=draw_loss_parts,
        observations=(
            (
                "approximation is .3 (1/m - 1/24)",
                lambda d: np.allclose(d["approximation"], 0.3 * (1 / d["groups"] - 1 / 24), atol=1e-12),
            ),
            ("estimation rises with the number of groups", lambda d: bool((np.diff(d["estimation"]) > 0).all())),
            ("their sum is smallest at six groups", lambda d: d["groups"][d["total"].argmin()] == 6),
        ),
    ),
    Figure(
        slug="action_grouping",
        name="all_partitions",
        caption="Expected losses of all partitions of six actions in two states",
        kind="exact",
        compute=all_partitions,
        draw=draw_all_partitions,
        observations=(
            (
                "the best of all 203 partitions is 011222, which isolates the best action of the first state",
                lambda d: d["partition"][d["loss"].argmin()] == "011222",
            ),
            (
                "the narrowest partitions into two, three and four groups lose less than no grouping",
                lambda d: bool((by_similarity(d)[1:4] < by_similarity(d)[5]).all()),
            ),
            (
                "the best loss falls to three groups and rises after them",
                lambda d: (
                    bool((np.diff([d["loss"][d["groups"] == m].min() for m in (1, 2, 3)]) < 0).all())
                    and bool((np.diff([d["loss"][d["groups"] == m].min() for m in (3, 4, 5, 6)]) > 0).all())
                ),
            ),
            (
                "two groups chosen badly lose three times as much as no grouping",
                lambda d: d["loss"][d["groups"] == 2].max() > 3 * d["loss"][-1],
            ),
        ),
    ),
    Figure(
        slug="action_grouping",
        name="who_chooses",
        caption="Losses of partitions chosen by an oracle, by similarity and by a bound",
        kind="exact",
        compute=who_chooses,
        draw=draw_who_chooses,
        observations=(
            (
                "the bound chooses one group up to 3072 samples, then six, and no number between",
                lambda d: d["bound m"].tolist() == [1] * 8 + [6] * 2,
            ),
            (
                "similarity with its best m loses less than no grouping at every budget",
                lambda d: bool((d["narrow"] < d["none"]).all()),
            ),
            (
                "from 48 samples on the oracle isolates the two best actions and dumps the rest",
                lambda d: set(d["oracle partition"][1:]) == {"011211"},
            ),
        ),
    ),
)
