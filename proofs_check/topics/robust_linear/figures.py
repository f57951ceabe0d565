"""Pictures of linear models: learners on the published benchmarks, populations, a suite, recourse."""

from proofs_check.topics.robust_linear import learner_figures, population_figures

FIGURES = (*learner_figures.FIGURES, *population_figures.FIGURES)
"""What ``proofs-check reproduce robust_linear`` makes."""
