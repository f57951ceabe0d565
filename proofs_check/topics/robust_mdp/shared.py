r"""Claims about s-rectangular sets: the actions of a state share one budget of total variation.

All sides are one backup, at any values; what is said of operators passes to their fixed points, because they are monotone
contractions (``shared_contraction``).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import largest
from proofs_check.claim import claim
from proofs_check.exact_mdp import ExactMDP
from proofs_check.spaces import Integers, Interval, Simplex, Vector
from proofs_check.strategies import distributions
from proofs_check.topics.mdp.formulas import norm
from proofs_check.topics.robust_mdp.formulas import Model, backup, worst_case
from proofs_check.topics.robust_mdp.instances import SIZE, SMALL, Array, Sides, reference, rounding, two_islands, with_sets

WIESEMANN = "Wiesemann, Kuhn and Rustem (2013), Robust Markov decision processes"
HO = "Ho, Petrik and Wiesemann (2018), Fast Bellman updates for robust MDPs"

Row = list[tuple[Any, Any]]
"""Pairs of a gain (what moving a unit of mass saves the adversary) and the mass there, largest gains first."""


# --- one state, from the definition --------------------------------------------------------------------------------------------


def _rows(mdp: ExactMDP, v: Array, s: int) -> tuple[list[Any], list[Row]]:
    """Mean outcomes of the actions, and what can be moved."""
    low = min(v)
    outcomes = [mdp.r[s, a] + mdp.gamma * (mdp.P[s, a] * v).sum() for a in range(mdp.n_actions)]
    rows = [
        sorted(
            ((mdp.gamma * (x - low), p) for x, p in zip(v, mdp.P[s, a], strict=True) if p > 0), key=lambda y: y[0], reverse=True
        )
        for a in range(mdp.n_actions)
    ]
    return outcomes, rows


def _spent(mean: Any, row: Row, u: Any) -> tuple[Any, Any]:
    """The mass that brings a mean down to u, and the rate at which it grows as u falls."""
    need, mass = mean - u, 0 * mean
    if need <= 0:
        return mass, mass
    for gain, p in row:
        if gain > 0 and need <= p * gain:
            return mass + need / gain, 1 / gain
        need, mass = need - p * gain, mass + p
    raise ValueError("below the floor")


def _exact_state(mdp: ExactMDP, v: Array, s: int, budget: Any) -> tuple[Any, Array]:
    """Value and policy of one state: the total that is spent is piecewise linear in the value."""
    means, rows = _rows(mdp, v, s)
    floors = [m - sum((g * p for g, p in row), 0 * m) for m, row in zip(means, rows, strict=True)]
    bottom, top = max(floors), max(means)
    corners = {bottom, *means}
    for m, row in zip(means, rows, strict=True):
        for gain, p in row:
            m = m - gain * p
            corners.add(m)
    above = sorted((u for u in corners if bottom <= u <= top), reverse=True)

    def total(u: Any) -> Any:
        return sum((_spent(m, row, u)[0] for m, row in zip(means, rows, strict=True)), 0 * budget)

    if total(bottom) <= budget or top == bottom or budget == 0:
        u = top if budget == 0 else bottom
        by = means if budget == 0 else floors
        best = max(range(len(means)), key=lambda a: by[a])
        return u, np.array([int(a == best) for a in range(len(means))]) + 0 * np.array(means)
    upper = above[0]
    for lower in above[1:]:
        if total(lower) > budget:
            break
        upper = lower
    u = upper - (upper - lower) * (budget - total(upper)) / (total(lower) - total(upper))
    rates = [_spent(m, row, u)[1] for m, row in zip(means, rows, strict=True)]
    if not any(r > 0 for r in rates):
        rates = [_spent(m, row, (u + lower) / 2)[1] for m, row in zip(means, rows, strict=True)]
    weights = np.array(rates, dtype=object)
    return u, weights / weights.sum()


def _exact_against(mdp: ExactMDP, v: Array, s: int, policy: Array, budget: Any) -> Any:
    """What a policy gets in one state: the budget goes where it hurts most."""
    means, rows = _rows(mdp, v, s)
    value, left = sum((w * m for w, m in zip(policy, means, strict=True)), 0 * budget), budget
    gains = [(w * g, p) for w, row in zip(policy, rows, strict=True) for g, p in row]
    for gain, p in sorted(gains, key=lambda x: x[0], reverse=True):
        step = min(p, left)
        value, left = value - gain * step, left - step
    return value


def shared_backup(mdp: Model, v: Array, budget: Any) -> tuple[Array, Array]:
    """(S,) values and the (S, A) policy of the s-rectangular operator."""
    if not isinstance(mdp, ExactMDP):
        value, policy, _ = _operator(mdp, budget).optimum(v)
        return value, policy
    answers = [_exact_state(mdp, v, s, budget) for s in range(mdp.n_states)]
    return np.array([u for u, _ in answers], dtype=object), np.array([w for _, w in answers], dtype=object)


def against(mdp: Model, v: Array, policy: Array, budget: Any) -> Array:
    """(S,) values of a policy before v."""
    if not isinstance(mdp, ExactMDP):
        return np.asarray(_operator(mdp, budget).fix(np.asarray(policy, dtype=float)).backup(v))
    return np.array([_exact_against(mdp, v, s, policy[s], budget) for s in range(mdp.n_states)], dtype=object)


def _operator(mdp: Any, budget: Any) -> Any:
    return tabular.Robust(mdp, tabular.TotalVariation(), radius=budget, rectangular="s").staged_operator()


SHARED: dict[str, Any] = {"mdp": SMALL, "size": SIZE, "v": Vector(2, -5, 5)}


# --- the claims ----------------------------------------------------------------------------------------------------------------


@claim(
    "robust_mdp.shared_minimax",
    "==",
    paper=WIESEMANN,
    theorem="Theorem 1 (recalled)",
    assumptions="total variation; the argument covers every convex divergence",
    instances=with_sets("v", sets=None),
    search=SHARED,
    allowance=rounding,
    argument="The left side is min over the set of max_a <q_a, b_a>, the least u to which all means can be brought. Its "
    "Lagrangian u + sum_a mu_a (<q_a, b_a> - u) is free of u if the mu_a sum to one, by the step; so the multipliers are a "
    "policy, and by strong duality (the set is convex, and the nominal law is strictly inside it) that policy gets u against "
    "every split.",
)
def shared_minimax(mdp: Model, size: Any, v: Array) -> Sides:
    r"""With one budget for all actions of a state, $\min_q \max_a \langle q_a, b_a \rangle = \max_\pi \min_q \sum_a \pi_a \langle
    q_a, b_a \rangle$: the value of the mixture against its own worst split is the least u that the adversary can enforce."""
    value, policy = shared_backup(mdp, v, size)
    return value, against(mdp, v, policy, size)


@shared_minimax.false_sibling("without mixing: the best single action")
def _(mdp: Model, size: Any, v: Array) -> Sides:
    return shared_backup(mdp, v, size)[0], _best_single(mdp, size, v)


def _best_single(mdp: Model, size: Any, v: Array) -> Array:
    singles = []
    for a in range(mdp.n_actions):
        policy = np.array([[int(b == a) for b in range(mdp.n_actions)]] * mdp.n_states) + 0 * mdp.r
        singles.append(against(mdp, v, policy, size))
    return np.array([largest(np.array(x)) for x in np.array(singles).T])


@shared_minimax.false_sibling("the even mixture")
def _(mdp: Model, size: Any, v: Array) -> Sides:
    even = (0 * mdp.r + 1) / mdp.n_actions
    return shared_backup(mdp, v, size)[0], against(mdp, v, even, size)


@shared_minimax.step("u + m (x - u) + (1 - m) (y - u) = m x + (1 - m) y", method="expand")
def _() -> tuple[Any, Any]:
    u, m, x, y = sp.symbols("u m x y")
    return u + m * (x - u) + (1 - m) * (y - u), m * x + (1 - m) * y


@shared_minimax.known("the reference model, an equality of fractions")
def _() -> dict[str, Any]:
    return {"mdp": reference(), "size": Fraction(1, 5), "v": [7, 6, Fraction(13, 2)]}


@claim(
    "robust_mdp.shared_sandwich",
    "<=",
    paper=HO,
    theorem="(the comparison is derived here)",
    assumptions="total variation; the argument covers every divergence",
    instances=with_sets("v", sets=None),
    search=SHARED,
    allowance=rounding,
    argument="A split of the budget gives no action more than all of it, and the even split gives each its A-th part: the "
    "product set at size / A is inside the shared set, and that inside the product set at the size. On product sets mixing "
    "does not help, so that the two ends are the (s,a)-rectangular backups.",
)
def shared_sandwich(mdp: Model, size: Any, v: Array) -> Sides:
    r"""$T^{sa}_\kappa v \le T^s_\kappa v \le T^{sa}_{\kappa / A} v$, A the number of actions."""
    shared = shared_backup(mdp, v, size)[0]
    return np.concatenate([backup(mdp, "TV", v, size), shared]), np.concatenate(
        [shared, backup(mdp, "TV", v, size / mdp.n_actions)]
    )


@shared_sandwich.false_sibling("sharing costs nothing: the upper end at the whole budget")
def _(mdp: Model, size: Any, v: Array) -> Sides:
    shared = shared_backup(mdp, v, size)[0]
    return shared, backup(mdp, "TV", v, size)


@shared_sandwich.false_sibling("sharing never hurts: the lower end at the A-th part")
def _(mdp: Model, size: Any, v: Array) -> Sides:
    shared = shared_backup(mdp, v, size)[0]
    return backup(mdp, "TV", v, size / mdp.n_actions), shared


@shared_sandwich.step("A parts of kappa / A are kappa", method="cancel")
def _() -> tuple[Any, Any]:
    kappa, count = sp.symbols("kappa A")
    return count * (kappa / count), kappa


@shared_sandwich.known("the reference model")
def _() -> dict[str, Any]:
    return {"mdp": reference(), "size": Fraction(1, 5), "v": [7, 6, Fraction(13, 2)]}


@claim(
    "robust_mdp.shared_contraction",
    "<=",
    paper=WIESEMANN,
    theorem="Theorem 4 (recalled)",
    instances=with_sets("v", "w", sets=None),
    search={**SHARED, "w": Vector(2, -5, 5)},
    allowance=rounding,
    argument="For each policy and each split the mean outcome moves by at most gamma ||v - w||, as for contraction; this "
    "passes to the minimum over splits and to the maximum over policies.",
)
def shared_contraction(mdp: Model, size: Any, v: Array, w: Array) -> Sides:
    r"""$\|T^s v - T^s w\| \le \gamma \|v - w\|$."""
    return norm(shared_backup(mdp, v, size)[0] - shared_backup(mdp, w, size)[0]), mdp.gamma * norm(v - w)


@shared_contraction.false_sibling("gamma (1 - size / 2)")
def _(mdp: Model, size: Any, v: Array, w: Array) -> Sides:
    left, right = shared_contraction.sides(mdp, size, v, w)
    return left, right * (1 - size / 2)


@shared_contraction.step("masses and weights pass a constant through", method="expand")
def _() -> tuple[Any, Any]:
    m, q, x, y, z, c = sp.symbols("m q x y z c")
    mixed = m * (q * (x + c) + (1 - q) * (y + c)) + (1 - m) * (z + c)
    return mixed, m * (q * x + (1 - q) * y) + (1 - m) * z + c


@shared_contraction.known("two islands, values that differ by a constant")
def _() -> dict[str, Any]:
    return {"mdp": two_islands(), "size": Fraction(1, 5), "v": [3, 1], "w": [4, 2]}


# --- what mixing is worth ------------------------------------------------------------------------------------------------------


@st.composite
def copies(draw: st.DrawFn) -> dict[str, Any]:
    """A law, values, a number of equal actions and a budget."""
    n = draw(st.integers(1, 5))
    values = np.array(draw(st.lists(st.integers(-8, 8), min_size=n, max_size=n))) / 4
    return {
        "values": values,
        "p": draw(distributions(n)),
        "count": draw(st.integers(1, 4)),
        "size": draw(st.sampled_from([0.0, 0.1, 0.4, 1.0])),
    }


def units(values: Array, **_: Any) -> float:
    """A few hundred units of 1.1e-16 of the largest value: one backup on each side."""
    return 1e-13 * (1 + float(np.abs(values).max()))


@claim(
    "robust_mdp.worth_of_mixing",
    "==",
    paper="derived here",
    assumptions="equal actions, total variation",
    instances=copies(),
    search={"values": Vector(3, -2, 2), "p": Simplex(3), "count": Integers(1, 4), "size": Interval(0, 1)},
    allowance=units,
    argument="d(u) is the same for all actions, so that the least u has n d(u) = kappa: each gets kappa / n. (One action "
    "alone is met by all of the budget.) The step is the fair coin, where single actions get (1 - 2 kappa) / 2.",
)
def worth_of_mixing(values: Array, p: Array, count: Any, size: Any) -> Sides:
    r"""Mixing n equal actions divides the budget by n: the value is the worst case within $\kappa / n$."""
    mdp = _copies(values, p, int(count))
    shared = shared_backup(mdp, values, size)[0][0]
    return shared, worst_case("TV", values, p, size / count)


def _copies(values: Array, p: Array, count: int) -> Model:
    """A first state with equal actions; one-step values are given, so that the other rows do not matter."""
    n = len(values)
    P = np.array([[p] * count] * n, dtype=p.dtype)
    r = np.zeros((n, count)) if p.dtype == float else np.array([[0 * p[0]] * count] * n, dtype=object)
    if p.dtype == float:
        return tabular.MDP(P, r, 1.0)
    return ExactMDP(P, r, 1 + 0 * p[0], None, np.ones((n, count), dtype=bool))


@worth_of_mixing.false_sibling("a single action does as well")
def _(values: Array, p: Array, count: Any, size: Any) -> Sides:
    return worth_of_mixing.sides(values, p, count, size)[0], worst_case("TV", values, p, size)


@worth_of_mixing.false_sibling("the adversary's budget is gone")
def _(values: Array, p: Array, count: Any, size: Any) -> Sides:
    return worth_of_mixing.sides(values, p, count, size)[0], (p * values).sum()


@worth_of_mixing.step("a fair coin, two actions: 1/2 - kappa / 2 at the split, 1/2 - kappa alone", method="expand")
def _() -> tuple[Any, Any]:
    kappa = sp.Symbol("kappa")
    half = sp.Rational(1, 2)
    return (half - kappa / 2) - (half - kappa), kappa / 2


@worth_of_mixing.known("two fair coins, an L1 budget of 2/5: 2/5 by an equality, 3/10 alone")
def _() -> dict[str, Any]:
    half = Fraction(1, 2)
    return {"values": [0, 1], "p": [half, half], "count": 2, "size": Fraction(1, 5)}
