r"""Claims: what our solvers call the worst case is one, by a dual point computed here from the definitions.

Notation: values V, a reference law p, radius :math:`\rho`, penalty :math:`\lambda`, :math:`[V]_\alpha = \min(V, \alpha)`. Sets
whose answer is rational are solved in fractions in exact arithmetic, and equality is then decided.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import as_fraction, floats_only, is_exact, lift, rational
from proofs_check.claim import claim
from proofs_check.spaces import Interval, Simplex, Space, Vector
from proofs_check.strategies import distributions
from proofs_check.topics.divergences.formulas import mean, total, variance

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]

IYENGAR = "Iyengar (2005), Robust dynamic programming"
NILIM = "Nilim and El Ghaoui (2005), Robust control of Markov decision processes with uncertain transition matrices"
PANAGANTI = "Panaganti and Kalathil (2022), Sample complexity of robust reinforcement learning (recalled)"
TANG = "Tang, Liu and Xu (2025), Robust offline RL with linearly structured f-divergence regularization"


@st.composite
def problems(draw: st.DrawFn) -> dict[str, Any]:
    """Values with ties, a reference with zeros, and a size from 0 to 1."""
    size = draw(st.integers(1, 6))
    values = np.array(draw(st.lists(st.integers(-8, 8), min_size=size, max_size=size))) / 4
    return {"values": values, "p": draw(distributions(size)), "size": draw(st.sampled_from([0.0, 0.05, 0.2, 0.5, 1.0]))}


INSIDE = tabular.TotalVariation(absolutely_continuous=True)
SEARCH: dict[str, Space] = {"values": Vector(4, -2, 2), "p": Simplex(4), "size": Interval(0, 1)}


def rounding(values: Array, p: Array, size: float, **_: Any) -> float:
    """Sums of at most a few n terms, each a mass times a difference of values, in either computation."""
    return 1e-14 * (len(p) + 4) * (1 + float(np.abs(values).max()))


def solved(solve: Callable[..., Any], values: Array, p: Array, *rest: Any) -> Any:
    """The value that a solver gives: of doubles a double, of rationals a rational."""
    if not is_exact():
        return solve(values, p, *rest).value
    fractions = [[as_fraction(x) for x in array] for array in (values, p)]
    return lift(solve(*fractions, *(as_fraction(lift(x)) for x in rest)).value)


def i2() -> dict[str, Any]:
    """Two states with mass, two without."""
    return {"values": [2, 1, 0, 5], "p": [Fraction(3, 5), Fraction(2, 5), 0, 0], "size": Fraction(1, 4)}


def i3() -> dict[str, Any]:
    """(1/2, 1/3, 1/6) on (0, 1, 2)."""
    return {"values": [0, 1, 2], "p": [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)], "size": Fraction(1, 2)}


def duality(name: str, paper: str, **more: Any) -> Callable[[Any], Any]:
    """A claim that a solver's value is that of the dual."""
    return claim(
        f"divergences.{name}",
        "==",
        paper=paper,
        assumptions="finite values; the reference may have zeros; ties anywhere",
        instances=problems(),
        search=SEARCH,
        allowance=rounding,
        **more,
    )


def clipped(values: Array, p: Array, top: Any) -> Any:
    r""":math:`E [V]_\alpha`."""
    return total([a * min(v, top) for a, v in zip(p, values, strict=True)], p)


def best_of(candidates: list[Any]) -> Any:
    """The largest of some numbers."""
    return max(candidates)


# --- total variation, contamination, boxes, tails, transport -------------------------------------------------------------------


def tv_dual(values: Array, p: Array, radius: Any, floor: Any) -> Any:
    r""":math:`\max_\alpha E [V]_\alpha - \rho (\alpha - \text{floor})`: concave and piecewise linear, so that values suffice."""
    return best_of([clipped(values, p, v) - radius * (v - floor) for v in values if v >= floor])


