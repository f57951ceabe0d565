"""Rigorous bounds of worst cases: they enclose the optimum of the doubles as stored, and a corrupted law only widens them.

The dual function at a point that is right to 1e-16 is right to about 1e-32, because it is flat there: evaluated at 260 digits it
is a true lower bound of the optimum, and the optimum itself for all that doubles can tell.
"""

import math

import mpmath as mp
import numpy as np
import pytest
from f_instances import corner_row, penalty, radius
from f_references import NAMED, reference_conjugate, reference_derivatives

import tabular
from tabular.divergences import f_enclosures, generator_bounds
from tabular.divergences.reference_rows import ReferenceRows

SOME = [*NAMED, *(tabular.CressieRead(k) for k in (-2.0, 1e-6, 0.9, 1.001, 1.5, 3.0, 50.0)), tabular.TsallisKL(1.7)]
some = pytest.mark.parametrize("D", SOME, ids=repr)
DIGITS = 260  # probabilities may be 1e-120, and 1 - 1e-120 has to be told from 1


def exact(x):
    return mp.mpf(float(x))


def dual(D, values, p, multiplier, eta, rho):
    """``eta - multiplier sum p f*((eta - V) / multiplier) - multiplier rho``, minus infinity if an outside state would pay."""
    limit = mp.mpf(D.limit_at_infinity)
    total = mp.mpf(0)
    for v, w in zip(values, p, strict=True):
        y = (eta - v) / multiplier
        if w == 0:
            if y > limit:
                return -mp.inf
        else:
            total += w * reference_conjugate(D, y)
    return eta - multiplier * total - multiplier * rho


def optimum(D, values, p, strength, priced):
    """(lower bound, flatness) of the exact problem with the law p / sum p; the flatness bounds what the bound may miss."""
    v, w = [exact(x) for x in values], [exact(x) for x in p]
    sigma = sum(w)
    w = [x / sigma for x in w]
    support = [i for i in range(len(v)) if w[i] > 0]
    low, high = min(v[i] for i in support), max(v[i] for i in support)
    floor = min(v) if math.isfinite(D.limit_at_infinity) else low
    mean = sum(a * b for a, b in zip(v, w, strict=True))
    normal = p / p.sum()
    if strength == (math.inf if priced else 0.0):
        return mean, 0
    law = (
        D.penalised_min(values, normal, strength).distribution if priced else D.worst_case(values, normal, strength).distribution
    )
    multiplier = mp.mpf(strength) if priced else exact(D.multiplier(values, normal, strength))
    if multiplier == 0 or not mp.isfinite(multiplier):
        return (floor, 0) if multiplier == 0 else (mean if low == high and floor == low else -mp.inf, 0)
    leak = sum(law[i] for i in range(len(v)) if w[i] == 0)
    first, _ = reference_derivatives(D)
    away = mp.mpf(D.limit_at_infinity)
    if leak > 0:
        etas = [floor + multiplier * away]
    else:
        # where f' is steep the heaviest state knows eta best, where it is flat the best one; every eta gives a bound
        etas = [v[i] + multiplier * first(exact(law[i]) / w[i]) for i in support if law[i] > 0]
        if math.isfinite(D.limit_at_infinity):
            etas = [min(x, multiplier * away + min(v)) for x in etas]
    rho = mp.mpf(0) if priced else mp.mpf(strength)
    value, eta = max((dual(D, v, w, multiplier, x, rho), x) for x in etas)
    return max(value, floor), mp.mpf(10) ** -20 * (abs(multiplier) + high - floor + abs(eta - floor))


def instances(rng, count):
    for _ in range(count):
        values, p = corner_row(rng, 5)
        if rng.random() < 0.3:
            p = p * (1 + 9e-10 * (2 * rng.random() - 1))  # rows as models admit them
        priced = bool(rng.random() < 0.5)
        span = max(float(np.ptp(values)), 1e-300)
        yield values, p, (penalty(rng) * span if priced else radius(rng)), priced


def enclosed(D, values, p, strength, priced):
    rows = ReferenceRows.of(p[None, :])
    low, high = D.row_bounds(rows, values, np.array([strength]), priced)
    return float(low[0]), float(high[0])


def check(D, seed, count):
    rng = np.random.default_rng([seed, 99])
    widths = []
    with mp.workdps(DIGITS):
        for values, p, strength, priced in instances(rng, count):
            low, high = enclosed(D, values, p, strength, priced)
            best, flat = optimum(D, values, p, strength, priced)
            assert mp.mpf(high) >= best - flat, (values, p, strength, priced, high, best)
            assert mp.isinf(best) or mp.mpf(low) <= best + flat, (values, p, strength, priced, low, best)
            value = D.row_values(ReferenceRows.of(p[None, :]), values, np.array([strength]), priced)[0]
            scale = max(float(np.ptp(values)), 1e-3 * float(np.abs(values).max()), 1e-300)
            assert low - 1e-13 * scale <= value <= high + 1e-13 * scale
            widths.append((high - low) / scale)
    return np.array(widths)


@some
def test_bounds_enclose_the_optimum(D):
    widths = check(D, 1, 40)
    assert np.median(widths) <= 1e-12


@pytest.mark.slow
@some
def test_bounds_enclose_the_optimum_on_thousands_of_rows(D):
    check(D, 2, 2000)


