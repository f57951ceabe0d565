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
    tabular.grouping.grouped_bernoulli_loss([0.25, 0.5], [0, 1], 4)
    tabular.recourse.recourse([0.5, 1.0], 1.0, tabular.recourse.Classifiers([1.0, 0.5], [[0.1, 0.0], [0.0, 0.1]], 0.1))
    best = tabular.alignment.best_of_n([0.5, 0.5], [0, 1], 2)
    _ = best.kl, best.gap, best.expected_estimator


if __name__ == "__main__":
    warm()