@duality("total_variation_duality", IYENGAR)
def total_variation_duality(values: Array, p: Array, size: Any) -> Sides:
    r"""$\min_{TV(q, p) \le \rho} E_q V = \max_\alpha E [V]_\alpha - \rho (\alpha - \min V)$, the minimum over all states."""
    return solved(tabular.TotalVariation().worst_case, values, p, size), tv_dual(values, p, size, min(values))


@total_variation_duality.false_sibling("an L1 radius: twice as much")
def _(values: Array, p: Array, size: Any) -> Sides:
    return solved(tabular.TotalVariation().worst_case, values, p, size), tv_dual(values, p, size / 2, min(values))


total_variation_duality.known("two states with mass, two without")(i2)
total_variation_duality.known("(1/2, 1/3, 1/6) on (0, 1, 2)")(i3)


@duality("total_variation_inside", IYENGAR)
def total_variation_inside(values: Array, p: Array, size: Any) -> Sides:
    r"""On the support of the reference, $\min_{TV(q, p) \le \rho,\, q \ll p} E_q V$ has the same dual with the minimum there."""
    return solved(INSIDE.worst_case, values, p, size), tv_dual(values, p, size, _inside(values, p))


@total_variation_inside.false_sibling("the minimum over all states")
def _(values: Array, p: Array, size: Any) -> Sides:
    return solved(INSIDE.worst_case, values, p, size), tv_dual(values, p, size, min(values))


total_variation_inside.known("two states with mass, two without")(i2)


def _inside(values: Array, p: Array) -> Any:
    return min(v for a, v in zip(p, values, strict=True) if a > 0)


@duality("total_variation_penalty", TANG)
def total_variation_penalty(values: Array, p: Array, size: Any) -> Sides:
    r"""$\min_q E_q V + \lambda\, TV(q, p) = E [V]_{\min V + \lambda}$, the minimum over all states."""
    return solved(tabular.TotalVariation().penalised_min, values, p, size), clipped(values, p, min(values) + size)


@total_variation_penalty.false_sibling("the minimum over the support")
def _(values: Array, p: Array, size: Any) -> Sides:
    return solved(tabular.TotalVariation().penalised_min, values, p, size), clipped(values, p, _inside(values, p) + size)


total_variation_penalty.known("two states with mass, two without")(i2)


@duality(
    "contamination_value",
    "Huber (1964); Wang and Zou (2022), Policy gradient method for robust reinforcement learning (recalled)",
)
def contamination_value(values: Array, p: Array, size: Any) -> Sides:
    r"""$\min_q E_{(1 - \rho) p + \rho q} V = (1 - \rho) E V + \rho \min V$."""
    return solved(tabular.Contamination().worst_case, values, p, size), (1 - size) * mean(p, values) + size * min(values)


@contamination_value.false_sibling("total variation with the same radius")
def _(values: Array, p: Array, size: Any) -> Sides:
    return solved(tabular.TotalVariation().worst_case, values, p, size), (1 - size) * mean(p, values) + size * min(values)


contamination_value.known("(1/2, 1/3, 1/6) on (0, 1, 2)")(i3)


@duality("l_infinity_duality", "derived here")
def l_infinity_duality(values: Array, p: Array, size: Any) -> Sides:
    r"""$\min_{\max |q - p| \le \rho} E_q V = \max_\eta \eta + \sum_s \min_{q \in box} q (V_s - \eta)$."""
    return solved(tabular.LInfinity().worst_case, values, p, size), box_dual(values, p, size)


@l_infinity_duality.false_sibling("without the floor at 0")
def _(values: Array, p: Array, size: Any) -> Sides:
    return solved(tabular.LInfinity().worst_case, values, p, size), box_dual(values, p, size, low=-1)


l_infinity_duality.known("(1/2, 1/3, 1/6) on (0, 1, 2)")(i3)


def box_dual(values: Array, p: Array, radius: Any, low: int = 0) -> Any:
    """Concave and piecewise linear in eta, with kinks at the values."""
    out = []
    for eta in values:
        g = eta
        for a, v in zip(p, values, strict=True):
            bottom, top = max(a - radius, 0 * a + low), min(a + radius, 0 * a + 1)
            g = g + min(bottom * (v - eta), top * (v - eta))
        out.append(g)
    return best_of(out)


