"""s-rectangular problems: published values, a conic solver on the min-max, brackets checked in rationals and in fifty digits."""

from fractions import Fraction

import cvxpy as cp
import mpmath
import numpy as np
import pytest
import robust_oracles as oracle
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import tabular
from tabular.bellman import certify

P = np.array([[[0.5, 0.3, 0.2], [0.1, 0.6, 0.3]], [[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]], [[0.3, 0.3, 0.4], [0, 0.2, 0.8]]])
R = np.array([[1, 0], [0.5, 0.2], [0, 0.8]])
DENSE = tabular.MDP(P, R, 0.9)
SPARSE = tabular.MDP(sp.csr_array(P.reshape(6, 3)), R, 0.9)

FAMILIES = [tabular.TotalVariation(), tabular.TotalVariation(True), tabular.KL(), tabular.ChiSquare(), tabular.ReverseKL()]
each_family = pytest.mark.parametrize("divergence", FAMILIES, ids=repr)


def shared(mdp, divergence, radius):
    return tabular.Robust(mdp, divergence, radius=radius, rectangular="s")


@pytest.mark.parametrize("mdp", [DENSE, SPARSE], ids=["dense", "sparse"])
@pytest.mark.parametrize(
    "method", [tabular.ValueIteration(), tabular.ModifiedPolicyIteration(), tabular.PolicyIteration()], ids=repr
)
def test_published_sandwich(mdp, method):
    """An L1 budget of .4: between the (s,a)-rectangular values at .4 and at .2."""
    tv = tabular.TotalVariation()
    low = tabular.solve(tabular.Robust(mdp, tv, radius=0.2), tol=1e-12).values
    high = tabular.solve(tabular.Robust(mdp, tv, radius=0.1), tol=1e-12).values
    middle = tabular.solve(shared(mdp, tv, 0.2), method, tol=1e-11)
    assert low == pytest.approx([6.7438543817, 6.1095890411, 6.5205479452], abs=6e-11)
    assert middle.values == pytest.approx([6.8651036842, 6.2593885840, 6.6377823701], abs=6e-11)
    assert high == pytest.approx([7.2358963, 6.5976911, 6.9766935], abs=6e-8)
    assert middle.policy[1] == pytest.approx([0.5, 0.5])


def coins(kappa):
    """Two fair coins for 0 or 1, a step away."""
    mdp = tabular.MDP([[[0, 0.5, 0.5]] * 2, [[0, 1, 0]] * 2, [[0, 0, 1]] * 2], [[0, 0], [1, 1], [0, 0]], 1)
    return tabular.FiniteHorizon(shared(mdp, tabular.TotalVariation(), kappa / 2), 2)


def test_randomisation_can_be_necessary():
    solution = tabular.solve(coins(0.4))
    assert solution.values[0, 0] == pytest.approx(0.4)
    assert solution.policy[0, 0] == pytest.approx([0.5, 0.5])
    single = np.array([[1.0, 0], [1, 0], [1, 0]])
    assert tabular.policy_value(coins(0.4), single)[0, 0] == pytest.approx(0.3)


# --- a conic solver ------------------------------------------------------------------------------------------------------------


def distance(divergence, q, p):
    match divergence:
        case tabular.TotalVariation():
            return cp.norm1(q - p) / 2
        case tabular.KL():
            return cp.sum(cp.rel_entr(q, p))
        case tabular.ChiSquare():
            return cp.sum(cp.multiply(cp.square(q - p), 1 / p))
        case tabular.ReverseKL():
            return cp.sum(cp.rel_entr(p, q))


def conic(divergence, p, b, kappa):
    """min over the set of max_a <q_a, b_a>."""
    q, u = cp.Variable(p.shape, nonneg=True), cp.Variable()
    spent = sum(distance(divergence, q[a], p[a]) for a in range(len(p)))
    limits = [cp.sum(q, axis=1) == 1, spent <= kappa, *(b[a] @ q[a] <= u for a in range(len(p)))]
    problem = cp.Problem(cp.Minimize(u), limits)
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10)
    return float(problem.value)


