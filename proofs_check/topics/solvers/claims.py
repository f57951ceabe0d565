r"""Claims about our own solvers: brackets, tolerances, finite horizons.

The truth comes from rational arithmetic (:class:`proofs_check.exact_mdp.ExactMDP`) or from a loop that a reader can verify by
eye.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import absolute, lift, rational
from proofs_check.claim import claim
from proofs_check.exact_mdp import ExactMDP
from proofs_check.spaces import Integers, Model, Vector
from proofs_check.strategies import mdps, value_functions
from tabular import MDP
from tabular.bellman import Optimality, certify

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]

OURS = "the contract of tabular.solve"
METHODS = {
    "value iteration": tabular.ValueIteration(),
    "modified policy iteration": tabular.ModifiedPolicyIteration(),
    "policy iteration": tabular.PolicyIteration(),
    "linear program": tabular.LinearProgram(),
}


@st.composite
def problems(draw: st.DrawFn) -> dict[str, Any]:
    """A model whose rows may miss one by 9e-10, with forbidden actions, and a method that is not slow at its discount."""
    mdp = draw(mdps(masks=True, uneven=True))
    suited = [name for name in METHODS if mdp.gamma <= 0.99 or name in ("policy iteration", "linear program")]
    return {"mdp": mdp, "method": draw(st.sampled_from(suited))}


def no_allowance(**_: Any) -> float:
    """Both sides are rational numbers."""
    return 0.0


def _solved(mdp: ExactMDP, method: str) -> tuple[tabular.Solution, Array, Array]:
    """Solution in doubles, exact value of its policy, exact optimum."""
    solution = tabular.solve(mdp.model(), METHODS[method])
    return solution, mdp.policy_value(solution.actions), mdp.optimum()


@claim(
    "solvers.bracket",
    "<=",
    paper=OURS,
    theorem="bracket",
    assumptions="the model is the doubles as stored",
    instances=problems(),
    allowance=no_allowance,
    arithmetics=("exact",),
)
def bracket(mdp: ExactMDP, method: str) -> Sides:
    r"""$\mathrm{lower} \le v^\pi \le v^* \le \mathrm{upper}$ for the returned policy $\pi$, rounding included."""
    solution, value, best = _solved(mdp, method)
    return np.concatenate([lift(solution.lower), value, best]), np.concatenate([value, best, lift(solution.upper)])


@bracket.false_sibling("the returned values are a lower bound")
def _(mdp: ExactMDP, method: str) -> Sides:
    solution, value, _best = _solved(mdp, method)
    return lift(solution.values), value


@bracket.false_sibling("the returned values are an upper bound")
def _(mdp: ExactMDP, method: str) -> Sides:
    solution, _value, best = _solved(mdp, method)
    return best, lift(solution.values)


@st.composite
def guesses(draw: st.DrawFn) -> dict[str, Any]:
    """A model whose rows may miss one, and values that need not be near the optimum."""
    mdp = draw(mdps(masks=True, uneven=True))
    return {"mdp": mdp, "v": draw(value_functions(mdp.n_states))}


@claim(
    "solvers.certificate",
    "<=",
    paper=OURS,
    theorem="certificate",
    assumptions="the model is the doubles as stored; its rows may miss one by 1e-9",
    instances=guesses(),
    allowance=no_allowance,
    arithmetics=("exact",),
    correction="The textbook bound (MacQueen 1966) uses one modulus, gamma times the largest row sum. That is wrong where rows "
    "of stored doubles sum to less: the second false sibling.",
)
def certificate(mdp: ExactMDP, v: Array) -> Sides:
    r"""One enclosing backup at any $v$ proves $v + \frac{d}{1 - b_d} \le v^* \le v + \frac{e}{1 - b_e}$, where
    $d \le Tv - v \le e$, and $b_d$ is $\gamma$ times the smallest row sum if $d \ge 0$, the largest otherwise; the reverse for
    $b_e$.
    """
    proved = certify(Optimality(mdp.model()), v.astype(np.float64))
    best = mdp.optimum()
    return np.concatenate([lift(proved.lower), best]), np.concatenate([best, lift(proved.upper)])


@certificate.false_sibling("undiscounted: v + d <= v* <= v + e")
def _(mdp: ExactMDP, v: Array) -> Sides:
    residual, best = mdp.backup(v) - v, mdp.optimum()
    return np.concatenate([v + min(residual), best]), np.concatenate([best, v + max(residual)])


@certificate.false_sibling("one modulus for both directions, gamma times the largest row sum")
def _(mdp: ExactMDP, v: Array) -> Sides:
    residual, best = mdp.backup(v) - v, mdp.optimum()
    modulus = mdp.gamma * max(mdp.P.sum(axis=2)[mdp.allowed])
    return (
        np.concatenate([v + min(residual) / (1 - modulus), best]),
        np.concatenate([best, v + max(residual) / (1 - modulus)]),
    )


@certificate.known("row sums 1 - 1e-10 and 1")
def _() -> dict[str, Any]:
    """Two absorbing states with reward 1: one modulus would claim 10000 for the first, which is worth 9999.990."""
    gap = Fraction(1, 10**10)
    P = np.array([[[1 - gap, 0]], [[0, 1]]], dtype=object) * Fraction(1)
    r = np.array([[1], [1]], dtype=object) * Fraction(1)
    return {"mdp": MDP(P, r, Fraction(9999, 10000)), "v": [0, 0]}


@claim(
    "solvers.tolerance",
    "<=",
    paper=OURS,
    theorem="tolerance",
    assumptions="the solution says that it converged",
    instances=problems(),
    allowance=no_allowance,
    arithmetics=("exact",),
)
def tolerance(mdp: ExactMDP, method: str) -> Sides:
    r"""Converged values miss $v^*$ by at most $10^{-8} \max(1, \max_s |v(s)|)$."""
    return _error_and_size(mdp, method, rational(1, 10**8))


@tolerance.false_sibling("a tolerance of 1e-18")
def _(mdp: ExactMDP, method: str) -> Sides:
    return _error_and_size(mdp, method, rational(1, 10**18))


def _error_and_size(mdp: ExactMDP, method: str, tol: Any) -> Sides:
    solution, _value, best = _solved(mdp, method)
    values = lift(solution.values)
    error, size = max(absolute(values - best)), max([*absolute(values), 1])
    return error if solution.converged else 0 * error, tol * size


@st.composite
def staged(draw: st.DrawFn) -> dict[str, Any]:
    """A model, a horizon and terminal values."""
    mdp = draw(mdps(gammas=st.sampled_from([0.0, 0.5, 0.9, 1.0])))
    return {"mdp": mdp, "horizon": draw(st.integers(1, 6)), "terminal": draw(value_functions(mdp.n_states))}


def staged_rounding(mdp: MDP, horizon: int, terminal: Array) -> float:
    """Each of the stages loses fewer than 32 units of the largest number on the way."""
    return 4e-15 * horizon * (horizon * float(np.abs(mdp.r).max()) + float(np.abs(terminal).max()) + 1e-300)


def _stages(mdp: MDP, horizon: int, terminal: Array) -> Array:
    v = terminal
    for _ in range(horizon):
        v = (mdp.r + mdp.gamma * (mdp.P * v).sum(axis=2)).max(axis=1)
    return v


@claim(
    "solvers.finite_horizon",
    "==",
    paper="Puterman (1994), Markov Decision Processes",
    theorem="Theorem 4.3.2",
    instances=staged(),
    search={"mdp": Model(2, 2), "horizon": Integers(1, 6), "terminal": Vector(2)},
    allowance=staged_rounding,
    arithmetics=("float",),
)
def finite_horizon(mdp: MDP, horizon: int, terminal: Array) -> Sides:
    r"""Backward induction returns $T^H v_H$ as the values with $H$ stages to go."""
    return tabular.solve(tabular.FiniteHorizon(mdp, horizon, terminal)).values[0], _stages(mdp, horizon, terminal)


@finite_horizon.false_sibling("one stage fewer")
def _(mdp: MDP, horizon: int, terminal: Array) -> Sides:
    return tabular.solve(tabular.FiniteHorizon(mdp, horizon, terminal)).values[0], _stages(mdp, horizon - 1, terminal)


@finite_horizon.false_sibling("the terminal values are ignored")
def _(mdp: MDP, horizon: int, terminal: Array) -> Sides:
    return tabular.solve(tabular.FiniteHorizon(mdp, horizon, terminal)).values[0], _stages(mdp, horizon, 0 * terminal)
