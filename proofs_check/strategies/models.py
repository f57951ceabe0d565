"""Distributions, transition matrices, rewards, policies and whole models."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

import tabular

__all__ = ["discounts", "distributions", "mdps", "policies", "rewards", "stochastic_matrices", "value_functions"]

Float = NDArray[np.float64]
Scale = Literal["plain", "wide"]


def discounts(largest: float = 0.9999) -> st.SearchStrategy[float]:
    """Discount factors in [0, ``largest``]: 0, one half, near one, and anything between."""
    corners = [x for x in (0.0, 0.5, 0.9, 0.99, 0.999, 0.9999) if x <= largest]
    return st.sampled_from([*corners, largest]) | st.floats(0.0, largest, allow_subnormal=False)


@st.composite
def distributions(draw: st.DrawFn, size: int) -> Float:
    """Probability vectors of the given length: point masses, zeros, ties, nearly deterministic ones.

    Sums are within a few ulp of one.
    """
    kind = draw(st.sampled_from(["point", "uniform", "nearly", "any", "any"]))
    point = np.eye(size)[draw(st.integers(0, size - 1))]
    if kind == "point":
        return point
    if kind == "uniform":
        return np.full(size, 1.0 / size)
    weights = np.array(draw(st.lists(st.integers(0, 8), min_size=size, max_size=size)), dtype=np.float64)
    if weights.sum() == 0:
        return point
    weights /= weights.sum()
    if kind == "nearly":
        epsilon = 10.0 ** -draw(st.integers(3, 12))
        return (1 - epsilon) * point + epsilon * weights
    return weights


@st.composite
def stochastic_matrices(draw: st.DrawFn, rows: int, columns: int) -> Float:
    """(rows, columns) row-stochastic arrays; rows are often copies of earlier ones."""
    out = np.empty((rows, columns))
    for i in range(rows):
        copy = i > 0 and draw(st.integers(0, 4)) == 0
        out[i] = out[draw(st.integers(0, i - 1))] if copy else draw(distributions(columns))
    return out


@st.composite
def rewards(draw: st.DrawFn, shape: tuple[int, ...], scales: Scale = "plain") -> Float:
    """Reward arrays with ties and zeros; ``"wide"`` adds magnitudes from 1e-300 to 1e290."""
    size = int(np.prod(shape))
    values = np.array(draw(st.lists(st.integers(-20, 20), min_size=size, max_size=size)), dtype=np.float64) / 10
    if scales == "wide":
        values = values * 10.0 ** draw(st.sampled_from([-300, -100, 0, 0, 100, 290]))
    return values.reshape(shape)


def value_functions(n_states: int) -> st.SearchStrategy[Float]:
    """(S,) arrays: constants, ties, and values of very different size."""
    small = st.integers(-30, 30).map(float)
    wide = st.floats(-1e6, 1e6, allow_subnormal=False)
    return st.one_of(
        small.map(lambda x: np.full(n_states, x)),
        st.lists(small, min_size=n_states, max_size=n_states).map(np.array),
        st.lists(wide, min_size=n_states, max_size=n_states).map(np.array),
    )


@st.composite
def policies(draw: st.DrawFn, mdp: tabular.MDP) -> Float:
    """(S, A) row-stochastic policies of a model; only allowed actions get weight."""
    policy = np.zeros((mdp.n_states, mdp.n_actions))
    for s in range(mdp.n_states):
        legal = np.arange(mdp.n_actions) if mdp.allowed is None else np.flatnonzero(mdp.allowed[s])
        policy[s, legal] = draw(distributions(legal.size))
    return policy


@st.composite
def mdps(
    draw: st.DrawFn,
    *,
    max_states: int = 5,
    max_actions: int = 3,
    gammas: st.SearchStrategy[float] | None = None,
    scales: Scale = "plain",
    masks: bool = False,
    uneven: bool = False,
) -> tabular.MDP:
    """Models with absorbing and unreachable states, copied actions, ties, one state or one action.

    Parameters
    ----------
    gammas : strategy, optional
        Discounts; :func:`discounts` by default.
    scales : "plain" or "wide"
        Of the rewards.
    masks : bool
        Whether some actions may be forbidden.
    uneven : bool
        Whether rows may miss one by up to 9e-10, as user data do.
    """
    n_states, n_actions = draw(st.integers(1, max_states)), draw(st.integers(1, max_actions))
    P = draw(stochastic_matrices(n_states * n_actions, n_states)).reshape(n_states, n_actions, n_states)
    if draw(st.integers(0, 3)) == 0:
        s = draw(st.integers(0, n_states - 1))
        P[s] = np.eye(n_states)[s]
    if uneven:
        P = P * (1 + 9e-10 * np.array(draw(st.lists(st.integers(-1, 1), min_size=n_states, max_size=n_states))))[:, None, None]
    arguments: dict[str, Any] = {}
    if masks:
        allowed = np.array(draw(st.lists(st.booleans(), min_size=n_states * n_actions, max_size=n_states * n_actions)))
        allowed = allowed.reshape(n_states, n_actions)
        allowed[np.arange(n_states), draw(st.lists(st.integers(0, n_actions - 1), min_size=n_states, max_size=n_states))] = True
        arguments["allowed"] = allowed
    gamma = draw(discounts() if gammas is None else gammas)
    initial = draw(distributions(n_states))
    return tabular.MDP(P, draw(rewards((n_states, n_actions), scales)), gamma, initial=initial, **arguments)
