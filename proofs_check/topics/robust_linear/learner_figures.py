"""Pictures of learners: what they do on the published benchmarks, beside the exact answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.optimize

import tabular
from proofs_check.figures import COLOURS, Figure, new_figure
from proofs_check.topics.robust_linear.benchmarks import arms
from proofs_check.topics.robust_mdp.example_figures import PUBLISHED, START
from tabular.linear_mdp import (
    DRPVI,
    DRVIL,
    PEVI,
    R2PVI,
    VADRPVI,
    LinearProblem,
    coverage_term,
    one_step_errors,
    pessimism_gap,
    sample,
    suboptimality,
)
from tabular.linear_mdp.moments import Moments

TV, KL, CHI = tabular.TotalVariation(), tabular.KL(), tabular.ChiSquare()

# --- the simulated linear MDP --------------------------------------------------------------------------------------------------

STRENGTH, MIDDLE = 0.2, 0.3
RIDGE = 0.1
FIRST_OF_FOUR = np.array([[0, 0, 0, 0.1], [0, 0, 0, 0], [0, 0, 0, 0]])

SIMULATED: dict[str, Any] = {
    "PEVI": PEVI(ridge=RIDGE),
    "R2PVI-TV": R2PVI(TV, 0.1, ridge=RIDGE),
    "R2PVI-KL": R2PVI(KL, 0.1, ridge=RIDGE),
    "R2PVI-chi2": R2PVI(CHI, 0.1, ridge=RIDGE),
    "DRPVI": DRPVI(FIRST_OF_FOUR, ridge=RIDGE),
}
"""The learners of the published comparison, at its parameters."""


def weight_of(action: int) -> float:
    """u of an action."""
    ones = bin(int(action)).count("1")
    return float(arms(MIDDLE, STRENGTH)[ones])


def simulated_curves(full: bool = False) -> dict[str, Any]:
    """Exact values in perturbed environments: of every first weight, and of what learners find from 100 episodes."""
    model = tabular.domains.simulated_linear_mdp(STRENGTH)
    chances = np.linspace(0, 1, 11)
    worlds = [LinearProblem(tabular.domains.simulated_linear_mdp(STRENGTH, perturbation=q)) for q in chances]
    columns: dict[str, Any] = {"perturbation": chances}
    for ones in range(5):
        policy = np.full((3, 5), 15)
        policy[0] = (0, 1, 3, 7, 15)[ones]
        columns[f"u = {arms(MIDDLE, STRENGTH)[ones]:g}"] = np.array([tabular.policy_value(w, policy)[0, 0] for w in worlds])
    seeds = 100 if full else 20
    for name, learner in SIMULATED.items():
        values = []
        for seed in range(seeds):
            learned = learner.learn(model, sample(model, 100, rng=seed))
            values.append([tabular.policy_value(w, learned.policy)[0, 0] for w in worlds])
        columns[name] = np.mean(values, axis=0)
        columns[f"{name}_error"] = np.std(values, axis=0, ddof=1) / np.sqrt(seeds)
    return columns


def draw_simulated_curves(data: dict[str, Any]) -> Any:
    """Lines through one point, and averages of them."""
    canvas, axes = new_figure(height=3.6, width=6.4)
    for name in (n for n in data if n.startswith("u =")):
        axes.plot(data["perturbation"], data[name], color="0.8", zorder=0)
        axes.annotate(
            name, (1.0, data[name][-1]), xytext=(4, 0), textcoords="offset points", fontsize=8, color="0.5", va="center"
        )
    for colour, name in zip(COLOURS, SIMULATED, strict=False):
        mean, error = data[name], 2 * data[f"{name}_error"]
        wide = name == "R2PVI-chi2"  # it and DRPVI chose the same in almost every run
        axes.plot(data["perturbation"], mean, color=colour, label=name, linewidth=4 if wide else 1.5, alpha=0.6 if wide else 1)
        axes.fill_between(data["perturbation"], mean - error, mean + error, color=colour, alpha=0.15, linewidth=0)
    axes.set(
        xlabel="perturbation q",
        ylabel="value from the start",
        title="Learned policies are mixtures of the same lines (100 episodes, 20 seeds)",
        xlim=(0, 1.12),
    )
    axes.legend(frameon=False, fontsize=8)
    return canvas


def crossing(data: dict[str, Any]) -> float:
    """Where the lines of the smallest and the largest weight meet."""
    gap = data["u = 0.5"] - data["u = 0.1"]
    k = int(np.argmax(gap < 0)) - 1
    q = data["perturbation"]
    return float(q[k] + gap[k] / (gap[k] - gap[k + 1]) * (q[k + 1] - q[k]))


EPISODES = (100, 300, 1000, 3000, 10_000)


def simulated_samples(full: bool = False) -> dict[str, Any]:
    """First weights that learners choose, against the number of episodes."""
    model = tabular.domains.simulated_linear_mdp(STRENGTH)
    seeds = 100 if full else 20
    columns: dict[str, Any] = {"episodes": np.array(EPISODES)}
    learners = {**SIMULATED, "R2PVI-KL, price 1": R2PVI(KL, 1.0, ridge=RIDGE), "R2PVI-TV, price 2": R2PVI(TV, 2.0, ridge=RIDGE)}
    data = [[sample(model, k, rng=seed) for seed in range(seeds)] for k in EPISODES]
    for name, learner in learners.items():
        chosen = np.array([[weight_of(learner.learn(model, d).actions[0, 0]) for d in row] for row in data])
        columns[name] = chosen.mean(axis=1)
        columns[f"{name}_error"] = chosen.std(axis=1, ddof=1) / np.sqrt(seeds)
    return columns


def draw_simulated_samples(data: dict[str, Any]) -> Any:
    """The separation disappears with the sample, but for ties."""
    canvas, axes = new_figure(height=3.4, width=7.6)
    names = [n for n in data if n != "episodes" and not n.endswith("_error")]
    for k, (colour, name) in enumerate(zip(COLOURS, names, strict=False)):
        style = "--" if "price" in name else "-"
        axes.errorbar(
            data["episodes"] * 1.03 ** (k - 3), data[name], 2 * data[f"{name}_error"], color=colour, linestyle=style, label=name
        )
    axes.axhline(0.5, color="0.8", zorder=0)
    axes.set(
        xscale="log",
        xlabel="episodes",
        ylabel="mean first weight u",
        title="What separates learners here is the sample: the exact answer is .5 for all",
    )
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return canvas


# --- the put -------------------------------------------------------------------------------------------------------------------

CHANCES = np.array([0.2, 0.4, 0.6, 0.8, 1.0])

PUT: dict[str, Any] = {
    "PEVI": PEVI(beta=0.1),
    "R2PVI-TV, price 5": R2PVI(TV, 5.0, beta=0.1),
    "R2PVI-chi2, price 1": R2PVI(CHI, 1.0, beta=0.1),
    "DRPVI, radius .03": DRPVI(0.03, beta=0.1),
    "DRPVI, radius .1": DRPVI(0.1, beta=0.1),
    "VADRPVI, radius .2": VADRPVI(0.2, beta=0.1),
}
"""Learners at the bonus and ridge of the released programs."""


def put_learners(full: bool = False) -> dict[str, Any]:
    """Exact values, when the coin is another one, of what learners find from 100 episodes that never exercise."""
    put = tabular.domains.american_put(START)
    features = tabular.domains.put_features(put)
    worlds = [tabular.domains.american_put(START, probability_up=p).problem() for p in CHANCES]
    columns: dict[str, Any] = {"chance of up": CHANCES}
    columns["best for the coin"] = np.array([tabular.solve(w).values[0, 0] for w in worlds])
    seeds = 20 if full else 6
    for name, learner in PUT.items():
        values = []
        for seed in range(seeds):
            learned = learner.learn(features, tabular.domains.put_episodes(put, 100, rng=seed))
            values.append([tabular.policy_value(w, learned.policy)[0, 0] for w in worlds])
        columns[name] = np.mean(values, axis=0)
        columns[f"{name}_error"] = np.std(values, axis=0, ddof=1) / np.sqrt(seeds)
    for name, averages in PUBLISHED.items():
        columns[f"published {name}"] = np.array(averages)
    return columns


def draw_put_learners(data: dict[str, Any]) -> Any:
    """Ours, evaluated exactly, over the published averages."""
    canvas, axes = new_figure(height=3.8, width=6.8)
    axes.plot(data["chance of up"], data["best for the coin"], color="0.5", linestyle=":", label="best for the coin")
    for name in PUBLISHED:
        axes.plot(
            data["chance of up"],
            data[f"published {name}"],
            {"P": "o", "R": "s", "D": "^"}[name[0]],
            color="0.4",
            markerfacecolor="none",
            markersize=5,
            label=f"published: {name.split(',')[0]}" if name.endswith(("PEVI", "first")) else None,
        )
    for colour, name in zip(COLOURS, PUT, strict=False):
        axes.errorbar(data["chance of up"], data[name], 2 * data[f"{name}_error"], color=colour, label=name)
    axes.set(xlabel="chance of a move up", ylabel="value from 99.17", yscale="symlog", ylim=(0, 25))
    axes.set_yticks([0, 0.5, 1, 2, 5, 10, 20], ["0", ".5", "1", "2", "5", "10", "20"])
    axes.minorticks_off()
    axes.set_title("Learners on the put, 100 episodes, evaluated exactly")
    axes.legend(frameon=False, fontsize=7)
    return canvas


# --- work ----------------------------------------------------------------------------------------------------------------------

WORK: dict[str, Any] = {
    "PEVI": PEVI(beta=0.1),
    "R2PVI-TV": R2PVI(TV, 1.0, beta=0.1),
    "R2PVI-KL": R2PVI(KL, 1.0, beta=0.1),
    "R2PVI-chi2": R2PVI(CHI, 1.0, beta=0.1),
    "DRPVI": DRPVI(0.03, beta=0.1),
    "DRVI-L": DRVIL(0.03, beta=0.1),
}
SIZES = ((1000, 30), (5000, 30), (10_000, 30), (1000, 60), (1000, 120))

PUBLISHED_SECONDS: dict[str, tuple[float, ...]] = {
    "PEVI": (0.80, 4.07, 8.15, 1.84, 5.56),
    "R2PVI-TV": (1.08, 5.05, 8.99, 1.95, 4.97),
    "R2PVI-KL": (1.04, 5.02, 9.03, 1.79, 6.31),
    "DRPVI": (1.70, 6.77, 13.40, 3.49, 16.66),
    "DRVI-L": (1.64, 7.01, 15.04, 4.12, 16.19),
}
"""Of the authors' programs on their laptop, at the same five sizes."""


