"""cvxpy with Clarabel as an independent oracle: the primal problems as a conic solver sees them, well scaled.

Each problem is compiled once, with the reference, the values and the strength as parameters.
"""

import functools
import math

import cvxpy as cp
import numpy as np
import pytest

import tabular

N = 5
AGREE = 1e-6
"""What a conic solver with residuals of 1e-9 promises on problems of this scale, relative to the range of the values."""


pytestmark = [
    # the last digits of our tolerances are beyond some cones; the comparison is what counts
    pytest.mark.filterwarnings("ignore:Solution may be inaccurate"),
    pytest.mark.filterwarnings("ignore:Power atom with exponent 0.3 is being approximated with rational 3/10"),
]


def expression(D, q, p):
    """``D(q, p)`` for a positive parameter p, in parametrised (DPP) form."""
    match D:
        case tabular.KL():
            return cp.sum(cp.rel_entr(q, p))
        case tabular.ReverseKL():
            return cp.sum(cp.rel_entr(p, q))
        case tabular.Jeffreys():
            return cp.sum(cp.rel_entr(q, p)) + cp.sum(cp.rel_entr(p, q))
        case tabular.JensenShannon():
            half = (p + q) / 2
            return (cp.sum(cp.rel_entr(q, half)) + cp.sum(cp.rel_entr(p, half))) / 2
    return None


def ratio_form(D, t):
    """``f(t)`` elementwise, for the divergences that are easier in the ratio t = q / p."""
    match D:
        case tabular.ChiSquare():
            return cp.square(t - 1)
        case tabular.Neyman():
            return cp.inv_pos(t) + t - 2
        case tabular.SquaredHellinger():
            return t + 1 - 2 * cp.sqrt(t)
        case tabular.Triangular():
            return t - 3 + 4 * cp.inv_pos(t + 1)
        case tabular.CressieRead(k):
            sign = 1.0 if k > 1 or k < 0 else -1.0
            return (sign * (sign * cp.power(t, k)) - k * t + (k - 1)) / (k * (k - 1))
        case tabular.TsallisKL(k):
            return k * ratio_form(tabular.CressieRead(k), t)
    raise NotImplementedError(D)


@functools.cache
def problem(D, priced):
    p, v, w = cp.Parameter(N, nonneg=True), cp.Parameter(N), cp.Parameter(N)
    strength = cp.Parameter(nonneg=True)
    fixed = []
    if expression(D, p, p) is not None:
        # a variable equal to the parameter: an entropy of a parameter would be compiled anew for every value
        q, r = cp.Variable(N, nonneg=True), cp.Variable(N, nonneg=True)
        mean, distance, total, fixed = v @ q, expression(D, q, r), cp.sum(q), [r == p]
    else:
        t = cp.Variable(N, nonneg=True)
        mean, distance, total = w @ t, p @ ratio_form(D, t), p @ t  # w is p v
    if priced:
        return cp.Problem(cp.Minimize(mean + strength * distance), [total == 1, *fixed]), p, v, w, strength
    return cp.Problem(cp.Minimize(mean), [total == 1, distance <= strength, *fixed]), p, v, w, strength


def conic(D, values, reference, s, priced):
    prob, p, v, w, strength = problem(D, priced)
    p.value, v.value, w.value, strength.value = reference, values, reference * values, s
    prob.solve(solver=cp.CLARABEL, tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10)
    assert prob.status in ("optimal", "optimal_inaccurate")
    return prob.value


def instance(rng):
    """Probabilities not below one in a hundred; values from -1 to 1 or so, some tied."""
    p = 0.05 / N + 0.95 * rng.dirichlet(np.ones(N))
    p = p / p.sum()
    v = np.clip(rng.normal(size=N), -1.5, 1.5)
    return p, np.round(v, 1) if rng.random() < 0.3 else v


ORACLES = [
    tabular.KL(),
    tabular.ReverseKL(),
    tabular.ChiSquare(),
    tabular.Neyman(),
    tabular.SquaredHellinger(),
    tabular.JensenShannon(),
    tabular.Jeffreys(),
    tabular.Triangular(),
    tabular.CressieRead(0.3),
    tabular.CressieRead(1.5),
    tabular.CressieRead(3),
    tabular.CressieRead(-0.5),
    tabular.TsallisKL(0.75),
    tabular.TsallisKL(1.75),
]
each = pytest.mark.parametrize("D", ORACLES, ids=repr)


def compare(D, seed, count):
    rng = np.random.default_rng([seed, 31])
    for _ in range(count):
        p, v = instance(rng)
        span = np.ptp(v)
        rho, x = float(10.0 ** rng.uniform(-1.5, 0.3)) * D.second_derivative(1.0), float(10.0 ** rng.uniform(-0.7, 0.7))
        assert abs(D.worst_case(v, p, rho).value - conic(D, v, p, rho, priced=False)) <= AGREE * span, (
            v.tolist(),
            p.tolist(),
            rho,
        )
        assert abs(D.penalised_min(v, p, x).value - conic(D, v, p, x, priced=True)) <= AGREE * span, (v.tolist(), p.tolist(), x)
        top = D.smooth_max(v, p, x).value
        assert abs(top + conic(D, -v, p, x, priced=True)) <= AGREE * span


@each
def test_against_a_conic_solver(D):
    compare(D, 1, 30)


@pytest.mark.slow
@each
def test_against_a_conic_solver_often(D):
    compare(D, 2, 500)


@pytest.mark.parametrize("D", [tabular.ReverseKL(), tabular.SquaredHellinger(), tabular.JensenShannon()], ids=repr)
def test_leaks_against_a_conic_solver(D):
    """One state without mass, at the price f'(inf) a unit."""
    rng = np.random.default_rng(33)
    leaked = 0
    for _ in range(12):
        p, v = instance(rng)
        v[0] = v.min() - rng.uniform(0, 1)
        p[0] = 0.0
        p /= p.sum()
        q = cp.Variable(N, nonneg=True)
        if isinstance(D, tabular.SquaredHellinger):
            distance = 2 - 2 * cp.sum(cp.multiply(np.sqrt(p[1:]), cp.sqrt(q[1:])))
        elif isinstance(D, tabular.ReverseKL):
            distance = cp.sum(cp.rel_entr(p[1:], q[1:]))
        else:
            half = (p + q) / 2
            distance = (cp.sum(cp.rel_entr(q, half)) + cp.sum(cp.rel_entr(p[1:], half[1:]))) / 2
        most = D([1, 0], [0, 1])
        rho = float(rng.uniform(0.05, 0.7)) * (most if math.isfinite(most) else 1.0)
        prob = cp.Problem(cp.Minimize(v @ q), [cp.sum(q) == 1, distance <= rho])
        prob.solve(solver=cp.CLARABEL, tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10)
        value, law = D.worst_case(v, p, rho)
        assert abs(value - prob.value) <= AGREE * np.ptp(v)
        leaked += law[0] > 1e-6
    assert leaked >= 3
