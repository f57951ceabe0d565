"""Pictures of q-logarithms and of what the order does to a policy."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from scipy.stats import norm

import tabular
from proofs_check.figures import COLOURS, Figure, new_figure
from tabular.tsallis import greedy_step, q_exp, q_log

ORDERS = (1.0, 2.0, 3.0, 4.0, 5.0)


def q_curves(full: bool = False) -> dict[str, Any]:
    """Logarithms, exponentials, and the integrand of the escort entropy of N(2, 1)."""
    count = 401 if full else 161
    x, y, z = np.linspace(0.05, 5, count), np.linspace(-2, 0.95, count), np.linspace(-2, 6, count)
    density = norm.pdf(z, 2, 1)
    columns: dict[str, Any] = {"x": x, "y": y, "z": z}
    for q in ORDERS:
        columns[f"log, q = {q:g}"] = q_log(x, q)
        exponentials = np.asarray(q_exp(y, q))
        columns[f"exp, q = {q:g}"] = np.where(np.isfinite(exponentials) & (exponentials < 1e3), exponentials, np.nan)
        columns[f"entropy, q = {q:g}"] = -(density**q) * q_log(density, q)
    columns["exp, q = 0"] = q_exp(y, 0.0)
    return columns


def draw_q_curves(data: dict[str, Any]) -> Any:
    """Flatter logarithms, steeper exponentials, lower integrands."""
    canvas, panels = new_figure(height=3.2, width=10, ncols=3)
    for colour, q in zip(COLOURS, ORDERS, strict=False):
        label = f"q = {q:g}"
        panels[0].plot(data["x"], data[f"log, q = {q:g}"], color=colour, label=label)
        panels[1].plot(data["y"], data[f"exp, q = {q:g}"], color=colour, label=label)
        panels[2].plot(data["z"], data[f"entropy, q = {q:g}"], color=colour, label=label)
    panels[1].plot(data["y"], data["exp, q = 0"], color="0.4", linestyle="--", label="q = 0: truncates")
    panels[0].set(xlabel="x", title=r"$\ln_q x$ flattens", ylim=(-4, 2))
    panels[1].set(xlabel="x", title=r"$\exp_q x$ has a pole at $1/(q-1)$", ylim=(-0.2, 6))
    panels[2].set(xlabel="x", title=r"$-p^q \ln_q p$ for $p = N(2, 1)$")
    panels[1].legend(frameon=False, fontsize=8)
    return canvas


AREAS = (1.0, 2.0, 3.0, 4.0, 5.0)


def gaussian_integrands(full: bool = False) -> dict[str, Any]:
    """Integrand of the divergence between N(2.75, 1) and N(3.25, 1)."""
    x = np.linspace(-11, 15, 1301 if full else 521)
    p, r = norm.pdf(x, 2.75, 1), norm.pdf(x, 3.25, 1)
    columns: dict[str, Any] = {"x": x}
    for q in AREAS:
        columns[f"q = {q:g}"] = p * q_log(p / r, 2 - q)
    return columns


def gaussian_formula(q: float, shift: float) -> float:
    """Divergence of unit normal laws whose means are ``shift`` apart."""
    return shift**2 / 2 if q == 1 else float(np.expm1(q * (q - 1) * shift**2 / 2) / (q - 1))


def area(data: dict[str, Any], q: float) -> float:
    """Trapezoidal area under an integrand, spectrally accurate for these."""
    return float(np.trapezoid(data[f"q = {q:g}"], data["x"]))


def draw_gaussian_integrands(data: dict[str, Any]) -> Any:
    """Integrands with their areas."""
    canvas, axes = new_figure(height=3.5)
    for colour, q in zip(COLOURS, AREAS, strict=False):
        axes.plot(data["x"], data[f"q = {q:g}"], color=colour, label=f"q = {q:g}: area {area(data, q):.4f}")
    axes.axhline(0, color="0.85", linewidth=0.8)
    axes.set(xlabel="x", xlim=(-2, 7), title=r"Integrand $p \ln_{2-q}(p/r)$ of $D_q(N(2.75, 1) \,\|\, N(3.25, 1))$")
    axes.legend(frameon=False, fontsize=8)
    return canvas


ACTIONS = np.arange(-30, 31) / 10
ACTION_VALUES = -(ACTIONS**2) / 2
"""Values whose soft-max is a normal density."""
POLICY_ORDERS = (1.0, 1.5, 2.0, 3.0, 50.0)


def truncated_policies(full: bool = False) -> dict[str, Any]:
    """Entropic greedy policies of several orders, and steps from soft-max with a divergence."""
    values = ACTION_VALUES
    columns: dict[str, Any] = {"action": ACTIONS, "value": values}
    reference = greedy_step(values, tabular.ShannonEntropy(), 1.0).policy
    for q in POLICY_ORDERS:
        entropy = tabular.ShannonEntropy() if q == 1 else tabular.TsallisEntropy(q)
        distance = tabular.KL() if q == 1 else tabular.TsallisKL(q)
        columns[f"entropy, q = {q:g}"] = greedy_step(values, entropy, 1.0).policy
        columns[f"divergence, q = {q:g}"] = greedy_step(values, distance, 1.0, reference).policy
    columns["reference"] = reference
    return columns


def draw_truncated_policies(data: dict[str, Any]) -> Any:
    """Entropy on the left, divergence from soft-max on the right."""
    canvas, panels = new_figure(height=3.4, width=8.4, ncols=2)
    for colour, q in zip(COLOURS, POLICY_ORDERS, strict=False):
        for axes, kind in zip(panels, ("entropy", "divergence"), strict=False):
            axes.semilogy(
                data["action"], np.where(data[f"{kind}, q = {q:g}"] > 0, data[f"{kind}, q = {q:g}"], np.nan), color=colour
            )
            axes.plot([], [], color=colour, label=f"q = {q:g}")
    panels[1].semilogy(data["action"], data["reference"], color="0.4", linestyle="--", label="reference")
    panels[0].set(xlabel="action", ylabel="probability", title="Entropy: more order, fewer actions", ylim=(1e-5, 1.5))
    panels[1].set(xlabel="action", title="Divergence from soft-max: not so", ylim=(1e-5, 1.5))
    panels[0].legend(frameon=False, fontsize=8)
    panels[1].legend(frameon=False, fontsize=8)
    return canvas


def support(data: dict[str, Any], kind: str, q: float) -> int:
    """Number of actions with mass."""
    return int(np.count_nonzero(data[f"{kind}, q = {q:g}"]))


TWO_VALUES = np.array([0.5, 0.0])


def orders_to_infinity(full: bool = False) -> dict[str, Any]:
    """Two actions .5 apart, strength 1: probability of the worse one for an entropy, ratio of the better for a divergence."""
    q = np.geomspace(1.05, 1000, 121 if full else 41)
    entropies = [greedy_step(TWO_VALUES, tabular.TsallisEntropy(x), 1.0).policy[1] for x in q]
    ratios = [2 * greedy_step(TWO_VALUES, tabular.TsallisKL(x), 1.0).policy[0] for x in q]
    kappa = q / (q - 1)
    return {
        "q": q,
        "entropy: worse action": np.array(entropies),
        "entropy: bound": np.maximum(np.log(kappa / 0.5), 0) / (q - 1),
        "entropy: asymptote": np.log(2) / q,
        "divergence: ratio": np.array(ratios),
        "divergence: bound": (1 + 0.5 / kappa) ** (1 / (q - 1)),
    }


def draw_orders_to_infinity(data: dict[str, Any]) -> Any:
    """One tends to greedy, the other to no change."""
    canvas, panels = new_figure(height=3.3, width=8.4, ncols=2)
    for axes, kind, curve in ((panels[0], "entropy", "worse action"), (panels[1], "divergence", "ratio")):
        shift = 0 if kind == "entropy" else 1
        axes.loglog(data["q"], data[f"{kind}: {curve}"] - shift, color=COLOURS[0], label="exact")
        axes.loglog(data["q"], data[f"{kind}: bound"] - shift, color=COLOURS[1], linestyle="--", label="bound")
    panels[0].loglog(data["q"], data["entropy: asymptote"], color="0.5", linestyle=":", label=r"$\log(\tau/\Delta)/q$")
    panels[0].set(xlabel="q", ylabel="probability of the worse action", title="Entropy: greedy in the limit", ylim=(1e-4, 3))
    panels[1].set(
        xlabel="q", ylabel=r"$\pi/\mu - 1$ of the better action", title="Divergence: no update in the limit", ylim=(1e-4, 3)
    )
    panels[0].legend(frameon=False, fontsize=8)
    panels[1].legend(frameon=False, fontsize=8)
    return canvas


FIGURES = (
    Figure(
        "tsallis_kl",
        "q_curves",
        "q-logarithms, q-exponentials and an entropy's integrand for orders 1 to 5.",
        "exact",
        q_curves,
        draw_q_curves,
        (
            (
                "beyond 1 the logarithms flatten as q grows",
                lambda d: all((d[f"log, q = {q:g}"] >= d[f"log, q = {q + 1:g}"] - 1e-12)[d["x"] > 1].all() for q in ORDERS[:-1]),
            ),
            (
                "exponentials of order above one are positive below their pole, the one of order 0 truncates",
                lambda d: bool((d["exp, q = 2"][d["y"] < 0.9] > 0).all() and (d["exp, q = 0"][d["y"] <= -1] == 0).all()),
            ),
            (
                "at its peak the integrand is lower for each larger order",
                lambda d: all(d[f"entropy, q = {q:g}"].max() > d[f"entropy, q = {q + 1:g}"].max() for q in ORDERS[:-1]),
            ),
        ),
    ),
    Figure(
        "tsallis_kl",
        "gaussian_integrands",
        "Integrands of Tsallis divergences between two normal laws, with their areas.",
        "exact",
        gaussian_integrands,
        draw_gaussian_integrands,
        (
            (
                "areas are those of the closed form, .125, .2840, .5585, 1.1606 and 2.7956",
                lambda d: all(
                    abs(area(d, q) - value) < 6e-5
                    for q, value in zip(AREAS, (0.125, 0.284025, 0.558500, 1.160563, 2.795623), strict=True)
                ),
            ),
            (
                "sum and formula agree to ten digits",
                lambda d: all(abs(area(d, q) - gaussian_formula(q, 0.5)) < 1e-10 for q in AREAS),
            ),
        ),
    ),
    Figure(
        "tsallis_kl",
        "truncated_policies",
        "Greedy policies over sixty-one actions for several orders: with an entropy, and with a divergence from soft-max.",
        "exact",
        truncated_policies,
        draw_truncated_policies,
        (
            (
                "with an entropy each larger order keeps fewer actions",
                lambda d: all(support(d, "entropy", a) > support(d, "entropy", b) for a, b in pairwise(POLICY_ORDERS)),
            ),
            ("order 50 keeps three", lambda d: support(d, "entropy", 50) == 3),
            (
                "with a divergence order 3 drops actions that order 50 keeps",
                lambda d: support(d, "divergence", 3) < support(d, "divergence", 50),
            ),
            (
                "and what order 50 keeps changes by at most a seventh",
                lambda d: bool(np.abs(d["divergence, q = 50"] / d["reference"] - 1)[d["divergence, q = 50"] > 0].max() < 1 / 7),
            ),
        ),
    ),
    Figure(
        "tsallis_kl",
        "orders_to_infinity",
        "Two actions at growing orders: the worse one's probability with an entropy, the better one's change with a divergence.",
        "exact",
        orders_to_infinity,
        draw_orders_to_infinity,
        (
            (
                "both are below their proved bounds",
                lambda d: bool(
                    (d["entropy: worse action"] <= d["entropy: bound"] + 1e-14).all()
                    and (d["divergence: ratio"] <= d["divergence: bound"] + 1e-14).all()
                ),
            ),
            (
                "from q = 100 on the worse action has log(2)/q to 3 percent",
                lambda d: bool(np.abs(d["entropy: worse action"] / d["entropy: asymptote"] - 1)[d["q"] > 100].max() < 0.03),
            ),
            (
                "with the divergence the change falls like 1/q, to less than a thousandth",
                lambda d: bool(d["divergence: ratio"][-1] - 1 < 1e-3),
            ),
        ),
    ),
)
