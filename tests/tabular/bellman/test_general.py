"""Robust and regularised operators: published values, and brackets checked in rationals or in fifty digits.

A bracket is right if T(lower) >= lower and T(upper) <= upper, because T is a monotone contraction; and if T_pi(lower) >= lower
for the policy that is returned. T is evaluated by :mod:`robust_oracles`, which knows nothing of our solvers.
"""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import robust_oracles as oracle
import scipy.sparse as sp

import tabular
from tabular.bellman import certify

P = np.array([[[0.5, 0.3, 0.2], [0.1, 0.6, 0.3]], [[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]], [[0.3, 0.3, 0.4], [0, 0.2, 0.8]]])
R = np.array([[1, 0], [0.5, 0.2], [0, 0.8]])
DENSE = tabular.MDP(P, R, 0.9)
SPARSE = tabular.MDP(sp.csr_array(P.reshape(6, 3)), R, 0.9)

PUBLISHED = [
    (tabular.TotalVariation(), {"radius": 0.05}, (7.4744789199, 6.8337873046, 7.1926219801)),
    (tabular.TotalVariation(), {"radius": 0.2}, (6.7438543817, 6.1095890411, 6.5205479452)),
    (tabular.KL(), {"radius": 0.05}, (7.0836853703, 6.4573018623, 6.8413991776)),
    (tabular.KL(), {"radius": 0.2}, (6.4381029233, 5.8296424662, 6.2356245640)),
    (tabular.ChiSquare(), {"radius": 0.05}, (7.2757265259, 6.6423889133, 7.0189816829)),
    (tabular.ChiSquare(), {"radius": 0.2}, (6.8192713979, 6.1915951413, 6.6016671581)),
    (tabular.L2(), {"radius": 0.05}, (7.5429527015, 6.9014555700, 7.2537566143)),
    (tabular.L2(), {"radius": 0.2}, (7.0293121472, 6.3930254377, 6.7875887940)),
    (tabular.ReverseKL(), {"radius": 0.05}, (7.0798856604, 6.4572554237, 6.8342866896)),
    (tabular.ReverseKL(), {"radius": 0.2}, (6.4758356893, 5.8798176776, 6.2615660280)),
    (tabular.LInfinity(), {"radius": 0.05}, (7.4744789199, 6.8337873046, 7.1926219801)),
    (tabular.TotalVariation(), {"penalty": 0.5}, (7.5315454545, 6.9309090909, 7.3127272727)),
    (tabular.TotalVariation(), {"penalty": 2}, (7.7062029587, 7.0625486634, 7.3973527122)),
    (tabular.ChiSquare(), {"penalty": 0.5}, (7.4870183135, 6.8543744922, 7.2276899008)),
    (tabular.ChiSquare(), {"penalty": 2}, (7.6526167307, 7.0122770516, 7.3573791125)),
]


@pytest.mark.parametrize("mdp", [DENSE, SPARSE], ids=["dense", "sparse"])
@pytest.mark.parametrize(("divergence", "strength", "values"), PUBLISHED)
def test_published_values(mdp, divergence, strength, values):
    solution = tabular.solve(tabular.Robust(mdp, divergence, **strength), tol=1e-11)
    assert solution.values == pytest.approx(values, abs=6e-11)
    assert list(solution.actions) == [0, 0, 1]
    assert solution.converged


def test_an_average_of_the_lowest_half_changes_the_policy():
    assert list(tabular.solve(tabular.Robust(DENSE, tabular.CVaR(0.5))).actions) == [0, 1, 1]


def test_contamination_is_a_discount():
    """The same policy as at discount gamma (1 - rho), and values shifted by gamma rho / (1 - gamma) times their minimum."""
    robust = tabular.solve(tabular.Robust(DENSE, tabular.Contamination(), radius=0.2))
    plain = tabular.solve(DENSE.replace(gamma=0.72))
    assert (robust.actions == plain.actions).all()
    assert robust.values - plain.values == pytest.approx([4.2375990765] * 3, abs=1e-8)


