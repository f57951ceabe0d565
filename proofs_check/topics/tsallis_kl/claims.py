r"""Claims about q-logarithms."""

from proofs_check.topics.tsallis_kl import averaging, bounds, calculus, divergence, greedy, mirror, munchausen

__all__ = ["averaging", "bounds", "calculus", "divergence", "greedy", "mirror", "munchausen"]
