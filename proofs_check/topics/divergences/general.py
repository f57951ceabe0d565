"""Claims about all f-divergences: conjugates, the variational bound, data processing, convexity, and what our code computes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import exp, floats_only, log, rational
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Interval, Kernel, LogInterval, Vector
from proofs_check.strategies import distributions, stochastic_matrices
from proofs_check.topics.divergences.formulas import (
    GENERATORS,
    chi_square,
    hellinger,
    jeffreys,
    jensen_shannon,
    kl,
    mean,
    neyman,
    renyi,
    reverse_kl,
    total,
    total_variation,
    triangular,
    tsallis,
)
from proofs_check.topics.divergences.inequalities import BOTH, INSIDE
from proofs_check.topics.divergences.instances import Pairs, pairs, rounding

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]

CSISZAR = "Csiszar (1967), Information-type measures of difference of probability distributions"
NAMES = tuple(GENERATORS)


# --- conjugates ----------------------------------------------------------------------------------------------------------------


@st.composite
def ratios(draw: st.DrawFn) -> dict[str, Any]:
    """A generator and two ratios, equal, close or far."""
    t = 2.0 ** draw(st.integers(-8, 8)) * draw(st.sampled_from([1.0, 1.5, 1.001]))
    s = draw(st.sampled_from([t, t * 1.01, 1.0, 2.0 ** draw(st.integers(-8, 8))]))
    return {"name": draw(st.sampled_from(NAMES)), "t": t, "s": s}


def size_of_terms(name: str, t: float, s: float) -> float:
    """Each term is right to a few units; chi-square and Neyman have the largest, squares of t, s and their inverses."""
    return 1e-14 * (1 + t + s + 1 / t + 1 / s) ** 2


@claim(
    "divergences.fenchel_young",
    "<=",
    paper="Fenchel's inequality",
    assumptions="f one of seven generators with f(1) = f'(1) = 0, y = f'(s) in the range of its derivative",
    instances=ratios(),
    search={"name": Choice(NAMES), "t": LogInterval(Fraction(1, 256), 256), "s": LogInterval(Fraction(1, 256), 256)},
    allowance=size_of_terms,
)
def fenchel_young(name: str, t: Any, s: Any) -> Sides:
    r"""$t\, y \le f(t) + f^*(y)$, here at $y = f'(s)$."""
    f, slope, conjugate = GENERATORS[name]
    return t * slope(s), f(t) + conjugate(slope(s))


@fenchel_young.false_sibling("the conjugate of t log t beside t log t - t + 1: tables must not be mixed")
def _(name: str, t: Any, s: Any) -> Sides:
    f, slope, conjugate = GENERATORS[name]
    y = slope(s)
    return t * y, f(t) + (exp(y - 1) if name == "KL" else conjugate(y))


@fenchel_young.known("equal ratios, where it is an equality, decided for chi-square")
def _() -> dict[str, Any]:
    return {"name": "chi-square", "t": Fraction(7, 3), "s": Fraction(7, 3)}


@claim(
    "divergences.derivatives",
    "==",
    paper=CSISZAR,
    assumptions="f one of seven generators; y = f'(t)",
    instances=ratios(),
    search={"name": Choice(NAMES), "t": LogInterval(Fraction(1, 256), 256), "s": LogInterval(Fraction(1, 256), 256)},
    allowance=size_of_terms,
)
def derivatives(name: str, t: Any, s: Any) -> Sides:
    r"""The conjugate is attained at the derivative: $t f'(t) - f(t) = f^*(f'(t))$."""
    f, slope, conjugate = GENERATORS[name]
    return t * slope(t) - f(t), conjugate(slope(t))


@derivatives.false_sibling("the conjugate at half of the slope")
def _(name: str, t: Any, s: Any) -> Sides:
    f, slope, conjugate = GENERATORS[name]
    return t * slope(t) - f(t), conjugate(slope(t) / 2)


# --- variational bound ---------------------------------------------------------------------------------------------------------


@st.composite
def pairs_with_scores(draw: st.DrawFn) -> dict[str, Any]:
    """A pair and a bounded score for every outcome."""
    pair = draw(pairs(reference=True))["pair"]
    scores = draw(st.lists(st.integers(-8, 8), min_size=pair.shape[1], max_size=pair.shape[1]))
    return {"pair": pair, "scores": np.array(scores) / 4}


