r"""Claims: a theorem is one object.

A claim is a function that returns both sides of a relation on an instance; its docstring is the statement. Statements that are
slightly too strong are attached to it as *false siblings*, and the same check must refute them:

    @claim("mdp.contraction", "<=", paper="Puterman (1994)", theorem="6.2.4", instances=two_vectors)
    def contraction(mdp, v, w):
        r"Optimality contracts: $\|Tv - Tw\|_\infty \le \gamma \|v - w\|_\infty$."
        ...
        return left, right

    @contraction.false_sibling("the discount is squared")
    def _(mdp, v, w): ...
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from hypothesis.strategies import SearchStrategy

__all__ = ["Claim", "ClaimError", "FalseSibling", "Relation", "Sides", "claim", "claims", "slack"]

Relation = Literal["<=", "==", ">="]
Sides = Callable[..., tuple[Any, Any]]
Allowance = Callable[..., float]


class ClaimError(ValueError):
    """A claim that cannot be checked: sides of different shapes, not a number, no instances, an unknown slug."""


@dataclass(frozen=True)
class FalseSibling:
    """A statement slightly too strong, which the check of its claim must refute."""

    why: str
    sides: Sides


@dataclass(frozen=True, eq=False)
class Claim:
    """A theorem with both of its sides.

    Attributes
    ----------
    slug : str
        ``topic.name``, for example ``mdp.contraction``.
    relation : "<=", "==" or ">="
        What holds between the sides, entry by entry.
    instances : strategy of dicts
        Where it is to hold; the keys are the arguments of ``sides``.
    sides : function
        ``sides(**instance) -> (left, right)``, numbers or arrays of one shape.
    allowance : function
        ``allowance(**instance) -> float``: how far rounding may move the sides on this instance. Its docstring justifies it.
    statement, paper, theorem, assumptions : str
        The theorem in LaTeX, its source, and what it assumes, in words.
    status : str
        What evidence this claim has been given so far; ``unchecked`` until a verification says otherwise.
    """

    slug: str
    relation: Relation
    paper: str
    theorem: str
    statement: str
    assumptions: str
    instances: SearchStrategy[dict[str, Any]]
    sides: Sides
    allowance: Allowance
    false_siblings: list[FalseSibling] = field(default_factory=list)

    def false_sibling(self, why: str) -> Callable[[Sides], Sides]:
        """Attach a statement that is slightly too strong; ``why`` says what was changed."""

        def attach(sides: Sides) -> Sides:
            if (
                sides.__code__.co_code == self.sides.__code__.co_code
                and sides.__code__.co_consts == self.sides.__code__.co_consts
            ):
                raise ClaimError(f"the false sibling of {self.slug} ({why}) computes the same as the claim")
            self.false_siblings.append(FalseSibling(why, sides))
            return sides

        return attach

    @property
    def status(self) -> str:
        """The verdict of the last verification in this process, else ``unchecked``."""
        return _STATUS.get(self.slug, "unchecked")

    def __repr__(self) -> str:
        return f"Claim({self.slug}: {self.statement})"


_REGISTRY: dict[str, Claim] = {}
_STATUS: dict[str, str] = {}


def claim(
    slug: str,
    relation: Relation,
    *,
    paper: str,
    instances: SearchStrategy[dict[str, Any]],
    allowance: Allowance,
    theorem: str = "",
    assumptions: str = "",
) -> Callable[[Sides], Claim]:
    """Turn a function that returns both sides into a registered :class:`Claim`; its docstring is the statement."""

    def register(sides: Sides) -> Claim:
        if slug in _REGISTRY and _REGISTRY[slug].sides.__module__ != sides.__module__:
            raise ClaimError(f"two claims are called {slug}: in {_REGISTRY[slug].sides.__module__} and in {sides.__module__}")
        if relation not in ("<=", "==", ">="):
            raise ClaimError(f"{slug} has the relation {relation!r} (expected '<=', '==' or '>=')")
        statement = (sides.__doc__ or "").strip()
        if not statement:
            raise ClaimError(f"{slug} has no docstring; it is the statement")
        made = Claim(slug, relation, paper, theorem, statement, assumptions, instances, sides, allowance)
        _REGISTRY[slug] = made
        return made

    return register


def claims(slugs: Iterable[str] | None = None) -> list[Claim]:
    """All claims in the order of their slugs, or those of the given topics (``"mdp"``) and slugs (``"mdp.contraction"``).

    Raises
    ------
    ClaimError
        For an unknown slug, with the nearest known one.
    """
    topics = importlib.import_module("proofs_check.topics")
    for module in pkgutil.iter_modules(topics.__path__):
        name = f"proofs_check.topics.{module.name}.claims"
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name)
    if slugs is None:
        return [_REGISTRY[slug] for slug in sorted(_REGISTRY)]
    chosen: dict[str, Claim] = {}
    for slug in slugs:
        found = {name: c for name, c in sorted(_REGISTRY.items()) if name == slug or name.startswith(slug + ".")}
        if not found:
            known = sorted({name.split(".")[0] for name in _REGISTRY} | set(_REGISTRY))
            near = difflib.get_close_matches(slug, known, n=1)
            raise ClaimError(
                f"no claim is called {slug!r}" + (f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}")
            )
        chosen.update(found)
    return list(chosen.values())


def slack(relation: Relation, left: Any, right: Any, allowance: float) -> float:
    """How far the relation is from failing, relative to the size of the sides; negative if it fails beyond the allowance.

    Raises
    ------
    ClaimError
        If the sides differ in shape, are empty or are not numbers.
    """
    a, b = np.asarray(left, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if a.shape != b.shape:
        raise ClaimError(f"the sides have shapes {a.shape} and {b.shape}")
    if a.size == 0:
        raise ClaimError("the sides are empty")
    if np.isnan(a).any() or np.isnan(b).any():
        raise ClaimError("a side is not a number")
    distance = {"<=": b - a, ">=": a - b, "==": -np.abs(a - b)}[relation]
    size = np.maximum(np.maximum(np.abs(a), np.abs(b)), np.finfo(float).tiny)
    return float(((distance + allowance) / size).min())