@pytest.mark.filterwarnings("ignore:Solution may be inaccurate")
@each_family
def test_min_max_by_a_conic_solver(divergence):
    rng = np.random.default_rng(5)
    for _ in range(8):
        A, S = int(rng.integers(1, 4)), int(rng.integers(2, 6))
        P = 0.02 + rng.dirichlet(np.ones(S), size=(S, A))
        P /= P.sum(axis=2, keepdims=True)
        r, v = rng.normal(size=(S, A)), np.round(rng.normal(size=S), 1)
        kappa = float(rng.choice([0.02, 0.2, 0.8]))
        operator = shared(tabular.MDP(P, r, 0.9), divergence, kappa).operator()
        value = operator.backup(v)
        b = r[0][:, None] + 0.9 * v
        assert value[0] == pytest.approx(conic(divergence, P[0], b, kappa), abs=2e-6)
        policy = operator.choose(v)
        assert operator.fix(policy).backup(v) == pytest.approx(value, abs=1e-9)


@each_family
@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6))
def test_no_policy_beats_the_optimum_and_the_optimum_attains_it(divergence, seed):
    """Zeros, ties, radii from tiny to endless: any policy against its worst split is at most the value."""
    rng = np.random.default_rng(seed)
    A, S = int(rng.integers(1, 4)), int(rng.integers(1, 5))
    P = rng.integers(0, 4, size=(S, A, S)).astype(float)
    P[P.sum(axis=2) == 0, 0] = 1
    P /= P.sum(axis=2, keepdims=True)
    v = rng.integers(-4, 5, size=S) / 2.0
    kappa = float(rng.choice([0.0, 1e-12, 1e-6, 0.01, 0.3, 3.0, 50.0]))
    operator = shared(tabular.MDP(P, rng.integers(-2, 3, size=(S, A)) / 2.0, 0.9), divergence, kappa).operator()
    value, best = operator.backup(v), operator.choose(v)
    assert best.sum(axis=1) == pytest.approx(1)
    assert operator.fix(best).backup(v) == pytest.approx(value, abs=1e-10)
    for _ in range(4):
        policy = rng.dirichlet(np.full(A, 0.5), size=S)
        assert (operator.fix(policy).backup(v) <= value + 1e-10).all()
    low, high = operator.enclosed_backup(v)
    assert (low <= value + 1e-12).all()
    assert (value <= high + 1e-12).all()
    assert (high - low).max() <= 1e-8


# --- brackets ------------------------------------------------------------------------------------------------------------------


def rows_of(mdp, s, v):
    """Means, and what moving a unit of mass saves, in rationals."""
    gamma, low, out = Fraction(mdp.gamma), min(v), []
    for a in range(mdp.n_actions):
        p = oracle.fractions(mdp.P[s, a])
        total = sum(p)
        mean = Fraction(float(mdp.r[s, a])) + gamma * sum(x * y for x, y in zip(p, v, strict=True))
        out.append((mean, [(gamma * total * (y - low), x / total) for x, y in zip(p, v, strict=True)]))
    return out


def variation_against(mdp, s, v, policy, kappa):
    """A policy against total variation: the budget goes where it hurts most."""
    weights = [Fraction(float(w)) for w in policy]
    rows, z = rows_of(mdp, s, v), sum(weights)
    value = sum(w / z * mean for w, (mean, _) in zip(weights, rows, strict=True))
    gains = sorted(((w / z * g, p) for w, (_, row) in zip(weights, rows, strict=True) for g, p in row), reverse=True)
    left = Fraction(kappa)
    for gain, p in gains:
        step = min(p, left)
        value, left = value - gain * step, left - step
    return value


def variation_level(mdp, s, v, u):
    """The mass that brings all means down to u."""
    total = Fraction(0)
    for mean, row in rows_of(mdp, s, v):
        need = mean - u
        for gain, p in sorted(row, reverse=True):
            if need <= 0 or gain <= 0:
                break
            step = min(p, need / gain)
            total, need = total + step, need - step * gain
        if need > 0:
            return None
    return total


