"""Relations: slack and tightness in doubles, decisions in exact arithmetic."""

import math

import numpy as np
import pytest
from flint import arb, fmpq

from proofs_check.arithmetic import exp, log, rational, sqrt
from proofs_check.claim import slack
from proofs_check.relation import ClaimError, decide, exact_tightness, tightness


def test_slack():
    assert slack("<=", 1.0, 2.0, 0.0) == 0.5
    assert slack("<=", 2.0, 1.0, 0.0) == -0.5
    assert slack(">=", 2.0, 1.0, 0.0) == 0.5
    assert slack("==", [1.0, 1.0], [1.0, 1.1], 0.0) < 0
    assert slack("==", 1.0, 1.0 + 1e-15, 1e-14) > 0
    assert slack("<=", -math.inf, 1.0, 0.0) > 0
    assert slack("<=", math.inf, math.inf, 0.0) == 0
    assert slack("<=", math.inf, 1.0, 1.0) < 0


def test_slack_of_sequences():
    assert slack("monotone", [1.0, 2.0, 2.0], [0.0, 0.1, 0.2], 0.0) == 0
    assert slack("monotone", [1.0, 2.0, 1.9], [0.0, 0.1, 0.2], 0.0) < 0
    assert slack("monotone", [1.0, 2.0, 1.9], [0.0, 0.1, 0.2], 0.2) > 0
    assert slack("limit", [2.0, 1.5, 1.001], 1.0, 0.01) > 0
    assert slack("limit", [2.0, 1.5, 1.1], 1.0, 0.01) < 0
    assert slack("limit", [1.0, 1.001], 1.0, 0.01) < 0  # it moves away


@pytest.mark.parametrize(
    ("relation", "left", "right", "message"),
    [
        ("<=", [1.0], [1.0, 2.0], "shapes"),
        ("<=", np.nan, 1.0, "not a number"),
        ("<=", [], [], "empty"),
        ("monotone", [1.0, 2.0], [1.0, 1.0], "must increase"),
        ("monotone", [1.0], [1.0], "at least two"),
        ("limit", 1.0, 1.0, "at least two"),
    ],
)
def test_sides_that_cannot_be_compared(relation, left, right, message):
    with pytest.raises(ClaimError, match=message):
        slack(relation, left, right, 0.0)


@pytest.mark.parametrize("allowance", [-1.0, math.inf, math.nan])
def test_bad_allowances(allowance):
    with pytest.raises(ClaimError, match="allowance"):
        slack("<=", 1.0, 2.0, allowance)


def test_tightness():
    assert tightness("<=", 1.0, 2.0) == 0.5
    assert tightness(">=", 4.0, 2.0) == 0.5
    assert tightness("<=", -4.0, -2.0) == 0.5
    assert tightness("<=", 1.0, 0.0) == math.inf
    assert tightness("<=", [0.0, 1.0], [0.0, 4.0]) == 0.25
    assert tightness("<=", 0.0, 0.0) == -math.inf
    assert tightness("<=", 1.0, 3.0, "difference") == -2
    assert tightness("==", 1.0, 1.1) == pytest.approx(0.1 / 1.1)
    assert tightness("==", [0.0, 0.0], [0.0, 0.0]) == 0  # zeros are equal; between bounds they say nothing


@pytest.mark.parametrize(
    ("relation", "sides", "outcome"),
    [
        ("<=", lambda: (fmpq(1, 3), fmpq(1, 3)), "holds"),
        ("==", lambda: (fmpq(1, 3), fmpq(2, 6)), "holds"),
        ("==", lambda: (fmpq(1, 3), fmpq(1, 3) + fmpq(1, 10**50)), "violated"),
        (">=", lambda: (sqrt(2), rational(7, 5)), "holds"),
        ("<=", lambda: (sqrt(2), rational(7, 5)), "violated"),
        ("==", lambda: (log(6), log(2) + log(3)), "undecided"),
        ("<=", lambda: ([fmpq(1), log(2)], [fmpq(1), rational(7, 10)]), "holds"),
        ("<=", lambda: ([fmpq(1), log(2)], [fmpq(2), rational(6, 10)]), "violated"),
        ("monotone", lambda: ([1, sqrt(2), sqrt(3)], [1, 2, 3]), "holds"),
        ("limit", lambda: ([1, 1], 1), "undecided"),
    ],
)
def test_decisions(relation, sides, outcome):
    assert decide(relation, sides).outcome == outcome


def test_precision_is_raised_until_the_sign_is_known():
    """e^x against a rational that agrees with it to 200 digits."""

    def sides():
        return exp(1), _e(200)

    decision = decide("<=", sides)
    assert decision.outcome == "violated"  # the truncated expansion is below e
    assert decision.bits >= 512
    assert decide(">=", sides).outcome == "holds"


def _e(digits):
    from mpmath import mp

    with mp.workdps(digits + 20):
        return fmpq(int(mp.floor(mp.e * mp.mpf(10) ** digits)), 10**digits)


def test_undecided_sides_say_how_far_they_agree():
    decision = decide("==", lambda: (log(6), log(2) + log(3)))
    assert decision.digits > 1200
    assert not decision.equal
    assert decide("<=", lambda: ([fmpq(1), log(6)], [fmpq(1), log(2) + log(3)])).equal


def test_balls_that_are_no_numbers_decide_nothing():
    assert decide("<=", lambda: (arb("nan"), arb(1)), most_bits=256).outcome == "undecided"


def test_doubles_are_refused():
    with pytest.raises(ClaimError, match="not a rational or a ball"):
        decide("<=", lambda: (0.5, fmpq(1)))
    with pytest.raises(ClaimError, match="shapes"):
        decide("<=", lambda: ([1, 2], fmpq(1)))


def test_exact_tightness():
    assert exact_tightness("<=", lambda: (fmpq(1), fmpq(3))) == 1 / 3
    assert exact_tightness("<=", lambda: (log(2), fmpq(1))) == pytest.approx(math.log(2), rel=1e-15)
    assert exact_tightness(">=", lambda: (fmpq(3), fmpq(1))) == 1 / 3
    assert exact_tightness("<=", lambda: (fmpq(0), fmpq(0))) == -math.inf
    assert exact_tightness("<=", lambda: (log(6) - log(2) - log(3), fmpq(0)), most_bits=512) is None
    assert exact_tightness("<=", lambda: (sqrt(1 + rational(1, 10**30)) - 1, rational(1, 10**30))) == 0.5
    assert exact_tightness("==", lambda: (log(6), log(2) + log(3))) == 0
    assert exact_tightness("==", lambda: (fmpq(0), fmpq(0))) == 0
    assert exact_tightness("<=", lambda: (log(2), fmpq(1)), "difference") == pytest.approx(math.log(2) - 1, rel=1e-14)
