r"""Mirror descent: each policy is regularised by its distance from the last one.

.. math:: \pi_{k+1} = \arg\max_\pi \langle \pi, q_k\rangle - \lambda D(\pi, \pi_k) + \kappa S(\pi)

Value iteration then sets :math:`q_{k+1} = r + \gamma P\bigl(\langle \pi_{k+1}, q_k\rangle - \lambda D + \kappa S\bigr) +
\epsilon_{k+1}`, policy iteration :math:`q_{k+1} = q^{\pi_{k+1}} + \epsilon_{k+1}`.

For KL the policy is a soft-max of the *sum* of
all action values so far, whose errors therefore average (Vieillard et al. 2020, Leverage the Average); it is kept as logarithms.
For divergences of order above one an action without mass stays without.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tabular._arrays import Float
from tabular.bellman import Optimality
from tabular.divergences import KL, FDivergence, TotalVariation, TsallisEntropy, TsallisKL, generators, kernels
from tabular.errors import ModelError
from tabular.evaluation import as_policy
from tabular.mdp import MDP
from tabular.schemes.scheme import Scheme, State, as_positive, log_soft_max
from tabular.schemes.trace import Trace
from tabular.solvers.iteration import check_limit
from tabular.solvers.linear_systems import fixed_point

__all__ = ["MirrorDescentPolicyIteration", "MirrorDescentValueIteration", "averaging_bound"]


@dataclass(frozen=True, eq=False)
class _MirrorDescent(Scheme):
    """What the two have in common: the greedy step."""

    strength: float
    divergence: FDivergence | TotalVariation = field(default_factory=KL)
    entropy: float = 0.0
    initial_policy: ArrayLike | None = field(default=None, repr=False)
    max_iterations: int = 100_000

    def __post_init__(self) -> None:
        as_positive(self.strength, "strength")
        check_limit(self.max_iterations)
        if isinstance(self.divergence, type) or not isinstance(self.divergence, (FDivergence, TotalVariation)):
            raise ModelError(f"{self.divergence!r} is no divergence between policies (write for example KL())")
        if not (isinstance(self.entropy, (int, float)) and 0 <= self.entropy < np.inf):
            raise ModelError(f"entropy is {self.entropy!r} (expected a factor >= 0)")
        if self.entropy > 0 and self._order() is None:
            raise ModelError(f"an entropy beside {self.divergence!r} is not supported (KL and TsallisKL have one of their order)")

    def _order(self) -> float | None:
        if isinstance(self.divergence, KL):
            return 1.0
        return self.divergence.exponent if isinstance(self.divergence, TsallisKL) else None

    def _first_policy(self, mdp: MDP) -> tuple[Float, Float]:
        """The initial policy and its logarithms."""
        allowed = np.ones((mdp.n_states, mdp.n_actions)) if mdp.allowed is None else mdp.allowed.astype(np.float64)
        policy = allowed / allowed.sum(axis=1, keepdims=True)
        if self.initial_policy is not None:
            given = as_policy(mdp, self.initial_policy, "initial_policy")
            policy = Optimality(mdp).lift(given) if given.ndim == 1 else given
        with np.errstate(divide="ignore"):
            return policy, np.log(policy)

    def greedy(self, q: Float, policy: Float, log_policy: Float) -> tuple[Float, Float, Float]:
        """(S,) regularised values, (S, A) new policy, its logarithms."""
        if self._order() == 1.0:
            total = self.strength + self.entropy
            with np.errstate(invalid="ignore"):
                logits = np.where(np.isneginf(log_policy), -np.inf, (q + self.strength * log_policy) / total)
            log_new, level = log_soft_max(logits)
            return total * level, np.exp(log_new), log_new
        if self.entropy == 0.0:
            optimum = self.divergence.smooth_max(q, policy, self.strength)
            new = np.asarray(optimum.distribution)
            value = np.asarray(optimum.value)
        else:
            value, new = self._with_entropy(q, policy)
        with np.errstate(divide="ignore"):
            return value, new, np.log(new)

    def _with_entropy(self, q: Float, policy: Float) -> tuple[Float, Float]:
        r"""Of the same order k, the terms add to :math:`\sum \pi^k (\lambda \mu^{1-k} + \kappa)`, a divergence from a measure."""
        k, total = float(self._order() or 0.0), self.strength + self.entropy
        with np.errstate(divide="ignore"):
            weight = (self.strength * np.power(policy, 1 - k) + self.entropy * (q > -np.inf)) / total
            measure = np.where(q > -np.inf, np.power(weight, 1 / (1 - k)), 0.0)
        new, out = np.empty_like(q), np.empty((q.shape[0], 3))
        cost = np.where(measure > 0, -q, np.inf)
        kernels.batch(generators.CRESSIE_READ, k, cost, measure, np.full(len(q), total * k), False, new, out)
        mean = (new * np.where(new > 0, q, 0.0)).sum(axis=1)
        spent = self.strength * np.asarray(self.divergence(new, policy))
        return mean - spent + self.entropy * np.asarray(TsallisEntropy(k)(new)), new

    def effective_weights(self, trace: Trace) -> Float:
        r"""How strongly past action values still count in the last policy, relative to KL, (K, S, A).

        For a Tsallis divergence of order q, :math:`\ln(\pi_{j+1} / \pi_j) = \ln \exp_{2-q}(y_j)`, whose slope in :math:`q_j` is
        :math:`(\pi_j / \pi_{j+1})^{q-1}` over :math:`\lambda q`: advantages are damped where they were good and amplified where
        they were bad. One everywhere for KL.

        Raises
        ------
        ModelError
            For another divergence, an entropy, or a trace without policies.
        """
        order = self._order()
        if order is None or self.entropy:
            raise ModelError("weights are those of KL and TsallisKL without entropy")
        if trace.policies is None:
            raise ModelError("the trace holds no policies: run with keep=True")
        before, after = trace.policies[:-1], trace.policies[1:]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(after > 0, before / after, np.where(before > 0, np.inf, 1.0))
            return np.asarray(np.power(ratio, order - 1.0))


@dataclass(frozen=True, eq=False)
class MirrorDescentValueIteration(_MirrorDescent):
    r"""Mirror descent value iteration, MD-VI (Geist, Scherrer and Pietquin 2019; Vieillard et al. 2020).

    Parameters
    ----------
    strength : float
        :math:`\lambda > 0`.
    divergence : FDivergence or TotalVariation
        D; KL by default.
    entropy : float
        :math:`\kappa \ge 0`, the factor of an entropy of the order of D, which then is KL or TsallisKL.
    initial_policy : (S, A) array, optional
        :math:`\pi_0`, uniform over allowed actions by default.
    max_iterations : int
        Limit for :func:`tabular.solve`.
    penalized : bool
        Whether evaluations contain the regulariser, as above; without it, :math:`q_{k+1} = r + \gamma P \langle \pi_{k+1},
        q_k\rangle`.

    Examples
    --------
    >>> import tabular
    >>> mdp = tabular.domains.garnet(20, 3, 4, gamma=0.9, rng=0)
    >>> trace = MirrorDescentValueIteration(0.5).run(mdp, 200, noise=0.3, rng=1)
    >>> bool((trace.losses <= averaging_bound(trace)).all()), bool(trace.error_averages[-1] < trace.error_averages[0])
    (True, True)
    """

    penalized: bool = True

    def start(self, operator: Optimality, q: Float) -> State:
        """The initial policy beside the given action values."""
        policy, logs = self._first_policy(operator.mdp)
        return State(0, q, policy, q, logs)

    def update(self, operator: Optimality, state: State) -> State:
        """One greedy step and one backup."""
        value, policy, logs = self.greedy(state.q, state.policy, state.memory)
        if not self.penalized:
            value = (policy * np.where(policy > 0, state.q, 0.0)).sum(axis=1)
        q = operator.q_values(value)
        return State(state.k + 1, q, policy, q, logs)


@dataclass(frozen=True, eq=False)
class MirrorDescentPolicyIteration(_MirrorDescent):
    r"""Mirror descent policy iteration: evaluations are those of the policy itself.

    Parameters are those of :class:`MirrorDescentValueIteration` without ``penalized``. It starts from the action values of
    ``initial_policy``; other initial values have no effect. No update makes the value of the policy worse (without entropy and
    errors; claim ``tsallis_kl.monotone_improvement``).

    Examples
    --------
    >>> import tabular
    >>> mdp = tabular.domains.garnet(20, 3, 4, gamma=0.9, rng=0)
    >>> trace = MirrorDescentPolicyIteration(0.2, tabular.TsallisKL(2)).run(mdp, 100)
    >>> bool((np.diff(trace.policy_values, axis=0) >= -1e-12).all())
    True
    """

    def start(self, operator: Optimality, q: Float) -> State:
        """The initial policy with its own action values."""
        policy, logs = self._first_policy(operator.mdp)
        own = operator.q_values(fixed_point(operator.fix(policy), np.zeros(operator.n_states)))
        return State(0, own, policy, own, logs)

    def update(self, operator: Optimality, state: State) -> State:
        """One greedy step, and the action values of its policy."""
        _, policy, logs = self.greedy(state.q, state.policy, state.memory)
        q = operator.q_values(fixed_point(operator.fix(policy), np.zeros(operator.n_states)))
        return State(state.k + 1, q, policy, q, logs)


def averaging_bound(trace: Trace) -> Float:
    r"""(K,) bounds on :math:`\|q^* - q^{\pi_k}\|_\infty` that follow from what a run has seen.

    .. math:: \frac{\gamma}{1 - \gamma} \cdot \frac{\mathrm{sp}(q_k - q_0 - E_k) + \lambda \ln n}{k},
        \qquad E_k = \sum_{j \le k} \epsilon_j

    For mirror descent value iteration with KL, from the uniform policy. It also bounds :math:`\max_s v^* - v^{\pi_k}`. Derived
    here, after Vieillard et al. (2020), theorem 1; the constant cannot be improved (claim ``tsallis_kl.mdvi_averaging``).

    Raises
    ------
    ModelError
        If the trace belongs to another scheme.
    """
    scheme = trace.scheme
    plain = isinstance(scheme, MirrorDescentValueIteration) and isinstance(scheme.divergence, KL) and scheme.penalized
    if not plain or scheme.entropy or scheme.initial_policy is not None:  # type: ignore[attr-defined]
        raise ModelError("the bound is for mirror descent value iteration with KL and no entropy, from the uniform policy")
    mdp = trace.mdp
    n = mdp.n_actions if mdp.allowed is None else int(mdp.allowed.sum(axis=1).max())
    k = np.arange(1, trace.iterations + 1)
    factor = mdp.gamma / (1 - mdp.gamma) if mdp.gamma < 1 else np.inf
    bound: Any = factor * (trace.drift_spans + scheme.strength * np.log(n)) / k  # type: ignore[attr-defined]
    return np.asarray(bound)
