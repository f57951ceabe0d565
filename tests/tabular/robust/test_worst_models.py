"""The adversary's kernel, radii and penalties in turn, and policy iteration against an adversary."""

import pickle
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp

import tabular
from tabular.robust import constrained_twin, multipliers, penalised_twin, worst_kernel, worst_model

P = np.array([[[0.5, 0.3, 0.2], [0.1, 0.6, 0.3]], [[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]], [[0.3, 0.3, 0.4], [0, 0.2, 0.8]]])
R = np.array([[1, 0], [0.5, 0.2], [0, 0.8]])
DENSE = tabular.MDP(P, R, 0.9)
SPARSE = tabular.MDP(sp.csr_array(P.reshape(6, 3)), R, 0.9)
LINE = np.abs(np.subtract.outer(range(3), range(3)))

PROBLEMS = {
    "TV": ((tabular.TotalVariation(),), {"radius": 0.2}),
    "TV on the support": ((tabular.TotalVariation(True),), {"radius": 0.2}),
    "TV priced": ((tabular.TotalVariation(),), {"penalty": 0.5}),
    "KL": ((tabular.KL(),), {"radius": 0.2}),
    "KL priced": ((tabular.KL(),), {"penalty": 0.5}),
    "chi-square": ((tabular.ChiSquare(),), {"radius": 0.2}),
    "Burg": ((tabular.ReverseKL(),), {"radius": 0.2}),
    "Jensen-Shannon": ((tabular.JensenShannon(),), {"radius": 0.1}),
    "Tsallis 3": ((tabular.TsallisKL(3),), {"penalty": 0.5}),
    "L2": ((tabular.L2(),), {"radius": 0.2}),
    "L-infinity": ((tabular.LInfinity(),), {"radius": 0.1}),
    "transport": ((tabular.Wasserstein(LINE),), {"radius": 0.2}),
    "transport priced": ((tabular.Wasserstein(LINE),), {"penalty": 0.5}),
    "contamination": ((tabular.Contamination(),), {"radius": 0.2}),
    "CVaR": ((tabular.CVaR(0.5),), {}),
    "shared TV": ((tabular.TotalVariation(),), {"radius": 0.2, "rectangular": "s"}),
    "shared KL": ((tabular.KL(),), {"radius": 0.2, "rectangular": "s"}),
}
each = pytest.mark.parametrize("name", PROBLEMS)


def problem(name, mdp=DENSE):
    args, given = PROBLEMS[name]
    return tabular.Robust(mdp, *args, **given)


@each
@pytest.mark.parametrize("mdp", [DENSE, SPARSE], ids=["dense", "sparse"])
def test_the_worst_model_gives_the_robust_value(name, mdp):
    """The value of the robust policy in the adversary's model is the robust value, and no policy does better there."""
    robust = problem(name, mdp)
    solution = tabular.solve(robust, tabular.PolicyIteration(), tol=1e-11)
    nature = worst_model(robust, solution.values)
    assert tabular.policy_value(nature, solution.policy) == pytest.approx(solution.values, abs=1e-9)
    if "rectangular" not in PROBLEMS[name][1]:
        assert tabular.solve(nature, tol=1e-11).values == pytest.approx(solution.values, abs=1e-9)
    kernel = worst_kernel(robust, solution.values)
    assert sp.issparse(kernel) == mdp.is_sparse
    dense = kernel.toarray() if mdp.is_sparse else kernel.reshape(6, 3)
    assert (dense >= 0).all()
    assert dense.sum(axis=1) == pytest.approx(1)


@each
def test_policy_values_by_kernels_and_by_sweeps(name):
    rng = np.random.default_rng(1)
    mdp = tabular.domains.garnet(3, 2, 3, gamma=0.9, rng=2)
    robust = problem(name, mdp)
    operator = robust.operator()
    policy = rng.dirichlet([1, 1], size=3)
    value = tabular.policy_value(robust, policy)
    fixed, v = operator.fix(policy), np.zeros(3)
    for _ in range(400):
        v = fixed.backup(v)
    assert value == pytest.approx(v, abs=1e-10)
    low, high = tabular.policy_bracket(robust, policy)
    assert (low <= v + 1e-12).all()
    assert (v <= high + 1e-12).all()
    assert (high - low).max() < 1e-10


