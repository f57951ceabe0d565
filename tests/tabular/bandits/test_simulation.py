"""Simulated policies: actions replayed by plain Python on the same random numbers, regrets against exact ones, bad input."""

import itertools
import math

import numba
import numpy as np
import pytest
import scipy.special
import scipy.stats

import tabular
from tabular.bandits import (
    KLUCB,
    UCB1,
    BeliefGreedy,
    BeliefThompson,
    DiscountedThompson,
    DiscountedUCB,
    EpsilonGreedy,
    Exp3,
    Exp3S,
    LatentBandit,
    RewardTable,
    SimulatedPolicy,
    SlidingWindowThompson,
    SlidingWindowUCB,
    Thompson,
    count_regret,
    kl_ucb,
    simulate,
    thompson,
    ucb1,
)
from tabular.bandits.simulation import _rules, engine

NB1 = LatentBandit([[0.9, 0.1], [0.1, 0.9]], [[0.8, 0.2], [0.2, 0.8]])
NB3 = LatentBandit(
    [[0.7, 0.2, 0.05, 0.05], [0.1, 0.6, 0.2, 0.1], [0.05, 0.15, 0.7, 0.1], [0.2, 0.1, 0.1, 0.6]],
    [[0.9, 0.3], [0.6, 0.5], [0.2, 0.7], [0.4, 0.8]],
)
NB4 = LatentBandit([[0.9, 0.1], [0.1, 0.9]], [[0.6, 0.4, 0.0], [0.4, 0.6, 0.3]])
THREE = LatentBandit(
    NB1.transition, None, outcomes=([[[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]], [[0.0, 0.5, 0.5], [0.9, 0.1, 0.0]]], [0.0, 0.25, 1.0])
)
CHANGING = np.repeat([[0.2, 0.5, 0.8], [0.9, 0.4, 0.1], [0.5, 0.6, 0.4]], 60, axis=0)
GIVEN = RewardTable(np.random.default_rng(5).random((180, 3)))
ZERO_ONE = RewardTable(np.random.default_rng(6).integers(0, 2, (180, 3)))
HORIZON = 180


# --- plain references ----------------------------------------------------------------------------------------------------------


def stream(seed, block=0):
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(block,))))


def index(law, u):
    return int(np.searchsorted(np.cumsum(law)[:-1], u, side="right"))


class World:
    """Pays and moves, from the definition of each kind of bandit."""

    def __init__(self, bandit, rng):
        self.bandit, self.rng, self.t = bandit, rng, 0
        self.state = index(bandit.initial, rng.random()) if isinstance(bandit, LatentBandit) else None

    def pull(self, arm):
        """The outcome and its reward; then one step on."""
        u, t, bandit = self.rng.random(), self.t, self.bandit
        self.t += 1
        if isinstance(bandit, RewardTable):
            return 0, bandit.rewards[t, arm]
        if isinstance(bandit, LatentBandit):
            outcome = index(bandit.likelihood[self.state, arm], u)
            self.state = index(bandit.transition[self.state], self.rng.random())
            return outcome, bandit.outcome_rewards[outcome]
        mean = np.broadcast_to(bandit, (HORIZON, np.shape(bandit)[-1]))[t, arm]
        return int(u >= 1.0 - mean), float(u >= 1.0 - mean)


def arms_of(bandit):
    return bandit.n_actions if isinstance(bandit, LatentBandit) else np.shape(getattr(bandit, "rewards", bandit))[-1]


def largest(scores, rng):
    tied = [a for a, score in enumerate(scores) if score >= max(scores) - 1e-12]
    return tied[int(rng.random() * len(tied))] if len(tied) > 1 else tied[0]


def gamma(shape, rng):
    """Marsaglia and Tsang, for shapes below 1 from the next one."""
    if shape < 1:
        return gamma(shape + 1, rng) * (1 - rng.random()) ** (1 / shape)
    d = shape - 1 / 3
    while True:
        z = rng.standard_normal()
        v = (1 + z / math.sqrt(9 * d)) ** 3
        if v > 0:
            u = rng.random()
            if u < 1 - 0.0331 * z**4 or math.log(u) < z * z / 2 + d - d * v + d * math.log(v):
                return d * v


def counts(policy, history, k):
    """Pulls and sums of rewards, taken anew from the history."""
    recent, discount = history[-getattr(policy, "window", len(history) + 1) :], getattr(policy, "discount", 1.0)
    kept = [(a, r, discount**age) for age, (a, r) in enumerate(reversed(recent))]
    return [sum(w for b, _, w in kept if b == a) for a in range(k)], [sum(w * r for b, r, w in kept if b == a) for a in range(k)]


