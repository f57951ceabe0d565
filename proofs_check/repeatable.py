"""Making hypothesis depend on its seed and on nothing else.

Since 2025, hypothesis mixes numbers that it finds in the source of loaded modules into what it draws. A worker process that has
loaded fewer modules then draws other instances, so results would depend on the number of workers and on edits elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis.internal.conjecture import providers

__all__ = ["only_the_seed_decides"]


@contextmanager
def only_the_seed_decides() -> Iterator[None]:
    """Inside, hypothesis draws no constants from source code."""
    original = getattr(providers.HypothesisProvider, "_maybe_draw_constant", None)
    if original is None:  # a version that has no such constants
        yield
        return

    def no_constant(self: Any, *args: Any, **kwargs: Any) -> None:
        return None

    providers.HypothesisProvider._maybe_draw_constant = no_constant  # type: ignore[method-assign]
    try:
        yield
    finally:
        providers.HypothesisProvider._maybe_draw_constant = original  # type: ignore[method-assign]
