r"""How long a linear system remembers: spectral radius and transient constant.

.. math:: \rho(A) = \max |\lambda_i(A)|, \qquad \Phi_r(A) = \sup_{k \ge 0} \|A^k\|_2 / r^k, \qquad r \ge \rho(A).

:math:`\Phi_\rho` is finite if and only if no eigenvalue on the spectral circle has a Jordan block. For r above :math:`\rho` it is
always finite, and attained: once :math:`\|A^K\| \le r^K` for some K, submultiplicativity bounds all later powers by the first K.
"""

from __future__ import annotations

import numpy as np

from tabular._arrays import Float
from tabular.errors import ModelError

__all__ = ["spectral_radius", "transient_constant"]

DOUBLINGS = 24
"""Growth of normalised powers is looked for up to the power 2^24, where their rounding is still below 1e-6."""

GROWTH = 1e-3
"""Relative growth beyond the powers that were looked at one by one; what is missed below it is negligible in a bound."""

MOST_POWERS = 200_000


def spectral_radius(A: Float) -> float:
    """Largest modulus of an eigenvalue, complex and negative ones included; 0 for an empty matrix."""
    return float(np.abs(np.linalg.eigvals(A)).max(initial=0.0))


def transient_constant(A: Float, radius: float | None = None, *, powers: int = 3000) -> float:
    r""":math:`\Phi_r(A)`.

    Parameters
    ----------
    A : (n, n) array
    radius : float, optional
        r, at least the spectral radius; by default the spectral radius itself.
    powers : int
        How many powers are looked at when r is the spectral radius. Real eigenvalues on the circle give the supremum; complex
        ones need not attain it, and what is missed falls like one over the square of ``powers``.

    Raises
    ------
    ModelError
        If the radius is below the spectral radius, or if the powers grow without bound (a Jordan block on the spectral circle,
        or a matrix within rounding of one).

    Examples
    --------
    >>> import numpy as np
    >>> round(transient_constant(np.array([[.5, 1.], [0., .25]])), 6)
    4.123106
    >>> round(transient_constant(np.array([[.5, 1.], [0., .5]]), .6), 4)
    4.0586
    """
    rho = spectral_radius(A)
    r = rho if radius is None else radius
    if not np.any(A):
        return 1.0
    if not r >= rho * (1.0 - 1e-12):
        raise ModelError(f"radius {r!r} is below the spectral radius {rho!r}: no constant bounds all powers")
    if r <= np.finfo(float).eps ** (1 / len(A)) * np.linalg.norm(A, 2) and (
        radius is None or r == 0.0
    ):  # how far eigenvalues 0 are rounded
        raise ModelError(
            "A is nilpotent, up to rounding: nothing bounds its powers by those of a spectral radius of 0; assume a larger one"
        )
    if r > rho:
        attained = _attained(A / r)
        if attained is not None:
            return attained
    step = A / rho  # at a radius so close to the spectral one the constant is at most that of the latter
    normalised = np.empty((powers, *A.shape))
    normalised[0] = step
    for k in range(1, powers):
        normalised[k] = normalised[k - 1] @ step  # powers of A and of r would underflow
    best = max(1.0, float(np.linalg.norm(normalised, 2, axis=(1, 2)).max()))
    doubled = step
    for _ in range(DOUBLINGS):
        doubled = doubled @ doubled
        if not (latest := float(np.linalg.norm(doubled, 2))) <= (1.0 + GROWTH) * best:
            raise ModelError(
                f"powers divided by those of the spectral radius {rho:.6g} still grow, beyond {latest:.4g}: an eigenvalue of "
                "that modulus has a Jordan block, or nearly; assume a radius above it"
            )
    return best


def _attained(step: Float) -> float | None:
    """The largest norm up to the first power that is a contraction, as later ones are products of such; nothing if none is."""
    best, power = 1.0, step
    for _ in range(MOST_POWERS):
        norm = float(np.linalg.norm(power, 2))
        best = max(best, norm)
        if norm <= 1.0:
            return best
        power = power @ step
    return None
