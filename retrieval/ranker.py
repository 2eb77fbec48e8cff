"""The learned ranker: what each sign is worth, learnt from which of the candidates was taken.

Conditional logit (McFadden 1974): of the candidates of a case, the one taken has the chance
``exp(weights @ signs) / sum over the candidates``. Weights are not below zero, so that every sign speaks for a product,
and what is said as a reason is what decided. Knows nothing of where signs come from.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

_FLOOR = -1e9


@dataclass(frozen=True, slots=True)
class Cases:
    """What the ranker learns from: ``signs[c, i, s]`` is sign ``s`` of candidate ``i`` in case ``c``.

    ``taken[c]`` is the place of the candidate that was taken. ``stands_for[c, i]``: how many candidates this one stands
    for: 1, more for one drawn at random to speak for those that were left out, 0 where there is none.
    """

    signs: NDArray[np.float32]
    taken: NDArray[np.int64]
    stands_for: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ranker:
    """The worth of each sign, by its name."""

    weights: Mapping[str, float]

    def scores(self, names: Sequence[str], signs: NDArray[np.float32]) -> NDArray[np.float32]:
        """``signs @ weights`` over the last axis, whose places have ``names``; an unknown sign is worth nothing."""
        worth = np.array([self.weights.get(name, 0.0) for name in names], dtype=np.float32)
        return np.asarray(signs @ worth, dtype=np.float32)

    @classmethod
    def fit(cls, names: Sequence[str], cases: Cases, *, either_way: Collection[str] = (), pull: float = 1e-3) -> Ranker:
        """The weights that make what was taken likeliest. ``pull`` draws weights, in units of each sign's spread,
        towards 0, which settles signs that say the same. Signs named in ``either_way`` may speak against a product."""
        spread = np.maximum(cases.signs[cases.stands_for > 0].std(axis=0, dtype=np.float64), 1e-6)
        signs = (cases.signs / spread).astype(np.float32)
        rows = np.arange(len(cases.taken))
        mask = np.log(np.maximum(cases.stands_for, 1e-30)) + np.where(cases.stands_for > 0, 0.0, _FLOOR)

        def loss(worth: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            scores = (signs @ worth.astype(np.float32)).astype(np.float64) + mask
            scores -= scores.max(axis=1, keepdims=True)
            chances = np.exp(scores)
            total = chances.sum(axis=1, keepdims=True)
            chances /= total
            value = float((np.log(total[:, 0]) - scores[rows, cases.taken]).mean())
            chances[rows, cases.taken] -= 1
            slope = np.einsum("ci,cis->s", chances.astype(np.float32), signs).astype(np.float64) / len(rows)
            return value + pull * float(worth @ worth) / 2, slope + pull * worth

        bounds = [(None if name in either_way else 0.0, None) for name in names]
        start = np.full(len(names), 0.1)
        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
        return cls({name: float(one) for name, one in zip(names, found.x / spread, strict=True)})