def entropic_rows(mdp, s, v):
    return [
        (
            oracle.as_mp(Fraction(float(mdp.r[s, a]))),
            oracle.as_mp(Fraction(mdp.gamma) * sum(oracle.fractions(mdp.P[s, a]))),
            oracle._support(v, [p / sum(oracle.fractions(mdp.P[s, a])) for p in oracle.fractions(mdp.P[s, a])]),
        )
        for a in range(mdp.n_actions)
    ]


def entropic_against(mdp, s, v, policy, kappa, prices):
    """Weak duality at the prices at hand: any of them bounds what the policy gets from below."""
    rows, z = entropic_rows(mdp, s, v), sum(mpmath.mpf(float(w)) for w in policy)
    best = None
    for xi in prices:
        total = -mpmath.mpf(xi) * mpmath.mpf(kappa)
        for w, (r, weight, pairs) in zip(policy, rows, strict=True):
            w = mpmath.mpf(float(w)) / z
            if w == 0:
                continue
            low = min(x for x, _ in pairs)
            price = mpmath.mpf(xi) / (w * weight) if weight else mpmath.inf
            if price == 0:
                worst = low
            elif price == mpmath.inf:
                worst = sum(x * q for x, q in pairs)
            else:
                worst = low - price * mpmath.log(sum(q * mpmath.exp(-(x - low) / price) for x, q in pairs))
            total += w * (r + weight * worst)
        best = total if best is None else max(best, total)
    return best


@pytest.mark.parametrize("sparse", [False, True])
def test_brackets_of_total_variation(sparse):
    """T_pi(lower) >= lower and T(upper) <= upper, in rationals: the latter says that means can be brought down to ``upper``."""
    rng = np.random.default_rng(21)
    for _ in range(40):
        S, A = int(rng.integers(1, 5)), int(rng.integers(1, 4))
        P = rng.integers(0, 4, size=(S, A, S)).astype(float)
        P[P.sum(axis=2) == 0, 0] = 1
        P /= P.sum(axis=2, keepdims=True)
        P *= 1 + 9e-10 * rng.integers(-1, 2, size=(S, A, 1))
        r, gamma = rng.integers(-8, 9, size=(S, A)) / 4, float(rng.choice([0.0, 0.5, 0.9, 0.99]))
        dense = tabular.MDP(P, r, gamma)
        mdp = tabular.MDP(sp.csr_array(P.reshape(-1, S)), r, gamma) if sparse else dense
        kappa = float(rng.choice([0.0, 0.05, 0.5, 4.0]))
        solution = tabular.solve(shared(mdp, tabular.TotalVariation(), kappa))
        assert solution.converged
        low, high = oracle.fractions(solution.lower), oracle.fractions(solution.upper)
        for s in range(S):
            assert variation_against(dense, s, low, solution.policy[s], kappa) >= low[s]
            spent = variation_level(dense, s, high, high[s])
            assert spent is not None
            assert spent <= Fraction(kappa)


def test_brackets_of_kl():
    rng = np.random.default_rng(22)
    with mpmath.workdps(50):
        for _ in range(15):
            S, A = int(rng.integers(1, 4)), int(rng.integers(1, 4))
            P = rng.dirichlet(np.ones(S), size=(S, A))
            mdp = tabular.MDP(P, rng.integers(-8, 9, size=(S, A)) / 4, 0.9)
            kappa = float(rng.choice([0.05, 0.5]))
            problem = shared(mdp, tabular.KL(), kappa)
            solution = tabular.solve(problem)
            operator = problem.operator()
            low = oracle.fractions(solution.lower)
            _, price = operator.split(solution.lower, solution.policy)
            for s in range(S):
                # the prices of our own split, and others around: the best of them certifies the lower bound
                own = [float(w * x * 0.9) for w, x in zip(solution.policy[s], price[s], strict=True) if w > 0 and np.isfinite(x)]
                xi = own[0] if own else 0.0
                prices = [0.0, *(xi * (1 + k * 1e-7) for k in range(-3, 4))]
                assert entropic_against(mdp, s, low, solution.policy[s], kappa, prices) >= oracle.as_mp(low[s])


