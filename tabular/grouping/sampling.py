"""Expected loss of a grouped learner by simulation, with confidence intervals that hold for any number of repetitions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tabular._arrays import Float
from tabular._parameters import count, probability
from tabular.errors import ModelError
from tabular.grouping.plug_in import PlugIn
from tabular.mdp import MDP

__all__ = ["SampledLoss", "sampled_loss"]

CHUNK_ENTRIES = 10**7


@dataclass(frozen=True, eq=False)
class SampledLoss:
    """Estimates of the expected loss.

    Attributes
    ----------
    approximation : (S,) array
        Exact up to the solver's tolerance.
    estimation : (S,) array
        Mean over the repetitions.
    total : (S,) array
    lower, upper : (S,) arrays
        Confidence interval of the total, for each state by itself: empirical Bernstein.
    standard_error : (S,) array
        Of the mean.
    repetitions, samples_per_pair : int
    """

    approximation: Float
    estimation: Float
    total: Float
    lower: Float
    upper: Float
    standard_error: Float
    repetitions: int
    samples_per_pair: int


def sampled_loss(
    mdp: MDP,
    groups: Any,
    samples_per_pair: int,
    repetitions: int,
    *,
    rng: int | np.random.Generator,
    weights: Any = None,
    confidence: float = 0.95,
) -> SampledLoss:
    r"""Expected loss, (S,), of "estimate the merged kernel, plan, lift" from independent repetitions.

    The learner is that of :func:`~tabular.grouping.enumerated_loss`. Losses of n repetitions lie between 0 and the loss b of the
    worst policy, so that the mean is within

    .. math:: \sqrt{\frac{2 \hat\sigma^2 \ln(4 / \alpha)}{n}} + \frac{7 b \ln(4 / \alpha)}{3 (n - 1)}

    of its expectation with probability :math:`1 - \alpha` (Maurer and Pontil 2009, theorem 4, both sides).

    Parameters
    ----------
    mdp, groups, weights
        As for :func:`tabular.Grouped`.
    samples_per_pair : int >= 1
        K, of every state and group.
    repetitions : int >= 2
        n.
    rng : int or numpy.random.Generator
    confidence : float in (0, 1)
        :math:`1 - \alpha`, for each state by itself.

    Examples
    --------
    >>> from tabular.grouping import two_state_family
    >>> model = two_state_family([[.85, .75, .35, .25], [.3, .2, .9, .8]], .9)
    >>> found = sampled_loss(model, [0, 0, 1, 1], 6, 2000, rng=0)
    >>> bool((found.lower <= [0.5342441483, 0.5356925986]).all() and (found.upper >= [0.5342441483, 0.5356925986]).all())
    True
    """
    k, n = count(samples_per_pair, "samples_per_pair"), count(repetitions, "repetitions", least=2)
    level = probability(confidence, "confidence")
    if level in (0.0, 1.0):
        raise ModelError(f"confidence is {level!r} (expected a number strictly between 0 and 1)")
    generator = np.random.default_rng(rng)
    model = PlugIn.of(mdp, groups, weights)
    legal = np.isfinite(model.rewards)
    laws = np.where(legal[:, :, None], model.kernel, np.eye(model.n_states)[0])
    losses = np.empty((n, model.n_states))
    chunk = max(1, CHUNK_ENTRIES // laws.size)
    for start in range(0, n, chunk):
        some = min(chunk, n - start)
        ties = model.ties(generator.multinomial(k, laws, size=(some, *legal.shape)) / k)
        choices = np.where(ties, generator.random(ties.shape), -1.0).argmax(axis=2)
        losses[start : start + some] = model.best - model.values(choices)
    estimation, variance = losses.mean(axis=0), losses.var(axis=0, ddof=1)
    t = math.log(4.0 / (1.0 - level))
    reach = np.sqrt(2.0 * variance * t / n) + 7.0 * (model.best - model.worst()) * t / (3.0 * (n - 1))
    approximation = model.optimum - model.best
    total = approximation + estimation
    low, high = np.maximum(total - reach, approximation), total + reach
    return SampledLoss(approximation, estimation, total, low, high, np.sqrt(variance / n), n, k)
