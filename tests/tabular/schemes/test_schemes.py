"""Schemes against loops of a few lines, against each other, against the numbers of the specification, and under bad input."""

import math

import numpy as np
import pytest
import scipy.sparse as sp

import tabular
from proofs_check.topics.tsallis_kl.mirror import two_doors
from proofs_check.topics.tsallis_kl.scheme_figures import dirichlet_model
from tabular.schemes import (
    MirrorDescentPolicyIteration,
    MirrorDescentValueIteration,
    MunchausenValueIteration,
    SoftValueIteration,
    averaging_bound,
)


def tsallis(q):
    return tabular.KL() if q == 1 else tabular.TsallisKL(q)


# --- naive loops -----------------------------------------------------------------------------------------------------------


def naive_mirror_descent(mdp, strength, errors):
    q, policy = np.zeros(mdp.r.shape), np.full(mdp.r.shape, 1 / mdp.n_actions)
    for error in errors:
        weights = policy * np.exp((q - q.max(axis=1, keepdims=True)) / strength)
        new = weights / weights.sum(axis=1, keepdims=True)
        value = (new * (q - strength * np.log(new / policy))).sum(axis=1)
        q, policy = mdp.r + mdp.gamma * mdp.P @ value + error, new
    return q, policy


def naive_munchausen(mdp, tau, alpha, errors):
    q = np.zeros(mdp.r.shape)
    for error in errors:
        weights = np.exp((q - q.max(axis=1, keepdims=True)) / tau)
        policy = weights / weights.sum(axis=1, keepdims=True)
        logs = np.log(policy)
        q = mdp.r + alpha * tau * logs + mdp.gamma * mdp.P @ (policy * (q - tau * logs)).sum(axis=1) + error
    return q, policy


def naive_sparse_munchausen(mdp, tau, errors):
    """Order two: sparse-max from its definition, and the bonus pi - 1."""
    q = np.zeros(mdp.r.shape)
    for error in errors:
        policy = np.empty_like(q)
        for s, row in enumerate(q / tau):
            z = np.sort(row)[::-1]
            k = max(i for i in range(1, z.size + 1) if 1 + i * z[i - 1] > z[:i].sum())
            policy[s] = np.maximum(row - (z[:k].sum() - 1) / k, 0)
        bonus = np.where(policy > 0, policy - 1, -1)
        q = mdp.r + tau * bonus + mdp.gamma * mdp.P @ (policy * (q - tau * bonus)).sum(axis=1) + error
    return q, policy


@pytest.mark.parametrize(
    ("scheme", "naive"),
    [
        (MirrorDescentValueIteration(0.7), lambda m, e: naive_mirror_descent(m, 0.7, e)),
        (MunchausenValueIteration(0.3, 0.9), lambda m, e: naive_munchausen(m, 0.3, 0.9, e)),
        (MunchausenValueIteration(0.3), lambda m, e: naive_munchausen(m, 0.3, 1.0, e)),
        (SoftValueIteration(0.3), lambda m, e: naive_munchausen(m, 0.3, 0.0, e)),
        (MunchausenValueIteration(0.8, order=2), lambda m, e: naive_sparse_munchausen(m, 0.8, e)),
    ],
)
def test_against_loops_of_a_few_lines(scheme, naive):
    mdp, errors = dirichlet_model(3), 0.3 * np.random.default_rng(0).standard_normal((30, 4, 3))
    trace = scheme.run(mdp, 30, noise=errors)
    q, policy = naive(mdp, errors)
    np.testing.assert_allclose(trace.q, q, atol=1e-11)
    np.testing.assert_allclose(trace.policy, policy, atol=1e-11)


# --- the numbers of the specification --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seed", "losses"),
    [
        (0, {1.5: 0.450110, 2: 0.586507, 3: 0.584577, 5: 0.392886}),
        (1, {1.5: 0.361633, 2: 0.520871, 3: 0.461840, 5: 0.289069}),
    ],
)
def test_limits_of_munchausen(seed, losses):
    mdp = dirichlet_model(seed)
    for q, loss in losses.items():
        assert MunchausenValueIteration(0.5, order=q, greedy="entropy").run(mdp, 1000).losses[-1] == pytest.approx(loss, abs=6e-7)
        assert MunchausenValueIteration(0.5, order=q).run(mdp, 1000).losses[-1] < 1e-12


