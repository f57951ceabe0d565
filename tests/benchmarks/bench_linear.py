"""Learners on the American put: R2PVI against DRPVI and the others, in seconds and in operations, and against the published way.

The published way makes a regression over all episodes for each function of the next state, and for robust learners within a
radius one for each trial level of a local search in each coordinate. It is timed here for one step of the twenty, and multiplied;
its answers are compared with the exact maxima.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import numpy as np
import scipy.optimize
from timing import median_seconds

import tabular
from tabular.linear_mdp import DRPVI, DRVIL, PEVI, R2PVI, VADRPVI

TV, KL, CHI = tabular.TotalVariation(), tabular.KL(), tabular.ChiSquare()
RADIUS = 0.03

LEARNERS: dict[str, Any] = {
    "PEVI": PEVI(beta=0.1),
    "R2PVI-TV": R2PVI(TV, 1.0, beta=0.1),
    "R2PVI-KL": R2PVI(KL, 1.0, beta=0.1),
    "R2PVI-chi2": R2PVI(CHI, 1.0, beta=0.1),
    "DRPVI": DRPVI(RADIUS, beta=0.1),
    "DRVI-L": DRVIL(RADIUS, beta=0.1),
    "VADRPVI": VADRPVI(RADIUS, beta=0.1),
}


def published_step(features: Any, data: Any, values: Any, step: int) -> tuple[float, float]:
    """Seconds of one step of DRPVI by local searches over regressions, and its largest shortfall from the exact maxima."""
    began = time.perf_counter()
    pairs = data.states[:, step] * features.n_actions + data.actions[:, step]
    phi = features.rows(pairs)
    seen = values[data.states[:, step + 1]]
    inverse = np.linalg.inv(phi.T @ phi + np.eye(phi.shape[1]))
    found = []
    for i in range(phi.shape[1]):

        def loss(a: Any, i: int = i) -> float:
            level = float(np.clip(a[0], 0.0, features.horizon))
            return -float((inverse @ (phi.T @ np.minimum(seen, level)))[i] - RADIUS * level)

        found.append(-scipy.optimize.minimize(loss, [features.horizon / 2], method="Nelder-Mead").fun)
    seconds = time.perf_counter() - began
    moments = tabular.linear_mdp.moments.Moments.of(features, data, step, 1.0)
    radius = np.full(phi.shape[1], RADIUS)
    exact, _ = tabular.linear_mdp.moments.best_level(
        moments.weights, values[moments.reached], 0.0, float(features.horizon), radius
    )
    return seconds, float((exact - np.array(found)).max())


if __name__ == "__main__":
    put = tabular.domains.american_put(99.17022004702574)
    print(f"{'N':>6} {'d':>4} " + "".join(f"{name:>18}" for name in LEARNERS) + f"{'published DRPVI':>18} {'misses by':>10}")
    for episodes, dimension in ((1000, 30), (5000, 30), (10_000, 30), (1000, 60), (1000, 120)):
        features = tabular.domains.put_features(put, dimension)
        data = tabular.domains.put_episodes(put, episodes, rng=0)
        cells, base = [], 0.0
        for learner in LEARNERS.values():
            learn = partial(learner.learn, features, data)
            learn()
            seconds, learned = median_seconds(learn, 3)
            base = base or seconds
            cells.append(f"{1e3 * seconds:7.1f} ms {learned.operations / 1e6:5.1f}M")
        values = LEARNERS["DRPVI"].learn(features, data).values
        slow, short = published_step(features, data, values[10], 9)
        print(
            f"{episodes:6} {dimension:4} "
            + "".join(f"{cell:>18}" for cell in cells)
            + f"{slow * put.horizon / base:11.0f} x PEVI {short:10.3f}",
            flush=True,
        )
