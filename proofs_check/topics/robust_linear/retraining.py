r"""Claims about recourse: what a Gelbrich distance allows along a direction, and the worst point of a disc.

Angles are given by the tangents of their halves, :math:`\cos = (1 - t^2) / (1 + t^2)`, :math:`\sin = 2 t / (1 + t^2)`, so that
    all
that follows is rational: a disc with centre R (cos a, sin a) and radius R sin b is seen from the origin under the angles a - b
    to a + b.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import floats_only, is_exact, rational, sqrt
from proofs_check.claim import claim
from proofs_check.spaces import Interval, Space, Vector
from proofs_check.topics.divergences.formulas import mean
from proofs_check.topics.robust_linear.instances import Array, Sides, units

DIRRAC = "Nguyen, Bui, Nguyen, Yue and Nguyen (2023), Distributionally robust recourse action"
GELBRICH = "Gelbrich (1990), On a formula for the L2 Wasserstein metric between measures on Euclidean and Hilbert spaces"


def cosine(t: Any) -> Any:
    """Of the angle whose half has tangent t."""
    return (1 - t * t) / (1 + t * t)


def sine(t: Any) -> Any:
    """Of the angle whose half has tangent t."""
    return 2 * t / (1 + t * t)


@st.composite
def discs(draw: st.DrawFn) -> dict[str, Any]:
    """Centre and size of a disc that lies in the right half plane, and a point of it."""
    t = draw(st.sampled_from([0.0, 0.1, 0.3, 0.6, 0.9]))
    return {
        "t": t,
        "share": draw(st.floats(0, 1)),
        "reach": draw(st.sampled_from([0.0, 0.5, 1.0])),
        "turn": draw(st.floats(-20, 20)),
    }


DISC: dict[str, Space] = {
    "t": Interval(0, Fraction(99, 100)),
    "share": Interval(0, 1),
    "reach": Interval(0, 1),
    "turn": Interval(-20, 20),
}


ANGLES: dict[str, Space] = {key: DISC[key] for key in ("t", "share")}


def angles() -> Any:
    """Centre and size alone."""
    return st.builds(dict, t=st.sampled_from([0.0, 0.1, 0.3, 0.6, 0.9]), share=st.floats(0, 1))


def widest(t: Any, share: Any) -> Any:
    """Half-angle tangent of b, a share of what leaves a + b at most a right angle."""
    return share * (1 - t) / (1 + t)


def disc(t: Any, share: Any) -> tuple[Any, Any, Any, Any]:
    """Mean M, deviation B, radius C and D = sqrt(M^2 + B^2 - C^2) for R = 1."""
    u = widest(t, share)
    return cosine(t), sine(t), sine(u), cosine(u)


def worst_square(t: Any, share: Any) -> Any:
    r"""The closed form :math:`\bigl(\frac{M C + B D}{M^2 + B^2}\bigr)^2`; in doubles our function's."""
    if not is_exact():
        return _ours(t, share)
    m, b, c, d = disc(t, share)
    return ((m * c + b * d) / (m * m + b * b)) ** 2


@floats_only
def _ours(t: float, share: float) -> float:
    m, b, c, _ = disc(t, share)
    law = tabular.recourse.Classifiers([m, 0.0], [[b * b, 0.0], [0.0, 0.0]], c)
    return float(tabular.recourse.failure_probabilities([1.0, 0.0], law)[0])


def half_units(**_: Any) -> float:
    """A sine from an arctangent and an arcsine: near a right angle the arcsine's argument loses half of its digits, but the
    square of the sine is flat there."""
    return 1e-13


