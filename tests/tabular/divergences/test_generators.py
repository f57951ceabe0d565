"""Generators, slopes, curvatures and conjugates against the formulas of the tables at 80 digits."""

import math
from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
from f_references import (
    DIGITS,
    EVERY,
    reference_conjugate,
    reference_derivatives,
    reference_generator,
)

import tabular
from tabular.divergences import generators

UNITS = 2.0**-52
ids = [repr(D) for D in EVERY]
each = pytest.mark.parametrize("D", EVERY, ids=ids)

NEAR = [1 + s * x for x in 10.0 ** np.arange(-15, 0) for s in (1, -1)] + [1 - 2.0**-53, 1 + 2.0**-52]
WIDE = [*10.0 ** np.arange(-300.0, 301.0, 25), 1e-9, 1e-3, 0.2, 0.45, 0.5, 0.55, 0.69, 0.71, 1.29, 1.31, 1.9, 2.0, 2.1, 5.0, 1e3]


def close(found, exact, units, condition=0.0):
    """Within some units in the last place, and as many more as the argument's own last place moves the function."""
    if abs(exact) > mp.mpf(2) ** 1023:
        return math.isinf(found) or abs(found) > 8e307
    if abs(exact) < 1e-290:
        return abs(found - exact) < 1e-305
    return abs(mp.mpf(found) - exact) <= units * UNITS * (1 + condition) * abs(exact)


@each
@pytest.mark.parametrize("points", [NEAR, WIDE], ids=["near one", "wide"])
def test_generators_keep_their_digits(D, points):
    with mp.workdps(DIGITS + 20):
        f = reference_generator(D)
        for t in points:
            assert close(D.generator(t), f(mp.mpf(t)), 64), t


@each
def test_generators_at_the_ends(D):
    assert D.generator(1.0) == 0.0
    assert D.derivative(1.0) == 0.0
    with mp.workdps(DIGITS):
        assert close(D.generator(0.0), reference_generator(D)(mp.mpf(0)), 4)


@each
def test_slopes_and_curvatures_keep_their_digits(D):
    with mp.workdps(DIGITS):
        first, second = reference_derivatives(D)
        for t in NEAR + WIDE:
            x = mp.mpf(t)
            turn = abs(mp.log(x)) / 8  # the exponents k - 1 and k - 2 are rounded
            assert close(D.derivative(t), first(x), 64, turn), t
            assert close(D.second_derivative(t), second(x), 64, turn), t


@each
def test_limit_at_infinity_is_that_of_the_slope(D):
    with mp.workdps(400):
        slope = reference_derivatives(D)[0]
        if math.isinf(D.limit_at_infinity):
            # the slope keeps growing: squaring t always adds something that does not shrink
            steps = [slope(mp.mpf(10) ** (2**j)) for j in range(4, 9)]
            assert all(b - a >= 0.9 * (steps[1] - steps[0]) for a, b in pairwise(steps))
        else:
            far = slope(mp.mpf(10) ** (10**18))
            assert close(D.limit_at_infinity, far, 8)


@each
def test_conjugates_against_the_table(D):
    with mp.workdps(DIGITS):
        ys = [
            0.0,
            *(s * x for x in (1e-30, 1e-16, 1e-8, 1e-3, 0.1, 0.3, 0.34, 0.35, 0.7, 1.0, 1.5, 3.0, 30.0, 600.0) for s in (1, -1)),
        ]
        for y in ys:
            exact = reference_conjugate(D, mp.mpf(y))
            if mp.isinf(exact):
                assert D.conjugate(y) == math.inf, y
                continue
            step = mp.mpf(10) ** -40 * max(1, abs(mp.mpf(y)))
            slope = (reference_conjugate(D, y + step) - exact) / step if reference_conjugate(D, y + step) < mp.inf else mp.inf
            condition = abs(y * slope / exact) if exact else 0
            assert close(D.conjugate(y), exact, 64, condition), y


@each
def test_fenchel_young_with_equality_at_the_slope(D):
    """``y t <= f(t) + f*(y)`` for all pairs, and no slack where ``y = f'(t)``."""
    rng = np.random.default_rng(1)
    with mp.workdps(DIGITS):
        f, (first, second) = reference_generator(D), reference_derivatives(D)
        for t in [*np.exp(rng.normal(size=20) * 3), *(1 + 10.0 ** -np.arange(1, 12))]:
            x = mp.mpf(float(t))
            y = first(x)
            assert abs(x * y - f(x) - reference_conjugate(D, y)) <= mp.mpf(10) ** -40 * (1 + abs(x * y))  # of the references
            z = float(y)
            slack = f(x) + mp.mpf(D.conjugate(z)) - x * mp.mpf(z)
            lost = 64 * UNITS * (abs(reference_conjugate(D, mp.mpf(z))) + abs(x * z))
            assert -lost <= slack <= lost + (mp.mpf(z) - y) ** 2 / second(x), t
            for other in (z + 0.1, z - 0.1, -z, 0.0):
                bound = D.conjugate(other)
                assert t * other <= D.generator(t) + bound + 64 * UNITS * (abs(t * other) + abs(bound)), (t, other)


@each
def test_inverse_slope_inverts(D):
    kind, k = D.kind, D.exponent
    with mp.workdps(DIGITS):
        _, second = reference_derivatives(D)
        for t in [1e-6, 1e-3, 0.1, 0.5, 0.9, 0.999, 1.001, 1.1, 2.0, 10.0, 1e3]:
            y = generators.slope(kind, k, t, t - 1)
            if not math.isfinite(y):
                continue
            found = generators.inverse_slope(kind, k, y)
            if math.isinf(found):  # t is beyond what the last place of y, next to f'(inf), can tell
                assert D.limit_at_infinity / D.scale - y <= 2 * UNITS * abs(y)
                continue
            scale = mp.mpf(D.scale)
            condition = abs(y * scale / (mp.mpf(t) * second(mp.mpf(t))))  # how much the last place of y moves t
            assert close(found, mp.mpf(t), 64, condition), t
        assert generators.inverse_slope(kind, k, -1e300) == 0.0 or k <= 1 or kind != generators.CRESSIE_READ


def test_orders_near_one_and_zero_are_continuous():
    """``CressieRead(1 + e)`` differs from KL by O(e), also where ``(t^k - ...) / (k (k - 1))`` would be 0 / 0."""
    t = np.array([0.0, 1e-8, 0.3, 0.999, 1.001, 7.0])
    for e in [1e-3, 1e-6, 1e-9, 1e-12, 1e-15]:
        for sign in (1, -1):
            limit = tabular.KL().generator(t)
            assert np.abs(tabular.CressieRead(1 + sign * e).generator(t) - limit).max() <= 20 * e
            limit = tabular.ReverseKL().generator(t[1:])
            assert (np.abs(tabular.CressieRead(sign * e).generator(t[1:]) - limit) <= 400 * e).all()


@pytest.mark.parametrize("name", ["generator", "derivative", "second_derivative"])
def test_arguments_of_generators_are_checked(name):
    function = getattr(tabular.KL(), name)
    with pytest.raises(tabular.ModelError, match=r"t is -0\.5"):
        function([1.0, -0.5])
    with pytest.raises(tabular.ModelError, match="t is nan"):
        function(math.nan)
    with pytest.raises(tabular.ModelError, match="y is nan"):
        tabular.KL().conjugate(math.nan)
    assert function(np.ones((2, 3))).shape == (2, 3)
