"""Pictures of win rates, and of win rates against divergence."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import brentq

from proofs_check.figures import COLOURS, Figure, new_figure
from proofs_check.topics.best_of_n.sweeps import EVEN, ROUNDING, SIZES, at_draws, draws
from tabular.alignment import best_of_n, draws_for_kl, rewind_and_repeat, universal_win_rate, win_rate_cap, win_rate_frontier


def win_rates(full: bool = False) -> dict[str, Any]:
    """Win rates on even alphabets."""
    ns = draws(1e5, full)
    columns: dict[str, Any] = {"n": ns, "cap": np.array([win_rate_cap(n) for n in ns])}
    for size in SIZES:
        columns[f"L = {size}"] = np.array([b.win_rate for b in at_draws(np.full(size, 1 / size), ns)])
    return columns


def draw_win_rates(data: dict[str, Any]) -> Any:
    """Distance from certain victory."""
    canvas, axes = new_figure(height=3.6)
    axes.loglog(data["n"], 1 - data["cap"], color="0.3", linestyle="--", label=r"cap: $1/(n+1)$")
    for colour, size in zip(COLOURS, SIZES, strict=False):
        axes.loglog(data["n"], 1 - data[f"L = {size}"], color=colour, label=f"{size} outcomes")
    axes.set(xlabel="draws n", ylabel="1 - win rate", title="Win rates saturate at 1 - 1/(2L)")
    axes.legend(frameon=False, fontsize=8)
    return canvas


ALPHABETS = (4, 10, 100)

POLICIES = {"tilt": "exponential tilt: nothing is above", "best of n": "best of n (n real)", "rewind": "rewind and repeat"}


def tradeoff(full: bool = False) -> dict[str, Any]:
    """Win rate against divergence: tilt, best-of-n, rewind and repeat; in the continuum and on even alphabets."""
    kls = np.linspace(0.0, 5.0, 401 if full else 101)
    columns: dict[str, Any] = {
        "kl": kls,
        "continuum: tilt": universal_win_rate(kls),
        "continuum: best of n": np.array([win_rate_cap(draws_for_kl(float(x))) for x in kls]),
        "continuum: rewind": 1 - np.exp(-kls) / 2,
    }
    for size in ALPHABETS:
        p, rewards = np.full(size, 1 / size), np.arange(size)
        within = np.minimum(kls, np.log(size))
        columns[f"L = {size}: tilt"] = win_rate_frontier(p, rewards, within)
        columns[f"L = {size}: best of n"] = np.array([at_divergence(p, float(x)) for x in within])
        ends = [rewind_and_repeat(p, rewards, size - k) for k in range(1, size + 1)]
        for name, values in (("rewind kl", [x.kl for x in ends]), ("rewind", [x.win_rate for x in ends])):
            column = np.full(kls.size, np.nan)  # one point for each threshold
            column[:size] = values
            columns[f"L = {size}: {name}"] = column
    return columns


def at_divergence(p: Any, kl: float) -> float:
    """Win rate of best-of-n, n real, at a divergence; at saturation that of the best outcome."""
    best = best_of_n(p, np.arange(len(p)), 1)
    far = 1e9
    if kl <= 0 or best.with_draws(far).kl <= kl:
        return float(best.with_draws(far if kl > 0 else 1).win_rate)
    log = brentq(lambda s: best.with_draws(float(np.exp(s))).kl - kl, 0.0, np.log(far), xtol=1e-13, rtol=1e-14)
    return float(best.with_draws(float(np.exp(log))).win_rate)


def draw_tradeoff(data: dict[str, Any]) -> Any:
    """The continuum on the left, finite alphabets on the right as the loss against the universal curve."""
    canvas, panels = new_figure(height=3.6, width=8.4, ncols=2)
    for colour, (name, words) in zip(COLOURS, POLICIES.items(), strict=False):
        panels[0].plot(data["kl"], data[f"continuum: {name}"], color=colour, label=words)
    panels[0].set(xlabel="divergence (nats)", ylabel="win rate", title="Continuum")
    panels[0].legend(frameon=False, fontsize=8)
    for colour, size in zip(COLOURS[3:], ALPHABETS, strict=False):
        for style, name in (("-", "tilt"), ("--", "best of n")):
            shown = np.where(data["kl"] <= np.log(size), data["continuum: tilt"] - data[f"L = {size}: {name}"], np.nan)
            panels[1].semilogy(data["kl"][1:], np.maximum(shown[1:], 1e-9), style, color=colour, label=f"{size} outcomes, {name}")
        lost = universal_win_rate(data[f"L = {size}: rewind kl"][:size]) - data[f"L = {size}: rewind"][:size]
        panels[1].semilogy(data[f"L = {size}: rewind kl"][:size], np.maximum(lost, 1e-9), ".", markersize=3, color=colour)
    panels[1].plot([], [], ".", color="0.4", label="rewind and repeat")
    panels[1].set(
        xlabel="divergence (nats)", ylabel="win rate lost against the continuum's tilt", title="Finite alphabets", ylim=(1e-5, 1)
    )
    panels[1].legend(frameon=False, fontsize=7)
    return canvas


ABOVE_CURVE = np.array([0.4, 0.2, 0.2, 0.2])


def above_the_curve(full: bool = False) -> dict[str, Any]:
    """Best of two on p = (2/5, 1/5, 1/5, 1/5) next to the curves; the point is repeated in every row."""
    kls = np.linspace(0.12, 0.2, 161 if full else 41)
    best = best_of_n(ABOVE_CURVE, range(4), 2)
    return {
        "kl": kls,
        "best of s": np.array([win_rate_cap(draws_for_kl(float(x))) for x in kls]),
        "tilt": universal_win_rate(kls),
        "point: kl": np.full(kls.size, best.kl),
        "point: win rate": np.full(kls.size, float(best.win_rate)),
    }


def draw_above_the_curve(data: dict[str, Any]) -> Any:
    """A point between the two curves."""
    canvas, axes = new_figure(height=3.3)
    axes.plot(data["kl"], data["tilt"], color=COLOURS[0], label="tilt of the continuum: nothing is above (theorem)")
    axes.plot(data["kl"], data["best of s"], color=COLOURS[1], label="best of s in the continuum, s real")
    axes.plot(
        data["point: kl"][:1], data["point: win rate"][:1], "o", color=COLOURS[2], label="best of 2 on (2/5, 1/5, 1/5, 1/5)"
    )
    axes.set(xlabel="divergence (nats)", ylabel="win rate", title="A finite alphabet above the curve of best-of-s")
    axes.legend(frameon=False, fontsize=8)
    return canvas


def rewinding(full: bool = False) -> dict[str, Any]:
    """On (1 - 2t, t, t): win rate of drawing until one of the top two comes, minus that of best-of-n at equal divergence."""
    tops = np.geomspace(1e-3, 0.3, 101 if full else 41)
    gains, even = [], []
    for t in tops:
        p = np.array([1 - 2 * t, t, t])
        rewind = rewind_and_repeat(p, [0, 1, 2], 1)
        gains.append(rewind.win_rate - at_divergence(p, rewind.kl))
        n = draws_for_kl(rewind.kl)
        even.append(rewind.win_rate - win_rate_cap(n))
    return {"t": tops, "on the alphabet": np.array(gains), "in the continuum": np.array(even)}


def draw_rewinding(data: dict[str, Any]) -> Any:
    """Above zero rewinding wins."""
    canvas, axes = new_figure(height=3.2)
    axes.semilogx(data["t"], data["on the alphabet"], color=COLOURS[0], label="p = (1 - 2t, t, t), the top two accepted")
    axes.semilogx(data["t"], data["in the continuum"], color=COLOURS[1], label="continuum, the same acceptance 2t")
    axes.axhline(0, color="0.8", linewidth=0.8)
    axes.set(xlabel="t", ylabel="win rate gained by rewinding", title="Rewind-and-repeat can beat best-of-n at equal divergence")
    axes.legend(frameon=False, fontsize=8)
    return canvas


FIGURES = (
    Figure(
        "best_of_n",
        "win_rates",
        "Win rate of best-of-n on even alphabets against the cap n/(n+1).",
        "exact",
        win_rates,
        draw_win_rates,
        (
            ("no win rate exceeds the cap", lambda d: all((d[n] <= d["cap"] + ROUNDING).all() for n in EVEN)),
            (
                "they saturate at 1 - 1/(2L)",
                lambda d: (
                    all((d[f"L = {s}"] <= 1 - 0.5 / s + ROUNDING).all() for s in SIZES) and abs(d["L = 10"][-1] - 0.95) < 1e-9
                ),
            ),
        ),
    ),
    Figure(
        "best_of_n",
        "tradeoff",
        "Win rate against divergence for the exponential tilt, best-of-n, and rewind-and-repeat.",
        "exact",
        tradeoff,
        draw_tradeoff,
        (
            (
                "in the continuum the tilt is above best-of-n, and best-of-n above rewinding",
                lambda d: bool(
                    (d["continuum: tilt"] >= d["continuum: best of n"] - ROUNDING).all()
                    and (d["continuum: best of n"] >= d["continuum: rewind"] - ROUNDING).all()
                ),
            ),
            (
                "best-of-n loses less than one percent of the games against the tilt",
                lambda d: bool(0.009 < (d["continuum: tilt"] - d["continuum: best of n"]).max() < 0.0095),
            ),
            (
                "no alphabet's tilt is above that of the continuum, and best-of-n not above its alphabet's tilt",
                lambda d: all(
                    (d[f"L = {s}: tilt"] <= d["continuum: tilt"] + 1e-9).all()
                    and (d[f"L = {s}: best of n"] <= d[f"L = {s}: tilt"] + 1e-9).all()
                    for s in ALPHABETS
                ),
            ),
        ),
    ),
    Figure(
        "best_of_n",
        "above_the_curve",
        "Best of two on (2/5, 1/5, 1/5, 1/5), the curve of best-of-s in the continuum, and that of the tilt.",
        "exact",
        above_the_curve,
        draw_above_the_curve,
        (
            (
                "the point is above the curve of best-of-s by .00116",
                lambda d: (
                    abs(d["point: win rate"][0] - win_rate_cap(draws_for_kl(float(d["point: kl"][0]))) - 0.0011602925) < 1e-9
                ),
            ),
            (
                "and below that of the tilt",
                lambda d: bool(d["point: win rate"][0] < universal_win_rate(float(d["point: kl"][0]))),
            ),
        ),
    ),
    Figure(
        "best_of_n",
        "rewinding",
        "Win rate that drawing until one of the top two outcomes comes gains over best-of-n at equal divergence.",
        "exact",
        rewinding,
        draw_rewinding,
        (
            ("in the continuum rewinding never gains", lambda d: bool((d["in the continuum"] <= ROUNDING).all())),
            (
                "on the alphabet it gains for every t up to .01, and loses at .2",
                lambda d: bool(
                    (d["on the alphabet"][d["t"] <= 0.01] > 0.0).all() and np.interp(0.2, d["t"], d["on the alphabet"]) < 0
                ),
            ),
        ),
    ),
)
