r"""Claims about how alike actions are: the linear decomposition, its smallest coefficients, diameters, a metric."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import floats_only, is_exact, rational
from proofs_check.claim import claim
from proofs_check.spaces import Kernel, Simplex
from proofs_check.strategies import distributions, stochastic_matrices
from proofs_check.topics.action_grouping.formulas import diameters, distances, labels, members, variation
from proofs_check.topics.action_grouping.instances import (
    DERIVED,
    LI,
    Array,
    Sides,
    fractions,
    grouped_models,
    model,
    rounding,
    units,
)
from tabular import MDP

THREE = [["1/2", "1/2", 0], ["1/2", 0, "1/2"], [0, "1/2", "1/2"]]
"""Laws that have nothing in common, but half in pairs."""


def low(rows: Array) -> Array:
    """Smallest entry of each column."""
    return np.array([min(column) for column in rows.T])


def coefficient(rows: Array) -> Any:
    """One minus the mass of the smallest entries: the smallest coefficient of a group with these laws."""
    return 1 - low(rows).sum() if is_exact() else tabular.grouping.decomposition(*one_group(rows)).transition_coefficient


@floats_only
def one_group(rows: Array) -> tuple[MDP, list[int]]:
    """A model with these laws in every state, all actions in one group."""
    P = np.broadcast_to(rows, (rows.shape[1], *rows.shape))
    return MDP(P, np.zeros(P.shape[:2]), 0.5), [0] * len(rows)


def left_over(rows: Array, common: Array) -> Any:
    """The coefficient that a given common law needs: one minus the largest share of it that every row holds."""
    return 1 - min(p / q for row in rows for p, q in zip(row, common, strict=True) if q > 0)


@st.composite
def rows_and_law(draw: st.DrawFn) -> dict[str, Any]:
    """Laws of up to four actions on up to three states, and a law that might be common to them."""
    n = draw(st.integers(1, 3))
    return {"rows": draw(stochastic_matrices(draw(st.integers(1, 4)), n)), "common": draw(distributions(n))}


@claim(
    "action_grouping.smallest_coefficient",
    "<=",
    paper=LI,
    theorem="deviation coefficient of the kernel; closed form derived here",
    instances=rows_and_law(),
    search={"rows": Kernel((3,), 3), "common": Simplex(3)},
    allowance=units,
    argument="A decomposition with common law c and coefficient beta needs (1 - beta) c <= P(a) entry by entry for every a, "
    "that is, at most the smallest entries; summed over next states, 1 - beta is at most the mass of those. Where that mass "
    "is t > 0, c = min_a P(a) / t takes all of it, by the step; where it is 0, any c does with beta = 1. Any larger "
    "coefficient serves too, as some of c can be left in the individual parts. For rewards (1 - beta) R_1 <= r(a) <= (1 - "
    "beta) R_1 + beta, so that beta is at least the largest minus the smallest.",
)
def smallest_coefficient(rows: Array, common: Array) -> Sides:
    r"""No law $c$ is common to the actions of a group with a coefficient below
    $\beta_P^\star = 1 - \sum_{s'} \min_{a} P(s' | a)$: $\ \beta_P^\star \le 1 - \max \{t : t\, c \le P(\cdot | a)\ \forall a\}$.
    """
    return coefficient(rows), left_over(rows, common)


@smallest_coefficient.false_sibling("one of the actions has the best common law")
def _(rows: Array, common: Array) -> Sides:
    return min(left_over(rows, row) for row in rows), left_over(rows, common)


@smallest_coefficient.false_sibling("the mean of the group is the best common law")
def _(rows: Array, common: Array) -> Sides:
    return left_over(rows, rows.sum(axis=0) / len(rows)), left_over(rows, common)


@smallest_coefficient.step("P(a) - (1 - beta) min P / (1 - beta) = P(a) - min P", method="cancel")
def _() -> tuple[Any, Any]:
    p, least, beta = sp.symbols("p m beta")
    return p - (1 - beta) * (least / (1 - beta)), p - least


@smallest_coefficient.known("the normalised minimum, where it is an equality, and no action is as good")
def _() -> dict[str, Any]:
    rows = [["1/2", "1/4", "1/4"], ["1/4", "1/2", "1/4"], ["1/4", "1/4", "1/2"]]
    return {"rows": fractions(rows), "common": fractions(["1/3"] * 3)}


# --- the decomposition itself ------------------------------------------------------------------------------------------------


def scaled(mdp: Any) -> Any:
    """The model with rewards in [0, 1]; here they are in [-2, 2]."""
    return mdp.replace(r=(mdp.r + 2) / 4)


def parts(mdp: Any, groups: tuple[int, ...], beta: Any, reward_beta: Any) -> tuple[Array, Array, Array, Array]:
    """P_1, P_2, R_1 and R_2 of every action, common parts from the smallest entries, for given coefficients."""
    common_P, common_r = mdp.P + 0 * mdp.P, mdp.r + 0 * mdp.r
    for s in range(mdp.n_states):
        for part in members(groups):
            least, lowest, highest = low(mdp.P[s, part]), min(mdp.r[s, part]), max(mdp.r[s, part])
            common_P[s, part] = least / least.sum() if least.sum() > 0 else mdp.P[s, part[0]]
            common_r[s, part] = lowest / (1 - (highest - lowest)) if highest - lowest < 1 else 0 * lowest
    own_P = (mdp.P - (1 - beta) * common_P) / beta if beta > 0 else mdp.P
    own_r = (mdp.r - (1 - reward_beta) * common_r) / reward_beta if reward_beta > 0 else mdp.r
    return common_P, own_P, common_r, own_r


def smallest_coefficients(mdp: Any, groups: tuple[int, ...]) -> tuple[Any, Any]:
    """The largest over states and groups, from the definitions."""
    pairs = [(s, part) for s in range(mdp.n_states) for part in members(groups)]
    kernel = max(1 - low(mdp.P[s, part]).sum() for s, part in pairs)
    return kernel, max(max(mdp.r[s, part]) - min(mdp.r[s, part]) for s, part in pairs)


def rebuilt(mdp: Any, beta: Any, reward_beta: Any, found: tuple[Array, Array, Array, Array]) -> Sides:
    """What a decomposition must satisfy: it adds up, and its parts are laws and rewards in [0, 1]."""
    common_P, own_P, common_r, own_r = found
    mixed = [(1 - beta) * common_P + beta * own_P, (1 - reward_beta) * common_r + reward_beta * own_r]
    sums = [common_P.sum(axis=2), own_P.sum(axis=2)]
    negative = [np.array([min(x, 0 * x) for x in part.reshape(-1)]) for part in (common_P, own_P, common_r, own_r)]
    above = [np.array([max(x - 1, 0 * x) for x in part.reshape(-1)]) for part in (common_r, own_r)]
    left = np.concatenate([part.reshape(-1) for part in (*mixed, *sums, *negative, *above)])
    right = [mdp.P, mdp.r, *(0 * part + 1 for part in sums), *(0 * part for part in (*negative, *above))]
    return left, np.concatenate([part.reshape(-1) for part in right])


@st.composite
def models_and_groups(draw: st.DrawFn) -> dict[str, Any]:
    """A grouped model without weights."""
    instance = draw(grouped_models())
    return {name: instance[name] for name in ("mdp", "groups")}


def decomposition_rounding(mdp: MDP, groups: tuple[int, ...]) -> float:
    """Individual parts are differences of probabilities (and of rewards), which lose a few units of 1.1e-16, divided by the
    coefficient: 4e-15 of the quotient, and 1e-12 for all else."""
    found = tabular.grouping.decomposition(scaled(mdp), labels(groups))
    return 1e-12 + sum(4e-15 / beta for beta in (found.transition_coefficient, found.reward_coefficient) if beta > 0)


@claim(
    "action_grouping.decomposition",
    "==",
    paper=LI,
    theorem="linear decomposition model; coefficients derived here",
    assumptions="rewards in [0, 1] (those of the instance, x, enter as (x + 2) / 4)",
    instances=models_and_groups(),
    allowance=decomposition_rounding,
    uses=("action_grouping.smallest_coefficient",),
    argument="If beta is 0 all laws of a group are one, and any individual part will do; if a range is 1, R_1 is 0. Else the "
    "individual parts are (P - (1 - beta) P_1) / beta, so that the mixture is P and their mass is 1, by the steps. With beta "
    "at least the coefficient of the state and group, (1 - beta) P_1 is at most the smallest entries, so that they are not "
    "negative. For rewards R_1 = min r / (1 - range) <= 1 since max r <= 1, and r - (1 - beta) R_1 lies between 0 and beta: "
    "above, because it is at most max r - min r + (beta - range) R_1 <= beta.",
)
def decomposition(mdp: MDP, groups: tuple[int, ...]) -> Sides:
    r"""With the largest of $\beta_P^\star(s, g) = 1 - \sum_{s'} \min_{a \in g} P(s' | s, a)$ and of
    $\beta_R^\star(s, g) = \max_{a \in g} r - \min_{a \in g} r$ there are laws $P_1(\cdot | s, g), P_2(\cdot | s, a)$ and rewards
    $R_1, R_2 \in [0, 1]$ with $P = (1 - \beta_P) P_1 + \beta_P P_2$ and $r = (1 - \beta_R) R_1 + \beta_R R_2$.
    """
    unit = scaled(mdp)
    if is_exact():
        beta, reward_beta = smallest_coefficients(unit, groups)
        return rebuilt(unit, beta, reward_beta, parts(unit, groups, beta, reward_beta))
    found, own = tabular.grouping.decomposition(unit, labels(groups)), labels(groups)
    pieces = found.common_transition[:, own], found.own_transition, found.common_reward[:, own], found.own_reward
    return rebuilt(unit, found.transition_coefficient, found.reward_coefficient, pieces)


@decomposition.false_sibling("the largest total variation of a pair as coefficient")
def _(mdp: MDP, groups: tuple[int, ...]) -> Sides:
    unit = scaled(mdp)
    beta, reward_beta = diameters(unit, groups).transition, smallest_coefficients(unit, groups)[1]
    return rebuilt(unit, beta, reward_beta, parts(unit, groups, beta, reward_beta))


@decomposition.false_sibling("a tenth less of the reward coefficient")
def _(mdp: MDP, groups: tuple[int, ...]) -> Sides:
    unit = scaled(mdp)
    beta, reward_beta = smallest_coefficients(unit, groups)
    return rebuilt(unit, beta, reward_beta * rational(9, 10), parts(unit, groups, beta, reward_beta * rational(9, 10)))


@decomposition.step("(1 - beta) P_1 + beta (P - (1 - beta) P_1) / beta = P", method="cancel")
def _() -> tuple[Any, Any]:
    beta, p, common = sp.symbols("beta P P_1")
    return (1 - beta) * common + beta * ((p - (1 - beta) * common) / beta), p


@decomposition.step("the mass of an individual part: (1 - (1 - beta)) / beta = 1", method="cancel")
def _() -> tuple[Any, Any]:
    beta = sp.Symbol("beta")
    return (1 - (1 - beta)) / beta, sp.Integer(1)


@decomposition.step("beta - [r_max - (1 - beta) R_1] = (1 - R_1) (beta - d), with r_max = R_1 (1 - d) + d", method="expand")
def _() -> tuple[Any, Any]:
    beta, d, common = sp.symbols("beta d R_1")
    return beta - (common * (1 - d) + d - (1 - beta) * common), (1 - common) * (beta - d)


def three_kernels() -> dict[str, Any]:
    """In every state three actions with laws that differ by 1/2 in pairs and have nothing in common."""
    return {"mdp": model([THREE] * 3, [[0, 0, 0]] * 3, "9/10"), "groups": (0, 0, 0)}


decomposition.known("three kernels without a common part, where it is an equality")(three_kernels)


@claim(
    "action_grouping.diameter_below_coefficient",
    "<=",
    paper=DERIVED,
    theorem="deviation coefficient of the kernel against the diameter; derived here",
    instances=rows_and_law().map(lambda instance: {"rows": instance["rows"]}),
    search={"rows": Kernel((3,), 3)},
    allowance=units,
    argument="min_a P(a) is below the minimum of any two, whose mass is one minus their total variation: that is the step. "
    "Conversely 1 - sum min_a P(a) = sum_s' (P(s'|b) - min_a P(s'|a)) is at most the sum over a != b of the positive parts of "
    "P(b) - P(a), each of which is a total variation. For two actions both are equalities; k actions that each miss another one "
    "of k states attain the upper bound.",
)
def diameter_below_coefficient(rows: Array) -> Sides:
    r"""$\bar\beta_P \le \beta_P^\star \le (k - 1)\, \bar\beta_P$ for a group of $k \ge 2$ actions: bounds in diameters are
    never worse than bounds in coefficients.
    """
    most = max(len(rows) - 1, 1)
    beta = coefficient(rows)
    return np.array([pairwise(rows), beta]), np.array([beta, most * pairwise(rows)])


def pairwise(rows: Array) -> Any:
    """Largest total variation of a pair."""
    if is_exact():
        return max(variation(p, q) for p in rows for q in rows)
    return tabular.grouping.diameters(*one_group(rows)).transition


@diameter_below_coefficient.false_sibling("the coefficient is the largest total variation of a pair")
def _(rows: Array) -> Sides:
    return coefficient(rows), pairwise(rows)


@diameter_below_coefficient.false_sibling("at most 9/10 of k - 1 times the diameter")
def _(rows: Array) -> Sides:
    return coefficient(rows), max(len(rows) - 1, 1) * pairwise(rows) * rational(9, 10)


@diameter_below_coefficient.step("min(p, q) = (p + q - |p - q|) / 2, so that masses of 1 leave 1 - TV", method="expand")
def _() -> tuple[Any, Any]:
    p, gap = sp.symbols("p d", nonnegative=True)
    q = p + gap
    return p, (p + q - sp.Abs(p - q)) / 2


@diameter_below_coefficient.known("three kernels, 1 against twice 1/2, where the second is an equality")
def _() -> dict[str, Any]:
    return {"rows": fractions(THREE)}


# --- a metric ----------------------------------------------------------------------------------------------------------------


@claim(
    "action_grouping.metric",
    "<=",
    paper="derived here",
    assumptions="all actions are allowed in every state",
    instances=models_and_groups().map(lambda instance: {"mdp": instance["mdp"]}),
    allowance=rounding,
    argument="In every state the distance is a sum of two pseudometrics, |r - r'| and a multiple of half the L1 distance; the "
    "step is the triangle inequality of each coordinate for numbers in order, and if the middle one lies outside, the left "
    "side is even smaller. The largest of several pseudometrics is one: each obeys the inequality with the largest of each "
    "term.",
)
def metric(mdp: MDP) -> Sides:
    r"""$d(a, c) \le d(a, b) + d(b, c)$ for $d(a, b) = \max_s \bigl[ |r(s, a) - r(s, b)| + \tfrac{\gamma \Delta}{1 - \gamma}
    \mathrm{TV}(P(\cdot | s, a), P(\cdot | s, b)) \bigr]$.
    """
    d = distances(mdp)
    n = len(d)
    around = np.stack([d[:, [b]] + d[[b], :] for b in range(n)])
    return np.stack([d] * n), around


@metric.false_sibling("an ultrametric: the larger of the two")
def _(mdp: MDP) -> Sides:
    d = distances(mdp)
    n = len(d)
    around = np.stack([np.maximum(d[:, [b]] + 0 * d[[b], :], d[[b], :] + 0 * d[:, [b]]) for b in range(n)])
    return np.stack([d] * n), around


@metric.false_sibling("in squared distances")
def _(mdp: MDP) -> Sides:
    d = distances(mdp) ** 2
    n = len(d)
    return np.stack([d] * n), np.stack([d[:, [b]] + d[[b], :] for b in range(n)])


@metric.step("(z - x) = (y - x) + (z - y)", method="expand")
def _() -> tuple[Any, Any]:
    x, y, z = sp.symbols("x y z")
    return z - x, (y - x) + (z - y)


@metric.known("three rewards in a line, where it is an equality")
def _() -> dict[str, Any]:
    return {"mdp": model([[[1]] * 3], [[0, "1/2", 1]], 0)}
