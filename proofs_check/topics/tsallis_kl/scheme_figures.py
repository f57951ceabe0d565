"""Pictures of schemes: where Munchausen value iteration ends, what zeros absorb, and how errors average."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

import tabular
from proofs_check.figures import COLOURS, Figure, new_figure
from proofs_check.topics.tsallis_kl.averaging import nearly_tight
from tabular.schemes import MirrorDescentValueIteration, MunchausenValueIteration, averaging_bound
from tabular.tsallis import greedy_step

GAMMA = 0.9


def dirichlet_model(seed: int, states: int = 4, actions: int = 3, gamma: float = GAMMA) -> tabular.MDP:
    """Transitions from a symmetric Dirichlet law with parameter 1/2, uniform rewards."""
    rng = np.random.default_rng(seed)
    P = rng.dirichlet(0.5 * np.ones(states), size=(states, actions))
    return tabular.MDP(P, rng.uniform(0, 1, (states, actions)), gamma)


# --- where Munchausen value iteration ends ---

LOSS_ORDERS = (1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0)
TEMPERATURES = (0.03, 0.1, 0.25, 0.5)


def predicted_policy(mdp: tabular.MDP, order: float, temperature: float, updates: int = 4000) -> Any:
    """The policy that is greedy for its own action values, with an entropy at the effective temperature."""
    warmth = temperature * (order - 1) / order
    policy = np.full(mdp.r.shape, 1 / mdp.n_actions)
    for _ in range(updates):
        new = greedy_step(tabular.q_values(mdp, tabular.policy_value(mdp, policy)), tabular.TsallisEntropy(order), warmth).policy
        moved, policy = np.abs(new - policy).max(), new
        if moved < 1e-14:
            break
    return policy


def mvi_loss(full: bool = False) -> dict[str, Any]:
    """Loss of the limit, for the greedy step of the entropy and for the default, with the prediction."""
    mdp = dirichlet_model(0)
    best = tabular.solve(mdp).values
    columns: dict[str, Any] = {"order": np.array(LOSS_ORDERS)}
    updates = 4000 if full else 1000
    for tau in TEMPERATURES:
        runs, defaults, predictions = [], [], []
        for q in LOSS_ORDERS:
            runs.append(limit_loss(mdp, best, MunchausenValueIteration(tau, order=q, greedy="entropy"), updates))
            defaults.append(limit_loss(mdp, best, MunchausenValueIteration(tau, order=q), updates))
            own = 0.0 if q == 1 else float((best - tabular.policy_value(mdp, predicted_policy(mdp, q, tau))).max())
            predictions.append(own)
        columns[f"entropy, tau = {tau:g}"] = np.array(runs)
        columns[f"default, tau = {tau:g}"] = np.array(defaults)
        columns[f"predicted, tau = {tau:g}"] = np.array(predictions)
    return columns


def limit_loss(mdp: tabular.MDP, best: Any, scheme: Any, updates: int) -> float:
    """Loss of the policy after a number of updates against the optimal values; rounding counts as none."""
    for state in scheme.iterate(mdp):
        if state.k == updates:
            loss = float((best - tabular.policy_value(mdp, state.policy)).max())
            return loss if loss > 1e-12 else 0.0
    raise AssertionError("schemes do not end")


def draw_mvi_loss(data: dict[str, Any]) -> Any:
    """Loss against the order."""
    canvas, axes = new_figure(height=3.6)
    for colour, tau in zip(COLOURS, TEMPERATURES, strict=False):
        axes.plot(data["order"], data[f"predicted, tau = {tau:g}"], color=colour, linewidth=5, alpha=0.3)
        axes.plot(data["order"], data[f"entropy, tau = {tau:g}"], color=colour, marker="o", label=rf"$\tau$ = {tau:g}")
    axes.plot(data["order"], data["default, tau = 0.5"], color="0.2", marker="s", linestyle="--", label=r"greedy at $\tau / q$")
    axes.plot([], [], color="0.5", linewidth=5, alpha=0.3, label="predicted")
    axes.set(xlabel="order q", ylabel="loss of the limit", title=r"MVI(q), $\alpha = 1$: the greedy step decides")
    axes.legend(frameon=False, fontsize=8)
    return canvas


# --- absorbing zeros ---


def absorbing_zeros(full: bool = False) -> dict[str, Any]:
    """Value of the first state after exact mirror descent policy iteration, on a grid of orders and strengths."""
    orders = np.linspace(0.5, 4, 57 if full else 29)
    strengths = np.linspace(0.02, 0.2, 55 if full else 28)
    rows = [last_values(q, strengths, 6000 if full else 1500) for q in orders]
    grid = np.meshgrid(orders, strengths, indexing="ij")
    return {"order": grid[0].ravel(), "strength": grid[1].ravel(), "value": np.array(rows).ravel()}


def last_values(order: float, strengths: Any, updates: int) -> Any:
    """All strengths at once: the two decisions of the instance as one batch of greedy steps."""
    distance = tabular.KL() if abs(order - 1) < 1e-12 else tabular.TsallisKL(order)
    door, room = np.full((strengths.size, 2), 0.5), np.full((strengths.size, 2), 0.5)
    tau = np.concatenate([strengths, strengths])
    for _ in range(updates):
        inside = room[:, 0] - room[:, 1]
        values = np.concatenate(
            [np.column_stack([np.full(strengths.size, 0.5), GAMMA * inside]), np.tile([1.0, -1.0], (strengths.size, 1))]
        )
        both = np.asarray(distance.smooth_max(values, np.concatenate([door, room]), tau).distribution)
        door, room = both[: strengths.size], both[strengths.size :]
    return 0.5 * door[:, 0] + GAMMA * door[:, 1] * (room[:, 0] - room[:, 1])


def draw_absorbing_zeros(data: dict[str, Any]) -> Any:
    """A map: dark is lost."""
    canvas, axes = new_figure(height=3.8)
    orders, strengths = np.unique(data["order"]), np.unique(data["strength"])
    image = data["value"].reshape(orders.size, strengths.size).T
    mesh = axes.pcolormesh(orders, strengths, image, cmap="viridis", vmin=0.5, vmax=0.9, rasterized=True)
    canvas.colorbar(mesh, ax=axes, label="value of the first state")
    axes.plot(
        orders[orders > 1], threshold(orders[orders > 1]), color="white", linestyle="--", label="going on is dropped at once"
    )
    axes.axvline(1, color="white", linewidth=0.8)
    axes.set(
        xlabel="order q", ylabel=r"strength $\tau$", title="Dropped once, dropped for good: .5 in place of .9", ylim=(0.02, 0.2)
    )
    axes.legend(fontsize=8, loc="upper right", labelcolor="white", frameon=False)
    return canvas


def threshold(q: Any) -> Any:
    """Strength at which the uniform reference's worse action, .5 behind, just gets nothing: kappa 2^(q-1) = .5."""
    return 0.5 * (q - 1) / q / 2.0 ** (q - 1)


