"""A list that is good and not all alike: maximal marginal relevance, or a determinantal point process."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .settings import Diversify

_NOTHING_NEW = 1e-7
"""An item whose direction is so nearly spanned by those before it adds nothing but rounding."""


def diversified(
    scores: NDArray[np.float32], vectors: NDArray[np.float32], count: int, diversity: float, by: Diversify
) -> list[int]:
    """The positions of ``count`` items, mixed by ``mmr`` or ``dpp``; ``diversity`` 0 keeps the order of the scores."""
    method: Callable[..., list[int]] = {"mmr": mmr, "dpp": dpp}[by]
    return method(scores, vectors, count, diversity)


def mmr(scores: NDArray[np.float32], vectors: NDArray[np.float32], count: int, diversity: float) -> list[int]:
    """The positions of ``count`` items, one after the other the best of
    ``(1 - diversity) * scores[i] - diversity * max(cos(i, chosen))`` (Carbonell and Goldstein, 1998).

    ``scores`` shape (n,), ``vectors`` unit rows of shape (n, dimension). Of equals the first comes first.
    """
    left = np.ones(len(scores), dtype=np.bool_)
    alike = np.zeros(len(scores), dtype=np.float32)
    chosen: list[int] = []
    while len(chosen) < count and left.any():
        values = (1 - diversity) * scores - diversity * alike
        best = int(np.argmax(np.where(left, values, -np.inf)))
        chosen.append(best)
        left[best] = False
        alike = np.maximum(alike, vectors @ vectors[best])
    return chosen


def dpp(scores: NDArray[np.float32], vectors: NDArray[np.float32], count: int, diversity: float) -> list[int]:
    """The positions of ``count`` items, one after the other the best for
    ``(1 - diversity) * sum(scores[chosen]) + diversity * log det((1 + cos) / 2 of chosen)``.

    This is the most probable set of a determinantal point process, found greedily, its Cholesky factor grown by one row
    per item (Chen, Zhang and Zhou, 2018). Unlike ``mmr`` it sees when several chosen items together make one
    superfluous. Takes and gives what ``mmr`` does; items that add nothing new come last, in the order of their scores.
    """
    kernel = (1 + vectors.astype(np.float64) @ vectors.astype(np.float64).T) / 2
    count = min(count, len(scores))
    factor = np.zeros((count, len(scores)))
    # Of each item the share of its squared length that no chosen item spans.
    new = kernel.diagonal().copy()
    left = np.ones(len(scores), dtype=np.bool_)
    chosen: list[int] = []
    while len(chosen) < count:
        open_ = left & (new > _NOTHING_NEW) if diversity > 0 else left
        if not open_.any():
            break
        gain = (1 - diversity) * scores.astype(np.float64)
        if diversity > 0:
            gain = gain + diversity * np.log(np.where(open_, new, 1.0))
        best = int(np.argmax(np.where(open_, gain, -np.inf)))
        if diversity > 0:
            done = len(chosen)
            row = (kernel[best] - factor[:done, best] @ factor[:done]) / np.sqrt(new[best])
            factor[done] = row
            new = new - row**2
        chosen.append(best)
        left[best] = False
    rest = [int(one) for one in np.argsort(-scores, kind="stable") if left[one]]
    return chosen + rest[: count - len(chosen)]
