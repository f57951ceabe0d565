"""Pictures without samples: where one factor flips a policy, what estimates of KL vary by, the suite, recourse."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.stats

import tabular
from proofs_check.figures import COLOURS, Figure, new_figure
from proofs_check.topics.robust_linear.benchmarks import arms
from tabular.domains.separations import COUNT, separation_data
from tabular.linear_mdp import LinearProblem, d_rectangular
from tabular.recourse import Classifiers, failure_probabilities, recourse

TV = tabular.TotalVariation()

# --- one factor in doubt -------------------------------------------------------------------------------------------------------

STRENGTHS = (0.1, 0.2, 0.3)
OFFSET = 0.3


def one_factor(full: bool = False) -> dict[str, Any]:
    """Value and first weight when only factor 4 at the first step is in doubt, against its price."""
    prices = np.linspace(0, 2, 201 if full else 81)
    columns: dict[str, Any] = {"price": prices, "radius": 1 - prices / 2}
    for strength in STRENGTHS:
        model = tabular.domains.simulated_linear_mdp(strength)
        values, weights, same = [], [], []
        for price in prices:
            doubt = np.full((3, 4), np.inf)
            doubt[0, 3] = price
            solution = tabular.solve(d_rectangular(model, TV, penalty=doubt))
            values.append(solution.values[0, 0])
            weights.append(float(arms(OFFSET, strength)[bin(int(solution.actions[0, 0])).count("1")]))
            radii = np.zeros((3, 4))
            radii[0, 3] = 1 - price / 2
            same.append(tabular.solve(d_rectangular(model, TV, radius=radii)).values[0, 0])
        columns[f"value, {strength:g}"], columns[f"weight, {strength:g}"] = np.array(values), np.array(weights)
        columns[f"value within the radius, {strength:g}"] = np.array(same)
        second = tabular.solve(LinearProblem(model)).values[1, 1]
        columns[f"threshold, {strength:g}"] = np.full(prices.size, 0.999 * second)
    return columns


def draw_one_factor(data: dict[str, Any]) -> Any:
    """Values on the left, first weights on the right."""
    canvas, panels = new_figure(height=3.2, width=8.4, ncols=2)
    for colour, strength in zip(COLOURS, STRENGTHS, strict=False):
        label = rf"$\|\xi\|_1$ = {strength:g}"
        panels[0].plot(data["price"], data[f"value, {strength:g}"], color=colour, label=label)
        panels[1].plot(data["price"], data[f"weight, {strength:g}"], color=colour, drawstyle="steps-mid", label=label)
        for axes in panels:
            axes.axvline(data[f"threshold, {strength:g}"][0], color=colour, linestyle=":", linewidth=1)
    for axes in panels:
        axes.set(xlabel=r"price $\ell$ of factor 4 at the first step (radius $1 - \ell / 2$)")
    panels[0].set(ylabel="robust value", title="One factor in doubt")
    panels[1].set(ylabel="first weight u", title=r"The policy flips at $\ell = (1 - \epsilon) V_2(x_2)$")
    panels[0].legend(frameon=False, fontsize=8)
    return canvas


def flips_at_the_threshold(data: dict[str, Any]) -> bool:
    """Whether the weight is the smallest exactly below the threshold."""
    good = True
    for strength in STRENGTHS:
        low = data["price"] < data[f"threshold, {strength:g}"]
        smallest = np.isclose(data[f"weight, {strength:g}"], OFFSET - strength)
        good = good and bool((smallest == low).all())
    return good


# --- how much KL's estimate varies ---------------------------------------------------------------------------------------------


def kl_deviation(full: bool = False) -> dict[str, Any]:
    """Standard deviations of KL's estimate from K draws of a coin, exactly; the largest over coins, and the two formulas."""
    ratios = np.linspace(0.5, 8, 31 if full else 16)
    coins = np.concatenate([np.geomspace(1e-5, 0.5, 120), [0.6, 0.8, 0.95]])
    columns: dict[str, Any] = {"H / lambda": ratios}
    columns["slope of the bonus"] = np.exp(ratios)
    columns["sinh(H / 2 lambda)"] = np.sinh(ratios / 2)
    for draws in (100, 10_000):
        worst = []
        for ratio in ratios:
            z = np.exp(-ratio)
            heads = np.arange(draws + 1)
            estimate = -np.log(z + heads / draws * (1 - z))  # a head is a value of 0, so that X = 1
            chance = scipy.stats.binom.pmf(heads[None, :], draws, coins[:, None])
            mean = chance @ estimate
            worst.append(np.sqrt(draws * np.maximum(chance @ estimate**2 - mean**2, 0.0)).max())
        columns[f"K = {draws}"] = np.array(worst)
    return columns


