"""Entropies and informations of finite laws, in nats."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import rel_entr, xlogy

from tabular._arrays import Float

__all__ = ["entropy", "information_of_outcomes"]


def entropy(masses: Float) -> float:
    """Of a law, zeros allowed."""
    return float(-xlogy(masses, masses).sum())


def information_of_outcomes(beliefs: Float, likelihood: Float, best: NDArray[Any], n_actions: int) -> Float:
    r"""(M, k) :math:`I(A^*; O_a)` under each belief, for each arm that may be pulled.

    A sum of divergences of the outcome's law given the best action from its law, :math:`\sum_x \alpha(x) KL(p_{a|x}, p_a)`.
    """
    total = np.einsum("ms,sao->mao", beliefs, likelihood)
    out = np.zeros(total.shape[:2])
    for x in range(n_actions):
        part = beliefs * (best == x)
        alpha = part.sum(axis=1)
        held = alpha > 0.0
        given = np.einsum("ms,sao->mao", part[held] / alpha[held, None], likelihood)
        out[held] += alpha[held, None] * rel_entr(given, total[held]).sum(axis=2)
    return out
