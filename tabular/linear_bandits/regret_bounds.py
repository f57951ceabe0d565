"""Upper bounds on regret with every constant, as published or as proved from the widths that learners use."""

from __future__ import annotations

import math

import numpy as np

from tabular._parameters import count, number
from tabular.errors import ModelError
from tabular.linear_bandits.forgetting import DLinUCB
from tabular.linear_bandits.learners import LinUCB
from tabular.linear_bandits.waiting import DynLinUCB

__all__ = ["discounted_regret_bound", "dynamical_regret_bound", "optimistic_regret_bound", "thompson_bayes_bound"]


def optimistic_regret_bound(learner: LinUCB, horizon: int) -> float:
    r""":math:`2 \max(1, \beta_T) \sqrt{2 d T \log(1 + T L^2 / (d \lambda))}`, with probability at least :math:`1 - \delta`, if no
    action is worse than the best by more than 2 (Abbasi-Yadkori, Pál and Szepesvári 2011, Theorem 3).

    >>> from tabular.linear_bandits import LinUCB
    >>> round(optimistic_regret_bound(LinUCB(dimension=3, noise=.1, norm_bound=1, action_bound=1), 1000), 4)
    566.2804
    """
    if not isinstance(learner, LinUCB):
        raise ModelError(f"the bound is about LinUCB, not {type(learner).__name__}, which forgets or samples")
    rounds = count(horizon, "horizon")
    d, scale = learner.dimension, learner.action_bound**2 / learner.regularization
    width = max(1.0, float(learner.confidence_width(rounds)))
    return 2.0 * width * math.sqrt(2.0 * d * rounds * math.log1p(rounds * scale / d))


def dynamical_regret_bound(learner: DynLinUCB, horizon: int, *, online: bool = False) -> float:
    r""":math:`2 \max(1, \beta_M) \sqrt{\sum_{m \le M} (1 + H_m)^2} \sqrt{2 d \log(1 + M U^2 / (d \lambda))}`, M the epochs
    started in T rounds.

    Bounds offline regret with probability at least :math:`1 - \delta` if the width is sound (rounding up, or down with its bias
    constant scaled) and :math:`|\langle h, u \rangle| \le 1`: an epoch of :math:`1 + H_m` rounds costs at most that many times
    :math:`2 \min(1, \beta \|u\|_{V^{-1}})`, then Cauchy-Schwarz. ``online`` adds :math:`2 \Omega \Phi X / (1 - \rho)`, for the
    online regret of expected rewards: the noise of rewards comes on top.

    >>> from tabular.linear_bandits import budget_actions, synthetic_bandit
    >>> learner = DynLinUCB.for_bandit(synthetic_bandit(), budget_actions(), 10**6)
    >>> round(dynamical_regret_bound(learner, 10**6))
    362262
    """
    rounds = count(horizon, "horizon")
    epochs = learner.epochs(rounds)
    waits = 1.0 + learner.hold(np.arange(1, epochs + 1))
    d = learner.dimension
    width = max(1.0, float(learner.confidence_width(rounds if learner.by_round else epochs)))
    volume = 2.0 * d * math.log1p(epochs * learner.bounds.action**2 / (d * learner.regularization))
    offset = learner.bounds.online_offset if online else 0.0
    return 2.0 * width * math.sqrt(float((waits**2).sum())) * math.sqrt(volume) + offset


def discounted_regret_bound(learner: DLinUCB, horizon: int, variation: float, memory: float | None = None) -> float:
    r""":math:`2 L D B_T + \frac{4 L^3 S}{\lambda} \frac{\gamma^D}{1 - \gamma} T + 2 \sqrt 2 \beta_T \sqrt{d T} \sqrt{T
    \log\frac1\gamma + \log(1 + \frac{L^2}{d \lambda (1 - \gamma)})}` (Russac, Vernade and Cappé 2019, Theorem 2).

    Its first term rests on the step that :func:`~tabular.linear_bandits.bias_step` refutes, except for actions of which any two
    are parallel or orthogonal. D is ``memory``, by default :math:`\log T / (1 - \gamma)`; ``variation`` is :math:`B_T`.
    """
    rounds, gamma, d = count(horizon, "horizon"), learner.discount, learner.dimension
    if gamma == 1.0:
        raise ModelError("a discount of 1 forgets nothing, and the bound is infinite")
    away = 1.0 - gamma
    kept = math.log(rounds) / away if memory is None else number(memory, "memory", 0.0)
    L = learner.action_bound
    drift = 2.0 * L * kept * number(variation, "variation", 0.0)
    old = 4.0 * L**3 * learner.norm_bound / learner.regularization * gamma**kept / away * rounds
    volume = rounds * -math.log(gamma) + math.log1p(L**2 / (d * learner.regularization * away))
    width = float(learner.confidence_width(rounds))
    return drift + old + 2.0 * math.sqrt(2.0) * width * math.sqrt(d * rounds) * math.sqrt(volume)


def thompson_bayes_bound(horizon: int, *, dimension: int, arms: int, entropy: float, noise: float) -> float:
    r""":math:`\sqrt{2 \sigma^2 \min(d, K - 1) T H(A^*)}`, on the Bayesian regret of Thompson sampling; H in nats (Russo and Van
    Roy 2016)."""
    least = min(count(dimension, "dimension"), count(arms, "arms") - 1)
    spent = count(horizon, "horizon") * number(entropy, "entropy", 0.0)
    return number(noise, "noise", 0.0) * math.sqrt(2.0 * least * spent)
