r"""Claims about estimated kernels: how far K samples of each of n pairs stray, decided by all tables of counts.

Events are taken with equality: a deviation of exactly the radius counts as one.
"""

from __future__ import annotations

import functools
from fractions import Fraction
from math import comb
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import absolute, exp, is_exact, largest, smallest, sqrt
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Interval, Simplex, Space, Vector
from proofs_check.strategies import distributions
from proofs_check.topics.action_grouping.formulas import variation
from proofs_check.topics.action_grouping.instances import Array, Sides, units
from tabular.grouping.enumeration import count_tables

STATES = 3
EDGE = Fraction(1, 10**9)
"""In doubles a deviation counts from this much below the radius on."""

SEARCH: dict[str, Space] = {
    "law": Simplex(STATES),
    "values": Vector(STATES, 0, 1),
    "samples": Integers(1, 8),
    "pairs": Integers(1, 4),
    "radius": Interval(Fraction(1, 20), 1),
}


@functools.cache
def tables(samples: int) -> tuple[Array, Array]:
    """Tables of counts on three states, and how many sequences each has."""
    counts = count_tables(samples, STATES)
    return counts, np.array([comb(samples, row[0]) * comb(samples - row[0], row[1]) for row in counts.tolist()], dtype=object)


def chances(law: Array, samples: Any) -> tuple[Array, Array]:
    """(B, 3) frequencies of all tables and their probabilities."""
    counts, ways = tables(int(samples))
    powers = [[p**k for k in range(int(samples) + 1)] for p in law]
    masses = np.array(
        [n * powers[0][i] * powers[1][j] * powers[2][k] for n, (i, j, k) in zip(ways, counts.tolist(), strict=True)]
    )
    frequencies = np.array([[k / samples for k in row] for row in counts.tolist()])
    if is_exact():
        frequencies = np.array([[samples / samples * k / samples for k in row] for row in counts.tolist()], dtype=object)
    return frequencies, masses


def mass(masses: Array, event: Any) -> Any:
    """Probability of an event, a list of whether each table is in it."""
    return sum((p for p, inside in zip(masses, event, strict=True) if inside), 0 * masses[0])


@st.composite
def sampled_laws(draw: st.DrawFn) -> dict[str, Any]:
    """A law on three states, values in [0, 1], a number of samples and of pairs, a radius."""
    return {
        "law": draw(distributions(STATES)),
        "values": np.array(draw(st.lists(st.integers(0, 4), min_size=STATES, max_size=STATES))) / 4,
        "samples": draw(st.integers(1, 8)),
        "pairs": draw(st.integers(1, 4)),
        "radius": draw(st.sampled_from([0.1, 0.25, 0.5, 0.75, 1.0])),
    }


def reaches(deviation: Any, radius: Any) -> bool:
    """Whether a deviation is at least the radius."""
    return bool(deviation >= radius) if is_exact() else bool(deviation >= radius - float(EDGE))


def gaps(law: Array, values: Array, samples: Any) -> tuple[Array, Array]:
    """Deviations of the mean of the values for all tables, and their probabilities."""
    frequencies, masses = chances(law, samples)
    return ((frequencies - law) * values).sum(axis=1), masses


HOEFFDING = "Hoeffding (1963)"


@claim(
    "action_grouping.hoeffding",
    "<=",
    paper=HOEFFDING,
    theorem="Theorem 2, for n pairs at once; proof given here",
    assumptions="the values are not all equal: else there is no deviation, and nothing to bound",
    instances=sampled_laws(),
    search=SEARCH,
    allowance=units,
    argument="Let X in [0, 1] (values, shifted and divided by their span) have the mean p. psi(l) = log E exp(l (X - p)) is "
    "at most that of a coin with the same mean, as the exponential is convex. For the coin psi and its derivative vanish at "
    "0, and its second derivative is q (1 - q) <= 1/4 with q the tilted probability (the two steps), so that psi(l) <= l^2 / "
    "8. By Markov P(mean - p >= radius) <= exp(-l K radius + K l^2 / 8), which is exp(-2 K radius^2) at l = 4 radius (third "
    "step). Twice for two sides, n times for n pairs.",
)
def hoeffding(law: Array, values: Array, samples: Any, pairs: Any, radius: Any) -> Sides:
    r"""$n P(|(\hat P - P) V| \ge \eta) \le \delta$ for $\eta = \mathrm{sp}(V) \sqrt{\ln(2n/\delta) / (2K)}$; that is, $\le 2 n
    e^{-2 K \eta^2 / \mathrm{sp}(V)^2}$ with $\eta$ = radius times span.
    """
    return _tail(law, values, samples, pairs, radius, 2)


