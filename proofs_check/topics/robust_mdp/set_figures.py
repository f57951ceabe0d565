"""Pictures of worst cases of one law, of a model as its radius grows, and of radii against penalties."""

from __future__ import annotations

from typing import Any

import numpy as np

import tabular
from proofs_check.figures import COLOURS, Figure, new_figure
from proofs_check.topics.robust_mdp.instances import reference

P, VALUES = np.array([0.4, 0.3, 0.2, 0.1]), np.array([1.0, 3.0, -0.5, 2.0])
"""The law I1 of the reference values: mean 1.4, variance 1.59."""

ONE_LAW: dict[str, Any] = {"TV": tabular.TotalVariation(), "KL": tabular.KL(), "chi-square": tabular.ChiSquare()}
SATURATION = {"TV": 0.8, "KL": float(np.log(5)), "chi-square": 4.0}
"""Radii at which all mass can be at the smallest value: 1 - p, -log p and 1 / p - 1 with p = 1/5 there."""

MARK = 0.2


def one_law(full: bool = False) -> dict[str, Any]:
    """Constrained and penalised worst cases, and tail means, of one law."""
    count = 241 if full else 121
    radius, price, level = np.linspace(0, 4.5, count), np.linspace(0, 5, count), np.linspace(0, 1, count)
    columns: dict[str, Any] = {"radius": radius, "price": price, "level": level}
    for name, divergence in ONE_LAW.items():
        columns[f"C, {name}"] = np.array([divergence.worst_case(VALUES, P, x).value for x in radius])
        columns[f"R, {name}"] = np.array([divergence.penalised_min(VALUES, P, x).value for x in price])
        slope = divergence.multiplier(VALUES, P, MARK)
        columns[f"tangent, {name}"] = divergence.penalised_min(VALUES, P, slope).value - slope * radius
    columns["tail mean"] = np.array([tabular.CVaR(x).worst_case(VALUES, P).value for x in level])
    return columns


def draw_one_law(data: dict[str, Any]) -> Any:
    """Radius on the left, price in the middle, level of the tail on the right."""
    canvas, panels = new_figure(height=3.4, width=10, ncols=3)
    for colour, name in zip(COLOURS, ONE_LAW, strict=False):
        panels[0].plot(data["radius"], data[f"C, {name}"], color=colour, label=name)
        inside = np.abs(data["radius"] - MARK) < 0.35
        panels[0].plot(data["radius"][inside], data[f"tangent, {name}"][inside], color=colour, linewidth=0.8, linestyle=":")
        panels[0].plot(SATURATION[name], -0.5, "o", color=colour, markersize=4)
        panels[1].plot(data["price"], data[f"R, {name}"], color=colour, label=name)
    panels[2].plot(data["level"], data["tail mean"], color=COLOURS[3])
    for axes in panels:
        axes.axhline(1.4, color="0.85", linewidth=0.8, zorder=0)
    panels[0].set(xlabel=r"radius $\rho$", title=r"$C_\rho$: flat after the dot", xlim=(-0.05, 4.5))
    panels[1].set(xlabel=r"price $\lambda$", title=r"$R_\lambda$: concave, up to the mean")
    panels[2].set(xlabel=r"level $\tau$", title=r"mean of the lowest $\tau$")
    panels[0].legend(frameon=False, fontsize=8)
    return canvas


def kinks(x: Any, y: Any) -> int:
    """At how many places a piecewise linear curve bends, within rounding."""
    bends = np.abs(np.diff(y, 2)) > 1e-6 * np.abs(np.diff(y)).max()
    return int(np.count_nonzero(bends[1:] & ~bends[:-1]) + bends[0])


SETS: dict[str, Any] = {
    "TV": tabular.TotalVariation(),
    "KL": tabular.KL(),
    "chi-square": tabular.ChiSquare(),
    "reverse KL": tabular.ReverseKL(),
    "L2": tabular.L2(),
    "contamination": tabular.Contamination(),
}


def radius_sweep(full: bool = False) -> dict[str, Any]:
    """The first value of the reference model as the radius grows; with a budget for each action, and with a shared one."""
    mdp = reference()
    radius = np.linspace(0, 0.5, 51 if full else 26)
    columns: dict[str, Any] = {"radius": radius}
    for name, divergence in SETS.items():
        columns[name] = np.array([tabular.solve(tabular.Robust(mdp, divergence, radius=x), tol=1e-11).values[0] for x in radius])
    for name in ("TV", "KL"):
        shared = [tabular.Robust(mdp, SETS[name], radius=x, rectangular="s") for x in radius]
        solutions = [tabular.solve(problem, tol=1e-11) for problem in shared]
        columns[f"{name}, shared"] = np.array([s.values[0] for s in solutions])
        columns[f"{name}, half each"] = np.array(
            [tabular.solve(tabular.Robust(mdp, SETS[name], radius=x / 2), tol=1e-11).values[0] for x in radius]
        )
        columns[f"{name}, share of action 0 in state 1"] = np.array([s.policy[1, 0] for s in solutions])
    return columns


