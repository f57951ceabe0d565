r"""What is lost because the merged model is estimated: K independent samples of every state and group, then planning.

:math:`\hat\mu` is optimal in the estimated merged model; rewards are known. For *any* two kernels,

.. math:: \eta = \|(P - \hat P) V^*_G\|_\infty: \quad V^*_G - V^{\hat\mu}_G \le \frac{2 \gamma \eta}{(1 - \gamma)^2} \quad (E1),
    \qquad \varepsilon = \max TV(P, \hat P): \quad
    V^*_G - V^{\hat\mu}_G \le \frac{2 \gamma \varepsilon \Delta}{(1 - \gamma)(1 - \gamma (1 - \varepsilon))} \quad (E2).

E1 is the usual argument on action values. E2: :math:`V^* - V^{\hat\mu} = (V^* - \hat V^{\mu^*}) + (\hat V^{\mu^*} - \hat
V^{\hat\mu}) + (\hat V^{\hat\mu} - V^{\hat\mu})`; the middle is not positive, the outer two are bounded by coupling as in
:mod:`tabular.grouping.approximation` with x = 0. E2 is attained up to its cap (:func:`tabular.grouping.estimation_instance`).

With probability at least :math:`1 - \delta` for all n pairs at once, :math:`\eta` and :math:`\varepsilon` are within the radii of
Hoeffding, Bernstein and Weissman below. The combinations are derived here; they are not the constants printed in the paper.
"""

from __future__ import annotations

import math
from typing import Any

from tabular._parameters import count, number, probability
from tabular.errors import ModelError
from tabular.grouping.approximation import discounted

__all__ = [
    "bernstein_radius",
    "estimation_bound",
    "hoeffding_radius",
    "kernel_error_bound",
    "value_error_bound",
    "weissman_radius",
]


def value_error_bound(eta: float, gamma: float, *, reward_error: float = 0.0) -> float:
    r"""E1: :math:`2 (\gamma \eta + \eta_r) / (1 - \gamma)^2`, :math:`\eta_r` the largest error of a reward that is not known.

    Half of it times :math:`1 - \gamma` bounds the error of action values.
    """
    g = discounted(gamma)
    return 2.0 * (g * number(eta, "eta", 0) + number(reward_error, "reward_error", 0)) / (1.0 - g) ** 2


def kernel_error_bound(epsilon: float, gamma: float, *, reward_range: float = 1.0) -> float:
    r"""E2: :math:`2 \gamma \varepsilon \Delta / [(1 - \gamma)(1 - \gamma (1 - \varepsilon))]`, :math:`\varepsilon \in [0, 1]` in
    total variation, :math:`\Delta` the range of rewards.

    >>> round(kernel_error_bound(.1, .9), 10), round(kernel_error_bound(.01, .9), 10)
    (9.4736842105, 1.6513761468)
    """
    e, g = probability(epsilon, "epsilon"), discounted(gamma)
    return 2.0 * g * e * number(reward_range, "reward_range", 0) / ((1.0 - g) * ((1.0 - g) + g * e))


def _plan(samples: Any, pairs: Any, delta: Any) -> tuple[float, int, float]:
    """Samples of each pair (positive), number of pairs, probability of failure in (0, 1)."""
    k, failure = number(samples, "samples", 0), probability(delta, "delta")
    if k == 0.0:
        raise ModelError("samples is 0: without a sample of each pair there is no estimate")
    if failure in (0.0, 1.0):
        raise ModelError(f"delta is {failure!r} (expected a probability strictly between 0 and 1)")
    return k, count(pairs, "pairs"), failure


def hoeffding_radius(span: float, samples: float, pairs: int, delta: float) -> float:
    r""":math:`\eta \le sp(V) \sqrt{\ln(2n/\delta) / (2K)}` for a fixed V, all n pairs at once (Hoeffding 1963).

    Parameters
    ----------
    span : float
        Of the values V.
    samples : float > 0
        K, of each pair; real numbers are accepted, for curves.
    pairs : int
        n, states times groups.
    delta : float in (0, 1)
    """
    k, n, d = _plan(samples, pairs, delta)
    return number(span, "span", 0) * math.sqrt(math.log(2 * n / d) / (2 * k))


def bernstein_radius(variance: float, span: float, samples: float, pairs: int, delta: float) -> float:
    r""":math:`\sqrt{2 \mathrm{Var}_P(V) t / K} + sp(V) t / (3K)` with :math:`t = \ln(2n/\delta)` (Bernstein 1946); ``variance``
    is the largest of the pairs, the rest as in :func:`hoeffding_radius`."""
    k, n, d = _plan(samples, pairs, delta)
    t = math.log(2 * n / d)
    return math.sqrt(2 * number(variance, "variance", 0) * t / k) + number(span, "span", 0) * t / (3 * k)


def weissman_radius(n_states: int, samples: float, pairs: int, delta: float) -> float:
    r""":math:`\varepsilon \le \sqrt{\ln((2^S - 2) n / \delta) / (2K)}` in total variation, at most 1 (Weissman et al. 2003,
    whose L1 radius is twice this). One state: 0.

    >>> round(weissman_radius(2, 1000, 4, .1), 10)
    0.0468082612
    """
    k, n, d = _plan(samples, pairs, delta)
    states = count(n_states, "n_states")
    if states == 1:
        return 0.0
    subsets = states * math.log(2.0) + math.log1p(-(2.0 ** (1 - states)))
    return min(1.0, math.sqrt((subsets + math.log(n / d)) / (2 * k)))


def estimation_bound(
    n_states: int,
    n_groups: int,
    samples: float,
    gamma: float,
    delta: float,
    *,
    span: float | None = None,
    variance: float | None = None,
    reward_range: float = 1.0,
) -> float:
    r"""The smallest of E1 (Hoeffding, or Bernstein if a variance is given), E2 (Weissman) and :math:`\Delta / (1 - \gamma)`.

    Each holds with probability :math:`1 - \delta`, and which is smallest does not depend on the samples. With one group or one
    state nothing can go wrong: 0. The expected loss is at most this plus :math:`\delta \Delta / (1 - \gamma)`.

    Parameters
    ----------
    n_states, n_groups : int
        S and m.
    samples : float > 0
        K of each state and group; real numbers are accepted, for curves.
    gamma : float in [0, 1)
    delta : float in (0, 1)
    span, variance : float, optional
        Of :math:`V^*_G`: span (by default its largest), and the largest variance of a next value, for Bernstein's radius.
    reward_range : float
        :math:`\Delta`.

    Raises
    ------
    ModelError
        If ``samples`` is not positive, or another parameter is out of its range.

    Examples
    --------
    >>> round(estimation_bound(2, 7, 1e6 / 14, .9, .1), 10)
    1.0699935126
    """
    g, states, groups = discounted(gamma), count(n_states, "n_states"), count(n_groups, "n_groups")
    size = number(reward_range, "reward_range", 0)
    trivial, pairs = size / (1.0 - g), states * groups
    widest = trivial if span is None else number(span, "span", 0)
    eta = hoeffding_radius(widest, samples, pairs, delta)
    if variance is not None:
        eta = min(eta, bernstein_radius(variance, widest, samples, pairs, delta))
    epsilon = weissman_radius(states, samples, pairs, delta)
    if groups == 1 or states == 1:
        return 0.0
    return min(value_error_bound(eta, g), kernel_error_bound(epsilon, g, reward_range=size), trivial)
