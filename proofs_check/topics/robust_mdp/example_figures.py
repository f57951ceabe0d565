"""Pictures of what sets do: shrinking ranges, the gambler, nested risk, the American put."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

import tabular
from proofs_check.figures import COLOURS, Figure, new_figure
from proofs_check.topics.robust_mdp.gambling import bold, timid
from proofs_check.topics.robust_mdp.instances import two_islands

COIN = tabular.TotalVariation(absolutely_continuous=True)


# --- ranges --------------------------------------------------------------------------------------------------------------------

HORIZON = 6


def range_shrinkage(full: bool = False) -> dict[str, Any]:
    """The span of robust values on two islands, discounted and over six steps."""
    islands = two_islands()
    staged = tabular.MDP([[[1, 0]], [[0, 1]]], [[1], [0]], 1)
    radius = np.linspace(0, 1, 101 if full else 51)
    columns: dict[str, Any] = {"radius": radius}
    for name, divergence in (("TV", tabular.TotalVariation()), ("KL", tabular.KL())):
        long = [tabular.solve(tabular.Robust(islands, divergence, radius=x), tol=1e-12).values for x in radius]
        short = [
            tabular.solve(tabular.FiniteHorizon(tabular.Robust(staged, divergence, radius=x), HORIZON)).values[0] for x in radius
        ]
        columns[f"{name}, discounted"] = np.array([v.max() - v.min() for v in long])
        columns[f"{name}, staged"] = np.array([v.max() - v.min() for v in short])
    columns["bound, discounted"] = 1 / (1 - 0.9 * (1 - radius))
    with np.errstate(invalid="ignore"):
        columns["bound, staged"] = np.where(radius > 0, (1 - (1 - radius) ** HORIZON) / radius, HORIZON)
    return columns


def draw_range_shrinkage(data: dict[str, Any]) -> Any:
    """The adversary's horizon, and a set that cannot use it."""
    canvas, panels = new_figure(height=3.2, width=8.4, ncols=2)
    titles = {"discounted": r"$\gamma = .9$", "staged": f"{HORIZON} steps"}
    for axes, kind in zip(panels, titles, strict=True):
        axes.plot(data["radius"], data[f"bound, {kind}"], color="0.75", linewidth=5, label="bound for TV")
        axes.plot(data["radius"], data[f"TV, {kind}"], color=COLOURS[0], label="TV")
        axes.plot(data["radius"], data[f"KL, {kind}"], color=COLOURS[1], linestyle="--", label="KL, chi-square")
        axes.set(xlabel=r"radius $\rho$", title=f"Two islands, {titles[kind]}")
    panels[0].set(ylabel="span of robust values", ylim=(0, None))
    panels[1].set(ylim=(0, None))
    panels[0].legend(frameon=False, fontsize=8)
    return canvas


# --- the gambler ---------------------------------------------------------------------------------------------------------------

GOAL, HEADS = 20, 0.6
RADII = (0.0, 0.05, 0.1, 0.15)


def gambler(full: bool = False) -> dict[str, Any]:
    """Chances of reaching the goal, solved and in closed form, and the largest best stake."""
    columns: dict[str, Any] = {"capital": np.arange(GOAL + 1)}
    mdp = tabular.domains.gambler(GOAL, HEADS)
    for radius in RADII:
        problem = tabular.Robust(mdp, COIN, radius=radius)
        operator, values = problem.staged_operator(), np.zeros(GOAL + 1)
        for _ in range(4000):  # as many coins: what is not decided by then is below rounding
            values = operator.backup(values)
        q = operator.q_values(values)
        h = HEADS - radius
        columns[f"radius {radius:g}"] = values
        columns[f"closed form, radius {radius:g}"] = timid(GOAL, h) if h >= 0.5 else bold(GOAL, h)
        best = q >= q.max(axis=1, keepdims=True) - 1e-9
        columns[f"smallest stake, radius {radius:g}"] = np.array([row.argmax() + 1 for row in best])
        columns[f"largest stake, radius {radius:g}"] = np.array([best.shape[1] - row[::-1].argmax() for row in best])
    return columns