def draw_radius_sweep(data: dict[str, Any]) -> Any:
    """Sets on the left; rectangles in the middle; what is mixed on the right."""
    canvas, panels = new_figure(height=3.1, width=9.6, ncols=3)
    for colour, name in zip(COLOURS, SETS, strict=False):
        panels[0].plot(data["radius"], data[name], color=colour, label=name)
    for colour, name in zip(COLOURS, ("TV", "KL"), strict=False):
        panels[1].fill_between(data["radius"], data[name], data[f"{name}, half each"], color=colour, alpha=0.15, linewidth=0)
        panels[1].plot(data["radius"], data[f"{name}, shared"], color=colour, label=f"{name}, shared by two actions")
        panels[2].plot(data["radius"], data[f"{name}, share of action 0 in state 1"], color=colour, label=name)
    panels[0].set(xlabel=r"radius $\rho$", ylabel="V(0)", title="One radius means six things")
    panels[1].set(xlabel=r"radius $\rho$", title="Shared: between all of it and half each")
    panels[2].set(xlabel=r"radius $\rho$", title="Action 0 in state 1: mixed", ylim=(0.4, 1.02))
    for axes in panels:
        axes.legend(frameon=False, fontsize=8)
    return canvas


RADIUS = 0.05


def single_penalty(full: bool = False) -> dict[str, Any]:
    """The bound from one price for all rows, against the values within the radius."""
    mdp, gamma = reference(), 0.9
    price = np.sort(np.append(np.linspace(0.2, 1.4, 121 if full else 61), [0.6436543, 0.71656]))
    columns: dict[str, Any] = {"price": price}
    for name in ("TV", "KL"):
        robust = tabular.Robust(mdp, SETS[name], radius=RADIUS)
        values = tabular.solve(robust, tabular.PolicyIteration(), tol=1e-12).values
        bounds = [
            tabular.solve(tabular.Robust(mdp, SETS[name], penalty=x), tol=1e-11).values - gamma / (1 - gamma) * x * RADIUS
            for x in price
        ]
        field = tabular.robust.multipliers(robust, values)
        columns[f"{name}, bound"] = np.array(bounds)[:, 0]
        columns[f"{name}, value"] = np.full(price.size, values[0])
        columns[f"{name}, smallest multiplier"] = np.full(price.size, field.min())
        columns[f"{name}, largest multiplier"] = np.full(price.size, field.max())
    return columns


def draw_single_penalty(data: dict[str, Any]) -> Any:
    """The bound as a curve, the value as a line, the range of multipliers as a band."""
    canvas, panels = new_figure(height=3.4, width=8.4, ncols=2)
    for axes, colour, name in zip(panels, COLOURS, ("TV", "KL"), strict=False):
        low, high = data[f"{name}, smallest multiplier"][0], data[f"{name}, largest multiplier"][0]
        axes.axvspan(low, high, color="0.92", label="multipliers of the rows")
        axes.axhline(data[f"{name}, value"][0], color="0.3", linewidth=1, label=r"$v^\rho$")
        axes.plot(data["price"], data[f"{name}, bound"], color=colour, label=r"$v^\lambda - \gamma \lambda \rho / (1 - \gamma)$")
        axes.set(xlabel=r"price $\lambda$", title=f"{name}: the best price falls short")
        axes.legend(frameon=False, fontsize=8, loc="lower right")
    panels[0].set(ylabel="V(0)")
    return canvas


COIN = np.array([0.0, 1.0])
FAIR = np.array([0.5, 0.5])
SAFE, SMALL_SAFE, SCALE = 0.27, 0.29, 0.1


def two_contexts(full: bool = False) -> dict[str, Any]:
    """Advantage of the coin over the safe payment, in units of the stake: within radii, and at prices."""
    count = 241 if full else 121
    radius, price = np.linspace(0, 0.3, count), np.geomspace(0.02, 2, count)
    within = np.array([tabular.KL().worst_case(COIN, FAIR, x).value for x in radius])
    large = np.array([tabular.KL().penalised_min(COIN, FAIR, x).value for x in price])
    small = np.array([tabular.KL().penalised_min(COIN, FAIR, x / SCALE).value for x in price])
    return {
        "radius": radius,
        "A, radius": within - SAFE,
        "B, radius": within - SMALL_SAFE,
        "price": price,
        "A, price": large - SAFE,
        "B, price": small - SMALL_SAFE,
    }


