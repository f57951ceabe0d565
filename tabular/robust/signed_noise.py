r"""Kernels with signed noise: :math:`P + C` with rows of C that sum to zero and :math:`\|C\|_p \le \beta`, of any sign.

Without :math:`P + C \ge 0` everything has a closed form (Kumar, Derman, Geist, Levy and Mannor 2024). With the dual exponent
:math:`1/p + 1/q = 1` and the spread :math:`\kappa_q(v) = \min_w \|v - w\|_q`,

.. math:: \min_{C} \langle P + C, v\rangle = \langle P, v\rangle - \beta\, \kappa_q(v).

If the actions of a state share the noise, the value of b_a = r_a + gamma P_a v under noise :math:`\sigma = \alpha + \gamma \beta
\kappa_q(v)` is the root x of :math:`\sum_a (b_a - x)_+^p = \sigma^p`, with the policy :math:`\pi_a \propto (b_a - x)_+^{p-1}`.

The noise may leave the simplex; then values are below those of any set of laws, and the operator need not be monotone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.optimize
from numpy.typing import ArrayLike

from tabular._arrays import Float
from tabular.bellman import Optimality
from tabular.errors import ModelError, SolverError, SolverInterrupted
from tabular.mdp import MDP
from tabular.problem import as_model

__all__ = ["NoiseSolution", "SignedNoise", "noise_spread", "shared_noise_step"]


def noise_spread(values: ArrayLike, norm: float) -> float:
    r""":math:`\kappa_q(v) = \min_w \|v - w\|_q`, q dual to ``norm``: the most that noise of unit norm takes from a mean.

    ``norm=1`` gives half the range, ``norm=2`` the root of the sum of squared deviations from the mean, ``norm=inf`` the sum of
    absolute deviations from the median.

    >>> [round(noise_spread([0, 1, 5], p), 6) for p in (1, 2, float("inf"))]
    [2.5, 3.741657, 5.0]
    """
    v = np.asarray(values, dtype=np.float64)
    if v.ndim != 1 or v.size == 0 or not np.isfinite(v).all():
        raise ModelError(f"values of shape {v.shape} (expected finite numbers on one axis)")
    p = _norm(norm)
    low, high = float(v.min()), float(v.max())
    if p == 1.0 or low == high:
        return (high - low) / 2
    if p == 2.0:
        return float(np.linalg.norm(v - v.mean()))
    if p == math.inf:
        return float(np.abs(v - np.median(v)).sum())
    q, unit = p / (p - 1.0), high - low
    x = (v - low) / unit

    def slope(w: float) -> float:
        return float((np.sign(x - w) * np.abs(x - w) ** (q - 1.0)).sum())

    w = scipy.optimize.brentq(slope, 0.0, 1.0, xtol=1e-15)
    return unit * float((np.abs(x - w) ** q).sum() ** (1.0 / q))


def shared_noise_step(action_values: ArrayLike, noise: float | Float, norm: float) -> tuple[Float, Float]:
    r"""Values and policies of states whose actions share noise: the root x of :math:`\sum_a (b_a - x)_+^p = \sigma^p`.

    Parameters
    ----------
    action_values : (..., A) array
        b, minus infinity where an action is not allowed.
    noise : float or (...) array
        sigma >= 0.
    norm : float in [1, inf]
        p.

    Returns
    -------
    (...) array and (..., A) array
        x, and :math:`\pi_a \propto (b_a - x)_+^{p-1}`; the best action alone (the lowest index) at sigma = 0 or p = inf.

    Examples
    --------
    >>> value, policy = shared_noise_step([1, .8, .3, -.5], .6, 2)
    >>> f"{value:.10f}", policy.round(8)
    ('0.4876894374', array([0.62126781, 0.37873219, 0.        , 0.        ]))
    """
    b, p = np.asarray(action_values, dtype=np.float64), _norm(norm)
    if b.ndim == 0 or b.shape[-1] == 0 or np.isnan(b).any() or not np.isfinite(b.max(axis=-1)).all():
        raise ModelError(f"action values of shape {b.shape} (expected numbers, with a finite largest one on the last axis)")
    sigma = np.broadcast_to(np.asarray(noise, dtype=np.float64), b.shape[:-1])
    if not (np.isfinite(sigma) & (sigma >= 0)).all():
        raise ModelError(f"noise is {float(sigma[~(np.isfinite(sigma) & (sigma >= 0))].flat[0])!r} (expected a number >= 0)")
    top = b.max(axis=-1, keepdims=True)
    alone = (np.arange(b.shape[-1]) == b.argmax(axis=-1)[..., None]).astype(np.float64)
    if p == math.inf:
        return top[..., 0] - sigma, alone
    unit = np.where(sigma > 0, sigma, 1.0)[..., None]
    gaps = np.sort((top - b) / unit, axis=-1)  # of the best action 0; the answer x lies y in (0, 1] below it
    count = np.arange(1, b.shape[-1] + 1)
    if p == 1.0:
        with np.errstate(invalid="ignore"):
            y = np.nanmin((1.0 + np.cumsum(gaps, axis=-1)) / count, axis=-1)
    else:
        y = _depth(gaps, p)
    value = top[..., 0] - sigma * y
    room = np.maximum(y[..., None] - (top - b) / unit, 0.0)
    weights = (room > 0).astype(np.float64) if p == 1.0 else room ** (p - 1.0)
    policy = np.where(sigma[..., None] > 0, weights / weights.sum(axis=-1, keepdims=True), alone)
    return value, policy


def _depth(gaps: Float, p: float) -> Float:
    """The y in (0, 1] with ``sum (y - gaps)_+^p = 1``: Newton's method from the right, where the sum is convex and rises."""
    y = np.ones(gaps.shape[:-1])
    for _ in range(200):
        room = np.maximum(y[..., None] - gaps, 0.0)
        new = y - ((room**p).sum(axis=-1) - 1.0) / (p * (room ** (p - 1.0)).sum(axis=-1))
        if not (new < y - 1e-16).any():
            return np.minimum(y, new)
        y = np.minimum(y, new)
    return y


