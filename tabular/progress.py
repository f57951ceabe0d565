"""A progress display that exists only when asked for."""

from __future__ import annotations

from types import TracebackType
from typing import Any

__all__ = ["Progress"]


class Progress:
    """Shows how far a bracket is from its tolerance; does nothing unless ``enabled`` (which needs ``rich``)."""

    def __init__(self, enabled: bool, title: str) -> None:
        self._display: Any = None
        self._title = title
        self._steps = 0
        if enabled:
            try:
                from rich.progress import Progress as RichProgress
                from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
            except ImportError as error:
                raise ImportError("progress=True needs rich: pip install 'tabular-theory[progress]'") from error
            self._display = RichProgress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())

    def __enter__(self) -> Progress:
        if self._display is not None:
            self._display.start()
            self._task = self._display.add_task(self._title)
        return self

    def update(self, width: float, goal: float) -> None:
        """One more step, with its estimated width."""
        self._steps += 1
        if self._display is not None:
            self._display.update(self._task, description=f"{self._title} {width:.2e} of {goal:.2e}, step {self._steps}")

    def count(self, done: int, total: int) -> None:
        """So many of a known number are done."""
        if self._display is not None:
            self._display.update(self._task, description=f"{self._title} {done} of {total}")

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if self._display is not None:
            self._display.stop()