def trials_of_a_local_search(moments: Moments, values: Any, radius: float, top: float) -> tuple[int, float]:
    """What a search by Nelder and Mead from H / 2, coordinate by coordinate, costs and misses: objective evaluations, and the
    share of coordinates where it ends more than 1e-6 below the maximum."""
    weights, observed = moments.weights, values[moments.reached]
    best, _ = tabular.linear_mdp.moments.best_level(weights, observed, 0.0, top, np.full(len(weights), radius))
    trials, missed = 0, 0
    for row, most in zip(weights, best, strict=True):

        def loss(a: Any, row: Any = row) -> float:
            level = float(np.clip(a[0], 0.0, top))
            return -float(row @ np.minimum(observed, level) - radius * level)

        found = scipy.optimize.minimize(loss, [top / 2], method="Nelder-Mead")
        trials += int(found.nfev)
        missed += bool(-found.fun < most - 1e-6)
    return trials, missed / len(weights)


def work(full: bool = False) -> dict[str, Any]:
    """Seconds and operations of our learners, and operations of the published way."""
    put = tabular.domains.american_put(START)
    steps = put.horizon
    columns: dict[str, Any] = {"episodes": np.array([n for n, _ in SIZES]), "dimension": np.array([d for _, d in SIZES])}
    data = {n: tabular.domains.put_episodes(put, n, rng=0) for n, _ in SIZES}
    for name, learner in WORK.items():
        seconds, operations = [], []
        for n, d in SIZES:
            features = tabular.domains.put_features(put, d)
            runs = [_timed(learner, features, data[n]) for _ in range(5 if full else 3)]
            seconds.append(min(t for t, _ in runs))
            operations.append(runs[0][1].operations)
        columns[f"{name}, seconds"], columns[f"{name}, operations"] = np.array(seconds), np.array(operations)
        if name in PUBLISHED_SECONDS:
            columns[f"{name}, published seconds"] = np.array(PUBLISHED_SECONDS[name])
    features = tabular.domains.put_features(put, 30)
    learned = WORK["DRPVI"].learn(features, data[1000])
    searched = [
        trials_of_a_local_search(Moments.of(features, data[1000], h, 1.0), learned.values[h + 1], 0.03, float(steps))
        for h in range(steps)
    ]
    trials = sum(t for t, _ in searched) / (steps * 30)
    columns["trials of a local search"] = np.full(len(SIZES), trials)
    columns["share that it misses"] = np.full(len(SIZES), np.mean([m for _, m in searched]))
    n, d = columns["episodes"], columns["dimension"]
    columns["regression for each function, operations"] = steps * (n * d * d + d**3 + n * d + d * d)
    columns["regression for each trial, operations"] = steps * (n * d * d + d**3 + d * trials * (n * d + d * d))
    return columns


