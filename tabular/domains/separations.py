"""Small linear MDPs in which one size for all factors separates robust from nominal policies: a suite for learners.

Each was found by an adversary that maximised the *separation*, the smaller of what the nominally best policy loses under doubt
and what the robust policy loses without it, both from state 0. Best actions are unique, everywhere and in both problems. (In the
simulated linear MDP that learners are usually compared on, a common size separates nothing.)
"""

from __future__ import annotations

import json
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from tabular._parameters import count
from tabular.divergences import KL, ChiSquare, TotalVariation
from tabular.linear_mdp.model import LinearMDP
from tabular.linear_mdp.problem import LinearProblem, d_rectangular

__all__ = ["COUNT", "separating_linear_mdp", "separation_data"]


@cache
def _stored() -> list[dict[str, Any]]:
    return list(json.loads(resources.files("tabular.domains").joinpath("separations.json").read_text(encoding="utf-8")))


def _fractions(x: Any) -> Any:
    return [_fractions(y) for y in x] if isinstance(x, list) else Fraction(x)


def separation_data(number: int) -> dict[str, Any]:
    """A model of the suite in fractions.

    Parameters
    ----------
    number : int
        0 .. 15: sizes that the search chose, then a radius of 1/5 or a price of 1/2.

    Returns
    -------
    dict
        ``features`` (S, A, d), ``factors`` (d, S), ``theta`` (d,), ``horizon``, the ``set`` ("TV within", or "TV", "KL",
        "chi-square" "at a price"), its ``size``, and the ``separation``, a lower bound.
    """
    entry = _stored()[count(number, "number", 0, COUNT - 1)]
    numbers = {key: _fractions(entry[key]) for key in ("size", "features", "factors", "theta", "separation")}
    return {"set": entry["set"], "horizon": int(entry["horizon"]), **numbers}


def separating_linear_mdp(number: int) -> LinearProblem:
    """A robust problem of the suite; ``.model`` is its linear MDP, and ``LinearProblem(model)`` the nominal problem.

    Examples
    --------
    >>> import tabular
    >>> from tabular.linear_mdp import LinearProblem
    >>> doubt = separating_linear_mdp(0)
    >>> plain = LinearProblem(doubt.model)
    >>> robust, nominal = tabular.solve(doubt), tabular.solve(plain)
    >>> loss = robust.values[0, 0] - tabular.policy_value(doubt, nominal.policy)[0, 0]
    >>> bool(loss > 0.1)
    True
    """
    data = separation_data(number)
    features, factors, theta = (np.array(data[key], dtype=np.float64) for key in ("features", "factors", "theta"))
    model = LinearMDP(features, factors, theta, data["horizon"], initial=0)
    divergence: Any = {"TV": TotalVariation(), "KL": KL(), "chi-square": ChiSquare()}[data["set"].split(" ")[0]]
    return d_rectangular(model, divergence, **{"radius" if data["set"].endswith("within") else "penalty": float(data["size"])})


COUNT = len(_stored())
"""Models in the suite."""
