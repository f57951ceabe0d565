r"""Claims about best-of-n sampling and its rivals.

Outcomes are listed in increasing order of reward; outcomes without mass change nothing. All formulas make sense for real n; in
claims n is an integer unless they say otherwise. Notation of :mod:`proofs_check.topics.best_of_n.formulas`.

============ =======================================================================================
law          the law with ties, likelihood ratios, growth with n, composition
gap          the cap on the divergence and the exact gap below it
gap_bounds   the gap in terms of the masses
estimator    the estimate from one winner's mass, for KL and for other divergences
============ =======================================================================================
"""

from proofs_check.topics.best_of_n import estimator, gap, gap_bounds, law

__all__ = ["estimator", "gap", "gap_bounds", "law"]
