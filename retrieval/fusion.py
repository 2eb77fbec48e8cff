"""How candidates of a search are put in order: words and meaning weighed together, then the best looked at closer.

Comes in: the query as words and vectors, rows of the catalogue. Goes out: rows and scores, best first. Whoever calls
holds the index's lock for reading.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .catalogue import QueryWords
from .product_index import ProductIndex
from .ranking_features import asked, features, heads_asked, title_head
from .search_ranker import SearchRanker
from .settings import SearchSettings

Scores = NDArray[np.float32]
Rows = NDArray[np.int64]


class Fusion:
    """Orders products of ``index``. The best are put in order by ``ranker``, where one was trained."""

    def __init__(self, index: ProductIndex, settings: SearchSettings, ranker: SearchRanker | None) -> None:
        self._index = index
        self._settings = settings
        self.ranker = ranker

    def ranked(
        self, words: QueryWords, content: QueryWords, vectors: Scores | None, allowed: NDArray[np.bool_]
    ) -> tuple[Rows, Scores]:
        """The rows that answer the query, best first, and their scores.

        ``vectors``: what ranks and what answers, shape (2, dimension); ``None`` where only words are compared.
        """
        catalogue = self._index.catalogue
        by_words = catalogue.lexical.scores(words.weights)
        by_words[~allowed[: len(by_words)]] = 0
        rows = _best(by_words, self._settings.candidates)
        if vectors is not None:
            rows = np.union1d(rows, self._index.near(vectors[0], self._settings.candidates, allowed))
        cosines = self.cosines(rows, vectors)
        scores = self._weighed(rows, by_words, cosines)
        answering = catalogue.answers(content)[rows]
        if cosines is not None:
            known_word = any(term in catalogue.lexical for term in content.weights)
            least = self._settings.min_similarity if known_word else self._settings.min_similarity_unknown
            answering |= cosines[:, 1] >= least
        if content.weights:
            rows, scores = rows[answering], scores[answering]
        if not content.weights:
            # Only conditions were named, so everything that meets them answers the query.
            others = np.setdiff1d(np.flatnonzero(allowed), rows)
            rows, scores = np.concatenate([rows, others]), np.concatenate([scores, np.zeros(len(others), np.float32)])
        order = np.lexsort((rows, -scores))
        rows, scores = rows[order], scores[order]
        if content.weights:
            rows, scores = self._reranked(words, rows, scores, by_words, vectors)
        return rows, scores

    def rated(self, words: QueryWords, rows: Rows, vectors: Scores | None) -> Scores:
        """How well each of ``rows`` answers the query, in their order."""
        by_words = self._index.catalogue.lexical.scores(words.weights)
        return self._ordered(words, rows, by_words, self.cosines(rows, vectors))

    def features(self, words: QueryWords, rows: Rows, by_words: Scores, meaning: Scores) -> Scores:
        """What a ranker is told, shape (rows, FEATURES); ``by_words`` of every product, ``meaning`` of ``rows``."""
        catalogue = self._index.catalogue
        query = asked(words.text, catalogue.lexical.frequency, len(catalogue))
        return features(query, self._titles(rows), by_words[rows], meaning)

    def cosines(self, rows: Rows, vectors: Scores | None) -> Scores | None:
        """Of ``rows`` with each of ``vectors``, shape (rows, vectors), nothing below 0; ``None`` without vectors."""
        if vectors is None:
            return None
        ids = [self._index.catalogue.id_at(int(row)) or "" for row in rows]
        found: Scores = np.maximum(self._index.vectors.vectors(ids) @ vectors.T, 0)
        return found

    def _weighed(self, rows: Rows, by_words: Scores, cosines: Scores | None) -> Scores:
        """Words and meaning of ``rows`` in one score."""
        if cosines is None:
            return by_words[rows]
        weight = self._settings.dense_weight
        highest = float(by_words.max(initial=0)) or 1.0
        fused: Scores = (1 - weight) * by_words[rows] / highest + weight * cosines[:, 0]
        return fused

    def _ordered(self, words: QueryWords, rows: Rows, by_words: Scores, cosines: Scores | None) -> Scores:
        """The scores that ``rows`` are put in order by: the ranker's, or else words and meaning, and whether a product
        is the thing that was asked for."""
        if self.ranker is not None and cosines is not None:
            return self.ranker.scores(self.features(words, rows, by_words, cosines[:, 0]))
        heads, weight = heads_asked(words.text), self._settings.head_weight
        same = np.array([title_head(title) in heads for title in self._titles(rows)], dtype=np.float32)
        scores: Scores = (1 - weight) * self._weighed(rows, by_words, cosines) + weight * same
        return scores

    def _titles(self, rows: Rows) -> list[str]:
        found = (self._index.catalogue.facts[int(row)] for row in rows)
        return ["" if one is None else one.titles[0] for one in found]

    def _reranked(
        self, words: QueryWords, rows: Rows, scores: Scores, by_words: Scores, vectors: Scores | None
    ) -> tuple[Rows, Scores]:
        """The best in an order that looks closer, the others behind them as they were."""
        top = rows[: self._settings.reranked]
        if not len(top):
            return rows, scores
        better = self._ordered(words, top, by_words, self.cosines(top, vectors))
        order, placed = placed_first(better, scores[len(top) :])
        return np.concatenate([top[order], rows[len(top) :]]), placed


def placed_first(better: Scores, rest: Scores) -> tuple[Rows, Scores]:
    """The order of those that were scored anew, and the scores of all: the ``rest``, behind them, is brought between
    the least of ``better`` (0 to 1) and 0, so that scores fall all the way down the list."""
    order = np.argsort(-better, kind="stable")
    behind = rest * (float(better.min()) / max(float(rest.max(initial=0)), 1e-6))
    return order, np.concatenate([better[order], behind]).astype(np.float32)


def _best(scores: Scores, count: int) -> Rows:
    """The ``count`` rows with the highest scores above 0."""
    rows = np.flatnonzero(scores > 0)
    if len(rows) > count:
        rows = rows[np.argpartition(-scores[rows], count)[:count]]
    return rows.astype(np.int64)