def draw_two_contexts(data: dict[str, Any]) -> Any:
    """Where both constrained choices are made, and that no price makes both."""
    canvas, panels = new_figure(height=3.4, width=8.4, ncols=2)
    a = r"A: a coin for 1, or .27"
    b = r"B: a coin for .1, or .029"
    for axes, kind in zip(panels, ("radius", "price"), strict=False):
        axes.axhline(0, color="0.6", linewidth=0.8)
        axes.plot(data[kind], data[f"A, {kind}"], color=COLOURS[0], label=a)
        axes.plot(data[kind], data[f"B, {kind}"], color=COLOURS[1], label=b)
        wanted = (data[f"A, {kind}"] > 0) & (data[f"B, {kind}"] < 0)
        if wanted.any():
            axes.axvspan(data[kind][wanted].min(), data[kind][wanted].max(), color="0.9", zorder=0)
    refuses = data["price"][data["B, price"] < 0].max()
    takes = data["price"][data["A, price"] > 0].min()
    panels[1].axvspan(panels[1].get_xlim()[0], refuses, color=COLOURS[1], alpha=0.12, zorder=0)
    panels[1].axvspan(takes, data["price"][-1], color=COLOURS[0], alpha=0.12, zorder=0)
    panels[1].set_xscale("log")
    panels[0].set(
        xlabel=r"radius $\rho$", ylabel="coin less safe, per unit of stake", title="In the grey band: coin in A, safe in B"
    )
    panels[1].set(xlabel=r"price $\lambda$", title="No price refuses B and takes A", xlim=(0.02, 2))
    panels[0].legend(frameon=False, fontsize=8)
    return canvas


FIGURES = (
    Figure(
        slug="robust_mdp",
        name="one_law",
        caption="Worst cases of one law: within a radius, at a price, of the lowest mass",
        kind="exact",
        compute=one_law,
        draw=draw_one_law,
        observations=(
            ("total variation is piecewise linear with three bends", lambda d: kinks(d["radius"], d["C, TV"]) == 3),
            (
                "KL and chi-square fall like a square root: most steeply at radius 0",
                lambda d: all(-np.diff(d[f"C, {n}"])[0] > 2 * -np.diff(d[f"C, {n}"])[1] for n in ("KL", "chi-square")),
            ),
            (
                "all are flat at the smallest value after their saturation radius",
                lambda d: all((np.abs(d[f"C, {n}"][d["radius"] >= SATURATION[n]] + 0.5) < 1e-12).all() for n in ONE_LAW),
            ),
            (
                "the line of the conjugate pair touches from below",
                lambda d: all((d[f"tangent, {n}"] <= d[f"C, {n}"] + 1e-12).all() for n in ONE_LAW),
            ),
            ("penalised worst cases rise to the mean", lambda d: abs(d["R, TV"][-1] - 1.4) < 1e-12),
        ),
    ),
    Figure(
        slug="robust_mdp",
        name="radius_sweep",
        caption="The reference model as the radius grows: six sets, and budgets that two actions share",
        kind="exact",
        compute=radius_sweep,
        draw=draw_radius_sweep,
        observations=(
            ("values fall in the radius for every set", lambda d: all((np.diff(d[n]) <= 1e-9).all() for n in SETS)),
            ("contamination is the mildest of the six", lambda d: all((d["contamination"] >= d[n] - 1e-9).all() for n in SETS)),
            (
                "a shared budget lies between all of it and half each",
                lambda d: all(
                    ((d[n] <= d[f"{n}, shared"] + 1e-9) & (d[f"{n}, shared"] <= d[f"{n}, half each"] + 1e-9)).all()
                    for n in ("TV", "KL")
                ),
            ),
            (
                "at radius .2 of total variation state 1 mixes evenly",
                lambda d: bool(abs(np.interp(0.2, d["radius"], d["TV, share of action 0 in state 1"]) - 0.5) < 1e-9),
            ),
        ),
    ),
    Figure(
        slug="robust_mdp",
        name="single_penalty",
        caption="One price for all rows gives a bound only",
        kind="exact",
        compute=single_penalty,
        draw=draw_single_penalty,
        observations=(
            (
                "the bound is below the value at every price",
                lambda d: all((d[f"{n}, bound"] < d[f"{n}, value"]).all() for n in ("TV", "KL")),
            ),
            ("at the best price TV still loses .058", lambda d: abs((d["TV, value"] - d["TV, bound"]).min() - 0.0579) < 1e-4),
            ("at the best price KL still loses .011", lambda d: abs((d["KL, value"] - d["KL, bound"]).min() - 0.0111) < 1e-4),
        ),
    ),
    Figure(
        slug="robust_mdp",
        name="two_contexts",
        caption="A radius that no price imitates: two contexts whose stakes differ by ten",
        kind="exact",
        compute=two_contexts,
        draw=draw_two_contexts,
        observations=(
            (
                "at radius .1 the coin is taken in A and refused in B",
                lambda d: bool(np.interp(0.1, d["radius"], d["A, radius"]) > 0 > np.interp(0.1, d["radius"], d["B, radius"])),
            ),
            (
                "no price does both: A needs .462 at least, B .052 at most",
                lambda d: bool(d["price"][d["A, price"] > 0].min() > 0.45 and d["price"][d["B, price"] < 0].max() < 0.053),
            ),
        ),
    ),
)
"""Figures of sets, rectangles and penalties."""
