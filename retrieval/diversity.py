"""A list that is good and not all alike: maximal marginal relevance (Carbonell & Goldstein, 1998)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mmr(scores: NDArray[np.float32], vectors: NDArray[np.float32], count: int, diversity: float) -> list[int]:
    """The positions of ``count`` items, one after the other the best of
    ``(1 - diversity) * scores[i] - diversity * max(cos(i, chosen))``.

    ``scores`` shape (n,), ``vectors`` unit rows of shape (n, dimension). With ``diversity`` 0 this is the order of the
    scores; of equals the first comes first.
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
