"""Outcomes grouped by reward, and the arguments that they come from."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from numbers import Rational
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import ROW_TOLERANCE, Float, as_float, as_fractions, frozen, is_rational, rounded
from tabular.alignment import sums
from tabular.errors import ModelError

__all__ = ["RewardClasses", "draws", "reward_classes"]


@dataclass(frozen=True, eq=False)
class RewardClasses:
    """The level sets of the reward among outcomes that have mass, in increasing order of reward.

    Attributes
    ----------
    rewards : (C,) array
        Reward of each class; with a tolerance, the lowest of its members.
    masses, below, above : (C,) arrays
        Reference mass of each class, and of all classes below and above it: each is added up from its own end, so that small
        ones keep their digits.
    index : (L,) integer array
        Class of each outcome, in the caller's order; -1 for outcomes without mass.
    probabilities : (L,) array
        Reference masses, divided by their sum.
    spread : float
        Largest difference of rewards within a class: 0 without a tolerance.
    exact : tuple or None
        If the probabilities were fractions, they and the masses of the classes as fractions.
    """

    rewards: NDArray[Any]
    masses: Float
    below: Float
    above: Float
    index: NDArray[np.int64]
    probabilities: Float
    spread: float
    exact: tuple[NDArray[Any], NDArray[Any]] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return self.masses.size

    def __repr__(self) -> str:
        return f"RewardClasses({len(self)} classes of {self.index.size} outcomes)"

    @property
    def log_cumulative(self) -> Float:
        r"""(C,) :math:`\log F_c`; the smaller of the two sides carries the digits."""
        with np.errstate(divide="ignore"):
            from_below = np.log(self.below + self.masses)
        return np.where(self.above < 0.5, np.log1p(-np.minimum(self.above, 0.5)), from_below)

    @property
    def middles(self) -> Float:
        """(C,) win rate of a draw from each class against the reference: the mass below, and half of its own."""
        return self.below + self.masses / 2

    def spread_back(self, per_class: Float, without_mass: float) -> Float:
        """(L,) values of the classes at their outcomes."""
        return np.where(self.index >= 0, per_class[self.index], without_mass)


def reward_classes(probabilities: Any, rewards: Any, tie_tolerance: Any = 0.0) -> RewardClasses:
    """Read masses and rewards, and group the outcomes.

    Rewards whose neighbours in sorted order differ by at most the tolerance are tied: ties are transitive, so a chain of close
    rewards is one class, whose width is :attr:`RewardClasses.spread`.

    Raises
    ------
    ModelError
        For masses that are negative, not finite, or do not sum to one (fractions exactly, doubles within 1e-9; what is left is
        divided out), rewards that are not finite, different lengths, or a negative tolerance.
    """
    exact_masses = None
    if is_rational(probabilities):
        exact_masses = as_fractions(probabilities, "probabilities")
        p = rounded(exact_masses, "probabilities")
        if (lost := (p == 0) & (exact_masses > 0)).any():
            raise ModelError(f"probabilities[{int(np.argmax(lost))}] is below the smallest double; drop it or set it to 0")
    else:
        p = as_float(probabilities, "probabilities")
    if p.ndim != 1 or p.size == 0:
        raise ModelError(f"probabilities have shape {p.shape} (expected (L,) with at least one outcome)")
    bad = ~(p >= 0) | np.isinf(p)
    if bad.any():
        y = int(np.argmax(bad))
        raise ModelError(f"probabilities[{y}] is {float(p[y])!r} (expected a probability)")
    total = sums.total(p)
    if total == 0:
        raise ModelError("probabilities are all zero: there is nothing to draw")
    if exact_masses is not None and (exactly := sum(exact_masses)) != 1:
        raise ModelError(f"probabilities sum to {exactly} (expected exactly 1 of fractions); normalise them")
    if not abs(total - 1) <= ROW_TOLERANCE:
        raise ModelError(f"probabilities sum to {total:.12g} (expected 1 within {ROW_TOLERANCE:g}); normalise them")
    r, tolerance = _rewards(rewards, p.size), _tolerance(tie_tolerance)
    p = p / total if exact_masses is None else p

    chosen = np.flatnonzero(p > 0) if exact_masses is None else np.flatnonzero(exact_masses > 0)
    order = chosen[np.argsort(r[chosen], kind="stable")]
    ordered = r[order]
    new = np.empty(order.size, dtype=bool)
    new[0] = True
    new[1:] = ordered[1:] - ordered[:-1] > tolerance if r.dtype != np.int64 else _far(ordered, tolerance)
    starts = np.flatnonzero(new)
    ends = np.append(starts[1:], order.size)
    index = np.full(p.size, -1, dtype=np.int64)
    index[order] = np.cumsum(new) - 1
    masses, below, above = sums.of_segments(np.ascontiguousarray(p[order]), starts)
    exact = None
    if exact_masses is not None:
        inside = np.array([sum(exact_masses[order[a:b]]) for a, b in zip(starts, ends, strict=True)], dtype=object)
        exact = frozen(exact_masses), frozen(inside)
    spread = float((ordered[ends - 1] - ordered[starts]).max()) if tolerance > 0 else 0.0
    for array in (masses, below, above, index, p):
        frozen(array)
    return RewardClasses(frozen(ordered[starts]), masses, below, above, index, p, spread, exact)


def _rewards(rewards: Any, size: int) -> NDArray[Any]:
    """Integers, doubles, or an object array of fractions, all finite."""
    source = np.asarray(rewards, dtype=object) if is_rational(rewards) else np.asarray(rewards)
    if source.shape != (size,):
        raise ModelError(f"rewards have shape {source.shape} (expected ({size},), one for each probability)")
    if source.dtype == object:
        return as_fractions(source, "rewards")
    if source.dtype.kind in "iu" and (source.dtype != np.uint64 or not source.size or source.max() < 2**63):
        return source.astype(np.int64)
    r = as_float(source, "rewards")
    bad = ~np.isfinite(r)
    if bad.any():
        y = int(np.argmax(bad))
        raise ModelError(f"rewards[{y}] is {float(r[y])!r} (expected a finite number)")
    return r


def _far(ordered: NDArray[Any], tolerance: float | Fraction) -> NDArray[Any]:
    """Which differences of integers exceed the tolerance; as unsigned numbers they do not overflow."""
    return np.diff(ordered.astype(np.uint64)) > np.uint64(min(math.floor(tolerance), 2**64 - 1))


def _tolerance(value: Any) -> float | Fraction:
    try:
        tolerance = Fraction(value) if isinstance(value, Rational) else float(value)
    except (TypeError, ValueError, OverflowError):
        raise ModelError(f"tie_tolerance is {value!r} (expected a number >= 0)") from None
    if not (tolerance >= 0 and math.isfinite(tolerance)):
        raise ModelError(f"tie_tolerance is {value!r} (expected a number >= 0)")
    return tolerance


def draws(value: Any, name: str = "n") -> int | float:
    """A number of draws, at least 1: an integer where the number is one."""
    if isinstance(value, (bool, np.bool_)):
        raise ModelError(f"{name} is {value!r} (expected a number of draws >= 1)")
    try:
        n = int(value) if isinstance(value, (int, np.integer)) else float(value)
        finite = math.isfinite(n)
        n = int(n) if finite and n == int(n) else n
    except (TypeError, ValueError, OverflowError):
        raise ModelError(f"{name} is {value!r} (expected a number of draws >= 1)") from None
    if not finite or n < 1:
        raise ModelError(f"{name} is {value!r} (expected a finite number of draws >= 1)")
    return n
