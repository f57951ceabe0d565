r"""How much the expected estimate exceeds the divergence at most, over all alphabets: a longest path.

The bias is a sum over cells, :math:`\sum_i h(F_{i-1}, F_i)` with :math:`h(a, b) = g(a, b) - (b^n - a^n) \gamma_n(b - a)` and
    the cell
functional g of the gap. So its supremum is the length of the longest path from 0 to 1 in which a step from a to b has length
h(a, b). Cut (0, 1) into intervals. A path visits some of them in order, and

* the steps inside one interval add up to at most g of the whole interval, because merging cells increases g;
* a step from one interval to another has at most the largest h of such a pair.

Both are bounded in balls, and the longest path through the intervals is found by dynamic programming. For single n the intervals
are in F (:func:`bias_of_draws`). For all n in a range at once they are in :math:`s = F^n` (:func:`bias_between`); with
:math:`w = 1/n`, :math:`B = s_1 - s_0` and :math:`c = n p = (s_1^w - s_0^w) / w`,

.. math:: h = (1 - w) \Bigl(\int_{s_0}^{s_1} \log s\, ds + B\Bigr) - B \log B - B\, e_w(c), \qquad
          e_w(c) = A \bigl((1 - w)(1 - \log A) - \log c\bigr) - (1 - A) \log(1 - A),

with :math:`A = (1 - c w)^{1/w}`; e falls in c and in w, c falls in w, g falls in w.
"""

from __future__ import annotations

import functools
from fractions import Fraction
from typing import Any

from flint import arb

from proofs_check.arithmetic import exact, lift
from proofs_check.boxes import BoxProof

__all__ = ["CAP", "RANGES", "SINGLE", "bias_between", "bias_of_draws", "bounded"]

BITS = 80
ROUNDING = 1e-12
"""Bounds of steps are increased by this, more than adding up doubles along a path can lose."""

CAP = Fraction(102, 1000)
"""What is proved; the largest bias that is known is .1011951529, at three draws."""

SINGLE = ((2, 250), (3, 2000), (4, 300), (5, 200))
"""Numbers of draws, and of intervals."""

RANGES = (
    (Fraction(1, 7), Fraction(1, 6), 320),
    (Fraction(1, 8), Fraction(1, 7), 240),
    (Fraction(1, 10), Fraction(1, 8), 220),
    (Fraction(1, 16), Fraction(1, 10), 240),
    (Fraction(1, 30), Fraction(1, 16), 160),
    (Fraction(1, 100), Fraction(1, 30), 160),
    (Fraction(0), Fraction(1, 100), 160),
)
"""Ranges of 1/n that cover all real n >= 6, and the number of even intervals of s from :data:`EVEN_FROM` on."""

LOWEST, EVEN_FROM, FACTOR = Fraction(1, 10_000), Fraction(1, 50), Fraction(11, 10)
"""Below LOWEST the bound of the whole is used for itself; intervals grow by FACTOR up to EVEN_FROM."""


def _upper(x: Any) -> float:
    """A double that is not below a ball."""
    return float(arb(x).upper()) + ROUNDING


def _xlog(x: Any) -> arb:
    return arb(0) if x == 0 else arb(x) * arb(x).log()


def _gap(n: arb, A: arb, epsilon: arb, log_rest: arb) -> arb:
    """``gamma_n(epsilon)`` from ``A = (1 - epsilon)^n`` and ``log(1 - epsilon)``."""
    return (1 - A) * (-(n - 1) / n - ((1 - A) / (n * epsilon)).log()) - A * (n - 1) * log_rest


@functools.cache
def bias_of_draws(n: int, intervals: int) -> float:
    """An upper bound of the bias of n draws over all alphabets."""
    with exact(BITS):
        draws, points = arb(n), [lift(Fraction(k, intervals)) for k in range(intervals + 1)]
        powers = [arb(x) ** n for x in points]
        # antiderivative of n u^(n-1) log(n u^(n-1))
        G = [arb(0)] + [
            powers[k] * (draws.log() + (draws - 1) * arb(points[k]).log() - (draws - 1) / draws) for k in range(1, intervals + 1)
        ]
        gamma = [arb(0)]
        for k in range(1, intervals):
            rest = arb(points[intervals - k])
            gamma.append(_gap(draws, rest**n, arb(points[k]), rest.log()))
        logs = [arb(0)] + [arb(x).log() for x in points[1:]]

        def merged(a: int, b: int) -> arb:
            mass = powers[b] - powers[a]
            return G[b] - G[a] - mass * (mass.log() - logs[b - a])

        longest: list[float] = []
        for j in range(intervals):
            start = [0.0] if j == 0 else []
            for i in range(j):
                step = merged(i, j + 1)
                if j > i + 1:
                    step -= (powers[j] - powers[i + 1]) * gamma[j - i - 1]
                start.append(longest[i] + _upper(step))
            longest.append(max(start) + _upper(merged(j, j + 1)))
        return longest[-1]


