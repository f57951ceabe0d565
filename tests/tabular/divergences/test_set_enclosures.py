"""Bounds of rows hold: against optima in exact arithmetic, on corners; and the test notices when rounding is forgotten."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction as F

import numpy as np
import pytest

from tabular.divergences import (
    L2,
    Contamination,
    CVaR,
    LInfinity,
    TotalVariation,
    Wasserstein,
    ball_enclosures,
    set_enclosures,
    transport_enclosures,
)
from tabular.divergences.reference_rows import ReferenceRows

from .set_references import corner_law, corner_radius, corner_values, exact_ball, metric, sets, sparse_rows

WIDTH = 2e-12
"""Upper minus lower bound, relative to the range of the values; below a thousandth of their size it is that which counts.
Bounds pass through a few dozen roundings, each rounded outward, and the subtraction from the smallest value."""


def holds(low, exact, high):
    """Whether the optimum lies between two doubles: in fractions, or in decimals of 60 digits."""
    if isinstance(exact, F):
        return F(float(low)) <= exact <= F(float(high))
    with localcontext() as context:
        context.prec = 1200  # doubles are finite decimals
        error = Decimal(10) ** -50 * abs(exact)
        return Decimal(float(low)) <= exact + error and exact - error <= Decimal(float(high))


def optimum(divergence, v, p, strength, priced):
    """Of stored doubles divided by their exact sum."""
    total = sum(F(float(x)) for x in p)
    law, values, s = [F(float(x)) / total for x in p], [F(float(x)) for x in v], F(float(strength))
    if isinstance(divergence, L2):
        return exact_ball(values, law, s)
    q, _, spent = divergence._exact(values, law, s, priced)
    return sum((a * b for a, b in zip(q, values, strict=True)), F(0)) + (s * spent if priced else 0)


def instances(rng, count, kinds=None, largest=6):
    """(divergence, priced, values, stored rows, strengths)."""
    for _ in range(count):
        n = int(rng.integers(1, largest))
        v = corner_values(n, rng)
        p = np.array([corner_law(n, rng) for _ in range(3)]) * (1 + rng.choice([0.0, 1e-10, -1e-10]))
        radius = np.array([corner_radius(rng) for _ in range(3)])
        penalty = rng.choice([0.0, 0.1, 0.5, 1.0, 2.0], size=3) * float(v.max() - v.min() or 1.0)
        tails = [CVaR(t) for t in (0.0, 1.0, 0.3, 1e-9)]
        for divergence in [*sets(n, rng), *tails]:
            if kinds is None or isinstance(divergence, kinds):
                yield divergence, False, v, p, radius
        for divergence in (TotalVariation(), TotalVariation(True), Wasserstein(metric(n, rng))):
            if kinds is None or isinstance(divergence, kinds):
                yield divergence, True, v, p, penalty


def failures(rng, count, kinds=None, width=WIDTH):
    """(instances checked, those whose bounds miss the optimum), on dense and on sparse rows; widths are asserted."""
    checked, missed = 0, []
    for divergence, priced, v, p, strength in instances(rng, count, kinds):
        scale = v.max() - v.min() + 1e-3 * np.abs(v).max() + 1e-300
        exact = [optimum(divergence, v, p[r], strength[r], priced) for r in range(len(p))]
        for rows in (ReferenceRows.of(p), ReferenceRows.of(sparse_rows(p, rng))):
            low, high = divergence.row_bounds(rows, v, strength, priced)
            assert (high - low <= width * scale).all(), (divergence, priced, v, p, strength)
            for r in range(len(p)):
                checked += 1
                if not holds(low[r], exact[r], high[r]):
                    missed.append((divergence, priced, v, p[r], strength[r], low[r], high[r]))
    return checked, missed


def test_bounds_hold_on_corners():
    checked, missed = failures(np.random.default_rng(50), 120)
    assert checked == 120 * 13 * 6  # 9,360 rows
    assert not missed, missed[0]


@pytest.mark.slow
def test_bounds_hold_on_many_corners():
    checked, missed = failures(np.random.default_rng(51), 3000)
    assert checked == 3000 * 13 * 6  # 234,000 rows
    assert not missed, missed[0]


def test_bounds_enclose_the_rounded_values():
    """On larger rows too the computed value lies between its bounds, up to its own rounding."""
    rng = np.random.default_rng(52)
    v, p = rng.normal(size=60), np.array([corner_law(60, rng) for _ in range(40)])
    for divergence in [*sets(60, rng), CVaR(0.3)]:
        radius = np.array([corner_radius(rng) for _ in range(40)])
        for rows in (ReferenceRows.of(p), ReferenceRows.of(sparse_rows(p, rng))):
            low, high = divergence.row_bounds(rows, v, radius, False)
            value = divergence.row_values(rows, v, radius, False)
            assert (low <= value + 1e-13).all()
            assert (value <= high + 1e-13).all()
            assert (high - low <= WIDTH * (v.max() - v.min())).all()


# --- the test can fail ----------------------------------------------------------------------------------------------------------


def interpreted(monkeypatch, module, **changes):
    """Run a module's functions as plain Python with some of them replaced: compiled code has its callees built in."""
    for name, function in vars(module).items():
        if hasattr(function, "py_func"):
            monkeypatch.setattr(module, name, function.py_func)
    for name, function in changes.items():
        monkeypatch.setattr(module, name, function)


