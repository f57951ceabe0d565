"""Instances as text that can be pasted into Python."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq

from proofs_check.arithmetic import Integer, as_fraction
from proofs_check.exact_mdp import ExactMDP
from tabular import MDP

__all__ = ["PRELUDE", "pasteable"]

PRELUDE = "from fractions import Fraction\nfrom numpy import array\nfrom tabular import MDP"
"""What a pasted instance needs."""


def pasteable(instance: dict[str, Any]) -> str:
    """One assignment per argument, to be pasted after :data:`PRELUDE`; doubles and fractions come back bit by bit."""
    return "\n".join(f"{name} = {_literal(value)}" for name, value in instance.items())


def _literal(value: Any) -> str:
    if isinstance(value, ExactMDP):
        value = value.model()
    if isinstance(value, MDP):
        return _model(value)
    if isinstance(value, np.ndarray):
        return f"array({_nested(value)})"
    if isinstance(value, fmpq):
        value = as_fraction(value)
    if isinstance(value, Fraction):
        return str(value.numerator) if value.denominator == 1 else f"Fraction({value.numerator}, {value.denominator})"
    if isinstance(value, Integer):
        return str(int(value))
    return repr(value.item() if isinstance(value, np.generic) else value)


def _nested(array: Any) -> str:
    if isinstance(array, np.ndarray):
        return "[" + ", ".join(_nested(x) for x in array) + "]"
    return _literal(array)


def _model(mdp: MDP) -> str:
    if mdp.exact is not None and not mdp.is_sparse:
        parts: Any = mdp.exact
        P, r, gamma = np.reshape(parts.P, mdp.P.shape), parts.r, parts.gamma
    else:
        parts = mdp
        P = mdp.P.toarray().reshape(mdp.n_states, mdp.n_actions, -1) if mdp.is_sparse else mdp.P
        r, gamma = mdp.r, mdp.gamma
    extras = "".join(
        f", {name}={_literal(part)}" for name, part in (("initial", parts.initial), ("allowed", mdp.allowed)) if part is not None
    )
    return f"MDP({_nested(P)}, {_nested(r)}, {_literal(gamma)}{extras})"
