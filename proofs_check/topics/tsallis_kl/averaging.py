r"""Mirror descent value iteration with KL: what telescopes, and how errors average.

:math:`q_0` is arbitrary, :math:`\pi_0` uniform over n actions; :math:`\pi_{k+1}` maximises
:math:`\langle \pi, q_k\rangle - \lambda \mathrm{KL}(\pi \| \pi_k)`, and
:math:`q_{k+1} = r + \gamma P (\text{that maximum}) + \epsilon_{k+1}`. With :math:`h_k = \sum_{j \le k} q_j`,
:math:`M_k = \lambda \log \sum_a e^{h_k/\lambda}` and :math:`E_k = \sum_{j \le k} \epsilon_j`.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import exp, largest, log, rational
from proofs_check.claim import claim
from proofs_check.spaces import Interval, LogInterval, Model, Vector
from proofs_check.strategies import mdps
from proofs_check.topics.mdp.formulas import norm, optimum, policy_value, q_values, span
from proofs_check.topics.tsallis_kl.formulas import dot, row, total
from proofs_check.topics.tsallis_kl.instances import DERIVED, VIEILLARD
from tabular import MDP

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]


@dataclass(frozen=True)
class Run:
    """K updates: all q (K + 1), regularised values (K), the last policy."""

    q: list[Array]
    values: list[Array]
    policy: Array


def run(mdp: Any, initial: Array, strength: Any, errors: Array) -> Run:
    """The scheme, its policies kept as logarithms, by which they are defined: log pi_{k+1} = log pi_k + q_k / lambda - c(s)."""
    n = initial.shape[1]
    logs = np.stack([row([-log(rational(n))] * n) for _ in initial])
    q, values, policy = [initial], [], logs
    for error in errors:
        new, laws, level = [], [], []
        for before, here in zip(logs, q[-1], strict=True):
            raw = before + here / strength
            top = largest(raw)
            after = (raw - top) - log(total(exp(x - top) for x in raw))
            law = row([exp(x) for x in after])
            new.append(after)
            laws.append(law)
            level.append(dot(law, here) - strength * dot(law, after - before))
        logs, policy = np.stack(new), np.stack(laws)
        values.append(row(level))
        q.append(q_values(mdp, values[-1]) + error)
    return Run(q, values, policy)


def potential(h: Array, strength: Any) -> Array:
    """``M``: (S,) of a sum of action values."""
    tops = [largest(line) for line in h]
    return row([t + strength * log(total(exp((x - t) / strength) for x in line)) for t, line in zip(tops, h, strict=True)])


@st.composite
def noisy_runs(draw: st.DrawFn, most: int = 30) -> dict[str, Any]:
    """A model, first action values, a strength, and errors: none, the same at every step, or of alternating sign."""
    mdp = draw(mdps(max_states=3, gammas=st.sampled_from([0.0, 0.5, 0.875, 0.9375])))
    shape, count = mdp.r.shape, draw(st.sampled_from([1, 2, 3, 5, most]))
    grid = st.integers(-6, 6)

    def table() -> Array:
        return np.array(draw(st.lists(grid, min_size=mdp.r.size, max_size=mdp.r.size))).reshape(shape) / 2

    kind = draw(st.sampled_from(["none", "repeated", "alternating"]))
    first = np.zeros(shape) if kind == "none" else table()
    signs = [(-1.0 if kind == "alternating" and k % 2 else 1.0) for k in range(count)]
    return {
        "mdp": mdp,
        "initial": table(),
        "strength": draw(st.sampled_from([2.0**-20, 0.125, 1.0, 4.0])),
        "errors": np.stack([s * first for s in signs]),
    }


RUNS: dict[str, Any] = {
    "mdp": Model(2, 2, Interval(Fraction(1, 2), Fraction(97, 100))),
    "initial": Vector((2, 2), -2, 2),
    "strength": LogInterval(Fraction(1, 10**6), 1),
    "errors": Vector((2, 2, 2), -1, 1),
}


def of_runs(mdp: MDP, initial: Array, strength: float, errors: Array) -> float:
    """Sums of K action values of the sum of all sizes over 1 - gamma; values of policies lose another 1 / (1 - gamma)."""
    sizes = float(np.abs(mdp.r).max() + np.abs(initial).max() + np.abs(errors).max()) + strength * 2
    return 1e-13 * len(errors) * sizes / (1 - mdp.gamma) ** 2


def nearly_tight(gamma: Fraction, errors: int = 3) -> dict[str, Any]:
    """A chain of three states, no error, on which the bound is all but attained after three updates."""
    one = Fraction(1)
    following = [[0, 1], [0, 1], [0, 2]]
    P = np.zeros((3, 2, 3), dtype=int).astype(object) * one
    for s in range(3):
        for a in range(2):
            P[s, a, following[s][a]] = one
    r = np.array([[-2, -1], [0, 1], [1, 1]], dtype=object) * one
    return {
        "mdp": MDP(P, r, gamma),
        "initial": np.array([[1, -2], [-2, 0], [1, 2]], dtype=object) * one,
        "strength": Fraction(1, 10**6),
        "errors": np.zeros((errors, 3, 2), dtype=int).astype(object) * one,
    }


def bandit_with_errors() -> dict[str, Any]:
    """One state, two actions, the second one better, and at every step the same error against it."""
    one = Fraction(1)
    error = np.array([[2 * one, -2 * one]], dtype=object)
    return {
        "mdp": MDP(np.array([[[one], [one]]], dtype=object), np.array([[0 * one, one]], dtype=object), Fraction(1, 2)),
        "initial": np.array([[0 * one, 0 * one]], dtype=object),
        "strength": Fraction(1, 2),
        "errors": np.stack([error] * 40),
    }


# --- identities ---


@claim(
    "tsallis_kl.mdvi_telescoping",
    "==",
    paper=VIEILLARD,
    theorem="the telescoping behind its theorem 1",
    assumptions="from the uniform policy",
    instances=noisy_runs(5),
    search=RUNS,
    allowance=of_runs,
    argument="pi_k is e^(h_{k-1}/lambda) over its sum e^(M_{k-1}/lambda), by induction. So the maximum, lambda log sum pi_k "
    "e^(q_k/lambda), is lambda log(e^(M_k/lambda) / e^(M_{k-1}/lambda)): the step, with S_k the sums.",
)
def mdvi_telescoping(mdp: Any, initial: Array, strength: Any, errors: Array) -> Sides:
    r"""The regularised value of step $k$ is $M_k - M_{k-1}$, with $M_{-1} = \lambda \log n$."""
    made = run(mdp, initial, strength, errors)
    levels = _levels(made, initial, strength)
    return np.stack(made.values), np.stack([after - before for before, after in itertools.pairwise(levels)])


def _levels(made: Run, initial: Array, strength: Any) -> list[Array]:
    """``M_{-1}, M_0, ..., M_{K-1}``."""
    h = 0 * initial
    levels = [potential(h, strength)]
    for q in made.q[:-1]:
        h = h + q
        levels.append(potential(h, strength))
    return levels


@mdvi_telescoping.false_sibling("it is M_k of the last action values alone, as without a memory")
def _(mdp: Any, initial: Array, strength: Any, errors: Array) -> Sides:
    made = run(mdp, initial, strength, errors)
    none = potential(0 * initial, strength)
    return np.stack(made.values), np.stack([potential(q, 2 * strength) - none for q in made.q[:-1]])


@mdvi_telescoping.known("a chain of three states")
def _() -> dict[str, Any]:
    return {**nearly_tight(Fraction(9, 10)), "strength": Fraction(1, 2)}


@mdvi_telescoping.step("logarithm of the quotient of sums", method="logarithms")
def _() -> tuple[Any, Any]:
    lam, new, old = sp.symbols("lambda S T", positive=True)
    return lam * sp.log(new / old), lam * sp.log(new) - lam * sp.log(old)


@claim(
    "tsallis_kl.mdvi_sum",
    "==",
    paper=VIEILLARD,
    theorem="the recursion of sums behind its theorem 1",
    assumptions="from the uniform policy",
    instances=noisy_runs(5),
    search=RUNS,
    allowance=of_runs,
    uses=("tsallis_kl.mdvi_telescoping",),
    argument="Add q_{j+1} = r + gamma P (M_j - M_{j-1}) + eps_{j+1} over j = 0, ..., k: the M telescope (step, for two terms).",
)
def mdvi_sum(mdp: Any, initial: Array, strength: Any, errors: Array) -> Sides:
    r"""$h_{k+1} = q_0 + (k + 1) r + \gamma P (M_k - \lambda \log n) + E_{k+1}$."""
    return _sums(mdp, initial, strength, errors, 1)


def _sums(mdp: Any, initial: Array, strength: Any, errors: Array, uniform: int) -> Sides:
    made = run(mdp, initial, strength, errors)
    count = len(errors)
    level = potential(total_of(made.q[:-1]), strength) - uniform * potential(0 * initial, strength)
    rewards = q_values(mdp, 0 * level)
    return total_of(made.q), initial + (count - 1) * rewards + q_values(mdp, level) + total_of(list(errors))


def total_of(tables: list[Array]) -> Array:
    """Sum of arrays."""
    out = 0 * tables[0]
    for x in tables:
        out = out + x
    return out


@mdvi_sum.false_sibling("without the constant lambda log n")
def _(mdp: Any, initial: Array, strength: Any, errors: Array) -> Sides:
    return _sums(mdp, initial, strength, errors, 0)


@mdvi_sum.false_sibling("the same of the regularised scheme without memory: (k+1) r + gamma P h")
def _(mdp: Any, initial: Array, strength: Any, errors: Array) -> Sides:
    made = run(mdp, initial, strength, errors)
    level = row([largest(line) for line in total_of(made.q[:-1])])
    rewards = q_values(mdp, 0 * level)
    return total_of(made.q), initial + (len(errors) - 1) * rewards + q_values(mdp, level) + total_of(list(errors))


@mdvi_sum.known("a chain of three states")
def _() -> dict[str, Any]:
    return {**nearly_tight(Fraction(9, 10)), "strength": Fraction(1, 2)}


@mdvi_sum.step("two terms", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, r, m0, m1, m2, e1, e2 = sp.symbols("P r M_0 M_1 M_2 e_1 e_2", commutative=False)
    first, second = r + gamma * kernel * (m1 - m0) + e1, r + gamma * kernel * (m2 - m1) + e2
    return first + second, 2 * r + gamma * kernel * (m2 - m0) + e1 + e2


# --- the bound ---


def loss(mdp: Any, policy: Array) -> Any:
    r""":math:`\|q^* - q^\pi\|`."""
    return norm(q_values(mdp, optimum(mdp)) - q_values(mdp, policy_value(mdp, policy)))


def bound(mdp: Any, strength: Any, errors: Array, drift: Any) -> Any:
    r""":math:`\frac{\gamma}{1-\gamma} \frac{\text{drift} + \lambda \log n}{K}` after K errors (K, S, n)."""
    count, _, n = errors.shape
    return mdp.gamma / (1 - mdp.gamma) * (drift + strength * log(rational(n))) / count


def _whole(mdp: Any, made: Run, initial: Array, strength: Any, errors: Array) -> Any:
    return bound(mdp, strength, errors, span(made.q[-1] - initial - total_of(list(errors))))


def _split(mdp: Any, made: Run, initial: Array, strength: Any, errors: Array) -> Any:
    return bound(mdp, strength, errors, span(total_of(list(errors))) + span(made.q[-1] - initial))


@claim(
    "tsallis_kl.mdvi_averaging",
    "<=",
    paper=VIEILLARD,
    theorem="Theorem 1, sharpened: no bound on values is assumed, and the right side is observable",
    assumptions="from the uniform policy; K updates",
    instances=noisy_runs(),
    search=RUNS,
    allowance=of_runs,
    uses=("tsallis_kl.mdvi_sum", "tsallis_kl.regularised_greedy_step"),
    argument="Divide the recursion of sums by K: x = h_{K-1}/K has h_K = h_{K-1} + q_K, so that x solves x = T x - e for the "
    "operator regularised by (lambda/K) KL from uniform, e = (q_K - q_0 - E_K)/K, and pi_K is greedy for x. With P of pi_K, "
    "its regularised action values are x + (I - gamma P)^-1 e, and those of any policy are at most the same with its own P. "
    "(I - gamma P)^-1 is the identity, which cancels in the difference, plus gamma (I - gamma P)^-1 P (step), whose rows are "
    "not negative and sum to gamma/(1-gamma): the difference is at most that times the span of e. Taking the regulariser away "
    "costs at most gamma/(1-gamma) (lambda/K) log n, since KL from uniform is between 0 and log n.",
)
def mdvi_averaging(mdp: Any, initial: Array, strength: Any, errors: Array) -> Sides:
    r"""$\|q^* - q^{\pi_K}\| \le \frac{\gamma}{1 - \gamma} \cdot \frac{\mathrm{sp}(q_K - q_0 - E_K) + \lambda \log n}{K}$."""
    made = run(mdp, initial, strength, errors)
    return loss(mdp, made.policy), _whole(mdp, made, initial, strength, errors)


@mdvi_averaging.false_sibling("half of it")
def _(mdp: Any, initial: Array, strength: Any, errors: Array) -> Sides:
    made = run(mdp, initial, strength, errors)
    return loss(mdp, made.policy), _whole(mdp, made, initial, strength, errors) / 2


@mdvi_averaging.false_sibling("ninety-nine hundredths of it")
def _(mdp: Any, initial: Array, strength: Any, errors: Array) -> Sides:
    made = run(mdp, initial, strength, errors)
    return loss(mdp, made.policy), rational(99, 100) * _whole(mdp, made, initial, strength, errors)


@mdvi_averaging.false_sibling("with the last error in place of the sum: errors do not average away if they repeat")
def _(mdp: Any, initial: Array, strength: Any, errors: Array) -> Sides:
    made = run(mdp, initial, strength, errors)
    return loss(mdp, made.policy), bound(mdp, strength, errors, span(errors[-1]) + span(made.q[-1] - initial))


@mdvi_averaging.known("a chain of three states, gamma = .97: 95.06 against 95.0603")
def _() -> dict[str, Any]:
    return nearly_tight(Fraction(97, 100))


@mdvi_averaging.known("one state, the same error 40 times")
def _() -> dict[str, Any]:
    return bandit_with_errors()


@mdvi_averaging.step("the identity cancels: with w = (I - gamma P)^-1 e, w - e = gamma P w", method="noncommutative")
def _() -> tuple[Any, Any]:
    gamma = sp.Symbol("gamma")
    kernel, w = sp.symbols("P w", commutative=False)
    return w - (w - gamma * kernel * w), gamma * kernel * w


@claim(
    "tsallis_kl.mdvi_averaging_split",
    "<=",
    paper=DERIVED,
    assumptions="from the uniform policy; K updates",
    instances=noisy_runs(),
    search=RUNS,
    allowance=of_runs,
    uses=("tsallis_kl.mdvi_averaging",),
    argument="The span of a sum is at most the sum of spans (step, at two entries).",
)
def mdvi_averaging_split(mdp: Any, initial: Array, strength: Any, errors: Array) -> Sides:
    r"""$\|q^* - q^{\pi_K}\| \le \frac{\gamma}{1 - \gamma} \cdot \frac{\mathrm{sp}(E_K) + \mathrm{sp}(q_K - q_0) + \lambda \log
    n}{K}$: errors count by their sum, whose growth is slower than $K$ if they are independent."""
    made = run(mdp, initial, strength, errors)
    return loss(mdp, made.policy), _split(mdp, made, initial, strength, errors)


@mdvi_averaging_split.false_sibling("half of it")
def _(mdp: Any, initial: Array, strength: Any, errors: Array) -> Sides:
    made = run(mdp, initial, strength, errors)
    return loss(mdp, made.policy), _split(mdp, made, initial, strength, errors) / 2


@mdvi_averaging_split.known("a chain of three states, gamma = .9: 25.2 against 25.2003")
def _() -> dict[str, Any]:
    return nearly_tight(Fraction(9, 10))


@mdvi_averaging_split.step("largest and smallest entry of x - e", method="expand")
def _() -> tuple[Any, Any]:
    x1, x2, e1, e2 = sp.symbols("x1 x2 e1 e2")
    return (x1 - e1) - (x2 - e2), (x1 - x2) + (e2 - e1)
