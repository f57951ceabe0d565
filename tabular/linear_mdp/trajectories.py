"""Data sets of trajectories: drawn from a model, given by the user, kept in files."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from tabular import _arrays
from tabular._arrays import Float, frozen
from tabular._parameters import count
from tabular.errors import ModelError
from tabular.evaluation import as_staged_policy
from tabular.io.archive import written
from tabular.linear_mdp.model import LinearFeatures, LinearMDP
from tabular.linear_mdp.problem import LinearProblem

__all__ = ["Trajectories", "sample"]

MARKER = "tabular.linear_mdp.Trajectories"


@dataclass(frozen=True, eq=False)
class Trajectories:
    """K episodes of H steps.

    Parameters
    ----------
    states : (K, H+1) integers
        The last column is where the episode ended.
    actions : (K, H) integers
    rewards : (K, H) array

    Raises
    ------
    ModelError
        If there is no episode, if lengths do not fit, or if an entry is no index or no finite number.

    Examples
    --------
    >>> Trajectories([[0, 1, 1], [0, 0, 1]], [[0, 0], [1, 0]], [[0, 1], [0, 0]])
    Trajectories(2 episodes of 2 steps)
    """

    states: NDArray[np.intp]
    actions: NDArray[np.intp]
    rewards: Float

    def __post_init__(self) -> None:
        states, actions = (_indices(x, name) for x, name in ((self.states, "states"), (self.actions, "actions")))
        rewards = _arrays.as_float(self.rewards, "rewards")
        if len(states) == 0:
            raise ModelError("the data set is empty: there is no episode to learn from")
        if states.shape[1] < 2 or actions.shape != (len(states), states.shape[1] - 1):
            raise ModelError(
                f"states of shape {states.shape} and actions of shape {actions.shape} are no episodes "
                "(expected (K, H+1) and (K, H): the state after the last action is recorded too)"
            )
        if rewards.shape != actions.shape:
            raise ModelError(f"rewards have shape {rewards.shape} (expected {actions.shape}, as the actions)")
        bad = np.argwhere(~np.isfinite(rewards))
        if bad.size:
            k, h = bad[0]
            raise ModelError(f"the reward of episode {k}, step {h} is {float(rewards[k, h])!r} (expected a finite number)")
        for name, value in (("states", states), ("actions", actions), ("rewards", rewards)):
            object.__setattr__(self, name, frozen(value))

    def __len__(self) -> int:
        return len(self.states)

    @property
    def horizon(self) -> int:
        """H."""
        return int(self.actions.shape[1])

    def __getitem__(self, picked: slice | NDArray[Any]) -> Trajectories:
        """Some of the episodes."""
        return Trajectories(self.states[picked], self.actions[picked], self.rewards[picked])

    def __repr__(self) -> str:
        return f"Trajectories({len(self)} episodes of {self.horizon} steps)"

    def check(self, model: LinearFeatures) -> None:
        """Whether the episodes can have come from a model.

        Raises
        ------
        ModelError
            Naming the episode and step: wrong lengths, states or actions that the model does not have, and, if the model is a
            :class:`LinearMDP`, transitions to which it gives no probability.
        """
        if self.horizon != model.horizon:
            raise ModelError(f"episodes have {self.horizon} steps, but the horizon of the model is {model.horizon}")
        for name, array, most in (("state", self.states, model.n_states), ("action", self.actions, model.n_actions)):
            beyond = np.argwhere(array >= most)
            if beyond.size:
                k, h = beyond[0]
                raise ModelError(f"episode {k}, step {h} has {name} {array[k, h]} ({name}s are 0..{most - 1})")
        if not isinstance(model, LinearMDP):
            return
        for h in range(model.horizon):
            phi = model.rows(self.states[:, h] * model.n_actions + self.actions[:, h])
            reached = model.factors[h][:, self.states[:, h + 1]]
            reached = reached.toarray() if sp.issparse(reached) else reached
            impossible = np.flatnonzero(np.einsum("ki,ik->k", phi, reached) <= 0.0)
            if impossible.size:
                k = impossible[0]
                raise ModelError(
                    f"episode {k} goes from state {self.states[k, h]} with action {self.actions[k, h]} to state "
                    f"{self.states[k, h + 1]} at step {h}, which the model gives no probability"
                )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to exactly ``path``, an npz archive without pickle; the file appears in one step."""
        with written(path) as stream:
            np.savez(
                stream,
                format=np.array(MARKER),
                version=np.array(1),
                states=self.states,
                actions=self.actions,
                rewards=self.rewards,
            )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Trajectories:
        """Read what :meth:`save` wrote, and validate it.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ModelError
            If it is no such archive, or damaged.
        """
        name = os.fspath(path)
        try:
            with np.load(path, allow_pickle=False) as archive:
                if "format" not in archive or str(archive["format"]) != MARKER:
                    raise ModelError(f"{name} holds no trajectories (its marker is not {MARKER!r})")
                return cls(archive["states"], archive["actions"], archive["rewards"])
        except (FileNotFoundError, ModelError):
            raise
        except (OSError, ValueError, KeyError, EOFError, AttributeError, TypeError, zipfile.BadZipFile) as error:
            raise ModelError(f"{name} cannot be read as trajectories: {error}") from error


