from proofs_check.topics.log_mapping import gaps, learning, updates

__all__ = ["gaps", "learning", "updates"]
