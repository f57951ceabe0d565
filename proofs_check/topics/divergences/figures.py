"""Pictures of worst cases and of truncated greedy steps."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

import tabular
from proofs_check.evidence.exact import decide_known
from proofs_check.evidence.searched import merge, restart
from proofs_check.figures import COLOURS, Figure, new_figure
from proofs_check.lookup import claims

REFERENCE = np.array([0.4, 0.3, 0.2, 0.1, 0.0])
VALUES = np.array([1.0, 3.0, -0.5, 2.0, -1.5])
"""The last state has no mass and the lowest value: only adversaries who may leave the support reach it."""

COST = np.abs(np.subtract.outer(np.arange(5.0), np.arange(5.0)))
"""Ground cost of the Wasserstein distance: the states on a line."""

SETS: Mapping[str, Any] = {
    "TV": tabular.TotalVariation(),
    "TV, on the support": tabular.TotalVariation(absolutely_continuous=True),
    "contamination": tabular.Contamination(),
    "L-infinity": tabular.LInfinity(),
    "L2": tabular.L2(),
    "Wasserstein": tabular.Wasserstein(COST),
}
DIVERGENCES: Mapping[str, Any] = {
    "KL": tabular.KL(),
    "chi-square": tabular.ChiSquare(),
    "reverse KL": tabular.ReverseKL(),
    "squared Hellinger": tabular.SquaredHellinger(),
    "Jensen-Shannon": tabular.JensenShannon(),
    "Jeffreys": tabular.Jeffreys(),
}
ALL = {**SETS, **DIVERGENCES}
PENALISED = ("TV", "TV, on the support", "Wasserstein", *DIVERGENCES)
INSIDE = ("TV, on the support", "KL", "chi-square", "Jeffreys")
"""Those that stay on the support."""

MEAN = float(REFERENCE @ VALUES)
LOWEST, LOWEST_INSIDE = VALUES.min(), VALUES[REFERENCE > 0].min()


def floor(name: str) -> float:
    """The lowest value within reach."""
    return float(LOWEST_INSIDE if name in INSIDE else LOWEST)


def saturation(name: str) -> float:
    """Distance of the adversary's last law, the point mass at the lowest value within reach; infinite if it is never taken."""
    law = np.where(floor(name) == VALUES, 1.0, 0.0)
    if name in DIVERGENCES or name.startswith("TV"):
        return float(ALL[name](law, REFERENCE))
    distances = {
        "contamination": 1.0,
        "L-infinity": np.abs(law - REFERENCE).max(),
        "L2": np.linalg.norm(law - REFERENCE),
        "Wasserstein": REFERENCE @ COST @ law,
    }
    return float(distances[name])


def settles_at_saturation(name: str) -> bool:
    """Whether the worst case lies above its floor just before saturation, and on it from there on."""
    radius, solver = saturation(name), ALL[name]
    before = solver.worst_case(VALUES, REFERENCE, 0.999 * radius).value
    after = solver.worst_case(VALUES, REFERENCE, radius).value
    return bool(before > floor(name) + 1e-9 and abs(after - floor(name)) < 1e-12)


def by_radius(full: bool = False) -> dict[str, Any]:
    """Worst case of every set against its radius; one column of saturation radii for each."""
    radii = np.concatenate([[0.0], np.geomspace(1e-3, 8.0, 1200 if full else 240)])
    columns: dict[str, Any] = {"radius": radii}
    for name, solver in ALL.items():
        within = np.minimum(radii, 1.0) if name == "contamination" else radii
        columns[name] = np.array([solver.worst_case(VALUES, REFERENCE, r).value for r in within])
        columns[f"{name}: saturation"] = np.full(radii.size, saturation(name))
    return columns


