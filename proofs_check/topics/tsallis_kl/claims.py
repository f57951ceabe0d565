r"""Claims about q-logarithms, Tsallis-regularised policies and Munchausen value iteration.

Convention: :math:`\ln_q x = (x^{1-q} - 1)/(1-q)`; policies of order q are made of :math:`\exp_{2-q}`. Notation of
:mod:`proofs_check.topics.tsallis_kl.formulas`.

============= ==========================================================================================
calculus      q-logarithms and q-exponentials: inverses, slopes, limits, products
divergence    Tsallis divergences and entropies: range, growth with the order, products, normal laws
greedy        the regularised greedy step: certificate, value, where the level is; our own solver
greedy_limits closed forms, orders without end
mirror        policies as products, where the normaliser goes, improvement, absorbing zeros
munchausen    Munchausen value iteration: residual, penalty, the mirror descent that it is, memory
fixed_points  where it ends, for two greedy steps; the approximate normaliser
bounds        contraction, and what a regulariser costs
averaging     mirror descent with KL: what telescopes, and the sharpened averaging bound
============= ==========================================================================================
"""

from proofs_check.topics.tsallis_kl import (
    averaging,
    bounds,
    calculus,
    divergence,
    fixed_points,
    greedy,
    greedy_limits,
    mirror,
    munchausen,
)

__all__ = ["averaging", "bounds", "calculus", "divergence", "fixed_points", "greedy", "greedy_limits", "mirror", "munchausen"]
