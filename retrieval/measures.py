"""How good lists of recommendations are: whether they hit, and what they are made of.

A rank is 0 for the first place. Every function gives one value per list where that makes sense, so that a mean and its
interval can be taken by the caller. Definitions: Herlocker and others 2004 (recall, coverage), Järvelin and Kekäläinen
2002 (NDCG), Ziegler and others 2005 (intra-list diversity), Vargas and Castells 2011 (novelty).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Values = NDArray[np.float64]


def ranks(scores: NDArray[np.float32], targets: Numbers, seen: tuple[Numbers, Numbers] | None = None) -> Numbers:
    """The rank of ``targets[r]`` among all columns of ``scores[r]``; an item of equal score counts as before it.

    ``seen``: (rows, columns) that do not take part. Column 0 (padding) never does. A target of 0 (not in the
    catalogue) gets the last rank.
    """
    table = scores.copy()
    table[:, 0] = -np.inf
    rows = np.arange(len(table))
    own = table[rows, targets]
    if seen is not None:
        table[seen] = -np.inf
    before = (table >= own[:, None]).sum(axis=1)
    before -= table[rows, targets] >= own  # the target itself, unless it was left out as seen
    return np.asarray(np.where(targets > 0, before, table.shape[1]), dtype=np.int64)


def recall(found: Numbers, k: int) -> Values:
    """1 where the one right item is among the first ``k`` (also called hit rate), else 0."""
    return (found < k).astype(np.float64)


def ndcg(found: Numbers, k: int) -> Values:
    """``1 / log2(rank + 2)`` where the one right item is among the first ``k``, else 0."""
    return np.where(found < k, 1 / np.log2(found + 2.0), 0.0)


def graded_ndcg(grades: NDArray[np.float32], scores: NDArray[np.float32], k: int = 10) -> float:
    """NDCG@k with the grades as gains (Järvelin & Kekäläinen, 2002); 0 where no grade is above 0."""
    discount = 1 / np.log2(np.arange(2, k + 2))
    ranked = grades[np.argsort(-scores, kind="stable")][:k]
    ideal = np.sort(grades)[::-1][:k]
    best = float(ideal @ discount[: len(ideal)])
    return float(ranked @ discount[: len(ranked)]) / best if best > 0 else 0.0


def reciprocal_rank(found: Numbers, k: int) -> Values:
    """``1 / (rank + 1)`` where the one right item is among the first ``k``, else 0; its mean is MRR@k."""
    return np.where(found < k, 1 / (found + 1.0), 0.0)


def coverage(lists: Numbers, items: int) -> float:
    """The share of the ``items`` that are in any list; ``lists`` has shape (rows, k)."""
    return len(np.unique(lists[lists > 0])) / items


def intra_list_diversity(lists: Numbers, vectors: NDArray[np.float32]) -> Values:
    """``1 - mean cosine`` over the pairs of each list; ``vectors[i]`` is the unit vector of item ``i``."""
    k = lists.shape[1]
    if k < 2:
        return np.zeros(len(lists))
    own = vectors[lists]
    total = own.sum(axis=1, dtype=np.float64)
    pairs = (total**2).sum(axis=1) - (own.astype(np.float64) ** 2).sum(axis=(1, 2))
    return np.asarray(1 - pairs / (k * (k - 1)))


def novelty(lists: Numbers, popularity: NDArray[np.floating]) -> Values:
    """Mean self-information in bits, ``-log2(p)``, with ``p`` the share of all interactions that an item has.

    ``popularity[i]``: how often item ``i`` was met; one more is added to each, so that unmet ones have a value.
    """
    counts = np.asarray(popularity, dtype=np.float64) + 1
    counts[0] = 0
    with np.errstate(divide="ignore"):
        bits = -np.log2(counts / counts.sum())
    return np.asarray(bits[lists].mean(axis=1))


def popularity_bias(lists: Numbers, popularity: NDArray[np.floating]) -> Values:
    """Mean popularity of each list's items, as a share of the most popular item's (average recommendation
    popularity)."""
    counts = np.asarray(popularity, dtype=np.float64)
    return np.asarray(counts[lists].mean(axis=1) / max(counts.max(), 1.0))
