"""Similarity and bounds: reference values, attaining instances, closed forms, thousands of random models, bad input."""

import math
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
import scipy.optimize
import scipy.stats
from grouping_oracles import merged, random_weights, similar_model

import tabular
from tabular import Grouped
from tabular.grouping import (
    action_value_bound,
    affordable_sweeps,
    approximation_bounds,
    approximation_loss,
    attaining_instance,
    bernstein_radius,
    classic_bound,
    computation_bound,
    decomposition,
    deviations,
    diameters,
    estimation_bound,
    estimation_instance,
    hoeffding_radius,
    kernel_error_bound,
    metric_bound,
    metric_diameter,
    power_law_optimum,
    sharp_bound,
    surrogate_groups,
    total_bound,
    two_state_family,
    value_error_bound,
    weight_factor,
    weissman_radius,
)

# --- similarity ----------------------------------------------------------------------------------------------------------------

THREE = tabular.MDP([[[0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]] + [[[0, 1, 0]] * 3] * 2, np.zeros((3, 3)), 0.9)


def test_three_kernels_are_far_apart_together_and_near_in_pairs():
    assert decomposition(THREE, [0, 0, 0]).transition_coefficient == 1.0
    assert diameters(THREE, [0, 0, 0]) == (0.5, 0.0)


@pytest.mark.parametrize("block", range(2))
def test_decompositions_are_exact_and_smallest(block):
    rng = np.random.default_rng([block, 1])
    for _ in range(60):
        mdp, labels = similar_model(rng)
        found = decomposition(mdp, labels)
        b, c = found.transition_coefficient, found.reward_coefficient
        rebuilt = (1 - b) * found.common_transition[:, labels] + b * found.own_transition
        np.testing.assert_allclose(rebuilt, mdp.P, atol=1e-12)
        np.testing.assert_allclose((1 - c) * found.common_reward[:, labels] + c * found.own_reward, mdp.r, atol=1e-12)
        for kernel in (found.common_transition, found.own_transition):
            assert (kernel >= -1e-15).all()
            if not 0 < b < 1e-12:  # differences of copies are rounding
                np.testing.assert_allclose(kernel.sum(axis=2), 1.0, atol=1e-9)
        for reward in (found.common_reward, found.own_reward):
            assert (reward >= -1e-12).all()
            assert (reward <= 1 + 1e-12).all()
        transition, reward = diameters(mdp, labels)
        brute = [0.0, 0.0]
        for s, (a, d) in ((s, pair) for s in range(mdp.n_states) for pair in combinations(range(mdp.n_actions), 2)):
            if labels[a] == labels[d]:
                brute[0] = max(brute[0], np.abs(mdp.P[s, a] - mdp.P[s, d]).sum() / 2)
                brute[1] = max(brute[1], abs(mdp.r[s, a] - mdp.r[s, d]))
        assert (transition, reward) == pytest.approx(brute, abs=1e-12)
        assert transition <= b + 1e-12
        assert reward == pytest.approx(c, abs=1e-15)
        if np.bincount(labels).max() <= 2:
            assert transition == pytest.approx(b, abs=1e-12)


def test_no_smaller_coefficient_has_a_common_part():
    """A common part takes at most the smallest entries, and their sum is what it may be."""
    rng = np.random.default_rng(2)
    P = rng.dirichlet(np.ones(4), (1, 3))
    mdp = tabular.MDP(np.repeat(P, 4, axis=0), np.zeros((4, 3)), 0.9)
    beta = decomposition(mdp, [0, 0, 0]).transition_coefficient
    largest = scipy.optimize.linprog(-np.ones(4), bounds=list(zip(np.zeros(4), P[0].min(axis=0), strict=True)))
    assert beta == pytest.approx(1 + largest.fun, abs=1e-12)


def test_masked_actions_do_not_count():
    allowed = np.array([[True, True, False], [True, True, True]])
    P = np.array([[[1, 0], [0.9, 0.1], [0, 1]], [[1, 0], [1, 0], [0.8, 0.2]]])
    mdp = tabular.MDP(P, [[1, 0.9, 0], [0, 0, 0]], 0.9, allowed=allowed)
    assert diameters(mdp, [0, 0, 0]) == pytest.approx((0.2, 0.1))
    assert weight_factor(mdp, [0, 0, 0]) == pytest.approx(2 / 3)
    found = decomposition(mdp, [0, 0, 0])
    assert found.transition_coefficients[:, 0] == pytest.approx([0.1, 0.2])
    lower, upper = approximation_loss(mdp, [0, 0, 0])
    bounds = approximation_bounds(mdp, [0, 0, 0])
    assert 0 <= lower.max() <= upper.max() <= bounds.sharp <= bounds.classic


def test_sparse_models_give_the_same():
    dense = tabular.domains.similar_garnet(12, 3, 4, 3, transition_deviation=0.2, reward_deviation=0.1, rng=0, sparse=False)
    sparse = tabular.domains.similar_garnet(12, 3, 4, 3, transition_deviation=0.2, reward_deviation=0.1, rng=0, sparse=True)
    for function in (diameters, deviations, metric_diameter, weight_factor, approximation_bounds):
        assert function(dense.mdp, dense.groups) == pytest.approx(function(sparse.mdp, sparse.groups), abs=1e-12)


# --- approximation -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reward", "transition", "gamma", "k", "loss", "classic"),
    [(0.1, 0.2, 0.9, 2, 5.0, 9.5), (0, 0.05, 0.99, 2, 71.2230215827, 247.5), (0.5, 1, 0.9, 4, 9.1935483871, 71.25)],
)
def test_reference_losses_are_the_sharp_bound(reward, transition, gamma, k, loss, classic):
    f, mdp = 1 - 1 / k, attaining_instance(transition, reward, gamma, k)
    assert sharp_bound(transition, reward, gamma, factor=f) == pytest.approx(loss, abs=6e-11)
    assert classic_bound(transition, reward, gamma, factor=f) == pytest.approx(classic, abs=1e-10)
    lower, upper = approximation_loss(mdp, [0] * k)
    assert lower[0] - 1e-10 <= sharp_bound(transition, reward, gamma, factor=f) <= upper[0] + 1e-10
    assert diameters(mdp, [0] * k) == pytest.approx((transition, reward))


