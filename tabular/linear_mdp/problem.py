r"""Problems about linear MDPs: an adversary for each factor.

.. math:: Q_h(s, a) = r_h(s, a) + \sum_i \phi_i(s, a)\, F_{h, i}(V_{h + 1}), \qquad V_h = \max_a Q_h(\cdot, a),

with :math:`F_{h, i}(V)` the mean of V under the factor :math:`\mu_{h, i}`, its worst case within a radius, or at a penalty: sets
of kernels are *d-rectangular*. The worst factors depend on :math:`V_{h + 1}` alone, so that one adversary is optimal for all
states and actions at once, and the best policy is deterministic (Ma, Liang, Blanchet et al. 2022; for penalties Tang, Liu and Xu
2025).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular.bellman import Expectation, Penalised, WorstCase, kernels
from tabular.bellman.general import weighted_mean
from tabular.bellman.nominal import FixedPolicy, Maximum, mixed_rows
from tabular.bellman.rounding import down, up
from tabular.bellman.worst_rows import WorstRows
from tabular.divergences import AmbiguitySet, FDivergence, TotalVariation
from tabular.divergences.reference_rows import ReferenceRows
from tabular.errors import ModelError
from tabular.linear_mdp.model import LinearMDP
from tabular.problem import Staged

__all__ = ["LinearProblem", "d_rectangular"]


@dataclass(frozen=True, eq=False)
class LinearProblem(Staged):
    """A linear MDP and its inner slot; :func:`tabular.solve`, :func:`tabular.policy_value` and
    :func:`tabular.policy_bracket` take it.

    Parameters
    ----------
    model : LinearMDP
    inner : Expectation, WorstCase or Penalised
        Radius or penalty: a number, (d,) or (H, d); a penalty of infinity keeps a factor as it is.

    Raises
    ------
    ModelError
        If the slot is none of these, or its radii or penalties have another shape.
    """

    model: LinearMDP
    inner: Expectation | WorstCase | Penalised = field(default_factory=Expectation)

    def __post_init__(self) -> None:
        if not isinstance(self.model, LinearMDP):
            raise ModelError(f"a linear problem takes a LinearMDP, not {type(self.model).__name__}")
        if not isinstance(self.inner, (Expectation, WorstCase, Penalised)):
            raise ModelError(f"inner={self.inner!r} is no such slot (expected Expectation, WorstCase, Penalised)")
        self.factor_rows(0)

    @property
    def horizon(self) -> int:  # type: ignore[override]
        """H."""
        return self.model.horizon

    @property
    def terminal(self) -> Float:  # type: ignore[override]
        """(S,) zeros: nothing is paid after the last step."""
        return np.zeros(self.model.n_states)

    @property
    def n_states(self) -> int:
        """Number of states S."""
        return self.model.n_states

    @property
    def n_actions(self) -> int:
        """Number of actions A."""
        return self.model.n_actions

    @cached_property
    def strengths(self) -> Float:
        """(H, d) radii or penalties; zeros for an ordinary problem."""
        given: Any = getattr(self.inner, "penalty", getattr(self.inner, "radius", None))
        shape = (self.model.horizon, self.model.dimension)
        try:
            return np.array(np.broadcast_to(0.0 if given is None else np.asarray(given, dtype=np.float64), shape))
        except ValueError:
            name = "penalty" if isinstance(self.inner, Penalised) else "radius"
            raise ModelError(f"{name} has shape {np.shape(given)} (expected a number, {shape[1:]} or {shape})") from None

    def factor_rows(self, step: int) -> WorstRows:
        """The factors of a step, each with its radius or penalty."""
        divergence = TotalVariation() if isinstance(self.inner, Expectation) else self.inner.divergence
        priced = isinstance(self.inner, Penalised)
        strength, nothing = self.strengths[step], np.zeros(self.model.dimension)
        if hasattr(divergence, "_check"):
            divergence._check(strength, self.model.n_states, "penalty" if priced else "radius")
        rows = ReferenceRows.of(self.model.factors[step])
        return WorstRows(rows, strength, nothing, None, 1.0, divergence, priced)

    def worst_factors(self, step: int, values: Any) -> Any:
        """(d, S) factors that the adversary chooses at a step, when next states are worth ``values``; dense or CSR."""
        rows = self.factor_rows(step)
        laws = rows.laws(np.asarray(values, dtype=np.float64)).laws
        return sp.csr_array(laws.multiply(rows.rows.sums[:, None])) if sp.issparse(laws) else laws * rows.rows.sums[:, None]

    def factor_values(self, step: int, values: Any) -> Float:
        """(d,) values :math:`F_{h, i}(V)` of the factors of a step."""
        return self.factor_rows(step).values(np.asarray(values, dtype=np.float64))

    def stages(self) -> tuple[LinearStage, ...]:
        """The optimality operators of the steps."""
        return tuple(LinearStage(self, step) for step in range(self.horizon))

    def __repr__(self) -> str:
        return f"LinearProblem({self.model!r}, {self.inner!r})"


def d_rectangular(
    model: LinearMDP, divergence: FDivergence | AmbiguitySet, *, radius: Any = None, penalty: Any = None
) -> LinearProblem:
    r"""Robust problem in which an adversary moves each factor within ``radius``, or pays ``penalty`` times the divergence.

    With a penalty :math:`\lambda` the adversary of step h adds :math:`\lambda \langle \phi(s_h, a_h), D(\mu_h \| \mu^0_h)
    \rangle` to the return (Tang, Liu and Xu 2025, the regularised problem); with a radius every factor stays within
    :math:`D(\mu_{h, i} \| \mu^0_{h, i}) \le \rho` (Ma et al. 2022; Liu and Xu 2024).

    Parameters
    ----------
    model : LinearMDP
    divergence : FDivergence or AmbiguitySet
    radius, penalty : number, (d,) or (H, d) array
        Exactly one of the two. Penalty infinity and radius 0 leave a factor as it is.

    Examples
    --------
    >>> import tabular
    >>> from tabular.linear_mdp import LinearMDP, d_rectangular
    >>> model = LinearMDP([[[.5, .5]], [[0, 1]]], [[.9, .1], [.1, .9]], [[0, 0], [0, 1]])
    >>> tabular.solve(d_rectangular(model, tabular.TotalVariation(), radius=.2)).values[0].round(12)
    array([0.675, 0.85 ])
    """
    if (radius is None) == (penalty is None):
        raise ModelError("give a radius or a penalty, and not both")
    if penalty is None:
        return LinearProblem(model, WorstCase(divergence, radius))
    return LinearProblem(model, Penalised(divergence, penalty))  # type: ignore[arg-type]


class LinearStage(Maximum):
    """Optimality operator of one step."""

    def __init__(self, problem: LinearProblem, step: int) -> None:
        self.model, self.step = problem.model, step
        self.rewards = problem.model.rewards[step]
        self.factors = problem.factor_rows(step)
        self.n_states, self.n_actions = self.model.n_states, self.model.n_actions
        self.reward_size = float(np.abs(self.rewards).max())

    @cached_property
    def moduli(self) -> tuple[float, float]:
        """Smallest and largest sum of a row of the kernel, outward."""
        s0, s1 = self.factors.rows.totals
        low, high = self._mixed(s0, s1)
        return float(low.min()), float(high.max())

    def _mixed(self, low: Float, high: Float) -> tuple[Float, Float]:
        r"""Bounds of :math:`\langle \phi, w \rangle` for w between two (d,) arrays, whatever the order of the additions."""
        mean, half = self.model.mixed(low / 2 + high / 2), self.model.mixed(up(up(high / 2 - low / 2)))
        size = self.model.mixed(np.maximum(np.abs(low), np.abs(high)))
        unit = (self.model.dimension + 10) * 2.0**-53 * (1 + 2.0**-9)
        spread = (half + unit * (2 * size)) * (1 + unit) + 4 * (self.model.dimension + 2) * 2.0**-1074
        return down(mean - spread), up(mean + spread)

    def q_values(self, v: Float) -> Float:
        """(S, A) action values."""
        return self.rewards + self.model.mixed(self.factors.values(v))

    def backup(self, v: Float, out: Float | None = None) -> Float:
        """``Tv``, (S,)."""
        return self.q_values(v).max(axis=1, out=out)

    def choose(self, v: Float, incumbent: Any = None) -> NDArray[Any]:
        """(S,) greedy actions; the incumbent stays unless beaten by more than rounding can explain."""
        old = np.full(self.n_states, -1, dtype=np.intp) if incumbent is None else incumbent
        actions = np.empty(self.n_states, dtype=np.intp)
        unit = (self.n_states + self.model.dimension + 64) * 2.0**-50
        kernels.select(self.q_values(v), np.ascontiguousarray(self.rewards), old, 2 * float(np.abs(v).max()), unit, actions)
        return actions

    def settle(self, v: Float, slack: float) -> NDArray[Any]:
        """The lowest-numbered action within ``slack`` of the best."""
        q = self.q_values(v)
        return np.asarray(np.argmax(q >= q.max(axis=1, keepdims=True) - slack, axis=1))

    def changed(self, old: NDArray[Any], new: NDArray[Any]) -> NDArray[np.bool_]:
        """(S,) where two choices differ."""
        return np.asarray(old != new)

    def lift(self, choice: NDArray[Any]) -> Float:
        """(S, A) policy."""
        return np.asarray(choice) if choice.ndim == 2 else np.eye(self.n_actions)[choice]

    def fix(self, choice: Any) -> LinearEvaluation:
        """The operator in which the policy is fixed; the adversary still chooses."""
        return LinearEvaluation(self, self.lift(choice))

    def enclosed_q_values(self, v: Float) -> tuple[Float, Float]:
        """(S, A) rigorous bounds of action values."""
        low, high = self._mixed(*self.factors.bounds(v))
        return down(self.rewards + low), up(self.rewards + high)

    def enclosed_backup(self, v: Float, choice: Any = None) -> tuple[Float, Float]:
        """Bounds of ``T_choice v`` from below and of ``Tv`` from above, (S,) each."""
        low, high = self.enclosed_q_values(v)
        return low.max(axis=1) if choice is None else low[np.arange(self.n_states), choice], high.max(axis=1)


class LinearEvaluation(FixedPolicy):
    """The operator of an (S, A) policy at one step."""

    def __init__(self, stage: LinearStage, policy: Float) -> None:
        self.stage, self.policy = stage, policy
        self.n_states, self.reward_size = stage.n_states, stage.reward_size

    @property
    def moduli(self) -> tuple[float, float]:
        """Those of the step: policies are divided by their sums."""
        return self.stage.moduli

    def affine(self) -> None:
        """The adversary still chooses."""
        return None

    def tangent(self, v: Float) -> tuple[Any, Float]:
        """``(M, c)`` of the worst factors at ``v``: ``T w <= c + M w`` for every w, with equality at ``v``."""
        matrix, paid = self.stage.factors.tangent(v)
        kernel = self.stage.model.matrix @ matrix
        q = self.stage.rewards + self.stage.model.mixed(paid)
        return mixed_rows(kernel, self.policy), (self.policy * q).sum(axis=1)

    def backup(self, v: Float, out: Float | None = None) -> Float:
        """``T v``, (S,)."""
        return (self.policy * self.stage.q_values(v)).sum(axis=1, out=out)

    def q_values(self, v: Float) -> Float:
        """(S, A) action values at ``v``."""
        return self.stage.q_values(v)

    def lift(self, choice: NDArray[Any]) -> Float:
        """(S, A) policy."""
        return self.stage.lift(choice)

    def enclosed_backup(self, v: Float, choice: Any = None) -> tuple[Float, Float]:
        """Outward bounds of ``T v``, (S,) each."""
        low, high = self.stage.enclosed_q_values(v)
        return weighted_mean(low, self.policy)[0], weighted_mean(high, self.policy)[1]
