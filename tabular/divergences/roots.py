r"""One safeguarded scalar root: Chandrupatla's bracketing method, by inverse quadratic interpolation or halving.

The function is evaluated by the caller, so that compiled code needs neither function pointers nor a specialisation for each
equation:

.. code-block:: python

    open_bracket(root, low, f_low, high, f_high)
    while True:
        x = proposal(root)
        if settled(root, x, f(x)):
            break

Reference: T. R. Chandrupatla, Advances in Engineering Software 28 (1997) 145-149.
"""

from __future__ import annotations

import math

import numpy as np

from tabular.divergences.generators import compiled

__all__ = ["RESIDUAL", "best_point", "open_bracket", "proposal", "settled"]

RESIDUAL = 4.5e-16
"""All our residuals are logarithms of a ratio that should be 1: two units in the last place of that ratio."""

ROUNDS = 200
"""More than bisection needs between any two doubles of one sign."""


@compiled
def open_bracket(root: np.ndarray, low: float, f_low: float, high: float, f_high: float) -> None:
    """Two points with residuals of opposite sign; ``root`` is scratch of length 8."""
    root[0], root[1], root[2], root[3], root[4], root[5] = low, f_low, high, f_high, high, f_high
    root[6], root[7] = 0.5, 0.0


@compiled
def proposal(root: np.ndarray) -> float:
    return root[0] + root[6] * (root[2] - root[0])


@compiled
def settled(root: np.ndarray, x: float, f: float) -> bool:
    """Take in the residual at the proposal; whether the root is known to its last place."""
    x1, f1, x2, f2 = root[0], root[1], root[2], root[3]
    if (f < 0.0) == (f1 < 0.0):
        x3, f3 = x1, f1
    else:
        x3, f3, x2, f2 = x2, f2, x1, f1
    root[0], root[1], root[2], root[3], root[4], root[5] = x, f, x2, f2, x3, f3
    root[7] += 1.0
    best = best_point(root)
    width = abs(x2 - x)
    least = 2.3e-16 * max(1e-2, abs(best)) / width if width > 0.0 else 1.0
    if min(abs(f), abs(f2)) <= RESIDUAL or least > 0.5 or root[7] >= ROUNDS:
        return True
    step = 0.5
    xi, phi = (x - x2) / (x3 - x2), (f - f2) / (f3 - f2)
    if 1.0 - math.sqrt(max(0.0, 1.0 - xi)) < phi < math.sqrt(max(0.0, xi)):
        step = f / (f2 - f) * f3 / (f2 - f3) + (x3 - x) / (x2 - x) * f / (f3 - f) * f2 / (f3 - f2)
    root[6] = min(max(step, least), 1.0 - least) if step == step else 0.5
    return False


@compiled
def best_point(root: np.ndarray) -> float:
    return root[0] if abs(root[1]) <= abs(root[3]) else root[2]
