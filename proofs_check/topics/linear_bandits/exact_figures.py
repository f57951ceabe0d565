"""Pictures of exact numbers: transients, optimal sequences, waits rounded up and down, the step of forgetting analyses."""

from __future__ import annotations

from typing import Any

import numpy as np

from proofs_check.figures import COLOURS, Figure, new_figure
from proofs_check.figures.style import label
from tabular.linear_bandits import (
    DynamicalLinearBandit,
    DynLinUCB,
    SystemBounds,
    advertising_bandit,
    bias_step,
    budget_actions,
    log_checkpoints,
    synthetic_bandit,
    trace,
    worst_bias_norm,
)

SLUG = "linear_bandits"

# --- transients --------------------------------------------------------------------------------------------------------------

CHANNELS = ("0, 1/2, 1", "0, 1, 1/2", "1/2, 0, 1", "1/2, 1, 0", "1, 0, 1/2", "1, 1/2, 0")


def transient(full: bool = False) -> dict[str, Any]:
    """How far the expected reward of a constant budget is from its long-run value, on the advertising instance."""
    bandit, arms, rounds = advertising_bandit(), budget_actions(), np.arange(1, 61 if full else 41)
    told = SystemBounds.of(bandit, arms, state=0.0)
    columns: dict[str, Any] = {"round": rounds, "bound": told.transient(rounds)}
    for name, u, value in zip(CHANNELS, arms, bandit.values(arms), strict=True):
        columns[name] = np.abs(bandit.expected_rewards(np.tile(u, (rounds.size, 1))) - value)
    return columns


def draw_transient(data: dict[str, Any]) -> Any:
    """On a logarithmic axis; dips are changes of sign."""
    canvas, axes = new_figure(height=3.6, width=6.8)
    for colour, name in zip(COLOURS, CHANNELS, strict=False):
        axes.plot(data["round"], data[name], color=colour, label=name)
    axes.plot(data["round"], data["bound"], color="0.3", linestyle="--", label="bound")
    axes.set(yscale="log", xlabel="round", ylabel=r"$|E y_t - \langle h, u \rangle|$", ylim=(1e-9, None))
    axes.legend(frameon=False, fontsize=8, title="constant budget", bbox_to_anchor=(1.0, 1.0), loc="upper left")
    return canvas


# --- finite horizons ---------------------------------------------------------------------------------------------------------

HORIZONS = np.arange(1, 31)


def finite_horizon(full: bool = False) -> dict[str, Any]:
    """What constant actions lose against the optimum over T rounds, on both published instances."""
    arms, columns = budget_actions(), {"horizon": HORIZONS}
    for name, bandit in (("synthetic", synthetic_bandit()), ("advertising", advertising_bandit())):
        best = np.array([bandit.finite_horizon_optimum(arms, int(T)).value for T in HORIZONS])
        paid = np.array([bandit.expected_rewards(np.tile(u, (30, 1))).cumsum() for u in arms])
        columns[f"{name}, best in the long run"] = best - paid[int(np.argmax(bandit.values(arms)))]
        columns[f"{name}, best constant"] = best - paid.max(axis=0)
        columns[f"{name}, best at once"] = best - paid[int(np.argmax(arms @ bandit.theta))]
    return columns


def draw_finite_horizon(data: dict[str, Any]) -> Any:
    """One panel for each instance."""
    canvas, panels = new_figure(height=3.3, width=8.0, ncols=2)
    for axes, name in zip(panels, ("synthetic", "advertising"), strict=True):
        for colour, which in zip(COLOURS, ("best in the long run", "best constant", "best at once"), strict=False):
            axes.plot(data["horizon"], data[f"{name}, {which}"], color=colour, label=which)
        top = 1.3 * data[f"{name}, best in the long run"].max()
        axes.set(xlabel="horizon T", title=name, ylim=(-0.03 * top, top))
    panels[0].set(ylabel="total lost against the optimum of T rounds")
    panels[1].legend(frameon=False, fontsize=8, title="constant action that is", loc="lower right")
    return canvas


# --- waits -------------------------------------------------------------------------------------------------------------------


def scalar(rho: float, theta: float, control: float) -> tuple[DynamicalLinearBandit, SystemBounds]:
    """One state, no noise, actions -1 and 1."""
    bandit = DynamicalLinearBandit([[rho]], [[control]], [1], [theta])
    return bandit, SystemBounds.of(bandit, [[-1], [1]], transient_constant=1.0)


def waits(full: bool = False) -> dict[str, Any]:
    """Error over width with alternating actions, r = 1/100; regret against an action that pays at once, r = 1/1000."""
    horizon, actions = (10**5 if full else 10**4), np.array([[-1.0], [1.0]])
    looks = log_checkpoints(horizon, 80)
    columns: dict[str, Any] = {"round": looks}
    for name, floor in (("up", False), ("down", True)):
        bandit, told = scalar(0.01, 0.0, 0.99)
        learner = DynLinUCB(dimension=1, bounds=told, delta=0.5, floor=floor)
        found = trace(bandit, actions, learner, horizon, seed=0, given=1 - np.arange(horizon) % 2)
        ends = np.concatenate([[0], np.cumsum(1 + learner.hold(np.arange(1, len(found.errors))))])
        worst = np.maximum.accumulate(found.errors / found.widths)
        columns[f"ratio, rounded {name}"] = worst[np.searchsorted(ends, looks, side="right") - 1]
        bandit, told = scalar(0.001, -0.5, 1.0)
        learner = DynLinUCB(dimension=1, bounds=told, delta=0.5, floor=floor)
        lost = bandit.gaps(actions)[trace(bandit, actions, learner, horizon, seed=0).arms].cumsum()
        columns[f"regret, rounded {name}"] = lost[looks - 1]
    return columns


