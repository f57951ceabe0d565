"""Figures as objects: numbers, a drawing, and what a reader should see in it, checked."""

from proofs_check.figures.figure import Figure, FigureError, load
from proofs_check.figures.style import COLOURS, new_figure

__all__ = ["COLOURS", "Figure", "FigureError", "load", "new_figure"]
