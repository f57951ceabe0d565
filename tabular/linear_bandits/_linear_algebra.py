"""Cholesky factors of small matrices, compiled: factor, update by a rank, solve. Lower triangles, in place."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tabular._arrays import Float
from tabular.divergences.generators import compiled

__all__ = [
    "backward",
    "cholesky",
    "copy",
    "forward",
    "identity",
    "inner",
    "linear_recursion",
    "rank_one_update",
    "transposed_norm",
]


@compiled
def copy(source: Any, target: Any) -> None:
    """Entry by entry: assignments to slices take a second to compile each."""
    for i in range(source.size):
        target[i] = source[i]


@compiled
def identity(n: int, scale: float) -> Float:
    """A multiple of the identity matrix."""
    V = np.zeros((n, n))
    for i in range(n):
        V[i, i] = scale
    return V


@compiled
def inner(x: Any, y: Any) -> float:
    """Their inner product."""
    total = 0.0
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@compiled
def cholesky(V: Any, L: Any) -> None:
    """L with L L^T = V."""
    for j in range(V.shape[0]):
        total = V[j, j]
        for k in range(j):
            total -= L[j, k] * L[j, k]
        L[j, j] = math.sqrt(total)
        for i in range(j + 1, V.shape[0]):
            total = V[i, j]
            for k in range(j):
                total -= L[i, k] * L[j, k]
            L[i, j] = total / L[j, j]


@compiled
def rank_one_update(L: Any, x: Any) -> None:
    """L becomes the factor of L L^T + x x^T by rotations, which do not amplify rounding; x is overwritten."""
    for j in range(x.size):
        length = math.sqrt(L[j, j] * L[j, j] + x[j] * x[j])
        c, s = length / L[j, j], x[j] / L[j, j]
        L[j, j] = length
        for i in range(j + 1, x.size):
            L[i, j] = (L[i, j] + s * x[i]) / c
            x[i] = c * x[i] - s * L[i, j]


@compiled
def forward(L: Any, x: Any, out: Any) -> None:
    """out = L^-1 x."""
    for i in range(x.size):
        total = x[i]
        for k in range(i):
            total -= L[i, k] * out[k]
        out[i] = total / L[i, i]


@compiled
def backward(L: Any, x: Any, out: Any) -> None:
    """out = L^-T x."""
    for i in range(x.size - 1, -1, -1):
        total = x[i]
        for k in range(i + 1, x.size):
            total -= L[k, i] * out[k]
        out[i] = total / L[i, i]


@compiled
def transposed_norm(L: Any, x: Any) -> float:
    """The norm of L^T x, which is that of x in L L^T."""
    total = 0.0
    for i in range(x.size):
        part = 0.0
        for k in range(i, x.size):
            part += L[k, i] * x[k]
        total += part * part
    return math.sqrt(total)


def linear_recursion(A: Float, inputs: Float, start: Float) -> Float:
    """(T + 1, n) states of x <- A x + inputs[t]."""
    return _recursion(*(np.array(x, order="C") for x in (A, inputs, start)))  # one compiled signature for read-only arrays too


@compiled
def _recursion(A: Any, inputs: Any, start: Any) -> Float:
    steps, n = inputs.shape
    states = np.empty((steps + 1, n))
    states[0] = start
    for t in range(steps):
        for i in range(n):
            total = inputs[t, i]
            for j in range(n):
                total += A[i, j] * states[t, j]
            states[t + 1, i] = total
    return states