def test_the_sharp_bound_is_attained_everywhere():
    rng = np.random.default_rng(0)
    for _ in range(40):
        x, y, gamma, k = rng.random(), rng.random(), rng.choice([0.0, 0.5, 0.9, 0.99]), int(rng.integers(2, 6))
        lower, upper = approximation_loss(attaining_instance(y, x, gamma, k), [0] * k)
        bound = sharp_bound(y, x, gamma, factor=1 - 1 / k)
        assert lower[0] - 1e-9 <= bound <= upper[0] + 1e-9
        assert bound <= 1 / (1 - gamma) + 1e-12


def test_weaker_statements_fail():
    # a weight of zero counts: with the smallest positive weight 6.7857 would exceed "5.0"
    mdp = attaining_instance(0.2, 0.1, 0.9, 3)
    lower, _ = approximation_loss(mdp, [0, 0, 0], [0, 0.5, 0.5])
    assert lower[0] == pytest.approx(6.7857142857, abs=1e-9)
    assert lower[0] > sharp_bound(0.2, 0.1, 0.9, factor=0.5) == pytest.approx(5.0)
    assert weight_factor(mdp, [0, 0, 0], [0, 0.5, 0.5]) == 1.0
    # the square of 1 / (1 - gamma) is needed
    assert approximation_loss(attaining_instance(1e-6, 0, 0.99, 2), [0, 0])[0][0] / 1e-6 == pytest.approx(4950, rel=1e-2)
    # factor 1 - 1/(k - 1), or gamma y for gamma y / (1 - gamma)
    assert 5.0 > sharp_bound(0.2, 0.1, 0.9, factor=0)
    assert 5.0 > (0.05 + 0.9 * 0.1) / (1 - 0.9 * 0.9)


