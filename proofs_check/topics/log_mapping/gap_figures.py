"""Pictures without samples: gaps, mapped gaps, noise ratios, bias, and the step between two metrics."""

from __future__ import annotations

from typing import Any

import numpy as np

import tabular
from proofs_check.figures import COLOURS, Figure, new_figure
from tabular.log_mapping import (
    LogMapping,
    biased_value,
    chain_gaps,
    chain_noise,
    chain_task,
    gap_deviation,
    mapped_gaps,
    undiscounted_performance,
)

GAMMAS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.94, 0.96, 0.98, 0.99)
"""The fourteen discount factors of the paper's linear experiments."""

WIDTHS = (1, 2, 3, 5)
N = 50

# --- deviation of the gaps -----------------------------------------------------------------------------------------------------

TASKS = {
    "slip .25, +1 and -1": (0.25, -1.0),
    "slip .25, +1": (0.25, 0.0),
    "no slip, +1": (0.0, 0.0),
    "no slip, +1 and -1": (0.0, -1.0),
}


def deviation(full: bool = False) -> dict[str, Any]:
    """Deviation of the gaps of four chains against the discount."""
    gammas = np.unique(np.concatenate([np.linspace(0.05, 0.995, 190 if full else 64), GAMMAS]))
    columns: dict[str, Any] = {"gamma": gammas}
    for name, (slip, right) in TASKS.items():
        columns[name] = np.array([gap_deviation(chain_gaps(N, g, slip, 1.0, right)) for g in gammas])
    return columns


def draw_deviation(data: dict[str, Any]) -> Any:
    """Four curves."""
    canvas, axes = new_figure(height=3.4)
    for colour, name in zip(COLOURS, TASKS, strict=False):
        axes.plot(data["gamma"], data[name], color=colour, linestyle="--" if name == "no slip, +1 and -1" else "-", label=name)
    axes.set(xlabel=r"$\gamma$", ylabel="deviation of log10 gaps", yscale="log", title="Action gaps of a chain of 50 states")
    axes.legend(frameon=False, fontsize=8)
    return canvas


def at(data: dict[str, Any], gamma: float, name: str) -> float:
    """A curve at one of the discounts."""
    return float(data[name][np.argmin(np.abs(data["gamma"] - gamma))])


# --- profiles ------------------------------------------------------------------------------------------------------------------

PROFILES = (0.1, 0.5, 0.9, 0.99)
KS = (20, 50, 200)


def profiles(full: bool = False) -> dict[str, Any]:
    """Gaps of every state, plain for four discounts, mapped for three k at discount .8."""
    columns: dict[str, Any] = {"state": np.arange(N)}
    for gamma in PROFILES:
        columns[f"gamma {gamma:g}"] = np.log10(chain_gaps(N, gamma, 0.25, 1.0, 0.0))
    q = tabular.solve(chain_task(N, 0.8, 0.25, 1.0, 0.0), tol=1e-13).q_values[:N]
    for k in KS:
        columns[f"mapped, k = {k}"] = mapped_gaps(q, LogMapping(0.8, k))
    return columns


def draw_profiles(data: dict[str, Any]) -> Any:
    """Plain on the left, mapped on the right."""
    canvas, panels = new_figure(height=3.2, width=8.4, ncols=2)
    for colour, gamma in zip(COLOURS, PROFILES, strict=False):
        panels[0].plot(data["state"], data[f"gamma {gamma:g}"], color=colour, label=rf"$\gamma$ = {gamma:g}")
    for colour, k in zip(COLOURS, KS, strict=False):
        panels[1].plot(data["state"], data[f"mapped, k = {k}"], color=colour, label=f"k = {k}")
    panels[0].set(xlabel="state", ylabel="log10 of the gap", title="Plain gaps")
    panels[1].set(xlabel="state", ylabel="gap of ln(Q + gamma^k)", title=r"Mapped gaps, $\gamma$ = .8", yscale="log")
    for axes in panels:
        axes.legend(frameon=False, fontsize=8)
    return canvas


# --- noise ---------------------------------------------------------------------------------------------------------------------


RELIABLE = 0.6
"""Tiles share values: below this discount their noise, relative to gaps, is beyond double precision."""

ROUNDING = {0.6: 0.2, 0.7: 1e-3, 0.8: 1e-6, 0.85: 1e-7}
"""How far rounding may move decimal logarithms at low discounts: a hundred times what a moved last place does."""


