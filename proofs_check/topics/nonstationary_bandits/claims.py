r"""Claims about nonstationary bandits.

================== =================================================================================================
information_bounds regret from information, information from entropy: the main inequality, link by link
entropy_rates      the entropy rate of the best action: bounds that meet, closed forms, switches
ratio              the information ratio of Thompson sampling at one belief: arms, dimensions, cliques, tightness
targets            satisficing, rate distortion, and its closed form for arms that swap
swapping_arms      two arms that swap: what is best, what Thompson sampling costs, what nobody can avoid
contexts           contexts that are seen before acting
gaussian_arms      arms that follow Gaussian processes: switches, the information ratio, predictive sampling
classics           Bernoulli arms: telling bandits apart, Bayesian regret, indices, fixed rewards
================== =================================================================================================
"""

from proofs_check.topics.nonstationary_bandits import (
    classics,
    contexts,
    entropy_rates,
    gaussian_arms,
    information_bounds,
    ratio,
    swapping_arms,
    targets,
)

__all__ = [
    "classics",
    "contexts",
    "entropy_rates",
    "gaussian_arms",
    "information_bounds",
    "ratio",
    "swapping_arms",
    "targets",
]
