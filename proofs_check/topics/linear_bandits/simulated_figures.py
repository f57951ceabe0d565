"""Pictures of simulations: the published experiments, what the assumed radius does, errors and widths, hard instances, drift."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from proofs_check.figures import COLOURS, Figure, new_figure
from tabular.linear_bandits import (
    AR2,
    DLinUCB,
    DynamicalLinearBandit,
    DynLinUCB,
    Exp3,
    Learner,
    LinearBandit,
    LinUCB,
    Simulation,
    SWLinUCB,
    SystemBounds,
    abrupt_circle,
    advertising_bandit,
    budget_actions,
    compare,
    dynamical_regret_bound,
    hidden_direction,
    largest_bayes_regret,
    log_checkpoints,
    proportional_budget,
    simulate,
    synthetic_bandit,
    trace,
    two_action_bayes_regret,
)

SLUG = "linear_bandits"
ROUNDS = 10**6


def bands(columns: dict[str, Any], name: str, found: Simulation) -> None:
    """Mean regret and four standard errors."""
    columns[name], columns[f"{name}_error"] = found.mean, 4.0 * found.standard_error


def draw_bands(axes: Any, x: Any, data: dict[str, Any], names: Any) -> None:
    """Lines with bands of two standard errors."""
    for k, name in enumerate(names):
        value, band, colour = data[name], data[f"{name}_error"] / 2, (*COLOURS, "#999999")[k]
        axes.fill_between(x, np.maximum(value - band, 1e-9), value + band, color=colour, alpha=0.2, linewidth=0)
        axes.plot(x, value, color=colour, label=name)


# --- the published experiments -----------------------------------------------------------------------------------------------

RIVALS = (
    "DynLinUCB",
    "DynLinUCB, lambda = 1",
    "LinUCB",
    "D-LinUCB",
    "AR2",
    "Exp3",
    "Exp3 in batches",
)


def rivals(bandit: DynamicalLinearBandit, horizon: int) -> dict[str, Learner]:
    """The learners of the published experiments, with what each would be told."""
    arms, rho = budget_actions(), bandit.spectral_radius
    learners: tuple[Learner, ...] = (
        DynLinUCB.for_bandit(bandit, arms, horizon),
        DynLinUCB.for_bandit(bandit, arms, horizon, regularization=1.0),
        LinUCB.for_bandit(bandit, arms, horizon),
        DLinUCB.for_bandit(bandit, arms, horizon, discount=1.0 - 1e-6),
        AR2(alpha=rho, noise=bandit.state_noise),
        Exp3.for_bandit(bandit, arms, horizon),
        Exp3.for_bandit(bandit, arms, horizon, batched=True),
    )
    return dict(zip(RIVALS, learners, strict=True))


def experiment(bandit: DynamicalLinearBandit, full: bool) -> dict[str, Any]:
    """Offline regret of all learners over a million rounds, its mean and its range over trials."""
    looks = log_checkpoints(ROUNDS, 60)[10:]
    found = compare(
        bandit, budget_actions(), rivals(bandit, ROUNDS), ROUNDS, seeds=range(50 if full else 6), checkpoints=looks, workers=2
    )
    columns: dict[str, Any] = {"round": looks}
    for name, simulation in found.items():
        bands(columns, name, simulation)
        ends = simulation.regret.min(axis=0), simulation.regret.max(axis=0)
        for which, end in zip(("least", "largest"), ends, strict=True):
            columns[f"{name}, {which}"] = end
            columns[f"{name}, {which}_error"] = ends[1] - ends[0] + columns[f"{name}_error"]
    return columns


def synthetic(full: bool = False) -> dict[str, Any]:
    """On the synthetic instance."""
    return experiment(synthetic_bandit(), full)


def advertising(full: bool = False) -> dict[str, Any]:
    """On the instance from advertising data, with the expert's allocation."""
    bandit = advertising_bandit()
    columns = experiment(bandit, full)
    expert = proportional_budget([1641952, 259591273, 716354611])
    lost = bandit.values(budget_actions()).max() - expert @ bandit.cumulative_parameter
    return columns | {"expert, exact": lost * columns["round"]}