@pytest.mark.parametrize("name", [n for n in PROBLEMS if "shared" not in n])
def test_policy_iteration_in_few_rounds_near_gamma_one(name):
    mdp = DENSE.replace(gamma=0.9999)
    solution = tabular.solve(problem(name, mdp), tabular.PolicyIteration(), tol=1e-8)
    assert solution.converged
    assert solution.iterations <= 6


def test_regularised_robust_policy_iteration():
    slots = {"inner": tabular.WorstCase(tabular.KL(), 0.1), "outer": tabular.SmoothMax(tabular.KL(), 0.2)}
    pair = [tabular.solve(tabular.Problem(DENSE, **slots), m, tol=1e-10) for m in (None, tabular.PolicyIteration())]
    assert pair[0].values == pytest.approx(pair[1].values, abs=1e-8)
    assert pair[1].iterations < 10


# --- rationals -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["TV", "TV on the support", "TV priced", "L-infinity", "transport", "transport priced", "contamination", "CVaR"]
)
@pytest.mark.parametrize("sparse", [False, True])
def test_exact_policy_iteration(name, sparse):
    mdp = SPARSE if sparse else DENSE
    exact = tabular.solve(problem(name, mdp), tabular.ExactPolicyIteration())
    close = tabular.solve(problem(name, mdp), tol=1e-12)
    assert exact.values == pytest.approx(close.values, abs=1e-10)
    assert all(lo <= x <= hi for lo, x, hi in zip(close.lower, exact.exact_values, close.upper, strict=True))
    assert exact.exact_values[0].denominator > 1


def test_exact_values_solve_the_robust_equation():
    """Total variation by hand, in fractions: move a fifth from the best states to the worst."""
    exact = tabular.solve(
        tabular.Robust(DENSE.rationalized(), tabular.TotalVariation(), radius=0.25), tabular.ExactPolicyIteration()
    ).exact_values

    def worst(p):
        law, left = [Fraction(x).limit_denominator(10) for x in p], Fraction(1, 4)
        low = min(range(3), key=lambda t: exact[t])
        for t in sorted(range(3), key=lambda t: -exact[t]):
            step = min(law[t], left)
            law[t], law[low], left = law[t] - step, law[low] + step, left - step
        return sum(q * x for q, x in zip(law, exact, strict=True))

    rewards = [[Fraction(x).limit_denominator(10) for x in row] for row in R]
    for s in range(3):
        assert exact[s] == max(rewards[s][a] + Fraction(9, 10) * worst(P[s, a]) for a in range(2))


def test_transcendental_values_are_refused_exactly():
    for args in (({"radius": 0.1}), ({"penalty": 1.0})):
        with pytest.raises(tabular.ModelError, match="need not be rational"):
            tabular.solve(tabular.Robust(DENSE, tabular.KL(), **args), tabular.ExactPolicyIteration())
    with pytest.raises(tabular.ModelError, match="need not be rational"):
        tabular.solve(tabular.Robust(DENSE, tabular.L2(), radius=0.1), tabular.ExactPolicyIteration())
    with pytest.raises(tabular.ModelError, match="no fraction"):
        tabular.solve(tabular.Robust(DENSE, tabular.TotalVariation(), penalty=np.inf), tabular.ExactPolicyIteration())


# --- radii and penalties -------------------------------------------------------------------------------------------------------


def test_published_fields():
    kl = tabular.Robust(DENSE, tabular.KL(), radius=0.05)
    chi = tabular.Robust(DENSE, tabular.ChiSquare(), radius=0.05)
    expected = {
        kl: [[0.8890577, 0.6500990], [0.7601433, 0.7195131], [0.7882482, 0.5476554]],
        chi: [[0.6134680, 0.5078017], [0.5715770, 0.4480129], [0.5524006, 0.3368349]],
    }
    for robust, field in expected.items():
        values = tabular.solve(robust, tabular.PolicyIteration(), tol=1e-12).values
        # the published digits are of a field to eight digits, the first of which differ by 1e-7 in places
        assert multipliers(robust, values) == pytest.approx(np.array(field), abs=2e-7)