def test_radii_and_penalties_for_each_action():
    radius = np.array([[0.05, 0.2], [0.0, 0.1], [0.3, 0.05]])
    table = tabular.solve(tabular.Robust(DENSE, tabular.KL(), radius=radius))
    q = [[R[s, a] + 0.9 * tabular.KL().worst_case(table.values, P[s, a], radius[s, a]).value for a in range(2)] for s in range(3)]
    assert np.max(q, axis=1) == pytest.approx(table.values, abs=1e-7)


def test_the_field_of_multipliers_makes_it_a_regularised_problem():
    """V^rho is the fixed point with penalties lambda* and rewards r - gamma lambda* rho (KL multiplier: 40 digits)."""
    rho = 0.05
    for divergence, first in ((tabular.KL(), 0.889057639706), (tabular.ChiSquare(), 0.6134680)):
        robust = tabular.solve(tabular.Robust(DENSE, divergence, radius=rho), tol=1e-12)
        field = divergence.multiplier(robust.values, P, np.full((3, 2), rho))
        assert field[0, 0] == pytest.approx(first, abs=5e-8)
        priced = tabular.solve(tabular.Robust(DENSE.replace(r=R - 0.9 * field * rho), divergence, penalty=field), tol=1e-12)
        assert priced.values == pytest.approx(robust.values, abs=1e-9)


def test_one_penalty_is_only_a_bound():
    robust = tabular.solve(tabular.Robust(DENSE, tabular.TotalVariation(), radius=0.05)).values
    penalties = [*np.linspace(0.4, 1.0, 61), 0.6436543]
    bounds = [tabular.solve(tabular.Robust(DENSE, tabular.TotalVariation(), penalty=x)).values - 9 * x * 0.05 for x in penalties]
    best = np.max(bounds, axis=0)
    assert (best < robust - 0.01).all()
    assert best == pytest.approx([7.4165585, 6.7729042, 7.1077083], abs=1e-6)


# --- brackets ------------------------------------------------------------------------------------------------------------------

INNER = {
    "expectation": (tabular.Expectation(), oracle.mean, 0),
    "TV": (tabular.WorstCase(tabular.TotalVariation(), 0.15), oracle.total_variation, 0.15),
    "TV, priced": (tabular.Penalised(tabular.TotalVariation(), 0.3), oracle.total_variation_penalty, 0.3),
    "contamination": (tabular.WorstCase(tabular.Contamination(), 0.2), oracle.contamination, 0.2),
    "L-infinity": (tabular.WorstCase(tabular.LInfinity(), 0.1), oracle.l_infinity, 0.1),
    "CVaR": (tabular.WorstCase(tabular.CVaR(0.3)), oracle.cvar, 0.3),
    "KL": (tabular.WorstCase(tabular.KL(), 0.1), oracle.kl, 0.1),
    "KL, priced": (tabular.Penalised(tabular.KL(), 0.5), oracle.kl_penalty, 0.5),
    "chi-square": (tabular.WorstCase(tabular.ChiSquare(), 0.1), oracle.chi_square, 0.1),
    "chi-square, priced": (tabular.Penalised(tabular.ChiSquare(), 0.5), oracle.chi_square_penalty, 0.5),
}


def corner(rng, uneven=True):
    """A small model with zeros, ties, absorbing states and rows that miss one by up to 9e-10."""
    S, A = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    P = rng.integers(0, 4, size=(S, A, S)).astype(float)
    P[P.sum(axis=2) == 0, 0] = 1
    P /= P.sum(axis=2, keepdims=True)
    if uneven:
        P *= 1 + 9e-10 * rng.integers(-1, 2, size=(S, A, 1))
    r = rng.integers(-8, 9, size=(S, A)) / 4
    return tabular.MDP(P, r, float(rng.choice([0.0, 0.5, 0.9, 0.99])))


