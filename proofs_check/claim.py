r"""Claims: a theorem is one object.

A claim is a function that returns both sides of a relation on an instance; its docstring is the statement. Evidence follows from
what is attached to it, and false siblings, statements that are slightly too strong, must be refuted by the same evidence:

    @claim("best_of_n.kl_cap", "<=", paper="Beirami et al. (2024)", theorem="Theorem 3.1",
           instances=..., search={"p": Simplex(4), "n": Integers(2, 20)}, allowance=...)
    def kl_cap(p, n):
        r"$\mathrm{KL}(\pi^{(n)} \| \pi) \le \log n - (n - 1) / n$."
        return kl(pmf(p, n), p), log(n) - (n - 1) / n

    @kl_cap.false_sibling("the 1/n is dropped")
    def _(p, n):
        return kl(pmf(p, n), p), log(n) - 1

    @kl_cap.known("two even outcomes")
    def _():
        return {"p": [Fraction(1, 2), Fraction(1, 2)], "n": 2}

    @kl_cap.step("the cap is the divergence of the continuum", method="integrate")
    def _():
        return integral, formula

The same formula is evaluated in doubles and in exact arithmetic (:mod:`proofs_check.arithmetic`).
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any, Literal

import numpy as np
from hypothesis.strategies import SearchStrategy

from proofs_check.arithmetic import exact, lift
from proofs_check.relation import RELATIONS, ClaimError, Objective, Relation, slack
from proofs_check.spaces import Product, Space

__all__ = ["Claim", "ClaimError", "FalseSibling", "Known", "Relation", "Sides", "Step", "claim", "claims", "slack"]

Sides = Callable[..., tuple[Any, Any]]
Allowance = Callable[..., float]
Arithmetic = Literal["float", "exact"]


@dataclass(frozen=True)
class FalseSibling:
    """A statement slightly too strong, which the check of its claim must refute."""

    why: str
    sides: Sides


@dataclass(frozen=True)
class Known:
    """A named instance, extremal or otherwise telling, given exactly: integers, fractions, rational models."""

    name: str
    instance: Callable[[], dict[str, Any]]


@dataclass(frozen=True)
class Step:
    """A step of the derivation for computer algebra: ``expressions()`` returns two sympy expressions.

    They are to be equal (``==``), or the first at least the second (``>=``), by the stated ``method``
    (see :mod:`proofs_check.evidence.symbolic`).
    """

    name: str
    expressions: Callable[[], tuple[Any, Any]]
    method: str
    relation: Literal["==", ">="] = "=="


@dataclass(frozen=True, eq=False)
class Claim:
    """A theorem with both of its sides.

    Attributes
    ----------
    slug : str
        ``topic.name``, for example ``mdp.contraction``.
    relation : "<=", "==", ">=", "monotone" or "limit"
        What holds between the sides (see :mod:`proofs_check.relation`).
    statement, paper, theorem, assumptions : str
        The theorem in LaTeX, its source, and what it assumes, in words.
    instances : strategy of dicts
        Where it is to hold; the keys are the arguments of ``sides``.
    sides : function
        ``sides(**instance) -> (left, right)``, numbers or arrays of one shape.
    allowance : function
        ``allowance(**instance) -> float``: how far rounding may move the sides on this instance. Its docstring justifies it.
    arithmetics : tuple
        In which arithmetics ``sides`` can be evaluated: ``"float"``, ``"exact"`` or both.
    search : Product or None
        The parametrisation that an adversary searches.
    objective : "ratio" or "difference"
        What the adversary maximises.
    false_siblings, known_instances, steps : list
        Attached by :meth:`false_sibling`, :meth:`known`, :meth:`step`.
    argument : str
        How the steps together imply the claim for every instance; empty if they are only parts of a proof.
    uses : tuple of slugs
        Claims that the argument relies on.
    correction : str
        Where the source is wrong or loose, and what is claimed instead.
    conjecture : bool
        Whether nobody has a proof: the verdict is then ``open`` at best.
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
    arithmetics: tuple[Arithmetic, ...] = ("float", "exact")
    search: Product | None = None
    objective: Objective = "ratio"
    argument: str = ""
    uses: tuple[str, ...] = ()
    correction: str = ""
    conjecture: bool = False
    false_siblings: list[FalseSibling] = field(default_factory=list)
    known_instances: list[Known] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def false_sibling(self, why: str) -> Callable[[Sides], Sides]:
        """Attach a statement that is slightly too strong; ``why`` says what was changed."""

        def attach(sides: Sides) -> Sides:
            if _same_code(sides, self.sides):
                raise ClaimError(f"the false sibling of {self.slug} ({why}) computes the same as the claim")
            _refuse_float_literals(self, sides)
            self.false_siblings.append(FalseSibling(why, sides))
            return sides

        return attach

    def known(self, name: str) -> Callable[[Callable[[], dict[str, Any]]], Callable[[], dict[str, Any]]]:
        """Attach a named exact instance; evidence decides the claim on it."""

        def attach(instance: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
            self.known_instances.append(Known(name, instance))
            return instance

        return attach

    def step(self, name: str, *, method: str, relation: Literal["==", ">="] = "==") -> Callable[[Any], Any]:
        """Attach a step of the derivation."""

        def attach(expressions: Callable[[], tuple[Any, Any]]) -> Callable[[], tuple[Any, Any]]:
            self.steps.append(Step(name, expressions, method, relation))
            return expressions

        return attach

    def exactly(self, bits: int = 64, **instance: Any) -> tuple[Any, Any]:
        """Both sides in exact arithmetic, balls with the given number of bits."""
        if "exact" not in self.arithmetics:
            raise ClaimError(f"{self.slug} is evaluated in doubles only")
        with exact(bits):
            return self.sides(**lift(instance))

    @property
    def status(self) -> str:
        """The verdict of the last verification in this process, else ``unchecked``."""
        return _STATUS.get(self.slug, "unchecked")

    @property
    def source(self) -> str:
        """Paper and theorem."""
        return f"{self.paper}, {self.theorem}" if self.theorem else self.paper

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
    arithmetics: tuple[Arithmetic, ...] = ("float", "exact"),
    search: Mapping[str, Space] | None = None,
    objective: Objective = "ratio",
    argument: str = "",
    uses: tuple[str, ...] = (),
    correction: str = "",
    conjecture: bool = False,
) -> Callable[[Sides], Claim]:
    """Turn a function that returns both sides into a registered :class:`Claim`; its docstring is the statement.

    Raises
    ------
    ClaimError
        For a slug taken by another module, an unknown relation or arithmetic, a missing statement, a parametrisation whose names
        are not those of the arguments, or a formula with float literals that is to be evaluated exactly.
    """

    def register(sides: Sides) -> Claim:
        if slug in _REGISTRY and _REGISTRY[slug].sides.__module__ != sides.__module__:
            raise ClaimError(f"two claims are called {slug}: in {_REGISTRY[slug].sides.__module__} and in {sides.__module__}")
        if relation not in RELATIONS:
            raise ClaimError(f"{slug} has the relation {relation!r} (expected one of {', '.join(map(repr, RELATIONS))})")
        if objective not in ("ratio", "difference"):
            raise ClaimError(f"{slug} has the objective {objective!r} (expected 'ratio' or 'difference')")
        if not arithmetics or set(arithmetics) - {"float", "exact"}:
            raise ClaimError(f"{slug} has the arithmetics {arithmetics!r} (expected 'float', 'exact' or both)")
        statement = inspect.cleandoc(sides.__doc__ or "")
        if not statement:
            raise ClaimError(f"{slug} has no docstring; it is the statement")
        if search is not None and set(search) != set(inspect.signature(sides).parameters):
            raise ClaimError(f"{slug} takes {list(inspect.signature(sides).parameters)} but is searched over {list(search)}")
        made = Claim(
            slug=slug,
            relation=relation,
            paper=paper,
            theorem=theorem,
            statement=statement,
            assumptions=assumptions,
            instances=instances,
            sides=sides,
            allowance=allowance,
            arithmetics=arithmetics,
            search=None if search is None else Product.of(**search),
            objective=objective,
            argument=argument,
            uses=uses,
            correction=correction,
            conjecture=conjecture,
        )
        _refuse_float_literals(made, sides)
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


