"""What the benchmarks share."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np


def median_seconds(action: Callable[[], Any], repeats: int = 3) -> tuple[float, Any]:
    """Median time of a call, and its last answer."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        answer = action()
        times.append(time.perf_counter() - began)
    return float(np.median(times)), answer
