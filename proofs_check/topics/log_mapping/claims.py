r"""Claims about learning in a logarithmic value space.

========= ==================================================================================================
gaps      closed forms on the chain, scale, what the mapping makes of gaps
updates   the update in regular space, its bias, other mappings; the biased fixed point and its contraction
learning  tiles, invariance to scale, convergence as far as it can be sampled
========= ==================================================================================================
"""

from proofs_check.topics.log_mapping import gaps, learning, updates

__all__ = ["gaps", "learning", "updates"]