def test_munchausen_of_order_one():
    assert MunchausenValueIteration(0.5).run(dirichlet_model(0), 2000).losses[-1] < 1e-12
    assert MunchausenValueIteration(0.5, 0.9).run(dirichlet_model(0), 2000).losses[-1] == pytest.approx(0.048469, abs=6e-7)


ABSORBING = {  # value of state 0 at strengths .1, .125, .13, .2; probability of going on after one step, where it is known
    0.5: (0.9, 0.9, 0.9, 0.9),
    1: (0.9, 0.9, 0.9, 0.9),
    1.5: (0.5, 0.9, 0.9, 0.9),
    2: (0.5, 0.5, 0.9, 0.9),
    3: (0.9, 0.9, 0.9, 0.9),
}


@pytest.mark.parametrize("q", ABSORBING)
def test_absorbing_zeros(q):
    mdp = two_doors()
    for strength, value in zip((0.1, 0.125, 0.13, 0.2), ABSORBING[q], strict=True):
        for scheme in (MirrorDescentPolicyIteration, MirrorDescentValueIteration):
            trace = scheme(strength, tsallis(q)).run(mdp, 600, keep=True)
            assert trace.policy_values[-1, 0] == pytest.approx(value, abs=1e-3)
            if value == 0.5:
                assert trace.truncated[-1] >= 1
            if value == 0.5 and scheme is MirrorDescentPolicyIteration:
                assert (trace.policies[1:, 0, 1] == 0).all()
    for strength in (0.05, 0.1):
        assert MunchausenValueIteration(strength, order=q).run(mdp, 600).policy_values[-1, 0] == pytest.approx(0.9, abs=1e-6)


def test_first_steps_on_the_absorbing_instance():
    first = MirrorDescentPolicyIteration(0.125, tabular.TsallisKL(1.5)).run(two_doors(), 1, keep=True)
    assert first.policies[1, 0, 1] == pytest.approx(0.003096, abs=6e-7)
    first = MirrorDescentPolicyIteration(0.1, tabular.TsallisKL(3)).run(two_doors(), 1, keep=True)
    assert first.policies[1, 0, 1] == pytest.approx(1 / 12, abs=1e-14)


# --- schemes against each other --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [0.7, 1.0, 1.5, 2.0, 4.0])
@pytest.mark.parametrize("greedy", ["exponential", "entropy"])
def test_implicit_and_explicit_forms_agree(order, greedy):
    mdp, errors = dirichlet_model(2), 0.2 * np.random.default_rng(1).standard_normal((40, 4, 3))
    runs = [
        MunchausenValueIteration(0.4, 0.9, order, greedy, form).run(mdp, 40, noise=errors, keep=True)
        for form in ("implicit", "explicit")
    ]
    np.testing.assert_allclose(runs[0].policies, runs[1].policies, atol=1e-10)


def test_munchausen_is_mirror_descent_with_entropy():
    mdp, errors = dirichlet_model(4), 0.2 * np.random.default_rng(1).standard_normal((40, 4, 3))
    munchausen = MunchausenValueIteration(0.5, 0.8, form="explicit").run(mdp, 40, noise=errors)
    mirror = MirrorDescentValueIteration(0.4, entropy=0.1).run(mdp, 40, noise=errors)
    np.testing.assert_allclose(munchausen.policy, mirror.policy, atol=1e-12)
    # the first bonus is zero where mirror descent pays for leaving the uniform policy: a constant
    np.testing.assert_allclose(munchausen.losses, mirror.losses, atol=1e-12)


def test_tsallis_tends_to_kl():
    mdp = dirichlet_model(4)
    for entropy in (0.0, 0.3):
        near = MirrorDescentValueIteration(0.5, tabular.TsallisKL(1 + 1e-7), entropy=entropy).run(mdp, 30)
        np.testing.assert_allclose(near.q, MirrorDescentValueIteration(0.5, entropy=entropy).run(mdp, 30).q, atol=1e-6)
    np.testing.assert_allclose(
        MunchausenValueIteration(0.5, order=1 + 1e-9).run(mdp, 30).q, MunchausenValueIteration(0.5).run(mdp, 30).q, atol=1e-6
    )


