r"""Munchausen value iteration with q-logarithms, and the first-order normaliser of published code.

:math:`L = \ln_{2-q}` is finite at 0 for q > 1. The update from action values Q with any policy pi is
:math:`Q \mapsto r + \alpha \tau L(\pi) + \gamma P \langle \pi, Q - \tau L(\pi)\rangle`; what differs between versions is which
policy is greedy.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import kl, largest, log, power, rational, smallest, xlogx
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Integers, Interval, Kernel, LogInterval, Model, Simplex, Vector
from proofs_check.strategies import distributions, mdps
from proofs_check.topics.mdp.formulas import policy_value, q_values, size
from proofs_check.topics.tsallis_kl.formulas import divergence, dot, q_log, row, sparse_max, total
from proofs_check.topics.tsallis_kl.instances import (
    ABOVE,
    DERIVED,
    MUNCHAUSEN,
    ORDERS,
    ZHU,
    Positive,
    mirror_pair,
    pairs_of_laws,
    positive_laws,
)
from proofs_check.topics.tsallis_kl.mirror import two_doors
from tabular import MDP

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
    theorem="1",
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
    r"""$\langle \pi', L(\pi') - L(\pi)\rangle = B_\omega(\pi', \pi) + (q - 1) (\omega(\pi') - \omega(\pi))$: MVI(q) is mirror
    descent in the Tsallis entropy's own Bregman divergence (squared distance at $q = 2$), which can leave the boundary."""
    left = total(a * (q_log(a, 2 - order) - q_log(b, 2 - order)) for a, b in zip(p, reference, strict=True))
    new, old = potential(p, order), potential(reference, order)
    slope = total((a - b) * q_log(b, 2 - order) for a, b in zip(p, reference, strict=True))
    return left, (new - old - slope) + (order - 1) * (new - old)


@mvi_penalty.false_sibling("the Bregman divergence alone, as for q = 1")
def _(p: Array, reference: Array, order: Any) -> Sides:
    left = total(a * (q_log(a, 2 - order) - q_log(b, 2 - order)) for a, b in zip(p, reference, strict=True))
    slope = total((a - b) * q_log(b, 2 - order) for a, b in zip(p, reference, strict=True))
    return left, potential(p, order) - potential(reference, order) - slope


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
    argument="Q - tau L(pi) is Q^pi, whose mean under pi is v^pi: the update gives r + tau L + gamma P v^pi, which by the "
    "step is Q again. At a fixed point Q - tau L(pi) conversely solves the evaluation equation of pi, and that has one "
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


@mvi_fixed_point.step("r + tau L + gamma P v = Q^pi + tau L", method="expand")
def _() -> tuple[Any, Any]:
    r, bonus, future = sp.symbols("r tauL gPv")
    return r + bonus + future, (r + future) + bonus


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
    estimate
    that is worse by more drops an action. For $q = 1$ nothing is ever so bad."""
    return _shortfall(before, after, slack, order, strength, coefficient), (1 + coefficient) * strength / (order - 1)


def _shortfall(before: Array, after: Array, slack: Array, order: Any, strength: Any, coefficient: Any) -> Any:
    last, new = (row([q_log(p, 2 - order) for p in law]) for law in (before, after))
    values = strength * new - coefficient * strength * last
    values = row([x if p != 0 else x - s for x, p, s in zip(values, after, slack, strict=True)])
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
