"""The gap functions for computer algebra, in x = 1 - epsilon."""

from __future__ import annotations

from typing import Any

import sympy as sp

__all__ = ["antiderivative", "cell", "gap", "ratio_of_means"]


def gap(n: Any, x: Any) -> Any:
    """``gamma_n(1 - x)``."""
    mass = 1 - x**n
    return mass * (-(n - 1) / n - sp.log(mass / (n * (1 - x)))) - x**n * (n - 1) * sp.log(x)


def antiderivative(n: Any, u: Any) -> Any:
    """``G(u)``, whose derivative is ``n u^(n-1) log(n u^(n-1))``."""
    return u**n * (sp.log(n) + (n - 1) * sp.log(u) - (n - 1) / n)


def cell(n: Any, x: Any, top: Any) -> Any:
    """``g(x top, top)``."""
    mass = top**n * (1 - x**n)
    return antiderivative(n, top) - antiderivative(n, x * top) - mass * sp.log(mass / (top * (1 - x)))


def ratio_of_means(n: int, x: Any) -> Any:
    """``rho = (1 + x + ... + x^(n-1)) / (n x^(n-1))``: mean over minimum of u^(n-1) on the cell, for an integer n."""
    return sum(x**i for i in range(n)) / (n * x ** (n - 1))
