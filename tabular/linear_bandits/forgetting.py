"""Learners that forget, for parameters that drift: a sliding window, and discounts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tabular._arrays import Float
from tabular._parameters import count, number
from tabular.errors import ModelError
from tabular.linear_bandits._kernels import discounted_run
from tabular.linear_bandits._tasks import Task, Trial
from tabular.linear_bandits.learners import Ridge, check_actions

__all__ = ["DLinUCB", "SWLinUCB"]


@dataclass(frozen=True, kw_only=True)
class SWLinUCB(Ridge):
    r"""Optimism on the last w rewards only (Cheung, Simchi-Levi and Zhu 2019).

    The width is that of least squares on the window, valid at each time with probability :math:`1 - \delta` while the parameter
    stays; the paper's :math:`\sqrt\lambda S + R \sqrt{d \log((1 + w L^2 / \lambda) / \delta)}` is larger from two dimensions on.

    Parameters
    ----------
    window : int >= 1
        w; :math:`(d T / B_T)^{2/3}` in the paper, :math:`B_T` the variation of the parameter.
    """

    window: int

    def __post_init__(self) -> None:
        super().__post_init__()
        count(self.window, "window")

    def confidence_width(self, t: ArrayLike) -> Float:
        r""":math:`\beta_t` after t updates, of any shape."""
        return self._width(np.minimum(t, self.window))

    @property
    def _window(self) -> int:
        return self.window


@dataclass(frozen=True, kw_only=True)
class DLinUCB(Ridge):
    r"""Optimism with discounted least squares (Russac, Vernade and Cappé 2019).

    :math:`V_t = \sum \gamma^{t-s} a_s a_s^T + \lambda I`, :math:`\tilde V_t` the same with :math:`\gamma^2`; bonus :math:`\beta_t
    \sqrt{a^T V^{-1} \tilde V V^{-1} a}` and :math:`\beta_t = \sqrt\lambda S + R \sqrt{2 \log(1/\delta) + d \log(1 + L^2 (1 -
    \gamma^{2t}) / (\lambda d (1 - \gamma^2)))}`, at each time with probability :math:`1 - \delta` while the parameter stays.

    Parameters
    ----------
    discount : float in (0, 1]
        :math:`\gamma`; :math:`1 - (B_T / (d T))^{2/3}` in the paper, :math:`B_T` the variation of the parameter.
    """

    discount: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.0 < number(self.discount, "discount") <= 1.0:
            raise ModelError(f"discount is {self.discount!r} (expected a number in (0, 1])")

    def confidence_width(self, t: ArrayLike) -> Float:
        r""":math:`\beta_t` after t updates, of any shape."""
        steps = np.asarray(t, dtype=np.float64)
        if self.discount == 1.0:
            return self._width(steps)
        log = 2.0 * math.log(self.discount)
        return self._width(np.expm1(steps * log) / math.expm1(log))

    @property
    def follows(self) -> bool:
        """Whether arms can be prescribed."""
        return False

    def plan(self, task: Task, horizon: int, given: Any = None) -> Trial:
        """Discounted least squares on every reward."""
        check_actions(task, self.dimension, self.action_bound)
        widths = self.confidence_width(np.arange(horizon + 1))
        discount, regularization = float(self.discount), float(self.regularization)
        return lambda noise, own, record: discounted_run(task, widths, discount, regularization, noise, record)
