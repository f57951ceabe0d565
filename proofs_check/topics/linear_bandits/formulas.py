r"""Linear systems, ellipsoids and waiting, in both arithmetics.

In doubles they come from :mod:`tabular`; in exact arithmetic from the definitions, with elimination over the rationals. A system
is ``A`` (n, n), ``B`` (n, d), ``omega`` (n,), ``theta`` (d,) and its initial state ``x`` (n,); ``actions`` are (T, d).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from proofs_check.arithmetic import exp, floats_only, is_exact, largest, power, rational, sqrt
from tabular.linear_bandits import DynamicalLinearBandit, SystemBounds, epoch_lengths

__all__ = [
    "Array",
    "Sides",
    "arms_of",
    "bandit",
    "bounds",
    "cumulative",
    "determinant",
    "diameter",
    "gram",
    "identity",
    "inner",
    "known_bounds",
    "longest",
    "mixture",
    "norm",
    "partial_sums",
    "rewards",
    "solve",
    "spectral_norm",
    "states",
    "stored",
    "total",
    "transient_constant",
    "waits",
]

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]


# --- linear algebra ----------------------------------------------------------------------------------------------------------


def total(terms: Any) -> Any:
    """A sum that stays exact."""
    out = rational(0)
    for term in terms:
        out = out + term
    return out


def inner(x: Array, y: Array) -> Any:
    """Their inner product."""
    return total(a * b for a, b in zip(x, y, strict=True))


def norm(x: Array) -> Any:
    """Euclidean norm."""
    return sqrt(inner(x, x))


def longest(rows: Array) -> Any:
    """Largest norm of a row."""
    return sqrt(largest(np.array([inner(row, row) for row in rows])))


def diameter(rows: Array) -> Any:
    """Largest distance between two rows."""
    return longest(np.array([a - b for a in rows for b in rows]))


def _eliminate(M: Array, b: Array) -> tuple[Any, Array]:
    """Determinant and solution of M x = b, b (n, k)."""
    n, table, det = len(M), np.concatenate([M, b], axis=1).astype(object), rational(1)
    for i in range(n):
        pivot = next((k for k in range(i, n) if table[k, i] != 0), None)
        if pivot is None:
            return rational(0), table[:, n:]
        if pivot != i:
            table[[i, pivot]] = table[[pivot, i]]
            det = -det
        det = det * table[i, i]
        table[i] = table[i] / table[i, i]
        for k in range(n):
            if k != i:
                table[k] = table[k] - table[k, i] * table[i]
    return det, table[:, n:]


def solve(M: Array, b: Array) -> Array:
    """x (n,) with M x = b."""
    return _eliminate(M, b[:, None])[1][:, 0] if is_exact() else np.asarray(np.linalg.solve(M, b))


def determinant(M: Array) -> Any:
    """Its determinant."""
    return _eliminate(M, M[:, :0])[0] if is_exact() else float(np.linalg.det(M))


def identity(n: int) -> Array:
    """The identity matrix."""
    return np.array([[rational(int(i == j)) for j in range(n)] for i in range(n)])


def spectral_norm(M: Array) -> Any:
    """Largest singular value of a diagonal matrix, or of one with at most two rows or columns."""
    if not is_exact():
        return float(np.linalg.norm(M, 2))
    if M.shape[0] == M.shape[1] and all(M[i, j] == 0 for i in range(len(M)) for j in range(len(M)) if i != j):
        return largest(np.array([abs(M[i, i]) for i in range(len(M))]))
    square = M @ M.T if M.shape[0] <= M.shape[1] else M.T @ M
    if len(square) == 1:
        return sqrt(square[0, 0])
    if len(square) > 2:
        raise ValueError(f"no closed form for the norm of a matrix of shape {M.shape}")
    gap = square[0, 0] - square[1, 1]
    return sqrt((square[0, 0] + square[1, 1] + sqrt(gap * gap + 4 * square[0, 1] * square[0, 1])) / 2)


# --- dynamical linear bandits ------------------------------------------------------------------------------------------------


@floats_only
def bandit(A: Array, B: Array, omega: Array, theta: Array, x: Array | None = None, **noise: Any) -> DynamicalLinearBandit:
    """The system as our object."""
    return DynamicalLinearBandit(A, B, omega, theta, initial_state=x, **noise)


def states(A: Array, B: Array, actions: Array, x: Array) -> Array:
    """(T + 1, n) expected states."""
    if not is_exact():
        n, d = B.shape
        return bandit(A, B, np.zeros(n), np.zeros(d), x).expected_states(actions)
    rows = [x]
    for u in actions:
        rows.append(A @ rows[-1] + B @ u)
    return np.array(rows)


def rewards(A: Array, B: Array, omega: Array, theta: Array, actions: Array, x: Array) -> Array:
    """(T,) expected rewards."""
    if not is_exact():
        return bandit(A, B, omega, theta, x).expected_rewards(actions)
    return np.array([inner(omega, s) + inner(theta, u) for s, u in zip(states(A, B, actions, x)[:-1], actions, strict=True)])


def cumulative(A: Array, B: Array, omega: Array, theta: Array) -> Array:
    """(d,) h."""
    if not is_exact():
        return bandit(A, B, omega, theta).cumulative_parameter
    return np.array(theta + B.T @ solve(identity(len(A)) - A.T, omega))


def partial_sums(A: Array, B: Array, omega: Array, theta: Array, rounds: int) -> Array:
    """(rounds, d) sums of the first Markov parameters."""
    if not is_exact():
        return bandit(A, B, omega, theta).partial_sums(rounds)
    rows, weight = [theta], omega
    for _ in range(int(rounds) - 1):
        rows.append(rows[-1] + B.T @ weight)
        weight = A.T @ weight
    return np.array(rows)


def stored(A: Array, omega: Array, x: Array) -> Any:
    """What a state still pays."""
    if not is_exact():
        return bandit(A, np.zeros((len(A), 1)), omega, np.zeros(1)).stored_reward(x)
    return inner(omega, solve(identity(len(A)) - A, x))


def transient_constant(A: Array, radius: Any) -> Any:
    """Largest norm of a power over that power of the radius: none after the first one below 1 is larger."""
    best, step = rational(1), A
    for k in range(1, 10_000):
        size = spectral_norm(step) / power(radius, k)
        if size <= 1:
            return best
        best = largest(np.array([best, size]))
        step = step @ A
    raise ValueError(f"the radius {radius} is too close to the spectral radius")


@floats_only
def bounds(A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, radius: float) -> SystemBounds:
    """What a learner would be told about the system, for an assumed radius."""
    return SystemBounds.of(bandit(A, B, omega, theta, x), actions, spectral_radius=radius)


def known_bounds(
    A: Array, B: Array, omega: Array, theta: Array, x: Array, actions: Array, radius: Any
) -> tuple[Any, Any, Any, Any, Any]:
    r"""Omega, Phi, B U / (1 - r), the largest state and Theta."""
    if not is_exact():
        b = bounds(A, B, omega, theta, x, actions, radius)
        return b.omega, b.transient_constant, b.control * b.action / (1 - radius), b.state, b.theta
    phi, settled = transient_constant(A, radius), spectral_norm(B) * longest(actions) / (1 - radius)
    return norm(omega), phi, settled, phi * (norm(x) + settled), norm(theta)


def waits(radius: Any, epochs: int, floor: bool = False) -> list[int]:
    """H_1, H_2, ...: least H with r^H <= 1 / m; or, rounded down, the largest one with r^H >= 1 / m."""
    if not is_exact():
        return [int(length) - 1 for length in _our_waits(radius, epochs, floor)]
    found, h, reach = [], 0, rational(1)  # reach = r^h
    for m in range(1, epochs + 1):
        while m * reach > 1:
            h, reach = h + 1, reach * radius
        found.append(h - 1 if floor and m * reach < 1 else h)
    return found


@floats_only
def _our_waits(radius: float, epochs: int, floor: bool) -> Array:
    longest_run = epochs * (2 + int(np.ceil(np.log(epochs) / -np.log(radius)))) if radius > 0 else 2 * epochs
    return np.asarray(epoch_lengths(radius, longest_run, floor=floor)[:epochs])


# --- ellipsoids --------------------------------------------------------------------------------------------------------------


def gram(actions: Array, regularization: Any, discount: Any = 1) -> Array:
    """(d, d) regularised sum of a a^T, discounted."""
    out = identity(actions.shape[1]) * regularization
    for s, a in enumerate(actions):
        out = out + a[:, None] * a[None, :] * discount ** (len(actions) - 1 - s)
    return np.array(out)


def mixture(V: Array, S: Array, regularization: Any, noise: Any = 1) -> Any:
    """M: the integrated exponential martingale, from its definition."""
    share = power(rational(1) * regularization, len(V)) / determinant(V)
    return sqrt(share) * exp(inner(S, solve(V, S)) / (2 * noise * noise))


def arms_of(share: Any, count: int) -> int:
    """The action before which this share of so many comes."""
    return sum(1 for k in range(1, count) if share * count >= k)