def _indices(x: Any, name: str) -> NDArray[np.intp]:
    array = np.asarray(x)
    if array.ndim != 2 or (array.dtype.kind not in "iu" and array.size):
        raise ModelError(f"{name} are {array.dtype} of shape {array.shape} (expected integers, one row for each episode)")
    if array.size and array.min() < 0:
        k, h = np.argwhere(array < 0)[0]
        raise ModelError(f"episode {k}, step {h} has {name[:-1]} {array[k, h]} (expected an index >= 0)")
    return array.astype(np.intp)


def sample(
    model: LinearMDP,
    episodes: int,
    *,
    behaviour: ArrayLike | None = None,
    reward_noise: float = 0.0,
    rng: np.random.Generator | int,
) -> Trajectories:
    """Episodes drawn from a model.

    Parameters
    ----------
    model : LinearMDP
        With an initial law, or episodes start in state 0.
    episodes : int >= 1
    behaviour : (S, A) or (H, S, A) policy, optional
        Uniform by default.
    reward_noise : float >= 0
        Standard deviation of Gaussian noise on the rewards.
    rng : Generator or seed

    Examples
    --------
    >>> model = LinearMDP([[[.5, .5]], [[0, 1]]], [[.9, .1], [.1, .9]], [[0, 0], [0, 1]])
    >>> sample(model, 3, rng=0).states
    array([[0, 0, 1],
           [0, 1, 1],
           [0, 1, 1]])
    """
    episodes = count(episodes, "episodes")
    if not 0.0 <= reward_noise < np.inf:
        raise ModelError(f"reward_noise is {reward_noise!r} (expected a number >= 0)")
    generator = np.random.default_rng(rng)
    n_states, n_actions, steps = model.n_states, model.n_actions, model.horizon
    uniform = np.full((n_states, n_actions), 1.0 / n_actions)
    policy = as_staged_policy(LinearProblem(model), uniform if behaviour is None else behaviour)
    states = np.empty((episodes, steps + 1), dtype=np.intp)
    actions, rewards = np.empty((episodes, steps), dtype=np.intp), np.empty((episodes, steps))
    if model.initial is None:
        states[:, 0] = 0
    else:
        states[:, 0] = _draw(model.initial[None], np.zeros(episodes, dtype=np.intp), generator)
    for h in range(steps):
        here = states[:, h]
        rule = policy[h]
        actions[:, h] = rule[here] if rule.ndim == 1 else _draw(rule, here, generator)
        phi = model.rows(here * n_actions + actions[:, h])
        factor = _draw(phi, np.arange(episodes), generator)
        laws = model.factors[h]
        states[:, h + 1] = _draw(laws.toarray() if sp.issparse(laws) else laws, factor, generator)
        rewards[:, h] = model.rewards[h, here, actions[:, h]]
    if reward_noise:
        rewards += reward_noise * generator.standard_normal(rewards.shape)
    return Trajectories(states, actions, rewards)


def _draw(laws: Float, rows: NDArray[Any], rng: np.random.Generator) -> NDArray[np.intp]:
    """One index from each picked row, by inversion; an index without mass is never drawn."""
    width = laws.shape[1]
    cumulative = np.cumsum(laws, axis=1)
    steps = (cumulative / cumulative[:, -1:] + np.arange(len(laws))[:, None]).reshape(-1)  # rows end to end, each of length 1
    keys = np.minimum(rows + rng.random(rows.size), np.nextafter(rows + 1.0, 0.0))
    return np.asarray(np.searchsorted(steps, keys, side="right") - rows * width).astype(np.intp)
