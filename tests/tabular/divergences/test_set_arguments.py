"""What sets say to input that means nothing."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp

import tabular
from tabular.divergences import L2, Contamination, CVaR, LInfinity, TotalVariation, Wasserstein

from .set_references import line

V, P = [1.0, 2.0, 0.0], [0.5, 0.25, 0.25]
CSR = sp.csr_array(np.array([P, [0.0, 1.0, 0.0]]))
ALL = [TotalVariation(), TotalVariation(True), Contamination(), LInfinity(), L2(), Wasserstein(line(3))]


def refuses(message, function, *arguments, **keywords):
    with pytest.raises(tabular.ModelError, match=message):
        function(*arguments, **keywords)


@pytest.mark.parametrize("divergence", ALL, ids=lambda d: type(d).__name__)
def test_radii_values_references_and_shapes(divergence):
    solve = divergence.worst_case
    refuses(r"radius is .*-0.1.* \(expected a number >= 0\)", solve, V, P, -0.1)
    refuses(r"radius is .*nan.* \(expected a number >= 0\)", solve, V, P, np.nan)
    refuses(r"radius\[1\] is .*-0.5", solve, V, [P, P], [0.1, -0.5])
    refuses(r"radius of shape \(3,\) does not fit \(2,\) rows", solve, V, [P, P], [0.1, 0.2, 0.3])
    refuses(r"values\[1\] is .*nan", solve, [1.0, np.nan, 0.0], P, 0.1)
    refuses(r"values\[0\] is .*inf", solve, [np.inf, 1.0, 0.0], P, 0.1)
    refuses(r"values\[0\] is .*-inf", solve, [-np.inf, 1.0, 0.0], P, 0.1)
    refuses(r"values of shape \(2,\) do not fit a reference of shape \(3,\)", solve, [1.0, 2.0], P, 0.1)
    refuses(r"reference\[0\] is .*-0.5", solve, V, [-0.5, 1.0, 0.5], 0.1)
    refuses(r"reference.* sums to 0.9 ", solve, V, [0.4, 0.25, 0.25], 0.1)
    refuses(r"reference has shape \(\) \(expected at least one state", solve, V, 1.0, 0.1)
    refuses(r"values of shape \(3,\) do not fit a reference of shape \(1,\)", solve, V, [1.0], 0.1)
    refuses(r"values of shape \(1,\) do not fit a reference of shape \(3,\)", solve, [1.0], P, 0.1)
    for method in (divergence.multiplier, lambda *a: divergence.bounds(a[0], a[1], radius=a[2])):
        refuses("expected a number >= 0", method, V, P, -0.1)


@pytest.mark.parametrize("divergence", ALL, ids=lambda d: type(d).__name__)
def test_sparse_references(divergence):
    solve = divergence.worst_case
    refuses(r"reference\[1, 1\] is .*-1.0", solve, V, sp.csr_array(np.array([P, [2.0, -1.0, 0.0]])), 0.1)
    refuses(r"reference row 1 sums to 0.5", solve, V, sp.csr_array(np.array([P, [0.5, 0.0, 0.0]])), 0.1)
    refuses(r"values\[2\] is .*inf", solve, [1.0, 2.0, np.inf], CSR, 0.1)
    refuses(r"values of shape \(2,\) do not fit", solve, [1.0, 2.0], CSR, 0.1)
    refuses(r"radius\[1\] is .*nan", solve, V, CSR, [0.1, np.nan])
    refuses(r"radius of shape \(3,\) does not fit \(2,\) rows", solve, V, CSR, [0.1, 0.1, 0.1])


def test_contamination_is_a_share():
    refuses(r"radius is 1.5 \(a contamination is at most 1\)", Contamination().worst_case, V, P, 1.5)
    refuses(r"radius\[1\] is 1.25 \(a contamination is at most 1\)", Contamination().worst_case, V, CSR, [0.5, 1.25])


def test_sets_without_penalty():
    for divergence in (Contamination(), LInfinity(), L2()):
        refuses(r"has no penalised form; give a radius", divergence.bounds, V, P, penalty=0.1)
    refuses("has no penalised form", CVaR(0.5).bounds, V, P, penalty=0.1)


def test_bounds_take_one_strength():
    for divergence in ALL:
        refuses("give either a radius or a penalty", divergence.bounds, V, P)
        refuses("give either a radius or a penalty", divergence.bounds, V, P, radius=0.1, penalty=0.1)
    for divergence in (TotalVariation(), Wasserstein(line(3))):
        refuses(r"penalty is .*-1.0.* \(expected a number >= 0\)", divergence.penalised_min, V, P, -1.0)


def test_levels():
    for level in (-0.1, 1.1, float("nan"), Fraction(3, 2)):
        refuses(r"the level is .* \(expected a number in \[0, 1\]\)", CVaR, level)
    refuses(r"the level is 'half'", CVaR, "half")
    refuses(r"the level is None", CVaR, None)
    refuses("CVaR takes no radius", CVaR(0.5).worst_case, V, P, 0.1)
    refuses("CVaR takes no radius", CVaR(0.5).bounds, V, P, radius=0.1)
    refuses("CVaR takes no radius", CVaR(0.5).multiplier, V, P, 0.1)


def test_costs_that_are_no_metric():
    good = line(4)

    def broken(i, j, value, symmetric=True):
        cost = good.copy()
        cost[i, j] = value
        if symmetric:
            cost[j, i] = value
        return cost

    refuses(r"cost\[1, 2\] is 3.0, and cost\[2, 1\] is 1.0 \(it is not symmetric\)", Wasserstein, broken(1, 2, 3.0, False))
    refuses(r"cost\[0, 3\] is -3.0 \(expected a positive number off the diagonal\)", Wasserstein, broken(0, 3, -3.0))
    refuses(r"cost\[0, 3\] is 0.0 \(expected a positive number off the diagonal\)", Wasserstein, broken(0, 3, 0.0))
    refuses(r"cost\[2, 2\] is 0.5 \(expected 0 on the diagonal\)", Wasserstein, broken(2, 2, 0.5))
    refuses(r"cost\[1, 3\] is nan \(expected a finite number\)", Wasserstein, broken(1, 3, np.nan))
    refuses(
        r"triangle inequality: cost\[0, 3\] = 3.5 is more than cost\[0, 1\] \+ cost\[1, 3\] = 3.0", Wasserstein, broken(0, 3, 3.5)
    )
    refuses(r"the cost has shape \(2, 3\) \(expected a square matrix\)", Wasserstein, np.zeros((2, 3)))
    refuses(r"the cost has shape \(0, 0\)", Wasserstein, np.zeros((0, 0)))
    refuses("the cost cannot be read", Wasserstein, [["a", "b"], ["c", "d"]])
    third = np.array([[Fraction(abs(i - j), 3) for j in range(4)] for i in range(4)], dtype=object)
    Wasserstein(third)  # thirds meet the triangle inequality with equality, in fractions
    third[0, 3] = third[3, 0] = Fraction(1) + Fraction(1, 10**30)
    refuses(r"triangle inequality: cost\[0, 3\]", Wasserstein, third)


def test_transport_wants_its_own_states_and_finite_values():
    refuses("laws over 3 states for a cost between 4", Wasserstein(line(4)).worst_case, V, P, 0.1)
    refuses("laws over 3 states for a cost between 4", Wasserstein(line(4)).worst_case, V, CSR, 0.1)
    refuses(
        r"values\[2\] is .*inf.*: transport needs finite values",
        Wasserstein(line(3)).worst_case,
        [1, 2, np.inf],
        [0.5, 0.5, 0],
        0.1,
    )
    refuses(r"values\[1, 2\] is .*inf", Wasserstein(line(3)).worst_case, [[1, 2, 0], [1, 2, np.inf]], [0.5, 0.5, 0], 0.1)


def test_distance_of_laws_that_do_not_fit():
    refuses(r"p has shape \(2,\) and reference \(3,\): they do not fit", TotalVariation(), [0.5, 0.5], P)
    refuses(r"p has shape \(1,\) and reference \(3,\)", TotalVariation(), [1.0], P)
    refuses(r"p\[0\] is .*-1", TotalVariation(), [-1.0, 2.0], [0.5, 0.5])
