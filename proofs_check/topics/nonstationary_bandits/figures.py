"""Pictures of regret, information and entropy."""

from proofs_check.topics.nonstationary_bandits import exact_figures, simulated_figures

FIGURES = (*exact_figures.FIGURES, *simulated_figures.FIGURES)
"""What ``proofs-check reproduce nonstationary_bandits`` makes."""