@claim(
    "robust_linear.worst_of_disc",
    "<=",
    paper=DIRRAC,
    theorem="closed form of the failure probability over all laws",
    assumptions="every mean in the disc is not negative",
    instances=discs(),
    search=DISC,
    allowance=half_units,
    argument="s^2 / (s^2 + m^2) is the squared sine of the angle of (m, s), which is largest on the tangent from the origin: "
    "no point of the disc has s cos(a + b) - m sin(a + b) > 0 as by the first step the centre is at distance R sin b from "
    "that line, the radius; the angle a + b is at most a right one. By the second step sin(a + b) is the closed form.",
)
def worst_of_disc(t: Any, share: Any, reach: Any, turn: Any) -> Sides:
    r"""$\frac{s^2}{s^2 + m^2} \le \Bigl( \frac{M C + B \sqrt{M^2 + B^2 - C^2}}{M^2 + B^2} \Bigr)^2$ for all (m, s) within C of
    (M, B), $M \ge C$; with Cantelli's inequality the worst probability of failure."""
    m, b, c, _ = disc(t, share)
    x, y = m + reach * c * cosine(turn), b + reach * c * sine(turn)
    square = x * x + y * y
    below = y * y / square if square > 0 and y > 0 else 0 * t
    return below, worst_square(t, share)


@worst_of_disc.false_sibling("a tenth less of the radius, as where |x| is forgotten")
def _(t: Any, share: Any, reach: Any, turn: Any) -> Sides:
    left, _ = worst_of_disc.sides(t, share, reach, turn)
    m, b, c, _ = disc(t, share)
    smaller = c * rational(9, 10)
    sides = m * smaller, b, m * m + b * b
    return left, _square_of(*sides, smaller)


def _square_of(product: Any, b: Any, square: Any, c: Any) -> Any:
    root = sqrt(square - c * c)
    x = (product + b * root) / square
    return x * x


@worst_of_disc.false_sibling(
    "the largest deviation at the smallest mean is not reached: the corner of the square around the disc"
)
def _(t: Any, share: Any, reach: Any, turn: Any) -> Sides:
    m, b, c, _ = disc(t, share)
    x, y = m - c, b + c
    square = x * x + y * y
    return (y * y / square if square > 0 else 0 * t), worst_square(t, share)


@worst_of_disc.step("the centre's distance from the line at angle a + b is R sin b", method="expand")
def _() -> tuple[Any, Any]:
    a, b = sp.symbols("a b", real=True)
    distance = sp.cos(a) * sp.sin(a + b) - sp.sin(a) * sp.cos(a + b)
    return sp.expand(sp.expand_trig(distance)).subs(sp.sin(a) ** 2, 1 - sp.cos(a) ** 2), sp.sin(b)


@worst_of_disc.step("sin(a + b) = cos a sin b + sin a cos b, which is (M C + B D) / R^2", method="expand")
def _() -> tuple[Any, Any]:
    a, b = sp.symbols("a b", real=True)
    return sp.expand_trig(sp.sin(a + b)), sp.cos(a) * sp.sin(b) + sp.sin(a) * sp.cos(b)


@worst_of_disc.known("the tangent point of a 3-4-5 disc: an equality")
def _() -> dict[str, Any]:
    # the centre is (4/5, 3/5), b takes half of the room; the tangent point lies a right angle beyond a + b
    return {"t": Fraction(1, 3), "share": Fraction(1, 2), "reach": 1, "turn": Fraction(9, 2)}


@claim(
    "robust_linear.gaussian_same_angle",
    "==",
    paper=DIRRAC,
    theorem="closed form of the failure probability over Gaussian laws",
    assumptions="every mean in the disc is positive, and something is in doubt",
    instances=angles(),
    search=ANGLES,
    allowance=half_units,
    argument="The worst Gaussian law maximises s / m, the tangent of the same angle a + b. With f = sin^2(a + b) the "
    "statement is cot^2 f = 1 - f, and by the steps numerator and denominator of the paper's quotient are R^2 sin(a + b) "
    "sin(a - b) and the like.",
)
def gaussian_same_angle(t: Any, share: Any) -> Sides:
    r"""$\frac{M^2 - C^2}{M B + C \sqrt{M^2 + B^2 - C^2}} = \cot(a + b)$: the Gaussian probability is $\Phi$ of minus the
    cotangent
    of the angle whose squared sine f is the probability over all laws. Checked as $(M^2 - C^2)^2 f = (1 - f) (M B + C D)^2$."""
    m, b, c, d = disc(t, share)
    f = worst_square(t, share)
    return (m * m - c * c) ** 2 * f, (1 - f) * (m * b + c * d) ** 2


