r"""Claims about the hidden state: what a sequence of actions pays, and when.

With :math:`h = \theta + B^T (I - A)^{-T} \omega` and :math:`h^{[0, m]}` its part that comes in within m rounds.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from proofs_check.arithmetic import absolute, is_exact, power
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Interval, Vector
from proofs_check.topics.linear_bandits.formulas import (
    Array,
    Sides,
    bandit,
    cumulative,
    inner,
    known_bounds,
    norm,
    partial_sums,
    rewards,
    solve,
    states,
    stored,
    total,
)
from proofs_check.topics.linear_bandits.instances import (
    BUDGETS,
    MUSSI,
    SYSTEM,
    advertising,
    fractions,
    scalar,
    scaled,
    synthetic,
    systems,
)

RADIUS = Interval(Fraction(9, 10), Fraction(99, 100))
"""Above the eigenvalues of every searched system."""


def generic() -> dict[str, Any]:
    """The advertising instance, not at rest, with five budgets in turn."""
    return advertising() | {"x": fractions("1 -1/2 1/3")[0], "actions": BUDGETS[[0, 4, 1, 3, 2]]}


# --- exact identities --------------------------------------------------------------------------------------------------------


@claim(
    "linear_bandits.expected_total",
    "==",
    paper=MUSSI,
    theorem="proof of Theorem 2.1",
    assumptions="any stable system; a fixed sequence of actions (for a policy, take expectations)",
    instances=systems(),
    search=SYSTEM | {"actions": Vector((4, 2))},
    allowance=scaled,
    argument="y_t = <omega, A^(t-1) x_1> + sum_{s < t} <h^{t - s}, u_s> + <theta, u_t> by unrolling the recursion, noise "
    "having mean 0. Summed over t the coefficient of u_s is h^{0} + ... + h^{T-s}, and the initial state contributes omega^T "
    "(I + A + ... + A^(T-1)) x_1, which the step sums (the entries of A commute with those of its inverse, so that a number "
    "stands for A).",
)
def expected_total(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array) -> Sides:
    r"""$\sum_{t \le T} E y_t = \sum_{s \le T} \langle h^{[0, T-s]}, u_s \rangle + \omega^T (I - A)^{-1} (I - A^T) x_1$, with T
    rounds."""
    sums = partial_sums(A, B, omega, theta, len(actions))[::-1]
    return rewards(A, B, omega, theta, actions, x).sum(), _separate(sums, actions) + _initial(A, omega, x, len(actions))


def _separate(sums: Array, actions: Array) -> Any:
    return total(inner(h, u) for h, u in zip(sums, actions, strict=True))


def _initial(A: Array, omega: Array, x: Array, rounds: int) -> Any:
    """What the initial state pays."""
    rest = x
    for _ in range(rounds):
        rest = A @ rest
    return stored(A, omega, x - rest)


@expected_total.false_sibling("the initial state is forgotten")
def _(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array) -> Sides:
    sums = partial_sums(A, B, omega, theta, len(actions))[::-1]
    return rewards(A, B, omega, theta, actions, x).sum(), _separate(sums, actions)


@expected_total.false_sibling("rewards that look at the state after the action: one more effect counts")
def _(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array) -> Sides:
    sums = partial_sums(A, B, omega, theta, len(actions) + 1)[1:][::-1]
    return rewards(A, B, omega, theta, actions, x).sum(), _separate(sums, actions) + _initial(A, omega, x, len(actions))


@expected_total.step("(1 - a) (1 + a + a^2 + a^3) = 1 - a^4, and so for every power", method="expand")
def _() -> tuple[Any, Any]:
    a = sp.Symbol("a")
    return (1 - a) * sum(a**k for k in range(4)), 1 - a**4


expected_total.known("the advertising instance, an equality")(generic)


@claim(
    "linear_bandits.identities",
    "==",
    paper=MUSSI,
    theorem="the step from offline to online regret, as an identity",
    assumptions="any stable system and sequence of actions",
    instances=systems(),
    search=SYSTEM | {"actions": Vector((4, 2))},
    allowance=scaled,
    argument="With g = (I - A)^(-T) omega, <omega, x_t> = <g, x_t> - <g, A x_t> = <g, x_t - x_{t+1}> + <g, B u_t> (the step, for "
    "numbers), hence E y_t = <theta + B^T g, u_t> - <g, x_{t+1} - x_t>, and the second part telescopes.",
)
def identities(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array) -> Sides:
    r"""$\sum_{t \le T} \langle h, u_t \rangle - \sum_{t \le T} E y_t = \omega^T (I - A)^{-1} (E x_{T+1} - x_1)$: online regret is
    offline regret plus this."""
    h, ys = cumulative(A, B, omega, theta), rewards(A, B, omega, theta, actions, x)
    last = states(A, B, actions, x)[-1]
    return total(inner(h, u) for u in actions) - ys.sum(), stored(A, omega, last) - stored(A, omega, x)


@identities.false_sibling("with the last state that was looked at, not the one after it")
def _(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array) -> Sides:
    h, ys = cumulative(A, B, omega, theta), rewards(A, B, omega, theta, actions, x)
    last = states(A, B, actions, x)[-2]
    return total(inner(h, u) for u in actions) - ys.sum(), stored(A, omega, last) - stored(A, omega, x)


@identities.false_sibling("h with A where its transpose belongs; diagonal and symmetric systems cannot tell")
def _(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array) -> Sides:
    h, ys = cumulative(A.T, B, omega, theta), rewards(A, B, omega, theta, actions, x)
    last = states(A, B, actions, x)[-1]
    return total(inner(h, u) for u in actions) - ys.sum(), stored(A, omega, last) - stored(A, omega, x)


@identities.step("g (1 - a) x = g (x - (a x + b u)) + g b u", method="expand")
def _() -> tuple[Any, Any]:
    g, a, b, x, u = sp.symbols("g a b x u")
    return g * (1 - a) * x, g * (x - (a * x + b * u)) + g * b * u


identities.known("the advertising instance, an equality")(generic)


@claim(
    "linear_bandits.tail",
    "==",
    paper=MUSSI,
    theorem="the tail of the cumulative parameter",
    assumptions="any stable system; m >= 0",
    instances=systems(),
    search=SYSTEM | {"actions": Vector((3, 2))},
    allowance=scaled,
    argument="h^{s} = B^T (A^(s-1))^T omega for s > m has the common factor (A^m)^T, and the powers of A that remain sum to (I - "
    "A)^(-1), because the spectral radius is below 1; the step is the sum up to m, of which the tail is what is left.",
)
def tail(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array) -> Sides:
    r"""$h - h^{[0, m]} = B^T (A^m)^T (I - A)^{-T} \omega$, here with $m = T - 1$: what the first of T actions still pays
    after round T."""
    return _rest(A, B, omega, theta, len(actions)), _tail(A, B, omega, len(actions) - 1)


def _rest(A: Array, B: Array, omega: Array, theta: Array, rounds: int) -> Array:
    return np.array(cumulative(A, B, omega, theta) - partial_sums(A, B, omega, theta, rounds)[-1])


def _tail(A: Array, B: Array, omega: Array, m: int) -> Array:
    if not is_exact():
        return bandit(A, B, omega, np.zeros(B.shape[1])).tail(m)
    weight = solve(np.array([[int(i == j) - A[j, i] for j in range(len(A))] for i in range(len(A))]), omega)
    for _ in range(m):
        weight = A.T @ weight
    return np.array(B.T @ weight)


@tail.false_sibling("one power of A more")
def _(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array) -> Sides:
    return _rest(A, B, omega, theta, len(actions)), _tail(A, B, omega, len(actions))


@tail.false_sibling("A where its transpose belongs")
def _(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array) -> Sides:
    return _rest(A, B, omega, theta, len(actions)), _tail(A.T, B, omega, len(actions) - 1)


@tail.step("1 / (1 - a) - (1 + ... + a^(m - 1)) = a^m / (1 - a), here for m = 3", method="cancel")
def _() -> tuple[Any, Any]:
    a = sp.Symbol("a")
    return 1 / (1 - a) - (1 + a + a**2), a**3 / (1 - a)


tail.known("the advertising instance, an equality")(generic)


# --- a constant action -------------------------------------------------------------------------------------------------------

HELD: dict[str, Any] = {
    "instances": systems(states=3, rounds=1).flatmap(
        lambda given: systems(states=1, rounds=6).map(lambda other: given | {"t": len(other["actions"])})
    ),
    "search": SYSTEM | {"actions": Vector((1, 2)), "t": Integers(1, 6)},
}


def _held(A: Array, B: Array, omega: Array, theta: Array, x: Array, u: Array, t: int) -> Any:
    """Expected reward of round t of a constant action."""
    return rewards(A, B, omega, theta, np.repeat(u[None], int(t), axis=0), x)[-1]


def _excess(A: Array, B: Array, omega: Array, x: Array, u: Array, t: int) -> Any:
    """omega^T A^(t-1) (x_1 - (I - A)^(-1) B u)."""
    eye = np.array([[int(i == j) - A[i, j] for j in range(len(A))] for i in range(len(A))])
    away = x - solve(eye, B @ u)
    for _ in range(t - 1):
        away = A @ away
    return inner(omega, away)


@claim(
    "linear_bandits.steady_state",
    "==",
    paper=MUSSI,
    theorem="the value of a constant action",
    assumptions="any stable system; the action is held from the first round on",
    allowance=scaled,
    argument="z = (I - A)^(-1) B u is the fixed point of x -> A x + B u, hence x_t - z = A^(t-1) (x_1 - z) (the step, for one "
    "round of numbers), and <omega, z> + <theta, u> = <h, u>.",
    **HELD,
)
def steady_state(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, t: int) -> Sides:
    r"""$E y_t = \langle h, u \rangle + \omega^T A^{t-1} (x_1 - (I - A)^{-1} B u)$ for a constant action u."""
    u = actions[0]
    value = inner(cumulative(A, B, omega, theta), u)
    return _held(A, B, omega, theta, x, u, t), value + _excess(A, B, omega, x, u, t)


@steady_state.false_sibling("h with A where its transpose belongs; diagonal and symmetric systems cannot tell")
def _(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, t: int) -> Sides:
    u = actions[0]
    value = inner(cumulative(A.T, B, omega, theta), u)
    return _held(A, B, omega, theta, x, u, t), value + _excess(A, B, omega, x, u, t)


@steady_state.false_sibling("what the action pays at once in place of what it pays in all")
def _(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, t: int) -> Sides:
    u = actions[0]
    return _held(A, B, omega, theta, x, u, t), inner(theta, u) + _excess(A, B, omega, x, u, t)


@steady_state.step("a x + b u - z = a (x - z) with z = b u / (1 - a)", method="cancel")
def _() -> tuple[Any, Any]:
    a, b, x, u = sp.symbols("a b x u")
    z = b * u / (1 - a)
    return a * x + b * u - z, a * (x - z)


@steady_state.known("the advertising instance with its best budget, an equality")
def _() -> dict[str, Any]:
    return generic() | {"actions": BUDGETS[[4]], "t": 7}


ASSUMED: dict[str, Any] = {
    "instances": systems(states=2, rounds=5, assumed=True),
    "search": SYSTEM | {"actions": Vector((4, 2)), "radius": RADIUS},
}


@claim(
    "linear_bandits.transient",
    "<=",
    paper=MUSSI,
    theorem="transient of a constant action, as in the proof of Theorem 3.1",
    assumptions="|A^k| <= Phi r^k, |B| <= B, |omega| <= Omega, |u| <= U",
    allowance=scaled,
    uses=("linear_bandits.steady_state",),
    argument="By steady_state the difference is omega^T A^(t-1) (x_1 - (I - A)^(-1) B u) = omega^T A^(t-1) x_1 - sum_k omega^T "
    "A^(t-1+k) B u; norms of the powers are at most Phi r^(t-1+k), and the step sums them.",
    **ASSUMED,
)
def transient(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, radius: Any) -> Sides:
    r"""$|E y_t - \langle h, u \rangle| \le \Omega \Phi r^{t-1} (\|x_1\| + \frac{B U}{1 - r})$ for a constant action u,
    $r \ge \rho(A)$."""
    left = _distances(A, B, omega, theta, x, actions)
    scale, phi, settled, _, _ = known_bounds(A, B, omega, theta, x, actions[:1], radius)
    reach = scale * phi * (settled + norm(x))
    return left, np.array([reach * power(radius, t) for t in range(len(actions))])


def _distances(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array) -> Array:
    value = inner(cumulative(A, B, omega, theta), actions[0])
    return np.array([absolute(y - value) for y in rewards(A, B, omega, theta, np.repeat(actions[:1], len(actions), axis=0), x)])


@transient.false_sibling("one power of r more")
def _(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, radius: Any) -> Sides:
    left = _distances(A, B, omega, theta, x, actions)
    scale, phi, settled, _, _ = known_bounds(A, B, omega, theta, x, actions[:1], radius)
    reach = scale * phi * (settled + norm(x))
    return left, np.array([reach * power(radius, t + 1) for t in range(len(actions))])


@transient.false_sibling("Phi = 1: powers may grow before they fall")
def _(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, radius: Any) -> Sides:
    left = _distances(A, B, omega, theta, x, actions)
    scale, _, settled, _, _ = known_bounds(A, B, omega, theta, x, actions[:1], radius)
    reach = scale * (settled + norm(x))
    return left, np.array([reach * power(radius, t) for t in range(len(actions))])


@transient.step("the sum of r^(t - 1 + k) over k >= 0", method="cancel")
def _() -> tuple[Any, Any]:
    r, t = sp.symbols("r t", positive=True)
    k = sp.Symbol("k", integer=True, nonnegative=True)
    series = sp.summation(r**k, (k, 0, sp.oo)).args[0][0]  # the branch where r < 1
    return r ** (t - 1) * series, r ** (t - 1) / (1 - r)


@transient.known("one state, started where the opposite action would settle, an equality")
def _() -> dict[str, Any]:
    return scalar("1/2", x="-2") | {"actions": fractions("1", "1", "1", "1"), "radius": Fraction(1, 2)}


@transient.known("powers that grow: a triangular system seen through its first state")
def _() -> dict[str, Any]:
    return {
        "A": fractions("1/2 3", "0 1/4"),
        "B": fractions("0", "0"),
        "omega": fractions("1 0")[0],
        "theta": fractions("0")[0],
        "x": fractions("0 1")[0],
        "actions": fractions("0", "0", "0"),
        "radius": Fraction(3, 5),
    }


# --- online and offline regret -----------------------------------------------------------------------------------------------


@claim(
    "linear_bandits.online_offline",
    "<=",
    paper=MUSSI,
    theorem="the constant term of Theorem 3.2, sharpened here",
    assumptions="|A^k| <= Phi r^k, |B| <= B, |omega| <= Omega, |u| <= U",
    allowance=scaled,
    uses=("linear_bandits.identities",),
    **ASSUMED,
    argument="x_{T+1} - x_1 = (A^T - I) x_1 + sum_{s < T} A^s B u_{T-s}. As omega^T (I - A)^(-1) (I - A^T) x_1 = sum_{k < T} "
    "omega^T A^k x_1, the first part is at most Omega Phi |x_1| times the sum of r^k over k < T, and the second one, sum_s sum_k "
    "omega^T A^(s+k) B u_{T-s}, at most Omega Phi B U times the double sum; the step sums both.",
)
def online_offline(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, radius: Any) -> Sides:
    r"""$|\omega^T (I - A)^{-1} (E x_{T+1} - x_1)| \le \Omega \Phi \frac{1 - r^T}{1 - r} (\|x_1\| + \frac{B U}{1 - r})$: online
    and offline regret differ by at most this, which is $2 \Phi$ times less than $\frac{2 \Omega \Phi X}{1 - r}$ with the state
    bound $X = \Phi (\|x_1\| + \frac{B U}{1 - r})$."""
    return _stored_and_bound(A, B, omega, theta, x, actions, radius)


def _stored_and_bound(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, radius: Any) -> tuple[Any, Any]:
    change = stored(A, omega, states(A, B, actions, x)[-1] - x)
    scale, phi, settled, _, _ = known_bounds(A, B, omega, theta, x, actions, radius)
    grown = (1 - power(radius, len(actions))) / (1 - radius)
    return absolute(change), scale * phi * grown * (norm(x) + settled)


@online_offline.false_sibling("half of it")
def _(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, radius: Any) -> Sides:
    left, right = _stored_and_bound(A, B, omega, theta, x, actions, radius)
    return left, right / 2


@online_offline.false_sibling("one power of 1 / (1 - r) less")
def _(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, radius: Any) -> Sides:
    left, right = _stored_and_bound(A, B, omega, theta, x, actions, radius)
    return left, right * (1 - radius)


@online_offline.step("the double sum of r^(s + k) over s < T and all k is (1 - r^T) / (1 - r)^2, here for T = 3", method="cancel")
def _() -> tuple[Any, Any]:
    r = sp.Symbol("r")
    return sum(r**s / (1 - r) for s in range(3)), (1 - r**3) / (1 - r) ** 2


@online_offline.known("one state that is driven from one end to the other, an equality")
def _() -> dict[str, Any]:
    return scalar("1/2", x="-2") | {"actions": fractions("1", "1", "1", "1"), "radius": Fraction(1, 2)}


@online_offline.known("the synthetic instance with its best budget")
def _() -> dict[str, Any]:
    return synthetic() | {"actions": BUDGETS[[5, 5, 5, 5]], "radius": Fraction(1, 5)}
