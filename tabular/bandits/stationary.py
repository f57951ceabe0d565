r"""Long-run averages of hidden-chain bandits, on a grid of beliefs.

After many steps the belief has a stationary law of its own. It is computed on a regular grid over the simplex: a belief that
falls between grid points moves to the corners of its cell (Freudenthal's triangulation), with the probabilities that keep its
mean. That is as if the player were told which corner, so that the *optimal* regret on the grid is a lower bound of the true one.
Where the grid resolves the beliefs that occur, errors fall with the square of the spacing if the policy is smooth in the belief,
and faster than the spacing else; what is reported is the difference to a grid of half the resolution. A state that lasts for more
steps than the resolution makes most beliefs smaller than the spacing, and is refused: such a difference would say nothing.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tabular._arrays import Float
from tabular._parameters import count, number
from tabular.bandits.beliefs import Nodes
from tabular.bandits.hidden import closed_classes
from tabular.errors import ModelError, SolverError

if TYPE_CHECKING:
    from tabular.bandits.hidden import Policy
    from tabular.bandits.latent import LatentBandit

__all__ = ["BeliefGrid", "StationaryOptimum", "StationaryValues", "stationary_optimum", "stationary_values"]

MOST_POINTS = 200_000
"""Of a grid."""

ITERATIONS = 200_000
"""Of a power or value iteration, before it is said not to settle."""


class StationaryValues(NamedTuple):
    """Averages per step of a policy in the long run.

    ``regret``, and ``information`` of one step about the best action in nats; ``regret_error`` and ``information_error`` are
    differences to a grid of half the ``resolution``.
    """

    regret: float
    information: float
    regret_error: float
    information_error: float
    resolution: int


class StationaryOptimum(NamedTuple):
    """Least regret per step in the long run: ``regret`` on the grid, which is a lower bound of the truth up to the tolerance of
    its iteration, and ``regret_error``, the difference to a grid of half the ``resolution``."""

    regret: float
    regret_error: float
    resolution: int


@dataclass(frozen=True, eq=False)
class BeliefGrid:
    """All beliefs over n states whose probabilities are multiples of 1 / resolution.

    >>> BeliefGrid.regular(3, 2).points.shape
    (6, 3)
    """

    resolution: int
    points: Float
    _codes: NDArray[np.int64]
    _order: NDArray[np.intp]

    @classmethod
    def regular(cls, n: int, resolution: int) -> BeliefGrid:
        """The grid; a :class:`ModelError` says how many points it would have if they are too many."""
        size = math.comb(resolution + n - 1, n - 1)
        if size > MOST_POINTS:
            raise ModelError(
                f"a grid of resolution {resolution} over {n} states has {size} beliefs (at most {MOST_POINTS}); pass a smaller "
                "resolution"
            )
        tails = np.array(list(itertools.combinations_with_replacement(range(resolution, -1, -1), n - 1)), dtype=np.int64)
        tails = tails.reshape(size, n - 1)  # N times the mass of states i, i + 1, ...: non-increasing
        whole = np.concatenate([np.full((size, 1), resolution), tails, np.zeros((size, 1), dtype=np.int64)], axis=1)
        codes = _codes(tails, resolution)
        order = np.argsort(codes)
        return cls(resolution, -np.diff(whole, axis=1) / resolution, codes[order], order)

    def corners(self, beliefs: Float) -> tuple[NDArray[np.intp], Float]:
        """(M, n) grid points around each belief and the (M, n) probabilities that have its mean."""
        tails = self.resolution * np.cumsum(beliefs[:, :0:-1], axis=1)[:, ::-1]
        tails = np.clip(np.minimum.accumulate(tails, axis=1), 0.0, self.resolution)
        base = np.floor(tails).astype(np.int64)
        rest = tails - base
        descending = np.argsort(-rest, axis=1, kind="stable")
        sorted_rest = np.take_along_axis(rest, descending, axis=1)
        rows = np.arange(len(beliefs))
        found = [self._find(base)]
        for j in range(base.shape[1]):
            # a step that leaves the simplex has weight 0, and must not be looked up there
            base = base.copy()
            base[rows, descending[:, j]] += sorted_rest[:, j] > 0.0
            found.append(self._find(base))
        padded = np.concatenate([np.ones((len(rows), 1)), sorted_rest, np.zeros((len(rows), 1))], axis=1)
        return np.stack(found, axis=1), -np.diff(padded, axis=1)

    def _find(self, tails: NDArray[np.int64]) -> NDArray[np.intp]:
        return self._order[np.searchsorted(self._codes, _codes(tails, self.resolution))]


def _codes(tails: NDArray[np.int64], resolution: int) -> NDArray[np.int64]:
    return np.asarray(tails @ (resolution + 1) ** np.arange(tails.shape[1], dtype=np.int64))


def _moves(bandit: LatentBandit, grid: BeliefGrid) -> list[sparse.csr_array]:
    """For each arm, the (G, G) probabilities of the next belief."""
    joint, chances = bandit.outcomes_of(grid.points)
    size, out = len(grid.points), []
    for a in range(bandit.n_actions):
        matrix = sparse.csr_array((size, size))
        for o in range(chances.shape[2]):
            held = np.flatnonzero(chances[:, a, o] > 0.0)
            found, weights = grid.corners(joint[held, a, o] / chances[held, a, o, None] @ bandit.transition)
            entries = (weights * chances[held, a, o, None]).ravel()
            rows = np.repeat(held, bandit.n_states)
            matrix = matrix + sparse.csr_array((entries, (rows, found.ravel())), shape=(size, size))
        out.append(sparse.csr_array(matrix))
    return out


def _resolution(bandit: LatentBandit, resolution: int | None) -> int:
    leaving = 1.0 - np.diag(bandit.transition)
    lasting = 1.0 / leaving[leaving > 0.0].min(initial=1.0)
    if resolution is None:
        by_states = {1: 2, 2: min(max(4000, math.ceil(16 * lasting)), MOST_POINTS - 1), 3: 400, 4: 80}
        size = by_states.get(bandit.n_states, 12)
    else:
        size = count(resolution, "resolution", least=2)
    if lasting > size:
        raise ModelError(
            f"a state lasts for {lasting:.0f} steps on average: beliefs that matter are smaller than 1 / {size}; "
            "pass a resolution of some times as much, or look at a finite horizon"
        )
    return size


def stationary_values(
    bandit: LatentBandit, policy: Policy | None = None, resolution: int | None = None, tol: float = 1e-12
) -> StationaryValues:
    """See :meth:`tabular.bandits.LatentBandit.stationary_values`."""
    rule = bandit.thompson if policy is None else policy
    size = _resolution(bandit, resolution)
    least = number(tol, "tol", least=0.0)
    fine, coarse = (_averages(bandit, rule, BeliefGrid.regular(bandit.n_states, m), least) for m in (size, max(1, size // 2)))
    return StationaryValues(*fine, abs(fine[0] - coarse[0]), abs(fine[1] - coarse[1]), size)


def _averages(bandit: LatentBandit, policy: Policy, grid: BeliefGrid, tol: float) -> tuple[float, float]:
    laws = bandit.laws_of(policy, grid.points, 0)
    moves = _moves(bandit, grid)
    chain = sum(sparse.diags_array(laws[:, a]) @ moves[a] for a in range(1, len(moves)))
    chain = sparse.csr_array((sparse.diags_array(laws[:, 0]) @ moves[0] + chain).T)
    # half a step at a time: the same averages, also where the chain has a period
    found, weights = grid.corners(bandit.initial[None])
    law = np.bincount(found[0], weights=weights[0], minlength=len(grid.points)).astype(np.float64)
    for _ in range(ITERATIONS):
        following = chain @ law
        change = np.abs(following - law).sum()
        law = (law + following) / 2.0
        if change <= tol:
            break
    else:
        raise SolverError(
            f"the law of the belief still moves by {change:.1e} after {ITERATIONS} steps (tolerance {tol:g}); "
            "the state changes too slowly for averages: look at a finite horizon"
        )
    information = bandit.information_of(Nodes(grid.points, law), laws)
    return float(law @ bandit.regret_of(grid.points, laws)), float(law @ information)


def stationary_optimum(bandit: LatentBandit, resolution: int | None = None, tol: float = 1e-9) -> StationaryOptimum:
    """See :meth:`tabular.bandits.LatentBandit.stationary_optimum`."""
    if closed_classes(bandit.transition) > 1:
        raise ModelError(
            "the chain has several closed classes, and an optimum for each: look at one of them, or at a finite horizon"
        )
    size = _resolution(bandit, resolution)
    least = number(tol, "tol", least=0.0)
    fine, coarse = (_least_average(bandit, BeliefGrid.regular(bandit.n_states, m), least) for m in (size, max(1, size // 2)))
    return StationaryOptimum(fine, abs(fine - coarse), size)


def _least_average(bandit: LatentBandit, grid: BeliefGrid, tol: float) -> float:
    """Relative value iteration: the least increment of a sweep bounds the average from below."""
    moves, regrets = _moves(bandit, grid), bandit.regrets_of(grid.points)
    values = np.zeros(len(grid.points))
    for _ in range(ITERATIONS):
        swept = np.min([regrets[:, a] + move @ values for a, move in enumerate(moves)], axis=0)
        change = swept - values
        if np.ptp(change) <= tol:
            return float(change.min())
        values = (values + swept) / 2.0
        values -= values[0]
    raise SolverError(
        f"the least average is only known within {np.ptp(change):.1e} after {ITERATIONS} sweeps (tolerance {tol:g})"
    )
