r"""The regularised greedy step with everything that its first-order conditions speak of.

.. math:: \max_\pi \langle \pi, Q\rangle - \tau D_q(\pi, \mu), \qquad
    \pi_a = \mu_a \exp_{2-q}\Bigl(\frac{Q_a - \varphi}{\tau q}\Bigr), \qquad
    \text{value} = \frac{(q - 1)\langle \pi, Q\rangle + \varphi}{q} .

An entropy is the same with the counting measure, :math:`\mu = 1`. The policy comes from :meth:`FDivergence.smooth_max`: in closed
form at q = 1 (soft-max) and q = 2 (sparse-max), else one sort and one scalar root.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tabular.divergences import KL, ChiSquare, Entropy, FDivergence, TsallisEntropy, TsallisKL
from tabular.divergences.arguments import as_strength, uniform
from tabular.errors import ModelError
from tabular.tsallis.calculus import q_exp, q_log

__all__ = ["GreedyStep", "approximate_policy", "greedy_step"]


@dataclass(frozen=True, eq=False)
class GreedyStep:
    r"""A regularised greedy step, over leading axes (...).

    Attributes
    ----------
    value : (...)
        The maximum.
    policy : (..., n)
        Where it is attained.
    normalizer : (...)
        :math:`\varphi`, inside the q-exponential.
    threshold : (...)
        For q > 1, actions of at most this value get nothing, :math:`\varphi - \tau q / (q - 1)`; minus infinity for q <= 1. (At
        strength 0 it is the largest value itself, which is kept.)
    support_size : (...) integers
        Number of actions with mass.
    residual : (...)
        Distance between ``value`` and the value identity above: a certificate of accuracy that costs nothing.
    """

    value: Any
    policy: Any
    normalizer: Any
    threshold: Any
    support_size: Any
    residual: Any


def greedy_step(values: Any, regularizer: FDivergence | Entropy, strength: Any = 1.0, reference: Any = None) -> GreedyStep:
    r"""Regularised greedy step for a Tsallis divergence or entropy of any order q > 0.

    Parameters
    ----------
    values : (..., n) array
        Q; minus infinity where an action is forbidden.
    regularizer : TsallisKL, KL, ChiSquare, TsallisEntropy or ShannonEntropy
    strength : float or (...) array
        :math:`\tau`; 0 gives the maximum. For an entropy finite.
    reference : (..., n) array, optional
        :math:`\mu`, uniform over allowed actions by default; entropies take none.

    Raises
    ------
    ModelError
        For another regulariser, a reference beside an entropy, and whatever its ``smooth_max`` refuses.

    Examples
    --------
    >>> import tabular
    >>> step = greedy_step([1, .5, 0, -1], tabular.TsallisEntropy(2))
    >>> step.policy.round(4), step.support_size, f"{step.threshold:.4f}"
    (array([0.5833, 0.3333, 0.0833, 0.    ]), 3, '-0.1667')
    """
    x = np.asarray(values, dtype=np.float64)
    if isinstance(regularizer, Entropy):
        if reference is not None:
            raise ModelError("an entropy takes no reference; use a divergence such as TsallisKL(2)")
        q = regularizer.order
        optimum = regularizer.smooth_max(x, strength)
        measure = (x > -np.inf).astype(np.float64)
    elif isinstance(regularizer, (TsallisKL, KL, ChiSquare)):
        q = regularizer.exponent
        optimum = regularizer.smooth_max(x, reference, strength)
        measure = np.broadcast_to(uniform(x, -np.inf) if reference is None else np.asarray(reference, dtype=np.float64), x.shape)
    else:
        raise ModelError(f"{regularizer!r} is no Tsallis divergence or entropy (D.smooth_max and Regularized take any)")
    value, policy = np.asarray(optimum.value), np.asarray(optimum.distribution)
    tau = np.broadcast_to(as_strength(strength, x.shape[:-1], "strength"), value.shape)
    mean = (policy * np.where(policy > 0, x, 0.0)).sum(axis=-1)
    normalizer = _normalizer(x, measure, policy, tau, q, value, mean)
    with np.errstate(invalid="ignore"):
        threshold = np.where(np.isinf(tau), -np.inf, normalizer - tau * q / (q - 1)) if q > 1 else np.full(value.shape, -np.inf)
    residual = np.abs(value - mean - (normalizer - mean) / q)
    parts = (value, policy, normalizer, threshold, np.count_nonzero(policy, axis=-1), residual)
    return GreedyStep(*map(_plain, parts))


def _plain(x: Any) -> Any:
    if np.ndim(x):
        return x
    return int(x) if np.asarray(x).dtype.kind == "i" else float(x)


def _normalizer(x: Any, measure: Any, policy: Any, tau: Any, q: float, value: Any, mean: Any) -> Any:
    r""":math:`\varphi = Q_b - \tau q \ln_{2-q}(\pi_b / \mu_b)` at the best action b with mass under the measure."""
    if q == 1:
        return value
    inside = np.where(measure > 0, x, -np.inf)
    best = inside.argmax(axis=-1)[..., None]
    top = np.take_along_axis(x, best, axis=-1)[..., 0]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        ratio = np.take_along_axis(policy, best, axis=-1)[..., 0] / np.take_along_axis(measure, best, axis=-1)[..., 0]
        normalizer = np.where(tau == 0, top, np.where(np.isinf(tau), mean, top - tau * q * np.asarray(q_log(ratio, 2 - q))))
    if q > 1:
        return normalizer
    atom = ((measure == 0) & (policy > 0)).any(axis=-1)  # the best action is outside the support, and the level is at its value
    return np.where(atom, x.max(axis=-1) + tau * q / (q - 1), normalizer)


def approximate_policy(values: Any, strength: Any = 1.0, q: float = 2.0, *, renormalize: bool = True) -> Any:
    r"""The policy of the first-order normaliser, :math:`\exp_{2-q}(Q/\tau - \hat\psi)` with :math:`\hat\psi = 1 +
    (\sum_{a \in K} Q_a / \tau - 1) / |K|`.

    K is the support of sparse-max. Exact at q = 2; published implementations use it for other orders. With p the probability that
    sparse-max gives its best action, all mass is lost if and only if :math:`p \le (q - 2) / (q - 1)`. :func:`greedy_step` with
    ``TsallisEntropy(q)`` and strength :math:`\tau / q` is what it approximates.

    Parameters
    ----------
    values : (..., n) array
        Q; minus infinity where an action is forbidden.
    strength : float
        :math:`\tau > 0`.
    q : float
        Order, at least 1.
    renormalize : bool
        Divide by the sum, as implementations do.

    Raises
    ------
    ModelError
        If the strength is not positive, q is below 1, or, when renormalising, a row has lost all mass.

    Examples
    --------
    >>> approximate_policy([1, .5, 0, -1], 1.0, 3, renormalize=False).round(6)
    array([0.707107, 0.      , 0.      , 0.      ])
    """
    x = np.asarray(values, dtype=np.float64)
    if not (np.isfinite(strength) and strength > 0):
        raise ModelError(f"strength is {strength!r} (expected a positive number)")
    if not (np.isfinite(q) and q >= 1):
        raise ModelError(f"the order q is {q!r} (expected a finite number >= 1)")
    sparse = greedy_step(x, TsallisEntropy(2), strength / 2).policy
    support = sparse > 0
    z = x / strength
    size = support.sum(axis=-1, keepdims=True)
    normalizer = (np.where(support, z, 0.0).sum(axis=-1, keepdims=True) - 1) / size + 1
    weights = np.where(np.isneginf(x), 0.0, np.asarray(q_exp(np.where(np.isneginf(x), -np.inf, z - normalizer), 2 - q)))
    if not renormalize:
        return weights
    total = weights.sum(axis=-1, keepdims=True)
    if (total == 0).any():
        row = np.argwhere(total[..., 0] == 0)[0]
        where = f" in row {tuple(int(i) for i in row)}" if row.size else ""
        raise ModelError(
            f"the approximate normaliser of order {q} leaves no action any mass{where}; use greedy_step, which is exact"
        )
    return weights / total
