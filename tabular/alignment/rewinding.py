"""Rewind and repeat: draw until the reward reaches a threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabular.alignment.best import BestOfN
from tabular.alignment.reward_classes import RewardClasses, draws, reward_classes
from tabular.divergences import KL
from tabular.errors import ModelError

__all__ = ["RewindAndRepeat", "rewind_and_repeat"]


@dataclass(frozen=True, eq=False)
class RewindAndRepeat:
    """The policy that draws until a reward is accepted.

    Attributes
    ----------
    pmf : (L,) array
        Its law; fractions if the probabilities were fractions.
    acceptance : number
        Reference mass of accepted outcomes.
    expected_draws : number
    kl : float
        Divergence from the reference, in nats.
    win_rate : number
        Against one draw of the reference, ties counting one half.
    """

    pmf: NDArray[Any]
    acceptance: Any
    expected_draws: Any
    kl: float
    win_rate: Any


def rewind_and_repeat(probabilities: Any, rewards: Any, threshold: Any, *, max_draws: Any = None) -> RewindAndRepeat:
    r"""Draw from the reference until the reward is at least ``threshold``, at most ``max_draws`` times.

    Without a budget the law is the reference restricted to the accepted outcomes, of mass :math:`\delta`: divergence
    :math:`\log(1/\delta)`, win rate :math:`1 - \delta/2`, :math:`1/\delta` draws. With at most N draws the best one is kept if
    none is accepted:

    .. math:: \pi(y) = \frac{p_y}{\delta} \bigl(1 - (1 - \delta)^N\bigr) \text{ if accepted, else } \pi^{(N)}(y),
              \qquad E[\text{draws}] = \frac{1 - (1 - \delta)^N}{\delta}.

    Raises
    ------
    ModelError
        If no outcome with mass reaches the threshold and there is no budget, for a budget that is no integer >= 1, and for
        arguments as in :func:`~tabular.alignment.best_of_n`.

    >>> policy = rewind_and_repeat([0.4, 0.3, 0.2, 0.1], [0, 1, 2, 3], threshold=2, max_draws=3)
    >>> policy.pmf.round(10), f"{policy.expected_draws:.4f} draws, {policy.kl:.10f} nats, win rate {policy.win_rate:.4f}"
    (array([0.064, 0.279, 0.438, 0.219]), '2.1900 draws, 0.3774908773 nats, win rate 0.7247')
    """
    classes = reward_classes(probabilities, rewards)
    budget = None if max_draws is None else draws(max_draws, "max_draws")
    if budget is not None and not isinstance(budget, int):
        raise ModelError(f"max_draws is {max_draws!r} (expected an integer >= 1)")
    try:
        finite = math.isfinite(threshold)
    except (TypeError, ValueError):
        finite = False
    if not finite:
        raise ModelError(f"threshold is {threshold!r} (expected a finite reward)")
    accepted_classes = np.array([bool(r >= threshold) for r in classes.rewards])
    accepted = np.append(accepted_classes, False)[classes.index]
    if not accepted_classes.any() and budget is None:
        raise ModelError(f"no outcome with mass has a reward >= {threshold!r}: without max_draws the draws never end")
    if classes.exact is not None:
        return _exactly(classes, accepted, budget)
    p = classes.probabilities
    first = int(np.argmax(accepted_classes)) if accepted_classes.any() else len(classes)
    acceptance = 1.0 if first == 0 else float(classes.above[first - 1])
    if budget is None:
        pmf = np.where(accepted, p / acceptance, 0.0)
        expected = 1.0 / acceptance
    else:
        fallback = BestOfN(classes, budget).pmf
        found = -math.expm1(budget * math.log1p(-acceptance)) if acceptance < 1 else 1.0
        expected = found / acceptance if acceptance > 0 else float(budget)
        pmf = np.where(accepted, p * expected, fallback)
    return RewindAndRepeat(pmf, acceptance, expected, float(KL()(pmf, p)), float(pmf @ classes.spread_back(classes.middles, 0.0)))


def _exactly(classes: RewardClasses, accepted: NDArray[Any], budget: int | None) -> RewindAndRepeat:
    """The same in fractions."""
    assert classes.exact is not None
    p, inside = classes.exact
    acceptance = sum((x for x, yes in zip(p, accepted, strict=True) if yes), Fraction(0))
    if budget is None:
        expected = 1 / acceptance
        law = [x * expected if yes else Fraction(0) for x, yes in zip(p, accepted, strict=True)]
    else:
        expected = (1 - (1 - acceptance) ** budget) / acceptance if acceptance else Fraction(budget)
        fallback = BestOfN(classes, budget).pmf
        law = [x * expected if yes else y for x, y, yes in zip(p, fallback, accepted, strict=True)]
    middle, below = [], Fraction(0)
    for mass in inside:
        middle.append(below + mass / 2)
        below += mass
    rate = sum((q * middle[c] for q, c in zip(law, classes.index, strict=True) if c >= 0), Fraction(0))
    floats = [float(x) for x in law]
    return RewindAndRepeat(np.array(law, dtype=object), acceptance, expected, float(KL()(floats, classes.probabilities)), rate)
