"""One formula, two arithmetics: the functions follow their argument, and doubles never slip into exact evaluations."""

import math
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx, fmpq
from hypothesis import given
from hypothesis import strategies as st

import tabular
from proofs_check import strategies
from proofs_check.arithmetic import (
    Integer,
    absolute,
    exact,
    exp,
    floats_only,
    is_exact,
    kl,
    largest,
    lift,
    log,
    nearby_rational,
    power,
    rational,
    smallest,
    sqrt,
    xlogx,
)
from proofs_check.exact_mdp import ExactMDP


def test_integers_have_rational_quotients():
    n = Integer(7)
    for value, expected in [
        (n / 2, fmpq(7, 2)),
        (2 / n, fmpq(2, 7)),
        ((n - 1) / n, fmpq(6, 7)),
        ((1 - n) / (2 * n), fmpq(-3, 7)),
        (n * n / 3, fmpq(49, 3)),
        (n**2 / 3, fmpq(49, 3)),
        (n**-1, fmpq(1, 7)),
        (-n / 2, fmpq(-7, 2)),
        (n // 2 / 2, fmpq(3, 2)),
        (n % 4 / 2, fmpq(3, 2)),
        (abs(-n) / 2, fmpq(7, 2)),
        (n / fmpq(1, 2), fmpq(14)),
        (fmpq(1, 2) / n, fmpq(1, 14)),
        (n * fmpq(1, 2), fmpq(7, 2)),
    ]:
        assert isinstance(value, fmpq)
        assert value == expected
    assert list(range(Integer(2))) == [0, 1]


@pytest.mark.parametrize("operation", [lambda n: n + 0.5, lambda n: n * 0.5, lambda n: n / 0.5, lambda n: n**0.5])
def test_integers_refuse_doubles(operation):
    with pytest.raises(TypeError, match="in exact arithmetic"):
        operation(Integer(3))


@pytest.mark.parametrize("function", [log, exp, sqrt, xlogx, absolute])
def test_functions_refuse_doubles_in_exact_arithmetic(function):
    assert math.isfinite(function(0.5))
    with exact(), pytest.raises(TypeError, match="in exact arithmetic"):
        function(0.5)


@pytest.mark.parametrize(
    ("function", "reference"),
    [(log, math.log), (exp, math.exp), (sqrt, math.sqrt), (xlogx, lambda x: x * math.log(x)), (absolute, abs)],
)
@given(x=st.floats(1e-3, 500))
def test_exact_functions_contain_the_truth(function, reference, x):
    assert float(function(lift(x))) == pytest.approx(reference(x), rel=1e-12, abs=1e-12)
    with exact(200):
        narrow = function(lift(x))
        if isinstance(narrow, arb):
            assert narrow.rel_accuracy_bits() > 100 or narrow.contains(0)
    np.testing.assert_allclose(function(np.array([x, 1.0])), [reference(x), reference(1.0)], rtol=1e-12, atol=1e-12)


def test_what_is_rational_stays_rational():
    assert isinstance(log(Integer(1)), fmpq)
    assert isinstance(exp(fmpq(0)), fmpq)
    assert sqrt(fmpq(4, 9)) == fmpq(2, 3)
    assert isinstance(sqrt(fmpq(2)), arb)
    assert xlogx(fmpq(0)) == 0
    assert power(fmpq(4, 9), fmpq(3, 2)) == fmpq(8, 27)
    with exact():
        assert isinstance(rational(1, 3), fmpq)
    assert isinstance(rational(1, 3), float)


def test_precision_and_mode_are_restored():
    before = ctx.prec
    with exact(777):
        assert ctx.prec == 777
        assert is_exact()
    with exact(777), pytest.raises(ZeroDivisionError):
        rational(1, 0)
    assert ctx.prec == before
    assert not is_exact()


def test_divergence():
    p, q = np.array([0.4, 0.6]), np.array([0.2, 0.8])
    assert kl(p, q) == pytest.approx(0.1046496288, abs=1e-10)
    exactly = kl(lift([Fraction(2, 5), Fraction(3, 5)]), lift([Fraction(1, 5), Fraction(4, 5)]))
    assert float(exactly) == pytest.approx(0.1046496288, abs=1e-10)
    assert kl(lift(p), lift(p)) == 0
    assert kl(lift([0, 1]), lift([0, 1])) == 0
    with pytest.raises(ZeroDivisionError, match="infinite"):
        kl(lift([Fraction(1, 2), Fraction(1, 2)]), lift([1, 0]))


def test_extremes_of_overlapping_balls_contain_the_truth():
    """Python's max would pick a ball by its midpoint and lose the other's upper end."""
    wide, narrow = arb(1, 0.5), arb(1.1, 0.01)
    x = np.array([wide, narrow], dtype=object)
    assert largest(x).contains(arb(1.5))
    assert smallest(x).contains(arb(0.5))
    assert largest(lift([1, 3, 2])) == 3
    assert largest(np.array([1.0, 3.0])) == 3.0


@given(st.data())
def test_nearby_distributions_are_exact_and_near(data):
    p = data.draw(strategies.distributions(data.draw(st.integers(1, 6))))
    near = nearby_rational(p)
    assert sum(near) == 1
    assert all(x >= 0 for x in near)
    np.testing.assert_allclose([float(x) for x in near], p, rtol=1e-2, atol=1e-5)
    assert [float(x) == 0 for x in near] == (p == 0).tolist()


def test_other_arrays_are_lifted_bit_by_bit():
    v = np.array([0.1, -3.0, 1e-300])
    assert [x == fmpq(*y.as_integer_ratio()) for x, y in zip(nearby_rational(v), v.tolist(), strict=True)] == [True] * 3
    assert lift(np.array([True, False])).dtype == bool
    with pytest.raises(ValueError, match="no exact value"):
        lift(math.inf)
    with pytest.raises(TypeError, match="no exact counterpart"):
        lift(object())


@given(strategies.mdps(masks=True))
def test_nearby_models_have_rows_that_sum_to_one(mdp):
    near = nearby_rational(mdp)
    assert isinstance(near, ExactMDP)
    assert all(total == 1 for total in near.P.sum(axis=2)[near.allowed])
    assert near.model().exact is not None


def test_what_computes_in_doubles_is_refused_in_exact_arithmetic():
    @floats_only
    def solver(x):
        return x

    assert solver(1.0) == 1.0
    with exact(), pytest.raises(TypeError, match="computes in doubles"):
        solver(1.0)


def test_exact_models_against_the_independent_oracle():
    import oracles

    rng = np.random.default_rng(0)
    for _ in range(50):
        mdp = oracles.corner_model(rng)
        actions = tabular.solve(mdp, tabular.PolicyIteration()).actions
        model = lift(mdp)
        assert list(model.policy_value(actions)) == oracles.exact_value(mdp, actions)
        assert list(model.optimum()) == oracles.exact_optimum(mdp, actions)
        zeros = lift(np.zeros(mdp.n_states))
        assert model.q_values(zeros).tolist() == oracles.exact_q(mdp, list(zeros))


@given(strategies.mdps(gammas=strategies.discounts(0.95)), st.data())
def test_exact_occupancies_flow(mdp, data):
    model = lift(mdp)
    visits = model.occupancy(lift(data.draw(strategies.policies(mdp))))
    inflow = model.initial + model.gamma * (visits[:, :, None] * model.P).sum(axis=(0, 1))
    weights = lift(data.draw(strategies.policies(mdp)))
    assert weights.shape == visits.shape
    np.testing.assert_allclose(visits.sum(axis=1).astype(float), inflow.astype(float), rtol=1e-12, atol=1e-12)
