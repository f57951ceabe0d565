r"""The regularised greedy step :math:`\max_\pi \langle \pi, Q\rangle - \tau D_q(\pi \| \mu)`.

Instances are given by the answer: for any policy :math:`\pi`, reference :math:`\mu`, order and strength, and non-negative slacks
where :math:`\pi` is zero, the action values :math:`Q = c + \kappa (\pi/\mu)^{q-1} - \text{slack}` meet the first-order conditions
with level c, so that both sides are exact without solving anything. Entropies are the case :math:`\mu = 1`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import floats_only, largest, log, power, rational, smallest
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Interval, LogInterval, Simplex, Vector
from proofs_check.strategies import distributions
from proofs_check.topics.tsallis_kl.formulas import divergence, dot, kappa, q_exp, row, sparse_max, total
from proofs_check.topics.tsallis_kl.instances import ABOVE, DERIVED, LEE, ORDERS, Positive, positive_laws
from tabular.tsallis import greedy_step

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]


def values_of(policy: Array, reference: Array, order: Any, strength: Any, slack: Array, level: Any) -> Array:
    """Action values for which the policy is the regularised greedy one."""
    k = kappa(order, strength)
    return row(
        [level + k * power(p / m, order - 1) if p != 0 else level - s for p, m, s in zip(policy, reference, slack, strict=True)]
    )


def worth(policy: Array, values: Array, reference: Array, order: Any, strength: Any) -> Any:
    r""":math:`\langle \pi, Q\rangle - \tau D_q(\pi \| \mu)`."""
    return dot(policy, values) - strength * divergence(policy, reference, order)


def literal(values: Array, reference: Array, order: Any, temperature: Any) -> Array:
    """``mu exp_{2-q}(Q / temperature)``, divided by its sum; the reference where that has no mass or a pole."""
    brackets = [1 + (order - 1) * x / temperature for x in values]
    if largest(row(brackets)) <= 0 or (order < 1 and smallest(row(brackets)) <= 0):
        return reference
    weights = reference * q_exp(values / temperature, 2 - order)
    return weights / total(weights)


@st.composite
def steps(draw: st.DrawFn, orders: tuple[float, ...] = ORDERS, rival: bool = True) -> dict[str, Any]:
    """The answer of a greedy step; a rival policy if asked for. Below order one nothing is dropped."""
    order, size = draw(st.sampled_from(orders)), draw(st.integers(1, 5))
    slack = np.array(draw(st.lists(st.sampled_from([0.0, 0.25, 2.0]), min_size=size, max_size=size)))
    out = {
        "policy": draw(distributions(size) if order > 1 else positive_laws(size)),
        "reference": draw(positive_laws(size)),
        "order": order,
        "strength": draw(st.sampled_from([0.125, 1.0, 4.0])),
        "slack": slack,
        "level": draw(st.sampled_from([0.0, -1.5, 2.0])),
    }
    return {**out, "other": draw(distributions(size))} if rival else out


SEARCH: dict[str, Any] = {
    "policy": Positive(3),
    "reference": Positive(3),
    "order": Choice(ORDERS),
    "strength": LogInterval(Fraction(1, 8), 4),
    "slack": Vector(3, 0, 1),
    "level": Interval(-1, 1),
}
RIVALS: dict[str, Any] = {**SEARCH, "other": Simplex(3)}
DROPPING: dict[str, Any] = {**RIVALS, "policy": Simplex(3), "order": Choice(ABOVE)}
ALONE: dict[str, Any] = {name: space for name, space in DROPPING.items() if name != "other"}


def of_steps(policy: Array, reference: Array, order: float, strength: float, level: float = 0.0, **_: Any) -> float:
    """Values and terms of the divergence are at most ``size_of``, and each is right to a few units."""
    return 1e-14 * len(policy) ** 2 * size_of(policy, reference, order, strength, level)


def size_of(policy: Array, reference: Array, order: float, strength: float, level: float) -> float:
    """Largest number that enters; other laws than the policy may have ratios of one over the smallest reference."""
    p, m = np.asarray(policy), np.asarray(reference)
    inside = p > 0
    powers = float(((p[inside] / m[inside]) ** (order - 1)).max()) + float(((1 / m) ** max(order - 1, 0.0)).max())
    return 1 + abs(level) + 2 + strength * (order + 1) / abs(order - 1) * powers


def answer() -> dict[str, Any]:
    """At order 2 and strength 1, the row (.16, .27, .33, .24) of the reference (.1, .2, .3, .4)."""
    return {
        "policy": [Fraction(k, 100) for k in (16, 27, 33, 24)],
        "reference": [Fraction(k, 10) for k in (1, 2, 3, 4)],
        "order": Fraction(2),
        "strength": Fraction(1),
        "slack": [Fraction(0)] * 4,
        "level": Fraction(-11, 5),
    }


def truncated() -> dict[str, Any]:
    """A dropped action, at order 3."""
    return {
        "policy": [Fraction(2, 3), Fraction(1, 3), Fraction(0)],
        "reference": [Fraction(1, 2), Fraction(1, 4), Fraction(1, 4)],
        "order": Fraction(3),
        "strength": Fraction(1, 2),
        "slack": [Fraction(0), Fraction(0), Fraction(1, 4)],
        "level": Fraction(0),
    }


# --- the answer ---


@claim(
    "tsallis_kl.regularised_greedy_step",
    "<=",
    paper=DERIVED,
    theorem="KKT certificate",
    assumptions="a reference without zeros, q > 0 other than 1",
    instances=steps(),
    search=DROPPING,
    allowance=of_steps,
    argument="With f(u) = (u^q - 1)/(q - 1), the worth of a law p is c - sum mu tau (f(u) - f'(v) u) - sum slack p, where u = "
    "p/mu, v = pi/mu, and kappa v^(q-1) = tau f'(v) (first step). f is convex (second step), so each bracket is smallest at u "
    "= v; the slack is only paid by others, and c counts the same for every law.",
)
def regularised_greedy_step(
    policy: Array, reference: Array, order: Any, strength: Any, slack: Array, level: Any, other: Array
) -> Sides:
    r"""If $Q - \kappa (\pi/\mu)^{q-1}$ is constant on the support of $\pi$ and no larger elsewhere, $\pi$ is the greedy
    policy.
    """
    values = values_of(policy, reference, order, strength, slack, level)
    best = worth(policy, values, reference, order, strength)
    return worth(other, values, reference, order, strength), best


@regularised_greedy_step.false_sibling("the same of the policy with its normaliser outside, mu exp_{2-q}(Q / (q tau)) / sum")
def _(policy: Array, reference: Array, order: Any, strength: Any, slack: Array, level: Any, other: Array) -> Sides:
    values = values_of(policy, reference, order, strength, slack, level)
    outside = literal(values, reference, order, order * strength)
    return worth(policy, values, reference, order, strength), worth(outside, values, reference, order, strength)


@regularised_greedy_step.false_sibling("at half the strength")
def _(policy: Array, reference: Array, order: Any, strength: Any, slack: Array, level: Any, other: Array) -> Sides:
    values = values_of(policy, reference, order, strength, slack, level)
    best = worth(policy, values, reference, order, strength / 2)
    return worth(other, values, reference, order, strength / 2), best


@regularised_greedy_step.known("order 2, against the reference")
def _() -> dict[str, Any]:
    return {**answer(), "other": answer()["reference"]}


@regularised_greedy_step.known("order 3, one action dropped")
def _() -> dict[str, Any]:
    return {**truncated(), "other": [Fraction(1, 3)] * 3}


@regularised_greedy_step.step("tau f'(v) = kappa v^(q-1)", method="logarithms")
def _() -> tuple[Any, Any]:
    v, q, tau = sp.symbols("v q tau", positive=True)
    return tau * sp.diff((v**q - 1) / (q - 1), v), tau * q / (q - 1) * v ** (q - 1)


@regularised_greedy_step.step("f is convex", method="logarithms")
def _() -> tuple[Any, Any]:
    v, q = sp.symbols("v q", positive=True)
    return sp.diff((v**q - 1) / (q - 1), v, 2), q * v ** (q - 2)


@claim(
    "tsallis_kl.value_identity",
    "==",
    paper=DERIVED,
    assumptions="a reference without zeros, q > 0 other than 1",
    instances=steps(rival=False),
    search=ALONE,
    allowance=of_steps,
    uses=("tsallis_kl.regularised_greedy_step",),
    argument="Multiply Q = c + kappa (pi/mu)^(q-1) by pi and sum: with m the mean of Q and s = sum pi^q mu^(1-q), m = c + "
    "kappa s. The value is m - tau (s - 1)/(q - 1), and phi = c + kappa: the step.",
)
def value_identity(policy: Array, reference: Array, order: Any, strength: Any, slack: Array, level: Any) -> Sides:
    r"""$\Omega^*(Q) = \frac{(q - 1) \langle \pi, Q\rangle + \varphi}{q}$, where $\pi = \mu \exp_{2-q}\frac{Q - \varphi}{q
    \tau}$.
    """
    values = values_of(policy, reference, order, strength, slack, level)
    normalizer = level + kappa(order, strength)
    value = ((order - 1) * dot(policy, values) + normalizer) / order
    powers = [power(p / m, order - 1) if p != 0 else 0 * p for p, m in zip(policy, reference, strict=True)]
    brackets = [1 + (order - 1) * (x - normalizer) / (order * strength) for x in values]
    inside = [b if p != 0 else largest(row([b, 0 * b])) for p, b in zip(policy, brackets, strict=True)]
    return row([worth(policy, values, reference, order, strength), *powers]), row([value, *inside])


@value_identity.false_sibling("the value is phi, as for q = 1")
def _(policy: Array, reference: Array, order: Any, strength: Any, slack: Array, level: Any) -> Sides:
    values = values_of(policy, reference, order, strength, slack, level)
    return worth(policy, values, reference, order, strength), level + kappa(order, strength)


@value_identity.false_sibling("the value is the mean of <pi, Q> and phi, as for q = 2")
def _(policy: Array, reference: Array, order: Any, strength: Any, slack: Array, level: Any) -> Sides:
    values = values_of(policy, reference, order, strength, slack, level)
    return worth(policy, values, reference, order, strength), (dot(policy, values) + level + kappa(order, strength)) / 2


@value_identity.known("order 2, where it is an equality")
def _() -> dict[str, Any]:
    return answer()


@value_identity.known("order 3, one action dropped, where it is an equality")
def _() -> dict[str, Any]:
    return truncated()


@value_identity.step("with m = c + kappa s", method="cancel")
def _() -> tuple[Any, Any]:
    c, s, tau, q = sp.symbols("c s tau q")
    k = tau * q / (q - 1)
    m = c + k * s
    return m - tau * (s - 1) / (q - 1), ((q - 1) * m + c + k) / q


@claim(
    "tsallis_kl.level_bracket",
    "<=",
    paper=DERIVED,
    assumptions="a reference without zeros, q > 0 other than 1",
    instances=steps(rival=False),
    search=ALONE,
    allowance=of_steps,
    uses=("tsallis_kl.regularised_greedy_step",),
    argument="Each pi_a is at most 1, so each kappa (pi/mu)^(q-1) is at most kappa mu^(1-q) (both for q > 1 and, with kappa < "
    "0, for q < 1): c is at least every Q_a - kappa mu_a^(1-q). And some ratio pi/mu is at least 1, so that some Q_a is at "
    "least c + kappa.",
)
def level_bracket(policy: Array, reference: Array, order: Any, strength: Any, slack: Array, level: Any) -> Sides:
    r"""$\max_a (Q_a - \kappa \mu_a^{1-q}) \le c \le \max_a Q_a - \kappa$ for the level $c$: where a solver may look for it."""
    values = values_of(policy, reference, order, strength, slack, level)
    k = kappa(order, strength)
    lowest = largest(row([x - k * power(m, 1 - order) for x, m in zip(values, reference, strict=True)]))
    return row([lowest, level]), row([level, largest(values) - k])


@level_bracket.false_sibling("from above by the mean of Q in place of its maximum")
def _(policy: Array, reference: Array, order: Any, strength: Any, slack: Array, level: Any) -> Sides:
    values = values_of(policy, reference, order, strength, slack, level)
    return level + 0 * values[0], dot(reference, values) - kappa(order, strength)


@level_bracket.known("order 3, one action dropped")
def _() -> dict[str, Any]:
    return truncated()


@level_bracket.step("with pi = 1 the lower end is the level", method="cancel")
def _() -> tuple[Any, Any]:
    c, k, m = sp.symbols("c k m")
    return (c + k * m) - k * m, c


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


# --- our solver ---


@st.composite
def moderate(draw: st.DrawFn) -> dict[str, Any]:
    """Steps whose reference has at least half of the uniform law everywhere."""
    instance = draw(steps(rival=False))
    return {**instance, "reference": (instance["reference"] + 1 / len(instance["reference"])) / 2}


def of_results(policy: Array, reference: Array, order: float, strength: float, level: float = 0.0, **_: Any) -> float:
    """A few units of the largest action value: kappa (pi/mu)^(q-1) is compared, which is linear in the action values."""
    return 1e-13 * size_of(policy, reference, order, strength, level) * max(1.0, 1 / strength)


@claim(
    "tsallis_kl.solver",
    "==",
    paper="tabular.tsallis.greedy_step",
    theorem="its results in doubles",
    assumptions="references with at least half of the uniform law",
    instances=moderate(),
    search=None,
    arithmetics=("float",),
    allowance=of_results,
)
def solver(policy: Array, reference: Array, order: Any, strength: Any, slack: Array, level: Any) -> Sides:
    r"""Our solver finds the value, the normaliser and the policy that action values were made from."""
    values = values_of(policy, reference, order, strength, slack, level)
    step, k = solved(values, reference, order, strength), kappa(order, strength)
    value = worth(policy, values, reference, order, strength)
    return (
        np.array([step.value, step.normalizer, *(k * (step.policy / reference) ** (order - 1))]),
        np.array([value, level + k, *(k * (policy / reference) ** (order - 1))]),
    )


@solver.false_sibling("from the uniform reference")
def _(policy: Array, reference: Array, order: Any, strength: Any, slack: Array, level: Any) -> Sides:
    values = values_of(policy, reference, order, strength, slack, level)
    return solved(values, np.full(len(values), 1 / len(values)), order, strength).policy, policy


@solver.false_sibling("the level in place of the normaliser")
def _(policy: Array, reference: Array, order: Any, strength: Any, slack: Array, level: Any) -> Sides:
    values = values_of(policy, reference, order, strength, slack, level)
    return np.array([solved(values, reference, order, strength).normalizer]), np.array([level])


@floats_only
def solved(values: Array, reference: Array, order: float, strength: float) -> Any:
    """Our solver's answer."""
    return greedy_step(values, tabular.TsallisKL(order), strength, reference)