def scores(policy, N, S, t):
    if isinstance(policy, KLUCB):
        return kl_bounds(S, N, math.log(t + 1))
    scale = {EpsilonGreedy: 0, UCB1: 2, DiscountedUCB: 4, SlidingWindowUCB: 1}[type(policy)]
    scale *= getattr(policy, "bound", 1) ** 2 * getattr(policy, "exploration", 1)
    return [s / n + math.sqrt(scale * math.log(sum(N)) / n) if n else math.inf for s, n in zip(S, N, strict=True)]


def by_counts(policy, bandit, horizon, rng):
    world, history, k = World(bandit, rng), [], arms_of(bandit)
    for t in range(horizon):
        N, S = counts(policy, history, k)
        if hasattr(policy, "prior"):
            a, b = policy.prior
            arm = int(np.argmax([gamma(a + s, rng) / gamma(b + (n - s), rng) for n, s in zip(N, S, strict=True)]))
        elif t < k:
            arm = t
        else:
            arm = largest(scores(policy, N, S, t), rng)
            if isinstance(policy, EpsilonGreedy) and rng.random() < min(policy.epsilon, policy.decay / (t + 1)):
                arm = int(rng.random() * k)
        history.append((arm, world.pull(arm)[1]))
    return [arm for arm, _ in history]


def kl_bounds(S, N, level):
    def divergence(p, q):
        return scipy.special.rel_entr(p, q) + scipy.special.rel_entr(1 - p, 1 - q)

    found = []
    for s, n in zip(S, N, strict=True):
        low, high = s / n, 1.0
        for _ in range(60):
            q = (low + high) / 2
            low, high = (q, high) if n * divergence(s / n, q) <= level else (low, q)
        found.append(low)
    return found


def by_weights(policy, bandit, horizon, rng):
    world, k, actions = World(bandit, rng), arms_of(bandit), []
    logs = np.zeros(k)
    for _ in range(horizon):
        law = exp3_law(policy, logs)
        arm = index(law, rng.random())
        logs = exp3_update(policy, logs, law, arm, world.pull(arm)[1])
        actions.append(arm)
    return actions


def exp3_law(policy, logs):
    return (1 - policy.mixing) * scipy.special.softmax(logs) + policy.mixing / logs.size


def exp3_update(policy, logs, law, arm, reward):
    after = logs + (np.arange(logs.size) == arm) * policy.mixing * reward / law[arm] / logs.size
    if isinstance(policy, Exp3S):
        after = np.logaddexp(after, math.log(math.e * policy.sharing / logs.size) + scipy.special.logsumexp(logs))
    return after


def by_beliefs(policy, bandit, horizon, rng):
    world, belief, actions = World(bandit, rng), bandit.initial, []
    for _ in range(horizon):
        if isinstance(policy, BeliefGreedy):
            arm = int(bandit.greedy(belief[None], 0)[0].argmax())
        else:
            arm = int(bandit.best_actions[index(belief, rng.random())])
        joint = belief * bandit.likelihood[:, arm, world.pull(arm)[0]]
        belief = joint / joint.sum() @ bandit.transition
        actions.append(arm)
    return actions


EVERYWHERE = ([0.3, 0.5, 0.7, 0.7], CHANGING, NB1, NB4)
FRACTIONS = (*EVERYWHERE, THREE, GIVEN)


