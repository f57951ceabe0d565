"""Pictures of gaps, noise, bias, and of learners on the chain."""

from proofs_check.topics.log_mapping import gap_figures, learning_figures

FIGURES = (*gap_figures.FIGURES, *learning_figures.FIGURES)
"""What ``proofs-check reproduce log_mapping`` makes."""