@gaussian_same_angle.false_sibling("with A = -M in place of M: the signs of the two products differ")
def _(t: Any, share: Any) -> Sides:
    m, b, c, d = disc(t, share)
    f = worst_square(t, share)
    return (m * m - c * c) ** 2 * f, (1 - f) * (c * d - m * b) ** 2


@gaussian_same_angle.false_sibling("the probability itself in place of its square root's angle")
def _(t: Any, share: Any) -> Sides:
    m, b, c, d = disc(t, share)
    f = worst_square(t, share)
    return (m * m - c * c) ** 2 * f * f, (1 - f * f) * (m * b + c * d) ** 2


@gaussian_same_angle.step("M^2 - C^2 = cos(a + b) cos(a - b) for R = 1", method="expand")
def _() -> tuple[Any, Any]:
    a, b = sp.symbols("a b", real=True)
    product = sp.expand_trig(sp.cos(a + b)) * sp.expand_trig(sp.cos(a - b))
    return sp.expand(product).subs({sp.sin(a) ** 2: 1 - sp.cos(a) ** 2, sp.cos(b) ** 2: 1 - sp.sin(b) ** 2}), sp.cos(
        a
    ) ** 2 - sp.sin(b) ** 2


@gaussian_same_angle.step("M B + C D = sin(a + b) cos(a - b) for R = 1", method="expand")
def _() -> tuple[Any, Any]:
    a, b = sp.symbols("a b", real=True)
    product = sp.expand(sp.expand_trig(sp.sin(a + b)) * sp.expand_trig(sp.cos(a - b)))
    squares = {sp.cos(b) ** 2: 1 - sp.sin(b) ** 2}
    other = {sp.cos(a) ** 2: 1 - sp.sin(a) ** 2}
    return product.subs(squares).subs(other), sp.sin(a) * sp.cos(a) + sp.sin(b) * sp.cos(b)


@gaussian_same_angle.known("a 3-4-5 disc: an equality of fractions")
def _() -> dict[str, Any]:
    return {"t": Fraction(1, 3), "share": Fraction(1, 2)}


@claim(
    "robust_linear.cantelli_attained",
    "==",
    paper="Cantelli's inequality",
    instances=st.builds(dict, m=st.sampled_from([0.1, 0.5, 2.0]), s=st.sampled_from([0.1, 1.0, 3.0])),
    search={"m": Interval(Fraction(1, 100), 2), "s": Interval(Fraction(1, 100), 2)},
    allowance=units,
    argument="By the steps the two moments are m and s^2. That no law with these moments has more below 0 is Cantelli's "
    "inequality: P(Y <= 0) <= E (Y - c)^2 / c^2 for every c > 0, and c = m + s^2 / m gives the same number.",
)
def cantelli_attained(m: Any, s: Any) -> Sides:
    r"""A law on 0 and $m + s^2 / m$ with mean m has variance $s^2$ and mass $s^2 / (s^2 + m^2)$ at 0: the bound of the moments is
    attained, for failure at $\theta^\top x \le 0$, and is $E (Y - c)^2 / c^2$ at c the upper point."""
    top = m + s * s / m
    p = m / top
    variance = (1 - p) * m * m + p * (top - m) * (top - m)
    chebyshev = (s * s + (top - m) * (top - m)) / (top * top)
    return np.array([variance, 1 - p, chebyshev]), np.array([s * s, s * s / (s * s + m * m), s * s / (s * s + m * m)])


@cantelli_attained.false_sibling("Chebyshev's s^2 / m^2")
def _(m: Any, s: Any) -> Sides:
    left, _ = cantelli_attained.sides(m, s)
    return left[1], s * s / (m * m)


@cantelli_attained.step("the mass at 0 is s^2 / (s^2 + m^2)", method="cancel")
def _() -> tuple[Any, Any]:
    m, s = sp.symbols("m s", positive=True)
    return 1 - m / (m + s**2 / m), s**2 / (s**2 + m**2)