def draw_experiment(data: dict[str, Any], title: str) -> Any:
    """Regret per round, which is flat where regret is linear; shaded between the least and the largest of the trials."""
    canvas, axes = new_figure(height=4.0, width=7.6)
    x = data["round"]
    for colour, name in zip(COLOURS, RIVALS, strict=True):
        axes.fill_between(x, data[f"{name}, least"] / x, data[f"{name}, largest"] / x, color=colour, alpha=0.15, linewidth=0)
        axes.plot(x, data[name] / x, color=colour, label=name)
    if "expert, exact" in data:
        axes.plot(x, data["expert, exact"] / x, color="0.4", linestyle="--", label="expert, exact")
    axes.set(xscale="log", yscale="log", xlabel="round", ylabel="offline regret per round (shaded: all trials)", title=title)
    axes.set_ylim(0.7 * min(data[f"{name}, least"][-1] for name in RIVALS) / x[-1], None)
    axes.legend(frameon=False, fontsize=8, bbox_to_anchor=(1.0, 1.0), loc="upper left")
    return canvas


def slope(data: dict[str, Any], name: str) -> float:
    """Growth over the last decade, as a power of the number of rounds."""
    x, y = np.log(data["round"]), np.log(np.maximum(data[name], 1e-9))
    start = int(np.searchsorted(data["round"], data["round"][-1] / 10))
    return float((y[-1] - y[start]) / (x[-1] - x[start]))


# --- the assumed radius ------------------------------------------------------------------------------------------------------

ASSUMED = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 0.9, 0.95)


def assumed_radius(full: bool = False) -> dict[str, Any]:
    """Regret of DynLinUCB on the synthetic instance, of radius .2, by the radius that it assumes."""
    bandit, arms, horizon = synthetic_bandit(), budget_actions(), ROUNDS // 10
    columns: dict[str, Any] = {"radius": ASSUMED}
    for name, floor in (("rounded up", False), ("rounded down", True)):
        found = []
        for rho in ASSUMED:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # radii below the true one are part of the picture
                told = SystemBounds.of(bandit, arms, spectral_radius=rho)
                learner = DynLinUCB.for_bandit(bandit, arms, horizon, bounds=told, floor=floor)
                found.append(simulate(bandit, arms, learner, horizon, seeds=range(50 if full else 6), checkpoints=[horizon]))
        columns[name] = np.array([f.mean[-1] for f in found])
        columns[f"{name}_error"] = np.array([4.0 * f.standard_error[-1] for f in found])
    myopic = simulate(bandit, arms, LinUCB.for_bandit(bandit, arms, horizon), horizon, seeds=range(20), checkpoints=[horizon])
    columns["LinUCB, least"] = np.full(len(ASSUMED), myopic.regret.min())
    columns["LinUCB, largest"] = np.full(len(ASSUMED), myopic.regret.max())
    return columns


def draw_assumed_radius(data: dict[str, Any]) -> Any:
    """Regret against the radius."""
    canvas, axes = new_figure(height=3.6, width=6.6)
    draw_bands(axes, data["radius"], data, ("rounded up", "rounded down"))
    for name, style in (("LinUCB, least", ":"), ("LinUCB, largest", "--")):
        axes.plot(data["radius"], data[name], color="0.4", linestyle=style, label=f"{name} of 20 trials")
    axes.axvline(0.2, color="0.7", linewidth=1)
    axes.text(0.205, data["rounded up"].max(), "true radius", color="0.5", fontsize=8)
    axes.set(yscale="log", xlabel="assumed spectral radius", ylabel="offline regret after 100,000 rounds")
    axes.legend(frameon=False, fontsize=8)
    return canvas


# --- errors and widths -------------------------------------------------------------------------------------------------------

MEMORY, NONE = ("DynLinUCB", "LinUCB"), ("LinUCB, no memory", "D-LinUCB, no memory", "SW-LinUCB, no memory")


