"""Instances that claims about discounted models share: models with vectors and policies, and a few exact ones."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from proofs_check.spaces import Model
from proofs_check.strategies import discounts, mdps, policies, value_functions
from proofs_check.topics.mdp.formulas import size
from tabular import MDP

__all__ = [
    "HALF",
    "MODERATE",
    "PUTERMAN",
    "SMALL",
    "Array",
    "Sides",
    "islands",
    "one_state",
    "rounding",
    "with_policies",
    "with_vectors",
]

Array = np.ndarray[Any, Any]
Sides = tuple[Any, Any]

PUTERMAN = "Puterman (1994), Markov Decision Processes"
MODERATE = discounts(0.99)
SMALL = Model(2, 2)
HALF = Fraction(1, 2)


def rounding(mdp: MDP, **instance: Any) -> float:
    """1e-13 of the largest value, divided by ``1 - gamma``.

    A backup of at most five states loses fewer than 32 units of 1.1e-16, and a linear solve or a bracket midpoint multiplies
    that by at most ``1 / (1 - gamma)``.
    """
    vectors = [
        np.asarray(x) for x in instance.values() if isinstance(x, float) or (isinstance(x, np.ndarray) and x.dtype == float)
    ]
    return 1e-13 * size(mdp, *vectors) / (1 - mdp.gamma)


@st.composite
def with_vectors(draw: st.DrawFn, /, *names: str, gammas: st.SearchStrategy[float] = MODERATE, **others: Any) -> dict[str, Any]:
    """A model, value functions, and draws of other strategies."""
    mdp = draw(mdps(gammas=gammas))
    vectors = {name: draw(value_functions(mdp.n_states)) for name in names}
    return {"mdp": mdp, **vectors, **{name: draw(strategy) for name, strategy in others.items()}}


@st.composite
def with_policies(draw: st.DrawFn, /, *names: str, **others: Any) -> dict[str, Any]:
    """A model, policies, and draws of other strategies."""
    mdp = draw(mdps(gammas=MODERATE))
    return {"mdp": mdp, **{name: draw(policies(mdp)) for name in names}, **{n: draw(s) for n, s in others.items()}}


def one_state(reward: Any = 1, gamma: Any = HALF) -> MDP:
    """One state, one action: value ``reward / (1 - gamma)``."""
    return MDP(np.array([[[Fraction(1)]]]), np.array([[Fraction(reward)]]), Fraction(gamma), initial=np.array([Fraction(1)]))


def islands(first: Any = 0, second: Any = 0, gamma: Any = HALF) -> MDP:
    """Two absorbing states with rewards of their own."""
    P = np.array([[[1, 0]], [[0, 1]]], dtype=object) * Fraction(1)
    r = np.array([[first], [second]], dtype=object) * Fraction(1)
    return MDP(P, r, Fraction(gamma), initial=np.array([Fraction(1), Fraction(0)]))
