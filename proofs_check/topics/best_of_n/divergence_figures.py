"""Pictures of the divergence: where the formula is right, and how wrong it gets."""

from __future__ import annotations

from typing import Any

import numpy as np

from proofs_check.figures import COLOURS, Figure, new_figure
from proofs_check.topics.best_of_n.sweeps import EVEN, SIZES, at_draws, caps_hold, curves, draws
from tabular.alignment import best_of_n, kl_cap, tilt_kl


def uniform_alphabets(full: bool = False) -> dict[str, Any]:
    """Even alphabets of several sizes."""
    ns = draws(1e5, full)
    columns: dict[str, Any] = {"n": ns, "formula": np.array([kl_cap(n) for n in ns])}
    for size in SIZES:
        columns.update(curves(at_draws(np.full(size, 1 / size), ns), f"L = {size}"))
    return columns


def draw_uniform_alphabets(data: dict[str, Any]) -> Any:
    """The formula grows, the truth saturates."""
    canvas, axes = new_figure(height=3.8)
    axes.semilogx(data["n"], data["formula"], color="0.3", linestyle="--", label=r"formula $\log n - (n-1)/n$")
    for colour, size in zip(COLOURS, SIZES, strict=False):
        axes.semilogx(data["n"], data[f"L = {size}: exact"], color=colour, label=f"exact, {size} outcomes")
        axes.semilogx(data["n"], data[f"L = {size}: estimate"], color=colour, linestyle=":")
    axes.plot([], [], color="0.3", linestyle=":", label="expected estimate")
    axes.set(xlabel="draws n", ylabel="divergence from the reference (nats)", title="Even alphabets: exact until n nears L")
    axes.legend(frameon=False, fontsize=8)
    return canvas


CHERRY_PICKED = {
    "one rare outcome": np.array([1 - 1e-4, 1e-4]),
    "two steps": np.array([0.9899, 0.01, 0.0001]),
}


def cherry_picked(full: bool = False) -> dict[str, Any]:
    """Alphabets on which the divergence grows in steps."""
    ns = draws(1e7, full)
    columns: dict[str, Any] = {"n": ns, "formula": np.array([kl_cap(n) for n in ns])}
    for name, p in CHERRY_PICKED.items():
        columns.update(curves(at_draws(p, ns), name))
    return columns


def draw_cherry_picked(data: dict[str, Any]) -> Any:
    """Stairs under a smooth formula."""
    canvas, axes = new_figure(height=3.6)
    axes.semilogx(data["n"], data["formula"], color="0.3", linestyle="--", label="formula")
    for colour, name in zip(COLOURS, CHERRY_PICKED, strict=False):
        axes.semilogx(data["n"], data[f"{name}: exact"], color=colour, label=f"{name}: exact")
        axes.semilogx(data["n"], data[f"{name}: estimate"], color=colour, linestyle=":", linewidth=2, label="expected estimate")
    for level in (100, 10_000):
        axes.axhline(np.log(level), color="0.85", linewidth=0.8)
        axes.annotate(f"log {level}", (1e7, np.log(level)), xytext=(-2, 2), textcoords="offset points", ha="right", fontsize=8)
    axes.set(xlabel="draws n", ylabel="divergence (nats)", title="Low entropy: the truth climbs in steps")
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    return canvas


def two_outcomes(full: bool = False) -> dict[str, Any]:
    """A fair coin."""
    ns = np.arange(1.0, 101.0 if full else 41.0)
    return {"n": ns, "formula": np.array([kl_cap(n) for n in ns]), **curves(at_draws(np.array([0.5, 0.5]), ns), "coin")}