# --- how errors average ---

SCHEMES = ("KL", "Tsallis 1.5", "Tsallis 2", "Tsallis 3", "MVI(2)", "soft")
STEP, STATES = 2.0, 5


def scheme_called(name: str) -> Any:
    """At matched steps: a Tsallis divergence of order q is q/2 chi-square nearby, so that its strength is divided by q."""
    if name == "KL":
        return MirrorDescentValueIteration(STEP)
    if name.startswith("Tsallis"):
        q = float(name.split()[1])
        return MirrorDescentValueIteration(STEP / q, tabular.TsallisKL(q))
    if name == "MVI(2)":
        return MunchausenValueIteration(STEP / STATES, order=2)
    return tabular.schemes.SoftValueIteration(0.05)


def error_averaging(full: bool = False) -> dict[str, Any]:
    """Loss of each scheme under unit Gaussian errors, over seeds."""
    mdp, seeds = dirichlet_model(5, STATES), 40 if full else 8
    ks = np.unique(np.round(np.geomspace(1, 1000 if full else 300, 25)).astype(int))
    columns: dict[str, Any] = {"k": ks}
    for name in SCHEMES:
        losses = np.array(
            [scheme_called(name).run(mdp, int(ks[-1]), noise=1.0, rng=seed).losses[ks - 1] for seed in range(seeds)]
        )
        columns[name] = losses.mean(axis=0)
        columns[f"{name}: error"] = losses.std(axis=0, ddof=1) / np.sqrt(seeds)
    return columns


