r"""Claims about choosing groups from similarity: what farthest-first traversal and complete linkage guarantee, and what not."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

import tabular
from proofs_check.arithmetic import floats_only, is_exact, rational
from proofs_check.claim import claim
from proofs_check.topics.action_grouping.formulas import distances, grouped_optimum
from proofs_check.topics.action_grouping.instances import DERIVED, Array, Sides, bandit, grouped_models, model, rounding
from tabular import MDP

Groups = tuple[int, ...]


def canonical(groups: list[int]) -> Groups:
    """The same partition, labelled in the order of first use."""
    order = list(dict.fromkeys(groups))
    return tuple(order.index(g) for g in groups)


def all_partitions(n_actions: int, m: int) -> list[Groups]:
    """All partitions into m groups, in lexicographic order."""
    found: list[Groups] = [(0,)]
    for _ in range(n_actions - 1):
        found = [(*groups, g) for groups in found for g in range(max(groups) + 2)]
    return [groups for groups in found if max(groups) == m - 1]


def diameter(d: Array, groups: Groups) -> Any:
    """Largest distance within a group."""
    n = range(len(groups))
    return max(d[a, b] for a in n for b in n if groups[a] == groups[b])


def traversal(d: Array, m: int) -> Groups:
    """Farthest-first: each centre is farthest from those before, from action 0 on."""
    owner, nearest = [0] * len(d), list(d[0])
    centres = [0]
    for g in range(1, m):
        left = [a for a in range(len(d)) if a not in centres]
        centre = max(left, key=lambda a: nearest[a])
        centres.append(centre)
        for a in range(len(d)):
            if a == centre or (a not in centres and d[centre, a] < nearest[a]):
                owner[a], nearest[a] = g, d[centre, a]
    return canonical(owner)


def linkage(d: Array, m: int) -> Groups:
    """Complete linkage: the two groups whose union is narrowest are merged, again and again."""
    parts = [[a] for a in range(len(d))]
    while len(parts) > m:
        pairs = [(i, j) for j in range(len(parts)) for i in range(j)]
        i, j = min(pairs, key=lambda pair: max(d[a, b] for a in parts[pair[0]] for b in parts[pair[1]]))
        parts = [*(part for n, part in enumerate(parts) if n not in (i, j)), parts[i] + parts[j]]
    return canonical([next(g for g, part in enumerate(parts) if a in part) for a in range(len(d))])


def narrowest(d: Array, m: int) -> Groups:
    """The first partition with the smallest diameter."""
    return min(all_partitions(len(d), m), key=lambda groups: diameter(d, groups))


METHODS = {"traversal": traversal, "linkage": linkage, "narrowest": narrowest}
SOLVERS = {
    "traversal": tabular.grouping.farthest_first,
    "linkage": tabular.grouping.complete_linkage,
    "narrowest": tabular.grouping.smallest_diameter,
}


def selected(method: str, mdp: MDP, m: int) -> tuple[Groups, Any]:
    """Groups by a method, and their diameter."""
    if not is_exact():
        return _selected(method, mdp, m)
    d = distances(mdp)
    groups = METHODS[method](d, m)
    return groups, diameter(d, groups)


@floats_only
def _selected(method: str, mdp: MDP, m: int) -> tuple[Groups, float]:
    found = SOLVERS[method](mdp, m)
    return tuple(found.groups.tolist()), found.score


def count(mdp: MDP, m: Any) -> int:
    """m, but no more than there are actions."""
    return min(int(m), mdp.n_actions)


def crossed() -> dict[str, Any]:
    """Four actions in two states whose rewards are points of the plane, distances by the larger coordinate."""
    points = [("1/2", 0), ("1/2", "1/2"), (0, 0), (1, 0)]
    rows = [[[1, 0]] * 4, [[0, 1]] * 4]
    return {"mdp": model(rows, [[x for x, _ in points], [y for _, y in points]], 0), "m": 2}


ALONE = grouped_models(max_actions=4, m=st.integers(1, 3)).map(lambda given: {"mdp": given["mdp"], "m": given["m"]})


@claim(
    "action_grouping.farthest_first",
    "<=",
    paper="Gonzalez (1985)",
    theorem="factor 2; proof given here",
    assumptions="all actions are allowed in every state, so that distances are a metric",
    instances=ALONE,
    allowance=rounding,
    uses=("action_grouping.metric",),
    argument="With as many groups as actions all diameters are 0. Else let rho be the largest distance of an action from its "
    "nearest centre, a such an action. The m centres and a are m + 1 actions with mutual distances of at least rho, as each "
    "centre was farthest from those before, at least as far as a. Two of them share a group in any partition into m groups, "
    "whose diameter is thus at least rho. Two actions of one group here are within rho of the same centre, so within 2 rho by "
    "the triangle inequality: the step.",
)
def farthest_first(mdp: MDP, m: Any) -> Sides:
    r"""The diameter of farthest-first traversal is at most twice the smallest of all partitions into $m$ groups."""
    number = count(mdp, m)
    return selected("traversal", mdp, number)[1], 2 * selected("narrowest", mdp, number)[1]


@farthest_first.false_sibling("at most 19/10 of the smallest")
def _(mdp: MDP, m: Any) -> Sides:
    number = count(mdp, m)
    return selected("traversal", mdp, number)[1], selected("narrowest", mdp, number)[1] * rational(19, 10)


@farthest_first.false_sibling("complete linkage has the smallest diameter")
def _(mdp: MDP, m: Any) -> Sides:
    number = count(mdp, m)
    return selected("linkage", mdp, number)[1], selected("narrowest", mdp, number)[1]


@farthest_first.false_sibling("also if some actions are not allowed, here the first one in the first state")
def _(mdp: MDP, m: Any) -> Sides:
    number, allowed = count(mdp, m), np.ones(mdp.r.shape, dtype=bool)
    allowed[0, 0] = mdp.n_actions == 1
    masked = mdp.replace(allowed=allowed)
    return selected("traversal", masked, number)[1], 2 * selected("narrowest", masked, number)[1]


@farthest_first.step("d(a, c) + d(c, b) <= 2 rho", method="expand")
def _() -> tuple[Any, Any]:
    rho, x, y = sp.symbols("rho x y")
    return 2 * rho - ((rho - x) + (rho - y)), x + y


farthest_first.known("four points of the plane: 1 against 1/2, an equality")(crossed)


@farthest_first.known("four rewards in a line, where linkage has .64 and the smallest is .36")
def _() -> dict[str, Any]:
    return {"mdp": bandit([0, Fraction(36, 100), Fraction(64, 100), 1]), "m": 2}


@farthest_first.known("four actions, the first of which would be near to everything if it were not allowed")
def _() -> dict[str, Any]:
    return {"mdp": bandit([0, 0, 0, 1]), "m": 2}


@claim(
    "action_grouping.nested_family",
    "monotone",
    paper=DERIVED,
    theorem="complete linkage gives nested partitions",
    assumptions="uniform weights",
    instances=grouped_models(max_states=2, max_actions=4).map(lambda given: {"mdp": given["mdp"]}),
    allowance=rounding,
    uses=("action_grouping.refinement_monotone",),
    argument="Cutting the tree one merger earlier splits one group and keeps the others: partitions are nested, uniform "
    "weights of a union are mixtures of uniform weights in proportion to the sizes (the step), and refining does not lower "
    "the optimum.",
)
def nested_family(mdp: MDP) -> Sides:
    r"""Along complete linkage $V^*_G$ rises with the number of groups, in every state: the approximation error falls."""
    return along(mdp, "linkage")


def along(mdp: MDP, method: str) -> Sides:
    """Optima of the merged models by a method, for 1, 2, ..., A groups."""
    shares = 0 * mdp.r
    numbers = range(1, mdp.n_actions + 1)
    optima = [grouped_optimum(mdp, groups, shares) for groups in groups_along(mdp, method)]
    if len(optima) == 1:
        optima, numbers = optima * 2, range(1, 3)
    return np.stack(optima, axis=-1), [list(numbers)] * mdp.n_states


def groups_along(mdp: MDP, method: str) -> list[Groups]:
    """Partitions into 1, 2, ..., A groups."""
    if is_exact() or method != "linkage":
        return [selected(method, mdp, m)[0] for m in range(1, mdp.n_actions + 1)]
    return [tuple(row) for row in tabular.grouping.nested_partitions(mdp).tolist()]


@nested_family.false_sibling("along the partitions of smallest diameter")
def _(mdp: MDP) -> Sides:
    return along(mdp, "narrowest")


@nested_family.false_sibling("along farthest-first traversal")
def _(mdp: MDP) -> Sides:
    return along(mdp, "traversal")


@nested_family.step("1 / (n + k) = [n / (n + k)] (1 / n)", method="cancel")
def _() -> tuple[Any, Any]:
    n, k = sp.symbols("n k", positive=True)
    return 1 / (n + k), (n / (n + k)) * (1 / n)


def absorbing(first: list[int], second: list[int]) -> dict[str, Any]:
    """Two absorbing states with rewards in quarters."""
    rows, quarter = len(first), Fraction(1, 4)
    return {"mdp": model([[[1, 0]] * rows, [[0, 1]] * rows], [[x * quarter for x in row] for row in (first, second)], 0)}


nested_family.known("the narrowest partition into two groups isolates what that into three merges")(
    lambda: absorbing([1, 4, 3, 4], [0, 3, 4, 0])
)
nested_family.known("the third centre of a traversal draws an action away from a good group")(
    lambda: absorbing([2, 4, 3, 1, 1], [0, 2, 3, 2, 3])
)
