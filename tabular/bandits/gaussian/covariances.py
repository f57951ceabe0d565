r"""Covariances of Gaussian processes over time steps 0, 1, 2, ...

A stationary one is a function c of the lag, called as such: ``RBF(5.0)(1)``. With it come its matrix
:math:`C_{st} = c(s - t)` and the map from standard normal numbers to paths.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import toeplitz

from tabular import _arrays
from tabular._arrays import Float, frozen
from tabular._parameters import count, number
from tabular.bandits.gaussian._kernels import autoregression
from tabular.errors import ModelError

__all__ = ["AR1", "RBF", "Covariance", "GivenCovariance", "as_covariance"]

PSD_TOLERANCE = 1e-9
"""How far below zero an eigenvalue may be, relative to the largest entry: rounding of user data."""

MOST_STEPS = 5_000
"""Of a covariance matrix."""


class Covariance(Protocol):
    """Of a centred Gaussian process over time steps."""

    def matrix(self, horizon: int) -> Float:
        """(T, T) covariances of the first T steps."""

    def variances(self, horizon: int) -> Float:
        """(T,) their diagonal."""

    def sampler(self, horizon: int) -> Callable[[Float], Float]:
        """A linear map of (T, n) independent standard normal numbers to n paths, (T, n)."""


class _Stationary:
    def __call__(self, lag: ArrayLike) -> Any:
        raise NotImplementedError

    def matrix(self, horizon: int) -> Float:
        """(T, T) covariances of the first T steps."""
        return np.asarray(toeplitz(self(np.arange(count(horizon, "horizon", most=MOST_STEPS)))))

    def variances(self, horizon: int) -> Float:
        """(T,) their diagonal."""
        return np.full(count(horizon, "horizon"), float(self(0)))


@dataclass(frozen=True)
class RBF(_Stationary):
    r"""Radial basis function (squared exponential): :math:`c(d) = v\, e^{-d^2 / 2 \tau^2}`.

    Parameters
    ----------
    scale : float > 0
        :math:`\tau`, in steps.
    variance : float >= 0
        v.

    Examples
    --------
    >>> RBF(5.0)([0, 5]).round(6)
    array([1.      , 0.606531])
    """

    scale: float
    variance: float = 1.0

    def __post_init__(self) -> None:
        if not number(self.scale, "scale") > 0.0:
            raise ModelError(f"scale is {self.scale!r} (expected a positive number of steps)")
        number(self.variance, "variance", 0.0)

    def __call__(self, lag: ArrayLike) -> Any:
        """Covariance at these lags."""
        return self.variance * np.exp(-0.5 * np.square(np.asarray(lag) / self.scale))

    def sampler(self, horizon: int) -> Callable[[Float], Float]:
        """Standard normal numbers to paths, by the symmetric square root of the matrix."""
        return _root_sampler(self.matrix(horizon))


@dataclass(frozen=True)
class AR1(_Stationary):
    r"""Stationary autoregression :math:`x_{t+1} = \phi x_t + w_t`: :math:`c(d) = v\, \phi^{|d|}`.

    Parameters
    ----------
    phi : float in [-1, 1]
        1 is a constant, 0 independent steps.
    variance : float >= 0
        v of each step; that of the innovations w is :math:`q = v (1 - \phi^2)`.

    Examples
    --------
    >>> AR1(0.5).matrix(3)
    array([[1.  , 0.5 , 0.25],
           [0.5 , 1.  , 0.5 ],
           [0.25, 0.5 , 1.  ]])
    """

    phi: float
    variance: float = 1.0

    def __post_init__(self) -> None:
        if not abs(number(self.phi, "phi")) <= 1.0:
            raise ModelError(f"phi is {self.phi!r} (expected a number in [-1, 1]: beyond, no stationary law exists)")
        number(self.variance, "variance", 0.0)

    @property
    def innovation_variance(self) -> float:
        """q."""
        return self.variance * (1.0 - self.phi) * (1.0 + self.phi)

    def __call__(self, lag: ArrayLike) -> Any:
        """Covariance at these integer lags."""
        return self.variance * np.power(float(self.phi), np.abs(np.asarray(lag)))

    def sampler(self, horizon: int) -> Callable[[Float], Float]:
        """Standard normal numbers to paths, by the recursion."""
        count(horizon, "horizon")
        first, later = math.sqrt(self.variance), math.sqrt(self.innovation_variance)
        return lambda z: autoregression(float(self.phi), first, later, z)


@dataclass(frozen=True, eq=False)
class GivenCovariance:
    """A covariance matrix over time; it need not be stationary.

    Parameters
    ----------
    covariances : (T, T) array
        Symmetric, positive semidefinite; horizons up to T use its upper left corner.

    Raises
    ------
    ModelError
        If it is not square, not finite, not symmetric, or has a negative eigenvalue, with that eigenvalue.

    Examples
    --------
    >>> GivenCovariance([[1.0, 0.2], [0.2, 4.0]])
    GivenCovariance(2 steps)
    """

    covariances: Float

    def __post_init__(self) -> None:
        C = _arrays.as_float(self.covariances, "covariances")
        if C.ndim != 2 or C.shape[0] != C.shape[1] or C.size == 0:
            raise ModelError(f"covariances have shape {C.shape} (expected (T, T))")
        if not np.isfinite(C).all():
            s, t = np.argwhere(~np.isfinite(C))[0]
            raise ModelError(f"covariances[{s}, {t}] is {float(C[s, t])!r} (expected a finite number)")
        allowance = PSD_TOLERANCE * float(np.abs(C).max())
        skew = np.abs(C - C.T)
        if skew.max() > allowance:
            s, t = np.unravel_index(int(skew.argmax()), C.shape)
            raise ModelError(
                f"covariances[{s}, {t}] is {C[s, t]:.12g} but [{t}, {s}] is {C[t, s]:.12g} (expected a symmetric matrix)"
            )
        if (least := float(np.linalg.eigvalsh(C)[0])) < -allowance:
            raise ModelError(f"covariances have the eigenvalue {least:.6g} (expected a positive semidefinite matrix)")
        object.__setattr__(self, "covariances", frozen((C + C.T) / 2.0))

    def matrix(self, horizon: int) -> Float:
        """(T, T) covariances of the first T steps."""
        steps = count(horizon, "horizon", most=len(self.covariances))
        return np.array(self.covariances[:steps, :steps])

    def variances(self, horizon: int) -> Float:
        """(T,) their diagonal."""
        return np.array(self.matrix(horizon).diagonal())

    def sampler(self, horizon: int) -> Callable[[Float], Float]:
        """Standard normal numbers to paths, by the symmetric square root of the matrix."""
        return _root_sampler(self.matrix(horizon))

    def __repr__(self) -> str:
        return f"GivenCovariance({len(self.covariances)} steps)"


def as_covariance(value: Any) -> Covariance:
    """A covariance as it is, an array as :class:`GivenCovariance`."""
    return value if hasattr(value, "matrix") and hasattr(value, "sampler") else GivenCovariance(value)


def _root_sampler(matrix: Float) -> Callable[[Float], Float]:
    # of all roots only the symmetric one is unique: paths do not depend on the signs that a LAPACK gives eigenvectors
    values, vectors = np.linalg.eigh(matrix)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return lambda z: np.asarray(root @ z)
