"""Chance that can be had again: a number in [0, 1) from a seed and the name of an occasion."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .batch import Floats


def uniforms(seed: int, keys: Sequence[str]) -> Floats:
    """(n,) one number for each key, independent of the order and of one another."""
    start = hashlib.sha256(f"{seed}:".encode())
    numbers = np.empty(len(keys))
    for row, key in enumerate(keys):
        digest = start.copy()
        digest.update(key.encode())
        numbers[row] = int.from_bytes(digest.digest()[:6], "big") / 2**48
    return numbers


def draw(probabilities: Floats, numbers: Floats) -> NDArray[np.int64]:
    """(n,) columns drawn from the rows of (n, a) ``probabilities`` by (n,) ``numbers`` in [0, 1)."""
    above = np.cumsum(probabilities, axis=1) > numbers[:, None]
    # A row may sum to a hair under 1: then the last column that can be drawn is meant.
    last = probabilities.shape[1] - 1 - np.argmax(probabilities[:, ::-1] > 0, axis=1)
    column: NDArray[np.int64] = np.where(above.any(axis=1), np.argmax(above, axis=1), last)
    return column
