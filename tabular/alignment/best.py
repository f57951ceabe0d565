"""The law of the best of n draws, its divergence from the reference, its win rate, and the estimator of the divergence."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float, frozen
from tabular.alignment import kernels
from tabular.alignment.continuum import kl_cap, win_rate_cap
from tabular.alignment.reward_classes import RewardClasses, draws, reward_classes
from tabular.errors import ModelError

__all__ = ["BestOfN", "best_of_n"]

MOST_BITS = 10**8
"""Exact laws that would take more bits than this are refused."""


@dataclass(frozen=True, eq=False, repr=False)
class BestOfN:
    r"""The policy that draws n times from the reference and keeps the draw of largest reward.

    Ties go to the first of the tied draws, or to any of them by a rule that looks at positions only. Arrays over outcomes are in
    the caller's order; what takes time is computed when it is first asked for, and kept.
    """

    classes: RewardClasses
    n: int | float

    def __repr__(self) -> str:
        return f"BestOfN(n={self.n:g}, {self.classes.index.size} outcomes in {len(self.classes)} classes)"

    def with_draws(self, n: Any) -> BestOfN:
        """The same reference and rewards with another number of draws; nothing is sorted anew."""
        return BestOfN(self.classes, draws(n))

    # --- the law -------------------------------------------------------------------------------------------------------------

    @cached_property
    def _log_ratio(self) -> Float:
        """(C,) ``log(q_c / P_c)``."""
        out = np.empty(len(self.classes))
        kernels.ratios(float(self.n), self.classes.masses, self.classes.below, self._log_cumulative, out)
        return frozen(out)

    @cached_property
    def _log_cumulative(self) -> Float:
        return frozen(self.classes.log_cumulative)

    @cached_property
    def _class_law(self) -> Float:
        """(C,) probability that the best draw falls in each class."""
        return frozen(self.classes.masses * np.exp(self._log_ratio))

    @cached_property
    def log_pmf(self) -> Float:
        """(L,) logarithms of the law; right where the law itself underflows, ``-inf`` for outcomes without mass."""
        with np.errstate(divide="ignore"):
            log = np.log(self.classes.probabilities)
        return frozen(log + self.classes.spread_back(self._log_ratio, 0.0))

    @cached_property
    def pmf(self) -> NDArray[Any]:
        r"""(L,) law of the best draw, :math:`\frac{p_y}{P_c} (F_c^n - F_{c-1}^n)`; fractions if the probabilities were fractions
        and n is an integer.

        Raises
        ------
        ModelError
            If the fractions would take more than 10^8 bits.
        """
        if self._is_exact:
            return frozen(self._exact_law[0])
        return frozen(self.classes.probabilities * self.classes.spread_back(np.exp(self._log_ratio), 0.0))

    @property
    def _is_exact(self) -> bool:
        return self.classes.exact is not None and isinstance(self.n, int)

    @cached_property
    def _exact_law(self) -> tuple[NDArray[Any], Fraction]:
        """The law and the win rate in rational numbers."""
        assert self.classes.exact is not None
        outcomes, inside = self.classes.exact
        bits = sum(x.denominator.bit_length() for x in outcomes) * int(self.n)
        if bits > MOST_BITS:
            raise ModelError(
                f"the exact law of {outcomes.size} outcomes and {self.n} draws takes about {bits:.1g} bits; pass doubles"
            )
        ratio, rate, below = [], Fraction(0), Fraction(0)
        for mass in inside:
            q = (below + mass) ** self.n - below**self.n
            ratio.append(q / mass)
            rate += q * (below + mass / 2)
            below += mass
        law = [p * ratio[c] if c >= 0 else Fraction(0) for p, c in zip(outcomes, self.classes.index, strict=True)]
        return np.array(law, dtype=object), rate

    # --- divergence and win rate ---------------------------------------------------------------------------------------------

    @cached_property
    def _moments(self) -> tuple[float, float]:
        divergence, loss = kernels.moments(self._log_ratio, self.classes.masses, self.classes.above)
        return float(divergence), float(loss)

    @property
    def kl(self) -> float:
        """Divergence of the law from the reference, in nats."""
        return self._moments[0]

    @cached_property
    def kl_cap(self) -> float:
        r"""The classical formula :math:`\log n - (n - 1) / n`, an upper bound (Beirami et al. 2024, Theorem 3.1)."""
        return kl_cap(self.n)

    @cached_property
    def gap(self) -> float:
        r"""``kl_cap - kl`` as the sum of :math:`F_c^n \gamma_n(P_c / F_c)`, without cancellation."""
        return float(kernels.total_gap(float(self.n), self.classes.masses, self.classes.below, self._log_cumulative))

    @property
    def win_rate(self) -> Any:
        """Probability to beat one draw, ties counting one half; a fraction where the law consists of fractions."""
        return self._exact_law[1] if self._is_exact else 1.0 - self._moments[1]

    @property
    def win_rate_cap(self) -> float:
        r""":math:`n / (n + 1)`, an upper bound (Beirami et al. 2024, Theorem 5.3)."""
        return win_rate_cap(self.n)

    # --- the estimator -------------------------------------------------------------------------------------------------------

    def estimator(self, epsilon: Any) -> Any:
        r"""The estimate :math:`d_n(\varepsilon)` of the divergence from the reference mass of a winner; vectorised.

        It needs no rewards and no other outcome (Beirami et al. 2024, Eq. 25):

        .. math:: d_n(\varepsilon) = (1 - \varepsilon)^n \Bigl(\log n + (n - 1) \log(1 - \varepsilon) - \frac{n - 1}{n}\Bigr)
                  + (1 - (1 - \varepsilon)^n) \log\frac{1 - (1 - \varepsilon)^n}{\varepsilon}.

        Raises
        ------
        ModelError
            For masses outside [0, 1].
        """
        x = np.asarray(epsilon, dtype=np.float64)
        bad = ~((x >= 0) & (x <= 1))
        if bad.any():
            raise ModelError(f"epsilon is {float(x[bad].reshape(-1)[0])!r} (expected a mass in [0, 1])")
        out = self._estimates(np.ascontiguousarray(x).reshape(-1), 1.0 - np.ascontiguousarray(x).reshape(-1))
        return float(out[0]) if x.ndim == 0 else out.reshape(x.shape)

    def _estimates(self, epsilon: Float, rest: Float) -> Float:
        """``d_n`` of masses and of what is left of 1, which carries the digits of masses near 1."""
        out = np.empty(epsilon.size)
        kernels.estimators(float(self.n), epsilon, rest, out)
        return out

    @cached_property
    def _per_class(self) -> Float:
        """(C,) estimates with the mass of the winner's class."""
        return self._estimates(self.classes.masses, self.classes.below + self.classes.above)

    @cached_property
    def _per_outcome(self) -> Float:
        """(L,) estimates with the mass of the winner itself."""
        c, p = self.classes, self.classes.probabilities
        others = c.spread_back(c.below + c.above, 1.0) + np.maximum(c.spread_back(c.masses, 0.0) - p, 0.0)
        return self._estimates(p, others)

    @cached_property
    def _by_class(self) -> tuple[float, float]:
        mean, variance = kernels.weighted(self._class_law, self._per_class)
        return float(mean), float(variance)

    @cached_property
    def _by_outcome(self) -> tuple[float, float]:
        law = self.classes.probabilities * self.classes.spread_back(np.exp(self._log_ratio), 0.0)
        mean, variance = kernels.weighted(law, self._per_outcome)
        return float(mean), float(variance)

    @property
    def expected_estimator(self) -> float:
        """Mean of the estimator over winners, given the mass of the winner's class: never below :attr:`kl`."""
        return self._by_class[0]

    @property
    def estimator_variance(self) -> float:
        """Variance of one estimate with class masses."""
        return self._by_class[1]

    @property
    def expected_estimator_by_outcome(self) -> float:
        """The same with the mass of the outcome itself, as one has it if ties are not known: larger, so still an upper bound."""
        return self._by_outcome[0]

    @property
    def estimator_variance_by_outcome(self) -> float:
        """Variance of one estimate with outcome masses."""
        return self._by_outcome[1]

    # --- sampling ------------------------------------------------------------------------------------------------------------

    def sample(self, rng: np.random.Generator, size: int) -> NDArray[np.int64]:
        """(size,) winners, as indices of outcomes; one uniform number each for the class, and one for the outcome inside."""
        classes = self._sample_classes(rng, size)
        order = np.argsort(self.classes.index, kind="stable")
        order = order[self.classes.index[order] >= 0]
        ends = np.searchsorted(self.classes.index[order], np.arange(len(self.classes)), side="right")
        # cumulated inside each class, so that small classes keep their digits
        inside = np.cumsum(self.classes.probabilities[order] / self.classes.masses[self.classes.index[order]])
        starts = np.concatenate([[0], ends[:-1]])
        offset = np.concatenate([[0.0], inside[ends[:-1] - 1]])
        place = np.searchsorted(inside, offset[classes] + rng.random(size), side="right")
        return np.asarray(order[np.clip(place, starts[classes], ends[classes] - 1)])

    def sample_estimator(self, rng: np.random.Generator, size: int, *, by_outcome: bool = False) -> Float:
        """(size,) independent estimates, each from one winner; their mean has the variance ``estimator_variance / size``."""
        if by_outcome:
            return np.asarray(self._per_outcome[self.sample(rng, size)])
        return np.asarray(self._per_class[self._sample_classes(rng, size)])

    def _sample_classes(self, rng: np.random.Generator, size: int) -> NDArray[np.int64]:
        # The largest of n uniform quantiles is U^(1/n); its distance from 1 keeps its digits.
        distance = -np.expm1(np.log1p(-rng.random(size)) / float(self.n))
        above = self.classes.above[::-1]  # increasing; a draw at a distance d from the top is in the last class with above <= d
        return len(self.classes) - np.searchsorted(above, distance, side="right")


