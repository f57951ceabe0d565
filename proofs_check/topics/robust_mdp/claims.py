from proofs_check.topics.robust_mdp import operators, penalties

__all__ = ["operators", "penalties"]
