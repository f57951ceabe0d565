"""Best-of-n sampling: its law, its divergence from the reference, its win rate."""
