r"""Relations between the two sides of a claim: compared in doubles, decided in exact arithmetic, measured for tightness.

======== ===================================================================================================
``<=``   left is at most right, entry by entry
``>=``   left is at least right, entry by entry
``==``   the sides are equal, entry by entry
monotone left does not decrease along its last axis; right holds the increasing parameters it belongs to
limit    left is a sequence along its last axis whose last entry is within the allowance of right, and no farther than its first
======== ===================================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from flint import arb, fmpq

from proofs_check.arithmetic import exact

__all__ = ["RELATIONS", "ClaimError", "Decision", "Relation", "decide", "exact_tightness", "slack", "tightness"]

Relation = Literal["<=", "==", ">=", "monotone", "limit"]
RELATIONS = ("<=", "==", ">=", "monotone", "limit")
Objective = Literal["ratio", "difference"]
Pair = tuple[Any, Any]

FIRST_BITS, MOST_BITS = 128, 4096


class ClaimError(ValueError):
    """A claim that cannot be checked: sides of different shapes, not a number, no instances, an unknown slug."""


def slack(relation: Relation, left: Any, right: Any, allowance: float) -> float:
    """How far the relation is from failing, relative to the size of the sides; negative if it fails beyond the allowance.

    Raises
    ------
    ClaimError
        If the sides differ in shape, are empty or are not numbers, or the parameters of a monotone claim do not increase.
    """
    base, a, b = _floats(relation, left, right)
    with np.errstate(invalid="ignore"):
        distance = {"<=": b - a, ">=": a - b, "==": -np.abs(a - b)}[base]
    distance = np.where(a == b, 0.0, distance)  # equal infinities
    if not np.isfinite(allowance) or allowance < 0:
        raise ClaimError(f"the allowance is {allowance} (expected a finite number >= 0)")
    size = np.maximum(np.maximum(np.abs(a), np.abs(b)), np.finfo(float).tiny)
    with np.errstate(invalid="ignore", over="ignore"):
        relative = np.where(np.isinf(size), np.sign(distance), (distance + allowance) / size)
    return float(relative.min())


def tightness(relation: Relation, left: Any, right: Any, objective: Objective = "ratio", allowance: float = 0.0) -> float:
    """How close the sides are, the closest entry counting: what an adversary maximises.

    As a ratio: the smaller side over the larger one, in the sense of the claim, so that 1 is equality and more is a violation
    (``inf`` if the signs already violate); entries where both sides are 0, or within the allowance of it, say nothing and are
    left out (``-inf`` if all are).
    As a difference: left - right for ``<=``. For ``==`` the largest relative (or absolute) deviation, 0 if all were left out.
    """
    base, a, b = _floats(relation, left, right)
    if base == ">=":
        a, b = b, a
    pairs = zip(a.reshape(-1).tolist(), b.reshape(-1).tolist(), strict=True)
    if objective == "ratio":
        pairs = ((x, y) for x, y in pairs if max(abs(x), abs(y)) > allowance)  # type: ignore[assignment]
    scores = [_score(base, x, y, objective) for x, y in pairs]
    return max((s for s in scores if s is not None), default=0.0 if base == "==" else -math.inf)


def _score(base: str, x: Any, y: Any, objective: Objective) -> Any:
    """Tightness of one entry with x <= y claimed; None where it says nothing. Works for floats and for rationals."""
    if base == "==":
        size = max(abs(x), abs(y))
        return abs(x - y) if objective == "difference" or size == 0 else abs(x - y) / size
    if objective == "difference":
        return x - y
    if x == 0 and y == 0:
        return None
    if y > 0:
        return x / y
    return y / x if x < 0 else math.inf


def _floats(relation: Relation, left: Any, right: Any) -> tuple[str, np.ndarray, np.ndarray]:
    a, b = np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if relation == "limit":
        if a.ndim == 0 or a.shape[-1] < 2:
            raise ClaimError(f"a limit needs a sequence of at least two values, not shape {a.shape}")
        b = np.broadcast_to(b, a.shape[:-1])
        _check(a.shape[:-1], b.shape, a, b)
        far = np.abs(a[..., -1] - b) > np.abs(a[..., 0] - b)
        return "==", np.where(far, np.inf, a[..., -1]), b
    _check(a.shape, b.shape, a, b)
    if relation == "monotone":
        if a.ndim == 0 or a.shape[-1] < 2:
            raise ClaimError(f"a monotone claim needs at least two values, not shape {a.shape}")
        _check_increasing(b)
        return "<=", a[..., :-1], a[..., 1:]
    return relation, a, b


def _check_increasing(parameters: np.ndarray) -> None:
    if not all(bool(y > x) for x, y in zip(parameters[..., :-1].reshape(-1), parameters[..., 1:].reshape(-1), strict=True)):
        raise ClaimError("the parameters of a monotone claim must increase along the last axis")


def _check(left: tuple[int, ...], right: tuple[int, ...], a: np.ndarray, b: np.ndarray) -> None:
    if left != right:
        raise ClaimError(f"the sides have shapes {left} and {right}")
    if a.size == 0:
        raise ClaimError("the sides are empty")
    if np.isnan(a).any() or np.isnan(b).any():
        raise ClaimError("a side is not a number")


@dataclass(frozen=True)
class Decision:
    """What exact arithmetic says about one instance.

    ``outcome`` is ``holds`` or ``violated``, both proofs, or ``undecided``; ``equal`` says whether some entry was decided to be
    an exact equality; ``bits`` is the precision that was needed. Where the sides could not be told apart, ``digits`` says to how
    many digits after the point they agree: overlapping balls never prove equality.
    """

    outcome: Literal["holds", "violated", "undecided"]
    equal: bool
    bits: int
    digits: int | None = None


def decide(relation: Relation, sides: Callable[[], Pair], first_bits: int = FIRST_BITS, most_bits: int = MOST_BITS) -> Decision:
    """Decide a relation in rationals and balls, doubling the precision until every sign is known.

    Equality is decided only between rationals; balls that still overlap at ``most_bits`` are undecided.
    """
    bits = first_bits
    while True:
        with exact(bits):
            signs = [(_sign(base, x, y), (x, y)) for base, x, y in _exact_entries(relation, *sides())]
            verdicts = {sign for sign, _ in signs}
            digits = _agreement([pair for sign, pair in signs if sign == "unknown"])
        if "violated" in verdicts:
            return Decision("violated", False, bits)
        if "unknown" not in verdicts:
            return Decision("holds", "equal" in verdicts, bits)
        if 2 * bits > most_bits or relation == "limit":
            return Decision("undecided", "equal" in verdicts, bits, digits)
        bits *= 2


def exact_tightness(
    relation: Relation, sides: Callable[[], Pair], objective: Objective = "ratio", most_bits: int = MOST_BITS
) -> float | None:
    """:func:`tightness` from exact arithmetic, to 60 bits or better; ``None`` where no precision gives that."""
    bits = FIRST_BITS
    while bits <= most_bits:
        with exact(bits):
            scores = [_exact_score(base, x, y, objective) for base, x, y in _exact_entries(relation, *sides())]
        if "unknown" not in scores:
            return max((float(s) for s in scores if s is not None), default=-math.inf)
        bits *= 2
    return None


def _exact_score(relation: str, x: Any, y: Any, objective: Objective) -> Any:
    if relation == "==":
        if isinstance(x, fmpq) and isinstance(y, fmpq):
            return _score("==", x, y, objective)
        x, y = abs(arb(x) - arb(y)), arb(1) if objective == "difference" else arb(x).abs_upper().max(arb(y).abs_upper())
        return 0.0 if x.contains(0) else _known(x / y)
    if relation == ">=":
        x, y = y, x
    if isinstance(x, fmpq) and isinstance(y, fmpq):
        return _score("<=", x, y, objective)
    x, y = arb(x), arb(y)
    if objective == "difference":
        return _known(x - y)
    if y > 0:
        return _known(x / y)
    if y < 0 or y == 0:
        return _known(y / x) if x < 0 else math.inf if x > 0 else "unknown"
    return "unknown"


def _known(x: arb) -> Any:
    good = x.is_finite() and (x.rel_accuracy_bits() >= 60 or (x.contains(0) and x.rad() < arb(2) ** -200))
    return x if good else "unknown"


def _sign(relation: str, x: Any, y: Any) -> str:
    if isinstance(x, fmpq) and isinstance(y, fmpq):
        if x == y:
            return "equal"
        holds = {"<=": x < y, ">=": x > y, "==": False}[relation]
        return "holds" if holds else "violated"
    x, y = arb(x), arb(y)
    if not (x.is_finite() and y.is_finite()):
        return "unknown"
    below, above = bool(x < y), bool(x > y)
    if not below and not above:
        return "unknown"
    return "holds" if (relation == "<=" and below) or (relation == ">=" and above) else "violated"


def _agreement(pairs: list[Pair]) -> int | None:
    """Digits after the point to which overlapping balls agree at the current precision; ``None`` if they say nothing."""
    if not pairs:
        return None
    farthest = [abs(arb(x) - arb(y)).abs_upper() for x, y in pairs]
    if not all(f.is_finite() for f in farthest) or any(f == 0 for f in farthest):
        return None
    return int(min(-float((f.log() / arb(10).log()).mid()) for f in farthest))


def _exact_entries(relation: Relation, left: Any, right: Any) -> list[tuple[str, Any, Any]]:
    """Pairs to compare, each with ``<=``, ``>=`` or ``==``."""
    if relation == "limit":
        return [("==", arb("nan"), arb("nan"))]  # finitely many members decide nothing
    a, b = _exact_array(left), _exact_array(right)
    if a.shape != b.shape:
        raise ClaimError(f"the sides have shapes {a.shape} and {b.shape}")
    if a.size == 0:
        raise ClaimError("the sides are empty")
    if relation == "monotone":
        _check_increasing(b)
        relation, a, b = "<=", a[..., :-1], a[..., 1:]
    return [(relation, x, y) for x, y in zip(a.reshape(-1), b.reshape(-1), strict=True)]


def _exact_array(side: Any) -> np.ndarray:
    source = np.empty((), dtype=object)
    if isinstance(side, (np.ndarray, list, tuple)):
        source = np.array(side, dtype=object)
    else:
        source[()] = side
    out = np.empty(source.shape, dtype=object)
    for index in np.ndindex(source.shape):
        x = source[index]
        if isinstance(x, (bool, np.bool_)) or not isinstance(x, (int, fmpq, arb)):
            raise ClaimError(f"a side evaluated exactly gave {x!r} ({type(x).__name__}), not a rational or a ball")
        out[index] = fmpq(int(x)) if isinstance(x, int) else x
    return out
