r"""Symbolic evidence: the steps of a derivation as computer-algebra identities, each with a stated method.

A step is ``done`` if its method reduces left - right to zero (``==``) or to a recognisably non-negative form (``>=``). What is
not reduced is ``not done``, never refuted; but an identity that fails at a rational point, in 50 digits, is ``contradicted``.

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

METHODS: dict[str, Callable[[Any], Any]] = {
    "none": lambda e: e,
    "expand": sp.expand,
    "cancel": lambda e: sp.cancel(sp.together(e)),
    "logarithms": lambda e: sp.simplify(sp.expand(sp.expand_log(sp.powdenest(sp.expand_power_base(e), force=True), force=True))),
    "integrate": lambda e: sp.simplify(e.doit()),
    "limit": lambda e: sp.simplify(e.doit()),
    "noncommutative": sp.expand,
}
"""What a step may state as its method: how left - right is reduced."""


@dataclass(frozen=True)
class Reduced:
    """The outcome of one step: ``done``, ``not done`` or ``contradicted``, and what was left."""

    name: str
    method: str
    outcome: str
    rest: str = ""

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
    left, right = (sp.sympify(side) for side in step.expressions())
    difference = left - right
    reduced = METHODS[step.method](difference)
    if reduced == 0 or (step.relation == ">=" and is_recognisably_nonnegative(reduced)):
        return Reduced(step.name, step.method, "done")
    point = _counterexample(difference, step.relation)
    if point is not None:
        return Reduced(step.name, step.method, "contradicted", f"{left} against {right} at {point}")
    return Reduced(step.name, step.method, "not done", str(reduced))


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


def _counterexample(difference: Any, relation: str) -> str | None:
    """A rational point at which a step fails by more than rounding, if a few random ones include one."""
    symbols = sorted(difference.free_symbols, key=str)
    if any(not s.is_commutative for s in symbols):
        return None
    rng = random.Random(0)
    for _ in range(5):
        point = {s: _rational(s, rng) for s in symbols}
        try:
            value = sp.N(difference.subs(point).doit(), 50)
        except Exception:
            return None
        if not value.is_number or not value.is_real or value.has(sp.nan, sp.oo, sp.zoo, -sp.oo):
            continue
        if value < -(sp.Float(10) ** -30) or (relation == "==" and value > sp.Float(10) ** -30):
            return ", ".join(f"{s} = {x}" for s, x in point.items()) + f" (difference {sp.N(value, 6)})"
    return None


def _rational(symbol: Any, rng: random.Random) -> Any:
    if symbol.is_integer:
        return sp.Integer(rng.randint(2, 9))
    x = sp.Rational(rng.randint(1, 99), 100)
    return x if symbol.is_nonnegative else x - sp.Rational(1, 2) if not symbol.is_negative else -x
