r"""One update of a mapped value, in regular space.

A learner that keeps f(Q) and moves it in two steps, :math:`\hat U = Q + \beta_{reg} (U - Q)` and :math:`f(Q) \leftarrow f(Q) +
\beta_{log} (f(\hat U) - f(Q))`, makes of Q

.. math:: f^{-1}\bigl( (1 - \beta_{log}) f(Q) + \beta_{log} f(\hat U) \bigr),

for the logarithm :math:`y_{new} = y^{1 - \beta_{log}} (y + \beta_{reg} \delta)^{\beta_{log}}` with :math:`y = Q + \gamma^k`,
whatever c and d. As a function of :math:`\beta_{log}` this is a curve from Q to :math:`\hat U` that is concave where f is, and
it differs from the chord :math:`Q + \alpha \delta`, :math:`\alpha = \beta_{log} \beta_{reg}`, by at most

.. math:: \tfrac12 \beta_{log} (1 - \beta_{log})\, (\beta_{reg} \delta)^2\, \sup \frac{|f''|}{f'} \Bigl( \frac{\sup f'}{\inf f'}
\Bigr)^2,

suprema between Q and :math:`\hat U`. So learning is Q-learning with a perturbation that vanishes if :math:`\beta_{reg} (1 -
\beta_{log}) \to 0` and these suprema are bounded on the values that can occur: the condition under which any increasing f
converges where Q-learning does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tabular._arrays import Float
from tabular.errors import ModelError
from tabular.log_mapping.mapping import LogMapping, Mapping, grown, log_ratio

__all__ = ["curvature", "mapped_update", "split_rewards"]


def split_rewards(rewards: Any) -> tuple[Float, Float]:
    r""":math:`r^+ = \max(r, 0)` and :math:`r^- = \max(-r, 0)`, so that :math:`r = r^+ - r^-`: one head each."""
    r = np.asarray(rewards, dtype=np.float64)
    if not np.isfinite(r).all():
        raise ModelError(f"a reward is {float(r.reshape(-1)[~np.isfinite(r.reshape(-1))][0])!r} (expected finite numbers)")
    return np.maximum(r, 0.0), np.maximum(-r, 0.0)


def _step(value: Any, name: str) -> Float:
    step = np.asarray(value, dtype=np.float64)
    if not ((step > 0.0) & (step <= 1.0)).all():
        bad = step.reshape(-1)[~((step.reshape(-1) > 0.0) & (step.reshape(-1) <= 1.0))][0]
        raise ModelError(f"{name} is {float(bad)!r} (expected a step in (0, 1])")
    return step


def mapped_update(values: Any, targets: Any, reg_step: Any, log_step: Any, mapping: Mapping) -> Any:
    r"""Values after one update towards targets; shapes broadcast.

    Parameters
    ----------
    values, targets : arrays
        Q and U, in the domain of the mapping.
    reg_step, log_step : steps in (0, 1]
        :math:`\beta_{reg}` and :math:`\beta_{log}`; ``log_step=1`` is Q-learning with step ``reg_step``, whatever the mapping.
    mapping : LogMapping, ClippedLogMapping, GivenMapping

    Examples
    --------
    >>> f"{mapped_update(0.5, 1.0, 0.1, 0.01, LogMapping(0.5, 9.965784284662087)):.12f}"
    '0.500476821589'
    """
    q, u = np.asarray(values, dtype=np.float64), np.asarray(targets, dtype=np.float64)
    reg, log = _step(reg_step, "reg_step"), _step(log_step, "log_step")
    moved = (1.0 - reg) * q + reg * u
    if isinstance(mapping, LogMapping):
        mapping.forward(q), mapping.forward(u)
        y = q + mapping.floor
        growth = log_ratio((1.0 - reg) * y + reg * (u + mapping.floor), y, moved - q)
        return grown(q, y, log * growth, mapping.floor)
    start = mapping.forward(q)
    return mapping.inverse(start + log * (mapping.forward(moved) - start))


def curvature(mapping: Mapping, low: float, high: float, points: int = 2001) -> float:
    r"""The largest :math:`|f''| / f'` between two values: in closed form for :class:`LogMapping`, else from differences on a
    grid.

    The first supremum of the module docstring's bound on how far updates are from Q-learning's.
    """
    if not low < high:
        raise ModelError(f"the range from {low!r} to {high!r} is empty")
    if isinstance(mapping, LogMapping):
        mapping.forward(low)
        return 1.0 / (low + mapping.floor)
    x = np.linspace(low, high, points)
    f = np.asarray(mapping.forward(x), dtype=np.float64)
    h = x[1] - x[0]
    slope, bend = (f[2:] - f[:-2]) / (2.0 * h), (f[2:] - 2.0 * f[1:-1] + f[:-2]) / (h * h)
    if not (slope > 0.0).all():
        raise ModelError(f"the mapping is not increasing near {float(x[1:-1][int(np.argmin(slope))]):.6g}")
    return float((np.abs(bend) / slope).max())
