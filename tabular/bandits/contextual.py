r"""Hidden-chain bandits with contexts that are seen before acting.

Contexts :math:`X_t` are drawn anew at each step from a known law, whatever the state; the best arm :math:`i^*_t` is the one with
the largest mean in state and context, and Thompson sampling draws from its law given the past and the context. Then

.. math:: \frac1T \sum_t E\,\text{regret}_t \le \sqrt{2 \sigma^2 (k - 1)\, \tfrac1T H(i^*_{1:T} | X_{1:T})}

with k the number of *arms*, not of the rules that map contexts to arms (Min and Russo 2023, section on contexts).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tabular import _arrays
from tabular._arrays import Float
from tabular._parameters import count
from tabular.bandits import hidden
from tabular.bandits.beliefs import Nodes, merged
from tabular.bandits.entropies import entropy, sequence_entropy
from tabular.bandits.latent import LatentBandit
from tabular.errors import ModelError

__all__ = ["ContextualBandit"]

ContextualPolicy = Callable[[Float, int, int], ArrayLike]
"""``policy(beliefs, context, t)``: (M, n) beliefs about the state of step t to (M, k) laws on arms."""


class ContextualBandit:
    r"""A hidden chain whose arms pay by state and context; formulas in the module docstring.

    Parameters
    ----------
    transition : (n, n) array
        Row-stochastic.
    means : (n, X, k) array
        Probability of a reward for each arm in each state and context.
    contexts : (X,) array
        Their probabilities.
    initial : (n,) law, optional
        Of the first state; by default the unique stationary law.

    Examples
    --------
    >>> bandit = ContextualBandit([[.9, .1], [.1, .9]], [[[.8, .2], [.5, .5]], [[.2, .8], [.5, .5]]], [.5, .5])
    >>> bandit.thompson_regret(2).round(6)  # nothing is to be lost or learned in the second context
    array([0.15   , 0.13272])
    """

    __slots__ = ("contexts", "each")

    contexts: Float
    each: tuple[LatentBandit, ...]

    def __init__(self, transition: ArrayLike, means: ArrayLike, contexts: ArrayLike, initial: Any = None) -> None:
        mu = _arrays.as_float(means, "means")
        if mu.ndim != 3 or mu.shape[1] == 0:
            raise ModelError(f"means have shape {mu.shape} (expected (n, X, k): states, contexts, arms)")
        self.contexts = _arrays.frozen(_arrays.as_distribution(contexts, mu.shape[1], "contexts"))
        self.each = tuple(LatentBandit(transition, mu[:, x], initial) for x in range(mu.shape[1]))

    def __repr__(self) -> str:
        first = self.each[0]
        return f"ContextualBandit({first.n_states} states, {len(self.each)} contexts, {first.n_actions} arms)"

    @property
    def n_actions(self) -> int:
        """Number of arms k."""
        return self.each[0].n_actions

    def thompson(self, beliefs: Float, context: int, t: int) -> Float:
        """Thompson sampling as a policy."""
        return self.each[context].best_action_law(beliefs)

    def greedy(self, beliefs: Float, context: int, t: int) -> Float:
        """The arm with the largest mean under the belief, the lowest index among ties."""
        return self.each[context].greedy(beliefs, t)

    def _walk(self, policy: ContextualPolicy, horizon: int) -> Iterator[list[tuple[LatentBandit, Nodes, Float]]]:
        """For each step and each context that has probability: its bandit, its nodes, and what is played there."""
        steps = count(horizon, "horizon")
        nodes = Nodes(self.each[0].initial[None], np.ones(1))
        for t in range(steps):
            layer = []
            for x in np.flatnonzero(self.contexts > 0.0):
                bandit = self.each[x]
                seen = Nodes(nodes.beliefs, self.contexts[x] * nodes.weights)

                def of_context(beliefs: Float, t: int, x: int = int(x)) -> ArrayLike:
                    return policy(beliefs, x, t)

                layer.append((bandit, seen, bandit.laws_of(of_context, nodes.beliefs, t)))
            yield layer
            if t + 1 < steps:
                after = [bandit.step(seen, laws) for bandit, seen, laws in layer]
                nodes = merged(Nodes(np.concatenate([a.beliefs for a in after]), np.concatenate([a.weights for a in after])))

    def policy_regret(self, policy: ContextualPolicy, horizon: int) -> Float:
        """(T,) expected regret of each step of a policy that looks at beliefs and the context.

        Raises
        ------
        ModelError
            If the policy returns no laws, or the tree grows too large.
        """
        return np.array(
            [
                sum(float(seen.weights @ bandit.regret_of(seen.beliefs, laws)) for bandit, seen, laws in layer)
                for layer in self._walk(policy, horizon)
            ]
        )

    def thompson_regret(self, horizon: int) -> Float:
        """(T,) expected regret of each step of Thompson sampling."""
        return self.policy_regret(self.thompson, horizon)

    def one_step_information(self, horizon: int, policy: ContextualPolicy | None = None) -> Float:
        r"""(T,) :math:`I(i^*_t; (i_t, O_t) | X_t, F_{t - 1})` of each step; Thompson sampling by default."""
        rule = self.thompson if policy is None else policy
        return np.array(
            [
                sum(float(seen.weights @ bandit.information_of(seen, laws)) for bandit, seen, laws in layer)
                for layer in self._walk(rule, horizon)
            ]
        )

    def optimal_arm_entropy(self, horizon: int) -> float:
        r""":math:`H(i^*_{1:T} | X_{1:T})`, over all sequences of contexts.

        Raises
        ------
        ModelError
            If contexts and arms have too many sequences.
        """
        steps, first = count(horizon, "horizon"), self.each[0]
        size = (len(self.each) * self.n_actions) ** steps * first.n_states
        if size > 25 * hidden.MOST_NODES:
            raise ModelError(f"sequences of contexts and best arms take {size} numbers; shorten the horizon")
        tables = [(1.0, first.initial[None])]
        for t in range(steps):
            longer = []
            for weight, table in tables:
                now = table @ first.transition if t else table
                for x in np.flatnonzero(self.contexts > 0.0):
                    best = np.eye(self.n_actions)[self.each[x].best_actions]
                    longer.append((weight * self.contexts[x], (now[:, None, :] * best.T).reshape(-1, first.n_states)))
            tables = longer
        return float(sum(weight * entropy(table.sum(axis=1)) for weight, table in tables))

    def optimal_rule_entropy(self, horizon: int) -> float:
        """Entropy of the sequence of best *rules*, which say the best arm of every context: never less than that of the arms."""
        first = self.each[0]
        rules = np.stack([bandit.best_actions for bandit in self.each], axis=1)
        _, which = np.unique(rules, axis=0, return_inverse=True)
        target = np.eye(which.max() + 1)[which.reshape(-1)]
        return sequence_entropy(first.transition, target, first.initial, count(horizon, "horizon"), hidden.MOST_NODES)
