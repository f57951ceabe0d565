r"""Claims about robust values as risk measures: of one step, and nested over several.

Models here have one action, a small horizon, and rewards on a grid; the law of the return comes from all paths.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import exp, floats_only, is_exact, log
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Interval, Kernel, LogInterval, Simplex, Space, Vector
from proofs_check.strategies import distributions, stochastic_matrices
from proofs_check.topics.robust_mdp.instances import Array, Sides

RUSZCZYNSKI = "Ruszczynski (2010), Risk-averse dynamic programming for Markov decision processes"


def entropic(values: Array, p: Array, aversion: Any) -> Any:
    r""":math:`-\frac{1}{\theta} \log E\, e^{-\theta V}`, around the smallest value, so that nothing overflows."""
    low = min(values)
    total = sum((a * exp(-aversion * (v - low)) for a, v in zip(p, values, strict=True) if a != 0), 0 * p[0])
    return low - log(total) / aversion


def tail_mean(values: Array, p: Array, level: Any) -> Any:
    """The mean of the lowest ``level`` of the mass."""
    left, total = level, 0 * level
    for v, a in sorted(zip(values, p, strict=True), key=lambda x: x[0]):
        step = min(a, left)
        total, left = total + step * v, left - step
    return total / level


# --- one step ------------------------------------------------------------------------------------------------------------------


@st.composite
def lotteries(draw: st.DrawFn) -> dict[str, Any]:
    """Values, a law, an aversion."""
    n = draw(st.integers(1, 5))
    values = np.array(draw(st.lists(st.integers(-8, 8), min_size=n, max_size=n))) / 4
    return {"values": values, "p": draw(distributions(n)), "aversion": draw(st.sampled_from([0.01, 0.5, 2.0, 30.0]))}


def units(**_: Any) -> float:
    """Exponentials of numbers up to a hundred below the largest term, a logarithm, values up to two."""
    return 1e-12


@claim(
    "robust_mdp.entropic_is_penalised_kl",
    "<=",
    paper="Donsker and Varadhan (1975); Gibbs variational principle",
    assumptions="theta > 0; the left side at any law q, here one that is tilted too much or too little",
    instances=st.builds(lambda x, w: {**x, "tilt": w}, lotteries(), st.sampled_from([0.0, 0.5, 1.0, 2.0])),
    search={
        "values": Vector(3, -2, 2),
        "p": Simplex(3),
        "aversion": LogInterval(Fraction(1, 20), 20),
        "tilt": Interval(0, 2),
    },
    allowance=units,
    argument="With q* = p exp(-theta V) / Z, <q, V> + KL(q, p) / theta = KL(q, q*) / theta - log(Z) / theta, by the step "
    "applied to each state and averaged under q; KL is not negative, and 0 at q = q*.",
)
def entropic_is_penalised_kl(values: Array, p: Array, aversion: Any, tilt: Any) -> Sides:
    r"""$-\frac{1}{\theta} \log E\, e^{-\theta V} \le E_q V + \frac{1}{\theta} \mathrm{KL}(q, p)$, with equality at $q \propto
    p\, e^{-\theta V}$: the penalised worst case of KL at price $1 / \theta$ is the entropic risk."""
    return _risk(values, p, aversion), _penalised(values, p, aversion, tilt, aversion)


def _risk(values: Array, p: Array, aversion: Any) -> Any:
    return entropic(values, p, aversion) if is_exact() else tabular.robust.entropic_risk(values, p, aversion)


def _penalised(values: Array, p: Array, aversion: Any, tilt: Any, price: Any) -> Any:
    """At q proportional to p exp(-tilt theta V), KL from its definition."""
    low = min(values)
    weights = [a * exp(-tilt * aversion * (v - low)) for a, v in zip(p, values, strict=True)]
    total = sum(weights, 0 * p[0])
    out = 0 * p[0]
    for w, v in zip(weights, values, strict=True):
        if w != 0:
            q = w / total
            out = out + q * (v + (-tilt * aversion * (v - low) - log(total)) / price)
    return out


@entropic_is_penalised_kl.false_sibling("the price is theta")
def _(values: Array, p: Array, aversion: Any, tilt: Any) -> Sides:
    return _risk(values, p, aversion), _penalised(values, p, aversion, tilt, 1 / aversion)


@entropic_is_penalised_kl.false_sibling("twice the price: half of the divergence")
def _(values: Array, p: Array, aversion: Any, tilt: Any) -> Sides:
    return _risk(values, p, aversion), _penalised(values, p, aversion, tilt, 2 * aversion)


@entropic_is_penalised_kl.step(
    "V + log(q / p) / theta = log(q / (p exp(-theta V) / Z)) / theta - log(Z) / theta", method="logarithms"
)
def _() -> tuple[Any, Any]:
    q, p, z, theta = sp.symbols("q p Z theta", positive=True)
    v = sp.Symbol("V", real=True)
    return v + sp.log(q / p) / theta, (sp.log(q) - sp.log(p) + theta * v + sp.log(z)) / theta - sp.log(z) / theta


@entropic_is_penalised_kl.known("a fair coin, no tilt")
def _() -> dict[str, Any]:
    half = Fraction(1, 2)
    return {"values": [0, 1], "p": [half, half], "aversion": 1, "tilt": 0}


# --- several steps -------------------------------------------------------------------------------------------------------------


@st.composite
def chains(draw: st.DrawFn) -> dict[str, Any]:
    """A chain on three states, a reward for each, a horizon, an aversion."""
    return {
        "kernel": draw(stochastic_matrices(3, 3)),
        "rewards": np.array(draw(st.lists(st.integers(-4, 4), min_size=3, max_size=3))) / 4,
        "horizon": draw(st.integers(1, 4)),
        "aversion": draw(st.sampled_from([0.5, 2.0])),
    }


CHAIN: dict[str, Space] = {
    "kernel": Kernel((3,), 3),
    "rewards": Vector(3, -1, 1),
    "horizon": Integers(1, 3),
    "aversion": LogInterval(Fraction(1, 10), 5),
}


def return_law(kernel: Array, rewards: Array, horizon: int, gamma: Any) -> tuple[Array, Array]:
    """Returns and probabilities of all paths from state 0; the law itself is not needed."""
    n, returns, masses = len(rewards), [], []
    for path in itertools.product(range(n), repeat=int(horizon) - 1):
        states = (0, *path)
        mass, total, factor = 1 + 0 * kernel[0, 0], 0 * rewards[0], 1 + 0 * kernel[0, 0]
        for t, s in enumerate(states):
            if t:
                mass = mass * kernel[states[t - 1], s]
            total, factor = total + factor * rewards[s], factor * gamma
        returns.append(total)
        masses.append(mass)
    return np.array(returns), np.array(masses)


def nested(kernel: Array, rewards: Array, horizon: int, gamma: Any, risk: Any) -> Any:
    """The risk taken anew at every step, from state 0."""
    v = 0 * rewards
    for _ in range(int(horizon)):
        v = np.array([r + gamma * risk(v, p) for r, p in zip(rewards, kernel, strict=True)])
    return v[0]


def _nested_entropic(kernel: Array, rewards: Array, horizon: Any, aversion: Any, gamma: Any) -> Any:
    if is_exact():
        return nested(kernel, rewards, horizon, gamma, lambda v, p: entropic(v, p, aversion))
    return _staged(kernel, rewards, horizon, gamma, lambda mdp: tabular.robust.nested_entropic(mdp, aversion))


@floats_only
def _staged(kernel: Array, rewards: Array, horizon: int, gamma: float, problem: Any) -> float:
    mdp = tabular.MDP(kernel[:, None, :], rewards[:, None], gamma)
    return float(tabular.solve(tabular.FiniteHorizon(problem(mdp), int(horizon))).values[0, 0])


@claim(
    "robust_mdp.entropic_is_consistent",
    "==",
    paper="Howard and Matheson (1972), Risk-sensitive Markov decision processes",
    assumptions="one policy, no discount",
    instances=chains(),
    search=CHAIN,
    allowance=units,
    argument="With u = exp(-theta v) the nested recursion is linear, u = exp(-theta r) P u, by the step; unrolled it is the "
    "sum over paths of their probabilities times exp(-theta return).",
)
def entropic_is_consistent(kernel: Array, rewards: Array, horizon: Any, aversion: Any) -> Sides:
    r"""Without discount, robust dynamic programming with KL at price $1 / \theta$ gives the entropic risk of the return."""
    one = 1 + 0 * aversion
    return _nested_entropic(kernel, rewards, horizon, aversion, one), _static(kernel, rewards, horizon, aversion, one)


def _static(kernel: Array, rewards: Array, horizon: Any, aversion: Any, gamma: Any) -> Any:
    returns, masses = return_law(kernel, rewards, horizon, gamma)
    return entropic(returns, masses, aversion)


@entropic_is_consistent.false_sibling("with a discount of a half")
def _(kernel: Array, rewards: Array, horizon: Any, aversion: Any) -> Sides:
    half = (1 + 0 * aversion) / 2
    return _nested_entropic(kernel, rewards, horizon, aversion, half), _static(kernel, rewards, horizon, aversion, half)


@entropic_is_consistent.step("exp(-theta (r - log(E) / theta)) = exp(-theta r) E", method="expand")
def _() -> tuple[Any, Any]:
    theta, e = sp.symbols("theta E", positive=True)
    r = sp.Symbol("r", real=True)
    return sp.exp(sp.expand(-theta * (r - sp.log(e) / theta))), sp.exp(-theta * r) * e


@entropic_is_consistent.known("three steps of a lazy walk")
def _() -> dict[str, Any]:
    half = Fraction(1, 2)
    return {"kernel": [[half, half, 0], [0, half, half], [half, 0, half]], "rewards": [0, 1, -1], "horizon": 3, "aversion": 1}


@claim(
    "robust_mdp.nested_tail_mean",
    ">=",
    paper="derived here; after Iancu, Petrik and Subramanian (2015), Tight approximations of dynamic risk measures (recalled)",
    assumptions="one policy, no discount; level tau = 1 / (1 + theta)",
    instances=chains(),
    search=CHAIN,
    allowance=units,
    argument="The nested worst law has density ratios of at most 1 / tau at each of H - 1 random steps, so at most tau^-(H-1) "
    "altogether, by the step: it is admissible for the level tau^(H-1), whose worst mean is no larger.",
)
def nested_tail_mean(kernel: Array, rewards: Array, horizon: Any, aversion: Any) -> Sides:
    r"""Nested CVaR at level $\tau$ is at least the CVaR of the return at level $\tau^{H-1}$."""
    return _tails(kernel, rewards, horizon, aversion, int(horizon) - 1)


def _tails(kernel: Array, rewards: Array, horizon: Any, aversion: Any, power: int) -> Sides:
    level = 1 / (1 + aversion)
    inner: Any = nested(kernel, rewards, horizon, 1 + 0 * aversion, lambda v, p: _tail(v, p, level))
    returns, masses = return_law(kernel, rewards, horizon, 1 + 0 * aversion)
    whole = 1 + 0 * aversion
    for _ in range(power):
        whole = whole * level
    return inner, tail_mean(returns, masses, whole)


def _tail(v: Array, p: Array, level: Any) -> Any:
    if is_exact():
        return tail_mean(v, p, level)
    return tabular.CVaR(level).worst_case(v, p).value


@nested_tail_mean.false_sibling("at the level of one step: nested risk is the risk of the return")
def _(kernel: Array, rewards: Array, horizon: Any, aversion: Any) -> Sides:
    return _tails(kernel, rewards, horizon, aversion, 1)


@nested_tail_mean.false_sibling("nor is it a bound from above: the other way round at the level of one step")
def _(kernel: Array, rewards: Array, horizon: Any, aversion: Any) -> Sides:
    left, right = _tails(kernel, rewards, horizon, aversion, 1)
    return right, left


@nested_tail_mean.step("ratios multiply: (1 / tau) tau^-k = tau^-(k+1)", method="cancel")
def _() -> tuple[Any, Any]:
    tau, power = sp.symbols("tau T", positive=True)  # T stands for tau^k
    return (1 / tau) * (1 / power), 1 / (tau * power)


@nested_tail_mean.known("three steps of a lazy walk, half of the mass")
def _() -> dict[str, Any]:
    half = Fraction(1, 2)
    return {"kernel": [[half, half, 0], [0, half, half], [half, 0, half]], "rewards": [0, 1, -1], "horizon": 3, "aversion": 1}