@pytest.mark.parametrize("name", ["TV", "TV on the support", "KL", "chi-square", "Burg", "Jensen-Shannon", "transport"])
@pytest.mark.parametrize("mdp", [DENSE, SPARSE], ids=["dense", "sparse"])
def test_there_and_back(name, mdp):
    robust = problem(name, mdp)
    values = tabular.solve(robust, tabular.PolicyIteration(), tol=1e-12).values
    twin = penalised_twin(robust, values)
    assert tabular.solve(twin, tabular.PolicyIteration(), tol=1e-12).values == pytest.approx(values, abs=1e-8)
    back = constrained_twin(twin, values)
    assert tabular.solve(back, tabular.PolicyIteration(), tol=1e-12).values == pytest.approx(values, abs=1e-8)


def test_corners_of_fields():
    """Radius 0 has no finite price, a radius beyond use has price 0; both twins say so and keep the values."""
    radius = np.array([[0.0, 0.2], [50.0, 0.2], [0.2, 0.0]])
    robust = tabular.Robust(DENSE, tabular.KL(), radius=radius)
    values = tabular.solve(robust, tabular.PolicyIteration(), tol=1e-12).values
    field = multipliers(robust, values)
    assert field[0, 0] == field[2, 1] == np.inf
    assert field[1, 0] == 0
    twin = penalised_twin(robust, values)
    assert tabular.solve(twin, tol=1e-12).values == pytest.approx(values, abs=1e-8)
    back = constrained_twin(twin, values)
    assert back.inner.radius[0, 0] == 0
    assert back.inner.radius[1, 0] == np.inf
    assert tabular.solve(back, tol=1e-12).values == pytest.approx(values, abs=1e-8)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: worst_kernel(tabular.Problem(DENSE), [0, 0, 0]), "no adversary"),
        (lambda: worst_kernel(problem("TV"), [0, np.nan, 0]), r"values\[1\] is nan"),
        (lambda: worst_model(problem("TV"), [0, 0]), "shape"),
        (lambda: multipliers(problem("TV priced"), [0, 0, 0]), "belong to radii"),
        (lambda: multipliers(problem("shared TV"), [0, 0, 0]), "belong to radii"),
        (lambda: multipliers(problem("L2"), [0, 0, 0]), "no penalised form"),
        (lambda: multipliers(problem("CVaR"), [0, 0, 0]), "no penalised form"),
        (lambda: constrained_twin(problem("TV"), [0, 0, 0]), "need penalties"),
        (lambda: penalised_twin(tabular.Problem(DENSE), [0, 0, 0]), "belong to radii"),
        (lambda: tabular.Robust(DENSE, tabular.KL()), "radius or a penalty"),
        (lambda: tabular.Robust(DENSE, tabular.KL(), radius=1, penalty=1), "not both"),
        (lambda: tabular.Robust(DENSE, tabular.KL(), radius=np.ones(3)).operator(), "shape"),
        (lambda: tabular.Robust(DENSE, tabular.KL(), penalty=np.ones((2, 3))).operator(), "shape"),
        (lambda: tabular.Robust(DENSE, tabular.KL(), penalty=[[1, 1], [1, -1], [1, 1]]), "penalty is -1"),
        (lambda: tabular.Robust(problem("TV"), tabular.KL(), radius=1), "say both slots at once"),
        (lambda: tabular.Regularized(problem("TV"), tabular.KL(), 1.0), "say both slots at once"),
        (lambda: tabular.Problem(problem("TV")), "say both slots at once"),
        (lambda: tabular.Robust(tabular.FiniteHorizon(DENSE, 3), tabular.KL(), radius=1), "FiniteHorizon\\(Robust"),
        (lambda: tabular.FiniteHorizon(tabular.FiniteHorizon(DENSE, 3), 3), "add the horizons"),
        (lambda: tabular.FiniteHorizon("model", 3), "expected an MDP or a Problem"),
        (lambda: tabular.Robust(P, tabular.KL(), radius=1), "takes an MDP, not ndarray"),
    ],
)
def test_refused(make, message):
    with pytest.raises(tabular.ModelError, match=message):
        make()


