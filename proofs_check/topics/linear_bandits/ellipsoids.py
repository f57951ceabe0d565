r"""Claims about Grams :math:`V_t = \lambda I + \sum_{s \le t} a_s a_s^T`: their volume, and what optimism costs.

:math:`w_t = \|a_t\|^2_{V_{t-1}^{-1}}`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import floats_only, is_exact, largest, log, power, rational, smallest, sqrt
from proofs_check.claim import claim
from proofs_check.spaces import Choice, LogInterval, Vector
from proofs_check.topics.linear_bandits.formulas import Array, Sides, determinant, gram, inner, solve, total
from proofs_check.topics.linear_bandits.instances import ABBASI, fractions, grid
from tabular.linear_bandits import BEST_POTENTIAL_CONSTANT, LinUCB, elliptical_potential, optimistic_rule

DESIGNS: dict[str, Any] = {
    "instances": st.builds(
        dict,
        actions=st.tuples(st.integers(1, 5), st.integers(1, 3)).flatmap(lambda shape: grid(*shape)),
        lam=st.sampled_from([0.0625, 0.25, 1.0, 4.0]),
    ),
    "search": {"actions": Vector((3, 2)), "lam": LogInterval(Fraction(1, 100), 4)},
}


def determinants(**_: Any) -> float:
    """Determinants and weights of a few actions with regularisation of at least 1/100: values up to about 1e7 from matrices of
    condition up to 1e3."""
    return 1e-7


def logarithms(**_: Any) -> float:
    """Logarithms of determinants, and weights up to a few hundred of matrices of condition up to 1e3."""
    return 1e-9


def growth(actions: Array, lam: Any) -> tuple[Array, Any]:
    """(T,) w_t, and log(det V_T / lambda^d)."""
    if not is_exact():
        found = elliptical_potential(actions, lam)
        return found.weights, found.log_determinant_ratio
    weights = np.array([_weight(actions[:t], a, lam) for t, a in enumerate(actions)])
    return weights, log(determinant(gram(actions, lam)) / power(lam, actions.shape[1]))


def _weight(before: Array, a: Array, lam: Any) -> Any:
    return inner(a, solve(gram(before, lam), a)) if len(before) else inner(a, a) / lam


def clipped(weights: Array) -> Any:
    """sum min(1, w)."""
    return total(smallest(np.array([rational(1), w])) for w in weights)


# --- volume ------------------------------------------------------------------------------------------------------------------


@claim(
    "linear_bandits.elliptical_growth",
    "==",
    paper=ABBASI,
    theorem="Lemma 11, its identity",
    assumptions="lambda > 0; any actions",
    allowance=determinants,
    argument="det(V + a a^T) = det V det(I + V^(-1/2) a a^T V^(-1/2)), whose second factor is 1 + w: that matrix has the "
    "eigenvalue 1 + w along V^(-1/2) a and 1 elsewhere. The step says it for two dimensions, where w det V = a^T adj(V) a.",
    **DESIGNS,
)
def elliptical_growth(actions: Array, lam: Any) -> Sides:
    r"""$\det V_T = \lambda^d \prod_t (1 + w_t)$."""
    whole = determinant(gram(actions, lam))
    return power(lam, actions.shape[1]) * _product(actions, lam), whole


def _product(actions: Array, lam: Any, late: bool = False) -> Any:
    weights = growth(actions, lam)[0]
    if late:
        weights = np.array([_weight(actions[: t + 1], a, lam) for t, a in enumerate(actions)])
    out = rational(1)
    for w in weights:
        out = out * (1 + w)
    return out


@elliptical_growth.false_sibling("with the action already in the Gram that norms it")
def _(actions: Array, lam: Any) -> Sides:
    whole = determinant(gram(actions, lam))
    return power(lam, actions.shape[1]) * _product(actions, lam, late=True), whole


@elliptical_growth.step("det(V + a a^T) = det V + a^T adj(V) a for 2 x 2 matrices", method="expand")
def _() -> tuple[Any, Any]:
    p, q, r, x, y = sp.symbols("p q r x y")
    V, a = sp.Matrix([[p, q], [q, r]]), sp.Matrix([x, y])
    return (V + a * a.T).det(), V.det() + (a.T * V.adjugate() * a)[0]


@elliptical_growth.known("four actions in three dimensions, an equality")
def _() -> dict[str, Any]:
    return {"actions": fractions("1 0 1", "0 2 1", "1 1 0", "1 -1 1"), "lam": Fraction(7, 10)}


@claim(
    "linear_bandits.elliptical_potential",
    "<=",
    paper=ABBASI,
    theorem="Lemma 11, with the best constant (derived here; 2 in the paper)",
    assumptions="lambda > 0; any actions",
    allowance=logarithms,
    uses=("linear_bandits.elliptical_growth",),
    argument="log(det V_T / lambda^d) = sum log(1 + w_t) by elliptical_growth, and min(1, w) <= log(1 + w) / log 2: for w <= "
    "1 because log is concave (the step) and both sides are equal at w = 0 and at w = 1, for w >= 1 because the right side "
    "grows. One action with w = 1 is an equality, so no smaller constant holds.",
    **DESIGNS,
)
def potential(actions: Array, lam: Any) -> Sides:
    r"""$\sum_t \min(1, w_t) \le \frac1{\log 2} \log \frac{\det V_T}{\lambda^d}$."""
    weights, ratio = growth(actions, lam)
    best = BEST_POTENTIAL_CONSTANT * ratio if not is_exact() else ratio / log(rational(2))
    return clipped(weights), best


@potential.false_sibling("1.44 in place of 1 / log 2 = 1.4427")
def _(actions: Array, lam: Any) -> Sides:
    weights, ratio = growth(actions, lam)
    return clipped(weights), rational(144, 100) * ratio


@potential.false_sibling("the classical constant 2 without the minimum")
def _(actions: Array, lam: Any) -> Sides:
    weights, ratio = growth(actions, lam)
    return weights.sum(), 2 * ratio


@potential.false_sibling("the constant 1")
def _(actions: Array, lam: Any) -> Sides:
    weights, ratio = growth(actions, lam)
    return clipped(weights), ratio


@potential.step("log(1 + w) has the second derivative -1 / (1 + w)^2", method="cancel")
def _() -> tuple[Any, Any]:
    w = sp.symbols("w", positive=True)
    return sp.diff(sp.log(1 + w), w, 2), -1 / (1 + w) ** 2


@potential.known("one action with w = 1, where the sides are the same")
def _() -> dict[str, Any]:
    return {"actions": fractions("1"), "lam": Fraction(1)}


@potential.known("lambda = 1/100, five times the same action: w sum to 102.07")
def _() -> dict[str, Any]:
    return {"actions": fractions(*["1 0"] * 5), "lam": Fraction(1, 100)}


@potential.known("lambda = 1, five times the same action: 2.2833 against 1.7918 log-volumes")
def _() -> dict[str, Any]:
    return {"actions": fractions(*["1 0"] * 5), "lam": Fraction(1)}


@claim(
    "linear_bandits.volume",
    "<=",
    paper=ABBASI,
    theorem="Lemma 10",
    assumptions="lambda > 0; |a| <= L",
    allowance=determinants,
    argument="The eigenvalues of V / lambda have the mean 1 + sum |a|^2 / (d lambda) <= 1 + T L^2 / (d lambda), and their "
    "product is at most the d-th power of their mean, since log is concave (the step for two of them).",
    **DESIGNS,
)
def volume(actions: Array, lam: Any) -> Sides:
    r"""$\frac{\det V_T}{\lambda^d} \le (1 + \frac{T L^2}{d \lambda})^d$."""
    d = actions.shape[1]
    ratio = determinant(gram(actions, lam)) / power(lam, d)
    return ratio, _volume(actions, lam)


def _volume(actions: Array, lam: Any) -> Any:
    d, reach = actions.shape[1], largest(np.array([inner(a, a) for a in actions]))
    if not is_exact():
        return float(np.exp(elliptical_potential(actions, lam).volume_bound))
    return power(1 + len(actions) * reach / (d * lam), d)


@volume.false_sibling("L^2 is the mean of |a|^2, one action less")
def _(actions: Array, lam: Any) -> Sides:
    d, T = actions.shape[1], len(actions)
    reach = largest(np.array([inner(a, a) for a in actions]))
    return determinant(gram(actions, lam)) / power(lam, d), power(1 + (T - 1) * reach / (d * lam), d)


@volume.false_sibling("as if the volume were spread over one dimension more")
def _(actions: Array, lam: Any) -> Sides:
    d, T = actions.shape[1], len(actions)
    reach = largest(np.array([inner(a, a) for a in actions]))
    return determinant(gram(actions, lam)) / power(lam, d), power(1 + T * reach / ((d + 1) * lam), d)


@volume.step("((x + y) / 2)^2 - x y = ((x - y) / 2)^2", method="expand")
def _() -> tuple[Any, Any]:
    x, y = sp.symbols("x y", positive=True)
    return ((x + y) / 2) ** 2 - x * y, ((x - y) / 2) ** 2


@volume.known("orthogonal actions of one length, an equality")
def _() -> dict[str, Any]:
    return {"actions": fractions("1 0", "0 1"), "lam": Fraction(1, 2)}


# --- optimism ----------------------------------------------------------------------------------------------------------------


@st.composite
def beliefs(draw: st.DrawFn) -> dict[str, Any]:
    """A Gram, an estimate, and a parameter somewhere in the ellipsoid."""
    d = draw(st.integers(1, 2))
    return {
        "past": draw(st.integers(1, 4).flatmap(lambda n: grid(n, d))),
        "lam": draw(st.sampled_from([0.25, 1.0, 4.0])),
        "estimate": draw(grid(d)),
        "direction": draw(grid(d)),
        "actions": draw(st.integers(1, 4).flatmap(lambda k: grid(k, d))),
        "width": draw(st.sampled_from([0.25, 1.0, 2.0])),
    }


@claim(
    "linear_bandits.optimism",
    "<=",
    paper=ABBASI,
    theorem="proof of Theorem 3",
    assumptions="|theta_hat - theta| in the norm of V is at most beta; the action maximises <theta_hat, a> + beta |a| in the "
    "norm of V^(-1)",
    instances=beliefs(),
    search={
        "past": Vector((2, 2)),
        "lam": LogInterval(Fraction(1, 8), 4),
        "estimate": Vector(2),
        "direction": Vector(2),
        "actions": Vector((3, 2)),
        "width": Choice((Fraction(1, 4), Fraction(1), Fraction(2))),
    },
    allowance=logarithms,
    argument="By Cauchy |<theta_hat - theta, a>| <= beta |a| (the step for two coordinates in which V is the identity), so "
    "that the best action has a value of at most its index, hence of at most the index of the one played, which exceeds that "
    "one's value by at most 2 beta |a|.",
)
def optimism(past: Array, lam: Any, estimate: Array, direction: Array, actions: Array, width: Any) -> Sides:
    r"""$\max_u \langle \theta, u \rangle - \langle \theta, a \rangle \le 2 \beta \|a\|_{V^{-1}}$ for the action that an optimist
    plays."""
    lost, size = _optimist(past, lam, estimate, direction, actions, width)
    return lost, 2 * width * size


def _optimist(past: Array, lam: Any, estimate: Array, direction: Array, actions: Array, width: Any) -> tuple[Any, Any]:
    """Regret of the optimist's action, and its norm; the parameter lies on the ellipsoid in the given direction."""
    V = gram(past, lam)
    reach = inner(direction, V @ direction)
    theta = estimate + direction * width / sqrt(reach) if reach > 0 else estimate
    sizes = [sqrt(inner(a, solve(V, a))) for a in actions]
    if is_exact():
        scores = [inner(estimate, a) + width * size for a, size in zip(actions, sizes, strict=True)]
        played = 0
        for k in range(1, len(scores)):
            if scores[k] > scores[played]:
                played = k
    else:
        played = _played(V, estimate, actions, width, lam)
    best = largest(np.array([inner(theta, a) for a in actions]))
    return best - inner(theta, actions[played]), sizes[played]


