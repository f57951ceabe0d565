r"""Claims about benchmarks that tell robust from nominal policies: how far one size can separate two choices, and a certified
suite.

The simulated linear MDP cannot separate them (``homogeneous_is_blind``). The suite was found by an adversary that maximises the
*separation*, the smaller of what the nominally best policy loses under doubt and what the robust one loses without, and is stored
with :func:`tabular.domains.separating_linear_mdp`; here each of its numbers is decided in exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import floats_only, is_exact, lift, rational
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Interval, Simplex, Space
from proofs_check.strategies import distributions
from proofs_check.topics.divergences.formulas import mean
from proofs_check.topics.robust_linear.formulas import Linear, greedy, robust, worst
from proofs_check.topics.robust_linear.instances import SIZES, Array, Sides, units
from proofs_check.topics.robust_linear.separation_search import separation_of
from tabular.domains.separations import COUNT, separation_data


@st.composite
def two_laws(draw: st.DrawFn) -> dict[str, Any]:
    """Two laws on values from 0 to 1, and a radius."""
    n = draw(st.integers(2, 5))
    return {"p": draw(distributions(n)), "q": draw(distributions(n)), "size": draw(SIZES)}


def _choices(p: Array, q: Array, size: Any, sign: int = 1) -> Sides:
    """What p gains over q in the mean, and q over p in the worst case; values are spread evenly over [0, 1]."""
    values = np.array([(0 * p[0] + k) / (len(p) - 1) for k in range(len(p))])
    gain = mean(p, values) - mean(q, values)
    return gain, worst("TV within", values, q, size) - worst("TV within", values, p, size)


@claim(
    "robust_linear.separation",
    "<=",
    paper="derived here (an open question on benchmark design)",
    assumptions="values from 0 to 1, a state worth 0, one radius of total variation",
    instances=two_laws(),
    search={"p": Simplex(3), "q": Simplex(3), "size": Interval(0, 1)},
    allowance=units,
    argument="Let the means be m and m - g. C(p) >= max(0, m - rho), as no more than rho falls by no more than 1; C(q) <= (1 "
    "- rho)(m - g), as scaling a law by 1 - rho and adding rho at 0 is allowed. If m >= rho the robust gap is at most (1 - "
    "rho)(m - g) - m + rho, which falls in m: at most (1 - rho)(rho - g); if m < rho it is at most (1 - rho)(m - g), which "
    "rises in m to the same. By the step the smaller of g and (1 - rho)(rho - g) is at most their value where they agree.",
)
def separation(p: Array, q: Array, size: Any) -> Sides:
    r"""If p is better in the mean by g and q in the worst case by g', then $\min(g, g') \le \frac{\rho (1 - \rho)}{2 - \rho}$;
    attained by a coin and a sure value, and at most $3 - 2 \sqrt 2 = .1716$, at $\rho = 2 - \sqrt 2$."""
    gain, robust_gain = _choices(p, q, size)
    return min(gain, robust_gain), size * (1 - size) / (2 - size)


@separation.false_sibling("half of the product, rho (1 - rho) / 2")
def _(p: Array, q: Array, size: Any) -> Sides:
    return separation.sides(p, q, size)[0], size * (1 - size) / 2


@separation.false_sibling("at most a seventh, whatever the radius")
def _(p: Array, q: Array, size: Any) -> Sides:
    return separation.sides(p, q, size)[0], 0 * size + rational(1, 7)


@separation.step("g = (1 - rho)(rho - g) at g = rho (1 - rho) / (2 - rho)", method="cancel")
def _() -> tuple[Any, Any]:
    rho = sp.Symbol("rho")
    g = rho * (1 - rho) / (2 - rho)
    return (1 - rho) * (rho - g), g


@separation.known("a fair coin against the middle of three values, radius 1/2")
def _() -> dict[str, Any]:
    half, third = Fraction(1, 2), Fraction(1, 3)
    return {"p": [half, 0, half], "q": [third, 2 * third, 0], "size": half}


@separation.known("a fair coin against a sure third, radius 1/2: a sixth, an equality")
def _() -> dict[str, Any]:
    half = Fraction(1, 2)
    return {"p": [half, 0, 0, half], "q": [0, 1, 0, 0], "size": half}


# --- the suite -----------------------------------------------------------------------------------------------------------------

SUITE: dict[str, Space] = {"number": Integers(0, COUNT - 1), "share": Interval(0, 1)}


def _stored(number: int) -> tuple[Linear, Any]:
    """A model of the suite and its size, in the arithmetic of the surrounding evaluation."""
    data = separation_data(number)
    parts = [np.array(data[key], dtype=object) for key in ("features", "factors", "theta")]
    if is_exact():
        return Linear(*(lift(x) for x in parts)), lift(data["size"])
    return Linear(*(x.astype(float) for x in parts)), float(data["size"])


def losses(number: Any) -> tuple[Any, Any]:
    """What the nominal policy loses under doubt, and the robust one without, from the first state of a stored model."""
    if not is_exact():
        return _losses(int(number))
    data = separation_data(int(number))
    model, size = _stored(int(number))
    under_doubt, without, _ = separation_of(model, data["set"], size, data["horizon"])
    return under_doubt, without


@floats_only
def _losses(number: int) -> tuple[float, float]:
    problem = tabular.domains.separating_linear_mdp(number)
    nominal = tabular.linear_mdp.LinearProblem(problem.model)
    robustly, plainly = tabular.solve(problem), tabular.solve(nominal)
    return (
        float(robustly.values[0, 0] - tabular.policy_value(problem, plainly.policy)[0, 0]),
        float(plainly.values[0, 0] - tabular.policy_value(nominal, robustly.policy)[0, 0]),
    )


@claim(
    "robust_linear.suite",
    ">=",
    paper="found by our adversary",
    assumptions=f"the {COUNT} stored models",
    instances=st.fixed_dictionaries({"number": st.integers(0, COUNT - 1), "share": st.sampled_from([0.0, 1.0])}),
    search=SUITE,
    allowance=units,
)
def suite(number: Any, share: Any) -> Sides:
    r"""In every model of the suite, with one size for all factors, the nominally best policy loses at least the stated separation
    under doubt, and the robust policy at least as much without it (the share says which mixture of both losses)."""
    under_doubt, without = losses(number)
    stated = separation_data(int(number))["separation"]
    stated = lift(stated) if is_exact() else float(stated)
    return under_doubt + share * (without - under_doubt), stated


@suite.false_sibling("a hundredth more")
def _(number: Any, share: Any) -> Sides:
    left, right = suite.sides(number, share)
    return left, right * rational(101, 100)


@suite.false_sibling("also with doubt about the first factor alone")
def _(number: Any, share: Any) -> Sides:
    data = separation_data(int(number))
    model, size = _stored(int(number))
    sizes = [size] + [None] * (len(model.mu) - 1)
    plain = robust(model, "TV within", 0 * size, data["horizon"])
    policy = [greedy(model.q_values("TV within", after, 0 * size)) for after in plain[1:]]
    alone = robust(model, data["set"], sizes, data["horizon"])[0][0]
    return alone - robust(model, data["set"], sizes, data["horizon"], policy)[0][0], suite.sides(number, share)[1]


def _as_known(number: int, share: int) -> Callable[[], dict[str, Any]]:
    return lambda: {"number": number, "share": share}


for _number in range(COUNT):
    suite.known(f"model {_number}, under doubt")(_as_known(_number, 0))
    suite.known(f"model {_number}, without")(_as_known(_number, 1))