def tables(mdp, v, inner, strength):
    """Action values of all states by definition."""
    return [
        [
            oracle.q_value(
                mdp.r[s, a],
                mdp.gamma,
                mdp.P[s, a] if not mdp.is_sparse else mdp.P.toarray()[s * mdp.n_actions + a],
                v,
                inner,
                strength,
            )
            for a in range(mdp.n_actions)
        ]
        for s in range(mdp.n_states)
    ]


def assert_bracket(mdp, lower, upper, policy, inner, strength, outer=max, mixed=None):
    """T_pi(lower) >= lower and T(upper) <= upper."""
    with mpmath.workdps(oracle.DIGITS):
        low, high = oracle.fractions(lower), oracle.fractions(upper)
        below, above = tables(mdp, low, inner, strength), tables(mdp, high, inner, strength)
        for s in range(mdp.n_states):
            kept = below[s][int(np.argmax(policy[s]))] if mixed is None else mixed(below[s], policy[s])
            assert oracle.as_mp(kept) >= oracle.as_mp(low[s]), (s, "lower")
            assert oracle.as_mp(outer(above[s])) <= oracle.as_mp(high[s]), (s, "upper")


@pytest.mark.parametrize("name", INNER)
def test_brackets_of_robust_problems(name):
    slot, inner, strength = INNER[name]
    rng = np.random.default_rng(11)
    for i in range(40):
        mdp = corner(rng)
        if i % 2:
            mdp = tabular.MDP(sp.csr_array(mdp.P.reshape(-1, mdp.n_states)), mdp.r, mdp.gamma)
        solution = tabular.solve(tabular.Problem(mdp, inner=slot))
        assert solution.converged
        assert (solution.lower <= solution.values).all() and (solution.values <= solution.upper).all()  # noqa: PT018
        assert_bracket(mdp, solution.lower, solution.upper, solution.policy, inner, strength)


def test_the_check_can_fail():
    """The textbook bracket, without rounding and with one modulus, does not pass."""
    rng, failures = np.random.default_rng(11), 0
    slot, inner, strength = INNER["KL"]
    for _ in range(40):
        mdp = corner(rng)
        operator = tabular.Problem(mdp, inner=slot).operator()
        v = tabular.solve(tabular.Problem(mdp, inner=slot)).values
        residual = operator.backup(v) - v
        lower, upper = (v + x / (1 - mdp.gamma) for x in (residual.min(), residual.max()))
        try:
            assert_bracket(mdp, lower, upper, operator.lift(operator.choose(v)), inner, strength)
        except AssertionError:
            failures += 1
    assert failures > 5


OUTER = {
    "KL": (tabular.SmoothMax(tabular.KL(), 0.3), lambda q: oracle.soft(q, [Fraction(1, len(q))] * len(q), mpmath.mpf(0.3))),
    "Shannon": (
        tabular.SmoothMax(tabular.ShannonEntropy(), 0.3),
        lambda q: oracle.soft(q, [Fraction(1)] * len(q), mpmath.mpf(0.3)),
    ),
    "sparse": (tabular.SmoothMax(tabular.TsallisEntropy(2), 0.25), lambda q: oracle.sparse(q, Fraction(1, 4))),
}


def paid(name, q, policy):
    """Value of a policy, divided by its sum, at action values ``q``, regulariser included."""
    pi = [mpmath.mpf(float(x)) for x in policy]
    z = sum(pi)
    pi = [x / z for x in pi]
    gain = sum(x * oracle.as_mp(y) for x, y in zip(pi, q, strict=True) if x)
    entropy = -sum(x * mpmath.log(x) for x in pi if x)
    if name == "KL":
        return gain + mpmath.mpf(0.3) * (entropy - mpmath.log(len(pi)))
    return gain + (mpmath.mpf(0.3) * entropy if name == "Shannon" else mpmath.mpf(0.25) * (1 - sum(x * x for x in pi)))


