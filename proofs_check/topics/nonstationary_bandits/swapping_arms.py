r"""Claims about two arms that swap: what is best, what Thompson sampling costs, and what nobody can avoid.

The arms pay with the chances :math:`\frac12 \pm \Delta` and swap with the probability :math:`q = 1 / \tau` at each step. Either
arm says the same about the state, so that beliefs do not depend on what is played.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import floats_only, is_exact, log, rational, sqrt
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Interval
from proofs_check.topics.nonstationary_bandits.formulas import gaps, greedy_play, histories, one_hot, played, total
from proofs_check.topics.nonstationary_bandits.instances import (
    DERIVED,
    MIN,
    Array,
    Sides,
    units,
)
from proofs_check.topics.nonstationary_bandits.targets import optimum
from tabular.bandits import LatentBandit

SWAPS: dict[str, Any] = {
    "instances": st.builds(
        dict,
        switch=st.sampled_from([0.0, 0.02, 0.1, 0.3, 0.5]),
        gap=st.sampled_from([0.0, 0.05, 0.2, 0.3, 0.5]),
        horizon=st.integers(1, 5),
    ),
    "search": {"switch": Interval(0, Fraction(1, 2)), "gap": Interval(0, Fraction(1, 2)), "horizon": Integers(1, 4)},
}


def swaps(switch: Any, gap: Any) -> tuple[Array, Array, Array]:
    """Chain, means and first law."""
    high, low, half = rational(1, 2) + gap, rational(1, 2) - gap, rational(1, 2)
    P = np.array([[1 - switch, switch], [switch, 1 - switch]])
    return P, np.array([[high, low], [low, high]]), np.array([half, half])


def ten_percent(horizon: int = 4) -> dict[str, Any]:
    """Arms that pay .8 and .2 and swap once in ten steps."""
    return {"switch": Fraction(1, 10), "gap": Fraction(3, 10), "horizon": horizon}


def greedy_steps(P: Array, mu: Array, nu: Array, horizon: int) -> Array:
    """Regret of each step of the greedy policy, the first arm among equals."""
    if not is_exact():
        return _our_greedy(P, mu, nu, int(horizon))
    lost = gaps(mu)
    target = one_hot(np.zeros(len(nu), dtype=int), 1)  # nothing to be remembered
    layers = histories(P, mu, nu, int(horizon), target, greedy_play(mu))
    return np.array([total(n.weight * (n.law * (n.table.sum(axis=0) @ lost)).sum() for n in layer) for layer in layers])


@floats_only
def _our_greedy(P: Array, mu: Array, nu: Array, horizon: int) -> Array:
    bandit = LatentBandit(P, mu, nu)
    return bandit.policy_regret(bandit.greedy, horizon)


# --- greedy is optimal -------------------------------------------------------------------------------------------------------


@claim(
    "nonstationary_bandits.greedy_is_optimal",
    "==",
    paper=DERIVED,
    theorem="two arms that swap",
    allowance=units,
    argument="Given the state, a reward of one arm has the chance of a failure of the other, so that both take the belief to "
    "the same place and the law of beliefs does not depend on what is played (its mean, by the step, is the belief before). "
    "No choice buys information, and the best at each step is the best in all.",
    **SWAPS,
)
def greedy_is_optimal(switch: Any, gap: Any, horizon: int) -> Sides:
    r"""The greedy policy loses no more than the best one if two arms swap."""
    given = swaps(switch, gap)
    return total(greedy_steps(*given, horizon)), optimum(*given, int(horizon))


@greedy_is_optimal.false_sibling("also if only one arm says where it is")
def _(switch: Any, gap: Any, horizon: int) -> Sides:
    P, _, nu = swaps(switch, gap)
    half = rational(1, 2)
    mu = np.array([[half, half + gap], [half, half - gap]])
    mu = mu + np.array([[rational(1, 100), rational(0)]] * 2)  # the silent arm a little better on average
    if not all(0 <= x <= 1 for x in mu.ravel()):
        return rational(0), rational(0)
    return total(greedy_steps(P, mu, nu, horizon)), optimum(P, mu, nu, int(horizon))


@greedy_is_optimal.step("the belief after a reward or a failure, weighed by their chances, is the belief before", method="cancel")
def _() -> tuple[Any, Any]:
    b, low = sp.symbols("b l", positive=True)
    h = 1 - low
    reward, failure = b * h + (1 - b) * low, b * low + (1 - b) * h
    return reward * (b * h / reward) + failure * (b * low / failure), b * (h + low)


greedy_is_optimal.known("one swap in ten steps: an equality of fractions")(lambda: ten_percent(3))


@claim(
    "nonstationary_bandits.thompson_within_twice",
    "<=",
    paper=DERIVED,
    theorem="two arms that swap",
    allowance=units,
    argument="At the belief b the greedy policy loses 2 Delta min(b, 1 - b) and Thompson sampling 4 Delta b (1 - b), and "
    "beliefs have the same law for both. With b <= 1/2 the difference is 2 Delta b for twice the former: 4 Delta b - 4 Delta "
    "b (1 - b) = 4 Delta b^2, and the latter is not below the former as 1 - b >= 1/2 (the steps).",
    **SWAPS,
)
def thompson_within_twice(switch: Any, gap: Any, horizon: int) -> Sides:
    r"""At every step Thompson sampling loses at least what the best policy does, and at most twice as much, if two arms swap."""
    thompson, best = _both(switch, gap, horizon)
    return np.concatenate([best, thompson]), np.concatenate([thompson, 2 * best])


def _both(switch: Any, gap: Any, horizon: int) -> tuple[Array, Array]:
    given = swaps(switch, gap)
    return played(*given, int(horizon)).regret, greedy_steps(*given, horizon)


@thompson_within_twice.false_sibling("at most one and a half times as much")
def _(switch: Any, gap: Any, horizon: int) -> Sides:
    thompson, best = _both(switch, gap, horizon)
    return thompson, 3 * best / 2


@thompson_within_twice.step("4 D b - 4 D b (1 - b) = 4 D b^2", method="expand")
def _() -> tuple[Any, Any]:
    b, d = sp.symbols("b D", positive=True)
    return 4 * d * b - 4 * d * b * (1 - b), 4 * d * b**2


@thompson_within_twice.step("4 D b (1 - b) - 2 D b = 2 D b (1 - 2 b)", method="expand")
def _() -> tuple[Any, Any]:
    b, d = sp.symbols("b D", positive=True)
    return 4 * d * b * (1 - b) - 2 * d * b, 2 * d * b * (1 - 2 * b)


thompson_within_twice.known("one swap in ten steps")(ten_percent)


@thompson_within_twice.known("arms that never swap and say almost everything")
def _() -> dict[str, Any]:
    return {"switch": 0, "gap": Fraction(49, 100), "horizon": 4}


# --- what nobody can avoid ---------------------------------------------------------------------------------------------------


def divergence(gap: Any) -> Any:
    """Of one arm's coin from the other's: 2 Delta log((1 + 2 Delta) / (1 - 2 Delta))."""
    return 2 * gap * log((1 + 2 * gap) / (1 - 2 * gap))


def swap_instances() -> dict[str, Any]:
    """Switch probabilities and gaps that are positive; gaps below 1/2."""
    return {
        "instances": st.builds(
            dict,
            switch=st.sampled_from([0.002, 0.02, 0.1, 0.3, 0.5]),
            gap=st.sampled_from([0.001, 0.05, 0.2, 0.4]),
            horizon=st.integers(1, 6),
        ),
        "search": {
            "switch": Interval(Fraction(1, 500), Fraction(1, 2)),
            "gap": Interval(Fraction(1, 1000), Fraction(49, 100)),
            "horizon": Integers(1, 4),
        },
    }


@claim(
    "nonstationary_bandits.horizon_lower_bound",
    "<=",
    paper=MIN,
    theorem="lower bound by the effective horizon (recalled), for two arms; constant derived here",
    assumptions="arms swap with a probability of at most 1/2 (tau >= 2) and pay neither 0 nor 1",
    allowance=units,
    uses=("nonstationary_bandits.greedy_is_optimal",),
    argument="By greedy_is_optimal the greedy policy loses least at every step. A swap with probability q is a draw of a "
    "fresh fair state with probability 2 q (first step). Tell the player when the last such draw was, and all that was seen "
    "before. J coins of one arm have been seen since, with P(J >= j) <= (1 - 2 q)^j, so that E J <= (1 - 2 q) / (2 q) (second "
    "step) <= tau / 2. No test that tells from J coins which arm they are of errs less than (1 - TV) / 2 >= (1 - sqrt(J KL / "
    "2)) / 2 (Pinsker). An error costs 2 Delta, and E sqrt(J) <= sqrt(E J) <= sqrt(tau / 2).",
    **swap_instances(),
)
def horizon_lower_bound(switch: Any, gap: Any, horizon: int) -> Sides:
    r"""No policy loses less than $\Delta (1 - \sqrt{\tau\, KL / 4})$ at any step, $KL = 2 \Delta \log \frac{1 + 2 \Delta}{1 - 2
    \Delta}$; with $\Delta = .35 / \sqrt \tau$ that is more than $.17 / \sqrt \tau$ from $\tau = 20$ on."""
    least = gap * (1 - sqrt(divergence(gap) / (4 * switch)))
    return np.array([least] * int(horizon)), greedy_steps(*swaps(switch, gap), horizon)


@horizon_lower_bound.false_sibling("twice as much")
def _(switch: Any, gap: Any, horizon: int) -> Sides:
    left, right = horizon_lower_bound.sides(switch, gap, horizon)
    return 2 * left, right


@horizon_lower_bound.false_sibling("the gap itself, as if nothing could be learned")
def _(switch: Any, gap: Any, horizon: int) -> Sides:
    left, right = horizon_lower_bound.sides(switch, gap, horizon)
    return np.array([gap] * len(left)), right


@horizon_lower_bound.step("2 q / 2 + (1 - 2 q) s = q + (1 - 2 q) s: s = 1 stays with 1 - q, s = 0 moves with q", method="expand")
def _() -> tuple[Any, Any]:
    q, s = sp.symbols("q s", real=True)
    return 2 * q / 2 + (1 - 2 * q) * s, s * (1 - q) + (1 - s) * q


@horizon_lower_bound.step("m = (1 - 2 q) / (2 q) solves m = (1 - 2 q) (1 + m), as the sum of (1 - 2 q)^j does", method="cancel")
def _() -> tuple[Any, Any]:
    q = sp.symbols("q", positive=True)
    m = (1 - 2 * q) / (2 * q)
    return m, (1 - 2 * q) * (1 + m)


@horizon_lower_bound.known("tau = 50, .35 / sqrt(50) to three digits")
def _() -> dict[str, Any]:
    return {"switch": Fraction(1, 50), "gap": Fraction(99, 2000), "horizon": 4}


@horizon_lower_bound.known("independent states, a small gap: twice the bound is too much")
def _() -> dict[str, Any]:
    return {"switch": Fraction(1, 2), "gap": Fraction(1, 1000), "horizon": 1}
