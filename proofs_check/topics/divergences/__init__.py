"""Divergences, their conjugates, and worst cases."""
