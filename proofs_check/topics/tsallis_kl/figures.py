"""Pictures of q-logarithms, truncated policies, Munchausen value iteration, and errors that average."""

from proofs_check.topics.tsallis_kl import policy_figures, scheme_figures

FIGURES = (*policy_figures.FIGURES, *scheme_figures.FIGURES)
"""What ``proofs-check reproduce tsallis_kl`` makes."""
