"""The greedy step against 60 digits, a conic solver and its own first-order conditions; what the normaliser may lose."""

import math

import cvxpy as cp
import mpmath as mp
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import tabular
from proofs_check.strategies import distributions
from tabular.tsallis import approximate_policy, greedy_step, q_exp

Q = np.array([1.0, 0.5, 0.0, -1.0])
MU = np.array([0.1, 0.2, 0.3, 0.4])
ORDERS = (0.1, 0.5, 0.999, 1.0, 1.001, 1.5, 2.0, 3.0, 50.0, 200.0)
KL_TABLE = {  # value and policy at strength 1
    0.5: (0.2519836411, (0.551211174625, 0.233276581743, 0.147544556635, 0.067967686997)),
    1.5: (-0.030987131763, (0.188033612183, 0.29020588088, 0.323183472758, 0.198577034178)),
    2: (-0.0725, (0.16, 0.27, 0.33, 0.24)),
    3: (-0.115105108409, (0.136277859205, 0.246887193482, 0.327329946975, 0.289505000338)),
    50: (-0.195031438628, (0.1018037415, 0.202661291761, 0.302159665577, 0.393375301162)),
}


def divergence(q):
    return tabular.KL() if q == 1 else tabular.TsallisKL(q)


@pytest.mark.parametrize("q", KL_TABLE)
def test_the_table(q):
    step = greedy_step(Q, divergence(q), 1.0, MU)
    assert step.value == pytest.approx(KL_TABLE[q][0], abs=6e-11)
    np.testing.assert_allclose(step.policy, KL_TABLE[q][1], atol=6e-11)


def test_closed_forms():
    step = greedy_step(Q, tabular.TsallisKL(2), 1.0, MU)
    np.testing.assert_allclose(step.policy, MU * (1 + (Q - MU @ Q) / 2), rtol=1e-15)
    assert step.normalizer == pytest.approx(MU @ Q, abs=1e-15)
    assert step.support_size == 4
    step = greedy_step(Q, tabular.TsallisEntropy(2))
    np.testing.assert_allclose(step.policy, [7 / 12, 1 / 3, 1 / 12, 0], rtol=1e-15)
    assert step.support_size == 3
    assert step.threshold == pytest.approx(-1 / 6)
    step = greedy_step(Q, tabular.KL(), 0.7, MU)
    assert step.normalizer == step.value == pytest.approx(0.7 * math.log(MU @ np.exp(Q / 0.7)))
    assert step.threshold == -math.inf


@pytest.mark.parametrize(
    ("tau", "value", "policy"),
    [
        (0.5, 2.1041666667, (0.0138888889, 0.03125, 0.9548611111)),
        (2.0, 2 / 3, (0.2222222, 0.5, 0.2777778)),
        (10.0, 0.5249224359, None),
    ],
)
def test_mass_outside_the_support(tau, value, policy):
    """Orders below one may move mass to an action that the reference leaves out: the level is pinned there."""
    step = greedy_step([0, 1, 3], tabular.TsallisKL(0.5), tau, [0.5, 0.5, 0])
    assert step.value == pytest.approx(value, abs=6e-11)
    assert step.residual < 1e-14
    if policy is None:
        assert step.policy[2] == 0
    else:
        np.testing.assert_allclose(step.policy, policy, atol=6e-8)


@given(
    st.sampled_from(ORDERS),
    st.integers(1, 6).flatmap(lambda n: st.tuples(distributions(n), st.lists(st.integers(-8, 8), min_size=n, max_size=n))),
    st.sampled_from([0.01, 0.3, 1.0, 20.0]),
    st.booleans(),
)
def test_first_order_conditions(q, pair, tau, entropy):
    reference, values = pair[0], np.array(pair[1]) / 4.0
    step = greedy_step(values, tabular.TsallisEntropy(q) if entropy else divergence(q), tau, None if entropy else reference)
    size = 1 + np.abs(values).max() + tau
    assert step.residual <= 1e-12 * size
    measure = np.ones_like(reference) if entropy else reference
    inside = measure > 0
    assume(q >= 1 or (step.policy[~inside] == 0).all())
    law = measure[inside] * q_exp((values[inside] - step.normalizer) / (tau * q), 2 - q)
    shift = 1 / min(abs(q - 1), 1.0) if q != 1 else 1.0
    # a policy near the truncation is a small difference raised to 1/(q-1): compare with the level where q is large
    if q <= 2:
        np.testing.assert_allclose(step.policy[inside], law, atol=2e-13 * size / min(tau, 1) * shift)
    assert (step.policy[inside][values[inside] <= step.threshold - 1e-12 * size] == 0).all()
    assert step.support_size == np.count_nonzero(step.policy)


@pytest.mark.parametrize("q", [0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0])
@pytest.mark.parametrize("entropy", [False, True])
def test_against_a_conic_solver(q, entropy):
    rng = np.random.default_rng(int(10 * q))
    for _ in range(4):
        n = int(rng.integers(2, 6))
        values, reference, tau = rng.normal(size=n), (rng.dirichlet(np.ones(n)) + 1 / n) / 2, float(rng.uniform(0.2, 2))
        measure = np.ones(n) if entropy else reference
        law = cp.Variable(n, nonneg=True)
        if q == 1:
            distance = cp.sum(cp.rel_entr(law, measure))
        else:
            distance = (cp.sum(cp.multiply(measure ** (1 - q), cp.power(law, q))) - 1) / (q - 1)
        problem = cp.Problem(cp.Maximize(values @ law - tau * distance), [cp.sum(law) == 1])
        problem.solve(solver="CLARABEL")
        step = greedy_step(values, tabular.TsallisEntropy(q) if entropy else divergence(q), tau, None if entropy else reference)
        assert step.value == pytest.approx(problem.value, abs=2e-6)


