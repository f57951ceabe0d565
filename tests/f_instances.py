"""Rows for f-divergences with every corner on purpose: zeros, ties, one point, near-certain states, huge and tiny scales."""

from __future__ import annotations

import numpy as np


def corner_row(rng: np.random.Generator, most: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Values and a reference."""
    n = int(rng.integers(1, most))
    p = rng.dirichlet(np.full(n, float(rng.choice([0.03, 0.3, 1.0, 10.0]))))
    if rng.random() < 0.35:
        p[rng.random(n) < 0.4] = 0.0
    if rng.random() < 0.15:
        p[rng.integers(n)] *= 1e-12
    if rng.random() < 0.05:
        p = np.eye(n)[rng.integers(n)]
    p = p / p.sum() if p.sum() > 0 else np.eye(n)[0]
    v = rng.normal(size=n)
    corner = rng.integers(6)
    if corner == 0:
        v = np.round(v)
    elif corner == 1:
        v = rng.choice([0.0, 1.0], size=n)
    elif corner == 2:
        v = 3.0 + 1e-7 * v  # a common part that dwarfs the differences
    elif corner == 3 and n > 1:
        v[0] = v[1] * (1 + 2.0**-52)  # nearly tied
    return v * 10.0 ** float(rng.choice([-8, -2, 0, 0, 0, 2, 8])), p


def radius(rng: np.random.Generator) -> float:
    return float(10.0 ** rng.uniform(-12, 1.5)) if rng.random() < 0.5 else float(10.0 ** rng.uniform(-2, 0.7))


def penalty(rng: np.random.Generator) -> float:
    return float(10.0 ** rng.uniform(-8, 8)) if rng.random() < 0.5 else float(10.0 ** rng.uniform(-1.5, 1.5))
