r"""Ridge estimates of moments of the factors, and their maxima over a level, exactly.

From episodes, for each step and any function g of the next state,

.. math:: \Lambda_h = \sum_\tau \phi_h^\tau (\phi_h^\tau)^\top + \gamma_r I, \qquad
          \hat E_h[g] = \Lambda_h^{-1} \sum_\tau \phi_h^\tau\, g(s_{h + 1}^\tau) = M_h\, g \in \mathbb R^d,

one column of :math:`M_h` for each *different* next state, so that no later work depends on the number of episodes. The weights in
:math:`M_h` may be negative and need not sum to one. Truncated moments :math:`\hat E[\min(V, \alpha)]` are linear in alpha
between the observed values: cumulative sums give them all, and with them the exact maximum of functions that are not concave.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular.errors import ModelError
from tabular.linear_mdp.model import LinearFeatures
from tabular.linear_mdp.trajectories import Trajectories

__all__ = ["Moments", "best_level", "best_temperature", "best_variance_level"]


@dataclass(frozen=True, eq=False)
class Moments:
    """One step of a data set.

    Attributes
    ----------
    gram : (d, d) array
        Lambda.
    inverse : (d, d) array
    pairs : (U,) different pairs ``s*A + a``, with ``phi`` (U, d) and ``counts`` (U,)
    reached : (J,) different next states, ascending
    arrivals : (U, J) array
        How often each pair led to each of them.
    paid : (U,) array
        Sum of the rewards after each pair.
    """

    gram: Float
    inverse: Float
    pairs: NDArray[Any]
    phi: Float
    counts: Float
    reached: NDArray[Any]
    arrivals: Float
    paid: Float

    @classmethod
    def of(cls, features: LinearFeatures, data: Trajectories, step: int, ridge: float) -> Moments:
        """Aggregate the episodes of one step."""
        visits = data.states[:, step] * features.n_actions + data.actions[:, step]
        pairs, which = np.unique(visits, return_inverse=True)
        reached, where = np.unique(data.states[:, step + 1], return_inverse=True)
        arrivals = np.bincount(which * reached.size + where, minlength=pairs.size * reached.size).astype(np.float64)
        counts = np.bincount(which).astype(np.float64)
        phi = features.rows(pairs)
        gram, inverse = _gram(phi, counts, ridge, step)
        paid = np.bincount(which, weights=data.rewards[:, step]).astype(np.float64)
        return cls(gram, inverse, pairs, phi, counts, reached, arrivals.reshape(pairs.size, reached.size), paid)

    @property
    def size(self) -> int:
        """Entries of M: what one estimate for all coordinates costs."""
        return int(self.phi.shape[1] * self.reached.size)

    @property
    def operations(self) -> int:
        """Multiplications and additions behind the Gram matrix, its inverse, and M."""
        u, d = self.phi.shape
        return int(u * d * d + d**3 + u * self.size + d * self.size)

    @cached_property
    def weights(self) -> Float:
        """(d, J) the matrix M: estimates are ``weights @ g[reached]``."""
        return self.inverse @ (self.phi.T @ self.arrivals)

    def reweighted(self, variances: Float, ridge: float, step: int) -> tuple[Float, Float]:
        """The inverse of the Gram matrix and the weights when each pair counts by one over its variance, (U,)."""
        inverse = _gram(self.phi, self.counts / variances, ridge, step)[1]
        return inverse, inverse @ ((self.phi / variances[:, None]).T @ self.arrivals)


def _gram(phi: Float, counts: Float, ridge: float, step: int) -> tuple[Float, Float]:
    gram = (phi * counts[:, None]).T @ phi + ridge * np.eye(phi.shape[1])
    low, high = (float(x) for x in np.linalg.eigvalsh(gram)[[0, -1]])
    if not low > 1e-13 * high:
        rank = int(np.linalg.matrix_rank(phi))
        raise ModelError(
            f"the episodes of step {step} span {rank} of {phi.shape[1]} features, so that without a ridge their Gram matrix is "
            "singular; use ridge > 0"
        )
    inverse = np.linalg.inv(gram)
    return gram, (inverse + inverse.T) / 2


def _truncations(weights: Float, values: Float, ends: tuple[float, ...]) -> tuple[Float, Float, Float, Float]:
    """Levels (n,) ascending, and for each coordinate (d, n): the weight and first and second moment of values up to a level,
    and the weight above it, in :math:`E[min(V, level)] = below + level * above`."""
    order = np.argsort(values, kind="stable")
    levels = np.unique(np.concatenate([values, ends]))
    upto = np.searchsorted(values[order], levels, side="right")
    w = weights[:, order]
    sums = [np.concatenate([np.zeros((len(w), 1)), np.cumsum(w * values[order] ** k, axis=1)], axis=1) for k in (0, 1, 2)]
    above = sums[0][:, -1:] - sums[0][:, upto]
    return levels, sums[1][:, upto], sums[2][:, upto], above


def best_level(weights: Float, values: Float, least: float, ceiling: float, radius: Float) -> tuple[Float, Float]:
    r"""(d,) maxima over :math:`\alpha \in [0, \text{ceiling}]` of :math:`\hat E_i[\min(V, \alpha)] - \rho_i (\alpha -
    \min(\text{least}, \alpha))`, and where they are.

    The objective is linear between the levels (``values``, ``least``, both ends), so that the largest of its values there is its
    maximum, whatever the signs of the weights.
    """
    levels, below, _, above = _truncations(weights, values, (0.0, least, ceiling))
    inside = (levels >= 0.0) & (levels <= ceiling)
    objective = below + levels * above - radius[:, None] * (levels - np.minimum(levels, least))
    objective = np.where(inside, objective, -np.inf)
    best = objective.argmax(axis=1)
    return objective[np.arange(len(best)), best], levels[best]


def best_variance_level(weights: Float, values: Float, ends: tuple[float, float], penalty: Float) -> tuple[Float, Float]:
    r"""(d,) maxima over :math:`\alpha` between the ``ends`` of :math:`m_i(\alpha) + \frac{m_i(\alpha)^2 - \hat E_i[\min(V,
    \alpha)^2]}{4 \lambda_i}`, with :math:`m_i(\alpha) = \hat E_i[\min(V, \alpha)]`, and where they are.

    Quadratic between two levels: both ends and, where it is concave, the vertex are compared.
    """
    levels, below, square, above = _truncations(weights, values, ends)
    price = 4.0 * penalty[:, None]

    def objective(a: Any, at: Any) -> Any:
        first, second, rest = at
        mean = first + a * rest
        return mean + (mean * mean - (second + a * a * rest)) / price

    here = (below, square, above)
    inside = (levels >= ends[0]) & (levels <= ends[1])
    found = np.where(inside, objective(levels, here), -np.inf)
    where = np.broadcast_to(levels, found.shape)
    if levels.size > 1:
        pieces = tuple(x[:, :-1] for x in here)
        first, _, rest = pieces
        curve = rest * (rest - 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            vertex = -(price * rest + 2.0 * first * rest) / (2.0 * curve)
        low, high = np.maximum(levels[:-1], ends[0]), np.minimum(levels[1:], ends[1])
        good = (curve < 0.0) & (vertex > low) & (vertex < high)
        vertex = np.where(good, vertex, low)
        inner = np.where(good, objective(vertex, pieces), -np.inf)
        found, where = np.concatenate([found, inner], axis=1), np.concatenate([where, vertex], axis=1)
    best = found.argmax(axis=1)
    rows = np.arange(len(best))
    return found[rows, best], where[rows, best]


def best_temperature(
    weights: Float, values: Float, ceiling: float, radius: Float, least: float = 0.0, points: int = 64, rounds: int = 40
) -> tuple[Float, Float, int]:
    r"""(d,) maxima over :math:`\beta > 0` of :math:`-\beta \log \max(\hat E_i[e^{-V / \beta}], e^{-\text{ceiling} / \beta}) -
    \beta \rho_i`, where they were found, and the number of moments that were formed for each coordinate.

    Beyond ``ceiling / radius`` the objective is negative. It need not be concave, as weights may be negative: a geometric grid
    from a ten-thousandth of that, and a golden section around its best point. So this is a search, unlike the other two maxima.
    (Where the least value observed has a negative weight, the moment is not positive at small temperatures, and the formula says
    ``ceiling``.)
    """
    top = ceiling / np.maximum(radius, 1e-9)
    grid = top[:, None] * np.geomspace(1e-4, 1.0, points)

    def objective(beta: Float) -> Float:
        moment = np.einsum("dj,dbj->db", weights, np.exp(-values / beta[:, :, None]))
        with np.errstate(divide="ignore"):
            log = np.log(np.maximum(moment, least)) if least else np.maximum(np.log(np.maximum(moment, 0.0)), -ceiling / beta)
        return -beta * log - beta * radius[:, None]

    found = objective(grid)
    best = found.argmax(axis=1)
    rows = np.arange(len(best))
    value, place = found[rows, best], grid[rows, best]
    low, high = grid[rows, np.maximum(best - 1, 0)], grid[rows, np.minimum(best + 1, points - 1)]
    ratio = (np.sqrt(5.0) - 1.0) / 2.0
    for _ in range(rounds):
        inner = np.stack([high - ratio * (high - low), low + ratio * (high - low)], axis=1)
        f = objective(inner)
        left = f[:, 0] >= f[:, 1]
        better = np.maximum(f[:, 0], f[:, 1])
        place = np.where(better > value, np.where(left, inner[:, 0], inner[:, 1]), place)
        value = np.maximum(value, better)
        low, high = np.where(left, low, inner[:, 0]), np.where(left, inner[:, 1], high)
    return value, place, points + 2 * rounds
