"""Seconds to a bracket of 1e-8 (absolute), as ratios to a plain numpy loop and, where installed, to quantecon's best method."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from timing import median_seconds

import tabular


def naive(mdp: tabular.MDP) -> np.ndarray:
    """Norm-stopped value iteration: what one writes first."""
    P = mdp.P if mdp.is_sparse else mdp.P.reshape(-1, mdp.n_states)
    v = np.zeros(mdp.n_states)
    while True:
        new = (mdp.r + mdp.gamma * (P @ v).reshape(mdp.r.shape)).max(axis=1)
        if np.abs(new - v).max() < 1e-8 * (1 - mdp.gamma) / (2 * mdp.gamma):
            return new
        v = new


def quantecon(mdp: tabular.MDP) -> Callable[[], np.ndarray] | None:
    try:
        from quantecon.markov import DiscreteDP
    except ImportError:
        return None
    import scipy.sparse as sp

    S, A = mdp.r.shape
    Q = (
        sp.csr_matrix((mdp.P.data.copy(), mdp.P.indices.copy(), mdp.P.indptr.copy()))
        if mdp.is_sparse
        else mdp.P.reshape(-1, S).copy()
    )
    problem = DiscreteDP(mdp.r.reshape(-1).copy(), Q, mdp.gamma, np.repeat(np.arange(S), A), np.tile(np.arange(A), S))
    return lambda: problem.solve("mpi", epsilon=1e-8, max_iter=10**6).v


MODELS = {
    "garnet, dense, 500 x 10": lambda: tabular.domains.garnet(500, 10, 500, gamma=0.99, rng=0, sparse=False),
    "garnet, 20,000 x 8, 8 successors": lambda: tabular.domains.garnet(20_000, 8, 8, gamma=0.99, rng=0),
    "grid 100 x 100, slip 0.2": lambda: tabular.domains.grid_world(100, 100, slip=0.2, gamma=0.99),
}

if __name__ == "__main__":
    for name, build in MODELS.items():
        mdp = build()
        base, reference = median_seconds(lambda m=mdp: naive(m), 1)
        print(f"{name}: plain numpy value iteration {base:.3f} s")
        peer = quantecon(mdp)
        if peer is not None:
            seconds, _ = median_seconds(peer)
            print(f"    quantecon mpi                {seconds / base:8.4f} of it")
        scale = max(1.0, float(np.abs(reference).max()))
        for method in (None, tabular.ModifiedPolicyIteration(), tabular.ValueIteration()):
            tabular.solve(mdp, method, tol=1e-8 / scale)
            seconds, solution = median_seconds(lambda m=mdp, how=method, t=1e-8 / scale: tabular.solve(m, how, tol=t))
            label = "solve() chose " + type(solution.method).__name__ if method is None else type(method).__name__
            error = float(np.abs(solution.values - reference).max())
            print(f"    {label:40} {seconds / base:8.4f} of it, bracket {solution.width:.1e}, distance to numpy {error:.1e}")