def widths(full: bool = False) -> dict[str, Any]:
    """Errors of estimates and confidence widths on the synthetic instance, and on the same h without memory."""
    horizon, arms = 20_000, budget_actions()
    looks = log_checkpoints(horizon, 40)
    memory = synthetic_bandit()
    plain = LinearBandit(memory.cumulative_parameter, reward_noise=1.0)
    learners: dict[str, tuple[Any, Any]] = {
        "DynLinUCB": (memory, DynLinUCB.for_bandit(memory, arms, horizon)),
        "LinUCB": (memory, LinUCB.for_bandit(memory, arms, horizon)),
        "LinUCB, no memory": (plain, LinUCB.for_bandit(plain, arms, horizon)),
        "D-LinUCB, no memory": (plain, DLinUCB.for_bandit(plain, arms, horizon, discount=0.999)),
        "SW-LinUCB, no memory": (plain, SWLinUCB.for_bandit(plain, arms, horizon, window=1000)),
    }
    columns: dict[str, Any] = {"round": looks}
    for name, (bandit, learner) in learners.items():
        found = [trace(bandit, arms, learner, horizon, seed=seed) for seed in range(100 if full else 20)]
        updates = looks
        if isinstance(learner, DynLinUCB):
            ends = np.cumsum(1 + learner.hold(np.arange(1, len(found[0].errors))))
            updates = np.searchsorted(ends, looks, side="right")
        errors = np.array([f.errors[updates] for f in found])
        columns[name] = errors.mean(axis=0)
        columns[f"{name}_error"] = 4.0 * errors.std(axis=0, ddof=1) / math.sqrt(len(found))
        columns[f"{name}, largest ratio"] = np.full(looks.size, max((f.errors / f.widths).max() for f in found))
        columns[f"{name}, largest ratio_error"] = 0.2 * columns[f"{name}, largest ratio"]
        columns[f"width of {name}"] = found[0].widths[updates]
    return columns


def draw_widths(data: dict[str, Any]) -> Any:
    """Errors as lines, widths dashed in the same colour."""
    canvas, panels = new_figure(height=3.6, width=8.4, ncols=2)
    for axes, names in zip(panels, (MEMORY, NONE), strict=True):
        draw_bands(axes, data["round"], data, names)
        for colour, name in zip(COLOURS, names, strict=False):
            axes.plot(data["round"], data[f"width of {name}"], color=colour, linestyle="--", linewidth=1)
        axes.set(xscale="log", xlabel="round")
        axes.legend(frameon=False, fontsize=8, loc="upper left")
        axes.set_ylim(0, 1.5 * max(data[f"width of {name}"].max() for name in names))
    panels[0].set(ylabel="error in the norm of V (dashed: width)", title="synthetic instance, with memory")
    panels[1].set(title="the same h without memory, noise 1")
    return canvas


# --- the lower bound ---------------------------------------------------------------------------------------------------------

HORIZONS = (100, 300, 1000, 3000, 10_000, 30_000)
RHO = 0.9


def hard_instances(full: bool = False) -> dict[str, Any]:
    """On instances made hard for each horizon: regret over sigma sqrt(T) / (1 - rho), and bounds on both sides."""
    scale, unit = largest_bayes_regret().scale, 0.1 / (1.0 - RHO)
    columns: dict[str, Any] = {"horizon": HORIZONS}
    names = ("DynLinUCB", "LinUCB")
    rows: dict[str, list[float]] = {f"{name}{end}": [] for name in names for end in ("", "_error")}
    rows |= {"exact, seeing the state": [], "DynLinUCB, proved from above": []}
    for T in HORIZONS:
        found: dict[str, list[Any]] = {name: [] for name in names}
        size, actions = unit * math.sqrt(T), np.array([[-1.0], [1.0]])
        for sign in (-1.0, 1.0):
            bandit = hidden_direction([sign], T, spectral_radius=RHO, noise=0.1, scale=scale)
            learners = {"DynLinUCB": DynLinUCB.for_bandit(bandit, actions, T), "LinUCB": LinUCB.for_bandit(bandit, actions, T)}
            seeds = range(1000 if full else 100)
            for name, simulation in compare(bandit, actions, learners, T, seeds=seeds, checkpoints=[T]).items():
                found[name].append(simulation.regret[:, -1] / size)
        for name in names:
            both = np.concatenate(found[name])
            rows[name].append(float(both.mean()))
            rows[f"{name}_error"].append(4.0 * float(both.std(ddof=1)) / math.sqrt(both.size))
        rows["exact, seeing the state"].append(two_action_bayes_regret(T, scale=scale, spectral_radius=RHO, noise=0.1) / size)
        learner = learners["DynLinUCB"]
        assert isinstance(learner, DynLinUCB)
        rows["DynLinUCB, proved from above"].append(dynamical_regret_bound(learner, T) / size)
    columns |= {name: np.array(values) for name, values in rows.items()}
    columns["paper's rate, its constant unknown"] = np.full(len(HORIZONS), math.exp(-2) / 8 * math.sqrt(1 - RHO))
    columns["hypercube argument"] = np.full(len(HORIZONS), math.exp(-2) / 8)
    columns["limit"] = np.full(len(HORIZONS), largest_bayes_regret().constant)
    return columns