def check_approximation(mdp, labels, weights):
    best, grouped = (tabular.solve(problem, tol=1e-12) for problem in (mdp, Grouped(mdp, labels, weights)))
    loss = best.values - grouped.values
    span = np.ptp(best.values)
    bounds = approximation_bounds(mdp, labels, weights, span=span)
    factor = weight_factor(mdp, labels, weights)
    assert (loss >= -1e-9).all()
    assert loss.max() <= min(bounds.classic, bounds.sharp, bounds.intrinsic) + 1e-9
    assert loss.max() <= metric_bound(metric_diameter(mdp, labels), mdp.gamma, factor=factor) + 1e-9
    assert loss.max() <= sharp_bound(*diameters(mdp, labels), mdp.gamma, factor=factor) + 1e-9
    assert bounds.sharp <= approximation_bounds(mdp, labels, weights).classic + 1e-9
    assert np.abs(best.q_values - grouped.q_values[:, labels]).max() <= bounds.action_values + 1e-9
    y, x = deviations(mdp, labels, weights)
    transition, reward = diameters(mdp, labels)
    assert y <= factor * transition + 1e-12
    assert x <= factor * reward + 1e-12
    if labels.max() + 1 == labels.size:
        assert factor <= 1e-15
        assert bounds.sharp == 0


@pytest.mark.parametrize("block", range(3))
def test_bounds_hold(block):
    rng = np.random.default_rng([block, 3])
    for i in range(100):
        mdp, labels = similar_model(rng)
        check_approximation(mdp, labels, random_weights(rng, labels, mdp.n_states) if i % 3 == 0 else None)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(15))
def test_bounds_hold_on_thousands_of_models(block):
    rng = np.random.default_rng([block, 4])
    for i in range(300):
        mdp, labels = similar_model(rng)
        check_approximation(mdp, labels, random_weights(rng, labels, mdp.n_states) if i % 3 == 0 else None)


def test_bounds_scale_with_the_rewards():
    rng = np.random.default_rng(5)
    for _ in range(20):
        mdp, labels = similar_model(rng)
        moved = mdp.replace(r=7 * mdp.r - 3)
        assert approximation_bounds(moved, labels) == pytest.approx(7 * np.array(approximation_bounds(mdp, labels)), abs=1e-6)


# --- estimation ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("epsilon", "gamma", "loss"), [(0.1, 0.9, 180 / 19), (0.01, 0.9, 180 / 109), (0.5, 0.9, 10), (0.3, 0.5, None), (1.0, 0.9, 10)]
)
def test_the_kernel_bound_is_attained(epsilon, gamma, loss):
    true, estimated = estimation_instance(epsilon, gamma)
    q = tabular.q_values(estimated, tabular.solve(estimated, tol=1e-12).values)[0]
    assert q[1] >= q[0] - 1e-9  # the plan may take action 1
    lost = (tabular.solve(true, tol=1e-12).values - tabular.policy_value(true, [1, 0, 0]))[0]
    bound = min(kernel_error_bound(epsilon, gamma), 1 / (1 - gamma))
    assert lost == pytest.approx(bound, abs=1e-9)
    assert loss is None or lost == pytest.approx(loss, abs=1e-9)
    assert np.abs(true.P - estimated.P).sum(axis=2).max() / 2 == pytest.approx(epsilon)


def test_the_natural_conjecture_is_false():
    gamma, e = 0.9, 0.1
    conjecture = 2 * gamma * e / ((1 - gamma) * (1 - gamma * (1 - 2 * e)))
    assert conjecture == pytest.approx(6.4286, abs=1e-4)
    pays = (1 - gamma) / (1 - gamma * (1 - e))
    true = tabular.MDP([[[1, 0], [1 - e, e]], [[0, 1]] * 2], [[1, pays], [0, 0]], gamma)
    assert conjecture < kernel_error_bound(e, gamma)
    lost = tabular.solve(true).values - tabular.policy_value(true, [1, 0])
    assert lost[0] == pytest.approx(7.2299, abs=5e-5)
    assert lost[0] > conjecture


