"""Bellman operators: what each problem is to an algorithm, and the bracket that one enclosing backup proves."""

from tabular.bellman.certificate import Bracket, certify
from tabular.bellman.general import General
from tabular.bellman.grouped import Grouped, Groups
from tabular.bellman.nominal import Evaluation, Optimality
from tabular.bellman.protocol import Bellman, Choice
from tabular.bellman.shared import Shared, SharedEvaluation
from tabular.bellman.slots import Expectation, Max, Penalised, SharedWorstCase, SmoothMax, WorstCase

__all__ = [
    "Bellman",
    "Bracket",
    "Choice",
    "Evaluation",
    "Expectation",
    "General",
    "Grouped",
    "Groups",
    "Max",
    "Optimality",
    "Penalised",
    "Shared",
    "SharedEvaluation",
    "SharedWorstCase",
    "SmoothMax",
    "WorstCase",
    "certify",
]
