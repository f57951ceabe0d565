r"""Entropies, maximised beside a linear reward: :math:`\max_p \langle p, x\rangle + \text{strength} \cdot S(p)`.

They are objects of their own: Tsallis entropy to strength s is Tsallis divergence from the uniform law to strength
:math:`s\, n^{1-q}`, a different temperature, up to a constant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tabular.divergences import generators, kernels
from tabular.divergences.arguments import as_distribution, as_strength
from tabular.divergences.result import Optimum
from tabular.errors import ModelError

__all__ = ["Entropy", "ShannonEntropy", "TsallisEntropy"]


class Entropy:
    """An entropy of order q: the same problem as a divergence, with the counting measure as reference."""

    @property
    def order(self) -> float:
        """q; 1 is Shannon's."""
        raise NotImplementedError

    def __call__(self, p: Any) -> Any:
        r""":math:`S_q(p) = (1 - \sum p^q) / (q - 1)` over the last axis; :math:`-\sum p \log p` at q = 1."""
        x = as_distribution(p, "p")
        h = self.order - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            log = np.log(x)
            terms = -x * log if abs(h) < generators.NEAR_ONE else -x * np.expm1(h * log) / h
        total = np.where(x > 0, terms, 0.0).sum(axis=-1)
        return float(total) if total.ndim == 0 else total

    def smooth_max(self, values: Any, strength: Any = 1.0) -> Optimum:
        """Regularised greedy step over the last axis; minus infinity marks forbidden actions.

        Raises
        ------
        ModelError
            If nothing is allowed in a row, or the strength is negative or infinite (the optimum would be infinite).
        """
        x = np.ascontiguousarray(values, dtype=np.float64)
        if x.ndim == 0 or x.shape[-1] == 0:
            raise ModelError(f"values have shape {x.shape} (expected at least one action on the last axis)")
        if np.isnan(x).any() or (x == np.inf).any():
            raise ModelError("values must be finite, or minus infinity where an action is forbidden")
        allowed = x > -np.inf
        if not allowed.any(axis=-1).all():
            raise ModelError("every action is forbidden in a row of values")
        n, lead = x.shape[-1], x.shape[:-1]
        tau = as_strength(strength, lead, "strength", infinite=False)
        rows, measure = x.reshape(-1, n), allowed.reshape(-1, n).astype(np.float64)
        law, bounds, finite = np.empty_like(rows), np.empty((rows.shape[0], 3)), np.where(allowed, -x, np.inf).reshape(-1, n)
        kernels.batch(generators.CRESSIE_READ, self.order, finite, measure, self.order * tau.reshape(-1), False, law, bounds)
        out = law.reshape(x.shape)
        mean = np.where(allowed, out * np.where(allowed, x, 0.0), 0.0).sum(axis=-1)
        value = mean + np.where(tau > 0, tau * self(out), 0.0)
        return Optimum(float(value) if value.ndim == 0 else value, out)


@dataclass(frozen=True)
class ShannonEntropy(Entropy):
    r""":math:`-\sum p \log p`: soft-max and log-sum-exp."""

    @property
    def order(self) -> float:
        return 1.0


@dataclass(frozen=True)
class TsallisEntropy(Entropy):
    r""":math:`(1 - \sum p^q) / (q - 1)` for q > 0: truncating policies for q > 1 (sparse-max at q = 2)."""

    q: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.q) and self.q > 0):
            raise ModelError(f"the order q is {self.q!r} (expected a finite number > 0)")

    @property
    def order(self) -> float:
        return float(self.q)
