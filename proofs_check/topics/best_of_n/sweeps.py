"""What figures share: numbers of draws, and curves over them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tabular.alignment import BestOfN, best_of_n

__all__ = ["EVEN", "ROUNDING", "SIZES", "at_draws", "caps_hold", "curves", "draws"]

SIZES = (10, 100, 1000, 10_000)
EVEN = [f"L = {size}" for size in SIZES]
ROUNDING = 1e-12


def draws(most: float, full: bool) -> Any:
    """Numbers of draws from 1, evenly spaced in their logarithms."""
    return np.unique(np.round(np.geomspace(1, most, 400 if full else 81)))


def at_draws(p: Any, ns: Any) -> list[BestOfN]:
    """Best-of-n for each number of draws; rewards in increasing order."""
    best = best_of_n(p, np.arange(len(p)), 1)
    return [best.with_draws(n) for n in ns]


def curves(best: list[BestOfN], name: str) -> dict[str, Any]:
    """Divergence, expected estimate and win rate."""
    return {
        f"{name}: exact": np.array([b.kl for b in best]),
        f"{name}: estimate": np.array([b.expected_estimator for b in best]),
        f"{name}: win rate": np.array([b.win_rate for b in best]),
    }


def caps_hold(data: dict[str, Any], names: list[str]) -> bool:
    """Whether exact divergences stay below the formula and the expected estimate."""
    exact = {n: data[f"{n}: exact"] for n in names}
    below = all((exact[n] <= data["formula"] + ROUNDING).all() for n in names)
    return below and all((exact[n] <= data[f"{n}: estimate"] + ROUNDING).all() for n in names)
