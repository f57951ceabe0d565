r"""Regularised Bellman operators: contraction, and what the regulariser costs.

Instances are models made from their answer: for any policy without restriction, values v, discount and kernel, the rewards are
those for which the policy is the entropy-regularised optimum with values v. Both sides are then rational for integer orders.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import exp, is_exact, largest, log, power, rational
from proofs_check.claim import claim
from proofs_check.exact_mdp import ExactMDP
from proofs_check.spaces import Choice, Interval, Kernel, LogInterval, Model, Simplex, Vector
from proofs_check.strategies import distributions, stochastic_matrices
from proofs_check.topics.mdp.formulas import norm, optimum, policy_value, q_values
from proofs_check.topics.mdp.instances import one_state, rounding, with_vectors
from proofs_check.topics.tsallis_kl.formulas import dot, entropy, kappa, q_log, row, sparse_max, total
from proofs_check.topics.tsallis_kl.instances import DERIVED, GEIST
from tabular import MDP

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]


# --- contraction ---


def soft_backup(mdp: Any, v: Array, order: Any, strength: Any) -> Array:
    """Backup with an entropy of order 1 (log-sum-exp) or 2 (sparse-max), from its closed form."""
    return row([soft_max(q, order, strength) for q in q_values(mdp, v)])


def soft_max(values: Array, order: Any, strength: Any) -> Any:
    """Largest mean plus strength times the entropy."""
    top = largest(values)
    below = values - top  # in doubles, so that large values do not drown the strength
    if order == 1:
        return top + strength * log(total(exp(x / strength) for x in below))
    law, _ = sparse_max(below / (2 * strength))
    return top + dot(law, below) + strength * entropy(law, order)


REGULARISED: dict[str, Any] = {
    "mdp": Model(2, 2),
    "v": Vector(2),
    "w": Vector(2),
    "order": Choice((1, 2)),
    "strength": LogInterval(Fraction(1, 8), 4),
}


def of_backups(mdp: MDP, strength: float, **vectors: Any) -> float:
    """As for ordinary backups, and the strength times logarithms or squares of at most one."""
    return rounding(mdp, **{name: x for name, x in vectors.items() if name in ("v", "w")}) + 1e-13 * strength


@claim(
    "tsallis_kl.contraction",
    "<=",
    paper=GEIST,
    theorem="Proposition 2",
    assumptions="any convex regulariser; sides are evaluated for entropies of order 1 and 2",
    instances=with_vectors("v", "w", order=st.sampled_from([1, 2]), strength=st.sampled_from([0.125, 1.0, 4.0])),
    search=REGULARISED,
    allowance=of_backups,
    argument="With pi greedy for v, T v - T w <= T_pi v - T_pi w: the regulariser is the same on both sides and cancels, "
    "which leaves gamma P_pi (v - w) <= gamma |v - w| (step). Exchange v and w. Regularisation does not change the modulus.",
)
def contraction(mdp: Any, v: Array, w: Array, order: Any, strength: Any) -> Sides:
    r"""$\|T_\Omega v - T_\Omega w\| \le \gamma \|v - w\|$."""
    return norm(soft_backup(mdp, v, order, strength) - soft_backup(mdp, w, order, strength)), mdp.gamma * norm(v - w)


@contraction.false_sibling("gamma squared")
def _(mdp: Any, v: Array, w: Array, order: Any, strength: Any) -> Sides:
    return norm(soft_backup(mdp, v, order, strength) - soft_backup(mdp, w, order, strength)), mdp.gamma**2 * norm(v - w)


@contraction.false_sibling("a strength that changes with the argument")
def _(mdp: Any, v: Array, w: Array, order: Any, strength: Any) -> Sides:
    return norm(soft_backup(mdp, v, order, strength) - soft_backup(mdp, w, order, 2 * strength)), mdp.gamma * norm(v - w)


@contraction.known("one state, where it is an equality")
def _() -> dict[str, Any]:
    return {"mdp": one_state(), "v": [1], "w": [0], "order": 2, "strength": Fraction(1)}


@contraction.step("the regulariser cancels", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, r, v, w, omega = sp.symbols("P r v w Omega", commutative=False)
    return (r + gamma * kernel * v - omega) - (r + gamma * kernel * w - omega), gamma * kernel * (v - w)


# --- regularised optima by construction ---


@st.composite
def constructed(draw: st.DrawFn) -> dict[str, Any]:
    """A kernel, the optimal policy and the optimal values of an entropy-regularised model."""
    n_states, n_actions = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    pairs = (n_states, n_actions)
    numbers = st.sampled_from([0.0, 0.25, 1.0])
    return {
        "kernel": draw(stochastic_matrices(n_states * n_actions, n_states)).reshape(*pairs, n_states),
        "policy": np.stack([draw(distributions(n_actions)) for _ in range(n_states)]),
        "values": np.array(draw(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 2.0]), min_size=n_states, max_size=n_states))),
        "slack": np.array(draw(st.lists(numbers, min_size=n_states * n_actions, max_size=n_states * n_actions))).reshape(pairs),
        "gamma": draw(st.sampled_from([0.0, 0.5, 0.875, 0.984375])),
        "order": draw(st.sampled_from([2, 3, 5])),
        "strength": draw(st.sampled_from([0.125, 1.0])),
    }


CONSTRUCTED: dict[str, Any] = {
    "kernel": Kernel((2, 2), 2),
    "policy": Kernel((2,), 2),
    "values": Vector(2),
    "slack": Vector((2, 2), 0, 1),
    "gamma": Interval(0, Fraction(99, 100)),
    "order": Choice((2, 3, 5)),
    "strength": LogInterval(Fraction(1, 8), 1),
}


def of_constructed(kernel: Array, values: Array, gamma: float, strength: float, **_: Any) -> float:
    """Rewards have the size of values, slack and strength; optimal values are right to 1e-12 of that over 1 - gamma."""
    return 2e-12 * (float(np.abs(values).max()) + 2 * strength + 2) / (1 - gamma) ** 2


def model_of(kernel: Array, policy: Array, values: Array, slack: Array, gamma: Any, order: Any, strength: Any) -> Any:
    """The model whose entropy-regularised optimum is the given policy, with the given values."""
    rewards = []
    for p, v, s, laws in zip(policy, values, slack, kernel, strict=True):
        shaped = row([kappa(order, strength) * power(x, order - 1) - (y if x == 0 else 0 * y) for x, y in zip(p, s, strict=True)])
        level = v - dot(p, shaped) - strength * entropy(p, order)
        rewards.append(row([x + level - gamma * dot(law, values) for x, law in zip(shaped, laws, strict=True)]))
    r = np.stack(rewards)
    if is_exact():
        return ExactMDP(kernel, r, gamma, None, np.ones(r.shape, dtype=bool))
    return MDP(kernel, r, gamma)


def cap(policy: Array, order: Any, strength: Any, gamma: Any) -> Any:
    r""":math:`\tau \ln_q n / (1 - \gamma)`."""
    return strength * q_log(rational(policy.shape[1]), order) / (1 - gamma)


@claim(
    "tsallis_kl.geist_sandwich",
    "<=",
    paper=GEIST,
    theorem="Theorem 2 and Proposition 3, for Tsallis entropies",
    assumptions="an entropy of order q and strength tau, n actions",
    instances=constructed(),
    search=CONSTRUCTED,
    allowance=of_constructed,
    uses=("tsallis_kl.regularised_greedy_step", "tsallis_kl.entropy_range"),
    argument="The rewards are those for which the policy meets the first-order conditions with value v in every state, so "
    "that v is the regularised optimum. A policy earns its bonus tau S_q, between 0 and tau ln_q n, at every step: its "
    "regularised value is between its value and that plus tau ln_q n / (1 - gamma) (step). Both optima are the largest of "
    "those.",
)
def geist_sandwich(kernel: Array, policy: Array, values: Array, slack: Array, gamma: Any, order: Any, strength: Any) -> Sides:
    r"""$0 \le v^*_\Omega - v^* \le \frac{\tau \ln_q n}{1 - \gamma}$."""
    best = optimum(model_of(kernel, policy, values, slack, gamma, order, strength))
    room = cap(policy, order, strength, gamma)
    return np.stack([best, values]), np.stack([values, best + room])


@geist_sandwich.false_sibling("half of it: the bound of sparse-max, whose entropy has the prefactor 1/2")
def _(kernel: Array, policy: Array, values: Array, slack: Array, gamma: Any, order: Any, strength: Any) -> Sides:
    best = optimum(model_of(kernel, policy, values, slack, gamma, order, strength))
    return values, best + cap(policy, order, strength, gamma) / 2


@geist_sandwich.false_sibling("without the horizon")
def _(kernel: Array, policy: Array, values: Array, slack: Array, gamma: Any, order: Any, strength: Any) -> Sides:
    best = optimum(model_of(kernel, policy, values, slack, gamma, order, strength))
    return values, best + cap(policy, order, strength, 0 * gamma)


@geist_sandwich.known("two tied actions, where it is an equality")
def _() -> dict[str, Any]:
    one = Fraction(1)
    return {
        "kernel": np.array([[[one], [one]]], dtype=object),
        "policy": np.array([[one / 2, one / 2]], dtype=object),
        "values": [one],
        "slack": np.array([[0 * one, 0 * one]], dtype=object),
        "gamma": Fraction(9, 10),
        "order": 2,
        "strength": one,
    }


@geist_sandwich.step("values differ by the discounted bonuses b", method="noncommutative")
def discounted_bonuses() -> tuple[Any, Any]:
    """Of one policy: v = r + gamma P v without its bonuses, u = r + b + gamma P u with them."""
    gamma = sp.Symbol("gamma")
    kernel, plain, soft = sp.symbols("P v u", commutative=False)
    reward = plain - gamma * kernel * plain
    bonus = soft - gamma * kernel * soft - reward
    return (soft - plain) - gamma * kernel * (soft - plain), bonus


def tight(order: int, horizon: int) -> dict[str, Any]:
    """State 0 goes to A, whose two actions are tied, or to B, where one earns b and the other is dropped; nearly as good with
    its entropy, A is chosen, and all of its entropy is lost. The discount is 1 - 1/horizon."""
    one, gamma, strength = Fraction(1), 1 - Fraction(1, horizon), Fraction(1)
    kernel = np.zeros((3, 2, 3), dtype=int).astype(object) * one
    kernel[0, 0, 1] = kernel[0, 1, 2] = kernel[1, :, 1] = kernel[2, :, 2] = one
    bonus = (1 - Fraction(1, 2 ** (order - 1))) / (order - 1) * strength  # ln_q 2
    top = bonus * horizon  # value of A with its entropy, over 1 - gamma
    k = strength * order / (order - 1)  # at (1, 0) the other action needs a gap of kappa in state 0
    values = [gamma * top, top, top - k / gamma]
    slack = np.array([[0 * one, 0 * one], [0 * one, 0 * one], [0 * one, one * 10**6]], dtype=object)
    policy = np.array([[one, 0 * one], [one / 2, one / 2], [one, 0 * one]], dtype=object)
    return {
        "kernel": kernel,
        "policy": policy,
        "values": values,
        "slack": slack,
        "gamma": gamma,
        "order": order,
        "strength": strength,
    }


@claim(
    "tsallis_kl.performance_loss",
    "<=",
    paper=GEIST,
    theorem="Theorem 2, for Tsallis entropies",
    assumptions="an entropy of order q and strength tau, n actions",
    instances=constructed(),
    search=CONSTRUCTED,
    allowance=of_constructed,
    uses=("tsallis_kl.geist_sandwich",),
    argument="v* <= v*_Omega, and by the step v*_Omega exceeds the value of its policy by the discounted bonuses, at most tau "
    "ln_q n / (1 - gamma).",
)
def performance_loss(kernel: Array, policy: Array, values: Array, slack: Array, gamma: Any, order: Any, strength: Any) -> Sides:
    r"""$v^* - v^{\pi_\Omega} \le \frac{\tau \ln_q n}{1 - \gamma}$; the constant 1 is approached as $\gamma \to 1$."""
    mdp = model_of(kernel, policy, values, slack, gamma, order, strength)
    return norm(optimum(mdp) - policy_value(mdp, policy)), cap(policy, order, strength, gamma)


@performance_loss.false_sibling("ninety-nine hundredths of it")
def _(kernel: Array, policy: Array, values: Array, slack: Array, gamma: Any, order: Any, strength: Any) -> Sides:
    mdp = model_of(kernel, policy, values, slack, gamma, order, strength)
    loss = norm(optimum(mdp) - policy_value(mdp, policy))
    return loss, rational(99, 100) * cap(policy, order, strength, gamma)


@performance_loss.known("A or B, gamma = .9, order 2")
def _() -> dict[str, Any]:
    return tight(2, 10)


@performance_loss.known("A or B, gamma = .9999, order 2: the constant is all but attained")
def _() -> dict[str, Any]:
    return tight(2, 10_000)


performance_loss.step("values differ by the discounted bonuses b", method="noncommutative")(discounted_bonuses)


@st.composite
def sparse_rows(draw: st.DrawFn) -> dict[str, Any]:
    size = draw(st.integers(1, 5))
    return {
        "policy": draw(distributions(size)),
        "slack": np.array(draw(st.lists(st.sampled_from([0.0, 0.5, 2.0]), min_size=size, max_size=size))),
        "strength": draw(st.sampled_from([0.125, 1.0, 4.0])),
    }


def of_rows(policy: Array, slack: Array, strength: float) -> float:
    """Sums of at most five numbers of size strength."""
    return 1e-13 * (strength + 2)


@claim(
    "tsallis_kl.bandit_loss",
    "<=",
    paper=DERIVED,
    assumptions="q = 2, gamma = 0, n actions",
    instances=sparse_rows(),
    search={"policy": Simplex(3), "slack": Vector(3, 0, 1), "strength": LogInterval(Fraction(1, 8), 4)},
    allowance=of_rows,
    uses=("tsallis_kl.regularised_greedy_step",),
    argument="Q = c + 2 tau pi - slack, so that the loss is 2 tau (p - sum pi^2), p the largest probability. The others have "
    "squares of at least (1 - p)^2 / (n - 1), and p - p^2 - (1-p)^2/(n-1) is at most (n-1)/(4n) (step: the difference is a "
    "square).",
)
def bandit_loss(policy: Array, slack: Array, strength: Any) -> Sides:
    r"""$\max Q - \langle \pi, Q\rangle \le \frac12 \tau \ln_2 n = \frac{\tau (n - 1)}{2n}$ in a bandit at $q = 2$."""
    return _loss(policy, slack, strength), _half(policy, strength)


def _loss(policy: Array, slack: Array, strength: Any) -> Any:
    values = row([2 * strength * p if p != 0 else -s for p, s in zip(policy, slack, strict=True)])
    return largest(values) - dot(policy, values)


def _half(policy: Array, strength: Any) -> Any:
    return strength * rational(len(policy) - 1, 2 * len(policy))


@bandit_loss.false_sibling("nine tenths of it")
def _(policy: Array, slack: Array, strength: Any) -> Sides:
    return _loss(policy, slack, strength), rational(9, 10) * _half(policy, strength)


@bandit_loss.known("(2/3, 1/6, 1/6), where it is an equality")
def _() -> dict[str, Any]:
    return {"policy": [Fraction(2, 3), Fraction(1, 6), Fraction(1, 6)], "slack": [Fraction(0)] * 3, "strength": Fraction(1)}


@bandit_loss.step("the square, with m = n - 1", method="cancel")
def _() -> tuple[Any, Any]:
    p, m = sp.symbols("p m", positive=True)
    n = m + 1
    return m / (4 * n) - (p - p**2 - (1 - p) ** 2 / m), n / m * (p - (n + 1) / (2 * n)) ** 2