@duality("cvar_duality", "Rockafellar and Uryasev (2000)")
def cvar_duality(values: Array, p: Array, size: Any) -> Sides:
    r"""The worst law with $q \le p / \tau$ has $E_q V = \max_\eta \eta - E (\eta - V)_+ / \tau$, here $\tau = (1 + \rho) / 2$."""
    level = (1 + size) / 2
    return _tail(values, p, level), _tail_dual(values, p, level)


@cvar_duality.false_sibling("the level is not divided by")
def _(values: Array, p: Array, size: Any) -> Sides:
    return _tail(values, p, (1 + size) / 2), _tail_dual(values, p, 1 + 0 * size)


cvar_duality.known("(1/2, 1/3, 1/6) on (0, 1, 2)")(i3)


def _tail(values: Array, p: Array, level: Any) -> Any:
    cvar = tabular.CVaR(as_fraction(level) if is_exact() else level)
    return solved(lambda v, q: cvar.worst_case(v, q), values, p)


def _tail_dual(values: Array, p: Array, level: Any) -> Any:
    return best_of([eta - total([a * max(eta - v, 0 * v) for a, v in zip(p, values, strict=True)], p) / level for eta in values])


def line(n: int) -> list[list[int]]:
    """States on a line."""
    return [[abs(i - j) for j in range(n)] for i in range(n)]


@duality("wasserstein_duality", "Kantorovich duality; Blanchet and Murthy (2019) (recalled)")
def wasserstein_duality(values: Array, p: Array, size: Any) -> Sides:
    r"""$\min_{W(q, p) \le \rho} E_q V = \max_{\lambda \ge 0} \sum_i p_i \min_j (V_j + \lambda c_{ij}) - \lambda \rho$."""
    return solved(_transport(values).worst_case, values, p, size), transport_dual(values, p, size)


@wasserstein_duality.false_sibling("twice the radius")
def _(values: Array, p: Array, size: Any) -> Sides:
    return solved(_transport(values).worst_case, values, p, size), transport_dual(values, p, 2 * size)


wasserstein_duality.known("(1/2, 1/3, 1/6) on (0, 1, 2)")(i3)


@duality("wasserstein_penalty", "Kantorovich duality")
def wasserstein_penalty(values: Array, p: Array, size: Any) -> Sides:
    r"""$\min_q E_q V + \lambda W(q, p) = \sum_i p_i \min_j (V_j + \lambda c_{ij})$, states on a line."""
    return solved(_transport(values).penalised_min, values, p, size), moved(values, p, size)


@wasserstein_penalty.false_sibling("the price is halved")
def _(values: Array, p: Array, size: Any) -> Sides:
    return solved(_transport(values).penalised_min, values, p, size), moved(values, p, size / 2)


def _transport(values: Array) -> tabular.Wasserstein:
    return tabular.Wasserstein(line(len(values)))


def moved(values: Array, p: Array, price: Any) -> Any:
    r""":math:`\sum_i p_i \min_j (V_j + \lambda c_{ij})`."""
    n = len(values)
    return total([p[i] * min(values[j] + price * abs(i - j) for j in range(n)) for i in range(n)], p)


def transport_dual(values: Array, p: Array, radius: Any) -> Any:
    """Concave and piecewise linear in the price, with kinks where two destinations tie."""
    n, prices = len(values), [0 * radius]
    for d in range(1, n):
        for drop in {abs(x - y) for x in values for y in values}:
            prices.append(drop / d)
    return best_of([moved(values, p, price) - price * radius for price in prices])


# --- chi-square at a price -----------------------------------------------------------------------------------------------------


