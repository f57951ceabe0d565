"""Regularised greedy steps over the actions of every state, and rigorous bounds on them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tabular._arrays import ROW_TOLERANCE, Float
from tabular.bellman.rounding import down, up
from tabular.bellman.slots import SmoothMax
from tabular.divergences import Entropy, FDivergence, TotalVariation, f_enclosures, kernels, set_enclosures
from tabular.divergences import rows as lines
from tabular.divergences.generators import CRESSIE_READ
from tabular.divergences.intervals import total_bounds
from tabular.errors import ModelError
from tabular.mdp import MDP

__all__ = ["Smoothing"]


class Smoothing:
    """``max_pi <pi, q> - strength * D(pi, reference)`` in every state; an entropy is a divergence from the counting measure.

    The reference is divided by its stored sum. For an entropy of order k, strength * S = -strength k D_k + strength (n - 1) with
    D_k of the Cressie-Read family from the counting measure on n allowed actions.
    """

    def __init__(self, slot: SmoothMax, mdp: MDP) -> None:
        self.divergence = slot.divergence
        self.strength = float(slot.strength)
        shape = (mdp.n_states, mdp.n_actions)
        allowed = np.ones(shape, dtype=bool) if mdp.allowed is None else mdp.allowed
        count = allowed.sum(axis=1).astype(np.float64)
        self.constant = np.zeros(mdp.n_states)
        self.bonus = 0.0
        if isinstance(self.divergence, Entropy):
            self.kind, self.order = CRESSIE_READ, self.divergence.order
            self.penalty = self.strength * self.order
            self.reference = allowed.astype(np.float64)
            self.sums = np.ones(mdp.n_states), np.ones(mdp.n_states)
            self.constant = self.strength * (count - 1)
            self.bonus = self.strength * float(self.divergence(np.full(int(count.max()), 1 / count.max())))
        else:
            self.reference = allowed / count[:, None] if slot.reference is None else _reference(slot.reference, allowed)
            pairs = [total_bounds(row) for row in self.reference]
            self.sums = np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
            if isinstance(self.divergence, FDivergence):
                self.kind, self.order = self.divergence.kind, self.divergence.exponent
                self.penalty = self.strength * self.divergence.scale
            else:
                self.penalty = self.strength

    def _solve(self, q: Float) -> tuple[Float, Float]:
        """(S,) values and the (S, A) policy."""
        cost = np.where(np.isneginf(q), np.inf, -q)
        law = np.empty_like(q)
        strength = np.full(q.shape[0], self.penalty)
        if isinstance(self.divergence, TotalVariation):
            pair = np.empty((q.shape[0], 2))
            lines.total_variation_batch(cost, self.reference, strength, True, self.divergence.absolutely_continuous, law, pair)
            return -pair[:, 0], law
        out = np.empty((q.shape[0], 3))
        kernels.batch(self.kind, self.order, cost, self.reference, strength, False, law, out)
        return self.constant - out[:, 0], law

    def value(self, q: Float) -> Float:
        """(S,) regularised maxima."""
        return self._solve(q)[0]

    def policy(self, q: Float) -> Float:
        """(S, A) regularised greedy policy."""
        return self._solve(q)[1]

    def paid(self, policy: Any) -> Float:
        """(S,) what the regulariser takes from the mean: ``strength * D``, or minus ``strength`` times the entropy."""
        if isinstance(self.divergence, Entropy):
            return np.asarray(-self.strength * self.divergence(policy))
        distance = np.asarray(self.divergence(policy, self.reference / self.reference.sum(axis=1, keepdims=True)))
        return np.where(distance > 0, self.strength * distance, 0.0)

    def _penalties(self) -> tuple[float, float]:
        """Bounds on the penalty in units of the kernel's generator."""
        low, high = math.nextafter(self.penalty, 0.0), math.nextafter(self.penalty, math.inf)
        return (self.penalty, self.penalty) if self.penalty in (0.0, math.inf) else (low, high)

    def above(self, q: Float) -> Float:
        """At least the regularised maximum at ``q``."""
        cost = np.where(np.isneginf(q), np.inf, -q)
        low = np.empty(q.shape[0])
        if isinstance(self.divergence, TotalVariation):
            inside = self.divergence.absolutely_continuous
            for s, (x, p) in enumerate(zip(cost, self.reference, strict=True)):
                lowest = math.inf if inside else float(x.min())
                low[s] = set_enclosures.total_variation_bounds(
                    x, p, self.sums[0][s], self.sums[1][s], lowest, self.penalty, self.penalty, True, 0.0
                )[0]
        else:
            f_enclosures.batch_below(self.kind, self.order, cost, self.reference, *self.sums, self._penalties()[0], low)
        return np.asarray(up(up(self.constant) - low))

    def below(self, q: Float, policy: Float) -> Float:
        """At most the regularised value of the policy (divided by its sums) at ``q``."""
        return self._at(q, policy)[0]

    def at(self, q: Float, policy: Float) -> Float:
        """At least the regularised value of the policy (divided by its sums) at ``q``."""
        return self._at(q, policy)[1]

    def _at(self, q: Float, policy: Float) -> tuple[Float, Float]:
        cost = np.where(policy > 0, -q, np.inf)
        policy = np.ascontiguousarray(policy, dtype=np.float64)
        low, high = np.empty(q.shape[0]), np.empty(q.shape[0])
        away = math.inf
        kind = -1
        order = 0.0
        if not isinstance(self.divergence, TotalVariation):
            kind, order = self.kind, self.order
        elif not self.divergence.absolutely_continuous:
            away = 0.5
        f_enclosures.batch_of_laws(kind, order, away, cost, self.reference, *self.sums, policy, *self._penalties(), low, high)
        return np.asarray(down(down(self.constant) - high)), np.asarray(up(up(self.constant) - low))


def _reference(given: Any, allowed: Any) -> Float:
    """A reference policy, validated: (S, A) or (A,), rows within 1e-9 of one, nothing on forbidden actions."""
    try:
        table = np.ascontiguousarray(np.broadcast_to(np.asarray(given, dtype=np.float64), allowed.shape))
    except (TypeError, ValueError):
        raise ModelError(f"reference has shape {np.shape(given)} (expected {allowed.shape} or ({allowed.shape[1]},))") from None
    bad = np.argwhere(~(np.isfinite(table) & (table >= 0)))
    if bad.size:
        s, a = bad[0]
        raise ModelError(f"reference[{s}, {a}] is {float(table[s, a])!r} (expected a probability)")
    wrong = np.flatnonzero(np.abs(table.sum(axis=1) - 1) > ROW_TOLERANCE)
    if wrong.size:
        s = wrong[0]
        raise ModelError(f"reference of state {s} sums to {table[s].sum():.12g} (expected 1 within {ROW_TOLERANCE:g})")
    bad = np.argwhere((table > 0) & ~allowed)
    if bad.size:
        s, a = bad[0]
        raise ModelError(f"reference[{s}, {a}] is positive, but the action is not allowed there")
    return table
