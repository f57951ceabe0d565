r"""Learning on the chain with tile coding: logarithmic and ordinary Q-learning, many runs, compiled.

A *sweep* updates all 2n pairs once in random order, each from one sampled transition. Tiles of width w in w tilings, shifted by
one state each, with features of size :math:`1 / \sqrt w`, so that :math:`\|\phi(s)\| = 1`; weights are separate for actions and
start at 0. Ordinary learning:

.. math:: \theta_a \mathrel{+}= \alpha \bigl( \min(r + \gamma \max_{a'} Q(s', a'), \text{cap}) - Q(s, a) \bigr) \phi(s).

Logarithmic learning keeps two heads :math:`\tilde Q^\pm = \langle \theta^\pm_a, \phi(s) \rangle = f(Q^\pm)` for positive and
negative rewards, one greedy action :math:`a'` of :math:`Q^+ - Q^-` for both, and two steps:

.. math:: \hat U^\pm = Q^\pm + \beta_{reg} \bigl( \min(r^\pm + \gamma Q^\pm(s', a'), \text{cap}) - Q^\pm \bigr), \qquad
          \theta^\pm_a \mathrel{+}= \beta_{log} \bigl( f(\hat U^\pm) - \tilde Q^\pm \bigr) \phi(s).

Source: the linear experiments of van Seijen, Fatemi and Tavakoli (2019) and their program: n = 50, slip .25, rewards +1 and -1,
cap 1, 110,000 sweeps, success if the greedy action (ties: left) is left in every state.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabular._arrays import Float
from tabular._parameters import count, number, probability
from tabular.divergences.generators import compiled
from tabular.errors import ModelError
from tabular.log_mapping.mapping import LogMapping
from tabular.progress import Progress

__all__ = ["ChainLearning", "checked_steps", "geometric_decay"]


def geometric_decay(first: float, last: float, over: int, sweeps: int) -> Float:
    """(sweeps,) steps that go from ``first`` to ``last`` by equal factors during ``over`` sweeps, then stay.

    >>> geometric_decay(1.0, 0.01, 2, 4).round(6)
    array([1.  , 0.1 , 0.01, 0.01])
    """
    for name, x in (("first", first), ("last", last)):
        if not 0.0 < x <= 1.0:
            raise ModelError(f"{name} is {x!r} (expected a step in (0, 1])")
    progress = np.minimum(np.arange(count(sweeps, "sweeps")) / count(over, "over"), 1.0)
    return np.asarray(first * (last / first) ** progress)


@compiled
def _chain_run(
    n: int,
    slip: float,
    rewards: Any,
    gamma: float,
    width: int,
    log_floor: float,
    ordinary: bool,
    reg: Any,
    log: Any,
    cap: float,
    every: int,
    rng: Any,
    theta: Any,
    success: Any,
) -> None:
    size = 1.0 / width**0.5
    floor = math.exp(log_floor) if not ordinary else 0.0
    order: Any = np.arange(2 * n)
    value = np.zeros((2, 2))
    heads = 1 if ordinary else 2
    for sweep in range(reg.size):
        for i in range(2 * n - 1, 0, -1):
            j = int(rng.random() * (i + 1))
            order[i], order[j] = order[j], order[i]
        for pair in order:
            s, a = pair // 2, pair % 2
            executed = a if rng.random() >= slip else 1 - a
            to = s - 1 if executed == 0 else s + 1
            r = rewards[0] if to < 0 else rewards[1] if to == n else 0.0
            ended = to < 0 or to == n
            best = 0
            if not ended:
                for h in range(heads):
                    for b in range(2):
                        q = 0.0
                        for t in range(width):
                            q += theta[h, b, t, (to + t) // width]
                        q *= size
                        value[h, b] = q if ordinary else math.exp(q + log_floor) - floor
                left = value[0, 0] if ordinary else value[0, 0] - value[1, 0]
                right = value[0, 1] if ordinary else value[0, 1] - value[1, 1]
                best = 0 if left >= right else 1
            for h in range(heads):
                paid = r if ordinary else max(r, 0.0) if h == 0 else max(-r, 0.0)
                target = paid if ended else paid + gamma * value[h, best]
                target = min(target, cap)
                q = 0.0
                for t in range(width):
                    q += theta[h, a, t, (s + t) // width]
                q *= size
                if ordinary:
                    change = reg[sweep] * (target - q)
                else:
                    y = math.exp(q + log_floor)  # Q + gamma^k
                    moved = (1.0 - reg[sweep]) * y + reg[sweep] * (
                        target + floor
                    )  # stays positive, as y + reg (... - y) need not
                    change = log[sweep] * (math.log(moved) - log_floor - q)
                change *= size
                for t in range(width):
                    theta[h, a, t, (s + t) // width] += change
        if (sweep + 1) % every == 0:
            good = True
            for s in range(n):
                left, right = 0.0, 0.0
                for h in range(heads):
                    sign = 1.0 if h == 0 else -1.0
                    for b in range(2):
                        q = 0.0
                        for t in range(width):
                            q += theta[h, b, t, (s + t) // width]
                        q *= size
                        x = sign * (q if ordinary else math.exp(q + log_floor) - floor)
                        if b == 0:
                            left += x
                        else:
                            right += x
                if left < right:
                    good = False
                    break
            success[(sweep + 1) // every - 1] = good


@dataclass(frozen=True, kw_only=True)
class ChainLearning:
    """An experiment on the chain.

    Parameters
    ----------
    gamma : float in (0, 1)
    width : int >= 1
        Of the tiles; 1 is a table.
    mapping : LogMapping or None
        None is ordinary Q-learning. ``c`` cancels and is ignored, ``initial`` must be 0 (weights start at 0).
    n, slip, left_reward, right_reward
        The chain; by default that of the paper.
    cap : float
        Targets are cut off above.
    every : int
        Sweeps between two looks at the greedy policy.

    Raises
    ------
    ModelError
        If a parameter is out of its range.

    Examples
    --------
    >>> experiment = ChainLearning(gamma=0.9, width=1, n=5)
    >>> experiment.run(geometric_decay(1.0, 0.05, 500, 1000), seeds=[0, 1]).mean(axis=0)[-1]
    np.float64(1.0)
    """

    gamma: float
    width: int = 1
    mapping: LogMapping | None = None
    n: int = 50
    slip: float = 0.25
    left_reward: float = 1.0
    right_reward: float = -1.0
    cap: float = 1.0
    every: int = 100

    def __post_init__(self) -> None:
        for name in ("width", "n", "every"):
            count(getattr(self, name), name)
        if not 0.0 < probability(self.gamma, "gamma") < 1.0:
            raise ModelError(f"gamma is {self.gamma!r} (expected a number in (0, 1))")
        probability(self.slip, "slip")
        for name in ("left_reward", "right_reward", "cap"):
            number(getattr(self, name), name)
        if self.mapping is not None:
            if not isinstance(self.mapping, LogMapping):
                raise ModelError(f"mapping is {self.mapping!r} (compiled learners know LogMapping)")
            if self.mapping.initial != 0.0:
                raise ModelError(f"initial is {self.mapping.initial!r}: weights start at 0, where the mapping must be 0 too")

    def run(self, reg_steps: Any, log_steps: Any = None, *, seeds: Sequence[int], progress: bool = False) -> NDArray[np.bool_]:
        """Whether the greedy policy was right, at each look.

        Parameters
        ----------
        reg_steps : (sweeps,) array in (0, 1]
            Step of ordinary learning, or :math:`\\beta_{reg}`.
        log_steps : (sweeps,) array in (0, 1]
            :math:`\\beta_{log}`; with a mapping only.
        seeds : integers
            One run each; the same seed gives the same run, whatever else is run.
        progress : bool
            Show how many runs are done (needs ``rich``).

        Returns
        -------
        (len(seeds), sweeps // every) booleans
        """
        curves = []
        with Progress(progress, "chain: runs") as bar:
            for done, seed in enumerate(seeds):
                curves.append(self.replay(reg_steps, log_steps, seed=seed)[0])
                bar.count(done + 1, len(seeds))
        return np.array(curves)

    def replay(self, reg_steps: Any, log_steps: Any = None, *, seed: int) -> tuple[NDArray[np.bool_], Float]:
        """One run: what :meth:`run` says of it, and the (heads, 2, n) action values at its end, in regular space."""
        reg, log = checked_steps(reg_steps, log_steps, self.mapping)
        heads = 1 if self.mapping is None else 2
        log_floor = 0.0 if self.mapping is None else self.mapping.k * math.log(self.mapping.gamma)
        theta = np.zeros((heads, 2, self.width, (self.n + self.width - 1) // self.width + 1))
        success = np.zeros(reg.size // self.every, dtype=np.bool_)
        _chain_run(
            self.n,
            float(self.slip),
            np.array([self.left_reward, self.right_reward], dtype=np.float64),
            float(self.gamma),
            self.width,
            log_floor,
            self.mapping is None,
            reg,
            log,
            float(self.cap),
            self.every,
            np.random.default_rng(seed),
            theta,
            success,
        )
        states = np.arange(self.n)
        q = sum(theta[:, :, t, (states + t) // self.width] for t in range(self.width)) / math.sqrt(self.width)
        if self.mapping is None:
            return success, np.asarray(q)
        return success, np.asarray(np.exp(q + log_floor) - math.exp(log_floor))


def checked_steps(reg_steps: Any, log_steps: Any, mapping: LogMapping | None) -> tuple[Float, Float]:
    """Steps of as many sweeps in both spaces; without a mapping the first serve as both."""
    reg = _steps(reg_steps, "reg_steps")
    if (log_steps is None) != (mapping is None):
        raise ModelError("log_steps belong to a mapping: give both or neither")
    log = reg if log_steps is None else _steps(log_steps, "log_steps")
    if log.size != reg.size:
        raise ModelError(f"reg_steps and log_steps have {reg.size} and {log.size} entries (expected the same number)")
    return reg, log


def _steps(x: Any, name: str) -> Float:
    """(sweeps,) steps in (0, 1]."""
    steps = np.ascontiguousarray(x, dtype=np.float64)
    if steps.ndim != 1 or steps.size == 0:
        raise ModelError(f"{name} have shape {steps.shape} (expected one step for each sweep)")
    bad = np.flatnonzero(~((steps > 0.0) & (steps <= 1.0)))
    if bad.size:
        raise ModelError(f"{name}[{bad[0]}] is {float(steps[bad[0]])!r} (expected a step in (0, 1])")
    return steps
