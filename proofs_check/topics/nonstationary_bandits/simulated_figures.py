"""Pictures of simulations: Gaussian arms by scale, and policies that do not know the chain."""

from __future__ import annotations

from typing import Any

import numpy as np

from proofs_check.figures import COLOURS, Figure, new_figure
from tabular.bandits import (
    UCB1,
    BeliefThompson,
    DiscountedThompson,
    DiscountedUCB,
    Exp3S,
    SlidingWindowThompson,
    SlidingWindowUCB,
    Thompson,
    examples,
    regret_by_scale,
    simulate,
)

SLUG = "nonstationary_bandits"

# --- Gaussian arms -----------------------------------------------------------------------------------------------------------

OWN = (5.0, 10.0, 20.0, 50.0, 100.0, 200.0)
COMMON = (3.0, 10.0, 50.0, 200.0)
FIXED_COMMON, FIXED_OWN = 10.0, 50.0


def gaussian_scales(full: bool = False) -> dict[str, Any]:
    """Regret per step of four policies, and the bound of Thompson sampling, as one of the two scales moves."""
    own = np.concatenate([OWN, np.full(len(COMMON), FIXED_OWN)])
    common = np.concatenate([np.full(len(OWN), FIXED_COMMON), COMMON])
    found = regret_by_scale(own, common, replications=1000 if full else 150)
    columns: dict[str, Any] = {"idiosyncratic": own, "common": common, "bound": found.finite_bound}
    for name, regret, error in zip(found.policies, found.regret, found.standard_error, strict=True):
        columns[name], columns[f"{name}_error"] = regret, 4.0 * error
    return columns


GAUSSIAN = ("Thompson", "sliding-window Thompson", "discounted UCB", "uniform")


def draw_gaussian_scales(data: dict[str, Any]) -> Any:
    """Against the idiosyncratic scale on the left, against the common one on the right."""
    canvas, panels = new_figure(height=3.5, width=8.4, ncols=2, sharey=True)
    rows = slice(0, len(OWN)), slice(len(OWN), None)
    for axes, here, scale, other in zip(panels, rows, ("idiosyncratic", "common"), ("common", "idiosyncratic"), strict=True):
        x = data[scale][here]
        for colour, name in zip(COLOURS, GAUSSIAN, strict=False):
            value, band = data[name][here], data[f"{name}_error"][here] / 2
            axes.fill_between(x, value - band, value + band, color=colour, alpha=0.2, linewidth=0)
            axes.plot(x, value, color=colour, marker="o", markersize=3, label=name)
        axes.plot(x, data["bound"][here], color="0.4", linestyle="--", label="bound of Thompson")
        axes.set(xscale="log", yscale="log", xlabel=f"{scale} scale", title=f"{other} scale {data[other][here][0]:g}")
    panels[0].set(ylabel="regret per step (bands: 2 standard errors)")
    panels[1].legend(frameon=False, fontsize=8)
    return canvas


# --- policies that do not know the chain -------------------------------------------------------------------------------------

SWITCH, GAP, HORIZON = 0.01, 0.3, 2000
EVERY = 100


def rivals(horizon: int) -> dict[str, Any]:
    """Policies by what they know: the chain, how often it moves, nothing."""
    changes = round(SWITCH * horizon)
    return {
        "Thompson, knows the chain": BeliefThompson(),
        "discounted Thompson": DiscountedThompson(0.95),
        "sliding-window Thompson": SlidingWindowThompson(30),
        "D-UCB, tuned": DiscountedUCB.tuned(horizon, changes),
        "SW-UCB, tuned": SlidingWindowUCB.tuned(horizon, changes),
        "Exp3.S, tuned": Exp3S.tuned(horizon, 2, changes),
        "UCB1": UCB1(),
        "Thompson, for fixed means": Thompson(),
    }