@some
def test_corrupted_laws_and_multipliers_only_widen(D):
    """Whatever a solver hands over: the bounds stay true, and get wide."""
    rng = np.random.default_rng(3)
    wider = 0
    with mp.workdps(DIGITS):
        for values, p, strength, priced in instances(rng, 40):
            best, flat = optimum(D, values, p, strength, priced)
            if mp.isinf(best):
                continue
            v, w = values.copy(), p.copy()
            lowest = float(v.min())
            for spread in (1e-9, 0.3, 30.0):
                law = np.where(w > 0, w * np.exp(spread * rng.normal(size=w.size)), 0.0)
                law /= law.sum()
                if rng.random() < 0.2:
                    law[rng.integers(law.size)] = 0.0
                leak = float(rng.choice([0.0, 0.2])) if lowest < v[w > 0].min() and math.isfinite(D.limit_at_infinity) else 0.0
                multiplier = strength if priced else float(10.0 ** rng.uniform(-9, 9) * max(np.ptp(v), 1e-300))
                s = strength * D.scale if priced else strength / D.scale
                s0, s1 = np.nextafter(s, 0), np.nextafter(s, np.inf)
                total0, total1 = (x[0] for x in ReferenceRows.of(w[None, :]).totals)
                weak, strong = (s1, s0) if priced else (s0, s1)
                args = D.kind, D.exponent, v, w, total0, total1, lowest
                low = f_enclosures.f_below(*args, strong, not priced, law, leak, multiplier * D.scale)
                high = f_enclosures.f_above(*args, weak, not priced, law, leak)
                assert mp.mpf(low) <= best + flat, (values, p, strength, priced, law, multiplier)
                assert mp.mpf(high) >= best - flat, (values, p, strength, priced, law)
                wider += high - low > 1e-6 * np.ptp(v)
    assert wider > 30


POINTS = [*np.exp(np.linspace(-30, 30, 61)), *(1 + s * 10.0**-j for j in range(1, 16) for s in (1, -1)), 0.0, 0.3, 0.7, 1.3, 2.0]


@some
def test_generators_and_conjugates_from_above(D):
    """Never below the truth, and within 1e-12 of it unless the last place of the argument moves it further."""
    from f_references import reference_generator

    f, (first, _) = reference_generator(D), reference_derivatives(D)
    c = mp.mpf(D.scale)
    with mp.workdps(DIGITS + 30):
        for t in POINTS:
            bound, true = generator_bounds.generator_above(D.kind, D.exponent, t), f(mp.mpf(t)) / c
            assert bound >= true, t
            assert true > 1e300 or bound <= true * (1 + mp.mpf("1e-11")) + mp.mpf("1e-300") or 0.5 < t < 2, t
            if t == 0.0:
                continue
            y = float(first(mp.mpf(t)) / c)
            for z in (y, y * (1 - 1e-9), y - 0.1):
                bound, true = generator_bounds.conjugate_above(D.kind, D.exponent, z), reference_conjugate(D, c * mp.mpf(z)) / c
                assert mp.mpf(bound) >= true, (t, z)


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_the_check_can_fail(monkeypatch):
    """The same functions without their outward steps are caught."""
    same = lambda x: x  # noqa: E731
    plain = {
        "down": same,
        "up": same,
        "product": lambda a, b, x, y: (min(a * x, a * y, b * x, b * y), max(a * x, a * y, b * x, b * y)),
        "quotient": lambda a, b, x, y: (a / (y if a >= 0 else x), b / (x if b >= 0 else y)),
        "log": lambda a, b: (np.log(a), np.log(b)),
        "log1p": lambda a, b: (np.log1p(max(a, -1.0)), np.log1p(max(b, -1.0))),
        "expm1": lambda a, b: (np.expm1(a), np.expm1(b)),
    }
    for module in (f_enclosures, generator_bounds):
        for name, function in plain.items():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, function)
    for name in ("conjugate_above", "generator_above", "power_above"):
        interpreted = getattr(generator_bounds, name).py_func
        monkeypatch.setattr(generator_bounds, name, interpreted)
        if hasattr(f_enclosures, name):
            monkeypatch.setattr(f_enclosures, name, interpreted)
    for name in ("_dual_below", "law_bounds"):
        monkeypatch.setattr(f_enclosures, name, getattr(f_enclosures, name).py_func)
    below, above = f_enclosures.f_below.py_func, f_enclosures.f_above.py_func
    rng, caught = np.random.default_rng(4), [0, 0]
    with mp.workdps(DIGITS):
        for D in (tabular.KL(), tabular.ChiSquare()):
            for _ in range(60):
                p, v = rng.dirichlet(np.ones(4)), rng.normal(size=4)
                best, flat = optimum(D, v, p, 0.1, False)
                law, multiplier = D.worst_case(v, p, 0.1).distribution, D.multiplier(v, p, 0.1)
                args = D.kind, D.exponent, v, p, float(p.sum()), float(p.sum()), float(v.min()), 0.1 / D.scale, True, law, 0.0
                caught[0] += mp.mpf(float(below(*args, multiplier * D.scale))) > best + flat
                caught[1] += mp.mpf(float(above(*args))) < best
    assert min(caught) >= 3, caught
