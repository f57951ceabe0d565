r"""Grouped actions: a group is chosen, fixed weights choose inside it.

.. math:: (Tv)(s) = \max_g \sum_{a : G(a) = g} w(s, a) \Bigl[ r(s, a) + \gamma \sum_{s'} P(s, a, s') v(s') \Bigr],

with G(a) the label of action a and w the law inside each group. This is the optimality operator of the merged model, whose
actions are groups: :math:`P_w(s, g) = \sum_{a \in g} w(s, a) P(s, a)`, :math:`r_w(s, g) = \sum_{a \in g} w(s, a) r(s, a)`.
Sweeps cost what m actions cost. Brackets speak of the *original* model: a merged entry is a sum of k products of numbers that
are not negative, so that rounding moves it by at most :math:`(k + 3) 2^{-53}` of itself, and enclosures are widened by that
much.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from tabular import _arrays
from tabular._arrays import ROW_TOLERANCE, Float, frozen
from tabular._rows import TINY, error_unit
from tabular.bellman.nominal import Optimality
from tabular.bellman.rounding import scaled_interval, up
from tabular.errors import ModelError
from tabular.mdp import MDP

__all__ = ["Grouped", "Groups", "as_groups"]


@dataclass(frozen=True, eq=False)
class Groups:
    """A partition of the actions, and how a group is played.

    Parameters
    ----------
    labels : (A,) integers
        The group of each action, 0 to m - 1, every label used.
    weights : (S, m, A), (S, A) or (A,) array, optional
        Law inside each group, taken as given: (S, m, A) is zero off the group, (S, A) holds the weight of an action in its own
        group, (A,) is the same in every state. Sums over a group are within 1e-9 of one. By default uniform over the allowed
        actions of the group; in a rational model the weights stand for fractions.

    Raises
    ------
    ModelError
        If the labels are no such partition. Weights are checked with the model (:meth:`weights_in`).

    Examples
    --------
    >>> Groups([0, 0, 1]).n_groups
    2
    >>> Groups([0, 2])
    Traceback (most recent call last):
    ...
    tabular.errors.ModelError: no action has label 1 (labels are 0 to m - 1); np.unique(labels, return_inverse=True)[1] closes
    gaps
    """

    labels: Any
    weights: Any = None

    def __post_init__(self) -> None:
        labels = np.asarray(self.labels)
        if labels.ndim != 1 or labels.size == 0 or labels.dtype.kind not in "iu":
            raise ModelError(f"groups are {self.labels!r} (expected the integer label of each action)")
        if labels.min() < 0:
            raise ModelError(f"the label of action {int(labels.argmin())} is {int(labels.min())} (labels are 0 to m - 1)")
        skipped = np.setdiff1d(np.arange(min(int(labels.max()), labels.size)), labels)
        if skipped.size:
            raise ModelError(
                f"no action has label {skipped[0]} (labels are 0 to m - 1); np.unique(labels, return_inverse=True)[1] closes gaps"
            )
        object.__setattr__(self, "labels", frozen(labels.astype(np.intp)))

    @property
    def n_groups(self) -> int:
        """Number of groups m."""
        return int(self.labels.max()) + 1

    @cached_property
    def membership(self) -> sp.csr_array:
        """(A, m) indicator of the group of each action."""
        ones = np.ones(self.labels.size)
        return sp.csr_array((ones, self.labels, np.arange(self.labels.size + 1)), shape=(self.labels.size, self.n_groups))

    def available(self, mdp: MDP) -> NDArray[np.bool_]:
        """(S, m) whether any action of the group is allowed."""
        self._check_length(mdp.n_actions)
        mask = np.ones(mdp.r.shape, dtype=bool) if mdp.allowed is None else mdp.allowed
        return np.asarray(mask @ self.membership > 0)

    def weights_in(self, mdp: MDP) -> Float:
        """(S, A) weight of each action in its own group; zero where an action is not allowed.

        Raises
        ------
        ModelError
            If the partition has another length than the model has actions, or weights are negative, off their group, on actions
            that are not allowed, or do not sum to one over a group.
        """
        return self.weights_for(mdp.n_states, mdp.n_actions, mdp.allowed)

    def weights_for(self, n_states: int, n_actions: int, allowed: NDArray[np.bool_] | None = None) -> Float:
        """The same for a number of states and actions, and an (S, A) mask of those allowed."""
        self._check_length(n_actions)
        mask = np.ones((n_states, n_actions), dtype=bool) if allowed is None else allowed
        if self.weights is None:
            shares = self._shares(mask)
            return np.asarray((shares > 0) / np.maximum(shares, 1.0))
        given = self._given(mask.shape)
        table = _arrays.rounded(given, "weights") if given.dtype == object else given
        self._check(table, mask)
        return table

    def exact_weights_in(self, mdp: MDP) -> NDArray[Any]:
        """The same as fractions: of a rational model those that are meant, otherwise the doubles themselves."""
        table = self.weights_in(mdp)
        if mdp.exact is None:
            return _arrays.as_fractions(table, "weights")
        if self.weights is None:
            shares = self._shares(table > 0)
            return np.array([[Fraction(int(n > 0), max(int(n), 1)) for n in row] for row in shares], dtype=object)
        return _arrays.as_fractions(self._given(mdp.r.shape), "weights")

    def _check_length(self, n_actions: int) -> None:
        if self.labels.size != n_actions:
            raise ModelError(f"groups label {self.labels.size} actions, but there are {n_actions}")

    def _shares(self, mask: NDArray[np.bool_]) -> Float:
        """(S, A) how many allowed actions the group of an action has; 0 where it is not allowed itself."""
        return np.asarray(mask * (mask.astype(np.float64) @ self.membership)[:, self.labels])

    def _given(self, shape: tuple[int, ...]) -> NDArray[Any]:
        """(S, A) weights as given, fractions if they are."""
        rational = _arrays.is_rational(self.weights)
        table = _arrays.as_fractions(self.weights, "weights") if rational else _arrays.as_float(self.weights, "weights")
        n_states, n_actions = shape
        if table.shape == (n_actions,):
            return np.ascontiguousarray(np.broadcast_to(table, shape))
        if table.shape == shape:
            return table
        whole = (n_states, self.n_groups, n_actions)
        if table.shape != whole:
            raise ModelError(f"weights have shape {table.shape} (expected {whole}, {shape} or ({n_actions},))")
        off = np.argwhere((table != 0) & (np.arange(self.n_groups)[:, None] != self.labels))
        if off.size:
            s, g, a = off[0]
            raise ModelError(
                f"weights[{s}, {g}, {a}] is {float(table[s, g, a])!r}, but action {a} is in group {self.labels[a]} (expected 0)"
            )
        return np.asarray(table[np.arange(n_states)[:, None], self.labels, np.arange(n_actions)])

    def _check(self, table: Float, mask: NDArray[np.bool_]) -> None:
        bad = np.argwhere(~(np.isfinite(table) & (table >= 0)))
        if bad.size:
            s, a = bad[0]
            raise ModelError(f"the weight of state {s}, action {a} is {float(table[s, a])!r} (expected a probability)")
        if (table[~mask] > 0).any():
            s, a = np.argwhere((table > 0) & ~mask)[0]
            raise ModelError(f"the weight of state {s}, action {a} is positive, but the action is not allowed there")
        sums = table @ self.membership
        wrong = np.argwhere((np.abs(sums - 1.0) > ROW_TOLERANCE) & (mask @ self.membership > 0))
        if wrong.size:
            s, g = wrong[0]
            raise ModelError(
                f"the weights of state {s}, group {g} sum to {sums[s, g]:.12g} (expected 1 within {ROW_TOLERANCE:g})"
            )

    def lift(self, choice: Any, mdp: MDP) -> Float:
        r"""(S, A) policy :math:`\pi(a|s) = \mu(G(a)|s)\, w(s, a)`, from (S,) groups or from (S, m) laws on groups.

        Raises
        ------
        ModelError
            If the choice has another shape, holds no laws, or takes a group that does not exist or has no allowed action.
        """
        available = self.available(mdp)
        law = np.asarray(choice)
        if law.dtype.kind in "iu" and law.shape == available.shape[:1]:
            if ((law < 0) | (law >= self.n_groups)).any():
                raise ModelError(f"the choice takes groups {law.min()} to {law.max()} (groups are 0 to {self.n_groups - 1})")
            law = (law[:, None] == np.arange(self.n_groups)).astype(np.float64)
        law = _arrays.as_float(law, "the choice")
        if law.shape != available.shape:
            raise ModelError(f"the choice has shape {law.shape} (expected {available.shape}, or ({len(law)},) integers)")
        if not ((law >= 0).all() and (np.abs(law.sum(axis=1) - 1.0) <= ROW_TOLERANCE).all()):
            raise ModelError(f"the choice holds no laws on groups (rows sum to {law.sum(axis=1).min():.12g} or more, expected 1)")
        if (law[~available] != 0).any():
            s, g = np.argwhere((law != 0) & ~available)[0]
            raise ModelError(f"the choice takes group {g} in state {s}, where none of its actions is allowed")
        return self._lifted(law, self.weights_in(mdp))

    def _lifted(self, choice: NDArray[Any], weights: Float) -> Float:
        law = choice[:, None] == np.arange(self.n_groups) if choice.ndim == 1 else choice
        return np.asarray(law[:, self.labels] * weights)

    def __repr__(self) -> str:
        sizes = np.bincount(self.labels)
        return f"Groups({self.n_groups} groups of {sizes.min()} to {sizes.max()} of {self.labels.size} actions)"


def as_groups(groups: Any, weights: Any = None) -> Groups:
    """Groups, from labels and weights or as they are."""
    if not isinstance(groups, Groups):
        return Groups(groups, weights)
    if weights is not None:
        raise ModelError("weights are given twice: Groups(...) carries its own")
    return groups


class Grouped(Optimality):
    """Optimality operator of a model whose actions are played in groups; choices are groups, :meth:`lift` gives the policy."""

    def __init__(self, mdp: MDP, groups: Groups) -> None:
        self.groups, self.original, self.weights = groups, mdp, groups.weights_in(mdp)
        super().__init__(_merged(mdp, groups, self.weights))
        terms = int(np.bincount(groups.labels).max()) + 8
        # one rounding each for weight, probability (when they stand for fractions) and product, k - 1 for the sum
        self._unit = terms * 2.0**-53 * (1 + 2.0**-9)
        self._underflow = 2 * terms * (mdp.n_states + 1) * TINY
        errors = self._unit * (self.weights * np.abs(mdp.r)) @ groups.membership + self._underflow
        if mdp.reward_error is not None:
            errors += (self.weights * mdp.reward_error) @ groups.membership * (1 + 2 * self._unit)
        self._errors = errors
        self.reward_size = float(up(np.abs(self.mdp.r) + errors).max())

    @cached_property
    def moduli(self) -> tuple[float, float]:
        """``gamma`` times the smallest and the largest sum over a group of weights times row sums, outward."""
        return scaled_interval(self.mdp.gamma, self.row_sums, error_unit(self.longest_row) + 2 * self._unit)

    def enclosed_q_values(self, v: Float) -> tuple[Float, Float]:
        """(S, m) values of groups and their radii, about the original model."""
        q, radius = super().enclosed_q_values(v)
        # a radius is at least eight units of |r| + gamma P|v|: as many units more are what merging may have moved
        radius *= 1.0 + self._unit / (8 * 2.0**-53) * (1 + 2.0**-9)
        radius += self._errors * (1 + 2.0**-40)
        radius += self._underflow * float(np.abs(v).max())
        return q, radius

    def lift(self, choice: NDArray[Any]) -> Float:
        """(S, A) policy of the original model, from (S,) groups or an (S, m) table over groups."""
        return self.groups._lifted(choice, self.weights)

    def lowered(self, policy: Float) -> NDArray[np.intp]:
        """(S,) groups that a lifted (S, A) policy plays."""
        return np.asarray(self.groups.labels[policy.argmax(axis=1)])


def _merged(mdp: MDP, groups: Groups, weights: Float) -> MDP:
    """The model whose actions are groups, rounded."""
    n_states, n_actions, n_groups = mdp.n_states, mdp.n_actions, groups.n_groups
    available = groups.available(mdp)
    r = (weights * mdp.r) @ groups.membership
    if mdp.is_sparse:
        rows = np.arange(n_states)[:, None] * n_groups + groups.labels
        pairs = np.arange(n_states * n_actions)
        mixing = sp.coo_array((weights.reshape(-1), (rows.reshape(-1), pairs)), shape=(n_states * n_groups, pairs.size)).tocsr()
        P: Any = sp.csr_array(mixing @ mdp.P)
    else:
        P = np.empty((n_states, n_groups, n_states))
        for g in range(n_groups):
            members = np.flatnonzero(groups.labels == g)
            P[:, g] = np.einsum("sa,sat->st", weights[:, members], mdp.P[:, members])
    try:
        return MDP(P, r, mdp.gamma, initial=mdp.initial, allowed=available)
    except ModelError as error:
        raise ModelError(f"the merged model, whose actions are groups: {error} (weights and rows are off by 1e-9 each)") from None
