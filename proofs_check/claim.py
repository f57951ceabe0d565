r"""Claims: a theorem is one object.

A claim is a function that returns both sides of a relation on an instance; its docstring is the statement. Evidence follows from
what is attached to it, and false siblings, statements that are slightly too strong, must be refuted by the same evidence. A file
of your own needs no more than this, and ``proofs-check verify mine.py`` does the rest:

    from fractions import Fraction

    import sympy as sp
    from hypothesis import strategies as st

    from proofs_check.arithmetic import log
    from proofs_check.claim import claim
    from proofs_check.spaces import Interval

    def rounding(x):
        "A logarithm of at most two loses one unit of 1.1e-16."
        return 3e-16

    @claim("mine.log_bound", "<=", paper="Napier (1614)", assumptions="x >= 0", allowance=rounding,
           instances=st.builds(dict, x=st.floats(0, 2)), search={"x": Interval(0, 2)},
           argument="The difference of the sides starts at 0, and by the step it grows.")
    def log_bound(x):
        r"$\log(1 + x) \le x$."
        return log(1 + x), x

    @log_bound.false_sibling("with a second-order term")
    def _(x):
        return log(1 + x), x - x * x / 2

    @log_bound.known("at 0, where it is an equality")
    def _():
        return {"x": Fraction(0)}

    @log_bound.step("the derivative of x - log(1 + x) is x / (1 + x)", method="cancel")
    def _():
        x = sp.Symbol("x", nonnegative=True)
        return sp.diff(x - sp.log(1 + x), x), x / (1 + x)

The same formula is evaluated in doubles and in exact arithmetic (:mod:`proofs_check.arithmetic`).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hypothesis.strategies import SearchStrategy

from proofs_check.arithmetic import exact, lift
from proofs_check.relation import RELATIONS, ClaimError, Objective, Relation, slack
from proofs_check.source import float_literal, same_code
from proofs_check.spaces import Product, Space

__all__ = ["Claim", "ClaimError", "Cover", "FalseSibling", "Known", "Relation", "Sides", "Step", "claim", "slack"]

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

    They are to be equal (``==``), or the first at least the second (``>=``), by the stated ``method``; a third part, if there is
    one, lists expressions that are positive where the step is claimed (see :mod:`proofs_check.evidence.symbolic`).
    """

    name: str
    expressions: Callable[[], tuple[Any, ...]]
    method: str
    relation: Literal["==", ">="] = "=="


@dataclass(frozen=True)
class Cover:
    """A lemma to be proved on a whole range by ``run()`` (see :mod:`proofs_check.evidence.covered`)."""

    name: str
    run: Callable[[], Any]


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
    false_siblings, known_instances, steps, covers : list
        Attached by :meth:`false_sibling`, :meth:`known`, :meth:`step`, :meth:`cover`.
    argument : str
        How the steps and covers together imply the claim for every instance; empty if they are only parts of a proof.
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
    covers: list[Cover] = field(default_factory=list)

    def false_sibling(self, why: str) -> Callable[[Sides], Sides]:
        """Attach a statement that is slightly too strong; ``why`` says what was changed."""

        def attach(sides: Sides) -> Sides:
            if same_code(sides, self.sides):
                raise ClaimError(f"the false sibling of {self.slug} ({why}) computes the same as the claim")
            _refuse_float_literals(self, sides)
            self.false_siblings.append(FalseSibling(why, sides))
            return sides

        return attach

    def known(self, name: str) -> Callable[[Callable[[], dict[str, Any]]], Callable[[], dict[str, Any]]]:
        """Attach a named exact instance; evidence decides the claim on it.

        Raises
        ------
        ClaimError
            If the claim is not evaluated in exact arithmetic, so that nothing could be decided.
        """
        if "exact" not in self.arithmetics:
            raise ClaimError(f"{self.slug} is evaluated in doubles only: the known instance {name!r} could not be decided")

        def attach(instance: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
            self.known_instances.append(Known(name, instance))
            return instance

        return attach

    def cover(self, name: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
        """Attach a lemma that is proved on a whole range in ball arithmetic."""

        def attach(run: Callable[[], Any]) -> Callable[[], Any]:
            self.covers.append(Cover(name, run))
            return run

        return attach

    def step(self, name: str, *, method: str, relation: Literal["==", ">="] = "==") -> Callable[[Any], Any]:
        """Attach a step of the derivation."""

        def attach(expressions: Callable[[], tuple[Any, ...]]) -> Callable[[], tuple[Any, ...]]:
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
        For a slug that another function has, or that is not of the form ``topic.name``, an unknown relation or arithmetic, a
        missing statement, a parametrisation whose names are not those of the arguments or that nothing could search, a conjecture
        with an argument, or a formula with float literals that is to be evaluated exactly.
    """

    def register(sides: Sides) -> Claim:
        # The same function again is a module or a notebook cell that is run again, and replaces the claim.
        taken = _REGISTRY[slug].sides if slug in _REGISTRY else sides
        if (taken.__module__, taken.__qualname__) != (sides.__module__, sides.__qualname__):
            places = " and ".join(f"{f.__module__}.{f.__qualname__}" for f in (taken, sides))
            raise ClaimError(f"two claims are called {slug}: {places}")
        if not re.fullmatch(r"\w+(\.\w+)+", slug):
            raise ClaimError(f"a claim is called {slug!r} (expected topic.name)")
        if relation not in RELATIONS:
            raise ClaimError(f"{slug} has the relation {relation!r} (expected one of {', '.join(map(repr, RELATIONS))})")
        if objective not in ("ratio", "difference"):
            raise ClaimError(f"{slug} has the objective {objective!r} (expected 'ratio' or 'difference')")
        if not arithmetics or set(arithmetics) - {"float", "exact"}:
            raise ClaimError(f"{slug} has the arithmetics {arithmetics!r} (expected 'float', 'exact' or both)")
        statement = inspect.cleandoc(sides.__doc__ or "")
        if not statement:
            raise ClaimError(f"{slug} has no docstring; it is the statement")
        if conjecture and argument:
            raise ClaimError(f"{slug} is a conjecture, but has an argument that proves it")
        if search is not None and "float" not in arithmetics:
            raise ClaimError(f"{slug} has a parametrisation, but the adversary needs sides in doubles")
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


def _refuse_float_literals(claim: Claim, sides: Sides) -> None:
    """A double in an exact formula is silently wrong (a ball accepts it), so formulas contain none."""
    if "exact" in claim.arithmetics and (found := float_literal(sides)) is not None:
        raise ClaimError(
            f"{claim.slug}: {found[0]} contains the float {found[1]!r}, which exact arithmetic cannot take; "
            "write rational(a, b), or declare arithmetics=('float',)"
        )