def same(x):
    return x


MODULES = [
    (set_enclosures, (TotalVariation,)),
    (set_enclosures, (Contamination,)),
    (set_enclosures, (LInfinity,)),
    (set_enclosures, (CVaR,)),
    (ball_enclosures, (L2,)),
    (transport_enclosures, (Wasserstein,)),
]


@pytest.mark.parametrize(("module", "kinds"), MODULES, ids=lambda x: x[0].__name__ if isinstance(x, tuple) else "")
@pytest.mark.parametrize("step", ["down", "up"])
def test_forgotten_outward_steps_are_noticed(monkeypatch, module, kinds, step):
    interpreted(monkeypatch, module)
    assert not failures(np.random.default_rng(53), 20, kinds)[1]
    interpreted(monkeypatch, module, **{step: same})
    assert failures(np.random.default_rng(53), 60, kinds)[1]


def careless(monkeypatch, kind, error):
    """A solver that works at a strength that is off by a relative ``error``: its laws overspend, its multipliers are others."""
    honest = kind._solve

    def solve(self, rows, values, strength, priced):
        return honest(self, rows, values, np.minimum(strength * (1 + error), 1.0 if kind is Contamination else np.inf), priced)

    monkeypatch.setattr(kind, "_solve", solve)


REPAIRED = [(set_enclosures, LInfinity), (ball_enclosures, L2), (transport_enclosures, Wasserstein)]


@pytest.mark.parametrize("kind", [TotalVariation, LInfinity, L2, Wasserstein])
@pytest.mark.parametrize("error", [1e-3, -1e-3])
def test_bounds_do_not_trust_the_solver(monkeypatch, kind, error):
    careless(monkeypatch, kind, error)
    assert not failures(np.random.default_rng(54), 40, kind, width=1.0)[1]


@pytest.mark.parametrize(("module", "kind"), REPAIRED, ids=lambda x: x.__name__ if isinstance(x, type) else "")
def test_forgotten_repair_of_laws_is_noticed(monkeypatch, module, kind):
    """The mean of a law that overspends is no upper bound; mixed with the reference it is one again."""
    careless(monkeypatch, kind, 1e-9)
    assert not failures(np.random.default_rng(54), 20, kind, width=1e-8)[1]
    interpreted(monkeypatch, module, mixed=lambda mean, reference, distance, radius: min(mean, reference))
    assert failures(np.random.default_rng(54), 20, kind, width=1e-8)[1]
