"""Pictures of best-of-n: where the formula is right, how wrong it gets, and what its rivals do."""

from proofs_check.topics.best_of_n import divergence_figures, estimator_figures, win_rate_figures

FIGURES = (*divergence_figures.FIGURES, *win_rate_figures.FIGURES, *estimator_figures.FIGURES)
"""What ``proofs-check reproduce best_of_n`` makes."""