def draw_by_radius(data: dict[str, Any]) -> Any:
    """Two panels: distances of masses on the left, f-divergences on the right; a dot where a curve saturates."""
    canvas, panels = new_figure(height=3.6, width=8.4, ncols=2, sharey=True)
    for axes, names, title in zip(panels, (SETS, DIVERGENCES), ("Distances between masses", "f-divergences"), strict=True):
        for colour, name in zip(COLOURS, names, strict=False):
            axes.semilogx(data["radius"][1:], data[name][1:], color=colour, label=name)
            radius = data[f"{name}: saturation"][0]
            if np.isfinite(radius):
                axes.plot([radius], [floor(name)], "o", color=colour, markersize=5)
        axes.axhline(LOWEST_INSIDE, color="0.6", linewidth=0.8, linestyle=":")
        axes.set(xlabel="radius", title=title, xlim=(8e-4, 200.0))
        axes.legend(frameon=False, fontsize=8, loc="upper right")
    panels[1].annotate(
        "lowest value on the support",
        (1e-3, LOWEST_INSIDE),
        xytext=(0, 4),
        textcoords="offset points",
        color="0.4",
        fontsize=8,
    )
    panels[0].set_ylabel("worst-case expectation")
    return canvas


def by_penalty(full: bool = False) -> dict[str, Any]:
    """Penalised worst case against the penalty."""
    penalties = np.geomspace(1e-2, 1e2, 1200 if full else 240)
    columns: dict[str, Any] = {"penalty": penalties}
    for name in PENALISED:
        solver = ALL[name]
        columns[name] = np.array([solver.penalised_min(VALUES, REFERENCE, x).value for x in penalties])
    return columns


def draw_by_penalty(data: dict[str, Any]) -> Any:
    """One panel; all curves rise from the lowest value within reach to the mean."""
    canvas, axes = new_figure(height=3.8)
    for i, name in enumerate(PENALISED):
        style = "-" if i < len(COLOURS) else "--"
        axes.semilogx(data["penalty"], data[name], style, color=COLOURS[i % len(COLOURS)], label=name)
    axes.axhline(MEAN, color="0.6", linewidth=0.8, linestyle=":")
    axes.annotate("mean", (1e-2, MEAN), xytext=(0, 3), textcoords="offset points", color="0.4", fontsize=8)
    axes.set(xlabel="penalty", ylabel="penalised worst case", title="A penalty is a radius turned around")
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    return canvas


ACTION_VALUES = np.array([1.0, 0.5, 0.0, -1.0])
ORDERS = (0.5, 1.0, 1.5, 2.0, 3.0)


def worst_action(full: bool = False) -> dict[str, Any]:
    """Probability of the worst of four actions after one greedy step from the uniform policy, against the strength."""
    strengths = np.geomspace(0.02, 10.0, 1600 if full else 320)
    columns: dict[str, Any] = {"strength": strengths}
    for q in ORDERS:
        _, law = tabular.TsallisKL(q).smooth_max(np.tile(ACTION_VALUES, (strengths.size, 1)), None, strengths)
        columns[f"q = {q:g}"] = law[:, -1]
    return columns


def draw_worst_action(data: dict[str, Any]) -> Any:
    """Orders above one reach zero at a positive strength."""
    canvas, axes = new_figure(height=3.5)
    for colour, q in zip(COLOURS, ORDERS, strict=False):
        y = data[f"q = {q:g}"]
        name = {1.0: "q = 1 (KL)", 2.0: "q = 2 (chi-square)"}.get(q, f"q = {q:g}")
        shown = np.where(y > 0, y, np.nan)
        axes.loglog(data["strength"], shown, color=colour, label=name)
        if (y == 0).any():
            first = int(np.flatnonzero(y > 0)[0])
            axes.plot([data["strength"][first]] * 2, [1e-6, shown[first]], color=colour, linestyle=":", linewidth=1)
    axes.set(
        xlabel="strength of the regulariser",
        ylabel="probability of the worst action",
        title="Tsallis divergences of order above one drop actions",
        ylim=(1e-6, 0.5),
    )
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    return canvas


def threshold(solver: Any) -> float:
    """The strength below which the worst action gets no mass, by bisection on the solver."""
    low, high = 1e-3, 1e6
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        dropped = solver(middle)[-1] == 0
        low, high = (middle, high) if dropped else (low, middle)
    return high


def closed_threshold(q: float, mass: float) -> float:
    r""":math:`\frac{q-1}{q} \bigl(\sum_a \mu_a (Q_a - Q_{\min})^{1/(q-1)}\bigr)^{q-1}` where each :math:`\mu_a` is ``mass``."""
    gaps = ACTION_VALUES[:-1] - ACTION_VALUES[-1]
    return float((q - 1) / q * (mass * gaps ** (1 / (q - 1))).sum() ** (q - 1))


