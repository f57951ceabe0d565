r"""Brackets that cannot lie.

Let :math:`T` be monotone with :math:`b_{lo} c \le T(v + c) - Tv \le b_{hi} c` for every constant :math:`c \ge 0`, where
:math:`b_{hi} < 1`, and let :math:`v^* = Tv^*`. For an ordinary model the two moduli are :math:`\gamma` times the smallest and
the largest row sum, which differ from :math:`\gamma` because rows of doubles do not sum to one.

**Lower bound.** Let :math:`d \le \min_s (T_\pi v - v)(s)` for some policy :math:`\pi`. Then :math:`v^\pi \ge v + d / (1
- b)` with
:math:`b = b_{lo}` if :math:`d \ge 0` and :math:`b = b_{hi}` otherwise.
*Proof.* If :math:`d \ge 0` put :math:`c = d / (1 - b_{lo})`: :math:`T_\pi(v + c) \ge T_\pi v + b_{lo} c \ge v + d +
b_{lo} c = v + c`.
If :math:`d < 0` put :math:`c = -d / (1 - b_{hi})`: :math:`T_\pi(v - c) \ge T_\pi v - b_{hi} c \ge v + d - b_{hi} c = v - c`.
Either way :math:`w = v + d/(1-b)` satisfies :math:`T_\pi w \ge w`, hence :math:`w \le T_\pi w \le T_\pi^2 w \le \dots
\to v^\pi`. ∎

**Upper bound.** With :math:`e \ge \max_s (Tv - v)(s)`, mirrored: :math:`v^* \le v + e / (1 - b)`, :math:`b = b_{lo}` if
:math:`e \le 0`, else
:math:`b_{hi}`. And :math:`v^\pi \le v^*` because :math:`T_\pi \le T`.

**Rounding.** The operator encloses :math:`T_\pi v - v` and :math:`Tv - v` outward
(:meth:`~tabular.bellman.protocol.Bellman.enclose`); the two
scalars :math:`d/(1-b)` and :math:`e/(1-b)` are computed in rational arithmetic and rounded outward; one outward step follows the
last addition. So the bracket is a theorem about the numbers as stored, whatever produced ``v``: a broken or
interrupted solver gives a wide bracket, never a wrong one.

One modulus is not enough: with row sums :math:`(1 - 10^{-10}, 1)`, :math:`r = 1`, :math:`\gamma = .9999` and :math:`v = 0`, using
:math:`b = \gamma` everywhere claims a lower bound of 10000, but :math:`v^*(0) = 9999.990`.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from tabular._arrays import Float
from tabular.bellman.protocol import Bellman, Choice
from tabular.bellman.rounding import down, float_above, float_below, up

__all__ = ["Bracket", "certify"]


class Bracket(NamedTuple):
    """``lower <= value of the choice <= v* <= upper``, (S,) each.

    ``floor`` is the width that rounding alone would leave if the residual of ``v`` were constant.
    """

    lower: Float
    upper: Float
    floor: float

    @property
    def width(self) -> float:
        """Largest ``upper - lower``, rounded upward."""
        with np.errstate(invalid="ignore", over="ignore"):
            width = float(up(self.upper - self.lower).max())
        return math.inf if math.isnan(width) else width


def certify(operator: Bellman, v: Float, choice: Choice | None = None) -> Bracket:
    """The bracket that one enclosing backup at ``v`` proves, for ``choice`` (or for the optimal value alone).

    Raises
    ------
    ArithmeticError
        If the two bounds cross, which the argument above rules out: the operator or the machine is broken.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        low, high = operator.enclose(v, choice)
    d, e = float(low.min()), float(high.max())
    if not (math.isfinite(d) and math.isfinite(e)):
        nowhere = np.full(v.shape, np.inf)
        return Bracket(-nowhere, nowhere, math.inf)
    b_lo, b_hi = (Fraction(b) for b in operator.moduli)
    below = Fraction(d) / (1 - (b_lo if d >= 0 else b_hi))
    above = Fraction(e) / (1 - (b_lo if e <= 0 else b_hi))
    with np.errstate(over="ignore"):
        bracket = Bracket(
            lower=down(v + float_below(below)),
            upper=up(v + float_above(above)),
            floor=float_above(Fraction(_rounding_only(operator, v, low, high)) / (1 - b_hi)),
        )
    if (bracket.lower > bracket.upper).any():
        s = int(np.argmax(bracket.lower - bracket.upper))
        raise ArithmeticError(f"the bounds of state {s} cross ({bracket.lower[s]!r} > {bracket.upper[s]!r}): broken operator")
    return bracket


def _rounding_only(operator: Bellman, v: Float, low: Float, high: Float) -> float:
    """Largest width of the enclosure of a single residual, without what the choice itself gives away."""
    with np.errstate(over="ignore"):
        best = operator.enclose(v)[0]
    return max(0.0, float((high - np.maximum(low, best)).max()))