def _tail(law: Array, values: Array, samples: Any, pairs: Any, radius: Any, sides: int, rate: int = 2) -> Sides:
    """Chance of a deviation by radius times span; and ``sides n exp(-rate K radius^2)``."""
    span = largest(values) - smallest(values)
    delta = sides * pairs * exp(-rate * samples * radius**2)
    if span == 0:
        return 0 * delta, delta
    reach = radius * span
    if not is_exact() and delta < 1 and sides == rate == 2:
        reach = tabular.grouping.hoeffding_radius(span, samples, pairs, delta)
    deviations, masses = gaps(law, values, samples)
    return pairs * mass(masses, [reaches(abs(x), reach) for x in deviations]), delta


@hoeffding.false_sibling("one side for two")
def _(law: Array, values: Array, samples: Any, pairs: Any, radius: Any) -> Sides:
    return _tail(law, values, samples, pairs, radius, 1)


@hoeffding.false_sibling("exp(-4 K radius^2)")
def _(law: Array, values: Array, samples: Any, pairs: Any, radius: Any) -> Sides:
    return _tail(law, values, samples, pairs, radius, 2, 4)


def _coin() -> tuple[Any, Any, Any]:
    """log E exp(l (X - p)), and the tilted probability."""
    p, rest, x = sp.symbols("p q l", positive=True)  # p + q = 1
    whole = p * sp.exp(x) + rest
    return x, sp.log(whole) - p * x, p * sp.exp(x) / whole


@hoeffding.step("the second derivative of psi is q (1 - q)", method="cancel")
def _() -> tuple[Any, Any]:
    x, psi, tilted = _coin()
    return sp.diff(psi, x, 2), tilted * (1 - tilted)


@hoeffding.step("1/4 - q (1 - q) = (q - 1/2)^2", method="expand")
def _() -> tuple[Any, Any]:
    q = sp.Symbol("q")
    return sp.Rational(1, 4) - q * (1 - q), (q - sp.Rational(1, 2)) ** 2


@hoeffding.step("-l K r + K l^2 / 8 = -2 K r^2 at l = 4 r", method="expand")
def _() -> tuple[Any, Any]:
    samples, r = sp.symbols("K r")
    x = 4 * r
    return -x * samples * r + samples * x**2 / 8, -2 * samples * r**2


@hoeffding.known("one toss of a fair coin")
def _() -> dict[str, Any]:
    half = Fraction(1, 2)
    return {"law": [half, half, Fraction(0)], "values": [0, 1, 0], "samples": 1, "pairs": 1, "radius": half}


@claim(
    "action_grouping.weissman",
    "<=",
    paper="Weissman et al. (2003)",
    theorem="for n pairs at once, in total variation; with the constant of Hoeffding, proof given here",
    instances=sampled_laws().map(lambda given: {name: given[name] for name in ("law", "samples", "pairs", "radius")}),
    search={name: SEARCH[name] for name in ("law", "samples", "pairs", "radius")},
    allowance=units,
    uses=("action_grouping.hoeffding",),
    argument="Total variation is the largest of P^(A) - P(A) over the sets A of states; none and all of them never deviate, "
    "which leaves 2^S - 2 sets. The indicator of each has one side of Hoeffding's bound, exp(-2 K epsilon^2); the step "
    "collects n pairs.",
)
def weissman(law: Array, samples: Any, pairs: Any, radius: Any) -> Sides:
    r"""$n P(\mathrm{TV}(\hat P, P) \ge \varepsilon) \le \delta$ for $\varepsilon = \sqrt{\ln((2^S - 2) n / \delta) / (2K)}$:
    half of the radius for the L1 distance.
    """
    return _apart(law, samples, pairs, radius, 2**STATES - 2)


def _apart(law: Array, samples: Any, pairs: Any, radius: Any, sets: int, rate: int = 2) -> Sides:
    delta = sets * pairs * exp(-rate * samples * radius**2)
    reach = radius
    if not is_exact() and delta < 1 and rate == 2 and sets > 2:
        reach = tabular.grouping.weissman_radius(STATES, samples, pairs, delta)
    frequencies, masses = chances(law, samples)
    return pairs * mass(masses, [reaches(variation(row, law), reach) for row in frequencies]), delta


@weissman.false_sibling("the radius is one for the L1 distance")
def _(law: Array, samples: Any, pairs: Any, radius: Any) -> Sides:
    return _apart(law, samples, pairs, radius, 2**STATES - 2, 8)


@weissman.false_sibling("as for one set of states")
def _(law: Array, samples: Any, pairs: Any, radius: Any) -> Sides:
    return _apart(law, samples, pairs, radius, 1)


@weissman.step("n N exp(-2 K e^2) = delta at e^2 = log(N n / delta) / (2 K)", method="logarithms")
def _() -> tuple[Any, Any]:
    n, sets, samples, delta = sp.symbols("n N K delta", positive=True)
    return sp.log(n * sets) - 2 * samples * (sp.log(sets * n / delta) / (2 * samples)), sp.log(delta)