@pytest.mark.parametrize(
    ("policy", "bandits"),
    [
        (UCB1(), FRACTIONS),
        (KLUCB(), FRACTIONS),
        (DiscountedUCB(0.95), FRACTIONS),
        (DiscountedUCB(0.3, bound=2.0, exploration=1.0), FRACTIONS),
        (SlidingWindowUCB(40), FRACTIONS),
        (SlidingWindowUCB(2), FRACTIONS),
        (SlidingWindowUCB(10**30, bound=1.5, exploration=0.5), FRACTIONS),
        (EpsilonGreedy(0.2), FRACTIONS),
        (EpsilonGreedy(1.0, decay=6.0), FRACTIONS),
        (EpsilonGreedy(0.0), EVERYWHERE),
        (Thompson(), (*EVERYWHERE, ZERO_ONE)),
        (Thompson((2.0, 1.5)), EVERYWHERE),
        (Thompson((0.5, 0.5)), EVERYWHERE),
        (SlidingWindowThompson(30), EVERYWHERE),
        (SlidingWindowThompson(1, (0.7, 2.0)), EVERYWHERE),
        (DiscountedThompson(0.9), (*EVERYWHERE, ZERO_ONE)),
        (Exp3(0.1), FRACTIONS),
        (Exp3(1.0), FRACTIONS),
        (Exp3S(0.2, 0.01), FRACTIONS),
        (BeliefThompson(), (NB1, NB3, NB4, THREE)),
        (BeliefGreedy(), (NB1, NB3, NB4, THREE)),
    ],
    ids=lambda x: repr(x) if isinstance(x, SimulatedPolicy) else "",
)
def test_actions_are_those_of_the_definition(policy, bandits):
    beliefs, weights = isinstance(policy, (BeliefGreedy, BeliefThompson)), isinstance(policy, (Exp3, Exp3S))
    reference = by_beliefs if beliefs else by_weights if weights else by_counts
    for seed, bandit in enumerate(bandits):
        found = simulate(bandit, policy, HORIZON, 1, seed=seed).frequencies
        assert (found.max(axis=1) == 1.0).all()
        assert found.argmax(axis=1).tolist() == reference(policy, bandit, HORIZON, stream(seed)), (seed, bandit)


def test_weights_that_underflow_come_back():
    """The first arm is ahead by more than the exponents of doubles before the second one pays."""
    table = RewardTable(np.repeat([[1.0, 0.0], [0.0, 1.0]], (2500, 5000), axis=0))
    found = simulate(table, Exp3(0.5), 7500, 1, seed=0).frequencies
    assert found.argmax(axis=1).tolist() == by_weights(Exp3(0.5), table, 7500, stream(0))
    assert found[2000:2500, 0].mean() > 0.7
    assert found[7000:, 1].mean() > 0.7


# --- exact laws ----------------------------------------------------------------------------------------------------------------


@numba.njit
def draws(a, b, logarithm, rng, out):
    for i in range(out.size):
        out[i] = _rules.beta_log_odds(a, b, rng) if logarithm else math.log(_rules.beta_odds(a, b, rng))


@pytest.mark.parametrize(
    ("a", "b"), [(1.0, 1.0), (1.0, 7.0), (20.0, 3.0), (400.0, 900.0), (0.5, 0.5), (0.02, 3.0), (0.05, 0.03), (0.9, 0.001)]
)
def test_beta_variables(a, b):
    """Log-odds against their law; their mean and variance are digamma and trigamma differences."""
    for logarithm in (True, False) if min(a, b) >= 1 else (True,):
        x = np.empty(20_000)
        draws(a, b, logarithm, np.random.default_rng(7), x)
        below, above = scipy.stats.beta(a, b), scipy.stats.beta(b, a)

        def law(x, below=below, above=above):
            return np.where(x < 0, below.cdf(scipy.special.expit(x)), above.sf(scipy.special.expit(-x)))

        if min(a, b) > 0.01:  # else the law itself leaves the range of doubles
            assert scipy.stats.kstest(x, law).pvalue > 1e-4
        mean = scipy.special.digamma(a) - scipy.special.digamma(b)
        variance = scipy.special.polygamma(1, a) + scipy.special.polygamma(1, b)
        assert abs(x.mean() - mean) < 4.5 * math.sqrt(variance / x.size)
        assert x.var() == pytest.approx(variance, rel=0.1)


def test_kl_indices():
    """Against bisection, for long and short histories, means 0 and 1 included."""
    rng = np.random.default_rng(2)
    for _ in range(300):
        n, level = int(10 ** rng.uniform(0, 5)), 10 ** rng.uniform(-1, 1.2)
        s = int(rng.integers(0, n + 1))
        entropy = -float(scipy.stats.bernoulli(s / n).entropy())
        assert _rules.kl_index(s / n, entropy, level / n) == pytest.approx(kl_bounds([s], [n], level)[0], abs=1e-12)


def within(found, exact, errors=4.5):
    assert (np.abs(found.regret - exact) <= errors * found.standard_error + 1e-12).all()
    total = np.abs(found.cumulative_regret - np.cumsum(exact))
    assert (total <= errors * found.cumulative_standard_error + 1e-11).all()