def draw_two_outcomes(data: dict[str, Any]) -> Any:
    """Bounded against unbounded."""
    canvas, axes = new_figure(height=3.2)
    axes.plot(data["n"], data["formula"], color="0.3", linestyle="--", label="formula")
    axes.plot(data["n"], data["coin: exact"], color=COLOURS[0], label=r"exact, $\log 2 - h(2^{-n})$")
    axes.plot(data["n"], data["coin: estimate"], color=COLOURS[1], linestyle=":", linewidth=2, label="expected estimate")
    axes.axhline(np.log(2), color="0.85", linewidth=0.8)
    axes.set(xlabel="draws n", ylabel="divergence (nats)", title="Two even outcomes: one bit at most")
    axes.legend(frameon=False, fontsize=8)
    return canvas


def scaling(full: bool = False) -> dict[str, Any]:
    """Gap of even alphabets against draws per outcome."""
    c = np.geomspace(0.02, 50, 201 if full else 61)
    columns: dict[str, Any] = {"draws per outcome": c, "limit": tilt_kl(c)}
    for size in SIZES:
        best = best_of_n(np.full(size, 1 / size), np.arange(size), 1)
        columns[f"L = {size}"] = np.array([best.with_draws(x * size).gap if x * size >= 2 else np.nan for x in c])
    return columns


def draw_scaling(data: dict[str, Any]) -> Any:
    """All sizes on one curve."""
    canvas, axes = new_figure(height=3.5)
    axes.loglog(
        data["draws per outcome"], data["limit"], color="0.75", linewidth=5, label="limit: divergence of the tilt $e^{cu}$"
    )
    for colour, size in zip(COLOURS, SIZES, strict=False):
        axes.loglog(data["draws per outcome"], data[f"L = {size}"], color=colour, label=f"{size} outcomes")
    axes.set(xlabel="c = n / L", ylabel="gap (nats)", title="The gap is a function of draws per outcome", ylim=(1e-6, 10))
    axes.legend(frameon=False, fontsize=8)
    return canvas


C2 = (np.log(2) - 0.5) / 2


def bounds(full: bool = False) -> dict[str, Any]:
    """Bounds on the gap over the gap, on an even alphabet of a hundred."""
    size = 100
    ns = np.unique(np.round(np.geomspace(3, 1e4, 200 if full else 61)))
    best = at_draws(np.full(size, 1 / size), ns)
    gap, inclusive = np.array([b.gap for b in best]), np.arange(1, size + 1) / size
    return {
        "n": ns,
        "gap": gap,
        "paper": 2 * ns * (ns - 1) / size,
        "quadratic": C2 * ns * (ns - 1) / size,
        "cubic": np.array([n * (n - 1) ** 2 / 24 * (inclusive ** (n - 3)).sum() / size**3 for n in ns]),
        "any order": size * np.array([b.kl_cap - b.estimator(1 / size) for b in best]),
        "formula": np.array([kl_cap(n) for n in ns]),
    }


def draw_bounds(data: dict[str, Any]) -> Any:
    """How much each bound gives away."""
    canvas, axes = new_figure(height=3.6)
    for colour, (name, words) in zip(
        COLOURS,
        {
            "paper": r"paper: $2 n (n-1) \sum p^2$",
            "quadratic": r"sharp constant: $.0966\, n (n-1) \sum p^2$",
            "cubic": r"cubic: $n (n-1)^2 \sum F^{n-3} p^3 / 24$",
            "any order": r"any order: $\sum \gamma_n(p)$",
        }.items(),
        strict=False,
    ):
        axes.loglog(data["n"], data[name] / data["gap"], color=colour, label=words)
    axes.loglog(data["n"], data["formula"] / data["gap"], color="0.4", linestyle="--", label="trivial: the formula itself")
    axes.axhline(1, color="0.8", linewidth=0.8)
    axes.set(
        xlabel="draws n", ylabel="bound / gap", title="A hundred even outcomes: what bounds on the gap give away", ylim=(0.7, 1e8)
    )
    axes.legend(frameon=False, fontsize=8, loc="upper right")
    return canvas


def bias_of(data: dict[str, Any], name: str) -> Any:
    return data[f"{name}: estimate"] - data[f"{name}: exact"]


