"""Divergences, their conjugates, and worst cases: the ground floor of regularised and robust problems."""

from tabular.divergences.f_divergences import (
    KL,
    Alpha,
    ChiSquare,
    CressieRead,
    FDivergence,
    Jeffreys,
    JensenShannon,
    Neyman,
    ReverseKL,
    SquaredHellinger,
    Triangular,
    TsallisKL,
    renyi,
)
from tabular.divergences.result import Optimum, SparseLaw

__all__ = [
    "KL",
    "Alpha",
    "ChiSquare",
    "CressieRead",
    "FDivergence",
    "Jeffreys",
    "JensenShannon",
    "Neyman",
    "Optimum",
    "ReverseKL",
    "SparseLaw",
    "SquaredHellinger",
    "Triangular",
    "TsallisKL",
    "renyi",
]
