r"""Claims about q-logarithms."""

from proofs_check.topics.tsallis_kl import calculus, divergence, greedy, mirror

__all__ = ["calculus", "divergence", "greedy", "mirror"]