def scored_rounding(pair: Array, scores: Array) -> float:
    """As for the divergences; scores up to 2 and their exponentials enter with weights below one."""
    return 32 * rounding(pair)


@claim(
    "divergences.variational",
    "<=",
    paper="Nguyen, Wainwright and Jordan (2010), Lemma 1",
    assumptions="any score T with values in the domain of the conjugate",
    instances=pairs_with_scores(),
    search={"pair": INSIDE, "scores": Vector(3, -2, 2)},
    allowance=scored_rounding,
    uses=("divergences.fenchel_young",),
)
def variational(pair: Array, scores: Array) -> Sides:
    r"""$E_p T - E_q f^*(T) \le D_f(p, q)$, here for KL and for chi-square."""
    p, q = pair
    gain = mean(p, scores)
    entropic = total([b * (exp(y) - 1) for b, y in zip(q, scores, strict=True)], p)
    quadratic = total([b * (y + y * y / 4) for b, y in zip(q, scores, strict=True)], p)
    return np.array([gain - entropic, gain - quadratic]), np.array([kl(p, q), chi_square(p, q)])


@variational.false_sibling("nine tenths of the conjugate")
def _(pair: Array, scores: Array) -> Sides:
    p, q = pair
    gain, share = mean(p, scores), rational(9, 10)
    entropic = total([b * (exp(y) - 1) for b, y in zip(q, scores, strict=True)], p)
    quadratic = total([b * (y + y * y / 4) for b, y in zip(q, scores, strict=True)], p)
    return np.array([gain - share * entropic, gain - share * quadratic]), np.array([kl(p, q), chi_square(p, q)])


@claim(
    "divergences.variational_tight",
    "==",
    paper="Nguyen, Wainwright and Jordan (2010), Lemma 1",
    assumptions="p and q have the same support",
    instances=pairs(both=True),
    search={"pair": BOTH},
    allowance=rounding,
)
def variational_tight(pair: Array) -> Sides:
    r"""$E_p T - E_q f^*(T) = D_f(p, q)$ at $T = f'(p/q)$, here for KL and for chi-square."""
    return _attained(pair, 2)


@variational_tight.false_sibling("half of the slope of chi-square")
def _(pair: Array) -> Sides:
    return _attained(pair, 1)


def _attained(pair: Array, factor: int) -> Sides:
    p, q = pair
    logs = [log(a / b) for a, b in zip(p, q, strict=True)]
    slopes = [factor * (a / b - 1) for a, b in zip(p, q, strict=True)]
    entropic = total([a * y - b * (a / b - 1) for a, b, y in zip(p, q, logs, strict=True)], p)
    quadratic = total([a * y - b * (y + y * y / 4) for a, b, y in zip(p, q, slopes, strict=True)], p)
    return np.array([entropic, quadratic]), np.array([kl(p, q), chi_square(p, q)])


# --- coarse graining -----------------------------------------------------------------------------------------------------------


def six(p: Array, q: Array) -> Array:
    """KL, chi-square, squared Hellinger, total variation, Jensen-Shannon, triangular."""
    return np.array([d(p, q) for d in (kl, chi_square, hellinger, total_variation, jensen_shannon, triangular)])


@st.composite
def pairs_with_channels(draw: st.DrawFn) -> dict[str, Any]:
    """A pair and a stochastic matrix on its outcomes."""
    pair = draw(pairs(reference=True))["pair"]
    return {"pair": pair, "channel": draw(stochastic_matrices(pair.shape[1], draw(st.integers(1, 4))))}


def channel_rounding(pair: Array, channel: Array) -> float:
    """As for the divergences; products with the channel add a few units of masses below one."""
    return 8 * rounding(pair) * (pair.shape[1] + channel.shape[1])


def sent(channel: Array, p: Array) -> Array:
    """The law of the output."""
    return np.array([total([a * x for a, x in zip(p, column, strict=True)], p) for column in channel.T])


@claim(
    "divergences.data_processing",
    "<=",
    paper=CSISZAR,
    theorem="data processing inequality",
    assumptions="any stochastic matrix K",
    instances=pairs_with_channels(),
    search={"pair": INSIDE, "channel": Kernel((3,), 2)},
    allowance=channel_rounding,
)
def data_processing(pair: Array, channel: Array) -> Sides:
    r"""$D_f(p K, q K) \le D_f(p, q)$, here for six divergences."""
    p, q = pair
    return six(sent(channel, p), sent(channel, q)), six(p, q)


