r"""The limit of many small outcomes: caps of best-of-n sampling and the best win rate that any policy has at a divergence.

If no outcome has mass, the quantile u of a draw's reward is uniform on (0, 1), and the best of n draws has the density
:math:`n u^{n-1}`. Every finite alphabet is a coarsening of this picture, which is why its divergences are caps.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.optimize import brentq

from tabular.alignment.reward_classes import draws
from tabular.divergences.arguments import as_strength
from tabular.divergences.generators import CRESSIE_READ, generator
from tabular.errors import ModelError

__all__ = ["draws_for_kl", "kl_cap", "tilt_kl", "tilt_win_rate", "universal_win_rate", "win_rate_cap"]


def kl_cap(n: float) -> float:
    r""":math:`\log n - (n - 1) / n`: no alphabet has a larger divergence (Beirami et al. 2024, Theorem 3.1).

    >>> f"{kl_cap(4):.10f}"
    '0.6362943611'
    """
    n = draws(n)
    return float(generator(CRESSIE_READ, 0.0, 1.0 / n, (1.0 - n) / n))  # -log t + t - 1 at t = 1/n, right for n near 1 as well


def win_rate_cap(n: float) -> float:
    r""":math:`n / (n + 1)` (Beirami et al. 2024, Theorem 5.3)."""
    n = draws(n)
    return n / (n + 1)


def draws_for_kl(kl: float) -> float:
    r"""The real n at which the cap :math:`\log n - (n - 1) / n` is ``kl``.

    >>> f"{draws_for_kl(kl_cap(4)):.12f}"
    '4.000000000000'
    """
    if not (isinstance(kl, (int, float, np.floating)) and 0 <= kl < 700):
        raise ModelError(f"kl is {kl!r} (expected a number in [0, 700))")
    if kl == 0:
        return 1.0
    # in s = log n: s + exp(-s) - 1 is convex and increasing; it is about s^2 / 2 near 0 and s - 1 far out
    s = math.sqrt(2 * kl) if kl < 1 else kl + 1
    for _ in range(60):
        excess = float(generator(CRESSIE_READ, 0.0, math.exp(-s), math.expm1(-s))) - kl
        new = s - excess / -math.expm1(-s)
        if abs(new - s) <= 4e-16 * s:
            break
        s = new
    return math.exp(s)


SERIES = 0.1
"""Below this strength of the tilt its closed forms lose digits, and power series are used."""


def tilt_win_rate(beta: Any) -> Any:
    r"""Win rate :math:`1 - 1/\beta + 1/(e^\beta - 1)` of the density proportional to :math:`e^{\beta u}`; vectorised."""
    b = as_strength(beta, np.shape(beta), "beta")
    x = np.maximum(b, SERIES)
    with np.errstate(over="ignore"):
        closed = 1 - 1 / x + 1 / np.expm1(x)
    square = np.minimum(b, SERIES) ** 2
    series = 0.5 + np.minimum(b, SERIES) / 12 * (1 - square / 60 * (1 - square / 42 * (1 - square / 40)))
    out = np.where(b < SERIES, series, closed)
    return float(out) if out.ndim == 0 else out


def tilt_kl(beta: Any) -> Any:
    r"""Divergence :math:`\frac{\beta}{e^\beta - 1} - 1 - \log(1 - e^{-\beta}) + \log\beta` from the uniform law; vectorised."""
    b = as_strength(beta, np.shape(beta), "beta")
    x = np.maximum(b, SERIES)
    with np.errstate(over="ignore"):
        closed = x / np.expm1(x) - 1 - np.log(-np.expm1(-x)) + np.log(x)
    square = np.minimum(b, SERIES) ** 2
    series = square / 24 * (1 - square / 40 * (1 - square * 10 / 378 * (1 - square * 21 / 800)))
    out = np.where(b < SERIES, series, closed)
    return float(out) if out.ndim == 0 else out


def universal_win_rate(kl: Any) -> Any:
    r"""The largest win rate that any policy on any alphabet has at a divergence ``kl`` from its reference; vectorised.

    It is that of the tilt :math:`e^{\beta u}` of the uniform law with this divergence: spreading a policy evenly over the
    quantiles of each outcome keeps its divergence and its win rate.

    >>> f"{universal_win_rate(kl_cap(4)):.10f}"
    '0.8039958879'
    """
    budgets = as_strength(kl, np.shape(kl), "kl")
    if not (budgets < 600).all():
        raise ModelError(f"kl is {float(budgets.max())!r} (expected numbers below 600)")
    out = np.array([tilt_win_rate(_tilt_for(float(x))) for x in budgets.reshape(-1)]).reshape(budgets.shape)
    return float(out) if out.ndim == 0 else out


def _tilt_for(kl: float) -> float:
    """The strength at which the tilt has a given divergence."""
    if kl == 0:
        return 0.0
    # far out the divergence is log beta - 1, near 0 it is beta^2 / 24; both are lower bounds on it from the other end
    high = max(math.exp(kl + 1), math.sqrt(48 * kl)) + 1
    low = min(math.sqrt(24 * kl), math.exp(kl + 1)) / 4
    return float(brentq(lambda b: tilt_kl(b) / kl - 1, low, high, xtol=1e-300, rtol=1e-15, maxiter=500))
