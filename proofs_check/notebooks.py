"""Executing notebooks in place, so that a second run changes nothing."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

__all__ = ["VOLATILE", "NotebookError", "execute"]

VOLATILE = "nbval-ignore-output"
"""Tag of cells whose output may differ from run to run (images, timings)."""


class NotebookError(RuntimeError):
    """A notebook that does not run; the message names the notebook, the cell and the exception."""


class _ThisInterpreter(AsyncKernelManager):
    """A kernel of the running interpreter; nothing has to be registered beforehand."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """The command that starts it."""
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR"]
        return KernelSpec(argv=command, display_name="Python 3", language="python")


def execute(path: Path, *, timeout: float = 300.0, on_cell: Callable[[int, int], None] | None = None) -> bool:
    """Run a notebook in place; whether its file changed.

    Outputs of cells tagged ``nbval-ignore-output`` are kept as they were if the cell has the source it had, so that timings and
    images do not dirty the tree.

    Raises
    ------
    NotebookError
        Naming notebook, cell and exception; the file is then left as it was.
    """
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    previous = [json.loads(json.dumps(cell)) for cell in notebook.cells]
    cells = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_manager_class=_ThisInterpreter,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )

    def started(cell: Any, cell_index: int) -> None:
        if on_cell is not None and cell_index in cells:
            on_cell(cells.index(cell_index) + 1, len(cells))

    client.on_cell_start = started
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        where = next((i for i in cells if any(out.output_type == "error" for out in notebook.cells[i].get("outputs", []))), None)
        cell = "?" if where is None else cells.index(where) + 1
        text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()
        last = text.splitlines()[-1] if text else type(error).__name__
        raise NotebookError(f"{path.name}, code cell {cell} of {len(cells)}: {last}") from error
    for i, (cell, old) in enumerate(zip(notebook.cells, previous, strict=True)):
        cell["id"] = f"cell-{i:02d}"
        cell.get("metadata", {}).pop("execution", None)
        if VOLATILE in cell.get("metadata", {}).get("tags", []) and old.get("outputs") and old["source"] == cell["source"]:
            cell["outputs"] = nbformat.from_dict(old["outputs"])
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "language_info": {"name": "python"}}
    )
    after = nbformat.writes(notebook) + "\n"
    if after != before:
        path.write_text(after, encoding="utf-8")
    return after != before
