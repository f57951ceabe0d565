"""Pictures of robust models: sets, rectangles, penalties, ranges, risk, the gambler, the put."""

from proofs_check.topics.robust_mdp import example_figures, set_figures

FIGURES = (*set_figures.FIGURES, *example_figures.FIGURES)
"""What ``proofs-check reproduce robust_mdp`` makes."""
