"""Where work runs: this process, local processes, or an existing dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from joblib import Parallel, delayed, parallel_config

from proofs_check.relation import ClaimError

__all__ = ["run"]

PATIENCE = 10
"""Seconds to wait for a cluster's scheduler and its first worker."""


def run(
    function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]], *, jobs: int = 1, cluster: str | None = None
) -> Iterator[Any]:
    """Results of ``function(*a)`` for each ``a``, in the order in which they finish.

    Raises
    ------
    ClaimError
        If no dask scheduler answers at the address ``cluster``, or it has no workers.
    """
    calls = [delayed(function)(*a) for a in arguments]
    if cluster is None:
        if jobs == 1:
            yield from (function(*a) for a in arguments)
        else:
            yield from Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)(calls)
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise ClaimError("a cluster needs dask: pip install 'tabular-theory[cluster]'") from error
    try:
        client: Any = Client(cluster, timeout=PATIENCE)  # type: ignore[no-untyped-call]
        client.wait_for_workers(1, timeout=PATIENCE)
    except (OSError, ValueError, TimeoutError) as error:
        raise ClaimError(f"no dask cluster with workers answers at {cluster!r} ({type(error).__name__}: {error})") from None
    with client, parallel_config(backend="dask", client=client):
        yield from Parallel(return_as="generator_unordered", batch_size=1)(calls)
