"""Robust backups and robust solves as multiples of nominal ones, same model, same format, same method, same tolerance.

Two models: a sparse Garnet with 20,000 states, 8 actions and 8 next states each, and a dense one with 500 states and 10 actions.
A solve here is value iteration to a certified bracket of 1e-6 relative width; the default method is beside it, because its policy
sweeps solve only the rows that the policy takes. The last column is the distance of the two answers. Backups are at random values
in [0, 1], where a price of .5 leaves no state out of chi-square's worst law, and one of .05 does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from timing import median_seconds

import tabular
from tabular.bellman import Optimality

TOL = 1e-6

SETS: dict[str, tuple[Any, dict[str, Any]]] = {
    "TV, price": (tabular.TotalVariation(), {"penalty": 0.5}),
    "chi-square, price": (tabular.ChiSquare(), {"penalty": 0.5}),
    "chi-square, low price": (tabular.ChiSquare(), {"penalty": 0.05}),
    "KL, price": (tabular.KL(), {"penalty": 0.5}),
    "TV": (tabular.TotalVariation(), {"radius": 0.1}),
    "chi-square": (tabular.ChiSquare(), {"radius": 0.1}),
    "KL": (tabular.KL(), {"radius": 0.1}),
    "reverse KL": (tabular.ReverseKL(), {"radius": 0.1}),
    "Tsallis 3": (tabular.TsallisKL(3), {"radius": 0.1}),
    "Jensen-Shannon": (tabular.JensenShannon(), {"radius": 0.05}),
    "contamination": (tabular.Contamination(), {"radius": 0.1}),
    "L-infinity": (tabular.LInfinity(), {"radius": 0.05}),
    "L2": (tabular.L2(), {"radius": 0.1}),
    "CVaR": (tabular.CVaR(0.5), {}),
    "TV, shared": (tabular.TotalVariation(), {"radius": 0.1, "rectangular": "s"}),
    "chi-square, shared": (tabular.ChiSquare(), {"radius": 0.1, "rectangular": "s"}),
    "KL, shared": (tabular.KL(), {"radius": 0.1, "rectangular": "s"}),
    "reverse KL, shared": (tabular.ReverseKL(), {"radius": 0.1, "rectangular": "s"}),
}


def compare(title: str, mdp: tabular.MDP) -> None:
    """One table."""
    nominal, v = Optimality(mdp), np.random.default_rng(0).random(mdp.n_states)
    nominal.backup(v)
    product, _ = median_seconds(lambda: nominal.backup(v), 21)
    methods = (tabular.ValueIteration(), None)
    plain = [median_seconds(lambda m=m: tabular.solve(mdp, m, tol=TOL))[0] for m in methods]
    print(f"{title}: a nominal backup {1e3 * product:.2f} ms, value iteration {plain[0]:.2f} s, default {plain[1]:.2f} s")
    print(f"{'multiples of these':>22} {'backup':>8} {'value it.':>10} {'default':>8} {'sweeps':>7} {'agree':>8}")
    for name, (divergence, given) in SETS.items():
        problem = tabular.Robust(mdp, divergence, **given)
        operator = problem.operator()
        operator.backup(v)
        single, _ = median_seconds(lambda operator=operator: operator.backup(v), 3)
        answers = [median_seconds(lambda m=m, p=problem: tabular.solve(p, m, tol=TOL), 1) for m in methods]
        ratios = [seconds / base for (seconds, _), base in zip(answers, plain, strict=True)]
        apart = float(np.abs(answers[0][1].values - answers[1][1].values).max())
        sweeps = answers[0][1].iterations
        print(f"{name:>22} {single / product:8.1f} {ratios[0]:10.1f} {ratios[1]:8.1f} {sweeps:7} {apart:8.0e}", flush=True)


if __name__ == "__main__":
    compare("sparse, 20,000 x 8 x 8", tabular.domains.garnet(20_000, 8, 8, gamma=0.95, rng=1))
    rng = np.random.default_rng(2)
    dense = rng.dirichlet(np.ones(500), size=(500, 10))
    compare("dense, 500 x 10 x 500", tabular.MDP(dense, rng.random((500, 10)), 0.95))
