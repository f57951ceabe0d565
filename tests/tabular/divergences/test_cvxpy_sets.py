"""An independent oracle: the definitions of the sets, solved by a conic and by a linear programming solver."""

from __future__ import annotations

import numpy as np
import pytest

from tabular.divergences import L2, Contamination, CVaR, LInfinity, TotalVariation, Wasserstein

from .set_references import metric

cp = pytest.importorskip("cvxpy")

RELATIVE = 1e-6
"""What we ask of agreement; the solvers are asked for 1e-9."""

CLARABEL = {"solver": "CLARABEL", "tol_gap_abs": 1e-9, "tol_gap_rel": 1e-9, "tol_feas": 1e-9}
HIGHS = {"solver": "HIGHS"}


def conic_value(divergence, v, p, radius=None, penalty=None):
    """The set as its definition says, in cvxpy."""
    n = len(p)
    q = cp.Variable(n, nonneg=True)
    constraints = [cp.sum(q) == 1]
    objective = v @ q
    options = HIGHS
    if isinstance(divergence, Wasserstein):
        plan = cp.Variable((n, n), nonneg=True)
        spent = cp.sum(cp.multiply(divergence.cost, plan))
        constraints += [cp.sum(plan, axis=1) == p, cp.sum(plan, axis=0) == q]
    elif isinstance(divergence, TotalVariation):
        spent = cp.norm1(q - p) / 2
        if divergence.absolutely_continuous and (p == 0).any():
            constraints += [q[p == 0] == 0]
    elif isinstance(divergence, LInfinity):
        spent = cp.norm_inf(q - p)
    elif isinstance(divergence, L2):
        spent, options = cp.norm2(q - p), CLARABEL
    elif isinstance(divergence, Contamination):
        spent = 0
        constraints += [q >= (1 - radius) * p]
    else:
        spent = 0
        constraints += [divergence.level * q <= p]
    if penalty is None:
        if radius is not None and not isinstance(divergence, Contamination):
            constraints += [spent <= radius]
    else:
        objective = objective + penalty * spent
    problem = cp.Problem(cp.Minimize(objective), constraints)
    problem.solve(**options)
    assert problem.status == "optimal"
    return problem.value


def well_scaled(rng):
    """At most seven states, probabilities not below 0.01 or zero, values of size one."""
    n = int(rng.integers(2, 8))
    p = (rng.dirichlet(np.ones(n)) + 0.01) * (rng.random(n) < 0.8)
    p[rng.integers(n)] += 0.1
    v = rng.normal(size=n) if rng.random() < 0.6 else rng.integers(-2, 3, size=n).astype(float)
    return v, p / p.sum(), metric(n, rng)


def check(count, seed):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        v, p, cost = well_scaled(rng)
        radius, penalty = float(rng.choice([0.01, 0.1, 0.3, 0.7])), float(rng.choice([0.05, 0.3, 1.0, 5.0]))
        scale = RELATIVE * max(1.0, np.abs(v).max())
        transport = Wasserstein(cost)
        for divergence in (TotalVariation(), TotalVariation(True), Contamination(), LInfinity(), L2(), transport):
            expected = conic_value(divergence, v, p, radius=radius)
            assert divergence.worst_case(v, p, radius).value == pytest.approx(expected, abs=scale), (divergence, v, p, radius)
        for divergence in (TotalVariation(), TotalVariation(True), transport):
            expected = conic_value(divergence, v, p, penalty=penalty)
            assert divergence.penalised_min(v, p, penalty).value == pytest.approx(expected, abs=scale), (
                divergence,
                v,
                p,
                penalty,
            )
        assert CVaR(radius).worst_case(v, p).value == pytest.approx(conic_value(CVaR(radius), v, p), abs=scale), (v, p, radius)


def test_cvxpy_agrees():
    """30 cases for each of ten problems."""
    check(30, 60)


@pytest.mark.slow
def test_cvxpy_agrees_often():
    check(1000, 61)