def best_of_n(probabilities: Any, rewards: Any, n: Any, *, tie_tolerance: Any = 0.0) -> BestOfN:
    r"""Best-of-n sampling from a finite reference, exactly.

    With classes of equal reward, their cumulative masses F and the class c of an outcome y,

    .. math:: \pi^{(n)}(y) = \frac{p_y}{P_c} \bigl(F_c^n - F_{c-1}^n\bigr).

    Takes ``O(L log L)`` for the sort and ``O(L)`` for everything else; results keep about twelve digits for millions of outcomes
    and for n up to 10^9 (fewer where n - 1 is below 1e-2). For real n the law is that of the density
    :math:`n u^{n-1}` of quantiles.

    Parameters
    ----------
    probabilities : (L,) array
        Reference masses. Doubles may miss the sum 1 by 1e-9, which is divided out. Fractions must sum to one exactly; then the
        law and the win rate are fractions.
    rewards : (L,) array
        Finite; only their order matters. Integers and fractions are compared exactly.
    n : number
        Draws, an integer or a real number at least 1.
    tie_tolerance : number
        Rewards that differ by at most this count as tied (see :func:`~tabular.alignment.reward_classes.reward_classes`).

    Raises
    ------
    ModelError
        For masses that are no distribution, rewards that are not finite, different lengths, or n < 1; it names the entry.

    Examples
    --------
    >>> best = best_of_n([0.5, 0.5], [0, 1], n=10)
    >>> f"the formula says {best.kl_cap:.4f}, the truth is {best.kl:.4f}"
    'the formula says 1.4026, the truth is 0.6854'
    >>> [str(x) for x in best_of_n([Fraction(2, 3), Fraction(1, 3)], [0, 1], n=2).pmf]
    ['4/9', '5/9']
    """
    return BestOfN(reward_classes(probabilities, rewards, tie_tolerance), draws(n))