@pytest.mark.parametrize("name", OUTER)
@pytest.mark.parametrize("inside", ["expectation", "TV", "chi-square, priced", "KL, priced"])
def test_brackets_of_regularised_problems(name, inside):
    outer, by_hand = OUTER[name]
    slot, inner, strength = INNER[inside]
    if name == "sparse" and inside == "KL, priced":
        pytest.skip("the sparse oracle is rational")
    rng = np.random.default_rng(12)
    for _ in range(25):
        mdp = corner(rng)
        solution = tabular.solve(tabular.Problem(mdp, inner=slot, outer=outer))
        assert solution.converged
        assert_bracket(
            mdp, solution.lower, solution.upper, solution.policy, inner, strength, by_hand, lambda q, pi: paid(name, q, pi)
        )


def test_any_values_give_a_true_bracket():
    rng = np.random.default_rng(13)
    for name in ("TV", "KL", "chi-square", "contamination"):
        slot, inner, strength = INNER[name]
        for _ in range(10):
            mdp = corner(rng)
            operator = tabular.Problem(mdp, inner=slot).operator()
            v = rng.normal(size=mdp.n_states) * 10.0 ** rng.integers(-2, 3)
            choice = operator.choose(rng.normal(size=mdp.n_states))
            bracket = certify(operator, v, choice)
            assert_bracket(mdp, bracket.lower, bracket.upper, operator.lift(choice), inner, strength)


def test_a_forgotten_row_sum_is_noticed(monkeypatch):
    """Rows that miss one by 9e-10 move values by 1e-7 at gamma .99: an operator that forgets it claims too much."""
    from tabular.divergences.reference_rows import ReferenceRows

    monkeypatch.setattr(ReferenceRows, "totals", property(lambda self: (np.ones(len(self)), np.ones(len(self)))))
    slot, inner, strength = INNER["TV"]
    models = [corner(np.random.default_rng([14, i])) for i in range(40)]
    solutions = [tabular.solve(tabular.Problem(mdp, inner=slot), tol=1e-11) for mdp in models]

    def check_all():
        for mdp, solution in zip(models, solutions, strict=True):
            assert_bracket(mdp, solution.lower, solution.upper, solution.policy, inner, strength)

    with pytest.raises(AssertionError):
        check_all()


# --- shapes, methods, sizes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "divergence",
    [
        tabular.KL(),
        tabular.ChiSquare(),
        tabular.TsallisKL(0.5),
        tabular.TsallisKL(3),
        tabular.JensenShannon(),
        tabular.TotalVariation(),
    ],
)
def test_a_regulariser_moves_values_within_its_range(divergence):
    """V* - U / (1 - gamma) <= V <= V*, U the largest divergence of an action from the uniform policy."""
    mdp = tabular.domains.garnet(30, 4, 5, gamma=0.9, rng=1)
    plain = tabular.solve(mdp).values
    solution = tabular.solve(tabular.Regularized(mdp, divergence, strength=0.2))
    worst = divergence(np.eye(4)[0], np.full(4, 0.25))
    assert (solution.values <= plain + 1e-6).all()
    assert (solution.values >= plain - 0.2 * worst / 0.1 - 1e-6).all()
    assert solution.policy.sum(axis=1) == pytest.approx(1)


def test_methods_agree_or_say_what_to_use():
    mdp = tabular.domains.garnet(20, 3, 4, gamma=0.9, rng=2)
    soft = tabular.Regularized(mdp, tabular.ShannonEntropy(), strength=0.1)
    robust = tabular.Robust(mdp, tabular.KL(), radius=0.1)
    for problem in (soft, robust):
        values = [tabular.solve(problem, m).values for m in (tabular.ValueIteration(), tabular.ModifiedPolicyIteration())]
        assert values[0] == pytest.approx(values[1], abs=1e-6)
    newton = tabular.solve(soft, tabular.PolicyIteration())
    assert newton.values == pytest.approx(tabular.solve(soft).values, abs=1e-6)
    assert newton.iterations < 12
    assert tabular.solve(robust, tabular.PolicyIteration()).values == pytest.approx(tabular.solve(robust).values, abs=1e-6)
    for method in (tabular.LinearProgram(), tabular.ExactPolicyIteration()):
        with pytest.raises(tabular.ModelError, match="ModifiedPolicyIteration"):
            tabular.solve(robust, method)


