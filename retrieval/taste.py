"""What the history model knows of the customer who is asked about: proposals, and its opinion of candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .candidates import SIGNS, Anchor, Learnt, default_worth
from .history import History
from .history_index import Alike, HistoryIndex
from .settings import RecommendSettings

_ALIKE = 20


@dataclass(frozen=True, slots=True)
class Taste:
    """One customer's embedding, and the customers nearest to it."""

    index: HistoryIndex
    embedding: NDArray[np.float32]
    alike: tuple[Alike, ...]

    @classmethod
    def of(cls, index: HistoryIndex | None, customer_id: str | None, history: History) -> Taste | None:
        """``None`` without a model, or where it knows nothing of what the customer did."""
        if index is None or customer_id is None or not history.done:
            return None
        embedding = index.embedding(history.done)
        if embedding is None:
            return None
        alike = tuple(index.alike(customer_id, embedding, _ALIKE))
        index.remember(customer_id, embedding, history.done)
        return cls(index, embedding, alike)

    def proposals(self, count: int) -> list[str]:
        """What the model and the customers of a like taste propose."""
        return [*self.index.near(self.embedding, count), *(id_ for other in self.alike for id_ in other.took)]

    def on(self, ids: Sequence[str], anchors: Sequence[Anchor], settings: RecommendSettings) -> Learnt:
        """The model's opinion of the candidates ``ids``."""
        took: dict[str, float] = {}
        total = sum(max(other.likeness, 0.0) for other in self.alike) or 1.0
        for other in self.alike:
            for id_ in other.took:
                took[id_] = took.get(id_, 0.0) + max(other.likeness, 0.0) / total
        return Learnt(
            self.index.scores(self.embedding, ids),
            self.index.unit_vectors(ids),
            self.index.unit_vectors([anchor.product_id for anchor in anchors]),
            took,
            _worth(self.index, settings),
        )


def _worth(index: HistoryIndex, settings: RecommendSettings) -> dict[str, float]:
    """What was learnt, to the scale of the settings, each sign turned up or down by its dial: at half its default a
    dial halves what was learnt."""
    plain, dialled = default_worth(RecommendSettings()), default_worth(settings)
    learnt = index.model.ranker.weights
    total = sum(learnt.values())
    if total <= 0:
        return dialled
    scale = sum(plain.values()) / total
    return {
        name: scale * learnt.get(name, 0.0) * (dialled[name] / plain[name] if plain[name] else 1.0) for name in SIGNS
    }
