r"""q-logarithm, q-exponential, and the operations that they carry into each other.

.. math:: \ln_q(x y) = \ln_q x \oplus_q \ln_q y, \quad \exp_q x \exp_q y = \exp_q(x \oplus_q y), \quad
    \ln_q(x \otimes_q y) = \ln_q x + \ln_q y.

All functions broadcast x, y and q, and take any real q. Results are right to a few units of 1.1e-16 of
:math:`1 + |\ln \text{result}|`, uniformly in q: near q = 1 nothing is lost.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabular.errors import ModelError

__all__ = ["q_difference", "q_exp", "q_log", "q_product", "q_quotient", "q_sum"]

Array = NDArray[np.float64]

LINEAR = 2.0**-54
"""Below this ``(1 - q) log x`` is lost beside one, and the ordinary logarithm is the answer (its product may even underflow)."""

LARGEST_POWER = 8.0
"""Up to this power ``1 + (1 - q) x`` may be rounded before it is raised; beyond, its logarithm is taken to full precision."""


def q_log(x: Any, q: Any) -> Any:
    r""":math:`\ln_q x = (x^{1-q} - 1) / (1 - q)`, and log x at q = 1, for x >= 0.

    At 0 it is :math:`-1/(1-q)` for q < 1 and minus infinity otherwise; at infinity :math:`1/(q-1)` for q > 1.

    Raises
    ------
    ModelError
        If x is negative or NaN, or q is not finite.

    Examples
    --------
    >>> q_log([2.0, 0.5, 0.0], 0.5).round(6)
    array([ 0.828427, -0.585786, -2.      ])
    """
    base, h = _argument(x, "x", least=0.0), 1.0 - _order(q)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        log = np.log(base)
        y = h * log
        # power where it is far from one, expm1 where it is near: the difference from one cancels in neither
        out = np.where(np.abs(y) > 1.0, (np.power(base, h) - 1.0) / h, np.expm1(y) / h)
        out = np.where(np.abs(y) < LINEAR, log * (1.0 + 0.5 * np.where(np.isfinite(y), y, 0.0)), out)
        out = np.where(h == 0.0, log, out)
    return _result(out)


def q_exp(x: Any, q: Any) -> Any:
    r""":math:`\exp_q x = [1 + (1 - q) x]_+^{1/(1-q)}`, and exp x at q = 1: inverse of :func:`q_log`.

    Where the bracket is not positive it is 0 for q < 1 and infinity for q > 1, from the pole at :math:`x = 1/(q-1)` on. Overflow
    gives infinity.

    Raises
    ------
    ModelError
        If x is NaN, or q is not finite.

    Examples
    --------
    >>> q_exp([0.3, -0.3, -2.0], 0.5).round(6), q_exp(0.5, 3)
    (array([1.3225, 0.7225, 0.    ]), inf)
    """
    exponent, h = _argument(x, "x", least=-np.inf), 1.0 - _order(q)
    exponent, h = np.broadcast_arrays(exponent, h)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        y = h * exponent
        out = np.exp(np.where(np.abs(y) < LINEAR, exponent, np.log1p(y) / h))
        power = 1.0 / h
        raised = np.power(np.maximum(1.0 + y, 0.0), power)
        out = np.where((np.abs(y) > 0.5) & (np.abs(power) <= LARGEST_POWER), raised, out)
        out = np.where(y <= -1.0, np.where(h > 0.0, 0.0, np.inf), out)
        out = np.where(h == 0.0, np.exp(exponent), out)
        # 1 / (1 - q) is infinite only for h = 0, so infinite arguments have the limits of the power
        out = np.where(np.isposinf(exponent), np.inf, np.where(np.isneginf(exponent), 0.0, out))
    return _result(out)


def q_sum(x: Any, y: Any, q: Any) -> Any:
    r""":math:`x \oplus_q y = x + y + (1 - q) x y`: what :math:`\ln_q` makes of a product.

    >>> q_sum(q_log(2, 3), q_log(5, 3), 3) - q_log(10, 3)
    0.0
    """
    a, b, h = _argument(x, "x", least=-np.inf), _argument(y, "y", least=-np.inf), 1.0 - _order(q)
    return _result(a + b + h * a * b)


def q_difference(x: Any, y: Any, q: Any) -> Any:
    r""":math:`x \ominus_q y = (x - y) / (1 + (1 - q) y)`: what :math:`\ln_q` makes of a quotient.

    Raises
    ------
    ModelError
        If :math:`1 + (1 - q) y` is 0: no number has that q-logarithm.
    """
    a, b, h = _argument(x, "x", least=-np.inf), _argument(y, "y", least=-np.inf), 1.0 - _order(q)
    bracket = 1.0 + h * b
    if (bracket == 0.0).any():
        raise ModelError("1 + (1 - q) y is 0: y is the q-logarithm of no positive number")
    return _result((a - b) / bracket)


def q_product(x: Any, y: Any, q: Any) -> Any:
    r""":math:`x \otimes_q y = [x^{1-q} + y^{1-q} - 1]_+^{1/(1-q)}`, whose q-logarithm is the sum, for x, y >= 0.

    >>> f"{q_product(2, 3, 1):.12f} {q_product(2, 3, 0):.12f} {q_product(0.1, 0.2, 0):.1f}"
    '6.000000000000 4.000000000000 0.0'
    """
    _argument(y, "y", least=0.0)
    return q_exp(np.asarray(q_log(x, q)) + np.asarray(q_log(y, q)), q)


def q_quotient(x: Any, y: Any, q: Any) -> Any:
    r""":math:`x \oslash_q y = [x^{1-q} - y^{1-q} + 1]_+^{1/(1-q)}`, whose q-logarithm is the difference, for x >= 0, y > 0."""
    if not (_argument(y, "y", least=0.0) > 0).all():
        raise ModelError("y is 0 (expected a number > 0)")
    return q_exp(np.asarray(q_log(x, q)) - np.asarray(q_log(y, q)), q)


def _argument(x: Any, name: str, least: float) -> Array:
    try:
        out = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError):
        raise ModelError(f"{name} is {x!r} (expected numbers)") from None
    bad = ~(out >= least)
    if bad.any():
        raise ModelError(f"{name} contains {float(out[bad].flat[0])!r} (expected numbers{' >= 0' if least == 0 else ''})")
    return out


def _order(q: Any) -> Array:
    out = _argument(q, "q", least=-np.inf)
    if not np.isfinite(out).all():
        raise ModelError("q is infinite (expected finite numbers)")
    return out


def _result(x: Any) -> Any:
    return float(x) if np.ndim(x) == 0 else x