@floats_only
def _played(V: Array, estimate: Array, actions: Array, width: float, lam: float) -> int:
    learner = LinUCB(
        dimension=len(V), noise=0.0, norm_bound=width / float(np.sqrt(lam)), action_bound=1.0, regularization=lam, delta=0.5
    )
    return int(np.asarray(optimistic_rule(learner, actions)(V[None], (V @ estimate)[None], 0))[0])


@optimism.false_sibling("beta in place of 2 beta")
def _(past: Array, lam: Any, estimate: Array, direction: Array, actions: Array, width: Any) -> Sides:
    lost, size = _optimist(past, lam, estimate, direction, actions, width)
    return lost, width * size


@optimism.false_sibling("for who plays the best action by the estimate")
def _(past: Array, lam: Any, estimate: Array, direction: Array, actions: Array, width: Any) -> Sides:
    V = gram(past, lam)
    reach = inner(direction, V @ direction)
    theta = estimate + direction * width / sqrt(reach) if reach > 0 else estimate
    values = [inner(estimate, a) for a in actions]
    played = max(range(len(actions)), key=lambda k: values[k])
    size = sqrt(inner(actions[played], solve(V, actions[played])))
    best = largest(np.array([inner(theta, a) for a in actions]))
    return best - inner(theta, actions[played]), 2 * width * size