@data_processing.false_sibling("the same of the Euclidean distance")
def _(pair: Array, channel: Array) -> Sides:
    p, q = pair
    d, e = sent(channel, p) - sent(channel, q), p - q
    return total(list(d * d), p), total(list(e * e), p)


@st.composite
def two_pairs(draw: st.DrawFn) -> dict[str, Any]:
    """Two pairs of one size, and a weight."""
    size = draw(st.integers(1, 4))
    laws = [draw(distributions(size)) for _ in range(4)]
    laws[1::2] = [(q + 1 / size) / 2 for q in laws[1::2]]
    return {"pair": np.stack(laws[:2]), "other": np.stack(laws[2:]), "weight": draw(st.sampled_from([0.0, 0.25, 0.5, 0.9]))}


def mixed_rounding(pair: Array, other: Array, weight: float) -> float:
    """As for the divergences of both pairs."""
    return 8 * (rounding(pair) + rounding(other))


@claim(
    "divergences.joint_convexity",
    "<=",
    paper=CSISZAR,
    theorem="joint convexity",
    assumptions="two pairs on the same outcomes, mixed with the same weight",
    instances=two_pairs(),
    search={
        "pair": Pairs(3, Fraction(1, 2)),
        "other": Pairs(3, Fraction(1, 2)),
        "weight": Interval(0, 1),
    },
    allowance=mixed_rounding,
)
def joint_convexity(pair: Array, other: Array, weight: Any) -> Sides:
    r"""$D_f(w p + (1 - w) p', w q + (1 - w) q') \le w D_f(p, q) + (1 - w) D_f(p', q')$, here for six divergences."""
    p, q = weight * pair + (1 - weight) * other
    return six(p, q), weight * six(*pair) + (1 - weight) * six(*other)


@joint_convexity.false_sibling("the same of Renyi's divergence of order 3")
def _(pair: Array, other: Array, weight: Any) -> Sides:
    p, q = weight * pair + (1 - weight) * other
    return renyi(p, q, 3), weight * renyi(pair[0], pair[1], 3) + (1 - weight) * renyi(other[0], other[1], 3)


# --- our code ------------------------------------------------------------------------------------------------------------------


@floats_only
def implemented(p: Array, q: Array) -> Array:
    """What :mod:`tabular.divergences` computes, in the order of :func:`defined`."""
    kinds = (
        tabular.KL(),
        tabular.ReverseKL(),
        tabular.ChiSquare(),
        tabular.Neyman(),
        tabular.TotalVariation(),
        tabular.SquaredHellinger(),
        tabular.JensenShannon(),
        tabular.Jeffreys(),
        tabular.Triangular(),
        tabular.TsallisKL(1.5),
        tabular.TsallisKL(3),
    )
    return np.array([d(p, q) for d in kinds] + [tabular.renyi(p, q, 2)])


def defined(p: Array, q: Array) -> Array:
    """The same from the definitions."""
    formulas = (kl, reverse_kl, chi_square, neyman, total_variation, hellinger, jensen_shannon, jeffreys, triangular)
    powers = [tsallis(p, q, rational(3, 2)), tsallis(p, q, 3), renyi(p, q, 2)]
    return np.array([d(p, q) for d in formulas] + powers)


def values_rounding(pair: Array) -> float:
    """Tsallis of order 3 has the largest terms, p^3 / q^2; each is right to a few hundred units in either computation."""
    p, q = pair
    return 1e-13 * (1 + float((p**3 / q**2).sum() + (q**2 / p).sum()))


@claim(
    "divergences.values",
    "==",
    paper="our own code, against the definitions",
    assumptions="p and q have the same support",
    instances=pairs(both=True),
    arithmetics=("float",),
    search={"pair": Pairs(3, Fraction(1, 10), both=True)},
    allowance=values_rounding,
)
def values(pair: Array) -> Sides:
    r"""`tabular` computes KL, reverse KL, chi-square, Neyman, total variation, squared Hellinger, Jensen-Shannon, Jeffreys,
    triangular and Tsallis divergences, and Renyi's of order 2, as they are defined."""
    return implemented(*pair), defined(*pair)


@values.false_sibling("the reference comes first")
def _(pair: Array) -> Sides:
    return implemented(*pair), defined(*pair[::-1])


@values.false_sibling("total variation without its half")
def _(pair: Array) -> Sides:
    right = defined(*pair)
    right[4] = 2 * right[4]
    return implemented(*pair), right