@pytest.mark.parametrize(
    ("policy", "exact"), [(UCB1(), ucb1), (KLUCB(), kl_ucb), (Thompson(), thompson), (SlidingWindowThompson(50), thompson)]
)
def test_regret_of_counts(policy, exact):
    within(simulate([0.6, 0.4], policy, 30, 100_000, seed=11), count_regret([0.6, 0.4], exact, 30).regret)


def law(policy, history):
    """Probabilities of the two arms after a history."""
    (N, S), t = counts(policy, history, 2), len(history)
    if isinstance(policy, SlidingWindowThompson):
        return thompson(np.array([S], dtype=int), np.array([N], dtype=int) - np.array([S], dtype=int), t)[0]
    if t < 2:
        return np.eye(2)[t]
    found = scores(policy, N, S, t)
    top = np.array([score >= max(found) - 1e-12 for score in found])
    explored = min(policy.epsilon, policy.decay / (t + 1)) if isinstance(policy, EpsilonGreedy) else 0.0
    return (1 - explored) * top / top.sum() + explored / 2


@pytest.mark.parametrize(
    "policy",
    [DiscountedUCB(0.6), SlidingWindowUCB(3), SlidingWindowThompson(3), EpsilonGreedy(0.3), EpsilonGreedy(1.0, decay=3.0)],
    ids=str,
)
def test_regret_of_short_memories(policy):
    """Every history of a table of means, with its probability."""
    table = np.array([[0.7, 0.4], [0.7, 0.4], [0.7, 0.4], [0.2, 0.5], [0.2, 0.5], [0.9, 0.5]])
    exact = np.zeros(len(table))

    def follow(history, chance):
        if len(history) < len(table):
            row, played = table[len(history)], law(policy, history)
            exact[len(history)] += chance * (row.max() - played @ row)
            for a, reward in itertools.product((0, 1), (0.0, 1.0)):
                if played[a] > 0:
                    follow([*history, (a, reward)], chance * played[a] * (row[a] if reward else 1 - row[a]))

    follow([], 1.0)
    within(simulate(table, policy, len(table), 100_000, seed=8), exact)


@pytest.mark.parametrize(("bandit", "horizon"), [(NB1, 8), (NB3, 6), (NB4, 6), (THREE, 5)], ids=["NB1", "NB3", "NB4", "THREE"])
def test_regret_of_beliefs(bandit, horizon):
    within(simulate(bandit, BeliefThompson(), horizon, 100_000, seed=1), bandit.thompson_regret(horizon))
    within(simulate(bandit, BeliefGreedy(), horizon, 100_000, seed=2), bandit.policy_regret(bandit.greedy, horizon))


@pytest.mark.parametrize("policy", [Exp3.tuned(7, 2), Exp3S.tuned(7, 2, changes=1), Exp3(0.3), Exp3S(0.3, 0.2)], ids=str)
def test_regret_of_weights(policy):
    """Every sequence of arms on given rewards, with its probability."""
    rewards = np.random.default_rng(3).random((7, 2))
    exact = np.zeros(7)
    for arms in itertools.product((0, 1), repeat=7):
        logs, chance = np.zeros(2), 1.0
        for t, arm in enumerate(arms):
            law = exp3_law(policy, logs)
            chance *= law[arm]
            logs = exp3_update(policy, logs, law, arm, rewards[t, arm])
        exact += chance * (rewards.max(axis=1) - rewards[range(7), arms])
    within(simulate(RewardTable(rewards), policy, 7, 100_000, seed=4), exact)
    fixed = exact.sum() - rewards.max(axis=1).sum() + rewards.sum(axis=0).max()
    assert fixed <= 2 * math.sqrt(math.e - 1) * math.sqrt(7 * 2 * math.log(2))


def test_windows_and_discounts_follow_changes():
    table = np.repeat([[0.9, 0.1], [0.1, 0.9]], 1000, axis=0)
    ends = {
        type(policy): simulate(table, policy, 2000, 200, seed=0).cumulative_regret[-1]
        for policy in (
            Thompson(),
            SlidingWindowThompson(100),
            DiscountedThompson(0.98),
            UCB1(),
            SlidingWindowUCB.tuned(2000, changes=1),
            DiscountedUCB.tuned(2000, changes=1),
            Exp3.tuned(2000, 2),
            Exp3S.tuned(2000, 2, changes=1),
        )
    }
    assert ends[SlidingWindowThompson] < ends[DiscountedThompson] < ends[Thompson] / 3
    assert ends[Exp3S] < ends[Exp3]


# --- one result ----------------------------------------------------------------------------------------------------------------


