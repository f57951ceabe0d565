"""Bellman operators: what each problem is to an algorithm, and the bracket that one enclosing backup proves."""

from tabular.bellman.certificate import Bracket, certify
from tabular.bellman.nominal import Evaluation, Optimality
from tabular.bellman.protocol import Bellman, Choice

__all__ = ["Bellman", "Bracket", "Choice", "Evaluation", "Optimality", "certify"]