def _same_code(first: Sides, second: Sides) -> bool:
    one, other = first.__code__, second.__code__
    docless = [[c for c in code.co_consts if c != f.__doc__] for f, code in ((first, one), (second, other))]
    return one.co_code == other.co_code and docless[0] == docless[1] and one.co_names == other.co_names


def _refuse_float_literals(claim: Claim, sides: Sides) -> None:
    """A double in an exact formula is silently wrong (a ball accepts it), so formulas contain none."""
    if "exact" not in claim.arithmetics:
        return
    for function in _formula(sides, set()):
        literal = _float_literal(function.__code__)
        if literal is not None:
            raise ClaimError(
                f"{claim.slug}: {function.__name__} contains the float {literal!r}, which exact arithmetic cannot take; "
                "write rational(a, b), or declare arithmetics=('float',)"
            )


def _formula(function: Any, seen: set[Any]) -> Iterable[FunctionType]:
    """A function and the functions of its own topic that it calls."""
    if not isinstance(function, FunctionType) or function in seen:
        return
    seen.add(function)
    yield function
    folder = function.__module__.rpartition(".")[0]
    for name in function.__code__.co_names:
        called = function.__globals__.get(name)
        if isinstance(called, FunctionType) and folder and called.__module__.rpartition(".")[0] == folder:
            yield from _formula(called, seen)


def _float_literal(code: CodeType) -> float | None:
    for constant in code.co_consts:
        if isinstance(constant, (float, np.floating)):
            return float(constant)
        if isinstance(constant, CodeType) and (found := _float_literal(constant)) is not None:
            return found
    return None