@optimism.step("(x^2 + y^2) (a^2 + b^2) - (x a + y b)^2 = (x b - y a)^2", method="expand")
def _() -> tuple[Any, Any]:
    x, y, a, b = sp.symbols("x y a b", real=True)
    return (x**2 + y**2) * (a**2 + b**2) - (x * a + y * b) ** 2, (x * b - y * a) ** 2


@optimism.known("two opposite actions, alike by their index, and the parameter where it hurts, an equality")
def _() -> dict[str, Any]:
    return {
        "past": fractions("0"),
        "lam": Fraction(1),
        "estimate": fractions("0")[0],
        "direction": fractions("-1")[0],
        "actions": fractions("1", "-1"),
        "width": Fraction(1),
    }


@claim(
    "linear_bandits.oful_regret",
    "<=",
    paper=ABBASI,
    theorem="Theorem 3, with the best constant of the potential (derived here; 2 in place of 1 / log 2 in the paper)",
    assumptions="the ellipsoid holds, of a width beta >= 1 that does not fall; no action is worse than the best by more than 2",
    allowance=logarithms,
    uses=("linear_bandits.optimism", "linear_bandits.elliptical_potential", "linear_bandits.volume"),
    argument="By optimism round t costs at most 2 min(1, beta |a_t|) <= 2 beta min(1, |a_t|), by Cauchy (the step for two "
    "rounds) the sum is at most 2 beta sqrt(T sum min(1, w_t)), and elliptical_potential and volume bound that sum.",
    **DESIGNS,
)
def oful_regret(actions: Array, lam: Any) -> Sides:
    r"""$\sum_t 2 \beta \min(1, \|a_t\|_{V_{t-1}^{-1}}) \le 2 \beta \sqrt{\frac{d T}{\log 2} \log(1 + \frac{T L^2}{d \lambda})}$,
    here with $\beta = 1$: the left side bounds the regret of the optimist."""
    weights, _ = growth(actions, lam)
    return 2 * clipped(sqrt(weights)), 2 * sqrt(len(actions) / log(rational(2)) * log(_volume(actions, lam)))


@oful_regret.false_sibling("the constant 1 in place of 1 / log 2")
def _(actions: Array, lam: Any) -> Sides:
    weights, _ = growth(actions, lam)
    return 2 * clipped(sqrt(weights)), 2 * sqrt(len(actions) * log(_volume(actions, lam)))


@oful_regret.step("2 (x^2 + y^2) - (x + y)^2 = (x - y)^2", method="expand")
def _() -> tuple[Any, Any]:
    x, y = sp.symbols("x y", real=True)
    return 2 * (x**2 + y**2) - (x + y) ** 2, (x - y) ** 2


@oful_regret.known("one action with |a|^2 = lambda, where the sides are the same")
def _() -> dict[str, Any]:
    return {"actions": fractions("1"), "lam": Fraction(1)}