@functools.cache
def bias_between(least: Fraction, most: Fraction, intervals: int) -> float:
    """An upper bound of the bias over all alphabets and all real n with ``least <= 1/n <= most``."""
    points = [LOWEST]
    while points[-1] * FACTOR < EVEN_FROM:
        points.append((points[-1] * FACTOR).limit_denominator(10**7))
    points += [EVEN_FROM + (1 - EVEN_FROM) * Fraction(k, intervals) for k in range(intervals + 1)]
    with exact(BITS):
        s = [arb(lift(x)) for x in points]
        low, high = arb(lift(least)), arb(lift(most))
        logs, xlogs = [x.log() for x in s], [_xlog(x) for x in s]
        powers = [(high * x).exp() for x in logs]
        slow = [(low * x).exp() for x in logs]
        top = (-arb(1)).exp()
        lost = -_xlog(s[0])

        def merged(a: int, b: int) -> arb:
            B = s[b] - s[a]
            return xlogs[b] - xlogs[a] - B + B * ((logs[b] - logs[a]) / B).log()

        def entropy(smallest: arb, largest: arb) -> arb:
            """The largest ``-B log B`` for B in a range."""
            if smallest < top < largest:
                return top
            return (-_xlog(smallest) if smallest > 0 else arb(0)).max(-_xlog(largest))

        def tilted(D: arb) -> arb:
            return ((1 - low) * D).max((1 - high) * D)

        def excess(c: arb) -> arb:
            """``e_w(c)`` at the largest w; not below 0."""
            if not c * high < 1:
                return arb(0)
            log_A = (1 - c * high).log() / high
            A = log_A.exp()
            return (A * ((1 - high) * (1 - log_A) - c.log()) - _xlog(1 - A)).max(arb(0))

        def by_gap(i: int, j: int) -> arb:
            c = (powers[j] - powers[i + 1]) / high
            A, n = (-c).exp(), 1 / high
            x = (-c * high).exp()
            return merged(i, j + 1) - (s[j] - s[i + 1]) * _gap(n, A, 1 - x, -c * high)

        def by_excess(i: int, j: int) -> arb:
            falls = -top if s[i] < top < s[i + 1] else xlogs[i].min(xlogs[i + 1])
            c = logs[j + 1] - logs[i] if least == 0 else (slow[j + 1] - slow[i]) / low
            B = s[j] - s[i + 1]
            return tilted(xlogs[j].max(xlogs[j + 1]) - falls) + entropy(B, s[j + 1] - s[i]) - B * excess(c)

        longest: list[float] = []
        for j in range(len(s) - 1):
            # from below LOWEST, or from 0
            best = _upper(tilted(xlogs[j].max(xlogs[j + 1]) + lost) + entropy(s[j] - s[0], s[j + 1]))
            if j:
                best = max(best, longest[j - 1] + _upper(merged(j - 1, j + 1)))
            for i in range(j - 2, -1, -1):
                first = longest[i] + _upper(by_gap(i, j))
                if first > best:
                    best = max(best, min(first, longest[i] + _upper(by_excess(i, j))))
            longest.append(best + _upper(merged(j, j + 1)))
        # below LOWEST: at most LOWEST times the bound itself, and w s log(1/s) for its smaller masses
        return _upper((arb(longest[-1]) + high * lost) / (1 - s[0]))


def bounded() -> BoxProof:
    """Whether the bias is at most CAP for n = 2, ..., 5 and for all real n >= 6."""
    bounds = [bias_of_draws(n, size) for n, size in SINGLE] + [bias_between(*r) for r in RANGES]
    pairs = sum(size * (size + 1) // 2 for size in (*(x[1] for x in SINGLE), *(r[2] for r in RANGES)))
    return BoxProof(f"largest bound {max(bounds):.6f}", "proved" if max(bounds) <= float(CAP) else "undecided", pairs)
