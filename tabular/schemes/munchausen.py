r"""Munchausen value iteration, with logarithms of any order.

With :math:`L = \ln_{2-q}`, a temperature :math:`\tau` and a coefficient :math:`\alpha`,

.. math:: \pi_{k+1} = \exp_{2-q}\bigl(Q_k / \tau - \psi_k\bigr), \qquad
    Q_{k+1} = r + \alpha \tau L(\pi_{k+1}) + \gamma P \langle \pi_{k+1}, Q_k - \tau L(\pi_{k+1})\rangle + \epsilon_{k+1} .

For q = 1 this is soft-max and the logarithm (Vieillard, Pietquin and Geist 2020), for q > 1 policies drop actions, whose bonus is
the finite :math:`L(0) = -1/(q-1)`: they can come back. The policy is the entropy-regularised greedy one at temperature
:math:`\tau / q`; with :math:`\alpha = 1` the limit is optimal. The greedy policy at temperature :math:`\tau`, as "entropy" in
published descriptions may be read, makes the limit that of an entropy-regularised model at temperature :math:`\tau (q - 1) / q`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tabular._arrays import Float
from tabular.bellman import Optimality
from tabular.divergences import generators, kernels
from tabular.errors import ModelError, SolverError
from tabular.schemes.scheme import Scheme, State, as_positive, log_soft_max
from tabular.schemes.trace import Trace
from tabular.solvers.iteration import check_limit
from tabular.tsallis.calculus import q_log
from tabular.tsallis.greedy import approximate_policy

__all__ = ["MunchausenValueIteration"]


@dataclass(frozen=True)
class MunchausenValueIteration(Scheme):
    r"""Munchausen value iteration MVI(q) (Zhu et al. 2023), in the form whose limit is optimal unless told otherwise.

    Parameters
    ----------
    temperature : float
        :math:`\tau > 0`.
    coefficient : float
        :math:`\alpha` from 0 to 1; the limit is optimal for 1 only.
    order : float
        q > 0; 1 is the ordinary one, 2 sparse-max.
    greedy : "exponential", "entropy" or "approximate"
        ``"exponential"``: :math:`\exp_{2-q}(Q / \tau - \psi)`. ``"entropy"``: greedy for :math:`\langle \pi, Q\rangle + \tau
        S_q(\pi)`, suboptimal in the limit for q > 1 unless :math:`\tau` is below the smallest action gap. ``"approximate"``: the
        first-order normaliser of published code (:func:`tabular.tsallis.approximate_policy`, q >= 1), for comparison.
    form : "implicit" or "explicit"
        Implicit: the bonus is part of the iterated Q. Explicit: :math:`Q' = Q - \alpha \tau L(\pi)` is iterated, and the last
        policy remembered. The same in exact arithmetic, also with errors.
    max_iterations : int
        Limit for :func:`tabular.solve`.

    Examples
    --------
    >>> import tabular
    >>> bandit = tabular.MDP([[[1], [1]]], [[.5, 0]], gamma=0)
    >>> MunchausenValueIteration(1, order=2, greedy="entropy").run(bandit, 4, keep=True).policies[1:, 0, 0]
    array([0.5    , 0.625  , 0.6875 , 0.71875])
    >>> MunchausenValueIteration(1, order=2).run(bandit, 3, keep=True).policies[1:, 0, 0]
    array([0.5 , 0.75, 1.  ])
    """

    temperature: float
    coefficient: float = 1.0
    order: float = 1.0
    greedy: Literal["exponential", "entropy", "approximate"] = "exponential"
    form: Literal["implicit", "explicit"] = "implicit"
    max_iterations: int = 100_000

    def __post_init__(self) -> None:
        as_positive(self.temperature, "temperature")
        as_positive(self.order, "order")
        check_limit(self.max_iterations)
        if not (isinstance(self.coefficient, (int, float)) and 0 <= self.coefficient <= 1):
            raise ModelError(f"coefficient is {self.coefficient!r} (expected a number in [0, 1])")
        if self.greedy not in ("exponential", "entropy", "approximate"):
            raise ModelError(f"greedy is {self.greedy!r} (expected 'exponential', 'entropy' or 'approximate')")
        if self.form not in ("implicit", "explicit"):
            raise ModelError(f"form is {self.form!r} (expected 'implicit' or 'explicit')")
        if self.greedy == "approximate" and self.order < 1:
            raise ModelError(f"the approximate normaliser needs an order >= 1, not {self.order}")

    @property
    def greedy_temperature(self) -> float:
        r"""Of the entropy: :math:`\tau / q`, or :math:`\tau` where the greedy step is ``"entropy"``."""
        return self.temperature if self.greedy == "entropy" else self.temperature / self.order

    def start(self, operator: Optimality, q: Float) -> State:
        """The uniform policy, without bonus."""
        allowed = q > -np.inf
        policy = allowed / allowed.sum(axis=1, keepdims=True)
        return State(0, q, policy, q, np.zeros(q.shape))

    def policy(self, Q: Float) -> tuple[Float, Float]:
        """The greedy policy, (S, A), and its logarithms of order 2 - q."""
        if self.greedy == "approximate":
            try:
                policy = np.asarray(approximate_policy(Q, self.temperature, self.order))
            except ModelError as error:
                raise SolverError(str(error)) from None
            return policy, np.asarray(q_log(policy, 2 - self.order)) if self.order > 1 else np.log(policy)
        if self.order == 1.0:
            logs, _ = log_soft_max(Q / self.temperature)
            return np.exp(logs), logs
        k, strength = self.order, self.greedy_temperature
        allowed = Q > -np.inf
        policy, out = np.empty_like(Q), np.empty((Q.shape[0], 3))
        cost = np.where(allowed, -Q, np.inf)
        kernels.batch(
            generators.CRESSIE_READ, k, cost, allowed.astype(np.float64), np.full(len(Q), strength * k), False, policy, out
        )
        # the q-exponential is linear inside: from the best action on, its logarithm needs no small probability
        best = Q.argmax(axis=1)[:, None]
        top = np.asarray(q_log(np.take_along_axis(policy, best, axis=1), 2 - k))
        logs = top + (Q - np.take_along_axis(Q, best, axis=1)) / (strength * k)
        return policy, np.maximum(logs, -1.0 / (k - 1.0)) if k > 1 else logs

    def update(self, operator: Optimality, state: State) -> State:
        """One greedy step, the bonus, one backup."""
        tau, alpha = self.temperature, self.coefficient
        explicit = self.form == "explicit"
        Q = state.q + alpha * tau * state.memory if explicit else state.q
        policy, logs = self.policy(Q)
        inside = policy > 0
        future = (policy * np.where(inside, Q - tau * np.where(inside, logs, 0.0), 0.0)).sum(axis=1)
        plain = operator.q_values(future)
        bonus = np.where(Q > -np.inf, logs, 0.0)
        if explicit:
            return State(state.k + 1, plain, policy, plain, bonus)
        return State(state.k + 1, plain + alpha * tau * bonus, policy, plain, bonus)

    def effective_weights(self, trace: Trace) -> Float:
        r"""(K,) weights of past :math:`Q'_j` in the (2 - q)-logarithm of the last policy, as long as no action was dropped.

        Geometric, with ratio :math:`\alpha`; with ``"entropy"`` the ratio is :math:`\alpha / q`: even at :math:`\alpha = 1` the
        past is forgotten.

        Raises
        ------
        ModelError
            For the approximate greedy step, whose policies are renormalised.
        """
        if self.greedy == "approximate":
            raise ModelError("the approximate greedy step renormalises its policies, so that past values have no common weight")
        ratio = self.coefficient * self.temperature / (self.greedy_temperature * self.order)
        return np.asarray(ratio ** np.arange(trace.iterations - 1, -1, -1))
