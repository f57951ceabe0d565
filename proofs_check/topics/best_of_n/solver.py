"""Our own solver against the formulas in exact arithmetic."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from flint import arb
from hypothesis import strategies as st

from proofs_check.arithmetic import exact, kl, lift
from proofs_check.claim import claim
from proofs_check.strategies import distributions
from proofs_check.topics.best_of_n.formulas import cap, class_masses, one_atom
from tabular.alignment import best_of_n

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]
BITS = 4096


def of_results(p: Array, rewards: Array, n: int) -> float:
    """Results are at most ``1 + log n``, and the solver loses less than 1e-13 of each."""
    return 2e-13 * (1 + float(np.log(n)))


@claim(
    "best_of_n.solver",
    "==",
    paper="tabular.alignment.best_of_n",
    theorem="its results in doubles",
    assumptions="masses and rewards as stored, divided by their exact sum",
    instances=st.integers(1, 12).flatmap(
        lambda size: st.builds(
            dict,
            p=distributions(size),
            rewards=st.lists(st.integers(0, 5), min_size=size, max_size=size).map(np.array),
            n=st.sampled_from([1, 2, 3, 10, 1000, 10**6]),
        )
    ),
    search=None,
    arithmetics=("float",),
    allowance=of_results,
)
def solver(p: Array, rewards: Array, n: int) -> Sides:
    r"""Divergence, gap, win rate and expected estimate of our solver are those of formulas evaluated in balls of 4096 bits."""
    best = solved(p, rewards, n)
    return np.array([best.kl, best.gap, best.win_rate, best.expected_estimator]), in_balls(p, rewards, n)


@solver.false_sibling("with outcomes in place of classes")
def _(p: Array, rewards: Array, n: int) -> Sides:
    best = solved(p, np.arange(len(p)), n)
    return np.array([best.kl, best.gap, best.win_rate, best.expected_estimator]), in_balls(p, rewards, n)


@solver.false_sibling("with the estimate from outcome masses")
def _(p: Array, rewards: Array, n: int) -> Sides:
    return np.array([solved(p, rewards, n).expected_estimator_by_outcome]), in_balls(p, rewards, n)[-1:]


def solved(p: Array, rewards: Array, n: int) -> Any:
    """Our solver's answer."""
    return best_of_n(p, rewards, n)


def in_balls(p: Array, rewards: Array, n: int) -> Array:
    """The formulas on the rational numbers that the doubles stand for; their powers as balls, which do not grow with n."""
    with exact(BITS):
        classes, draws = class_masses(lift(p), lift(rewards)), lift(n)
        masses = classes / classes.sum()
        powers = [arb(0), *(arb(x) ** int(n) for x in np.cumsum(masses))]
        q = np.array([*(b - a for a, b in pairwise(powers)), None], dtype=object)[:-1]
        rate = (q * (np.cumsum(masses) - masses / 2)).sum()
        balls = [arb(x) if x != 1 else x for x in masses]
        estimate = sum((a * one_atom(draws, b) for a, b in zip(q, balls, strict=True)), arb(0))
        divergence = kl(q, masses)
        return np.array([float(arb(x).mid()) for x in (divergence, cap(draws) - divergence, rate, estimate)])
