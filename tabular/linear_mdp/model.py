r"""Linear Markov decision processes with simplex features, over a finite horizon.

.. math:: r_h(s, a) = \langle \phi(s, a), \theta_h \rangle, \qquad
          P_h(\cdot | s, a) = \sum_{i \le d} \phi_i(s, a)\, \mu_{h, i}(\cdot), \qquad \phi(s, a) \in \Delta_d,

each factor :math:`\mu_{h, i}` a law on the states (Jin, Yang, Wang and Jordan 2020). Steps are h = 0 .. H - 1. A learner knows
the features and the rewards, not the factors: :class:`LinearFeatures` is what it may look at.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from tabular import _arrays
from tabular import _reading as reading
from tabular._arrays import ROW_TOLERANCE, Float, frozen
from tabular._parameters import count
from tabular.errors import ModelError
from tabular.mdp import MDP

__all__ = ["LinearFeatures", "LinearMDP"]


class LinearFeatures:
    r"""Features and rewards of a problem over a finite horizon: what a learner is told.

    Parameters
    ----------
    features : (S, A, d) array, or CSR of shape (S*A, d) with row ``s*A + a``
        :math:`\phi(s, a) \ge 0` with sum at most one. A row of zeros is an action that ends the episode: only its reward counts.
    rewards : (H, S, A) array, or (S, A) for all steps
        Known expected rewards.
    horizon : int, optional
        H; needed if the rewards are the same at all steps.

    Raises
    ------
    ModelError
        If a feature is negative or not finite, a row sums to more than one (up to 1e-9), or shapes do not fit.
    """

    __slots__ = ("_matrix", "horizon", "n_actions", "n_states", "rewards")

    _matrix: Any
    horizon: int
    n_states: int
    n_actions: int
    rewards: Float

    def __init__(self, features: Any, rewards: Any, horizon: int | None = None) -> None:
        r = _arrays.as_float(rewards, "rewards")
        if r.ndim == 2:
            if horizon is None:
                raise ModelError("rewards are (S, A), the same at all steps: say the horizon")
            r = np.broadcast_to(r, (count(horizon, "horizon"), *r.shape))
        if r.ndim != 3 or r.size == 0:
            raise ModelError(f"rewards have shape {r.shape} (expected (H, S, A) or (S, A))")
        if horizon is not None and len(r) != horizon:
            raise ModelError(f"rewards have {len(r)} steps, but the horizon is {horizon}")
        bad = np.argwhere(~np.isfinite(r))
        if bad.size:
            h, s, a = bad[0]
            raise ModelError(f"rewards of step {h}, state {s}, action {a} are {float(r[h, s, a])!r} (expected a finite number)")
        self._hold(_features(features, *r.shape[1:]), r)

    def _hold(self, matrix: Any, rewards: Float) -> None:
        self.horizon, self.n_states, self.n_actions = (int(n) for n in rewards.shape)
        self._matrix = matrix
        self.rewards = frozen(rewards) if rewards.flags.writeable else rewards

    @property
    def dimension(self) -> int:
        """Number of features d."""
        return int(self._matrix.shape[1])

    @property
    def features(self) -> Any:
        """Read-only (S, A, d) array, or CSR (S*A, d)."""
        return self._matrix if sp.issparse(self._matrix) else self._matrix.reshape(self.n_states, self.n_actions, -1)

    @property
    def matrix(self) -> Any:
        """Features as (S*A, d), dense or CSR."""
        return self._matrix

    def rows(self, pairs: NDArray[Any]) -> Float:
        """Dense features of pairs ``s*A + a``."""
        picked = self._matrix[pairs]
        return np.asarray(picked.toarray() if sp.issparse(picked) else picked)

    def mixed(self, weights: Float) -> Float:
        r"""(S, A) inner products :math:`\langle \phi(s, a), w \rangle`."""
        return np.asarray(self._matrix @ weights).reshape(self.n_states, self.n_actions)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.n_states} states, {self.n_actions} actions, {self.dimension} features, "
            f"horizon {self.horizon})"
        )


class LinearMDP(LinearFeatures):
    r"""A linear MDP, its factors included.

    Parameters
    ----------
    features : (S, A, d) array, or CSR of shape (S*A, d)
        Laws on the factors: not negative, sums within 1e-9 of one.
    factors : (H, d, S) or (d, S) array, CSR (d, S), or a list of H of them
        :math:`\mu_{h, i}`; one matrix means the same at all steps. Each row is a law, within 1e-9.
    theta : (H, d) array, or (d,) with ``horizon``
        Reward parameters.
    horizon : int, optional
        H, if neither ``theta`` nor ``factors`` says it.
    initial : (S,) law or a state, optional
        Where episodes start.

    Raises
    ------
    ModelError
        Naming the state and action, or the step and factor, and the number that is wrong.

    Examples
    --------
    >>> import numpy as np
    >>> safe_or_coin = LinearMDP(np.eye(2)[None].repeat(3, axis=0), [[0, 1, 0], [.5, 0, .5]], [0, 0], horizon=2)
    >>> safe_or_coin
    LinearMDP(3 states, 2 actions, 2 features, horizon 2)
    >>> safe_or_coin.kernel(0)[0]
    array([[0. , 1. , 0. ],
           [0.5, 0. , 0.5]])
    """

    __slots__ = ("factors", "initial", "theta")

    factors: tuple[Any, ...]
    initial: Float | None
    theta: Float

    def __init__(self, features: Any, factors: Any, theta: Any, horizon: int | None = None, *, initial: Any = None) -> None:
        weights = _arrays.as_float(theta, "theta")
        if weights.ndim not in (1, 2) or weights.size == 0:
            raise ModelError(f"theta has shape {weights.shape} (expected (H, d) or (d,))")
        steps = _steps(weights, factors, horizon)
        weights = np.broadcast_to(weights, (steps, weights.shape[-1]))
        if not np.isfinite(weights).all():
            h, i = np.argwhere(~np.isfinite(weights))[0]
            raise ModelError(f"theta[{h}, {i}] is {float(weights[h, i])!r} (expected a finite number)")
        width = weights.shape[1]
        self.factors = _factors(factors, steps, width)
        n_states = self.factors[0].shape[1]
        ratio = (
            features.shape[0] / n_states if sp.issparse(features) else np.shape(features)[1] if np.ndim(features) == 3 else 0.5
        )
        if ratio != int(ratio) or (features.shape[1] if sp.issparse(features) else np.shape(features)[2]) != width:
            expected = f"({n_states} A, {width})" if sp.issparse(features) else f"({n_states}, A, {width})"
            raise ModelError(f"features have shape {np.shape(features)} (expected {expected}: states, actions, d)")
        n_actions = int(ratio)
        matrix = _features(features, n_states, n_actions)
        rewards = np.asarray(matrix @ weights.T).T.reshape(steps, n_states, n_actions)
        self._hold(matrix, rewards)
        sums = np.asarray(matrix.sum(axis=1)).reshape(-1)
        off = np.flatnonzero(np.abs(sums - 1.0) > ROW_TOLERANCE)
        if off.size:
            s, a = divmod(int(off[0]), n_actions)
            raise ModelError(
                f"features of state {s}, action {a} sum to {sums[off[0]]:.12g} (expected 1 within {ROW_TOLERANCE:g}): "
                "a linear MDP mixes its factors; divide by the sum, or add a factor for what is missing"
            )
        self.theta = frozen(weights) if weights.flags.writeable else weights
        self.initial = None if initial is None else frozen(_arrays.as_distribution(initial, n_states, "initial"))

    @classmethod
    def one_hot(cls, mdp: MDP, horizon: int) -> LinearMDP:
        """A model as a linear MDP whose features say which state and action: d = S A, factors are the rows.

        d-rectangular sets are then (s,a)-rectangular ones.
        """
        if mdp.allowed is not None:
            raise ModelError("one-hot features need every action in every state: the model has actions that are not allowed")
        pairs = mdp.n_states * mdp.n_actions
        features = sp.eye_array(pairs, format="csr")
        P = mdp.P if mdp.is_sparse else mdp.P.reshape(pairs, mdp.n_states)
        return cls(features, P, mdp.r.reshape(-1), horizon, initial=mdp.initial)

    def kernel(self, step: int) -> Any:
        """Nominal transitions of a step, (S, A, S), or CSR (S*A, S) if features and factors are sparse."""
        product = self._matrix @ self.factors[step]
        if sp.issparse(product):
            return sp.csr_array(product)
        return np.asarray(product).reshape(self.n_states, self.n_actions, self.n_states)

    def with_factors(self, factors: Any) -> LinearMDP:
        """The same features and rewards with other factors."""
        features = self._matrix if sp.issparse(self._matrix) else self.features
        return LinearMDP(features, factors, self.theta, initial=self.initial)


def _features(features: Any, n_states: int, n_actions: int) -> Any:
    pairs = n_states * n_actions
    if sp.issparse(features):
        matrix = _arrays.as_csr(features, (pairs, features.shape[1]), "features")
        data = matrix.data
    else:
        array = _arrays.as_float(features, "features")
        if array.ndim != 3 or array.shape[:2] != (n_states, n_actions):
            raise ModelError(f"features have shape {array.shape} (expected ({n_states}, {n_actions}, d): states, actions, d)")
        matrix = array.reshape(pairs, -1)
        data = matrix
    if matrix.shape[1] == 0:
        raise ModelError("there are no features (d = 0)")
    bad = ~(np.isfinite(data) & (data >= 0))
    if bad.any():
        table = matrix.toarray() if sp.issparse(matrix) else matrix
        pair, i = np.argwhere(~(np.isfinite(table) & (table >= 0)))[0]
        s, a = divmod(int(pair), n_actions)
        raise ModelError(f"feature {i} of state {s}, action {a} is {float(table[pair, i])!r} (expected a weight in [0, 1])")
    sums = np.asarray(matrix.sum(axis=1)).reshape(-1)
    over = np.flatnonzero(sums > 1.0 + ROW_TOLERANCE)
    if over.size:
        s, a = divmod(int(over[0]), n_actions)
        raise ModelError(f"features of state {s}, action {a} sum to {sums[over[0]]:.12g} (expected at most 1)")
    return reading.freeze_matrix(matrix)


def _steps(theta: Float, factors: Any, horizon: int | None) -> int:
    """The horizon, from whatever says it; all that say it must agree."""
    said = {}
    if horizon is not None:
        said["horizon"] = count(horizon, "horizon")
    if theta.ndim == 2:
        said["theta"] = len(theta)
    if isinstance(factors, (list, tuple)) and factors and sp.issparse(factors[0]):
        said["factors"] = len(factors)
    elif not sp.issparse(factors) and np.ndim(factors) == 3:
        said["factors"] = len(factors)
    if not said:
        raise ModelError("theta and factors are the same at all steps: say the horizon")
    if len(set(said.values())) > 1:
        raise ModelError("steps disagree: " + ", ".join(f"{name} has {n}" for name, n in said.items()))
    return next(iter(said.values()))


def _factors(factors: Any, steps: int, width: int) -> tuple[Any, ...]:
    if isinstance(factors, (list, tuple)) and factors and sp.issparse(factors[0]):
        laws = tuple(_laws(x, width, f"factors[{h}]") for h, x in enumerate(factors))
        for h, x in enumerate(laws):
            if x.shape != laws[0].shape:
                raise ModelError(f"factors[{h}] has shape {x.shape}, factors[0] {laws[0].shape}: all steps have the same states")
        return laws
    if sp.issparse(factors) or np.ndim(factors) == 2:
        return (_laws(factors, width, "factors"),) * steps
    array = _arrays.as_float(factors, "factors")
    if array.ndim != 3:
        raise ModelError(f"factors have shape {array.shape} (expected (H, d, S) or (d, S))")
    return tuple(_laws(x, width, f"factors[{h}]") for h, x in enumerate(array))


def _laws(matrix: Any, width: int, where: str) -> Any:
    """(d, S) laws, validated and read-only."""
    if sp.issparse(matrix):
        matrix = _arrays.as_csr(matrix, (width, matrix.shape[1]), where)
        data = matrix.data
    else:
        matrix = _arrays.as_float(matrix, where)
        data = matrix
    if matrix.ndim != 2 or matrix.shape[0] != width or matrix.shape[1] == 0:
        raise ModelError(f"{where} has shape {matrix.shape} (expected ({width}, S): one law for each feature)")
    if not (np.isfinite(data) & (data >= 0)).all():
        table = matrix.toarray() if sp.issparse(matrix) else matrix
        i, s = np.argwhere(~(np.isfinite(table) & (table >= 0)))[0]
        raise ModelError(f"{where}[{i}, {s}] is {float(table[i, s])!r} (expected a probability)")
    sums = np.asarray(matrix.sum(axis=1)).reshape(-1)
    off = np.flatnonzero(np.abs(sums - 1.0) > ROW_TOLERANCE)
    if off.size:
        raise ModelError(f"{where}: factor {off[0]} sums to {sums[off[0]]:.12g} (expected 1 within {ROW_TOLERANCE:g})")
    return reading.freeze_matrix(matrix)