FIGURES = (
    Figure(
        "best_of_n",
        "uniform_alphabets",
        "Divergence of best-of-n from even alphabets: exact, formula, and expected estimate.",
        "exact",
        uniform_alphabets,
        draw_uniform_alphabets,
        (
            ("the exact divergence is below the formula and below the expected estimate", lambda d: caps_hold(d, EVEN)),
            (
                "the formula is right within .05 nats up to n = L, and too large by more than a nat from n = 10 L on",
                lambda d: all(
                    (d["formula"] - d[f"L = {s}: exact"])[d["n"] <= s].max() < 0.05
                    and (d["formula"] - d[f"L = {s}: exact"])[d["n"] >= 10 * s].min() > 1
                    for s in SIZES
                ),
            ),
            ("the expected estimate is within .03 nats of the truth", lambda d: all(bias_of(d, n).max() < 0.03 for n in EVEN)),
        ),
    ),
    Figure(
        "best_of_n",
        "cherry_picked",
        "Divergence of best-of-n where one outcome is rare, and where two are.",
        "exact",
        cherry_picked,
        draw_cherry_picked,
        (
            ("caps and estimates hold", lambda d: caps_hold(d, list(CHERRY_PICKED))),
            (
                "with one rare outcome the formula is too large by more than four nats at a thousand draws",
                lambda d: bool(np.interp(1000, d["n"], d["formula"] - d["one rare outcome: exact"]) > 4),
            ),
            (
                "the two-step alphabet rests near log 100 before it climbs to log 10000",
                lambda d: (
                    abs(np.interp(1000, d["n"], d["two steps: exact"]) - np.log(100)) < 0.35
                    and abs(d["two steps: exact"][-1] - np.log(1e4)) < 1e-9
                ),
            ),
        ),
    ),
    Figure(
        "best_of_n",
        "two_outcomes",
        "A fair coin: divergence of best-of-n, and the formula.",
        "exact",
        two_outcomes,
        draw_two_outcomes,
        (
            ("the exact divergence stays below log 2", lambda d: bool((d["coin: exact"] < np.log(2)).all())),
            ("the formula passes log 2 at five draws", lambda d: int(d["n"][d["formula"] > np.log(2)][0]) == 5),
        ),
    ),
    Figure(
        "best_of_n",
        "scaling",
        "Gap between formula and truth on even alphabets against the number of draws per outcome.",
        "exact",
        scaling,
        draw_scaling,
        (
            (
                "from a thousand outcomes on all gaps are on the limit curve, to one percent from half a draw per outcome on",
                lambda d: all(
                    np.allclose(d[f"L = {s}"][d["draws per outcome"] > 0.5], d["limit"][d["draws per outcome"] > 0.5], rtol=0.01)
                    for s in (1000, 10_000)
                ),
            ),
            (
                "with a draw per outcome the gap is .0407 nats",
                lambda d: bool(abs(np.interp(0.0, np.log(d["draws per outcome"]), d["limit"]) - 0.0406518523) < 5e-4),
            ),
        ),
    ),
    Figure(
        "best_of_n",
        "bounds",
        "Upper bounds on the gap, divided by the gap, for a hundred even outcomes.",
        "exact",
        bounds,
        draw_bounds,
        (
            (
                "all are bounds",
                lambda d: all(
                    (d[n] >= d["gap"] * (1 - 1e-12)).all() for n in ("paper", "quadratic", "cubic", "any order", "formula")
                ),
            ),
            (
                "the paper's is 20.7 times the sharp quadratic one",
                lambda d: np.allclose(d["paper"] / d["quadratic"], 20.7095, rtol=1e-4),
            ),
            (
                "up to ten draws the cubic one is within a fifth of the truth",
                lambda d: bool((d["cubic"] / d["gap"])[d["n"] <= 10].max() < 1.2),
            ),
            (
                "from a hundred draws on the quadratic bounds say less than the formula does",
                lambda d: bool((d["quadratic"] > d["formula"])[d["n"] >= 100].all()),
            ),
        ),
    ),
)
