from proofs_check.topics.robust_mdp import operators, penalties, shared, structure

__all__ = ["operators", "penalties", "shared", "structure"]
