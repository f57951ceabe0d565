r"""The slots of a problem: what happens outside and inside of :math:`v(s) = \operatorname{outer}_a[r + \gamma
\operatorname{inner} v]`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tabular.divergences import (
    KL,
    AmbiguitySet,
    ChiSquare,
    CVaR,
    Entropy,
    FDivergence,
    ReverseKL,
    TotalVariation,
    Wasserstein,
)
from tabular.divergences.projections import BURG, CHI_SQUARE, ENTROPIC, VARIATION
from tabular.errors import ModelError

__all__ = ["Expectation", "Max", "Penalised", "SharedWorstCase", "SmoothMax", "WorstCase"]


@dataclass(frozen=True)
class Max:
    """Outer slot of an ordinary problem: the best action."""


@dataclass(frozen=True)
class Expectation:
    """Inner slot of an ordinary problem: the mean over next states."""


@dataclass(frozen=True, eq=False)
class WorstCase:
    r"""Inner slot of an (s,a)-rectangular robust problem: :math:`\min \langle q, v\rangle` over laws near P(s, a).

    Rewards are those of the model: the adversary moves next states, not rewards. A row whose stored sum is not exactly one stands
    for that sum times a law.

    Parameters
    ----------
    divergence : FDivergence or AmbiguitySet
    radius : float or (S, A) array; none for ``CVaR``

    Raises
    ------
    ModelError
        If the radius is negative, NaN, or missing.
    """

    divergence: FDivergence | AmbiguitySet
    radius: Any = None

    def __post_init__(self) -> None:
        if isinstance(self.divergence, type) or not isinstance(self.divergence, (FDivergence, AmbiguitySet)):
            raise ModelError(f"{self.divergence!r} is no divergence or ambiguity set (write for example KL())")
        if isinstance(self.divergence, CVaR):
            if self.radius is not None:
                raise ModelError("CVaR takes no radius: its level is set in the constructor")
        else:
            _check_strength(self.radius, "radius")


@dataclass(frozen=True, eq=False)
class SharedWorstCase:
    r"""Inner slot of an s-rectangular robust problem: the actions of a state share one budget, and policies may mix.

    .. math:: v(s) = \max_\pi \min \Bigl\{ \sum_a \pi(a) \bigl[ r(s, a) + \gamma \langle q_a, v\rangle \bigr] :
              \sum_a D(q_a, P(s, a)) \le \text{radius} \Bigr\}

    Parameters
    ----------
    divergence : TotalVariation, KL, ChiSquare or ReverseKL
    radius : float or (S,) array
        An L1 budget kappa is a total variation radius of kappa / 2.

    Raises
    ------
    ModelError
        For other sets, or if the radius is negative, NaN, or missing.
    """

    divergence: FDivergence | TotalVariation
    radius: Any

    def __post_init__(self) -> None:
        if type(self.divergence) not in FAMILIES:
            names = ", ".join(kind.__name__ for kind in FAMILIES)
            raise ModelError(f"{self.divergence!r} has no s-rectangular solver ({names} have)")
        _check_strength(self.radius, "radius")


FAMILIES: dict[type, int] = {TotalVariation: VARIATION, KL: ENTROPIC, ChiSquare: CHI_SQUARE, ReverseKL: BURG}
"""The sets that actions can share, and the kernel's name of each."""


@dataclass(frozen=True, eq=False)
class Penalised:
    r"""Inner slot of a regularised robust problem: :math:`\min_q \langle q, v\rangle + \text{penalty}\cdot D(q, P(s, a))`.

    ``penalty`` is a float or an (S, A) array, in units of value. See :class:`WorstCase` for the rest.
    """

    divergence: FDivergence | TotalVariation | Wasserstein
    penalty: Any

    def __post_init__(self) -> None:
        if isinstance(self.divergence, type) or not isinstance(self.divergence, (FDivergence, TotalVariation, Wasserstein)):
            raise ModelError(f"{self.divergence!r} has no penalised form (an f-divergence, TotalVariation or Wasserstein has)")
        _check_strength(self.penalty, "penalty")


@dataclass(frozen=True, eq=False)
class SmoothMax:
    r"""Outer slot of a regularised problem: :math:`\max_\pi \langle \pi, q\rangle - \text{strength} \cdot D(\pi, \mu)`.

    For an entropy S, :math:`\max_\pi \langle \pi, q\rangle + \text{strength} \cdot S(\pi)`.

    Parameters
    ----------
    divergence : FDivergence, TotalVariation or Entropy
    strength : float
        Not negative; for an entropy, finite.
    reference : (S, A) or (A,) array, optional
        The policy mu to stay close to; uniform over allowed actions by default. Entropies take none.
    """

    divergence: FDivergence | TotalVariation | Entropy
    strength: Any
    reference: Any = None

    def __post_init__(self) -> None:
        if isinstance(self.divergence, type) or not isinstance(self.divergence, (FDivergence, TotalVariation, Entropy)):
            raise ModelError(
                f"{self.divergence!r} cannot regularise policies (an f-divergence, TotalVariation or an entropy can)"
            )
        _check_strength(self.strength, "strength")
        if np.ndim(self.strength) != 0:
            raise ModelError(f"strength has shape {np.shape(self.strength)} (expected a number)")
        if isinstance(self.divergence, Entropy):
            if self.reference is not None:
                raise ModelError("an entropy takes no reference; use a divergence such as KL()")
            if np.isinf(self.strength):
                raise ModelError("an entropy with infinite strength has no finite value")


def _check_strength(x: Any, name: str) -> None:
    try:
        values = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError):
        raise ModelError(f"{name} is {x!r} (expected a number >= 0 or an array of them)") from None
    if x is None or not (values >= 0).all():
        bad = values.reshape(-1)[~(values.reshape(-1) >= 0)]
        raise ModelError(f"{name} is {x if x is None or values.ndim == 0 else float(bad[0])!r} (expected a number >= 0)")