def test_limits_carry_the_solution_so_far():
    mdp = tabular.domains.garnet(20, 3, 4, gamma=0.99, rng=2)
    with pytest.raises(tabular.SolverError) as caught:
        tabular.solve(tabular.Robust(mdp, tabular.KL(), radius=0.1), tabular.ValueIteration(max_iterations=3))
    assert caught.value.solution.lower.shape == (20,)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tabular.Robust(DENSE, tabular.KL(), radius=-0.1), "radius"),
        (lambda: tabular.Robust(DENSE, tabular.KL(), radius=np.nan), "radius"),
        (lambda: tabular.Robust(DENSE, tabular.KL()), "radius"),
        (lambda: tabular.Robust(DENSE, tabular.KL(), radius=0.1, penalty=1.0), "not both"),
        (lambda: tabular.Robust(DENSE, tabular.KL, radius=0.1), "write for example KL"),
        (lambda: tabular.Robust(DENSE, tabular.L2(), penalty=1.0), "no penalised form"),
        (lambda: tabular.Robust(DENSE, tabular.KL(), radius=0.1, rectangular="x"), "rectangular"),
        (lambda: tabular.Robust(DENSE, tabular.CVaR(0.5), radius=0.1), "takes no radius"),
        (lambda: tabular.solve(tabular.Robust(DENSE, tabular.KL(), radius=np.ones(3))), "shape"),
        (lambda: tabular.solve(tabular.Robust(DENSE, tabular.Contamination(), radius=1.5)), "at most 1"),
        (lambda: tabular.Regularized(DENSE, tabular.KL(), strength=[0.1, 0.2]), "expected a number"),
        (lambda: tabular.Regularized(DENSE, tabular.ShannonEntropy(), strength=np.inf), "infinite strength"),
        (lambda: tabular.Regularized(DENSE, tabular.ShannonEntropy(), 0.1, reference=[0.5, 0.5]), "takes no reference"),
        (lambda: tabular.solve(tabular.Regularized(DENSE, tabular.KL(), 0.1, reference=[0.5, 0.6])), "sums to 1.1"),
        (lambda: tabular.solve(tabular.Regularized(DENSE, tabular.KL(), 0.1, reference=[1.5, -0.5])), "expected a probability"),
        (lambda: tabular.solve(tabular.Regularized(DENSE, tabular.KL(), 0.1, reference=[0.5, 0.25, 0.25])), "shape"),
        (lambda: tabular.solve(tabular.Robust(DENSE.replace(gamma=1.0), tabular.KL(), radius=0.1)), "FiniteHorizon"),
        (lambda: tabular.Problem(DENSE, inner=tabular.KL()), "inner"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(tabular.ModelError, match=message):
        make()


def test_a_reference_on_a_forbidden_action_is_refused():
    mdp = tabular.MDP(P, R, 0.9, allowed=[[True, True], [True, False], [True, True]])
    with pytest.raises(tabular.ModelError, match=r"reference\[1, 1\] is positive"):
        tabular.solve(tabular.Regularized(mdp, tabular.KL(), 0.1, reference=[0.5, 0.5]))
    solution = tabular.solve(tabular.Regularized(mdp, tabular.KL(), 0.1))
    assert solution.policy[1].tolist() == [1.0, 0.0]


def test_a_mass_that_underflows_keeps_its_bracket_narrow():
    """Reverse KL at a radius that lets a rare state's mass fall to e^-83000: bounds on its ratio must not reach 0."""
    mdp = tabular.MDP([[[1 - 1.2e-5, 1.2e-5]], [[0.25, 0.75]]], [[-0.5], [1.5]], 0.9999)
    solution = tabular.solve(tabular.Robust(mdp, tabular.ReverseKL(), radius=1.0), tol=1e-10)
    assert solution.converged
