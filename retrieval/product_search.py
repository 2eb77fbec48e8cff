"""Product search: words and meaning together, within the shop's rules.

A query is taken apart (``understanding``), its conditions become flags over all products (``catalogue``), words (BM25)
and meaning (cosine in the vector index) each propose candidates, both scores of every candidate are weighed together
(``fusion``), and the best are checked against the database once more before they go out.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from store import BeforehandError, Database

from .catalogue import QueryWords
from .cross_encoder import Reader, ReadingTogether
from .facts import fits
from .filters import Filters, relaxations
from .fusion import Fusion, placed_first
from .gloss import readable
from .product_index import Encoder, ProductIndex
from .query_adapter import QueryAdapter, adapter_for
from .search_ranker import SearchRanker
from .settings import RetrievalSettings
from .understanding import Understood, understand

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hit:
    """One product found."""

    product_id: str
    score: float
    """How well words and meaning fit, 0 to 1."""
    matched_words: tuple[str, ...]
    """The words of the query that stand in the product's texts themselves or by another name."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found, and what it took the query to mean."""

    hits: tuple[Hit, ...]
    understood: Filters
    """The conditions that the hits meet: those in the query and those given."""
    words: str
    """What was searched by, apart from the conditions."""
    corrections: tuple[tuple[str, str], ...] = ()
    """(typed, used) of words that no product has."""
    relaxed: tuple[str, ...] = ()
    """Conditions of the query (category, brand, an attribute's name) that were given up because nothing met them."""
    assumed_currency: str | None = None
    """The currency that was named, where the shop has no prices in it and the amount was taken in its own."""
    degraded: str | None = None
    """Why only words were compared, where the encoder failed, or why the order stayed, where the cross-encoder did."""
    stage_ms: dict[str, float] = field(default_factory=dict)
    """Milliseconds that each stage took."""


