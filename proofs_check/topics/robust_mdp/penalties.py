r"""Claims about radii against penalties: :math:`C_\rho` is the worst case within a radius, :math:`R_\lambda` the one at a
price.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import exp, floats_only, is_exact, largest, log, rational
from proofs_check.boxes import all_of, rising
from proofs_check.claim import claim
from proofs_check.exact_mdp import ExactMDP
from proofs_check.spaces import Interval, LogInterval
from proofs_check.strategies import mdps
from proofs_check.topics.mdp.instances import MODERATE
from proofs_check.topics.robust_mdp.formulas import ROBUST, Model, optimum
from proofs_check.topics.robust_mdp.instances import SIZE, SMALL, Array, Sides, reference, rounding, two_islands, with_sets
from tabular import MDP

TANG = "Tang, Liu and Xu (2025), Robust offline RL with linearly structured f-divergence regularization"


# --- a field of multipliers ----------------------------------------------------------------------------------------------------


def multipliers(mdp: Model, v: Array, radius: Any) -> Array:
    """(S, A) multipliers of total variation at v: the gap at which the mass to be moved runs out."""
    if not isinstance(mdp, ExactMDP):
        return np.asarray(tabular.robust.multipliers(ROBUST["TV"](mdp, radius), v))
    field = np.empty((mdp.n_states, mdp.n_actions), dtype=object)
    low = min(v)
    for s in range(mdp.n_states):
        for a in range(mdp.n_actions):
            left, field[s, a] = radius, 0 * radius
            for t in sorted(range(mdp.n_states), key=lambda t: v[t], reverse=True):
                left = left - mdp.P[s, a, t]
                if left < 0 or (left == 0 and mdp.P[s, a, t] > 0):
                    field[s, a] = v[t] - low
                    break
    return field


def priced(mdp: Model, field: Any, radius: Any, name: str = "TV at a price") -> Array:
    r"""The optimum at prices ``field`` with rewards :math:`r - \gamma \lambda \rho`."""
    return optimum(mdp.replace(r=mdp.r - mdp.gamma * field * radius), name, field)


@claim(
    "robust_mdp.multiplier_field",
    "==",
    paper=TANG,
    theorem="section 3 (the equivalence is not stated there; derived here)",
    assumptions="total variation, in both arithmetics; the same for KL and chi-square is robust_mdp.multiplier_field_smooth",
    instances=with_sets(sets=None),
    search={"mdp": SMALL, "size": SIZE},
    allowance=rounding,
    argument="At v = v^rho each row has C_rho(v) = R_lambda(v) - lambda rho at its own multiplier, the maximiser of the "
    "concave right side (lambda = -dC/drho). By the step both problems have the same backup at v, and v is the one fixed "
    "point of each.",
)
def multiplier_field(mdp: Model, size: Any) -> Sides:
    r"""The values within a radius are those at prices $\lambda_{sa}$, the multipliers there, with rewards
    $r - \gamma \lambda_{sa} \rho$."""
    v = optimum(mdp, "TV", size)
    return v, priced(mdp, multipliers(mdp, v, size), size)


@multiplier_field.false_sibling("with the rewards as they are")
def _(mdp: Model, size: Any) -> Sides:
    v = optimum(mdp, "TV", size)
    return v, priced(mdp, multipliers(mdp, v, size), 0 * size)


@multiplier_field.false_sibling("one price for all rows, the largest of the field")
def _(mdp: Model, size: Any) -> Sides:
    v = optimum(mdp, "TV", size)
    field = multipliers(mdp, v, size)
    return v, priced(mdp, 0 * field + largest(field), size)


@multiplier_field.step("r + gamma (R - lambda rho) = (r - gamma lambda rho) + gamma R", method="expand")
def _() -> tuple[Any, Any]:
    r, gamma, price, radius, value = sp.symbols("r gamma lambda rho R")
    return r + gamma * (value - price * radius), (r - gamma * price * radius) + gamma * value


@multiplier_field.known("the reference model at radius 1/20, an equality of fractions")
def _() -> dict[str, Any]:
    return {"mdp": reference(), "size": Fraction(1, 20)}


@claim(
    "robust_mdp.multiplier_field_smooth",
    "==",
    paper=TANG,
    theorem="section 3 (the equivalence is not stated there; derived here)",
    assumptions="KL and chi-square, in doubles: values and multipliers are transcendental or surds",
    instances=with_sets(sets=("KL", "chi-square")),
    allowance=rounding,
    arithmetics=("float",),
)
def multiplier_field_smooth(mdp: Model, name: str, size: Any) -> Sides:
    r"""The same for KL and chi-square, through ``tabular.robust.penalised_twin`` and back through ``constrained_twin``."""
    return _round_trip(mdp, name, size)


@floats_only
def _round_trip(mdp: Any, name: str, size: float, shift: float = 1.0) -> Sides:
    radius = size + 0.01
    problem = ROBUST[name](mdp, radius)
    v = optimum(mdp, name, radius)
    twin = tabular.robust.penalised_twin(problem, v)
    if shift != 1.0:
        twin = tabular.Problem(twin.mdp.replace(r=mdp.r + shift * (twin.mdp.r - mdp.r)), inner=twin.inner)
    values = tabular.solve(twin, tabular.PolicyIteration(), tol=1e-12).values
    back = tabular.robust.constrained_twin(twin, values) if shift == 1.0 else problem
    return np.concatenate([v, v]), np.concatenate([values, tabular.solve(back, tabular.PolicyIteration(), tol=1e-12).values])


@multiplier_field_smooth.false_sibling("half of the change of rewards")
def _(mdp: Model, name: str, size: Any) -> Sides:
    return _round_trip(mdp, name, size, 0.5)


# --- one price for all rows ----------------------------------------------------------------------------------------------------


@st.composite
def with_price(draw: st.DrawFn) -> dict[str, Any]:
    """A model, a radius and a price."""
    sizes = st.sampled_from([0.0, 0.05, 0.2, 0.5, 1.0])
    return {"mdp": draw(mdps(gammas=MODERATE)), "size": draw(sizes), "price": draw(st.sampled_from([0.0, 0.1, 1.0, 5.0]))}


PRICED = {"mdp": SMALL, "size": SIZE, "price": Interval(0, 10)}


@claim(
    "robust_mdp.single_penalty_bound",
    ">=",
    paper=TANG,
    theorem="remark on the role of lambda (qualitative there; derived here)",
    assumptions="total variation; the argument covers every divergence",
    instances=with_price(),
    search=PRICED,
    allowance=rounding,
    argument="C_rho >= R_lambda - lambda rho for every price, because a law within the radius pays at most lambda rho. With v "
    "the values at the price and u = v - gamma lambda rho / (1 - gamma), the step gives T_rho u >= u, hence v^rho >= u.",
)
def single_penalty_bound(mdp: Model, size: Any, price: Any) -> Sides:
    r"""$v^\rho \ge v^\lambda - \frac{\gamma \lambda \rho}{1 - \gamma}$ for every price $\lambda$."""
    charge = mdp.gamma / (1 - mdp.gamma) * price * size
    return optimum(mdp, "TV", size), optimum(mdp, "TV at a price", price) - charge


@single_penalty_bound.false_sibling("one step of the charge")
def _(mdp: Model, size: Any, price: Any) -> Sides:
    return optimum(mdp, "TV", size), optimum(mdp, "TV at a price", price) - mdp.gamma * price * size


@single_penalty_bound.false_sibling("half of the charge")
def _(mdp: Model, size: Any, price: Any) -> Sides:
    charge = mdp.gamma / (1 - mdp.gamma) * price * size / 2
    return optimum(mdp, "TV", size), optimum(mdp, "TV at a price", price) - charge


@single_penalty_bound.step("v - gamma c - gamma (gamma c / (1 - gamma)) = v - gamma c / (1 - gamma)", method="cancel")
def _() -> tuple[Any, Any]:
    v, gamma, charge = sp.symbols("v gamma c")
    return v - gamma * charge - gamma * (gamma * charge / (1 - gamma)), v - gamma * charge / (1 - gamma)


@single_penalty_bound.known("no radius and no price")
def _() -> dict[str, Any]:
    return {"mdp": two_islands(), "size": 0, "price": 1}


@single_penalty_bound.known("two rows that see the same coin, at the price of its range: an equality")
def _() -> dict[str, Any]:
    half = Fraction(1, 2)
    coins = MDP(
        np.array([[[half, half]]] * 2, dtype=object), np.array([[Fraction(1)], [Fraction(0)]], dtype=object), Fraction(9, 10)
    )
    return {"mdp": coins, "size": Fraction(1, 5), "price": 1}


@claim(
    "robust_mdp.single_penalty_loss",
    "<=",
    paper="derived here",
    assumptions="total variation; the argument covers every divergence whose penalised worst case is concave in the price",
    instances=with_sets(sets=None),
    search={"mdp": SMALL, "size": SIZE},
    allowance=rounding,
    uses=("robust_mdp.single_penalty_bound",),
    argument="g(lambda) = R_lambda - lambda rho is concave with slope at least -rho, so that g(max) >= g(lambda_sa) - rho "
    "(max - lambda_sa): the backup at the largest price, less its charge, is at v^rho at least v^rho - gamma rho (max - min). "
    "By the step its fixed point is then no lower than v^rho by more than that over 1 - gamma.",
)
def single_penalty_loss(mdp: Model, size: Any) -> Sides:
    r"""With the largest multiplier as the one price, the bound of ``single_penalty_bound`` loses at most
    $\frac{\gamma \rho}{1 - \gamma} (\max \lambda_{sa} - \min \lambda_{sa})$: nothing if the field is constant."""
    v = optimum(mdp, "TV", size)
    field = multipliers(mdp, v, size)
    low, high = min(field.reshape(-1)), max(field.reshape(-1))
    factor = mdp.gamma / (1 - mdp.gamma) * size
    loss = v - (optimum(mdp, "TV at a price", high) - factor * high)
    return loss, 0 * loss + factor * (high - low)


@single_penalty_loss.false_sibling("nothing is lost")
def _(mdp: Model, size: Any) -> Sides:
    left, _ = single_penalty_loss.sides(mdp, size)
    return left, 0 * left


@single_penalty_loss.false_sibling("one step of it")
def _(mdp: Model, size: Any) -> Sides:
    left, right = single_penalty_loss.sides(mdp, size)
    return left, (1 - mdp.gamma) * right


@single_penalty_loss.step("v - d - gamma d / (1 - gamma) = v - d / (1 - gamma)", method="cancel")
def _() -> tuple[Any, Any]:
    v, gamma, d = sp.symbols("v gamma d")
    return v - d - gamma * (d / (1 - gamma)), v - d / (1 - gamma)


@single_penalty_loss.known("the reference model at radius 1/20")
def _() -> dict[str, Any]:
    return {"mdp": reference(), "size": Fraction(1, 20)}


# --- the two contexts ----------------------------------------------------------------------------------------------------------


def coin(price: Any) -> Any:
    """The entropic risk of a fair coin that pays 0 or 1."""
    return -price * log((1 + exp(-1 / price)) / 2)


SAFE_LARGE, SAFE_SMALL = (27, 100), (29, 100)
"""Safe payments beside a coin of payoff 1, and beside one of payoff t, there times t."""


def nothing(price: Any, scale: Any) -> float:
    """Two logarithms of numbers from 1/2 to 1, times a price of at most ten."""
    return 1e-14


@claim(
    "robust_mdp.two_contexts",
    "<=",
    paper=TANG,
    theorem="against the reading that some lambda plays the role of rho (derived here)",
    assumptions="one step, KL; context A: a fair coin for 1 or .27 for sure; context B: a fair coin for t or .29 t for sure; "
    "t up to 3/4. The KL worst case of the coin at radius 1/10 is .2802, between .27 and .29",
    instances=st.builds(dict, price=st.floats(0.01, 10), scale=st.floats(0.01, 0.75)),
    search={"price": LogInterval(Fraction(1, 50), 10), "scale": Interval(Fraction(1, 100), Fraction(3, 4))},
    allowance=nothing,
    objective="difference",
    argument="The entropic risk of a coin rises in the price (the worst case of KL at a price is an infimum of functions that "
    "rise in it). By the covers it is below .27 up to 9/20 and above .29 from 3/5 on. If the coin is taken in A then lambda > "
    "9/20, so lambda / t > 3/5 and it is taken in B.",
)
def two_contexts(price: Any, scale: Any) -> Sides:
    r"""No one price takes the coin in context A and refuses it in context B, as the KL radius 1/10 does in both: of the two
    advantages $R_\lambda - .27$ and $.29\, t - t R_{\lambda / t}$ one is not positive."""
    return _conflict(price, scale), 0 * price


def _conflict(price: Any, scale: Any) -> Any:
    first = coin(price) - rational(*SAFE_LARGE)
    second = scale * (rational(*SAFE_SMALL) - coin(price / scale))
    return min(first, second) if not is_exact() else (first if first < second else second)


@two_contexts.false_sibling("payoffs of one size: any price from .462 to .521 does it")
def _(price: Any, scale: Any) -> Sides:
    return _conflict(price, 1 + 0 * scale), 0 * price


@two_contexts.false_sibling("with the two safe payments exchanged")
def _(price: Any, scale: Any) -> Sides:
    first = rational(*SAFE_SMALL) - coin(price)
    second = scale * (coin(price / scale) - rational(*SAFE_LARGE))
    return (first if first < second else second), 0 * price


@two_contexts.cover("R at 9/20 is below .27, at 3/5 above .29")
def _() -> Any:
    below = rising("refused below", coin, lambda _: rational(*SAFE_LARGE), Fraction(1, 100), Fraction(9, 20))
    return all_of(
        "the two prices", [below, rising("taken above", lambda _: rational(*SAFE_SMALL), coin, Fraction(3, 5), Fraction(10))]
    )


@two_contexts.known("the price that makes A indifferent, a tenth of the scale")
def _() -> dict[str, Any]:
    return {"price": Fraction(4619358176, 10**10), "scale": Fraction(1, 10)}
