"""Claims and figures about logarithmic value mapping: action gaps, biased fixed points, noise."""