def same(first, second):
    names = ("regret", "standard_error", "cumulative_regret", "cumulative_standard_error", "frequencies")
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in names)


@pytest.mark.parametrize("policy", [Thompson(), Exp3(0.1), BeliefThompson()], ids=str)
def test_seeds_and_workers(policy):
    first = simulate(NB1, policy, 1000, 500, seed=3)
    assert same(first, simulate(NB1, policy, 1000, 500, seed=3, workers=2))
    assert same(first, simulate(NB1, policy, 1000, 500, seed=np.uint8(3), workers=7))
    assert not same(first, simulate(NB1, policy, 1000, 500, seed=4))


class Given(SimulatedPolicy):
    """Regrets that are normal numbers of the block's stream."""

    def __init__(self):
        self.seen = []

    def play(self, bandit, record, replications, rng):
        regrets = 1e6 + rng.standard_normal((replications, record.mean.shape[1]))
        self.seen.append(regrets)
        for row, x in enumerate((regrets, np.cumsum(regrets, axis=1))):
            record.mean[row], record.spread[row] = x.mean(axis=0), x.var(axis=0) * replications
        record.pulls[:, 0] += replications


def test_blocks_are_added_up(monkeypatch):
    monkeypatch.setattr(engine, "BLOCK_STEPS", 100)
    policy = Given()
    found = simulate([0.5, 0.5], policy, 5, 133, seed=9)
    everything = np.concatenate(policy.seen)
    assert [len(x) for x in policy.seen] == [20] * 6 + [13]
    assert policy.seen[2] == pytest.approx(1e6 + stream(9, 2).standard_normal((20, 5)), abs=0)
    for x, mean, error in (
        (everything, found.regret, found.standard_error),
        (np.cumsum(everything, axis=1), found.cumulative_regret, found.cumulative_standard_error),
    ):
        assert mean == pytest.approx(x.mean(axis=0), rel=1e-13)
        assert error == pytest.approx(x.std(axis=0, ddof=1) / math.sqrt(133), rel=1e-8)
    assert found.frequencies.tolist() == [[1.0, 0.0]] * 5
    low, high = found.confidence_band(0.9)
    assert (high - low) / 2 == pytest.approx(1.6448536269514722 * found.cumulative_standard_error)


@pytest.mark.parametrize("workers", [1, 2])
def test_interrupts_keep_what_was_done(monkeypatch, workers):
    merged = engine._merged

    def interrupted(total, done, block, played):
        if done == most:
            raise KeyboardInterrupt
        return merged(total, done, block, played)

    monkeypatch.setattr(engine, "BLOCK_STEPS", 100)
    sixty = simulate([0.5, 0.4], UCB1(), 5, 60, seed=9)
    monkeypatch.setattr(engine, "_merged", interrupted)
    for most in (60, 0):
        with pytest.raises(tabular.SolverInterrupted, match=f"{most} of 133 replications are in") as caught:
            simulate([0.5, 0.4], UCB1(), 5, 133, seed=9, workers=workers)
        assert isinstance(caught.value, KeyboardInterrupt)
        assert same(caught.value.solution, sixty) if most else caught.value.solution is None


def test_progress_changes_nothing(capsys):
    assert same(simulate([0.5, 0.4], UCB1(), 5, 60, seed=9), simulate([0.5, 0.4], UCB1(), 5, 60, seed=9, progress=True))
    assert "simulation: replications 60 of 60" in capsys.readouterr().out


def test_standard_errors_of_single_replications_are_unknown():
    found = simulate([0.5, 0.4], UCB1(), 3, 1, seed=0)
    assert np.isnan(found.standard_error).all()
    assert found.regret.tolist() == pytest.approx([0.0, 0.1, 0.1]) or found.regret.tolist() == pytest.approx([0.0, 0.1, 0.0])
    assert "UCB1(), 3 steps, 1 replications" in repr(found)


def test_certain_outcomes():
    """Means 0 and 1, states that cannot be reached and outcomes that cannot happen are never drawn."""
    chain = LatentBandit([[0, 1, 0], [1, 0, 0], [0, 0, 1]], [[1, 0], [0, 1], [0.5, 0.5]], 0)
    found = simulate(chain, BeliefThompson(), 20, 1000, seed=0)
    assert (found.regret == 0.0).all()
    assert found.frequencies[:, 0].tolist() == [1.0, 0.0] * 10
    greedy = simulate([1.0, 0.0], EpsilonGreedy(0.0), 20, 1000, seed=0)
    assert greedy.regret.tolist() == [0.0, 1.0] + [0.0] * 18
    one = simulate([0.3], Exp3(0.5), 4, 10, seed=0)
    assert one.cumulative_regret.tolist() == [0.0] * 4


