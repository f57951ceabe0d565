"""The basic theory of discounted Markov decision processes."""
