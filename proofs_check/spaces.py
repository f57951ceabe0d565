r"""Parametrisations: maps from the unit cube to instances, for an adversary to search.

A space has a ``dimension`` and a ``point(u)`` for a cube point ``u`` of that many numbers in [0, 1]. The maps are piecewise
rational, so the same cube point gives an instance in floats and, inside ``with exact():`` and with rational ``u``, the exact
instance that it approximates. Faces of the cube go to the corners of the objects: zeros, point masses, ends of intervals.

>>> Simplex(3).point([0.5, 0.25])
array([0.5  , 0.125, 0.375])
>>> Integers(2, 20).point([1.0]), Interval(-1, 1).point([0.25])
(20, -0.5)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
from flint import fmpq

from proofs_check.arithmetic import Integer, is_exact, lift
from proofs_check.exact_mdp import ExactMDP
from tabular import MDP

__all__ = [
    "Choice",
    "Integers",
    "Interval",
    "Kernel",
    "LogInterval",
    "Model",
    "Near",
    "Policy",
    "Product",
    "Simplex",
    "Space",
    "Vector",
]

NEGLIGIBLE = 2.0**-60
"""Cube coordinates below this count as 0, so that no instance holds numbers too small for doubles; see :class:`Near`."""

Cube = Sequence[Any]
Number = int | float | Fraction


class Space(Protocol):
    """What an adversary can search."""

    @property
    def dimension(self) -> int:
        """How many cube coordinates a point takes."""

    def point(self, u: Cube) -> Any:
        """The object at a cube point, in the surrounding arithmetic."""


def _number(x: Number) -> Any:
    return lift(Fraction(x)) if is_exact() else float(x)


def _whole(x: Any) -> int:
    """Floor of a non-negative number."""
    return int(x.p // x.q) if isinstance(x, fmpq) else int(x)


def _row(values: list[Any]) -> np.ndarray:
    out = np.empty(len(values), dtype=object if is_exact() else np.float64)
    out[:] = values
    return out


@dataclass(frozen=True)
class Interval:
    """Numbers from ``low`` to ``high``."""

    low: Number
    high: Number

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"an interval from {self.low} to {self.high} is empty")

    @property
    def dimension(self) -> int:
        return 1

    def point(self, u: Cube) -> Any:
        low, high = _number(self.low), _number(self.high)
        return low + u[0] * (high - low)


@dataclass(frozen=True)
class LogInterval:
    """Positive numbers from ``low`` to ``high``, all scales alike: linear between powers of two, so that points are rational."""

    low: Number
    high: Number

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.high:
            raise ValueError(f"a logarithmic interval needs 0 < low <= high, not {self.low} and {self.high}")

    @property
    def dimension(self) -> int:
        return 1

    def point(self, u: Cube) -> Any:
        low, high = Fraction(self.low), Fraction(self.high)
        doublings = max(1, (math.ceil(high / low) - 1).bit_length())
        x = u[0] * doublings
        k = min(_whole(x), doublings - 1)
        value = _number(low * 2**k) * (1 + x - k)
        return min(value, _number(high))


@dataclass(frozen=True)
class Integers:
    """Integers from ``low`` to ``high``, both included."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"there is no integer from {self.low} to {self.high}")

    @property
    def dimension(self) -> int:
        return 1

    def point(self, u: Cube) -> Any:
        count = self.high - self.low + 1
        value = self.low + min(_whole(u[0] * count), count - 1)
        return Integer(value) if is_exact() else value


@dataclass(frozen=True)
class Choice:
    """One of several values, lifted in exact arithmetic."""

    values: tuple[Any, ...]

    @property
    def dimension(self) -> int:
        return 1

    def point(self, u: Cube) -> Any:
        value = self.values[min(_whole(u[0] * len(self.values)), len(self.values) - 1)]
        return lift(value) if is_exact() else value


@dataclass(frozen=True)
class Simplex:
    """Distributions over ``size`` outcomes, by breaking a stick: cube faces are simplex faces, so zeros are reached."""

    size: int

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError("a simplex needs at least one outcome")

    @property
    def dimension(self) -> int:
        return self.size - 1

    def point(self, u: Cube) -> np.ndarray:
        masses, rest = [], _number(1)
        for x in u:
            masses.append(rest * x)
            rest = rest - masses[-1]
        return _row([*masses, rest])


