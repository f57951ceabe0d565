r"""The trade-off: approximation + estimation + computation, as a bound whose minimum over the number of groups can be found.

.. math:: \text{loss} \le U(m, N, L) = B(f \bar\beta_R, f \bar\beta_P) + \mathrm{est}(m, \lfloor N / (S m) \rfloor, \delta)
          + \frac{2 \gamma^L \Delta}{(1 - \gamma)^2},

for N samples in all, L sweeps of value iteration from :math:`Q_0 = 0` (rewards in :math:`[0, \Delta]`) and the greedy policy of
the last. Rigorous with probability :math:`1 - \delta`: E2's outer terms hold for any policy and its middle term is at most the
last summand; in E1 :math:`\|Q^* - \hat Q_L\|` grows by :math:`\gamma^L \Delta / (1 - \gamma)`. Derived here, not quoted.

A bound says where to look, not what happens: its best number of groups is often far from that of the exact loss
(:mod:`tabular.grouping.exact_losses`), and only families of fine diameters show the trade-off at all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from tabular import _arrays
from tabular._arrays import Float
from tabular._parameters import count, number
from tabular.errors import ModelError
from tabular.grouping.approximation import discounted, sharp_bound
from tabular.grouping.estimation import estimation_bound

__all__ = [
    "Surrogate",
    "TotalBound",
    "affordable_sweeps",
    "computation_bound",
    "power_law_optimum",
    "surrogate_groups",
    "total_bound",
]


def computation_bound(sweeps: float, gamma: float, *, reward_range: float = 1.0) -> float:
    r""":math:`\min \{2 \gamma^L \Delta / (1 - \gamma)^2, \Delta / (1 - \gamma)\}` for L sweeps; no limit is ``math.inf`` sweeps.

    >>> f"{computation_bound(62, .9):.9f}"
    '0.291115669'
    """
    g, size = discounted(gamma), number(reward_range, "reward_range", 0)
    if sweeps != math.inf:
        count(sweeps, "sweeps", least=0)
    return min(2.0 * g**sweeps / (1.0 - g), 1.0) * size / (1.0 - g)


def affordable_sweeps(flops: float, n_states: int, n_groups: int) -> int:
    r""":math:`L = \lfloor C / (S^2 m) \rfloor`: a dense sweep of the merged model costs that many multiply-adds.

    >>> affordable_sweeps(4000, 2, 16)
    62
    """
    return int(number(flops, "flops", 0) // (count(n_states, "n_states") ** 2 * count(n_groups, "n_groups")))


class TotalBound(NamedTuple):
    """The three parts of the bound; ``total`` is their sum (the trivial bound is ``reward_range / (1 - gamma)``)."""

    approximation: float
    estimation: float
    computation: float

    @property
    def total(self) -> float:
        """U."""
        return self.approximation + self.estimation + self.computation


def total_bound(
    transition: float,
    reward: float,
    n_states: int,
    n_groups: int,
    samples: float,
    gamma: float,
    delta: float,
    *,
    factor: float = 1.0,
    sweeps: float = math.inf,
    reward_range: float = 1.0,
    fractional: bool = False,
) -> TotalBound:
    r"""U(m, N, L) of the module docstring.

    Parameters
    ----------
    transition, reward : float
        In-group diameters, or deviations with factor 1.
    n_states, n_groups : int
    samples : float
        N in all, shared by states and groups.
    gamma, delta : float
    factor : float in [0, 1]
        f.
    sweeps : int or math.inf
        L; by default the estimated model is solved.
    reward_range : float
        :math:`\Delta`.
    fractional : bool
        Use N / (S m) samples of each pair instead of its whole part, for smooth curves.

    Raises
    ------
    ModelError
        If a pair gets less than one sample.
    """
    states, groups = count(n_states, "n_states"), count(n_groups, "n_groups")
    each = number(samples, "samples", 0) / (states * groups)
    if each < 1.0 and not (groups == 1 or states == 1):
        raise ModelError(
            f"{samples:g} samples for {states * groups} pairs of state and group: fewer than one each; merge more or sample more"
        )
    estimated = 0.0
    if groups > 1 and states > 1:
        kept = each if fractional else math.floor(each)
        estimated = estimation_bound(states, groups, kept, gamma, delta, reward_range=reward_range)
    return TotalBound(
        sharp_bound(transition, reward, gamma, factor=factor, reward_range=reward_range),
        estimated,
        computation_bound(sweeps, gamma, reward_range=reward_range),
    )


@dataclass(frozen=True, eq=False)
class Surrogate:
    """The minimiser of a bound, which need not be that of the loss.

    Attributes
    ----------
    n_groups : int
    samples, sweeps : float
        N and L.
    bound : TotalBound
        At the minimum.
    cost : float
        Its total, and the prices of samples and multiply-adds.
    costs : (m_max,) array
        Smallest cost for each number of groups; infinite where the samples do not suffice for one each.
    guarantee : str
    """

    n_groups: int
    samples: float
    sweeps: float
    bound: TotalBound
    cost: float
    costs: Float
    guarantee: str = "optimum of the bound over the curve given, not of the loss"


def surrogate_groups(
    transition: ArrayLike,
    reward: ArrayLike = 0.0,
    *,
    n_states: int,
    samples: ArrayLike,
    gamma: float,
    delta: float,
    flops: ArrayLike = math.inf,
    factor: ArrayLike = 1.0,
    reward_range: float = 1.0,
    fractional: bool = False,
    sample_price: float = 0.0,
    flop_price: float = 0.0,
) -> Surrogate:
    r"""The number of groups (and of samples, and of sweeps) that minimises the bound, from a curve of diameters alone.

    .. math:: \min_{m, N, L} U(m, N, L) + \lambda_s N + \lambda_c L S^2 m

    Cost: one evaluation for each m and each budget; the number of actions does not enter.

    Parameters
    ----------
    transition, reward : (m_max,) arrays, or a number
        Diameters for 1, 2, ..., m_max groups, however they were found or guessed; ``transition`` decides m_max.
    n_states : int
    samples, flops : number or array
        Budgets N and C to choose from. Sweeps are :math:`\lfloor C / (S^2 m) \rfloor`.
    gamma, delta, reward_range, fractional
        As in :func:`total_bound`.
    factor : (m_max,) array or number
        f; at most 1, the default.
    sample_price, flop_price : float
        :math:`\lambda_s, \lambda_c`, value per sample and per multiply-add.

    Examples
    --------
    >>> curve = 0.05 / np.arange(1, 50)
    >>> found = surrogate_groups(curve, n_states=2, samples=1e6, gamma=.9, delta=.1, fractional=True)
    >>> found.n_groups, round(found.cost, 10)
    (7, 1.6740203582)
    """
    given = _arrays.as_float(transition, "transition")
    if given.ndim != 1 or given.size == 0:
        raise ModelError(f"transition has shape {given.shape} (expected the diameters for 1, 2, ... groups)")
    curves = []
    for name, x in (("reward", reward), ("factor", factor)):
        table = _arrays.as_float(x, name)
        if table.shape not in ((), given.shape):
            raise ModelError(f"{name} has shape {table.shape} (expected a number or {given.shape})")
        curves.append(np.broadcast_to(table, given.shape))
    states = count(n_states, "n_states")
    price, step = number(sample_price, "sample_price", 0), number(flop_price, "flop_price", 0)
    if step > 0.0 and np.isinf(np.asarray(flops, dtype=np.float64)).any():
        raise ModelError("a price of flops needs finite flops to choose from: without a limit all sweeps would be made")
    budgets = list(product(np.ravel(np.asarray(samples, dtype=np.float64)), np.ravel(np.asarray(flops, dtype=np.float64))))
    costs = np.full(given.size, math.inf)
    best: Surrogate | None = None
    for m, (y, x, f) in enumerate(zip(given, *curves, strict=True), 1):
        for n, c in budgets:
            if n < states * m and m > 1 and states > 1:
                continue
            sweeps = math.inf if c == math.inf else affordable_sweeps(c, states, m)
            rest: Any = {"factor": f, "sweeps": sweeps, "reward_range": reward_range, "fractional": fractional}
            bound = total_bound(y, x, states, m, n, gamma, delta, **rest)
            cost = bound.total + price * float(n) + (step * sweeps * states**2 * m if step else 0.0)
            costs[m - 1] = min(costs[m - 1], cost)
            if best is None or cost < best.cost:
                best = Surrogate(m, float(n), sweeps, bound, cost, costs)
    if best is None:
        raise ModelError("no budget to choose from: samples or flops are empty")
    return best


def power_law_optimum(a: float, b: float, exponent: float, samples: float) -> float:
    r"""The minimiser :math:`m^* = (2 p a / b)^{2 / (2p + 1)} N^{1 / (2p + 1)}` of :math:`a m^{-p} + b \sqrt{m / N}`.

    Actions on a d-dimensional grid with Lipschitz laws have p = 1/d; the loss falls like :math:`N^{-p / (2p + 1)}`, the rate of
    nonparametric regression.

    Parameters
    ----------
    a, b, exponent, samples : float > 0
        a, b, p, N.

    Examples
    --------
    >>> f"{power_law_optimum(3, 2, 1, 1e5):.10f}"
    '96.5489384606'
    """
    values = [number(x, name, 0) for name, x in (("a", a), ("b", b), ("exponent", exponent), ("samples", samples))]
    if 0.0 in values:
        raise ModelError(f"a, b, exponent, samples are {values} (expected positive numbers)")
    scale, noise, p, n = values
    return float((2 * p * scale / noise) ** (2 / (2 * p + 1)) * n ** (1 / (2 * p + 1)))
