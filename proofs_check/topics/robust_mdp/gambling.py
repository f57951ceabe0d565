r"""Claims about the gambler's problem when the coin may be worse than it is said to be: closed forms for every radius.

Heads have probability p, the adversary may lower it by rho (total variation on the two outcomes), and h = p - rho is what
    matters.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import floats_only, is_exact, largest, rational
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Interval, Space
from proofs_check.topics.robust_mdp.instances import Array, Sides

DUBINS = "Dubins and Savage (1965), How to gamble if you must"
DERIVED = "the robust form is derived here"


def timid(goal: int, h: Any) -> Array:
    """Chance of reaching the goal by stakes of one: (1 - x^s) / (1 - x^N) with x = (1 - h) / h, s / N if the coin is fair."""
    x, power, rising = (1 - h) / h, 1 + 0 * h, [0 * h]
    for _ in range(int(goal)):  # 1 + x + ... + x^(s - 1), which needs no division by 1 - x
        rising.append(rising[-1] + power)
        power = power * x
    return np.array([y / rising[-1] for y in rising])


def bold(goal: int, h: Any) -> Array:
    """Chance by bold play: v(s) = h v(2 s) up to N / 2, beyond h + (1 - h) v(2 s - N)."""
    n = int(goal)
    values: dict[int, Any] = {0: 0 * h, n: 1 + 0 * h}
    for start in range(1, n):
        trail, s = [], start
        while s not in values and s not in trail:
            trail.append(s)
            s = 2 * s if 2 * s <= n else 2 * s - n
        if s not in values:  # a cycle: v(s) = a + b v(s)
            a, b = 0 * h, 1 + 0 * h
            for t in trail[trail.index(s) :]:
                a, b = (a, b * h) if 2 * t <= n else (a + b * h, b * (1 - h))
            values[s] = a / (1 - b)
        for t in reversed(trail):
            if t not in values:
                values[t] = h * values[2 * t] if 2 * t <= n else h + (1 - h) * values[2 * t - n]
    return np.array([values[s] for s in range(n + 1)])


def stakes(goal: int, v: Array, h: Any) -> list[list[Any]]:
    """What each stake is worth from each capital in between."""
    n = int(goal)
    return [[h * v[s + a] + (1 - h) * v[s - a] for a in range(1, min(s, n - s) + 1)] for s in range(1, n)]


def backed_up(goal: int, v: Array, heads: Any, radius: Any) -> Array:
    """The robust Bellman operator between 0 and the goal: in doubles our own, exactly the best stake at the worst coin."""
    if not is_exact():
        return _ours(int(goal), v, heads, radius)
    return np.array([largest(np.array(row)) for row in stakes(goal, v, heads - radius)])


@floats_only
def _ours(goal: int, v: Array, heads: float, radius: float) -> Array:
    mdp = tabular.domains.gambler(goal, heads)
    coin = tabular.TotalVariation(absolutely_continuous=True)
    return np.asarray(tabular.Robust(mdp, coin, radius=radius).staged_operator().backup(v))[1:-1]


@st.composite
def games(draw: st.DrawFn) -> dict[str, Any]:
    """A goal, an edge, and how much of the room the radius takes."""
    edge = draw(st.sampled_from([0.01, 0.1, 0.25, 0.4]))
    share = draw(st.sampled_from([0.0, 0.3, 1.0]))
    return {"goal": draw(st.integers(2, 20)), "edge": edge, "share": share}


GAMES: dict[str, Space] = {
    "goal": Integers(2, 12),
    "edge": Interval(Fraction(1, 100), Fraction(49, 100)),
    "share": Interval(0, 1),
}


def units(**_: Any) -> float:
    """Products and quotients of probabilities, a few for each of up to twenty states."""
    return 1e-12


def _coin(edge: Any, share: Any, sign: int) -> tuple[Any, Any]:
    """Nominal heads, below one, and radius, whose worst coin has heads 1/2 + sign edge."""
    half = (1 + 0 * edge) / 2
    radius = share * (half - edge if sign > 0 else half) * rational(9, 10)
    return half + sign * edge + radius, radius


@claim(
    "robust_mdp.gambler_timid",
    "==",
    paper=DUBINS,
    theorem=DERIVED,
    assumptions="p - rho > 1/2",
    instances=games(),
    search=GAMES,
    allowance=units,
    argument="v rises in the capital, so that the worst coin has heads h. A stake of a is worth 1 - x^s (h x^a + (1 - h) "
    "x^-a), up to the factor of v; by the step the bracket exceeds 1 by (1 - x^a)(x^(1-a) - 1) / (1 + x), not negative for x "
    "< 1 and a >= 1, and 0 at a = 1. So T v = v; no policy gets more than a v with T v <= v, and stakes of one, which end for "
    "sure, get v.",
)
def gambler_timid(goal: Any, edge: Any, share: Any) -> Sides:
    r"""While the worst coin favours the gambler, $v(s) = \frac{1 - x^s}{1 - x^N}$ with $x = \frac{1 - h}{h}$ solves the robust
    equation: stakes of one."""
    heads, radius = _coin(edge, share, 1)
    v = timid(goal, heads - radius)
    return backed_up(goal, v, heads, radius), v[1:-1]


@gambler_timid.false_sibling("the nominal coin, for a radius of a tenth of the room")
def _(goal: Any, edge: Any, share: Any) -> Sides:
    heads, radius = _coin(edge, (share + 1) / 10, 1)
    v = timid(goal, heads)
    return backed_up(goal, v, heads, radius), v[1:-1]


@gambler_timid.false_sibling("bold play")
def _(goal: Any, edge: Any, share: Any) -> Sides:
    heads, radius = _coin(edge, share, 1)
    v = bold(goal, heads - radius)
    return backed_up(goal, v, heads, radius), v[1:-1]


@gambler_timid.step("h x^a + (1 - h) x^-a - 1 = (1 - x^a)(x^(1-a) - 1) / (1 + x) at h = 1 / (1 + x)", method="cancel")
def _() -> tuple[Any, Any]:
    x, power = sp.symbols("x X", positive=True)  # X stands for x^a
    h = 1 / (1 + x)
    return h * power + (1 - h) / power - 1, (1 - power) * (x / power - 1) / (1 + x)


@gambler_timid.known("goal 20, p = 3/5, rho = 1/20")
def _() -> dict[str, Any]:
    return {"goal": 20, "edge": Fraction(1, 20), "share": Fraction(10, 81)}


@claim(
    "robust_mdp.gambler_bold",
    "==",
    paper=DUBINS,
    theorem=f"chapter 5 (optimality of bold play); {DERIVED}",
    assumptions="p - rho < 1/2; optimality for every goal is Dubins and Savage's theorem, here decided for the goals at hand",
    instances=games(),
    search=GAMES,
    allowance=units,
)
def gambler_bold(goal: Any, edge: Any, share: Any) -> Sides:
    r"""Once the worst coin is against the gambler, the value of bold play, $v(s) = h\, v(2s)$ up to $N / 2$ and $h + (1 - h)\,
    v(2s - N)$ beyond, solves the robust equation."""
    heads, radius = _coin(edge, share, -1)
    v = bold(goal, heads - radius)
    return backed_up(goal, v, heads, radius), v[1:-1]


@gambler_bold.false_sibling("timid play")
def _(goal: Any, edge: Any, share: Any) -> Sides:
    heads, radius = _coin(edge, share, -1)
    v = timid(goal, heads - radius)
    return backed_up(goal, v, heads, radius), v[1:-1]


@gambler_bold.known("goal 20, p = 3/5, rho = 3/20: an equality of fractions")
def _() -> dict[str, Any]:
    return {"goal": 20, "edge": Fraction(1, 20), "share": Fraction(1, 3)}


@claim(
    "robust_mdp.gambler_fair",
    "==",
    paper=DUBINS,
    theorem=DERIVED,
    assumptions="p - rho = 1/2",
    instances=games(),
    search=GAMES,
    allowance=units,
    argument="A stake of a is worth ((s + a) + (s - a)) / (2 N) = s / N, by the step, whatever a is.",
)
def gambler_fair(goal: Any, edge: Any, share: Any) -> Sides:
    r"""At $h = 1/2$, $v(s) = s / N$, and every stake is as good as every other: here the policy turns over."""
    return _all_stakes(goal, 0 * edge)


def _all_stakes(goal: Any, edge: Any) -> Sides:
    h = (1 + edge) / 2
    v = timid(goal, h)
    table = stakes(goal, v, h)
    return (
        np.array([x for row in table for x in row]),
        np.array([v[s + 1] for s, row in enumerate(table) for _ in row]),
    )


@gambler_fair.false_sibling("a coin a hundredth better")
def _(goal: Any, edge: Any, share: Any) -> Sides:
    return _all_stakes(goal, (1 + 0 * edge) / 100)


@gambler_fair.step("((s + a) + (s - a)) / (2 N) = s / N", method="cancel")
def _() -> tuple[Any, Any]:
    s, a, n = sp.symbols("s a N")
    return ((s + a) / n + (s - a) / n) / 2, s / n


@gambler_fair.known("goal 20, an equality")
def _() -> dict[str, Any]:
    return {"goal": 20, "edge": Fraction(1, 10), "share": 0}