def _timed(learner: Any, features: Any, data: Any) -> tuple[float, Any]:
    import time

    began = time.perf_counter()
    learned = learner.learn(features, data)
    return time.perf_counter() - began, learned


def draw_work(data: dict[str, Any]) -> Any:
    """Operations and seconds against episodes, seconds against the dimension."""
    canvas, panels = new_figure(height=3.2, width=9.0, ncols=3)
    episodes, dimensions = [0, 1, 2], [0, 3, 4]
    markers = {"PEVI": "o", "R2PVI-TV": "s", "R2PVI-KL": "D", "R2PVI-chi2": "v", "DRPVI": "^", "DRVI-L": "P"}
    for colour, name in zip(COLOURS, WORK, strict=False):
        look: dict[str, Any] = {"color": colour, "marker": markers[name], "markersize": 4}
        panels[0].plot(data["episodes"][episodes], data[f"{name}, operations"][episodes], label=name, **look)
        for axes, x, picked in ((panels[1], "episodes", episodes), (panels[2], "dimension", dimensions)):
            axes.plot(data[x][picked], data[f"{name}, seconds"][picked], **look)
            if f"{name}, published seconds" in data:
                axes.plot(data[x][picked], data[f"{name}, published seconds"][picked], linestyle="none", alpha=0.35, **look)
    for style, name in (("--", "regression for each function"), (":", "regression for each trial")):
        panels[0].plot(
            data["episodes"][episodes], data[f"{name}, operations"][episodes], color="0.5", linestyle=style, label=name
        )
    for axes in panels[:2]:
        axes.set(xscale="log", yscale="log", xlabel="episodes, d = 30")
        axes.set_xticks([1000, 5000, 10_000], ["1000", "5000", "10 000"])
    panels[2].set(xscale="log", yscale="log", xlabel="d, 1000 episodes")
    panels[2].set_xticks([30, 60, 120], ["30", "60", "120"])
    for axes in panels:
        axes.minorticks_off()
    panels[0].set(ylabel="operations", title="Kept per next state")
    panels[0].set_ylim(top=3e13)
    panels[1].set(ylabel="seconds", title="Ours (lines), published (pale)")
    panels[2].set(title="Against the dimension")
    panels[0].legend(frameon=False, fontsize=6.5, ncols=2, loc="upper left")
    return canvas