@pytest.mark.parametrize("q", [0.5, 1.5, 2.0, 3.0])
def test_entropy_beside_a_divergence_is_optimal(q):
    """The step with both terms beats every nearby policy."""
    rng = np.random.default_rng(0)
    scheme = MirrorDescentValueIteration(0.4, tabular.TsallisKL(q), entropy=0.3)
    values, before = rng.normal(size=(5, 4)), rng.dirichlet(np.ones(4), size=5)
    best, policy, _ = scheme.greedy(values, before, np.log(before))

    def worth(p):
        return (p * values).sum(axis=1) - 0.4 * scheme.divergence(p, before) + 0.3 * tabular.TsallisEntropy(q)(p)

    np.testing.assert_allclose(best, worth(policy), atol=1e-13)
    for size in (1e-4, 1e-2, 0.3):
        for _ in range(50):
            other = (1 - size) * policy + size * rng.dirichlet(np.ones(4), size=5)
            assert (worth(other) <= best + 1e-14).all()


@pytest.mark.parametrize(
    "divergence", [tabular.SquaredHellinger(), tabular.JensenShannon(), tabular.ReverseKL(), tabular.TotalVariation()]
)
def test_any_divergence(divergence):
    scheme = MirrorDescentPolicyIteration(0.05, divergence)
    trace = scheme.run(dirichlet_model(6), 200)
    assert trace.losses[-1] < 1e-2
    assert (np.diff(trace.policy_values, axis=0) >= -1e-10).all()


def test_kl_remembers_beyond_underflow():
    """After 10,000 steps a bad action has a logarithm of minus a million; its policy underflows, its memory does not."""
    mdp = tabular.MDP([[[1.0], [1.0]]], [[1.0, 0.0]], 0.0)
    *_, last = (s for s, _ in zip(MirrorDescentValueIteration(0.01).iterate(mdp), range(10_001), strict=False))
    assert last.policy[0, 1] == 0
    assert last.memory[0, 1] == pytest.approx(-999_900.0, rel=1e-9)


def test_sparse_and_forbidden():
    rng = np.random.default_rng(0)
    P = rng.dirichlet(np.ones(5), size=(5, 3))
    r = rng.uniform(size=(5, 3))
    allowed = np.ones((5, 3), dtype=bool)
    allowed[0, 1] = allowed[2, 0] = False
    errors = rng.normal(size=(20, 5, 3))
    for scheme in (
        MirrorDescentValueIteration(0.5),
        MirrorDescentValueIteration(0.5, tabular.TsallisKL(2), entropy=0.1),
        MirrorDescentPolicyIteration(0.5, tabular.TsallisKL(3)),
        MunchausenValueIteration(0.5, order=2),
        MunchausenValueIteration(0.5),
        SoftValueIteration(0.5, tabular.TsallisEntropy(2)),
    ):
        runs = [
            scheme.run(tabular.MDP(transitions, r, 0.9, allowed=allowed), 20, noise=errors)
            for transitions in (P, sp.csr_array(P.reshape(15, 5)))
        ]
        np.testing.assert_allclose(runs[0].policy, runs[1].policy, atol=1e-10)
        assert (runs[0].policy[~allowed] == 0).all()
        assert np.isneginf(runs[0].q[~allowed]).all()
        assert np.isfinite(runs[0].drift_spans).all()


# --- errors, traces, weights -----------------------------------------------------------------------------------------------


