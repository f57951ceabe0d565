"""Bandits, exactly: regret, information and entropy without simulation.

>>> bandit = LatentBandit([[.9, .1], [.1, .9]], [[.8, .2], [.2, .8]])
>>> regret, entropy = bandit.thompson_regret(6).sum(), bandit.optimal_action_entropy(6)
>>> bool(regret <= (0.5 * 6 * bandit.information_gain(6)) ** 0.5 <= (0.5 * 6 * entropy) ** 0.5)
True
"""

from tabular.bandits.latent import LatentBandit, Policy

__all__ = ["LatentBandit", "Policy"]
