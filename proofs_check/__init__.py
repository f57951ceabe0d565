"""Theorems as objects: both sides on any instance, evidence that can fail, and the proof that it can."""

from proofs_check import strategies
from proofs_check.claim import Claim, ClaimError
from proofs_check.lookup import claims

__all__ = ["Claim", "ClaimError", "claims", "strategies"]