def test_errors_average():
    mdp = dirichlet_model(5, 5)
    trace = MirrorDescentValueIteration(2.0).run(mdp, 400, noise=1.0, rng=0, keep=True)
    np.testing.assert_allclose(trace.error_averages[-1], np.abs(trace.errors.mean(axis=0)).max(), rtol=1e-12)
    np.testing.assert_allclose(trace.error_spans[-1], np.ptp(trace.errors.sum(axis=0)), rtol=1e-12)
    np.testing.assert_allclose(trace.drift_spans[-1], np.ptp(trace.q - trace.errors.sum(axis=0)), rtol=1e-9)
    np.testing.assert_allclose(trace.average_q, trace.qs[:-1].mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(trace.losses[-1], (tabular.solve(mdp).values - trace.policy_values[-1]).max(), atol=1e-12)
    assert (trace.losses <= averaging_bound(trace)).all()
    soft = np.exp(400 * trace.average_q / 2.0 - (400 * trace.average_q / 2.0).max(axis=1, keepdims=True))
    np.testing.assert_allclose(trace.policy, soft / soft.sum(axis=1, keepdims=True), atol=1e-12)


def test_runs_repeat():
    mdp, scheme = dirichlet_model(5), MunchausenValueIteration(0.5, order=1.5)
    runs = [scheme.run(mdp, 30, noise=0.5, rng=7) for _ in range(2)]
    np.testing.assert_array_equal(runs[0].q, runs[1].q)
    by_hand = scheme.run(mdp, 30, noise=lambda rng, shape: 0.5 * rng.standard_normal(shape), rng=7)
    np.testing.assert_array_equal(runs[0].q, by_hand.q)


def test_effective_weights():
    mdp = dirichlet_model(0)
    assert (
        MirrorDescentValueIteration(1.0).effective_weights(MirrorDescentValueIteration(1.0).run(mdp, 5, keep=True)) == 1
    ).all()
    for greedy, ratio in (("exponential", 0.9), ("entropy", 0.45)):
        scheme = MunchausenValueIteration(50.0, 0.9, 2, greedy)  # so warm that nothing is dropped
        trace = scheme.run(mdp, 6, noise=0.1, rng=0, keep=True)
        weights = scheme.effective_weights(trace)
        np.testing.assert_allclose(weights, ratio ** np.arange(5, -1, -1))
        assert trace.truncated[-1] == 0
        # at order two the policy is linear: its differences are the weighted sum of past Q' over the temperature
        bonus = np.array([(p - 1) * (k > 0) for k, p in enumerate(trace.policies[:-1])])
        explicit = trace.qs[:-1] - 0.9 * 50.0 * bonus
        combined = (weights[:, None, None] * explicit).sum(axis=0) / (50.0 if greedy == "exponential" else 100.0)
        np.testing.assert_allclose(
            trace.policy - trace.policy.mean(axis=1, keepdims=True), combined - combined.mean(axis=1, keepdims=True), atol=1e-12
        )
    scheme = MirrorDescentValueIteration(2.0, tabular.TsallisKL(2))
    trace = scheme.run(mdp, 4, keep=True)
    np.testing.assert_allclose(scheme.effective_weights(trace), trace.policies[:-1] / trace.policies[1:], rtol=1e-12)
    assert list(SoftValueIteration(1.0).effective_weights(SoftValueIteration(1.0).run(mdp, 3))) == [0, 0, 1]


def test_soft_value_iteration_solves_the_regularised_problem():
    mdp = dirichlet_model(1)
    for entropy in (tabular.ShannonEntropy(), tabular.TsallisEntropy(1.5)):
        trace = SoftValueIteration(0.4, entropy).run(mdp, 400)
        np.testing.assert_allclose(trace.policy, tabular.solve(tabular.Regularized(mdp, entropy, 0.4)).policy, atol=1e-7)


def test_solve_takes_schemes():
    mdp = tabular.MDP.from_gymnasium("FrozenLake8x8-v1", gamma=0.99)
    best = tabular.solve(mdp)
    for scheme in (MunchausenValueIteration(0.01, order=2), MunchausenValueIteration(0.01), MirrorDescentValueIteration(0.01)):
        solution = tabular.solve(mdp, scheme)
        assert solution.converged
        assert (solution.lower <= best.upper).all()
        assert (solution.upper >= best.lower).all()


@pytest.mark.parametrize(
    ("scheme", "message"),
    [
        (SoftValueIteration(0.5), "stands still at a policy that is not optimal"),
        (MunchausenValueIteration(0.5, order=2, greedy="entropy"), "stands still at a policy that is not optimal"),
        (MunchausenValueIteration(0.5, order=5, greedy="approximate"), "no action any mass"),
        (MirrorDescentValueIteration(0.1, max_iterations=3), "limit of 3"),
    ],
)
def test_solve_says_why_it_stopped(scheme, message):
    with pytest.raises(tabular.SolverError, match=message) as caught:
        tabular.solve(dirichlet_model(0), scheme)
    solution = caught.value.solution
    assert not solution.converged
    assert (solution.lower <= solution.upper).all()


def test_the_rounding_floor_is_no_failure():
    solution = tabular.solve(dirichlet_model(0), MunchausenValueIteration(0.5, order=2), tol=1e-17)
    assert not solution.converged
    assert "rounding floor" in solution.reason
    assert solution.width < 1e-12


def test_arguments_are_checked_before_the_first_state():
    with pytest.raises(tabular.ModelError, match="noise is -1"):
        SoftValueIteration(1.0).iterate(dirichlet_model(0), noise=-1.0, rng=0)


def test_schemes_solve_ordinary_problems_only():
    with pytest.raises(tabular.ModelError, match="ordinary problems"):
        tabular.solve(tabular.Regularized(dirichlet_model(0), tabular.KL(), 0.1), SoftValueIteration(0.1))


def test_a_diverging_run_keeps_its_trace():
    mdp = dirichlet_model(0)

    def growing(rng, shape):
        growing.size = min(growing.size * 1e60, 1.7e308)
        return np.full(shape, growing.size)

    growing.size = 1.0
    with pytest.raises(tabular.SolverError, match="infinite or NaN in update 7") as caught:
        MirrorDescentValueIteration(1.0).run(mdp, 100, noise=growing, rng=0)
    assert caught.value.solution.iterations == 6


def test_an_interrupted_run_keeps_its_trace():
    def interrupted(rng, shape):
        interrupted.calls += 1
        if interrupted.calls == 4:
            raise KeyboardInterrupt
        return np.zeros(shape)

    interrupted.calls = 0
    with pytest.raises(tabular.SolverInterrupted) as caught:
        MunchausenValueIteration(0.1).run(dirichlet_model(0), 100, noise=interrupted, rng=0)
    assert caught.value.solution.iterations == 3


def test_progress_and_repr(capsys):
    trace = MunchausenValueIteration(0.1).run(dirichlet_model(0), 3, progress=True)
    assert "updates: 3" in repr(trace)


MODEL = dirichlet_model(0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MunchausenValueIteration(0), "temperature is 0"),
        (lambda: MunchausenValueIteration(math.nan), "temperature is nan"),
        (lambda: MunchausenValueIteration(1, 1.5), "coefficient is 1.5"),
        (lambda: MunchausenValueIteration(1, order=-1), "order is -1"),
        (lambda: MunchausenValueIteration(1, greedy="sparse"), "greedy is 'sparse'"),
        (lambda: MunchausenValueIteration(1, form="both"), "form is 'both'"),
        (lambda: MunchausenValueIteration(1, order=0.5, greedy="approximate"), "needs an order >= 1"),
        (lambda: MirrorDescentValueIteration(-1), "strength is -1"),
        (lambda: MirrorDescentValueIteration(1, tabular.KL), "write for example"),
        (lambda: MirrorDescentValueIteration(1, tabular.ReverseKL(), entropy=1.0), "not supported"),
        (lambda: MirrorDescentValueIteration(1, entropy=-1.0), "entropy is -1.0"),
        (
            lambda: MirrorDescentValueIteration(1, initial_policy=[[0.5, 0.6, 0]] * 4).run(MODEL, 1),
            "initial_policy of state 0 sums",
        ),
        (lambda: SoftValueIteration(1, tabular.KL()), "is no entropy"),
        (lambda: SoftValueIteration(1, max_iterations=0), "max_iterations is 0"),
        (lambda: SoftValueIteration(1).run(MODEL, 0), "iterations is 0"),
        (lambda: SoftValueIteration(1).run(MODEL, 2, noise=1.0), "pass rng="),
        (lambda: SoftValueIteration(1).run(MODEL, 2, noise=-1.0, rng=0), "noise is -1.0"),
        (lambda: SoftValueIteration(1).run(MODEL, 2, noise=np.zeros((1, 4, 3))), "holds 1 errors, fewer than 2"),
        (lambda: SoftValueIteration(1).run(MODEL, 2, noise=np.zeros((2, 3, 4))), "noise has shape"),
        (lambda: SoftValueIteration(1).run(MODEL, 1, noise=np.full((1, 4, 3), np.nan)), r"noise"),
        (lambda: SoftValueIteration(1).run(MODEL, 1, noise=lambda rng, shape: 0.0, rng=0), "noise gave an array of shape"),
        (lambda: SoftValueIteration(1).run(MODEL, 1, initial=[1.0, 2.0]), "initial has shape"),
        (lambda: SoftValueIteration(1).run(MODEL, 1, initial=np.inf), "initial"),
        (lambda: SoftValueIteration(1).run(tabular.MDP(MODEL.P, MODEL.r, 1.0), 1), "gamma = 1 has no discounted value"),
        (lambda: averaging_bound(SoftValueIteration(1).run(MODEL, 1)), "mirror descent value iteration with KL"),
        (
            lambda: MirrorDescentValueIteration(1).effective_weights(MirrorDescentValueIteration(1).run(MODEL, 1)),
            "run with keep=True",
        ),
        (lambda: MunchausenValueIteration(1, greedy="approximate").effective_weights(None), "renormalises"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(tabular.ModelError, match=message):
        call()
