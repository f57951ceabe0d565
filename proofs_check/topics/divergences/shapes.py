r"""Claims: how worst cases move with values, radius and penalty, and how those of different sets compare.

All sides call our solvers, in doubles. :math:`C_\rho` is the constrained, :math:`R_\lambda` the penalised worst case; the range
is that of the values on the support.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

import tabular
from proofs_check.claim import claim
from proofs_check.spaces import Interval, Simplex, Vector
from proofs_check.strategies import distributions
from proofs_check.topics.divergences.worst_cases import NAMED

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]

SOURCE = "derived here; Ben-Tal et al. (2013) for the scalar duals"
CONSTRAINED: dict[str, Any] = {
    **NAMED,
    "TV": tabular.TotalVariation(),
    "TV on the support": tabular.TotalVariation(absolutely_continuous=True),
    "contamination": tabular.Contamination(),
    "L-infinity": tabular.LInfinity(),
    "L2": tabular.L2(),
}
PENALISED: dict[str, Any] = {**NAMED, "TV": tabular.TotalVariation()}
INSIDE = tabular.TotalVariation(absolutely_continuous=True)


@st.composite
def moves(draw: st.DrawFn) -> dict[str, Any]:
    """Two value functions, a reference, a size from 0.01 to 1, a constant and a scale."""
    size = draw(st.integers(1, 5))
    vectors = [np.array(draw(st.lists(st.integers(-8, 8), min_size=size, max_size=size))) / 4 for _ in range(2)]
    return {
        "values": vectors[0],
        "other": vectors[1],
        "p": draw(distributions(size)),
        "size": draw(st.sampled_from([0.01, 0.1, 0.4, 1.0])),
    }


def rounding(values: Array, other: Array, p: Array, size: float) -> float:
    """Solvers are right to about 1e-13 of the range of values up to 2; their root searches leave a few units more."""
    return 1e-11


def shape(name: str, relation: Any, **more: Any) -> Callable[[Any], Any]:
    """A claim about :data:`CONSTRAINED` or :data:`PENALISED`."""
    return claim(
        f"divergences.{name}",
        relation,
        paper=SOURCE,
        assumptions="finite values; the reference may have zeros; ties anywhere",
        instances=moves(),
        arithmetics=("float",),
        search={"values": Vector(3, -2, 2), "other": Vector(3, -2, 2), "p": Simplex(3), "size": Interval(0.01, 1)},
        allowance=rounding,
        **more,
    )


def constrained(values: Array, p: Array, radius: float) -> Array:
    """All constrained worst cases."""
    return np.array([d.worst_case(values, p, radius).value for d in CONSTRAINED.values()])


def penalised(values: Array, p: Array, penalty: float) -> Array:
    """All penalised worst cases."""
    return np.array([d.penalised_min(values, p, penalty).value for d in PENALISED.values()])


def both(values: Array, p: Array, size: float) -> Array:
    """All of them."""
    return np.concatenate([constrained(values, p, size), penalised(values, p, size)])


@shape("radius_monotone", "monotone")
def radius_monotone(values: Array, other: Array, p: Array, size: float) -> Sides:
    r"""$-C_\rho$ does not decrease in the radius, nor $R_\lambda$ in the penalty."""
    sizes = np.array([0.0, 0.25, 0.5, 1.0]) * size
    falls = np.array([-constrained(values, p, r) for r in sizes]).T
    rises = np.array([penalised(values, p, r) for r in sizes]).T
    return np.concatenate([falls, rises]), np.tile(sizes, (len(falls) + len(rises), 1))


@radius_monotone.false_sibling("the other way round")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    left, right = radius_monotone.sides(values, other, p, size)
    return -left, right


@shape("radius_convex", "<=")
def radius_convex(values: Array, other: Array, p: Array, size: float) -> Sides:
    r"""$C_\rho$ is convex in the radius and $R_\lambda$ concave in the penalty, here at the middle of an interval."""
    c = [constrained(values, p, r) for r in (0.1 * size, 0.55 * size, size)]
    r = [penalised(values, p, x) for x in (0.1 * size, 0.55 * size, size)]
    return np.concatenate([c[1], (r[0] + r[2]) / 2]), np.concatenate([(c[0] + c[2]) / 2, r[1]])


@radius_convex.false_sibling("the other way round")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    left, right = radius_convex.sides(values, other, p, size)
    return right, left


@shape("translation", "==")
def translation(values: Array, other: Array, p: Array, size: float) -> Sides:
    r"""$F(V + c) = F(V) + c$ for every worst case, here with $c = 7$."""
    return both(values + 7, p, size), both(values, p, size) + 7


@translation.false_sibling("a scale instead of a shift: penalised worst cases are not homogeneous")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    return both(7 * values, p, size), 7 * both(values, p, size)


@shape("homogeneous", "==")
def homogeneous(values: Array, other: Array, p: Array, size: float) -> Sides:
    r"""$C_\rho(t V) = t\, C_\rho(V)$ and $R_\lambda(t V) = t\, R_{\lambda / t}(V)$, here with $t = 3$."""
    left = np.concatenate([constrained(3 * values, p, size), penalised(3 * values, p, size)])
    return left, 3 * np.concatenate([constrained(values, p, size), penalised(values, p, size / 3)])


@homogeneous.false_sibling("the penalty is not divided")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    return both(3 * values, p, size), 3 * both(values, p, size)


@shape("superadditive", "<=")
def superadditive(values: Array, other: Array, p: Array, size: float) -> Sides:
    r"""$C_\rho(V) + C_\rho(W) \le C_\rho(V + W)$: monotone, homogeneous and moving with constants, it is a coherent risk."""
    return constrained(values, p, size) + constrained(other, p, size), constrained(values + other, p, size)


@superadditive.false_sibling("the other way round")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    left, right = superadditive.sides(values, other, p, size)
    return right, left


@shape("non_expansive", "<=")
def non_expansive(values: Array, other: Array, p: Array, size: float) -> Sides:
    r"""$|F(V) - F(W)| \le \|V - W\|_\infty$ for every worst case."""
    distance = np.abs(both(values, p, size) - both(other, p, size))
    return distance, np.full(distance.size, np.abs(values - other).max())


@non_expansive.false_sibling("half of the distance")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    left, right = non_expansive.sides(values, other, p, size)
    return left, right / 2


# --- sets inside one another ---------------------------------------------------------------------------------------------------


def kl_case(values: Array, p: Array, radius: float) -> float:
    """Worst case within a KL radius."""
    return float(tabular.KL().worst_case(values, p, radius).value)


def tv_case(values: Array, p: Array, radius: float) -> float:
    """Worst case within a total variation radius, on the support."""
    return float(INSIDE.worst_case(values, p, min(radius, 1.0)).value)


def chi_case(values: Array, p: Array, radius: float) -> float:
    """Worst case within a chi-square radius."""
    return float(tabular.ChiSquare().worst_case(values, p, radius).value)


@shape("inclusions", "<=", uses=("divergences.pinsker", "divergences.bretagnolle_huber", "divergences.kl_chi_square"))
def inclusions(values: Array, other: Array, p: Array, size: float) -> Sides:
    r"""Smaller sets, higher worst cases: $C^{KL}_\rho \ge C^{TV}_{\sqrt{\rho / 2}}$,
    $C^{KL}_\rho \ge C^{TV}_{\sqrt{1 - e^{-\rho}}}$,
    $C^{\chi^2}_\rho \ge C^{KL}_{\log(1 + \rho)}$ and $C^{\chi^2}_\rho \ge C^{TV}_{\sqrt\rho / 2}$.
    """
    low = [
        tv_case(values, p, np.sqrt(size / 2)),
        tv_case(values, p, np.sqrt(-np.expm1(-size))),
        kl_case(values, p, np.log1p(size)),
        tv_case(values, p, np.sqrt(size) / 2),
    ]
    kl, chi = kl_case(values, p, size), chi_case(values, p, size)
    return np.array(low), np.array([kl, kl, chi, chi])


@inclusions.false_sibling("Pinsker without the root")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    return tv_case(values, p, size / 2), kl_case(values, p, size)


@inclusions.false_sibling("chi-square inside KL of the same logarithm")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    return chi_case(values, p, size), kl_case(values, p, np.log1p(size))


@shape("two_point_identity", "==")
def two_point_identity(values: Array, other: Array, p: Array, size: float) -> Sides:
    r"""On a fair coin, $C^{\chi^2}_\rho = C^{TV}_{\sqrt\rho / 2}$ for $\rho \le 1$."""
    coin, two = np.array([0.5, 0.5]), np.resize(values, 2)
    return chi_case(two, coin, size), tv_case(two, coin, np.sqrt(size) / 2)


@two_point_identity.false_sibling("without the root")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    coin, two = np.array([0.5, 0.5]), np.resize(values, 2)
    return chi_case(two, coin, size), tv_case(two, coin, size / 2)


# --- envelopes -----------------------------------------------------------------------------------------------------------------


def moments(values: Array, p: Array) -> tuple[float, float, float]:
    """Mean, variance, and range on the support."""
    mean = float(p @ values)
    return mean, float(p @ (values - mean) ** 2), float(np.ptp(values[p > 0]))


@shape("hoeffding", "<=", theorem="Hoeffding's lemma")
def hoeffding(values: Array, other: Array, p: Array, size: float) -> Sides:
    r"""$E V - R^{KL}_\lambda \le \text{range}^2 / (8 \lambda)$."""
    mean, _, width = moments(values, p)
    return mean - tabular.KL().penalised_min(values, p, 4 * size).value, width**2 / (32 * size)


@hoeffding.false_sibling("9 in place of 8")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    mean, _, width = moments(values, p)
    return mean - tabular.KL().penalised_min(values, p, 4 * size).value, width**2 / (36 * size)


@hoeffding.false_sibling("the second-order expansion Var / (2 lambda)")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    mean, variance, _ = moments(values, p)
    return mean - tabular.KL().penalised_min(values, p, 4 * size).value, variance / (8 * size)


@hoeffding.false_sibling("the same expansion as a bound from the other side")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    mean, variance, _ = moments(values, p)
    return variance / (8 * size), mean - tabular.KL().penalised_min(values, p, 4 * size).value


@shape("chi_square_penalty_drop", "<=")
def chi_square_penalty_drop(values: Array, other: Array, p: Array, size: float) -> Sides:
    r"""$E V - R^{\chi^2}_\lambda \le \mathrm{Var} V / (4 \lambda)$, an equality from $\lambda = (\max V - E V) / 2$ on."""
    mean, variance, _ = moments(values, p)
    return mean - tabular.ChiSquare().penalised_min(values, p, size).value, variance / (4 * size)


@chi_square_penalty_drop.false_sibling("5 in place of 4")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    mean, variance, _ = moments(values, p)
    return mean - tabular.ChiSquare().penalised_min(values, p, size).value, variance / (5 * size)


@shape("kl_range_drop", "<=", uses=("divergences.inclusions",))
def kl_range_drop(values: Array, other: Array, p: Array, size: float) -> Sides:
    r"""$E V - C^{KL}_\rho \le \text{range} \sqrt{\rho / 2}$."""
    mean, _, width = moments(values, p)
    return mean - kl_case(values, p, size), width * np.sqrt(size / 2)


@kl_range_drop.false_sibling("the deviation in place of half of the range")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    mean, variance, _ = moments(values, p)
    return mean - kl_case(values, p, size), np.sqrt(2 * size * variance)


@shape("chi_square_drop", "<=")
def chi_square_drop(values: Array, other: Array, p: Array, size: float) -> Sides:
    r"""$E V - C^{\chi^2}_\rho \le \sqrt{\rho\, \mathrm{Var} V}$, an equality while no state is dropped."""
    mean, variance, _ = moments(values, p)
    return mean - chi_case(values, p, size), np.sqrt(size * variance)


@chi_square_drop.false_sibling("it is an equality")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    mean, variance, _ = moments(values, p)
    return np.sqrt(size * variance), mean - chi_case(values, p, size)


@chi_square_drop.false_sibling("half of chi-square")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    mean, variance, _ = moments(values, p)
    return mean - chi_case(values, p, size), np.sqrt(size * variance / 2)


@shape("total_variation_drop", "<=")
def total_variation_drop(values: Array, other: Array, p: Array, size: float) -> Sides:
    r"""$E V - C^{TV}_\rho \le \rho\, \text{range}$, an equality up to the mass of the largest value."""
    mean, _, width = moments(values, p)
    return mean - tv_case(values, p, size), size * width


@total_variation_drop.false_sibling("half of it")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    mean, _, width = moments(values, p)
    return mean - tv_case(values, p, size), size * width / 2


@shape("kl_below_chi_square", "<=", uses=("divergences.kl_chi_square",))
def kl_below_chi_square(values: Array, other: Array, p: Array, size: float) -> Sides:
    r"""$R^{KL}_\lambda \le R^{\chi^2}_\lambda$ and $C^{KL}_\rho \le C^{\chi^2}_\rho$, because $KL \le \chi^2$."""
    kl, chi = tabular.KL(), tabular.ChiSquare()
    pairs = [[d.penalised_min(values, p, size).value, d.worst_case(values, p, size).value] for d in (kl, chi)]
    return np.array(pairs[0]), np.array(pairs[1])


@kl_below_chi_square.false_sibling("half of chi-square, which has the curvature of KL")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    kl, half = tabular.KL(), tabular.CressieRead(2)
    pairs = [[d.penalised_min(values, p, size).value, d.worst_case(values, p, size).value] for d in (kl, half)]
    return np.array(pairs[0]), np.array(pairs[1])


@shape("between_minimum_and_mean", "<=")
def between_minimum_and_mean(values: Array, other: Array, p: Array, size: float) -> Sides:
    r"""Worst cases lie between the lowest value within reach and the mean; besides, $R^{TV}_\lambda \le \min V + \lambda$."""
    return _between(values, p, size, [_floor(d, values, p) for d in (*CONSTRAINED.values(), *PENALISED.values())])


@between_minimum_and_mean.false_sibling("the lowest value on the support, for all of them")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    return _between(values, p, size, [float(values[p > 0].min())] * (len(CONSTRAINED) + len(PENALISED)))


def _floor(solver: Any, values: Array, p: Array) -> float:
    """The lowest value within reach; sets that are no f-divergences may leave the support."""
    away = getattr(solver, "limit_at_infinity", 0.0)
    return float(values.min() if np.isfinite(away) else values[p > 0].min())


def _between(values: Array, p: Array, size: float, floors: list[float]) -> tuple[Array, Array]:
    worst = both(values, p, size)
    tv = tabular.TotalVariation().penalised_min(values, p, size).value
    left = np.concatenate([floors, worst, [tv]])
    return left, np.concatenate([worst, np.full(worst.size, p @ values), [values.min() + size]])


# --- a radius is a penalty turned around ---------------------------------------------------------------------------------------


@shape("conjugate_pair", "<=")
def conjugate_pair(values: Array, other: Array, p: Array, size: float) -> Sides:
    r"""$R_\lambda \le C_\rho + \lambda \rho$ for every radius and penalty."""
    return _conjugates(values, p, size, 1.0)


@conjugate_pair.false_sibling("nine tenths of the radius")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    return _conjugates(values, p, size, 0.9)


def _conjugates(values: Array, p: Array, radius: float, share: float) -> tuple[Array, Array]:
    left, right = [], []
    for d in PENALISED.values():
        c, price = d.worst_case(values, p, radius).value, d.multiplier(values, p, radius)
        for penalty in (0.1, 1.0, 10.0, price if np.isfinite(price) else 1.0):
            left.append(d.penalised_min(values, p, penalty).value)
            right.append(c + share * penalty * radius)
    return np.array(left), np.array(right)


@shape("conjugate_attained", "==")
def conjugate_attained(values: Array, other: Array, p: Array, size: float) -> Sides:
    r"""$C_\rho = R_\lambda - \lambda \rho$ at the multiplier of the radius."""
    return _attained(values, p, size, 1.0)


@conjugate_attained.false_sibling("half of the multiplier")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    return _attained(values, p, size, 0.5)


def _attained(values: Array, p: Array, radius: float, share: float) -> tuple[Array, Array]:
    left, right = [0.0], [0.0]
    for d in PENALISED.values():
        price = share * d.multiplier(values, p, radius)
        if np.isfinite(price):
            left.append(d.worst_case(values, p, radius).value)
            right.append(d.penalised_min(values, p, price).value - price * radius)
    return np.array(left), np.array(right)


@shape("action_equivalence", "<=")
def action_equivalence(values: Array, other: Array, p: Array, size: float) -> Sides:
    r"""An action that maximises $r_a + C_\rho(p_a, V)$, with multiplier $\lambda$, also maximises $r_a + R_\lambda(p_a, V)$."""
    return _actions(values, other, p, size, 1.0)


@action_equivalence.false_sibling("any penalty would do: a tenth of the multiplier")
def _(values: Array, other: Array, p: Array, size: float) -> Sides:
    return _actions(values, other, p, size, 0.1)


def _actions(values: Array, rewards: Array, p: Array, radius: float, share: float) -> tuple[Array, Array]:
    """Action a has reward ``rewards[a]`` and the reference rotated by a; the best of the rest against the chosen one."""
    laws = [np.roll(p, a) for a in range(len(p))]
    left, right = [], []
    for d in (tabular.KL(), tabular.ChiSquare()):
        robust = [r + d.worst_case(values, q, radius).value for r, q in zip(rewards, laws, strict=True)]
        chosen = int(np.argmax(robust))
        price = share * d.multiplier(values, laws[chosen], radius)
        priced = [r + d.penalised_min(values, q, price).value for r, q in zip(rewards, laws, strict=True)]
        left.append(max(priced))
        right.append(priced[chosen])
    return np.array(left), np.array(right)
