r"""Problems: a model and two slots.

.. math:: v(s) = \operatorname{outer}_a \bigl[ r(s, a) + \gamma \operatorname{inner}_{s'} v(s') \bigr]

The slots are those of :mod:`tabular.bellman.slots`, and actions may be merged (:class:`~tabular.Groups`); :func:`Robust`,
:func:`Regularized` and :func:`Grouped` are the short ways to say the common cases. Each pair of slots has its Bellman operator
(:mod:`tabular.bellman.protocol`); solvers and certificates do not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tabular import _arrays
from tabular._arrays import Float, frozen
from tabular._parameters import count
from tabular._rows import row_sums
from tabular.bellman import (
    Bellman,
    Expectation,
    General,
    Groups,
    Max,
    Optimality,
    Penalised,
    Shared,
    SharedWorstCase,
    SmoothMax,
    WorstCase,
)
from tabular.bellman import (
    Grouped as GroupedOptimality,
)
from tabular.bellman.grouped import as_groups
from tabular.divergences import AmbiguitySet, CVaR, Entropy, FDivergence, TotalVariation
from tabular.errors import ModelError
from tabular.mdp import MDP

__all__ = ["FiniteHorizon", "Grouped", "Problem", "Regularized", "Robust", "Staged"]

LARGEST_VALUE = 2.0**1000
"""Values beyond this are refused: residuals and their quotients by 1 - gamma must stay finite."""


@dataclass(frozen=True, eq=False)
class Problem:
    """The discounted problem of a model, ``v = outer_a [r + gamma * inner v]``.

    Parameters
    ----------
    mdp : MDP
    outer : Max or SmoothMax
    inner : Expectation, WorstCase, Penalised or SharedWorstCase
    groups : Groups or (A,) integers, optional
        Merge actions, in an ordinary problem. A policy then chooses among groups; its value is that in the model itself.

    Raises
    ------
    ModelError
        If groups are no partition of the model's actions or meet another slot than ``Max()`` and ``Expectation()``; if the
        discount is 1 (use :class:`FiniteHorizon`), if ``gamma`` times a row sum reaches 1, or if ``|r| / (1 - gamma)`` leaves
        the range of doubles.
    """

    mdp: MDP
    outer: Max | SmoothMax = field(default_factory=Max, kw_only=True)
    inner: Expectation | WorstCase | Penalised | SharedWorstCase = field(default_factory=Expectation, kw_only=True)
    groups: Groups | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        as_model(self.mdp, "Problem")
        for name, slot, kinds in (
            ("outer", self.outer, (Max, SmoothMax)),
            ("inner", self.inner, (Expectation, WorstCase, Penalised, SharedWorstCase)),
        ):
            if not isinstance(slot, kinds):
                raise ModelError(f"{name}={slot!r} is no such slot (expected {', '.join(kind.__name__ for kind in kinds)})")
        if isinstance(self.inner, SharedWorstCase) and isinstance(self.outer, SmoothMax):
            raise ModelError("an s-rectangular problem mixes its actions already; it takes no regularised outer slot")
        if self.groups is not None:
            if not self._ordinary:
                raise ModelError(f"groups take Max() and Expectation(), not {self.outer!r} and {self.inner!r}")
            object.__setattr__(self, "groups", as_groups(self.groups))
            self.groups.weights_in(self.mdp)

    @property
    def _ordinary(self) -> bool:
        return isinstance(self.outer, Max) and isinstance(self.inner, Expectation)

    def ungrouped(self) -> Problem:
        """The same problem with the actions as they are."""
        return replace(self, groups=None)

    def staged_operator(self) -> Bellman:
        """The Bellman operator of one stage, whatever the discount."""
        if isinstance(self.inner, SharedWorstCase):
            return Shared(self.mdp, self.inner)
        if self.groups is not None:
            return GroupedOptimality(self.mdp, self.groups)
        return Optimality(self.mdp) if self._ordinary else General(self.mdp, self.outer, self.inner)

    def operator(self) -> Bellman:
        """The Bellman operator, after the checks that a sum without end needs."""
        mdp = self.mdp
        if mdp.gamma == 1.0:
            raise ModelError("gamma = 1 has no discounted value; state a horizon: FiniteHorizon(mdp, horizon)")
        operator = self.staged_operator()
        contraction = operator.moduli[1]
        if contraction >= 1.0:
            sums = row_sums(mdp.P)
            s, a = divmod(int(np.argmax(sums)), mdp.n_actions)
            raise ModelError(
                f"gamma times the row sum of state {s}, action {a} is {mdp.gamma * sums.max():.17g}, not below 1: "
                "values may be infinite; normalise the row or lower gamma"
            )
        size = Fraction(operator.reward_size) / (1 - Fraction(contraction))
        if size > LARGEST_VALUE:
            raise ModelError(
                f"rewards up to {operator.reward_size:.3g} with gamma = {mdp.gamma} give values up to "
                f"|r|/(1-gamma), beyond {LARGEST_VALUE:.3g}; rescale the rewards"
            )
        return operator


def as_model(mdp: Any, wrapper: str) -> MDP:
    """A model, not a problem about one: wrappers do not nest, slots combine."""
    if isinstance(mdp, MDP):
        return mdp
    if isinstance(mdp, Problem):
        raise ModelError(f"{wrapper} takes a model, not a problem; say both slots at once: Problem(mdp, outer=..., inner=...)")
    if isinstance(mdp, FiniteHorizon):
        raise ModelError(f"{wrapper} takes a model, not a finite horizon; write FiniteHorizon({wrapper}(mdp, ...), horizon)")
    raise ModelError(f"{wrapper} takes an MDP, not {type(mdp).__name__}")


def Robust(
    mdp: MDP,
    divergence: FDivergence | AmbiguitySet,
    *,
    radius: Any = None,
    penalty: Any = None,
    rectangular: str = "sa",
) -> Problem:
    r"""Robust problem: next states are drawn by an adversary near the model's rows.

    With a ``radius``, :math:`v(s) = \max_a r(s, a) + \gamma \min_{D(q, P(s, a)) \le \rho} \langle q, v\rangle` (Iyengar 2005;
    Nilim and El Ghaoui 2005). With a ``penalty``, :math:`\min_q \langle q, v\rangle + \lambda D(q, P(s, a))`. With
    ``rectangular="s"`` the actions of a state share the radius,

    .. math:: v(s) = \max_\pi \min_{\sum_a D(q_a, P(s, a)) \le \rho} \sum_a \pi(a) \bigl[ r(s, a) + \gamma \langle q_a,
              v\rangle \bigr],

    and the best policy may have to mix them (Wiesemann, Kuhn and Rustem 2013).

    Parameters
    ----------
    mdp : MDP
        The nominal model; its rewards stay what they are.
    divergence : FDivergence or AmbiguitySet
        For ``rectangular="s"``: TotalVariation, KL, ChiSquare or ReverseKL.
    radius, penalty : float or (S, A) array
        Exactly one of the two (neither for ``CVaR``). For ``rectangular="s"`` a radius, a float or (S,) array; an L1 budget kappa
        is a total variation radius of kappa / 2.
    rectangular : "sa" or "s"
        Whether the adversary chooses for each state and action on its own, or for all actions of a state within one radius.

    Raises
    ------
    ModelError
        If both radius and penalty are given, or none; if one is negative, NaN or wrongly shaped; if the set has no such form.

    Examples
    --------
    >>> import tabular
    >>> mdp = tabular.MDP([[[.5, .5], [1, 0]], [[0, 1], [0, 1]]], [[1, .5], [0, 0]], gamma=.5)
    >>> tabular.solve(tabular.Robust(mdp, tabular.TotalVariation(), radius=.25)).values.round(6)
    array([1.142857, 0.      ])
    >>> coins = tabular.MDP([[[0, .5, .5]] * 2, [[0, 1, 0]] * 2, [[0, 0, 1]] * 2], [[0, 0], [1, 1], [0, 0]], gamma=.5)
    >>> tabular.solve(tabular.Robust(coins, tabular.TotalVariation(), radius=.25, rectangular="s")).policy[0]
    array([0.5, 0.5])
    """
    as_model(mdp, "Robust")
    if rectangular not in ("sa", "s"):
        raise ModelError(f"rectangular is {rectangular!r} (expected 'sa' or 's')")
    if radius is not None and penalty is not None:
        raise ModelError("give a radius or a penalty, not both")
    if radius is None and penalty is None and not isinstance(divergence, CVaR):
        raise ModelError("give a radius or a penalty")
    if rectangular == "s":
        if penalty is not None:
            raise ModelError("rectangular='s' shares a radius among actions; a penalty is there for each pair, rectangular='sa'")
        return Problem(mdp, inner=SharedWorstCase(divergence, radius))  # type: ignore[arg-type]
    if penalty is not None:
        return Problem(mdp, inner=Penalised(divergence, penalty))  # type: ignore[arg-type]
    return Problem(mdp, inner=WorstCase(divergence, radius))


def Regularized(mdp: MDP, divergence: FDivergence | TotalVariation | Entropy, strength: float, reference: Any = None) -> Problem:
    r"""Regularised problem: :math:`v(s) = \max_\pi \langle \pi, q(s, \cdot)\rangle - \text{strength} \cdot D(\pi,
    \text{reference}(s, \cdot))`, or plus strength times an entropy (Geist, Scherrer and Pietquin 2019).

    >>> import tabular
    >>> mdp = tabular.MDP([[[1.0], [1.0]]], [[1.0, 0.0]], gamma=0.5)
    >>> solution = tabular.solve(tabular.Regularized(mdp, tabular.ShannonEntropy(), strength=0.5))
    >>> f"{solution.values[0]:.10f}", solution.policy.round(6)
    ('2.1269280110', array([[0.880797, 0.119203]]))
    """
    return Problem(as_model(mdp, "Regularized"), outer=SmoothMax(divergence, strength, reference))


def Grouped(mdp: MDP, groups: Any, weights: Any = None) -> Problem:
    r"""Grouped problem: a policy chooses a group, fixed weights choose the action inside it.

    .. math:: v(s) = \max_g \sum_{a : G(a) = g} w(s, a) \Bigl[ r(s, a) + \gamma \sum_{s'} P(s, a, s') v(s') \Bigr].

    With :math:`\mu(g|s)` a law on groups, :math:`\pi(a|s) = \mu(G(a)|s)\, w(s, a)` is its *lifted* policy, which has the same
    value in the model as :math:`\mu` has in the merged model. ``Solution.policy`` is the lifted (S, A) policy,
    ``Solution.q_values`` are those of groups, (S, m), and the bracket speaks of the original model: ``lower <= value of the
    lifted policy in mdp <= best value of any lifted policy <= upper``. Setting: action grouping after Li, Ju and Shroff (2023).

    Parameters
    ----------
    mdp : MDP
    groups : (A,) integers or Groups
        Label of each action, 0 to m - 1, every label used.
    weights : (S, m, A), (S, A) or (A,) array, optional
        Law inside each group (:class:`~tabular.Groups`); uniform over its allowed actions by default.

    Raises
    ------
    ModelError
        If the labels skip a group or have another length, or weights are no laws inside the groups.

    Examples
    --------
    >>> import tabular
    >>> mdp = tabular.MDP([[[1.0], [1.0], [1.0]]], [[1.0, 0.5, 0.0]], gamma=0.5)
    >>> solution = tabular.solve(Grouped(mdp, [0, 0, 1]))
    >>> solution.values, solution.policy, solution.q_values
    (array([1.5]), array([[0.5, 0.5, 0. ]]), array([[1.5 , 0.75]]))
    >>> tabular.policy_value(mdp, solution.policy)
    array([1.5])
    """
    return Problem(as_model(mdp, "Grouped"), groups=as_groups(groups, weights))


class Staged:
    """A problem with a finite horizon: one Bellman operator for each stage, values of the end."""

    __slots__ = ()

    horizon: int
    terminal: Float

    @property
    def n_states(self) -> int:
        """Number of states S."""
        raise NotImplementedError

    @property
    def n_actions(self) -> int:
        """Number of actions A."""
        raise NotImplementedError

    @property
    def allowed(self) -> NDArray[np.bool_] | None:
        """(S, A) mask of the actions that exist, or ``None`` when all do."""
        return None

    @property
    def largest_reward_error(self) -> float:
        """How far the stored rewards may be from those that they stand for."""
        return 0.0

    def ungrouped(self) -> Staged:
        """The same problem with the actions as they are."""
        return self

    def stages(self) -> Sequence[Bellman]:
        """The operators of the stages 0 .. H - 1."""
        raise NotImplementedError


class FiniteHorizon(Staged):
    r"""The staged problem :math:`v_H = \text{terminal}`, :math:`v_t = T v_{t+1}`, T the Bellman operator of a model or problem.

    Parameters
    ----------
    mdp : MDP or Problem
        A model (``gamma = 1`` is welcome here), or a robust or regularised problem about one: the adversary then answers at every
        stage anew.
    horizon : int
        Number of decisions H, at least 1.
    terminal : (S,) array, optional
        Value after the last decision; zero by default.

    Examples
    --------
    >>> import tabular
    >>> coin = tabular.MDP([[[.5, .5]], [[0, 1]]], [[1.0], [0.0]], gamma=1)
    >>> tabular.solve(FiniteHorizon(coin, 2)).values[0]
    array([1.5, 0. ])
    >>> tabular.solve(FiniteHorizon(tabular.Robust(coin, tabular.TotalVariation(), radius=.25), 2)).values[0]
    array([1.25, 0.  ])
    """

    __slots__ = ("horizon", "problem", "terminal")

    problem: Problem

    def __init__(self, mdp: MDP | Problem, horizon: int, terminal: ArrayLike | None = None) -> None:
        if isinstance(mdp, FiniteHorizon):
            raise ModelError("a finite horizon of a finite horizon has no meaning: add the horizons")
        if not isinstance(mdp, (MDP, Problem)):
            raise ModelError(f"mdp is {type(mdp).__name__} (expected an MDP or a Problem)")
        steps = count(horizon, "horizon")
        problem = Problem(mdp) if isinstance(mdp, MDP) else mdp
        values = as_values(0.0 if terminal is None else terminal, problem.mdp.n_states, "terminal")
        for name, value in (("problem", problem), ("horizon", steps), ("terminal", frozen(values))):
            object.__setattr__(self, name, value)
        growth = max(1.0, float(row_sums(self.mdp.P).max()) * self.mdp.gamma) ** self.horizon
        largest = self.operator().reward_size / LARGEST_VALUE * self.horizon
        if not (largest + float(np.abs(values).max()) / LARGEST_VALUE) * growth < 1.0:
            raise ModelError(f"rewards or terminal values give sums beyond {LARGEST_VALUE:.3g}; rescale them")

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("a FiniteHorizon is immutable; make another one")

    def __reduce__(self) -> tuple[Any, ...]:
        return FiniteHorizon, (self.problem, self.horizon, self.terminal)

    def __repr__(self) -> str:
        return f"FiniteHorizon({self.problem.mdp!r}, horizon={self.horizon})"

    @property
    def mdp(self) -> MDP:
        """The model."""
        return self.problem.mdp

    def ungrouped(self) -> FiniteHorizon:
        """The same problem with the actions as they are."""
        return FiniteHorizon(self.problem.ungrouped(), self.horizon, self.terminal)

    @property
    def n_states(self) -> int:
        """Number of states S."""
        return self.mdp.n_states

    @property
    def n_actions(self) -> int:
        """Number of actions A."""
        return self.mdp.n_actions

    @property
    def allowed(self) -> NDArray[np.bool_] | None:
        """(S, A) mask of the actions that exist, or ``None`` when all do."""
        return self.mdp.allowed

    @property
    def largest_reward_error(self) -> float:
        """Of the model."""
        return 0.0 if self.mdp.reward_error is None else float(self.mdp.reward_error.max())

    def operator(self) -> Bellman:
        """The Bellman operator of one stage."""
        return self.problem.staged_operator()

    def stages(self) -> Sequence[Bellman]:
        """The same operator at every stage."""
        return (self.operator(),) * self.horizon


def as_values(values: Any, n_states: int, where: str) -> Float:
    """A finite (S,) array; a scalar means the same value everywhere."""
    vector = _arrays.as_float(values, where)
    if vector.ndim == 0:
        vector = np.full(n_states, float(vector))
    if vector.shape != (n_states,):
        raise ModelError(f"{where} has shape {vector.shape} (expected ({n_states},))")
    bad = np.flatnonzero(~(np.abs(vector) <= LARGEST_VALUE))
    if bad.size:
        raise ModelError(f"{where}[{bad[0]}] is {float(vector[bad[0]])!r} (expected a finite number up to {LARGEST_VALUE:.3g})")
    return vector
