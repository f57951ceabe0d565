r"""Where Munchausen value iteration with q-logarithms ends, and the first-order normaliser of published code.

The update from action values Q with any policy pi is :math:`Q \mapsto r + \alpha \tau L(\pi) + \gamma P \langle \pi, Q - \tau
L(\pi)\rangle`, :math:`L = \ln_{2-q}`; what differs between versions is which policy is greedy.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import largest, power, rational
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Integers, Interval, Kernel, LogInterval, Model, Simplex, Vector
from proofs_check.strategies import distributions, mdps
from proofs_check.topics.mdp.formulas import policy_value, q_values, size
from proofs_check.topics.tsallis_kl.formulas import dot, q_log, row, sparse_max, total
from proofs_check.topics.tsallis_kl.instances import (
    ABOVE,
    DERIVED,
    ZHU,
    positive_laws,
)
from proofs_check.topics.tsallis_kl.mirror import two_doors
from tabular import MDP

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]


# --- fixed points ---


@st.composite
def fixed_points(draw: st.DrawFn) -> dict[str, Any]:
    mdp = draw(mdps(max_states=3, gammas=st.sampled_from([0.0, 0.5, 0.875])))
    return {
        "mdp": mdp,
        "policy": np.stack([draw(positive_laws(mdp.n_actions)) for _ in range(mdp.n_states)]),
        "order": draw(st.sampled_from([1.5, 2.0, 3.0])),
        "strength": draw(st.sampled_from([0.125, 0.5, 2.0])),
    }


def of_fixed_points(mdp: MDP, strength: float, **_: Any) -> float:
    """1e-12 of the largest value and of the strength, divided by ``1 - gamma`` for the linear solve."""
    return 1e-12 * (size(mdp) + strength) / (1 - mdp.gamma)


FIXED: dict[str, Any] = {
    "mdp": Model(2, 2, Interval(0, Fraction(9, 10))),
    "policy": Kernel((2,), 2),
    "order": Choice((2.0, 3.0)),
    "strength": LogInterval(Fraction(1, 8), 2),
}


def logs_of(policy: Array, order: Any) -> Array:
    """(S, A) L of the probabilities, finite at 0."""
    return np.stack([row([q_log(p, 2 - order) for p in line]) for line in policy])


@claim(
    "tsallis_kl.mvi_fixed_point",
    "==",
    paper=DERIVED,
    assumptions="alpha = 1, q > 1; any policy, if it is the greedy one of the Q below",
    instances=fixed_points(),
    search=FIXED,
    allowance=of_fixed_points,
    argument="Q - tau L(pi) is Q^pi, whose mean under pi is what the update carries on: by the step, with B = tau L, it gives Q "
    "again. At a fixed point Q - tau L(pi) conversely solves the evaluation equation of pi, and that has one "
    "solution.",
)
def mvi_fixed_point(mdp: Any, policy: Array, order: Any, strength: Any) -> Sides:
    r"""$Q = Q^\pi + \tau L(\pi)$ is a fixed point of the update: the bonus is evaluated away."""
    logs = logs_of(policy, order)
    own = q_values(mdp, policy_value(mdp, policy))
    Q = own + strength * logs
    future = row([dot(p, q - strength * x) for p, q, x in zip(policy, Q, logs, strict=True)])
    return q_values(mdp, future) + strength * logs, Q


@mvi_fixed_point.false_sibling("of the action values themselves")
def _(mdp: Any, policy: Array, order: Any, strength: Any) -> Sides:
    logs = logs_of(policy, order)
    own = q_values(mdp, policy_value(mdp, policy))
    future = row([dot(p, q - strength * x) for p, q, x in zip(policy, own, logs, strict=True)])
    return q_values(mdp, future) + strength * logs, own


@mvi_fixed_point.known("two doors and the uniform policy, where it is an equality")
def _() -> dict[str, Any]:
    half = np.array([[Fraction(1, 2)] * 2] * 3, dtype=object)
    return {"mdp": two_doors(), "policy": half, "order": Fraction(2), "strength": Fraction(1)}


@mvi_fixed_point.step("with K = gamma P pi and Q^pi = r + K Q^pi, the update of Q^pi + B is Q^pi + B", method="noncommutative")
def _() -> tuple[Any, Any]:
    kernel, own, bonus = sp.symbols("K q B", commutative=False)
    Q = own + bonus
    return (own - kernel * own) + bonus + kernel * (Q - bonus), Q


@claim(
    "tsallis_kl.mvi_effective_temperature",
    "==",
    paper=DERIVED,
    assumptions="alpha = 1, q > 1; Q = Q^pi + tau L(pi)",
    instances=fixed_points(),
    search=FIXED,
    allowance=of_fixed_points,
    uses=("tsallis_kl.mvi_fixed_point", "tsallis_kl.regularised_greedy_step"),
    argument="pi is greedy for an entropy at temperature t if Q - t q/(q-1) pi^(q-1) is constant on its support and no larger "
    "elsewhere. By the first step that holds of (Q, tau) exactly if it holds of (Q^pi, tau (q-1)/q); by the second, of (Q, "
    "tau/q) exactly if Q^pi itself is constant on the support and no larger elsewhere: then pi is optimal. (At pi = 0, L = "
    "-1/(q-1) is the same constant.)",
    correction="MVI(q) whose greedy step is that of the entropy at temperature tau is not optimal in the limit for q > 1, "
    "unless tau is below the smallest action gap; at temperature tau / q it is.",
)
def mvi_effective_temperature(mdp: Any, policy: Array, order: Any, strength: Any) -> Sides:
    r"""$Q - \frac{\tau q}{q - 1} \pi^{q-1} = Q^\pi - \frac{\tau_{\mathrm{eff}}\, q}{q - 1} \pi^{q-1} - \frac{\tau}{q - 1}$ with
    $\tau_{\mathrm{eff}} = \tau \frac{q - 1}{q}$, and $Q - \frac{\tau}{q - 1} \pi^{q-1} = Q^\pi - \frac{\tau}{q - 1}$."""
    return _conditions(mdp, policy, order, strength, (order - 1) / order)


def _conditions(mdp: Any, policy: Array, order: Any, strength: Any, share: Any) -> Sides:
    own = q_values(mdp, policy_value(mdp, policy))
    Q, c = own + strength * logs_of(policy, order), strength / (order - 1)
    powers = np.stack([row([power(p, order - 1) for p in line]) for line in policy])
    left = np.stack([Q - c * order * powers, Q - c * powers])
    return left, np.stack([own - c * share * order * powers - c, own - c])


@mvi_effective_temperature.false_sibling("with effective temperature tau / q")
def _(mdp: Any, policy: Array, order: Any, strength: Any) -> Sides:
    return _conditions(mdp, policy, order, strength, 1 / order)


@mvi_effective_temperature.false_sibling("with effective temperature 0, so that the limit is optimal")
def _(mdp: Any, policy: Array, order: Any, strength: Any) -> Sides:
    return _conditions(mdp, policy, order, strength, 0 * order)


@mvi_effective_temperature.known("two doors and the uniform policy, where it is an equality")
def _() -> dict[str, Any]:
    half = np.array([[Fraction(1, 2)] * 2] * 3, dtype=object)
    return {"mdp": two_doors(), "policy": half, "order": Fraction(3), "strength": Fraction(1)}


@mvi_effective_temperature.step("greedy at temperature tau", method="cancel")
def _() -> tuple[Any, Any]:
    own, w, tau, q = sp.symbols("Q w tau q")  # w = pi^(q-1)
    bonus = tau * (w - 1) / (q - 1)
    warmth = tau * (q - 1) / q
    return own + bonus - tau * q / (q - 1) * w, own - warmth * q / (q - 1) * w - tau / (q - 1)


@mvi_effective_temperature.step("greedy at temperature tau / q", method="cancel")
def _() -> tuple[Any, Any]:
    own, w, tau, q = sp.symbols("Q w tau q")
    bonus = tau * (w - 1) / (q - 1)
    return own + bonus - tau / q * q / (q - 1) * w, own - tau / (q - 1)


@st.composite
def bandits(draw: st.DrawFn) -> dict[str, Any]:
    strength = draw(st.sampled_from([0.5, 1.0, 4.0]))
    return {"gap": draw(st.sampled_from([0.125, 0.5, 1.0])) * strength, "strength": strength, "count": draw(st.integers(1, 20))}


def of_bandits(gap: float, strength: float, count: int) -> float:
    """Twenty updates of probabilities."""
    return 1e-13


def bandit_probabilities(gap: Any, strength: Any, count: int, greedy: Any) -> Array:
    """Of the better of two actions under MVI(2), gamma = 0, by the update itself; ``greedy`` is the temperature."""
    values, found = row([0 * gap, 0 * gap]), []
    for _ in range(int(count)):
        policy, _ = sparse_max(values / (2 * greedy))
        found.append(policy[0])
        values = row([gap + strength * (policy[0] - 1), strength * (policy[1] - 1)])
    return row(found)


@claim(
    "tsallis_kl.mvi_bandit",
    "==",
    paper=DERIVED,
    assumptions="q = 2, gamma = 0, two actions whose gap is at most tau, alpha = 1, greedy at temperature tau",
    instances=bandits(),
    search={"gap": Interval(0, 1), "strength": Interval(1, 3), "count": Integers(1, 12)},
    allowance=of_bandits,
    uses=("tsallis_kl.mvi_effective_temperature",),
    argument="At order 2 the difference of the probabilities is that of Q over 2 tau (while both are positive), so that the "
    "difference g of Q goes to Delta + g / 2: g_k = 2 Delta (1 - 2^-k), which solves that recursion by the step.",
)
def mvi_bandit(gap: Any, strength: Any, count: Any) -> Sides:
    r"""$\pi_k = \frac12 + \frac{\Delta}{2 \tau} (1 - 2^{-k})$, $k = 0, 1, \dots$: the limit keeps half of the temperature."""
    expected = [rational(1, 2) + gap / (2 * strength) * (1 - rational(1, 2**k)) for k in range(int(count))]
    return bandit_probabilities(gap, strength, count, strength), row(expected)


@mvi_bandit.false_sibling("of the version with temperature tau / q")
def _(gap: Any, strength: Any, count: Any) -> Sides:
    expected = [rational(1, 2) + gap / (2 * strength) * (1 - rational(1, 2**k)) for k in range(int(count))]
    return bandit_probabilities(gap, strength, count, strength / 2), row(expected)


@mvi_bandit.false_sibling("at the rate of one third")
def _(gap: Any, strength: Any, count: Any) -> Sides:
    expected = [rational(1, 2) + gap / (2 * strength) * (1 - rational(1, 3**k)) for k in range(int(count))]
    return bandit_probabilities(gap, strength, count, strength), row(expected)


@mvi_bandit.known("gap 1/2 at temperature 1, where it is an equality: .5, .625, .6875, .71875")
def _() -> dict[str, Any]:
    return {"gap": Fraction(1, 2), "strength": Fraction(1), "count": 10}


@mvi_bandit.step("the recursion", method="expand")
def _() -> tuple[Any, Any]:
    gap, half = sp.symbols("Delta h")  # h = 2^-k
    return gap + 2 * gap * (1 - half) / 2, 2 * gap * (1 - half / 2)


# --- the first-order normaliser ---


@st.composite
def sparse_answers(draw: st.DrawFn) -> dict[str, Any]:
    """Action values made from their sparse-max, an order."""
    size = draw(st.integers(1, 5))
    return {
        "policy": draw(distributions(size)),
        "slack": np.array(draw(st.lists(st.sampled_from([0.0, 0.25, 2.0]), min_size=size, max_size=size))),
        "level": draw(st.sampled_from([-1.0, 0.0, 0.5])),
        "order": draw(st.sampled_from(ABOVE)),
    }


def of_sparse_answers(policy: Array, **_: Any) -> float:
    """Sums of at most five numbers of size four."""
    return 1e-13


@claim(
    "tsallis_kl.approximate_normaliser",
    "==",
    paper=ZHU,
    theorem="its first-order normaliser, with the condition under which it fails",
    assumptions="q >= 1",
    instances=sparse_answers(),
    search={"policy": Simplex(3), "slack": Vector(3, 0, 1), "level": Interval(-1, 1), "order": Choice(ABOVE)},
    allowance=of_sparse_answers,
    argument="On the support K of sparse-max z = p + nu, so that the sum of z over K is 1 + |K| nu and psi = nu + 1; the best "
    "action has z - psi = p_max - 1 (step). Its bracket, the largest, is positive if and only if p_max > (q - 2)/(q - 1).",
    correction="The approximation loses all mass if the best action's sparse-max probability is at most (q - 2)/(q - 1): at "
    "two tied actions for every q >= 3.",
)
def approximate_normaliser(policy: Array, slack: Array, level: Any, order: Any) -> Sides:
    r"""With $\hat\psi = 1 + (\sum_K Q/\tau - 1)/|K|$ the largest bracket of $\exp_{2-q}(Q/\tau - \hat\psi)$ is $1 + (q -
    1)(p_{max} -
    1)$, $p_{max}$ the largest sparse-max probability."""
    return _largest_bracket(policy, slack, level, order), 1 + (order - 1) * (largest(policy) - 1)


def _largest_bracket(policy: Array, slack: Array, level: Any, order: Any) -> Any:
    z = row([p + level if p != 0 else level - s for p, s in zip(policy, slack, strict=True)])
    law, _ = sparse_max(z)
    inside = [x for x, p in zip(z, law, strict=True) if p > 0]
    psi = (total(inside) - 1) / rational(len(inside)) + 1
    return 1 + (order - 1) * (largest(z) - psi)


@approximate_normaliser.false_sibling("it is the (q-1)-th power of the largest probability, for every order")
def _(policy: Array, slack: Array, level: Any, order: Any) -> Sides:
    return _largest_bracket(policy, slack, level, order), power(largest(policy), order - 1)


@approximate_normaliser.false_sibling("it is never negative")
def _(policy: Array, slack: Array, level: Any, order: Any) -> Sides:
    bracket = _largest_bracket(policy, slack, level, order)
    return bracket, largest(row([bracket, 0 * bracket]))


@approximate_normaliser.known("two tied actions at order 3, where it is an equality: no mass is left")
def _() -> dict[str, Any]:
    return {"policy": [Fraction(1, 2)] * 2, "slack": [Fraction(0)] * 2, "level": Fraction(0), "order": Fraction(3)}


@approximate_normaliser.step("z - psi of the best action", method="cancel")
def _() -> tuple[Any, Any]:
    p, nu, size = sp.symbols("p nu K")
    psi = ((1 + size * nu) - 1) / size + 1
    return (p + nu) - psi, p - 1
