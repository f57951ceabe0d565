r"""One update of Munchausen value iteration with q-logarithms: what it charges, which mirror descent it is, what it forgets.

:math:`L = \ln_{2-q}` is finite at 0 for q > 1.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import kl, largest, log, power, rational, smallest, xlogx
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Interval, LogInterval, Simplex, Vector
from proofs_check.strategies import distributions
from proofs_check.topics.tsallis_kl.formulas import divergence, dot, q_log, row, total
from proofs_check.topics.tsallis_kl.instances import (
    ABOVE,
    DERIVED,
    MUNCHAUSEN,
    ORDERS,
    Positive,
    mirror_pair,
    pairs_of_laws,
    positive_laws,
)

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]


# --- one update, in both forms ---


@st.composite
def updates(draw: st.DrawFn) -> dict[str, Any]:
    """Values of one state, two policies, temperature and coefficient."""
    size = draw(st.integers(1, 5))
    return {
        "values": np.array(draw(st.lists(st.integers(-8, 8), min_size=size, max_size=size))) / 4,
        "policy": draw(positive_laws(size)),
        "other": draw(distributions(size)),
        "strength": draw(st.sampled_from([0.125, 1.0, 4.0])),
        "coefficient": draw(st.sampled_from([0.0, 0.5, 0.875, 1.0])),
    }


def of_updates(strength: float, **_: Any) -> float:
    """A few values of size two, and the strength times logarithms of at most twelve."""
    return 1e-13 * (1 + strength)


@claim(
    "tsallis_kl.mvi_q",
    "==",
    paper=MUNCHAUSEN,
    theorem="Theorem 1",
    assumptions="q = 1; any two policies, the later one absolutely continuous",
    instances=updates(),
    search={
        "values": Vector(3),
        "policy": Positive(3),
        "other": Simplex(3),
        "strength": LogInterval(Fraction(1, 8), 4),
        "coefficient": Interval(0, 1),
    },
    allowance=of_updates,
    argument="For one action, with the logarithms l of the policy and l' of the next: the step. Means under pi' of l' - l and "
    "of -l' are the divergence and the entropy.",
)
def mvi_q(values: Array, policy: Array, other: Array, strength: Any, coefficient: Any) -> Sides:
    r"""With $Q' = Q - \alpha \tau \log \pi$: $\langle \pi', Q - \tau \log \pi'\rangle = \langle \pi', Q'\rangle - \alpha \tau
    \mathrm{KL}(\pi' \| \pi) + (1 - \alpha) \tau H(\pi')$: Munchausen value iteration is mirror descent."""
    Q = row([x + coefficient * strength * log(p) for x, p in zip(values, policy, strict=True)])
    left = dot(other, Q) - strength * total(xlogx(p) for p in other)
    entropy = -total(xlogx(p) for p in other)
    return left, dot(other, values) - coefficient * strength * kl(other, policy) + (1 - coefficient) * strength * entropy


@mvi_q.false_sibling("without the entropy")
def _(values: Array, policy: Array, other: Array, strength: Any, coefficient: Any) -> Sides:
    Q = row([x + coefficient * strength * log(p) for x, p in zip(values, policy, strict=True)])
    left = dot(other, Q) - strength * total(xlogx(p) for p in other)
    return left, dot(other, values) - coefficient * strength * kl(other, policy)


@mvi_q.known("alpha = 9/10")
def _() -> dict[str, Any]:
    return {
        "values": [Fraction(1), Fraction(0)],
        "policy": [Fraction(1, 2), Fraction(1, 2)],
        "other": [Fraction(3, 4), Fraction(1, 4)],
        "strength": Fraction(1),
        "coefficient": Fraction(9, 10),
    }


@mvi_q.step("one action", method="expand")
def _() -> tuple[Any, Any]:
    x, old, new, tau, alpha = sp.symbols("x l m tau alpha")
    return (x + alpha * tau * old) - tau * new, x - alpha * tau * (new - old) - (1 - alpha) * tau * new


@st.composite
def positive_pairs(draw: st.DrawFn) -> dict[str, Any]:
    instance = draw(pairs_of_laws())
    return {**instance, "p": draw(positive_laws(len(instance["reference"])))}


def of_residuals(p: Array, reference: Array, order: float) -> float:
    """As for divergences in both directions, and products of q-logarithms."""
    m = 1 / float(min(p.min(), reference.min()))
    return 1e-14 * len(p) * m ** abs(order - 1) * 4 / (order - 1) ** 2 * max(1.0, m ** abs(order - 1))


@claim(
    "tsallis_kl.residual",
    "==",
    paper=DERIVED,
    assumptions="laws without zeros",
    instances=positive_pairs(),
    search={"p": Positive(3), "reference": Positive(3), "order": Choice(ORDERS)},
    allowance=of_residuals,
    uses=("tsallis_kl.q_identities",),
    argument="Pseudo-additivity for mu = (mu/pi) pi, in the form of the step with a = ln_q(mu/pi), b = ln_q pi; the mean of "
    "-a is D_q.",
    correction="Replacing log by ln_q in Munchausen value iteration does not give Tsallis-KL regularisation, but that plus R_q.",
)
def residual(p: Array, reference: Array, order: Any) -> Sides:
    r"""$\langle \pi, \ln_q \pi - \ln_q \mu\rangle = D_q(\pi \| \mu) + R_q$, $R_q = (q - 1) \langle \pi, \ln_q \frac\mu\pi \ln_q
    \pi\rangle$."""
    rest = (order - 1) * total(a * q_log(b / a, order) * q_log(a, order) for a, b in zip(p, reference, strict=True))
    return _difference(p, reference, order), divergence(p, reference, order) + rest


def _difference(p: Array, reference: Array, order: Any) -> Any:
    return total(a * (q_log(a, order) - q_log(b, order)) for a, b in zip(p, reference, strict=True))


@residual.false_sibling("without the residual")
def _(p: Array, reference: Array, order: Any) -> Sides:
    return _difference(p, reference, order), divergence(p, reference, order)


@residual.known("(.5, .3, .2) against its mirror image at q = 2, where it is an equality: .9 = .63 + .27")
def _() -> dict[str, Any]:
    return mirror_pair()


@residual.step("pseudo-additivity, rearranged", method="expand")
def _() -> tuple[Any, Any]:
    a, b, q = sp.symbols("a b q")
    whole = a + b + (1 - q) * a * b  # ln_q mu
    return b - whole, -a + (q - 1) * a * b


def potential(p: Array, order: Any) -> Any:
    r""":math:`\omega(\pi) = \frac{\sum \pi^q - 1}{q (q - 1)}`, whose slopes are L(pi) up to a constant."""
    return (total(power(a, order) for a in p if a != 0) - 1) / (order * (order - 1))


def bregman(p: Array, reference: Array, order: Any) -> Any:
    r""":math:`B_\omega(\pi, \mu) = \omega(\pi) - \omega(\mu) - \langle \pi - \mu, L(\mu)\rangle`; finite at zeros for q > 1."""
    slope = total((a - b) * q_log(b, 2 - order) for a, b in zip(p, reference, strict=True))
    return potential(p, order) - potential(reference, order) - slope


@claim(
    "tsallis_kl.mvi_penalty",
    "==",
    paper=DERIVED,
    assumptions="q > 1, or laws without zeros",
    instances=positive_pairs(),
    search={"p": Positive(3), "reference": Positive(3), "order": Choice(ORDERS)},
    allowance=of_residuals,
    argument="The mean of L(pi') under pi' is q omega(pi'), and that of L(pi) under pi is q omega(pi) (first step). So the "
    "left side is q omega' - q omega - <pi' - pi, L(pi)>, and the Bregman divergence of omega is omega' - omega - <pi' - pi, "
    "L(pi)> (the constant of its slopes has mean zero; second step): the difference is (q - 1)(omega' - omega).",
)
def mvi_penalty(p: Array, reference: Array, order: Any) -> Sides:
    r"""$\langle \pi', L(\pi') - L(\pi)\rangle = B_\omega(\pi', \pi) + (q - 1) (\omega(\pi') - \omega(\pi))$: what it charges."""
    left = total(a * (q_log(a, 2 - order) - q_log(b, 2 - order)) for a, b in zip(p, reference, strict=True))
    rise = potential(p, order) - potential(reference, order)
    return left, bregman(p, reference, order) + (order - 1) * rise


@mvi_penalty.false_sibling("the Bregman divergence alone, as for q = 1")
def _(p: Array, reference: Array, order: Any) -> Sides:
    left = total(a * (q_log(a, 2 - order) - q_log(b, 2 - order)) for a, b in zip(p, reference, strict=True))
    return left, bregman(p, reference, order)


@mvi_penalty.false_sibling("the Tsallis divergence")
def _(p: Array, reference: Array, order: Any) -> Sides:
    left = total(a * (q_log(a, 2 - order) - q_log(b, 2 - order)) for a, b in zip(p, reference, strict=True))
    return left, divergence(p, reference, order)


@mvi_penalty.known("(.6, .4) against (.3, .7) at q = 2, where it is an equality")
def _() -> dict[str, Any]:
    return {"p": [Fraction(3, 5), Fraction(2, 5)], "reference": [Fraction(3, 10), Fraction(7, 10)], "order": Fraction(2)}


@mvi_penalty.step("one term of the mean of L, less its mass", method="logarithms")
def _() -> tuple[Any, Any]:
    p, q = sp.symbols("p q", positive=True)
    return p * (p ** (q - 1) - 1) / (q - 1), q * (p**q - p) / (q * (q - 1))


@mvi_penalty.step("slope of the potential", method="logarithms")
def _() -> tuple[Any, Any]:
    p, q = sp.symbols("p q", positive=True)
    return sp.diff(p**q / (q * (q - 1)), p), (p ** (q - 1) - 1) / (q - 1) + 1 / (q - 1)


@st.composite
def rivals(draw: st.DrawFn) -> dict[str, Any]:
    """The last policy, the next one, and another."""
    size = draw(st.integers(1, 5))
    return {
        "before": draw(distributions(size)),
        "after": draw(distributions(size)),
        "other": draw(distributions(size)),
        "slack": np.array(draw(st.lists(st.sampled_from([0.0, 0.25, 2.0]), min_size=size, max_size=size))),
        "order": draw(st.sampled_from(ABOVE)),
        "strength": draw(st.sampled_from([0.125, 1.0, 4.0])),
    }


def of_rivals(strength: float, **_: Any) -> float:
    """The strength times q-logarithms and powers of at most four, and the slack."""
    return 1e-12 * (1 + strength)


@claim(
    "tsallis_kl.mvi_is_mirror_descent",
    "<=",
    paper=DERIVED,
    assumptions="q > 1, alpha = 1, greedy at temperature tau / q; policies with zeros allowed",
    instances=rivals(),
    search={
        "before": Simplex(2),
        "after": Simplex(2),
        "other": Simplex(2),
        "slack": Vector(2, 0, 1),
        "order": Choice(ABOVE),
        "strength": LogInterval(Fraction(1, 8), 4),
    },
    allowance=of_rivals,
    uses=("tsallis_kl.regularised_greedy_step",),
    argument="The next policy maximises <p, Q> + (tau/q) S_q(p), Q = Q' + tau L(pi). By the step (tau/q) S_q = -tau omega, "
    "and -tau omega(p) + tau <p, L(pi)> is -tau B(p, pi) up to a constant.",
)
def mvi_is_mirror_descent(before: Array, after: Array, other: Array, slack: Array, order: Any, strength: Any) -> Sides:
    r"""The next policy of MVI(q) maximises $\langle \pi, Q'\rangle - \tau B_\omega(\pi, \pi_k)$: mirror descent in the Tsallis
    entropy's Bregman divergence, half the squared distance at $q = 2$, which can leave the boundary."""
    rival, best = (_worth(p, before, after, slack, order, strength, 1) for p in (other, after))
    return rival, best