def draw_kl_deviation(data: dict[str, Any]) -> Any:
    """Exponents one and a half."""
    canvas, axes = new_figure(height=3.4)
    axes.plot(data["H / lambda"], data["slope of the bonus"], color="0.6", label=r"$e^{H / \lambda}$, slope used for the bonus")
    axes.plot(
        data["H / lambda"], data["sinh(H / 2 lambda)"], color=COLOURS[0], label=r"$\sinh(H / 2 \lambda)$, largest in the limit"
    )
    for colour, name in zip(COLOURS[1:], ("K = 10000", "K = 100"), strict=False):
        axes.plot(data["H / lambda"], data[name], "o", color=colour, markersize=4, label=f"worst coin, {name}")
    axes.set(
        yscale="log",
        xlabel=r"$H / \lambda$",
        ylabel=r"$\sqrt{K}$ standard deviation / $\lambda$",
        title="KL's estimate varies with half of the exponent",
    )
    axes.legend(frameon=False, fontsize=8)
    return canvas


# --- separations ---------------------------------------------------------------------------------------------------------------


def separations(full: bool = False) -> dict[str, Any]:
    """Both losses on every model of the suite, and the bound for one choice with values in [0, 1]."""
    columns: dict[str, Any] = {"model": np.arange(COUNT)}
    stated, doubt, plain, sizes = [], [], [], []
    for number in range(COUNT):
        problem = tabular.domains.separating_linear_mdp(number)
        nominal = LinearProblem(problem.model)
        robust, ordinary = tabular.solve(problem), tabular.solve(nominal)
        stated.append(float(separation_data(number)["separation"]))
        doubt.append(robust.values[0, 0] - tabular.policy_value(problem, ordinary.policy)[0, 0])
        plain.append(ordinary.values[0, 0] - tabular.policy_value(nominal, robust.policy)[0, 0])
        sizes.append(float(separation_data(number)["size"]))
    columns |= {"size": np.array(sizes), "stated": np.array(stated)}
    columns |= {"nominal policy under doubt": np.array(doubt), "robust policy without": np.array(plain)}
    columns["horizon"] = np.array([separation_data(n)["horizon"] for n in range(COUNT)])
    columns["set"] = np.array([separation_data(n)["set"] for n in range(COUNT)])
    return columns


def draw_separations(data: dict[str, Any]) -> Any:
    """Bars for both losses."""
    canvas, axes = new_figure(height=3.6, width=8.8)
    x = data["model"].astype(float)
    axes.bar(x - 0.18, data["nominal policy under doubt"], 0.36, color=COLOURS[1], label="nominal policy, under doubt")
    axes.bar(x + 0.18, data["robust policy without"], 0.36, color=COLOURS[0], label="robust policy, without")
    axes.plot(x, data["stated"], "_", color="black", markersize=16, label="stated separation (proved)")
    names = [f"{s}\n{z:g}\nH = {h}" for s, z, h in zip(data["set"], data["size"], data["horizon"], strict=True)]
    axes.set_xticks(
        x,
        [n.replace(" at a price", "\nprice").replace(" within", "\nradius").replace("chi-square", r"$\chi^2$") for n in names],
        fontsize=6.5,
    )
    axes.set(ylabel="loss", title="A suite in which one common size separates policies")
    axes.legend(frameon=False, fontsize=8)
    return canvas


# --- recourse ------------------------------------------------------------------------------------------------------------------

CLASSIFIERS = Classifiers(
    [[1.2, 0.4, -1.0], [0.6, 1.3, -1.2]],
    [[[0.15, 0.02, 0.0], [0.02, 0.1, 0.0], [0.0, 0.0, 0.05]], [[0.1, -0.03, 0.0], [-0.03, 0.2, 0.0], [0.0, 0.0, 0.05]]],
    [0.05, 0.4],
)
PERSON = np.array([0.3, 0.5, 1.0])


def paths(full: bool = False) -> dict[str, Any]:
    """Recommended points and failures against the budget, for both families and for the larger of two components."""
    budgets = np.linspace(1.0, 3.0, 41 if full else 11)
    columns: dict[str, Any] = {"budget": budgets}
    cases: dict[str, dict[str, Any]] = {
        "all laws": {},
        "Gaussian": {"family": "gaussian"},
        "all laws, worst component": {"divergence": TV, "radius": 1.0},
    }
    for name, more in cases.items():
        found = [recourse(PERSON, float(b), CLASSIFIERS, immutable=[2], **more) for b in budgets]
        columns[f"failure, {name}"] = np.array([f.failure for f in found])
        columns[f"x, {name}"] = np.array([f.point[0] for f in found])
        columns[f"y, {name}"] = np.array([f.point[1] for f in found])
    ignored = Classifiers(CLASSIFIERS.means, CLASSIFIERS.covariances, 0.0)
    naive = [recourse(PERSON, float(b), ignored, immutable=[2]).point for b in budgets]
    columns["failure, radius ignored"] = np.array([failure_probabilities(x, CLASSIFIERS) @ CLASSIFIERS.weights for x in naive])
    return columns


