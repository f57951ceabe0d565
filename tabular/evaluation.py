r"""Values, occupancies and differences of given policies.

A policy is an (S, A) row-stochastic array, or (S,) integers for a deterministic one. With :math:`P_\pi` and
:math:`r_\pi` its transition
matrix and reward, :math:`v^\pi = (I - \gamma P_\pi)^{-1} r_\pi` and the (unnormalised) occupancy is
:math:`d^\pi(s, a) = \pi(s, a) \sum_t \gamma^t \Pr(s_t = s)`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tabular import _arrays
from tabular._arrays import ROW_TOLERANCE, Float
from tabular.bellman import Optimality, certify
from tabular.errors import ModelError
from tabular.mdp import MDP
from tabular.problem import Problem, Staged, as_values
from tabular.solvers.linear_systems import evaluate, fixed_point

__all__ = ["as_staged_policy", "greedy", "occupancy", "performance_difference", "policy_bracket", "policy_value", "q_values"]


def as_policy(mdp: MDP | Staged, policy: ArrayLike, where: str = "policy") -> NDArray[Any]:
    """(S,) actions or an (S, A) policy, validated: in range, allowed, rows within 1e-9 of one."""
    array = np.asarray(policy)
    if array.dtype.kind in "iu" and array.shape == (mdp.n_states,):
        bad = np.flatnonzero((array < 0) | (array >= mdp.n_actions))
        if bad.size:
            raise ModelError(f"{where} takes action {array[bad[0]]} in state {bad[0]} (actions are 0..{mdp.n_actions - 1})")
        actions = array.astype(np.intp)
        if mdp.allowed is not None:
            bad = np.flatnonzero(~mdp.allowed[np.arange(mdp.n_states), actions])
            if bad.size:
                raise ModelError(f"{where} takes action {actions[bad[0]]} in state {bad[0]}, where it is not allowed")
        return actions
    weights = _arrays.as_float(policy, where)
    if weights.shape != (mdp.n_states, mdp.n_actions):
        raise ModelError(
            f"{where} has shape {weights.shape} (expected {(mdp.n_states, mdp.n_actions)}, or ({mdp.n_states},) integers)"
        )
    bad_entries = np.argwhere(~(np.isfinite(weights) & (weights >= 0)))
    if bad_entries.size:
        s, a = bad_entries[0]
        raise ModelError(f"{where}[{s}, {a}] is {float(weights[s, a])!r} (expected a probability)")
    wrong = np.flatnonzero(np.abs(weights.sum(axis=1) - 1.0) > ROW_TOLERANCE)
    if wrong.size:
        raise ModelError(
            f"{where} of state {wrong[0]} sums to {weights[wrong[0]].sum():.12g} (expected 1 within {ROW_TOLERANCE:g})"
        )
    if mdp.allowed is not None and (weights[~mdp.allowed] > 0).any():
        s, a = np.argwhere((weights > 0) & ~mdp.allowed)[0]
        raise ModelError(f"{where}[{s}, {a}] is positive, but the action is not allowed there")
    return weights


def as_staged_policy(problem: Staged, policy: ArrayLike) -> list[NDArray[Any]]:
    """H policies of stages, from (H, S, A), (H, S) integers, or one for all stages; validated."""
    array, horizon = np.asarray(policy), problem.horizon
    shape = (problem.n_states, problem.n_actions)
    integers = array.ndim == 2 and array.dtype.kind in "iu"
    if integers and array.shape == shape == (horizon, problem.n_states):
        if (array.sum(axis=1) == 1).all():
            raise ModelError(
                f"policy of shape {shape} with integers may be actions of {horizon} stages or weights of {shape[1]} actions: "
                "pass (H, S, A), or weights as floats"
            )
        per_stage = True
    else:
        per_stage = array.ndim == 3 or (integers and array.shape != shape)
    if per_stage and len(array) != horizon:
        raise ModelError(f"policy has {len(array)} stages (expected {horizon})")
    if not per_stage:
        return [as_policy(problem, policy)] * horizon
    return [as_policy(problem, x, f"policy[{t}]") for t, x in enumerate(array)]


def _stages(problem: Staged, policy: ArrayLike) -> list[Any]:
    """The operators of the stages of a policy."""
    problem = problem.ungrouped()
    chosen = zip(problem.stages(), as_staged_policy(problem, policy), strict=True)
    return [whole.fix(x if isinstance(whole, Optimality) else whole.lift(x)) for whole, x in chosen]


def _evaluation(problem: MDP | Problem, policy: ArrayLike) -> Any:
    """The operator of a policy in a model, ordinary, regularised or robust."""
    if not isinstance(problem, (MDP, Problem)):
        raise ModelError(f"cannot evaluate policies of {type(problem).__name__} (expected an MDP or a Problem)")
    problem = Problem(problem) if isinstance(problem, MDP) else problem.ungrouped()
    whole, choice = problem.operator(), as_policy(problem.mdp, policy)
    operator = whole.fix(choice if isinstance(whole, Optimality) else whole.lift(choice))
    if operator.moduli[1] >= 1.0:
        raise ModelError("gamma times the weights of the policy times the row sums reaches 1: normalise the policy's rows")
    return operator


def policy_value(mdp: MDP | Problem | Staged, policy: ArrayLike) -> Float:
    r"""(S,) discounted value :math:`v^\pi = (I - \gamma P_\pi)^{-1} r_\pi`; :func:`policy_bracket` says how far to trust it.

    In a regularised problem the policy also pays for its regulariser, :math:`v^\pi = (I - \gamma P_\pi)^{-1} (r_\pi -
    \Omega(\pi))`; in a robust one the adversary answers to it; groups change nothing, because policies are those of the model.
    With a finite horizon the values are (H+1, S), and the policy is one for all stages or one for each, (H, S, A) or (H, S)
    integers.

    >>> mdp = MDP([[[1.0], [1.0]]], [[1.0, 3.0]], gamma=0.5)
    >>> policy_value(mdp, [[0.5, 0.5]])
    array([4.])
    """
    if isinstance(mdp, Staged):
        values = [np.asarray(mdp.terminal)]
        for operator in reversed(_stages(mdp, policy)):
            values.insert(0, operator.backup(values[0]))
        return np.array(values)
    operator = _evaluation(mdp, policy)
    return fixed_point(operator, np.zeros(operator.n_states))


def policy_bracket(mdp: MDP | Problem | Staged, policy: ArrayLike) -> tuple[Float, Float]:
    """Rigorous ``(lower, upper)`` around the value of a policy in a model or problem, rounding included; shapes as of
    :func:`policy_value`."""
    if isinstance(mdp, Staged):
        lower, upper = [np.asarray(mdp.terminal)], [np.asarray(mdp.terminal)]
        for operator in reversed(_stages(mdp, policy)):
            lower.insert(0, operator.enclosed_backup(lower[0])[0])
            upper.insert(0, operator.enclosed_backup(upper[0])[1])
        return np.array(lower), np.array(upper)
    operator = _evaluation(mdp, policy)
    bracket = certify(operator, fixed_point(operator, np.zeros(operator.n_states)))
    return bracket.lower, bracket.upper


def occupancy(mdp: MDP, policy: ArrayLike, initial: ArrayLike | None = None) -> Float:
    r"""(S, A) expected discounted visits :math:`\sum_t \gamma^t \Pr(s_t = s, a_t = a)`; their sum is :math:`1 / (1 - \gamma)`.

    ``initial`` is a law on states or a state; by default the model's, or uniform if it has none. The value of the policy from
    there is ``(occupancy * r).sum()``.
    """
    operator = _evaluation(mdp, policy)
    if initial is None:
        initial = np.full(mdp.n_states, 1.0 / mdp.n_states) if mdp.initial is None else mdp.initial
    first = _arrays.as_distribution(initial, mdp.n_states, "initial")
    matrix, _ = operator.affine()
    visits = evaluate(matrix, first, first / (1.0 - mdp.gamma), operator.moduli[1], transposed=True)
    return visits[:, None] * operator.lift(operator.policy)


def q_values(mdp: MDP, values: ArrayLike) -> Float:
    r"""(S, A) action values :math:`r(s, a) + \gamma \sum_{s'} P(s, a, s') v(s')`; minus infinity where not allowed."""
    return Optimality(mdp).q_values(as_values(values, mdp.n_states, "values"))


def greedy(mdp: MDP, values: ArrayLike) -> NDArray[np.intp]:
    """(S,) actions that maximise :func:`q_values`; the lowest index among equals."""
    return Optimality(mdp).choose(as_values(values, mdp.n_states, "values"))


def performance_difference(mdp: MDP, policy: ArrayLike, baseline: ArrayLike) -> Float:
    r"""(S,) :math:`v^\pi - v^{\bar\pi}`, computed from the advantages of the baseline.

    .. math:: v^\pi - v^{\bar\pi} = (I - \gamma P_\pi)^{-1} \Bigl[ \sum_a \pi(\cdot, a) \bigl( q^{\bar\pi}(\cdot, a) -
    v^{\bar\pi} \bigr) \Bigr]

    Small differences keep their relative accuracy, which subtracting two values loses. Kakade and Langford (2002), lemma 6.1.
    """
    reference = policy_value(mdp, baseline)
    operator = _evaluation(mdp, policy)
    weights = operator.lift(operator.policy)
    q = q_values(mdp, reference)
    advantage = (weights * np.where(weights > 0, q - reference[:, None], 0.0)).sum(axis=1)
    matrix, _ = operator.affine()
    return evaluate(matrix, advantage, np.zeros(mdp.n_states), operator.moduli[1])
