"""Pictures of the estimator, of evaluation in doubles, and of a small language model."""

from __future__ import annotations

from typing import Any

import numpy as np

from proofs_check.figures import COLOURS, Figure, new_figure
from proofs_check.topics.best_of_n.formulas import alpha_divergence, expected_alpha_estimate, law
from proofs_check.topics.best_of_n.language_model import language_models
from proofs_check.topics.best_of_n.sweeps import ROUNDING, caps_hold, curves, draws
from tabular.alignment import best_of_n, kl_cap

WORST_BIAS = 0.1011951529
"""Largest bias of the estimator that was found, at three draws from (.7685, .2315)."""


def bias(full: bool = False) -> dict[str, Any]:
    """Bias of the estimator on two outcomes, over the number of draws and the mass of the better one; one row per pair."""
    ns = np.array([2, 3, 4, 5, 6, 8, 10, 14, 20, 30, 50, 100])
    tops = np.geomspace(1e-3, 0.999, 160 if full else 64)
    grid = [(n, t) for n in ns for t in tops]
    values = [best_of_n([1 - t, t], [0, 1], int(n)) for n, t in grid]
    return {
        "n": np.array([n for n, _ in grid]),
        "top mass": np.array([t for _, t in grid]),
        "bias": np.array([b.expected_estimator - b.kl for b in values]),
    }


def draw_bias(data: dict[str, Any]) -> Any:
    """Bias against the mass, one line for each n."""
    canvas, axes = new_figure(height=3.6)
    for colour, n in zip(COLOURS, (2, 3, 4, 5, 10, 20, 100), strict=True):
        rows = data["n"] == n
        axes.semilogx(data["top mass"][rows], data["bias"][rows], color=colour, label=f"n = {n}")
    axes.axhline(WORST_BIAS, color="0.6", linestyle=":", linewidth=1)
    axes.annotate(
        "largest known .1012; proved on every alphabet: .102",
        (1e-3, WORST_BIAS),
        xytext=(0, -10),
        textcoords="offset points",
        color="0.4",
        fontsize=8,
    )
    axes.set(
        xlabel="mass of the better of two outcomes", ylabel="bias (nats)", title="The estimator is too large, but never by much"
    )
    axes.legend(frameon=False, fontsize=8, ncols=2)
    return canvas


ORDERS = np.linspace(0.05, 3.0, 60)


def alpha_sweep(full: bool = False) -> dict[str, Any]:
    """Relative bias of the one-atom estimate of alpha-divergences on two outcomes, for three top masses and many draws."""
    orders = np.linspace(0.05, 3.0, 237) if full else ORDERS
    columns: dict[str, Any] = {"alpha": orders}
    for top, n in ((0.1, 3), (0.01, 30), (1e-4, 1000)):
        p = np.array([1 - top, top])
        values = []
        for order in orders:
            a = order if abs(order - 1) > 1e-9 else 1 + 1e-7
            d = alpha_divergence(law(p, n), p, a)
            values.append(expected_alpha_estimate(p, n, a) / d - 1)
        columns[f"top mass {top:g}, n = {n}"] = np.array(values)
    columns["limit"] = 1 / orders - 1
    return columns


def draw_alpha_sweep(data: dict[str, Any]) -> Any:
    """The sign changes for good at one."""
    canvas, axes = new_figure(height=3.4)
    for colour, name in zip(COLOURS, [c for c in data if c.startswith("top")], strict=False):
        axes.plot(data["alpha"], data[name], color=colour, label=name)
    above = data["alpha"] >= 1
    axes.plot(data["alpha"][above], data["limit"][above], color="0.3", linestyle="--", label=r"limit $1/\alpha - 1$")
    axes.axhline(0, color="0.8", linewidth=0.8)
    axes.axvline(1, color="0.8", linewidth=0.8)
    axes.set(
        xlabel=r"order $\alpha$",
        ylabel="relative bias of the estimate",
        title="An upper bound up to KL, and no further",
        ylim=(-0.75, 0.6),
    )
    axes.legend(frameon=False, fontsize=8)
    return canvas


def naive_evaluation(full: bool = False) -> dict[str, Any]:
    """Error of the formula as one writes it first, on even alphabets, where the truth is known through the stable evaluation."""
    ns = np.unique(np.round(np.geomspace(1, 1e9, 91 if full else 19)))
    columns: dict[str, Any] = {"n": ns}
    for size in (100, 10_000, 1_000_000):
        p = np.full(size, 1 / size)
        best, inclusive = best_of_n(p, np.arange(size), 1), np.cumsum(p)
        errors = []
        for n in ns:
            q = inclusive**n - (inclusive - p) ** n
            with np.errstate(divide="ignore", invalid="ignore"):
                naive = np.nansum(q * np.log(q / p))
            errors.append(abs(naive - best.with_draws(int(n)).kl))
        columns[f"L = {size}"] = np.array(errors)
        columns[f"L = {size}_error"] = 10 * np.array(errors) + 1e-12  # rounding differs from machine to machine
    return columns


def draw_naive_evaluation(data: dict[str, Any]) -> Any:
    """Error against n."""
    canvas, axes = new_figure(height=3.4)
    for colour, name in zip(COLOURS, [c for c in data if c.startswith("L") and not c.endswith("error")], strict=False):
        axes.loglog(data["n"], np.maximum(data[name], 1e-17), color=colour, label=f"{int(name[4:]):,} even outcomes")
    axes.set(
        xlabel="draws n",
        ylabel="error of the divergence (nats)",
        title=r"$F^n - F_{-}^n$ as one writes it first: wrong by percents",
    )
    axes.legend(frameon=False, fontsize=8)
    return canvas


