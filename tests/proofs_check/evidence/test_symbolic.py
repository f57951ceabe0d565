"""Computer algebra: true steps are done, false ones contradicted, and what is not reduced is not done."""

import pytest
import sympy as sp

from proofs_check import ClaimError
from proofs_check.claim import Step
from proofs_check.evidence.symbolic import is_recognisably_nonnegative, reduce_step

n, x, y = sp.symbols("n x y", positive=True)
k, s = sp.symbols("k s", nonnegative=True)
a, b = sp.symbols("a b", real=True)


def outcome(left, right, method="expand", relation="=="):
    return reduce_step(Step("planted", lambda: (left, right), method, relation)).outcome


def test_identities():
    assert outcome((a + b) ** 2, a**2 + 2 * a * b + b**2) == "done"
    assert outcome(1 / (1 - x) - 1, x / (1 - x), "cancel") == "done"
    assert outcome(sp.log(x**n * y), n * sp.log(x) + sp.log(y), "logarithms") == "done"
    assert outcome(sp.Integral(n * x ** (n - 1), (x, 0, 1)), sp.Integer(1), "integrate") == "done"
    assert outcome(sp.Limit((x**n - 1) / n, n, 0, "+"), sp.log(x), "limit") == "done"


def test_false_identities_are_contradicted_at_a_point():
    result = reduce_step(Step("planted", lambda: ((a + b) ** 2, a**2 + b**2), "expand"))
    assert result.outcome == "contradicted"
    assert "a = " in result.rest
    assert outcome(sp.log(x + y), sp.log(x) + sp.log(y), "logarithms") == "contradicted"
    assert outcome(x, x + sp.Rational(1, 10**20)) == "contradicted"
    assert outcome(sp.Integer(1), sp.Integer(2)) == "contradicted"


def test_logarithms_are_split_only_where_all_factors_are_positive():
    """log a^2 = 2 log a is false for a < 0, and log((1 - x)(1 - y)) is no sum of logarithms for x, y > 1."""
    assert outcome(sp.log(a**2), 2 * sp.log(a), "logarithms") == "not done"
    assert outcome(sp.log(a * b), sp.log(a) + sp.log(b), "logarithms") == "not done"
    assert outcome(sp.sqrt(a**2), a, "logarithms") == "contradicted"
    product = sp.log((1 - x) * (1 - y)), sp.log(1 - x) + sp.log(1 - y)
    undone = reduce_step(Step("planted", lambda: product, "logarithms"))
    assert undone.outcome == "not done"
    assert undone.rest == "needs 1 - x > 0, 1 - y > 0: return it as positive"
    done = reduce_step(Step("planted", lambda: (*product, [1 - x, 1 - y]), "logarithms"))
    assert done.outcome == "done"
    assert done.where == "1 - x > 0, 1 - y > 0"


def test_counterexamples_are_sought_where_the_step_is_claimed():
    """x (1 - x) >= 0 is false for x > 1, and true where 1 - x > 0, though not recognised."""
    step = x * (1 - x), sp.Integer(0)
    assert outcome(*step, "none", relation=">=") == "contradicted"
    assert reduce_step(Step("planted", lambda: (*step, [1 - x]), "none", ">=")).outcome == "not done"


def test_a_step_that_raises_has_failed():
    result = reduce_step(Step("planted", lambda: (1 / 0, 0), "expand"))
    assert result.outcome == "failed"
    assert "ZeroDivisionError" in result.rest


def test_what_a_method_does_not_reduce_is_not_done():
    assert outcome(sp.sin(a) ** 2 + sp.cos(a) ** 2, sp.Integer(1), "expand") == "not done"
    p, q = sp.symbols("P Q", commutative=False)
    assert outcome(p * q, q * p, "noncommutative") == "not done"
    assert outcome(p * (q + 1), p * q + p, "noncommutative") == "done"


def test_inequalities():
    assert outcome(a**2 + b**2, sp.Integer(0), relation=">=") == "done"
    assert outcome(a**2 + b**2, 2 * a * b, "none", relation=">=") == "not done"
    assert outcome(x * (y - 1 - sp.log(y)), sp.Integer(0), "none", relation=">=") == "done"
    assert outcome(x * y, x * sp.log(y), "none", relation=">=") == "not done"
    assert outcome(s, sp.Integer(1), relation=">=") == "contradicted"


@pytest.mark.parametrize(
    "expression",
    [x, a**2, (a - b) ** 4, x * (a - b) ** 2 + y, x - 1 - sp.log(x), 3 * n * (x / y - 1 - sp.log(x / y)), (x + s) ** k - x**k],
)
def test_recognised(expression):
    assert is_recognisably_nonnegative(expression)


@pytest.mark.parametrize("expression", [a, a**3, x - y, x - 1 - sp.log(y), x - 2 - sp.log(x), x**k - (x + s) ** k, -(a**2)])
def test_not_recognised(expression):
    assert not is_recognisably_nonnegative(expression)


def test_unknown_methods_are_an_error():
    with pytest.raises(ClaimError, match="method 'magic'"):
        outcome(x, x, "magic")
