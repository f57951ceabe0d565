from proofs_check.topics.robust_mdp import noise, operators, penalties, risk, shared, structure

__all__ = ["noise", "operators", "penalties", "risk", "shared", "structure"]
