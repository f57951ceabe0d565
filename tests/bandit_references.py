"""Hidden-chain bandits with published values, and trees without merging."""

import itertools

import numpy as np

from tabular.bandits import LatentBandit


def hidden_regime():
    """State (arm, mode); the current mode decides how likely the arm flips."""
    P = np.zeros((4, 4))
    for arm, mode, other, after in itertools.product((0, 1), repeat=4):
        flip = (0.02, 0.5)[mode]
        P[2 * arm + mode, 2 * other + after] = (flip if other != arm else 1 - flip) * (0.05 if after != mode else 0.95)
    return LatentBandit(P, [[0.8, 0.2], [0.8, 0.2], [0.2, 0.8], [0.2, 0.8]], [0.25] * 4)


NB1 = LatentBandit([[0.9, 0.1], [0.1, 0.9]], [[0.8, 0.2], [0.2, 0.8]])
NB2 = LatentBandit(np.full((3, 3), 0.075) + np.eye(3) * 0.775, 0.4 + 0.3 * np.eye(3))
NB3 = LatentBandit(
    [[0.7, 0.2, 0.05, 0.05], [0.1, 0.6, 0.2, 0.1], [0.05, 0.15, 0.7, 0.1], [0.2, 0.1, 0.1, 0.6]],
    [[0.9, 0.3], [0.6, 0.5], [0.2, 0.7], [0.4, 0.8]],
)
NB4 = LatentBandit([[0.9, 0.1], [0.1, 0.9]], [[0.6, 0.4, 0.0], [0.4, 0.6, 0.3]])
NB5 = hidden_regime()


def random_bandit(seed, n=3, k=2, m=None):
    rng = np.random.default_rng(seed)
    P = rng.dirichlet(np.full(n, 0.7), n)
    start = rng.dirichlet(np.full(n, 0.7))
    if m is None:
        return LatentBandit(P, rng.random((n, k)), start)
    return LatentBandit(P, None, start, outcomes=(rng.dirichlet(np.ones(m), (n, k)), rng.random(m)))


def histories(bandit, policy, horizon):
    """Every history with its probability and the belief after it, one by one; (weight, beliefs before each step, laws)."""
    stack = [(1.0, bandit.initial, [], [])]
    for t in range(horizon):
        longer = []
        for weight, belief, seen, taken in stack:
            law = policy(belief[None], t)[0]
            for a, o in itertools.product(range(bandit.n_actions), range(bandit.outcome_rewards.size)):
                joint = belief * bandit.likelihood[:, a, o]
                if law[a] * joint.sum() > 0:
                    longer.append(
                        (
                            weight * law[a] * joint.sum(),
                            joint / joint.sum() @ bandit.transition,
                            [*seen, belief],
                            [*taken, (a, o)],
                        )
                    )
        stack = longer
    return stack


def entropy(masses):
    masses = np.asarray(masses)
    return float(-(masses[masses > 0] * np.log(masses[masses > 0])).sum())
