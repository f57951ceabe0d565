"""Entropies and informations of finite laws, in nats."""

from __future__ import annotations

import numpy as np
from scipy.special import rel_entr, xlogy

from tabular._arrays import Float
from tabular.errors import ModelError

__all__ = ["entropy", "information_of_outcomes", "sequence_entropy", "sequences"]


def entropy(masses: Float) -> float:
    """Of a law, zeros allowed."""
    return float(-xlogy(masses, masses).sum())


def information_of_outcomes(beliefs: Float, likelihood: Float, target: Float) -> Float:
    r"""(M, k) :math:`I(A^\dagger; O_a)` under each belief, for each arm a that may be pulled, where the target
    :math:`A^\dagger` is drawn from the state's row of ``target``.

    A sum of divergences of the outcome's law given the target from its law, :math:`\sum_x \alpha(x) KL(p_{a|x}, p_a)`.
    """
    total = np.einsum("ms,sao->mao", beliefs, likelihood)
    out = np.zeros(total.shape[:2])
    for x in range(target.shape[1]):
        part = beliefs * target[:, x]
        alpha = part.sum(axis=1)
        held = alpha > 0.0
        given = np.einsum("ms,sao->mao", part[held] / alpha[held, None], likelihood)
        out[held] += alpha[held, None] * rel_entr(given, total[held]).sum(axis=2)
    return out


def sequences(transition: Float, target: Float, start: Float, steps: int, most: int) -> Float:
    """(sequences, n) probabilities of each sequence of targets together with the last state, from the law of the first.

    Raises
    ------
    ModelError
        If there may be more than ``most`` sequences.
    """
    table = start[None]
    for t in range(steps):
        if t:
            table = table @ transition
        if table.shape[0] * target.shape[1] > most:
            raise ModelError(
                f"there are up to {table.shape[0] * target.shape[1]} sequences of best actions (at most {most}); "
                "shorten the horizon"
            )
        table = (table[:, None, :] * target.T).reshape(-1, len(transition))
        table = table[table.sum(axis=1) > 0.0]
    return table


def sequence_entropy(transition: Float, target: Float, start: Float, steps: int, most: int) -> float:
    """Entropy of the sequence of targets."""
    return entropy(sequences(transition, target, start, steps, most).sum(axis=1))