@duality("chi_square_penalty", TANG)
def chi_square_penalty(values: Array, p: Array, size: Any) -> Sides:
    r"""$\min_q E_q V + \lambda \chi^2(q, p) = \sup_\alpha E [V]_\alpha - \mathrm{Var} [V]_\alpha / (4 \lambda)$, at the root
    of $E (\alpha - V)_+ = 2 \lambda$; here $\lambda = \rho + 1/20$."""
    price = size + rational(1, 20)
    return solved(tabular.ChiSquare().penalised_min, values, p, price), _clipped_variance(values, p, price, 4)


@chi_square_penalty.false_sibling("2 in place of 4: the divergence without its half")
def _(values: Array, p: Array, size: Any) -> Sides:
    price = size + rational(1, 20)
    return solved(tabular.ChiSquare().penalised_min, values, p, price), _clipped_variance(values, p, price, 2)


chi_square_penalty.known("(1/2, 1/3, 1/6) on (0, 1, 2)")(i3)


def _clipped_variance(values: Array, p: Array, price: Any, factor: int) -> Any:
    inside = sorted((v, a) for v, a in zip(values, p, strict=True) if a > 0)
    mass, moment, top = 0 * p[0], 0 * p[0], None
    for v, a in inside:
        if top is not None and v * mass - moment > 2 * price:
            break
        mass, moment = mass + a, moment + a * v
        top = (2 * price + moment) / mass
    flat = np.array([min(v, top) for v in values])
    return mean(p, flat) - variance(p, flat) / (factor * price)


# --- f-divergences: a dual point from the definitions, in doubles --------------------------------------------------------------


@floats_only
def entropic_dual(values: Array, p: Array, radius: float, multiplier: float) -> float:
    r""":math:`-\beta \log E e^{-V / \beta} - \beta \rho`; at 0, the lowest value on the support; at infinity, the mean."""
    keep = p > 0
    low = float(values[keep].min())
    if multiplier == 0:
        return low
    if np.isinf(multiplier):
        return float(p @ values)
    return low - multiplier * float(np.log(p[keep] @ np.exp((low - values[keep]) / multiplier))) - multiplier * radius


def in_doubles(name: str, paper: str, **more: Any) -> Callable[[Any], Any]:
    """A claim about a transcendental set, in doubles."""
    return duality(name, paper, arithmetics=("float",), **more)


@in_doubles("kl_duality", NILIM)
def kl_duality(values: Array, p: Array, size: Any) -> Sides:
    r"""$\min_{KL(q, p) \le \rho} E_q V = \max_\beta -\beta \log E e^{-V / \beta} - \beta \rho$, at our multiplier."""
    return tabular.KL().worst_case(values, p, size).value, entropic_dual(
        values, p, size, tabular.KL().multiplier(values, p, size)
    )


@kl_duality.false_sibling("half of the radius")
def _(values: Array, p: Array, size: Any) -> Sides:
    multiplier = tabular.KL().multiplier(values, p, size)
    return tabular.KL().worst_case(values, p, size).value, entropic_dual(values, p, size / 2, multiplier)


@in_doubles("chi_square_duality", PANAGANTI)
def chi_square_duality(values: Array, p: Array, size: Any) -> Sides:
    r"""$\min_{\chi^2(q, p) \le \rho} E_q V = \max_\eta \eta - \sqrt{(1 + \rho) E (\eta - V)_+^2}$."""
    return tabular.ChiSquare().worst_case(values, p, size).value, _chi_square_dual(values, p, size)


@chi_square_duality.false_sibling("mean minus deviation, whatever the radius")
def _(values: Array, p: Array, size: Any) -> Sides:
    return tabular.ChiSquare().worst_case(values, p, size).value, mean(p, values) - np.sqrt(size * variance(p, values))


def _peak(dual: Callable[[float], float], low: float, high: float) -> float:
    """The largest value of a concave function on an interval, by golden section; flat at its peak, it needs no more rounds."""
    golden = (5**0.5 - 1) / 2
    for _ in range(100):
        a, b = high - golden * (high - low), low + golden * (high - low)
        low, high = (a, high) if dual(a) < dual(b) else (low, b)
    return dual((low + high) / 2)


