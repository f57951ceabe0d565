r"""Claims about the American put on a lattice: what an adversary does to an option that gains when prices fall."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import floats_only, is_exact, rational
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Interval, Space
from proofs_check.topics.robust_mdp.instances import Array, Sides

DERIVED = "derived here, for the experiment of Tang, Liu and Xu (2025)"

UP, DOWN, STRIKE = (51, 50), (49, 50), 100


def lattice(start: Any, horizon: Any, chance: Any, stop: Any = None, floor: Any = None) -> list[list[Any]]:
    """Continuation values of all nodes, [h][i]: ``chance`` of a move up; ``stop(h, i)`` may fix a policy; with ``floor``, that
    much mass goes from the better outcome to nothing first."""
    up, down, n = rational(*UP), rational(*DOWN), int(horizon)
    later: list[Any] = [0 * start] * (n + 1)
    out: list[list[Any]] = []
    for h in range(n - 1, -1, -1):
        continuation = [_mean(later[i], later[i + 1], chance, floor) if h < n - 1 else 0 * start for i in range(h + 1)]
        later = []
        for i, wait in enumerate(continuation):
            pay = payoff(start, h, i, up, down)
            later.append(max(pay, wait) if stop is None else (pay if stop(h, i) else wait))
        out.insert(0, continuation)
    return out


def _mean(low: Any, high: Any, chance: Any, lost: Any) -> Any:
    """The mean over a move down (value ``low``) and up (``high``)."""
    if lost is None:
        return (1 - chance) * low + chance * high
    best, mass = (low, 1 - chance) if low > high else (high, chance)
    moved = min(lost, mass)
    return (1 - chance) * low + chance * high - moved * best


def payoff(start: Any, h: int, i: int, up: Any, down: Any) -> Any:
    """What exercise pays after h moves, i of them up."""
    price = start
    for k in range(h):
        price = price * (up if k < i else down)
    return STRIKE - price if price < STRIKE else 0 * price


def value(start: Any, horizon: Any, chance: Any) -> Any:
    """The optimal value at the start, nominal."""
    if not is_exact():
        put = _put(start, horizon, chance)
        return float(tabular.solve(put.problem()).values[0, 0])
    return _first(start, lattice(start, horizon, chance))


def _first(start: Any, continuation: list[list[Any]]) -> Any:
    pay, wait = payoff(start, 0, 0, 0, 0), continuation[0][0]
    return pay if pay > wait else wait


@floats_only
def _put(start: float, horizon: int, chance: float) -> Any:
    return tabular.domains.american_put(
        float(start), strike=STRIKE, up=UP[0] / UP[1], down=DOWN[0] / DOWN[1], probability_up=float(chance), horizon=int(horizon)
    )


@floats_only
def _robust(start: float, horizon: int, radius: float, inside: bool) -> Any:
    put = _put(start, horizon, 0.5)
    problem = tabular.Robust(put.mdp, tabular.TotalVariation(absolutely_continuous=inside), radius=float(radius))
    return put, tabular.solve(tabular.FiniteHorizon(problem, put.horizon))


def robust_value(start: Any, horizon: Any, radius: Any, inside: bool = True) -> Any:
    """The value within a radius of total variation around a fair coin; ``inside``: only the coin may change."""
    if not is_exact():
        return float(_robust(start, horizon, radius, inside)[1].values[0, 0])
    half = rational(1, 2)
    if not inside:
        return _first(start, lattice(start, horizon, half, floor=radius))
    # the adversary picks the worse end of [1/2 - rho, 1/2 + rho] at every node, by definition
    up, down, n = rational(*UP), rational(*DOWN), int(horizon)
    later: list[Any] = []
    for h in range(n - 1, -1, -1):
        now = []
        for i in range(h + 1):
            pay = payoff(start, h, i, up, down)
            wait = 0 * start
            if h < n - 1:
                a, b = later[i], later[i + 1]
                ends = [(1 - c) * a + c * b for c in (half - radius, half + radius)]
                wait = min(ends)
            now.append(pay if pay > wait else wait)
        later = now
    return later[0]


@st.composite
def puts(draw: st.DrawFn) -> dict[str, Any]:
    """A starting price, a horizon, a radius."""
    return {
        "start": draw(st.sampled_from([95.0, 99.25, 100.0, 103.5])),
        "horizon": draw(st.sampled_from([1, 2, 3, 6, 12])),
        "size": draw(st.sampled_from([0.0, 0.05, 0.1, 0.3, 0.5])),
    }


PUTS: dict[str, Space] = {"start": Interval(90, 110), "horizon": Integers(1, 6), "size": Interval(0, Fraction(1, 2))}


def units(**_: Any) -> float:
    """A dozen stages of means of payoffs up to a hundred."""
    return 1e-11


@claim(
    "robust_mdp.put_worst_is_up",
    "==",
    paper=DERIVED,
    assumptions="total variation on the two moves, around a fair coin",
    instances=puts(),
    search=PUTS,
    allowance=units,
    uses=("robust_mdp.put_falls_in_price",),
    argument="The value after a move down is no smaller than after a move up (put_falls_in_price), so that by the step the "
    "worst coin at every node has the largest chance of a move up.",
)
def put_worst_is_up(start: Any, horizon: Any, size: Any) -> Sides:
    r"""The robust put within a radius $\rho$ is the ordinary put at an up-probability of $\frac12 + \rho$."""
    return robust_value(start, horizon, size), value(start, horizon, rational(1, 2) + size)


@put_worst_is_up.false_sibling("nine tenths of the radius")
def _(start: Any, horizon: Any, size: Any) -> Sides:
    return robust_value(start, horizon, size), value(start, horizon, rational(1, 2) + size * rational(9, 10))


@put_worst_is_up.false_sibling("an adversary who may also end the episode")
def _(start: Any, horizon: Any, size: Any) -> Sides:
    return robust_value(start, horizon, size, inside=False), value(start, horizon, rational(1, 2) + size)


def falls_in_the_chance() -> tuple[Any, Any]:
    c, b = sp.symbols("c b", real=True)
    x, gap = sp.symbols("x g", nonnegative=True)
    a = b + gap
    return (1 - c) * a + c * b, (1 - c - x) * a + (c + x) * b


LOWER = "(1 - c) a + c b falls in c where a >= b: from c to c + x by x (a - b)"

put_worst_is_up.step(LOWER, method="expand", relation=">=")(falls_in_the_chance)


@put_worst_is_up.known("three stages from 100, radius 1/10")
def _() -> dict[str, Any]:
    return {"start": 100, "horizon": 3, "size": Fraction(1, 10)}


@claim(
    "robust_mdp.put_falls_in_price",
    "<=",
    paper=DERIVED,
    instances=puts(),
    search=PUTS,
    allowance=units,
    argument="Payoffs fall in the starting price at every node, by the step; so does the larger of two functions that fall, "
    "and a mean of two such: by induction from the last stage, for every coin.",
)
def put_falls_in_price(start: Any, horizon: Any, size: Any) -> Sides:
    r"""A put from a higher price is worth no more, whatever the coin (here prices a hundredth apart)."""
    chance = rational(1, 2) + size
    return value(start * rational(101, 100), horizon, chance), value(start, horizon, chance)


@put_falls_in_price.false_sibling("the other way round")
def _(start: Any, horizon: Any, size: Any) -> Sides:
    left, right = put_falls_in_price.sides(start, horizon, size)
    return right, left


@put_falls_in_price.step("K - s f falls in s: the difference at s and s + x is x f", method="expand", relation=">=")
def _() -> tuple[Any, Any]:
    k, s = sp.symbols("K s", real=True)
    x, f = sp.symbols("x f", nonnegative=True)
    return k - s * f, k - (s + x) * f


@put_falls_in_price.known("three stages from 100")
def _() -> dict[str, Any]:
    return {"start": 100, "horizon": 3, "size": 0}


@claim(
    "robust_mdp.put_exercised_earlier",
    "monotone",
    paper=DERIVED,
    instances=puts(),
    search=PUTS,
    allowance=units,
    uses=("robust_mdp.put_worst_is_up",),
    argument="Values at an up-probability do not rise in it, by the step and induction, so that at every node the "
    "continuation falls in the radius while the payoff stays: a node where exercise is best stays one.",
)
def put_exercised_earlier(start: Any, horizon: Any, size: Any) -> Sides:
    r"""At every node, payoff less continuation does not fall in the radius: exercise regions are nested."""
    sizes = [(size + k) * rational(1, 8) for k in range(4)]
    tables = [_advantages(start, horizon, x) for x in sizes]
    return np.array(tables).T, np.array([sizes] * len(tables[0]))


def _advantages(start: Any, horizon: Any, radius: Any) -> Array:
    if is_exact():
        up, down = rational(*UP), rational(*DOWN)
        table = lattice(start, horizon, rational(1, 2) + radius)
        return np.array([payoff(start, h, i, up, down) - w for h, row in enumerate(table) for i, w in enumerate(row)])
    put, solution = _robust(start, horizon, radius, True)
    nodes = np.arange(put.times.size)
    q = solution.q_values[put.times, nodes]
    return np.asarray(q[:, 1] - q[:, 0])


@put_exercised_earlier.false_sibling("the other way round")
def _(start: Any, horizon: Any, size: Any) -> Sides:
    left, right = put_exercised_earlier.sides(start, horizon, size)
    return -left, right


put_exercised_earlier.step(LOWER, method="expand", relation=">=")(falls_in_the_chance)


@put_exercised_earlier.known("three stages from 99")
def _() -> dict[str, Any]:
    return {"start": 99, "horizon": 3, "size": Fraction(1, 10)}


@claim(
    "robust_mdp.put_waits_on_falling_prices",
    "==",
    paper=DERIVED,
    assumptions="moves of 2 percent, a chance of 1/2 - rho of a move up: prices do not rise on average",
    instances=puts(),
    search=PUTS,
    allowance=units,
    argument="By the step the mean of K - s over a move is K - s (1 + (2 c - 1) / 50) >= K - s for c <= 1/2, and (.)_+ is "
    "convex, so that waiting once more is worth at least exercise at every node before the last; by induction never earlier "
    "is optimal.",
)
def put_waits_on_falling_prices(start: Any, horizon: Any, size: Any) -> Sides:
    r"""On prices that do not rise on average exercise before the last time gains nothing; at a fair coin that is true of the
    nominal model of the experiment, whose optimal policies therefore differ by their ties alone."""
    chance = rational(1, 2) - size
    return value(start, horizon, chance), _at_the_end(start, horizon, chance)


def _at_the_end(start: Any, horizon: Any, chance: Any) -> Any:
    n = int(horizon)
    if n == 1:
        return payoff(start, 0, 0, 0, 0)
    return lattice(start, n, chance, stop=lambda h, i: h == n - 1)[0][0]


@put_waits_on_falling_prices.false_sibling("on rising prices too")
def _(start: Any, horizon: Any, size: Any) -> Sides:
    chance = rational(1, 2) + size
    return value(start, horizon, chance), _at_the_end(start, horizon, chance)


@put_waits_on_falling_prices.step("c 51/50 + (1 - c) 49/50 = 1 + (2 c - 1) / 50", method="expand")
def _() -> tuple[Any, Any]:
    c = sp.Symbol("c")
    return c * sp.Rational(51, 50) + (1 - c) * sp.Rational(49, 50), 1 + (2 * c - 1) / 50


@put_waits_on_falling_prices.known("four stages from 99 at a fair coin, an equality")
def _() -> dict[str, Any]:
    return {"start": 99, "horizon": 4, "size": 0}


@claim(
    "robust_mdp.put_curves_cross",
    "<=",
    paper=DERIVED,
    assumptions="policies that wait at ties; the nominal one is for a fair coin, the robust one for a radius rho around it",
    instances=puts(),
    search=PUTS,
    allowance=units,
    uses=("robust_mdp.put_waits_on_falling_prices", "robust_mdp.put_worst_is_up"),
    argument="The nominal policy waits to the end, which is optimal for every chance up to 1/2 (put_waits_on_falling_prices), "
    "here 1/2 - rho. The robust one is the optimal policy of the chance 1/2 + rho (put_worst_is_up). Each is therefore no "
    "worse than the other at its own end; by the step the difference of the two curves changes sign in between.",
)
def put_curves_cross(start: Any, horizon: Any, size: Any) -> Sides:
    r"""At an up-probability of $\frac12 - \rho$ the robust policy is worth no more than the nominal one, at $\frac12 + \rho$ no
    less: their curves cross."""
    half = rational(1, 2)
    nominal, robust = _stops(start, horizon, 0 * size), _stops(start, horizon, size)
    low, high = half - size, half + size
    return (
        np.array([_worth(start, horizon, robust, low), _worth(start, horizon, nominal, high)]),
        np.array([_worth(start, horizon, nominal, low), _worth(start, horizon, robust, high)]),
    )


def _stops(start: Any, horizon: Any, radius: Any) -> Any:
    """Where a robust policy exercises: of doubles our policy, exactly a table of nodes."""
    if not is_exact():
        return _robust(start, horizon, radius, True)[1].policy
    up, down = rational(*UP), rational(*DOWN)
    table = lattice(start, horizon, rational(1, 2) + radius)
    return [[payoff(start, h, i, up, down) > wait for i, wait in enumerate(row)] for h, row in enumerate(table)]


def _worth(start: Any, horizon: Any, policy: Any, chance: Any) -> Any:
    """What a policy is worth for a coin."""
    if not is_exact():
        return float(tabular.policy_value(_put(start, horizon, chance).problem(), policy)[0, 0])
    if policy[0][0]:
        return payoff(start, 0, 0, 0, 0)
    return lattice(start, horizon, chance, stop=lambda h, i: policy[h][i])[0][0]


@put_curves_cross.false_sibling("robust policies are no worse anywhere")
def _(start: Any, horizon: Any, size: Any) -> Sides:
    left, right = put_curves_cross.sides(start, horizon, size)
    return np.array([right[0], left[1]]), np.array([left[0], right[1]])


@put_curves_cross.step("d(low) <= 0 <= d(high): their product is not positive", method="expand", relation=">=")
def _() -> tuple[Any, Any]:
    below, above = sp.symbols("a b", nonnegative=True)
    return sp.Integer(0), (-below) * above


@put_curves_cross.known("six stages from 99, radius 1/10")
def _() -> dict[str, Any]:
    return {"start": 99, "horizon": 6, "size": Fraction(1, 10)}