def noise_ratios(full: bool = False) -> dict[str, Any]:
    """Gap over noise of every state, for all discounts and widths; the error is what rounding may do."""
    rows: dict[str, list[Any]] = {name: [] for name in ("width", "gamma", "state", "log10 ratio", "log10 ratio_error")}
    for width in WIDTHS:
        for gamma in GAMMAS:
            known = width == 1 or gamma >= RELIABLE
            rows["width"] += [width] * N
            rows["gamma"] += [gamma] * N
            rows["state"] += list(range(N))
            rows["log10 ratio"] += list(np.log10(chain_noise(gamma, width).ratios) if known else np.full(N, np.nan))
            rows["log10 ratio_error"] += [1e-8 if width == 1 or not known else ROUNDING.get(gamma, 1e-8)] * N
    return {name: np.array(column) for name, column in rows.items()}


def draw_noise_ratios(data: dict[str, Any]) -> Any:
    """One map for each width; grey where double precision does not know."""
    canvas, panels = new_figure(height=2.9, width=9.0, ncols=len(WIDTHS), sharey=True)
    for axes, width in zip(panels, WIDTHS, strict=True):
        table = data["log10 ratio"][data["width"] == width].reshape(len(GAMMAS), N).T
        axes.set_facecolor("0.8")
        image = axes.imshow(table, aspect="auto", origin="lower", cmap="RdBu", vmin=-3, vmax=3)
        axes.set_xticks(range(0, len(GAMMAS), 3), [f"{GAMMAS[i]:g}" for i in range(0, len(GAMMAS), 3)], fontsize=7)
        axes.set(xlabel=r"$\gamma$", title=f"width {width}")
    panels[0].set(ylabel="state")
    canvas.colorbar(image, ax=panels, label="log10(gap / noise)", shrink=0.9)
    return canvas


def least(data: dict[str, Any], width: int, gamma: float) -> float:
    """The smallest ratio of a cell."""
    return float(10.0 ** np.nanmin(data["log10 ratio"][(data["width"] == width) & (data["gamma"] == gamma)]))


# --- bias ----------------------------------------------------------------------------------------------------------------------

SAFE = 0.4


def bias(full: bool = False) -> dict[str, Any]:
    """Learned values of coins against the constant regular step."""
    steps = np.linspace(0.005, 1.0, 200 if full else 80)
    columns: dict[str, Any] = {"step": steps, "closed form": (1 - steps) / (2 - steps)}
    columns["fair coin"] = np.array([biased_value([1, 0], [0.5, 0.5], float(b), LogMapping(0.5, 900)) for b in steps])
    floor = LogMapping(0.5, np.log(1e-3) / np.log(0.5))
    columns["fair coin, floor .001"] = np.array([biased_value([1, 0], [0.5, 0.5], float(b), floor) for b in steps])
    columns["coin of .9"] = np.array([biased_value([1, 0], [0.9, 0.1], float(b), LogMapping(0.5, 900)) for b in steps])
    return columns


def draw_bias(data: dict[str, Any]) -> Any:
    """Curves, and where the safe payment takes over."""
    canvas, axes = new_figure(height=3.4)
    axes.plot(data["step"], data["coin of .9"], color=COLOURS[2], label="a coin worth .9")
    axes.plot(data["step"], data["fair coin"], color=COLOURS[0], label="a fair coin, worth .5")
    axes.plot(data["step"], data["fair coin, floor .001"], color=COLOURS[0], linestyle="--", label=r"the same, $\gamma^k$ = .001")
    axes.axhline(SAFE, color="0.7", zorder=0)
    axes.plot([1 / 3], [SAFE], "o", color=COLOURS[1], label="from here on the safe .4 is preferred")
    axes.set(
        xlabel=r"constant $\beta_{reg}$", ylabel="learned value", ylim=(0, 1), title="Logarithms learn random targets too low"
    )
    axes.legend(frameon=False, fontsize=8)
    return canvas


# --- two metrics ---------------------------------------------------------------------------------------------------------------

FAR, PRIZE = 20, 10.0


def two_arms() -> tabular.MDP:
    """State 0: stop with reward 1, or walk; the walk's last step, the 20th, pays 10."""
    size = FAR + 1
    P, r = np.zeros((size, 2, size)), np.zeros((size, 2))
    P[0, 0, size - 1] = 1.0
    r[0, 0] = 1.0
    for s in range(FAR):
        P[s, 1, s + 1] = 1.0
        if s > 0:
            P[s, 0, s + 1] = 1.0
    r[FAR - 1] = PRIZE
    P[size - 1, :, size - 1] = 1.0
    return tabular.MDP(P, r, 0.9)


def two_metrics(full: bool = False) -> dict[str, Any]:
    """Undiscounted return over a horizon of the policy that is best for a discount."""
    threshold = PRIZE ** (-1 / (FAR - 1))
    gammas = np.unique(np.concatenate([np.linspace(0.6, 0.99, 118 if full else 40), [threshold - 1e-6, threshold + 1e-6]]))
    arms = two_arms()
    columns: dict[str, Any] = {"gamma": gammas, "threshold": np.full(gammas.size, threshold)}
    for horizon in (12, 25):
        columns[f"horizon {horizon}"] = np.array([undiscounted_performance(arms, float(g), horizon) for g in gammas])
    return columns


