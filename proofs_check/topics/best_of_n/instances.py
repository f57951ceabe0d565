"""Where claims about best-of-n are looked for, named instances, and what rounding may do there."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from proofs_check.spaces import Integers, Simplex
from proofs_check.strategies import distributions

__all__ = [
    "ALPHABET",
    "BEIRAMI",
    "DERIVED",
    "alphabets",
    "four_draws_of_four",
    "of_two_draws",
    "rounding",
    "small_alphabets_with_ties",
    "tiny",
]

Array = np.ndarray[Any, Any]

BEIRAMI = "Beirami et al. (2024), Theoretical guarantees on the best-of-n alignment policy"
DERIVED = "derived here"

ALPHABET: dict[str, Any] = {"p": Simplex(4), "n": Integers(2, 20)}
"""What the adversary searches if nothing else is said."""

DRAWS = (1, 2, 3, 4, 5, 10, 100, 1000)


@st.composite
def alphabets(draw: st.DrawFn, most_draws: int = 1000, least_draws: int = 1) -> dict[str, Any]:
    """A distribution on up to twelve outcomes and a number of draws."""
    p = draw(distributions(draw(st.integers(1, 12))))
    return {"p": p, "n": draw(st.sampled_from([m for m in DRAWS if least_draws <= m <= most_draws]))}


@st.composite
def small_alphabets_with_ties(draw: st.DrawFn) -> dict[str, Any]:
    """Few enough outcomes and draws for all sequences to be listed; rewards in any order, many of them equal."""
    size = draw(st.integers(1, 4))
    rewards = draw(st.lists(st.integers(0, 2), min_size=size, max_size=size))
    return {"p": draw(distributions(size)), "rewards": np.array(rewards), "n": draw(st.integers(1, 4))}


def rounding(p: Array, n: Any, **_: Any) -> float:
    """``F^n`` carries a relative error of about n units of 1.1e-16 per cumulated outcome; logarithms multiply it by 1 + log n."""
    return 1e-15 * (len(p) + 4) * (n + 4) * (1 + float(np.log(n)))


def of_two_draws(p: Array) -> float:
    """As for two draws."""
    return rounding(p, 2)


def tiny(**_: Any) -> float:
    """A few operations on numbers of order one."""
    return 1e-13


def four_draws_of_four() -> dict[str, Any]:
    """Masses .4, .3, .2, .1 in increasing order of reward, four draws."""
    return {"p": [Fraction(k, 10) for k in (4, 3, 2, 1)], "n": 4}
