r"""Soft value iteration: every backup is regularised by an entropy, and nothing is remembered."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tabular._arrays import Float
from tabular.bellman import Optimality
from tabular.divergences import Entropy, ShannonEntropy
from tabular.errors import ModelError
from tabular.schemes.scheme import Scheme, State, as_positive
from tabular.schemes.trace import Trace
from tabular.solvers.iteration import check_limit

__all__ = ["SoftValueIteration"]


@dataclass(frozen=True)
class SoftValueIteration(Scheme):
    r""":math:`q_{k+1} = r + \gamma P \max_\pi \bigl(\langle \pi, q_k\rangle + \tau S(\pi)\bigr) + \epsilon_{k+1}`.

    Its limit is the regularised optimum, that of ``tabular.Regularized(mdp, entropy, temperature)``, and its loss in the model
    itself is at most :math:`\tau \max S / (1 - \gamma)` (Geist, Scherrer and Pietquin 2019).

    Parameters
    ----------
    temperature : float
        :math:`\tau > 0`.
    entropy : Entropy
        S; Shannon's by default.
    max_iterations : int
        Limit for :func:`tabular.solve`.
    """

    temperature: float
    entropy: Entropy = field(default_factory=ShannonEntropy)
    max_iterations: int = 100_000

    def __post_init__(self) -> None:
        as_positive(self.temperature, "temperature")
        check_limit(self.max_iterations)
        if not isinstance(self.entropy, Entropy):
            raise ModelError(f"{self.entropy!r} is no entropy (write for example ShannonEntropy())")

    def start(self, operator: Optimality, q: Float) -> State:
        """The uniform policy beside the given action values."""
        allowed = q > -np.inf
        policy = allowed / allowed.sum(axis=1, keepdims=True)
        return State(0, q, policy, q, policy)

    def update(self, operator: Optimality, state: State) -> State:
        """One regularised backup."""
        step = self.entropy.smooth_max(state.q, self.temperature)
        q = operator.q_values(np.asarray(step.value))
        policy = np.asarray(step.distribution)
        return State(state.k + 1, q, policy, q, policy)

    def effective_weights(self, trace: Trace) -> Float:
        """(K,) weights of past action values in the last policy: only the last one counts."""
        weights = np.zeros(trace.iterations)
        weights[-1:] = 1.0
        return weights
