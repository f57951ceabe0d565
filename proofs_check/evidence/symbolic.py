r"""Symbolic evidence: the steps of a derivation as computer-algebra identities, each with a stated method.

A step is ``done`` if its method reduces left - right to zero (``==``) or to a recognisably non-negative form (``>=``). What is
not reduced is ``not done``, never refuted; but a step that fails at a rational point, in 50 digits, is ``contradicted``, and one
that raises is ``failed``.

A step may return a third part: expressions that are positive where the step is claimed. The method ``logarithms`` splits
logarithms and powers of products, which is right only where every factor is positive: a factor that neither sympy's assumptions
nor that list make positive leaves the step not done.

Recognised as non-negative are sums and products of: what sympy's assumptions decide; even powers; ``x - 1 - log x`` for x > 0;
``a^k - b^k`` for a >= b >= 0 and k >= 0.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from proofs_check.claim import Claim, ClaimError, Step

__all__ = ["METHODS", "Reduced", "is_recognisably_nonnegative", "reduce_step", "reduce_steps"]


def _split_logarithms(e: Any) -> Any:
    """Logarithms and powers of products, taken apart; right where all factors are positive."""
    # With force, powdenest takes every symbol for positive.
    e = sp.powdenest(sp.expand_power_base(e), force=all(x.is_positive for x in e.free_symbols))
    return sp.simplify(sp.expand(sp.expand_log(e, force=True)))


METHODS: dict[str, Callable[[Any], Any]] = {
    "none": lambda e: e,
    "expand": sp.expand,
    "cancel": lambda e: sp.cancel(sp.together(e)),
    "logarithms": _split_logarithms,
    "integrate": lambda e: sp.simplify(e.doit()),
    "limit": lambda e: sp.simplify(e.doit()),
    "noncommutative": sp.expand,
}
"""What a step may state as its method: how left - right is reduced."""

POINTS = 12
"""Rational points at which a step that was not reduced is tried."""


@dataclass(frozen=True)
class Reduced:
    """The outcome of one step: ``done``, ``not done``, ``contradicted`` or ``failed``; what was left; where it is claimed."""

    name: str
    method: str
    outcome: str
    rest: str = ""
    where: str = ""

    @property
    def done(self) -> bool:
        """Whether the step is proved."""
        return self.outcome == "done"


def reduce_steps(claim: Claim) -> tuple[Reduced, ...]:
    """Every step of a claim."""
    return tuple(reduce_step(step) for step in claim.steps)


def reduce_step(step: Step) -> Reduced:
    """Reduce one step by its method.

    Raises
    ------
    ClaimError
        If the method is unknown.
    """
    if step.method not in METHODS:
        raise ClaimError(f"step {step.name!r} has the method {step.method!r} (expected one of {', '.join(METHODS)})")
    try:
        left, right, *more = step.expressions()
        left, right = sp.sympify(left), sp.sympify(right)
        positive = [sp.sympify(e) for e in (more[0] if more else ())]
        where = ", ".join(f"{e} > 0" for e in positive)
        difference = left - right
        unsettled = _factors_of_unknown_sign(difference, positive) if step.method == "logarithms" else []
        if unsettled:
            needs = ", ".join(f"{factor} > 0" for factor in unsettled)
            return Reduced(step.name, step.method, "not done", f"needs {needs}: return it as positive", where)
        reduced = METHODS[step.method](difference)
        if reduced == 0 or (step.relation == ">=" and is_recognisably_nonnegative(reduced)):
            return Reduced(step.name, step.method, "done", where=where)
        point = _counterexample(left, right, step.relation, positive)
    except Exception as error:
        return Reduced(step.name, step.method, "failed", f"{type(error).__name__}: {error}")
    if point is not None:
        return Reduced(step.name, step.method, "contradicted", f"{left} against {right} at {point}", where)
    return Reduced(step.name, step.method, "not done", str(reduced), where)


def _factors_of_unknown_sign(expression: Any, positive: list[Any]) -> list[Any]:
    """Factors under logarithms and broken powers that are not known to be positive."""
    under = [log.args[0] for log in expression.atoms(sp.log)]
    under += [power.base for power in expression.atoms(sp.Pow) if not power.exp.is_integer]
    factors = {factor.as_base_exp()[0] for e in under for factor in sp.Mul.make_args(e)}
    unsettled = [f for f in factors if f.is_positive is not True and not any(sp.expand(f - e) == 0 for e in positive)]
    return sorted(unsettled, key=str)


def is_recognisably_nonnegative(expression: Any) -> bool:
    """Whether an expression has one of the forms of this module's docstring."""
    e = sp.sympify(expression)
    if e.is_nonnegative or _is_log_gap(e) or _is_power_gap(e):
        return True
    if e.is_Pow and e.exp.is_even and e.base.is_real:
        return True
    if e.is_Mul:
        return all(is_recognisably_nonnegative(factor) for factor in e.args)
    if e.is_Add:
        factored = sp.factor_terms(e)
        if factored.is_Mul:
            return is_recognisably_nonnegative(factored)
        return all(is_recognisably_nonnegative(term) for term in e.args)
    return False


def _is_log_gap(e: Any) -> bool:
    """``x - 1 - log x`` with x > 0."""
    logs = [term for term in sp.Add.make_args(e) if (-term).func is sp.log]
    return len(logs) == 1 and (-logs[0]).args[0].is_positive is True and e - logs[0] - ((-logs[0]).args[0] - 1) == 0


def _is_power_gap(e: Any) -> bool:
    """``a^k - b^k`` with a >= b >= 0 and k >= 0."""
    terms = sp.Add.make_args(e)
    if len(terms) != 2:
        return False
    for plus, minus in (terms, terms[::-1]):
        a, k = plus.as_base_exp()
        b, other = (-minus).as_base_exp()
        if k == other and k.is_nonnegative and b.is_nonnegative and sp.expand(a - b).is_nonnegative:
            return True
    return False


def _counterexample(left: Any, right: Any, relation: str, positive: list[Any]) -> str | None:
    """A rational point at which a step fails by more than rounding, if a few random ones include one."""
    difference = left - right
    symbols = sorted(difference.free_symbols.union(*(e.free_symbols for e in positive)), key=str)
    if any(not s.is_commutative for s in symbols):
        return None
    rng = random.Random(0)
    tiny = sp.Float(10) ** -30
    for _ in range(POINTS if symbols else 1):
        point = {s: _rational(s, rng) for s in symbols}
        try:
            if any(sp.N(e.subs(point)).is_positive is not True for e in positive):
                continue
            value = sp.N(difference.subs(point).doit(), 50)
        except Exception:
            return None
        if not value.is_number or not value.is_real or value.has(sp.nan, sp.oo, sp.zoo, -sp.oo):
            continue
        if value < -tiny or (relation == "==" and value > tiny):
            return ", ".join(f"{s} = {x}" for s, x in point.items()) + f" (difference {sp.N(value, 6)})"
    return None


def _rational(symbol: Any, rng: random.Random) -> Any:
    if symbol.is_integer:
        return sp.Integer(rng.randint(2, 9))
    x = sp.Rational(rng.randint(1, 99), 100)
    if rng.random() < 0.5:
        x = 1 / x
    return x if symbol.is_nonnegative or (rng.random() < 0.5 and not symbol.is_negative) else -x
