"""Pictures of linear bandits, with memory and without."""

from proofs_check.topics.linear_bandits import exact_figures, simulated_figures

FIGURES = (*exact_figures.FIGURES, *simulated_figures.FIGURES)
"""What ``proofs-check reproduce linear_bandits`` makes."""