def thresholds(full: bool = False) -> dict[str, Any]:
    """Where truncation begins, for the divergence from the uniform policy and for the entropy, with the closed forms."""
    orders = np.linspace(1.1, 8.0, 277 if full else 70)
    uniform = np.full(4, 0.25)
    divergence, entropy = [], []
    for q in orders:
        kl, s = tabular.TsallisKL(q), tabular.TsallisEntropy(q)
        divergence.append(threshold(lambda tau, d=kl: d.smooth_max(ACTION_VALUES, uniform, tau).distribution))
        entropy.append(threshold(lambda tau, d=s: d.smooth_max(ACTION_VALUES, tau).distribution))
    return {
        "order": orders,
        "divergence": np.array(divergence),
        "entropy": np.array(entropy),
        "divergence, closed form": np.array([closed_threshold(q, 0.25) for q in orders]),
        "entropy, closed form": np.array([closed_threshold(q, 1.0) for q in orders]),
    }


def draw_thresholds(data: dict[str, Any]) -> Any:
    """Two curves that part: for the entropy truncation sets in ever earlier, for the divergence ever later."""
    canvas, axes = new_figure(height=3.5)
    for colour, name, words in zip(
        COLOURS, ("divergence", "entropy"), ("Tsallis divergence from uniform", "Tsallis entropy"), strict=False
    ):
        axes.semilogy(data["order"], data[name], color=colour)
        at = np.searchsorted(data["order"], 5.0)
        axes.annotate(
            words, (data["order"][at], data[name][at]), xytext=(0, 9), textcoords="offset points", color=colour, ha="right"
        )
    axes.set(xlabel="order q", ylabel="strength below which it is dropped", title="When the worst action is dropped")
    return canvas


def inequalities(full: bool = False) -> dict[str, Any]:
    """How far from equality the tightest instance of each inequality is, found by the adversary or known; and what proves it."""
    ours = [c for c in claims(["divergences"]) if list(inspect.signature(c.sides).parameters) == ["pair"]]
    chosen = [c for c in ours if c.relation == "<="]
    rows = []
    for claim in chosen:
        count, evaluations = (8, 4000) if full else (2, 1500)
        found = merge(claim, [restart(claim, evaluations, 0, r) for r in range(count)])
        known = [d.tightness for d in decide_known(claim) if d.tightness is not None]
        proof = "coverage" if claim.covers else "steps" if claim.argument and claim.steps else "search"
        rows.append((claim.slug.partition(".")[2], 1 - max([found.tightness, *known]), proof))
    rows.sort(key=lambda row: row[::2])
    return {
        "claim": np.array([r[0] for r in rows]),
        "gap": np.array([r[1] for r in rows]),
        "gap_error": np.full(len(rows), 1e-6),
        "proof": np.array([r[2] for r in rows]),
    }


def draw_inequalities(data: dict[str, Any]) -> Any:
    """How far each adversary stayed from equality, on a logarithmic axis; colour says what is proved."""
    canvas, axes = new_figure(height=5.2, width=7.0)
    gap = np.maximum(data["gap"], 1e-16)
    colours = {"coverage": COLOURS[0], "steps": COLOURS[2], "search": COLOURS[1]}
    words = {"coverage": "proved by coverage", "steps": "proved by steps", "search": "supported by search"}
    y = np.arange(gap.size)[::-1]
    for kind, colour in colours.items():
        mine = data["proof"] == kind
        axes.semilogx(gap[mine], y[mine], "o", color=colour, label=words[kind])
    axes.hlines(y, 1e-16, 1, color="0.9", linewidth=0.6, zorder=0)
    axes.set_yticks(y, [name.replace("_", " ") for name in data["claim"]], fontsize=8)
    axes.set(
        xlabel="1 - largest ratio of the two sides (at the left edge: equality)",
        title="How sharp are the inequalities?",
        xlim=(3e-17, 1),
    )
    axes.legend(frameon=False, fontsize=8, loc="upper right")
    return canvas


