"""q-logarithms and their operations: the table of the specification, sixty digits, limits, bad input."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tabular
from tabular.tsallis import escort, q_difference, q_exp, q_log, q_product, q_quotient, q_sum

TABLE = {
    0: (1, -0.5, 1.3, 0.7),
    0.5: (0.828427124746, -0.585786437627, 1.3225, 0.7225),
    1: (0.693147180560, -0.693147180560, 1.349858807576, 0.740818220682),
    1.5: (0.585786437627, -0.828427124746, 1.384083044983, 0.756143667297),
    2: (0.5, -1, 1.428571428571, 0.769230769231),
    3: (0.375, -1.5, 1.581138830084, 0.790569415042),
}

ORDERS = st.one_of(
    st.floats(-5, 5),
    st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 3.0]),
    st.builds(lambda sign, s: 1 + sign * 10.0**-s, st.sampled_from([-1, 1]), st.floats(0, 300)),
)


def true_log(x, q):
    h = 1 - mp.mpf(q)
    return mp.log(x) if h == 0 else mp.expm1(h * mp.log(mp.mpf(x))) / h


def true_exp(x, q):
    h = 1 - mp.mpf(q)
    return mp.exp(x) if h == 0 else mp.exp(mp.log1p(h * mp.mpf(x)) / h)


@pytest.mark.parametrize("q", TABLE)
def test_the_table(q):
    np.testing.assert_allclose([q_log(2, q), q_log(0.5, q), q_exp(0.3, q), q_exp(-0.3, q)], TABLE[q], atol=6e-13)


@given(ORDERS, st.one_of(st.floats(1e-300, 1e300), st.builds(lambda s: 1 + 10.0**-s, st.floats(0, 16))))
def test_q_log_against_sixty_digits(q, x):
    with mp.workdps(60):
        truth = true_log(x, q)
        if 1e-300 < abs(truth) < 1e300:
            size = 1 + abs((1 - q) * math.log(x))
            assert abs(q_log(x, q) - truth) <= 4e-16 * size * abs(truth)


@given(ORDERS, st.sampled_from([-1, 1]), st.floats(-300, 3))
def test_q_exp_against_sixty_digits(q, sign, s):
    x = sign * 10.0**s
    with mp.workdps(60):
        if not 1 + (1 - mp.mpf(q)) * mp.mpf(x) > 1e-6:  # near the bracket's zero the answer is not determined by doubles
            return
        truth = true_exp(x, q)
        if 1e-300 < truth < 1e300:
            assert abs(q_exp(x, q) - truth) <= 4e-15 * (1 + abs(mp.log(truth))) * truth


def test_limits_and_truncation():
    assert q_log(0, 0.5) == -2
    assert q_log(0, 1) == -math.inf
    assert q_log(0, 2) == -math.inf
    assert q_log(math.inf, 2) == 1
    assert q_log(math.inf, 0.5) == math.inf
    assert q_exp(-2, 0.5) == 0
    assert q_exp(-100, 0) == 0
    assert q_exp(1, 2) == math.inf
    assert q_exp(5, 2) == math.inf
    assert q_exp(0.999, 2) == pytest.approx(1000)
    assert q_exp(1e4, 1) == math.inf
    assert q_exp(math.inf, 0.3) == math.inf
    assert q_exp(-math.inf, 3) == 0
    for q in (1 - 1e-17, 1 - 1e-12, 1 + 1e-9):  # the deviation from log is of the size of q - 1, not of rounding / (q - 1)
        assert q_log(2, q) == pytest.approx(math.log(2) - (q - 1) * math.log(2) ** 2 / 2, rel=2e-15)


def test_broadcasting():
    table = q_log(np.array([0.5, 2.0, 3.0])[:, None], np.array([0.0, 1.0, 2.0]))
    np.testing.assert_allclose(table, [[q_log(x, q) for q in (0, 1, 2)] for x in (0.5, 2, 3)], rtol=1e-15)


@given(st.floats(0.1, 10), st.floats(0.1, 10), st.floats(-3, 3))
def test_the_algebra(x, y, q):
    a, b = q_log(x, q), q_log(y, q)
    # ln(xy) = x^(1-q) ln y + ln x may cancel: an error of the size of the terms
    assert q_sum(a, b, q) == pytest.approx(q_log(x * y, q), rel=1e-12, abs=1e-12 * (abs(a) + abs(b) + abs(a * b)))
    assert q_difference(a, b, q) == pytest.approx(q_log(x / y, q), rel=1e-11, abs=1e-11 * (abs(a) + abs(b)) / (1 + (1 - q) * b))
    if 1 + (1 - q) * (a + b) > 0.1:
        product = q_product(x, y, q)
        assert q_log(product, q) == pytest.approx(a + b, rel=1e-11, abs=1e-11 * (1 + abs(a) + abs(b)))
        # the quotient subtracts q-logarithms of the size of a and b; their slope at x is x^-q
        assert q_quotient(product, y, q) == pytest.approx(x, rel=1e-11, abs=1e-11 * (1 + abs(a) + abs(b)) * x**q)


def test_escort():
    np.testing.assert_allclose(escort([0.5, 0.25, 0.25, 0], 2), [2 / 3, 1 / 6, 1 / 6, 0], rtol=1e-15)
    np.testing.assert_allclose(escort([[0.5, 0.5], [0.1, 0.9]], 0), 0.5)
    np.testing.assert_allclose(escort([1e-200, 1 - 1e-200], 5), [0, 1])  # powers underflow, the answer is right


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: q_log(-1, 2), "x contains -1.0"),
        (lambda: q_log([1, math.nan], 2), "x contains nan"),
        (lambda: q_log(1, math.inf), "q is infinite"),
        (lambda: q_log("two", 1), "expected numbers"),
        (lambda: q_exp(math.nan, 1), "x contains nan"),
        (lambda: q_difference(1, -1, 0), "q-logarithm of no positive number"),
        (lambda: q_quotient(1, 0, 2), "y is 0"),
        (lambda: q_product(1, -2, 2), "y contains -2.0"),
        (lambda: escort([0.5, 0.6], 2), "sum"),
        (lambda: escort([0.5, 0.5], math.inf), "order q is inf"),
        (lambda: tabular.tsallis.tsallis_entropy([0.5, 0.5], 0), "order q is 0"),
        (lambda: tabular.tsallis.tsallis_divergence([0.5, 0.5], [1, 0], -1), "order q is -1"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(tabular.ModelError, match=message):
        call()