def draw_error_averaging(data: dict[str, Any]) -> Any:
    """Mean losses with bands of two standard errors."""
    canvas, axes = new_figure(height=3.8)
    for colour, name in zip(COLOURS, SCHEMES, strict=False):
        mean, error = data[name], data[f"{name}: error"]
        axes.plot(data["k"], mean, color=colour, label=name)
        axes.fill_between(data["k"], np.maximum(mean - 2 * error, 1e-6), mean + 2 * error, color=colour, alpha=0.15, linewidth=0)
    axes.set(
        xlabel="update k",
        ylabel="mean loss",
        xscale="log",
        yscale="log",
        ylim=(1e-3, 3),
        title="An error of size 1 in every evaluation",
    )
    axes.legend(frameon=False, fontsize=8)
    return canvas


def averaging_bounds(full: bool = False) -> dict[str, Any]:
    """Observed loss and bound of mirror descent with KL, over random models, and on the nearly tight chain."""
    rows = []
    for seed in range(400 if full else 100):
        rng = np.random.default_rng(1000 + seed)
        gamma, strength, sigma = rng.choice([0.5, 0.9, 0.95]), float(rng.uniform(0.05, 3)), float(rng.choice([0.0, 0.3, 2.0]))
        mdp = dirichlet_model(seed, int(rng.integers(2, 5)), int(rng.integers(2, 5)), float(gamma))
        trace = MirrorDescentValueIteration(strength).run(mdp, 60, noise=sigma, rng=seed)
        bound, loss = averaging_bound(trace), q_losses(mdp, trace.policy_values)
        rows += [(gamma, sigma, k + 1, loss[k], bound[k]) for k in (0, 2, 9, 59)]
    chain = nearly_tight(Fraction(97, 100))
    mdp, initial = chain["mdp"], chain["initial"].astype(float)
    for k in (1, 2, 3, 4, 6, 10):
        trace = MirrorDescentValueIteration(1e-6).run(mdp, k, initial=initial)
        rows.append((0.97, -1.0, k, q_losses(mdp, trace.policy_values)[-1], averaging_bound(trace)[-1]))
    table = np.array(rows)
    return {name: table[:, j] for j, name in enumerate(("gamma", "noise", "k", "loss", "bound"))}


def q_losses(mdp: tabular.MDP, values: Any) -> Any:
    """Largest loss in action values of each policy value."""
    best = tabular.q_values(mdp, tabular.solve(mdp).values)
    return np.array([np.abs(best - tabular.q_values(mdp, v)).max() for v in values])


def draw_averaging_bounds(data: dict[str, Any]) -> Any:
    """A scatter below the diagonal."""
    canvas, axes = new_figure(height=4.0)
    ends = np.array([1e-3, 300])
    for colour, (sigma, words) in zip(
        COLOURS,
        {0.0: "no error", 0.3: "errors of size .3", 2.0: "errors of size 2", -1.0: "the adversary's chain"}.items(),
        strict=False,
    ):
        chosen = (data["noise"] == sigma) & (data["loss"] > 1e-9)
        marker = "*" if sigma < 0 else "o"
        axes.loglog(
            data["bound"][chosen],
            data["loss"][chosen],
            marker,
            color=colour,
            markersize=9 if sigma < 0 else 3,
            label=words,
            alpha=0.7,
        )
    axes.plot(ends, ends, color="0.5", linewidth=0.8)
    axes.set(
        xlabel="bound", ylabel="observed loss", title="The averaging bound: never crossed, all but attained", ylim=(1e-3, 300)
    )
    axes.legend(frameon=False, fontsize=8)
    return canvas


