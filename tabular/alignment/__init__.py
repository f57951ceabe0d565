r"""Best-of-n sampling and its rivals, exactly: laws, divergences from the reference, win rates.

Outcomes have reference masses :math:`p_y` and rewards :math:`r_y`. Outcomes of equal reward form a class; classes in increasing
order of reward have masses :math:`P_c` and cumulative masses :math:`F_c`. The *win rate* of a policy against the reference is
:math:`P(r(Y) > r(Y')) + \frac12 P(r(Y) = r(Y'))` for independent draws of each. All logarithms are natural.

>>> best = best_of_n([0.4, 0.3, 0.2, 0.1], [0, 1, 2, 3], n=4)
>>> best.pmf.round(10), f"{best.kl:.10f} <= {best.kl_cap:.10f}", f"{best.win_rate:.4f} <= {best.win_rate_cap}"
(array([0.0256, 0.2145, 0.416 , 0.3439]), '0.5871136672 <= 0.6362943611', '0.7826 <= 0.8')
"""

from tabular.alignment.best import BestOfN, best_of_n
from tabular.alignment.continuum import draws_for_kl, kl_cap, tilt_kl, tilt_win_rate, universal_win_rate, win_rate_cap
from tabular.alignment.reward_classes import RewardClasses
from tabular.alignment.rewinding import RewindAndRepeat, rewind_and_repeat
from tabular.alignment.tilting import TiltedPolicy, tilted_policy, win_rate_frontier
from tabular.alignment.win_rates import mid_quantiles, win_rate

__all__ = [
    "BestOfN",
    "RewardClasses",
    "RewindAndRepeat",
    "TiltedPolicy",
    "best_of_n",
    "draws_for_kl",
    "kl_cap",
    "mid_quantiles",
    "rewind_and_repeat",
    "tilt_kl",
    "tilt_win_rate",
    "tilted_policy",
    "universal_win_rate",
    "win_rate",
    "win_rate_cap",
    "win_rate_frontier",
]
