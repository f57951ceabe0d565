r"""Claims about the sharp bound itself: its shape, and models that attain it.

:math:`B(x, y) = (x + \gamma y \Delta / (1 - \gamma)) / (1 - \gamma (1 - y))`, as in the claims about what grouping loses.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import floats_only, is_exact, lift, rational
from proofs_check.claim import claim
from proofs_check.exact_mdp import ExactMDP
from proofs_check.spaces import Integers, Interval, Space
from proofs_check.strategies import discounts
from proofs_check.topics.action_grouping.approximation import sharp_symbols
from proofs_check.topics.action_grouping.formulas import classic, loss, sharp
from proofs_check.topics.action_grouping.instances import DERIVED, Sides

# --- the bound as a function -------------------------------------------------------------------------------------------------

GAMMAS = discounts(0.99)
UNIT = st.sampled_from([0.0, 0.05, 0.3, 1.0]) | st.floats(0, 1)
BOUND: dict[str, Space] = {
    "y": Interval(0, 1),
    "x": Interval(0, 1),
    "gamma": Interval(0, Fraction(99, 100)),
    "size": Interval(1, 4),
}


def bound_rounding(gamma: float, size: float = 1.0, **_: Any) -> float:
    """A few units of 1.1e-16 of the largest value that the bounds take, Delta / (1 - gamma)^2."""
    return 1e-14 * float(size) / (1 - gamma) ** 2


@claim(
    "action_grouping.sharp_shape",
    "monotone",
    paper=DERIVED,
    assumptions="x <= Delta, y <= 1",
    instances=st.builds(dict, y=UNIT, x=UNIT, gamma=GAMMAS, size=st.floats(1, 4)),
    search=BOUND,
    objective="difference",
    allowance=bound_rounding,
    argument="The derivatives are those of the steps, not negative for x <= Delta; the differences to the two other bounds, "
    "in the last two, are not negative either.",
)
def sharp_shape(y: Any, x: Any, gamma: Any, size: Any) -> Sides:
    r"""$B$ increases in $x$ and in $y$, up to $\Delta / (1 - \gamma)$ (it is never vacuous), and stays below the classic bound
    at the largest span.
    """
    parts = [rational(i, 4) for i in range(5)]
    rising = [sharp(y * t, x, gamma, size) for t in parts]
    across = [sharp(y, x * t, gamma, size) for t in parts]
    bound = sharp(y, x, gamma, size)
    caps = [[bound] * 4 + [cap] for cap in (size / (1 - gamma), classic(y, x, gamma, size / (1 - gamma)))]
    return np.array([rising, across, *caps]), [list(range(5))] * 4


@sharp_shape.false_sibling("increases in y, whatever the rewards")
def _(y: Any, x: Any, gamma: Any, size: Any) -> Sides:
    return np.array([sharp(y * rational(i, 4), 2 * size + x, gamma, size) for i in range(5)]), list(range(5))


@sharp_shape.false_sibling("below half of the classic bound")
def _(y: Any, x: Any, gamma: Any, size: Any) -> Sides:
    return np.array([sharp(y, x, gamma, size), classic(y, x, gamma, size / (1 - gamma)) / 2]), [0, 1]


@sharp_shape.step("the derivative in x is 1 / (1 - gamma (1 - y))", method="cancel")
def _() -> tuple[Any, Any]:
    x, y, gamma, _, bound = sharp_symbols()
    return sp.diff(bound, x), 1 / (1 - gamma * (1 - y))


@sharp_shape.step("the derivative in y is gamma (Delta - x) / (1 - gamma (1 - y))^2", method="cancel")
def _() -> tuple[Any, Any]:
    x, y, gamma, size, bound = sharp_symbols()
    return sp.diff(bound, y), gamma * (size - x) / (1 - gamma * (1 - y)) ** 2


@sharp_shape.step("Delta / (1 - gamma) - B = (Delta - x) / (1 - gamma (1 - y))", method="cancel")
def _() -> tuple[Any, Any]:
    x, y, gamma, size, bound = sharp_symbols()
    return size / (1 - gamma) - bound, (size - x) / (1 - gamma * (1 - y))


@sharp_shape.step("classic - B = gamma y B / (1 - gamma)", method="cancel")
def _() -> tuple[Any, Any]:
    x, y, gamma, size, bound = sharp_symbols()
    return (x + gamma * y * size / (1 - gamma)) / (1 - gamma) - bound, gamma * y * bound / (1 - gamma)


@sharp_shape.known("without a future B = x, an equality")
def _() -> dict[str, Any]:
    return {"y": Fraction(1, 2), "x": Fraction(1, 3), "gamma": Fraction(0), "size": 1}


# --- attained ----------------------------------------------------------------------------------------------------------------


def attaining_loss(transition: Any, reward: Any, gamma: Any, size: int) -> Any:
    """What one group of all actions loses in state 0."""
    if not is_exact():
        return _attaining_loss(transition, reward, gamma, size)
    k, y, x = int(size), transition, reward
    P = lift(np.zeros((2, k, 2), dtype=int)) + 0 * gamma
    r = lift(np.zeros((2, k), dtype=int)) + 0 * gamma
    P[0, 0, 0], r[0, 0], P[1, :, 1] = 1 + 0 * y, 1 + 0 * x, 1 + 0 * y
    P[0, 1:, 0], P[0, 1:, 1], r[0, 1:] = 1 - y, y, 1 - x
    mdp = ExactMDP(P, r, gamma, None, np.ones((2, k), dtype=bool))
    return loss(mdp, (0,) * k, 0 * r)[0]


@floats_only
def _attaining_loss(transition: float, reward: float, gamma: float, size: int) -> float:
    mdp = tabular.grouping.attaining_instance(transition, reward, gamma, size)
    return float(loss(mdp, (0,) * size, np.ones((2, size)))[0])


PARAMETERS: dict[str, Space] = {
    "transition": Interval(0, 1),
    "reward": Interval(0, 1),
    "gamma": Interval(0, Fraction(99, 100)),
    "size": Integers(2, 6),
}


def parameter_rounding(gamma: float, **_: Any) -> float:
    """Two solutions to 1e-12 of values up to 1 / (1 - gamma), in a model whose rows lose a few units."""
    return 1e-12 / (1 - gamma) ** 2


@claim(
    "action_grouping.sharp_attained",
    "==",
    paper=DERIVED,
    instances=st.builds(dict, transition=UNIT, reward=UNIT, gamma=GAMMAS, size=st.integers(2, 6)),
    search=PARAMETERS,
    allowance=parameter_rounding,
    argument="Action 0 pays most and stays, so that V*(0) = 1 / (1 - gamma). The group pays 1 - x and stays with probability 1 - "
    "y, x = (1 - 1/k) beta_R and y = (1 - 1/k) beta_P, so that its value solves v = 1 - x + gamma (1 - y) v. By the step the "
    "difference is B(x, y), for rewards in [0, 1].",
)
def sharp_attained(transition: Any, reward: Any, gamma: Any, size: int) -> Sides:
    r"""For all $\bar\beta_R, \bar\beta_P \in [0, 1]$, $\gamma$ and $k \ge 2$ a group of k actions loses exactly
    $B((1 - \tfrac1k) \bar\beta_R, (1 - \tfrac1k) \bar\beta_P)$: no smaller function of them bounds the loss.
    """
    f = 1 - rational(1, size)
    bound = sharp(f * transition, f * reward, gamma, rational(1))
    return attaining_loss(transition, reward, gamma, size), bound


@sharp_attained.false_sibling("the classic bound is attained")
def _(transition: Any, reward: Any, gamma: Any, size: int) -> Sides:
    f = 1 - rational(1, size)
    return attaining_loss(transition, reward, gamma, size), classic(f * transition, f * reward, gamma, 1 / (1 - gamma))


@sharp_attained.false_sibling("f = 1")
def _(transition: Any, reward: Any, gamma: Any, size: int) -> Sides:
    return attaining_loss(transition, reward, gamma, size), sharp(transition, reward, gamma, rational(1))


@sharp_attained.step("1 / (1 - gamma) - (1 - x) / (1 - gamma (1 - y)) = B(x, y)", method="cancel")
def _() -> tuple[Any, Any]:
    x, y, gamma, size, bound = sharp_symbols()
    return 1 / (1 - gamma) - (1 - x) / (1 - gamma * (1 - y)), bound.subs(size, 1)


@sharp_attained.known("a pair of actions, a loss of 5: an equality")
def _() -> dict[str, Any]:
    return {"transition": Fraction(1, 5), "reward": Fraction(1, 10), "gamma": Fraction(9, 10), "size": 2}