def _estimates(before: Array, after: Array, slack: Array, order: Any, strength: Any, coefficient: Any) -> Array:
    """The Q' from which the policy after follows the policy before: Q = tau L(after), less the slack where that has no mass."""
    last, new = (row([q_log(p, 2 - order) for p in law]) for law in (before, after))
    values = strength * new - coefficient * strength * last
    return row([x if p != 0 else x - s for x, p, s in zip(values, after, slack, strict=True)])


def _worth(p: Array, before: Array, after: Array, slack: Array, order: Any, strength: Any, share: Any) -> Any:
    """Of a policy, at a share of the temperature."""
    return dot(p, _estimates(before, after, slack, order, strength, 1)) - share * strength * bregman(p, before, order)


@mvi_is_mirror_descent.false_sibling("in the Tsallis divergence, where that is finite")
def _(before: Array, after: Array, other: Array, slack: Array, order: Any, strength: Any) -> Sides:
    values, middle = _estimates(before, after, slack, order, strength, 1), (before + after) / 2
    worths = [dot(p, values) - strength * divergence(p, middle, order) for p in (middle, after)]
    return worths[0], worths[1]


@mvi_is_mirror_descent.false_sibling("at half the temperature")
def _(before: Array, after: Array, other: Array, slack: Array, order: Any, strength: Any) -> Sides:
    rival, best = (_worth(p, before, after, slack, order, strength, rational(1, 2)) for p in (other, after))
    return rival, best


