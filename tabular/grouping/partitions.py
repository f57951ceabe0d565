"""Partitions of a few actions, as restricted growth strings: labels in the order of their first use."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tabular._parameters import count
from tabular.bellman import Groups
from tabular.errors import ModelError

__all__ = ["bell_number", "canonical", "contiguous_groups", "partitions", "refines"]

MOST_ACTIONS = 12
"""4,213,597 partitions; one action more has seven times as many."""


def bell_number(n: int) -> int:
    """Number of partitions of n things.

    >>> [bell_number(n) for n in range(1, 11)]
    [1, 2, 5, 15, 52, 203, 877, 4140, 21147, 115975]
    """
    row = [1]
    for _ in range(count(n, "n") - 1):
        following = [row[-1]]
        for x in row:
            following.append(following[-1] + x)
        row = following
    return row[-1]


def canonical(labels: ArrayLike) -> NDArray[np.intp]:
    """(A,) the same partition, labelled in the order of first use; any integers are welcome.

    >>> canonical([7, 3, 7, 0])
    array([0, 1, 0, 2])
    """
    _, first, inverse = np.unique(np.asarray(labels), return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[inverse.reshape(-1)])


def partitions(n_actions: int, n_groups: int | None = None) -> NDArray[np.int8]:
    """(B, A) all partitions of the actions, in lexicographic order; of exactly ``n_groups`` groups if given.

    Raises
    ------
    ModelError
        For more than 12 actions: there are too many.

    Examples
    --------
    >>> partitions(3).tolist()
    [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1], [0, 1, 2]]
    >>> len(partitions(10))
    115975
    """
    size = count(n_actions, "n_actions", most=MOST_ACTIONS)
    groups = None if n_groups is None else count(n_groups, "n_groups", most=size)
    strings = np.zeros((1, 1), dtype=np.int8)
    highest = np.zeros(1, dtype=np.int8)
    for _ in range(size - 1):
        choices = highest.astype(np.intp) + 2
        parent = np.repeat(np.arange(len(strings)), choices)
        added = (np.arange(parent.size) - np.repeat(np.cumsum(choices) - choices, choices)).astype(np.int8)
        strings = np.column_stack([strings[parent], added])
        highest = np.maximum(highest[parent], added)
    return strings if groups is None else strings[highest == groups - 1]


def refines(fine: ArrayLike, coarse: ArrayLike) -> bool:
    """Whether every group of the first partition lies inside one of the second.

    >>> refines([0, 1, 2, 2], [0, 0, 1, 1]), refines([0, 1, 2, 0, 1, 2], [0, 0, 0, 1, 1, 1])
    (True, False)
    """
    first, second = Groups(fine).labels, Groups(coarse).labels
    if first.size != second.size:
        raise ModelError(f"the partitions have {first.size} and {second.size} actions")
    pairs: Any = np.unique(np.stack([first, second]), axis=1)
    return bool(pairs.shape[1] == first.max() + 1)


def contiguous_groups(n_actions: int, n_groups: int) -> NDArray[np.intp]:
    """(A,) labels of neighbouring actions, groups as equal as they can be: for actions that lie on a line.

    >>> contiguous_groups(6, 3)
    array([0, 0, 1, 1, 2, 2])
    """
    size = count(n_actions, "n_actions")
    return np.asarray(np.arange(size) * count(n_groups, "n_groups", most=size) // size)
