r"""Greedy steps in closed form, and at orders without end, where entropies and divergences part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import largest, log, power, rational, smallest
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Interval, LogInterval, Simplex, Vector
from proofs_check.strategies import distributions
from proofs_check.topics.tsallis_kl.formulas import dot, kappa, row, sparse_max, total
from proofs_check.topics.tsallis_kl.greedy import ALONE, answer, of_steps, steps, truncated, values_of
from proofs_check.topics.tsallis_kl.instances import ABOVE, DERIVED, LEE, Positive, positive_laws

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]


# --- closed forms ---


@st.composite
def rows_of_values(draw: st.DrawFn, least: int = 1) -> dict[str, Any]:
    """Action values with ties, a strength, a rival policy."""
    size = draw(st.integers(least, 6))
    return {
        "values": np.array(draw(st.lists(st.integers(-8, 8), min_size=size, max_size=size))) / 4,
        "strength": draw(st.sampled_from([0.125, 0.5, 1.0, 4.0])),
        "other": draw(distributions(size)),
    }


def of_sparse(values: Array, strength: float, **_: Any) -> float:
    """Sums of at most six values of size 2 over the strength, and their squares."""
    return 1e-13 * (1 + float(np.abs(values).max()) / strength) ** 2 * max(strength, 1)


@claim(
    "tsallis_kl.sparse_max",
    "<=",
    paper=LEE,
    theorem="sparse-max, with the prefactor 1/2",
    assumptions="any action values",
    instances=rows_of_values(),
    search={"values": Vector(4, -2, 2), "strength": LogInterval(Fraction(1, 8), 4), "other": Simplex(4)},
    allowance=of_sparse,
    uses=("tsallis_kl.regularised_greedy_step",),
    argument="pi = [z - nu]_+ sums to one and meets the first-order conditions of order 2: tau (z - pi) is constant on the "
    "support and smaller elsewhere; any rival has at most its worth. That worth is the closed form by the step, summed over "
    "the support.",
)
def sparse_max_value(values: Array, strength: Any, other: Array) -> Sides:
    r"""With $z = Q/\tau$, $\nu = \frac{\sum_K z - 1}{|K|}$: $\langle p, Q\rangle + \frac\tau2 (1 - \|p\|^2) \le \tau
    \bigl[\frac12
    \sum_K (z^2 - \nu^2) + \frac12\bigr]$, the worth of $[z - \nu]_+$."""
    z = values / strength
    _, level = sparse_max(z)
    inside = [x for x in z if x > level]
    best = strength * (total(x * x - level * level for x in inside) + 1) / 2
    return dot(other, values) + strength / 2 * (1 - dot(other, other)), best


@sparse_max_value.false_sibling("with the prefactor 1 of the entropy")
def _(values: Array, strength: Any, other: Array) -> Sides:
    z = values / strength
    _, level = sparse_max(z)
    inside = [x for x in z if x > level]
    best = strength * (total(x * x - level * level for x in inside) + 1) / 2
    return dot(other, values) + strength * (1 - dot(other, other)), best


@sparse_max_value.false_sibling("over the best action alone")
def _(values: Array, strength: Any, other: Array) -> Sides:
    return dot(other, values) + strength / 2 * (1 - dot(other, other)), largest(values) + 0 * strength


@sparse_max_value.known("(1, .5, 0, -1) at strength 2, against (7/12, 1/3, 1/12, 0), where it is an equality")
def _() -> dict[str, Any]:
    return {
        "values": [Fraction(1), Fraction(1, 2), Fraction(0), Fraction(-1)],
        "strength": Fraction(2),
        "other": [Fraction(7, 12), Fraction(1, 3), Fraction(1, 12), Fraction(0)],
    }


@sparse_max_value.step("one action of the support: its share of mean and entropy, where pi = z - nu", method="expand")
def _() -> tuple[Any, Any]:
    z, nu, tau = sp.symbols("z nu tau")
    pi = z - nu
    return pi * tau * z - tau / 2 * pi**2, tau * (z**2 - nu**2) / 2


@st.composite
def with_reference(draw: st.DrawFn) -> dict[str, Any]:
    instance = draw(rows_of_values())
    return {**instance, "reference": draw(positive_laws(len(instance["values"])))}


def of_quadratic(values: Array, strength: float, reference: Array, **_: Any) -> float:
    """Squares of values over the strength, and of masses over the smallest reference."""
    return 1e-13 * (1 + float((values**2).max()) / strength + strength / float(np.min(reference)))


WITH_REFERENCE: dict[str, Any] = {
    "values": Vector(3),
    "strength": LogInterval(Fraction(1, 8), 4),
    "other": Simplex(3),
    "reference": Positive(3),
}


@claim(
    "tsallis_kl.variance_bound",
    "<=",
    paper=DERIVED,
    assumptions="q = 2, a reference without zeros; equality if and only if 2 tau >= E Q - min Q, so that nothing is dropped",
    instances=with_reference(),
    search=WITH_REFERENCE,
    allowance=of_quadratic,
    argument="With p = mu (1 + t), the mean of t under mu is 0, and the worth is E Q + E[t (Q - E Q)] - tau E t^2. Complete "
    "the square (step): it is at most E Q + Var Q / (4 tau), attained at t = (Q - E Q) / (2 tau) if that is a law.",
)
def variance_bound(values: Array, strength: Any, other: Array, reference: Array) -> Sides:
    r"""$\Omega^*(Q) \le \mathrm{E}_\mu Q + \frac{\mathrm{Var}_\mu Q}{4 \tau}$ at $q = 2$, the worth of $\mu (1 + (Q -
    \mathrm{E}_\mu Q) / 2\tau)$."""
    mean = dot(reference, values)
    variance = total(m * (x - mean) * (x - mean) for m, x in zip(reference, values, strict=True))
    square = total((p - m) * (p - m) / m for p, m in zip(other, reference, strict=True))
    return dot(other, values) - strength * square, mean + variance / (4 * strength)


@variance_bound.false_sibling("one fifth of the variance in place of a quarter")
def _(values: Array, strength: Any, other: Array, reference: Array) -> Sides:
    mean = dot(reference, values)
    variance = total(m * (x - mean) * (x - mean) for m, x in zip(reference, values, strict=True))
    square = total((p - m) * (p - m) / m for p, m in zip(other, reference, strict=True))
    return dot(other, values) - strength * square, mean + variance / (5 * strength)


@variance_bound.known("(1, .5, 0, -1) at strength 1, where it is an equality: -.0725")
def _() -> dict[str, Any]:
    return {
        "values": [Fraction(1), Fraction(1, 2), Fraction(0), Fraction(-1)],
        "strength": Fraction(1),
        "other": answer()["policy"],
        "reference": answer()["reference"],
    }


@variance_bound.step("the square, for one action with deviation y", method="expand")
def _() -> tuple[Any, Any]:
    t, y, tau = sp.symbols("t y tau")
    return y**2 / (4 * tau) - (t * y - tau * t**2), tau * (t - y / (2 * tau)) ** 2


# --- orders without end ---


@st.composite
def entropic(draw: st.DrawFn) -> dict[str, Any]:
    """Answers of entropic steps of order above one whose best action is alone."""
    size = draw(st.integers(2, 5))
    policy = draw(distributions(size))
    policy = (policy + 2 * np.eye(size)[0]) / 3
    policy[0] = 1 - policy[1:].sum()
    order = draw(st.sampled_from(ABOVE))
    slack = np.array(draw(st.lists(st.sampled_from([0.25, 2.0]), min_size=size, max_size=size)))
    return {"policy": policy, "order": order, "strength": draw(st.sampled_from([0.125, 1.0, 4.0])), "slack": slack}


@dataclass(frozen=True)
class Led:
    """Distributions whose first outcome has at least two thirds of the mass."""

    size: int

    @property
    def dimension(self) -> int:
        return self.size - 1

    def point(self, u: Sequence[Any]) -> Array:
        first = row([rational(int(a == 0)) for a in range(self.size)])
        return (Simplex(self.size).point(u) + 2 * first) / 3


def of_entropic(policy: Array, order: float, strength: float, **_: Any) -> float:
    """Logarithms of ratios of order one, divided by q - 1; the best action has twice the probability of any other."""
    return 1e-13 / (order - 1) ** 2


def _gap(policy: Array, order: Any, strength: Any, slack: Array) -> tuple[Any, Any]:
    """Largest probability, and the smallest distance of the best action value from the others."""
    values = values_of(policy, 0 * policy + 1, order, strength, slack, 0 * strength)
    best = max(range(len(policy)), key=lambda a: values[a])
    rest = row([x for a, x in enumerate(values) if a != best])
    return policy[best], values[best] - largest(rest)


@claim(
    "tsallis_kl.entropy_tends_to_greedy",
    "<=",
    paper=DERIVED,
    assumptions="q > 1, gap Delta > 0 between the best action and all others",
    instances=entropic(),
    search={"policy": Led(3), "order": Choice(ABOVE), "strength": LogInterval(Fraction(1, 8), 4), "slack": Vector(3, 0, 1)},
    allowance=of_entropic,
    uses=("tsallis_kl.regularised_greedy_step",),
    argument="If another action has mass, the level c is below its value, so that kappa pi_best^(q-1) = Q_best - c >= Delta "
    "and pi_best >= (Delta / kappa)^(1/(q-1)); then 1 - pi_best <= 1 - e^(-x) <= x, x = log(kappa / Delta) / (q - 1). "
    "Otherwise pi_best = 1. The step is the bound 1 - e^(-x) <= x, in w = e^(-x).",
)
def entropy_tends_to_greedy(policy: Array, order: Any, strength: Any, slack: Array) -> Sides:
    r"""With an entropy, $1 - \max \pi \le \frac{[\log(\kappa / \Delta)]_+}{q - 1}$: greedy as $q \to \infty$."""
    best, gap = _gap(policy, order, strength, slack)
    return 1 - best, largest(row([0 * best, log(kappa(order, strength) / gap)])) / (order - 1)


@entropy_tends_to_greedy.false_sibling("log(tau / Delta) / q, which has the same limit")
def _(policy: Array, order: Any, strength: Any, slack: Array) -> Sides:
    best, gap = _gap(policy, order, strength, slack)
    return 1 - best, largest(row([0 * best, log(strength / gap)])) / order


@entropy_tends_to_greedy.known("(2/3, 1/3) at order 3")
def _() -> dict[str, Any]:
    return {"policy": [Fraction(2, 3), Fraction(1, 3)], "order": Fraction(3), "strength": Fraction(1), "slack": [Fraction(0)] * 2}


@entropy_tends_to_greedy.step("x - (1 - e^(-x)) with w = e^(-x)", method="none", relation=">=")
def _() -> tuple[Any, Any]:
    w = sp.Symbol("w", positive=True)
    return w - 1 - sp.log(w), sp.Integer(0)


@claim(
    "tsallis_kl.divergence_tends_to_reference",
    "<=",
    paper=DERIVED,
    assumptions="q > 1, a reference without zeros",
    instances=steps(ABOVE, rival=False),
    search=ALONE,
    allowance=of_steps,
    uses=("tsallis_kl.regularised_greedy_step",),
    argument="Some ratio v = pi/mu is at most 1; its action has kappa v^(q-1) >= Q - c, so that the largest ratio has kappa "
    "v^(q-1) = max Q - c <= kappa + max Q - min Q (step).",
)
def divergence_tends_to_reference(policy: Array, reference: Array, order: Any, strength: Any, slack: Array, level: Any) -> Sides:
    r"""$\max_a (\pi_a / \mu_a)^{q-1} \le 1 + \frac{\mathrm{span}\, Q}{\kappa}$: as $q \to \infty$ the policy stays where it
    was.
    """
    values = values_of(policy, reference, order, strength, slack, level)
    ratio = largest(row([p / m for p, m in zip(policy, reference, strict=True)]))
    return power(ratio, order - 1), 1 + (largest(values) - smallest(values)) / kappa(order, strength)


@divergence_tends_to_reference.false_sibling("with half the span")
def _(policy: Array, reference: Array, order: Any, strength: Any, slack: Array, level: Any) -> Sides:
    values = values_of(policy, reference, order, strength, slack, level)
    ratio = largest(row([p / m for p, m in zip(policy, reference, strict=True)]))
    return power(ratio, order - 1), 1 + (largest(values) - smallest(values)) / (2 * kappa(order, strength))


@divergence_tends_to_reference.known("order 3, one action dropped")
def _() -> dict[str, Any]:
    return truncated()


@divergence_tends_to_reference.step("with Q_low <= c + kappa", method="cancel")
def _() -> tuple[Any, Any]:
    low, span, c, k = sp.symbols("low span c k")
    return (low + span - c) / k, (1 + span / k) - (c + k - low) / k


@st.composite
def gaps(draw: st.DrawFn) -> dict[str, Any]:
    return {"gap": draw(st.floats(0.01, 3.0)), "strength": draw(st.sampled_from([0.25, 1.0, 3.0]))}


def of_gaps(gap: float, strength: float) -> float:
    """Powers of ratios up to 48, each right to a hundred units."""
    return 1e-13


def above_one() -> list[Any]:
    """Increasing orders above one."""
    return [rational(k, 4) for k in (5, 6, 7, 8, 10, 12, 20, 40, 200)]


def _mass(gap: Any, order: Any, strength: Any) -> Any:
    ratio = gap / kappa(order, strength)
    return power(ratio, 1 / (order - 1))


@claim(
    "tsallis_kl.entropy_truncates_more",
    "monotone",
    paper=DERIVED,
    assumptions="q > 1; an action is dropped when the masses of the better ones, at the level where it just counts, reach one",
    instances=gaps(),
    search={"gap": Interval(Fraction(1, 100), 3), "strength": LogInterval(Fraction(1, 4), 3)},
    allowance=of_gaps,
    uses=("tsallis_kl.regularised_greedy_step",),
    argument="kappa = tau q / (q - 1) falls as q grows (step), so that gap / kappa rises; once it is 1 the mass is at least 1 "
    "and stays so. Below 1 the exponent 1/(q-1), which falls, makes it rise too. The sum of these masses over better actions "
    "therefore never falls back below one: with an entropy, larger q drops more.",
)
def entropy_truncates_more(gap: Any, strength: Any) -> Sides:
    r"""With an entropy, $\min(1, \Delta/\kappa)^{1/(q-1)}$ does not decrease in $q > 1$: what is dropped stays dropped."""
    masses = [smallest(row([rational(1) + 0 * gap, _mass(gap, q, strength)])) for q in above_one()]
    return row(masses), row(above_one())


@entropy_truncates_more.false_sibling("without the minimum, as the reference's weights would need it")
def _(gap: Any, strength: Any) -> Sides:
    return row([_mass(gap, q, strength) for q in above_one()]), row(above_one())


@entropy_truncates_more.known("a gap of one half")
def _() -> dict[str, Any]:
    return {"gap": Fraction(1, 2), "strength": Fraction(1)}


@entropy_truncates_more.step("slope of kappa", method="cancel")
def _() -> tuple[Any, Any]:
    q = sp.Symbol("q", positive=True)
    return sp.diff(q / (q - 1), q), -1 / (q - 1) ** 2
