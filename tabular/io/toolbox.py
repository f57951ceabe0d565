r"""Models in the layout of the MDP toolboxes (MATLAB, R, pymdptoolbox): actions first.

There ``P[a, s, s']`` is :math:`P(s, a, s')`, and rewards come as ``R[s]``, ``R[s, a]`` or ``R[a, s, s']``. The axes are
told apart by their lengths and by which of them sums to one; only for as many actions as states is an array in the
order (S, A, S) indistinguishable from one in the order (A, S, S), and it is read as the latter.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from tabular import _arrays
from tabular._arrays import ROW_TOLERANCE
from tabular.errors import ModelError
from tabular.mdp import MDP

__all__ = ["from_mdptoolbox"]


def from_mdptoolbox(P: Any, R: Any, gamma: Any) -> MDP:
    """A model from arrays in the order of the MDP toolboxes.

    Parameters
    ----------
    P : (A, S, S) array, or a sequence of A arrays or sparse matrices (S, S)
        Transition probabilities; each row of each ``P[a]`` sums to one.
    R : (S,), (S, A) or (A, S, S) array, or a sequence of A arrays or sparse matrices (S, S)
        Rewards per state, per state and action, or per transition.
    gamma : float or fraction in [0, 1]
        Discount factor.

    Returns
    -------
    MDP
        CSR if some ``P[a]`` is sparse, dense otherwise. Rewards per transition keep their meaning; those of transitions
        that a sparse ``P`` does not store are never paid.

    Raises
    ------
    ModelError
        If the axes come in another order (which one was recognised), shapes do not fit, or the numbers are no model.

    Examples
    --------
    >>> wait, cut = [[0.1, 0.9], [0.1, 0.9]], [[1, 0], [1, 0]]
    >>> from_mdptoolbox([wait, cut], [[0, 0], [4, 2]], 0.9).P[1]         # from state 1, one row per action
    array([[0.1, 0.9],
           [1. , 0. ]])
    >>> import numpy as np
    >>> from_mdptoolbox(np.full((3, 2, 3), 1 / 3), np.zeros(3), 0.9)                          # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    tabular.errors.ModelError: P has shape (3, 2, 3) and sums to one along its last axis: this is (S, A, S), ...
    """
    transitions = _read(P, "P")
    if isinstance(transitions, list):
        n_actions, n_states = len(transitions), int(transitions[0].shape[0])
        for a, matrix in enumerate(transitions):
            _check_rows(matrix, a)
        return MDP(transitions, _rewards(R, n_states, n_actions), gamma)
    _check_axes(transitions)
    n_actions, n_states = transitions.shape[:2]
    return MDP(transitions.transpose(1, 0, 2), _rewards(R, n_states, n_actions), gamma)


def _rewards(R: Any, n_states: int, n_actions: int) -> Any:
    """Rewards in the order of :class:`MDP`."""
    if sp.issparse(R):
        R = R.toarray()  # pymdptoolbox allows a sparse (S, A) matrix; rewards of pairs are stored densely here anyway
    rewards = _read(R, "R")
    per_transition = (n_actions, n_states, n_states)
    if isinstance(rewards, list):
        shape = (len(rewards), *rewards[0].shape)
        if shape != per_transition:
            raise ModelError(f"R has shape {shape} as (A, S, S) (expected {per_transition})")
        by_action = sp.vstack(rewards, format="csr")
        return sp.csr_array(by_action[np.arange(n_actions * n_states).reshape(n_actions, n_states).T.reshape(-1)])
    # The order (S, A) wins over (A, S), and (A, S, S) over (S, A, S), when the lengths leave both open.
    if rewards.shape in ((n_states,), (n_states, n_actions)):
        return rewards
    if rewards.shape == per_transition:
        return rewards.transpose(1, 0, 2)
    hint = ""
    if rewards.shape == (n_actions, n_states):
        hint = "; this looks like (A, S): pass R.T"
    elif rewards.shape == (n_states, n_actions, n_states):
        hint = "; this looks like (S, A, S): pass R.transpose(1, 0, 2)"
    raise ModelError(
        f"R has shape {rewards.shape} (expected (S,) = {(n_states,)}, (S, A) = {(n_states, n_actions)} "
        f"or (A, S, S) = {per_transition}){hint}"
    )


def _read(values: Any, name: str) -> NDArray[Any] | list[Any]:
    """An array, or a list of A sparse matrices (S, S) if at least one was sparse."""
    if sp.issparse(values):
        raise ModelError(f"{name} is one sparse matrix of shape {values.shape} (expected one (S, S) matrix per action)")
    if isinstance(values, np.ndarray) and values.dtype == object and values.ndim == 1:
        values = list(values)
    if isinstance(values, (list, tuple)) and any(sp.issparse(item) for item in values):
        n_states = next(item.shape[0] for item in values if sp.issparse(item))
        matrices = [
            item if sp.issparse(item) else sp.csr_array(_arrays.as_float(item, f"{name}[{a}]")) for a, item in enumerate(values)
        ]
        for a, matrix in enumerate(matrices):
            if matrix.shape != (n_states, n_states):
                raise ModelError(f"{name}[{a}] has shape {matrix.shape} (expected (S, S) = {(n_states, n_states)})")
        return matrices
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ModelError(f"{name} is ragged (expected one (S, S) matrix per action): {error}") from error
    return array if array.dtype == object else _arrays.as_float(array, name)


def _sums_to_one(sums: Any) -> bool:
    return bool(np.all(np.abs(np.asarray(sums, dtype=np.float64) - 1.0) <= ROW_TOLERANCE))


def _check_rows(matrix: Any, action: int) -> None:
    """Refuse a transposed sparse matrix; what else may be wrong with its rows, :class:`MDP` says with the state."""
    if not _sums_to_one(matrix.sum(axis=1)) and _sums_to_one(matrix.sum(axis=0)):
        raise ModelError(
            f"the columns of P[{action}] sum to one, its rows do not: this is (S', S), but (S, S') is expected; "
            "pass the transposed matrices"
        )


def _check_axes(P: NDArray[Any]) -> None:
    """Refuse arrays whose axes come in another order than (A, S, S'), and name that order."""
    if P.ndim != 3 or P.size == 0:
        raise ModelError(f"P has shape {P.shape} (expected (A, S, S): actions, states, next states)")
    first, second, third = P.shape
    rows, columns, depth = (_sums_to_one(P.sum(axis=axis)) for axis in (2, 1, 0))
    if second == third and rows:
        return
    # (recognised, as which order, the permutation to (A, S, S'))
    orders = [
        (first == third and rows, "last", "(S, A, S)", "(1, 0, 2)"),
        (second == third and columns, "middle", "(A, S', S)", "(0, 2, 1)"),
        (first == second and columns, "middle", "(S, S', A)", "(2, 0, 1)"),
        (first == third and depth, "first", "(S', A, S)", "(1, 2, 0)"),
        (first == second and depth, "first", "(S', S, A)", "(2, 1, 0)"),
    ]
    for recognised, axis, order, permutation in orders:
        if recognised:
            own = "use tabular.MDP(P, r, gamma), or " if order == "(S, A, S)" else ""
            raise ModelError(
                f"P has shape {P.shape} and sums to one along its {axis} axis: this is {order}, "
                f"but (A, S, S) is expected here; {own}pass P.transpose{permutation}"
            )
    if second != third:
        raise ModelError(f"P has shape {P.shape} (expected (A, S, S): actions, states, next states)")