def baselines(full: bool = False) -> dict[str, Any]:
    """Mean regret per step up to each step on arms that swap once in a hundred steps."""
    steps = np.arange(EVERY, HORIZON + 1, EVERY)
    bandit = examples.swapping_arms(SWITCH, GAP)
    columns: dict[str, Any] = {"step": steps}
    for name, policy in rivals(HORIZON).items():
        found = simulate(bandit, policy, HORIZON, 4000 if full else 500, seed=0)
        columns[name] = found.cumulative_regret[steps - 1] / steps
        columns[f"{name}_error"] = 4.0 * found.cumulative_standard_error[steps - 1] / steps
    columns["exact, Thompson in the long run"] = np.full(len(steps), bandit.stationary_values().regret)
    columns["exact, Bayes optimum in the long run"] = np.full(len(steps), bandit.stationary_optimum().regret)
    return columns


def draw_baselines(data: dict[str, Any]) -> Any:
    """Curves with bands; the exact values as lines."""
    canvas, axes = new_figure(height=4.0, width=7.6)
    colours = (*COLOURS, "#999999")
    for colour, name in zip(colours, rivals(HORIZON), strict=True):
        value, band = data[name], data[f"{name}_error"] / 2
        axes.fill_between(data["step"], value - band, value + band, color=colour, alpha=0.2, linewidth=0)
        axes.plot(data["step"], value, color=colour, label=name)
    for style, name in zip((":", "--"), ("exact, Thompson in the long run", "exact, Bayes optimum in the long run"), strict=True):
        axes.plot(data["step"], data[name], color="0.3", linestyle=style, linewidth=1, label=name)
    axes.set(xlabel="step", ylabel="mean regret so far", title="Arms of .8 and .2 that swap once in 100 steps", ylim=(0, None))
    axes.legend(frameon=False, fontsize=8, bbox_to_anchor=(1.0, 1.0), loc="upper left")
    return canvas


FIGURES = (
    Figure(
        slug=SLUG,
        name="gaussian_scales",
        caption="Regret per step on two Gaussian arms, by the scales of their own and of their common variation",
        kind="simulated",
        compute=gaussian_scales,
        draw=draw_gaussian_scales,
        observations=(
            (
                "regret of Thompson sampling falls with the scale of what arms do not share, from .31 to .05",
                lambda d: (
                    bool((np.diff(d["Thompson"][: len(OWN)]) < 0).all())
                    and abs(d["Thompson"][0] - 0.31) < 0.02
                    and abs(d["Thompson"][len(OWN) - 1] - 0.05) < 0.02
                ),
            ),
            (
                "and hardly depends on the scale of what they share",
                lambda d: bool(np.ptp(d["Thompson"][len(OWN) :]) < 0.05),
            ),
            ("the bound holds", lambda d: bool((d["Thompson"] + d["Thompson_error"] <= d["bound"]).all())),
            (
                "and says something where arms move slowly",
                lambda d: d["bound"][0] > d["uniform"][0] and d["bound"][len(OWN) - 1] < d["uniform"][len(OWN) - 1],
            ),
        ),
    ),
    Figure(
        slug=SLUG,
        name="baselines",
        caption="Mean regret of eight policies on two arms that swap once in a hundred steps",
        kind="simulated",
        compute=baselines,
        draw=draw_baselines,
        observations=(
            (
                "simulated Thompson sampling comes to its exact value",
                lambda d: (
                    abs(d["Thompson, knows the chain"][-1] - d["exact, Thompson in the long run"][-1])
                    < d["Thompson, knows the chain_error"][-1] + 0.002
                ),
            ),
            (
                "whoever knows the chain loses least, Thompson sampling for fixed means most",
                lambda d: (
                    min(d[name][-1] for name in rivals(HORIZON)) == d["Thompson, knows the chain"][-1]
                    and max(d[name][-1] for name in rivals(HORIZON)) == d["Thompson, for fixed means"][-1]
                ),
            ),
            (
                "UCB1 comes next: over time both arms are worth the same, so that its indices stay balanced",
                lambda d: sorted(d[name][-1] for name in rivals(HORIZON))[1] == d["UCB1"][-1],
            ),
            (
                "no policy that does not know it beats the optimum that does",
                lambda d: all(d[name][-1] > d["exact, Bayes optimum in the long run"][-1] for name in rivals(HORIZON)),
            ),
        ),
    ),
)
