"""``solve``: one entry point; methods are frozen values; the answer is a :class:`Solution` with its bracket."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tabular.bellman import Bellman, Optimality
from tabular.errors import ModelError
from tabular.mdp import MDP
from tabular.problem import Problem, Staged, as_values
from tabular.solvers.backward_induction import BackwardInduction
from tabular.solvers.exact import ExactPolicyIteration
from tabular.solvers.iteration import solve_iteratively
from tabular.solvers.linear_program import LinearProgram
from tabular.solvers.policy_iteration import PolicyIteration
from tabular.solvers.solution import Solution
from tabular.solvers.value_iteration import ModifiedPolicyIteration, ValueIteration

__all__ = [
    "BackwardInduction",
    "ExactPolicyIteration",
    "LinearProgram",
    "ModifiedPolicyIteration",
    "PolicyIteration",
    "Solution",
    "ValueIteration",
    "solve",
]

DIRECT_LIMIT = 1000
"""Up to this many states a factorisation costs less than the sweeps it saves."""


def solve(
    problem: MDP | Problem | Staged,
    method: Any = None,
    *,
    tol: float = 1e-8,
    initial_values: Any = None,
    progress: bool = False,
) -> Solution:
    """Solve a problem, and bracket the value of what is returned.

    Parameters
    ----------
    problem : MDP, Problem, FiniteHorizon or LinearProblem
        A bare model means its discounted problem.
    method : ValueIteration(), ModifiedPolicyIteration(), PolicyIteration(), LinearProgram(), ExactPolicyIteration(),
    BackwardInduction()
        Chosen if not given; ``Solution.reason`` says what was chosen and why.
    tol : float
        ``max(upper - lower) <= tol * max(1, max|values|)`` is what convergence means. If rounding forbids it, the solution says
        ``converged=False`` and its ``reason``; it is the only case in which an unconverged solution is returned.
    initial_values : (S,) array or scalar, optional
        Where the iteration starts; zero by default.
    progress : bool
        Show the width of the bracket while it shrinks (needs ``rich``).

    Raises
    ------
    ModelError
        If the problem has no finite answer, or an argument makes no sense.
    SolverError, SolverInterrupted
        At a limit of the method or at Ctrl-C; ``error.solution`` is the best bracketed solution so far.

    Examples
    --------
    >>> import tabular
    >>> stay_or_go = tabular.MDP(P=[[[1, 0], [0, 1]], [[0, 1], [0, 1]]], r=[[1, 0], [2, 2]], gamma=0.5)
    >>> solution = tabular.solve(stay_or_go)
    >>> solution.values
    array([2., 4.])
    >>> bool((solution.lower <= [2, 4]).all() and ([2, 4] <= solution.upper).all()), solution.width < 1e-13
    (True, True)
    >>> solution.actions
    array([0, 0])
    """
    if isinstance(tol, bool) or not isinstance(tol, (int, float, np.floating)) or not (0 < tol < math.inf):
        raise ModelError(f"tol is {tol!r} (expected a positive number)")
    if isinstance(problem, MDP):
        problem = Problem(problem)
    if isinstance(problem, Staged):
        if initial_values is not None:
            raise ModelError("a finite horizon starts from its terminal values; pass FiniteHorizon(..., terminal=...)")
        if method is not None and not isinstance(method, BackwardInduction):
            raise ModelError(f"{method!r} does not solve finite horizons; use BackwardInduction()")
        why = "" if method else "; chosen because the horizon is finite"
        return (method or BackwardInduction()).solve(problem, tol=float(tol), progress=progress, why=why)
    if not isinstance(problem, Problem):
        raise ModelError(f"cannot solve {type(problem).__name__} (expected an MDP, a Problem or a FiniteHorizon)")
    operator = problem.operator()
    start = as_values(0.0 if initial_values is None else initial_values, operator.n_states, "initial_values")
    why = ""
    if method is None:
        method, because = _choose(problem, operator)
        why = f"; chosen because {because}"
    if isinstance(method, type):
        raise ModelError(f"method is the class {method.__name__}; pass a value: {method.__name__}()")
    if isinstance(method, BackwardInduction):
        raise ModelError("BackwardInduction solves FiniteHorizon(mdp, horizon), not discounted problems")
    if hasattr(method, "steps"):
        return solve_iteratively(operator, method, tol=float(tol), start=start, progress=progress, why=why)
    if hasattr(method, "solve"):
        if not isinstance(operator, Optimality) and not isinstance(method, ExactPolicyIteration):
            raise ModelError(f"{method!r} solves ordinary problems only; try ModifiedPolicyIteration()")
        solution: Solution = method.solve(operator, tol=float(tol), start=start, progress=progress, why=why)
        return solution
    raise ModelError(f"method is {method!r} (expected a method such as PolicyIteration())")


def _choose(problem: Problem, operator: Bellman) -> tuple[Any, str]:
    """A method that is never far from the fastest, and the reason in words."""
    mdp = problem.mdp
    if mdp.n_states <= DIRECT_LIMIT:
        return PolicyIteration(), f"{mdp.n_states} states are few enough to factorise"
    if operator.moduli[1] > 0.9995 and mdp.n_states <= 100_000:
        return PolicyIteration(warm_sweeps=200), f"sweeps contract slowly at gamma = {mdp.gamma}"
    return ModifiedPolicyIteration(), "sweeps are cheap and contract fast enough"
