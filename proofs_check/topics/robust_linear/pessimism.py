r"""Claims about pessimism: the deterministic core of the learners' theorems, and what their estimates are made of.

A *run* of a learner is given by what can go wrong: at step h it estimates the factors' worst cases with an error
:math:`e_h(s, a) = x_h(s, a)\, \Gamma_h(s, a)`, and subtracts the bonus :math:`\Gamma_h`,

.. math:: \hat Q_h = \bigl[ r_h + \langle \phi, F(\hat V_{h + 1}) \rangle + e_h - \Gamma_h \bigr]_{[0, H - h]}.

The theorems' high-probability event is :math:`|x| \le 1`; what follows from it is claimed here for every run.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import is_exact, rational, sqrt
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Interval, Kernel, Simplex, Space, Vector
from proofs_check.strategies import distributions
from proofs_check.topics.divergences.formulas import mean
from proofs_check.topics.robust_linear.formulas import (
    EXACT_SETS,
    PRICED,
    Linear,
    distance,
    expected,
    greedy,
    robust,
    worst_law,
)
from proofs_check.topics.robust_linear.instances import (
    MODEL,
    SIZES,
    TANG,
    Array,
    Sides,
    laws,
    models,
    rounding,
    unit_vectors,
    units,
)

JIN = "Jin, Yang and Wang (2021), Is pessimism provably efficient for offline RL?"

STEPS = 2


@dataclass(frozen=True, eq=False)
class Run:
    """What a learner with given errors finds: values of the steps, greedy actions, bonuses."""

    model: Linear
    values: list[Array]
    policy: list[Array]
    bonus: list[Array]


def run(phi: Array, mu: Array, theta: Array, name: str, size: Any, bonus: Array, errors: Array) -> Run:
    """Two steps of value iteration with a bonus and errors of that size, (2, S, A) each."""
    model = Linear(phi, mu, theta)
    values: list[Array] = [0 * mu[0]]
    policy: list[Array] = []
    gammas: list[Array] = []
    for step in reversed(range(STEPS)):
        raw = model.q_values(name, values[0], size) + (errors[step] - 1) * bonus[step]
        top = STEPS - step
        q = np.array([[min(max(x, 0 * x), 0 * x + top) for x in row] for row in raw])
        policy.insert(0, greedy(q))
        gammas.insert(0, bonus[step])
        values.insert(0, np.array([max(row) for row in q]))
    return Run(model, values, policy, gammas)


RUN: dict[str, Space] = {
    **{key: MODEL[key] for key in ("phi", "mu", "theta", "size")},
    "name": Choice(EXACT_SETS[:2]),
    "bonus": Vector((STEPS, 2, 2), 0, 1),
    "errors": Vector((STEPS, 2, 2), -1, 1),
}


@st.composite
def runs(draw: st.DrawFn) -> dict[str, Any]:
    """A linear model, a set, bonuses, and errors within them, often at an end."""
    instance = draw(models())
    del instance["horizon"]
    shape = (STEPS, *instance["phi"].shape[:2])
    count = int(np.prod(shape))
    instance["bonus"] = draw(unit_vectors(count)).reshape(shape) / draw(st.sampled_from([1, 4]))
    ends = st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0])
    instance["errors"] = np.array(draw(st.lists(ends, min_size=count, max_size=count))).reshape(shape)
    return instance


def run_rounding(**_: Any) -> float:
    """That of two steps; values are at most two."""
    return rounding(STEPS)


@claim(
    "robust_linear.pessimism",
    "<=",
    paper=TANG,
    theorem="deterministic core of the suboptimality theorem",
    assumptions="the one-step errors are within the bonus",
    instances=runs(),
    search=RUN,
    allowance=run_rounding,
    argument="Backward: let the learned values of step h + 1 be below those of the learned policy. F is monotone, and e <= "
    "Gamma, so that the unclipped Q at h is at most r + <phi, F(V_{h+1} of the policy)>, which is the policy's own action "
    "value and lies in [0, H - h]: clipping keeps the order. The learned value is that Q at the policy's action. No policy is "
    "worth more than the optimum.",
)
def pessimism(phi: Array, mu: Array, theta: Array, name: str, size: Any, bonus: Array, errors: Array) -> Sides:
    r"""$\hat V_h \le V_h^{\hat\pi} \le V_h^*$, the last two in the robust problem."""
    found = run(phi, mu, theta, name, size, bonus, errors)
    own = robust(found.model, name, size, STEPS, found.policy)
    best = robust(found.model, name, size, STEPS)
    return np.concatenate([*found.values, *own]), np.concatenate([*own, *best])


@pessimism.false_sibling("errors a tenth larger than the bonus")
def _(phi: Array, mu: Array, theta: Array, name: str, size: Any, bonus: Array, errors: Array) -> Sides:
    return pessimism.sides(phi, mu, theta, name, size, bonus, errors * rational(11, 10))


@pessimism.false_sibling("the learned values in a problem that is a little more robust")
def _(phi: Array, mu: Array, theta: Array, name: str, size: Any, bonus: Array, errors: Array) -> Sides:
    found = run(phi, mu, theta, name, size, bonus, errors)
    more = size * rational(9, 10) if name.endswith("price") else size * rational(11, 10)
    own = robust(found.model, name, more, STEPS, found.policy)
    return np.concatenate(found.values), np.concatenate(own)


@pessimism.step("r + f + x Gamma - Gamma = r + f - (1 - x) Gamma", method="expand")
def _() -> tuple[Any, Any]:
    r, f, x, gamma = sp.symbols("r f x Gamma")
    return r + f + x * gamma - gamma, r + f - (1 - x) * gamma


def two_arms() -> dict[str, Any]:
    """One state, two arms worth .8 and .4 + 1e-9, the first underestimated as far as its bonus allows."""
    fifth, half = Fraction(1, 5), Fraction(1, 2)
    return {
        "phi": [[[1, 0], [0, 1]]],
        "mu": [[1], [1]],
        "theta": [4 * fifth, 2 * fifth + Fraction(1, 10**9)],
        "name": "TV within",
        "size": half,
        "bonus": [[[fifth, 0]], [[0, 0]]],
        "errors": [[[-1, 0]], [[0, 0]]],
    }


pessimism.known("two arms")(two_arms)


@claim(
    "robust_linear.suboptimality",
    "<=",
    paper=TANG,
    theorem="deterministic core of the suboptimality theorem; for radii the analogue in Liu and Xu (2024)",
    assumptions="the one-step errors are within the bonus",
    instances=runs(),
    search=RUN,
    allowance=run_rounding,
    uses=("robust_linear.pessimism",),
    argument="The Bellman error zeta = r + <phi, F(V-hat)> - Q-hat is (1 - x) Gamma in [0, 2 Gamma] where nothing is clipped; "
    "clipping at 0 makes it smaller, and not negative as rewards and values are not; nothing is clipped above, as r + <phi, "
    "F(V-hat)> <= H - h. With mu-hat optimal for V-hat, F(V) - F(V-hat) <= E_mu-hat (V - V-hat), so that V* - V-hat <= zeta + "
    "E (V* - V-hat of the next step) at the optimal action: telescoping, V* - V-hat <= E sum 2 Gamma; and V-hat <= V of the "
    "policy.",
)
def suboptimality(phi: Array, mu: Array, theta: Array, name: str, size: Any, bonus: Array, errors: Array) -> Sides:
    r"""$V_1^* - V_1^{\hat\pi} \le 2\, E^{\pi^*, \hat P} \sum_h \Gamma_h(s_h, a_h)$, with $\hat P$ the adversary's answer to
    $\hat V$.
    """
    found = run(phi, mu, theta, name, size, bonus, errors)
    loss, covered = _loss(found, name, size)
    return loss, 2 * covered


def _loss(found: Run, name: str, size: Any, nominal: bool = False, own: bool = False) -> Sides:
    """What the learned policy loses, and the bonus that the optimal (or its own) policy collects."""
    model = found.model
    best = robust(model, name, size, STEPS)
    loss = best[0] - robust(model, name, size, STEPS, found.policy)[0]
    policy = found.policy if own else [greedy(model.q_values(name, after, size)) for after in best[1:]]
    kernels = [model.kernel(None if nominal else model.worst_factors(name, after, size)) for after in found.values[1:]]
    return loss, expected(policy, kernels, found.bonus)


@suboptimality.false_sibling("a constant of 19/10")
def _(phi: Array, mu: Array, theta: Array, name: str, size: Any, bonus: Array, errors: Array) -> Sides:
    left, right = suboptimality.sides(phi, mu, theta, name, size, bonus, errors)
    return left, right * rational(19, 20)


@suboptimality.false_sibling("the bonus that the learned policy collects")
def _(phi: Array, mu: Array, theta: Array, name: str, size: Any, bonus: Array, errors: Array) -> Sides:
    loss, covered = _loss(run(phi, mu, theta, name, size, bonus, errors), name, size, own=True)
    return loss, 2 * covered


@suboptimality.false_sibling("no pessimism: estimates without the bonus")
def _(phi: Array, mu: Array, theta: Array, name: str, size: Any, bonus: Array, errors: Array) -> Sides:
    found = run(phi, mu, theta, name, size, bonus, errors + 1)
    loss, covered = _loss(found, name, size)
    return loss, covered


suboptimality.known("two arms: a loss of 2/5 - 1e-9 against 2/5")(two_arms)


@suboptimality.step("the Bellman error is (1 - x) Gamma", method="expand")
def _() -> tuple[Any, Any]:
    r, f, x, gamma = sp.symbols("r f x Gamma")
    return r + f - (r + f + x * gamma - gamma), (1 - x) * gamma


# --- admissible adversaries ----------------------------------------------------------------------------------------------------


@st.composite
def priced_laws(draw: st.DrawFn) -> dict[str, Any]:
    """A law, values, a price."""
    n = draw(st.integers(1, 5))
    return {
        "p": draw(distributions(n)),
        "values": draw(unit_vectors(n)),
        "name": draw(st.sampled_from(PRICED)),
        "size": draw(SIZES),
    }


@claim(
    "robust_linear.admissible",
    "<=",
    paper=TANG,
    theorem="the set of admissible adversaries, sharpened here",
    instances=priced_laws(),
    search={"p": Simplex(3), "values": Vector(3, 0, 1), "name": Choice(PRICED), "size": Interval(Fraction(1, 100), 1)},
    allowance=units,
    argument="The nominal law costs nothing, so that E_q V + lambda D(q, p) <= E_p V at the optimum q, and E_q V >= min V. "
    "The mean is at most the largest value, which gives the paper's form, range of V / lambda.",
)
def admissible(p: Array, values: Array, name: str, size: Any) -> Sides:
    r"""$\lambda D(\hat q, p) \le E_p V - \min V \le \max V - \min V$ for the law that an adversary at price $\lambda$ chooses."""
    law = worst_law(name, values, p, size)
    gain = mean(p, values) - min(values)
    return np.array([size * distance(name, law, p), gain]), np.array([gain, 0 * gain + max(values) - min(values)])


@admissible.false_sibling("half of it")
def _(p: Array, values: Array, name: str, size: Any) -> Sides:
    left, right = admissible.sides(p, values, name, size)
    return left[:1], right[:1] / 2


@admissible.false_sibling("the mean above the smallest value on the support, for total variation too")
def _(p: Array, values: Array, name: str, size: Any) -> Sides:
    left, _ = admissible.sides(p, values, name, size)
    inside = [v for a, v in zip(p, values, strict=True) if a > 0]
    return left[0], mean(p, values) - min(inside)


@admissible.step("E_q V + lambda D <= E_p V and E_q V >= m give lambda D <= E_p V - m", method="expand", relation="==")
def _() -> tuple[Any, Any]:
    mean_p, mean_q, m, paid = sp.symbols("P Q m c")
    return (mean_p - m) - paid, (mean_p - mean_q - paid) + (mean_q - m)


@admissible.known("all mass on the larger of two values, total variation at a price below their distance: an equality at it")
def _() -> dict[str, Any]:
    return {"p": [0, 1], "values": [0, 1], "name": "TV at a price", "size": 1 - Fraction(1, 10**6)}


# --- norms of the bonus --------------------------------------------------------------------------------------------------------


@st.composite
def grams(draw: st.DrawFn) -> dict[str, Any]:
    """Features, and a root of the inverse of a Gram matrix."""
    d = draw(st.integers(1, 4))
    entries = draw(st.lists(st.integers(-4, 4), min_size=d * d, max_size=d * d))
    return {"phi": draw(distributions(d)), "root": np.array(entries, dtype=float).reshape(d, d) / 4}


def _norms(phi: Array, root: Array) -> tuple[Any, Any, Any]:
    """Mahalanobis, the root of the sum of squares, and the bonus, for the inverse root root^T."""
    inverse = np.array([[mean(a, b) for b in root] for a in root])
    sides = [phi[i] * phi[i] * inverse[i, i] for i in range(len(phi))]
    plain = sum((phi[i] * phi[j] * inverse[i, j] for i in range(len(phi)) for j in range(len(phi))), 0 * phi[0])
    return sqrt(max(plain, 0 * plain)), sqrt(sum(sides, 0 * phi[0])), sum((sqrt(x) for x in sides), sqrt(0 * phi[0]))


@claim(
    "robust_linear.penalty_norms",
    "<=",
    paper=TANG,
    theorem="bonus of Algorithm 1; the middle form is that of the released program",
    instances=grams(),
    search={"phi": Simplex(3), "root": Vector((3, 3), -1, 1)},
    allowance=units,
    argument="Let x_i = phi_i sqrt(M_ii) >= 0. The square of the bonus is the sum of all x_i x_j, that of the released form "
    "the sum of the x_i^2, and |phi_i phi_j M_ij| <= x_i x_j as M is positive semidefinite (the 2 x 2 minor of the step is "
    "not negative).",
)
def penalty_norms(phi: Array, root: Array) -> Sides:
    r"""$\|\phi\|_M \le \sum_i \phi_i \sqrt{M_{ii}}$ and $\sqrt{\sum_i \phi_i^2 M_{ii}} \le \sum_i \phi_i \sqrt{M_{ii}}$ for
    $M = \Lambda^{-1}$."""
    whole, squares, bonus = _norms(phi, root)
    return np.array([whole, squares]), np.array([bonus, bonus])


@penalty_norms.false_sibling("the Mahalanobis norm is at most the released form")
def _(phi: Array, root: Array) -> Sides:
    whole, squares, _ = _norms(phi, root)
    return whole, squares


@penalty_norms.false_sibling("the released form is at most the Mahalanobis norm")
def _(phi: Array, root: Array) -> Sides:
    whole, squares, _ = _norms(phi, root)
    return squares, whole


@penalty_norms.step("M_ii M_jj - M_ij^2 is the square of a determinant, for rows of length two", method="expand")
def _() -> tuple[Any, Any]:
    a, b, c, d = sp.symbols("a b c d")
    return (a**2 + b**2) * (c**2 + d**2) - (a * c + b * d) ** 2, (a * d - b * c) ** 2


@penalty_norms.known("a rank-one M with signs that cancel: Mahalanobis 0")
def _() -> dict[str, Any]:
    half = Fraction(1, 2)
    return {"phi": [half, half], "root": [[1, 0], [-1, 0]]}


@penalty_norms.known("a rank-one M with one sign: Mahalanobis on the bonus, above the released form")
def _() -> dict[str, Any]:
    half = Fraction(1, 2)
    return {"phi": [half, half], "root": [[1, 0], [1, 0]]}


# --- what a ridge estimate is made of ------------------------------------------------------------------------------------------


@st.composite
def regressions(draw: st.DrawFn) -> dict[str, Any]:
    """Features of a few episodes, where they led, a function of the next state, and a ridge."""
    n, states = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    return {
        "phi": draw(laws(n, 2)),
        "mu": draw(laws(2, states)),
        "values": draw(unit_vectors(states)),
        "reached": np.array(draw(st.lists(st.floats(0, 0.999), min_size=n, max_size=n))),
        "ridge": draw(st.sampled_from([0.1, 1.0])),
    }


def _estimates(phi: Array, mu: Array, values: Array, reached: Array, ridge: Any) -> tuple[Array, Array, Array]:
    """The error of the ridge estimate of the factors' means, and its two parts: the ridge's and the noise's."""
    gram = np.array([[mean(phi[:, i], phi[:, j]) for j in range(2)] for i in range(2)])
    gram = gram + ridge * (np.eye(2, dtype=int) if is_exact() else np.eye(2))
    det = gram[0, 0] * gram[1, 1] - gram[0, 1] * gram[1, 0]
    inverse = np.array([[gram[1, 1], -gram[0, 1]], [-gram[1, 0], gram[0, 0]]]) / det
    seen = np.array([values[min(int(float(x) * len(values)), len(values) - 1)] for x in reached])
    truth = np.array([mean(p, values) for p in mu])
    estimate = inverse @ (phi.T @ seen)
    noise = seen - phi @ truth
    return estimate - truth, -ridge * (inverse @ truth), inverse @ (phi.T @ noise)


