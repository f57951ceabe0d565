"""Claims and figures about q-logarithms, Tsallis-regularised policies and Munchausen value iteration."""
