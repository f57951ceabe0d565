"""Policy iteration in rational numbers: the result has no rounding in it.

Floating-point policy iteration proposes a policy; python-flint evaluates it exactly, one strongly connected class of its
graph after the other; one exact pass over all actions either proves it optimal or finds strict improvements, with which
the exact iteration goes on (there are finitely many policies, and each is strictly better than the last).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from graphlib import TopologicalSorter
from typing import Any

import numpy as np
import scipy.sparse as sp

from tabular._arrays import Float
from tabular._rows import pointers
from tabular.bellman import General, Grouped, Optimality
from tabular.bellman.rounding import float_above, float_below
from tabular.bellman.worst_rows import WorstRows
from tabular.errors import ModelError, SolverError, SolverInterrupted
from tabular.mdp import MDP
from tabular.solvers.iteration import solve_iteratively
from tabular.solvers.policy_iteration import PolicyIteration
from tabular.solvers.solution import Solution

__all__ = ["ExactPolicyIteration", "exact_policy_value"]

Row = list[tuple[int, Any]]


@dataclass(frozen=True)
class ExactPolicyIteration:
    """Optimal values as fractions (``Solution.exact_values``) and a policy proved optimal.

    Robust problems too, where worst laws are corners of polyhedra: total variation (radius or penalty), contamination,
    L-infinity, Wasserstein, CVaR. The adversary then improves its kernel exactly, against each policy, before the policy does.

    Grouped problems too. Doubles are taken at their exact binary value; a rational model (:meth:`tabular.MDP.rationalized`, or
    fractions as input) at its fractions. Among actions that are exactly tied the lowest index is returned. ``lower`` and
    ``upper`` are the neighbouring doubles of the exact value. Cost: about 0.1 s for one class of 200 recurrent states, growing
    with the cube; acyclic policies are cheap at any size.

    Raises
    ------
    ImportError
        Without python-flint.
    ModelError
        If values need not be rational.
    """

    max_iterations: int | None = None

    def solve(self, operator: Any, *, tol: float, start: Float, progress: bool, why: str) -> Solution:
        """Propose in doubles, evaluate and prove in rationals."""
        began = time.perf_counter()
        model = _rational(operator)
        proposal = solve_iteratively(operator, PolicyIteration(), tol=1e-10, start=start, progress=progress, why="")
        actions = operator.lowered(proposal.policy) if isinstance(operator, Optimality) else proposal.actions
        rounds = 0
        try:
            while True:
                rounds += 1
                values = model.evaluate(actions)
                best, improved = model.improve(values, actions)
                if not improved:
                    break
                actions = best
                if self.max_iterations is not None and rounds >= self.max_iterations:
                    raise SolverError(f"{self!r} stopped at its limit; error.solution is the floating-point proposal", proposal)
        except KeyboardInterrupt:
            raise SolverInterrupted("interrupted; error.solution is the floating-point proposal", proposal) from None
        exact = tuple(_as_fraction(x) for x in values)
        rounded = np.array([float(x) for x in exact])
        return Solution(
            values=rounded,
            _q_values=operator.q_values(rounded),
            policy=operator.lift(best),
            lower=np.array([float_below(x) for x in exact]),
            upper=np.array([float_above(x) for x in exact]),
            iterations=rounds,
            method=self,
            converged=True,
            reason=f"proved optimal in rational arithmetic, {rounds} exact evaluation{'s' if rounds > 1 else ''}{why}",
            seconds=time.perf_counter() - began,
            exact_values=exact,
        )


def exact_policy_value(mdp: MDP, actions: np.ndarray) -> tuple[Fraction, ...]:
    """The exact value of deterministic (S,) actions, as fractions."""
    return tuple(_as_fraction(x) for x in _Rational(mdp).evaluate(actions))


def _rational(operator: Any) -> _Rational:
    if isinstance(operator, Grouped):
        return _RationalGrouped(operator)
    if isinstance(operator, Optimality):
        return _Rational(operator.mdp)
    if isinstance(operator, General) and operator.worst is not None and operator.smoothing is None:
        if getattr(operator.worst.divergence, "polyhedral", False):
            return _RationalRobust(operator.mdp, operator.worst)
    raise ModelError("the values of this problem need not be rational; use ModifiedPolicyIteration()")


def _as_fraction(x: Any) -> Fraction:
    return Fraction(int(x.numerator), int(x.denominator))


class _Rational:
    """A model in python-flint rationals: sparse rows and rewards."""

    def __init__(self, mdp: MDP) -> None:
        try:
            import flint
        except ImportError as error:
            raise ImportError("exact solutions need python-flint: pip install 'tabular-theory[exact]'") from error
        self.flint = flint
        self.n_states, self.n_actions = mdp.n_states, mdp.n_actions
        self.allowed = np.ones((mdp.n_states, mdp.n_actions), dtype=bool) if mdp.allowed is None else mdp.allowed

        def lift(x: Any) -> Any:
            if isinstance(x, Fraction):
                return flint.fmpq(x.numerator, x.denominator)
            return flint.fmpq(*float(x).as_integer_ratio())

        self.lift = lift
        exact = mdp.exact
        probabilities = (mdp.P.data if mdp.is_sparse else mdp.P.reshape(-1)) if exact is None else exact.P.reshape(-1)
        starts = pointers(mdp.P)
        columns = mdp.P.indices if mdp.is_sparse else np.tile(np.arange(mdp.n_states), starts.size - 1)
        paid = None if mdp.transition_reward is None or exact is not None else mdp.transition_reward.reshape(-1)
        rewards = (mdp.r if exact is None else exact.r).reshape(-1)
        self.gamma = lift(mdp.gamma if exact is None else exact.gamma)
        self.laws: list[Row] = []
        self.rows: list[Row] = []
        self.rewards: list[Any] = []
        for row in range(starts.size - 1):
            entries = [k for k in range(starts[row], starts[row + 1]) if probabilities[k] != 0]
            self.laws.append([(int(columns[k]), lift(probabilities[k])) for k in entries])
            self.rows.append([(t, self.gamma * p) for t, p in self.laws[-1]])
            reward = lift(rewards[row])
            if paid is not None:
                reward = sum((lift(probabilities[k]) * lift(paid[k]) for k in entries), flint.fmpq(0))
            self.rewards.append(reward)

    def evaluate(self, actions: np.ndarray) -> list[Any]:
        """The exact value of a deterministic policy, class by class, last classes first."""
        picked = [self.rows[s * self.n_actions + int(a)] for s, a in enumerate(actions)]
        rewards = [self.rewards[s * self.n_actions + int(a)] for s, a in enumerate(actions)]
        heads = np.array([t for row in picked for t, _ in row], dtype=np.int64)
        tails = np.repeat(np.arange(self.n_states), [len(row) for row in picked])
        graph = sp.csr_array((np.ones(heads.size, dtype=np.int8), (tails, heads)), shape=(self.n_states, self.n_states))
        _, label = sp.csgraph.connected_components(graph, directed=True, connection="strong")
        members: dict[int, list[int]] = {}
        successors: dict[int, set[int]] = {}
        for s in range(self.n_states):
            members.setdefault(int(label[s]), []).append(s)
            successors.setdefault(int(label[s]), set()).update(int(label[t]) for t, _ in picked[s] if label[t] != label[s])
        values: list[Any] = [None] * self.n_states
        for component in TopologicalSorter(successors).static_order():
            self._solve_class(members[component], picked, rewards, values)
        return values

    def _solve_class(self, states: list[int], picked: list[Row], rewards: list[Any], values: list[Any]) -> None:
        flint = self.flint
        place = {s: i for i, s in enumerate(states)}
        system = [[flint.fmpq(int(i == j)) for j in range(len(states))] for i in range(len(states))]
        right = []
        for i, s in enumerate(states):
            known = rewards[s]
            for t, weight in picked[s]:
                if t in place:
                    system[i][place[t]] -= weight
                else:
                    known += weight * values[t]
            right.append([known])
        if len(states) == 1:
            values[states[0]] = right[0][0] / system[0][0]
            return
        answer = flint.fmpq_mat(system).solve(flint.fmpq_mat(right))
        for i, s in enumerate(states):
            values[s] = answer[i, 0]

    def improve(self, values: list[Any], actions: np.ndarray) -> tuple[np.ndarray, bool]:
        """Greedy actions, lowest index first among exact ties, and whether any beats the policy strictly."""
        best = np.array(actions, dtype=np.intp)
        improved = False
        for s in range(self.n_states):
            top = None
            for a in np.flatnonzero(self.allowed[s]):
                q = self.action_value(s * self.n_actions + int(a), values)
                if top is None or q > top:
                    top, best[s] = q, a
            improved |= bool(top > values[s])
        return best, improved

    def action_value(self, row: int, values: list[Any]) -> Any:
        """The exact value of one action before the values."""
        return sum((weight * values[t] for t, weight in self.rows[row]), self.rewards[row])


class _RationalGrouped(_Rational):
    """The same for groups: rows of the original model, mixed without rounding."""

    def __init__(self, operator: Grouped) -> None:
        super().__init__(operator.original)
        labels, n_groups = operator.groups.labels, operator.n_actions
        rewards = [self.flint.fmpq(0)] * (self.n_states * n_groups)
        laws: list[dict[int, Any]] = [{} for _ in rewards]
        for row, weight in enumerate(operator.groups.exact_weights_in(operator.original).reshape(-1)):
            s, a = divmod(row, self.n_actions)
            merged, share = s * n_groups + int(labels[a]), self.lift(weight)
            rewards[merged] += share * self.rewards[row]
            for t, p in self.rows[row]:
                laws[merged][t] = laws[merged].get(t, 0) + share * p
        self.rewards, self.rows = rewards, [list(law.items()) for law in laws]
        self.n_actions, self.allowed = n_groups, operator.groups.available(operator.original)


class _RationalRobust(_Rational):
    """The same against an adversary whose worst laws are corners of polyhedra, hence finitely many."""

    def __init__(self, mdp: MDP, worst: WorstRows) -> None:
        super().__init__(mdp)
        if not np.isfinite(worst.strength).all():
            raise ModelError("an infinite radius or penalty is no fraction; give a finite one (total variation is at most 1)")
        self.worst = worst
        self.nominal_rewards = list(self.rewards)

    def answer(self, row: int, values: list[Fraction]) -> tuple[Row, Any]:
        """The adversary's row, and the reward with its price in it."""
        total = sum((p for _, p in self.laws[row]), self.flint.fmpq(0))
        law = [Fraction(0)] * self.n_states
        for t, p in self.laws[row]:
            law[t] += _as_fraction(p / total)
        strength = Fraction(float(self.worst.strength[row]))
        law, _, spent = self.worst.divergence._exact(values, law, strength, self.worst.priced)
        weight = self.gamma * total
        price = weight * self.lift(strength * spent) if self.worst.priced and spent else 0
        return [(t, weight * self.lift(q)) for t, q in enumerate(law) if q], self.nominal_rewards[row] + price

    def evaluate(self, actions: np.ndarray) -> list[Any]:
        """The exact value of a policy against the adversary: kernels improve until none is better."""
        picked = [s * self.n_actions + int(a) for s, a in enumerate(actions)]
        values: list[Any] = [self.flint.fmpq(0)] * self.n_states
        before: list[Any] | None = None
        while values != before:
            before, fractions = values, [_as_fraction(x) for x in values]
            for row in picked:
                self.rows[row], self.rewards[row] = self.answer(row, fractions)
            values = super().evaluate(actions)
        return values

    def action_value(self, row: int, values: list[Any]) -> Any:
        """The exact value of one action under its worst law."""
        answer, reward = self.answer(row, [_as_fraction(x) for x in values])
        return sum((weight * values[t] for t, weight in answer), reward)
