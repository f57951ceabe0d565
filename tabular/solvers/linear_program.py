r"""The two linear programs of a discounted model (d'Epenoux 1963), by HiGHS.

.. math:: \min_v \sum_s \mu(s) v(s) \ \text{ s.t. } \ v(s) \ge r(s, a) + \gamma \sum_{s'} P(s, a, s') v(s')
          \qquad\text{and}\qquad
          \max_{d \ge 0} \sum_{s, a} d(s, a) r(s, a) \ \text{ s.t. } \ \sum_a d(s', a) = \mu(s') + \gamma \sum_{s, a}
          P(s, a, s') d(s, a)

The primal gives values, its multipliers are the occupancies :math:`d`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.optimize
import scipy.sparse as sp

from tabular._arrays import Float
from tabular.bellman import Optimality
from tabular.errors import SolverError
from tabular.solvers.iteration import solve_iteratively
from tabular.solvers.linear_systems import evaluate
from tabular.solvers.policy_iteration import PolicyIteration
from tabular.solvers.solution import Solution

__all__ = ["LinearProgram"]


@dataclass(frozen=True)
class LinearProgram:
    """Values and occupancies from one linear program; the policy it finds is evaluated once and certified like any other.

    Raises
    ------
    SolverError
        If HiGHS gives up, with HiGHS's own words.
    """

    def solve(self, operator: Optimality, *, tol: float, start: Float, progress: bool, why: str) -> Solution:
        """Solve the program, evaluate the policy it supports, certify."""
        mdp = operator.mdp
        n_states, n_actions = mdp.n_states, mdp.n_actions
        legal = np.ones(n_states * n_actions, dtype=bool) if mdp.allowed is None else mdp.allowed.reshape(-1)
        P = mdp.P if mdp.is_sparse else sp.csr_array(mdp.P.reshape(-1, n_states))
        owner = sp.csr_array(
            (np.ones(n_states * n_actions), np.repeat(np.arange(n_states), n_actions), np.arange(n_states * n_actions + 1)),
            shape=P.shape,
        )
        # Rewards near one and a positive weight on every state: then the program has one optimal v, the value function.
        size = operator.reward_size or 1.0
        first = np.full(n_states, 1.0 / n_states) if mdp.initial is None else mdp.initial
        weights = first if (first > 0).all() else 0.5 * first + 0.5 / n_states
        system = (mdp.gamma * P - owner)[legal]
        answer = scipy.optimize.linprog(
            weights, A_ub=system, b_ub=-(mdp.r.reshape(-1)[legal] / size), bounds=(None, None), method="highs"
        )
        if answer.x is None:
            raise SolverError(f"HiGHS gave up on the linear program: {answer.message}")
        visits = np.zeros(n_states * n_actions)
        visits[legal] = np.maximum(0.0, -answer.ineqlin.marginals)
        polish = PolicyIteration(warm_sweeps=0)
        solution = solve_iteratively(operator, polish, tol=tol, start=answer.x * size, progress=progress, why=why)
        occupancy = operator.lift(visits.reshape(n_states, n_actions))
        if weights is not first:
            matrix, _ = operator.fix(operator.lowered(solution.policy)).affine()
            flow = evaluate(matrix, first, first / (1 - mdp.gamma), operator.moduli[1], transposed=True)
            occupancy = flow[:, None] * solution.policy
        return replace(solution, method=self, iterations=int(answer.nit), occupancy=occupancy)
