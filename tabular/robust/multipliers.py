r"""Radii against penalties.

The worst case within a radius is :math:`C_\rho = \max_\lambda R_\lambda - \lambda \rho`, R the penalised one. At the solution
of a problem with radii each row has its own maximiser. With these multipliers as penalties, and rewards :math:`r - \gamma \lambda
\rho`, the penalised problem has the same values. One multiplier for all rows gives a bound only: penalties have the unit of
rewards, radii have none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from tabular._arrays import Float
from tabular.bellman import Penalised, WorstCase
from tabular.bellman.worst_rows import WorstRows
from tabular.divergences import FDivergence, TotalVariation, Wasserstein
from tabular.divergences.result import RowLaws
from tabular.errors import ModelError
from tabular.mdp import MDP
from tabular.problem import Problem, as_values
from tabular.robust.worst_models import worst_rows

__all__ = ["constrained_twin", "multipliers", "penalised_twin"]


def multipliers(problem: Problem, values: ArrayLike) -> Float:
    """(S, A) penalties at which each row's worst law within its radius at ``values`` is the worst penalised one.

    Infinite at radius 0 for smooth divergences, 0 where the radius is more than the adversary can use.

    Raises
    ------
    ModelError
        Unless the problem has radii, for each state and action.
    """
    _, field = _rows_and_field(problem, values)
    return field.reshape(problem.mdp.r.shape)


def _rows_and_field(problem: Problem, values: ArrayLike) -> tuple[WorstRows, Float]:
    if not isinstance(problem, Problem) or not isinstance(problem.inner, WorstCase):
        raise ModelError("multipliers belong to radii, one for each state and action: Robust(mdp, divergence, radius=...)")
    if not isinstance(problem.inner.divergence, (FDivergence, TotalVariation, Wasserstein)):
        raise ModelError(
            f"{problem.inner.divergence!r} has no penalised form (an f-divergence, TotalVariation or Wasserstein has)"
        )
    v = as_values(values, problem.mdp.n_states, "values")
    rows = worst_rows(problem, v)
    return rows, rows.laws(v).multiplier


def penalised_twin(problem: Problem, values: ArrayLike) -> Problem:
    r"""The penalised problem with the same Bellman backup at ``values``, hence the same solution if they solve ``problem``.

    Penalties are the :func:`multipliers`, rewards :math:`r - \gamma \lambda \rho`.

    >>> import tabular
    >>> mdp = tabular.domains.garnet(20, 3, 5, gamma=.9, rng=0)
    >>> robust = tabular.Robust(mdp, tabular.KL(), radius=.1)
    >>> values = tabular.solve(robust, tol=1e-12).values
    >>> twin = penalised_twin(robust, values)
    >>> bool(abs(tabular.solve(twin, tol=1e-12).values - values).max() < 1e-9)
    True
    """
    rows, field = _rows_and_field(problem, values)
    charge = np.where(rows.strength > 0, _product(field, rows.strength), 0.0)
    return Problem(
        _with_rewards(problem.mdp, -problem.mdp.gamma * rows.rows.sums * charge),
        outer=problem.outer,
        inner=Penalised(problem.inner.divergence, field.reshape(problem.mdp.r.shape)),  # type: ignore[union-attr, arg-type]
    )


def constrained_twin(problem: Problem, values: ArrayLike) -> Problem:
    r"""The problem with radii that has the same Bellman backup at ``values`` as a penalised one.

    Radii are what the worst penalised laws spend, :math:`\rho = D(q, P(s, a))`, rewards :math:`r + \gamma \lambda \rho`. At
    penalty 0 the radius is infinite.

    Raises
    ------
    ModelError
        Unless the problem has penalties.
    """
    if not isinstance(problem, Problem) or not isinstance(problem.inner, Penalised):
        raise ModelError("radii that replace penalties need penalties: Robust(mdp, divergence, penalty=...)")
    v = as_values(values, problem.mdp.n_states, "values")
    rows = worst_rows(problem, v)
    found = rows.laws(v)
    # a price that no double of this size notices is none; the law of such a row is any of those that are worst
    noticed = rows.strength > 1e-14 * float(np.ptp(v))
    radius = np.where(noticed, _distances(rows, found, rows.charges(v, found)), np.inf)
    radius[np.isinf(rows.strength)] = 0.0
    charge = np.where(noticed & np.isfinite(rows.strength), _product(rows.strength, radius), 0.0)
    return Problem(
        _with_rewards(problem.mdp, problem.mdp.gamma * rows.rows.sums * charge),
        outer=problem.outer,
        inner=WorstCase(problem.inner.divergence, radius.reshape(problem.mdp.r.shape)),
    )


def _distances(rows: WorstRows, found: RowLaws, charges: Float) -> Float:
    """(R,) distances of worst laws from their rows: from the definition, or where that is a program, from what was paid."""
    if not isinstance(rows.divergence, (FDivergence, TotalVariation)):
        return np.asarray(charges / np.where(rows.strength > 0, rows.strength, 1.0))
    nominal = rows.rows.matrix(rows.rows.data)
    if not sp.issparse(nominal):
        return np.asarray(rows.divergence(found.laws, nominal / rows.rows.sums[:, None]))
    both = sp.csr_array(found.laws + nominal)  # neither is negative: the entries of one or the other
    out, chunk = np.empty(len(rows.rows)), 4096
    for first in range(0, out.size, chunk):
        part = both[first : first + chunk]
        r = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
        place = np.arange(part.nnz) - part.indptr[r]
        q, p = np.zeros((2, part.shape[0], int(np.diff(part.indptr).max())))
        q[r, place] = np.asarray(found.laws[first + r, part.indices]).reshape(-1)
        p[r, place] = np.asarray(nominal[first + r, part.indices]).reshape(-1) / rows.rows.sums[first + r]
        out[first : first + chunk] = rows.divergence(q, p)
    return out


def _product(x: Float, y: Float) -> Float:
    with np.errstate(invalid="ignore"):
        return np.asarray(x * y)


def _with_rewards(mdp: MDP, change: Any) -> MDP:
    return MDP(mdp.P, mdp.r + change.reshape(mdp.r.shape), mdp.gamma, initial=mdp.initial, allowed=mdp.allowed)