def draw_gambler(data: dict[str, Any]) -> Any:
    """Values on the left, the best stakes on the right."""
    canvas, panels = new_figure(height=3.4, width=8.4, ncols=2)
    inner = slice(1, GOAL)
    for colour, radius in zip(COLOURS, RADII, strict=False):
        label = rf"$\rho$ = {radius:g}: heads {HEADS - radius:g}"
        panels[0].plot(data["capital"], data[f"radius {radius:g}"], color=colour, label=label)
        panels[0].plot(data["capital"], data[f"closed form, radius {radius:g}"], "o", color=colour, markersize=3)
        low, high = data[f"smallest stake, radius {radius:g}"][inner], data[f"largest stake, radius {radius:g}"][inner]
        if radius == 0.1:
            panels[1].fill_between(data["capital"][inner], low, high, color=colour, alpha=0.2, linewidth=0, label="heads .5: any")
        else:
            panels[1].plot(data["capital"][inner], low, color=colour, label=f"heads {HEADS - radius:g}")
    for axes in panels:
        axes.set_xticks(range(0, GOAL + 1, 5))
    panels[0].set(xlabel="capital", ylabel="chance of 20", title="Values (dots: closed forms)")
    panels[1].set(xlabel="capital", ylabel="best stake", title="The policy turns over at heads 1/2")
    panels[0].legend(frameon=False, fontsize=8)
    panels[1].legend(frameon=False, fontsize=8)
    return canvas


# --- risk ----------------------------------------------------------------------------------------------------------------------

WALK = np.array([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5]])
LEVEL = 0.5


def nested_risk(full: bool = False) -> dict[str, Any]:
    """Nested and static risk of a walk's return, per step."""
    chain = tabular.MDP(WALK[:, None], [[0.0], [1.0], [-1.0]], 1.0)
    horizons = np.arange(1, 13 if full else 11)
    columns: dict[str, list[float]] = {
        name: [] for name in ("mean", "tail mean", "nested tail mean", "entropic", "nested entropic")
    }
    for n in horizons:
        horizon = int(n)
        values, masses = tabular.robust.return_law(tabular.FiniteHorizon(chain, horizon), [0, 0, 0], 0)
        columns["mean"].append(float(values @ masses))
        columns["tail mean"].append(tabular.CVaR(LEVEL).worst_case(values, masses).value)
        columns["entropic"].append(tabular.robust.entropic_risk(values, masses, 1.0))
        for name, problem in (
            ("nested tail mean", tabular.robust.nested_cvar(chain, LEVEL)),
            ("nested entropic", tabular.robust.nested_entropic(chain, 1.0)),
        ):
            columns[name].append(tabular.solve(tabular.FiniteHorizon(problem, horizon)).values[0, 0])
    return {"horizon": horizons, **{name: np.array(column) for name, column in columns.items()}}


def draw_nested_risk(data: dict[str, Any]) -> Any:
    """Dynamic programming against the quantiles of the return."""
    canvas, axes = new_figure(height=3.4)
    axes.plot(data["horizon"], data["mean"], color="0.6", label="mean")
    axes.plot(data["horizon"], data["entropic"], color=COLOURS[0], linewidth=4, alpha=0.35, label="entropic risk of the return")
    axes.plot(data["horizon"], data["nested entropic"], color=COLOURS[0], label="KL at a price, nested")
    axes.plot(data["horizon"], data["tail mean"], color=COLOURS[1], linewidth=4, alpha=0.35, label="mean of its lower half")
    axes.plot(data["horizon"], data["nested tail mean"], color=COLOURS[1], label="CVaR .5, nested")
    axes.set(xlabel="steps", ylabel="return of a walk", title="Nested risk is not the risk of the return, but for entropic")
    axes.legend(frameon=False, fontsize=8)
    return canvas


# --- the put -------------------------------------------------------------------------------------------------------------------

START = 99.17022004702574
"""The one starting price of the published test runs."""

CHANCES = np.linspace(0.2, 1.0, 17)
PUT_RADII = (0.0, 0.05, 0.1, 0.2)

PUBLISHED: dict[str, tuple[float, ...]] = {
    "PEVI": (6.279, 5.020, 2.199, 0.295, 0.0),
    "R2PVI, first": (3.798, 3.304, 2.121, 0.870, 0.0),
    "R2PVI, second": (4.769, 4.319, 2.211, 0.572, 0.0),
    "R2PVI, third": (1.407, 1.318, 1.140, 0.877, 0.553),
    "DRPVI, first": (3.852, 3.278, 2.105, 0.841, 0.0),
    "DRPVI, second": (4.960, 4.328, 2.164, 0.397, 0.0),
    "DRPVI, third": (1.493, 1.419, 1.203, 0.883, 0.553),
}
"""Average rewards that the authors' notebook printed, at chances .2, .4, .6, .8 and 1 of a move up; which parameter belongs to
which curve is not stored there."""


def staged(put: Any, divergence: Any = None, **strength: Any) -> Any:
    """The solution of a nominal or robust put."""
    problem = put.mdp if divergence is None else tabular.Robust(put.mdp, divergence, **strength)
    return tabular.solve(tabular.FiniteHorizon(problem, put.horizon))


def late(put: Any) -> Any:
    """The other tie rule: exercise wherever that pays and is as good as waiting."""
    solution = staged(put)
    q = solution.q_values
    exercise = (q[:, :, 1] > 0) & (q[:, :, 1] >= q[:, :, 0] - 1e-9)
    return np.stack([~exercise, exercise], axis=2).astype(float)


