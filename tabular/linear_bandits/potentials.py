r"""What the proofs of linear bandits rest on, as quantities: a supermartingale, two Gaussian identities, volumes, and a false
step.

With :math:`V_t = \lambda I + \sum_{s \le t} a_s a_s^T` and the noise sum :math:`S_t = \sum_{s \le t} \eta_s a_s`,

.. math:: M_t = \sqrt{\frac{\lambda^d}{\det V_t}} \exp\frac{\|S_t\|^2_{V_t^{-1}}}{2 R^2}, \qquad
          \det V_t = \det V_{t-1} (1 + w_t), \quad w_t = \|a_t\|^2_{V_{t-1}^{-1}}.

M is a supermartingale with :math:`E M_t \le 1` for R-sub-Gaussian noise and any adaptive actions (Abbasi-Yadkori, Pál and
Szepesvári 2011), and a martingale for Gaussian noise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tabular._arrays import Float
from tabular._parameters import number
from tabular.errors import ModelError
from tabular.linear_bandits.confidence import positive
from tabular.linear_bandits.model import finite_array

__all__ = [
    "BEST_POTENTIAL_CONSTANT",
    "BiasStep",
    "EllipticalPotential",
    "bias_step",
    "elliptical_potential",
    "gaussian_identity",
    "mixture_martingale",
    "worst_bias_norm",
]

BEST_POTENTIAL_CONSTANT = 1.0 / math.log(2.0)
r"""Least C with :math:`\sum \min(1, w_t) \le C \log(\det V_T / \lambda^d)`: from :math:`\min(1, w) \le \log_2(1 + w)`, equal at
w = 1."""


def mixture_martingale(gram: Float, noise_sum: Float, *, noise: float, regularization: float) -> Float:
    r"""(...) :math:`M_t` of Grams :math:`V_t` (..., d, d) and noise sums (..., d).

    >>> mixture_martingale(np.eye(2) * 2.0, np.zeros(2), noise=1, regularization=1).round(6)
    np.float64(0.5)
    """
    squares = (noise_sum * np.linalg.solve(gram, noise_sum[..., None])[..., 0]).sum(axis=-1)
    growth = np.linalg.slogdet(gram)[1] - gram.shape[-1] * math.log(positive(regularization, "regularization"))
    return np.asarray(np.exp(squares / (2.0 * positive(noise, "noise") ** 2) - growth / 2.0))[()]


def gaussian_identity(
    actions: ArrayLike, *, regularization: float, discount: float = 1.0, squared: bool = True
) -> tuple[float, float]:
    r"""Both sides of :math:`E \exp(\|S\|^2_{\tilde V^{-1}} / 2) = \det(I - \tilde V^{-1} G)^{-1/2} = \sqrt{\det \tilde V /
    \lambda^d}`.

    Fixed actions (T, d), standard Gaussian noise, :math:`S = \sum \gamma^{T-t} \eta_t a_t` with covariance :math:`G = \sum
    \gamma^{2(T-t)} a_t a_t^T` and :math:`\tilde V = G + \lambda I`. Equality says :math:`E M_T = 1`.

    Parameters
    ----------
    squared : bool
        Whether the Gram that norms S has squared discounts. With V, of plain discounts, the two sides differ.

    Examples
    --------
    >>> sides = gaussian_identity([[1, 0, 1], [0, 2, 1], [1, 1, 0], [1, -1, 1]], regularization=.7)
    >>> [round(side, 10) for side in sides]
    [13.360116443, 13.360116443]
    """
    rows = finite_array(actions, "actions", 2)
    weights = number(discount, "discount", 0.0) ** np.arange(len(rows) - 1.0, -1.0, -1.0)
    covariance = (rows.T * weights**2) @ rows
    scale = positive(regularization, "regularization")
    gram = (covariance if squared else (rows.T * weights) @ rows) + scale * np.eye(rows.shape[1])
    left = np.linalg.det(np.eye(rows.shape[1]) - np.linalg.solve(gram, covariance)) ** -0.5
    return float(left), float(np.sqrt(np.linalg.det(gram / scale)))


@dataclass(frozen=True, eq=False)
class EllipticalPotential:
    r"""Of a sequence of actions.

    Attributes
    ----------
    weights : (T,) array
        :math:`w_t`.
    log_determinant_ratio : float
        :math:`\log(\det V_T / \lambda^d)`, which is :math:`\sum \log(1 + w_t)`.
    volume_bound : float
        :math:`d \log(1 + T L^2 / (d \lambda))`, not below it, L the largest norm of an action.
    """

    weights: Float
    log_determinant_ratio: float
    volume_bound: float

    @property
    def clipped_sum(self) -> float:
        r""":math:`\sum \min(1, w_t)`, at most :data:`BEST_POTENTIAL_CONSTANT` times the log determinant ratio."""
        return float(np.minimum(self.weights, 1.0).sum())


def elliptical_potential(actions: ArrayLike, regularization: float) -> EllipticalPotential:
    r"""Weights and volume of actions (T, d).

    >>> found = elliptical_potential([[1, 0]] * 5, .01)
    >>> round(float(found.weights.sum()), 10), round(2 * found.log_determinant_ratio, 10)
    (102.0692139199, 12.4332122022)
    """
    rows, scale = finite_array(actions, "actions", 2), positive(regularization, "regularization")
    T, d = rows.shape
    if T == 0 or d == 0:
        raise ModelError(f"actions have shape {rows.shape} (expected (T, d), each at least 1)")
    before = np.cumsum(rows[:, :, None] * rows[:, None, :], axis=0) + scale * np.eye(d)
    last = float(np.linalg.slogdet(before[-1])[1]) - d * math.log(scale)
    before[1:] = before[:-1].copy()
    before[0] = scale * np.eye(d)
    weights = (rows * np.linalg.solve(before, rows[:, :, None])[:, :, 0]).sum(axis=1)
    longest = float((rows**2).sum(axis=1).max())
    return EllipticalPotential(weights, last, d * math.log1p(T * longest / (d * scale)))


class BiasStep(NamedTuple):
    r""":math:`V^{-1} a a^T` by rows, and the square of its spectral norm."""

    matrix: list[list[Any]]
    squared_norm: Any


def bias_step(first: Sequence[Any], later: Sequence[Sequence[Any]], regularization: Any) -> BiasStep:
    r"""How much of an old action a, first of all, remains in the estimate: :math:`V^{-1} a a^T` with :math:`V = \lambda I + a a^T
    + \sum_{b \in \text{later}} b b^T`.

    The original analyses of D-LinUCB and SW-LinUCB bound its norm by 1. Its eigenvalues are in [0, 1], but it is not symmetric.
    Only the four operations are used, so fractions stay fractions.

    Examples
    --------
    >>> from fractions import Fraction as F
    >>> found = bias_step([1, 0], [[F(4, 5), F(3, 5)]], F(1, 100))
    >>> [[str(x) for x in row] for row in found.matrix], str(found.squared_norm)
    ([['3700/3801', '0'], ['-1600/1267', '0']], '36730000/14447601')
    """
    d = len(first)
    if d == 0 or any(len(b) != d for b in later):
        raise ModelError(f"actions differ in dimension: {d} and {[len(b) for b in later]} (expected the same, at least 1)")
    if not regularization > 0:
        raise ModelError(f"regularization is {regularization!r} (expected a number > 0)")
    rows = [first, *later]
    table = [
        [sum(a[i] * a[j] for a in rows) + (regularization if i == j else 0) for j in range(d)] + [first[i]] for i in range(d)
    ]
    for i in range(d):  # V is positive definite: pivots are positive in any order
        table[i] = [x / table[i][i] for x in table[i]]
        for k in range(d):
            if k != i:
                table[k] = [x - table[k][i] * y for x, y in zip(table[k], table[i], strict=True)]
    solved = [row[d] for row in table]
    matrix = [[x * y for y in first] for x in solved]
    return BiasStep(matrix, sum(x * x for x in solved) * sum(y * y for y in first))


def worst_bias_norm(regularization: float) -> float:
    r"""Largest norm of :func:`bias_step` with unit actions a and b in the plane: :math:`\frac{1 + 2 \lambda}{2 (1 + \lambda)
    \sqrt{2 \lambda}}`, unbounded as :math:`\lambda \to 0`, for :math:`\lambda \le 1/2`.

    It is attained where :math:`\langle a, b \rangle^2 = (1 + \lambda)^2 (1 - 2 \lambda) / (1 + 2 \lambda)`.

    >>> round(worst_bias_norm(1e-4), 4)
    35.3589
    """
    scale = positive(regularization, "regularization")
    if scale > 0.5:
        raise ModelError(f"regularization is {regularization!r} (the closed form holds up to 1/2)")
    return (1.0 + 2.0 * scale) / (2.0 * (1.0 + scale) * math.sqrt(2.0 * scale))
