"""Which items go with which, counted from histories: item-to-item nearest neighbours.

``cosine``: the sets of histories that two items occur in (Sarwar and others, 2001). ``following``: how often one came
after the other, near ones counting more. Knows nothing of texts or models.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .sequences import Sequences

_LONGEST = 100
"""Of one history at most so many of the latest items are counted."""


@dataclass(frozen=True, slots=True)
class ItemNeighbours:
    """``similar[i, j]``: how much having met item ``i`` speaks for item ``j``; sparse, shape (items + 1, items + 1)."""

    similar: sparse.csr_matrix

    @classmethod
    def cosine(cls, histories: Sequences, items: int, *, keep: int = 200, shrink: float = 0.0) -> ItemNeighbours:
        """``both[i, j] / (sqrt(count[i] * count[j]) + shrink)``, of each item the ``keep`` nearest."""
        seen = _occurrences(histories.latest(_LONGEST), items)
        counts = np.asarray(seen.sum(axis=0)).ravel()
        both = (seen.T @ seen).tocoo()
        apart = both.row != both.col
        down, across = both.row[apart], both.col[apart]
        values = both.data[apart] / (np.sqrt(counts[down] * counts[across]) + shrink)
        return cls(_strongest(sparse.csr_matrix((values, (down, across)), shape=both.shape), keep))

    @classmethod
    def following(cls, histories: Sequences, items: int, *, window: int = 10, keep: int = 200) -> ItemNeighbours:
        """``sum(1 / distance)`` over the times that ``j`` came up to ``window`` places after ``i``, over
        ``sqrt(count[i] * count[j])``."""
        few = histories.latest(_LONGEST)
        owner = few.row_numbers()
        total = sparse.csr_matrix((items + 1, items + 1), dtype=np.float32)
        for distance in range(1, window + 1):
            same = owner[distance:] == owner[:-distance]
            before, after = few.items[:-distance][same], few.items[distance:][same]
            weights = np.full(len(before), 1.0 / distance, dtype=np.float32)
            total = total + sparse.csr_matrix((weights, (before, after)), shape=total.shape)
        counts = np.maximum(np.bincount(few.items, minlength=items + 1), 1).astype(np.float32)
        pairs = total.tocoo()
        known = (pairs.row > 0) & (pairs.col > 0) & (pairs.row != pairs.col)
        down, across = pairs.row[known], pairs.col[known]
        values = pairs.data[known] / np.sqrt(counts[down] * counts[across])
        return cls(_strongest(sparse.csr_matrix((values, (down, across)), shape=total.shape), keep))

    def through(self, instead: sparse.csr_matrix) -> ItemNeighbours:
        """With items that others stand for: ``instead[i, j]`` is how much item ``i`` stands for item ``j``."""
        return ItemNeighbours((instead.T @ self.similar @ instead).tocsr())

    def scores(self, histories: Sequences, *, decay: float, scale: float | None = None) -> NDArray[np.float32]:
        """``scores[r, j] = sum(decay ** age(i) * similar[i, j])`` over the items ``i`` of history ``r``, the latest of
        which has age 0; shape (rows, items + 1). With ``scale``: ``log(1 + scale * scores)``."""
        few = histories.latest(_LONGEST)
        ages = few.starts[1:][few.row_numbers()] - 1 - np.arange(len(few.items))
        weights = sparse.csr_matrix(
            ((decay**ages).astype(np.float32), few.items, few.starts), shape=(len(few), self.similar.shape[0])
        )
        found = weights @ self.similar
        if scale is not None:
            found.data = np.log1p(np.float32(scale) * found.data)
        return np.asarray(found.toarray(), dtype=np.float32)


def _occurrences(histories: Sequences, items: int) -> sparse.csr_matrix:
    """1 where item ``j`` occurs in history ``r``, shape (rows, items + 1); column 0 is empty."""
    known = (histories.items > 0).astype(np.float32)
    seen = sparse.csr_matrix((known, histories.items, histories.starts), shape=(len(histories), items + 1))
    seen.sum_duplicates()
    seen.eliminate_zeros()
    seen.data[:] = 1.0
    return seen


def _strongest(matrix: sparse.csr_matrix, keep: int) -> sparse.csr_matrix:
    """Of each row the ``keep`` largest entries."""
    entries = matrix.tocoo()
    order = np.lexsort((entries.col, -entries.data, entries.row))
    down = entries.row[order]
    sizes = np.bincount(down, minlength=matrix.shape[0])
    rank = np.arange(len(down)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    chosen = order[rank < keep]
    kept = (entries.data[chosen].astype(np.float32), (entries.row[chosen], entries.col[chosen]))
    return sparse.csr_matrix(kept, shape=matrix.shape)