def not_monotone(data: dict[str, Any]) -> bool:
    """Whether at strength .1 orders 1.5 and 2 end at .5, and order 3 above .89."""
    values = {
        q: data["value"][np.argmin(np.abs(data["order"] - q) + 100 * np.abs(data["strength"] - 0.1))] for q in (1.5, 2.0, 3.0)
    }
    return bool(values[1.5] < 0.51 and values[2.0] < 0.51 and values[3.0] > 0.89)


def at(data: dict[str, Any], name: str, k: int) -> float:
    """A mean loss at an update."""
    return float(np.interp(k, data["k"], data[name]))


FIGURES = (
    Figure(
        "tsallis_kl",
        "mvi_loss",
        "Loss of the limit of Munchausen value iteration against its order, with the prediction of the effective temperature.",
        "exact",
        mvi_loss,
        draw_mvi_loss,
        (
            (
                "runs and predictions agree to 1e-6",
                lambda d: all(
                    np.abs(d[f"entropy, tau = {t:g}"] - d[f"predicted, tau = {t:g}"]).max() < 1e-6 for t in TEMPERATURES
                ),
            ),
            (
                "greedy at tau / q loses nothing, at any order and temperature",
                lambda d: all(d[f"default, tau = {t:g}"].max() == 0 for t in TEMPERATURES),
            ),
            (
                "at tau = .5 the loss is .450, .587, .585, .393 for q = 1.5, 2, 3, 5, and at tau = .03 there is none",
                lambda d: (
                    np.allclose(d["entropy, tau = 0.5"][[2, 3, 4, 6]], [0.450110, 0.586507, 0.584577, 0.392886], atol=6e-7)
                    and d["entropy, tau = 0.03"].max() == 0
                ),
            ),
        ),
    ),
    Figure(
        "tsallis_kl",
        "absorbing_zeros",
        "Where exact mirror descent policy iteration ends on the two doors, for orders and strengths.",
        "exact",
        absorbing_zeros,
        draw_absorbing_zeros,
        (
            (
                "up to order one the limit is optimal at every strength",
                lambda d: bool((d["value"][d["order"] <= 1] > 0.89).all()),
            ),
            (
                "above, the value is .5 exactly where the first step drops going on",
                lambda d: bool(
                    ((np.abs(d["value"] - 0.5) < 1e-9) == (d["strength"] <= threshold(np.maximum(d["order"], 1.0))))[
                        d["order"] > 1
                    ].all()
                ),
            ),
            ("truncation is not monotone in the order: at strength .1, orders 1.5 and 2 lose, 3 does not", not_monotone),
        ),
    ),
    Figure(
        "tsallis_kl",
        "error_averaging",
        "Mean loss under independent errors of evaluation, for schemes at matched steps.",
        "simulated",
        error_averaging,
        draw_error_averaging,
        (
            ("with KL errors average: the loss falls below .12 within 300 updates", lambda d: at(d, "KL", 300) < 0.12),
            (
                "orders 2 and 3 stay above twice that",
                lambda d: min(at(d, "Tsallis 2", 300), at(d, "Tsallis 3", 300)) > 2 * at(d, "KL", 300),
            ),
            ("without memory errors do not average: soft value iteration stays above .5", lambda d: at(d, "soft", 300) > 0.5),
            (
                "nor does MVI(2), optimal as it is without errors: its bonus is bounded, and so is its memory",
                lambda d: at(d, "MVI(2)", 300) > 0.5,
            ),
        ),
    ),
    Figure(
        "tsallis_kl",
        "averaging_bounds",
        "Observed loss of mirror descent with KL against the averaging bound, over random models and on an adversarial chain.",
        "exact",
        averaging_bounds,
        draw_averaging_bounds,
        (
            ("the bound is never crossed", lambda d: bool((d["loss"] <= d["bound"] * (1 + 1e-12)).all())),
            (
                "the chain attains more than 99.999 percent of it",
                lambda d: bool((d["loss"] / d["bound"])[d["noise"] < 0].max() > 0.99999),
            ),
            ("random models do not come near", lambda d: bool((d["loss"] / d["bound"])[d["noise"] >= 0].max() < 0.75)),
        ),
    ),
)
