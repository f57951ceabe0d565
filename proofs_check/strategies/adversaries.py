"""Divergences, ambiguity sets, and the problems that they are asked to solve."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

import tabular
from proofs_check.strategies.models import distributions

__all__ = ["ambiguity_sets", "divergences", "worst_case_problems"]

ORDERS = (-1.0, 0.0, 1e-9, 0.5, 1.0 - 1e-9, 1.0, 1.05, 1.5, 2.0, 3.0, 10.0)
"""Orders of the Cressie-Read family: the named ones, and those next to a limit."""


def divergences() -> st.SearchStrategy[tabular.FDivergence]:
    """f-divergences: every named one, and orders at and near the limits 0, 1 and 2."""
    named = [
        tabular.KL(),
        tabular.ReverseKL(),
        tabular.ChiSquare(),
        tabular.Neyman(),
        tabular.SquaredHellinger(),
        tabular.JensenShannon(),
        tabular.Jeffreys(),
        tabular.Triangular(),
    ]
    powers = [tabular.CressieRead(k) for k in ORDERS] + [tabular.TsallisKL(k) for k in ORDERS if k > 0]
    return st.sampled_from([*named, *powers])


def ambiguity_sets(n_states: int) -> st.SearchStrategy[tabular.AmbiguitySet]:
    """Sets with a radius that are no f-divergences; transport between states on a line or in a star."""
    line = np.abs(np.subtract.outer(np.arange(n_states), np.arange(n_states)))
    sets = [
        tabular.TotalVariation(),
        tabular.TotalVariation(absolutely_continuous=True),
        tabular.Contamination(),
        tabular.LInfinity(),
        tabular.L2(),
        tabular.Wasserstein(line),
        tabular.Wasserstein(1.0 - np.eye(n_states)),
    ]
    return st.sampled_from(sets)


@st.composite
def worst_case_problems(draw: st.DrawFn, max_states: int = 6) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """(values, reference, size): ties, states without mass that are lowest, sizes from 0 to 1.

    >>> from hypothesis import find
    >>> values, reference, size = find(worst_case_problems(), lambda x: x[0].size == 2 and x[1].min() == 0)
    >>> int((reference == 0).sum())
    1
    """
    n = draw(st.integers(1, max_states))
    values = np.array(draw(st.lists(st.integers(-8, 8), min_size=n, max_size=n)), dtype=np.float64) / 4
    size: Any = draw(st.sampled_from([0.0, 1e-9, 1e-3, 0.05, 0.2, 0.5, 1.0]))
    return values, draw(distributions(n)), size
