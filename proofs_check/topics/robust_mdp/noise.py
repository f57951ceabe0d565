r"""Claims about noise of any sign on a kernel: rows C that sum to zero with :math:`\|C\|_p \le \beta`; q is dual to p."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import absolute, is_exact, largest, smallest, sqrt
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Interval, Simplex, Space, Vector
from proofs_check.strategies import distributions
from proofs_check.topics.robust_mdp.formulas import worst_case
from proofs_check.topics.robust_mdp.instances import SIZE, Array, Sides

KUMAR = "Kumar, Derman, Geist, Levy and Mannor (2024), Policy gradient for rectangular robust MDPs (recalled)"

NORMS = ("1", "2", "inf")
DUAL = {"1": "inf", "2": "2", "inf": "1"}
ORDER = {"1": 1.0, "2": 2.0, "inf": float("inf")}


# --- norms and spreads, from the definitions -----------------------------------------------------------------------------------


def norm_of(x: Array, order: str) -> Any:
    """The L1, L2 or largest norm."""
    if order == "2":
        return sqrt((x * x).sum())
    return absolute(x).sum() if order == "1" else largest(absolute(x))


def spread(v: Array, norm: str) -> Any:
    r""":math:`\kappa_q(v)`: half the range for p = 1, deviations from the mean for 2, from the median for infinity."""
    if not is_exact():
        return tabular.robust.noise_spread(v, ORDER[norm])
    if norm == "1":
        return (largest(v) - smallest(v)) / 2
    centre = v.sum() / len(v) if norm == "2" else sorted(v)[len(v) // 2]
    return norm_of(v - centre, DUAL[norm])


def centred(x: Array) -> Array:
    """The same direction, with entries that sum to zero."""
    return x - x.sum() / len(x)


@st.composite
def directions(draw: st.DrawFn) -> dict[str, Any]:
    """Values and a direction of noise."""
    n = draw(st.integers(1, 5))
    entries = st.lists(st.integers(-8, 8), min_size=n, max_size=n)
    return {"v": np.array(draw(entries)) / 4, "noise": np.array(draw(entries)) / 8, "norm": draw(st.sampled_from(NORMS))}


def rounding(v: Array, **_: Any) -> float:
    """Sums of a few products of numbers up to two and eight."""
    return 1e-13 * (1 + float(np.abs(v).max()))


@claim(
    "robust_mdp.noise_spread",
    "<=",
    paper=KUMAR,
    assumptions="p = 1, 2, infinity; the argument covers every p",
    instances=directions(),
    search={"v": Vector(3, -2, 2), "noise": Vector(3, -1, 1), "norm": Choice(NORMS)},
    allowance=rounding,
    argument="C sums to zero, so that by the step <C, v> = <C, v - w> for every constant w; Hoelder's inequality bounds it by "
    "||C||_p ||v - w||_q, and the best w gives kappa_q. Equality is Hoelder's with the C that is aligned with v - w, which "
    "sums to zero because w is optimal.",
)
def noise_spread(v: Array, noise: Array, norm: Any) -> Sides:
    r"""$-\langle C, v \rangle \le \|C\|_p\, \kappa_q(v)$ for noise that sums to zero, $\kappa_q(v) = \min_w \|v - w\|_q$."""
    c = centred(noise)
    return -(c * v).sum(), norm_of(c, norm) * spread(v, norm)


@noise_spread.false_sibling("half of the range for every p")
def _(v: Array, noise: Array, norm: Any) -> Sides:
    c = centred(noise)
    return -(c * v).sum(), norm_of(c, norm) * spread(v, "1")


@noise_spread.false_sibling("noise that does not sum to zero")
def _(v: Array, noise: Array, norm: Any) -> Sides:
    return -(noise * v).sum(), norm_of(noise, norm) * spread(v, norm)


@noise_spread.step("a constant is not seen: c1 (v1 - w) + c2 (v2 - w) with c2 = -c1", method="expand")
def _() -> tuple[Any, Any]:
    c, v1, v2, w = sp.symbols("c v1 v2 w")
    return c * (v1 - w) - c * (v2 - w), c * v1 - c * v2


@noise_spread.known("L1 noise from the top to the bottom, an equality")
def _() -> dict[str, Any]:
    return {"v": [0, 1, 5], "noise": [Fraction(1, 2), 0, Fraction(-1, 2)], "norm": "1"}


@noise_spread.known("L2 noise along the deviations, an equality")
def _() -> dict[str, Any]:
    return {"v": [-3, -3, 3, 3], "noise": [1, 1, -1, -1], "norm": "2"}


@noise_spread.known("uniform noise down above the median, an equality")
def _() -> dict[str, Any]:
    return {"v": [0, 1, 5], "noise": [Fraction(1, 2), 0, Fraction(-1, 2)], "norm": "inf"}


# --- a state whose actions share the noise -------------------------------------------------------------------------------------


@st.composite
def shared_noise(draw: st.DrawFn) -> dict[str, Any]:
    """Action values, a level of noise, a policy."""
    n = draw(st.integers(1, 4))
    b = np.array(draw(st.lists(st.integers(-8, 8), min_size=n, max_size=n))) / 4
    return {
        "b": b,
        "sigma": draw(st.sampled_from([0.1, 0.6, 2.0])),
        "policy": draw(distributions(n)),
        "norm": draw(st.sampled_from(NORMS)),
    }


def level(b: Array, sigma: Any, norm: str) -> tuple[Any, Array]:
    r"""The root x of :math:`\sum_a (b_a - x)_+^p = \sigma^p`, and the policy."""
    if not is_exact():
        value, policy = tabular.robust.shared_noise_step(b, sigma, ORDER[norm])
        return float(value), policy
    best = max(range(len(b)), key=lambda a: b[a])
    alone = np.array([int(a == best) for a in range(len(b))]) + 0 * b
    if norm == "inf" or sigma == 0:
        return b[best] - sigma, alone
    top = sorted(b, reverse=True)
    for k in range(len(b), 0, -1):
        total = sum(top[1:k], top[0])
        if norm == "1":
            x = (total - sigma) / k
        else:
            inside = (sigma * sigma - sum(((y - total / k) ** 2 for y in top[1:k]), (top[0] - total / k) ** 2)) / k
            if inside < 0:
                continue
            x = total / k - sqrt(inside)
        if x < top[k - 1]:
            room = [y - x if y > x else 0 * y for y in b]
            weights = np.array([1 + 0 * y if norm == "1" and y > 0 else y for y in room], dtype=object)
            return x, weights / weights.sum()
    raise ValueError("no level")


def noise_rounding(b: Array, sigma: float, **_: Any) -> float:
    """A root of a polynomial of degree one or two, and sums of a few terms."""
    return 1e-13 * (1 + float(np.abs(b).max()) + sigma)


@claim(
    "robust_mdp.noise_shared",
    "<=",
    paper=KUMAR,
    assumptions="p = 1, 2, infinity; sigma > 0; the argument covers every p",
    instances=shared_noise(),
    search={"b": Vector(3, -2, 2), "sigma": Interval(Fraction(1, 20), 2), "policy": Simplex(3), "norm": Choice(NORMS)},
    allowance=noise_rounding,
    argument="<pi, b> - x <= <pi, (b - x)_+> <= ||pi||_q ||(b - x)_+||_p = sigma ||pi||_q at the root x, by the step and by "
    "Hoelder's inequality: that is the left side. Equality needs pi supported where b > x and aligned with (b - x)^(p-1).",
)
def noise_shared(b: Array, sigma: Any, policy: Array, norm: Any) -> Sides:
    r"""Against noise of norm $\sigma$ shared by the actions a policy gets $\langle \pi, b \rangle - \sigma \|\pi\|_q \le x$, the
    root of $\sum_a (b_a - x)_+^p = \sigma^p$."""
    return (policy * b).sum() - sigma * norm_of(policy, DUAL[norm]), level(b, sigma, norm)[0]


@noise_shared.false_sibling("the best action alone: max b - sigma")
def _(b: Array, sigma: Any, policy: Array, norm: Any) -> Sides:
    return noise_shared.sides(b, sigma, policy, norm)[0], largest(b) - sigma


@noise_shared.false_sibling("the policy's own norm in place of the dual")
def _(b: Array, sigma: Any, policy: Array, norm: Any) -> Sides:
    return (policy * b).sum() - sigma * norm_of(policy, norm), level(b, sigma, norm)[0]


@noise_shared.step("b - x <= (b - x)_+, weighted: m (y + d) >= m y", method="expand", relation=">=")
def _() -> tuple[Any, Any]:
    m, d = sp.symbols("m d", nonnegative=True)  # d is what the positive part adds
    y = sp.Symbol("y", real=True)
    return m * (y + d), m * y


@noise_shared.known("two actions of L1 noise 3/5: x = 3/5, an equality")
def _() -> dict[str, Any]:
    half = Fraction(1, 2)
    return {"b": [1, Fraction(4, 5), Fraction(3, 10), -half], "sigma": Fraction(3, 5), "policy": [half, half, 0, 0], "norm": "1"}


@claim(
    "robust_mdp.noise_shared_attained",
    "==",
    paper=KUMAR,
    assumptions="p = 1, 2, infinity; sigma > 0",
    instances=shared_noise(),
    search={"b": Vector(3, -2, 2), "sigma": Interval(Fraction(1, 20), 2), "policy": Simplex(3), "norm": Choice(NORMS)},
    allowance=noise_rounding,
    argument="With weights w = (b - x)_+ normalised, p = q = 2: <w, b - x> = |(b - x)_+|^2 / S and ||w||_2 = |(b - x)_+| / S, "
    "S the sum of the parts, and |(b - x)_+| = sigma; the step. For p = 1 the weights are even on the k actions above x, "
    "whose largest is 1 / k, and k x = sum b - sigma. For p = infinity only the best action is taken, of L1 norm 1.",
)
def noise_shared_attained(b: Array, sigma: Any, policy: Array, norm: Any) -> Sides:
    r"""The policy $\pi_a \propto (b_a - x)_+^{p-1}$ gets x itself."""
    x, best = level(b, sigma, norm)
    return (best * b).sum() - sigma * norm_of(best, DUAL[norm]), x


@noise_shared_attained.false_sibling("weights of the wrong power: (b - x)_+ itself for every p")
def _(b: Array, sigma: Any, policy: Array, norm: Any) -> Sides:
    x, _ = level(b, sigma, norm)
    room = np.array([y - x if y > x else 0 * y for y in b], dtype=b.dtype)
    weights = room / room.sum()
    return (weights * b).sum() - sigma * norm_of(weights, DUAL[norm]), x


@noise_shared_attained.step("s^2 / S - s (s / S) = 0", method="cancel")
def _() -> tuple[Any, Any]:
    s, total = sp.symbols("s S")
    return s**2 / total, s * (s / total)


@noise_shared_attained.known("L1 noise 3/5, an equality of fractions")
def _() -> dict[str, Any]:
    half = Fraction(1, 2)
    return {"b": [1, Fraction(4, 5), Fraction(3, 10), -half], "sigma": Fraction(3, 5), "policy": [half, half, 0, 0], "norm": "1"}


# --- signed noise is more than a set of laws -----------------------------------------------------------------------------------


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """Values, a law and an L1 radius."""
    n = draw(st.integers(1, 5))
    values = np.array(draw(st.lists(st.integers(-8, 8), min_size=n, max_size=n))) / 4
    return {"v": values, "p": draw(distributions(n)), "size": draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))}


ROWS: dict[str, Space] = {"v": Vector(3, -2, 2), "p": Simplex(3), "size": SIZE}


@claim(
    "robust_mdp.noise_below_laws",
    "<=",
    paper="derived here",
    assumptions="L1 noise; the argument covers every norm",
    instances=rows(),
    search=ROWS,
    allowance=rounding,
    argument="Every law within the radius is P + C with an admissible C, by the step; the minimum over more is no larger.",
)
def noise_below_laws(v: Array, p: Array, size: Any) -> Sides:
    r"""$\langle p, v \rangle - \beta\, \kappa_\infty(v) \le \min \{ \langle q, v \rangle : \|q - p\|_1 \le \beta \}$ over laws
    q.
    """
    return (p * v).sum() - size * spread(v, "1"), _within(v, p, size)


def _within(v: Array, p: Array, radius: Any) -> Any:
    """The worst case over laws; an L1 radius is half a radius of total variation."""
    if is_exact():
        return worst_case("TV", v, p, radius / 2)
    return tabular.TotalVariation().worst_case(v, p, radius / 2).value


@noise_below_laws.false_sibling("the other way round: they are the same set")
def _(v: Array, p: Array, size: Any) -> Sides:
    left, right = noise_below_laws.sides(v, p, size)
    return right, left


@noise_below_laws.step("q1 - p1 + q2 - p2 = 0 for laws", method="expand")
def _() -> tuple[Any, Any]:
    p, q = sp.symbols("p q")
    return (q - p) + ((1 - q) - (1 - p)), sp.Integer(0)


@noise_below_laws.known("noise that stays inside the simplex, an equality")
def _() -> dict[str, Any]:
    return {"v": [0, 1, 2], "p": [Fraction(1, 2), Fraction(1, 4), Fraction(1, 4)], "size": Fraction(1, 2)}