@pytest.mark.parametrize("q", [1.001, 1.5, 3.0, 50.0])
def test_against_three_hundred_digits(q):
    """Bisection on the level, in as many digits as the order needs."""
    with mp.workdps(300):
        order, tau, values = mp.mpf(q), mp.mpf("0.5"), [mp.mpf(x) for x in Q]
        kappa = tau * order / (order - 1)
        low, high = min(values) - kappa - 1, max(values)
        weights = []
        for _ in range(1100):
            level = (low + high) / 2
            weights = [max((x - level) / kappa, 0) ** (1 / (order - 1)) for x in values]
            low, high = (level, high) if sum(weights) > 1 else (low, level)
    step = greedy_step(Q, tabular.TsallisEntropy(q), 0.5)
    np.testing.assert_allclose(step.policy, [float(w) for w in weights], rtol=3e-13, atol=1e-300)


def test_what_bisection_on_the_level_loses():
    """Between the proved ends, in doubles, at order 50: the second mass has an infinite slope there, and comes out wrong."""
    kappa = 0.5 * 50 / 49
    low, high = 1 - kappa, 1 - kappa * 4.0**-49
    for _ in range(200):
        level = (low + high) / 2
        weights = (np.maximum(Q - level, 0) / kappa) ** (1 / 49)
        low, high = (level, high) if weights.sum() > 1 else (low, level)
    step = greedy_step(Q, tabular.TsallisEntropy(50), 0.5)
    assert abs(weights[1] / 4.1221516531060e-4 - 1) > 0.5
    assert abs(step.policy[1] - 4.1221516531060e-4) < 1e-17


def test_shapes_and_limits():
    step = greedy_step(np.stack([Q, -Q]), tabular.TsallisEntropy(3), [1.0, 0.0])
    assert step.policy.shape == (2, 4)
    assert step.value.shape == step.normalizer.shape == step.support_size.shape == (2,)
    assert step.support_size[1] == 1
    assert step.normalizer[1] == 1.0
    step = greedy_step(Q, tabular.TsallisKL(3), math.inf, MU)
    np.testing.assert_allclose(step.policy, MU)
    assert step.normalizer == pytest.approx(MU @ Q)
    step = greedy_step([1.0, -math.inf, 0.5], tabular.TsallisEntropy(2), 1.0)
    assert step.policy[1] == 0


@pytest.mark.parametrize(("q", "first"), [(3, 0.7071067812), (4, 0.6299605249), (5, 0.0)])
def test_the_approximate_normaliser_collapses(q, first):
    weights = approximate_policy(Q, 1.0, q, renormalize=False)
    np.testing.assert_allclose(weights, [first, 0, 0, 0], atol=6e-11)
    assert greedy_step(Q, tabular.TsallisEntropy(q), 1 / q).normalizer == pytest.approx(1.0)
    if q == 5:
        with pytest.raises(tabular.ModelError, match=r"no action any mass; use greedy_step"):
            approximate_policy(Q, 1.0, q)


def test_the_approximate_normaliser_is_exact_at_two():
    values = np.random.default_rng(0).normal(size=(50, 6))
    np.testing.assert_allclose(
        approximate_policy(values, 0.4, 2), greedy_step(values, tabular.TsallisEntropy(2), 0.2).policy, atol=1e-14
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: greedy_step(Q, tabular.ReverseKL()), "no Tsallis divergence or entropy"),
        (lambda: greedy_step(Q, tabular.TsallisEntropy(2), 1.0, MU), "an entropy takes no reference"),
        (lambda: greedy_step(Q, tabular.TsallisEntropy(2), -1.0), "strength"),
        (lambda: greedy_step(Q, tabular.TsallisEntropy(2), math.inf), "strength"),
        (lambda: greedy_step([], tabular.TsallisEntropy(2)), "at least one action"),
        (lambda: greedy_step([-math.inf, -math.inf], tabular.TsallisEntropy(2)), "every action is forbidden"),
        (lambda: greedy_step([math.nan, 0], tabular.TsallisEntropy(2)), "finite"),
        (lambda: greedy_step(Q, tabular.TsallisKL(2), 1.0, [0.5, 0.5]), "shape"),
        (lambda: greedy_step(Q, tabular.TsallisKL(2), 1.0, [0.5, 0.5, 0.5, 0.5]), "sum"),
        (lambda: tabular.TsallisKL(0), "order q is 0"),
        (lambda: approximate_policy(Q, 0.0), "strength is 0.0"),
        (lambda: approximate_policy(Q, 1.0, 0.5), "order q is 0.5"),
        (lambda: approximate_policy(np.stack([Q, Q]), 1.0, 5), r"in row \(0,\)"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(tabular.ModelError, match=message):
        call()
