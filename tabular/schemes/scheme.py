r"""What schemes have in common: states, runs with errors, and the way into :func:`tabular.solve`.

A scheme makes, from action values :math:`q_k` and a policy :math:`\pi_k`, the greedy policy :math:`\pi_{k+1}` and then
:math:`q_{k+1} = T_{\pi_{k+1}} q_k + \epsilon_{k+1}` for an operator T of its own; :math:`\epsilon_{k+1}` is the error of the
evaluation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from tabular import _arrays
from tabular._arrays import Float
from tabular._parameters import count
from tabular.bellman import Bellman, Optimality
from tabular.errors import ModelError, SolverError, SolverInterrupted
from tabular.mdp import MDP
from tabular.problem import Problem
from tabular.progress import Progress
from tabular.schemes.trace import Recorder, Trace
from tabular.solvers.iteration import Step

__all__ = ["Noise", "Scheme", "State", "as_positive", "log_soft_max"]

Noise = float | ArrayLike | Callable[[np.random.Generator, tuple[int, int]], ArrayLike] | None
"""Errors of evaluations: a standard deviation, an array (K, S, A), or a function of a generator and the shape (S, A)."""

STILL = 64 * 2.0**-53
"""Relative change of the action values below which an iterate counts as standing still: rounding of a backup is of this size."""


@dataclass(frozen=True, eq=False)
class State:
    """One iterate of a scheme.

    Attributes
    ----------
    k : int
        Number of updates so far.
    q : (S, A)
        What the scheme iterates; minus infinity where an action is not allowed.
    policy : (S, A)
        The policy that made ``q``; at k = 0, the initial policy.
    action_values : (S, A)
        What estimates the action values of the model: ``q`` itself, or ``q`` without its Munchausen bonus.
    memory : (S, A)
        Log-probabilities or q-logarithms of ``policy``, which outlive its underflow.
    error : (S, A) or None
        What was added to the last evaluation.
    """

    k: int
    q: Float
    policy: Float
    action_values: Float
    memory: Float
    error: Float | None = None


class Scheme:
    """Base of the schemes. Subclasses are frozen values and say how a state makes the next one (:meth:`update`)."""

    contracts: ClassVar[bool] = False
    """For :func:`tabular.solve`: no rate is known beforehand, so that slow progress does not prove the end of it."""

    max_iterations: int | None

    def start(self, operator: Optimality, q: Float) -> State:
        """The state before the first update, from (S, A) action values."""
        raise NotImplementedError

    def update(self, operator: Optimality, state: State) -> State:
        """The next state, evaluated without error."""
        raise NotImplementedError

    def iterate(self, mdp: MDP, *, noise: Noise = None, rng: Any = None, initial: ArrayLike | None = None) -> Iterator[State]:
        """States k = 0, 1, 2, ... without end (as long as there are errors, if they are given as an array).

        Parameters
        ----------
        mdp : MDP
            Dense or sparse, discounted.
        noise : float, (K, S, A) array, function, or None
            Errors added to each evaluation: standard deviation of Gaussian errors (needs ``rng``), the errors themselves, or
            ``noise(rng, (S, A))``.
        rng : numpy.random.Generator or seed
        initial : (S, A) array or number, optional
            Action values to start from; zero by default.

        Raises
        ------
        ModelError
            For a bad argument, or an undiscounted model.
        SolverError
            If the iteration leaves the range of doubles.
        """
        operator = Problem(mdp).operator()
        assert isinstance(operator, Optimality)
        return self._states(operator, self.start(operator, _initial(initial, mdp)), _errors(noise, rng, mdp))

    def _states(self, operator: Optimality, state: State, draw: Callable[[int], Float | None]) -> Iterator[State]:
        """The states from a first one on, with their errors."""
        allowed = state.q > -math.inf
        yield state
        while True:
            with np.errstate(over="ignore", invalid="ignore"):
                state = self.update(operator, state)
                error = draw(state.k)
                if error is not None:
                    state = replace(state, q=state.q + error, action_values=state.action_values + error, error=error)
            if not np.isfinite(state.q[allowed]).all():
                raise SolverError(f"action values became infinite or NaN in update {state.k}", None)
            yield state

    def run(
        self,
        mdp: MDP,
        iterations: int,
        *,
        noise: Noise = None,
        rng: Any = None,
        initial: ArrayLike | None = None,
        evaluate: bool = True,
        keep: bool = False,
        progress: bool = False,
    ) -> Trace:
        """Run a number of updates and record what the theory speaks of.

        Parameters
        ----------
        iterations : int
            K, at least 1.
        evaluate : bool
            Whether each policy is evaluated exactly (one linear system per iteration).
        keep : bool
            Whether all action values, policies and errors are kept.
        progress : bool
            Show a progress display (needs ``rich``).

        The other parameters and errors are those of :meth:`iterate`; a run that diverges or is interrupted raises
        :class:`SolverError` or :class:`SolverInterrupted`, whose ``solution`` is the :class:`Trace` so far.
        """
        iterations = count(iterations, "iterations")
        if not callable(noise) and np.ndim(noise) == 3 and len(noise) < iterations:  # type: ignore[arg-type]
            raise ModelError(f"noise holds {len(noise)} errors, fewer than {iterations} iterations")  # type: ignore[arg-type]
        states = self.iterate(mdp, noise=noise, rng=rng, initial=initial)
        first = next(states)
        recorder = Recorder(self, mdp, first, iterations, evaluate, keep)
        try:
            with Progress(progress, f"{type(self).__name__}: loss") as bar:
                for state in states:
                    recorder.add(state)
                    bar.update(recorder.loss, 0.0)
                    if state.k == iterations:
                        break
        except SolverError as error:
            raise SolverError(f"{error}; the trace so far is in error.solution", recorder.trace()) from None
        except KeyboardInterrupt:
            raise SolverInterrupted("interrupted; the trace so far is in error.solution", recorder.trace()) from None
        return recorder.trace()

    def steps(self, operator: Bellman, v: Float) -> Iterator[Step]:
        """Proposals for :func:`tabular.solve`: the maxima of the estimated action values."""
        if not isinstance(operator, Optimality):
            raise ModelError(f"{type(self).__name__} solves ordinary problems; its regularisation is its own")
        state = self.start(operator, operator.q_values(v))
        b = operator.moduli[1]
        while True:
            before, lost = state.q, ""
            try:
                state = self.update(operator, state)
            except SolverError as error:
                lost = str(error)
            values = state.action_values.max(axis=1)
            residual = operator.backup(values) - values
            low, high = min(0.0, float(residual.min())), max(0.0, float(residual.max()))
            with np.errstate(over="ignore", invalid="ignore"):
                estimate = float(np.float64(high - low) / (1.0 - b))
                moved = np.where(state.q == before, 0.0, np.abs(state.q - before)).max()
                size = max(1.0, float(np.abs(values).max()))
                floor = float(4 * STILL * size / np.float64(1.0 - b))
            still, near = bool(moved <= STILL * size), estimate <= floor
            if still and not near:
                lost = lost or "the scheme stands still at a policy that is not optimal; lower its temperature"
            yield Step(values, 0.0, estimate, final=still and near, note="the scheme stands still", stuck=lost)


def as_positive(x: Any, name: str) -> None:
    """Refuse what is not a positive number."""
    if isinstance(x, bool) or not isinstance(x, (int, float, np.integer, np.floating)) or not 0 < x < math.inf:
        raise ModelError(f"{name} is {x!r} (expected a positive number)")


def log_soft_max(logits: Float) -> tuple[Float, Float]:
    """(S, A) logarithms of soft-max, and (S,) log-sum-exp; of logits of any size, since only their differences are rounded."""
    top = logits.max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", over="ignore"):
        shifted = logits - top
        extra = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return shifted - extra, (top + extra)[:, 0]


def _initial(given: ArrayLike | None, mdp: MDP) -> Float:
    """(S, A) action values to start from."""
    shape = (mdp.n_states, mdp.n_actions)
    q = _arrays.as_float(0.0 if given is None else given, "initial")
    if q.shape not in ((), shape):
        raise ModelError(f"initial has shape {q.shape} (expected {shape} or a number)")
    q = np.broadcast_to(q, shape).copy()
    if mdp.allowed is not None:
        q[~mdp.allowed] = 0.0
    bad = np.argwhere(~np.isfinite(q))
    if bad.size:
        s, a = bad[0]
        raise ModelError(f"initial[{s}, {a}] is {float(q[s, a])!r} (expected a finite number)")
    if mdp.allowed is not None:
        q[~mdp.allowed] = -np.inf
    return q


def _errors(noise: Noise, rng: Any, mdp: MDP) -> Callable[[int], Float | None]:
    """The error of the k-th evaluation, k = 1, 2, ..."""
    shape = (mdp.n_states, mdp.n_actions)
    if noise is None:
        return lambda k: None
    if callable(noise):
        generator = _generator(rng)

        def drawn(k: int) -> Float:
            error = np.asarray(noise(generator, shape), dtype=np.float64)
            if error.shape != shape or not np.isfinite(error).all():
                raise ModelError(f"noise gave an array of shape {error.shape} (expected {shape} finite numbers)")
            return error

        return drawn
    array = _arrays.as_float(noise, "noise")
    if array.ndim == 0:
        if not 0 <= array < math.inf:
            raise ModelError(f"noise is {float(array)!r} (expected a standard deviation >= 0)")
        generator = _generator(rng)
        return lambda k: float(array) * generator.standard_normal(shape)
    if array.ndim != 3 or array.shape[1:] != shape:
        raise ModelError(f"noise has shape {array.shape} (expected (K, S, A) = (K, {shape[0]}, {shape[1]}), or a number)")
    if not np.isfinite(array).all():
        k, s, a = np.argwhere(~np.isfinite(array))[0]
        raise ModelError(f"noise[{k}, {s}, {a}] is {float(array[k, s, a])!r} (expected a finite number)")

    def given(k: int) -> Float:
        if k > len(array):
            raise ModelError(f"noise holds {len(array)} errors, and update {k} needs one more")
        return np.asarray(array[k - 1])

    return given


def _generator(rng: Any) -> np.random.Generator:
    if rng is None:
        raise ModelError("errors are drawn at random: pass rng=, a numpy.random.Generator or a seed")
    return np.random.default_rng(rng)
