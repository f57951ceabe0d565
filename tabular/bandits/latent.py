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

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from tabular import _arrays
from tabular._arrays import Float
from tabular._parameters import count
from tabular.bandits import hidden
from tabular.bandits.beliefs import Nodes, merged
from tabular.bandits.entropies import information_of_outcomes, sequence_entropy
from tabular.bandits.hidden import HiddenChain, Policy, check_laws, closed_classes, stationary_law
from tabular.bandits.rate_distortion import RatePoint, blahut_arimoto
from tabular.bandits.stationary import StationaryOptimum, StationaryValues, stationary_optimum, stationary_values
from tabular.errors import ModelError

__all__ = ["LatentBandit"]

NEGLIGIBLE = 1e-14
"""Regrets and informations below this are rounding, and count as 0."""

ROUNDING = 1e-11
"""Entropies of sequences lose less: what is out of order by less is put in order, what is out by more is shown."""


class LatentBandit(HiddenChain):
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

    __slots__ = ()

    # --- policies --------------------------------------------------------------------------------------------------------------

    def thompson(self, beliefs: Float, t: int) -> Float:
        """Thompson sampling as a policy."""
        return self.best_action_law(beliefs)

    def greedy(self, beliefs: Float, t: int) -> Float:
        """The arm with the largest mean under the belief, the lowest index among ties within 1e-12."""
        q = beliefs @ self.means
        return np.eye(self.n_actions)[np.argmax(q >= q.max(axis=1, keepdims=True) - hidden.TIE, axis=1)]

    def uniform(self, beliefs: Float, t: int) -> Float:
        """Every arm alike."""
        return np.full((len(beliefs), self.n_actions), 1.0 / self.n_actions)

    def satisficing(self, target: ArrayLike) -> Policy:
        r"""Satisficing Thompson sampling as a policy: an arm is played with the probability that it is the target.

        Parameters
        ----------
        target : (n, k) array
            Probabilities of the target :math:`A^\dagger_t` in each state. One that is good enough and easier to learn than the
            best action can pay (Min and Russo 2023, section on satisficing).
        """
        kernel = self._target(target)
        return lambda beliefs, t: beliefs @ kernel

    def predictive(self, lookahead: int) -> Policy:
        r"""Predictive sampling (Liu, Van Roy and Xu 2023) as a policy: greedy for the mean given a sampled future.

        A sequence of rewards of all arms at the next ``lookahead`` steps is drawn from its law under the belief, and the arm is
        played that has the largest :math:`E[\mu(\theta_t, a) | F_{t - 1}, \text{that future}]`, the lowest index among ties. What
        will have changed by then cannot be learned from the future, and is not explored: on independent states this is the
        greedy policy; on states that never change, if none has two best arms, it tends to Thompson sampling as the lookahead
        grows.

        Raises
        ------
        ModelError
            If the lookahead is not at least 1, or the futures are too many, with their number.
        """
        futures = self._futures(count(lookahead, "lookahead"))

        def policy(beliefs: Float, t: int) -> Float:
            laws = np.zeros((len(beliefs), self.n_actions))
            for likelihood in futures:
                joint = beliefs * likelihood
                q = joint @ self.means
                chance = joint.sum(axis=1)
                choice = np.argmax(q >= q.max(axis=1, keepdims=True) - hidden.TIE * chance[:, None], axis=1)
                laws[np.arange(len(beliefs)), choice] += chance
            return laws

        return policy

    def _futures(self, lookahead: int) -> Float:
        """(F, n) probabilities of futures from each state now; those that are proportional are one, with their sum."""
        each = np.ones((1, self.n_states))  # of the rewards of all arms at one step
        for a in range(self.n_actions):
            each = (each[:, None, :] * self.likelihood[:, a, :].T).reshape(-1, self.n_states)
        futures = np.ones((1, self.n_states))
        for _ in range(lookahead):
            if len(futures) * len(each) > hidden.MOST_NODES:
                raise ModelError(
                    f"there are {len(futures) * len(each)} futures (at most {hidden.MOST_NODES}); shorten the lookahead"
                )
            longer = (each[:, None, :] * futures).reshape(-1, self.n_states) @ self.transition.T
            sizes = longer.sum(axis=1)
            nodes = merged(Nodes(longer[sizes > 0.0] / sizes[sizes > 0.0, None], sizes[sizes > 0.0]))
            futures = nodes.beliefs * nodes.weights[:, None]
        return futures

    def policy_regret(self, policy: Policy, horizon: int) -> Float:
        """(T,) expected regret of each step of a policy that looks at beliefs.

        Parameters
        ----------
        policy : function of (M, n) beliefs and the step
            ``bandit.thompson``, ``bandit.greedy``, ``bandit.uniform``, ``bandit.satisficing(target)``,
            ``bandit.predictive(lookahead)``, or your own, returning (M, k) laws.
        horizon : int >= 1

        Raises
        ------
        ModelError
            If the policy returns no laws, or the tree grows too large.
        """
        return np.array([nodes.weights @ self.regret_of(nodes.beliefs, laws) for nodes, laws in self._walk(policy, horizon)])

    def thompson_regret(self, horizon: int) -> Float:
        """(T,) expected regret of each step of Thompson sampling."""
        return self.policy_regret(self.thompson, horizon)

    def bayes_optimal_regret(self, horizon: int) -> Float:
        """(T,) expected regret of each step of the policy that is optimal for this horizon, by dynamic programming on the
        tree."""
        steps = count(horizon, "horizon")
        beliefs, layers = self.initial[None], []
        for t in range(steps):
            chances, children = np.zeros(0), np.zeros(0, dtype=np.intp)
            regrets = self.regrets_of(beliefs)
            if t + 1 < steps:
                beliefs, chances, children = self.children_of(beliefs)
            layers.append((regrets, chances, children))
        values = np.zeros(0)
        chosen: list[NDArray[np.intp]] = []
        for regrets, chances, children in reversed(layers):
            ahead = (chances * values[children]).sum(axis=2) if chances.size else 0.0
            worth = regrets + ahead
            values = worth.min(axis=1)
            chosen.insert(0, np.argmax(worth <= values[:, None] + 1e-12, axis=1))
        weights, out = np.ones(1), np.empty(steps)
        for t, ((regrets, chances, children), arm) in enumerate(zip(layers, chosen, strict=True)):
            rows = np.arange(arm.size)
            out[t] = weights @ regrets[rows, arm]
            if chances.size:
                reached = (weights[:, None] * chances[rows, arm]).ravel()
                weights = np.zeros(len(layers[t + 1][0]))
                np.add.at(weights, children[rows, arm].ravel(), reached)
        return out

    # --- in the long run -------------------------------------------------------------------------------------------------------

    def stationary_values(
        self, policy: Policy | None = None, resolution: int | None = None, *, tol: float = 1e-12
    ) -> StationaryValues:
        """Regret and one-step information per step in the long run, on a grid of beliefs, with the difference to a coarser grid.

        Parameters
        ----------
        policy : function of beliefs, optional
            Thompson sampling by default; it is asked once, with t = 0.
        resolution : int >= 2, optional
            Beliefs are multiples of its inverse; by default 4000 for two states, or 16 times
            the steps that a state lasts, 400 for three, 80 for four, 12 beyond.
        tol : float
            Total change of the law of the belief in one step at which it counts as settled.

        Raises
        ------
        ModelError
            If the grid would be too large, or too coarse for how long states last, or the policy returns no laws.
        SolverError
            If the law of the belief does not settle.

        Examples
        --------
        >>> bandit = LatentBandit([[.9, .1], [.1, .9]], [[.8, .2], [.2, .8]])
        >>> found = bandit.stationary_values()
        >>> round(found.regret, 6), round(found.information, 6), found.regret_error < 1e-6
        (0.198908, 0.130244, True)
        """
        return stationary_values(self, policy, resolution, tol)

    def stationary_optimum(self, resolution: int | None = None, *, tol: float = 1e-9) -> StationaryOptimum:
        """Least regret per step of any policy in the long run, by relative value iteration on a grid of beliefs: a lower bound.

        Parameters and errors are those of :meth:`stationary_values`; ``tol`` bounds what the iteration leaves open. Chains with
        several closed classes are refused: there is an optimum for each.

        >>> bandit = LatentBandit([[.9, .1], [.1, .9]], [[.8, .2], [.2, .8]])
        >>> round(bandit.stationary_optimum().regret, 6)
        0.140948
        """
        return stationary_optimum(self, resolution, tol)

    # --- information -----------------------------------------------------------------------------------------------------------

    def one_step_information(self, horizon: int, policy: Policy | None = None, target: ArrayLike | None = None) -> Float:
        r"""(T,) :math:`I(A^*_t; (A_t, O_t) | F_{t - 1})` of each step; Thompson sampling by default.

        With a ``target``, an (n, k) matrix of probabilities, :math:`A^\dagger_t \sim` its row of the state takes the place of
        the best action, and the default policy is :meth:`satisficing` with it.
        """
        rule, kernel = self._rule_and_target(policy, target)
        return np.array([nodes.weights @ self.information_of(nodes, laws, kernel) for nodes, laws in self._walk(rule, horizon)])

    def _rule_and_target(self, policy: Policy | None, target: ArrayLike | None) -> tuple[Policy, Float]:
        kernel = self._best if target is None else self._target(target)
        return (lambda beliefs, t: beliefs @ kernel) if policy is None else policy, kernel

    def _target(self, target: ArrayLike) -> Float:
        kernel = _arrays.as_float(target, "target")
        if kernel.shape != (self.n_states, self.n_actions):
            raise ModelError(f"target has shape {kernel.shape} (expected {(self.n_states, self.n_actions)}: states, arms)")
        check_laws(kernel, "target", "row")
        return kernel

    def information_of(self, nodes: Nodes, laws: Float, target: Float | None = None) -> Float:
        """(M,) information of one step about the target, by default the best action."""
        kernel = self._best if target is None else target
        return np.asarray((laws * information_of_outcomes(nodes.beliefs, self.likelihood, kernel)).sum(axis=1))

    def information_ratio(self, horizon: int, policy: Policy | None = None) -> Float:
        r"""(T,) :math:`\Gamma_t = (E\,\text{regret}_t)^2 / I(A^*_t; (A_t, O_t) | F_{t - 1})`; 0 / 0 is 0, x / 0 infinity."""
        rule, target = self._rule_and_target(policy, None)
        regret, information = np.array(
            [
                (nodes.weights @ self.regret_of(nodes.beliefs, laws), nodes.weights @ self.information_of(nodes, laws, target))
                for nodes, laws in self._walk(rule, horizon)
            ]
        ).T
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = regret**2 / np.where(information <= NEGLIGIBLE, 0.0, information)
        return np.where(np.abs(regret) <= NEGLIGIBLE, 0.0, ratio)

    def optimal_action_entropy(self, horizon: int) -> float:
        """:math:`H(A^*_{1:T})`: forward vectors for every sequence of best actions that has probability."""
        return sequence_entropy(self.transition, self._best, self.initial, count(horizon, "horizon"), hidden.MOST_NODES)

    def target_information(self, horizon: int, target: ArrayLike) -> float:
        r""":math:`I(A^\dagger_{1:T}; \theta_{1:T})` of a target (see :meth:`one_step_information`): its entropy, less that of the
        rows it is drawn from.

        A target that does not look at the state tells nothing:

        >>> chain = LatentBandit([[.9, .1], [.1, .9]], [[.8, .2], [.2, .8]])
        >>> abs(chain.target_information(3, [[.5, .5], [.5, .5]])) < 1e-12
        True
        """
        kernel, steps = self._target(target), count(horizon, "horizon")
        whole = sequence_entropy(self.transition, kernel, self.initial, steps, hidden.MOST_NODES)
        noise, law = -xlogy(kernel, kernel).sum(axis=1), self.initial
        for _ in range(steps):
            whole -= float(law @ noise)
            law = law @ self.transition
        return whole

    def rate_distortion(self, horizon: int, slope: float, *, tol: float = 1e-9) -> RatePoint:
        r"""A target that is easier to learn: least :math:`\frac1T I(A^\dagger_{1:T}; \theta_{1:T})` for its regret per step.

        Targets may look at all T states. For the stationary chain the rate of any block length is an upper bound of
        :math:`\bar R(D)`; see :mod:`tabular.bandits.rate_distortion`.

        Parameters
        ----------
        horizon : int >= 1
            Block length T; :math:`n^T k^T` numbers are held.
        slope : float >= 0
            Nats per unit of regret, both per step: large slopes give small regret.

        Returns
        -------
        RatePoint
            Distortion and bounds of the rate per step.
        """
        steps = count(horizon, "horizon")
        size = (self.n_states * self.n_actions) ** steps
        if size > 12 * hidden.MOST_NODES:
            raise ModelError(f"blocks of {steps} states and actions take {size} numbers; shorten the horizon")
        law, regret = self.initial, self.regrets_of(np.eye(self.n_states))
        total = regret
        for _ in range(steps - 1):
            law = (law.reshape(-1, self.n_states)[:, :, None] * self.transition).reshape(-1)
            total = (total[:, None, :, None] + regret[None, :, None, :]).reshape(len(total) * self.n_states, -1)
        found = blahut_arimoto(law, total / steps, slope * steps, tol * steps)
        return found._replace(rate=found.rate / steps, lower=found.lower / steps)

    def information_gain(self, horizon: int, policy: Policy | None = None, target: ArrayLike | None = None) -> float:
        r""":math:`I(A^*_{1:T}; F_T)`, what T steps of a policy (Thompson sampling by default) tell about the best actions, or
        about a ``target`` (see :meth:`one_step_information`).

        The posterior of the whole sequence is carried along every history; histories with the same posterior are merged.
        """
        steps = count(horizon, "horizon")
        rule, kernel = self._rule_and_target(policy, target)
        tables, weights = self.initial[None, None], np.ones(1)  # (M, sequences, n)
        left = 0.0  # expected entropy of the sequence after the last outcome
        for t in range(steps):
            if t:
                tables = tables @ self.transition
            size = tables.size * self.n_actions**2 * self.outcome_rewards.size
            if size > 50 * hidden.MOST_NODES:
                raise ModelError(f"posteriors of sequences take {size} numbers at step {t}; shorten the horizon")
            tables = (tables[:, :, None, :] * kernel.T).reshape(len(tables), -1, self.n_states)
            laws = self.laws_of(rule, tables.sum(axis=1), t)
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
        gain = sequence_entropy(self.transition, kernel, self.initial, steps, hidden.MOST_NODES) - left
        return gain if gain < -ROUNDING else max(gain, 0.0)

    def entropy_rate_bounds(self, depth: int) -> tuple[float, float]:
        r"""Bounds of :math:`\lim_T H(A^*_{1:T}) / T` for the stationary chain.

        :math:`H(A^*_k | A^*_{1:k-1}, \theta_0) \le \bar H \le H(A^*_{k + 1} | A^*_{1:k})` with k the depth: the lower one rises,
        the upper one falls (Cover and Thomas, section 4.5). Both are for the stationary law, whatever ``initial`` is.

        >>> chain = LatentBandit([[.9, .1], [.1, .9]], [[.8, .2], [.2, .8]])
        >>> [round(x, 10) for x in chain.entropy_rate_bounds(1)]
        [0.3250829734, 0.3250829734]
        """
        k = count(depth, "depth")
        if closed_classes(self.transition) > 1:
            raise ModelError("the chain has several stationary laws, and an entropy rate for each: look at one closed class")
        law = stationary_law(self.transition)

        def of_sequences(start: Float, steps: int) -> float:
            return sequence_entropy(self.transition, self._best, start, steps, hidden.MOST_NODES) if steps else 0.0

        upper = of_sequences(law, k + 1) - of_sequences(law, k)
        # the state of the first best action, given the one before
        lower = sum(
            law[s] * (of_sequences(self.transition[s], k) - of_sequences(self.transition[s], k - 1))
            for s in np.flatnonzero(law > 0.0)
        )
        return float(lower) if lower > upper + ROUNDING else min(float(lower), upper), upper