@cantelli_attained.step("the variance is s^2", method="cancel")
def _() -> tuple[Any, Any]:
    m, s = sp.symbols("m s", positive=True)
    top = m + s**2 / m
    p = m / top
    return (1 - p) * m**2 + p * (top - m) ** 2, s**2


@cantelli_attained.known("mean 3, deviation 1: a tenth, an equality")
def _() -> dict[str, Any]:
    return {"m": 3, "s": 1}


# --- what a Gelbrich distance allows -------------------------------------------------------------------------------------------


@st.composite
def transports(draw: st.DrawFn) -> dict[str, Any]:
    """Roots of a covariance and of a transport map, a shift of the mean, a direction."""

    def matrix() -> Array:
        return np.array(draw(st.lists(st.integers(-4, 4), min_size=4, max_size=4)), dtype=float).reshape(2, 2) / 4

    def vector() -> Array:
        return np.array(draw(st.lists(st.integers(-4, 4), min_size=2, max_size=2)), dtype=float) / 4

    return {"root": matrix(), "map_root": matrix(), "shift": vector(), "x": vector()}


def _moved(root: Array, map_root: Array, shift: Array, x: Array) -> tuple[Any, Any, Any]:
    """Squared displacement of (mean, deviation) along x, squared Gelbrich distance, squared norm of x.

    The other covariance is T S T with T positive semidefinite, the map that carries one Gaussian law to the other at least cost:
    the squared distance is then the squared shift plus the trace of (T - 1) S (T - 1), a rational number.
    """
    kind = object if is_exact() else float  # integers must not become machine integers
    cov = np.array([[mean(a, b) for b in root] for a in root], dtype=kind)
    carry = np.array([[mean(a, b) for b in map_root] for a in map_root], dtype=kind)
    other = carry @ cov @ carry
    change = carry.copy()
    change[0, 0], change[1, 1] = change[0, 0] - 1, change[1, 1] - 1
    moved = change @ cov @ change
    square = mean(shift, shift) + moved[0, 0] + moved[1, 1]
    if not is_exact():
        square = _distance(cov, shift, other) ** 2
    s, t = sqrt(_form(x, cov)), sqrt(_form(x, other))
    along = mean(shift, x)
    return along * along + (s - t) * (s - t), square, mean(x, x)


def _form(x: Array, matrix: Array) -> Any:
    value = sum((x[i] * x[j] * matrix[i, j] for i in range(len(x)) for j in range(len(x))), 0 * x[0])
    return max(value, 0 * value)


@floats_only
def _distance(cov: Array, shift: Array, other: Array) -> float:
    return tabular.recourse.gelbrich_distance(np.zeros(2), cov, shift, other)


def roots_of_matrices(**_: Any) -> float:
    """Square roots of eigenvalues that are zero up to 1e-16 are zero up to 1e-8, and enter linearly."""
    return 1e-6


TRANSPORT: dict[str, Space] = {
    "root": Vector((2, 2), -1, 1),
    "map_root": Vector((2, 2), -1, 1),
    "shift": Vector(2, -1, 1),
    "x": Vector(2, -1, 1),
}


@claim(
    "robust_linear.gelbrich_disc",
    "<=",
    paper=DIRRAC,
    theorem="projection of the Gelbrich ball; the distance is Gelbrich's (1990)",
    instances=transports(),
    search=TRANSPORT,
    allowance=roots_of_matrices,
    argument="Let Y and Y' = T Y + shift be coupled as Gaussian laws are at least cost, T the positive semidefinite map: G^2 "
    "= E |Y - Y'|^2. The difference of standard deviations of x Y and x Y' is at most the standard deviation of x (Y - Y') "
    "(the triangle inequality in L2), so that the squared displacement is at most E (x (Y - Y'))^2 <= |x|^2 G^2 by "
    "Cauchy-Schwarz, which is the step.",
)
def gelbrich_disc(root: Array, map_root: Array, shift: Array, x: Array) -> Sides:
    r"""Along x, mean and standard deviation move by at most $\|x\|$ times the Gelbrich distance:
    $(\mu' - \mu)^2 + (\sigma' - \sigma)^2 \le \|x\|^2 G^2$."""
    moved, square, norm = _moved(root, map_root, shift, x)
    return moved, norm * square