MODELS = [f"{e} entropy, {r}" for e in ("low", "high") for r in ("likelihood", "length")]


def language_model(full: bool = False) -> dict[str, Any]:
    """Two small autoregressive models, two rewards with many ties: exact divergence, formula, expected estimates."""
    ns = draws(1e5, full)
    columns: dict[str, Any] = {"n": ns, "formula": np.array([kl_cap(n) for n in ns])}
    for name, (p, rewards) in language_models().items():
        best = best_of_n(p, rewards, 1, tie_tolerance=1e-9)
        at = [best.with_draws(n) for n in ns]
        columns.update(curves(at, name))
        columns[f"{name}: estimate by outcome"] = np.array([b.expected_estimator_by_outcome for b in at])
    return columns


REWARDS = {"likelihood": "likelihood", "length": "shortness"}


def draw_language_model(data: dict[str, Any]) -> Any:
    """Two rewards, two entropies."""
    canvas, panels = new_figure(height=3.6, width=8.4, ncols=2, sharey=True)
    for axes, reward in zip(panels, REWARDS, strict=True):
        axes.semilogx(data["n"], data["formula"], color="0.3", linestyle="--", label="formula")
        for colour, entropy in zip(COLOURS, ("low", "high"), strict=False):
            name = f"{entropy} entropy, {reward}"
            axes.semilogx(data["n"], data[f"{name}: exact"], color=colour, label=f"{entropy} entropy: exact")
            axes.semilogx(data["n"], data[f"{name}: estimate"], color=colour, linestyle=":", linewidth=2)
            axes.semilogx(data["n"], data[f"{name}: estimate by outcome"], color=colour, linestyle="-.", linewidth=0.8)
        axes.plot([], [], color="0.3", linestyle=":", linewidth=2, label="estimate, class masses")
        axes.plot([], [], color="0.3", linestyle="-.", linewidth=0.8, label="estimate, sequence masses")
        axes.set(xlabel="draws n", title=f"Reward: {REWARDS[reward]}")
    panels[0].set_ylabel("divergence (nats)")
    panels[0].legend(frameon=False, fontsize=7)
    return canvas


FIGURES = (
    Figure(
        "best_of_n",
        "estimator_bias",
        "Bias of the estimator on two outcomes.",
        "exact",
        bias,
        draw_bias,
        (
            ("it is never negative", lambda d: bool((d["bias"] >= -1e-12).all())),
            ("it never exceeds .1011951529", lambda d: bool(d["bias"].max() <= WORST_BIAS)),
            (
                "it comes nearest to that with three draws, at a mass between .22 and .25",
                lambda d: (
                    int(d["n"][np.argmax(d["bias"])]) == 3
                    and 0.22 < d["top mass"][np.argmax(d["bias"])] < 0.25
                    and d["bias"].max() > 0.1005
                ),
            ),
        ),
    ),
    Figure(
        "best_of_n",
        "alpha_sweep",
        "Relative bias of the one-atom estimate for alpha-divergences on two outcomes.",
        "exact",
        alpha_sweep,
        draw_alpha_sweep,
        (
            (
                "it is not negative for orders up to one",
                lambda d: all((d[c][d["alpha"] <= 1] >= -1e-9).all() for c in d if c.startswith("top")),
            ),
            (
                "for a top mass of .0001 and a thousand draws it is negative from order 1.1 on",
                lambda d: bool((d["top mass 0.0001, n = 1000"][d["alpha"] >= 1.1] < 0).all()),
            ),
        ),
    ),
    Figure(
        "best_of_n",
        "naive_evaluation",
        "Error of the divergence if powers of cumulative sums are subtracted.",
        "simulated",
        naive_evaluation,
        draw_naive_evaluation,
        (
            (
                "with a million outcomes and a billion draws it is off by more than a tenth of a nat",
                lambda d: bool(d["L = 1000000"][-1] > 0.1),
            ),
            (
                "with a hundred outcomes and up to a thousand draws it is right to 1e-10",
                lambda d: bool(d["L = 100"][d["n"] <= 1000].max() < 1e-10),
            ),
        ),
    ),
    Figure(
        "best_of_n",
        "language_model",
        "Best-of-n on a small autoregressive model, with likelihood and with length as the reward.",
        "exact",
        language_model,
        draw_language_model,
        (
            ("caps and estimates hold", lambda d: caps_hold(d, MODELS)),
            (
                "the estimate from sequence masses is no smaller than that from class masses",
                lambda d: all((d[f"{m}: estimate by outcome"] >= d[f"{m}: estimate"] - ROUNDING).all() for m in MODELS),
            ),
            (
                "with low entropy and likelihood as the reward the formula is off by more than two nats at a hundred draws",
                lambda d: np.interp(100, d["n"], d["formula"] - d["low entropy, likelihood: exact"]) > 2,
            ),
            (
                "at a hundred thousand draws it is off by more than five nats everywhere",
                lambda d: all((d["formula"] - d[f"{m}: exact"])[-1] > 5 for m in MODELS),
            ),
        ),
    ),
)