def draw_paths(data: dict[str, Any]) -> Any:
    """Failures on the left; the paths, over the level lines of the objective, on the right."""
    canvas, panels = new_figure(height=3.6, width=8.6, ncols=2)
    names = [n.removeprefix("failure, ") for n in data if n.startswith("failure") and "ignored" not in n]
    for colour, name in zip(COLOURS, names, strict=False):
        panels[0].plot(data["budget"], data[f"failure, {name}"], color=colour, label=name)
        panels[1].plot(data[f"x, {name}"], data[f"y, {name}"], color=colour, marker=".", markersize=3, label=name)
    panels[0].plot(data["budget"], data["failure, radius ignored"], color="0.6", linestyle="--", label="all laws, radius ignored")
    panels[0].set(xlabel="budget", ylabel="worst-case failure", ylim=(0, None), title="Recourse with two components")
    grid = np.linspace(-0.2, 3.2, 60)
    levels = np.array([[failure_probabilities([x, y, 1.0], CLASSIFIERS) @ CLASSIFIERS.weights for x in grid] for y in grid])
    lines = panels[1].contour(grid, grid, levels, levels=[0.1, 0.2, 0.3, 0.5, 0.8], colors="0.8", linewidths=0.8, zorder=0)
    panels[1].clabel(lines, fontsize=7)
    panels[1].plot(*PERSON[:2], "k*", markersize=8, label="start")
    panels[1].set(xlabel="first feature", ylabel="second feature", title="Recommended points as the budget grows")
    panels[0].legend(frameon=False, fontsize=8)
    return canvas


FIGURES = (
    Figure(
        slug="robust_linear",
        name="one_factor",
        caption="The simulated linear MDP with doubt about one factor: where the robust policy flips",
        kind="exact",
        compute=one_factor,
        draw=draw_one_factor,
        observations=(
            ("the flip is at (1 - eps) V_2(x_2)", flips_at_the_threshold),
            (
                "a price and the radius 1 - price / 2 are the same",
                lambda d: all(
                    np.allclose(d[f"value, {s:g}"], d[f"value within the radius, {s:g}"], atol=1e-9) for s in STRENGTHS
                ),
            ),
            ("values rise with the price", lambda d: all(bool((np.diff(d[f"value, {s:g}"]) >= -1e-12).all()) for s in STRENGTHS)),
        ),
    ),
    Figure(
        slug="robust_linear",
        name="kl_deviation",
        caption="How much the estimate of KL's worst case varies: half of the exponent in the bonus",
        kind="exact",
        compute=kl_deviation,
        draw=draw_kl_deviation,
        observations=(
            (
                "at 10 000 draws the worst coin is within a tenth of the limit, up to H / lambda = 6",
                lambda d: bool((np.abs(d["K = 10000"] / d["sinh(H / 2 lambda)"] - 1)[d["H / lambda"] <= 6] < 0.1).all()),
            ),
            (
                "the slope is more than fifty times larger at the end",
                lambda d: d["slope of the bonus"][-1] > 50 * d["sinh(H / 2 lambda)"][-1],
            ),
        ),
    ),
    Figure(
        slug="robust_linear",
        name="separations",
        caption="A certified suite of linear MDPs in which robust and nominal policies differ",
        kind="exact",
        compute=separations,
        draw=draw_separations,
        observations=(
            (
                "both losses are at least what is stated, on every model",
                lambda d: bool(
                    (np.minimum(d["nominal policy under doubt"], d["robust policy without"]) >= d["stated"] - 1e-9).all()
                ),
            ),
            (
                "every separation is at least .02, and most of them at least .1",
                lambda d: bool((d["stated"] > 0.02).all()) and float(np.median(d["stated"])) > 0.1,
            ),
        ),
    ),
    Figure(
        slug="robust_linear",
        name="recourse",
        caption="Recourse: worst-case failure after retraining against the budget",
        kind="exact",
        compute=paths,
        draw=draw_paths,
        observations=(
            (
                "a larger budget never fails more",
                lambda d: all(bool((np.diff(d[n]) <= 1e-7).all()) for n in d if n.startswith("failure") and "ignored" not in n),
            ),
            ("Gaussian laws fail less than all laws", lambda d: bool((d["failure, Gaussian"] < d["failure, all laws"]).all())),
            (
                "ignoring the radius costs something",
                lambda d: (
                    bool((d["failure, radius ignored"] >= d["failure, all laws"] - 1e-9).all())
                    and float((d["failure, radius ignored"] - d["failure, all laws"]).max()) > 1e-3
                ),
            ),
        ),
    ),
)
"""Figures without samples."""