def draw_hard_instances(data: dict[str, Any]) -> Any:
    """Learners between the bounds."""
    canvas, axes = new_figure(height=4.0, width=7.6)
    draw_bands(axes, data["horizon"], data, ("DynLinUCB", "LinUCB"))
    lines = (
        ("DynLinUCB, proved from above", "-.", "above, proved for DynLinUCB"),
        ("exact, seeing the state", "-", "below, exact: who sees the state"),
        ("limit", "--", "its limit, .5298"),
        ("hypercube argument", ":", r"below: $e^{-2}/8$"),
        ("paper's rate, its constant unknown", (0, (1, 4)), r"with $\sqrt{1-\rho}$ for $1-\rho$"),
    )
    for name, style, text in lines:
        axes.plot(data["horizon"], data[name], color="0.3", linestyle=style, linewidth=1, label=text)
    axes.set(xscale="log", yscale="log", xlabel="horizon T, which the instance is made for")
    axes.set(ylabel=r"regret / ($\Omega \sigma \sqrt{T} / (1 - \rho)$)", title=r"One state, $\rho = .9$")
    axes.legend(frameon=False, fontsize=8, bbox_to_anchor=(1.0, 1.0), loc="upper left")
    return canvas


# --- drift -------------------------------------------------------------------------------------------------------------------

DRIFT = 6000
FORGETTING = ("LinUCB", "D-LinUCB", "SW-LinUCB")


def drift(full: bool = False) -> dict[str, Any]:
    """Dynamic regret on parameters that jump three times, with 50 actions on the circle."""
    bandit = abrupt_circle()
    angles = 2.0 * np.pi * np.arange(50) / 50
    arms = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    variation = bandit.variation(DRIFT)
    forget = (variation / (2 * DRIFT)) ** (2.0 / 3.0)
    learners = {
        "LinUCB": LinUCB.for_bandit(bandit, arms, DRIFT),
        "D-LinUCB": DLinUCB.for_bandit(bandit, arms, DRIFT, discount=1.0 - forget),
        "SW-LinUCB": SWLinUCB.for_bandit(bandit, arms, DRIFT, window=round(1.0 / forget)),
    }
    looks = np.arange(100, DRIFT + 1, 100)
    columns: dict[str, Any] = {"round": looks}
    seeds = range(100 if full else 20)
    for name, found in compare(bandit, arms, learners, DRIFT, seeds=seeds, checkpoints=looks).items():
        bands(columns, name, found)
    return columns


def draw_drift(data: dict[str, Any]) -> Any:
    """Curves, jumps marked."""
    canvas, axes = new_figure(height=3.6, width=6.4)
    draw_bands(axes, data["round"], data, FORGETTING)
    for jump in (1000, 2000, 3000):
        axes.axvline(jump, color="0.8", linewidth=1)
    axes.set(xlabel="round (lines: the parameter jumps)", ylabel="dynamic regret (bands: 2 standard errors)", ylim=(0, None))
    axes.legend(frameon=False, fontsize=8)
    return canvas