def _rising_peak(dual: Callable[[float], float], values: Array) -> float:
    """The same over levels from the smallest value on; where it still rises far away, nothing is gained beyond."""
    low, high = float(values.min()), float(values.max()) + 1
    while dual(high) < dual(2 * high - low):
        high = 2 * high - low
    return _peak(dual, low, 2 * high - low)


@floats_only
def _chi_square_dual(values: Array, p: Array, radius: float) -> float:
    v, p = values[p > 0], p[p > 0]
    if radius == 0:
        return float(p @ v)

    def dual(eta: float) -> float:
        return float(eta - np.sqrt((1 + radius) * (p @ np.maximum(eta - v, 0) ** 2)))

    return max(_rising_peak(dual, v), float(v.min()))


@in_doubles("reverse_kl_duality", "Iyengar (2005), section 5 (entropy sets); the leak is derived here")
def reverse_kl_duality(values: Array, p: Array, size: Any) -> Sides:
    r"""$\min_{KL(p, q) \le \rho} E_q V = \max_\eta \eta + e^{-\rho} \exp E \log (V - \eta)$ over $\eta$ up to the smallest value
    of all states: mass may leak to states that the reference does not reach."""
    return tabular.ReverseKL().worst_case(values, p, size).value, _burg_dual(values, p, size, float(values.min()))


@reverse_kl_duality.false_sibling("only up to the smallest value on the support: no leak")
def _(values: Array, p: Array, size: Any) -> Sides:
    return tabular.ReverseKL().worst_case(values, p, size).value, _burg_dual(values, p, size, float(values[p > 0].min()))


@reverse_kl_duality.false_sibling("twice the radius")
def _(values: Array, p: Array, size: Any) -> Sides:
    return tabular.ReverseKL().worst_case(values, p, size).value, _burg_dual(values, p, 2 * size, float(values.min()))


@floats_only
def _burg_dual(values: Array, p: Array, radius: float, top: float) -> float:
    """Over the logarithm of the distance from eta to its bound; far away the dual is nearly the mean."""
    v, p = values[p > 0], p[p > 0]
    if radius == 0:
        return float(p @ v)

    def dual(log: float) -> float:
        gap = float(np.exp(log))
        with np.errstate(divide="ignore"):
            return top - gap + float(np.exp(p @ np.log(v - top + gap) - radius))

    edge = top + float(np.exp(p @ np.log(v - top) - radius)) if v.min() > top else top
    return max(_peak(dual, -80.0, 40.0), edge)


@in_doubles("cressie_read_duality", "Duchi and Namkoong (2021), Learning models with uniform performance (recalled)")
def cressie_read_duality(values: Array, p: Array, size: Any) -> Sides:
    r"""$\min_{CR_3(q, p) \le \rho} E_q V = \max_\eta \eta - c_k \bigl( E (\eta - V)_+^{k_*} \bigr)^{1/k_*}$ with k = 3,
    $k_* = 3/2$, $c_k = (1 + k (k - 1) \rho)^{1/k}$."""
    return tabular.CressieRead(3).worst_case(values, p, size).value, _power_dual(values, p, size, 6.0)


@cressie_read_duality.false_sibling("k in place of k (k - 1)")
def _(values: Array, p: Array, size: Any) -> Sides:
    return tabular.CressieRead(3).worst_case(values, p, size).value, _power_dual(values, p, size, 3.0)


@floats_only
def _power_dual(values: Array, p: Array, radius: float, factor: float) -> float:
    v, p = values[p > 0], p[p > 0]
    if radius == 0:
        return float(p @ v)
    scale = (1 + factor * radius) ** (1 / 3)

    def dual(eta: float) -> float:
        return float(eta - scale * (p @ np.maximum(eta - v, 0) ** 1.5) ** (2 / 3))

    return max(_rising_peak(dual, v), float(v.min()))


@in_doubles("l2_duality", "derived here")
def l2_duality(values: Array, p: Array, size: Any) -> Sides:
    r"""$\min_{\|q - p\|_2 \le \rho} E_q V = \max_{t \ge 0} \min_q E_q V + \frac t2 (\|q - p\|^2 - \rho^2)$; the inner minimum
    is at the projection of $p - V / t$ on the simplex."""
    return tabular.L2().worst_case(values, p, size).value, _projection_dual(values, p, size)


