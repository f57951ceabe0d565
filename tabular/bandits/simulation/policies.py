r"""Policies for :func:`tabular.bandits.simulate`: small frozen values, played by compiled loops.

Before a step, arm a has been pulled :math:`N_a` times with rewards that sum to :math:`S_a`; :math:`\hat\mu_a = S_a / N_a` and
:math:`n = \sum_a N_a`. A *window* counts the last steps only; a *discount* :math:`\gamma` multiplies all :math:`N_a` and
:math:`S_a` before each new pull is added, so that the last one weighs 1. Policies that divide by :math:`N_a` first pull each arm
once; later the score of an arm with :math:`N_a = 0` is infinite. Scores within 1e-12 of the largest are tied, and ties are
shared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from tabular._parameters import count, number, probability
from tabular.bandits.simulation import _kernels
from tabular.bandits.simulation._kernels import Environment, Record
from tabular.bandits.simulation._policy import CountsPolicy, Loop, SimulatedPolicy, check_rewards, inside, positive

__all__ = ["KLUCB", "UCB1", "DiscountedUCB", "EpsilonGreedy", "Exp3", "Exp3S", "SlidingWindowUCB"]


# --- upper confidence bounds -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class UCB1(CountsPolicy):
    r"""The largest :math:`\hat\mu_a + \sqrt{2 \ln n / N_a}`, for rewards in [0, 1].

    Source: Auer, Cesa-Bianchi and Fischer (2002), figure 1. :func:`tabular.bandits.ucb1` is the same policy for exact regret.
    """

    def loop(self) -> Loop:
        return Loop(_kernels.CONFIDENCE, 2.0)


@dataclass(frozen=True)
class KLUCB(CountsPolicy):
    r"""The largest :math:`\max \{q : N_a\, kl(\hat\mu_a, q) \le \ln(n + 1)\}`, for rewards in [0, 1].

    Source: Garivier and Cappé (2011), algorithm 1 with c = 0. :func:`tabular.bandits.kl_ucb` is the same policy for exact regret.
    """

    def loop(self) -> Loop:
        return Loop(_kernels.KL_CONFIDENCE)


@dataclass(frozen=True)
class DiscountedUCB(CountsPolicy):
    r"""The largest :math:`\hat\mu_a + 2 B \sqrt{\xi \ln n / N_a}` of discounted counts, for rewards in [0, B].

    Parameters
    ----------
    discount : float in (0, 1)
    bound : float > 0
        B.
    exploration : float > 0
        :math:`\xi`; the theorem asks for more than 1/2.

    Source: Garivier and Moulines (2011), theorem 1 and the choice of the discount after it.
    """

    discount: float
    bound: float = 1.0
    exploration: float = 0.6

    def __post_init__(self) -> None:
        inside(self.discount, "discount")
        positive(self.bound, "bound")
        positive(self.exploration, "exploration")

    @classmethod
    def tuned(cls, horizon: int, changes: int, bound: float = 1.0, exploration: float = 0.6) -> DiscountedUCB:
        r"""With the discount :math:`1 - \sqrt{\Upsilon / T} / (4 B)` for :math:`\Upsilon` changes within T steps.

        >>> DiscountedUCB.tuned(10_000, changes=4)
        DiscountedUCB(discount=0.995, bound=1.0, exploration=0.6)
        """
        T, B = count(horizon, "horizon"), positive(bound, "bound")
        return cls(1.0 - math.sqrt(count(changes, "changes", most=T) / T) / (4.0 * B), bound, exploration)

    def check(self, bandit: Environment) -> None:
        check_rewards(self, bandit, self.bound)

    def loop(self) -> Loop:
        return Loop(_kernels.CONFIDENCE, 4.0 * self.bound**2 * self.exploration, discount=self.discount)


@dataclass(frozen=True)
class SlidingWindowUCB(CountsPolicy):
    r"""The largest :math:`\hat\mu_a + B \sqrt{\xi \ln n / N_a}` of the last :math:`\tau` steps, for rewards in [0, B].

    Parameters
    ----------
    window : int >= 1
        :math:`\tau`.
    bound : float > 0
        B.
    exploration : float > 0
        :math:`\xi`; the theorem asks for more than 1/2.

    Source: Garivier and Moulines (2011), theorem 2 and the choice of the window after it.
    """

    window: int
    bound: float = 1.0
    exploration: float = 0.6

    def __post_init__(self) -> None:
        count(self.window, "window")
        positive(self.bound, "bound")
        positive(self.exploration, "exploration")

    @classmethod
    def tuned(cls, horizon: int, changes: int, bound: float = 1.0, exploration: float = 0.6) -> SlidingWindowUCB:
        r"""With the window :math:`2 B \sqrt{T \ln T / \Upsilon}`, rounded up, for :math:`\Upsilon` changes within T steps.

        >>> SlidingWindowUCB.tuned(10_000, changes=4)
        SlidingWindowUCB(window=304, bound=1.0, exploration=0.6)
        """
        T, B = count(horizon, "horizon"), positive(bound, "bound")
        width = 2.0 * B * math.sqrt(T * math.log(T) / count(changes, "changes", most=T))
        return cls(max(math.ceil(width), 1), bound, exploration)

    def check(self, bandit: Environment) -> None:
        check_rewards(self, bandit, self.bound)

    def loop(self) -> Loop:
        return Loop(_kernels.CONFIDENCE, self.bound**2 * self.exploration, window=self.window)


# --- random exploration ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EpsilonGreedy(CountsPolicy):
    r"""With probability :math:`\min(\epsilon, d / t)` any arm, else the largest :math:`\hat\mu_a`; t = 1, 2, ...

    Parameters
    ----------
    epsilon : float in [0, 1]
    decay : float >= 0
        d; by default infinite, to explore for ever. ``epsilon=1`` with :math:`d = c k / \Delta^2` is :math:`\epsilon_n`-greedy.

    Source: Auer, Cesa-Bianchi and Fischer (2002), figure 3 and theorem 3.
    """

    epsilon: float
    decay: float = math.inf

    def __post_init__(self) -> None:
        probability(self.epsilon, "epsilon")
        if self.decay != math.inf:
            number(self.decay, "decay", least=0.0)

    def check(self, bandit: Environment) -> None:
        """Means need no range."""

    def loop(self) -> Loop:
        return Loop(_kernels.EPSILON_GREEDY, self.epsilon, self.decay)


@dataclass(frozen=True)
class Exp3(SimulatedPolicy):
    r"""Arm a with probability :math:`p_a = (1 - \gamma) w_a / \sum w + \gamma / k`, then :math:`w_a` of the arm that was pulled
    times :math:`\exp(\gamma r / (k p_a))`; rewards r in [0, 1].

    Parameters
    ----------
    mixing : float in (0, 1]
        :math:`\gamma`.

    Source: Auer, Cesa-Bianchi, Freund and Schapire (2002), section 3.
    """

    mixing: float

    def __post_init__(self) -> None:
        positive(self.mixing, "mixing", 1.0)

    @classmethod
    def tuned(cls, horizon: int, arms: int) -> Exp3:
        r"""With :math:`\gamma = \min(1, \sqrt{k \ln k / ((e - 1) T)})`, which keeps the regret against the best fixed arm below
        :math:`2 \sqrt{e - 1} \sqrt{T k \ln k}` (corollary 3.2).

        >>> Exp3.tuned(1000, 2)
        Exp3(mixing=0.02840...)
        """
        T, k = count(horizon, "horizon"), count(arms, "arms", least=2)
        return cls(min(1.0, math.sqrt(k * math.log(k) / ((math.e - 1.0) * T))))

    def play(self, bandit: Environment, record: Record, replications: int, rng: Any) -> None:
        _kernels.play_weights(bandit, record, replications, rng, float(self.mixing), 0.0)


@dataclass(frozen=True)
class Exp3S(SimulatedPolicy):
    r"""Exp3 that shares: after a step every weight also gains :math:`e \alpha / k` times the sum of the weights before it.

    Parameters
    ----------
    mixing : float in (0, 1]
        :math:`\gamma`.
    sharing : float in (0, 1]
        :math:`\alpha`.

    Source: Auer, Cesa-Bianchi, Freund and Schapire (2002), section 8.
    """

    mixing: float
    sharing: float

    def __post_init__(self) -> None:
        positive(self.mixing, "mixing", 1.0)
        positive(self.sharing, "sharing", 1.0)

    @classmethod
    def tuned(cls, horizon: int, arms: int, changes: int) -> Exp3S:
        r"""With :math:`\alpha = 1 / T` and :math:`\gamma = \min(1, \sqrt{k (S \ln(k T) + e) / ((e - 1) T)})`, which keeps the
        regret against every sequence of arms with S - 1 changes below :math:`2 \sqrt{e - 1} \sqrt{k T (S \ln(k T) + e)}`
        (corollary 8.3).

        >>> Exp3S.tuned(1000, 2, changes=3)
        Exp3S(mixing=0.19634..., sharing=0.001)
        """
        T, k = count(horizon, "horizon"), count(arms, "arms", least=2)
        S = count(changes, "changes", least=0, most=T - 1) + 1
        return cls(min(1.0, math.sqrt(k * (S * math.log(k * T) + math.e) / ((math.e - 1.0) * T))), 1.0 / T)

    def play(self, bandit: Environment, record: Record, replications: int, rng: Any) -> None:
        _kernels.play_weights(bandit, record, replications, rng, float(self.mixing), float(self.sharing))
