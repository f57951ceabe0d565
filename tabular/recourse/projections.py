r"""Projection on the feasible points of a recourse: Dykstra's algorithm on a ball and circular cones.

The ball is :math:`\|x - x_0\| \le \delta` with some entries fixed; the cone of a component is :math:`\theta^\top x \ge \rho
\|x\|`, of half-angle :math:`\arccos(\rho / \|\theta\|)` around its mean; only the origin if the radius is larger than the mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular.divergences.generators import compiled

__all__ = ["Feasible"]


@compiled
def _norm(x: Any) -> float:
    total = 0.0
    for i in range(x.size):
        total += x[i] * x[i]
    return total**0.5


@compiled
def _onto_ball(x: Any, origin: Any, budget: float, free: Any) -> None:
    total = 0.0
    for i in range(x.size):
        if free[i]:
            total += (x[i] - origin[i]) ** 2
    distance = total**0.5
    shrink = 1.0 if distance <= budget else budget / distance
    for i in range(x.size):
        x[i] = origin[i] + shrink * (x[i] - origin[i]) if free[i] else origin[i]


@compiled
def _onto_cone(x: Any, mean: Any, radius: float) -> None:
    length = _norm(mean)
    if length < radius or length == 0.0:
        for i in range(x.size):
            x[i] = 0.0
        return
    along, square = 0.0, 0.0
    for i in range(x.size):
        along += mean[i] / length * x[i]
    for i in range(x.size):
        square += (x[i] - along * mean[i] / length) ** 2
    width = square**0.5
    cosine = radius / length  # of the half-angle
    sine = (1.0 - cosine * cosine) ** 0.5
    if along * sine >= width * cosine:
        return
    reach = along * cosine + width * sine  # of the nearest point on the cone's boundary
    if reach <= 0.0:
        for i in range(x.size):
            x[i] = 0.0
        return
    for i in range(x.size):
        across = (x[i] - along * mean[i] / length) / width if width > 0.0 else 0.0
        x[i] = reach * (cosine * mean[i] / length + sine * across)


@compiled
def _onto(k: int, x: Any, origin: Any, budget: float, free: Any, means: Any, radii: Any) -> None:
    if k == 0:
        _onto_ball(x, origin, budget, free)
    else:
        _onto_cone(x, means[k - 1], radii[k - 1])


@compiled
def _violation(x: Any, origin: Any, budget: float, free: Any, means: Any, radii: Any) -> float:
    worst = 0.0
    for k in range(len(means) + 1):
        y = x.copy()
        _onto(k, y, origin, budget, free, means, radii)
        worst = max(worst, _norm(y - x))
    return worst


@compiled
def _dykstra(x: Any, data: Any, rounds: int) -> Any:
    origin, budget, free, means, radii, scale = data
    y = x.copy()
    _onto_ball(y, origin, budget, free)
    if _violation(y, origin, budget, free, means, radii) <= 1e-15 * scale:
        return y
    y = x.copy()
    corrections = np.zeros((len(means) + 1, x.size))
    for _ in range(rounds):
        change = 0.0  # of the corrections: the points alone may rest for many rounds and move on (Birgin and Raydan 2005)
        for k in range(len(means) + 1):
            shifted = y + corrections[k]
            y = shifted.copy()
            _onto(k, y, origin, budget, free, means, radii)
            turned = shifted - y
            change = max(change, _norm(turned - corrections[k]))
            corrections[k] = turned
        if change <= 1e-13 * scale:
            break
    _onto_ball(y, origin, budget, free)
    return y


@dataclass(frozen=True, eq=False)
class Feasible:
    """Points within a budget of the origin of the search, entries that cannot change left alone, in the cone of every
    component."""

    origin: Float
    budget: float
    free: NDArray[np.bool_]
    means: Float
    radii: Float

    @property
    def scale(self) -> float:
        """The start's norm plus the budget: a length to compare with."""
        return float(np.linalg.norm(self.origin)) + self.budget

    def project(self, x: Float, rounds: int = 100_000) -> Float:
        """The nearest feasible point, if there is one and the rounds are enough: :meth:`violation` tells."""
        data = self.origin, self.budget, self.free, self.means, self.radii, self.scale
        return np.asarray(_dykstra(x, data, rounds))

    def violation(self, x: Float) -> float:
        """The largest distance from one of the sets."""
        return float(_violation(x, self.origin, self.budget, self.free, self.means, self.radii))
