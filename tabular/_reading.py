"""Turning the arguments of a model into validated arrays, with errors that name state, action and number."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from tabular import _arrays
from tabular._arrays import ROW_TOLERANCE, Float, frozen
from tabular._rows import dot_error, row_sums, row_values
from tabular.errors import ModelError

SMALLEST_PROBABILITY = Fraction(1, 2**1022)
"""A rational probability below this has no relative accuracy as a double, which the error analysis relies on."""


def peek(value: Any) -> Any:
    """The value as an array when it is one in disguise, so that rationals inside nested lists are seen."""
    if isinstance(value, (list, tuple)) and not any(sp.issparse(item) for item in value):
        try:
            return np.asarray(value)
        except ValueError:
            return value
    return value


def read_transitions(P: Any, rational: bool) -> tuple[NDArray[Any] | None, Any]:
    """(exact or None, dense array or CSR) of the transitions, shape checked, entries not yet."""
    if isinstance(P, Sequence) and len(P) and all(sp.issparse(item) for item in P):
        n_states = P[0].shape[0]
        stacked = [_arrays.as_csr(item, (n_states, n_states), f"P[{a}]") for a, item in enumerate(P)]
        order = np.arange(len(P) * n_states).reshape(len(P), n_states).T.reshape(-1)
        return None, _arrays.as_csr(sp.vstack(stacked, format="csr")[order], (n_states * len(P), n_states), "P")
    if sp.issparse(P):
        rows, n_states = P.shape
        if n_states == 0 or rows == 0 or rows % n_states:
            raise ModelError(f"P has shape {P.shape} (expected (S*A, S): row s*A + a is the law of the state after (s, a))")
        return None, _arrays.as_csr(P, P.shape, "P")
    exact = _arrays.as_fractions(P, "P") if rational else None
    array = _arrays.as_float(P, "P") if exact is None else _arrays.rounded(exact, "P")
    if array.ndim != 3 or array.shape[0] != array.shape[2]:
        raise ModelError(f"P has shape {array.shape} (expected (S, A, S): states, actions, next states)")
    if array.size == 0:
        raise ModelError(f"P has shape {array.shape}: a model needs at least one state and one action")
    if exact is not None:
        tiny = [i for i, x in np.ndenumerate(exact) if 0 < x < SMALLEST_PROBABILITY]
        if tiny:
            raise ModelError(f"P{list(tiny[0])} is positive but below 2**-1022, too small for the double that stands for it")
    return exact, array


def sizes(P: Any) -> tuple[int, int]:
    """(S, A) of transitions."""
    if sp.issparse(P):
        return int(P.shape[1]), int(P.shape[0] // P.shape[1])
    return int(P.shape[0]), int(P.shape[1])


def read_gamma(gamma: Any) -> tuple[Fraction, float]:
    """(exact, rounded) discount."""
    try:
        exact = _arrays._fraction(gamma, "gamma")
    except ModelError:
        raise ModelError(f"gamma is {gamma!r} (expected a number in [0, 1])") from None
    if not 0 <= exact <= 1:
        raise ModelError(f"gamma is {gamma} (expected a number in [0, 1])")
    if 0 < exact < SMALLEST_PROBABILITY:
        raise ModelError("gamma is positive but below 2**-1022, too small to be a double with full accuracy")
    if exact < 1 and float(exact) == 1.0:
        raise ModelError(f"gamma = {exact} is so close to 1 that its double is 1")
    return exact, float(exact)


def read_allowed(allowed: Any, n_states: int, n_actions: int) -> NDArray[np.bool_] | None:
    """An own copy of the mask of allowed actions."""
    if allowed is None:
        return None
    mask = np.asarray(allowed)
    if mask.shape != (n_states, n_actions):
        raise ModelError(f"allowed has shape {mask.shape} (expected {(n_states, n_actions)})")
    if mask.dtype != np.bool_:
        raise ModelError(f"allowed has dtype {mask.dtype} (expected bool)")
    empty = np.flatnonzero(~mask.any(axis=1))
    if empty.size:
        raise ModelError(f"state {empty[0]} has no allowed action; give it one (an absorbing state needs a self-loop)")
    return mask.copy()


def without(P: Any, mask: NDArray[np.bool_]) -> Any:
    """The transitions with the rows of actions that are not allowed emptied."""
    rows = ~mask.reshape(-1)
    if not sp.issparse(P):
        P[~mask] = 0.0
        return P
    lengths = np.diff(P.indptr)
    keep = np.repeat(~rows, lengths)
    pointers = np.concatenate([[0], np.cumsum(np.where(rows, 0, lengths))]).astype(P.indptr.dtype)
    return sp.csr_array((P.data[keep], P.indices[keep], pointers), shape=P.shape)


def check_rows(P: Any, mask: NDArray[np.bool_] | None, n_actions: int) -> None:
    """Refuse entries that are no probabilities and rows that do not sum to one, naming state and action."""
    values = P.data if sp.issparse(P) else P.reshape(-1)
    bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if bad.size:
        if sp.issparse(P):
            row, column = int(np.searchsorted(P.indptr, bad[0], side="right")) - 1, int(P.indices[bad[0]])
        else:
            row, column = divmod(int(bad[0]), P.shape[2])
        s, a = divmod(row, n_actions)
        raise ModelError(
            f"transition probability from state {s}, action {a} to state {column} is {float(values[bad[0]])!r} "
            "(expected a finite non-negative number)"
        )
    sums = row_sums(P)
    wrong = np.abs(sums - 1.0) > ROW_TOLERANCE
    if mask is not None:
        wrong &= mask.reshape(-1)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        s, a = divmod(row, n_actions)
        raise ModelError(
            f"transition probabilities of state {s}, action {a} sum to {float(sums[row]):.12g} "
            f"(expected 1 within {ROW_TOLERANCE:g}); normalise the row or pass allowed=..."
        )


def read_rewards(
    r: Any, P: Any, exact_P: NDArray[Any] | None, mask: NDArray[np.bool_] | None, rational: bool
) -> tuple[NDArray[Any] | None, Float, Float | None, Float | None]:
    """(exact (S, A), rounded (S, A), per transition or None, bound on the rounding or None)."""
    n_states, n_actions = sizes(P)
    if rational:
        assert exact_P is not None
        exact = _arrays.as_fractions(r, "r")
        if exact.shape == (n_states, n_actions, n_states):
            exact = (exact * exact_P).sum(axis=2)
        exact = expand(exact, n_states, n_actions)
        if mask is not None:
            exact = np.where(mask, exact, np.array(Fraction(0), dtype=object))
        values = _arrays.rounded(exact, "r")
        return exact, frozen(values), None, frozen(np.abs(values) * 2.0**-52 + 2.0**-1073)
    if sp.issparse(r):
        per_transition = aligned(_arrays.as_csr(r, (n_states * n_actions, n_states), "r"), P)
    else:
        array = _arrays.as_float(r, "r")
        if array.shape != (n_states, n_actions, n_states):
            values = expand(array, n_states, n_actions)
            if mask is not None:
                values[~mask] = 0.0
            check_rewards(values)
            return None, frozen(values), None, None
        per_transition = row_values(P, array) if sp.issparse(P) else array
    if mask is not None and not sp.issparse(P):
        per_transition[~mask] = 0.0
    bad = np.flatnonzero(~np.isfinite(per_transition.reshape(-1)))
    if bad.size:
        raise ModelError(
            f"a transition reward is {float(per_transition.reshape(-1)[bad[0]])!r}; use allowed=... instead of infinite rewards"
        )
    values, error = dot_error(P, per_transition)
    values, error = values.reshape(n_states, n_actions), error.reshape(n_states, n_actions)
    check_rewards(values)
    return None, frozen(values), frozen(per_transition), frozen(error)


def expand(array: NDArray[Any], n_states: int, n_actions: int) -> NDArray[Any]:
    """Rewards as (S, A)."""
    if array.shape == (n_states,):
        return np.repeat(array[:, None], n_actions, axis=1)
    if array.shape != (n_states, n_actions):
        raise ModelError(
            f"r has shape {array.shape} (expected (S, A) = {(n_states, n_actions)}, (S,) = {(n_states,)}, "
            f"or (S, A, S) = {(n_states, n_actions, n_states)})"
        )
    return array


def check_rewards(values: Float) -> None:
    """Refuse rewards that are not finite, naming state and action."""
    bad = np.argwhere(~np.isfinite(values))
    if bad.size:
        s, a = (int(i) for i in bad[0])
        raise ModelError(
            f"reward of state {s}, action {a} is {float(values[s, a])!r}; use allowed=... instead of infinite rewards"
        )


def aligned(rewards: sp.csr_array, P: sp.csr_array) -> Float:
    """The rewards at the positions that ``P`` stores (a reward elsewhere is never paid)."""
    if not sp.issparse(P):
        return np.asarray(rewards.toarray().reshape(P.shape))
    if np.array_equal(rewards.indptr, P.indptr) and np.array_equal(rewards.indices, P.indices):
        return np.asarray(rewards.data)
    return row_values(P, rewards)


def freeze_matrix(P: Any) -> Any:
    """The same transitions, read-only."""
    if not sp.issparse(P):
        return frozen(P)
    for part in (P.data, P.indices, P.indptr):
        frozen(part)
    return P
