"""Pictures of grouped actions: exact expected losses, and bounds."""

from proofs_check.topics.action_grouping import bound_figures, loss_figures

FIGURES = (*loss_figures.FIGURES, *bound_figures.FIGURES)
"""What ``proofs-check reproduce action_grouping`` makes."""
