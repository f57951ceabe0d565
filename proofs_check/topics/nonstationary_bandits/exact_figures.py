"""Pictures without samples: regret against its bounds, the tight ratio, entropy rates, rate distortion, policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import entr

from proofs_check.figures import COLOURS, Figure, new_figure
from tabular.bandits import (
    CountPolicy,
    LatentBandit,
    count_regret,
    critical_distortion,
    examples,
    kl_ucb,
    rate_distortion_bound,
    symmetric_chain_bound,
    thompson,
    ucb1,
)

SLUG = "nonstationary_bandits"

# --- regret and its bounds ---------------------------------------------------------------------------------------------------

GAP = 0.3
PUBLISHED = {2: 0.3, 5: 0.253717, 10: 0.198908, 20: 0.144890, 100: 0.054232, 200: 0.032751}
"""Regret of Thompson sampling at some effective horizons, to six digits."""


def regret_and_bounds(full: bool = False) -> dict[str, Any]:
    """Two arms that swap, against the effective horizon: regrets in the long run, and bounds by information and entropy."""
    taus = np.unique(np.concatenate([np.geomspace(2, 1000, 60 if full else 20), list(PUBLISHED)]))
    rows = []
    for tau in taus:
        bandit = examples.swapping_arms(1.0 / tau, GAP)
        values, best = bandit.stationary_values(), bandit.stationary_optimum()
        entropy = float(entr(1.0 / tau) + entr(1.0 - 1.0 / tau))
        rows.append((GAP, values.regret, best.regret, values.information, entropy))
    uniform, regret, best, information, entropy = np.array(rows).T
    return {
        "tau": taus,
        "uniform": uniform,
        "Thompson": regret,
        "Bayes optimum": best,
        "bound by information": np.sqrt(information / 2),
        "bound by entropy": np.sqrt(entropy / 2),
        "bound by entropy, k in place of k - 1": np.sqrt(entropy),
    }


def draw_regret_and_bounds(data: dict[str, Any]) -> Any:
    """Regrets solid, bounds dashed."""
    canvas, axes = new_figure(height=3.8)
    names = [name for name in data if name != "tau"]
    for colour, name in zip(COLOURS, names, strict=False):
        axes.plot(data["tau"], data[name], color=colour, linestyle="--" if name.startswith("bound") else "-", label=name)
    axes.set(xscale="log", yscale="log", xlabel=r"effective horizon $\tau$", ylabel="regret per step")
    axes.set_title("Two arms that pay .8 and .2 and swap every $\\tau$ steps")
    axes.legend(frameon=False, fontsize=8)
    return canvas


def at(data: dict[str, Any], tau: float, name: str) -> float:
    """A curve at one effective horizon."""
    return float(data[name][np.argmin(np.abs(data["tau"] - tau))])


# --- the tight ratio ---------------------------------------------------------------------------------------------------------

LAWS = {
    "two arms alike": (0.5, 0.5),
    "three arms alike": (1 / 3,) * 3,
    "four arms alike": (0.25,) * 4,
    "(.6, .3, .1)": (0.6, 0.3, 0.1),
    "(.9, .05, .03, .02)": (0.9, 0.05, 0.03, 0.02),
}


def spread_means(alpha: np.ndarray[Any, Any], r: float) -> np.ndarray[Any, Any]:
    """One state for each arm: it pays c (1 - alpha) / alpha more than 1/2 in its own and c less in the others; no mean is further
    than r / 2 from 1/2."""
    c = r / (2.0 * max(1.0, float(((1.0 - alpha) / alpha).max())))
    return np.full((alpha.size, alpha.size), 0.5 - c) + np.diag(c + c * (1.0 - alpha) / alpha)


def tight_ratio(full: bool = False) -> dict[str, Any]:
    """Information ratio over (k - 1) / 2 as means come together, for five laws of the best arm."""
    widths = np.geomspace(0.02, 0.999, 120 if full else 40)
    columns: dict[str, Any] = {"r": widths}
    for name, law in LAWS.items():
        alpha = np.array(law)
        ratios = []
        for r in widths:
            bandit = LatentBandit(np.eye(alpha.size), spread_means(alpha, r), alpha)
            ratios.append(bandit.information_ratio(1)[0] * 2.0 / (alpha.size - 1))
        columns[name] = np.array(ratios)
    columns["proved from below"] = 1.0 / (1.0 + widths**2 / (6.0 * (1.0 - widths**2)))
    return columns


def draw_tight_ratio(data: dict[str, Any]) -> Any:
    """Five curves that end at one."""
    canvas, axes = new_figure(height=3.4)
    for colour, name in zip(COLOURS, LAWS, strict=False):
        axes.plot(data["r"], data[name], color=colour, label=name)
    axes.plot(data["r"], data["proved from below"], color="0.5", linestyle=":", label="proved from below")
    axes.set(xscale="log", ylim=(0.4, 1.02), xlabel="largest distance of means from 1/2, doubled", ylabel="ratio / ((k - 1) / 2)")
    axes.set_title("The constant k - 1 is attained, whatever the law of the best arm")
    axes.legend(frameon=False, fontsize=8)
    return canvas


# --- entropy rates -----------------------------------------------------------------------------------------------------------

CHAINS = {"four states": examples.four_states, "hidden regime": examples.hidden_regime}
DEPTHS = 13


def sandwich(full: bool = False) -> dict[str, Any]:
    """Lower and upper bounds of the entropy rate by depth."""
    depths = np.arange(1, DEPTHS + (3 if full else 1))
    columns: dict[str, Any] = {"depth": depths}
    for name, make in CHAINS.items():
        bounds = np.array([make().entropy_rate_bounds(int(d)) for d in depths])
        columns[f"{name}, lower"], columns[f"{name}, upper"] = bounds.T
    return columns


def draw_sandwich(data: dict[str, Any]) -> Any:
    """Bounds on the left, their distance on the right."""
    canvas, (left, right) = new_figure(height=3.2, width=8.4, ncols=2)
    for colour, name in zip(COLOURS, CHAINS, strict=False):
        low, high = data[f"{name}, lower"], data[f"{name}, upper"]
        left.fill_between(data["depth"], low, high, color=colour, alpha=0.25, linewidth=0)
        left.plot(data["depth"], low, color=colour, marker="^", markersize=3)
        left.plot(data["depth"], high, color=colour, marker="v", markersize=3, label=name)
        right.plot(data["depth"], np.maximum(high - low, 1e-16), color=colour, marker="o", markersize=3, label=name)
    left.set(xlabel="depth", ylabel="nats per step", title="Entropy rate of the best action")
    right.set(xlabel="depth", ylabel="upper minus lower", yscale="log", title="Bounds close geometrically")
    left.legend(frameon=False, fontsize=8)
    return canvas


# --- rate distortion ---------------------------------------------------------------------------------------------------------

CASES = ((0.02, 0.3), (0.1, 0.3), (0.3, 0.2))
BLOCKS = (1, 2, 4)
SLOPES = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0)


def rate_distortion(full: bool = False) -> dict[str, Any]:
    """Bounds of the regret against the distortion of the target: closed form up to the critical one, and blocks beyond."""
    rows: dict[str, list[Any]] = {name: [] for name in ("switch", "kind", "share", "distortion", "bound")}

    def add(switch: float, kind: str, share: float, distortion: float, bound: float) -> None:
        for name, value in zip(rows, (switch, kind, share, distortion, bound), strict=True):
            rows[name].append(value)

    for switch, gap in CASES:
        critical = critical_distortion(switch)
        for errors in np.linspace(0.0, critical, 60 if full else 25):
            add(switch, "closed form", errors / critical, 2 * gap * errors, symmetric_chain_bound(switch, gap, float(errors)))
    switch, gap = CASES[-1]
    for block in (*BLOCKS, 6) if full else BLOCKS:
        for slope in SLOPES:
            point = examples.swapping_arms(switch, gap).rate_distortion(block, slope / gap, tol=1e-7)
            bound = rate_distortion_bound(point.distortion, point.rate, 2)
            add(switch, f"blocks of {block}", point.distortion / (2 * gap * critical), point.distortion, bound)
    return {name: np.array(values) for name, values in rows.items()}


def draw_rate_distortion(data: dict[str, Any]) -> Any:
    """What errors gain, for three chains; and the last of them next to targets of blocks."""
    canvas, (left, right) = new_figure(height=3.4, width=8.4, ncols=2)
    for colour, (switch, gap) in zip(COLOURS, CASES, strict=False):
        here = (data["switch"] == switch) & (data["kind"] == "closed form")
        by_entropy = symmetric_chain_bound(switch, gap, 0.0)
        left.plot(data["share"][here], data["bound"][here] / by_entropy, color=colour, label=f"swap {switch:g}, gap {gap:g}")
    left.set(xlabel="errors of the target / critical", ylabel="bound / bound by entropy", title="Errors pay")
    switch, gap = CASES[-1]
    here = (data["switch"] == switch) & (data["kind"] == "closed form")
    right.plot(data["distortion"][here], data["bound"][here], color=COLOURS[2], label="closed form")
    for marker, block in zip("x+o", BLOCKS, strict=True):
        here = data["kind"] == f"blocks of {block}"
        right.plot(
            data["distortion"][here],
            data["bound"][here],
            marker,
            color="0.4",
            markersize=5,
            markerfacecolor="none",
            label=f"blocks of {block}",
        )
    right.axhline(gap, color="0.7", label="uniform play")
    right.set(xlabel="distortion D", ylabel="bound of the regret per step", title=f"swap {switch:g}, gap {gap:g}")
    for axes in (left, right):
        axes.legend(frameon=False, fontsize=8)
    return canvas


def best_bound(data: dict[str, Any], switch: float, kind: str) -> float:
    """The smallest bound of one chain."""
    return float(data["bound"][(data["switch"] == switch) & (data["kind"] == kind)].min())


# --- policies on named instances ---------------------------------------------------------------------------------------------

INSTANCES: dict[str, tuple[Callable[[], LatentBandit], int]] = {
    "swapping arms": (examples.swapping_arms, 8),
    "one good arm": (examples.one_good_arm, 6),
    "four states": (examples.four_states, 6),
    "informative bad arm": (examples.informative_bad_arm, 6),
    "hidden regime": (examples.hidden_regime, 8),
}
POLICIES = ("uniform", "Thompson", "predictive", "greedy", "Bayes optimum")


def policies(full: bool = False) -> dict[str, Any]:
    """Regret per step of five policies on five bandits, exactly, and the two bounds of Thompson sampling."""
    columns: dict[str, Any] = {"instance": np.array(list(INSTANCES))}
    rows = []
    for make, horizon in INSTANCES.values():
        bandit = make()
        played = (bandit.uniform, bandit.thompson, bandit.predictive(4 if full else 2), bandit.greedy)
        regrets = [bandit.policy_regret(policy, horizon).mean() for policy in played]
        scale = (bandit.n_actions - 1) / 2.0
        information = bandit.one_step_information(horizon).mean()
        entropy = bandit.optimal_action_entropy(horizon) / horizon
        best = bandit.bayes_optimal_regret(horizon).mean()
        rows.append([*regrets, best, np.sqrt(scale * information), np.sqrt(scale * entropy)])
    for name, column in zip((*POLICIES, "bound by one-step information", "bound by entropy"), np.array(rows).T, strict=True):
        columns[name] = column
    return columns


def draw_policies(data: dict[str, Any]) -> Any:
    """Bars for policies, ticks for the bounds of Thompson sampling."""
    canvas, axes = new_figure(height=3.6, width=8.4)
    x, width = np.arange(len(data["instance"])), 0.15
    for i, (colour, name) in enumerate(zip(COLOURS, POLICIES, strict=False)):
        axes.bar(x + (i - 2) * width, data[name], width, color=colour, label=name)
    axes.plot(x - width, data["bound by one-step information"], "k_", markersize=11, label="bound of Thompson by information")
    axes.plot(x - width, data["bound by entropy"], "_", color="0.55", markersize=11, label="and by entropy")
    axes.set_xticks(x, data["instance"])
    axes.set(ylabel="regret per step", title="Five small bandits, exactly")
    axes.legend(frameon=False, fontsize=8, ncols=2)
    return canvas


# --- classics ----------------------------------------------------------------------------------------------------------------

COUNTS: dict[str, CountPolicy] = {"UCB1": ucb1, "KL-UCB": kl_ucb, "Thompson": thompson}
MEANS = (0.6, 0.4)


def classics(full: bool = False) -> dict[str, Any]:
    """Exact regret of three policies on arms of .6 and .4, and Lai and Robbins' asymptote."""
    horizon = 120 if full else 50
    steps = np.arange(1, horizon + 1)
    p, q = MEANS
    divergence = q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p))
    columns: dict[str, Any] = {"T": steps}
    for name, policy in COUNTS.items():
        columns[name] = np.cumsum(count_regret(MEANS, policy, horizon).regret)
    columns["Lai-Robbins asymptote"] = (p - q) * np.log(steps) / divergence
    columns["bound of UCB1"] = 8 * np.log(steps) / (p - q) + (1 + np.pi**2 / 3) * (p - q)
    return columns


