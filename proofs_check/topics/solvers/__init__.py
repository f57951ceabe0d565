"""What the solvers of tabular promise, checked against rational arithmetic."""