def draw_waits(data: dict[str, Any]) -> Any:
    """Width on the left, regret on the right."""
    canvas, panels = new_figure(height=3.4, width=8.0, ncols=2)
    for axes, what in zip(panels, ("ratio", "regret"), strict=True):
        for colour, name in zip(COLOURS, ("up", "down"), strict=False):
            axes.plot(data["round"], data[f"{what}, rounded {name}"], color=colour, label=f"rounded {name}")
        axes.set(xscale="log", xlabel="round")
    panels[0].axhline(1.0, color="0.4", linestyle="--", linewidth=1)
    panels[0].set(ylabel="largest error so far / width", title=r"alternating actions, $\rho = 1/100$")
    panels[1].set(yscale="log", ylabel="regret", title=r"an action that pays at once, $\rho = 1/1000$")
    panels[0].legend(frameon=False, fontsize=8, loc="upper left")
    return canvas


# --- forgetting --------------------------------------------------------------------------------------------------------------

STRENGTHS = (1e-1, 1e-2, 1e-3, 1e-4)


def forgetting(full: bool = False) -> dict[str, Any]:
    """Norm of V^-1 a a^T by the angle between a and a later b, both of length 1."""
    angle = np.linspace(0.0, 0.5, 401 if full else 201) * np.pi
    columns: dict[str, Any] = {"angle": angle}
    for lam in STRENGTHS:
        later = np.stack([np.cos(angle), np.sin(angle)], axis=1).tolist()
        columns[f"{lam:g}"] = np.sqrt([bias_step([1.0, 0.0], [b], lam).squared_norm for b in later])
        columns[f"most, {lam:g}"] = np.full(angle.size, worst_bias_norm(lam))
    return columns


def draw_forgetting(data: dict[str, Any]) -> Any:
    """Curves with their maxima, and the 1 that was used."""
    canvas, axes = new_figure(height=3.6, width=6.4)
    for colour, lam in zip(COLOURS, STRENGTHS, strict=False):
        name = f"{lam:g}"
        axes.plot(data["angle"], data[name], color=colour)
        axes.plot(data["angle"], data[f"most, {name}"], color=colour, linestyle=":", linewidth=1)
        label(axes, float(data["angle"][-1]), float(data[f"most, {name}"][0]), rf"$\lambda$ = {name}", colour)
    axes.axhline(1.0, color="0.3", linestyle="--", linewidth=1)
    axes.text(0.45, 0.84, "the bound that was used", color="0.3", fontsize=8)
    axes.set(yscale="log", xlabel="angle between the old action and the later one", ylabel=r"norm of $V^{-1} a a^T$")
    return canvas


FIGURES = (
    Figure(
        slug=SLUG,
        name="transient",
        caption="Distance of the expected reward of constant budgets from their long-run values, and its bound",
        kind="exact",
        compute=transient,
        draw=draw_transient,
        observations=(
            ("the bound holds", lambda d: all((d[name] <= d["bound"]).all() for name in CHANNELS)),
            (
                "and decays at the true rate: never more than a factor of a thousand above the largest",
                lambda d: bool((d["bound"] < 1e3 * np.max([d[name] for name in CHANNELS], axis=0)).all()),
            ),
        ),
    ),
    Figure(
        slug=SLUG,
        name="finite_horizon",
        caption="What constant actions lose against the optimal sequence, by the horizon",
        kind="exact",
        compute=finite_horizon,
        draw=draw_finite_horizon,
        observations=(
            (
                "what the best constant action in the long run loses stays bounded: it has settled by 30 rounds",
                lambda d: all(np.ptp(d[f"{name}, best in the long run"][-8:]) < 1e-3 for name in ("synthetic", "advertising")),
            ),
            (
                "but on the synthetic instance it is not optimal at any horizon up to 30",
                lambda d: bool((d["synthetic, best in the long run"] > 0.01).all()),
            ),
            (
                "what pays most at once loses more and more",
                lambda d: d["synthetic, best at once"][-1] > 20 * d["synthetic, best in the long run"][-1],
            ),
        ),
    ),
    Figure(
        slug=SLUG,
        name="waits",
        caption="DynLinUCB with waits rounded up and down: error over confidence width, and regret",
        kind="exact",
        compute=waits,
        draw=draw_waits,
        observations=(
            ("rounded up the width holds", lambda d: d["ratio, rounded up"].max() < 0.5),
            ("rounded down it fails", lambda d: d["ratio, rounded down"].max() > 1.5),
            (
                "rounded down regret is linear up to 1 / rho",
                lambda d: d["regret, rounded down"][-1] > 800 > 4 > d["regret, rounded up"][-1],
            ),
        ),
    ),
    Figure(
        slug=SLUG,
        name="forgetting",
        caption="How much of an old action remains in the estimate after a later one, by their angle",
        kind="exact",
        compute=forgetting,
        draw=draw_forgetting,
        observations=(
            (
                "the bound of 1 holds for parallel and orthogonal actions, and fails in between",
                lambda d: all(d[f"{lam:g}"][0] <= 1 and d[f"{lam:g}"][-1] <= 1 and d[f"{lam:g}"].max() > 1 for lam in STRENGTHS),
            ),
            (
                "the maximum is the closed form",
                lambda d: all(0.98 < d[f"{lam:g}"].max() / d[f"most, {lam:g}"][0] <= 1 + 1e-12 for lam in STRENGTHS),
            ),
        ),
    ),
)
