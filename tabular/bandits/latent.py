r"""Bandits whose means follow a hidden Markov chain, evaluated exactly.

States :math:`\theta_t` follow a known chain that actions do not touch; arm a in state s gives outcome o with probability
:math:`\ell_{s a o}` and reward :math:`R(o)`. The *best action* :math:`A^*_t` is the one with the largest mean in state
:math:`\theta_t`, the lowest index among ties. Regret of step t is the mean of :math:`\mu(\theta_t, A^*_t) - \mu(\theta_t, A_t)`,
and

.. math:: \frac1T \sum_t E\,\text{regret}_t \le \sqrt{\Gamma\, \tfrac1T I(A^*_{1:T}; F_T)} \le \sqrt{\Gamma\, \tfrac1T
H(A^*_{1:T})}

(Min and Russo 2023): the price of nonstationarity is how unpredictable the best action is. Everything here is in nats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from tabular import _arrays
from tabular._arrays import ROW_TOLERANCE, Float, frozen
from tabular._parameters import count
from tabular.bandits.beliefs import Nodes, merged
from tabular.bandits.entropies import entropy, information_of_outcomes
from tabular.errors import ModelError

__all__ = ["LatentBandit", "Policy"]

Policy = Callable[[Float, int], ArrayLike]
"""``policy(beliefs, t)``: (M, n) beliefs about the state of step t (0-based) to (M, k) laws on actions."""

MOST_NODES = 2_000_000
"""Beliefs that a tree may hold at one step."""


class LatentBandit:
    r"""A bandit with a hidden finite chain; formulas in the module docstring.

    Parameters
    ----------
    transition : (n, n) array
        Row-stochastic. The identity is a stationary bandit, equal rows are independent states.
    means : (n, k) array
        Mean reward of each arm in each state; without ``outcomes`` the probability of a Bernoulli reward.
    initial : (n,) law or a state, optional
        Of the first state; by default the unique stationary law.
    outcomes : pair of a (n, k, m) array and an (m,) array, optional
        Probabilities and rewards of m outcomes; ``means`` is then None.

    Raises
    ------
    ModelError
        If rows do not sum to one, a mean is outside [0, 1], shapes do not fit, or the chain has several stationary laws and no
        initial law is given.

    Examples
    --------
    >>> bandit = LatentBandit([[.9, .1], [.1, .9]], [[.8, .2], [.2, .8]])
    >>> bandit.thompson_regret(3).round(6)
    array([0.3     , 0.23088 , 0.211122])
    >>> round(float(bandit.optimal_action_entropy(6)), 10), round(float(bandit.information_gain(6)), 10)
    (2.3185620475, 0.8761126452)
    """

    __slots__ = ("initial", "likelihood", "means", "outcome_rewards", "transition")

    transition: Float
    means: Float
    initial: Float
    likelihood: Float
    outcome_rewards: Float

    def __init__(
        self, transition: ArrayLike, means: ArrayLike | None, initial: Any = None, *, outcomes: tuple[Any, Any] | None = None
    ) -> None:
        P = _arrays.as_float(transition, "transition")
        if P.ndim != 2 or P.shape[0] != P.shape[1] or P.size == 0:
            raise ModelError(f"transition has shape {P.shape} (expected (n, n))")
        _check_laws(P, "transition", "row")
        n = len(P)
        if (means is None) == (outcomes is None):
            raise ModelError("give means of Bernoulli rewards, or outcomes, and not both")
        if outcomes is None:
            mu = _arrays.as_float(means, "means")
            if mu.ndim != 2 or mu.shape[0] != n or mu.shape[1] == 0:
                raise ModelError(f"means have shape {mu.shape} (expected ({n}, k): states, arms)")
            bad = np.argwhere(~((mu >= 0.0) & (mu <= 1.0)))
            if bad.size:
                s, a = bad[0]
                raise ModelError(
                    f"the mean of arm {a} in state {s} is {float(mu[s, a])!r} (expected a probability: rewards are 0 or 1)"
                )
            likelihood, rewards = np.stack([1.0 - mu, mu], axis=2), np.array([0.0, 1.0])
        else:
            likelihood, rewards = (_arrays.as_float(x, name) for x, name in zip(outcomes, ("outcomes", "rewards"), strict=True))
            if likelihood.ndim != 3 or likelihood.shape[0] != n or rewards.shape != likelihood.shape[2:]:
                raise ModelError(f"outcomes have shapes {likelihood.shape} and {rewards.shape} (expected ({n}, k, m) and (m,))")
            _check_laws(likelihood.reshape(-1, rewards.size), "outcomes", "state and arm")
            if not np.isfinite(rewards).all():
                raise ModelError("a reward is not finite")
            mu = likelihood @ rewards
        law = stationary_law(P) if initial is None else _arrays.as_distribution(initial, n, "initial")
        for name, value in (
            ("transition", P),
            ("means", mu),
            ("initial", law),
            ("likelihood", likelihood),
            ("outcome_rewards", rewards),
        ):
            setattr(self, name, frozen(value))

    @property
    def n_states(self) -> int:
        """Number of states n."""
        return int(self.means.shape[0])

    @property
    def n_actions(self) -> int:
        """Number of arms k."""
        return int(self.means.shape[1])

    @property
    def best_actions(self) -> NDArray[np.intp]:
        """(n,) best arm of each state, the lowest index among ties."""
        return np.asarray(self.means.argmax(axis=1))

    def __repr__(self) -> str:
        kind = "Bernoulli rewards" if self.outcome_rewards.size == 2 else f"{self.outcome_rewards.size} outcomes"
        return f"LatentBandit({self.n_states} states, {self.n_actions} arms, {kind})"

    # --- beliefs ---------------------------------------------------------------------------------------------------------------

    def best_action_law(self, beliefs: Float) -> Float:
        """(M, k) probabilities of each arm to be the best, under (M, n) beliefs: what Thompson sampling plays."""
        return np.asarray(beliefs @ np.eye(self.n_actions)[self.best_actions])

    def regret_of(self, beliefs: Float, laws: Float) -> Float:
        """(M,) expected regret of playing ``laws`` under ``beliefs``."""
        return np.asarray((laws * self._regrets(beliefs)).sum(axis=1))

    def _regrets(self, beliefs: Float) -> Float:
        """(M, k) expected regret of each action."""
        best = beliefs @ self.means[np.arange(self.n_states), self.best_actions]
        return np.asarray(best[:, None] - beliefs @ self.means)

    def step(self, nodes: Nodes, laws: Float) -> Nodes:
        """Beliefs about the next state after every action and outcome that have probability, equal ones merged.

        Raises
        ------
        ModelError
            If more than ``MOST_NODES`` would be held, with their number.
        """
        size = nodes.weights.size * self.n_actions * self.outcome_rewards.size
        if size > 4 * MOST_NODES:
            raise ModelError(
                f"the next step of the belief tree has up to {size} nodes (at most {4 * MOST_NODES} are expanded at once); "
                "shorten the horizon, or use a symmetric instance, whose beliefs merge"
            )
        joint, chances = self._outcomes(nodes.beliefs)
        weights = nodes.weights[:, None, None] * laws[:, :, None] * chances
        kept = weights > 0.0
        found = merged(Nodes(self._after(joint, chances, kept), weights[kept]))
        if found.weights.size > MOST_NODES:
            raise ModelError(
                f"the belief tree has {found.weights.size} nodes at one step (at most {MOST_NODES}); shorten the horizon"
            )
        return found

    def _outcomes(self, beliefs: Float) -> tuple[Float, Float]:
        """(M, k, m, n) probabilities of each outcome of each action together with the state, and (M, k, m) sums over it."""
        joint = np.einsum("ms,sao->maos", beliefs, self.likelihood)
        return joint, joint.sum(axis=3)

    def _after(self, joint: Float, chances: Float, kept: NDArray[np.bool_]) -> Float:
        """Beliefs about the next state after the outcomes that are kept."""
        return np.asarray(joint[kept] / chances[kept][:, None] @ self.transition)

    # --- policies --------------------------------------------------------------------------------------------------------------

    def thompson(self, beliefs: Float, t: int) -> Float:
        """Thompson sampling as a policy."""
        return self.best_action_law(beliefs)

    def greedy(self, beliefs: Float, t: int) -> Float:
        """The arm with the largest mean under the belief, the lowest index among ties within 1e-12."""
        q = beliefs @ self.means
        return np.eye(self.n_actions)[np.argmax(q >= q.max(axis=1, keepdims=True) - 1e-12, axis=1)]

    def uniform(self, beliefs: Float, t: int) -> Float:
        """Every arm alike."""
        return np.full((len(beliefs), self.n_actions), 1.0 / self.n_actions)

    def policy_regret(self, policy: Policy, horizon: int) -> Float:
        """(T,) expected regret of each step of a policy that looks at beliefs.

        Parameters
        ----------
        policy : function of (M, n) beliefs and the step
            ``bandit.thompson``, ``bandit.greedy``, ``bandit.uniform``, or your own, returning (M, k) laws.
        horizon : int >= 1

        Raises
        ------
        ModelError
            If the policy returns no laws, or the tree grows too large.
        """
        return np.array([nodes.weights @ self.regret_of(nodes.beliefs, laws) for nodes, laws in self._walk(policy, horizon)])

    def _walk(self, policy: Policy, horizon: int) -> Iterator[tuple[Nodes, Float]]:
        """The layers of the belief tree, and what the policy plays there."""
        steps = count(horizon, "horizon")
        nodes = Nodes(self.initial[None], np.ones(1))
        for t in range(steps):
            laws = self._laws(policy, nodes.beliefs, t)
            yield nodes, laws
            if t + 1 < steps:
                nodes = self.step(nodes, laws)

    def thompson_regret(self, horizon: int) -> Float:
        """(T,) expected regret of each step of Thompson sampling."""
        return self.policy_regret(self.thompson, horizon)

    def bayes_optimal_regret(self, horizon: int) -> Float:
        """(T,) expected regret of each step of the policy that is optimal for this horizon, by dynamic programming on the
        tree."""
        steps = count(horizon, "horizon")
        everything = np.ones((1, self.n_actions))
        layers = [Nodes(self.initial[None], np.ones(1))]
        for _ in range(steps - 1):
            layers.append(self.step(layers[-1], np.broadcast_to(everything, (layers[-1].weights.size, self.n_actions))))
        chosen: list[NDArray[np.intp]] = []
        ahead: Float | None = None
        for t in reversed(range(steps)):
            beliefs = layers[t].beliefs
            values = self._regrets(beliefs)
            if ahead is not None:
                values += self._continued(beliefs, layers[t + 1], ahead)
            chosen.insert(0, np.argmax(values <= values.min(axis=1, keepdims=True) + 1e-12, axis=1))
            ahead = values.min(axis=1)

        def policy(beliefs: Float, t: int) -> Float:
            return np.eye(self.n_actions)[chosen[t][layers[t].find(beliefs)]]

        return self.policy_regret(policy, steps)

    def _continued(self, beliefs: Float, layer: Nodes, values: Float) -> Float:
        """(M, k) expected value of the next node after each action."""
        joint, chances = self._outcomes(beliefs)
        possible = chances > 0.0
        worth = np.zeros(chances.shape)
        worth[possible] = values[layer.find(self._after(joint, chances, possible))]
        return np.asarray((chances * worth).sum(axis=2))

    def _laws(self, policy: Policy, beliefs: Float, t: int) -> Float:
        laws = np.asarray(policy(beliefs, t), dtype=np.float64)
        if laws.shape != (len(beliefs), self.n_actions):
            raise ModelError(f"the policy returned shape {laws.shape} at step {t} (expected {(len(beliefs), self.n_actions)})")
        good = (laws >= 0.0).all(axis=1) & (np.abs(laws.sum(axis=1) - 1.0) <= ROW_TOLERANCE)
        if not good.all():
            m = int(np.argmin(good))
            raise ModelError(f"the policy returned no law at step {t} for belief {beliefs[m].round(6)}: {laws[m]}")
        return laws

    # --- information -----------------------------------------------------------------------------------------------------------

    def one_step_information(self, horizon: int, policy: Policy | None = None) -> Float:
        r"""(T,) :math:`I(A^*_t; (A_t, O_t) | F_{t - 1})` of each step; Thompson sampling by default."""
        rule = self.thompson if policy is None else policy
        return np.array([nodes.weights @ self._information_of(nodes, laws) for nodes, laws in self._walk(rule, horizon)])

    def _information_of(self, nodes: Nodes, laws: Float) -> Float:
        """(M,) information of one step about the best action."""
        each = information_of_outcomes(nodes.beliefs, self.likelihood, self.best_actions, self.n_actions)
        return np.asarray((laws * each).sum(axis=1))

    def information_ratio(self, horizon: int, policy: Policy | None = None) -> Float:
        r"""(T,) :math:`\Gamma_t = (E\,\text{regret}_t)^2 / I(A^*_t; (A_t, O_t) | F_{t - 1})`; 0 / 0 is 0, x / 0 infinity."""
        rule = self.thompson if policy is None else policy
        regret, information = np.array(
            [
                (nodes.weights @ self.regret_of(nodes.beliefs, laws), nodes.weights @ self._information_of(nodes, laws))
                for nodes, laws in self._walk(rule, horizon)
            ]
        ).T
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = regret**2 / information
        return np.where(np.abs(regret) <= 1e-15, 0.0, ratio)

    def optimal_action_entropy(self, horizon: int) -> float:
        """:math:`H(A^*_{1:T})`: forward vectors for every sequence of best actions that has probability."""
        table = self._sequences(self.initial[None], count(horizon, "horizon"))
        return entropy(table.sum(axis=1))

    def _sequences(self, start: Float, steps: int) -> Float:
        """(sequences, n) probabilities of best-action sequences and the last state, from (1, n) laws of the first."""
        table = start
        picks = np.eye(self.n_actions, dtype=bool)[self.best_actions].T  # (k, n)
        for t in range(steps):
            if t:
                table = table @ self.transition
            if table.shape[0] * self.n_actions > MOST_NODES:
                raise ModelError(
                    f"there are up to {table.shape[0] * self.n_actions} sequences of best actions; shorten the horizon"
                )
            table = (table[:, None, :] * picks).reshape(-1, self.n_states)
            table = table[table.sum(axis=1) > 0.0]
        return table

    def information_gain(self, horizon: int, policy: Policy | None = None) -> float:
        r""":math:`I(A^*_{1:T}; F_T)`, what T steps of a policy (Thompson sampling by default) tell about the best actions.

        The posterior of the whole sequence is carried along every history; histories with the same posterior are merged.
        """
        steps = count(horizon, "horizon")
        rule = self.thompson if policy is None else policy
        picks = np.eye(self.n_actions, dtype=bool)[self.best_actions].T
        tables, weights = self.initial[None, None], np.ones(1)  # (M, sequences, n)
        left = 0.0  # expected entropy of the sequence after the last outcome
        for t in range(steps):
            if t:
                tables = tables @ self.transition
            size = tables.size * self.n_actions
            if size > 25 * MOST_NODES:
                raise ModelError(f"posteriors of sequences take {size} numbers at step {t}; shorten the horizon")
            tables = (tables[:, :, None, :] * picks).reshape(len(tables), -1, self.n_states)
            laws = self._laws(rule, tables.sum(axis=1), t)
            parts, masses = [], []
            for a in range(self.n_actions):
                for o in range(self.outcome_rewards.size):
                    joint = tables * self.likelihood[:, a, o]
                    chances = joint.sum(axis=(1, 2))
                    kept = weights * laws[:, a] * chances > 0.0
                    posterior = joint[kept] / chances[kept, None, None]
                    mass = (weights * laws[:, a] * chances)[kept]
                    if t + 1 == steps:
                        sequences = posterior.sum(axis=2)
                        left += float(mass @ -xlogy(sequences, sequences).sum(axis=1))
                    else:
                        parts.append(posterior.reshape(len(mass), posterior.shape[1] * self.n_states))
                        masses.append(mass)
            if t + 1 < steps:
                flat = merged(Nodes(np.concatenate(parts), np.concatenate(masses)))
                tables, weights = flat.beliefs.reshape(len(flat.weights), -1, self.n_states), flat.weights
        return max(self.optimal_action_entropy(steps) - left, 0.0)

    def entropy_rate_bounds(self, depth: int) -> tuple[float, float]:
        r"""Bounds of :math:`\lim_T H(A^*_{1:T}) / T` for the stationary chain.

        :math:`H(A^*_k | A^*_{1:k-1}, \theta_0) \le \bar H \le H(A^*_{k + 1} | A^*_{1:k})` with k the depth: the lower one rises,
        the upper one falls (Cover and Thomas, section 4.5). Both are for the stationary law, whatever ``initial`` is.

        >>> chain = LatentBandit([[.9, .1], [.1, .9]], [[.8, .2], [.2, .8]])
        >>> [round(x, 10) for x in chain.entropy_rate_bounds(1)]
        [0.3250829734, 0.3250829734]
        """
        k = count(depth, "depth")
        law = stationary_law(self.transition)
        upper = entropy(self._sequences(law[None], k + 1).sum(axis=1)) - entropy(self._sequences(law[None], k).sum(axis=1))
        lower = 0.0
        for s in np.flatnonzero(law > 0.0):
            after = np.eye(self.n_states)[[s]] @ self.transition  # the state of the first best action, given the one before
            longer = entropy(self._sequences(after, k).sum(axis=1))
            shorter = entropy(self._sequences(after, k - 1).sum(axis=1)) if k > 1 else 0.0
            lower += float(law[s]) * (longer - shorter)
        return min(lower, upper), upper


def stationary_law(transition: Float) -> Float:
    """The unique stationary law of a chain, or an error that says that there are several."""
    n = len(transition)
    system = np.vstack([(transition.T - np.eye(n)), np.ones((1, n))])
    if np.linalg.matrix_rank(system, tol=1e-10) < n or np.linalg.matrix_rank(transition.T - np.eye(n), tol=1e-10) < n - 1:
        raise ModelError("the chain has several stationary laws: pass initial=...")
    law = np.linalg.lstsq(system, np.append(np.zeros(n), 1.0), rcond=None)[0]
    law = np.maximum(law, 0.0)
    return np.asarray(law / law.sum())


def _check_laws(rows: Float, name: str, what: str) -> None:
    bad = np.argwhere(~(np.isfinite(rows) & (rows >= 0.0)))
    if bad.size:
        raise ModelError(f"{name}: {what} {bad[0][0]} has the entry {float(rows[tuple(bad[0])])!r} (expected a probability)")
    sums = rows.sum(axis=1)
    off = np.flatnonzero(np.abs(sums - 1.0) > ROW_TOLERANCE)
    if off.size:
        raise ModelError(f"{name}: {what} {off[0]} sums to {sums[off[0]]:.12g} (expected 1 within {ROW_TOLERANCE:g})")
