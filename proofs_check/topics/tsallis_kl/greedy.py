r"""The regularised greedy step :math:`\max_\pi \langle \pi, Q\rangle - \tau D_q(\pi \| \mu)`.

Instances are given by the answer: for any policy :math:`\pi`, reference :math:`\mu`, order and strength, and non-negative slacks
where :math:`\pi` is zero, the action values :math:`Q = c + \kappa (\pi/\mu)^{q-1} - \text{slack}` meet the first-order conditions
with level c, so that both sides are exact without solving anything. Entropies are the case :math:`\mu = 1`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import floats_only, largest, power, smallest
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Interval, LogInterval, Simplex, Vector
from proofs_check.strategies import distributions
from proofs_check.topics.tsallis_kl.formulas import divergence, dot, kappa, q_exp, row, total
from proofs_check.topics.tsallis_kl.instances import ABOVE, DERIVED, ORDERS, Positive, positive_laws
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


@level_bracket.step("c less the lower end of an action is kappa mu^(1-q) (1 - pi^(q-1))", method="logarithms")
def _() -> tuple[Any, Any]:
    p, m, q, k, c = sp.symbols("p m q k c", positive=True)
    return c - (c + k * (p / m) ** (q - 1) - k * m ** (1 - q)), k * m ** (1 - q) * (1 - p ** (q - 1))


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