@each_family
def test_any_values_give_a_true_bracket(divergence):
    rng = np.random.default_rng(23)
    mdp = tabular.domains.garnet(12, 3, 4, gamma=0.8, rng=3)
    problem = shared(mdp, divergence, 0.1)
    operator = problem.operator()
    solution = tabular.solve(problem, tol=1e-11)
    for _ in range(5):
        policy = rng.dirichlet(np.ones(3), size=12)
        bracket = certify(operator, rng.normal(size=12), policy)
        low, high = tabular.policy_bracket(problem, policy)
        assert (bracket.lower <= high).all()
        assert (solution.lower <= bracket.upper).all()
        assert (high - low).max() < 1e-10


def test_a_broken_split_is_noticed(monkeypatch):
    """Twice the budget for the adversary's radii gives an upper bound that is too low."""
    from tabular.bellman.shared import Shared

    problem = shared(DENSE, tabular.TotalVariation(), 0.2)
    true = tabular.solve(problem, tol=1e-11)
    monkeypatch.setattr(Shared, "budgets", lambda self, spent: 2 * spent)
    with pytest.raises(ArithmeticError, match="cross"):
        certify(problem.operator(), true.values)


# --- the rest ------------------------------------------------------------------------------------------------------------------


@each_family
def test_no_radius_is_the_model_and_one_action_is_rectangular(divergence):
    plain = tabular.solve(DENSE, tol=1e-12).values
    assert tabular.solve(shared(DENSE, divergence, 0.0), tol=1e-12).values == pytest.approx(plain, abs=1e-10)
    one = tabular.MDP(P[:, :1], R[:, :1], 0.9)
    pair = [
        tabular.solve(x, tol=1e-12).values for x in (shared(one, divergence, 0.1), tabular.Robust(one, divergence, radius=0.1))
    ]
    assert pair[0] == pytest.approx(pair[1], abs=1e-10)


@each_family
def test_allowed_actions_and_radii_for_each_state(divergence):
    allowed = np.array([[True, False], [True, True], [True, True]])
    mdp = tabular.MDP(P, R, 0.9, allowed=allowed)
    solution = tabular.solve(shared(mdp, divergence, [0.1, 0.0, 0.3]))
    assert solution.converged
    assert solution.policy[0].tolist() == [1, 0]
    assert sorted(solution.policy[1].tolist()) == [0, 1]


def test_there_are_no_action_values():
    solution = tabular.solve(shared(DENSE, tabular.KL(), 0.1))
    with pytest.raises(tabular.ModelError, match="no action values"):
        _ = solution.q_values
    assert "width" in repr(solution) or "bracket" in repr(solution)


def test_a_larger_sparse_model():
    mdp = tabular.domains.garnet(2000, 5, 6, gamma=0.95, rng=4)
    for divergence in FAMILIES:
        solution = tabular.solve(shared(mdp, divergence, 0.1))
        assert solution.converged
        assert (solution.policy > 1e-6).sum(axis=1).max() > 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: shared(DENSE, tabular.JensenShannon(), 0.1), "no s-rectangular solver"),
        (lambda: shared(DENSE, tabular.L2(), 0.1), "no s-rectangular solver"),
        (lambda: shared(DENSE, tabular.CVaR(0.5), None), "no s-rectangular solver"),
        (lambda: shared(DENSE, tabular.KL(), -1), "radius is -1"),
        (lambda: shared(DENSE, tabular.KL(), np.nan), "radius is nan"),
        (lambda: shared(DENSE, tabular.KL(), np.ones((3, 2))).operator(), r"expected a number or \(3,\)"),
        (lambda: tabular.Robust(DENSE, tabular.KL(), penalty=1, rectangular="s"), "no penalt|a penalty is there for each pair"),
        (lambda: tabular.Robust(DENSE, tabular.KL(), rectangular="s"), "radius or a penalty"),
        (lambda: tabular.Robust(DENSE, tabular.KL(), radius=1, rectangular="d"), "expected 'sa' or 's'"),
        (
            lambda: tabular.Problem(
                DENSE, inner=tabular.SharedWorstCase(tabular.KL(), 0.1), outer=tabular.SmoothMax(tabular.KL(), 1.0)
            ),
            "mixes its actions already",
        ),
    ],
)
def test_refused(make, message):
    with pytest.raises(tabular.ModelError, match=message):
        make()
