"""Claims and figures about linear bandits: with a hidden state, with ellipsoids, with parameters that drift."""
