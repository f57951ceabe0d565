"""Posterior sampling for :func:`tabular.bandits.simulate`: independent Beta posteriors, and the exact belief of a hidden chain.

Notation, windows and discounts as in :mod:`tabular.bandits.simulation.policies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tabular._parameters import count
from tabular.bandits.simulation import _kernels
from tabular.bandits.simulation._kernels import Environment, Record
from tabular.bandits.simulation._policy import CountsPolicy, Loop, SimulatedPolicy, check_rewards, inside, positive
from tabular.errors import ModelError

__all__ = ["BeliefGreedy", "BeliefThompson", "DiscountedThompson", "SlidingWindowThompson", "Thompson"]


class _BetaSampling(CountsPolicy):
    """The largest sample from the Beta posteriors of the arms."""

    prior: tuple[float, float]

    def __post_init__(self) -> None:
        if not isinstance(self.prior, tuple) or len(self.prior) != 2:
            raise ModelError(f"prior is {self.prior!r} (expected a pair of positive numbers)")
        for x in self.prior:
            positive(x, "a parameter of the prior")

    def check(self, bandit: Environment) -> None:
        check_rewards(self, bandit, 1.0, binary=True)


@dataclass(frozen=True)
class Thompson(_BetaSampling):
    r"""The largest sample of :math:`\text{Beta}(a + S_a, b + N_a - S_a)`, for rewards 0 and 1.

    Parameters
    ----------
    prior : pair of positive floats
        (a, b) of every arm; (1, 1) is uniform, (1/2, 1/2) is Jeffreys'.

    Source: Thompson (1933); Agrawal and Goyal (2012), algorithm 1. :func:`tabular.bandits.thompson` has the exact probabilities
    for two arms and the uniform prior.
    """

    prior: tuple[float, float] = (1.0, 1.0)

    def loop(self) -> Loop:
        return Loop(_kernels.BETA, *self.prior)


@dataclass(frozen=True)
class SlidingWindowThompson(_BetaSampling):
    r"""Thompson sampling from the last :math:`\tau` steps: of an arm not pulled in them only the prior is left.

    Parameters
    ----------
    window : int >= 1
        :math:`\tau`.
    prior : pair of positive floats

    Source: Trovò, Paladino, Restelli and Gatti (2020).
    """

    window: int
    prior: tuple[float, float] = (1.0, 1.0)

    def __post_init__(self) -> None:
        count(self.window, "window")
        super().__post_init__()

    def loop(self) -> Loop:
        return Loop(_kernels.BETA, *self.prior, window=self.window)


@dataclass(frozen=True)
class DiscountedThompson(_BetaSampling):
    r"""Thompson sampling with discounted counts; the prior is not discounted.

    Parameters
    ----------
    discount : float in (0, 1)
    prior : pair of positive floats

    Source: Raj and Kalyani (2017).
    """

    discount: float
    prior: tuple[float, float] = (1.0, 1.0)

    def __post_init__(self) -> None:
        inside(self.discount, "discount")
        super().__post_init__()

    def loop(self) -> Loop:
        return Loop(_kernels.BETA, *self.prior, discount=self.discount)


class _Believing(SimulatedPolicy):
    """Knows the law of the hidden chain, and filters."""

    def check(self, bandit: Environment) -> None:
        if bandit.motion != _kernels.CHAIN:
            raise ModelError(f"{self!r} has beliefs about a hidden state, so that it plays a LatentBandit only")

    def play(self, bandit: Environment, record: Record, replications: int, rng: Any) -> None:
        _kernels.play_beliefs(bandit, record, replications, rng, isinstance(self, BeliefGreedy))


@dataclass(frozen=True)
class BeliefThompson(_Believing):
    r"""Thompson sampling of a :class:`~tabular.bandits.LatentBandit`: the best arm of a state drawn from the exact belief.

    .. math:: P(A_t = a \mid F_{t - 1}) = P(A^*_t = a \mid F_{t - 1}).

    Source: Russo and Van Roy (2016); Min and Russo (2023) for states that move.
    :meth:`~tabular.bandits.LatentBandit.thompson_regret` is its regret without simulation, for horizons whose belief tree is
    not too large.
    """


@dataclass(frozen=True)
class BeliefGreedy(_Believing):
    r"""The largest :math:`E[\mu(\theta_t, a) \mid F_{t - 1}]` of a :class:`~tabular.bandits.LatentBandit`, the lowest index among
    those within 1e-12; :meth:`~tabular.bandits.LatentBandit.greedy` for exact regret."""
