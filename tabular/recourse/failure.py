r"""How likely a recommended change fails after a classifier is retrained, in the worst case over laws with nearby moments.

The classifier accepts x if :math:`\theta^\top x > 0`. Its future parameter has mean and covariance within the Gelbrich distance
rho of :math:`(\hat\theta, \hat\Sigma)`; along x the pair (mean, standard deviation) of :math:`\theta^\top x` then fills the disc
of radius :math:`\rho \|x\|` around :math:`(\hat\theta^\top x, \sqrt{x^\top \hat\Sigma x})`. Seen from the origin, the worst point
of the disc is where its tangent is steepest, at the angle

.. math:: \varphi = \operatorname{atan2}\bigl(\sqrt{x^\top \hat\Sigma x}, \hat\theta^\top x\bigr)
          + \arcsin \frac{\rho \|x\|}{\sqrt{(\hat\theta^\top x)^2 + x^\top \hat\Sigma x}},

and the probability of :math:`\theta^\top x \le 0` is at most :math:`\sin^2 \varphi` over all laws (Cantelli; 1 beyond a right
angle), and :math:`\Phi(-\cot \varphi)` over Gaussian laws. With a bias, x ends with a 1.

Source: T.-D. H. Nguyen, N. Bui, D. Nguyen, M.-C. Yue and V. A. Nguyen, "Distributionally robust recourse action" (ICLR 2023,
arXiv 2302.11211).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.special

from tabular import _arrays
from tabular._arrays import Float, frozen
from tabular.errors import ModelError

__all__ = ["FAMILIES", "Classifiers", "angle_gradients", "failure_gradients", "failure_probabilities", "gelbrich_distance"]

FAMILIES = ("moments", "gaussian")
"""Over all laws with the moments, or over the Gaussian ones."""

SYMMETRY = 1e-9
"""Relative asymmetry of a covariance, and relative negativity of its eigenvalues, that pass as rounding."""


def _covariance(x: Any, size: int, where: str) -> Float:
    matrix = _arrays.as_float(x, where)
    if matrix.shape != (size, size) or not np.isfinite(matrix).all():
        raise ModelError(f"{where} has shape {matrix.shape} (expected a finite ({size}, {size}) covariance)")
    scale = float(np.abs(matrix).max())
    if np.abs(matrix - matrix.T).max() > SYMMETRY * scale:
        raise ModelError(f"{where} is not symmetric")
    low = float(np.linalg.eigvalsh(matrix)[0])
    if low < -SYMMETRY * scale:
        raise ModelError(f"{where} has the negative eigenvalue {low:.6g}: it is no covariance")
    return (matrix + matrix.T) / 2


def _root(matrix: Float) -> Float:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def gelbrich_distance(mean: Any, covariance: Any, other_mean: Any, other_covariance: Any) -> float:
    r""":math:`\sqrt{\|\mu_1 - \mu_2\|^2 + \operatorname{Tr}(\Sigma_1 + \Sigma_2 - 2 (\Sigma_1^{1/2} \Sigma_2
    \Sigma_1^{1/2})^{1/2})}`: the Wasserstein distance of order 2 between Gaussian laws, a lower bound of it between others
    (Gelbrich 1990).

    >>> round(gelbrich_distance([0, 0], [[1, 0], [0, 1]], [3, 0], [[4, 0], [0, 1]]), 12)
    3.162277660168
    """
    a, b = (_arrays.as_float(x, name) for x, name in ((mean, "mean"), (other_mean, "other_mean")))
    if a.ndim != 1 or a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ModelError(f"means of shape {a.shape} and {b.shape} (expected two finite vectors of one length)")
    s, t = (_covariance(x, a.size, name) for x, name in ((covariance, "covariance"), (other_covariance, "other_covariance")))
    root = _root(s)
    cross = float(np.sqrt(np.maximum(np.linalg.eigvalsh(root @ t @ root), 0.0)).sum())
    return float(np.sqrt(max(0.0, float((a - b) @ (a - b)) + float(np.trace(s) + np.trace(t)) - 2.0 * cross)))


@dataclass(frozen=True, eq=False)
class Classifiers:
    r"""A mixture of K laws of the future parameter, each known up to a Gelbrich distance.

    Parameters
    ----------
    means : (K, d) or (d,) array
    covariances : (K, d, d) or (d, d) array
    radii : number or (K,) array, >= 0
    weights : (K,) law, optional
        Uniform by default.

    Raises
    ------
    ModelError
        If shapes do not fit, a covariance is none, a radius is negative, or the weights are no law.
    """

    means: Any
    covariances: Any
    radii: Any
    weights: Any = None

    def __post_init__(self) -> None:
        means = np.atleast_2d(_arrays.as_float(self.means, "means"))
        if means.ndim != 2 or means.size == 0 or not np.isfinite(means).all():
            raise ModelError(f"means have shape {means.shape} (expected finite (K, d))")
        count, size = means.shape
        given = _arrays.as_float(self.covariances, "covariances")
        given = given[None] if given.ndim == 2 else given
        if given.shape != (count, size, size):
            raise ModelError(f"covariances have shape {given.shape} (expected {(count, size, size)})")
        covariances = np.stack([_covariance(x, size, f"covariances[{k}]") for k, x in enumerate(given)])
        try:
            radii = np.array(np.broadcast_to(_arrays.as_float(self.radii, "radii"), (count,)))
        except ValueError:
            raise ModelError(f"radii have shape {np.shape(self.radii)} (expected a number or ({count},))") from None
        if not (np.isfinite(radii) & (radii >= 0)).all():
            raise ModelError(f"radii are {self.radii!r} (expected finite numbers >= 0)")
        weights = np.full(count, 1.0 / count) if self.weights is None else _arrays.as_distribution(self.weights, count, "weights")
        for name, value in (("means", means), ("covariances", covariances), ("radii", radii), ("weights", weights)):
            object.__setattr__(self, name, frozen(value))

    def __len__(self) -> int:
        return len(self.means)

    @property
    def dimension(self) -> int:
        """d, a bias included."""
        return int(self.means.shape[1])

    def discs(self, x: Any) -> tuple[Float, Float, Float]:
        """(K,) means and standard deviations along x, and the radii of the discs around them."""
        point = _arrays.as_float(x, "x")
        if point.shape != (self.dimension,) or not np.isfinite(point).all():
            raise ModelError(f"x has shape {point.shape} (expected a finite vector of length {self.dimension})")
        spread = np.sqrt(np.maximum(np.einsum("i,kij,j->k", point, self.covariances, point), 0.0))
        return self.means @ point, spread, self.radii * float(np.linalg.norm(point))

    def margins(self, x: Any) -> Float:
        r"""(K,) :math:`\hat\theta^\top x - \rho \|x\|`: positive where every law within the radius accepts x in the mean."""
        mean, _, radius = self.discs(x)
        return np.asarray(mean - radius)


def _angles(mean: Float, spread: Float, radius: Float) -> Float:
    """The steepest angle at which the origin sees a point of each disc, at most pi."""
    distance = np.hypot(mean, spread)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(distance > radius, radius / distance, 1.0)
    angle = np.arctan2(spread, mean) + np.arcsin(share)
    return np.where(distance > radius, np.minimum(angle, np.pi), np.pi)


def failure_probabilities(x: Any, classifiers: Classifiers, family: str = "moments") -> Float:
    r"""(K,) worst-case probabilities that :math:`\theta^\top x \le 0`; formulas in the module docstring.

    Parameters
    ----------
    x : (d,) array
    classifiers : Classifiers
    family : "moments" or "gaussian"

    Examples
    --------
    >>> one = Classifiers([1, 2], [[.5, .1], [.1, .3]], .6)
    >>> print(*(f"{failure_probabilities([1, 1], one, family)[0]:.10f}" for family in FAMILIES))
    0.3126927464 0.0690937327
    """
    _known(family)
    angle = _angles(*classifiers.discs(x))
    if family == "moments":
        return np.where(angle < np.pi / 2, np.sin(np.minimum(angle, np.pi / 2)) ** 2, 1.0)
    with np.errstate(divide="ignore"):
        slope = np.where(angle >= np.pi, -np.inf, np.cos(angle) / np.sin(np.where(angle >= np.pi, 1.0, angle)))
    return np.asarray(scipy.special.ndtr(-slope))


def failure_gradients(x: Any, classifiers: Classifiers, family: str = "moments") -> Float:
    """(K, d) gradients of :func:`failure_probabilities` where they are smooth; zero where the probability is 1, or no law
    moves."""
    _known(family)
    angle, turns = angle_gradients(x, classifiers)
    if family == "moments":
        slope = np.where(angle < np.pi / 2, np.sin(2.0 * angle), 0.0)
    else:
        sine = np.where(angle < np.pi, np.sin(angle), 1.0)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            slope = np.exp(-0.5 * (np.cos(angle) / sine) ** 2) / np.sqrt(2.0 * np.pi) / sine**2
        slope = np.where((sine > 1e-100) & (angle < np.pi), slope, 0.0)
    return np.asarray(slope[:, None] * turns)


def angle_gradients(x: Any, classifiers: Classifiers) -> tuple[Float, Float]:
    r"""(K,) angles :math:`\varphi`, and their (K, d) gradients; zero where the origin is in the disc, or nothing is in doubt."""
    mean, spread, radius = classifiers.discs(x)
    point = np.asarray(x, dtype=np.float64)
    angle, distance = _angles(mean, spread, radius), np.hypot(mean, spread)
    norm = float(np.linalg.norm(point))
    good = (distance > radius) & (angle < np.pi) & (spread > 0.0)
    safe = np.where(good, distance, 1.0)
    d_spread = (classifiers.covariances @ point) / np.where(good, spread, 1.0)[:, None]
    d_radius = classifiers.radii[:, None] * (point / norm if norm else point)
    d_distance = (mean[:, None] * classifiers.means + spread[:, None] * d_spread) / safe[:, None]
    turn = (mean[:, None] * d_spread - spread[:, None] * classifiers.means) / safe[:, None] ** 2
    lean = np.sqrt(np.where(good, 1.0 - (radius / safe) ** 2, 1.0))[:, None]
    widen = (d_radius / safe[:, None] - radius[:, None] * d_distance / safe[:, None] ** 2) / lean
    return angle, np.where(good[:, None], turn + widen, 0.0)


def _known(family: str) -> None:
    if family not in FAMILIES:
        raise ModelError(f"family is {family!r} (expected 'moments' or 'gaussian')")