def draw_classics(data: dict[str, Any]) -> Any:
    """Regrets are far below what is known about them."""
    canvas, axes = new_figure(height=3.4)
    for colour, name in zip(COLOURS, COUNTS, strict=False):
        axes.plot(data["T"], data[name], color=colour, label=name)
    axes.plot(data["T"], data["Lai-Robbins asymptote"], color="0.4", linestyle="--", label="Lai-Robbins asymptote")
    axes.plot(data["T"], data["bound of UCB1"], color="0.7", linestyle=":", label="bound of UCB1")
    axes.set(xlabel="T", ylabel="regret", yscale="log", ylim=(0.1, 300), title="Bernoulli arms of .6 and .4, exactly")
    axes.legend(frameon=False, fontsize=8)
    return canvas


FIGURES = (
    Figure(
        slug=SLUG,
        name="regret_and_bounds",
        caption="Regret of two arms that swap, against the bounds by information and by entropy",
        kind="exact",
        compute=regret_and_bounds,
        draw=draw_regret_and_bounds,
        observations=(
            (
                "Thompson sampling loses what was published",
                lambda d: all(abs(at(d, tau, "Thompson") - value) < 2e-6 for tau, value in PUBLISHED.items()),
            ),
            (
                "every bound holds",
                lambda d: all(bool((d["Thompson"] <= d[name]).all()) for name in d if name.startswith("bound")),
            ),
            (
                "the bound by information says something from tau = 5 on, that by entropy only after 20",
                lambda d: (
                    at(d, 5, "bound by information") < GAP
                    and at(d, 20, "bound by entropy") > GAP > at(d, 100, "bound by entropy")
                ),
            ),
            (
                "Thompson sampling loses less than twice the optimum",
                lambda d: bool((d["Thompson"] < 2 * d["Bayes optimum"]).all()),
            ),
        ),
    ),
    Figure(
        slug=SLUG,
        name="tight_ratio",
        caption="The information ratio of Thompson sampling over (k - 1) / 2 as means come together",
        kind="exact",
        compute=tight_ratio,
        draw=draw_tight_ratio,
        observations=(
            ("no ratio exceeds (k - 1) / 2", lambda d: all(bool((d[name] <= 1 + 1e-9).all()) for name in LAWS)),
            ("all come within a thousandth of it", lambda d: all(d[name][0] > 0.999 for name in LAWS)),
            (
                "and lie above what is proved",
                lambda d: all(bool((d[name] >= d["proved from below"] - 1e-9).all()) for name in LAWS),
            ),
        ),
    ),
    Figure(
        slug=SLUG,
        name="sandwich",
        caption="Bounds of the entropy rate of the best action by depth",
        kind="exact",
        compute=sandwich,
        draw=draw_sandwich,
        observations=(
            (
                "lower bounds rise and upper bounds fall",
                lambda d: all(
                    bool((np.diff(d[f"{name}, lower"]) >= -1e-12).all() and (np.diff(d[f"{name}, upper"]) <= 1e-12).all())
                    for name in CHAINS
                ),
            ),
            (
                "the rate of the hidden regime is .4897, not the .5731 of H(A2 | A1)",
                lambda d: d["hidden regime, upper"][0] > 0.573 and abs(d["hidden regime, upper"][12] - 0.4897074) < 1e-7,
            ),
        ),
    ),
    Figure(
        slug=SLUG,
        name="rate_distortion",
        caption="Bounds of the regret by targets with errors",
        kind="exact",
        compute=rate_distortion,
        draw=draw_rate_distortion,
        observations=(
            (
                "errors pay: the bound falls from distortion 0 to the critical one",
                lambda d: all(
                    bool((np.diff(d["bound"][(d["switch"] == q) & (d["kind"] == "closed form")]) < 0).all()) for q, _ in CASES
                ),
            ),
            (
                "the published bounds at the critical distortion",
                lambda d: all(
                    abs(best_bound(d, q, "closed form") - value) < 1e-9
                    for q, value in ((0.02, 0.2202670357), (0.1, 0.3917961592), (0.3, 0.4762153755))
                ),
            ),
            (
                "beyond it targets of blocks are better still where arms swap fast, and longer blocks are better",
                lambda d: (
                    best_bound(d, 0.3, "blocks of 4") < best_bound(d, 0.3, "blocks of 1") < best_bound(d, 0.3, "closed form")
                ),
            ),
        ),
    ),
    Figure(
        slug=SLUG,
        name="policies",
        caption="Regret per step of five policies on five bandits",
        kind="exact",
        compute=policies,
        draw=draw_policies,
        observations=(
            (
                "nothing beats the Bayes optimum",
                lambda d: all(bool((d["Bayes optimum"] <= d[name] + 1e-9).all()) for name in POLICIES),
            ),
            (
                "greedy is optimal for arms that swap, and not for four states",
                lambda d: d["greedy"][0] - d["Bayes optimum"][0] < 1e-9 and d["greedy"][2] - d["Bayes optimum"][2] > 1e-3,
            ),
            (
                "Thompson sampling explores too much in all of them, predictive sampling a little less",
                lambda d: bool((d["greedy"] < d["predictive"]).all() and (d["predictive"] < d["Thompson"]).all()),
            ),
            (
                "the bounds of Thompson sampling hold",
                lambda d: bool(
                    (d["Thompson"] <= d["bound by one-step information"]).all()
                    and (d["bound by one-step information"] <= d["bound by entropy"]).all()
                ),
            ),
        ),
    ),
    Figure(
        slug=SLUG,
        name="classics",
        caption="Exact regret of UCB1, KL-UCB and Thompson sampling on two Bernoulli arms",
        kind="exact",
        compute=classics,
        draw=draw_classics,
        observations=(
            (
                "the asymptote is no bound: all three are below it at T = 50",
                lambda d: all(d[name][49] < d["Lai-Robbins asymptote"][49] for name in COUNTS),
            ),
            (
                "published values at T = 50",
                lambda d: all(
                    abs(d[name][49] - value) < 1e-9
                    for name, value in (("UCB1", 3.4297886178), ("KL-UCB", 2.5143152816), ("Thompson", 2.7486412697))
                ),
            ),
            ("the bound of UCB1 is more than forty times too large", lambda d: d["bound of UCB1"][49] > 40 * d["UCB1"][49]),
        ),
    ),
)