@weissman.known("one sample of three alike")
def _() -> dict[str, Any]:
    third = Fraction(1, 3)
    return {"law": [third] * 3, "samples": 1, "pairs": 1, "radius": 2 * third}


@claim(
    "action_grouping.bernstein",
    "<=",
    paper="Bernstein (1946)",
    theorem="for n pairs at once; proof given here",
    assumptions="the values are not all equal: else there is no deviation, and nothing to bound",
    instances=sampled_laws(),
    search=SEARCH,
    allowance=units,
    argument="Without a variance there is no deviation, and the right side is positive. Else let Y = X - p be at most b = "
    "span, with variance s. exp(u) - 1 - u = u^2 / 2 sum_k 2 u^k / (k + 2)! grows no faster than its value at the largest u, "
    "and 2 / (k + 2)! <= 3^-k, so that E exp(l Y) <= 1 + s l^2 / (2 (1 - l b / 3)) for 0 <= l < 3 / b. By Markov the mean "
    "exceeds x / K with a chance of at most exp(-l x + K s l^2 / (2 (1 - l b / 3))); for x = sqrt(2 K s t) + b t / 3 the "
    "first step finds an l at which the exponent is -t (v = K s, c = b / 3, t = v z^2 / 2), below 3 / b by the second. Twice "
    "for two sides, n times for n pairs.",
)
def bernstein(law: Array, values: Array, samples: Any, pairs: Any, radius: Any) -> Sides:
    r"""$n P(|(\hat P - P) V| \ge \sqrt{2 \mathrm{Var}_P(V)\, t / K} + \mathrm{sp}(V)\, t / (3K)) \le 2 n e^{-t}$; here $t$ is
    $2K$ times the square of the radius.
    """
    return _bernstein_tail(law, values, samples, pairs, radius)


def _bernstein_tail(law: Array, values: Array, samples: Any, pairs: Any, radius: Any, rate: int = 1) -> Sides:
    t = 2 * samples * radius**2
    delta = 2 * pairs * exp(-rate * t)
    span = largest(values) - smallest(values)
    if span == 0:
        return 0 * delta, delta
    spread = variance(law, values)
    deviations, masses = gaps(law, values, samples)
    beyond, square = absolute(deviations) - span * t / (3 * samples), 2 * spread * t / samples
    if is_exact():  # in rationals, without the root
        event = [bool(x >= 0 and x**2 >= square) for x in beyond]
    elif rate == 1 and delta < 1:
        reach = tabular.grouping.bernstein_radius(spread, span, samples, pairs, delta)
        event = [reaches(abs(x), reach) for x in deviations]
    else:
        event = [reaches(x, sqrt(square)) for x in beyond]
    return pairs * mass(masses, event), delta


def variance(law: Array, values: Array) -> Any:
    """Variance of a value drawn by the law."""
    found = (law * values**2).sum() - (law * values).sum() ** 2
    return max(found, 0 * found)


@bernstein.false_sibling("exp(-3 t)")
def _(law: Array, values: Array, samples: Any, pairs: Any, radius: Any) -> Sides:
    return _bernstein_tail(law, values, samples, pairs, radius, 3)


@bernstein.false_sibling("the variance alone, without the span")
def _(law: Array, values: Array, samples: Any, pairs: Any, radius: Any) -> Sides:
    t = 2 * samples * radius**2
    deviations, masses = gaps(law, values, samples)
    square = 2 * variance(law, values) * t / samples
    event = [bool(x**2 >= square and x != 0) for x in deviations]
    return pairs * mass(masses, event), 2 * pairs * exp(-t)


@bernstein.step("the exponent is -v z^2 / 2 at l = z / (1 + c z), x = v z + c v z^2 / 2", method="cancel")
def _() -> tuple[Any, Any]:
    v, c, z = sp.symbols("v c z", positive=True)
    x, tilt = v * z + c * v * z**2 / 2, z / (1 + c * z)
    return -tilt * x + v * tilt**2 / (2 * (1 - c * tilt)), -v * z**2 / 2


@bernstein.step("1 - c l = 1 / (1 + c z) > 0", method="cancel")
def _() -> tuple[Any, Any]:
    c, z = sp.symbols("c z", positive=True)
    return 1 - c * (z / (1 + c * z)), 1 / (1 + c * z)


@bernstein.known("a rare value, seen once")
def _() -> dict[str, Any]:
    rare = Fraction(1, 100)
    return {"law": [1 - rare, rare, Fraction(0)], "values": [0, 1, 0], "samples": 1, "pairs": 1, "radius": Fraction(7, 5)}


@bernstein.known("one toss of a fair coin at t = 9/32, which it reaches")
def _() -> dict[str, Any]:
    half = Fraction(1, 2)
    return {"law": [half, half, Fraction(0)], "values": [0, 1, 0], "samples": 1, "pairs": 1, "radius": Fraction(3, 8)}
