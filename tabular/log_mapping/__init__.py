"""Learning in a logarithmic value space: mappings, action gaps, updates and their fixed points, learners, and the noise that
decides.

>>> from tabular.log_mapping import LogMapping, chain_gaps, chain_task, gap_deviation, mapped_gaps
>>> import tabular
>>> gaps = chain_gaps(50, 0.5, 0.25, 1, 0)
>>> round(gap_deviation(gaps), 8)
5.82762254
>>> q = tabular.solve(chain_task(50, 0.5, 0.25, 1, 0), tol=1e-13).q_values[:-2]
>>> round(gap_deviation(mapped_gaps(q, LogMapping(0.5, 200))), 6)
0.021921
"""

from tabular.log_mapping.chain_learning import ChainLearning, geometric_decay
from tabular.log_mapping.fixed_points import (
    BiasedFixedPoint,
    biased_fixed_point,
    biased_q_values,
    biased_value,
    expected_sweep,
    thompson_distance,
    thompson_modulus,
)
from tabular.log_mapping.gaps import (
    GapAnalysis,
    action_gaps,
    chain_gaps,
    chain_task,
    chain_values,
    gap_analysis,
    gap_deviation,
    mapped_gaps,
    undiscounted_performance,
)
from tabular.log_mapping.mapping import ClippedLogMapping, GivenMapping, LogMapping, Mapping
from tabular.log_mapping.noise import ChainNoise, chain_noise, tile_features, tile_kernel
from tabular.log_mapping.tabular_learning import TableLearning
from tabular.log_mapping.updates import curvature, mapped_update, split_rewards

__all__ = [
    "BiasedFixedPoint",
    "ChainLearning",
    "ChainNoise",
    "ClippedLogMapping",
    "GapAnalysis",
    "GivenMapping",
    "LogMapping",
    "Mapping",
    "TableLearning",
    "action_gaps",
    "biased_fixed_point",
    "biased_q_values",
    "biased_value",
    "chain_gaps",
    "chain_noise",
    "chain_task",
    "chain_values",
    "curvature",
    "expected_sweep",
    "gap_analysis",
    "gap_deviation",
    "geometric_decay",
    "mapped_gaps",
    "mapped_update",
    "split_rewards",
    "thompson_distance",
    "thompson_modulus",
    "tile_features",
    "tile_kernel",
    "undiscounted_performance",
]
