r"""Markov decision processes in rational numbers, for claims evaluated exactly.

Every quantity is computed by its definition, in python-flint rationals and without any solver of :mod:`tabular`, so that a claim
evaluated exactly is about the theorem and not about our code. Meant for models of a few states.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, arb_mat, fmpq, fmpq_mat

from proofs_check.arithmetic import as_fraction, lift, lifts, nearby_rational
from tabular import MDP

__all__ = ["ExactMDP"]

Exact = np.ndarray
"""Object arrays of rationals."""


@dataclass(frozen=True, eq=False)
class ExactMDP:
    """The rationals that a model stands for.

    ``P`` is (S, A, S), ``r`` (S, A), ``gamma`` a rational, ``initial`` (S,) or ``None``, ``allowed`` (S, A) booleans; ``source``
    is the model that was lifted literally, if one was.
    """

    P: Exact
    r: Exact
    gamma: Any
    initial: Exact | None
    allowed: np.ndarray
    source: MDP | None = None

    @classmethod
    def of(cls, mdp: MDP) -> ExactMDP:
        """The exact counterpart of a dense model: its fractions if it has them, else the binary values of its doubles."""
        if mdp.is_sparse:
            raise TypeError("exact models are dense")
        allowed = np.ones((mdp.n_states, mdp.n_actions), dtype=bool) if mdp.allowed is None else mdp.allowed
        source: Any = mdp if mdp.exact is None else mdp.exact
        initial = None if source.initial is None else lift(source.initial)
        if mdp.exact is None and mdp.transition_reward is not None:
            P = lift(mdp.P)
            return cls(P, (P * lift(mdp.transition_reward)).sum(axis=2), lift(mdp.gamma), initial, allowed, mdp)
        return cls(lift(source.P), lift(source.r), lift(source.gamma), initial, allowed, mdp)

    @classmethod
    def near(cls, mdp: MDP) -> ExactMDP:
        """An exact model next to a dense one, whose rows and initial law sum to one exactly."""
        literal = cls.of(mdp)
        if mdp.exact is not None:
            return literal
        P = literal.P.copy()
        P[literal.allowed] = nearby_rational(mdp.P[literal.allowed])  # forbidden pairs may have no probabilities
        return literal.replace(P=P, initial=nearby_rational(mdp.initial))

    @property
    def n_states(self) -> int:
        """Number of states."""
        return int(self.r.shape[0])

    @property
    def n_actions(self) -> int:
        """Number of actions."""
        return int(self.r.shape[1])

    def replace(self, **parts: Any) -> ExactMDP:
        """A copy with other parts."""
        return ExactMDP(**{**self.__dict__, "source": None, **parts})

    def model(self) -> MDP:
        """The model that was lifted, else the rational :class:`tabular.MDP`."""
        if self.source is not None:
            return self.source
        fractions = np.vectorize(as_fraction, otypes=[object])
        initial = None if self.initial is None else fractions(self.initial)
        allowed = None if self.allowed.all() else self.allowed
        return MDP(fractions(self.P), fractions(self.r), as_fraction(self.gamma), initial=initial, allowed=allowed)

    def q_values(self, v: Exact) -> Exact:
        """``r + gamma P v``, shape (S, A)."""
        return self.r + self.gamma * (self.P * v).sum(axis=2)

    def greedy(self, v: Exact) -> np.ndarray:
        """(S,) best allowed actions, the lowest index among ties."""
        q = self.q_values(v)
        return np.array([max(np.flatnonzero(self.allowed[s]), key=lambda a: q[s, a]) for s in range(self.n_states)])

    def backup(self, v: Exact) -> Exact:
        """``Tv``: the largest allowed action value of each state."""
        q = self.q_values(v)
        return q[np.arange(self.n_states), self.greedy(v)]

    def policy(self, policy: np.ndarray) -> Exact:
        """(S, A) probabilities of a policy given as actions or as probabilities."""
        if policy.ndim == 1:
            table = np.zeros((self.n_states, self.n_actions), dtype=int)
            table[np.arange(self.n_states), [int(a) for a in policy]] = 1
            return lift(table)
        return policy

    def policy_value(self, policy: np.ndarray) -> Exact:
        """The solution of ``v = r_pi + gamma P_pi v``."""
        table = self.policy(policy)
        return self._solve(self._kernel(table), (table * self.r).sum(axis=1))

    def occupancy(self, policy: np.ndarray, initial: Exact | None = None) -> Exact:
        """(S, A) discounted expected visits from the initial law (sum ``1 / (1 - gamma)``)."""
        start = self.initial if initial is None else initial
        if start is None:
            raise ValueError("an occupancy needs an initial law")
        table = self.policy(policy)
        return self._solve(self._kernel(table).T, start)[:, None] * table

    def optimal_actions(self) -> np.ndarray:
        """(S,) actions of an optimal policy, by Howard's iteration."""
        actions = self.greedy(lift(np.zeros(self.n_states)))
        while True:
            v = self.policy_value(actions)
            q, better = self.q_values(v), self.greedy(v)
            rows = np.arange(self.n_states)
            gains = q[rows, better] > q[rows, actions]
            if not gains.any():
                return actions
            actions = np.where(gains, better, actions)

    def optimum(self) -> Exact:
        """``v*``."""
        return self.policy_value(self.optimal_actions())

    def _kernel(self, table: Exact) -> Exact:
        return (table[:, :, None] * self.P).sum(axis=1)

    def _solve(self, kernel: Exact, right: Exact) -> Exact:
        """``x = right + gamma kernel x``, in rationals, or in balls if the policy is given in balls."""
        n = self.n_states
        rows = [[fmpq(int(s == t)) - self.gamma * kernel[s, t] for t in range(n)] for s in range(n)]
        balls = any(isinstance(x, arb) for x in (*kernel.reshape(-1), *right))
        matrix: Any = arb_mat if balls else fmpq_mat
        number: Any = arb if balls else fmpq
        out = np.empty(n, dtype=object)
        try:
            answer = matrix([[number(x) for x in line] for line in rows]).solve(matrix([[number(1) * x] for x in right]))
        except ZeroDivisionError:  # balls so wide that they contain a singular matrix: more precision will tell
            if not balls:
                raise
            out[:] = [arb("nan")] * n
            return out
        out[:] = [answer[s, 0] for s in range(n)]
        return out


lifts(MDP, ExactMDP, literally=ExactMDP.of, nearby=ExactMDP.near)
