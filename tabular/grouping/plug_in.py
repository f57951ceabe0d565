r"""Planning in estimated merged models, many at a time, and what the plans are worth in the true one.

Rewards are known; a model is a kernel (S, m, S) of groups. A plan is optimal in its model; where groups tie there, each state
picks one of them at random, independently. Policy iteration keeps the incumbent unless it is beaten by more than rounding, so
that it cannot cycle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular.mdp import MDP
from tabular.problem import Grouped
from tabular.solvers import solve

__all__ = ["PlugIn"]

TIE = 1e-10
"""Relative to the largest value: estimated models of counts differ by more or not at all."""
IMPROVEMENT = 1e-12


@dataclass(frozen=True, eq=False)
class PlugIn:
    """The merged model as an estimator sees it: everything known but the kernel.

    Attributes
    ----------
    kernel : (S, m, S) array
        Rows divided by their sums.
    rewards : (S, m) array
        Minus infinity where no action of the group is allowed.
    gamma : float
    optimum, best : (S,) arrays
        Optimal values of the model and of the merged model.
    """

    kernel: Float
    rewards: Float
    gamma: float
    optimum: Float
    best: Float

    @classmethod
    def of(cls, mdp: MDP, groups: Any, weights: Any = None) -> PlugIn:
        """From a model and its groups."""
        problem = Grouped(mdp, groups, weights)
        operator: Any = problem.operator()
        merged = operator.mdp
        shape = (merged.n_states, merged.n_actions, merged.n_states)
        kernel = merged.P.toarray().reshape(shape) if merged.is_sparse else np.array(merged.P)
        sums = kernel.sum(axis=2, keepdims=True)
        kernel = kernel / np.where(sums > 0, sums, 1.0)
        return cls(kernel, operator.rewards, merged.gamma, solve(mdp, tol=1e-12).values, solve(problem, tol=1e-12).values)

    @property
    def n_states(self) -> int:
        """Number of states S."""
        return int(self.kernel.shape[0])

    @property
    def uncertain(self) -> NDArray[np.intp]:
        """(n, 2) pairs of state and group that are available and whose next state is not certain."""
        return np.argwhere(np.isfinite(self.rewards) & (self.kernel.max(axis=2) < 1.0))

    def _evaluate(self, kernels: Float, choices: NDArray[np.intp]) -> Float:
        """(T, S) values of policies, each in its own kernel."""
        states = np.arange(self.n_states)
        picked = np.take_along_axis(kernels, choices[:, :, None, None], axis=2)[:, :, 0]
        system = np.eye(self.n_states) - self.gamma * picked
        return np.asarray(np.linalg.solve(system, self.rewards[states, choices][:, :, None])[:, :, 0])

    def ties(self, kernels: Float) -> NDArray[np.bool_]:
        """(T, S, m) groups that are optimal in each of T kernels (T, S, m, S), by policy iteration side by side."""
        choices = np.repeat(self.rewards.argmax(axis=1)[None], len(kernels), axis=0)
        optimal = np.empty((len(kernels), *self.rewards.shape), dtype=bool)
        active = np.arange(len(kernels))
        while active.size:
            some = kernels[active]
            values = self._evaluate(some, choices[active])
            q = self.rewards + self.gamma * (some @ values[:, None, :, None])[..., 0]
            size = np.abs(values).max(axis=1)[:, None]
            kept = np.take_along_axis(q, choices[active][:, :, None], axis=2)[:, :, 0]
            better = q.max(axis=2) > kept + IMPROVEMENT * size
            optimal[active] = q >= q.max(axis=2, keepdims=True) - TIE * size[:, :, None]
            choices[active] = np.where(better, q.argmax(axis=2), choices[active])
            active = active[better.any(axis=1)]
        return optimal

    def values(self, choices: NDArray[np.intp]) -> Float:
        """(T, S) values of (T, S) choices of groups in the true model: those of the lifted policies."""
        return self._evaluate(np.broadcast_to(self.kernel, (len(choices), *self.kernel.shape)), choices)

    def worst(self) -> Float:
        """(S,) smallest values of any policy over groups, in the true model."""
        legal = np.isfinite(self.rewards)
        opposite = MDP(self.kernel, -np.where(legal, self.rewards, 0.0), self.gamma, allowed=legal)
        return np.asarray(-solve(opposite, tol=1e-12).values)