def draw_two_metrics(data: dict[str, Any]) -> Any:
    """A step down and a step up."""
    canvas, axes = new_figure(height=3.0)
    for colour, horizon in zip(COLOURS, (12, 25), strict=False):
        axes.plot(data["gamma"], data[f"horizon {horizon}"], color=colour, label=f"judged over {horizon} steps")
    axes.axvline(data["threshold"][0], color="0.7", linestyle=":", label=r"$R^{-1 / (d - 1)}$")
    axes.set(xlabel=r"$\gamma$ that was optimised", ylabel="undiscounted return", title="1 at once, or 10 after 20 steps")
    axes.legend(frameon=False, fontsize=8)
    return canvas


FIGURES = (
    Figure(
        slug="log_mapping",
        name="deviation",
        caption="How much action gaps differ between states, against the discount",
        kind="exact",
        compute=deviation,
        draw=draw_deviation,
        observations=(
            (
                "at .5 the four tasks have 3.99, 5.83, 4.34 and 4.34",
                lambda d: abs(at(d, 0.5, "slip .25, +1") - 5.82762254) < 1e-7,
            ),
            (
                "without slips the deviation does not fall all the way: it is smallest near .98",
                lambda d: 0.97 < float(d["gamma"][np.argmin(d["no slip, +1"])]) < 0.99,
            ),
            (
                "at .1 gaps are up to ten orders of magnitude apart, in the sense of a deviation",
                lambda d: at(d, 0.1, "slip .25, +1") > 10,
            ),
        ),
    ),
    Figure(
        slug="log_mapping",
        name="profiles",
        caption="Action gaps of every state, plain and mapped",
        kind="exact",
        compute=profiles,
        draw=draw_profiles,
        observations=(
            ("k = 200 makes gaps equal to a tenth", lambda d: np.ptp(d["mapped, k = 200"][:45]) < 0.1 * d["mapped, k = 200"][0]),
            ("k = 20 loses the far states", lambda d: d["mapped, k = 20"][45] < 1e-2 * d["mapped, k = 20"][0]),
            ("at .1 the gaps span 50 orders of magnitude and more", lambda d: np.ptp(d["gamma 0.1"]) > 50),
        ),
    ),
    Figure(
        slug="log_mapping",
        name="noise_ratios",
        caption="Gap over stationary noise of ordinary Q-learning, step .001",
        kind="simulated",
        compute=noise_ratios,
        draw=draw_noise_ratios,
        observations=(
            (
                "a table is never drowned: ratios above 12 at every discount",
                lambda d: bool((d["log10 ratio"][d["width"] == 1] > np.log10(12)).all()),
            ),
            (
                "width 3: .247 at .9, 1.585 at .94, 3.843 at .96",
                lambda d: np.allclose([least(d, 3, g) for g in (0.9, 0.94, 0.96)], [0.247108, 1.584670, 3.842914], atol=2e-6),
            ),
            ("at .6 and width 2 the far states are below .001", lambda d: least(d, 2, 0.6) < 1e-3),
        ),
    ),
    Figure(
        slug="log_mapping",
        name="bias",
        caption="The biased fixed point of a coin, and the policy that it flips",
        kind="exact",
        compute=bias,
        draw=draw_bias,
        observations=(
            ("solved and closed form agree", lambda d: np.allclose(d["fair coin"], d["closed form"], atol=1e-12)),
            ("always too low", lambda d: bool((d["fair coin"] < 0.5).all()) and bool((d["coin of .9"] < 0.9).all())),
            (
                "below .4 from a step of a third on",
                lambda d: bool(((d["fair coin"] < SAFE) == (d["step"] > 1 / 3)).all()),
            ),
        ),
    ),
    Figure(
        slug="log_mapping",
        name="two_metrics",
        caption="The policy that is best for a discount, judged without one",
        kind="exact",
        compute=two_metrics,
        draw=draw_two_metrics,
        observations=(
            ("the step is at .8858667904100826", lambda d: abs(d["threshold"][0] - 0.8858667904100826) < 1e-15),
            (
                "down for horizon 12, up for 25",
                lambda d: (
                    np.array_equal(d["horizon 12"] == 1, d["gamma"] < d["threshold"])
                    and np.array_equal(d["horizon 25"] == 10, d["gamma"] > d["threshold"])
                ),
            ),
        ),
    ),
)
"""Figures without samples."""