FIGURES = (
    Figure(
        slug=SLUG,
        name="synthetic",
        caption="Regret of seven learners on the synthetic dynamical linear bandit over a million rounds",
        kind="simulated",
        compute=synthetic,
        draw=lambda data: draw_experiment(data, "Three channels, synthetic"),
        observations=(
            (
                "DynLinUCB is sublinear, and its trials are alike",
                lambda d: slope(d, "DynLinUCB") < 0.65 and d["DynLinUCB, largest"][-1] < 1.05 * d["DynLinUCB, least"][-1],
            ),
            (
                "some trials of LinUCB and of D-LinUCB lock on the second best budget and lose 31,000, others find the best one",
                lambda d: all(
                    d[f"{name}, largest"][-1] > 30_000 > 10_000 > d[f"{name}, least"][-1] for name in ("LinUCB", "D-LinUCB")
                ),
            ),
            ("Exp3 and AR2 are linear", lambda d: slope(d, "Exp3") > 0.95 and slope(d, "AR2") > 0.95),
        ),
    ),
    Figure(
        slug=SLUG,
        name="advertising",
        caption="Regret of seven learners and of an expert's allocation on the bandit identified from advertising data",
        kind="simulated",
        compute=advertising,
        draw=lambda data: draw_experiment(data, "Three channels, from advertising data"),
        observations=(
            ("LinUCB is linear in every trial", lambda d: slope(d, "LinUCB, least") > 0.95),
            (
                "DynLinUCB is sublinear and loses less than a third of that",
                lambda d: slope(d, "DynLinUCB") < 0.85 and 3 * d["DynLinUCB, largest"][-1] < d["LinUCB, least"][-1],
            ),
            (
                "D-LinUCB leaves the wrong budget once its discounts bite",
                lambda d: d["D-LinUCB"][-1] < 0.6 * d["LinUCB"][-1],
            ),
            (
                "the expert's allocation loses as much as LinUCB",
                lambda d: abs(d["expert, exact"][-1] / d["LinUCB"][-1] - 1) < 0.05,
            ),
        ),
    ),
    Figure(
        slug=SLUG,
        name="assumed_radius",
        caption="Regret of DynLinUCB on the synthetic instance by the spectral radius that it assumes",
        kind="simulated",
        compute=assumed_radius,
        draw=draw_assumed_radius,
        observations=(
            (
                "twice the true radius costs half as much again, .9 ten times as much",
                lambda d: (
                    1.3 < d["rounded up"][6] / d["rounded up"][4] < 1.7 and 8 < d["rounded up"][9] / d["rounded up"][4] < 12
                ),
            ),
            (
                "rounded up regret rises with the radius",
                lambda d: bool((np.diff(d["rounded up"]) > 0).all()),
            ),
            (
                "rounded down it rises again towards radius 0",
                lambda d: d["rounded down"][0] - d["rounded down_error"][0] > d["rounded down"][1],
            ),
        ),
    ),
    Figure(
        slug=SLUG,
        name="widths",
        caption="Largest error so far in units of the confidence width, with memory and without",
        kind="simulated",
        compute=widths,
        draw=draw_widths,
        observations=(
            (
                "widths hold for who is told the truth, in every trial",
                lambda d: all(d[f"{name}, largest ratio"][0] < 1 for name in (MEMORY[0], *NONE)),
            ),
            ("LinUCB misses h where there is memory", lambda d: d["LinUCB"][-1] > d["width of LinUCB"][-1]),
        ),
    ),
    Figure(
        slug=SLUG,
        name="hard_instances",
        caption="Learners on instances made for each horizon, between lower bounds and the proved upper bound",
        kind="simulated",
        compute=hard_instances,
        draw=draw_hard_instances,
        observations=(
            (
                "nobody beats who sees the state",
                lambda d: all((d[n] + d[f"{n}_error"] >= d["exact, seeing the state"]).all() for n in ("DynLinUCB", "LinUCB")),
            ),
            ("who sees the state comes to .5298", lambda d: abs(d["exact, seeing the state"][-1] - d["limit"][-1]) < 0.01),
        ),
    ),
    Figure(
        slug=SLUG,
        name="drift",
        caption="Dynamic regret of learners that forget and of one that does not, on a parameter that jumps three times",
        kind="simulated",
        compute=drift,
        draw=draw_drift,
        observations=(
            (
                "forgetting pays after the first jump",
                lambda d: max(d["D-LinUCB"][-1], d["SW-LinUCB"][-1]) < d["LinUCB"][-1],
            ),
            ("and costs before it", lambda d: min(d["D-LinUCB"][9], d["SW-LinUCB"][9]) > d["LinUCB"][9]),
        ),
    ),
)
