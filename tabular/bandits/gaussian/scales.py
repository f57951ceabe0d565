"""Two Gaussian arms whose common and idiosyncratic processes move slower and faster: regret by scale, against the bound."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tabular import _arrays
from tabular._arrays import Float
from tabular._parameters import count
from tabular.bandits.gaussian.bandit import GaussianProcessBandit
from tabular.bandits.gaussian.covariances import RBF
from tabular.bandits.gaussian.policies import (
    GaussianDiscountedUCB,
    GaussianPolicy,
    GaussianThompson,
    GaussianUniform,
    GaussianWindowThompson,
)
from tabular.errors import ModelError
from tabular.progress import Progress

__all__ = ["ScaleRegret", "policies_for_scale", "regret_by_scale"]


def policies_for_scale(idiosyncratic_scale: float) -> dict[str, GaussianPolicy]:
    r"""Exact Thompson sampling and its competitors, which know the scale :math:`\tau` too.

    A memory of m steps errs by about :math:`(m / \tau)^2 + 1 / m`, smallest at :math:`m \propto \tau^{2/3}`. The factors, a
    window of :math:`2 \tau^{2/3}` and a discount of :math:`e^{-1 / m}`, :math:`m = 1.2\, \tau^{2/3}`, with a bound of 1/2, are
    about the best in hindsight for scales from 10 to 200, unit variances and unit noise. So tuned, discounted UCB is even better
    than Thompson sampling, which is not Bayes optimal, where the best arm changes fast, and worse where it changes slowly.

    >>> policies_for_scale(50.0)["discounted UCB"]
    GaussianDiscountedUCB(discount=0.940..., bound=0.5, exploration=0.6)
    """
    memory = float(RBF(idiosyncratic_scale).scale) ** (2.0 / 3.0)
    return {
        "Thompson": GaussianThompson(),
        "sliding-window Thompson": GaussianWindowThompson(max(1, round(2.0 * memory))),
        "discounted UCB": GaussianDiscountedUCB(math.exp(-1.0 / (1.2 * memory)), bound=0.5),
        "uniform": GaussianUniform(),
    }


@dataclass(frozen=True, eq=False)
class ScaleRegret:
    """Regret per step of p policies at m pairs of scales.

    Attributes
    ----------
    policies : p names
    idiosyncratic_scales, common_scales : (m,) arrays
    regret, standard_error : (p, m) arrays
        Mean over the steps that count and over replications, and its standard error.
    switch_probability, entropy_rate : (m,) arrays
        Of the best arm, the second an upper bound: :math:`H(A^*_3 | A^*_1, A^*_2)`.
    bound, finite_bound : (m,) arrays
        :meth:`GaussianProcessBandit.thompson_bound` in the limit, and over as many steps as count.
    """

    policies: tuple[str, ...]
    idiosyncratic_scales: Float
    common_scales: Float
    regret: Float
    standard_error: Float
    switch_probability: Float
    entropy_rate: Float
    bound: Float
    finite_bound: Float

    def __repr__(self) -> str:
        return f"ScaleRegret({', '.join(self.policies)}; {self.bound.size} pairs of scales)"


def regret_by_scale(
    idiosyncratic_scales: ArrayLike,
    common_scales: ArrayLike,
    *,
    horizon: int = 300,
    first: int = 100,
    replications: int = 200,
    seed: int = 0,
    policies: Callable[[float], Mapping[str, GaussianPolicy]] = policies_for_scale,
    progress: bool = False,
) -> ScaleRegret:
    """Simulate two arms with RBF covariances, unit variances and unit noise, at pairs of scales.

    Parameters
    ----------
    idiosyncratic_scales, common_scales : (m,) arrays, or one number for all
    horizon : int >= 1
    first : int
        Steps before it (0-based) do not count: there policies still learn what they could know already.
    replications : int >= 1
        All policies and all scales meet the same random numbers.
    seed : int >= 0
    policies : function of the idiosyncratic scale to named policies
    progress : bool
        Show how many simulations are done (needs ``rich``).

    Examples
    --------
    >>> found = regret_by_scale([10, 50], 10, horizon=60, first=20, replications=20)
    >>> found.regret.shape, bool((found.regret[0] < found.finite_bound).all())
    ((4, 2), True)

    Source: the experiment of Min and Russo (2023), scales 50 and 10. Their message: regret falls with the idiosyncratic scale, by
    which alone the best arm changes, and hardly depends on the common one.
    """
    own, common = _scales(idiosyncratic_scales, "idiosyncratic_scales"), _scales(common_scales, "common_scales")
    try:
        own, common = (np.array(x) for x in np.broadcast_arrays(own, common))
    except ValueError:
        raise ModelError(
            f"there are {own.size} idiosyncratic_scales and {common.size} common_scales (expected as many)"
        ) from None
    start = count(first, "first", 0, count(horizon, "horizon") - 1)
    bandits = [GaussianProcessBandit(RBF(float(y)), common=RBF(float(x))) for y, x in zip(own, common, strict=True)]
    tables = [dict(policies(float(y))) for y in own]
    names = tuple(tables[0])
    averages = []
    with Progress(progress, "Gaussian bandits: simulations") as bar:
        for bandit, table in zip(bandits, tables, strict=True):
            for name in names:
                found = bandit.simulate(table[name], horizon, replications, seed=seed)
                averages.append(found.average(start))
                bar.count(len(averages), len(bandits) * len(names))
    regret, error = np.array(averages).reshape(len(bandits), len(names), 2).T
    return ScaleRegret(
        names,
        own,
        common,
        regret,
        error,
        np.array([bandit.gap.switch_probability for bandit in bandits]),
        np.array([bandit.gap.conditional_entropy(2) for bandit in bandits]),
        np.array([bandit.thompson_bound() for bandit in bandits]),
        np.array([bandit.thompson_bound(horizon - start) for bandit in bandits]),
    )


def _scales(values: ArrayLike, name: str) -> Float:
    scales = np.atleast_1d(_arrays.as_float(values, name))
    if scales.ndim != 1 or scales.size == 0:
        raise ModelError(f"{name} have shape {scales.shape} (expected (m,), or one number)")
    return scales
