"""One package per topic: its claims and its figures."""
