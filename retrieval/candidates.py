"""Which products come into question for a recommendation, what speaks for each, and how much.

Scores are sums of signs, each 0 to 1, times what each is worth: as the learned ranker says, or by the settings where
nothing was learnt. The reasons are the signs themselves, so that what is said is what decided.
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

SIGNS = ("taste", "nearest", "together", "words", "popular", "sequence", "alike")
_NATS = 10.0
"""A product that the history model thinks ``e ** 10`` times less likely than the best has no sign of it left."""

ReasonKind = Literal[
    "viewed", "bought", "carted", "similar", "together", "alike", "words", "popular", "praised", "assortment"
]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is recommended, for the agent to put into the customer's words.

    viewed, bought, carted: like ``product_id``, with which the customer did that. similar: like ``product_id``, which
    was asked about. together: those who took ``product_id`` took this, too. alike: customers of a like taste took it.
    words: fits ``words``, searched for lately. popular: much asked for now. praised: reviewers speak well of ``words``.
    assortment: the shop has it; nothing else is known.
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


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the history model says of the candidates; ``scores[i]`` and ``vectors[i]`` are of ``ids[i]``."""

    scores: NDArray[np.float32]
    vectors: NDArray[np.float32]
    anchor_vectors: NDArray[np.float32]
    """One row per anchor, zeros for one that the model does not know. All rows are unit vectors."""
    alike: Mapping[str, float]
    """Product -> how much customers of a like taste took it, 0 to 1."""
    worth: Mapping[str, float]
    """What each of ``SIGNS`` is worth."""


def default_worth(settings: RecommendSettings) -> dict[str, float]:
    """What the signs are worth by the settings alone."""
    return {
        "taste": settings.taste_weight / 2,
        "nearest": settings.taste_weight / 2,
        "together": settings.together_weight,
        "words": settings.words_weight,
        "popular": settings.popularity_weight,
        "sequence": 0.0,
        "alike": 0.0,
    }


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
        learnt: Learnt | None = None,
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
        self._learnt = learnt
        self._worth = default_worth(settings) if learnt is None else learnt.worth
        self._popular = self._each(crowd.popularity)
        self.signs = self._all_signs(taste)
        self.scores = self._scored()

    def reasons(self, row: int) -> tuple[Reason, ...]:
        """What speaks for the product in ``row``, the strongest first."""
        worth, said = self._worth, list[tuple[float, Reason]]()
        like = worth["taste"] + worth["nearest"]
        sequence = worth["sequence"] * float(self.signs[row, SIGNS.index("sequence")])
        for place, anchor in enumerate(self._anchors):
            near = like * float(self._alike[place, row]) if self._alike[place, row] >= _LIKE * anchor.weight else 0.0
            if self._learnt is not None and self.ids[row] != anchor.product_id:
                # What of the past the model's opinion comes from: what is near in the model's own space.
                close = float(self._learnt.vectors[row] @ self._learnt.anchor_vectors[place])
                near += sequence * close * anchor.weight if close >= _LIKE else 0.0
            if near > 0:
                said.append((near, Reason(anchor.kind, anchor.product_id)))
            if self._together[place, row] > 0:
                value = worth["together"] * float(self._together[place, row])
                said.append((value, Reason("together", anchor.product_id)))
        if self.signs[row, SIGNS.index("alike")] > 0:
            said.append((worth["alike"] * float(self.signs[row, SIGNS.index("alike")]), Reason("alike")))
        found = self._found.get(self.ids[row])
        if found is not None and found.words:
            said.append((worth["words"] * found.score, Reason("words", None, found.words)))
        if self._popular[row] >= _POPULAR or (not said and self._popular[row] > 0):
            said.append((worth["popular"] * float(self._popular[row]), Reason("popular")))
        said.sort(key=lambda one: -one[0])
        return tuple(reason for _, reason in said[:_REASONS]) or (Reason("assortment"),)

    def with_new(self, order: Sequence[int], every: int) -> list[int]:
        """``order`` (rows, the best first) with each ``every``-th place kept for the best product that nobody met."""
        new = [row for row in order if self._popular[row] == 0]
        known = [row for row in order if self._popular[row] > 0]
        if every < 2 or not new or not known:
            return list(order)
        mixed: list[int] = []
        while new or known:
            turn = new if (len(mixed) + 1) % every == 0 else known
            mixed.append((turn or new or known).pop(0))
        return mixed

    def _all_signs(self, taste: NDArray[np.float32] | None) -> NDArray[np.float32]:
        """Shape (n, len(SIGNS)), in that order."""
        nearest = self._alike.max(axis=0, initial=0)
        signs = np.zeros((len(self.ids), len(SIGNS)), dtype=np.float32)
        signs[:, 0] = np.maximum(self.vectors @ taste, 0) if taste is not None else nearest
        signs[:, 1] = nearest
        signs[:, 2] = self._together.max(axis=0, initial=0)
        signs[:, 3] = self._each({one.product_id: one.score for one in self._found.values()})
        signs[:, 4] = self._popular
        if self._learnt is not None and len(self.ids):
            signs[:, 5] = np.clip(1 + (self._learnt.scores - self._learnt.scores.max()) / _NATS, 0, 1)
            signs[:, 6] = self._each(self._learnt.alike)
        return signs

    def _scored(self) -> NDArray[np.float32]:
        settings = self._settings
        known = {anchor.product_id for anchor in self._anchors}
        unseen = np.array([id_ not in known for id_ in self.ids], dtype=np.float32)
        scores = self.signs @ np.array([self._worth[name] for name in SIGNS], dtype=np.float32)
        scores += settings.novelty_weight * (1 - self._popular) * unseen
        scores += self._each(settings.boosts)
        return np.asarray(scores, dtype=np.float32)

    def _each(self, values: Mapping[str, float]) -> NDArray[np.float32]:
        return np.array([values.get(id_, 0.0) for id_ in self.ids], dtype=np.float32)