REGRESSION: dict[str, Space] = {
    "phi": Kernel((3,), 2),
    "mu": Kernel((2,), 2),
    "values": Vector(2, 0, 1),
    "reached": Vector(3, 0, 1),
    "ridge": Interval(Fraction(1, 100), 1),
}


def regression_rounding(ridge: float, **_: Any) -> float:
    """A two by two system whose smallest eigenvalue is at least the ridge, with up to five rows of size one."""
    return 1e-12 / ridge**2


@claim(
    "robust_linear.ridge_error",
    "==",
    paper=JIN,
    theorem="first step of the proof of Theorem 4.4 (recalled)",
    instances=regressions(),
    search=REGRESSION,
    allowance=regression_rounding,
    argument="Lambda w = sum phi phi^T w + gamma_r w and g(s') = phi^T w + eps, so that by the step, in one dimension and in "
    "any number of them alike, Lambda^{-1} sum phi g = w - gamma_r Lambda^{-1} w + Lambda^{-1} sum phi eps.",
)
def ridge_error(phi: Array, mu: Array, values: Array, reached: Array, ridge: Any) -> Sides:
    r"""$\hat E[g] - w = -\gamma_r \Lambda^{-1} w + \Lambda^{-1} \sum_\tau \phi_\tau \varepsilon_\tau$ with $w_i = E_{\mu_i} g$
    and
    $\varepsilon_\tau = g(s'_\tau) - \langle \phi_\tau, w \rangle$."""
    error, bias, noise = _estimates(phi, mu, values, reached, ridge)
    return error, bias + noise


@ridge_error.false_sibling("the ridge does not matter")
def _(phi: Array, mu: Array, values: Array, reached: Array, ridge: Any) -> Sides:
    error, _, noise = _estimates(phi, mu, values, reached, ridge)
    return error, noise


@ridge_error.step("(a w + b) / (a + c) - w = -c w / (a + c) + b / (a + c)", method="cancel")
def _() -> tuple[Any, Any]:
    a, b, c, w = sp.symbols("a b c w", positive=True)
    return (a * w + b) / (a + c) - w, -c * w / (a + c) + b / (a + c)


@ridge_error.known("three episodes: an equality of fractions")
def _() -> dict[str, Any]:
    half, third = Fraction(1, 2), Fraction(1, 3)
    return {
        "phi": [[1, 0], [half, half], [third, 1 - third]],
        "mu": [[half, half], [0, 1]],
        "values": [1, third],
        "reached": [0, Fraction(3, 4), Fraction(1, 4)],
        "ridge": Fraction(1, 10),
    }
