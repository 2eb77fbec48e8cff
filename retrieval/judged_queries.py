"""Judged queries as ``train search`` learns from them: candidates that the shop has, and negatives that it found.

Where the judgements hold poor answers, these tell what is poor. Where they hold hardly any (clicks, say), products that
the search finds next to the right ones stand in for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .judgements import Judgements
from .product_search import ProductSearch
from .search_ranker import RatedQuery

_POOR = 0.34
"""A grade up to this is a poor answer."""
_POOR_SHARE = 0.2
"""Where so many queries have a poor answer among their judgements, poor ones were judged too."""
_AS_GOOD = 0.95
"""A product found that scores more than this share of a good answer may be one, too: it is no negative."""

Step = Callable[[str, int, int], None]
Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """A query with the judged products that the shop has, at least one of which answers it."""

    query: str
    encoded: str
    """The part of the query that is encoded."""
    products: tuple[str, ...]
    grades: Scores
    negatives: tuple[str, ...] = ()
    """Products found that were not judged, where none of the judged ones is a poor answer."""
    stand_ins: tuple[str, ...] = ()
    """The negatives, where they stand in for poor answers."""

    @property
    def candidates(self) -> list[str]:
        """What is put in order."""
        return [*self.products, *self.stand_ins]

    @property
    def gains(self) -> Scores:
        """The grades of the candidates."""
        return np.concatenate([self.grades, np.zeros(len(self.stand_ins), dtype=np.float32)])


def judged_queries(
    search: ProductSearch, judgements: Judgements, *, negatives: int, hard: bool, tell: Step
) -> list[JudgedQuery]:
    """The queries of ``judgements`` that something in the shop answers. ``hard``: with up to ``negatives`` negatives
    even where the judgements hold poor answers enough."""
    known = search.index.catalogue.row_of
    found: list[JudgedQuery] = []
    for query, grades in sorted(judgements.grades.items()):
        products = [id_ for id_ in sorted(grades) if id_ in known]
        rated = np.array([grades[id_] for id_ in products], dtype=np.float32)
        if query.strip() and products and float(rated.max()) > 0:
            found.append(JudgedQuery(query, search.encoded_text(query), tuple(products), rated))
    lacking = [place for place, one in enumerate(found) if float(one.grades.min()) > _POOR]
    standing_in = len(found) - len(lacking) < _POOR_SHARE * len(found)
    if standing_in or hard:
        for done, place in enumerate(lacking):
            others = _negatives(search, found[place], negatives)
            found[place] = replace(found[place], negatives=others, stand_ins=others if standing_in else ())
            if done % 50 == 0:
                tell("looking for negatives", done, len(lacking))
    return found


def _negatives(search: ProductSearch, one: JudgedQuery, count: int) -> tuple[str, ...]:
    """Products found below those that answer: near, but hardly as good."""
    best = [id_ for id_, grade in zip(one.products, one.grades, strict=True) if grade == one.grades.max()]
    limit = _AS_GOOD * min(hit.score for hit in search.rate(one.query, best))
    hits = search.search(one.query, limit=4 * count).hits
    return tuple(hit.product_id for hit in hits if hit.product_id not in one.products and hit.score < limit)[:count]


def rated_queries(
    search: ProductSearch,
    judged: Sequence[JudgedQuery],
    cosines: Sequence[Scores] | None = None,
    read: Sequence[Scores] | None = None,
) -> list[RatedQuery]:
    """What a ranker learns from ``judged``, queries with one candidate left out. ``cosines`` with the candidates, where
    they are not those of the search's encoder; ``read``: what a cross-encoder says of them."""
    found: list[RatedQuery] = []
    for place, one in enumerate(judged):
        if len(one.candidates) > 1:
            meaning = None if cosines is None else cosines[place]
            told = None if read is None else read[place]
            found.append(RatedQuery(search.features(one.query, one.candidates, meaning), one.gains, told))
    return found
