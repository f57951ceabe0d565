r"""Claims about nonstationary bandits.

================== =================================================================================================
information_bounds regret from information, information from entropy: the main inequality, link by link
entropy_rates      the entropy rate of the best action: bounds that meet, closed forms, switches
ratio              the information ratio of Thompson sampling at one belief: arms, dimensions, cliques, tightness
================== =================================================================================================
"""

from proofs_check.topics.nonstationary_bandits import entropy_rates, information_bounds, ratio

__all__ = ["entropy_rates", "information_bounds", "ratio"]