@l2_duality.false_sibling("half of the radius")
def _(values: Array, p: Array, size: Any) -> Sides:
    return tabular.L2().worst_case(values, p, size).value, _projection_dual(values, p, size / 2)


@floats_only
def _projection_dual(values: Array, p: Array, radius: float) -> float:
    if radius == 0 or values.max() == values.min():
        return float(p @ values)

    def dual(log: float) -> float:
        t = float(np.exp(log))
        y = p - (values - values.min()) / t
        u = np.sort(y)[::-1]
        heights = (np.cumsum(u) - 1) / np.arange(1, u.size + 1)
        q = np.maximum(y - heights[np.flatnonzero(u > heights)[-1]], 0)
        return float(q @ values + t / 2 * ((q - p) @ (q - p) - radius**2))

    return max(_peak(dual, -25.0, 40.0), float(values.min()))


NAMED: dict[str, Any] = {
    "KL": tabular.KL(),
    "reverse KL": tabular.ReverseKL(),
    "chi-square": tabular.ChiSquare(),
    "Neyman": tabular.Neyman(),
    "squared Hellinger": tabular.SquaredHellinger(),
    "Jensen-Shannon": tabular.JensenShannon(),
    "Jeffreys": tabular.Jeffreys(),
    "triangular": tabular.Triangular(),
    "Tsallis 1.5": tabular.TsallisKL(1.5),
    "Tsallis 3": tabular.TsallisKL(3),
}


@in_doubles("feasible_and_attained", "our own solvers")
def feasible_and_attained(values: Array, p: Array, size: Any) -> Sides:
    r"""The worst law is a law, its mean is the value, and it spends the radius unless the value is the lowest within reach."""
    return _spent(values, p, size)


@feasible_and_attained.false_sibling("nine tenths of the radius")
def _(values: Array, p: Array, size: Any) -> Sides:
    left, right = _spent(values, p, size)
    right[2::3] = 0.9 * right[2::3]
    return left, right


def _spent(values: Array, p: Array, radius: float) -> tuple[Array, Array]:
    left, right = [], []
    for solver in NAMED.values():
        value, law = solver.worst_case(values, p, radius)
        away = np.isfinite(solver.limit_at_infinity)
        floor = float(values.min() if away else values[p > 0].min())
        settled = value <= floor + 1e-12 or values[p > 0].max() == floor
        spent = solver(law / law.sum(), p)
        left += [law.sum(), float(law @ values), min(spent, radius) if settled else spent]
        right += [1.0, value, min(spent, radius) if settled else radius]
    return np.array(left), np.array(right)


def weak_rounding(values: Array, p: Array, size: float) -> float:
    """Dual and primal values of one law, each right to a few hundred units of the range of the values."""
    return 1e-12 * (1 + float(np.ptp(values)))


@claim(
    "divergences.dual_below_primal",
    "==",
    paper="strong duality; Ben-Tal et al. (2013), Robust solutions of optimization problems affected by uncertain probabilities",
    assumptions="ten f-divergences, constrained and penalised",
    instances=problems(),
    arithmetics=("float",),
    search=SEARCH,
    allowance=weak_rounding,
)
def dual_below_primal(values: Array, p: Array, size: Any) -> Sides:
    r"""The dual point and the law that our solvers return have the same value."""
    low, high = _bounds(values, p, size)
    return low, high


@dual_below_primal.false_sibling("the dual of twice the radius or penalty")
def _(values: Array, p: Array, size: Any) -> Sides:
    return _bounds(values, p, 2 * size)[0], _bounds(values, p, size)[1]


def _bounds(values: Array, p: Array, size: float) -> tuple[Array, Array]:
    pairs = [d.bounds(values, p, radius=size) for d in NAMED.values()]
    pairs += [d.bounds(values, p, penalty=size) for d in NAMED.values()]
    return np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