def put_curves(full: bool = False) -> dict[str, Any]:
    """Exact values of policies when the coin is another one."""
    put = tabular.domains.american_put(START)
    policies = {
        "nominal, waits at ties": staged(put).policy,
        "nominal, exercises at ties": late(put),
        **{f"TV .5 +- {r:g}": staged(put, COIN, radius=r).policy for r in (0.05, 0.1, 0.3)},
        "chi-square at price 2": staged(put, tabular.ChiSquare(), penalty=2.0).policy,
        "TV with exit at price 5": staged(put, tabular.TotalVariation(), penalty=5.0).policy,
    }
    columns: dict[str, Any] = {"chance of up": CHANCES}
    worlds = [tabular.domains.american_put(START, probability_up=x).problem() for x in CHANCES]
    columns["best for the coin"] = np.array([tabular.solve(w).values[0, 0] for w in worlds])
    for name, policy in policies.items():
        columns[name] = np.array([tabular.policy_value(w, policy)[0, 0] for w in worlds])
    for name, averages in PUBLISHED.items():
        columns[f"published {name}"] = np.full(CHANCES.size, np.nan)
        columns[f"published {name}"][::4] = averages
    return columns


def draw_put_curves(data: dict[str, Any]) -> Any:
    """Exact curves on the left; the published averages over them on the right."""
    canvas, panels = new_figure(height=3.4, width=8.8, ncols=2)
    names = [n for n in data if n != "chance of up" and not n.startswith("published")]
    for axes in panels:
        axes.plot(data["chance of up"], data["best for the coin"], color="0.5", linestyle=":", label="best for the coin")
    for colour, name in zip(COLOURS, names[1:], strict=False):
        # three of the curves are within a twentieth of each other: one is drawn wide, one dashed
        width, style = {"chi-square at price 2": (1.6, "--"), "TV .5 +- 0.1": (4.0, "-")}.get(name, (1.6, "-"))
        panels[0].plot(data["chance of up"], data[name], color=colour, linewidth=width, linestyle=style, label=name)
    for name in names[1:]:
        panels[1].plot(data["chance of up"], data[name], color="0.85", zorder=0)
    for colour, kind in zip(COLOURS, ("PEVI", "R2PVI", "DRPVI"), strict=False):
        for k, name in enumerate(n for n in PUBLISHED if n.startswith(kind)):
            marker = "o" if kind == "PEVI" else "s" if kind == "R2PVI" else "^"
            panels[1].plot(
                data["chance of up"],
                data[f"published {name}"],
                marker,
                color=colour,
                markersize=4,
                label=kind if k == 0 else None,
            )
    for axes in panels:
        axes.set(xlabel="chance of a move up", yscale="symlog", ylim=(0, 25))
        axes.set_yticks([0, 0.5, 1, 2, 5, 10, 20], ["0", ".5", "1", "2", "5", "10", "20"])
        axes.minorticks_off()
    panels[0].set(ylabel="value from 99.17", title="Exact, when the coin is another one")
    panels[1].set(title="Published averages; some above the dotted optimum")
    panels[0].legend(frameon=False, fontsize=7)
    panels[1].legend(frameon=False, fontsize=8)
    return canvas


def put_boundary(full: bool = False) -> dict[str, Any]:
    """Where each radius exercises, of the nodes below the strike."""
    put = tabular.domains.american_put(100.0)
    below = put.prices < 100
    columns: dict[str, Any] = {"time": put.times[below], "price": put.prices[below]}
    for radius in PUT_RADII:
        solution = staged(put, COIN, radius=radius) if radius else staged(put)
        columns[f"exercised, radius {radius:g}"] = put.exercised(solution.policy)[below].astype(int)
    return columns


def draw_put_boundary(data: dict[str, Any]) -> Any:
    """Nodes of the lattice by who exercises there."""
    canvas, axes = new_figure(height=3.8)
    never = data[f"exercised, radius {PUT_RADII[-1]:g}"] == 0
    axes.plot(data["time"][never], data["price"][never], ".", color="0.8", label="waits up to radius .2")
    for colour, radius in zip(COLOURS, reversed(PUT_RADII), strict=False):  # smaller radii over larger ones
        here = data[f"exercised, radius {radius:g}"] == 1
        label = "at every radius" if radius == 0 else rf"from $\rho$ = {radius:g}"
        axes.plot(data["time"][here], data["price"][here], "s", color=colour, markersize=4, label=label)
    axes.set(xlabel="time", ylabel="price", title="Larger radius, earlier exercise (from 100; ties wait)", xlim=(0, 19.5))
    axes.set_xticks(range(0, 20, 5))
    axes.legend(frameon=False, fontsize=8, loc="lower left")
    return canvas


