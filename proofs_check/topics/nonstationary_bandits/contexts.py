"""Claims about contexts that are seen before acting."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from proofs_check.arithmetic import floats_only, is_exact, rational
from proofs_check.claim import claim
from proofs_check.spaces import Integers, Kernel, Simplex, Vector
from proofs_check.strategies import distributions
from proofs_check.topics.nonstationary_bandits.formulas import (
    best_arms,
    entropy,
    extended,
    gaps,
    information,
    one_hot,
    sequence_entropy,
    total,
)
from proofs_check.topics.nonstationary_bandits.instances import MIN, Array, Sides, fractions, unit_vectors, units
from tabular.bandits import ContextualBandit


@st.composite
def contextual(draw: st.DrawFn) -> dict[str, Any]:
    """Two states, two contexts, two or three arms."""
    k = draw(st.integers(2, 3))
    return {
        "P": np.array([draw(distributions(2)) for _ in range(2)]),
        "mu": draw(unit_vectors(4 * k)).reshape(2, 2, k),
        "nu": draw(distributions(2)),
        "contexts": draw(distributions(2)),
        "horizon": draw(st.integers(1, 3)),
    }


def achieved(P: Array, mu: Array, nu: Array, contexts: Array, horizon: int) -> tuple[Any, Any, Any, Any]:
    """Regret, gains and entropies of best arms and of best rules; exactly history by history."""
    if not is_exact():
        return _ours(P, mu, nu, contexts, int(horizon))
    k, held = mu.shape[2], [x for x in range(len(contexts)) if contexts[x] > 0]
    targets = [one_hot(best_arms(mu[:, x]), k) for x in range(len(contexts))]
    nodes, lost, gained = [(rational(1), nu)], rational(0), rational(0)
    for _ in range(int(horizon)):
        after = []
        for weight, belief in nodes:
            for x in held:
                seen, law = weight * contexts[x], belief @ targets[x]
                lost = lost + seen * (law * (belief @ gaps(mu[:, x]))).sum()
                rows = np.array([belief * column for column in targets[x].T])
                for a in range(k):
                    if law[a] > 0:
                        gained = gained + seen * law[a] * information(rows, mu[:, x, a])
                        for chances in (mu[:, x, a], 1 - mu[:, x, a]):
                            joint = belief * chances
                            if joint.sum() > 0:
                                after.append((seen * law[a] * joint.sum(), joint / joint.sum() @ P))
        nodes = after
    tables = [(rational(1), nu[None])]
    for t in range(int(horizon)):
        moved = [(weight, table @ P if t else table) for weight, table in tables]
        tables = [(weight * contexts[x], extended(table, targets[x])) for weight, table in moved for x in held]
    of_arms = total(weight * entropy(table.sum(axis=1)) for weight, table in tables)
    return lost, gained, of_arms, sequence_entropy(P, nu, horizon, _rules(mu))


def _rules(mu: Array) -> Array:
    """(n, rules) which rule, a best arm for every context, belongs to a state."""
    rules = [tuple(int(a) for a in best_arms(row)) for row in mu]
    names = sorted(set(rules))
    return one_hot(np.array([names.index(rule) for rule in rules]), len(names))


@floats_only
def _ours(P: Array, mu: Array, nu: Array, contexts: Array, horizon: int) -> tuple[Any, Any, Any, Any]:
    bandit = ContextualBandit(P, mu, contexts, nu)
    return (
        bandit.thompson_regret(horizon).sum(),
        bandit.one_step_information(horizon).sum(),
        bandit.optimal_arm_entropy(horizon),
        bandit.optimal_rule_entropy(horizon),
    )


@claim(
    "nonstationary_bandits.contextual",
    "<=",
    paper=MIN,
    theorem="contextual bandits, with k - 1 in place of k; derived here for independent contexts",
    assumptions="contexts independent of each other and of the state; Thompson sampling of arms",
    instances=contextual(),
    search={
        "P": Kernel((2,), 2),
        "mu": Vector((2, 2, 2), 0, 1),
        "nu": Simplex(2),
        "contexts": Simplex(2),
        "horizon": Integers(1, 3),
    },
    allowance=units,
    uses=(
        "nonstationary_bandits.information_ratio",
        "nonstationary_bandits.step_below_whole",
        "nonstationary_bandits.chain_rule",
    ),
    argument="Given the past and the context a step is one of information_ratio, with k arms. The links hold given X_1 .. "
    "X_T, as later contexts say nothing about what is seen before. Given the contexts the best arms are functions of the best "
    "rules, hence the last bound: by the step merging two values of a variable lowers its entropy.",
)
def contextual_regret(P: Array, mu: Array, nu: Array, contexts: Array, horizon: int) -> Sides:
    r"""$(\sum_t \text{regret}_t)^2 \le \frac{k - 1}{2} T \sum_t I_t$ and $\sum_t I_t \le H(i^*_{1:T} | X_{1:T}) \le
    H(A^*_{1:T})$ with $k$ the number of arms, not of rules."""
    lost, gained, of_arms, of_rules = achieved(P, mu, nu, contexts, horizon)
    scale = rational(mu.shape[2] - 1, 2) * int(horizon)
    return np.array([lost * lost, gained, of_arms]), np.array([scale * gained, of_arms, of_rules])


@contextual_regret.false_sibling("the entropy of rules is that of arms")
def _(P: Array, mu: Array, nu: Array, contexts: Array, horizon: int) -> Sides:
    _, _, of_arms, of_rules = achieved(P, mu, nu, contexts, horizon)
    return of_rules, of_arms


@contextual_regret.false_sibling("without the horizon")
def _(P: Array, mu: Array, nu: Array, contexts: Array, horizon: int) -> Sides:
    lost, gained, _, _ = achieved(P, mu, nu, contexts, horizon)
    return lost * lost, rational(mu.shape[2] - 1, 2) * gained


@contextual_regret.step("-x log x - y log y + (x + y) log(x + y) = x log((x + y) / x) + y log((x + y) / y)", method="logarithms")
def _() -> tuple[Any, Any]:
    x, y = sp.symbols("x y", positive=True)
    left = -x * sp.log(x) - y * sp.log(y) + (x + y) * sp.log(x + y)
    return left, x * sp.log((x + y) / x) + y * sp.log((x + y) / y)


@contextual_regret.known("two states that matter in one context only, two steps")
def _() -> dict[str, Any]:
    return {
        "P": fractions("4/5 1/5", "1/5 4/5"),
        "mu": np.array([fractions("9/10 1/10", "3/10 1/5"), fractions("3/10 3/5", "2/5 1/5")]),
        "nu": fractions("1/2 1/2")[0],
        "contexts": fractions("1/2 1/2")[0],
        "horizon": 2,
    }