def test_tuned_parameters():
    assert DiscountedUCB.tuned(10_000, 4, bound=2.0).discount == pytest.approx(1 - 0.02 / 8)
    assert SlidingWindowUCB.tuned(1, 1).window == 1
    assert Exp3.tuned(1, 50).mixing == 1.0
    assert Exp3S.tuned(1000, 5, changes=9).sharing == 0.001
    bound = 2 * math.sqrt(math.e - 1) * math.sqrt(5 * 1000 * (10 * math.log(5000) + math.e)) / 1000
    assert bound == pytest.approx(1.7379, abs=5e-5)


def run(bandit=(0.5, 0.4), policy=None, horizon=3, replications=2, **options):
    return simulate(bandit, UCB1() if policy is None else policy, horizon, replications, **{"seed": 0, **options})


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: run(horizon=0), "horizon is 0"),
        (lambda: run(replications=0), "replications is 0"),
        (lambda: run(replications=2.5), "replications is 2.5"),
        (lambda: run(workers=0), "workers is 0"),
        (lambda: run(seed=-1), "seed is -1"),
        (lambda: run(policy="ucb1"), "policy is 'ucb1'"),
        (lambda: run(policy=UCB1), "policy is <class"),
        (lambda: run(bandit=[0.5, 1.2]), "mean of arm 1 is 1.2 "),
        (lambda: run(bandit=[[0.5, np.nan]] * 3), "mean of arm 1 at step 0 is nan"),
        (lambda: run(bandit=[]), r"means have shape \(1, 0\)"),
        (lambda: run(bandit=0.5), r"means have shape \(\)"),
        (lambda: run(bandit=[[0.5, 0.4]] * 2), "means have 2 rows .* 3 steps"),
        (lambda: run(bandit=RewardTable([[1, 0]])), "the table has 1 rows"),
        (lambda: RewardTable([[1, np.inf]]), "reward of arm 1 at step 0 is inf"),
        (lambda: RewardTable([1, 0]), r"rewards have shape \(2,\)"),
        (lambda: run(bandit=RewardTable([[1.5, 0]] * 3)), r"UCB1\(\) needs rewards in \[0, 1\]; this bandit pays 1.5"),
        (lambda: run(bandit=RewardTable([[-1, 0]] * 3), policy=DiscountedUCB(0.9, bound=2)), r"rewards in \[0, 2\]"),
        (lambda: run(bandit=THREE, policy=Thompson()), "needs rewards 0 or 1; this bandit pays 0.25"),
        (lambda: run(policy=BeliefThompson()), r"BeliefThompson\(\) has beliefs about a hidden state"),
        (lambda: SlidingWindowThompson(0), "window is 0"),
        (lambda: SlidingWindowUCB(0), "window is 0"),
        (lambda: SlidingWindowUCB(3, bound=0), "bound is 0"),
        (lambda: DiscountedThompson(1.0), "discount is 1.0"),
        (lambda: DiscountedUCB(0.0), "discount is 0.0"),
        (lambda: DiscountedUCB(0.5, exploration=np.nan), "exploration is nan"),
        (lambda: DiscountedUCB.tuned(10, changes=0), "changes is 0"),
        (lambda: SlidingWindowUCB.tuned(10, changes=11), "changes is 11"),
        (lambda: Thompson((0.0, 1.0)), "a parameter of the prior is 0.0"),
        (lambda: Thompson(1.0), "prior is 1.0"),
        (lambda: EpsilonGreedy(1.5), "epsilon is 1.5"),
        (lambda: EpsilonGreedy(0.5, decay=-1), "decay is -1"),
        (lambda: Exp3(0.0), "mixing is 0.0"),
        (lambda: Exp3(1.1), "mixing is 1.1"),
        (lambda: Exp3.tuned(10, 1), "arms is 1"),
        (lambda: Exp3S(0.5, 0.0), "sharing is 0.0"),
        (lambda: Exp3S.tuned(10, 2, changes=10), "changes is 10"),
        (lambda: run().confidence_band(1.0), "level is 1.0"),
    ],
)
def test_bad_input(act, message):
    with pytest.raises(tabular.ModelError, match=message):
        act()