def check_estimation(rng):
    mdp, labels = similar_model(rng)
    P, r = merged(mdp, labels)
    S, m = r.shape
    other = rng.dirichlet(np.full(S, rng.choice([0.1, 1.0])), (S, m))
    share = rng.choice([1.0, 0.3, 0.01])
    estimate = (1 - share) * P + share * other
    model, plan = tabular.MDP(P, r, mdp.gamma), tabular.solve(tabular.MDP(estimate, r, mdp.gamma), tol=1e-12)
    best = tabular.solve(model, tol=1e-12)
    loss = (best.values - tabular.policy_value(model, plan.policy)).max()
    eta = np.abs((P - estimate) @ best.values).max()
    epsilon = np.abs(P - estimate).sum(axis=2).max() / 2
    assert loss <= value_error_bound(eta, mdp.gamma) + 1e-9
    assert loss <= kernel_error_bound(min(epsilon, 1.0), mdp.gamma) + 1e-9
    assert np.abs(best.q_values - plan.q_values).max() <= mdp.gamma * eta / (1 - mdp.gamma) + 1e-9
    # L sweeps from zero, then greedy
    sweeps, q = int(rng.integers(0, 12)), np.zeros((S, m))
    for _ in range(sweeps):
        q = r + mdp.gamma * estimate @ q.max(axis=1)
    greedy = (best.values - tabular.policy_value(model, q.argmax(axis=1))).max()
    late = computation_bound(sweeps, mdp.gamma)
    assert greedy <= value_error_bound(eta, mdp.gamma) + 2 * mdp.gamma**sweeps / (1 - mdp.gamma) ** 2 + 1e-9
    assert greedy <= min(kernel_error_bound(min(epsilon, 1.0), mdp.gamma) + late, 1 / (1 - mdp.gamma)) + 1e-9


def test_estimation_bounds_hold_for_any_kernel():
    rng = np.random.default_rng(6)
    for _ in range(150):
        check_estimation(rng)


@pytest.mark.slow
def test_estimation_bounds_hold_for_thousands_of_kernels():
    rng = np.random.default_rng(7)
    for _ in range(4000):
        check_estimation(rng)


def test_radii_cover():
    """The exact chance that a binomial frequency leaves the radius, for one pair of two states."""
    for p in (0.05, 0.3, 0.5):
        for k in (5, 40, 300):
            for delta in (0.3, 0.05):
                law = scipy.stats.binom(k, p)
                away = np.abs(np.arange(k + 1) / k - p)
                for radius in (
                    weissman_radius(2, k, 1, delta),
                    hoeffding_radius(1.0, k, 1, delta),
                    bernstein_radius(p * (1 - p), 1.0, k, 1, delta),
                ):
                    assert law.pmf(np.arange(k + 1))[away > radius + 1e-12].sum() <= delta
    assert weissman_radius(2, 40, 1, 0.1) == pytest.approx(hoeffding_radius(1.0, 40, 1, 0.1))
    assert weissman_radius(1, 40, 5, 0.1) == 0
    assert weissman_radius(2000, 1, 5, 0.1) == 1
    assert weissman_radius(5, 400, 6, 0.1) == pytest.approx(math.sqrt(math.log(30 * 6 / 0.1) / 800))
    assert bernstein_radius(0.0, 3.0, 10, 4, 0.1) == pytest.approx(math.log(80) / 10)


