"""What the source of a formula says: whether two formulas are the same code, and whether one contains a double."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import CodeType, FunctionType
from typing import Any

import numpy as np

__all__ = ["float_literal", "same_code"]


def same_code(first: Callable[..., Any], second: Callable[..., Any]) -> bool:
    """Whether two functions are the same code, docstrings aside."""
    one, other = first.__code__, second.__code__
    docless = [[c for c in code.co_consts if c != f.__doc__] for f, code in ((first, one), (second, other))]
    return one.co_code == other.co_code and docless[0] == docless[1] and one.co_names == other.co_names


def float_literal(formula: Callable[..., Any]) -> tuple[str, float] | None:
    """A double written in a formula or in the functions of its own topic that it calls: the function's name and the double."""
    for function in _called(formula, set()):
        literal = _in_code(function.__code__)
        if literal is not None:
            return function.__name__, literal
    return None


def _called(function: Any, seen: set[Any]) -> Iterable[FunctionType]:
    """A function and the functions of its own topic that it calls."""
    if not isinstance(function, FunctionType) or function in seen:
        return
    seen.add(function)
    yield function
    folder = function.__module__.rpartition(".")[0]
    for name in function.__code__.co_names:
        called = function.__globals__.get(name)
        if not isinstance(called, FunctionType):
            continue
        module = called.__module__
        if module == function.__module__ or (folder and module.rpartition(".")[0] == folder):
            yield from _called(called, seen)


def _in_code(code: CodeType) -> float | None:
    for constant in code.co_consts:
        if isinstance(constant, (float, np.floating)):
            return float(constant)
        if isinstance(constant, CodeType) and (found := _in_code(constant)) is not None:
            return found
    return None
