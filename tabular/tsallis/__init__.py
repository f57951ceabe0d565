r"""The calculus of q-logarithms, and greedy steps that drop actions.

.. math:: \ln_q x = \frac{x^{1-q} - 1}{1 - q}, \qquad \exp_q x = [1 + (1 - q) x]_+^{1/(1-q)}, \qquad \ln_1 = \ln, \; \exp_1 = \exp

Part of the literature calls :math:`\ln_{2-q}` the q-logarithm. Policies regularised by a Tsallis divergence or entropy of order q
are q-exponentials of order 2 - q: they drop actions for q > 1, while :math:`\exp_q` itself is heavy-tailed there.

>>> import tabular
>>> f"{tabular.tsallis.q_log(2, 1.5):.12f} {tabular.tsallis.q_exp(0.3, 1.5):.12f}"
'0.585786437627 1.384083044983'
"""

from tabular.tsallis.calculus import q_difference, q_exp, q_log, q_product, q_quotient, q_sum
from tabular.tsallis.greedy import GreedyStep, approximate_policy, greedy_step
from tabular.tsallis.laws import escort, tsallis_divergence, tsallis_entropy

__all__ = [
    "GreedyStep",
    "approximate_policy",
    "escort",
    "greedy_step",
    "q_difference",
    "q_exp",
    "q_log",
    "q_product",
    "q_quotient",
    "q_sum",
    "tsallis_divergence",
    "tsallis_entropy",
]
