r"""Where learning with a constant regular step ends: the biased fixed point.

With :math:`\beta_{reg} = b` held fixed and :math:`\beta_{log} \to 0`, a value settles where its mapped drift is zero on average,

.. math:: E\, f\bigl( (1 - b) q + b\, U \bigr) = f(q),

for the logarithm a generalised mean of the targets: the geometric one at b = 1, the arithmetic one as :math:`b \to 0`, and below
:math:`E\, U` in between unless U is certain (Jensen). For one head this is a monotone operator on values that is non-expansive in
Thompson's metric :math:`\max |\ln \frac{x + \gamma^k}{y + \gamma^k}|`, and a contraction with the affine part (see
:func:`thompson_modulus`); it is none in the largest norm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from tabular import _arrays
from tabular._arrays import Float
from tabular.errors import ModelError, SolverError
from tabular.evaluation import as_policy
from tabular.log_mapping.mapping import LogMapping, Mapping
from tabular.mdp import MDP

__all__ = [
    "BiasedFixedPoint",
    "biased_fixed_point",
    "biased_q_values",
    "biased_value",
    "thompson_distance",
    "thompson_modulus",
    "transitions",
]

HALVINGS = 200
"""Of an interval of logarithms at most e^1500 wide: down to the last bit."""


def biased_value(outcomes: ArrayLike, law: ArrayLike, reg_step: float, mapping: Mapping) -> Any:
    """The q with mean drift zero, for targets ``outcomes`` under a ``law``; batched over leading axes.

    Parameters
    ----------
    outcomes, law : (..., n) arrays
        Targets U in the domain of the mapping, and their probabilities.
    reg_step : float in (0, 1]
        b.
    mapping : Mapping
        For one that is neither concave nor convex there may be several such q; one of them is found.

    Examples
    --------
    >>> coin = LogMapping(0.5, 600)
    >>> [round(float(biased_value([1, 0], [.5, .5], b, coin)), 10) for b in (.01, .1, .5, .9)]
    [0.4974874372, 0.4736842105, 0.3333333333, 0.0909090909]
    """
    u, p = _arrays.as_float(outcomes, "outcomes"), _arrays.as_float(law, "law")
    u, p = np.broadcast_arrays(u, p)
    if u.ndim == 0 or u.shape[-1] == 0:
        raise ModelError(f"outcomes have shape {u.shape} (expected (..., n))")
    if not (np.isfinite(p) & (p >= 0)).all() or (np.abs(p.sum(axis=-1) - 1.0) > _arrays.ROW_TOLERANCE).any():
        raise ModelError("law is no law: it has an entry that is no probability, or does not sum to 1")
    lead, n = u.shape[:-1], u.shape[-1]
    starts = np.arange(0, math.prod(lead) * n + 1, n)
    found = _roots(starts, p.reshape(-1), u.reshape(-1), _checked(reg_step), mapping)
    return found.reshape(lead) if lead else float(found[0])


def _checked(step: Any) -> float:
    if isinstance(step, bool) or not isinstance(step, (int, float, np.floating)) or not 0.0 < step <= 1.0:
        raise ModelError(f"reg_step is {step!r} (expected a step in (0, 1])")
    return float(step)


def _roots(starts: NDArray[Any], p: Float, u: Float, b: float, mapping: Mapping) -> Float:
    """Bisection for every segment: between its smallest and largest outcome with mass."""
    mapping.forward(u)
    rows = np.repeat(np.arange(starts.size - 1), np.diff(starts))
    held = p > 0.0
    low = np.minimum.reduceat(np.where(held, u, np.inf), starts[:-1])
    high = np.maximum.reduceat(np.where(held, u, -np.inf), starts[:-1])
    mass = np.add.reduceat(p, starts[:-1])
    logs = isinstance(mapping, LogMapping)
    floor = mapping.floor if isinstance(mapping, LogMapping) else 0.0
    # in logarithms of y = q + gamma^k if there are such: values of 1e-50 keep their digits
    x0, x1 = (np.log(low + floor), np.log(high + floor)) if logs else (low.copy(), high.copy())
    for _ in range(HALVINGS):
        x = (x0 + x1) / 2.0
        if logs:
            with np.errstate(divide="ignore"):
                ratios = np.where(held, (1.0 - b) + b * np.exp(np.log(u + floor) - x[rows]), 1.0)
            drift = np.add.reduceat(np.where(held, p * np.log(ratios), 0.0), starts[:-1])
        else:
            here = mapping.forward(x)
            moved = mapping.forward((1.0 - b) * x[rows] + b * np.where(held, u, x[rows]))
            drift = np.add.reduceat(p * moved, starts[:-1]) - mass * here
        up = drift > 0.0
        x0, x1 = np.where(up, x, x0), np.where(up, x1, x)
        if not (x1 - x0 > 0.0).any() or ((x0 + x1) / 2.0 == x).all():
            break
    middle = (x0 + x1) / 2.0
    return np.exp(middle) - floor if logs else middle


def transitions(mdp: MDP) -> tuple[sp.csr_array, Float]:
    """CSR rows of all pairs, and the rewards of their stored transitions."""
    P = mdp.P if mdp.is_sparse else sp.csr_array(mdp.P.reshape(-1, mdp.n_states))
    if mdp.transition_reward is None:
        return P, np.repeat(mdp.r.reshape(-1), np.diff(P.indptr))
    if mdp.is_sparse:
        return P, np.array(mdp.transition_reward, dtype=np.float64)
    rows = np.repeat(np.arange(P.shape[0]), np.diff(P.indptr))
    return P, np.asarray(mdp.transition_reward.reshape(-1, mdp.n_states)[rows, P.indices])


def biased_q_values(mdp: MDP, values: ArrayLike, reg_step: float, mapping: Mapping, *, negative: bool = False) -> Float:
    """(S, A) biased action values of one head when next states are worth ``values``: rewards of the other sign count as 0.

    Per-transition rewards are part of what is random, so give them as such.
    """
    if mdp.allowed is not None:
        raise ModelError("biased values need every action in every state")
    (P, rewards), v = transitions(mdp), np.asarray(values, dtype=np.float64)
    if v.shape != (mdp.n_states,):
        raise ModelError(f"values have shape {v.shape} (expected ({mdp.n_states},))")
    paid = np.maximum(-rewards if negative else rewards, 0.0)
    q = _roots(P.indptr, P.data, paid + mdp.gamma * v[P.indices], _checked(reg_step), mapping)
    return q.reshape(mdp.n_states, mdp.n_actions)


def thompson_distance(x: ArrayLike, y: ArrayLike, mapping: LogMapping) -> float:
    r""":math:`\max |\ln \frac{x + \gamma^k}{y + \gamma^k}|`."""
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    return float(np.abs(np.log(a + mapping.floor) - np.log(b + mapping.floor)).max())


def thompson_modulus(gamma: float, largest: float, mapping: LogMapping) -> float:
    r""":math:`\frac{\gamma (V + \gamma^k)}{\gamma V + \gamma^k}`, the contraction of one head in Thompson's metric on values in
    [0, V]."""
    return gamma * (largest + mapping.floor) / (gamma * largest + mapping.floor)


@dataclass(frozen=True, eq=False)
class BiasedFixedPoint:
    """Heads of both signs, each (S, A), their difference ``q_values``, and how the iteration went."""

    plus: Float
    minus: Float
    iterations: int
    distance: float

    @property
    def q_values(self) -> Float:
        """(S, A) regular-space action values."""
        return np.asarray(self.plus - self.minus)

    @property
    def actions(self) -> NDArray[np.intp]:
        """(S,) greedy actions, lowest index among ties."""
        return np.asarray(self.q_values.argmax(axis=1))


def biased_fixed_point(
    mdp: MDP,
    reg_step: float,
    mapping: Mapping,
    *,
    policy: ArrayLike | None = None,
    tol: float = 1e-11,
    max_iterations: int = 100_000,
) -> BiasedFixedPoint:
    """Both heads of the fixed point that learning with a constant regular step goes to.

    Parameters
    ----------
    mdp : MDP
        gamma below 1; transitions between which rewards differ should be given per transition.
    reg_step : float in (0, 1]
    mapping : Mapping
    policy : (S,) actions or (S, A), optional
        Followed by both heads: each is then unique. By default both take the greedy action of their difference, for which
        existence is not proved when rewards have both signs; what is returned is a fixed point if the iteration settles.
    tol : float
        Largest change, relative to each value (plus gamma^k), at which it has settled.

    Raises
    ------
    ModelError
        If an argument is out of its range.
    SolverError
        If it has not settled after ``max_iterations`` sweeps.
    """
    if not mdp.gamma < 1.0:
        raise ModelError("gamma = 1 has no discounted fixed point")
    b = _checked(reg_step)
    weights = None
    if policy is not None:
        given = as_policy(mdp, policy)
        weights = np.eye(mdp.n_actions)[given] if given.ndim == 1 else given
    heads = [np.zeros((mdp.n_states, mdp.n_actions)) for _ in range(2)]
    floor = mapping.floor if isinstance(mapping, LogMapping) else 0.0
    distance = math.inf
    for iteration in range(1, max_iterations + 1):
        rule = np.eye(mdp.n_actions)[(heads[0] - heads[1]).argmax(axis=1)] if weights is None else weights
        new = [biased_q_values(mdp, (rule * q).sum(axis=1), b, mapping, negative=k == 1) for k, q in enumerate(heads)]
        distance = max(_change(x, y, floor) for x, y in zip(new, heads, strict=True))
        heads = new
        if distance <= tol:
            return BiasedFixedPoint(heads[0], heads[1], iteration, distance)
    raise SolverError(
        f"not settled after {max_iterations} sweeps: values still change by {distance:.3g} relative to themselves",
        BiasedFixedPoint(heads[0], heads[1], max_iterations, distance),
    )


def expected_sweep(
    mdp: MDP, plus: ArrayLike, minus: ArrayLike, reg_step: float, log_step: float, mapping: Mapping
) -> tuple[Float, Float]:
    """Both heads after every pair made the mean of its mapped update, all at once: the drift of learning, without its noise.

    Parameters
    ----------
    plus, minus : (S, A) arrays
        Regular-space action values of the heads; both follow the greedy action of their difference.
    reg_step, log_step : steps in (0, 1]

    Returns
    -------
    (plus, minus), with mean mapped values :math:`(1 - \\beta_{log}) f(Q) + \\beta_{log} E f(\\hat U)`.
    """
    b, log = _checked(reg_step), _checked(log_step)
    heads = [np.asarray(x, dtype=np.float64) for x in (plus, minus)]
    if any(x.shape != (mdp.n_states, mdp.n_actions) for x in heads):
        raise ModelError(f"heads have shapes {heads[0].shape} and {heads[1].shape} (expected {(mdp.n_states, mdp.n_actions)})")
    P, rewards = transitions(mdp)
    rows = np.repeat(np.arange(P.shape[0]), np.diff(P.indptr))
    best = (heads[0] - heads[1]).argmax(axis=1)
    out = []
    for sign, q in zip((1.0, -1.0), heads, strict=True):
        follow = q[np.arange(mdp.n_states), best]
        u = np.maximum(sign * rewards, 0.0) + mdp.gamma * follow[P.indices]
        here = q.reshape(-1)
        moved = mapping.forward((1.0 - b) * here[rows] + b * u)
        start = mapping.forward(here)
        drift = np.add.reduceat(P.data * (moved - start[rows]), P.indptr[:-1])
        out.append(np.asarray(mapping.inverse(start + log * drift)).reshape(q.shape))
    return out[0], out[1]


def _change(x: Float, y: Float, floor: float) -> float:
    scale = np.maximum(np.maximum(np.abs(x), np.abs(y)) + floor, 1e-300)
    return float((np.abs(x - y) / scale).max())
