r"""Claims about optimal policies of dynamical linear bandits: of a finite horizon, and in the long run."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import floats_only, is_exact, largest, power, rational
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Interval, Vector
from proofs_check.topics.linear_bandits.formulas import (
    Array,
    Sides,
    bandit,
    cumulative,
    diameter,
    inner,
    known_bounds,
    longest,
    partial_sums,
    rewards,
    total,
)
from proofs_check.topics.linear_bandits.instances import BUDGETS, DERIVED, MUSSI, SYSTEM, fractions, scaled, synthetic, systems

CHOICES: dict[str, Any] = {
    "instances": systems(rounds=3, horizon=st.integers(1, 4)),
    "search": SYSTEM | {"actions": Vector((2, 2)), "horizon": Integers(1, 4)},
}
"""Here ``actions`` are what a learner may choose from."""


def totals(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, horizon: int) -> Array:
    """Expected total of every sequence of actions."""
    found = []
    for sequence in product(range(len(actions)), repeat=int(horizon)):
        state, paid = x, rational(0)
        for k in sequence:
            paid = paid + inner(omega, state) + inner(theta, actions[k])
            state = A @ state + B @ actions[k]
        found.append(paid)
    return np.array(found)


def optimum(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, horizon: int) -> Any:
    """The best that any policy can do."""
    if not is_exact():
        return _our_optimum(A, B, omega, theta, x, actions, horizon)
    none = np.array([[rational(0)] * actions.shape[1]] * int(horizon))
    best = total(largest(np.array([inner(h, u) for u in actions])) for h in partial_sums(A, B, omega, theta, horizon))
    return best + rewards(A, B, omega, theta, none, x).sum()


@floats_only
def _our_optimum(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, horizon: int) -> float:
    return bandit(A, B, omega, theta, x).finite_horizon_optimum(actions, horizon).value


def constant(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, horizon: int, h: Array) -> Any:
    """Expected total of the action that is best by the parameter h."""
    values = [inner(h, u) for u in actions]
    best = max(range(len(actions)), key=lambda k: values[k])
    return rewards(A, B, omega, theta, np.repeat(actions[best : best + 1], int(horizon), axis=0), x).sum()


def five_rounds() -> dict[str, Any]:
    """The synthetic instance with its six budgets."""
    return synthetic() | {"actions": BUDGETS, "horizon": 5}


@claim(
    "linear_bandits.finite_horizon",
    "==",
    paper=DERIVED,
    theorem="the counterpart of Theorem 2.1 of Mussi, Metelli and Restelli (2023) for a finite horizon",
    assumptions="any stable system; all policies, those that depend on the history included",
    allowance=scaled,
    uses=("linear_bandits.expected_total",),
    argument="By expected_total, with expectations, the total of a policy is the sum of <h^{[0, T-s]}, E u_s> and of what the "
    "initial state pays: its terms can be maximised one by one (first step: with two rounds, nothing mixes the two actions), and "
    "<h, E u> is at most the maximum over actions (second step). History cannot help, as no term depends on it.",
    **CHOICES,
)
def finite_horizon(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, horizon: int) -> Sides:
    r"""The best expected total of T rounds is $\sum_{m < T} \max_u \langle h^{[0, m]}, u \rangle$, and what the initial state
    pays: the optimum plays $\arg\max_u \langle h^{[0, T - s]}, u \rangle$ in round s."""
    return largest(totals(A, B, omega, theta, x, actions, horizon)), optimum(A, B, omega, theta, x, actions, horizon)


@finite_horizon.false_sibling("the action of largest steady-state value, throughout")
def _(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, horizon: int) -> Sides:
    best = largest(totals(A, B, omega, theta, x, actions, horizon))
    return best, constant(A, B, omega, theta, x, actions, horizon, cumulative(A, B, omega, theta))


@finite_horizon.false_sibling("what pays most at once, throughout")
def _(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, horizon: int) -> Sides:
    best = largest(totals(A, B, omega, theta, x, actions, horizon))
    return best, constant(A, B, omega, theta, x, actions, horizon, theta)


@finite_horizon.step("two rounds: the total is separable", method="expand")
def _() -> tuple[Any, Any]:
    a, b, w, t, x, u, v = sp.symbols("a b omega theta x u v")
    return (w * x + t * u) + (w * (a * x + b * u) + t * v), (t + w * b) * u + t * v + (1 + a) * w * x


@finite_horizon.step("the better of two actions, less their mean, is a multiple of what it is ahead", method="expand")
def _() -> tuple[Any, Any]:
    p, high, gap = sp.symbols("p high gap", nonnegative=True)
    return high - ((1 - p) * high + p * (high - gap)), p * gap


finite_horizon.known("the synthetic instance over three rounds, an equality")(lambda: five_rounds() | {"horizon": 3})


ASSUMED: dict[str, Any] = {
    "instances": systems(states=2, rounds=3, assumed=True, horizon=st.integers(1, 30)),
    "search": SYSTEM
    | {"actions": Vector((2, 2)), "horizon": Integers(1, 8), "radius": Interval(Fraction(9, 10), Fraction(99, 100))},
}


@claim(
    "linear_bandits.optimal_policy",
    "<=",
    paper=MUSSI,
    theorem="Theorem 2.1, with its constant for every horizon (derived here)",
    assumptions="|A^k| <= Phi r^k; D the largest distance between two actions; all policies, those that depend on the history "
    "included",
    allowance=scaled,
    uses=("linear_bandits.finite_horizon",),
    argument="By finite_horizon the optimum gains max_u <h^{[0, m]}, u - u*> over u* in the round that has m rounds after it, "
    "for m < T. As <h, u - u*> <= 0 that is at most <h - h^{[0, m]}, u* - u>, and |h - h^{[0, m]}| <= sum_{s > m} B Omega Phi "
    "r^(s-1) = B Omega Phi r^m / (1 - r); the step sums over m. Divided by T it vanishes: no policy has a larger long-run "
    "average.",
    **ASSUMED,
)
def optimal_policy(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, horizon: int, radius: Any) -> Sides:
    r"""No policy earns in T rounds more than the constant $u^* \in \arg\max_u \langle h, u \rangle$ and $D B \Omega \Phi
    \frac{1 - r^T}{(1 - r)^2}$."""
    return _ahead(A, B, omega, theta, x, actions, horizon), _allowed(A, B, omega, theta, x, actions, horizon, radius)


def _ahead(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, horizon: int) -> Any:
    best = optimum(A, B, omega, theta, x, actions, horizon)
    return best - constant(A, B, omega, theta, x, actions, horizon, cumulative(A, B, omega, theta))


def _allowed(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, horizon: int, radius: Any) -> Any:
    scale, phi, settled, _, _ = known_bounds(A, B, omega, theta, x, actions, radius)
    if (reach := longest(actions)) == 0:
        return rational(0)
    return diameter(actions) / reach * settled * scale * phi * (1 - power(radius, int(horizon))) / (1 - radius)


@optimal_policy.false_sibling("the constant action is optimal at every horizon")
def _(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, horizon: int, radius: Any) -> Sides:
    return _ahead(A, B, omega, theta, x, actions, horizon), rational(0)


@optimal_policy.false_sibling("one power of 1 / (1 - r) less")
def _(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, horizon: int, radius: Any) -> Sides:
    right = _allowed(A, B, omega, theta, x, actions, horizon, radius)
    return _ahead(A, B, omega, theta, x, actions, horizon), right * (1 - radius)


@optimal_policy.step("the sum of r^m / (1 - r) over m < T, here for T = 4", method="cancel")
def _() -> tuple[Any, Any]:
    r = sp.Symbol("r")
    return sum(r**m / (1 - r) for m in range(4)), (1 - r**4) / (1 - r) ** 2


@optimal_policy.known("the synthetic instance over five rounds: 3.6846 against 3.3596 of the constant action")
def _() -> dict[str, Any]:
    return five_rounds() | {"radius": Fraction(1, 5)}


@optimal_policy.known("an action that pays at once and one that pays later, worth almost the same: .70711 of the bound")
def _() -> dict[str, Any]:
    return {
        "A": fractions("9/10"),
        "B": fractions("1 0"),
        "omega": fractions("1")[0],
        "theta": np.array([Fraction(0), Fraction(10) - Fraction(1, 10**6)], dtype=object),
        "x": fractions("0")[0],
        "actions": fractions("1 0", "0 1"),
        "horizon": 40,
        "radius": Fraction(9, 10),
    }
