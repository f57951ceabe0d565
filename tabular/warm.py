"""Fill the cache of compiled kernels: ``python -m tabular.warm``, so that parallel workers only read it."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

import tabular


def warm() -> None:
    """Solve tiny dense and sparse models by the methods that compile something."""
    P = np.full((2, 2, 2), 0.5)
    rewards = np.array([[0.0, 1.0], [2.0, 0.0]])
    for transitions in (P, sp.csr_array(P.reshape(4, 2))):
        mdp = tabular.MDP(transitions, rewards, 0.5)
        for method in (tabular.ValueIteration(), tabular.ModifiedPolicyIteration(), tabular.PolicyIteration()):
            tabular.solve(mdp, method)
        tabular.MDP(transitions, np.zeros((2, 2, 2)), 0.5)
        tabular.solve(tabular.FiniteHorizon(mdp, 1))
    tabular.domains.garnet(4, 2, 2, rng=0)


if __name__ == "__main__":
    warm()
