r"""Robust values of laws and of small linear models, in both arithmetics.

In doubles they come from :mod:`tabular`; in exact arithmetic from the definitions. Sets are called by name, each with one size;
``None`` is the size of a factor that is not in doubt.

=======================  ==========================================================================================
TV within                total variation up to the size, mass may go to any state
TV at a price            any law, at the size times its total variation
KL at a price            :math:`-\lambda \log E e^{-V / \lambda}`; a ball in exact arithmetic
chi-square at a price    :math:`\min_q E_q V + \lambda \chi^2(q, p)`
KL within, chi-square    in doubles only
within
=======================  ==========================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import tabular
from proofs_check.arithmetic import exp, floats_only, is_exact, log
from proofs_check.topics.divergences.formulas import chi_square, kl, mean, total, total_variation
from tabular.linear_mdp import LinearMDP, d_rectangular

__all__ = ["EXACT_SETS", "PRICED", "SETS", "Linear", "distance", "expected", "greedy", "robust", "worst", "worst_law"]

Array = np.ndarray[Any, Any]

EXACT_SETS = ("TV within", "TV at a price", "KL at a price", "chi-square at a price")
PRICED = EXACT_SETS[1:]
SETS = (*EXACT_SETS, "KL within", "chi-square within")

DIVERGENCES: dict[str, Any] = {"TV": tabular.TotalVariation(), "KL": tabular.KL(), "chi-square": tabular.ChiSquare()}


def _parts(name: str) -> tuple[str, bool]:
    """The divergence, and whether its size is a price."""
    return name.split(" ")[0], name.endswith("price")


def distance(name: str, q: Array, p: Array) -> Any:
    """The divergence of a set, from its definition."""
    functions: dict[str, Any] = {"TV": total_variation, "KL": kl, "chi-square": chi_square}
    return functions[_parts(name)[0]](q, p)


# --- one law -------------------------------------------------------------------------------------------------------------------


def worst(name: str, values: Array, p: Array, size: Any) -> Any:
    """The worst case of a law, what the adversary pays included."""
    if not is_exact():
        return _in_doubles(name, values, p, size)[0]
    if name == "KL at a price":
        low = min(values)
        return low - size * log(total([a * exp((low - v) / size) for a, v in zip(p, values, strict=True)], p))
    law = worst_law(name, values, p, size)
    paid = size * distance(name, law, p) if _parts(name)[1] else 0 * size
    return mean(law, values) + paid


def worst_law(name: str, values: Array, p: Array, size: Any) -> Array:
    """The law that attains it."""
    if not is_exact():
        return _in_doubles(name, values, p, size)[1]
    if name.startswith("TV"):
        return _moved(values, p, size, name == "TV at a price")
    if name == "KL at a price":
        low = min(values)
        weights = np.array([a * exp((low - v) / size) for a, v in zip(p, values, strict=True)], dtype=object)
        return np.array(weights / total(list(weights), p))
    return _thinned(values, p, size)


def _moved(values: Array, p: Array, size: Any, priced: bool) -> Array:
    """Mass from the largest values to the smallest: up to the size, or all that gains more than the price."""
    low = min(range(len(p)), key=lambda s: values[s])
    law, left = p.copy(), size
    for s in sorted(range(len(p)), key=lambda s: values[s], reverse=True):
        gap = values[s] - values[low]
        if gap <= 0 or (priced and gap <= size):
            break
        step = law[s] if priced else min(law[s], left)
        law[s], law[low], left = law[s] - step, law[low] + step, left - step
    return law


def _thinned(values: Array, p: Array, size: Any) -> Array:
    """p (1 - (V - eta) / (2 lambda)) on the values where that is positive, eta such that it is a law."""
    order = sorted((s for s in range(len(p)) if p[s] > 0), key=lambda s: values[s])
    mass, first = 0 * p[0], 0 * p[0]
    law = 0 * p
    for n, s in enumerate(order):
        mass, first = mass + p[s], first + p[s] * values[s]
        eta = (2 * size * (1 - mass) + first) / mass
        last = n + 1 == len(order)
        if last or eta + 2 * size <= values[order[n + 1]]:  # the next value has no mass any more
            for t in order[: n + 1]:
                law[t] = p[t] * (1 - (values[t] - eta) / (2 * size))
            return law
    return law


@floats_only
def _in_doubles(name: str, values: Array, p: Array, size: float) -> tuple[Any, Array]:
    head, priced = _parts(name)
    solve = DIVERGENCES[head].penalised_min if priced else DIVERGENCES[head].worst_case
    found = solve(values, p, size)
    return found.value, found.distribution


# --- linear models -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Linear:
    """A small linear model: ``phi`` (S, A, d), ``mu`` (d, S), ``theta`` (d,), the same at all steps."""

    phi: Array
    mu: Array
    theta: Array

    def mixed(self, weights: Array) -> Array:
        """(S, A) inner products of the features with weights."""
        return np.array((self.phi * weights).sum(axis=2))

    def factor_values(self, name: str, v: Array, size: Any) -> Array:
        """(d,) worst cases of the factors; ``size`` is one number, or one for each factor."""
        if not is_exact() and not isinstance(size, list):
            return np.asarray(_in_doubles(name, v, self.mu, size)[0])
        sizes = size if isinstance(size, list) else [size] * len(self.mu)
        return np.array([mean(p, v) if s is None else worst(name, v, p, s) for p, s in zip(self.mu, sizes, strict=True)])

    def q_values(self, name: str, v: Array, size: Any) -> Array:
        """(S, A) robust action values."""
        return self.mixed(self.theta + self.factor_values(name, v, size))

    def worst_factors(self, name: str, v: Array, size: Any) -> Array:
        """(d, S) what the adversary chooses."""
        return np.array([worst_law(name, v, p, size) for p in self.mu])

    def kernel(self, factors: Array | None = None) -> Array:
        """(S, A, S) transitions."""
        mu = self.mu if factors is None else factors
        return np.array((self.phi[:, :, :, None] * mu).sum(axis=2))


def greedy(q: Array) -> Array:
    """(S,) best actions, the lowest index among ties."""
    return np.array([max(range(len(row)), key=lambda a: row[a]) for row in q])


def robust(model: Linear, name: str, size: Any, horizon: Any, policy: list[Array] | None = None) -> list[Array]:
    """Values of the steps 0 .. H: of the optimum, or of a policy of H arrays of actions; in doubles those of our solver."""
    steps = int(horizon)
    if not is_exact():
        return _solved(model, name, size, steps, policy)
    values = [0 * model.mu[0]]
    rows = np.arange(len(values[0]))
    for step in reversed(range(steps)):
        q = model.q_values(name, values[0], size)
        values.insert(0, np.array([max(row) for row in q]) if policy is None else q[rows, policy[step]])
    return values


@floats_only
def _solved(model: Linear, name: str, size: Any, steps: int, policy: list[Array] | None) -> list[Array]:
    head, priced = _parts(name)
    sizes = [(np.inf if priced else 0.0) if s is None else s for s in size] if isinstance(size, list) else size
    problem = d_rectangular(
        LinearMDP(model.phi, model.mu, model.theta, steps), DIVERGENCES[head], **{"penalty" if priced else "radius": sizes}
    )
    if policy is None:
        return list(tabular.solve(problem).values)
    return list(tabular.policy_value(problem, np.eye(model.phi.shape[1])[np.array(policy)]))


def expected(policy: list[Array], kernels: list[Array], gains: list[Array]) -> Array:
    """(S,) expected sum of (S, A) gains of the steps, from each first state."""
    collected = 0 * gains[0][:, 0]
    rows = np.arange(len(collected))
    for actions, kernel, gain in zip(reversed(policy), reversed(kernels), reversed(gains), strict=True):
        collected = gain[rows, actions] + (kernel[rows, actions] * collected).sum(axis=1)
    return collected
