r"""Finite Markov decision processes, as data.

Notation used below and throughout: states :math:`s \in \{0..S-1\}` are axis 0, actions :math:`a \in \{0..A-1\}` axis 1,
next states :math:`s'` the last axis; :math:`P(s, a, s')` is a transition probability, :math:`r(s, a)` an expected reward,
:math:`\gamma` the discount factor. A model is immutable and is validated once; what it contains is *taken as given*:
rows may miss one by 1e-9, they are never renormalised, and every statement of the solvers is about the numbers stored.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from tabular import _arrays
from tabular import _reading as reading
from tabular._arrays import Float, frozen
from tabular._rows import row_sums
from tabular.errors import ModelError

__all__ = ["MDP", "Exact"]


@dataclass(frozen=True)
class Exact:
    """The rational numbers that the doubles of a model stand for.

    ``P`` is an object array (S, A, S) of fractions, or for a sparse model one of the length of ``mdp.P.data``;
    ``r`` is (S, A); ``initial`` is (S,) or ``None``.
    """

    P: NDArray[Any]
    r: NDArray[Any]
    gamma: Fraction
    initial: NDArray[Any] | None


class MDP:
    r"""A finite Markov decision process :math:`(P, r, \gamma)`.

    Parameters
    ----------
    P : (S, A, S) array, CSR of shape (S*A, S) with row ``s*A + a``, or a list of A sparse (S, S) matrices
        Transition probabilities: non-negative, finite, rows within 1e-9 of one. Duplicate entries of a sparse matrix are
        added. An object array of fractions (or python-flint rationals) makes the model *rational*: the doubles are then
        only its rounding, and brackets are about the rationals.
    r : (S, A), (S,), (S, A, S) array, or CSR of shape (S*A, S) aligned with ``P``
        Rewards, finite. Per-transition rewards are averaged over ``P``; the rounding of that average is accounted for.
    gamma : float or fraction in [0, 1]
        Discount factor. 1 is accepted here, for :class:`~tabular.FiniteHorizon`; the discounted objective refuses it.
    initial : (S,) distribution or a state, optional
        Law of the first state.
    allowed : (S, A) booleans, optional
        Actions that exist. Whatever ``P`` and ``r`` hold for the others is ignored and stored as zero.

    Raises
    ------
    ModelError
        With the state, the action and the offending number.

    Examples
    --------
    >>> import tabular
    >>> MDP(P=[[[0.5, 0.5], [1, 0]], [[0, 1], [0, 1]]], r=[[1, 0], [0, 2]], gamma=0.9)
    MDP(2 states, 2 actions, gamma=0.9)
    ├─ transitions: dense (2, 2, 2), 5 of 8 positive, rows sum to 1
    ├─ rewards: per state and action, in [0, 2]
    ├─ initial: not given
    └─ allowed: every action
    >>> MDP(P=[[[0.5, 0.48]]], r=[[0]], gamma=0.9)
    Traceback (most recent call last):
    ...
    tabular.errors.ModelError: P has shape (1, 1, 2) (expected (S, A, S): states, actions, next states)
    """

    __slots__ = ("_P", "_allowed", "_exact", "_gamma", "_initial", "_r", "_reward_error", "_transition_reward")

    _P: Any
    _r: Float
    _gamma: float
    _initial: Float | None
    _allowed: NDArray[np.bool_] | None
    _exact: Exact | None
    _reward_error: Float | None
    _transition_reward: Float | None

    def __init__(
        self,
        P: Any,
        r: Any,
        gamma: Any,
        *,
        initial: Any = None,
        allowed: ArrayLike | None = None,
    ) -> None:
        rational = any(_arrays.is_rational(reading.peek(x)) for x in (P, r, gamma, initial))
        exact_P, P_float = reading.read_transitions(P, rational)
        n_states, n_actions = reading.sizes(P_float)
        mask = reading.read_allowed(allowed, n_states, n_actions)
        if mask is not None:
            P_float = reading.without(P_float, mask)
        sparse = sp.issparse(P_float)
        if rational and sparse:
            raise ModelError("rational models are dense; build a sparse float model and call .rationalized()")
        exact_gamma, self._gamma = reading.read_gamma(gamma)
        exact_r, self._r, self._transition_reward, self._reward_error = reading.read_rewards(r, P_float, exact_P, mask, rational)
        reading.check_rows(P_float, mask, n_actions)
        self._P = reading.freeze_matrix(P_float)
        self._allowed = None if mask is None or mask.all() else frozen(mask)
        exact_initial = None
        if initial is not None and _arrays.is_rational(reading.peek(initial)):
            exact_initial = _arrays.as_fractions(initial, "initial")
            initial = _arrays.rounded(exact_initial, "initial")
        self._initial = None if initial is None else frozen(_arrays.as_distribution(initial, n_states, "initial"))
        self._exact = None
        if rational:
            assert exact_P is not None
            assert exact_r is not None
            if exact_initial is None and self._initial is not None:
                exact_initial = _arrays.as_fractions(self._initial, "initial")
            if mask is not None:
                exact_P = np.where(mask[:, :, None], exact_P, np.array(Fraction(0), dtype=object))
            self._exact = Exact(frozen(exact_P), frozen(exact_r), exact_gamma, exact_initial)

    # What the model holds ------------------------------------------------------------------------------------------

    @property
    def P(self) -> Any:
        """Transition probabilities: read-only (S, A, S) array, or CSR (S*A, S) with row ``s*A + a``."""
        return self._P

    @property
    def r(self) -> Float:
        """Expected rewards, (S, A), read-only; zero where an action is not allowed."""
        return self._r

    @property
    def gamma(self) -> float:
        """Discount factor in [0, 1]."""
        return self._gamma

    @property
    def initial(self) -> Float | None:
        """Law of the first state, (S,), or ``None``."""
        return self._initial

    @property
    def allowed(self) -> NDArray[np.bool_] | None:
        """(S, A) mask of the actions that exist, or ``None`` when all do."""
        return self._allowed

    @property
    def exact(self) -> Exact | None:
        """The rationals behind a rational model, else ``None``."""
        return self._exact

    @property
    def transition_reward(self) -> Float | None:
        """Rewards per transition if they were given so: (S, A, S), or aligned with ``P.data``; else ``None``."""
        return self._transition_reward

    @property
    def reward_error(self) -> Float | None:
        """(S, A) bound on the rounding in :attr:`r` (averaging over transitions, rationals), or ``None`` if there is none."""
        return self._reward_error

    @property
    def n_states(self) -> int:
        """Number of states S."""
        return int(self._r.shape[0])

    @property
    def n_actions(self) -> int:
        """Number of actions A (allowed somewhere or not)."""
        return int(self._r.shape[1])

    @property
    def is_sparse(self) -> bool:
        """Whether the transitions are stored as CSR."""
        return bool(sp.issparse(self._P))

    # Other forms ---------------------------------------------------------------------------------------------------

    def replace(self, **changes: Any) -> MDP:
        """The same model with some constructor arguments changed (``P``, ``r``, ``gamma``, ``initial``, ``allowed``).

        >>> MDP([[[1.0]]], [[1.0]], 0.9).replace(gamma=0.5).gamma
        0.5
        """
        unknown = set(changes) - {"P", "r", "gamma", "initial", "allowed"}
        if unknown:
            raise TypeError(f"MDP has no argument {sorted(unknown)[0]!r}")
        if self._exact is not None and self.is_sparse:
            raise ModelError("a sparse rational model cannot be changed; change the float model, then call .rationalized()")
        return MDP(**{**self._arguments(), **changes})

    def _arguments(self) -> dict[str, Any]:
        exact = self._exact
        if exact is not None and not self.is_sparse:
            return {"P": exact.P, "r": exact.r, "gamma": exact.gamma, "initial": exact.initial, "allowed": self._allowed}
        r: Any = self._r
        if self._transition_reward is not None:
            r = self._transition_reward
            if self.is_sparse:
                r = sp.csr_array((r, self._P.indices, self._P.indptr), shape=self._P.shape)
        return {"P": self._P, "r": r, "gamma": self._gamma, "initial": self._initial, "allowed": self._allowed}

    def rationalized(self, max_denominator: int = 10**6) -> MDP:
        """The rational model whose entries are the simplest fractions near this one's.

        Each entry becomes the nearest fraction with denominator at most ``max_denominator``: 0.333... becomes 1/3, and
        brackets and exact solutions are then about the model with 1/3. Rewards keep their exact binary value when the
        nearest such fraction does not round back to them.

        Raises
        ------
        ModelError
            If a row of nearest fractions does not sum to one exactly; the message names it.
        """
        if self._exact is not None:
            return self

        def near(x: float, keep: bool) -> Fraction:
            exact = Fraction(x)
            simple = exact.limit_denominator(max_denominator)
            return exact if keep and float(simple) != x else simple

        entries = self._P.data if self.is_sparse else self._P.reshape(-1)
        P = np.array([near(float(x), False) for x in entries] + [None], dtype=object)[:-1]
        pointers = self._P.indptr if self.is_sparse else np.arange(0, P.size + 1, self.n_states)
        for row in range(self.n_states * self.n_actions):
            total = sum(P[pointers[row] : pointers[row + 1]], Fraction(0))
            if total != 1 and (self._allowed is None or self._allowed.reshape(-1)[row]):
                s, a = divmod(row, self.n_actions)
                raise ModelError(
                    f"the nearest fractions of state {s}, action {a} sum to {total}, not 1; "
                    "raise max_denominator or give the fractions yourself"
                )
        r = np.array([near(float(x), True) for x in self._r.reshape(-1)] + [None], dtype=object)[:-1]
        initial = None
        if self._initial is not None:
            initial = np.array([near(float(x), False) for x in self._initial] + [None], dtype=object)[:-1]
        r, gamma = r.reshape(self._r.shape), near(self._gamma, True)
        if not self.is_sparse:
            return MDP(P.reshape(self._P.shape), r, gamma, initial=initial, allowed=self._allowed)
        values = _arrays.rounded(P, "P")
        matrix = sp.csr_array((values, self._P.indices, self._P.indptr), shape=self._P.shape)
        first = None if initial is None else _arrays.rounded(initial, "initial")
        model = MDP(matrix, _arrays.rounded(r, "r"), float(gamma), initial=first, allowed=self._allowed)
        return model._standing_for(Exact(frozen(P), frozen(r), gamma, initial))

    def _standing_for(self, exact: Exact) -> MDP:
        """This model, declared to be the rounding of the given rationals."""
        self._exact = exact
        self._reward_error = frozen(np.abs(self._r) * 2.0**-52 + 2.0**-1073)
        return self

    @classmethod
    def from_gymnasium(cls, id_or_env: Any, gamma: Any, **make_arguments: Any) -> MDP:
        """The tabular model behind a Gymnasium environment; see :func:`tabular.io.gymnasium.from_gymnasium`."""
        from tabular.io.gymnasium import from_gymnasium

        return from_gymnasium(id_or_env, gamma, **make_arguments)

    @classmethod
    def from_mdptoolbox(cls, P: Any, R: Any, gamma: Any) -> MDP:
        """A model in the (A, S, S) layout of the MDP toolboxes; see :func:`tabular.io.toolbox.from_mdptoolbox`."""
        from tabular.io.toolbox import from_mdptoolbox

        return from_mdptoolbox(P, R, gamma)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to ``path``, atomically and without pickle; :meth:`load` gives back the same numbers."""
        from tabular.io.archive import save

        save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> MDP:
        """Read a model that :meth:`save` wrote; :class:`ModelError` if the file is anything else."""
        from tabular.io.archive import load

        return load(path)

    def __repr__(self) -> str:
        entries = self._P.data if self.is_sparse else self._P
        layout = "CSR" if self.is_sparse else "dense"
        stored = f"{self._P.nnz} stored" if self.is_sparse else f"{np.count_nonzero(entries)} of {entries.size} positive"
        sums = row_sums(self._P)
        if self._allowed is not None:
            sums = sums[self._allowed.reshape(-1)]
        low, high = float(sums.min()), float(sums.max())
        rows = f"rows sum to {low:.12g}" if low == high else f"rows sum to 1 within {max(high - 1, 1 - low):.1e}"
        kind = "per state and action" if self._transition_reward is None else "per transition, averaged"
        gamma = self._gamma if self._exact is None else self._exact.gamma
        initial = "not given"
        if self._initial is not None:
            support = np.flatnonzero(self._initial)
            initial = f"state {support[0]}" if support.size == 1 else f"a law on {support.size} states"
        legal = "every action" if self._allowed is None else f"{int(self._allowed.sum())} of {self._allowed.size} pairs"
        lines = [
            f"MDP({self.n_states} states, {self.n_actions} actions, gamma={gamma})",
            f"├─ transitions: {layout} {self._P.shape}, {stored}, {rows}",
            f"├─ rewards: {kind}, in [{self._r.min():.6g}, {self._r.max():.6g}]",
            f"├─ initial: {initial}",
            f"└─ allowed: {legal}",
        ]
        if self._exact is not None:
            lines.insert(1, "├─ rational: the doubles stand for exact fractions")
        return "\n".join(lines)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.__slots__:
            raise AttributeError(f"an MDP is immutable; use .replace({name}=...)")
        object.__setattr__(self, name, value)
