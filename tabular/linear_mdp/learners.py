r"""Offline learners for linear MDPs: pessimistic value iteration, nominal and robust.

All go backward from :math:`\hat V_H = 0`; with the ridge estimates :math:`\hat E_h` of :mod:`tabular.linear_mdp.moments`,

.. math:: \hat Q_h(s, a) = \bigl[ r_h(s, a) + \langle \phi(s, a), \hat w_h \rangle - \Gamma_h(s, a) \bigr]_{[0, H - h]},
          \qquad \Gamma_h(s, a) = \beta \sum_i \phi_i(s, a) \sqrt{[\Lambda_h^{-1}]_{ii}},

and :math:`\hat w_h` is what tells them apart:

============ ================================================================ =====================================
learner      :math:`\hat w_{h, i}`                                            source
============ ================================================================ =====================================
`PEVI`       :math:`\hat E_i[r + \hat V]`, bonus :math:`\beta \|\phi\|`       Jin, Yang and Wang (2021)
`R2PVI`      penalised: TV, KL or chi-square, in closed form or one scan      Tang, Liu and Xu (2025), Algorithm 1
`DRPVI`      TV within a radius: one scan over levels                         Liu and Xu (2024), Algorithm 1
`VADRPVI`    the same with estimates weighted by variances                    Liu and Xu (2024), Algorithm 2
`DRVIL`      KL within a radius: a search over temperatures                   Ma et al. (2022), DRVI-L
============ ================================================================ =====================================

Robust learners know the rewards, PEVI regresses those of the data. The authors' released programs differ from their formulas in a
few places; ``released=True`` follows the programs, to reproduce their figures: bonus :math:`\beta \sqrt{\sum_i \phi_i^2
[\Lambda^{-1}]_{ii}}`, no clipping at 0, and what the classes say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular.divergences import KL, ChiSquare, TotalVariation
from tabular.errors import ModelError
from tabular.linear_mdp.model import LinearFeatures
from tabular.linear_mdp.moments import Moments, best_level, best_temperature, best_variance_level
from tabular.linear_mdp.trajectories import Trajectories

__all__ = ["DRPVI", "DRVIL", "PEVI", "R2PVI", "VADRPVI", "Learned", "Learner"]


@dataclass(frozen=True, eq=False)
class Learned:
    """What a learner found.

    Attributes
    ----------
    values : (H+1, S), q_values : (H, S, A)
        Pessimistic estimates.
    actions : (H, S) integers
        Greedy, lowest index among ties.
    weights : (H, d)
        The estimates of what the factors are worth.
    bonus : (H, S, A)
        What was subtracted.
    inverses : (H, d, d)
        Inverses of the Gram matrices.
    roots : (H, d)
        Roots of the diagonals that the bonus is made of.
    moments : int
        How many numbers of the form E_i[g] the learner looked at.
    operations : int
        Multiplications and additions that dominate: Gram matrices, their inverses, and the estimates.
    """

    learner: Learner
    values: Float
    q_values: Float
    actions: NDArray[np.intp]
    weights: Float
    bonus: Float
    inverses: Float
    roots: Float
    moments: int
    operations: int

    @property
    def policy(self) -> Float:
        """(H, S, A) policy."""
        return np.eye(self.q_values.shape[2])[self.actions]

    def __repr__(self) -> str:
        steps, n_states, n_actions = self.q_values.shape
        return f"Learned by {self.learner!r}: {steps} steps, {n_states} states, {n_actions} actions, {self.moments} moments"


@dataclass(frozen=True)
class Estimate:
    """Weights of one step, the roots of the diagonal for the bonus, and the work: moments looked at, and operations for them."""

    weights: Float
    roots: Float
    moments: int
    operations: int


@dataclass(frozen=True, kw_only=True)
class Learner:
    """What the learners share.

    Parameters
    ----------
    beta : float >= 0
        Size of the bonus.
    ridge : float >= 0
        Added to the Gram matrices.
    ceiling : None or (H,) array
        Largest possible value of each step; ``H - h`` by default, which is right for rewards in [0, 1].
    released : bool
        Follow the authors' programs instead of their formulas.
    """

    beta: float = 1.0
    ridge: float = 1.0
    ceiling: Any = None
    released: bool = False

    regresses_rewards: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for name in ("beta", "ridge"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float, np.floating)) or not 0.0 <= value < np.inf:
                raise ModelError(f"{name} is {value!r} (expected a number >= 0)")

    def learn(self, features: LinearFeatures, data: Trajectories) -> Learned:
        """Estimate values backward, and act greedily on them.

        Parameters
        ----------
        features : LinearFeatures or LinearMDP
            Of a LinearMDP only features and rewards are used; episodes that it calls impossible are refused.
        data : Trajectories

        Raises
        ------
        ModelError
            If the data do not fit the features, or if without a ridge they leave a feature out.
        """
        if not isinstance(data, Trajectories):
            raise ModelError(f"data are {type(data).__name__} (expected Trajectories(states, actions, rewards))")
        data.check(features)
        data, aid = self._prepared(features, data)
        steps, n_states, n_actions, d = features.horizon, features.n_states, features.n_actions, features.dimension
        ceiling = self._ceilings(steps)
        values, q = np.zeros((steps + 1, n_states)), np.empty((steps, n_states, n_actions))
        weights, bonus, inverses, roots = np.empty((steps, d)), np.empty_like(q), np.empty((steps, d, d)), np.empty((steps, d))
        looked, work = 0, 0
        for h in reversed(range(steps)):
            moments = Moments.of(features, data, h, self.ridge)
            found = self._estimate(features, moments, values[h + 1], h, float(ceiling.max()), aid)
            looked, work = looked + found.moments, work + moments.operations + found.operations
            weights[h], inverses[h], roots[h] = found.weights, moments.inverse, found.roots
            bonus[h] = self._bonus(features, moments.inverse, found.roots)
            raw = features.mixed(found.weights) - bonus[h] + self._known_rewards(features, h)
            q[h] = np.minimum(raw, ceiling[h]) if self.released else np.clip(raw, 0.0, ceiling[h])
            values[h] = q[h].max(axis=1)
        return Learned(self, values, q, q.argmax(axis=2), weights, bonus, inverses, roots, looked, work)

    def _prepared(self, features: LinearFeatures, data: Trajectories) -> tuple[Trajectories, Any]:
        """The episodes to learn from, and whatever else estimates need."""
        return data, None

    def _ceilings(self, steps: int) -> Float:
        if self.ceiling is None:
            return np.arange(steps, 0, -1, dtype=np.float64)
        ceiling = np.asarray(self.ceiling, dtype=np.float64)
        if ceiling.shape not in ((), (steps,)) or not (ceiling > 0).all():
            raise ModelError(f"ceiling is {self.ceiling!r} (expected a positive number or {steps} of them)")
        return np.broadcast_to(ceiling, (steps,))

    def _known_rewards(self, features: LinearFeatures, h: int) -> Float:
        if not self.regresses_rewards:
            return features.rewards[h]
        covered = features.mixed(np.ones(features.dimension)) > 0.0  # without features nothing can be regressed
        return np.where(covered, 0.0, features.rewards[h])

    def _bonus(self, features: LinearFeatures, inverse: Float, roots: Float) -> Float:
        if not self.released:
            return self.beta * features.mixed(roots)
        squares = features.matrix.multiply(features.matrix) if hasattr(features.matrix, "multiply") else features.matrix**2
        return self.beta * np.sqrt(squares @ roots**2).reshape(features.n_states, features.n_actions)

    def _estimate(self, features: LinearFeatures, moments: Moments, values: Float, h: int, top: float, aid: Any) -> Estimate:
        raise NotImplementedError


def _roots(inverse: Float) -> Float:
    return np.sqrt(np.maximum(inverse.diagonal(), 0.0))


def _strength(given: Any, features: LinearFeatures, h: int, name: str) -> Float:
    """(d,) radii or penalties of a step."""
    shape = (features.horizon, features.dimension)
    try:
        table = np.broadcast_to(np.asarray(given, dtype=np.float64), shape)
    except (TypeError, ValueError):
        raise ModelError(f"{name} is {given!r} (expected a number, {shape[1:]} or {shape})") from None
    bad = np.argwhere(~(table >= 0.0))
    if bad.size:
        raise ModelError(f"{name}[{bad[0][0]}, {bad[0][1]}] is {float(table[tuple(bad[0])])!r} (expected a number >= 0)")
    return np.array(table[h])


@dataclass(frozen=True, kw_only=True)
class PEVI(Learner):
    r"""Pessimistic value iteration, not robust: :math:`\Gamma = \beta \|\phi\|_{\Lambda^{-1}}`.

    Examples
    --------
    >>> from tabular.linear_mdp import LinearMDP, sample
    >>> model = LinearMDP([[[.5, .5]], [[0, 1]]], [[.9, .1], [.1, .9]], [[0, 1], [0, 1]])
    >>> PEVI(beta=0, ridge=.01).learn(model, sample(model, 1000, rng=0))
    Learned by PEVI(beta=0, ridge=0.01, ceiling=None, released=False): 2 steps, 2 states, 1 actions, 4 moments
    """

    regresses_rewards: ClassVar[bool] = True

    def _estimate(self, features: LinearFeatures, moments: Moments, values: Float, h: int, top: float, aid: Any) -> Estimate:
        paid = moments.inverse @ (moments.phi.T @ moments.paid)
        plain = moments.weights @ values[moments.reached]
        return Estimate(paid + plain, _roots(moments.inverse), features.dimension, moments.size)

    def _bonus(self, features: LinearFeatures, inverse: Float, roots: Float) -> Float:
        matrix = features.matrix
        product = matrix @ inverse
        square = matrix.multiply(product).sum(axis=1) if hasattr(matrix, "multiply") else (matrix * product).sum(axis=1)
        norms = np.sqrt(np.maximum(np.asarray(square).reshape(-1), 0.0))
        return self.beta * norms.reshape(features.n_states, features.n_actions)


@dataclass(frozen=True)
class R2PVI(Learner):
    r"""Robust regularised pessimistic value iteration.

    ============== ============================================================================================
    TotalVariation :math:`\hat E_i[\min(\hat V, \min \hat V + \lambda)]`
    KL             :math:`-\lambda \log \max(\hat E_i[e^{-\hat V / \lambda}], e^{-H / \lambda})`
    ChiSquare      :math:`\max_\alpha m(\alpha) + \frac{m(\alpha)^2 - \hat E_i[\min(\hat V, \alpha)^2]}{4 \lambda}`,
                   :math:`m(\alpha) = \hat E_i[\min(\hat V, \alpha)]`, alpha in the range of :math:`\hat V`
    ============== ============================================================================================

    Parameters
    ----------
    divergence : TotalVariation, KL or ChiSquare
    penalty : number, (d,) or (H, d) array
        lambda; infinity for a factor that is not in doubt.
    released : bool
        The minimum over observed next states in place of all states.
    """

    divergence: Any
    penalty: Any

    def __post_init__(self) -> None:
        super().__post_init__()
        if type(self.divergence) not in (TotalVariation, KL, ChiSquare):
            raise ModelError(f"R2PVI has no formula for {self.divergence!r} (it has for TotalVariation(), KL() and ChiSquare())")
        if isinstance(self.divergence, TotalVariation) and self.divergence.absolutely_continuous:
            raise ModelError("R2PVI's formula lets mass go to any state; write TotalVariation()")
        if not isinstance(self.divergence, TotalVariation) and not (np.asarray(self.penalty, dtype=np.float64) > 0).all():
            raise ModelError(f"penalty is {self.penalty!r} (expected positive numbers)")

    def _estimate(self, features: LinearFeatures, moments: Moments, values: Float, h: int, top: float, aid: Any) -> Estimate:
        penalty = _strength(self.penalty, features, h, "penalty")
        weights, observed = moments.weights, values[moments.reached]
        plain = weights @ observed
        count = features.dimension
        finite = np.where(np.isinf(penalty), 1.0, penalty)
        if isinstance(self.divergence, TotalVariation):
            least = float((observed if self.released else values).min())
            found = (weights * np.minimum(observed, least + finite[:, None])).sum(axis=1)
        elif isinstance(self.divergence, KL):
            moment = (weights * np.exp(-observed / finite[:, None])).sum(axis=1)
            with np.errstate(divide="ignore"):
                found = -finite * np.maximum(np.log(np.maximum(moment, 0.0)), -top / finite)
        else:
            found, _ = best_variance_level(weights, observed, (float(values.min()), float(values.max())), finite)
            count *= 2 * moments.reached.size
        scanned = 8 * moments.size if isinstance(self.divergence, ChiSquare) else moments.size
        return Estimate(np.where(np.isinf(penalty), plain, found), _roots(moments.inverse), count, scanned)


@dataclass(frozen=True)
class DRPVI(Learner):
    r"""Distributionally robust pessimistic value iteration, total variation within a radius.

    :math:`\hat w_i = \max_{\alpha \in [0, H]} \hat E_i[\min(\hat V, \alpha)] - \rho_i (\alpha - \min_s \min(\hat V(s), \alpha))`.

    Parameters
    ----------
    radius : number, (d,) or (H, d) array
        rho.
    released : bool
        The minimum of V taken as 0.
    """

    radius: Any

    def _estimate(self, features: LinearFeatures, moments: Moments, values: Float, h: int, top: float, aid: Any) -> Estimate:
        radius = _strength(self.radius, features, h, "radius")
        least = 0.0 if self.released else float(values.min())
        found, _ = best_level(moments.weights, values[moments.reached], least, top, radius)
        return Estimate(found, _roots(moments.inverse), features.dimension * (moments.reached.size + 3), 5 * moments.size)


@dataclass(frozen=True)
class DRVIL(Learner):
    r"""DRVI-L: KL within a radius, :math:`\hat w_i = \max_{\beta > 0} -\beta \log \hat E_i[e^{-\hat V / \beta}] - \beta \rho_i`.

    Parameters
    ----------
    radius : number, (d,) or (H, d) array
        rho; where it is 0 the mean.
    released : bool
        Moments are clipped at 1e-6 in place of :math:`e^{-H / \beta}`.
    """

    radius: Any

    def _estimate(self, features: LinearFeatures, moments: Moments, values: Float, h: int, top: float, aid: Any) -> Estimate:
        radius = _strength(self.radius, features, h, "radius")
        weights, observed = moments.weights, values[moments.reached]
        least = 1e-6 if self.released else 0.0
        found, _, count = best_temperature(weights, observed, top, radius, least)
        found = np.where(radius > 0.0, found, weights @ observed)
        return Estimate(found, _roots(moments.inverse), features.dimension * count, count * moments.size)


@dataclass(frozen=True)
class VADRPVI(Learner):
    r"""Variance-aware DRPVI: each episode counts by one over :math:`\hat\sigma_h^2(s, a; \alpha)`, level by level.

    :math:`\hat\sigma^2 = \max\{1, [\hat E' \min(\hat V', \alpha)^2]_{[0, H^2]} - [\hat E' \min(\hat V', \alpha)]^2_{[0, H]} -
    c\}`, with :math:`\hat E'` and the DRPVI values :math:`\hat V'` from other
    episodes: :meth:`learn` keeps the second half of its data for them.

    Parameters
    ----------
    radius : number, (d,) or (H, d) array
    slack : float
        c, in the paper of order :math:`d H^3 / \sqrt{K \kappa}`.
    levels : int
        At most so many levels are compared: the least value, the ceiling, and observed
        values at even ranks.
    released : bool
        The same episodes for both, one variance from the values as they are, no slack.
    """

    radius: Any
    slack: float = 0.0
    levels: int = 64

    def _prepared(self, features: LinearFeatures, data: Trajectories) -> tuple[Trajectories, Any]:
        """The episodes that estimate values, and those that estimate variances with the values that DRPVI gets from them."""
        if not self.released and len(data) < 2:
            raise ModelError("a single episode cannot be split into one half for values and one for variances")
        half = len(data) if self.released else (len(data) + 1) // 2
        other = data if self.released else data[half:]
        first = DRPVI(self.radius, beta=self.beta, ridge=self.ridge, ceiling=self.ceiling, released=self.released)
        return data[:half], (other, first.learn(features, other).values)

    def _estimate(self, features: LinearFeatures, moments: Moments, values: Float, h: int, top: float, aid: Any) -> Estimate:
        radius = _strength(self.radius, features, h, "radius")
        least = 0.0 if self.released else float(values.min())
        observed = values[moments.reached]
        other = Moments.of(features, aid[0], h, self.ridge)
        judged = aid[1][h + 1][other.reached]
        if self.released:
            inverse, weights = moments.reweighted(self._variance(moments.phi, other, judged, top), self.ridge, h)
            found, _ = best_level(weights, observed, least, top, radius)
            return Estimate(
                found, _roots(inverse), features.dimension * (observed.size + 5), moments.operations + 8 * moments.size
            )
        ranks = np.unique(np.linspace(0, observed.size - 1, max(1, self.levels - 2)).astype(int))
        tried = np.unique(np.concatenate([[min(max(least, 0.0), top), top], np.clip(np.sort(observed)[ranks], 0.0, top)]))
        best, roots = np.full(features.dimension, -np.inf), np.empty(features.dimension)
        for level in tried:
            cut = np.minimum(judged, level)
            inverse, weights = moments.reweighted(self._variance(moments.phi, other, cut, top), self.ridge, h)
            value = weights @ np.minimum(observed, level) - radius * (level - min(least, level))
            better = value > best
            best, roots = np.where(better, value, best), np.where(better, _roots(inverse), roots)
        work = tried.size * (moments.operations + 2 * other.size + moments.size)
        return Estimate(best, roots, features.dimension * 3 * tried.size, work)

    def _variance(self, phi: Float, other: Moments, values: Float, top: float) -> Float:
        weights = other.weights
        first = np.clip(phi @ (weights @ values), 0.0, top)
        second = np.clip(phi @ (weights @ values**2), 0.0, top**2)
        return np.maximum(1.0, second - first**2 - (0.0 if self.released else self.slack))