@dataclass(frozen=True)
class Vector:
    """Arrays of a given length or shape with entries from ``low`` to ``high``."""

    shape: int | tuple[int, ...]
    low: Number = -1
    high: Number = 1

    @property
    def dimension(self) -> int:
        return int(np.prod(self.shape))

    def point(self, u: Cube) -> np.ndarray:
        low, high = _number(self.low), _number(self.high)
        return _row([low + x * (high - low) for x in u]).reshape(self.shape)


@dataclass(frozen=True)
class Kernel:
    """Arrays of the shape ``(*rows, size)`` whose last axis holds distributions: stochastic matrices, kernels, policies."""

    rows: tuple[int, ...]
    size: int

    @property
    def dimension(self) -> int:
        return int(np.prod(self.rows)) * (self.size - 1)

    def point(self, u: Cube) -> np.ndarray:
        step, simplex = self.size - 1, Simplex(self.size)
        rows = [simplex.point(u[i * step : (i + 1) * step]) for i in range(int(np.prod(self.rows)))]
        return np.concatenate(rows).reshape(*self.rows, self.size)


def Policy(n_states: int, n_actions: int) -> Kernel:
    """Policies: (S, A) row-stochastic arrays."""
    return Kernel((n_states,), n_actions)


@dataclass(frozen=True)
class Model:
    """Markov decision processes of a given size, rewards in [-1, 1], with an initial law.

    In floats a :class:`tabular.MDP`, exactly an :class:`~proofs_check.exact_mdp.ExactMDP`.
    """

    n_states: int
    n_actions: int
    gamma: Space = Interval(0, Fraction(99, 100))

    def _parts(self) -> tuple[Space, ...]:
        pairs = (self.n_states, self.n_actions)
        return (Kernel(pairs, self.n_states), Vector(pairs), self.gamma, Simplex(self.n_states))

    @property
    def dimension(self) -> int:
        return sum(part.dimension for part in self._parts())

    def point(self, u: Cube) -> MDP | ExactMDP:
        P, r, gamma, initial = _split(self._parts(), u)
        if is_exact():
            allowed = np.ones((self.n_states, self.n_actions), dtype=bool)
            return ExactMDP(P, r, gamma, initial, allowed)
        return MDP(P, r, gamma, initial=initial)


@dataclass(frozen=True)
class Near:
    """Points of ``space`` drawn towards ``centre``: ``centre + 10^-s (point - centre)``, s from 0 to ``decades``.

    For suprema that are limits. Works for numbers and arrays. The centre is lifted in exact arithmetic, so give it as integers,
    fractions, or doubles that are meant bit by bit.
    """

    space: Space
    centre: Any
    decades: int = 12

    @property
    def dimension(self) -> int:
        return self.space.dimension + 1

    def point(self, u: Cube) -> Any:
        s = u[0] * self.decades
        k = min(_whole(s), self.decades - 1)
        scale = _number(Fraction(1, 10**k)) * (1 - (s - k) * _number(Fraction(9, 10)))
        if isinstance(self.centre, np.ndarray):
            centre = lift(self.centre) if is_exact() else np.asarray(self.centre, dtype=np.float64)
        else:
            centre = _number(self.centre)
        return centre + scale * (self.space.point(u[1:]) - centre)


@dataclass(frozen=True)
class Product:
    """Instances: a dict of spaces gives a dict of points."""

    parts: tuple[tuple[str, Space], ...]

    @classmethod
    def of(cls, **parts: Space) -> Product:
        """The product of named spaces."""
        return cls(tuple(parts.items()))

    @property
    def dimension(self) -> int:
        return sum(part.dimension for _, part in self.parts)

    def point(self, u: Cube) -> dict[str, Any]:
        if len(u) != self.dimension:
            raise ValueError(f"a cube point of {len(u)} coordinates for a space of dimension {self.dimension}")
        u = [0 if x < NEGLIGIBLE else x for x in u]
        u = [lift(x) if is_exact() else float(x) for x in u]
        values = _split(tuple(part for _, part in self.parts), u)
        return {name: value for (name, _), value in zip(self.parts, values, strict=True)}


def _split(parts: tuple[Space, ...], u: Cube) -> list[Any]:
    points, at = [], 0
    for part in parts:
        points.append(part.point(u[at : at + part.dimension]))
        at += part.dimension
    return points