def test_estimation_bound_takes_the_smallest():
    plain = value_error_bound(hoeffding_radius(10.0, 10**6, 8, 0.1), 0.9)
    kernel = kernel_error_bound(weissman_radius(2, 10**6, 8, 0.1), 0.9)
    assert estimation_bound(2, 4, 10**6, 0.9, 0.1) == min(plain, kernel, 10)
    assert estimation_bound(2, 4, 1, 0.9, 0.1) == pytest.approx(10)
    assert estimation_bound(2, 1, 5, 0.9, 0.1) == estimation_bound(1, 7, 5, 0.9, 0.1) == 0
    assert estimation_bound(2, 4, 10**6, 0.9, 0.1, span=0.01) < kernel
    small = estimation_bound(2, 4, 10**6, 0.9, 0.1, span=1.0, variance=1e-4)
    assert small < estimation_bound(2, 4, 10**6, 0.9, 0.1, span=1.0)
    # Hoeffding alone says nothing at 24 samples
    for m in range(2, 7):
        assert value_error_bound(hoeffding_radius(10.0, 24 // (2 * m), 2 * m, 0.1), 0.9) > 1000


# --- computation and the trade-off ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("m", "sweeps", "bound"),
    [(1, 1000, 3.495742503e-44), (4, 250, 7.272058359e-10), (16, 62, 0.29111566859), (64, 15, 41.17822642)],
)
def test_published_computation_bounds(m, sweeps, bound):
    assert affordable_sweeps(4000, 2, m) == sweeps
    exact = 2 * Fraction(9, 10) ** sweeps * 100
    assert float(exact) == pytest.approx(bound, rel=2e-10)
    assert computation_bound(sweeps, 0.9) == pytest.approx(min(float(exact), 10.0), rel=1e-12)


@pytest.mark.parametrize(
    ("samples", "m", "bound"), [(1e4, 1, 3.1034482759), (1e5, 1, 3.1034482759), (1e6, 7, 1.6740203582), (1e7, 14, 0.8331980200)]
)
def test_published_surrogates(samples, m, bound):
    curve = 0.05 / np.arange(1, 200)
    found = surrogate_groups(curve, n_states=2, samples=samples, gamma=0.9, delta=0.1, fractional=True)
    assert (found.n_groups, found.cost) == (m, pytest.approx(bound, abs=6e-11))
    assert found.costs[m - 1] == found.bound.total == found.cost
    assert found.costs.min() == found.cost


@pytest.mark.parametrize(("samples", "m", "bound"), [(1e4, 2, 6.0444012722), (1e5, 3, 3.2515120732)])
def test_published_surrogates_when_one_group_is_estimated_too(samples, m, bound):
    totals = []
    for groups in range(1, 50):
        each = samples / (2 * groups)
        radius = weissman_radius(2, each, 2 * groups, 0.1)
        est = min(kernel_error_bound(radius, 0.9), value_error_bound(hoeffding_radius(10.0, each, 2 * groups, 0.1), 0.9), 10.0)
        totals.append(sharp_bound(0.05 / groups, 0, 0.9) + est)
    assert (int(np.argmin(totals)) + 1, min(totals)) == (m, pytest.approx(bound, abs=6e-11))


def test_the_bound_jumps_over_every_number_in_between():
    """The bound's choice goes from one group to six near 5088 samples; the exact loss is lowest at three of them at 24."""
    p = [[0.85, 0.80, 0.75, 0.35, 0.30, 0.25], [0.3, 0.25, 0.2, 0.9, 0.85, 0.8]]
    curve = np.full(6, np.inf)
    for labels in tabular.grouping.partitions(6):
        mdp, m = two_state_family(p, 0.9), labels.max() + 1
        curve[m - 1] = min(curve[m - 1], weight_factor(mdp, labels) * diameters(mdp, labels).transition)
    chosen = {n: surrogate_groups(curve, n_states=2, samples=n, gamma=0.9, delta=0.1).n_groups for n in range(24, 8000, 24)}
    assert set(chosen.values()) == {1, 6}
    assert min(n for n, m in chosen.items() if m == 6) == 5088


def test_prices_and_budgets():
    curve = 0.05 / np.arange(1, 60)
    free = surrogate_groups(curve, n_states=2, samples=[1e5, 1e6, 1e7], gamma=0.9, delta=0.1)
    assert free.samples == 1e7
    paid = surrogate_groups(curve, n_states=2, samples=[1e5, 1e6, 1e7], gamma=0.9, delta=0.1, sample_price=1e-6)
    assert paid.samples < 1e7
    assert paid.cost == pytest.approx(paid.bound.total + 1e-6 * paid.samples)
    hurried = surrogate_groups(curve, n_states=2, samples=1e7, gamma=0.9, delta=0.1, flops=1000)
    assert hurried.n_groups < free.n_groups
    assert hurried.sweeps == affordable_sweeps(1000, 2, hurried.n_groups)
    brute = min(total_bound(curve[m - 1], 0, 2, m, 1e7, 0.9, 0.1, sweeps=1000 // (4 * m)).total for m in range(1, 60))
    assert hurried.cost == pytest.approx(brute)
    both = surrogate_groups(curve, n_states=2, samples=1e7, gamma=0.9, delta=0.1, flops=[500, 5000], flop_price=1e-3)
    assert both.cost == pytest.approx(both.bound.total + 1e-3 * both.sweeps * 4 * both.n_groups)
    few = surrogate_groups(curve, n_states=2, samples=10, gamma=0.9, delta=0.1)
    assert np.isinf(few.costs[5:]).all()
    assert few.n_groups == 1


def test_the_total_bounds_the_exact_loss():
    p = [[0.85, 0.75, 0.35, 0.25], [0.3, 0.2, 0.9, 0.8]]
    mdp, labels = two_state_family(p, 0.9), [0, 0, 1, 1]
    for samples in (400, 40_000, 4_000_000):
        loss = tabular.grouping.grouped_two_state_loss(p, labels, samples, 0.9).total.max()
        bound = total_bound(*diameters(mdp, labels), 2, 2, samples, 0.9, 0.05, factor=weight_factor(mdp, labels))
        assert loss <= bound.total + 0.05 / (1 - 0.9)
        assert bound.computation == 0


def test_power_law():
    assert power_law_optimum(3, 2, 1, 1e5) == pytest.approx(96.5489384606, abs=6e-11)
    for a, b, p, n in ((1.0, 0.5, 0.5, 1e4), (2.0, 3.0, 2.0, 1e6)):
        m = power_law_optimum(a, b, p, n)
        loss = [a * x**-p + b * math.sqrt(x / n) for x in (0.999 * m, m, 1.001 * m)]
        assert loss[1] == min(loss)
        assert power_law_optimum(a, b, p, 10 * n) / m == pytest.approx(10 ** (1 / (2 * p + 1)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sharp_bound(1.1, 0, 0.9), "transition is 1.1"),
        (lambda: sharp_bound(0.1, -1, 0.9), "reward is -1"),
        (lambda: sharp_bound(0.1, 0, 1.0), "gamma is 1.0"),
        (lambda: classic_bound(0.1, 0, 0.9, factor=2), "factor is 2"),
        (lambda: classic_bound(0.1, 0, 0.9, span=-1), "span is -1"),
        (lambda: action_value_bound(np.nan, 0, 0.9), "transition is nan"),
        (lambda: metric_bound(-0.1, 0.9), "diameter is -0.1"),
        (lambda: value_error_bound(-0.1, 0.9), "eta is -0.1"),
        (lambda: kernel_error_bound(1.5, 0.9), "epsilon is 1.5"),
        (lambda: hoeffding_radius(1, 0, 4, 0.1), "samples is 0"),
        (lambda: hoeffding_radius(1, -3, 4, 0.1), "samples is -3"),
        (lambda: weissman_radius(2, 10, 4, 0.0), "delta is 0.0"),
        (lambda: weissman_radius(0, 10, 4, 0.1), "n_states is 0"),
        (lambda: bernstein_radius(-1, 1, 10, 4, 0.1), "variance is -1"),
        (lambda: estimation_bound(2, 0, 10, 0.9, 0.1), "n_groups is 0"),
        (lambda: estimation_bound(2, 3, 0, 0.9, 0.1), "samples is 0"),
        (lambda: computation_bound(-1, 0.9), "sweeps is -1"),
        (lambda: affordable_sweeps(-1, 2, 2), "flops is -1"),
        (lambda: total_bound(0.1, 0, 2, 4, 7, 0.9, 0.1), "7 samples for 8 pairs of state and group: fewer than one each"),
        (lambda: surrogate_groups(0.1, n_states=2, samples=10, gamma=0.9, delta=0.1), r"transition has shape \(\)"),
        (lambda: surrogate_groups([0.1], [0.1, 0.2], n_states=2, samples=10, gamma=0.9, delta=0.1), r"reward has shape \(2,\)"),
        (lambda: surrogate_groups([0.1], n_states=2, samples=[], gamma=0.9, delta=0.1), "no budget"),
        (lambda: power_law_optimum(0, 1, 1, 10), "expected positive numbers"),
        (lambda: attaining_instance(0.1, 0.1, 0.9, 1), "group_size is 1"),
        (lambda: estimation_instance(-0.1, 0.9), "epsilon is -0.1"),
        (lambda: two_state_family([0.1, 0.2], 0.9), r"p has shape \(2,\)"),
        (lambda: decomposition(THREE.replace(r=np.full((3, 3), 2.0)), [0, 0, 0]), r"rewards are in \[2, 2\]"),
        (lambda: diameters(THREE, [0, 0]), "groups label 2 actions"),
        (lambda: deviations(THREE, [0, 0, 2]), "no action has label 1"),
        (lambda: metric_diameter(THREE.replace(gamma=1.0), [0, 0, 0]), "gamma = 1"),
        (lambda: weight_factor("model", [0]), "takes an MDP, not str"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(tabular.ModelError, match=message):
        call()