# --- both sides of the theorem -------------------------------------------------------------------------------------------------


def theorem_sides(full: bool = False) -> dict[str, Any]:
    """The two sides of the suboptimality theorem, and whether its event happened, on a model of the suite."""
    problem = tabular.domains.separating_linear_mdp(3)
    model, price = problem.model, float(problem.strengths[0, 0])
    optimum = tabular.solve(problem)
    episodes = np.array([30, 100, 300, 1000, 3000, 10_000])
    seeds = 60 if full else 20
    names = ("loss", "gap", "bound", "event")
    rows: dict[str, list[Any]] = {name: [] for name in names}
    for k in episodes:
        found: dict[str, list[float]] = {name: [] for name in names}
        for seed in range(seeds):
            learned = R2PVI(TV, price, beta=1.0, ridge=1.0).learn(model, sample(model, int(k), rng=seed))
            found["loss"].append(suboptimality(problem, learned, optimum.values)[0, 0])
            found["gap"].append(pessimism_gap(problem, learned)[0, 0])
            found["bound"].append(2 * coverage_term(problem, learned, optimum.actions))
            found["event"].append(float((np.abs(one_step_errors(problem, learned)) <= learned.bonus).all()))
        for name in names:
            rows[name].append(found[name])
    columns: dict[str, Any] = {"episodes": episodes}
    for name in names:
        values = np.array(rows[name])
        columns[name] = values.mean(axis=1)
        columns[f"{name}_error"] = values.std(axis=1, ddof=1) / np.sqrt(seeds)
    return columns


def draw_theorem_sides(data: dict[str, Any]) -> Any:
    """What is lost, what is guaranteed."""
    canvas, axes = new_figure(height=3.4)
    labels = {
        "bound": "guaranteed: twice the coverage term",
        "gap": "value of the policy minus its estimate",
        "loss": "what the policy loses",
    }
    for colour, (name, label) in zip(COLOURS, labels.items(), strict=False):
        axes.errorbar(data["episodes"], np.maximum(data[name], 1e-6), 2 * data[f"{name}_error"], color=colour, label=label)
    axes.plot(data["episodes"], data["bound"][0] * np.sqrt(data["episodes"][0] / data["episodes"]), color="0.8", zorder=0)
    axes.set(xscale="log", yscale="log", xlabel="episodes", ylim=(1e-4, 20))
    axes.set_title(r"Both sides of the theorem, $\beta = 1$ (grey: $K^{-1/2}$)")
    axes.legend(frameon=False, fontsize=8)
    return canvas


