"""One look for every figure: column width, colour-blind safe colours, labels on the lines, reproducible files."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.figure import Figure as Canvas

__all__ = ["COLOURS", "COLUMN", "STYLE", "label", "new_figure"]

COLUMN = 6.0
"""Width of a figure in inches."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's palette, distinguishable with every common colour vision."""

STYLE: Any = {
    "font.family": "DejaVu Sans",  # the one font that matplotlib ships, so every machine draws the same outlines
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "svg.hashsalt": "tabular-theory",
    "svg.fonttype": "path",
    "figure.dpi": 120,
    "savefig.dpi": 120,
}


def new_figure(height: float = 3.5, width: float = COLUMN, **subplots: Any) -> tuple[Canvas, Any]:
    """A canvas in the house style, independent of pyplot's state, and its axes."""
    with mpl.rc_context(STYLE):
        canvas = Canvas(figsize=(width, height), layout="constrained")
        return canvas, canvas.subplots(**subplots)


def label(axes: Any, x: float, y: float, text: str, colour: str) -> None:
    """Write next to a line, in its colour, instead of in a legend."""
    axes.annotate(text, (x, y), xytext=(4, 0), textcoords="offset points", color=colour, va="center", fontsize=9)