@mvi_is_mirror_descent.known("from one corner towards the other")
def _() -> dict[str, Any]:
    return {
        "before": [Fraction(1), Fraction(0)],
        "after": [Fraction(1, 4), Fraction(3, 4)],
        "other": [Fraction(1, 2), Fraction(1, 2)],
        "slack": [Fraction(0)] * 2,
        "order": Fraction(2),
        "strength": Fraction(1),
    }


@mvi_is_mirror_descent.step("(tau/q) S_q = -tau omega", method="cancel")
def _() -> tuple[Any, Any]:
    s, tau, q = sp.symbols("s tau q")  # s = sum p^q
    return tau / q * (1 - s) / (q - 1), -tau * (s - 1) / (q * (q - 1))


# --- memory ---


@st.composite
def memories(draw: st.DrawFn) -> dict[str, Any]:
    """The last policy and the next one, an order above one."""
    size = draw(st.integers(1, 5))
    return {
        "before": draw(distributions(size)),
        "after": draw(distributions(size)),
        "slack": np.array(draw(st.lists(st.sampled_from([0.0, 0.25, 2.0]), min_size=size, max_size=size))),
        "order": draw(st.sampled_from(ABOVE)),
        "strength": draw(st.sampled_from([0.125, 1.0, 4.0])),
        "coefficient": draw(st.sampled_from([0.0, 0.5, 0.875, 1.0])),
    }


