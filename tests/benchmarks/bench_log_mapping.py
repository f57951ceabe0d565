"""Learning on the chain: compiled steps per second against a plain Python loop and numpy, and the paper's figure as a whole."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
from timing import median_seconds

from proofs_check.topics.log_mapping import learning_figures
from tabular.log_mapping import ChainLearning, LogMapping, geometric_decay

GAMMA, WIDTH, N = 0.9, 3, 50


def plain(sweeps: int) -> None:
    """Logarithmic learning in plain Python, floats and lists."""
    rng = np.random.default_rng(0)
    floor, size = GAMMA**200, 1 / math.sqrt(WIDTH)
    theta = [[[[0.0] * (N // WIDTH + 2) for _ in range(WIDTH)] for _ in range(2)] for _ in range(2)]

    def value(h: int, a: int, s: int) -> float:
        return math.exp(size * sum(theta[h][a][t][(s + t) // WIDTH] for t in range(WIDTH))) * floor - floor

    for _ in range(sweeps):
        for pair in rng.permutation(2 * N):
            s, a = divmod(int(pair), 2)
            to = s + (1 if (a == 1) == (rng.random() >= 0.25) else -1)
            r = 1.0 if to < 0 else -1.0 if to == N else 0.0
            best = 0
            if 0 <= to < N:
                best = int(value(0, 0, to) - value(1, 0, to) < value(0, 1, to) - value(1, 1, to))
            for h in range(2):
                paid = max(r, 0.0) if h == 0 else max(-r, 0.0)
                target = min(paid + (GAMMA * value(h, best, to) if 0 <= to < N else 0.0), 1.0)
                q = value(h, a, s)
                change = 0.01 * (math.log((0.9 * q + 0.1 * target + floor) / floor) - math.log((q + floor) / floor)) * size
                for t in range(WIDTH):
                    theta[h][a][t][(s + t) // WIDTH] += change


def vectorised(sweeps: int, runs: int) -> None:
    """The same in numpy, all runs side by side, pair by pair in one order."""
    rng = np.random.default_rng(0)
    floor, size = GAMMA**200, 1 / math.sqrt(WIDTH)
    theta = np.zeros((runs, 2, 2, WIDTH, N // WIDTH + 2))
    shifts, rows = np.arange(WIDTH), np.arange(runs)

    def value(s: Any) -> Any:
        tiles = (s[:, None] + shifts) // WIDTH
        return np.exp(size * theta[rows[:, None], :, :, shifts, tiles].sum(axis=1)) * floor - floor

    for _ in range(sweeps):
        for pair in rng.permutation(2 * N):
            s, a = divmod(int(pair), 2)
            to = s + np.where((a == 1) == (rng.random(runs) >= 0.25), 1, -1)
            inside = (to >= 0) & (to < N)
            here, there = value(np.full(runs, s))[:, :, a], value(np.clip(to, 0, N - 1))
            best = (there[:, 0, 0] - there[:, 1, 0] < there[:, 0, 1] - there[:, 1, 1]).astype(int)
            paid = np.stack([(to < 0).astype(float), (to == N).astype(float)], axis=1)
            target = np.minimum(paid + np.where(inside[:, None], GAMMA * there[rows, :, best], 0.0), 1.0)
            change = 0.01 * (np.log(0.9 * here + 0.1 * target + floor) - np.log(here + floor)) * size
            for t in range(WIDTH):
                theta[:, :, a, t, (s + t) // WIDTH] += change


if __name__ == "__main__":
    task = ChainLearning(gamma=GAMMA, width=WIDTH, mapping=LogMapping(GAMMA, 200))
    sweeps = 5_000
    reg, log = geometric_decay(1, 0.1, 2_000, sweeps), geometric_decay(1, 0.01, 2_000, sweeps)
    task.run(reg[:10], log[:10], seeds=[0])
    seconds, _ = median_seconds(lambda: task.run(reg, log, seeds=[0]))
    rate = sweeps * 2 * N / seconds
    slow, _ = median_seconds(lambda: plain(20), 1)
    side, _ = median_seconds(lambda: vectorised(20, 100), 1)
    print(f"logarithmic, width {WIDTH}: {rate / 1e6:.1f} million steps per second")
    print(f"   {rate / (20 * 2 * N / slow):6.0f} times a plain Python loop")
    print(f"   {rate / (20 * 2 * N * 100 / side):6.0f} times numpy with 100 runs side by side")
    ordinary = ChainLearning(gamma=GAMMA, width=WIDTH)
    seconds, _ = median_seconds(lambda: ordinary.run(reg, seeds=[0]))
    print(f"ordinary: {sweeps * 2 * N / seconds / 1e6:.1f} million steps per second")
    for full in (False, True):
        began = time.perf_counter()
        learning_figures.performance(full)
        print(f"the figure of 112 cells, {'110,000 sweeps each' if full else 'reduced'}: {time.perf_counter() - began:.0f} s")