class ProductSearch:
    """Search over the shop's products. Safe to share between threads.

    ``folder`` holds the saved vectors; what is there is used as far as it agrees with the database. ``ranker`` orders
    the best, where one was trained, and ``reader`` is the cross-encoder that was trained with it; one that the settings
    name goes before. The first search reads the products if ``sync`` was not called before.
    """

    def __init__(
        self,
        database: Database,
        encoder: Encoder,
        settings: RetrievalSettings | None = None,
        folder: Path | None = None,
        ranker: SearchRanker | None = None,
        reader: Reader | None = None,
    ) -> None:
        self.settings = settings or RetrievalSettings()
        self.index = ProductIndex(database, encoder, self.settings, folder)
        self._ranker = ranker
        self._reading = ReadingTogether(reader, 0.0 if ranker is None else ranker.reading)

    @cached_property
    def _adapter(self) -> QueryAdapter | None:
        return adapter_for(self.index.encoder.files.sha256)

    @property
    def _fusion(self) -> Fusion:
        # By the settings of now: they may be exchanged while the search is open.
        return Fusion(self.index, self.settings.search, self._ranker)

    def sync(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Bring the index into agreement with the database; only products whose text changed are encoded.

        ``progress(done, total)`` counts products to encode. Returns how many were encoded. May be killed and run again.
        """
        return self.index.sync(progress)

    def changed(self, product_ids: Collection[str]) -> None:
        """Take in these products as the database has them now: new, altered or gone."""
        self.index.changed(product_ids)

    def save(self) -> None:
        """Save the vectors, if they changed since the last time; ``sync`` does it by itself."""
        self.index.save()

    def understand(self, query: str) -> Understood:
        """What a query is taken to ask for, without searching."""
        self.index.ready()
        catalogue, share = self.index.catalogue, self.settings.search.around_share
        with self.index.lock.read():
            return understand(query, catalogue.vocabulary, catalogue, around_share=share)

    def search(
        self,
        query: str,
        *,
        filters: Filters = Filters(),  # noqa: B008 - frozen
        limit: int = 10,
        language: str = "en",
    ) -> SearchResult:
        """The ``limit`` products that fit ``query`` best, among those that meet ``filters`` and the query's own.

        Never one that is hidden or not sold to ``filters.country``. Where nothing meets a category, brand or attribute
        named in the query, that condition is given up and ``relaxed`` says so; price, stock and exclusions never are.
        """
        watch = _Watch()
        understood = self.understand(query)
        with self.index.lock.read():
            words = self.index.catalogue.query_words(understood.words)
            content = self.index.catalogue.query_words(understood.content)
        watch.lap("understand")
        vectors, degraded = self._query_vectors(words.text, content.text)
        watch.lap("encode")
        asks = content.weights or understood.filters != Filters() or not query.strip()
        asked = understood.filters.merged(filters)
        relaxed: tuple[str, ...] = ()
        hits: tuple[Hit, ...] = ()
        together = self._reading.wanted(self.settings.search, vectors is not None) and bool(content.weights)
        wanted = max(limit, self.settings.search.cross_encoder_top) if together else limit
        for dropped, looser in relaxations(understood.filters):
            tried = looser.merged(filters)
            found = self._find(words, content, vectors, tried, wanted, watch) if asks else ()
            if found:
                asked, relaxed, hits = tried, dropped, found
                break
        if together and hits:
            hits, failed = self._read_together(words.text, hits)
            degraded = degraded or failed
            watch.lap("read together")
        return SearchResult(
            hits=hits[:limit],
            understood=asked,
            words=understood.words,
            corrections=words.corrections,
            relaxed=relaxed,
            assumed_currency=understood.assumed_currency,
            degraded=degraded,
            stage_ms=watch.laps_ms,
        )

    def rate(self, query: str, product_ids: Sequence[str]) -> list[Hit]:
        """How well each of these products fits ``query``, in their order: for ranking what another source proposed.

        Conditions in the query are not applied; an unknown product scores 0. A cross-encoder reads the best, as in a
        search.
        """
        words = self._words_of(query)
        vectors, _ = self._query_vectors(words.text, words.text)
        with self.index.lock.read():
            catalogue = self.index.catalogue
            row_of = {id_: row for id_ in product_ids if (row := catalogue.row_of.get(id_)) is not None}
            rows = np.array(list(row_of.values()), dtype=np.int64)
            scores = self._fusion.rated(words, rows, vectors)
            matched = catalogue.matched(words, row_of.values())
        found = zip(row_of.items(), scores.tolist(), strict=True)
        known = sorted(
            (Hit(id_, score, matched.get(row, ())) for (id_, row), score in found), key=lambda hit: -hit.score
        )
        if known and self._reading.wanted(self.settings.search, vectors is not None):
            known = list(self._read_together(words.text, known)[0])
        hit_of = {hit.product_id: hit for hit in known}
        return [hit_of.get(id_, Hit(id_, 0.0, ())) for id_ in product_ids]

    def features(
        self, query: str, product_ids: Sequence[str], meaning: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """What a ranker is told of ``query`` and these products, which must be there: shape (products, FEATURES).

        ``meaning``: the cosines, where they are not those of this encoder.
        """
        words = self._words_of(query)
        vectors, _ = (None, None) if meaning is not None else self._query_vectors(words.text, words.text)
        with self.index.lock.read():
            by_words = self.index.catalogue.lexical.scores(words.weights)
            rows = np.array([self.index.catalogue.row_of[id_] for id_ in product_ids], dtype=np.int64)
            if meaning is None:
                cosines = self._fusion.cosines(rows, vectors)
                meaning = np.zeros(len(rows), np.float32) if cosines is None else cosines[:, 0]
            return self._fusion.features(words, rows, by_words, meaning)

    def encoded_text(self, query: str) -> str:
        """The part of ``query`` that is compared by meaning, slips put right, in a language of the encoder."""
        return readable(self._words_of(query).text, self.settings.search.encoder_languages)

    def _words_of(self, query: str) -> QueryWords:
        """The whole query as words to search by."""
        text = self.understand(query).words
        with self.index.lock.read():
            return self.index.catalogue.query_words(text)

    def _query_vectors(self, words: str, content: str) -> tuple[NDArray[np.float32] | None, str | None]:
        """The query's words and its content as vectors, shape (2, dimension).

        None where they cannot be said in a language of the encoder, or it failed (then also why).
        """
        words, content = (readable(one, self.settings.search.encoder_languages) for one in (words, content))
        if not words or not content:
            return None, None
        try:
            vectors = self.index.encoder.encode([words, content] if content != words else [words])
        except (BeforehandError, RuntimeError, OSError) as error:
            _log.warning("The encoder failed, only words are compared: %s", error)
            return None, str(error)
        ranking, answering = vectors[:1], vectors[-1:]
        if self._adapter is not None and self.settings.search.query_adapter:
            ranking = self._adapter.adapted(ranking)
        # What answers at all is told by plain vectors: the limits of likeness are theirs.
        return np.concatenate([ranking, answering]), None

    def _find(
        self,
        words: QueryWords,
        content: QueryWords,
        vectors: NDArray[np.float32] | None,
        filters: Filters,
        limit: int,
        watch: _Watch,
    ) -> tuple[Hit, ...]:
        with self.index.lock.read():
            allowed = self.index.catalogue.meets(filters)
            watch.lap("filter")
            rows, scores = self._fusion.ranked(words, content, vectors, allowed)
            ids = [self.index.catalogue.id_at(int(row)) for row in rows]
            watch.lap("rank")
        kept: list[int] = []
        step = max(2 * limit, 20)
        for start in range(0, len(ids), step):
            some = {place: id_ for place, id_ in enumerate(ids[start : start + step], start) if id_ is not None}
            facts = self.index.facts(list(some.values()))
            kept.extend(place for place, id_ in some.items() if id_ in facts and fits(facts[id_], filters))
            if len(kept) >= limit:
                break
        with self.index.lock.read():
            matched = self.index.catalogue.matched(words, (int(rows[place]) for place in kept[:limit]))
        hits = tuple(
            Hit(str(ids[place]), round(float(scores[place]), 6), matched.get(int(rows[place]), ()))
            for place in kept[:limit]
        )
        watch.lap("check")
        return hits

    def _read_together(self, query: str, hits: Sequence[Hit]) -> tuple[tuple[Hit, ...], str | None]:
        """``hits``, the first ones in the order of the cross-encoder; and, where it failed, why they stay."""
        top = hits[: self.settings.search.cross_encoder_top]
        try:
            texts = self.index.passages([hit.product_id for hit in top])
            better = self._reading.scores(
                query, [texts.get(hit.product_id, "") for hit in top], _scores(top), self.settings.search
            )
        except (BeforehandError, RuntimeError, OSError) as error:
            _log.warning("The cross-encoder failed, the order stays as it was: %s", error)
            return tuple(hits), str(error)
        order, scores = placed_first(better, _scores(hits[len(better) :]))
        places = [*order.tolist(), *range(len(better), len(hits))]
        found = zip(places, scores.tolist(), strict=True)
        return tuple(replace(hits[place], score=round(score, 6)) for place, score in found), None


def _scores(hits: Sequence[Hit]) -> NDArray[np.float32]:
    return np.array([hit.score for hit in hits], dtype=np.float32)


class _Watch:
    """Adds up how long each stage takes."""

    def __init__(self) -> None:
        self.laps_ms: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.laps_ms[stage] = self.laps_ms.get(stage, 0.0) + (now - self._last) * 1000
        self._last = now