@dataclass(frozen=True, eq=False)
class NoiseSolution:
    """Values and policy under signed noise; ``error`` bounds the distance to the fixed point, up to rounding."""

    values: Float
    policy: Float
    error: float
    iterations: int


@dataclass(frozen=True)
class SignedNoise:
    r"""A model with Lp-bounded noise of any sign on its kernel and on its rewards.

    Parameters
    ----------
    norm : float in [1, inf]
        p.
    radius : float >= 0
        beta, on each row of the kernel; for ``rectangular="s"`` on all rows of a state together.
    reward_radius : float >= 0
        alpha, on rewards, likewise.
    rectangular : "sa" or "s"

    Examples
    --------
    >>> import tabular
    >>> mdp = tabular.MDP([[[.5, .5], [.4, .6]], [[0, 1], [1, 0]]], [[1, .5], [0, 0]], gamma=.5)
    >>> SignedNoise(1, radius=.1).solve(mdp).values.round(6)
    array([1.56, 0.76])
    """

    norm: float
    radius: float
    reward_radius: float = 0.0
    rectangular: str = "sa"

    def __post_init__(self) -> None:
        _norm(self.norm)
        for name in ("radius", "reward_radius"):
            x = getattr(self, name)
            if isinstance(x, bool) or not isinstance(x, (int, float, np.integer, np.floating)) or not 0 <= x < math.inf:
                raise ModelError(f"{name} is {x!r} (expected a number >= 0)")
        if self.rectangular not in ("sa", "s"):
            raise ModelError(f"rectangular is {self.rectangular!r} (expected 'sa' or 's')")

    def backup(self, mdp: MDP, values: ArrayLike) -> tuple[Float, Float]:
        """(S,) values and the (S, A) policy that is best before ``values``."""
        v = np.asarray(values, dtype=np.float64)
        q = Optimality(as_model(mdp, "SignedNoise")).q_values(v)
        noise = self.reward_radius + mdp.gamma * self.radius * noise_spread(v, self.norm)
        if self.rectangular == "s":
            return shared_noise_step(q, noise, self.norm)
        best = np.argmax(q, axis=1)
        return q.max(axis=1) - noise, np.eye(mdp.n_actions)[best]

    def stays_inside(self, mdp: MDP) -> bool:
        r"""Whether no noise makes a probability negative: each is at least :math:`\beta\, \kappa_q(e_1)`.

        Then the noisy kernels are laws, and the set is that of all laws within the radius.
        """
        n = mdp.n_states
        least = 0.0 if mdp.is_sparse and mdp.P.nnz < mdp.P.shape[0] * n else float((mdp.P.data if mdp.is_sparse else mdp.P).min())
        return least >= self.radius * noise_spread(np.arange(n) == 0, self.norm)

    def contraction(self, mdp: MDP) -> float:
        r"""A Lipschitz constant of the backup in the largest norm.

        :math:`\gamma` if the noise stays inside the simplex, else :math:`\gamma (1 + \beta S^{1/q})`.
        """
        if self.stays_inside(mdp):
            return mdp.gamma
        p = _norm(self.norm)
        power = 1.0 if p == math.inf else 1.0 - 1.0 / p
        return mdp.gamma * (1.0 + self.radius * mdp.n_states**power)

    def solve(self, mdp: MDP, tol: float = 1e-10, max_iterations: int = 10**6) -> NoiseSolution:
        """The fixed point, by sweeps; ``error`` follows from the last residual and the contraction, in exact arithmetic.

        Raises
        ------
        ModelError
            If no contraction is known: then the noise may have no fixed point.
        SolverError, SolverInterrupted
            At the limit of sweeps, at Ctrl-C; with the values so far.
        """
        rate = self.contraction(mdp)
        if rate >= 1.0:
            raise ModelError(
                f"noise of radius {self.radius} may leave the simplex, and its backup is not known to contract "
                f"(constant {rate:.3g}); lower the radius, or use Robust with a set of laws (TotalVariation, L2, LInfinity)"
            )
        found = NoiseSolution(np.zeros(mdp.n_states), np.zeros(mdp.r.shape), math.inf, 0)
        try:
            while found.iterations < max_iterations:
                new, policy = self.backup(mdp, found.values)
                residual, size = float(np.abs(new - found.values).max()), float(np.abs(new).max())
                found = NoiseSolution(new, policy, rate / (1.0 - rate) * residual, found.iterations + 1)
                if found.error <= tol * max(1.0, size) or residual <= 4e-16 * size:
                    return found
        except KeyboardInterrupt:
            raise SolverInterrupted(f"interrupted; error.solution is right within {found.error:.3g}", found) from None
        raise SolverError(f"{max_iterations} sweeps left an error of up to {found.error:.3g}", found)


def _norm(p: Any) -> float:
    if isinstance(p, bool) or not isinstance(p, (int, float, np.integer, np.floating)) or not p >= 1:
        raise ModelError(f"norm is {p!r} (expected a number in [1, inf])")
    return float(p)
