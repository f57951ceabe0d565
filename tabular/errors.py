"""The three errors of the package: a model that means nothing, a search that ended early, a search that was interrupted."""

from __future__ import annotations

from typing import Any

__all__ = ["ModelError", "SolverError", "SolverInterrupted"]


class ModelError(ValueError):
    """The input does not describe a problem; the message says what is wrong, where, and what to do."""


class SolverError(RuntimeError):
    """A solver stopped before it met its tolerance.

    ``solution`` is the best :class:`~tabular.Solution` so far, with a bracket that is as rigorous as that of a
    finished run (only wider), or ``None`` if nothing had been computed. Runs of a scheme put their
    :class:`~tabular.schemes.Trace` so far there.
    """

    def __init__(self, message: str, solution: Any = None) -> None:
        super().__init__(message)
        self.solution = solution


class SolverInterrupted(SolverError, KeyboardInterrupt):
    """Ctrl-C arrived; ``solution`` keeps what was found. Also a ``KeyboardInterrupt``, so that loops around it stop."""
