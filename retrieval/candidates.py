"""Which products come into question for a recommendation, what speaks for each, and how much.

Scores are sums of parts, each 0 to 1, times the weights in the settings; the reasons are the parts themselves, so that
what is said is what decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .crowd import Crowd
from .settings import RecommendSettings

_LIKE = 0.35
"""Below this cosine two products are not called alike."""
_POPULAR = 0.1
"""From this popularity on (the most popular product has 1), being popular is a reason."""
_REASONS = 3

ReasonKind = Literal["viewed", "bought", "carted", "similar", "together", "words", "popular", "assortment"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is recommended, for the agent to put into the customer's words.

    viewed, bought, carted: like ``product_id``, with which the customer did that. similar: like ``product_id``, which
    was asked about. together: those who took ``product_id`` took this, too. words: fits ``words``, searched for lately.
    popular: much asked for now. assortment: the shop has it; nothing else is known.
    """

    kind: ReasonKind
    product_id: str | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Anchor:
    """A product that recommendations start from."""

    product_id: str
    kind: Literal["viewed", "bought", "carted", "similar"]
    weight: float
    """0 to 1; the anchor that says most has 1."""


@dataclass(frozen=True, slots=True)
class Found:
    """A product that the latest search found."""

    product_id: str
    score: float
    words: tuple[str, ...]


class Candidates:
    """Products in question with their scores; ``ids[i]`` has ``vectors[i]`` and ``scores[i]``.

    ``anchor_vectors`` are unit rows, one per anchor; ``taste`` is the history embedding or ``None``.
    """

    def __init__(
        self,
        ids: Sequence[str],
        vectors: NDArray[np.float32],
        *,
        anchors: Sequence[Anchor],
        anchor_vectors: NDArray[np.float32],
        taste: NDArray[np.float32] | None,
        found: Mapping[str, Found],
        crowd: Crowd,
        settings: RecommendSettings,
    ) -> None:
        self.ids = list(ids)
        self.vectors = vectors
        self._anchors = anchors
        self._found = found
        self._settings = settings
        row_of = {id_: row for row, id_ in enumerate(self.ids)}
        self._alike = np.zeros((len(anchors), len(self.ids)), dtype=np.float32)
        self._together = np.zeros_like(self._alike)
        for place, anchor in enumerate(anchors):
            self._alike[place] = anchor.weight * np.maximum(vectors @ anchor_vectors[place], 0)
            if anchor.product_id in row_of:
                self._alike[place, row_of[anchor.product_id]] = 0  # a product is no reason for itself
            for other, share in crowd.together.get(anchor.product_id, ()):
                if other in row_of:
                    self._together[place, row_of[other]] = anchor.weight * share
        self._popular = self._each(crowd.popularity)
        self.scores = self._scored(taste)

    def reasons(self, row: int) -> tuple[Reason, ...]:
        """What speaks for the product in ``row``, the strongest first."""
        settings, said = self._settings, list[tuple[float, Reason]]()
        for place, anchor in enumerate(self._anchors):
            if self._alike[place, row] >= _LIKE * anchor.weight:
                value = settings.taste_weight * float(self._alike[place, row])
                said.append((value, Reason(anchor.kind, anchor.product_id)))
            if self._together[place, row] > 0:
                value = settings.together_weight * float(self._together[place, row])
                said.append((value, Reason("together", anchor.product_id)))
        found = self._found.get(self.ids[row])
        if found is not None and found.words:
            said.append((settings.words_weight * found.score, Reason("words", None, found.words)))
        if self._popular[row] >= _POPULAR or (not said and self._popular[row] > 0):
            said.append((settings.popularity_weight * float(self._popular[row]), Reason("popular")))
        said.sort(key=lambda one: -one[0])
        return tuple(reason for _, reason in said[:_REASONS]) or (Reason("assortment"),)

    def _scored(self, taste: NDArray[np.float32] | None) -> NDArray[np.float32]:
        settings = self._settings
        nearest = self._alike.max(axis=0, initial=0)
        mean = np.maximum(self.vectors @ taste, 0) if taste is not None else nearest
        known = {anchor.product_id for anchor in self._anchors}
        unseen = np.array([id_ not in known for id_ in self.ids], dtype=np.float32)
        scores = settings.taste_weight * (mean + nearest) / 2
        scores += settings.together_weight * self._together.max(axis=0, initial=0)
        scores += settings.words_weight * self._each({one.product_id: one.score for one in self._found.values()})
        scores += settings.popularity_weight * self._popular
        scores += settings.novelty_weight * (1 - self._popular) * unseen
        scores += self._each(settings.boosts)
        return np.asarray(scores, dtype=np.float32)

    def _each(self, values: Mapping[str, float]) -> NDArray[np.float32]:
        return np.array([values.get(id_, 0.0) for id_ in self.ids], dtype=np.float32)