@gelbrich_disc.false_sibling("the radius does not depend on |x|")
def _(root: Array, map_root: Array, shift: Array, x: Array) -> Sides:
    moved, square, _ = _moved(root, map_root, shift, 2 * x)
    return moved, square


@gelbrich_disc.false_sibling("a tenth less")
def _(root: Array, map_root: Array, shift: Array, x: Array) -> Sides:
    moved, square, norm = _moved(root, map_root, shift, x)
    return moved, norm * square * rational(9, 10)


@gelbrich_disc.step("|x|^2 |y|^2 - (x y)^2 is a square in the plane", method="expand")
def _() -> tuple[Any, Any]:
    a, b, c, d = sp.symbols("a b c d")
    return (a**2 + b**2) * (c**2 + d**2) - (a * c + b * d) ** 2, (a * d - b * c) ** 2


@gelbrich_disc.known("a shift along x")
def _() -> dict[str, Any]:
    half = Fraction(1, 2)
    return {"root": [[1, 0], [0, 1]], "map_root": [[1, 0], [0, 1]], "shift": [half, 0], "x": [1, 0]}


@claim(
    "robust_linear.failure_scale_free",
    "==",
    paper=DIRRAC,
    theorem="a remark; derived here",
    assumptions="no entry of x is fixed",
    instances=st.builds(
        dict, t=st.sampled_from([0.0, 0.3, 0.9]), share=st.floats(0, 1), scale=st.sampled_from([0.01, 0.5, 3.0, 100.0])
    ),
    search={"t": DISC["t"], "share": DISC["share"], "scale": Interval(Fraction(1, 100), 10)},
    allowance=half_units,
    argument="M, B and C all carry one factor |x|, and the closed form is a quotient of forms of the same degree, by the step.",
)
def failure_scale_free(t: Any, share: Any, scale: Any) -> Sides:
    r"""The worst probability of failure is the same at x and at c x, c > 0: without a bias, moving towards the origin costs
    distance
    and changes nothing, and the ball around the start matters only through the directions it contains."""
    return _scaled(t, share, scale), worst_square(t, share)


def _scaled(t: Any, share: Any, scale: Any) -> Any:
    if not is_exact():
        return _ours_scaled(t, share, scale)
    m, b, c, d = (scale * z for z in disc(t, share))
    return ((m * c + b * d) / (m * m + b * b)) ** 2


@floats_only
def _ours_scaled(t: float, share: float, scale: float) -> float:
    m, b, c, _ = disc(t, share)
    law = tabular.recourse.Classifiers([m, 0.0], [[b * b, 0.0], [0.0, 0.0]], c)
    return float(tabular.recourse.failure_probabilities([scale, 0.0], law)[0])


@failure_scale_free.false_sibling("with a bias of one, too")
def _(t: Any, share: Any, scale: Any) -> Sides:
    m, b, c, d = disc(t, share)
    biased = scale * m + 1
    return (biased * scale * c + scale * b * sqrt(biased * biased + scale * scale * (b * b - c * c))) / (
        biased * biased + scale * scale * b * b
    ), (m * c + b * d) / (m * m + b * b)


@failure_scale_free.step("(k M k C + k B k D) / (k^2 M^2 + k^2 B^2) has no k", method="cancel")
def _() -> tuple[Any, Any]:
    k, m, b, c, d = sp.symbols("k M B C D", positive=True)
    return (k * m * k * c + k * b * k * d) / (k**2 * m**2 + k**2 * b**2), (m * c + b * d) / (m**2 + b**2)


@failure_scale_free.known("a 3-4-5 disc ten times as far: an equality of fractions")
def _() -> dict[str, Any]:
    return {"t": Fraction(1, 3), "share": Fraction(1, 2), "scale": 10}
