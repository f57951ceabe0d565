r"""All paths of an adaptive rule under noise of two values: supermartingales, misses and regret without simulation.

With Rademacher noise, :math:`\eta_t = \pm R` with equal chances, T rounds have :math:`2^T` equally likely paths, and with rewards
of :math:`\pm 1` they have laws that depend on the parameter. Path p of round t continues as 2p and 2p + 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tabular._arrays import Float
from tabular._parameters import count
from tabular.errors import ModelError
from tabular.linear_bandits.confidence import determinant_width, failure, positive
from tabular.linear_bandits.learners import LinUCB
from tabular.linear_bandits.model import finite_array, rows_of_actions
from tabular.linear_bandits.potentials import mixture_martingale

__all__ = ["RademacherPaths", "Rule", "optimistic_rule", "rademacher_paths", "sign_histories"]

Rule = Callable[[Float, Float, int], ArrayLike]
"""``rule(grams, moments, t)``: Grams (M, d, d), regularisation included, and sums of action times reward (M, d), after t rounds,
to (M,) indices of actions."""

MOST_ROUNDS = 20
TIE = 1e-12


@dataclass(frozen=True, eq=False)
class RademacherPaths:
    r"""All paths of T rounds.

    Attributes
    ----------
    arms : T arrays, (1,), (2,), (4,), ...
        What the rule plays on each path.
    martingale, log_determinant_ratio, errors : T + 1 arrays, (1,), (2,), (4,), ...
        :math:`M_t`, :math:`\log(\det V_t / \lambda^d)` and :math:`\|\hat\theta_t - \theta\|_{V_t}`.
    regret : (T,) array
        Expected regret of each round.
    noise, regularization, norm : float
        R, :math:`\lambda` and the norm of the parameter.
    """

    arms: list[NDArray[np.int64]]
    martingale: list[Float]
    log_determinant_ratio: list[Float]
    errors: list[Float]
    regret: Float
    noise: float
    regularization: float
    norm: float

    @property
    def expected_martingale(self) -> Float:
        r"""(T + 1,) :math:`E M_t`: not increasing, from 1."""
        return np.array([m.mean() for m in self.martingale])

    def exceedance(self, delta: float) -> float:
        r""":math:`P(\max_{t \le T} M_t \ge 1 / \delta)`, at most :math:`\delta`."""
        return _ever([m >= 1.0 / failure(delta) for m in self.martingale])

    def miss_probability(self, delta: float) -> float:
        r"""Probability that the ellipsoid with the determinant width misses the parameter at some time, at most
        :math:`\delta`."""
        known = {"noise": self.noise, "norm_bound": self.norm, "regularization": self.regularization, "delta": delta}
        widths = [determinant_width(ratio, **known) for ratio in self.log_determinant_ratio]
        return _ever([error > width for error, width in zip(self.errors, widths, strict=True)])

    def __repr__(self) -> str:
        return f"RademacherPaths({len(self.arms)} rounds, {self.martingale[-1].size} paths)"


def rademacher_paths(
    rule: Rule,
    actions: ArrayLike,
    horizon: int,
    *,
    theta: ArrayLike,
    noise: float = 1.0,
    regularization: float = 1.0,
) -> RademacherPaths:
    r"""Every path of a rule with rewards :math:`\langle \theta, a \rangle \pm R`.

    Parameters
    ----------
    rule : function of Grams, moments and the round
        :func:`optimistic_rule`, or your own; see :data:`Rule`.
    actions : (K, d) array
    horizon : int in 1..20
    theta : (d,) array

    Examples
    --------
    >>> found = rademacher_paths(lambda grams, moments, t: (moments[:, 0] > 0).astype(int), [[1, 0], [1, 1]], 8, theta=[0, 0])
    >>> bool((np.diff(found.expected_martingale) <= 0).all()), found.exceedance(.1) <= .1
    (True, True)
    """
    rows, parameter = _instance(actions, theta)
    scale, lam = positive(noise, "noise"), positive(regularization, "regularization")
    means = rows @ parameter
    arms, grams, moments = _grow(rule, rows, np.stack([means - scale, means + scale], axis=1), horizon, lam)
    identity, d = lam * np.eye(rows.shape[1]), rows.shape[1]
    sums = [moment - (gram - identity) @ parameter for gram, moment in zip(grams, moments, strict=True)]
    offs = [noise_sum - lam * parameter for noise_sum in sums]  # V (estimate - theta)
    return RademacherPaths(
        arms,
        [mixture_martingale(gram, s, noise=scale, regularization=lam) for gram, s in zip(grams, sums, strict=True)],
        [np.linalg.slogdet(gram)[1] - d * math.log(lam) for gram in grams],
        [
            np.sqrt((off * np.linalg.solve(gram, off[:, :, None])[:, :, 0]).sum(axis=1))
            for gram, off in zip(grams, offs, strict=True)
        ],
        np.array([float((means.max() - means[played]).mean()) for played in arms]),
        scale,
        lam,
        float(np.linalg.norm(parameter)),
    )


def sign_histories(
    rule: Rule, actions: ArrayLike, horizon: int, *, thetas: ArrayLike, regularization: float = 1.0
) -> tuple[Float, NDArray[np.int64]]:
    r"""Laws of all histories when rewards are :math:`\pm 1` with mean :math:`\langle \theta, a \rangle`, for each row of
    ``thetas``.

    Returns
    -------
    laws : (P, 2^T) array
        Probability of each history under each parameter.
    arms : (T, 2^T) integers
        What is played in it.
    """
    rows = finite_array(actions, "actions", 2)
    parameters = rows_of_actions(thetas, rows.shape[1])
    means = parameters @ rows.T
    bad = np.argwhere(~(np.abs(means) <= 1.0))
    if bad.size:
        raise ModelError(
            f"parameter {bad[0][0]} gives action {bad[0][1]} the mean {means[tuple(bad[0])]:.6g} (expected one in [-1, 1])"
        )
    signs = np.broadcast_to([-1.0, 1.0], (len(rows), 2))
    arms, _, _ = _grow(rule, rows, signs, horizon, positive(regularization, "regularization"))
    laws = np.ones((len(parameters), 1))
    for played in arms:
        mean = means[:, played]
        laws = (laws[:, :, None] * np.stack([1.0 - mean, 1.0 + mean], axis=2) / 2.0).reshape(len(parameters), -1)
    return laws, np.array([np.repeat(played, 2 ** (len(arms) - t)) for t, played in enumerate(arms)])


def optimistic_rule(learner: LinUCB, actions: ArrayLike) -> Rule:
    """What an optimistic learner plays, as a rule: the first action of largest index."""
    if not isinstance(learner, LinUCB):
        raise ModelError(f"the rule is that of LinUCB, not of {type(learner).__name__}, which forgets or samples")
    rows = rows_of_actions(actions, learner.dimension)

    def rule(grams: Float, moments: Float, t: int) -> NDArray[np.intp]:
        inverses = np.linalg.inv(grams)
        estimates = (inverses @ moments[:, :, None])[:, :, 0]
        bonus = np.sqrt(np.einsum("ki,mij,kj->mk", rows, inverses, rows))
        width = learner.confidence_width(t)
        if learner.determinant:
            width = learner.determinant_width(np.linalg.slogdet(grams / learner.regularization)[1])[:, None]
        scores = estimates @ rows.T + width * bonus
        top = scores.max(axis=1, keepdims=True)
        return np.asarray((scores >= top - TIE * np.abs(top)).argmax(axis=1))

    return rule


def _instance(actions: ArrayLike, theta: ArrayLike) -> tuple[Float, Float]:
    parameter = finite_array(theta, "theta", 1)
    return rows_of_actions(actions, parameter.size), parameter


def _grow(
    rule: Rule, rows: Float, outcomes: Any, horizon: int, regularization: float
) -> tuple[list[NDArray[np.int64]], list[Float], list[Float]]:
    """Arms of each round, and Grams and moments before each and at the end, with two ``outcomes`` (K, 2) of each action."""
    d = rows.shape[1]
    grams, moments, arms = [regularization * np.eye(d)[None]], [np.zeros((1, d))], []
    for t in range(count(horizon, "horizon", most=MOST_ROUNDS)):
        played = np.asarray(rule(grams[-1], moments[-1], t))
        if played.shape != (2**t,) or played.dtype.kind not in "iu" or not ((played >= 0) & (played < len(rows))).all():
            raise ModelError(f"the rule returned no actions in round {t} (expected {2**t} integers in 0..{len(rows) - 1})")
        taken = rows[played]
        after = grams[-1] + taken[:, :, None] * taken[:, None, :]
        longer = moments[-1][:, None, :] + outcomes[played][:, :, None] * taken[:, None, :]
        arms.append(played.astype(np.int64))
        grams.append(np.repeat(after, 2, axis=0))
        moments.append(longer.reshape(-1, d))
    return arms, grams, moments


def _ever(events: list[NDArray[np.bool_]]) -> float:
    """Probability that one of the events, of paths of growing length, happens."""
    happened = np.zeros(1, dtype=bool)
    for event in events:
        happened = event if event.size == 1 else np.repeat(happened, 2) | event
    return float(happened.mean())