def at(data: dict[str, Any], chance: float, name: str) -> float:
    """A curve at one chance."""
    return float(data[name][np.argmin(np.abs(data["chance of up"] - chance))])


def excess(data: dict[str, Any]) -> float:
    """The largest amount by which a published average exceeds the exact optimum for its coin."""
    return max(float(np.nanmax(data[f"published {n}"] - data["best for the coin"])) for n in PUBLISHED)


FIGURES = (
    Figure(
        slug="robust_mdp",
        name="range_shrinkage",
        caption="Total variation shrinks ranges to the adversary's horizon; KL and chi-square cannot move point masses",
        kind="exact",
        compute=range_shrinkage,
        draw=draw_range_shrinkage,
        observations=(
            (
                "total variation is on the bound",
                lambda d: all(np.allclose(d[f"TV, {k}"], d[f"bound, {k}"], atol=1e-9) for k in ("discounted", "staged")),
            ),
            (
                "KL stays at the full horizon",
                lambda d: np.allclose(d["KL, staged"], HORIZON) and np.allclose(d["KL, discounted"], 10),
            ),
        ),
    ),
    Figure(
        slug="robust_mdp",
        name="gambler",
        caption="The gambler's problem when the coin may be worse than it is said to be",
        kind="exact",
        compute=gambler,
        draw=draw_gambler,
        observations=(
            (
                "solved and closed forms agree",
                lambda d: all(np.allclose(d[f"radius {r:g}"], d[f"closed form, radius {r:g}"], atol=1e-9) for r in RADII),
            ),
            (
                "stakes of one while the worst coin is favourable",
                lambda d: (
                    (d["smallest stake, radius 0.05"][1:-1] == 1).all() and (d["largest stake, radius 0.05"][1:-1] == 1).all()
                ),
            ),
            ("at a fair worst coin every stake ties", lambda d: d["largest stake, radius 0.1"][10] == 10),
            (
                "half of the goal is staked at once when it is against the gambler",
                lambda d: d["largest stake, radius 0.15"][10] == 10,
            ),
        ),
    ),
    Figure(
        slug="robust_mdp",
        name="nested_risk",
        caption="Robust dynamic programming computes nested risk",
        kind="exact",
        compute=nested_risk,
        draw=draw_nested_risk,
        observations=(
            (
                "the entropic risk is the same nested and static",
                lambda d: np.allclose(d["entropic"], d["nested entropic"], atol=1e-9),
            ),
            ("nested tail means drift away", lambda d: d["tail mean"][-1] - d["nested tail mean"][-1] > 2),
        ),
    ),
    Figure(
        slug="robust_mdp",
        name="put_curves",
        caption="American put: exact values of policies when the coin changes, and the published averages",
        kind="exact",
        compute=put_curves,
        draw=draw_put_curves,
        observations=(
            (
                "robust curves cross the nominal one between .4 and .6",
                lambda d: (
                    at(d, 0.4, "TV .5 +- 0.1") < at(d, 0.4, "nominal, waits at ties")
                    and at(d, 0.6, "TV .5 +- 0.1") > at(d, 0.6, "nominal, waits at ties")
                ),
            ),
            (
                "radius .1 is optimal for the coin .6",
                lambda d: abs(at(d, 0.6, "TV .5 +- 0.1") - at(d, 0.6, "best for the coin")) < 1e-9,
            ),
            (
                "ties matter: 21.16 against 14.81 at .2",
                lambda d: abs(at(d, 0.2, "nominal, exercises at ties") - 14.8053316222) < 1e-6,
            ),
            ("some published averages exceed the optimum, by up to .29", lambda d: 0.25 < excess(d) < 0.3),
            (
                "at chance 1 the published .553 is two thirds of immediate exercise",
                lambda d: abs(2 / 3 * at(d, 1.0, "best for the coin") - 0.553) < 5e-4,
            ),
        ),
    ),
    Figure(
        slug="robust_mdp",
        name="put_boundary",
        caption="American put: where each radius exercises",
        kind="exact",
        compute=put_boundary,
        draw=draw_put_boundary,
        observations=(
            (
                "regions are nested in the radius",
                lambda d: all(
                    bool((d[f"exercised, radius {b:g}"] >= d[f"exercised, radius {a:g}"]).all()) for a, b in pairwise(PUT_RADII)
                ),
            ),
            (
                "without an adversary nothing is exercised before the last time",
                lambda d: bool((d["time"][d["exercised, radius 0"] == 1] == 19).all()),
            ),
            (
                "at radius .2 a price two moves down is sold at once",
                lambda d: bool(d["exercised, radius 0.2"][(d["time"] == 2) & (d["price"] < 97)][0] == 1),
            ),
        ),
    ),
)
"""Figures of ranges, the gambler, risk, and the put."""
