"""Best-of-n by definition: rationals, sixty digits, and listing all sequences of draws."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import mpmath as mp
import numpy as np

mp.mp.dps = 60


def classes(probabilities: Any, rewards: Any) -> list[Any]:
    """Masses of the level sets of the reward, in increasing order."""
    return [sum(p for p, r in zip(probabilities, rewards, strict=True) if r == level) for level in sorted(set(rewards))]


def law(masses: list[Any], n: Any) -> list[Any]:
    below, out = 0, []
    for p in masses:
        out.append((below + p) ** n - below**n)
        below += p
    return out


def listed(probabilities: list[Fraction], rewards: list[Any], n: int) -> list[Fraction]:
    """Every sequence of draws; the first of the best draws wins."""
    out = [Fraction(0)] * len(probabilities)
    for sequence in product(range(len(probabilities)), repeat=n):
        weight = Fraction(1)
        for y in sequence:
            weight *= probabilities[y]
        out[max(sequence, key=lambda y: rewards[y])] += weight
    return out


def quantities(probabilities: Any, rewards: Any, n: Any) -> dict[str, Any]:
    """Divergence, gap, win rate and estimator with sixty digits."""
    raw = [mp.mpf(float(p)) for p in probabilities]
    total = sum(raw)
    masses = [p for p in classes([p / total for p in raw], list(rewards)) if p > 0]
    n = mp.mpf(n)
    q = law(masses, n)
    cap = mp.log(n) - (n - 1) / n
    kl = sum(a * mp.log(a / b) for a, b in zip(q, masses, strict=True) if a > 0)
    below, win = mp.mpf(0), mp.mpf(0)
    for a, b in zip(q, masses, strict=True):
        win += a * (below + b / 2)
        below += b
    d = [estimator(n, p) for p in masses]
    mean = sum(a * x for a, x in zip(q, d, strict=True))
    variance = sum(a * (x - mean) ** 2 for a, x in zip(q, d, strict=True))
    return {"kl": kl, "gap": cap - kl, "win_rate": win, "expected_estimator": mean, "estimator_variance": variance}


def estimator(n: Any, epsilon: Any) -> Any:
    n, epsilon = mp.mpf(n), mp.mpf(epsilon)
    if epsilon >= 1:
        return mp.mpf(0)
    rest = (1 - epsilon) ** n
    return rest * (mp.log(n) + (n - 1) * mp.log(1 - epsilon) - (n - 1) / n) + (1 - rest) * mp.log((1 - rest) / epsilon)


def gap_of_cell(n: Any, epsilon: Any) -> Any:
    return mp.log(n) - 1 + 1 / mp.mpf(n) - estimator(n, epsilon)


def naive(p: np.ndarray, n: float) -> dict[str, float]:
    """What one writes first, for distinct rewards in increasing order."""
    inclusive = np.cumsum(p)
    q = inclusive**n - (inclusive - p) ** n
    with np.errstate(divide="ignore", invalid="ignore"):
        kl = np.nansum(q * np.log(q / p))
    return {"kl": float(kl), "win_rate": float(q @ (inclusive - p / 2)), "mass": float(q.sum())}
