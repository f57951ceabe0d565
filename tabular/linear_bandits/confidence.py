r"""Widths of confidence ellipsoids :math:`\|\hat\theta_t - \theta^*\|_{V_t} \le \beta_t`, and what a learner must know for them.

Least squares with :math:`V_t = \lambda I + \sum_{s \le t} a_s a_s^T`, noise that is conditionally R-sub-Gaussian, :math:`\|a\|
\le L`, :math:`\|\theta^*\| \le S` and d dimensions: with probability at least :math:`1 - \delta`, for all t at once,

.. math:: \|\hat\theta_t - \theta^*\|_{V_t} \le \sqrt\lambda S + R \sqrt{2 \log\tfrac1\delta + \log\frac{\det V_t}{\lambda^d}}
          \le \sqrt\lambda S + R \sqrt{2 \log\tfrac1\delta + d \log\bigl(1 + \tfrac{t L^2}{d \lambda}\bigr)}

(Abbasi-Yadkori, Pál and Szepesvári 2011, Theorems 1 and 2).
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tabular._arrays import Float
from tabular._parameters import count, number
from tabular.errors import ModelError
from tabular.linear_bandits.model import DynamicalLinearBandit, rows_of_actions

__all__ = ["SystemBounds", "determinant_width", "ellipsoid_width", "failure", "positive", "stable_radius", "warn_of_radius"]


def positive(value: Any, name: str) -> float:
    """A finite number above 0."""
    real = number(value, name)
    if real <= 0.0:
        raise ModelError(f"{name} is {value!r} (expected a number > 0)")
    return real


def failure(delta: Any) -> float:
    """A probability of failure, in (0, 1)."""
    real = number(delta, "delta")
    if not 0.0 < real < 1.0:
        raise ModelError(f"delta is {delta!r} (expected a number in (0, 1))")
    return real


def ellipsoid_width(
    t: ArrayLike,
    *,
    dimension: int,
    noise: float,
    norm_bound: float,
    action_bound: float,
    regularization: float,
    delta: float,
) -> Float:
    r""":math:`\sqrt\lambda S + R \sqrt{2 \log(1/\delta) + d \log(1 + t L^2 / (d \lambda))}` after t updates, t of any shape.

    For weighted updates t is the sum of squared weights.

    >>> ellipsoid_width(1000, dimension=3, noise=.1, norm_bound=1, action_bound=1, regularization=1, delta=.01).round(10)
    np.float64(1.516204958)
    """
    if not (np.asarray(t) >= 0.0).all():
        raise ModelError(f"t is {float(np.min(t)):g} (expected numbers of updates >= 0)")
    count(dimension, "dimension")
    growth = np.log1p(
        np.asarray(t, dtype=np.float64) * action_bound**2 / (dimension * positive(regularization, "regularization"))
    )
    known: dict[str, float] = {"norm_bound": norm_bound, "regularization": regularization, "delta": delta}
    return determinant_width(dimension * growth, noise=noise, **known)


def determinant_width(
    log_determinant_ratio: ArrayLike, *, noise: float, norm_bound: float, regularization: float, delta: float
) -> Float:
    r""":math:`\sqrt\lambda S + R \sqrt{2 \log(1/\delta) + \log(\det V_t / \lambda^d)}`, from that logarithm, of any shape."""
    number(noise, "noise", 0.0)
    number(norm_bound, "norm_bound", 0.0)
    inside = 2.0 * math.log(1.0 / failure(delta)) + np.asarray(log_determinant_ratio, dtype=np.float64)
    return np.asarray(math.sqrt(positive(regularization, "regularization")) * norm_bound + noise * np.sqrt(inside))[()]


@dataclass(frozen=True, kw_only=True)
class SystemBounds:
    r"""What a learner is told about a dynamical linear bandit: upper bounds on its parts.

    Parameters
    ----------
    spectral_radius : float in [0, 1)
        :math:`\bar\rho`.
    transient_constant : float >= 1
        :math:`\bar\Phi` for that radius.
    omega, theta, control : float >= 0
        :math:`\Omega, \Theta, B`: on the norms of :math:`\omega`, :math:`\theta` and B.
    action, state : float >= 0
        U and X: on the norms of actions and states.
    state_noise, reward_noise : float >= 0
        Sub-Gaussian scales.

    Examples
    --------
    >>> from tabular.linear_bandits import budget_actions, synthetic_bandit
    >>> bounds = SystemBounds.of(synthetic_bandit(), budget_actions())
    >>> round(bounds.bias_constant, 10), round(bounds.norm_bound, 10)
    (1.4132637592, 1.075207455)
    """

    spectral_radius: float
    transient_constant: float
    omega: float
    theta: float
    control: float
    action: float
    state: float
    state_noise: float
    reward_noise: float

    def __post_init__(self) -> None:
        for name in ("omega", "theta", "control", "action", "state", "state_noise", "reward_noise"):
            number(getattr(self, name), name, 0.0)
        number(self.transient_constant, "transient_constant", 1.0)
        stable_radius(self.spectral_radius)

    @classmethod
    def of(
        cls,
        bandit: DynamicalLinearBandit,
        actions: ArrayLike,
        *,
        spectral_radius: float | None = None,
        transient_constant: float | None = None,
        state: float | None = None,
    ) -> SystemBounds:
        r"""The tightest bounds on a known bandit and a set of actions (K, d), except for those that are given.

        The state is bounded by :math:`\Phi (\|x_1\| + B U / (1 - \rho))`, noise left out; see
        :meth:`~tabular.linear_bandits.DynamicalLinearBandit.state_bound` for one that holds with high probability.
        A spectral radius below the true one is accepted with a warning: no theorem covers it, the true radius' constant is used.
        """
        if not isinstance(bandit, DynamicalLinearBandit):
            raise ModelError(f"bounds on a hidden state need a DynamicalLinearBandit, not {type(bandit).__name__}")
        rows, radius = rows_of_actions(actions, bandit.dimension), spectral_radius
        rho = bandit.spectral_radius if radius is None else stable_radius(radius)
        low = warn_of_radius(rho, bandit, stacklevel=3)
        phi = bandit.transient_constant(None if low else radius) if transient_constant is None else transient_constant
        control, action = float(np.linalg.norm(bandit.B, 2)), float(np.linalg.norm(rows, axis=1).max())
        if state is None:
            state = phi * (float(np.linalg.norm(bandit.initial_state)) + control * action / (1.0 - rho))
        return cls(
            spectral_radius=rho,
            transient_constant=phi,
            omega=float(np.linalg.norm(bandit.omega)),
            theta=float(np.linalg.norm(bandit.theta)),
            control=control,
            action=action,
            state=state,
            state_noise=bandit.state_noise,
            reward_noise=bandit.reward_noise,
        )

    @property
    def bias_constant(self) -> float:
        r""":math:`c_1 = U \Omega \Phi (B U / (1 - \rho) + X)`, U times :attr:`bias`."""
        return self.action * self.bias

    @property
    def bias(self) -> float:
        r""":math:`\Omega \Phi (B U / (1 - \rho) + X)`: times :math:`\rho^k`, how far the expected reward of an action held for k
        rounds may be from its steady-state value."""
        settled = self.action * self.control / (1.0 - self.spectral_radius)
        return self.omega * self.transient_constant * (settled + self.state)

    @property
    def norm_bound(self) -> float:
        r""":math:`c_2 = \Theta + \Omega B \Phi / (1 - \rho)`, which bounds the norm of h."""
        return self.theta + self.omega * self.control * self.transient_constant / (1.0 - self.spectral_radius)

    @property
    def variance_proxy(self) -> float:
        r""":math:`\bar\sigma^2 = \sigma_\eta^2 + \sigma_\epsilon^2 \Omega^2 \Phi^2 / (1 - \rho^2)`, of a reward given what was
        known when its action was first taken."""
        through = (self.state_noise * self.omega * self.transient_constant) ** 2
        return self.reward_noise**2 + through / (1.0 - self.spectral_radius**2)

    @property
    def online_offset(self) -> float:
        r""":math:`2 \Omega \Phi X / (1 - \rho)`, by which online regret may exceed offline regret, over any horizon."""
        return 2.0 * self.omega * self.transient_constant * self.state / (1.0 - self.spectral_radius)

    def transient(self, t: ArrayLike) -> Float:
        r""":attr:`bias` times :math:`\rho^{t - 1}`, for the t-th reward of a constant action, t = 1, 2, ...; X may then be a
        bound on the initial state alone."""
        return np.asarray(self.bias * self.spectral_radius ** (np.asarray(t, dtype=np.float64) - 1.0))[()]


def stable_radius(value: Any) -> float:
    """A spectral radius of a stable system."""
    rho = number(value, "spectral_radius", 0.0)
    if not rho < 1.0:
        raise ModelError(f"spectral_radius is {value!r} (expected a number in [0, 1))")
    return rho


def warn_of_radius(assumed: float, bandit: DynamicalLinearBandit, *, stacklevel: int) -> bool:
    """Whether an assumed spectral radius is below the true one, with a warning that says so."""
    true = bandit.spectral_radius
    low = assumed < true * (1.0 - 1e-12)
    if low:
        warnings.warn(
            f"the assumed spectral radius {assumed:.6g} is below the true one, {true:.6g}: old actions have effects beyond the "
            "wait of the learner, and its confidence width is not valid",
            UserWarning,
            stacklevel=stacklevel,
        )
    return low
