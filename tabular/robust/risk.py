r"""Risk measures as robust problems, and the law of a return to compare them with.

A coherent risk measure is the worst mean over a convex set of laws; :class:`tabular.CVaR` is the set with density ratios up to
1 / level. The entropic measure is the penalised worst case of KL. Dynamic programming with either gives the *nested* risk, taken
anew at every step, which is not the risk of the return, except for the entropic measure without discount: hence
:func:`return_law`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tabular._arrays import Float
from tabular.bellman import Expectation, Max
from tabular.divergences import KL, CVaR
from tabular.errors import ModelError
from tabular.evaluation import as_policy
from tabular.mdp import MDP
from tabular.problem import FiniteHorizon, Problem, Robust

__all__ = ["entropic_risk", "nested_cvar", "nested_entropic", "return_law"]


def entropic_risk(values: Any, law: Any, aversion: float) -> Any:
    r""":math:`-\frac1\theta \log E\, e^{-\theta V}`, the certainty equivalent of exponential utility, for an aversion theta > 0.

    The penalised worst case of KL at penalty 1 / theta; shapes as of :meth:`tabular.KL.penalised_min`.

    >>> f"{entropic_risk([1000, 1001], [.5, .5], 100):.10f}"
    '1000.0069314718'
    """
    return KL().penalised_min(values, law, 1.0 / _aversion(aversion)).value


def nested_entropic(mdp: MDP, aversion: float) -> Problem:
    """The problem whose values are nested entropic risks: ``Robust(mdp, KL(), penalty=1 / aversion)``."""
    return Robust(mdp, KL(), penalty=1.0 / _aversion(aversion))


def nested_cvar(mdp: MDP, level: float) -> Problem:
    """The problem whose values are nested means of the lowest ``level`` of outcomes: ``Robust(mdp, CVaR(level))``."""
    return Robust(mdp, CVaR(level))


def return_law(problem: FiniteHorizon, policy: ArrayLike, start: int, most: int = 10**6) -> tuple[Float, Float]:
    r"""The law of :math:`\sum_t \gamma^t r(s_t, a_t) + \gamma^H \text{terminal}(s_H)` from ``start``.

    Parameters
    ----------
    problem : FiniteHorizon
        Of an ordinary model.
    policy : (S,) integers or (S, A) array
        The same at every stage.
    start : int
    most : int
        Largest number of different returns, summed over states.

    Returns
    -------
    (n,) array and (n,) array
        Returns in increasing order, and their probabilities.

    Raises
    ------
    ModelError
        If the problem is robust or regularised: its return has no one law.
        If there are more returns than ``most`` (equal ones are merged, so that rewards on a grid stay few).
    """
    if not isinstance(problem, FiniteHorizon):
        raise ModelError(f"return_law takes a FiniteHorizon, not {type(problem).__name__}")
    if not isinstance(problem.problem.inner, Expectation) or not isinstance(problem.problem.outer, Max):
        raise ModelError("the return of a robust or regularised problem has no one law; pass FiniteHorizon(model, horizon)")
    mdp, horizon = problem.mdp, int(problem.horizon)
    choice = as_policy(mdp, policy)
    weights = np.eye(mdp.n_actions)[choice] if choice.ndim == 1 else choice
    P = (mdp.P.toarray() if mdp.is_sparse else np.asarray(mdp.P)).reshape(mdp.n_states, mdp.n_actions, mdp.n_states)
    if not 0 <= start < mdp.n_states:
        raise ModelError(f"start is {start!r} (states are 0..{mdp.n_states - 1})")
    terminal = np.asarray(problem.terminal)
    laws = [(np.array([terminal[s]]), np.array([1.0])) for s in range(mdp.n_states)]
    for t in range(horizon):
        new = []
        for s in range(mdp.n_states):
            if t == horizon - 1 and s != start:
                new.append(laws[s])
                continue
            values, masses = [], []
            for a in np.flatnonzero(weights[s]):
                for u in np.flatnonzero(P[s, a]):
                    values.append(mdp.r[s, a] + mdp.gamma * laws[u][0])
                    masses.append(weights[s, a] * P[s, a, u] * laws[u][1])
            merged, place = np.unique(np.concatenate(values), return_inverse=True)
            new.append((merged, np.bincount(place, np.concatenate(masses), merged.size)))
        laws = new
        size = sum(x.size for x, _ in laws)
        if size > most:
            raise ModelError(
                f"{size} different returns {t + 1} stages before the end (most is {most}); round the rewards to a grid"
            )
    return laws[start]


def _aversion(x: float) -> float:
    if not (isinstance(x, (int, float, np.integer, np.floating)) and 0 < x < np.inf):
        raise ModelError(f"aversion is {x!r} (expected a positive number)")
    return float(x)
