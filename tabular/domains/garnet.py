r"""Garnets: random models with a chosen size and branching, the field's standard source of test problems.

For every state and action, independently: ``branching`` distinct successors are drawn uniformly without replacement,
and the unit interval is cut at ``branching - 1`` independent uniform points; the lengths of the pieces, which are
uniform on the simplex, are the probabilities. The expected reward of each pair is standard normal or uniform on [0, 1].

Sources: T. W. Archibald, K. I. M. McKinnon and L. C. Thomas, "On the generation of Markov decision processes", Journal
of the Operational Research Society 46 (1995); S. Bhatnagar, R. S. Sutton, M. Ghavamzadeh and M. Lee, "Natural
actor-critic algorithms", Automatica 45 (2009). The latter draws an expected reward per transition; here it is drawn per
state and action, the form in which Garnets are mostly used, so that its law does not depend on the branching.
"""

from __future__ import annotations

from typing import Any, Literal

import numba
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from tabular._parameters import count, probability
from tabular.errors import ModelError
from tabular.mdp import MDP

__all__ = ["garnet"]


def garnet(
    n_states: int,
    n_actions: int,
    branching: int,
    gamma: float = 0.95,
    *,
    rng: int | np.random.Generator,
    sparse: bool | None = None,
    reward_law: Literal["normal", "uniform"] = "normal",
    reward_sparsity: float = 0.0,
) -> MDP:
    """A random model with ``branching`` successors of every state and action; law in the module docstring.

    Parameters
    ----------
    n_states, n_actions : int >= 1
        Numbers of states and actions.
    branching : int in [1, n_states]
        Number of successors of every pair.
    gamma : float in [0, 1]
        Discount factor.
    rng : int or numpy.random.Generator
        Seed or source of randomness. The same seed gives the same numbers whether stored densely or not.
    sparse : bool, optional
        Store as CSR. Default: when fewer than a quarter of the entries are positive.
    reward_law : "normal" or "uniform"
        Law of the expected reward of a pair: standard normal, or uniform on [0, 1).
    reward_sparsity : float in [0, 1]
        Probability with which a pair, independently, pays nothing instead.

    Returns
    -------
    MDP
        Rows sum to one within ``branching`` roundings.

    Raises
    ------
    ModelError
        If a parameter is out of its range.

    Examples
    --------
    >>> garnet(1000, 4, 5, rng=0)
    MDP(1000 states, 4 actions, gamma=0.95)
    ├─ transitions: CSR (4000, 1000), 20000 stored, rows sum to 1
    ├─ rewards: per state and action, in [-3.47909, 3.63288]
    ├─ initial: not given
    └─ allowed: every action
    """
    n, m = count(n_states, "n_states"), count(n_actions, "n_actions")
    b = count(branching, "branching", most=n)
    sparsity = probability(reward_sparsity, "reward_sparsity")
    if reward_law not in ("normal", "uniform"):
        raise ModelError(f'reward_law is {reward_law!r} (expected "normal" or "uniform")')
    generator = np.random.default_rng(rng)

    successors = _subsets(n * m, n, b, generator)
    probabilities = _simplex(n * m, b, generator)
    r = generator.standard_normal((n, m)) if reward_law == "normal" else generator.random((n, m))
    if sparsity > 0:
        r[generator.random((n, m)) < sparsity] = 0.0

    if 4 * b < n if sparse is None else sparse:
        # 32-bit row pointers when they fit, so that SciPy does not widen (copy) the columns to 64 bits.
        kind = np.int32 if n * m * b < 2**31 else np.int64
        starts = np.arange(0, n * m * b + 1, b, dtype=kind)
        P: Any = sp.csr_array((probabilities.reshape(-1), successors.reshape(-1), starts), shape=(n * m, n))
    else:
        P = np.zeros((n * m, n))
        np.put_along_axis(P, successors.astype(np.int64), probabilities, axis=1)
        P = P.reshape(n, m, n)
    return MDP(P, r, gamma)


def _simplex(rows: int, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(rows, size) lengths of the pieces of the unit interval between sorted uniform cut points."""
    cuts = np.empty((rows, size + 1))
    cuts[:, 0], cuts[:, -1] = 0.0, 1.0
    cuts[:, 1:-1] = rng.random((rows, size - 1))
    cuts[:, 1:-1].sort(axis=1)
    return np.diff(cuts, axis=1)


def _subsets(rows: int, n: int, size: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """(rows, size) uniformly random subsets of {0..n-1}, each sorted (the lengths put on them are exchangeable)."""
    draws = rng.integers(0, np.arange(n - size + 1, n + 1), size=(rows, size), dtype=np.int32)
    _make_distinct(draws, n)
    draws.sort(axis=1)
    return draws


@numba.njit(cache=True)
def _make_distinct(draws: NDArray[np.int32], n: int) -> None:
    """R. Floyd's sampling without replacement: entry k, drawn from {0..n-size+k}, becomes n-size+k if it was taken."""
    rows, size = draws.shape
    taken_by = np.full(n, -1, dtype=np.int64)
    for row in range(rows):
        for k in range(size):
            if taken_by[draws[row, k]] == row:
                draws[row, k] = n - size + k
            taken_by[draws[row, k]] = row