# --- stages --------------------------------------------------------------------------------------------------------------------


@each
def test_staged_robust_problems(name):
    """Backups of the operator from the end; brackets of the optimum and of the policy hold it."""
    robust = problem(name, DENSE.replace(gamma=1.0))
    operator = robust.staged_operator()
    solution = tabular.solve(tabular.FiniteHorizon(robust, 5, terminal=[0.0, 1.0, 2.0]))
    v = np.array([0.0, 1.0, 2.0])
    for t in reversed(range(5)):
        v = operator.backup(v)
        assert solution.values[t] == pytest.approx(v, abs=1e-12)
    assert solution.converged
    low, high = tabular.policy_bracket(tabular.FiniteHorizon(robust, 5, terminal=[0.0, 1.0, 2.0]), solution.policy)
    assert (solution.lower <= low + 1e-12).all()
    assert (low <= solution.values + 1e-12).all()
    assert (solution.values <= high + 1e-12).all()
    values = tabular.policy_value(tabular.FiniteHorizon(robust, 5, terminal=[0.0, 1.0, 2.0]), solution.policy)
    assert values == pytest.approx(solution.values, abs=1e-10)


def test_a_horizon_is_immutable_and_travels():
    horizon = tabular.FiniteHorizon(problem("TV"), 3, terminal=[1.0, 0.0, 2.0])
    with pytest.raises(AttributeError, match="immutable"):
        horizon.horizon = 4
    copy = pickle.loads(pickle.dumps(horizon))
    assert (copy.horizon, copy.mdp.n_states) == (3, 3)
    np.testing.assert_array_equal(tabular.solve(copy).values, tabular.solve(horizon).values)
    assert "horizon=3" in repr(horizon)


def test_policies_of_stages():
    horizon = tabular.FiniteHorizon(DENSE, 4)
    one = tabular.policy_value(horizon, [0, 1, 0])
    assert one == pytest.approx(tabular.policy_value(horizon, [[0, 1, 0]] * 4))
    assert one == pytest.approx(tabular.policy_value(horizon, np.eye(2)[[[0, 1, 0]] * 4]))
    with pytest.raises(tabular.ModelError, match="policy has 3 stages"):
        tabular.policy_value(horizon, [[0, 1, 0]] * 3)
    with pytest.raises(tabular.ModelError, match=r"policy\[2\] takes action 5"):
        tabular.policy_value(horizon, [[0, 1, 0]] * 2 + [[0, 5, 0]] * 2)


def test_regularised_stages():
    soft = tabular.Regularized(DENSE, tabular.ShannonEntropy(), 0.5)
    solution = tabular.solve(tabular.FiniteHorizon(soft, 3))
    v = np.zeros(3)
    for _ in range(3):
        v = 0.5 * np.log(np.exp((R + 0.9 * P @ v) / 0.5).sum(axis=1))
    assert solution.values[0] == pytest.approx(v)


def test_actions_that_are_not_allowed():
    allowed = np.array([[True, False], [True, True], [False, True]])
    for mdp in (tabular.MDP(P, R, 0.9, allowed=allowed), tabular.MDP(sp.csr_array(P.reshape(6, 3)), R, 0.9, allowed=allowed)):
        for name in PROBLEMS:
            if "transport" in name:
                continue
            robust = problem(name, mdp)
            solution = tabular.solve(robust, tol=1e-9)
            assert solution.converged, name
            assert (solution.policy[~allowed] == 0).all()
            nature = worst_model(robust, solution.values)
            assert tabular.policy_value(nature, solution.policy) == pytest.approx(solution.values, abs=1e-6)
