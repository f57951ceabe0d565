r"""Mirror descent with Tsallis divergences: products of policies, where the normaliser goes, absorbing zeros, improvement."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import exp, is_exact, largest, lift, power, rational
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Integers, Interval, Kernel, LogInterval, Model, Simplex, Vector
from proofs_check.strategies import distributions, mdps
from proofs_check.topics.mdp.formulas import policy_value, q_values, size
from proofs_check.topics.tsallis_kl.formulas import divergence, dot, kappa, q_exp, row, total
from proofs_check.topics.tsallis_kl.greedy import literal, values_of
from proofs_check.topics.tsallis_kl.instances import ABOVE, DERIVED, GEIST, ORDERS, ZHU, Positive, positive_laws
from tabular import MDP

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]


HALVES = np.array([[Fraction(1, 2)] * 2] * 3, dtype=object)


def two_doors() -> MDP:
    """State 0: .5 at once, or on to state 1, where +1 and -1 are to be had; discount .9. Worth .9."""
    P = np.zeros((3, 2, 3), dtype=int).astype(object)
    P[0, 0, 2] = P[0, 1, 1] = P[1, :, 2] = P[2, :, 2] = 1
    r = np.array([[Fraction(1, 2), 0], [1, -1], [0, 0]], dtype=object)
    return MDP(P * Fraction(1), r * Fraction(1), Fraction(9, 10))


# --- the policy as a product ---


@st.composite
def two_steps(draw: st.DrawFn) -> dict[str, Any]:
    """Three policies in a row, without zeros."""
    size = draw(st.integers(1, 4))
    return {
        "first": draw(positive_laws(size)),
        "second": draw(positive_laws(size)),
        "third": draw(positive_laws(size)),
        "order": draw(st.sampled_from(ORDERS)),
        "strength": draw(st.sampled_from([0.125, 1.0, 4.0])),
        "levels": np.array([draw(st.sampled_from([-2.0, -0.5, 0.0, 1.0])) for _ in range(2)]),
    }


def of_ratios(first: Array, order: float, second: Array, third: Array | None = None, **_: Any) -> float:
    """Brackets lose digits in proportion to the largest powers of ratios, which the root 1/(q - 1) turns into relative errors."""
    laws = [x for x in (first, second, third) if x is not None]
    spread = max(float(x.max()) for x in laws) / min(float(x.min()) for x in laws)
    return 1e-13 * float(spread) ** (2 * abs(order - 1)) / min(1.0, abs(order - 1)) * 10


TWO_STEPS: dict[str, Any] = {
    "first": Positive(3),
    "second": Positive(3),
    "third": Positive(3),
    "order": Choice(tuple(q for q in ORDERS if q <= 2)),
    "strength": LogInterval(Fraction(1, 8), 4),
    "levels": Vector(2, -1, 1),
}


def _two_values(first: Array, second: Array, third: Array, order: Any, strength: Any, levels: Array) -> tuple[Array, Array]:
    none = 0 * first
    return (
        values_of(second, first, order, strength, none, levels[0]),
        values_of(third, second, order, strength, none, levels[1]),
    )


@claim(
    "tsallis_kl.tsallis_kl_policy_product",
    "==",
    paper=ZHU,
    theorem="its policy theorem, corrected",
    assumptions="policies without zeros",
    instances=two_steps(),
    search=TWO_STEPS,
    allowance=of_ratios,
    uses=("tsallis_kl.regularised_greedy_step", "tsallis_kl.value_identity"),
    argument="Each greedy policy is mu exp_{2-q}((Q - phi)/(q tau)) of the last one; multiply.",
    correction="The published product has the normaliser outside, pi_k exp(Q_k) up to a factor; for q other than 1 it belongs "
    "inside: the published policy is another, and changes when a constant is added to Q.",
)
def tsallis_kl_policy_product(first: Array, second: Array, third: Array, order: Any, strength: Any, levels: Array) -> Sides:
    r"""$\pi_{k+1} = \pi_0 \prod_{j \le k} \exp_{2-q} \frac{Q_j - \varphi_j(s)}{q \tau}$."""
    q0, q1 = _two_values(first, second, third, order, strength, levels)
    k = kappa(order, strength)
    factors = [q_exp((q - (c + k)) / (order * strength), 2 - order) for q, c in ((q0, levels[0]), (q1, levels[1]))]
    return third, first * factors[0] * factors[1]


@tsallis_kl_policy_product.false_sibling("the literal product, its normaliser outside, at temperature q tau")
def _(first: Array, second: Array, third: Array, order: Any, strength: Any, levels: Array) -> Sides:
    q0, q1 = _two_values(first, second, third, order, strength, levels)
    return third, literal(q1, literal(q0, first, order, order * strength), order, order * strength)


@tsallis_kl_policy_product.false_sibling("the literal product at temperature tau")
def _(first: Array, second: Array, third: Array, order: Any, strength: Any, levels: Array) -> Sides:
    q0, q1 = _two_values(first, second, third, order, strength, levels)
    return third, literal(q1, literal(q0, first, order, strength), order, strength)


@tsallis_kl_policy_product.known("two steps of order 2, where it is an equality")
def _() -> dict[str, Any]:
    return {
        "first": [Fraction(1, 5), Fraction(3, 10), Fraction(1, 2)],
        "second": [Fraction(93, 400), Fraction(249, 800), Fraction(73, 160)],
        "third": [Fraction(1, 4), Fraction(1, 2), Fraction(1, 4)],
        "order": Fraction(2),
        "strength": Fraction(2),
        "levels": [Fraction(-73, 20), Fraction(0)],
    }


@tsallis_kl_policy_product.step("one factor: with v = pi/mu and Q = c + kappa v^(q-1), the bracket is v^(q-1)", method="cancel")
def _() -> tuple[Any, Any]:
    c, w, tau, q = sp.symbols("c w tau q")  # w = v^(q-1)
    k = tau * q / (q - 1)
    return 1 + (q - 1) * (c + k * w - (c + k)) / (q * tau), w


@st.composite
def one_step(draw: st.DrawFn) -> dict[str, Any]:
    """Two policies, and a level that makes the effective temperature positive."""
    size, order = draw(st.integers(1, 4)), draw(st.sampled_from(ORDERS))
    depth = draw(st.sampled_from([0.5, 1.0, 3.0]))
    return {
        "first": draw(positive_laws(size)),
        "second": draw(positive_laws(size)),
        "order": order,
        "strength": draw(st.sampled_from([0.125, 1.0, 4.0])),
        "depth": depth,
    }


@claim(
    "tsallis_kl.effective_temperature",
    "==",
    paper=DERIVED,
    assumptions="policies without zeros, positive effective temperature",
    instances=one_step(),
    search={
        "first": Positive(3),
        "second": Positive(3),
        "order": Choice(tuple(q for q in ORDERS if q <= 2)),
        "strength": LogInterval(Fraction(1, 8), 4),
        "depth": Interval(Fraction(1, 2), 3),
    },
    allowance=of_ratios,
    uses=("tsallis_kl.tsallis_kl_policy_product",),
    argument="The bracket of the literal policy at temperature q tau_eff is the exact one times tau / tau_eff (step), a "
    "factor that does not depend on the action and goes away with the sum.",
)
def effective_temperature(first: Array, second: Array, order: Any, strength: Any, depth: Any) -> Sides:
    r"""$\pi_{k+1} \propto \pi_k \exp_{2-q} \frac{Q_k}{q\, \tau_{\mathrm{eff}}}$ with $\tau_{\mathrm{eff}}(s) = \tau - \frac{q -
    1}{q} \varphi(s)$."""
    level = -depth if order > 1 else depth
    values = values_of(second, first, order, strength, 0 * first, level)
    warmth = strength - (order - 1) / order * (level + kappa(order, strength))
    return second, literal(values, first, order, order * warmth)


@effective_temperature.false_sibling("at the temperature tau itself")
def _(first: Array, second: Array, order: Any, strength: Any, depth: Any) -> Sides:
    level = -depth if order > 1 else depth
    values = values_of(second, first, order, strength, 0 * first, level)
    return second, literal(values, first, order, order * strength)


@effective_temperature.known("phi = .35 and tau_eff = 1.825 at tau = 2, q = 2, where it is an equality")
def _() -> dict[str, Any]:
    return {
        "first": [Fraction(1, 5), Fraction(3, 10), Fraction(1, 2)],
        "second": [Fraction(2325, 10000), Fraction(31125, 100000), Fraction(45625, 100000)],
        "order": Fraction(2),
        "strength": Fraction(2),
        "depth": Fraction(73, 20),
    }


@effective_temperature.step("brackets in proportion", method="cancel")
def _() -> tuple[Any, Any]:
    x, phi, tau, q = sp.symbols("Q phi tau q")
    warmth = tau - (q - 1) * phi / q
    return (1 + (q - 1) * x / (q * warmth)) * warmth / tau, 1 + (q - 1) * (x - phi) / (q * tau)


def of_expansions(values: Array, order: float) -> float:
    """Products of three brackets of at most three."""
    return 1e-12


THREE = Vector(3, Fraction(-1, 5), Fraction(1, 5))


@claim(
    "tsallis_kl.product_expansion",
    "==",
    paper=ZHU,
    theorem="its expansion of the product",
    assumptions="|Q| <= 1/5 and q <= 5, so that no factor is truncated; three steps",
    instances=st.builds(
        dict,
        values=st.lists(st.floats(-0.2, 0.2), min_size=3, max_size=3).map(np.array),
        order=st.sampled_from(ORDERS),
    ),
    search={"values": THREE, "order": Choice(ORDERS)},
    allowance=of_expansions,
    argument="Powers q - 1 of positive factors exp_{2-q} Q are their brackets, and the step is the product of three.",
)
def product_expansion(values: Array, order: Any) -> Sides:
    r"""$\bigl(\prod_j \exp_{2-q} Q_j\bigr)^{q-1} = 1 + \sum_j (q - 1)^j e_j(Q)$ with the elementary symmetric sums $e_j$."""
    return _product(values, order), _expansion(values, order, 3)


def _product(values: Array, order: Any) -> Any:
    out = rational(1)
    for x in values:
        out = out * q_exp(x, 2 - order)
    return power(out, order - 1)


def _expansion(values: Array, order: Any, most: int) -> Any:
    out = rational(1)
    for j in range(1, most + 1):
        for chosen in combinations(values, j):
            term = rational(1)
            for x in chosen:
                term = term * x * (order - 1)
            out = out + term
    return out


@product_expansion.false_sibling("without the last term")
def _(values: Array, order: Any) -> Sides:
    return _product(values, order), _expansion(values, order, 2)


@product_expansion.false_sibling("only the sum: exp_{2-q} of the sum of all Q")
def _(values: Array, order: Any) -> Sides:
    return _product(values, order), _expansion(values, order, 1)


@product_expansion.known("three values at order 2, where it is an equality")
def _() -> dict[str, Any]:
    return {"values": [Fraction(1, 5), Fraction(1, 10), Fraction(-1, 5)], "order": Fraction(2)}


@product_expansion.step("three factors", method="expand")
def _() -> tuple[Any, Any]:
    a, b, c, h = sp.symbols("a b c h")
    symmetric = h * (a + b + c) + h**2 * (a * b + a * c + b * c) + h**3 * a * b * c
    return (1 + h * a) * (1 + h * b) * (1 + h * c), 1 + symmetric


# --- improvement ---


@st.composite
def improvements(draw: st.DrawFn) -> dict[str, Any]:
    """A greedy step of order above one, from a reference without zeros."""
    size = draw(st.integers(1, 5))
    return {
        "policy": draw(distributions(size)),
        "reference": draw(positive_laws(size)),
        "order": draw(st.sampled_from(ABOVE)),
        "strength": draw(st.sampled_from([0.125, 1.0, 4.0])),
        "slack": np.array(draw(st.lists(st.sampled_from([0.0, 0.25, 2.0]), min_size=size, max_size=size))),
    }


def of_improvements(policy: Array, reference: Array, order: float, strength: float, **_: Any) -> float:
    """Action values of size kappa times the largest power of a ratio, and their means."""
    ratio = max(1.0, float((policy / reference).max()))
    return 1e-13 * len(policy) * (2 + strength * order / (order - 1) * ratio**order)


def sharp(order: Any) -> Any:
    """``q`` up to order two, ``q / (q - 1)`` beyond."""
    return order if order <= 2 else order / (order - 1)


@claim(
    "tsallis_kl.improvement_gap",
    ">=",
    paper=DERIVED,
    theorem="sharper than the constant 1 that optimality gives",
    assumptions="q > 1, a reference without zeros",
    instances=improvements(),
    search={
        "policy": Simplex(2),
        "reference": Positive(2),
        "order": Choice(ABOVE),
        "strength": LogInterval(Fraction(1, 8), 4),
        "slack": Vector(2, 0, 1),
    },
    allowance=of_improvements,
    uses=("tsallis_kl.regularised_greedy_step",),
    argument="With v = pi'/mu, Q = c + kappa v^(q-1) - slack: the left side less C tau D is tau/(q-1) times the mean under mu "
    "of q (v^q - v^(q-1)) - C (v^q - 1), plus slack that the reference pays. The mean of v is 1, so multiples of v - 1 may be "
    "added. For q <= 2 and C = q that gives q times 1 + (q-1)(v-1) - v^(q-1) >= 0, Bernoulli's inequality (the tangent of a "
    "concave power, steps 1 and 2). For q >= 2 and C = q/(q-1) it gives C v times (q-2) v^(q-1) - (q-1) v^(q-2) + 1 >= 0 "
    "(step 3), which is weighted means: (q-2)/(q-1) x + 1/(q-1) >= x^((q-2)/(q-1)) for x = v^(q-1), the tangent of a concave "
    "power again.",
)
def improvement_gap(policy: Array, reference: Array, order: Any, strength: Any, slack: Array) -> Sides:
    r"""$\langle \pi' - \mu, Q\rangle \ge C \tau D_q(\pi' \| \mu)$ for the greedy $\pi'$, with $C = q$ for $1 < q \le 2$ and
    $\frac{q}{q - 1}$ for $q \ge 2$."""
    values = values_of(policy, reference, order, strength, slack, 0 * strength)
    return dot(policy, values) - dot(reference, values), sharp(order) * strength * divergence(policy, reference, order)


@improvement_gap.false_sibling("C = 2 for all orders, as at q = 2")
def _(policy: Array, reference: Array, order: Any, strength: Any, slack: Array) -> Sides:
    values = values_of(policy, reference, order, strength, slack, 0 * strength)
    return dot(policy, values) - dot(reference, values), 2 * strength * divergence(policy, reference, order)


@improvement_gap.known("order 2, where it is an equality")
def _() -> dict[str, Any]:
    return {
        "policy": [Fraction(16, 100), Fraction(27, 100), Fraction(33, 100), Fraction(24, 100)],
        "reference": [Fraction(k, 10) for k in (1, 2, 3, 4)],
        "order": Fraction(2),
        "strength": Fraction(1),
        "slack": [Fraction(0)] * 4,
    }


@improvement_gap.known("order 5, where a rare action is dropped: the constant 5/4 is all but attained")
def _() -> dict[str, Any]:
    return {
        "policy": [Fraction(1), Fraction(0)],
        "reference": [1 - Fraction(1, 10**6), Fraction(1, 10**6)],
        "order": Fraction(5),
        "strength": Fraction(1),
        "slack": [Fraction(0), Fraction(0)],
    }


@improvement_gap.step("q <= 2", method="expand")
def _() -> tuple[Any, Any]:
    v, w, q = sp.symbols("v w q")  # w = v^(q-1)
    return q * (v * w - w) - q * (v * w - 1) + q * (q - 1) * (v - 1), q * (1 + (q - 1) * (v - 1) - w)


@improvement_gap.step("v^(q-1) has a second derivative of the sign of (q-1)(q-2)", method="logarithms")
def _() -> tuple[Any, Any]:
    v, q = sp.symbols("v q", positive=True)
    return sp.diff(v ** (q - 1), v, 2), (q - 1) * (q - 2) * v ** (q - 3)


@improvement_gap.step("q >= 2", method="cancel")
def _() -> tuple[Any, Any]:
    v, u, q = sp.symbols("v u q")  # u = v^(q-2)
    c = q / (q - 1)
    return q * (v**2 * u - v * u) - c * (v**2 * u - 1) + c * (v - 1), c * v * ((q - 2) * v * u - (q - 1) * u + 1)


@st.composite
def models_with_policies(draw: st.DrawFn) -> dict[str, Any]:
    """A model, a policy without zeros, strength and order 1 or 2."""
    mdp = draw(mdps(max_states=3, gammas=st.sampled_from([0.0, 0.5, 0.875])))
    return {
        "mdp": mdp,
        "policy": np.stack([draw(positive_laws(mdp.n_actions)) for _ in range(mdp.n_states)]),
        "order": draw(st.sampled_from([1, 2])),
        "strength": draw(st.sampled_from([0.125, 0.5, 2.0])),
    }


def of_models(mdp: MDP, **_: Any) -> float:
    """1e-12 of the largest value, divided by ``1 - gamma`` for the linear solve."""
    return 1e-12 * size(mdp) / (1 - mdp.gamma)


def improved(mdp: Any, policy: Array, order: Any, strength: Any) -> Array:
    """The greedy policy at the action values of a policy, in closed form: soft-max or projection."""
    values = q_values(mdp, policy_value(mdp, policy))
    return np.stack([step_of(q, p, order, strength) for q, p in zip(values, policy, strict=True)])


def step_of(values: Array, reference: Array, order: Any, strength: Any) -> Array:
    """Order 1: ``mu exp(Q / tau) / sum``. Order 2: ``mu [1 + (Q - level) / (2 tau)]_+``, dropping until none is negative."""
    if order == 1:
        top = largest(values)
        weights = row([m * exp((x - top) / strength) for m, x in zip(reference, values, strict=True)])
        return weights / total(weights)
    active = [a for a, m in enumerate(reference) if m != 0]
    while True:
        mass = total(reference[a] for a in active)
        mean = total(reference[a] * values[a] for a in active) / mass
        ratios = {a: (values[a] - mean) / (2 * strength) + 1 / mass for a in active}
        if all(x > 0 for x in ratios.values()):
            return row([reference[a] * ratios[a] if a in ratios else 0 * reference[a] for a in range(len(values))])
        active = [a for a in active if ratios[a] > 0]


@claim(
    "tsallis_kl.monotone_improvement",
    ">=",
    paper=GEIST,
    theorem="its mirror descent policy iteration; here for every q > 0",
    assumptions="exact evaluation; sides are evaluated for q = 1 and q = 2, where the step has a closed form",
    instances=models_with_policies(),
    search={
        "mdp": Model(2, 2, Interval(0, Fraction(9, 10))),
        "policy": Kernel((2,), 2),
        "order": Choice((1, 2)),
        "strength": LogInterval(Fraction(1, 8), 2),
    },
    allowance=of_models,
    uses=("tsallis_kl.regularised_greedy_step", "tsallis_kl.tsallis_divergence", "mdp.performance_difference"),
    argument="The last policy itself is a rival of the greedy one, at no cost: <pi' - pi, Q> >= tau D(pi' | pi) >= 0 in every "
    "state (for any divergence; at q = 1 with KL). By the performance difference (step) the value is at least as large "
    "everywhere.",
)
def monotone_improvement(mdp: Any, policy: Array, order: Any, strength: Any) -> Sides:
    r"""$v^{\pi_{k+1}} \ge v^{\pi_k}$ for exact policy iteration with $D_q(\cdot \| \pi_k)$."""
    return policy_value(mdp, improved(mdp, policy, order, strength)), policy_value(mdp, policy)


@monotone_improvement.false_sibling("by a full greedy improvement")
def _(mdp: Any, policy: Array, order: Any, strength: Any) -> Sides:
    values = policy_value(mdp, policy)
    better = row([largest(q) for q in q_values(mdp, values)])
    return policy_value(mdp, improved(mdp, policy, order, strength)), better


@monotone_improvement.known("two doors, q = 2, strength 1/10")
def _() -> dict[str, Any]:
    return {"mdp": two_doors(), "policy": HALVES, "order": 2, "strength": Fraction(1, 10)}


@monotone_improvement.step("the value changes by the discounted sum of what is gained in each state", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, new, old = sp.symbols("P u v", commutative=False)
    reward = new - gamma * kernel * new
    return (new - old) - gamma * kernel * (new - old), reward + gamma * kernel * old - old


# --- absorbing zeros ---


def _last_value(strength: Any, updates: int) -> Any:
    """Of the first state, after a number of updates of order 2."""
    mdp = lift(two_doors()) if is_exact() else two_doors()
    half = rational(1, 2)
    policy = np.stack([row([half, half])] * 3)
    for _ in range(int(updates)):
        policy = improved(mdp, policy, 2, strength)
    return policy_value(mdp, policy)[0]


def of_doors(strength: float, updates: int) -> float:
    """Rational operations on numbers of order one."""
    return 1e-13


@claim(
    "tsallis_kl.absorbing_zeros",
    "==",
    paper=DERIVED,
    assumptions="q = 2, tau <= 1/8, exact policy iteration from the uniform policy on the two doors",
    instances=st.builds(dict, strength=st.floats(0.01, 0.125), updates=st.integers(1, 12)),
    search={"strength": Interval(Fraction(1, 100), Fraction(1, 8)), "updates": Integers(1, 12)},
    allowance=of_doors,
    uses=("tsallis_kl.variance_bound", "tsallis_kl.regularised_greedy_step"),
    argument="At first going on is worth 0, since +1 and -1 are equally likely, and stopping .5; the step gives going on the "
    "probability (1 - 1/(8 tau)) / 2, not positive for tau <= 1/8. A policy without mass on an action is a reference without "
    "mass there, so that the action never comes back: the value stays .5, of .9.",
    correction="'Mirror descent policy iteration with a Tsallis divergence converges to an optimal policy' is false for q > "
    "1: an action that is dropped once is dropped for good.",
)
def absorbing_zeros(strength: Any, updates: Any) -> Sides:
    r"""$v^{\pi_k}(s) = \frac12$ for all $k \ge 1$, where $v^*(s) = \frac{9}{10}$."""
    return _last_value(strength, updates), rational(1, 2)


@absorbing_zeros.false_sibling("a strength of 13/125 more, beyond 1/8")
def _(strength: Any, updates: Any) -> Sides:
    return _last_value(strength + rational(13, 125), updates), rational(1, 2)


@absorbing_zeros.false_sibling("the value becomes optimal, as for q = 1")
def _(strength: Any, updates: Any) -> Sides:
    return _last_value(strength, updates), rational(9, 10)


@absorbing_zeros.known("at the threshold, where it is an equality")
def _() -> dict[str, Any]:
    return {"strength": Fraction(1, 8), "updates": 20}


@absorbing_zeros.step("the first probability of going on", method="cancel")
def _() -> tuple[Any, Any]:
    tau = sp.Symbol("tau", positive=True)
    mean = sp.Rational(1, 4)
    return sp.Rational(1, 2) * (1 + (0 - mean) / (2 * tau)), (1 - 1 / (8 * tau)) / 2
