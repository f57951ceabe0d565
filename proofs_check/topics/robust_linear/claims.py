r"""Claims about linear Markov decision processes with d-rectangular adversaries, their learners, and recourse.

=========== ============================================================================================
structure   one-hot features, moving factors against moving rows, one adversary, ranges
pessimism   what follows if one-step errors are within the bonus; norms of the bonus; ridge estimates
benchmarks  the hard instances of the lower bound; the simulated model and its blindness; dominance
separation  how far one size can separate two choices; a certified suite in which policies differ
plug_in     worst cases of empirical laws: slope, deviation, optimism
retraining  recourse: what a Gelbrich distance allows along a direction, worst points of discs
=========== ============================================================================================
"""

from proofs_check.topics.robust_linear import benchmarks, pessimism, plug_in, retraining, separation, structure

__all__ = ["benchmarks", "pessimism", "plug_in", "retraining", "separation", "structure"]
