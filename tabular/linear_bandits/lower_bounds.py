r"""Lower bounds on regret, with their constructions.

One state, :math:`A = \rho`, :math:`B = b^T`, :math:`\theta = 0` and :math:`h = \Omega b / (1 - \rho)`: even who sees the state
learns no more about b than in a linear bandit :math:`z_t = \langle b, u_t \rangle + \epsilon_t`, while every mistake costs
:math:`\Omega / (1 - \rho)` times as much.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import ndtr, rel_entr

from tabular._arrays import ROW_TOLERANCE, Float
from tabular._parameters import count, number
from tabular.errors import ModelError
from tabular.linear_bandits.confidence import positive, stable_radius
from tabular.linear_bandits.model import DynamicalLinearBandit, finite_array

__all__ = [
    "HYPERCUBE_CONSTANT",
    "LargestBayesRegret",
    "bretagnolle_huber",
    "dynamical_lower_bound",
    "hidden_direction",
    "hypercube_actions",
    "hypercube_lower_bound",
    "largest_bayes_regret",
    "two_action_bayes_regret",
    "unit_ball_lower_bound",
]

HYPERCUBE_CONSTANT = math.exp(-2.0) / 8.0
r""":math:`e^{-2} / 8`."""


def hypercube_lower_bound(dimension: int, horizon: int) -> float:
    r""":math:`\frac{e^{-2}}8 d \sqrt T`: actions :math:`[-1, 1]^d`, unit Gaussian noise, some :math:`\theta` in :math:`\{\pm
    T^{-1/2}\}^d`, any policy (Lattimore and Szepesvári 2020, Theorem 24.1)."""
    return HYPERCUBE_CONSTANT * count(dimension, "dimension") * math.sqrt(count(horizon, "horizon"))


def unit_ball_lower_bound(dimension: int, horizon: int) -> float:
    r""":math:`\frac{d \sqrt T}{16 \sqrt 3}`: actions in the unit ball, unit Gaussian noise, :math:`d \le 2 T`, any policy
    (Lattimore and Szepesvári 2020, Theorem 24.2)."""
    d, rounds = count(dimension, "dimension"), count(horizon, "horizon")
    if d > 2 * rounds:
        raise ModelError(f"the bound needs d <= 2 T: dimension is {d}, horizon {rounds}")
    return d * math.sqrt(rounds) / (16.0 * math.sqrt(3.0))


def hypercube_actions(dimension: int) -> Float:
    """(2^d, d) corners of [-1, 1]^d, in lexicographic order."""
    return np.array(list(itertools.product((-1.0, 1.0), repeat=count(dimension, "dimension", most=16))))


def hidden_direction(
    signs: ArrayLike, horizon: int, *, spectral_radius: float, omega: float = 1.0, noise: float = 1.0, scale: float = 1.0
) -> DynamicalLinearBandit:
    r"""The construction with :math:`b = c \sigma T^{-1/2}` times ``signs`` (d,), c the ``scale``; noise in the state only.

    For actions in :math:`[-1, 1]^d` values are at most 1 once :math:`T \ge (c d \Omega \sigma / (1 - \rho))^2`.

    >>> hidden_direction([1, -1], 100, spectral_radius=.5).cumulative_parameter
    array([ 0.2, -0.2])
    """
    directions = finite_array(signs, "signs", 1)
    if not (np.abs(directions) == 1.0).all() or directions.size == 0:
        raise ModelError(f"signs are {signs!r} (expected +1 and -1)")
    size = number(scale, "scale") * positive(noise, "noise") / math.sqrt(count(horizon, "horizon"))
    zero = np.zeros(directions.size)
    return DynamicalLinearBandit([[spectral_radius]], [size * directions], [omega], zero, state_noise=noise)


def dynamical_lower_bound(
    dimension: int, horizon: int, *, spectral_radius: float, omega: float = 1.0, noise: float = 1.0
) -> float:
    r""":math:`\frac{e^{-2}}8 \frac{\Omega \sigma d \sqrt T}{1 - \rho} - \frac{\Omega \sigma d}{(1 - \rho)^2 \sqrt T}`: on online
    regret, actions :math:`[-1, 1]^d`, some signs in :func:`hidden_direction`, any policy.

    The first term bounds offline regret; the second is what the state may have stored. The bound is positive from about :math:`8
    e^2 / (1 - \rho)` rounds on.

    >>> round(dynamical_lower_bound(2, 10**4, spectral_radius=.9, noise=.1), 6)
    3.183382
    """
    rho, rounds = stable_radius(spectral_radius), count(horizon, "horizon")
    size = number(omega, "omega", 0.0) * number(noise, "noise", 0.0) * count(dimension, "dimension") / (1.0 - rho)
    return HYPERCUBE_CONSTANT * size * math.sqrt(rounds) - size / ((1.0 - rho) * math.sqrt(rounds))


def two_action_bayes_regret(
    horizon: int, *, scale: float, spectral_radius: float = 0.0, omega: float = 1.0, noise: float = 1.0
) -> float:
    r"""Least offline regret when actions are -1 and 1, b is :math:`\pm c \sigma / \sqrt T` with equal chances, and the state is
    seen: :math:`\sum_{t < T} \frac{2 \Omega \sigma c}{(1 - \rho) \sqrt T} \mathcal N(-c \sqrt{t / T})`, :math:`\mathcal N` the
    normal law.

    Both actions reveal the same, so playing the likelier sign is optimal, and exact; no policy does better without the state.

    >>> _, scale = largest_bayes_regret()
    >>> round(two_action_bayes_regret(10**4, scale=scale, noise=.1), 10)
    5.2983791537
    """
    rounds, c = count(horizon, "horizon"), number(scale, "scale", 0.0)
    mistake = (
        2.0
        * number(omega, "omega", 0.0)
        * number(noise, "noise", 0.0)
        * c
        / ((1.0 - stable_radius(spectral_radius)) * math.sqrt(rounds))
    )
    return float(mistake * ndtr(-c * np.sqrt(np.arange(rounds) / rounds)).sum())


class LargestBayesRegret(NamedTuple):
    r""":math:`\kappa = \max_c 2 c \int_0^1 \mathcal N(-c \sqrt s) ds`, and the c that attains it."""

    constant: float
    scale: float


def largest_bayes_regret() -> LargestBayesRegret:
    r"""The limit of the largest :func:`two_action_bayes_regret`, in units of :math:`\Omega \sigma \sqrt T / (1 - \rho)`.

    With :math:`\varphi` the normal density, :math:`2 c \int_0^1 \mathcal N(-c \sqrt s) ds = 2 c \mathcal N(-c) + \frac2c
    (\mathcal N(c) - \frac12 - c \varphi(c))`; the maximum is where its derivative, :math:`2 \mathcal N(-c) - \frac2{c^2}
    (\mathcal N(c) - \frac12 - c \varphi(c))`, vanishes.

    >>> largest_bayes_regret()
    LargestBayesRegret(constant=0.5297885595..., scale=1.2468586746...)
    """

    def inner(c: float) -> float:
        return float(ndtr(c) - 0.5 - c * math.exp(-c * c / 2.0) / math.sqrt(2.0 * math.pi))

    c = float(brentq(lambda c: ndtr(-c) - inner(c) / c**2, 0.5, 3.0, xtol=1e-15, rtol=1e-15))
    return LargestBayesRegret(float(2.0 * c * ndtr(-c) + 2.0 / c * inner(c)), c)


def bretagnolle_huber(p: Any, q: Any) -> tuple[float, float]:
    r"""Both sides of :math:`\min_E P(E) + Q(E^c) = \sum \min(p, q) \ge \frac12 e^{-KL(p, q)}` for two laws on the same finite
    space.

    >>> sides = bretagnolle_huber([.5, .5], [.75, .25])
    >>> [round(side, 6) for side in sides]
    [0.75, 0.433013]
    """
    first, second = finite_array(p, "p", 1), finite_array(q, "q", 1)
    if first.shape != second.shape or first.size == 0 or not ((first >= 0.0).all() and (second >= 0.0).all()):
        raise ModelError(f"p and q have shapes {first.shape} and {second.shape} (expected two laws on the same space)")
    for name, law in (("p", first), ("q", second)):
        if abs(float(law.sum()) - 1.0) > ROW_TOLERANCE:
            raise ModelError(f"{name} sums to {float(law.sum()):.12g} (expected 1 within {ROW_TOLERANCE:g})")
    return float(np.minimum(first, second).sum()), 0.5 * math.exp(-float(rel_entr(first, second).sum()))