def of_memories(strength: float, **_: Any) -> float:
    """The strength times q-logarithms of at most four, and the slack."""
    return 1e-13 * (1 + strength)


@claim(
    "tsallis_kl.mvi_forgets",
    "<=",
    paper=DERIVED,
    assumptions="q > 1, greedy at temperature tau / q; any last policy",
    instances=memories(),
    search={
        "before": Simplex(2),
        "after": Simplex(2),
        "slack": Vector(2, 0, 1),
        "order": Choice(ABOVE),
        "strength": LogInterval(Fraction(1, 8), 4),
        "coefficient": Interval(0, 1),
    },
    allowance=of_memories,
    uses=("tsallis_kl.regularised_greedy_step",),
    argument="On the support of the next policy Q = c + tau L(pi'), elsewhere at most c + tau L(0), so that Q falls short of "
    "its largest value by at most tau (L(1) - L(0)) = tau/(q-1) there; Q' = Q - alpha tau L(pi) moves each value up by at "
    "most alpha tau/(q-1) (step: the range of L).",
)
def mvi_forgets(before: Array, after: Array, slack: Array, order: Any, strength: Any, coefficient: Any) -> Sides:
    r"""$Q'_{max} - Q'_a \le \frac{(1 + \alpha) \tau}{q - 1}$ for every action that keeps mass: whatever was seen before, one
    estimate that is worse by more drops an action. For $q = 1$ nothing is ever so bad."""
    return _shortfall(before, after, slack, order, strength, coefficient), (1 + coefficient) * strength / (order - 1)


def _shortfall(before: Array, after: Array, slack: Array, order: Any, strength: Any, coefficient: Any) -> Any:
    values = _estimates(before, after, slack, order, strength, coefficient)
    kept = row([x for x, p in zip(values, after, strict=True) if p != 0])
    return largest(values) - smallest(kept)


@mvi_forgets.false_sibling("without the bonus of the last policy")
def _(before: Array, after: Array, slack: Array, order: Any, strength: Any, coefficient: Any) -> Sides:
    return _shortfall(before, after, slack, order, strength, coefficient), strength / (order - 1)


@mvi_forgets.false_sibling("nine tenths of it")
def _(before: Array, after: Array, slack: Array, order: Any, strength: Any, coefficient: Any) -> Sides:
    shortfall = _shortfall(before, after, slack, order, strength, coefficient)
    return shortfall, rational(9, 10) * (1 + coefficient) * strength / (order - 1)


@mvi_forgets.known("from one action to another, nearly")
def _() -> dict[str, Any]:
    tiny = Fraction(1, 1000)
    return {
        "before": [Fraction(0), Fraction(1)],
        "after": [1 - tiny, tiny],
        "slack": [Fraction(0)] * 2,
        "order": Fraction(2),
        "strength": Fraction(1),
        "coefficient": Fraction(1),
    }


@mvi_forgets.step("L(1) - L(0)", method="cancel")
def _() -> tuple[Any, Any]:
    q = sp.Symbol("q", positive=True)
    return (1 - 1) / (q - 1) - (0 - 1) / (q - 1), 1 / (q - 1)
