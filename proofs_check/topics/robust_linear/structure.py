r"""Claims about d-rectangular sets: what they contain, who their adversary is, what they do to values."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import floats_only, is_exact, rational
from proofs_check.claim import claim
from proofs_check.spaces import Choice, Interval, Kernel, Simplex, Vector
from proofs_check.strategies import distributions
from proofs_check.topics.divergences.formulas import mean
from proofs_check.topics.mdp.formulas import span
from proofs_check.topics.robust_linear.formulas import (
    DIVERGENCES,
    EXACT_SETS,
    SETS,
    Linear,
    distance,
    robust,
    worst,
)
from proofs_check.topics.robust_linear.instances import (
    LIU,
    MA,
    MODEL,
    SIZES,
    TANG,
    Array,
    Sides,
    laws,
    models,
    rounding,
    unit_vectors,
    units,
)

# --- one-hot features ----------------------------------------------------------------------------------------------------------


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """Rows and rewards of a tabular model, a set, a horizon."""
    n_states, n_actions = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    return {
        "P": draw(laws(n_states * n_actions, n_states)).reshape(n_states, n_actions, n_states),
        "r": draw(unit_vectors(n_states * n_actions)).reshape(n_states, n_actions),
        "name": draw(st.sampled_from(SETS)),
        "size": draw(SIZES),
        "horizon": draw(st.integers(1, 3)),
    }


@claim(
    "robust_linear.one_hot",
    "==",
    paper=MA,
    theorem="remark after the definition of d-rectangular sets",
    instances=tables(),
    search={
        "P": Kernel((2, 2), 2),
        "r": Vector((2, 2), 0, 1),
        **{key: MODEL[key] for key in ("name", "size", "horizon")},
    },
    allowance=rounding,
    argument="With the features of pair (s, a) all on a factor of its own, the mean of worst cases over factors has one term, "
    "the worst case of the row P(s, a), and the reward parameter of that factor is r(s, a): both recursions are the same, "
    "step by step.",
)
def one_hot(P: Array, r: Array, name: str, size: Any, horizon: Any) -> Sides:
    r"""With $\phi(s, a) = e_{(s, a)}$, so that $d = S A$, the d-rectangular problem is the (s,a)-rectangular one."""
    n_states, n_actions, _ = P.shape
    zero, one = 0 * P[0, 0, 0], 0 * P[0, 0, 0] + 1
    pairs = range(n_states * n_actions)
    phi = np.array([[one if i == j else zero for j in pairs] for i in pairs]).reshape(n_states, n_actions, -1)
    model = Linear(phi, P.reshape(-1, n_states), r.reshape(-1))
    return robust(model, name, size, horizon)[0], _rectangular(P, r, name, size, horizon)


def _rectangular(P: Array, r: Array, name: str, size: Any, horizon: Any) -> Array:
    """The (s,a)-rectangular optimum: in doubles that of the tabular solver, exactly the recursion."""
    if not is_exact():
        return _tabular(P, r, name, size, int(horizon))
    v = 0 * r[:, 0]
    for _ in range(int(horizon)):
        v = np.array([max(r[s, a] + worst(name, v, P[s, a], size) for a in range(r.shape[1])) for s in range(r.shape[0])])
    return v


@floats_only
def _tabular(P: Array, r: Array, name: str, size: float, horizon: int) -> Array:
    size_of: dict[str, Any] = {"penalty" if name.endswith("price") else "radius": size}
    problem = tabular.Robust(tabular.MDP(P, r, 1.0), DIVERGENCES[name.split(" ")[0]], **size_of)
    return np.asarray(tabular.solve(tabular.FiniteHorizon(problem, horizon)).values[0])


@one_hot.false_sibling("features that only tell states: rewards and factors averaged over actions")
def _(P: Array, r: Array, name: str, size: Any, horizon: Any) -> Sides:
    n_states, n_actions, _ = P.shape
    zero, one = 0 * P[0, 0, 0], 0 * P[0, 0, 0] + 1
    phi = np.array([[[one if s == i else zero for i in range(n_states)]] * n_actions for s in range(n_states)])
    model = Linear(phi, P.sum(axis=1) / n_actions, r.sum(axis=1) / n_actions)
    return robust(model, name, size, horizon)[0], _rectangular(P, r, name, size, horizon)


@one_hot.false_sibling("half of the size for each factor")
def _(P: Array, r: Array, name: str, size: Any, horizon: Any) -> Sides:
    return one_hot.sides(P, r, name, size / 2, horizon)[0], _rectangular(P, r, name, size, horizon)


@one_hot.step("a sum with one weight of one has one term", method="expand")
def _() -> tuple[Any, Any]:
    x, y, z = sp.symbols("x y z")
    return 1 * x + 0 * y + 0 * z, x


@one_hot.known("two states, two actions: an equality of fractions")
def _() -> dict[str, Any]:
    half, third = Fraction(1, 2), Fraction(1, 3)
    P = [[[half, half], [1 - third, third]], [[0, 1], [third, 1 - third]]]
    return {"P": P, "r": [[1, half], [0, third]], "name": "TV within", "size": Fraction(1, 5), "horizon": 3}


# --- less conservative ---------------------------------------------------------------------------------------------------------


@st.composite
def mixtures(draw: st.DrawFn) -> dict[str, Any]:
    """Weights of factors, their laws, values, a set."""
    d, n = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    return {
        "phi": draw(distributions(d)),
        "mu": draw(laws(d, n)),
        "values": draw(unit_vectors(n)),
        "name": draw(st.sampled_from(SETS)),
        "size": draw(SIZES),
    }


def _mixture(phi: Array, mu: Array) -> Array:
    return np.array((phi[:, None] * mu).sum(axis=0))


@claim(
    "robust_linear.less_conservative",
    ">=",
    paper=MA,
    theorem="derived here for penalties",
    instances=mixtures(),
    search={
        "phi": Simplex(2),
        "mu": Kernel((2,), 3),
        "values": Vector(3, 0, 1),
        "name": Choice(EXACT_SETS),
        "size": Interval(Fraction(1, 100), 1),
    },
    allowance=units,
    argument="Let q_i be optimal for factor i. D is jointly convex (a norm for total variation; for KL and chi-square each "
    "term is convex in (p, q), as by the steps its Hessian has determinant zero and a positive diagonal), so that the mixture "
    "q of the q_i has D(q, mixture of the mu_i) <= sum phi_i D(q_i, mu_i): q is within the radius, and pays no more than they "
    "do, while its mean is the mixture of theirs.",
)
def less_conservative(phi: Array, mu: Array, values: Array, name: str, size: Any) -> Sides:
    r"""$\sum_i \phi_i F(\mu_i, V) \ge F(\sum_i \phi_i \mu_i, V)$, F the worst case within a radius or at a price: moving
    factors is
    less conservative than moving rows with the same size."""
    return mean(phi, np.array([worst(name, values, p, size) for p in mu])), worst(name, values, _mixture(phi, mu), size)


@less_conservative.false_sibling("the opposite: moving rows is less conservative")
def _(phi: Array, mu: Array, values: Array, name: str, size: Any) -> Sides:
    left, right = less_conservative.sides(phi, mu, values, name, size)
    return right, left


@less_conservative.false_sibling("even with a tenth more of doubt about the factors (a radius), or a tenth less of a price")
def _(phi: Array, mu: Array, values: Array, name: str, size: Any) -> Sides:
    more = size * rational(9, 10) if name.endswith("price") else size * rational(11, 10)
    left = less_conservative.sides(phi, mu, values, name, more)[0]
    return left, less_conservative.sides(phi, mu, values, name, size)[1]


@less_conservative.step("KL: p log(p / q) has the second derivatives 1 / p, -1 / q, p / q^2, of determinant 0", method="cancel")
def _() -> tuple[Any, Any]:
    return _determinant(lambda p, q: p * sp.log(p / q)), sp.Integer(0)


@less_conservative.step("chi-square: (p - q)^2 / q has a Hessian of determinant 0 too", method="cancel")
def _() -> tuple[Any, Any]:
    return _determinant(lambda p, q: (p - q) ** 2 / q), sp.Integer(0)


def _determinant(term: Any) -> Any:
    p, q = sp.symbols("p q", positive=True)
    return sp.hessian(term(p, q), (p, q)).det()


@less_conservative.step("chi-square: the second derivative in q is 2 p^2 / q^3", method="cancel")
def _() -> tuple[Any, Any]:
    p, q = sp.symbols("p q", positive=True)
    return sp.diff((p - q) ** 2 / q, q, 2), 2 * p**2 / q**3


def _halves(name: str, size: Fraction) -> dict[str, Any]:
    tenth = Fraction(1, 10)
    return {
        "phi": [Fraction(1, 2)] * 2,
        "mu": [[9 * tenth, tenth], [tenth, 9 * tenth]],
        "values": [0, 1],
        "name": name,
        "size": size,
    }


@less_conservative.known("two opposite factors, total variation 1/5: .35 against .30")
def _() -> dict[str, Any]:
    return _halves("TV within", Fraction(1, 5))


@less_conservative.known("two opposite factors, total variation at price 1/2: an equality at .25")
def _() -> dict[str, Any]:
    return _halves("TV at a price", Fraction(1, 2))


@less_conservative.known("two opposite factors, KL at price 1/2: .399 against .283")
def _() -> dict[str, Any]:
    return _halves("KL at a price", Fraction(1, 2))


@less_conservative.known("two opposite factors, chi-square at price 1/2: .455 against .375")
def _() -> dict[str, Any]:
    return _halves("chi-square at a price", Fraction(1, 2))


# --- one adversary for all states and actions ----------------------------------------------------------------------------------


@claim(
    "robust_linear.one_adversary",
    "==",
    paper=TANG,
    theorem="robust Bellman optimality, and its analogue for radii (Ma et al. 2022)",
    instances=models(),
    search=MODEL,
    allowance=rounding,
    argument="The worst factor i at a step minimises E_mu V plus its price, with V the robust value of the next step: neither "
    "state nor action enters. In the model with these factors, and rewards that contain the prices, the greedy policy's "
    "values satisfy the same recursion as the robust ones, and no action does better, as each action's value there is its "
    "robust value: the maximum over policies of the minimum over kernels is the minimum of the maximum. The step is one pair "
    "with two factors.",
)
def one_adversary(phi: Array, mu: Array, theta: Array, name: str, size: Any, horizon: Any) -> Sides:
    r"""The factors that are worst for the robust values are one ordinary model, whose optimum is the robust one."""
    model = Linear(phi, mu, theta)
    values = robust(model, name, size, horizon)
    return values[0], _against(model, name, size, values)


def _against(model: Linear, name: str, size: Any, values: list[Array]) -> Array:
    """The optimum of the ordinary model in which the adversary answers to ``values``."""
    v = 0 * values[0]
    for after in reversed(values[1:]):
        factors = model.worst_factors(name, after, size)
        paid = [
            size * distance(name, q, p) if name.endswith("price") else 0 * size for q, p in zip(factors, model.mu, strict=True)
        ]
        means = np.array([mean(q, v) + c for q, c in zip(factors, paid, strict=True)])
        v = np.array([max(row) for row in model.mixed(model.theta + means)])
    return v


@one_adversary.false_sibling("the factors that are worst for the nominal values")
def _(phi: Array, mu: Array, theta: Array, name: str, size: Any, horizon: Any) -> Sides:
    model = Linear(phi, mu, theta)
    nominal = robust(model, "TV within", 0 * size, horizon)
    return robust(model, name, size, horizon)[0], _against(model, name, size, nominal)


@one_adversary.false_sibling("the adversary pays nothing")
def _(phi: Array, mu: Array, theta: Array, name: str, size: Any, horizon: Any) -> Sides:
    model = Linear(phi, mu, theta)
    values = robust(model, name, size, horizon)
    v = 0 * values[0]
    for after in reversed(values[1:]):
        means = np.array([mean(q, v) for q in model.worst_factors(name, after, size)])
        v = np.array([max(row) for row in model.mixed(model.theta + means)])
    return values[0], v


@one_adversary.step("f (E_1 + c_1) + (1 - f) (E_2 + c_2) does not ask where f comes from", method="expand")
def _() -> tuple[Any, Any]:
    f, a, b, c, d = sp.symbols("f E1 E2 c1 c2")
    return f * (a + c) + (1 - f) * (b + d), f * a + (1 - f) * b + (f * c + (1 - f) * d)


def small_model() -> dict[str, Any]:
    """Two states, two actions, two factors, in simple fractions."""
    half, third, quarter = Fraction(1, 2), Fraction(1, 3), Fraction(1, 4)
    return {
        "phi": [[[1, 0], [half, half]], [[third, 1 - third], [quarter, 1 - quarter]]],
        "mu": [[quarter, 1 - quarter], [1 - third, third]],
        "theta": [third, 1],
    }


@one_adversary.known("two states, two factors, total variation 1/4: an equality of fractions")
def _() -> dict[str, Any]:
    return {**small_model(), "name": "TV within", "size": Fraction(1, 4), "horizon": 3}


@one_adversary.known("two states, two factors, chi-square at price 1/2: an equality of fractions")
def _() -> dict[str, Any]:
    return {**small_model(), "name": "chi-square at a price", "size": Fraction(1, 2), "horizon": 3}


# --- ranges --------------------------------------------------------------------------------------------------------------------


@claim(
    "robust_linear.range_shrinkage",
    "<=",
    paper=LIU,
    theorem="Lemma 5.1",
    assumptions="rewards in [0, 1], total variation, mass may go to any state",
    instances=models(sets=None),
    search={key: MODEL[key] for key in ("phi", "mu", "theta", "size", "horizon")},
    allowance=rounding,
    argument="For every factor (1 - rho) mu_i plus rho at a state where V is smallest is within the radius: its worst case is "
    "at most (1 - rho) max V + rho min V, and at least min V. Mixing factors changes neither bound, so that with n steps to "
    "go the range x_n has x_{n+1} <= 1 + (1 - rho) x_n, x_0 = 0, and by the step the bound satisfies this with equality.",
)
def range_shrinkage(phi: Array, mu: Array, theta: Array, size: Any, horizon: Any) -> Sides:
    r"""$\max V_h - \min V_h \le \frac{1 - (1 - \rho)^{H - h}}{\rho}$."""
    values = robust(Linear(phi, mu, theta), "TV within", size, horizon)[0]
    return span(values), _steps(size, horizon)


def _steps(size: Any, horizon: Any) -> Any:
    right = 0 * size
    for _ in range(int(horizon)):
        right = 1 + (1 - size) * right
    return right


@range_shrinkage.false_sibling("at a price in place of a radius: only the price bounds what is to come")
def _(phi: Array, mu: Array, theta: Array, size: Any, horizon: Any) -> Sides:
    values = robust(Linear(phi, mu, theta), "TV at a price", size, horizon)[0]
    return span(values), _steps(size, horizon)


@range_shrinkage.false_sibling("a tenth more of the radius")
def _(phi: Array, mu: Array, theta: Array, size: Any, horizon: Any) -> Sides:
    left, _ = range_shrinkage.sides(phi, mu, theta, size, horizon)
    return left, _steps(size * rational(11, 10), horizon)


@range_shrinkage.step("1 + (1 - rho) (1 - (1 - rho)^n) / rho = (1 - (1 - rho)^(n + 1)) / rho", method="cancel")
def _() -> tuple[Any, Any]:
    rho, power = sp.symbols("rho P")  # P stands for (1 - rho)^n
    return 1 + (1 - rho) * (1 - power) / rho, (1 - (1 - rho) * power) / rho


@range_shrinkage.known("two islands, three steps, radius 3/10: an equality")
def _() -> dict[str, Any]:
    return {
        "phi": [[[1, 0]], [[0, 1]]],
        "mu": [[1, 0], [0, 1]],
        "theta": [1, 0],
        "size": Fraction(3, 10),
        "horizon": 3,
    }


@range_shrinkage.known("two islands, two steps, radius 9/10: an equality")
def _() -> dict[str, Any]:
    return {
        "phi": [[[1, 0]], [[0, 1]]],
        "mu": [[1, 0], [0, 1]],
        "theta": [1, 0],
        "size": Fraction(9, 10),
        "horizon": 2,
    }