FIGURES = (
    Figure(
        slug="robust_linear",
        name="simulated_curves",
        caption="The simulated linear MDP: exact values of learned policies in perturbed environments",
        kind="simulated",
        compute=simulated_curves,
        draw=draw_simulated_curves,
        observations=(
            ("all lines cross at 1 - V_2 / 2 = .375125", lambda d: abs(crossing(d) - 0.375125) < 1e-9),
            (
                "every learner is between the lines of the smallest and the largest weight",
                lambda d: all(
                    bool((d[n] <= np.maximum(d["u = 0.1"], d["u = 0.5"]) + 1e-9).all())
                    and bool((d[n] >= np.minimum(d["u = 0.1"], d["u = 0.5"]) - 1e-9).all())
                    for n in SIMULATED
                ),
            ),
            (
                "R2PVI-TV is the flattest, PEVI among the steepest",
                lambda d: (
                    min(SIMULATED, key=lambda n: d[n][0] - d[n][-1]) == "R2PVI-TV" and d["PEVI"][0] > d["R2PVI-TV"][0] + 0.1
                ),
            ),
        ),
    ),
    Figure(
        slug="robust_linear",
        name="simulated_samples",
        caption="The simulated linear MDP: the separation of learners is an effect of the sample",
        kind="simulated",
        compute=simulated_samples,
        draw=draw_simulated_samples,
        observations=(
            (
                "from 1000 episodes on PEVI, chi-square and DRPVI take the largest weight, as the exact solution does",
                lambda d: all(bool((d[n][2:] > 0.5 - 1e-9).all()) for n in ("PEVI", "R2PVI-chi2", "DRPVI")),
            ),
            (
                "so do KL and total variation at larger prices",
                lambda d: d["R2PVI-KL, price 1"][-1] > 0.49 and d["R2PVI-TV, price 2"][-1] > 0.49,
            ),
            ("at price .1 total variation is a tie, which the ridge decides", lambda d: bool((d["R2PVI-TV"] < 0.1 + 1e-9).all())),
        ),
    ),
    Figure(
        slug="robust_linear",
        name="put_learners",
        caption="The American put: learners on 100 episodes, evaluated exactly, and the published averages",
        kind="simulated",
        compute=put_learners,
        draw=draw_put_learners,
        observations=(
            (
                "no exact value exceeds the optimum",
                lambda d: all(bool((d[n] <= d["best for the coin"] + 1e-9).all()) for n in PUT),
            ),
            (
                "PEVI from 100 episodes gives the published 6.28 and 5.02 at chances .2 and .4, within two standard errors",
                lambda d: bool((np.abs(d["PEVI"] - d["published PEVI"])[:2] < 2 * d["PEVI_error"][:2]).all()),
            ),
            (
                "larger radii are flatter",
                lambda d: (
                    d["DRPVI, radius .1"][0] < d["DRPVI, radius .03"][0] and d["DRPVI, radius .1"][3] > d["DRPVI, radius .03"][3]
                ),
            ),
        ),
    ),
    Figure(
        slug="robust_linear",
        name="work",
        caption="Operations and seconds of the learners on the put",
        kind="timed",
        compute=work,
        draw=draw_work,
        observations=(
            (
                "ten times the episodes cost our learners no more than a fifth more operations",
                lambda d: all(d[f"{n}, operations"][2] < 1.2 * d[f"{n}, operations"][0] for n in WORK),
            ),
            (
                "DRPVI needs one operation where a local search in each coordinate needs a thousand",
                lambda d: d["regression for each trial, operations"][0] > 1000 * d["DRPVI, operations"][0],
            ),
            ("a local search from H / 2 misses some maxima", lambda d: d["share that it misses"][0] > 0.01),
        ),
    ),
    Figure(
        slug="robust_linear",
        name="theorem_sides",
        caption="R2PVI: what is lost, what is guaranteed, against the number of episodes",
        kind="simulated",
        compute=theorem_sides,
        draw=draw_theorem_sides,
        observations=(
            ("the loss is within the guarantee", lambda d: bool((d["loss"] <= d["bound"]).all())),
            ("so is the gap", lambda d: bool((d["gap"] <= d["bound"] + 1e-9).all())),
            (
                "the guarantee falls like the root of the number of episodes",
                lambda d: 0.2 < d["bound"][-1] / d["bound"][0] * np.sqrt(d["episodes"][-1] / d["episodes"][0]) < 5.0,
            ),
        ),
    ),
)
"""Figures of learners."""
