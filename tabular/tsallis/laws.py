r"""Tsallis entropies and divergences as functions of their order, and escort distributions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tabular.divergences import TsallisEntropy, TsallisKL
from tabular.divergences.arguments import as_distribution
from tabular.errors import ModelError

__all__ = ["escort", "tsallis_divergence", "tsallis_entropy"]


def tsallis_entropy(p: Any, q: float) -> Any:
    r""":math:`S_q(p) = (1 - \sum p^q) / (q - 1) = \langle p, \ln_q(1/p)\rangle`, (...) from (..., n); Shannon's at q = 1; q > 0.

    From 0 to :math:`\ln_q n`. Sparse-max literature has half of it at q = 2.

    >>> f"{tsallis_entropy([.5, .3, .2], 1.5):.12f}"
    '0.785374246110'
    """
    return TsallisEntropy(q)(p)


def tsallis_divergence(p: Any, reference: Any, q: float) -> Any:
    r""":math:`D_q(p, r) = (\sum p^q r^{1-q} - 1) / (q - 1) = \langle p, -\ln_q(r/p)\rangle`; KL at q = 1; q > 0.

    Shapes and errors of :class:`tabular.TsallisKL`. Infinite for q >= 1 where p has mass and the reference none; at most
    :math:`1/(1-q)` for q < 1.

    >>> f"{tsallis_divergence([.5, .3, .2], [.2, .3, .5], 1.5):.12f}"
    '0.434121042898'
    """
    return TsallisKL(q)(p, reference)


def escort(p: Any, q: float) -> Any:
    r"""Escort distribution :math:`p^q / \sum p^q` over the last axis, for any finite q; zeros stay zeros.

    Raises
    ------
    ModelError
        If p is no distribution or q is not finite.

    Examples
    --------
    >>> escort([.5, .25, .25], 2).round(6)
    array([0.666667, 0.166667, 0.166667])
    """
    if not math.isfinite(q):
        raise ModelError(f"the order q is {q!r} (expected a finite number)")
    x = as_distribution(p, "p")
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(x > 0, q * np.log(x), -np.inf)
    weights = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)
