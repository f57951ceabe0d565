r"""Learners that keep an ellipsoid around the parameter: optimistic and sampling.

After m updates :math:`V = \lambda I + \sum a a^T`, :math:`\hat\theta = V^{-1} \sum a y`, and :math:`\beta_m` is the confidence
width: with probability at least :math:`1 - \delta` the parameter is within :math:`\beta_m` of :math:`\hat\theta` in the norm of
V. Optimists play :math:`\arg\max_a \langle \hat\theta, a \rangle + \beta_m \|a\|_{V^{-1}}`, the first action among equals.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tabular._arrays import Float
from tabular._parameters import count, number
from tabular.errors import ModelError
from tabular.linear_bandits._kernels import ridge_run
from tabular.linear_bandits._tasks import Bandit, Task, Trial
from tabular.linear_bandits.confidence import SystemBounds, determinant_width, ellipsoid_width, failure, positive
from tabular.linear_bandits.environments import Contexts, DriftingLinearBandit
from tabular.linear_bandits.model import rows_of_actions

__all__ = [
    "Learner",
    "LinUCB",
    "LinearThompson",
    "Ridge",
    "check_actions",
    "horizon_defaults",
    "ridge_trial",
]


class Learner(ABC):
    """What can be simulated."""

    @abstractmethod
    def plan(self, task: Task, horizon: int, given: Any = None) -> Trial:
        """A function that runs one trial of so many rounds; arms ``given`` for the learner's decisions replace them.

        Raises
        ------
        ModelError
            If the learner does not fit the task.
        """

    @property
    def follows(self) -> bool:
        """Whether arms can be prescribed."""
        return False


@dataclass(frozen=True, kw_only=True)
class Ridge(Learner):
    r"""What the ellipsoidal learners share.

    Parameters
    ----------
    dimension : int
        d.
    noise, norm_bound, action_bound : float >= 0
        R, S and L: sub-Gaussian scale of the reward, bounds on the norms of the parameter and of actions.
    regularization : float > 0
        :math:`\lambda`.
    delta : float in (0, 1)
    """

    dimension: int
    noise: float
    norm_bound: float
    action_bound: float
    regularization: float = 1.0
    delta: float = 0.01

    def __post_init__(self) -> None:
        count(self.dimension, "dimension")
        for name in ("noise", "norm_bound", "action_bound"):
            number(getattr(self, name), name, 0.0)
        positive(self.regularization, "regularization")
        failure(self.delta)

    @classmethod
    def for_bandit(cls, bandit: Bandit, actions: Any, horizon: int, **options: Any) -> Self:
        r"""With the tightest bounds on a known bandit and its actions, (K, d) or :class:`Contexts`, delta = 1/T and
        :math:`\lambda = \max(1, \log T)`.

        In a dynamical bandit the parameter is h, with R and S from :class:`SystemBounds`; effects that have not yet come in are
        then an error that the width does not cover. ``options`` replace fields, and are those that have no default.
        """
        every = actions.sets.reshape(-1, actions.sets.shape[2]) if isinstance(actions, Contexts) else actions
        rows = rows_of_actions(every, bandit.dimension)
        if isinstance(bandit, DriftingLinearBandit):
            noise, norm = bandit.reward_noise, float(np.linalg.norm(bandit.parameters, axis=1).max())
        else:
            bounds = SystemBounds.of(bandit, rows)
            noise, norm = math.sqrt(bounds.variance_proxy), bounds.norm_bound
        known = {"dimension": bandit.dimension, "noise": noise, "norm_bound": norm}
        known |= {"action_bound": float(np.linalg.norm(rows, axis=1).max())}
        return cls(**{**known, **horizon_defaults(horizon), **options})

    def confidence_width(self, t: ArrayLike) -> Float:
        r""":math:`\beta_t` after t updates, of any shape."""
        return self._width(t)

    def _width(self, weight: ArrayLike) -> Float:
        return ellipsoid_width(
            weight,
            dimension=self.dimension,
            noise=self.noise,
            norm_bound=self.norm_bound,
            action_bound=self.action_bound,
            regularization=self.regularization,
            delta=self.delta,
        )

    @property
    def follows(self) -> bool:
        """Whether arms can be prescribed."""
        return True

    def plan(self, task: Task, horizon: int, given: Any = None) -> Trial:
        """Least squares on every reward."""
        check_actions(task, self.dimension, self.action_bound)
        lengths, widths = np.ones(horizon, dtype=np.int64), self.confidence_width(np.arange(horizon + 1))
        return ridge_trial(
            task, lengths, widths, self.regularization, given, spread=self._spread(widths), window=self._window, exact=self._exact
        )

    def _spread(self, widths: Float) -> Float | None:
        """Standard deviations of a sampling learner, in units of the ellipsoid."""
        return None

    @property
    def _window(self) -> int:
        return 0

    @property
    def _exact(self) -> tuple[float, float, float] | None:
        return None


@dataclass(frozen=True, kw_only=True)
class LinUCB(Ridge):
    r"""Optimism in the ellipsoid of Abbasi-Yadkori, Pál and Szepesvári (2011).

    Parameters
    ----------
    determinant : bool
        Use the width with :math:`\log(\det V_t / \lambda^d)`, :meth:`determinant_width`, which depends on the actions played and
        is never above :meth:`confidence_width`.

    Examples
    --------
    >>> LinUCB(dimension=3, noise=.1, norm_bound=1, action_bound=1).confidence_width([0, 1000]).round(6)
    array([1.303485, 1.516205])
    """

    determinant: bool = False

    @property
    def _exact(self) -> tuple[float, float, float] | None:
        if not self.determinant:
            return None
        return self.noise, math.sqrt(self.regularization) * self.norm_bound, 2.0 * math.log(1.0 / self.delta)

    def determinant_width(self, log_determinant_ratio: ArrayLike) -> Float:
        r""":math:`\beta` from :math:`\log(\det V / \lambda^d)`, of any shape."""
        return determinant_width(
            log_determinant_ratio,
            noise=self.noise,
            norm_bound=self.norm_bound,
            regularization=self.regularization,
            delta=self.delta,
        )


@dataclass(frozen=True, kw_only=True)
class LinearThompson(Ridge):
    r"""Thompson sampling: plays the best action for a draw from :math:`N(\hat\theta, v^2 V^{-1})`.

    Parameters
    ----------
    inflated : bool
        :math:`v = \beta_t`, of the order that regret bounds for every parameter need (Agrawal and Goyal 2013; Abeille and Lazaric
        2017). Otherwise v = R, the posterior of a Gaussian prior with variance :math:`R^2 / \lambda`, for which Bayesian bounds
        hold.

    Examples
    --------
    >>> LinearThompson(dimension=3, noise=.1, norm_bound=1, action_bound=1, inflated=False)
    LinearThompson(dimension=3, noise=0.1, norm_bound=1, action_bound=1, regularization=1.0, delta=0.01, inflated=False)
    """

    inflated: bool = True

    def _spread(self, widths: Float) -> Float | None:
        return widths if self.inflated else np.full_like(widths, self.noise)


def horizon_defaults(horizon: int) -> dict[str, Any]:
    """delta and regularization for so many rounds."""
    rounds = count(horizon, "horizon", 2)
    return {"delta": 1.0 / rounds, "regularization": max(1.0, math.log(rounds))}


def check_actions(task: Task, dimension: int, bound: float) -> None:
    """Actions in the dimension and within the bound that a width relies on."""
    if task.sets.shape[2] != dimension:
        raise ModelError(f"the learner expects actions in dimension {dimension}, the bandit has {task.sets.shape[2]}")
    norms = np.linalg.norm(task.sets, axis=2)
    if norms.max() > bound * (1.0 + 1e-9):
        m, k = np.unravel_index(int(norms.argmax()), norms.shape)
        where = f"action {k}" if len(norms) == 1 else f"action {k} of set {m}"
        raise ModelError(f"{where} has norm {norms.max():.6g}, beyond the bound {bound:.6g} that the confidence width relies on")


def ridge_trial(
    task: Task,
    lengths: NDArray[np.int64],
    widths: Float,
    regularization: float,
    given: Any,
    *,
    spread: Float | None = None,
    window: int = 0,
    exact: tuple[float, float, float] | None = None,
) -> Trial:
    """Trials of a learner that decides once per epoch."""
    sampled = np.zeros(0) if spread is None else spread
    determinant = np.zeros(0) if exact is None else np.array(exact)
    arms = np.zeros(0, dtype=np.int64) if given is None else np.asarray(given)
    if given is not None and (
        arms.dtype.kind not in "iu"
        or arms.ndim != 1
        or len(arms) < len(lengths)
        or not ((arms >= 0) & (arms < task.sets.shape[1])).all()
    ):
        raise ModelError(f"given arms: expected {len(lengths)} or more integers in 0..{task.sets.shape[1] - 1}, one per decision")
    follow = arms.astype(np.int64)
    return lambda noise, own, record: ridge_run(
        task, lengths, widths, sampled, determinant, float(regularization), window, follow, noise, own, record
    )
