"""Divergences, their conjugates, and worst cases: the ground floor of regularised and robust problems."""

from tabular.divergences.ball import L2
from tabular.divergences.entropies import Entropy, ShannonEntropy, TsallisEntropy
from tabular.divergences.f_divergences import FDivergence
from tabular.divergences.linear_sets import Contamination, CVaR, LInfinity
from tabular.divergences.named import (
    KL,
    Alpha,
    ChiSquare,
    CressieRead,
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
from tabular.divergences.sets import AmbiguitySet
from tabular.divergences.total_variation import TotalVariation
from tabular.divergences.transport import Wasserstein

__all__ = [
    "KL",
    "L2",
    "Alpha",
    "AmbiguitySet",
    "CVaR",
    "ChiSquare",
    "Contamination",
    "CressieRead",
    "Entropy",
    "FDivergence",
    "Jeffreys",
    "JensenShannon",
    "LInfinity",
    "Neyman",
    "Optimum",
    "ReverseKL",
    "ShannonEntropy",
    "SparseLaw",
    "SquaredHellinger",
    "TotalVariation",
    "Triangular",
    "TsallisEntropy",
    "TsallisKL",
    "Wasserstein",
    "renyi",
]
