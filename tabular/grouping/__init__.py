r"""Action grouping: what merging similar actions loses, what it saves, and how to choose the groups.

With a budget of samples or sweeps, fewer actions can give a better policy. Groups label the actions, :math:`G(a)`; weights
:math:`w(s, a)` say how a group is played; a law on groups :math:`\mu` is lifted to :math:`\pi(a|s) = \mu(G(a)|s)\, w(s, a)`,
which has the same value in the model as :math:`\mu` in the merged model. Hence, componentwise,

.. math:: V^* - V^{\pi} = \underbrace{(V^* - V^*_G)}_{\text{approximation}}
          + \underbrace{(V^*_G - V^{\mu}_G)}_{\text{estimation and computation}},

both not negative. :func:`tabular.Grouped` solves the merged problem. The setting is that of Y. Li, P. Ju and N. Shroff,
"Achieving sample and computational efficient reinforcement learning by action space reduction via grouping" (ICLR 2024, arXiv
2306.12981); bounds and closed forms here are derived in the docstrings and are not those of the paper.

>>> loss = [grouped_bernoulli_loss([.2, .3, .5, .6], groups, 12).total for groups in ([0, 0, 1, 1], [0, 1, 2, 3])]
>>> [round(x, 6) for x in loss]                                       # half of the resolution beats all of it
[0.09305, 0.093139]
"""

from tabular.bellman import Groups
from tabular.grouping.approximation import (
    ApproximationBounds,
    action_value_bound,
    approximation_bounds,
    approximation_loss,
    classic_bound,
    metric_bound,
    sharp_bound,
)
from tabular.grouping.enumeration import enumerated_loss
from tabular.grouping.estimation import (
    bernstein_radius,
    estimation_bound,
    hoeffding_radius,
    kernel_error_bound,
    value_error_bound,
    weissman_radius,
)
from tabular.grouping.exact_losses import GroupedLoss, grouped_bernoulli_loss, grouped_two_state_loss, selection_probabilities
from tabular.grouping.instances import attaining_instance, bernoulli_family, estimation_instance, two_state_family
from tabular.grouping.partitions import bell_number, canonical, contiguous_groups, partitions, refines
from tabular.grouping.sampling import SampledLoss, sampled_loss
from tabular.grouping.selection import (
    Selection,
    complete_linkage,
    exhaustive,
    farthest_first,
    k_means,
    nested_partitions,
    smallest_diameter,
)
from tabular.grouping.similarity import (
    Decomposition,
    Similarity,
    action_distances,
    decomposition,
    deviations,
    diameters,
    distances_to,
    metric_diameter,
    weight_factor,
)
from tabular.grouping.trade_off import (
    Surrogate,
    TotalBound,
    affordable_sweeps,
    computation_bound,
    power_law_optimum,
    surrogate_groups,
    total_bound,
)

__all__ = [
    "ApproximationBounds",
    "Decomposition",
    "GroupedLoss",
    "Groups",
    "SampledLoss",
    "Selection",
    "Similarity",
    "Surrogate",
    "TotalBound",
    "action_distances",
    "action_value_bound",
    "affordable_sweeps",
    "approximation_bounds",
    "approximation_loss",
    "attaining_instance",
    "bell_number",
    "bernoulli_family",
    "bernstein_radius",
    "canonical",
    "classic_bound",
    "complete_linkage",
    "computation_bound",
    "contiguous_groups",
    "decomposition",
    "deviations",
    "diameters",
    "distances_to",
    "enumerated_loss",
    "estimation_bound",
    "estimation_instance",
    "exhaustive",
    "farthest_first",
    "grouped_bernoulli_loss",
    "grouped_two_state_loss",
    "hoeffding_radius",
    "k_means",
    "kernel_error_bound",
    "metric_bound",
    "metric_diameter",
    "nested_partitions",
    "partitions",
    "power_law_optimum",
    "refines",
    "sampled_loss",
    "selection_probabilities",
    "sharp_bound",
    "smallest_diameter",
    "surrogate_groups",
    "total_bound",
    "two_state_family",
    "value_error_bound",
    "weight_factor",
    "weissman_radius",
]
