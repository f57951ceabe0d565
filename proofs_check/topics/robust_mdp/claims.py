r"""Claims about robust Markov decision processes.

Worst cases of single rows (duality, shape, order of sets, conjugate pairs of radius and penalty) are claims of the topic
``divergences``; these are about models.

=========== ============================================================================================
operators   the (s,a)-rectangular operator: contraction, deterministic policies, one worst kernel, saddle point
penalties   radii against penalties: fields of multipliers, what a single penalty loses
structure   contamination is a discount, total variation shrinks ranges, what a radius costs
shared      s-rectangular sets: minimax, the sandwich, what mixing is worth
noise       signed noise in Lp balls: spreads, thresholds, and that it is more than a set of laws
risk        entropic risk and tail means, nested and static
gambling    the gambler's problem against an adversary's coin
option      the American put
=========== ============================================================================================
"""

from proofs_check.topics.robust_mdp import gambling, noise, operators, option, penalties, risk, shared, structure

__all__ = ["gambling", "noise", "operators", "option", "penalties", "risk", "shared", "structure"]
