r"""Claims about best-of-n sampling and its rivals.

Outcomes are listed in increasing order of reward; outcomes without mass change nothing. All formulas make sense for real n; in
claims n is an integer unless they say otherwise. Notation of :mod:`proofs_check.topics.best_of_n.formulas`.

============ =======================================================================================
law          the law with ties, likelihood ratios, growth with n, composition
caps         caps on other divergences
gap          the cap on the divergence and the exact gap below it
gap_bounds   the gap in terms of the masses
estimator    the estimate from one winner's mass, for KL and for other divergences
win_rates    the cap on the win rate and the exact distance from it
rewinding    drawing until the reward is good enough
tradeoff     win rate against divergence
solver       our own results in doubles
============ =======================================================================================
"""

from proofs_check.topics.best_of_n import caps, estimator, gap, gap_bounds, law, rewinding, solver, tradeoff, win_rates

__all__ = ["caps", "estimator", "gap", "gap_bounds", "law", "rewinding", "solver", "tradeoff", "win_rates"]
