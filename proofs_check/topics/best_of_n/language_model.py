"""A tabular autoregressive language model: texts of up to eight tokens from three, with an end."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

__all__ = ["LENGTH", "VOCABULARY", "language_models", "texts"]

VOCABULARY, LENGTH = 3, 8
END = 0
"""Not a token: row 0 of a table is for the first token, column 0 for ending the text."""

LOW_ENTROPY = np.array([[0.01, 0.94, 0.03, 0.02], [0.08, 0.86, 0.04, 0.02], [0.2, 0.7, 0.06, 0.04], [0.3, 0.6, 0.06, 0.04]])
HIGH_ENTROPY = np.array([[0.04, 0.36, 0.32, 0.28], [0.1, 0.3, 0.34, 0.26], [0.12, 0.28, 0.28, 0.32], [0.14, 0.3, 0.26, 0.3]])


def texts(table: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Probabilities, log-likelihoods and lengths of all 9,841 texts; row: the previous token, column: the next."""
    likelihoods, lengths = [], []
    logs = np.log(table)
    for length in range(LENGTH + 1):
        for text in product(range(1, VOCABULARY + 1), repeat=length):
            ended = (*text, END) if length < LENGTH else text
            # summed in sorted order, so that texts of equal likelihood agree to rounding
            likelihoods.append(sum(sorted(logs[a, b] for a, b in zip((END, *text), ended, strict=False))))
            lengths.append(length)
    likelihood = np.array(likelihoods)
    return np.exp(likelihood), likelihood, np.array(lengths)


def language_models() -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Masses and rewards for both tables: the likelihood of a text, and its shortness."""
    models = {}
    for name, table in (("low entropy", LOW_ENTROPY), ("high entropy", HIGH_ENTROPY)):
        p, likelihood, length = texts(table)
        models[f"{name}, likelihood"] = (p, likelihood)
        models[f"{name}, length"] = (p, -length.astype(np.float64))
    return models