FIGURES = (
    Figure(
        "divergences",
        "by_radius",
        "Worst-case expectation against the radius, with the radius at which each adversary has won (dots).",
        "exact",
        by_radius,
        draw_by_radius,
        (
            ("at radius 0 the worst case is the mean", lambda d: all(abs(d[n][0] - MEAN) < 1e-12 for n in ALL)),
            ("no worst case rises with the radius", lambda d: all((np.diff(d[n]) <= 1e-12).all() for n in ALL)),
            (
                "adversaries on the support stop at -0.5, the others at -1.5, just where the dots are",
                lambda d: all(settles_at_saturation(n) for n in ALL if np.isfinite(saturation(n))),
            ),
            (
                "reverse KL and Jeffreys never get there",
                lambda d: [n for n in ALL if np.isinf(d[f"{n}: saturation"][0])] == ["reverse KL", "Jeffreys"],
            ),
            (
                "KL saturates at log 5 and chi-square at 4, because the lowest state on the support has mass 1/5",
                lambda d: abs(d["KL: saturation"][0] - np.log(5)) < 1e-9 and abs(d["chi-square: saturation"][0] - 4) < 1e-9,
            ),
        ),
    ),
    Figure(
        "divergences",
        "by_penalty",
        "Penalised worst case against the penalty.",
        "exact",
        by_penalty,
        draw_by_penalty,
        (
            (
                "the penalised worst case rises with the penalty and is concave in it",
                lambda d: all(
                    (np.diff(d[n]) >= -1e-12).all() and (np.diff(np.diff(d[n]) / np.diff(d["penalty"])) <= 1e-9).all()
                    for n in PENALISED
                ),
            ),
            (
                "it is never above the mean; total variation reaches the mean once no gain is worth its price",
                lambda d: (
                    all((d[n] <= MEAN + 1e-12).all() for n in PENALISED)
                    and np.allclose(d["TV"][d["penalty"] >= 4.5], MEAN, atol=1e-12)
                ),
            ),
            (
                "total variation pays at most its penalty above the lowest value",
                lambda d: bool((d["TV"] <= LOWEST + d["penalty"] + 1e-12).all()),
            ),
        ),
    ),
    Figure(
        "divergences",
        "inequalities",
        "How close an adversary comes to equality in each inequality between divergences.",
        "simulated",
        inequalities,
        draw_inequalities,
        (
            ("no ratio exceeds one", lambda d: bool((d["gap"] >= -1e-12).all())),
            ("every constant is sharp: all ratios come within a millionth of one", lambda d: bool((d["gap"] < 1e-6).all())),
            (
                "of the comparisons by ratios of generators, all are proved for every finite space",
                lambda d: int((d["proof"] == "coverage").sum()) == 8,
            ),
        ),
    ),
    Figure(
        "divergences",
        "worst_action",
        "Probability of the worst of four actions after one regularised greedy step.",
        "exact",
        worst_action,
        draw_worst_action,
        (
            (
                "orders up to one keep every action, orders above one drop the worst at small strength",
                lambda d: all((d[f"q = {q:g}"] == 0).any() == (q > 1) for q in ORDERS),
            ),
            (
                "a stronger regulariser never takes mass from the worst action",
                lambda d: all((np.diff(d[f"q = {q:g}"]) >= -1e-15).all() for q in ORDERS),
            ),
        ),
    ),
    Figure(
        "divergences",
        "thresholds",
        "Strength below which the worst of four actions is dropped, against the order.",
        "exact",
        thresholds,
        draw_thresholds,
        (
            (
                "the solver truncates where the closed form says, to ten digits",
                lambda d: all(np.allclose(d[n], d[f"{n}, closed form"], rtol=1e-10) for n in ("divergence", "entropy")),
            ),
            (
                "the two differ by the factor 4^(q - 1) between their temperatures",
                lambda d: np.allclose(d["entropy"] / d["divergence"], 4 ** (d["order"] - 1), rtol=1e-10),
            ),
            (
                "from q = 2.5 on a larger order truncates less under the divergence, and ever more under the entropy",
                lambda d: bool((np.diff(d["divergence"][d["order"] > 2.5]) < 0).all() and (np.diff(d["entropy"]) > 0).all()),
            ),
        ),
    ),
)
