"""Fill the cache of compiled kernels: ``python -m tabular.warm``, so that parallel workers only read it."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

import tabular


def warm() -> None:
    """Solve tiny dense and sparse models, ordinary, robust and regularised, by the methods that compile something."""
    P = np.full((2, 2, 2), 0.5)
    rewards = np.array([[0.0, 1.0], [2.0, 0.0]])
    for transitions in (P, sp.csr_array(P.reshape(4, 2))):
        mdp = tabular.MDP(transitions, rewards, 0.5)
        for method in (tabular.ValueIteration(), tabular.ModifiedPolicyIteration(), tabular.PolicyIteration()):
            tabular.solve(mdp, method)
        tabular.MDP(transitions, np.zeros((2, 2, 2)), 0.5)
        tabular.solve(tabular.FiniteHorizon(mdp, 1))
        for divergence in (
            tabular.KL(),
            tabular.ChiSquare(),
            tabular.TsallisKL(3),
            tabular.JensenShannon(),
            tabular.TotalVariation(),
        ):
            tabular.solve(tabular.Robust(mdp, divergence, radius=0.1))
            tabular.solve(tabular.Robust(mdp, divergence, penalty=1.0))
        for ambiguity in (tabular.Contamination(), tabular.LInfinity(), tabular.L2()):
            tabular.solve(tabular.Robust(mdp, ambiguity, radius=0.1))
        tabular.solve(tabular.Robust(mdp, tabular.CVaR(0.5)))
        for shared in (tabular.KL(), tabular.TotalVariation()):
            problem = tabular.Robust(mdp, shared, radius=0.1, rectangular="s")
            for method in (tabular.ValueIteration(), tabular.PolicyIteration()):
                tabular.solve(problem, method)
        for regulariser in (tabular.ShannonEntropy(), tabular.TsallisEntropy(2), tabular.TotalVariation()):
            tabular.solve(tabular.Regularized(mdp, regulariser, 0.1))
    for order in (1, 2, 3):
        tabular.schemes.MunchausenValueIteration(1.0, order=order).run(mdp, 1)
    tabular.domains.garnet(4, 2, 2, rng=0)
    learner = tabular.log_mapping.ChainLearning(gamma=0.5, n=3, every=1)
    learner.run([0.5], seeds=[0])
    mapping = tabular.log_mapping.LogMapping(0.5, 10)
    tabular.log_mapping.ChainLearning(gamma=0.5, n=3, every=1, mapping=mapping).run([0.5], [0.5], seeds=[0])
    tabular.log_mapping.TableLearning(tabular.domains.garnet(4, 2, 2, rng=0), mapping).run([0.5], [0.5], seeds=[0])
    _warm_linear_bandits()
    tabular.grouping.grouped_bernoulli_loss([0.25, 0.5], [0, 1], 4)
    tabular.recourse.recourse([0.5, 1.0], 1.0, tabular.recourse.Classifiers([1.0, 0.5], [[0.1, 0.0], [0.0, 0.1]], 0.1))
    tabular.bandits.gittins_bounds(1, 1, 0.5)
    for covariance in (tabular.bandits.RBF(2.0), tabular.bandits.AR1(0.5)):
        arms = tabular.bandits.GaussianProcessBandit(covariance)
        for gaussian_policy in tabular.bandits.policies_for_scale(2.0).values():
            arms.simulate(gaussian_policy, 2, 1, seed=0)
    arms.simulate(tabular.bandits.PredictiveSampling(), 2, 1, seed=0)
    arms.filter(2).observe(0, 0.0)
    hidden = tabular.bandits.LatentBandit([[0.5, 0.5], [0.5, 0.5]], [[1.0, 0.0], [0.0, 1.0]])
    for policy in (tabular.bandits.UCB1(), tabular.bandits.Exp3(0.5), tabular.bandits.BeliefThompson()):
        tabular.bandits.simulate(hidden, policy, horizon=1, replications=1, seed=0)
    best = tabular.alignment.best_of_n([0.5, 0.5], [0, 1], 2)
    _ = best.kl, best.gap, best.expected_estimator


def _warm_linear_bandits() -> None:
    room, one = tabular.linear_bandits, [[1.0]]
    bandit = room.DynamicalLinearBandit([[0.5]], one, [1.0], [0.0])
    learners: dict[str, room.Learner] = {
        "waiting": room.DynLinUCB.for_bandit(bandit, one, 2),
        "discounted": room.DLinUCB.for_bandit(bandit, one, 2, discount=0.5),
        "weights": room.Exp3(horizon=2, scale=1.0),
        "alternating": room.AR2(alpha=0.5, noise=0.1),
        "committed": room.ExploreThenCommit(pulls=1),
    }
    room.compare(bandit, one, learners, 2, seeds=[0])
    bandit.expected_states(one)


if __name__ == "__main__":
    warm()
